/* The paths in the definition of the interface, and what all descriptions of
 * operations have in common. Those of tiles and styles are in openapi_tiles.c. */
#include "openapi.h"

#include <string.h>

#include "example.h"
#include "link.h"

/* --- What files share ---------------------------------------------------------------- */

void gk_openapi_put_reference(struct gk_json *json, const char *to)
{
    gk_json_object_begin(json);
    gk_json_member(json, "$ref", to);
    gk_json_object_end(json);
}

void gk_openapi_put_operation(struct gk_json *json, const char *id, const char *summary,
                              const char *tag)
{
    gk_json_key(json, "get");
    gk_json_object_begin(json);
    gk_json_member(json, "operationId", id);
    gk_json_member(json, "summary", summary);
    gk_json_key(json, "tags");
    gk_json_array_begin(json);
    gk_json_text(json, tag);
    gk_json_array_end(json);
}

bool gk_openapi_is_shared(enum gk_query query)
{
    return query == GK_QUERY_LIMIT || query == GK_QUERY_BBOX || query == GK_QUERY_BBOX_CRS ||
           query == GK_QUERY_CRS || query == GK_QUERY_RESULT_TYPE || query == GK_QUERY_CSV ||
           query == GK_QUERY_CSV_GEOMETRY || query == GK_QUERY_CURSOR ||
           query == GK_QUERY_RELEASE || query == GK_QUERY_REVISION;
}

void gk_openapi_put_parameter(struct gk_json *json, const struct gk_view *view,
                              const struct gk_collection *c, const struct gk_query_table *table,
                              size_t i)
{
    struct gk_parameter one[2] = {table->row[i], {.name = NULL}};
    gk_example_set(view, c, table->which[i], &one[0]);
    gk_parameters_put_openapi(json, one, view->request->principal.role);
}

/* --- Answers ------------------------------------------------------------------------- */

static void put_text_type(struct gk_json *json, const char *type)
{
    gk_json_key(json, type);
    gk_json_object_begin(json);
    gk_json_key(json, "schema");
    gk_json_object_begin(json);
    gk_json_member(json, "type", "string");
    gk_json_object_end(json);
    gk_json_object_end(json);
}

/* Of features: in which CRS they are. */
static void put_crs_header(struct gk_json *json)
{
    static const char header[] =
        "{\"Content-Crs\":{\"description\":\"The URI of the CRS of the geometry, in angle "
        "brackets.\",\"schema\":{\"type\":\"string\"}}}";
    gk_json_key(json, "headers");
    gk_json_raw(json, header, sizeof header - 1);
}

