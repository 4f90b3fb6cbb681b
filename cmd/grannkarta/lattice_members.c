/* Plain cells are told from the others here as refresh_memberships() does it in SQL
 * (0013_memberships); a test compares the two. */
#include "lattice_members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { BLOCK_SHIFT = 5, ID_LIST_MAX_BYTES = 64 * 1024 * 1024 };

static enum gk_status no_memory(struct gk_error *error)
{
    return gk_error_set(error, GK_NO_MEMORY, "find the memberships: out of memory");
}

/* Room for one more element; false without memory. */
static bool make_room(void **items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t more = *capacity > 0 ? *capacity * 2 : 1024;
    void *grown = realloc(*items, more * size);
    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = more;
    return true;
}

/* --- Blocks ------------------------------------------------------------------------ */

static enum gk_status add_near(void *context, const struct gk_near_area *row,
                               struct gk_error *error)
{
    struct gk_members *m = context;
    void *blocks = m->blocks, *areas = m->areas;
    bool has_room = make_room(&blocks, m->block_count, &m->block_capacity, sizeof *m->blocks);
    m->blocks = blocks;
    has_room = has_room && make_room(&areas, m->area_count, &m->area_capacity, sizeof *m->areas);
    m->areas = areas;
    if (!has_room)
        return no_memory(error);
    struct gk_member_block *last = m->block_count > 0 ? &m->blocks[m->block_count - 1] : NULL;
    if (last == NULL || last->e != row->e || last->n != row->n) {
        last = &m->blocks[m->block_count++];
        *last = (struct gk_member_block){
            row->e, row->n, row->is_open, row->has_border, (uint32_t)m->area_count, 0};
    }
    m->areas[m->area_count++] = row->area;
    last->count++;
    return GK_OK;
}

static int by_number(const void *a, const void *b)
{
    const int32_t *p = a, *q = b;
    return (*p > *q) - (*p < *q);
}

/* The districts that have units, as a list with commas. */
static enum gk_status list_districts(struct gk_buf *list, const struct gk_stored_lattice *old,
                                     struct gk_error *error)
{
    int32_t *ids = malloc((old->unit_count + 1) * sizeof *ids);
    size_t count = 0;
    if (ids == NULL)
        return no_memory(error);
    for (size_t i = 0; i < old->unit_count; i++)
        if (count == 0 || ids[count - 1] != old->units[i].district)
            ids[count++] = old->units[i].district;
    qsort(ids, count, sizeof *ids, by_number);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || ids[i] != ids[i - 1]) {
            char text[16];
            int length = snprintf(text, sizeof text, "%s%d", i == 0 ? "" : ",", ids[i]);
            gk_buf_append(list, text, (size_t)length);
        }
    free(ids);
    gk_buf_putc(list, '\0');
    return gk_buf_status(list) == GK_OK ? GK_OK : no_memory(error);
}

enum gk_status gk_members_find(struct gk_members *members, struct gk_store *store,
                               int32_t source_id, const struct gk_stored_lattice *old,
                               struct gk_error *error)
{
    struct gk_buf list;
    memset(members, 0, sizeof *members);
    gk_buf_init(&list, ID_LIST_MAX_BYTES);
    enum gk_status status = list_districts(&list, old, error);
    if (status == GK_OK)
        status = gk_near_find(store, source_id, list.data, error);
    if (status == GK_OK)
        status = gk_near_each(store, add_near, members, error);
    gk_buf_release(&list);
    return status;
}

void gk_members_release(struct gk_members *members)
{
    free(members->blocks);
    free(members->areas);
    memset(members, 0, sizeof *members);
}

/* The block of a square; NULL when no area touches it. `near` is the answer of
 * the square before, whose block it often is. */
static const struct gk_member_block *block_of(const struct gk_members *m, struct gk_square square,
                                              const struct gk_member_block *near)
{
    const int32_t e = square.e >> BLOCK_SHIFT, n = square.n >> BLOCK_SHIFT;
    if (near != NULL && near->e == e && near->n == n)
        return near;
    size_t low = 0, high = m->block_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct gk_member_block *b = &m->blocks[middle];
        if (b->e < e || (b->e == e && b->n < n))
            low = middle + 1;
        else
            high = middle;
    }
    const struct gk_member_block *found = &m->blocks[low];
    return low < m->block_count && found->e == e && found->n == n ? found : NULL;
}

static bool same_areas(const struct gk_members *m, const struct gk_member_block *a,
                       const struct gk_member_block *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->count != b->count)
        return false;
    return memcmp(m->areas + a->first, m->areas + b->first, a->count * sizeof *m->areas) == 0;
}

/* --- Cells --------------------------------------------------------------------------- */

struct row {
    int32_t district, cell;
    int64_t dwellings;
};

struct writer {
    const struct gk_members *members;
    const struct gk_stored_lattice *old;
    const uint32_t *order, *start;
    struct row *rows; /* of plain cells */
    size_t row_count, row_capacity;
    int32_t *open; /* cells that are not plain */
    size_t open_count;
};

static bool has_dwellings(const struct writer *w, uint32_t unit)
{
    const int32_t *classes = w->old->classes[unit];
    return classes[0] > 0 || classes[1] > 0 || classes[2] > 0;
}

