/* What the methods of `analyse` share: flags, lists of numbers, messages; and of
 * those on squares the window and the points in it. */
#ifndef GK_CMD_ANALYSE_SQUARES_H
#define GK_CMD_ANALYSE_SQUARES_H

#include <stddef.h>
#include <stdint.h>

#include "analyse_table.h"
#include "base/status.h"
#include "command.h"
#include "stats/squares.h"

/* Most squares of a result: a file of some hundred megabytes. */
enum { GK_ANALYSE_SQUARES_MAX = 4000000 };

/* Largest coordinate, metres: any plane system. */
#define GK_ANALYSE_METRES_MAX 1e8

/* The flags that they share, in this order at the beginning of a table. */
enum {
    GK_ANALYSE_IN,
    GK_ANALYSE_OUT,
    GK_ANALYSE_OVERWRITE,
    GK_ANALYSE_SIZE, /* of methods on squares */
    GK_ANALYSE_BBOX
};
#define GK_ANALYSE_FILE_FLAGS(columns)                                                             \
    [GK_ANALYSE_IN] = {.name = "in",                                                               \
                       .kind = GK_FLAG_TEXT,                                                       \
                       .help = "CSV file with the columns " columns,                               \
                       .is_required = true},                                                       \
    [GK_ANALYSE_OUT] = {.name = "out",                                                             \
                        .kind = GK_FLAG_TEXT,                                                      \
                        .help = "CSV file for the result, mode 0600",                              \
                        .is_required = true},                                                      \
    [GK_ANALYSE_OVERWRITE] = {                                                                     \
        .name = "overwrite", .kind = GK_FLAG_SWITCH, .help = "replace the file if it is there"}
#define GK_ANALYSE_SEED_FLAG                                                                       \
    {                                                                                              \
        .name = "seed", .kind = GK_FLAG_NUMBER, .help = "of the random numbers", .minimum = 0,     \
        .maximum = INT64_MAX, .initial = 1                                                         \
    }
#define GK_ANALYSE_SQUARE_FLAGS                                                                    \
    [GK_ANALYSE_SIZE] = {.name = "size",                                                           \
                         .kind = GK_FLAG_NUMBER,                                                   \
                         .help = "side of the squares in metres",                                  \
                         .minimum = 1,                                                             \
                         .maximum = 100000,                                                        \
                         .initial = 250},                                                          \
    [GK_ANALYSE_BBOX] = {                                                                          \
        .name = "bbox",                                                                            \
        .kind = GK_FLAG_TEXT,                                                                      \
        .help = "the window, E0,N0,E1,N1 in metres; without it, whole squares around all points"}

/* What the help of every method begins with. */
#define GK_ANALYSE_NOTHING_STORED                                                                  \
    "Runs on this machine, on the file alone: no database, no configuration, nothing stored\n"     \
    "but the result. The file is CSV as spreadsheets write it; other columns are not read, and\n"  \
    "the first fault in it ends the run, with line and column and without what stands there.\n"

/* Points on a grid. */
struct gk_analyse_points {
    struct gk_analyse_table table; /* columns 0 and 1: x, y */
    struct gk_squares grid;        /* the window */
    size_t squares, outside;       /* of the window; points not in it */
    uint32_t *counts;              /* [squares] */
};

/* Looks at the place of the result, reads the points (columns x, y and `more`,
 * which may be NULL), finds the window and counts. `weight`: index in the table
 * of a column of counts, or 0 for none. To be released also after an error. */
GK_CHECKED enum gk_status gk_analyse_points_read(struct gk_analyse_points *points,
                                                 const struct gk_flag_value *values,
                                                 const struct gk_analyse_column *more,
                                                 size_t weight, struct gk_error *error);

/* Wipes and frees it. */
void gk_analyse_points_release(struct gk_analyse_points *points);

/* The columns of a table of points. */
#define GK_ANALYSE_X                                                                               \
    {                                                                                              \
        "x", GK_ANALYSE_NUMBER, -GK_ANALYSE_METRES_MAX, GK_ANALYSE_METRES_MAX, false               \
    }
#define GK_ANALYSE_Y                                                                               \
    {                                                                                              \
        "y", GK_ANALYSE_NUMBER, -GK_ANALYSE_METRES_MAX, GK_ANALYSE_METRES_MAX, false               \
    }

/* Numbers joined by commas into values[0 .. *count), at most `maximum`; false
 * when it is none. */
bool gk_analyse_numbers(double *values, size_t *count, size_t maximum, const char *text);

/* Notes when columns 0 and 1 of a table look like degrees, or like northing and
 * easting exchanged: all places are in Sweden's range of those. Nothing is changed. */
void gk_analyse_note_axes(struct gk_report *report, const struct gk_analyse_table *table);

/* Fills `error` for a method of lib/stats that failed, and returns `status`. */
enum gk_status gk_analyse_failed(enum gk_status status, const char *method, struct gk_error *error);

#endif
