/* The locator against looking at every unit, and the rules said in its header. */
#include "anon/lattice.h"

#include <stdlib.h>

#include "settlement.h"
#include "unit.h"

static uint64_t morton(struct gk_square square)
{
    uint64_t code = 0;
    for (int bit = 31; bit >= 0; bit--)
        code = code << 2 |
               ((((uint64_t)((int64_t)square.n + INT64_C(2147483648)) >> bit) & 1) << 1) |
               (((uint64_t)((int64_t)square.e + INT64_C(2147483648)) >> bit) & 1);
    return code;
}

/* The index of the nearest unit with dwellings, of one district or (-1) of all. */
static size_t nearest(const struct gk_unit *units, size_t count, struct gk_square from,
                      int32_t district, int64_t side, int64_t max)
{
    size_t best = SIZE_MAX;
    int64_t best_d2 = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t e = (units[i].square.e - from.e) * side;
        int64_t n = (units[i].square.n - from.n) * side;
        int64_t d2 = e * e + n * n;
        if (units[i].dwellings == 0 || (district >= 0 && units[i].district != district) ||
            d2 > max * max)
            continue;
        bool is_better = best == SIZE_MAX || d2 < best_d2;
        if (!is_better && d2 == best_d2) {
            uint64_t code = morton(units[i].square);
            uint64_t best_code = morton(units[best].square);
            is_better =
                code < best_code || (code == best_code && units[i].district < units[best].district);
        }
        if (is_better) {
            best = i;
            best_d2 = d2;
        }
    }
    return best;
}

START_TEST(the_locator_equals_looking_at_every_unit)
{
    static struct settlement s;
    struct gk_random random;
    gk_random_init(&random, 4, 4);
    for (uint64_t seed = 0; seed < 160; seed++) {
        const int32_t side = seed % 3 == 0 ? 5000 : seed % 3 == 1 ? 6250 : 12500;
        const int64_t max = (int64_t)gk_random_below(&random, 200000);
        struct gk_locator *locator;
        settlement_make(&s, (enum settlement_kind)(seed % SETTLEMENT_KINDS), seed);
        settlement_shuffle(&s, &random);
        for (size_t i = 0; i < s.count; i++)
            s.units[i].cell = 1 + (int32_t)i; /* tells which unit was found */
        ck_assert_int_eq(gk_locator_build(&locator, s.units, s.count, side, max), GK_OK);
        for (int i = 0; i < 200; i++) {
            struct gk_square at = {s.origin.e - 5 + settlement_below(&random, s.extent + 10),
                                   s.origin.n - 5 + settlement_below(&random, s.extent + 10)};
            struct gk_cm place = {(int64_t)at.e * side + settlement_below(&random, side),
                                  (int64_t)at.n * side + settlement_below(&random, side)};
            int32_t district = settlement_below(&random, 22) - 1;
            size_t want =
                district < 0 ? SIZE_MAX : nearest(s.units, s.count, at, district, side, max);
            if (want == SIZE_MAX)
                want = nearest(s.units, s.count, at, -1, side, max);
            ck_assert_int_eq(gk_locator_find(locator, place, district),
                             want == SIZE_MAX ? GK_CELL_NONE : 1 + (int32_t)want);
        }
        gk_locator_free(locator);
    }
}
END_TEST

START_TEST(its_own_unit_then_its_own_district_then_any)
{
    const struct gk_unit units[] = {{{0, 0}, 1, 3, 3, 11},
                                    {{0, 0}, 2, 3, 3, 12},
                                    {{10, 0}, 3, 3, 3, 13},
                                    {{1, 0}, 4, 0, 0, 14}};
    struct gk_locator *locator;
    ck_assert_int_eq(gk_locator_build(&locator, units, 4, 5000, 50000), GK_OK);
    const struct gk_cm here = {100, 4999};
    ck_assert_int_eq(gk_locator_find(locator, here, 1), 11);
    ck_assert_int_eq(gk_locator_find(locator, here, 2), 12);
    ck_assert_int_eq(gk_locator_find(locator, here, 3), 13); /* exactly 500 m away */
    ck_assert_int_eq(gk_locator_find(locator, here, 4), 11); /* no dwellings there */
    ck_assert_int_eq(gk_locator_find(locator, here, -1), 11);
    ck_assert_int_eq(gk_locator_find(locator, here, 99), 11);
    const struct gk_cm before = {-1, 0}; /* the square to the west: 550 m to 3 */
    ck_assert_int_eq(gk_locator_find(locator, before, 3), 11);
    const struct gk_cm far = {100000000, 0};
    ck_assert_int_eq(gk_locator_find(locator, far, 1), GK_CELL_NONE);
    const struct gk_cm outside = {INT64_MAX, INT64_MIN};
    ck_assert_int_eq(gk_locator_find(locator, outside, 1), GK_CELL_NONE);
    gk_locator_free(locator);
}
END_TEST

START_TEST(an_empty_or_bad_locator_finds_nothing)
{
    struct gk_locator *locator;
    struct gk_unit unit = {{0, 0}, 1, 3, 3, 1};
    ck_assert_int_eq(gk_locator_build(&locator, NULL, 0, 5000, 100000), GK_OK);
    ck_assert_int_eq(gk_locator_find(locator, (struct gk_cm){0, 0}, 1), GK_CELL_NONE);
    gk_locator_free(locator);
    gk_locator_free(NULL);
    ck_assert_int_eq(gk_locator_build(&locator, &unit, 1, 0, 100000), GK_INVALID);
    ck_assert_int_eq(gk_locator_build(&locator, &unit, 1, 5000, -1), GK_INVALID);
    unit.square.e = INT32_MAX;
    ck_assert_int_eq(gk_locator_build(&locator, &unit, 1, 5000, 100000), GK_INVALID);
    ck_assert_ptr_null(locator);
}
END_TEST

GK_UNIT_MAIN("anon/locate", the_locator_equals_looking_at_every_unit,
             its_own_unit_then_its_own_district_then_any, an_empty_or_bad_locator_finds_nothing)
