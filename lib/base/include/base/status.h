/* Status codes and the caller-owned error.
 *
 * Pure functions return an enum gk_status; fallible I/O also fills a struct
 * gk_error that its caller owns. Nothing in lib/ exits, prints or remembers a
 * last error. The table is base/status.def. */
#ifndef GK_BASE_STATUS_H
#define GK_BASE_STATUS_H

#include <stdarg.h>

/* Results must be looked at. */
#define GK_CHECKED __attribute__((warn_unused_result))

enum gk_status {
#define GK_STATUS_X(symbol, http, exit, text) GK_##symbol,
#include "base/status.def"
#undef GK_STATUS_X
    GK_STATUS_COUNT
};

/* Longest message kept; longer ones are cut at a UTF-8 boundary. */
#define GK_ERROR_MESSAGE_MAX 512

/* What failed, in one voice: what was tried first, no capital, no full stop,
 * subjects quoted. `sqlstate` is empty unless PostgreSQL spoke. */
struct gk_error {
    enum gk_status status;
    char sqlstate[6];
    char message[GK_ERROR_MESSAGE_MAX];
};

/* The symbol ("NOT_FOUND"), static; "?" for a value outside the table. */
const char *gk_status_name(enum gk_status status);

/* The table's text, static. */
const char *gk_status_text(enum gk_status status);

/* The HTTP status for an outcome; 500 for a value outside the table. */
int gk_status_http(enum gk_status status);

/* The process exit code for an outcome. */
int gk_status_exit(enum gk_status status);

/* Fills `error` (may be NULL) and returns `status`, so that a function can end
 * with `return gk_error_set(...)`. The message is formatted as by printf. */
enum gk_status gk_error_set(struct gk_error *error, enum gk_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As gk_error_set, with a va_list. */
enum gk_status gk_error_vset(struct gk_error *error, enum gk_status status, const char *format,
                             va_list arguments) __attribute__((format(printf, 3, 0)));

/* Makes `error` empty (status GK_OK). */
void gk_error_clear(struct gk_error *error);

#endif
