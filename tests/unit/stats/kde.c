/* Densities against tests/golden/kde.tsv (R, spatstat) and against plain double
 * sums over all pairs; their mass against the number of incidents. */
#include "stats/kde.h"

#include <string.h>

#include "base/random.h"
#include "table.h"
#include "unit.h"

static const struct gk_squares golden = {674000, 6580000, 200, 50, 40};

/* The golden points, as arrays and as counts. */
struct points {
    double *rows, *e, *n;
    size_t count;
    uint32_t counts[2000];
};

static void points_init(struct points *p)
{
    p->rows = table_read("tests/golden/points.tsv", 3, &p->count);
    p->e = table_column(p->rows, p->count, 3, 0);
    p->n = table_column(p->rows, p->count, 3, 1);
    ck_assert_int_eq(gk_squares_count(p->counts, NULL, &golden, p->e, p->n, NULL, p->count), GK_OK);
}

static void points_release(struct points *p)
{
    free(p->rows), free(p->e), free(p->n);
}

START_TEST(quartic_and_gaussian_agree_with_golden_values)
{
    struct points p;
    size_t squares;
    double *g = table_read("tests/golden/kde.tsv", 3, &squares);
    static double quartic[2000], gaussian[2000];
    points_init(&p);
    ck_assert_uint_eq(squares, 2000);
    ck_assert_int_eq(gk_kde_quartic(quartic, &golden, p.counts, 800, 2), GK_OK);
    ck_assert_int_eq(gk_kde_gaussian(gaussian, &golden, p.e, p.n, p.count, 300, 2, false), GK_OK);
    for (size_t q = 0; q < squares; q++) {
        check_near(quartic[q], g[3 * q + 1], 1e-9, "quartic", q);
        check_near(gaussian[q], g[3 * q + 2], 1e-9, "gaussian", q);
    }
    points_release(&p);
    free(g);
}
END_TEST

START_TEST(the_cut_loses_a_millionth)
{
    struct points p;
    static double all[2000], cut[2000];
    points_init(&p);
    ck_assert_int_eq(gk_kde_gaussian(all, &golden, p.e, p.n, p.count, 300, 2, false), GK_OK);
    ck_assert_int_eq(gk_kde_gaussian(cut, &golden, p.e, p.n, p.count, 300, 2, true), GK_OK);
    double most = 0;
    for (size_t q = 0; q < 2000; q++)
        most = fmax(most, all[q]);
    for (size_t q = 0; q < 2000; q++)
        ck_assert(cut[q] <= all[q] + 1e-12 && cut[q] > all[q] - 1e-5 * most);
    points_release(&p);
}
END_TEST

START_TEST(gaussian_of_counts_is_that_of_points_at_the_centres)
{
    struct points p;
    static double points[2000], counts[2000];
    points_init(&p);
    for (size_t i = 0; i < p.count; i++) {
        p.e[i] = 674000 + (floor((p.e[i] - 674000) / 200) + 0.5) * 200;
        p.n[i] = 6580000 + (floor((p.n[i] - 6580000) / 200) + 0.5) * 200;
    }
    static const double sigmas[] = {20, 50, 300, 1700};
    for (size_t s = 0; s < 4; s++)
        for (int cut = 0; cut < 2; cut++) {
            ck_assert_int_eq(gk_kde_gaussian(points, &golden, p.e, p.n, p.count, sigmas[s], 3, cut),
                             GK_OK);
            ck_assert_int_eq(gk_kde_gaussian_counts(counts, &golden, p.counts, sigmas[s], 3, cut),
                             GK_OK);
            for (size_t q = 0; q < 2000; q++)
                ck_assert_double_eq_tol(counts[q], points[q], 1e-9 * (1e-6 + points[q]));
        }
    points_release(&p);
}
END_TEST

/* The quartic by its definition, all pairs of squares. */
static double quartic_at(const struct gk_squares *grid, const uint32_t *counts, long q, double h)
{
    double sum = 0, total = 0;
    long columns = (long)grid->columns, squares = columns * (long)grid->rows;
    for (long o = 0; o < squares; o++) {
        double x = (double)(o % columns - q % columns) * grid->size_m;
        double y = (double)(o / columns - q / columns) * grid->size_m;
        double d2 = (x * x + y * y) / (h * h);
        sum += d2 < 1 ? counts[o] * (1 - d2) * (1 - d2) : 0;
    }
    for (long j = -60; j <= 60; j++)
        for (long i = -60; i <= 60; i++) {
            double d2 = (double)(i * i + j * j) * grid->size_m * grid->size_m / (h * h);
            total += d2 < 1 ? (1 - d2) * (1 - d2) : 0;
        }
    return sum / total;
}

START_TEST(quartic_is_its_definition_on_any_shape)
{
    static const uint32_t shapes[][2] = {{1, 1}, {1, 40}, {40, 1}, {16, 3}, {17, 33}, {33, 17}};
    static const double bandwidths[] = {1, 99.9, 100, 100.1, 250, 400, 2000, 5500};
    struct gk_random random;
    gk_random_init(&random, 2, 0);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        struct gk_squares grid = {0, 0, 100, shapes[s][0], shapes[s][1]};
        size_t squares = (size_t)grid.columns * grid.rows;
        uint32_t counts[17 * 33];
        double density[17 * 33];
        for (size_t q = 0; q < squares; q++)
            counts[q] = gk_random_poisson(&random, 0.5);
        for (size_t b = 0; b < sizeof bandwidths / sizeof *bandwidths; b++) {
            ck_assert_int_eq(gk_kde_quartic(density, &grid, counts, bandwidths[b], 4), GK_OK);
            for (size_t q = 0; q < squares; q++)
                ck_assert_double_eq_tol(
                    density[q], quartic_at(&grid, counts, (long)q, bandwidths[b]) * 100 / 4, 1e-9);
        }
    }
}
END_TEST

