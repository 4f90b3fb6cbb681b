/* Boxes and shapes. Unions of squares are checked exactly: a closed box touches a
 * union when it touches one of its squares. Triangles are checked by separating
 * axes over the whole triangle. GeoJSON is compared with lib/geo's own writer,
 * which transforms and prints by itself. */
#include "snapshot/query.h"

#include "sample_snapshot.h"
#include "unit.h"

enum { SIDE = 4, EXTENT = 9, SHAPES = 150 };

static struct gk_plane *own; /* EPSG:3006 */

static void make_own_plane(void)
{
    static const char uri[] = "http://www.opengis.net/def/crs/EPSG/0/3006";
    ck_assert_int_eq(gk_plane_create(&own, gk_crs_find(uri, sizeof uri - 1), NULL), GK_OK);
}

/* The points of polygons, taken as they are for 1e-7 degrees and for centimetres. */
static void shapes_from(struct gk_build *build, struct gk_shapes *shapes,
                        const struct gk_polygons *polygons, uint32_t count)
{
    size_t rings = 0, points = 0, polygon_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        polygon_count += polygons[i].polygon_count;
        rings += polygons[i].ring_count;
        points += polygons[i].point_start[polygons[i].ring_count];
    }
    shapes->count = count;
    shapes->polygon_start = sample_array(build, count + 1, sizeof(uint32_t));
    shapes->ring_start = sample_array(build, polygon_count + 1, sizeof(uint32_t));
    shapes->point_start = sample_array(build, rings + 1, sizeof(uint32_t));
    shapes->points = sample_array(build, points, sizeof *shapes->points);
    shapes->points_cm = sample_array(build, points, sizeof *shapes->points_cm);
    uint32_t polygon = 0, ring = 0, point = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct gk_polygons *p = &polygons[i];
        for (uint32_t j = 0; j < p->polygon_count; j++) {
            for (uint32_t r = p->ring_start[j]; r < p->ring_start[j + 1]; r++) {
                for (uint32_t k = p->point_start[r]; k < p->point_start[r + 1]; k++, point++) {
                    int32_t e = (int32_t)p->points[k].e, n = (int32_t)p->points[k].n;
                    shapes->points[point] = (struct gk_lonlat_e7){e, n};
                    shapes->points_cm[point] = (struct gk_cm32){e, n};
                }
                shapes->point_start[++ring] = point;
            }
            shapes->ring_start[++polygon] = ring;
        }
        shapes->polygon_start[i + 1] = polygon;
    }
    ck_assert_int_eq(gk_build_boxes(build, shapes), GK_OK);
}

static struct gk_box_e7 random_box(struct gk_random *random, int32_t extent)
{
    int32_t a = (int32_t)gk_random_below(random, (uint64_t)extent) - 3;
    int32_t b = (int32_t)gk_random_below(random, (uint64_t)extent) - 3;
    int32_t width = (int32_t)gk_random_below(random, 12),
            height = (int32_t)gk_random_below(random, 12);
    if (gk_random_below(random, 8) == 0)
        width = height = 0; /* a point */
    return (struct gk_box_e7){{a, b}, {a + width, b + height}};
}

static bool touches_a_square(const struct gk_square *squares, size_t count, struct gk_box_e7 box)
{
    for (size_t i = 0; i < count; i++)
        if (squares[i].e * SIDE <= box.max.lon && box.min.lon <= (squares[i].e + 1) * SIDE &&
            squares[i].n * SIDE <= box.max.lat && box.min.lat <= (squares[i].n + 1) * SIDE)
            return true;
    return false;
}

/* Iterates and compares with `expected`, from any start to any end. */
static void check_iteration(const struct gk_shapes *shapes, struct gk_box_e7 box,
                            const bool *expected, uint32_t from, uint32_t end)
{
    uint32_t found = gk_shapes_next_in_box(shapes, box, from, end), count = 0;
    for (uint32_t i = from; i < end; i++) {
        if (!expected[i])
            continue;
        ck_assert_uint_eq(found, i);
        found = gk_shapes_next_in_box(shapes, box, i + 1, end);
        count++;
    }
    ck_assert_uint_eq(found, end);
    ck_assert_uint_eq(gk_shapes_count_in_box(shapes, box, from, end), count);
    struct gk_box_xy in_plane = {{box.min.lon, box.min.lat}, {box.max.lon, box.max.lat}};
    ck_assert_uint_eq(gk_shapes_count_in_plane(shapes, own, in_plane, from, end), count);
    for (uint32_t i = from; i < end; i++)
        ck_assert_int_eq(gk_shapes_next_in_plane(shapes, own, in_plane, i, i + 1) == i,
                         expected[i]);
}

