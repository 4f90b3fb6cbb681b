/* A lattice that was just built goes into the database: one transaction, large
 * tables by COPY in the order of their keys. */
#include "lattice_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "geo/square.h"
#include "geo/wkb.h"

enum { OUTLINE_MAX_BYTES = 64 * 1024 * 1024 };

static enum gk_status write_cells(struct gk_store *store, const struct gk_lattice *built,
                                  size_t old_count, int32_t version, struct gk_error *error)
{
    struct gk_copy *copy = NULL;
    enum gk_status status = gk_cells_copy(&copy, store, error);
    if (status != GK_OK)
        return status;
    for (size_t i = old_count; i < built->cell_count; i++) {
        const struct gk_lattice_cell *cell = &built->cells[i];
        bool lives = cell->merged_into == GK_CELL_NONE;
        const struct gk_stored_cell row = {cell->id, cell->point, cell->district,
                                           lives ? 0 : cell->merged_into, lives ? 0 : version};
        gk_copy_cell(copy, version, &row);
    }
    return gk_copy_end(copy, NULL, error);
}

static enum gk_status write_merges(struct gk_store *store, const struct gk_lattice *built,
                                   const struct gk_stored_lattice *old, int32_t version,
                                   struct gk_error *error)
{
    struct gk_copy *copy = NULL;
    enum gk_status status = gk_merges_copy(&copy, store, error);
    if (status != GK_OK)
        return status;
    for (size_t i = 0; i < old->cell_count; i++)
        if (old->cells[i].merged_into == GK_CELL_NONE &&
            built->cells[i].merged_into != GK_CELL_NONE)
            gk_copy_merge(copy, built->cells[i].id, built->cells[i].merged_into);
    status = gk_copy_end(copy, NULL, error);
    return status == GK_OK ? gk_merges_apply(store, version, error) : status;
}

struct new_unit {
    struct gk_square square;
    int32_t district, cell;
};

static int by_key(const void *a, const void *b)
{
    const struct new_unit *p = a, *q = b;
    if (p->square.e != q->square.e)
        return p->square.e < q->square.e ? -1 : 1;
    if (p->square.n != q->square.n)
        return p->square.n < q->square.n ? -1 : 1;
    return (p->district > q->district) - (p->district < q->district);
}

/* In the order of the table's key: its index then grows at one end only, which
 * takes a third of the time. */
static enum gk_status write_units(struct gk_store *store, const struct gk_lattice *built,
                                  const struct gk_stored_lattice *old, struct gk_error *error)
{
    struct gk_copy *copy = NULL;
    struct new_unit *units = malloc((built->unit_count + 1) * sizeof *units);
    if (units == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "write the lattice: out of memory");
    size_t count = 0;
    for (size_t i = 0; i < built->unit_count; i++)
        if (old->units[i].cell == GK_CELL_NONE)
            units[count++] = (struct new_unit){old->units[i].square, old->units[i].district,
                                               built->cell_of_unit[i]};
    qsort(units, count, sizeof *units, by_key);
    enum gk_status status = gk_units_copy(&copy, store, error);
    if (status == GK_OK) {
        for (size_t i = 0; i < count; i++)
            gk_copy_unit(copy, units[i].square, units[i].district, units[i].cell);
        status = gk_copy_end(copy, NULL, error);
    }
    free(units);
    return status;
}

/* The units of each living cell, one after the other: order[start[c]] up to
 * order[start[c + 1]] for cell c + 1 (its id). */
static bool group_units(const struct gk_lattice *built, uint32_t **order, uint32_t **start)
{
    *order = malloc((built->unit_count + 1) * sizeof **order);
    *start = calloc(built->cell_count + 2, sizeof **start);
    if (*order == NULL || *start == NULL)
        return false;
    for (size_t i = 0; i < built->unit_count; i++)
        (*start)[built->cell_of_unit[i] + 1]++;
    for (size_t c = 1; c < built->cell_count + 2; c++)
        (*start)[c] += (*start)[c - 1];
    /* start[id] now is where cell id begins; filling moves it to where it ends. */
    for (size_t i = 0; i < built->unit_count; i++)
        (*order)[(*start)[built->cell_of_unit[i]]++] = (uint32_t)i;
    return true;
}

static int by_square(const void *a, const void *b)
{
    const struct gk_square *p = a, *q = b;
    if (p->n != q->n)
        return p->n < q->n ? -1 : 1;
    return (p->e > q->e) - (p->e < q->e);
}

