/* Does a map of one period agree with the next: hotspot agreement.
 *
 * Pure function, no state, any thread. A test of a map against the past, never a
 * forecast. The plain count of the earlier period is tried beside every map: a map
 * that does not beat it has no worth of its own. */
#ifndef GK_STATS_AGREEMENT_H
#define GK_STATS_AGREEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* How a choice of squares fares. */
struct gk_agreement {
    bool is_null;    /* no later events, or no square chosen: the rates are 0 */
    double hits;     /* later events in the chosen squares, n */
    double hit_rate; /* n / N */
    double pai;      /* prediction accuracy index: (n / N) / (a / A) */
};

/* A map, the plain count and the best that was possible, at the same area. */
struct gk_agreements {
    size_t chosen;  /* squares, a */
    size_t squares; /* A */
    uint64_t later; /* events of the later period, N */
    struct gk_agreement map;
    struct gk_agreement baseline; /* squares chosen by their count in the earlier period */
    struct gk_agreement best;     /* chosen by their count in the later period itself */
};

/* The floor(count * share + 1e-9) squares of highest `score` (a density, a rate, a
 * ratio of the earlier period) against `later`, events of the later period; the
 * squares are of one size. `earlier`: events of the earlier period, for the
 * baseline. Where squares tie at the edge of the choice, hits are the mean over all
 * ways to choose among them: whole numbers without ties, and never dependent on the
 * order of the squares.
 * Arrays of `count` squares; `share` of the area from 0 to 1. GK_INVALID: a share
 * outside, a score that is NaN, more than 2^31 squares. GK_NO_MEMORY.
 * O(count log count). Source: S. Chainey, L. Tompson, S. Uhlig, Security Journal 21
 * (2008) 4-28. */
GK_CHECKED enum gk_status gk_agreement(struct gk_agreements *out, const double *score,
                                       const uint32_t *earlier, const uint32_t *later, size_t count,
                                       double share);

#endif
