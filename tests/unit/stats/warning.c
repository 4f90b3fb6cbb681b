/* Warnings against tests/golden/warning.tsv (R, surveillance), warning_fit.tsv (30
 * digits), and histories that say little. */
#include "stats/warning.h"

#include <math.h>
#include <stdio.h>

#include "unit.h"

enum { SERIES = 5, WEEKS_MAX = 416 };

static uint32_t series[SERIES][WEEKS_MAX];
static size_t lengths[SERIES];

static void ck_close(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) <= 1e-9 * fabs(expected), "%.17g is not %.17g", value,
                  expected);
}

static FILE *golden(const char *path)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "run from the top of the source");
    return file;
}

/* The next row that is no comment. */
static bool next(char line[256], FILE *file)
{
    while (fgets(line, 256, file) != NULL)
        if (line[0] != '#')
            return true;
    fclose(file);
    return false;
}

static void read_series(void)
{
    char line[256];
    FILE *file = golden("tests/golden/weekly.tsv");
    lengths[0] = 0;
    while (next(line, file)) {
        ck_assert_uint_lt(lengths[0], WEEKS_MAX);
        ck_assert_int_eq(sscanf(line, "%u", &series[0][lengths[0]++]), 1);
    }
    file = golden("tests/golden/warning_series.tsv");
    size_t n = 0;
    for (; next(line, file); n++) {
        ck_assert_uint_lt(n, WEEKS_MAX);
        ck_assert_int_eq(
            sscanf(line, "%u %u %u %u", &series[1][n], &series[2][n], &series[3][n], &series[4][n]),
            4);
    }
    for (int s = 1; s < SERIES; s++)
        lengths[s] = n;
}

static struct gk_warning warn(const uint32_t *counts, size_t weeks, size_t week)
{
    struct gk_warning warning;
    ck_assert_int_eq(gk_warning_week(&warning, counts, weeks, week, GK_WARNING_ALPHA), GK_OK);
    return warning;
}

START_TEST(weeks_agree_with_r)
{
    char line[256];
    int rows = 0, alarms = 0;
    read_series();
    FILE *file = golden("tests/golden/warning.tsv");
    while (next(line, file)) {
        unsigned week, count, upper, alarm;
        double expected;
        ck_assert_int_eq(sscanf(line, "%u %u %u %u %lf", &week, &count, &upper, &alarm, &expected),
                         5);
        ck_assert_uint_eq(series[0][week - 1], count);
        struct gk_warning w = warn(series[0], lengths[0], week - 1);
        ck_close(w.expected, expected);
        ck_assert_uint_eq(w.upper, upper);
        ck_assert_int_eq(w.class, alarm ? GK_WARNING_MORE : GK_WARNING_QUIET);
        ck_assert(gk_warning_is_dense(series[0], lengths[0], week - 1));
        alarms += w.class == GK_WARNING_MORE;
        rows++;
    }
    ck_assert_int_eq(rows, 104);
    /* ews_checks.json of the same run: weeks 380, 400, 402, 403 and 404. */
    ck_assert_int_eq(alarms, 5);
}
END_TEST

START_TEST(fits_agree_with_golden_values)
{
    char line[256];
    int rows = 0, lines = 0;
    read_series();
    FILE *file = golden("tests/golden/warning_fit.tsv");
    while (next(line, file)) {
        unsigned number, week, has_line, upper;
        double expected, dispersion, p, false_alarm;
        ck_assert_int_eq(sscanf(line, "%u %u %u %lf %lf %u %lf %lf", &number, &week, &has_line,
                                &expected, &dispersion, &upper, &p, &false_alarm),
                         8);
        struct gk_warning w = warn(series[number], lengths[number], week);
        ck_assert_int_eq(w.has_trend, has_line != 0);
        ck_close(w.expected, expected);
        ck_close(w.dispersion, dispersion);
        ck_assert_uint_eq(w.upper, upper);
        ck_close(w.p, p);
        ck_close(w.false_alarm, false_alarm);
        lines += w.has_trend;
        rows++;
    }
    ck_assert_int_eq(rows, 18);
    ck_assert_msg(lines > 0 && lines < rows, "both with and without a line: %d", lines);
}
END_TEST

