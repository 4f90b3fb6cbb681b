/* The window test against tests/golden/excess.tsv (exact integer arithmetic),
 * and on input that has little to test. */
#include "stats/excess.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

enum { CELLS = 90 };

struct expected {
    unsigned long long count, dwellings;
    double expected, ratio, lower, upper, p, adjusted;
};

static void read_golden(struct gk_site *sites, uint32_t *dwellings, uint32_t *counts,
                        struct expected *x)
{
    FILE *file = fopen("tests/golden/excess.tsv", "r");
    char line[512];
    size_t n = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        ck_assert_uint_lt(n, CELLS);
        ck_assert_int_eq(sscanf(line, "%lf %lf %u %u %llu %llu %lf %lf %lf %lf %lf %lf",
                                &sites[n].east_m, &sites[n].north_m, &dwellings[n], &counts[n],
                                &x[n].count, &x[n].dwellings, &x[n].expected, &x[n].ratio,
                                &x[n].lower, &x[n].upper, &x[n].p, &x[n].adjusted),
                         12);
        n++;
    }
    fclose(file);
    ck_assert_uint_eq(n, CELLS);
}

static void check_close(double have, double expected, size_t row)
{
    ck_assert_msg(fabs(have - expected) <= 1e-11 * fabs(expected), "%.17g for %.17g, cell %zu",
                  have, expected, row);
}

START_TEST(windows_agree_with_exact_arithmetic)
{
    struct gk_site sites[CELLS];
    uint32_t dwellings[CELLS], counts[CELLS];
    struct expected x[CELLS];
    struct gk_excess rows[CELLS];
    struct gk_excess_totals totals;
    struct gk_windows w;
    int classes[4] = {0};
    read_golden(sites, dwellings, counts, x);
    ck_assert_int_eq(gk_windows_build(&w, sites, CELLS, 500, 10000), GK_OK);
    ck_assert_int_eq(gk_excess_test(rows, &totals, counts, dwellings, &w, 0.95), GK_OK);
    for (size_t i = 0; i < CELLS; i++) {
        ck_assert_uint_eq(rows[i].count, x[i].count);
        ck_assert_uint_eq(rows[i].dwellings, x[i].dwellings);
        check_close(rows[i].expected, x[i].expected, i);
        check_close(rows[i].ratio, x[i].ratio, i);
        check_close(rows[i].interval.lower, x[i].lower, i);
        check_close(rows[i].interval.upper, x[i].upper, i);
        check_close(rows[i].p_upper, x[i].p, i);
        check_close(rows[i].p_adjusted, x[i].adjusted, i);
        ck_assert_int_eq(rows[i].class, x[i].dwellings == 0     ? GK_EXCESS_NOT_TESTED
                                        : x[i].adjusted <= 0.01 ? GK_EXCESS_1
                                        : x[i].adjusted <= 0.05 ? GK_EXCESS_5
                                                                : GK_EXCESS_NONE);
        classes[rows[i].class]++;
    }
    for (int i = 0; i < 4; i++)
        ck_assert_msg(classes[i] > 0, "the table has no window of class %d", i);
    ck_assert_uint_gt(totals.left_out, 0);
    ck_assert_uint_eq(totals.tested, (unsigned)(CELLS - classes[GK_EXCESS_NOT_TESTED]));
    gk_windows_release(&w);
}
END_TEST

/* Four cells in a row; each sees its neighbours. */
static size_t start[] = {0, 2, 5, 8, 10};
static uint32_t member[] = {0, 1, 0, 1, 2, 1, 2, 3, 2, 3};
static const struct gk_windows four = {4, start, member};

static struct gk_excess_totals run(struct gk_excess *rows, const uint32_t *counts,
                                   const uint32_t *dwellings)
{
    struct gk_excess_totals totals;
    ck_assert_int_eq(gk_excess_test(rows, &totals, counts, dwellings, &four, 0.95), GK_OK);
    for (size_t i = 0; i < 4; i++)
        ck_assert(rows[i].p_adjusted >= rows[i].p_upper && rows[i].p_adjusted <= 1);
    return totals;
}

