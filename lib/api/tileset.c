/* Around tiles: which tilesets a collection has, one tileset's metadata (or as
 * TileJSON), and the tile matrix set. Members are those of the OGC standard Two
 * Dimensional Tile Matrix Set and Tile Set Metadata 2.0. */
#include <stdio.h>

#include "html.h"
#include "link.h"
#include "tile.h"

#define REL_SCHEME "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
#define REL_GEODATA "http://www.opengis.net/def/rel/ogc/1.0/geodata"
#define WEB_MERCATOR "http://www.opengis.net/def/crs/EPSG/0/3857"

const char *gk_tile_template(const struct gk_view *view, const char *z, const char *y,
                             const char *x)
{
    const struct gk_request *request = view->request;
    const char *path =
        gk_text(request, "/collections/%s/tiles/" GK_TILE_SET, view->collection.name);
    struct gk_address with_query = {.keeps_query = true};
    return gk_text(request, "%s/{%s}/{%s}/{%s}%s",
                   gk_address(request, path, (struct gk_address){.is_bare = true}), z, y, x,
                   gk_address_parameters(request, path, with_query));
}

/* --- One tileset ------------------------------------------------------------------ */

static void put_position(struct gk_json *json, struct gk_lonlat_e7 p)
{
    enum { DEGREES_MAX_BYTES = 32 };
    const int32_t axis[] = {p.lon, p.lat};
    gk_json_array_begin(json);
    for (int i = 0; i < 2; i++) {
        struct gk_buf buf;
        gk_buf_init(&buf, DEGREES_MAX_BYTES);
        gk_buf_put_fixed(&buf, axis[i], 7);
        gk_json_raw(json, buf.data == NULL ? "0" : buf.data, buf.data == NULL ? 1 : buf.length);
        gk_buf_release(&buf);
    }
    gk_json_array_end(json);
}

static void put_bounding_box(struct gk_json *json, const struct gk_view *view)
{
    struct gk_box_e7 box = gk_collection_extent(view, &view->collection);
    gk_json_key(json, "boundingBox");
    gk_json_object_begin(json);
    gk_json_key(json, "lowerLeft");
    put_position(json, box.min);
    gk_json_key(json, "upperRight");
    put_position(json, box.max);
    gk_json_member(json, "crs", GK_CRS84_URI);
    gk_json_object_end(json);
}

static void put_template_link(struct gk_json *json, const struct gk_view *view)
{
    gk_json_object_begin(json);
    gk_json_member(json, "rel", "item");
    gk_json_member(json, "type", GK_MVT_TYPE);
    gk_json_member(json, "title", gk_collection_title(view, &view->collection));
    gk_json_member(json, "href", gk_tile_template(view, "tileMatrix", "tileRow", "tileCol"));
    gk_json_key(json, "templated");
    gk_json_bool(json, true);
    gk_json_object_end(json);
}

/* `self` of the tileset, which is another address in the list. */
static void put_tileset_links(struct gk_json *json, const struct gk_view *view, bool is_own)
{
    const struct gk_request *request = view->request;
    const char *collection = gk_text(request, "/collections/%s", view->collection.name);
    const char *path = gk_text(request, "%s/tiles/" GK_TILE_SET, collection);
    gk_json_key(json, "links");
    gk_json_array_begin(json);
    gk_json_put_link(json, "self", "application/json", NULL,
                     is_own ? gk_address_self(request)
                            : gk_address(request, path, (struct gk_address){.keeps_query = true}));
    gk_json_put_link(
        json, "alternate", GK_TILEJSON_TYPE, "TileJSON",
        gk_address(request, path, (struct gk_address){.keeps_query = true, .format = "tilejson"}));
    gk_json_put_link(json, REL_SCHEME, "application/json", GK_TILE_SET,
                     gk_address(request, "/tileMatrixSets/" GK_TILE_SET, (struct gk_address){0}));
    put_template_link(json, view);
    gk_json_put_link(json, REL_GEODATA, "application/json",
                     gk_collection_title(view, &view->collection),
                     gk_address(request, collection, (struct gk_address){0}));
    gk_json_array_end(json);
}

