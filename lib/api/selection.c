/* Selections: an array of features, and where each stands in it. */
#include "selection.h"

int64_t gk_selection_rank(const struct gk_selection *selection, uint32_t feature)
{
    for (uint32_t rank = 0; rank < selection->count; rank++)
        if (selection->feature[rank] == feature)
            return rank;
    return -1;
}
