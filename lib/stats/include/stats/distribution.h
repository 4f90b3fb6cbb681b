/* Exact tails and quantiles: binomial, Poisson, negative binomial, beta.
 *
 * Pure functions, no state, any thread. The tail that is asked for is computed
 * from the smaller one, so that a probability of 1e-200 is as right as one of
 * 0.3. Relative error below 1e-11 for counts to 1e6, below 1e-9 for counts to
 * 1e9 (the largest allowed); a tail below 1e-307 is 0. An argument outside what
 * is said gives NaN. Cost: O(sqrt(count)) at worst, some microseconds for counts
 * below 1000. Source: NIST DLMF chapter 8; Loader (2000) for the single terms.
 *
 * Here "lower" is P(X <= k) and "upper" is P(X >= k): both hold k itself. */
#ifndef GK_STATS_DISTRIBUTION_H
#define GK_STATS_DISTRIBUTION_H

#include <stdint.h>

#include "stats/rate.h"

/* The largest count, number of trials and mean that is computed. */
#define GK_COUNT_MAX 1000000000u

/* What no quantile can be; the answer to a question outside its domain. */
#define GK_COUNT_NONE UINT64_MAX

/* Binomial: P(X = k) successes in n trials of probability `share` (0 to 1); 0 for k
 * above n. */
double gk_binomial_point(uint64_t k, uint64_t n, double share);

/* P(X <= k) of the same; 1 for k above n. */
double gk_binomial_lower(uint64_t k, uint64_t n, double share);

/* P(X >= k) of the same; 0 for k above n. */
double gk_binomial_upper(uint64_t k, uint64_t n, double share);

/* The central interval of Clopper and Pearson for the share of k in n, at
 * `confidence` in (0, 1): with a = (1 - confidence) / 2,
 *   lower = B(a; k, n - k + 1), 0 when k = 0
 *   upper = B(1 - a; k + 1, n - k), 1 when k = n
 * where B is the quantile of the beta distribution. [NaN, NaN] for n = 0 or k
 * above n. Source: C. Clopper, E. Pearson, Biometrika 26 (1934) 404-413. */
struct gk_interval gk_binomial_interval(uint64_t k, uint64_t n, double confidence);

/* The same interval for the odds share / (1 - share); the upper limit is
 * infinite when k = n. Not rounded where the share is near 1. */
struct gk_interval gk_binomial_odds_interval(uint64_t k, uint64_t n, double confidence);

/* Poisson of mean `mean` (0 to GK_COUNT_MAX): P(X = k). */
double gk_poisson_point(uint64_t k, double mean);

/* P(X <= k) of the same. */
double gk_poisson_lower(uint64_t k, double mean);

/* P(X >= k) of the same. */
double gk_poisson_upper(uint64_t k, double mean);

/* The smallest k with P(X <= k) >= p, 0 < p < 1; GK_COUNT_NONE outside the
 * domain. About 40 tails. */
uint64_t gk_poisson_quantile(double p, double mean);

/* Negative binomial of mean `mean` (0 to GK_COUNT_MAX) and variance
 * mean * dispersion, `dispersion` at least 1 (where it is the Poisson
 * distribution) and at most 1e6; its size is mean / (dispersion - 1), and the
 * probability of 0 is dispersion^-size. This is P(X = k). */
double gk_negbin_point(uint64_t k, double mean, double dispersion);

/* P(X <= k) of the same. */
double gk_negbin_lower(uint64_t k, double mean, double dispersion);

/* P(X >= k) of the same. */
double gk_negbin_upper(uint64_t k, double mean, double dispersion);

/* As gk_poisson_quantile(). */
uint64_t gk_negbin_quantile(double p, double mean, double dispersion);

/* Beta distribution of shapes a and b, each 0.5 to 1e10: P(X <= x) = I_x(a, b).
 * The F distribution with d1 and d2 degrees of freedom is
 * P(F <= f) = I_x(d1 / 2, d2 / 2) at x = d1 f / (d1 f + d2). */
double gk_beta_lower(double x, double a, double b);

/* The p quantile of the same, 0 < p < 1. */
double gk_beta_quantile(double p, double a, double b);

#endif
