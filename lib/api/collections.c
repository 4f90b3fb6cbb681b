/* The collections, one collection, and the schema of its features. */
#include "html.h"
#include "link.h"
#include "schema.h"
#include "style.h"
#include "view.h"

/* What PostGIS has, and what exact geometry is computed in. */
#define STORAGE_CRS_URI "http://www.opengis.net/def/crs/EPSG/0/3006"

/* --- One collection as JSON ------------------------------------------------------ */

static void put_degrees(struct gk_json *json, int32_t value_e7)
{
    enum { DEGREES_MAX_BYTES = 24 };
    struct gk_buf buf;
    gk_buf_init(&buf, DEGREES_MAX_BYTES);
    gk_buf_put_fixed(&buf, value_e7, 7);
    gk_json_raw(json, buf.data == NULL ? "0" : buf.data, buf.data == NULL ? 1 : buf.length);
    gk_buf_release(&buf);
}

static void put_instant(struct gk_json *json, int64_t utc)
{
    struct gk_buf buf;
    gk_buf_init(&buf, 64);
    gk_buf_put_utc(&buf, utc);
    gk_json_text(json, buf.data);
    gk_buf_release(&buf);
}

static void put_extent(struct gk_json *json, const struct gk_view *view,
                       const struct gk_collection *collection)
{
    enum { HOURS = 24 };
    const struct gk_snapshot *s = view->snapshot;
    struct gk_box_e7 box = gk_collection_extent(view, collection);
    gk_json_key(json, "extent");
    gk_json_object_begin(json);
    gk_json_key(json, "spatial");
    gk_json_object_begin(json);
    gk_json_key(json, "bbox");
    gk_json_array_begin(json);
    gk_json_array_begin(json);
    put_degrees(json, box.min.lon);
    put_degrees(json, box.min.lat);
    put_degrees(json, box.max.lon);
    put_degrees(json, box.max.lat);
    gk_json_array_end(json);
    gk_json_array_end(json);
    gk_json_member(json, "crs", GK_CRS84_URI);
    gk_json_object_end(json);
    gk_json_key(json, "temporal");
    gk_json_object_begin(json);
    gk_json_key(json, "interval");
    gk_json_array_begin(json);
    gk_json_array_begin(json);
    put_instant(json, gk_utc_from_hour(gk_day_from_month(s->first_month) * HOURS));
    put_instant(json, gk_utc_from_hour((s->data_through_day + 1) * HOURS) - 1);
    gk_json_array_end(json);
    gk_json_array_end(json);
    gk_json_object_end(json);
    gk_json_object_end(json);
}

static void put_collection_links(struct gk_json *json, const struct gk_view *view,
                                 const struct gk_collection *collection, bool is_own)
{
    const struct gk_request *request = view->request;
    const char *path = gk_text(request, "/collections/%s", collection->name);
    const char *items = gk_text(request, "%s/items", path);
    const char *schema = gk_text(request, "%s/schema", path);
    const char *feature = gk_text(request, "%s/schema/feature", path);
    struct gk_address json_form = {0}, html_form = {.format = "html"};
    gk_json_key(json, "links");
    gk_json_array_begin(json);
    if (is_own) {
        gk_json_put_self_links(json, request, "application/json");
    } else {
        gk_json_put_link(json, "self", "application/json", NULL,
                         gk_address(request, path, json_form));
        gk_json_put_link(json, "alternate", "text/html", NULL,
                         gk_address(request, path, html_form));
    }
    gk_json_put_link(json, "items", GK_GEOJSON_TYPE, gk_collection_title(view, collection),
                     gk_address(request, items, json_form));
    gk_json_put_link(json, "items", "text/html", gk_collection_title(view, collection),
                     gk_address(request, items, html_form));
    gk_json_put_link(json, "items", GK_CSV_TYPE, gk_collection_title(view, collection),
                     gk_address(request, items, (struct gk_address){.format = "csv"}));
    gk_json_put_link(json, GK_SCHEMA_REL, GK_SCHEMA_TYPE, NULL,
                     gk_address(request, schema, (struct gk_address){.format = "json"}));
    gk_json_put_link(json, "describedBy", GK_SCHEMA_TYPE, NULL,
                     gk_address(request, feature, json_form));
    gk_json_put_link(json, GK_QUERYABLES_REL, GK_SCHEMA_TYPE, NULL,
                     gk_address(request, gk_text(request, "%s/queryables", path), json_form));
    gk_json_put_link(json, GK_SORTABLES_REL, GK_SCHEMA_TYPE, NULL,
                     gk_address(request, gk_text(request, "%s/sortables", path), json_form));
    gk_json_put_link(json, GK_TILESETS_REL, "application/json",
                     gk_say(request, "Vektorkartrutor", "Vector tiles"),
                     gk_address(request, gk_text(request, "%s/tiles", path), json_form));
    gk_style_put_links(json, request, path);
    gk_json_array_end(json);
}

