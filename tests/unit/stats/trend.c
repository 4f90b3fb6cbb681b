/* Trends against tests/golden/trend.tsv (the formulas restated with 40 digits), and
 * series that say little. */
#include "stats/trend.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

enum { MONTHS = 90, AREAS = 6 };

static const double dwellings[AREAS] = {300, 900, 0, 1500, 250, 700};
static const uint32_t group[AREAS] = {0, 0, 0, 1, 1, 1};

static FILE *golden(const char *path)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "run from the top of the source");
    return file;
}

static void ck_close(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) <= 1e-9 * fabs(expected), "%.17g is not %.17g", value,
                  expected);
}

static struct gk_trend_areas read_series(void)
{
    static uint32_t counts[AREAS][MONTHS];
    FILE *file = golden("tests/golden/trend_series.tsv");
    char line[256];
    size_t n = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        ck_assert_uint_lt(n, MONTHS);
        ck_assert_int_eq(sscanf(line, "%u %u %u %u %u %u", &counts[0][n], &counts[1][n],
                                &counts[2][n], &counts[3][n], &counts[4][n], &counts[5][n]),
                         6);
        n++;
    }
    fclose(file);
    ck_assert_uint_eq(n, MONTHS);
    return (struct gk_trend_areas){AREAS, MONTHS, counts[0], dwellings, group, 2};
}

static void check_row(const struct gk_trend_point *points, const char *line, int seen[4])
{
    size_t month, i;
    unsigned count, years, has_year, year, class, lower, upper;
    double season, mean, dispersion;
    ck_assert_int_eq(sscanf(line, "%zu %zu %u %u %lf %u %u %u %lf %lf %u %u", &month, &i, &count,
                            &years, &season, &has_year, &year, &class, &mean, &dispersion, &lower,
                            &upper),
                     12);
    ck_assert(month < MONTHS && i < AREAS && class < 4);
    const struct gk_trend_point *p = &points[i * MONTHS + month];
    ck_assert_uint_eq(p->count, count);
    ck_assert_uint_eq(p->season_years, years);
    ck_close(p->season, season);
    ck_assert_uint_eq(p->has_year, has_year);
    ck_assert_uint_eq(p->year, year);
    ck_assert_uint_eq(p->range.class, class);
    ck_close(p->range.mean, mean);
    ck_close(p->range.dispersion, dispersion);
    ck_assert_uint_eq(p->range.lower, lower);
    ck_assert_uint_eq(p->range.upper, upper);
    seen[class]++;
}

START_TEST(points_agree_with_golden_values)
{
    static struct gk_trend_point points[AREAS * MONTHS];
    struct gk_trend_areas areas = read_series();
    FILE *file = golden("tests/golden/trend.tsv");
    char line[256];
    int rows = 0, seen[4] = {0};
    ck_assert_int_eq(gk_trend(points, &areas, 0, 0.95), GK_OK);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        check_row(points, line, seen);
        rows++;
    }
    fclose(file);
    ck_assert_int_eq(rows, AREAS * MONTHS);
    ck_assert(seen[GK_USUAL_UNDECIDED] > 0 && seen[GK_USUAL_WITHIN] > 0 &&
              seen[GK_USUAL_MORE] > 0 && seen[GK_USUAL_FEWER] > 0);
}
END_TEST

static void ck_same(const struct gk_trend_point *a, const struct gk_trend_point *b)
{
    ck_assert(a->count == b->count && a->year == b->year && a->has_year == b->has_year);
    ck_assert_double_eq(a->season, b->season);
    ck_assert_double_eq(a->range.mean, b->range.mean);
    ck_assert(a->range.class == b->range.class && a->range.upper == b->range.upper);
}

START_TEST(later_and_fewer_months_are_the_same_points)
{
    static struct gk_trend_point all[AREAS * MONTHS], some[AREAS * MONTHS];
    static uint32_t shorter[AREAS][70];
    struct gk_trend_areas areas = read_series();
    ck_assert_int_eq(gk_trend(all, &areas, 0, 0.95), GK_OK);
    ck_assert_int_eq(gk_trend(some, &areas, 60, 0.95), GK_OK);
    for (size_t i = 0; i < AREAS; i++)
        for (size_t m = 60; m < MONTHS; m++)
            ck_same(&some[i * 30 + m - 60], &all[i * MONTHS + m]);
    for (size_t i = 0; i < AREAS; i++)
        memcpy(shorter[i], areas.counts + i * MONTHS, sizeof shorter[i]);
    areas.counts = shorter[0];
    areas.months = 70;
    ck_assert_int_eq(gk_trend(some, &areas, 69, 0.95), GK_OK);
    for (size_t i = 0; i < AREAS; i++)
        ck_same(&some[i], &all[i * MONTHS + 69]);
}
END_TEST

