/* Which areas differ from the rest more than chance does: the funnel.
 *
 * Pure functions, no state, any thread. */
#ifndef GK_STATS_FUNNEL_H
#define GK_STATS_FUNNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "stats/rate.h"

/* Where an area lies; 95 and 99.8 % as is usual for funnels. */
enum gk_funnel_class {
    GK_FUNNEL_NONE, /* nothing expected: cannot be compared */
    GK_FUNNEL_INSIDE,
    GK_FUNNEL_ABOVE_95,
    GK_FUNNEL_ABOVE_998,
    GK_FUNNEL_BELOW_95,
    GK_FUNNEL_BELOW_998
};

/* How much more the areas differ than Poisson counts do: with k areas with
 * expected(i) > 0,
 *   phi = sum (observed - expected)^2 / expected / (k - 1), at least 1
 * 1 with fewer than two such areas. GK_INVALID for an expected count that is
 * negative or not finite. Source: D. Spiegelhalter, Statistics in Medicine 24
 * (2005) 1185-1202, appendix A.3 (multiplicative, not winsorised). */
GK_CHECKED enum gk_status gk_funnel_dispersion(double *phi, const uint64_t *observed,
                                               const double *expected, size_t count);

/* The limits in events around `expected`, at `confidence` (0.95, 0.998). Poisson
 * limits, interpolated between whole counts so that the funnel is smooth: with
 * r the smallest count with P(X <= r) >= q, limit(q) = r - (P(X <= r) - q) / P(X
 * = r), q = (1 -+ confidence) / 2; then moved away from `expected` by
 * sqrt(dispersion), `dispersion` at least 1. For small expected counts the lower
 * limit is below 0: no count is low enough to say anything. [NaN, NaN] for an
 * expected count not in (0, 1e9], a confidence not in (0, 1) or a dispersion
 * below 1 or not finite. Source: Spiegelhalter (2005), appendix A.1. */
struct gk_interval gk_funnel_limits(double expected, double confidence, double dispersion);

/* The class of an area by the limits at 95 and 99.8 %. */
enum gk_funnel_class gk_funnel_classify(uint64_t observed, double expected, double dispersion);

/* The two-sided mid-p of `observed` at mean `expected` and variance expected *
 * dispersion (Poisson at 1, else negative binomial), for gk_adjust_fdr() when
 * many areas are compared; NaN outside the domain of the limits and for counts
 * above 1e9 or a dispersion above 1e6.
 *   2 min(P(X <= x) - h, P(X >= x) - h), at most 1; h = P(X = x) / 2 */
double gk_funnel_p(uint64_t observed, double expected, double dispersion);

#endif
