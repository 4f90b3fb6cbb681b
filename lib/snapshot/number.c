/* Looking a number up in the lists: apart from numbers.c, which reads them from
 * the store, so that whoever only looks needs no store. */
#include "snapshot/numbers.h"

const struct gk_number *gk_numbers_find(const struct gk_numbers *numbers,
                                        enum gk_snapshot_kind kind, int32_t number)
{
    const struct gk_number *all = numbers->of[kind];
    size_t low = 0, high = numbers->count[kind];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < numbers->count[kind] && all[low].number == number ? &all[low] : NULL;
}
