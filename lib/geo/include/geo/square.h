/* Square arithmetic: which square, in which order, and the outline of many. */
#ifndef GK_GEO_SQUARE_H
#define GK_GEO_SQUARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "geo/types.h"

/* The square of side `side_cm` (at least 1) that holds a point (half-open,
 * floor). Indices beyond 32 bits are clamped. */
struct gk_square gk_square_at(struct gk_cm point, int32_t side_cm);

/* The centre of a square; exact when side_cm is even, else rounded down. */
struct gk_cm gk_square_centre(struct gk_square square, int32_t side_cm);

/* Morton code: bits of E in the even places, bits of N in the odd; each index
 * is taken as 32-bit unsigned after adding 2^31, so that order follows value. */
uint64_t gk_square_morton(struct gk_square square);

/* Position along a Hilbert curve of order 16 over [0, 65536) x [0, 65536);
 * indices outside are clamped. For ordering things so that neighbours in the
 * plane are near each other in memory. */
uint32_t gk_hilbert(uint32_t x, uint32_t y);

/* The union of `count` distinct squares as valid polygons (OGC Simple
 * Features): 4-connected parts are polygons, holes are rings, rings never
 * touch themselves; first ring point is the lexicographically smallest
 * (n, then e) and polygons are sorted by it, so that the order of the squares
 * does not matter; collinear points are left out. GK_INVALID for no squares, a
 * repeated one or a side below 1, GK_TOO_LARGE above 2^28 squares, GK_NO_MEMORY;
 * then the value is empty. Release with gk_polygons_release(). */
GK_CHECKED enum gk_status gk_outline(struct gk_polygons *polygons, const struct gk_square *squares,
                                     size_t count, int32_t side_cm);

/* Frees the arrays; the value is empty after. */
void gk_polygons_release(struct gk_polygons *polygons);

#endif
