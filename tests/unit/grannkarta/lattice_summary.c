/* Town and country and the quantiles against the definition, counted pair by
 * pair on random settlements. */
#include "lattice_summary.h"

#include <math.h>

#include "base/random.h"
#include "unit.h"

enum { UNITS = 600, SIDE_CM = 5000 };

static void scatter(struct gk_unit *units, uint64_t seed)
{
    struct gk_random random;
    gk_random_init(&random, seed, 0);
    for (int i = 0; i < UNITS; i++) {
        /* Two districts, so that a square may have two units. */
        int spread = i < UNITS / 2 ? 25 : 120;
        units[i] = (struct gk_unit){{(int32_t)gk_random_below(&random, (uint64_t)spread) - 20,
                                     (int32_t)gk_random_below(&random, (uint64_t)spread) - 20},
                                    (int32_t)gk_random_below(&random, 2),
                                    (int32_t)gk_random_below(&random, 6),
                                    1,
                                    1};
    }
}

START_TEST(country_is_fewer_than_200_dwellings_within_500_m)
{
    struct gk_unit units[UNITS];
    unsigned char is_country[UNITS];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        scatter(units, seed);
        ck_assert_int_eq(gk_lattice_find_country(is_country, units, UNITS, SIDE_CM), GK_OK);
        int country = 0;
        for (int i = 0; i < UNITS; i++) {
            int64_t near = 0;
            for (int k = 0; k < UNITS; k++) {
                int64_t e = units[i].square.e - units[k].square.e,
                        n = units[i].square.n - units[k].square.n;
                if ((e * e + n * n) * SIDE_CM * SIDE_CM <= INT64_C(50000) * 50000)
                    near += units[k].dwellings;
            }
            ck_assert_int_eq(is_country[i], near < 200);
            country += near < 200;
        }
        ck_assert(country > 0 && country < UNITS);
    }
}
END_TEST

START_TEST(quantiles_count_every_dwelling_once)
{
    /* Ten dwellings in squares whose centres are 0 (5 of them), 50 (3), 100 and
     * 150 m from the point. Each stands for 25 places 10 m apart; sorted, by a script in
     * another language, the 125th of the 250 is 28.3, the 225th 121.7 and the
     * last 171.2 m; quantiles are middles of bins of 1 m. */
    const struct gk_unit units[] = {{{0, 0}, 1, 5, 5, 1},
                                    {{1, 0}, 1, 3, 3, 1},
                                    {{0, 2}, 1, 1, 1, 1},
                                    {{3, 0}, 1, 1, 1, 1},
                                    {{9, 9}, 1, 0, 0, 1}};
    const struct gk_lattice_cell cells[] = {
        {.id = 1, .merged_into = GK_CELL_NONE, .point = {0, 0}}};
    struct gk_lattice_summary summary;
    ck_assert_int_eq(gk_lattice_summarise(&summary, units, 5, cells, 1, SIDE_CM), GK_OK);
    ck_assert_int_eq((int)summary.dwellings, 10);
    ck_assert_int_eq((int)summary.units, 4);
    ck_assert_int_eq((int)summary.cells, 1);
    ck_assert_int_eq((int)summary.cell_median, 10);
    ck_assert_double_eq(summary.all.median_m, 28.5);
    ck_assert_double_eq(summary.all.p90_m, 121.5);
    ck_assert_double_eq_tol(summary.all.max_m, 171.1724276862369, 1e-9);
    ck_assert_int_eq((int)summary.town.dwellings, 0);
    ck_assert_double_eq(summary.country.p90_m, 121.5);
}
END_TEST

START_TEST(an_empty_lattice_has_no_numbers)
{
    struct gk_lattice_summary summary;
    ck_assert_int_eq(gk_lattice_summarise(&summary, NULL, 0, NULL, 0, SIDE_CM), GK_OK);
    ck_assert_int_eq((int)summary.cells, 0);
    ck_assert_double_eq(summary.all.max_m, 0);
}
END_TEST

GK_UNIT_MAIN("lattice summary", country_is_fewer_than_200_dwellings_within_500_m,
             quantiles_count_every_dwelling_once, an_empty_lattice_has_no_numbers)
