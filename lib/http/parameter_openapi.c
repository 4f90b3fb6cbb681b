/* The same parameter table as OpenAPI 3.0 parameter objects. Clients read types,
 * limits and styles from here: QGIS sizes its pages by limit's maximum and
 * default, and pushes filters down only for form style without explode. */
#include "http/parameter.h"

#include <stdlib.h>
#include <string.h>

static void put_integer(struct gk_json *json, const struct gk_parameter *row)
{
    gk_json_member(json, "type", "integer");
    gk_json_member_i64(json, "minimum", row->minimum);
    gk_json_member_i64(json, "maximum", row->maximum);
    if (row->initial != NULL)
        gk_json_member_i64(json, "default", strtoll(row->initial, NULL, 10));
}

static void put_texts(struct gk_json *json)
{
    static const char items[] = "{\"type\":\"string\",\"pattern\":\"[+-]?[A-Za-z_].*\"}";
    gk_json_member(json, "type", "array");
    gk_json_member_i64(json, "minItems", 1);
    gk_json_key(json, "items");
    gk_json_raw(json, items, sizeof items - 1);
}

static void put_text(struct gk_json *json, const struct gk_parameter *row)
{
    if (row->is_list) {
        put_texts(json);
        return;
    }
    gk_json_member(json, "type", "string");
    if (row->maximum > 0)
        gk_json_member_i64(json, "maxLength", row->maximum);
    if (row->format != NULL)
        gk_json_member(json, "format", row->format);
    if (row->initial != NULL)
        gk_json_member(json, "default", row->initial);
}

/* An array of the texts that a separator divides. */
static void put_split(struct gk_json *json, const char *list, const char *separator)
{
    gk_json_array_begin(json);
    for (const char *at = list;;) {
        char text[256];
        size_t length = strcspn(at, separator);
        if (length < sizeof text) {
            memcpy(text, at, length);
            text[length] = '\0';
            gk_json_text(json, text);
        }
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    gk_json_array_end(json);
}

static void put_choices(struct gk_json *json, const struct gk_parameter *row)
{
    gk_json_member(json, "type", "string");
    if (row->format != NULL)
        gk_json_member(json, "format", row->format);
    gk_json_key(json, "enum");
    put_split(json, row->choices, "|");
}

static void put_choice(struct gk_json *json, const struct gk_parameter *row)
{
    put_choices(json, row);
    if (row->initial != NULL)
        gk_json_member(json, "default", row->initial);
}

static void put_list(struct gk_json *json, const struct gk_parameter *row)
{
    gk_json_member(json, "type", "array");
    gk_json_key(json, "items");
    gk_json_object_begin(json);
    put_choices(json, row);
    gk_json_object_end(json);
}

static void put_bbox(struct gk_json *json)
{
    gk_json_member(json, "type", "array");
    gk_json_member_i64(json, "minItems", 4);
    gk_json_member_i64(json, "maxItems", 6);
    gk_json_key(json, "items");
    gk_json_object_begin(json);
    gk_json_member(json, "type", "number");
    gk_json_object_end(json);
}

static void put_schema(struct gk_json *json, const struct gk_parameter *row)
{
    gk_json_key(json, "schema");
    gk_json_object_begin(json);
    switch (row->type) {
    case GK_PARAMETER_INTEGER:
        put_integer(json, row);
        break;
    case GK_PARAMETER_CHOICE:
        put_choice(json, row);
        break;
    case GK_PARAMETER_LIST:
        put_list(json, row);
        break;
    case GK_PARAMETER_TEXT:
        put_text(json, row);
        break;
    case GK_PARAMETER_BBOX:
        put_bbox(json);
        break;
    case GK_PARAMETER_PERIOD:
        gk_json_member(json, "type", "string");
        break;
    }
    gk_json_object_end(json);
}

/* Typed like the schema, so that tools can send it: an address joins arrays by commas. */
static void put_example(struct gk_json *json, const struct gk_parameter *row)
{
    gk_json_key(json, "example");
    if (row->type == GK_PARAMETER_INTEGER) {
        gk_json_i64(json, strtoll(row->example, NULL, 10));
    } else if (row->type == GK_PARAMETER_BBOX) {
        gk_json_array_begin(json);
        gk_json_raw(json, row->example, strlen(row->example));
        gk_json_array_end(json);
    } else if (row->is_list || row->type == GK_PARAMETER_LIST) {
        put_split(json, row->example, ",");
    } else {
        gk_json_text(json, row->example);
    }
}

void gk_parameters_put_openapi(struct gk_json *json, const struct gk_parameter *table,
                               enum gk_role role)
{
    for (const struct gk_parameter *row = table; row->name != NULL; row++) {
        if (row->role > role)
            continue;
        gk_json_object_begin(json);
        gk_json_member(json, "name", row->name);
        gk_json_member(json, "in", "query");
        if (row->description != NULL)
            gk_json_member(json, "description", row->description);
        gk_json_key(json, "required");
        gk_json_bool(json, false);
        gk_json_member(json, "style", "form");
        gk_json_key(json, "explode");
        gk_json_bool(json, false);
        put_schema(json, row);
        if (row->example != NULL)
            put_example(json, row);
        gk_json_object_end(json);
    }
}
