/* Views: which snapshot a caller gets, which collections are in it, and what is
 * common to the features of all of them. Rule 3 lives in gk_version_read(): who is
 * not an analyst is answered from a release and from nothing else. */
#include "view.h"

#include <string.h>

#include "grid.h"
#include "origin.h"
#include "selection.h"

enum { RETRY_AFTER_S = 2, RETRY_NUMBERED_S = 1 };

static const struct gk_layer *const layers[] = {&gk_layer_cells, &gk_layer_districts,
                                                &gk_layer_watch_areas, &gk_layer_hotspots,
                                                &gk_layer_incidents};
enum { LAYERS = sizeof layers / sizeof layers[0] };

/* --- Opening --------------------------------------------------------------------- */

static void describe_snapshot(const struct gk_view *view, enum gk_origin_how how,
                              struct gk_response *response)
{
    const struct gk_snapshot *s = view->snapshot;
    response->origin = gk_origin_make(view, how);
    response->data_utc = s->made_utc;
}

static enum gk_status acquire(struct gk_view *view, enum gk_snapshot_kind kind, int32_t number,
                              struct gk_response *response, struct gk_error *error)
{
    const struct gk_source *source = &view->api->source;
    enum gk_status status = GK_OK;
    if (number != 0) {
        status = source->acquire_numbered(source->context, &view->snapshot, kind, number, error);
        response->retry_after_s = status == GK_UNAVAILABLE ? RETRY_NUMBERED_S : 0;
        return status;
    }
    view->snapshot = source->acquire(source->context, kind);
    if (view->snapshot != NULL)
        return GK_OK;
    response->retry_after_s = RETRY_AFTER_S;
    return gk_error_set(error, GK_UNAVAILABLE,
                        view->is_analyst ? "read the data: no revision is loaded yet"
                                         : "read the data: no release is loaded yet");
}

enum gk_status gk_view_open(struct gk_view *view, void *context, const struct gk_request *request,
                            struct gk_response *response, struct gk_error *error)
{
    struct gk_api *api = context;
    enum gk_snapshot_kind kind;
    int32_t number;
    *view = (struct gk_view){
        .api = api,
        .settings = atomic_load(&api->settings),
        .request = request,
        .role = request->principal.role,
        .is_swedish = strcmp(request->language, "en") != 0,
        .crs = gk_crs_at(0),
    };
    response->data_age_s = api->source.silent_s(api->source.context);
    response->is_stale = api->source.is_stale(api->source.context);
    enum gk_status status = gk_version_read(request, &kind, &number, error);
    if (status != GK_OK)
        return status;
    view->is_analyst = kind == GK_SNAPSHOT_REVISION;
    view->is_numbered = number != 0;
    /* A release is the same for everybody. */
    if (view->is_numbered && kind == GK_SNAPSHOT_RELEASE)
        view->role = GK_ROLE_PUBLIC;
    status = acquire(view, kind, number, response, error);
    if (status == GK_OK)
        describe_snapshot(view, number != 0 ? GK_ORIGIN_NUMBERED : GK_ORIGIN_NEWEST, response);
    return status;
}

enum gk_status gk_view_pin(struct gk_view *view, struct gk_response *response, int32_t number,
                           int32_t places, struct gk_error *error)
{
    struct gk_api *api = view->api;
    if (view->is_numbered && number != view->snapshot->number)
        return gk_error_set(error, GK_INVALID, "read \"cursor\": not one of these data");
    if (view->is_numbered)
        return GK_OK;
    const struct gk_snapshot *pinned =
        api->source.acquire_pinned(api->source.context, view->snapshot->kind, number, places);
    if (pinned == NULL)
        return gk_error_set(error, GK_GONE,
                            "resume from \"cursor\": its data were replaced too long ago; start "
                            "again without it");
    api->source.release(api->source.context, view->snapshot);
    view->snapshot = pinned;
    describe_snapshot(view, GK_ORIGIN_PINNED, response);
    return gk_view_find_collection(view, error);
}

