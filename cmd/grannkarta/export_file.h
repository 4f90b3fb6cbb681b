/* A file of one layer, written by OGR: GeoPackage, GeoJSON, CSV or FlatGeobuf. It
 * is made in a folder of its own beside its place, read back, and moved there
 * only when it is whole; whatever happens before, nothing of it is seen. */
#ifndef GK_CMD_EXPORT_FILE_H
#define GK_CMD_EXPORT_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/export.h"
#include "base/status.h"

/* How it is to be written; texts are borrowed until the file is closed. */
struct gk_export_file_options {
    const char *path;
    int epsg;           /* 0: the format's own (gk_export_file_epsg()) */
    bool overwrites;    /* a file that is there is replaced */
    bool is_private;    /* only its owner may read it: mode 0600 */
    bool is_swedish;    /* language of the descriptions */
    const char *source; /* who answers for the data, "" for nobody */
};

struct gk_export_file;

/* The name of the format that a file's name ends in ("GeoPackage"), or NULL for
 * one that cannot be written. */
const char *gk_export_file_format(const char *path);

/* The endings that are known, as a list to read. */
const char *gk_export_file_endings(void);

/* Whether a file has its features in the order in which they were added. */
bool gk_export_file_has_order(const char *path);

/* The reference system that a format is written in when none is asked for: 4326
 * for GeoJSON, whose standard knows no other, else 3006. */
int gk_export_file_epsg(const char *path);

/* Whether a file can be made there, before anything is loaded: GK_INVALID as
 * below, GK_IO when its folder is not there or cannot be written. */
GK_CHECKED enum gk_status gk_export_file_look(const struct gk_export_file_options *options,
                                              struct gk_error *error);

/* Begins a file for features of `about`. GK_INVALID: ending or EPSG code not known,
 * or the file is there and overwrites is false; GK_IO with what the system said. */
GK_CHECKED enum gk_status gk_export_file_create(struct gk_export_file **file,
                                                const struct gk_export_file_options *options,
                                                const struct gk_export_about *about,
                                                struct gk_error *error);

/* Adds a feature. GK_IO. */
GK_CHECKED enum gk_status gk_export_file_add(struct gk_export_file *file,
                                             const struct gk_export_feature *feature,
                                             struct gk_error *error);

/* Features that the format cannot hold: those without a place in FlatGeobuf. */
int64_t gk_export_file_left_out(const struct gk_export_file *file);

/* Ends the writing. GK_IO. */
GK_CHECKED enum gk_status gk_export_file_finish(struct gk_export_file *file,
                                                struct gk_error *error);

/* Reads the finished file back: GK_IO unless it has as many features as were
 * added. A writer that is told of a full disk too late is found out here.
 * GK_INTERRUPTED when `stops` gets true. */
GK_CHECKED enum gk_status gk_export_file_check(struct gk_export_file *file,
                                               const atomic_bool *stops, struct gk_error *error);

/* Moves it to its place; its size in *bytes. GK_IO; GK_INVALID when a file came
 * there meanwhile. */
GK_CHECKED enum gk_status gk_export_file_place(struct gk_export_file *file, int64_t *bytes,
                                               struct gk_error *error);

/* Frees, and removes what was not placed. NULL is allowed. */
void gk_export_file_close(struct gk_export_file *file);

#endif
