/* Early warning: has a week, or the last weeks, more events than the years before
 * lead one to expect?
 *
 * Pure functions, no state, any thread. It compares what was reported with what is
 * usual; it is no forecast. Recent weeks are incomplete (delay.h) and are not to be
 * judged, nor does "no warning" about them mean anything. */
#ifndef GK_STATS_WARNING_H
#define GK_STATS_WARNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "stats/usual_range.h"

enum {
    GK_WARNING_YEAR = 52,     /* weeks from a week to the same one of the year before */
    GK_WARNING_HISTORY = 263, /* weeks before the one that is judged: 5 years and 3 weeks */
    GK_WARNING_RECENT = 26,   /* of them the last, that are left out */
    GK_WARNING_LEAST = 5,     /* events in the last 4 weeks, else nothing is said */
    GK_WARNING_AREAS_MAX = 100000
};

/* The share of quiet weeks above the limit, as published. */
#define GK_WARNING_ALPHA 0.01

enum gk_warning_class {
    GK_WARNING_UNDECIDED, /* too short a history, none in it, or no fit; the rest is 0 */
    GK_WARNING_TOO_FEW,   /* fewer than 5 events in 4 weeks: never a warning */
    GK_WARNING_QUIET,
    GK_WARNING_MORE /* above `upper` */
};

struct gk_warning {
    enum gk_warning_class class;
    bool has_trend;     /* a trend over the years is part of `expected` */
    double expected;    /* events in the week */
    double dispersion;  /* variance over mean, at least 1 */
    uint64_t upper;     /* the largest count that is no warning */
    double p;           /* of the week's count or more */
    double false_alarm; /* the chance of a count above `upper` in a week like those
                           before */
};

/* Is a district dense enough for gk_warning_week(): a history of
 * GK_WARNING_HISTORY weeks before `week` with at least one event a week in the
 * part that is used? `counts` are the events of `weeks` consecutive weeks. */
bool gk_warning_is_dense(const uint32_t *counts, size_t weeks, size_t week);

/* The week `week` (below `weeks`) of a series of weekly counts, oldest first, by the
 * improved algorithm of Noufaily et al. as R's surveillance::farringtonFlexible
 * has it, with b = 5, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26,
 * weightsThreshold = 2.58, limit54 = (5, 4), pThresholdTrend = 1,
 * thresholdMethod "nbPlugin", reweighting, and `alpha` (in (0, 0.5]):
 *   quasi-Poisson regression, log link, on the weeks from 263 to 27 before: a level
 *     for each of ten parts of the year (the seven weeks around this one, and nine of
 *     five weeks) and a line in time;
 *   weights: with s the standardised Anscombe residuals, s^-2 above 2.58, else 1,
 *     scaled to the sum of the weeks; then fitted again;
 *   without the line when that predicts more than was ever seen or does not converge;
 *   dispersion = sum w (y - mu)^2 / mu over the degrees of freedom, at least 1;
 *   upper = the 1 - alpha quantile of the negative binomial of mean `expected` and
 *     that dispersion.
 * The iterations are those of R's glm (25 at most, to 1e-8 of the deviance), so that
 * the numbers are too. Cutting the weights makes `upper` too low for quiet weeks
 * that are overdispersed; `false_alarm` is therefore that of the first fit, whose
 * weeks all count, its dispersion times (1 + m v), with m its expected count and
 * v dispersion the variance of log m. Outbreaks in the history make it too large.
 * Measured: tests/bench/warning.c. Weeks after `week` are not looked at.
 * GK_INVALID: `week` not below `weeks`, alpha outside. Time: some tens of
 * microseconds.
 * Sources: A. Noufaily et al., Statistics in Medicine 32 (2013) 1206-1222; M. Salmon,
 * D. Schumacher, M. Höhle, J. Statistical Software 70 (2016) 10. */
GK_CHECKED enum gk_status gk_warning_week(struct gk_warning *warning, const uint32_t *counts,
                                          size_t weeks, size_t week, double alpha);

/* Thin districts: the last 4 or 13 weeks (the window) against the years before. */
struct gk_warning_thin {
    enum gk_warning_class class; /* UNDECIDED: only `current` is not 0; never TOO_FEW */
    uint32_t current;            /* events in the window */
    double mean;                 /* to be expected in it */
    double dispersion;           /* variance over mean, the error of the mean included */
    uint64_t upper;              /* the largest count that is no warning */
    double false_alarm;          /* the chance of more than that in quiet weeks */
};

/* What is known of the districts; the caller owns the arrays. */
struct gk_warning_areas {
    size_t count;           /* at most GK_WARNING_AREAS_MAX */
    size_t weeks;           /* consecutive, oldest first */
    const uint32_t *counts; /* count rows of `weeks` */
    const double *dwellings;
    const uint32_t *group; /* see struct gk_usual_areas; NULL: one group */
    size_t groups;
};

/* The window of `window` weeks that ends with `week`, of each area, against the
 * 1 - alpha quantile of a negative binomial. With T the years of 52 weeks before the
 * window, at most five:
 *   mean = M f: M as in usual_range.h, the area's events a year drawn to its group's;
 *     f = (E + 20 window / 52) / (A + 20), the part of the year that the window is:
 *     of the A events of all areas in these years, E fell in the same weeks;
 *   phi, at least 1: with S the events of an area in the whole windows one after the
 *     other in these years, n of them, and X2 Pearson's statistic of equal means,
 *       sum X2 = (n - 1) sum S phi / (S + phi - 1),
 *     what X2 has in the mean for negative binomial counts given S: X2 / (n - 1)
 *     itself is far too small when S is;
 *   dispersion = phi (1 + f w / T + mean / (E + 20 window / 52)), w the weight of the
 *     area itself in M: with the errors of the area's level and of the season;
 *   false_alarm: with w = 1, as the error of the group's level is not in w.
 * An area with fewer than three such years, or without dwellings, or in a group
 * without events, is undecided. GK_INVALID: `week` not below `weeks`, a window not
 * in 1 to 52, alpha not in (0, 0.5], a sum above 2^32 - 1, and as
 * gk_usual_range_given(); GK_TOO_LARGE, GK_NO_MEMORY. Time: some tens of
 * microseconds an area. Given S the counts are Dirichlet-multinomial: J. Mosimann,
 * Biometrika 49 (1962) 65-82. Measured: tests/bench/warning.c. */
GK_CHECKED enum gk_status gk_warning_thin(struct gk_warning_thin *warnings,
                                          const struct gk_warning_areas *areas, size_t week,
                                          size_t window, double alpha);

/* The weeks with a false alarm to expect in a year of quiet weeks, all districts
 * together: 52 times the sum of their `chances` (false_alarm; 0 for what is never
 * judged). Where windows overlap (thin districts), several weeks belong to one
 * alarm, so that there are fewer alarms than weeks with one. */
double gk_warning_false_weeks(const double *chances, size_t count);

#endif
