/* What is in a tile. Features of /items with the same ids and the same properties,
 * clipped; or, where those would be too many for a tile anywhere, sums: of whole
 * cells in the squares of a fixed grid (each cell is in one square, by its point,
 * and each square in one tile), of incidents likewise, and larger squares of a
 * square grid. From which zoom on which, is the snapshot's (snapshot/tiles.h), so
 * that all tiles of a zoom agree. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "geo/clip.h"
#include "geo/mvt.h"
#include "snapshot/tiles.h"
#include "tally.h"
#include "tile.h"

/* Squares of sums a side of a tile, as a power of two: of cells, of incidents. */
enum { CELL_SQUARES = 6, INCIDENT_SQUARES = 4, SQUARES_ZOOM_MAX = 24 };

/* --- Workers ------------------------------------------------------------------------- */

/* What one request needs to make a tile; kept for the next. */
struct maker {
    struct maker *next;
    struct gk_mvt *mvt;
    struct gk_clip *clip;
    struct gk_world *points;
    uint32_t *starts;
    uint32_t point_room, start_room;
    struct gk_buf text;
};

struct gk_tile_makers {
    struct gk_mercator *mercator;
    struct gk_tally_cache *tallies;
    pthread_mutex_t lock;
    struct maker *free;
};

static void maker_free(struct maker *maker)
{
    gk_mvt_free(maker->mvt);
    gk_clip_free(maker->clip);
    gk_buf_release(&maker->text);
    free(maker->points);
    free(maker->starts);
    free(maker);
}

void gk_tile_makers_free(struct gk_tile_makers *makers)
{
    if (makers == NULL)
        return;
    while (makers->free != NULL) {
        struct maker *maker = makers->free;
        makers->free = maker->next;
        maker_free(maker);
    }
    gk_mercator_free(makers->mercator);
    gk_tally_cache_free(makers->tallies);
    pthread_mutex_destroy(&makers->lock);
    free(makers);
}

enum gk_status gk_tile_makers_create(struct gk_tile_makers **out)
{
    struct gk_tile_makers *makers = calloc(1, sizeof *makers);
    if (makers == NULL)
        return GK_NO_MEMORY;
    pthread_mutex_init(&makers->lock, NULL);
    enum gk_status status = gk_mercator_create(&makers->mercator);
    if (status == GK_OK)
        status = gk_tally_cache_create(&makers->tallies);
    if (status != GK_OK) {
        gk_tile_makers_free(makers);
        return status;
    }
    *out = makers;
    return GK_OK;
}

static struct maker *maker_acquire(struct gk_tile_makers *makers)
{
    enum { TEXT_MAX_BYTES = 64 };
    pthread_mutex_lock(&makers->lock);
    struct maker *maker = makers->free;
    if (maker != NULL)
        makers->free = maker->next;
    pthread_mutex_unlock(&makers->lock);
    if (maker != NULL)
        return maker;
    maker = calloc(1, sizeof *maker);
    if (maker == NULL)
        return NULL;
    gk_buf_init(&maker->text, TEXT_MAX_BYTES);
    if (gk_mvt_create(&maker->mvt) != GK_OK || gk_clip_create(&maker->clip) != GK_OK) {
        maker_free(maker);
        return NULL;
    }
    return maker;
}

static void maker_release(struct gk_tile_makers *makers, struct maker *maker)
{
    pthread_mutex_lock(&makers->lock);
    maker->next = makers->free;
    makers->free = maker;
    pthread_mutex_unlock(&makers->lock);
}

struct gk_tile gk_tile_at(const struct gk_view *view, struct gk_lonlat_e7 position, uint32_t zoom)
{
    struct gk_world at = gk_mercator_project(view->api->tile_makers->mercator, position);
    return (struct gk_tile){zoom, (uint32_t)(at.x >> (32 - zoom)), (uint32_t)(at.y >> (32 - zoom))};
}

/* --- Zooms ---------------------------------------------------------------------------- */

uint32_t gk_tile_zoom_min(const struct gk_view *view)
{
    const struct gk_layer *layer = view->collection.layer;
    if (layer == &gk_layer_districts)
        return view->snapshot->tiles.set_zoom[view->collection.set];
    return layer == &gk_layer_watch_areas ? view->snapshot->tiles.watch_zoom : 0;
}

/* The side of squares at a zoom: doubled until a tile has no more than 64 a side,
 * where tiles are largest on the ground of those in use (53 degrees north). */
