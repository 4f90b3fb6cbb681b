/* The rival of the lattice: a pooled quadtree, the usual way to make squares of
 * at least k dwellings.
 *
 * In each district, a square that satisfies the rule is split in four as long as
 * one of the four satisfies it too. What the others hold is pooled with what is
 * left over of their neighbours, and goes up until a pool satisfies the rule.
 * What is left of a whole district joins the district's last cell. A cell's point
 * is that of the lattice: the member nearest the weighted mean. */
#ifndef GK_TESTS_QUADTREE_H
#define GK_TESTS_QUADTREE_H

#include <stdlib.h>
#include <string.h>

#include "anon/lattice.h"
#include "geo/square.h"

struct quad_unit {
    uint64_t morton;
    const struct gk_unit *unit;
    size_t input;
};

struct quadtree {
    const struct gk_lattice_rule *rule;
    struct quad_unit *units; /* by district, Morton */
    size_t *pool;            /* places in units[] that wait for a cell, a stack */
    size_t pool_count;
    int32_t *cell_of_place;
    int32_t cell_count;
};

static int quad_compare(const void *x, const void *y)
{
    const struct quad_unit *a = x;
    const struct quad_unit *b = y;
    if (a->unit->district != b->unit->district)
        return a->unit->district < b->unit->district ? -1 : 1;
    return (a->morton > b->morton) - (a->morton < b->morton);
}

static bool quad_is_enough(const struct quadtree *q, size_t first, size_t end)
{
    int64_t dwellings = 0;
    int64_t addresses = 0;
    for (size_t i = first; i < end; i++) {
        dwellings += q->units[i].unit->dwellings;
        addresses += q->units[i].unit->addresses;
    }
    return dwellings >= q->rule->min_dwellings && addresses >= q->rule->min_addresses;
}

/* Closes what the pool holds from `first` on, if it is enough. */
static void quad_close_pool(struct quadtree *q, size_t first)
{
    int64_t dwellings = 0;
    int64_t addresses = 0;
    for (size_t i = first; i < q->pool_count; i++) {
        dwellings += q->units[q->pool[i]].unit->dwellings;
        addresses += q->units[q->pool[i]].unit->addresses;
    }
    if (dwellings < q->rule->min_dwellings || addresses < q->rule->min_addresses)
        return;
    for (size_t i = first; i < q->pool_count; i++)
        q->cell_of_place[q->pool[i]] = q->cell_count;
    q->cell_count++;
    q->pool_count = first;
}

/* The square of the Morton codes that agree above bit 2 * level. Recursion is at
 * most 32 deep. */
static void quad_split(struct quadtree *q, size_t first, size_t end, int level)
{
    size_t starts[5] = {first, end, end, end, end};
    size_t pooled = q->pool_count;
    bool is_any_enough = false;
    if (quad_is_enough(q, first, end) && level > 0) {
        size_t at = first;
        for (unsigned child = 0; child < 4; child++) {
            starts[child] = at;
            while (at < end && ((q->units[at].morton >> (2 * (level - 1))) & 3) == child)
                at++;
            is_any_enough = is_any_enough || quad_is_enough(q, starts[child], at);
        }
        starts[4] = end;
    }
    if (is_any_enough)
        for (int child = 0; child < 4; child++)
            quad_split(q, starts[child], starts[child + 1], level - 1);
    else
        for (size_t i = first; i < end; i++)
            q->pool[q->pool_count++] = i;
    quad_close_pool(q, pooled);
}

struct quad_sum {
    double e, n, weight;
    double best_d2;
};

/* The point of each unit's cell, in the order of the input. */
static void quad_points(const struct quadtree *q, size_t count, struct gk_square *points)
{
    struct quad_sum *sums = calloc((size_t)q->cell_count + 1, sizeof *sums);
    struct gk_square *best = calloc((size_t)q->cell_count + 1, sizeof *best);
    if (sums == NULL || best == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct quad_sum *sum = &sums[q->cell_of_place[i]];
        const struct gk_unit *unit = q->units[i].unit;
        sum->e += (double)unit->square.e * unit->dwellings;
        sum->n += (double)unit->square.n * unit->dwellings;
        sum->weight += unit->dwellings;
        sum->best_d2 = -1;
    }
    for (size_t i = 0; i < count; i++) {
        struct quad_sum *sum = &sums[q->cell_of_place[i]];
        const struct gk_unit *unit = q->units[i].unit;
        double e = unit->square.e - sum->e / sum->weight;
        double n = unit->square.n - sum->n / sum->weight;
        if (sum->best_d2 < 0 || e * e + n * n < sum->best_d2) {
            sum->best_d2 = e * e + n * n;
            best[q->cell_of_place[i]] = unit->square;
        }
    }
    for (size_t i = 0; i < count; i++)
        points[q->units[i].input] = best[q->cell_of_place[i]];
    free(sums);
    free(best);
}

/* Fills points[i] with the point of the cell of unit i. Units need dwellings. */
static void quadtree_build(struct gk_square *points, const struct gk_unit *units, size_t count,
                           const struct gk_lattice_rule *rule)
{
    struct quadtree q = {.rule = rule};
    q.units = calloc(count + 1, sizeof *q.units);
    q.pool = calloc(count + 1, sizeof *q.pool);
    q.cell_of_place = calloc(count + 1, sizeof *q.cell_of_place);
    if (q.units == NULL || q.pool == NULL || q.cell_of_place == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        q.units[i] = (struct quad_unit){gk_square_morton(units[i].square), &units[i], i};
    qsort(q.units, count, sizeof *q.units, quad_compare);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count; end++)
            if (q.units[end].unit->district != q.units[first].unit->district)
                break;
        int32_t cells_before = q.cell_count;
        quad_split(&q, first, end, 32);
        if (q.cell_count ==
            cells_before) /* a district without a cell keeps one that is too small */
            q.cell_count++;
        for (; q.pool_count > 0; q.pool_count--)
            q.cell_of_place[q.pool[q.pool_count - 1]] = q.cell_count - 1;
    }
    quad_points(&q, count, points);
    free(q.units);
    free(q.pool);
    free(q.cell_of_place);
}

#endif
