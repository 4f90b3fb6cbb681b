/* Building the index that areas_internal.h describes.
 *
 * One area at a time: its edges are drawn into the grid as (cell, edge) pairs,
 * which, sorted by cell, become one entry a cell; the side of every reference
 * point follows from where the edges cross the lines between rows. A cell that
 * an area covers whole is closed: areas after it cannot be the answer there. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "areas_internal.h"
#include "geo/areas.h"

enum {
    CELLS_ACROSS_MAX = 512, /* at 1,024 a country takes 30 MB more: too much beside an import */
    CELLS_ACROSS_MIN = 16,
    WORK_MAX = 1 << 26, /* cells to look at in building, unless the grid is at its coarsest */
};

struct touch {
    uint32_t cell;
    uint32_t edge;
};

/* An array that grows. */
struct vector {
    void *items;
    size_t count, capacity;
};

struct builder {
    struct gk_areas *areas;
    int32_t *closed;         /* per cell: the id that covers all of it, else -1 */
    struct vector entries;   /* struct gk_areas_entry, in order of areas */
    struct vector cell_of;   /* uint32_t, per entry */
    struct vector edges;     /* struct gk_areas_edge of all entries */
    struct vector crossings; /* int32_t */
    struct vector own;       /* struct gk_areas_edge: the area at work, level edges too */
    struct vector touches;   /* struct touch: the area at work */
    unsigned char *toggles;  /* per cell, all 0 between areas */
};

/* Room for one more; NULL without memory. */
static void *push(struct vector *v, size_t size)
{
    if (v->count == v->capacity) {
        size_t capacity = v->capacity == 0 ? 256 : v->capacity * 2;
        void *items = realloc(v->items, capacity * size);
        if (items == NULL)
            return NULL;
        v->items = items;
        v->capacity = capacity;
    }
    return (char *)v->items + v->count++ * size;
}

/* --- The box and the grid ------------------------------------------------ */

static bool is_ring(const struct gk_polygons *p, uint32_t ring)
{
    uint32_t start = p->point_start[ring], end = p->point_start[ring + 1];
    if (end < start || end - start < 4)
        return false;
    const struct gk_cm *points = p->points;
    for (uint32_t i = start; i < end; i++)
        if (points[i].e < -GK_CM_MAX || points[i].e > GK_CM_MAX || points[i].n < -GK_CM_MAX ||
            points[i].n > GK_CM_MAX)
            return false;
    return points[start].e == points[end - 1].e && points[start].n == points[end - 1].n;
}

static void widen(struct gk_box_cm *box, struct gk_cm p)
{
    box->min.e = p.e < box->min.e ? p.e : box->min.e;
    box->min.n = p.n < box->min.n ? p.n : box->min.n;
    box->max.e = p.e > box->max.e ? p.e : box->max.e;
    box->max.n = p.n > box->max.n ? p.n : box->max.n;
}

static const struct gk_box_cm nothing = {{GK_CM_MAX, GK_CM_MAX}, {-GK_CM_MAX, -GK_CM_MAX}};

static struct gk_box_cm box_of(const struct gk_polygons *p)
{
    struct gk_box_cm box = nothing;
    uint32_t points = p->ring_count > 0 ? p->point_start[p->ring_count] : 0;
    for (uint32_t i = 0; i < points; i++)
        widen(&box, p->points[i]);
    return box;
}

/* The smallest shift that gives at most `across` cells. */
static unsigned shift_for(uint64_t extent, uint64_t across)
{
    unsigned shift = 0;
    while (extent >> shift >= across)
        shift++;
    return shift;
}

/* About how many cells building has to look at: those in each area's box and
 * those along each edge. */
static uint64_t work_on(const struct gk_areas *areas, const struct gk_polygons *p)
{
    struct gk_box_cm box = box_of(p);
    if (box.min.e > box.max.e)
        return 0;
    uint64_t work = (((uint64_t)(box.max.e - box.min.e) >> areas->shift_e) + 2) *
                    (((uint64_t)(box.max.n - box.min.n) >> areas->shift_n) + 2);
    for (uint32_t i = 0; i + 1 < p->point_start[p->ring_count]; i++) {
        uint64_t de = (uint64_t)llabs(p->points[i + 1].e - p->points[i].e);
        uint64_t dn = (uint64_t)llabs(p->points[i + 1].n - p->points[i].n);
        work += (de >> areas->shift_e) + (dn >> areas->shift_n);
    }
    return work;
}

