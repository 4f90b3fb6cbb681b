/* Observed against expected, and two periods given their sum. The tails are
 * distribution.c's; comparing many areas at once is funnel.c's. */
#include "stats/compare.h"

#include <math.h>

#include "stats/distribution.h"

struct gk_rate gk_ratio_to_expected(uint64_t observed, double expected, double confidence)
{
    return gk_rate_per(observed, expected, 1, confidence);
}

struct gk_change gk_compare_periods(uint64_t before, uint64_t after, double exposure,
                                    double confidence)
{
    struct gk_change change = {.is_null = true, .p = 1, .p_mid = 1};
    if (before > GK_COUNT_MAX || after > GK_COUNT_MAX)
        return change;
    uint64_t n = before + after;
    if (n == 0 || n > GK_COUNT_MAX || !(exposure > 0) || isinf(exposure) ||
        !(confidence > 0 && confidence < 1))
        return change;
    double share = exposure / (1 + exposure);
    double lower = gk_binomial_lower(after, n, share), upper = gk_binomial_upper(after, n, share);
    double half = gk_binomial_point(after, n, share) / 2, least = fmin(lower, upper);
    struct gk_interval odds = gk_binomial_odds_interval(after, n, confidence);
    change = (struct gk_change){.ratio = before == 0 ? INFINITY
                                                     : (double)after / (double)before / exposure,
                                .interval = {odds.lower / exposure, odds.upper / exposure},
                                .p = fmin(1, 2 * least),
                                .p_mid = fmin(1, 2 * (least - half))};
    return change;
}