/* Clients that do not follow a pointer to the global list find the same here. */
static void put_crs_list(struct gk_json *json)
{
    gk_json_key(json, "crs");
    gk_json_array_begin(json);
    for (size_t i = 0; i < gk_crs_count(); i++)
        gk_json_text(json, gk_crs_at(i)->uri);
    gk_json_array_end(json);
}

static void put_collection(struct gk_json *json, const struct gk_view *view,
                           const struct gk_collection *collection, bool is_own)
{
    const struct gk_layer *layer = collection->layer;
    gk_json_object_begin(json);
    gk_json_member(json, "id", collection->name);
    gk_json_member(json, "title", gk_collection_title(view, collection));
    gk_json_member(json, "description", view->is_swedish ? layer->text_sv : layer->text_en);
    gk_json_member(json, "itemType", "feature");
    put_extent(json, view, collection);
    put_crs_list(json);
    gk_json_member(json, "storageCrs", STORAGE_CRS_URI);
    put_collection_links(json, view, collection, is_own);
    gk_json_object_end(json);
}

/* --- As pages ----------------------------------------------------------------------- */

static void put_collections_html(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    struct gk_address html = {.format = "html", .language = request->language};
    struct gk_collection c;
    gk_html_begin(buf, view->settings, request, gk_say(request, "Data", "Data"));
    gk_html_facts(buf, view, false);
    gk_html_table_begin(buf, gk_say(request, "Datamängder", "Collections"));
    gk_buf_puts(buf, "<thead><tr>");
    const char *heads[] = {gk_say(request, "Namn", "Name"),
                           gk_say(request, "Vad det är", "What it is"),
                           gk_say(request, "Visa", "Show")};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        gk_buf_puts(buf, "<th scope=\"col\">");
        gk_html_text(buf, heads[i]);
        gk_buf_puts(buf, "</th>");
    }
    gk_buf_puts(buf, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; gk_view_collection_at(view, i, &c); i++) {
        const char *path = gk_text(request, "/collections/%s", c.name);
        gk_buf_puts(buf, "<tr><th scope=\"row\">");
        gk_html_link(buf, gk_address(request, path, html), gk_collection_title(view, &c));
        gk_buf_puts(buf, "</th><td>");
        gk_html_text(buf, view->is_swedish ? c.layer->text_sv : c.layer->text_en);
        gk_buf_puts(buf, "</td><td>");
        gk_html_link(buf, gk_address(request, gk_text(request, "%s/items", path), html),
                     gk_text(request, gk_say(request, "Tabell: %s", "Table: %s"),
                             gk_collection_title(view, &c)));
        gk_buf_puts(buf, "</td></tr>\n");
    }
    gk_buf_puts(buf, "</tbody>\n");
    gk_html_table_end(buf);
    gk_buf_puts(buf, "<p>");
    gk_html_link(buf, gk_address(request, view->is_analyst ? "/revisions" : "/releases", html),
                 view->is_analyst ? gk_say(request, "Alla revisioner", "All revisions")
                                  : gk_say(request, "Alla utgåvor", "All releases"));
    gk_buf_puts(buf, "</p>\n");
    gk_html_end(buf, view->settings, request);
}

