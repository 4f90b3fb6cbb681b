/* The holder from the inside: what its two threads share, and the steps that
 * tests drive without a database. */
#ifndef GK_SNAPSHOT_HOLDER_INTERNAL_H
#define GK_SNAPSHOT_HOLDER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/random.h"
#include "old.h"
#include "snapshot/holder.h"
#include "snapshot/numbers.h"
#include "store/connection.h"
#include "swap.h"

enum {
    GK_KEEP_REPLACED_MS = 10 * 60 * 1000,
    GK_KEEP_REPLACED_MAX = 4,
    GK_BACKOFF_FIRST_MS = 100,
    GK_BACKOFF_MAX_MS = 5000,
    /* A server that says nothing for so long is lost: the watcher's statements
     * are small, the loader's end by the server's own statement_timeout. */
    GK_WATCH_SILENCE_MS = 10 * 1000,
    GK_LOAD_SILENCE_MS = 10 * 60 * 1000,
};

/* The row of the store's table `state`. */
struct gk_state {
    int32_t revision, release, places, tokens, numbers;
};

/* The lists as the holder has them; `numbers` comes first. */
struct gk_held_numbers {
    struct gk_numbers numbers;
    uint32_t slot;
};

struct gk_token {
    unsigned char hash[32];
    struct gk_token_info info;
    int64_t expires_ms; /* on the clock of gk_holder_now_ms(); INT64_MAX: never */
};

/* Immutable once published; sorted by hash. */
struct gk_tokens {
    struct gk_token *tokens;
    size_t count;
};

struct gk_holder {
    char *conninfo, *initial_definition;
    const struct gk_log *log;
    _Atomic uint32_t poll_interval_ms, token_grace_s;

    atomic_bool stop;
    _Atomic int64_t answered_ms; /* when the store last answered; -1: never */
    int stop_event;              /* readable from the moment that threads are to end */
    int watcher_event, loader_event;
    pthread_t watcher, loader;
    bool watcher_runs, loader_runs;

    struct gk_swap snapshots[GK_SNAPSHOT_KINDS];
    struct gk_old old[GK_SNAPSHOT_KINDS];
    struct gk_swap tokens;  /* written by the watcher alone */
    struct gk_swap numbers; /* likewise */
    atomic_bool yields;     /* the load of an older snapshot is to end: there is news */
    atomic_bool idles;      /* the loader has nothing to do */

    pthread_mutex_t lock; /* writers of `snapshots` and `old`, and what follows */
    struct gk_state wanted;
    bool is_wanted; /* the state was read once */
};

/* A holder without threads; gk_holder_free() frees it. */
GK_CHECKED enum gk_status gk_holder_create(struct gk_holder **holder,
                                           const struct gk_holder_config *config,
                                           struct gk_error *error);
void gk_holder_free(struct gk_holder *holder);

/* Milliseconds of a clock that never jumps and counts while the machine sleeps. */
int64_t gk_holder_now_ms(void);

/* Notes that the store answered. */
void gk_holder_answered(struct gk_holder *holder);

/* Takes a newly read state: what it withdraws is withdrawn at once. True when
 * the loader has something to do. */
bool gk_holder_want(struct gk_holder *holder, const struct gk_state *state);

/* Publishes a snapshot and drops what is too old. GK_CONFLICT when it is a
 * release that is not wanted any more, GK_UNAVAILABLE when every slot is in use;
 * then the snapshot is still the caller's. */
GK_CHECKED enum gk_status gk_holder_publish(struct gk_holder *holder, struct gk_snapshot *snapshot,
                                            int64_t now_ms);

/* Drops snapshots that were replaced long enough ago. */
void gk_holder_sweep(struct gk_holder *holder, int64_t now_ms);

/* Keeps an older snapshot that was asked for. GK_CONFLICT when its number does not
 * stand any more; else as gk_old_put(). Then the snapshot is still the caller's. */
GK_CHECKED enum gk_status gk_holder_keep_old(struct gk_holder *holder, struct gk_snapshot *snapshot,
                                             int64_t now_ms);

/* Takes over the (malloc'ed) lists, and closes snapshots of what does not stand.
 * GK_NO_MEMORY, then the lists are still the caller's. */
GK_CHECKED enum gk_status gk_holder_set_numbers(struct gk_holder *holder,
                                                const struct gk_numbers *numbers);

/* Reads the lists from the store and takes them. */
GK_CHECKED enum gk_status gk_numbers_load(struct gk_holder *holder, struct gk_store *store,
                                          struct gk_error *error);
void gk_numbers_free(void *held);

/* Takes over `tokens` (malloc'ed, any order). GK_NO_MEMORY, then they are still
 * the caller's. */
GK_CHECKED enum gk_status gk_holder_set_tokens(struct gk_holder *holder, struct gk_token *tokens,
                                               size_t count);

/* The threads. */
void *gk_holder_watch(void *holder);
void *gk_holder_load(void *holder);

/* Waits for an event, for the end or for the time to pass. */
void gk_holder_wait(const struct gk_holder *holder, int event, uint32_t milliseconds);

/* Growing waits with jitter: a server that comes back is not met by all daemons
 * in the same millisecond. */
struct gk_backoff {
    struct gk_random random;
    uint32_t attempts;
};
void gk_backoff_init(struct gk_backoff *backoff, const struct gk_holder *holder, uint64_t stream);
uint32_t gk_backoff_next_ms(struct gk_backoff *backoff);

#endif
