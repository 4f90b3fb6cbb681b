/* Usual ranges against tests/golden/usual_range.tsv (the formulas restated with 40
 * digits), and areas that say little. The error rates are in
 * tests/bench/usual_range.c. */
#include "stats/usual_range.h"

#include <math.h>
#include <stdio.h>

#include "unit.h"

enum { AREAS = 22 };

struct table {
    uint32_t earlier[AREAS][GK_USUAL_YEARS], current[AREAS], group[AREAS];
    uint8_t years[AREAS];
    double dwellings[AREAS], mean[AREAS], dispersion[AREAS];
    unsigned class[AREAS], lower[AREAS], upper[AREAS];
};

static void read_golden(struct table *t)
{
    FILE *file = fopen("tests/golden/usual_range.tsv", "r");
    char line[512];
    size_t n = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        ck_assert_uint_lt(n, AREAS);
        uint32_t *x = t->earlier[n];
        ck_assert_int_eq(sscanf(line, "%u %hhu %u %u %u %u %u %lf %u %u %lf %lf %u %u",
                                &t->group[n], &t->years[n], &x[0], &x[1], &x[2], &x[3], &x[4],
                                &t->dwellings[n], &t->current[n], &t->class[n], &t -> mean[n],
                                &t -> dispersion[n], &t -> lower[n], &t -> upper[n]),
                         14);
        n++;
    }
    fclose(file);
    ck_assert_uint_eq(n, AREAS);
}

START_TEST(areas_agree_with_golden_values)
{
    static struct table t;
    struct gk_usual_range ranges[AREAS];
    int seen[4] = {0};
    read_golden(&t);
    struct gk_usual_areas areas = {
        AREAS, (const uint32_t(*)[GK_USUAL_YEARS])t.earlier, t.years, t.dwellings, t.group, 4};
    ck_assert_int_eq(gk_usual_range(ranges, &areas, t.current, 0.95), GK_OK);
    for (size_t i = 0; i < AREAS; i++) {
        ck_assert_uint_eq(ranges[i].class, t.class[i]);
        seen[t.class[i]]++;
        ck_assert_double_le(fabs(ranges[i].mean - t.mean[i]), 1e-11 * t.mean[i]);
        ck_assert_double_le(fabs(ranges[i].dispersion - t.dispersion[i]), 1e-11 * t.dispersion[i]);
        ck_assert_uint_eq(ranges[i].lower, t.lower[i]);
        ck_assert_uint_eq(ranges[i].upper, t.upper[i]);
    }
    for (int i = 0; i < 4; i++)
        ck_assert_msg(seen[i] > 0, "the table has no class %d", i);
}
END_TEST

static struct gk_usual_range one(const uint32_t earlier[GK_USUAL_YEARS], uint8_t years,
                                 double dwellings, uint32_t current)
{
    struct gk_usual_range range;
    struct gk_usual_areas area = {
        1, (const uint32_t(*)[GK_USUAL_YEARS])earlier, &years, &dwellings, NULL, 1};
    ck_assert_int_eq(gk_usual_range(&range, &area, &current, 0.95), GK_OK);
    return range;
}

START_TEST(an_area_alone_is_judged_by_itself)
{
    static const uint32_t same[] = {4, 4, 4, 4, 4};
    /* Alone the variance between areas is 0: plain Poisson of mean 4. R: qpois(c(0.025,
     * 0.975), 4) is 1 and 8. */
    struct gk_usual_range r = one(same, 5, 1000, 8);
    ck_assert(r.class == GK_USUAL_WITHIN && r.lower == 1 && r.upper == 8 && r.dispersion == 1);
    ck_assert_double_eq_tol(r.mean, 4, 1e-14);
    ck_assert_int_eq(one(same, 5, 1000, 9).class, GK_USUAL_MORE);
    ck_assert_int_eq(one(same, 5, 1000, 1).class, GK_USUAL_WITHIN);
    ck_assert_int_eq(one(same, 5, 1000, 0).class, GK_USUAL_FEWER);
}
END_TEST

START_TEST(little_to_go_by_is_undecided)
{
    static const uint32_t some[] = {3, 2, 4, 50, 50}, none[] = {0, 0, 0, 0, 0};
    for (uint8_t years = 0; years < GK_USUAL_YEARS_MIN; years++)
        ck_assert_int_eq(one(some, years, 1000, 9).class, GK_USUAL_UNDECIDED);
    /* Only the complete years count. */
    ck_assert_double_eq_tol(one(some, 3, 1000, 3).mean, 3, 1e-14);
    ck_assert_int_eq(one(some, 5, 0, 9).class, GK_USUAL_UNDECIDED);
    ck_assert_int_eq(one(none, 5, 1000, 9).class, GK_USUAL_UNDECIDED);
    ck_assert_uint_eq(one(none, 5, 1000, 9).upper, 0);
}
END_TEST

