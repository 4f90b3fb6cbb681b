/* One row of an incident file, from fields to values, or the reason why not.
 * Pure. The exact place is in here and goes no further than the locating. */
#ifndef GK_CMD_INCIDENT_ROW_H
#define GK_CMD_INCIDENT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "csv.h"
#include "import_fields.h"
#include "incident_codes.h"
#include "incident_columns.h"

enum { GK_CASE_NUMBER_MAX = 100, GK_FIELD_JOINED_MAX = 256 };

enum gk_place_kind {
    GK_PLACE_NONE,      /* no coordinates, or 0, 0 */
    GK_PLACE_PROJECTED, /* x easting, y northing */
    GK_PLACE_DEGREES    /* x longitude, y latitude */
};

/* A geometry of a file that has such. */
enum gk_geometry {
    GK_GEOMETRY_NONE, /* null or empty */
    GK_GEOMETRY_POINT,
    GK_GEOMETRY_OTHER /* a line, an area, several points */
};

/* What a file gives for one row. */
struct gk_incident_record {
    struct gk_csv_row row;
    enum gk_geometry geometry;
    double x, y; /* of GK_GEOMETRY_POINT */
};

/* How the rows of a file are to be read; borrowed pointers. */
struct gk_incident_form {
    const struct gk_incident_columns *columns;
    const char *code_heading; /* of the column of the code, as in the file; "" when joined */
    struct gk_incident_codes *codes;
    enum gk_encoding encoding;
    enum gk_date_order date_order;
    char decimal;    /* as gk_field_number() */
    bool is_swapped; /* what is called north is east, and the reverse */
    bool has_geometry;
    enum gk_place_kind place_kind; /* of geometries and positions */
    int32_t today;                 /* Swedish day: what is later is not true */
};

struct gk_incident_input {
    int16_t code_id;
    int32_t from_hour, to_hour;
    int32_t reported; /* day; INT32_MIN: not known */
    int32_t count;    /* 0 and below: a correction */
    bool is_moved;    /* a time was in the hour that summer time skips */
    enum gk_place_kind place_kind;
    double x, y;
    /* Trimmed, length 0: none; in the file's encoding. */
    struct gk_csv_field municipality, case_number;
    char joined[2][GK_FIELD_JOINED_MAX]; /* what these two point to when columns are joined */
};

enum gk_row_kind {
    GK_ROW_TAKEN,
    GK_ROW_REFUSED,
    GK_ROW_SKIPPED, /* the list of codes says that it is no burglary */
    GK_ROW_BLANK    /* nothing in any field */
};

/* Why a row is refused: the field and a static text. */
struct gk_incident_refusal {
    int field; /* enum gk_incident_field, or GK_COLUMN_NONE: the row as a whole */
    const char *reason;
};

/* Reads a row; GK_ROW_REFUSED fills `refusal`. A missing end is the beginning; an
 * end that is a date only is the last hour of the day. */
enum gk_row_kind gk_incident_read(struct gk_incident_input *input,
                                  const struct gk_incident_record *record,
                                  const struct gk_incident_form *form,
                                  struct gk_incident_refusal *refusal);

/* A field as it stands in the row, trimmed and without what spreadsheets put
 * around it; columns that are joined are put together in `joined`. Length 0 when
 * there is no such column. */
struct gk_csv_field gk_incident_field_of(const struct gk_csv_row *row,
                                         const struct gk_incident_columns *columns,
                                         enum gk_incident_field field,
                                         char joined[GK_FIELD_JOINED_MAX]);

/* True when a refused value may be shown: it is a code, a date or a count, and
 * nothing else. A run of twelve digits could be a personal number. */
bool gk_incident_value_is_harmless(enum gk_date_order order, const char *text, size_t length);

#endif
