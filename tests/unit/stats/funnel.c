/* Limits, dispersion and p against tests/golden/rates.tsv (R), and the ends of
 * the funnel. */
#include "stats/funnel.h"

#include <math.h>
#include <stdio.h>

#include "stats/distribution.h"
#include "unit.h"

enum { AREAS = 29 };

static void check_close(double have, double expected, const char *line)
{
    ck_assert_msg(fabs(have - expected) <= 1e-9 * fabs(expected), "%.17g for %.17g in %s", have,
                  expected, line);
}

START_TEST(districts_agree_with_golden_values)
{
    FILE *file = fopen("tests/golden/rates.tsv", "r");
    char line[512];
    uint64_t counts[AREAS];
    double means[AREAS], phi;
    size_t n = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long long count;
        double lo95, hi95, lo998, hi998, p;
        if (line[0] == '#')
            continue;
        ck_assert_uint_lt(n, AREAS);
        ck_assert_int_eq(sscanf(line, "%llu %*f %lf %*f %*f %*f %*f %lf %lf %lf %lf %lf", &count,
                                &means[n], &lo95, &hi95, &lo998, &hi998, &p),
                         7);
        struct gk_interval narrow = gk_funnel_limits(means[n], 0.95, 1),
                           wide = gk_funnel_limits(means[n], 0.998, 1);
        check_close(narrow.lower, lo95, line);
        check_close(narrow.upper, hi95, line);
        check_close(wide.lower, lo998, line);
        check_close(wide.upper, hi998, line);
        check_close(gk_funnel_p(count, means[n], 1), p, line);
        double x = (double)count;
        ck_assert_int_eq(gk_funnel_classify(count, means[n], 1), x > hi998   ? GK_FUNNEL_ABOVE_998
                                                                 : x > hi95  ? GK_FUNNEL_ABOVE_95
                                                                 : x < lo998 ? GK_FUNNEL_BELOW_998
                                                                 : x < lo95  ? GK_FUNNEL_BELOW_95
                                                                             : GK_FUNNEL_INSIDE);
        counts[n++] = count;
    }
    fclose(file);
    ck_assert_uint_eq(n, AREAS);
    ck_assert_int_eq(gk_funnel_dispersion(&phi, counts, means, AREAS), GK_OK);
    ck_assert_double_eq_tol(phi, 3.708904871011, 1e-12); /* R, 13 figures */
}
END_TEST

START_TEST(dispersion_widens_by_its_root)
{
    for (double mean = 0.01; mean < 1e6; mean *= 3) {
        struct gk_interval one = gk_funnel_limits(mean, 0.95, 1),
                           four = gk_funnel_limits(mean, 0.95, 4);
        ck_assert_double_eq_tol((four.upper - mean) / (one.upper - mean), 2, 1e-9);
        ck_assert_double_eq_tol((four.lower - mean) / (one.lower - mean), 2, 1e-9);
        ck_assert(gk_funnel_limits(mean, 0.998, 1).upper > one.upper);
    }
    ck_assert_double_eq_tol(gk_funnel_p(9, 4, 1),
                            2 * (gk_poisson_upper(9, 4) - gk_poisson_point(9, 4) / 2), 1e-14);
    ck_assert(gk_funnel_p(9, 4, 3) > gk_funnel_p(9, 4, 1));
}
END_TEST

START_TEST(areas_alike_have_a_dispersion_of_one)
{
    uint64_t x[] = {5, 10, 20};
    double e[] = {5, 10, 20}, phi = 0;
    ck_assert_int_eq(gk_funnel_dispersion(&phi, x, e, 3), GK_OK);
    ck_assert_double_eq(phi, 1);
    double some[] = {5, 0, 0};
    ck_assert_int_eq(gk_funnel_dispersion(&phi, x, some, 3), GK_OK);
    ck_assert_double_eq(phi, 1);
    ck_assert_int_eq(gk_funnel_dispersion(&phi, NULL, NULL, 0), GK_OK);
    ck_assert_double_eq(phi, 1);
    double bad[] = {5, NAN}, negative[] = {-1};
    ck_assert_int_eq(gk_funnel_dispersion(&phi, x, bad, 2), GK_INVALID);
    ck_assert_int_eq(gk_funnel_dispersion(&phi, x, negative, 1), GK_INVALID);
}
END_TEST

START_TEST(nothing_expected_cannot_be_compared)
{
    static const double bad[] = {0, -1, NAN, HUGE_VAL, 2e9};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(gk_funnel_classify(3, bad[i], 1), GK_FUNNEL_NONE);
        ck_assert(isnan(gk_funnel_limits(bad[i], 0.95, 1).upper) &&
                  isnan(gk_funnel_p(3, bad[i], 1)));
    }
    ck_assert_int_eq(gk_funnel_classify(3, 1, 0.5), GK_FUNNEL_NONE);
    ck_assert(isnan(gk_funnel_limits(1, 1, 1).lower) && isnan(gk_funnel_p(1, 1, NAN)));
}
END_TEST

START_TEST(classes_go_from_below_to_above)
{
    /* Mean 100: half-widths near 1.96 and 3.09 times 10. */
    ck_assert_int_eq(gk_funnel_classify(65, 100, 1), GK_FUNNEL_BELOW_998);
    ck_assert_int_eq(gk_funnel_classify(78, 100, 1), GK_FUNNEL_BELOW_95);
    ck_assert_int_eq(gk_funnel_classify(90, 100, 1), GK_FUNNEL_INSIDE);
    ck_assert_int_eq(gk_funnel_classify(123, 100, 1), GK_FUNNEL_ABOVE_95);
    ck_assert_int_eq(gk_funnel_classify(140, 100, 1), GK_FUNNEL_ABOVE_998);
    ck_assert_int_eq(gk_funnel_classify(140, 100, 6), GK_FUNNEL_INSIDE);
    ck_assert_int_eq(gk_funnel_classify(0, 1.5, 1), GK_FUNNEL_INSIDE); /* never low enough */
    ck_assert_int_eq(gk_funnel_classify(UINT64_MAX, 100, 1), GK_FUNNEL_ABOVE_998);
}
END_TEST

GK_UNIT_MAIN("stats/funnel", districts_agree_with_golden_values, dispersion_widens_by_its_root,
             areas_alike_have_a_dispersion_of_one, nothing_expected_cannot_be_compared,
             classes_go_from_below_to_above)
