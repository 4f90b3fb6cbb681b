/* Writing a file of one layer by OGR: where it is made, its features, the check
 * and the move to its place. What is said about the layer is in export_about.c. */
#include "export_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "export_about.h"

enum {
    PATH_MAX_BYTES = 4096,
    MESSAGE_MAX_BYTES = 512,
    CHECK_EVERY = 1000,
    CRS84_EPSG = 4326,
    SWEREF_EPSG = 3006
};

enum format_index { GEOPACKAGE, GEOJSON, CSV, FLATGEOBUF, FORMATS };

struct format {
    const char *ending, *name, *driver;
    int epsg;
    bool has_fid;       /* features have numbers of their own; else `id` is a column */
    bool has_days;      /* dates; else they are texts, as in answers */
    bool has_times;     /* the same for hours */
    bool has_placeless; /* features without geometry; OGR drops them in silence from FlatGeobuf */
};

static const struct format formats[FORMATS] = {
    [GEOPACKAGE] = {".gpkg", "GeoPackage", "GPKG", SWEREF_EPSG, true, true, true, true},
    [GEOJSON] = {".geojson", "GeoJSON", "GeoJSON", CRS84_EPSG, true, false, false, true},
    [CSV] = {".csv", "CSV", "CSV", SWEREF_EPSG, false, false, false, true},
    [FLATGEOBUF] = {".fgb", "FlatGeobuf", "FlatGeobuf", SWEREF_EPSG, false, false, true, false},
};

struct gk_export_file {
    struct gk_export_file_options options;
    const struct gk_export_about *about;
    const struct format *format;
    int epsg;
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRSpatialReferenceH crs;
    OGRCoordinateTransformationH from_crs84; /* NULL: coordinates stay */
    int64_t added, left_out;
    char folder[PATH_MAX_BYTES], path[PATH_MAX_BYTES]; /* where it is made */
    char message[MESSAGE_MAX_BYTES];                   /* the first that GDAL said */
};

static const struct format *format_of(const char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < FORMATS; i++) {
        size_t n = strlen(formats[i].ending);
        if (length > n && strcasecmp(path + length - n, formats[i].ending) == 0)
            return &formats[i];
    }
    return NULL;
}

const char *gk_export_file_format(const char *path)
{
    const struct format *format = format_of(path);
    return format == NULL ? NULL : format->name;
}

const char *gk_export_file_endings(void)
{
    return ".gpkg, .geojson, .csv, .fgb";
}

bool gk_export_file_has_order(const char *path)
{
    const struct format *format = format_of(path);
    return format == &formats[GEOJSON] || format == &formats[CSV];
}

int gk_export_file_epsg(const char *path)
{
    const struct format *format = format_of(path);
    return format == NULL ? SWEREF_EPSG : format->epsg;
}

/* --- Failures ---------------------------------------------------------------------- */

/* GDAL may fail in a close that returns nothing: what it said is kept. */
static void CPL_STDCALL keep_message(CPLErr class, CPLErrorNum number, const char *message)
{
    struct gk_export_file *file = CPLGetErrorHandlerUserData();
    (void)number;
    if (class >= CE_Failure && file->message[0] == '\0')
        snprintf(file->message, sizeof file->message, "%s", message);
}

static enum gk_status fail(const struct gk_export_file *file, struct gk_error *error)
{
    return gk_error_set(error, GK_IO, "write \"%.200s\": %.250s", file->options.path,
                        file->message[0] != '\0' ? file->message : "it cannot be written");
}

static enum gk_status fail_system(const char *path, struct gk_error *error)
{
    return gk_error_set(error, GK_IO, "write \"%.200s\": %s", path, strerror(errno));
}

static enum gk_status refuse_existing(const char *path, struct gk_error *error)
{
    return gk_error_set(error, GK_INVALID,
                        "write \"%.200s\": it is there already; --overwrite replaces it", path);
}

/* --- Where it is made ----------------------------------------------------------------- */

