/* EWKB against bytes that PostGIS 3.3.2 made (SELECT encode(ST_AsEWKB(...)),
 * the text is beside each), round trips, and everything that must be refused. */
#include "geo/wkb.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "geo/square.h"
#include "unit.h"

enum { BYTES_MAX = 4096 };

static size_t from_hex(const char *hex, unsigned char *bytes)
{
    size_t n = strlen(hex) / 2;
    ck_assert_uint_le(n, BYTES_MAX);
    for (size_t i = 0; i < n; i++) {
        const char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    return n;
}

/* Reads from a block of exactly the length, so that the sanitizer sees one byte
 * too far. */
static enum gk_status read_exact(struct gk_polygons *p, const unsigned char *bytes, size_t n)
{
    unsigned char *copy = malloc(n > 0 ? n : 1);
    memcpy(copy, bytes, n);
    enum gk_status status = gk_polygons_from_ewkb(p, copy, n);
    free(copy);
    return status;
}

static enum gk_status read_hex(struct gk_polygons *p, const char *hex)
{
    unsigned char bytes[BYTES_MAX];
    return read_exact(p, bytes, from_hex(hex, bytes));
}

/* SRID=3006;MULTIPOLYGON(((0 0,50 0,50 50,0 50,0 0)),((100 -50,150 -50,150 0,100 0,100 -50))) */
static const char two_squares[] =
    "0106000020be0b0000020000000103000000010000000500000000000000000000000000000000000000000000"
    "000000494000000000000000000000000000004940000000000000494000000000000000000000000000004940"
    "000000000000000000000000000000000103000000010000000500000000000000000059400000000000004"
    "9c00000000000c0624000000000000049c00000000000c06240000000000000000000000000000059400000"
    "000000000000000000000000594000000000000049c0";

START_TEST(what_is_written_is_what_postgis_writes)
{
    const struct gk_square squares[] = {{2, -1}, {0, 0}};
    struct gk_polygons p;
    struct gk_buf buf;
    unsigned char expected[BYTES_MAX];
    size_t n = from_hex(two_squares, expected);
    /* Outlines are sorted by northing; put them in PostGIS's order. */
    ck_assert_int_eq(gk_outline(&p, squares, 2, 5000), GK_OK);
    struct gk_cm swap[5];
    memcpy(swap, p.points, sizeof swap);
    memcpy(p.points, p.points + 5, sizeof swap);
    memcpy(p.points + 5, swap, sizeof swap);
    gk_buf_init(&buf, 1000);
    gk_buf_put_ewkb(&buf, &p);
    ck_assert_int_eq(gk_buf_status(&buf), GK_OK);
    ck_assert_uint_eq(buf.length, n);
    ck_assert_mem_eq(buf.data, expected, n);
    gk_buf_release(&buf);
    gk_polygons_release(&p);
}
END_TEST

/* Reading what PostGIS wrote. */
static const struct {
    const char *hex;
    uint32_t polygons, rings;
    struct gk_cm points[16]; /* of all rings, in the direction the contract has */
    uint32_t point_count;
} made_by_postgis[] = {
    /* SRID=3006;POLYGON((461200.25 6207500.5,474800 6207500,474800 6232900,461200.25 6207500.5)),
       big-endian */
    {"002000000300000bbe0000000100000004411c2641000000004157ae0320000000411cfac0000000004157ae03000"
     "00000411cfac0000000004157c6d100000000411c2641000000004157ae0320000000",
     1,
     1,
     {{46120025, 620750050}, {47480000, 620750000}, {47480000, 623290000}, {46120025, 620750050}},
     4},
    /* SRID=3006;MULTIPOLYGON(((0 0,0 30,30 30,30 0,0 0),(10 10,20 10,20 20,10 20,10 10)),
     * ((40 0,50 0,50 10,40 0))): both rings of the first have the other direction */
    {"0106000020be0b0000020000000103000000020000000500000000000000000000000000000000000000000000000"
     "00000"
     "000000000000003e400000000000003e400000000000003e400000000000003e40000000000000000000000000000"
     "0000000"
     "000000000000000500000000000000000024400000000000002440000000000000344000000000000024400000000"
     "000003440"
     "000000000000344000000000000024400000000000003440000000000000244000000000000024400103000000010"
     "000000400"
     "000000000000000044400000000000000000000000000000494000000000000000000000000000004940000000000"
     "000244000"
     "000000000044400000000000000000",
     2,
     3,
     {{0, 0},
      {3000, 0},
      {3000, 3000},
      {0, 3000},
      {0, 0},
      {1000, 1000},
      {1000, 2000},
      {2000, 2000},
      {2000, 1000},
      {1000, 1000},
      {4000, 0},
      {5000, 0},
      {5000, 1000},
      {4000, 0}},
     14},
    /* SRID=3006;MULTIPOLYGON ZM(((0 0 1 2,30 0 3 4,30 30 5 6,0 0 1 2))) */
    {"01060000e0be0b00000100000001030000c0010000000400000000000000000000000000000000000000000000000"
     "000f0"
     "3f00000000000000400000000000003e4000000000000000000000000000000840000000000000104000000000000"
     "03e4000"
     "00000000003e400000000000001440000000000000184000000000000000000000000000000000000000000000f03"
     "f000000"
     "0000000040",
     1,
     1,
     {{0, 0}, {3000, 0}, {3000, 3000}, {0, 0}},
     4},
    /* POLYGON M((0 0 1,30 0 3,30 30 5,0 0 1)), big-endian, no SRID */
    {"00400000030000000100000004000000000000000000000000000000003ff0000000000000403e000000000000000"
     "00000"
     "000000004008000000000000403e000000000000403e0000000000004014000000000000000000000000000000000"
     "000000000"
     "003ff0000000000000",
     1,
     1,
     {{0, 0}, {3000, 0}, {3000, 3000}, {0, 0}},
     4},
    /* SRID=3006;POLYGON EMPTY and SRID=3006;MULTIPOLYGON EMPTY */
    {"0103000020be0b000000000000", 0, 0, {{0, 0}}, 0},
    {"0106000020be0b000000000000", 0, 0, {{0, 0}}, 0},
};

START_TEST(what_postgis_writes_is_read)
{
    for (size_t i = 0; i < sizeof made_by_postgis / sizeof *made_by_postgis; i++) {
        struct gk_polygons p;
        uint32_t points = made_by_postgis[i].point_count;
        ck_assert_int_eq(read_hex(&p, made_by_postgis[i].hex), GK_OK);
        ck_assert_uint_eq(p.polygon_count, made_by_postgis[i].polygons);
        ck_assert_uint_eq(p.ring_count, made_by_postgis[i].rings);
        ck_assert_uint_eq(p.point_start[p.ring_count], points);
        ck_assert_uint_eq(p.ring_start[p.polygon_count], p.ring_count);
        for (uint32_t k = 0; k < points; k++) {
            ck_assert_int_eq(p.points[k].e, made_by_postgis[i].points[k].e);
            ck_assert_int_eq(p.points[k].n, made_by_postgis[i].points[k].n);
        }
        gk_polygons_release(&p);
    }
}
END_TEST

START_TEST(outlines_round_trip)
{
    struct gk_random random;
    gk_random_init(&random, 31, 0);
    for (int round = 0; round < 200; round++) {
        struct gk_square squares[256];
        size_t count = 0;
        for (int32_t i = 0; i < 256; i++)
            if (i == 0 || gk_random_below(&random, 100) < 60)
                squares[count++] = (struct gk_square){9000 + i % 16, 124000 + i / 16};
        struct gk_polygons p, back;
        struct gk_buf buf;
        ck_assert_int_eq(gk_outline(&p, squares, count, 6250), GK_OK);
        gk_buf_init(&buf, 1 << 20);
        gk_buf_put_ewkb(&buf, &p);
        ck_assert_int_eq(gk_buf_status(&buf), GK_OK);
        ck_assert_int_eq(read_exact(&back, (unsigned char *)buf.data, buf.length), GK_OK);
        ck_assert_uint_eq(back.polygon_count, p.polygon_count);
        ck_assert_uint_eq(back.ring_count, p.ring_count);
        ck_assert_mem_eq(back.ring_start, p.ring_start, (p.polygon_count + 1) * sizeof(uint32_t));
        ck_assert_mem_eq(back.point_start, p.point_start, (p.ring_count + 1) * sizeof(uint32_t));
        ck_assert_mem_eq(back.points, p.points, p.point_start[p.ring_count] * sizeof(struct gk_cm));
        gk_buf_release(&buf);
        gk_polygons_release(&p);
        gk_polygons_release(&back);
    }
}
END_TEST

START_TEST(other_geometry_is_refused)
{
    static const char *const bad[] = {
        "",
        "01",
        "02030000000000000000",
        /* SRID=4326;POLYGON((0 0,1 0,1 1,0 0)) */
        "0103000020e6100000010000000400000000000000000000000000000000000000000000000000f03f00000000"
        "0000"
        "0000000000000000f03f000000000000f03f00000000000000000000000000000000",
        /* SRID=3006;POINT(1 2) */
        "0101000020be0b0000000000000000f03f0000000000000040",
        /* SRID=3006;GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0))) */
        "0107000020be0b0000010000000103000000010000000400000000000000000000000000000000000000000000"
        "000000"
        "f03f0000000000000000000000000000f03f000000000000f03f00000000000000000000000000000000",
        /* counts of 2^32 - 1: members, rings, points */
        "0106000020be0b0000ffffffff",
        "0103000020be0b0000ffffffff00000000",
        "0103000020be0b000001000000ffffffff00000000000000000000000000000000",
        /* a multipolygon in a multipolygon */
        "0106000020be0b0000010000000106000020be0b000000000000",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gk_polygons p;
        ck_assert_msg(read_hex(&p, bad[i]) == GK_INVALID, "case %d was taken", (int)i);
        ck_assert_ptr_null(p.points);
        gk_polygons_release(&p);
    }
}
END_TEST

START_TEST(every_cut_and_every_addition_is_refused)
{
    unsigned char bytes[BYTES_MAX];
    struct gk_polygons p;
    for (size_t i = 0; i < sizeof made_by_postgis / sizeof *made_by_postgis; i++) {
        size_t n = from_hex(made_by_postgis[i].hex, bytes);
        for (size_t cut = 0; cut < n; cut++)
            ck_assert_int_eq(read_exact(&p, bytes, cut), GK_INVALID);
        bytes[n] = 0;
        ck_assert_int_eq(read_exact(&p, bytes, n + 1), GK_INVALID);
    }
}
END_TEST

START_TEST(a_flipped_byte_is_refused_or_gives_sound_arrays)
{
    unsigned char bytes[BYTES_MAX];
    struct gk_random random;
    gk_random_init(&random, 32, 0);
    for (int round = 0; round < 20000; round++) {
        size_t i = gk_random_below(&random, sizeof made_by_postgis / sizeof *made_by_postgis);
        size_t n = from_hex(made_by_postgis[i].hex, bytes);
        for (uint64_t k = 0; k <= gk_random_below(&random, 3); k++)
            bytes[gk_random_below(&random, n)] = (unsigned char)gk_random_bits(&random);
        struct gk_polygons p;
        if (read_exact(&p, bytes, n) != GK_OK)
            continue;
        ck_assert_uint_eq(p.ring_start[p.polygon_count], p.ring_count);
        for (uint32_t r = 0; r < p.ring_count; r++) {
            ck_assert_uint_ge(p.point_start[r + 1] - p.point_start[r], 4);
            const struct gk_cm *first = &p.points[p.point_start[r]];
            ck_assert_mem_eq(first, &p.points[p.point_start[r + 1] - 1], sizeof *first);
        }
        gk_polygons_release(&p);
    }
}
END_TEST

START_TEST(coordinates_that_are_no_place_are_refused)
{
    static const double bad[] = {1.0 / 0.0, -1.0 / 0.0, 0.0 / 0.0, 1e300, 1e7 + 1, -1e7 - 1};
    unsigned char bytes[BYTES_MAX];
    size_t n = from_hex(two_squares, bytes);
    struct gk_polygons p;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t first = 13 + 9 + 4;
        memcpy(bytes + first + 16, &bad[i], sizeof bad[i]);
        ck_assert_int_eq(read_exact(&p, bytes, n), GK_INVALID);
    }
}
END_TEST

GK_UNIT_MAIN("geo/wkb", what_is_written_is_what_postgis_writes, what_postgis_writes_is_read,
             outlines_round_trip, other_geometry_is_refused,
             every_cut_and_every_addition_is_refused,
             a_flipped_byte_is_refused_or_gives_sound_arrays,
             coordinates_that_are_no_place_are_refused)
