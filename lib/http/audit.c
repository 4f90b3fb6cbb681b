/* The audit log: one JSON line for every request of a token holder, written
 * before the answer leaves. A request that cannot be written is refused. The
 * target is kept (that is what the log is for), the token never. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "base/json.h"

/* A target may grow sixfold when it is escaped. */
enum { LINE_MAX_BYTES = 6 * GK_TARGET_MAX_BYTES + 1024 };

static int open_file(const char *path, struct gk_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    if (fd < 0)
        (void)gk_error_set(error, GK_IO, "opening the audit log \"%s\": %s", path, strerror(errno));
    return fd;
}

enum gk_status gk_audit_open(struct gk_audit *audit, const char *path, struct gk_error *error)
{
    *audit = (struct gk_audit){.fd = -1};
    if (pthread_mutex_init(&audit->lock, NULL) != 0)
        return gk_error_set(error, GK_NO_MEMORY, "audit log: no mutex");
    if (path == NULL)
        return GK_OK;
    audit->path = strdup(path);
    if (audit->path == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "audit log: out of memory");
    audit->fd = open_file(path, error);
    return audit->fd < 0 ? GK_IO : GK_OK;
}

enum gk_status gk_audit_reopen(struct gk_audit *audit, struct gk_error *error)
{
    if (audit->path == NULL)
        return GK_OK;
    int fd = open_file(audit->path, error);
    if (fd < 0)
        return GK_IO;
    pthread_mutex_lock(&audit->lock);
    int old = audit->fd;
    audit->fd = fd;
    audit->is_torn = false;
    pthread_mutex_unlock(&audit->lock);
    close(old);
    return GK_OK;
}

void gk_audit_close(struct gk_audit *audit)
{
    if (audit->fd >= 0)
        close(audit->fd);
    free(audit->path);
    pthread_mutex_destroy(&audit->lock);
}

static void put_time(struct gk_buf *line)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    gk_buf_putc(line, '"');
    gk_buf_put_utc(line, now.tv_sec);
    gk_buf_putc(line, '"');
}

static void put_line(struct gk_buf *line, const struct gk_exchange *exchange, int http_status)
{
    struct gk_json json;
    gk_json_init(&json, line);
    gk_json_object_begin(&json);
    gk_json_key(&json, "time");
    struct gk_buf time_text;
    gk_buf_init(&time_text, 64);
    put_time(&time_text);
    gk_json_raw(&json, time_text.data, time_text.length);
    gk_buf_release(&time_text);
    gk_json_member(&json, "request", exchange->id);
    gk_json_member_i64(&json, "token", exchange->request.principal.token_id);
    gk_json_member(&json, "role", gk_role_name(exchange->request.principal.role));
    gk_json_member(&json, "method", exchange->method_name);
    gk_json_member(&json, "target", exchange->raw);
    gk_json_member_i64(&json, "status", http_status);
    gk_json_object_end(&json);
    gk_buf_putc(line, '\n');
}

/* One write() a line; a line cut by a full disk is ended by the next one. */
static bool write_line(struct gk_audit *audit, const struct gk_buf *line)
{
    pthread_mutex_lock(&audit->lock);
    if (audit->is_torn && write(audit->fd, "\n", 1) == 1)
        audit->is_torn = false;
    ssize_t written = -1;
    if (!audit->is_torn) {
        do
            written = write(audit->fd, line->data, line->length);
        while (written < 0 && errno == EINTR);
        audit->is_torn = written > 0 && (size_t)written < line->length;
    }
    pthread_mutex_unlock(&audit->lock);
    return written >= 0 && (size_t)written == line->length;
}

enum gk_status gk_audit_write(struct gk_audit *audit, const struct gk_exchange *exchange,
                              int http_status)
{
    struct gk_buf line;
    gk_buf_init(&line, LINE_MAX_BYTES);
    put_line(&line, exchange, http_status);
    bool done = gk_buf_status(&line) == GK_OK && audit->path != NULL && write_line(audit, &line);
    gk_buf_release(&line);
    return done ? GK_OK : GK_UNAVAILABLE;
}
