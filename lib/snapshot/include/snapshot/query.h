/* Questions to a snapshot. Pure, no allocation unless said, any thread. */
#ifndef GK_SNAPSHOT_QUERY_H
#define GK_SNAPSHOT_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/status.h"
#include "geo/plane.h"
#include "snapshot/snapshot.h"

/* Index of the definition called `name`, -1 when there is none. */
int gk_snapshot_definition(const struct gk_snapshot *s, const char *name);

/* The last 12 closed months that the snapshot covers (fewer when it covers
 * fewer), as a period. */
struct gk_period gk_snapshot_default_period(const struct gk_snapshot *s);

/* The part of a period (already widened to months for a release) that the
 * snapshot covers, from its first month to its last day covered; false when
 * that is nothing (counts are then null). Open ends become the ends of what is
 * covered. */
bool gk_snapshot_clip_period(const struct gk_snapshot *s, struct gk_period *period);

/* Events in one cell in a clipped period under a definition: two binary
 * searches in a release, those and a pass over the rows between in a revision. */
int64_t gk_snapshot_cell_events(const struct gk_snapshot *s, uint32_t cell, struct gk_period period,
                                uint32_t definition);

/* As gk_snapshot_cell_events, summed over `count` cells. */
int64_t gk_snapshot_cells_events(const struct gk_snapshot *s, const uint32_t *cells, size_t count,
                                 struct gk_period period, uint32_t definition);

/* Dwellings of a cell, of all classes. */
int64_t gk_snapshot_cell_dwellings(const struct gk_snapshot *s, uint32_t cell);

/* Dwellings of a cell of the classes that a definition exposes: what a rate is
 * over. */
int64_t gk_snapshot_cell_dwellings_at_risk(const struct gk_snapshot *s, uint32_t cell,
                                           uint32_t definition);

/* Index of a cell by id, -1 when there is none (also one that was merged). */
int64_t gk_snapshot_find_cell(const struct gk_snapshot *s, int64_t id);

/* Row of an incident by id, -1 when there is none; a release has none at all. */
int64_t gk_snapshot_find_incident(const struct gk_snapshot *s, int64_t id);

/* Index of a watch area by id, -1 when there is none. */
int64_t gk_snapshot_find_watch_area(const struct gk_snapshot *s, int64_t id);

/* Index of a district of set number `set` by id, -1 when there is none. */
int64_t gk_snapshot_find_district(const struct gk_snapshot *s, uint32_t set, int64_t id);

/* The cell of a row, by binary search; cell_count for an unlocated one. */
uint32_t gk_snapshot_row_cell(const struct gk_snapshot *s, uint32_t row);

/* The set called `name`, -1 when there is none. */
int gk_snapshot_find_set(const struct gk_snapshot *s, const char *name, size_t length);

/* The next shape at or after `from` (and before `end`) that touches a box in
 * CRS84 (closed; exact on the shape, not on its bounding box); `end` for none.
 * Blocks of shapes outside the box are skipped, which pays for cells: they are in
 * Hilbert order. */
uint32_t gk_shapes_next_in_box(const struct gk_shapes *shapes, struct gk_box_e7 box, uint32_t from,
                               uint32_t end);

/* How many shapes in [from, end) touch a box. */
uint32_t gk_shapes_count_in_box(const struct gk_shapes *shapes, struct gk_box_e7 box, uint32_t from,
                                uint32_t end);

/* Where point number `i` of shapes lies: in a plane, NULL for degrees. */
static inline struct gk_xy gk_shapes_point(const struct gk_shapes *shapes,
                                           const struct gk_plane *plane, uint32_t i)
{
    if (plane == NULL)
        return (struct gk_xy){shapes->points[i].lon, shapes->points[i].lat};
    return gk_plane_at(plane, shapes->points_cm[i]);
}

/* As gk_shapes_point() of `count` points from number `first` on. */
static inline void gk_shapes_points(const struct gk_shapes *shapes, const struct gk_plane *plane,
                                    uint32_t first, uint32_t count, struct gk_xy *to)
{
    if (plane != NULL) {
        gk_plane_all(plane, shapes->points_cm + first, count, to);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        to[i] = (struct gk_xy){shapes->points[first + i].lon, shapes->points[first + i].lat};
}

/* As gk_shapes_next_in_box() with a box in a plane (NULL: degrees): shapes are
 * looked at there, with straight edges between their points, as PostGIS does
 * after ST_Transform(). */
uint32_t gk_shapes_next_in_plane(const struct gk_shapes *shapes, const struct gk_plane *plane,
                                 struct gk_box_xy box, uint32_t from, uint32_t end);

/* How many shapes in [from, end) touch such a box. */
uint32_t gk_shapes_count_in_plane(const struct gk_shapes *shapes, const struct gk_plane *plane,
                                  struct gk_box_xy box, uint32_t from, uint32_t end);

/* --- The municipality as a whole ------------------------------------------ */

struct gk_municipality_totals {
    int64_t count, unlocated;
    bool kinds_known; /* release: whole calendar years, and not withheld */
    int64_t kind_count[GK_KINDS];
    bool attempts_known; /* likewise; never without the kinds. Else both are 0 */
    int64_t completed, attempted;
};

/* Totals of the district (of set `kommun`) in a clipped period. */
void gk_snapshot_municipality(const struct gk_snapshot *s, uint32_t district,
                              struct gk_period period, uint32_t definition,
                              struct gk_municipality_totals *totals);

/* --- Squares ----------------------------------------------------------------- */

struct gk_grid_square {
    struct gk_square square; /* index at the asked size */
    int64_t dwellings;       /* all classes */
    int64_t dwellings_at_risk;
    double events; /* a cell's count goes to its squares by their dwellings at risk (all dwellings
                      where a cell has none at risk) */
};

/* The display grid: every square of `size_cm` (a multiple of the base) that has
 * dwellings, by (n, e). `*squares` is malloc'ed, to be freed by the caller.
 * GK_INVALID for a size that is not a multiple, GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_snapshot_grid(const struct gk_snapshot *s, int32_t size_cm,
                                           struct gk_period period, uint32_t definition,
                                           struct gk_grid_square **squares, size_t *count);

#endif
