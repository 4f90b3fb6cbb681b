/* Polygons into a map tile: clipped to the tile and its buffer, snapped to the
 * tile's grid, rings in the direction that vector tiles want. */
#ifndef GK_GEO_CLIP_H
#define GK_GEO_CLIP_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "geo/mercator.h"

/* Units a side of a tile's grid, and units around it that are kept too. */
enum { GK_TILE_EXTENT = 4096, GK_TILE_BUFFER = 64 };

/* A point of the grid: (0, 0) is the north-western corner, y to the south. */
struct gk_grid_point {
    int32_t x, y;
};

struct gk_clip;

/* A worker with memory of its own, for one thread at a time. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_clip_create(struct gk_clip **clip);

/* NULL is allowed. */
void gk_clip_free(struct gk_clip *clip);

/* Begins a feature of `tile`. */
void gk_clip_begin(struct gk_clip *clip, struct gk_tile tile);

/* Adds one polygon of the feature: ring r has points[start[r]] up to
 * points[start[r + 1]], first point repeated, shell first, in any direction.
 * GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_clip_add(struct gk_clip *clip, const struct gk_world *points,
                                      const uint32_t *start, uint32_t rings);

/* Rings on the grid, without the repeated point, of at least three points: each
 * shell (positive area by the surveyor's formula) followed by its holes (negative). */
struct gk_clipped {
    const struct gk_grid_point *points;
    const uint32_t *start; /* ring_count + 1 */
    uint32_t ring_count;
};

/* What became of the feature. One of which something lies in the tile or its
 * buffer, all of it smaller than the grid can show, is one square of one unit
 * there. No ring: nothing of it does. Borrowed until the next begin. */
struct gk_clipped gk_clip_end(struct gk_clip *clip);

#endif
