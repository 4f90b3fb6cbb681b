/* Writing a vector tile of one layer (Mapbox Vector Tile 2.1).
 *
 *     gk_mvt_create(&mvt);                     once a worker
 *     gk_mvt_begin(mvt, "cells", maximum);     once a tile
 *     key = gk_mvt_key(mvt, "count");
 *     gk_mvt_tag(mvt, key, gk_mvt_integer(mvt, 7));       the feature's properties,
 *     gk_mvt_point(mvt, p) or gk_mvt_polygons(mvt, rings); its geometry,
 *     gk_mvt_feature(mvt, id);                            and the feature
 *     gk_mvt_end(mvt, &buf);
 *
 * Values that are equal and of one kind are written once. Failures (no memory,
 * larger than the maximum) show at the end. */
#ifndef GK_GEO_MVT_H
#define GK_GEO_MVT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "geo/clip.h"

struct gk_mvt;

/* A writer with memory of its own, for one thread at a time. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_mvt_create(struct gk_mvt **mvt);

/* NULL is allowed. */
void gk_mvt_free(struct gk_mvt *mvt);

/* Begins a tile whose layer may take about `maximum_bytes`. */
void gk_mvt_begin(struct gk_mvt *mvt, const char *layer, size_t maximum_bytes);

/* The number of a property's name; each name only once. */
uint32_t gk_mvt_key(struct gk_mvt *mvt, const char *name);

/* The number of a whole number as a value. */
uint32_t gk_mvt_integer(struct gk_mvt *mvt, int64_t value);

/* The number of a fraction as a value, also of one that is whole. */
uint32_t gk_mvt_double(struct gk_mvt *mvt, double value);

/* The number of a truth value. */
uint32_t gk_mvt_bool(struct gk_mvt *mvt, bool value);

/* The number of `length` bytes of UTF-8 as a value. */
uint32_t gk_mvt_text(struct gk_mvt *mvt, const char *text, size_t length);

/* Gives the next feature a property. */
void gk_mvt_tag(struct gk_mvt *mvt, uint32_t key, uint32_t value);

/* From here on every feature has the tags that were given since the last one,
 * before its own. */
void gk_mvt_keep_tags(struct gk_mvt *mvt);

/* The next feature is a point. */
void gk_mvt_point(struct gk_mvt *mvt, struct gk_grid_point point);

/* The next feature is polygons, as gk_clip_end() gives them. */
void gk_mvt_polygons(struct gk_mvt *mvt, const struct gk_clipped *rings);

/* Ends a feature: tags and geometry go with it. */
void gk_mvt_feature(struct gk_mvt *mvt, uint64_t id);

/* How many features there are. */
uint32_t gk_mvt_count(const struct gk_mvt *mvt);

/* Appends the tile; nothing for one without features, which is a tile too.
 * GK_TOO_LARGE, GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_mvt_end(struct gk_mvt *mvt, struct gk_buf *buf);

#endif
