/* Loading, from the outside: the transaction, the order of the parts, and the
 * cleaning up. What is read from which table is in load_cells.c, load_places.c
 * and load_rows.c. */
#include "load_internal.h"

#include <stdlib.h>
#include <string.h>

static const size_t maximum_bytes_default = (size_t)16 << 30;

void *gk_list_push(struct gk_list *list, size_t item_size)
{
    if (list->count >= UINT32_MAX - 1)
        return NULL;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        void *items = reallocarray(list->items, capacity, item_size);
        if (items == NULL)
            return NULL;
        list->items = items;
        list->capacity = capacity;
    }
    void *item = (char *)list->items + list->count++ * item_size;
    return memset(item, 0, item_size);
}

static int compare_ids(const void *a, const void *b)
{
    const struct gk_id_index *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

void gk_index_sort(struct gk_list *list)
{
    if (list->count > 0)
        qsort(list->items, list->count, sizeof(struct gk_id_index), compare_ids);
}

uint32_t gk_index_of(const struct gk_list *list, int32_t id)
{
    const struct gk_id_index *items = list->items;
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (items[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count && items[low].id == id ? items[low].index : UINT32_MAX;
}

struct call {
    struct gk_load *load;
    gk_load_row *row_function;
    void *context;
};

static enum gk_status on_row(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct call *call = context;
    const atomic_bool *stop = call->load->stop;
    if (stop != NULL && atomic_load_explicit(stop, memory_order_relaxed))
        return gk_error_set(error, GK_INTERRUPTED, "load snapshot: interrupted");
    return call->row_function(call->load, call->context, row, error);
}

enum gk_status gk_load_query(struct gk_load *load, const char *sql,
                             const struct gk_store_value *values, size_t count,
                             gk_load_row *row_function, void *context, struct gk_error *error)
{
    if (load->stop != NULL && atomic_load_explicit(load->stop, memory_order_relaxed))
        return gk_error_set(error, GK_INTERRUPTED, "load snapshot: interrupted");
    struct call call = {load, row_function, context};
    return gk_store_query(load->store, sql, values, count, on_row, &call, error);
}

enum gk_status gk_load_failed(enum gk_status status, const char *what, struct gk_error *error)
{
    if (status == GK_OK)
        return GK_OK;
    return gk_error_set(error, status == GK_INVALID ? GK_INTERNAL : status, "load snapshot: %s: %s",
                        what, gk_status_text(status));
}

/* Years 1 to 9999: the store also has infinities, and years that days and hours
 * of 32 bits cannot be reckoned with. */
bool gk_load_is_day(int32_t day)
{
    return day >= -719162 && day <= 2932896;
}

bool gk_load_is_hour(int32_t hour)
{
    return gk_load_is_day(gk_day_from_hour(hour));
}

/* --- What it is ----------------------------------------------------------------- */

static enum gk_status on_release(struct gk_load *load, void *context, struct gk_store_row *row,
                                 struct gk_error *error)
{
    (void)context;
    struct gk_snapshot *s = load->s;
    int32_t first_day = gk_store_get_day(row, 2), last_day = gk_store_get_day(row, 3);
    if (!gk_load_is_day(first_day) || !gk_load_is_day(last_day))
        return gk_load_failed(GK_INVALID, "months of the release", error);
    s->number = (int32_t)gk_store_get_i64(row, 0);
    s->made_utc = gk_store_get_utc(row, 1);
    s->first_month = gk_month_from_day(first_day);
    s->last_month = gk_month_from_day(last_day);
    s->data_through_day = gk_day_from_month(s->last_month + 1) - 1;
    s->lattice_version = (int32_t)gk_store_get_i64(row, 4);
    load->definition = strdup(gk_store_get_text(row, 5));
    return gk_load_failed(load->definition == NULL ? GK_NO_MEMORY : GK_OK, "release", error);
}

static enum gk_status load_release_header(struct gk_load *load, int32_t number,
                                          struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(number)};
    enum gk_status status = gk_load_query(
        load,
        "SELECT id, created_at, first_month, through_month, lattice_version, definition"
        " FROM release WHERE id = $1::bigint AND withdrawn_at IS NULL AND erased_at IS NULL",
        values, 1, on_release, NULL, error);
    if (status == GK_OK && load->s->number == 0)
        return gk_error_set(error, GK_NOT_FOUND, "load snapshot: release %d does not stand",
                            number);
    return status;
}

static enum gk_status on_revision(struct gk_load *load, void *context, struct gk_store_row *row,
                                  struct gk_error *error)
{
    (void)context;
    struct gk_snapshot *s = load->s;
    s->number = (int32_t)gk_store_get_i64(row, 0);
    s->made_utc = gk_store_get_utc(row, 1);
    s->data_through_day = gk_store_get_day(row, 2);
    if (!gk_load_is_day(s->data_through_day))
        return gk_load_failed(GK_INVALID, "last day of the revision", error);
    s->places = (int32_t)gk_store_get_i64(row, 3);
    s->lattice_version = (int32_t)gk_store_get_i64(row, 4);
    load->kept_places_id = (int32_t)gk_store_get_i64(row, 5);
    s->has_own_places = gk_store_get_i64(row, 6) != 0;
    s->last_month = gk_month_from_day(s->data_through_day + 1) - 1;
    return GK_OK;
}

/* The newest is shown with the places of today, another with those it was made
 * with: the kept ones, or today's when they have not changed since. */
static enum gk_status load_revision_header(struct gk_load *load, int32_t number,
                                           const char *definition, struct gk_error *error)
{
    load->definition = strdup(definition);
    if (load->definition == NULL)
        return gk_load_failed(GK_NO_MEMORY, "revision", error);
    const struct gk_store_value values[] = {gk_store_i64(number)};
    enum gk_status status = gk_load_query(
        load,
        "SELECT r.id, r.created_at, r.data_through,"
        " CASE WHEN $1::bigint = 0 THEN s.places ELSE 0 END,"
        " coalesce(k.lattice_version, (SELECT max(version) FROM lattice)), coalesce(k.id, 0),"
        " k.id IS NOT NULL OR r.kept_places_id IS NULL"
        " FROM state s JOIN revision r"
        "   ON r.id = CASE WHEN $1::bigint = 0 THEN s.revision ELSE $1::bigint END"
        " LEFT JOIN kept_places k ON k.id = r.kept_places_id AND $1::bigint <> 0"
        " WHERE $1::bigint = 0 OR r.erased_at IS NULL",
        values, 1, on_revision, NULL, error);
    if (status == GK_OK && load->s->number == 0 && number == 0)
        return gk_error_set(error, GK_NOT_FOUND, "load snapshot: there is no revision yet");
    if (status == GK_OK && load->s->number == 0)
        return gk_error_set(error, GK_NOT_FOUND, "load snapshot: revision %d is not kept", number);
    return status;
}

/* --- The whole -------------------------------------------------------------------- */

static enum gk_status load_parts(struct gk_load *load, struct gk_error *error)
{
    enum gk_status status = gk_load_definitions(load, error);
    if (status == GK_OK)
        status = gk_load_cells(load, error);
    if (status == GK_OK)
        status = gk_load_places(load, error);
    if (status == GK_OK)
        status = gk_load_rows(load, error);
    if (status == GK_OK)
        status = gk_load_failed(gk_build_seal(&load->build), "indexes", error);
    return status;
}

static enum gk_status load_all(struct gk_load *load, int32_t number, const char *definition,
                               struct gk_error *error)
{
    enum gk_status status =
        gk_store_execute(load->store, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error);
    if (status != GK_OK)
        return status;
    if (load->s->kind == GK_SNAPSHOT_RELEASE)
        status = load_release_header(load, number, error);
    else
        status = load_revision_header(load, number, definition, error);
    if (status == GK_OK)
        status = load_parts(load, error);
    /* Nothing was written: ending it one way is as good as the other, and when
     * the load failed, the first error is the one to tell. */
    struct gk_error ignored;
    enum gk_status end = gk_store_execute(load->store, "ROLLBACK", &ignored);
    (void)end;
    return status;
}

static void release_load(struct gk_load *load)
{
    gk_transform_free(load->to_lonlat);
    free(load->definition);
    free(load->code_index.items);
    free(load->cell_index.items);
    free(load->district_index.items);
    free(load->boundary_index.items);
}

static enum gk_status load_kind(struct gk_snapshot **snapshot, struct gk_store *store,
                                enum gk_snapshot_kind kind, int32_t number, const char *definition,
                                const struct gk_load_options *options, struct gk_error *error)
{
    *snapshot = NULL;
    struct gk_load load = {.store = store, .stop = options->stop};
    size_t maximum = options->maximum_bytes != 0 ? options->maximum_bytes : maximum_bytes_default;
    enum gk_status status =
        gk_load_failed(gk_build_init(&load.build, kind, maximum), "begin", error);
    if (status != GK_OK)
        return status;
    load.s = load.build.snapshot;
    status = gk_transform_create(&load.to_lonlat, "EPSG:3006", "OGC:CRS84", error);
    if (status == GK_OK)
        status = load_all(&load, number, definition, error);
    release_load(&load);
    if (status == GK_OK)
        *snapshot = load.s;
    else
        gk_snapshot_free(load.s);
    return status;
}

enum gk_status gk_snapshot_load_release(struct gk_snapshot **snapshot, struct gk_store *store,
                                        int32_t number, const struct gk_load_options *options,
                                        struct gk_error *error)
{
    return load_kind(snapshot, store, GK_SNAPSHOT_RELEASE, number, "", options, error);
}

enum gk_status gk_snapshot_load_revision(struct gk_snapshot **snapshot, struct gk_store *store,
                                         int32_t number, const char *definition,
                                         const struct gk_load_options *options,
                                         struct gk_error *error)
{
    return load_kind(snapshot, store, GK_SNAPSHOT_REVISION, number, definition, options, error);
}
