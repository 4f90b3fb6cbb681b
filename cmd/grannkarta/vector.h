/* Vector files by OGR: dwellings, districts and watch areas in any format and
 * any CRS come out in EPSG:3006. Incidents never go this way: incident_vector.c
 * lets nothing that GDAL says about them out. */
#ifndef GK_CMD_VECTOR_H
#define GK_CMD_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "base/buf.h"
#include "base/status.h"
#include "geo/types.h"

struct gk_vector {
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRCoordinateTransformationH to_3006; /* NULL: the layer is in EPSG:3006 */
    int64_t feature_count;                /* -1 when only reading would tell */
};

/* Opens a file (never a connection string or an address) and its only layer, or
 * the one named `layer`. `epsg` above 0 says the CRS whatever the file says.
 * GK_INVALID when there is more than one layer or no CRS, with what to do. */
GK_CHECKED enum gk_status gk_vector_open(struct gk_vector *vector, const char *path,
                                         const char *layer, int64_t epsg, struct gk_error *error);

/* Closes; an all-zero value is allowed. */
void gk_vector_close(struct gk_vector *vector);

/* The index of the column `given` if that is not NULL (GK_INVALID when it is not
 * there; the message lists what is), else of the first of `names` (folded,
 * NULL-terminated) that there is, else -1. */
GK_CHECKED enum gk_status gk_vector_column(int *column, const struct gk_vector *vector,
                                           const char *given, const char *const *names,
                                           struct gk_error *error);

/* The column's name, for reports. */
const char *gk_vector_column_name(const struct gk_vector *vector, int column);

/* A field as trimmed UTF-8 in `buf` (cleared first); false when it is null. */
bool gk_vector_text(struct gk_buf *buf, OGRFeatureH feature, int column);

/* A field as a whole number of at least 0; false when it is not one. */
bool gk_vector_count(int64_t *count, OGRFeatureH feature, int column);

/* The feature's area as EWKB MultiPolygon, 2D, EPSG:3006, appended to `buf`.
 * Curves become lines; nothing else is changed. GK_REJECTED with the feature's
 * number (from 1) and the reason: no area, ring not closed, self-crossing,
 * outside Sweden. */
GK_CHECKED enum gk_status gk_vector_area(struct gk_buf *buf, const struct gk_vector *vector,
                                         OGRFeatureH feature, int64_t number,
                                         struct gk_error *error);

/* The feature's point in EPSG:3006; GK_REJECTED as above. */
GK_CHECKED enum gk_status gk_vector_point(struct gk_en *en, const struct gk_vector *vector,
                                          OGRFeatureH feature, int64_t number,
                                          struct gk_error *error);

#endif
