/* A hash table whose entries stand in order of use. One lock: it is held for a
 * look-up, never while an answer is made, compressed or sent. */
#include "cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    BUCKETS_MIN = 256,
    BUCKETS_MAX = 65536,
    BYTES_PER_BUCKET = 4096,
    SHARE_OF_ONE = 8,    /* an answer may take this part of the cache */
    ALLOCATION_COST = 48 /* what the allocator adds to three blocks */
};

struct entry {
    struct entry *next;          /* in its bucket */
    struct entry *newer, *older; /* in order of use */
    uint64_t hash;
    struct gk_cache_class class;
    struct gk_finished *finished;
    size_t cost;
    size_t target_length;
    char target[];
};

struct gk_cache {
    pthread_mutex_t lock;
    size_t maximum, bytes, entries;
    struct entry *newest, *oldest;
    uint64_t hits, misses, evictions;
    size_t bucket_count, next_swept; /* a power of two */
    struct entry *bucket[];
};

struct gk_cache *gk_cache_create(size_t maximum_bytes)
{
    size_t count = BUCKETS_MIN;
    while (count < BUCKETS_MAX && count * BYTES_PER_BUCKET < maximum_bytes)
        count *= 2;
    struct gk_cache *cache = calloc(1, sizeof *cache + count * sizeof *cache->bucket);
    if (cache == NULL)
        return NULL;
    pthread_mutex_init(&cache->lock, NULL);
    cache->maximum = maximum_bytes;
    cache->bucket_count = count;
    return cache;
}

/* --- Under the lock -------------------------------------------------------- */

static struct entry **place_of(struct gk_cache *cache, const struct gk_cache_key *key)
{
    struct entry **at = &cache->bucket[key->hash & (cache->bucket_count - 1)];
    for (; *at != NULL; at = &(*at)->next)
        if ((*at)->hash == key->hash && (*at)->target_length == key->target_length &&
            memcmp(&(*at)->class, &key->class, sizeof key->class) == 0 &&
            memcmp((*at)->target, key->target, key->target_length) == 0)
            break;
    return at;
}

static void take_out_of_order(struct gk_cache *cache, struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void put_newest(struct gk_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

/* Takes out the entry at `at`, a place in its bucket. */
static void drop(struct gk_cache *cache, struct entry **at)
{
    struct entry *entry = *at;
    *at = entry->next;
    take_out_of_order(cache, entry);
    cache->bytes -= entry->cost;
    cache->entries--;
    gk_finished_release(entry->finished);
    free(entry);
}

static void drop_oldest(struct gk_cache *cache)
{
    struct entry *entry = cache->oldest;
    struct entry **at = &cache->bucket[entry->hash & (cache->bucket_count - 1)];
    while (*at != entry)
        at = &(*at)->next;
    drop(cache, at);
    cache->evictions++;
}

/* --- For everybody --------------------------------------------------------- */

void gk_cache_free(struct gk_cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->oldest != NULL)
        drop_oldest(cache);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

void gk_cache_key_seal(struct gk_cache_key *key)
{
    key->hash = XXH3_64bits_withSeed(key->target, key->target_length,
                                     XXH3_64bits(&key->class, sizeof key->class));
}

struct gk_finished *gk_cache_find(struct gk_cache *cache, const struct gk_cache_key *key)
{
    struct gk_finished *found = NULL;
    pthread_mutex_lock(&cache->lock);
    struct entry *entry = *place_of(cache, key);
    if (entry != NULL) {
        found = entry->finished;
        gk_finished_hold(found);
        take_out_of_order(cache, entry);
        put_newest(cache, entry);
    }
    pthread_mutex_unlock(&cache->lock);
    return found;
}

void gk_cache_count(struct gk_cache *cache, bool is_hit)
{
    pthread_mutex_lock(&cache->lock);
    *(is_hit ? &cache->hits : &cache->misses) += 1;
    pthread_mutex_unlock(&cache->lock);
}

static struct entry *entry_make(const struct gk_cache_key *key, struct gk_finished *finished)
{
    struct entry *entry = malloc(sizeof *entry + key->target_length);
    if (entry == NULL)
        return NULL;
    *entry = (struct entry){.hash = key->hash,
                            .class = key->class,
                            .finished = finished,
                            .cost = sizeof *entry + key->target_length +
                                    gk_finished_bytes(finished) + ALLOCATION_COST,
                            .target_length = key->target_length};
    memcpy(entry->target, key->target, key->target_length);
    return entry;
}

void gk_cache_keep(struct gk_cache *cache, const struct gk_cache_key *key,
                   struct gk_finished *finished)
{
    if (gk_finished_bytes(finished) > cache->maximum / SHARE_OF_ONE)
        return;
    struct entry *entry = entry_make(key, finished);
    if (entry == NULL)
        return; /* it is an answer without being kept */
    gk_finished_hold(finished);
    pthread_mutex_lock(&cache->lock);
    struct entry **at = place_of(cache, key);
    if (*at != NULL)
        drop(cache, at);
    while (cache->oldest != NULL && cache->bytes + entry->cost > cache->maximum)
        drop_oldest(cache);
    at = &cache->bucket[key->hash & (cache->bucket_count - 1)];
    entry->next = *at;
    *at = entry;
    put_newest(cache, entry);
    cache->bytes += entry->cost;
    cache->entries++;
    pthread_mutex_unlock(&cache->lock);
}

void gk_cache_forget(struct gk_cache *cache, const struct gk_cache_key *key,
                     const struct gk_finished *finished)
{
    pthread_mutex_lock(&cache->lock);
    struct entry **at = place_of(cache, key);
    if (*at != NULL && (*at)->finished == finished)
        drop(cache, at);
    pthread_mutex_unlock(&cache->lock);
}

void gk_cache_sweep(struct gk_cache *cache,
                    bool (*is_current)(void *context, const struct gk_origin *origin),
                    void *context)
{
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < cache->bucket_count / GK_CACHE_SWEEPS; i++) {
        struct entry **at = &cache->bucket[cache->next_swept];
        while (*at != NULL)
            if (is_current(context, &(*at)->finished->origin))
                at = &(*at)->next;
            else
                drop(cache, at);
        cache->next_swept = (cache->next_swept + 1) & (cache->bucket_count - 1);
    }
    pthread_mutex_unlock(&cache->lock);
}

void gk_cache_counters(struct gk_cache *cache, struct gk_cache_counters *counters)
{
    pthread_mutex_lock(&cache->lock);
    *counters = (struct gk_cache_counters){.hits = cache->hits,
                                           .misses = cache->misses,
                                           .evictions = cache->evictions,
                                           .bytes = cache->bytes,
                                           .answers = cache->entries};
    pthread_mutex_unlock(&cache->lock);
}
