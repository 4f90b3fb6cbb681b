/* Loading a snapshot from the store, in one transaction that sees one state.
 *
 * A release is read from its own frozen tables and from what they name and
 * nothing may change any more: its lattice version with the dwellings, districts
 * and boundaries of it. Whatever is imported afterwards, the same release gives
 * the same snapshot. */
#ifndef GK_SNAPSHOT_LOAD_H
#define GK_SNAPSHOT_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "snapshot/snapshot.h"
#include "store/connection.h"

struct gk_load_options {
    size_t maximum_bytes;    /* of the snapshot; 0: 16 GiB */
    const atomic_bool *stop; /* may be NULL; set: the load ends with GK_INTERRUPTED */
};

/* Loads a release that stands. Free with gk_snapshot_free(). GK_NOT_FOUND (none
 * of that number, or withdrawn), GK_TOO_LARGE, GK_NO_MEMORY, GK_INTERRUPTED,
 * GK_INTERNAL (the store contradicts itself), else what the store said. */
GK_CHECKED enum gk_status gk_snapshot_load_release(struct gk_snapshot **snapshot,
                                                   struct gk_store *store, int32_t number,
                                                   const struct gk_load_options *options,
                                                   struct gk_error *error);

/* Loads a revision with the districts and watch areas that it was made with, or,
 * with number 0, the newest with those of today. `definition` is the one used when
 * none is asked for. Errors as above; GK_NOT_FOUND when there is no such revision,
 * or what it showed was erased. */
GK_CHECKED enum gk_status gk_snapshot_load_revision(struct gk_snapshot **snapshot,
                                                    struct gk_store *store, int32_t number,
                                                    const char *definition,
                                                    const struct gk_load_options *options,
                                                    struct gk_error *error);

#endif
