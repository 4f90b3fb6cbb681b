/* Watch areas: staged by COPY and merged by slug. Name, dates and approval may
 * change at any time (releases keep their own copy); a boundary that a release
 * uses may not: a change is a new boundary with a date. */
#include "store/places.h"

#include <stdio.h>
#include <string.h>

enum gk_status gk_watch_stage(struct gk_copy **copy, struct gk_store *store, struct gk_error *error)
{
    enum gk_status status = gk_store_execute(
        store,
        "CREATE TEMPORARY TABLE incoming_watch (feature bigint, slug text, name text,"
        " started date, ended date, is_approved boolean, outline geometry(MultiPolygon, 3006))"
        " ON COMMIT DROP",
        error);
    if (status != GK_OK)
        return status;
    return gk_copy_begin(copy, store,
                         "COPY incoming_watch (feature, slug, name, started, ended, is_approved,"
                         " outline) FROM STDIN (FORMAT binary)",
                         7, error);
}

static void copy_day(struct gk_copy *copy, int32_t day)
{
    if (day == GK_DAY_NONE)
        gk_copy_null(copy);
    else
        gk_copy_day(copy, day);
}

void gk_copy_watch_area(struct gk_copy *copy, const struct gk_watch_area *area)
{
    gk_copy_row(copy);
    gk_copy_i64(copy, area->feature);
    gk_copy_text(copy, area->slug, strlen(area->slug));
    gk_copy_text(copy, area->name, strlen(area->name));
    copy_day(copy, area->started);
    copy_day(copy, area->ended);
    if (area->approved < 0)
        gk_copy_null(copy);
    else
        gk_copy_bool(copy, area->approved > 0);
    gk_copy_bytes(copy, area->ewkb, area->ewkb_length);
}

static enum gk_status refuse_repeated(void *context, struct gk_store_row *row,
                                      struct gk_error *error)
{
    (void)context;
    long long first = gk_store_get_i64(row, 0), last = gk_store_get_i64(row, 1);
    return gk_error_set(error, GK_REJECTED,
                        "features %lld and %lld have the same slug \"%.100s\"; give them a column "
                        "\"slug\"",
                        first, last, gk_store_get_text(row, 2));
}

static enum gk_status refuse_undated(void *context, struct gk_store_row *row,
                                     struct gk_error *error)
{
    (void)context;
    long long feature = gk_store_get_i64(row, 0);
    return gk_error_set(error, GK_REJECTED,
                        "feature %lld: the boundary of \"%.100s\" differs from the published one; "
                        "say from when it is valid with --valid-from DATE",
                        feature, gk_store_get_text(row, 1));
}

static enum gk_status refuse_early(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)context;
    long long feature = gk_store_get_i64(row, 0);
    return gk_error_set(error, GK_REJECTED,
                        "feature %lld: the boundary of \"%.100s\" is already of a later date or "
                        "the same; --valid-from must be later",
                        feature, gk_store_get_text(row, 1));
}

/* Each incoming area beside the stored one and its newest boundary. */
static enum gk_status compare(struct gk_store *store, struct gk_error *error)
{
    enum gk_status status =
        gk_store_query(store,
                       "SELECT min(feature), max(feature), slug FROM incoming_watch"
                       " GROUP BY slug HAVING count(*) > 1 ORDER BY min(feature) LIMIT 1",
                       NULL, 0, refuse_repeated, NULL, error);
    if (status != GK_OK)
        return status;
    return gk_store_execute(
        store,
        "CREATE TEMPORARY TABLE compared_watch ON COMMIT DROP AS"
        " SELECT i.*, w.id AS old_id, b.id AS old_boundary, b.valid_from AS old_valid_from,"
        "   b.id IS NOT NULL AND ST_AsBinary(b.outline) = ST_AsBinary(i.outline) AS same_boundary,"
        "   w.id IS NOT NULL AND w.name = i.name AND w.started IS NOT DISTINCT FROM i.started"
        "   AND w.ended IS NOT DISTINCT FROM i.ended"
        "   AND w.is_approved = coalesce(i.is_approved, w.is_approved) AS same_area,"
        "   EXISTS (SELECT FROM release_watch_area r WHERE r.boundary_id = b.id) AS is_used"
        " FROM incoming_watch i LEFT JOIN watch_area w USING (slug)"
        " LEFT JOIN LATERAL (SELECT * FROM watch_boundary WHERE watch_area_id = w.id"
        "                    ORDER BY valid_from DESC LIMIT 1) b ON true",
        error);
}

