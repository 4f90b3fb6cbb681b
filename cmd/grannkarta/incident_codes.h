/* Which offence a row is: Brå's codes as the database has them, and a list that
 * maps the source's own values to them (--codes). Pure but for the callback that
 * gives the bytes of the list. */
#ifndef GK_CMD_INCIDENT_CODES_H
#define GK_CMD_INCIDENT_CODES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "csv.h"
#include "text.h"

enum { GK_CODE_VALUE_MAX = 255, GK_CODE_VALUES_MAX = 10000, GK_CODES_MAX = 256 };

enum gk_code_kind {
    GK_CODE_BURGLARY,
    GK_CODE_SKIPPED,  /* the list says that it is no burglary */
    GK_CODE_OTHER,    /* an offence code that is not burglary */
    GK_CODE_UNLISTED, /* neither in the list nor an offence code */
    GK_CODE_NONE      /* there is no list, and it is no offence code */
};

struct gk_incident_codes;

GK_CHECKED enum gk_status gk_incident_codes_create(struct gk_incident_codes **codes);

/* NULL is allowed. */
void gk_incident_codes_free(struct gk_incident_codes *codes);

/* Adds a code of burglary, four digits. GK_INTERNAL for anything else. */
GK_CHECKED enum gk_status gk_incident_codes_add(struct gk_incident_codes *codes, int16_t id,
                                                const char *code, struct gk_error *error);

/* Reads the list, CSV of `value;code`: no code says that the value is no burglary,
 * the value "*" is every other one. A first line whose code is no code is a
 * heading. Call it once, after the codes were added. GK_REJECTED names the line:
 * not two columns, a code that is not burglary, a value twice with two codes. */
GK_CHECKED enum gk_status gk_incident_codes_read(struct gk_incident_codes *codes,
                                                 gk_csv_source *source, void *context,
                                                 struct gk_error *error);

/* Looks a trimmed value up, in the list first (case does not matter); *id is set
 * for GK_CODE_BURGLARY. */
enum gk_code_kind gk_incident_codes_find(struct gk_incident_codes *codes, enum gk_encoding encoding,
                                         const char *text, size_t length, int16_t *id);

#endif
