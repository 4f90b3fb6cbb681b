/* Kulldorff's scan statistic: the circles of places, and spans of time, that have
 * most more cases than expected, and how surprising the largest of them is.
 *
 * Pure functions, no state, any thread; the same bytes for the same input and
 * seed (each replicate has its own random stream). */
#ifndef GK_STATS_SCAN_H
#define GK_STATS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { GK_SCAN_REPLICATES = 999, GK_SCAN_PLACES_MAX = 4096, GK_SCAN_PERIODS_MAX = 4096 };

#define GK_SCAN_MAX_SHARE 0.5
#define GK_SCAN_CASES_MAX 100000000u

/* Most steps of one call (about a minute of one core): GK_TOO_LARGE beyond. */
#define GK_SCAN_COST_MAX 1.5e10

enum gk_scan_model {
    GK_SCAN_POISSON,    /* expected in proportion to population, even in time */
    GK_SCAN_PERMUTATION /* expected from the margins: c_place c_period / C */
};

struct gk_scan_input {
    const double *e_m, *n_m;  /* [places] centres, metres */
    const double *population; /* [places] dwellings; of GK_SCAN_POISSON only */
    const uint32_t *cases;    /* [places][periods] events */
    uint32_t places, periods; /* one period: a scan in space only */
};

struct gk_scan_options {
    enum gk_scan_model model;
    bool prospective;    /* only spans that end with the last period */
    uint32_t max_window; /* longest span, in periods: 1 to periods */
    double max_share;    /* largest circle: share of population, or of cases */
    uint32_t replicates; /* 0 to 99,999; 0: no p (NaN) */
    uint64_t seed;
};

/* The places of a cluster are those at most radius_m (and 1e-9) from its centre,
 * which is a place itself; its periods are first to last, from 0. */
struct gk_scan_cluster {
    uint32_t centre, places, first, last;
    double radius_m;
    uint64_t cases;
    double expected, llr;
    double p;          /* (r + 1) / (B + 1), r the replicates whose largest llr reaches this */
    double gumbel_p;   /* from a Gumbel distribution fitted to those by moments */
    double recurrence; /* prospective: 1 / p, in periods; else NaN */
};

struct gk_scan {
    uint64_t cases;    /* in the scan */
    uint64_t left_out; /* Poisson: cases of places without population */
    uint32_t zones;    /* different circles */
    uint32_t windows;  /* spans of time */
    uint32_t clusters; /* found, at most clusters_max */
    double llr_sum;    /* over all circles and spans: to compare programs by */
};

/* c ln(c / mu) + (C - c) ln((C - c) / (C - mu)) when c > mu > 0, else 0. */
double gk_scan_llr(double cases, double expected, double total);

/* Fills clusters[0 .. out->clusters), the most likely first, then secondary ones
 * that share no place with any before them (llr > 0). maxima: the largest llr of
 * each replicate, [replicates], or NULL. Circles grow around every place over its
 * nearest ones; places at the same distance (within 1e-9) enter together, so that
 * the order of the input means nothing (on a lattice ties are the rule; SaTScan
 * enters them one at a time). A circle's population (permutation: cases) is at
 * most max_share of all. Replicates: cases dealt over population and periods
 * (Poisson), or the cases' periods shuffled (permutation), total fixed.
 * GK_INVALID for numbers out of range, GK_TOO_LARGE over the limits above.
 * Sources: M. Kulldorff, Communications in Statistics 26 (1997) 1481-1496; J. R.
 * Statist. Soc. A 164 (2001) 61-72; M. Kulldorff et al., PLoS Medicine 2 (2005)
 * e59; A. Abrams, K. Kleinman, M. Kulldorff, Int. J. Health Geographics 9 (2010) 61. */
GK_CHECKED enum gk_status gk_scan(struct gk_scan *out, struct gk_scan_cluster *clusters,
                                  uint32_t clusters_max, double *maxima,
                                  const struct gk_scan_input *input,
                                  const struct gk_scan_options *options);

#endif
