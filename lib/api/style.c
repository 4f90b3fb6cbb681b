/* The styles of a collection: there is one, in three forms. Colours are a single
 * hue from light to dark, which the colour-blind and a grey printer tell apart;
 * what is too few to compare has a hue of its own and no shade. */
#include "style.h"

#include "html.h"
#include "link.h"
#include "tile.h"

/* --- Classes ---------------------------------------------------------------------- */

/* Per 1,000 dwellings and year; a period's classes are as much wider as it is longer. */
static const double edges[GK_STYLE_RATES] = {0, 5, 10, 20};
static const char *const shades[GK_STYLE_RATES] = {"#c6d9ec", "#8fb8dc", "#4d8ec4", "#1f5c99"};

/* A number as texts have it: at most one decimal, with the reader's mark. */
static const char *number_text(const struct gk_view *view, double value)
{
    enum { NUMBER_MAX_BYTES = 32 };
    struct gk_buf buf;
    gk_buf_init(&buf, NUMBER_MAX_BYTES);
    gk_buf_put_double(&buf, value, 1);
    for (size_t i = 0; i < buf.length; i++)
        if (buf.data[i] == '.' && view->is_swedish)
            buf.data[i] = ',';
    const char *text = gk_text(view->request, "%s", buf.data == NULL ? "" : buf.data);
    gk_buf_release(&buf);
    return text;
}

static double years_of(const struct gk_view *view)
{
    enum { HOURS_OF_A_MONTH = 730, MONTHS = 12 };
    if (!view->is_covered)
        return 1;
    int32_t months =
        (view->period.to_hour - view->period.from_hour + HOURS_OF_A_MONTH / 2) / HOURS_OF_A_MONTH;
    return (months < 1 ? 1 : months) / (double)MONTHS;
}

static const char *rate_text(const struct gk_view *view, double from, double to)
{
    const struct gk_request *request = view->request;
    if (from == 0)
        return gk_text(request, gk_say(request, "under %s", "below %s"), number_text(view, to));
    if (to == 0)
        return gk_text(request, gk_say(request, "%s eller fler", "%s or more"),
                       number_text(view, from));
    return gk_text(request, gk_say(request, "%s till under %s", "%s to below %s"),
                   number_text(view, from), number_text(view, to));
}

static void put_class(struct gk_style *style, struct gk_style_class class)
{
    style->class[style->count++] = class;
}

static double rounded(double value)
{
    enum { TENTHS = 10 };
    return (double)(int64_t)(value * TENTHS + 0.5) / TENTHS;
}

static void make_classes(const struct gk_view *view, struct gk_style *style)
{
    const struct gk_request *request = view->request;
    double years = years_of(view);
    put_class(style, (struct gk_style_class){.rule = GK_STYLE_NO_DATA,
                                             .colour = "",
                                             .text = gk_say(request, "inga uppgifter för perioden",
                                                            "no data for the period")});
    put_class(style,
              (struct gk_style_class){.rule = GK_STYLE_NONE,
                                      .colour = "#f2f5f9",
                                      .text = gk_say(request, "inget anmält", "none reported")});
    put_class(style, (struct gk_style_class){
                         .rule = GK_STYLE_FEW,
                         .colour = "#ece3cd",
                         .text = gk_say(request, "1 till 4 anmälda: för få att jämföra",
                                        "1 to 4 reported: too few to compare")});
    for (size_t i = 0; i < GK_STYLE_RATES; i++) {
        double from = rounded(edges[i] * years);
        double to = i + 1 < GK_STYLE_RATES ? rounded(edges[i + 1] * years) : 0;
        put_class(style, (struct gk_style_class){.rule = GK_STYLE_RATE,
                                                 .from = from,
                                                 .to = to,
                                                 .colour = shades[i],
                                                 .text = rate_text(view, from, to)});
    }
}

void gk_style_make(const struct gk_view *view, struct gk_style *style)
{
    const struct gk_request *request = view->request;
    const struct gk_layer *layer = view->collection.layer;
    *style = (struct gk_style){
        .is_points = layer == &gk_layer_incidents,
        .title = gk_say(request, "Anmälda bostadsinbrott per 1 000 bostäder i perioden",
                        "Reported burglaries per 1,000 dwellings in the period"),
        .note = gk_say(request,
                       "Färgen visar hur många som anmälts, inte var det kommer att hända. Små "
                       "antal beror mest på slumpen: se intervallet i rate_per_1000_lower och "
                       "rate_per_1000_upper.",
                       "Colours show how many were reported, not where it will happen. Small "
                       "counts are mostly chance: see the interval in rate_per_1000_lower and "
                       "rate_per_1000_upper."),
        .line = layer == &gk_layer_watch_areas ? "#7a5c00" : "#7a8794",
    };
    if (!style->is_points) {
        make_classes(view, style);
        return;
    }
    style->line = "#4d8ec4";
    style->title = gk_say(request, "Anmälda bostadsinbrott, vid cellens punkt",
                          "Reported burglaries, at the point of their cell");
    style->note = gk_say(request,
                         "En punkt är en cell med minst k bostäder, inte en adress; place_radius_m "
                         "säger hur långt cellen når.",
                         "A point is a cell of at least k dwellings, not an address; "
                         "place_radius_m says how far the cell reaches.");
}

