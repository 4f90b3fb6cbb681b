/* What anonymity costs, and what other ways of making 8 dwellings would cost: how
 * far dwellings are moved, and how well the hottest squares are still found.
 *
 * All at the same rule (8 dwellings, 3 addresses), on the municipalities of
 * `grannkarta synth`: sixteen like Bromölla together, and the larger neighbour.
 * lib/anon/README.md has the table and says what each rival is.
 *
 * Agreement: of the 5 % of 250 m squares (those with dwellings) that have the
 * highest true counts, the share that is among the 5 % with the highest counts
 * after coarsening, a zone's count spread over its squares by dwellings as the
 * `hotspots` resource does. Ties are broken at random, by the same order on both
 * sides, so that unchanged counts agree completely; the mean of many orders. */
#include <stdio.h>
#include <string.h>

#include "synth.h"

#include "../lib/displacement.h"
#include "../lib/quadtree.h"

enum {
    SIDE_CM = 5000,
    K = 8,
    SMALL_SEEDS = 16,
    ORDERS = 40,
    LARGE_DWELLINGS = 100000,
    LARGE_INCIDENTS = 3200,
    GRID_CM = 50000 /* buckets of the search for the nearest point */
};

static const struct gk_lattice_rule rule = {SIDE_CM, K, 3, 200000};
static int misses;

/* One or several municipalities of a kind. Squares are 250 m. */
struct place {
    const char *name;
    struct gk_unit *units;
    size_t unit_count, unit_capacity;
    int32_t *square_of; /* by unit */
    size_t square_count;
    int64_t *incidents; /* by unit */
    int64_t incident_count;
    struct home {
        struct gk_cm at;
        int32_t dwellings;
        size_t unit;
    } * homes;
    size_t home_count;
    bool *is_country; /* by unit */
};

/* A way to make zones: the zone of each unit, and where it is drawn. */
struct zoning {
    const char *name;
    int32_t *zone; /* by unit */
    size_t zone_count;
    struct gk_cm *point; /* by unit */
    bool *is_hidden;     /* by zone */
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

/* --- the place ------------------------------------------------------------ */

static int compare_units(const void *a, const void *b)
{
    const struct gk_unit *x = a, *y = b;
    if (x->square.e != y->square.e)
        return x->square.e < y->square.e ? -1 : 1;
    if (x->square.n != y->square.n)
        return x->square.n < y->square.n ? -1 : 1;
    return (x->district > y->district) - (x->district < y->district);
}

static size_t find_unit(const struct place *place, size_t first, const struct gk_unit *key)
{
    const struct gk_unit *found = bsearch(key, place->units + first, place->unit_count - first,
                                          sizeof *place->units, compare_units);
    if (found == NULL)
        abort();
    return (size_t)(found - place->units);
}

static struct gk_unit unit_of(const struct gk_synth *synth, const struct gk_synth_address *address,
                              int64_t shift_cm, int32_t district)
{
    struct gk_cm at = {address->at.e + shift_cm, address->at.n};
    int64_t cell = gk_synth_mesh_find(&synth->mesh, address->at);
    return (struct gk_unit){gk_square_at(at, SIDE_CM), synth->mesh.district[cell] + district,
                            address->dwellings, 1, GK_CELL_NONE};
}

struct taker {
    struct place *place;
    const struct gk_synth *synth;
    size_t first_unit;
    int64_t shift_cm;
    int32_t district;
};

static enum gk_status take(void *context, const struct gk_synth_incident *incident)
{
    const struct taker *taker = context;
    struct gk_unit key = unit_of(taker->synth, incident->address, taker->shift_cm, taker->district);
    taker->place->incidents[find_unit(taker->place, taker->first_unit, &key)] += incident->count;
    taker->place->incident_count += incident->count;
    return GK_OK;
}

/* Units and homes of one municipality, sorted, behind those that are there. */
static void add_homes(struct place *place, const struct taker *taker, enum gk_synth_owner owner)
{
    const struct gk_synth *synth = taker->synth;
    size_t all = place->unit_count + synth->address_count;
    place->units = realloc(place->units, (all + 1) * sizeof *place->units);
    place->homes = realloc(place->homes,
                           (place->home_count + synth->address_count + 1) * sizeof *place->homes);
    place->incidents = realloc(place->incidents, (all + 1) * sizeof *place->incidents);
    if (place->units == NULL || place->homes == NULL || place->incidents == NULL)
        abort();
    struct gk_unit *units = place->units + taker->first_unit;
    size_t count = 0, kept = 0, first_home = place->home_count;
    for (size_t i = 0; i < synth->address_count; i++)
        if (synth->addresses[i].owner == owner)
            units[count++] = unit_of(synth, &synth->addresses[i], taker->shift_cm, taker->district);
    qsort(units, count, sizeof *units, compare_units);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && compare_units(&units[kept - 1], &units[i]) == 0) {
            units[kept - 1].dwellings += units[i].dwellings;
            units[kept - 1].addresses++;
        } else {
            units[kept++] = units[i];
        }
    }
    place->unit_count += kept;
    memset(place->incidents + taker->first_unit, 0, kept * sizeof *place->incidents);
    for (size_t i = 0; i < synth->address_count; i++) {
        const struct gk_synth_address *address = &synth->addresses[i];
        if (address->owner != owner)
            continue;
        struct gk_unit key = unit_of(synth, address, taker->shift_cm, taker->district);
        place->homes[place->home_count++] =
            (struct home){{address->at.e + taker->shift_cm, address->at.n},
                          address->dwellings,
                          find_unit(place, taker->first_unit, &key)};
    }
    if (place->home_count == first_home)
        abort();
}