/* A folder beside the file's place, so that the move is a rename, with whatever
 * the writer needs besides. Its name begins with a point: nobody opens it. */
static enum gk_status make_folder(struct gk_export_file *file, struct gk_error *error)
{
    static const char pattern[] = ".grannkarta-export-XXXXXX";
    const char *path = file->options.path, *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    int n = snprintf(file->folder, sizeof file->folder, "%.*s%s",
                     slash == NULL ? 0 : (int)(slash - path + 1), path, pattern);
    if (n < 0 || (size_t)n + 1 + strlen(name) >= sizeof file->path) {
        file->folder[0] = '\0';
        return gk_error_set(error, GK_INVALID, "path \"%.200s...\" is too long", path);
    }
    if (mkdtemp(file->folder) == NULL) {
        file->folder[0] = '\0';
        return fail_system(file->options.path, error);
    }
    memcpy(file->path, file->folder, (size_t)n);
    snprintf(file->path + n, sizeof file->path - (size_t)n, "/%s", name);
    return GK_OK;
}

static void remove_folder(const struct gk_export_file *file)
{
    if (file->folder[0] == '\0')
        return;
    DIR *folder = opendir(file->folder);
    if (folder != NULL) {
        for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                (void)unlinkat(dirfd(folder), entry->d_name, 0);
        (void)closedir(folder);
    }
    (void)rmdir(file->folder);
}

/* --- The layer ---------------------------------------------------------------------------- */

static enum gk_status open_crs(struct gk_export_file *file, struct gk_error *error)
{
    file->crs = OSRNewSpatialReference(NULL);
    OGRSpatialReferenceH crs84 = OSRNewSpatialReference(NULL);
    enum gk_status status = GK_OK;
    if (file->crs == NULL || crs84 == NULL || OSRImportFromEPSG(crs84, CRS84_EPSG) != OGRERR_NONE)
        status =
            gk_error_set(error, GK_INTERNAL, "look up EPSG:%d: PROJ does not know it", CRS84_EPSG);
    else if (OSRImportFromEPSG(file->crs, file->epsg) != OGRERR_NONE ||
             (!OSRIsGeographic(file->crs) && !OSRIsProjected(file->crs)))
        status = gk_error_set(error, GK_INVALID,
                              "--crs is \"%d\"; allowed is the EPSG code of a reference system on "
                              "the ground, as 3006 (SWEREF 99 TM), 3008, 4326 or 3857",
                              file->epsg);
    if (status == GK_OK) {
        OSRSetAxisMappingStrategy(file->crs, OAMS_TRADITIONAL_GIS_ORDER);
        OSRSetAxisMappingStrategy(crs84, OAMS_TRADITIONAL_GIS_ORDER);
        /* Coordinates that the service gives in this CRS are taken as they are. */
        if (file->epsg != CRS84_EPSG && file->epsg != file->about->epsg) {
            file->from_crs84 = OCTNewCoordinateTransformation(crs84, file->crs);
            if (file->from_crs84 == NULL)
                status =
                    gk_error_set(error, GK_INVALID,
                                 "--crs is \"%d\"; there is no way from longitude and latitude "
                                 "to it",
                                 file->epsg);
        }
    }
    if (crs84 != NULL)
        OSRRelease(crs84);
    return status;
}

static enum gk_status add_field(struct gk_export_file *file, const char *name, OGRFieldType type,
                                OGRFieldSubType subtype, const char *label, struct gk_error *error)
{
    OGRFieldDefnH field = OGR_Fld_Create(name, type);
    OGR_Fld_SetSubType(field, subtype);
    if (label != NULL)
        OGR_Fld_SetAlternativeName(field, label);
    OGRErr result = OGR_L_CreateField(file->layer, field, 1);
    OGR_Fld_Destroy(field);
    return result == OGRERR_NONE ? GK_OK : fail(file, error);
}

