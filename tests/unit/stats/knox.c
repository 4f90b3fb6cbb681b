/* Knox against tests/golden/knox.tsv (R and surveillance): exact columns, and
 * permutations within 4 standard errors; small sets against all permutations. */
#include "stats/knox.h"

#include <string.h>

#include "base/random.h"
#include "table.h"
#include "unit.h"

enum { SPACES = 7, TIMES = 6 };

static const double space[] = {0, 0.1, 100, 200, 300, 400, 500, 1000};
static const int32_t days[] = {0, 7, 14, 21, 28, 42, 56};
static const struct gk_knox_bands golden_bands = {space, SPACES, days, TIMES};
static const struct gk_knox_options few = {99, 1}, none = {0, 1};

struct points {
    double *rows, *e, *n;
    int32_t *day;
    size_t count;
};

static void points_init(struct points *p)
{
    p->rows = table_read("tests/golden/points.tsv", 3, &p->count);
    p->e = table_column(p->rows, p->count, 3, 0);
    p->n = table_column(p->rows, p->count, 3, 1);
    p->day = malloc(p->count * sizeof *p->day);
    ck_assert_ptr_nonnull(p->day);
    for (size_t i = 0; i < p->count; i++)
        p->day[i] = (int32_t)p->rows[3 * i + 2];
}

static void points_release(struct points *p)
{
    free(p->rows), free(p->e), free(p->n), free(p->day);
}

START_TEST(table_agrees_with_golden_values)
{
    enum { B = 9999 };
    static const struct gk_knox_options options = {B, 1};
    struct points p;
    size_t rows;
    double *g = table_read("tests/golden/knox.tsv", 11, &rows);
    struct gk_knox_cell cells[SPACES * TIMES];
    points_init(&p);
    ck_assert_uint_eq(rows, SPACES * TIMES);
    ck_assert_int_eq(gk_knox(cells, &golden_bands, p.e, p.n, p.day, p.count, &options), GK_OK);
    for (size_t c = 0; c < rows; c++) {
        const double *want = g + 11 * c;
        double v = cells[c].variance, mc_p = want[10];
        ck_assert_double_eq_tol(want[0], space[c / TIMES], 1e-9);
        ck_assert_double_eq(want[2], days[c % TIMES]);
        ck_assert_double_eq((double)cells[c].observed, want[4]);
        check_near(cells[c].expected, want[5], 1e-9, "expected", c);
        check_near(v, want[6], 1e-9, "variance", c);
        check_near(cells[c].ratio, want[7], 1e-9, "ratio", c);
        ck_assert_double_le(fabs(want[8] - cells[c].expected), 4 * sqrt(v / B));
        ck_assert_double_le(fabs(want[9] - v), 4 * sqrt((2 * v * v + v) / B));
        ck_assert_double_le(fabs(cells[c].p - mc_p),
                            4 * sqrt(2 * (mc_p * (1 - mc_p) + 1.0 / B) / B));
    }
    points_release(&p);
    free(g);
}
END_TEST

START_TEST(two_hundred_metres_and_fourteen_days_agree_with_surveillance)
{
    /* knox(T, D, 14, 200): 200 m included; 999 permutations, p 0.001. */
    static const double near[] = {0, 200.0000001};
    static const int32_t soon[] = {0, 14};
    static const struct gk_knox_bands bands = {near, 1, soon, 1};
    static const struct gk_knox_options options = {GK_KNOX_REPLICATES, 1};
    struct points p;
    struct gk_knox_cell cell;
    points_init(&p);
    ck_assert_int_eq(gk_knox(&cell, &bands, p.e, p.n, p.day, p.count, &options), GK_OK);
    ck_assert_uint_eq(cell.observed, 92);
    ck_assert_double_eq_tol(cell.expected / 33.7278357784841, 1, 1e-13);
    ck_assert_double_eq_tol(cell.p, 0.001, 1e-15);
    points_release(&p);
}
END_TEST

/* All orders of `times`, one after the other: sums of the pairs in one cell. */
struct orders {
    const double *e, *n;
    double sum, squares, at_least, all, observed;
    int32_t times[8];
    int count;
};

static double close_pairs(const struct orders *o)
{
    int found = 0;
    for (int i = 0; i < o->count; i++)
        for (int j = 0; j < i; j++) {
            double d = hypot(o->e[i] - o->e[j], o->n[i] - o->n[j]);
            int t = abs(o->times[i] - o->times[j]);
            found += d >= 1 && d < 3 && t > 1 && t <= 3;
        }
    return found;
}