/* Of every tile matrix in use: all its rows and columns. An empty tile is a tile. */
static void put_limits(struct gk_json *json, const struct gk_view *view)
{
    gk_json_key(json, "tileMatrixSetLimits");
    gk_json_array_begin(json);
    for (uint32_t z = gk_tile_zoom_min(view); z <= GK_TILE_ZOOM_MAX; z++) {
        static const char *const names[] = {"minTileRow", "maxTileRow", "minTileCol", "maxTileCol"};
        gk_json_object_begin(json);
        gk_json_member(json, "tileMatrix", gk_text(view->request, "%u", (unsigned)z));
        for (int i = 0; i < 4; i++)
            gk_json_member_i64(json, names[i], i % 2 == 0 ? 0 : (INT64_C(1) << z) - 1);
        gk_json_object_end(json);
    }
    gk_json_array_end(json);
}

static void put_layers(struct gk_json *json, const struct gk_view *view)
{
    struct gk_columns columns;
    gk_tile_columns(view, &columns);
    gk_json_key(json, "layers");
    gk_json_array_begin(json);
    gk_json_object_begin(json);
    gk_json_member(json, "id", view->collection.name);
    gk_json_member(json, "title", gk_collection_title(view, &view->collection));
    gk_json_member(json, "dataType", "vector");
    gk_json_member_i64(json, "geometryDimension",
                       view->collection.layer == &gk_layer_incidents ? 0 : 2);
    gk_json_member(json, "minTileMatrix",
                   gk_text(view->request, "%u", (unsigned)gk_tile_zoom_min(view)));
    gk_json_member(json, "maxTileMatrix", gk_text(view->request, "%d", (int)GK_TILE_ZOOM_MAX));
    put_bounding_box(json, view);
    gk_json_key(json, "propertiesSchema");
    gk_json_object_begin(json);
    gk_json_member(json, "type", "object");
    gk_json_key(json, "properties");
    gk_json_object_begin(json);
    gk_json_put_columns(json, &columns, view->is_swedish, GK_COLUMNS_PLAIN);
    gk_json_object_end(json);
    gk_json_object_end(json);
    gk_json_object_end(json);
    gk_json_array_end(json);
}

/* What a reader has to know of sums, or NULL when there are none. */
static const char *about_sums(const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const struct gk_layer *layer = view->collection.layer;
    unsigned z = gk_tile_zoom_of_features(view);
    if (z == 0 ||
        (layer != &gk_layer_cells && layer != &gk_layer_incidents && layer != &gk_layer_hotspots))
        return NULL;
    if (layer == &gk_layer_hotspots)
        return gk_text(request,
                       gk_say(request, "Under nivå %u är rutorna större: size_m säger hur stora.",
                              "Below level %u squares are larger: size_m says how large."),
                       z);
    return gk_text(request,
                   gk_say(request,
                          "Under nivå %u är objekten summor av hela celler (aggregated säger av "
                          "hur många), i rutor som är desamma i alla kartrutor.",
                          "Below level %u features are sums of whole cells (aggregated says of how "
                          "many), in squares that are the same in all tiles."),
                   z);
}

static const char *description(const struct gk_view *view)
{
    const struct gk_layer *layer = view->collection.layer;
    const char *text = view->is_swedish ? layer->text_sv : layer->text_en;
    const char *sums = about_sums(view);
    return sums == NULL ? text : gk_text(view->request, "%s %s", text, sums);
}

/* `is_own`: everything; else what a list says of it. */
static void put_tileset(struct gk_json *json, const struct gk_view *view, bool is_own)
{
    gk_json_object_begin(json);
    gk_json_member(json, "title", gk_collection_title(view, &view->collection));
    gk_json_member(json, "description", description(view));
    gk_json_member(json, "dataType", "vector");
    gk_json_member(json, "crs", WEB_MERCATOR);
    gk_json_member(json, "tileMatrixSetURI", GK_TILE_SET_URI);
    if (is_own) {
        if (view->settings->publisher[0] != '\0')
            gk_json_member(json, "attribution", view->settings->publisher);
        gk_json_key(json, "mediaTypes");
        gk_json_array_begin(json);
        gk_json_text(json, GK_MVT_TYPE);
        gk_json_array_end(json);
        put_bounding_box(json, view);
        put_limits(json, view);
        put_layers(json, view);
    }
    put_tileset_links(json, view, is_own);
    gk_json_object_end(json);
}