/* --- The resources --------------------------------------------------------------------- */

struct form {
    const char *f, *type, *title_sv, *title_en;
};
static const struct form forms[] = {
    {"mapbox", "application/vnd.mapbox.style+json", "För webbkartor (MapLibre)",
     "For web maps (MapLibre)"},
    {"qml", "application/x-qgis-layer-settings", "Stil för QGIS", "Style for QGIS"},
    {"qlr", "application/x-qgis-layer-definition", "Lager med stil för QGIS",
     "Layer with its style for QGIS"},
};

static void put_form_links(struct gk_json *json, const struct gk_request *request, const char *path,
                           bool keeps_query)
{
    const char *style = gk_text(request, "%s/styles/" GK_STYLE_NAME, path);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        gk_json_put_link(json, "stylesheet", forms[i].type,
                         gk_say(request, forms[i].title_sv, forms[i].title_en),
                         gk_address(request, style,
                                    (struct gk_address){.keeps_query = keeps_query,
                                                        .format = forms[i].f,
                                                        .language = request->language}));
}

void gk_style_put_links(struct gk_json *json, const struct gk_request *request, const char *path)
{
    gk_json_put_link(
        json, GK_STYLES_REL, "application/json", gk_say(request, "Stilar", "Styles"),
        gk_address(request, gk_text(request, "%s/styles", path), (struct gk_address){0}));
    put_form_links(json, request, path, false);
}

void gk_style_put_html_links(struct gk_buf *buf, const struct gk_request *request,
                             const char *collection)
{
    const char *path = gk_text(request, "/collections/%s", collection);
    const char *tiles = gk_text(request, "%s/tiles/" GK_TILE_SET, path);
    gk_buf_puts(buf, " ");
    gk_html_link(buf, gk_address(request, tiles, (struct gk_address){.format = "tilejson"}),
                 gk_say(request, "Vektorkartrutor (TileJSON)", "Vector tiles (TileJSON)"));
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        gk_buf_puts(buf, " ");
        gk_html_link(
            buf,
            gk_address(request, gk_text(request, "%s/styles/" GK_STYLE_NAME, path),
                       (struct gk_address){.format = forms[i].f, .language = request->language}),
            gk_say(request, forms[i].title_sv, forms[i].title_en));
    }
}

static void put_styles(const struct gk_view *view, const struct gk_style *style, struct gk_buf *buf)
{
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_member(&json, "default", GK_STYLE_NAME);
    gk_json_key(&json, "styles");
    gk_json_array_begin(&json);
    gk_json_object_begin(&json);
    gk_json_member(&json, "id", GK_STYLE_NAME);
    gk_json_member(&json, "title", style->title);
    gk_json_member(&json, "description", style->note);
    gk_json_key(&json, "links");
    gk_json_array_begin(&json);
    put_form_links(&json, view->request,
                   gk_text(view->request, "/collections/%s", view->collection.name), true);
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_json_array_end(&json);
    gk_json_key(&json, "links");
    gk_json_array_begin(&json);
    gk_json_put_link(&json, "self", "application/json", NULL, gk_address_self(view->request));
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
}

static void put_style(const struct gk_view *view, const struct gk_style *style, struct gk_buf *buf)
{
    if (view->request->format == GK_FORMAT_QML)
        gk_put_qml(view, style, buf);
    else if (view->request->format == GK_FORMAT_QLR)
        gk_put_qlr(view, style, buf);
    else
        gk_put_mapbox_style(view, style, buf);
}

/* A layer of QGIS asks for the newest data of the default period, whatever stood in the
 * query: a style with the classes of others would mislead. */
static enum gk_status check_layer(const struct gk_request *request, struct gk_error *error)
{
    for (size_t i = 0; request->format == GK_FORMAT_QLR && i < request->query_count; i++)
        if (!gk_is_version_parameter(request->query[i].name))
            return gk_error_set(error, GK_INVALID,
                                "parameter %s: a layer definition (f=qlr) shows the default; it is "
                                "allowed with f=qml and f=mapbox",
                                request->query[i].name);
    return GK_OK;
}

static enum gk_status answer(void *context, const struct gk_request *request,
                             struct gk_response *response, struct gk_error *error,
                             void (*put)(const struct gk_view *, const struct gk_style *,
                                         struct gk_buf *))
{
    struct gk_view view;
    struct gk_style style;
    enum gk_status status = gk_view_open(&view, context, request, response, error);
    if (status == GK_OK)
        status = gk_tile_read(&view, error);
    if (status == GK_OK)
        status = check_layer(request, error);
    if (status == GK_OK) {
        gk_style_make(&view, &style);
        put(&view, &style, &response->body);
        status = gk_view_finish(response, error);
    }
    gk_view_close(&view);
    return status;
}

enum gk_status gk_resource_styles(void *context, const struct gk_request *request,
                                  struct gk_response *response, struct gk_error *error)
{
    return answer(context, request, response, error, put_styles);
}

enum gk_status gk_resource_style(void *context, const struct gk_request *request,
                                 struct gk_response *response, struct gk_error *error)
{
    return answer(context, request, response, error, put_style);
}
