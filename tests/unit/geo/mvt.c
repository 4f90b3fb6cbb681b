/* The bytes of vector tiles. Source of the geometries: the examples of the Vector
 * Tile Specification 2.1, section 4.3.5; of the messages: protocol buffers' wire
 * format by hand. Decoders that are not ours read whole tiles in
 * tests/clients/tiles.t. */
#include "geo/mvt.h"

#include <string.h>

#include "unit.h"

/* Whether the tile holds these bytes, which say what comes before and after. */
static bool has(const struct gk_buf *tile, const char *bytes, size_t length)
{
    return memmem(tile->data, tile->length, bytes, length) != NULL;
}
#define HAS(tile, bytes) has(tile, bytes, sizeof bytes - 1)

static struct gk_mvt *begin(void)
{
    struct gk_mvt *mvt;
    ck_assert_int_eq(gk_mvt_create(&mvt), GK_OK);
    gk_mvt_begin(mvt, "cells", 1 << 20);
    return mvt;
}

static struct gk_buf end(struct gk_mvt *mvt)
{
    struct gk_buf tile;
    gk_buf_init(&tile, 1 << 20);
    ck_assert_int_eq(gk_mvt_end(mvt, &tile), GK_OK);
    gk_mvt_free(mvt);
    return tile;
}

START_TEST(a_tile_of_one_point_is_these_bytes)
{
    struct gk_mvt *mvt = begin();
    uint32_t key = gk_mvt_key(mvt, "k");
    gk_mvt_tag(mvt, key, gk_mvt_integer(mvt, 300));
    gk_mvt_point(mvt, (struct gk_grid_point){25, 17});
    gk_mvt_feature(mvt, 7);
    struct gk_buf tile = end(mvt);
    static const char expected[] = "\x1a\x23" /* layer */
                                   "\x0a\x05"
                                   "cells"                 /* name */
                                   "\x12\x0d"              /* feature */
                                   "\x08\x07"              /* id 7 */
                                   "\x12\x02\x00\x00"      /* tags 0 0 */
                                   "\x18\x01"              /* point */
                                   "\x22\x03\x09\x32\x22"  /* 9 50 34 */
                                   "\x1a\x01k"             /* key */
                                   "\x22\x03\x28\xac\x02"  /* uint 300 */
                                   "\x28\x80\x20\x78\x02"; /* extent, version */
    ck_assert_uint_eq(tile.length, sizeof expected - 1);
    ck_assert_mem_eq(tile.data, expected, sizeof expected - 1);
    gk_buf_release(&tile);
}
END_TEST

START_TEST(a_polygon_is_that_of_the_specification)
{
    static const struct gk_grid_point p[] = {{3, 6}, {8, 12}, {20, 34}};
    static const uint32_t start[] = {0, 3};
    struct gk_mvt *mvt = begin();
    gk_mvt_polygons(mvt, &(struct gk_clipped){p, start, 1});
    gk_mvt_feature(mvt, 1);
    struct gk_buf tile = end(mvt);
    ck_assert(HAS(&tile, "\x18\x03\x22\x09\x09\x06\x0c\x12\x0a\x0c\x18\x2c\x0f"));
    gk_buf_release(&tile);
}
END_TEST

START_TEST(polygons_with_holes_are_those_of_the_specification)
{
    static const struct gk_grid_point p[] = {{0, 0},   {10, 0},  {10, 10}, {0, 10},
                                             {11, 11}, {20, 11}, {20, 20}, {11, 20},
                                             {13, 13}, {13, 17}, {17, 17}, {17, 13}};
    static const uint32_t start[] = {0, 4, 8, 12};
    static const char expected[] = {9, 0,  0,  26, 20, 0, 0, 20, 19, 0, 15, 9, 22, 2, 26, 18, 0,
                                    0, 18, 17, 0,  15, 9, 4, 13, 26, 0, 8,  8, 0,  0, 7,  15};
    struct gk_mvt *mvt = begin();
    gk_mvt_polygons(mvt, &(struct gk_clipped){p, start, 3});
    gk_mvt_feature(mvt, 1);
    struct gk_buf tile = end(mvt);
    ck_assert(has(&tile, expected, sizeof expected));
    gk_buf_release(&tile);
}
END_TEST

