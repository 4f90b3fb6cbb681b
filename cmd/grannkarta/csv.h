/* A streaming reader of CSV as users' programs write it: `;`, `,` or tab, quotes
 * with embedded line ends, BOM, CRLF, LF or a lone CR, physical line numbers.
 *
 * Pure but for the callback that gives bytes, so that it can be fuzzed. Memory is
 * bounded: a record has at most 1 MiB and 1,000 fields. No message contains
 * anything of the file: it may have addresses in it. */
#ifndef GK_CMD_CSV_H
#define GK_CMD_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { GK_CSV_RECORD_MAX = 1024 * 1024, GK_CSV_FIELDS_MAX = 1000 };

/* Fills up to `size` bytes; the number filled, 0 at the end, below 0 when it
 * failed. */
typedef long gk_csv_source(void *context, char *buffer, size_t size);

struct gk_csv_field {
    const char *text; /* not NUL-terminated */
    size_t length;
};

struct gk_csv_row {
    const struct gk_csv_field *fields; /* valid until the next call */
    size_t count;
    int64_t line;       /* physical line that it begins on, from 1 */
    int64_t line_count; /* physical lines that it takes */
    const char *fault;  /* why it cannot be trusted, static; NULL: it can */
};

struct gk_csv;

/* `delimiter` 0: the most frequent of `;`, tab and `,` in the first line, or what
 * a first line "sep=;" of a spreadsheet says; that line is passed over.
 * GK_NO_MEMORY, or GK_REJECTED for what is no text at all. */
GK_CHECKED enum gk_status gk_csv_open(struct gk_csv **csv, gk_csv_source *source, void *context,
                                      char delimiter, struct gk_error *error);

/* NULL is allowed. Wipes the buffers: there may be exact places in them. */
void gk_csv_close(struct gk_csv *csv);

/* The next record; empty lines are passed over. GK_NOT_FOUND at the end;
 * GK_REJECTED, with the line, when the rest of the file makes no sense (a quote
 * that is never closed, a record beyond the limits); GK_IO. */
GK_CHECKED enum gk_status gk_csv_next(struct gk_csv *csv, struct gk_csv_row *row,
                                      struct gk_error *error);

/* The delimiter in use. */
char gk_csv_delimiter(const struct gk_csv *csv);

#endif