static bool add_row(struct writer *w, int32_t district, int32_t cell, int64_t dwellings)
{
    void *rows = w->rows;
    bool has_room = make_room(&rows, w->row_count, &w->row_capacity, sizeof *w->rows);
    w->rows = rows;
    if (has_room)
        w->rows[w->row_count++] = (struct row){district, cell, dwellings};
    return has_room;
}

/* Sorts a cell in: its rows, or into the open ones. */
static bool take_cell(struct writer *w, int32_t cell)
{
    const struct gk_member_block *first = NULL, *block = NULL;
    int32_t district = 0;
    int64_t dwellings = 0;
    bool is_open = false, is_first = true;
    for (uint32_t i = w->start[cell - 1]; i < w->start[cell] && !is_open; i++) {
        const struct gk_unit *unit = &w->old->units[w->order[i]];
        if (!has_dwellings(w, w->order[i]))
            continue;
        block = block_of(w->members, unit->square, block);
        if (is_first) {
            first = block;
            district = unit->district;
            is_first = false;
        }
        is_open = (block != NULL && block->is_open) || unit->district != district ||
                  !same_areas(w->members, first, block);
        dwellings += unit->dwellings;
    }
    if (is_open) {
        w->open[w->open_count++] = cell;
        return true;
    }
    if (is_first)
        return true;
    bool is_done = add_row(w, district, cell, dwellings);
    for (uint32_t i = 0; first != NULL && i < first->count && is_done; i++)
        is_done = add_row(w, w->members->areas[first->first + i], cell, dwellings);
    return is_done;
}

static int by_district(const void *a, const void *b)
{
    const struct row *p = a, *q = b;
    if (p->district != q->district)
        return p->district < q->district ? -1 : 1;
    return (p->cell > q->cell) - (p->cell < q->cell);
}

/* --- Writing ---------------------------------------------------------------------------- */

static enum gk_status write_plain(const struct writer *w, struct gk_store *store, int32_t version,
                                  struct gk_error *error)
{
    struct gk_copy *copy = NULL;
    enum gk_status status = gk_district_cells_copy(&copy, store, error);
    if (status != GK_OK)
        return status;
    for (size_t i = 0; i < w->row_count; i++)
        gk_copy_district_cell(copy, version, w->rows[i].district, w->rows[i].cell);
    status = gk_copy_end(copy, NULL, error);
    if (status == GK_OK)
        status = gk_whole_copy(&copy, store, error);
    if (status != GK_OK)
        return status;
    for (size_t i = 0, end; i < w->row_count; i = end) {
        int64_t sum = 0;
        for (end = i; end < w->row_count && w->rows[end].district == w->rows[i].district; end++)
            sum += w->rows[end].dwellings;
        gk_copy_whole(copy, w->rows[i].district, sum);
    }
    return gk_copy_end(copy, NULL, error);
}

static enum gk_status write_open(const struct writer *w, struct gk_store *store,
                                 struct gk_error *error)
{
    struct gk_copy *copy = NULL;
    for (int pass = 0; pass < 2; pass++) {
        enum gk_status status = pass == 0 ? gk_parts_copy(&copy, store, error)
                                          : gk_border_squares_copy(&copy, store, error);
        const struct gk_member_block *block = NULL;
        if (status != GK_OK)
            return status;
        for (size_t c = 0; c < w->open_count; c++)
            for (uint32_t i = w->start[w->open[c] - 1]; i < w->start[w->open[c]]; i++) {
                const struct gk_unit *unit = &w->old->units[w->order[i]];
                if (!has_dwellings(w, w->order[i]))
                    continue;
                block = block_of(w->members, unit->square, block);
                if (pass == 0)
                    gk_copy_part(copy, w->open[c], unit->district,
                                 (struct gk_square){unit->square.e >> BLOCK_SHIFT,
                                                    unit->square.n >> BLOCK_SHIFT},
                                 unit->dwellings);
                else if (block != NULL && block->has_border)
                    gk_copy_border_square(copy, unit->square, w->open[c], unit->dwellings);
            }
        status = gk_copy_end(copy, NULL, error);
        if (status != GK_OK)
            return status;
    }
    return GK_OK;
}

enum gk_status gk_members_write(const struct gk_members *members, struct gk_store *store,
                                int32_t version, const struct gk_lattice *built,
                                const struct gk_stored_lattice *old, const uint32_t *order,
                                const uint32_t *start, struct gk_error *error)
{
    struct writer w = {.members = members, .old = old, .order = order, .start = start};
    enum gk_status status = GK_OK;
    w.open = malloc((built->cell_count + 1) * sizeof *w.open);
    bool has_memory = w.open != NULL;
    for (size_t i = 0; i < built->cell_count && has_memory; i++)
        if (built->cells[i].merged_into == GK_CELL_NONE)
            has_memory = take_cell(&w, (int32_t)i + 1);
    if (!has_memory)
        status = no_memory(error);
    if (status == GK_OK) {
        if (w.row_count > 0)
            qsort(w.rows, w.row_count, sizeof *w.rows, by_district);
        status = write_plain(&w, store, version, error);
    }
    if (status == GK_OK)
        status = write_open(&w, store, error);
    if (status == GK_OK)
        status = gk_memberships_decide(store, version, error);
    free(w.rows);
    free(w.open);
    return status;
}
