/* Kernel densities on a grid of squares, in incidents per km2 and year. They
 * describe; they have no p, z or interval and must be labelled "descriptive".
 *
 * Pure functions, no state, any thread; memory O(columns * bandwidth / size)
 * besides the result. Same input, same bytes, whatever the machine's vectors.
 * Points beyond the border count towards the squares within: give a grid that
 * is wider than what is shown by gk_kde_margin() squares on each side, with the
 * points that lie there, and show the middle. No other edge correction. */
#ifndef GK_STATS_KDE_H
#define GK_STATS_KDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "stats/squares.h"

/* Below this many squares a quartic bandwidth is mostly grid: warn. */
#define GK_KDE_SQUARES_MIN 3

/* The Gaussian's cut, in standard deviations. */
#define GK_KDE_CUT 5

/* Most multiplications that one call will do (some seconds of one core; of points
 * with narrow kernels about a minute); beyond it, GK_TOO_LARGE: take larger squares
 * or cut. */
#define GK_KDE_COST_MAX 2e10

/* How many squares beyond the border a kernel of this reach (h of the quartic,
 * GK_KDE_CUT s of the Gaussian) can be felt; 0 for nonsense. */
uint32_t gk_kde_margin(const struct gk_squares *grid, double reach_m);

/* Quartic (biweight) kernel of bandwidth h at the centres of the squares, each
 * count taken to lie at the centre of its square:
 *   density(q) = U / sum(k) * sum over squares o with d(q, o) < h of
 *                count(o) k(d(q, o)),  k(d) = 3 / (pi h^2) (1 - d^2 / h^2)^2
 * with U = 1e6 / (size^2 years). The stencil is divided by its own sum, so that
 * the mass is right at any h; without that it is off by 7 % at h = size.
 * bandwidth_m > 0, default 300 to 800 m; h < size leaves the plain density.
 * GK_INVALID for nonsense, GK_TOO_LARGE by cost, squares * (h / size)^2.
 * Equals spatstat's density.ppp(kernel = "quartic", sigma = h / sqrt(8)).
 * Source: B. W. Silverman, Density Estimation (1986), 4.5. */
GK_CHECKED enum gk_status gk_kde_quartic(double *density, const struct gk_squares *grid,
                                         const uint32_t *counts, double bandwidth_m, double years);

/* Gaussian of standard deviation s, the mean of the density over each square
 * (not its value at the centre), by differences of the normal integral Phi, from
 * exact positions:
 *   density(q) = 1e6 / (size^2 years) * sum over points of
 *     (Phi((e1 - e) / s) - Phi((e0 - e) / s)) (Phi((n1 - n) / s) - Phi((n0 - n) / s))
 * for the square [e0, e1) by [n0, n1). With `cut` a point is felt at most
 * GK_KDE_CUT s away along each axis, which loses 1.1e-6 of its mass. Points may
 * lie outside the grid. GK_INVALID also when a position is not finite;
 * GK_TOO_LARGE by cost, points * squares in reach. */
GK_CHECKED enum gk_status gk_kde_gaussian(double *density, const struct gk_squares *grid,
                                          const double *e_m, const double *n_m, size_t count,
                                          double sigma_m, double years, bool cut);

/* The same from counts, each taken to lie at the centre of its square: two passes
 * of O(s / size) each, for many points on many squares. */
GK_CHECKED enum gk_status gk_kde_gaussian_counts(double *density, const struct gk_squares *grid,
                                                 const uint32_t *counts, double sigma_m,
                                                 double years, bool cut);

#endif
