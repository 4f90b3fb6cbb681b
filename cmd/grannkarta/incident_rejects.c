/* The list of refused rows, and how many were refused for what. */
#include "incident_rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "incident_row.h"

enum { REASONS_MAX = 128, COLUMN_MAX_BYTES = 256, HEADING_MAX_BYTES = 64 };

struct reason {
    char column[COLUMN_MAX_BYTES];
    const char *text;
    int64_t count, first; /* line */
};

struct gk_incident_rejects {
    struct gk_incident_rejects_options options;
    FILE *file;
    char *part; /* where it is until it is complete; NULL: at its place */
    int64_t count;
    struct reason reasons[REASONS_MAX];
    size_t reason_count;
};

enum gk_status gk_incident_rejects_open(struct gk_incident_rejects **rejects,
                                        const struct gk_incident_rejects_options *options,
                                        struct gk_error *error)
{
    struct stat input, list;
    *rejects = calloc(1, sizeof **rejects);
    if (*rejects == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "list rejected rows: out of memory");
    (*rejects)->options = *options;
    if (options->path != NULL && stat(options->input, &input) == 0 &&
        stat(options->path, &list) == 0 && input.st_dev == list.st_dev &&
        input.st_ino == list.st_ino)
        return gk_error_set(error, GK_INVALID,
                            "--rejects \"%.300s\" is the file that is read; allowed is another one",
                            options->path);
    return GK_OK;
}

void gk_incident_rejects_free(struct gk_incident_rejects *rejects)
{
    if (rejects == NULL)
        return;
    if (rejects->file != NULL)
        fclose(rejects->file);
    if (rejects->part != NULL)
        (void)unlink(rejects->part);
    free(rejects->part);
    free(rejects);
}

static enum gk_status fail(const struct gk_incident_rejects *rejects, struct gk_error *error)
{
    return gk_error_set(error, GK_IO,
                        "write the list of rejected rows \"%.300s\": %s; --rejects names another "
                        "place for it",
                        rejects->options.path, strerror(errno));
}

static int put_heading(char heading[HEADING_MAX_BYTES],
                       const struct gk_incident_rejects_options *options)
{
    char d = options->delimiter;
    return snprintf(heading, HEADING_MAX_BYTES, "%s%ccolumn%creason%cvalue\n", options->row_name, d,
                    d, d);
}

