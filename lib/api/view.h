/* A view: one request's look at one snapshot, and the collections it can have.
 *
 * A layer is a kind of collection: what its features are, in which order, with
 * which columns. items.c and the other resources know layers only through this
 * header; each layer is one file (cells.c, districts.c, ...). */
#ifndef GK_API_VIEW_H
#define GK_API_VIEW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/api.h"
#include "base/date.h"
#include "http/parameter.h"
#include "http/server.h"
#include "property.h"
#include "snapshot/query.h"
#include "snapshot/snapshot.h"
#include "stats/rate.h"

#define GK_CRS84_URI "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
#define GK_GEOJSON_TYPE "application/geo+json"
#define GK_OPENAPI_TYPE "application/vnd.oai.openapi+json;version=3.0"
#define GK_CSV_TYPE "text/csv"
#define GK_SCHEMA_TYPE "application/schema+json"
#define GK_TILESETS_REL "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
#define GK_SCHEMA_REL "http://www.opengis.net/def/rel/ogc/1.0/schema"
#define GK_QUERYABLES_REL "http://www.opengis.net/def/rel/ogc/1.0/queryables"
#define GK_SORTABLES_REL "http://www.opengis.net/def/rel/ogc/1.0/sortables"

enum { GK_LIMIT_MAX = 10000 };

struct gk_grid;
struct gk_selection;
struct gk_view;

/* --- The api ---------------------------------------------------------------- */

/* Where snapshots and tokens come from: the holder, or a test's own. The
 * functions mean what those of snapshot/holder.h with the same names mean. */
struct gk_source {
    void *context;
    const struct gk_snapshot *(*acquire)(void *context, enum gk_snapshot_kind kind);
    const struct gk_snapshot *(*acquire_pinned)(void *context, enum gk_snapshot_kind kind,
                                                int32_t number, int32_t places);
    enum gk_status (*acquire_numbered)(void *context, const struct gk_snapshot **snapshot,
                                       enum gk_snapshot_kind kind, int32_t number,
                                       struct gk_error *error);
    void (*release)(void *context, const struct gk_snapshot *snapshot);
    const struct gk_numbers *(*acquire_numbers)(void *context);
    void (*release_numbers)(void *context, const struct gk_numbers *numbers);
    int64_t (*silent_s)(void *context);
    bool (*is_stale)(void *context);
    enum gk_status (*token)(void *context, const unsigned char hash[32],
                            struct gk_token_info *token);
};

/* What may change at run time; replaced as a whole, freed with the api. */
struct gk_settings {
    char *title, *publisher, *licence;
    int64_t limit_default;
    struct gk_settings *older;
};

/* Intervals of small counts, made once: they cost more than the rest of a feature. */
enum { GK_INTERVALS = 1024 };
#define GK_CONFIDENCE 0.95

struct gk_grid_cache;
struct gk_selection_cache;
struct gk_tile_makers;

enum { GK_CRS_MAX = 8 };

struct gk_api {
    struct gk_source source;
    _Atomic(struct gk_settings *) settings;
    struct gk_interval interval[GK_INTERVALS];
    struct gk_grid_cache *grids;
    struct gk_plane *plane[GK_CRS_MAX]; /* by index of geo/crs.h; NULL for geographic ones */
    struct gk_selection_cache *selections;
    struct gk_tile_makers *tile_makers;
};

/* As gk_api_create() with a source of one's own; config->holder is not used. */
GK_CHECKED enum gk_status gk_api_create_on(struct gk_api **api, const struct gk_source *source,
                                           const struct gk_api_config *config,
                                           struct gk_error *error);

/* --- Layers --------------------------------------------------------------- */

struct gk_layer {
    const char *name; /* of the collection; "districts-" stands for one per set */
    enum gk_role role;
    const char *title_sv, *title_en, *text_sv, *text_en;
    const char *geometry; /* JSON Schema format: "geometry-multipolygon", ... */
    bool has_counts;      /* datetime sets the period of counts; definition counts */
    bool has_method;      /* method and size */
    bool is_unranked;     /* not put in order by counts and rates: rule 7 */
    const struct gk_column *columns;
    size_t column_count;
    /* Sets view->first, end and shapes. Fills what only this layer needs. */
    enum gk_status (*open)(struct gk_view *view, struct gk_error *error);
    /* The id of the feature at an index, and the index of an id or -1. */
    int64_t (*id)(const struct gk_view *view, uint32_t index);
    int64_t (*find)(const struct gk_view *view, int64_t id);
    /* Sets the fields that differ between features. */
    void (*fill)(const struct gk_view *view, uint32_t index, struct gk_fields *fields);
    /* For layers without shapes: whether a feature is asked for; where its point lies
     * in a plane, NULL for degrees (false: nowhere). */
    bool (*matches)(const struct gk_view *view, uint32_t index);
    bool (*point)(const struct gk_view *view, uint32_t index, const struct gk_plane *plane,
                  struct gk_xy *point);
};

