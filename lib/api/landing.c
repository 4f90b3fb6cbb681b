/* The landing page and what is conformed to. */
#include "html.h"
#include "link.h"
#include "view.h"

/* --- Landing page -------------------------------------------------------------- */

static const char *about(const struct gk_request *request)
{
    return gk_say(
        request,
        "Anmälda bostadsinbrott och grannsamverkan. Varje plats är en cell med flera "
        "bostäder; exakta platser lagras inte. Uppgifterna beskriver vad som har anmälts "
        "och förutsäger inget.",
        "Reported residential burglaries and neighbourhood watch. Every place is a cell of "
        "several dwellings; exact places are not stored. The data describe what was "
        "reported and predict nothing.");
}

static const char *json_address(const struct gk_request *request, const char *path)
{
    return gk_address(request, path, (struct gk_address){0});
}

static const char *html_address(const struct gk_request *request, const char *path)
{
    return gk_address(request, path, (struct gk_address){.format = "html"});
}

static void put_landing_json(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_member(&json, "title", view->settings->title);
    gk_json_member(&json, "description", about(request));
    if (view->settings->publisher[0] != '\0')
        gk_json_member(&json, "attribution", view->settings->publisher);
    gk_json_key(&json, "links");
    gk_json_array_begin(&json);
    gk_json_put_self_links(&json, request, "application/json");
    gk_json_put_link(&json, "service-desc", GK_OPENAPI_TYPE,
                     gk_say(request, "Gränssnittets beskrivning", "Definition of the interface"),
                     json_address(request, "/api"));
    gk_json_put_link(&json, "service-doc", "text/html",
                     gk_say(request, "Gränssnittet, att läsa", "The interface, to read"),
                     html_address(request, "/api"));
    gk_json_put_link(&json, "conformance", "application/json",
                     gk_say(request, "Standarder som följs", "Standards conformed to"),
                     json_address(request, "/conformance"));
    gk_json_put_link(&json, "data", "application/json", gk_say(request, "Data", "Data"),
                     json_address(request, "/collections"));
    gk_json_put_link(&json, "version-history", "application/json",
                     gk_say(request, "Utgåvor", "Releases"), json_address(request, "/releases"));
    gk_json_put_link(&json, "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes",
                     "application/json",
                     gk_say(request, "Kartrutornas indelning", "Tile matrix sets"),
                     json_address(request, "/tileMatrixSets"));
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
}

static void put_landing_html(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    struct gk_address html = {.format = "html", .language = request->language};
    struct gk_collection collection;
    gk_html_begin(buf, view->settings, request, view->settings->title);
    gk_html_element(buf, "p", about(request));
    gk_html_facts(buf, view, false);
    gk_html_element(buf, "h2", gk_say(request, "Data", "Data"));
    gk_buf_puts(buf, "<ul>\n");
    for (size_t i = 0; gk_view_collection_at(view, i, &collection); i++) {
        const char *path = gk_text(request, "/collections/%s/items", collection.name);
        gk_buf_puts(buf, "<li>");
        gk_html_link(buf, gk_address(request, path, html), gk_collection_title(view, &collection));
        gk_buf_puts(buf, "</li>\n");
    }
    gk_buf_puts(buf, "</ul>\n");
    gk_html_element(buf, "h2", gk_say(request, "I kartprogram", "In map programs"));
    gk_buf_puts(buf, "<p>");
    gk_html_text(buf, gk_say(request, "Lägg till som OGC API - Features med adressen ",
                             "Add as OGC API - Features with the address "));
    gk_html_element(buf, "code", gk_address(request, "/", (struct gk_address){0}));
    gk_buf_puts(buf, "</p>\n<p>");
    gk_html_link(buf, gk_address(request, "/gis", html),
                 gk_say(request, "Så ansluter du QGIS, ArcGIS Pro, GDAL och webbkartor",
                        "How to connect QGIS, ArcGIS Pro, GDAL and web maps"));
    gk_buf_puts(buf, "</p>\n<p>");
    gk_html_link(buf, gk_address(request, "/api", html),
                 gk_say(request, "Gränssnittet", "The interface"));
    gk_buf_puts(buf, " ");
    gk_html_link(buf, gk_address(request, "/releases", html),
                 gk_say(request, "Utgåvor", "Releases"));
    gk_buf_puts(buf, " ");
    gk_html_link(buf, gk_address(request, "/conformance", html),
                 gk_say(request, "Standarder som följs", "Standards conformed to"));
    gk_buf_puts(buf, "</p>\n");
    gk_html_end(buf, view->settings, request);
}

enum gk_status gk_resource_landing(void *context, const struct gk_request *request,
                                   struct gk_response *response, struct gk_error *error)
{
    struct gk_view view;
    enum gk_status status = gk_view_open(&view, context, request, response, error);
    if (status == GK_OK) {
        if (request->format == GK_FORMAT_HTML)
            put_landing_html(&view, &response->body);
        else
            put_landing_json(&view, &response->body);
        status = gk_view_finish(response, error);
    }
    gk_view_close(&view);
    return status;
}

/* --- Conformance ------------------------------------------------------------------ */

/* Exactly what is implemented. */
static const char *const classes[] = {
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/advanced-property-roles",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/returnables-and-receivables",
    /* Part 6 is a draft; these are its classes. */
    "http://www.opengis.net/spec/ogcapi-features-6/1.0/conf/properties",
    "http://www.opengis.net/spec/ogcapi-features-6/1.0/conf/properties-features",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    /* Part 8 is a draft; these are its classes. */
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sorting",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/features-sorting",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
};
enum { CLASSES = sizeof classes / sizeof *classes };

/* Needs no data, so that it answers from the first moment. */
enum gk_status gk_resource_conformance(void *context, const struct gk_request *request,
                                       struct gk_response *response, struct gk_error *error)
{
    struct gk_api *api = context;
    const struct gk_settings *settings = atomic_load(&api->settings);
    struct gk_buf *buf = &response->body;
    response->data_age_s = -1;
    if (request->format == GK_FORMAT_HTML) {
        gk_html_begin(buf, settings, request,
                      gk_say(request, "Standarder som följs", "Standards conformed to"));
        gk_buf_puts(buf, "<ul>\n");
        for (size_t i = 0; i < CLASSES; i++)
            gk_html_element(buf, "li", classes[i]);
        gk_buf_puts(buf, "</ul>\n");
        gk_html_end(buf, settings, request);
        return gk_view_finish(response, error);
    }
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_key(&json, "conformsTo");
    gk_json_array_begin(&json);
    for (size_t i = 0; i < CLASSES; i++)
        gk_json_text(&json, classes[i]);
    gk_json_array_end(&json);
    gk_json_key(&json, "links");
    gk_json_array_begin(&json);
    gk_json_put_self_links(&json, request, "application/json");
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
    return gk_view_finish(response, error);
}
