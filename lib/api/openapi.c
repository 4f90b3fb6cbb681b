/* The definition of the interface: OpenAPI 3.0, self-contained, and the same
 * parameters as a page. It is made from the tables that parse requests, for what
 * this caller may read, so that it cannot say anything else than what holds. */
#include <string.h>

#include "example.h"
#include "html.h"
#include "link.h"
#include "openapi.h"
#include "view.h"

#include <string.h>

/* `f` and `lang` belong to the server; these rows only describe them. */
static const struct gk_parameter common[] = {
    {.name = "f",
     .type = GK_PARAMETER_CHOICE,
     .choices = "json|html",
     .description = "The form of the answer; without it the Accept header decides."},
    {.name = "f",
     .type = GK_PARAMETER_CHOICE,
     .choices = "json|html|csv",
     .description = "The form of the answer; without it the Accept header decides."},
    {.name = "lang",
     .type = GK_PARAMETER_CHOICE,
     .choices = "sv|en",
     .description = "The language of texts; without it the Accept-Language header decides."},
    {.name = NULL},
};

/* --- Pieces ----------------------------------------------------------------------- */

static void put_reference(struct gk_json *json, const char *to)
{
    gk_json_object_begin(json);
    gk_json_member(json, "$ref", to);
    gk_json_object_end(json);
}

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
    put_reference(json, schema);
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
    put_reference(json, "#/components/responses/Invalid");
    if (is_data) {
        gk_json_key(json, "404");
        put_reference(json, "#/components/responses/NotFound");
        gk_json_key(json, "410");
        put_reference(json, "#/components/responses/Gone");
    }
    gk_json_key(json, "503");
    put_reference(json, "#/components/responses/Unavailable");
    gk_json_object_end(json);
}

