/* The list of refused rows: line, column, reason, and the value only when it is a
 * code, a date or a count, else its length: an address may stand in the wrong
 * column. Counts the reasons too, for the report. */
#ifndef GK_CMD_INCIDENT_REJECTS_H
#define GK_CMD_INCIDENT_REJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "csv.h"
#include "import_fields.h"
#include "report.h"

struct gk_incident_rejects;

struct gk_incident_rejects_options {
    const char *input; /* the file that is read: never written over */
    const char *path;  /* of the list; NULL: only counted */
    char delimiter;
    const char *row_name; /* "line", "feature" */
    enum gk_date_order date_order;
};

/* Makes nothing yet: the list is made when the first row is refused. The texts of
 * the options are borrowed. GK_INVALID when list and input are one file. */
GK_CHECKED enum gk_status gk_incident_rejects_open(
    struct gk_incident_rejects **rejects, const struct gk_incident_rejects_options *options,
    struct gk_error *error);

/* NULL is allowed. */
void gk_incident_rejects_free(struct gk_incident_rejects *rejects);

/* Writes down one row. `column` is the heading, UTF-8, "" for the row as a whole;
 * `value` NULL: none. `reason` is static. */
GK_CHECKED enum gk_status gk_incident_rejects_add(struct gk_incident_rejects *rejects,
                                                  const struct gk_csv_row *row, const char *column,
                                                  const char *reason,
                                                  const struct gk_csv_field *value,
                                                  struct gk_error *error);

/* Ends the list; GK_IO when it could not be written. When nothing was refused, the
 * list of an earlier run is removed: it would be about another file. */
GK_CHECKED enum gk_status gk_incident_rejects_end(struct gk_incident_rejects *rejects,
                                                  struct gk_error *error);

int64_t gk_incident_rejects_count(const struct gk_incident_rejects *rejects);

/* Rows that were refused for `reason`, as it was given. */
int64_t gk_incident_rejects_count_of(const struct gk_incident_rejects *rejects, const char *reason);

/* Path of the list; NULL when there is none. */
const char *gk_incident_rejects_path(const struct gk_incident_rejects *rejects);

/* Puts "rejected_why" into the answer, the most frequent reason first. */
void gk_incident_rejects_put(struct gk_report *out, const struct gk_incident_rejects *rejects);

#endif