static enum gk_status add_export_field(struct gk_export_file *file,
                                       const struct gk_export_field *field, struct gk_error *error)
{
    OGRFieldType type = OFTString;
    switch (field->type) {
    case GK_EXPORT_INTEGER:
        type = OFTInteger64;
        break;
    case GK_EXPORT_NUMBER:
        type = OFTReal;
        break;
    case GK_EXPORT_BOOLEAN:
        type = OFTInteger;
        break;
    case GK_EXPORT_DATE:
        type = file->format->has_days ? OFTDate : OFTString;
        break;
    case GK_EXPORT_TIME:
        type = file->format->has_times ? OFTDateTime : OFTString;
        break;
    case GK_EXPORT_TEXT:
        break;
    }
    return add_field(file, field->name, type,
                     field->type == GK_EXPORT_BOOLEAN ? OFSTBoolean : OFSTNone, field->label,
                     error);
}

static enum gk_status add_fields(struct gk_export_file *file, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    if (!file->format->has_fid)
        status = add_field(file, "id", OFTInteger64, OFSTNone, NULL, error);
    for (size_t i = 0; status == GK_OK && i < file->about->field_count; i++)
        status = add_export_field(file, &file->about->fields[i], error);
    return status;
}

static OGRwkbGeometryType geometry_type(const char *name)
{
    return strcmp(name, "Point") == 0     ? wkbPoint
           : strcmp(name, "Polygon") == 0 ? wkbPolygon
                                          : wkbMultiPolygon;
}

static char **layer_options(const struct gk_export_file *file, char **options)
{
    switch ((enum format_index)(file->format - formats)) {
    case GEOPACKAGE:
        return CSLSetNameValue(options, "FID", "id");
    case GEOJSON:
        options = CSLSetNameValue(options, "RFC7946", file->epsg == CRS84_EPSG ? "YES" : "NO");
        /* Would make a Polygon of a MultiPolygon of one. */
        options = CSLSetNameValue(options, "WRAPDATELINE", "NO");
        return CSLSetNameValue(options, "COORDINATE_PRECISION",
                               OSRIsGeographic(file->crs) ? "7" : "3");
    case CSV:
        options = CSLSetNameValue(options, "STRING_QUOTING", "IF_NEEDED");
        return CSLSetNameValue(options, "GEOMETRY", "AS_WKT");
    case FLATGEOBUF:
        return CSLSetNameValue(options, "TEMPORARY_DIR", file->folder);
    case FORMATS:
        break;
    }
    return options;
}

static enum gk_status create_layer(struct gk_export_file *file, struct gk_error *error)
{
    GDALDriverH driver = GDALGetDriverByName(file->format->driver);
    char **options = gk_export_about_options(file->about, &file->options, file->format->driver);
    options = layer_options(file, options);
    if (driver != NULL)
        file->dataset = GDALCreate(driver, file->path, 0, 0, 0, GDT_Unknown, NULL);
    if (file->dataset != NULL)
        file->layer = GDALDatasetCreateLayer(file->dataset, file->about->name, file->crs,
                                             geometry_type(file->about->geometry), options);
    CSLDestroy(options);
    if (file->layer == NULL)
        return fail(file, error);
    enum gk_status status = add_fields(file, error);
    if (status == GK_OK && OGR_L_StartTransaction(file->layer) != OGRERR_NONE)
        status = fail(file, error);
    return status;
}

/* What GeoPackages say about when they were made: when the data were, so that the
 * same data give the same file. */
static void set_date(int64_t utc)
{
    enum { DATE_AND_TIME = 19 };
    char date[32];
    struct gk_buf text;
    gk_buf_init(&text, sizeof date);
    gk_buf_put_utc(&text, utc);
    if (text.data != NULL) {
        snprintf(date, sizeof date, "%.*s.000Z", DATE_AND_TIME, text.data);
        CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", date);
    }
    gk_buf_release(&text);
}

