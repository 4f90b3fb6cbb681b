/* Text made safe for URLs and for HTML. */
#include "http/parameter.h"

#include <string.h>

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

void gk_buf_put_percent(struct gk_buf *buf, const char *text, size_t length)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_unreserved(c)) {
            gk_buf_putc(buf, (char)c);
        } else {
            char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
            gk_buf_append(buf, escape, sizeof escape);
        }
    }
}

static const char *html_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void gk_buf_put_html(struct gk_buf *buf, const char *text, size_t length)
{
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        const char *entity = html_entity(text[i]);
        if (entity == NULL)
            continue;
        gk_buf_append(buf, text + from, i - from);
        gk_buf_puts(buf, entity);
        from = i + 1;
    }
    gk_buf_append(buf, text + from, length - from);
}
