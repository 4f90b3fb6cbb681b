/* The parameters of collections: one table per resource and caller, made from
 * the snapshot (definitions, square sizes) and the settings. The same table
 * parses requests and prints OpenAPI. */
#include <math.h>
#include <string.h>

#include "cql2.h"
#include "view.h"

enum { DESCRIPTION_DEFAULT_MAX = 32, CURSOR_TEXT_MAX = 128, SORTBY_TEXT_MAX = 256 };

static const struct gk_parameter rows[GK_QUERIES] = {
    [GK_QUERY_LIMIT] = {.name = "limit",
                        .type = GK_PARAMETER_INTEGER,
                        .minimum = 1,
                        .maximum = GK_LIMIT_MAX,
                        .clamps = true,
                        .description = "Features on a page. More than the maximum means the "
                                       "maximum; follow the `next` link for the rest."},
    [GK_QUERY_BBOX] = {.name = "bbox",
                       .type = GK_PARAMETER_BBOX,
                       .description = "Only features whose geometry touches this box, in CRS84: "
                                      "west, south, east, north (6 numbers: heights are ignored). "
                                      "It selects whole features; their counts do not change. In "
                                      "the CRS of `bbox-crs`, when that is given, with the axes in "
                                      "the order of its authority."},
    [GK_QUERY_BBOX_CRS] =
        {.name = "bbox-crs",
         .type = GK_PARAMETER_CHOICE,
         .format = "uri",
         .description = "The CRS of `bbox`, with the axes in the order of its authority: "
                        "EPSG:4326 latitude first; EPSG:3006 and 3008 northing first. Shapes "
                        "are looked at in that CRS. Default: CRS84."},
    [GK_QUERY_CRS] = {.name = "crs",
                      .type = GK_PARAMETER_CHOICE,
                      .format = "uri",
                      .description = "The CRS of the geometry in the answer, with the axes in the "
                                     "order of its authority; the header Content-Crs says it. "
                                     "Default: CRS84."},
    [GK_QUERY_DATETIME] = {.name = "datetime", .type = GK_PARAMETER_PERIOD},
    [GK_QUERY_DEFINITION] = {.name = "definition",
                             .type = GK_PARAMETER_CHOICE,
                             .role = GK_ROLE_ANALYST,
                             .description = "Which offences are counted."},
    [GK_QUERY_METHOD] = {.name = "method",
                         .type = GK_PARAMETER_CHOICE,
                         .choices = "count|rate",
                         .initial = "count",
                         .description = "What `value` is: the count, or the count per 1,000 "
                                        "dwellings. Both are descriptive."},
    [GK_QUERY_SIZE] = {.name = "size",
                       .type = GK_PARAMETER_CHOICE,
                       .initial = "250",
                       .description = "Side of the squares in metres."},
    [GK_QUERY_PROPERTIES] = {.name = "properties",
                             .type = GK_PARAMETER_LIST,
                             .description = "Only these properties, with commas between; none when "
                                            "it is empty. Without it, all. They come in the "
                                            "order of the schema."},
    [GK_QUERY_RESULT_TYPE] = {.name = "resultType",
                              .type = GK_PARAMETER_CHOICE,
                              .choices = "results|hits",
                              .initial = "results",
                              .description = "`hits`: no features, only how many there are "
                                             "(numberMatched)."},
    [GK_QUERY_CSV] = {.name = "csv",
                      .type = GK_PARAMETER_CHOICE,
                      .choices = "rfc4180|excel",
                      .initial = "rfc4180",
                      .description =
                          "The dialect of CSV: RFC 4180, or `excel` for spreadsheets set to "
                          "Swedish: byte order mark, semicolons, decimal commas. In both a text "
                          "that a spreadsheet would take for a formula has a ' before it. Other "
                          "forms of the answer do not change."},
    [GK_QUERY_CSV_GEOMETRY] = {.name = "csv-geometry",
                               .type = GK_PARAMETER_CHOICE,
                               .choices = "none|wkt",
                               .initial = "none",
                               .description = "`wkt`: CSV has a last column `wkt`, the geometry as "
                                              "well-known text in `crs`. Other forms of the "
                                              "answer do not change."},
    [GK_QUERY_FILTER] = {.name = "filter",
                         .type = GK_PARAMETER_TEXT,
                         .maximum = GK_CQL2_TEXT_MAX,
                         .description = "Only features that this CQL2 text is true for, such as "
                                        "`count >= 3 AND S_INTERSECTS(geometry, BBOX(14.4, 56, "
                                        "14.6, 56.1))`. Properties are those of `queryables`; a "
                                        "geometry selects whole features, whose counts do not "
                                        "change."},
    [GK_QUERY_FILTER_LANG] = {.name = "filter-lang",
                              .type = GK_PARAMETER_CHOICE,
                              .choices = "cql2-text",
                              .initial = "cql2-text",
                              .description = "The language of `filter`."},
    [GK_QUERY_FILTER_CRS] = {.name = "filter-crs",
                             .type = GK_PARAMETER_CHOICE,
                             .format = "uri",
                             .description = "The CRS of coordinates in `filter`, with the axes in "
                                            "the order of its authority; shapes are looked at in "
                                            "that CRS. Default: CRS84."},
    [GK_QUERY_SORTBY] = {.name = "sortby",
                         .type = GK_PARAMETER_TEXT,
                         .maximum = SORTBY_TEXT_MAX,
                         .is_list = true,
                         .description = "The order of features: up to 4 properties of `sortables` "
                                        "with commas between, each with - before it for "
                                        "descending. Nulls come last; what is equal stays in the "
                                        "collection's own order."},
    [GK_QUERY_CURSOR] = {.name = "cursor",
                         .type = GK_PARAMETER_TEXT,
                         .maximum = CURSOR_TEXT_MAX,
                         .description = "Where a page resumes; only from a `next` link. It is "
                                        "bound to the data of the first page and works for at "
                                        "least 10 minutes after they were replaced (then 410)."},
};

