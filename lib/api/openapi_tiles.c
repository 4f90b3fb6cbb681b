/* Tiles and styles in the definition of the interface, from the tables that parse
 * their requests. */
#include "openapi.h"

#include <string.h>

#include "example.h"
#include "link.h"
#include "style.h"
#include "tile.h"

/* Of a path that is about data: what may go wrong. */
static void put_problems(struct gk_json *json)
{
    static const char *const problems[][2] = {{"400", "#/components/responses/Invalid"},
                                              {"404", "#/components/responses/NotFound"},
                                              {"410", "#/components/responses/Gone"},
                                              {"503", "#/components/responses/Unavailable"}};
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        gk_json_key(json, problems[i][0]);
        gk_openapi_put_reference(json, problems[i][1]);
    }
}

static void put_content(struct gk_json *json, const char *type)
{
    static const char binary[] = "{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}}";
    static const char object[] = "{\"schema\":{\"$ref\":\"#/components/schemas/Anything\"}}";
    bool is_json = strstr(type, "json") != NULL;
    gk_json_key(json, type);
    if (is_json)
        gk_json_raw(json, object, sizeof object - 1);
    else
        gk_json_raw(json, binary, sizeof binary - 1);
}

/* `types`: up to the first NULL. */
static void put_responses(struct gk_json *json, const char *const *types, bool is_data)
{
    gk_json_key(json, "responses");
    gk_json_object_begin(json);
    gk_json_key(json, "200");
    gk_json_object_begin(json);
    gk_json_member(json, "description", "The answer.");
    gk_json_key(json, "content");
    gk_json_object_begin(json);
    for (size_t i = 0; types[i] != NULL; i++)
        put_content(json, types[i]);
    gk_json_object_end(json);
    gk_json_object_end(json);
    if (is_data)
        put_problems(json);
    else {
        gk_json_key(json, "400");
        gk_openapi_put_reference(json, "#/components/responses/Invalid");
    }
    gk_json_object_end(json);
}

static void put_start(struct gk_json *json, const char *path, const char *id, const char *summary,
                      const char *tag)
{
    gk_json_key(json, path);
    gk_json_object_begin(json);
    gk_openapi_put_operation(json, id, summary, tag);
}

static void put_end(struct gk_json *json)
{
    gk_json_object_end(json);
    gk_json_object_end(json);
}

/* A tile with something in it: in the middle of the collection, as large as they
 * come. */
static struct gk_tile example_tile(const struct gk_view *view, const struct gk_collection *c)
{
    struct gk_view of_it = *view;
    of_it.collection = *c;
    struct gk_box_e7 box = gk_collection_extent(view, c);
    struct gk_lonlat_e7 middle = {box.min.lon + (box.max.lon - box.min.lon) / 2,
                                  box.min.lat + (box.max.lat - box.min.lat) / 2};
    return gk_tile_at(view, middle, gk_tile_zoom_min(&of_it));
}

/* The variables of a tile's path, as OGC API - Tiles words them. */
static void put_tile_variables(struct gk_json *json, const struct gk_view *view,
                               const struct gk_collection *c)
{
    struct gk_tile tile = example_tile(view, c);
    const struct {
        const char *name, *text;
        uint32_t example;
    } rows[] = {{"tileMatrix", "The tile matrix: the level of zoom.", tile.z},
                {"tileRow", "Row of the tile, from the north.", tile.y},
                {"tileCol", "Column of the tile, from the west.", tile.x}};
    for (size_t i = 0; i < 3; i++) {
        static const char text[] = "{\"type\":\"string\",\"pattern\":\"^(0|[1-9][0-9]?)$\"}";
        static const char number[] = "{\"type\":\"integer\",\"minimum\":0}";
        gk_json_object_begin(json);
        gk_json_member(json, "name", rows[i].name);
        gk_json_member(json, "in", "path");
        gk_json_key(json, "required");
        gk_json_bool(json, true);
        gk_json_member(json, "description", rows[i].text);
        gk_json_key(json, "schema");
        if (i == 0)
            gk_json_raw(json, text, sizeof text - 1);
        else
            gk_json_raw(json, number, sizeof number - 1);
        if (i == 0)
            gk_json_member(json, "example", gk_text(view->request, "%u", (unsigned)tile.z));
        else
            gk_json_member_i64(json, "example", rows[i].example);
        gk_json_object_end(json);
    }
}

