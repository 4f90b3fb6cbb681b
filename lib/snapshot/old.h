/* Older snapshots: those that were asked for by number and loaded for it.
 *
 * A few of one kind are kept, by number and by bytes; the one that was not used
 * for the longest goes first. What is asked for and not there is noted, at most a
 * few numbers at a time, and the loader takes them one by one.
 *
 * Readers: any thread, without locks. Writers: one at a time; the caller sees to
 * that. */
#ifndef GK_SNAPSHOT_OLD_H
#define GK_SNAPSHOT_OLD_H

#include "snapshot/snapshot.h"
#include "swap.h"

enum { GK_OLD_MAX = 6, GK_OLD_ASKED_MAX = 4, GK_OLD_KEEP_MS = 10 * 60 * 1000 };

struct gk_old {
    struct gk_swap swap; /* without a current object: all that is open counts */
    _Atomic int64_t used_ms[GK_SWAP_SLOTS];
    _Atomic int32_t asked[GK_OLD_ASKED_MAX]; /* numbers, 0: free */
    unsigned turn;                           /* of `asked`: whose turn it is; the loader's alone */
    unsigned maximum;                        /* snapshots */
    size_t maximum_bytes;                    /* of them together */
};

/* At most `maximum` snapshots (1 to GK_OLD_MAX) of `maximum_bytes` together. */
void gk_old_init(struct gk_old *old, unsigned maximum, size_t maximum_bytes);
void gk_old_release_all(struct gk_old *old);

/* --- Readers ------------------------------------------------------------------ */

/* The snapshot with a number, held until gk_old_release(), or NULL. */
const struct gk_snapshot *gk_old_acquire(struct gk_old *old, int32_t number, int64_t now_ms);
void gk_old_release(struct gk_old *old, const struct gk_snapshot *snapshot);

/* Notes that a number is asked for. False when too many others are. */
bool gk_old_ask(struct gk_old *old, int32_t number);

/* --- Writers -------------------------------------------------------------------- */

/* A number that is asked for, 0 for none; it stays noted until gk_old_answered().
 * They take turns: whoever asks again and again keeps nobody else waiting. */
int32_t gk_old_next(const struct gk_old *old);
void gk_old_answered(struct gk_old *old, int32_t number);

/* Drops the longest unused until there is room for one more. */
void gk_old_make_room(struct gk_old *old);

/* Takes a snapshot over and drops others while all are too large together.
 * GK_UNAVAILABLE when former ones are still held; then it is the caller's. */
GK_CHECKED enum gk_status gk_old_put(struct gk_old *old, struct gk_snapshot *snapshot,
                                     int64_t now_ms);

/* Nobody gets what `matches` any more. */
void gk_old_close(struct gk_old *old, bool (*matches)(const void *object, const void *context),
                  const void *context);

/* Drops what was not used for GK_OLD_KEEP_MS and frees what nobody holds. */
void gk_old_sweep(struct gk_old *old, int64_t now_ms);

/* Of a snapshot's slot: whether it is one of these. */
bool gk_old_has_slot(uint32_t slot);

#endif
