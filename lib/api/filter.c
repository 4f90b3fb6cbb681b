/* Columns as queryables. A feature's fields are made when the first of them is
 * asked for: filters that its geometry decides need none. */
#include "filter.h"

#include <math.h>
#include <string.h>

enum { NAMES_MAX_BYTES = 4096, GEOMETRY = GK_COLUMNS_MAX };

enum gk_cql2_type gk_filter_type(enum gk_property property)
{
    switch (gk_property_info(property)->type) {
    case GK_TYPE_INTEGER:
    case GK_TYPE_NUMBER:
        return GK_CQL2_NUMBER;
    case GK_TYPE_TEXT:
        return GK_CQL2_TEXT;
    case GK_TYPE_DATE:
        return GK_CQL2_DATE;
    case GK_TYPE_TIME:
        return GK_CQL2_TIMESTAMP;
    case GK_TYPE_BOOLEAN:
        return GK_CQL2_BOOLEAN;
    }
    return GK_CQL2_TEXT;
}

static bool name_is(struct gk_text text, const char *name)
{
    return text.length == strlen(name) && memcmp(text.data, name, text.length) == 0;
}

static bool find(void *context, struct gk_text name, int *property, enum gk_cql2_type *type)
{
    const struct gk_filter *filter = context;
    for (size_t i = 0; i < filter->columns.count; i++) {
        enum gk_property of = filter->columns.column[i].property;
        if (!name_is(name, gk_property_info(of)->name))
            continue;
        *property = (int)of;
        *type = gk_filter_type(of);
        return true;
    }
    *property = -1;
    *type = GK_CQL2_GEOMETRY;
    return name_is(name, GK_QUERYABLE_GEOMETRY);
}

/* The number that an answer prints: as gk_buf_put_double() rounds, nearest to the
 * decimal, so that it equals a literal that is written the same. False: null. */
static bool as_printed(double number, unsigned decimals, double *printed)
{
    static const double power[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (!(fabs(number) <= 1e9))
        return false;
    *printed = (double)llround(number * power[decimals]) / power[decimals];
    return true;
}

static bool value(void *context, int property, struct gk_cql2_value *value)
{
    enum { MICROSECONDS = 1000000 };
    struct gk_filter *filter = context;
    const struct gk_property_info *info = gk_property_info((enum gk_property)property);
    if (!filter->is_filled)
        filter->view->collection.layer->fill(filter->view, filter->feature, &filter->fields);
    filter->is_filled = true;
    const struct gk_field *field = &filter->fields.of[property];
    if (!field->has)
        return false;
    switch (info->type) {
    case GK_TYPE_INTEGER:
        value->number = (double)field->integer;
        return true;
    case GK_TYPE_NUMBER:
        return as_printed(field->number, info->decimals, &value->number);
    case GK_TYPE_TEXT:
        value->text = field->text;
        return true;
    case GK_TYPE_TIME:
        value->integer = gk_utc_from_hour((int32_t)field->integer) * MICROSECONDS;
        return true;
    case GK_TYPE_DATE:
    case GK_TYPE_BOOLEAN:
        value->integer = field->integer;
        return true;
    }
    return false;
}

static int touches(void *context, int property, const struct gk_geometry *geometry, uint64_t *work)
{
    (void)property;
    const struct gk_filter *filter = context;
    const struct gk_view *view = filter->view;
    if (view->shapes == NULL) {
        struct gk_xy point;
        if (!view->collection.layer->point(view, filter->feature, filter->plane, &point))
            return -1;
        return geometry == NULL || gk_geometry_touches_point(geometry, point, work);
    }
    if (view->shapes->geojson[filter->feature].length == 0)
        return -1;
    return geometry == NULL ||
           gk_geometry_touches_shape(geometry, filter->plane, view->shapes, filter->feature, work);
}

/* "a, b, c" of all queryables, in the arena. */
static const char *names_of(const struct gk_filter *filter)
{
    struct gk_buf text;
    gk_buf_init(&text, NAMES_MAX_BYTES);
    gk_buf_puts(&text, GK_QUERYABLE_GEOMETRY);
    for (size_t i = 0; i < filter->columns.count; i++) {
        gk_buf_puts(&text, ", ");
        gk_buf_puts(&text, gk_property_info(filter->columns.column[i].property)->name);
    }
    const char *names =
        gk_buf_status(&text) != GK_OK
            ? NULL
            : gk_arena_strndup(filter->view->request->arena, text.data, text.length);
    gk_buf_release(&text);
    return names;
}

enum gk_status gk_filter_open(struct gk_filter *filter, struct gk_view *view, size_t crs_index,
                              struct gk_error *error)
{
    const struct gk_crs *crs = gk_crs_at(crs_index);
    memset(filter, 0, sizeof *filter);
    filter->view = view;
    filter->plane = view->api->plane[crs_index];
    gk_collection_columns(view, &view->collection, &filter->columns);
    gk_view_fill_same(view, &filter->fields);
    filter->source = (struct gk_cql2_source){
        .context = filter,
        .names = names_of(filter),
        .find = find,
        .value = value,
        .touches = touches,
        .crs = crs,
    };
    return filter->source.names != NULL
               ? GK_OK
               : gk_error_set(error, GK_NO_MEMORY, "read the filter: out of memory");
}

enum gk_status gk_filter_read(struct gk_filter *filter, struct gk_text text,
                              struct gk_cql2_node **root, struct gk_error *error)
{
    struct gk_arena *arena = filter->view->request->arena;
    enum gk_status status = gk_cql2_parse(root, text.data, text.length, arena, error);
    return status == GK_OK ? gk_cql2_bind(*root, &filter->source, arena, error) : status;
}
