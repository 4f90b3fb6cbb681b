/* Writing JSON into a capped buffer: commas, escapes and nesting are kept
 * right here, so that no caller prints a brace. Input that is not UTF-8 comes
 * out with U+FFFD in place of the bad bytes. */
#ifndef GK_BASE_JSON_H
#define GK_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { GK_JSON_DEPTH_MAX = 32 };

struct gk_json {
    struct gk_buf *buf;
    int depth;
    bool has_member[GK_JSON_DEPTH_MAX];
    bool after_key;
};

/* A writer that appends to `buf`, which outlives it. */
void gk_json_init(struct gk_json *json, struct gk_buf *buf);

/* Containers; deeper than GK_JSON_DEPTH_MAX fails the buffer. */
void gk_json_object_begin(struct gk_json *json);

/* Ends the innermost container, which must be an object. */
void gk_json_object_end(struct gk_json *json);

/* As gk_json_object_begin(), for an array: its values need no keys. */
void gk_json_array_begin(struct gk_json *json);

/* Ends the innermost container, which must be an array. */
void gk_json_array_end(struct gk_json *json);

/* The key of the next value. */
void gk_json_key(struct gk_json *json, const char *key);

/* A string, escaped; NULL is written as null. */
void gk_json_text(struct gk_json *json, const char *text);

/* A whole number, with all its digits (also beyond 2^53). */
void gk_json_i64(struct gk_json *json, int64_t value);

/* As gk_buf_put_double(): rounded to `decimals`, null for what is no number. */
void gk_json_double(struct gk_json *json, double value, unsigned decimals);

/* true or false. */
void gk_json_bool(struct gk_json *json, bool value);

/* null: not known, as opposed to 0. */
void gk_json_null(struct gk_json *json);

/* A value that is JSON already. */
void gk_json_raw(struct gk_json *json, const char *text, size_t length);

/* A key and its text in one call. */
void gk_json_member(struct gk_json *json, const char *key, const char *text);

/* A key and its number in one call. */
void gk_json_member_i64(struct gk_json *json, const char *key, int64_t value);

/* Appends `length` bytes of text as a quoted JSON string. */
void gk_buf_put_json_string(struct gk_buf *buf, const char *text, size_t length);

#endif
