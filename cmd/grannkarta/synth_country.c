/* The country: roads between localities, hamlets at crossroads, farms along the
 * roads, holiday homes singly and in groups.
 *
 * As in southern Sweden, no large land is without a road and no home is far from
 * one: since farms were moved out of their villages in the 19th century most
 * stand singly along the roads, and hamlets are small. */
#include "synth.h"

#include <stdlib.h>

enum {
    NODES_MAX = 512,
    BENDS = 8, /* pieces of one road */
    SEGMENTS_MAX = NODES_MAX * BENDS,
    CELLS_IN_NODE = 45,    /* one crossroads to 1.8 km2 */
    NODE_STRAY_CM = 30000, /* of a crossroads from its even place, per axis */
    HAMLET_PERMILLE = 120, /* of the homes; the others stand along roads */
    LONE_PERMILLE = 160,   /* in the fields and woods between */
    LONE_CM = 60000,       /* but no farther from a road, per axis */
    HOLIDAY_SINGLE_PERMILLE = 600,
    TRIES = 60
};

struct segment {
    struct gk_cm from, to;
    uint32_t street;
    int64_t length_before_m;
};

struct country {
    struct gk_synth *synth;
    struct gk_synth_box region;
    enum gk_synth_owner owner;
    const struct gk_synth_place *places;
    size_t place_count;
    struct gk_random *random;
    struct gk_cm nodes[NODES_MAX];
    size_t node_count;
    struct segment segments[SEGMENTS_MAX];
    size_t segment_count;
    int64_t length_m;
    uint16_t numbers[NODES_MAX * 2]; /* house numbers used, by street */
    uint32_t first_street;
};

static int64_t between(struct country *country, int64_t low, int64_t high)
{
    return low + (int64_t)gk_random_below(country->random, (uint64_t)(high - low + 1));
}

static int64_t square(int64_t x)
{
    return x * x;
}

static int64_t distance2(struct gk_cm a, struct gk_cm b)
{
    return square(a.e - b.e) + square(a.n - b.n);
}

