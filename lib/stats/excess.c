/* The binomial window test: sums over windows, exact tails, adjustment. Windows
 * are windows.c, tails distribution.c, the adjustment adjust.c. */
#include "stats/excess.h"

#include <stdlib.h>

#include "stats/adjust.h"
#include "stats/distribution.h"

static struct gk_excess_totals totals_of(const uint32_t *counts, const uint32_t *dwellings,
                                         size_t cells)
{
    struct gk_excess_totals t = {0};
    for (size_t i = 0; i < cells; i++) {
        *(dwellings[i] > 0 ? &t.events : &t.left_out) += counts[i];
        t.dwellings += dwellings[i];
    }
    return t;
}

/* Sums the window of cell i; false when it cannot be one. */
static bool window_sum(struct gk_excess *row, const struct gk_excess_totals *totals,
                       const uint32_t *counts, const uint32_t *dwellings,
                       const struct gk_windows *w, size_t i)
{
    *row = (struct gk_excess){.is_null = true, .p_upper = 1, .p_adjusted = 1};
    for (size_t j = w->start[i]; j < w->start[i + 1]; j++) {
        uint32_t cell = w->member[j];
        if (cell >= w->count)
            return false;
        row->count += dwellings[cell] > 0 ? counts[cell] : 0;
        row->dwellings += dwellings[cell];
    }
    return row->count <= totals->events && row->dwellings <= totals->dwellings;
}

static void window_test(struct gk_excess *row, const struct gk_excess_totals *totals,
                        double confidence)
{
    double share = (double)row->dwellings / (double)totals->dwellings;
    row->class = GK_EXCESS_NONE;
    row->expected = (double)totals->events * share;
    row->p_upper = gk_binomial_upper(row->count, totals->events, share);
    row->is_null = totals->events == 0;
    if (row->is_null)
        return;
    row->ratio = (double)row->count / row->expected;
    if (confidence > 0) {
        struct gk_interval v = gk_binomial_interval(row->count, totals->events, confidence);
        row->interval = (struct gk_interval){v.lower / share, v.upper / share};
    }
}

/* Adjusts the p of the windows that were tested, and classes them. */
static enum gk_status adjust(struct gk_excess *rows, size_t count, size_t tested)
{
    if (tested == 0)
        return GK_OK;
    double *p = malloc(tested * sizeof *p);
    if (p == NULL)
        return GK_NO_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (rows[i].class != GK_EXCESS_NOT_TESTED)
            p[n++] = rows[i].p_upper;
    enum gk_status status = gk_adjust_fdr(p, p, n);
    n = 0;
    for (size_t i = 0; i < count && status == GK_OK; i++)
        if (rows[i].class != GK_EXCESS_NOT_TESTED) {
            double q = p[n++];
            rows[i].p_adjusted = q;
            rows[i].class = q <= 0.01 ? GK_EXCESS_1 : q <= 0.05 ? GK_EXCESS_5 : GK_EXCESS_NONE;
        }
    free(p);
    return status;
}

enum gk_status gk_excess_test(struct gk_excess *rows, struct gk_excess_totals *totals,
                              const uint32_t *counts, const uint32_t *dwellings,
                              const struct gk_windows *windows, double confidence)
{
    if (!(confidence >= 0 && confidence < 1))
        return GK_INVALID;
    *totals = totals_of(counts, dwellings, windows->count);
    if (totals->events > GK_COUNT_MAX)
        return GK_TOO_LARGE;
    for (size_t i = 0; i < windows->count; i++) {
        if (!window_sum(&rows[i], totals, counts, dwellings, windows, i))
            return GK_INVALID;
        if (rows[i].dwellings == 0)
            continue;
        window_test(&rows[i], totals, confidence);
        totals->tested++;
    }
    return adjust(rows, windows->count, totals->tested);
}