static void put_query(struct gk_json *json, const struct gk_view *view,
                      const struct gk_collection *c, const struct gk_query_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        struct gk_parameter one[2] = {table->row[i], {.name = NULL}};
        gk_example_set(view, c, table->which[i], &one[0]);
        if (gk_is_version_parameter(one[0].name))
            gk_openapi_put_reference(
                json, gk_text(view->request, "#/components/parameters/%s", one[0].name));
        else
            gk_parameters_put_openapi(json, one, view->request->principal.role);
    }
}

/* The format of a resource that has others than most. */
static void put_format(struct gk_json *json, const char *choices)
{
    struct gk_parameter row[2] = {
        {.name = "f",
         .type = GK_PARAMETER_CHOICE,
         .choices = choices,
         .description = "The form of the answer; without it the Accept header decides."},
        {.name = NULL}};
    gk_parameters_put_openapi(json, row, GK_ROLE_PUBLIC);
    gk_openapi_put_reference(json, "#/components/parameters/lang");
}

/* One path of a collection. `choices` NULL: of a tile. */
static void put_path(struct gk_json *json, const struct gk_view *view,
                     const struct gk_collection *c, const struct gk_query_table *table,
                     const char *rest, const char *suffix, const char *choices,
                     const char *const *types)
{
    const struct gk_request *request = view->request;
    put_start(json, gk_text(request, "/collections/%s%s", c->name, rest),
              gk_text(request, "%s.%s", c->name, suffix), gk_collection_title(view, c), c->name);
    gk_json_key(json, "parameters");
    gk_json_array_begin(json);
    if (choices == NULL)
        put_tile_variables(json, view, c);
    put_query(json, view, c, table);
    if (choices != NULL)
        put_format(json, choices);
    gk_json_array_end(json);
    put_responses(json, types, true);
    put_end(json);
}

enum gk_status gk_openapi_put_tiles(struct gk_json *json, const struct gk_view *view,
                                    const struct gk_collection *c)
{
    static const char *const plain[] = {"application/json", NULL};
    static const char *const described[] = {"application/json", GK_TILEJSON_TYPE, NULL};
    static const char *const style[] = {"application/vnd.mapbox.style+json",
                                        "application/x-qgis-layer-settings",
                                        "application/x-qgis-layer-definition", NULL};
    static const char *const tile[] = {GK_MVT_TYPE, NULL};
    struct gk_query_table table;
    enum gk_status status = gk_tile_table_make(view, c, &table);
    if (status != GK_OK)
        return status;
    put_path(json, view, c, &table, "/tiles", "collection.vector.getTileSetsList", "json", plain);
    put_path(json, view, c, &table, "/tiles/" GK_TILE_SET, "collection.vector.getTileSet",
             "json|tilejson", described);
    put_path(json, view, c, &table, "/tiles/" GK_TILE_SET "/{tileMatrix}/{tileRow}/{tileCol}",
             "collection.vector.getTile", NULL, tile);
    put_path(json, view, c, &table, "/styles", "styles", "json", plain);
    put_path(json, view, c, &table, "/styles/" GK_STYLE_NAME, "style", "mapbox|qml|qlr", style);
    return GK_OK;
}

void gk_openapi_put_tile_sets(struct gk_json *json)
{
    static const char *const plain[] = {"application/json", NULL};
    static const char *const paths[][3] = {
        {"/tileMatrixSets", "getTileMatrixSetsList", "The tile matrix sets"},
        {"/tileMatrixSets/" GK_TILE_SET, "getTileMatrixSet", "How the world is cut into tiles"}};
    for (size_t i = 0; i < 2; i++) {
        put_start(json, paths[i][0], paths[i][1], paths[i][2], "service");
        gk_json_key(json, "parameters");
        gk_json_array_begin(json);
        put_format(json, "json");
        gk_json_array_end(json);
        put_responses(json, plain, false);
        put_end(json);
    }
}
