/* Cursors as text: the kind's letter, then number, places, key and check as
 * lower-case hexadecimal of fixed width. */
#include "cursor.h"

#include <string.h>

enum {
    INT_DIGITS = 8,
    LONG_DIGITS = 16,
    NUMBER_AT = 1,
    PLACES_AT = NUMBER_AT + INT_DIGITS,
    KEY_AT = PLACES_AT + INT_DIGITS,
    CHECK_AT = KEY_AT + LONG_DIGITS
};

static const char kind_letter[GK_SNAPSHOT_KINDS] = {'p', 'a'};

/* FNV-1a, and a last mix so that near inputs do not have near checks. */
static uint64_t hash(uint64_t start, const char *bytes, size_t length)
{
    uint64_t h = start ^ UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    h = (h ^ h >> 31) * UINT64_C(0x7fb5d329728ea185);
    h = (h ^ h >> 27) * UINT64_C(0x81dadef4bc2dd44d);
    return h ^ h >> 33;
}

uint64_t gk_cursor_query(const struct gk_request *request, const char *collection)
{
    uint64_t sum = hash(0, collection, strlen(collection));
    for (size_t i = 0; i < request->query_count; i++) {
        const struct gk_query_parameter *parameter = &request->query[i];
        if (strcmp(parameter->name, "limit") == 0 || strcmp(parameter->name, "cursor") == 0)
            continue;
        uint64_t name = hash(1, parameter->name, strlen(parameter->name));
        sum += hash(name, parameter->value.data, parameter->value.length);
    }
    return sum;
}

static char *put_hex(char *to, uint64_t value, int digits)
{
    static const char hex[] = "0123456789abcdef";
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
        *to++ = hex[value >> shift & 15];
    return to;
}

void gk_cursor_format(char text[GK_CURSOR_LENGTH + 1], const struct gk_cursor *cursor,
                      uint64_t query)
{
    char *to = text;
    *to++ = kind_letter[cursor->kind];
    to = put_hex(to, (uint32_t)cursor->number, INT_DIGITS);
    to = put_hex(to, (uint32_t)cursor->places, INT_DIGITS);
    to = put_hex(to, (uint64_t)cursor->key, LONG_DIGITS);
    to = put_hex(to, hash(query, text, CHECK_AT), LONG_DIGITS);
    *to = '\0';
}

static bool read_hex(const char *text, int digits, uint64_t *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++) {
        char c = text[i];
        if (c >= '0' && c <= '9')
            *value = *value << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *value = *value << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    return true;
}

bool gk_cursor_parse(struct gk_cursor *cursor, const char *text, size_t length, uint64_t query)
{
    uint64_t number, places, key, check;
    if (length != GK_CURSOR_LENGTH || !read_hex(text + NUMBER_AT, INT_DIGITS, &number) ||
        !read_hex(text + PLACES_AT, INT_DIGITS, &places) ||
        !read_hex(text + KEY_AT, LONG_DIGITS, &key) ||
        !read_hex(text + CHECK_AT, LONG_DIGITS, &check))
        return false;
    if (check != hash(query, text, CHECK_AT) || number > INT32_MAX || places > INT32_MAX ||
        key > INT64_MAX)
        return false;
    if (text[0] != kind_letter[GK_SNAPSHOT_RELEASE] && text[0] != kind_letter[GK_SNAPSHOT_REVISION])
        return false;
    *cursor = (struct gk_cursor){
        .kind = text[0] == kind_letter[GK_SNAPSHOT_RELEASE] ? GK_SNAPSHOT_RELEASE
                                                            : GK_SNAPSHOT_REVISION,
        .number = (int32_t)number,
        .places = (int32_t)places,
        .key = (int64_t)key,
    };
    return true;
}
