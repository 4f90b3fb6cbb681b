/* Putting a snapshot together in memory: for the loaders and for tests. Nobody
 * else makes one, and nothing here is called on a snapshot that is in use. */
#ifndef GK_SNAPSHOT_BUILD_H
#define GK_SNAPSHOT_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "geo/crs.h"
#include "geo/types.h"
#include "snapshot/snapshot.h"

/* A snapshot under construction. Arrays come from `arena` and texts go into
 * `text`; both belong to the snapshot and are freed with it. */
struct gk_build {
    struct gk_snapshot *snapshot;
    struct gk_arena *arena;
    struct gk_buf *text;
};

/* An empty snapshot that may take `maximum_bytes` (texts as much again, at most
 * 4 GiB). Also after a failure further on, gk_snapshot_free(build->snapshot). */
GK_CHECKED enum gk_status gk_build_init(struct gk_build *build, enum gk_snapshot_kind kind,
                                        size_t maximum_bytes);

/* Keeps a text; a failure shows in gk_build_seal(). */
struct gk_span gk_build_text(struct gk_build *build, const char *text, size_t length);

/* A NUL-terminated copy that lives as long as the snapshot, or NULL. */
const char *gk_build_string(struct gk_build *build, const char *text);

/* Fills `shapes` from `count` polygons in EPSG:3006, taken to CRS84 in batches:
 * points, boxes, blocks and GeoJSON. GK_INVALID when a point cannot be
 * transformed, GK_TOO_LARGE, GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_build_shapes(struct gk_build *build, struct gk_shapes *shapes,
                                          const struct gk_polygons *polygons, uint32_t count,
                                          struct gk_transform *to_lonlat);

/* Boxes and blocks of shapes whose points are there. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_build_boxes(struct gk_build *build, struct gk_shapes *shapes);

#define GK_UNLOCATED UINT32_MAX

/* One thing that happened; a release needs only the first three members. */
struct gk_event {
    uint32_t cell; /* index; GK_UNLOCATED */
    int32_t hour;
    int32_t events;
    uint8_t code;
    int32_t from, to, reported;
    int32_t municipality; /* district index of an unlocated one, -1 */
    int64_t id;
};

/* Makes the columns of rows from `count` events, which are sorted by id (equal
 * ones in a release). Needs cell_count. GK_INVALID for a cell that is not there,
 * an unlocated one in a release or ids out of order. */
GK_CHECKED enum gk_status gk_build_rows(struct gk_build *build, const struct gk_event *events,
                                        uint32_t count);

/* One value that an item has, such as a cell of a district. */
struct gk_pair {
    uint32_t item, value;
};

/* Compressed sparse rows from `count` pairs (item, value) in any order; values
 * of an item come out ascending. GK_INVALID for an item that is not there. */
GK_CHECKED enum gk_status gk_build_pairs(struct gk_build *build, struct gk_rows *rows,
                                         uint32_t item_count, struct gk_pair *pairs, size_t count);

/* Fills snapshot->tiles from everything else, for gk_build_seal(). GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_build_tiles(struct gk_build *build);

/* Indexes cells by id and for tiles, and ties the texts in; the last step. GK_TOO_LARGE or
 * GK_NO_MEMORY when a text did not fit, GK_INVALID when two cells have one id. */
GK_CHECKED enum gk_status gk_build_seal(struct gk_build *build);

/* Memory that a snapshot takes. */
size_t gk_snapshot_bytes(const struct gk_snapshot *snapshot);

/* Keeps a number of the holder's with a snapshot: where it has it. Before readers
 * see the snapshot, never after. */
void gk_snapshot_set_slot(struct gk_snapshot *snapshot, uint32_t slot);

/* That number. */
uint32_t gk_snapshot_slot(const struct gk_snapshot *snapshot);

#endif
