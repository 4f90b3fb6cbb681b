/* The cache of grids. A lock is held for a few pointers only; grids are made
 * outside it, except that PROJ's transform serves one thread at a time. */
#include "grid.h"

#include <pthread.h>
#include <stdlib.h>

#include "geo/crs.h"
#include "geo/geojson.h"

enum { KEPT = 8, CORNERS = 5, TRANSFORM_CHUNK = 1024 };

struct gk_grid_cache {
    pthread_mutex_t lock;
    struct gk_grid *kept[KEPT]; /* most recently used first */
    pthread_mutex_t transform_lock;
    struct gk_transform *to_lonlat;
};

enum gk_status gk_grid_cache_create(struct gk_grid_cache **out, struct gk_error *error)
{
    struct gk_grid_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "make the cache of grids: out of memory");
    enum gk_status status = gk_transform_create(&cache->to_lonlat, "EPSG:3006", "OGC:CRS84", error);
    if (status != GK_OK) {
        free(cache);
        return status;
    }
    pthread_mutex_init(&cache->lock, NULL);
    pthread_mutex_init(&cache->transform_lock, NULL);
    *out = cache;
    return GK_OK;
}

static void grid_free(struct gk_grid *grid)
{
    if (grid == NULL)
        return;
    free(grid->square);
    free(grid->shapes.polygon_start);
    free(grid->shapes.ring_start);
    free(grid->shapes.point_start);
    free(grid->shapes.points);
    free(grid->shapes.points_cm);
    free(grid->shapes.box);
    free(grid->shapes.box_cm);
    free(grid->shapes.block_box);
    free(grid->shapes.block_box_cm);
    free(grid->shapes.geojson);
    free(grid->text);
    free(grid);
}

void gk_grid_cache_free(struct gk_grid_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < KEPT; i++)
        grid_free(cache->kept[i]);
    gk_transform_free(cache->to_lonlat);
    pthread_mutex_destroy(&cache->lock);
    pthread_mutex_destroy(&cache->transform_lock);
    free(cache);
}

static bool key_is(const struct gk_grid_key *a, const struct gk_grid_key *b)
{
    return a->kind == b->kind && a->number == b->number && a->places == b->places &&
           a->made_utc == b->made_utc && a->size_m == b->size_m && a->is_covered == b->is_covered &&
           a->definition == b->definition && a->period.from_hour == b->period.from_hour &&
           a->period.to_hour == b->period.to_hour;
}

/* --- Outlines ------------------------------------------------------------------ */

static bool shapes_allocate(struct gk_shapes *shapes, size_t count)
{
    size_t blocks = count / GK_SHAPES_BLOCK + 1;
    shapes->count = (uint32_t)count;
    shapes->polygon_start = calloc(count + 1, sizeof *shapes->polygon_start);
    shapes->ring_start = calloc(count + 1, sizeof *shapes->ring_start);
    shapes->point_start = calloc(count + 1, sizeof *shapes->point_start);
    shapes->points = calloc(count * CORNERS + 1, sizeof *shapes->points);
    shapes->points_cm = calloc(count * CORNERS + 1, sizeof *shapes->points_cm);
    shapes->box = calloc(count + 1, sizeof *shapes->box);
    shapes->box_cm = calloc(count + 1, sizeof *shapes->box_cm);
    shapes->block_box = calloc(blocks, sizeof *shapes->block_box);
    shapes->block_box_cm = calloc(blocks, sizeof *shapes->block_box_cm);
    shapes->geojson = calloc(count + 1, sizeof *shapes->geojson);
    return shapes->polygon_start != NULL && shapes->ring_start != NULL &&
           shapes->point_start != NULL && shapes->points != NULL && shapes->points_cm != NULL &&
           shapes->box != NULL && shapes->box_cm != NULL && shapes->block_box != NULL &&
           shapes->block_box_cm != NULL && shapes->geojson != NULL;
}

static void box_widen(struct gk_box_e7 *box, const struct gk_box_e7 *by, bool is_first)
{
    if (is_first) {
        *box = *by;
        return;
    }
    box->min.lon = by->min.lon < box->min.lon ? by->min.lon : box->min.lon;
    box->min.lat = by->min.lat < box->min.lat ? by->min.lat : box->min.lat;
    box->max.lon = by->max.lon > box->max.lon ? by->max.lon : box->max.lon;
    box->max.lat = by->max.lat > box->max.lat ? by->max.lat : box->max.lat;
}

