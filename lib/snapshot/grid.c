/* The display grid: counts of cells spread over larger squares. The larger
 * squares are found in a hash table, so that neither an empty country between two
 * towns nor a small size costs memory; sums are taken in the order of cells, so
 * that they come out the same everywhere. */
#include "snapshot/query.h"

#include <stdlib.h>

#define EMPTY UINT32_MAX

struct table {
    struct gk_grid_square *squares;
    uint32_t count;
    uint32_t *slots; /* index into squares, or EMPTY */
    uint32_t mask;
};

static enum gk_status table_init(struct table *table, uint32_t square_count)
{
    uint64_t size = 64;
    while (size < (uint64_t)square_count * 2)
        size *= 2;
    if (size > (UINT64_C(1) << 31))
        return GK_TOO_LARGE;
    *table = (struct table){.mask = (uint32_t)(size - 1)};
    table->slots = malloc(size * sizeof *table->slots);
    table->squares = calloc((size_t)square_count + 1, sizeof *table->squares);
    if (table->slots == NULL || table->squares == NULL)
        return GK_NO_MEMORY;
    for (uint64_t i = 0; i < size; i++)
        table->slots[i] = EMPTY;
    return GK_OK;
}

static struct gk_grid_square *table_at(struct table *table, struct gk_square square)
{
    uint64_t key = (uint64_t)(uint32_t)square.e << 32 | (uint32_t)square.n;
    uint32_t slot = (uint32_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 33);
    for (slot &= table->mask; table->slots[slot] != EMPTY; slot = (slot + 1) & table->mask) {
        struct gk_grid_square *found = &table->squares[table->slots[slot]];
        if (found->square.e == square.e && found->square.n == square.n)
            return found;
    }
    table->slots[slot] = table->count;
    table->squares[table->count].square = square;
    return &table->squares[table->count++];
}

static int32_t floor_div(int32_t a, int32_t b)
{
    return a / b - (a % b < 0);
}

static int64_t all_dwellings(const struct gk_snapshot *s, uint32_t square)
{
    int64_t n = 0;
    for (int c = 0; c < GK_CLASSES; c++)
        n += s->square_dwellings[c][square];
    return n;
}

static int64_t dwellings_at_risk(const struct gk_snapshot *s, uint32_t square, uint32_t definition)
{
    int64_t n = 0;
    for (int c = 0; c < GK_CLASSES; c++)
        if (s->definitions[definition].classes[c])
            n += s->square_dwellings[c][square];
    return n;
}

static void spread_cell(const struct gk_snapshot *s, uint32_t cell, int32_t factor,
                        uint32_t definition, int64_t events, struct table *table)
{
    uint32_t first = s->square_start[cell], end = s->square_start[cell + 1];
    int64_t all = 0, at_risk = 0;
    for (uint32_t i = first; i < end; i++) {
        all += all_dwellings(s, i);
        at_risk += dwellings_at_risk(s, i, definition);
    }
    for (uint32_t i = first; i < end; i++) {
        int64_t n = all_dwellings(s, i), n_at_risk = dwellings_at_risk(s, i, definition);
        if (n == 0)
            continue;
        struct gk_grid_square *to =
            table_at(table, (struct gk_square){floor_div(s->square[i].e, factor),
                                               floor_div(s->square[i].n, factor)});
        to->dwellings += n;
        to->dwellings_at_risk += n_at_risk;
        double share = at_risk > 0 ? (double)n_at_risk / (double)at_risk : (double)n / (double)all;
        to->events += share * (double)events;
    }
}

static int compare_squares(const void *a, const void *b)
{
    const struct gk_grid_square *x = a, *y = b;
    if (x->square.n != y->square.n)
        return x->square.n < y->square.n ? -1 : 1;
    return (x->square.e > y->square.e) - (x->square.e < y->square.e);
}

enum gk_status gk_snapshot_grid(const struct gk_snapshot *s, int32_t size_cm,
                                struct gk_period period, uint32_t definition,
                                struct gk_grid_square **squares, size_t *count)
{
    *squares = NULL;
    *count = 0;
    if (s->square_side_cm <= 0 || size_cm < s->square_side_cm || size_cm % s->square_side_cm != 0)
        return GK_INVALID;
    struct table table = {0};
    enum gk_status status = table_init(&table, s->square_start[s->cell_count]);
    if (status == GK_OK) {
        for (uint32_t c = 0; c < s->cell_count; c++)
            spread_cell(s, c, size_cm / s->square_side_cm, definition,
                        gk_snapshot_cell_events(s, c, period, definition), &table);
        qsort(table.squares, table.count, sizeof *table.squares, compare_squares);
        *squares = table.squares;
        *count = table.count;
        table.squares = NULL;
    }
    free(table.squares);
    free(table.slots);
    return status;
}
