/* Reading the request target. The library that reads the socket decodes URIs
 * too, but stops at an encoded NUL and lets a bad escape through, so the raw
 * bytes are judged and decoded here and its result is not used. */
#include "target.h"

#include <string.h>
#include <strings.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Length of the valid UTF-8 sequence at `s`, 0 if there is none. */
static size_t utf8_sequence(const unsigned char *s, size_t left)
{
    if (s[0] < 0x80)
        return 1;
    size_t length = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    /* The second byte rules out overlong forms, surrogates and > U+10FFFF. */
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
        (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
        return 0;
    return length;
}

bool gk_utf8_is_valid(const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text;
    for (size_t at = 0; at < length;) {
        size_t step = utf8_sequence(s + at, length - at);
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}

struct gk_shown gk_show(const char *text, size_t length)
{
    struct gk_shown shown;
    const size_t most = sizeof shown.text - 4;
    size_t kept = length < most ? length : most;
    while (kept < length && kept > 0 && ((unsigned char)text[kept] & 0xC0) == 0x80)
        kept--;
    for (size_t i = 0; i < kept; i++) {
        unsigned char c = (unsigned char)text[i];
        shown.text[i] = text[i];
        if (c < ' ' || c == 0x7F)
            shown.text[i] = ' ';
    }
    memcpy(shown.text + kept, kept < length ? "..." : "", kept < length ? 4 : 1);
    return shown;
}

/* Bytes of "http://host:port" or "https://…" before the path; 0 if `raw` does
 * not begin so. */
static size_t authority_length(const char *raw)
{
    size_t scheme = strncasecmp(raw, "http://", 7) == 0    ? 7
                    : strncasecmp(raw, "https://", 8) == 0 ? 8
                                                           : 0;
    return scheme == 0 ? 0 : scheme + strcspn(raw + scheme, "/?");
}

const char *gk_target_origin_form(const char *raw)
{
    if (strcmp(raw, "*") == 0)
        return raw + 1;
    return raw + authority_length(raw);
}

static enum gk_status check_bytes(const char *raw, size_t length, struct gk_error *error)
{
    size_t ampersands = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)raw[i];
        if (c <= ' ' || c == 0x7F || c == '#')
            return gk_error_set(error, GK_INVALID,
                                "the URI has a byte that must be percent-encoded: 0x%02X", c);
        if (c == '&' && ++ampersands > GK_TARGET_AMPERSANDS_MAX)
            return gk_error_set(error, GK_INVALID, "the URI has more than %d query parameters",
                                GK_TARGET_AMPERSANDS_MAX);
        if (c != '%')
            continue;
        if (length - i < 3 || hex_value(raw[i + 1]) < 0 || hex_value(raw[i + 2]) < 0)
            return gk_error_set(error, GK_INVALID,
                                "the URI has a '%%' without two hexadecimal digits");
        if (raw[i + 1] == '0' && raw[i + 2] == '0')
            return gk_error_set(error, GK_INVALID, "the URI has an encoded NUL");
    }
    return GK_OK;
}

enum gk_status gk_target_check(const char *raw, size_t length, struct gk_error *error)
{
    if (length > GK_TARGET_MAX_BYTES)
        return gk_error_set(error, GK_URI_TOO_LONG, "the URI has more than %d bytes",
                            GK_TARGET_MAX_BYTES);
    enum gk_status status = check_bytes(raw, length, error);
    if (status != GK_OK)
        return status;
    size_t authority = authority_length(raw);
    bool is_absolute = authority > 0 && raw[authority - 1] != '/';
    if (length == 0 || (raw[0] != '/' && !is_absolute && strcmp(raw, "*") != 0))
        return gk_error_set(error, GK_INVALID, "the request target is not a path");
    return GK_OK;
}

size_t gk_target_room(size_t length)
{
    return length + 3; /* a '/' that may be missing, and two NULs */
}

/* Decodes raw[0..length) to `to`, which may not be longer; returns its end. */
static char *decode(char *to, const char *raw, size_t length, bool plus_is_space)
{
    for (size_t i = 0; i < length; i++) {
        if (raw[i] == '%') {
            *to++ = (char)(hex_value(raw[i + 1]) * 16 + hex_value(raw[i + 2]));
            i += 2;
        } else {
            *to = raw[i];
            if (plus_is_space && *to == '+')
                *to = ' ';
            to++;
        }
    }
    return to;
}

