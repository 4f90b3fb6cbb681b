/* Writes a new version of the lattice. */
#ifndef GK_CMD_LATTICE_WRITE_H
#define GK_CMD_LATTICE_WRITE_H

#include "anon/lattice.h"
#include "base/status.h"
#include "lattice_members.h"
#include "store/places.h"
#include "stored_lattice.h"

/* Writes the version's row, new cells, merges, new units, every living cell with
 * its outline, and who they belong to, inside the caller's transaction. `old` is
 * what `built` was made from; `members` what gk_members_find() found. */
GK_CHECKED enum gk_status gk_lattice_write(struct gk_store *store, const char *base_set,
                                           const struct gk_lattice *built,
                                           const struct gk_stored_lattice *old,
                                           const struct gk_lattice_version *version,
                                           const struct gk_members *members,
                                           struct gk_error *error);

#endif
