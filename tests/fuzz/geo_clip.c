/* Any polygon into any tile, and on into a vector tile: rings that come out have
 * points, area in the right direction and lie in the tile and its buffer, whatever
 * crosses itself, repeats or is far away. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "geo/clip.h"
#include "geo/mvt.h"

enum { POINTS_MAX = 512, RINGS_MAX = 8, BYTES_MAX = 1 << 20 };

struct input {
    struct gk_world points[POINTS_MAX + RINGS_MAX];
    uint32_t start[RINGS_MAX + 1], rings;
};

static void must(int holds)
{
    if (!holds)
        abort();
}

/* Bytes: zoom, then points of 2 x 2 bytes around the tile, or 2 x 4 anywhere; a
 * point of zeros closes a ring. */
static struct gk_tile read_input(struct input *in, const uint8_t *data, size_t size)
{
    struct gk_tile tile = {.z = size > 0 ? data[0] % (GK_TILE_ZOOM_MAX + 1) : 0};
    tile.x = tile.y = (1U << tile.z) / 2;
    int64_t side = GK_WORLD_UNITS >> tile.z, first = 0;
    size_t step = size > 0 && data[0] >= 128 ? 8 : 4;
    uint32_t n = 0;
    in->rings = 0;
    in->start[0] = 0;
    for (size_t at = 1; at + step <= size && n < POINTS_MAX && in->rings < RINGS_MAX; at += step) {
        int64_t x, y;
        if (step == 8) {
            uint32_t wide[2];
            memcpy(wide, data + at, sizeof wide);
            x = wide[0];
            y = wide[1];
        } else {
            int16_t near[2];
            memcpy(near, data + at, sizeof near);
            x = side * tile.x + side * near[0] / 8192;
            y = side * tile.y + side * near[1] / 8192;
        }
        bool closes = n > first && x == in->points[first].x && y == in->points[first].y;
        in->points[n++] = (struct gk_world){x, y};
        if (closes || n == POINTS_MAX || at + 2 * step > size) {
            in->points[n++] = in->points[first];
            in->start[++in->rings] = n;
            first = n;
        }
    }
    return tile;
}

static void check_ring(const struct gk_grid_point *p, uint32_t n, int is_first)
{
    int64_t area = 0;
    must(n >= 3);
    for (uint32_t i = 0, j = n - 1; i < n; j = i++) {
        area += (int64_t)p[j].x * p[i].y - (int64_t)p[i].x * p[j].y;
        must(p[i].x >= -GK_TILE_BUFFER - 8 && p[i].x <= GK_TILE_EXTENT + GK_TILE_BUFFER + 8);
        must(p[i].y >= -GK_TILE_BUFFER - 8 && p[i].y <= GK_TILE_EXTENT + GK_TILE_BUFFER + 8);
    }
    must(is_first ? area > 0 : area != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct input in;
    struct gk_clip *clip;
    struct gk_mvt *mvt;
    struct gk_buf buf;
    struct gk_tile tile = read_input(&in, data, size);
    must(gk_clip_create(&clip) == GK_OK && gk_mvt_create(&mvt) == GK_OK);
    gk_clip_begin(clip, tile);
    must(gk_clip_add(clip, in.points, in.start, in.rings) == GK_OK);
    struct gk_clipped c = gk_clip_end(clip);
    for (uint32_t r = 0; r < c.ring_count; r++)
        check_ring(c.points + c.start[r], c.start[r + 1] - c.start[r], r == 0);
    gk_buf_init(&buf, BYTES_MAX);
    gk_mvt_begin(mvt, "fuzz", BYTES_MAX);
    if (c.ring_count > 0) {
        gk_mvt_polygons(mvt, &c);
        gk_mvt_feature(mvt, size);
    }
    must(gk_mvt_end(mvt, &buf) == GK_OK && (buf.length > 0) == (c.ring_count > 0));
    gk_buf_release(&buf);
    gk_mvt_free(mvt);
    gk_clip_free(clip);
    return 0;
}
