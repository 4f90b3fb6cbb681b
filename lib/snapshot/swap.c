/* The slots behind gk_holder_acquire(); swap.h says why it is safe. */
#include "swap.h"

#include <stddef.h>

#define OPEN (UINT64_C(1) << 63)

void gk_swap_init(struct gk_swap *swap, void (*free_object)(void *object))
{
    swap->free_object = free_object;
    atomic_init(&swap->current, GK_SWAP_SLOTS);
    for (uint32_t i = 0; i < GK_SWAP_SLOTS; i++) {
        atomic_init(&swap->slots[i].state, 0);
        swap->slots[i].object = NULL;
        swap->slots[i].replaced_ms = 0;
    }
}

void gk_swap_release_all(struct gk_swap *swap)
{
    for (uint32_t i = 0; i < GK_SWAP_SLOTS; i++)
        if (swap->slots[i].object != NULL)
            swap->free_object(swap->slots[i].object);
    gk_swap_init(swap, swap->free_object);
}

/* --- Readers --------------------------------------------------------------- */

static void *try_acquire(struct gk_swap *swap, uint32_t slot)
{
    struct gk_swap_slot *s = &swap->slots[slot];
    if ((atomic_fetch_add_explicit(&s->state, 1, memory_order_acquire) & OPEN) != 0)
        return s->object;
    atomic_fetch_sub_explicit(&s->state, 1, memory_order_relaxed);
    return NULL;
}

void *gk_swap_acquire(struct gk_swap *swap, uint32_t *slot)
{
    for (;;) {
        *slot = atomic_load_explicit(&swap->current, memory_order_acquire);
        if (*slot == GK_SWAP_SLOTS)
            return NULL;
        void *object = try_acquire(swap, *slot);
        if (object != NULL)
            return object;
    }
}

void *gk_swap_acquire_matching(struct gk_swap *swap,
                               bool (*matches)(const void *object, const void *context),
                               const void *context, uint32_t *slot)
{
    for (*slot = 0; *slot < GK_SWAP_SLOTS; ++*slot) {
        void *object = try_acquire(swap, *slot);
        if (object == NULL)
            continue;
        if (matches(object, context))
            return object;
        gk_swap_release(swap, *slot);
    }
    return NULL;
}

void gk_swap_release(struct gk_swap *swap, uint32_t slot)
{
    atomic_fetch_sub_explicit(&swap->slots[slot].state, 1, memory_order_release);
}

/* --- Writers ---------------------------------------------------------------- */

uint32_t gk_swap_free_slot(const struct gk_swap *swap)
{
    uint32_t slot = 0;
    while (slot < GK_SWAP_SLOTS && swap->slots[slot].object != NULL)
        slot++;
    return slot;
}

void gk_swap_open(struct gk_swap *swap, uint32_t slot, void *object)
{
    swap->slots[slot].object = object;
    atomic_fetch_or_explicit(&swap->slots[slot].state, OPEN, memory_order_release);
}

void gk_swap_publish(struct gk_swap *swap, uint32_t slot, void *object, int64_t now_ms)
{
    gk_swap_open(swap, slot, object);
    uint32_t former = atomic_exchange_explicit(&swap->current, slot, memory_order_acq_rel);
    if (former != GK_SWAP_SLOTS)
        swap->slots[former].replaced_ms = now_ms;
}

const void *gk_swap_peek(const struct gk_swap *swap)
{
    uint32_t slot = atomic_load_explicit(&swap->current, memory_order_relaxed);
    return slot == GK_SWAP_SLOTS ? NULL : swap->slots[slot].object;
}

bool gk_swap_is_open(const struct gk_swap *swap, uint32_t slot)
{
    return (atomic_load_explicit(&swap->slots[slot].state, memory_order_relaxed) & OPEN) != 0;
}

void gk_swap_close(struct gk_swap *swap, uint32_t slot)
{
    atomic_fetch_and_explicit(&swap->slots[slot].state, ~OPEN, memory_order_acq_rel);
}

void gk_swap_close_former(struct gk_swap *swap,
                          bool (*matches)(const void *object, const void *context),
                          const void *context)
{
    uint32_t current = atomic_load_explicit(&swap->current, memory_order_relaxed);
    for (uint32_t i = 0; i < GK_SWAP_SLOTS; i++)
        if (i != current && gk_swap_is_open(swap, i) && matches(swap->slots[i].object, context))
            gk_swap_close(swap, i);
}

void gk_swap_withdraw(struct gk_swap *swap,
                      bool (*matches)(const void *object, const void *context), const void *context)
{
    atomic_store_explicit(&swap->current, GK_SWAP_SLOTS, memory_order_release);
    gk_swap_close_former(swap, matches, context);
}

/* The slot of the former object that was replaced first, GK_SWAP_SLOTS when there
 * are none. */
static uint32_t oldest_former(const struct gk_swap *swap, unsigned *count)
{
    uint32_t current = atomic_load_explicit(&swap->current, memory_order_relaxed);
    uint32_t oldest = GK_SWAP_SLOTS;
    *count = 0;
    for (uint32_t i = 0; i < GK_SWAP_SLOTS; i++) {
        if (i == current || !gk_swap_is_open(swap, i))
            continue;
        ++*count;
        if (oldest == GK_SWAP_SLOTS || swap->slots[i].replaced_ms < swap->slots[oldest].replaced_ms)
            oldest = i;
    }
    return oldest;
}

void gk_swap_collect(struct gk_swap *swap)
{
    for (uint32_t i = 0; i < GK_SWAP_SLOTS; i++) {
        struct gk_swap_slot *slot = &swap->slots[i];
        if (slot->object == NULL || atomic_load_explicit(&slot->state, memory_order_acquire) != 0)
            continue;
        swap->free_object(slot->object);
        slot->object = NULL;
    }
}

void gk_swap_sweep(struct gk_swap *swap, int64_t older_than_ms, unsigned kept_max)
{
    unsigned count;
    uint32_t oldest;
    while ((oldest = oldest_former(swap, &count)) != GK_SWAP_SLOTS &&
           (count > kept_max || swap->slots[oldest].replaced_ms < older_than_ms))
        gk_swap_close(swap, oldest);
    gk_swap_collect(swap);
}
