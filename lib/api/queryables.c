/* What may stand in `filter` and in `sortby` of a collection, as JSON Schema and as
 * a page that explains how. */
#include <string.h>

#include "filter.h"
#include "html.h"
#include "link.h"
#include "sortby.h"

static bool is_any(const struct gk_view *view, const struct gk_column *column)
{
    (void)view;
    (void)column;
    return true;
}

/* The columns of the view's collection that a test allows. */
static void columns_of(const struct gk_view *view, struct gk_columns *columns,
                       bool (*is_allowed)(const struct gk_view *, const struct gk_column *))
{
    struct gk_columns all;
    gk_collection_columns(view, &view->collection, &all);
    columns->count = 0;
    for (size_t i = 0; i < all.count; i++)
        if (is_allowed(view, &all.column[i]))
            columns->column[columns->count++] = all.column[i];
}

/* --- As JSON Schema ------------------------------------------------------------------ */

/* Part 3 tells geometry by its format; QGIS (to 4.0) by a reference to GeoJSON's schemas,
 * without which it pushes no spatial condition down. */
static void put_geometry(struct gk_json *json, const struct gk_view *view)
{
    const char *geometry = view->collection.layer->geometry;
    gk_json_key(json, GK_QUERYABLE_GEOMETRY);
    gk_json_object_begin(json);
    gk_json_member(json, "title", gk_say(view->request, "Geometri", "Geometry"));
    gk_json_member(json, "format", geometry);
    gk_json_member(json, "x-ogc-role", "primary-geometry");
    gk_json_member(json, "$ref",
                   strcmp(geometry, "geometry-point") == 0 ? "https://geojson.org/schema/Point.json"
                   : strcmp(geometry, "geometry-polygon") == 0
                       ? "https://geojson.org/schema/Polygon.json"
                       : "https://geojson.org/schema/MultiPolygon.json");
    gk_json_object_end(json);
}

/* The id is the address without parameters, as the standard wants it. */
static void put_json(const struct gk_view *view, bool is_sortables, struct gk_buf *buf)
{
    struct gk_columns columns;
    struct gk_json json;
    columns_of(view, &columns, is_sortables ? gk_is_sortable : is_any);
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_member(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    gk_json_member(
        &json, "$id",
        gk_address(view->request, view->request->path, (struct gk_address){.is_bare = true}));
    gk_json_member(&json, "title", gk_collection_title(view, &view->collection));
    gk_json_member(&json, "type", "object");
    gk_json_key(&json, "properties");
    gk_json_object_begin(&json);
    if (!is_sortables)
        put_geometry(&json, view);
    gk_json_put_columns(&json, &columns, view->is_swedish, GK_COLUMNS_PLAIN);
    gk_json_object_end(&json);
    gk_json_key(&json, "additionalProperties");
    gk_json_bool(&json, false);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
}

/* --- As a page -------------------------------------------------------------------------- */

static const char *type_text(const struct gk_view *view, enum gk_property property)
{
    const struct gk_request *request = view->request;
    switch (gk_filter_type(property)) {
    case GK_CQL2_NUMBER:
        return gk_say(request, "tal", "number");
    case GK_CQL2_BOOLEAN:
        return gk_say(request, "TRUE eller FALSE", "TRUE or FALSE");
    case GK_CQL2_DATE:
        return "DATE('2024-03-01')";
    case GK_CQL2_TIMESTAMP:
        return "TIMESTAMP('2024-03-01T07:00:00Z')";
    default:
        return gk_say(request, "'text'", "'text'");
    }
}

static void put_row(const char *label, const char *name, const char *type, const char *text,
                    struct gk_buf *buf)
{
    gk_buf_puts(buf, "<tr><th scope=\"row\">");
    gk_html_text(buf, label);
    gk_buf_puts(buf, "<br><code>");
    gk_html_text(buf, name);
    gk_buf_puts(buf, "</code></th><td>");
    gk_html_text(buf, type);
    gk_buf_puts(buf, "</td><td>");
    gk_html_text(buf, text);
    gk_buf_puts(buf, "</td></tr>\n");
}

static void put_table(const struct gk_view *view, const struct gk_columns *columns,
                      bool has_geometry, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    gk_html_table_begin(
        buf, has_geometry
                 ? gk_say(request, "Det som kan stå i filter", "What may stand in filter")
                 : gk_say(request, "Det som kan stå i sortby", "What may stand in sortby"));
    gk_buf_puts(buf, "<thead><tr>");
    const char *heads[] = {gk_say(request, "Egenskap", "Property"),
                           gk_say(request, "Skrivs", "Written"),
                           gk_say(request, "Betydelse", "Meaning")};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        gk_buf_puts(buf, "<th scope=\"col\">");
        gk_html_text(buf, heads[i]);
        gk_buf_puts(buf, "</th>");
    }
    gk_buf_puts(buf, "</tr></thead>\n<tbody>\n");
    if (has_geometry)
        put_row(gk_say(request, "Geometri", "Geometry"), GK_QUERYABLE_GEOMETRY, "POINT(14.5 56.05)",
                gk_say(request, "Objektets yta eller punkt; väljer hela objekt",
                       "The feature's area or point; selects whole features"),
                buf);
    for (size_t i = 0; i < columns->count; i++) {
        enum gk_property property = columns->column[i].property;
        const struct gk_property_info *info = gk_property_info(property);
        put_row(view->is_swedish ? info->label_sv : info->label_en, info->name,
                type_text(view, property), view->is_swedish ? info->text_sv : info->text_en, buf);
    }
    gk_buf_puts(buf, "</tbody>\n");
    gk_html_table_end(buf);
}

