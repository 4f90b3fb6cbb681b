/* Polygons to and from PostGIS: EWKB, little-endian out, either order in. */
#ifndef GK_GEO_WKB_H
#define GK_GEO_WKB_H

#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"
#include "geo/types.h"

/* Appends polygons as an EWKB MultiPolygon of EPSG:3006 in metres. */
void gk_buf_put_ewkb(struct gk_buf *buf, const struct gk_polygons *polygons);

/* Reads an EWKB Polygon or MultiPolygon (2D, or Z/M dropped; SRID 3006 or none)
 * in metres to centimetres, rounded. Rings are turned to the direction that
 * struct gk_polygons promises; nothing else about validity is looked at. Empty
 * geometries give no polygons. Anything else is GK_INVALID: another type or
 * SRID, a count that the bytes cannot hold, bytes left over, a ring of fewer
 * than 4 points or one that is not closed, a coordinate that is not a number
 * within GK_CM_MAX; also GK_NO_MEMORY; then the value is empty. Release with
 * gk_polygons_release(). */
GK_CHECKED enum gk_status gk_polygons_from_ewkb(struct gk_polygons *polygons,
                                                const unsigned char *bytes, size_t length);

#endif
