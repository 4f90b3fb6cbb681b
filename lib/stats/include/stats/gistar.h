/* Getis and Ord's Gi* for counts on squares: is there more in the window around a
 * square than if the squares' counts were dealt out at random?
 *
 * Only for squares of equal exposure, and labelled so ("assumes equal
 * exposure"): where dwellings cluster it finds the towns. The normal z is badly
 * calibrated at burglary's counts (a false hot square on 98 % of maps without
 * clusters at 0.05 a square), so that a test is made from the exact p and never
 * from z. Adjust the p for many squares (Benjamini and Hochberg) with adjust.h.
 *
 * Pure functions, no state, any thread; the same bytes for the same input. */
#ifndef GK_STATS_GISTAR_H
#define GK_STATS_GISTAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Above this largest count the p is simulated. */
#define GK_GISTAR_COUNT_MAX 500

/* The default number of replicates then. */
#define GK_GISTAR_REPLICATES 9999

/* What to compute, `count` values each; NULL where not wanted. */
struct gk_gistar {
    double *z;       /* normal score; see above */
    double *p_total; /* total randomisation: all counts dealt anew */
    double *p_fixed; /* the square keeps its own count, its neighbours are dealt */
};

struct gk_gistar_options {
    uint32_t replicates; /* of a simulated p, 1 to 1e6 */
    uint64_t seed;
};

/* counts[q]: events of square q; sums[q], sizes[q]: events and squares in the
 * window of q, itself included (gk_squares_window()). With n squares, window size
 * W, mean m and S^2 = sum (x - m)^2 / n:
 *   z = (sum - m W) / (S sqrt((n W - W^2) / (n - 1)))
 * 0 when all counts are equal or the window is everything. p is the probability
 * that W (or, own count fixed, W - 1 others of n - 1) squares drawn without
 * replacement hold at least as much: the number of k-subsets with sum s is the
 * coefficient of z^k y^s in the product over the values v of (1 + z y^v)^(m_v).
 * It is exact, to 1e-10 relative also far out, up to GK_GISTAR_COUNT_MAX and as
 * long as the table for one kind of window costs less than about a second; else
 * simulated, (r + 1) / (B + 1), and *simulated (may be NULL) is set.
 * GK_INVALID when a size is 0 or over count, a sum below its own count, or the
 * replicates are out of range; GK_TOO_LARGE when there are over 100,000 kinds of
 * windows or the simulation would take minutes.
 * Source: J. K. Ord and A. Getis, Local spatial autocorrelation statistics,
 * Geographical Analysis 27 (1995) 286-306. */
GK_CHECKED enum gk_status gk_gistar(const struct gk_gistar *out, bool *simulated,
                                    const uint32_t *counts, const uint64_t *sums,
                                    const uint32_t *sizes, size_t count,
                                    const struct gk_gistar_options *options);

#endif
