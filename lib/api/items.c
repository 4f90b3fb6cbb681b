/* Features: a page of a collection, and one by its id. The same values go out as
 * GeoJSON in one pass, as a table, or as CSV. Pages resume by key on the snapshot that
 * the first page was made from. */
#include <string.h>

#include "csv.h"
#include "cursor.h"
#include "html.h"
#include "link.h"
#include "selection.h"
#include "view.h"

/* --- What both have -------------------------------------------------------------- */

/* A page under way. */
struct page {
    struct gk_view view;
    struct gk_columns columns;
    struct gk_fields fields;
    struct gk_pattern pattern;
    struct gk_value value[GK_QUERIES];
    uint32_t from;
    uint64_t limit, returned;
    const char *next;                  /* cursor of the next page, NULL: none */
    const char *item_start, *item_end; /* address of a feature around its id, in tables */
};

/* Leaves only the columns that `properties` names. */
static void select_columns(struct page *page)
{
    const struct gk_value *wanted = &page->value[GK_QUERY_PROPERTIES];
    struct gk_columns all = page->columns;
    if (!wanted->given)
        return;
    page->columns.count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (wanted->bits >> i & 1)
            page->columns.column[page->columns.count++] = all.column[i];
}

static enum gk_status prepare_columns(struct page *page, struct gk_error *error)
{
    struct gk_view *view = &page->view;
    gk_collection_columns(view, &view->collection, &page->columns);
    select_columns(page);
    gk_view_fill_same(view, &page->fields);
    if (gk_pattern_make(&page->pattern, &page->columns, &page->fields, view->request->arena) !=
        GK_OK)
        return gk_error_set(error, GK_NO_MEMORY, "make features: out of memory");
    return GK_OK;
}

static enum gk_status read_query(struct page *page, bool is_item, struct gk_error *error)
{
    struct gk_query_table table;
    if (gk_query_table_make(&page->view, &page->view.collection, is_item, &table) != GK_OK)
        return gk_error_set(error, GK_NO_MEMORY, "read the parameters: out of memory");
    return gk_query_read(&page->view, &table, page->value, error);
}

/* What the header Content-Crs says, in the arena. */
static const char *content_crs(const struct gk_view *view)
{
    return gk_text(view->request, "<%s>", view->crs->uri);
}

/* Of the feature at an index of the layer. */
static void put_feature_start(struct page *page, uint32_t index, struct gk_buf *buf)
{
    static const char start[] = "{\"type\":\"Feature\",\"id\":";
    struct gk_view *view = &page->view;
    view->collection.layer->fill(view, index, &page->fields);
    gk_buf_append(buf, start, sizeof start - 1);
    gk_buf_put_i64(buf, view->collection.layer->id(view, index));
    gk_buf_append(buf, ",\"geometry\":", 12);
    gk_view_put_geometry(view, index, buf);
    gk_buf_append(buf, ",\"properties\":", 14);
    gk_buf_put_properties(buf, &page->pattern, &page->fields);
}

static void put_time_stamp(const struct gk_view *view, struct gk_buf *buf)
{
    gk_buf_puts(buf, "\"timeStamp\":\"");
    gk_buf_put_utc(buf, view->snapshot->made_utc);
    gk_buf_putc(buf, '"');
}

static const char *collection_path(const struct gk_view *view)
{
    return gk_text(view->request, "/collections/%s", view->collection.name);
}

/* --- A page as GeoJSON -------------------------------------------------------------- */

/* Half of what an answer may hold: districts may have very large outlines, and a
 * page that ends early with a `next` link is better than none. */
static bool is_page_full(const struct page *page, const struct gk_buf *buf)
{
    return page->returned >= page->limit || (page->returned > 0 && buf->length > buf->maximum / 2);
}

/* The first feature to show; view->end for none. With resultType=hits there are none
 * on any page. */
static uint32_t first_on_page(const struct page *page)
{
    bool is_hits = page->value[GK_QUERY_RESULT_TYPE].integer == 1;
    return is_hits ? page->view.end : gk_view_next(&page->view, page->from);
}

