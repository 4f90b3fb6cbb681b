/* Units and cells of the store, in the shape that lib/anon takes. */
#include "stored_lattice.h"

#include <stdlib.h>
#include <string.h>

static enum gk_status no_memory(struct gk_error *error)
{
    return gk_error_set(error, GK_NO_MEMORY, "load the lattice: out of memory");
}

static enum gk_status add_unit(void *context, const struct gk_square_dwellings *row,
                               struct gk_error *error)
{
    struct gk_stored_lattice *lattice = context;
    int32_t counted = 0;
    for (int i = 0; i < GK_CLASS_COUNT; i++)
        if ((lattice->counted >> i & 1) != 0 &&
            __builtin_add_overflow(counted, row->dwellings[i], &counted))
            return gk_error_set(error, GK_REJECTED, "a square has more than 2^31 dwellings");
    if (row->cell == 0 && counted == 0)
        return GK_OK;
    if (lattice->unit_count == lattice->unit_capacity) {
        size_t capacity = lattice->unit_capacity > 0 ? lattice->unit_capacity * 2 : 4096;
        void *units = realloc(lattice->units, capacity * sizeof *lattice->units);
        if (units != NULL)
            lattice->units = units;
        void *classes = realloc(lattice->classes, capacity * sizeof *lattice->classes);
        if (classes != NULL)
            lattice->classes = classes;
        if (units == NULL || classes == NULL)
            return no_memory(error);
        lattice->unit_capacity = capacity;
    }
    int32_t cell = row->cell == 0
                       ? GK_CELL_NONE
                       : gk_lattice_living_cell(lattice->cells, lattice->cell_count, row->cell);
    if (row->cell != 0 && cell == GK_CELL_NONE)
        return gk_error_set(error, GK_INTERNAL, "cell %d of a unit does not exist", row->cell);
    memcpy(lattice->classes[lattice->unit_count], row->dwellings, sizeof *lattice->classes);
    lattice->units[lattice->unit_count++] =
        (struct gk_unit){row->square, row->district, counted, row->addresses, cell};
    return GK_OK;
}

static enum gk_status add_cell(void *context, const struct gk_stored_cell *row,
                               struct gk_error *error)
{
    struct gk_stored_lattice *lattice = context;
    if (row->id != (int32_t)lattice->cell_count + 1)
        return gk_error_set(error, GK_INTERNAL, "cell %zu is missing", lattice->cell_count + 1);
    if (lattice->cell_count == lattice->cell_capacity) {
        size_t capacity = lattice->cell_capacity > 0 ? lattice->cell_capacity * 2 : 1024;
        void *cells = realloc(lattice->cells, capacity * sizeof *lattice->cells);
        if (cells != NULL)
            lattice->cells = cells;
        void *versions = realloc(lattice->merged_version, capacity * sizeof(int32_t));
        if (versions != NULL)
            lattice->merged_version = versions;
        if (cells == NULL || versions == NULL)
            return no_memory(error);
        lattice->cell_capacity = capacity;
    }
    lattice->merged_version[lattice->cell_count] = row->merged_version;
    lattice->cells[lattice->cell_count++] = (struct gk_lattice_cell){
        .id = row->id,
        .merged_into = row->merged_into > 0 ? row->merged_into : GK_CELL_NONE,
        .point = row->point,
        .district = row->district};
    return GK_OK;
}

enum gk_status gk_stored_lattice_load(struct gk_stored_lattice *lattice, struct gk_store *store,
                                      int32_t source_id, unsigned counted, struct gk_error *error)
{
    memset(lattice, 0, sizeof *lattice);
    lattice->counted = counted;
    enum gk_status status = gk_cells_each(store, add_cell, lattice, error);
    if (status == GK_OK)
        status = gk_dwellings_each(store, source_id, add_unit, lattice, error);
    return status;
}

void gk_stored_lattice_release(struct gk_stored_lattice *lattice)
{
    free(lattice->units);
    free(lattice->classes);
    free(lattice->cells);
    free(lattice->merged_version);
    memset(lattice, 0, sizeof *lattice);
}
