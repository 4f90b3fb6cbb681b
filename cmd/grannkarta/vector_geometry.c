/* Geometry of vector files: to EPSG:3006, 2D, checked; repaired only when that
 * was asked for, and never without a word. */
#include "vector.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/crs.h"

enum { EWKB_MAX_BYTES = 256 * 1024 * 1024, SRID = 3006 };

/* Less is no area that anybody lives in: a slip of drawing. */
static const double LEAST_AREA_M2 = 1;

static enum gk_status refuse(const char *reason, struct gk_error *error)
{
    return gk_error_set(error, GK_REJECTED, "%.300s", reason);
}

/* --- What is there ----------------------------------------------------------------- */

/* Adds the polygons of a geometry without curves to `multi`; the type of what is
 * no polygon, or NULL. GDAL bounds how deep collections nest. */
static const char *add_polygons(OGRGeometryH multi, OGRGeometryH geometry)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    if (type == wkbPolygon) {
        if (!OGR_G_IsEmpty(geometry))
            OGR_G_AddGeometry(multi, geometry);
        return NULL;
    }
    if (type != wkbMultiPolygon && type != wkbGeometryCollection)
        return OGRGeometryTypeToName(type);
    const char *other = NULL;
    for (int i = 0; i < OGR_G_GetGeometryCount(geometry) && other == NULL; i++)
        other = add_polygons(multi, OGR_G_GetGeometryRef(geometry, i));
    return other;
}

/* An owned MultiPolygon without Z, M and curves. */
static enum gk_status flat_copy(OGRGeometryH *multi, struct gk_vector *vector, OGRGeometryH given,
                                struct gk_error *error)
{
    *multi = NULL;
    bool is_flat = !OGR_G_Is3D(given) && !OGR_G_IsMeasured(given);
    bool has_curves = OGR_G_HasCurveGeometry(given, TRUE);
    bool is_collection = wkbFlatten(OGR_G_GetGeometryType(given)) == wkbGeometryCollection;
    OGRGeometryH lines = OGR_G_GetLinearGeometry(given, 0, NULL);
    if (lines == NULL)
        return refuse("its geometry cannot be read", error);
    OGR_G_FlattenTo2D(lines);
    *multi = OGR_G_CreateGeometry(wkbMultiPolygon);
    const char *other = add_polygons(*multi, lines);
    OGR_G_DestroyGeometry(lines);
    if (other != NULL)
        return gk_error_set(error, GK_REJECTED, "its geometry %s a %.40s, no polygon",
                            is_collection ? "has" : "is", other);
    if (OGR_G_IsEmpty(*multi))
        return refuse("it has no area", error);
    vector->flattened += !is_flat;
    vector->stroked += has_curves;
    vector->collected += is_collection;
    return GK_OK;
}

static const char *fault_of_ring(OGRGeometryH ring, bool *is_open)
{
    int count = OGR_G_GetPointCount(ring);
    for (int i = 0; i < count; i++)
        if (!isfinite(OGR_G_GetX(ring, i)) || !isfinite(OGR_G_GetY(ring, i)))
            return "a coordinate is not a number";
    *is_open = count > 0 && (OGR_G_GetX(ring, 0) != OGR_G_GetX(ring, count - 1) ||
                             OGR_G_GetY(ring, 0) != OGR_G_GetY(ring, count - 1));
    return count + *is_open < 4 ? "a ring has fewer than 4 points" : NULL;
}

/* A ring that is not closed is refused, unless repairs were asked for: OGR would
 * close it without a word. */
