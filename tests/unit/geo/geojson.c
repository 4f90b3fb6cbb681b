/* GeoJSON text against printf with the zeros cut off, and against geometry
 * whose coordinates are known: on the central meridian of EPSG:3006 the
 * longitude is 15 exactly. */
#include "geo/geojson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "geo/square.h"
#include "unit.h"

static char *plain(char *to, int32_t e7)
{
    to += sprintf(to, "%s%lld.%07lld", e7 < 0 ? "-" : "", llabs((long long)e7) / 10000000,
                  llabs((long long)e7) % 10000000);
    while (to[-1] == '0')
        to--;
    if (to[-1] == '.')
        to--;
    return to;
}

static void check(struct gk_lonlat_e7 p)
{
    char expected[64], *end = expected;
    struct gk_buf buf;
    *end++ = '[';
    end = plain(end, p.lon);
    *end++ = ',';
    end = plain(end, p.lat);
    *end++ = ']';
    *end = '\0';
    gk_buf_init(&buf, 1000);
    gk_buf_put_lonlat(&buf, p);
    ck_assert_str_eq(buf.data, expected);
    gk_buf_release(&buf);
}

START_TEST(positions_are_as_printf_writes_them)
{
    static const int32_t edges[] = {0,          1,           -1,        9999999,   10000000,
                                    10000001,   99999999,    100000000, 999999999, 1000000000,
                                    1800000000, -1800000000, 550000000, 127500000, INT32_MAX,
                                    INT32_MIN,  1000,        -900000000};
    enum { EDGES = sizeof edges / sizeof *edges };
    struct gk_random random;
    gk_random_init(&random, 41, 0);
    for (size_t i = 0; i < EDGES; i++)
        for (size_t j = 0; j < EDGES; j++)
            check((struct gk_lonlat_e7){edges[i], edges[j]});
    for (int i = 0; i < 50000; i++) {
        int32_t scale = 1 << gk_random_below(&random, 31);
        check((struct gk_lonlat_e7){(int32_t)gk_random_bits(&random) / scale,
                                    (int32_t)gk_random_bits(&random) / scale});
    }
}
END_TEST

START_TEST(rounding_is_half_away_from_zero_and_clamped)
{
    struct gk_lonlat_e7 p = gk_lonlat_e7_round((struct gk_lonlat){12.75, -55.00000004});
    ck_assert(p.lon == 127500000 && p.lat == -550000000);
    /* Halves that doubles hold exactly: 2^-8 degrees is 39062.5 units. */
    p = gk_lonlat_e7_round((struct gk_lonlat){0.00390625, -0.00390625});
    ck_assert(p.lon == 39063 && p.lat == -39063);
    p = gk_lonlat_e7_round((struct gk_lonlat){1e300, -91});
    ck_assert(p.lon == 1800000000 && p.lat == -900000000);
    p = gk_lonlat_e7_round((struct gk_lonlat){-HUGE_VAL, NAN});
    ck_assert(p.lon == -1800000000 && p.lat >= -900000000 && p.lat <= 900000000);
}
END_TEST

START_TEST(a_point_is_a_point)
{
    struct gk_buf buf;
    gk_buf_init(&buf, 1000);
    gk_buf_put_geojson_point(&buf, (struct gk_lonlat_e7){127500000, 550000001});
    ck_assert_str_eq(buf.data, "{\"type\":\"Point\",\"coordinates\":[12.75,55.0000001]}");
    gk_buf_release(&buf);
}
END_TEST

static struct gk_transform *to_lonlat(void)
{
    struct gk_transform *t;
    ck_assert_int_eq(gk_transform_create(&t, "EPSG:3006", "OGC:CRS84", NULL), GK_OK);
    return t;
}