static void put_columns_html(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    struct gk_columns columns;
    gk_collection_columns(view, &view->collection, &columns);
    gk_html_table_begin(buf, gk_say(request, "Kolumner", "Columns"));
    gk_buf_puts(buf, "<thead><tr>");
    const char *heads[] = {gk_say(request, "Kolumn", "Column"), gk_say(request, "Slag", "Kind"),
                           gk_say(request, "Enhet", "Unit"),
                           gk_say(request, "Betydelse", "Meaning")};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        gk_buf_puts(buf, "<th scope=\"col\">");
        gk_html_text(buf, heads[i]);
        gk_buf_puts(buf, "</th>");
    }
    gk_buf_puts(buf, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < columns.count; i++) {
        const struct gk_property_info *info = gk_property_info(columns.column[i].property);
        gk_buf_puts(buf, "<tr><th scope=\"row\">");
        gk_html_text(buf, view->is_swedish ? info->label_sv : info->label_en);
        gk_buf_puts(buf, "<br><code>");
        gk_html_text(buf, info->name);
        gk_buf_puts(buf, "</code></th><td>");
        gk_html_text(buf, gk_property_kind_name(info->kind));
        gk_buf_puts(buf, "</td><td>");
        gk_html_text(buf, info->unit);
        gk_buf_puts(buf, "</td><td>");
        gk_html_text(buf, view->is_swedish ? info->text_sv : info->text_en);
        gk_buf_puts(buf, "</td></tr>\n");
    }
    gk_buf_puts(buf, "</tbody>\n");
    gk_html_table_end(buf);
}

static void put_crs_html(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    gk_html_element(buf, "h2", gk_say(request, "Referenssystem", "Reference systems"));
    gk_html_element(buf, "p",
                    gk_say(request,
                           "Geometri lämnas i dessa system (parametern crs), med axlarna i den "
                           "ordning som systemets ägare har bestämt. Lagrade koordinater är i "
                           "EPSG:3006 (SWEREF 99 TM).",
                           "Geometry is given in these systems (parameter crs), with axes in the "
                           "order of their authority. Coordinates are stored in EPSG:3006 "
                           "(SWEREF 99 TM)."));
    gk_buf_puts(buf, "<ul>\n");
    for (size_t i = 0; i < gk_crs_count(); i++)
        gk_html_element(buf, "li", gk_crs_at(i)->uri);
    gk_buf_puts(buf, "</ul>\n");
}

static void put_collection_html(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    const struct gk_layer *layer = view->collection.layer;
    const char *path = gk_text(request, "/collections/%s/items", view->collection.name);
    gk_html_begin(buf, view->settings, request, gk_collection_title(view, &view->collection));
    gk_html_element(buf, "p", view->is_swedish ? layer->text_sv : layer->text_en);
    gk_html_facts(buf, view, false);
    gk_buf_puts(buf, "<p>");
    gk_html_link(buf,
                 gk_address(request, path,
                            (struct gk_address){.format = "html", .language = request->language}),
                 gk_say(request, "Visa som tabell", "Show as a table"));
    gk_buf_puts(buf, " ");
    gk_html_link(buf, gk_address(request, path, (struct gk_address){.format = "json"}), "GeoJSON");
    gk_buf_puts(buf, " ");
    gk_html_link(buf, gk_address(request, path, (struct gk_address){.format = "csv"}), "CSV");
    gk_buf_puts(buf, " ");
    gk_html_link(buf,
                 gk_address(request,
                            gk_text(request, "/collections/%s/queryables", view->collection.name),
                            (struct gk_address){.format = "html", .language = request->language}),
                 gk_say(request, "Filtrera", "Filtering"));
    gk_buf_puts(buf, " ");
    gk_html_link(buf,
                 gk_address(request,
                            gk_text(request, "/collections/%s/sortables", view->collection.name),
                            (struct gk_address){.format = "html", .language = request->language}),
                 gk_say(request, "Ordna", "Sorting"));
    gk_style_put_html_links(buf, request, view->collection.name);
    gk_buf_puts(buf, "</p>\n");
    put_columns_html(view, buf);
    put_crs_html(view, buf);
    gk_html_end(buf, view->settings, request);
}

