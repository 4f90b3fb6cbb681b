/* Two years against tests/golden/year_on_year.tsv (R), ratios to the expected
 * against tests/golden/rates.tsv (R), and what has nothing to compare. */
#include "stats/compare.h"

#include <math.h>
#include <stdio.h>

#include "unit.h"

static void check_close(double have, double expected, double tolerance, const char *line)
{
    bool same = isinf(expected) ? isinf(have) : fabs(have - expected) <= tolerance * fabs(expected);
    ck_assert_msg(same, "%.17g for %.17g in %s", have, expected, line);
}

START_TEST(years_agree_with_golden_values)
{
    FILE *file = fopen("tests/golden/year_on_year.tsv", "r");
    char line[512];
    int rows = 0, null = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long long before, after;
        double ratio, lower, upper, p, mid, tolerance;
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "%llu %llu %lf %lf %lf %lf %lf %lf", &before, &after, &ratio,
                                &lower, &upper, &p, &mid, &tolerance),
                         8);
        struct gk_change c = gk_compare_periods(before, after, 1, 0.95);
        check_close(c.p, p, tolerance, line);
        check_close(c.p_mid, mid, tolerance, line);
        rows++;
        null += c.is_null;
        ck_assert_int_eq(c.is_null, isnan(ratio));
        if (c.is_null)
            continue;
        check_close(c.ratio, ratio, tolerance, line);
        check_close(c.interval.lower, lower, tolerance, line);
        check_close(c.interval.upper, upper, tolerance, line);
    }
    fclose(file);
    ck_assert_int_eq(rows, 30);
    ck_assert_int_eq(null, 1);
}
END_TEST

START_TEST(ratios_to_expected_agree_with_golden_values)
{
    FILE *file = fopen("tests/golden/rates.tsv", "r");
    char line[512];
    int rows = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long long count;
        double expected, ratio, lower, upper;
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(
            sscanf(line, "%llu %*f %lf %lf %lf %lf", &count, &expected, &ratio, &lower, &upper), 5);
        struct gk_rate r = gk_ratio_to_expected(count, expected, 0.95);
        check_close(r.value, ratio, 1e-9, line);
        check_close(r.interval.lower, lower, 1e-9, line);
        check_close(r.interval.upper, upper, 1e-9, line);
        rows++;
    }
    fclose(file);
    ck_assert_int_eq(rows, 29);
    ck_assert(gk_ratio_to_expected(3, 0, 0.95).is_null);
    ck_assert(gk_ratio_to_expected(3, NAN, 0.95).is_null);
}
END_TEST

START_TEST(nothing_before_has_no_upper_limit)
{
    struct gk_change c = gk_compare_periods(0, 3, 1, 0.95);
    ck_assert(!c.is_null && isinf(c.ratio) && isinf(c.interval.upper));
    /* 0.025^(1/3) as odds; p = 2 / 2^3, mid-p half of it. */
    double share = cbrt(0.025);
    ck_assert_double_eq_tol(c.interval.lower, share / (1 - share), 1e-14);
    ck_assert_double_eq_tol(c.p, 0.25, 1e-15);
    ck_assert_double_eq_tol(c.p_mid, 0.125, 1e-15);
    c = gk_compare_periods(0, 1, 1, 0.95);
    ck_assert(c.p == 1 && c.p_mid > 0.49 && c.p_mid < 0.51);
}
END_TEST

START_TEST(turning_time_turns_the_ratio)
{
    for (uint64_t a = 1; a < 60; a += 7)
        for (uint64_t b = 1; b < 60; b += 5)
            for (double exposure = 0.25; exposure < 5; exposure *= 2) {
                struct gk_change c = gk_compare_periods(a, b, exposure, 0.9);
                struct gk_change d = gk_compare_periods(b, a, 1 / exposure, 0.9);
                ck_assert_double_eq_tol(c.ratio * d.ratio, 1, 1e-14);
                ck_assert_double_eq_tol(c.interval.lower * d.interval.upper, 1, 1e-12);
                ck_assert_double_eq_tol(c.p, d.p, 1e-12);
                ck_assert_double_eq_tol(c.p_mid, d.p_mid, 1e-12);
                ck_assert(c.p_mid <= c.p);
                /* p and the interval say the same. */
                bool outside = c.interval.lower > 1 || c.interval.upper < 1;
                ck_assert_int_eq(outside, c.p < 0.1);
            }
}
END_TEST

START_TEST(more_exposure_explains_more_events)
{
    struct gk_change c = gk_compare_periods(20, 40, 2, 0.95);
    ck_assert_double_eq_tol(c.ratio, 1, 1e-15);
    ck_assert_double_eq(c.p, 1);
    ck_assert(gk_compare_periods(20, 40, 1, 0.95).p < 0.02);
}
END_TEST

START_TEST(what_cannot_be_compared_is_null)
{
    static const double bad[] = {0, -1, NAN, HUGE_VAL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert(gk_compare_periods(1, 1, bad[i], 0.95).is_null);
        ck_assert(gk_compare_periods(1, 1, 1, bad[i]).is_null);
    }
    ck_assert(gk_compare_periods(UINT64_MAX, 1, 1, 0.95).is_null);
    ck_assert(gk_compare_periods(600000000, 600000000, 1, 0.95).is_null);
    struct gk_change none = gk_compare_periods(0, 0, 1, 0.95);
    ck_assert(none.is_null && none.p == 1 && none.p_mid == 1);
    /* Ten million. */
    ck_assert_double_eq_tol(gk_compare_periods(5000000, 5000000, 1, 0.95).interval.upper, 1.00124,
                            1e-5);
}
END_TEST

GK_UNIT_MAIN("stats/compare", years_agree_with_golden_values,
             ratios_to_expected_agree_with_golden_values, nothing_before_has_no_upper_limit,
             turning_time_turns_the_ratio, more_exposure_explains_more_events,
             what_cannot_be_compared_is_null)
