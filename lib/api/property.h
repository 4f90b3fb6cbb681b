/* Properties: the catalogue, the values of one feature, and their writers. */
#ifndef GK_API_PROPERTY_H
#define GK_API_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "http/server.h"

enum gk_property {
#define GK_PROPERTY_X(symbol, ...) GK_PROPERTY_##symbol,
#include "property.def"
#undef GK_PROPERTY_X
    GK_PROPERTY_COUNT_OF
};

enum gk_property_type {
    GK_TYPE_INTEGER,
    GK_TYPE_NUMBER,
    GK_TYPE_TEXT,
    GK_TYPE_DATE, /* integer: a day */
    GK_TYPE_TIME, /* integer: a wall-clock hour */
    GK_TYPE_BOOLEAN
};

/* What a number means; rule 5 says that every number has one. */
enum gk_property_kind {
    GK_KIND_OF_COUNT,
    GK_KIND_OF_DENOMINATOR,
    GK_KIND_OF_RATE,
    GK_KIND_OF_INTERVAL,
    GK_KIND_OF_YEAR,
    GK_KIND_OF_SHARE,
    GK_KIND_OF_DISTANCE,
    GK_KIND_OF_IDENTIFIER,
    GK_KIND_OF_THRESHOLD,
    GK_KIND_OF_DATE,
    GK_KIND_OF_TEXT,
    GK_KIND_OF_FLAG,
    GK_KINDS_OF_PROPERTY
};

struct gk_property_info {
    const char *name;
    enum gk_property_type type;
    enum gk_property_kind kind;
    unsigned decimals;
    const char *unit; /* "" for none */
    const char *label_sv, *label_en;
    const char *text_sv, *text_en;
};

/* The catalogue's row. */
const struct gk_property_info *gk_property_info(enum gk_property property);

/* "count", "denominator", ...; static. */
const char *gk_property_kind_name(enum gk_property_kind kind);

/* Who gets a column. */
enum gk_column_when { GK_ALWAYS, GK_IN_RELEASE, GK_IN_REVISION, GK_IN_MUNICIPALITY };

/* A column of a collection. `is_same`: one value for the whole answer. */
struct gk_column {
    enum gk_property property;
    enum gk_column_when when;
    bool is_same;
};

/* The columns of one answer, chosen and in order. */
enum { GK_COLUMNS_MAX = 48 };
struct gk_columns {
    struct gk_column column[GK_COLUMNS_MAX];
    size_t count;
};

/* One value; nothing when !has. Which member counts follows from the type. */
struct gk_field {
    bool has;
    union {
        int64_t integer; /* INTEGER, DATE, TIME, BOOLEAN */
        double number;
        struct gk_text text;
    };
};

/* The values of one feature, by property. */
struct gk_fields {
    struct gk_field of[GK_PROPERTY_COUNT_OF];
};

static inline void gk_field_set_integer(struct gk_fields *f, enum gk_property p, int64_t value)
{
    f->of[p].has = true;
    f->of[p].integer = value;
}

static inline void gk_field_set_number(struct gk_fields *f, enum gk_property p, double value)
{
    f->of[p].has = true;
    f->of[p].number = value;
}

static inline void gk_field_set_text(struct gk_fields *f, enum gk_property p, const char *data,
                                     size_t length)
{
    f->of[p].has = true;
    f->of[p].text = (struct gk_text){data, length};
}

static inline void gk_field_set_null(struct gk_fields *f, enum gk_property p)
{
    f->of[p].has = false;
}

/* A properties object with its constant parts printed already: for each piece,
 * the text, then the value of its property (none in the last piece). */
struct gk_piece {
    struct gk_text text;
    int property; /* -1: none */
};
struct gk_pattern {
    struct gk_piece piece[GK_COLUMNS_MAX + 1];
    size_t count;
};

/* Prints what is the same for every feature into the arena. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_pattern_make(struct gk_pattern *pattern,
                                          const struct gk_columns *columns,
                                          const struct gk_fields *same, struct gk_arena *arena);

/* Appends the properties object of one feature. */
void gk_buf_put_properties(struct gk_buf *buf, const struct gk_pattern *pattern,
                           const struct gk_fields *fields);

/* Appends one value as HTML text in the reader's way of writing numbers. */
void gk_buf_put_field_html(struct gk_buf *buf, enum gk_property property,
                           const struct gk_fields *fields, bool is_swedish);

/* The forms of schema that columns are described in. */
enum gk_columns_form {
    GK_COLUMNS_PLAIN,   /* nothing but types */
    GK_COLUMNS_LOGICAL, /* Part 5: with the roles of times */
    GK_COLUMNS_OPENAPI  /* any may be null, as OpenAPI 3.0 says it (`nullable`) */
};

/* Appends the members of the columns' JSON Schema `properties` (call between
 * object_begin and object_end). Types are single words, which is all that GDAL
 * reads; in the last form only dates that `datetime` is about are dates,
 * because GDAL sends conditions on any as `datetime`. Units are UCUM's. */
void gk_json_put_columns(struct gk_json *json, const struct gk_columns *columns, bool is_swedish,
                         enum gk_columns_form form);

#endif
