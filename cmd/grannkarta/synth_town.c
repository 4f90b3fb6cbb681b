/* Localities: blocks of streets with villas, row houses and flats.
 *
 * A block is 180 x 84 m along one street, in a frame that each locality turns
 * its own way. Blocks fill up from the centre outwards, with noise, so that
 * towns are lobed and have gaps (parks, schools, industry). */
#include "synth.h"

#include <math.h>
#include <stdlib.h>

enum {
    BLOCK_LENGTH_CM = 18000,
    BLOCK_DEPTH_CM = 8400,
    BLOCKS_IN_STREET = 3,
    NUMBERS_IN_BLOCK = 40,
    ESTATE_DWELLINGS = 1500 /* smaller places have small blocks of flats only */
};

enum block_kind { EMPTY, VILLAS, ROW_HOUSES, SMALL_FLATS, SLABS, TOWERS, CENTRE };

/* Turns by Pythagorean triples: exact in integers. */
static const struct {
    int16_t a, b, c;
} turns[] = {{1, 0, 1},    {4, 3, 5},   {12, 5, 13},  {15, 8, 17}, {24, 7, 25},
             {35, 12, 37}, {40, 9, 41}, {12, -5, 13}, {4, -3, 5},  {24, -7, 25}};

struct block {
    int32_t i, j;
    int64_t rank; /* distance from the centre, distorted */
};

struct town {
    struct gk_synth *synth;
    struct gk_synth_place *place;
    struct gk_random *random;
    int turn;
    int32_t half_i, half_j;
    uint32_t first_street;
    int64_t left, done, flats;
};

static int compare_blocks(const void *a, const void *b)
{
    const struct block *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->j != y->j)
        return x->j < y->j ? -1 : 1;
    return (x->i > y->i) - (x->i < y->i);
}

static struct gk_cm turned(const struct town *town, int64_t u, int64_t v)
{
    int64_t a = turns[town->turn].a, b = turns[town->turn].b, c = turns[town->turn].c;
    return (struct gk_cm){town->place->centre.e + (u * a - v * b) / c,
                          town->place->centre.n + (u * b + v * a) / c};
}

/* One address of a block: at u, v from the block's west end and street. */
static enum gk_status put_address(struct town *town, const struct block *block, int64_t u,
                                  int64_t v, struct gk_synth_address address)
{
    if (town->left <= 0)
        return GK_OK;
    int64_t east = block->i * (int64_t)BLOCK_LENGTH_CM + u;
    int64_t north = block->j * (int64_t)BLOCK_DEPTH_CM + v;
    address.at = turned(town, east, north);
    int32_t along = block->i + town->half_i;
    uint32_t streets = (uint32_t)(2 * town->half_i / BLOCKS_IN_STREET + 1);
    address.street = town->first_street + (uint32_t)(block->j + town->half_j) * streets +
                     (uint32_t)(along / BLOCKS_IN_STREET);
    address.number = (uint16_t)(address.number + along % BLOCKS_IN_STREET * NUMBERS_IN_BLOCK);
    address.owner = (uint8_t)town->place->owner;
    if (address.dwellings > town->left)
        address.dwellings = (uint16_t)town->left;
    bool added;
    enum gk_status status = gk_synth_add(town->synth, &address, &added);
    if (status != GK_OK || !added)
        return status;
    town->left -= address.dwellings;
    town->done += address.dwellings;
    if (address.class == GK_SYNTH_FLAT)
        town->flats += address.dwellings;
    return GK_OK;
}

static int64_t between(struct town *town, int64_t low, int64_t high)
{
    return low + (int64_t)gk_random_below(town->random, (uint64_t)(high - low + 1));
}

/* Houses on both sides of the street, one dwelling each. */
static enum gk_status build_houses(struct town *town, const struct block *block, bool rows)
{
    int count = rows ? 18 : 8, step = rows ? 950 : 2200;
    for (int k = 0; k < count; k++)
        for (int side = 0; side < 2; side++) {
            bool is_gap = gk_random_below(town->random, 100) < (rows ? 3 : 7);
            int64_t u = 1200 + k * (int64_t)step + between(town, -60, 60) * (rows ? 1 : 4);
            int64_t v = (side ? 1 : -1) * (rows ? 1500 : between(town, 1400, 2200));
            struct gk_synth_address address = {
                .number = (uint16_t)(1 + 2 * k + side), .dwellings = 1, .class = GK_SYNTH_VILLA};
            enum gk_status status = is_gap ? GK_OK : put_address(town, block, u, v, address);
            if (status != GK_OK)
                return status;
        }
    return GK_OK;
}

