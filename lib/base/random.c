/* xoshiro256** (Blackman and Vigna 2018, public domain algorithm). */
#include "base/random.h"

#include <math.h>

static uint64_t splitmix64(uint64_t *x)
{
    uint64_t z = (*x += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void gk_random_init(struct gk_random *random, uint64_t seed, uint64_t stream)
{
    uint64_t x = seed;
    uint64_t mixed = splitmix64(&x) ^ (stream * UINT64_C(0xD1342543DE82EF95));
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix64(&mixed);
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t gk_random_bits(struct gk_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t gk_random_below(struct gk_random *random, uint64_t bound)
{
    if (bound == 0)
        return 0;
    uint64_t reject = (UINT64_C(0) - bound) % bound;
    uint64_t bits;
    do {
        bits = gk_random_bits(random);
    } while (bits < reject);
    return bits % bound;
}

double gk_random_unit(struct gk_random *random)
{
    return (double)(gk_random_bits(random) >> 11) * 0x1p-53;
}

double gk_random_normal(struct gk_random *random)
{
    double u, v, s;
    do {
        u = 2 * gk_random_unit(random) - 1;
        v = 2 * gk_random_unit(random) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * log(s) / s);
}

static uint32_t poisson_by_product(struct gk_random *random, double mean)
{
    double limit = exp(-mean), product = gk_random_unit(random);
    uint32_t k = 0;
    while (product > limit) {
        product *= gk_random_unit(random);
        k++;
    }
    return k;
}

/* Hörmann 1993, "The transformed rejection method for generating Poisson
 * random variables", algorithm PTRS. */
static uint32_t poisson_by_rejection(struct gk_random *random, double mean)
{
    double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = gk_random_unit(random) - 0.5, v = gk_random_unit(random);
        int sign; /* lgamma() would write it to a global */
        double us = 0.5 - fabs(u), k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_r)
            return (uint32_t)k;
        if (k < 0 || (us < 0.013 && v > us))
            continue;
        if (log(v) + log(inverse_alpha) - log(a / (us * us) + b) <=
            k * log(mean) - mean - lgamma_r(k + 1, &sign))
            return (uint32_t)k;
    }
}

uint32_t gk_random_poisson(struct gk_random *random, double mean)
{
    if (!(mean > 0))
        return 0;
    if (mean > 1e6)
        mean = 1e6;
    return mean < 30 ? poisson_by_product(random, mean) : poisson_by_rejection(random, mean);
}