static void set_shifts(struct gk_areas *areas, uint64_t across)
{
    areas->shift_e = shift_for(areas->width, across);
    areas->shift_n = shift_for(areas->height, across);
}

/* As fine as pays: no more cells than a multiple of the points, and coarser
 * when many areas overlap or many edges are long. */
static void choose_grid(struct gk_areas *areas, const struct gk_polygons *polygons, size_t count)
{
    uint64_t points = 0, across = CELLS_ACROSS_MIN;
    struct gk_box_cm box = nothing;
    for (size_t i = 0; i < count; i++) {
        struct gk_box_cm own = box_of(&polygons[i]);
        if (own.min.e > own.max.e)
            continue;
        points += polygons[i].point_start[polygons[i].ring_count];
        widen(&box, own.min);
        widen(&box, own.max);
    }
    if (points == 0)
        box = (struct gk_box_cm){{0, 0}, {0, 0}};
    areas->origin = box.min;
    areas->width = (uint64_t)(box.max.e - box.min.e);
    areas->height = (uint64_t)(box.max.n - box.min.n);
    while (across < CELLS_ACROSS_MAX && across * across < points * 64)
        across *= 2;
    for (;; across /= 2) {
        uint64_t work = 0;
        set_shifts(areas, across);
        for (size_t i = 0; i < count; i++)
            work += work_on(areas, &polygons[i]);
        if (work <= WORK_MAX || across <= CELLS_ACROSS_MIN)
            break;
    }
    areas->columns = (uint32_t)(areas->width >> areas->shift_e) + 1;
    areas->rows = (uint32_t)(areas->height >> areas->shift_n) + 1;
}

/* --- One area ------------------------------------------------------------ */

static enum gk_status take_edges(struct builder *b, const struct gk_polygons *p)
{
    b->own.count = 0;
    struct gk_cm o = b->areas->origin;
    for (uint32_t r = 0; r < p->ring_count; r++) {
        if (!is_ring(p, r))
            return GK_INVALID;
        for (uint32_t i = p->point_start[r]; i + 1 < p->point_start[r + 1]; i++) {
            struct gk_cm low = p->points[i], high = p->points[i + 1];
            if (low.e == high.e && low.n == high.n)
                continue;
            if (low.n > high.n) {
                low = high;
                high = p->points[i];
            }
            struct gk_areas_edge *edge = push(&b->own, sizeof *edge);
            if (edge == NULL)
                return GK_NO_MEMORY;
            *edge = (struct gk_areas_edge){(int32_t)(low.e - o.e), (int32_t)(low.n - o.n),
                                           (int32_t)(high.e - o.e), (int32_t)(high.n - o.n)};
        }
    }
    return b->own.count > UINT32_MAX ? GK_TOO_LARGE : GK_OK;
}

/* Where an edge is at height n, rounded down; its ends for heights outside. */
static int64_t east_at(const struct gk_areas_edge *edge, int64_t n)
{
    if (n <= edge->low_n)
        return edge->low_e;
    if (n >= edge->high_n)
        return edge->high_e;
    int64_t dn = (int64_t)edge->high_n - edge->low_n;
    int64_t product = ((int64_t)edge->high_e - edge->low_e) * (n - edge->low_n);
    int64_t quotient = product / dn;
    return edge->low_e + quotient - (product % dn < 0);
}

/* Every cell that the edge may touch, borders included: one too many does no
 * harm. */
