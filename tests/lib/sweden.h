/* Synthetic municipalities in memory, for measuring the lattice.
 *
 * Address points are laid out as Swedish settlements are: towns of quarters of
 * about 260 m (villas on plots of 700-1,000 m2 along streets, terraces, blocks of
 * flats with several stairwells, parks and industry), villages with larger
 * plots, hamlets of 5-30 houses and farms along winding roads and their tracks. Base districts are
 * Voronoi cells, small in the town and large outside it. Invented; no real place. */
#ifndef GK_TESTS_SWEDEN_H
#define GK_TESTS_SWEDEN_H

#include <math.h>
#include <stdlib.h>

#include "anon/lattice.h"
#include "base/random.h"
#include "geo/square.h"

enum { SWEDEN_SEEDS_MAX = 80, SWEDEN_LOCALITIES_MAX = 24, SWEDEN_SQUARE_CM = 5000 };

/* An address point, and after sweden_finish() the unit that it is in. */
struct sweden_address {
    struct gk_cm place;
    struct gk_square square;
    int32_t district;
    int32_t dwellings;
    size_t unit;
};

struct sweden {
    struct gk_random random;
    struct sweden_address *addresses;
    size_t address_count, address_capacity;
    struct gk_unit *units; /* made by sweden_finish() */
    size_t count;
    int32_t first_district; /* of the municipality in work */
    int32_t next_district;
    double origin_e, origin_n, side; /* of the municipality, metres */
    double seed_e[SWEDEN_SEEDS_MAX], seed_n[SWEDEN_SEEDS_MAX];
    int town_seeds, seeds;
    double town_e, town_n, town_radius;
    int64_t dwellings;
};

struct sweden_kind {
    double side_m;     /* the municipality is a square */
    int town;          /* dwellings */
    int villages;      /* how many */
    int village_least; /* dwellings of the smallest and the largest */
    int village_most;
    int country;    /* dwellings outside localities */
    double road_km; /* besides the roads between localities */
    double flats;   /* share of the quarters outside the centre */
    int town_districts;
    int country_districts;
};

/* 162.5 km2 and about 5,600 dwellings, as Bromölla; and a large one. */
static const struct sweden_kind sweden_small = {12748, 3500, 4, 160, 480, 930, 80, 0.08, 2, 2};
static const struct sweden_kind sweden_large = {45000, 80000, 16,   100, 1900,
                                                8500,  900,   0.30, 35,  15};

static double sweden_between(struct sweden *s, double low, double high)
{
    return low + (high - low) * gk_random_unit(&s->random);
}

static int sweden_chance(struct sweden *s, double share)
{
    return gk_random_unit(&s->random) < share;
}

/* The district of a place: nearest seed, those of the town for the town. */
static int32_t sweden_district(const struct sweden *s, double e, double n)
{
    int is_town = hypot(e - s->town_e, n - s->town_n) < s->town_radius;
    int first = is_town ? 0 : s->town_seeds;
    int end = is_town ? s->town_seeds : s->seeds;
    int best = first;
    for (int i = first; i < end; i++)
        if (hypot(e - s->seed_e[i], n - s->seed_n[i]) <
            hypot(e - s->seed_e[best], n - s->seed_n[best]))
            best = i;
    return s->first_district + best;
}

/* An address with its dwellings; places outside the municipality are no places. */
static int sweden_address(struct sweden *s, double e, double n, int dwellings)
{
    if (e < 0 || n < 0 || e >= s->side || n >= s->side)
        return 0;
    if (s->address_count == s->address_capacity) {
        s->address_capacity = s->address_capacity < 1024 ? 1024 : s->address_capacity * 2;
        s->addresses = realloc(s->addresses, s->address_capacity * sizeof *s->addresses);
        if (s->addresses == NULL)
            abort();
    }
    struct gk_cm place = {(int64_t)((s->origin_e + e) * 100), (int64_t)((s->origin_n + n) * 100)};
    s->addresses[s->address_count++] = (struct sweden_address){
        place, gk_square_at(place, SWEDEN_SQUARE_CM), sweden_district(s, e, n), dwellings, 0};
    s->dwellings += dwellings;
    return dwellings;
}

