/* The two schemas. Part 5 knows no null: a property that a feature has no value for is
 * not said to be one. In GeoJSON it is there and null. GDAL (3.6) takes types only
 * from single words, and no type from what has a $ref, so that JSON Schema's own ways
 * to allow null would make texts of all numbers: the schema of a feature says
 * `nullable`, as OpenAPI 3.0 has it, and claims no other dialect by "$schema". */
#include "schema.h"

#include <string.h>

#include "html.h"
#include "link.h"

/* Up to the members of "properties". The id is the address without parameters, as
 * the standard wants it. */
static void put_start(struct gk_json *json, const struct gk_view *view, const char *dialect)
{
    const struct gk_layer *layer = view->collection.layer;
    gk_json_object_begin(json);
    if (dialect != NULL)
        gk_json_member(json, "$schema", dialect);
    gk_json_member(
        json, "$id",
        gk_address(view->request, view->request->path, (struct gk_address){.is_bare = true}));
    gk_json_member(json, "title", gk_collection_title(view, &view->collection));
    gk_json_member(json, "description", view->is_swedish ? layer->text_sv : layer->text_en);
    gk_json_member(json, "type", "object");
    gk_json_key(json, "properties");
    gk_json_object_begin(json);
}

void gk_schema_put_logical(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_layer *layer = view->collection.layer;
    const struct gk_request *request = view->request;
    struct gk_columns columns;
    struct gk_json json;
    gk_collection_columns(view, &view->collection, &columns);
    gk_json_init(&json, buf);
    put_start(&json, view, "https://json-schema.org/draft/2020-12/schema");
    gk_json_key(&json, "id");
    gk_json_object_begin(&json);
    gk_json_member(&json, "title", gk_say(request, "Identitet", "Identifier"));
    gk_json_member(&json, "type", "integer");
    gk_json_key(&json, "readOnly");
    gk_json_bool(&json, true);
    gk_json_member(&json, "x-ogc-role", "id");
    gk_json_member(&json, "x-grannkarta-kind", gk_property_kind_name(GK_KIND_OF_IDENTIFIER));
    gk_json_object_end(&json);
    gk_json_key(&json, "geometry");
    gk_json_object_begin(&json);
    gk_json_member(&json, "title", gk_say(request, "Geometri", "Geometry"));
    gk_json_member(&json, "x-ogc-role", "primary-geometry");
    gk_json_member(&json, "format", layer->geometry);
    gk_json_object_end(&json);
    gk_json_put_columns(&json, &columns, view->is_swedish, GK_COLUMNS_LOGICAL);
    gk_json_object_end(&json);
    gk_json_key(&json, "additionalProperties");
    gk_json_bool(&json, false);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
}

static const char *geometry_type(const struct gk_layer *layer)
{
    return strcmp(layer->geometry, "geometry-point") == 0     ? "Point"
           : strcmp(layer->geometry, "geometry-polygon") == 0 ? "Polygon"
                                                              : "MultiPolygon";
}

static void put_geometry(struct gk_json *json, const struct gk_layer *layer)
{
    gk_json_key(json, "geometry");
    gk_json_object_begin(json);
    gk_json_member(json, "type", "object");
    gk_json_key(json, "nullable");
    gk_json_bool(json, true);
    gk_json_key(json, "required");
    gk_json_raw(json, "[\"type\",\"coordinates\"]", 22);
    gk_json_key(json, "properties");
    gk_json_object_begin(json);
    gk_json_key(json, "type");
    gk_json_object_begin(json);
    gk_json_member(json, "type", "string");
    gk_json_key(json, "enum");
    gk_json_array_begin(json);
    gk_json_text(json, geometry_type(layer));
    gk_json_array_end(json);
    gk_json_object_end(json);
    gk_json_key(json, "coordinates");
    gk_json_raw(json, "{\"type\":\"array\"}", 16);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

void gk_schema_put_feature(const struct gk_view *view, struct gk_buf *buf)
{
    static const char type[] = "{\"type\":\"string\",\"enum\":[\"Feature\"]}";
    static const char id[] = "{\"type\":\"integer\",\"minimum\":0}";
    static const char required[] = "[\"type\",\"id\",\"geometry\",\"properties\"]";
    struct gk_columns columns;
    struct gk_json json;
    gk_collection_columns(view, &view->collection, &columns);
    gk_json_init(&json, buf);
    put_start(&json, view, NULL);
    gk_json_key(&json, "type");
    gk_json_raw(&json, type, sizeof type - 1);
    gk_json_key(&json, "id");
    gk_json_raw(&json, id, sizeof id - 1);
    put_geometry(&json, view->collection.layer);
    gk_json_key(&json, "properties");
    gk_json_object_begin(&json);
    gk_json_member(&json, "type", "object");
    gk_json_key(&json, "properties");
    gk_json_object_begin(&json);
    gk_json_put_columns(&json, &columns, view->is_swedish, GK_COLUMNS_OPENAPI);
    gk_json_object_end(&json);
    gk_json_key(&json, "additionalProperties");
    gk_json_bool(&json, false);
    gk_json_object_end(&json);
    gk_json_object_end(&json);
    gk_json_key(&json, "required");
    gk_json_raw(&json, required, sizeof required - 1);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
}
