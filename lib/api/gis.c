/* The page /gis: for people with a map program. Which layers there are and their
 * addresses, what their columns mean, what the data are of, and within which
 * limits. How to connect is in gis_programs.c. Every address and command on the
 * page is tried by tests/integration/gis.t. */
#include "gis.h"

#include <string.h>

#include "html.h"
#include "link.h"
#include "geo/crs.h"
#include "style.h"
#include "tile.h"

void gk_gis_put_code(struct gk_buf *buf, const char *text)
{
    gk_buf_puts(buf, "<code class=\"copy\">");
    gk_html_text(buf, text);
    gk_buf_puts(buf, "</code>");
}

static void put_heads(struct gk_buf *buf, const char *const *heads, size_t count)
{
    gk_buf_puts(buf, "<thead><tr>");
    for (size_t i = 0; i < count; i++) {
        gk_buf_puts(buf, "<th scope=\"col\">");
        gk_html_text(buf, heads[i]);
        gk_buf_puts(buf, "</th>");
    }
    gk_buf_puts(buf, "</tr></thead>\n<tbody>\n");
}

static void put_crs(struct gk_buf *buf, const struct gk_view *view)
{
    enum { NAMES_MAX_BYTES = 512 };
    struct gk_buf names;
    gk_buf_init(&names, NAMES_MAX_BYTES);
    for (size_t i = 0; i < gk_crs_count(); i++) {
        const struct gk_crs *crs = gk_crs_at(i);
        gk_buf_puts(&names, i > 0 ? ", " : "");
        gk_buf_puts(&names, crs->epsg == 0 ? "CRS84 (WGS 84)" : crs->name);
        gk_buf_puts(&names, crs->epsg == 3006 ? " (SWEREF 99 TM)" : "");
    }
    gk_buf_puts(buf, "<dl>\n");
    gk_html_term(buf, gk_say(view->request, "Koordinatsystem", "Reference systems"),
                 names.data != NULL ? names.data : "");
    gk_buf_puts(buf, "</dl>\n");
    gk_buf_release(&names);
}

/* --- Addresses ---------------------------------------------------------------------- */

static void put_address(struct gk_buf *buf, const char *what, const char *address)
{
    gk_buf_puts(buf, "<dt>");
    gk_html_text(buf, what);
    gk_buf_puts(buf, "</dt><dd>");
    gk_gis_put_code(buf, address);
    gk_buf_puts(buf, "</dd>\n");
}

static void put_layer(struct gk_buf *buf, const struct gk_view *view,
                      const struct gk_collection *collection)
{
    const struct gk_request *request = view->request;
    const char *path = gk_text(request, "/collections/%s", collection->name);
    const char *items = gk_address(request, gk_text(request, "%s/items", path),
                                   (struct gk_address){.is_bare = true});
    const char *tiles = gk_address(request, gk_text(request, "%s/tiles/" GK_TILE_SET, path),
                                   (struct gk_address){.is_bare = true});
    const char *style = gk_address(request, gk_text(request, "%s/styles/" GK_STYLE_NAME, path),
                                   (struct gk_address){.is_bare = true});
    gk_html_element(buf, "h3", gk_collection_title(view, collection));
    gk_html_element(buf, "p",
                    view->is_swedish ? collection->layer->text_sv : collection->layer->text_en);
    gk_buf_puts(buf, "<dl>\n");
    gk_html_term(buf, gk_say(request, "Lagrets namn", "Name of the layer"), collection->name);
    put_address(buf, "GeoJSON", items);
    put_address(buf, "CSV", gk_text(request, "%s?f=csv", items));
    put_address(buf, gk_say(request, "Vektorrutor", "Vector tiles"),
                gk_text(request, "%s/{z}/{y}/{x}", tiles));
    put_address(buf, "TileJSON", gk_text(request, "%s?f=tilejson", tiles));
    put_address(buf, gk_say(request, "Lagerfil för QGIS", "Layer file for QGIS"),
                gk_text(request, "%s?f=qlr", style));
    put_address(buf, gk_say(request, "Stil för webbkartor", "Style for web maps"),
                gk_text(request, "%s?f=mapbox", style));
    gk_buf_puts(buf, "</dl>\n");
}

