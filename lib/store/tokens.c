/* The rows of table token. Triggers tell the daemons of changes. */
#include "store/tokens.h"

static enum gk_status take_id(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(int32_t *)context = (int32_t)gk_store_get_i64(row, 0);
    return GK_OK;
}

enum gk_status gk_store_token_add(int32_t *id, struct gk_store *store, const char *name,
                                  const char *role, int32_t days, const unsigned char hash[32],
                                  struct gk_error *error)
{
    *id = 0;
    const struct gk_store_value values[] = {gk_store_text(name), gk_store_text(role),
                                            gk_store_i64(days), gk_store_bytes(hash, 32)};
    return gk_store_query(store,
                          "INSERT INTO token (name, role, hash, expires_at) VALUES ($1, $2, $4,"
                          " CASE WHEN $3::int > 0 THEN now() + make_interval(days => $3::int) END)"
                          " RETURNING id",
                          values, 4, take_id, id, error);
}

struct revoked {
    int32_t id;
    int64_t earlier_utc;
};

static enum gk_status take_revoked(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(struct revoked *)context =
        (struct revoked){(int32_t)gk_store_get_i64(row, 0), gk_store_get_utc(row, 1)};
    return GK_OK;
}

enum gk_status gk_store_token_revoke(int64_t *earlier_utc, struct gk_store *store, int32_t id,
                                     struct gk_error *error)
{
    struct revoked found = {0};
    const struct gk_store_value value = gk_store_i64(id);
    enum gk_status status = gk_store_query(
        store,
        "WITH old AS (SELECT id, revoked_at FROM token WHERE id = $1 FOR UPDATE),"
        " done AS (UPDATE token SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL)"
        " SELECT id, revoked_at FROM old",
        &value, 1, take_revoked, &found, error);
    if (status == GK_OK && found.id == 0)
        status = gk_error_set(error, GK_NOT_FOUND, "token %d does not exist", (int)id);
    if (earlier_utc != NULL)
        *earlier_utc = found.earlier_utc;
    return status;
}

struct tokens {
    gk_token_function *function;
    void *context;
};

static enum gk_status take_token(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct tokens *tokens = context;
    const struct gk_token_row token = {
        .id = (int32_t)gk_store_get_i64(row, 0),
        .name = gk_store_get_text(row, 1),
        .role = gk_store_get_text(row, 2),
        .created_utc = gk_store_get_utc(row, 3),
        .expires_utc = gk_store_get_utc(row, 4),
        .revoked_utc = gk_store_get_utc(row, 5),
        .is_expired = gk_store_get_i64(row, 6) != 0,
    };
    return tokens->function(tokens->context, &token, error);
}

enum gk_status gk_store_tokens(struct gk_store *store, gk_token_function *function, void *context,
                               struct gk_error *error)
{
    struct tokens tokens = {function, context};
    return gk_store_query(store,
                          "SELECT id, name, role, created_at, expires_at, revoked_at,"
                          " coalesce(expires_at <= now(), false) FROM token ORDER BY id",
                          NULL, 0, take_token, &tokens, error);
}