static void box_widen_cm(struct gk_box_cm32 *box, const struct gk_box_cm32 *by, bool is_first)
{
    if (is_first) {
        *box = *by;
        return;
    }
    box->min.e = by->min.e < box->min.e ? by->min.e : box->min.e;
    box->min.n = by->min.n < box->min.n ? by->min.n : box->min.n;
    box->max.e = by->max.e > box->max.e ? by->max.e : box->max.e;
    box->max.n = by->max.n > box->max.n ? by->max.n : box->max.n;
}

static int32_t narrow(int64_t cm)
{
    return (int32_t)(cm < -GK_CM_MAX ? -GK_CM_MAX : cm > GK_CM_MAX ? GK_CM_MAX : cm);
}

/* The corners of squares [from, to), counter-clockwise, into shapes->points and
 * points_cm. */
static bool put_corners(struct gk_grid *grid, struct gk_grid_cache *cache, size_t from, size_t to)
{
    static const int de[CORNERS] = {0, 1, 1, 0, 0}, dn[CORNERS] = {0, 0, 1, 1, 0};
    double x[TRANSFORM_CHUNK * CORNERS], y[TRANSFORM_CHUNK * CORNERS];
    size_t n = 0;
    for (size_t i = from; i < to; i++)
        for (size_t c = 0; c < CORNERS; c++, n++) {
            int64_t e = (int64_t)(grid->square[i].square.e + de[c]) * grid->key.size_m * 100;
            int64_t north = (int64_t)(grid->square[i].square.n + dn[c]) * grid->key.size_m * 100;
            grid->shapes.points_cm[i * CORNERS + c] = (struct gk_cm32){narrow(e), narrow(north)};
            x[n] = (double)e / 100;
            y[n] = (double)north / 100;
        }
    pthread_mutex_lock(&cache->transform_lock);
    size_t lost = gk_transform_forward(cache->to_lonlat, x, y, n);
    pthread_mutex_unlock(&cache->transform_lock);
    if (lost > 0)
        return false;
    for (size_t i = 0; i < n; i++)
        grid->shapes.points[from * CORNERS + i] =
            gk_lonlat_e7_round((struct gk_lonlat){.lon_deg = x[i], .lat_deg = y[i]});
    return true;
}

static void put_shape(struct gk_shapes *shapes, size_t i, struct gk_buf *text)
{
    const struct gk_lonlat_e7 *corner = &shapes->points[i * CORNERS];
    size_t start = text->length;
    gk_buf_puts(text, "{\"type\":\"Polygon\",\"coordinates\":[[");
    for (size_t c = 0; c < CORNERS; c++) {
        if (c > 0)
            gk_buf_putc(text, ',');
        gk_buf_put_lonlat(text, corner[c]);
        struct gk_box_e7 point = {corner[c], corner[c]};
        box_widen(&shapes->box[i], &point, c == 0);
    }
    gk_buf_puts(text, "]]}");
    /* Corner 0 is the south-western one, corner 2 the north-eastern. */
    shapes->box_cm[i] =
        (struct gk_box_cm32){shapes->points_cm[i * CORNERS], shapes->points_cm[i * CORNERS + 2]};
    box_widen(&shapes->block_box[i / GK_SHAPES_BLOCK], &shapes->box[i], i % GK_SHAPES_BLOCK == 0);
    box_widen_cm(&shapes->block_box_cm[i / GK_SHAPES_BLOCK], &shapes->box_cm[i],
                 i % GK_SHAPES_BLOCK == 0);
    shapes->geojson[i] = (struct gk_span){(uint32_t)start, (uint32_t)(text->length - start)};
    shapes->polygon_start[i + 1] = (uint32_t)i + 1;
    shapes->ring_start[i + 1] = (uint32_t)i + 1;
    shapes->point_start[i + 1] = (uint32_t)(i + 1) * CORNERS;
}

