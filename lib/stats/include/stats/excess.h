/* The published hotspot test: does a window of cells have more events than its
 * dwellings explain?
 *
 * Pure function, no state, any thread. It runs on whole cells with whole counts,
 * never on counts that were spread over squares. It conditions on dwellings:
 * where people live close, more happens, and that is no hotspot. Measured error
 * rates: tests/bench/excess.c. */
#ifndef GK_STATS_EXCESS_H
#define GK_STATS_EXCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "stats/rate.h"
#include "stats/windows.h"

enum gk_excess_class {
    GK_EXCESS_NOT_TESTED, /* no dwellings of the class in the window */
    GK_EXCESS_NONE,
    GK_EXCESS_5, /* adjusted p at most 0.05 */
    GK_EXCESS_1  /* adjusted p at most 0.01 */
};

/* What a window of cells has. */
struct gk_excess {
    uint64_t count;              /* events */
    uint64_t dwellings;          /* of the class that the offence concerns */
    double expected;             /* events, were the risk per dwelling the same everywhere */
    bool is_null;                /* nothing expected: no ratio and no interval (0) */
    double ratio;                /* count / expected */
    struct gk_interval interval; /* of the ratio; 0 when not asked for */
    double p_upper;              /* P(X >= count), 1 when not tested */
    double p_adjusted;           /* Benjamini and Hochberg, over the tested windows */
    enum gk_excess_class class;
};

/* What the tests stand on. */
struct gk_excess_totals {
    uint64_t events;    /* in cells with dwellings: N */
    uint64_t left_out;  /* events in cells without dwellings of the class */
    uint64_t dwellings; /* of all cells */
    size_t tested;      /* windows with dwellings */
};

/* For each cell's window, with D(w) dwellings of D in all: count X of N events;
 * under the same risk for each dwelling X is Binomial(N, D(w) / D), so that
 *   expected = N D(w) / D,  p_upper = P(X >= count), exact,
 * and the ratio's interval is Clopper and Pearson's for count of N, over D(w) /
 * D, at `confidence`; 0 leaves the intervals out (they cost six times the
 * tests). Events in cells without dwellings of the class can belong to no
 * window: they are left out everywhere and counted.
 *
 * rows: one for each cell of `windows`, filled. counts, dwellings: of each cell.
 * GK_INVALID: a confidence outside [0, 1), a window that names a cell that is
 * not there or holds more than all. GK_TOO_LARGE: more than 1e9 events.
 * GK_NO_MEMORY. Time: O(members) and some microseconds a window.
 * The p of neighbouring windows share events; over them the false discovery rate
 * holds as measured. Source: S. Openshaw et al., Int. J. GIS 1 (1987) 335-358
 * and J. Besag, J. Newell, J. R. Stat. Soc. A 154 (1991) 143-155, conditioned on
 * N; adjust.h. */
GK_CHECKED enum gk_status gk_excess_test(struct gk_excess *rows, struct gk_excess_totals *totals,
                                         const uint32_t *counts, const uint32_t *dwellings,
                                         const struct gk_windows *windows, double confidence);

#endif