static enum gk_status check_rings(OGRGeometryH multi, bool repairs, struct gk_vector_repair *repair,
                                  struct gk_error *error)
{
    for (int p = 0; p < OGR_G_GetGeometryCount(multi); p++) {
        OGRGeometryH polygon = OGR_G_GetGeometryRef(multi, p);
        for (int r = 0; r < OGR_G_GetGeometryCount(polygon); r++) {
            bool is_open = false;
            const char *fault = fault_of_ring(OGR_G_GetGeometryRef(polygon, r), &is_open);
            if (fault == NULL && is_open && !repairs)
                fault = "a ring is not closed (--repair closes it)";
            if (fault != NULL)
                return refuse(fault, error);
            if (is_open) {
                repair->is_repaired = true;
                snprintf(repair->reason, sizeof repair->reason, "a ring was not closed");
            }
        }
    }
    if (repair->is_repaired)
        OGR_G_CloseRings(multi);
    return GK_OK;
}

/* --- Where it is ---------------------------------------------------------------------- */

static enum gk_status to_3006(const struct gk_vector *vector, OGRGeometryH multi,
                              struct gk_error *error)
{
    OGRGeometryH ring = OGR_G_GetGeometryRef(OGR_G_GetGeometryRef(multi, 0), 0);
    double x = OGR_G_GetX(ring, 0), y = OGR_G_GetY(ring, 0);
    OGREnvelope box = {HUGE_VAL, HUGE_VAL, HUGE_VAL, HUGE_VAL};
    if (vector->options.swaps_axes)
        OGR_G_SwapXY(multi);
    if (vector->to_3006 == NULL || OGR_G_Transform(multi, vector->to_3006) == OGRERR_NONE)
        OGR_G_GetEnvelope(multi, &box);
    return gk_vector_check_place(vector, &box, x, y, error);
}

/* --- Whether it is valid ---------------------------------------------------------------- */

/* GEOS says why, and where, only to the error handler. */
static void CPL_STDCALL keep_reason(CPLErr level, CPLErrorNum code, const char *message)
{
    (void)level, (void)code;
    char *reason = CPLGetErrorHandlerUserData();
    snprintf(reason, GK_REASON_MAX, "%s", message);
}

static bool is_valid(OGRGeometryH multi, char reason[GK_REASON_MAX])
{
    snprintf(reason, GK_REASON_MAX, "it crosses itself");
    CPLPushErrorHandlerEx(keep_reason, reason);
    bool valid = OGR_G_IsValid(multi);
    CPLPopErrorHandler();
    return valid;
}

/* Lines and points that repairing leaves over have no area: only they go. */
static void add_areas(OGRGeometryH multi, OGRGeometryH geometry)
{
    if (wkbFlatten(OGR_G_GetGeometryType(geometry)) == wkbPolygon)
        OGR_G_AddGeometry(multi, geometry);
    else
        for (int i = 0; i < OGR_G_GetGeometryCount(geometry); i++)
            add_areas(multi, OGR_G_GetGeometryRef(geometry, i));
}

/* Makes valid by GEOS, which keeps every corner and adds those of the crossings. */
static enum gk_status make_valid(OGRGeometryH *multi, const char *reason, struct gk_error *error)
{
    char ignored[GK_REASON_MAX];
    OGRGeometryH made = OGR_G_MakeValid(*multi);
    OGRGeometryH areas = OGR_G_CreateGeometry(wkbMultiPolygon);
    if (made != NULL)
        add_areas(areas, made);
    OGR_G_DestroyGeometry(made);
    OGR_G_DestroyGeometry(*multi);
    *multi = areas;
    return !OGR_G_IsEmpty(areas) && is_valid(areas, ignored)
               ? GK_OK
               : gk_error_set(error, GK_REJECTED,
                              "the area is not valid and cannot be repaired: %.150s", reason);
}

/* Areas are told from the corners: that of a bow tie is the difference of its
 * wings. */