static int32_t square_side_m(int32_t side_m, uint32_t z)
{
    enum { SQUARES_ACROSS = 64 };
    const double tile_m = 40075017.0 * 0.6 / (double)(UINT32_C(1) << z);
    while (side_m * (double)SQUARES_ACROSS < tile_m)
        side_m *= 2;
    return side_m;
}

uint32_t gk_tile_zoom_of_features(const struct gk_view *view)
{
    const struct gk_layer *layer = view->collection.layer;
    if (layer == &gk_layer_cells)
        return view->snapshot->tiles.cells_zoom;
    if (layer == &gk_layer_incidents)
        return view->snapshot->tiles.incidents_zoom;
    uint32_t z = gk_tile_zoom_min(view);
    while (layer == &gk_layer_hotspots && z < GK_TILE_ZOOM_MAX &&
           square_side_m(view->size_m, z) != view->size_m)
        z++;
    return z;
}

void gk_tile_columns(const struct gk_view *view, struct gk_columns *columns)
{
    const struct gk_layer *layer = view->collection.layer;
    gk_collection_columns(view, &view->collection, columns);
    bool has_sums = layer == &gk_layer_cells || layer == &gk_layer_incidents;
    if (has_sums && columns->count < GK_COLUMNS_MAX && gk_tile_zoom_of_features(view) > 0)
        columns->column[columns->count++] =
            (struct gk_column){GK_PROPERTY_AGGREGATED, GK_ALWAYS, false};
}

/* --- Properties ------------------------------------------------------------------------- */

/* A tile under way. */
struct tiling {
    struct gk_view *view;
    struct gk_tile_makers *makers;
    struct maker *maker;
    struct gk_tile tile;
    struct gk_columns columns;
    struct gk_fields fields;
    uint32_t key[GK_COLUMNS_MAX];
    int32_t asked_size_m; /* hotspots */
};

