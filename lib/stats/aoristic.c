/* Intervals spread over the hours of the week. Whole weeks of an interval add the
 * same to every hour, so that only what is left of it is walked through. */
#include "stats/aoristic.h"

#include <string.h>

enum { HOUR = 60, WEEK = GK_HOURS_OF_WEEK * HOUR };

#define MINUTES_MAX (INT64_C(1) << 52)

/* The remainder that is never negative. */
static int64_t in_week(int64_t minute)
{
    int64_t rest = minute % WEEK;
    return rest < 0 ? rest + WEEK : rest;
}

static void spread(double *weights, int64_t start, int64_t end)
{
    int64_t at = in_week(start), length = end - start;
    if (length == 0) {
        weights[at / HOUR] += 1;
        return;
    }
    int64_t weeks = length / WEEK, left = length % WEEK;
    if (weeks > 0)
        for (int h = 0; h < GK_HOURS_OF_WEEK; h++)
            weights[h] += (double)(weeks * HOUR) / (double)length;
    while (left > 0) {
        int64_t here = HOUR - at % HOUR;
        if (here > left)
            here = left;
        weights[at / HOUR] += (double)here / (double)length;
        left -= here;
        at = (at + here) % WEEK;
    }
}

static int usable(int64_t minute)
{
    return minute >= -MINUTES_MAX && minute <= MINUTES_MAX;
}

enum gk_status gk_aoristic(struct gk_aoristic *out, const int64_t *start_min,
                           const int64_t *end_min, size_t count, uint32_t max_hours)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < count; i++) {
        if (!usable(start_min[i]) || !usable(end_min[i]))
            return GK_INVALID;
        int64_t length = end_min[i] - start_min[i];
        if (length < 0) {
            out->reversed++;
        } else if (max_hours > 0 && length > (int64_t)max_hours * HOUR) {
            out->too_long++;
        } else {
            out->counted++;
            spread(out->weights, start_min[i], end_min[i]);
        }
    }
    return GK_OK;
}