extern const struct gk_layer gk_layer_cells, gk_layer_districts, gk_layer_watch_areas,
    gk_layer_hotspots, gk_layer_incidents;

/* The side in metres that the id of a square carries; 0 for none. */
int32_t gk_hotspot_size_m(int64_t id);

/* A collection as one caller sees it in one snapshot. */
enum { GK_COLLECTION_NAME_MAX = 63 };
struct gk_collection {
    const struct gk_layer *layer;
    uint32_t set; /* of districts */
    char name[GK_COLLECTION_NAME_MAX + 1];
};

/* --- Views ------------------------------------------------------------------ */

struct gk_view {
    struct gk_api *api;
    const struct gk_settings *settings;
    const struct gk_request *request;
    const struct gk_snapshot *snapshot; /* NULL: there is none */
    bool is_analyst;                    /* answered from a revision */
    bool is_numbered;                   /* asked for by its number: the answer never changes */
    enum gk_role role; /* the caller's, in a release asked for by number: everybody's */
    bool is_swedish;
    struct gk_collection collection;

    uint32_t definition;
    bool is_covered;         /* the snapshot has data in the period */
    struct gk_period period; /* clipped when covered, else as asked (widened) */
    bool is_rate;            /* hotspots: method=rate */
    int32_t size_m;          /* hotspots */

    /* What is asked for: features [first, end) that touch a box. */
    uint32_t first, end;
    size_t box_count; /* 0: no bbox; 2: one that crosses the antimeridian */
    struct gk_box_xy box[2];
    const struct gk_plane *box_plane; /* of bbox-crs; NULL: the boxes are in degrees */
    bool has_rows_period;             /* incidents: rows that intersect `rows` */
    struct gk_period rows;
    const struct gk_shapes *shapes; /* NULL: matches() and point() */
    const char *shapes_text;
    struct gk_grid *grid; /* hotspots */

    /* How geometry is printed. */
    const struct gk_crs *crs;
    const struct gk_plane *plane; /* of crs; NULL: it is geographic */
    /* With `filter` or `sortby`: the features asked for, in the order asked for.
     * Then first is 0, end their count, and what is between are ranks in it. */
    const struct gk_selection *selection;
};

/* The feature at a rank of what is asked for: its index in the layer. Without a
 * selection they are the same. */
uint32_t gk_view_feature(const struct gk_view *view, uint32_t rank);

/* The rank of the feature with an id, -1 when it is not among what is asked for
 * (without a selection: not in the collection). */
int64_t gk_view_rank(const struct gk_view *view, int64_t id);

/* Takes the snapshot that the request names by number, else the newest that the
 * caller may see, and says so in the response. GK_UNAVAILABLE when there is none
 * yet; of one by number also what gk_version_read() and
 * gk_holder_acquire_numbered() say. End with gk_view_close(), also then. */
GK_CHECKED enum gk_status gk_view_open(struct gk_view *view, void *context,
                                       const struct gk_request *request,
                                       struct gk_response *response, struct gk_error *error);

/* Changes to the snapshot that a cursor is pinned to. GK_GONE. One that was asked
 * for by number stays: GK_INVALID for a cursor of another. */
GK_CHECKED enum gk_status gk_view_pin(struct gk_view *view, struct gk_response *response,
                                      int32_t number, int32_t places, struct gk_error *error);

void gk_view_close(struct gk_view *view);

/* GK_OK when the body was built, else its failure with a message. */
GK_CHECKED enum gk_status gk_view_finish(const struct gk_response *response,
                                         struct gk_error *error);

/* The collection number `i` of those that the caller may see; false past the last. */
bool gk_view_collection_at(const struct gk_view *view, size_t i, struct gk_collection *collection);

/* Sets view->collection by the route's variable. GK_NOT_FOUND, or GK_UNAUTHORIZED
 * or GK_FORBIDDEN for one that the caller may not read. */
GK_CHECKED enum gk_status gk_view_find_collection(struct gk_view *view, struct gk_error *error);

/* The title in the reader's language; arena or static. */
const char *gk_collection_title(const struct gk_view *view, const struct gk_collection *collection);

/* The columns of a collection for this caller. */
void gk_collection_columns(const struct gk_view *view, const struct gk_collection *collection,
                           struct gk_columns *columns);