static void put_tileset_list(struct gk_json *json, const struct gk_view *view)
{
    gk_json_object_begin(json);
    gk_json_key(json, "tilesets");
    gk_json_array_begin(json);
    put_tileset(json, view, false);
    gk_json_array_end(json);
    gk_json_key(json, "links");
    gk_json_array_begin(json);
    gk_json_put_link(json, "self", "application/json", NULL, gk_address_self(view->request));
    gk_json_array_end(json);
    gk_json_object_end(json);
}

/* --- TileJSON 3.0 ------------------------------------------------------------------- */

static void put_fields(struct gk_json *json, const struct gk_view *view)
{
    struct gk_columns columns;
    gk_tile_columns(view, &columns);
    gk_json_key(json, "fields");
    gk_json_object_begin(json);
    for (size_t i = 0; i < columns.count; i++) {
        const struct gk_property_info *info = gk_property_info(columns.column[i].property);
        gk_json_member(json, info->name, view->is_swedish ? info->text_sv : info->text_en);
    }
    gk_json_object_end(json);
}

static void put_vector_layers(struct gk_json *json, const struct gk_view *view)
{
    gk_json_key(json, "vector_layers");
    gk_json_array_begin(json);
    gk_json_object_begin(json);
    gk_json_member(json, "id", view->collection.name);
    gk_json_member(json, "description", description(view));
    gk_json_member_i64(json, "minzoom", gk_tile_zoom_min(view));
    gk_json_member_i64(json, "maxzoom", GK_TILE_ZOOM_ENOUGH);
    put_fields(json, view);
    gk_json_object_end(json);
    gk_json_array_end(json);
}

/* Bounds and the middle of them. */
static void put_bounds(struct gk_json *json, const struct gk_view *view)
{
    struct gk_box_e7 box = gk_collection_extent(view, &view->collection);
    const double e7 = 1e-7;
    const int32_t bounds[] = {box.min.lon, box.min.lat, box.max.lon, box.max.lat};
    gk_json_key(json, "bounds");
    gk_json_array_begin(json);
    for (int i = 0; i < 4; i++)
        gk_json_double(json, bounds[i] * e7, 7);
    gk_json_array_end(json);
}

void gk_put_tilejson(struct gk_view *view, struct gk_buf *buf)
{
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_member(&json, "tilejson", "3.0.0");
    gk_json_member(&json, "name", gk_collection_title(view, &view->collection));
    gk_json_member(&json, "description", description(view));
    gk_json_member(&json, "version", gk_text(view->request, "1.0.%d", view->snapshot->number));
    if (view->settings->publisher[0] != '\0')
        gk_json_member(&json, "attribution", view->settings->publisher);
    gk_json_member(&json, "scheme", "xyz");
    gk_json_key(&json, "tiles");
    gk_json_array_begin(&json);
    gk_json_text(&json, gk_tile_template(view, "z", "y", "x"));
    gk_json_array_end(&json);
    gk_json_member_i64(&json, "minzoom", gk_tile_zoom_min(view));
    gk_json_member_i64(&json, "maxzoom", GK_TILE_ZOOM_ENOUGH);
    put_bounds(&json, view);
    put_vector_layers(&json, view);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
}

/* --- The tile matrix set --------------------------------------------------------------- */

/* The scale of matrix 0 with pixels of 0.28 mm, and its cell in metres, as the
 * standard's own definition has them. */
#define SCALE_0 559082264.0287178
#define CELL_0 156543.03392804097
#define ORIGIN "[-20037508.3427892,20037508.3427892]"

