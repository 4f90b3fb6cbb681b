/* The cache of older snapshots, on the slots of swap.h. */
#include "old.h"

#include "snapshot/build.h"

/* Slots of these carry numbers above those of current and former snapshots, so
 * that whoever gives one back need not know where it came from. */
enum { FIRST_SLOT = GK_SWAP_SLOTS };

bool gk_old_has_slot(uint32_t slot)
{
    return slot >= FIRST_SLOT;
}

static void free_snapshot(void *snapshot)
{
    gk_snapshot_free(snapshot);
}

void gk_old_init(struct gk_old *old, unsigned maximum, size_t maximum_bytes)
{
    gk_swap_init(&old->swap, free_snapshot);
    for (int i = 0; i < GK_SWAP_SLOTS; i++)
        atomic_init(&old->used_ms[i], 0);
    for (int i = 0; i < GK_OLD_ASKED_MAX; i++)
        atomic_init(&old->asked[i], 0);
    old->turn = 0;
    old->maximum = maximum < 1 ? 1 : maximum > GK_OLD_MAX ? GK_OLD_MAX : maximum;
    old->maximum_bytes = maximum_bytes;
}

void gk_old_release_all(struct gk_old *old)
{
    gk_swap_release_all(&old->swap);
}

/* --- Readers -------------------------------------------------------------------- */

static bool has_number(const void *object, const void *context)
{
    return ((const struct gk_snapshot *)object)->number == *(const int32_t *)context;
}

const struct gk_snapshot *gk_old_acquire(struct gk_old *old, int32_t number, int64_t now_ms)
{
    uint32_t slot;
    const struct gk_snapshot *snapshot =
        gk_swap_acquire_matching(&old->swap, has_number, &number, &slot);
    if (snapshot != NULL)
        atomic_store_explicit(&old->used_ms[slot], now_ms, memory_order_relaxed);
    return snapshot;
}

void gk_old_release(struct gk_old *old, const struct gk_snapshot *snapshot)
{
    gk_swap_release(&old->swap, gk_snapshot_slot(snapshot) - FIRST_SLOT);
}

/* Two threads that ask for one number at once may note it twice: the second note
 * is answered from what the first one brought. */
bool gk_old_ask(struct gk_old *old, int32_t number)
{
    for (int i = 0; i < GK_OLD_ASKED_MAX; i++)
        if (atomic_load_explicit(&old->asked[i], memory_order_relaxed) == number)
            return true;
    for (int i = 0; i < GK_OLD_ASKED_MAX; i++) {
        int32_t none = 0;
        if (atomic_compare_exchange_strong(&old->asked[i], &none, number))
            return true;
    }
    return false;
}

/* --- Writers ---------------------------------------------------------------------- */

int32_t gk_old_next(const struct gk_old *old)
{
    for (unsigned i = 0; i < GK_OLD_ASKED_MAX; i++) {
        int32_t number = atomic_load(&old->asked[(old->turn + i) % GK_OLD_ASKED_MAX]);
        if (number != 0)
            return number;
    }
    return 0;
}

void gk_old_answered(struct gk_old *old, int32_t number)
{
    for (unsigned i = 0; i < GK_OLD_ASKED_MAX; i++)
        if (atomic_load(&old->asked[i]) == number) {
            atomic_store(&old->asked[i], 0);
            old->turn = (i + 1) % GK_OLD_ASKED_MAX;
        }
}

/* What is open: how many, their bytes, and the slot that was not used for the
 * longest. */
struct kept {
    unsigned count;
    size_t bytes;
    uint32_t oldest;
    int64_t oldest_ms;
};

static struct kept what_is_kept(const struct gk_old *old)
{
    struct kept kept = {.oldest = GK_SWAP_SLOTS};
    for (uint32_t i = 0; i < GK_SWAP_SLOTS; i++) {
        if (!gk_swap_is_open(&old->swap, i))
            continue;
        int64_t used_ms = atomic_load_explicit(&old->used_ms[i], memory_order_relaxed);
        kept.count++;
        kept.bytes += gk_snapshot_bytes(old->swap.slots[i].object);
        if (kept.oldest == GK_SWAP_SLOTS || used_ms < kept.oldest_ms) {
            kept.oldest = i;
            kept.oldest_ms = used_ms;
        }
    }
    return kept;
}

void gk_old_make_room(struct gk_old *old)
{
    struct kept kept;
    while ((kept = what_is_kept(old)).count >= old->maximum)
        gk_swap_close(&old->swap, kept.oldest);
    gk_swap_collect(&old->swap);
}

enum gk_status gk_old_put(struct gk_old *old, struct gk_snapshot *snapshot, int64_t now_ms)
{
    size_t bytes = gk_snapshot_bytes(snapshot);
    if (bytes > old->maximum_bytes)
        return GK_TOO_LARGE;
    gk_old_make_room(old);
    struct kept kept;
    while ((kept = what_is_kept(old)).count > 0 && kept.bytes > old->maximum_bytes - bytes)
        gk_swap_close(&old->swap, kept.oldest);
    gk_swap_collect(&old->swap);
    uint32_t slot = gk_swap_free_slot(&old->swap);
    if (slot == GK_SWAP_SLOTS)
        return GK_UNAVAILABLE;
    gk_snapshot_set_slot(snapshot, FIRST_SLOT + slot);
    atomic_store_explicit(&old->used_ms[slot], now_ms, memory_order_relaxed);
    gk_swap_open(&old->swap, slot, snapshot);
    return GK_OK;
}

void gk_old_close(struct gk_old *old, bool (*matches)(const void *object, const void *context),
                  const void *context)
{
    gk_swap_close_former(&old->swap, matches, context);
    gk_swap_collect(&old->swap);
}

void gk_old_sweep(struct gk_old *old, int64_t now_ms)
{
    struct kept kept;
    while ((kept = what_is_kept(old)).count > 0 && kept.oldest_ms < now_ms - GK_OLD_KEEP_MS)
        gk_swap_close(&old->swap, kept.oldest);
    gk_swap_collect(&old->swap);
}
