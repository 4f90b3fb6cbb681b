/* The lattice once more: slow, obvious, a transcription of its definition.
 *
 * Written from the nine numbered clauses (lib/anon/README.md has them), with no
 * code of lib/anon or lib/geo: own Morton code, own sums, whole lists sorted
 * again at every step. Step numbers in comments are those of the clauses. Tests
 * include this file; it aborts on what a test may not do. */
#ifndef GK_TESTS_LATTICE_REFERENCE_H
#define GK_TESTS_LATTICE_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "anon/lattice.h"

struct ref_group {
    bool is_living;
    int32_t cell;     /* old id or GK_CELL_NONE */
    int32_t district; /* where step 7 is done */
    int32_t *units;   /* indices of units */
    size_t unit_count;
    int32_t became; /* the group it was merged into, else -1 */
};

struct ref_world {
    const struct gk_unit *units;
    size_t unit_count;
    struct gk_lattice_rule rule;
    struct ref_group *groups;
    size_t group_count;
    bool *is_open;
};

typedef unsigned __int128 ref_wide;

/* 1. E in the even bits, N in the odd; negative numbers sort before positive. */
static uint64_t ref_morton(struct gk_square square)
{
    uint64_t e = (uint64_t)((int64_t)square.e + INT64_C(2147483648));
    uint64_t n = (uint64_t)((int64_t)square.n + INT64_C(2147483648));
    uint64_t code = 0;
    for (int bit = 31; bit >= 0; bit--)
        code = code * 4 + ((n >> bit) % 2) * 2 + (e >> bit) % 2;
    return code;
}

/* 1. The key is (Morton code, district). */
static int ref_compare_units(const struct gk_unit *a, const struct gk_unit *b)
{
    uint64_t x = ref_morton(a->square);
    uint64_t y = ref_morton(b->square);
    if (x != y)
        return x < y ? -1 : 1;
    return a->district < b->district ? -1 : a->district > b->district ? 1 : 0;
}

static struct gk_cm ref_centre(const struct ref_world *world, const struct gk_unit *unit)
{
    int64_t side = world->rule.square_side_cm;
    return (struct gk_cm){unit->square.e * side + side / 2, unit->square.n * side + side / 2};
}

static int64_t ref_d2(struct gk_cm a, struct gk_cm b)
{
    return (a.e - b.e) * (a.e - b.e) + (a.n - b.n) * (a.n - b.n);
}

static bool ref_is_enough(const struct ref_world *world, int64_t dwellings, int64_t addresses)
{
    return dwellings >= world->rule.min_dwellings && addresses >= world->rule.min_addresses;
}

