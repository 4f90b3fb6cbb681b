/* The packed tree against looking at every spot, while spots leave and move. */
#include "packed.h"

#include <stdlib.h>

#include "base/random.h"
#include "unit.h"

enum { SPOTS = 700, ROUNDS = 3000 };

static struct gk_spot any_spot(struct gk_random *random, int32_t extent)
{
    return (struct gk_spot){(int32_t)gk_random_below(random, 2 * (uint64_t)extent) - extent,
                            (int32_t)gk_random_below(random, 2 * (uint64_t)extent) - extent};
}

/* The nearest present spot, ties to the lowest index; SIZE_MAX for none. */
static size_t nearest_by_walk(const struct gk_packed *tree, struct gk_spot from)
{
    struct gk_packed_walk walk;
    size_t best = SIZE_MAX;
    size_t leaf;
    int64_t bound = INT64_MAX;
    gk_packed_walk_begin(&walk, tree, from);
    while (gk_packed_walk_next(&walk, bound, &leaf)) {
        for (size_t i = leaf * GK_PACKED_LEAF; i < (leaf + 1) * GK_PACKED_LEAF; i++) {
            if (!gk_packed_has(tree, i))
                continue;
            int64_t d2 = gk_spot_d2(from, tree->spots[i]);
            if (d2 < bound || (d2 == bound && i < best)) {
                bound = d2;
                best = i;
            }
        }
    }
    return best;
}

static size_t nearest_by_looking(const struct gk_spot *spots, const bool *is_in, size_t count,
                                 struct gk_spot from)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < count; i++)
        if (is_in[i] &&
            (best == SIZE_MAX || gk_spot_d2(from, spots[i]) < gk_spot_d2(from, spots[best])))
            best = i;
    return best;
}

static void change_and_compare(size_t count, int32_t extent, uint64_t seed)
{
    struct gk_spot spots[SPOTS];
    bool is_in[SPOTS];
    struct gk_packed tree;
    struct gk_random random;
    gk_random_init(&random, seed, 3);
    for (size_t i = 0; i < count; i++) {
        spots[i] = any_spot(&random, extent);
        is_in[i] = gk_random_below(&random, 4) != 0;
    }
    ck_assert_int_eq(gk_packed_build(&tree, spots, is_in, count), GK_OK);
    for (int round = 0; round < ROUNDS; round++) {
        struct gk_spot from = any_spot(&random, extent);
        ck_assert_uint_eq(nearest_by_walk(&tree, from),
                          nearest_by_looking(spots, is_in, count, from));
        size_t i = (size_t)gk_random_below(&random, count);
        is_in[i] = gk_random_below(&random, 3) == 0;
        if (is_in[i]) {
            spots[i] = any_spot(&random, extent);
            gk_packed_put(&tree, i, spots[i]);
        } else {
            gk_packed_remove(&tree, i);
        }
        ck_assert(gk_packed_has(&tree, i) == is_in[i]);
    }
    gk_packed_release(&tree);
}

START_TEST(a_walk_finds_what_looking_finds)
{
    static const size_t counts[] = {1, 2, 7, 8, 9, 31, 32, 33, 128, 129, SPOTS};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        change_and_compare(counts[i], 20, i); /* many ties */
        change_and_compare(counts[i], GK_ANON_EXTENT_CM, i);
    }
}
END_TEST

START_TEST(an_empty_tree_has_no_leaves)
{
    struct gk_packed tree;
    ck_assert_int_eq(gk_packed_build(&tree, NULL, NULL, 0), GK_OK);
    ck_assert_uint_eq(nearest_by_walk(&tree, (struct gk_spot){0, 0}), SIZE_MAX);
    gk_packed_release(&tree);
}
END_TEST

GK_UNIT_MAIN("anon/packed", a_walk_finds_what_looking_finds, an_empty_tree_has_no_leaves)