static void every_order(struct orders *o, int from)
{
    if (from == o->count) {
        double x = close_pairs(o);
        o->sum += x, o->squares += x * x, o->all++;
        o->at_least += x >= o->observed;
        return;
    }
    for (int i = from; i < o->count; i++) {
        int32_t t = o->times[i];
        o->times[i] = o->times[from], o->times[from] = t;
        every_order(o, from + 1);
        o->times[from] = o->times[i], o->times[i] = t;
    }
}

START_TEST(mean_and_variance_are_those_of_all_permutations)
{
    static const double edges[] = {0, 1, 3};
    static const int32_t steps[] = {0, 1, 3};
    static const struct gk_knox_bands bands = {edges, 2, steps, 2};
    struct gk_random random;
    gk_random_init(&random, 6, 0);
    for (int count = 2; count <= 7; count++)
        for (int round = 0; round < 4; round++) {
            double e[8], n[8];
            struct orders o = {.e = e, .n = n, .count = count};
            for (int i = 0; i < count; i++) {
                e[i] = (double)gk_random_below(&random, 5);
                n[i] = (double)gk_random_below(&random, 4);
                o.times[i] = (int32_t)gk_random_below(&random, 7) - 3;
            }
            struct gk_knox_cell cells[4];
            struct gk_knox_options options = {2000, 9};
            ck_assert_int_eq(gk_knox(cells, &bands, e, n, o.times, (size_t)count, &options), GK_OK);
            o.observed = close_pairs(&o);
            ck_assert_double_eq((double)cells[3].observed, o.observed);
            every_order(&o, 0);
            double mean = o.sum / o.all, v = o.squares / o.all - mean * mean,
                   p = o.at_least / o.all;
            ck_assert_double_eq_tol(cells[3].expected, mean, 1e-12);
            ck_assert_double_eq_tol(cells[3].variance, v, 1e-12);
            ck_assert_double_le(fabs(cells[3].p - p), 4 * sqrt(p * (1 - p) / 2000) + 1e-3);
        }
}
END_TEST

START_TEST(observed_pairs_are_those_of_all_pairs)
{
    enum { N = 500 };
    struct gk_random random;
    gk_random_init(&random, 7, 0);
    static double e[N], n[N];
    static int32_t t[N];
    for (int i = 0; i < N; i++) {
        e[i] = gk_random_unit(&random) * 9000 - 4000;
        n[i] = i % 50 == 0 ? 1e7 : gk_random_unit(&random) * 3000;
        t[i] = (int32_t)gk_random_below(&random, 200) - 100;
    }
    uint64_t expected[SPACES * TIMES] = {0};
    for (int i = 0; i < N; i++)
        for (int j = 0; j < i; j++)
            for (int a = 0; a < SPACES; a++)
                for (int b = 0; b < TIMES; b++) {
                    double de = e[i] - e[j], dn = n[i] - n[j], d = sqrt(de * de + dn * dn);
                    int32_t dt = abs(t[i] - t[j]);
                    expected[a * TIMES + b] += d >= space[a] && d < space[a + 1] &&
                                               (dt > days[b] || (b == 0 && dt == 0)) &&
                                               dt <= days[b + 1];
                }
    struct gk_knox_cell cells[SPACES * TIMES];
    ck_assert_int_eq(gk_knox(cells, &golden_bands, e, n, t, N, &none), GK_OK);
    for (int c = 0; c < SPACES * TIMES; c++) {
        ck_assert_uint_eq(cells[c].observed, expected[c]);
        ck_assert(isnan(cells[c].p));
    }
}
END_TEST

