/* Which shapes touch a box: exact, in integers. A box and a polygon with holes
 * touch when an edge touches the box or, without that, when the box lies inside;
 * then any of its corners does. */
#include "snapshot/query.h"

static bool boxes_touch(const struct gk_box_e7 *a, const struct gk_box_e7 *b)
{
    return a->min.lon <= b->max.lon && b->min.lon <= a->max.lon && a->min.lat <= b->max.lat &&
           b->min.lat <= a->max.lat;
}

static bool box_is_within(const struct gk_box_e7 *inner, const struct gk_box_e7 *outer)
{
    return outer->min.lon <= inner->min.lon && inner->max.lon <= outer->max.lon &&
           outer->min.lat <= inner->min.lat && inner->max.lat <= outer->max.lat;
}

/* -1, 0, 1: p is right of, on, left of the line from a to b. A difference has 33
 * bits, so the products need more than 64. */
static int side(struct gk_lonlat_e7 a, struct gk_lonlat_e7 b, struct gk_lonlat_e7 p)
{
    __int128 left = (__int128)((int64_t)b.lon - a.lon) * ((int64_t)p.lat - a.lat);
    __int128 right = (__int128)((int64_t)b.lat - a.lat) * ((int64_t)p.lon - a.lon);
    return (left > right) - (left < right);
}

/* Separating axes: the two of the box, then the edge's own. */
static bool edge_touches(struct gk_lonlat_e7 a, struct gk_lonlat_e7 b, const struct gk_box_e7 *box)
{
    if ((a.lon < box->min.lon && b.lon < box->min.lon) ||
        (a.lon > box->max.lon && b.lon > box->max.lon) ||
        (a.lat < box->min.lat && b.lat < box->min.lat) ||
        (a.lat > box->max.lat && b.lat > box->max.lat))
        return false;
    int first = side(a, b, box->min);
    return first == 0 || side(a, b, box->max) != first ||
           side(a, b, (struct gk_lonlat_e7){box->min.lon, box->max.lat}) != first ||
           side(a, b, (struct gk_lonlat_e7){box->max.lon, box->min.lat}) != first;
}

/* Even-odd over all rings; `point` is on no edge. */
static bool is_inside(const struct gk_shapes *shapes, uint32_t first_ring, uint32_t end_ring,
                      struct gk_lonlat_e7 point)
{
    bool inside = false;
    for (uint32_t r = first_ring; r < end_ring; r++)
        for (uint32_t i = shapes->point_start[r]; i + 1 < shapes->point_start[r + 1]; i++) {
            struct gk_lonlat_e7 a = shapes->points[i], b = shapes->points[i + 1];
            if ((a.lat > point.lat) == (b.lat > point.lat))
                continue;
            /* The edge crosses the height of the point: to its right? */
            if ((side(a, b, point) > 0) == (b.lat > a.lat))
                inside = !inside;
        }
    return inside;
}

static bool shape_touches(const struct gk_shapes *shapes, uint32_t shape,
                          const struct gk_box_e7 *box)
{
    if (!boxes_touch(&shapes->box[shape], box))
        return false;
    if (box_is_within(&shapes->box[shape], box))
        return true;
    uint32_t first = shapes->ring_start[shapes->polygon_start[shape]];
    uint32_t end = shapes->ring_start[shapes->polygon_start[shape + 1]];
    for (uint32_t r = first; r < end; r++)
        for (uint32_t i = shapes->point_start[r]; i + 1 < shapes->point_start[r + 1]; i++)
            if (edge_touches(shapes->points[i], shapes->points[i + 1], box))
                return true;
    return is_inside(shapes, first, end, box->min);
}

uint32_t gk_shapes_next_in_box(const struct gk_shapes *shapes, struct gk_box_e7 box, uint32_t from,
                               uint32_t end)
{
    if (end > shapes->count)
        end = shapes->count;
    for (uint32_t i = from; i < end;) {
        uint32_t block = i / GK_SHAPES_BLOCK;
        uint32_t left_in_block = GK_SHAPES_BLOCK - i % GK_SHAPES_BLOCK;
        uint32_t stop = left_in_block < end - i ? i + left_in_block : end;
        if (boxes_touch(&shapes->block_box[block], &box)) {
            for (; i < stop; i++)
                if (shape_touches(shapes, i, &box))
                    return i;
        }
        i = stop;
    }
    return end;
}

uint32_t gk_shapes_count_in_box(const struct gk_shapes *shapes, struct gk_box_e7 box, uint32_t from,
                                uint32_t end)
{
    if (end > shapes->count)
        end = shapes->count;
    uint32_t count = 0;
    for (uint32_t i = gk_shapes_next_in_box(shapes, box, from, end); i < end;
         i = gk_shapes_next_in_box(shapes, box, i + 1, end))
        count++;
    return count;
}
