/* Which cells of a lattice that was just built lie in which districts, as far as
 * that can be told without geometry; the rest goes to the database to decide. */
#ifndef GK_CMD_LATTICE_MEMBERS_H
#define GK_CMD_LATTICE_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/places.h"
#include "stored_lattice.h"

/* A block that areas touch. */
struct gk_member_block {
    int32_t e, n;
    bool is_open, has_border;
    uint32_t first, count; /* the areas that cover it, in gk_members.areas */
};

struct gk_members {
    struct gk_member_block *blocks; /* by (e, n) */
    size_t block_count, block_capacity;
    int32_t *areas; /* districts, rising within a block */
    size_t area_count, area_capacity;
};

/* Asks the database which areas touch which blocks of the source's squares: needs
 * the units, not yet their cells. Release also after failure. */
GK_CHECKED enum gk_status gk_members_find(struct gk_members *members, struct gk_store *store,
                                          int32_t source_id, const struct gk_stored_lattice *old,
                                          struct gk_error *error);

/* Writes the memberships of the version: its cells and units are written before.
 * `order` and `start` are the units of each cell: of cell id, order[start[id - 1]]
 * up to order[start[id]]. */
GK_CHECKED enum gk_status gk_members_write(const struct gk_members *members, struct gk_store *store,
                                           int32_t version, const struct gk_lattice *built,
                                           const struct gk_stored_lattice *old,
                                           const uint32_t *order, const uint32_t *start,
                                           struct gk_error *error);

void gk_members_release(struct gk_members *members);

#endif
