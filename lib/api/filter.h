/* Filters on a view: the columns of its collection as queryables of CQL2. What a
 * filter sees is what an answer prints: the columns that the caller may read, with
 * the values of this period and definition, rounded as they are printed. */
#ifndef GK_API_FILTER_H
#define GK_API_FILTER_H

#include "cql2.h"
#include "view.h"

/* The name of the queryable that is a feature's geometry. */
#define GK_QUERYABLE_GEOMETRY "geometry"

/* One view's queryables and the feature they are of now. */
struct gk_filter {
    struct gk_view *view;
    const struct gk_plane *plane; /* of coordinates in filters; NULL: degrees */
    struct gk_columns columns;
    struct gk_fields fields;
    uint32_t feature; /* index in the layer */
    bool is_filled;   /* fields are of it */
    struct gk_cql2_source source;
};

/* The queryables of an open view; coordinates in filters are in the CRS at an index of
 * geo/crs.h. GK_NO_MEMORY. The filter may not be moved. */
GK_CHECKED enum gk_status gk_filter_open(struct gk_filter *filter, struct gk_view *view,
                                         size_t crs_index, struct gk_error *error);

/* Makes the feature at an index the current one. */
static inline void gk_filter_move(struct gk_filter *filter, uint32_t feature)
{
    filter->feature = feature;
    filter->is_filled = false;
}

/* Parses and binds a filter's text. GK_INVALID, GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_filter_read(struct gk_filter *filter, struct gk_text text,
                                         struct gk_cql2_node **root, struct gk_error *error);

/* How a property's values are compared. */
enum gk_cql2_type gk_filter_type(enum gk_property property);

#endif
