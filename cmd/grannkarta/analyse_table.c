/* Reading the file of `analyse`: the heading is matched with the columns that are
 * wanted, then each field is checked and stored. Which columns a method needs
 * stands with the method. */
#include "analyse_table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "csv.h"
#include "text.h"

enum { ROWS_FIRST = 1024, NUMBER_MAX = 64, NAME_MAX_BYTES = 1024 };

static long read_bytes(void *context, char *buffer, size_t size)
{
    size_t n = fread(buffer, 1, size, context);
    return n == 0 && ferror((FILE *)context) ? -1 : (long)n;
}

/* --- Memory that is wiped ------------------------------------------------------- */

static void wipe(void *memory, size_t size)
{
    if (memory != NULL)
        explicit_bzero(memory, size);
    free(memory);
}

void gk_analyse_release(struct gk_analyse_table *table)
{
    for (size_t k = 0; k < GK_ANALYSE_COLUMNS_MAX; k++) {
        wipe(table->number[k], table->capacity * sizeof *table->number[k]);
        for (size_t i = 0; table->text[k] != NULL && i < table->rows; i++)
            free(table->text[k][i]);
        free(table->text[k]);
    }
    *table = (struct gk_analyse_table){0};
}

/* A column's array at twice its size; not by realloc(), which leaves copies. */
static bool widen(void **array, size_t item, size_t from, size_t to)
{
    void *wider = calloc(to, item);
    if (wider == NULL)
        return false;
    if (from > 0)
        memcpy(wider, *array, from * item);
    wipe(*array, from * item);
    *array = wider;
    return true;
}

static enum gk_status grow(struct gk_analyse_table *table, const struct gk_analyse_column *columns,
                           struct gk_error *error)
{
    size_t from = table->capacity, to = from == 0 ? ROWS_FIRST : from * 2;
    bool good = true;
    for (size_t k = 0; k < table->columns && good; k++) {
        if (!table->has[k])
            continue;
        void *array =
            columns[k].kind == GK_ANALYSE_TEXT ? (void *)table->text[k] : table->number[k];
        size_t item = columns[k].kind == GK_ANALYSE_TEXT ? sizeof(char *) : sizeof(double);
        good = widen(&array, item, from, to);
        if (columns[k].kind == GK_ANALYSE_TEXT)
            table->text[k] = array;
        else
            table->number[k] = array;
    }
    if (good)
        table->capacity = to;
    return good ? GK_OK : gk_error_set(error, GK_NO_MEMORY, "read the file: out of memory");
}

/* --- The heading ------------------------------------------------------------------ */

/* Where each wanted column stands in a row. */
struct places {
    size_t at[GK_ANALYSE_COLUMNS_MAX];
    size_t fields; /* of the heading */
};

static bool is_named(const struct gk_csv_field *field, const char *name)
{
    struct gk_buf text;
    gk_buf_init(&text, NAME_MAX_BYTES);
    gk_buf_put_any(&text, field->text, field->length);
    bool same =
        text.data != NULL && gk_buf_status(&text) == GK_OK && gk_text_same_folded(text.data, name);
    gk_buf_release(&text);
    return same;
}

static enum gk_status find_columns(struct gk_analyse_table *table, struct places *places,
                                   const struct gk_csv_row *row,
                                   const struct gk_analyse_column *columns, struct gk_error *error)
{
    places->fields = row->count;
    for (size_t k = 0; k < table->columns; k++) {
        for (size_t i = 0; i < row->count; i++) {
            if (!is_named(&row->fields[i], columns[k].name))
                continue;
            if (table->has[k])
                return gk_error_set(error, GK_REJECTED,
                                    "line %lld: column \"%.64s\" stands twice in the heading",
                                    (long long)row->line, columns[k].name);
            table->has[k] = true;
            places->at[k] = i;
        }
        if (!table->has[k] && !columns[k].is_optional)
            return gk_error_set(error, GK_REJECTED,
                                "line %lld: column \"%.64s\" is not in the heading, which has "
                                "%zu columns",
                                (long long)row->line, columns[k].name, row->count);
    }
    return GK_OK;
}

/* --- Fields ------------------------------------------------------------------------- */

/* What stands there, without saying what. */
static const char *class_of(size_t length, bool is_number)
{
    if (length == 0)
        return "nothing";
    if (is_number)
        return "a number out of range";
    return "no number";
}

static enum gk_status refuse(const struct gk_csv_row *row, const struct gk_analyse_column *column,
                             const char *what, size_t length, struct gk_error *error)
{
    if (column->kind == GK_ANALYSE_TEXT)
        return gk_error_set(error, GK_REJECTED,
                            "line %lld, column \"%.64s\": %s (%zu characters); allowed is a text "
                            "of 1 to %d bytes",
                            (long long)row->line, column->name, what, length, GK_ANALYSE_TEXT_MAX);
    return gk_error_set(error, GK_REJECTED,
                        "line %lld, column \"%.64s\": %s (%zu characters); allowed is a %s from "
                        "%.15g to %.15g",
                        (long long)row->line, column->name, what, length,
                        column->kind == GK_ANALYSE_WHOLE ? "whole number" : "number",
                        column->minimum, column->maximum);
}