enum gk_status gk_export_file_look(const struct gk_export_file_options *options,
                                   struct gk_error *error)
{
    struct stat about;
    const char *path = options->path, *slash = strrchr(path, '/');
    char folder[PATH_MAX_BYTES];
    if (format_of(path) == NULL)
        return gk_error_set(error, GK_INVALID, "write \"%.200s\": allowed are names that end in %s",
                            path, gk_export_file_endings());
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return gk_error_set(error, GK_INVALID, "write \"%.200s\": it is there, and no file", path);
    if (lstat(path, &about) == 0 && !options->overwrites)
        return refuse_existing(path, error);
    int n = slash == NULL ? snprintf(folder, sizeof folder, ".")
                          : snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    if (n < 0 || (size_t)n >= sizeof folder)
        return gk_error_set(error, GK_INVALID, "path \"%.200s...\" is too long", path);
    return access(folder, W_OK | X_OK) == 0 ? GK_OK : fail_system(path, error);
}

static enum gk_status begin(struct gk_export_file *file, struct gk_error *error)
{
    enum gk_status status = gk_export_file_look(&file->options, error);
    if (status != GK_OK)
        return status;
    file->epsg = file->options.epsg != 0 ? file->options.epsg : file->format->epsg;
    status = open_crs(file, error);
    if (status == GK_OK)
        status = make_folder(file, error);
    if (status == GK_OK)
        status = create_layer(file, error);
    return status;
}

enum gk_status gk_export_file_create(struct gk_export_file **out,
                                     const struct gk_export_file_options *options,
                                     const struct gk_export_about *about, struct gk_error *error)
{
    *out = NULL;
    struct gk_export_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "write a file: out of memory");
    file->options = *options;
    file->about = about;
    file->format = format_of(options->path);
    GDALAllRegister();
    CPLPushErrorHandlerEx(keep_message, file);
    set_date(about->made_utc);
    enum gk_status status = begin(file, error);
    if (status == GK_OK)
        *out = file;
    else
        gk_export_file_close(file);
    return status;
}

/* --- Features ----------------------------------------------------------------------------- */

/* The instant, in UTC: GeoPackage allows no other zone. */
static void set_time(OGRFeatureH feature, int column, int32_t hour)
{
    enum { GMT = 100, HOURS = 24 };
    hour -= gk_stockholm_offset(gk_utc_from_hour(hour));
    int32_t day = gk_day_from_hour(hour);
    struct gk_civil civil = gk_civil_from_day(day);
    OGR_F_SetFieldDateTime(feature, column, civil.year, civil.month, civil.day, hour - day * HOURS,
                           0, 0, GMT);
}

static void set_day(OGRFeatureH feature, int column, int32_t day)
{
    struct gk_civil civil = gk_civil_from_day(day);
    OGR_F_SetFieldDateTime(feature, column, civil.year, civil.month, civil.day, 0, 0, 0, 0);
}

/* As answers have it. */
static void set_printed(OGRFeatureH feature, int column, int32_t value,
                        void (*put)(struct gk_buf *buf, int32_t value))
{
    enum { DATE_MAX_BYTES = 64 };
    struct gk_buf text;
    gk_buf_init(&text, DATE_MAX_BYTES);
    put(&text, value);
    OGR_F_SetFieldString(feature, column, text.data != NULL ? text.data : "");
    gk_buf_release(&text);
}

static void set_day_text(OGRFeatureH feature, int column, int32_t day)
{
    set_printed(feature, column, day, gk_buf_put_day);
}

static void set_time_text(OGRFeatureH feature, int column, int32_t hour)
{
    set_printed(feature, column, hour, gk_buf_put_hour);
}

/* In CSV a text that a spreadsheet would calculate with gets an apostrophe, as in
 * the CSV of the service. */
