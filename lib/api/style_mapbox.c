/* Styles as Mapbox Style documents, version 8: MapLibre and OpenLayers read them. */
#include "html.h"
#include "link.h"
#include "style.h"
#include "tile.h"

/* [operator, ["get", property], ...: the beginning of an expression about one. */
static void begin_about(struct gk_json *json, const char *operator, const char * property)
{
    gk_json_array_begin(json);
    gk_json_text(json, operator);
    gk_json_array_begin(json);
    gk_json_text(json, "get");
    gk_json_text(json, property);
    gk_json_array_end(json);
}

static void put_lacks(struct gk_json *json, const char *property)
{
    gk_json_array_begin(json);
    gk_json_text(json, "!");
    gk_json_array_begin(json);
    gk_json_text(json, "has");
    gk_json_text(json, property);
    gk_json_array_end(json);
    gk_json_array_end(json);
}

static const char *colour(const struct gk_style_class *class)
{
    return class->colour[0] == '\0' ? "rgba(0,0,0,0)" : class->colour;
}

static const struct gk_style_class *class_of(const struct gk_style *style, enum gk_style_rule rule)
{
    size_t i = 0;
    while (i + 1 < style->count && style->class[i].rule != rule)
        i++;
    return &style->class[i];
}

/* By count where it is small, else by rate. */
static void put_colour_expression(struct gk_json *json, const struct gk_style *style)
{
    const char *few = colour(class_of(style, GK_STYLE_FEW));
    gk_json_array_begin(json);
    gk_json_text(json, "case");
    put_lacks(json, "count");
    gk_json_text(json, colour(class_of(style, GK_STYLE_NO_DATA)));
    begin_about(json, "==", "count");
    gk_json_i64(json, 0);
    gk_json_array_end(json);
    gk_json_text(json, colour(class_of(style, GK_STYLE_NONE)));
    begin_about(json, "<", "count");
    gk_json_i64(json, GK_STYLE_COUNT_MIN);
    gk_json_array_end(json);
    gk_json_text(json, few);
    put_lacks(json, "rate_per_1000");
    gk_json_text(json, few);
    begin_about(json, "step", "rate_per_1000");
    for (size_t i = 0; i < style->count; i++) {
        if (style->class[i].rule != GK_STYLE_RATE)
            continue;
        if (style->class[i].from > 0)
            gk_json_double(json, style->class[i].from, 1);
        gk_json_text(json, colour(&style->class[i]));
    }
    gk_json_array_end(json);
    gk_json_array_end(json);
}

static void begin_layer(struct gk_json *json, const struct gk_view *view, const char *suffix,
                        const char *type)
{
    const char *name = view->collection.name;
    gk_json_object_begin(json);
    gk_json_member(json, "id", gk_text(view->request, "%s-%s", name, suffix));
    gk_json_member(json, "type", type);
    gk_json_member(json, "source", name);
    gk_json_member(json, "source-layer", name);
    gk_json_key(json, "paint");
    gk_json_object_begin(json);
}

static void end_layer(struct gk_json *json)
{
    gk_json_object_end(json);
    gk_json_object_end(json);
}

static void put_area_layers(struct gk_json *json, const struct gk_view *view,
                            const struct gk_style *style)
{
    static const char width[] = "[\"interpolate\",[\"linear\"],[\"zoom\"],8,0.2,12,0.6,16,1.5]";
    begin_layer(json, view, "fill", "fill");
    gk_json_key(json, "fill-color");
    put_colour_expression(json, style);
    gk_json_key(json, "fill-opacity");
    gk_json_double(json, 0.8, 1);
    end_layer(json);
    begin_layer(json, view, "line", "line");
    gk_json_member(json, "line-color", style->line);
    gk_json_key(json, "line-width");
    gk_json_raw(json, width, sizeof width - 1);
    end_layer(json);
}

