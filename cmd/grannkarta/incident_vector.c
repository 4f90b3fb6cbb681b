/* Incidents from whatever OGR reads: GeoPackage, GeoJSON, Shapefile, GML, a
 * spreadsheet. An exact place is in every feature, so GDAL gets no chance to say,
 * keep or send anything: its messages are thrown away unread, only formats that users
 * have are read (formats.h), and nothing is opened but the file. */
#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <errno.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/date.h"
#include "formats.h"
#include "incident_source.h"

enum { CHUNK_BYTES = 64 * 1024, LAYERS_MAX_BYTES = 300, ZONE_LOCAL = 1, ZONE_UTC = 100 };
#define NEARLY_A_MINUTE 59.99f

struct vector_source {
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRFeatureH feature;
    int64_t number, count;
    struct gk_buf text; /* the fields of the feature, one after the other */
    struct gk_csv_field fields[GK_CSV_FIELDS_MAX];
    size_t field_count;
};

/* Messages may quote what is in the file; also those of CPL_DEBUG, which GDAL's own
 * quiet handler lets through. */
static void say_nothing(CPLErr class, CPLErrorNum number, const char *message)
{
    (void)class;
    (void)number;
    (void)message;
}

/* --- Drivers -------------------------------------------------------------------------- */

/* The drivers that may be used, and how they are told to leave nothing behind.
 * Release with CSLDestroy(). */
static char **prepare_drivers(void)
{
    CPLSetErrorHandler(say_nothing);
    CPLSetConfigOption("GML_SKIP_RESOLVE_ELEMS", "ALL");
    CPLSetConfigOption("OGR_XLSX_HEADERS", "FORCE");
    CPLSetConfigOption("OGR_XLS_HEADERS", "FORCE");
    CPLSetConfigOption("OGR_ODS_HEADERS", "FORCE");
    CPLSetConfigOption("CPL_VSIL_GZIP_WRITE_PROPERTIES", "NO");
    CPLSetConfigOption("GDAL_PAM_ENABLED", "NO");
    return gk_formats_allowed(GK_FORMATS_OF_INCIDENTS);
}

bool gk_incident_vector_knows(const char *path)
{
    struct stat about;
    /* Nothing but a file can be looked at without being used up. */
    if (stat(path, &about) != 0 || !(S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)))
        return false;
    char **allowed = prepare_drivers();
    bool is_known =
        GDALIdentifyDriverEx(path, GDAL_OF_VECTOR, (const char *const *)allowed, NULL) != NULL;
    CSLDestroy(allowed);
    return is_known;
}

static GDALDatasetH open_dataset(const char *path, enum gk_encoding encoding)
{
    char **allowed = prepare_drivers(), **options = NULL;
    options = CSLSetNameValue(options, "IMMUTABLE", "YES");      /* SQLite: no -wal, no -shm */
    options = CSLSetNameValue(options, "WRITE_GFS", "NO");       /* GML: no schema with an extent */
    options = CSLSetNameValue(options, "DOWNLOAD_SCHEMA", "NO"); /* nor one from an address in it */
    options = CSLSetNameValue(options, "DATE_AS_STRING", "YES");
    if (encoding == GK_ENCODING_WINDOWS_1252)
        options = CSLSetNameValue(options, "ENCODING", "CP1252");
    GDALDatasetH dataset =
        GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, (const char *const *)allowed,
                   (const char *const *)options, NULL);
    CSLDestroy(options);
    CSLDestroy(allowed);
    return dataset;
}

/* --- Layer and CRS ---------------------------------------------------------------------- */

static enum gk_status refuse_layers(const struct vector_source *state, const char *path,
                                    const char *layer, int count, struct gk_error *error)
{
    struct gk_buf names;
    gk_buf_init(&names, LAYERS_MAX_BYTES);
    for (int i = 0; i < count; i++)
        gk_buf_printf(&names, "%s\"%.60s\"", i > 0 ? ", " : "",
                      OGR_L_GetName(GDALDatasetGetLayer(state->dataset, i)));
    gk_error_set(error, GK_INVALID, "open \"%.200s\": %s; choose one with --layer: %s", path,
                 *layer != '\0' ? "there is no such layer" : "it has more than one layer",
                 names.data != NULL ? names.data : "");
    gk_buf_release(&names);
    return GK_INVALID;
}

