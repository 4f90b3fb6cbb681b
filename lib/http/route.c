/* Path patterns. There are a few dozen routes, so the first that fits is found
 * by looking at each; literal ones stand before variable ones in the table. */
#include "route.h"

#include <string.h>

enum gk_status gk_pattern_read(struct gk_pattern *pattern, const char *text, struct gk_error *error)
{
    *pattern = (struct gk_pattern){0};
    size_t variables = 0;
    if (text[0] != '/')
        return gk_error_set(error, GK_INVALID, "route \"%s\" does not begin with /", text);
    for (const char *at = text + 1; *at != '\0';) {
        size_t length = strcspn(at, "/");
        bool is_variable = length > 2 && at[0] == '{' && at[length - 1] == '}';
        variables += is_variable;
        if (length == 0 || pattern->segment_count == GK_SEGMENTS_MAX ||
            variables > GK_PATH_VARIABLES_MAX)
            return gk_error_set(error, GK_INVALID, "route \"%s\" has an empty segment or too many",
                                text);
        pattern->segment[pattern->segment_count++] =
            (struct gk_text){is_variable ? NULL : at, length};
        at += length;
        at += *at == '/';
    }
    return GK_OK;
}

bool gk_pattern_matches(const struct gk_pattern *pattern, const struct gk_target *target,
                        struct gk_text variable[GK_PATH_VARIABLES_MAX])
{
    size_t variables = 0;
    if (pattern->segment_count != target->segment_count)
        return false;
    for (size_t i = 0; i < pattern->segment_count; i++) {
        const struct gk_text *want = &pattern->segment[i], *have = &target->segment[i];
        if (want->data == NULL) {
            if (have->length == 0)
                return false;
            variable[variables++] = *have;
        } else if (want->length != have->length ||
                   memcmp(want->data, have->data, want->length) != 0) {
            return false;
        }
    }
    while (variables < GK_PATH_VARIABLES_MAX)
        variable[variables++] = (struct gk_text){"", 0};
    return true;
}