void gk_view_close(struct gk_view *view)
{
    gk_grid_release(view->api->grids, view->grid);
    view->grid = NULL;
    gk_selection_release(view->api->selections, view->selection);
    view->selection = NULL;
    if (view->snapshot != NULL)
        view->api->source.release(view->api->source.context, view->snapshot);
    view->snapshot = NULL;
}

enum gk_status gk_view_finish(const struct gk_response *response, struct gk_error *error)
{
    enum gk_status status = gk_buf_status(&response->body);
    if (status != GK_OK)
        gk_error_set(error, status, "make the answer: %s", gk_status_text(status));
    return status;
}

/* --- Collections -------------------------------------------------------------------- */

static size_t collections_of_layer(const struct gk_view *view, const struct gk_layer *layer)
{
    if (layer->role > view->role)
        return 0;
    return layer == &gk_layer_districts ? view->snapshot->set_count : 1;
}

static void name_collection(const struct gk_view *view, struct gk_collection *collection)
{
    const char *rest =
        collection->layer == &gk_layer_districts ? view->snapshot->sets[collection->set].name : "";
    size_t prefix = strlen(collection->layer->name), length = strlen(rest);
    if (length > GK_COLLECTION_NAME_MAX - prefix)
        length = GK_COLLECTION_NAME_MAX - prefix;
    memcpy(collection->name, collection->layer->name, prefix);
    memcpy(collection->name + prefix, rest, length);
    collection->name[prefix + length] = '\0';
}

bool gk_view_collection_at(const struct gk_view *view, size_t i, struct gk_collection *collection)
{
    for (size_t l = 0; l < LAYERS; l++) {
        size_t count = collections_of_layer(view, layers[l]);
        if (i < count) {
            *collection = (struct gk_collection){.layer = layers[l], .set = (uint32_t)i};
            name_collection(view, collection);
            return true;
        }
        i -= count;
    }
    return false;
}

static bool text_is(struct gk_text text, const char *name)
{
    return text.length == strlen(name) && memcmp(text.data, name, text.length) == 0;
}

enum gk_status gk_view_find_collection(struct gk_view *view, struct gk_error *error)
{
    struct gk_text name = view->request->variable[0];
    for (size_t i = 0; gk_view_collection_at(view, i, &view->collection); i++)
        if (text_is(name, view->collection.name))
            return GK_OK;
    for (size_t l = 0; l < LAYERS; l++) {
        if (layers[l]->role <= view->role || !text_is(name, layers[l]->name))
            continue;
        if (view->request->principal.role >= layers[l]->role)
            return gk_error_set(error, GK_NOT_FOUND, "read \"%s\": it is not part of a release",
                                layers[l]->name);
        if (view->request->principal.role == GK_ROLE_PUBLIC)
            return gk_error_set(error, GK_UNAUTHORIZED, "read \"%s\": a token is needed",
                                layers[l]->name);
        return gk_error_set(error, GK_FORBIDDEN, "read \"%s\": only for analysts", layers[l]->name);
    }
    return gk_error_set(error, GK_NOT_FOUND, "find collection \"%.*s\": there is none",
                        (int)(name.length > 100 ? 100 : name.length), name.data);
}

const char *gk_collection_title(const struct gk_view *view, const struct gk_collection *collection)
{
    if (collection->layer == &gk_layer_districts) {
        const struct gk_set_info *set = &view->snapshot->sets[collection->set];
        return view->is_swedish ? set->title_sv : set->title_en;
    }
    return view->is_swedish ? collection->layer->title_sv : collection->layer->title_en;
}

static bool is_municipality(const struct gk_view *view, const struct gk_collection *collection)
{
    return collection->layer == &gk_layer_districts &&
           strcmp(view->snapshot->sets[collection->set].name, "kommun") == 0;
}