#define PERIOD_PUBLIC                                                                              \
    "Period of the counts: a date, a date-time or an interval, open ends as `..`; widened to "     \
    "whole "                                                                                       \
    "months. It never removes features; where no data cover it, counts are null. Default: the "    \
    "last "                                                                                        \
    "12 months of the data."
#define PERIOD_ANALYST                                                                             \
    "Period of the counts: a date, a date-time or an interval, open ends as `..`; widened to "     \
    "whole "                                                                                       \
    "days. It never removes features; where no data cover it, counts are null. Default: the last " \
    "12 closed months of the data."
#define PERIOD_ROWS                                                                                \
    "Only incidents whose interval from-to intersects this: a date, a date-time or an interval, "  \
    "open ends as `..`."

/* "a|b|c" of all definitions, in the arena. */
static const char *definition_choices(const struct gk_view *view)
{
    const struct gk_snapshot *s = view->snapshot;
    size_t length = 1;
    for (uint32_t i = 0; i < s->definition_count; i++)
        length += strlen(s->definitions[i].name) + 1;
    char *choices = gk_arena_alloc(view->request->arena, length);
    if (choices == NULL)
        return NULL;
    char *to = choices;
    for (uint32_t i = 0; i < s->definition_count; i++) {
        size_t n = strlen(s->definitions[i].name);
        if (i > 0)
            *to++ = '|';
        memcpy(to, s->definitions[i].name, n);
        to += n;
    }
    *to = '\0';
    return choices;
}

/* "uri|uri" of all CRSs, in the arena. */
static const char *crs_choices(const struct gk_view *view)
{
    enum { URIS_MAX_BYTES = 1024 };
    struct gk_buf text;
    gk_buf_init(&text, URIS_MAX_BYTES);
    for (size_t i = 0; i < gk_crs_count(); i++) {
        if (i > 0)
            gk_buf_putc(&text, '|');
        gk_buf_puts(&text, gk_crs_at(i)->uri);
    }
    const char *choices =
        text.data == NULL ? NULL : gk_arena_strndup(view->request->arena, text.data, text.length);
    gk_buf_release(&text);
    return choices;
}

/* "a|b" of the names of a collection's columns, in the arena. */
static const char *property_choices(const struct gk_view *view,
                                    const struct gk_collection *collection)
{
    enum { NAMES_MAX_BYTES = 4096 };
    struct gk_columns columns;
    struct gk_buf text;
    gk_collection_columns(view, collection, &columns);
    gk_buf_init(&text, NAMES_MAX_BYTES);
    for (size_t i = 0; i < columns.count; i++) {
        if (i > 0)
            gk_buf_putc(&text, '|');
        gk_buf_puts(&text, gk_property_info(columns.column[i].property)->name);
    }
    const char *choices =
        text.data == NULL ? NULL : gk_arena_strndup(view->request->arena, text.data, text.length);
    gk_buf_release(&text);
    return choices;
}

