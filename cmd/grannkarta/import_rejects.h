/* The list of refused features beside the file: number and reason. */
#ifndef GK_CMD_IMPORT_REJECTS_H
#define GK_CMD_IMPORT_REJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct gk_import_rejects;

/* For the file at `path`: FILE.rejects.csv, made when the first feature is
 * refused, readable by its owner only. `is_counted`: there is no list, features
 * are only counted (a dry run writes nothing). */
GK_CHECKED enum gk_status gk_import_rejects_open(struct gk_import_rejects **rejects,
                                                 const char *path, bool is_counted,
                                                 struct gk_error *error);

/* NULL is allowed. */
void gk_import_rejects_free(struct gk_import_rejects *rejects);

/* Writes down a feature, numbered from 1. A list that cannot be written goes on
 * counting; gk_import_rejects_end() tells. */
void gk_import_rejects_add(struct gk_import_rejects *rejects, int64_t feature, const char *reason);

/* Ends the list; GK_IO when it could not be written. */
GK_CHECKED enum gk_status gk_import_rejects_end(struct gk_import_rejects *rejects,
                                                struct gk_error *error);

/* How many were added. */
int64_t gk_import_rejects_count(const struct gk_import_rejects *rejects);

/* Name of the list, without folder, NULL when there is none; borrowed. */
const char *gk_import_rejects_name(const struct gk_import_rejects *rejects);

#endif
