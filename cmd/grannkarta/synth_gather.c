/* Districts follow settlement. Homes that a cut left on the wrong side of its
 * line, few and far from the others of their district, go to the district whose
 * settlement is nearest; empty land follows.
 *
 * Real statistical districts are drawn so: a hamlet is not parted from the
 * village that it belongs to, and no farm is alone in a tip of a district whose
 * people live kilometres away. */
#include "synth.h"

#include <stdlib.h>
#include <string.h>

enum {
    REACH_CELLS = 6, /* around a home, per axis: a square of 2.6 km */
    SETTLED_MIN = 24 /* dwellings of one district in it; fewer are a pocket */
};

struct gatherer {
    struct gk_synth *synth;
    int64_t *dwellings; /* by cell */
    int64_t *size;      /* by cell: of what it belongs to; 0 for empty land */
    int64_t *largest;   /* by district */
    int32_t *mark;      /* by cell: the piece it is in, -1 for none yet */
    uint32_t *queue;    /* cells */
    size_t cells;
};

static int32_t column_of(const struct gatherer *g, uint32_t cell)
{
    return (int32_t)(cell % (uint32_t)g->synth->mesh.columns);
}

static int32_t row_of(const struct gatherer *g, uint32_t cell)
{
    return (int32_t)(cell / (uint32_t)g->synth->mesh.columns);
}

static bool is_in_mesh(const struct gatherer *g, int32_t x, int32_t y)
{
    return x >= 0 && y >= 0 && x < g->synth->mesh.columns && y < g->synth->mesh.rows;
}

/* Dwellings of the cell's district around it. */
static int64_t dwellings_near(const struct gatherer *g, uint32_t cell)
{
    const struct gk_synth_mesh *mesh = &g->synth->mesh;
    int32_t x0 = column_of(g, cell), y0 = row_of(g, cell);
    int64_t sum = 0;
    for (int32_t y = y0 - REACH_CELLS; y <= y0 + REACH_CELLS; y++)
        for (int32_t x = x0 - REACH_CELLS; x <= x0 + REACH_CELLS; x++) {
            if (!is_in_mesh(g, x, y))
                continue;
            uint32_t near = (uint32_t)(y * mesh->columns + x);
            if (mesh->district[near] == mesh->district[cell])
                sum += g->dwellings[near];
        }
    return sum;
}

/* Gives the size of its settlement to each cell that has homes. */
static void measure_settlements(struct gatherer *g)
{
    for (uint32_t c = 0; c < g->cells; c++)
        if (g->synth->mesh.district[c] >= 0 && g->dwellings[c] > 0)
            g->size[c] = dwellings_near(g, c);
}

/* Puts the cells of the district's piece around a cell into the queue, marked;
 * returns how many, and their dwellings. */
static size_t flood(struct gatherer *g, uint32_t start, int64_t *dwellings)
{
    const struct gk_synth_mesh *mesh = &g->synth->mesh;
    size_t head = 0, tail = 0;
    *dwellings = 0;
    g->queue[tail++] = start;
    g->mark[start] = (int32_t)start;
    while (head < tail) {
        uint32_t cell = g->queue[head++];
        *dwellings += g->dwellings[cell];
        for (int d = 0; d < 4; d++) {
            int32_t x = column_of(g, cell) + (d == 0) - (d == 1);
            int32_t y = row_of(g, cell) + (d == 2) - (d == 3);
            uint32_t next = (uint32_t)(y * mesh->columns + x);
            if (is_in_mesh(g, x, y) && g->mark[next] < 0 &&
                mesh->district[next] == mesh->district[start]) {
                g->mark[next] = (int32_t)start;
                g->queue[tail++] = next;
            }
        }
    }
    return tail;
}

/* Ranks the pieces of each district by dwellings; of two alike the one that
 * begins farther south comes first. No piece has the rank of another, or 0. */
static void rank_pieces(struct gatherer *g)
{
    memset(g->mark, 0xff, g->cells * sizeof *g->mark);
    for (uint32_t c = 0; c < g->cells; c++) {
        if (g->synth->mesh.district[c] < 0 || g->mark[c] >= 0)
            continue;
        int64_t dwellings;
        size_t count = flood(g, c, &dwellings);
        for (size_t i = 0; i < count; i++)
            g->size[g->queue[i]] = (dwellings + 1) * (int64_t)g->cells - (int64_t)c;
    }
}

/* Takes the district from every cell whose size is too small, except those of
 * the district's largest: none may lose all. */
static void keep_large(struct gatherer *g, int64_t enough)
{
    int32_t *district = g->synth->mesh.district;
    memset(g->largest, 0, g->synth->district_count * sizeof *g->largest);
    for (uint32_t c = 0; c < g->cells; c++)
        if (district[c] >= 0 && g->size[c] > g->largest[district[c]])
            g->largest[district[c]] = g->size[c];
    for (uint32_t c = 0; c < g->cells; c++)
        if (district[c] >= 0 &&
            (g->size[c] == 0 || (g->size[c] < enough && g->size[c] < g->largest[district[c]])))
            district[c] = -1;
}

/* Every cell without a district gets that of the nearest cell of its
 * municipality that has one, step by step. */
static void grow(struct gatherer *g)
{
    struct gk_synth_mesh *mesh = &g->synth->mesh;
    size_t head = 0, tail = 0;
    for (uint32_t c = 0; c < g->cells; c++)
        if (mesh->district[c] >= 0)
            g->queue[tail++] = c;
    while (head < tail) {
        uint32_t cell = g->queue[head++];
        for (int d = 0; d < 4; d++) {
            int32_t x = column_of(g, cell) + (d == 0) - (d == 1);
            int32_t y = row_of(g, cell) + (d == 2) - (d == 3);
            uint32_t next = (uint32_t)(y * mesh->columns + x);
            if (is_in_mesh(g, x, y) && mesh->district[next] < 0 &&
                mesh->owner[next] == mesh->owner[cell]) {
                mesh->district[next] = mesh->district[cell];
                g->queue[tail++] = next;
            }
        }
    }
}

static enum gk_status prepare(struct gatherer *g)
{
    const struct gk_synth *synth = g->synth;
    g->cells = (size_t)synth->mesh.columns * (size_t)synth->mesh.rows;
    g->dwellings = calloc(g->cells, sizeof *g->dwellings);
    g->size = calloc(g->cells, sizeof *g->size);
    g->largest = calloc(synth->district_count + 1, sizeof *g->largest);
    g->mark = malloc(g->cells * sizeof *g->mark);
    g->queue = malloc(g->cells * sizeof *g->queue);
    if (g->dwellings == NULL || g->size == NULL || g->largest == NULL || g->mark == NULL ||
        g->queue == NULL)
        return GK_NO_MEMORY;
    for (uint32_t c = 0; c < g->cells; c++)
        for (uint32_t i = synth->mesh.first[c]; i < synth->mesh.first[c + 1]; i++)
            g->dwellings[c] += synth->addresses[i].dwellings;
    return GK_OK;
}

enum gk_status gk_synth_gather(struct gk_synth *synth)
{
    struct gatherer g = {.synth = synth};
    enum gk_status status = prepare(&g);
    if (status == GK_OK) {
        measure_settlements(&g);
        keep_large(&g, SETTLED_MIN);
        grow(&g);
        rank_pieces(&g); /* a district is one piece; the others join their neighbours */
        keep_large(&g, INT64_MAX);
        grow(&g);
    }
    free(g.dwellings);
    free(g.size);
    free(g.largest);
    free(g.mark);
    free(g.queue);
    return status;
}
