/* The layers as users have them: addresses and districts as GeoPackages in
 * SWEREF 99 TM, watch areas as GeoJSON (RFC 7946). Through OGR. */
#include "synth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "base/date.h"

enum { PATH_MAX_BYTES = 4096, FEATURES_IN_TRANSACTION = 100000 };

/* Time stamps in GeoPackages: fixed, so that the same seed gives the same file. */
static const char current_date[] = "2026-01-01T00:00:00.000Z";

/* One file with one layer. */
struct layer {
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRSpatialReferenceH crs;
    char path[PATH_MAX_BYTES];
    struct gk_error *error;
};

static enum gk_status fail(const struct layer *layer)
{
    return gk_error_set(layer->error, GK_IO, "write \"%s\": %s", layer->path, CPLGetLastErrorMsg());
}

static enum gk_status open_layer(struct layer *layer, const char *directory, const char *file,
                                 const char *driver_name, const char *name, OGRwkbGeometryType type)
{
    int n = snprintf(layer->path, sizeof layer->path, "%s/%s", directory, file);
    if (n < 0 || (size_t)n >= sizeof layer->path)
        return gk_error_set(layer->error, GK_INVALID, "path \"%.200s...\" is too long", directory);
    if (unlink(layer->path) != 0 && errno != ENOENT)
        return gk_error_set(layer->error, GK_IO, "replace \"%s\": %s", layer->path,
                            strerror(errno));
    GDALDriverH driver = GDALGetDriverByName(driver_name);
    layer->crs = OSRNewSpatialReference(NULL);
    if (driver == NULL || layer->crs == NULL || OSRImportFromEPSG(layer->crs, 3006) != OGRERR_NONE)
        return fail(layer);
    OSRSetAxisMappingStrategy(layer->crs, OAMS_TRADITIONAL_GIS_ORDER);
    layer->dataset = GDALCreate(driver, layer->path, 0, 0, 0, GDT_Unknown, NULL);
    if (layer->dataset == NULL)
        return fail(layer);
    char **options = NULL;
    if (strcmp(driver_name, "GeoJSON") == 0)
        options = CSLSetNameValue(options, "RFC7946", "YES");
    layer->layer = GDALDatasetCreateLayer(layer->dataset, name, layer->crs, type, options);
    CSLDestroy(options);
    return layer->layer == NULL ? fail(layer) : GK_OK;
}

static enum gk_status close_layer(struct layer *layer, enum gk_status status)
{
    CPLErrorReset();
    if (layer->dataset != NULL)
        GDALClose(layer->dataset);
    if (layer->crs != NULL)
        OSRRelease(layer->crs);
    if (status == GK_OK && CPLGetLastErrorType() >= CE_Failure)
        status = fail(layer);
    return status;
}

static enum gk_status add_field(struct layer *layer, const char *name, OGRFieldType type,
                                OGRFieldSubType subtype)
{
    OGRFieldDefnH field = OGR_Fld_Create(name, type);
    OGR_Fld_SetSubType(field, subtype);
    OGRErr result = OGR_L_CreateField(layer->layer, field, 1);
    OGR_Fld_Destroy(field);
    return result == OGRERR_NONE ? GK_OK : fail(layer);
}

static enum gk_status add_feature(struct layer *layer, OGRFeatureH feature, OGRGeometryH geometry)
{
    OGRErr result = OGR_F_SetGeometryDirectly(feature, geometry);
    if (result == OGRERR_NONE)
        result = OGR_L_CreateFeature(layer->layer, feature);
    OGR_F_Destroy(feature);
    return result == OGRERR_NONE ? GK_OK : fail(layer);
}

static double metres(int64_t cm)
{
    return (double)cm / 100;
}

/* --- addresses ----------------------------------------------------------- */

enum { ADDRESS, CLASS, DWELLINGS, YEAR };

static enum gk_status add_address(struct layer *layer, const struct gk_synth_address *address,
                                  struct gk_buf *text)
{
    static const char *const classes[] = {"villa", "lagenhet", "fritidshus"};
    gk_buf_clear(text);
    gk_synth_put_street(text, address->street);
    gk_buf_putc(text, ' ');
    gk_synth_put_number(text, address);
    if (gk_buf_status(text) != GK_OK)
        return GK_NO_MEMORY;
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(layer->layer));
    OGR_F_SetFieldString(feature, ADDRESS, text->data);
    OGR_F_SetFieldString(feature, CLASS, classes[address->class]);
    OGR_F_SetFieldInteger(feature, DWELLINGS, address->dwellings);
    OGR_F_SetFieldInteger(feature, YEAR, GK_SYNTH_LAST_YEAR);
    OGRGeometryH point = OGR_G_CreateGeometry(wkbPoint);
    OGR_G_SetPoint_2D(point, 0, metres(address->at.e), metres(address->at.n));
    return add_feature(layer, feature, point);
}

