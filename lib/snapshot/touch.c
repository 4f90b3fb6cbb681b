/* Two parts touch when an edge of one touches an edge of the other or, without
 * that, when one lies inside the other; then any of its points does. */
#include "snapshot/touch.h"

#include "snapshot/query.h"

/* A part: points of a geometry, or of shapes in a plane. */
struct piece {
    const struct gk_xy *points; /* NULL: those of shapes */
    const struct gk_shapes *shapes;
    const struct gk_plane *plane;
    const uint32_t *start;
    uint32_t first, end;
    bool is_area;
    struct gk_box_xy box;
};

static struct gk_xy point_at(const struct piece *piece, uint32_t i)
{
    return piece->points != NULL ? piece->points[i]
                                 : gk_shapes_point(piece->shapes, piece->plane, i);
}

/* Work is counted in looks at a pair of boxes, some 2.5 ns; the rest is weighed by what
 * it takes beside them, so that a bound on work is one on time. */
enum { WORK_OF_EDGES = 4, WORK_OF_POINT_IN_PLANE = 24, CORNERS = 4 };

/* Of getting one point of a piece. */
static uint64_t work_of_point(const struct piece *piece)
{
    return piece->plane == NULL || gk_plane_is_own(piece->plane) ? 1 : WORK_OF_POINT_IN_PLANE;
}

/* --- Boxes ------------------------------------------------------------------------- */

static bool boxes_touch(const struct gk_box_xy *a, const struct gk_box_xy *b)
{
    return a->min.x <= b->max.x && b->min.x <= a->max.x && a->min.y <= b->max.y &&
           b->min.y <= a->max.y;
}

static void widen(struct gk_box_xy *box, struct gk_xy point)
{
    box->min.x = point.x < box->min.x ? point.x : box->min.x;
    box->min.y = point.y < box->min.y ? point.y : box->min.y;
    box->max.x = point.x > box->max.x ? point.x : box->max.x;
    box->max.y = point.y > box->max.y ? point.y : box->max.y;
}

void gk_geometry_measure(struct gk_geometry *geometry)
{
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        struct gk_part *part = &geometry->part[p];
        uint32_t first = geometry->path_start[part->first], end = geometry->path_start[part->end];
        part->box = (struct gk_box_xy){geometry->points[first], geometry->points[first]};
        for (uint32_t i = first + 1; i < end; i++)
            widen(&part->box, geometry->points[i]);
        if (p == 0)
            geometry->box = part->box;
        widen(&geometry->box, part->box.min);
        widen(&geometry->box, part->box.max);
    }
}

static struct gk_box_xy edge_box(struct gk_xy a, struct gk_xy b)
{
    struct gk_box_xy box = {a, a};
    widen(&box, b);
    return box;
}

/* --- Edges -------------------------------------------------------------------------- */

/* -1, 0, 1: p is right of, on, left of the line from a to b. A difference has 33
 * bits, so the products need more than 64. */
static int side(struct gk_xy a, struct gk_xy b, struct gk_xy p)
{
    __int128 left = (__int128)((int64_t)b.x - a.x) * ((int64_t)p.y - a.y);
    __int128 right = (__int128)((int64_t)b.y - a.y) * ((int64_t)p.x - a.x);
    return (left > right) - (left < right);
}

/* The boxes of the edges touch already. An edge may be a single point. */
static bool edges_touch(struct gk_xy a, struct gk_xy b, struct gk_xy c, struct gk_xy d)
{
    return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
}

/* How many edges begin in a path; a path of one point is an edge to itself. */
static uint32_t edge_count(const struct piece *piece, uint32_t path)
{
    uint32_t points = piece->start[path + 1] - piece->start[path];
    return points > 1 ? points - 1 : points;
}

/* The last point of the edge that begins at i. */
static struct gk_xy edge_end(const struct piece *piece, uint32_t path, uint32_t i)
{
    return point_at(piece, i + 1 < piece->start[path + 1] ? i + 1 : i);
}

static bool edge_touches_piece(struct gk_xy a, struct gk_xy b, const struct piece *piece,
                               uint64_t *work)
{
    struct gk_box_xy box = edge_box(a, b);
    for (uint32_t p = piece->first; p < piece->end; p++) {
        uint32_t first = piece->start[p], end = first + edge_count(piece, p);
        for (uint32_t i = first; i < end; i++) {
            struct gk_xy c = point_at(piece, i), d = edge_end(piece, p, i);
            struct gk_box_xy other = edge_box(c, d);
            if (!boxes_touch(&box, &other))
                continue;
            *work += WORK_OF_EDGES;
            if (edges_touch(a, b, c, d))
                return true;
        }
    }
    return false;
}

static uint32_t point_count(const struct piece *piece)
{
    return piece->start[piece->end] - piece->start[piece->first];
}

/* Most edges of `a` are told by the box of the other. Points of shapes in a plane are
 * computed: those of `a` once each, those of `b` for every edge of `a`. */
