/* Random settlements for tests of the lattice: small, of many shapes, meant to
 * hit ties, gaps and borders rather than to look like Sweden. */
#ifndef GK_TESTS_SETTLEMENT_H
#define GK_TESTS_SETTLEMENT_H

#include <string.h>

#include "anon/lattice.h"
#include "base/random.h"

enum settlement_kind {
    SETTLEMENT_TOWN,
    SETTLEMENT_HAMLETS,
    SETTLEMENT_FARMS,
    SETTLEMENT_EQUAL_DISTANCES,
    SETTLEMENT_ONE_SQUARE,
    SETTLEMENT_TOO_FEW,
    SETTLEMENT_FLATS,
    SETTLEMENT_EMPTY_HOUSES,
    SETTLEMENT_KINDS
};

enum { SETTLEMENT_UNITS_MAX = 400 };

struct settlement {
    struct gk_unit units[SETTLEMENT_UNITS_MAX];
    size_t count;
    int districts;
    struct gk_square origin;
    int extent; /* squares */
};

/* Adds dwellings to a unit, which is made if it is not there. */
static void settlement_add(struct settlement *s, struct gk_square square, int32_t district,
                           int32_t dwellings, int32_t addresses)
{
    for (size_t i = 0; i < s->count; i++) {
        struct gk_unit *unit = &s->units[i];
        if (unit->square.e == square.e && unit->square.n == square.n &&
            unit->district == district) {
            unit->dwellings += dwellings;
            unit->addresses += addresses;
            return;
        }
    }
    if (s->count < SETTLEMENT_UNITS_MAX)
        s->units[s->count++] =
            (struct gk_unit){square, district, dwellings, addresses, GK_CELL_NONE};
}

static int settlement_below(struct gk_random *random, int bound)
{
    return (int)gk_random_below(random, (uint64_t)bound);
}

/* Districts are strips, except that some houses stand on the wrong side. */
static int32_t settlement_district(const struct settlement *s, struct gk_random *random, int e)
{
    if (settlement_below(random, 20) == 0)
        return 5 * settlement_below(random, s->districts);
    return 5 * (e * s->districts / (s->extent + 1));
}

/* One house or block at a random place near (e, n). */
static void settlement_house(struct settlement *s, struct gk_random *random,
                             enum settlement_kind kind, int e, int n)
{
    int32_t dwellings = 1 + settlement_below(random, 2);
    int32_t addresses = 1 + settlement_below(random, (int)dwellings);
    e = e < 0 ? 0 : e > s->extent ? s->extent : e;
    if (kind == SETTLEMENT_EQUAL_DISTANCES)
        dwellings = addresses = 1;
    if (kind == SETTLEMENT_FLATS) {
        dwellings = 1 + settlement_below(random, 60);
        addresses = 1 + settlement_below(random, 3);
    }
    if (kind == SETTLEMENT_EMPTY_HOUSES)
        dwellings = addresses = settlement_below(random, 3) == 0;
    settlement_add(s, (struct gk_square){s->origin.e + e, s->origin.n + n},
                   settlement_district(s, random, e), dwellings, addresses);
}

/* About `houses` more houses of a kind. */
static void settlement_grow(struct settlement *s, struct gk_random *random,
                            enum settlement_kind kind, int houses)
{
    int e = 0;
    int n = 0;
    for (int i = 0; i < houses; i++) {
        int x = settlement_below(random, s->extent + 1);
        int y = settlement_below(random, s->extent + 1);
        if (kind == SETTLEMENT_HAMLETS) {
            if (i % 9 == 0) {
                e = x;
                n = y;
            }
            x = e + settlement_below(random, 5);
            y = n + settlement_below(random, 5);
        } else if (kind == SETTLEMENT_EQUAL_DISTANCES) {
            x = i % 8 * 4;
            y = i / 8 * 4;
        } else if (kind == SETTLEMENT_ONE_SQUARE) {
            x = y = 3;
        }
        settlement_house(s, random, kind, x, y);
    }
}

/* A settlement of a kind; the same for the same seed. */
static void settlement_make(struct settlement *s, enum settlement_kind kind, uint64_t seed)
{
    struct gk_random random;
    gk_random_init(&random, seed, (uint64_t)kind);
    memset(s, 0, sizeof *s);
    s->districts = 1 + settlement_below(&random, 4);
    /* Also across the origin, where division must floor. */
    s->origin = settlement_below(&random, 2) == 0 ? (struct gk_square){9000, 50000}
                                                  : (struct gk_square){-7, -5};
    static const int extents[SETTLEMENT_KINDS] = {14, 70, 150, 31, 8, 40, 16, 24};
    s->extent = extents[kind];
    int houses = kind == SETTLEMENT_TOO_FEW ? settlement_below(&random, 8)
                                            : 40 + settlement_below(&random, 90);
    if (seed % 9 == 8)
        houses *= 3;
    settlement_grow(s, &random, kind, houses);
}

/* Random order of the rows. */
static void settlement_shuffle(struct settlement *s, struct gk_random *random)
{
    for (size_t i = s->count; i > 1; i--) {
        size_t j = (size_t)gk_random_below(random, i);
        struct gk_unit swap = s->units[i - 1];
        s->units[i - 1] = s->units[j];
        s->units[j] = swap;
    }
}

#endif
