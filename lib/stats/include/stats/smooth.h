/* Rates of small areas drawn towards the rate of all: empirical Bayes.
 *
 * Pure function, no state, any thread. For reading a map, not for tests. */
#ifndef GK_STATS_SMOOTH_H
#define GK_STATS_SMOOTH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* What the areas have in common. */
struct gk_smoothing {
    double rate;     /* b: all events over all of the denominator */
    double variance; /* a: of the true rates between areas, at least 0 */
};

/* Marshall's global estimator. With x(i) of `counts` over n(i) of `denominators`
 * (dwellings, or dwelling-years), k areas with n(i) > 0, r(i) = x(i) / n(i):
 *   b = sum x / sum n,  a = max(0, sum n (r - b)^2 / sum n - b k / sum n)
 *   smoothed(i) = b + (r(i) - b) a / (a + b / n(i))
 * in events per unit of the denominator: R's spdep::EBest(). Areas without a
 * denominator (0) take no part and get NaN: they have no rate. `smoothed` has
 * `count` values and may be NULL when only *common is wanted. Without events, or
 * without any denominator, all that have one get 0. GK_INVALID for a denominator
 * that is negative or not finite. O(count).
 * Source: R. Marshall, Applied Statistics 40 (1991) 283-294. */
GK_CHECKED enum gk_status gk_smooth_global(double *smoothed, struct gk_smoothing *common,
                                           const uint64_t *counts, const double *denominators,
                                           size_t count);

#endif
