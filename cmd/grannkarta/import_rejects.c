/* The list of refused features beside the file. */
#include "import_rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct gk_import_rejects {
    char *path;
    FILE *file;
    int64_t count;
    bool is_counted;
    int error; /* errno of the first failure; 0: none */
};

enum gk_status gk_import_rejects_open(struct gk_import_rejects **rejects, const char *path,
                                      bool is_counted, struct gk_error *error)
{
    size_t length = strlen(path);
    /* A folder (of Shapefiles, a FileGDB) may be given with a slash behind it. */
    while (length > 1 && path[length - 1] == '/')
        length--;
    *rejects = calloc(1, sizeof **rejects);
    if (*rejects != NULL &&
        asprintf(&(*rejects)->path, "%.*s.rejects.csv", (int)length, path) >= 0) {
        (*rejects)->is_counted = is_counted;
        return GK_OK;
    }
    free(*rejects);
    *rejects = NULL;
    return gk_error_set(error, GK_NO_MEMORY, "list refused features: out of memory");
}

void gk_import_rejects_free(struct gk_import_rejects *rejects)
{
    if (rejects == NULL)
        return;
    if (rejects->file != NULL)
        fclose(rejects->file);
    free(rejects->path);
    free(rejects);
}

static void begin(struct gk_import_rejects *rejects)
{
    int fd = open(rejects->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    rejects->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (rejects->file == NULL) {
        rejects->error = errno;
        if (fd >= 0)
            close(fd);
        return;
    }
    fputs("feature,reason\n", rejects->file);
}

void gk_import_rejects_add(struct gk_import_rejects *rejects, int64_t feature, const char *reason)
{
    if (rejects->count++ == 0 && !rejects->is_counted)
        begin(rejects);
    if (rejects->file == NULL)
        return;
    fprintf(rejects->file, "%lld,\"", (long long)feature);
    for (; *reason != '\0'; reason++) {
        if (*reason == '"')
            putc('"', rejects->file);
        putc(*reason, rejects->file);
    }
    fputs("\"\n", rejects->file);
    if (ferror(rejects->file) && rejects->error == 0)
        rejects->error = errno;
}

enum gk_status gk_import_rejects_end(struct gk_import_rejects *rejects, struct gk_error *error)
{
    if (rejects->file != NULL && fclose(rejects->file) != 0 && rejects->error == 0)
        rejects->error = errno;
    rejects->file = NULL;
    if (rejects->error != 0)
        return gk_error_set(error, GK_IO, "write \"%.300s\": %s", rejects->path,
                            strerror(rejects->error));
    return GK_OK;
}

int64_t gk_import_rejects_count(const struct gk_import_rejects *rejects)
{
    return rejects->count;
}

const char *gk_import_rejects_name(const struct gk_import_rejects *rejects)
{
    if (rejects->count == 0 || rejects->is_counted)
        return NULL;
    const char *slash = strrchr(rejects->path, '/');
    return slash != NULL ? slash + 1 : rejects->path;
}
