/* GeoJSON geometry: digits by hand from fixed-point integers, since this is
 * what the daemon writes most of. */
#include "geo/geojson.h"

#include <math.h>
#include <string.h>

enum { LONLAT_MAX_BYTES = 32, CHUNK = 256 };

static const char digit_pairs[] = "00010203040506070809"
                                  "10111213141516171819"
                                  "20212223242526272829"
                                  "30313233343536373839"
                                  "40414243444546474849"
                                  "50515253545556575859"
                                  "60616263646566676869"
                                  "70717273747576777879"
                                  "80818283848586878889"
                                  "90919293949596979899";

static int32_t round_e7(double deg, double limit)
{
    return (int32_t)llround(fmin(fmax(deg, -limit), limit) * 1e7);
}

struct gk_lonlat_e7 gk_lonlat_e7_round(struct gk_lonlat position)
{
    return (struct gk_lonlat_e7){round_e7(position.lon_deg, 180), round_e7(position.lat_deg, 90)};
}

static void put_pair(char *to, uint32_t pair)
{
    memcpy(to, digit_pairs + 2 * (size_t)pair, 2);
}

/* Writes the seven digits of a fraction, without zeros at the end. */
static char *put_fraction(char *to, uint32_t fraction)
{
    uint32_t low = fraction % 10000, high = fraction / 10000;
    *to++ = '.';
    *to++ = (char)('0' + high / 100);
    put_pair(to, high % 100);
    put_pair(to + 2, low / 100);
    put_pair(to + 4, low % 100);
    to += 6;
    while (to[-1] == '0')
        to--;
    return to;
}

static char *put_degrees(char *to, int32_t value)
{
    uint32_t rest = value < 0 ? 0U - (uint32_t)value : (uint32_t)value;
    uint32_t whole = rest / 10000000, fraction = rest % 10000000;
    if (value < 0)
        *to++ = '-';
    if (whole >= 100) {
        *to++ = (char)('0' + whole / 100);
        whole %= 100;
        put_pair(to, whole);
        to += 2;
    } else if (whole >= 10) {
        put_pair(to, whole);
        to += 2;
    } else {
        *to++ = (char)('0' + whole);
    }
    return fraction != 0 ? put_fraction(to, fraction) : to;
}

/* Below 10,000, without leading zeros. */
static char *put_small(char *to, uint32_t value)
{
    if (value >= 100) {
        uint32_t high = value / 100;
        if (high >= 10) {
            put_pair(to, high);
            to += 2;
        } else {
            *to++ = (char)('0' + high);
        }
        put_pair(to, value % 100);
        return to + 2;
    }
    if (value >= 10) {
        put_pair(to, value);
        return to + 2;
    }
    *to++ = (char)('0' + value);
    return to;
}

/* Centimetres as metres, without zeros at the end. */
static char *put_metres(char *to, int32_t value)
{
    uint32_t rest = value < 0 ? 0U - (uint32_t)value : (uint32_t)value;
    uint32_t whole = rest / 100, fraction = rest % 100;
    if (value < 0)
        *to++ = '-';
    if (whole >= 10000) {
        to = put_small(to, whole / 10000);
        put_pair(to, whole / 100 % 100);
        put_pair(to + 2, whole % 100);
        to += 4;
    } else {
        to = put_small(to, whole);
    }
    if (fraction == 0)
        return to;
    *to++ = '.';
    put_pair(to, fraction);
    return to + (fraction % 10 == 0 ? 1 : 2);
}

static char *put_xy(char *to, struct gk_xy position, struct gk_axes axes)
{
    int32_t first = axes.is_swapped ? position.y : position.x;
    int32_t second = axes.is_swapped ? position.x : position.y;
    if (!axes.is_wkt)
        *to++ = '[';
    to = axes.is_geographic ? put_degrees(to, first) : put_metres(to, first);
    *to++ = axes.is_wkt ? ' ' : ',';
    to = axes.is_geographic ? put_degrees(to, second) : put_metres(to, second);
    if (!axes.is_wkt)
        *to++ = ']';
    return to;
}

void gk_buf_put_positions(struct gk_buf *buf, const struct gk_xy *positions, size_t count,
                          struct gk_axes axes)
{
    char *start = gk_buf_reserve(buf, count * LONLAT_MAX_BYTES);
    if (start == NULL)
        return;
    char *to = start;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *to++ = ',';
        to = put_xy(to, positions[i], axes);
    }
    gk_buf_advance(buf, (size_t)(to - start));
}

void gk_buf_put_lonlat(struct gk_buf *buf, struct gk_lonlat_e7 position)
{
    char text[LONLAT_MAX_BYTES];
    char *end = text;
    *end++ = '[';
    end = put_degrees(end, position.lon);
    *end++ = ',';
    end = put_degrees(end, position.lat);
    *end++ = ']';
    gk_buf_append(buf, text, (size_t)(end - text));
}

void gk_buf_put_geojson_point(struct gk_buf *buf, struct gk_lonlat_e7 position)
{
    gk_buf_puts(buf, "{\"type\":\"Point\",\"coordinates\":");
    gk_buf_put_lonlat(buf, position);
    gk_buf_putc(buf, '}');
}

static enum gk_status put_ring(struct gk_buf *buf, const struct gk_cm *points, uint32_t count,
                               struct gk_transform *to_lonlat)
{
    double x[CHUNK], y[CHUNK];
    gk_buf_putc(buf, '[');
    for (uint32_t done = 0; done < count;) {
        uint32_t n = count - done < CHUNK ? count - done : CHUNK;
        for (uint32_t i = 0; i < n; i++) {
            x[i] = (double)points[done + i].e / 100;
            y[i] = (double)points[done + i].n / 100;
        }
        if (gk_transform_forward(to_lonlat, x, y, n) != 0)
            return GK_INVALID;
        for (uint32_t i = 0; i < n; i++) {
            if (done + i > 0)
                gk_buf_putc(buf, ',');
            gk_buf_put_lonlat(buf, gk_lonlat_e7_round((struct gk_lonlat){x[i], y[i]}));
        }
        done += n;
    }
    gk_buf_putc(buf, ']');
    return GK_OK;
}

static enum gk_status put_polygon(struct gk_buf *buf, const struct gk_polygons *polygons,
                                  uint32_t polygon, struct gk_transform *to_lonlat)
{
    uint32_t first = polygons->ring_start[polygon], end = polygons->ring_start[polygon + 1];
    gk_buf_putc(buf, '[');
    for (uint32_t r = first; r < end; r++) {
        uint32_t start = polygons->point_start[r];
        if (r > first)
            gk_buf_putc(buf, ',');
        enum gk_status status = put_ring(buf, polygons->points + start,
                                         polygons->point_start[r + 1] - start, to_lonlat);
        if (status != GK_OK)
            return status;
    }
    gk_buf_putc(buf, ']');
    return GK_OK;
}

enum gk_status gk_buf_put_geojson_polygons(struct gk_buf *buf, const struct gk_polygons *polygons,
                                           struct gk_transform *to_lonlat)
{
    bool multi = polygons->polygon_count != 1;
    gk_buf_puts(buf, multi ? "{\"type\":\"MultiPolygon\",\"coordinates\":["
                           : "{\"type\":\"Polygon\",\"coordinates\":");
    for (uint32_t p = 0; p < polygons->polygon_count; p++) {
        if (p > 0)
            gk_buf_putc(buf, ',');
        enum gk_status status = put_polygon(buf, polygons, p, to_lonlat);
        if (status != GK_OK)
            return status;
    }
    gk_buf_puts(buf, multi ? "]}" : "}");
    return GK_OK;
}
