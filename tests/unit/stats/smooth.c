/* Marshall's estimator against tests/golden/rates.tsv (R, spdep::EBest) and its
 * limits: areas alike are all the same, large areas keep their own rate. */
#include "stats/smooth.h"

#include <math.h>
#include <stdio.h>

#include "unit.h"

enum { AREAS = 29 };

START_TEST(districts_agree_with_spdep)
{
    FILE *file = fopen("tests/golden/rates.tsv", "r");
    char line[512];
    uint64_t counts[AREAS + 1];
    double dwellings[AREAS + 1], expected[AREAS], smoothed[AREAS + 1];
    struct gk_smoothing common;
    size_t n = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long long count;
        if (line[0] == '#')
            continue;
        ck_assert_uint_lt(n, AREAS);
        ck_assert_int_eq(
            sscanf(line, "%llu %lf %*f %*f %*f %*f %lf", &count, &dwellings[n], &expected[n]), 3);
        counts[n++] = count;
    }
    fclose(file);
    ck_assert_uint_eq(n, AREAS);
    /* One without dwellings, and with events, changes nothing. */
    counts[AREAS] = 5;
    dwellings[AREAS] = 0;
    ck_assert_int_eq(gk_smooth_global(smoothed, &common, counts, dwellings, AREAS + 1), GK_OK);
    for (size_t i = 0; i < AREAS; i++)
        ck_assert_double_eq_tol(smoothed[i] * 1000 / expected[i], 1, 1e-9);
    ck_assert(isnan(smoothed[AREAS]));
    /* The same run: a and b as R prints them, to 15 figures. */
    ck_assert_double_eq_tol(common.variance / 6.31810465569493e-06, 1, 1e-9);
    ck_assert_double_eq_tol(common.rate / 0.00565612547942752, 1, 1e-9);
}
END_TEST

START_TEST(areas_alike_have_the_rate_of_all)
{
    uint64_t counts[] = {2, 4, 8};
    double n[] = {100, 200, 400}, smoothed[3];
    struct gk_smoothing common;
    ck_assert_int_eq(gk_smooth_global(smoothed, &common, counts, n, 3), GK_OK);
    ck_assert_double_eq(common.variance, 0);
    for (int i = 0; i < 3; i++)
        ck_assert_double_eq_tol(smoothed[i], 0.02, 1e-15);
}
END_TEST

START_TEST(a_large_area_keeps_its_own_rate)
{
    uint64_t counts[] = {100000, 400000, 1};
    double n[] = {1e7, 1e7, 10}, smoothed[3];
    struct gk_smoothing common;
    ck_assert_int_eq(gk_smooth_global(smoothed, &common, counts, n, 3), GK_OK);
    ck_assert_double_eq_tol(smoothed[0], 0.01, 1e-4);
    ck_assert_double_eq_tol(smoothed[1], 0.04, 1e-4);
    ck_assert(smoothed[2] < 0.035); /* 0.1 of its own */
}
END_TEST

START_TEST(little_to_go_by_is_defined)
{
    uint64_t none[] = {0, 0}, one[] = {3};
    double n[] = {10, 20}, nothing[] = {0, 0}, smoothed[2];
    struct gk_smoothing common;
    ck_assert_int_eq(gk_smooth_global(smoothed, &common, none, n, 2), GK_OK);
    ck_assert(smoothed[0] == 0 && smoothed[1] == 0 && common.rate == 0);
    ck_assert_int_eq(gk_smooth_global(smoothed, &common, one, n, 1), GK_OK);
    ck_assert_double_eq_tol(smoothed[0], 0.3, 1e-15);
    ck_assert_int_eq(gk_smooth_global(smoothed, &common, none, nothing, 2), GK_OK);
    ck_assert(isnan(smoothed[0]) && common.rate == 0 && common.variance == 0);
    ck_assert_int_eq(gk_smooth_global(NULL, &common, NULL, NULL, 0), GK_OK);
    static const double bad[] = {-1, NAN, HUGE_VAL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(gk_smooth_global(smoothed, &common, one, &bad[i], 1), GK_INVALID);
}
END_TEST

GK_UNIT_MAIN("stats/smooth", districts_agree_with_spdep, areas_alike_have_the_rate_of_all,
             a_large_area_keeps_its_own_rate, little_to_go_by_is_defined)
