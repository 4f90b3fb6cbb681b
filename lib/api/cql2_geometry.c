/* Geometry literals as exact geometries in CRS84: boxes become polygons, long edges
 * in a projected CRS are cut (a straight line there is none in degrees), coordinates
 * are transformed, checked and rounded. */
#include "cql2_geometry.h"

#include <math.h>
#include <string.h>

#define PIECE_M 2000.0
enum { PIECES = 2048, CORNERS = 5, BOXES_MAX = 2 };

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

static void put_rectangle(struct gk_cql2_shape *shape, const double low[2], const double high[2])
{
    const double corner[CORNERS][2] = {{low[0], low[1]},
                                       {high[0], low[1]},
                                       {high[0], high[1]},
                                       {low[0], high[1]},
                                       {low[0], low[1]}};
    memcpy(shape->xy + (size_t)shape->vertices * 2, corner, sizeof corner);
    for (int i = 0; i < CORNERS; i++)
        shape->at[shape->vertices++] = shape->position;
    shape->path_start[++shape->paths] = shape->vertices;
    shape->part[shape->parts++] =
        (struct gk_part){.first = shape->paths - 1, .end = shape->paths, .is_area = true};
}

/* Across the antimeridian it is two: to 180 and from -180. */
static enum gk_status make_rectangles(struct gk_cql2_shape *shape,
                                      const struct gk_cql2_source *source, struct gk_arena *arena,
                                      struct gk_error *error)
{
    const double *given = shape->xy;
    double low[2] = {given[0], given[1]}, high[2] = {given[2], given[3]};
    int lon = source->lat_first ? 1 : 0;
    if (low[!lon] > high[!lon] || (low[lon] > high[lon] && source->is_projected))
        return refuse(shape->position, "the least values of both axes, then the greatest", error);
    shape->vertices = shape->paths = shape->parts = 0;
    if (!make_room(shape, arena))
        return no_memory(error);
    if (low[lon] <= high[lon]) {
        put_rectangle(shape, low, high);
        return GK_OK;
    }
    double east_high[2] = {high[0], high[1]}, west_low[2] = {low[0], low[1]};
    east_high[lon] = 180;
    west_low[lon] = -180;
    put_rectangle(shape, low, east_high);
    put_rectangle(shape, west_low, high);
    return GK_OK;
}

/* --- Cutting ----------------------------------------------------------------------------- */

static double edge_m(const double *xy)
{
    return hypot(xy[2] - xy[0], xy[3] - xy[1]);
}

/* How long a piece may be: 2 km, more where a geometry has very long edges. */
static double piece_length(const struct gk_cql2_shape *shape)
{
    double sum = 0;
    for (uint32_t p = 0; p < shape->paths; p++)
        for (uint32_t i = shape->path_start[p]; i + 1 < shape->path_start[p + 1]; i++)
            sum += edge_m(shape->xy + (size_t)i * 2);
    return fmax(PIECE_M, sum / PIECES);
}

/* Pieces of the edge that begins at a vertex; at most PIECES + 1 by piece_length(). */
static uint32_t pieces_of(const double *xy, double length)
{
    double pieces = ceil(edge_m(xy) / length);
    return pieces >= 1 && pieces <= PIECES + 1 ? (uint32_t)pieces : 1;
}

static void cut_edge(struct gk_cql2_shape *to, const double *xy, uint32_t position, uint32_t pieces)
{
    for (uint32_t i = 0; i < pieces; i++) {
        double share = (double)i / pieces;
        double *out = to->xy + (size_t)to->vertices * 2;
        out[0] = xy[0] + (xy[2] - xy[0]) * share;
        out[1] = xy[1] + (xy[3] - xy[1]) * share;
        to->at[to->vertices++] = position;
    }
}

