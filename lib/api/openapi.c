/* The definition of the interface: OpenAPI 3.0, self-contained, and the same
 * parameters as a page. It is made from the tables that parse requests, for what
 * this caller may read, so that it cannot say anything else than what holds. */
#include "html.h"
#include "link.h"
#include "openapi.h"
#include "view.h"

/* --- The document ---------------------------------------------------------------------------- */

static void put_info(struct gk_json *json, const struct gk_view *view)
{
    struct gk_collection c;
    gk_json_member(json, "openapi", "3.0.3");
    gk_json_key(json, "info");
    gk_json_object_begin(json);
    gk_json_member(json, "title", view->settings->title);
    gk_json_member(json, "version", GK_VERSION);
    gk_json_member(json, "description",
                   gk_say(view->request, "Anmälda bostadsinbrott i celler, OGC API - Features.",
                          "Reported residential burglaries in cells, OGC API - Features."));
    gk_json_object_end(json);
    gk_json_key(json, "servers");
    gk_json_array_begin(json);
    gk_json_object_begin(json);
    gk_json_member(json, "url", view->request->base_url);
    gk_json_object_end(json);
    gk_json_array_end(json);
    gk_json_key(json, "tags");
    gk_json_array_begin(json);
    gk_json_object_begin(json);
    gk_json_member(json, "name", "service");
    gk_json_member(json, "description",
                   gk_say(view->request, "Tjänsten själv: vad den är, kan och har.",
                          "The service itself: what it is, does and has."));
    gk_json_object_end(json);
    for (size_t i = 0; gk_view_collection_at(view, i, &c); i++) {
        gk_json_object_begin(json);
        gk_json_member(json, "name", c.name);
        gk_json_member(json, "description", view->is_swedish ? c.layer->text_sv : c.layer->text_en);
        gk_json_object_end(json);
    }
    gk_json_array_end(json);
}

static enum gk_status put_api_json(const struct gk_view *view, struct gk_buf *buf)
{
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    put_info(&json, view);
    enum gk_status status = gk_openapi_put_paths(&json, view);
    if (status == GK_OK)
        status = gk_openapi_put_components(&json, view);
    gk_json_key(&json, "security");
    gk_json_array_begin(&json);
    if (view->is_analyst)
        gk_json_raw(&json, "{\"token\":[]}", 12);
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
    return status;
}

static void put_parameters_html(const struct gk_view *view, const struct gk_query_table *table,
                                struct gk_buf *buf)
{
    gk_buf_puts(buf, "<dl>\n");
    for (size_t i = 0; i < table->count; i++) {
        const struct gk_parameter *row = &table->row[i];
        const char *text = row->description;
        if (row->choices != NULL)
            text = gk_text(view->request, "%s (%s)", text, row->choices);
        if (row->initial != NULL)
            text = gk_text(view->request, "%s [%s]", text, row->initial);
        gk_buf_puts(buf, "<dt><code>");
        gk_html_text(buf, row->name);
        gk_buf_puts(buf, "</code></dt><dd lang=\"en\">");
        gk_html_text(buf, text);
        gk_buf_puts(buf, "</dd>\n");
    }
    gk_buf_puts(buf, "</dl>\n");
}

static enum gk_status put_api_html(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    struct gk_collection c;
    gk_html_begin(buf, view->settings, request, gk_say(request, "Gränssnittet", "The interface"));
    gk_html_element(buf, "p",
                    gk_say(request,
                           "OGC API - Features. Listor följs sida för sida med länken next.",
                           "OGC API - Features. Follow the link `next` from page to page."));
    for (size_t i = 0; gk_view_collection_at(view, i, &c); i++) {
        struct gk_query_table table;
        enum gk_status status = gk_query_table_make(view, &c, false, &table);
        if (status != GK_OK)
            return status;
        gk_html_element(buf, "h2", gk_collection_title(view, &c));
        gk_buf_puts(buf, "<p>");
        gk_html_element(buf, "code", gk_text(request, "GET /collections/%s/items", c.name));
        gk_buf_puts(buf, "</p>\n");
        put_parameters_html(view, &table, buf);
    }
    gk_html_end(buf, view->settings, request);
    return GK_OK;
}

enum gk_status gk_resource_api(void *context, const struct gk_request *request,
                               struct gk_response *response, struct gk_error *error)
{
    struct gk_view view;
    enum gk_status status = gk_view_open(&view, context, request, response, error);
    if (status == GK_OK) {
        status = request->format == GK_FORMAT_HTML ? put_api_html(&view, &response->body)
                                                   : put_api_json(&view, &response->body);
        if (status != GK_OK)
            gk_error_set(error, status, "describe the interface: %s", gk_status_text(status));
        else
            status = gk_view_finish(response, error);
    }
    gk_view_close(&view);
    return status;
}
