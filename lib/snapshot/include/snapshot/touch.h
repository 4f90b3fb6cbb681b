/* Whether geometries touch: points, lines and polygons of a question against
 * shapes of a snapshot, or against each other. Exact on their corners, in integers
 * of the units of a CRS: 1e-7 degree, or centimetres of a plane, in which shapes are
 * looked at with straight edges between their points, as by gk_shapes_next_in_plane().
 * Pure, no allocation, any thread. */
#ifndef GK_SNAPSHOT_TOUCH_H
#define GK_SNAPSHOT_TOUCH_H

#include <stdbool.h>
#include <stdint.h>

#include "geo/plane.h"
#include "snapshot/snapshot.h"

/* One point, line or polygon: the paths [first, end) of its geometry. A point is a
 * path of one point; a polygon's paths are closed rings, shell first. */
struct gk_part {
    uint32_t first, end;
    bool is_area;
    struct gk_box_xy box;
};

/* A geometry as flat arrays: path p has the points path_start[p] up to
 * path_start[p + 1]. Owned by whoever made it. */
struct gk_geometry {
    struct gk_xy *points;
    uint32_t *path_start; /* path count + 1 */
    struct gk_part *part;
    uint32_t part_count;
    struct gk_box_xy box;
};

/* Sets the boxes of all parts and of the whole by their points. Every part must
 * have a path, and every path a point. */
void gk_geometry_measure(struct gk_geometry *geometry);

/* True when they have a point in common (boundaries belong to both). `*work` grows
 * by what it cost: one for each pair of edges whose boxes were looked at, more for
 * those that were compared exactly and for points that a plane computes. */
bool gk_geometry_touches(const struct gk_geometry *a, const struct gk_geometry *b, uint64_t *work);

/* As gk_geometry_touches(), with the shape at an index, in a plane (NULL: degrees).
 * An empty shape touches nothing. */
bool gk_geometry_touches_shape(const struct gk_geometry *geometry, const struct gk_plane *plane,
                               const struct gk_shapes *shapes, uint32_t shape, uint64_t *work);

/* As gk_geometry_touches(), with one point. */
bool gk_geometry_touches_point(const struct gk_geometry *geometry, struct gk_xy point,
                               uint64_t *work);

#endif
