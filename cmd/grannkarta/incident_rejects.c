/* The list of refused rows beside the file. */
#include "incident_rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "incident_row.h"

struct gk_incident_rejects {
    char *path;
    FILE *file;
    int64_t count;
    char delimiter;
};

enum gk_status gk_incident_rejects_open(struct gk_incident_rejects **rejects, const char *path,
                                        char delimiter, struct gk_error *error)
{
    size_t length = strlen(path);
    if (length > 4 && strcasecmp(path + length - 4, ".csv") == 0)
        length -= 4;
    *rejects = calloc(1, sizeof **rejects);
    if (*rejects == NULL ||
        asprintf(&(*rejects)->path, "%.*s.rejects.csv", (int)length, path) < 0) {
        free(*rejects);
        *rejects = NULL;
        return gk_error_set(error, GK_NO_MEMORY, "list rejected rows: out of memory");
    }
    (*rejects)->delimiter = delimiter;
    return GK_OK;
}

void gk_incident_rejects_free(struct gk_incident_rejects *rejects)
{
    if (rejects == NULL)
        return;
    if (rejects->file != NULL)
        fclose(rejects->file);
    free(rejects->path);
    free(rejects);
}

static enum gk_status fail(const struct gk_incident_rejects *rejects, struct gk_error *error)
{
    return gk_error_set(error, GK_IO, "write \"%.300s\": %s", rejects->path, strerror(errno));
}

static enum gk_status begin(struct gk_incident_rejects *rejects, struct gk_error *error)
{
    int fd = open(rejects->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(rejects, error);
    rejects->file = fdopen(fd, "w");
    if (rejects->file == NULL) {
        close(fd);
        return fail(rejects, error);
    }
    char d = rejects->delimiter;
    fprintf(rejects->file, "line%ccolumn%creason%cvalue\n", d, d, d);
    return GK_OK;
}

static void put_quoted(FILE *file, const char *text, size_t length)
{
    putc('"', file);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            putc('"', file);
        putc(text[i], file);
    }
    putc('"', file);
}

enum gk_status gk_incident_rejects_add(struct gk_incident_rejects *rejects, int64_t line,
                                       const char *column, const char *reason,
                                       const struct gk_csv_field *value, struct gk_error *error)
{
    enum gk_status status = rejects->file == NULL ? begin(rejects, error) : GK_OK;
    if (status != GK_OK)
        return status;
    FILE *file = rejects->file;
    rejects->count++;
    fprintf(file, "%lld%c", (long long)line, rejects->delimiter);
    put_quoted(file, column, strlen(column));
    putc(rejects->delimiter, file);
    put_quoted(file, reason, strlen(reason));
    putc(rejects->delimiter, file);
    if (value != NULL && gk_incident_value_is_harmless(value->text, value->length))
        put_quoted(file, value->text, value->length);
    else if (value != NULL)
        fprintf(file, "\"(%zu bytes)\"", value->length);
    putc('\n', file);
    return ferror(file) ? fail(rejects, error) : GK_OK;
}

enum gk_status gk_incident_rejects_end(struct gk_incident_rejects *rejects, struct gk_error *error)
{
    if (rejects->file == NULL)
        return GK_OK;
    int failed = fflush(rejects->file) != 0 || ferror(rejects->file);
    failed |= fclose(rejects->file) != 0;
    rejects->file = NULL;
    return failed ? fail(rejects, error) : GK_OK;
}

int64_t gk_incident_rejects_count(const struct gk_incident_rejects *rejects)
{
    return rejects->count;
}

const char *gk_incident_rejects_name(const struct gk_incident_rejects *rejects)
{
    const char *slash = strrchr(rejects->path, '/');
    return slash != NULL ? slash + 1 : rejects->path;
}
