/* The catalogue of properties, and values as JSON, HTML and schema. The hot path
 * is gk_buf_put_properties(): a page of a thousand features runs through it a
 * thousand times, so that everything constant is printed once beforehand. */
#include "property.h"

#include <string.h>

#include "base/date.h"
#include "http/parameter.h"

static const struct gk_property_info catalogue[] = {
#define GK_PROPERTY_X(symbol, name, type, kind, decimals, unit, label_sv, label_en, text_sv,       \
                      text_en)                                                                     \
    [GK_PROPERTY_##symbol] = {name,     GK_TYPE_##type, GK_KIND_OF_##kind, decimals, unit,         \
                              label_sv, label_en,       text_sv,           text_en},
#include "property.def"
#undef GK_PROPERTY_X
};

const struct gk_property_info *gk_property_info(enum gk_property property)
{
    return &catalogue[property];
}

const char *gk_property_kind_name(enum gk_property_kind kind)
{
    static const char *const names[GK_KINDS_OF_PROPERTY] = {
        "count",    "denominator", "rate",      "interval", "year", "share",
        "distance", "identifier",  "threshold", "date",     "text", "flag"};
    return (unsigned)kind < GK_KINDS_OF_PROPERTY ? names[kind] : "?";
}

/* Always with a point, so that clients that guess types from the first features
 * do not take a 0 for an integer and cut what follows. */
static void put_number(struct gk_buf *buf, double value, unsigned decimals)
{
    size_t start = buf->length;
    gk_buf_put_double(buf, value, decimals);
    bool is_number = gk_buf_status(buf) == GK_OK && buf->data[start] != 'n'; /* null */
    if (is_number && memchr(buf->data + start, '.', buf->length - start) == NULL)
        gk_buf_append(buf, ".0", 2);
}

static void put_value(struct gk_buf *buf, enum gk_property property, const struct gk_field *field)
{
    if (!field->has) {
        gk_buf_append(buf, "null", 4);
        return;
    }
    switch (catalogue[property].type) {
    case GK_TYPE_INTEGER:
        gk_buf_put_i64(buf, field->integer);
        return;
    case GK_TYPE_NUMBER:
        put_number(buf, field->number, catalogue[property].decimals);
        return;
    case GK_TYPE_TEXT:
        gk_buf_put_json_string(buf, field->text.data, field->text.length);
        return;
    case GK_TYPE_DATE:
        gk_buf_putc(buf, '"');
        gk_buf_put_day(buf, (int32_t)field->integer);
        gk_buf_putc(buf, '"');
        return;
    case GK_TYPE_TIME:
        gk_buf_putc(buf, '"');
        gk_buf_put_hour(buf, (int32_t)field->integer);
        gk_buf_putc(buf, '"');
        return;
    case GK_TYPE_BOOLEAN:
        gk_buf_puts(buf, field->integer != 0 ? "true" : "false");
        return;
    }
}

/* Moves what was printed since the last piece into the arena as a piece. */
static bool close_piece(struct gk_pattern *pattern, struct gk_buf *text, int property,
                        struct gk_arena *arena)
{
    const char *copy = gk_arena_strndup(arena, text->data == NULL ? "" : text->data, text->length);
    if (copy == NULL || gk_buf_status(text) != GK_OK)
        return false;
    pattern->piece[pattern->count++] = (struct gk_piece){{copy, text->length}, property};
    gk_buf_clear(text);
    return true;
}

enum gk_status gk_pattern_make(struct gk_pattern *pattern, const struct gk_columns *columns,
                               const struct gk_fields *same, struct gk_arena *arena)
{
    enum { TEXT_MAX_BYTES = 64 * 1024 };
    struct gk_buf text;
    gk_buf_init(&text, TEXT_MAX_BYTES);
    pattern->count = 0;
    gk_buf_putc(&text, '{');
    bool done = true;
    for (size_t i = 0; done && i < columns->count; i++) {
        enum gk_property property = columns->column[i].property;
        gk_buf_puts(&text, i == 0 ? "\"" : ",\"");
        gk_buf_puts(&text, catalogue[property].name);
        gk_buf_puts(&text, "\":");
        if (columns->column[i].is_same)
            put_value(&text, property, &same->of[property]);
        else
            done = close_piece(pattern, &text, (int)property, arena);
    }
    gk_buf_putc(&text, '}');
    done = done && close_piece(pattern, &text, -1, arena);
    gk_buf_release(&text);
    return done ? GK_OK : GK_NO_MEMORY;
}

void gk_buf_put_properties(struct gk_buf *buf, const struct gk_pattern *pattern,
                           const struct gk_fields *fields)
{
    for (size_t i = 0; i < pattern->count; i++) {
        const struct gk_piece *piece = &pattern->piece[i];
        gk_buf_append(buf, piece->text.data, piece->text.length);
        if (piece->property >= 0)
            put_value(buf, (enum gk_property)piece->property, &fields->of[piece->property]);
    }
}

