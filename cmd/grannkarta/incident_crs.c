/* In which CRS the places of an incident file are. */
#include "incident_crs.h"

#include <cpl_error.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <string.h>

static enum gk_status find_kind(enum gk_place_kind *kind, int64_t epsg, struct gk_error *error)
{
    OGRSpatialReferenceH crs = OSRNewSpatialReference(NULL);
    CPLPushErrorHandler(CPLQuietErrorHandler); /* a code, nothing of the file */
    bool is_known = crs != NULL && OSRImportFromEPSG(crs, (int)epsg) == OGRERR_NONE;
    CPLPopErrorHandler();
    *kind = !is_known              ? GK_PLACE_NONE
            : OSRIsGeographic(crs) ? GK_PLACE_DEGREES
            : OSRIsProjected(crs)  ? GK_PLACE_PROJECTED
                                   : GK_PLACE_NONE;
    if (crs != NULL)
        OSRDestroySpatialReference(crs);
    if (*kind != GK_PLACE_NONE)
        return GK_OK;
    return gk_error_set(error, GK_INVALID,
                        "crs is \"%lld\"; allowed is the EPSG code of a CRS of degrees or of "
                        "northings and eastings, such as 4326 or 3006",
                        (long long)epsg);
}

static bool has_pair(const struct gk_incident_columns *columns, enum gk_incident_field a,
                     enum gk_incident_field b)
{
    return columns->column[a] != GK_COLUMN_NONE && columns->column[b] != GK_COLUMN_NONE;
}

/* A code for degrees with a file of northings is a mistake that would take every
 * row for SWEREF 99 TM. */
static enum gk_status check_columns(enum gk_place_kind kind, int64_t epsg,
                                    const struct gk_incident_columns *columns,
                                    struct gk_error *error)
{
    bool has_projected = has_pair(columns, GK_FIELD_NORTHING, GK_FIELD_EASTING);
    bool has_degrees = has_pair(columns, GK_FIELD_LATITUDE, GK_FIELD_LONGITUDE);
    bool has_position = columns->column[GK_FIELD_POSITION] != GK_COLUMN_NONE;
    if (has_position || (kind == GK_PLACE_DEGREES ? has_degrees : has_projected))
        return GK_OK;
    return gk_error_set(error, GK_INVALID,
                        "crs is \"%lld\", which is %s, and the file's columns are %s; give another "
                        "code, or say by --map what the columns are",
                        (long long)epsg,
                        kind == GK_PLACE_DEGREES ? "of degrees" : "of northings and eastings",
                        has_degrees ? "latitude and longitude" : "northing and easting");
}

enum gk_status gk_incident_crs_choose(struct gk_incident_crs *crs, int64_t epsg,
                                      const struct gk_incident_source *source,
                                      const struct gk_incident_columns *columns, bool uses_geometry,
                                      struct gk_error *error)
{
    const char *name = uses_geometry ? source->crs : NULL;
    enum gk_status status = GK_OK;
    *crs = (struct gk_incident_crs){.place_kind = GK_PLACE_DEGREES};
    if (uses_geometry && !source->is_geographic)
        crs->place_kind = GK_PLACE_PROJECTED;
    if (epsg > 0) {
        snprintf(crs->name, sizeof crs->name, "EPSG:%lld", (long long)epsg);
        name = crs->name;
        status = find_kind(&crs->place_kind, epsg, error);
        if (status == GK_OK && !uses_geometry)
            status = check_columns(crs->place_kind, epsg, columns, error);
    } else if (uses_geometry && name == NULL) {
        status =
            gk_error_set(error, GK_INVALID,
                         "the file does not say the CRS of its geometries; give it with --crs, "
                         "such as --crs 3006");
    }
    if (crs->place_kind == GK_PLACE_DEGREES)
        crs->degrees = name;
    else
        crs->projected = name;
    return status;
}
