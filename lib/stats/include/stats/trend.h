/* The trend of an area: its months, what these months usually have, and the last
 * twelve months with their usual range.
 *
 * Pure functions, no state, any thread. It describes; nothing is drawn on into the
 * future. Recent months are incomplete (delay.h): the caller says so. */
#ifndef GK_STATS_TREND_H
#define GK_STATS_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "stats/usual_range.h"

enum {
    GK_TREND_YEAR = 12,
    GK_TREND_POINTS_MAX = 50000 /* areas times months that are asked for */
};

struct gk_trend_point {
    uint32_t count;              /* events of the month */
    uint8_t season_years;        /* years before that have this month, at most five */
    double season;               /* their mean; 0 when there are none */
    bool has_year;               /* are there twelve months up to this one? */
    uint32_t year;               /* events in them; 0 when not */
    struct gk_usual_range range; /* of `year`; UNDECIDED when not, and as it says */
};

/* What is known of the areas; the caller owns the arrays. */
struct gk_trend_areas {
    size_t count;
    size_t months;          /* consecutive, oldest first, none missing */
    const uint32_t *counts; /* count rows of `months` */
    const double *dwellings;
    const uint32_t *group; /* see struct gk_usual_areas; NULL: one group */
    size_t groups;
};

/* The points of the months `first` to months - 1 of each area: count rows of
 * (months - first).
 *   season = the mean of the same month in the up to five years before, all that
 *     there are;
 *   year = the sum of the twelve months that end with this one;
 *   range = gk_usual_range() at `confidence` for `year`, from the sums of the twelve
 *     months that end 12, 24, ... 60 months before, of all areas together: its
 *     groups and its dispersion, which hold the areas that are given.
 * Each month's point is a function of that month and those before, so that points
 * do not change when months are added. The ranges of a row overlap: twelve points
 * "more" in a row are one year that is, not twelve findings.
 * GK_INVALID: `first` above months, a sum above 2^32 - 1, and as gk_usual_range().
 * GK_TOO_LARGE: more than GK_TREND_POINTS_MAX points, and as gk_usual_range().
 * GK_NO_MEMORY. Time: some tens of microseconds a point. */
GK_CHECKED enum gk_status gk_trend(struct gk_trend_point *points,
                                   const struct gk_trend_areas *areas, size_t first,
                                   double confidence);

#endif