START_TEST(little_to_go_by_is_undecided)
{
    static uint32_t none[300], one[300];
    one[40] = 1;
    read_series();
    struct gk_warning w = warn(series[0], lengths[0], GK_WARNING_HISTORY - 1);
    ck_assert_int_eq(w.class, GK_WARNING_UNDECIDED);
    ck_assert(w.upper == 0 && w.expected == 0);
    ck_assert_int_ne(warn(series[0], lengths[0], GK_WARNING_HISTORY).class, GK_WARNING_UNDECIDED);
    ck_assert_int_eq(warn(none, 300, 299).class, GK_WARNING_UNDECIDED);
    ck_assert(!gk_warning_is_dense(none, 300, 299));
    /* One event in the history: whatever comes of it, it is finite, and 1 is no
     * warning. */
    w = warn(one, 300, 299);
    ck_assert(w.class == GK_WARNING_UNDECIDED || w.class == GK_WARNING_TOO_FEW);
    ck_assert(isfinite(w.expected) && isfinite(w.p));
    ck_assert(!gk_warning_is_dense(one, 300, 299));
    ck_assert(!gk_warning_is_dense(series[0], lengths[0], GK_WARNING_HISTORY - 1));
    ck_assert(!gk_warning_is_dense(series[0], lengths[0], lengths[0]));
}
END_TEST

START_TEST(fewer_than_five_in_four_weeks_are_no_warning)
{
    static uint32_t y[300];
    for (size_t i = 0; i < 300; i++)
        y[i] = i % 4 == 0;
    y[299] = 3;
    ck_assert_uint_eq(y[296], 1);
    struct gk_warning w = warn(y, 300, 299);
    ck_assert_int_eq(w.class, GK_WARNING_TOO_FEW);
    ck_assert_uint_gt(3, w.upper);
    y[299] = 4;
    ck_assert_int_eq(warn(y, 300, 299).class, GK_WARNING_MORE);
}
END_TEST

START_TEST(the_future_and_the_last_half_year_are_not_looked_at)
{
    static uint32_t y[WEEKS_MAX];
    read_series();
    for (size_t i = 0; i < WEEKS_MAX; i++)
        y[i] = i > 350 || (i < 350 && i >= 324) || i < 87 ? 1000000 : series[0][i];
    struct gk_warning w = warn(series[0], lengths[0], 350), v = warn(y, WEEKS_MAX, 350);
    ck_assert_double_eq(w.expected, v.expected);
    ck_assert_double_eq(w.p, v.p);
    ck_assert_uint_eq(w.upper, v.upper);
}
END_TEST

