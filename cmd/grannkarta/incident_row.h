/* One row of an incident file, from fields to values, or the reason why not.
 * Pure. The exact place is in here and goes no further than the locating. */
#ifndef GK_CMD_INCIDENT_ROW_H
#define GK_CMD_INCIDENT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "csv.h"
#include "incident_columns.h"

enum { GK_CASE_NUMBER_MAX = 100 };

/* An offence code that counts as burglary. */
struct gk_offence_code {
    char code[5];
    int16_t id;
};

enum gk_place_kind {
    GK_PLACE_NONE,      /* no coordinates, or 0, 0 */
    GK_PLACE_PROJECTED, /* x easting, y northing */
    GK_PLACE_DEGREES    /* x longitude, y latitude */
};

struct gk_incident_input {
    int16_t code_id;
    int32_t from_hour, to_hour;
    int32_t reported; /* day; INT32_MIN: not known */
    int32_t count;
    enum gk_place_kind place_kind;
    double x, y;
    struct gk_csv_field municipality, case_number; /* trimmed, length 0: none; as in the file */
};

/* Why a row is refused: the field and a static text. */
struct gk_incident_refusal {
    int field; /* enum gk_incident_field, or GK_COLUMN_NONE: the row as a whole */
    const char *reason;
};

/* Reads a row by the columns; false fills `refusal`. `codes` are the codes that
 * are burglary. A missing end is the beginning; an end that is a date only is
 * the last hour of the day. */
bool gk_incident_read(struct gk_incident_input *input, const struct gk_csv_row *row,
                      const struct gk_incident_columns *columns,
                      const struct gk_offence_code *codes, size_t code_count,
                      struct gk_incident_refusal *refusal);

/* True when a refused value may be shown: it is a code, a date or a count, and
 * nothing else. A run of twelve digits could be a personal number. */
bool gk_incident_value_is_harmless(const char *text, size_t length);

#endif
