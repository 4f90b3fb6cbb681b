/* Geometry of vector files: to EPSG:3006, 2D, checked, never repaired. */
#include "vector.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/crs.h"

enum { EWKB_MAX_BYTES = 256 * 1024 * 1024, REASON_MAX = 200, SRID = 3006 };

static enum gk_status refuse(int64_t number, const char *reason, struct gk_error *error)
{
    return gk_error_set(error, GK_REJECTED, "feature %lld: %.300s", (long long)number, reason);
}

/* A ring that is not closed is refused: OGR would close it without a word. */
static const char *fault_of_ring(OGRGeometryH ring)
{
    int count = OGR_G_GetPointCount(ring);
    if (count < 4)
        return "a ring has fewer than 4 points";
    for (int i = 0; i < count; i++)
        if (!isfinite(OGR_G_GetX(ring, i)) || !isfinite(OGR_G_GetY(ring, i)))
            return "a coordinate is not a number";
    if (OGR_G_GetX(ring, 0) != OGR_G_GetX(ring, count - 1) ||
        OGR_G_GetY(ring, 0) != OGR_G_GetY(ring, count - 1))
        return "a ring is not closed";
    return NULL;
}

static const char *fault_of_rings(OGRGeometryH multi)
{
    int polygons = OGR_G_GetGeometryCount(multi);
    if (polygons == 0)
        return "the area is empty";
    for (int p = 0; p < polygons; p++) {
        OGRGeometryH polygon = OGR_G_GetGeometryRef(multi, p);
        int rings = OGR_G_GetGeometryCount(polygon);
        if (rings == 0)
            return "the area is empty";
        for (int r = 0; r < rings; r++) {
            const char *fault = fault_of_ring(OGR_G_GetGeometryRef(polygon, r));
            if (fault != NULL)
                return fault;
        }
    }
    return NULL;
}

/* GEOS says why only to the error handler. */
static void CPL_STDCALL keep_reason(CPLErr level, CPLErrorNum code, const char *message)
{
    (void)level, (void)code;
    char *reason = CPLGetErrorHandlerUserData();
    strncpy(reason, message, REASON_MAX - 1);
}

static enum gk_status check_valid(OGRGeometryH multi, int64_t number, struct gk_error *error)
{
    char reason[REASON_MAX] = "";
    CPLPushErrorHandlerEx(keep_reason, reason);
    int is_valid = OGR_G_IsValid(multi);
    CPLPopErrorHandler();
    if (is_valid)
        return GK_OK;
    char text[REASON_MAX + 40];
    snprintf(text, sizeof text, "the area is not valid: %s",
             *reason != '\0' ? reason : "it crosses itself");
    return refuse(number, text, error);
}

static enum gk_status check_sweden(OGRGeometryH geometry, int64_t number, struct gk_error *error)
{
    OGREnvelope box;
    OGR_G_GetEnvelope(geometry, &box);
    if (gk_en_is_in_sweden((struct gk_en){box.MinX, box.MinY}) &&
        gk_en_is_in_sweden((struct gk_en){box.MaxX, box.MaxY}))
        return GK_OK;
    return refuse(number, "it lies outside Sweden; is the CRS right? (--crs)", error);
}

static enum gk_status to_3006(const struct gk_vector *vector, OGRGeometryH geometry, int64_t number,
                              struct gk_error *error)
{
    if (vector->to_3006 != NULL && OGR_G_Transform(geometry, vector->to_3006) != OGRERR_NONE)
        return refuse(number, "it cannot be taken to EPSG:3006; is the CRS right? (--crs)", error);
    return check_sweden(geometry, number, error);
}

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

/* An owned MultiPolygon without Z, M and curves; NULL when it is no area. */
static OGRGeometryH flat_copy(OGRGeometryH geometry)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    if (type != wkbPolygon && type != wkbMultiPolygon && type != wkbCurvePolygon &&
        type != wkbMultiSurface)
        return NULL;
    OGRGeometryH copy = OGR_G_GetLinearGeometry(geometry, 0, NULL);
    if (copy == NULL)
        return NULL;
    OGR_G_FlattenTo2D(copy);
    return OGR_G_ForceToMultiPolygon(copy);
}

enum gk_status gk_vector_area(struct gk_buf *buf, const struct gk_vector *vector,
                              OGRFeatureH feature, int64_t number, struct gk_error *error)
{
    OGRGeometryH given = OGR_F_GetGeometryRef(feature);
    if (given == NULL || OGR_G_IsEmpty(given))
        return refuse(number, "it has no area", error);
    OGRGeometryH multi = flat_copy(given);
    if (multi == NULL)
        return refuse(number, "its geometry is no polygon", error);
    const char *fault = fault_of_rings(multi);
    enum gk_status status = fault != NULL ? refuse(number, fault, error) : GK_OK;
    if (status == GK_OK)
        status = to_3006(vector, multi, number, error);
    if (status == GK_OK)
        status = check_valid(multi, number, error);
    if (status == GK_OK)
        status = put_ewkb(buf, multi, error);
    OGR_G_DestroyGeometry(multi);
    return status;
}

enum gk_status gk_vector_point(struct gk_en *en, const struct gk_vector *vector,
                               OGRFeatureH feature, int64_t number, struct gk_error *error)
{
    OGRGeometryH point = OGR_F_GetGeometryRef(feature);
    if (point == NULL || OGR_G_IsEmpty(point))
        return refuse(number, "it has no point", error);
    if (wkbFlatten(OGR_G_GetGeometryType(point)) == wkbMultiPoint &&
        OGR_G_GetGeometryCount(point) == 1)
        point = OGR_G_GetGeometryRef(point, 0);
    if (wkbFlatten(OGR_G_GetGeometryType(point)) != wkbPoint)
        return refuse(number, "its geometry is no point", error);
    double x = OGR_G_GetX(point, 0), y = OGR_G_GetY(point, 0);
    if (vector->to_3006 != NULL && !OCTTransform(vector->to_3006, 1, &x, &y, NULL))
        x = y = NAN;
    *en = (struct gk_en){x, y};
    if (!isfinite(x) || !isfinite(y) || !gk_en_is_in_sweden(*en))
        return refuse(number, "its point lies outside Sweden; is the CRS right? (--crs)", error);
    return GK_OK;
}
