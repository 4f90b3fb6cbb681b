/* The page /gis: how to connect, program by program. */
#include <string.h>

#include "gis.h"
#include "html.h"
#include "link.h"
#include "style.h"
#include "tile.h"

/* --- Parts --------------------------------------------------------------------------- */

/* A step: what to do, and what to put in or NULL. */
struct step {
    const char *sv, *en, *code;
};

static void put_steps(struct gk_buf *buf, const struct gk_request *request,
                      const struct step *steps, size_t count)
{
    gk_buf_puts(buf, "<ol>\n");
    for (size_t i = 0; i < count; i++) {
        gk_buf_puts(buf, "<li>");
        gk_html_text(buf, gk_say(request, steps[i].sv, steps[i].en));
        if (steps[i].code != NULL) {
            gk_buf_putc(buf, ' ');
            gk_gis_put_code(buf, steps[i].code);
        }
        gk_buf_puts(buf, "</li>\n");
    }
    gk_buf_puts(buf, "</ol>\n");
}

/* Lines to run or to paste, in a region that scrolls by itself. */
static void put_lines(struct gk_buf *buf, const char *label, const char *class, const char *text)
{
    gk_buf_puts(buf, "<pre class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    gk_html_text(buf, label);
    gk_buf_puts(buf, "\"><code class=\"copy ");
    gk_html_text(buf, class);
    gk_buf_puts(buf, "\">");
    gk_html_text(buf, text);
    gk_buf_puts(buf, "</code></pre>\n");
}

static const char *address_of(const struct gk_view *view, const char *path)
{
    return gk_address(view->request, path, (struct gk_address){.is_bare = true});
}

/* --- Programs -------------------------------------------------------------------------- */

static void put_qgis(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const struct step steps[] = {
        {"Lager › Lägg till lager › WFS / OGC API - Features. Välj Ny.",
         "Layer › Add Layer › Add WFS / OGC API - Features Layer. Choose New.", NULL},
        {"Ge anslutningen ett namn och fyll i adressen:", "Give the connection a name and the URL:",
         address_of(view, "/")},
        {"Välj versionen OGC API - Features, lämna resten och tryck OK.",
         "Choose the version OGC API - Features, leave the rest and press OK.", NULL},
        {"Tryck Anslut, markera lagren och Lägg till. QGIS hämtar alla sidor själv.",
         "Press Connect, select the layers and Add. QGIS follows all pages by itself.", NULL},
    };
    const char *style = address_of(view, "/collections/cells/styles/" GK_STYLE_NAME);
    const struct step styled[] = {
        {"Spara lagerfilen och dra den till kartan; då följer färgerna med:",
         "Save the layer file and drag it onto the map; the colours come with it:",
         gk_text(request, "%s?f=qlr", style)},
    };
    const struct step period[] = {
        {"Lager › Lägg till lager › Vektorlager. Källtyp Protokoll, typ GeoJSON, och adressen:",
         "Layer › Add Layer › Add Vector Layer. Source type Protocol, type GeoJSON, and the URI:",
         gk_text(request, "%s?limit=%d&datetime=%s", address_of(view, "/collections/cells/items"),
                 GK_LIMIT_MAX, "2024-01-01/2024-12-31")},
    };
    const struct step tiles[] = {
        {"Lager › Lägg till lager › Vektorrutor. Välj Ny och adressen:",
         "Layer › Add Layer › Add Vector Tile Layer. Choose New and the URL:",
         gk_text(request, "%s/{z}/{y}/{x}",
                 address_of(view, "/collections/cells/tiles/" GK_TILE_SET))},
    };
    gk_html_element(buf, "h3", gk_say(request, "QGIS 3.22 och nyare", "QGIS 3.22 and newer"));
    put_steps(buf, request, steps, sizeof steps / sizeof *steps);
    gk_html_element(
        buf, "p", gk_say(request, "Färdigt tecknat, i ett steg:", "Styled already, in one step:"));
    put_steps(buf, request, styled, 1);
    gk_html_element(buf, "p",
                    gk_say(request, "En annan period än de senaste 12 månaderna:",
                           "Another period than the last 12 months:"));
    put_steps(buf, request, period, 1);
    gk_html_element(buf, "p",
                    gk_say(request, "Som vektorrutor, när hela landet ska visas snabbt:",
                           "As vector tiles, to show a whole country quickly:"));
    put_steps(buf, request, tiles, 1);
}

static void put_arcgis(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const struct step steps[] = {
        {"Insert › Connections › Server › New OGC API Server.",
         "Insert › Connections › Server › New OGC API Server.", NULL},
        {"Fyll i adressen och tryck OK:", "Put in the URL and press OK:", address_of(view, "/")},
        {"Öppna Servers i Catalog och dra lagret till kartan.",
         "Open Servers in the Catalog pane and drag the layer onto the map.", NULL},
    };
    gk_html_element(buf, "h3", "ArcGIS Pro");
    put_steps(buf, request, steps, sizeof steps / sizeof *steps);
}

static void put_gdal(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const char *root = address_of(view, "/"), *items = address_of(view, "/collections/cells/items");
    gk_html_element(buf, "h3",
                    gk_say(request, "GDAL och kommandoraden", "GDAL and the command line"));
    put_lines(
        buf, gk_say(request, "Kommandon", "Commands"), "sh",
        gk_text(request,
                "ogrinfo -ro -so OAPIF:%s cells\n"
                "ogr2ogr -f GPKG cells.gpkg OAPIF:%s cells\n"
                "ogr2ogr -f GPKG -t_srs EPSG:3006 -spat 14.4 56.0 14.6 56.1 part.gpkg "
                "OAPIF:%s cells\n"
                "curl -s '%s?limit=1000&bbox=14.4,56.0,14.6,56.1&datetime=2024-01-01/2024-12-31'\n"
                "curl -s -G --data-urlencode 'filter=count >= 2 AND dwellings < 50' %s",
                root, root, root, items, items));
    gk_html_element(
        buf, "p",
        gk_say(request,
               "På tjänstens egen server skriver grannkarta export samma lager till en "
               "fil utan att någon tjänst behöver köra:",
               "On the service's own server grannkarta export writes the same layers to "
               "a file, without a running service:"));
    put_lines(buf, "grannkarta export", "sh",
              "grannkarta export cells cells-2024.gpkg --from 2024-01 --to 2024-12");
}

static void put_spreadsheet(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const char *items = address_of(view, "/collections/districts-kommun/items");
    const struct step steps[] = {
        {"Data › Hämta data › Från webben, och adressen:",
         "Data › Get Data › From Web, and the URL:",
         gk_text(request, "%s?f=csv&csv=excel&limit=%d", items, GK_LIMIT_MAX)},
        {"Den har semikolon och decimalkomma, som Excel på svenska väntar sig. På engelska: utan "
         "csv=excel.",
         "It has semicolons and decimal commas, as Excel in Swedish expects. In English: without "
         "csv=excel.",
         NULL},
    };
    gk_html_element(buf, "h3",
                    gk_say(request, "Excel och andra kalkylark", "Excel and other spreadsheets"));
    put_steps(buf, request, steps, sizeof steps / sizeof *steps);
}

static void put_web(struct gk_buf *buf, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const char *items = address_of(view, "/collections/cells/items");
    const char *tiles = address_of(view, "/collections/cells/tiles/" GK_TILE_SET);
    gk_html_element(buf, "h3", gk_say(request, "Webbkarta", "Web map"));
    put_lines(buf, "OpenLayers", "ol",
              gk_text(request,
                      "new ol.layer.VectorTile({\n"
                      "  source: new ol.source.VectorTile({\n"
                      "    format: new ol.format.MVT(),\n"
                      "    url: '%s/{z}/{y}/{x}'\n"
                      "  })\n"
                      "})",
                      tiles));
    put_lines(buf, "MapLibre", "maplibre",
              gk_text(request,
                      "map.addSource('cells', {type: 'vector', url: '%s?f=tilejson'});\n"
                      "map.addLayer({id: 'cells', type: 'fill', source: 'cells',\n"
                      "  'source-layer': 'cells', paint: {'fill-color': '#2b6ca3'}});",
                      tiles));
    gk_html_element(
        buf, "p",
        gk_say(request, "Få objekt går också som GeoJSON:", "A few features also go as GeoJSON:"));
    put_lines(buf, "OpenLayers GeoJSON", "ol",
              gk_text(request,
                      "new ol.layer.Vector({\n"
                      "  source: new ol.source.Vector({\n"
                      "    format: new ol.format.GeoJSON(),\n"
                      "    url: '%s?limit=%d'\n"
                      "  })\n"
                      "})",
                      items, GK_LIMIT_MAX));
    gk_html_element(buf, "p",
                    gk_say(request, "Öppna svar får läsas av sidor på andra adresser (CORS).",
                           "Public answers may be read by pages at other addresses (CORS)."));
}

void gk_gis_put_programs(struct gk_buf *buf, const struct gk_view *view)
{
    gk_html_element(buf, "h2", gk_say(view->request, "Så ansluter du", "How to connect"));
    put_qgis(buf, view);
    put_arcgis(buf, view);
    put_gdal(buf, view);
    put_web(buf, view);
    put_spreadsheet(buf, view);
}
