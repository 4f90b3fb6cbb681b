/* Tokens as the database knows them: a hash, a name, a role, an end. The token
 * itself never comes here. */
#ifndef GK_STORE_TOKENS_H
#define GK_STORE_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "store/connection.h"

/* Texts are borrowed until the callback returns. */
struct gk_token_row {
    int32_t id;
    const char *name, *role;
    int64_t created_utc;
    int64_t expires_utc, revoked_utc; /* 0: never, not */
    bool is_expired;
};

typedef enum gk_status gk_token_function(void *context, const struct gk_token_row *row,
                                         struct gk_error *error);

/* Stores a token by the SHA-256 of its text; days 0: it does not expire. Needs
 * the owner's role, like all here. */
GK_CHECKED enum gk_status gk_store_token_add(int32_t *id, struct gk_store *store, const char *name,
                                             const char *role, int32_t days,
                                             const unsigned char hash[32], struct gk_error *error);

/* GK_NOT_FOUND when there is none of that id. One that was revoked before stays as
 * it was: `earlier_utc` (may be NULL) gets the time, else 0. */
GK_CHECKED enum gk_status gk_store_token_revoke(int64_t *earlier_utc, struct gk_store *store,
                                                int32_t id, struct gk_error *error);

/* Calls `function` for each, oldest first. */
GK_CHECKED enum gk_status gk_store_tokens(struct gk_store *store, gk_token_function *function,
                                          void *context, struct gk_error *error);

#endif
