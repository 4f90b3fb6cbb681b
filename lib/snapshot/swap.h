/* One current object and a few former ones, handed to readers without a lock.
 *
 * Objects sit in a fixed set of slots that is never freed. A slot's state is one
 * 64-bit word: how many readers hold the object, and whether new readers may.
 * A reader adds itself first and looks afterwards whether the slot was open: an
 * object is freed only when its slot is closed and nobody is counted, so a reader
 * that found it open holds it safely, and one that did not takes itself off again
 * without having looked. A slot that was just closed cannot be current, so a
 * reader tries again only when a swap came between two of its instructions.
 *
 * Readers: any thread. Writers: one at a time; the caller sees to that. */
#ifndef GK_SNAPSHOT_SWAP_H
#define GK_SNAPSHOT_SWAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { GK_SWAP_SLOTS = 8 };

struct gk_swap_slot {
    _Atomic uint64_t state;
    void *object;
    int64_t replaced_ms; /* writers only */
};

struct gk_swap {
    _Atomic uint32_t current; /* slot, or GK_SWAP_SLOTS for none */
    struct gk_swap_slot slots[GK_SWAP_SLOTS];
    void (*free_object)(void *object);
};

void gk_swap_init(struct gk_swap *swap, void (*free_object)(void *object));

/* Frees all objects; no reader may hold one. */
void gk_swap_release_all(struct gk_swap *swap);

/* --- Readers --------------------------------------------------------------- */

/* The current object, held until gk_swap_release(); NULL when there is none. */
void *gk_swap_acquire(struct gk_swap *swap, uint32_t *slot);

/* An object, current or former, that `matches`; NULL when there is none. */
void *gk_swap_acquire_matching(struct gk_swap *swap,
                               bool (*matches)(const void *object, const void *context),
                               const void *context, uint32_t *slot);

void gk_swap_release(struct gk_swap *swap, uint32_t slot);

/* --- Writers ---------------------------------------------------------------- */

/* The slot that the next object will have, GK_SWAP_SLOTS when all are in use. */
uint32_t gk_swap_free_slot(const struct gk_swap *swap);

/* Makes an object current in a free slot; the one before becomes former. */
void gk_swap_publish(struct gk_swap *swap, uint32_t slot, void *object, int64_t now_ms);

/* The current object, not held; NULL when there is none. */
const void *gk_swap_peek(const struct gk_swap *swap);

/* Nothing is current any more, and no object that `matches` is given out from
 * now on, whoever asks; those who hold one keep it. */
void gk_swap_withdraw(struct gk_swap *swap,
                      bool (*matches)(const void *object, const void *context),
                      const void *context);

/* No former object that `matches` is given out from now on. */
void gk_swap_close_former(struct gk_swap *swap,
                          bool (*matches)(const void *object, const void *context),
                          const void *context);

/* For slots without a current object: gives out an object in a free slot, or no
 * longer; whether it is given out. */
void gk_swap_open(struct gk_swap *swap, uint32_t slot, void *object);
void gk_swap_close(struct gk_swap *swap, uint32_t slot);
bool gk_swap_is_open(const struct gk_swap *swap, uint32_t slot);

/* Frees closed objects that nobody holds. */
void gk_swap_collect(struct gk_swap *swap);

/* Closes former objects that were replaced before `older_than_ms`, and the
 * oldest until at most `kept_max` are left; frees what nobody holds. */
void gk_swap_sweep(struct gk_swap *swap, int64_t older_than_ms, unsigned kept_max);

#endif