/* Sets the cursor behind the feature at rank `last`. */
static void set_next(struct page *page, uint32_t last)
{
    const struct gk_view *view = &page->view;
    struct gk_cursor cursor = {
        .kind = view->snapshot->kind,
        .number = view->snapshot->number,
        .places = view->is_numbered ? 0 : view->snapshot->places,
        .key = view->collection.layer->id(view, gk_view_feature(view, last)),
    };
    char text[GK_CURSOR_LENGTH + 1];
    gk_cursor_format(text, &cursor, gk_cursor_query(view->request, view->collection.name));
    page->next = gk_text(view->request, "%s", text);
}

static void put_page_links(struct page *page, struct gk_buf *buf)
{
    const struct gk_view *view = &page->view;
    const struct gk_request *request = view->request;
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_array_begin(&json);
    gk_json_put_self_links(&json, request, GK_GEOJSON_TYPE);
    gk_json_put_link(&json, "alternate", GK_CSV_TYPE, NULL,
                     gk_address(request, request->path,
                                (struct gk_address){.keeps_query = true, .format = "csv"}));
    if (page->next != NULL)
        gk_json_put_link(
            &json, "next", GK_GEOJSON_TYPE, NULL,
            gk_address(
                request, request->path,
                (struct gk_address){.keeps_query = true, .cursor = page->next, .format = "json"}));
    gk_json_put_link(&json, "collection", "application/json",
                     gk_collection_title(view, &view->collection),
                     gk_address(request, collection_path(view), (struct gk_address){0}));
    gk_json_array_end(&json);
}

static void put_page_json(struct page *page, struct gk_buf *buf)
{
    struct gk_view *view = &page->view;
    gk_buf_puts(buf, "{\"type\":\"FeatureCollection\",");
    put_time_stamp(view, buf);
    gk_buf_puts(buf, ",\"numberMatched\":");
    gk_buf_put_i64(buf, (int64_t)gk_view_matched(view));
    gk_buf_puts(buf, ",\"features\":[");
    uint32_t last = 0;
    for (uint32_t i = first_on_page(page); i < view->end; i = gk_view_next(view, i + 1)) {
        if (is_page_full(page, buf)) {
            set_next(page, last);
            break;
        }
        if (page->returned++ > 0)
            gk_buf_putc(buf, ',');
        put_feature_start(page, gk_view_feature(view, i), buf);
        gk_buf_putc(buf, '}');
        last = i;
    }
    gk_buf_puts(buf, "],\"numberReturned\":");
    gk_buf_put_i64(buf, (int64_t)page->returned);
    gk_buf_puts(buf, ",\"links\":");
    put_page_links(page, buf);
    gk_buf_puts(buf, "}\n");
}

/* --- A page as a table ----------------------------------------------------------------- */

static const char *label(const struct gk_view *view, enum gk_property property)
{
    const struct gk_property_info *info = gk_property_info(property);
    return view->is_swedish ? info->label_sv : info->label_en;
}

static void put_table_head(struct page *page, struct gk_buf *buf)
{
    gk_buf_puts(buf, "<thead><tr><th scope=\"col\">id</th>");
    for (size_t i = 0; i < page->columns.count; i++) {
        if (page->columns.column[i].is_same)
            continue;
        const struct gk_property_info *info = gk_property_info(page->columns.column[i].property);
        gk_buf_puts(buf, "<th scope=\"col\">");
        gk_html_text(buf, label(&page->view, page->columns.column[i].property));
        gk_buf_puts(buf, "<br><code>");
        gk_html_text(buf, info->name);
        gk_buf_puts(buf, "</code></th>");
    }
    gk_buf_puts(buf, "</tr></thead>\n<tbody>\n");
}

