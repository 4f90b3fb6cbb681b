/* Web Mercator against PROJ's EPSG:3857, tiles against published numbers. */
#include "geo/mercator.h"

#include <math.h>

#include "base/random.h"
#include "geo/crs.h"
#include "unit.h"

static struct gk_lonlat_e7 at(double lon_deg, double lat_deg)
{
    return gk_lonlat_e7_round((struct gk_lonlat){lon_deg, lat_deg});
}

START_TEST(projection_is_that_of_proj)
{
    struct gk_mercator *m;
    struct gk_transform *to_3857;
    struct gk_random random;
    const double half_m = 20037508.342789244, unit_m = 2 * half_m / 4294967296.0;
    ck_assert_int_eq(gk_mercator_create(&m), GK_OK);
    ck_assert_int_eq(gk_transform_create(&to_3857, "OGC:CRS84", "EPSG:3857", NULL), GK_OK);
    gk_random_init(&random, 1, 0);
    for (int i = 0; i < 20000; i++) {
        struct gk_lonlat_e7 p = {
            (int32_t)((int64_t)gk_random_below(&random, 3600000000U) - 1800000000),
            (int32_t)((int64_t)gk_random_below(&random, 1700000000U) - 850000000)};
        double x = p.lon * 1e-7, y = p.lat * 1e-7;
        ck_assert_uint_eq(gk_transform_forward(to_3857, &x, &y, 1), 0);
        struct gk_world w = gk_mercator_project(m, p);
        ck_assert_double_le(fabs((double)w.x - (x + half_m) / unit_m), 0.51);
        double slack = abs(p.lat) < 700000000 ? 0.51 : 0.7;
        ck_assert_double_le(fabs((double)w.y - (half_m - y) / unit_m), slack);
        struct gk_lonlat_e7 back = gk_mercator_inverse(w);
        ck_assert_int_le(labs((long)back.lon - p.lon), 1);
        ck_assert_int_le(labs((long)back.lat - p.lat), 1);
    }
    gk_transform_free(to_3857);
    gk_mercator_free(m);
}
END_TEST

/* Source: the tile numbers that OpenStreetMap's wiki gives as its example (Slippy
 * map tilenames): Tokyo-Kawasaki area 35.6590699 N 139.7006793 E is 18/232798/103246. */
START_TEST(a_position_is_in_its_published_tile)
{
    struct gk_mercator *m;
    ck_assert_int_eq(gk_mercator_create(&m), GK_OK);
    struct gk_world w = gk_mercator_project(m, at(139.7006793, 35.6590699));
    ck_assert_int_eq(w.x >> (32 - 18), 232798);
    ck_assert_int_eq(w.y >> (32 - 18), 103246);
    gk_mercator_free(m);
}
END_TEST

START_TEST(the_world_ends_where_it_ends)
{
    struct gk_mercator *m;
    ck_assert_int_eq(gk_mercator_create(&m), GK_OK);
    struct gk_world north = gk_mercator_project(m, at(-180, 90));
    struct gk_world south = gk_mercator_project(m, at(180, -90));
    ck_assert_int_eq(north.x, 0);
    ck_assert_int_le(llabs(north.y), 3);
    ck_assert(south.x == GK_WORLD_UNITS);
    ck_assert_int_le(llabs(south.y - GK_WORLD_UNITS), 3);
    /* Also there a point has a place in the order of tiles. */
    ck_assert_uint_eq(gk_world_morton(south), UINT64_MAX);
    gk_mercator_free(m);
}
END_TEST

START_TEST(codes_of_points_begin_with_those_of_their_tiles)
{
    struct gk_random random;
    gk_random_init(&random, 2, 0);
    for (int i = 0; i < 10000; i++) {
        uint32_t z = 1 + (uint32_t)gk_random_below(&random, GK_TILE_ZOOM_MAX);
        struct gk_world w = {(int64_t)gk_random_below(&random, (uint64_t)GK_WORLD_UNITS),
                             (int64_t)gk_random_below(&random, (uint64_t)GK_WORLD_UNITS)};
        struct gk_tile tile = {z, (uint32_t)(w.x >> (32 - z)), (uint32_t)(w.y >> (32 - z))};
        uint64_t code = gk_tile_morton(tile);
        ck_assert_uint_eq(gk_world_morton(w) >> (64 - 2 * z), code);
        struct gk_tile back = gk_tile_from_morton(z, code);
        ck_assert(back.z == z && back.x == tile.x && back.y == tile.y);
    }
}
END_TEST

GK_UNIT_MAIN("mercator", projection_is_that_of_proj, a_position_is_in_its_published_tile,
             the_world_ends_where_it_ends, codes_of_points_begin_with_those_of_their_tiles)
