/* Which release or revision a request is answered from: the parameters `release`
 * and `revision`, which every resource about data takes. Nothing is said about a
 * revision, not even whether it exists, before the caller is known to be an
 * analyst. */
#include <stdint.h>
#include <string.h>

#include "view.h"

static const struct gk_parameter rows[] = {
    {.name = "release",
     .type = GK_PARAMETER_INTEGER,
     .minimum = 1,
     .maximum = INT32_MAX,
     .description = "The number of a release, from `/releases`: the answer is then made from it, "
                    "always the same, and so are the data behind its links. Without it, the "
                    "newest. 410 when it was withdrawn or is no longer kept; 503 with Retry-After "
                    "while an older one is being loaded."},
    {.name = "revision",
     .type = GK_PARAMETER_INTEGER,
     .minimum = 1,
     .maximum = INT32_MAX,
     .role = GK_ROLE_ANALYST,
     .description = "The number of a revision, from `/revisions`: the answer is then made from it, "
                    "with the districts and watch areas that it was made with, always the same. "
                    "Without it, the newest with those of today. 410 when it was erased; 503 with "
                    "Retry-After while an older one is being loaded."},
    {.name = NULL},
};
enum { RELEASE, REVISION };

const struct gk_parameter *gk_version_parameter(enum gk_snapshot_kind kind)
{
    return &rows[kind == GK_SNAPSHOT_RELEASE ? RELEASE : REVISION];
}

bool gk_is_version_parameter(const char *name)
{
    return strcmp(name, rows[RELEASE].name) == 0 || strcmp(name, rows[REVISION].name) == 0;
}

/* Whether the request has a parameter, whatever its value. */
static bool is_given(const struct gk_request *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++)
        if (strcmp(request->query[i].name, name) == 0)
            return true;
    return false;
}

enum gk_status gk_version_read(const struct gk_request *request, enum gk_snapshot_kind *kind,
                               int32_t *number, struct gk_error *error)
{
    bool is_analyst = request->principal.role >= GK_ROLE_ANALYST;
    bool has_release = is_given(request, rows[RELEASE].name);
    bool has_revision = is_given(request, rows[REVISION].name);
    struct gk_value value;
    *number = 0;
    *kind = is_analyst && !has_release ? GK_SNAPSHOT_REVISION : GK_SNAPSHOT_RELEASE;
    if (!has_release && !has_revision)
        return GK_OK;
    if (has_revision && request->principal.role == GK_ROLE_PUBLIC)
        return gk_error_set(error, GK_UNAUTHORIZED, "read \"revision\": a token is needed");
    if (has_revision && !is_analyst)
        return gk_error_set(error, GK_FORBIDDEN, "read \"revision\": only for analysts");
    if (has_release && has_revision)
        return gk_error_set(error, GK_INVALID,
                            "parameters release and revision are both given; one is allowed");
    enum gk_status status = gk_parameter_read(request, gk_version_parameter(*kind), &value, error);
    if (status == GK_OK)
        *number = (int32_t)value.integer;
    return status;
}

enum gk_status gk_version_only(const struct gk_request *request, struct gk_error *error)
{
    struct gk_value values[sizeof rows / sizeof *rows - 1];
    return gk_parameters_read(request, rows, values, error);
}
