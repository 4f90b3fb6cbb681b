/* Reporting delays against tests/golden/delay.tsv (fractions), and by hand. */
#include "stats/delay.h"

#include <math.h>
#include <stdio.h>

#include "unit.h"

enum { EVENTS_MAX = 1300, DAYS = 60, USED = 1080, LATE = 79 };

static size_t read_events(int32_t *occurred, int32_t *reported)
{
    FILE *file = fopen("tests/golden/delay_events.tsv", "r");
    char line[128];
    size_t n = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        ck_assert_uint_lt(n, EVENTS_MAX);
        ck_assert_int_eq(sscanf(line, "%d %d", &occurred[n], &reported[n]), 2);
        n++;
    }
    fclose(file);
    return n;
}

START_TEST(shares_agree_with_golden_values)
{
    static int32_t occurred[EVENTS_MAX], reported[EVENTS_MAX];
    double shares[DAYS + 1];
    struct gk_delay delay;
    struct gk_delay_events events = {read_events(occurred, reported), occurred, reported, 400, 1};
    ck_assert_int_eq(gk_delay_estimate(shares, &delay, DAYS, &events), GK_OK);
    ck_assert(!delay.is_null);
    ck_assert_uint_eq(delay.used, USED);
    ck_assert_uint_eq(delay.late, LATE);
    ck_assert_uint_eq(delay.impossible, 2);
    FILE *file = fopen("tests/golden/delay.tsv", "r");
    char line[128];
    unsigned n = 0, d;
    double share;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "%u %lf", &d, &share), 2);
        ck_assert_uint_eq(d, n++);
        ck_assert_double_le(fabs(shares[d] - share), 1e-9 * share);
    }
    fclose(file);
    ck_assert_uint_eq(n, DAYS + 1);
}
END_TEST

/* 40 events; the first `long_ones` of them have the longer delay. */
static struct gk_delay forty(double *shares, uint32_t days, int32_t day, int32_t shorter,
                             int32_t longer, size_t long_ones)
{
    int32_t occurred[40], reported[40];
    struct gk_delay delay;
    for (size_t i = 0; i < 40; i++) {
        occurred[i] = day;
        reported[i] = day + (i < long_ones ? longer : shorter);
    }
    struct gk_delay_events events = {40, occurred, reported, 1000, 0};
    ck_assert_int_eq(gk_delay_estimate(shares, &delay, days, &events), GK_OK);
    return delay;
}

START_TEST(what_is_old_is_simply_counted)
{
    double shares[11];
    struct gk_delay d = forty(shares, 10, 500, 2, 7, 10);
    ck_assert(!d.is_null && d.used == 40);
    ck_assert(shares[0] == 0 && shares[1] == 0);
    for (int k = 2; k < 7; k++)
        ck_assert_double_eq(shares[k], 0.75);
    ck_assert(shares[7] == 1 && shares[10] == 1);
}
END_TEST

START_TEST(recent_events_do_not_shorten_the_delay)
{
    /* 40 old events, half of them after 0 and half after 5 days; 60 of the last two
     * days, of which only those after 0 days are there. Counted simply, the share
     * within a day would be 80 of 100. */
    int32_t occurred[100], reported[100];
    double shares[8];
    struct gk_delay delay;
    for (int i = 0; i < 100; i++) {
        occurred[i] = i < 40 ? 500 : 999;
        reported[i] = occurred[i] + (i < 20 ? 5 : 0);
    }
    struct gk_delay_events events = {100, occurred, reported, 1000, 0};
    ck_assert_int_eq(gk_delay_estimate(shares, &delay, 7, &events), GK_OK);
    ck_assert_double_eq(shares[0], 0.5);
    ck_assert_double_eq(shares[4], 0.5);
    ck_assert_double_eq(shares[5], 1);
    /* Since a later day there are only those without delay. */
    events.since = 900;
    ck_assert_int_eq(gk_delay_estimate(shares, &delay, 7, &events), GK_OK);
    ck_assert_uint_eq(delay.used, 60);
    ck_assert_double_eq(shares[0], 1);
}
END_TEST

START_TEST(all_equal_delays_are_a_step)
{
    double shares[GK_DELAY_DAYS_MAX + 1];
    forty(shares, 10, 990, 10, 10, 0);
    ck_assert(shares[9] == 0 && shares[10] == 1);
    forty(shares, 10, 1000, 0, 0, 0);
    ck_assert(shares[0] == 1 && shares[10] == 1);
    forty(shares, GK_DELAY_DAYS_MAX, 0, 1000, 0, 1);
    ck_assert_double_eq_tol(shares[0], 1.0 / 40, 1e-15);
    /* All too late: nothing is left to say. */
    struct gk_delay d = forty(shares, 9, 500, 10, 10, 0);
    ck_assert(d.is_null && d.late == 40 && shares[9] == 0);
    d = forty(shares, 9, 1001, 0, 0, 0);
    ck_assert(d.is_null && d.impossible == 40);
}
END_TEST

