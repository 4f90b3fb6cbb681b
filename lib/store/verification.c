/* Reports of `grannkarta verify`, as stored: written once, read by whoever asks. */
#include "store/verify.h"

static enum gk_status take_id(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct gk_verification *verification = context;
    (void)error;
    verification->id = (int32_t)gk_store_get_i64(row, 0);
    return GK_OK;
}

static struct gk_store_value number_or_null(int32_t number)
{
    return number > 0 ? gk_store_i64(number) : gk_store_null();
}

enum gk_status gk_verification_insert(struct gk_verification *verification, struct gk_store *store,
                                      struct gk_error *error)
{
    const struct gk_store_value values[] = {
        gk_store_i64(verification->created_utc), number_or_null(verification->release),
        number_or_null(verification->revision),  number_or_null(verification->lattice_version),
        gk_store_i64(verification->passed),      gk_store_text(verification->software),
        gk_store_text(verification->json),       gk_store_text(verification->text),
        gk_store_text(verification->page_sv),    gk_store_text(verification->page_en),
    };
    return gk_store_query(store,
                          "INSERT INTO verification (created_at, release_id, revision_id,"
                          " lattice_version, passed, software, report, text, page_sv, page_en)"
                          " VALUES (to_timestamp($1::bigint), $2::int, $3::int, $4::int, $5::bigint"
                          " = 1, $6, $7::jsonb, $8, $9, $10) RETURNING id",
                          values, 10, take_id, verification, error);
}

struct latest {
    gk_verification_function *function;
    void *context;
};

static enum gk_status take_latest(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct latest *latest = context;
    const struct gk_verification verification = {
        .id = (int32_t)gk_store_get_i64(row, 0),
        .created_utc = gk_store_get_utc(row, 1),
        .release = (int32_t)gk_store_get_i64(row, 2),
        .revision = (int32_t)gk_store_get_i64(row, 3),
        .lattice_version = (int32_t)gk_store_get_i64(row, 4),
        .passed = gk_store_get_i64(row, 5) != 0,
        .software = gk_store_get_text(row, 6),
        .json = gk_store_get_text(row, 7),
        .text = gk_store_get_text(row, 8),
        .page_sv = gk_store_get_text(row, 9),
        .page_en = gk_store_get_text(row, 10),
    };
    return latest->function(latest->context, &verification, error);
}

enum gk_status gk_verification_latest(struct gk_store *store, gk_verification_function *function,
                                      void *context, struct gk_error *error)
{
    struct latest latest = {function, context};
    return gk_store_query(store,
                          "SELECT id, created_at, release_id, revision_id, lattice_version, passed,"
                          " software, report::text, text, page_sv, page_en"
                          " FROM verification ORDER BY id DESC LIMIT 1",
                          NULL, 0, take_latest, &latest, error);
}
