/* Reading vector files by OGR: opening, encodings, columns, attributes. Geometry
 * is in vector_geometry.c, the CRS in vector_crs.c. */
#include "vector.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "formats.h"
#include "text.h"

enum { LIST_MAX = 300, NAME_MAX_BYTES = 1024 };

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

/* --- Encodings ------------------------------------------------------------------- */

/* A Shapefile whose texts GDAL takes for Latin-1, because it says so or says
 * nothing, is opened again without decoding: then what is UTF-8 stays that, and
 * the rest is Windows-1252, which has all of Latin-1 and what Windows writes. */
static bool is_worth_reopening(GDALDatasetH dataset)
{
    OGRLayerH layer = GDALDatasetGetLayer(dataset, 0);
    const char *encoding =
        layer != NULL ? GDALGetMetadataItem(layer, "SOURCE_ENCODING", "SHAPEFILE") : NULL;
    return encoding != NULL && (*encoding == '\0' || EQUAL(encoding, "ISO-8859-1"));
}

static bool is_shapefile(GDALDatasetH dataset)
{
    return EQUAL(GDALGetDriverShortName(GDALGetDatasetDriver(dataset)), "ESRI Shapefile");
}

static GDALDatasetH open_with(const char *path, const char *encoding)
{
    char option[80];
    snprintf(option, sizeof option, "ENCODING=%.60s", encoding != NULL ? encoding : "");
    /* GML: the schema is not fetched from an address in the file. */
    const char *const list[] = {"DOWNLOAD_SCHEMA=NO", encoding != NULL ? option : NULL, NULL};
    char **allowed = gk_formats_allowed(GK_FORMATS_OF_PLACES);
    GDALDatasetH dataset = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY,
                                      (const char *const *)allowed, list, NULL);
    CSLDestroy(allowed);
    return dataset;
}

static enum gk_status open_dataset(struct gk_vector *vector, const char *path,
                                   struct gk_error *error)
{
    static const struct {
        const char *name, *gdal;
    } encodings[] = {{"utf-8", "UTF-8"}, {"windows-1252", ""}, {"cp850", "CP850"}};
    const char *asked = vector->options.encoding, *gdal = NULL;
    CPLErrorReset();
    vector->dataset = open_with(path, NULL);
    if (vector->dataset == NULL && CPLGetLastErrorType() >= CE_Failure)
        return gk_error_set(error, GK_REJECTED, "open \"%.200s\": %.250s", path,
                            CPLGetLastErrorMsg());
    if (vector->dataset == NULL)
        return gk_formats_refuse(path, GK_FORMATS_OF_PLACES, error);
    for (size_t i = 0; asked != NULL && i < sizeof encodings / sizeof *encodings; i++)
        if (strcmp(encodings[i].name, asked) == 0)
            gdal = encodings[i].gdal;
    if (gdal != NULL && !is_shapefile(vector->dataset))
        return gk_error_set(error, GK_INVALID,
                            "--encoding is for Shapefiles; \"%.200s\" says its own", path);
    if (gdal == NULL && is_shapefile(vector->dataset) && is_worth_reopening(vector->dataset))
        gdal = "";
    if (gdal == NULL)
        return GK_OK;
    GDALClose(vector->dataset);
    vector->dataset = open_with(path, gdal);
    return vector->dataset != NULL
               ? GK_OK
               : gk_error_set(error, GK_REJECTED, "open \"%.200s\": it cannot be read", path);
}

/* Names as UTF-8, whatever the file has. */
static enum gk_status read_names(struct gk_vector *vector, struct gk_error *error)
{
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(vector->layer);
    int count = OGR_FD_GetFieldCount(definition);
    vector->names = calloc((size_t)count + 1, sizeof *vector->names);
    for (int i = 0; i < count && vector->names != NULL; i++) {
        const char *name = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(definition, i));
        struct gk_buf buf;
        gk_buf_init(&buf, NAME_MAX_BYTES);
        gk_buf_put_any(&buf, name, strnlen(name, NAME_MAX_BYTES / 3));
        vector->names[i] = buf.data != NULL ? buf.data : calloc(1, 1);
        if (vector->names[i] == NULL)
            break;
        vector->column_count++;
    }
    return vector->names != NULL && vector->column_count == count
               ? GK_OK
               : gk_error_set(error, GK_NO_MEMORY, "read the columns: out of memory");
}

/* --- Opening, reading, closing --------------------------------------------------- */

enum gk_status gk_vector_open(struct gk_vector *vector, const char *path,
                              const struct gk_vector_options *options, struct gk_error *error)
{
    *vector = (struct gk_vector){.options = *options, .feature_count = -1};
    struct stat about;
    /* OGR also takes URLs and connection strings: only what is a file is meant. */
    if (stat(path, &about) != 0)
        return gk_error_set(error, GK_NOT_FOUND, "open \"%.300s\": no such file", path);
    CPLSetErrorHandler(CPLQuietErrorHandler);
    enum gk_status status = open_dataset(vector, path, error);
    if (status == GK_OK)
        status = choose_layer(vector, path, options->layer, error);
    if (status == GK_OK)
        status = read_names(vector, error);
    if (status == GK_OK)
        status = gk_vector_find_crs(vector, path, error);
    if (status == GK_OK)
        vector->feature_count = OGR_L_GetFeatureCount(vector->layer, FALSE);
    else
        gk_vector_close(vector);
    return status;
}

void gk_vector_close(struct gk_vector *vector)
{
    OCTDestroyCoordinateTransformation(vector->to_3006);
    OCTDestroyCoordinateTransformation(vector->to_degrees);
    for (int i = 0; i < vector->column_count; i++)
        free(vector->names[i]);
    free(vector->names);
    if (vector->dataset != NULL)
        GDALClose(vector->dataset);
    *vector = (struct gk_vector){.feature_count = -1};
}

/* OGR ends a file that breaks off as if it were whole, and gives features that it
 * could not read without their geometry; only its last error tells. */
enum gk_status gk_vector_next(OGRFeatureH *feature, struct gk_vector *vector,
                              struct gk_error *error)
{
    CPLErrorReset();
    *feature = OGR_L_GetNextFeature(vector->layer);
    if (CPLGetLastErrorType() < CE_Failure)
        return GK_OK;
    return gk_error_set(error, GK_REJECTED, "%s: %.300s",
                        *feature == NULL ? "the file breaks off" : "it cannot be read",
                        CPLGetLastErrorMsg());
}

/* --- Columns ------------------------------------------------------------------------ */

const char *gk_vector_column_name(const struct gk_vector *vector, int column)
{
    return column >= 0 && column < vector->column_count ? vector->names[column] : "";
}

enum gk_status gk_vector_column(int *column, const struct gk_vector *vector, const char *given,
                                const char *const *names, struct gk_error *error)
{
    int count = vector->column_count;
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
