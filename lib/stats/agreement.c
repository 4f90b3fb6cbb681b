/* Hit rate and accuracy index of chosen squares. Only the score at the edge of the
 * choice matters: what is above it is chosen, what equals it shares the places that
 * are left. */
#include "stats/agreement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SQUARES_MAX (1ull << 31)

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* `sorted` is room for `count` values. */
static struct gk_agreement choose(const double *score, const uint32_t *later, size_t count,
                                  size_t chosen, uint64_t all, double *sorted)
{
    if (all == 0 || chosen == 0)
        return (struct gk_agreement){.is_null = true};
    memcpy(sorted, score, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, descending);
    double edge = sorted[chosen - 1];
    uint64_t above = 0, hits = 0, tied = 0, tied_hits = 0;
    for (size_t i = 0; i < count; i++) {
        if (score[i] > edge) {
            above++;
            hits += later[i];
        } else if (score[i] >= edge) {
            tied++;
            tied_hits += later[i];
        }
    }
    double n = (double)hits + (double)tied_hits * (double)(chosen - above) / (double)tied;
    double rate = n / (double)all;
    return (struct gk_agreement){
        .hits = n, .hit_rate = rate, .pai = rate / ((double)chosen / (double)count)};
}

static struct gk_agreement choose_by_count(const uint32_t *by, const uint32_t *later, size_t count,
                                           const struct gk_agreements *out, double *room)
{
    for (size_t i = 0; i < count; i++)
        room[i] = by[i];
    return choose(room, later, count, out->chosen, out->later, room + count);
}

enum gk_status gk_agreement(struct gk_agreements *out, const double *score, const uint32_t *earlier,
                            const uint32_t *later, size_t count, double share)
{
    if (!(share >= 0 && share <= 1) || count > SQUARES_MAX)
        return GK_INVALID;
    for (size_t i = 0; i < count; i++)
        if (isnan(score[i]))
            return GK_INVALID;
    double *room = malloc((2 * count + 1) * sizeof *room);
    if (room == NULL)
        return GK_NO_MEMORY;
    *out = (struct gk_agreements){.squares = count};
    out->chosen = (size_t)fmin((double)count, floor((double)count * share + 1e-9));
    for (size_t i = 0; i < count; i++)
        out->later += later[i];
    out->map = choose(score, later, count, out->chosen, out->later, room);
    out->baseline = choose_by_count(earlier, later, count, out, room);
    out->best = choose_by_count(later, later, count, out, room);
    free(room);
    return GK_OK;
}
