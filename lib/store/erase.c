/* Which rows a retention or a purge erases, and erasing them. */
#include "store/erase.h"

#include <limits.h>

#define MONTH_OF(date)                                                                             \
    "((extract(year FROM " date ") - 1970) * 12 + extract(month FROM " date ") - 1)::int"
#define DATE_OF(parameter) "(DATE '1970-01-01' + make_interval(months => " parameter "))::date"

static enum gk_status take_two(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    int32_t *numbers = context;
    numbers[0] = (int32_t)gk_store_get_i64(row, 0);
    numbers[1] = (int32_t)gk_store_get_i64(row, 1);
    return GK_OK;
}

static enum gk_status take_retention(void *context, struct gk_store_row *row,
                                     struct gk_error *error)
{
    (void)error;
    struct gk_retention *retention = context;
    retention->incidents = gk_store_get_i64(row, 0);
    retention->versions = gk_store_get_i64(row, 1);
    retention->revisions = gk_store_get_i64(row, 2);
    retention->releases = gk_store_get_i64(row, 3);
    retention->newest_release = (int32_t)gk_store_get_i64(row, 4);
    retention->is_trimmed = gk_store_get_i64(row, 5) != 0;
    retention->through_month = (int32_t)gk_store_get_i64(row, 6);
    return GK_OK;
}

enum gk_status gk_store_retention(struct gk_retention *retention, struct gk_store *store,
                                  int32_t months, struct gk_error *error)
{
    *retention = (struct gk_retention){0};
    int32_t found[2] = {INT_MIN, INT_MIN};
    struct gk_store_value value = gk_store_i64(months);
    enum gk_status status = gk_store_query(
        store,
        "SELECT " MONTH_OF("m") ", " MONTH_OF("m") " + $1::int - 1 FROM retention_month($1::int) m"
                                                   " WHERE m IS NOT NULL",
        &value, 1, take_two, found, error);
    if (status == GK_OK && found[0] == INT_MIN)
        return gk_error_set(error, GK_REJECTED,
                            "there is nothing to erase: no incidents were "
                            "imported");
    retention->first_kept_month = found[0];
    retention->closed_month = found[1];
    value = gk_store_i64(found[0]);
    if (status == GK_OK)
        status =
            gk_store_query(store,
                           "WITH doomed AS MATERIALIZED (SELECT * FROM expired_incidents(" DATE_OF(
                               "$1::int") ")),"
                                          " shown AS (SELECT DISTINCT revision_in, revision_out "
                                          "FROM doomed)"
                                          " SELECT (SELECT count(DISTINCT id) FROM doomed), "
                                          "(SELECT count(*) FROM "
                                          "doomed),"
                                          "  (SELECT count(*) FROM revision r WHERE erased_at IS "
                                          "NULL AND EXISTS"
                                          "    (SELECT FROM shown d WHERE d.revision_in <= r.id"
                                          "       AND (d.revision_out IS NULL OR d.revision_out > "
                                          "r.id))),"
                                          "  (SELECT count(*) FROM expired_releases(" DATE_OF(
                                              "$1::int") ")),"
                                                         "  s.release, coalesce(o.first_month "
                                                         "< " DATE_OF(
                                                             "$1::"
                                                             "int") "   AND o.through_month "
                                                                    ">= " DATE_OF("$1::int") ", "
                                                                                             "false"
                                                                                             "),"
                                                                                             "  "
                                                                                             "coale"
                                                                                             "sce"
                                                                                             "(" MONTH_OF(
                                                                                                 "o"
                                                                                                 "."
                                                                                                 "t"
                                                                                                 "h"
                                                                                                 "r"
                                                                                                 "o"
                                                                                                 "u"
                                                                                                 "g"
                                                                                                 "h"
                                                                                                 "_"
                                                                                                 "m"
                                                                                                 "o"
                                                                                                 "n"
                                                                                                 "t"
                                                                                                 "h") ", 0)"
                                                                                                      "  FROM state s "
                                                                                                      "LEFT JOIN release "
                                                                                                      "o ON o.id = "
                                                                                                      "s.release",
                           &value, 1, take_retention, retention, error);
    return status;
}

enum gk_status gk_store_retain(int32_t *revision, int32_t *release, struct gk_store *store,
                               int32_t first_kept_month, struct gk_error *error)
{
    int32_t made[2] = {0};
    const struct gk_store_value value = gk_store_i64(first_kept_month);
    enum gk_status status =
        gk_store_query(store, "SELECT revision, release FROM retain(" DATE_OF("$1::int") ")",
                       &value, 1, take_two, made, error);
    *revision = made[0];
    *release = made[1];
    return status;
}

enum gk_status gk_store_kept_from(int32_t *month, struct gk_store *store, struct gk_error *error)
{
    int32_t found[2] = {INT32_MIN, 0};
    enum gk_status status =
        gk_store_query(store,
                       "SELECT " MONTH_OF("max(kept_from)") ", 0 FROM revision"
                                                            " HAVING max(kept_from) IS NOT NULL",
                       NULL, 0, take_two, found, error);
    *month = found[0];
    return status;
}

/* --- One case ----------------------------------------------------------------------- */

static enum gk_status take_purged(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct gk_purged *purged = context;
    purged->versions = gk_store_get_i64(row, 0);
    purged->revisions = gk_store_get_i64(row, 1);
    purged->newest_release = (int32_t)gk_store_get_i64(row, 2);
    return GK_OK;
}

enum gk_status gk_store_purge(struct gk_purged *purged, struct gk_store *store,
                              const unsigned char *hashes, size_t count, struct gk_error *error)
{
    *purged = (struct gk_purged){0};
    struct gk_copy *copy = NULL;
    int32_t made[2] = {0};
    enum gk_status status = gk_store_execute(
        store, "CREATE TEMPORARY TABLE purge_hash (hash bytea) ON COMMIT DROP", error);
    if (status == GK_OK)
        status = gk_copy_begin(&copy, store, "COPY purge_hash (hash) FROM STDIN (FORMAT binary)", 1,
                               error);
    if (status != GK_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        gk_copy_row(copy);
        gk_copy_bytes(copy, hashes + 32 * i, 32);
    }
    status = gk_copy_end(copy, NULL, error);
    if (status == GK_OK)
        status = gk_store_query(store, "SELECT purge(), 0", NULL, 0, take_two, made, error);
    purged->revision = made[0];
    const struct gk_store_value value = gk_store_i64(purged->revision);
    if (status == GK_OK && purged->revision > 0)
        status = gk_store_query(store,
                                "SELECT r.rows_removed, (SELECT count(*) FROM revision e"
                                "  WHERE e.erased_at = r.created_at), s.release"
                                " FROM revision r, state s WHERE r.id = $1::int",
                                &value, 1, take_purged, purged, error);
    return status;
}
