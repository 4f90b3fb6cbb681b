/* Clipping, against the question it answers: is a point inside? Of random polygons
 * with holes, every point of the tile is inside what came out exactly when it is
 * inside what went in. */
#include "geo/clip.h"

#include <math.h>
#include <stdbool.h>

#include "base/random.h"
#include "unit.h"

enum { POINTS_MAX = 400 };
#define RADIANS (2 * 3.14159265358979323846)

/* A tile of which a grid unit is one world unit, in the middle of the world. */
static const struct gk_tile tile = {20, 1 << 19, 1 << 19};
static const int64_t corner = INT64_C(1) << 31;

struct polygon {
    struct gk_world points[POINTS_MAX];
    uint32_t start[4], rings;
};

/* A star around a place: radii between two, so that rings of one centre nest. */
static void add_ring(struct polygon *p, struct gk_random *random, double x, double y, double low,
                     double high, uint32_t corners)
{
    uint32_t first = p->start[p->rings];
    for (uint32_t i = 0; i < corners; i++) {
        double angle = RADIANS * i / corners;
        double radius = low + (high - low) * (double)gk_random_below(random, 1000) / 1000;
        p->points[first + i] = (struct gk_world){corner + (int64_t)(x + radius * cos(angle)),
                                                 corner + (int64_t)(y + radius * sin(angle))};
    }
    p->points[first + corners] = p->points[first];
    p->start[++p->rings] = first + corners + 1;
}

static bool is_in_rings(const struct gk_grid_point *g, uint32_t n, double x, double y, bool inside)
{
    for (uint32_t i = 0, j = n - 1; i < n; j = i++)
        if ((g[i].y > y) != (g[j].y > y) &&
            x < (double)(g[j].x - g[i].x) * (y - g[i].y) / (double)(g[j].y - g[i].y) + g[i].x)
            inside = !inside;
    return inside;
}

