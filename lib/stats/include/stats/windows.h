/* Windows: for each site (the centre of a cell) the sites within a distance.
 *
 * They depend on the lattice and the bandwidth only, so that one set serves any
 * number of questions. Not tied to a shape: cells of any size have centres. */
#ifndef GK_STATS_WINDOWS_H
#define GK_STATS_WINDOWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A plane position in metres. */
struct gk_site {
    double east_m, north_m;
};

/* Compressed rows: the window of site i is member[start[i]] ... member[start[i +
 * 1] - 1], each member once, in no promised order (but always the same). Read
 * only; any thread. A caller with windows of another kind fills one itself. */
struct gk_windows {
    size_t count;     /* sites */
    size_t *start;    /* count + 1 */
    uint32_t *member; /* start[count] of them */
};

/* Windows of the `count` sites within `bandwidth_m` of each, itself included;
 * the bandwidth has a slack of 1e-9 of itself, so that lattice distances are
 * exact. Free with gk_windows_release(), also after an error (all zero then).
 * GK_INVALID: a position or bandwidth that is not finite, a bandwidth that is
 * not positive, more than 2^31 sites, or an area of more than 1e9 bandwidths.
 * GK_TOO_LARGE: more than `members_max` members in all; found out before they
 * are stored. Time: O(count + members) on average, by hashing. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_windows_build(struct gk_windows *windows, const struct gk_site *sites,
                                           size_t count, double bandwidth_m, size_t members_max);

/* Frees the arrays and makes it all zero. */
void gk_windows_release(struct gk_windows *windows);

#endif
