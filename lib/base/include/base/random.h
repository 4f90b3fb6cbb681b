/* Reproducible random numbers: xoshiro256** seeded by splitmix64.
 *
 * The same seed gives the same numbers on every machine. Never for secrets. */
#ifndef GK_BASE_RANDOM_H
#define GK_BASE_RANDOM_H

#include <stdint.h>

struct gk_random {
    uint64_t state[4];
};

/* A generator for `seed`; `stream` gives independent ones of one seed. */
void gk_random_init(struct gk_random *random, uint64_t seed, uint64_t stream);

/* 64 uniform bits. */
uint64_t gk_random_bits(struct gk_random *random);

/* Uniform in [0, bound), without modulo bias; 0 for bound 0. */
uint64_t gk_random_below(struct gk_random *random, uint64_t bound);

/* Uniform in [0, 1), 53 bits. */
double gk_random_unit(struct gk_random *random);

/* Standard normal (Marsaglia's polar method). */
double gk_random_normal(struct gk_random *random);

/* Poisson with the given mean (0 to 1e6); multiplication below 30, else
 * Hörmann's transformed rejection PTRS. */
uint32_t gk_random_poisson(struct gk_random *random, double mean);

#endif
