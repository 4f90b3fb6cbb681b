/* A packed tree of points for exact nearest-neighbour searches (private).
 *
 * Eight spots make a leaf, four nodes the next level's node; a node knows the
 * box of the spots that are present below it. The tree is only as good as the
 * order of the spots (Morton order is good), but always right: a walk yields
 * every leaf whose box is within the bound, roughly nearest first, and the
 * caller lowers the bound as it learns. Spots can leave and move. */
#ifndef GK_ANON_PACKED_H
#define GK_ANON_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "geo/types.h"

enum { GK_PACKED_LEAF = 8, GK_PACKED_FANOUT = 4, GK_PACKED_LEVELS_MAX = 20 };

/* A position in integer centimetres that is known to be within
 * GK_ANON_EXTENT_CM of the origin, so that squared distances fit int64_t. */
struct gk_spot {
    int32_t e;
    int32_t n;
};

enum { GK_ANON_EXTENT_CM = 1000000000 };

struct gk_packed_box {
    struct gk_spot min; /* min.e > max.e: nothing is present */
    struct gk_spot max;
};

struct gk_packed {
    struct gk_spot *spots;
    uint8_t *present; /* a bit per spot, a byte per leaf */
    struct gk_packed_box *boxes;
    size_t level_start[GK_PACKED_LEVELS_MAX + 1];
    int level_count;
    size_t count;
};

struct gk_packed_walk {
    const struct gk_packed *tree;
    struct gk_spot from;
    int depth;
    struct {
        int64_t d2;
        size_t index;
        int level;
    } stack[GK_PACKED_LEVELS_MAX * GK_PACKED_FANOUT];
};

/* Builds over `count` spots (copied); those with is_present[i] false are left
 * out, NULL takes all. GK_NO_MEMORY. Release with gk_packed_release(). */
GK_CHECKED enum gk_status gk_packed_build(struct gk_packed *tree, const struct gk_spot *spots,
                                          const bool *is_present, size_t count);

/* Frees the arrays; the value is empty after. */
void gk_packed_release(struct gk_packed *tree);

/* Takes a spot out; nothing happens if it is out. */
void gk_packed_remove(struct gk_packed *tree, size_t index);

/* Puts a spot in, or back, at a place. */
void gk_packed_put(struct gk_packed *tree, size_t index, struct gk_spot spot);

/* Begins a walk from a place. The tree may not change while it goes on. */
void gk_packed_walk_begin(struct gk_packed_walk *walk, const struct gk_packed *tree,
                          struct gk_spot from);

/* The next leaf that has a spot with squared distance of at most `bound_d2`;
 * false when there is none. The bound may fall from call to call. Its spots are
 * [*leaf * GK_PACKED_LEAF, ...); ask gk_packed_has() for each. */
bool gk_packed_walk_next(struct gk_packed_walk *walk, int64_t bound_d2, size_t *leaf);

/* True while the spot is in. */
static inline bool gk_packed_has(const struct gk_packed *tree, size_t index)
{
    return (tree->present[index / GK_PACKED_LEAF] >> (index % GK_PACKED_LEAF)) & 1;
}

/* Squared distance in square centimetres. */
static inline int64_t gk_spot_d2(struct gk_spot a, struct gk_spot b)
{
    int64_t e = (int64_t)a.e - b.e;
    int64_t n = (int64_t)a.n - b.n;
    return e * e + n * n;
}

#endif
