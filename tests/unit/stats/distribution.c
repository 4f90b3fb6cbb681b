/* Tails and quantiles against tests/golden/distribution.tsv (exact sums of
 * probabilities), and against what tails are: complements, monotone, closed
 * forms. */
#include "stats/distribution.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static double answer(const char *name, double a, double b, double c)
{
    uint64_t k = (uint64_t)a, n = (uint64_t)b;
    if (strcmp(name, "binomial_upper") == 0)
        return gk_binomial_upper(k, n, c);
    if (strcmp(name, "binomial_lower") == 0)
        return gk_binomial_lower(k, n, c);
    if (strcmp(name, "poisson_upper") == 0)
        return gk_poisson_upper(k, b);
    if (strcmp(name, "poisson_lower") == 0)
        return gk_poisson_lower(k, b);
    if (strcmp(name, "negbin_upper") == 0)
        return gk_negbin_upper(k, b, c);
    if (strcmp(name, "negbin_lower") == 0)
        return gk_negbin_lower(k, b, c);
    if (strcmp(name, "negbin_quantile") == 0)
        return (double)gk_negbin_quantile(a, b, c);
    if (strcmp(name, "interval_lower") == 0)
        return gk_binomial_interval(k, n, c).lower;
    if (strcmp(name, "interval_upper") == 0)
        return gk_binomial_interval(k, n, c).upper;
    if (strcmp(name, "beta_lower") == 0)
        return gk_beta_lower(a, b, c);
    ck_abort_msg("no function %s", name);
}

START_TEST(tails_and_quantiles_agree_with_golden_values)
{
    FILE *file = fopen("tests/golden/distribution.tsv", "r");
    char line[512], name[32];
    int rows = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        double a, b, c, expected, tolerance;
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(
            sscanf(line, "%31s %lf %lf %lf %lf %lf", name, &a, &b, &c, &expected, &tolerance), 6);
        double have = answer(name, a, b, c);
        ck_assert_msg(fabs(have - expected) <= tolerance * fabs(expected), "%.17g in %s", have,
                      line);
        rows++;
    }
    fclose(file);
    ck_assert_int_gt(rows, 450);
}
END_TEST

START_TEST(a_tail_and_what_is_left_make_one)
{
    static const double shares[] = {1e-9, 0.003, 0.5, 0.75, 0.9999};
    for (uint64_t n = 1; n < 5000; n = n * 3 + 1)
        for (uint64_t k = 0; k < n; k = k * 2 + 1)
            for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
                ck_assert_double_eq_tol(gk_binomial_lower(k, n, shares[i]) +
                                            gk_binomial_upper(k + 1, n, shares[i]),
                                        1, 1e-12);
    for (uint64_t k = 0; k < 3000; k = k * 2 + 1)
        for (double mean = 1e-6; mean < 1e4; mean *= 7) {
            ck_assert_double_eq_tol(gk_poisson_lower(k, mean) + gk_poisson_upper(k + 1, mean), 1,
                                    1e-12);
            for (double d = 1.001; d < 100; d *= 3)
                ck_assert_double_eq_tol(
                    gk_negbin_lower(k, mean, d) + gk_negbin_upper(k + 1, mean, d), 1, 1e-12);
        }
}
END_TEST

START_TEST(a_point_is_the_difference_of_two_tails)
{
    for (uint64_t k = 0; k <= 40; k++) {
        double both = gk_binomial_lower(k, 40, 0.3) + gk_binomial_upper(k, 40, 0.3) - 1;
        ck_assert_double_eq_tol(gk_binomial_point(k, 40, 0.3), both, 1e-14);
        both = gk_poisson_lower(k, 9.5) + gk_poisson_upper(k, 9.5) - 1;
        ck_assert_double_eq_tol(gk_poisson_point(k, 9.5), both, 1e-14);
        both = gk_negbin_lower(k, 9.5, 2.5) + gk_negbin_upper(k, 9.5, 2.5) - 1;
        ck_assert_double_eq_tol(gk_negbin_point(k, 9.5, 2.5), both, 1e-14);
    }
}
END_TEST

START_TEST(certain_and_impossible_have_their_limits)
{
    ck_assert_double_eq(gk_binomial_point(0, 0, 0.3), 1);
    ck_assert_double_eq(gk_binomial_upper(0, 0, 0.3), 1);
    ck_assert_double_eq(gk_binomial_upper(1, 0, 0.3), 0);
    ck_assert_double_eq(gk_binomial_lower(7, 5, 0.3), 1);
    ck_assert_double_eq(gk_binomial_point(6, 5, 0.3), 0);
    ck_assert_double_eq(gk_binomial_upper(3, 5, 0), 0);
    ck_assert_double_eq(gk_binomial_upper(5, 5, 1), 1);
    ck_assert_double_eq(gk_binomial_lower(4, 5, 1), 0);
    ck_assert_double_eq(gk_binomial_lower(0, 5, 0), 1);
    ck_assert_double_eq(gk_poisson_lower(0, 0), 1);
    ck_assert_double_eq(gk_poisson_upper(1, 0), 0);
    ck_assert_double_eq(gk_poisson_point(0, 0), 1);
    ck_assert_double_eq(gk_negbin_upper(1, 0, 3), 0);
    ck_assert_double_eq(gk_poisson_upper(5000, 1), 0);
    ck_assert_uint_eq(gk_poisson_quantile(0.975, 0), 0);
}
END_TEST

