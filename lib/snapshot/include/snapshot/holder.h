/* The holder: loads snapshots on a thread of its own and swaps them.
 *
 * One thread watches the store's one-row state table and takes new tokens at
 * once; another loads the release or the revision that changed and publishes it
 * with an atomic swap. Readers take no lock and never wait: neither for a load nor
 * for the store. A replaced snapshot is kept for 10 minutes, so that paging
 * through it can end (of a kind at most four, then the oldest goes).
 *
 * Any release or revision that is kept can be asked for by its number. One that is
 * not in memory is loaded by the same thread, after whatever is new, one at a time
 * and with pauses; the request does not wait for it. */
#ifndef GK_SNAPSHOT_HOLDER_H
#define GK_SNAPSHOT_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/status.h"
#include "snapshot/numbers.h"
#include "snapshot/snapshot.h"

struct gk_holder;

struct gk_holder_config {
    const char *conninfo;           /* copied */
    const char *initial_definition; /* of revision snapshots; copied */
    uint32_t poll_interval_ms;
    uint32_t token_grace_s;
    uint32_t old_snapshots;     /* older ones kept of each kind, 1 to 6 */
    size_t old_snapshots_bytes; /* that those of a kind may take together */
    const struct gk_log *log;   /* outlives the holder */
};

/* Starts the threads. Succeeds without a database: it keeps trying, with
 * backoff from 100 ms to 5 s and jitter. */
GK_CHECKED enum gk_status gk_holder_start(struct gk_holder **holder,
                                          const struct gk_holder_config *config,
                                          struct gk_error *error);

/* Stops the threads (also in the middle of a load) and frees everything; no
 * reader may hold a snapshot. NULL is allowed. */
void gk_holder_stop(struct gk_holder *holder);

/* New values of what may change at run time. */
void gk_holder_reconfigure(struct gk_holder *holder, uint32_t poll_interval_ms,
                           uint32_t token_grace_s);

/* The newest snapshot of a kind, or NULL while there is none (or the release was
 * withdrawn). Give it back with gk_holder_release(). Any thread, never waits. */
const struct gk_snapshot *gk_holder_acquire(struct gk_holder *holder, enum gk_snapshot_kind kind);

/* The snapshot that a cursor is pinned to: the newest or one replaced within the
 * last 10 minutes, else NULL. */
const struct gk_snapshot *gk_holder_acquire_pinned(struct gk_holder *holder,
                                                   enum gk_snapshot_kind kind, int32_t number,
                                                   int32_t places);

/* A release or a revision by its number: always the same one, a revision with the
 * places that it was made with. GK_NOT_FOUND; GK_GONE (withdrawn or erased);
 * GK_UNAVAILABLE: it is asked for now and there in a moment, or too many others
 * are, or the store cannot be reached. Any thread, never waits. */
GK_CHECKED enum gk_status gk_holder_acquire_numbered(const struct gk_snapshot **snapshot,
                                                     struct gk_holder *holder,
                                                     enum gk_snapshot_kind kind, int32_t number,
                                                     struct gk_error *error);

/* Which numbers there are, or NULL while it is not known. Give it back with
 * gk_holder_release_numbers(), soon. */
const struct gk_numbers *gk_holder_acquire_numbers(struct gk_holder *holder);

/* Gives the lists back; NULL is allowed. */
void gk_holder_release_numbers(struct gk_holder *holder, const struct gk_numbers *numbers);

/* Gives a snapshot back; NULL is allowed. */
void gk_holder_release(struct gk_holder *holder, const struct gk_snapshot *snapshot);

/* How long the store has been silent: seconds since it last answered (0 while
 * polling works), -1 when it never did. Any thread. */
int64_t gk_holder_silent_s(const struct gk_holder *holder);

/* Whether answers must be called stale: no answer of the store for more than 10
 * poll intervals, at least 5 s. Any thread. */
bool gk_holder_is_stale(const struct gk_holder *holder);

/* What a token may do. */
struct gk_token_info {
    int32_t id;
    bool is_analyst;       /* else a contact */
    int32_t watch_area_id; /* of a contact, else 0 */
};

/* Looks a token up by its SHA-256 in constant time for its bytes. GK_OK;
 * GK_UNAUTHORIZED (unknown, expired, revoked); GK_UNAVAILABLE (tokens were never
 * loaded, or the store has been silent for longer than token_grace). */
GK_CHECKED enum gk_status gk_holder_token(struct gk_holder *holder, const unsigned char hash[32],
                                          struct gk_token_info *token);

#endif
