/* Units and cells of the store, in the shape that lib/anon takes. */
#ifndef GK_CMD_STORED_LATTICE_H
#define GK_CMD_STORED_LATTICE_H

#include <stddef.h>
#include <stdint.h>

#include "anon/lattice.h"
#include "base/status.h"
#include "store/places.h"

struct gk_stored_lattice {
    struct gk_unit *units;              /* cell: living today, GK_CELL_NONE: none yet */
    int32_t (*classes)[GK_CLASS_COUNT]; /* dwellings of each unit by class */
    size_t unit_count, unit_capacity;
    struct gk_lattice_cell *cells; /* index = id - 1; dwellings not filled in */
    int32_t *merged_version;       /* of each cell, 0 while it lives */
    size_t cell_count, cell_capacity;
    unsigned counted; /* GK_CLASS_*: what gk_unit.dwellings counts */
};

/* Loads every unit with the dwellings that `source_id` has for it, and the
 * source's squares that are no units yet (those without a dwelling that counts
 * are left out). Release also after failure. */
GK_CHECKED enum gk_status gk_stored_lattice_load(struct gk_stored_lattice *lattice,
                                                 struct gk_store *store, int32_t source_id,
                                                 unsigned counted, struct gk_error *error);
void gk_stored_lattice_release(struct gk_stored_lattice *lattice);

#endif
