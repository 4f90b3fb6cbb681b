/* EWKB, PostGIS's binary geometry: writing multipolygons, reading polygons and
 * multipolygons. Reading goes twice over the bytes: once to check and count
 * everything, once to fill arrays of exactly that size. */
#include "geo/wkb.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "geo/square.h"

enum { POLYGON = 3, MULTIPOLYGON = 6, SRID = 3006, RING_MIN_POINTS = 4 };

#define FLAG_Z UINT32_C(0x80000000)
#define FLAG_M UINT32_C(0x40000000)
#define FLAG_SRID UINT32_C(0x20000000)
#define FLAGS (FLAG_Z | FLAG_M | FLAG_SRID)

/* --- Writing ------------------------------------------------------------- */

static void put_u32(struct gk_buf *buf, uint32_t value)
{
    unsigned char bytes[4];
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    gk_buf_append(buf, bytes, sizeof bytes);
}

static void put_metres(char *to, int64_t cm)
{
    double m = (double)cm / 100;
    uint64_t bits;
    memcpy(&bits, &m, sizeof bits);
    for (unsigned i = 0; i < 8; i++)
        to[i] = (char)(bits >> (8 * i));
}

static void put_header(struct gk_buf *buf, uint32_t type)
{
    gk_buf_putc(buf, 1); /* little-endian */
    put_u32(buf, type);
}

void gk_buf_put_ewkb(struct gk_buf *buf, const struct gk_polygons *polygons)
{
    put_header(buf, MULTIPOLYGON | FLAG_SRID);
    put_u32(buf, SRID);
    put_u32(buf, polygons->polygon_count);
    for (uint32_t p = 0; p < polygons->polygon_count; p++) {
        put_header(buf, POLYGON);
        put_u32(buf, polygons->ring_start[p + 1] - polygons->ring_start[p]);
        for (uint32_t r = polygons->ring_start[p]; r < polygons->ring_start[p + 1]; r++) {
            uint32_t start = polygons->point_start[r];
            uint32_t count = polygons->point_start[r + 1] - start;
            put_u32(buf, count);
            char *to = gk_buf_reserve(buf, 16 * (size_t)count);
            if (to == NULL)
                return;
            for (uint32_t i = 0; i < count; i++) {
                put_metres(to + 16 * (size_t)i, polygons->points[start + i].e);
                put_metres(to + 16 * (size_t)i + 8, polygons->points[start + i].n);
            }
            gk_buf_advance(buf, 16 * (size_t)count);
        }
    }
}

/* --- Reading ------------------------------------------------------------- */

struct reader {
    const unsigned char *at;
    size_t left;
    bool big_endian;
    size_t coordinate_bytes; /* of one point: 16, 24 or 32 */
    struct gk_polygons *out; /* arrays are NULL while counting */
    size_t point_count;
};

static uint64_t load(const struct reader *in, const unsigned char *bytes, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[in->big_endian ? size - 1 - i : i] << (8 * i);
    return value;
}

static bool take_u32(struct reader *in, uint32_t *value)
{
    if (in->left < 4)
        return false;
    *value = (uint32_t)load(in, in->at, 4);
    in->at += 4;
    in->left -= 4;
    return true;
}

/* Byte order, type and SRID of a geometry; the type without flags. */
static bool take_header(struct reader *in, uint32_t *type)
{
    uint32_t word, srid = SRID;
    if (in->left < 1 || in->at[0] > 1)
        return false;
    in->big_endian = in->at[0] == 0;
    in->at++;
    in->left--;
    if (!take_u32(in, &word) || ((word & FLAG_SRID) != 0 && !take_u32(in, &srid)))
        return false;
    in->coordinate_bytes =
        16U + ((word & FLAG_Z) != 0 ? 8U : 0U) + ((word & FLAG_M) != 0 ? 8U : 0U);
    *type = word & ~FLAGS;
    return srid == SRID;
}

static bool load_cm(const struct reader *in, const unsigned char *bytes, int64_t *cm)
{
    uint64_t bits = load(in, bytes, 8);
    double m;
    memcpy(&m, &bits, sizeof m);
    if (!(fabs(m) * 100 <= (double)GK_CM_MAX))
        return false;
    *cm = llround(m * 100);
    return true;
}

