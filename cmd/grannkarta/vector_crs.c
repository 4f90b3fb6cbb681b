/* Which CRS a file is in, the way from there to EPSG:3006, and noticing that the
 * coordinates cannot be what the file says they are. */
#include "vector.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/crs.h"

enum { ACCEPTED_EPSG = 3006, ADVICE_MAX = 400 };

/* The local zones of SWEREF 99; they are used a little outside what the register
 * says. The limits of others do not count: RT 90 2.5 gon V and UTM zone 33 were
 * used for the whole country. */
enum { FIRST_LOCAL_EPSG = 3007, LAST_LOCAL_EPSG = 3018 };
static const double MARGIN_DEG = 1.0;

/* The country's bounds in EPSG:3006, 5 km wider: where the middle of an area, or a
 * dwelling, must be. */
static const OGREnvelope country = {272000, 923000, 6128000, 7675000};

/* --- Noticing -------------------------------------------------------------------- */

/* Where Sweden's coordinates are in the systems that Swedish files come in: the
 * country's bounds, rounded outwards. */
static const struct {
    const char *name, *advice;
    double x_least, x_most, y_least, y_most;
} systems[] = {
    {"degrees", "--crs 4326", 10, 25, 55, 70},
    {"SWEREF 99 TM", "--crs 3006", 260000, 935000, 6100000, 7700000},
    {"a local SWEREF 99 zone", "--crs 3007 to 3018", 40000, 260000, 6100000, 7700000},
    {"RT 90 2.5 gon V", "--crs 3021", 1200000, 1910000, 6100000, 7700000},
    {"Web Mercator", "--crs 3857", 1160000, 2700000, 7300000, 10900000},
};

/* The systems in which (x, y) would lie in Sweden, as advice. */
static void put_fitting(struct gk_buf *buf, double x, double y, const char *axes)
{
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        if (x >= systems[i].x_least && x <= systems[i].x_most && y >= systems[i].y_least &&
            y <= systems[i].y_most)
            gk_buf_printf(buf, "%s %s (%s%s)", buf->length > 0 ? " or" : "; they fit",
                          systems[i].name, systems[i].advice, axes);
}

/* `otherwise`: what is advised when they fit no system that is known. */
static enum gk_status refuse_place(const struct gk_vector *vector, const char *what,
                                   const char *otherwise, double x, double y,
                                   struct gk_error *error)
{
    const char *swap = " --swap-axes", *no_swap = " without --swap-axes";
    bool swaps = vector->options.swaps_axes;
    struct gk_buf advice;
    gk_buf_init(&advice, ADVICE_MAX);
    put_fitting(&advice, x, y, swaps ? no_swap : "");
    put_fitting(&advice, y, x, swaps ? "" : swap);
    enum gk_status status =
        gk_error_set(error, GK_REJECTED, "it lies %s if its coordinates are in \"%.60s\"%s", what,
                     vector->crs_name, advice.length > 0 ? advice.data : otherwise);
    gk_buf_release(&advice);
    return status;
}

enum gk_status gk_vector_check_place(const struct gk_vector *vector, const OGREnvelope *box,
                                     double x, double y, struct gk_error *error)
{
    double lon = (box->MinX + box->MaxX) / 2, lat = (box->MinY + box->MaxY) / 2;
    /* Written so that what is no number is outside. */
    if (!gk_en_is_in_sweden((struct gk_en){box->MinX, box->MinY}) ||
        !gk_en_is_in_sweden((struct gk_en){box->MaxX, box->MaxY}) ||
        !(lon >= country.MinX && lon <= country.MaxX) ||
        !(lat >= country.MinY && lat <= country.MaxY))
        return refuse_place(vector, "outside Sweden", "; is the CRS right? (--crs)", x, y, error);
    if (vector->to_degrees == NULL || !OCTTransform(vector->to_degrees, 1, &lon, &lat, NULL))
        return GK_OK;
    if (lon < vector->west - MARGIN_DEG || lon > vector->east + MARGIN_DEG ||
        lat < vector->south - MARGIN_DEG || lat > vector->north + MARGIN_DEG)
        return refuse_place(vector, "outside what that CRS is for",
                            "; if that is right, say so with --crs", x, y, error);
    return GK_OK;
}

/* --- Finding ------------------------------------------------------------------------ */

static OGRSpatialReferenceH from_epsg(int epsg)
{
    OGRSpatialReferenceH crs = OSRNewSpatialReference(NULL);
    if (OSRImportFromEPSG(crs, epsg) != OGRERR_NONE) {
        OSRDestroySpatialReference(crs);
        return NULL;
    }
    OSRSetAxisMappingStrategy(crs, OAMS_TRADITIONAL_GIS_ORDER);
    return crs;
}

