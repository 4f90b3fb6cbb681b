/* Geometry literals as geometries that are tested exactly. */
#ifndef GK_API_CQL2_GEOMETRY_H
#define GK_API_CQL2_GEOMETRY_H

#include "cql2.h"

/* Sets shape->exact, in 1e-7 degree for a geographic CRS, else in centimetres.
 * GK_INVALID with the position; GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_cql2_geometry_make(struct gk_cql2_shape *shape,
                                                const struct gk_cql2_source *source,
                                                struct gk_arena *arena, struct gk_error *error);

#endif
