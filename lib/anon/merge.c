/* Step 7: deficient clusters merge, the cheapest pair first.
 *
 * The pair of the smallest (cost, A, B) is found without looking at all pairs.
 * Each cluster that may be part of a merge has one entry in a heap: the best
 * pair that it was in when it was last looked at. A cluster that a merge makes
 * is looked at then, with all others, so every pair has been seen by its younger
 * cluster; an entry is therefore never worse than any pair its owner answers
 * for, and the first entry whose two clusters both still are as they were is the
 * smallest pair of all. An entry whose partner has changed is made again.
 *
 * The search around a cluster of weight w ends at the distance where even a
 * partner of weight 1 (the least there is) would cost more than the best found. */
#include "cluster.h"

#include <stdlib.h>

#include "geo/square.h"

typedef unsigned __int128 wide;

struct pair {
    wide cost;
    struct gk_unit_key a_key, b_key;
    int32_t a, b;  /* slots; a merges into b */
    int32_t owner; /* the one of the two that answers for the pair */
    uint32_t a_version, b_version;
};

struct merging {
    struct gk_lattice_work *work;
    int32_t *cluster_of_slot;
    uint32_t *version; /* of each slot; counts its changes */
    struct gk_packed living;
    struct gk_packed deficient; /* the living that may not stay as they are */
    struct pair *heap;
    size_t heap_count, heap_capacity;
};

static int pair_compare(const struct pair *x, const struct pair *y)
{
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    int order = gk_unit_key_compare(x->a_key, y->a_key);
    return order != 0 ? order : gk_unit_key_compare(x->b_key, y->b_key);
}

static enum gk_status heap_push(struct merging *merging, struct pair pair)
{
    if (merging->heap_count == merging->heap_capacity) {
        size_t capacity = merging->heap_capacity < 32 ? 32 : merging->heap_capacity * 2;
        struct pair *grown = realloc(merging->heap, capacity * sizeof *grown);
        if (grown == NULL)
            return GK_NO_MEMORY;
        merging->heap = grown;
        merging->heap_capacity = capacity;
    }
    size_t at = merging->heap_count++;
    while (at > 0 && pair_compare(&pair, &merging->heap[(at - 1) / 2]) < 0) {
        merging->heap[at] = merging->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    merging->heap[at] = pair;
    return GK_OK;
}

static struct pair heap_pop(struct merging *merging)
{
    struct pair top = merging->heap[0];
    struct pair moving = merging->heap[--merging->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= merging->heap_count)
            break;
        if (child + 1 < merging->heap_count &&
            pair_compare(&merging->heap[child + 1], &merging->heap[child]) < 0)
            child++;
        if (pair_compare(&merging->heap[child], &moving) >= 0)
            break;
        merging->heap[at] = merging->heap[child];
        at = child;
    }
    if (merging->heap_count > 0)
        merging->heap[at] = moving;
    return top;
}

static struct gk_cluster *cluster_at(const struct merging *merging, int32_t slot)
{
    return &merging->work->clusters[merging->cluster_of_slot[slot]];
}

/* Step 6; exact: weights are below 2^31 and d2 below 2^63. */
static wide merge_cost(int64_t weight_a, int64_t weight_b, int64_t d2)
{
    return (wide)weight_a * (wide)weight_b * (wide)d2 / (wide)(weight_a + weight_b);
}

/* The greatest d2 at which a partner of weight 1 costs no more than `cost`. */
static int64_t cost_reach(wide cost, int64_t weight)
{
    wide divisor = (wide)weight;
    wide limit = (cost + 1) * (divisor + 1) - 1;
    wide d2 = limit / divisor;
    return d2 > INT64_MAX ? INT64_MAX : (int64_t)d2;
}

/* The pair of two slots, the deficient one with the lower id first. */
static struct pair make_pair(const struct merging *merging, int32_t x, int32_t y, wide cost)
{
    struct gk_unit_key x_key = cluster_at(merging, x)->lowest;
    struct gk_unit_key y_key = cluster_at(merging, y)->lowest;
    bool x_first = gk_packed_has(&merging->deficient, (size_t)x);
    if (x_first && gk_packed_has(&merging->deficient, (size_t)y))
        x_first = gk_unit_key_compare(x_key, y_key) < 0;
    return (struct pair){
        .cost = cost,
        .a_key = x_first ? x_key : y_key,
        .b_key = x_first ? y_key : x_key,
        .a = x_first ? x : y,
        .b = x_first ? y : x,
        .owner = x,
        .a_version = merging->version[x_first ? x : y],
        .b_version = merging->version[x_first ? y : x],
    };
}

