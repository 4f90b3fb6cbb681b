/* In which CRS the places of an incident file are. */
#ifndef GK_CMD_INCIDENT_CRS_H
#define GK_CMD_INCIDENT_CRS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "incident_columns.h"
#include "incident_row.h"
#include "incident_source.h"

struct gk_incident_crs {
    char name[32];
    const char *projected, *degrees; /* as PROJ takes them; NULL: EPSG:3006, EPSG:4326 */
    enum gk_place_kind place_kind;   /* of geometries and positions */
};

/* From what --crs says (0: nothing), what the file says, and the columns that it
 * has. Borrows source->crs. GK_INVALID when --crs is no code, or not of the kind
 * that the columns are, or a geometry has no CRS. */
GK_CHECKED enum gk_status gk_incident_crs_choose(struct gk_incident_crs *crs, int64_t epsg,
                                                 const struct gk_incident_source *source,
                                                 const struct gk_incident_columns *columns,
                                                 bool uses_geometry, struct gk_error *error);

#endif