/* --- The resources -------------------------------------------------------------------- */

/* As gk_view_open(), for resources that take nothing but a release or revision. */
static enum gk_status open_about(struct gk_view *view, void *context,
                                 const struct gk_request *request, struct gk_response *response,
                                 struct gk_error *error)
{
    enum gk_status status = gk_view_open(view, context, request, response, error);
    if (status == GK_OK)
        status = gk_version_only(request, error);
    return status;
}

/* Where other versions of these data are. */
static void put_version_links(struct gk_json *json, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    gk_json_put_link(
        json, "version-history", "application/json", NULL,
        gk_address(request, view->is_analyst ? "/revisions" : "/releases", (struct gk_address){0}));
    if (view->is_numbered)
        gk_json_put_link(json, "latest-version", "application/json", NULL,
                         gk_address(request, "/collections", (struct gk_address){.is_bare = true}));
}

static void put_collections_json(const struct gk_view *view, struct gk_buf *buf)
{
    struct gk_collection collection;
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_key(&json, "links");
    gk_json_array_begin(&json);
    gk_json_put_self_links(&json, view->request, "application/json");
    put_version_links(&json, view);
    gk_json_array_end(&json);
    put_crs_list(&json);
    gk_json_key(&json, "collections");
    gk_json_array_begin(&json);
    for (size_t i = 0; gk_view_collection_at(view, i, &collection); i++)
        put_collection(&json, view, &collection, false);
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
}

enum gk_status gk_resource_collections(void *context, const struct gk_request *request,
                                       struct gk_response *response, struct gk_error *error)
{
    struct gk_view view;
    enum gk_status status = open_about(&view, context, request, response, error);
    if (status == GK_OK) {
        if (request->format == GK_FORMAT_HTML)
            put_collections_html(&view, &response->body);
        else
            put_collections_json(&view, &response->body);
        status = gk_view_finish(response, error);
    }
    gk_view_close(&view);
    return status;
}

enum gk_status gk_resource_collection(void *context, const struct gk_request *request,
                                      struct gk_response *response, struct gk_error *error)
{
    struct gk_view view;
    enum gk_status status = open_about(&view, context, request, response, error);
    if (status == GK_OK)
        status = gk_view_find_collection(&view, error);
    if (status == GK_OK && request->format == GK_FORMAT_HTML) {
        put_collection_html(&view, &response->body);
        status = gk_view_finish(response, error);
    } else if (status == GK_OK) {
        struct gk_json json;
        gk_json_init(&json, &response->body);
        put_collection(&json, &view, &view.collection, true);
        gk_buf_putc(&response->body, '\n');
        status = gk_view_finish(response, error);
    }
    gk_view_close(&view);
    return status;
}

/* Both schemas have the same page. */
static enum gk_status answer_schema(void *context, const struct gk_request *request,
                                    struct gk_response *response, struct gk_error *error,
                                    void (*put_json)(const struct gk_view *, struct gk_buf *))
{
    struct gk_view view;
    enum gk_status status = open_about(&view, context, request, response, error);
    if (status == GK_OK)
        status = gk_view_find_collection(&view, error);
    if (status == GK_OK && request->format == GK_FORMAT_HTML) {
        gk_html_begin(&response->body, view.settings, request,
                      gk_collection_title(&view, &view.collection));
        put_columns_html(&view, &response->body);
        gk_html_end(&response->body, view.settings, request);
    } else if (status == GK_OK) {
        put_json(&view, &response->body);
    }
    if (status == GK_OK)
        status = gk_view_finish(response, error);
    gk_view_close(&view);
    return status;
}

enum gk_status gk_resource_schema(void *context, const struct gk_request *request,
                                  struct gk_response *response, struct gk_error *error)
{
    return answer_schema(context, request, response, error, gk_schema_put_logical);
}

enum gk_status gk_resource_feature_schema(void *context, const struct gk_request *request,
                                          struct gk_response *response, struct gk_error *error)
{
    return answer_schema(context, request, response, error, gk_schema_put_feature);
}
