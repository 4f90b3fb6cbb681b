/* Memory that lives and dies with one request or one load.
 *
 * Allocations are zeroed, aligned for any type and freed all at once. An arena
 * has a maximum; past it, or without memory, allocation returns NULL. Not
 * thread-safe: one arena, one thread. */
#ifndef GK_BASE_ARENA_H
#define GK_BASE_ARENA_H

#include <stddef.h>

struct gk_arena_block;

struct gk_arena {
    struct gk_arena_block *blocks;
    size_t used;    /* bytes handed out, with padding */
    size_t maximum; /* bytes that may be handed out */
};

/* An empty arena; allocates nothing. */
void gk_arena_init(struct gk_arena *arena, size_t maximum_bytes);

/* Frees everything; the arena is empty and usable again. */
void gk_arena_release(struct gk_arena *arena);

/* `bytes` zeroed bytes until gk_arena_release(), or NULL. */
void *gk_arena_alloc(struct gk_arena *arena, size_t bytes);

/* `count` elements of `size` bytes, NULL also when the product overflows. */
void *gk_arena_array(struct gk_arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of the first `length` bytes of `text`, or NULL. */
char *gk_arena_strndup(struct gk_arena *arena, const char *text, size_t length);

#endif
