/* Which column of an incident file is what: known Swedish and English names, or
 * what a map says. Pure. Headings are never quoted in messages: where a file has
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
    GK_FIELD_POSITION, /* both coordinates in one text, north first */
    GK_FIELD_MUNICIPALITY,
    GK_FIELD_COUNT,
    GK_FIELD_CASE,
    GK_INCIDENT_FIELDS
};

enum { GK_COLUMN_NONE = -1, GK_COLUMN_PARTS_MAX = 6, GK_COLUMN_NAME_MAX = 256 };

/* What is said about fields: by --map and by profiles. All zero: nothing. */
struct gk_incident_map {
    bool is_said[GK_INCIDENT_FIELDS];
    /* Heading; "" when the field is not to be read; "A+B" for several columns that
     * are joined by blanks, unless one column is named so. */
    char column[GK_INCIDENT_FIELDS][GK_COLUMN_NAME_MAX];
};

struct gk_incident_columns {
    int column[GK_INCIDENT_FIELDS]; /* GK_COLUMN_NONE: the file has none; the first when joined */
    int parts[GK_INCIDENT_FIELDS][GK_COLUMN_PARTS_MAX]; /* all of them, when joined */
    size_t part_count[GK_INCIDENT_FIELDS];              /* 0 or 1: not joined */
    size_t column_count;                                /* of the heading */
};

/* What --map and users call a field: "code", "from", ... */
const char *gk_incident_field_name(enum gk_incident_field field);

/* Which field is called so; GK_INCIDENT_FIELDS: none. */
enum gk_incident_field gk_incident_field_named(const char *name, size_t length);

/* Says one thing. GK_INVALID, with what is allowed, for a field that is not known
 * or a heading that is too long. */
GK_CHECKED enum gk_status gk_incident_map_set(struct gk_incident_map *map, const char *field,
                                              size_t field_length, const char *column,
                                              size_t column_length, struct gk_error *error);

/* Reads "field=column,..." as --map has it. */
GK_CHECKED enum gk_status gk_incident_map_read(struct gk_incident_map *map, const char *text,
                                               struct gk_error *error);

/* Finds the columns in the heading. `has_geometry`: places come from elsewhere.
 * GK_INVALID for a map that does not fit the file; GK_REJECTED when code, from or
 * a place is missing, or two columns have the name that is looked for. */
GK_CHECKED enum gk_status gk_incident_columns_find(struct gk_incident_columns *columns,
                                                   const struct gk_csv_row *heading,
                                                   const struct gk_incident_map *map,
                                                   bool has_geometry, struct gk_error *error);

/* True when the map names columns for a place. */
bool gk_incident_map_has_place(const struct gk_incident_map *map);

#endif
