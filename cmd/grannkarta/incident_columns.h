/* Which column of an incident file is what: known Swedish and English names, or
 * what --map says. Pure. Headings are never quoted in messages: where a file has
 * no heading, the first line is an incident. */
#ifndef GK_CMD_INCIDENT_COLUMNS_H
#define GK_CMD_INCIDENT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "csv.h"

enum gk_incident_field {
    GK_FIELD_CODE,
    GK_FIELD_FROM,
    GK_FIELD_TO,
    GK_FIELD_REPORTED,
    GK_FIELD_NORTHING,
    GK_FIELD_EASTING,
    GK_FIELD_LATITUDE,
    GK_FIELD_LONGITUDE,
    GK_FIELD_MUNICIPALITY,
    GK_FIELD_COUNT,
    GK_FIELD_CASE,
    GK_INCIDENT_FIELDS
};

enum { GK_COLUMN_NONE = -1 };

struct gk_incident_columns {
    int column[GK_INCIDENT_FIELDS]; /* GK_COLUMN_NONE: the file has none */
    size_t column_count;            /* of the heading */
};

/* What --map and users call a field: "code", "from", ... */
const char *gk_incident_field_name(enum gk_incident_field field);

/* Finds the columns in the heading. `maps` are texts "field=column,...", where
 * an empty column means that the field is not read. GK_INVALID for a map that
 * makes no sense; GK_REJECTED when code, from or a pair of coordinates is
 * missing, or two columns have the name that is looked for. */
GK_CHECKED enum gk_status gk_incident_columns_find(struct gk_incident_columns *columns,
                                                   const struct gk_csv_row *heading,
                                                   const char *const *maps, size_t map_count,
                                                   struct gk_error *error);

#endif