static enum gk_status make_shapes(struct gk_grid *grid, struct gk_grid_cache *cache,
                                  struct gk_error *error)
{
    if (grid->count > UINT32_MAX / (CORNERS + 1) || !shapes_allocate(&grid->shapes, grid->count))
        return gk_error_set(error, GK_NO_MEMORY, "make a grid: out of memory");
    struct gk_buf text;
    gk_buf_init(&text, UINT32_MAX);
    for (size_t from = 0; from < grid->count; from += TRANSFORM_CHUNK) {
        size_t to = from + TRANSFORM_CHUNK < grid->count ? from + TRANSFORM_CHUNK : grid->count;
        if (!put_corners(grid, cache, from, to)) {
            gk_buf_release(&text);
            return gk_error_set(error, GK_INTERNAL, "make a grid: a square is outside the CRS");
        }
        for (size_t i = from; i < to; i++)
            put_shape(&grid->shapes, i, &text);
    }
    enum gk_status status = gk_buf_status(&text);
    if (status != GK_OK) {
        gk_buf_release(&text);
        return gk_error_set(error, status, "make a grid: %s", gk_status_text(status));
    }
    grid->text = text.data; /* the grid owns it now */
    return GK_OK;
}

static enum gk_status grid_make(struct gk_grid **out, struct gk_grid_cache *cache,
                                const struct gk_snapshot *snapshot, struct gk_grid_key key,
                                struct gk_error *error)
{
    struct gk_grid *grid = calloc(1, sizeof *grid);
    if (grid == NULL) {
        gk_error_set(error, GK_NO_MEMORY, "make a grid: out of memory");
        return GK_NO_MEMORY;
    }
    grid->key = key;
    /* Without data the counts are nobody's; the squares and dwellings stay. */
    struct gk_period period = key.is_covered ? key.period : gk_snapshot_default_period(snapshot);
    enum gk_status status = gk_snapshot_grid(snapshot, key.size_m * 100, period, key.definition,
                                             &grid->square, &grid->count);
    if (status != GK_OK)
        gk_error_set(error, status, "make a grid of %d m: %s", (int)key.size_m,
                     gk_status_text(status));
    else
        status = make_shapes(grid, cache, error);
    if (status != GK_OK) {
        grid_free(grid);
        return status;
    }
    *out = grid;
    return GK_OK;
}

/* --- Keeping --------------------------------------------------------------------- */

/* Puts a grid first, and those before place `at` one place later. */
static void put_first(struct gk_grid_cache *cache, struct gk_grid *grid, size_t at)
{
    for (; at > 0; at--)
        cache->kept[at] = cache->kept[at - 1];
    cache->kept[0] = grid;
}

/* Under the lock: the kept grid of a key, moved to the front, or NULL. */
static struct gk_grid *find(struct gk_grid_cache *cache, const struct gk_grid_key *key)
{
    for (size_t i = 0; i < KEPT && cache->kept[i] != NULL; i++) {
        struct gk_grid *grid = cache->kept[i];
        if (!key_is(&grid->key, key))
            continue;
        put_first(cache, grid, i);
        grid->references++;
        return grid;
    }
    return NULL;
}

/* Under the lock: keeps a new grid; returns one that nobody uses any more. */
static struct gk_grid *keep(struct gk_grid_cache *cache, struct gk_grid *grid)
{
    struct gk_grid *oldest = cache->kept[KEPT - 1];
    put_first(cache, grid, KEPT - 1);
    grid->references = 2; /* the cache's and the caller's */
    return oldest != NULL && --oldest->references == 0 ? oldest : NULL;
}

enum gk_status gk_grid_acquire(struct gk_grid **out, struct gk_grid_cache *cache,
                               const struct gk_snapshot *snapshot, struct gk_grid_key key,
                               struct gk_error *error)
{
    pthread_mutex_lock(&cache->lock);
    struct gk_grid *grid = find(cache, &key);
    pthread_mutex_unlock(&cache->lock);
    if (grid == NULL) {
        enum gk_status status = grid_make(&grid, cache, snapshot, key, error);
        if (grid == NULL)
            return status;
        pthread_mutex_lock(&cache->lock);
        struct gk_grid *unused = keep(cache, grid);
        pthread_mutex_unlock(&cache->lock);
        grid_free(unused);
    }
    *out = grid;
    return GK_OK;
}

void gk_grid_release(struct gk_grid_cache *cache, struct gk_grid *grid)
{
    if (grid == NULL)
        return;
    pthread_mutex_lock(&cache->lock);
    bool is_last = --grid->references == 0;
    pthread_mutex_unlock(&cache->lock);
    if (is_last)
        grid_free(grid);
}
