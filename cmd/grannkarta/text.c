/* Encodings, folding and slugs: pure functions on bytes. */
#include "text.h"

#include <stdint.h>
#include <string.h>

enum { SLUG_MAX = 80, FOLD_MAX = 512 };

/* Decodes one code point; 0 bytes taken means that it is not UTF-8. */
static size_t decode(const unsigned char *at, size_t left, uint32_t *point)
{
    if (at[0] < 0x80) {
        *point = at[0];
        return 1;
    }
    size_t n = at[0] >= 0xC2 && at[0] < 0xE0   ? 2
               : (at[0] & 0xF0) == 0xE0        ? 3
               : at[0] >= 0xF0 && at[0] < 0xF5 ? 4
                                               : 0;
    if (n == 0 || left < n)
        return 0;
    uint32_t value = at[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 0x3Fu);
    }
    if ((n == 3 && value < 0x800) || (n == 4 && (value < 0x10000 || value > 0x10FFFF)) ||
        (value >= 0xD800 && value < 0xE000))
        return 0;
    *point = value;
    return n;
}

bool gk_text_is_utf8(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;
    while (length > 0) {
        uint32_t point;
        size_t n = decode(at, length, &point);
        if (n == 0)
            return false;
        at += n;
        length -= n;
    }
    return true;
}

static void put_point(struct gk_buf *buf, uint32_t point)
{
    if (point < 0x80) {
        gk_buf_putc(buf, (char)point);
    } else if (point < 0x800) {
        gk_buf_putc(buf, (char)(0xC0 | point >> 6));
        gk_buf_putc(buf, (char)(0x80 | (point & 0x3F)));
    } else {
        gk_buf_putc(buf, (char)(0xE0 | point >> 12));
        gk_buf_putc(buf, (char)(0x80 | (point >> 6 & 0x3F)));
        gk_buf_putc(buf, (char)(0x80 | (point & 0x3F)));
    }
}

void gk_buf_put_windows_1252(struct gk_buf *buf, const char *text, size_t length)
{
    /* 0x80 to 0x9F; 0xFFFD where the code page has nothing. */
    static const uint16_t upper[32] = {
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        put_point(buf, c >= 0x80 && c < 0xA0 ? upper[c - 0x80] : c);
    }
}

void gk_buf_put_any(struct gk_buf *buf, const char *text, size_t length)
{
    if (gk_text_is_utf8(text, length))
        gk_buf_append(buf, text, length);
    else
        gk_buf_put_windows_1252(buf, text, length);
}

bool gk_buf_put_decoded(struct gk_buf *buf, enum gk_encoding encoding, const char *text,
                        size_t length)
{
    gk_buf_clear(buf);
    if (encoding == GK_ENCODING_UTF_8 && !gk_text_is_utf8(text, length))
        return false;
    if (encoding == GK_ENCODING_WINDOWS_1252)
        gk_buf_put_windows_1252(buf, text, length);
    else
        gk_buf_put_any(buf, text, length);
    return true;
}

static uint32_t lower(uint32_t point)
{
    if ((point >= 'A' && point <= 'Z') || (point >= 0xC0 && point <= 0xDE && point != 0xD7))
        return point + 32;
    return point;
}

void gk_buf_put_folded(struct gk_buf *buf, const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;
    while (length > 0) {
        uint32_t point;
        size_t n = decode(at, length, &point);
        if (n == 0) {
            n = 1;
            point = 0xFFFD;
        }
        if (point > ' ' && point != '_' && point != '-' && point != '.' && point != 0xA0 &&
            point != 0xFEFF) {
            if (lower(point) != point || point == 0xFFFD)
                put_point(buf, lower(point));
            else
                gk_buf_append(buf, at, n);
        }
        at += n;
        length -= n;
    }
}

void gk_buf_put_lower(struct gk_buf *buf, const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;
    while (length > 0) {
        uint32_t point = 0;
        size_t n = decode(at, length, &point);
        if (n > 0 && lower(point) != point)
            put_point(buf, lower(point));
        else
            gk_buf_append(buf, at, n > 0 ? n : 1);
        n = n > 0 ? n : 1;
        at += n;
        length -= n;
    }
}

bool gk_text_same_folded(const char *a, const char *b)
{
    struct gk_buf folded_a, folded_b;
    gk_buf_init(&folded_a, FOLD_MAX);
    gk_buf_init(&folded_b, FOLD_MAX);
    gk_buf_put_folded(&folded_a, a, strlen(a));
    gk_buf_put_folded(&folded_b, b, strlen(b));
    bool same = gk_buf_status(&folded_a) == GK_OK && gk_buf_status(&folded_b) == GK_OK &&
                folded_a.length == folded_b.length && folded_a.length > 0 &&
                memcmp(folded_a.data, folded_b.data, folded_a.length) == 0;
    gk_buf_release(&folded_a);
    gk_buf_release(&folded_b);
    return same;
}

/* The ASCII letter that a lower-case Latin-1 letter is written with; 0: none. */
static char plain(uint32_t point)
{
    static const char latin[] = "aaaaaaaceeeeiiiidnooooo\0ouuuuyty";
    if ((point >= 'a' && point <= 'z') || (point >= '0' && point <= '9'))
        return (char)point;
    if (point < 0xE0 || point > 0xFF)
        return '\0';
    return latin[point - 0xE0];
}

void gk_buf_put_slug(struct gk_buf *buf, const char *name, size_t length)
{
    const unsigned char *at = (const unsigned char *)name;
    size_t written = 0;
    bool gap = false;
    while (length > 0 && written < SLUG_MAX) {
        uint32_t point;
        size_t n = decode(at, length, &point);
        if (n == 0) {
            n = 1;
            point = 0;
        }
        char c = plain(lower(point));
        if (c == '\0') {
            gap = written > 0;
        } else {
            if (gap && written + 2 > SLUG_MAX)
                break;
            if (gap) {
                gk_buf_putc(buf, '-');
                written++;
            }
            gap = false;
            gk_buf_putc(buf, c);
            written++;
        }
        at += n;
        length -= n;
    }
}

/* Bytes of white space that begin at `at`. A no-break space of Windows-1252 is one
 * byte that no character of UTF-8 begins with. */
static size_t space_at(const char *at, size_t left)
{
    if (left > 0 &&
        (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n' || (unsigned char)*at == 0xA0))
        return 1;
    return left > 1 && (unsigned char)at[0] == 0xC2 && (unsigned char)at[1] == 0xA0 ? 2 : 0;
}

/* Bytes of white space that end at `end`. 0xA0 also ends letters of UTF-8, but not
 * behind a byte of ASCII. */
static size_t space_before(const char *end, size_t left)
{
    if (left > 0 && (unsigned char)end[-1] < 0x80)
        return space_at(end - 1, 1);
    if (left > 1 && space_at(end - 2, 2) == 2)
        return 2;
    return left > 0 && (unsigned char)end[-1] == 0xA0 &&
           (left == 1 || (unsigned char)end[-2] < 0x80);
}

void gk_text_trim(const char **text, size_t *length)
{
    for (size_t n; (n = space_at(*text, *length)) > 0;) {
        *text += n;
        *length -= n;
    }
    for (size_t n; (n = space_before(*text + *length, *length)) > 0;)
        *length -= n;
}
