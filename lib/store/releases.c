/* Calls publish() in the database and lists revisions and releases. */
#include "store/releases.h"

struct number {
    int32_t value;
};

static enum gk_status take_number(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    ((struct number *)context)->value = (int32_t)gk_store_get_i64(row, 0);
    return GK_OK;
}

enum gk_status gk_store_publish(int32_t *id, struct gk_store *store, int32_t through_month,
                                const int32_t *first_month, const char *definition,
                                int32_t watch_min_dwellings, struct gk_error *error)
{
    struct number number = {0};
    const struct gk_store_value values[] = {
        gk_store_i64(through_month),
        gk_store_text(definition),
        first_month != NULL ? gk_store_i64(*first_month) : gk_store_null(),
        gk_store_i64(watch_min_dwellings),
    };
    enum gk_status status = gk_store_query(
        store,
        "SELECT publish((DATE '1970-01-01' + make_interval(months => $1::int))::date, $2,"
        " (DATE '1970-01-01' + make_interval(months => $3::int))::date, $4::int)",
        values, 4, take_number, &number, error);
    *id = number.value;
    return status;
}

struct releases {
    gk_release_function *function;
    void *context;
};

static enum gk_status take_release(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct releases *releases = context;
    const struct gk_release_row release = {
        .id = (int32_t)gk_store_get_i64(row, 0),
        .created_utc = gk_store_get_utc(row, 1),
        .definition = gk_store_get_text(row, 2),
        .first_month = (int32_t)gk_store_get_i64(row, 3),
        .through_month = (int32_t)gk_store_get_i64(row, 4),
        .lattice_version = (int32_t)gk_store_get_i64(row, 5),
        .revision = (int32_t)gk_store_get_i64(row, 6),
        .is_withdrawn = gk_store_get_i64(row, 7) != 0,
        .cells = gk_store_get_i64(row, 8),
        .located = gk_store_get_i64(row, 9),
        .unlocated = gk_store_get_i64(row, 10),
        .watch_areas = (int32_t)gk_store_get_i64(row, 11),
        .is_erased = gk_store_get_i64(row, 12) != 0,
    };
    return releases->function(releases->context, &release, error);
}

enum gk_status gk_store_releases(struct gk_store *store, int32_t id, gk_release_function *function,
                                 void *context, struct gk_error *error)
{
    static const char sql[] =
        "SELECT id, created_at, definition,"
        "  ((extract(year FROM first_month) - 1970) * 12 + extract(month FROM first_month) - "
        "1)::int,"
        "  ((extract(year FROM through_month) - 1970) * 12 + extract(month FROM through_month) - "
        "1)::int,"
        "  lattice_version, revision_id, withdrawn_at IS NOT NULL,"
        "  c.cells, c.located, (SELECT coalesce(sum(unlocated), 0)"
        "    FROM release_municipality_month m WHERE m.release_id = id),"
        "  (SELECT count(*) FROM release_watch_area w WHERE w.release_id = id),"
        "  erased_at IS NOT NULL"
        " FROM release, LATERAL (SELECT count(DISTINCT cell_id) AS cells,"
        "   coalesce(sum(count), 0) AS located FROM release_cell_month m WHERE m.release_id = id) c"
        " WHERE $1 = 0 OR id = $1 ORDER BY id DESC";
    struct releases releases = {function, context};
    const struct gk_store_value value = gk_store_i64(id);
    return gk_store_query(store, sql, &value, 1, take_release, &releases, error);
}

struct revisions {
    gk_revision_function *function;
    void *context;
};

static enum gk_status take_revision(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct revisions *revisions = context;
    const struct gk_revision_row revision = {
        .id = (int32_t)gk_store_get_i64(row, 0),
        .created_utc = gk_store_get_utc(row, 1),
        .kind = gk_store_get_text(row, 2),
        .data_through_day = gk_store_get_day(row, 3),
        .rows_read = gk_store_get_i64(row, 4),
        .rows_new = gk_store_get_i64(row, 5),
        .rows_duplicate = gk_store_get_i64(row, 6),
        .rows_changed = gk_store_get_i64(row, 7),
        .rows_unlocated = gk_store_get_i64(row, 8),
        .rows_rejected = gk_store_get_i64(row, 9),
        .rows_removed = gk_store_get_i64(row, 10),
        .reverts = (int32_t)gk_store_get_i64(row, 11),
        .is_erased = gk_store_get_i64(row, 12) != 0,
    };
    return revisions->function(revisions->context, &revision, error);
}

enum gk_status gk_store_revisions(struct gk_store *store, gk_revision_function *function,
                                  void *context, struct gk_error *error)
{
    struct revisions revisions = {function, context};
    return gk_store_query(store,
                          "SELECT id, created_at, kind, data_through, rows_read, rows_new,"
                          " rows_duplicate, rows_changed, rows_unlocated, rows_rejected,"
                          " rows_removed, coalesce(reverts, 0), erased_at IS NOT NULL"
                          " FROM revision ORDER BY id DESC",
                          NULL, 0, take_revision, &revisions, error);
}

/* --- By number ------------------------------------------------------------------ */

struct found {
    int32_t number; /* 0: none */
    bool is_withdrawn, is_erased;
};

static enum gk_status take_found(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(struct found *)context = (struct found){
        .number = (int32_t)gk_store_get_i64(row, 0),
        .is_withdrawn = gk_store_get_i64(row, 1) != 0,
        .is_erased = gk_store_get_i64(row, 2) != 0,
    };
    return GK_OK;
}

/* The same words as the service has (snapshot/holder.h). */
static enum gk_status judge(const struct found *found, const char *kind, int32_t number,
                            struct gk_error *error)
{
    if (found->number == 0)
        return gk_error_set(error, GK_NOT_FOUND, "read %s %d: there is none", kind, (int)number);
    if (found->is_erased)
        return gk_error_set(error, GK_GONE, "read %s %d: it was erased and cannot be rebuilt", kind,
                            (int)number);
    if (found->is_withdrawn)
        return gk_error_set(error, GK_GONE, "read %s %d: it was withdrawn", kind, (int)number);
    return GK_OK;
}

enum gk_status gk_store_find_release(int32_t *number, struct gk_store *store,
                                     struct gk_error *error)
{
    const struct gk_store_value value = gk_store_i64(*number);
    struct found found = {0};
    enum gk_status status = gk_store_query(
        store,
        "SELECT r.id, r.withdrawn_at IS NOT NULL, r.erased_at IS NOT NULL FROM release r, state s"
        " WHERE r.id = CASE WHEN $1::int = 0 THEN s.release ELSE $1::int END",
        &value, 1, take_found, &found, error);
    if (status != GK_OK)
        return status;
    if (*number == 0 && (found.number == 0 || found.is_withdrawn || found.is_erased))
        return gk_error_set(error, GK_NOT_FOUND,
                            "read the newest release: none stands; `grannkarta publish` makes one");
    status = judge(&found, "release", *number, error);
    *number = found.number;
    return status;
}

enum gk_status gk_store_find_revision(int32_t number, struct gk_store *store,
                                      struct gk_error *error)
{
    const struct gk_store_value value = gk_store_i64(number);
    struct found found = {0};
    if (number == 0)
        return GK_OK;
    enum gk_status status = gk_store_query(
        store, "SELECT id, false, erased_at IS NOT NULL FROM revision WHERE id = $1::int", &value,
        1, take_found, &found, error);
    return status == GK_OK ? judge(&found, "revision", number, error) : status;
}
