/* Gi* against tests/golden/gistar_*.tsv (spdep's z, R's exact tails), against
 * counting all subsets of small maps, and simulated against exact. */
#include "stats/gistar.h"

#include <string.h>

#include "base/random.h"
#include "stats/squares.h"
#include "table.h"
#include "unit.h"

static const struct gk_gistar_options defaults = {GK_GISTAR_REPLICATES, 1};

static void check_golden(const char *path, double radius_m)
{
    static const struct gk_squares grid = {674000, 6580000, 200, 50, 40};
    static double z[2000], total[2000], fixed[2000];
    static uint32_t counts[2000], sizes[2000];
    static uint64_t sums[2000];
    size_t rows;
    bool simulated = true;
    double *g = table_read(path, 6, &rows);
    ck_assert_uint_eq(rows, 2000);
    for (size_t q = 0; q < rows; q++)
        counts[q] = (uint32_t)g[6 * q + 1];
    ck_assert_int_eq(gk_squares_window(sums, sizes, &grid, counts, radius_m), GK_OK);
    struct gk_gistar out = {z, total, fixed};
    ck_assert_int_eq(gk_gistar(&out, &simulated, counts, sums, sizes, rows, &defaults), GK_OK);
    ck_assert(!simulated);
    for (size_t q = 0; q < rows; q++) {
        ck_assert_double_eq(sizes[q], g[6 * q + 2] + 1);
        check_near(z[q], g[6 * q + 3], 1e-9, "z", q);
        check_near(fixed[q], g[6 * q + 4], 1e-9, "own count fixed", q);
        check_near(total[q], g[6 * q + 5], 1e-9, "total randomisation", q);
    }
    free(g);
}

START_TEST(rook_queen_and_450_m_agree_with_golden_values)
{
    check_golden("tests/golden/gistar_rook.tsv", 200);
    check_golden("tests/golden/gistar_queen.tsv", 200 * sqrt(2));
    check_golden("tests/golden/gistar_d450.tsv", 450);
}
END_TEST

/* Share of the k-subsets of x[0..n) that hold at least `sum`. */
static double by_counting(const uint32_t *x, int n, int k, uint64_t sum)
{
    double at_least = 0, all = 0;
    for (unsigned set = 0; set < 1u << n; set++) {
        if (__builtin_popcount(set) != k)
            continue;
        uint64_t have = 0;
        for (int i = 0; i < n; i++)
            have += (set >> i & 1) * x[i];
        all++;
        at_least += have >= sum;
    }
    return at_least / all;
}

START_TEST(p_is_the_share_of_subsets)
{
    enum { N = 12 };
    struct gk_random random;
    gk_random_init(&random, 4, 0);
    for (int round = 0; round < 40; round++) {
        uint32_t x[N], sizes[N], rest[N];
        uint64_t sums[N] = {0};
        double total[N], fixed[N];
        for (int i = 0; i < N; i++)
            x[i] = (uint32_t)gk_random_below(&random, round % 4 == 0 ? 2 : 9);
        for (int i = 0; i < N; i++) {
            sizes[i] = 1 + (uint32_t)gk_random_below(&random, N);
            for (uint32_t j = 0; j < sizes[i]; j++)
                sums[i] += x[((uint32_t)i + j) % N];
        }
        struct gk_gistar out = {NULL, total, fixed};
        ck_assert_int_eq(gk_gistar(&out, NULL, x, sums, sizes, N, &defaults), GK_OK);
        for (int i = 0; i < N; i++) {
            memcpy(rest, x, sizeof rest);
            rest[i] = rest[N - 1];
            check_near(total[i], by_counting(x, N, (int)sizes[i], sums[i]), 1e-12, "total",
                       (size_t)i);
            check_near(fixed[i], by_counting(rest, N - 1, (int)sizes[i] - 1, sums[i] - x[i]), 1e-12,
                       "fixed", (size_t)i);
        }
    }
}
END_TEST

START_TEST(large_counts_are_simulated_and_near_the_exact)
{
    enum { SIDE = 20, N = SIDE * SIDE };
    struct gk_squares grid = {0, 0, 100, SIDE, SIDE};
    struct gk_random random;
    gk_random_init(&random, 5, 0);
    static uint32_t counts[N], scaled[N], sizes[N];
    static uint64_t sums[N], scaled_sums[N];
    static double exact[N], fixed[N], simulated_p[N], simulated_fixed[N], again[N];
    bool simulated;
    for (int q = 0; q < N; q++) {
        counts[q] = gk_random_poisson(&random, 0.4);
        scaled[q] = counts[q] * 1000; /* the same p, beyond the bound */
    }
    ck_assert_int_eq(gk_squares_window(sums, sizes, &grid, counts, 150), GK_OK);
    ck_assert_int_eq(gk_squares_window(scaled_sums, sizes, &grid, scaled, 150), GK_OK);
    struct gk_gistar out = {NULL, exact, fixed};
    ck_assert_int_eq(gk_gistar(&out, &simulated, counts, sums, sizes, N, &defaults), GK_OK);
    ck_assert(!simulated);
    out = (struct gk_gistar){NULL, simulated_p, simulated_fixed};
    ck_assert_int_eq(gk_gistar(&out, &simulated, scaled, scaled_sums, sizes, N, &defaults), GK_OK);
    ck_assert(simulated);
    for (int q = 0; q < N; q++) {
        double b = GK_GISTAR_REPLICATES, p = exact[q], f = fixed[q];
        ck_assert_double_le(fabs(simulated_p[q] - p), 4 * sqrt(p * (1 - p) / b) + 2 / b);
        ck_assert_double_le(fabs(simulated_fixed[q] - f), 4 * sqrt(f * (1 - f) / b) + 2 / b);
    }
    out = (struct gk_gistar){NULL, again, NULL};
    ck_assert_int_eq(gk_gistar(&out, NULL, scaled, scaled_sums, sizes, N, &defaults), GK_OK);
    ck_assert_mem_eq(again, simulated_p, sizeof again);
}
END_TEST