static enum gk_status check_valid(OGRGeometryH *multi, bool repairs,
                                  struct gk_vector_repair *repair, struct gk_error *error)
{
    char reason[GK_REASON_MAX];
    enum gk_status status = GK_OK;
    repair->before_m2 = OGR_G_Area(*multi);
    if (!is_valid(*multi, reason)) {
        if (!repairs)
            return gk_error_set(error, GK_REJECTED,
                                "the area is not valid: %.150s (EPSG:3006; --repair mends it)",
                                reason);
        repair->is_repaired = true;
        snprintf(repair->reason, sizeof repair->reason, "%s", reason);
        status = make_valid(multi, reason, error);
    }
    repair->after_m2 = OGR_G_Area(*multi);
    if (status == GK_OK && repair->after_m2 < LEAST_AREA_M2)
        status = gk_error_set(error, GK_REJECTED, "its area is %.2f m2; the least is %.0f m2",
                              repair->after_m2, LEAST_AREA_M2);
    return status;
}

/* --- All of it ------------------------------------------------------------------------- */

static enum gk_status put_ewkb(struct gk_buf *buf, OGRGeometryH multi, struct gk_error *error)
{
    size_t bytes = OGR_G_WkbSizeEx(multi);
    const uint32_t srid = SRID;
    char *room = bytes <= EWKB_MAX_BYTES ? gk_buf_reserve(buf, bytes + 4) : NULL;
    if (room == NULL)
        return gk_error_set(error, GK_TOO_LARGE, "an area has more than %d MiB",
                            EWKB_MAX_BYTES >> 20);
    /* Written four bytes on, then its head moved back to make room for the SRID. */
    if (OGR_G_ExportToIsoWkb(multi, wkbNDR, (unsigned char *)room + 4) != OGRERR_NONE)
        return gk_error_set(error, GK_INTERNAL, "write an area as WKB: %.200s",
                            CPLGetLastErrorMsg());
    memmove(room, room + 4, 5);
    room[4] |= 0x20; /* little-endian: the flag's byte is the last of the type */
    memcpy(room + 5, &srid, 4);
    gk_buf_advance(buf, bytes + 4);
    return gk_buf_status(buf);
}

enum gk_status gk_vector_area(struct gk_buf *buf, struct gk_vector *vector, OGRFeatureH feature,
                              struct gk_vector_repair *repair, struct gk_error *error)
{
    *repair = (struct gk_vector_repair){.is_repaired = false};
    OGRGeometryH given = OGR_F_GetGeometryRef(feature), multi;
    if (given == NULL || OGR_G_IsEmpty(given))
        return refuse("it has no area", error);
    enum gk_status status = flat_copy(&multi, vector, given, error);
    if (status == GK_OK)
        status = check_rings(multi, vector->options.repairs, repair, error);
    if (status == GK_OK)
        status = to_3006(vector, multi, error);
    if (status == GK_OK)
        status = check_valid(&multi, vector->options.repairs, repair, error);
    if (status == GK_OK)
        status = put_ewkb(buf, multi, error);
    OGR_G_DestroyGeometry(multi);
    return status;
}

enum gk_status gk_vector_point(struct gk_en *en, const struct gk_vector *vector,
                               OGRFeatureH feature, struct gk_error *error)
{
    OGRGeometryH point = OGR_F_GetGeometryRef(feature);
    if (point == NULL || OGR_G_IsEmpty(point))
        return refuse("it has no point", error);
    if (wkbFlatten(OGR_G_GetGeometryType(point)) == wkbMultiPoint &&
        OGR_G_GetGeometryCount(point) == 1)
        point = OGR_G_GetGeometryRef(point, 0);
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(point));
    if (type != wkbPoint)
        return gk_error_set(error, GK_REJECTED, "its geometry is a %.40s, no point",
                            OGRGeometryTypeToName(type));
    double given_x = OGR_G_GetX(point, 0), given_y = OGR_G_GetY(point, 0);
    double x = vector->options.swaps_axes ? given_y : given_x;
    double y = vector->options.swaps_axes ? given_x : given_y;
    if (vector->to_3006 != NULL && !OCTTransform(vector->to_3006, 1, &x, &y, NULL))
        x = y = HUGE_VAL;
    *en = (struct gk_en){x, y};
    const OGREnvelope box = {x, x, y, y};
    return gk_vector_check_place(vector, &box, given_x, given_y, error);
}
