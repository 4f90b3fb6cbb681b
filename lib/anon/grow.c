/* Steps 2 to 5: cells grown from open units, the tightest group first.
 *
 * Within a district the members stand in key order, so a member's place is its
 * key in every comparison here. What a seed needs only grows while others close
 * (its neighbours become fewer), so a heap entry is a lower bound: the entry on
 * top is computed again, and either still holds and closes, or goes back. */
#include "cluster.h"

#include <stdlib.h>
#include <string.h>

/* One of a seed's nearest, in the order (d2, slot). */
struct near {
    int64_t d2;
    size_t slot;
};

struct seed {
    int64_t r2;
    size_t slot;
};

struct growth {
    struct gk_lattice_work *work;
    size_t *member_of_slot; /* open members in key order */
    struct gk_packed tree;  /* of the slots that are open */
    size_t slot_count;
    struct near *prefix; /* of the latest search */
    size_t prefix_count, prefix_capacity;
    struct seed *heap;
    size_t heap_count;
};

static bool seed_before(struct seed a, struct seed b)
{
    return a.r2 != b.r2 ? a.r2 < b.r2 : a.slot < b.slot;
}

static void sift_down(struct seed *heap, size_t count, size_t at)
{
    struct seed moving = heap[at];
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= count)
            break;
        if (child + 1 < count && seed_before(heap[child + 1], heap[child]))
            child++;
        if (!seed_before(heap[child], moving))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

static enum gk_status insert_near(struct growth *growth, struct near near)
{
    if (growth->prefix_count == growth->prefix_capacity) {
        size_t capacity = growth->prefix_capacity < 32 ? 32 : growth->prefix_capacity * 2;
        struct near *grown = realloc(growth->prefix, capacity * sizeof *grown);
        if (grown == NULL)
            return GK_NO_MEMORY;
        growth->prefix = grown;
        growth->prefix_capacity = capacity;
    }
    size_t i = growth->prefix_count++;
    for (; i > 0; i--) {
        struct near *before = &growth->prefix[i - 1];
        if (before->d2 < near.d2 || (before->d2 == near.d2 && before->slot < near.slot))
            break;
        growth->prefix[i] = *before;
    }
    growth->prefix[i] = near;
    return GK_OK;
}

/* Step 3: the shortest prefix of the open slots by (d2, slot) that satisfies
 * the rule, in growth->prefix; *r2 is -1 if there is none within the radius.
 * At any time the prefix is right for the slots seen so far: those that a
 * nearer sufficient group makes needless fall off its end for good. */
static enum gk_status nearest_group(struct growth *growth, size_t slot, int64_t *r2)
{
    const struct gk_lattice_rule *rule = &growth->work->rule;
    const struct gk_packed *tree = &growth->tree;
    struct gk_spot from = tree->spots[slot];
    int64_t bound = rule->max_radius_cm * rule->max_radius_cm;
    int64_t dwellings = 0;
    int64_t addresses = 0;
    bool is_enough = false;
    struct gk_packed_walk walk;
    size_t leaf;
    growth->prefix_count = 0;
    gk_packed_walk_begin(&walk, tree, from);
    while (gk_packed_walk_next(&walk, bound, &leaf)) {
        for (unsigned bits = tree->present[leaf]; bits != 0; bits &= bits - 1) {
            struct near near = {.slot = leaf * GK_PACKED_LEAF + (unsigned)__builtin_ctz(bits)};
            near.d2 = gk_spot_d2(from, tree->spots[near.slot]);
            if (near.d2 > bound || (is_enough && near.d2 == bound &&
                                    near.slot > growth->prefix[growth->prefix_count - 1].slot))
                continue;
            if (insert_near(growth, near) != GK_OK)
                return GK_NO_MEMORY;
            const struct gk_member *m = &growth->work->members[growth->member_of_slot[near.slot]];
            dwellings += m->dwellings;
            addresses += m->addresses;
            while (gk_rule_holds(rule, dwellings, addresses)) {
                const struct near *last = &growth->prefix[growth->prefix_count - 1];
                m = &growth->work->members[growth->member_of_slot[last->slot]];
                is_enough = true;
                bound = last->d2;
                if (!gk_rule_holds(rule, dwellings - m->dwellings, addresses - m->addresses))
                    break;
                dwellings -= m->dwellings;
                addresses -= m->addresses;
                growth->prefix_count--;
            }
        }
    }
    *r2 = is_enough ? bound : -1;
    return GK_OK;
}

