/* Bloom filters that grow: a level for so many rows, then another twice as large.
 * All bits of a hash are in one block of 64 bytes, a line of the processor's cache.
 * The hash is keyed and its bits are random, so that they are used as they are. */
#include "incident_repeats.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROWS_LOG2 = 17,
    BITS_A_ROW = 16,
    BLOCK_BITS = 512,
    BLOCK_WORDS = BLOCK_BITS / 64,
    BITS_SET = 6,
    BIT_BITS = 9 /* that number a bit of a block */
};

void gk_incident_repeats_release(struct gk_incident_repeats *repeats)
{
    for (int i = 0; i < repeats->level_count; i++)
        free(repeats->level[i]);
    memset(repeats, 0, sizeof *repeats);
}

static uint64_t blocks_of(int level)
{
    return (UINT64_C(1) << (FIRST_ROWS_LOG2 + level)) * BITS_A_ROW / BLOCK_BITS;
}

static uint64_t *block_of(const struct gk_incident_repeats *repeats, int level, uint64_t hash)
{
    return repeats->level[level] + (hash & (blocks_of(level) - 1)) * BLOCK_WORDS;
}

static bool holds(const uint64_t *block, uint64_t bits)
{
    for (int i = 0; i < BITS_SET; i++, bits >>= BIT_BITS)
        if ((block[bits % BLOCK_BITS / 64] >> bits % 64 & 1) == 0)
            return false;
    return true;
}

static enum gk_status add_level(struct gk_incident_repeats *repeats)
{
    int level = repeats->level_count;
    if (level == GK_REPEATS_LEVELS_MAX)
        return GK_TOO_LARGE;
    repeats->level[level] = calloc(blocks_of(level) * BLOCK_WORDS, sizeof(uint64_t));
    if (repeats->level[level] == NULL)
        return GK_NO_MEMORY;
    repeats->level_count++;
    repeats->room = INT64_C(1) << (FIRST_ROWS_LOG2 + level);
    return GK_OK;
}

enum gk_status gk_incident_repeats_see(bool *may_repeat, struct gk_incident_repeats *repeats,
                                       const unsigned char hash[32])
{
    uint64_t which, bits;
    memcpy(&which, hash, sizeof which);
    memcpy(&bits, hash + sizeof which, sizeof bits);
    *may_repeat = false;
    for (int i = 0; i < repeats->level_count && !*may_repeat; i++)
        *may_repeat = holds(block_of(repeats, i, which), bits);
    if (*may_repeat)
        return GK_OK;
    enum gk_status status = repeats->room > 0 ? GK_OK : add_level(repeats);
    if (status != GK_OK)
        return status;
    uint64_t *block = block_of(repeats, repeats->level_count - 1, which);
    for (int i = 0; i < BITS_SET; i++, bits >>= BIT_BITS)
        block[bits % BLOCK_BITS / 64] |= UINT64_C(1) << bits % 64;
    repeats->room--;
    return GK_OK;
}