/* Stairwells: `count` along each side of the street, three to a number. */
static enum gk_status build_flats(struct town *town, const struct block *block,
                                  enum block_kind kind)
{
    static const struct {
        int count, step, low, high, in_number;
    } shapes[] = {
        [SMALL_FLATS] = {2, 3000, 4, 8, 2},
        [SLABS] = {9, 1900, 6, 10, 3},
        [TOWERS] = {4, 4300, 20, 34, 1},
        [CENTRE] = {7, 2400, 5, 15, 2},
    };
    int in_number = shapes[kind].in_number;
    for (int k = 0; k < shapes[kind].count; k++)
        for (int side = 0; side < 2; side++) {
            int64_t u = 1400 + k * (int64_t)shapes[kind].step + between(town, -40, 40);
            int64_t v = (side ? 1 : -1) * between(town, 1500, 1900);
            struct gk_synth_address address = {
                .number = (uint16_t)(1 + 2 * (k / in_number) + side),
                .letter = (uint8_t)(in_number > 1 ? 'A' + k % in_number : 0),
                .dwellings = (uint16_t)between(town, shapes[kind].low, shapes[kind].high),
                .class = GK_SYNTH_FLAT};
            enum gk_status status = put_address(town, block, u, v, address);
            if (status != GK_OK)
                return status;
        }
    return GK_OK;
}

/* What stands on a block: flats follow their share, in clumps. */
static enum block_kind kind_of(struct town *town, const struct block *block, size_t order)
{
    uint64_t dice = gk_random_below(town->random, 100);
    if (order > 2 && dice < 10)
        return EMPTY;
    int64_t wanted = (town->done + 60) * town->place->flat_permille / 1000;
    bool is_estate = (gk_synth_hash(town->synth->mesh.seed ^ 21, block->i >> 1,
                                    (block->j >> 1) + town->place->centre.e) &
                      3) < 2;
    int64_t missing = wanted - town->flats;
    if (town->place->dwellings < ESTATE_DWELLINGS)
        return missing > 10 ? SMALL_FLATS : VILLAS;
    if (missing > (is_estate ? 0 : 250)) {
        if ((int64_t)order * 12 < town->place->dwellings / 20)
            return CENTRE;
        return dice < 75 ? SLABS : TOWERS;
    }
    return dice > 86 ? ROW_HOUSES : VILLAS;
}

static enum gk_status build_block(struct town *town, const struct block *block, size_t order)
{
    enum block_kind kind = kind_of(town, block, order);
    if (kind == EMPTY)
        return GK_OK;
    if (kind == VILLAS || kind == ROW_HOUSES)
        return build_houses(town, block, kind == ROW_HOUSES);
    return build_flats(town, block, kind);
}

/* All blocks that may be needed, nearest first. */
static struct block *list_blocks(struct town *town, size_t *count)
{
    double need = (double)town->place->dwellings / 12 * 1.9 + 16;
    town->half_i = (int32_t)sqrt(need * BLOCK_DEPTH_CM / BLOCK_LENGTH_CM) + 1;
    town->half_j = (int32_t)sqrt(need * BLOCK_LENGTH_CM / BLOCK_DEPTH_CM) + 1;
    *count = (size_t)(2 * town->half_i + 1) * (size_t)(2 * town->half_j + 1);
    struct block *blocks = calloc(*count, sizeof *blocks);
    size_t k = 0;
    for (int32_t j = -town->half_j; blocks != NULL && j <= town->half_j; j++)
        for (int32_t i = -town->half_i; i <= town->half_i; i++) {
            int64_t u = i * (int64_t)(BLOCK_LENGTH_CM / 100);
            int64_t v = j * (int64_t)(BLOCK_DEPTH_CM / 100);
            int32_t lobe = gk_synth_noise(town->synth->mesh.seed ^ (uint64_t)town->place->centre.n,
                                          i + 4096, (j >> 1) + 4096, 2);
            int64_t rank = (u * u + v * v) * (500 + lobe);
            blocks[k++] = (struct block){i, j, rank};
        }
    if (blocks != NULL)
        qsort(blocks, *count, sizeof *blocks, compare_blocks);
    return blocks;
}

enum gk_status gk_synth_build_town(struct gk_synth *synth, struct gk_synth_place *place,
                                   struct gk_random *random)
{
    struct town town = {.synth = synth,
                        .place = place,
                        .random = random,
                        .turn = (int)gk_random_below(random, sizeof turns / sizeof *turns),
                        .first_street = synth->street_count,
                        .left = place->dwellings};
    size_t count, k = 0;
    struct block *blocks = list_blocks(&town, &count);
    if (blocks == NULL)
        return GK_NO_MEMORY;
    enum gk_status status = GK_OK;
    int64_t reach = 0;
    for (; k < count && town.left > 0 && status == GK_OK; k++) {
        status = build_block(&town, &blocks[k], k);
        int64_t u = blocks[k].i * (int64_t)BLOCK_LENGTH_CM,
                v = blocks[k].j * (int64_t)BLOCK_DEPTH_CM;
        if (u * u + v * v > reach)
            reach = u * u + v * v;
    }
    place->radius_cm = (int64_t)sqrt((double)reach) + BLOCK_LENGTH_CM;
    synth->street_count +=
        (uint32_t)(2 * town.half_i / BLOCKS_IN_STREET + 1) * (uint32_t)(2 * town.half_j + 1);
    free(blocks);
    return status;
}
