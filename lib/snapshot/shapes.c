/* Outlines in lon/lat and in EPSG:3006: from polygons to flat arrays with boxes,
 * blocks of boxes and ready GeoJSON. PROJ sees the points in large batches. */
#include "snapshot/build.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_POINTS = 1 << 14 };

struct totals {
    size_t polygons, rings, points;
};

static struct totals count_all(const struct gk_polygons *polygons, uint32_t count)
{
    struct totals totals = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct gk_polygons *p = &polygons[i];
        totals.polygons += p->polygon_count;
        totals.rings += p->ring_count;
        totals.points += p->ring_count > 0 ? p->point_start[p->ring_count] : 0;
    }
    return totals;
}

static enum gk_status allocate(struct gk_build *build, struct gk_shapes *shapes, uint32_t count,
                               struct totals totals)
{
    struct gk_arena *arena = build->arena;
    if (totals.polygons >= UINT32_MAX || totals.rings >= UINT32_MAX || totals.points >= UINT32_MAX)
        return GK_TOO_LARGE;
    shapes->count = count;
    shapes->polygon_start = gk_arena_array(arena, (size_t)count + 1, sizeof *shapes->polygon_start);
    shapes->ring_start = gk_arena_array(arena, totals.polygons + 1, sizeof *shapes->ring_start);
    shapes->point_start = gk_arena_array(arena, totals.rings + 1, sizeof *shapes->point_start);
    shapes->points = gk_arena_array(arena, totals.points, sizeof *shapes->points);
    shapes->points_cm = gk_arena_array(arena, totals.points, sizeof *shapes->points_cm);
    shapes->geojson = gk_arena_array(arena, count, sizeof *shapes->geojson);
    bool ok = shapes->polygon_start != NULL && shapes->ring_start != NULL &&
              shapes->point_start != NULL && shapes->points != NULL && shapes->points_cm != NULL &&
              shapes->geojson != NULL;
    return ok ? GK_OK : GK_NO_MEMORY;
}

/* Copies the structure: every index moves by what came before. */
static void fill_structure(struct gk_shapes *shapes, const struct gk_polygons *polygons)
{
    uint32_t polygon = 0, ring = 0, point = 0;
    for (uint32_t i = 0; i < shapes->count; i++) {
        const struct gk_polygons *p = &polygons[i];
        shapes->polygon_start[i] = polygon;
        for (uint32_t j = 0; j < p->polygon_count; j++)
            shapes->ring_start[polygon++] = ring + p->ring_start[j];
        for (uint32_t r = 0; r < p->ring_count; r++)
            shapes->point_start[ring++] = point + p->point_start[r];
        point += p->ring_count > 0 ? p->point_start[p->ring_count] : 0;
    }
    shapes->polygon_start[shapes->count] = polygon;
    shapes->ring_start[polygon] = ring;
    shapes->point_start[ring] = point;
}

struct batch {
    double x[BATCH_POINTS], y[BATCH_POINTS];
    size_t used;
    struct gk_lonlat_e7 *to;
};

static enum gk_status flush(struct batch *batch, struct gk_transform *to_lonlat)
{
    if (gk_transform_forward(to_lonlat, batch->x, batch->y, batch->used) != 0)
        return GK_INVALID;
    for (size_t i = 0; i < batch->used; i++)
        *batch->to++ = gk_lonlat_e7_round((struct gk_lonlat){batch->x[i], batch->y[i]});
    batch->used = 0;
    return GK_OK;
}

static int32_t narrow(int64_t cm)
{
    return (int32_t)(cm < -GK_CM_MAX ? -GK_CM_MAX : cm > GK_CM_MAX ? GK_CM_MAX : cm);
}

static enum gk_status fill_points(struct gk_shapes *shapes, const struct gk_polygons *polygons,
                                  struct gk_transform *to_lonlat)
{
    struct batch *batch = malloc(sizeof *batch);
    if (batch == NULL)
        return GK_NO_MEMORY;
    batch->used = 0;
    batch->to = shapes->points;
    struct gk_cm32 *to_cm = shapes->points_cm;
    enum gk_status status = GK_OK;
    for (uint32_t i = 0; i < shapes->count && status == GK_OK; i++) {
        const struct gk_polygons *p = &polygons[i];
        uint32_t points = p->ring_count > 0 ? p->point_start[p->ring_count] : 0;
        for (uint32_t j = 0; j < points && status == GK_OK; j++) {
            *to_cm++ = (struct gk_cm32){narrow(p->points[j].e), narrow(p->points[j].n)};
            batch->x[batch->used] = (double)p->points[j].e / 100;
            batch->y[batch->used++] = (double)p->points[j].n / 100;
            if (batch->used == BATCH_POINTS)
                status = flush(batch, to_lonlat);
        }
    }
    if (status == GK_OK)
        status = flush(batch, to_lonlat);
    free(batch);
    return status;
}

static void put_ring(struct gk_buf *text, const struct gk_shapes *shapes, uint32_t ring)
{
    gk_buf_putc(text, '[');
    for (uint32_t i = shapes->point_start[ring]; i < shapes->point_start[ring + 1]; i++) {
        if (i > shapes->point_start[ring])
            gk_buf_putc(text, ',');
        gk_buf_put_lonlat(text, shapes->points[i]);
    }
    gk_buf_putc(text, ']');
}

