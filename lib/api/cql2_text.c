/* Texts in CQL2: case folding, accents, patterns, and what DATE and TIMESTAMP
 * literals say. Tables of Unicode are in cql2_unicode.def. */
#include <string.h>

#include "base/date.h"
#include "cql2_parser.h"

enum { FOLDED_MAX = 3, UTF8_MAX = 4 };

struct mapping {
    uint32_t from, to[FOLDED_MAX];
};

static const struct mapping foldings[] = {
#define F(from, a, b, c) {from, {a, b, c}},
#include "cql2_unicode.def"
#undef F
};

static const struct mapping strippings[] = {
#define D(from, a, b, c) {from, {a, b, c}},
#include "cql2_unicode.def"
#undef D
};

static const uint32_t marks[][2] = {
#define M(first, last) {first, last},
#include "cql2_unicode.def"
#undef M
};

/* --- Folding ------------------------------------------------------------------------ */

static const struct mapping *find(const struct mapping *table, size_t count, uint32_t c)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table[middle].from < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && table[low].from == c ? &table[low] : NULL;
}

static bool is_mark(uint32_t c)
{
    size_t low = 0, high = sizeof marks / sizeof *marks;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (marks[middle][1] < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof marks / sizeof *marks && marks[low][0] <= c;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

static char *fold_point(char *to, uint32_t c)
{
    const struct mapping *m = find(foldings, sizeof foldings / sizeof *foldings, c);
    if (m == NULL)
        return put_utf8(to, c);
    for (size_t i = 0; i < FOLDED_MAX && m->to[i] != 0; i++)
        to = put_utf8(to, m->to[i]);
    return to;
}

/* Hangul syllables decompose by arithmetic (Unicode 3.12). */
static char *strip_point(char *to, uint32_t c)
{
    enum { SYLLABLE = 0xac00, SYLLABLES = 11172, LEAD = 0x1100, VOWEL = 0x1161, TAIL = 0x11a7 };
    enum { VOWELS = 21, TAILS = 28 };
    if (c >= SYLLABLE && c < SYLLABLE + SYLLABLES) {
        uint32_t s = c - SYLLABLE;
        to = put_utf8(to, LEAD + s / (VOWELS * TAILS));
        to = put_utf8(to, VOWEL + s / TAILS % VOWELS);
        return s % TAILS == 0 ? to : put_utf8(to, TAIL + s % TAILS);
    }
    if (is_mark(c))
        return to;
    const struct mapping *m = find(strippings, sizeof strippings / sizeof *strippings, c);
    if (m == NULL)
        return put_utf8(to, c);
    for (size_t i = 0; i < FOLDED_MAX && m->to[i] != 0; i++)
        to = put_utf8(to, m->to[i]);
    return to;
}

/* Wildcards of patterns are no characters and stay. */
static struct gk_text map(struct gk_text text, struct gk_arena *arena,
                          char *(*put)(char *to, uint32_t c))
{
    char *out = gk_arena_alloc(arena, text.length * FOLDED_MAX * UTF8_MAX + 1), *to = out;
    if (out == NULL)
        return (struct gk_text){NULL, 0};
    const char *end = text.data + text.length;
    for (const char *at = text.data; at < end;) {
        size_t bytes = 1;
        if (*at == GK_CQL2_ANY || *at == GK_CQL2_ANY_ONE)
            *to++ = *at;
        else
            to = put(to, gk_cql2_code_point(at, end, &bytes));
        at += bytes;
    }
    return (struct gk_text){out, (size_t)(to - out)};
}

struct gk_text gk_cql2_fold_case(struct gk_text text, struct gk_arena *arena)
{
    return map(text, arena, fold_point);
}

struct gk_text gk_cql2_strip_accents(struct gk_text text, struct gk_arena *arena)
{
    return map(text, arena, strip_point);
}

/* --- Patterns -------------------------------------------------------------------------- */

static size_t character_bytes(const char *at, const char *end)
{
    size_t bytes;
    gk_cql2_code_point(at, end, &bytes);
    return bytes;
}

/* Only the last wildcard is ever tried again: what matched before it can stay. */
bool gk_cql2_like(struct gk_text text, struct gk_text pattern, uint64_t *work)
{
    const char *t = text.data, *t_end = t + text.length;
    const char *p = pattern.data, *p_end = p + pattern.length;
    const char *again_p = NULL, *again_t = NULL;
    while (t < t_end) {
        ++*work;
        if (p < p_end && *p == GK_CQL2_ANY) {
            again_p = ++p;
            again_t = t;
        } else if (p < p_end && *p == GK_CQL2_ANY_ONE) {
            p++;
            t += character_bytes(t, t_end);
        } else if (p < p_end && *p == *t) {
            p++;
            t++;
        } else if (again_p != NULL) {
            again_t += character_bytes(again_t, t_end);
            t = again_t;
            p = again_p;
        } else {
            return false;
        }
    }
    while (p < p_end && *p == GK_CQL2_ANY)
        p++;
    return p == p_end;
}

/* --- Instants ---------------------------------------------------------------------------- */

bool gk_cql2_read_date(struct gk_text text, int64_t *day)
{
    int32_t read;
    bool is_date = gk_day_parse(text.data, text.length, &read);
    *day = is_date ? read : 0;
    return is_date;
}

/* Rule utcTime: always Z. Digits after the microsecond are dropped. */
bool gk_cql2_read_timestamp(struct gk_text text, int64_t *microseconds)
{
    enum { FRACTION_AT = 20, DIGITS = 6 };
    int64_t seconds, fraction = 0;
    if (text.length == 0 || (text.data[text.length - 1] | 0x20) != 'z' ||
        !gk_utc_parse(text.data, text.length, &seconds))
        return false;
    for (size_t i = 0; i < DIGITS; i++) {
        size_t at = FRACTION_AT + i;
        fraction = fraction * 10 + (at + 1 < text.length ? text.data[at] - '0' : 0);
    }
    *microseconds = seconds * 1000000 + fraction;
    return true;
}