/* The one named, the only one, or the only one that has anything in it: spreadsheets
 * come with empty sheets. */
static enum gk_status choose_layer(struct vector_source *state, const char *path, const char *layer,
                                   struct gk_error *error)
{
    int count = GDALDatasetGetLayerCount(state->dataset), filled = 0;
    if (count == 0)
        return gk_error_set(error, GK_REJECTED, "open \"%.200s\": it has no layer", path);
    if (*layer != '\0') {
        state->layer = GDALDatasetGetLayerByName(state->dataset, layer);
    } else {
        for (int i = 0; i < count; i++) {
            OGRLayerH candidate = GDALDatasetGetLayer(state->dataset, i);
            if (count > 1 && OGR_L_GetFeatureCount(candidate, TRUE) == 0)
                continue;
            filled++;
            state->layer = candidate;
        }
        if (filled > 1)
            state->layer = NULL;
        if (filled == 0)
            return gk_error_set(error, GK_REJECTED, "the file is empty");
    }
    return state->layer != NULL ? GK_OK : refuse_layers(state, path, layer, count, error);
}

/* The CRS of the geometries, as text for PROJ. */
static enum gk_status take_crs(struct gk_incident_source *source, const struct vector_source *state,
                               struct gk_error *error)
{
    source->has_geometry = OGR_L_GetGeomType(state->layer) != wkbNone;
    OGRSpatialReferenceH crs = source->has_geometry ? OGR_L_GetSpatialRef(state->layer) : NULL;
    char *wkt = NULL;
    if (crs == NULL)
        return GK_OK;
    source->is_geographic = OSRIsGeographic(crs) != 0;
    const char *const options[] = {"FORMAT=WKT2_2018", NULL};
    if (OSRExportToWktEx(crs, &wkt, options) != OGRERR_NONE || wkt == NULL) {
        CPLFree(wkt);
        return gk_error_set(error, GK_REJECTED,
                            "the file's CRS cannot be read; give it with --crs");
    }
    source->crs = strdup(wkt);
    CPLFree(wkt);
    return source->crs != NULL ? GK_OK
                               : gk_error_set(error, GK_NO_MEMORY, "read the CRS: out of memory");
}

/* --- Rows ------------------------------------------------------------------------------- */

static enum gk_status heading(void *state, struct gk_csv_row *row, struct gk_error *error)
{
    struct vector_source *source = state;
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(source->layer);
    for (size_t i = 0; i < source->field_count; i++) {
        const char *name = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(definition, (int)i));
        source->fields[i] = (struct gk_csv_field){name, strlen(name)};
    }
    if (source->field_count == 0)
        return gk_error_set(error, GK_REJECTED, "the file has no columns");
    *row = (struct gk_csv_row){source->fields, source->field_count, 0, 0, NULL};
    return GK_OK;
}

/* Spreadsheets count days in fractions: 08:00 may come as 07:59:59.9999. */
static void round_up(int32_t *day, int *hour, int *minute, float *second)
{
    if (*second < NEARLY_A_MINUTE)
        return;
    int minutes = *hour * 60 + *minute + 1;
    *day += minutes / (24 * 60);
    *hour = minutes / 60 % 24;
    *minute = minutes % 60;
    *second = 0;
}