static void add_municipality(struct place *place, enum gk_synth_owner owner, uint64_t seed,
                             int64_t incidents)
{
    struct gk_synth_plan plan = {.seed = seed,
                                 .dwellings = owner == GK_SYNTH_STORBY ? LARGE_DWELLINGS : 2000,
                                 .incidents = incidents,
                                 .years = 8};
    struct gk_synth synth;
    if (gk_synth_build(&synth, &plan) != GK_OK)
        abort();
    struct taker taker = {place, &synth, place->unit_count, (int64_t)seed * 10000000,
                          (int32_t)seed * 10000};
    add_homes(place, &taker, owner);
    if (gk_synth_incidents(&synth, owner, take, &taker) != GK_OK)
        abort();
    gk_synth_release(&synth);
}

struct keyed {
    int64_t key;
    size_t unit;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* Numbers the squares of `side_cm` that have units. */
static size_t number_squares(const struct place *place, int32_t side_cm, int32_t *square_of)
{
    struct keyed *keys = allocate(place->unit_count, sizeof *keys);
    for (size_t u = 0; u < place->unit_count; u++) {
        struct gk_square s =
            gk_square_at(gk_square_centre(place->units[u].square, SIDE_CM), side_cm);
        keys[u] = (struct keyed){(int64_t)s.e * (INT64_C(1) << 32) + s.n, u};
    }
    qsort(keys, place->unit_count, sizeof *keys, compare_keyed);
    size_t count = 0;
    for (size_t i = 0; i < place->unit_count; i++) {
        count += i == 0 || keys[i].key != keys[i - 1].key;
        square_of[keys[i].unit] = (int32_t)count - 1;
    }
    free(keys);
    return count;
}

static void finish(struct place *place)
{
    place->square_of = allocate(place->unit_count, sizeof *place->square_of);
    place->is_country = allocate(place->unit_count, sizeof *place->is_country);
    place->square_count = number_squares(place, 25000, place->square_of);
    displacement_classify(place->is_country, place->units, place->unit_count, SIDE_CM);
}

/* --- the ways -------------------------------------------------------------- */

static void begin(struct zoning *z, const struct place *place, const char *name)
{
    *z = (struct zoning){.name = name};
    z->zone = allocate(place->unit_count, sizeof *z->zone);
    z->point = allocate(place->unit_count, sizeof *z->point);
    z->is_hidden = allocate(place->unit_count, sizeof *z->is_hidden);
}

static void release(struct zoning *z)
{
    free(z->zone);
    free(z->point);
    free(z->is_hidden);
}

static void zone_ours(struct zoning *z, const struct place *place)
{
    struct gk_lattice lattice;
    begin(z, place, "cells");
    if (gk_lattice_build(&lattice, place->units, place->unit_count, NULL, 0, &rule, NULL) != GK_OK)
        abort();
    z->zone_count = lattice.cell_count;
    for (size_t u = 0; u < place->unit_count; u++) {
        z->zone[u] = lattice.cell_of_unit[u] - 1;
        z->point[u] = gk_square_centre(lattice.cells[z->zone[u]].point, SIDE_CM);
    }
    gk_lattice_release(&lattice);
}

/* A pooled quadtree's zones are within a district and each has its own point. */
static void zone_quadtree(struct zoning *z, const struct place *place)
{
    struct gk_square *points = allocate(place->unit_count, sizeof *points);
    struct gk_unit *keys = allocate(place->unit_count, sizeof *keys);
    begin(z, place, "pooled quadtree");
    quadtree_build(points, place->units, place->unit_count, &rule);
    for (size_t u = 0; u < place->unit_count; u++)
        keys[u] = (struct gk_unit){.square = points[u], .district = place->units[u].district};
    qsort(keys, place->unit_count, sizeof *keys, compare_units);
    for (size_t i = 0; i < place->unit_count; i++)
        if (z->zone_count == 0 || compare_units(&keys[z->zone_count - 1], &keys[i]) != 0)
            keys[z->zone_count++] = keys[i];
    for (size_t u = 0; u < place->unit_count; u++) {
        struct gk_unit key = {.square = points[u], .district = place->units[u].district};
        const struct gk_unit *found =
            bsearch(&key, keys, z->zone_count, sizeof *keys, compare_units);
        z->zone[u] = (int32_t)(found - keys);
        z->point[u] = gk_square_centre(points[u], SIDE_CM);
    }
    free(points);
    free(keys);
}

/* Fixed squares: what is in one of too few homes has to be hidden. */
static void zone_squares(struct zoning *z, const struct place *place, const char *name,
                         int32_t side_cm)
{
    begin(z, place, name);
    z->zone_count = number_squares(place, side_cm, z->zone);
    int64_t *dwellings = allocate(z->zone_count, sizeof *dwellings);
    int64_t *addresses = allocate(z->zone_count, sizeof *addresses);
    for (size_t u = 0; u < place->unit_count; u++) {
        struct gk_cm at = gk_square_centre(place->units[u].square, SIDE_CM);
        z->point[u] = gk_square_centre(gk_square_at(at, side_cm), side_cm);
        dwellings[z->zone[u]] += place->units[u].dwellings;
        addresses[z->zone[u]] += place->units[u].addresses;
    }
    for (size_t i = 0; i < z->zone_count; i++)
        z->is_hidden[i] = dwellings[i] < rule.min_dwellings || addresses[i] < rule.min_addresses;
    free(dwellings);
    free(addresses);
}

/* Points of a map, each unit's at first; in buckets for the nearest. */
struct points {
    const struct place *place;
    struct keyed *buckets; /* by bucket; unit */
    bool *is_dropped;
    int32_t low_e, low_n, columns, rows;
    size_t *first;
};

static int64_t distance2(const struct place *place, size_t a, size_t b)
{
    struct gk_cm p = gk_square_centre(place->units[a].square, SIDE_CM);
    struct gk_cm q = gk_square_centre(place->units[b].square, SIDE_CM);
    return (p.e - q.e) * (p.e - q.e) + (p.n - q.n) * (p.n - q.n);
}

static struct gk_square bucket_of(const struct points *p, size_t unit)
{
    struct gk_square s =
        gk_square_at(gk_square_centre(p->place->units[unit].square, SIDE_CM), GRID_CM);
    return (struct gk_square){s.e - p->low_e, s.n - p->low_n};
}

static void fill_buckets(struct points *p, const struct place *place)
{
    struct gk_square high = {INT32_MIN, INT32_MIN};
    *p = (struct points){.place = place};
    p->low_e = p->low_n = 0;
    struct gk_square low = {INT32_MAX, INT32_MAX};
    for (size_t u = 0; u < place->unit_count; u++) {
        struct gk_square s = bucket_of(p, u);
        low.e = s.e < low.e ? s.e : low.e;
        low.n = s.n < low.n ? s.n : low.n;
        high.e = s.e > high.e ? s.e : high.e;
        high.n = s.n > high.n ? s.n : high.n;
    }
    p->low_e = low.e;
    p->low_n = low.n;
    p->columns = high.e - low.e + 1;
    p->rows = high.n - low.n + 1;
    p->buckets = allocate(place->unit_count, sizeof *p->buckets);
    p->is_dropped = allocate(place->unit_count, sizeof *p->is_dropped);
    size_t cells = (size_t)p->columns * (size_t)p->rows;
    p->first = allocate(cells + 1, sizeof *p->first);
    for (size_t u = 0; u < place->unit_count; u++) {
        struct gk_square s = bucket_of(p, u);
        p->buckets[u] = (struct keyed){(int64_t)s.n * p->columns + s.e, u};
        p->first[p->buckets[u].key + 1]++;
    }
    qsort(p->buckets, place->unit_count, sizeof *p->buckets, compare_keyed);
    for (size_t c = 0; c < cells; c++)
        p->first[c + 1] += p->first[c];
}

/* The nearest point that is left; rings of buckets outwards. */
static size_t nearest_point(const struct points *p, size_t unit)
{
    struct gk_square at = bucket_of(p, unit);
    size_t best = SIZE_MAX;
    int64_t best_d2 = INT64_MAX;
    for (int32_t ring = 0; ring <= p->columns + p->rows; ring++) {
        int64_t inner = (int64_t)(ring - 1) * GRID_CM;
        if (ring > 0 && best_d2 <= inner * inner)
            break;
        for (int32_t y = at.n - ring; y <= at.n + ring; y++)
            for (int32_t x = at.e - ring; x <= at.e + ring; x++) {
                bool is_rim =
                    y == at.n - ring || y == at.n + ring || x == at.e - ring || x == at.e + ring;
                if (!is_rim || x < 0 || y < 0 || x >= p->columns || y >= p->rows)
                    continue;
                size_t c = (size_t)y * (size_t)p->columns + (size_t)x;
                for (size_t i = p->first[c]; i < p->first[c + 1]; i++) {
                    size_t other = p->buckets[i].unit;
                    int64_t d2 = distance2(p->place, unit, other);
                    if (!p->is_dropped[other] && d2 < best_d2) {
                        best_d2 = d2;
                        best = other;
                    }
                }
            }
    }
    return best;
}

/* Points as on a street-crime map: every square with homes is one at first; as
 * long as some catchment (the homes nearest to a point) is too small, the smallest
 * goes and its homes to their nearest of the points that are left. */
static void zone_points(struct zoning *z, const struct place *place)
{
    struct points p;
    struct gk_random random;
    size_t count = place->unit_count;
    int64_t *addresses = allocate(count, sizeof *addresses);
    size_t *order = allocate(count, sizeof *order);
    size_t *next = allocate(count, sizeof *next), *head = allocate(count, sizeof *head);
    begin(z, place, "nearest point");
    fill_buckets(&p, place);
    gk_random_init(&random, 1, 7);
    for (size_t u = 0; u < count; u++) {
        size_t other = (size_t)gk_random_below(&random, u + 1);
        order[u] = order[other];
        order[other] = u;
        head[u] = u; /* lists of units by point, linked by next; SIZE_MAX ends */
        next[u] = SIZE_MAX;
        addresses[u] = place->units[u].addresses;
    }
    for (int64_t size = 1; size < K; size++)
        for (size_t i = 0; i < count; i++) {
            size_t point = order[i];
            if (p.is_dropped[point] || addresses[point] > size)
                continue;
            p.is_dropped[point] = true;
            for (size_t u = head[point], after; u != SIZE_MAX; u = after) {
                after = next[u];
                size_t to = nearest_point(&p, u);
                if (to == SIZE_MAX)
                    abort();
                next[u] = head[to];
                head[to] = u;
                addresses[to] += place->units[u].addresses;
            }
        }
    for (size_t point = 0; point < count; point++) {
        if (p.is_dropped[point])
            continue;
        for (size_t u = head[point]; u != SIZE_MAX; u = next[u]) {
            z->zone[u] = (int32_t)z->zone_count;
            z->point[u] = gk_square_centre(place->units[point].square, SIDE_CM);
        }
        z->zone_count++;
    }
    free(addresses);
    free(order);
    free(next);
    free(head);
    free(p.buckets);
    free(p.is_dropped);
    free(p.first);
}

/* --- agreement -------------------------------------------------------------- */

struct ranked {
    double score;
    uint64_t lot;
    size_t square;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->lot > y->lot) - (x->lot < y->lot);
}