/* What an operation is, up to its parameters. */
static void put_operation_start(struct gk_json *json, const char *id, const char *summary,
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

/* What resources about data without other parameters take. */
static void put_about_parameters(struct gk_json *json, const struct gk_view *view)
{
    gk_json_key(json, "parameters");
    gk_json_array_begin(json);
    put_reference(json, "#/components/parameters/release");
    if (view->is_analyst)
        put_reference(json, "#/components/parameters/revision");
    put_reference(json, "#/components/parameters/f");
    put_reference(json, "#/components/parameters/lang");
    gk_json_array_end(json);
}

static void put_plain_path(struct gk_json *json, const char *path, const char *id,
                           const char *summary, const char *type, const char *schema)
{
    gk_json_key(json, path);
    gk_json_object_begin(json);
    put_operation_start(json, id, summary, "service");
    gk_json_key(json, "parameters");
    gk_json_array_begin(json);
    put_reference(json, "#/components/parameters/f");
    put_reference(json, "#/components/parameters/lang");
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

/* Those that are the same in every collection: described once, where clients look
 * for them by name (QGIS and GDAL read the page size from `limit` there). */
static bool is_shared(enum gk_query query)
{
    return query == GK_QUERY_LIMIT || query == GK_QUERY_BBOX || query == GK_QUERY_BBOX_CRS ||
           query == GK_QUERY_CRS || query == GK_QUERY_RESULT_TYPE || query == GK_QUERY_CSV ||
           query == GK_QUERY_CSV_GEOMETRY || query == GK_QUERY_CURSOR ||
           query == GK_QUERY_RELEASE || query == GK_QUERY_REVISION;
}

/* One row of a table, with an example of this collection. */
static void put_parameter(struct gk_json *json, const struct gk_view *view,
                          const struct gk_collection *c, const struct gk_query_table *table,
                          size_t i)
{
    struct gk_parameter one[2] = {table->row[i], {.name = NULL}};
    gk_example_set(view, c, table->which[i], &one[0]);
    gk_parameters_put_openapi(json, one, view->request->principal.role);
}

static void put_parameters(struct gk_json *json, const struct gk_view *view,
                           const struct gk_collection *c, const struct gk_query_table *table,
                           bool has_csv)
{
    for (size_t i = 0; i < table->count; i++) {
        if (is_shared(table->which[i]))
            put_reference(json,
                          gk_text(view->request, "#/components/parameters/%s", table->row[i].name));
        else
            put_parameter(json, view, c, table, i);
    }
    put_reference(json, has_csv ? "#/components/parameters/f-items" : "#/components/parameters/f");
    put_reference(json, "#/components/parameters/lang");
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
    put_operation_start(json, gk_text(request, "%s.%s", c->name, is_item ? "item" : "items"),
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
    put_operation_start(json, gk_text(request, "%s.%s", c->name, name),
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
    put_operation_start(json, "collections", "The collections", "service");
    put_about_parameters(json, view);
    put_responses(json, "application/json", "#/components/schemas/Collections", true, false);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

static enum gk_status put_paths(struct gk_json *json, const struct gk_view *view)
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

/* --- Components -------------------------------------------------------------------------- */

static enum gk_status put_component_parameters(struct gk_json *json, const struct gk_view *view)
{
    struct gk_collection cells = {.layer = &gk_layer_cells};
    struct gk_query_table table;
    enum gk_status status = gk_query_table_make(view, &cells, false, &table);
    if (status != GK_OK)
        return status;
    gk_json_key(json, "parameters");
    gk_json_object_begin(json);
    for (size_t i = 0; i < table.count; i++) {
        if (!is_shared(table.which[i]))
            continue;
        gk_json_key(json, table.row[i].name);
        put_parameter(json, view, &cells, &table, i);
    }
    for (const struct gk_parameter *row = common; row->name != NULL; row++) {
        struct gk_parameter one[2] = {*row, {.name = NULL}};
        bool has_csv = row->choices != NULL && strstr(row->choices, "csv") != NULL;
        gk_json_key(json, has_csv ? "f-items" : one[0].name);
        gk_parameters_put_openapi(json, one, view->request->principal.role);
    }
    gk_json_object_end(json);
    return GK_OK;
}

static void put_component_response(struct gk_json *json, const char *name, const char *text)
{
    gk_json_key(json, name);
    gk_json_object_begin(json);
    gk_json_member(json, "description", text);
    gk_json_key(json, "content");
    gk_json_object_begin(json);
    gk_json_key(json, "application/problem+json");
    gk_json_object_begin(json);
    gk_json_key(json, "schema");
    put_reference(json, "#/components/schemas/Problem");
    gk_json_object_end(json);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

/* Schemas that do not depend on data. */
static void put_fixed_schemas(struct gk_json *json)
{
    static const char fixed[] =
        "{\"type\":\"object\",\"required\":[\"href\",\"rel\"],\"properties\":{\"href\":{\"type\":"
        "\"string\"},\"rel\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},\"title\":"
        "{\"type\":\"string\"}}}";
    static const char linked[] =
        "{\"type\":\"object\",\"required\":[\"links\"],\"properties\":{\"links\":{\"type\":"
        "\"array\",\"items\":{\"$ref\":\"#/components/schemas/Link\"}}}}";
    static const char collection[] =
        "{\"type\":\"object\",\"required\":[\"id\",\"title\",\"description\",\"itemType\","
        "\"extent\",\"crs\",\"links\"],\"properties\":{\"id\":{\"type\":\"string\"},\"title\":"
        "{\"type\":\"string\"},\"description\":{\"type\":\"string\"},\"itemType\":{\"type\":"
        "\"string\",\"enum\":[\"feature\"]},\"extent\":{\"type\":\"object\"},\"crs\":{\"type\":"
        "\"array\",\"items\":{\"type\":\"string\"}},\"storageCrs\":{\"type\":\"string\"},\"links\":"
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Link\"}}}}";
    static const char collections[] =
        "{\"type\":\"object\",\"required\":[\"links\",\"collections\"],\"properties\":{\"links\":"
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Link\"}},\"collections\":"
        "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Collection\"}}}}";
    static const char conformance[] =
        "{\"type\":\"object\",\"required\":[\"conformsTo\"],\"properties\":{\"conformsTo\":"
        "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}";
    static const char problem[] =
        "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"detail\"],"
        "\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":"
        "{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"}}}";
    static const char geometry[] =
        "{\"type\":\"object\",\"nullable\":true,\"required\":[\"type\",\"coordinates\"],"
        "\"properties\":{\"type\":{\"type\":\"string\",\"enum\":[\"Point\",\"Polygon\","
        "\"MultiPolygon\"]},\"coordinates\":{\"type\":\"array\",\"items\":{}}}}";
    static const char anything[] = "{\"type\":\"object\"}";
    gk_json_key(json, "Link");
    gk_json_raw(json, fixed, sizeof fixed - 1);
    gk_json_key(json, "Linked");
    gk_json_raw(json, linked, sizeof linked - 1);
    gk_json_key(json, "Collection");
    gk_json_raw(json, collection, sizeof collection - 1);
    gk_json_key(json, "Collections");
    gk_json_raw(json, collections, sizeof collections - 1);
    gk_json_key(json, "Conformance");
    gk_json_raw(json, conformance, sizeof conformance - 1);
    gk_json_key(json, "Problem");
    gk_json_raw(json, problem, sizeof problem - 1);
    gk_json_key(json, "Geometry");
    gk_json_raw(json, geometry, sizeof geometry - 1);
    gk_json_key(json, "Anything");
    gk_json_raw(json, anything, sizeof anything - 1);
}

static void put_typed(struct gk_json *json, const char *key, const char *type, const char *value)
{
    gk_json_key(json, key);
    gk_json_object_begin(json);
    gk_json_member(json, "type", type);
    if (value != NULL) {
        gk_json_key(json, "enum");
        gk_json_array_begin(json);
        gk_json_text(json, value);
        gk_json_array_end(json);
    }
    gk_json_object_end(json);
}

/* `names`: a JSON array's inside. */
static void put_required(struct gk_json *json, const char *names)
{
    gk_json_key(json, "required");
    gk_json_array_begin(json);
    gk_json_raw(json, names, strlen(names));
    gk_json_array_end(json);
}

static void put_links_schema(struct gk_json *json)
{
    gk_json_key(json, "links");
    gk_json_object_begin(json);
    gk_json_member(json, "type", "array");
    gk_json_key(json, "items");
    put_reference(json, "#/components/schemas/Link");
    gk_json_object_end(json);
}

static void put_feature_schema(struct gk_json *json, const struct gk_view *view,
                               const struct gk_collection *c)
{
    struct gk_columns columns;
    gk_collection_columns(view, c, &columns);
    gk_json_key(json, gk_text(view->request, "%s.feature", c->name));
    gk_json_object_begin(json);
    gk_json_member(json, "type", "object");
    put_required(json, "\"type\",\"id\",\"geometry\",\"properties\"");
    gk_json_key(json, "properties");
    gk_json_object_begin(json);
    put_typed(json, "type", "string", "Feature");
    put_typed(json, "id", "integer", NULL);
    gk_json_key(json, "geometry");
    put_reference(json, "#/components/schemas/Geometry");
    gk_json_key(json, "properties");
    gk_json_object_begin(json);
    gk_json_member(json, "type", "object");
    gk_json_key(json, "properties");
    gk_json_object_begin(json);
    gk_json_put_columns(json, &columns, view->is_swedish, GK_COLUMNS_OPENAPI);
    gk_json_object_end(json);
    gk_json_object_end(json);
    put_typed(json, "timeStamp", "string", NULL);
    put_links_schema(json);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

static void put_features_schema(struct gk_json *json, const struct gk_view *view,
                                const struct gk_collection *c)
{
    gk_json_key(json, gk_text(view->request, "%s.features", c->name));
    gk_json_object_begin(json);
    gk_json_member(json, "type", "object");
    put_required(json, "\"type\",\"features\",\"links\",\"timeStamp\",\"numberReturned\"");
    gk_json_key(json, "properties");
    gk_json_object_begin(json);
    put_typed(json, "type", "string", "FeatureCollection");
    put_typed(json, "timeStamp", "string", NULL);
    put_typed(json, "numberMatched", "integer", NULL);
    put_typed(json, "numberReturned", "integer", NULL);
    gk_json_key(json, "features");
    gk_json_object_begin(json);
    gk_json_member(json, "type", "array");
    gk_json_key(json, "items");
    put_reference(json, gk_text(view->request, "#/components/schemas/%s.feature", c->name));
    gk_json_object_end(json);
    put_links_schema(json);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

static enum gk_status put_components(struct gk_json *json, const struct gk_view *view)
{
    struct gk_collection c;
    gk_json_key(json, "components");
    gk_json_object_begin(json);
    enum gk_status status = put_component_parameters(json, view);
    gk_json_key(json, "responses");
    gk_json_object_begin(json);
    put_component_response(json, "Invalid",
                           "A parameter is unknown, repeated or outside its range.");
    put_component_response(json, "NotFound",
                           "There is no such feature, collection, release or revision.");
    put_component_response(json, "Gone",
                           "The cursor's data were replaced: start again. Or the "
                           "release or revision was withdrawn or erased.");
    put_component_response(json, "Unavailable",
                           "There are no data yet, or they are being loaded; "
                           "try again when Retry-After says.");
    gk_json_object_end(json);
    gk_json_key(json, "schemas");
    gk_json_object_begin(json);
    put_fixed_schemas(json);
    for (size_t i = 0; gk_view_collection_at(view, i, &c); i++) {
        put_feature_schema(json, view, &c);
        put_features_schema(json, view, &c);
    }
    gk_json_object_end(json);
    if (view->is_analyst) {
        static const char bearer[] = "{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}";
        gk_json_key(json, "securitySchemes");
        gk_json_raw(json, bearer, sizeof bearer - 1);
    }
    gk_json_object_end(json);
    return status;
}

/* --- The document ---------------------------------------------------------------------------- */

static void put_info(struct gk_json *json, const struct gk_view *view)
{
    struct gk_collection c;
    gk_json_member(json, "openapi", "3.0.3");
    gk_json_key(json, "info");
    gk_json_object_begin(json);
    gk_json_member(json, "title", view->settings->title);
    gk_json_member(json, "version", GK_VERSION);
    gk_json_member(json, "description",
                   gk_say(view->request, "Anmälda bostadsinbrott i celler, OGC API - Features.",
                          "Reported residential burglaries in cells, OGC API - Features."));
    gk_json_object_end(json);
    gk_json_key(json, "servers");
    gk_json_array_begin(json);
    gk_json_object_begin(json);
    gk_json_member(json, "url", view->request->base_url);
    gk_json_object_end(json);
    gk_json_array_end(json);
    gk_json_key(json, "tags");
    gk_json_array_begin(json);
    gk_json_object_begin(json);
    gk_json_member(json, "name", "service");
    gk_json_member(json, "description",
                   gk_say(view->request, "Tjänsten själv: vad den är, kan och har.",
                          "The service itself: what it is, does and has."));
    gk_json_object_end(json);
    for (size_t i = 0; gk_view_collection_at(view, i, &c); i++) {
        gk_json_object_begin(json);
        gk_json_member(json, "name", c.name);
        gk_json_member(json, "description", view->is_swedish ? c.layer->text_sv : c.layer->text_en);
        gk_json_object_end(json);
    }
    gk_json_array_end(json);
}

static enum gk_status put_api_json(const struct gk_view *view, struct gk_buf *buf)
{
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    put_info(&json, view);
    enum gk_status status = put_paths(&json, view);
    if (status == GK_OK)
        status = put_components(&json, view);
    gk_json_key(&json, "security");
    gk_json_array_begin(&json);
    if (view->is_analyst)
        gk_json_raw(&json, "{\"token\":[]}", 12);
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
    return status;
}

static void put_parameters_html(const struct gk_view *view, const struct gk_query_table *table,
                                struct gk_buf *buf)
{
    gk_buf_puts(buf, "<dl>\n");
    for (size_t i = 0; i < table->count; i++) {
        const struct gk_parameter *row = &table->row[i];
        const char *text = row->description;
        if (row->choices != NULL)
            text = gk_text(view->request, "%s (%s)", text, row->choices);
        if (row->initial != NULL)
            text = gk_text(view->request, "%s [%s]", text, row->initial);
        gk_buf_puts(buf, "<dt><code>");
        gk_html_text(buf, row->name);
        gk_buf_puts(buf, "</code></dt><dd lang=\"en\">");
        gk_html_text(buf, text);
        gk_buf_puts(buf, "</dd>\n");
    }
    gk_buf_puts(buf, "</dl>\n");
}

static enum gk_status put_api_html(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    struct gk_collection c;
    gk_html_begin(buf, view->settings, request, gk_say(request, "Gränssnittet", "The interface"));
    gk_html_element(buf, "p",
                    gk_say(request,
                           "OGC API - Features. Listor följs sida för sida med länken next.",
                           "OGC API - Features. Follow the link `next` from page to page."));
    for (size_t i = 0; gk_view_collection_at(view, i, &c); i++) {
        struct gk_query_table table;
        enum gk_status status = gk_query_table_make(view, &c, false, &table);
        if (status != GK_OK)
            return status;
        gk_html_element(buf, "h2", gk_collection_title(view, &c));
        gk_buf_puts(buf, "<p>");
        gk_html_element(buf, "code", gk_text(request, "GET /collections/%s/items", c.name));
        gk_buf_puts(buf, "</p>\n");
        put_parameters_html(view, &table, buf);
    }
    gk_html_end(buf, view->settings, request);
    return GK_OK;
}

enum gk_status gk_resource_api(void *context, const struct gk_request *request,
                               struct gk_response *response, struct gk_error *error)
{
    struct gk_view view;
    enum gk_status status = gk_view_open(&view, context, request, response, error);
    if (status == GK_OK) {
        status = request->format == GK_FORMAT_HTML ? put_api_html(&view, &response->body)
                                                   : put_api_json(&view, &response->body);
        if (status != GK_OK)
            gk_error_set(error, status, "describe the interface: %s", gk_status_text(status));
        else
            status = gk_view_finish(response, error);
    }
    gk_view_close(&view);
    return status;
}
