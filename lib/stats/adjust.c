/* Benjamini and Hochberg's adjustment. The order comes from a radix sort of the
 * bits of the p values, which for numbers that are not negative rise with the
 * values; a pass in which all have the same byte is left out. */
#include "stats/adjust.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    uint64_t bits;
    uint32_t index;
};

static uint64_t bits_of(double p)
{
    uint64_t bits;
    p = p > 0 ? p : 0; /* -0 is 0 */
    memcpy(&bits, &p, sizeof bits);
    return bits;
}

/* Sorts by one byte from `from` to `to`; false when all have the same. */
static bool sort_pass(struct entry *to, const struct entry *from, size_t count, int shift)
{
    size_t start[256] = {0};
    for (size_t i = 0; i < count; i++)
        start[from[i].bits >> shift & 255]++;
    if (start[from[0].bits >> shift & 255] == count)
        return false;
    size_t sum = 0;
    for (int b = 0; b < 256; b++) {
        size_t n = start[b];
        start[b] = sum;
        sum += n;
    }
    for (size_t i = 0; i < count; i++)
        to[start[from[i].bits >> shift & 255]++] = from[i];
    return true;
}

/* The sorted half of `entries`, which has room for twice the count. */
static const struct entry *sorted(struct entry *entries, size_t count)
{
    struct entry *from = entries, *to = entries + count;
    for (int shift = 0; shift < 64; shift += 8)
        if (sort_pass(to, from, count, shift)) {
            struct entry *t = from;
            from = to;
            to = t;
        }
    return from;
}

enum gk_status gk_adjust_fdr(double *adjusted, const double *p, size_t count)
{
    if (count == 0)
        return GK_OK;
    if (count > UINT32_MAX)
        return GK_INVALID;
    for (size_t i = 0; i < count; i++)
        if (!(p[i] >= 0 && p[i] <= 1))
            return GK_INVALID;
    struct entry *entries = malloc(2 * count * sizeof *entries);
    if (entries == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct entry){bits_of(p[i]), (uint32_t)i};
    const struct entry *order = sorted(entries, count);
    double least = 1;
    for (size_t i = count; i-- > 0;) {
        double value;
        memcpy(&value, &order[i].bits, sizeof value);
        value *= (double)count / (double)(i + 1);
        least = value < least ? value : least;
        adjusted[order[i].index] = least;
    }
    free(entries);
    return GK_OK;
}