START_TEST(maps_without_contrast_have_score_0_and_p_1)
{
    static const uint32_t equal[] = {3, 3, 3, 3}, zero[] = {0, 0, 0, 0}, sizes[] = {1, 2, 3, 4};
    static const uint64_t sums[] = {3, 6, 9, 12}, none[] = {0, 0, 0, 0};
    double z[4], total[4], fixed[4];
    struct gk_gistar out = {z, total, fixed};
    for (int round = 0; round < 2; round++) {
        ck_assert_int_eq(
            gk_gistar(&out, NULL, round ? zero : equal, round ? none : sums, sizes, 4, &defaults),
            GK_OK);
        for (int i = 0; i < 4; i++) {
            ck_assert_double_eq(z[i], 0);
            ck_assert_double_eq_tol(total[i], 1, 1e-15);
            ck_assert_double_eq_tol(fixed[i], 1, 1e-15);
        }
    }
    /* One square, and a window that is everything. */
    ck_assert_int_eq(gk_gistar(&out, NULL, equal, sums, sizes, 1, &defaults), GK_OK);
    ck_assert(z[0] == 0 && total[0] == 1 && fixed[0] == 1);
    ck_assert_int_eq(gk_gistar(&out, NULL, NULL, NULL, NULL, 0, &defaults), GK_OK);
}
END_TEST

START_TEST(one_incident_is_as_likely_anywhere)
{
    enum { N = 1000 };
    static uint32_t counts[N], sizes[N];
    static uint64_t sums[N];
    static double total[N], fixed[N];
    counts[17] = 1;
    for (int q = 0; q < N; q++) {
        sizes[q] = 9;
        sums[q] = q >= 13 && q < 22;
    }
    struct gk_gistar out = {NULL, total, fixed};
    ck_assert_int_eq(gk_gistar(&out, NULL, counts, sums, sizes, N, &defaults), GK_OK);
    ck_assert_double_eq_tol(total[17], 9.0 / N, 1e-15);
    ck_assert_double_eq_tol(fixed[17], 1, 1e-15);
    ck_assert_double_eq_tol(fixed[16], 8.0 / (N - 1), 1e-15);
    ck_assert_double_eq(total[500], 1);
}
END_TEST

START_TEST(far_tails_keep_their_digits)
{
    /* 30 of 100 squares have one; a window of 20 has 20: a product of shares. */
    enum { N = 100 };
    uint32_t counts[N], sizes[N];
    uint64_t sums[N];
    double total[N], expected = 1;
    for (int q = 0; q < N; q++) {
        counts[q] = q < 30;
        sizes[q] = 20;
        sums[q] = q == 0 ? 20 : 1;
    }
    for (int i = 0; i < 20; i++)
        expected *= (30.0 - i) / (100.0 - i);
    struct gk_gistar out = {NULL, total, NULL};
    ck_assert_int_eq(gk_gistar(&out, NULL, counts, sums, sizes, N, &defaults), GK_OK);
    check_near(total[0], expected, 1e-12, "tail", 0);
    ck_assert_double_lt(total[0], 1e-12);
}
END_TEST

START_TEST(windows_that_cannot_be_are_refused)
{
    static const uint32_t counts[] = {5, 1}, sizes[] = {1, 1}, none[] = {0, 1}, over[] = {3, 1};
    static const uint64_t sums[] = {5, 1}, below[] = {4, 1};
    static const struct gk_gistar_options no_replicates = {0, 1}, many = {2000000, 1};
    double p[2];
    struct gk_gistar out = {NULL, p, NULL};
    ck_assert_int_eq(gk_gistar(&out, NULL, counts, sums, none, 2, &defaults), GK_INVALID);
    ck_assert_int_eq(gk_gistar(&out, NULL, counts, sums, over, 2, &defaults), GK_INVALID);
    ck_assert_int_eq(gk_gistar(&out, NULL, counts, below, sizes, 2, &defaults), GK_INVALID);
    ck_assert_int_eq(gk_gistar(&out, NULL, counts, sums, sizes, 2, &no_replicates), GK_INVALID);
    ck_assert_int_eq(gk_gistar(&out, NULL, counts, sums, sizes, 2, &many), GK_INVALID);
}
END_TEST

GK_UNIT_MAIN("stats/gistar", rook_queen_and_450_m_agree_with_golden_values,
             p_is_the_share_of_subsets, large_counts_are_simulated_and_near_the_exact,
             maps_without_contrast_have_score_0_and_p_1, one_incident_is_as_likely_anywhere,
             far_tails_keep_their_digits, windows_that_cannot_be_are_refused)
