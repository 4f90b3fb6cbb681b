/* The request target: what of a raw URI is refused, and its decoded parts.
 * Pure functions; private to lib/http. */
#ifndef GK_HTTP_TARGET_H
#define GK_HTTP_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "http/server.h"

enum {
    GK_TARGET_MAX_BYTES = 8192,
    GK_TARGET_AMPERSANDS_MAX = 32,
    GK_SEGMENTS_MAX = 8 /* path segments; longer paths match no route */
};

/* A decoded target. Everything points into the `room` it was read into. */
struct gk_target {
    const char *path; /* begins with '/', NUL-terminated */
    struct gk_text segment[GK_SEGMENTS_MAX];
    size_t segment_count; /* GK_SEGMENTS_MAX + 1: more than that */
    struct gk_query_parameter query[GK_PARAMETERS_MAX];
    size_t query_count;
};

/* Looks at a raw target as it came over the wire. GK_URI_TOO_LONG, or
 * GK_INVALID: not origin-form, absolute-form or "*"; a space, a control byte,
 * '#', a '%' without two hexadecimal digits, an encoded NUL; too many '&'. */
GK_CHECKED enum gk_status gk_target_check(const char *raw, size_t length, struct gk_error *error);

/* Bytes of room that gk_target_read() needs for a raw target of `length`. */
size_t gk_target_room(size_t length);

/* Decodes a target that passed gk_target_check(). GK_INVALID: control bytes
 * (tab and line ends are allowed in values) or bad UTF-8 once decoded, a
 * parameter without a name, more than GK_PARAMETERS_MAX, or one given twice. */
GK_CHECKED enum gk_status gk_target_read(struct gk_target *target, const char *raw, size_t length,
                                         char *room, struct gk_error *error);

/* Origin-form of a target: without scheme and authority. May be empty ("*" and
 * "http://host" have no path). */
const char *gk_target_origin_form(const char *raw);

/* The start of a client's text, fit for a message: at most 100 bytes, cut between
 * characters, control bytes as spaces. */
struct gk_shown {
    char text[104];
};
struct gk_shown gk_show(const char *text, size_t length);

/* True if the bytes are UTF-8 (no surrogates, no overlong forms). */
bool gk_utf8_is_valid(const char *text, size_t length);

#endif
