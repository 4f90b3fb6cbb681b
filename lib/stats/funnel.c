/* Funnel limits, classes and p. What is expected in an area (a rate times its
 * dwellings) is the caller's. */
#include "stats/funnel.h"

#include <math.h>

#include "stats/distribution.h"

enum gk_status gk_funnel_dispersion(double *phi, const uint64_t *observed, const double *expected,
                                    size_t count)
{
    double sum = 0, areas = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(expected[i] >= 0) || isinf(expected[i]))
            return GK_INVALID;
        if (expected[i] <= 0)
            continue;
        double away = (double)observed[i] - expected[i];
        sum += away * away / expected[i];
        areas++;
    }
    *phi = areas < 2 ? 1 : fmax(1, sum / (areas - 1));
    return GK_OK;
}

static bool is_usable(double expected, double dispersion)
{
    return expected > 0 && expected <= GK_COUNT_MAX && dispersion >= 1 && !isinf(dispersion);
}

/* The count, with decimals, at which the distribution reaches q. The excess over
 * q is taken from the smaller tail. */
static double interpolated(double q, double mean)
{
    uint64_t r = gk_poisson_quantile(q, mean);
    double excess =
        q <= 0.5 ? gk_poisson_lower(r, mean) - q : 1 - q - gk_poisson_upper(r + 1, mean);
    return (double)r - excess / gk_poisson_point(r, mean);
}

struct gk_interval gk_funnel_limits(double expected, double confidence, double dispersion)
{
    if (!is_usable(expected, dispersion) || !(confidence > 0 && confidence < 1))
        return (struct gk_interval){NAN, NAN};
    double wider = sqrt(dispersion), lower = interpolated((1 - confidence) / 2, expected),
           upper = interpolated((1 + confidence) / 2, expected);
    return (struct gk_interval){expected + (lower - expected) * wider,
                                expected + (upper - expected) * wider};
}

enum gk_funnel_class gk_funnel_classify(uint64_t observed, double expected, double dispersion)
{
    if (!is_usable(expected, dispersion))
        return GK_FUNNEL_NONE;
    struct gk_interval wide = gk_funnel_limits(expected, 0.998, dispersion),
                       narrow = gk_funnel_limits(expected, 0.95, dispersion);
    double x = (double)observed;
    if (x > narrow.upper)
        return x > wide.upper ? GK_FUNNEL_ABOVE_998 : GK_FUNNEL_ABOVE_95;
    if (x < narrow.lower)
        return x < wide.lower ? GK_FUNNEL_BELOW_998 : GK_FUNNEL_BELOW_95;
    return GK_FUNNEL_INSIDE;
}

double gk_funnel_p(uint64_t observed, double expected, double dispersion)
{
    if (!is_usable(expected, dispersion))
        return NAN;
    double half = gk_negbin_point(observed, expected, dispersion) / 2;
    double least = fmin(gk_negbin_lower(observed, expected, dispersion),
                        gk_negbin_upper(observed, expected, dispersion));
    return fmin(1, 2 * (least - half));
}
