/* Query parameters by table: the same rows parse requests and print OpenAPI. */
#ifndef GK_HTTP_PARAMETER_H
#define GK_HTTP_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/json.h"
#include "base/status.h"
#include "http/server.h"

enum gk_parameter_type {
    GK_PARAMETER_INTEGER, /* minimum..maximum; above maximum: the maximum if `clamps`, else 400 */
    GK_PARAMETER_CHOICE,  /* one of choices "a|b|c" */
    GK_PARAMETER_TEXT,    /* at most maximum bytes of UTF-8 */
    GK_PARAMETER_LIST,    /* some of choices "a|b|c" (at most 64), with commas; empty: none */
    GK_PARAMETER_BBOX,    /* 4 or 6 finite numbers; min <= max only for heights (the handler knows
                             the CRS, and which axis may cross the antimeridian) */
    GK_PARAMETER_PERIOD   /* OGC datetime */
};

/* One parameter. Tables end with a row whose name is NULL. */
struct gk_parameter {
    const char *name;
    enum gk_parameter_type type;
    int64_t minimum, maximum;
    const char *initial; /* default as text; NULL: none */
    const char *choices;
    bool clamps;
    bool is_list;      /* TEXT: several with commas, for OpenAPI an array of strings */
    enum gk_role role; /* least role that may use it; others get 400 as if unknown */
    const char *description;
    const char *format;  /* of the text, in OpenAPI ("uri"); NULL: none */
    const char *example; /* for OpenAPI, as it is written in an address; NULL: none */
};

struct gk_value {
    bool given;          /* false: default, or nothing when there is none */
    int64_t integer;     /* INTEGER; for CHOICE the index of the choice */
    uint64_t bits;       /* LIST: bit i for choice i */
    struct gk_text text; /* of texts and BBOX, as given: NUL-terminated; lives as the request */
    double bbox[4];      /* BBOX: min1, min2, max1, max2 (heights dropped), as given */
    struct gk_period period;
};

/* Reads request->query by `table` into values[] (one for each row, same
 * order). GK_INVALID names parameter, value and what is allowed: unknown or
 * repeated parameter, or a value outside. */
GK_CHECKED enum gk_status gk_parameters_read(const struct gk_request *request,
                                             const struct gk_parameter *table,
                                             struct gk_value *values, struct gk_error *error);

/* Reads only the parameter of `row`, and looks at no other. GK_INVALID as above. */
GK_CHECKED enum gk_status gk_parameter_read(const struct gk_request *request,
                                            const struct gk_parameter *row, struct gk_value *value,
                                            struct gk_error *error);

/* Appends the OpenAPI 3.0 parameter objects of the rows that `role` may use. */
void gk_parameters_put_openapi(struct gk_json *json, const struct gk_parameter *table,
                               enum gk_role role);

/* Appends `text` percent-encoded for a query value. */
void gk_buf_put_percent(struct gk_buf *buf, const char *text, size_t length);

/* Appends `length` bytes with & < > " ' escaped for HTML text and attributes. */
void gk_buf_put_html(struct gk_buf *buf, const char *text, size_t length);

#endif
