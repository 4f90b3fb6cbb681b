/* Garwood intervals against tests/golden/garwood.tsv (R, published tables and
 * 40-digit arithmetic; each row names its source), and against what an interval
 * is: tail sums of Poisson probabilities, added up plainly. */
#include "stats/rate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static void check_close(double have, double expected, double tolerance, const char *line)
{
    ck_assert_msg(fabs(have - expected) <= tolerance * fabs(expected), "%.17g for %.17g in %s",
                  have, expected, line);
}

START_TEST(intervals_agree_with_golden_values)
{
    FILE *file = fopen("tests/golden/garwood.tsv", "r");
    char line[512];
    int rows = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long long count;
        double denominator, per, confidence, lower, upper, tolerance;
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(sscanf(line, "%llu %lf %lf %lf %lf %lf %lf", &count, &denominator, &per,
                                &confidence, &lower, &upper, &tolerance),
                         7);
        struct gk_rate r = gk_rate_per(count, denominator, per, confidence);
        ck_assert(!r.is_null);
        check_close(r.interval.lower, lower, tolerance, line);
        check_close(r.interval.upper, upper, tolerance, line);
        check_close(r.value, (double)count / denominator * per, 1e-15, line);
        rows++;
    }
    fclose(file);
    ck_assert_int_gt(rows, 60);
}
END_TEST

/* P(X <= k) of a Poisson with the mean, in long double. */
static long double poisson_sum(unsigned k, long double mean)
{
    long double term = expl(-mean), sum = term;
    for (unsigned i = 1; i <= k; i++) {
        term *= mean / i;
        sum += term;
    }
    return sum;
}

START_TEST(each_limit_leaves_half_of_the_error_in_its_tail)
{
    static const double confidences[] = {0.5, 0.9, 0.95, 0.99, 0.998, 0.9999};
    for (unsigned count = 0; count <= 200; count++)
        for (size_t i = 0; i < sizeof confidences / sizeof *confidences; i++) {
            double half = (1 - confidences[i]) / 2;
            struct gk_interval v = gk_poisson_interval(count, confidences[i]);
            ck_assert_double_eq_tol((double)poisson_sum(count, v.upper) / half, 1, 1e-11);
            if (count == 0) {
                ck_assert_double_eq(v.lower, 0);
                continue;
            }
            /* The complement is absolute: a relative error of x here is times sqrt(count). */
            long double above = 1 - poisson_sum(count - 1, v.lower);
            ck_assert_double_eq_tol((double)above, half, 1e-12);
            ck_assert(v.lower < count && count < v.upper);
        }
}
END_TEST

START_TEST(no_events_have_the_limit_that_is_a_logarithm)
{
    struct gk_interval v = gk_poisson_interval(0, 0.95);
    ck_assert_double_eq(v.lower, 0);
    ck_assert_double_eq_tol(v.upper, -log(0.025), 1e-13);
    v = gk_poisson_interval(0, 1 - 0x1p-40);
    ck_assert_double_eq_tol(v.upper, 41 * log(2), 1e-11);
}
END_TEST

START_TEST(huge_counts_are_near_the_normal_limit)
{
    static const uint64_t counts[] = {1000000, 30000000, 1000000000, 9999999999};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        double n = (double)counts[i], half = 1.959963984540054 * sqrt(n);
        struct gk_interval v = gk_poisson_interval(counts[i], 0.95);
        /* Cornish and Fisher: (z^2 - 1) / 3 for the skewness, then O(1/sqrt n). */
        double skew = (1.959963984540054 * 1.959963984540054 - 1) / 3;
        ck_assert_double_eq_tol(v.lower, n - half + skew, 0.01);
        ck_assert_double_eq_tol(v.upper, n + 1 + half + skew, 0.01);
    }
}
END_TEST

START_TEST(a_wider_confidence_has_a_wider_interval)
{
    for (uint64_t count = 0; count < 100000; count = count * 3 + 1) {
        struct gk_interval before = gk_poisson_interval(count, 0.001);
        for (double c = 0.05; c < 1; c += 0.05) {
            struct gk_interval v = gk_poisson_interval(count, c);
            ck_assert(v.upper > before.upper && v.lower <= before.lower);
            before = v;
        }
    }
}
END_TEST

START_TEST(rate_is_null_without_dwellings)
{
    static const double none[] = {0, -0.0, -5, NAN, HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct gk_rate r = gk_rate_per(3, none[i], 1000, 0.95);
        ck_assert(r.is_null && r.value == 0 && r.interval.lower == 0 && r.interval.upper == 0);
    }
}
END_TEST

START_TEST(nonsense_has_no_interval)
{
    static const double bad[] = {0, 1, -0.5, 1.5, NAN, HUGE_VAL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gk_interval v = gk_poisson_interval(3, bad[i]);
        ck_assert(isnan(v.lower) && isnan(v.upper));
    }
    ck_assert(isnan(gk_poisson_interval(UINT64_MAX, 0.95).upper));
    ck_assert(isnan(gk_gamma_quantile(0, 1)) && isnan(gk_gamma_quantile(1, 1)));
    ck_assert(isnan(gk_gamma_quantile(0.5, 0.1)) && isnan(gk_gamma_quantile(0.5, 1e11)));
}
END_TEST

START_TEST(gamma_quantiles_have_closed_forms_at_shapes_one_and_one_half)
{
    for (double p = 1e-12; p < 1; p = p * 1.7 + 1e-12) {
        /* Exponential; and half the square of a normal, whose CDF is erf. */
        ck_assert_double_eq_tol(gk_gamma_quantile(p, 1) / -log1p(-p), 1, 1e-12);
        double x = gk_gamma_quantile(p, 0.5);
        ck_assert_double_eq_tol(erf(sqrt(x)) / p, 1, 1e-12);
    }
}
END_TEST

GK_UNIT_MAIN("stats/rate", intervals_agree_with_golden_values,
             each_limit_leaves_half_of_the_error_in_its_tail,
             no_events_have_the_limit_that_is_a_logarithm, huge_counts_are_near_the_normal_limit,
             a_wider_confidence_has_a_wider_interval, rate_is_null_without_dwellings,
             nonsense_has_no_interval, gamma_quantiles_have_closed_forms_at_shapes_one_and_one_half)
