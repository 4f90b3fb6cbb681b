/* Squares of the lattice: which one holds a point, and the orders in which
 * squares and cells are laid out. The outline of many is in outline.c. */
#include "geo/square.h"

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b != 0 && (a < 0) != (b < 0));
}

static int32_t clamp_index(int64_t index)
{
    return (int32_t)(index < INT32_MIN ? INT32_MIN : index > INT32_MAX ? INT32_MAX : index);
}

struct gk_square gk_square_at(struct gk_cm point, int32_t side_cm)
{
    return (struct gk_square){clamp_index(floor_div(point.e, side_cm)),
                              clamp_index(floor_div(point.n, side_cm))};
}

struct gk_cm gk_square_centre(struct gk_square square, int32_t side_cm)
{
    return (struct gk_cm){(int64_t)square.e * side_cm + side_cm / 2,
                          (int64_t)square.n * side_cm + side_cm / 2};
}

/* Moves bit i of a 32-bit value to bit 2i, by halving the distance moved. */
static uint64_t spread_bits(uint32_t value)
{
    uint64_t x = value;
    x = (x | x << 16) & UINT64_C(0x0000FFFF0000FFFF);
    x = (x | x << 8) & UINT64_C(0x00FF00FF00FF00FF);
    x = (x | x << 4) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    x = (x | x << 2) & UINT64_C(0x3333333333333333);
    return (x | x << 1) & UINT64_C(0x5555555555555555);
}

uint64_t gk_square_morton(struct gk_square square)
{
    const uint32_t bias = UINT32_C(1) << 31;
    return spread_bits((uint32_t)square.e ^ bias) | spread_bits((uint32_t)square.n ^ bias) << 1;
}

/* From the highest bit down, each pair of bits picks a quadrant of the curve.
 * What the quadrants above did to the plane below them is always one of: as it
 * is, exchanged axes, both axes reversed, both; two flags hold that. */
uint32_t gk_hilbert(uint32_t x, uint32_t y)
{
    x = x > 65535 ? 65535 : x;
    y = y > 65535 ? 65535 : y;
    uint32_t exchange = 0, reverse = 0, distance = 0;
    for (int bit = 15; bit >= 0; bit--) {
        uint32_t a = (x >> bit & 1U) ^ reverse, b = (y >> bit & 1U) ^ reverse;
        uint32_t both = (a ^ b) & exchange;
        a ^= both;
        b ^= both;
        distance = distance << 2 | ((3 * a) ^ b);
        exchange ^= b ^ 1U;
        reverse ^= a & (b ^ 1U);
    }
    return distance;
}