void gk_collection_columns(const struct gk_view *view, const struct gk_collection *collection,
                           struct gk_columns *columns)
{
    columns->count = 0;
    for (size_t i = 0; i < collection->layer->column_count; i++) {
        const struct gk_column *column = &collection->layer->columns[i];
        bool wanted = column->when == GK_ALWAYS ||
                      (column->when == GK_IN_RELEASE && !view->is_analyst) ||
                      (column->when == GK_IN_REVISION && view->is_analyst) ||
                      (column->when == GK_IN_MUNICIPALITY && is_municipality(view, collection));
        if (wanted && columns->count < GK_COLUMNS_MAX)
            columns->column[columns->count++] = *column;
    }
}

static void widen(struct gk_box_e7 *box, const struct gk_shapes *shapes, uint32_t first,
                  uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        const struct gk_box_e7 *by = &shapes->box[i];
        if (i == first)
            *box = *by;
        box->min.lon = by->min.lon < box->min.lon ? by->min.lon : box->min.lon;
        box->min.lat = by->min.lat < box->min.lat ? by->min.lat : box->min.lat;
        box->max.lon = by->max.lon > box->max.lon ? by->max.lon : box->max.lon;
        box->max.lat = by->max.lat > box->max.lat ? by->max.lat : box->max.lat;
    }
}

struct gk_box_e7 gk_collection_extent(const struct gk_view *view,
                                      const struct gk_collection *collection)
{
    /* The largest square that holds a cell's corner sticks out by its diagonal at most. */
    enum { SQUARE_LON_E7 = 350000, SQUARE_LAT_E7 = 150000 };
    const struct gk_snapshot *s = view->snapshot;
    struct gk_box_e7 box = {{0, 0}, {0, 0}};
    if (collection->layer == &gk_layer_districts) {
        const struct gk_set_info *set = &s->sets[collection->set];
        widen(&box, &s->district_shapes, set->first_district,
              set->first_district + set->district_count);
    } else if (collection->layer == &gk_layer_watch_areas && s->watch_count > 0) {
        widen(&box, &s->watch_shapes, 0, s->watch_count);
    } else {
        widen(&box, &s->cell_shapes, 0, s->cell_count);
    }
    if (collection->layer == &gk_layer_hotspots && s->cell_count > 0) {
        box.min.lon -= SQUARE_LON_E7;
        box.min.lat -= SQUARE_LAT_E7;
        box.max.lon += SQUARE_LON_E7;
        box.max.lat += SQUARE_LAT_E7;
    }
    return box;
}

/* --- Periods ------------------------------------------------------------------------- */

/* Whole days, so that period_from and period_to say exactly what was counted. */
static struct gk_period widen_to_days(struct gk_period period)
{
    enum { HOURS = 24 };
    if (period.from_hour != GK_HOUR_OPEN_FROM)
        period.from_hour = gk_day_from_hour(period.from_hour) * HOURS;
    if (period.to_hour != GK_HOUR_OPEN_TO)
        period.to_hour = (gk_day_from_hour(period.to_hour - 1) + 1) * HOURS;
    return period;
}

void gk_view_set_period(struct gk_view *view, const struct gk_period *period)
{
    if (period == NULL)
        view->period = gk_snapshot_default_period(view->snapshot);
    else if (view->is_analyst)
        view->period = widen_to_days(*period);
    else
        view->period = gk_period_widen_to_months(*period);
    struct gk_period clipped = view->period;
    view->is_covered = gk_snapshot_clip_period(view->snapshot, &clipped);
    if (view->is_covered)
        view->period = clipped;
}

/* --- What all features have ------------------------------------------------------------ */

static void set_text(struct gk_fields *fields, enum gk_property property, const char *text)
{
    gk_field_set_text(fields, property, text, strlen(text));
}