START_TEST(few_events_say_nothing_and_nonsense_is_refused)
{
    int32_t occurred[30] = {0}, reported[30] = {0};
    double shares[GK_DELAY_DAYS_MAX + 1] = {7};
    struct gk_delay delay;
    struct gk_delay_events events = {30, occurred, reported, 100, 0};
    ck_assert_int_eq(gk_delay_estimate(shares, &delay, 5, &events), GK_OK);
    ck_assert(!delay.is_null && shares[0] == 1);
    for (size_t n = 0; n < 30; n += 29) {
        events.count = n;
        ck_assert_int_eq(gk_delay_estimate(shares, &delay, 5, &events), GK_OK);
        ck_assert(delay.is_null && delay.used == n && shares[0] == 0 && shares[5] == 0);
    }
    ck_assert_int_eq(gk_delay_estimate(shares, &delay, 0, &events), GK_INVALID);
    ck_assert_int_eq(gk_delay_estimate(shares, &delay, GK_DELAY_DAYS_MAX + 1, &events), GK_INVALID);
    events.since = 101;
    ck_assert_int_eq(gk_delay_estimate(shares, &delay, 5, &events), GK_INVALID);
    /* The ends of the calendar do not overflow. */
    occurred[0] = INT32_MIN;
    reported[0] = INT32_MAX;
    events = (struct gk_delay_events){1, occurred, reported, INT32_MAX, INT32_MIN};
    ck_assert_int_eq(gk_delay_estimate(shares, &delay, 5, &events), GK_OK);
    ck_assert_uint_eq(delay.late, 1);
}
END_TEST

START_TEST(weeks_are_the_mean_of_their_days)
{
    static const double shares[] = {0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};
    ck_assert_double_eq_tol(gk_delay_share(shares, 8, 0, 6), 3.3 / 7, 1e-15);
    /* 0.9, 1 and five days beyond. */
    ck_assert_double_eq_tol(gk_delay_share(shares, 8, 7, 13), 6.9 / 7, 1e-15);
    ck_assert_double_eq(gk_delay_share(shares, 8, 9, 9), 1);
    ck_assert_double_eq(gk_delay_share(shares, 8, 100, 200), 1);
    /* Three days are still to come. */
    ck_assert_double_eq_tol(gk_delay_share(shares, 8, -3, 3), 1.2 / 7, 1e-15);
    ck_assert_double_eq(gk_delay_share(shares, 8, -9, -3), 0);
    ck_assert_double_eq_tol(gk_delay_share(shares, 8, INT32_MIN, INT32_MAX), 0.5, 1e-8);
    ck_assert(isnan(gk_delay_share(shares, 8, 1, 0)));
}
END_TEST

START_TEST(incomplete_weeks_are_counted)
{
    static const double shares[] = {0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}, at_once[] = {1, 1},
                        null[15] = {0};
    ck_assert_uint_eq(gk_delay_incomplete_weeks(shares, 8, 0, GK_DELAY_COMPLETE), 1);
    ck_assert_uint_eq(gk_delay_incomplete_weeks(shares, 8, 0, 0.99), 2);
    ck_assert_uint_eq(gk_delay_incomplete_weeks(shares, 8, -6, GK_DELAY_COMPLETE), 2);
    ck_assert_uint_eq(gk_delay_incomplete_weeks(shares, 8, INT32_MIN, GK_DELAY_COMPLETE), 2);
    ck_assert_uint_eq(gk_delay_incomplete_weeks(shares, 8, 7, GK_DELAY_COMPLETE), 0);
    ck_assert_uint_eq(gk_delay_incomplete_weeks(at_once, 1, 0, GK_DELAY_COMPLETE), 0);
    ck_assert_uint_eq(gk_delay_incomplete_weeks(at_once, 1, -1, GK_DELAY_COMPLETE), 1);
    /* Null: weeks 0 to 6, 7 to 13 and 14. */
    ck_assert_uint_eq(gk_delay_incomplete_weeks(null, 14, 0, 1.1), 3);
    ck_assert_uint_eq(gk_delay_incomplete_weeks(null, 14, 0, GK_DELAY_COMPLETE), 3);
}
END_TEST

GK_UNIT_MAIN("stats/delay", shares_agree_with_golden_values, what_is_old_is_simply_counted,
             recent_events_do_not_shorten_the_delay, all_equal_delays_are_a_step,
             few_events_say_nothing_and_nonsense_is_refused, weeks_are_the_mean_of_their_days,
             incomplete_weeks_are_counted)
