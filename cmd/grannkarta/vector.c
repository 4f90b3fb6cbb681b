/* Reading vector files by OGR: opening, columns, attributes. Geometry is in
 * vector_geometry.c. */
#include "vector.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <gdal.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

enum { LIST_MAX = 300, ACCEPTED_EPSG = 3006 };

static enum gk_status choose_layer(struct gk_vector *vector, const char *path, const char *layer,
                                   struct gk_error *error)
{
    int count = GDALDatasetGetLayerCount(vector->dataset);
    if (layer != NULL)
        vector->layer = GDALDatasetGetLayerByName(vector->dataset, layer);
    else if (count == 1)
        vector->layer = GDALDatasetGetLayer(vector->dataset, 0);
    if (vector->layer != NULL)
        return GK_OK;
    struct gk_buf names;
    gk_buf_init(&names, LIST_MAX);
    for (int i = 0; i < count; i++)
        gk_buf_printf(&names, "%s\"%s\"", i > 0 ? ", " : "",
                      OGR_L_GetName(GDALDatasetGetLayer(vector->dataset, i)));
    enum gk_status status =
        count == 0
            ? gk_error_set(error, GK_REJECTED, "open \"%.200s\": it has no layer", path)
            : gk_error_set(error, GK_INVALID, "open \"%.200s\": %s; choose one with --layer: %s",
                           path,
                           layer != NULL ? "there is no such layer" : "it has more than one layer",
                           names.data != NULL ? names.data : "");
    gk_buf_release(&names);
    return status;
}

static enum gk_status choose_crs(struct gk_vector *vector, const char *path, int64_t epsg,
                                 struct gk_error *error)
{
    OGRSpatialReferenceH target = OSRNewSpatialReference(NULL), own = NULL;
    OGRSpatialReferenceH source = OGR_L_GetSpatialRef(vector->layer);
    enum gk_status status = GK_OK;
    if (OSRImportFromEPSG(target, ACCEPTED_EPSG) != OGRERR_NONE)
        status = gk_error_set(error, GK_INTERNAL, "PROJ does not know EPSG:3006");
    OSRSetAxisMappingStrategy(target, OAMS_TRADITIONAL_GIS_ORDER);
    if (status == GK_OK && epsg > 0) {
        own = source = OSRNewSpatialReference(NULL);
        if (OSRImportFromEPSG(own, (int)epsg) != OGRERR_NONE)
            status = gk_error_set(error, GK_INVALID, "--crs %lld is no EPSG code that PROJ knows",
                                  (long long)epsg);
        OSRSetAxisMappingStrategy(own, OAMS_TRADITIONAL_GIS_ORDER);
    }
    if (status == GK_OK && source == NULL)
        status = gk_error_set(error, GK_INVALID,
                              "open \"%.200s\": it does not say its CRS; give it with --crs, such "
                              "as --crs 3006",
                              path);
    if (status == GK_OK && !OSRIsSame(source, target)) {
        vector->to_3006 = OCTNewCoordinateTransformation(source, target);
        if (vector->to_3006 == NULL)
            status = gk_error_set(error, GK_REJECTED,
                                  "open \"%.200s\": no way from its CRS to EPSG:3006: %.200s", path,
                                  CPLGetLastErrorMsg());
    }
    OSRDestroySpatialReference(target);
    OSRDestroySpatialReference(own);
    return status;
}

enum gk_status gk_vector_open(struct gk_vector *vector, const char *path, const char *layer,
                              int64_t epsg, struct gk_error *error)
{
    *vector = (struct gk_vector){NULL, NULL, NULL, -1};
    struct stat about;
    /* OGR also takes URLs and connection strings: only what is a file is meant. */
    if (stat(path, &about) != 0)
        return gk_error_set(error, GK_NOT_FOUND, "open \"%.300s\": no such file", path);
    CPLSetErrorHandler(CPLQuietErrorHandler);
    GDALAllRegister();
    vector->dataset = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    if (vector->dataset == NULL)
        return gk_error_set(error, GK_REJECTED, "open \"%.200s\": %.250s", path,
                            *CPLGetLastErrorMsg() != '\0' ? CPLGetLastErrorMsg()
                                                          : "no vector format that is known");
    enum gk_status status = choose_layer(vector, path, layer, error);
    if (status == GK_OK)
        status = choose_crs(vector, path, epsg, error);
    if (status == GK_OK)
        vector->feature_count = OGR_L_GetFeatureCount(vector->layer, FALSE);
    else
        gk_vector_close(vector);
    return status;
}

void gk_vector_close(struct gk_vector *vector)
{
    OCTDestroyCoordinateTransformation(vector->to_3006);
    if (vector->dataset != NULL)
        GDALClose(vector->dataset);
    *vector = (struct gk_vector){NULL, NULL, NULL, -1};
}

const char *gk_vector_column_name(const struct gk_vector *vector, int column)
{
    OGRFieldDefnH field = OGR_FD_GetFieldDefn(OGR_L_GetLayerDefn(vector->layer), column);
    return field != NULL ? OGR_Fld_GetNameRef(field) : "";
}

enum gk_status gk_vector_column(int *column, const struct gk_vector *vector, const char *given,
                                const char *const *names, struct gk_error *error)
{
    int count = OGR_FD_GetFieldCount(OGR_L_GetLayerDefn(vector->layer));
    *column = -1;
    if (given == NULL) {
        for (; *names != NULL && *column < 0; names++)
            for (int i = 0; i < count && *column < 0; i++)
                if (gk_text_same_folded(*names, gk_vector_column_name(vector, i)))
                    *column = i;
        return GK_OK;
    }
    struct gk_buf list;
    gk_buf_init(&list, LIST_MAX);
    for (int i = 0; i < count && *column < 0; i++) {
        const char *name = gk_vector_column_name(vector, i);
        gk_buf_printf(&list, "%s\"%.60s\"", i > 0 ? ", " : "", name);
        if (strcmp(name, given) == 0)
            *column = i;
    }
    enum gk_status status = GK_OK;
    if (*column < 0)
        status = gk_error_set(error, GK_INVALID, "column \"%.60s\" is not there; the file has %s",
                              given, list.data != NULL ? list.data : "none");
    gk_buf_release(&list);
    return status;
}

bool gk_vector_text(struct gk_buf *buf, OGRFeatureH feature, int column)
{
    gk_buf_clear(buf);
    if (column < 0 || !OGR_F_IsFieldSetAndNotNull(feature, column))
        return false;
    const char *text = OGR_F_GetFieldAsString(feature, column);
    size_t length = strlen(text);
    gk_text_trim(&text, &length);
    gk_buf_put_any(buf, text, length);
    return buf->length > 0;
}

bool gk_vector_count(int64_t *count, OGRFeatureH feature, int column)
{
    if (column < 0 || !OGR_F_IsFieldSetAndNotNull(feature, column))
        return false;
    OGRFieldType type = OGR_Fld_GetType(OGR_F_GetFieldDefnRef(feature, column));
    if (type == OFTInteger || type == OFTInteger64) {
        *count = OGR_F_GetFieldAsInteger64(feature, column);
        return *count >= 0;
    }
    double value;
    if (type == OFTReal) {
        value = OGR_F_GetFieldAsDouble(feature, column);
    } else {
        const char *text = OGR_F_GetFieldAsString(feature, column);
        char *end;
        value = CPLStrtod(text, &end);
        if (end == text || end[strspn(end, " ")] != '\0')
            return false;
    }
    /* Kept far from where a double is no longer exact. */
    if (!(value >= 0 && value <= 1e12) || value != floor(value))
        return false;
    *count = (int64_t)value;
    return true;
}
