/* Private to scan: the different circles of places. */
#ifndef GK_STATS_SCAN_ZONES_PRIVATE_H
#define GK_STATS_SCAN_ZONES_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* The `count` places nearest to the centre, itself first. */
struct scan_zone {
    uint32_t centre, count;
    double share; /* of all weight (population or cases) */
};

struct scan_zones {
    uint32_t *order;         /* [places][places]: by distance from each, equals by index */
    struct scan_zone *zones; /* by centre, then count */
    size_t count, steps;     /* steps: places that are entered to visit them all */
};

/* Every set of places once, of the first centre, with at most `max_share` of the
 * `total` weight (all shares are NaN when that is 0).
 * GK_TOO_LARGE over 8 million. scan_zones_release() also after failure. */
GK_CHECKED enum gk_status scan_zones_find(struct scan_zones *zones, const double *e_m,
                                          const double *n_m, const double *weight, uint32_t places,
                                          double total, double max_share);

void scan_zones_release(struct scan_zones *zones);

#endif