START_TEST(equal_values_of_one_kind_are_written_once)
{
    struct gk_mvt *mvt = begin();
    uint32_t one = gk_mvt_integer(mvt, 1);
    ck_assert_uint_eq(gk_mvt_integer(mvt, 1), one);
    ck_assert_uint_ne(gk_mvt_double(mvt, 1), one);
    ck_assert_uint_ne(gk_mvt_bool(mvt, true), one);
    ck_assert_uint_ne(gk_mvt_text(mvt, "1", 1), one);
    ck_assert_uint_ne(gk_mvt_integer(mvt, -1), one);
    ck_assert_uint_eq(gk_mvt_text(mvt, "1", 1), gk_mvt_text(mvt, "1", 1));
    uint32_t number[5000];
    for (int i = 0; i < 5000; i++)
        number[i] = gk_mvt_double(mvt, i / 8.0);
    for (int i = 0; i < 5000; i++)
        ck_assert_uint_eq(gk_mvt_double(mvt, i / 8.0), number[i]);
    gk_mvt_point(mvt, (struct gk_grid_point){0, 0});
    gk_mvt_feature(mvt, 1);
    struct gk_buf tile = end(mvt);
    /* -1 as sint64; 0.5 as double, little-endian. */
    ck_assert(HAS(&tile, "\x22\x02\x30\x01"));
    ck_assert(HAS(&tile, "\x22\x09\x19\x00\x00\x00\x00\x00\x00\xe0\x3f"));
    gk_buf_release(&tile);
}
END_TEST

START_TEST(kept_tags_come_before_each_features_own)
{
    struct gk_mvt *mvt = begin();
    uint32_t a = gk_mvt_key(mvt, "a"), b = gk_mvt_key(mvt, "b");
    gk_mvt_tag(mvt, a, gk_mvt_integer(mvt, 1));
    gk_mvt_keep_tags(mvt);
    for (int i = 0; i < 2; i++) {
        gk_mvt_tag(mvt, b, gk_mvt_integer(mvt, 5 + i));
        gk_mvt_point(mvt, (struct gk_grid_point){i, -i});
        gk_mvt_feature(mvt, (uint64_t)i);
    }
    ck_assert_uint_eq(gk_mvt_count(mvt), 2);
    struct gk_buf tile = end(mvt);
    ck_assert(HAS(&tile, "\x12\x04\x00\x00\x01\x01"));
    ck_assert(HAS(&tile, "\x12\x04\x00\x00\x01\x02"));
    gk_buf_release(&tile);
}
END_TEST

START_TEST(a_tile_without_features_is_no_bytes)
{
    struct gk_mvt *mvt = begin();
    (void)gk_mvt_key(mvt, "a");
    struct gk_buf tile = end(mvt);
    ck_assert_uint_eq(tile.length, 0);
    gk_buf_release(&tile);
}
END_TEST

START_TEST(a_writer_begins_anew_with_every_tile)
{
    struct gk_mvt *mvt = begin();
    struct gk_buf tile[2];
    for (int i = 0; i < 2; i++) {
        gk_buf_init(&tile[i], 1 << 20);
        gk_mvt_begin(mvt, "x", 1 << 20);
        uint32_t key = gk_mvt_key(mvt, "k");
        for (int v = 0; v < 3000; v++) {
            gk_mvt_tag(mvt, key, gk_mvt_integer(mvt, v));
            gk_mvt_point(mvt, (struct gk_grid_point){v, v});
            gk_mvt_feature(mvt, (uint64_t)v);
        }
        ck_assert_int_eq(gk_mvt_end(mvt, &tile[i]), GK_OK);
    }
    ck_assert_uint_eq(tile[0].length, tile[1].length);
    ck_assert_mem_eq(tile[0].data, tile[1].data, tile[0].length);
    gk_buf_release(&tile[0]);
    gk_buf_release(&tile[1]);
    gk_mvt_free(mvt);
}
END_TEST

START_TEST(a_tile_that_is_too_large_says_so)
{
    struct gk_mvt *mvt;
    struct gk_buf tile;
    ck_assert_int_eq(gk_mvt_create(&mvt), GK_OK);
    gk_buf_init(&tile, 1 << 20);
    gk_mvt_begin(mvt, "x", 1000);
    for (int v = 0; v < 1000; v++) {
        gk_mvt_point(mvt, (struct gk_grid_point){v, v});
        gk_mvt_feature(mvt, (uint64_t)v);
    }
    ck_assert_int_eq(gk_mvt_end(mvt, &tile), GK_TOO_LARGE);
    gk_mvt_begin(mvt, "x", 1000); /* and is forgotten */
    ck_assert_int_eq(gk_mvt_end(mvt, &tile), GK_OK);
    gk_buf_release(&tile);
    gk_mvt_free(mvt);
}
END_TEST

GK_UNIT_MAIN("mvt", a_tile_of_one_point_is_these_bytes, a_polygon_is_that_of_the_specification,
             polygons_with_holes_are_those_of_the_specification,
             equal_values_of_one_kind_are_written_once, kept_tags_come_before_each_features_own,
             a_tile_without_features_is_no_bytes, a_writer_begins_anew_with_every_tile,
             a_tile_that_is_too_large_says_so)
