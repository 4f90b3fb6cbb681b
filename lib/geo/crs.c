/* The CRS set and transforms: the only place that knows PROJ. Each transform
 * has a context of its own and never touches the network. */
#include "geo/crs.h"

#include <math.h>
#include <proj.h>
#include <stdlib.h>
#include <string.h>

static const struct gk_crs set[] = {
    {"http://www.opengis.net/def/crs/OGC/1.3/CRS84", "OGC:CRS84", 0, false, true},
    {"http://www.opengis.net/def/crs/EPSG/0/4326", "EPSG:4326", 4326, true, true},
    {"http://www.opengis.net/def/crs/EPSG/0/3006", "EPSG:3006", 3006, true, false},
    {"http://www.opengis.net/def/crs/EPSG/0/3008", "EPSG:3008", 3008, true, false},
    {"http://www.opengis.net/def/crs/EPSG/0/3857", "EPSG:3857", 3857, false, false},
};

enum { SET_COUNT = sizeof set / sizeof *set, REASON_MAX = 256 };

struct gk_transform {
    PJ_CONTEXT *context;
    PJ *pj;
    char reason[REASON_MAX]; /* PROJ's last complaint */
};

size_t gk_crs_count(void)
{
    return SET_COUNT;
}

const struct gk_crs *gk_crs_at(size_t index)
{
    return index < SET_COUNT ? &set[index] : NULL;
}

const struct gk_crs *gk_crs_find(const char *uri, size_t length)
{
    for (size_t i = 0; i < SET_COUNT; i++)
        if (strlen(set[i].uri) == length && memcmp(set[i].uri, uri, length) == 0)
            return &set[i];
    return NULL;
}

/* PROJ would print to stderr; keep what it says for the error instead. */
static void keep_reason(void *data, int level, const char *message)
{
    struct gk_transform *transform = data;
    if (level != PJ_LOG_ERROR)
        return;
    size_t n = strnlen(message, sizeof transform->reason - 1);
    memcpy(transform->reason, message, n);
    transform->reason[n] = '\0';
}

static enum gk_status open_projection(struct gk_transform *transform, const char *from,
                                      const char *to, struct gk_error *error)
{
    PJ *raw = proj_create_crs_to_crs(transform->context, from, to, NULL);
    if (raw != NULL) {
        transform->pj = proj_normalize_for_visualization(transform->context, raw);
        proj_destroy(raw);
    }
    if (transform->pj != NULL)
        return GK_OK;
    if (transform->reason[0] == '\0') {
        int code = proj_context_errno(transform->context);
        const char *text = code != 0 ? proj_context_errno_string(transform->context, code) : NULL;
        keep_reason(transform, PJ_LOG_ERROR, text != NULL ? text : "unknown reason");
    }
    return gk_error_set(error, GK_INVALID, "transform from \"%.100s\" to \"%.100s\": %s", from, to,
                        transform->reason);
}

enum gk_status gk_transform_create(struct gk_transform **transform, const char *from,
                                   const char *to, struct gk_error *error)
{
    *transform = NULL;
    struct gk_transform *made = calloc(1, sizeof *made);
    if (made != NULL)
        made->context = proj_context_create();
    if (made == NULL || made->context == NULL) {
        gk_transform_free(made);
        return gk_error_set(error, GK_NO_MEMORY, "create transform: out of memory");
    }
    proj_context_set_enable_network(made->context, 0);
    proj_log_level(made->context, PJ_LOG_ERROR);
    proj_log_func(made->context, made, keep_reason);
    enum gk_status status = open_projection(made, from, to, error);
    if (status != GK_OK) {
        gk_transform_free(made);
        return status;
    }
    *transform = made;
    return GK_OK;
}

void gk_transform_free(struct gk_transform *transform)
{
    if (transform == NULL)
        return;
    proj_destroy(transform->pj);
    if (transform->context != NULL) /* NULL would mean the default context */
        proj_context_destroy(transform->context);
    free(transform);
}

static size_t run(struct gk_transform *transform, PJ_DIRECTION direction, double *x, double *y,
                  size_t count)
{
    size_t failed = 0;
    proj_errno_reset(transform->pj);
    proj_trans_generic(transform->pj, direction, x, sizeof *x, count, y, sizeof *y, count, NULL, 0,
                       0, NULL, 0, 0);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(x[i]) && isfinite(y[i]))
            continue;
        x[i] = y[i] = HUGE_VAL;
        failed++;
    }
    return failed;
}

size_t gk_transform_forward(struct gk_transform *transform, double *x, double *y, size_t count)
{
    return run(transform, PJ_FWD, x, y, count);
}

size_t gk_transform_inverse(struct gk_transform *transform, double *x, double *y, size_t count)
{
    return run(transform, PJ_INV, x, y, count);
}

static int64_t cm_from_m(double m)
{
    const double limit = 1e13; /* far from anywhere, and still exact in cm */
    if (isnan(m) || m > limit)
        m = limit;
    if (m < -limit)
        m = -limit;
    return llround(m * 100);
}

struct gk_cm gk_cm_from_en(struct gk_en en)
{
    return (struct gk_cm){cm_from_m(en.e_m), cm_from_m(en.n_m)};
}

bool gk_en_is_in_sweden(struct gk_en en)
{
    return en.e_m >= 200000 && en.e_m <= 1000000 && en.n_m >= 6000000 && en.n_m <= 7800000;
}
