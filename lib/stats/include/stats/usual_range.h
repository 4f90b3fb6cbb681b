/* The usual range: how many events a year is to be expected in an area, judged by
 * its own earlier years.
 *
 * Pure functions, no state, any thread. It describes what is usual; it is no
 * forecast, and no area is ranked. Measured error rates: tests/bench/usual_range.c. */
#ifndef GK_STATS_USUAL_RANGE_H
#define GK_STATS_USUAL_RANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    GK_USUAL_YEARS = 5,    /* earlier years that count */
    GK_USUAL_YEARS_MIN = 3 /* with fewer nothing is said */
};

/* How a year compares ("fler", "färre", "som vanligt", "går inte att avgöra"). */
enum gk_usual_class { GK_USUAL_UNDECIDED, GK_USUAL_WITHIN, GK_USUAL_MORE, GK_USUAL_FEWER };

struct gk_usual_range {
    enum gk_usual_class class; /* UNDECIDED: the numbers below are 0 */
    double mean;               /* events a year, own years drawn to the group's rate */
    double dispersion;         /* variance over mean of the prediction */
    uint64_t lower, upper;     /* both within the usual range */
};

/* What is known of the areas; arrays of `count` values that the caller owns. */
struct gk_usual_areas {
    size_t count;
    const uint32_t (*earlier)[GK_USUAL_YEARS]; /* events, most recent year first */
    const uint8_t *years;    /* how many of them are complete, 0 to GK_USUAL_YEARS */
    const double *dwellings; /* of the class that the offence concerns */
    const uint32_t *group;   /* the district of each, below `groups`; NULL: one group */
    size_t groups;           /* 1 to 100,000; 1 with NULL */
};

/* The range of each area, and the class of `current` (events of the year that is
 * judged). An area takes part when it has at least three complete years and
 * dwellings; the others are undecided. Over those that do, with T years, S events
 * in them and d dwellings:
 *   mean: d times Marshall's smoothed rate (smooth.h) of S over d T, within the
 *     area's group; w = a / (a + b / (d T)) is the weight of the area itself;
 *   phi: pooled over all areas with events, at least 1:
 *     sum over years (x - S / T)^2 / (S / T), over sum (T - 1);
 *   dispersion = phi (1 + w / T), the second term for the mean's own error;
 *   range: with a = (1 - confidence) / 2, the a and 1 - a quantiles of the negative
 *     binomial with that mean and dispersion (distribution.h).
 * MORE is above `upper`, FEWER is below `lower`. A group without any event has no
 * mean: its areas are undecided. GK_INVALID: a confidence not in (0, 1) (0.95 is
 * the default of the service), `years` above 5, a group that is not there,
 * dwellings negative or not finite. GK_TOO_LARGE: a mean above 1e9 or a dispersion
 * above 1e6. GK_NO_MEMORY.
 * Time: O(areas + groups), some microseconds an area. */
GK_CHECKED enum gk_status gk_usual_range(struct gk_usual_range *ranges,
                                         const struct gk_usual_areas *areas,
                                         const uint32_t *current, double confidence);

/* The same with a phi (at least 1, else GK_INVALID) that is known from elsewhere:
 * from more and shorter periods than the years that are judged by. */
GK_CHECKED enum gk_status gk_usual_range_given(struct gk_usual_range *ranges,
                                               const struct gk_usual_areas *areas,
                                               const uint32_t *current, double phi,
                                               double confidence);

#endif