START_TEST(huge_and_lopsided_counts_are_finite_or_undecided)
{
    static uint32_t y[300];
    static const uint32_t highs[] = {1, 1000, 10000000, UINT32_MAX};
    for (size_t h = 0; h < sizeof highs / sizeof *highs; h++)
        for (size_t every = 1; every <= 261; every += 20) {
            for (size_t i = 0; i < 300; i++)
                y[i] = i % every == 0 ? highs[h] : 0;
            struct gk_warning w = warn(y, 300, 299);
            ck_assert(isfinite(w.expected) && isfinite(w.dispersion) && isfinite(w.false_alarm));
            if (w.class != GK_WARNING_UNDECIDED)
                ck_assert_double_ge(w.dispersion, 1);
        }
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const double alphas[] = {0, -1, 0.51, NAN, INFINITY};
    static uint32_t y[300];
    struct gk_warning w;
    struct gk_warning_thin t;
    double dwellings = 10;
    struct gk_warning_areas a = {1, 300, y, &dwellings, NULL, 1};
    ck_assert_int_eq(gk_warning_week(&w, y, 300, 300, 0.01), GK_INVALID);
    ck_assert_int_eq(gk_warning_week(&w, y, 0, 0, 0.01), GK_INVALID);
    for (size_t i = 0; i < sizeof alphas / sizeof *alphas; i++) {
        ck_assert_int_eq(gk_warning_week(&w, y, 300, 299, alphas[i]), GK_INVALID);
        ck_assert_int_eq(gk_warning_thin(&t, &a, 299, 4, alphas[i]), GK_INVALID);
    }
    ck_assert_int_eq(gk_warning_thin(&t, &a, 300, 4, 0.01), GK_INVALID);
    ck_assert_int_eq(gk_warning_thin(&t, &a, 299, 0, 0.01), GK_INVALID);
    ck_assert_int_eq(gk_warning_thin(&t, &a, 299, 53, 0.01), GK_INVALID);
    ck_assert_int_eq(gk_warning_thin(&t, &a, 2, 4, 0.01), GK_INVALID);
    y[299] = y[298] = UINT32_MAX;
    ck_assert_int_eq(gk_warning_thin(&t, &a, 299, 4, 0.01), GK_INVALID);
    a.dwellings = &(double){NAN};
    ck_assert_int_eq(gk_warning_thin(&t, &a, 299, 1, 0.01), GK_INVALID);
    a.count = GK_WARNING_AREAS_MAX + 1;
    ck_assert_int_eq(gk_warning_thin(&t, &a, 299, 1, 0.01), GK_INVALID);
    a.count = 0;
    ck_assert_int_eq(gk_warning_thin(NULL, &a, 299, 1, 0.01), GK_OK);
}
END_TEST

enum { THIN = 8, THIN_WEEKS = 280 };

static void read_thin(uint32_t counts[THIN][THIN_WEEKS])
{
    char line[256];
    FILE *file = golden("tests/golden/warning_thin_series.tsv");
    size_t n = 0;
    for (; next(line, file); n++) {
        ck_assert_uint_lt(n, THIN_WEEKS);
        ck_assert_int_eq(sscanf(line, "%u %u %u %u %u %u %u %u", &counts[0][n], &counts[1][n],
                                &counts[2][n], &counts[3][n], &counts[4][n], &counts[5][n],
                                &counts[6][n], &counts[7][n]),
                         8);
    }
    ck_assert_uint_eq(n, THIN_WEEKS);
}

START_TEST(thin_districts_agree_with_golden_values)
{
    static uint32_t counts[THIN][THIN_WEEKS];
    static const double dwellings[THIN] = {400, 1200, 800, 0, 900, 300, 500, 700};
    static const uint32_t group[THIN] = {0, 0, 0, 0, 1, 1, 1, 2};
    struct gk_warning_areas a = {THIN, THIN_WEEKS, counts[0], dwellings, group, 3};
    char line[256];
    int rows = 0, seen[4] = {0};
    read_thin(counts);
    FILE *file = golden("tests/golden/warning_thin.tsv");
    for (; next(line, file); rows++) {
        struct gk_warning_thin t[THIN];
        size_t week, window, i;
        unsigned class, current, upper;
        double mean, dispersion, false_alarm;
        ck_assert_int_eq(sscanf(line, "%zu %zu %zu %u %u %lf %lf %u %lf", &week, &window, &i,
                                &class, &current, &mean, &dispersion, &upper, &false_alarm),
                         9);
        ck_assert_uint_lt(i, THIN);
        ck_assert_int_eq(gk_warning_thin(t, &a, week, window, GK_WARNING_ALPHA), GK_OK);
        ck_assert_uint_eq(t[i].class, class);
        ck_assert_uint_eq(t[i].current, current);
        ck_close(t[i].mean, mean);
        ck_close(t[i].dispersion, dispersion);
        ck_assert_uint_eq(t[i].upper, upper);
        ck_close(t[i].false_alarm, false_alarm);
        seen[class]++;
    }
    ck_assert_int_eq(rows, 7 * THIN);
    ck_assert(seen[GK_WARNING_UNDECIDED] > THIN && seen[GK_WARNING_QUIET] > 0 &&
              seen[GK_WARNING_MORE] > 0);
}
END_TEST

