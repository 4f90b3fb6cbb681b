/* The analyst's own file for `analyse`: named columns of a CSV, in memory.
 *
 * Exact places may be in it. They are wiped when the table is released, and no
 * message has anything of a field: a fault is told by line, column, the kind of
 * value that stands there and what is allowed. */
#ifndef GK_CMD_ANALYSE_TABLE_H
#define GK_CMD_ANALYSE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { GK_ANALYSE_COLUMNS_MAX = 8, GK_ANALYSE_ROWS_MAX = 5000000, GK_ANALYSE_TEXT_MAX = 200 };

enum gk_analyse_kind {
    GK_ANALYSE_NUMBER, /* with point or comma */
    GK_ANALYSE_WHOLE,
    GK_ANALYSE_TEXT /* UTF-8, 1 to GK_ANALYSE_TEXT_MAX bytes */
};

/* A column that is wanted; names are compared as those of incidents' files are
 * (case, blanks, `_`, `-` and `.` do not matter). */
struct gk_analyse_column {
    const char *name;
    enum gk_analyse_kind kind;
    double minimum, maximum; /* of numbers, both allowed */
    bool is_optional;        /* may be missing from the file; not its values */
};

/* What was read. All zero is an empty one. */
struct gk_analyse_table {
    size_t rows, capacity, columns;
    bool has[GK_ANALYSE_COLUMNS_MAX];
    double *number[GK_ANALYSE_COLUMNS_MAX]; /* [rows]; NULL for texts and missing columns */
    char **text[GK_ANALYSE_COLUMNS_MAX];    /* [rows], NUL-terminated; NULL for numbers */
};

/* Reads the columns of the CSV file at `path`, all of them or nothing. Other
 * columns of the file are not looked at. GK_IO; GK_REJECTED for the first fault
 * of the file; GK_TOO_LARGE beyond GK_ANALYSE_ROWS_MAX; GK_NO_MEMORY. To be
 * released also after an error. */
GK_CHECKED enum gk_status gk_analyse_read(struct gk_analyse_table *table, const char *path,
                                          const struct gk_analyse_column *columns, size_t count,
                                          struct gk_error *error);

/* Wipes and frees it. */
void gk_analyse_release(struct gk_analyse_table *table);

#endif
