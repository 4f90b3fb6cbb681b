/* The coordinate reference systems that are spoken, and transforms with PROJ.
 *
 * A transform belongs to one thread (PROJ contexts are not shared). Positions
 * go in and out in the axis order of the CRS84/"x, y" convention (easting or
 * longitude first) whatever the register says; `northing_first` tells the API
 * layer when a client means the register's order. */
#ifndef GK_GEO_CRS_H
#define GK_GEO_CRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "geo/types.h"

struct gk_crs {
    const char *uri;  /* "http://www.opengis.net/def/crs/EPSG/0/3006" */
    const char *name; /* what PROJ is asked for: "EPSG:3006", "OGC:CRS84" */
    int epsg;         /* 0 for CRS84 */
    bool northing_first;
    bool is_geographic;
};

/* The CRS set of the API: CRS84 first, then EPSG 4326, 3006, 3008, 3857. */
size_t gk_crs_count(void);

/* One of them, index below gk_crs_count(); static. */
const struct gk_crs *gk_crs_at(size_t index);

/* By URI of exactly `length` bytes; NULL if it is not in the set. */
const struct gk_crs *gk_crs_find(const char *uri, size_t length);

struct gk_transform;

/* A transform from any definition that PROJ knows ("EPSG:3008", WKT, ...) to
 * any other. GK_INVALID with PROJ's reason. */
GK_CHECKED enum gk_status gk_transform_create(struct gk_transform **transform, const char *from,
                                              const char *to, struct gk_error *error);

/* NULL is allowed. */
void gk_transform_free(struct gk_transform *transform);

/* Transforms `count` positions in place (x[i], y[i]); a position that cannot
 * be transformed becomes HUGE_VAL in both. Returns how many those were. */
size_t gk_transform_forward(struct gk_transform *transform, double *x, double *y, size_t count);

/* As gk_transform_forward, the other way. */
size_t gk_transform_inverse(struct gk_transform *transform, double *x, double *y, size_t count);

/* Rounds metres to centimetres, half away from zero. Beyond 1e13 m, and for
 * what is not a number, 1e15 cm: nowhere. */
struct gk_cm gk_cm_from_en(struct gk_en en);

/* True inside the area of use of EPSG:3006: E 200 000 to 1 000 000 m,
 * N 6 000 000 to 7 800 000 m. */
bool gk_en_is_in_sweden(struct gk_en en);

#endif