static enum gk_status set_text(const struct gk_export_file *file, OGRFeatureH feature, int column,
                               struct gk_text text)
{
    bool is_formula = file->format == &formats[CSV] && text.length > 0 &&
                      memchr("=+-@\t\r\n", text.data[0], 7) != NULL;
    char *copy = calloc(text.length + 2, 1);
    if (copy == NULL)
        return GK_NO_MEMORY;
    copy[0] = '\'';
    memcpy(copy + is_formula, text.data, text.length);
    OGR_F_SetFieldString(feature, column, copy);
    free(copy);
    return GK_OK;
}

static enum gk_status set_value(const struct gk_export_file *file, OGRFeatureH feature, int column,
                                enum gk_export_type type, const struct gk_export_value *value)
{
    if (!value->has) {
        OGR_F_SetFieldNull(feature, column);
        return GK_OK;
    }
    switch (type) {
    case GK_EXPORT_INTEGER:
        OGR_F_SetFieldInteger64(feature, column, value->integer);
        break;
    case GK_EXPORT_BOOLEAN:
        OGR_F_SetFieldInteger(feature, column, value->integer != 0);
        break;
    case GK_EXPORT_NUMBER:
        OGR_F_SetFieldDouble(feature, column, value->number);
        break;
    case GK_EXPORT_DATE:
        (file->format->has_days ? set_day : set_day_text)(feature, column, (int32_t)value->integer);
        break;
    case GK_EXPORT_TIME:
        (file->format->has_times ? set_time : set_time_text)(feature, column,
                                                             (int32_t)value->integer);
        break;
    case GK_EXPORT_TEXT:
        return set_text(file, feature, column, value->text);
    }
    return GK_OK;
}

static enum gk_status set_geometry(struct gk_export_file *file, OGRFeatureH feature,
                                   const char *text, struct gk_error *error)
{
    OGRGeometryH geometry = OGR_G_CreateGeometryFromJson(text);
    if (geometry == NULL)
        return gk_error_set(error, GK_INTERNAL, "read a shape: it is no geometry");
    OGRwkbGeometryType type = geometry_type(file->about->geometry);
    if (wkbFlatten(OGR_G_GetGeometryType(geometry)) != type)
        geometry = OGR_G_ForceTo(geometry, type, NULL);
    if (file->about->is_northing_first)
        OGR_G_SwapXY(geometry); /* files have easting first */
    if (file->from_crs84 != NULL && OGR_G_Transform(geometry, file->from_crs84) != OGRERR_NONE) {
        OGR_G_DestroyGeometry(geometry);
        return gk_error_set(
            error, GK_INVALID,
            "--crs is \"%d\"; it is not for these places: one cannot be given in it", file->epsg);
    }
    return OGR_F_SetGeometryDirectly(feature, geometry) == OGRERR_NONE ? GK_OK : fail(file, error);
}

enum gk_status gk_export_file_add(struct gk_export_file *file,
                                  const struct gk_export_feature *exported, struct gk_error *error)
{
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(file->layer));
    enum gk_status status = GK_OK;
    int first = file->format->has_fid ? 0 : 1;
    if (file->format->has_fid)
        OGR_F_SetFID(feature, exported->id);
    else
        OGR_F_SetFieldInteger64(feature, 0, exported->id);
    for (size_t i = 0; status == GK_OK && i < file->about->field_count; i++)
        status = set_value(file, feature, first + (int)i, file->about->fields[i].type,
                           &exported->values[i]);
    if (status != GK_OK)
        gk_error_set(error, status, "write \"%.200s\": out of memory", file->options.path);
    if (status == GK_OK && exported->geometry != NULL)
        status = set_geometry(file, feature, exported->geometry, error);
    bool is_left_out = exported->geometry == NULL && !file->format->has_placeless;
    if (status == GK_OK && !is_left_out &&
        (OGR_L_CreateFeature(file->layer, feature) != OGRERR_NONE || file->message[0] != '\0'))
        status = fail(file, error);
    OGR_F_Destroy(feature);
    file->left_out += status == GK_OK && is_left_out;
    file->added += status == GK_OK && !is_left_out;
    return status;
}

