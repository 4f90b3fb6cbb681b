/* Preferences in request headers (RFC 9110, sections 8.8.3 and 12.5). One
 * reader of comma-separated lists serves all of them; every header is read
 * once, from left to right. */
#include "negotiate.h"

#include <string.h>
#include <strings.h>

/* One element of a list: a value and its parameters. */
struct element {
    const char *value; /* without surrounding space, up to the first ';' */
    size_t length;
    int quality; /* thousandths */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* "0.375" to 375; 0 for what is no number, so that a typo is not a wish. */
static int read_quality(const char *text, size_t length)
{
    if (length == 0 || (text[0] != '0' && text[0] != '1') || (length > 1 && text[1] != '.'))
        return 0;
    int value = 0, scale = 100;
    for (size_t i = 2; i < length; i++, scale /= 10) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        value += (text[i] - '0') * scale;
    }
    return text[0] == '1' ? 1000 : value;
}

/* Moves `*at` behind the bytes up to one of `stops`; quoted strings are passed
 * over. Surrounding space is cut off. */
static struct element read_piece(const char **at, const char *stops)
{
    const char *from = *at;
    while (is_space(*from))
        from++;
    const char *to = from;
    bool is_quoted = false;
    for (; *to != '\0' && (is_quoted || strchr(stops, *to) == NULL); to++) {
        if (*to == '"')
            is_quoted = !is_quoted;
        else if (is_quoted && *to == '\\' && to[1] != '\0')
            to++;
    }
    *at = to;
    while (to > from && is_space(to[-1]))
        to--;
    return (struct element){from, (size_t)(to - from), 1000};
}

/* The next element of a list; false at its end. */
static bool next_element(const char **at, struct element *element)
{
    while (is_space(**at) || **at == ',')
        (*at)++;
    if (**at == '\0')
        return false;
    *element = read_piece(at, ",;");
    while (**at == ';') {
        (*at)++;
        struct element parameter = read_piece(at, ",;");
        if (parameter.length >= 2 && strncasecmp(parameter.value, "q=", 2) == 0)
            element->quality = read_quality(parameter.value + 2, parameter.length - 2);
    }
    return true;
}

static bool element_is(const struct element *element, const char *text, size_t length)
{
    return element->length == length && strncasecmp(element->value, text, length) == 0;
}

/* 3: the type itself, 2: its "type" + "/" + "*", 1: any, 0: another. */
static int media_precision(const struct element *range, const char *type, size_t length)
{
    const char *slash = memchr(type, '/', length);
    size_t main_length = slash == NULL ? length : (size_t)(slash - type) + 1;
    if (element_is(range, type, length))
        return 3;
    if (range->length == main_length + 1 && range->value[main_length] == '*' &&
        strncasecmp(range->value, type, main_length) == 0)
        return 2;
    return element_is(range, "*/*", 3) || element_is(range, "*", 1) ? 1 : 0;
}

struct gk_preference gk_accept_preference(const char *accept, const char *media_type)
{
    struct gk_preference best = {0, 0};
    struct element range;
    if (accept == NULL)
        return (struct gk_preference){1000, 0};
    size_t length = strcspn(media_type, "; ");
    while (next_element(&accept, &range)) {
        int precision = media_precision(&range, media_type, length);
        if (precision > best.precision)
            best = (struct gk_preference){range.quality, precision};
    }
    return best;
}

bool gk_preference_exceeds(struct gk_preference a, struct gk_preference b)
{
    return a.quality != b.quality ? a.quality > b.quality
                                  : a.quality > 0 && a.precision > b.precision;
}

enum gk_encoding gk_accept_encoding(const char *accept_encoding, bool *refuses_plain)
{
    int gzip = -1, zstd = -1, identity = -1, any = -1;
    struct element coding;
    *refuses_plain = false;
    if (accept_encoding == NULL)
        return GK_ENCODING_IDENTITY;
    while (next_element(&accept_encoding, &coding)) {
        if (element_is(&coding, "gzip", 4) || element_is(&coding, "x-gzip", 6))
            gzip = coding.quality;
        else if (element_is(&coding, "zstd", 4))
            zstd = coding.quality;
        else if (element_is(&coding, "identity", 8))
            identity = coding.quality;
        else if (element_is(&coding, "*", 1))
            any = coding.quality;
    }
    gzip = gzip >= 0 ? gzip : any > 0 ? any : 0;
    zstd = zstd >= 0 ? zstd : any > 0 ? any : 0;
    int best = zstd >= gzip ? zstd : gzip;
    if (best == 0 || identity > best)
        return GK_ENCODING_IDENTITY;
    *refuses_plain = identity == 0 || (identity < 0 && any == 0);
    return zstd == best ? GK_ENCODING_ZSTD : GK_ENCODING_GZIP;
}

const char *gk_encoding_name(enum gk_encoding encoding)
{
    static const char *const names[] = {"identity", "gzip", "zstd"};
    return names[encoding];
}

/* "en-GB" asks for "en" too. */
static bool is_language(const struct element *range, const char *language)
{
    return range->length >= 2 && strncasecmp(range->value, language, 2) == 0 &&
           (range->length == 2 || range->value[2] == '-');
}

const char *gk_accept_language(const char *accept_language)
{
    int swedish = -1, english = -1, any = 0;
    struct element range;
    if (accept_language == NULL)
        return "sv";
    while (next_element(&accept_language, &range)) {
        if (is_language(&range, "sv"))
            swedish = range.quality > swedish ? range.quality : swedish;
        else if (is_language(&range, "en"))
            english = range.quality > english ? range.quality : english;
        else if (element_is(&range, "*", 1))
            any = range.quality;
    }
    swedish = swedish < 0 ? any : swedish;
    english = english < 0 ? any : english;
    return english > swedish ? "en" : "sv";
}

bool gk_etag_matches(const char *if_none_match, const char *etag)
{
    if (if_none_match == NULL)
        return false;
    const char *at = if_none_match;
    size_t length = strlen(etag);
    while (*at != '\0') {
        while (is_space(*at) || *at == ',')
            at++;
        if (*at == '\0')
            break;
        /* A ';' may stand in a tag; only the comma ends one. */
        struct element tag = read_piece(&at, ",");
        if (tag.length == 1 && *tag.value == '*')
            return true;
        if (tag.length > 2 && strncmp(tag.value, "W/", 2) == 0)
            tag = (struct element){tag.value + 2, tag.length - 2, 0};
        if (tag.length == length && memcmp(tag.value, etag, length) == 0)
            return true;
    }
    return false;
}
