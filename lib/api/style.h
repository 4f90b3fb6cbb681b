/* Styles: how a collection is to be drawn, once for web maps and for QGIS. The
 * classes are one table; each form writes it in its own language. */
#ifndef GK_API_STYLE_H
#define GK_API_STYLE_H

#include "view.h"

#define GK_STYLES_REL "http://www.opengis.net/def/rel/ogc/1.0/styles"
#define GK_STYLE_NAME "default"

/* Rates are classes from this count on; below they would be chance. */
enum { GK_STYLE_COUNT_MIN = 5, GK_STYLE_RATES = 4, GK_STYLE_CLASSES = GK_STYLE_RATES + 3 };

/* What a class holds. */
enum gk_style_rule { GK_STYLE_NO_DATA, GK_STYLE_NONE, GK_STYLE_FEW, GK_STYLE_RATE };

struct gk_style_class {
    enum gk_style_rule rule;
    double from, to;    /* of rates per 1,000 in the period; to 0: no end */
    const char *colour; /* "#rrggbb"; "" is not filled */
    const char *text;   /* of the legend, in the reader's language */
};

struct gk_style {
    bool is_points;
    const char *title; /* of the legend */
    const char *note;  /* what a reader has to know */
    struct gk_style_class class[GK_STYLE_CLASSES];
    size_t count;     /* of classes; 0 for points */
    const char *line; /* colour of outlines, or of points */
};

/* The style of the view's collection, which is applied. Texts live as long as the
 * request. */
void gk_style_make(const struct gk_view *view, struct gk_style *style);

/* Appends the document for web maps: Mapbox Style, version 8. */
void gk_put_mapbox_style(const struct gk_view *view, const struct gk_style *style,
                         struct gk_buf *buf);

/* Appends a style for QGIS (.qml), or a layer with its style (.qlr). */
void gk_put_qml(const struct gk_view *view, const struct gk_style *style, struct gk_buf *buf);

/* As gk_put_qml(), a layer of this service with its style. */
void gk_put_qlr(const struct gk_view *view, const struct gk_style *style, struct gk_buf *buf);

/* Appends links to the styles of the collection at `path`, and to each form. */
void gk_style_put_links(struct gk_json *json, const struct gk_request *request, const char *path);

/* The same for a page, with the collection's tiles. */
void gk_style_put_html_links(struct gk_buf *buf, const struct gk_request *request,
                             const char *collection);

gk_handler gk_resource_styles, gk_resource_style;

#endif
