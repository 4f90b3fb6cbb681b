/* Selections: which features a request with `filter` or `sortby` is about, in
 * which order. One is made once for a snapshot and a query, and kept: its pages
 * and their counts cost nothing more. */
#ifndef GK_API_SELECTION_H
#define GK_API_SELECTION_H

#include <stddef.h>
#include <stdint.h>

#include "view.h"

enum {
    /* What all kept selections may take together. */
    GK_SELECTIONS_MAX_BYTES = 64 << 20,
    /* What making one may take for its keys of order. */
    GK_SORT_MAX_BYTES = 192 << 20,
    /* Steps that making one may cost: a step is a node of a filter, what touching
     * costs by 4 (snapshot/touch.h), a byte that is folded, 16 that are compared with a
     * pattern, or a comparison of two features; some 5 to 10 ns each. */
    GK_SELECTION_WORK_MAX = 60000000,
    /* Steps a second that new selections of the public may cost together, less than
     * half of a processor: beyond it they wait, and everything else is answered. */
    GK_PUBLIC_WORK_PER_SECOND = 40000000,
    GK_SORT_KEYS_MAX = 4
};

struct gk_selection_cache;

/* Immutable once it is given out. */
struct gk_selection {
    uint32_t *feature; /* indices in the layer */
    uint32_t count;
    size_t bytes;        /* all of it */
    struct gk_text key;  /* what it was made from; owned */
    unsigned references; /* under the cache's lock */
};

/* An empty cache; `maximum_bytes` as GK_SELECTIONS_MAX_BYTES (tests take less). */
GK_CHECKED enum gk_status gk_selection_cache_create(struct gk_selection_cache **cache,
                                                    size_t maximum_bytes);

/* NULL is allowed; no selection may be in use. */
void gk_selection_cache_free(struct gk_selection_cache *cache);

/* With `filter` or `sortby` in the query: makes the view's selection, or takes a kept
 * one; else does nothing. The view's layer is open. Ends with
 * gk_selection_release(). GK_INVALID names the parameter and where in it; what
 * costs more than it may is GK_INVALID too; GK_UNAVAILABLE when the public has
 * asked for too much in the last second; GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_view_select(struct gk_view *view,
                                         const struct gk_value value[GK_QUERIES],
                                         struct gk_error *error);

/* Gives a view's selection back; NULL is allowed. */
void gk_selection_release(struct gk_selection_cache *cache, const struct gk_selection *selection);

/* Where a feature stands in a selection, -1 when it is not in it. */
int64_t gk_selection_rank(const struct gk_selection *selection, uint32_t feature);

/* How many selections were made, not found, since the start: for tests. */
uint64_t gk_selections_made(struct gk_selection_cache *cache);

#endif