static void put_addresses(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    struct gk_collection collection;
    gk_html_element(buf, "h2", gk_say(request, "Adresser", "Addresses"));
    gk_buf_puts(buf, "<dl>\n");
    put_address(buf, gk_say(request, "Hela tjänsten", "The whole service"),
                gk_address(request, "/", (struct gk_address){.is_bare = true}));
    put_address(buf, "OpenAPI", gk_address(request, "/api", (struct gk_address){.is_bare = true}));
    gk_buf_puts(buf, "</dl>\n");
    gk_html_element(
        buf, "p",
        gk_say(request,
               "De flesta program behöver bara den första adressen. Klicka på en adress "
               "för att markera hela.",
               "Most programs need only the first address. Click an address to select "
               "all of it."));
    for (size_t i = 0; gk_view_collection_at(view, i, &collection); i++)
        put_layer(buf, view, &collection);
}

/* --- Columns ------------------------------------------------------------------------- */

static const char *type_name(const struct gk_request *request, enum gk_property_type type)
{
    switch (type) {
    case GK_TYPE_INTEGER:
        return gk_say(request, "heltal", "integer");
    case GK_TYPE_NUMBER:
        return gk_say(request, "tal", "number");
    case GK_TYPE_TEXT:
        return gk_say(request, "text", "text");
    case GK_TYPE_DATE:
        return gk_say(request, "datum", "date");
    case GK_TYPE_TIME:
        return gk_say(request, "tidpunkt", "date and time");
    case GK_TYPE_BOOLEAN:
        return gk_say(request, "ja/nej", "yes/no");
    }
    return "";
}

static const char *kind_name(const struct gk_request *request, enum gk_property_kind kind)
{
    static const char *const swedish[GK_KINDS_OF_PROPERTY] = {
        [GK_KIND_OF_COUNT] = "antal",       [GK_KIND_OF_DENOMINATOR] = "nämnare",
        [GK_KIND_OF_RATE] = "kvot",         [GK_KIND_OF_INTERVAL] = "intervall",
        [GK_KIND_OF_YEAR] = "år",           [GK_KIND_OF_SHARE] = "andel",
        [GK_KIND_OF_DISTANCE] = "avstånd",  [GK_KIND_OF_IDENTIFIER] = "nummer",
        [GK_KIND_OF_THRESHOLD] = "tröskel", [GK_KIND_OF_DATE] = "datum",
        [GK_KIND_OF_TEXT] = "text",         [GK_KIND_OF_FLAG] = "ja/nej"};
    return gk_say(request, swedish[kind], gk_property_kind_name(kind));
}

/* Units are English in schemas, so that programs can tell them. */
static const char *unit_name(const struct gk_request *request, const char *unit)
{
    static const struct {
        const char *english, *swedish;
    } units[] = {
        {"offences", "brott"},
        {"dwellings", "bostäder"},
        {"addresses", "adresser"},
        {"inhabitants", "invånare"},
        {"cells", "celler"},
        {"cells or incidents", "celler eller inbrott"},
        {"offences per 1,000 dwellings", "brott per 1 000 bostäder"},
        {"offences per 100,000 inhabitants", "brott per 100 000 invånare"},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].english, unit) == 0)
            return gk_say(request, units[i].swedish, unit);
    return unit;
}

static void put_column(struct gk_buf *buf, const struct gk_view *view, enum gk_property property)
{
    const struct gk_property_info *info = gk_property_info(property);
    const char *cells[] = {
        type_name(view->request, info->type), kind_name(view->request, info->kind),
        unit_name(view->request, info->unit), view->is_swedish ? info->text_sv : info->text_en};
    gk_buf_puts(buf, "<tr><th scope=\"row\"><code>");
    gk_html_text(buf, info->name);
    gk_buf_puts(buf, "</code><br>");
    gk_html_text(buf, view->is_swedish ? info->label_sv : info->label_en);
    gk_buf_puts(buf, "</th>");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        gk_buf_puts(buf, "<td>");
        gk_html_text(buf, cells[i]);
        gk_buf_puts(buf, "</td>");
    }
    gk_buf_puts(buf, "</tr>\n");
}

