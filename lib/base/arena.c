/* A chain of blocks, each filled from its start. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024 };

struct gk_arena_block {
    struct gk_arena_block *next;
    size_t used;
    size_t capacity;
    alignas(max_align_t) unsigned char bytes[];
};

void gk_arena_init(struct gk_arena *arena, size_t maximum_bytes)
{
    *arena = (struct gk_arena){.maximum = maximum_bytes};
}

void gk_arena_release(struct gk_arena *arena)
{
    struct gk_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct gk_arena_block *next = block->next;
        free(block);
        block = next;
    }
    gk_arena_init(arena, arena->maximum);
}

static struct gk_arena_block *add_block(struct gk_arena *arena, size_t bytes)
{
    size_t capacity = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct gk_arena_block *block = calloc(1, sizeof *block + capacity);
    if (block == NULL)
        return NULL;
    block->capacity = capacity;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *gk_arena_alloc(struct gk_arena *arena, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + align - 1) / align * align;
    if (bytes > arena->maximum || arena->used > arena->maximum - bytes)
        return NULL;
    struct gk_arena_block *block = arena->blocks;
    if (block == NULL || block->capacity - block->used < bytes)
        block = add_block(arena, bytes);
    if (block == NULL)
        return NULL;
    void *p = block->bytes + block->used;
    block->used += bytes;
    arena->used += bytes;
    return p;
}

void *gk_arena_array(struct gk_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return gk_arena_alloc(arena, count * size);
}

char *gk_arena_strndup(struct gk_arena *arena, const char *text, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = gk_arena_alloc(arena, length + 1);
    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}
