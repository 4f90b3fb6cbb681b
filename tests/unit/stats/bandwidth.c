/* Bandwidths of tests/golden/points.tsv against tests/golden/bandwidth.tsv (R and
 * spatstat), and points that have none. */
#include "stats/bandwidth.h"

#include "table.h"
#include "unit.h"

static const struct gk_window window = {674000, 6580000, 684000, 6588000};

START_TEST(rule_and_scores_agree_with_golden_values)
{
    size_t points, rows, best;
    double *p = table_read("tests/golden/points.tsv", 3, &points), s[2];
    double *g = table_read("tests/golden/bandwidth.tsv", 2, &rows);
    double *e = table_column(p, points, 3, 0), *n = table_column(p, points, 3, 1);
    ck_assert_uint_eq(rows, 11);
    ck_assert_int_eq(gk_bandwidth_scott(&s[0], &s[1], e, n, points), GK_OK);
    for (size_t i = 0; i < 2; i++)
        check_near(s[i], g[2 * i + 1], 1e-9, "scott", i);
    double sigmas[9], scores[9];
    for (size_t i = 0; i < 9; i++)
        sigmas[i] = 100 * pow(2, (double)i / 2);
    ck_assert_int_eq(gk_bandwidth_likelihood(scores, &best, sigmas, 9, &window, e, n, points),
                     GK_OK);
    for (size_t i = 0; i < 9; i++) {
        check_near(sigmas[i], g[2 * (i + 2)], 1e-9, "sigma", i);
        check_near(scores[i], g[2 * (i + 2) + 1], 1e-9, "score", i);
    }
    ck_assert_uint_eq(best, 3);
    free(p), free(g), free(e), free(n);
}
END_TEST

START_TEST(one_place_has_no_spread)
{
    static const double same[] = {674100, 674100, 674100}, other[] = {6580100, 6580100, 6580200};
    static const double sigmas[] = {200, 100};
    double s[2], scores[2];
    size_t best;
    ck_assert_int_eq(gk_bandwidth_scott(&s[0], &s[1], same, other, 3), GK_OK);
    ck_assert_double_eq(s[0], 0);
    ck_assert_double_gt(s[1], 0);
    /* All in one place: the smaller the better. */
    static const double north[] = {6580100, 6580100, 6580100};
    ck_assert_int_eq(gk_bandwidth_likelihood(scores, &best, sigmas, 2, &window, same, north, 3),
                     GK_OK);
    ck_assert_uint_eq(best, 1);
    /* Farther apart than any double of exp: the floor, and the smaller of equals. */
    static const double far_e[] = {0, 1e9}, far_n[] = {0, 1e9};
    ck_assert_int_eq(gk_bandwidth_likelihood(scores, &best, sigmas, 2, &window, far_e, far_n, 2),
                     GK_OK);
    ck_assert_double_eq_tol(scores[0], 2 * log(1e-300), 1e-9);
    ck_assert_uint_eq(best, 1);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const double at[] = {1, 2}, bad[] = {1, NAN}, sigmas[] = {100, -1};
    static const struct gk_window none = {1, 0, 0, 1};
    double s[2], scores[2];
    ck_assert_int_eq(gk_bandwidth_scott(&s[0], &s[1], at, at, 1), GK_INVALID);
    ck_assert_int_eq(gk_bandwidth_scott(&s[0], &s[1], at, bad, 2), GK_INVALID);
    ck_assert_int_eq(gk_bandwidth_likelihood(scores, NULL, sigmas, 1, &window, at, at, 1),
                     GK_INVALID);
    ck_assert_int_eq(gk_bandwidth_likelihood(scores, NULL, sigmas, 0, &window, at, at, 2),
                     GK_INVALID);
    ck_assert_int_eq(gk_bandwidth_likelihood(scores, NULL, sigmas, 2, &window, at, at, 2),
                     GK_INVALID);
    ck_assert_int_eq(gk_bandwidth_likelihood(scores, NULL, sigmas, 1, &window, bad, at, 2),
                     GK_INVALID);
    ck_assert_int_eq(gk_bandwidth_likelihood(scores, NULL, sigmas, 1, &none, at, at, 2),
                     GK_INVALID);
    double *many = calloc(50000, sizeof *many);
    ck_assert_int_eq(gk_bandwidth_likelihood(scores, NULL, sigmas, 1, &window, many, many, 50000),
                     GK_TOO_LARGE);
    free(many);
}
END_TEST

GK_UNIT_MAIN("stats/bandwidth", rule_and_scores_agree_with_golden_values, one_place_has_no_spread,
             nonsense_is_refused)