/* A date, a time or both in ISO 8601, with the zone when it is known. */
static void put_time(struct gk_buf *buf, OGRFeatureH feature, int field, OGRFieldType type)
{
    int year, month, day, hour, minute, zone;
    float second;
    if (!OGR_F_GetFieldAsDateTimeEx(feature, field, &year, &month, &day, &hour, &minute, &second,
                                    &zone))
        return;
    struct gk_civil civil = {year, month, day};
    int32_t serial = gk_civil_is_valid(civil) ? gk_day_from_civil(civil) : 0;
    round_up(&serial, &hour, &minute, &second);
    if (type != OFTTime && gk_civil_is_valid(civil))
        gk_buf_put_day(buf, serial);
    else if (type != OFTTime) /* kept as it is, to be refused as it is */
        gk_buf_printf(buf, "%04d-%02d-%02d", year, month, day);
    if (type == OFTDateTime)
        gk_buf_putc(buf, ' ');
    if (type != OFTDate)
        gk_buf_printf(buf, "%02d:%02d:%02d", hour, minute, (int)second);
    if (type == OFTDateTime && zone > ZONE_LOCAL) {
        int east = (zone - ZONE_UTC) * 15;
        gk_buf_printf(buf, "%c%02d:%02d", east < 0 ? '-' : '+', abs(east) / 60, abs(east) % 60);
    }
}

/* The texts of all fields; their places are known when the buffer has stopped moving. */
static enum gk_status take_fields(struct vector_source *source, struct gk_error *error)
{
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(source->layer);
    gk_buf_clear(&source->text);
    for (size_t i = 0; i < source->field_count; i++) {
        size_t start = source->text.length;
        int field = (int)i;
        if (OGR_F_IsFieldSetAndNotNull(source->feature, field)) {
            OGRFieldType type = OGR_Fld_GetType(OGR_FD_GetFieldDefn(definition, field));
            if (type == OFTDate || type == OFTTime || type == OFTDateTime)
                put_time(&source->text, source->feature, field, type);
            else
                gk_buf_puts(&source->text, OGR_F_GetFieldAsString(source->feature, field));
        }
        source->fields[i].length = source->text.length - start;
    }
    if (gk_buf_status(&source->text) != GK_OK)
        return gk_error_set(error, GK_REJECTED, "feature %lld: more than 1 MiB",
                            (long long)source->number);
    const char *at = source->text.data != NULL ? source->text.data : "";
    for (size_t i = 0; i < source->field_count; i++) {
        source->fields[i].text = at;
        at += source->fields[i].length;
    }
    return GK_OK;
}

static void take_geometry(struct gk_incident_record *record, OGRGeometryH geometry)
{
    record->geometry = GK_GEOMETRY_NONE;
    if (geometry == NULL || OGR_G_IsEmpty(geometry))
        return;
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    if ((type == wkbMultiPoint || type == wkbGeometryCollection) &&
        OGR_G_GetGeometryCount(geometry) == 1) {
        geometry = OGR_G_GetGeometryRef(geometry, 0);
        type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    }
    record->geometry = type == wkbPoint ? GK_GEOMETRY_POINT : GK_GEOMETRY_OTHER;
    if (type != wkbPoint)
        return;
    record->x = OGR_G_GetX(geometry, 0);
    record->y = OGR_G_GetY(geometry, 0);
}

static enum gk_status next(void *state, struct gk_incident_record *record, struct gk_error *error)
{
    struct vector_source *source = state;
    OGR_F_Destroy(source->feature);
    CPLErrorReset();
    source->feature = OGR_L_GetNextFeature(source->layer);
    if (source->feature == NULL) {
        /* GDAL tells the end and a failure alike. */
        return CPLGetLastErrorType() >= CE_Failure
                   ? gk_error_set(error, GK_REJECTED,
                                  "feature %lld: GDAL cannot read the rest of the file",
                                  (long long)source->number + 1)
                   : GK_NOT_FOUND;
    }
    source->number++;
    enum gk_status status = take_fields(source, error);
    record->row = (struct gk_csv_row){source->fields, source->field_count, source->number, 1, NULL};
    take_geometry(record, OGR_F_GetGeometryRef(source->feature));
    return status;
}

static void progress(const void *state, int64_t *position, int64_t *size)
{
    const struct vector_source *source = state;
    *position = source->number;
    *size = source->count > 0 ? source->count : 0;
}

/* --- The rest --------------------------------------------------------------------------- */

