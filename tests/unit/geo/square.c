/* Squares and orders. Morton codes are made bit by bit here; the Hilbert curve
 * is checked by what defines it: each position once, neighbours adjacent, and
 * each quarter of the square a quarter of the curve. */
#include "geo/square.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "unit.h"

START_TEST(a_square_holds_its_south_west_border_only)
{
    static const struct {
        struct gk_cm point;
        int32_t side, e, n;
    } cases[] = {{{0, 0}, 5000, 0, 0},         {{4999, 4999}, 5000, 0, 0},
                 {{5000, 9999}, 5000, 1, 1},   {{-1, -5000}, 5000, -1, -1},
                 {{-5001, -1}, 5000, -2, -1},  {{35608344, 609710667}, 25000, 1424, 24388},
                 {{-6251, 6250}, 6250, -2, 1}, {{INT64_MAX, INT64_MIN}, 1, INT32_MAX, INT32_MIN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gk_square s = gk_square_at(cases[i].point, cases[i].side);
        ck_assert_int_eq(s.e, cases[i].e);
        ck_assert_int_eq(s.n, cases[i].n);
    }
}
END_TEST

START_TEST(a_centre_is_in_the_middle)
{
    struct gk_cm c = gk_square_centre((struct gk_square){-2, 3}, 5000);
    ck_assert(c.e == -7500 && c.n == 17500);
    c = gk_square_centre((struct gk_square){-1, 1}, 5);
    ck_assert(c.e == -3 && c.n == 7); /* -2.5 and 7.5 rounded down */
    c = gk_square_centre((struct gk_square){INT32_MAX, INT32_MIN}, INT32_MAX);
    ck_assert(gk_square_at(c, INT32_MAX).e == INT32_MAX);
    ck_assert(gk_square_at(c, INT32_MAX).n == INT32_MIN);
}
END_TEST

static uint64_t morton_by_bits(struct gk_square s)
{
    uint64_t e = (uint64_t)((int64_t)s.e + 2147483648), n = (uint64_t)((int64_t)s.n + 2147483648);
    uint64_t code = 0;
    for (unsigned bit = 0; bit < 32; bit++)
        code |= (e >> bit & 1U) << (2 * bit) | (n >> bit & 1U) << (2 * bit + 1);
    return code;
}

START_TEST(morton_codes_interleave_the_bits)
{
    struct gk_random random;
    gk_random_init(&random, 21, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = gk_random_bits(&random);
        struct gk_square s = {(int32_t)bits, (int32_t)(bits >> 32)};
        ck_assert_uint_eq(gk_square_morton(s), morton_by_bits(s));
    }
    ck_assert_uint_eq(gk_square_morton((struct gk_square){INT32_MIN, INT32_MIN}), 0);
    ck_assert_uint_eq(gk_square_morton((struct gk_square){INT32_MIN + 1, INT32_MIN}), 1);
    ck_assert_uint_eq(gk_square_morton((struct gk_square){INT32_MIN, INT32_MIN + 1}), 2);
    ck_assert_uint_eq(gk_square_morton((struct gk_square){INT32_MAX, INT32_MAX}), UINT64_MAX);
    ck_assert_uint_lt(gk_square_morton((struct gk_square){-1, -1}),
                      gk_square_morton((struct gk_square){0, 0}));
}
END_TEST

START_TEST(the_hilbert_curve_visits_neighbours_one_after_the_other)
{
    /* A square of 512 at the origin is the curve's first part, whole. */
    enum { SIDE = 512 };
    static uint32_t at[SIDE * SIDE];
    memset(at, 0xFF, sizeof at);
    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++) {
            uint32_t d = gk_hilbert(x, y);
            ck_assert_uint_lt(d, SIDE * SIDE);
            ck_assert_uint_eq(at[d], UINT32_MAX);
            at[d] = y * SIDE + x;
        }
    for (uint32_t d = 1; d < SIDE * SIDE; d++) {
        int dx = abs((int)(at[d] % SIDE) - (int)(at[d - 1] % SIDE));
        int dy = abs((int)(at[d] / SIDE) - (int)(at[d - 1] / SIDE));
        ck_assert_int_eq(dx + dy, 1);
    }
}
END_TEST

START_TEST(the_hilbert_curve_spans_its_square)
{
    struct gk_random random;
    gk_random_init(&random, 22, 0);
    ck_assert_uint_eq(gk_hilbert(0, 0), 0);
    ck_assert_uint_eq(gk_hilbert(65535, 0), UINT32_MAX);
    ck_assert_uint_eq(gk_hilbert(70000, 0), UINT32_MAX);
    ck_assert_uint_eq(gk_hilbert(UINT32_MAX, UINT32_MAX), gk_hilbert(65535, 65535));
    /* All of a square of side 2^k shares the leading bits of its positions. */
    for (int i = 0; i < 20000; i++) {
        uint32_t x = (uint32_t)gk_random_below(&random, 65536);
        uint32_t y = (uint32_t)gk_random_below(&random, 65536);
        unsigned k = 1 + (unsigned)gk_random_below(&random, 15);
        uint32_t corner = gk_hilbert(x >> k << k, y >> k << k);
        ck_assert_uint_eq(gk_hilbert(x, y) >> (2 * k), corner >> (2 * k));
    }
}
END_TEST

GK_UNIT_MAIN("geo/square", a_square_holds_its_south_west_border_only, a_centre_is_in_the_middle,
             morton_codes_interleave_the_bits,
             the_hilbert_curve_visits_neighbours_one_after_the_other,
             the_hilbert_curve_spans_its_square)
