/* Web Mercator in integers: what map tiles are cut in.
 *
 * The world is a square of 2^32 units a side (9 mm at the equator), x to the
 * east from 180 degrees west, y to the south from the northern end. Tile (z, x,
 * y) of the set WebMercatorQuad is the square of 2^(32 - z) units at (x, y) times
 * that. */
#ifndef GK_GEO_MERCATOR_H
#define GK_GEO_MERCATOR_H

#include <stdint.h>

#include "base/status.h"
#include "geo/geojson.h"

#define GK_WORLD_UNITS (INT64_C(1) << 32)

enum { GK_TILE_ZOOM_MAX = 22 };

/* A position in the world; outside of it for what lies beyond a tile's buffer. */
struct gk_world {
    int64_t x, y;
};

struct gk_tile {
    uint32_t z, x, y;
};

struct gk_mercator;

/* The table behind gk_mercator_project(): 50 KB, immutable, for any number of
 * threads. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_mercator_create(struct gk_mercator **mercator);

/* NULL is allowed. */
void gk_mercator_free(struct gk_mercator *mercator);

/* Where a position is in the world, to the unit nearest, give or take one in
 * 10,000 of them; beyond 85.05 degrees it is taken to that. For hot loops: no
 * transcendental function. */
struct gk_world gk_mercator_project(const struct gk_mercator *mercator,
                                    struct gk_lonlat_e7 position);

/* The position of a point of the world, to 1e-7 degree. Not for hot loops. */
struct gk_lonlat_e7 gk_mercator_inverse(struct gk_world point);

/* A sortable name of a point of the world: its bits in turn, y above x. The
 * points of a tile are those whose code has the tile's code in its first 2z bits. */
uint64_t gk_world_morton(struct gk_world point);

/* The code of a tile in that order: 2z bits. */
uint64_t gk_tile_morton(struct gk_tile tile);

/* The tile at zoom z with such a code. */
struct gk_tile gk_tile_from_morton(uint32_t z, uint64_t code);

#endif
