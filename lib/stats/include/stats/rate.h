/* Rates with exact intervals: a count of events over a denominator.
 *
 * Pure functions, no state, any thread. The interval is exact (Garwood 1936):
 * burglary counts are small, and approximations that are right for large counts
 * (Byar, Wald) are wrong by up to a half here. */
#ifndef GK_STATS_RATE_H
#define GK_STATS_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* A two-sided interval, lower <= upper, in the unit of what it belongs to. */
struct gk_interval {
    double lower;
    double upper;
};

/* The central interval for the mean of a Poisson count at `confidence` (0.95
 * for 95 %), in events: with a = (1 - confidence) / 2,
 *   lower = Q(a; count), 0 when count is 0;  upper = Q(1 - a; count + 1)
 * where Q(p; s) is the p quantile of the gamma distribution of shape s and
 * scale 1, that is half the chi-squared quantile of 2 s degrees of freedom.
 * Relative error below 1e-12 for counts of 0 to 1e9. A confidence outside
 * (0, 1) or a count of 1e10 or more gives [NaN, NaN]. Some microseconds for
 * counts below 1000, growing with the square root.
 * Source: F. Garwood, Fiducial limits for the Poisson distribution,
 * Biometrika 28 (1936) 437-442. */
struct gk_interval gk_poisson_interval(uint64_t count, double confidence);

/* A rate, or none. */
struct gk_rate {
    bool is_null; /* no denominator: the numbers below are 0 and mean nothing */
    double value;
    struct gk_interval interval;
};

/* count / denominator * per, with gk_poisson_interval() scaled alike, in events
 * per `per` of the denominator (per 1,000 dwellings: per = 1000). Null when the
 * denominator is not a positive finite number. The denominator is taken as
 * known without error. */
struct gk_rate gk_rate_per(uint64_t count, double denominator, double per, double confidence);

/* The p quantile (0 < p < 1) of the gamma distribution of shape `shape` (0.5 to
 * 1e10) and scale 1; NaN outside. Twice this at shape k / 2 is the chi-squared
 * quantile of k degrees of freedom. Relative error below 1e-12. */
double gk_gamma_quantile(double p, double shape);

#endif