static bool any_edges_touch(const struct piece *a, const struct piece *b, uint64_t *work)
{
    uint32_t edges_of_b = point_count(b);
    for (uint32_t p = a->first; p < a->end; p++) {
        uint32_t first = a->start[p], end = first + edge_count(a, p);
        if (first == end)
            continue;
        struct gk_xy from = point_at(a, first);
        *work += (end - first) * work_of_point(a);
        for (uint32_t i = first; i < end; i++) {
            struct gk_xy to = edge_end(a, p, i);
            struct gk_box_xy box = edge_box(from, to);
            if (boxes_touch(&box, &b->box)) {
                *work += edges_of_b;
                if (edge_touches_piece(from, to, b, work))
                    return true;
            }
            from = to;
        }
    }
    return false;
}

/* --- Inside -------------------------------------------------------------------------- */

/* Even-odd over the rings of an area; `point` is on no edge. */
static bool holds(const struct piece *area, struct gk_xy point)
{
    struct gk_box_xy box = {point, point};
    bool inside = false;
    if (!area->is_area || !boxes_touch(&area->box, &box))
        return false;
    for (uint32_t r = area->first; r < area->end; r++) {
        if (area->start[r] == area->start[r + 1])
            continue;
        struct gk_xy a = point_at(area, area->start[r]);
        for (uint32_t i = area->start[r] + 1; i < area->start[r + 1]; i++) {
            struct gk_xy b = point_at(area, i);
            /* The edge crosses the height of the point: to its right? */
            if ((a.y > point.y) != (b.y > point.y) && (side(a, b, point) > 0) == (b.y > a.y))
                inside = !inside;
            a = b;
        }
    }
    return inside;
}

static bool pieces_touch(const struct piece *a, const struct piece *b, uint64_t *work)
{
    if (!boxes_touch(&a->box, &b->box))
        return false;
    /* The larger one goes first, unless the other's points would be computed again. */
    bool is_first = work_of_point(a) > 1 || point_count(a) >= point_count(b);
    if (any_edges_touch(is_first ? a : b, is_first ? b : a, work))
        return true;
    *work += point_count(a) * work_of_point(a) + point_count(b) * work_of_point(b);
    return holds(a, point_at(b, b->start[b->first])) || holds(b, point_at(a, a->start[a->first]));
}

/* --- Geometries ------------------------------------------------------------------------ */

static struct piece piece_of(const struct gk_geometry *geometry, uint32_t p)
{
    const struct gk_part *part = &geometry->part[p];
    return (struct piece){.points = geometry->points,
                          .start = geometry->path_start,
                          .first = part->first,
                          .end = part->end,
                          .is_area = part->is_area,
                          .box = part->box};
}

static bool touches_piece(const struct gk_geometry *geometry, const struct piece *piece,
                          uint64_t *work)
{
    ++*work;
    if (geometry->part_count == 0 || !boxes_touch(&geometry->box, &piece->box))
        return false;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        struct piece own = piece_of(geometry, p);
        ++*work;
        if (pieces_touch(piece, &own, work))
            return true;
    }
    return false;
}

bool gk_geometry_touches(const struct gk_geometry *a, const struct gk_geometry *b, uint64_t *work)
{
    for (uint32_t p = 0; p < b->part_count; p++) {
        struct piece piece = piece_of(b, p);
        if (touches_piece(a, &piece, work))
            return true;
    }
    return false;
}

/* A shape's polygons share its box: it is what there is. Their own are smaller, so
 * that nothing is missed. */
bool gk_geometry_touches_shape(const struct gk_geometry *geometry, const struct gk_plane *plane,
                               const struct gk_shapes *shapes, uint32_t shape, uint64_t *work)
{
    struct gk_box_xy box =
        plane != NULL
            ? gk_plane_around(plane, shapes->box_cm[shape])
            : (struct gk_box_xy){{shapes->box[shape].min.lon, shapes->box[shape].min.lat},
                                 {shapes->box[shape].max.lon, shapes->box[shape].max.lat}};
    *work += plane == NULL || gk_plane_is_own(plane) ? 1 : CORNERS * WORK_OF_POINT_IN_PLANE;
    if (!boxes_touch(&geometry->box, &box))
        return false;
    for (uint32_t p = shapes->polygon_start[shape]; p < shapes->polygon_start[shape + 1]; p++) {
        struct piece piece = {.shapes = shapes,
                              .plane = plane,
                              .start = shapes->point_start,
                              .first = shapes->ring_start[p],
                              .end = shapes->ring_start[p + 1],
                              .is_area = true,
                              .box = box};
        if (touches_piece(geometry, &piece, work))
            return true;
    }
    return false;
}

bool gk_geometry_touches_point(const struct gk_geometry *geometry, struct gk_xy point,
                               uint64_t *work)
{
    static const uint32_t start[2] = {0, 1};
    struct piece piece = {.points = &point, .start = start, .end = 1, .box = {point, point}};
    return touches_piece(geometry, &piece, work);
}