/* Integer square root, floor. */
static int64_t root(int64_t x)
{
    int64_t low = 0, high = INT64_C(3000000000);
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (middle * middle <= x)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* Ground of the municipality, dry, outside every locality. */
static bool is_country(const struct country *country, struct gk_cm at)
{
    int64_t cell = gk_synth_mesh_find(&country->synth->mesh, at);
    if (cell < 0 || country->synth->mesh.owner[cell] != country->owner ||
        gk_synth_is_water(&country->synth->mesh, cell))
        return false;
    for (size_t i = 0; i < country->place_count; i++)
        if (distance2(at, country->places[i].centre) < square(country->places[i].radius_cm))
            return false;
    return true;
}

static struct gk_cm random_place(struct country *country)
{
    const struct gk_synth_mesh *mesh = &country->synth->mesh;
    struct gk_synth_box box = country->region;
    return (struct gk_cm){mesh->origin.e + between(country, (int64_t)box.x0 * GK_SYNTH_CELL_CM,
                                                   (int64_t)box.x1 * GK_SYNTH_CELL_CM - 1),
                          mesh->origin.n + between(country, (int64_t)box.y0 * GK_SYNTH_CELL_CM,
                                                   (int64_t)box.y1 * GK_SYNTH_CELL_CM - 1)};
}

/* A road from a to b with bends: midpoints moved sideways, three times. */
static void put_road(struct country *country, struct gk_cm a, struct gk_cm b, uint32_t street)
{
    struct gk_cm bends[BENDS + 1] = {[0] = a, [BENDS] = b};
    for (int step = BENDS; step > 1; step /= 2)
        for (int i = 0; i < BENDS; i += step) {
            struct gk_cm p = bends[i], q = bends[i + step];
            int64_t aside = between(country, -170, 170);
            bends[i + step / 2] = (struct gk_cm){(p.e + q.e) / 2 - (q.n - p.n) * aside / 1000,
                                                 (p.n + q.n) / 2 + (q.e - p.e) * aside / 1000};
        }
    for (int i = 0; i < BENDS && country->segment_count < SEGMENTS_MAX; i++) {
        country->segments[country->segment_count++] =
            (struct segment){bends[i], bends[i + 1], street, country->length_m};
        country->length_m += root(distance2(bends[i], bends[i + 1])) / 100 + 1;
    }
}

/* Evenly spread places, one after the other, as far as one likes: the additive
 * recurrence of the plastic number (Roberts' R2), in 32 binary places. */
static struct gk_cm even_place(struct country *country, uint32_t start, uint32_t k)
{
    struct gk_synth_box box = country->region;
    uint32_t x = start + k * UINT32_C(3242174889), y = start + k * UINT32_C(2447445414);
    int64_t e = (int64_t)box.x0 * GK_SYNTH_CELL_CM, n = (int64_t)box.y0 * GK_SYNTH_CELL_CM;
    e += (int64_t)(box.x1 - box.x0) * GK_SYNTH_CELL_CM * (int64_t)x >> 32;
    n += (int64_t)(box.y1 - box.y0) * GK_SYNTH_CELL_CM * (int64_t)y >> 32;
    return (struct gk_cm){
        country->synth->mesh.origin.e + e + between(country, -NODE_STRAY_CM, NODE_STRAY_CM),
        country->synth->mesh.origin.n + n + between(country, -NODE_STRAY_CM, NODE_STRAY_CM)};
}

/* Localities and crossroads, each joined to the nearest that came before. */
static void build_roads(struct country *country)
{
    int64_t cells = 0;
    const struct gk_synth_mesh *mesh = &country->synth->mesh;
    for (int32_t y = country->region.y0; y < country->region.y1; y++)
        for (int32_t x = country->region.x0; x < country->region.x1; x++)
            cells += mesh->owner[(int64_t)y * mesh->columns + x] == country->owner;
    size_t wanted = country->place_count + (size_t)(cells / CELLS_IN_NODE) + 2;
    if (wanted > NODES_MAX)
        wanted = NODES_MAX;
    for (size_t i = 0; i < country->place_count && i < wanted; i++)
        country->nodes[country->node_count++] = country->places[i].centre;
    uint32_t start = (uint32_t)gk_random_below(country->random, UINT64_C(1) << 32);
    for (uint32_t k = 0; k < 20 * NODES_MAX && country->node_count < wanted; k++) {
        struct gk_cm at = even_place(country, start, k);
        if (is_country(country, at))
            country->nodes[country->node_count++] = at;
    }
    for (size_t i = 1; i < country->node_count; i++) {
        size_t nearest = 0;
        for (size_t k = 1; k < i; k++)
            if (distance2(country->nodes[i], country->nodes[k]) <
                distance2(country->nodes[i], country->nodes[nearest]))
                nearest = k;
        put_road(country, country->nodes[i], country->nodes[nearest], (uint32_t)i);
    }
}

/* One home; *left counts down when it could be put there. */
static enum gk_status put_home(struct country *country, struct gk_cm at, uint32_t street,
                               enum gk_synth_class class, int64_t *left)
{
    if (*left <= 0 || !is_country(country, at))
        return GK_OK;
    uint16_t *number = &country->numbers[street % (NODES_MAX * 2)];
    struct gk_synth_address address = {.at = at,
                                       .street = country->first_street + street,
                                       .number = (uint16_t)(*number + 1),
                                       .dwellings = 1,
                                       .class = (uint8_t) class,
                                       .owner = (uint8_t)country->owner};
    bool added;
    enum gk_status status = gk_synth_add(country->synth, &address, &added);
    if (status == GK_OK && added) {
        *number = (uint16_t)(*number + 1 + (*number > 60000 ? 0 : between(country, 0, 3)));
        --*left;
    }
    return status;
}

/* Houses that crowd around a crossroads, at least 22 m apart. */
static enum gk_status build_hamlet(struct country *country, size_t node, int64_t *left)
{
    struct gk_cm built[32];
    size_t built_count = 0, wanted = (size_t)between(country, 4, 12);
    int64_t reach = 4000 + (int64_t)wanted * 450;
    enum gk_status status = GK_OK;
    for (size_t tries = 0; tries < 6 * wanted && built_count < wanted && status == GK_OK; tries++) {
        struct gk_cm at = {country->nodes[node].e + between(country, -reach, reach) +
                               between(country, -reach, reach),
                           country->nodes[node].n + between(country, -reach, reach) +
                               between(country, -reach, reach)};
        bool is_free = true;
        for (size_t i = 0; i < built_count; i++)
            is_free = is_free && distance2(at, built[i]) > square(2200);
        if (!is_free)
            continue;
        int64_t before = *left;
        status = put_home(country, at, (uint32_t)(NODES_MAX + node), GK_SYNTH_VILLA, left);
        if (*left < before)
            built[built_count++] = at;
    }
    return status;
}

static const struct segment *random_segment(struct country *country)
{
    int64_t at = between(country, 0, country->length_m - 1);
    size_t low = 0, high = country->segment_count - 1;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (country->segments[middle].length_before_m <= at)
            low = middle;
        else
            high = middle - 1;
    }
    return &country->segments[low];
}

/* One to three homes by a road, mostly one: a farm, or a few houses. */
static enum gk_status build_by_road(struct country *country, enum gk_synth_class class,
                                    int64_t *left)
{
    static const uint8_t sizes[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3};
    const struct segment *segment = random_segment(country);
    int64_t length = root(distance2(segment->from, segment->to)) + 1;
    int64_t along = between(country, 0, length);
    int64_t size = sizes[gk_random_below(country->random, sizeof sizes)];
    enum gk_status status = GK_OK;
    for (int64_t i = 0; i < size && status == GK_OK; i++) {
        int64_t aside = between(country, 1800, 6000);
        if (gk_random_below(country->random, 5) == 0)
            aside *= 4; /* up a private track */
        if (gk_random_below(country->random, 2) == 0)
            aside = -aside;
        int64_t de = segment->to.e - segment->from.e, dn = segment->to.n - segment->from.n;
        struct gk_cm at = {segment->from.e + de * along / length - dn * aside / length,
                           segment->from.n + dn * along / length + de * aside / length};
        status = put_home(country, at, segment->street, class, left);
        along += between(country, 3000, 9000);
    }
    return status;
}

