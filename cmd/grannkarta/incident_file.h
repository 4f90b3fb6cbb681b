/* The file that incidents are read from: bytes for the CSV reader (taken out of
 * gzip where it is that), their hash, and how far it is. */
#ifndef GK_CMD_INCIDENT_FILE_H
#define GK_CMD_INCIDENT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct gk_incident_file;

GK_CHECKED enum gk_status gk_incident_file_open(struct gk_incident_file **file, const char *path,
                                                struct gk_error *error);

/* NULL is allowed. Wipes the buffers: there may be exact places in them. */
void gk_incident_file_close(struct gk_incident_file *file);

/* A gk_csv_source; `context` is the file. */
long gk_incident_file_read(void *context, char *buffer, size_t size);

/* Why the last reading failed; "" when it did not. */
const char *gk_incident_file_fault(const struct gk_incident_file *file);

/* Bytes of the file read so far, and all of them. */
int64_t gk_incident_file_position(const struct gk_incident_file *file);
int64_t gk_incident_file_size(const struct gk_incident_file *file);

/* SHA-256 of the file; once, after the end. */
void gk_incident_file_hash(struct gk_incident_file *file, unsigned char hash[32]);

#endif
