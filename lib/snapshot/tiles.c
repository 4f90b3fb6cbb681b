/* Cells in the order of tiles, and from which zoom on tiles can hold features
 * one by one. Below it, lib/api sums them up. */
#include "snapshot/tiles.h"

#include <stdlib.h>
#include <string.h>

#include "snapshot/build.h"

struct key {
    uint64_t code;
    uint32_t cell;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->code != y->code)
        return x->code < y->code ? -1 : 1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

static enum gk_status order_cells(struct gk_build *build, const struct gk_mercator *mercator)
{
    struct gk_snapshot *s = build->snapshot;
    struct key *keys = calloc((size_t)s->cell_count + 1, sizeof *keys);
    s->tiles.cell = gk_arena_array(build->arena, (size_t)s->cell_count + 1, sizeof(uint32_t));
    s->tiles.code = gk_arena_array(build->arena, (size_t)s->cell_count + 1, sizeof(uint64_t));
    if (keys == NULL || s->tiles.cell == NULL || s->tiles.code == NULL) {
        free(keys);
        return GK_NO_MEMORY;
    }
    for (uint32_t c = 0; c < s->cell_count; c++)
        keys[c] = (struct key){gk_world_morton(gk_mercator_project(mercator, s->cell_point[c])), c};
    qsort(keys, s->cell_count, sizeof *keys, compare_keys);
    for (uint32_t i = 0; i < s->cell_count; i++) {
        s->tiles.cell[i] = keys[i].cell;
        s->tiles.code[i] = keys[i].code;
    }
    free(keys);
    return GK_OK;
}

/* --- Points ------------------------------------------------------------------------ */

/* What a cell weighs in a tile. */
typedef uint64_t weight_of(const struct gk_snapshot *s, uint32_t cell);

static uint64_t weight_of_cell(const struct gk_snapshot *s, uint32_t cell)
{
    const struct gk_shapes *shapes = &s->cell_shapes;
    if (shapes->count <= cell)
        return GK_TILE_FEATURE_BYTES;
    uint32_t first = shapes->ring_start[shapes->polygon_start[cell]];
    uint32_t end = shapes->ring_start[shapes->polygon_start[cell + 1]];
    return GK_TILE_FEATURE_BYTES +
           (uint64_t)(shapes->point_start[end] - shapes->point_start[first]) * GK_TILE_POINT_BYTES;
}

static uint64_t weight_of_incidents(const struct gk_snapshot *s, uint32_t cell)
{
    return (uint64_t)(s->row_start[cell + 1] - s->row_start[cell]) * GK_TILE_INCIDENT_BYTES;
}

/* Whether no tile at a zoom is too heavy: tiles are runs in the order of codes. */
static bool fits_at(const struct gk_snapshot *s, uint32_t z, weight_of *weight)
{
    uint64_t sum = 0, tile = 0;
    for (uint32_t i = 0; i < s->cell_count; i++) {
        uint64_t code = z == 0 ? 0 : s->tiles.code[i] >> (64 - 2 * z);
        sum = (code == tile ? sum : 0) + weight(s, s->tiles.cell[i]);
        tile = code;
        if (sum > GK_TILE_TARGET_BYTES)
            return false;
    }
    return true;
}

/* Tiles of a larger zoom are parts of those of a smaller one: once it fits, it
 * fits from there on. */
static uint8_t zoom_that_fits(const struct gk_snapshot *s, weight_of *weight)
{
    uint8_t z = 0;
    while (z <= GK_TILE_ZOOM_MAX && !fits_at(s, z, weight))
        z++;
    return z;
}

/* --- Areas ------------------------------------------------------------------------- */

/* Areas under test: their points in the world, as the shapes have them. */
struct areas {
    const struct gk_shapes *shapes;
    struct gk_world *points; /* from point first_point on */
    uint32_t first, end, first_point;
};

static enum gk_status project(struct areas *areas, const struct gk_mercator *mercator)
{
    const struct gk_shapes *shapes = areas->shapes;
    uint32_t first = shapes->point_start[shapes->ring_start[shapes->polygon_start[areas->first]]];
    uint32_t end = shapes->point_start[shapes->ring_start[shapes->polygon_start[areas->end]]];
    areas->first_point = first;
    areas->points = calloc((size_t)(end - first) + 1, sizeof *areas->points);
    if (areas->points == NULL)
        return GK_NO_MEMORY;
    for (uint32_t i = first; i < end; i++)
        areas->points[i - first] = gk_mercator_project(mercator, shapes->points[i]);
    return GK_OK;
}

/* What an area weighs: points that fall together on the tile's grid are one. */
static uint64_t area_weight(const struct areas *areas, uint32_t area, uint32_t z)
{
    enum { GRID_BITS = 12 };
    const struct gk_shapes *shapes = areas->shapes;
    uint32_t first = shapes->point_start[shapes->ring_start[shapes->polygon_start[area]]];
    uint32_t end = shapes->point_start[shapes->ring_start[shapes->polygon_start[area + 1]]];
    unsigned shift = z + GRID_BITS < 32 ? 32 - GRID_BITS - z : 0;
    const struct gk_world *p = areas->points;
    uint64_t points = 0;
    for (uint32_t i = first - areas->first_point; i < end - areas->first_point; i++)
        points += i == first - areas->first_point || p[i].x >> shift != p[i - 1].x >> shift ||
                  p[i].y >> shift != p[i - 1].y >> shift;
    return 2 * (uint64_t)GK_TILE_FEATURE_BYTES + points * GK_TILE_POINT_BYTES;
}