/* As the value is printed in JSON: the double nearest to its decimals. */
static double printed(double value, unsigned decimals)
{
    static const double power[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    return (double)llround(value * power[decimals]) / power[decimals];
}

static uint32_t text_value(struct tiling *t, const struct gk_field *field,
                           enum gk_property_type type)
{
    struct gk_buf *text = &t->maker->text;
    gk_buf_clear(text);
    if (type == GK_TYPE_DATE)
        gk_buf_put_day(text, (int32_t)field->integer);
    else
        gk_buf_put_hour(text, (int32_t)field->integer);
    return gk_mvt_text(t->maker->mvt, text->data, text->length);
}

static void put_tag(struct tiling *t, size_t column)
{
    enum gk_property property = t->columns.column[column].property;
    const struct gk_property_info *info = gk_property_info(property);
    const struct gk_field *field = &t->fields.of[property];
    struct gk_mvt *mvt = t->maker->mvt;
    uint32_t value = 0;
    if (!field->has || (info->type == GK_TYPE_NUMBER && !(fabs(field->number) <= 1e9)))
        return;
    switch (info->type) {
    case GK_TYPE_INTEGER:
        value = gk_mvt_integer(mvt, field->integer);
        break;
    case GK_TYPE_NUMBER:
        value = gk_mvt_double(mvt, printed(field->number, info->decimals));
        break;
    case GK_TYPE_TEXT:
        value = gk_mvt_text(mvt, field->text.data, field->text.length);
        break;
    case GK_TYPE_BOOLEAN:
        value = gk_mvt_bool(mvt, field->integer != 0);
        break;
    default:
        value = text_value(t, field, info->type);
        break;
    }
    gk_mvt_tag(mvt, t->key[column], value);
}

static void put_tags(struct tiling *t, bool same)
{
    for (size_t i = 0; i < t->columns.count; i++)
        if (t->columns.column[i].is_same == same)
            put_tag(t, i);
}

static void begin_properties(struct tiling *t)
{
    gk_tile_columns(t->view, &t->columns);
    gk_view_fill_same(t->view, &t->fields);
    for (size_t i = 0; i < t->columns.count; i++)
        t->key[i] =
            gk_mvt_key(t->maker->mvt, gk_property_info(t->columns.column[i].property)->name);
    put_tags(t, true);
    gk_mvt_keep_tags(t->maker->mvt);
}

/* --- Features with an outline ------------------------------------------------------------ */

/* The closed box of a tile and its buffer, a hair larger. */
static struct gk_box_xy tile_box(struct gk_tile tile)
{
    int64_t side = GK_WORLD_UNITS >> tile.z, buffer = side * GK_TILE_BUFFER / GK_TILE_EXTENT + 1;
    int64_t x = side * tile.x, y = side * tile.y;
    struct gk_lonlat_e7 north_west = gk_mercator_inverse((struct gk_world){x - buffer, y - buffer});
    struct gk_lonlat_e7 south_east =
        gk_mercator_inverse((struct gk_world){x + side + buffer, y + side + buffer});
    return (struct gk_box_xy){{north_west.lon, south_east.lat}, {south_east.lon, north_west.lat}};
}

static bool has_room(struct maker *maker, uint32_t points, uint32_t starts)
{
    if (points > maker->point_room) {
        struct gk_world *grown = realloc(maker->points, (size_t)points * 2 * sizeof *grown);
        if (grown == NULL)
            return false;
        maker->points = grown;
        maker->point_room = points * 2;
    }
    if (starts > maker->start_room) {
        uint32_t *grown = realloc(maker->starts, (size_t)starts * 2 * sizeof *grown);
        if (grown == NULL)
            return false;
        maker->starts = grown;
        maker->start_room = starts * 2;
    }
    return true;
}

/* Clips one polygon of a shape. */
static enum gk_status clip_polygon(struct tiling *t, const struct gk_shapes *shapes,
                                   uint32_t polygon)
{
    struct maker *maker = t->maker;
    uint32_t first = shapes->ring_start[polygon], rings = shapes->ring_start[polygon + 1] - first;
    uint32_t from = shapes->point_start[first], count = shapes->point_start[first + rings] - from;
    if (!has_room(maker, count, rings + 1))
        return GK_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        maker->points[i] = gk_mercator_project(t->makers->mercator, shapes->points[from + i]);
    for (uint32_t r = 0; r <= rings; r++)
        maker->starts[r] = shapes->point_start[first + r] - from;
    return gk_clip_add(maker->clip, maker->points, maker->starts, rings);
}

/* Squares larger than asked for have ids that still fit a double. */
static uint64_t feature_id(const struct tiling *t, uint32_t index)
{
    enum { SIZE_BITS = 20, INDEX_LIMIT = 1000000 };
    const struct gk_view *view = t->view;
    int64_t id = view->collection.layer->id(view, index);
    if (!view->collection.layer->has_method || view->size_m == t->asked_size_m)
        return (uint64_t)id;
    int64_t doublings = 0;
    for (int32_t side_m = t->asked_size_m; side_m < view->size_m; side_m *= 2)
        doublings++;
    int64_t n = id / INDEX_LIMIT % INDEX_LIMIT, e = id % INDEX_LIMIT;
    return (uint64_t)(GK_AGGREGATE_ID | doublings << 2 * SIZE_BITS | n << SIZE_BITS | e);
}

static enum gk_status put_shape(struct tiling *t, uint32_t index)
{
    const struct gk_shapes *shapes = t->view->shapes;
    struct gk_mvt *mvt = t->maker->mvt;
    gk_clip_begin(t->maker->clip, t->tile);
    for (uint32_t p = shapes->polygon_start[index]; p < shapes->polygon_start[index + 1]; p++) {
        enum gk_status status = clip_polygon(t, shapes, p);
        if (status != GK_OK)
            return status;
    }
    struct gk_clipped clipped = gk_clip_end(t->maker->clip);
    if (clipped.ring_count == 0)
        return GK_OK;
    t->view->collection.layer->fill(t->view, index, &t->fields);
    put_tags(t, false);
    gk_mvt_polygons(mvt, &clipped);
    gk_mvt_feature(mvt, feature_id(t, index));
    return GK_OK;
}

static enum gk_status put_shapes(struct tiling *t)
{
    struct gk_view *view = t->view;
    view->box_count = 1;
    view->box[0] = tile_box(t->tile);
    for (uint32_t i = gk_view_next(view, view->first); i < view->end;
         i = gk_view_next(view, i + 1)) {
        enum gk_status status = put_shape(t, gk_view_feature(view, i));
        if (status != GK_OK)
            return status;
    }
    return GK_OK;
}

/* --- Squares of sums ------------------------------------------------------------------------ */

/* The cells of a tile's square: a run in the order of tiles. */
struct square {
    uint64_t code; /* of the square as a tile of its own zoom */
    uint32_t zoom;
    uint32_t first, end;
};

/* The next square at or after place `from` of the tile's run. */
static struct square next_square(const struct gk_snapshot *s, uint32_t zoom, uint32_t from,
                                 uint32_t end)
{
    unsigned shift = 64 - 2 * zoom;
    struct square square = {.code = s->tiles.code[from] >> shift, .zoom = zoom, .first = from};
    square.end = from + 1;
    while (square.end < end && s->tiles.code[square.end] >> shift == square.code)
        square.end++;
    return square;
}

static uint64_t square_id(const struct square *square)
{
    return (uint64_t)GK_AGGREGATE_ID | UINT64_C(1) << 2 * square->zoom | square->code;
}

/* The square's corner on the tile's grid, and its side. */
static struct gk_grid_point square_corner(const struct tiling *t, const struct square *square,
                                          int32_t *side)
{
    struct gk_tile at = gk_tile_from_morton(square->zoom, square->code);
    unsigned down = square->zoom - t->tile.z;
    *side = GK_TILE_EXTENT >> down;
    return (struct gk_grid_point){(int32_t)(at.x - (t->tile.x << down)) * *side,
                                  (int32_t)(at.y - (t->tile.y << down)) * *side};
}

static void put_square(struct tiling *t, const struct square *square)
{
    int32_t side;
    struct gk_grid_point a = square_corner(t, square, &side);
    struct gk_grid_point corner[] = {
        a, {a.x + side, a.y}, {a.x + side, a.y + side}, {a.x, a.y + side}};
    uint32_t start[] = {0, 4};
    struct gk_clipped rings = {corner, start, 1};
    gk_mvt_polygons(t->maker->mvt, &rings);
    gk_mvt_feature(t->maker->mvt, square_id(square));
}

static void fill_cells(struct tiling *t, const struct gk_tally *tally, const struct square *square)
{
    const struct gk_tally_sums *a = &tally->sum[square->first], *b = &tally->sum[square->end];
    struct gk_fields *fields = &t->fields;
    int64_t count = b->count - a->count, at_risk = b->dwellings_at_risk - a->dwellings_at_risk;
    gk_field_set_integer(fields, GK_PROPERTY_AGGREGATED, square->end - square->first);
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS, b->dwellings - a->dwellings);
    gk_field_set_integer(fields, GK_PROPERTY_DWELLINGS_AT_RISK, at_risk);
    gk_field_set_integer(fields, GK_PROPERTY_ADDRESSES, b->addresses - a->addresses);
    if (t->view->is_covered)
        gk_field_set_integer(fields, GK_PROPERTY_COUNT, count);
    gk_view_fill_rate(t->view, fields, GK_PROPERTY_RATE_PER_1000, t->view->is_covered, count,
                      at_risk, 1000.0);
}

