/* Selections: which features a request with `filter` or `sortby` is about, in
 * which order. */
#ifndef GK_API_SELECTION_H
#define GK_API_SELECTION_H

#include <stdint.h>

/* Immutable once it is given out. */
struct gk_selection {
    uint32_t *feature; /* indices in the layer */
    uint32_t count;
};

/* Where a feature stands in a selection, -1 when it is not in it. */
int64_t gk_selection_rank(const struct gk_selection *selection, uint32_t feature);

#endif