/* A square that two districts share is in a cell's outline once. */
static size_t without_repeats(struct gk_square *squares, size_t count)
{
    size_t kept = 0;
    qsort(squares, count, sizeof *squares, by_square);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || by_square(&squares[i], &squares[kept - 1]) != 0)
            squares[kept++] = squares[i];
    return kept;
}

/* What writing a cell needs, made once. */
struct cell_writer {
    struct gk_copy *copy;
    const struct gk_stored_lattice *old;
    struct gk_square *squares; /* room for all units */
    struct gk_buf ewkb;
    int32_t version, side_cm;
};

static enum gk_status write_lattice_cell(struct cell_writer *writer, int32_t id,
                                         const uint32_t *units, size_t count,
                                         struct gk_error *error)
{
    int64_t dwellings[GK_CLASS_COUNT] = {0}, addresses = 0;
    for (size_t i = 0; i < count; i++) {
        for (int c = 0; c < GK_CLASS_COUNT; c++)
            dwellings[c] += writer->old->classes[units[i]][c];
        addresses += writer->old->units[units[i]].addresses;
        writer->squares[i] = writer->old->units[units[i]].square;
    }
    for (int c = 0; c < GK_CLASS_COUNT; c++)
        if (dwellings[c] > INT32_MAX || addresses > INT32_MAX)
            return gk_error_set(error, GK_REJECTED, "cell %d has more than 2^31 dwellings", id);
    struct gk_polygons outline;
    enum gk_status status = gk_outline(&outline, writer->squares,
                                       without_repeats(writer->squares, count), writer->side_cm);
    if (status != GK_OK)
        return gk_error_set(error, status, "outline of cell %d: %s", id, gk_status_text(status));
    gk_buf_clear(&writer->ewkb);
    gk_buf_put_ewkb(&writer->ewkb, &outline);
    gk_polygons_release(&outline);
    status = gk_buf_status(&writer->ewkb);
    if (status != GK_OK)
        return gk_error_set(error, status, "outline of cell %d: %s", id, gk_status_text(status));
    gk_copy_lattice_cell(writer->copy, writer->version, id, dwellings, addresses, writer->ewkb.data,
                         writer->ewkb.length);
    return GK_OK;
}

static enum gk_status write_lattice_cells(struct gk_store *store, const struct gk_lattice *built,
                                          const struct gk_stored_lattice *old,
                                          const struct gk_lattice_version *version,
                                          const uint32_t *order, const uint32_t *start,
                                          struct gk_error *error)
{
    struct cell_writer writer = {
        .old = old, .version = version->version, .side_cm = version->square_dm * 10};
    gk_buf_init(&writer.ewkb, OUTLINE_MAX_BYTES);
    writer.squares = malloc((built->unit_count + 1) * sizeof *writer.squares);
    enum gk_status status = GK_OK;
    if (writer.squares == NULL) {
        status = GK_NO_MEMORY;
        gk_error_set(error, status, "write the lattice: out of memory");
    }
    if (status == GK_OK)
        status = gk_lattice_cells_copy(&writer.copy, store, error);
    for (size_t i = 0; i < built->cell_count && status == GK_OK; i++)
        if (built->cells[i].merged_into == GK_CELL_NONE)
            status = write_lattice_cell(&writer, (int32_t)i + 1, order + start[i],
                                        start[i + 1] - start[i], error);
    if (status == GK_OK)
        status = gk_copy_end(writer.copy, NULL, error);
    else
        gk_copy_abort(writer.copy);
    gk_buf_release(&writer.ewkb);
    free(writer.squares);
    return status;
}

enum gk_status gk_lattice_write(struct gk_store *store, const char *base_set,
                                const struct gk_lattice *built, const struct gk_stored_lattice *old,
                                const struct gk_lattice_version *version,
                                const struct gk_members *members, struct gk_error *error)
{
    uint32_t *order = NULL, *start = NULL;
    enum gk_status status = GK_OK;
    if (!group_units(built, &order, &start)) {
        status = GK_NO_MEMORY;
        gk_error_set(error, status, "write the lattice: out of memory");
    }
    if (status == GK_OK)
        status = gk_lattice_insert(store, version, base_set, error);
    if (status == GK_OK)
        status = write_cells(store, built, old->cell_count, version->version, error);
    if (status == GK_OK)
        status = write_merges(store, built, old, version->version, error);
    if (status == GK_OK)
        status = write_units(store, built, old, error);
    if (status == GK_OK)
        status = write_lattice_cells(store, built, old, version, order, start, error);
    if (status == GK_OK)
        status =
            gk_members_write(members, store, version->version, built, old, order, start, error);
    free(order);
    free(start);
    return status;
}
