/* The packed tree: building, leaving, moving and walking. */
#include "packed.h"

#include <stdlib.h>
#include <string.h>

static const struct gk_packed_box empty_box = {{INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN}};

static void box_add(struct gk_packed_box *box, struct gk_spot min, struct gk_spot max)
{
    box->min.e = min.e < box->min.e ? min.e : box->min.e;
    box->min.n = min.n < box->min.n ? min.n : box->min.n;
    box->max.e = max.e > box->max.e ? max.e : box->max.e;
    box->max.n = max.n > box->max.n ? max.n : box->max.n;
}

static bool box_is_empty(const struct gk_packed_box *box)
{
    return box->min.e > box->max.e;
}

static bool box_equals(const struct gk_packed_box *a, const struct gk_packed_box *b)
{
    return a->min.e == b->min.e && a->min.n == b->min.n && a->max.e == b->max.e &&
           a->max.n == b->max.n;
}

static int64_t gap(int32_t min, int32_t max, int32_t at)
{
    return at < min ? (int64_t)min - at : at > max ? (int64_t)at - max : 0;
}

static int64_t box_d2(const struct gk_packed_box *box, struct gk_spot from)
{
    int64_t e = gap(box->min.e, box->max.e, from.e);
    int64_t n = gap(box->min.n, box->max.n, from.n);
    return e * e + n * n;
}

static size_t level_size(const struct gk_packed *tree, int level)
{
    return tree->level_start[level + 1] - tree->level_start[level];
}

static struct gk_packed_box leaf_box(const struct gk_packed *tree, size_t leaf)
{
    struct gk_packed_box box = empty_box;
    for (unsigned bits = tree->present[leaf]; bits != 0; bits &= bits - 1) {
        struct gk_spot spot = tree->spots[leaf * GK_PACKED_LEAF + (unsigned)__builtin_ctz(bits)];
        box_add(&box, spot, spot);
    }
    return box;
}

static struct gk_packed_box inner_box(const struct gk_packed *tree, int level, size_t index)
{
    struct gk_packed_box box = empty_box;
    size_t first = index * GK_PACKED_FANOUT;
    size_t end = first + GK_PACKED_FANOUT;
    if (end > level_size(tree, level - 1))
        end = level_size(tree, level - 1);
    for (size_t i = first; i < end; i++) {
        const struct gk_packed_box *child = &tree->boxes[tree->level_start[level - 1] + i];
        if (!box_is_empty(child))
            box_add(&box, child->min, child->max);
    }
    return box;
}

/* Boxes from a leaf up, until one stays as it was. */
static void refit(struct gk_packed *tree, size_t leaf)
{
    size_t index = leaf;
    for (int level = 0; level < tree->level_count; level++) {
        struct gk_packed_box box =
            level == 0 ? leaf_box(tree, leaf) : inner_box(tree, level, index);
        struct gk_packed_box *old = &tree->boxes[tree->level_start[level] + index];
        if (box_equals(old, &box))
            return;
        *old = box;
        index /= GK_PACKED_FANOUT;
    }
}

enum gk_status gk_packed_build(struct gk_packed *tree, const struct gk_spot *spots,
                               const bool *is_present, size_t count)
{
    *tree = (struct gk_packed){.count = count};
    if (count == 0)
        return GK_OK;
    size_t leaves = (count + GK_PACKED_LEAF - 1) / GK_PACKED_LEAF;
    size_t nodes = 0;
    for (size_t size = leaves;; size = (size + GK_PACKED_FANOUT - 1) / GK_PACKED_FANOUT) {
        tree->level_start[tree->level_count++] = nodes;
        nodes += size;
        if (size == 1 || tree->level_count == GK_PACKED_LEVELS_MAX)
            break;
    }
    tree->level_start[tree->level_count] = nodes;
    tree->spots = calloc(count, sizeof *tree->spots);
    tree->present = calloc(leaves, sizeof *tree->present);
    tree->boxes = calloc(nodes, sizeof *tree->boxes);
    if (tree->spots == NULL || tree->present == NULL || tree->boxes == NULL) {
        gk_packed_release(tree);
        return GK_NO_MEMORY;
    }
    memcpy(tree->spots, spots, count * sizeof *spots);
    for (size_t i = 0; i < count; i++)
        if (is_present == NULL || is_present[i])
            tree->present[i / GK_PACKED_LEAF] |= (uint8_t)(1u << (i % GK_PACKED_LEAF));
    for (size_t i = 0; i < leaves; i++)
        tree->boxes[i] = leaf_box(tree, i);
    for (int level = 1; level < tree->level_count; level++)
        for (size_t i = 0; i < level_size(tree, level); i++)
            tree->boxes[tree->level_start[level] + i] = inner_box(tree, level, i);
    return GK_OK;
}

void gk_packed_release(struct gk_packed *tree)
{
    free(tree->spots);
    free(tree->present);
    free(tree->boxes);
    *tree = (struct gk_packed){0};
}

void gk_packed_remove(struct gk_packed *tree, size_t index)
{
    size_t leaf = index / GK_PACKED_LEAF;
    tree->present[leaf] &= (uint8_t) ~(1u << (index % GK_PACKED_LEAF));
    refit(tree, leaf);
}

void gk_packed_put(struct gk_packed *tree, size_t index, struct gk_spot spot)
{
    size_t leaf = index / GK_PACKED_LEAF;
    tree->spots[index] = spot;
    tree->present[leaf] |= (uint8_t)(1u << (index % GK_PACKED_LEAF));
    refit(tree, leaf);
}

/* Pushes a node so that those pushed since `base` stay nearest last. */
static void push(struct gk_packed_walk *walk, int base, int64_t d2, int level, size_t index)
{
    int i = walk->depth++;
    for (; i > base && walk->stack[i - 1].d2 < d2; i--)
        walk->stack[i] = walk->stack[i - 1];
    walk->stack[i].d2 = d2;
    walk->stack[i].index = index;
    walk->stack[i].level = level;
}

void gk_packed_walk_begin(struct gk_packed_walk *walk, const struct gk_packed *tree,
                          struct gk_spot from)
{
    walk->tree = tree;
    walk->from = from;
    walk->depth = 0;
    if (tree->count == 0)
        return;
    int root = tree->level_count - 1;
    const struct gk_packed_box *box = &tree->boxes[tree->level_start[root]];
    if (!box_is_empty(box))
        push(walk, 0, box_d2(box, from), root, 0);
}

bool gk_packed_walk_next(struct gk_packed_walk *walk, int64_t bound_d2, size_t *leaf)
{
    const struct gk_packed *tree = walk->tree;
    while (walk->depth > 0) {
        walk->depth--;
        int level = walk->stack[walk->depth].level;
        size_t index = walk->stack[walk->depth].index;
        if (walk->stack[walk->depth].d2 > bound_d2)
            continue;
        if (level == 0) {
            *leaf = index;
            return true;
        }
        size_t end = (index + 1) * GK_PACKED_FANOUT;
        if (end > level_size(tree, level - 1))
            end = level_size(tree, level - 1);
        int base = walk->depth;
        for (size_t i = index * GK_PACKED_FANOUT; i < end; i++) {
            const struct gk_packed_box *box = &tree->boxes[tree->level_start[level - 1] + i];
            if (box_is_empty(box))
                continue;
            int64_t d2 = box_d2(box, walk->from);
            if (d2 <= bound_d2)
                push(walk, base, d2, level - 1, i);
        }
    }
    return false;
}