/* Looks for the best pair with `slot` in it and enters it, if there is one. */
static enum gk_status enter_best(struct merging *merging, int32_t slot)
{
    bool is_deficient = gk_packed_has(&merging->deficient, (size_t)slot);
    const struct gk_packed *tree = is_deficient ? &merging->living : &merging->deficient;
    int64_t weight = gk_cluster_weight(cluster_at(merging, slot));
    struct gk_spot from = merging->living.spots[slot];
    int64_t bound = INT64_MAX;
    bool is_found = false;
    struct pair best = {0};
    struct gk_packed_walk walk;
    size_t leaf;
    gk_packed_walk_begin(&walk, tree, from);
    while (gk_packed_walk_next(&walk, bound, &leaf)) {
        for (unsigned bits = tree->present[leaf]; bits != 0; bits &= bits - 1) {
            int32_t other = (int32_t)(leaf * GK_PACKED_LEAF + (unsigned)__builtin_ctz(bits));
            int64_t d2 = gk_spot_d2(from, tree->spots[other]);
            if (other == slot || d2 > bound)
                continue;
            wide cost = merge_cost(weight, gk_cluster_weight(cluster_at(merging, other)), d2);
            if (is_found && cost > best.cost)
                continue;
            struct pair pair = make_pair(merging, slot, other, cost);
            if (is_found && pair_compare(&pair, &best) > 0)
                continue;
            best = pair;
            is_found = true;
            bound = cost_reach(cost, weight);
        }
    }
    return is_found ? heap_push(merging, best) : GK_OK;
}

/* Merges the clusters of slot a into that of slot b. */
static enum gk_status merge_slots(struct merging *merging, int32_t a, int32_t b)
{
    gk_cluster_merge(merging->work, merging->cluster_of_slot[a], merging->cluster_of_slot[b]);
    merging->version[a]++;
    merging->version[b]++;
    gk_packed_remove(&merging->living, (size_t)a);
    gk_packed_remove(&merging->deficient, (size_t)a);
    struct gk_spot spot = gk_cluster_centroid(cluster_at(merging, b));
    gk_packed_put(&merging->living, (size_t)b, spot);
    if (gk_cluster_is_cell(merging->work, cluster_at(merging, b)))
        gk_packed_remove(&merging->deficient, (size_t)b);
    else
        gk_packed_put(&merging->deficient, (size_t)b, spot);
    return enter_best(merging, b);
}

static enum gk_status run(struct merging *merging, size_t count)
{
    for (size_t slot = 0; slot < count; slot++)
        if (gk_packed_has(&merging->deficient, slot) && enter_best(merging, (int32_t)slot) != GK_OK)
            return GK_NO_MEMORY;
    while (merging->heap_count > 0) {
        struct pair pair = heap_pop(merging);
        bool is_a = pair.a_version == merging->version[pair.a];
        bool is_b = pair.b_version == merging->version[pair.b];
        enum gk_status status = GK_OK;
        if (is_a && is_b)
            status = merge_slots(merging, pair.a, pair.b);
        else if (pair.owner == pair.a ? is_a : is_b)
            status = enter_best(merging, pair.owner);
        if (status != GK_OK)
            return status;
    }
    return GK_OK;
}

struct place {
    uint64_t morton;
    int32_t cluster;
};

static int place_compare(const void *x, const void *y)
{
    const struct place *a = x;
    const struct place *b = y;
    if (a->morton != b->morton)
        return a->morton < b->morton ? -1 : 1;
    return (a->cluster > b->cluster) - (a->cluster < b->cluster);
}

/* Slots in Morton order of the centroids, so that the trees are good. */
static enum gk_status make_slots(struct merging *merging, const int32_t *clusters, size_t count)
{
    enum gk_status status = GK_NO_MEMORY;
    int32_t side_cm = merging->work->rule.square_side_cm;
    struct place *places = calloc(count, sizeof *places);
    struct gk_spot *spots = calloc(count, sizeof *spots);
    bool *is_deficient = calloc(count, sizeof *is_deficient);
    if (places == NULL || spots == NULL || is_deficient == NULL)
        goto out;
    for (size_t i = 0; i < count; i++) {
        struct gk_spot at = gk_cluster_centroid(&merging->work->clusters[clusters[i]]);
        struct gk_square square = {at.e / side_cm, at.n / side_cm};
        places[i] = (struct place){gk_square_morton(square), clusters[i]};
    }
    qsort(places, count, sizeof *places, place_compare);
    for (size_t i = 0; i < count; i++) {
        const struct gk_cluster *cluster = &merging->work->clusters[places[i].cluster];
        merging->cluster_of_slot[i] = places[i].cluster;
        spots[i] = gk_cluster_centroid(cluster);
        is_deficient[i] = !gk_cluster_is_cell(merging->work, cluster);
    }
    status = gk_packed_build(&merging->living, spots, NULL, count);
    if (status == GK_OK)
        status = gk_packed_build(&merging->deficient, spots, is_deficient, count);
out:
    free(places);
    free(spots);
    free(is_deficient);
    return status;
}

enum gk_status gk_lattice_merge(struct gk_lattice_work *work, const int32_t *clusters, size_t count)
{
    struct merging merging = {.work = work};
    bool is_any_deficient = false;
    for (size_t i = 0; i < count && !is_any_deficient; i++)
        is_any_deficient = !gk_cluster_is_cell(work, &work->clusters[clusters[i]]);
    if (!is_any_deficient || count < 2)
        return GK_OK;
    enum gk_status status = GK_NO_MEMORY;
    merging.cluster_of_slot = calloc(count, sizeof *merging.cluster_of_slot);
    merging.version = calloc(count, sizeof *merging.version);
    if (merging.cluster_of_slot == NULL || merging.version == NULL)
        goto out;
    status = make_slots(&merging, clusters, count);
    if (status == GK_OK)
        status = run(&merging, count);
out:
    gk_packed_release(&merging.living);
    gk_packed_release(&merging.deficient);
    free(merging.cluster_of_slot);
    free(merging.version);
    free(merging.heap);
    return status;
}