START_TEST(no_incidents_have_no_ratio)
{
    struct gk_excess rows[4];
    struct gk_excess_totals t = run(rows, (uint32_t[4]){0}, (uint32_t[4]){8, 8, 8, 8});
    ck_assert(t.events == 0 && t.dwellings == 32 && t.tested == 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert(rows[i].is_null && rows[i].p_upper == 1 && rows[i].class == GK_EXCESS_NONE &&
                  rows[i].ratio == 0 && rows[i].interval.upper == 0);
}
END_TEST

START_TEST(one_incident_is_no_hotspot)
{
    struct gk_excess rows[4];
    run(rows, (uint32_t[4]){1, 0, 0, 0}, (uint32_t[4]){10, 10, 10, 10});
    ck_assert_double_eq_tol(rows[0].p_upper, 0.5, 1e-15);
    ck_assert_double_eq_tol(rows[1].p_upper, 0.75, 1e-15);
    ck_assert_double_eq(rows[3].p_upper, 1);
    ck_assert_double_eq(rows[3].interval.lower, 0);
    ck_assert_double_eq_tol(rows[0].ratio, 2, 1e-15);
    ck_assert_double_eq_tol(rows[0].interval.upper, 2, 1e-15); /* all of all: 1 / share */
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(rows[i].class, GK_EXCESS_NONE);
}
END_TEST

START_TEST(without_dwellings_nothing_is_tested)
{
    struct gk_excess rows[4];
    struct gk_excess_totals t = run(rows, (uint32_t[4]){9, 9, 9, 9}, (uint32_t[4]){0});
    ck_assert(t.events == 0 && t.left_out == 36 && t.tested == 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert(rows[i].is_null && rows[i].count == 0 && rows[i].class == GK_EXCESS_NOT_TESTED &&
                  rows[i].p_upper == 1 && rows[i].p_adjusted == 1);
}
END_TEST

START_TEST(all_equal_or_all_in_one_window_is_no_hotspot)
{
    struct gk_excess rows[4];
    run(rows, (uint32_t[4]){50, 50, 50, 50}, (uint32_t[4]){9, 9, 9, 9});
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(rows[i].class, GK_EXCESS_NONE);
    /* One cell has every dwelling: nothing to compare with. */
    run(rows, (uint32_t[4]){0, 1000, 0, 0}, (uint32_t[4]){0, 9, 0, 0});
    ck_assert(rows[1].p_upper == 1 && rows[1].ratio == 1 && rows[1].class == GK_EXCESS_NONE);
    ck_assert_int_eq(rows[3].class, GK_EXCESS_NOT_TESTED);
}
END_TEST

START_TEST(none_and_one_cell_are_answered)
{
    struct gk_excess row;
    struct gk_excess_totals t;
    size_t starts[] = {0, 1};
    uint32_t own = 0, count = 7, homes = 12;
    struct gk_windows one = {1, starts, &own}, none = {0, starts, NULL};
    ck_assert_int_eq(gk_excess_test(NULL, &t, NULL, NULL, &none, 0.95), GK_OK);
    ck_assert_uint_eq(t.tested, 0);
    ck_assert_int_eq(gk_excess_test(&row, &t, &count, &homes, &one, 0), GK_OK);
    ck_assert(row.p_upper == 1 && row.ratio == 1 && row.interval.upper == 0 && !row.is_null);
}
END_TEST

START_TEST(ten_million_incidents_are_counted_and_too_many_refused)
{
    struct gk_excess rows[4];
    struct gk_excess_totals t =
        run(rows, (uint32_t[4]){2510000, 2500000, 2495000, 2495000}, (uint32_t[4]){9, 9, 9, 9});
    ck_assert_uint_eq(t.events, 10000000);
    /* z = 10000 / sqrt(1e7 / 4) = 6.32: R pnorm gives 1.3e-10. */
    ck_assert(rows[0].p_upper > 1.2e-10 && rows[0].p_upper < 1.4e-10);
    ck_assert_int_eq(rows[0].class, GK_EXCESS_1);
    ck_assert_int_eq(gk_excess_test(rows, &t, (uint32_t[4]){UINT32_MAX, 0, 0, 0},
                                    (uint32_t[4]){9, 9, 9, 9}, &four, 0),
                     GK_TOO_LARGE);
}
END_TEST

START_TEST(windows_that_cannot_be_are_refused)
{
    struct gk_excess rows[2];
    struct gk_excess_totals t;
    size_t starts[] = {0, 2, 2};
    uint32_t outside[] = {0, 2}, twice[] = {0, 0}, counts[] = {3, 1}, homes[] = {8, 4};
    struct gk_windows w = {2, starts, outside};
    ck_assert_int_eq(gk_excess_test(rows, &t, counts, homes, &w, 0), GK_INVALID);
    w.member = twice;
    ck_assert_int_eq(gk_excess_test(rows, &t, counts, homes, &w, 0), GK_INVALID);
    ck_assert_int_eq(gk_excess_test(rows, &t, counts, homes, &four, 1), GK_INVALID);
    ck_assert_int_eq(gk_excess_test(rows, &t, counts, homes, &four, NAN), GK_INVALID);
}
END_TEST

GK_UNIT_MAIN("stats/excess", windows_agree_with_exact_arithmetic, no_incidents_have_no_ratio,
             one_incident_is_no_hotspot, without_dwellings_nothing_is_tested,
             all_equal_or_all_in_one_window_is_no_hotspot, none_and_one_cell_are_answered,
             ten_million_incidents_are_counted_and_too_many_refused,
             windows_that_cannot_be_are_refused)
