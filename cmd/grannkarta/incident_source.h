/* Where the rows of an incident file come from. Two implementations: CSV by our own
 * reader (incident_csv.c), everything else by OGR (incident_vector.c). Neither lets
 * anything of the file into a message. */
#ifndef GK_CMD_INCIDENT_SOURCE_H
#define GK_CMD_INCIDENT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "incident_row.h"
#include "incident_settings.h"

struct gk_incident_source {
    const struct gk_incident_source_kind *kind;
    void *state;
    char what[96];        /* for the report: "CSV, semicolons" */
    const char *row_name; /* "line", "feature" */
    char delimiter;       /* for the list of rejected rows */
    bool has_geometry;
    bool is_geographic; /* geometries are degrees */
    char *crs;          /* of geometries, as PROJ takes it; NULL: the file does not say */
};

struct gk_incident_source_kind {
    enum gk_status (*heading)(void *state, struct gk_csv_row *row, struct gk_error *error);
    enum gk_status (*next)(void *state, struct gk_incident_record *record, struct gk_error *error);
    void (*progress)(const void *state, int64_t *position, int64_t *size);
    enum gk_status (*hash)(void *state, unsigned char hash[32], struct gk_error *error);
    void (*close)(void *state);
};

/* Opens the file as its settings say, or as it looks. Close also after failure. */
GK_CHECKED enum gk_status gk_incident_source_open(struct gk_incident_source *source,
                                                  const char *path,
                                                  const struct gk_incident_settings *settings,
                                                  struct gk_error *error);

/* All zero is allowed. */
void gk_incident_source_close(struct gk_incident_source *source);

/* The names of the columns; once, before the rows. Valid until the next call. */
GK_CHECKED enum gk_status gk_incident_source_heading(struct gk_incident_source *source,
                                                     struct gk_csv_row *row,
                                                     struct gk_error *error);

/* The next row, valid until the next call; GK_NOT_FOUND at the end; GK_REJECTED when
 * the rest of the file makes no sense. */
GK_CHECKED enum gk_status gk_incident_source_next(struct gk_incident_source *source,
                                                  struct gk_incident_record *record,
                                                  struct gk_error *error);

/* How far it is, in bytes or features; size 0: not known. */
void gk_incident_source_progress(const struct gk_incident_source *source, int64_t *position,
                                 int64_t *size);

/* SHA-256 of the file (of all its files, where a format has several); once, after
 * the end. */
GK_CHECKED enum gk_status gk_incident_source_hash(struct gk_incident_source *source,
                                                  unsigned char hash[32], struct gk_error *error);

/* The two implementations; as gk_incident_source_open(). */
GK_CHECKED enum gk_status gk_incident_csv_open(struct gk_incident_source *source, const char *path,
                                               const struct gk_incident_settings *settings,
                                               struct gk_error *error);
GK_CHECKED enum gk_status gk_incident_vector_open(struct gk_incident_source *source,
                                                  const char *path,
                                                  const struct gk_incident_settings *settings,
                                                  struct gk_error *error);

/* True when the file looks like one that OGR reads, and not like a text. */
bool gk_incident_vector_knows(const char *path);

#endif