static void put_matrix(struct gk_json *json, uint32_t z)
{
    enum { PIXELS = 256, NUMBER_MAX_BYTES = 40 };
    double values[] = {SCALE_0 / (double)(UINT32_C(1) << z), CELL_0 / (double)(UINT32_C(1) << z)};
    static const char *const names[] = {"scaleDenominator", "cellSize"};
    char text[NUMBER_MAX_BYTES];
    snprintf(text, sizeof text, "%u", (unsigned)z);
    gk_json_object_begin(json);
    gk_json_member(json, "id", text);
    for (int i = 0; i < 2; i++) {
        gk_json_key(json, names[i]);
        int length = snprintf(text, sizeof text, "%.15g", values[i]); /* 9 decimals are too few */
        gk_json_raw(json, text, (size_t)length);
    }
    gk_json_member(json, "cornerOfOrigin", "topLeft");
    gk_json_key(json, "pointOfOrigin");
    gk_json_raw(json, ORIGIN, sizeof ORIGIN - 1);
    gk_json_member_i64(json, "tileWidth", PIXELS);
    gk_json_member_i64(json, "tileHeight", PIXELS);
    gk_json_member_i64(json, "matrixWidth", INT64_C(1) << z);
    gk_json_member_i64(json, "matrixHeight", INT64_C(1) << z);
    gk_json_object_end(json);
}

/* Its members up to the matrices; both resources have them. */
static void put_set(struct gk_json *json)
{
    gk_json_member(json, "id", GK_TILE_SET);
    gk_json_member(json, "title", "Google Maps Compatible for the World");
    gk_json_member(json, "uri", GK_TILE_SET_URI);
    gk_json_member(json, "crs", WEB_MERCATOR);
}

enum gk_status gk_resource_tile_set(void *context, const struct gk_request *request,
                                    struct gk_response *response, struct gk_error *error)
{
    enum { ZOOM_OF_THE_STANDARD = 24 };
    struct gk_json json;
    (void)context;
    (void)request;
    response->data_age_s = -1;
    gk_json_init(&json, &response->body);
    gk_json_object_begin(&json);
    put_set(&json);
    gk_json_key(&json, "orderedAxes");
    gk_json_raw(&json, "[\"X\",\"Y\"]", 9);
    gk_json_member(&json, "wellKnownScaleSet",
                   "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible");
    gk_json_key(&json, "tileMatrices");
    gk_json_array_begin(&json);
    for (uint32_t z = 0; z <= ZOOM_OF_THE_STANDARD; z++)
        put_matrix(&json, z);
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(&response->body, '\n');
    return gk_view_finish(response, error);
}

enum gk_status gk_resource_tile_sets(void *context, const struct gk_request *request,
                                     struct gk_response *response, struct gk_error *error)
{
    struct gk_json json;
    (void)context;
    response->data_age_s = -1;
    gk_json_init(&json, &response->body);
    gk_json_object_begin(&json);
    gk_json_key(&json, "tileMatrixSets");
    gk_json_array_begin(&json);
    gk_json_object_begin(&json);
    put_set(&json);
    gk_json_key(&json, "links");
    gk_json_array_begin(&json);
    gk_json_put_link(&json, "self", "application/json", GK_TILE_SET,
                     gk_address(request, "/tileMatrixSets/" GK_TILE_SET, (struct gk_address){0}));
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_json_array_end(&json);
    gk_json_key(&json, "links");
    gk_json_array_begin(&json);
    gk_json_put_link(&json, "self", "application/json", NULL, gk_address_self(request));
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(&response->body, '\n');
    return gk_view_finish(response, error);
}

/* --- The resources of a collection -------------------------------------------------------- */

static enum gk_status answer(void *context, const struct gk_request *request,
                             struct gk_response *response, struct gk_error *error, bool is_list)
{
    struct gk_view view;
    struct gk_json json;
    enum gk_status status = gk_view_open(&view, context, request, response, error);
    if (status == GK_OK)
        status = gk_tile_read(&view, error);
    if (status == GK_OK) {
        gk_json_init(&json, &response->body);
        if (is_list)
            put_tileset_list(&json, &view);
        else if (request->format == GK_FORMAT_TILEJSON)
            gk_put_tilejson(&view, &response->body);
        else
            put_tileset(&json, &view, true);
        if (request->format != GK_FORMAT_TILEJSON)
            gk_buf_putc(&response->body, '\n');
        status = gk_view_finish(response, error);
    }
    gk_view_close(&view);
    return status;
}

enum gk_status gk_resource_tilesets(void *context, const struct gk_request *request,
                                    struct gk_response *response, struct gk_error *error)
{
    return answer(context, request, response, error, true);
}

enum gk_status gk_resource_tileset(void *context, const struct gk_request *request,
                                   struct gk_response *response, struct gk_error *error)
{
    return answer(context, request, response, error, false);
}
