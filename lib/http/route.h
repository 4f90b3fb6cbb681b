/* Patterns such as "/collections/{id}/items" and finding the one for a path.
 * Pure functions; private to lib/http. */
#ifndef GK_HTTP_ROUTE_H
#define GK_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "target.h"

/* A pattern cut at its slashes; borrows the pattern's text. */
struct gk_pattern {
    struct gk_text segment[GK_SEGMENTS_MAX]; /* data NULL: a variable */
    size_t segment_count;
};

/* Cuts `pattern`. GK_INVALID: it does not begin with '/', has an empty segment
 * or too many, or more than GK_PATH_VARIABLES_MAX variables. */
GK_CHECKED enum gk_status gk_pattern_read(struct gk_pattern *pattern, const char *text,
                                          struct gk_error *error);

/* True if the path of `target` fits; fills variable[] in order (empty text for
 * the rest). A variable never matches an empty segment. */
bool gk_pattern_matches(const struct gk_pattern *pattern, const struct gk_target *target,
                        struct gk_text variable[GK_PATH_VARIABLES_MAX]);

#endif