START_TEST(few_points_and_tied_ones_are_defined)
{
    static const double same[50] = {0}, pair[] = {0, 50};
    static const int32_t one_day[50] = {0}, extremes[] = {INT32_MIN, INT32_MAX};
    struct gk_knox_cell cells[SPACES * TIMES];
    for (size_t count = 0; count < 2; count++) {
        ck_assert_int_eq(gk_knox(cells, &golden_bands, same, same, one_day, count, &few), GK_OK);
        ck_assert(cells[0].observed == 0 && cells[0].expected == 0 && cells[0].variance == 0);
        ck_assert(isnan(cells[0].ratio) && cells[0].p == 1);
    }
    /* Everything at one place on one day: nothing can be otherwise. */
    ck_assert_int_eq(gk_knox(cells, &golden_bands, same, same, one_day, 50, &few), GK_OK);
    ck_assert(cells[0].observed == 1225 && cells[0].expected == 1225);
    ck_assert_double_eq_tol(cells[0].variance, 0, 1e-9);
    ck_assert(cells[0].ratio == 1 && cells[0].p == 1 && cells[1].p == 1);
    ck_assert(isnan(cells[1].ratio) && cells[1].expected == 0);
    ck_assert_int_eq(gk_knox(cells, &golden_bands, pair, same, one_day, 2, &few), GK_OK);
    ck_assert(cells[TIMES].observed == 1 && cells[TIMES].p == 1 && cells[TIMES].variance == 0);
    ck_assert_int_eq(gk_knox(cells, &golden_bands, pair, same, extremes, 2, &few), GK_OK);
    ck_assert_uint_eq(cells[TIMES].observed, 0);
}
END_TEST

START_TEST(bands_may_begin_above_nothing)
{
    static const double at[] = {0, 0, 0, 0};
    static const int32_t t[] = {0, 2, 5, 100}, steps[] = {2, 3, 5};
    static const double edges[] = {0, 1};
    static const struct gk_knox_bands bands = {edges, 1, steps, 2};
    struct gk_knox_cell cells[2];
    /* Differences 2, 3 and 5: [2, 3] and (3, 5]. All pairs are close in space. */
    ck_assert_int_eq(gk_knox(cells, &bands, at, at, t, 4, &few), GK_OK);
    ck_assert(cells[0].observed == 2 && cells[1].observed == 1);
    ck_assert(cells[0].expected == 2 && cells[1].expected == 1);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_and_another_another)
{
    static const struct gk_knox_options other = {99, 2};
    struct points p;
    struct gk_knox_cell a[SPACES * TIMES], b[SPACES * TIMES], c[SPACES * TIMES];
    points_init(&p);
    ck_assert_int_eq(gk_knox(a, &golden_bands, p.e, p.n, p.day, p.count, &few), GK_OK);
    ck_assert_int_eq(gk_knox(b, &golden_bands, p.e, p.n, p.day, p.count, &few), GK_OK);
    ck_assert_int_eq(gk_knox(c, &golden_bands, p.e, p.n, p.day, p.count, &other), GK_OK);
    int different = 0;
    for (int i = 0; i < SPACES * TIMES; i++) {
        ck_assert(a[i].p == b[i].p && a[i].observed == b[i].observed);
        different += a[i].p != c[i].p;
    }
    ck_assert_int_gt(different, 0);
    points_release(&p);
}
END_TEST

START_TEST(nonsense_and_too_many_pairs_are_refused)
{
    static const double down[] = {0, 5, 5}, below[] = {-1, 5, 6}, bad[] = {NAN, 0};
    static const double endless[] = {0, 1, HUGE_VAL};
    static const int32_t back[] = {0, 7, 7}, ages[] = {0, 1, (1 << 24) + 1};
    static const struct gk_knox_options many = {1000001, 1};
    const struct gk_knox_bands wrong[] = {
        {down, 2, days, 2},  {below, 2, days, 2}, {endless, 2, days, 2}, {space, 2, back, 2},
        {space, 2, ages, 2}, {space, 0, days, 2}, {space, 2, days, 0},
    };
    struct gk_knox_cell cells[SPACES * TIMES];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_int_eq(gk_knox(cells, &wrong[i], bad, bad, days, 0, &few), GK_INVALID);
    ck_assert_int_eq(gk_knox(cells, &golden_bands, bad, bad, days, 2, &few), GK_INVALID);
    ck_assert_int_eq(gk_knox(cells, &golden_bands, bad, bad, days, 0, &many), GK_INVALID);
    enum { N = 10000 };
    double *same = calloc(N, sizeof *same);
    int32_t *t = calloc(N, sizeof *t);
    ck_assert(same != NULL && t != NULL);
    ck_assert_int_eq(gk_knox(cells, &golden_bands, same, same, t, N, &none), GK_TOO_LARGE);
    free(same), free(t);
}
END_TEST

GK_UNIT_MAIN("stats/knox", table_agrees_with_golden_values,
             two_hundred_metres_and_fourteen_days_agree_with_surveillance,
             mean_and_variance_are_those_of_all_permutations, observed_pairs_are_those_of_all_pairs,
             few_points_and_tied_ones_are_defined, bands_may_begin_above_nothing,
             the_same_seed_gives_the_same_and_another_another,
             nonsense_and_too_many_pairs_are_refused)