/* Step 4 for the latest search. */
static enum gk_status close_prefix(struct growth *growth, int32_t district)
{
    int32_t cluster;
    if (gk_cluster_add(growth->work, district, GK_CELL_NONE, &cluster) != GK_OK)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < growth->prefix_count; i++) {
        size_t slot = growth->prefix[i].slot;
        gk_cluster_take(growth->work, cluster, growth->member_of_slot[slot]);
        gk_packed_remove(&growth->tree, slot);
    }
    return GK_OK;
}

static enum gk_status grow_cells(struct growth *growth, int32_t district)
{
    int64_t r2;
    for (size_t slot = 0; slot < growth->slot_count; slot++) {
        if (nearest_group(growth, slot, &r2) != GK_OK)
            return GK_NO_MEMORY;
        if (r2 >= 0)
            growth->heap[growth->heap_count++] = (struct seed){r2, slot};
    }
    for (size_t i = growth->heap_count / 2; i-- > 0;)
        sift_down(growth->heap, growth->heap_count, i);
    while (growth->heap_count > 0) {
        struct seed *top = &growth->heap[0];
        r2 = -1;
        if (gk_packed_has(&growth->tree, top->slot) &&
            nearest_group(growth, top->slot, &r2) != GK_OK)
            return GK_NO_MEMORY;
        if (r2 == top->r2 && close_prefix(growth, district) != GK_OK)
            return GK_NO_MEMORY;
        if (r2 > top->r2)
            top->r2 = r2;
        else
            *top = growth->heap[--growth->heap_count];
        if (growth->heap_count > 0)
            sift_down(growth->heap, growth->heap_count, 0);
    }
    return GK_OK;
}

/* Step 2, and the slots of what is left. */
static enum gk_status open_slots(struct growth *growth, size_t first, size_t count)
{
    struct gk_lattice_work *work = growth->work;
    for (size_t i = first; i < first + count; i++) {
        const struct gk_member *m = &work->members[i];
        int32_t cluster;
        if (m->cluster != GK_CLUSTER_NONE)
            continue;
        if (!gk_rule_holds(&work->rule, m->dwellings, m->addresses)) {
            growth->member_of_slot[growth->slot_count++] = i;
            continue;
        }
        if (gk_cluster_add(work, m->key.district, GK_CELL_NONE, &cluster) != GK_OK)
            return GK_NO_MEMORY;
        gk_cluster_take(work, cluster, i);
    }
    return GK_OK;
}

static enum gk_status build_tree(struct growth *growth)
{
    struct gk_spot *spots = calloc(growth->slot_count, sizeof *spots);
    if (spots == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < growth->slot_count; i++)
        spots[i] = growth->work->members[growth->member_of_slot[i]].centre;
    enum gk_status status = gk_packed_build(&growth->tree, spots, NULL, growth->slot_count);
    free(spots);
    return status;
}

enum gk_status gk_lattice_grow(struct gk_lattice_work *work, size_t first, size_t count)
{
    struct growth growth = {.work = work};
    enum gk_status status = GK_NO_MEMORY;
    if (count == 0)
        return GK_OK;
    int32_t district = work->members[first].key.district;
    growth.member_of_slot = calloc(count, sizeof *growth.member_of_slot);
    if (growth.member_of_slot == NULL || open_slots(&growth, first, count) != GK_OK)
        goto out;
    if (growth.slot_count == 0) {
        status = GK_OK;
        goto out;
    }
    growth.heap = calloc(growth.slot_count, sizeof *growth.heap);
    if (growth.heap == NULL || build_tree(&growth) != GK_OK ||
        grow_cells(&growth, district) != GK_OK)
        goto out;
    /* Step 5: who is left is a cluster of its own. */
    for (size_t slot = 0; slot < growth.slot_count; slot++) {
        int32_t cluster;
        if (!gk_packed_has(&growth.tree, slot))
            continue;
        if (gk_cluster_add(work, district, GK_CELL_NONE, &cluster) != GK_OK)
            goto out;
        gk_cluster_take(work, cluster, growth.member_of_slot[slot]);
    }
    status = GK_OK;
out:
    gk_packed_release(&growth.tree);
    free(growth.member_of_slot);
    free(growth.prefix);
    free(growth.heap);
    return status;
}