START_TEST(unions_of_squares_with_holes_touch_exactly_the_boxes_that_touch_a_square)
{
    struct gk_random random;
    gk_random_init(&random, 11, 0);
    make_own_plane();
    for (int round = 0; round < 6; round++) {
        struct gk_build build;
        ck_assert_int_eq(gk_build_init(&build, GK_SNAPSHOT_RELEASE, 1 << 24), GK_OK);
        struct gk_polygons polygons[SHAPES] = {0};
        struct gk_square squares[SHAPES][EXTENT * EXTENT];
        size_t counts[SHAPES] = {0};
        for (uint32_t i = 0; i < SHAPES; i++) {
            /* Dense unions have holes; sparse ones have many parts. */
            uint64_t density = 1 + gk_random_below(&random, 9);
            int32_t shift = i % 3 == 0 ? 0 : (int32_t)i;
            for (int32_t e = 0; e < EXTENT; e++)
                for (int32_t n = 0; n < EXTENT; n++)
                    if (gk_random_below(&random, 10) < density)
                        squares[i][counts[i]++] = (struct gk_square){e + shift, n};
            if (counts[i] == 0)
                squares[i][counts[i]++] = (struct gk_square){shift, 0};
            ck_assert_int_eq(gk_outline(&polygons[i], squares[i], counts[i], SIDE), GK_OK);
        }
        struct gk_shapes shapes = {0};
        shapes_from(&build, &shapes, polygons, SHAPES);
        for (int b = 0; b < 700; b++) {
            struct gk_box_e7 box = random_box(&random, b % 2 == 0 ? 45 : 640);
            bool expected[SHAPES];
            for (uint32_t i = 0; i < SHAPES; i++)
                expected[i] = touches_a_square(squares[i], counts[i], box);
            uint32_t from = (uint32_t)gk_random_below(&random, SHAPES);
            check_iteration(&shapes, box, expected, 0, SHAPES);
            check_iteration(&shapes, box, expected, from,
                            from + (uint32_t)gk_random_below(&random, SHAPES - from + 1));
        }
        for (uint32_t i = 0; i < SHAPES; i++)
            gk_polygons_release(&polygons[i]);
        gk_snapshot_free(build.snapshot);
    }
    gk_plane_free(own);
}
END_TEST

/* True when an axis (a normal of an edge) separates triangle and box. */
static bool is_separated(const struct gk_cm t[3], const struct gk_cm box[4], int64_t e, int64_t n)
{
    int64_t t_min = INT64_MAX, t_max = INT64_MIN, b_min = INT64_MAX, b_max = INT64_MIN;
    for (int i = 0; i < 3; i++) {
        int64_t v = t[i].e * e + t[i].n * n;
        t_min = v < t_min ? v : t_min;
        t_max = v > t_max ? v : t_max;
    }
    for (int i = 0; i < 4; i++) {
        int64_t v = box[i].e * e + box[i].n * n;
        b_min = v < b_min ? v : b_min;
        b_max = v > b_max ? v : b_max;
    }
    return t_max < b_min || b_max < t_min;
}

static bool triangle_touches(const struct gk_cm t[3], struct gk_box_e7 b)
{
    const struct gk_cm box[4] = {{b.min.lon, b.min.lat},
                                 {b.max.lon, b.min.lat},
                                 {b.max.lon, b.max.lat},
                                 {b.min.lon, b.max.lat}};
    if (is_separated(t, box, 1, 0) || is_separated(t, box, 0, 1))
        return false;
    for (int i = 0; i < 3; i++) {
        const struct gk_cm *p = &t[i], *q = &t[(i + 1) % 3];
        if (is_separated(t, box, -(q->n - p->n), q->e - p->e))
            return false;
    }
    return true;
}

START_TEST(slanted_shapes_touch_boxes_exactly)
{
    struct gk_random random;
    gk_random_init(&random, 12, 0);
    make_own_plane();
    struct gk_build build;
    ck_assert_int_eq(gk_build_init(&build, GK_SNAPSHOT_RELEASE, 1 << 24), GK_OK);
    static struct gk_cm points[SHAPES][4];
    struct gk_polygons polygons[SHAPES];
    uint32_t starts[2] = {0, 4}, rings[2] = {0, 1};
    for (uint32_t i = 0; i < SHAPES; i++) {
        int64_t area;
        do {
            for (int j = 0; j < 3; j++)
                points[i][j] = (struct gk_cm){(int64_t)gk_random_below(&random, 40),
                                              (int64_t)gk_random_below(&random, 40)};
            area = (points[i][1].e - points[i][0].e) * (points[i][2].n - points[i][0].n) -
                   (points[i][1].n - points[i][0].n) * (points[i][2].e - points[i][0].e);
        } while (area == 0);
        points[i][3] = points[i][0];
        polygons[i] = (struct gk_polygons){points[i], starts, rings, 1, 1};
    }
    struct gk_shapes shapes = {0};
    shapes_from(&build, &shapes, polygons, SHAPES);
    for (int b = 0; b < 3000; b++) {
        struct gk_box_e7 box = random_box(&random, 45);
        bool expected[SHAPES];
        for (uint32_t i = 0; i < SHAPES; i++)
            expected[i] = triangle_touches(points[i], box);
        check_iteration(&shapes, box, expected, 0, SHAPES);
    }
    gk_plane_free(own);
    gk_snapshot_free(build.snapshot);
}
END_TEST