START_TEST(thin_districts_need_three_years_and_dwellings)
{
    static uint32_t counts[2][170], none[2][170];
    double dwellings[2] = {100, 0};
    struct gk_warning_thin t[2];
    struct gk_warning_areas a = {2, 170, counts[0], dwellings, NULL, 1};
    for (size_t i = 0; i < 170; i++)
        counts[0][i] = counts[1][i] = 1;
    /* Three years and 13 weeks end with week 168, and not with 167. All equal: the
     * mean is that of 13 weeks, and 20 events more change nothing. */
    ck_assert_int_eq(gk_warning_thin(t, &a, 168, 13, 0.01), GK_OK);
    ck_assert_int_eq(t[0].class, GK_WARNING_QUIET);
    ck_assert_double_eq_tol(t[0].mean, 13, 1e-12);
    ck_assert_int_eq(t[1].class, GK_WARNING_UNDECIDED);
    ck_assert(t[1].current == 13 && t[1].false_alarm == 0);
    ck_assert_int_eq(gk_warning_thin(t, &a, 167, 13, 0.01), GK_OK);
    ck_assert_int_eq(t[0].class, GK_WARNING_UNDECIDED);
    a.counts = none[0];
    none[0][168] = 7;
    ck_assert_int_eq(gk_warning_thin(t, &a, 168, 13, 0.01), GK_OK);
    ck_assert_int_eq(t[0].class, GK_WARNING_UNDECIDED);
    ck_assert_uint_eq(t[0].current, 7);
    /* A window at the very beginning. */
    ck_assert_int_eq(gk_warning_thin(t, &a, 3, 4, 0.01), GK_OK);
    ck_assert_int_eq(t[0].class, GK_WARNING_UNDECIDED);
}
END_TEST

START_TEST(all_in_one_week_are_widely_dispersed)
{
    static uint32_t counts[1][280];
    double dwellings = 100;
    struct gk_warning_thin t;
    struct gk_warning_areas a = {1, 280, counts[0], &dwellings, NULL, 1};
    counts[0][100] = 1;
    ck_assert_int_eq(gk_warning_thin(&t, &a, 279, 4, 0.01), GK_OK);
    ck_assert(t.class == GK_WARNING_QUIET && isfinite(t.dispersion));
    counts[0][100] = 1000000;
    ck_assert_int_eq(gk_warning_thin(&t, &a, 279, 4, 0.01), GK_OK);
    ck_assert(t.class == GK_WARNING_QUIET && isfinite(t.dispersion) && t.dispersion > 1000);
}
END_TEST

START_TEST(false_weeks_are_added_over_the_year)
{
    static const double chances[] = {0.01, 0.005, 0};
    ck_assert_double_eq_tol(gk_warning_false_weeks(chances, 3), 0.78, 1e-14);
    ck_assert_double_eq(gk_warning_false_weeks(NULL, 0), 0);
}
END_TEST

GK_UNIT_MAIN("stats/warning", weeks_agree_with_r, fits_agree_with_golden_values,
             little_to_go_by_is_undecided, fewer_than_five_in_four_weeks_are_no_warning,
             the_future_and_the_last_half_year_are_not_looked_at,
             huge_and_lopsided_counts_are_finite_or_undecided, nonsense_is_refused,
             thin_districts_agree_with_golden_values, thin_districts_need_three_years_and_dwellings,
             all_in_one_week_are_widely_dispersed, false_weeks_are_added_over_the_year)
