/* Aoristic analysis: when in the week events happened whose time is known only
 * as an interval. It describes and must be labelled "descriptive": no p, no
 * interval; hours of long intervals are mostly ignorance spread out.
 *
 * Pure functions, no state, any thread. */
#ifndef GK_STATS_AORISTIC_H
#define GK_STATS_AORISTIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { GK_HOURS_OF_WEEK = 168 };

/* The default of max_hours: longer intervals say nothing about the hour. */
#define GK_AORISTIC_MAX_HOURS 48

/* What was counted, and why the rest was not; the three add up to `count`. */
struct gk_aoristic {
    double weights[GK_HOURS_OF_WEEK]; /* from Monday 00:00; they add up to `counted` */
    size_t counted;
    size_t too_long; /* longer than max_hours */
    size_t reversed; /* ends before it starts */
};

/* An event spreads over the hours of the week that [start, end) touches, in
 * proportion to the minutes in each; of zero length, it is all in its hour.
 * start_min, end_min: minutes of local standard time since any Monday 00:00,
 * negative before it, at most 2^52 from it (GK_INVALID). max_hours: intervals
 * longer than this many hours are left out and counted; 0 for no limit. Time
 * O(168) an event, however long. *out is overwritten.
 * Source: J. H. Ratcliffe, Aoristic signatures and the spatio-temporal analysis
 * of high volume crime patterns, J. Quant. Criminology 18 (2002) 23-43. */
GK_CHECKED enum gk_status gk_aoristic(struct gk_aoristic *out, const int64_t *start_min,
                                      const int64_t *end_min, size_t count, uint32_t max_hours);

#endif
