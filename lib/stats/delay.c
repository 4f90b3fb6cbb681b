/* The product-limit estimate for right-truncated delays, and what follows for
 * weeks. Counting weeks by calendar is the caller's. */
#include "stats/delay.h"

#include <math.h>
#include <stdlib.h>

/* Events by delay, and by age: an event counts in N(d) when d is at least its delay
 * and at most its age. */
struct tally {
    size_t *with_delay; /* 0 to days */
    size_t *with_age;   /* 0 to days; older ones never leave */
};

static void count_events(struct tally *t, struct gk_delay *delay, uint32_t days,
                         const struct gk_delay_events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        int64_t took = (int64_t)events->reported[i] - events->occurred[i];
        int64_t age = (int64_t)events->now - events->occurred[i];
        if (events->occurred[i] < events->since)
            continue;
        if (took < 0 || took > age) {
            delay->impossible++;
            continue;
        }
        if (took > (int64_t)days) {
            delay->late++;
            continue;
        }
        delay->used++;
        t->with_delay[took]++;
        if (age <= (int64_t)days)
            t->with_age[age]++;
    }
}

/* From the longest delay down: N(d) loses the events with a longer delay and has
 * back those that become old enough. */
static void multiply(double *shares, const struct tally *t, uint32_t days, size_t used)
{
    size_t seen = used;
    for (uint32_t a = 0; a < days; a++)
        seen -= t->with_age[a];
    shares[days] = 1;
    for (uint32_t d = days; d > 0; d--) {
        double here = (double)t->with_delay[d];
        shares[d - 1] = shares[d] * (seen > 0 ? 1 - here / (double)seen : 1);
        seen = seen - t->with_delay[d] + t->with_age[d - 1];
    }
}

enum gk_status gk_delay_estimate(double *shares, struct gk_delay *delay, uint32_t days,
                                 const struct gk_delay_events *events)
{
    if (days < 1 || days > GK_DELAY_DAYS_MAX || events->since > events->now)
        return GK_INVALID;
    struct tally t = {calloc(days + 1, sizeof *t.with_delay), calloc(days + 1, sizeof *t.with_age)};
    enum gk_status status = GK_NO_MEMORY;
    if (t.with_delay != NULL && t.with_age != NULL) {
        status = GK_OK;
        *delay = (struct gk_delay){0};
        count_events(&t, delay, days, events);
        delay->is_null = delay->used < GK_DELAY_EVENTS_MIN;
        for (uint32_t d = 0; d <= days; d++)
            shares[d] = 0;
        if (!delay->is_null)
            multiply(shares, &t, days, delay->used);
    }
    free(t.with_delay);
    free(t.with_age);
    return status;
}

double gk_delay_share(const double *shares, uint32_t days, int32_t youngest, int32_t oldest)
{
    if (youngest > oldest)
        return NAN;
    double sum = 0;
    int64_t followed = days, last = oldest < followed ? oldest : followed;
    for (int64_t age = youngest > 0 ? youngest : 0; age <= last; age++)
        sum += shares[age];
    int64_t beyond = youngest > followed ? youngest : followed + 1;
    if (oldest >= beyond)
        sum += (double)(oldest - beyond + 1);
    return sum / ((double)oldest - youngest + 1);
}

uint32_t gk_delay_incomplete_weeks(const double *shares, uint32_t days, int32_t age,
                                   double complete)
{
    uint32_t weeks = 0;
    int32_t from = age < -6 ? -6 : age;
    while (from <= (int32_t)days && !(gk_delay_share(shares, days, from, from + 6) >= complete)) {
        weeks++;
        from += 7;
    }
    return weeks;
}