/* A tile and what an area puts into it. */
struct load {
    uint64_t tile, weight;
};

static int compare_loads(const void *a, const void *b)
{
    const struct load *x = a, *y = b;
    return (x->tile > y->tile) - (x->tile < y->tile);
}

/* Puts every area into each tile that its box touches; an area over many tiles is
 * cut in them, so that it counts in none as a whole and is left out. */
static uint32_t put_loads(const struct areas *areas, const struct gk_mercator *mercator, uint32_t z,
                          struct load *loads)
{
    uint32_t n = 0;
    for (uint32_t a = areas->first; a < areas->end; a++) {
        const struct gk_box_e7 *box = &areas->shapes->box[a];
        struct gk_world low = gk_mercator_project(mercator, box->min);
        struct gk_world high = gk_mercator_project(mercator, box->max);
        int64_t x0 = low.x >> (32 - z), x1 = high.x >> (32 - z), y0 = high.y >> (32 - z),
                y1 = low.y >> (32 - z);
        if (x1 - x0 > 1 || y1 - y0 > 1)
            continue;
        uint64_t weight = area_weight(areas, a, z);
        for (int64_t y = y0; y <= y1; y++)
            for (int64_t x = x0; x <= x1; x++)
                loads[n++] = (struct load){(uint64_t)y << z | (uint64_t)x, weight};
    }
    return n;
}

static bool areas_fit_at(const struct areas *areas, const struct gk_mercator *mercator, uint32_t z,
                         struct load *loads)
{
    uint32_t n = put_loads(areas, mercator, z, loads);
    uint64_t sum = 0;
    qsort(loads, n, sizeof *loads, compare_loads);
    for (uint32_t i = 0; i < n; i++) {
        sum = (i > 0 && loads[i].tile == loads[i - 1].tile ? sum : 0) + loads[i].weight;
        if (sum > GK_TILE_TARGET_BYTES)
            return false;
    }
    return true;
}

static enum gk_status zoom_of_areas(uint8_t *zoom, const struct gk_shapes *shapes, uint32_t first,
                                    uint32_t count, const struct gk_mercator *mercator)
{
    enum { TILES_OF_AREA = 4 };
    struct areas areas = {.shapes = shapes, .first = first, .end = first + count};
    *zoom = 0;
    if (count == 0 || first + count > shapes->count)
        return GK_OK;
    struct load *loads = calloc((size_t)count * TILES_OF_AREA, sizeof *loads);
    enum gk_status status = loads == NULL ? GK_NO_MEMORY : project(&areas, mercator);
    while (status == GK_OK && *zoom <= GK_TILE_ZOOM_MAX &&
           !areas_fit_at(&areas, mercator, *zoom, loads))
        (*zoom)++;
    free(areas.points);
    free(loads);
    return status;
}

static enum gk_status zooms_of_areas(struct gk_build *build, const struct gk_mercator *mercator)
{
    struct gk_snapshot *s = build->snapshot;
    s->tiles.set_zoom = gk_arena_array(build->arena, (size_t)s->set_count + 1, sizeof(uint8_t));
    enum gk_status status = s->tiles.set_zoom == NULL ? GK_NO_MEMORY : GK_OK;
    for (uint32_t i = 0; i < s->set_count && status == GK_OK; i++)
        status = zoom_of_areas(&s->tiles.set_zoom[i], &s->district_shapes,
                               s->sets[i].first_district, s->sets[i].district_count, mercator);
    if (status == GK_OK)
        status = zoom_of_areas(&s->tiles.watch_zoom, &s->watch_shapes, 0, s->watch_count, mercator);
    return status;
}

/* --- All of it ------------------------------------------------------------------------ */

enum gk_status gk_build_tiles(struct gk_build *build)
{
    struct gk_snapshot *s = build->snapshot;
    struct gk_mercator *mercator;
    enum gk_status status = gk_mercator_create(&mercator);
    if (status != GK_OK)
        return status;
    status = order_cells(build, mercator);
    if (status == GK_OK) {
        s->tiles.cells_zoom = zoom_that_fits(s, weight_of_cell);
        s->tiles.incidents_zoom = s->row_id == NULL ? 0 : zoom_that_fits(s, weight_of_incidents);
        status = zooms_of_areas(build, mercator);
    }
    gk_mercator_free(mercator);
    return status;
}

/* The first cell, in the order of tiles, with a code not below. */
static uint32_t first_with(const struct gk_snapshot *s, uint64_t code)
{
    uint32_t low = 0, high = s->cell_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->tiles.code[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct gk_cell_run gk_snapshot_cells_in_tile(const struct gk_snapshot *s, struct gk_tile tile)
{
    if (tile.z == 0)
        return (struct gk_cell_run){0, s->cell_count};
    uint64_t code = gk_tile_morton(tile), next = code + 1;
    unsigned shift = 64 - 2 * tile.z;
    bool is_last = next == UINT64_C(1) << 2 * tile.z;
    return (struct gk_cell_run){first_with(s, code << shift),
                                is_last ? s->cell_count : first_with(s, next << shift)};
}
