/* The plain values of geometry. Coordinates are never two bare numbers. */
#ifndef GK_GEO_TYPES_H
#define GK_GEO_TYPES_H

#include <stdint.h>

/* EPSG:3006 (SWEREF 99 TM) in integer centimetres: what all exact geometry
 * here is computed in. Sweden is within 1e9 of the origin. */
struct gk_cm {
    int64_t e;
    int64_t n;
};

/* Polygons from outside have coordinates of at most this magnitude. */
#define GK_CM_MAX INT64_C(1000000000)

/* The same, small enough to be kept by the million; beyond it, clamped. */
struct gk_cm32 {
    int32_t e;
    int32_t n;
};

/* A closed box of such. */
struct gk_box_cm32 {
    struct gk_cm32 min;
    struct gk_cm32 max;
};

/* A position as it is printed: in the units of its CRS (1e-7 degree or
 * centimetre), easting or longitude first. */
struct gk_xy {
    int32_t x;
    int32_t y;
};

/* A closed box of such. */
struct gk_box_xy {
    struct gk_xy min;
    struct gk_xy max;
};

/* EPSG:3006 in metres. */
struct gk_en {
    double e_m;
    double n_m;
};

/* CRS84, degrees, longitude first. */
struct gk_lonlat {
    double lon_deg;
    double lat_deg;
};

/* An axis-aligned box in EPSG:3006 centimetres, closed on all sides. */
struct gk_box_cm {
    struct gk_cm min;
    struct gk_cm max;
};

/* A square of the lattice of side `s`: it covers [e*s, (e+1)*s) x [n*s, (n+1)*s). */
struct gk_square {
    int32_t e;
    int32_t n;
};

/* Polygons as flat arrays. Ring r has the points point_start[r] up to
 * point_start[r + 1], first point repeated as last; polygon p has the rings
 * ring_start[p] up to ring_start[p + 1], shell (counter-clockwise) first, then
 * holes (clockwise). Arrays are owned by the value; gk_polygons_release(). */
struct gk_polygons {
    struct gk_cm *points;
    uint32_t *point_start;
    uint32_t *ring_start;
    uint32_t ring_count;
    uint32_t polygon_count;
};

#endif
