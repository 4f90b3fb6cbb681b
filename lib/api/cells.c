/* Cells: the places that everything published is counted in. */
#include "view.h"

static const struct gk_column columns[] = {
    {GK_PROPERTY_CELL, GK_ALWAYS, false},
    {GK_PROPERTY_COUNT, GK_ALWAYS, false},
    {GK_PROPERTY_DWELLINGS, GK_ALWAYS, false},
    {GK_PROPERTY_DWELLINGS_AT_RISK, GK_ALWAYS, false},
    {GK_PROPERTY_ADDRESSES, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000_LOWER, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000_UPPER, GK_ALWAYS, false},
    {GK_PROPERTY_DWELLINGS_YEAR, GK_ALWAYS, true},
    {GK_PROPERTY_PERIOD_FROM, GK_ALWAYS, true},
    {GK_PROPERTY_PERIOD_TO, GK_ALWAYS, true},
    {GK_PROPERTY_DEFINITION, GK_ALWAYS, true},
    {GK_PROPERTY_RELEASE, GK_IN_RELEASE, true},
    {GK_PROPERTY_REVISION, GK_IN_REVISION, true},
    {GK_PROPERTY_PLACE, GK_ALWAYS, true},
    {GK_PROPERTY_K, GK_ALWAYS, true},
    {GK_PROPERTY_MIN_ADDRESSES, GK_ALWAYS, true},
};

static enum gk_status open_cells(struct gk_view *view, struct gk_error *error)
{
    (void)error;
    view->first = 0;
    view->end = view->snapshot->cell_count;
    view->shapes = &view->snapshot->cell_shapes;
    view->shapes_text = view->snapshot->text;
    return GK_OK;
}

static int64_t id_of_cell(const struct gk_view *view, uint32_t cell)
{
    return view->snapshot->cell_id[cell];
}

static int64_t find_cell(const struct gk_view *view, int64_t id)
{
    return gk_snapshot_find_cell(view->snapshot, id);
}

static void fill_cell(const struct gk_view *view, uint32_t cell, struct gk_fields *fields)
{
    const struct gk_snapshot *s = view->snapshot;
    int64_t at_risk = gk_snapshot_cell_dwellings_at_risk(s, cell, view->definition);
    int64_t count = 0;
    gk_field_set_integer(fields, GK_PROPERTY_CELL, s->cell_id[cell]);
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS, gk_snapshot_cell_dwellings(s, cell));
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS_AT_RISK, at_risk);
    gk_field_set_integer(fields, GK_PROPERTY_ADDRESSES, s->cell_addresses[cell]);
    if (view->is_covered) {
        count = gk_snapshot_cell_events(s, cell, view->period, view->definition);
        gk_field_set_integer(fields, GK_PROPERTY_COUNT, count);
    }
    gk_view_fill_rate(view, fields, GK_PROPERTY_RATE_PER_1000, view->is_covered, count, at_risk,
                      1000.0);
}

const struct gk_layer gk_layer_cells = {
    .name = "cells",
    .role = GK_ROLE_PUBLIC,
    .title_sv = "Celler",
    .title_en = "Cells",
    .text_sv =
        "Platser med minst k bostäder, med antal anmälda bostadsinbrott i perioden och antal "
        "per 1 000 bostäder med 95 % intervall. En cell är den minsta plats som finns här; "
        "exakta platser lagras inte.",
    .text_en = "Places of at least k dwellings, with the burglaries reported in the period and the "
               "number per 1,000 dwellings with its 95 % interval. A cell is the smallest place "
               "there is; exact places are not stored.",
    .geometry = "geometry-multipolygon",
    .has_counts = true,
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .open = open_cells,
    .id = id_of_cell,
    .find = find_cell,
    .fill = fill_cell,
};
