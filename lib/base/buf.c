/* The capped byte buffer, and numbers as text without printf or locale. */
#include "base/buf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gk_buf_init(struct gk_buf *buf, size_t maximum_bytes)
{
    *buf = (struct gk_buf){.maximum = maximum_bytes};
}

void gk_buf_release(struct gk_buf *buf)
{
    free(buf->data);
    gk_buf_init(buf, buf->maximum);
}

void gk_buf_clear(struct gk_buf *buf)
{
    buf->length = 0;
    buf->status = GK_OK;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

enum gk_status gk_buf_status(const struct gk_buf *buf)
{
    return buf->status;
}

static bool grow(struct gk_buf *buf, size_t need)
{
    size_t capacity = buf->capacity < 256 ? 256 : buf->capacity;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    char *data = realloc(buf->data, capacity);
    if (data == NULL) {
        buf->status = GK_NO_MEMORY;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

char *gk_buf_reserve(struct gk_buf *buf, size_t bytes)
{
    if (buf->status != GK_OK)
        return NULL;
    if (bytes > buf->maximum || buf->length > buf->maximum - bytes || bytes == SIZE_MAX) {
        buf->status = GK_TOO_LARGE;
        return NULL;
    }
    size_t need = buf->length + bytes + 1;
    if (need > buf->capacity && !grow(buf, need))
        return NULL;
    return buf->data + buf->length;
}

void gk_buf_advance(struct gk_buf *buf, size_t bytes)
{
    buf->length += bytes;
    buf->data[buf->length] = '\0';
}

void gk_buf_append(struct gk_buf *buf, const void *bytes, size_t length)
{
    char *to = gk_buf_reserve(buf, length);
    if (to == NULL)
        return;
    if (length > 0)
        memcpy(to, bytes, length);
    gk_buf_advance(buf, length);
}

void gk_buf_puts(struct gk_buf *buf, const char *text)
{
    gk_buf_append(buf, text, strlen(text));
}

void gk_buf_putc(struct gk_buf *buf, char c)
{
    gk_buf_append(buf, &c, 1);
}

void gk_buf_printf(struct gk_buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (n < 0 && buf->status == GK_OK)
        buf->status = GK_INTERNAL;
    char *to = n < 0 ? NULL : gk_buf_reserve(buf, (size_t)n);
    if (to == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(to, (size_t)n + 1, format, arguments);
    va_end(arguments);
    gk_buf_advance(buf, (size_t)n);
}

/* Writes the digits of `value` so that they end before `end`; returns the first. */
static char *digits_before(char *end, uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return end;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
}

void gk_buf_put_i64(struct gk_buf *buf, int64_t value)
{
    char text[24];
    char *end = text + sizeof text;
    char *start = digits_before(end, magnitude(value));
    if (value < 0)
        *--start = '-';
    gk_buf_append(buf, start, (size_t)(end - start));
}

void gk_buf_put_fixed(struct gk_buf *buf, int64_t value, unsigned decimals)
{
    char text[48];
    char *end = text + sizeof text;
    uint64_t rest = magnitude(value);
    char *start = end;
    bool fraction = false;
    for (unsigned i = 0; i < decimals; i++) {
        char digit = (char)('0' + rest % 10);
        rest /= 10;
        if (!fraction && digit == '0')
            continue;
        fraction = true;
        *--start = digit;
    }
    if (fraction)
        *--start = '.';
    start = digits_before(start, rest);
    if (value < 0)
        *--start = '-';
    gk_buf_append(buf, start, (size_t)(end - start));
}

void gk_buf_put_double(struct gk_buf *buf, double value, unsigned decimals)
{
    static const double power[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (decimals > 9)
        decimals = 9;
    if (!(fabs(value) <= 1e9)) {
        gk_buf_puts(buf, "null");
        return;
    }
    /* 1e9 times 1e9 fits in 63 bits. */
    gk_buf_put_fixed(buf, llround(value * power[decimals]), decimals);
}