/* Always a MultiPolygon: clients take a layer's type from its first features, and
 * lose or mistreat the others where the type varies. */
static void put_shape(struct gk_buf *text, const struct gk_shapes *shapes, uint32_t shape)
{
    uint32_t first = shapes->polygon_start[shape], end = shapes->polygon_start[shape + 1];
    gk_buf_puts(text, "{\"type\":\"MultiPolygon\",\"coordinates\":[");
    for (uint32_t p = first; p < end; p++) {
        gk_buf_puts(text, p > first ? ",[" : "[");
        for (uint32_t r = shapes->ring_start[p]; r < shapes->ring_start[p + 1]; r++) {
            if (r > shapes->ring_start[p])
                gk_buf_putc(text, ',');
            put_ring(text, shapes, r);
        }
        gk_buf_putc(text, ']');
    }
    gk_buf_puts(text, "]}");
}

/* Boxes that touch nothing and grow with what they take in. */
static const struct gk_box_e7 nowhere = {{INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN}};
static const struct gk_box_cm32 nowhere_cm = {{INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN}};

static void grow(struct gk_box_e7 *box, struct gk_lonlat_e7 min, struct gk_lonlat_e7 max)
{
    box->min.lon = min.lon < box->min.lon ? min.lon : box->min.lon;
    box->min.lat = min.lat < box->min.lat ? min.lat : box->min.lat;
    box->max.lon = max.lon > box->max.lon ? max.lon : box->max.lon;
    box->max.lat = max.lat > box->max.lat ? max.lat : box->max.lat;
}

static void grow_cm(struct gk_box_cm32 *box, struct gk_cm32 min, struct gk_cm32 max)
{
    box->min.e = min.e < box->min.e ? min.e : box->min.e;
    box->min.n = min.n < box->min.n ? min.n : box->min.n;
    box->max.e = max.e > box->max.e ? max.e : box->max.e;
    box->max.n = max.n > box->max.n ? max.n : box->max.n;
}

static void fill_boxes(struct gk_shapes *shapes, uint32_t i)
{
    uint32_t first = shapes->ring_start[shapes->polygon_start[i]];
    uint32_t end = shapes->ring_start[shapes->polygon_start[i + 1]];
    uint32_t block = i / GK_SHAPES_BLOCK;
    if (i % GK_SHAPES_BLOCK == 0) {
        shapes->block_box[block] = nowhere;
        shapes->block_box_cm[block] = nowhere_cm;
    }
    shapes->box[i] = nowhere;
    shapes->box_cm[i] = nowhere_cm;
    for (uint32_t p = shapes->point_start[first]; p < shapes->point_start[end]; p++) {
        grow(&shapes->box[i], shapes->points[p], shapes->points[p]);
        grow_cm(&shapes->box_cm[i], shapes->points_cm[p], shapes->points_cm[p]);
    }
    grow(&shapes->block_box[block], shapes->box[i].min, shapes->box[i].max);
    grow_cm(&shapes->block_box_cm[block], shapes->box_cm[i].min, shapes->box_cm[i].max);
}

enum gk_status gk_build_boxes(struct gk_build *build, struct gk_shapes *shapes)
{
    size_t blocks = ((size_t)shapes->count + GK_SHAPES_BLOCK - 1) / GK_SHAPES_BLOCK;
    struct gk_arena *arena = build->arena;
    shapes->box = gk_arena_array(arena, shapes->count, sizeof *shapes->box);
    shapes->box_cm = gk_arena_array(arena, shapes->count, sizeof *shapes->box_cm);
    shapes->block_box = gk_arena_array(arena, blocks, sizeof *shapes->block_box);
    shapes->block_box_cm = gk_arena_array(arena, blocks, sizeof *shapes->block_box_cm);
    if (shapes->box == NULL || shapes->block_box == NULL || shapes->box_cm == NULL ||
        shapes->block_box_cm == NULL)
        return GK_NO_MEMORY;
    for (uint32_t i = 0; i < shapes->count; i++)
        fill_boxes(shapes, i);
    return GK_OK;
}

enum gk_status gk_build_shapes(struct gk_build *build, struct gk_shapes *shapes,
                               const struct gk_polygons *polygons, uint32_t count,
                               struct gk_transform *to_lonlat)
{
    enum gk_status status = allocate(build, shapes, count, count_all(polygons, count));
    if (status != GK_OK)
        return status;
    fill_structure(shapes, polygons);
    status = fill_points(shapes, polygons, to_lonlat);
    if (status == GK_OK)
        status = gk_build_boxes(build, shapes);
    for (uint32_t i = 0; i < count && status == GK_OK; i++) {
        size_t start = build->text->length;
        put_shape(build->text, shapes, i);
        status = gk_buf_status(build->text);
        shapes->geojson[i] =
            (struct gk_span){(uint32_t)start, (uint32_t)(build->text->length - start)};
    }
    return status;
}
