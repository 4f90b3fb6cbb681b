/* The answers of a running daemon, fetched as the public would and held against
 * the release in the database. */
#ifndef GK_CMD_VERIFY_ANSWERS_H
#define GK_CMD_VERIFY_ANSWERS_H

#include "base/options.h"
#include "base/status.h"
#include "store/connection.h"
#include "verify_report.h"

enum { GK_VERIFY_TOKEN_MAX = 200 };

/* Where to ask, and how much. */
struct gk_verify_target {
    char url[GK_VERIFY_URL_MAX + 1];     /* without a slash at its end; "": nowhere */
    char token[GK_VERIFY_TOKEN_MAX + 1]; /* "": none */
    int64_t features_max;                /* collections of more are sampled */
};

/* Sets url and token: `url` or, when NULL, that of the options; `token_file` may be
 * NULL. The file belongs to the caller's user alone. GK_INVALID. */
GK_CHECKED enum gk_status gk_verify_target_find(struct gk_verify_target *target,
                                                const struct gk_options *options, const char *url,
                                                const char *token_file, struct gk_error *error);

/* Wipes the token. */
void gk_verify_target_forget(struct gk_verify_target *target);

/* Fills in the checks of parts HTTP and ANALYST. GK_UNAVAILABLE when the daemon
 * cannot be reached or has no release to answer from. */
GK_CHECKED enum gk_status gk_verify_answers(struct gk_verify_report *report, struct gk_store *store,
                                            const struct gk_verify_target *target,
                                            struct gk_error *error);

#endif
