/* Reporting delay: which share of what happened has been reported after so many
 * days, and which recent weeks are therefore incomplete.
 *
 * Pure functions, no state, any thread. Descriptive: it serves to grey recent weeks
 * and to keep them out of comparisons, not to fill them up. Days are numbered as
 * the caller likes. */
#ifndef GK_STATS_DELAY_H
#define GK_STATS_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    GK_DELAY_DAYS_MAX = 1000, /* the longest delay that can be followed */
    GK_DELAY_EVENTS_MIN = 30  /* with fewer nothing is said */
};

/* A week of which at least this share is expected to be reported is complete. */
#define GK_DELAY_COMPLETE 0.95

struct gk_delay {
    bool is_null;      /* fewer than GK_DELAY_EVENTS_MIN events: the shares are 0 */
    size_t used;       /* events that the estimate rests on */
    size_t late;       /* left out: reported after more than the longest delay */
    size_t impossible; /* left out: reported before they happened, or after `now` */
};

/* What the estimate is made from; the caller owns the arrays. */
struct gk_delay_events {
    size_t count;
    const int32_t *occurred; /* day on which it happened */
    const int32_t *reported; /* day on which it was reported */
    int32_t now;             /* the last day whose reports are all there */
    int32_t since;           /* events before this day are not looked at */
};

/* shares[d], d = 0 to `days` (1 to GK_DELAY_DAYS_MAX, so `days` + 1 values): the
 * share reported within d days, of what is reported within `days`. Recent events
 * are seen only when their delay was short; so, for each delay d, only events that
 * could have been seen with it are compared (the product-limit estimate for
 * right-truncated times, which maximises the likelihood): with
 *   n(d) the events with a delay of exactly d days,
 *   N(d) those with a delay of at most d that happened d days before `now` or more,
 *   shares[days] = 1, shares[d - 1] = shares[d] (1 - n(d) / N(d)), 1 where N is 0.
 * `since` should be at least twice `days` before `now`: reports of delays longer
 * than `now` - `since` cannot be seen at all. GK_INVALID: `days` outside, `since`
 * after `now`. GK_NO_MEMORY. Time: O(count + days).
 * Sources: S. Lagakos, L. Barraj, V. De Gruttola, Biometrika 75 (1988) 515-523;
 * J. Kalbfleisch, J. Lawless, JASA 84 (1989) 360-372. */
GK_CHECKED enum gk_status gk_delay_estimate(double *shares, struct gk_delay *delay, uint32_t days,
                                            const struct gk_delay_events *events);

/* The share expected to be reported of what happened from `youngest` to `oldest`
 * days before `now`: the mean of shares over these ages, 0 for days after `now`
 * (negative), 1 beyond `days`. NaN when youngest is above oldest. */
double gk_delay_share(const double *shares, uint32_t days, int32_t youngest, int32_t oldest);

/* How many of the weeks before are incomplete: week 0 ends `age` days before `now`
 * (the age of its Sunday; negative when it is still going on), each other seven days
 * before; the first with a share of at least `complete` ends the count, and so does
 * one that lies wholly beyond `days`. After a null estimate (shares of 0) all weeks
 * are incomplete of which a day or more is at an age of `days` or less, when
 * `complete` is above 6/7. Ages below -6 are taken as -6. */
uint32_t gk_delay_incomplete_weeks(const double *shares, uint32_t days, int32_t age,
                                   double complete);

#endif