static void put_columns(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const char *heads[] = {gk_say(request, "Fält", "Field"), gk_say(request, "Typ", "Type"),
                           gk_say(request, "Slag", "Kind"), gk_say(request, "Enhet", "Unit"),
                           gk_say(request, "Betydelse", "Meaning")};
    struct gk_collection collection;
    struct gk_columns columns;
    gk_html_element(buf, "h2", gk_say(request, "Fälten", "The fields"));
    gk_html_element(
        buf, "p",
        gk_say(request,
               "Varje tal säger vad det är. En kvot utan sitt intervall säger för lite: "
               "visa båda, och jämför områden efter intervallets nedre gräns.",
               "Every number says what it is. A rate without its interval says too "
               "little: show both, and compare areas by the interval's lower bound."));
    for (size_t i = 0; gk_view_collection_at(view, i, &collection); i++) {
        const char *title = gk_collection_title(view, &collection);
        gk_collection_columns(view, &collection, &columns);
        gk_buf_puts(buf, "<details><summary>");
        gk_html_text(buf, title);
        gk_buf_puts(buf, " <code>");
        gk_html_text(buf, collection.name);
        gk_buf_puts(buf, "</code></summary>\n");
        gk_html_table_begin(
            buf, gk_text(request, gk_say(request, "Fälten i %s", "Fields of %s"), title));
        put_heads(buf, heads, sizeof heads / sizeof *heads);
        for (size_t c = 0; c < columns.count; c++)
            put_column(buf, view, columns.column[c].property);
        gk_buf_puts(buf, "</tbody>\n");
        gk_html_table_end(buf);
        gk_buf_puts(buf, "</details>\n");
    }
}

/* --- What holds for all ------------------------------------------------------------------ */

static void put_source(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const struct gk_settings *settings = view->settings;
    const char *publisher = settings->publisher[0] != '\0' ? settings->publisher : settings->title;
    gk_html_element(buf, "h2", gk_say(request, "Ange källan så här", "How to name the source"));
    gk_buf_puts(buf, "<p>");
    gk_gis_put_code(
        buf, gk_text(request,
                     view->is_analyst
                         ? gk_say(request, "Källa: %s, %s, revision %d, uppgifter till och med %s",
                                  "Source: %s, %s, revision %d, data through %s")
                         : gk_say(request, "Källa: %s, %s, utgåva %d, uppgifter till och med %s",
                                  "Source: %s, %s, release %d, data through %s"),
                     publisher, settings->title, (int)view->snapshot->number,
                     gk_day_text(request, view->snapshot->data_through_day)));
    gk_buf_puts(buf, "</p>\n");
    gk_html_element(
        buf, "p",
        gk_text(
            request,
            gk_say(request,
                   "Skriv också perioden och definitionen, som står i varje rad. En cell är "
                   "minst %d bostäder: rita den som yta, aldrig som en punkt på ett hus.",
                   "Give the period and the definition too; they stand in every feature. A cell "
                   "is at least %d dwellings: draw it as an area, never as a point on a house."),
            (int)view->snapshot->k));
    gk_html_element(
        buf, "p",
        settings->licence[0] != '\0'
            ? gk_text(request, gk_say(request, "Licens: %s", "Licence: %s"), settings->licence)
            : gk_say(request, "Om licensen: fråga den som är ansvarig.",
                     "About the licence, ask whoever is responsible."));
}

