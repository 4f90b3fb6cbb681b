/* Which shapes touch a box: exact, in integers, in the plane that the box is given
 * in. A box and a polygon with holes touch when an edge touches the box or,
 * without that, when the box lies inside; then any of its corners does. Most
 * shapes are told by boxes around them, so that few points are looked at. */
#include "snapshot/query.h"

/* What is searched. */
struct search {
    const struct gk_shapes *shapes;
    const struct gk_plane *plane; /* NULL: degrees */
    struct gk_box_xy box;
};

static bool boxes_touch(const struct gk_box_xy *a, const struct gk_box_xy *b)
{
    return a->min.x <= b->max.x && b->min.x <= a->max.x && a->min.y <= b->max.y &&
           b->min.y <= a->max.y;
}

static bool box_is_within(const struct gk_box_xy *inner, const struct gk_box_xy *outer)
{
    return outer->min.x <= inner->min.x && inner->max.x <= outer->max.x &&
           outer->min.y <= inner->min.y && inner->max.y <= outer->max.y;
}

static struct gk_box_xy box_around(const struct search *search, const struct gk_box_e7 *degrees,
                                   const struct gk_box_cm32 *cm)
{
    if (search->plane != NULL)
        return gk_plane_around(search->plane, *cm);
    return (struct gk_box_xy){{degrees->min.lon, degrees->min.lat},
                              {degrees->max.lon, degrees->max.lat}};
}

/* -1, 0, 1: p is right of, on, left of the line from a to b. A difference has 33
 * bits, so the products need more than 64. */
static int side(struct gk_xy a, struct gk_xy b, struct gk_xy p)
{
    __int128 left = (__int128)((int64_t)b.x - a.x) * ((int64_t)p.y - a.y);
    __int128 right = (__int128)((int64_t)b.y - a.y) * ((int64_t)p.x - a.x);
    return (left > right) - (left < right);
}

/* Separating axes: the two of the box, then the edge's own. */
static bool edge_touches(struct gk_xy a, struct gk_xy b, const struct gk_box_xy *box)
{
    if ((a.x < box->min.x && b.x < box->min.x) || (a.x > box->max.x && b.x > box->max.x) ||
        (a.y < box->min.y && b.y < box->min.y) || (a.y > box->max.y && b.y > box->max.y))
        return false;
    int first = side(a, b, box->min);
    return first == 0 || side(a, b, box->max) != first ||
           side(a, b, (struct gk_xy){box->min.x, box->max.y}) != first ||
           side(a, b, (struct gk_xy){box->max.x, box->min.y}) != first;
}

static bool ring_touches(const struct search *search, uint32_t ring)
{
    uint32_t i = search->shapes->point_start[ring], end = search->shapes->point_start[ring + 1];
    if (i == end)
        return false;
    struct gk_xy a = gk_shapes_point(search->shapes, search->plane, i);
    for (i++; i < end; i++) {
        struct gk_xy b = gk_shapes_point(search->shapes, search->plane, i);
        if (edge_touches(a, b, &search->box))
            return true;
        a = b;
    }
    return false;
}

/* Whether a point that is on no edge is inside, by the edges of one ring: called for
 * all rings of a shape, an odd number of `true` says inside. */
static bool ring_crosses(const struct search *search, uint32_t ring, struct gk_xy point)
{
    bool is_odd = false;
    uint32_t i = search->shapes->point_start[ring], end = search->shapes->point_start[ring + 1];
    if (i == end)
        return false;
    struct gk_xy a = gk_shapes_point(search->shapes, search->plane, i);
    for (i++; i < end; i++) {
        struct gk_xy b = gk_shapes_point(search->shapes, search->plane, i);
        /* The edge crosses the height of the point: to its right? */
        if ((a.y > point.y) != (b.y > point.y) && (side(a, b, point) > 0) == (b.y > a.y))
            is_odd = !is_odd;
        a = b;
    }
    return is_odd;
}

static bool is_empty(const struct gk_shapes *shapes, uint32_t shape)
{
    return shapes->polygon_start[shape] == shapes->polygon_start[shape + 1];
}

static bool shape_touches(const struct search *search, uint32_t shape)
{
    const struct gk_shapes *shapes = search->shapes;
    if (is_empty(shapes, shape))
        return false;
    struct gk_box_xy around = box_around(search, &shapes->box[shape], &shapes->box_cm[shape]);
    if (!boxes_touch(&around, &search->box))
        return false;
    if (box_is_within(&around, &search->box))
        return true;
    uint32_t first = shapes->ring_start[shapes->polygon_start[shape]];
    uint32_t end = shapes->ring_start[shapes->polygon_start[shape + 1]];
    for (uint32_t r = first; r < end; r++)
        if (ring_touches(search, r))
            return true;
    bool is_inside = false;
    for (uint32_t r = first; r < end; r++)
        is_inside ^= ring_crosses(search, r, search->box.min);
    return is_inside;
}

/* The box around a block that `i` is in; *stop is where the block ends. */
static struct gk_box_xy block_around(const struct search *search, uint32_t i, uint32_t end,
                                     uint32_t *stop)
{
    uint32_t block = i / GK_SHAPES_BLOCK, left_in_block = GK_SHAPES_BLOCK - i % GK_SHAPES_BLOCK;
    *stop = left_in_block < end - i ? i + left_in_block : end;
    return box_around(search, &search->shapes->block_box[block],
                      &search->shapes->block_box_cm[block]);
}

uint32_t gk_shapes_next_in_plane(const struct gk_shapes *shapes, const struct gk_plane *plane,
                                 struct gk_box_xy box, uint32_t from, uint32_t end)
{
    const struct search search = {shapes, plane, box};
    if (end > shapes->count)
        end = shapes->count;
    /* A neighbour of the last one found: often, and cheaper than its block. */
    if (from < end && shape_touches(&search, from))
        return from;
    for (uint32_t i = from + 1, stop; i < end; i = stop) {
        struct gk_box_xy around = block_around(&search, i, end, &stop);
        if (!boxes_touch(&around, &box))
            continue;
        for (; i < stop; i++)
            if (shape_touches(&search, i))
                return i;
    }
    return end;
}

uint32_t gk_shapes_count_in_plane(const struct gk_shapes *shapes, const struct gk_plane *plane,
                                  struct gk_box_xy box, uint32_t from, uint32_t end)
{
    const struct search search = {shapes, plane, box};
    uint32_t count = 0;
    if (end > shapes->count)
        end = shapes->count;
    for (uint32_t i = from, stop; i < end; i = stop) {
        struct gk_box_xy around = block_around(&search, i, end, &stop);
        bool is_within = box_is_within(&around, &box);
        if (!is_within && !boxes_touch(&around, &box))
            continue;
        for (; i < stop; i++)
            count += is_within ? !is_empty(shapes, i) : shape_touches(&search, i);
    }
    return count;
}

static struct gk_box_xy in_degrees(struct gk_box_e7 box)
{
    return (struct gk_box_xy){{box.min.lon, box.min.lat}, {box.max.lon, box.max.lat}};
}

uint32_t gk_shapes_next_in_box(const struct gk_shapes *shapes, struct gk_box_e7 box, uint32_t from,
                               uint32_t end)
{
    return gk_shapes_next_in_plane(shapes, NULL, in_degrees(box), from, end);
}

uint32_t gk_shapes_count_in_box(const struct gk_shapes *shapes, struct gk_box_e7 box, uint32_t from,
                                uint32_t end)
{
    return gk_shapes_count_in_plane(shapes, NULL, in_degrees(box), from, end);
}
