/* The list of refused rows beside the file: line, column, reason, and the value
 * only when it is a code, a date or a count, else its length: an address may
 * stand in the wrong column. */
#ifndef GK_CMD_INCIDENT_REJECTS_H
#define GK_CMD_INCIDENT_REJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "csv.h"

struct gk_incident_rejects;

/* For the file at `path`: export.csv gets export.rejects.csv, made when the
 * first row is refused. */
GK_CHECKED enum gk_status gk_incident_rejects_open(struct gk_incident_rejects **rejects,
                                                   const char *path, char delimiter,
                                                   struct gk_error *error);

/* NULL is allowed. */
void gk_incident_rejects_free(struct gk_incident_rejects *rejects);

/* Writes down one row. `column` is the heading, UTF-8, "" for the row as a whole
 * (then there is no value). */
GK_CHECKED enum gk_status gk_incident_rejects_add(struct gk_incident_rejects *rejects, int64_t line,
                                                  const char *column, const char *reason,
                                                  const struct gk_csv_field *value,
                                                  struct gk_error *error);

/* Ends the list; GK_IO when it could not be written. */
GK_CHECKED enum gk_status gk_incident_rejects_end(struct gk_incident_rejects *rejects,
                                                  struct gk_error *error);

int64_t gk_incident_rejects_count(const struct gk_incident_rejects *rejects);

/* Name of the list, without folder. */
const char *gk_incident_rejects_name(const struct gk_incident_rejects *rejects);

#endif