/* Multiples of the base squares; small squares only for analysts. */
static const char *size_choices(const struct gk_view *view)
{
    enum { SMALL_CM = 10000 };
    bool has_small = view->is_analyst && SMALL_CM % view->snapshot->square_side_cm == 0;
    return has_small ? "100|250|500|1000" : "250|500|1000";
}

static bool is_wanted(const struct gk_view *view, const struct gk_layer *layer, bool is_item,
                      enum gk_query query)
{
    switch (query) {
    case GK_QUERY_LIMIT:
    case GK_QUERY_BBOX:
    case GK_QUERY_BBOX_CRS:
    case GK_QUERY_RESULT_TYPE:
    case GK_QUERY_CSV:
    case GK_QUERY_CSV_GEOMETRY:
    case GK_QUERY_FILTER:
    case GK_QUERY_FILTER_LANG:
    case GK_QUERY_FILTER_CRS:
    case GK_QUERY_SORTBY:
    case GK_QUERY_CURSOR:
        return !is_item;
    case GK_QUERY_CRS:
    case GK_QUERY_PROPERTIES:
        return true;
    case GK_QUERY_DATETIME:
        return layer->has_counts || !is_item;
    case GK_QUERY_DEFINITION:
        return layer->has_counts && view->is_analyst;
    case GK_QUERY_METHOD:
        return layer->has_method;
    case GK_QUERY_SIZE:
        return layer->has_method && !is_item;
    case GK_QUERY_RELEASE:
        return layer->role == GK_ROLE_PUBLIC;
    case GK_QUERY_REVISION:
        return view->is_analyst;
    default:
        return false;
    }
}

/* Adjusts a copied row to the snapshot; false without memory. */
static bool complete_row(const struct gk_view *view, const struct gk_collection *collection,
                         enum gk_query query, struct gk_parameter *row)
{
    const struct gk_layer *layer = collection->layer;
    if (query == GK_QUERY_LIMIT) {
        struct gk_buf text;
        gk_buf_init(&text, DESCRIPTION_DEFAULT_MAX);
        gk_buf_put_i64(&text, view->settings->limit_default);
        row->initial = text.data == NULL
                           ? NULL
                           : gk_arena_strndup(view->request->arena, text.data, text.length);
        gk_buf_release(&text);
        return row->initial != NULL;
    }
    if (query == GK_QUERY_DATETIME)
        row->description = !layer->has_counts ? PERIOD_ROWS
                           : view->is_analyst ? PERIOD_ANALYST
                                              : PERIOD_PUBLIC;
    if (query == GK_QUERY_DEFINITION) {
        row->choices = definition_choices(view);
        row->initial = view->snapshot->definitions[view->snapshot->initial_definition].name;
        return row->choices != NULL;
    }
    if (query == GK_QUERY_SIZE)
        row->choices = size_choices(view);
    if (query == GK_QUERY_CRS || query == GK_QUERY_BBOX_CRS || query == GK_QUERY_FILTER_CRS) {
        row->choices = crs_choices(view);
        row->initial = gk_crs_at(0)->uri;
        return row->choices != NULL;
    }
    if (query == GK_QUERY_PROPERTIES) {
        row->choices = property_choices(view, collection);
        return row->choices != NULL;
    }
    return true;
}

enum gk_status gk_query_table_make(const struct gk_view *view,
                                   const struct gk_collection *collection, bool is_item,
                                   struct gk_query_table *table)
{
    memset(table, 0, sizeof *table);
    for (enum gk_query query = 0; query < GK_QUERIES; query++) {
        if (!is_wanted(view, collection->layer, is_item, query))
            continue;
        table->row[table->count] =
            query == GK_QUERY_RELEASE    ? *gk_version_parameter(GK_SNAPSHOT_RELEASE)
            : query == GK_QUERY_REVISION ? *gk_version_parameter(GK_SNAPSHOT_REVISION)
                                         : rows[query];
        if (!complete_row(view, collection, query, &table->row[table->count]))
            return GK_NO_MEMORY;
        table->which[table->count++] = query;
    }
    return GK_OK;
}