static void mark_top(bool *is_top, const double *scores, const uint64_t *lots, size_t count)
{
    struct ranked *ranked = allocate(count, sizeof *ranked);
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){scores[i], lots[i], i};
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    memset(is_top, 0, count * sizeof *is_top);
    for (size_t i = 0; i < count / 20; i++)
        is_top[ranked[i].square] = true;
    free(ranked);
}

static double agreement(const struct place *place, const double *truth, const double *scores)
{
    size_t count = place->square_count, same = 0, all = 0;
    struct gk_random random;
    uint64_t *lots = allocate(count, sizeof *lots);
    bool *a = allocate(count, sizeof *a), *b = allocate(count, sizeof *b);
    gk_random_init(&random, 1, 9);
    for (int order = 0; order < ORDERS; order++) {
        for (size_t i = 0; i < count; i++)
            lots[i] = gk_random_bits(&random);
        mark_top(a, truth, lots, count);
        mark_top(b, scores, lots, count);
        for (size_t i = 0; i < count; i++) {
            same += a[i] && b[i];
            all += a[i];
        }
    }
    free(lots);
    free(a);
    free(b);
    return (double)same / (double)all;
}

/* Counts of zones spread over squares by dwellings; hidden ones are lost. */
static void spread(const struct place *place, const struct zoning *z, double *scores,
                   double *hidden)
{
    int64_t *dwellings = allocate(z->zone_count, sizeof *dwellings);
    int64_t *incidents = allocate(z->zone_count, sizeof *incidents);
    int64_t lost = 0;
    memset(scores, 0, place->square_count * sizeof *scores);
    for (size_t u = 0; u < place->unit_count; u++) {
        dwellings[z->zone[u]] += place->units[u].dwellings;
        incidents[z->zone[u]] += place->incidents[u];
        lost += z->is_hidden[z->zone[u]] ? place->incidents[u] : 0;
    }
    for (size_t u = 0; u < place->unit_count; u++) {
        int32_t zone = z->zone[u];
        if (!z->is_hidden[zone])
            scores[place->square_of[u]] +=
                (double)incidents[zone] * place->units[u].dwellings / (double)dwellings[zone];
    }
    *hidden = (double)lost / (double)place->incident_count;
    free(dwellings);
    free(incidents);
}

