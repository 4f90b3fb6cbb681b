/* Circles around each place over its nearest ones, ties entered together, each
 * set of places kept once. Sets are told apart by two sums of random words, one
 * for each place, so that a set costs 16 bytes and not its members. */
#include "scan_zones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { ZONES_MAX = 8000000 };

#define TIE_M 1e-9

struct near {
    double distance;
    uint32_t place;
};

/* A set of places as sums of words, and which zone has it. */
struct named {
    uint64_t a, b;
    uint32_t zone;
};

struct growth {
    struct near *near;
    uint64_t *words; /* two a place */
    struct named *names;
    size_t capacity;
};

static int nearer(const void *a, const void *b)
{
    const struct near *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return (x->zone > y->zone) - (x->zone < y->zone);
}

static enum gk_status append(struct scan_zones *zones, struct growth *growth, struct scan_zone zone,
                             uint64_t a, uint64_t b)
{
    if (zones->count == growth->capacity) {
        size_t capacity = growth->capacity == 0 ? 1024 : 2 * growth->capacity;
        if (zones->count >= ZONES_MAX)
            return GK_TOO_LARGE;
        struct scan_zone *rows = realloc(zones->zones, capacity * sizeof *rows);
        if (rows == NULL)
            return GK_NO_MEMORY;
        zones->zones = rows;
        struct named *names = realloc(growth->names, capacity * sizeof *names);
        if (names == NULL)
            return GK_NO_MEMORY;
        growth->names = names;
        growth->capacity = capacity;
    }
    growth->names[zones->count] = (struct named){a, b, (uint32_t)zones->count};
    zones->zones[zones->count++] = zone;
    return GK_OK;
}

/* The circles around one place, within the limit. */
static enum gk_status grow(struct scan_zones *zones, struct growth *growth, uint32_t centre,
                           const double *weight, uint32_t places, double limit)
{
    enum gk_status status = GK_OK;
    uint64_t a = 0, b = 0;
    double inside = 0;
    for (uint32_t k = 0; status == GK_OK && k < places; k++) {
        uint32_t place = growth->near[k].place;
        a += growth->words[2 * (size_t)place];
        b += growth->words[2 * (size_t)place + 1];
        inside += weight[place];
        if (inside > limit)
            break;
        if (k + 1 < places && growth->near[k + 1].distance - growth->near[k].distance <= TIE_M)
            continue;
        status = append(zones, growth, (struct scan_zone){centre, k + 1, inside}, a, b);
    }
    return status;
}

/* Marks with count 0 the zones whose set an earlier one has, then closes up. */
static void keep_first(struct scan_zones *zones, struct named *names, double total)
{
    if (zones->count == 0)
        return;
    qsort(names, zones->count, sizeof *names, by_name);
    for (size_t i = 1; i < zones->count; i++)
        if (names[i].a == names[i - 1].a && names[i].b == names[i - 1].b)
            zones->zones[names[i].zone].count = 0;
    size_t kept = 0;
    for (size_t i = 0; i < zones->count; i++)
        if (zones->zones[i].count > 0) {
            zones->zones[kept] = zones->zones[i];
            zones->zones[kept++].share /= total;
        }
    zones->count = kept;
    for (size_t i = 0; i < kept; i++)
        if (i + 1 == kept || zones->zones[i + 1].centre != zones->zones[i].centre)
            zones->steps += zones->zones[i].count;
}

static void sort_near(struct near *near, const double *e_m, const double *n_m, uint32_t centre,
                      uint32_t places)
{
    for (uint32_t i = 0; i < places; i++) {
        double de = e_m[i] - e_m[centre], dn = n_m[i] - n_m[centre];
        near[i] = (struct near){sqrt(de * de + dn * dn), i};
    }
    qsort(near, places, sizeof *near, nearer);
}

enum gk_status scan_zones_find(struct scan_zones *zones, const double *e_m, const double *n_m,
                               const double *weight, uint32_t places, double total,
                               double max_share)
{
    struct growth growth = {0};
    struct gk_random random;
    enum gk_status status = GK_OK;
    *zones = (struct scan_zones){0};
    zones->order = malloc((size_t)places * places * sizeof *zones->order);
    growth.near = malloc(places * sizeof *growth.near);
    growth.words = malloc(2 * (size_t)places * sizeof *growth.words);
    if (zones->order == NULL || growth.near == NULL || growth.words == NULL)
        status = GK_NO_MEMORY;
    gk_random_init(&random, 0, 0);
    for (size_t i = 0; status == GK_OK && i < 2 * (size_t)places; i++)
        growth.words[i] = gk_random_bits(&random);
    for (uint32_t c = 0; status == GK_OK && c < places; c++) {
        sort_near(growth.near, e_m, n_m, c, places);
        for (uint32_t k = 0; k < places; k++)
            zones->order[(size_t)c * places + k] = growth.near[k].place;
        status = grow(zones, &growth, c, weight, places, max_share * total);
    }
    if (status == GK_OK)
        keep_first(zones, growth.names, total);
    free(growth.near);
    free(growth.words);
    free(growth.names);
    return status;
}

void scan_zones_release(struct scan_zones *zones)
{
    free(zones->order);
    free(zones->zones);
    *zones = (struct scan_zones){0};
}
