/* Vector tiles inside lib/api: their parameters, their range, their content. */
#ifndef GK_API_TILE_H
#define GK_API_TILE_H

#include "geo/mercator.h"
#include "view.h"

#define GK_MVT_TYPE "application/vnd.mapbox-vector-tile"
#define GK_TILEJSON_TYPE "application/vnd.mapbox.tile+json"
#define GK_TILE_SET "WebMercatorQuad"
#define GK_TILE_SET_URI "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"

/* Beyond it a tile shows nothing that a larger one does not: clients may enlarge
 * these. Tiles go on to GK_TILE_ZOOM_MAX. */
enum { GK_TILE_ZOOM_ENOUGH = 16 };

/* Where an aggregate's id begins: above every cell's, below 2^53. */
#define GK_AGGREGATE_ID (INT64_C(1) << 50)

/* --- Workers: what makes tiles ------------------------------------------------- */

struct gk_tile_makers;

/* The table of the projection and the writers that are not in use. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_tile_makers_create(struct gk_tile_makers **makers);

/* NULL is allowed; none may be in use. */
void gk_tile_makers_free(struct gk_tile_makers *makers);

/* --- Content --------------------------------------------------------------------- */

/* The first zoom at which tiles of the view's collection can hold their features
 * in the bytes that they may have; above GK_TILE_ZOOM_MAX there is none. */
uint32_t gk_tile_zoom_min(const struct gk_view *view);

/* From which zoom on features are those of /items; before it they are sums. */
uint32_t gk_tile_zoom_of_features(const struct gk_view *view);

/* The tile at a zoom that a position is in. */
struct gk_tile gk_tile_at(const struct gk_view *view, struct gk_lonlat_e7 position, uint32_t zoom);

/* The columns that tiles have, those of sums included. */
void gk_tile_columns(const struct gk_view *view, struct gk_columns *columns);

/* Appends the tile, of an applied view that is not open yet: opens it. GK_NO_MEMORY,
 * GK_TOO_LARGE, what opening the layer says. */
GK_CHECKED enum gk_status gk_view_put_tile(struct gk_view *view, struct gk_tile tile,
                                           struct gk_buf *buf, struct gk_error *error);

/* --- Parameters --------------------------------------------------------------------- */

/* The parameters of tiles of a collection: of /items those that say what a
 * feature's numbers are, not those that choose features. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_tile_table_make(const struct gk_view *view,
                                             const struct gk_collection *collection,
                                             struct gk_query_table *table);

/* Finds the collection, reads the parameters and applies them. */
GK_CHECKED enum gk_status gk_tile_read(struct gk_view *view, struct gk_error *error);

/* Reads a tile from texts of the path; false when there is none such in the set. */
bool gk_tile_parse(struct gk_tile *tile, struct gk_text z, struct gk_text y, struct gk_text x);

/* --- Resources ------------------------------------------------------------------------ */

gk_handler gk_resource_tile, gk_resource_tilesets, gk_resource_tileset, gk_resource_tile_sets,
    gk_resource_tile_set;

/* TileJSON of the view's collection, applied. */
void gk_put_tilejson(struct gk_view *view, struct gk_buf *buf);

/* The template of addresses of tiles, with the request's parameters; `z`, `y` and
 * `x` as the variables are to be called. Arena. */
const char *gk_tile_template(const struct gk_view *view, const char *z, const char *y,
                             const char *x);

#endif