/* Sums are larger circles. */
static void put_point_layers(struct gk_json *json, const struct gk_view *view,
                             const struct gk_style *style)
{
    static const char radius[] = "[\"interpolate\",[\"linear\"],[\"coalesce\",[\"get\","
                                 "\"aggregated\"],1],1,4,100,10,10000,16]";
    begin_layer(json, view, "circle", "circle");
    gk_json_member(json, "circle-color", style->line);
    gk_json_key(json, "circle-opacity");
    gk_json_double(json, 0.6, 1);
    gk_json_key(json, "circle-radius");
    gk_json_raw(json, radius, sizeof radius - 1);
    gk_json_member(json, "circle-stroke-color", "#ffffff");
    gk_json_key(json, "circle-stroke-width");
    gk_json_i64(json, 1);
    end_layer(json);
}

static void put_legend(struct gk_json *json, const struct gk_style *style)
{
    gk_json_key(json, "grannkarta:legend");
    gk_json_array_begin(json);
    for (size_t i = 0; i < style->count; i++) {
        gk_json_object_begin(json);
        gk_json_member(json, "color", colour(&style->class[i]));
        gk_json_member(json, "text", style->class[i].text);
        gk_json_object_end(json);
    }
    gk_json_array_end(json);
}

static void put_metadata(struct gk_json *json, const struct gk_view *view,
                         const struct gk_style *style)
{
    gk_json_key(json, "metadata");
    gk_json_object_begin(json);
    gk_json_member(json, "grannkarta:title", style->title);
    gk_json_member(json, "grannkarta:note", style->note);
    put_legend(json, style);
    gk_json_object_end(json);
    (void)view;
}

static void put_source(struct gk_json *json, const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const char *path =
        gk_text(request, "/collections/%s/tiles/" GK_TILE_SET, view->collection.name);
    gk_json_key(json, "sources");
    gk_json_object_begin(json);
    gk_json_key(json, view->collection.name);
    gk_json_object_begin(json);
    gk_json_member(json, "type", "vector");
    gk_json_member(
        json, "url",
        gk_address(request, path, (struct gk_address){.keeps_query = true, .format = "tilejson"}));
    gk_json_object_end(json);
    gk_json_object_end(json);
}

/* The zoom at which a tile is about as wide as the collection, or as high. */
static int64_t zoom_around(struct gk_box_e7 box)
{
    const double world_e7 = 360e7;
    double width = (double)box.max.lon - box.min.lon;
    double height = ((double)box.max.lat - box.min.lat) * 2; /* degrees are longer in the north */
    double side = width > height ? width : height;
    int64_t zoom = 0;
    while (zoom < GK_TILE_ZOOM_ENOUGH && side * (double)(2 << zoom) < world_e7)
        zoom++;
    return zoom;
}

static void put_view(struct gk_json *json, const struct gk_view *view)
{
    enum { DECIMALS = 5 };
    struct gk_box_e7 box = gk_collection_extent(view, &view->collection);
    gk_json_key(json, "center");
    gk_json_array_begin(json);
    gk_json_double(json, ((double)box.min.lon + box.max.lon) / 2e7, DECIMALS);
    gk_json_double(json, ((double)box.min.lat + box.max.lat) / 2e7, DECIMALS);
    gk_json_array_end(json);
    gk_json_key(json, "zoom");
    gk_json_i64(json, zoom_around(box));
}

void gk_put_mapbox_style(const struct gk_view *view, const struct gk_style *style,
                         struct gk_buf *buf)
{
    struct gk_json json;
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_key(&json, "version");
    gk_json_i64(&json, 8);
    gk_json_member(&json, "name", gk_collection_title(view, &view->collection));
    put_metadata(&json, view, style);
    put_view(&json, view);
    put_source(&json, view);
    gk_json_key(&json, "layers");
    gk_json_array_begin(&json);
    if (style->is_points)
        put_point_layers(&json, view, style);
    else
        put_area_layers(&json, view, style);
    gk_json_array_end(&json);
    gk_json_object_end(&json);
    gk_buf_putc(buf, '\n');
}
