/* Styles for QGIS: a .qml file (symbology and names of columns), and a .qlr file
 * (a layer of this service with them). Written as QGIS 3.22 writes and reads;
 * later versions read it as well. */
#include <string.h>

#include "html.h"
#include "link.h"
#include "style.h"

static void put_text(struct gk_buf *buf, const char *text)
{
    gk_buf_put_html(buf, text, strlen(text));
}

/* name="text", escaped. */
static void put_attribute(struct gk_buf *buf, const char *name, const char *text)
{
    gk_buf_putc(buf, ' ');
    gk_buf_puts(buf, name);
    gk_buf_puts(buf, "=\"");
    put_text(buf, text);
    gk_buf_putc(buf, '"');
}

static void put_element(struct gk_buf *buf, const char *name, const char *text)
{
    gk_buf_printf(buf, "<%s>", name);
    put_text(buf, text);
    gk_buf_printf(buf, "</%s>\n", name);
}

/* --- Rules ------------------------------------------------------------------------- */

/* The class as an expression of QGIS. */
static const char *filter_of(const struct gk_view *view, const struct gk_style_class *class)
{
    const struct gk_request *request = view->request;
    switch (class->rule) {
    case GK_STYLE_NO_DATA:
        return "\"count\" IS NULL";
    case GK_STYLE_NONE:
        return "\"count\" = 0";
    case GK_STYLE_FEW:
        return gk_text(request, "\"count\" > 0 AND (\"count\" < %d OR \"rate_per_1000\" IS NULL)",
                       (int)GK_STYLE_COUNT_MIN);
    case GK_STYLE_RATE:
        break;
    }
    const char *to =
        class->to > 0 ? gk_text(request, " AND \"rate_per_1000\" < %.1f", class->to) : "";
    return gk_text(request, "\"count\" >= %d AND \"rate_per_1000\" >= %.1f%s",
                   (int)GK_STYLE_COUNT_MIN, class->from, to);
}

static void put_rules(const struct gk_view *view, const struct gk_style *style, struct gk_buf *buf)
{
    gk_buf_puts(buf, "<rules key=\"{grannkarta}\">\n");
    for (size_t i = 0; i < style->count; i++) {
        gk_buf_printf(buf, "<rule key=\"{grannkarta-%zu}\" symbol=\"%zu\"", i, i);
        put_attribute(buf, "filter", filter_of(view, &style->class[i]));
        put_attribute(buf, "label", style->class[i].text);
        gk_buf_puts(buf, "/>\n");
    }
    if (style->is_points) {
        gk_buf_puts(buf, "<rule key=\"{grannkarta-0}\" symbol=\"0\"");
        put_attribute(buf, "label", style->title);
        gk_buf_puts(buf, "/>\n");
    }
    gk_buf_puts(buf, "</rules>\n");
}

/* --- Symbols -------------------------------------------------------------------------- */