/* --- Its end --------------------------------------------------------------------------------- */

int64_t gk_export_file_left_out(const struct gk_export_file *file)
{
    return file->left_out;
}

enum gk_status gk_export_file_finish(struct gk_export_file *file, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    if (OGR_L_CommitTransaction(file->layer) != OGRERR_NONE)
        status = fail(file, error);
    if (status == GK_OK && file->format == &formats[GEOPACKAGE])
        gk_export_about_put(file->about, &file->options, file->dataset, file->layer);
    GDALClose(file->dataset);
    file->dataset = NULL;
    file->layer = NULL;
    if (status == GK_OK && file->message[0] != '\0')
        status = fail(file, error);
    return status;
}

static enum gk_status count_features(struct gk_export_file *file, OGRLayerH layer,
                                     const atomic_bool *stops, struct gk_error *error)
{
    int64_t count = 0;
    OGRFeatureH feature;
    while ((feature = OGR_L_GetNextFeature(layer)) != NULL) {
        OGR_F_Destroy(feature);
        if (++count % CHECK_EVERY == 0 && atomic_load(stops))
            return gk_error_set(error, GK_INTERRUPTED, "write \"%.200s\": interrupted",
                                file->options.path);
    }
    if (file->message[0] != '\0')
        return fail(file, error);
    if (count == file->added)
        return GK_OK;
    return gk_error_set(
        error, GK_IO,
        "write \"%.200s\": of %lld features only %lld can be read back; is the disk "
        "full?",
        file->options.path, (long long)file->added, (long long)count);
}

enum gk_status gk_export_file_check(struct gk_export_file *file, const atomic_bool *stops,
                                    struct gk_error *error)
{
    const char *const drivers[] = {file->format->driver, NULL};
    GDALDatasetH dataset =
        GDALOpenEx(file->path, GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers, NULL, NULL);
    OGRLayerH layer = dataset != NULL ? GDALDatasetGetLayer(dataset, 0) : NULL;
    enum gk_status status =
        layer != NULL ? count_features(file, layer, stops, error) : fail(file, error);
    if (dataset != NULL)
        GDALClose(dataset);
    return status;
}

/* Everything on the disk before the name is: a name without contents is what a
 * power cut would leave otherwise. */
static bool settle(const struct gk_export_file *file, int64_t *bytes)
{
    mode_t mask = umask(0);
    umask(mask);
    struct stat about;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    bool is_done = fd >= 0 && fchmod(fd, file->options.is_private ? 0600 : 0666 & ~mask) == 0 &&
                   fsync(fd) == 0 && fstat(fd, &about) == 0;
    if (is_done)
        *bytes = about.st_size;
    int reason = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = reason;
    return is_done;
}

enum gk_status gk_export_file_place(struct gk_export_file *file, int64_t *bytes,
                                    struct gk_error *error)
{
    if (!settle(file, bytes))
        return fail_system(file->options.path, error);
    unsigned flags = file->options.overwrites ? 0 : RENAME_NOREPLACE;
    int result = renameat2(AT_FDCWD, file->path, AT_FDCWD, file->options.path, flags);
    if (result != 0 && flags != 0 && errno == EINVAL) /* a file system that cannot refuse */
        result = access(file->options.path, F_OK) == 0 ? (errno = EEXIST, -1)
                                                       : rename(file->path, file->options.path);
    if (result == 0)
        return GK_OK;
    return errno == EEXIST ? refuse_existing(file->options.path, error)
                           : fail_system(file->options.path, error);
}

void gk_export_file_close(struct gk_export_file *file)
{
    if (file == NULL)
        return;
    if (file->dataset != NULL)
        GDALClose(file->dataset);
    OCTDestroyCoordinateTransformation(file->from_crs84);
    if (file->crs != NULL)
        OSRRelease(file->crs);
    CPLPopErrorHandler();
    CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", NULL);
    remove_folder(file);
    free(file);
}