START_TEST(uneven_years_widen_the_range)
{
    static const uint32_t uneven[] = {0, 12, 1, 7, 0};
    struct gk_usual_range r = one(uneven, 5, 1000, 11);
    /* phi by hand: mean 4, (16 + 64 + 9 + 9 + 16) / 4 / 4. */
    ck_assert_double_eq_tol(r.dispersion, 7.125, 1e-13);
    ck_assert(r.class == GK_USUAL_WITHIN && r.lower == 0 && r.upper > 8);
}
END_TEST

START_TEST(the_dispersion_can_be_given)
{
    static const uint32_t same[] = {4, 4, 4, 4, 4};
    uint8_t years = 5;
    double dwellings = 1000;
    uint32_t current = 9;
    struct gk_usual_range r;
    struct gk_usual_areas area = {
        1, (const uint32_t(*)[GK_USUAL_YEARS])same, &years, &dwellings, NULL, 1};
    ck_assert_int_eq(gk_usual_range_given(&r, &area, &current, 1, 0.95), GK_OK);
    ck_assert(r.class == GK_USUAL_MORE && r.upper == 8);
    /* A variance of twice the mean: sum of C(k + 3, k) / 2^(k + 4) is 0.0625 at 0,
     * 0.9713 at 10 and 0.9824 at 11. */
    ck_assert_int_eq(gk_usual_range_given(&r, &area, &current, 2, 0.95), GK_OK);
    ck_assert(r.class == GK_USUAL_WITHIN && r.lower == 0 && r.upper == 11);
    ck_assert_double_eq(r.dispersion, 2);
    ck_assert_int_eq(gk_usual_range_given(&r, &area, &current, 0.9, 0.95), GK_INVALID);
    ck_assert_int_eq(gk_usual_range_given(&r, &area, &current, NAN, 0.95), GK_INVALID);
}
END_TEST

START_TEST(none_are_answered_and_nonsense_refused)
{
    uint32_t earlier[2][GK_USUAL_YEARS] = {{1, 2, 1, 2, 1}, {1, 1, 1, 1, 1}}, now[] = {1, 1};
    uint32_t group[] = {0, 1};
    uint8_t years[] = {5, 5};
    double dwellings[] = {100, 200};
    struct gk_usual_range ranges[2];
    struct gk_usual_areas a = {
        2, (const uint32_t(*)[GK_USUAL_YEARS])earlier, years, dwellings, group, 2};
    ck_assert_int_eq(gk_usual_range(ranges, &a, now, 0.95), GK_OK);
    static const double confidences[] = {0, 1, NAN, 2};
    for (size_t i = 0; i < sizeof confidences / sizeof *confidences; i++)
        ck_assert_int_eq(gk_usual_range(ranges, &a, now, confidences[i]), GK_INVALID);
    a.groups = 1;
    ck_assert_int_eq(gk_usual_range(ranges, &a, now, 0.95), GK_INVALID);
    a.groups = 0;
    ck_assert_int_eq(gk_usual_range(ranges, &a, now, 0.95), GK_INVALID);
    a.groups = 2;
    years[1] = 6;
    ck_assert_int_eq(gk_usual_range(ranges, &a, now, 0.95), GK_INVALID);
    years[1] = 5;
    dwellings[0] = NAN;
    ck_assert_int_eq(gk_usual_range(ranges, &a, now, 0.95), GK_INVALID);
    dwellings[0] = -3;
    ck_assert_int_eq(gk_usual_range(ranges, &a, now, 0.95), GK_INVALID);
    a.count = 0;
    ck_assert_int_eq(gk_usual_range(NULL, &a, NULL, 0.95), GK_OK);
}
END_TEST

START_TEST(ten_million_a_year_are_judged_and_more_refused)
{
    uint32_t many[] = {10000000, 10000000, 10000000}, most[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX};
    uint32_t all[GK_USUAL_YEARS] = {many[0], many[1], many[2]};
    ck_assert_int_eq(one(all, 3, 1e6, 10010000).class, GK_USUAL_MORE);
    ck_assert_int_eq(one(all, 3, 1e6, 10001000).class, GK_USUAL_WITHIN);
    uint32_t huge[1][GK_USUAL_YEARS] = {{most[0], most[1], most[2]}}, now = 1;
    uint8_t years = 3;
    double dwellings = 1;
    struct gk_usual_range range;
    struct gk_usual_areas a = {1, (const uint32_t(*)[GK_USUAL_YEARS])huge, &years, &dwellings, NULL,
                               1};
    ck_assert_int_eq(gk_usual_range(&range, &a, &now, 0.95), GK_TOO_LARGE);
}
END_TEST

GK_UNIT_MAIN("stats/usual_range", areas_agree_with_golden_values, an_area_alone_is_judged_by_itself,
             little_to_go_by_is_undecided, uneven_years_widen_the_range,
             the_dispersion_can_be_given, none_are_answered_and_nonsense_refused,
             ten_million_a_year_are_judged_and_more_refused)