struct sweden_frame {
    double e, n, cosine, sine;
};

static struct sweden_frame sweden_frame(double e, double n, double angle)
{
    return (struct sweden_frame){e, n, cos(angle), sin(angle)};
}

/* An address at x along and y across a frame, a little off the line. */
static int sweden_place(struct sweden *s, struct sweden_frame f, double x, double y, double off,
                        int dwellings)
{
    x += sweden_between(s, -off, off);
    y += sweden_between(s, -off, off);
    return sweden_address(s, f.e + x * f.cosine - y * f.sine, f.n + x * f.sine + y * f.cosine,
                          dwellings);
}

/* Streets every 2 x 32 + 9 m, houses 12 m from their middle on both sides. */
static int sweden_villas(struct sweden *s, struct sweden_frame f, int most, double plot_width)
{
    int made = 0;
    for (double street = -110; street <= 110; street += 73)
        for (double x = -120; x <= 120; x += plot_width)
            for (int sign = -1; sign <= 1; sign += 2)
                if (made < most && !sweden_chance(s, 0.05))
                    made += sweden_place(s, f, x, street + sign * 12, 3, 1);
    return made;
}

/* Rows of 7 m wide houses, six to eight and a gap. */
static int sweden_terraces(struct sweden *s, struct sweden_frame f, int most)
{
    int made = 0;
    for (double row = -105; row <= 105; row += 36) {
        int left = 0;
        for (double x = -115; x <= 115; x += 7) {
            if (left == 0) {
                left = 6 + (int)gk_random_below(&s->random, 3);
                x += 16;
            }
            left--;
            if (made < most)
                made += sweden_place(s, f, x, row, 1, 1);
        }
    }
    return made;
}

/* Blocks of two to four stairwells of 6 to 16 flats. */
static int sweden_flats(struct sweden *s, struct sweden_frame f, int most, int flats_most)
{
    int made = 0;
    for (double row = -100; row <= 100; row += 50) {
        for (double x = -110; x <= 110; x += 25) {
            int stairs = 2 + (int)gk_random_below(&s->random, 3);
            int flats = 6 + (int)gk_random_below(&s->random, (uint64_t)(flats_most - 5));
            for (int i = 0; i < stairs && x <= 110; i++, x += 17)
                if (made < most)
                    made += sweden_place(s, f, x, row, 2, flats);
        }
    }
    return made;
}

/* A locality of about `dwellings`: quarters of 260 m, the middle first. */
static double sweden_locality(struct sweden *s, double e, double n, int dwellings, double flats,
                              double plot_width)
{
    double radius = 0;
    double angle = sweden_between(s, 0, M_PI);
    int made = 0;
    for (int ring = 0; made < dwellings && ring < 200; ring++) {
        int places = ring == 0 ? 1 : 6 * ring;
        double turn = sweden_between(s, 0, 2 * M_PI);
        for (int i = 0; i < places && made < dwellings; i++) {
            double at = turn + 2 * M_PI * i / places;
            double far = 265.0 * ring;
            double qe = e + far * cos(at) + sweden_between(s, -15, 15);
            double qn = n + far * sin(at) + sweden_between(s, -15, 15);
            struct sweden_frame f =
                sweden_frame(qe, qn, sweden_chance(s, 0.6) ? angle : sweden_between(s, 0, M_PI));
            int is_centre = dwellings > 1500 && far * far < dwellings * 12.0;
            double kind = gk_random_unit(&s->random);
            double empty = sweden_between(s, 0, 1);
            radius = far + 190;
            if (ring > 0 && empty < 0.18)
                continue; /* park, school, works */
            if (is_centre || kind < flats)
                made += sweden_flats(s, f, dwellings - made, dwellings > 20000 ? 16 : 10);
            else if (kind < flats + 0.12 && dwellings > 250)
                made += sweden_terraces(s, f, dwellings - made);
            else
                made += sweden_villas(s, f, dwellings - made, plot_width);
        }
    }
    return radius;
}