/* --- what is printed ---------------------------------------------------------- */

static void print(const char *place, const char *what, const char *figure, double value,
                  const char *unit, double least)
{
    printf("{\"name\":\"anonymity %s: %s, %s\",\"value\":%.3f,\"unit\":\"%s\",", place, what,
           figure, value, unit);
    if (least > 0)
        printf("\"against\":\"the %.3f wanted\",\"ratio\":%.3f}\n", least, value / least);
    else
        printf("\"against\":null,\"ratio\":null}\n");
    if (least > 0 && value < least) {
        misses++;
        fprintf(stderr, "%s: %s of %s is %.3f, wanted is %.3f\n", place, figure, what, value,
                least);
    }
}

static void print_displacement(const struct place *place, const struct zoning *z)
{
    struct displaced *displaced = allocate(place->home_count, sizeof *displaced);
    size_t n = 0;
    for (size_t i = 0; i < place->home_count; i++) {
        const struct home *home = &place->homes[i];
        struct gk_cm to = z->point[home->unit];
        if (!z->is_hidden[z->zone[home->unit]])
            displaced[n++] = (struct displaced){
                hypot((double)(home->at.e - to.e), (double)(home->at.n - to.n)) / 100,
                home->dwellings, place->is_country[home->unit]};
    }
    for (int i = 0; i < 2; i++) {
        struct displacement d = displacement_of(displaced, n, i == 1);
        print(place->name, z->name, i ? "country median" : "town median", d.median_m, "m", 0);
        print(place->name, z->name, i ? "country p90" : "town p90", d.p90_m, "m", 0);
    }
    free(displaced);
}