static enum gk_status draw_edge(struct builder *b, uint32_t index)
{
    const struct gk_areas *a = b->areas;
    const struct gk_areas_edge edge = ((const struct gk_areas_edge *)b->own.items)[index];
    for (int64_t row = edge.low_n >> a->shift_n; row <= edge.high_n >> a->shift_n; row++) {
        int64_t first = row << a->shift_n, after = (row + 1) << a->shift_n;
        int64_t west = edge.low_e, east = edge.high_e;
        if (edge.low_n != edge.high_n) {
            west = east_at(&edge, first);
            east = east_at(&edge, after);
        }
        if (west > east) {
            int64_t swap = west;
            west = east;
            east = swap;
        }
        west = west > 0 ? west - 1 : 0;
        east = east < (int64_t)a->width ? east + 1 : (int64_t)a->width;
        for (int64_t column = west >> a->shift_e; column <= east >> a->shift_e; column++) {
            struct touch *touch = push(&b->touches, sizeof *touch);
            if (touch == NULL)
                return GK_NO_MEMORY;
            *touch = (struct touch){(uint32_t)(row * a->columns + column), index};
        }
    }
    return GK_OK;
}

/* Toggles the row's reference points that are west of where the edge crosses the
 * line half a centimetre before the next row. Only the last of them is marked;
 * a sweep from the east spreads the marks. */
static void mark_references(struct builder *b, const struct gk_areas_edge *edge)
{
    const struct gk_areas *a = b->areas;
    __int128 de = (__int128)edge->high_e - edge->low_e, dn = (__int128)edge->high_n - edge->low_n;
    for (int64_t row = edge->low_n >> a->shift_n; row < a->rows; row++) {
        int64_t last_n = ((row + 1) << a->shift_n) - 1;
        if (last_n < edge->low_n)
            continue;
        if (last_n >= edge->high_n)
            break;
        /* Easting of the crossing plus a half, over 2 dn: beyond column c's line
         * when it exceeds the first centimetre of column c + 1. */
        __int128 over = de * (2 * (last_n - edge->low_n) + 1) + dn;
        __int128 quotient = over / (2 * dn), rest = over % (2 * dn);
        if (rest < 0)
            quotient--;
        int64_t east = edge->low_e + (int64_t)quotient;
        if (rest == 0 && de <= 0)
            east--;
        int64_t columns = east < 0 ? 0 : east >> a->shift_e;
        if (columns > a->columns)
            columns = a->columns;
        if (columns > 0)
            b->toggles[row * a->columns + columns - 1] ^= 1U;
    }
}

/* Adds the height at which an edge crosses the line at the east of a cell, if
 * it does so in the cell. */
static enum gk_status add_crossing(struct builder *b, struct gk_areas_entry *entry,
                                   const struct gk_areas_edge *edge, int64_t last_e,
                                   int64_t first_n, int64_t last_n)
{
    bool eastward = edge->low_e < edge->high_e;
    int64_t west_e = eastward ? edge->low_e : edge->high_e;
    int64_t west_n = eastward ? edge->low_n : edge->high_n;
    int64_t east_e = eastward ? edge->high_e : edge->low_e;
    int64_t east_n = eastward ? edge->high_n : edge->low_n;
    if (west_e > last_e || east_e <= last_e)
        return GK_OK;
    /* Height above west_n times 2 de. */
    __int128 de = east_e - west_e, dn = east_n - west_n;
    __int128 above = dn * (2 * (last_e - west_e) + 1);
    if (above > (2 * (last_n - west_n) + 1) * de)
        return GK_OK;
    /* The largest whole number below it: ceiling minus one. */
    __int128 quotient = above / (2 * de);
    if (above % (2 * de) > 0)
        quotient++;
    int64_t below = west_n + (int64_t)quotient - 1;
    if (below < first_n)
        return GK_OK;
    int32_t *crossing = push(&b->crossings, sizeof *crossing);
    if (crossing == NULL)
        return GK_NO_MEMORY;
    *crossing = (int32_t)below;
    entry->crossing_count++;
    return GK_OK;
}