static enum gk_status put_sums_of_cells(struct tiling *t)
{
    const struct gk_view *view = t->view;
    const struct gk_snapshot *s = view->snapshot;
    const struct gk_tally *tally;
    struct gk_tally_key key = {
        .kind = s->kind,
        .number = s->number,
        .places = s->places,
        .made_utc = s->made_utc,
        .is_covered = view->is_covered,
        .period = view->is_covered ? view->period : (struct gk_period){0, 0},
        .definition = view->definition,
    };
    enum gk_status status = gk_tally_acquire(&tally, t->makers->tallies, s, key);
    if (status != GK_OK)
        return status;
    struct gk_cell_run run = gk_snapshot_cells_in_tile(s, t->tile);
    uint32_t zoom = t->tile.z + CELL_SQUARES;
    zoom = zoom < SQUARES_ZOOM_MAX ? zoom : SQUARES_ZOOM_MAX;
    for (uint32_t i = run.first; i < run.end;) {
        struct square square = next_square(s, zoom, i, run.end);
        fill_cells(t, tally, &square);
        put_tags(t, false);
        put_square(t, &square);
        i = square.end;
    }
    gk_tally_release(t->makers->tallies, tally);
    return GK_OK;
}

/* --- Incidents ----------------------------------------------------------------------------------
 */

/* Incidents of a cell that are asked for: how many, and their sum. */
static void count_incidents(const struct gk_view *view, uint32_t cell, int64_t *number,
                            int64_t *sum)
{
    const struct gk_snapshot *s = view->snapshot;
    for (uint32_t row = s->row_start[cell]; row < s->row_start[cell + 1]; row++)
        if (view->collection.layer->matches(view, row)) {
            (*number)++;
            *sum += s->row_events[row];
        }
}