static void measure(struct place *place, bool is_large)
{
    struct zoning ways[5];
    double *truth = allocate(place->square_count, sizeof *truth);
    double *scores = allocate(place->square_count, sizeof *scores);
    for (size_t u = 0; u < place->unit_count; u++) {
        truth[place->square_of[u]] += (double)place->incidents[u];
        scores[place->square_of[u]] += place->units[u].dwellings;
    }
    print(place->name, "all", "incidents", (double)place->incident_count, "incidents", 0);
    print(place->name, "all", "squares of 250 m", (double)place->square_count, "squares", 0);
    double alone = agreement(place, truth, scores);
    print(place->name, "ranking by dwellings alone", "agreement", alone, "1", 0);
    zone_ours(&ways[0], place);
    zone_quadtree(&ways[1], place);
    zone_squares(&ways[2], place, "fixed 250 m squares", 25000);
    zone_squares(&ways[3], place, "fixed 1 km squares", 100000);
    zone_points(&ways[4], place);
    for (int i = 0; i < 5; i++) {
        double hidden, least = i == 0 && is_large ? (alone + 0.15 > 0.85 ? alone + 0.15 : 0.85) : 0;
        spread(place, &ways[i], scores, &hidden);
        print_displacement(place, &ways[i]);
        print(place->name, ways[i].name, "agreement", agreement(place, truth, scores), "1", least);
        print(place->name, ways[i].name, "incidents hidden", hidden, "1", 0);
        release(&ways[i]);
    }
    free(truth);
    free(scores);
}

static void release_place(struct place *place)
{
    free(place->units);
    free(place->homes);
    free(place->incidents);
    free(place->square_of);
    free(place->is_country);
}

int main(void)
{
    struct place small = {.name = "sixteen small"}, large = {.name = "large"},
                 sparse = {.name = "large, a third of the incidents"};
    for (uint64_t seed = 1; seed <= SMALL_SEEDS; seed++)
        add_municipality(&small, GK_SYNTH_BROMOLLA, seed, 0);
    finish(&small);
    measure(&small, false);
    release_place(&small);
    add_municipality(&large, GK_SYNTH_STORBY, 1, LARGE_INCIDENTS);
    finish(&large);
    measure(&large, true);
    release_place(&large);
    add_municipality(&sparse, GK_SYNTH_STORBY, 1, LARGE_INCIDENTS / 3);
    finish(&sparse);
    measure(&sparse, false);
    release_place(&sparse);
    return misses == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