static enum gk_status hash_file(crypto_hash_sha256_state *hash, const char *path,
                                struct gk_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0 || S_ISDIR(about.st_mode))
        return GK_OK;
    unsigned char *chunk = malloc(CHUNK_BYTES);
    FILE *file = fopen(path, "rbe");
    enum gk_status status = GK_OK;
    if (file == NULL || chunk == NULL)
        status = gk_error_set(error, GK_IO, "read \"%.300s\": %s", path, strerror(errno));
    for (size_t n; status == GK_OK && (n = fread(chunk, 1, CHUNK_BYTES, file)) > 0;)
        crypto_hash_sha256_update(hash, chunk, n);
    if (file != NULL)
        fclose(file);
    if (chunk != NULL)
        explicit_bzero(chunk, CHUNK_BYTES);
    free(chunk);
    return status;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A Shapefile is several files: all of them, by name. */
static enum gk_status hash_all(void *state, unsigned char hash[32], struct gk_error *error)
{
    const struct vector_source *source = state;
    char **files = GDALGetFileList(source->dataset);
    size_t count = (size_t)CSLCount(files);
    crypto_hash_sha256_state sum;
    crypto_hash_sha256_init(&sum);
    if (count > 0)
        qsort(files, count, sizeof *files, compare_paths);
    enum gk_status status = GK_OK;
    for (size_t i = 0; i < count && status == GK_OK; i++)
        status = hash_file(&sum, files[i], error);
    crypto_hash_sha256_final(&sum, hash);
    CSLDestroy(files);
    return status;
}

static void close_source(void *state)
{
    struct vector_source *source = state;
    OGR_F_Destroy(source->feature);
    if (source->dataset != NULL)
        GDALClose(source->dataset);
    if (source->text.data != NULL)
        explicit_bzero(source->text.data, source->text.capacity);
    gk_buf_release(&source->text);
    free(source);
}

static const struct gk_incident_source_kind kind = {heading, next, progress, hash_all,
                                                    close_source};

/* SQLite keeps what is not yet written to a GeoPackage beside it. It is not read
 * there (that would write), and leaving it out in silence would lose incidents. */
static bool has_pending_changes(const char *path)
{
    char *log = NULL;
    struct stat about;
    bool is_pending =
        asprintf(&log, "%s-wal", path) > 0 && stat(log, &about) == 0 && about.st_size > 0;
    free(log);
    return is_pending;
}

enum gk_status gk_incident_vector_open(struct gk_incident_source *source, const char *path,
                                       const struct gk_incident_settings *settings,
                                       struct gk_error *error)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return gk_error_set(error, errno == ENOENT ? GK_NOT_FOUND : GK_IO, "open \"%.300s\": %s",
                            path, strerror(errno));
    if (has_pending_changes(path))
        return gk_error_set(error, GK_REJECTED,
                            "open \"%.300s\": another program has it open, with changes that are "
                            "not in it yet; close it there first",
                            path);
    struct vector_source *state = calloc(1, sizeof *state);
    if (state == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "open \"%.300s\": out of memory", path);
    gk_buf_init(&state->text, GK_CSV_RECORD_MAX);
    source->kind = &kind;
    source->state = state;
    source->row_name = "feature";
    source->delimiter = ';';
    state->dataset = open_dataset(path, settings->encoding);
    if (state->dataset == NULL)
        return gk_formats_refuse(path, GK_FORMATS_OF_INCIDENTS, error);
    enum gk_status status = choose_layer(state, path, settings->layer, error);
    if (status == GK_OK)
        status = take_crs(source, state, error);
    if (status != GK_OK)
        return status;
    state->count = OGR_L_GetFeatureCount(state->layer, FALSE);
    state->field_count = (size_t)OGR_FD_GetFieldCount(OGR_L_GetLayerDefn(state->layer));
    if (state->field_count > GK_CSV_FIELDS_MAX)
        return gk_error_set(error, GK_REJECTED, "more than %d columns", GK_CSV_FIELDS_MAX);
    snprintf(source->what, sizeof source->what, "%s",
             GDALGetDriverLongName(GDALGetDatasetDriver(state->dataset)));
    return GK_OK;
}