START_TEST(mass_is_the_number_of_incidents_when_the_margin_is_loaded)
{
    enum { SIDE = 121, SQUARES = SIDE * SIDE };
    struct gk_squares grid = {0, 0, 50, SIDE, SIDE};
    static uint32_t counts[SQUARES];
    static double density[SQUARES];
    counts[60 * SIDE + 60] = 3;
    double km2_years = 0.0025 * 5;
    for (double h = 20; h < 2900; h *= 1.7) {
        double quartic = 0, gaussian = 0;
        ck_assert_uint_le(gk_kde_margin(&grid, h), 60);
        ck_assert_int_eq(gk_kde_quartic(density, &grid, counts, h, 5), GK_OK);
        for (size_t q = 0; q < SQUARES; q++)
            quartic += density[q] * km2_years;
        ck_assert_double_eq_tol(quartic, 3, 1e-12);
        ck_assert_int_eq(gk_kde_gaussian_counts(density, &grid, counts, h / GK_KDE_CUT, 5, true),
                         GK_OK);
        for (size_t q = 0; q < SQUARES; q++)
            gaussian += density[q] * km2_years;
        ck_assert_double_eq_tol(gaussian, 3, 3 * 1.2e-6);
    }
}
END_TEST

START_TEST(no_incidents_have_no_density_and_one_square_has_all)
{
    struct gk_squares one = {0, 0, 1000, 1, 1};
    uint32_t none = 0, seven = 7;
    double d;
    ck_assert_int_eq(gk_kde_quartic(&d, &one, &none, 800, 1), GK_OK);
    ck_assert_double_eq(d, 0);
    ck_assert_int_eq(gk_kde_gaussian(&d, &one, NULL, NULL, 0, 300, 1, true), GK_OK);
    ck_assert_double_eq(d, 0);
    ck_assert_int_eq(gk_kde_gaussian_counts(&d, &one, &none, 300, 1, true), GK_OK);
    ck_assert_double_eq(d, 0);
    ck_assert_int_eq(gk_kde_quartic(&d, &one, &seven, 800, 1), GK_OK);
    ck_assert_double_eq(d, 7);
    ck_assert_int_eq(gk_kde_gaussian_counts(&d, &one, &seven, 1, 1, true), GK_OK);
    ck_assert_double_eq_tol(d, 7, 1e-4);
}
END_TEST

START_TEST(a_point_outside_is_felt_within_and_one_far_away_is_not)
{
    struct gk_squares grid = {0, 0, 100, 3, 3};
    static const double e[] = {-50, 1e300, -1e300}, n[] = {150, 1e300, 150};
    double d[9];
    ck_assert_int_eq(gk_kde_gaussian(d, &grid, e, n, 3, 100, 1, true), GK_OK);
    ck_assert(d[3] > d[4] && d[4] > d[5] && d[5] > 0);
    ck_assert_int_eq(gk_kde_gaussian(d, &grid, e + 1, n + 1, 2, 100, 1, false), GK_OK);
    for (int q = 0; q < 9; q++)
        ck_assert_double_eq(d[q], 0);
}
END_TEST

START_TEST(nonsense_and_excess_are_refused)
{
    struct gk_squares grid = {0, 0, 100, 1, 1}, large = {0, 0, 100, 5000, 5000}, bad = {0};
    static const double wrong[] = {0, -1, NAN, HUGE_VAL};
    double d = 0, at = 0, off = NAN;
    uint32_t c = 1;
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(gk_kde_quartic(&d, &grid, &c, wrong[i], 1), GK_INVALID);
        ck_assert_int_eq(gk_kde_quartic(&d, &grid, &c, 800, wrong[i]), GK_INVALID);
        ck_assert_int_eq(gk_kde_gaussian(&d, &grid, &at, &at, 1, wrong[i], 1, true), GK_INVALID);
        ck_assert_int_eq(gk_kde_gaussian_counts(&d, &grid, &c, 300, wrong[i], true), GK_INVALID);
    }
    ck_assert_int_eq(gk_kde_quartic(&d, &bad, &c, 800, 1), GK_INVALID);
    ck_assert_int_eq(gk_kde_gaussian(&d, &grid, &at, &off, 1, 300, 1, true), GK_INVALID);
    ck_assert_int_eq(gk_kde_quartic(&d, &large, &c, 1e5, 1), GK_TOO_LARGE);
    ck_assert_int_eq(gk_kde_gaussian_counts(&d, &large, &c, 300, 1, false), GK_TOO_LARGE);
    ck_assert_int_eq(gk_kde_gaussian(&d, &large, &at, &at, 1000, 300, 1, false), GK_TOO_LARGE);
    ck_assert_uint_eq(gk_kde_margin(&grid, NAN), 0);
    ck_assert_uint_eq(gk_kde_margin(&grid, 450), 5);
}
END_TEST

GK_UNIT_MAIN("stats/kde", quartic_and_gaussian_agree_with_golden_values, the_cut_loses_a_millionth,
             gaussian_of_counts_is_that_of_points_at_the_centres,
             quartic_is_its_definition_on_any_shape,
             mass_is_the_number_of_incidents_when_the_margin_is_loaded,
             no_incidents_have_no_density_and_one_square_has_all,
             a_point_outside_is_felt_within_and_one_far_away_is_not,
             nonsense_and_excess_are_refused)
