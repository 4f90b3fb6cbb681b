/* Bandwidths for the kernel densities of kde.h: a rule of thumb and
 * cross-validation. Offered, never chosen silently.
 *
 * Pure functions, no state, any thread. */
#ifndef GK_STATS_BANDWIDTH_H
#define GK_STATS_BANDWIDTH_H

#include <stddef.h>

#include "base/status.h"

/* Scott's rule for a Gaussian, along each axis:
 *   s_e = sd(e) n^(-1/6), s_n = sd(n) n^(-1/6), sd with n - 1, metres.
 * 0 along an axis on which all points are equal. It assumes one normal cloud and
 * smooths several towns too much. GK_INVALID for fewer than two points or when
 * a position is not finite. Equals spatstat's bw.scott.
 * Source: D. W. Scott, Multivariate Density Estimation (1992), 6.3. */
GK_CHECKED enum gk_status gk_bandwidth_scott(double *sigma_e_m, double *sigma_n_m,
                                             const double *e_m, const double *n_m, size_t count);

/* The window of the points, metres. */
struct gk_window {
    double e0_m, n0_m, e1_m, n1_m;
};

/* Most pairs times bandwidths of one cross-validation (about ten seconds). */
#define GK_BANDWIDTH_COST_MAX 1e9

/* Likelihood cross-validation of a Gaussian: for each of the `sigmas` (metres),
 *   score = sum_i log(max(f_-i(x_i), 1e-300)) - sum_i M(x_i)
 *   f_-i(x) = sum over j other than i of exp(-d(x, x_j)^2 / 2 s^2) / (2 pi s^2)
 * with M(x) the mass of the kernel at x within `window`. The largest is the best;
 * *best (may be NULL) is its index, the smaller bandwidth of equals. Points that
 * repeat a place exactly draw it towards 0. GK_INVALID for fewer than two points,
 * no bandwidths, or a number that is not finite and (bandwidths) positive;
 * GK_TOO_LARGE by cost, count^2 / 2 times bandwidths.
 * Source: C. R. Loader, Local Regression and Likelihood (1999), 5.3; spatstat's
 * bw.ppl without edge correction. */
GK_CHECKED enum gk_status gk_bandwidth_likelihood(double *scores, size_t *best,
                                                  const double *sigmas_m, size_t sigmas,
                                                  const struct gk_window *window, const double *e_m,
                                                  const double *n_m, size_t count);

#endif
