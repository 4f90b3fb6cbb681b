/* Web Mercator in integers. x is linear; y has a logarithm and a tangent in it,
 * which would cost more than all the rest of a tile: it is interpolated between
 * table rows by the cubic that has both values and both slopes. */
#include "geo/mercator.h"

#include <math.h>
#include <stdlib.h>

/* Where the square world ends: atan(sinh(pi)). */
#define LAT_MAX_E7 850511288

/* Rows are 2^19 units of 1e-7 degree apart; the cubic is then off by less than
 * 1e-4 world units up to 70 degrees, and by 0.15 at the ends. */
enum { ROW_BITS = 19, ROWS = (2 * LAT_MAX_E7 >> ROW_BITS) + 2 };

struct row {
    double y, slope; /* world units; per row */
};

struct gk_mercator {
    struct row row[ROWS];
};

#define RADIANS_PER_E7 (M_PI / 180e7)

enum gk_status gk_mercator_create(struct gk_mercator **out)
{
    struct gk_mercator *m = malloc(sizeof *m);
    if (m == NULL)
        return GK_NO_MEMORY;
    const double units_per_radian = (double)GK_WORLD_UNITS / (2 * M_PI);
    for (int i = 0; i < ROWS; i++) {
        double lat = ((double)i * (1 << ROW_BITS) - LAT_MAX_E7) * RADIANS_PER_E7;
        m->row[i].y = (double)GK_WORLD_UNITS / 2 - atanh(sin(lat)) * units_per_radian;
        m->row[i].slope = -units_per_radian / cos(lat) * RADIANS_PER_E7 * (1 << ROW_BITS);
    }
    *out = m;
    return GK_OK;
}

void gk_mercator_free(struct gk_mercator *mercator)
{
    free(mercator);
}

struct gk_world gk_mercator_project(const struct gk_mercator *m, struct gk_lonlat_e7 position)
{
    int32_t lat = position.lat < -LAT_MAX_E7  ? -LAT_MAX_E7
                  : position.lat > LAT_MAX_E7 ? LAT_MAX_E7
                                              : position.lat;
    uint32_t from = (uint32_t)(lat + LAT_MAX_E7);
    const struct row *a = &m->row[from >> ROW_BITS], *b = a + 1;
    double t = (double)(from & ((1U << ROW_BITS) - 1)) * (1.0 / (1 << ROW_BITS));
    double d = b->y - a->y;
    double c2 = 3 * d - 2 * a->slope - b->slope, c3 = a->slope + b->slope - 2 * d;
    uint64_t lon = (uint64_t)((int64_t)position.lon + 1800000000);
    return (struct gk_world){
        .x = (int64_t)(((lon << 32) + 1800000000) / 3600000000),
        .y = (int64_t)(a->y + t * (a->slope + t * (c2 + t * c3)) + 0.5),
    };
}

struct gk_lonlat_e7 gk_mercator_inverse(struct gk_world point)
{
    double angle = (0.5 - (double)point.y / (double)GK_WORLD_UNITS) * 2 * M_PI;
    return gk_lonlat_e7_round((struct gk_lonlat){
        .lon_deg = (double)point.x / (double)GK_WORLD_UNITS * 360 - 180,
        .lat_deg = atan(sinh(angle)) * 180 / M_PI,
    });
}

/* Moves bit i of 32 to bit 2i. */
static uint64_t spread(uint64_t bits)
{
    bits = (bits | bits << 16) & UINT64_C(0x0000ffff0000ffff);
    bits = (bits | bits << 8) & UINT64_C(0x00ff00ff00ff00ff);
    bits = (bits | bits << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    bits = (bits | bits << 2) & UINT64_C(0x3333333333333333);
    return (bits | bits << 1) & UINT64_C(0x5555555555555555);
}

static uint32_t gather(uint64_t bits)
{
    bits &= UINT64_C(0x5555555555555555);
    bits = (bits | bits >> 1) & UINT64_C(0x3333333333333333);
    bits = (bits | bits >> 2) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    bits = (bits | bits >> 4) & UINT64_C(0x00ff00ff00ff00ff);
    bits = (bits | bits >> 8) & UINT64_C(0x0000ffff0000ffff);
    return (uint32_t)(bits | bits >> 16);
}

uint64_t gk_world_morton(struct gk_world point)
{
    uint64_t x = point.x >= GK_WORLD_UNITS ? UINT32_MAX : (uint64_t)point.x;
    uint64_t y = point.y >= GK_WORLD_UNITS ? UINT32_MAX : (uint64_t)point.y;
    return spread(y) << 1 | spread(x);
}

uint64_t gk_tile_morton(struct gk_tile tile)
{
    return spread(tile.y) << 1 | spread(tile.x);
}

struct gk_tile gk_tile_from_morton(uint32_t z, uint64_t code)
{
    return (struct gk_tile){.z = z, .x = gather(code), .y = gather(code >> 1)};
}