enum gk_status gk_query_read(const struct gk_view *view, const struct gk_query_table *table,
                             struct gk_value value[GK_QUERIES], struct gk_error *error)
{
    struct gk_value read[GK_QUERIES];
    memset(read, 0, sizeof read);
    memset(value, 0, sizeof *value * GK_QUERIES);
    enum gk_status status = gk_parameters_read(view->request, table->row, read, error);
    if (status != GK_OK)
        return status;
    for (size_t i = 0; i < table->count; i++)
        value[table->which[i]] = read[i];
    return GK_OK;
}

/* --- Into the view ----------------------------------------------------------------- */

static struct gk_box_xy box_of_degrees(double west, double south, double east, double north)
{
    struct gk_lonlat_e7 min = gk_lonlat_e7_round((struct gk_lonlat){west, south});
    struct gk_lonlat_e7 max = gk_lonlat_e7_round((struct gk_lonlat){east, north});
    return (struct gk_box_xy){{min.lon, min.lat}, {max.lon, max.lat}};
}

/* Takes the box in its CRS, whose authority may have northing or latitude first. */
static enum gk_status apply_box(struct gk_view *view, const struct gk_value *value,
                                size_t crs_index, struct gk_error *error)
{
    const double *bbox = value->bbox;
    const struct gk_crs *crs = gk_crs_at(crs_index);
    int x = crs->northing_first, y = !x;
    double west = bbox[x], south = bbox[y], east = bbox[x + 2], north = bbox[y + 2];
    /* What was read as numbers is printable. */
    if (south > north || (west > east && !crs->is_geographic))
        return gk_error_set(error, GK_INVALID,
                            "parameter bbox: \"%.80s\" is not allowed; its minimum is above its "
                            "maximum; in %s the first and the third number are %s",
                            value->text.data, crs->name,
                            x == 0 ? "longitude or easting" : "latitude or northing");
    view->box_plane = view->api->plane[crs_index];
    view->box_count = 1;
    if (!crs->is_geographic) {
        view->box[0] = gk_plane_box(west, south, east, north);
    } else if (west <= east) {
        view->box[0] = box_of_degrees(west, south, east, north);
    } else { /* it crosses the antimeridian: two boxes */
        view->box_count = 2;
        view->box[0] = box_of_degrees(west, south, 180.0, north);
        view->box[1] = box_of_degrees(-180.0, south, east, north);
    }
    return GK_OK;
}

/* The value of a choice by the number it is written as. */
static int32_t number_of(struct gk_text text)
{
    int32_t number = 0;
    for (size_t i = 0; i < text.length && i < 6; i++)
        number = number * 10 + (text.data[i] - '0');
    return number;
}

enum gk_status gk_view_apply(struct gk_view *view, const struct gk_value value[GK_QUERIES],
                             struct gk_error *error)
{
    const struct gk_layer *layer = view->collection.layer;
    const struct gk_value *datetime = &value[GK_QUERY_DATETIME];
    view->definition = view->snapshot->initial_definition;
    if (value[GK_QUERY_DEFINITION].given) {
        int found = gk_snapshot_definition(view->snapshot, value[GK_QUERY_DEFINITION].text.data);
        if (found < 0)
            return gk_error_set(error, GK_INVALID, "read \"definition\": there is no such");
        view->definition = (uint32_t)found;
    }
    gk_view_set_period(view, layer->has_counts && datetime->given ? &datetime->period : NULL);
    if (!layer->has_counts && datetime->given) {
        view->has_rows_period = true;
        view->rows = datetime->period;
    }
    view->crs = gk_crs_at((size_t)value[GK_QUERY_CRS].integer);
    view->plane = view->api->plane[value[GK_QUERY_CRS].integer];
    view->is_rate = layer->has_method && value[GK_QUERY_METHOD].integer == 1;
    if (layer->has_method && value[GK_QUERY_SIZE].text.data != NULL)
        view->size_m = number_of(value[GK_QUERY_SIZE].text);
    if (!value[GK_QUERY_BBOX].given)
        return GK_OK;
    return apply_box(view, &value[GK_QUERY_BBOX], (size_t)value[GK_QUERY_BBOX_CRS].integer, error);
}

bool gk_view_take_size(struct gk_view *view, int64_t id)
{
    if (!view->collection.layer->has_method)
        return true;
    const char *choices = size_choices(view);
    int32_t size_m = gk_hotspot_size_m(id);
    while (*choices != '\0') {
        size_t length = strcspn(choices, "|");
        if (number_of((struct gk_text){choices, length}) == size_m) {
            view->size_m = size_m;
            return true;
        }
        choices += length + (choices[length] == '|');
    }
    return false;
}
