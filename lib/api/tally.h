/* Sums of cells in the order of tiles, kept for a few (snapshot, period,
 * definition): the numbers of any run of cells are one difference each. Without
 * them a tile of the whole country would count every cell of it. */
#ifndef GK_API_TALLY_H
#define GK_API_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/date.h"
#include "base/status.h"
#include "snapshot/snapshot.h"

struct gk_tally_cache;

/* What a tally was made from. */
struct gk_tally_key {
    enum gk_snapshot_kind kind;
    int32_t number, places;
    int64_t made_utc; /* a restored database may use a number again */
    bool is_covered;  /* false: counts are 0 and nobody's; period is not looked at */
    struct gk_period period;
    uint32_t definition;
};

/* Of cells before a place in snapshot->tiles.cell. */
struct gk_tally_sums {
    int64_t count, dwellings, dwellings_at_risk, addresses;
};

/* Immutable once it is given out. */
struct gk_tally {
    struct gk_tally_key key;
    int references;             /* under the cache's lock */
    struct gk_tally_sums sum[]; /* cell_count + 1 */
};

/* An empty cache. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_tally_cache_create(struct gk_tally_cache **cache);

/* NULL is allowed; no tally may be in use. */
void gk_tally_cache_free(struct gk_tally_cache *cache);

/* The tally of a key on its snapshot, made if need be; give it back with
 * gk_tally_release(). Any thread. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_tally_acquire(const struct gk_tally **tally,
                                           struct gk_tally_cache *cache,
                                           const struct gk_snapshot *snapshot,
                                           struct gk_tally_key key);

/* NULL is allowed. */
void gk_tally_release(struct gk_tally_cache *cache, const struct gk_tally *tally);

#endif