static void put_table_row(struct page *page, uint32_t index, struct gk_buf *buf)
{
    struct gk_view *view = &page->view;
    int64_t id = view->collection.layer->id(view, index);
    view->collection.layer->fill(view, index, &page->fields);
    gk_buf_puts(buf, "<tr><th scope=\"row\"><a href=\"");
    gk_html_text(buf, page->item_start);
    gk_buf_put_i64(buf, id);
    gk_html_text(buf, page->item_end);
    gk_buf_puts(buf, "\">");
    gk_buf_put_i64(buf, id);
    gk_buf_puts(buf, "</a></th>");
    for (size_t i = 0; i < page->columns.count; i++) {
        enum gk_property property = page->columns.column[i].property;
        if (page->columns.column[i].is_same)
            continue;
        enum gk_property_type type = gk_property_info(property)->type;
        bool is_number = type == GK_TYPE_INTEGER || type == GK_TYPE_NUMBER;
        gk_buf_puts(buf, is_number ? "<td class=\"n\">" : "<td>");
        gk_buf_put_field_html(buf, property, &page->fields, view->is_swedish);
        gk_buf_puts(buf, "</td>");
    }
    gk_buf_puts(buf, "</tr>\n");
}

static void put_table(struct page *page, struct gk_buf *buf)
{
    struct gk_view *view = &page->view;
    const struct gk_request *request = view->request;
    gk_html_table_begin(buf,
                        gk_text(request, gk_say(request, "%s: %llu i urvalet", "%s: %llu selected"),
                                gk_collection_title(view, &view->collection),
                                (unsigned long long)gk_view_matched(view)));
    put_table_head(page, buf);
    const char *path = gk_text(request, "%s/items/", collection_path(view));
    page->item_start = gk_address(request, path, (struct gk_address){.is_bare = true});
    page->item_end = gk_address_parameters(
        request, path, (struct gk_address){.format = "html", .language = request->language});
    uint32_t last = 0;
    for (uint32_t i = first_on_page(page); i < view->end; i = gk_view_next(view, i + 1)) {
        if (is_page_full(page, buf)) {
            set_next(page, last);
            break;
        }
        page->returned++;
        put_table_row(page, gk_view_feature(view, i), buf);
        last = i;
    }
    gk_buf_puts(buf, "</tbody>\n");
    gk_html_table_end(buf);
}

static void put_page_html(struct page *page, struct gk_buf *buf)
{
    struct gk_view *view = &page->view;
    const struct gk_request *request = view->request;
    const struct gk_layer *layer = view->collection.layer;
    const char *path = collection_path(view);
    struct gk_address html = {.format = "html", .language = request->language};
    gk_html_begin(buf, view->settings, request, gk_collection_title(view, &view->collection));
    gk_html_element(buf, "p", gk_say(request, layer->text_sv, layer->text_en));
    gk_html_facts(buf, view, layer->has_counts);
    put_table(page, buf);
    gk_buf_puts(buf, "<p>");
    if (page->next != NULL) {
        struct gk_address next = html;
        next.keeps_query = true;
        next.cursor = page->next;
        gk_html_link(buf, gk_address(request, request->path, next),
                     gk_say(request, "Nästa sida", "Next page"));
        gk_buf_puts(buf, " ");
    }
    gk_html_link(buf, gk_address(request, path, html),
                 gk_say(request, "Om dessa data", "About these data"));
    gk_buf_puts(buf, " ");
    gk_html_link(buf, gk_address(request, gk_text(request, "%s/schema", path), html),
                 gk_say(request, "Vad kolumnerna betyder", "What the columns mean"));
    gk_buf_puts(buf, "</p>\n");
    gk_html_end(buf, view->settings, request);
}

/* --- A page as CSV -------------------------------------------------------------------------- */

static void put_page_csv(struct page *page, struct gk_response *response)
{
    struct gk_view *view = &page->view;
    struct gk_buf *buf = &response->body;
    const struct gk_csv csv = {
        .dialect = (enum gk_csv_dialect)page->value[GK_QUERY_CSV].integer,
        .has_geometry = page->value[GK_QUERY_CSV_GEOMETRY].integer == 1,
    };
    uint32_t last = 0;
    gk_csv_put_head(buf, &csv, &page->columns);
    for (uint32_t i = first_on_page(page); i < view->end; i = gk_view_next(view, i + 1)) {
        if (is_page_full(page, buf)) {
            set_next(page, last);
            break;
        }
        page->returned++;
        uint32_t index = gk_view_feature(view, i);
        view->collection.layer->fill(view, index, &page->fields);
        gk_csv_put_row(buf, &csv, &page->columns, view, index, &page->fields);
        last = i;
    }
    response->link = gk_csv_links(view, page->next);
    response->file_name = gk_text(view->request, "%s.csv", view->collection.name);
    if (csv.has_geometry)
        response->content_crs = content_crs(view);
}