START_TEST(nonsense_has_no_probability)
{
    static const double bad[] = {-0.1, 1.1, NAN, HUGE_VAL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert(isnan(gk_binomial_upper(1, 2, bad[i])));
        ck_assert(isnan(gk_binomial_lower(1, 2, bad[i])));
        ck_assert(isnan(gk_binomial_point(1, 2, bad[i])));
        ck_assert(isnan(gk_binomial_interval(1, 2, bad[i]).lower));
        ck_assert_uint_eq(gk_poisson_quantile(bad[i], 1), GK_COUNT_NONE);
        ck_assert(isnan(gk_beta_quantile(bad[i], 1, 1)));
    }
    ck_assert(isnan(gk_binomial_upper(1, UINT64_MAX, 0.5)));
    ck_assert(isnan(gk_binomial_interval(0, 0, 0.95).upper));
    ck_assert(isnan(gk_binomial_interval(3, 2, 0.95).upper));
    ck_assert(isnan(gk_poisson_upper(1, -1)) && isnan(gk_poisson_lower(1, 2e9)));
    ck_assert(isnan(gk_negbin_lower(1, 1, 0.9)) && isnan(gk_negbin_upper(1, 1, NAN)));
    ck_assert(isnan(gk_beta_lower(0.5, 0, 1)) && isnan(gk_beta_quantile(0.5, 1, NAN)));
}
END_TEST

START_TEST(beta_quantiles_turn_back_into_their_tail)
{
    for (double p = 1e-9; p < 1; p = p * 3 + 1e-9)
        for (double a = 0.5; a < 1e5; a *= 5)
            for (double b = 0.5; b < 1e5; b *= 9) {
                /* Only where a double near 1 can still tell neighbours apart. */
                double x = gk_beta_quantile(p, a, b);
                ck_assert(x >= 0 && x <= 1);
                if (x < 0.999 && x > 1e-290)
                    ck_assert_double_eq_tol(gk_beta_lower(x, a, b) / p, 1, 2e-9);
            }
    ck_assert_double_eq_tol(gk_beta_quantile(0.3, 1, 1), 0.3, 1e-15);
}
END_TEST

START_TEST(little_dispersion_is_near_poisson)
{
    for (uint64_t k = 0; k < 20; k++) {
        double tail = gk_poisson_upper(k, 6);
        ck_assert_double_eq(gk_negbin_upper(k, 6, 1), tail);
        ck_assert_double_eq_tol(gk_negbin_upper(k, 6, 1 + 1e-9) / tail, 1, 1e-6);
    }
}
END_TEST

START_TEST(odds_of_all_hits_have_no_upper_limit)
{
    struct gk_interval v = gk_binomial_odds_interval(4, 4, 0.95);
    ck_assert(isinf(v.upper) && v.lower > 0);
    v = gk_binomial_odds_interval(0, 4, 0.95);
    ck_assert(v.lower == 0 && v.upper < INFINITY);
    /* One trial: the limits are the tails themselves. */
    ck_assert_double_eq_tol(gk_binomial_interval(1, 1, 0.95).lower, 0.025, 1e-15);
    ck_assert_double_eq_tol(gk_binomial_interval(0, 1, 0.95).upper, 0.975, 1e-15);
}
END_TEST

/* Coverage, not simulated: the probability of the counts whose interval holds the
 * true value, added up. */
START_TEST(intervals_cover_at_least_what_they_say)
{
    for (uint64_t n = 1; n <= 60; n += n < 10 ? 1 : 10) {
        struct gk_interval v[61];
        for (uint64_t k = 0; k <= n; k++)
            v[k] = gk_binomial_interval(k, n, 0.95);
        for (double share = 0.0005; share < 1; share += 0.0037) {
            double covered = 0;
            for (uint64_t k = 0; k <= n; k++)
                if (v[k].lower <= share && share <= v[k].upper)
                    covered += gk_binomial_point(k, n, share);
            ck_assert_double_ge(covered, 0.95 - 1e-12);
        }
    }
    struct gk_interval v[120];
    for (uint64_t k = 0; k < 120; k++)
        v[k] = gk_poisson_interval(k, 0.95);
    for (double mean = 0.003; mean < 50; mean = mean * 1.03 + 0.001) {
        double covered = 0;
        for (uint64_t k = 0; k < 120; k++)
            if (v[k].lower <= mean && mean <= v[k].upper)
                covered += gk_poisson_point(k, mean);
        ck_assert_double_ge(covered, 0.95 - 1e-12);
    }
}
END_TEST

GK_UNIT_MAIN("stats/distribution", tails_and_quantiles_agree_with_golden_values,
             a_tail_and_what_is_left_make_one, a_point_is_the_difference_of_two_tails,
             certain_and_impossible_have_their_limits, nonsense_has_no_probability,
             beta_quantiles_turn_back_into_their_tail, little_dispersion_is_near_poisson,
             odds_of_all_hits_have_no_upper_limit, intervals_cover_at_least_what_they_say)