START_TEST(one_polygon_keeps_its_rings_and_closes_them)
{
    /* 3 by 3 squares around a hole, from the central meridian eastward. */
    struct gk_square squares[8];
    size_t count = 0;
    for (int32_t i = 0; i < 9; i++)
        if (i != 4)
            squares[count++] = (struct gk_square){5 + i % 3, 65 + i / 3};
    struct gk_polygons p;
    struct gk_buf buf;
    struct gk_transform *t = to_lonlat();
    ck_assert_int_eq(gk_outline(&p, squares, 8, 10000000), GK_OK);
    gk_buf_init(&buf, 10000);
    ck_assert_int_eq(gk_buf_put_geojson_polygons(&buf, &p, t), GK_OK);
    static const char start[] = "{\"type\":\"Polygon\",\"coordinates\":[[[15,58.6";
    ck_assert_mem_eq(buf.data, start, sizeof start - 1);
    /* Closed: the first position is also the last of its ring, before the hole. */
    char first[64];
    const char *from = strstr(buf.data, "[[[") + 2, *to = strchr(from, ']') + 1;
    snprintf(first, sizeof first, "%.*s],[[", (int)(to - from), from);
    ck_assert_ptr_nonnull(strstr(buf.data, first));
    ck_assert_str_eq(buf.data + buf.length - 4, "]]]}");
    gk_buf_release(&buf);
    gk_polygons_release(&p);
    gk_transform_free(t);
}
END_TEST

START_TEST(many_polygons_and_long_rings_are_written_whole)
{
    /* A comb of 300 teeth: one ring of more points than a chunk; and one square. */
    enum { TEETH = 300 };
    struct gk_square squares[3 * TEETH];
    size_t count = 0;
    for (int32_t i = 0; i < 2 * TEETH - 1; i++) {
        squares[count++] = (struct gk_square){10000 + i, 124000};
        if (i % 2 == 0)
            squares[count++] = (struct gk_square){10000 + i, 124001};
    }
    squares[count++] = (struct gk_square){9000, 124010};
    struct gk_polygons p;
    struct gk_buf buf;
    struct gk_transform *t = to_lonlat();
    ck_assert_int_eq(gk_outline(&p, squares, count, 5000), GK_OK);
    gk_buf_init(&buf, 1 << 20);
    ck_assert_int_eq(gk_buf_put_geojson_polygons(&buf, &p, t), GK_OK);
    size_t brackets = 0, balance = 0;
    for (const char *c = buf.data; *c != '\0'; c++) {
        brackets += *c == '[';
        balance += *c == '[' || *c == '{';
        balance -= *c == ']' || *c == '}';
    }
    ck_assert_uint_eq(balance, 0);
    ck_assert_uint_eq(brackets, 1 + 2 + 2 + (4 * TEETH + 1) + 5);
    ck_assert_ptr_nonnull(strstr(buf.data, "\"MultiPolygon\""));
    gk_buf_release(&buf);
    gk_polygons_release(&p);
    gk_transform_free(t);
}
END_TEST

START_TEST(nothing_is_an_empty_multipolygon)
{
    struct gk_polygons p = {0};
    struct gk_buf buf;
    struct gk_transform *t = to_lonlat();
    gk_buf_init(&buf, 1000);
    ck_assert_int_eq(gk_buf_put_geojson_polygons(&buf, &p, t), GK_OK);
    ck_assert_str_eq(buf.data, "{\"type\":\"MultiPolygon\",\"coordinates\":[]}");
    gk_buf_release(&buf);
    gk_transform_free(t);
}
END_TEST

START_TEST(a_place_that_cannot_be_transformed_is_invalid)
{
    struct gk_square far = {INT32_MAX, INT32_MAX};
    struct gk_polygons p;
    struct gk_buf buf;
    struct gk_transform *t = to_lonlat();
    ck_assert_int_eq(gk_outline(&p, &far, 1, INT32_MAX), GK_OK);
    gk_buf_init(&buf, 1000);
    ck_assert_int_eq(gk_buf_put_geojson_polygons(&buf, &p, t), GK_INVALID);
    gk_buf_release(&buf);
    gk_polygons_release(&p);
    gk_transform_free(t);
}
END_TEST

GK_UNIT_MAIN("geo/geojson", positions_are_as_printf_writes_them,
             rounding_is_half_away_from_zero_and_clamped, a_point_is_a_point,
             one_polygon_keeps_its_rings_and_closes_them,
             many_polygons_and_long_rings_are_written_whole, nothing_is_an_empty_multipolygon,
             a_place_that_cannot_be_transformed_is_invalid)