static enum gk_status check_boundaries(struct gk_store *store, int32_t valid_from,
                                       struct gk_error *error)
{
    if (valid_from == GK_DAY_NONE)
        return gk_store_query(store,
                              "SELECT feature, slug FROM compared_watch WHERE old_id IS NOT NULL"
                              " AND NOT same_boundary AND is_used ORDER BY feature LIMIT 1",
                              NULL, 0, refuse_undated, NULL, error);
    const struct gk_store_value day = gk_store_i64(valid_from);
    return gk_store_query(store,
                          "SELECT feature, slug FROM compared_watch WHERE old_id IS NOT NULL"
                          " AND NOT same_boundary AND old_valid_from >= DATE '1970-01-01' + $1::int"
                          " ORDER BY feature LIMIT 1",
                          &day, 1, refuse_early, NULL, error);
}

static enum gk_status write_areas(struct gk_store *store, int32_t valid_from,
                                  struct gk_error *error)
{
    const struct gk_store_value day =
        valid_from == GK_DAY_NONE ? gk_store_null() : gk_store_i64(valid_from);
    enum gk_status status = gk_store_execute(
        store,
        "UPDATE watch_area w SET name = c.name, started = c.started, ended = c.ended,"
        "       is_approved = coalesce(c.is_approved, w.is_approved)"
        "  FROM compared_watch c WHERE c.old_id = w.id AND NOT c.same_area;"
        "INSERT INTO watch_area (slug, name, started, ended, is_approved)"
        " SELECT slug, name, started, ended, coalesce(is_approved, false)"
        "   FROM compared_watch WHERE old_id IS NULL ORDER BY slug",
        error);
    if (status == GK_OK && valid_from == GK_DAY_NONE)
        status = gk_store_execute(store,
                                  "UPDATE watch_boundary b SET outline = c.outline"
                                  "  FROM compared_watch c"
                                  " WHERE c.old_boundary = b.id AND NOT c.same_boundary",
                                  error);
    if (status == GK_OK)
        status = gk_store_query(
            store,
            "INSERT INTO watch_boundary (watch_area_id, valid_from, outline)"
            " SELECT w.id, coalesce(DATE '1970-01-01' + $1::int, c.started, DATE '1900-01-01'),"
            "        c.outline"
            "   FROM compared_watch c JOIN watch_area w USING (slug)"
            "  WHERE c.old_boundary IS NULL OR ($1::int IS NOT NULL AND NOT c.same_boundary)"
            "  ORDER BY slug",
            &day, 1, NULL, NULL, error);
    return status;
}

static enum gk_status take_counts(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct gk_watch_counts *counts = context;
    counts->added = gk_store_get_i64(row, 0);
    counts->changed = gk_store_get_i64(row, 1);
    counts->unchanged = gk_store_get_i64(row, 2);
    counts->boundaries = gk_store_get_i64(row, 3);
    return GK_OK;
}

enum gk_status gk_watch_merge(struct gk_watch_counts *counts, struct gk_store *store,
                              int32_t valid_from, struct gk_error *error)
{
    memset(counts, 0, sizeof *counts);
    enum gk_status status = compare(store, error);
    if (status == GK_OK)
        status = check_boundaries(store, valid_from, error);
    if (status == GK_OK)
        status = gk_store_query(
            store,
            "SELECT count(*) FILTER (WHERE old_id IS NULL),"
            "  count(*) FILTER (WHERE old_id IS NOT NULL AND NOT (same_area AND same_boundary)),"
            "  count(*) FILTER (WHERE same_area AND same_boundary),"
            "  count(*) FILTER (WHERE old_id IS NOT NULL AND NOT same_boundary)"
            "  FROM compared_watch",
            NULL, 0, take_counts, counts, error);
    if (status == GK_OK && counts->added + counts->changed > 0)
        status = write_areas(store, valid_from, error);
    return status;
}
