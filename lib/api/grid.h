/* Squares for display: their values and their outlines in CRS84, kept for a few
 * (snapshot, size, period, definition), because making them costs a pass over
 * every dwelling square and a transform of every corner. */
#ifndef GK_API_GRID_H
#define GK_API_GRID_H

#include <stdint.h>

#include "base/status.h"
#include "snapshot/query.h"
#include "snapshot/snapshot.h"

struct gk_grid_cache;

/* What a grid was made from. */
struct gk_grid_key {
    enum gk_snapshot_kind kind;
    int32_t number, places;
    int64_t made_utc; /* a restored database may use a number again */
    int32_t size_m;
    bool is_covered; /* false: no counts, period is not looked at */
    struct gk_period period;
    uint32_t definition;
};

/* Immutable once it is given out. */
struct gk_grid {
    struct gk_grid_key key;
    int references;                /* under the cache's lock */
    struct gk_grid_square *square; /* by (n, e) */
    size_t count;
    struct gk_shapes shapes; /* same order */
    char *text;              /* of shapes.geojson */
};

/* An empty cache with its transform. What PROJ said, GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_grid_cache_create(struct gk_grid_cache **cache,
                                               struct gk_error *error);

/* NULL is allowed; no grid may be in use. */
void gk_grid_cache_free(struct gk_grid_cache *cache);

/* The grid of a key on its snapshot, made if need be; give it back with
 * gk_grid_release(). Any thread. GK_INVALID for a size that is no multiple of
 * the base squares, GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_grid_acquire(struct gk_grid **grid, struct gk_grid_cache *cache,
                                          const struct gk_snapshot *snapshot,
                                          struct gk_grid_key key, struct gk_error *error);

/* NULL is allowed. */
void gk_grid_release(struct gk_grid_cache *cache, struct gk_grid *grid);

#endif
