/* Two parts touch when an edge of one touches an edge of the other or, without
 * that, when one lies inside the other; then any of its points does. */
#include "snapshot/touch.h"

#include "edges.h"

/* A part with the arrays that it is in. */
struct piece {
    const struct gk_lonlat_e7 *points;
    const uint32_t *start;
    uint32_t first, end;
    bool is_area;
    struct gk_box_e7 box;
};

static void widen(struct gk_box_e7 *box, struct gk_lonlat_e7 point)
{
    box->min.lon = point.lon < box->min.lon ? point.lon : box->min.lon;
    box->min.lat = point.lat < box->min.lat ? point.lat : box->min.lat;
    box->max.lon = point.lon > box->max.lon ? point.lon : box->max.lon;
    box->max.lat = point.lat > box->max.lat ? point.lat : box->max.lat;
}

void gk_geometry_measure(struct gk_geometry *geometry)
{
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        struct gk_part *part = &geometry->part[p];
        uint32_t first = geometry->path_start[part->first], end = geometry->path_start[part->end];
        part->box = (struct gk_box_e7){geometry->points[first], geometry->points[first]};
        for (uint32_t i = first + 1; i < end; i++)
            widen(&part->box, geometry->points[i]);
        if (p == 0)
            geometry->box = part->box;
        widen(&geometry->box, part->box.min);
        widen(&geometry->box, part->box.max);
    }
}

static struct gk_box_e7 edge_box(struct gk_lonlat_e7 a, struct gk_lonlat_e7 b)
{
    struct gk_box_e7 box = {a, a};
    widen(&box, b);
    return box;
}

/* The boxes of the edges touch already. An edge may be a single point. */
static bool edges_touch(struct gk_lonlat_e7 a, struct gk_lonlat_e7 b, struct gk_lonlat_e7 c,
                        struct gk_lonlat_e7 d)
{
    int c_side = gk_side(a, b, c), d_side = gk_side(a, b, d);
    int a_side = gk_side(c, d, a), b_side = gk_side(c, d, b);
    return c_side * d_side <= 0 && a_side * b_side <= 0;
}

/* The last point of an edge that begins at i: itself in a path of one point. */
static uint32_t edge_end(const struct piece *piece, uint32_t path, uint32_t i)
{
    return i + 1 < piece->start[path + 1] ? i + 1 : i;
}

/* How many edges begin in a path. */
static uint32_t edge_count(const struct piece *piece, uint32_t path)
{
    uint32_t points = piece->start[path + 1] - piece->start[path];
    return points > 1 ? points - 1 : points;
}

static bool edge_touches_piece(struct gk_lonlat_e7 a, struct gk_lonlat_e7 b,
                               const struct piece *piece)
{
    struct gk_box_e7 box = edge_box(a, b);
    for (uint32_t p = piece->first; p < piece->end; p++) {
        uint32_t first = piece->start[p], end = first + edge_count(piece, p);
        for (uint32_t i = first; i < end; i++) {
            struct gk_lonlat_e7 c = piece->points[i], d = piece->points[edge_end(piece, p, i)];
            struct gk_box_e7 other = edge_box(c, d);
            if (gk_boxes_touch(&box, &other) && edges_touch(a, b, c, d))
                return true;
        }
    }
    return false;
}

static bool any_edges_touch(const struct piece *a, const struct piece *b, uint64_t *work)
{
    uint32_t edges_of_b = b->start[b->end] - b->start[b->first];
    for (uint32_t p = a->first; p < a->end; p++) {
        uint32_t first = a->start[p], end = first + edge_count(a, p);
        *work += end - first;
        for (uint32_t i = first; i < end; i++) {
            struct gk_lonlat_e7 from = a->points[i], to = a->points[edge_end(a, p, i)];
            struct gk_box_e7 box = edge_box(from, to);
            if (!gk_boxes_touch(&box, &b->box))
                continue;
            *work += edges_of_b;
            if (edge_touches_piece(from, to, b))
                return true;
        }
    }
    return false;
}

static bool holds(const struct piece *area, struct gk_lonlat_e7 point)
{
    struct gk_box_e7 box = {point, point};
    return area->is_area && gk_boxes_touch(&area->box, &box) &&
           gk_rings_hold(area->points, area->start, area->first, area->end, point);
}

static bool pieces_touch(const struct piece *a, const struct piece *b, uint64_t *work)
{
    if (!gk_boxes_touch(&a->box, &b->box))
        return false;
    if (any_edges_touch(a, b, work))
        return true;
    *work += a->start[a->end] - a->start[a->first] + b->start[b->end] - b->start[b->first];
    return holds(a, b->points[b->start[b->first]]) || holds(b, a->points[a->start[a->first]]);
}

static struct piece piece_of(const struct gk_geometry *geometry, uint32_t p)
{
    const struct gk_part *part = &geometry->part[p];
    return (struct piece){geometry->points, geometry->path_start, part->first,
                          part->end,        part->is_area,        part->box};
}

static bool touches_piece(const struct gk_geometry *geometry, const struct piece *piece,
                          uint64_t *work)
{
    ++*work;
    if (geometry->part_count == 0 || !gk_boxes_touch(&geometry->box, &piece->box))
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
bool gk_geometry_touches_shape(const struct gk_geometry *geometry, const struct gk_shapes *shapes,
                               uint32_t shape, uint64_t *work)
{
    ++*work;
    if (!gk_boxes_touch(&geometry->box, &shapes->box[shape]))
        return false;
    for (uint32_t p = shapes->polygon_start[shape]; p < shapes->polygon_start[shape + 1]; p++) {
        struct piece piece = {
            shapes->points, shapes->point_start, shapes->ring_start[p], shapes->ring_start[p + 1],
            true,           shapes->box[shape]};
        if (touches_piece(geometry, &piece, work))
            return true;
    }
    return false;
}

bool gk_geometry_touches_point(const struct gk_geometry *geometry, struct gk_lonlat_e7 point,
                               uint64_t *work)
{
    static const uint32_t start[2] = {0, 1};
    struct piece piece = {&point, start, 0, 1, false, {point, point}};
    return touches_piece(geometry, &piece, work);
}
