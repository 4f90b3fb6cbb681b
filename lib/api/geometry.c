/* Geometry in answers: in the CRS that was asked for, with its axes in the order of
 * the authority (EPSG:4326: latitude first; EPSG:3006: northing first). In CRS84 it
 * is the text that the snapshot or grid has ready; else it is printed from the
 * points: those of EPSG:3006 are the stored ones, to the centimetre. */
#include <string.h>

#include "geo/geojson.h"
#include "view.h"

/* Printing one geometry. */
struct print {
    const struct gk_view *view;
    struct gk_buf *buf;
    const char *open, *close; /* of lists: [ ] or ( ) */
    bool is_wkt;
};

static struct gk_axes axes_of(const struct print *print)
{
    const struct gk_crs *crs = print->view->crs;
    return (struct gk_axes){crs->is_geographic, crs->northing_first, print->is_wkt};
}

static void put_ring(const struct print *print, uint32_t ring)
{
    enum { CHUNK = 64 };
    const struct gk_shapes *shapes = print->view->shapes;
    uint32_t first = shapes->point_start[ring], end = shapes->point_start[ring + 1];
    struct gk_xy at[CHUNK];
    gk_buf_puts(print->buf, print->open);
    for (uint32_t i = first; i < end;) {
        uint32_t n = end - i < CHUNK ? end - i : CHUNK;
        gk_shapes_points(shapes, print->view->plane, i, n, at);
        if (i > first)
            gk_buf_putc(print->buf, ',');
        gk_buf_put_positions(print->buf, at, n, axes_of(print));
        i += n;
    }
    gk_buf_puts(print->buf, print->close);
}

static void put_polygon(const struct print *print, uint32_t polygon)
{
    const struct gk_shapes *shapes = print->view->shapes;
    uint32_t first = shapes->ring_start[polygon], end = shapes->ring_start[polygon + 1];
    gk_buf_puts(print->buf, print->open);
    for (uint32_t r = first; r < end; r++) {
        if (r > first)
            gk_buf_putc(print->buf, ',');
        put_ring(print, r);
    }
    gk_buf_puts(print->buf, print->close);
}

static void put_polygons(const struct print *print, uint32_t shape)
{
    const struct gk_shapes *shapes = print->view->shapes;
    uint32_t first = shapes->polygon_start[shape], end = shapes->polygon_start[shape + 1];
    gk_buf_puts(print->buf, print->open);
    for (uint32_t p = first; p < end; p++) {
        if (p > first)
            gk_buf_putc(print->buf, ',');
        put_polygon(print, p);
    }
    gk_buf_puts(print->buf, print->close);
}

/* Whether the layer's shapes are single polygons. */
static bool is_polygon(const struct gk_layer *layer)
{
    return strcmp(layer->geometry, "geometry-polygon") == 0;
}

static void put_shape_json(const struct gk_view *view, uint32_t shape, struct gk_buf *buf)
{
    const struct print print = {view, buf, "[", "]", false};
    bool is_one = is_polygon(view->collection.layer);
    gk_buf_puts(buf, is_one ? "{\"type\":\"Polygon\",\"coordinates\":"
                            : "{\"type\":\"MultiPolygon\",\"coordinates\":");
    if (is_one)
        put_polygon(&print, view->shapes->polygon_start[shape]);
    else
        put_polygons(&print, shape);
    gk_buf_putc(buf, '}');
}

static void put_point_json(const struct gk_view *view, uint32_t index, struct gk_buf *buf)
{
    const struct print print = {view, buf, "[", "]", false};
    struct gk_xy at;
    if (!view->collection.layer->point(view, index, view->plane, &at)) {
        gk_buf_append(buf, "null", 4);
        return;
    }
    gk_buf_puts(buf, "{\"type\":\"Point\",\"coordinates\":");
    gk_buf_put_positions(buf, &at, 1, axes_of(&print));
    gk_buf_putc(buf, '}');
}

void gk_view_put_geometry(const struct gk_view *view, uint32_t index, struct gk_buf *buf)
{
    if (view->shapes == NULL) {
        put_point_json(view, index, buf);
        return;
    }
    struct gk_span ready = view->shapes->geojson[index];
    if (ready.length == 0)
        gk_buf_append(buf, "null", 4);
    else if (view->plane == NULL && !view->crs->northing_first)
        gk_buf_append(buf, view->shapes_text + ready.offset, ready.length);
    else
        put_shape_json(view, index, buf);
}

void gk_view_put_wkt(const struct gk_view *view, uint32_t index, struct gk_buf *buf)
{
    const struct print print = {view, buf, "(", ")", true};
    struct gk_xy at;
    if (view->shapes == NULL) {
        if (!view->collection.layer->point(view, index, view->plane, &at))
            return;
        gk_buf_puts(buf, "POINT (");
        gk_buf_put_positions(buf, &at, 1, axes_of(&print));
        gk_buf_putc(buf, ')');
        return;
    }
    if (view->shapes->geojson[index].length == 0)
        return;
    bool is_one = is_polygon(view->collection.layer);
    gk_buf_puts(buf, is_one ? "POLYGON " : "MULTIPOLYGON ");
    if (is_one)
        put_polygon(&print, view->shapes->polygon_start[index]);
    else
        put_polygons(&print, index);
}
