/* Weights against tests/golden/aoristic.tsv (R; Python fractions), and against a
 * walk minute by minute. */
#include "stats/aoristic.h"

#include "base/random.h"
#include "table.h"
#include "unit.h"

/* The intervals of the golden table. */
static const int64_t starts[] = {0, 60, 510, 1380, 1380, 480, 600, 100, 1439, 4320, 7200, 30};
static const int64_t ends[] = {0, 60, 1050, 1500, 2820, 1020, 4920, 160, 1441, 10080, 7260, 45};

START_TEST(weights_agree_with_golden_values_with_and_without_limit)
{
    size_t rows;
    double *g = table_read("tests/golden/aoristic.tsv", 3, &rows);
    struct gk_aoristic all, short_ones;
    ck_assert_uint_eq(rows, GK_HOURS_OF_WEEK);
    ck_assert_int_eq(gk_aoristic(&all, starts, ends, 12, 0), GK_OK);
    ck_assert_int_eq(gk_aoristic(&short_ones, starts, ends, 12, GK_AORISTIC_MAX_HOURS), GK_OK);
    for (size_t h = 0; h < rows; h++) {
        check_near(all.weights[h], g[3 * h + 1], 1e-9, "no limit", h);
        check_near(short_ones.weights[h], g[3 * h + 2], 1e-9, "48 h", h);
    }
    ck_assert_uint_eq(all.counted, 12);
    ck_assert_uint_eq(all.too_long, 0);
    ck_assert_uint_eq(short_ones.counted, 10);
    ck_assert_uint_eq(short_ones.too_long, 2);
    free(g);
}
END_TEST

START_TEST(any_interval_is_its_minutes)
{
    struct gk_random random;
    gk_random_init(&random, 3, 0);
    for (int round = 0; round < 200; round++) {
        int64_t start = (int64_t)gk_random_below(&random, 100000) - 50000;
        int64_t length = 1 + (int64_t)gk_random_below(&random, round % 2 == 0 ? 300 : 40000);
        int64_t end = start + length;
        double expected[GK_HOURS_OF_WEEK] = {0};
        for (int64_t m = start; m < end; m++)
            expected[(m + 10080 * 10) / 60 % 168] += 1.0 / (double)length;
        struct gk_aoristic a;
        ck_assert_int_eq(gk_aoristic(&a, &start, &end, 1, 0), GK_OK);
        for (int h = 0; h < GK_HOURS_OF_WEEK; h++)
            ck_assert_double_eq_tol(a.weights[h], expected[h], 1e-10);
    }
}
END_TEST

START_TEST(the_limit_itself_is_within_it)
{
    static const int64_t start[] = {0, 0, 5, -1}, end[] = {2880, 2881, 4, -1};
    struct gk_aoristic a;
    ck_assert_int_eq(gk_aoristic(&a, start, end, 4, 48), GK_OK);
    ck_assert_uint_eq(a.counted, 2);
    ck_assert_uint_eq(a.too_long, 1);
    ck_assert_uint_eq(a.reversed, 1);
    /* The minute before Monday is Sunday's last hour. */
    ck_assert_double_eq(a.weights[167], 1);
}
END_TEST

START_TEST(nothing_and_a_very_long_time_are_defined)
{
    static const int64_t start = -(INT64_C(1) << 52), end = INT64_C(1) << 52;
    static const int64_t beyond = (INT64_C(1) << 52) + 1, least = INT64_MIN;
    struct gk_aoristic a;
    ck_assert_int_eq(gk_aoristic(&a, NULL, NULL, 0, 48), GK_OK);
    ck_assert_uint_eq(a.counted + a.too_long + a.reversed, 0);
    ck_assert_double_eq(a.weights[0], 0);
    ck_assert_int_eq(gk_aoristic(&a, &start, &end, 1, 0), GK_OK);
    double sum = 0;
    for (int h = 0; h < GK_HOURS_OF_WEEK; h++) {
        ck_assert_double_eq_tol(a.weights[h], 1.0 / 168, 1e-11);
        sum += a.weights[h];
    }
    ck_assert_double_eq_tol(sum, 1, 1e-12);
    ck_assert_int_eq(gk_aoristic(&a, &start, &beyond, 1, 0), GK_INVALID);
    ck_assert_int_eq(gk_aoristic(&a, &least, &end, 1, 0), GK_INVALID);
}
END_TEST

GK_UNIT_MAIN("stats/aoristic", weights_agree_with_golden_values_with_and_without_limit,
             any_interval_is_its_minutes, the_limit_itself_is_within_it,
             nothing_and_a_very_long_time_are_defined)