static void *ref_alloc(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static size_t ref_new_group(struct ref_world *world, int32_t cell, int32_t district)
{
    struct ref_group *group = &world->groups[world->group_count];
    *group = (struct ref_group){true, cell, district, NULL, 0, -1};
    group->units = ref_alloc(world->unit_count, sizeof *group->units);
    return world->group_count++;
}

static void ref_put(struct ref_world *world, size_t group, size_t unit)
{
    struct ref_group *g = &world->groups[group];
    g->units[g->unit_count++] = (int32_t)unit;
    world->is_open[unit] = false;
}

static int64_t ref_dwellings(const struct ref_world *world, const struct ref_group *group)
{
    int64_t sum = 0;
    for (size_t i = 0; i < group->unit_count; i++)
        sum += world->units[group->units[i]].dwellings;
    return sum;
}

static int64_t ref_addresses(const struct ref_world *world, const struct ref_group *group)
{
    int64_t sum = 0;
    for (size_t i = 0; i < group->unit_count; i++)
        sum += world->units[group->units[i]].addresses;
    return sum;
}

static bool ref_is_deficient(const struct ref_world *world, const struct ref_group *group)
{
    return !ref_is_enough(world, ref_dwellings(world, group), ref_addresses(world, group));
}

/* 5. A cluster's id is its lowest key. */
static const struct gk_unit *ref_id(const struct ref_world *world, const struct ref_group *group)
{
    const struct gk_unit *lowest = &world->units[group->units[0]];
    for (size_t i = 1; i < group->unit_count; i++)
        if (ref_compare_units(&world->units[group->units[i]], lowest) < 0)
            lowest = &world->units[group->units[i]];
    return lowest;
}

static int64_t ref_floor(int64_t sum, int64_t weight)
{
    int64_t q = sum / weight;
    while (q * weight > sum)
        q--;
    return q;
}

/* 6. Weighted centroid, floored; a group without dwellings counts one per unit. */
static int64_t ref_weigh(const struct ref_world *world, const struct ref_group *group,
                         struct gk_cm *centroid)
{
    bool is_empty = ref_dwellings(world, group) == 0;
    int64_t weight = 0;
    struct gk_cm sum = {0, 0};
    for (size_t i = 0; i < group->unit_count; i++) {
        const struct gk_unit *unit = &world->units[group->units[i]];
        int64_t w = is_empty ? 1 : unit->dwellings;
        weight += w;
        sum.e += w * ref_centre(world, unit).e;
        sum.n += w * ref_centre(world, unit).n;
    }
    *centroid = (struct gk_cm){ref_floor(sum.e, weight), ref_floor(sum.n, weight)};
    return weight;
}

/* 2. */
static void ref_close_single_units(struct ref_world *world)
{
    for (size_t i = 0; i < world->unit_count; i++)
        if (world->is_open[i] &&
            ref_is_enough(world, world->units[i].dwellings, world->units[i].addresses))
            ref_put(world, ref_new_group(world, GK_CELL_NONE, world->units[i].district), i);
}

struct ref_near {
    int64_t d2;
    const struct gk_unit *unit;
    size_t index;
};

static int ref_compare_near(const void *x, const void *y)
{
    const struct ref_near *a = x;
    const struct ref_near *b = y;
    if (a->d2 != b->d2)
        return a->d2 < b->d2 ? -1 : 1;
    return ref_compare_units(a->unit, b->unit);
}

/* 3. The prefix of s; its length, 0 if void. */
static size_t ref_prefix(const struct ref_world *world, size_t s, struct ref_near *near)
{
    size_t count = 0;
    for (size_t i = 0; i < world->unit_count; i++)
        if (world->is_open[i] && world->units[i].district == world->units[s].district)
            near[count++] = (struct ref_near){
                ref_d2(ref_centre(world, &world->units[s]), ref_centre(world, &world->units[i])),
                &world->units[i], i};
    qsort(near, count, sizeof *near, ref_compare_near);
    int64_t dwellings = 0;
    int64_t addresses = 0;
    for (size_t i = 0; i < count; i++) {
        dwellings += near[i].unit->dwellings;
        addresses += near[i].unit->addresses;
        if (!ref_is_enough(world, dwellings, addresses))
            continue;
        bool is_void = near[i].d2 > world->rule.max_radius_cm * world->rule.max_radius_cm;
        return is_void ? 0 : i + 1;
    }
    return 0;
}

/* 3 and 4. What is seen for one seed stays until a unit of its district closes. */
static void ref_grow(struct ref_world *world)
{
    struct ref_near *near = ref_alloc(world->unit_count, sizeof *near);
    int64_t *r2 = ref_alloc(world->unit_count, sizeof *r2);
    int32_t stale = -1; /* district to look at again; -1: all */
    for (;;) {
        size_t best = SIZE_MAX;
        for (size_t s = 0; s < world->unit_count; s++) {
            if (!world->is_open[s])
                continue;
            if (stale < 0 || world->units[s].district == stale) {
                size_t length = ref_prefix(world, s, near);
                r2[s] = length == 0 ? -1 : near[length - 1].d2;
            }
            if (r2[s] < 0)
                continue;
            if (best == SIZE_MAX || r2[s] < r2[best] ||
                (r2[s] == r2[best] && ref_compare_units(&world->units[s], &world->units[best]) < 0))
                best = s;
        }
        if (best == SIZE_MAX)
            break;
        size_t length = ref_prefix(world, best, near);
        stale = world->units[best].district;
        size_t group = ref_new_group(world, GK_CELL_NONE, stale);
        for (size_t i = 0; i < length; i++)
            ref_put(world, group, near[i].index);
    }
    free(near);
    free(r2);
}

/* 5. */
static void ref_leave_over(struct ref_world *world)
{
    for (size_t i = 0; i < world->unit_count; i++)
        if (world->is_open[i])
            ref_put(world, ref_new_group(world, GK_CELL_NONE, world->units[i].district), i);
}

/* 7. The smallest (cost, A, B) in a district, or of all for district -1. */
static bool ref_best_pair(const struct ref_world *world, int32_t district, size_t *best_a,
                          size_t *best_b)
{
    bool is_found = false;
    ref_wide best_cost = 0;
    for (size_t a = 0; a < world->group_count; a++) {
        const struct ref_group *from = &world->groups[a];
        if (!from->is_living || (district >= 0 && from->district != district) ||
            !ref_is_deficient(world, from))
            continue;
        for (size_t b = 0; b < world->group_count; b++) {
            const struct ref_group *to = &world->groups[b];
            if (b == a || !to->is_living || (district >= 0 && to->district != district))
                continue;
            struct gk_cm at_a;
            struct gk_cm at_b;
            int64_t n_a = ref_weigh(world, from, &at_a);
            int64_t n_b = ref_weigh(world, to, &at_b);
            ref_wide product = (ref_wide)(n_a * n_b) * (ref_wide)ref_d2(at_a, at_b);
            ref_wide both = (ref_wide)(n_a + n_b);
            ref_wide cost = product / both;
            int order = 0;
            if (is_found && cost == best_cost) {
                order =
                    ref_compare_units(ref_id(world, from), ref_id(world, &world->groups[*best_a]));
                if (order == 0)
                    order = ref_compare_units(ref_id(world, to),
                                              ref_id(world, &world->groups[*best_b]));
            }
            if (!is_found || cost < best_cost || (cost == best_cost && order < 0)) {
                is_found = true;
                best_cost = cost;
                *best_a = a;
                *best_b = b;
            }
        }
    }
    return is_found;
}

static void ref_merge(struct ref_world *world, int32_t district)
{
    size_t a = 0;
    size_t b = 0;
    while (ref_best_pair(world, district, &a, &b)) {
        struct ref_group *from = &world->groups[a];
        struct ref_group *to = &world->groups[b];
        for (size_t i = 0; i < from->unit_count; i++)
            to->units[to->unit_count++] = from->units[i];
        from->is_living = false;
        from->became = (int32_t)b;
    }
}

/* 8. */
static const struct gk_unit *ref_point(const struct ref_world *world, const struct ref_group *group)
{
    struct gk_cm mean;
    (void)ref_weigh(world, group, &mean);
    const struct gk_unit *best = NULL;
    for (size_t i = 0; i < group->unit_count; i++) {
        const struct gk_unit *unit = &world->units[group->units[i]];
        int64_t d2 = ref_d2(ref_centre(world, unit), mean);
        int64_t best_d2 = best == NULL ? INT64_MAX : ref_d2(ref_centre(world, best), mean);
        if (d2 < best_d2 || (d2 == best_d2 && ref_compare_units(unit, best) < 0))
            best = unit;
    }
    return best;
}

/* Ids of new cells, in the order of their lowest keys. */
static int32_t ref_number(struct ref_world *world, int32_t last)
{
    for (;;) {
        struct ref_group *next = NULL;
        for (size_t i = 0; i < world->group_count; i++) {
            struct ref_group *group = &world->groups[i];
            if (group->is_living && group->cell == GK_CELL_NONE &&
                (next == NULL || ref_compare_units(ref_id(world, group), ref_id(world, next)) < 0))
                next = group;
        }
        if (next == NULL)
            return last;
        next->cell = ++last;
    }
}

static void ref_write(struct gk_lattice *lattice, const struct ref_world *world,
                      const struct gk_lattice_cell *old, size_t old_count)
{
    lattice->cells = ref_alloc(lattice->cell_count, sizeof *lattice->cells);
    lattice->cell_of_unit = ref_alloc(world->unit_count, sizeof *lattice->cell_of_unit);
    lattice->unit_count = world->unit_count;
    for (size_t i = 0; i < old_count; i++)
        lattice->cells[i] = old[i];
    for (size_t i = 0; i < world->group_count; i++) {
        const struct ref_group *group = &world->groups[i];
        if (group->cell == GK_CELL_NONE)
            continue;
        struct gk_lattice_cell *cell = &lattice->cells[group->cell - 1];
        cell->id = group->cell;
        if (!group->is_living) {
            size_t root = (size_t)group->became;
            while (!world->groups[root].is_living)
                root = (size_t)world->groups[root].became;
            cell->merged_into = world->groups[root].cell;
            cell->dwellings = cell->addresses = 0;
            cell->is_deficient = false;
            lattice->merge_count++;
            continue;
        }
        cell->merged_into = GK_CELL_NONE;
        cell->dwellings = ref_dwellings(world, group);
        cell->addresses = ref_addresses(world, group);
        cell->is_deficient = ref_is_deficient(world, group);
        if ((size_t)group->cell > old_count) {
            cell->point = ref_point(world, group)->square;
            cell->district = ref_point(world, group)->district;
        }
        for (size_t u = 0; u < group->unit_count; u++)
            lattice->cell_of_unit[group->units[u]] = group->cell;
    }
}

/* Builds or updates (9) as gk_lattice_build() must; release the same way. */
static void ref_lattice_build(struct gk_lattice *lattice, const struct gk_unit *units,
                              size_t unit_count, const struct gk_lattice_cell *old,
                              size_t old_count, const struct gk_lattice_rule *rule)
{
    struct ref_world world = {.units = units, .unit_count = unit_count, .rule = *rule};
    world.groups = ref_alloc(unit_count + old_count, sizeof *world.groups);
    world.is_open = ref_alloc(unit_count, sizeof *world.is_open);
    *lattice = (struct gk_lattice){0};
    for (size_t i = 0; i < unit_count; i++)
        world.is_open[i] = units[i].cell == GK_CELL_NONE;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].merged_into != GK_CELL_NONE)
            continue;
        size_t group = ref_new_group(&world, old[i].id, old[i].district);
        for (size_t u = 0; u < unit_count; u++)
            if (units[u].cell == old[i].id)
                ref_put(&world, group, u);
    }
    ref_close_single_units(&world);
    ref_grow(&world);
    ref_leave_over(&world);
    for (size_t i = 0; i < world.group_count; i++)
        ref_merge(&world, world.groups[i].district); /* a second time changes nothing */
    ref_merge(&world, -1);
    lattice->cell_count = (size_t)ref_number(&world, (int32_t)old_count);
    lattice->new_cell_count = lattice->cell_count - old_count;
    ref_write(lattice, &world, old, old_count);
    for (size_t i = 0; i < world.group_count; i++)
        free(world.groups[i].units);
    free(world.groups);
    free(world.is_open);
}

#endif
