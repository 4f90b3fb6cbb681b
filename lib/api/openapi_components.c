/* The components of the definition of the interface: parameters that are the same in
 * every collection, what problems look like, and the schemas of answers. */
#include "openapi.h"

#include <string.h>

#include "link.h"

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
        if (!gk_openapi_is_shared(table.which[i]))
            continue;
        gk_json_key(json, table.row[i].name);
        gk_openapi_put_parameter(json, view, &cells, &table, i);
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
    gk_openapi_put_reference(json, "#/components/schemas/Problem");
    gk_json_object_end(json);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

/* Schemas that do not depend on data. */
static const char *const fixed_schemas[][2] = {
    {"Link",
     "{\"type\":\"object\",\"required\":[\"href\",\"rel\"],\"properties\":{\"href\":{\"type\":"
     "\"string\"},\"rel\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},\"title\":"
     "{\"type\":\"string\"}}}"},
    {"Linked", "{\"type\":\"object\",\"required\":[\"links\"],\"properties\":{\"links\":{\"type\":"
               "\"array\",\"items\":{\"$ref\":\"#/components/schemas/Link\"}}}}"},
    {"Collection",
     "{\"type\":\"object\",\"required\":[\"id\",\"title\",\"description\",\"itemType\","
     "\"extent\",\"crs\",\"links\"],\"properties\":{\"id\":{\"type\":\"string\"},\"title\":"
     "{\"type\":\"string\"},\"description\":{\"type\":\"string\"},\"itemType\":{\"type\":"
     "\"string\",\"enum\":[\"feature\"]},\"extent\":{\"type\":\"object\"},\"crs\":{\"type\":"
     "\"array\",\"items\":{\"type\":\"string\"}},\"storageCrs\":{\"type\":\"string\"},\"links\":"
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Link\"}}}}"},
    {"Collections",
     "{\"type\":\"object\",\"required\":[\"links\",\"collections\"],\"properties\":{\"links\":"
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Link\"}},\"collections\":"
     "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Collection\"}}}}"},
    {"Conformance",
     "{\"type\":\"object\",\"required\":[\"conformsTo\"],\"properties\":{\"conformsTo\":"
     "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}"},
    {"Problem",
     "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"detail\"],"
     "\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":"
     "{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"}}}"},
    {"Geometry", "{\"type\":\"object\",\"nullable\":true,\"required\":[\"type\",\"coordinates\"],"
                 "\"properties\":{\"type\":{\"type\":\"string\",\"enum\":[\"Point\",\"Polygon\","
                 "\"MultiPolygon\"]},\"coordinates\":{\"type\":\"array\",\"items\":{}}}}"},
    {"Anything", "{\"type\":\"object\"}"},
};

static void put_fixed_schemas(struct gk_json *json)
{
    for (size_t i = 0; i < sizeof fixed_schemas / sizeof *fixed_schemas; i++) {
        gk_json_key(json, fixed_schemas[i][0]);
        gk_json_raw(json, fixed_schemas[i][1], strlen(fixed_schemas[i][1]));
    }
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
    gk_openapi_put_reference(json, "#/components/schemas/Link");
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
    gk_openapi_put_reference(json, "#/components/schemas/Geometry");
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
    gk_openapi_put_reference(json,
                             gk_text(view->request, "#/components/schemas/%s.feature", c->name));
    gk_json_object_end(json);
    put_links_schema(json);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

enum gk_status gk_openapi_put_components(struct gk_json *json, const struct gk_view *view)
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