/* Removes an older list, if it is one. */
static void remove_old(const struct gk_incident_rejects *rejects)
{
    static const char *const names[] = {"line", "feature"};
    static const char delimiters[] = ";,\t";
    char found[HEADING_MAX_BYTES] = {0}, heading[HEADING_MAX_BYTES];
    int fd = open(rejects->options.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    ssize_t n = read(fd, found, sizeof found - 1);
    close(fd);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (const char *d = delimiters; *d != '\0'; d++) {
            const struct gk_incident_rejects_options options = {.delimiter = *d,
                                                                .row_name = names[i]};
            int length = put_heading(heading, &options);
            if (n >= length && memcmp(found, heading, (size_t)length) == 0)
                (void)unlink(rejects->options.path);
        }
}

/* A list that is not complete has another name: what is cut off does not look like
 * all there was to reject. Only what is no plain file (a pipe, a terminal, a link) is
 * written to as it is. */
static enum gk_status begin(struct gk_incident_rejects *rejects, struct gk_error *error)
{
    char heading[HEADING_MAX_BYTES];
    struct stat found;
    const char *path = rejects->options.path;
    if (lstat(path, &found) != 0 || S_ISREG(found.st_mode)) {
        if (asprintf(&rejects->part, "%s.part", path) < 0) {
            rejects->part = NULL;
            return gk_error_set(error, GK_NO_MEMORY, "list rejected rows: out of memory");
        }
        remove_old(rejects);
        (void)unlink(rejects->part);
    }
    int fd =
        open(rejects->part != NULL ? rejects->part : path,
             O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (rejects->part != NULL ? O_EXCL : 0), 0600);
    if (fd < 0)
        return fail(rejects, error);
    rejects->file = fdopen(fd, "w");
    if (rejects->file == NULL) {
        close(fd);
        return fail(rejects, error);
    }
    put_heading(heading, &rejects->options);
    fputs(heading, rejects->file);
    return GK_OK;
}

/* A spreadsheet takes a text that begins so for a formula. */
static bool is_formula(char c)
{
    return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

static void put_quoted(FILE *file, const char *text, size_t length)
{
    putc('"', file);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            putc('"', file);
        putc((unsigned char)text[i] < ' ' ? ' ' : text[i], file);
    }
    putc('"', file);
}

/* A heading of the file; a value that may be shown is never a formula. */
static void put_column(FILE *file, const char *column)
{
    char safe[COLUMN_MAX_BYTES + 1];
    snprintf(safe, sizeof safe, "%s%s", is_formula(*column) ? "'" : "", column);
    put_quoted(file, safe, strlen(safe));
}

static void count_reason(struct gk_incident_rejects *rejects, int64_t line, const char *column,
                         const char *text)
{
    size_t i = 0;
    while (i < rejects->reason_count &&
           (rejects->reasons[i].text != text || strcmp(rejects->reasons[i].column, column) != 0))
        i++;
    if (i == REASONS_MAX)
        return;
    struct reason *reason = &rejects->reasons[i];
    if (i == rejects->reason_count) {
        rejects->reason_count++;
        *reason = (struct reason){.text = text, .first = line};
        snprintf(reason->column, sizeof reason->column, "%s", column);
    }
    reason->count++;
}

enum gk_status gk_incident_rejects_add(struct gk_incident_rejects *rejects,
                                       const struct gk_csv_row *row, const char *column,
                                       const char *reason, const struct gk_csv_field *value,
                                       struct gk_error *error)
{
    rejects->count++;
    count_reason(rejects, row->line, column, reason);
    if (rejects->options.path == NULL)
        return GK_OK;
    enum gk_status status = rejects->file == NULL ? begin(rejects, error) : GK_OK;
    if (status != GK_OK)
        return status;
    FILE *file = rejects->file;
    fprintf(file, "%lld%c", (long long)row->line, rejects->options.delimiter);
    put_column(file, column);
    putc(rejects->options.delimiter, file);
    put_quoted(file, reason, strlen(reason));
    putc(rejects->options.delimiter, file);
    if (value != NULL &&
        gk_incident_value_is_harmless(rejects->options.date_order, value->text, value->length))
        put_quoted(file, value->text, value->length);
    else if (value != NULL)
        fprintf(file, "\"(%zu bytes)\"", value->length);
    else if (row->line_count > 1) /* a quote that was not meant as one takes several lines */
        fprintf(file, "\"(%lld lines)\"", (long long)row->line_count);
    putc('\n', file);
    return ferror(file) ? fail(rejects, error) : GK_OK;
}

enum gk_status gk_incident_rejects_end(struct gk_incident_rejects *rejects, struct gk_error *error)
{
    if (rejects->file == NULL) {
        if (rejects->options.path != NULL)
            remove_old(rejects);
        return GK_OK;
    }
    int failed = fflush(rejects->file) != 0 || ferror(rejects->file);
    failed |= fclose(rejects->file) != 0;
    rejects->file = NULL;
    if (!failed && rejects->part != NULL) {
        failed = rename(rejects->part, rejects->options.path) != 0;
        if (!failed) {
            free(rejects->part);
            rejects->part = NULL;
        }
    }
    return failed ? fail(rejects, error) : GK_OK;
}

int64_t gk_incident_rejects_count(const struct gk_incident_rejects *rejects)
{
    return rejects->count;
}

int64_t gk_incident_rejects_count_of(const struct gk_incident_rejects *rejects, const char *reason)
{
    int64_t count = 0;
    for (size_t i = 0; i < rejects->reason_count; i++)
        if (rejects->reasons[i].text == reason)
            count += rejects->reasons[i].count;
    return count;
}

const char *gk_incident_rejects_path(const struct gk_incident_rejects *rejects)
{
    return rejects->count > 0 ? rejects->options.path : NULL;
}

static int compare_reasons(const void *a, const void *b)
{
    const struct reason *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

void gk_incident_rejects_put(struct gk_report *out, const struct gk_incident_rejects *rejects)
{
    struct reason *sorted = calloc(rejects->reason_count + 1, sizeof *sorted);
    gk_report_list_begin(out, "rejected_why");
    if (sorted != NULL) {
        memcpy(sorted, rejects->reasons, rejects->reason_count * sizeof *sorted);
        qsort(sorted, rejects->reason_count, sizeof *sorted, compare_reasons);
    }
    for (size_t i = 0; sorted != NULL && i < rejects->reason_count; i++) {
        bool has_column = sorted[i].column[0] != '\0';
        gk_report_row_begin(out);
        gk_report_count(out, "count", sorted[i].count, "rejected: {} ");
        gk_report_text(out, "column", has_column ? sorted[i].column : NULL, "{}: ");
        gk_report_text(out, "reason", sorted[i].text, "{}");
        gk_report_text(out, "first_in", rejects->options.row_name, ", first in {} ");
        gk_report_i64(out, "first", sorted[i].first, "{}\n");
        gk_report_row_end(out);
    }
    gk_report_list_end(out);
    free(sorted);
}
