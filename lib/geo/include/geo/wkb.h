/* Polygons to and from PostGIS: EWKB, little-endian out, either order in. */
#ifndef GK_GEO_WKB_H
#define GK_GEO_WKB_H

#include <stddef.h>

#include "base/buf.h"
#include "base/status.h"
#include "geo/types.h"

/* Appends polygons as an EWKB MultiPolygon of EPSG:3006 in metres. */
void gk_buf_put_ewkb(struct gk_buf *buf, const struct gk_polygons *polygons);

/* Reads an EWKB Polygon or MultiPolygon (2D, or Z/M dropped) in metres to
 * centimetres (rounded). Anything else, and any count that the bytes cannot
 * hold, is GK_INVALID. The value must be released also by its user only. */
GK_CHECKED enum gk_status gk_polygons_from_ewkb(struct gk_polygons *polygons,
                                                const unsigned char *bytes, size_t length);

#endif
