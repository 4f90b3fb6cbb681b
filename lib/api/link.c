/* Links are rebuilt from the decoded parameters, so that what a client wrote
 * oddly comes back in one way, and never unescaped. */
#include "link.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "http/parameter.h"
#include "view.h"

enum { TEXT_MAX = 4096, ADDRESS_MAX = 32 * 1024 };

const char *gk_text(const struct gk_request *request, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof text)
        return "";
    const char *copy = gk_arena_strndup(request->arena, text, (size_t)n);
    return copy == NULL ? "" : copy;
}

static void put_path(struct gk_buf *buf, const char *path)
{
    while (*path != '\0') {
        size_t n = strcspn(path, "/");
        gk_buf_put_percent(buf, path, n);
        path += n;
        if (*path == '/')
            gk_buf_putc(buf, *path++);
    }
}

static void put_parameter(struct gk_buf *buf, char *separator, const char *name, const char *value,
                          size_t length)
{
    gk_buf_putc(buf, *separator);
    *separator = '&';
    gk_buf_put_percent(buf, name, strlen(name));
    gk_buf_putc(buf, '=');
    gk_buf_put_percent(buf, value, length);
}

static const char *keep(const struct gk_request *request, struct gk_buf *buf)
{
    const char *copy = NULL;
    if (gk_buf_status(buf) == GK_OK && buf->data != NULL)
        copy = gk_arena_strndup(request->arena, buf->data, buf->length);
    gk_buf_release(buf);
    return copy == NULL ? "" : copy;
}

/* Whether a path is one of those that take a release or a revision. */
static bool is_of_data(const char *path)
{
    static const char data[] = "/collections";
    return strncmp(path, data, sizeof data - 1) == 0;
}

static void put_version(struct gk_buf *buf, char *separator, const struct gk_version *version)
{
    enum { DIGITS_MAX = 16 };
    struct gk_buf number;
    gk_buf_init(&number, DIGITS_MAX);
    gk_buf_put_i64(&number, version->number);
    if (number.data != NULL)
        put_parameter(buf, separator, gk_version_parameter(version->kind)->name, number.data,
                      number.length);
    gk_buf_release(&number);
}

static void put_parameters(struct gk_buf *buf, const struct gk_request *request, const char *path,
                           struct gk_address address)
{
    char separator = '?';
    if (address.is_bare)
        return;
    for (size_t i = 0; i < request->query_count; i++) {
        const struct gk_query_parameter *parameter = &request->query[i];
        bool is_kept = address.keeps_query
                           ? address.cursor == NULL || strcmp(parameter->name, "cursor") != 0
                           : address.version == NULL && is_of_data(path) &&
                                 gk_is_version_parameter(parameter->name);
        if (is_kept)
            put_parameter(buf, &separator, parameter->name, parameter->value.data,
                          parameter->value.length);
    }
    if (address.version != NULL)
        put_version(buf, &separator, address.version);
    if (address.cursor != NULL)
        put_parameter(buf, &separator, "cursor", address.cursor, strlen(address.cursor));
    if (address.format != NULL)
        put_parameter(buf, &separator, "f", address.format, strlen(address.format));
    if (address.language != NULL)
        put_parameter(buf, &separator, "lang", address.language, strlen(address.language));
}

const char *gk_address(const struct gk_request *request, const char *path,
                       struct gk_address address)
{
    struct gk_buf buf;
    gk_buf_init(&buf, ADDRESS_MAX);
    gk_buf_puts(&buf, request->base_url);
    put_path(&buf, path);
    put_parameters(&buf, request, path, address);
    return keep(request, &buf);
}

const char *gk_address_parameters(const struct gk_request *request, const char *path,
                                  struct gk_address address)
{
    struct gk_buf buf;
    gk_buf_init(&buf, ADDRESS_MAX);
    put_parameters(&buf, request, path, address);
    return keep(request, &buf);
}

const char *gk_address_self(const struct gk_request *request)
{
    struct gk_buf buf;
    gk_buf_init(&buf, ADDRESS_MAX);
    gk_buf_puts(&buf, request->base_url);
    gk_buf_puts(&buf, request->target);
    return keep(request, &buf);
}

void gk_json_put_link(struct gk_json *json, const char *rel, const char *type, const char *title,
                      const char *href)
{
    gk_json_object_begin(json);
    gk_json_member(json, "rel", rel);
    gk_json_member(json, "type", type);
    if (title != NULL)
        gk_json_member(json, "title", title);
    gk_json_member(json, "href", href);
    gk_json_object_end(json);
}

void gk_json_put_self_links(struct gk_json *json, const struct gk_request *request,
                            const char *json_type)
{
    gk_json_put_link(json, "self", json_type, NULL, gk_address_self(request));
    gk_json_put_link(json, "alternate", "text/html", NULL,
                     gk_address(request, request->path,
                                (struct gk_address){.keeps_query = true, .format = "html"}));
}
