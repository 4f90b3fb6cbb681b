/* What the hot functions of lib/geo cost, one JSON line each: finding districts,
 * outlines of cells, positions as text, orders. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"
#include "geo/areas.h"
#include "geo/geojson.h"
#include "geo/square.h"

enum { ACROSS = 17, DETAIL = 60, POINTS = 1 << 20, BOX_CM = 20000000, CELLS = 200000 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void report(const char *name, double count, double seconds, const char *unit)
{
    printf("{\"name\": \"%s\", \"value\": %.1f, \"unit\": \"million %s/s\"}\n", name,
           count / seconds / 1e6, unit);
}

/* A crooked line from a to b, the same from both sides: districts share it. */
static uint32_t put_side(struct gk_cm *to, struct gk_cm a, struct gk_cm b, uint64_t seed)
{
    struct gk_random random;
    gk_random_init(&random, seed, 0);
    for (int64_t i = 0; i < DETAIL; i++) {
        int64_t moved = i > 0 ? (int64_t)gk_random_below(&random, 40001) - 20000 : 0;
        to[i] = (struct gk_cm){a.e + (b.e - a.e) * i / DETAIL + moved,
                               a.n + (b.n - a.n) * i / DETAIL + moved};
    }
    return DETAIL;
}

static uint32_t put_side_back(struct gk_cm *to, struct gk_cm a, struct gk_cm b, uint64_t seed)
{
    struct gk_cm line[DETAIL];
    put_side(line, b, a, seed);
    to[0] = a;
    for (int i = 1; i < DETAIL; i++)
        to[i] = line[DETAIL - i];
    return DETAIL;
}

static struct gk_cm knot(int c, int r)
{
    return (struct gk_cm){(int64_t)BOX_CM / ACROSS * c, (int64_t)BOX_CM / ACROSS * r};
}

static void bench_areas(void)
{
    enum { COUNT = ACROSS * ACROSS, RING = 4 * DETAIL + 1 };
    struct gk_polygons *polygons = calloc(COUNT, sizeof *polygons);
    int32_t *ids = calloc(COUNT, sizeof *ids);
    static const uint32_t ring_start[] = {0, 1}, point_start[] = {0, RING};
    struct gk_cm *points = calloc(POINTS, sizeof *points),
                 *rings = calloc((size_t)COUNT * RING, sizeof *rings);
    if (polygons == NULL || ids == NULL || points == NULL || rings == NULL)
        abort();
    for (int r = 0; r < ACROSS; r++)
        for (int c = 0; c < ACROSS; c++) {
            int i = r * ACROSS + c;
            struct gk_cm *to = rings + (size_t)i * RING;
            uint64_t level = (uint64_t)(r * 100 + c), upright = level + 100000;
            uint32_t n = put_side(to, knot(c, r), knot(c + 1, r), level);
            n += put_side(to + n, knot(c + 1, r), knot(c + 1, r + 1), upright + 1);
            n += put_side_back(to + n, knot(c + 1, r + 1), knot(c, r + 1), level + 100);
            n += put_side_back(to + n, knot(c, r + 1), knot(c, r), upright);
            to[n] = to[0];
            ids[i] = i;
            polygons[i] = (struct gk_polygons){to, (uint32_t *)(uintptr_t)point_start,
                                               (uint32_t *)(uintptr_t)ring_start, 1, 1};
        }
    struct gk_random random;
    gk_random_init(&random, 1, 0);
    for (int i = 0; i < POINTS; i++)
        points[i] = (struct gk_cm){(int64_t)gk_random_below(&random, BOX_CM),
                                   (int64_t)gk_random_below(&random, BOX_CM)};
    struct gk_areas *areas;
    double start = now_s();
    if (gk_areas_build(&areas, polygons, ids, COUNT) != GK_OK)
        abort();
    printf("{\"name\": \"index of 289 areas of 241 points\", \"value\": %.1f, \"unit\": \"ms\"}\n",
           (now_s() - start) * 1e3);
    int64_t sum = 0;
    start = now_s();
    for (int round = 0; round < 8; round++)
        for (int i = 0; i < POINTS; i++)
            sum += gk_areas_find(areas, points[i]);
    double seconds = now_s() - start;
    report("area of a random point", 8.0 * POINTS, seconds, "points");
    fprintf(stderr, "# check sum %lld\n", (long long)sum);
    gk_areas_free(areas);
    free(polygons);
    free(ids);
    free(points);
    free(rings);
}

/* Cells as they come: a few to some dozen squares in a patch. */
static void bench_outline(void)
{
    struct gk_random random;
    gk_random_init(&random, 2, 0);
    struct gk_square squares[64];
    double total = 0, start = now_s();
    for (int cell = 0; cell < CELLS; cell++) {
        size_t count = 0;
        uint64_t bits = gk_random_bits(&random) | gk_random_bits(&random);
        int32_t side = 2 + (int32_t)gk_random_below(&random, 5);
        for (int32_t i = 0; i < side * side; i++)
            if ((bits >> i & 1U) != 0 || i == 0)
                squares[count++] = (struct gk_square){9000 + i % side, 124000 + i / side};
        struct gk_polygons p;
        if (gk_outline(&p, squares, count, 5000) != GK_OK)
            abort();
        gk_polygons_release(&p);
        total += (double)count;
    }
    report("outline of cells", total, now_s() - start, "squares");
    struct gk_square *many = calloc(1 << 20, sizeof *many);
    size_t count = 0;
    if (many == NULL)
        abort();
    for (int32_t i = 0; i < 1 << 20; i++)
        if (gk_random_below(&random, 100) < 70)
            many[count++] = (struct gk_square){i & 1023, i >> 10};
    struct gk_polygons p;
    start = now_s();
    if (gk_outline(&p, many, count, 5000) != GK_OK)
        abort();
    report("outline of one large set", (double)count, now_s() - start, "squares");
    gk_polygons_release(&p);
    free(many);
}

static void bench_text_and_orders(void)
{
    struct gk_buf buf;
    struct gk_random random;
    uint64_t sum = 0;
    gk_random_init(&random, 3, 0);
    gk_buf_init(&buf, 1 << 28);
    static struct gk_lonlat_e7 positions[4096];
    for (int i = 0; i < 4096; i++)
        positions[i] =
            (struct gk_lonlat_e7){140000000 + (int32_t)gk_random_below(&random, 5000000),
                                  560000000 + (int32_t)gk_random_below(&random, 5000000)};
    double start = now_s();
    for (int round = 0; round < 2048; round++) {
        gk_buf_clear(&buf);
        for (int i = 0; i < 4096; i++)
            gk_buf_put_lonlat(&buf, positions[i]);
        sum += buf.length;
    }
    report("position as text", 2048 * 4096.0, now_s() - start, "positions");
    start = now_s();
    for (int32_t i = 0; i < 1 << 25; i++)
        sum ^= gk_square_morton((struct gk_square){i, (int32_t)(sum & 0xFFFF)});
    report("Morton code", 1 << 25, now_s() - start, "squares");
    start = now_s();
    for (uint32_t i = 0; i < 1 << 23; i++)
        sum ^= gk_hilbert(i & 65535U, (uint32_t)sum & 65535U);
    report("Hilbert position", 1 << 23, now_s() - start, "squares");
    fprintf(stderr, "# check sum %llu\n", (unsigned long long)sum);
    gk_buf_release(&buf);
}

int main(void)
{
    bench_areas();
    bench_outline();
    bench_text_and_orders();
    return 0;
}