static enum gk_status write_addresses(const struct gk_synth *synth, const char *directory,
                                      struct gk_error *error)
{
    struct layer layer = {.error = error};
    struct gk_buf text;
    gk_buf_init(&text, 256);
    enum gk_status status =
        open_layer(&layer, directory, "addresses.gpkg", "GPKG", "addresses", wkbPoint);
    if (status == GK_OK)
        status = add_field(&layer, "address", OFTString, OFSTNone);
    if (status == GK_OK)
        status = add_field(&layer, "class", OFTString, OFSTNone);
    if (status == GK_OK)
        status = add_field(&layer, "dwellings", OFTInteger, OFSTNone);
    if (status == GK_OK)
        status = add_field(&layer, "year", OFTInteger, OFSTNone);
    gk_progress_begin(synth->plan.progress, "writing addresses.gpkg", "addresses",
                      (int64_t)synth->address_count);
    for (size_t i = 0; i < synth->address_count && status == GK_OK; i++) {
        if (i % FEATURES_IN_TRANSACTION == 0) {
            if (i > 0)
                GDALDatasetCommitTransaction(layer.dataset);
            GDALDatasetStartTransaction(layer.dataset, 0);
        }
        status = add_address(&layer, &synth->addresses[i], &text);
        gk_progress_at(synth->plan.progress, (int64_t)i + 1);
    }
    if (layer.dataset != NULL && synth->address_count > 0 &&
        GDALDatasetCommitTransaction(layer.dataset) != OGRERR_NONE && status == GK_OK)
        status = fail(&layer);
    gk_progress_end(synth->plan.progress);
    gk_buf_release(&text);
    return close_layer(&layer, status);
}

/* --- areas --------------------------------------------------------------- */

static void add_ring(OGRGeometryH polygon, const struct gk_cm *points, size_t count)
{
    OGRGeometryH ring = OGR_G_CreateGeometry(wkbLinearRing);
    OGR_G_SetPointCount(ring, (int)count);
    for (size_t i = 0; i < count; i++)
        OGR_G_SetPoint_2D(ring, (int)i, metres(points[i].e), metres(points[i].n));
    OGR_G_AddGeometryDirectly(polygon, ring);
}

static enum gk_status add_district(struct layer *layer, const struct gk_synth_district *district)
{
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(layer->layer));
    OGR_F_SetFieldString(feature, 0, district->code);
    OGR_F_SetFieldString(feature, 1, district->name);
    OGR_F_SetFieldInteger(feature, 2, (int)district->inhabitants);
    OGR_F_SetFieldInteger(feature, 3, GK_SYNTH_LAST_YEAR);
    OGRGeometryH polygon = OGR_G_CreateGeometry(wkbPolygon);
    for (size_t r = 0; r < district->outline.count; r++)
        add_ring(polygon, district->outline.rings[r], district->outline.lengths[r]);
    return add_feature(layer, feature, polygon);
}

static enum gk_status write_districts(const struct gk_synth_district *districts, size_t count,
                                      const char *directory, const char *file, const char *name,
                                      struct gk_error *error)
{
    struct layer layer = {.error = error};
    enum gk_status status = open_layer(&layer, directory, file, "GPKG", name, wkbPolygon);
    if (status == GK_OK)
        status = add_field(&layer, "code", OFTString, OFSTNone);
    if (status == GK_OK)
        status = add_field(&layer, "name", OFTString, OFSTNone);
    if (status == GK_OK)
        status = add_field(&layer, "inhabitants", OFTInteger, OFSTNone);
    if (status == GK_OK)
        status = add_field(&layer, "inhabitants_year", OFTInteger, OFSTNone);
    if (status == GK_OK)
        GDALDatasetStartTransaction(layer.dataset, 0);
    for (size_t i = 0; i < count && status == GK_OK; i++)
        if (districts[i].outline.count > 0)
            status = add_district(&layer, &districts[i]);
    if (status == GK_OK && GDALDatasetCommitTransaction(layer.dataset) != OGRERR_NONE)
        status = fail(&layer);
    return close_layer(&layer, status);
}

