/* From the rows of a file to incidents in the store: reading, refusing, locating,
 * hashing. Exact places and case numbers exist between one call and the next, and
 * nowhere else. */
#ifndef GK_CMD_INCIDENT_INTAKE_H
#define GK_CMD_INCIDENT_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "incident_keys.h"
#include "incident_places.h"
#include "incident_rejects.h"
#include "incident_repeats.h"
#include "incident_report.h"
#include "incident_row.h"
#include "incident_source.h"
#include "progress.h"
#include "store/connection.h"
#include "store/incidents.h"

/* The reason that is counted apart: the whole file may be so. */
extern const char gk_reason_swapped[];

struct gk_incident_intake {
    /* Borrowed, and set before the rows are read. */
    struct gk_incident_source *source;
    const struct gk_incident_form *form;
    struct gk_incident_places *places;
    struct gk_incident_rejects *rejects;
    struct gk_incident_report *report;
    struct gk_incident_keys *keys;
    struct gk_progress *progress;
    int32_t kept_from; /* incidents of months before were erased; INT32_MIN: none were */
    bool is_rehearsal;
    /* Results. */
    int64_t read;
    struct gk_incident_load *load; /* to be compared and written */
    /* Own. */
    char headings[GK_INCIDENT_FIELDS][GK_COLUMN_NAME_MAX];
    struct gk_buf municipality, case_number;
    struct gk_incident_repeats repeats;
};

void gk_incident_intake_init(struct gk_incident_intake *intake);

/* Wipes the texts. All zero is allowed. Before the connection is closed. */
void gk_incident_intake_release(struct gk_incident_intake *intake);

/* Keeps the headings of the columns that are read, for the list of refused rows. */
void gk_incident_intake_headings(struct gk_incident_intake *intake,
                                 const struct gk_csv_row *heading,
                                 const struct gk_incident_columns *columns);

/* Reads all rows and sends on what is taken. GK_REJECTED when the file makes no
 * sense from some line on. */
GK_CHECKED enum gk_status gk_incident_intake_run(struct gk_incident_intake *intake,
                                                 struct gk_store *store, struct gk_error *error);

#endif
