/* Geometry literals as exact geometries, in the units of the client's CRS and with
 * easting or longitude first: axes are put in order, boxes become polygons,
 * coordinates are checked and rounded. */
#include "cql2_geometry.h"

#include <math.h>
#include <string.h>

enum { CORNERS = 5, BOXES_MAX = 2 };

static enum gk_status refuse(uint32_t position, const char *what, struct gk_error *error)
{
    return gk_error_set(error, GK_INVALID,
                        "parameter filter: the geometry at character %u is not allowed; there must "
                        "be %s",
                        (unsigned)position, what);
}

static enum gk_status no_memory(struct gk_error *error)
{
    return gk_error_set(error, GK_NO_MEMORY, "read the filter: out of memory");
}

static void put_axes_in_order(struct gk_cql2_shape *shape)
{
    for (uint32_t i = 0; i < shape->vertices; i++) {
        double *xy = shape->xy + (size_t)i * 2, first = xy[0];
        xy[0] = xy[1];
        xy[1] = first;
    }
}

/* --- Boxes ----------------------------------------------------------------------------- */

/* A shape with room for the rings of up to two boxes. */
static bool make_room(struct gk_cql2_shape *shape, struct gk_arena *arena)
{
    shape->xy = gk_arena_array(arena, (size_t)BOXES_MAX * CORNERS * 2, sizeof *shape->xy);
    shape->at = gk_arena_array(arena, (size_t)BOXES_MAX * CORNERS, sizeof *shape->at);
    shape->path_start = gk_arena_array(arena, BOXES_MAX + 1, sizeof *shape->path_start);
    shape->part = gk_arena_array(arena, BOXES_MAX, sizeof *shape->part);
    return shape->xy != NULL && shape->at != NULL && shape->path_start != NULL &&
           shape->part != NULL;
}

static void put_rectangle(struct gk_cql2_shape *shape, double west, double south, double east,
                          double north)
{
    const double corner[CORNERS][2] = {
        {west, south}, {east, south}, {east, north}, {west, north}, {west, south}};
    memcpy(shape->xy + (size_t)shape->vertices * 2, corner, sizeof corner);
    for (int i = 0; i < CORNERS; i++)
        shape->at[shape->vertices++] = shape->position;
    shape->path_start[++shape->paths] = shape->vertices;
    shape->part[shape->parts++] =
        (struct gk_part){.first = shape->paths - 1, .end = shape->paths, .is_area = true};
}

/* Across the antimeridian it is two: to 180 and from -180. */
static enum gk_status make_rectangles(struct gk_cql2_shape *shape, bool is_geographic,
                                      struct gk_arena *arena, struct gk_error *error)
{
    double west = shape->xy[0], south = shape->xy[1], east = shape->xy[2], north = shape->xy[3];
    if (south > north || (west > east && !is_geographic))
        return refuse(shape->position, "the least values of both axes, then the greatest", error);
    shape->vertices = shape->paths = shape->parts = 0;
    if (!make_room(shape, arena))
        return no_memory(error);
    put_rectangle(shape, west, south, west > east ? 180 : east, north);
    if (west > east)
        put_rectangle(shape, -180, south, east, north);
    return GK_OK;
}

/* --- Coordinates --------------------------------------------------------------------------- */

/* In a plane all that 32 bits of centimetres hold: 21,474 km. */
static enum gk_status check_coordinates(const struct gk_cql2_shape *shape, bool is_geographic,
                                        struct gk_error *error)
{
    double x_max = is_geographic ? 180 : 21474836, y_max = is_geographic ? 90 : 21474836;
    for (uint32_t i = 0; i < shape->vertices; i++)
        if (!(fabs(shape->xy[(size_t)i * 2]) <= x_max &&
              fabs(shape->xy[(size_t)i * 2 + 1]) <= y_max))
            return gk_error_set(error, GK_INVALID,
                                "parameter filter: the coordinates at character %u are outside "
                                "their reference system (filter-crs; without it CRS84: longitude, "
                                "then latitude)",
                                (unsigned)shape->at[i]);
    return GK_OK;
}

static struct gk_xy rounded(double x, double y, bool is_geographic)
{
    enum { CM_PER_M = 100 };
    if (!is_geographic)
        return (struct gk_xy){(int32_t)llround(x * CM_PER_M), (int32_t)llround(y * CM_PER_M)};
    struct gk_lonlat_e7 e7 = gk_lonlat_e7_round((struct gk_lonlat){.lon_deg = x, .lat_deg = y});
    return (struct gk_xy){e7.lon, e7.lat};
}

enum gk_status gk_cql2_geometry_make(struct gk_cql2_shape *shape,
                                     const struct gk_cql2_source *source, struct gk_arena *arena,
                                     struct gk_error *error)
{
    bool is_geographic = source->crs == NULL || source->crs->is_geographic;
    enum gk_status status = GK_OK;
    if (source->crs != NULL && source->crs->northing_first)
        put_axes_in_order(shape);
    if (shape->is_box)
        status = make_rectangles(shape, is_geographic, arena, error);
    if (status == GK_OK)
        status = check_coordinates(shape, is_geographic, error);
    if (status != GK_OK)
        return status;
    struct gk_geometry *geometry = gk_arena_alloc(arena, sizeof *geometry);
    if (geometry != NULL)
        geometry->points = gk_arena_array(arena, shape->vertices, sizeof *geometry->points);
    if (geometry == NULL || geometry->points == NULL)
        return no_memory(error);
    for (uint32_t i = 0; i < shape->vertices; i++)
        geometry->points[i] =
            rounded(shape->xy[(size_t)i * 2], shape->xy[(size_t)i * 2 + 1], is_geographic);
    geometry->path_start = shape->path_start;
    geometry->part = shape->part;
    geometry->part_count = shape->parts;
    gk_geometry_measure(geometry);
    shape->exact = geometry;
    return GK_OK;
}
