/* Months, seasons and rolling years of areas. The usual range is usual_range.c's;
 * it is asked once a month, for all areas. */
#include "stats/trend.h"

#include <stdlib.h>

/* One month of all areas, as usual_range.h wants it. */
struct rolling {
    uint32_t (*earlier)[GK_USUAL_YEARS];
    uint32_t *current;
    uint8_t *years;
    struct gk_usual_range *ranges;
};

static enum gk_status allocate(struct rolling *r, size_t areas)
{
    r->earlier = calloc(areas + 1, sizeof *r->earlier);
    r->current = calloc(areas + 1, sizeof *r->current);
    r->years = calloc(areas + 1, sizeof *r->years);
    r->ranges = calloc(areas + 1, sizeof *r->ranges);
    bool is_whole =
        r->earlier != NULL && r->current != NULL && r->years != NULL && r->ranges != NULL;
    return is_whole ? GK_OK : GK_NO_MEMORY;
}

static void release(struct rolling *r)
{
    free(r->earlier);
    free(r->current);
    free(r->years);
    free(r->ranges);
}

/* The sum of the twelve months that end with `month`; false when it does not fit. */
static bool add_year(uint32_t *sum, const uint32_t *counts, size_t month)
{
    uint64_t whole = 0;
    for (size_t i = 0; i < GK_TREND_YEAR; i++)
        whole += counts[month - i];
    *sum = (uint32_t)whole;
    return whole <= UINT32_MAX;
}

static uint8_t at_most_five(size_t years)
{
    return years < GK_USUAL_YEARS ? (uint8_t)years : GK_USUAL_YEARS;
}

static void add_season(struct gk_trend_point *point, const uint32_t *counts, size_t month)
{
    double sum = 0;
    point->count = counts[month];
    point->season_years = at_most_five(month / GK_TREND_YEAR);
    for (size_t y = 1; y <= point->season_years; y++)
        sum += counts[month - y * GK_TREND_YEAR];
    if (point->season_years > 0)
        point->season = sum / point->season_years;
}

/* The rolling years that end with `month`, which is the twelfth or later. */
static enum gk_status judge(struct rolling *r, const struct gk_trend_areas *areas, size_t month,
                            double confidence)
{
    uint8_t years = at_most_five((month + 1) / GK_TREND_YEAR - 1);
    for (size_t i = 0; i < areas->count; i++) {
        const uint32_t *counts = areas->counts + i * areas->months;
        if (!add_year(&r->current[i], counts, month))
            return GK_INVALID;
        r->years[i] = years;
        for (uint8_t y = 0; y < years; y++)
            if (!add_year(&r->earlier[i][y], counts, month - (y + 1u) * GK_TREND_YEAR))
                return GK_INVALID;
    }
    struct gk_usual_areas usual = {
        .count = areas->count,
        .earlier = (const uint32_t(*)[GK_USUAL_YEARS])r->earlier,
        .years = r->years,
        .dwellings = areas->dwellings,
        .group = areas->group,
        .groups = areas->groups,
    };
    return gk_usual_range(r->ranges, &usual, r->current, confidence);
}

static enum gk_status add_month(struct gk_trend_point *points, struct rolling *r,
                                const struct gk_trend_areas *areas, size_t first, size_t month,
                                double confidence)
{
    size_t row = areas->months - first;
    bool has_year = month + 1 >= GK_TREND_YEAR;
    enum gk_status status = has_year ? judge(r, areas, month, confidence) : GK_OK;
    for (size_t i = 0; i < areas->count && status == GK_OK; i++) {
        struct gk_trend_point *point = &points[i * row + month - first];
        *point = (struct gk_trend_point){.has_year = has_year};
        add_season(point, areas->counts + i * areas->months, month);
        if (has_year) {
            point->year = r->current[i];
            point->range = r->ranges[i];
        }
    }
    return status;
}

enum gk_status gk_trend(struct gk_trend_point *points, const struct gk_trend_areas *areas,
                        size_t first, double confidence)
{
    struct rolling r = {0};
    if (first > areas->months || !(confidence > 0 && confidence < 1))
        return GK_INVALID;
    size_t row = areas->months - first;
    if (row > 0 && areas->count > GK_TREND_POINTS_MAX / row)
        return GK_TOO_LARGE;
    enum gk_status status = allocate(&r, areas->count);
    for (size_t month = first; month < areas->months && status == GK_OK; month++)
        status = add_month(points, &r, areas, first, month, confidence);
    release(&r);
    return status;
}
