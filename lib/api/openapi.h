/* The parts of the definition of the interface that are files of their own, and what
 * these share. All append to the document under way. */
#ifndef GK_API_OPENAPI_H
#define GK_API_OPENAPI_H

#include "base/json.h"
#include "view.h"

/* {"$ref": to} */
void gk_openapi_put_reference(struct gk_json *json, const char *to);

/* What an operation is, up to its parameters: "get", and the object is open. */
void gk_openapi_put_operation(struct gk_json *json, const char *id, const char *summary,
                              const char *tag);

/* Whether a parameter is the same in every collection: described once, where clients
 * look for it by name (QGIS and GDAL read the page size from `limit` there). */
bool gk_openapi_is_shared(enum gk_query query);

/* Row `i` of a table, with an example of this collection. */
void gk_openapi_put_parameter(struct gk_json *json, const struct gk_view *view,
                              const struct gk_collection *collection,
                              const struct gk_query_table *table, size_t i);

/* The member `paths`. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_openapi_put_paths(struct gk_json *json, const struct gk_view *view);

/* The member `components`. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_openapi_put_components(struct gk_json *json,
                                                    const struct gk_view *view);

/* Members of `paths`: tilesets, a tileset and tiles of a collection. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_openapi_put_tiles(struct gk_json *json, const struct gk_view *view,
                                               const struct gk_collection *collection);

/* Members of `paths`: the tile matrix sets. */
void gk_openapi_put_tile_sets(struct gk_json *json);

#endif
