/* Windows against a plain comparison of every pair, and their limits. */
#include "stats/windows.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "unit.h"

enum { N = 400 };

static void check_against_pairs(const struct gk_site *sites, double bandwidth_m)
{
    struct gk_windows w;
    ck_assert_int_eq(gk_windows_build(&w, sites, N, bandwidth_m, N * N), GK_OK);
    ck_assert_uint_eq(w.count, N);
    for (size_t i = 0; i < N; i++) {
        int seen[N] = {0};
        for (size_t j = w.start[i]; j < w.start[i + 1]; j++)
            seen[w.member[j]]++;
        for (size_t j = 0; j < N; j++) {
            double d =
                hypot(sites[i].east_m - sites[j].east_m, sites[i].north_m - sites[j].north_m);
            ck_assert_int_eq(seen[j], d <= bandwidth_m + 1e-6);
        }
    }
    gk_windows_release(&w);
    ck_assert_ptr_null(w.start);
}

START_TEST(every_pair_within_reach_is_there_once)
{
    struct gk_site sites[N];
    struct gk_random random;
    gk_random_init(&random, 7, 0);
    for (size_t i = 0; i < N; i++) /* a lattice of 50 m, far from 0, with doubles */
        sites[i] = (struct gk_site){674000 + 50.0 * (double)gk_random_below(&random, 40),
                                    -3000 + 50.0 * (double)gk_random_below(&random, 60)};
    static const double bandwidths[] = {0.5, 50, 70.71067811865476, 250, 700, 1e5};
    for (size_t b = 0; b < sizeof bandwidths / sizeof *bandwidths; b++)
        check_against_pairs(sites, bandwidths[b]);
    for (size_t i = 0; i < N; i++)
        sites[i] = (struct gk_site){gk_random_normal(&random) * 1e6, gk_random_normal(&random)};
    check_against_pairs(sites, 3000);
}
END_TEST

START_TEST(sites_in_one_place_are_each_other_s_windows)
{
    struct gk_site sites[N] = {{0, 0}};
    check_against_pairs(sites, 1);
    struct gk_windows w;
    ck_assert_int_eq(gk_windows_build(&w, sites, N, 1, N * N - 1), GK_TOO_LARGE);
    ck_assert(w.count == 0 && w.start == NULL && w.member == NULL);
}
END_TEST

START_TEST(none_and_one_are_windows_too)
{
    struct gk_windows w;
    struct gk_site site = {1e9, -1e9};
    ck_assert_int_eq(gk_windows_build(&w, NULL, 0, 10, 0), GK_OK);
    ck_assert_uint_eq(w.start[0], 0);
    gk_windows_release(&w);
    ck_assert_int_eq(gk_windows_build(&w, &site, 1, 10, 1), GK_OK);
    ck_assert(w.start[1] == 1 && w.member[0] == 0);
    gk_windows_release(&w);
    gk_windows_release(&w);
}
END_TEST

START_TEST(what_has_no_distance_is_refused)
{
    struct gk_windows w;
    struct gk_site sites[] = {{0, 0}, {NAN, 0}}, wide[] = {{0, 0}, {0, 1e12}};
    static const double bad[] = {0, -1, NAN, HUGE_VAL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(gk_windows_build(&w, sites, 1, bad[i], 9), GK_INVALID);
    ck_assert_int_eq(gk_windows_build(&w, sites, 2, 10, 9), GK_INVALID);
    sites[1] = (struct gk_site){0, HUGE_VAL};
    ck_assert_int_eq(gk_windows_build(&w, sites, 2, 10, 9), GK_INVALID);
    ck_assert_int_eq(gk_windows_build(&w, wide, 2, 10, 9), GK_INVALID);
    ck_assert_ptr_null(w.start);
}
END_TEST

GK_UNIT_MAIN("stats/windows", every_pair_within_reach_is_there_once,
             sites_in_one_place_are_each_other_s_windows, none_and_one_are_windows_too,
             what_has_no_distance_is_refused)
