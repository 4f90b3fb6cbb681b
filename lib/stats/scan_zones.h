/* Private to scan: the different circles of places. */
#ifndef GK_STATS_SCAN_ZONES_PRIVATE_H
#define GK_STATS_SCAN_ZONES_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* The `count` places nearest to the centre, itself first. */
struct scan_zone {
    uint32_t centre, count;
    double weight; /* population or cases within */
};

struct scan_zones {
    uint32_t *order;         /* [places][places]: by distance from each, equals by index */
    struct scan_zone *zones; /* by centre, then count */
    size_t count, steps;     /* steps: places that are entered to visit them all */
};

/* Every set of places once, of the first centre and weight at most `limit`.
 * GK_TOO_LARGE over 8 million. scan_zones_release() also after failure. */
GK_CHECKED enum gk_status scan_zones_find(struct scan_zones *zones, const double *e_m,
                                          const double *n_m, const double *weight, uint32_t places,
                                          double limit);

void scan_zones_release(struct scan_zones *zones);

#endif
