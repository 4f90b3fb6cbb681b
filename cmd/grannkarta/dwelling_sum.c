/* Dwellings summed per (square, district): open addressing, at most 70 % full. */
#include "dwelling_sum.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 4096 };

static size_t place_of(const struct gk_square_dwellings *row, size_t capacity)
{
    uint64_t key = (uint64_t)(uint32_t)row->square.e << 32 | (uint32_t)row->square.n;
    key ^= (uint64_t)(uint32_t)row->district * UINT64_C(0x9E3779B97F4A7C15);
    key = (key ^ key >> 31) * UINT64_C(0xD6E8FEB86659FD93);
    return (size_t)(key ^ key >> 32) & (capacity - 1);
}

static bool same_key(const struct gk_square_dwellings *a, const struct gk_square_dwellings *b)
{
    return a->square.e == b->square.e && a->square.n == b->square.n && a->district == b->district;
}

static struct gk_square_dwellings *find(struct gk_square_dwellings *rows, size_t capacity,
                                        const struct gk_square_dwellings *key)
{
    size_t i = place_of(key, capacity);
    /* The analyser takes a doubled capacity for one that may be 0. */
    while (rows[i].addresses >= 0 && /* NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult) */
           !same_key(&rows[i], key))
        i = (i + 1) & (capacity - 1);
    return &rows[i];
}

static bool grow(struct gk_dwelling_sum *sum)
{
    size_t capacity = sum->capacity > 0 ? sum->capacity * 2 : FIRST_CAPACITY;
    struct gk_square_dwellings *rows =
        capacity <= SIZE_MAX / sizeof *rows ? malloc(capacity * sizeof *rows) : NULL;
    if (rows == NULL)
        return false;
    for (size_t i = 0; i < capacity; i++)
        rows[i].addresses = -1;
    for (size_t i = 0; i < sum->capacity; i++)
        if (sum->rows[i].addresses >= 0)
            *find(rows, capacity, &sum->rows[i]) = sum->rows[i];
    free(sum->rows);
    sum->rows = rows;
    sum->capacity = capacity;
    return true;
}

enum gk_status gk_dwelling_sum_add(struct gk_dwelling_sum *sum,
                                   const struct gk_square_dwellings *row, struct gk_error *error)
{
    if (sum->count >= sum->capacity / 10 * 7 && !grow(sum))
        return gk_error_set(error, GK_NO_MEMORY, "sum dwellings: out of memory");
    struct gk_square_dwellings *own = find(sum->rows, sum->capacity, row);
    if (own->addresses < 0) {
        *own = *row;
        sum->count++;
        return GK_OK;
    }
    bool is_over = __builtin_add_overflow(own->addresses, row->addresses, &own->addresses);
    for (int i = 0; i < GK_CLASS_COUNT; i++)
        is_over |= __builtin_add_overflow(own->dwellings[i], row->dwellings[i], &own->dwellings[i]);
    return is_over ? gk_error_set(error, GK_REJECTED, "a square has more than 2^31 dwellings")
                   : GK_OK;
}

void gk_dwelling_sum_release(struct gk_dwelling_sum *sum)
{
    free(sum->rows);
    *sum = (struct gk_dwelling_sum){NULL, 0, 0};
}
