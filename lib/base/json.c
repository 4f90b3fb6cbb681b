/* The JSON writer. */
#include "base/json.h"

#include <string.h>

void gk_json_init(struct gk_json *json, struct gk_buf *buf)
{
    *json = (struct gk_json){.buf = buf};
}

static void before_value(struct gk_json *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->depth > 0) {
        if (json->has_member[json->depth - 1])
            gk_buf_putc(json->buf, ',');
        json->has_member[json->depth - 1] = true;
    }
}

static void begin(struct gk_json *json, char bracket)
{
    before_value(json);
    gk_buf_putc(json->buf, bracket);
    if (json->depth == GK_JSON_DEPTH_MAX) {
        json->buf->status = GK_INTERNAL;
        return;
    }
    json->has_member[json->depth++] = false;
}

static void end(struct gk_json *json, char bracket)
{
    gk_buf_putc(json->buf, bracket);
    if (json->depth > 0)
        json->depth--;
}

void gk_json_object_begin(struct gk_json *json)
{
    begin(json, '{');
}

void gk_json_object_end(struct gk_json *json)
{
    end(json, '}');
}

void gk_json_array_begin(struct gk_json *json)
{
    begin(json, '[');
}

void gk_json_array_end(struct gk_json *json)
{
    end(json, ']');
}

void gk_json_key(struct gk_json *json, const char *key)
{
    before_value(json);
    gk_buf_put_json_string(json->buf, key, strlen(key));
    gk_buf_putc(json->buf, ':');
    json->after_key = true;
}

void gk_json_text(struct gk_json *json, const char *text)
{
    before_value(json);
    if (text == NULL)
        gk_buf_puts(json->buf, "null");
    else
        gk_buf_put_json_string(json->buf, text, strlen(text));
}

void gk_json_i64(struct gk_json *json, int64_t value)
{
    before_value(json);
    gk_buf_put_i64(json->buf, value);
}

void gk_json_double(struct gk_json *json, double value, unsigned decimals)
{
    before_value(json);
    gk_buf_put_double(json->buf, value, decimals);
}

void gk_json_bool(struct gk_json *json, bool value)
{
    before_value(json);
    gk_buf_puts(json->buf, value ? "true" : "false");
}

void gk_json_null(struct gk_json *json)
{
    before_value(json);
    gk_buf_puts(json->buf, "null");
}

void gk_json_raw(struct gk_json *json, const char *text, size_t length)
{
    before_value(json);
    gk_buf_append(json->buf, text, length);
}

void gk_json_member(struct gk_json *json, const char *key, const char *text)
{
    gk_json_key(json, key);
    gk_json_text(json, text);
}

void gk_json_member_i64(struct gk_json *json, const char *key, int64_t value)
{
    gk_json_key(json, key);
    gk_json_i64(json, value);
}

/* Length of the well-formed UTF-8 sequence at `p` (Unicode table 3-7), else 0. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char lead_min, lead_max, second_min, second_max, length;
    } forms[] = {{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
                 {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
                 {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
                 {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (p[0] < forms[f].lead_min || p[0] > forms[f].lead_max)
            continue;
        if (left < forms[f].length || p[1] < forms[f].second_min || p[1] > forms[f].second_max)
            return 0;
        for (size_t i = 2; i < forms[f].length; i++)
            if ((p[i] & 0xC0U) != 0x80U)
                return 0;
        return forms[f].length;
    }
    return 0;
}

static void put_escape(struct gk_buf *buf, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    const char *shorthand = NULL;
    switch (c) {
    case '"':
        shorthand = "\\\"";
        break;
    case '\\':
        shorthand = "\\\\";
        break;
    case '\n':
        shorthand = "\\n";
        break;
    case '\r':
        shorthand = "\\r";
        break;
    case '\t':
        shorthand = "\\t";
        break;
    default:
        break;
    }
    if (shorthand != NULL) {
        gk_buf_append(buf, shorthand, 2);
        return;
    }
    char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    gk_buf_append(buf, text, sizeof text);
}

void gk_buf_put_json_string(struct gk_buf *buf, const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t start = 0, i = 0;
    gk_buf_putc(buf, '"');
    while (i < length) {
        unsigned char c = p[i];
        if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
            i++;
            continue;
        }
        size_t n = c >= 0x80 ? utf8_sequence(p + i, length - i) : 0;
        if (n > 0) {
            i += n;
            continue;
        }
        gk_buf_append(buf, text + start, i - start);
        if (c >= 0x80)
            gk_buf_append(buf, "\xEF\xBF\xBD", 3);
        else
            put_escape(buf, c);
        start = ++i;
    }
    gk_buf_append(buf, text + start, length - start);
    gk_buf_putc(buf, '"');
}
