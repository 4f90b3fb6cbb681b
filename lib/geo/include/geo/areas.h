/* Which area a point is in: an index over the polygons of many areas that
 * answers in well under a microsecond, exactly, in integer centimetres.
 *
 * The rule is even-odd with half-open edges, so that of areas that share a
 * border without overlap, a point on the border is in exactly one. Where areas
 * overlap, the one added first wins. Immutable once built; any thread. */
#ifndef GK_GEO_AREAS_H
#define GK_GEO_AREAS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "geo/types.h"

struct gk_areas;

/* Builds the index over `count` areas; area i has polygons[i] (copied) and is
 * reported as ids[i] (at least 0). GK_INVALID for a ring of fewer than 4 points
 * or one that is not closed, GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_areas_build(struct gk_areas **areas,
                                         const struct gk_polygons *polygons, const int32_t *ids,
                                         size_t count);

/* NULL is allowed. */
void gk_areas_free(struct gk_areas *areas);

/* The id of the area that holds `point`, -1 for none. */
int32_t gk_areas_find(const struct gk_areas *areas, struct gk_cm point);

#endif
