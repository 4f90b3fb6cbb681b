/* The dispersion of the share that a target has of its own and its control's
 * events. What it widens is in watch_effect.c. */
#include "stats/watch_effect.h"

#include <math.h>

enum { HALVINGS = 60 };

static uint64_t sum_of(const uint32_t *counts, size_t from, size_t to)
{
    uint64_t sum = 0;
    for (size_t i = from; i < to; i++)
        sum += counts[i];
    return sum;
}

struct gk_effect_spread gk_effect_spread_of(const uint32_t *target, const uint32_t *control,
                                            size_t months)
{
    struct gk_effect_spread spread = {0, 0, 0};
    double targets = (double)sum_of(target, 0, months),
           controls = (double)sum_of(control, 0, months), all = targets + controls;
    size_t parts = all / GK_EFFECT_PART_EVENTS < (double)months
                       ? (size_t)(all / GK_EFFECT_PART_EVENTS)
                       : months;
    if (targets <= 0 || controls <= 0 || parts < 2)
        return spread;
    double share = targets / all, used = 0;
    for (size_t k = 0, from = 0; k < parts; k++) {
        size_t to = from + months / parts + (k < months % parts);
        double x = (double)sum_of(target, from, to), both = x + (double)sum_of(control, from, to);
        from = to;
        /* Target and control together: (x - e)^2 (1 / e1 + 1 / e2). */
        if (both > 0)
            spread.pearson +=
                (x - share * both) * (x - share * both) / (both * share * (1 - share));
        used += both > 0;
    }
    if (used < 2)
        return (struct gk_effect_spread){0, 0, 0};
    spread.freedom = used - 1;
    spread.events = all / used;
    return spread;
}

static double mean_of(const struct gk_effect_spread *spreads, size_t count, double phi)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        if (spreads[i].freedom > 0)
            sum += spreads[i].freedom * spreads[i].events * phi / (spreads[i].events + phi - 1);
    return sum;
}

double gk_effect_dispersion(double *freedom, const struct gk_effect_spread *spreads, size_t count)
{
    double pearson = 0, low = 1, high = GK_EFFECT_DISPERSION_MAX;
    *freedom = 0;
    for (size_t i = 0; i < count; i++) {
        pearson += spreads[i].pearson;
        *freedom += spreads[i].freedom;
    }
    if (!(mean_of(spreads, count, low) < pearson))
        return low;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (mean_of(spreads, count, middle) < pearson)
            low = middle;
        else
            high = middle;
    }
    return high;
}