/* --- The resource items ------------------------------------------------------------------- */

/* Moves the view to the snapshot of the request's cursor; sets *key. */
static enum gk_status resume(struct page *page, struct gk_response *response, int64_t *key,
                             struct gk_error *error)
{
    struct gk_view *view = &page->view;
    struct gk_text text = page->value[GK_QUERY_CURSOR].text;
    struct gk_cursor cursor;
    uint64_t query = gk_cursor_query(view->request, view->collection.name);
    if (!gk_cursor_parse(&cursor, text.data, text.length, query) ||
        cursor.kind != view->snapshot->kind)
        return gk_error_set(error, GK_INVALID,
                            "read \"cursor\": not one that a next link of this query gave");
    *key = cursor.key;
    return gk_view_pin(view, response, cursor.number, cursor.places, error);
}

static enum gk_status open_page(struct page *page, struct gk_response *response,
                                struct gk_error *error)
{
    struct gk_view *view = &page->view;
    bool resumes = page->value[GK_QUERY_CURSOR].given;
    int64_t key = 0;
    enum gk_status status = GK_OK;
    if (resumes)
        status = resume(page, response, &key, error);
    if (status == GK_OK)
        status = gk_view_apply(view, page->value, error);
    if (status == GK_OK)
        status = view->collection.layer->open(view, error);
    if (status != GK_OK)
        return status;
    status = gk_view_select(view, page->value, error);
    if (status == GK_UNAVAILABLE)
        response->retry_after_s = 1;
    if (status != GK_OK)
        return status;
    page->from = view->first;
    page->limit = (uint64_t)page->value[GK_QUERY_LIMIT].integer;
    if (resumes) {
        int64_t last = gk_view_rank(view, key);
        if (last < 0)
            return gk_error_set(error, GK_INVALID, "read \"cursor\": it names no feature");
        page->from = (uint32_t)last + 1;
    }
    return prepare_columns(page, error);
}

static enum gk_status answer_page(struct page *page, struct gk_response *response,
                                  struct gk_error *error)
{
    enum gk_status status = gk_view_find_collection(&page->view, error);
    if (status == GK_OK)
        status = read_query(page, false, error);
    if (status == GK_OK)
        status = open_page(page, response, error);
    if (status != GK_OK)
        return status;
    if (page->view.request->format == GK_FORMAT_HTML) {
        put_page_html(page, &response->body);
    } else if (page->view.request->format == GK_FORMAT_CSV) {
        put_page_csv(page, response);
    } else {
        put_page_json(page, &response->body);
        response->content_crs = content_crs(&page->view);
    }
    return gk_view_finish(response, error);
}

enum gk_status gk_resource_items(void *context, const struct gk_request *request,
                                 struct gk_response *response, struct gk_error *error)
{
    struct page page;
    memset(&page, 0, sizeof page);
    enum gk_status status = gk_view_open(&page.view, context, request, response, error);
    if (status == GK_OK)
        status = answer_page(&page, response, error);
    gk_view_close(&page.view);
    return status;
}

/* --- One feature ------------------------------------------------------------------------------ */