static void put_response_ok(struct gk_json *json, const char *type, const char *schema,
                            bool has_csv)
{
    gk_json_key(json, "200");
    gk_json_object_begin(json);
    gk_json_member(json, "description", "The answer.");
    if (strcmp(type, GK_GEOJSON_TYPE) == 0)
        put_crs_header(json);
    gk_json_key(json, "content");
    gk_json_object_begin(json);
    gk_json_key(json, type);
    gk_json_object_begin(json);
    gk_json_key(json, "schema");
    gk_openapi_put_reference(json, schema);
    gk_json_object_end(json);
    put_text_type(json, "text/html");
    if (has_csv)
        put_text_type(json, GK_CSV_TYPE);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

/* `is_data`: it is about a release or a revision, which there may not be, or not
 * any more. */
static void put_responses(struct gk_json *json, const char *type, const char *schema, bool is_data,
                          bool has_csv)
{
    gk_json_key(json, "responses");
    gk_json_object_begin(json);
    put_response_ok(json, type, schema, has_csv);
    gk_json_key(json, "400");
    gk_openapi_put_reference(json, "#/components/responses/Invalid");
    if (is_data) {
        gk_json_key(json, "404");
        gk_openapi_put_reference(json, "#/components/responses/NotFound");
        gk_json_key(json, "410");
        gk_openapi_put_reference(json, "#/components/responses/Gone");
    }
    gk_json_key(json, "503");
    gk_openapi_put_reference(json, "#/components/responses/Unavailable");
    gk_json_object_end(json);
}

/* What resources about data without other parameters take. */
static void put_about_parameters(struct gk_json *json, const struct gk_view *view)
{
    gk_json_key(json, "parameters");
    gk_json_array_begin(json);
    gk_openapi_put_reference(json, "#/components/parameters/release");
    if (view->is_analyst)
        gk_openapi_put_reference(json, "#/components/parameters/revision");
    gk_openapi_put_reference(json, "#/components/parameters/f");
    gk_openapi_put_reference(json, "#/components/parameters/lang");
    gk_json_array_end(json);
}

static void put_plain_path(struct gk_json *json, const char *path, const char *id,
                           const char *summary, const char *type, const char *schema)
{
    gk_json_key(json, path);
    gk_json_object_begin(json);
    gk_openapi_put_operation(json, id, summary, "service");
    gk_json_key(json, "parameters");
    gk_json_array_begin(json);
    gk_openapi_put_reference(json, "#/components/parameters/f");
    gk_openapi_put_reference(json, "#/components/parameters/lang");
    gk_json_array_end(json);
    put_responses(json, type, schema, false, false);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

static void put_id_parameter(struct gk_json *json, const struct gk_view *view,
                             const struct gk_collection *c)
{
    int64_t example = gk_example_id(view, c);
    gk_json_object_begin(json);
    gk_json_member(json, "name", "id");
    gk_json_member(json, "in", "path");
    gk_json_key(json, "required");
    gk_json_bool(json, true);
    gk_json_member(json, "description", "The feature's id.");
    gk_json_key(json, "schema");
    gk_json_object_begin(json);
    gk_json_member(json, "type", "integer");
    gk_json_member(json, "format", "int64");
    gk_json_key(json, "minimum");
    gk_json_i64(json, 0);
    gk_json_object_end(json);
    if (example >= 0)
        gk_json_member_i64(json, "example", example);
    gk_json_object_end(json);
}

/* --- A collection's paths ------------------------------------------------------------ */

static void put_parameters(struct gk_json *json, const struct gk_view *view,
                           const struct gk_collection *c, const struct gk_query_table *table,
                           bool has_csv)
{
    for (size_t i = 0; i < table->count; i++) {
        if (gk_openapi_is_shared(table->which[i]))
            gk_openapi_put_reference(
                json, gk_text(view->request, "#/components/parameters/%s", table->row[i].name));
        else
            gk_openapi_put_parameter(json, view, c, table, i);
    }
    gk_openapi_put_reference(json, has_csv ? "#/components/parameters/f-items"
                                           : "#/components/parameters/f");
    gk_openapi_put_reference(json, "#/components/parameters/lang");
}

static enum gk_status put_items_path(struct gk_json *json, const struct gk_view *view,
                                     const struct gk_collection *c, bool is_item)
{
    const struct gk_request *request = view->request;
    struct gk_query_table table;
    enum gk_status status = gk_query_table_make(view, c, is_item, &table);
    if (status != GK_OK)
        return status;
    gk_json_key(json, gk_text(request, "/collections/%s/items%s", c->name, is_item ? "/{id}" : ""));
    gk_json_object_begin(json);
    gk_openapi_put_operation(json, gk_text(request, "%s.%s", c->name, is_item ? "item" : "items"),
                             gk_collection_title(view, c), c->name);
    gk_json_key(json, "parameters");
    gk_json_array_begin(json);
    if (is_item)
        put_id_parameter(json, view, c);
    put_parameters(json, view, c, &table, !is_item);
    gk_json_array_end(json);
    put_responses(
        json, GK_GEOJSON_TYPE,
        gk_text(request, "#/components/schemas/%s%s", c->name, is_item ? ".feature" : ".features"),
        true, !is_item);
    gk_json_object_end(json);
    gk_json_object_end(json);
    return GK_OK;
}

static void put_about_path(struct gk_json *json, const struct gk_view *view,
                           const struct gk_collection *c, const char *rest, const char *name)
{
    const struct gk_request *request = view->request;
    bool is_schema = rest[0] != '\0';
    gk_json_key(json, gk_text(request, "/collections/%s%s", c->name, rest));
    gk_json_object_begin(json);
    gk_openapi_put_operation(json, gk_text(request, "%s.%s", c->name, name),
                             gk_collection_title(view, c), c->name);
    put_about_parameters(json, view);
    put_responses(json, is_schema ? GK_SCHEMA_TYPE : "application/json",
                  is_schema ? "#/components/schemas/Anything" : "#/components/schemas/Collection",
                  true, false);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

static void put_collections_path(struct gk_json *json, const struct gk_view *view)
{
    gk_json_key(json, "/collections");
    gk_json_object_begin(json);
    gk_openapi_put_operation(json, "collections", "The collections", "service");
    put_about_parameters(json, view);
    put_responses(json, "application/json", "#/components/schemas/Collections", true, false);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

enum gk_status gk_openapi_put_paths(struct gk_json *json, const struct gk_view *view)
{
    struct gk_collection c;
    gk_json_key(json, "paths");
    gk_json_object_begin(json);
    put_plain_path(json, "/", "landing", "Landing page", "application/json",
                   "#/components/schemas/Linked");
    put_plain_path(json, "/conformance", "conformance", "Standards conformed to",
                   "application/json", "#/components/schemas/Conformance");
    put_plain_path(json, "/api", "api", "This document", GK_OPENAPI_TYPE,
                   "#/components/schemas/Anything");
    put_plain_path(json, "/releases", "releases", "The releases that can be asked for",
                   "application/json", "#/components/schemas/Linked");
    if (view->is_analyst)
        put_plain_path(json, "/revisions", "revisions", "The revisions that can be asked for",
                       "application/json", "#/components/schemas/Linked");
    put_collections_path(json, view);
    gk_openapi_put_tile_sets(json);
    for (size_t i = 0; gk_view_collection_at(view, i, &c); i++) {
        put_about_path(json, view, &c, "", "about");
        put_about_path(json, view, &c, "/schema", "schema");
        put_about_path(json, view, &c, "/schema/feature", "feature-schema");
        put_about_path(json, view, &c, "/queryables", "queryables");
        put_about_path(json, view, &c, "/sortables", "sortables");
        enum gk_status status = put_items_path(json, view, &c, false);
        if (status == GK_OK)
            status = put_items_path(json, view, &c, true);
        if (status == GK_OK)
            status = gk_openapi_put_tiles(json, view, &c);
        if (status != GK_OK)
            return status;
    }
    gk_json_object_end(json);
    return GK_OK;
}
