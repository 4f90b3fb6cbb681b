/* Counts against tests/golden/squares.tsv (R); windows against plain loops over
 * all pairs of squares. */
#include "stats/squares.h"

#include <string.h>

#include "base/random.h"
#include "table.h"
#include "unit.h"

static const struct gk_squares golden = {674000, 6580000, 200, 50, 40};

START_TEST(counts_agree_with_golden_values)
{
    size_t points, squares, outside = 99;
    double *p = table_read("tests/golden/points.tsv", 3, &points);
    double *g = table_read("tests/golden/squares.tsv", 4, &squares);
    double *e = table_column(p, points, 3, 0), *n = table_column(p, points, 3, 1);
    uint32_t counts[2000];
    ck_assert_uint_eq(points, 617);
    ck_assert_uint_eq(squares, 2000);
    ck_assert_int_eq(gk_squares_count(counts, &outside, &golden, e, n, NULL, points), GK_OK);
    for (size_t q = 0; q < squares; q++) {
        ck_assert_double_eq(g[4 * q], (double)q);
        ck_assert_double_eq(g[4 * q + 1] + 50 * g[4 * q + 2], (double)q);
        ck_assert_double_eq(g[4 * q + 3], counts[q]);
    }
    ck_assert_uint_eq(outside, 0);
    free(p), free(g), free(e), free(n);
}
END_TEST

START_TEST(a_point_on_an_edge_belongs_to_the_north_east)
{
    static const double e[] = {0, 100, 99.999, 200, -0.001, 100, NAN, 50, HUGE_VAL, 50};
    static const double n[] = {0, 100, 99.999, 100, 50, 0, 50, NAN, 50, -HUGE_VAL};
    struct gk_squares grid = {0, 0, 100, 2, 2};
    uint32_t counts[4];
    size_t outside;
    ck_assert_int_eq(gk_squares_count(counts, &outside, &grid, e, n, NULL, 10), GK_OK);
    ck_assert_uint_eq(counts[0], 2);
    ck_assert_uint_eq(counts[1], 1);
    ck_assert_uint_eq(counts[2], 0);
    ck_assert_uint_eq(counts[3], 1);
    ck_assert_uint_eq(outside, 6);
}
END_TEST

START_TEST(weights_are_summed_and_bounded)
{
    static const double at[] = {5, 5, 15};
    uint32_t weights[] = {3, 4, 5}, counts[4];
    struct gk_squares grid = {0, 0, 10, 2, 2};
    ck_assert_int_eq(gk_squares_count(counts, NULL, &grid, at, at, weights, 3), GK_OK);
    ck_assert_uint_eq(counts[0], 7);
    ck_assert_uint_eq(counts[3], 5);
    weights[2] = UINT32_MAX - 6;
    ck_assert_int_eq(gk_squares_count(counts, NULL, &grid, at, at, weights, 3), GK_TOO_LARGE);
}
END_TEST

START_TEST(no_points_leave_zeros)
{
    struct gk_squares grid = {0, 0, 10, 1, 1};
    uint32_t counts[1] = {7}, sizes[1];
    uint64_t sums[1];
    ck_assert_int_eq(gk_squares_count(counts, NULL, &grid, NULL, NULL, NULL, 0), GK_OK);
    ck_assert_uint_eq(counts[0], 0);
    ck_assert_int_eq(gk_squares_window(sums, sizes, &grid, counts, 5000), GK_OK);
    ck_assert_uint_eq(sums[0], 0);
    ck_assert_uint_eq(sizes[0], 1);
}
END_TEST

START_TEST(grids_that_are_none_are_refused)
{
    static const struct gk_squares bad[] = {
        {NAN, 0, 10, 1, 1}, {0, HUGE_VAL, 10, 1, 1}, {0, 0, 0, 1, 1},
        {0, 0, -1, 1, 1},   {0, 0, NAN, 1, 1},       {0, 0, 10, 0, 1},
        {0, 0, 10, 1, 0},   {0, 0, 10, 5001, 5000},  {0, 0, 10, UINT32_MAX, UINT32_MAX},
    };
    uint32_t counts[1];
    uint64_t sums[1];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(gk_squares_check(&bad[i]), GK_INVALID);
        ck_assert_int_eq(gk_squares_count(counts, NULL, &bad[i], NULL, NULL, NULL, 0), GK_INVALID);
        ck_assert_int_eq(gk_squares_window(sums, NULL, &bad[i], counts, 1), GK_INVALID);
    }
    struct gk_squares grid = {0, 0, 10, 1, 1};
    static const double radii[] = {-1, NAN, HUGE_VAL, 10010.1};
    for (size_t i = 0; i < sizeof radii / sizeof *radii; i++)
        ck_assert_int_eq(gk_squares_window(sums, NULL, &grid, counts, radii[i]), GK_INVALID);
}
END_TEST

START_TEST(windows_are_the_squares_whose_centres_are_near)
{
    enum { COLUMNS = 13, ROWS = 9, SQUARES = COLUMNS * ROWS };
    struct gk_squares grid = {0, 0, 100, COLUMNS, ROWS};
    struct gk_random random;
    gk_random_init(&random, 1, 0);
    uint32_t counts[SQUARES], sizes[SQUARES];
    uint64_t sums[SQUARES];
    for (int q = 0; q < SQUARES; q++)
        counts[q] = gk_random_poisson(&random, 2);
    static const int squared[] = {0, 1, 2, 4, 5, 8, 9, 10, 25, 1000};
    for (size_t r = 0; r < sizeof squared / sizeof *squared; r++) {
        double radius = 100 * sqrt(squared[r]);
        ck_assert_int_eq(gk_squares_window(sums, sizes, &grid, counts, radius), GK_OK);
        for (int q = 0; q < SQUARES; q++) {
            uint64_t sum = 0;
            uint32_t size = 0;
            for (int o = 0; o < SQUARES; o++) {
                int di = o % COLUMNS - q % COLUMNS, dj = o / COLUMNS - q / COLUMNS;
                if (di * di + dj * dj <= squared[r])
                    sum += counts[o], size++;
            }
            ck_assert_uint_eq(sums[q], sum);
            ck_assert_uint_eq(sizes[q], size);
        }
    }
}
END_TEST

GK_UNIT_MAIN("stats/squares", counts_agree_with_golden_values,
             a_point_on_an_edge_belongs_to_the_north_east, weights_are_summed_and_bounded,
             no_points_leave_zeros, grids_that_are_none_are_refused,
             windows_are_the_squares_whose_centres_are_near)
