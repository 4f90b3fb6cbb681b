/* Which rows a retention or a purge erases, and erasing them. Months go to the
 * database and come from it as the days that they begin with. */
#include "store/erase.h"

#include "base/date.h"

static enum gk_status take_two(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    int32_t *numbers = context;
    numbers[0] = (int32_t)gk_store_get_i64(row, 0);
    numbers[1] = (int32_t)gk_store_get_i64(row, 1);
    return GK_OK;
}

static enum gk_status take_month(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    if (!gk_store_is_null(row, 0))
        *(int32_t *)context = gk_month_from_day(gk_store_get_day(row, 0));
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
    if (!gk_store_is_null(row, 5))
        retention->through_month = gk_month_from_day(gk_store_get_day(row, 5));
    retention->is_trimmed = gk_store_get_i64(row, 6) != 0;
    return GK_OK;
}

enum gk_status gk_store_retention(struct gk_retention *retention, struct gk_store *store,
                                  int32_t months, struct gk_error *error)
{
    *retention = (struct gk_retention){.first_kept_month = INT32_MIN};
    struct gk_store_value value = gk_store_i64(months);
    enum gk_status status = gk_store_query(store, "SELECT retention_month($1::int)", &value, 1,
                                           take_month, &retention->first_kept_month, error);
    if (status == GK_OK && retention->first_kept_month == INT32_MIN)
        return gk_error_set(error, GK_REJECTED,
                            "there is nothing to erase: no incidents were imported");
    retention->closed_month = retention->first_kept_month + months - 1;
    value = gk_store_i64(gk_day_from_month(retention->first_kept_month));
    if (status == GK_OK)
        status = gk_store_query(
            store,
            "WITH first AS (SELECT DATE '1970-01-01' + $1::int AS kept),"
            " doomed AS MATERIALIZED (SELECT e.* FROM first, expired_incidents(kept) e),"
            " shown AS (SELECT DISTINCT revision_in, revision_out FROM doomed)"
            " SELECT (SELECT count(DISTINCT id) FROM doomed), (SELECT count(*) FROM doomed),"
            "  (SELECT count(*) FROM revision r WHERE erased_at IS NULL AND EXISTS"
            "    (SELECT FROM shown d WHERE d.revision_in <= r.id"
            "       AND (d.revision_out IS NULL OR d.revision_out > r.id))),"
            "  (SELECT count(*) FROM first, expired_releases(kept)), s.release, o.through_month,"
            "  coalesce(o.first_month < kept AND o.through_month >= kept, false)"
            "  FROM first, state s LEFT JOIN release o ON o.id = s.release",
            &value, 1, take_retention, retention, error);
    return status;
}

enum gk_status gk_store_retain(int32_t *revision, int32_t *release, struct gk_store *store,
                               int32_t first_kept_month, struct gk_error *error)
{
    int32_t made[2] = {0};
    const struct gk_store_value value = gk_store_i64(gk_day_from_month(first_kept_month));
    enum gk_status status =
        gk_store_query(store, "SELECT revision, release FROM retain(DATE '1970-01-01' + $1::int)",
                       &value, 1, take_two, made, error);
    *revision = made[0];
    *release = made[1];
    return status;
}

enum gk_status gk_store_kept_from(int32_t *month, struct gk_store *store, struct gk_error *error)
{
    *month = INT32_MIN;
    return gk_store_query(store, "SELECT max(kept_from) FROM revision", NULL, 0, take_month, month,
                          error);
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