/* A home at the end of a track. */
static enum gk_status build_lone(struct country *country, int64_t *left)
{
    const struct segment *segment = random_segment(country);
    struct gk_cm at = {segment->from.e + between(country, -LONE_CM, LONE_CM),
                       segment->from.n + between(country, -LONE_CM, LONE_CM)};
    return put_home(country, at, segment->street, GK_SYNTH_VILLA, left);
}

/* A holiday village: small plots in a loose grid. */
static enum gk_status build_holiday_village(struct country *country, struct gk_cm corner,
                                            uint32_t street, int64_t *left)
{
    int64_t columns = between(country, 3, 6), rows = between(country, 4, 8);
    enum gk_status status = GK_OK;
    for (int64_t i = 0; i < columns * rows && status == GK_OK; i++) {
        struct gk_cm at = {corner.e + i % columns * 3800 + between(country, -500, 500),
                           corner.n + i / columns * 4200 + between(country, -500, 500)};
        if (gk_random_below(country->random, 100) >= 14)
            status = put_home(country, at, street, GK_SYNTH_HOLIDAY, left);
    }
    return status;
}

/* By the water in Bromölla, anywhere outside the localities elsewhere. */
static struct gk_cm holiday_place(struct country *country)
{
    const struct gk_synth_mesh *mesh = &country->synth->mesh;
    if (country->owner != GK_SYNTH_BROMOLLA)
        return random_place(country);
    bool is_lake = gk_random_below(country->random, 3) > 0;
    int64_t x = is_lake ? between(country, 25, 26) : between(country, 20, 36);
    int64_t y = is_lake ? between(country, 42, 78) : between(country, 2, 5);
    return (struct gk_cm){mesh->origin.e + (mesh->west + x) * GK_SYNTH_CELL_CM +
                              between(country, 4000, 16000),
                          mesh->origin.n + y * GK_SYNTH_CELL_CM + between(country, 0, 19999)};
}

static enum gk_status build_holiday_homes(struct country *country, int64_t homes)
{
    int64_t scattered = homes * HOLIDAY_SINGLE_PERMILLE / 1000, grouped = homes - scattered;
    enum gk_status status = GK_OK;
    for (int tries = 0; tries < 100 * TRIES && grouped > 0 && status == GK_OK; tries++)
        status = build_holiday_village(
            country, holiday_place(country),
            (uint32_t)gk_random_below(country->random, country->node_count), &grouped);
    scattered += grouped;
    for (int64_t tries = 0; tries < TRIES * homes && scattered > 0 && status == GK_OK; tries++)
        status = build_by_road(country, GK_SYNTH_HOLIDAY, &scattered);
    return status;
}

enum gk_status gk_synth_build_country(struct gk_synth *synth, struct gk_synth_box region,
                                      enum gk_synth_owner owner,
                                      const struct gk_synth_place *places, size_t place_count,
                                      int64_t homes, int64_t holiday_homes,
                                      struct gk_random *random)
{
    struct country *country = calloc(1, sizeof *country);
    if (country == NULL)
        return GK_NO_MEMORY;
    country->synth = synth;
    country->region = region;
    country->owner = owner;
    country->places = places;
    country->place_count = place_count;
    country->random = random;
    country->first_street = synth->street_count;
    synth->street_count += NODES_MAX * 2;
    build_roads(country);
    enum gk_status status = GK_OK;
    int64_t in_hamlets = homes * HAMLET_PERMILLE / 1000, by_roads = homes - in_hamlets;
    for (size_t node = place_count; node < country->node_count && in_hamlets > 0 && status == GK_OK;
         node++)
        if (gk_random_below(random, 100) < 40)
            status = build_hamlet(country, node, &in_hamlets);
    int64_t lone = homes * LONE_PERMILLE / 1000;
    by_roads += in_hamlets - lone;
    for (int64_t tries = 0;
         country->segment_count > 0 && tries < TRIES * homes && lone > 0 && status == GK_OK;
         tries++)
        status = build_lone(country, &lone);
    by_roads += lone;
    for (int64_t tries = 0;
         country->segment_count > 0 && tries < TRIES * homes && by_roads > 0 && status == GK_OK;
         tries++)
        status = build_by_road(country, GK_SYNTH_VILLA, &by_roads);
    if (status == GK_OK && country->segment_count > 0)
        status = build_holiday_homes(country, holiday_homes);
    free(country);
    return status;
}