/* Houses along both sides of a winding road. */
static int sweden_hamlet(struct sweden *s, double e, double n, double heading, int houses)
{
    int made = 0;
    for (int i = 0; i < houses; i++) {
        double step = sweden_between(s, 25, 80);
        heading += sweden_between(s, -0.25, 0.25);
        e += step * cos(heading);
        n += step * sin(heading);
        double side = (sweden_chance(s, 0.5) ? 1 : -1) * sweden_between(s, 14, 45);
        made += sweden_address(s, e - side * sin(heading), n + side * cos(heading), 1);
    }
    return made;
}

struct sweden_road {
    double farm_km; /* farms and cottages a kilometre */
    double hamlet_km;
    int farms_left, hamlets_left; /* dwellings */
};

/* From a place for some kilometres, towards a goal if there is one. */
static void sweden_walk(struct sweden *s, struct sweden_road *road, double e, double n,
                        double length_m, const double *goal)
{
    double heading = sweden_between(s, 0, 2 * M_PI);
    for (double done = 0; done < length_m; done += 100) {
        if (goal != NULL)
            heading = atan2(goal[1] - n, goal[0] - e) + sweden_between(s, -0.7, 0.7);
        heading += sweden_between(s, -0.2, 0.2);
        e += 100 * cos(heading);
        n += 100 * sin(heading);
        if (goal != NULL && hypot(goal[0] - e, goal[1] - n) < 400)
            return;
        /* Most farms by the road, every fourth up a track of its own. */
        double reach = sweden_chance(s, 0.25) ? 900 : 200;
        double side = (sweden_chance(s, 0.5) ? 1 : -1) *
                      (15 + (reach - 15) * pow(gk_random_unit(&s->random), 2));
        if (road->farms_left > 0 && sweden_chance(s, road->farm_km / 10))
            road->farms_left -= sweden_address(s, e - side * sin(heading), n + side * cos(heading),
                                               sweden_chance(s, 0.12) ? 2 : 1);
        if (road->hamlets_left > 0 && sweden_chance(s, road->hamlet_km / 10)) {
            int houses = sweden_chance(s, 0.15) ? 18 + (int)gk_random_below(&s->random, 13)
                                                : 5 + (int)gk_random_below(&s->random, 9);
            road->hamlets_left -= sweden_hamlet(s, e, n, heading, houses);
        }
    }
}

/* The country: 25 % of its dwellings in hamlets, the others singly along roads and tracks. */
static void sweden_country(struct sweden *s, const struct sweden_kind *kind, const double *at_e,
                           const double *at_n, int localities)
{
    double km = kind->road_km + kind->side_m / 1000 * localities / 3;
    struct sweden_road road = {.farm_km = kind->country * 0.75 / km,
                               .hamlet_km = kind->country * 0.25 / 11 / km,
                               .farms_left = kind->country * 75 / 100,
                               .hamlets_left = kind->country * 25 / 100};
    for (int i = 1; i < localities; i++) {
        int nearest = 0;
        for (int j = 0; j < i; j++)
            if (hypot(at_e[i] - at_e[j], at_n[i] - at_n[j]) <
                hypot(at_e[i] - at_e[nearest], at_n[i] - at_n[nearest]))
                nearest = j;
        const double goal[2] = {at_e[nearest], at_n[nearest]};
        sweden_walk(s, &road, at_e[i], at_n[i], 3 * kind->side_m, goal);
    }
    /* Roads begin at evenly spread places (Roberts' R2 sequence): no land is without. */
    double start = sweden_between(s, 0, 1);
    for (int i = 1; i < 100000 && (road.farms_left > 0 || road.hamlets_left > 0); i++)
        sweden_walk(s, &road, s->side * fmod(start + i * 0.7548776662466927, 1),
                    s->side * fmod(start + i * 0.5698402909980532, 1),
                    sweden_between(s, 2000, 9000), NULL);
}

