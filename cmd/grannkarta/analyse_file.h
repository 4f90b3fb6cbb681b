/* The file that `analyse` writes: CSV with a heading, mode 0600, there whole or
 * not at all. */
#ifndef GK_CMD_ANALYSE_FILE_H
#define GK_CMD_ANALYSE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

struct gk_analyse_file {
    const char *path; /* borrowed */
    bool overwrites;
    char *beside; /* its name while it is made */
    FILE *file;
    bool has_field; /* in this line */
};

/* Before anything is read: GK_INVALID when `path` does not end in .csv, is the
 * same file as one of the `inputs` (count of them, NULL ones are passed over), is
 * there already and !overwrites, or is no plain file; GK_IO when its folder is
 * not there or not to be written. */
GK_CHECKED enum gk_status gk_analyse_file_look(const char *path, bool overwrites,
                                               const char *const *inputs, size_t count,
                                               struct gk_error *error);

/* Begins a file beside `path`; SIGINT, SIGTERM and SIGHUP wait until it has its
 * name or is gone. The heading is the first line, names joined by commas. */
GK_CHECKED enum gk_status gk_analyse_file_open(struct gk_analyse_file *file, const char *path,
                                               bool overwrites, const char *heading,
                                               struct gk_error *error);

/* One field each. A number has the fewest digits that give the same double; NaN
 * is an empty field, infinities are Inf and -Inf. A text is quoted where needed. */
void gk_analyse_put(struct gk_analyse_file *file, double value);
void gk_analyse_put_u64(struct gk_analyse_file *file, uint64_t value);
void gk_analyse_put_text(struct gk_analyse_file *file, const char *text);

/* Ends the line. */
void gk_analyse_end_line(struct gk_analyse_file *file);

/* Gives the file its name when `status` is GK_OK and all was written; else it is
 * removed. Returns `status`, or what failed here. */
GK_CHECKED enum gk_status gk_analyse_file_close(struct gk_analyse_file *file, enum gk_status status,
                                                struct gk_error *error);

#endif
