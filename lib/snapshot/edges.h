/* The integer arithmetic of edges and boxes that exact tests on shapes share. */
#ifndef GK_SNAPSHOT_EDGES_H
#define GK_SNAPSHOT_EDGES_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/snapshot.h"

static inline bool gk_boxes_touch(const struct gk_box_e7 *a, const struct gk_box_e7 *b)
{
    return a->min.lon <= b->max.lon && b->min.lon <= a->max.lon && a->min.lat <= b->max.lat &&
           b->min.lat <= a->max.lat;
}

/* -1, 0, 1: p is right of, on, left of the line from a to b. A difference has 33
 * bits, so the products need more than 64. */
static inline int gk_side(struct gk_lonlat_e7 a, struct gk_lonlat_e7 b, struct gk_lonlat_e7 p)
{
    __int128 left = (__int128)((int64_t)b.lon - a.lon) * ((int64_t)p.lat - a.lat);
    __int128 right = (__int128)((int64_t)b.lat - a.lat) * ((int64_t)p.lon - a.lon);
    return (left > right) - (left < right);
}

/* Even-odd over the rings [first, end) of points; `point` is on no edge. */
static inline bool gk_rings_hold(const struct gk_lonlat_e7 *points, const uint32_t *start,
                                 uint32_t first, uint32_t end, struct gk_lonlat_e7 point)
{
    bool inside = false;
    for (uint32_t r = first; r < end; r++)
        for (uint32_t i = start[r]; i + 1 < start[r + 1]; i++) {
            struct gk_lonlat_e7 a = points[i], b = points[i + 1];
            if ((a.lat > point.lat) == (b.lat > point.lat))
                continue;
            /* The edge crosses the height of the point: to its right? */
            if ((gk_side(a, b, point) > 0) == (b.lat > a.lat))
                inside = !inside;
        }
    return inside;
}

#endif
