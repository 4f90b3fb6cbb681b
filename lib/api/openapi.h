/* The parts of the definition of the interface that are files of their own. Each
 * appends members of `paths`. */
#ifndef GK_API_OPENAPI_H
#define GK_API_OPENAPI_H

#include "base/json.h"
#include "view.h"

/* Tilesets, a tileset and tiles of a collection. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_openapi_put_tiles(struct gk_json *json, const struct gk_view *view,
                                               const struct gk_collection *collection);

/* The tile matrix sets. */
void gk_openapi_put_tile_sets(struct gk_json *json);

#endif
