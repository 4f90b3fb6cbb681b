/* What happened in watch areas beside a control: a ratio of two changes, a
 * difference of two changes, and what happened just outside.
 *
 * Pure functions, no state, any thread. Two places over two periods are compared
 * and nothing more: no cause is shown, and a start soon after a spike is followed
 * by a fall by itself (gk_spike_p). Which cells are target, buffer and control is
 * the caller's. */
#ifndef GK_STATS_WATCH_EFFECT_H
#define GK_STATS_WATCH_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "stats/rate.h"

enum {
    GK_EFFECT_AREAS_MAX = 10000,   /* pooled at once */
    GK_EFFECT_SUPPORT_MAX = 20000, /* up to here the interval is exact, see below */
    GK_EFFECT_PART_EVENTS = 5      /* wanted in each part of a period, to see the dispersion */
};

/* The largest dispersion that is computed with. */
#define GK_EFFECT_DISPERSION_MAX 100.0

/* Events of one place in the two periods. */
struct gk_before_after {
    uint64_t before, after;
};

/* One watch area (or all of them taken together) and its control. */
struct gk_effect_table {
    struct gk_before_after target, control;
};

struct gk_effect {
    bool is_null;  /* nothing to compare: the numbers below are 0 */
    bool is_exact; /* of the interval */
    double value;  /* above 1: the target fell relative to the control; may be infinite */
    struct gk_interval interval; /* its upper limit may be infinite */
    double log_variance;         /* of log(value), dispersion included; infinite when value is 0 or
                                    infinite */
};

/* The relative effect size of `count` areas, pooled by Mantel and Haenszel without
 * adding anything to zeros. With a, b the target and c, d the control before and
 * after, and n = a + b + c + d, of each area:
 *   value = sum(a d / n) / sum(b c / n), which is (a d) / (b c) for one area;
 *   interval: exact given the margins of every table: the ratios at which the sum
 *     of a, or one further out, has the probability A in each tail, where
 *     A = (1 - confidence) / 2 when the dispersion is 1, else 1 - Phi(z
 *     sqrt(dispersion)): the variance times the dispersion. z is the two-sided
 *     quantile of `confidence` of Student's t with `freedom` degrees of freedom, those
 *     of the estimate of the dispersion; of the normal distribution when `freedom` is
 *     INFINITY (the dispersion is known) or the dispersion is 1. Below 1e-250 nothing
 *     is excluded: 0 to infinity, not exact;
 *   log_variance = dispersion times the variance of Robins, Breslow and Greenland,
 *     for one area 1/a + 1/b + 1/c + 1/d.
 * Areas without information (a margin of 0: an empty control, no events) count for
 * nothing; when all are such the effect is null. Where more than
 * GK_EFFECT_SUPPORT_MAX values of the sum of a are possible, the interval is
 * value exp(-+z sqrt(log_variance)) and not exact: it differs by less than 1 %
 * of its width unless a cell is nearly empty.
 * GK_INVALID: no area or more than GK_EFFECT_AREAS_MAX, a confidence not in (0, 1),
 * a dispersion not in [1, GK_EFFECT_DISPERSION_MAX], with a dispersion above 1 a
 * freedom below 1. GK_TOO_LARGE: a count above
 * 1e9. GK_NO_MEMORY.
 * Time: the square of the number of possible sums at most (0.2 s), some
 * microseconds for one area of some tens of events.
 * Sources: N. Mantel, W. Haenszel, JNCI 22 (1959) 719-748; J. Robins, N. Breslow,
 * S. Greenland, Biometrics 42 (1986) 311-323; J. Gart, Biometrika 57 (1970)
 * 471-475; dispersion: D. Farrington et al., J. Exp. Criminology 3 (2007) 9-38. */
GK_CHECKED enum gk_status gk_effect_pooled(struct gk_effect *effect,
                                           const struct gk_effect_table *tables, size_t count,
                                           double dispersion, double freedom, double confidence);

/* How unevenly the events of a target and its control are spread over the parts of
 * a period during which nothing was changed. */
struct gk_effect_spread {
    double pearson; /* Pearson's statistic of independence of place and part */
    double freedom; /* its degrees of freedom */
    double events;  /* in a part, both places together */
};

