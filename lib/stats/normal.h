/* Private to lib/stats: the mass of the standard normal between two points,
 * without cancellation in the tails. */
#ifndef GK_STATS_NORMAL_PRIVATE_H
#define GK_STATS_NORMAL_PRIVATE_H

#include <math.h>

/* The tail beyond |u|. */
static inline double normal_tail(double u)
{
    return erfc(fabs(u) * 0.70710678118654752440) / 2;
}

/* Phi(b) - Phi(a) for a <= b, given the tails beyond |a| and |b|. */
static inline double normal_between_tails(double a, double tail_a, double b, double tail_b)
{
    if (a >= 0)
        return tail_a - tail_b;
    return b <= 0 ? tail_b - tail_a : 1 - tail_a - tail_b;
}

static inline double normal_between(double a, double b)
{
    return normal_between_tails(a, normal_tail(a), b, normal_tail(b));
}

#endif
