/* How far a long command is: one line that is rewritten on a terminal, a line
 * now and then in a log, an event a second with --json; always on stderr. A
 * thread of its own writes them, so that they also come while the command
 * waits for the database. Only counts and times are said, never data. */
#ifndef GK_CMD_PROGRESS_H
#define GK_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/status.h"

enum gk_progress_style {
    GK_PROGRESS_TERMINAL, /* one line, rewritten five times a second */
    GK_PROGRESS_LOG,      /* a line every ten seconds */
    GK_PROGRESS_JSON      /* a JSON object a second, one a line */
};

/* What is said at one moment. */
struct gk_progress_state {
    const char *command, *step;
    const char *unit;    /* what is counted, "rows"; NULL: nothing is */
    int64_t done, total; /* units; total 0: not known */
    double share;        /* of the step, 0 to 1; below 0: not known */
    double seconds;      /* since the step began */
    bool is_end;
};

/* Appends one line without its end: "reading: 120,000 rows (12 %), 24,000
 * rows/s, 37 s left", "reading: 1,000,000 rows in 12 s", or the JSON object.
 * Pure. */
void gk_buf_put_progress(struct gk_buf *buf, const struct gk_progress_state *state,
                         enum gk_progress_style style);

/* Appends a whole number with a comma between thousands: 12,480. */
void gk_buf_put_grouped(struct gk_buf *buf, int64_t number);

struct gk_progress;

/* `out` (stderr) and `command` outlive it. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_progress_create(struct gk_progress **progress, FILE *out,
                                             const char *command, enum gk_progress_style style);

/* Stops; a step that has not ended is wiped from the terminal. NULL is allowed,
 * here and below: then nothing is said. */
void gk_progress_free(struct gk_progress *progress);

/* Begins a step, and ends the one before. `step` ("reading") and `unit`
 * ("rows", NULL when nothing is counted) are borrowed until it ends. `total` 0:
 * not known. */
void gk_progress_begin(struct gk_progress *progress, const char *step, const char *unit,
                       int64_t total);

/* So many units are done. Costs a store to memory: call it for every row. */
void gk_progress_at(struct gk_progress *progress, int64_t done);

/* The share that is done where units do not tell it: bytes of a file. */
void gk_progress_part(struct gk_progress *progress, int64_t part, int64_t whole);

/* Ends the step: a counted one leaves a line with its count and time. */
void gk_progress_end(struct gk_progress *progress);

#endif
