/* Watch areas: drawn by their own boundary, counted by their cover of whole
 * cells. In a release only those that were approved when it was published. */
#include <math.h>
#include <stdint.h>

#include "view.h"

static const struct gk_column columns[] = {
    {GK_PROPERTY_SLUG, GK_ALWAYS, false},
    {GK_PROPERTY_NAME, GK_ALWAYS, false},
    {GK_PROPERTY_STARTED, GK_ALWAYS, false},
    {GK_PROPERTY_APPROVED, GK_IN_REVISION, false},
    {GK_PROPERTY_HOUSEHOLDS, GK_ALWAYS, false},
    {GK_PROPERTY_SHARE, GK_ALWAYS, false},
    {GK_PROPERTY_COUNT, GK_ALWAYS, false},
    {GK_PROPERTY_DWELLINGS, GK_ALWAYS, false},
    {GK_PROPERTY_DWELLINGS_AT_RISK, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000_LOWER, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000_UPPER, GK_ALWAYS, false},
    {GK_PROPERTY_CELLS, GK_ALWAYS, false},
    {GK_PROPERTY_IS_ESTIMATED, GK_ALWAYS, true},
    {GK_PROPERTY_DWELLINGS_YEAR, GK_ALWAYS, true},
    {GK_PROPERTY_PERIOD_FROM, GK_ALWAYS, true},
    {GK_PROPERTY_PERIOD_TO, GK_ALWAYS, true},
    {GK_PROPERTY_DEFINITION, GK_ALWAYS, true},
    {GK_PROPERTY_RELEASE, GK_IN_RELEASE, true},
    {GK_PROPERTY_REVISION, GK_IN_REVISION, true},
    {GK_PROPERTY_K, GK_ALWAYS, true},
    {GK_PROPERTY_MIN_ADDRESSES, GK_ALWAYS, true},
};

static enum gk_status open_watch_areas(struct gk_view *view, struct gk_error *error)
{
    (void)error;
    view->first = 0;
    view->end = view->snapshot->watch_count;
    view->shapes = &view->snapshot->watch_shapes;
    view->shapes_text = view->snapshot->text;
    return GK_OK;
}

static int64_t id_of_watch_area(const struct gk_view *view, uint32_t area)
{
    return view->snapshot->watch_id[area];
}

static int64_t find_watch_area(const struct gk_view *view, int64_t id)
{
    return gk_snapshot_find_watch_area(view->snapshot, id);
}

static void fill_names(const struct gk_snapshot *s, uint32_t area, struct gk_fields *fields)
{
    gk_field_set_text(fields, GK_PROPERTY_SLUG, gk_span_text(s, s->watch_slug[area]),
                      s->watch_slug[area].length);
    gk_field_set_text(fields, GK_PROPERTY_NAME, gk_span_text(s, s->watch_name[area]),
                      s->watch_name[area].length);
    if (s->watch_started[area] == INT32_MIN)
        gk_field_set_null(fields, GK_PROPERTY_STARTED);
    else
        gk_field_set_integer(fields, GK_PROPERTY_STARTED, s->watch_started[area]);
    gk_field_set_integer(fields, GK_PROPERTY_APPROVED, s->watch_approved[area]);
}

static void fill_watch_area(const struct gk_view *view, uint32_t area, struct gk_fields *fields)
{
    const struct gk_snapshot *s = view->snapshot;
    const uint32_t *cell = s->watch_cells.value + s->watch_cells.start[area];
    size_t cells = s->watch_cells.start[area + 1] - s->watch_cells.start[area];
    int64_t dwellings = 0, at_risk = 0, count = 0;
    for (size_t i = 0; i < cells; i++) {
        dwellings += gk_snapshot_cell_dwellings(s, cell[i]);
        at_risk += gk_snapshot_cell_dwellings_at_risk(s, cell[i], view->definition);
    }
    fill_names(s, area, fields);
    gk_field_set_integer(fields, GK_PROPERTY_HOUSEHOLDS, llround(s->watch_households[area]));
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS, dwellings);
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS_AT_RISK, at_risk);
    gk_field_set_integer(fields, GK_PROPERTY_CELLS, (int64_t)cells);
    if (dwellings > 0)
        gk_field_set_number(fields, GK_PROPERTY_SHARE,
                            s->watch_households[area] / (double)dwellings);
    else
        gk_field_set_null(fields, GK_PROPERTY_SHARE);
    if (view->is_covered) {
        count = gk_snapshot_cells_events(s, cell, cells, view->period, view->definition);
        gk_field_set_integer(fields, GK_PROPERTY_COUNT, count);
    }
    gk_view_fill_rate(view, fields, GK_PROPERTY_RATE_PER_1000, view->is_covered, count, at_risk,
                      1000.0);
}

const struct gk_layer gk_layer_watch_areas = {
    .name = "watch-areas",
    .role = GK_ROLE_PUBLIC,
    .title_sv = "Grannsamverkan",
    .title_en = "Neighbourhood watch areas",
    .text_sv = "Områden med grannsamverkan: gränsen, uppskattat antal hushåll, och antal anmälda "
               "bostadsinbrott i alla celler som området berör (täckningen), som är större än "
               "området självt.",
    .text_en = "Neighbourhood watch areas: their boundary, households (estimated), and the "
               "burglaries reported in all cells that the area touches (its cover), which is "
               "larger than the area itself.",
    .geometry = "geometry-multipolygon",
    .has_counts = true,
    .is_unranked = true,
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .open = open_watch_areas,
    .id = id_of_watch_area,
    .find = find_watch_area,
    .fill = fill_watch_area,
};