START_TEST(short_and_empty_series_say_little)
{
    static uint32_t counts[60];
    double some = 100;
    struct gk_trend_point points[60];
    struct gk_trend_areas a = {1, 60, counts, &some, NULL, 1};
    ck_assert_int_eq(gk_trend(points, &a, 0, 0.95), GK_OK);
    ck_assert(!points[10].has_year && points[11].has_year && points[11].season_years == 0);
    ck_assert(points[59].range.class == GK_USUAL_UNDECIDED && points[59].season_years == 4);
    /* All equal: three whole years before come with the 48th month. */
    for (size_t i = 0; i < 60; i++)
        counts[i] = 2;
    ck_assert_int_eq(gk_trend(points, &a, 0, 0.95), GK_OK);
    ck_assert_int_eq(points[46].range.class, GK_USUAL_UNDECIDED);
    ck_assert_int_eq(points[47].range.class, GK_USUAL_WITHIN);
    ck_assert_double_eq_tol(points[47].range.mean, 24, 1e-12);
    ck_assert(points[47].season == 2 && points[47].year == 24);
    /* One event, one month, none. */
    memset(counts, 0, sizeof counts);
    counts[20] = 1;
    ck_assert_int_eq(gk_trend(points, &a, 0, 0.95), GK_OK);
    ck_assert(points[31].year == 1 && points[32].year == 0 && points[32].season == 0.5);
    a.months = 1;
    ck_assert_int_eq(gk_trend(points, &a, 0, 0.95), GK_OK);
    ck_assert(points[0].count == 0 && !points[0].has_year && points[0].season_years == 0);
    ck_assert_int_eq(gk_trend(NULL, &a, 1, 0.95), GK_OK);
    a.months = 0;
    ck_assert_int_eq(gk_trend(NULL, &a, 0, 0.95), GK_OK);
    a.count = 0;
    a.months = 60;
    ck_assert_int_eq(gk_trend(NULL, &a, 0, 0.95), GK_OK);
}
END_TEST

START_TEST(thirty_years_use_the_last_five)
{
    static uint32_t counts[360];
    double some = 100;
    struct gk_trend_point point;
    struct gk_trend_areas a = {1, 360, counts, &some, NULL, 1};
    for (size_t i = 0; i < 360; i++)
        counts[i] = i < 288 ? 1000 : 3;
    ck_assert_int_eq(gk_trend(&point, &a, 359, 0.95), GK_OK);
    ck_assert(point.season_years == 5 && point.season == 3 && point.year == 36);
    ck_assert_double_eq_tol(point.range.mean, 36, 1e-12);
}
END_TEST

START_TEST(nonsense_and_too_much_are_refused)
{
    static uint32_t counts[60];
    double some = 100;
    static struct gk_trend_point points[60];
    struct gk_trend_areas a = {1, 60, counts, &some, NULL, 1};
    static const double confidences[] = {0, 1, NAN, 2};
    ck_assert_int_eq(gk_trend(points, &a, 61, 0.95), GK_INVALID);
    for (size_t i = 0; i < sizeof confidences / sizeof *confidences; i++)
        ck_assert_int_eq(gk_trend(points, &a, 0, confidences[i]), GK_INVALID);
    counts[50] = counts[51] = UINT32_MAX;
    ck_assert_int_eq(gk_trend(points, &a, 0, 0.95), GK_INVALID);
    counts[50] = counts[51] = 0;
    some = NAN;
    ck_assert_int_eq(gk_trend(points, &a, 0, 0.95), GK_INVALID);
    a.count = GK_TREND_POINTS_MAX / 60 + 1;
    ck_assert_int_eq(gk_trend(points, &a, 0, 0.95), GK_TOO_LARGE);
    a.count = SIZE_MAX;
    ck_assert_int_eq(gk_trend(points, &a, 0, 0.95), GK_TOO_LARGE);
}
END_TEST

GK_UNIT_MAIN("stats/trend", points_agree_with_golden_values,
             later_and_fewer_months_are_the_same_points, short_and_empty_series_say_little,
             thirty_years_use_the_last_five, nonsense_and_too_much_are_refused)
