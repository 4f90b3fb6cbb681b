/* A count against what was expected, and a year against the year before.
 *
 * Pure functions, no state, any thread. All intervals and p values are exact. */
#ifndef GK_STATS_COMPARE_H
#define GK_STATS_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/rate.h"

/* observed / expected with Garwood's interval over `expected`, which is taken as
 * known without error (the standardised ratio). Null when `expected` is not a
 * positive finite number. `confidence` in (0, 1), else the interval is NaN. */
struct gk_rate gk_ratio_to_expected(uint64_t observed, double expected, double confidence);

/* How a count changed. */
struct gk_change {
    bool is_null;                /* none in either period, or bad arguments: nothing to compare */
    double ratio;                /* per exposure; infinite when only `before` is 0 */
    struct gk_interval interval; /* its upper limit is infinite when `before` is 0 */
    double p;                    /* two-sided, exact; 1 when there is nothing to compare */
    double p_mid;                /* the same with half the weight of what was seen */
};

/* The count `after` against `before`, two Poisson counts. `exposure` is that of
 * the later period over that of the earlier (days, or dwellings times days): 1
 * for two whole years of the same area. Given n = before + after, `after` is
 * Binomial(n, q) with q = exposure / (1 + exposure) when nothing changed:
 *   ratio = after / before / exposure
 *   interval = Clopper and Pearson's odds for after of n, over exposure
 *   p = min(1, 2 min(P(X <= after), P(X >= after)))
 *   p_mid = min(1, 2 min(P(X <= after) - h, P(X >= after) - h)), h = P(X = after) / 2
 * The interval excludes 1 exactly when p is below 1 - confidence; p_mid is a
 * little less careful and serves lists of many. Null when n is 0 or above 1e9,
 * the exposure not positive and finite, or the confidence not in (0, 1).
 * Sources: J. Przyborowski, H. Wilenski, Biometrika 31 (1940) 313-323; Clopper,
 * Pearson (distribution.h); mid-p: H. Lancaster, JASA 56 (1961) 223-234. */
struct gk_change gk_compare_periods(uint64_t before, uint64_t after, double exposure,
                                    double confidence);

#endif
