/* CSV. Text comes from data that somebody typed, and ends in spreadsheets: what one
 * would take for a formula is defused, in both dialects, by an apostrophe. */
#include "csv.h"

#include <string.h>

#include "link.h"
#include "property.h"

static char separator_of(const struct gk_csv *csv)
{
    return csv->dialect == GK_CSV_EXCEL ? ';' : ',';
}

/* Appends text in quotes where it needs them: quotes are doubled. */
static void put_quoted(struct gk_buf *buf, const struct gk_csv *csv, const char *text,
                       size_t length)
{
    bool is_plain = true;
    for (size_t i = 0; i < length && is_plain; i++)
        is_plain = text[i] != '"' && text[i] != '\r' && text[i] != '\n' && text[i] != ',' &&
                   text[i] != separator_of(csv);
    is_plain = is_plain && (length == 0 || (text[0] != ' ' && text[length - 1] != ' '));
    if (is_plain) {
        gk_buf_append(buf, text, length);
        return;
    }
    gk_buf_putc(buf, '"');
    for (size_t from = 0; from < length;) {
        const char *quote = memchr(text + from, '"', length - from);
        size_t to = quote == NULL ? length : (size_t)(quote - text) + 1;
        gk_buf_append(buf, text + from, to - from);
        if (quote != NULL)
            gk_buf_putc(buf, '"');
        from = to;
    }
    gk_buf_putc(buf, '"');
}

/* Whether a spreadsheet would calculate with a text (OWASP, "CSV Injection"). */
static bool is_formula(const char *text, size_t length)
{
    return length > 0 && memchr("=+-@\t\r\n", text[0], 7) != NULL;
}

static void put_text(struct gk_buf *buf, const struct gk_csv *csv, struct gk_text text)
{
    enum { COPY_MAX_BYTES = 64 * 1024 };
    if (!is_formula(text.data, text.length)) {
        put_quoted(buf, csv, text.data, text.length);
        return;
    }
    struct gk_buf copy;
    gk_buf_init(&copy, COPY_MAX_BYTES);
    gk_buf_putc(&copy, '\'');
    gk_buf_append(&copy, text.data, text.length);
    if (gk_buf_status(&copy) == GK_OK)
        put_quoted(buf, csv, copy.data, copy.length);
    gk_buf_release(&copy);
}

static void put_number(struct gk_buf *buf, const struct gk_csv *csv, double value,
                       unsigned decimals)
{
    size_t start = buf->length;
    gk_buf_put_double(buf, value, decimals);
    if (gk_buf_status(buf) != GK_OK)
        return;
    if (buf->data[start] == 'n') /* null */
        buf->length = start;
    for (size_t i = start; i < buf->length && csv->dialect == GK_CSV_EXCEL; i++)
        if (buf->data[i] == '.')
            buf->data[i] = ',';
}

static void put_value(struct gk_buf *buf, const struct gk_csv *csv, enum gk_property property,
                      const struct gk_field *field)
{
    const struct gk_property_info *info = gk_property_info(property);
    if (!field->has)
        return;
    switch (info->type) {
    case GK_TYPE_INTEGER:
        gk_buf_put_i64(buf, field->integer);
        return;
    case GK_TYPE_NUMBER:
        put_number(buf, csv, field->number, info->decimals);
        return;
    case GK_TYPE_TEXT:
        put_text(buf, csv, field->text);
        return;
    case GK_TYPE_DATE:
        gk_buf_put_day(buf, (int32_t)field->integer);
        return;
    case GK_TYPE_TIME:
        gk_buf_put_hour(buf, (int32_t)field->integer);
        return;
    case GK_TYPE_BOOLEAN:
        gk_buf_puts(buf, field->integer != 0 ? "true" : "false");
        return;
    }
}

void gk_csv_put_head(struct gk_buf *buf, const struct gk_csv *csv, const struct gk_columns *columns)
{
    if (csv->dialect == GK_CSV_EXCEL)
        gk_buf_puts(buf, "\xEF\xBB\xBF");
    gk_buf_puts(buf, "id");
    for (size_t i = 0; i < columns->count; i++) {
        gk_buf_putc(buf, separator_of(csv));
        gk_buf_puts(buf, gk_property_info(columns->column[i].property)->name);
    }
    if (csv->has_geometry) {
        gk_buf_putc(buf, separator_of(csv));
        gk_buf_puts(buf, "wkt");
    }
    gk_buf_puts(buf, "\r\n");
}

void gk_csv_put_row(struct gk_buf *buf, const struct gk_csv *csv, const struct gk_columns *columns,
                    const struct gk_view *view, uint32_t index, const struct gk_fields *fields)
{
    gk_buf_put_i64(buf, view->collection.layer->id(view, index));
    for (size_t i = 0; i < columns->count; i++) {
        enum gk_property property = columns->column[i].property;
        gk_buf_putc(buf, separator_of(csv));
        put_value(buf, csv, property, &fields->of[property]);
    }
    if (csv->has_geometry) {
        gk_buf_putc(buf, separator_of(csv));
        gk_buf_putc(buf, '"'); /* it has commas, never quotes */
        gk_view_put_wkt(view, index, buf);
        gk_buf_putc(buf, '"');
    }
    gk_buf_puts(buf, "\r\n");
}

static void put_link(struct gk_buf *buf, const char *rel, const char *type, const char *href)
{
    if (buf->length > 0)
        gk_buf_puts(buf, ", ");
    gk_buf_putc(buf, '<');
    gk_buf_puts(buf, href);
    gk_buf_puts(buf, ">; rel=\"");
    gk_buf_puts(buf, rel);
    gk_buf_puts(buf, "\"; type=\"");
    gk_buf_puts(buf, type);
    gk_buf_putc(buf, '"');
}

/* The two alternates repeat the query. What is long fits once (it came in a request
 * line of 8 KiB at most), but not three times, into what servers and proxies take
 * for headers: then only `next` does. */
const char *gk_csv_links(const struct gk_view *view, const char *next)
{
    enum { LINKS_MAX_BYTES = 64 * 1024, LONG_BYTES = 1024 };
    const struct gk_request *request = view->request;
    const char *path = gk_text(request, "/collections/%s", view->collection.name);
    struct gk_address same = {.keeps_query = true};
    struct gk_buf buf;
    gk_buf_init(&buf, LINKS_MAX_BYTES);
    if (next != NULL) {
        same.cursor = next;
        same.format = "csv";
        put_link(&buf, "next", GK_CSV_TYPE, gk_address(request, request->path, same));
        same.cursor = NULL;
    }
    same.format = "json";
    const char *json = gk_address(request, request->path, same);
    same.format = "html";
    if (strlen(json) <= LONG_BYTES) {
        put_link(&buf, "alternate", GK_GEOJSON_TYPE, json);
        put_link(&buf, "alternate", "text/html", gk_address(request, request->path, same));
    }
    put_link(&buf, "collection", "application/json",
             gk_address(request, path, (struct gk_address){0}));
    put_link(&buf, "describedby", GK_SCHEMA_TYPE,
             gk_address(request, gk_text(request, "%s/schema", path),
                        (struct gk_address){.format = "json"}));
    const char *links = gk_buf_status(&buf) == GK_OK
                            ? gk_arena_strndup(request->arena, buf.data, buf.length)
                            : NULL;
    gk_buf_release(&buf);
    return links;
}
