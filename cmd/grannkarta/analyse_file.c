/* Writing the result of `analyse`: beside its place, then renamed. What is in the
 * lines is the methods' business. */
#include "analyse_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum gk_status fail(const char *path, struct gk_error *error)
{
    return gk_error_set(error, GK_IO, "write \"%.200s\": %s", path, strerror(errno));
}

static enum gk_status refuse_existing(const char *path, struct gk_error *error)
{
    return gk_error_set(error, GK_INVALID,
                        "write \"%.200s\": it is there already; --overwrite replaces it", path);
}

/* --- Before ---------------------------------------------------------------------- */

static enum gk_status look_at_folder(const char *path, struct gk_error *error)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path + 1));
    if (folder == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "write \"%.200s\": out of memory", path);
    enum gk_status status = access(folder, W_OK | X_OK) == 0 ? GK_OK : fail(path, error);
    free(folder);
    return status;
}

enum gk_status gk_analyse_file_look(const char *path, bool overwrites, const char *const *inputs,
                                    size_t count, struct gk_error *error)
{
    struct stat there, input;
    size_t length = strlen(path);
    if (length < 5 || strcmp(path + length - 4, ".csv") != 0)
        return gk_error_set(error, GK_INVALID,
                            "--out is \"%.200s\"; allowed is a name that ends in .csv", path);
    bool is_there = stat(path, &there) == 0;
    for (size_t i = 0; i < count && is_there; i++)
        if (inputs[i] != NULL && stat(inputs[i], &input) == 0 && input.st_dev == there.st_dev &&
            input.st_ino == there.st_ino)
            return gk_error_set(error, GK_INVALID,
                                "--out is \"%.200s\", a file that is read; allowed is another",
                                path);
    if (is_there && !S_ISREG(there.st_mode))
        return gk_error_set(error, GK_INVALID, "write \"%.200s\": it is there, and no file", path);
    if (lstat(path, &there) == 0 && !overwrites)
        return refuse_existing(path, error);
    return look_at_folder(path, error);
}

/* --- Making it --------------------------------------------------------------------- */

static void hold_signals(bool holds)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    (void)sigprocmask(holds ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* Removes what was begun. */
static void drop(struct gk_analyse_file *file)
{
    if (file->file != NULL)
        (void)fclose(file->file);
    if (file->beside != NULL)
        (void)unlink(file->beside);
    free(file->beside);
    file->beside = NULL;
    file->file = NULL;
    hold_signals(false);
}

enum gk_status gk_analyse_file_open(struct gk_analyse_file *file, const char *path, bool overwrites,
                                    const char *heading, struct gk_error *error)
{
    const char *slash = strrchr(path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - path + 1);
    *file = (struct gk_analyse_file){.path = path, .overwrites = overwrites};
    if (asprintf(&file->beside, "%.*s.grannkarta-analyse-XXXXXX", folder, path) < 0) {
        file->beside = NULL;
        return gk_error_set(error, GK_NO_MEMORY, "write \"%.200s\": out of memory", path);
    }
    hold_signals(true);
    int fd = mkostemp(file->beside, O_CLOEXEC); /* with mode 0600 */
    if (fd >= 0)
        file->file = fdopen(fd, "w");
    if (file->file == NULL) {
        enum gk_status status = fail(path, error);
        if (fd >= 0)
            (void)close(fd);
        drop(file);
        return status;
    }
    fprintf(file->file, "%s\n", heading);
    return GK_OK;
}

/* --- Fields ------------------------------------------------------------------------ */

static void separate(struct gk_analyse_file *file)
{
    if (file->has_field)
        putc(',', file->file);
    file->has_field = true;
}

void gk_analyse_put(struct gk_analyse_file *file, double value)
{
    char text[40];
    separate(file);
    if (isnan(value))
        return;
    if (isinf(value)) {
        fputs(value > 0 ? "Inf" : "-Inf", file->file);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, file->file);
}

void gk_analyse_put_u64(struct gk_analyse_file *file, uint64_t value)
{
    separate(file);
    fprintf(file->file, "%" PRIu64, value);
}

void gk_analyse_put_text(struct gk_analyse_file *file, const char *text)
{
    separate(file);
    if (strpbrk(text, ",;\"\r\n\t") == NULL) {
        fputs(text, file->file);
        return;
    }
    putc('"', file->file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', file->file);
        putc(*text, file->file);
    }
    putc('"', file->file);
}

void gk_analyse_end_line(struct gk_analyse_file *file)
{
    putc('\n', file->file);
    file->has_field = false;
}

/* --- Its name ----------------------------------------------------------------------- */

static enum gk_status place(struct gk_analyse_file *file, struct gk_error *error)
{
    unsigned flags = file->overwrites ? 0 : RENAME_NOREPLACE;
    int result = renameat2(AT_FDCWD, file->beside, AT_FDCWD, file->path, flags);
    if (result != 0 && flags != 0 && errno == EINVAL) /* a file system that cannot refuse */
        result =
            access(file->path, F_OK) == 0 ? (errno = EEXIST, -1) : rename(file->beside, file->path);
    if (result == 0) {
        free(file->beside);
        file->beside = NULL; /* it is not there any more */
        return GK_OK;
    }
    return errno == EEXIST ? refuse_existing(file->path, error) : fail(file->path, error);
}

enum gk_status gk_analyse_file_close(struct gk_analyse_file *file, enum gk_status status,
                                     struct gk_error *error)
{
    if (status == GK_OK &&
        (fflush(file->file) != 0 || ferror(file->file) || fsync(fileno(file->file)) != 0))
        status = fail(file->path, error);
    if (status == GK_OK)
        status = place(file, error);
    drop(file);
    return status;
}
