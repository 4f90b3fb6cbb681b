/* Dwellings summed per (square, district): a hash table. */
#ifndef GK_CMD_DWELLING_SUM_H
#define GK_CMD_DWELLING_SUM_H

#include <stddef.h>

#include "base/status.h"
#include "store/places.h"

/* All zero is empty. A row with addresses below 0 is a free place. */
struct gk_dwelling_sum {
    struct gk_square_dwellings *rows;
    size_t count, capacity;
};

/* Adds the numbers of `row` to those of its square and district; GK_REJECTED
 * when they pass what 32 bits hold, GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_dwelling_sum_add(struct gk_dwelling_sum *sum,
                                              const struct gk_square_dwellings *row,
                                              struct gk_error *error);
void gk_dwelling_sum_release(struct gk_dwelling_sum *sum);

#endif
