/* gk_areas_find against the even-odd rule said plainly: for each edge of each
 * area, exact in 128 bits, no index (W. R. Franklin's pnpoly test). The
 * coordinates are small or the points are put on borders on purpose, so that
 * edges, vertices and grid lines are hit all the time. */
#include "geo/areas.h"

#include <stdbool.h>
#include <string.h>

#include "base/random.h"
#include "geo/square.h"
#include "unit.h"

enum { AREAS_MAX = 400, POINTS_MAX = 64 };

static bool reference_inside(const struct gk_polygons *p, struct gk_cm q)
{
    bool inside = false;
    for (uint32_t r = 0; r < p->ring_count; r++)
        for (uint32_t i = p->point_start[r]; i + 1 < p->point_start[r + 1]; i++) {
            struct gk_cm a = p->points[i], b = p->points[i + 1];
            if ((a.n > q.n) == (b.n > q.n))
                continue;
            __int128 left = (__int128)(q.e - a.e) * (b.n - a.n);
            __int128 right = (__int128)(b.e - a.e) * (q.n - a.n);
            if (b.n > a.n ? left < right : left > right)
                inside = !inside;
        }
    return inside;
}

static int32_t reference_find(const struct gk_polygons *p, const int32_t *ids, size_t count,
                              struct gk_cm q)
{
    for (size_t i = 0; i < count; i++)
        if (reference_inside(&p[i], q))
            return ids[i];
    return -1;
}

/* One area of one ring, or of a ring and a hole. */
struct shape {
    struct gk_cm points[POINTS_MAX];
    uint32_t point_start[3];
    uint32_t ring_start[2];
};

static struct gk_polygons as_polygons(struct shape *s, uint32_t rings)
{
    s->ring_start[0] = 0;
    s->ring_start[1] = rings;
    return (struct gk_polygons){s->points, s->point_start, s->ring_start, rings, 1};
}

static int64_t between(struct gk_random *random, int64_t low, int64_t high)
{
    return low + (int64_t)gk_random_below(random, (uint64_t)(high - low + 1));
}

/* Any closed lines, self-crossing too: even-odd has an answer for all. */
static struct gk_polygons random_shape(struct gk_random *random, struct shape *s, int64_t low,
                                       int64_t high)
{
    uint32_t rings = 1 + (uint32_t)gk_random_below(random, 2), at = 0;
    for (uint32_t r = 0; r < rings; r++) {
        uint32_t n = 3 + (uint32_t)gk_random_below(random, 20), start = at;
        s->point_start[r] = at;
        for (uint32_t i = 0; i < n; i++)
            s->points[at++] =
                (struct gk_cm){between(random, low, high), between(random, low, high)};
        s->points[at++] = s->points[start];
    }
    s->point_start[rings] = at;
    return as_polygons(s, rings);
}

static struct shape shapes[AREAS_MAX];
static struct gk_polygons polygons[AREAS_MAX];
static int32_t ids[AREAS_MAX];

static struct gk_areas *build(size_t count)
{
    struct gk_areas *areas = NULL;
    for (size_t i = 0; i < count; i++)
        ids[i] = (int32_t)(1000 - i);
    ck_assert_int_eq(gk_areas_build(&areas, polygons, ids, count), GK_OK);
    return areas;
}

START_TEST(every_point_of_small_random_lines_agrees)
{
    struct gk_random random;
    gk_random_init(&random, 1, 0);
    for (int round = 0; round < 60; round++) {
        int64_t size = between(&random, 3, 130), origin = between(&random, -1000, 1000);
        size_t count = 1 + gk_random_below(&random, 6);
        for (size_t i = 0; i < count; i++)
            polygons[i] = random_shape(&random, &shapes[i], origin, origin + size);
        struct gk_areas *areas = build(count);
        for (int64_t n = origin - 2; n <= origin + size + 2; n++)
            for (int64_t e = origin - 2; e <= origin + size + 2; e++) {
                struct gk_cm q = {e, n};
                int32_t expected = reference_find(polygons, ids, count, q);
                ck_assert_msg(gk_areas_find(areas, q) == expected, "round %d at %d, %d", round,
                              (int)e, (int)n);
            }
        gk_areas_free(areas);
    }
}
END_TEST

