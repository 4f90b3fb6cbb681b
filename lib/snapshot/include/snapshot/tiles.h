/* What map tiles need to know of a snapshot beforehand: cells in the order of
 * tiles, and from which zoom on features fit into tiles one by one. Made with the
 * snapshot, so that it is the same for every request and on every daemon. */
#ifndef GK_SNAPSHOT_TILES_H
#define GK_SNAPSHOT_TILES_H

#include <stdint.h>

#include "geo/mercator.h"
#include "snapshot/snapshot.h"

/* What the features of a tile may take, in bytes before compression, as they are
 * estimated from their number and their points. */
enum { GK_TILE_TARGET_BYTES = 512 * 1024 };

/* The estimate: of a feature with its properties, of a point of an outline, of
 * an incident. */
enum { GK_TILE_FEATURE_BYTES = 120, GK_TILE_POINT_BYTES = 3, GK_TILE_INCIDENT_BYTES = 60 };

/* Places [first, end) in snapshot->tiles.cell. */
struct gk_cell_run {
    uint32_t first, end;
};

/* The cells whose points are in a tile. */
struct gk_cell_run gk_snapshot_cells_in_tile(const struct gk_snapshot *s, struct gk_tile tile);

#endif
