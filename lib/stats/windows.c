/* Windows by a spatial hash: sites are put in squares as wide as the bandwidth,
 * squares in a table of about as many slots as sites. The neighbours of a site
 * are in the nine squares around it; distance decides, so that squares that
 * share a slot do no harm as long as no slot is looked at twice. */
#include "stats/windows.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define SITES_MAX (1ull << 31)
#define SPAN_MAX 1e9

struct table {
    const struct gk_site *sites;
    size_t count;
    double side, reach2; /* of a square; greatest squared distance */
    double east0, north0;
    size_t mask;
    size_t *start;   /* by slot, mask + 2 */
    uint32_t *order; /* sites by slot */
};

static size_t slot_of(const struct table *t, int64_t column, int64_t row)
{
    uint64_t h = (uint64_t)column * 0x9E3779B97F4A7C15u ^ (uint64_t)row * 0xC2B2AE3D27D4EB4Fu;
    h ^= h >> 29;
    h *= 0xBF58476D1CE4E5B9u;
    return (size_t)(h >> 32) & t->mask;
}

static int64_t column_of(const struct table *t, struct gk_site s)
{
    return (int64_t)floor((s.east_m - t->east0) / t->side);
}

static int64_t row_of(const struct table *t, struct gk_site s)
{
    return (int64_t)floor((s.north_m - t->north0) / t->side);
}

/* Places the origin; false when a position is unusable. */
static bool measure(struct table *t)
{
    double east = t->sites[0].east_m, north = t->sites[0].north_m;
    t->east0 = east;
    t->north0 = north;
    for (size_t i = 0; i < t->count; i++) {
        struct gk_site s = t->sites[i];
        if (!isfinite(s.east_m) || !isfinite(s.north_m))
            return false;
        t->east0 = fmin(t->east0, s.east_m);
        t->north0 = fmin(t->north0, s.north_m);
        east = fmax(east, s.east_m);
        north = fmax(north, s.north_m);
    }
    return (east - t->east0) / t->side < SPAN_MAX && (north - t->north0) / t->side < SPAN_MAX;
}

static enum gk_status table_fill(struct table *t)
{
    size_t slots = 1;
    while (slots < t->count)
        slots *= 2;
    t->mask = slots - 1;
    t->start = calloc(slots + 2, sizeof *t->start);
    t->order = malloc(t->count * sizeof *t->order);
    if (t->start == NULL || t->order == NULL)
        return GK_NO_MEMORY;
    /* Counted two slots ahead, so that filling leaves the beginnings. */
    for (size_t i = 0; i < t->count; i++)
        t->start[slot_of(t, column_of(t, t->sites[i]), row_of(t, t->sites[i])) + 2]++;
    for (size_t b = 2; b < slots + 2; b++)
        t->start[b] += t->start[b - 1];
    for (size_t i = 0; i < t->count; i++) {
        size_t slot = slot_of(t, column_of(t, t->sites[i]), row_of(t, t->sites[i]));
        t->order[t->start[slot + 1]++] = (uint32_t)i;
    }
    return GK_OK;
}

/* The different slots of the nine squares around site i. */
static int slots_around(const struct table *t, size_t i, size_t slots[9])
{
    int64_t column = column_of(t, t->sites[i]), row = row_of(t, t->sites[i]);
    int n = 0;
    for (int k = 0; k < 9; k++) {
        size_t slot = slot_of(t, column + k % 3 - 1, row + k / 3 - 1);
        int j = 0;
        while (j < n && slots[j] != slot)
            j++;
        if (j == n)
            slots[n++] = slot;
    }
    return n;
}

/* How many sites are within reach of site i; put in `to` unless it is NULL. */
static size_t window_of(const struct table *t, size_t i, uint32_t *to)
{
    size_t slots[9], found = 0;
    int n = slots_around(t, i, slots);
    for (int k = 0; k < n; k++)
        for (size_t j = t->start[slots[k]]; j < t->start[slots[k] + 1]; j++) {
            double e = t->sites[t->order[j]].east_m - t->sites[i].east_m;
            double north = t->sites[t->order[j]].north_m - t->sites[i].north_m;
            if (e * e + north * north > t->reach2)
                continue;
            if (to != NULL)
                to[found] = t->order[j];
            found++;
        }
    return found;
}

static enum gk_status rows_fill(struct gk_windows *w, const struct table *t, size_t members_max)
{
    w->count = t->count;
    w->start = calloc(t->count + 1, sizeof *w->start);
    if (w->start == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < t->count; i++) {
        w->start[i + 1] = w->start[i] + window_of(t, i, NULL);
        if (w->start[i + 1] > members_max)
            return GK_TOO_LARGE;
    }
    w->member = malloc((w->start[t->count] + 1) * sizeof *w->member);
    if (w->member == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < t->count; i++)
        window_of(t, i, w->member + w->start[i]);
    return GK_OK;
}

enum gk_status gk_windows_build(struct gk_windows *windows, const struct gk_site *sites,
                                size_t count, double bandwidth_m, size_t members_max)
{
    *windows = (struct gk_windows){0};
    if (!(bandwidth_m > 0) || isinf(bandwidth_m) || count > SITES_MAX)
        return GK_INVALID;
    double reach = bandwidth_m * (1 + 1e-9);
    struct table t = {.sites = sites, .count = count, .side = reach, .reach2 = reach * reach};
    if (count > 0 && !measure(&t))
        return GK_INVALID;
    enum gk_status status = GK_OK;
    if (count == 0)
        windows->start = calloc(1, sizeof *windows->start);
    else if ((status = table_fill(&t)) == GK_OK)
        status = rows_fill(windows, &t, members_max);
    if (status == GK_OK && windows->start == NULL)
        status = GK_NO_MEMORY;
    if (status != GK_OK)
        gk_windows_release(windows);
    free(t.start);
    free(t.order);
    return status;
}

void gk_windows_release(struct gk_windows *windows)
{
    free(windows->start);
    free(windows->member);
    *windows = (struct gk_windows){0};
}