/* Swedish writes a decimal comma. */
static void put_number_html(struct gk_buf *buf, double value, unsigned decimals, bool is_swedish)
{
    size_t start = buf->length;
    gk_buf_put_double(buf, value, decimals > 2 ? 2 : decimals);
    if (is_swedish && gk_buf_status(buf) == GK_OK)
        for (size_t i = start; i < buf->length; i++)
            if (buf->data[i] == '.')
                buf->data[i] = ',';
}

void gk_buf_put_field_html(struct gk_buf *buf, enum gk_property property,
                           const struct gk_fields *fields, bool is_swedish)
{
    const struct gk_field *field = &fields->of[property];
    if (!field->has) {
        gk_buf_puts(buf, is_swedish ? "saknas" : "none");
        return;
    }
    switch (catalogue[property].type) {
    case GK_TYPE_NUMBER:
        put_number_html(buf, field->number, catalogue[property].decimals, is_swedish);
        return;
    case GK_TYPE_TEXT:
        gk_buf_put_html(buf, field->text.data, field->text.length);
        return;
    case GK_TYPE_DATE:
        gk_buf_put_day(buf, (int32_t)field->integer);
        return;
    case GK_TYPE_TIME:
        gk_buf_put_hour(buf, (int32_t)field->integer);
        return;
    case GK_TYPE_BOOLEAN:
        gk_buf_puts(buf, field->integer != 0 ? (is_swedish ? "ja" : "yes")
                                             : (is_swedish ? "nej" : "no"));
        return;
    case GK_TYPE_INTEGER:
        gk_buf_put_i64(buf, field->integer);
        return;
    }
}

static const char *json_type(enum gk_property_type type)
{
    switch (type) {
    case GK_TYPE_INTEGER:
        return "integer";
    case GK_TYPE_NUMBER:
        return "number";
    case GK_TYPE_BOOLEAN:
        return "boolean";
    default:
        return "string";
    }
}

/* Whether a condition on a date may become `datetime`. GDAL makes one of any date that the schema
 * of a feature names, and then does not look at the column itself: right for the
 * period, but of "started" it would give every watch area, and other counts. */
static bool is_of_datetime(enum gk_property property)
{
    return property != GK_PROPERTY_STARTED && property != GK_PROPERTY_REPORTED;
}

static const char *format_of(enum gk_property_type type)
{
    return type == GK_TYPE_DATE ? "date" : type == GK_TYPE_TIME ? "date-time" : NULL;
}

static void put_type(struct gk_json *json, enum gk_property property, enum gk_columns_form form)
{
    enum gk_property_type type = catalogue[property].type;
    const char *format = format_of(type);
    bool may_be_null = form == GK_COLUMNS_OPENAPI;
    gk_json_member(json, "type", json_type(type));
    if (may_be_null) {
        gk_json_key(json, "nullable");
        gk_json_bool(json, true);
    }
    if (format != NULL && (type == GK_TYPE_TIME || !may_be_null || is_of_datetime(property)))
        gk_json_member(json, "format", format);
}

/* When what a feature tells was: the period of its counts, or when it happened. */
static const char *role_of(enum gk_property property)
{
    switch (property) {
    case GK_PROPERTY_PERIOD_FROM:
    case GK_PROPERTY_FROM:
        return "primary-interval-start";
    case GK_PROPERTY_PERIOD_TO:
    case GK_PROPERTY_TO:
        return "primary-interval-end";
    default:
        return NULL;
    }
}

/* Units in the Unified Code for Units of Measure, which Part 5 wants: things that
 * are counted are annotations there. */
static const char *ucum_of(const char *unit)
{
    static const char *const units[][2] = {
        {"m", "m"},
        {"offences", "{offences}"},
        {"dwellings", "{dwellings}"},
        {"addresses", "{addresses}"},
        {"inhabitants", "{inhabitants}"},
        {"cells", "{cells}"},
        {"cells or incidents", "{features}"},
        {"offences per 1,000 dwellings", "{offences}/1000/{dwellings}"},
        {"offences per 100,000 inhabitants", "{offences}/100000/{inhabitants}"},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i][0]) == 0)
            return units[i][1];
    return NULL;
}

void gk_json_put_columns(struct gk_json *json, const struct gk_columns *columns, bool is_swedish,
                         enum gk_columns_form form)
{
    for (size_t i = 0; i < columns->count; i++) {
        enum gk_property property = columns->column[i].property;
        const struct gk_property_info *info = &catalogue[property];
        const char *role = form == GK_COLUMNS_LOGICAL ? role_of(property) : NULL;
        gk_json_key(json, info->name);
        gk_json_object_begin(json);
        gk_json_member(json, "title", is_swedish ? info->label_sv : info->label_en);
        gk_json_member(json, "description", is_swedish ? info->text_sv : info->text_en);
        put_type(json, property, form);
        if (role != NULL)
            gk_json_member(json, "x-ogc-role", role);
        gk_json_member(json, "x-grannkarta-kind", gk_property_kind_name(info->kind));
        if (ucum_of(info->unit) != NULL)
            gk_json_member(json, "x-ogc-unit", ucum_of(info->unit));
        gk_json_object_end(json);
    }
}
