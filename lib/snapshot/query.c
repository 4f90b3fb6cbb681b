/* Counts, denominators and look-ups. Nothing here allocates. */
#include "snapshot/query.h"

#include <limits.h>
#include <string.h>

int gk_snapshot_definition(const struct gk_snapshot *s, const char *name)
{
    for (uint32_t i = 0; i < s->definition_count; i++)
        if (strcmp(s->definitions[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* --- Periods ------------------------------------------------------------------- */

struct gk_period gk_snapshot_default_period(const struct gk_snapshot *s)
{
    int32_t first = s->last_month - 11;
    if (first < s->first_month)
        first = s->first_month;
    return (struct gk_period){gk_day_from_month(first) * 24,
                              gk_day_from_month(s->last_month + 1) * 24};
}

bool gk_snapshot_clip_period(const struct gk_snapshot *s, struct gk_period *period)
{
    int32_t from = gk_day_from_month(s->first_month) * 24;
    int32_t to = (s->data_through_day + 1) * 24;
    if (period->from_hour < from)
        period->from_hour = from;
    if (period->to_hour > to)
        period->to_hour = to;
    return period->from_hour < period->to_hour;
}

/* --- Events -------------------------------------------------------------------- */

/* First row in [low, high) at or after an hour; `high` for none. */
static uint32_t first_row_at(const struct gk_snapshot *s, uint32_t low, uint32_t high, int32_t hour)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->row_hour[middle] < hour)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct run {
    uint32_t first, end;
};

static struct run rows_in_period(const struct gk_snapshot *s, uint32_t first, uint32_t end,
                                 struct gk_period period)
{
    struct run run = {.first = first_row_at(s, first, end, period.from_hour)};
    run.end = first_row_at(s, run.first, end, period.to_hour);
    return run;
}

static bool counts_code(const struct gk_definition_info *definition, uint8_t code)
{
    return (definition->code_mask[code / 64] >> (code % 64) & 1) != 0;
}

int64_t gk_snapshot_cell_events(const struct gk_snapshot *s, uint32_t cell, struct gk_period period,
                                uint32_t definition)
{
    struct run run = rows_in_period(s, s->row_start[cell], s->row_start[cell + 1], period);
    if (s->kind == GK_SNAPSHOT_RELEASE)
        return s->row_sum[run.end] - s->row_sum[run.first];
    const struct gk_definition_info *d = &s->definitions[definition];
    int64_t events = 0;
    for (uint32_t r = run.first; r < run.end; r++)
        if (counts_code(d, s->row_code[r]))
            events += s->row_events[r];
    return events;
}

int64_t gk_snapshot_cells_events(const struct gk_snapshot *s, const uint32_t *cells, size_t count,
                                 struct gk_period period, uint32_t definition)
{
    int64_t events = 0;
    for (size_t i = 0; i < count; i++)
        events += gk_snapshot_cell_events(s, cells[i], period, definition);
    return events;
}

/* --- Denominators ---------------------------------------------------------------- */

int64_t gk_snapshot_cell_dwellings(const struct gk_snapshot *s, uint32_t cell)
{
    int64_t dwellings = 0;
    for (int c = 0; c < GK_CLASSES; c++)
        dwellings += s->cell_dwellings[c][cell];
    return dwellings;
}

int64_t gk_snapshot_cell_dwellings_at_risk(const struct gk_snapshot *s, uint32_t cell,
                                           uint32_t definition)
{
    int64_t dwellings = 0;
    for (int c = 0; c < GK_CLASSES; c++)
        if (s->definitions[definition].classes[c])
            dwellings += s->cell_dwellings[c][cell];
    return dwellings;
}

/* --- Look-ups ---------------------------------------------------------------------- */

int64_t gk_snapshot_find_cell(const struct gk_snapshot *s, int64_t id)
{
    uint32_t low = 0, high = s->cell_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->cell_id[s->cell_by_id[middle]] < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->cell_count || s->cell_id[s->cell_by_id[low]] != id)
        return -1;
    return s->cell_by_id[low];
}

int64_t gk_snapshot_find_incident(const struct gk_snapshot *s, int64_t id)
{
    if (s->row_by_id == NULL)
        return -1;
    uint32_t low = 0, high = s->row_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->row_id[s->row_by_id[middle]] < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == s->row_count || s->row_id[s->row_by_id[low]] != id)
        return -1;
    return s->row_by_id[low];
}

uint32_t gk_snapshot_row_cell(const struct gk_snapshot *s, uint32_t row)
{
    if (row >= s->located_count)
        return s->cell_count;
    uint32_t low = 0, high = s->cell_count; /* the last cell that starts at or before row */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (s->row_start[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int64_t gk_snapshot_find_watch_area(const struct gk_snapshot *s, int64_t id)
{
    for (uint32_t i = 0; i < s->watch_count; i++)
        if (s->watch_id[i] == id)
            return i;
    return -1;
}

int64_t gk_snapshot_find_district(const struct gk_snapshot *s, uint32_t set, int64_t id)
{
    const struct gk_set_info *info = &s->sets[set];
    for (uint32_t i = 0; i < info->district_count; i++)
        if (s->district_id[info->first_district + i] == id)
            return info->first_district + i;
    return -1;
}

int gk_snapshot_find_set(const struct gk_snapshot *s, const char *name, size_t length)
{
    for (uint32_t i = 0; i < s->set_count; i++)
        if (strlen(s->sets[i].name) == length && memcmp(s->sets[i].name, name, length) == 0)
            return (int)i;
    return -1;
}

/* --- The municipality as a whole ------------------------------------------------- */

static void add_rows(const struct gk_snapshot *s, struct run run, int32_t municipality,
                     const struct gk_definition_info *definition,
                     struct gk_municipality_totals *totals)
{
    for (uint32_t r = run.first; r < run.end; r++) {
        bool is_unlocated = r >= s->located_count;
        if (is_unlocated && s->unlocated_municipality[r - s->located_count] != municipality)
            continue;
        if (!counts_code(definition, s->row_code[r]))
            continue;
        const struct gk_code_info *code = &s->codes[s->row_code[r]];
        int64_t events = s->row_events[r];
        totals->count += events;
        totals->completed += code->attempt != 1 ? events : 0;
        totals->attempted += code->attempt == 1 ? events : 0;
        totals->unlocated += is_unlocated ? events : 0;
        totals->kind_count[code->kind] += events;
    }
}

static void total_of_rows(const struct gk_snapshot *s, uint32_t district, struct gk_period period,
                          uint32_t definition, struct gk_municipality_totals *totals)
{
    const struct gk_definition_info *d = &s->definitions[definition];
    const struct gk_rows *cells = &s->district_cells;
    for (uint32_t i = cells->start[district]; i < cells->start[district + 1]; i++) {
        uint32_t cell = cells->value[i];
        add_rows(s, rows_in_period(s, s->row_start[cell], s->row_start[cell + 1], period), -1, d,
                 totals);
    }
    add_rows(s, rows_in_period(s, s->located_count, s->row_count, period), (int32_t)district, d,
             totals);
    totals->kinds_known = true;
    totals->attempts_known = true;
}

/* First entry at or after a district and month, or year, in their order. */
static uint32_t first_month(const struct gk_snapshot *s, uint32_t district, int32_t month)
{
    uint32_t low = 0, high = s->municipality_month_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct gk_municipality_month *m = &s->municipality_months[middle];
        if (m->district < district || (m->district == district && m->month < month))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t first_kind(const struct gk_snapshot *s, uint32_t district, int32_t year)
{
    uint32_t low = 0, high = s->municipality_kind_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct gk_municipality_kind *k = &s->municipality_kinds[middle];
        if (k->district < district || (k->district == district && k->year < year))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Kinds and attempts of a release: only of whole calendar years that it tells
 * them for. */
static void kinds_of_release(const struct gk_snapshot *s, uint32_t district,
                             struct gk_period period, struct gk_municipality_totals *totals)
{
    struct gk_civil from = gk_civil_from_day(gk_day_from_hour(period.from_hour));
    struct gk_civil to = gk_civil_from_day(gk_day_from_hour(period.to_hour));
    if (from.month != 1 || from.day != 1 || to.month != 1 || to.day != 1 ||
        period.from_hour % 24 != 0 || period.to_hour % 24 != 0)
        return;
    int32_t years_told = 0, years_attempted = 0, last_year = INT32_MIN;
    int64_t all = 0;
    for (uint32_t i = first_kind(s, district, from.year); i < s->municipality_kind_count; i++) {
        const struct gk_municipality_kind *k = &s->municipality_kinds[i];
        if (k->district != district || k->year >= to.year)
            break;
        years_told += k->year != last_year; /* rows are by year */
        last_year = k->year;
        if (k->kind == GK_KIND_ATTEMPTED) {
            years_attempted++;
            totals->attempted += k->count;
        } else {
            totals->kind_count[k->kind] += k->count;
            all += k->count;
        }
    }
    totals->kinds_known = years_told == to.year - from.year;
    totals->attempts_known = totals->kinds_known && years_attempted == years_told;
    if (!totals->kinds_known)
        memset(totals->kind_count, 0, sizeof totals->kind_count);
    if (!totals->attempts_known)
        totals->attempted = 0;
    totals->completed = totals->attempts_known ? all - totals->attempted : 0;
}

void gk_snapshot_municipality(const struct gk_snapshot *s, uint32_t district,
                              struct gk_period period, uint32_t definition,
                              struct gk_municipality_totals *totals)
{
    *totals = (struct gk_municipality_totals){0};
    if (s->kind == GK_SNAPSHOT_REVISION) {
        total_of_rows(s, district, period, definition, totals);
        return;
    }
    int32_t first = gk_month_from_hour(period.from_hour);
    if (gk_day_from_month(first) * 24 < period.from_hour)
        first++;
    for (uint32_t i = first_month(s, district, first); i < s->municipality_month_count; i++) {
        const struct gk_municipality_month *m = &s->municipality_months[i];
        if (m->district != district || gk_day_from_month(m->month) * 24 >= period.to_hour)
            break;
        totals->count += m->count;
        totals->unlocated += m->unlocated;
    }
    kinds_of_release(s, district, period, totals);
}