static void put_example(const struct gk_view *view, const char *sv, const char *en,
                        const char *filter, struct gk_buf *buf)
{
    gk_buf_puts(buf, "<dt>");
    gk_html_text(buf, gk_say(view->request, sv, en));
    gk_buf_puts(buf, "</dt><dd><code>");
    gk_html_text(buf, filter);
    gk_buf_puts(buf, "</code></dd>\n");
}

/* Degrees with four decimals, for an example. */
static const char *box_text(const struct gk_view *view)
{
    struct gk_box_e7 box = gk_collection_extent(view, &view->collection);
    int32_t side = (box.max.lon - box.min.lon) / 4;
    return gk_text(view->request, "S_INTERSECTS(geometry, BBOX(%.4f, %.4f, %.4f, %.4f))",
                   box.min.lon / 1e7, box.min.lat / 1e7, (box.min.lon + side) / 1e7,
                   (box.min.lat + side / 2) / 1e7);
}

static void put_examples(const struct gk_view *view, struct gk_buf *buf)
{
    const struct gk_layer *layer = view->collection.layer;
    gk_html_element(buf, "h2", gk_say(view->request, "Exempel", "Examples"));
    gk_buf_puts(buf, "<dl>\n");
    put_example(view, "Minst tre, eller okänt", "At least three, or unknown",
                "count >= 3 OR count IS NULL", buf);
    put_example(view, "De som en ruta på kartan berör", "Those that a box on the map touches",
                box_text(view), buf);
    if (layer == &gk_layer_districts || layer == &gk_layer_watch_areas)
        put_example(view, "Namn som innehåller ett ord, små eller stora bokstäver",
                    "Names that contain a word, in any case", "CASEI(name) LIKE CASEI('%by%')",
                    buf);
    if (layer == &gk_layer_incidents)
        put_example(view, "Det kan ha hänt en viss natt", "It may have happened in one night",
                    "T_INTERSECTS(INTERVAL(\"from\", \"to\"), INTERVAL('2024-03-01T21:00:00Z', "
                    "'2024-03-02T05:00:00Z'))",
                    buf);
    if (layer == &gk_layer_watch_areas)
        put_example(view, "Började senast 2020", "Began in 2020 or before",
                    "T_BEFORE(started, DATE('2021-01-01'))", buf);
    gk_buf_puts(buf, "</dl>\n");
}

static void put_html(const struct gk_view *view, bool is_sortables, struct gk_buf *buf)
{
    const struct gk_request *request = view->request;
    struct gk_columns columns;
    columns_of(view, &columns, is_sortables ? gk_is_sortable : is_any);
    gk_html_begin(buf, view->settings, request, gk_collection_title(view, &view->collection));
    if (is_sortables) {
        gk_html_element(
            buf, "p",
            gk_say(request,
                   "sortby=count,-name ordnar stigande efter count och sedan fallande efter name. "
                   "Högst fyra egenskaper. Tomma värden kommer sist, och det som är lika står kvar "
                   "i datamängdens egen ordning.",
                   "sortby=count,-name orders by count ascending, then by name descending. At most "
                   "four properties. Nulls come last, and what is equal stays in the collection's "
                   "own order."));
    } else {
        gk_html_element(
            buf, "p",
            gk_say(request,
                   "filter=... väljer objekt med CQL2 (text): =, <>, <, >, <=, >=, LIKE (% och _), "
                   "BETWEEN, IN, IS NULL, AND, OR, NOT, CASEI, ACCENTI, S_INTERSECTS med punkt, "
                   "linje, yta eller BBOX, och T_BEFORE, T_DURING med flera för datum och tider. "
                   "Värdena är de som svaren visar, med samma avrundning, för vald period.",
                   "filter=... selects features by CQL2 text: =, <>, <, >, <=, >=, LIKE (% and _), "
                   "BETWEEN, IN, IS NULL, AND, OR, NOT, CASEI, ACCENTI, S_INTERSECTS with a point, "
                   "line, polygon or BBOX, and T_BEFORE, T_DURING and others for dates and times. "
                   "Values are those that answers show, rounded in the same way, for the chosen "
                   "period."));
        gk_html_element(
            buf, "p",
            gk_say(request,
                   "En yta i ett filter väljer hela objekt som den berör; deras antal ändras inte. "
                   "Koordinater är longitud och latitud, eller de som filter-crs anger.",
                   "A geometry in a filter selects whole features that it touches; their counts do "
                   "not change. Coordinates are longitude and latitude, or those that filter-crs "
                   "names."));
        put_examples(view, buf);
    }
    put_table(view, &columns, !is_sortables, buf);
    gk_html_end(buf, view->settings, request);
}

/* --- The resources ---------------------------------------------------------------------------- */

static enum gk_status answer(void *context, const struct gk_request *request,
                             struct gk_response *response, struct gk_error *error,
                             bool is_sortables)
{
    struct gk_view view;
    enum gk_status status = gk_view_open(&view, context, request, response, error);
    if (status == GK_OK)
        status = gk_version_only(request, error);
    if (status == GK_OK)
        status = gk_view_find_collection(&view, error);
    if (status == GK_OK) {
        if (request->format == GK_FORMAT_HTML)
            put_html(&view, is_sortables, &response->body);
        else
            put_json(&view, is_sortables, &response->body);
        status = gk_view_finish(response, error);
    }
    gk_view_close(&view);
    return status;
}

enum gk_status gk_resource_queryables(void *context, const struct gk_request *request,
                                      struct gk_response *response, struct gk_error *error)
{
    return answer(context, request, response, error, false);
}

enum gk_status gk_resource_sortables(void *context, const struct gk_request *request,
                                     struct gk_response *response, struct gk_error *error)
{
    return answer(context, request, response, error, true);
}
