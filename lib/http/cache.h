/* The cache of finished answers: least recently used first out, bounded in
 * bytes. It knows nothing of roles or snapshots: whoever asks puts into the key
 * all that an answer depends on beside its origin, and looks at the origin of
 * what is found. Any thread. Private to lib/http. */
#ifndef GK_HTTP_CACHE_H
#define GK_HTTP_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "finished.h"

struct gk_cache;

/* What is compared as bytes: set all of it to 0 first. */
struct gk_cache_class {
    const void *route, *base_url; /* by identity */
    int32_t watch_area_id;
    uint8_t role, format, encoding, is_english;
};

/* The texts are borrowed: gk_cache_keep() copies them. */
struct gk_cache_key {
    struct gk_cache_class class;
    const char *target;
    size_t target_length;
    uint64_t hash;
};

struct gk_cache_counters {
    uint64_t hits, misses, evictions;
    uint64_t bytes, answers; /* now */
};

/* NULL without memory. `maximum_bytes` covers everything an answer takes; one
 * that takes more than an eighth is not kept. */
struct gk_cache *gk_cache_create(size_t maximum_bytes);

/* NULL is allowed. */
void gk_cache_free(struct gk_cache *cache);

/* Sets key->hash from the rest. */
void gk_cache_key_seal(struct gk_cache_key *key);

/* The answer under a key, held for the caller, or NULL. */
struct gk_finished *gk_cache_find(struct gk_cache *cache, const struct gk_cache_key *key);

/* What became of a find: counted by the caller, who knows if it could be used. */
void gk_cache_count(struct gk_cache *cache, bool is_hit);

/* Keeps an answer under a key, in place of the one that it had; makes room. */
void gk_cache_keep(struct gk_cache *cache, const struct gk_cache_key *key,
                   struct gk_finished *finished);

/* Lets the answer under a key go, if it is still this one. */
void gk_cache_forget(struct gk_cache *cache, const struct gk_cache_key *key,
                     const struct gk_finished *finished);

/* Lets go what is not current, in a part of the cache; GK_CACHE_SWEEPS calls see
 * all of it. `is_current` must not call the cache. */
enum { GK_CACHE_SWEEPS = 16 };
void gk_cache_sweep(struct gk_cache *cache,
                    bool (*is_current)(void *context, const struct gk_origin *origin),
                    void *context);

void gk_cache_counters(struct gk_cache *cache, struct gk_cache_counters *counters);

#endif
