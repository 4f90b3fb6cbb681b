/* Usual ranges: areas are gathered by group, each group is smoothed, one
 * dispersion is pooled over all. The smoothing is smooth.c's, the quantiles
 * distribution.c's. */
#include "stats/usual_range.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "stats/distribution.h"
#include "stats/smooth.h"

enum { GROUPS_MAX = 100000 };
#define DISPERSION_MAX 1e6

/* Areas in order of group; `events` and `exposure` (dwelling-years, 0 for those
 * that take no part) in that order. */
struct gathered {
    size_t *start; /* by group, groups + 2 */
    size_t *area;
    uint64_t *events;
    double *exposure;
    double *rate;
};

static uint32_t group_of(const struct gk_usual_areas *a, size_t i)
{
    return a->group == NULL ? 0 : a->group[i];
}

static bool takes_part(const struct gk_usual_areas *a, size_t i)
{
    return a->years[i] >= GK_USUAL_YEARS_MIN && a->dwellings[i] > 0;
}

static uint64_t events_of(const struct gk_usual_areas *a, size_t i)
{
    uint64_t sum = 0;
    for (int y = 0; y < a->years[i]; y++)
        sum += a->earlier[i][y];
    return sum;
}

static bool is_valid(const struct gk_usual_areas *a)
{
    if (a->groups < 1 || a->groups > GROUPS_MAX)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->years[i] > GK_USUAL_YEARS || group_of(a, i) >= a->groups ||
            !(a->dwellings[i] >= 0) || isinf(a->dwellings[i]))
            return false;
    return true;
}

static enum gk_status gather(struct gathered *g, const struct gk_usual_areas *a)
{
    g->start = calloc(a->groups + 2, sizeof *g->start);
    g->area = malloc((a->count + 1) * sizeof *g->area);
    g->events = malloc((a->count + 1) * sizeof *g->events);
    g->exposure = malloc((a->count + 1) * sizeof *g->exposure);
    g->rate = malloc((a->count + 1) * sizeof *g->rate);
    if (g->start == NULL || g->area == NULL || g->events == NULL || g->exposure == NULL ||
        g->rate == NULL)
        return GK_NO_MEMORY;
    /* Counted two ahead, so that filling leaves the beginnings. */
    for (size_t i = 0; i < a->count; i++)
        g->start[group_of(a, i) + 2]++;
    for (size_t b = 2; b < a->groups + 2; b++)
        g->start[b] += g->start[b - 1];
    for (size_t i = 0; i < a->count; i++) {
        size_t at = g->start[group_of(a, i) + 1]++;
        g->area[at] = i;
        g->events[at] = events_of(a, i);
        g->exposure[at] = takes_part(a, i) ? a->dwellings[i] * a->years[i] : 0;
    }
    return GK_OK;
}

static double pooled_dispersion(const struct gk_usual_areas *a)
{
    double sum = 0, freedom = 0;
    for (size_t i = 0; i < a->count; i++) {
        double mean = (double)events_of(a, i) / fmax(a->years[i], 1);
        if (!takes_part(a, i) || mean <= 0)
            continue;
        for (int y = 0; y < a->years[i]; y++)
            sum += (a->earlier[i][y] - mean) * (a->earlier[i][y] - mean) / mean;
        freedom += a->years[i] - 1;
    }
    return freedom > 0 ? fmax(1, sum / freedom) : 1;
}

static enum gk_status judge(struct gk_usual_range *range, double mean, double dispersion,
                            uint32_t current, double confidence)
{
    if (!(mean <= GK_COUNT_MAX) || !(dispersion <= DISPERSION_MAX))
        return GK_TOO_LARGE;
    *range = (struct gk_usual_range){
        .class = GK_USUAL_WITHIN,
        .mean = mean,
        .dispersion = dispersion,
        .lower = gk_negbin_quantile((1 - confidence) / 2, mean, dispersion),
        .upper = gk_negbin_quantile((1 + confidence) / 2, mean, dispersion)};
    if (current > range->upper)
        range->class = GK_USUAL_MORE;
    else if (current < range->lower)
        range->class = GK_USUAL_FEWER;
    return GK_OK;
}

static enum gk_status judge_group(struct gk_usual_range *ranges, const struct gathered *g,
                                  size_t group, const struct gk_usual_areas *a,
                                  const uint32_t *current, double phi, double confidence)
{
    size_t first = g->start[group], end = g->start[group + 1];
    struct gk_smoothing common;
    enum gk_status status = gk_smooth_global(g->rate + first, &common, g->events + first,
                                             g->exposure + first, end - first);
    for (size_t k = first; k < end && status == GK_OK; k++) {
        size_t i = g->area[k];
        ranges[i] = (struct gk_usual_range){0};
        if (!(g->exposure[k] > 0) || !(common.rate > 0))
            continue;
        double weight = common.variance / (common.variance + common.rate / g->exposure[k]);
        status = judge(&ranges[i], a->dwellings[i] * g->rate[k], phi * (1 + weight / a->years[i]),
                       current[i], confidence);
    }
    return status;
}

enum gk_status gk_usual_range_given(struct gk_usual_range *ranges,
                                    const struct gk_usual_areas *areas, const uint32_t *current,
                                    double phi, double confidence)
{
    struct gathered g = {0};
    if (!(confidence > 0 && confidence < 1) || !(phi >= 1) || !is_valid(areas))
        return GK_INVALID;
    enum gk_status status = gather(&g, areas);
    for (size_t b = 0; b < areas->groups && status == GK_OK; b++)
        status = judge_group(ranges, &g, b, areas, current, phi, confidence);
    free(g.start);
    free(g.area);
    free(g.events);
    free(g.exposure);
    free(g.rate);
    return status;
}

enum gk_status gk_usual_range(struct gk_usual_range *ranges, const struct gk_usual_areas *areas,
                              const uint32_t *current, double confidence)
{
    if (!is_valid(areas))
        return GK_INVALID;
    return gk_usual_range_given(ranges, areas, current, pooled_dispersion(areas), confidence);
}
