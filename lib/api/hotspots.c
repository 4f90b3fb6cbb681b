/* Hotspots: a grid of squares for display. A cell's count goes to its squares by
 * their dwellings; the values are descriptive, without test or interval. */
#include "grid.h"
#include "view.h"

static const struct gk_column columns[] = {
    {GK_PROPERTY_METHOD, GK_ALWAYS, true},
    {GK_PROPERTY_SIZE_M, GK_ALWAYS, true},
    {GK_PROPERTY_VALUE, GK_ALWAYS, false},
    {GK_PROPERTY_COUNT_SPREAD, GK_ALWAYS, false},
    {GK_PROPERTY_DWELLINGS, GK_ALWAYS, false},
    {GK_PROPERTY_DWELLINGS_AT_RISK, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000, GK_ALWAYS, false},
    {GK_PROPERTY_BASIS, GK_ALWAYS, true},
    {GK_PROPERTY_DWELLINGS_YEAR, GK_ALWAYS, true},
    {GK_PROPERTY_PERIOD_FROM, GK_ALWAYS, true},
    {GK_PROPERTY_PERIOD_TO, GK_ALWAYS, true},
    {GK_PROPERTY_DEFINITION, GK_ALWAYS, true},
    {GK_PROPERTY_RELEASE, GK_IN_RELEASE, true},
    {GK_PROPERTY_REVISION, GK_IN_REVISION, true},
    {GK_PROPERTY_K, GK_ALWAYS, true},
    {GK_PROPERTY_MIN_ADDRESSES, GK_ALWAYS, true},
};

static enum gk_status open_hotspots(struct gk_view *view, struct gk_error *error)
{
    const struct gk_snapshot *s = view->snapshot;
    struct gk_grid_key key = {
        .kind = s->kind,
        .number = s->number,
        .places = s->places,
        .made_utc = s->made_utc,
        .size_m = view->size_m,
        .is_covered = view->is_covered,
        .period = view->is_covered ? view->period : (struct gk_period){0, 0},
        .definition = view->definition,
    };
    enum gk_status status = gk_grid_acquire(&view->grid, view->api->grids, s, key, error);
    if (status != GK_OK)
        return status;
    view->first = 0;
    view->end = view->grid->shapes.count;
    view->shapes = &view->grid->shapes;
    view->shapes_text = view->grid->text;
    return GK_OK;
}

/* An id is the decimal digits of side in metres, N index, E index, six for each
 * index: it names a square without the collection's parameters, for ever. */
enum { INDEX_LIMIT = 1000000 };

static int64_t id_of_square(const struct gk_view *view, uint32_t i)
{
    struct gk_square square = view->grid->square[i].square;
    return ((int64_t)view->size_m * INDEX_LIMIT + square.n) * INDEX_LIMIT + square.e;
}

int32_t gk_hotspot_size_m(int64_t id)
{
    return id < 0 || id / INDEX_LIMIT / INDEX_LIMIT > INT32_MAX
               ? 0
               : (int32_t)(id / INDEX_LIMIT / INDEX_LIMIT);
}

static int64_t find_square(const struct gk_view *view, int64_t id)
{
    if (gk_hotspot_size_m(id) != view->size_m)
        return -1;
    int32_t n = (int32_t)(id / INDEX_LIMIT % INDEX_LIMIT), e = (int32_t)(id % INDEX_LIMIT);
    size_t low = 0, high = view->grid->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct gk_square at = view->grid->square[middle].square;
        if (at.n < n || (at.n == n && at.e < e))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == view->grid->count || view->grid->square[low].square.n != n ||
        view->grid->square[low].square.e != e)
        return -1;
    return (int64_t)low;
}

static void fill_square(const struct gk_view *view, uint32_t i, struct gk_fields *fields)
{
    const struct gk_grid_square *square = &view->grid->square[i];
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS, square->dwellings);
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS_AT_RISK, square->dwellings_at_risk);
    gk_field_set_null(fields, GK_PROPERTY_RATE_PER_1000);
    gk_field_set_null(fields, GK_PROPERTY_VALUE);
    if (!view->is_covered)
        return;
    gk_field_set_number(fields, GK_PROPERTY_COUNT_SPREAD, square->events);
    if (!view->is_rate)
        gk_field_set_number(fields, GK_PROPERTY_VALUE, square->events);
    if (square->dwellings_at_risk <= 0)
        return;
    double rate = square->events * 1000.0 / (double)square->dwellings_at_risk;
    gk_field_set_number(fields, GK_PROPERTY_RATE_PER_1000, rate);
    if (view->is_rate)
        gk_field_set_number(fields, GK_PROPERTY_VALUE, rate);
}

const struct gk_layer gk_layer_hotspots = {
    .name = "hotspots",
    .role = GK_ROLE_PUBLIC,
    .title_sv = "Rutnät",
    .title_en = "Square grid",
    .text_sv = "Rutor för visning: cellernas antal fördelade på rutor efter bostäder. Beskrivande; "
               "rutor prövar inget och har därför inga intervall.",
    .text_en = "Squares for display: counts of cells spread over squares by their dwellings. "
               "Descriptive; squares test nothing and have no intervals therefore.",
    .geometry = "geometry-polygon",
    .has_counts = true,
    .has_method = true,
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .open = open_hotspots,
    .id = id_of_square,
    .find = find_square,
    .fill = fill_square,
};