START_TEST(points_on_long_edges_and_grid_lines_agree)
{
    struct gk_random random;
    gk_random_init(&random, 2, 0);
    for (int round = 0; round < 60; round++) {
        int64_t size = (int64_t)1 << between(&random, 8, 30);
        if (size > GK_CM_MAX)
            size = GK_CM_MAX;
        size_t count = 1 + gk_random_below(&random, 12);
        for (size_t i = 0; i < count; i++)
            polygons[i] = random_shape(&random, &shapes[i], -size, size);
        struct gk_areas *areas = build(count);
        for (int k = 0; k < 4000; k++) {
            const struct gk_polygons *p = &polygons[gk_random_below(&random, count)];
            uint32_t i = (uint32_t)gk_random_below(&random, p->point_start[1] - 1);
            struct gk_cm a = p->points[i], b = p->points[i + 1];
            int64_t share = between(&random, 0, 1000);
            struct gk_cm q = {a.e + (b.e - a.e) * share / 1000 + between(&random, -1, 1),
                              a.n + (b.n - a.n) * share / 1000 + between(&random, -1, 1)};
            ck_assert_int_eq(gk_areas_find(areas, q), reference_find(polygons, ids, count, q));
        }
        gk_areas_free(areas);
    }
}
END_TEST

/* A net of quadrilaterals with moved corners: no gaps, no overlap. */
static size_t make_net(struct gk_random *random, int across, int64_t step)
{
    static struct gk_cm knots[21][21];
    for (int r = 0; r <= across; r++)
        for (int c = 0; c <= across; c++) {
            bool inner = r > 0 && c > 0 && r < across && c < across;
            int64_t move = inner ? step / 3 : 0;
            knots[r][c] = (struct gk_cm){c * step + between(random, -move, move),
                                         r * step + between(random, -move, move)};
        }
    size_t count = 0;
    for (int r = 0; r < across; r++)
        for (int c = 0; c < across; c++) {
            struct shape *s = &shapes[count];
            const struct gk_cm ring[] = {knots[r][c], knots[r][c + 1], knots[r + 1][c + 1],
                                         knots[r + 1][c], knots[r][c]};
            memcpy(s->points, ring, sizeof ring);
            s->point_start[0] = 0;
            s->point_start[1] = 5;
            polygons[count++] = as_polygons(s, 1);
        }
    return count;
}

START_TEST(a_point_on_a_shared_border_is_in_exactly_one_area)
{
    struct gk_random random;
    gk_random_init(&random, 3, 0);
    for (int round = 0; round < 8; round++) {
        int across = (int)between(&random, 2, 12);
        int64_t step = between(&random, 6, 20), size = step * across;
        size_t count = make_net(&random, across, step);
        struct gk_areas *areas = build(count);
        for (int64_t n = 0; n < size; n++)
            for (int64_t e = 0; e < size; e++) {
                struct gk_cm q = {e, n};
                int holders = 0;
                for (size_t i = 0; i < count; i++)
                    holders += reference_inside(&polygons[i], q);
                ck_assert_int_eq(holders, 1);
                ck_assert_int_eq(gk_areas_find(areas, q), reference_find(polygons, ids, count, q));
            }
        ck_assert_int_eq(gk_areas_find(areas, (struct gk_cm){size, 1}), -1);
        ck_assert_int_eq(gk_areas_find(areas, (struct gk_cm){1, size}), -1);
        gk_areas_free(areas);
    }
}
END_TEST

