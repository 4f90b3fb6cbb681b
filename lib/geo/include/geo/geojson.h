/* GeoJSON geometry as text: fixed-point coordinates of 7 decimals (1 cm). */
#ifndef GK_GEO_GEOJSON_H
#define GK_GEO_GEOJSON_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/status.h"
#include "geo/crs.h"
#include "geo/types.h"

/* A position in units of 1e-7 degree. */
struct gk_lonlat_e7 {
    int32_t lon;
    int32_t lat;
};

/* Rounds to 1e-7 degree, half away from zero; clamped to +-180 and +-90. */
struct gk_lonlat_e7 gk_lonlat_e7_round(struct gk_lonlat position);

/* Appends `[lon,lat]`. For hot loops: no printf, no double. */
void gk_buf_put_lonlat(struct gk_buf *buf, struct gk_lonlat_e7 position);

/* How positions are printed. */
struct gk_axes {
    bool is_geographic; /* degrees of at most 7 decimals, else metres of at most 2 */
    bool is_swapped;    /* the second axis first */
    bool is_wkt;        /* "x y,x y" instead of "[x,y],[x,y]" */
};

/* Appends positions with commas between. As fast; for a ring at a time or part of it. */
void gk_buf_put_positions(struct gk_buf *buf, const struct gk_xy *positions, size_t count,
                          struct gk_axes axes);

/* Appends {"type":"Point","coordinates":[...]}. */
void gk_buf_put_geojson_point(struct gk_buf *buf, struct gk_lonlat_e7 position);

/* Appends a Polygon (one polygon) or MultiPolygon with every point taken
 * through `to_lonlat` (EPSG:3006 metres to CRS84 degrees). Rings keep their
 * direction (RFC 7946: shells counter-clockwise) and end as they began.
 * GK_INVALID when a point cannot be transformed; what was appended until then
 * stays. No polygons are an empty MultiPolygon. */
GK_CHECKED enum gk_status gk_buf_put_geojson_polygons(struct gk_buf *buf,
                                                      const struct gk_polygons *polygons,
                                                      struct gk_transform *to_lonlat);

#endif
