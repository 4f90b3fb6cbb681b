/* A growing byte buffer that declares its maximum.
 *
 * Appending never fails visibly: a buffer that would pass its maximum, or for
 * which no memory is left, keeps what it has, remembers that it failed and
 * ignores everything after. Look once, at the end, with gk_buf_status(). */
#ifndef GK_BASE_BUF_H
#define GK_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct gk_buf {
    char *data;      /* NUL-terminated once anything was appended, else NULL */
    size_t length;   /* bytes, without the NUL */
    size_t capacity; /* bytes allocated */
    size_t maximum;  /* bytes that length may reach */
    enum gk_status status;
};

/* An empty buffer that may hold `maximum_bytes`. Allocates nothing. */
void gk_buf_init(struct gk_buf *buf, size_t maximum_bytes);

/* Frees the content; the buffer is empty and usable again with its maximum. */
void gk_buf_release(struct gk_buf *buf);

/* Forgets content and failure, keeps the memory. */
void gk_buf_clear(struct gk_buf *buf);

/* GK_OK, GK_TOO_LARGE (maximum reached) or GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_buf_status(const struct gk_buf *buf);

/* Room for `bytes` more; returns where to write them, NULL when the buffer
 * failed. What was written counts after gk_buf_advance(). For hot loops. */
char *gk_buf_reserve(struct gk_buf *buf, size_t bytes);

/* Counts `bytes` written behind the end after gk_buf_reserve(). */
void gk_buf_advance(struct gk_buf *buf, size_t bytes);

/* Appends `length` bytes. */
void gk_buf_append(struct gk_buf *buf, const void *bytes, size_t length);

/* Appends a NUL-terminated string. */
void gk_buf_puts(struct gk_buf *buf, const char *text);

/* Appends one byte. */
void gk_buf_putc(struct gk_buf *buf, char c);

/* Appends formatted text. Not for hot paths. */
void gk_buf_printf(struct gk_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a decimal integer. */
void gk_buf_put_i64(struct gk_buf *buf, int64_t value);

/* Appends `value` / 10^decimals in decimal, trailing zeros and a bare point
 * removed ("12.5", "-0.0000001", "3"); decimals 0 to 18. */
void gk_buf_put_fixed(struct gk_buf *buf, int64_t value, unsigned decimals);

/* Appends a double rounded half away from zero to `decimals` (0 to 9) places,
 * by gk_buf_put_fixed(); NaN and infinities, and magnitudes above 1e9, as
 * "null". Locale-free and the same on every machine. */
void gk_buf_put_double(struct gk_buf *buf, double value, unsigned decimals);

#endif
