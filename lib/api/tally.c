/* The cache of tallies: as that of grids, a lock for a few pointers, and the work
 * outside it. */
#include "tally.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/query.h"

enum { KEPT = 4 };

struct gk_tally_cache {
    pthread_mutex_t lock;
    struct gk_tally *kept[KEPT]; /* most recently used first */
};

enum gk_status gk_tally_cache_create(struct gk_tally_cache **out)
{
    struct gk_tally_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return GK_NO_MEMORY;
    pthread_mutex_init(&cache->lock, NULL);
    *out = cache;
    return GK_OK;
}

void gk_tally_cache_free(struct gk_tally_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < KEPT; i++)
        free(cache->kept[i]);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static bool key_is(const struct gk_tally_key *a, const struct gk_tally_key *b)
{
    return a->kind == b->kind && a->number == b->number && a->places == b->places &&
           a->made_utc == b->made_utc && a->is_covered == b->is_covered &&
           a->definition == b->definition && a->period.from_hour == b->period.from_hour &&
           a->period.to_hour == b->period.to_hour;
}

static struct gk_tally *tally_make(const struct gk_snapshot *s, struct gk_tally_key key)
{
    struct gk_tally *tally =
        calloc(1, sizeof *tally + ((size_t)s->cell_count + 1) * sizeof *tally->sum);
    if (tally == NULL)
        return NULL;
    tally->key = key;
    for (uint32_t i = 0; i < s->cell_count; i++) {
        uint32_t cell = s->tiles.cell[i];
        const struct gk_tally_sums *before = &tally->sum[i];
        tally->sum[i + 1] = (struct gk_tally_sums){
            .count =
                before->count +
                (key.is_covered ? gk_snapshot_cell_events(s, cell, key.period, key.definition) : 0),
            .dwellings = before->dwellings + gk_snapshot_cell_dwellings(s, cell),
            .dwellings_at_risk = before->dwellings_at_risk +
                                 gk_snapshot_cell_dwellings_at_risk(s, cell, key.definition),
            .addresses = before->addresses + s->cell_addresses[cell],
        };
    }
    return tally;
}

/* Under the lock: a tally moves to the front, those before place `at` back. */
static void put_first(struct gk_tally_cache *cache, struct gk_tally *tally, size_t at)
{
    memmove(cache->kept + 1, cache->kept, at * sizeof(struct gk_tally *));
    cache->kept[0] = tally;
}

static struct gk_tally *find(struct gk_tally_cache *cache, const struct gk_tally_key *key)
{
    for (size_t i = 0; i < KEPT && cache->kept[i] != NULL; i++) {
        struct gk_tally *tally = cache->kept[i];
        if (!key_is(&tally->key, key))
            continue;
        put_first(cache, tally, i);
        tally->references++;
        return tally;
    }
    return NULL;
}

/* Under the lock: keeps a new one; returns one that nobody uses any more. */
static struct gk_tally *keep(struct gk_tally_cache *cache, struct gk_tally *tally)
{
    struct gk_tally *oldest = cache->kept[KEPT - 1];
    put_first(cache, tally, KEPT - 1);
    tally->references = 2; /* the cache's and the caller's */
    return oldest != NULL && --oldest->references == 0 ? oldest : NULL;
}

enum gk_status gk_tally_acquire(const struct gk_tally **out, struct gk_tally_cache *cache,
                                const struct gk_snapshot *snapshot, struct gk_tally_key key)
{
    pthread_mutex_lock(&cache->lock);
    struct gk_tally *tally = find(cache, &key);
    pthread_mutex_unlock(&cache->lock);
    if (tally == NULL) {
        tally = tally_make(snapshot, key);
        if (tally == NULL)
            return GK_NO_MEMORY;
        pthread_mutex_lock(&cache->lock);
        struct gk_tally *unused = keep(cache, tally);
        pthread_mutex_unlock(&cache->lock);
        free(unused);
    }
    *out = tally;
    return GK_OK;
}

void gk_tally_release(struct gk_tally_cache *cache, const struct gk_tally *tally)
{
    if (tally == NULL)
        return;
    struct gk_tally *mine = (struct gk_tally *)tally; /* the cache's own, shown as const */
    pthread_mutex_lock(&cache->lock);
    bool is_last = --mine->references == 0;
    pthread_mutex_unlock(&cache->lock);
    if (is_last)
        free(mine);
}
