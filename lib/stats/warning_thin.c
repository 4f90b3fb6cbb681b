/* The last weeks against the years before, for districts with too few events for
 * a regression. What an area has in a year is usual_range.c's; here are the part of
 * the year, the dispersion between windows and the limit. */
#include "stats/warning.h"

#include <math.h>
#include <stdlib.h>

#include "stats/distribution.h"

enum { HALVINGS = 100 };
/* Events without season that are added to those seen: few events show none. */
#define SEASON_EVENTS 20.0
/* What usual_range.h accepts, less what the error of the mean adds. */
#define DISPERSION_MAX 1e5

/* One area's history: Pearson's statistic over its windows, events in all of them,
 * and in the same weeks of the years. */
struct past {
    double pearson, events, same;
};

struct table {
    uint32_t (*earlier)[GK_USUAL_YEARS];
    uint32_t *current;
    uint8_t *years;
    struct gk_usual_range *ranges;
    struct past *past;
};

/* What all areas have in common. */
struct common {
    double phi;
    double share;         /* of a year's events that fall in the window */
    double season_events; /* that say so */
};

static uint64_t sum_of(const uint32_t *counts, size_t end, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += counts[end - i];
    return sum;
}

static struct past past_of(const uint32_t *counts, size_t week, size_t window, uint8_t years)
{
    struct past p = {0};
    double squares = 0, in_windows = 0;
    size_t windows = years * (size_t)GK_WARNING_YEAR / window, end = week - window;
    for (size_t k = 0; k < windows; k++) {
        double sum = (double)sum_of(counts, end - k * window, window);
        in_windows += sum;
        squares += sum * sum;
    }
    if (in_windows > 0)
        p.pearson = squares * (double)windows / in_windows - in_windows;
    p.events = in_windows;
    for (size_t y = 1; y <= years; y++)
        p.same += (double)sum_of(counts, week - y * GK_WARNING_YEAR, window);
    return p;
}

/* False when a sum does not fit. */
static bool fill(struct table *t, const struct gk_warning_areas *areas, size_t week, size_t window,
                 uint8_t years)
{
    for (size_t i = 0; i < areas->count; i++) {
        const uint32_t *counts = areas->counts + i * areas->weeks;
        uint64_t largest = sum_of(counts, week, window);
        t->current[i] = (uint32_t)largest;
        t->years[i] = years;
        for (size_t y = 0; y < years; y++) {
            uint64_t sum = sum_of(counts, week - window - y * GK_WARNING_YEAR, GK_WARNING_YEAR);
            t->earlier[i][y] = (uint32_t)sum;
            largest = sum > largest ? sum : largest;
        }
        if (largest > UINT32_MAX)
            return false;
        t->past[i] = past_of(counts, week, window, years);
    }
    return true;
}

/* sum S phi / (S + phi - 1), which rises with phi to sum S. */
static double mean_of(const struct past *past, size_t count, double phi)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        if (past[i].events > 0)
            sum += past[i].events * phi / (past[i].events + phi - 1);
    return sum;
}

static double solve(const struct past *past, size_t count, double mean)
{
    double low = 1, high = DISPERSION_MAX;
    if (!(mean_of(past, count, low) < mean))
        return low;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = sqrt(low * high);
        if (mean_of(past, count, middle) < mean)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static struct common common_of(const struct table *t, size_t count, size_t window, uint8_t years)
{
    size_t windows = years * (size_t)GK_WARNING_YEAR / window;
    double pearson = 0, same = SEASON_EVENTS * (double)window / GK_WARNING_YEAR,
           all = SEASON_EVENTS;
    for (size_t i = 0; i < count; i++) {
        pearson += t->past[i].pearson;
        same += t->past[i].same;
        for (uint8_t y = 0; y < years; y++)
            all += t->earlier[i][y];
    }
    double phi = windows > 1 ? solve(t->past, count, pearson / ((double)windows - 1)) : 1;
    return (struct common){phi, same / all, same};
}

static void judge(struct gk_warning_thin *warning, const struct gk_usual_range *year,
                  const struct common *c, uint8_t years, uint32_t current, double alpha)
{
    *warning = (struct gk_warning_thin){.current = current};
    if (year->class == GK_USUAL_UNDECIDED)
        return;
    double mean = year->mean * c->share;
    double season = c->phi * (1 + mean / c->season_events);
    /* Of the year's dispersion, what the error of its mean added. */
    double own = (year->dispersion - c->phi) * c->share;
    warning->mean = mean;
    warning->dispersion = season + own;
    warning->upper = gk_negbin_quantile(1 - alpha, mean, warning->dispersion);
    warning->false_alarm =
        gk_negbin_upper(warning->upper + 1, mean, season + c->phi * c->share / years);
    warning->class = current > warning->upper ? GK_WARNING_MORE : GK_WARNING_QUIET;
}

static enum gk_status judge_all(struct gk_warning_thin *warnings, struct table *t,
                                const struct gk_warning_areas *areas, const struct common *c,
                                double alpha)
{
    struct gk_usual_areas usual = {
        .count = areas->count,
        .earlier = (const uint32_t(*)[GK_USUAL_YEARS])t->earlier,
        .years = t->years,
        .dwellings = areas->dwellings,
        .group = areas->group,
        .groups = areas->groups,
    };
    enum gk_status status = gk_usual_range_given(t->ranges, &usual, t->current, c->phi, 0.95);
    for (size_t i = 0; i < areas->count && status == GK_OK; i++)
        judge(&warnings[i], &t->ranges[i], c, t->years[i], t->current[i], alpha);
    return status;
}

static uint8_t years_before(size_t week, size_t window)
{
    size_t years = (week + 1 - window) / GK_WARNING_YEAR;
    return years < GK_USUAL_YEARS ? (uint8_t)years : GK_USUAL_YEARS;
}

enum gk_status gk_warning_thin(struct gk_warning_thin *warnings,
                               const struct gk_warning_areas *areas, size_t week, size_t window,
                               double alpha)
{
    if (week >= areas->weeks || window < 1 || window > GK_WARNING_YEAR || week + 1 < window ||
        !(alpha > 0 && alpha <= 0.5) || areas->count > GK_WARNING_AREAS_MAX)
        return GK_INVALID;
    size_t n = areas->count + 1;
    uint8_t years = years_before(week, window);
    struct table t = {.earlier = calloc(n, sizeof *t.earlier),
                      .current = calloc(n, sizeof *t.current),
                      .years = calloc(n, sizeof *t.years),
                      .ranges = calloc(n, sizeof *t.ranges),
                      .past = calloc(n, sizeof *t.past)};
    enum gk_status status = GK_NO_MEMORY;
    if (t.earlier != NULL && t.current != NULL && t.years != NULL && t.ranges != NULL &&
        t.past != NULL)
        status = fill(&t, areas, week, window, years) ? GK_OK : GK_INVALID;
    if (status == GK_OK) {
        struct common c = common_of(&t, areas->count, window, years);
        status = judge_all(warnings, &t, areas, &c, alpha);
    }
    free(t.earlier);
    free(t.current);
    free(t.years);
    free(t.ranges);
    free(t.past);
    return status;
}

double gk_warning_false_weeks(const double *chances, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += chances[i];
    return GK_WARNING_YEAR * sum;
}