/* Replaces the vertices by those and the cuts between them. */
static enum gk_status cut(struct gk_cql2_shape *shape, struct gk_arena *arena,
                          struct gk_error *error)
{
    struct gk_cql2_shape from = *shape;
    double length = piece_length(shape);
    size_t count = from.vertices;
    for (uint32_t p = 0; p < from.paths; p++)
        for (uint32_t i = from.path_start[p]; i + 1 < from.path_start[p + 1]; i++)
            count += pieces_of(from.xy + (size_t)i * 2, length) - 1;
    shape->xy = gk_arena_array(arena, count, 2 * sizeof *shape->xy);
    shape->at = gk_arena_array(arena, count, sizeof *shape->at);
    shape->path_start = gk_arena_array(arena, from.paths + 1, sizeof *shape->path_start);
    if (shape->xy == NULL || shape->at == NULL || shape->path_start == NULL)
        return no_memory(error);
    shape->vertices = 0;
    for (uint32_t p = 0; p < from.paths; p++) {
        uint32_t i = from.path_start[p];
        for (; i + 1 < from.path_start[p + 1]; i++)
            cut_edge(shape, from.xy + (size_t)i * 2, from.at[i],
                     pieces_of(from.xy + (size_t)i * 2, length));
        memcpy(shape->xy + (size_t)shape->vertices * 2, from.xy + (size_t)i * 2,
               2 * sizeof *shape->xy);
        shape->at[shape->vertices++] = from.at[i];
        shape->path_start[p + 1] = shape->vertices;
    }
    return GK_OK;
}

/* --- Coordinates --------------------------------------------------------------------------- */

static enum gk_status check_coordinates(const struct gk_cql2_shape *shape, struct gk_error *error)
{
    for (uint32_t i = 0; i < shape->vertices; i++) {
        double lon = shape->xy[(size_t)i * 2], lat = shape->xy[(size_t)i * 2 + 1];
        if (!(fabs(lon) <= 180 && fabs(lat) <= 90)) /* also what is no number */
            return gk_error_set(error, GK_INVALID,
                                "parameter filter: the coordinates at character %u are outside "
                                "their reference system (filter-crs; without it CRS84: longitude, "
                                "then latitude)",
                                (unsigned)shape->at[i]);
    }
    return GK_OK;
}

static struct gk_geometry *rounded(const struct gk_cql2_shape *shape, struct gk_arena *arena)
{
    struct gk_geometry *geometry = gk_arena_alloc(arena, sizeof *geometry);
    if (geometry == NULL)
        return NULL;
    geometry->points = gk_arena_array(arena, shape->vertices, sizeof *geometry->points);
    if (geometry->points == NULL)
        return NULL;
    for (uint32_t i = 0; i < shape->vertices; i++)
        geometry->points[i] = gk_lonlat_e7_round((struct gk_lonlat){
            .lon_deg = shape->xy[(size_t)i * 2], .lat_deg = shape->xy[(size_t)i * 2 + 1]});
    geometry->path_start = shape->path_start;
    geometry->part = shape->part;
    geometry->part_count = shape->parts;
    gk_geometry_measure(geometry);
    return geometry;
}

enum gk_status gk_cql2_geometry_make(struct gk_cql2_shape *shape,
                                     const struct gk_cql2_source *source, uint32_t *vertices,
                                     struct gk_arena *arena, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    if (shape->is_box)
        status = make_rectangles(shape, source, arena, error);
    if (status == GK_OK && source->is_projected)
        status = cut(shape, arena, error);
    if (status != GK_OK)
        return status;
    if (shape->vertices > GK_CQL2_VERTICES_MAX - *vertices)
        return refuse(shape->position, "smaller or fewer geometries", error);
    *vertices += shape->vertices;
    if (source->to_lonlat != NULL)
        source->to_lonlat(source->context, shape->xy, shape->vertices);
    status = check_coordinates(shape, error);
    if (status != GK_OK)
        return status;
    shape->e7 = rounded(shape, arena);
    return shape->e7 == NULL ? no_memory(error) : GK_OK;
}