/* One cell's entry from its touches. */
static enum gk_status add_entry(struct builder *b, const struct touch *touches, size_t count,
                                uint32_t odd, int32_t id)
{
    const struct gk_areas *a = b->areas;
    uint32_t cell = touches[0].cell;
    int64_t row = cell / a->columns, column = cell % a->columns;
    int64_t first_n = row << a->shift_n, last_n = first_n + (INT64_C(1) << a->shift_n) - 1;
    int64_t last_e = ((column + 1) << a->shift_e) - 1;
    if (b->edges.count + count > UINT32_MAX || b->crossings.count + count > INT32_MAX)
        return GK_TOO_LARGE;
    struct gk_areas_entry entry = {.first_edge = (uint32_t)b->edges.count,
                                   .first_crossing = (uint32_t)b->crossings.count,
                                   .odd = odd & 1U,
                                   .id = id};
    for (size_t i = 0; i < count; i++) {
        const struct gk_areas_edge *edge =
            (const struct gk_areas_edge *)b->own.items + touches[i].edge;
        enum gk_status status = add_crossing(b, &entry, edge, last_e, first_n, last_n);
        if (status != GK_OK)
            return status;
        if (edge->low_n == edge->high_n)
            continue;
        struct gk_areas_edge *copy = push(&b->edges, sizeof *copy);
        if (copy == NULL)
            return GK_NO_MEMORY;
        *copy = *edge;
        entry.edge_count++;
    }
    struct gk_areas_entry *to = push(&b->entries, sizeof *to);
    uint32_t *cell_of = push(&b->cell_of, sizeof *cell_of);
    if (to == NULL || cell_of == NULL)
        return GK_NO_MEMORY;
    *to = entry;
    *cell_of = cell;
    return GK_OK;
}

static int compare_touches(const void *left, const void *right)
{
    const struct touch *a = left, *b = right;
    if (a->cell != b->cell)
        return a->cell < b->cell ? -1 : 1;
    return a->edge < b->edge ? -1 : a->edge > b->edge;
}

/* Goes over the cells of the area's box from the east, row by row, with the
 * side of each reference point, and adds an entry or closes the cell. */
static enum gk_status sweep(struct builder *b, struct gk_box_cm box, int32_t id)
{
    const struct gk_areas *a = b->areas;
    const struct touch *touches = b->touches.items;
    int64_t row = (box.min.n - a->origin.n) >> a->shift_n;
    int64_t last_row = (box.max.n - a->origin.n) >> a->shift_n;
    int64_t last_column = (box.max.e - a->origin.e + 1) >> a->shift_e;
    if (last_column >= a->columns)
        last_column = a->columns - 1;
    int64_t first_column = (box.min.e - a->origin.e) >> a->shift_e;
    size_t done = 0;
    for (; row <= last_row; row++) {
        /* Touches of this row, ascending: taken from their end. */
        size_t end = done;
        while (end < b->touches.count && touches[end].cell < (row + 1) * a->columns)
            end++;
        size_t left = end;
        uint32_t odd = 0;
        for (int64_t column = last_column; column >= 0; column--) {
            uint32_t cell = (uint32_t)(row * a->columns + column);
            odd ^= b->toggles[cell];
            b->toggles[cell] = 0;
            size_t begin = left;
            while (begin > done && touches[begin - 1].cell == cell)
                begin--;
            if (begin < left && b->closed[cell] < 0) {
                enum gk_status status = add_entry(b, touches + begin, left - begin, odd, id);
                if (status != GK_OK)
                    return status;
            } else if (begin == left && odd != 0 && b->closed[cell] < 0) {
                b->closed[cell] = id;
            }
            left = begin;
            if (column < first_column && left == done)
                break;
        }
        done = end;
    }
    return GK_OK;
}

static enum gk_status add_area(struct builder *b, const struct gk_polygons *polygons, int32_t id)
{
    enum gk_status status = take_edges(b, polygons);
    b->touches.count = 0;
    for (uint32_t i = 0; i < b->own.count && status == GK_OK; i++) {
        const struct gk_areas_edge *edge = (const struct gk_areas_edge *)b->own.items + i;
        status = draw_edge(b, i);
        if (edge->low_n < edge->high_n)
            mark_references(b, edge);
    }
    if (status != GK_OK || b->touches.count == 0)
        return status;
    qsort(b->touches.items, b->touches.count, sizeof(struct touch), compare_touches);
    return sweep(b, box_of(polygons), id);
}