/* 1 for a counter-clockwise ring, -1 for a clockwise one, 0 for one without
 * area: the sign of twice the signed area, exact, since a product is below 2^63 and the sum
 * has 128 bits. */
static int turn_of(const struct gk_cm *p, uint32_t count)
{
    __int128 sum = 0;
    for (uint32_t i = 1; i + 1 < count; i++)
        sum +=
            (p[i].e - p[0].e) * (p[i + 1].n - p[0].n) - (p[i + 1].e - p[0].e) * (p[i].n - p[0].n);
    return (sum > 0) - (sum < 0);
}

static void reverse(struct gk_cm *p, uint32_t count)
{
    for (uint32_t i = 0, j = count - 1; i < j; i++, j--) {
        struct gk_cm swap = p[i];
        p[i] = p[j];
        p[j] = swap;
    }
}

static bool take_ring(struct reader *in, bool is_hole)
{
    uint32_t count;
    if (!take_u32(in, &count) || count < RING_MIN_POINTS || count > in->left / in->coordinate_bytes)
        return false;
    struct gk_cm first = {0, 0}, point = {0, 0};
    struct gk_cm *to = in->out->points != NULL ? in->out->points + in->point_count : NULL;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned char *bytes = in->at + i * in->coordinate_bytes;
        if (!load_cm(in, bytes, &point.e) || !load_cm(in, bytes + 8, &point.n))
            return false;
        if (i == 0)
            first = point;
        if (to != NULL)
            to[i] = point;
    }
    if (point.e != first.e || point.n != first.n)
        return false;
    if (to != NULL) {
        in->out->point_start[in->out->ring_count] = (uint32_t)in->point_count;
        if (turn_of(to, count) == (is_hole ? 1 : -1))
            reverse(to, count);
    }
    in->at += count * in->coordinate_bytes;
    in->left -= count * in->coordinate_bytes;
    in->point_count += count;
    in->out->ring_count++;
    return true;
}

/* The body of a polygon; an empty one leaves nothing. */
static bool take_polygon(struct reader *in)
{
    uint32_t rings;
    if (!take_u32(in, &rings) || rings > in->left / 4)
        return false;
    if (rings == 0)
        return true;
    if (in->out->points != NULL)
        in->out->ring_start[in->out->polygon_count] = in->out->ring_count;
    for (uint32_t r = 0; r < rings; r++)
        if (!take_ring(in, r > 0))
            return false;
    in->out->polygon_count++;
    return true;
}

/* Everything, which must end where the bytes end. */
static bool take_all(struct reader *in)
{
    uint32_t type, count;
    if (!take_header(in, &type))
        return false;
    if (type == POLYGON)
        return take_polygon(in) && in->left == 0;
    if (type != MULTIPOLYGON || !take_u32(in, &count) || count > in->left / 9)
        return false;
    for (uint32_t p = 0; p < count; p++)
        if (!take_header(in, &type) || type != POLYGON || !take_polygon(in))
            return false;
    return in->left == 0;
}

enum gk_status gk_polygons_from_ewkb(struct gk_polygons *polygons, const unsigned char *bytes,
                                     size_t length)
{
    *polygons = (struct gk_polygons){0};
    struct gk_polygons out = {0};
    struct reader count = {.at = bytes, .left = length, .out = &out};
    if (!take_all(&count) || count.point_count > UINT32_MAX)
        return GK_INVALID;
    /* One point more than there are, so that an empty geometry has arrays. */
    out.points = malloc((count.point_count + 1) * sizeof *out.points);
    out.point_start = malloc(((size_t)out.ring_count + 1) * sizeof(uint32_t));
    out.ring_start = malloc(((size_t)out.polygon_count + 1) * sizeof(uint32_t));
    if (out.points == NULL || out.point_start == NULL || out.ring_start == NULL) {
        gk_polygons_release(&out);
        return GK_NO_MEMORY;
    }
    out.ring_count = out.polygon_count = 0;
    struct reader fill = {.at = bytes, .left = length, .out = &out};
    if (!take_all(&fill)) {
        gk_polygons_release(&out);
        return GK_INTERNAL;
    }
    out.point_start[out.ring_count] = (uint32_t)fill.point_count;
    out.ring_start[out.polygon_count] = out.ring_count;
    *polygons = out;
    return GK_OK;
}