static bool was_inside(const struct polygon *p, double x, double y)
{
    bool inside = false;
    for (uint32_t r = 0; r < p->rings; r++)
        for (uint32_t i = p->start[r]; i + 1 < p->start[r + 1]; i++) {
            double ax = (double)(p->points[i].x - corner), ay = (double)(p->points[i].y - corner);
            double bx = (double)(p->points[i + 1].x - corner);
            double by = (double)(p->points[i + 1].y - corner);
            if ((ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax)
                inside = !inside;
        }
    return inside;
}

static double distance_to_edges(const struct polygon *p, double x, double y)
{
    double best = 1e300;
    for (uint32_t r = 0; r < p->rings; r++)
        for (uint32_t i = p->start[r]; i + 1 < p->start[r + 1]; i++) {
            double ax = (double)(p->points[i].x - corner), ay = (double)(p->points[i].y - corner);
            double dx = (double)(p->points[i + 1].x - corner) - ax;
            double dy = (double)(p->points[i + 1].y - corner) - ay;
            double length = dx * dx + dy * dy;
            double t = length > 0 ? ((x - ax) * dx + (y - ay) * dy) / length : 0;
            t = fmin(fmax(t, 0), 1);
            best = fmin(best, hypot(ax + t * dx - x, ay + t * dy - y));
        }
    return best;
}

static double area_of(const struct gk_grid_point *g, uint32_t n)
{
    double area = 0;
    for (uint32_t i = 0, j = n - 1; i < n; j = i++)
        area += (double)g[j].x * g[i].y - (double)g[i].x * g[j].y;
    return area;
}

/* Rings: at least three points, area, the first a shell, all within the buffer. */
static void check_rings(const struct gk_clipped *c)
{
    for (uint32_t r = 0; r < c->ring_count; r++) {
        const struct gk_grid_point *g = c->points + c->start[r];
        uint32_t n = c->start[r + 1] - c->start[r];
        ck_assert_uint_ge(n, 3);
        double area = area_of(g, n);
        ck_assert(r == 0 ? area > 0 : area != 0);
        for (uint32_t i = 0; i < n; i++) {
            ck_assert_int_ge(g[i].x, -GK_TILE_BUFFER - 1);
            ck_assert_int_le(g[i].x, GK_TILE_EXTENT + GK_TILE_BUFFER + 1);
            ck_assert_int_ge(g[i].y, -GK_TILE_BUFFER - 1);
            ck_assert_int_le(g[i].y, GK_TILE_EXTENT + GK_TILE_BUFFER + 1);
        }
    }
}

static bool cross(struct gk_grid_point a, struct gk_grid_point b, struct gk_grid_point c,
                  struct gk_grid_point d)
{
    double o1 = (double)(b.x - a.x) * (c.y - a.y) - (double)(b.y - a.y) * (c.x - a.x);
    double o2 = (double)(b.x - a.x) * (d.y - a.y) - (double)(b.y - a.y) * (d.x - a.x);
    double o3 = (double)(d.x - c.x) * (a.y - c.y) - (double)(d.y - c.y) * (a.x - c.x);
    double o4 = (double)(d.x - c.x) * (b.y - c.y) - (double)(d.y - c.y) * (b.x - c.x);
    return o1 * o2 < 0 && o3 * o4 < 0;
}

/* Edges of all rings that cross in their insides: none in valid polygons. */
static int count_crossings(const struct gk_clipped *c)
{
    int crossings = 0;
    uint32_t total = c->start[c->ring_count];
    struct gk_grid_point end[POINTS_MAX * 2];
    for (uint32_t r = 0; r < c->ring_count; r++)
        for (uint32_t i = c->start[r]; i < c->start[r + 1]; i++)
            end[i] = c->points[i + 1 < c->start[r + 1] ? i + 1 : c->start[r]];
    for (uint32_t i = 0; i < total; i++)
        for (uint32_t j = i + 1; j < total; j++)
            crossings += cross(c->points[i], end[i], c->points[j], end[j]);
    return crossings;
}

static void check_insides(const struct polygon *p, const struct gk_clipped *c,
                          struct gk_random *random)
{
    for (int i = 0; i < 300; i++) {
        double x = (double)gk_random_below(random, GK_TILE_EXTENT) + 0.37;
        double y = (double)gk_random_below(random, GK_TILE_EXTENT) + 0.41;
        if (distance_to_edges(p, x, y) < 1.5)
            continue;
        bool inside = false;
        for (uint32_t r = 0; r < c->ring_count; r++)
            inside =
                is_in_rings(c->points + c->start[r], c->start[r + 1] - c->start[r], x, y, inside);
        ck_assert(inside == was_inside(p, x, y));
    }
}

START_TEST(what_was_inside_is_inside_and_nothing_else)
{
    struct gk_clip *clip;
    struct gk_random random;
    int crossings = 0, several = 0;
    ck_assert_int_eq(gk_clip_create(&clip), GK_OK);
    gk_random_init(&random, 3, 0);
    for (int round = 0; round < 1500; round++) {
        struct polygon p = {.rings = 0};
        double x = (double)gk_random_below(&random, 12000) - 4000;
        double y = (double)gk_random_below(&random, 12000) - 4000;
        double size = 50 + (double)gk_random_below(&random, 9000);
        uint32_t corners = 3 + (uint32_t)gk_random_below(&random, 80);
        add_ring(&p, &random, x, y, size * 0.5, size, corners < 12 ? 12 : corners);
        if (round % 2 == 0)
            add_ring(&p, &random, x, y, size * 0.05, size * 0.4, 3 + corners / 2);
        gk_clip_begin(clip, tile);
        ck_assert_int_eq(gk_clip_add(clip, p.points, p.start, p.rings), GK_OK);
        struct gk_clipped c = gk_clip_end(clip);
        check_rings(&c);
        check_insides(&p, &c, &random);
        crossings += count_crossings(&c);
        several += c.ring_count > 2;
    }
    /* Points where edges meet the border are rounded to the grid; that alone may
     * make two edges of a sharp corner cross. */
    ck_assert_int_le(crossings, 2);
    ck_assert_int_gt(several, 50);
    gk_clip_free(clip);
}
END_TEST

static struct gk_clipped clip_one(struct gk_clip *clip, struct gk_tile at,
                                  const struct gk_world *points, uint32_t count)
{
    uint32_t start[] = {0, count};
    gk_clip_begin(clip, at);
    ck_assert_int_eq(gk_clip_add(clip, points, start, 1), GK_OK);
    return gk_clip_end(clip);
}

START_TEST(a_tile_inside_a_polygon_is_all_of_it)
{
    struct gk_clip *clip;
    const int64_t far = 1 << 24;
    struct gk_world p[] = {{corner - far, corner - far},
                           {corner - far, corner + far},
                           {corner + far, corner + far},
                           {corner + far, corner - far},
                           {corner - far, corner - far}};
    ck_assert_int_eq(gk_clip_create(&clip), GK_OK);
    struct gk_clipped c = clip_one(clip, (struct gk_tile){18, 1 << 17, 1 << 17}, p, 5);
    ck_assert_uint_eq(c.ring_count, 1);
    ck_assert_double_eq(area_of(c.points, c.start[1]), 2.0 * 4224 * 4224);
    gk_clip_free(clip);
}
END_TEST

START_TEST(a_feature_too_small_for_the_grid_is_one_unit)
{
    struct gk_clip *clip;
    struct gk_tile country = {4, 8, 8};
    struct gk_world p[] = {{corner + 70000000, corner + 90000000},
                           {corner + 70000500, corner + 90000000},
                           {corner + 70000500, corner + 90000500},
                           {corner + 70000000, corner + 90000500},
                           {corner + 70000000, corner + 90000000}};
    ck_assert_int_eq(gk_clip_create(&clip), GK_OK);
    struct gk_clipped c = clip_one(clip, country, p, 5);
    ck_assert_uint_eq(c.ring_count, 1);
    ck_assert_double_eq(area_of(c.points, c.start[1]), 2.0);
    ck_assert_int_eq(c.points[0].x, 70000000 / 65536);
    ck_assert_int_eq(c.points[0].y, 90000000 / 65536);
    gk_clip_free(clip);
}
END_TEST

START_TEST(nothing_of_a_feature_elsewhere_is_there)
{
    struct gk_clip *clip;
    struct gk_tile elsewhere = {20, 1, 1};
    struct gk_world p[] = {
        {corner, corner}, {corner + 9, corner}, {corner, corner + 9}, {corner, corner}};
    ck_assert_int_eq(gk_clip_create(&clip), GK_OK);
    ck_assert_uint_eq(clip_one(clip, elsewhere, p, 4).ring_count, 0);
    gk_clip_free(clip);
}
END_TEST

/* A U whose legs stand in the tile: two pieces, not one with a seam. */
START_TEST(a_polygon_that_leaves_and_comes_back_is_two)
{
    struct gk_clip *clip;
    static const int64_t u[][2] = {{100, 100},   {100, 9000}, {3000, 9000},
                                   {3000, 100},  {2000, 100}, {2000, 8000},
                                   {1000, 8000}, {1000, 100}, {100, 100}};
    struct gk_world p[9];
    for (int i = 0; i < 9; i++)
        p[i] = (struct gk_world){corner + u[i][0], corner + u[i][1]};
    ck_assert_int_eq(gk_clip_create(&clip), GK_OK);
    struct gk_clipped c = clip_one(clip, tile, p, 9);
    ck_assert_uint_eq(c.ring_count, 2);
    ck_assert_uint_eq(c.start[1], 4);
    ck_assert_uint_eq(c.start[2], 8);
    gk_clip_free(clip);
}
END_TEST

/* Clipped to every tile of an area, the pieces without their buffers have the
 * area of the whole: at each zoom, to the rounding of the grid. */
START_TEST(pieces_of_all_tiles_have_the_area_of_the_whole)
{
    struct gk_clip *clip;
    struct gk_random random;
    ck_assert_int_eq(gk_clip_create(&clip), GK_OK);
    gk_random_init(&random, 4, 0);
    struct polygon p = {.rings = 0};
    add_ring(&p, &random, 8000, 8000, 4000, 7000, 60);
    double whole = 0;
    for (uint32_t i = 0; i + 1 < p.start[1]; i++)
        whole += (double)(p.points[i].x - corner) * (double)(p.points[i + 1].y - corner) -
                 (double)(p.points[i + 1].x - corner) * (double)(p.points[i].y - corner);
    for (uint32_t z = 19; z <= 21; z++) {
        uint32_t tiles = 1U << (z - 18);
        double sum = 0, unit = ldexp(1, 20 - (int)z);
        for (uint32_t t = 0; t < tiles * tiles; t++) {
            struct gk_tile at = {z, (1U << (z - 1)) + t % tiles, (1U << (z - 1)) + t / tiles};
            gk_clip_begin(clip, at);
            ck_assert_int_eq(gk_clip_add(clip, p.points, p.start, 1), GK_OK);
            struct gk_clipped c = gk_clip_end(clip);
            /* Counted by sample points of the tile alone. */
            for (int y = 32; y < GK_TILE_EXTENT; y += 64)
                for (int x = 32; x < GK_TILE_EXTENT; x += 64) {
                    bool inside = false;
                    for (uint32_t r = 0; r < c.ring_count; r++)
                        inside = is_in_rings(c.points + c.start[r], c.start[r + 1] - c.start[r],
                                             x + 0.1, y + 0.1, inside);
                    sum += inside ? 2 * 64 * 64 * unit * unit : 0;
                }
        }
        ck_assert_double_le(fabs(sum - whole), whole * 0.005);
    }
    gk_clip_free(clip);
}
END_TEST

GK_UNIT_MAIN("clip", what_was_inside_is_inside_and_nothing_else,
             a_tile_inside_a_polygon_is_all_of_it, a_feature_too_small_for_the_grid_is_one_unit,
             nothing_of_a_feature_elsewhere_is_there, a_polygon_that_leaves_and_comes_back_is_two,
             pieces_of_all_tiles_have_the_area_of_the_whole)