/* --- All of them --------------------------------------------------------- */

/* Groups the entries by cell, each cell's in the order of the areas, and hands
 * the arrays over to the index. */
static enum gk_status finish(struct builder *b)
{
    struct gk_areas *a = b->areas;
    const struct gk_areas_entry *entries = b->entries.items;
    const uint32_t *cell_of = b->cell_of.items;
    size_t cells = (size_t)a->columns * a->rows, mixed = 0, start = 0;
    size_t *count = calloc(cells, sizeof *count);
    a->entries = malloc((b->entries.count + 1) * sizeof *a->entries);
    /* One more of each, so that the arrays exist even when all borders are level. */
    if (count == NULL || a->entries == NULL ||
        push(&b->edges, sizeof(struct gk_areas_edge)) == NULL ||
        push(&b->crossings, sizeof(int32_t)) == NULL)
        goto no_memory;
    for (size_t i = 0; i < b->entries.count; i++)
        mixed += count[cell_of[i]]++ == 0;
    a->mixed = malloc((mixed + 1) * sizeof *a->mixed);
    if (a->mixed == NULL || mixed > INT32_MAX - 2 || b->entries.count > UINT32_MAX)
        goto no_memory;
    mixed = 0;
    for (size_t cell = 0; cell < cells; cell++) {
        size_t n = count[cell];
        a->cells[cell] = b->closed[cell];
        if (n == 0)
            continue;
        uint32_t column = (uint32_t)(cell % a->columns);
        int32_t last_e = (int32_t)((((int64_t)column + 1) << a->shift_e) - 1);
        a->cells[cell] = -2 - (int32_t)mixed;
        a->mixed[mixed++] = (struct gk_areas_mixed){(uint32_t)start, b->closed[cell], last_e};
        count[cell] = start;
        start += n;
    }
    a->mixed[mixed] = (struct gk_areas_mixed){.first_entry = (uint32_t)start};
    for (size_t i = 0; i < b->entries.count; i++)
        a->entries[count[cell_of[i]]++] = entries[i];
    a->edges = b->edges.items;
    a->crossings = b->crossings.items;
    b->edges.items = b->crossings.items = NULL;
    free(count);
    return GK_OK;
no_memory:
    free(count);
    return GK_NO_MEMORY;
}

static void release_builder(struct builder *b)
{
    free(b->closed);
    free(b->entries.items);
    free(b->cell_of.items);
    free(b->edges.items);
    free(b->crossings.items);
    free(b->own.items);
    free(b->touches.items);
    free(b->toggles);
}

enum gk_status gk_areas_build(struct gk_areas **areas, const struct gk_polygons *polygons,
                              const int32_t *ids, size_t count)
{
    *areas = NULL;
    enum gk_status status = GK_OK;
    struct builder b = {.areas = calloc(1, sizeof *b.areas)};
    if (b.areas == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (ids[i] < 0)
            status = GK_INVALID;
        for (uint32_t r = 0; r < polygons[i].ring_count; r++)
            if (!is_ring(&polygons[i], r))
                status = GK_INVALID;
    }
    if (status != GK_OK)
        goto out;
    choose_grid(b.areas, polygons, count);
    size_t cells = (size_t)b.areas->columns * b.areas->rows;
    b.areas->cells = malloc(cells * sizeof *b.areas->cells);
    b.closed = malloc(cells * sizeof *b.closed);
    b.toggles = calloc(cells, 1);
    status = b.areas->cells == NULL || b.closed == NULL || b.toggles == NULL ? GK_NO_MEMORY : GK_OK;
    for (size_t cell = 0; cell < cells && status == GK_OK; cell++)
        b.closed[cell] = -1;
    for (size_t i = 0; i < count && status == GK_OK; i++)
        status = add_area(&b, &polygons[i], ids[i]);
    if (status == GK_OK)
        status = finish(&b);
out:
    release_builder(&b);
    if (status == GK_OK)
        *areas = b.areas;
    else
        gk_areas_free(b.areas);
    return status;
}
