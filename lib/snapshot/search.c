/* Which shapes touch a box: exact, in integers. A box and a polygon with holes
 * touch when an edge touches the box or, without that, when the box lies inside;
 * then any of its corners does. */
#include "edges.h"
#include "snapshot/query.h"

static bool box_is_within(const struct gk_box_e7 *inner, const struct gk_box_e7 *outer)
{
    return outer->min.lon <= inner->min.lon && inner->max.lon <= outer->max.lon &&
           outer->min.lat <= inner->min.lat && inner->max.lat <= outer->max.lat;
}

/* Separating axes: the two of the box, then the edge's own. */
static bool edge_touches(struct gk_lonlat_e7 a, struct gk_lonlat_e7 b, const struct gk_box_e7 *box)
{
    if ((a.lon < box->min.lon && b.lon < box->min.lon) ||
        (a.lon > box->max.lon && b.lon > box->max.lon) ||
        (a.lat < box->min.lat && b.lat < box->min.lat) ||
        (a.lat > box->max.lat && b.lat > box->max.lat))
        return false;
    int first = gk_side(a, b, box->min);
    return first == 0 || gk_side(a, b, box->max) != first ||
           gk_side(a, b, (struct gk_lonlat_e7){box->min.lon, box->max.lat}) != first ||
           gk_side(a, b, (struct gk_lonlat_e7){box->max.lon, box->min.lat}) != first;
}

static bool shape_touches(const struct gk_shapes *shapes, uint32_t shape,
                          const struct gk_box_e7 *box)
{
    if (!gk_boxes_touch(&shapes->box[shape], box))
        return false;
    if (box_is_within(&shapes->box[shape], box))
        return true;
    uint32_t first = shapes->ring_start[shapes->polygon_start[shape]];
    uint32_t end = shapes->ring_start[shapes->polygon_start[shape + 1]];
    for (uint32_t r = first; r < end; r++)
        for (uint32_t i = shapes->point_start[r]; i + 1 < shapes->point_start[r + 1]; i++)
            if (edge_touches(shapes->points[i], shapes->points[i + 1], box))
                return true;
    return gk_rings_hold(shapes->points, shapes->point_start, first, end, box->min);
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
        if (gk_boxes_touch(&shapes->block_box[block], &box)) {
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
