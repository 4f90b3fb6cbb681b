/* Knox's test for near repeats: are more pairs close in both space and time than
 * if the times were dealt out over the places at random?
 *
 * Only for exact places, on an analyst's own file; cells of dwellings are too
 * coarse for it. Pure functions, no state, any thread; the same bytes for the
 * same input and seed. */
#ifndef GK_STATS_KNOX_H
#define GK_STATS_KNOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { GK_KNOX_BANDS_MAX = 64, GK_KNOX_REPLICATES = 999 };

/* Most pairs within the largest distance (8 bytes each), most points, and most
 * pairs times replicates (about a minute of one core); beyond them GK_TOO_LARGE. */
#define GK_KNOX_PAIRS_MAX 20000000u
#define GK_KNOX_POINTS_MAX 1000000u
#define GK_KNOX_COST_MAX 2e10

/* Ascending edges: `spaces` bands of distance [s_a, s_a+1) in metres, of which the
 * first is usually [0, 0.1), the same place; `times` bands (t_b, t_b+1], the first
 * with its lower edge too: [0, 7], (7, 14] ... There is one edge more than bands.
 * Edges are not negative; the last of time at most 2^24. */
struct gk_knox_bands {
    const double *space_m;
    size_t spaces;
    const int32_t *time; /* in the unit of the points' times */
    size_t times;
};

struct gk_knox_options {
    uint32_t replicates; /* permutations, 0 to 1e6; 0: no p (NaN) */
    uint64_t seed;
};

/* One band of distance by one of time. */
struct gk_knox_cell {
    uint64_t observed; /* pairs */
    double expected;   /* over all permutations: exact */
    double variance;   /* likewise */
    double ratio;      /* observed / expected; NaN when nothing is expected */
    double p;          /* (r + 1) / (B + 1), r the permutations with at least as many */
};

/* cells[a * times + b] for each pair of bands. e_m, n_m: places, Euclidean
 * distance; time: whole numbers of any unit (days, or half days where a time is
 * the middle of an interval), at most 2^31 apart. With N = n (n - 1) / 2 pairs, of
 * which N_a are close in space and N_b in time:
 *   expected = N_a N_b / N
 *   variance = 2 N_a N_b / n^(2) + A B / n^(3) + 4 D_a D_b / n^(4) - expected^2
 * with n^(k) = n (n - 1) ... (n - k + 1), A = sum over points of d (d - 1) with d
 * the point's number of pairs, D_a = N_a (N_a - 1) - A, B and D_b alike for time.
 * Fewer than two points have zeros, ratio NaN and p 1. GK_INVALID for bands or
 * places that are none, replicates out of range. Time O(n log n + pairs *
 * replicates); each permutation has its own random stream.
 * Sources: E. G. Knox, Applied Statistics 13 (1964) 25-29; N. Mantel, Cancer
 * Research 27 (1967) 209-220 for the variance. */
GK_CHECKED enum gk_status gk_knox(struct gk_knox_cell *cells, const struct gk_knox_bands *bands,
                                  const double *e_m, const double *n_m, const int32_t *time,
                                  size_t count, const struct gk_knox_options *options);

#endif
