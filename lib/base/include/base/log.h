/* Structured log lines (logfmt) on a file descriptor, normally stderr.
 *
 * There is no printf here on purpose: a line is an event name and typed
 * fields, and no field type takes a coordinate or a token, so that neither can
 * be logged by accident. A line is one write(); threads may share a log. */
#ifndef GK_BASE_LOG_H
#define GK_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum gk_log_level { GK_LOG_ERROR, GK_LOG_WARNING, GK_LOG_INFO, GK_LOG_DEBUG };

struct gk_log {
    int fd;
    enum gk_log_level level; /* lines above it are dropped */
};

enum gk_log_type { GK_LOG_TEXT, GK_LOG_NUMBER, GK_LOG_MILLISECONDS };

/* One field; make it with the functions below. `text` is borrowed. */
struct gk_log_field {
    const char *key;
    enum gk_log_type type;
    const char *text;
    int64_t number;
};

/* A text field, quoted and escaped as needed; NULL prints as "". */
struct gk_log_field gk_log_text(const char *key, const char *text);

/* A count, size, status or id. */
struct gk_log_field gk_log_number(const char *key, int64_t number);

/* A duration, printed as milliseconds with three decimals. */
struct gk_log_field gk_log_microseconds(const char *key, int64_t microseconds);

/* Writes `level=... event=... key=value...` as one line of at most 4 KiB. */
void gk_log_write(const struct gk_log *log, enum gk_log_level level, const char *event,
                  const struct gk_log_field *fields, size_t count);

/* An error's status, SQLSTATE and message under an event name. */
void gk_log_error(const struct gk_log *log, const char *event, const struct gk_error *error);

/* gk_log(log, GK_LOG_INFO, "listening", gk_log_number("port", 8080)); */
#define gk_log(log, level, event, ...)                                                             \
    gk_log_write((log), (level), (event), (const struct gk_log_field[]){__VA_ARGS__},              \
                 sizeof((const struct gk_log_field[]){__VA_ARGS__}) / sizeof(struct gk_log_field))

#endif
