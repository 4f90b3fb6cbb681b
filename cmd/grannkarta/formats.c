/* The table of formats, and the refusal of the others. */
#include "formats.h"

#include <stdbool.h>
#include <string.h>

#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>

#include "base/buf.h"

enum { LIST_MAX_BYTES = 400 };

static const struct {
    const char *driver, *name; /* NULL: the name is that of the row before */
    bool is_of_incidents;
} formats[] = {
    {"GPKG", "GeoPackage", true},
    {"GeoJSON", "GeoJSON", true},
    {"GeoJSONSeq", NULL, true},
    {"ESRIJSON", NULL, true},
    {"TopoJSON", "TopoJSON", true},
    {"ESRI Shapefile", "Shapefile", true},
    {"OpenFileGDB", "file geodatabase", true},
    {"MapInfo File", "MapInfo", true},
    {"FlatGeobuf", "FlatGeobuf", true},
    {"GML", "GML", true},
    {"KML", "KML", true},
    {"LIBKML", NULL, true},
    {"GPX", "GPX", true},
    {"DXF", "DXF", true},
    {"CAD", "DWG", true},
    {"SQLite", "SpatiaLite", true},
    {"Parquet", "Parquet", true},
    {"Arrow", "Arrow", true},
    {"XLSX", "Excel", true},
    {"XLS", NULL, true},
    {"ODS", "OpenDocument", true},
    {"CSV", "CSV", false},
};
enum { FORMATS = sizeof formats / sizeof *formats };

static bool is_allowed(size_t i, enum gk_format_use use)
{
    return formats[i].is_of_incidents || use == GK_FORMATS_OF_PLACES;
}

char **gk_formats_allowed(enum gk_format_use use)
{
    char **allowed = NULL;
    GDALAllRegister();
    for (size_t i = 0; i < FORMATS; i++)
        if (is_allowed(i, use) && GDALGetDriverByName(formats[i].driver) != NULL)
            allowed = CSLAddString(allowed, formats[i].driver);
    return allowed;
}

/* What GDAL would take a file for, or NULL. */
static const char *name_of(const char *path, enum gk_format_use use)
{
    GDALDriverH driver = GDALIdentifyDriverEx(path, GDAL_OF_VECTOR, NULL, NULL);
    if (driver == NULL)
        return NULL;
    char **allowed = gk_formats_allowed(use);
    bool is_known = CSLFindString(allowed, GDALGetDriverShortName(driver)) >= 0;
    CSLDestroy(allowed);
    return is_known ? NULL : GDALGetDriverLongName(driver);
}

enum gk_status gk_formats_refuse(const char *path, enum gk_format_use use, struct gk_error *error)
{
    struct gk_buf list;
    gk_buf_init(&list, LIST_MAX_BYTES);
    for (size_t i = 0; i < FORMATS; i++)
        if (is_allowed(i, use) && formats[i].name != NULL &&
            GDALGetDriverByName(formats[i].driver) != NULL)
            gk_buf_printf(&list, "%s%s", list.length > 0 ? ", " : "", formats[i].name);
    const char *name = name_of(path, use);
    if (name != NULL)
        gk_error_set(error, GK_REJECTED,
                     "open \"%.150s\": it is %.60s, which is not read; read are %s", path, name,
                     list.data != NULL ? list.data : "none");
    else
        gk_error_set(error, GK_REJECTED,
                     "open \"%.150s\": it cannot be read; is it whole, and one of %s?", path,
                     list.data != NULL ? list.data : "none");
    gk_buf_release(&list);
    return GK_REJECTED;
}