static enum gk_status put_sums_of_incidents(struct tiling *t)
{
    const struct gk_snapshot *s = t->view->snapshot;
    struct gk_cell_run run = gk_snapshot_cells_in_tile(s, t->tile);
    uint32_t zoom = t->tile.z + INCIDENT_SQUARES;
    zoom = zoom < SQUARES_ZOOM_MAX ? zoom : SQUARES_ZOOM_MAX;
    for (uint32_t i = run.first; i < run.end;) {
        struct square square = next_square(s, zoom, i, run.end);
        int64_t number = 0, sum = 0;
        for (i = square.first; i < square.end; i++)
            count_incidents(t->view, s->tiles.cell[i], &number, &sum);
        if (number == 0)
            continue;
        int32_t side;
        struct gk_grid_point at = square_corner(t, &square, &side);
        gk_field_set_integer(&t->fields, GK_PROPERTY_ANTAL, sum);
        gk_field_set_integer(&t->fields, GK_PROPERTY_AGGREGATED, number);
        put_tags(t, false);
        gk_mvt_point(t->maker->mvt, (struct gk_grid_point){at.x + side / 2, at.y + side / 2});
        gk_mvt_feature(t->maker->mvt, square_id(&square));
    }
    return GK_OK;
}

static struct gk_grid_point point_in_tile(const struct tiling *t, uint32_t cell)
{
    struct gk_world at =
        gk_mercator_project(t->makers->mercator, t->view->snapshot->cell_point[cell]);
    double scale = GK_TILE_EXTENT / (double)(GK_WORLD_UNITS >> t->tile.z);
    int64_t side = GK_WORLD_UNITS >> t->tile.z;
    return (struct gk_grid_point){(int32_t)floor((double)(at.x - side * t->tile.x) * scale),
                                  (int32_t)floor((double)(at.y - side * t->tile.y) * scale)};
}

static enum gk_status put_incidents(struct tiling *t)
{
    const struct gk_view *view = t->view;
    const struct gk_snapshot *s = view->snapshot;
    const struct gk_layer *layer = view->collection.layer;
    struct gk_cell_run run = gk_snapshot_cells_in_tile(s, t->tile);
    for (uint32_t i = run.first; i < run.end; i++) {
        uint32_t cell = s->tiles.cell[i];
        struct gk_grid_point at = point_in_tile(t, cell);
        for (uint32_t row = s->row_start[cell]; row < s->row_start[cell + 1]; row++) {
            if (!layer->matches(view, row))
                continue;
            layer->fill(view, row, &t->fields);
            put_tags(t, false);
            gk_mvt_point(t->maker->mvt, at);
            gk_mvt_feature(t->maker->mvt, (uint64_t)layer->id(view, row));
        }
    }
    return GK_OK;
}

/* --- The tile
 * ------------------------------------------------------------------------------------- */

static enum gk_status put_features(struct tiling *t)
{
    const struct gk_layer *layer = t->view->collection.layer;
    bool has_features = t->tile.z >= gk_tile_zoom_of_features(t->view);
    if (layer == &gk_layer_incidents)
        return has_features ? put_incidents(t) : put_sums_of_incidents(t);
    return layer == &gk_layer_cells && !has_features ? put_sums_of_cells(t) : put_shapes(t);
}

enum gk_status gk_view_put_tile(struct gk_view *view, struct gk_tile tile, struct gk_buf *buf,
                                struct gk_error *error)
{
    struct tiling t = {
        .view = view, .makers = view->api->tile_makers, .tile = tile, .asked_size_m = view->size_m};
    if (view->collection.layer->has_method)
        view->size_m = square_side_m(view->size_m, tile.z);
    enum gk_status status = view->collection.layer->open(view, error);
    if (status != GK_OK)
        return status;
    t.maker = maker_acquire(t.makers);
    if (t.maker == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "make the tile: out of memory");
    gk_mvt_begin(t.maker->mvt, view->collection.name, buf->maximum);
    begin_properties(&t);
    status = put_features(&t);
    if (status == GK_OK)
        status = gk_mvt_end(t.maker->mvt, buf);
    maker_release(t.makers, t.maker);
    if (status != GK_OK)
        return gk_error_set(error, status, "make the tile: %s", gk_status_text(status));
    return GK_OK;
}
