/* What tiles cost without sockets, one JSON line each: the writer alone, tiles of
 * cells near and far in a country of 400,000 cells packed as densely as they can
 * be, which is the worst there is. */
#define WORLD_COLUMNS 640
#define WORLD_STEP 1
#define WORLD_YEARS 1
#include <time.h>

#include "../lib/api_fixture.h"
#include "geo/mvt.h"
#include "tile.h"

enum { CELLS = 400000, POINTS = 10000, ROUNDS = 7 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* what others do is not ours */
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static void put(const char *name, size_t bytes, double us)
{
    printf("{\"name\":\"tiles: %s (%zu B)\",\"value\":%.1f,\"unit\":\"us\",\"against\":null,"
           "\"ratio\":null}\n",
           name, bytes, us);
}

static void measure_points(void)
{
    struct gk_mvt *mvt;
    struct gk_buf tile;
    double best = 1e300;
    must(gk_mvt_create(&mvt));
    gk_buf_init(&tile, 1 << 24);
    for (int round = 0; round < ROUNDS * 20; round++) {
        double start = now_us();
        gk_buf_clear(&tile);
        gk_mvt_begin(mvt, "points", 1 << 24);
        for (int i = 0; i < POINTS; i++) {
            gk_mvt_point(mvt, (struct gk_grid_point){i * 7919 % 4096, i * 104729 % 4096});
            gk_mvt_feature(mvt, (uint64_t)i);
        }
        must(gk_mvt_end(mvt, &tile));
        double us = now_us() - start;
        best = us < best ? us : best;
    }
    put("10,000 points, writer alone", tile.length, best);
    gk_buf_release(&tile);
    gk_mvt_free(mvt);
}

static size_t make(struct gk_api *api, const char *collection, const char *path[3])
{
    struct gk_arena arena;
    struct gk_error error;
    struct gk_response response = {.http_status = 200};
    gk_arena_init(&arena, (size_t)1 << 20);
    struct gk_request request = {
        .path = "/",
        .language = "sv",
        .base_url = "http://h:1",
        .target = "/",
        .id = "1",
        .arena = &arena,
        .variable = {text_of(collection), text_of(path[0]), text_of(path[1]), text_of(path[2])}};
    gk_buf_init(&response.body, (size_t)64 << 20);
    must(gk_resource_tile(api, &request, &response, &error));
    size_t bytes = response.body.length;
    gk_buf_release(&response.body);
    gk_arena_release(&arena);
    return bytes;
}

/* The tile at a zoom in the middle of the cells. */
static void measure_tile(struct gk_api *api, const struct gk_snapshot *s, const char *name,
                         const char *collection, uint32_t z, int times)
{
    struct gk_mercator *m;
    char text[3][12];
    const char *path[3] = {text[0], text[1], text[2]};
    must(gk_mercator_create(&m));
    struct gk_world at = gk_mercator_project(m, s->cell_point[CELLS / 2 + WORLD_COLUMNS / 2]);
    gk_mercator_free(m);
    snprintf(text[0], sizeof *text, "%u", z);
    snprintf(text[1], sizeof *text, "%u", (unsigned)(at.y >> (32 - z)));
    snprintf(text[2], sizeof *text, "%u", (unsigned)(at.x >> (32 - z)));
    double start = now_us(), best = 1e300;
    size_t bytes = make(api, collection, path);
    double first = now_us() - start;
    for (int round = 0; round < ROUNDS; round++) {
        start = now_us();
        for (int i = 0; i < times; i++)
            bytes = make(api, collection, path);
        double each = (now_us() - start) / times;
        best = each < best ? each : best;
    }
    if (z == 4)
        put("the first of a period, all of the country", bytes, first);
    put(name, bytes, best);
}

int main(void)
{
    struct world world = {0};
    measure_points();
    struct gk_snapshot *s = world_make(GK_SNAPSHOT_RELEASE, 1, CELLS, 0);
    world.newest[GK_SNAPSHOT_RELEASE] = s;
    struct gk_api *api = world_api(&world);
    measure_tile(api, s, "all of the country, zoom 4", "cells", 4, 20);
    measure_tile(api, s, "sums of cells, zoom 10", "cells", 10, 20);
    measure_tile(api, s, "sums of cells, zoom 12", "cells", 12, 20);
    measure_tile(api, s, "cells, zoom 13: as full as can be", "cells", 13, 20);
    measure_tile(api, s, "cells, zoom 14", "cells", 14, 50);
    measure_tile(api, s, "cells, zoom 16", "cells", 16, 500);
    measure_tile(api, s, "squares, zoom 12", "hotspots", 12, 50);
    measure_tile(api, s, "one district around it all, zoom 12", "districts-regso", 12, 500);
    gk_api_free(api);
    gk_snapshot_free(s);
    return 0;
}