/* Ids are digits, without sign and leading zero, below 2^53. */
static bool parse_id(struct gk_text text, int64_t *id)
{
    enum { DIGITS_MAX = 16 };
    *id = 0;
    if (text.length == 0 || text.length > DIGITS_MAX || (text.length > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        *id = *id * 10 + (text.data[i] - '0');
    }
    return *id < INT64_C(1) << 53;
}

static enum gk_status no_such_item(const struct gk_view *view, struct gk_error *error)
{
    struct gk_text id = view->request->variable[1];
    return gk_error_set(error, GK_NOT_FOUND, "find \"%.*s\" in \"%s\": there is none",
                        (int)(id.length > 32 ? 32 : id.length), id.data, view->collection.name);
}

static enum gk_status open_item(struct page *page, uint32_t *index, struct gk_error *error)
{
    struct gk_view *view = &page->view;
    int64_t id;
    enum gk_status status = gk_view_apply(view, page->value, error);
    if (status != GK_OK)
        return status;
    if (!parse_id(view->request->variable[1], &id) || !gk_view_take_size(view, id))
        return no_such_item(view, error);
    status = view->collection.layer->open(view, error);
    if (status != GK_OK)
        return status;
    int64_t found = view->collection.layer->find(view, id);
    if (found < view->first || found >= view->end)
        return no_such_item(view, error);
    *index = (uint32_t)found;
    return prepare_columns(page, error);
}

static void put_item_json(struct page *page, uint32_t index, struct gk_buf *buf)
{
    const struct gk_view *view = &page->view;
    struct gk_json json;
    put_feature_start(page, index, buf);
    gk_buf_putc(buf, ',');
    put_time_stamp(view, buf);
    gk_buf_puts(buf, ",\"links\":");
    gk_json_init(&json, buf);
    gk_json_array_begin(&json);
    gk_json_put_self_links(&json, view->request, GK_GEOJSON_TYPE);
    gk_json_put_link(&json, "collection", "application/json",
                     gk_collection_title(view, &view->collection),
                     gk_address(view->request, collection_path(view), (struct gk_address){0}));
    gk_json_array_end(&json);
    gk_buf_puts(buf, "}\n");
}

static void put_item_html(struct page *page, uint32_t index, struct gk_buf *buf)
{
    struct gk_view *view = &page->view;
    const struct gk_request *request = view->request;
    const struct gk_layer *layer = view->collection.layer;
    const char *title = gk_text(request, "%s %lld", gk_collection_title(view, &view->collection),
                                (long long)layer->id(view, index));
    layer->fill(view, index, &page->fields);
    gk_html_begin(buf, view->settings, request, title);
    gk_html_facts(buf, view, layer->has_counts);
    gk_html_table_begin(buf, title);
    gk_buf_puts(buf, "<tbody>\n");
    for (size_t i = 0; i < page->columns.count; i++) {
        enum gk_property property = page->columns.column[i].property;
        const struct gk_property_info *info = gk_property_info(property);
        gk_buf_puts(buf, "<tr><th scope=\"row\">");
        gk_html_text(buf, label(view, property));
        gk_buf_puts(buf, "<br><code>");
        gk_html_text(buf, info->name);
        gk_buf_puts(buf, "</code></th><td>");
        gk_buf_put_field_html(buf, property, &page->fields, view->is_swedish);
        gk_buf_puts(buf, "</td><td>");
        gk_html_text(buf, view->is_swedish ? info->text_sv : info->text_en);
        gk_buf_puts(buf, "</td></tr>\n");
    }
    gk_buf_puts(buf, "</tbody>\n");
    gk_html_table_end(buf);
    gk_buf_puts(buf, "<p>");
    gk_html_link(buf,
                 gk_address(request, gk_text(request, "%s/items", collection_path(view)),
                            (struct gk_address){.format = "html", .language = request->language}),
                 gk_collection_title(view, &view->collection));
    gk_buf_puts(buf, "</p>\n");
    gk_html_end(buf, view->settings, request);
}

static enum gk_status answer_item(struct page *page, struct gk_response *response,
                                  struct gk_error *error)
{
    uint32_t index = 0;
    enum gk_status status = gk_view_find_collection(&page->view, error);
    if (status == GK_OK)
        status = read_query(page, true, error);
    if (status == GK_OK)
        status = open_item(page, &index, error);
    if (status != GK_OK)
        return status;
    if (page->view.request->format == GK_FORMAT_HTML) {
        put_item_html(page, index, &response->body);
    } else {
        put_item_json(page, index, &response->body);
        response->content_crs = content_crs(&page->view);
    }
    return gk_view_finish(response, error);
}

enum gk_status gk_resource_item(void *context, const struct gk_request *request,
                                struct gk_response *response, struct gk_error *error)
{
    struct page page;
    memset(&page, 0, sizeof page);
    enum gk_status status = gk_view_open(&page.view, context, request, response, error);
    if (status == GK_OK)
        status = answer_item(&page, response, error);
    gk_view_close(&page.view);
    return status;
}