static void put_limits(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    gk_html_element(buf, "h2", gk_say(request, "Bra att veta", "Good to know"));
    gk_buf_puts(buf, "<dl>\n");
    gk_html_term(
        buf, gk_say(request, "Period", "Period"),
        gk_say(
            request,
            "datetime=2024-01-01/2024-12-31 räknar de månaderna; utan den räknas de senaste 12. "
            "Den tar aldrig bort några objekt.",
            "datetime=2024-01-01/2024-12-31 counts these months; without it the last 12. It never "
            "removes features."));
    gk_html_term(
        buf, gk_say(request, "Koordinater", "Coordinates"),
        gk_text(
            request,
            gk_say(request,
                   "Grader, eller med crs=%s i SWEREF 99 TM. Axlarna står som registret har dem: "
                   "nord före öst. Kartprogrammen väljer själva.",
                   "Degrees, or with crs=%s SWEREF 99 TM. Axes stand as the register has them, "
                   "north before east. Map programs choose by themselves."),
            "http://www.opengis.net/def/crs/EPSG/0/3006"));
    gk_html_term(
        buf, "Filter",
        gk_say(
            request,
            "filter=count >= 2 AND dwellings < 50 (CQL2) väljer objekt, sortby=-count ordnar dem. "
            "QGIS 3.32 och nyare skickar sina villkor så. Vad som kan väljas på står "
            "under /collections/LAGER/queryables.",
            "filter=count >= 2 AND dwellings < 50 (CQL2) chooses features, sortby=-count orders "
            "them. QGIS 3.32 and newer sends its conditions so. What can be chosen by "
            "is under /collections/LAYER/queryables."));
    gk_html_term(
        buf, gk_say(request, "Sidor", "Pages"),
        gk_text(
            request,
            gk_say(request,
                   "%lld objekt åt gången, med limit upp till %d; följ länken next till resten. "
                   "Den gäller i minst 10 minuter efter att uppgifterna har ersatts.",
                   "%lld features at a time, with limit up to %d; follow the link next for the "
                   "rest. It holds for at least 10 minutes after the data were replaced."),
            (long long)view->settings->limit_default, GK_LIMIT_MAX));
    gk_html_term(buf, gk_say(request, "Uppdatering", "Updates"),
                 gk_say(request,
                        "När en ny utgåva publiceras. Med release=N får du alltid samma svar; "
                        "utgåvorna står under Utgåvor.",
                        "When a new release is published. With release=N you always get the same "
                        "answer; the numbers are under Releases."));
    gk_buf_puts(buf, "</dl>\n");
}

static void put_page(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    struct gk_address html = {.format = "html", .language = request->language};
    gk_html_begin(buf, view->settings, request,
                  gk_say(request, "I ditt kartprogram", "In your map program"));
    gk_html_element(
        buf, "p",
        gk_say(request,
               "Hämta lagren direkt till QGIS, ArcGIS Pro, en webbkarta eller ett "
               "kalkylark. De är samma som på sidorna här och uppdateras av sig själva.",
               "Get the layers straight into QGIS, ArcGIS Pro, a web map or a "
               "spreadsheet. They are those of the pages here and update themselves."));
    gk_html_facts(buf, view, false);
    put_crs(buf, view);
    put_addresses(buf, view);
    gk_gis_put_programs(buf, view);
    put_columns(buf, view);
    put_source(buf, view);
    put_limits(buf, view);
    gk_buf_puts(buf, "<p>");
    gk_html_link(buf, gk_address(request, "/releases", html),
                 gk_say(request, "Utgåvor", "Releases"));
    gk_buf_puts(buf, " ");
    gk_html_link(buf, gk_address(request, "/conformance", html),
                 gk_say(request, "Standarder som följs", "Standards conformed to"));
    gk_buf_puts(buf, "</p>\n");
    gk_html_end_alone(buf, view->settings, request);
}

enum gk_status gk_resource_gis(void *context, const struct gk_request *request,
                               struct gk_response *response, struct gk_error *error)
{
    struct gk_view view;
    enum gk_status status = gk_view_open(&view, context, request, response, error);
    if (status == GK_OK) {
        put_page(&response->body, &view);
        status = gk_view_finish(response, error);
    }
    gk_view_close(&view);
    return status;
}
