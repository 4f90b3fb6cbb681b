/* A streaming CSV reader. One loop takes bytes; what a byte means depends on
 * whether it is inside quotes, just behind them, or neither. */
#include "csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 * 1024 };

struct gk_csv {
    gk_csv_source *source;
    void *context;
    char delimiter;
    bool is_at_end;
    int64_t line; /* of the next byte */
    size_t position, filled;
    char chunk[CHUNK_BYTES];
    size_t length; /* of the record so far */
    char record[GK_CSV_RECORD_MAX];
    struct gk_csv_field fields[GK_CSV_FIELDS_MAX];
};

static enum gk_status fill(struct gk_csv *csv, struct gk_error *error)
{
    long n = csv->is_at_end ? 0 : csv->source(csv->context, csv->chunk, CHUNK_BYTES);
    if (n < 0)
        return gk_error_set(error, GK_IO, "line %lld: reading the file failed",
                            (long long)csv->line);
    csv->position = 0;
    csv->filled = (size_t)n;
    csv->is_at_end = n == 0;
    return GK_OK;
}

/* The first chunk is filled up, however little the source gives at a time: the
 * delimiter is guessed from it. */
static enum gk_status fill_first(struct gk_csv *csv, struct gk_error *error)
{
    while (csv->filled < CHUNK_BYTES) {
        long n = csv->source(csv->context, csv->chunk + csv->filled, CHUNK_BYTES - csv->filled);
        if (n < 0)
            return gk_error_set(error, GK_IO, "reading the file failed");
        if (n == 0)
            break;
        csv->filled += (size_t)n;
    }
    return GK_OK;
}

/* UTF-16 without a BOM has a NUL beside every letter. */
static bool has_early_nul(const struct gk_csv *csv)
{
    size_t looked_at = csv->filled < 64 ? csv->filled : 64;
    const char *line_end = memchr(csv->chunk, '\n', looked_at);
    if (line_end != NULL)
        looked_at = (size_t)(line_end - csv->chunk);
    return memchr(csv->chunk, '\0', looked_at) != NULL;
}