START_TEST(the_ends_of_the_world_do_not_overflow)
{
    struct gk_build build;
    ck_assert_int_eq(gk_build_init(&build, GK_SNAPSHOT_RELEASE, 1 << 20), GK_OK);
    const int64_t w = 1800000000, h = 900000000;
    struct gk_cm points[] = {{-w, -h}, {w, -h}, {w, h}, {-w, -h}}; /* the south-eastern half */
    uint32_t starts[2] = {0, 4}, rings[2] = {0, 1};
    struct gk_polygons polygon = {points, starts, rings, 1, 1};
    struct gk_shapes shapes = {0};
    shapes_from(&build, &shapes, &polygon, 1);
    struct gk_box_e7 all = {{INT32_MIN, INT32_MIN}, {INT32_MAX, INT32_MAX}};
    struct gk_box_e7 below = {{1000, 400}, {1100, 450}}, above = {{1000, 551}, {1100, 600}};
    struct gk_box_e7 corner = {{1000, 400}, {1000, 500}}, beside = {{1000, 501}, {1001, 600}};
    ck_assert_uint_eq(gk_shapes_count_in_box(&shapes, all, 0, 1), 1);
    ck_assert_uint_eq(gk_shapes_count_in_box(&shapes, below, 0, 1), 1);
    ck_assert_uint_eq(gk_shapes_count_in_box(&shapes, above, 0, 1), 0);
    ck_assert_uint_eq(gk_shapes_count_in_box(&shapes, corner, 0, 1), 1);
    ck_assert_uint_eq(gk_shapes_count_in_box(&shapes, beside, 0, 1), 0);
    ck_assert_uint_eq(gk_shapes_count_in_box(&shapes, all, 0, UINT32_MAX), 1);
    ck_assert_uint_eq(gk_shapes_next_in_box(&shapes, all, 5, UINT32_MAX), 1);
    gk_snapshot_free(build.snapshot);
}
END_TEST

START_TEST(geojson_of_shapes_is_what_the_geometry_writer_prints)
{
    struct gk_random random;
    gk_random_init(&random, 13, 0);
    struct gk_transform *to_lonlat;
    struct gk_error error;
    ck_assert_int_eq(gk_transform_create(&to_lonlat, "EPSG:3006", "OGC:CRS84", &error), GK_OK);
    struct gk_build build;
    ck_assert_int_eq(gk_build_init(&build, GK_SNAPSHOT_RELEASE, 1 << 26), GK_OK);
    struct gk_polygons polygons[SHAPES] = {0};
    for (uint32_t i = 0; i < SHAPES; i++) {
        struct gk_square squares[EXTENT * EXTENT];
        size_t count = 0;
        for (int32_t at = 0; at < EXTENT * EXTENT; at++)
            if (at == 0 || gk_random_below(&random, 3) > 0)
                squares[count++] = (struct gk_square){9300 + at % EXTENT, 124200 + at / EXTENT};
        ck_assert_int_eq(gk_outline(&polygons[i], squares, i % 7 == 0 ? 1 : count, 5000), GK_OK);
    }
    struct gk_shapes *shapes = &build.snapshot->cell_shapes;
    gk_build_text(&build, "before", 6);
    ck_assert_int_eq(gk_build_shapes(&build, shapes, polygons, SHAPES, to_lonlat), GK_OK);
    ck_assert_int_eq(gk_build_seal(&build), GK_OK);
    struct gk_buf buf;
    gk_buf_init(&buf, 1 << 20);
    for (uint32_t i = 0; i < SHAPES; i++) {
        gk_buf_clear(&buf);
        ck_assert_int_eq(gk_buf_put_geojson_polygons(&buf, &polygons[i], to_lonlat), GK_OK);
        /* The writer prints one polygon as a Polygon, shapes are always MultiPolygons. */
        const char *text = gk_span_text(build.snapshot, shapes->geojson[i]);
        size_t length = shapes->geojson[i].length;
        size_t start = strlen("{\"type\":\"MultiPolygon\",\"coordinates\":[");
        const char *coordinates = strchr(buf.data, '[') + (polygons[i].polygon_count != 1);
        size_t rest = (size_t)(buf.data + buf.length - coordinates) -
                      (polygons[i].polygon_count != 1 ? 2 : 1);
        ck_assert_mem_eq(text, "{\"type\":\"MultiPolygon\",\"coordinates\":[", start);
        ck_assert_uint_eq(length, start + rest + 2);
        ck_assert_mem_eq(text + start, coordinates, rest);
        gk_polygons_release(&polygons[i]);
    }
    gk_buf_release(&buf);
    gk_transform_free(to_lonlat);
    gk_snapshot_free(build.snapshot);
}
END_TEST

GK_UNIT_MAIN("snapshot/shapes",
             unions_of_squares_with_holes_touch_exactly_the_boxes_that_touch_a_square,
             slanted_shapes_touch_boxes_exactly, the_ends_of_the_world_do_not_overflow,
             geojson_of_shapes_is_what_the_geometry_writer_prints)