/* strtod() without what it knows beyond plain numbers (hexadecimals, infinities). */
static bool parse_number(double *value, const char *text, size_t length)
{
    char plain[NUMBER_MAX], *end;
    static const char allowed[] = "0123456789+-.eE";
    size_t points = 0;
    if (length == 0 || length >= sizeof plain)
        return false;
    for (size_t i = 0; i < length; i++) {
        plain[i] = text[i];
        if (plain[i] == ',')
            plain[i] = '.';
        points += plain[i] == '.';
        if (memchr(allowed, plain[i], sizeof allowed - 1) == NULL || points > 1)
            return false;
    }
    plain[length] = '\0';
    *value = strtod(plain, &end);
    bool good = end != plain && *end == '\0' && isfinite(*value);
    explicit_bzero(plain, sizeof plain);
    return good;
}

static enum gk_status store_number(double *value, const struct gk_csv_row *row,
                                   const struct gk_analyse_column *column, const char *text,
                                   size_t length, struct gk_error *error)
{
    bool is_number = parse_number(value, text, length);
    if (!is_number || *value < column->minimum || *value > column->maximum)
        return refuse(row, column, class_of(length, is_number), length, error);
    if (column->kind == GK_ANALYSE_WHOLE && *value != floor(*value))
        return refuse(row, column, "a number with decimals", length, error);
    return GK_OK;
}

static enum gk_status store_text(char **value, const struct gk_csv_row *row,
                                 const struct gk_analyse_column *column, const char *text,
                                 size_t length, struct gk_error *error)
{
    struct gk_buf buf;
    gk_buf_init(&buf, GK_ANALYSE_TEXT_MAX);
    gk_buf_put_any(&buf, text, length);
    enum gk_status status = gk_buf_status(&buf);
    if (length == 0 || status == GK_TOO_LARGE)
        status = refuse(row, column, length == 0 ? "nothing" : "a longer text", length, error);
    else if (status == GK_OK)
        status = (*value = strdup(buf.data)) != NULL ? GK_OK : GK_NO_MEMORY;
    if (status == GK_NO_MEMORY)
        gk_error_set(error, status, "read the file: out of memory");
    gk_buf_release(&buf);
    return status;
}

/* `row` counts among the rows only when all of it was stored. */
static enum gk_status store_row(struct gk_analyse_table *table, const struct places *places,
                                const struct gk_csv_row *row,
                                const struct gk_analyse_column *columns, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    size_t at = table->rows;
    if (at == GK_ANALYSE_ROWS_MAX)
        return gk_error_set(error, GK_TOO_LARGE, "line %lld: more rows than the %d allowed",
                            (long long)row->line, GK_ANALYSE_ROWS_MAX);
    if (row->fault != NULL || row->count != places->fields)
        return gk_error_set(error, GK_REJECTED, "line %lld: %s; %zu columns, the heading has %zu",
                            (long long)row->line,
                            row->fault != NULL ? row->fault : "not as wide as the heading",
                            row->count, places->fields);
    if (at == table->capacity)
        status = grow(table, columns, error);
    if (status == GK_OK)
        table->rows++;
    for (size_t k = 0; k < table->columns && status == GK_OK; k++) {
        if (!table->has[k])
            continue;
        const char *text = row->fields[places->at[k]].text;
        size_t length = row->fields[places->at[k]].length;
        gk_text_trim(&text, &length);
        status = columns[k].kind == GK_ANALYSE_TEXT
                     ? store_text(&table->text[k][at], row, &columns[k], text, length, error)
                     : store_number(&table->number[k][at], row, &columns[k], text, length, error);
    }
    return status;
}

/* --- The file ------------------------------------------------------------------------- */

static enum gk_status read_rows(struct gk_analyse_table *table, struct gk_csv *csv,
                                const struct gk_analyse_column *columns, struct gk_error *error)
{
    struct gk_csv_row row;
    struct places places = {.fields = 0};
    enum gk_status status = gk_csv_next(csv, &row, error);
    if (status == GK_NOT_FOUND)
        return gk_error_set(error, GK_REJECTED, "the file is empty; its first line is the heading");
    if (status == GK_OK)
        status = find_columns(table, &places, &row, columns, error);
    while (status == GK_OK) {
        status = gk_csv_next(csv, &row, error);
        if (status == GK_OK)
            status = store_row(table, &places, &row, columns, error);
    }
    return status == GK_NOT_FOUND ? GK_OK : status;
}

enum gk_status gk_analyse_read(struct gk_analyse_table *table, const char *path,
                               const struct gk_analyse_column *columns, size_t count,
                               struct gk_error *error)
{
    struct gk_error inner;
    struct gk_csv *csv = NULL;
    *table = (struct gk_analyse_table){.columns = count};
    gk_error_clear(&inner);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return gk_error_set(error, errno == ENOENT ? GK_NOT_FOUND : GK_IO, "read \"%.200s\": %s",
                            path, strerror(errno));
    /* The reader has a buffer that it wipes; the library's would stay. */
    (void)setvbuf(file, NULL, _IONBF, 0);
    enum gk_status status = gk_csv_open(&csv, read_bytes, file, '\0', &inner);
    if (status == GK_OK)
        status = read_rows(table, csv, columns, &inner);
    if (status != GK_OK)
        gk_error_set(error, status, "read \"%.120s\": %s", path, inner.message);
    gk_csv_close(csv);
    if (fclose(file) != 0 && status == GK_OK)
        status = gk_error_set(error, GK_IO, "read \"%.200s\": %s", path, strerror(errno));
    return status;
}