/* Looks at the first bytes: a BOM is passed over, what is no CSV is refused. */
static enum gk_status check_start(struct gk_csv *csv, struct gk_error *error)
{
    const char *at = csv->chunk;
    if (csv->filled >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
        csv->position = 3;
    if (csv->filled >= 2 && (memcmp(at, "\xFF\xFE", 2) == 0 || memcmp(at, "\xFE\xFF", 2) == 0))
        return gk_error_set(error, GK_REJECTED, "the file is UTF-16; save it as UTF-8");
    if (csv->filled >= 4 && (memcmp(at, "PK\3\4", 4) == 0 || memcmp(at, "\x1F\x8B", 2) == 0))
        return gk_error_set(
            error, GK_REJECTED,
            "the file is packed or a spreadsheet; save it as CSV, or call it what it is "
            "(.xlsx, .ods)");
    if (has_early_nul(csv))
        return gk_error_set(error, GK_REJECTED,
                            "the file is UTF-16 or no text at all; save it as CSV in UTF-8");
    return GK_OK;
}

/* The most frequent candidate outside quotes in the first line. */
static char guess_delimiter(const struct gk_csv *csv)
{
    size_t semicolons = 0, tabs = 0, commas = 0;
    bool is_quoted = false;
    for (size_t i = csv->position; i < csv->filled; i++) {
        char c = csv->chunk[i];
        if (c == '"')
            is_quoted = !is_quoted;
        if (is_quoted)
            continue;
        if (c == '\n' || c == '\r')
            break;
        semicolons += c == ';';
        tabs += c == '\t';
        commas += c == ',';
    }
    if (semicolons >= tabs && semicolons >= commas)
        return ';';
    return tabs >= commas ? '\t' : ',';
}

/* Excel's first line "sep=;" says the delimiter; *length of the line, 0: none. */
static char said_delimiter(const struct gk_csv *csv, size_t *length)
{
    const char *at = csv->chunk + csv->position;
    size_t left = csv->filled - csv->position;
    *length = 0;
    if (left < 6 || memcmp(at, "sep=", 4) != 0 || (at[5] != '\r' && at[5] != '\n') ||
        (at[4] != ';' && at[4] != ',' && at[4] != '\t'))
        return '\0';
    *length = left > 6 && at[5] == '\r' && at[6] == '\n' ? 7 : 6;
    return at[4];
}

static void choose_delimiter(struct gk_csv *csv, char given)
{
    size_t length;
    char said = said_delimiter(csv, &length);
    csv->position += length;
    csv->line += length > 0;
    csv->delimiter = given;
    if (given == '\0')
        csv->delimiter = said;
    if (csv->delimiter == '\0')
        csv->delimiter = guess_delimiter(csv);
}

enum gk_status gk_csv_open(struct gk_csv **csv, gk_csv_source *source, void *context,
                           char delimiter, struct gk_error *error)
{
    *csv = calloc(1, sizeof **csv);
    if (*csv == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "read CSV: out of memory");
    (*csv)->source = source;
    (*csv)->context = context;
    (*csv)->line = 1;
    enum gk_status status = fill_first(*csv, error);
    if (status == GK_OK)
        status = check_start(*csv, error);
    if (status == GK_OK)
        choose_delimiter(*csv, delimiter);
    if (status != GK_OK) {
        gk_csv_close(*csv);
        *csv = NULL;
    }
    return status;
}

void gk_csv_close(struct gk_csv *csv)
{
    if (csv == NULL)
        return;
    explicit_bzero(csv, sizeof *csv);
    free(csv);
}

char gk_csv_delimiter(const struct gk_csv *csv)
{
    return csv->delimiter;
}

/* --- Records -------------------------------------------------------------------- */

/* Where a record stands. */
struct progress {
    size_t field_start;
    bool is_quoted;  /* inside quotes */
    bool was_quoted; /* behind the quotes of this field */
    bool is_done;
    int64_t quote_line;
};

/* -1 at the end of the file. */
static int peek(struct gk_csv *csv, enum gk_status *status, struct gk_error *error)
{
    if (csv->position == csv->filled) {
        *status = fill(csv, error);
        if (*status != GK_OK || csv->is_at_end)
            return -1;
    }
    return (unsigned char)csv->chunk[csv->position];
}

static enum gk_status end_field(struct gk_csv *csv, struct gk_csv_row *row,
                                struct progress *progress, struct gk_error *error)
{
    if (row->count == GK_CSV_FIELDS_MAX)
        return gk_error_set(error, GK_REJECTED, "line %lld: more than %d columns",
                            (long long)row->line, GK_CSV_FIELDS_MAX);
    csv->fields[row->count++] = (struct gk_csv_field){csv->record + progress->field_start,
                                                      csv->length - progress->field_start};
    progress->field_start = csv->length;
    progress->was_quoted = false;
    return GK_OK;
}

static enum gk_status put(struct gk_csv *csv, const struct gk_csv_row *row, char c,
                          struct gk_error *error)
{
    if (csv->length == GK_CSV_RECORD_MAX)
        return gk_error_set(error, GK_REJECTED,
                            "line %lld: a record of more than 1 MiB; is a quote not closed?",
                            (long long)row->line);
    csv->record[csv->length++] = c;
    return GK_OK;
}

/* Takes the rest of a line end whose first byte was `c`. */
static void end_line(struct gk_csv *csv, int c, enum gk_status *status, struct gk_error *error)
{
    csv->line++;
    if (c == '\r' && peek(csv, status, error) == '\n')
        csv->position++;
}

/* Bytes from the position on that mean nothing but themselves. Most of a file is
 * such: they are taken together. */
static size_t plain_run(const struct gk_csv *csv, bool is_quoted)
{
    const char *at = csv->chunk + csv->position, *end = csv->chunk + csv->filled, *start = at;
    char delimiter = csv->delimiter;
    if (is_quoted)
        delimiter = '"';
    while (at < end && *at != delimiter && *at != '"' && *at != '\n' && *at != '\r' && *at != '\0')
        at++;
    return (size_t)(at - start);
}

static enum gk_status put_run(struct gk_csv *csv, struct gk_csv_row *row,
                              const struct progress *progress, size_t length,
                              struct gk_error *error)
{
    if (length > GK_CSV_RECORD_MAX - csv->length) {
        csv->length = GK_CSV_RECORD_MAX;
        return put(csv, row, ' ', error);
    }
    if (!progress->is_quoted && progress->was_quoted)
        row->fault = "text behind a closing quote";
    memcpy(csv->record + csv->length, csv->chunk + csv->position, length);
    csv->length += length;
    csv->position += length;
    return GK_OK;
}

static enum gk_status take_quoted(struct gk_csv *csv, struct gk_csv_row *row,
                                  struct progress *progress, int c, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    if (c == '"') {
        if (peek(csv, &status, error) == '"') {
            csv->position++;
            return put(csv, row, '"', error);
        }
        progress->is_quoted = false;
        progress->was_quoted = true;
        return status;
    }
    if (c == '\r' || c == '\n') {
        end_line(csv, c, &status, error);
        c = '\n';
    }
    if (c == '\0')
        row->fault = "a NUL byte";
    return status == GK_OK ? put(csv, row, (char)c, error) : status;
}

static enum gk_status take_plain(struct gk_csv *csv, struct gk_csv_row *row,
                                 struct progress *progress, int c, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    if (c == csv->delimiter)
        return end_field(csv, row, progress, error);
    if (c == '\r' || c == '\n') {
        end_line(csv, c, &status, error);
        progress->is_done = true;
        return status == GK_OK ? end_field(csv, row, progress, error) : status;
    }
    if (c == '"' && csv->length == progress->field_start && !progress->was_quoted) {
        progress->is_quoted = true;
        progress->quote_line = csv->line;
        return GK_OK;
    }
    if (progress->was_quoted)
        row->fault = "text behind a closing quote";
    if (c == '\0')
        row->fault = "a NUL byte";
    return put(csv, row, (char)c, error);
}

static enum gk_status take_record(struct gk_csv *csv, struct gk_csv_row *row,
                                  struct gk_error *error)
{
    struct progress progress = {.quote_line = csv->line};
    enum gk_status status = GK_OK;
    csv->length = 0;
    *row = (struct gk_csv_row){csv->fields, 0, csv->line, 0, NULL};
    while (status == GK_OK && !progress.is_done) {
        int c = peek(csv, &status, error);
        if (status != GK_OK)
            break;
        if (c < 0) {
            if (progress.is_quoted)
                return gk_error_set(error, GK_REJECTED,
                                    "line %lld: a quote is opened and never closed",
                                    (long long)progress.quote_line);
            if (row->count == 0 && csv->length == 0 && !progress.was_quoted)
                return GK_NOT_FOUND;
            csv->line++;
            return end_field(csv, row, &progress, error);
        }
        size_t run = plain_run(csv, progress.is_quoted);
        if (run > 0) {
            status = put_run(csv, row, &progress, run, error);
            continue;
        }
        csv->position++;
        status = progress.is_quoted ? take_quoted(csv, row, &progress, c, error)
                                    : take_plain(csv, row, &progress, c, error);
    }
    return status;
}

enum gk_status gk_csv_next(struct gk_csv *csv, struct gk_csv_row *row, struct gk_error *error)
{
    enum gk_status status;
    do
        status = take_record(csv, row, error);
    while (status == GK_OK && row->count == 1 && row->fields[0].length == 0 && row->fault == NULL);
    row->line_count = csv->line - row->line;
    return status;
}