static unsigned hexadecimal(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* "#rrggbb" as "r,g,b,a". */
static const char *rgba(const struct gk_view *view, const char *colour, unsigned alpha)
{
    unsigned value[3];
    for (int i = 0; i < 3; i++)
        value[i] = hexadecimal(colour[1 + 2 * i]) << 4 | hexadecimal(colour[2 + 2 * i]);
    return gk_text(view->request, "%u,%u,%u,%u", value[0], value[1], value[2], alpha);
}

/* A property of a symbol, as old and as new versions look for it. */
static void put_property(struct gk_buf *buf, bool is_old, const char *name, const char *value)
{
    if (is_old)
        gk_buf_printf(buf, "<prop k=\"%s\" v=\"%s\"/>", name, value);
    else
        gk_buf_printf(buf, "<Option type=\"QString\" name=\"%s\" value=\"%s\"/>", name, value);
}

static void put_symbol(const struct gk_view *view, const struct gk_style *style, size_t i,
                       struct gk_buf *buf)
{
    enum { OPAQUE = 255, FILL_ALPHA = 205, FAINT = 120 };
    const struct gk_layer *layer = view->collection.layer;
    /* From afar the outlines of small things must not hide them. */
    bool is_fine = layer == &gk_layer_cells || layer == &gk_layer_hotspots;
    const char *fill = style->is_points ? style->line : style->class[i].colour;
    const char *colour = fill[0] == '\0' ? "0,0,0,0" : rgba(view, fill, FILL_ALPHA);
    const char *outline =
        style->is_points ? "255,255,255,255" : rgba(view, style->line, is_fine ? FAINT : OPAQUE);
    gk_buf_printf(buf,
                  "<symbol name=\"%zu\" type=\"%s\" alpha=\"1\" clip_to_extent=\"1\" "
                  "force_rhr=\"0\">\n<layer class=\"%s\" enabled=\"1\" locked=\"0\" pass=\"0\">\n",
                  i, style->is_points ? "marker" : "fill",
                  style->is_points ? "SimpleMarker" : "SimpleFill");
    for (int is_old = 0; is_old < 2; is_old++) {
        gk_buf_puts(buf, is_old ? "" : "<Option type=\"Map\">");
        put_property(buf, is_old, "color", colour);
        put_property(buf, is_old, "style", fill[0] == '\0' ? "no" : "solid");
        put_property(buf, is_old, "outline_color", outline);
        put_property(buf, is_old, "outline_style", "solid");
        put_property(buf, is_old, "outline_width", is_fine ? "0.05" : "0.3");
        put_property(buf, is_old, "outline_width_unit", "MM");
        if (style->is_points) {
            put_property(buf, is_old, "name", "circle");
            put_property(buf, is_old, "size", "2.4");
            put_property(buf, is_old, "size_unit", "MM");
        }
        gk_buf_puts(buf, is_old ? "\n" : "</Option>\n");
    }
    gk_buf_puts(buf, "</layer>\n</symbol>\n");
}

static void put_renderer(const struct gk_view *view, const struct gk_style *style,
                         struct gk_buf *buf)
{
    gk_buf_puts(buf, "<renderer-v2 type=\"RuleRenderer\" forceraster=\"0\" symbollevels=\"0\" "
                     "enableorderby=\"0\">\n");
    put_rules(view, style, buf);
    gk_buf_puts(buf, "<symbols>\n");
    for (size_t i = 0; i < (style->is_points ? 1 : style->count); i++)
        put_symbol(view, style, i, buf);
    gk_buf_puts(buf, "</symbols>\n</renderer-v2>\n");
}

/* What columns are called, in the reader's language. */
static void put_aliases(const struct gk_view *view, struct gk_buf *buf)
{
    struct gk_columns columns;
    gk_collection_columns(view, &view->collection, &columns);
    gk_buf_puts(buf, "<aliases>\n");
    for (size_t i = 0; i < columns.count; i++) {
        const struct gk_property_info *info = gk_property_info(columns.column[i].property);
        gk_buf_printf(buf, "<alias index=\"%zu\"", i);
        put_attribute(buf, "field", info->name);
        put_attribute(buf, "name", view->is_swedish ? info->label_sv : info->label_en);
        gk_buf_puts(buf, "/>\n");
    }
    gk_buf_puts(buf, "</aliases>\n");
}

static void put_content(const struct gk_view *view, const struct gk_style *style,
                        struct gk_buf *buf)
{
    put_renderer(view, style, buf);
    put_aliases(view, buf);
    gk_buf_puts(buf, "<blendMode>0</blendMode>\n<layerOpacity>1</layerOpacity>\n");
    gk_buf_printf(buf, "<layerGeometryType>%d</layerGeometryType>\n", style->is_points ? 0 : 2);
}

void gk_put_qml(const struct gk_view *view, const struct gk_style *style, struct gk_buf *buf)
{
    gk_buf_puts(buf, "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
                     "<qgis version=\"3.22.0\" styleCategories=\"Symbology|Fields\">\n");
    put_content(view, style, buf);
    gk_buf_puts(buf, "</qgis>\n");
}

/* --- A layer ------------------------------------------------------------------------------ */

/* Where QGIS finds the collection. A quotation mark would end a part of it; there is
 * none in an address. */
static const char *data_source(const struct gk_view *view)
{
    const char *address = gk_address(view->request, "/", (struct gk_address){.is_bare = true});
    return gk_text(view->request,
                   " pageSize='1000' restrictToRequestBBOX='1' srsname='OGC:CRS84' "
                   "typename='%s' url='%s'",
                   view->collection.name, address);
}

/* Who made it, when, and what a reader has to know. */
static void put_resource_metadata(const struct gk_view *view, const struct gk_style *style,
                                  struct gk_buf *buf)
{
    gk_buf_puts(buf, "<resourceMetadata>\n");
    put_element(buf, "title", gk_collection_title(view, &view->collection));
    put_element(buf, "abstract", style->note);
    gk_buf_puts(buf, "</resourceMetadata>\n");
}

void gk_put_qlr(const struct gk_view *view, const struct gk_style *style, struct gk_buf *buf)
{
    static const char srs[] = "<srs><spatialrefsys><authid>OGC:CRS84</authid>"
                              "<geographicflag>true</geographicflag></spatialrefsys></srs>\n";
    const char *title = gk_collection_title(view, &view->collection);
    const char *id = gk_text(view->request, "grannkarta_%s", view->collection.name);
    gk_buf_puts(buf, "<!DOCTYPE qgis-layer-definition>\n<qlr>\n<layer-tree-group name=\"\" "
                     "checked=\"Qt::Checked\" expanded=\"1\">\n<layer-tree-layer");
    put_attribute(buf, "id", id);
    put_attribute(buf, "name", title);
    put_attribute(buf, "source", data_source(view));
    gk_buf_puts(buf, " providerKey=\"OAPIF\" checked=\"Qt::Checked\" expanded=\"1\"/>\n"
                     "</layer-tree-group>\n<maplayers>\n<maplayer type=\"vector\"");
    put_attribute(buf, "geometry", style->is_points ? "Point" : "Polygon");
    gk_buf_puts(buf, " styleCategories=\"AllStyleCategories\">\n");
    put_element(buf, "id", id);
    put_element(buf, "datasource", data_source(view));
    put_element(buf, "layername", title);
    gk_buf_puts(buf, srs);
    put_resource_metadata(view, style, buf);
    gk_buf_puts(buf, "<provider encoding=\"UTF-8\">OAPIF</provider>\n");
    put_content(view, style, buf);
    gk_buf_puts(buf, "</maplayer>\n</maplayers>\n</qlr>\n");
}