static void name_crs(struct gk_vector *vector, OGRSpatialReferenceH crs)
{
    const char *name = OSRGetName(crs), *code = OSRGetAuthorityCode(crs, NULL);
    if (code != NULL)
        snprintf(vector->crs_name, sizeof vector->crs_name, "EPSG:%.10s %.80s", code,
                 name != NULL ? name : "");
    else
        snprintf(vector->crs_name, sizeof vector->crs_name, "%.100s",
                 name != NULL ? name : "unnamed");
}

/* A way that knows the datum, else NULL. */
static OGRCoordinateTransformationH exact_way(OGRSpatialReferenceH from, OGRSpatialReferenceH to)
{
    OGRCoordinateTransformationOptionsH options = OCTNewCoordinateTransformationOptions();
    OCTCoordinateTransformationOptionsSetBallparkAllowed(options, FALSE);
    OGRCoordinateTransformationH way = OCTNewCoordinateTransformationEx(from, to, options);
    OCTDestroyCoordinateTransformationOptions(options);
    return way;
}

/* GRS 80 and WGS 84 differ by 0.1 mm; others, such as RT 90's Bessel 1841, by
 * hundreds of metres on the ground. */
static bool has_modern_ellipsoid(OGRSpatialReferenceH crs)
{
    OGRErr major = OGRERR_NONE, flattening = OGRERR_NONE;
    double a = OSRGetSemiMajor(crs, &major), f = OSRGetInvFlattening(crs, &flattening);
    return major == OGRERR_NONE && flattening == OGRERR_NONE && fabs(a - 6378137) < 0.01 &&
           fabs(f - 298.25722) < 0.0001;
}

static enum gk_status find_way(struct gk_vector *vector, const char *path,
                               OGRSpatialReferenceH source, OGRSpatialReferenceH target,
                               struct gk_error *error)
{
    if (OSRIsSame(source, target))
        return GK_OK;
    vector->to_3006 = exact_way(source, target);
    if (vector->to_3006 == NULL && has_modern_ellipsoid(source)) {
        vector->to_3006 = OCTNewCoordinateTransformation(source, target);
        vector->is_without_datum = vector->to_3006 != NULL;
    }
    if (vector->to_3006 != NULL)
        return GK_OK;
    return gk_error_set(error, GK_REJECTED,
                        "open \"%.200s\": no way is known from its CRS, \"%.80s\", to EPSG:3006; "
                        "give the EPSG code with --crs",
                        path, vector->crs_name);
}

/* A file in SWEREF 99 TM that says a local zone would still lie in Sweden, or off
 * its coast: what the zone is for tells. A CRS that the user gives is the user's
 * word. */
static void find_limits(struct gk_vector *vector, OGRSpatialReferenceH source,
                        OGRSpatialReferenceH target)
{
    OGRSpatialReferenceH degrees = from_epsg(4326);
    const char *code = OSRGetAuthorityCode(source, NULL);
    long epsg = code != NULL ? strtol(code, NULL, 10) : 0;
    if (vector->options.epsg == 0 && epsg >= FIRST_LOCAL_EPSG && epsg <= LAST_LOCAL_EPSG &&
        degrees != NULL &&
        OSRGetAreaOfUse(source, &vector->west, &vector->south, &vector->east, &vector->north, NULL))
        vector->to_degrees = OCTNewCoordinateTransformation(target, degrees);
    OSRDestroySpatialReference(degrees);
}

enum gk_status gk_vector_find_crs(struct gk_vector *vector, const char *path,
                                  struct gk_error *error)
{
    int64_t epsg = vector->options.epsg;
    OGRSpatialReferenceH target = from_epsg(ACCEPTED_EPSG);
    OGRSpatialReferenceH own = epsg > 0 ? from_epsg((int)epsg) : NULL;
    OGRSpatialReferenceH source = epsg > 0 ? own : OGR_L_GetSpatialRef(vector->layer);
    enum gk_status status = GK_OK;
    if (target == NULL)
        status = gk_error_set(error, GK_INTERNAL, "PROJ does not know EPSG:3006");
    else if (epsg > 0 && own == NULL)
        status = gk_error_set(error, GK_INVALID, "--crs %lld is no EPSG code that PROJ knows",
                              (long long)epsg);
    else if (source == NULL)
        status = gk_error_set(error, GK_INVALID,
                              "open \"%.200s\": it does not say its CRS; give it with --crs, such "
                              "as --crs 3006",
                              path);
    if (status == GK_OK) {
        name_crs(vector, source);
        status = find_way(vector, path, source, target, error);
    }
    if (status == GK_OK)
        find_limits(vector, source, target);
    OSRDestroySpatialReference(target);
    OSRDestroySpatialReference(own);
    return status;
}
