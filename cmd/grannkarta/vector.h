/* Vector files by OGR: dwellings, districts and watch areas in any format and
 * any CRS come out in EPSG:3006. What is wrong is refused with the reason, or
 * repaired when that was asked for and then told; nothing is changed in silence.
 * Incidents never go this way: incident_vector.c lets nothing that GDAL says about
 * them out. */
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

enum { GK_CRS_NAME_MAX = 120, GK_REASON_MAX = 200 };

/* How a file is to be read; all zero is the usual. Texts are borrowed. */
struct gk_vector_options {
    const char *layer;    /* NULL: the only one */
    const char *encoding; /* of a Shapefile's texts; NULL or "auto": as it says */
    int64_t epsg;         /* above 0: the CRS, whatever the file says */
    bool swaps_axes;      /* northing (latitude) stands before easting */
    bool repairs;         /* areas that are not valid are made valid */
};

struct gk_vector {
    struct gk_vector_options options;
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRCoordinateTransformationH to_3006;    /* NULL: the layer is in EPSG:3006 */
    OGRCoordinateTransformationH to_degrees; /* from EPSG:3006; NULL: no limits */
    double west, south, east, north;         /* degrees that a local zone is meant for */
    char crs_name[GK_CRS_NAME_MAX];
    bool is_without_datum; /* the CRS's datum is taken to be SWEREF 99 */
    int64_t feature_count; /* -1 when only reading would tell */
    char **names;          /* of the columns, UTF-8 */
    int column_count;
    /* Features of which something was left out or drawn otherwise, so far. */
    int64_t flattened, stroked, collected;
};

/* What was done to an area that was not valid. */
struct gk_vector_repair {
    bool is_repaired;
    double before_m2, after_m2;
    char reason[GK_REASON_MAX];
};

/* Opens a file (never a connection string or an address), its layer and its CRS.
 * GK_INVALID when there is more than one layer or no CRS, with what to do;
 * GK_REJECTED for what cannot be read. */
GK_CHECKED enum gk_status gk_vector_open(struct gk_vector *vector, const char *path,
                                         const struct gk_vector_options *options,
                                         struct gk_error *error);

/* Closes; an all-zero value is allowed. */
void gk_vector_close(struct gk_vector *vector);

/* The next feature, to be freed with OGR_F_Destroy() whatever the status, or NULL
 * at the end. GK_REJECTED with a feature: that one cannot be read; without: the
 * file breaks off. */
GK_CHECKED enum gk_status gk_vector_next(OGRFeatureH *feature, struct gk_vector *vector,
                                         struct gk_error *error);

/* The index of the column `given` if that is not NULL (GK_INVALID when it is not
 * there; the message lists what is), else of the first of `names` (folded,
 * NULL-terminated) that there is, else -1. */
GK_CHECKED enum gk_status gk_vector_column(int *column, const struct gk_vector *vector,
                                           const char *given, const char *const *names,
                                           struct gk_error *error);

/* The column's name, for reports; borrowed until the file is closed. */
const char *gk_vector_column_name(const struct gk_vector *vector, int column);

/* A field as trimmed UTF-8 in `buf` (cleared first); false when it is null. */
bool gk_vector_text(struct gk_buf *buf, OGRFeatureH feature, int column);

/* A field as a whole number of at least 0; false when it is not one. */
bool gk_vector_count(int64_t *count, OGRFeatureH feature, int column);

/* The feature's area as EWKB MultiPolygon, 2D, EPSG:3006, appended to `buf`.
 * Heights are left out, curves become lines and a collection of areas one: these
 * are counted. GK_REJECTED with the reason: no area, ring not closed,
 * self-crossing and where, less than 1 m2, outside Sweden or outside what its
 * CRS is for. With options.repairs rings are closed and areas made valid;
 * `repair` says what that did. */
GK_CHECKED enum gk_status gk_vector_area(struct gk_buf *buf, struct gk_vector *vector,
                                         OGRFeatureH feature, struct gk_vector_repair *repair,
                                         struct gk_error *error);

/* The feature's point in EPSG:3006; GK_REJECTED as above, but without saying a
 * coordinate. */
GK_CHECKED enum gk_status gk_vector_point(struct gk_en *en, const struct gk_vector *vector,
                                          OGRFeatureH feature, struct gk_error *error);

/* --- The CRS (vector_crs.c) ------------------------------------------------------ */

/* Finds the layer's CRS and the way from it to EPSG:3006. A CRS without a known
 * datum is taken for SWEREF 99 when its ellipsoid is that of GRS 80 or WGS 84
 * (is_without_datum), else refused. */
GK_CHECKED enum gk_status gk_vector_find_crs(struct gk_vector *vector, const char *path,
                                             struct gk_error *error);

/* GK_OK when a box in EPSG:3006 and its middle lie in Sweden, and the middle where
 * the file's CRS is meant for; else GK_REJECTED. `x` and `y` are a position of it as the file has
 * it (axes not swapped): the message says which CRS that would fit. */
GK_CHECKED enum gk_status gk_vector_check_place(const struct gk_vector *vector,
                                                const OGREnvelope *box, double x, double y,
                                                struct gk_error *error);

#endif
