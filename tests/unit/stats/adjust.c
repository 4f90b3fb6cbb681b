/* Adjusted p values against the example of Benjamini and Hochberg's paper, a
 * plain restatement of the definition, and what they must be whatever the order. */
#include "stats/adjust.h"

#include <math.h>
#include <stdint.h>

#include "base/random.h"
#include "unit.h"

/* Benjamini and Hochberg 1995, section 4.1: 15 p values; 4 are rejected at 5 %,
 * 3 by Bonferroni. Adjusted values by hand: 15 / rank times p. */
START_TEST(the_paper_s_example_rejects_four)
{
    static const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                               0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
    double q[15];
    int rejected = 0;
    ck_assert_int_eq(gk_adjust_fdr(q, p, 15), GK_OK);
    for (int i = 0; i < 15; i++)
        rejected += q[i] <= 0.05;
    ck_assert_int_eq(rejected, 4);
    ck_assert_double_eq_tol(q[0], 0.0015, 1e-15);
    ck_assert_double_eq_tol(q[3], 0.035625, 1e-15);
    ck_assert_double_eq_tol(q[4], 0.0603, 1e-15);
    ck_assert_double_eq_tol(q[5], 0.0298 * 15 / 7, 1e-15);
    ck_assert_double_eq_tol(q[6], 0.0298 * 15 / 7, 1e-15);
    ck_assert_double_eq(q[14], 1);
}
END_TEST

/* min over p(j) >= p of count / rank(j) * p(j), the rank counting ties in. */
static double plainly(const double *p, size_t count, double own)
{
    double least = 1;
    for (size_t j = 0; j < count; j++) {
        size_t rank = 0;
        for (size_t k = 0; k < count; k++)
            rank += p[k] <= p[j];
        double value = p[j] * ((double)count / (double)rank);
        if (p[j] >= own && value < least)
            least = value;
    }
    return least;
}

START_TEST(it_is_the_definition_also_with_ties)
{
    struct gk_random random;
    gk_random_init(&random, 20261128, 0);
    for (int round = 0; round < 60; round++) {
        size_t count = 1 + gk_random_below(&random, 60);
        double p[60], q[60], steps = round % 2 == 0 ? 5 : 1e12;
        for (size_t i = 0; i < count; i++)
            p[i] = pow(floor(gk_random_unit(&random) * steps) / steps, round % 3 + 1);
        ck_assert_int_eq(gk_adjust_fdr(q, p, count), GK_OK);
        for (size_t i = 0; i < count; i++) {
            ck_assert_double_eq(q[i], plainly(p, count, p[i]));
            ck_assert(q[i] >= p[i] && q[i] <= 1);
        }
    }
}
END_TEST

START_TEST(the_order_of_the_tests_does_not_matter)
{
    double p[] = {0.04, 0.01, 0.04, 0.7, 0.001}, backwards[5], q[5];
    for (int i = 0; i < 5; i++)
        backwards[i] = p[4 - i];
    ck_assert_int_eq(gk_adjust_fdr(q, p, 5), GK_OK);
    ck_assert_int_eq(gk_adjust_fdr(backwards, backwards, 5), GK_OK); /* in place */
    for (int i = 0; i < 5; i++)
        ck_assert_double_eq(q[i], backwards[4 - i]);
}
END_TEST

START_TEST(few_and_extreme_are_defined)
{
    double one = 0.03, same[] = {0.2, 0.2, 0.2}, ends[] = {0, 1, -0.0, 5e-324};
    ck_assert_int_eq(gk_adjust_fdr(NULL, NULL, 0), GK_OK);
    ck_assert_int_eq(gk_adjust_fdr(&one, &one, 1), GK_OK);
    ck_assert_double_eq(one, 0.03);
    ck_assert_int_eq(gk_adjust_fdr(same, same, 3), GK_OK);
    ck_assert_double_eq(same[0], 0.2);
    ck_assert_double_eq(same[2], 0.2);
    ck_assert_int_eq(gk_adjust_fdr(ends, ends, 4), GK_OK);
    ck_assert(ends[0] == 0 && ends[1] == 1 && ends[2] == 0 && ends[3] > 0);
}
END_TEST

START_TEST(what_is_no_probability_is_refused)
{
    static const double bad[] = {NAN, -1e-9, 1.0000001, HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double p[] = {0.1, bad[i], 0.2}, q[] = {7, 7, 7};
        ck_assert_int_eq(gk_adjust_fdr(q, p, 3), GK_INVALID);
        ck_assert(q[0] == 7 && q[1] == 7 && q[2] == 7);
    }
    double p = 0.5;
    ck_assert_int_eq(gk_adjust_fdr(&p, &p, (size_t)UINT32_MAX + 1), GK_INVALID);
}
END_TEST

START_TEST(a_million_take_their_place)
{
    enum { N = 1000000 };
    double *p = malloc(N * sizeof *p);
    ck_assert_ptr_nonnull(p);
    for (size_t i = 0; i < N; i++)
        p[i] = (double)(i * 7919 % N + 1) / N; /* all of 1/N ... 1, each once */
    ck_assert_int_eq(gk_adjust_fdr(p, p, N), GK_OK);
    for (size_t i = 0; i < N; i++)
        ck_assert_double_eq_tol(p[i], 1, 1e-12);
    free(p);
}
END_TEST

GK_UNIT_MAIN("stats/adjust", the_paper_s_example_rejects_four, it_is_the_definition_also_with_ties,
             the_order_of_the_tests_does_not_matter, few_and_extreme_are_defined,
             what_is_no_probability_is_refused, a_million_take_their_place)
