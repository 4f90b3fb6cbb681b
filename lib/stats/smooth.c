/* Marshall's global empirical Bayes estimator, by moments. */
#include "stats/smooth.h"

#include <math.h>

/* The moments of the areas that have a denominator. */
static struct gk_smoothing common_of(const uint64_t *counts, const double *denominators,
                                     size_t count)
{
    double events = 0, whole = 0, areas = 0, spread = 0;
    for (size_t i = 0; i < count; i++)
        if (denominators[i] > 0) {
            events += (double)counts[i];
            whole += denominators[i];
            areas++;
        }
    if (areas == 0)
        return (struct gk_smoothing){0};
    double rate = events / whole;
    for (size_t i = 0; i < count; i++)
        if (denominators[i] > 0) {
            double away = (double)counts[i] / denominators[i] - rate;
            spread += denominators[i] * away * away;
        }
    return (struct gk_smoothing){rate, fmax(0, spread / whole - rate * areas / whole)};
}

enum gk_status gk_smooth_global(double *smoothed, struct gk_smoothing *common,
                                const uint64_t *counts, const double *denominators, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(denominators[i] >= 0) || isinf(denominators[i]))
            return GK_INVALID;
    struct gk_smoothing c = common_of(counts, denominators, count);
    for (size_t i = 0; smoothed != NULL && i < count; i++) {
        double own = (double)counts[i] / denominators[i];
        if (!(denominators[i] > 0))
            smoothed[i] = NAN;
        else if (c.variance <= 0)
            smoothed[i] = c.rate;
        else
            smoothed[i] =
                c.rate + (own - c.rate) * c.variance / (c.variance + c.rate / denominators[i]);
    }
    *common = c;
    return GK_OK;
}