/* A box around everything in a collection (around the cells where it is empty). */
struct gk_box_e7 gk_collection_extent(const struct gk_view *view,
                                      const struct gk_collection *collection);

/* Sets the period of counts from a `datetime` (NULL: the default period):
 * widened to months for the public and to days for analysts, then clipped. */
void gk_view_set_period(struct gk_view *view, const struct gk_period *period);

/* Sets the fields that are the same for all features: period, definition, ... */
void gk_view_fill_same(const struct gk_view *view, struct gk_fields *fields);

/* Sets rate (property `rate` and the two after it) of a count; null when the
 * count is (`has_count` false) or the denominator is 0. */
void gk_view_fill_rate(const struct gk_view *view, struct gk_fields *fields, enum gk_property rate,
                       bool has_count, int64_t count, int64_t denominator, double per);

/* Appends the feature's geometry as GeoJSON, or null, in view->crs and in the order
 * of axes that its authority gives it. */
void gk_view_put_geometry(const struct gk_view *view, uint32_t index, struct gk_buf *buf);

/* Appends it as well-known text, or nothing. */
void gk_view_put_wkt(const struct gk_view *view, uint32_t index, struct gk_buf *buf);

/* The first rank at or after `from` that is asked for; view->end for none. What is
 * there says gk_view_feature(). */
uint32_t gk_view_next(const struct gk_view *view, uint32_t from);

/* How many are asked for. */
uint64_t gk_view_matched(const struct gk_view *view);

/* --- Versions ----------------------------------------------------------------- */

/* Reads which snapshot a request is for: its kind, and its number or 0 for the
 * newest. GK_INVALID; GK_UNAUTHORIZED or GK_FORBIDDEN for a revision that is not
 * the caller's to see, whether it exists or not. */
GK_CHECKED enum gk_status gk_version_read(const struct gk_request *request,
                                          enum gk_snapshot_kind *kind, int32_t *number,
                                          struct gk_error *error);

/* For resources without other parameters. GK_INVALID when there are others. */
GK_CHECKED enum gk_status gk_version_only(const struct gk_request *request, struct gk_error *error);

/* The row of `release` or `revision`; static. */
const struct gk_parameter *gk_version_parameter(enum gk_snapshot_kind kind);

/* Whether a parameter is one of these two. */
bool gk_is_version_parameter(const char *name);

/* --- Parameters --------------------------------------------------------------- */

enum gk_query {
    GK_QUERY_LIMIT,
    GK_QUERY_BBOX,
    GK_QUERY_BBOX_CRS,
    GK_QUERY_CRS,
    GK_QUERY_DATETIME,
    GK_QUERY_DEFINITION,
    GK_QUERY_METHOD,
    GK_QUERY_SIZE,
    GK_QUERY_PROPERTIES,
    GK_QUERY_RESULT_TYPE,
    GK_QUERY_CSV,
    GK_QUERY_CSV_GEOMETRY,
    GK_QUERY_FILTER,
    GK_QUERY_FILTER_LANG,
    GK_QUERY_FILTER_CRS,
    GK_QUERY_SORTBY,
    GK_QUERY_CURSOR,
    GK_QUERY_RELEASE,
    GK_QUERY_REVISION,
    GK_QUERIES
};

/* The parameters of a resource as the caller has them. */
struct gk_query_table {
    struct gk_parameter row[GK_QUERIES + 1];
    enum gk_query which[GK_QUERIES];
    size_t count;
};

/* The parameters of /items (or of one item) of a collection. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_query_table_make(const struct gk_view *view,
                                              const struct gk_collection *collection, bool is_item,
                                              struct gk_query_table *table);

/* Reads the request by the table; value[q] is of query q (zero when absent). */
GK_CHECKED enum gk_status gk_query_read(const struct gk_view *view,
                                        const struct gk_query_table *table,
                                        struct gk_value value[GK_QUERIES], struct gk_error *error);

/* Takes what was read into the view: definition, period, boxes, method, size. */
GK_CHECKED enum gk_status gk_view_apply(struct gk_view *view,
                                        const struct gk_value value[GK_QUERIES],
                                        struct gk_error *error);

/* Of one item of hotspots: takes the square's size from its id; false when the
 * caller may not have that size. True for other layers. */
bool gk_view_take_size(struct gk_view *view, int64_t id);

/* --- Resources: the handlers ------------------------------------------------------ */

gk_handler gk_resource_landing, gk_resource_conformance, gk_resource_api, gk_resource_collections,
    gk_resource_collection, gk_resource_schema, gk_resource_feature_schema, gk_resource_items,
    gk_resource_item, gk_resource_gis, gk_resource_releases, gk_resource_revisions,
    gk_resource_queryables, gk_resource_sortables;

#endif