/* Of the counts by month (or another unit) of one period of one area. Neighbouring
 * months are put together, to as many parts of equal length, the first ones a month
 * longer, as leave GK_EFFECT_PART_EVENTS in each in the mean. What target and
 * control have in common (season, trend) is no spread. All 0 where less than two
 * parts or one place without events is left. Time: O(months). */
struct gk_effect_spread gk_effect_spread_of(const uint32_t *target, const uint32_t *control,
                                            size_t months);

/* The dispersion of several of them (each area before, each after), 1 to
 * GK_EFFECT_DISPERSION_MAX, and its degrees of freedom, for the above: the phi with
 *   sum pearson = sum freedom M phi / (M + phi - 1), M the events in a part,
 * which is what pearson has in the mean for negative binomial counts given M
 * (Dirichlet-multinomial: J. Mosimann, Biometrika 49 (1962) 65-82); the plain
 * quotient is too small when M is. 1 without degrees of freedom. */
double gk_effect_dispersion(double *freedom, const struct gk_effect_spread *spreads, size_t count);

/* The weighted displacement difference. Null when there is no event at all or an
 * argument is bad. */
struct gk_displacement_difference {
    bool is_null;
    double value;    /* events; below 0: fewer than the control's change would give */
    double variance; /* events squared */
    double z;        /* value / sqrt(variance) */
    struct gk_interval interval;
};

/* The four places; those that are not used are all 0. `ratio` is the dwellings of
 * the target over those of its control, `buffer_ratio` the buffer's over its
 * control's, both above 0 (1 without dwellings). When target and buffer have the
 * same control, give it once, as `control`, with the ratio of target and buffer
 * together, and leave buffer_control 0: its variance is then counted rightly. */
struct gk_displacement {
    struct gk_before_after target, control, buffer, buffer_control;
    double ratio, buffer_ratio;
};

/* With T, C, B, D the four places, r and s the ratios, dX = after - before:
 *   value = dT - r dC + dB - s dD
 *   variance = dispersion (T + r^2 C + B + s^2 D), each the sum of both periods
 *   interval = value -+ z sqrt(variance)
 * The interval is normal: with fewer than about ten events in all it is only a
 * rough guide, and the ratio's exact one is to be preferred. Null: no event,
 * ratio not positive and finite, dispersion below 1 or not finite, confidence not
 * in (0, 1), counts above 1e9.
 * Source: A. Wheeler, J. Ratcliffe, Crime Science 7 (2018) 11; the ratio (from
 * dwellings) makes places of different size comparable. */
struct gk_displacement_difference gk_displacement_difference(const struct gk_displacement *places,
                                                             double dispersion, double confidence);

enum gk_displacement_class {
    GK_DISPLACEMENT_UNSAID,    /* the target did not fall for certain: nothing is said */
    GK_DISPLACEMENT_NONE,      /* exactly 0 */
    GK_DISPLACEMENT_DISPLACED, /* below 0: the buffer rose as the target fell */
    GK_DISPLACEMENT_DIFFUSED   /* above 0: the buffer fell too */
};

struct gk_displacement_quotient {
    bool is_null; /* a control of 0, or the target's share unchanged: no quotient */
    double value;
    enum gk_displacement_class class;
};

/* The weighted displacement quotient, T, B, C target, buffer and control:
 *   value = (Ba / Ca - Bb / Cb) / (Ta / Ca - Tb / Cb), b before, a after.
 * It is to be published only when `class` is not UNSAID, that is when the lower
 * limit of `effect` (of the same target and control) is above 1.
 * Source: K. Bowers, S. Johnson, J. Quantitative Criminology 19 (2003) 275-301. */
struct gk_displacement_quotient gk_displacement_quotient(const struct gk_effect_table *table,
                                                         const struct gk_before_after *buffer,
                                                         const struct gk_effect *effect);

/* Was the year before the start a spike? The probability of `last` events or more
 * in it, given `last` and `earlier` (the events of `years` years before it) and no
 * change: the upper tail of a binomial of share 1 / (1 + years). At 0.1 or less a
 * fall is to be expected by itself (regression to the mean), and the answer must
 * warn of it. 1 when there are no events; NaN: years not in [1, 100], more than
 * 1e9 events. */
double gk_spike_p(uint64_t earlier, double years, uint64_t last);

#endif