void gk_view_fill_same(const struct gk_view *view, struct gk_fields *fields)
{
    const struct gk_snapshot *s = view->snapshot;
    memset(fields, 0, sizeof *fields);
    if (view->period.from_hour != GK_HOUR_OPEN_FROM)
        gk_field_set_integer(fields, GK_PROPERTY_PERIOD_FROM,
                             gk_day_from_hour(view->period.from_hour));
    if (view->period.to_hour != GK_HOUR_OPEN_TO)
        gk_field_set_integer(fields, GK_PROPERTY_PERIOD_TO,
                             gk_day_from_hour(view->period.to_hour - 1));
    set_text(fields, GK_PROPERTY_DEFINITION, s->definitions[view->definition].name);
    set_text(fields, GK_PROPERTY_PLACE, "cell");
    set_text(fields, GK_PROPERTY_BASIS, "descriptive");
    set_text(fields, GK_PROPERTY_METHOD, view->is_rate ? "rate" : "count");
    gk_field_set_integer(fields, GK_PROPERTY_SIZE_M, view->size_m);
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS_YEAR, s->dwellings_year);
    gk_field_set_integer(fields, GK_PROPERTY_K, s->k);
    gk_field_set_integer(fields, GK_PROPERTY_MIN_ADDRESSES, s->min_addresses);
    gk_field_set_integer(fields, GK_PROPERTY_RELEASE, s->number);
    gk_field_set_integer(fields, GK_PROPERTY_REVISION, s->number);
    if (view->collection.layer == &gk_layer_districts) {
        const struct gk_set_info *set = &s->sets[view->collection.set];
        set_text(fields, GK_PROPERTY_SET, set->name);
        gk_field_set_integer(fields, GK_PROPERTY_IS_ESTIMATED, !set->is_base);
    } else {
        gk_field_set_integer(fields, GK_PROPERTY_IS_ESTIMATED, 1);
    }
}

void gk_view_fill_rate(const struct gk_view *view, struct gk_fields *fields, enum gk_property rate,
                       bool has_count, int64_t count, int64_t denominator, double per)
{
    if (!has_count || count < 0 || denominator <= 0) {
        for (enum gk_property p = rate; p <= rate + 2; p++)
            gk_field_set_null(fields, p);
        return;
    }
    struct gk_interval interval = count < GK_INTERVALS
                                      ? view->api->interval[count]
                                      : gk_poisson_interval((uint64_t)count, GK_CONFIDENCE);
    double scale = per / (double)denominator;
    gk_field_set_number(fields, rate, (double)count * scale);
    gk_field_set_number(fields, rate + 1, interval.lower * scale);
    gk_field_set_number(fields, rate + 2, interval.upper * scale);
}

/* --- Which features ------------------------------------------------------------------------ */

uint32_t gk_view_feature(const struct gk_view *view, uint32_t rank)
{
    return view->selection == NULL ? rank : view->selection->feature[rank];
}

int64_t gk_view_rank(const struct gk_view *view, int64_t id)
{
    int64_t feature = view->collection.layer->find(view, id);
    if (view->selection != NULL)
        return feature < 0 ? -1 : gk_selection_rank(view->selection, (uint32_t)feature);
    return feature < view->first || feature >= view->end ? -1 : feature;
}

uint32_t gk_view_next(const struct gk_view *view, uint32_t from)
{
    if (view->selection != NULL)
        return from < view->end ? from : view->end;
    if (view->shapes == NULL) {
        while (from < view->end && !view->collection.layer->matches(view, from))
            from++;
        return from;
    }
    if (view->box_count == 0)
        return from < view->end ? from : view->end;
    uint32_t next = view->end;
    for (size_t i = 0; i < view->box_count; i++) {
        uint32_t found =
            gk_shapes_next_in_plane(view->shapes, view->box_plane, view->box[i], from, view->end);
        next = found < next ? found : next;
    }
    return next;
}

uint64_t gk_view_matched(const struct gk_view *view)
{
    bool is_filtered = view->box_count > 0 || view->has_rows_period;
    if (!is_filtered || view->selection != NULL)
        return view->end - view->first;
    if (view->shapes != NULL && view->box_count == 1)
        return gk_shapes_count_in_plane(view->shapes, view->box_plane, view->box[0], view->first,
                                        view->end);
    uint64_t matched = 0;
    for (uint32_t i = gk_view_next(view, view->first); i < view->end; i = gk_view_next(view, i + 1))
        matched++;
    return matched;
}
