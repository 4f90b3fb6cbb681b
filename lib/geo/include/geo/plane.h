/* Planes: the plane coordinate systems that the API speaks, as integers in
 * centimetres, reached from EPSG:3006 without asking PROJ.
 *
 * A plane is made once, with PROJ, and is immutable: any thread may use it, and a
 * request needs no PROJ context. What PROJ said is kept as polynomials, one pair
 * for each square of 100 km over Sweden and 100 km around it; they differ from
 * PROJ by less than 0.01 mm there (tests/unit/geo/plane.c). Farther away they
 * are extrapolated from the nearest square, and wrong. */
#ifndef GK_GEO_PLANE_H
#define GK_GEO_PLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "geo/crs.h"
#include "geo/types.h"

struct gk_plane;

/* The plane of a projected CRS of the set. GK_INVALID for a geographic one, or
 * with PROJ's reason; GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_plane_create(struct gk_plane **plane, const struct gk_crs *crs,
                                          struct gk_error *error);

/* NULL is allowed. */
void gk_plane_free(struct gk_plane *plane);

/* True for EPSG:3006 itself: positions are what they were. */
bool gk_plane_is_own(const struct gk_plane *plane);

/* Where a position of EPSG:3006 lies in the plane, rounded to centimetres. */
struct gk_xy gk_plane_at(const struct gk_plane *plane, struct gk_cm32 position);

/* As gk_plane_at() of `count` positions. */
void gk_plane_all(const struct gk_plane *plane, const struct gk_cm32 *positions, size_t count,
                  struct gk_xy *to);

/* A box in the plane that certainly holds all that lies in a box of EPSG:3006:
 * its corners, and as much more as its edges may bend. */
struct gk_box_xy gk_plane_around(const struct gk_plane *plane, struct gk_box_cm32 box);

/* A box from a client's numbers in metres, easting first: rounded to
 * centimetres, cut off where 32 bits end. */
struct gk_box_xy gk_plane_box(double min_x_m, double min_y_m, double max_x_m, double max_y_m);

#endif