static bool is_clean(const char *text, size_t length, bool allows_lines)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_line = c == '\t' || c == '\n' || c == '\r';
        if ((c < ' ' && !(allows_lines && is_line)) || c == 0x7F)
            return false;
    }
    return gk_utf8_is_valid(text, length);
}

/* Segments are cut before they are decoded: an encoded '/' stays inside one. */
static char *read_path(struct gk_target *target, const char *raw, size_t length, char *to)
{
    target->path = to;
    *to++ = '/';
    size_t at = length > 0 && raw[0] == '/' ? 1 : 0;
    while (at < length || (at == length && at > 1)) {
        const char *slash = memchr(raw + at, '/', length - at);
        size_t bytes = slash == NULL ? length - at : (size_t)(slash - raw) - at;
        char *end = decode(to, raw + at, bytes, false);
        if (target->segment_count < GK_SEGMENTS_MAX)
            target->segment[target->segment_count++] = (struct gk_text){to, (size_t)(end - to)};
        else
            target->segment_count = GK_SEGMENTS_MAX + 1;
        to = end;
        at += bytes + 1;
        if (slash != NULL)
            *to++ = '/';
    }
    *to++ = '\0';
    return to;
}

static bool is_given(const struct gk_target *target, const char *name)
{
    for (size_t i = 0; i < target->query_count; i++)
        if (strcmp(target->query[i].name, name) == 0)
            return true;
    return false;
}

/* One "name=value"; `*to` moves behind its text. */
static enum gk_status read_parameter(struct gk_target *target, const char *raw, size_t length,
                                     char **to, struct gk_error *error)
{
    const char *equals = memchr(raw, '=', length);
    size_t name_length = equals == NULL ? length : (size_t)(equals - raw);
    char *name = *to;
    char *end = decode(name, raw, name_length, true);
    size_t decoded_length = (size_t)(end - name);
    *end++ = '\0';
    char *value = end;
    if (equals != NULL)
        end = decode(value, equals + 1, length - name_length - 1, true);
    else
        value = --end; /* the name's NUL serves an empty value too */
    size_t value_length = (size_t)(end - value);
    *end++ = '\0';
    *to = end;
    if (decoded_length == 0 || !is_clean(name, decoded_length, false))
        return gk_error_set(error, GK_INVALID, "a query parameter's name is empty or not text");
    if (!is_clean(value, value_length, true))
        return gk_error_set(error, GK_INVALID,
                            "parameter \"%s\": the value has control bytes or is not UTF-8",
                            gk_show(name, decoded_length).text);
    if (is_given(target, name))
        return gk_error_set(error, GK_INVALID, "parameter \"%s\" is given more than once",
                            gk_show(name, decoded_length).text);
    if (target->query_count == GK_PARAMETERS_MAX)
        return gk_error_set(error, GK_INVALID, "there are more than %d query parameters",
                            GK_PARAMETERS_MAX);
    target->query[target->query_count++] = (struct gk_query_parameter){name, {value, value_length}};
    return GK_OK;
}

enum gk_status gk_target_read(struct gk_target *target, const char *raw, size_t length, char *room,
                              struct gk_error *error)
{
    target->segment_count = target->query_count = 0;
    const char *start = gk_target_origin_form(raw);
    const char *end = raw + length;
    const char *question = memchr(start, '?', (size_t)(end - start));
    const char *path_end = question == NULL ? end : question;
    char *to = read_path(target, start, (size_t)(path_end - start), room);
    if (!is_clean(target->path, (size_t)(to - room) - 1, false))
        return gk_error_set(error, GK_INVALID, "the path has control bytes or is not UTF-8");
    const char *at = question == NULL ? end : question + 1;
    while (at < end) {
        const char *ampersand = memchr(at, '&', (size_t)(end - at));
        const char *stop = ampersand == NULL ? end : ampersand;
        if (stop > at) {
            enum gk_status status = read_parameter(target, at, (size_t)(stop - at), &to, error);
            if (status != GK_OK)
                return status;
        }
        at = stop + 1;
    }
    return GK_OK;
}
