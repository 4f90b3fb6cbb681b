/* The text of a key file: strict, so that a file cut short or edited by mistake
 * is noticed and not half used. Messages never quote the file. */
#include "keyfile.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/date.h"

/* Decimal id without sign or leading zero, 1 to 2^31 - 1. */
static bool parse_id(const char *text, size_t length, int32_t *id)
{
    int64_t value = 0;
    if (length == 0 || length > 10 || text[0] == '0')
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *id = (int32_t)value;
    return value <= INT32_MAX;
}

static bool parse_line(const char *line, size_t length, struct gk_key *key)
{
    const char *space = memchr(line, ' ', length);
    if (space == NULL || !parse_id(line, (size_t)(space - line), &key->id))
        return false;
    const char *day = space + 1;
    size_t left = length - (size_t)(day - line);
    if (left != 10 + 1 + 2 * GK_KEY_BYTES || day[10] != ' ' ||
        !gk_day_parse(day, 10, &key->created_day))
        return false;
    size_t bytes = 0;
    return sodium_hex2bin(key->bytes, sizeof key->bytes, day + 11, 2 * sizeof key->bytes, NULL,
                          &bytes, NULL) == 0 &&
           bytes == sizeof key->bytes;
}

enum gk_status gk_key_file_parse(const char *text, size_t length, struct gk_key keys[GK_KEYS_MAX],
                                 size_t *count, struct gk_error *error)
{
    size_t at = 0;
    *count = 0;
    while (at < length) {
        const char *end = memchr(text + at, '\n', length - at);
        if (*count == GK_KEYS_MAX)
            return gk_error_set(error, GK_TOO_LARGE, "read keys: more than %d keys",
                                (int)GK_KEYS_MAX);
        if (end == NULL)
            return gk_error_set(error, GK_INVALID, "read keys: line %zu is cut short", *count + 1);
        size_t line_length = (size_t)(end - text) - at;
        if (!parse_line(text + at, line_length, &keys[*count]))
            return gk_error_set(error, GK_INVALID,
                                "read keys: line %zu is not \"id YYYY-MM-DD\" and 64 hex digits",
                                *count + 1);
        if (*count > 0 && keys[*count].id <= keys[*count - 1].id)
            return gk_error_set(error, GK_INVALID, "read keys: the id of line %zu does not rise",
                                *count + 1);
        (*count)++;
        at += line_length + 1;
    }
    if (*count == 0)
        return gk_error_set(error, GK_INVALID, "read keys: the file is empty");
    return GK_OK;
}

size_t gk_key_line(const struct gk_key *key, char line[GK_KEY_LINE_MAX])
{
    char hex[2 * GK_KEY_BYTES + 1];
    struct gk_civil day = gk_civil_from_day(key->created_day);
    sodium_bin2hex(hex, sizeof hex, key->bytes, sizeof key->bytes);
    int length = snprintf(line, GK_KEY_LINE_MAX, "%d %04d-%02d-%02d %s\n", (int)key->id, day.year,
                          day.month, day.day, hex);
    sodium_memzero(hex, sizeof hex);
    return length > 0 && length < GK_KEY_LINE_MAX ? (size_t)length : 0;
}