static enum gk_status add_watch(struct layer *layer, const struct gk_synth_watch *watch)
{
    struct gk_civil since = gk_civil_from_day(watch->since_day);
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(layer->layer));
    OGR_F_SetFieldString(feature, 0, watch->name);
    OGR_F_SetFieldString(feature, 1, watch->slug);
    OGR_F_SetFieldDateTime(feature, 2, since.year, since.month, since.day, 0, 0, 0, 0);
    OGR_F_SetFieldInteger(feature, 3, watch->is_approved);
    OGRGeometryH polygon = OGR_G_CreateGeometry(wkbPolygon);
    add_ring(polygon, watch->ring, 9);
    return add_feature(layer, feature, polygon);
}

static enum gk_status write_watches(const struct gk_synth *synth, const char *directory,
                                    struct gk_error *error)
{
    struct layer layer = {.error = error};
    enum gk_status status =
        open_layer(&layer, directory, "watch-areas.geojson", "GeoJSON", "watch-areas", wkbPolygon);
    if (status == GK_OK)
        status = add_field(&layer, "name", OFTString, OFSTNone);
    if (status == GK_OK)
        status = add_field(&layer, "slug", OFTString, OFSTNone);
    if (status == GK_OK)
        status = add_field(&layer, "since", OFTDate, OFSTNone);
    if (status == GK_OK)
        status = add_field(&layer, "approved", OFTInteger, OFSTBoolean);
    for (size_t i = 0; i < synth->watch_count && status == GK_OK; i++)
        status = add_watch(&layer, &synth->watches[i]);
    return close_layer(&layer, status);
}

enum gk_status gk_synth_write_vectors(const struct gk_synth *synth, const char *directory,
                                      struct gk_error *error)
{
    GDALAllRegister();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", current_date);
    enum gk_status status = write_addresses(synth, directory, error);
    if (status == GK_OK)
        status = write_districts(synth->districts, synth->district_count, directory,
                                 "districts-regso.gpkg", "regso", error);
    if (status == GK_OK)
        status = write_districts(synth->municipalities, GK_SYNTH_OWNERS, directory,
                                 "districts-kommun.gpkg", "kommun", error);
    if (status == GK_OK)
        status = write_watches(synth, directory, error);
    CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", NULL);
    CPLPopErrorHandler();
    return status;
}

/* --- degrees ------------------------------------------------------------- */

struct gk_synth_degrees {
    OGRSpatialReferenceH from, to;
    OGRCoordinateTransformationH transformation;
};

enum gk_status gk_synth_degrees_open(struct gk_synth_degrees **out, struct gk_error *error)
{
    *out = NULL;
    struct gk_synth_degrees *degrees = calloc(1, sizeof *degrees);
    if (degrees == NULL)
        return GK_NO_MEMORY;
    degrees->from = OSRNewSpatialReference(NULL);
    degrees->to = OSRNewSpatialReference(NULL);
    if (OSRImportFromEPSG(degrees->from, 3006) == OGRERR_NONE &&
        OSRImportFromEPSG(degrees->to, 4326) == OGRERR_NONE) {
        OSRSetAxisMappingStrategy(degrees->from, OAMS_TRADITIONAL_GIS_ORDER);
        OSRSetAxisMappingStrategy(degrees->to, OAMS_TRADITIONAL_GIS_ORDER);
        degrees->transformation = OCTNewCoordinateTransformation(degrees->from, degrees->to);
    }
    if (degrees->transformation == NULL) {
        gk_synth_degrees_close(degrees);
        return gk_error_set(error, GK_INTERNAL, "transform EPSG:3006 to EPSG:4326: %s",
                            CPLGetLastErrorMsg());
    }
    *out = degrees;
    return GK_OK;
}

enum gk_status gk_synth_degrees_of(struct gk_synth_degrees *degrees, struct gk_en at,
                                   struct gk_lonlat *out)
{
    double x = at.e_m, y = at.n_m;
    if (!OCTTransform(degrees->transformation, 1, &x, &y, NULL))
        return GK_INTERNAL;
    *out = (struct gk_lonlat){x, y};
    return GK_OK;
}

void gk_synth_degrees_close(struct gk_synth_degrees *degrees)
{
    if (degrees == NULL)
        return;
    if (degrees->transformation != NULL)
        OCTDestroyCoordinateTransformation(degrees->transformation);
    OSRRelease(degrees->from);
    OSRRelease(degrees->to);
    free(degrees);
}