START_TEST(unions_of_squares_hold_just_their_squares)
{
    struct gk_random random;
    gk_random_init(&random, 4, 0);
    for (int round = 0; round < 40; round++) {
        bool set[12][12];
        struct gk_square squares[144];
        size_t count = 0;
        for (int n = 0; n < 12; n++)
            for (int e = 0; e < 12; e++)
                if ((set[n][e] = gk_random_below(&random, 2) != 0))
                    squares[count++] = (struct gk_square){e, n};
        if (count == 0)
            continue;
        struct gk_polygons outline;
        const int32_t id = 7;
        struct gk_areas *areas;
        ck_assert_int_eq(gk_outline(&outline, squares, count, 5000), GK_OK);
        ck_assert_int_eq(gk_areas_build(&areas, &outline, &id, 1), GK_OK);
        for (int64_t n = -1; n < 121; n++)
            for (int64_t e = -1; e < 121; e++) {
                /* Corners of squares, and points inside them. */
                struct gk_cm q = {e * 500, n * 500};
                struct gk_square s = gk_square_at(q, 5000);
                bool in = s.e >= 0 && s.n >= 0 && s.e < 12 && s.n < 12 && set[s.n][s.e];
                ck_assert_int_eq(gk_areas_find(areas, q), in ? 7 : -1);
            }
        gk_areas_free(areas);
        gk_polygons_release(&outline);
    }
}
END_TEST

START_TEST(the_area_added_first_wins)
{
    struct gk_random random;
    gk_random_init(&random, 5, 0);
    for (int i = 0; i < 2; i++) {
        const int64_t low = i * 40, high = 100 + i * 40;
        struct gk_cm ring[] = {{low, low}, {high, low}, {high, high}, {low, high}, {low, low}};
        memcpy(shapes[i].points, ring, sizeof ring);
        shapes[i].point_start[0] = 0;
        shapes[i].point_start[1] = 5;
        polygons[i] = as_polygons(&shapes[i], 1);
    }
    struct gk_areas *areas = build(2);
    ck_assert_int_eq(gk_areas_find(areas, (struct gk_cm){60, 60}), 1000);
    ck_assert_int_eq(gk_areas_find(areas, (struct gk_cm){120, 60}), 999);
    gk_areas_free(areas);
}
END_TEST

START_TEST(hostile_points_are_nowhere)
{
    struct gk_random random;
    gk_random_init(&random, 6, 0);
    polygons[0] = random_shape(&random, &shapes[0], -GK_CM_MAX, GK_CM_MAX);
    struct gk_areas *areas = build(1);
    static const int64_t far[] = {INT64_MIN, INT64_MIN + 1, -GK_CM_MAX - 1, GK_CM_MAX + 1,
                                  INT64_MAX};
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            ck_assert_int_eq(gk_areas_find(areas, (struct gk_cm){far[i], far[j]}), -1);
    gk_areas_free(areas);
    areas = build(0);
    ck_assert_int_eq(gk_areas_find(areas, (struct gk_cm){0, 0}), -1);
    gk_areas_free(areas);
    gk_areas_free(NULL);
}
END_TEST

START_TEST(broken_rings_are_refused)
{
    struct gk_areas *areas;
    struct shape *s = &shapes[0];
    struct gk_cm ring[] = {{0, 0}, {9, 0}, {9, 9}, {0, 9}, {0, 0}};
    memcpy(s->points, ring, sizeof ring);
    s->point_start[0] = 0;
    s->point_start[1] = 4;
    polygons[0] = as_polygons(s, 1);
    ids[0] = 1;
    ck_assert_int_eq(gk_areas_build(&areas, polygons, ids, 1), GK_INVALID); /* not closed */
    ck_assert_ptr_null(areas);
    s->point_start[1] = 3;
    ck_assert_int_eq(gk_areas_build(&areas, polygons, ids, 1), GK_INVALID);
    s->point_start[1] = 5;
    ids[0] = -1;
    ck_assert_int_eq(gk_areas_build(&areas, polygons, ids, 1), GK_INVALID);
    ids[0] = 1;
    s->points[2].e = GK_CM_MAX + 1;
    ck_assert_int_eq(gk_areas_build(&areas, polygons, ids, 1), GK_INVALID);
}
END_TEST

GK_UNIT_MAIN("geo/areas", every_point_of_small_random_lines_agrees,
             points_on_long_edges_and_grid_lines_agree,
             a_point_on_a_shared_border_is_in_exactly_one_area,
             unions_of_squares_hold_just_their_squares, the_area_added_first_wins,
             hostile_points_are_nowhere, broken_rings_are_refused)
