/* How far a lattice moves dwellings: from the address to the point of its cell,
 * weighted by dwellings, in metres.
 *
 * Country: dwellings with fewer than 200 dwellings (their own square's included)
 * in squares whose centres are within 500 m of their square's centre. Town: all
 * others. */
#ifndef GK_TESTS_DISPLACEMENT_H
#define GK_TESTS_DISPLACEMENT_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "anon/lattice.h"
#include "geo/square.h"
#include "packed.h"

enum { DISPLACEMENT_COUNTRY_BELOW = 200, DISPLACEMENT_NEAR_CM = 50000 };

struct displacement {
    double median_m, p90_m, max_m;
    int64_t dwellings;
};

/* How far the dwellings of one address are moved. */
struct displaced {
    double distance_m;
    int64_t dwellings;
    bool is_country;
};

struct displacement_place {
    uint64_t morton;
    size_t unit;
};

static int displacement_by_morton(const void *x, const void *y)
{
    const struct displacement_place *a = x;
    const struct displacement_place *b = y;
    return (a->morton > b->morton) - (a->morton < b->morton);
}

/* Says of every unit whether it is country. */
static void displacement_classify(bool *is_country, const struct gk_unit *units, size_t count,
                                  int32_t side_cm)
{
    struct displacement_place *places = calloc(count + 1, sizeof *places);
    struct gk_spot *spots = calloc(count + 1, sizeof *spots);
    struct gk_packed tree;
    if (places == NULL || spots == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        places[i] = (struct displacement_place){gk_square_morton(units[i].square), i};
    qsort(places, count, sizeof *places, displacement_by_morton);
    for (size_t i = 0; i < count; i++) {
        struct gk_cm at = gk_square_centre(units[places[i].unit].square, side_cm);
        spots[i] = (struct gk_spot){(int32_t)at.e, (int32_t)at.n};
    }
    if (gk_packed_build(&tree, spots, NULL, count) != GK_OK)
        abort();
    const int64_t near_d2 = (int64_t)DISPLACEMENT_NEAR_CM * DISPLACEMENT_NEAR_CM;
    for (size_t i = 0; i < count; i++) {
        struct gk_packed_walk walk;
        size_t leaf;
        int64_t near = 0;
        gk_packed_walk_begin(&walk, &tree, spots[i]);
        while (near < DISPLACEMENT_COUNTRY_BELOW && gk_packed_walk_next(&walk, near_d2, &leaf))
            for (size_t j = leaf * GK_PACKED_LEAF; j < count && j < (leaf + 1) * GK_PACKED_LEAF;
                 j++)
                if (gk_spot_d2(spots[i], spots[j]) <= near_d2)
                    near += units[places[j].unit].dwellings;
        is_country[places[i].unit] = near < DISPLACEMENT_COUNTRY_BELOW;
    }
    gk_packed_release(&tree);
    free(places);
    free(spots);
}

static inline double displacement_distance_m(struct gk_cm place, struct gk_square point,
                                             int32_t side_cm)
{
    struct gk_cm at = gk_square_centre(point, side_cm);
    return hypot((double)(place.e - at.e), (double)(place.n - at.n)) / 100;
}

static int displacement_by_distance(const void *x, const void *y)
{
    const struct displaced *a = x;
    const struct displaced *b = y;
    return (a->distance_m > b->distance_m) - (a->distance_m < b->distance_m);
}

/* The distribution among town or country dwellings; sorts `displaced`. */
static struct displacement displacement_of(struct displaced *displaced, size_t count,
                                           bool is_country)
{
    struct displacement result = {0};
    qsort(displaced, count, sizeof *displaced, displacement_by_distance);
    for (size_t i = 0; i < count; i++)
        if (displaced[i].is_country == is_country)
            result.dwellings += displaced[i].dwellings;
    int64_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        if (displaced[i].is_country != is_country || displaced[i].dwellings == 0)
            continue;
        int64_t before = seen;
        seen += displaced[i].dwellings;
        if (before * 2 < result.dwellings && seen * 2 >= result.dwellings)
            result.median_m = displaced[i].distance_m;
        if (before * 10 < result.dwellings * 9 && seen * 10 >= result.dwellings * 9)
            result.p90_m = displaced[i].distance_m;
        result.max_m = displaced[i].distance_m;
    }
    return result;
}

#endif