/* Adds a municipality that only `seed` decides, with its south-west corner at (e, n) in metres. */
static void sweden_municipality(struct sweden *s, const struct sweden_kind *kind, uint64_t seed,
                                double e, double n)
{
    double at_e[SWEDEN_LOCALITIES_MAX];
    double at_n[SWEDEN_LOCALITIES_MAX];
    int localities = 1 + kind->villages;
    gk_random_init(&s->random, seed, 1);
    s->origin_e = e;
    s->origin_n = n;
    s->side = kind->side_m;
    at_e[0] = s->town_e = s->side * sweden_between(s, 0.4, 0.6);
    at_n[0] = s->town_n = s->side * sweden_between(s, 0.4, 0.6);
    s->town_radius = sqrt(kind->town * 230.0); /* about; edges of districts cut quarters */
    s->first_district = s->next_district;
    s->town_seeds = kind->town_districts;
    s->seeds = kind->town_districts + kind->country_districts;
    s->next_district += s->seeds;
    for (int i = 0; i < s->seeds; i++) {
        double reach = i < s->town_seeds ? s->town_radius * 0.9 : s->side / 2;
        double middle_e = i < s->town_seeds ? s->town_e : s->side / 2;
        double middle_n = i < s->town_seeds ? s->town_n : s->side / 2;
        s->seed_e[i] = middle_e + sweden_between(s, -reach, reach);
        s->seed_n[i] = middle_n + sweden_between(s, -reach, reach);
    }
    sweden_locality(s, at_e[0], at_n[0], kind->town, kind->flats, 27);
    for (int i = 1; i < localities; i++) {
        double share = localities > 2 ? (double)(i - 1) / (localities - 2) : 0;
        int dwellings = (int)(kind->village_least *
                              pow((double)kind->village_most / kind->village_least, share));
        do {
            at_e[i] = s->side * sweden_between(s, 0.06, 0.94);
            at_n[i] = s->side * sweden_between(s, 0.06, 0.94);
        } while (hypot(at_e[i] - at_e[0], at_n[i] - at_n[0]) < s->town_radius + 1500);
        sweden_locality(s, at_e[i], at_n[i], dwellings, 0.04, 31);
    }
    sweden_country(s, kind, at_e, at_n, localities);
}

/* Several of a kind, seeds 1 to `count`, side by side and 20 km apart. */
static void sweden_several(struct sweden *s, const struct sweden_kind *kind, int count)
{
    for (int i = 0; i < count; i++)
        sweden_municipality(s, kind, 1 + (uint64_t)i, 200000 + i * (kind->side_m + 20000), 6200000);
}

static int sweden_compare(const void *x, const void *y)
{
    const struct sweden_address *a = x;
    const struct sweden_address *b = y;
    if (a->district != b->district)
        return a->district < b->district ? -1 : 1;
    if (a->square.n != b->square.n)
        return a->square.n < b->square.n ? -1 : 1;
    return (a->square.e > b->square.e) - (a->square.e < b->square.e);
}

/* Makes the units of all addresses (again); sorts the addresses. */
static void sweden_finish(struct sweden *s)
{
    free(s->units);
    s->units = calloc(s->address_count + 1, sizeof *s->units);
    if (s->units == NULL)
        abort();
    s->count = 0;
    qsort(s->addresses, s->address_count, sizeof *s->addresses, sweden_compare);
    for (size_t i = 0; i < s->address_count; i++) {
        struct sweden_address *address = &s->addresses[i];
        if (i == 0 || sweden_compare(&s->addresses[i - 1], address) != 0)
            s->units[s->count++] =
                (struct gk_unit){address->square, address->district, 0, 0, GK_CELL_NONE};
        address->unit = s->count - 1;
        s->units[s->count - 1].dwellings += address->dwellings;
        s->units[s->count - 1].addresses++;
    }
}

static void sweden_release(struct sweden *s)
{
    free(s->addresses);
    free(s->units);
}

#endif
