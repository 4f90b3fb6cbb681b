/* The frame of `import districts`, `import dwellings` and `import watch-areas`:
 * opening the file, one transaction, feature after feature, the list of what was
 * refused, dry runs, what is said of the file. Each kind has only what is its
 * own, as functions that are called in the order of struct gk_import_kind. */
#ifndef GK_CMD_IMPORT_FRAME_H
#define GK_CMD_IMPORT_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "import_rejects.h"
#include "store/connection.h"
#include "vector.h"

/* The flags that all have, then the one of areas; a command's own come behind. */
enum {
    GK_IMPORT_LAYER,
    GK_IMPORT_CRS,
    GK_IMPORT_SWAP_AXES,
    GK_IMPORT_ENCODING,
    GK_IMPORT_ON_REJECT,
    GK_IMPORT_DRY_RUN,
    GK_IMPORT_OWN_OF_POINTS,
    GK_IMPORT_REPAIR = GK_IMPORT_OWN_OF_POINTS,
    GK_IMPORT_OWN_OF_AREAS
};

#define GK_IMPORT_FLAGS                                                                            \
    [GK_IMPORT_LAYER] = {.name = "layer",                                                          \
                         .kind = GK_FLAG_TEXT,                                                     \
                         .help = "layer of the file, when it has several"},                        \
    [GK_IMPORT_CRS] = {.name = "crs",                                                              \
                       .kind = GK_FLAG_NUMBER,                                                     \
                       .minimum = 1,                                                               \
                       .maximum = 1000000,                                                         \
                       .has_no_default = true,                                                     \
                       .help = "EPSG code of the coordinates, whatever the file says"},            \
    [GK_IMPORT_SWAP_AXES] = {.name = "swap-axes",                                                  \
                             .kind = GK_FLAG_SWITCH,                                               \
                             .help = "the file has northing or latitude first"},                   \
    [GK_IMPORT_ENCODING] = {.name = "encoding",                                                    \
                            .kind = GK_FLAG_CHOICE,                                                \
                            .choices = "auto|utf-8|windows-1252|cp850",                            \
                            .initial_text = "auto",                                                \
                            .help = "encoding of a Shapefile's texts; auto: as its .cpg and .dbf " \
                                    "say, else UTF-8 where it is that, else Windows-1252"},        \
    [GK_IMPORT_ON_REJECT] = {.name = "on-reject",                                                  \
                             .kind = GK_FLAG_CHOICE,                                               \
                             .choices = "abort|skip",                                              \
                             .initial_text = "abort",                                              \
                             .help = "when features are refused: import nothing, or the rest"},    \
    [GK_IMPORT_DRY_RUN] = {                                                                        \
        .name = "dry-run",                                                                         \
        .kind = GK_FLAG_SWITCH,                                                                    \
        .help = "print the report, with the first 100 refused features, and write nothing"}

#define GK_IMPORT_AREA_FLAGS                                                                       \
    GK_IMPORT_FLAGS, [GK_IMPORT_REPAIR] = {                                                        \
                         .name = "repair",                                                         \
                         .kind = GK_FLAG_SWITCH,                                                   \
                         .help = "close open rings and make invalid areas valid, and tell of "     \
                                 "each, instead of refusing them"}

/* One run. Kinds read it; the frame fills it. */
struct gk_import {
    const struct gk_options *options;
    const struct gk_arguments *arguments;
    const struct gk_flag_value *values; /* arguments->values */
    struct gk_report *report;
    struct gk_vector vector;
    struct gk_store *store;
    struct gk_import_rejects *rejects;
    int64_t read; /* features so far; the number of the one at hand */
    int64_t repaired;
    bool is_dry_run;
    char first_reason[GK_ERROR_MESSAGE_MAX]; /* of the first refused feature */
};

/* What a kind of import does; `context` is its own state. All but take() may be
 * NULL. A failure ends the import and leaves the database as it was. */
struct gk_import_kind {
    const char *application_name, *unit; /* "districts" */
    bool has_areas;                      /* its flags are GK_IMPORT_AREA_FLAGS */
    /* The file is open: finds columns, checks flags. */
    enum gk_status (*prepare)(void *context, struct gk_import *import, struct gk_error *error);
    /* The transaction has begun: loads what is needed, begins staging. */
    enum gk_status (*begin)(void *context, struct gk_import *import, struct gk_error *error);
    /* One feature. GK_REJECTED, with the reason alone, refuses this one only. */
    enum gk_status (*take)(void *context, struct gk_import *import, OGRFeatureH feature,
                           struct gk_error *error);
    /* All were taken: ends staging, compares, stores. Before COMMIT. */
    enum gk_status (*store)(void *context, struct gk_import *import, struct gk_error *error);
    /* Says what was done. */
    void (*report)(void *context, struct gk_import *import);
    /* Frees, and ends what is still being staged; the store is still open. */
    void (*release)(void *context);
};

/* Runs an import of the file arguments->operands[0]. */
GK_CHECKED enum gk_status gk_import_run(const struct gk_import_kind *kind, void *context,
                                        const struct gk_options *options,
                                        const struct gk_arguments *arguments,
                                        struct gk_error *error);

/* The area of the feature at hand as gk_vector_area() gives it, appended to
 * `buf`; a repair is told in the report. */
GK_CHECKED enum gk_status gk_import_area(struct gk_buf *buf, struct gk_import *import,
                                         OGRFeatureH feature, struct gk_error *error);

#endif
