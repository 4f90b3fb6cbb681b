/* Districts: one collection for each set. A district is answered from whole
 * cells; what only the municipality as a whole may tell is in set `kommun`. */
#include <string.h>

#include "view.h"

static const struct gk_column columns[] = {
    {GK_PROPERTY_CODE, GK_ALWAYS, false},
    {GK_PROPERTY_NAME, GK_ALWAYS, false},
    {GK_PROPERTY_SET, GK_ALWAYS, true},
    {GK_PROPERTY_COUNT, GK_ALWAYS, false},
    {GK_PROPERTY_DWELLINGS, GK_ALWAYS, false},
    {GK_PROPERTY_DWELLINGS_AT_RISK, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000_LOWER, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_1000_UPPER, GK_ALWAYS, false},
    {GK_PROPERTY_INHABITANTS, GK_ALWAYS, false},
    {GK_PROPERTY_INHABITANTS_YEAR, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_100000, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_100000_LOWER, GK_ALWAYS, false},
    {GK_PROPERTY_RATE_PER_100000_UPPER, GK_ALWAYS, false},
    {GK_PROPERTY_COUNT_TOTAL, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_UNLOCATED, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_COMPLETED, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_ATTEMPTED_COUNT, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_COUNT_VILLA, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_COUNT_FLAT, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_COUNT_HOLIDAY, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_COUNT_OTHER, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_COUNT_CELLAR, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_KINDS_STATUS, GK_IN_MUNICIPALITY, false},
    {GK_PROPERTY_CELLS, GK_ALWAYS, false},
    {GK_PROPERTY_MISPLACED_SHARE, GK_ALWAYS, false},
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

static enum gk_status open_districts(struct gk_view *view, struct gk_error *error)
{
    (void)error;
    const struct gk_set_info *set = &view->snapshot->sets[view->collection.set];
    view->first = set->first_district;
    view->end = set->first_district + set->district_count;
    view->shapes = &view->snapshot->district_shapes;
    view->shapes_text = view->snapshot->text;
    return GK_OK;
}

static int64_t id_of_district(const struct gk_view *view, uint32_t district)
{
    return view->snapshot->district_id[district];
}

static int64_t find_district(const struct gk_view *view, int64_t id)
{
    return gk_snapshot_find_district(view->snapshot, view->collection.set, id);
}

static void set_span(const struct gk_snapshot *s, struct gk_fields *fields,
                     enum gk_property property, struct gk_span span)
{
    gk_field_set_text(fields, property, gk_span_text(s, span), span.length);
}

/* The period is whole calendar years, which kinds are published for. */
static bool is_whole_years(struct gk_period period)
{
    return gk_month_from_hour(period.from_hour) % 12 == 0 &&
           gk_month_from_hour(period.to_hour) % 12 == 0 &&
           gk_day_from_month(gk_month_from_hour(period.from_hour)) * 24 == period.from_hour &&
           gk_day_from_month(gk_month_from_hour(period.to_hour)) * 24 == period.to_hour;
}

/* The same values as words everywhere: clients compare them. */
static const char *kinds_status(const struct gk_view *view,
                                const struct gk_municipality_totals *totals)
{
    if (totals->kinds_known)
        return "published";
    return is_whole_years(view->period) ? "withheld" : "whole calendar years only";
}

static void fill_municipality(const struct gk_view *view, uint32_t district,
                              struct gk_fields *fields)
{
    static const enum gk_property of_kind[GK_KINDS] = {
        GK_PROPERTY_COUNT_VILLA, GK_PROPERTY_COUNT_FLAT, GK_PROPERTY_COUNT_HOLIDAY,
        GK_PROPERTY_COUNT_OTHER, GK_PROPERTY_COUNT_CELLAR};
    const struct gk_snapshot *s = view->snapshot;
    struct gk_municipality_totals totals;
    gk_snapshot_municipality(s, district, view->period, view->definition, &totals);
    gk_field_set_integer(fields, GK_PROPERTY_COUNT_TOTAL, totals.count);
    gk_field_set_integer(fields, GK_PROPERTY_UNLOCATED, totals.unlocated);
    if (totals.attempts_known) {
        gk_field_set_integer(fields, GK_PROPERTY_COMPLETED, totals.completed);
        gk_field_set_integer(fields, GK_PROPERTY_ATTEMPTED_COUNT, totals.attempted);
    } else {
        gk_field_set_null(fields, GK_PROPERTY_COMPLETED);
        gk_field_set_null(fields, GK_PROPERTY_ATTEMPTED_COUNT);
    }
    for (enum gk_kind kind = 0; kind < GK_KINDS; kind++) {
        if (totals.kinds_known && s->definitions[view->definition].kinds[kind])
            gk_field_set_integer(fields, of_kind[kind], totals.kind_count[kind]);
        else
            gk_field_set_null(fields, of_kind[kind]);
    }
    const char *status = kinds_status(view, &totals);
    gk_field_set_text(fields, GK_PROPERTY_KINDS_STATUS, status, strlen(status));
}

static void fill_inhabitants(const struct gk_view *view, uint32_t district, int64_t count,
                             struct gk_fields *fields)
{
    int64_t inhabitants = view->snapshot->district_inhabitants[district];
    if (inhabitants >= 0) {
        gk_field_set_integer(fields, GK_PROPERTY_INHABITANTS, inhabitants);
        gk_field_set_integer(fields, GK_PROPERTY_INHABITANTS_YEAR,
                             view->snapshot->district_inhabitants_year[district]);
    } else {
        gk_field_set_null(fields, GK_PROPERTY_INHABITANTS);
        gk_field_set_null(fields, GK_PROPERTY_INHABITANTS_YEAR);
    }
    gk_view_fill_rate(view, fields, GK_PROPERTY_RATE_PER_100000, view->is_covered, count,
                      inhabitants, 100000.0);
}

static void fill_district(const struct gk_view *view, uint32_t district, struct gk_fields *fields)
{
    const struct gk_snapshot *s = view->snapshot;
    const uint32_t *cell = s->district_cells.value + s->district_cells.start[district];
    size_t cells = s->district_cells.start[district + 1] - s->district_cells.start[district];
    int64_t dwellings = 0, at_risk = 0, count = 0;
    for (size_t i = 0; i < cells; i++) {
        dwellings += gk_snapshot_cell_dwellings(s, cell[i]);
        at_risk += gk_snapshot_cell_dwellings_at_risk(s, cell[i], view->definition);
    }
    set_span(s, fields, GK_PROPERTY_CODE, s->district_code[district]);
    set_span(s, fields, GK_PROPERTY_NAME, s->district_name[district]);
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS, dwellings);
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS_AT_RISK, at_risk);
    gk_field_set_integer(fields, GK_PROPERTY_CELLS, (int64_t)cells);
    gk_field_set_number(fields, GK_PROPERTY_MISPLACED_SHARE, s->district_misplaced[district]);
    if (view->is_covered) {
        count = gk_snapshot_cells_events(s, cell, cells, view->period, view->definition);
        gk_field_set_integer(fields, GK_PROPERTY_COUNT, count);
        if (strcmp(s->sets[view->collection.set].name, "kommun") == 0)
            fill_municipality(view, district, fields);
    }
    gk_view_fill_rate(view, fields, GK_PROPERTY_RATE_PER_1000, view->is_covered, count, at_risk,
                      1000.0);
    fill_inhabitants(view, district, count, fields);
}

const struct gk_layer gk_layer_districts = {
    .name = "districts-",
    .role = GK_ROLE_PUBLIC,
    .title_sv = "Områden",
    .title_en = "Districts",
    .text_sv = "Områden med antal anmälda bostadsinbrott i perioden, antal per 1 000 bostäder och "
               "per 100 000 invånare med 95 % intervall. Antalen är summor av hela celler.",
    .text_en = "Districts with the burglaries reported in the period, the number per 1,000 "
               "dwellings and per 100,000 inhabitants with their 95 % intervals. Counts are sums "
               "of whole cells.",
    .geometry = "geometry-multipolygon",
    .has_counts = true,
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .open = open_districts,
    .id = id_of_district,
    .find = find_district,
    .fill = fill_district,
};
