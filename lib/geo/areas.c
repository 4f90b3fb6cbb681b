/* Finding the area of a point; areas_internal.h says how the index works and
 * areas_build.c makes it. */
#include "geo/areas.h"

#include <stdlib.h>

#include "areas_internal.h"

/* 1 when the way east from (e, n) to half a centimetre past `last_e` crosses
 * the edge. Products stay below 2^62, since positions are below 2^31. */
static uint32_t crosses(const struct gk_areas_edge *edge, int64_t e, int64_t n, int64_t last_e)
{
    if (n < edge->low_n || n >= edge->high_n)
        return 0;
    int64_t de = (int64_t)edge->high_e - edge->low_e, dn = (int64_t)edge->high_n - edge->low_n;
    int64_t along = de * (n - edge->low_n);
    if (along - (e - edge->low_e) * dn <= 0)
        return 0;
    /* Where the edge is at n, from last_e, times dn; half of dn is the line. */
    int64_t past = along - (last_e - edge->low_e) * dn;
    int64_t half = (dn - 1) >> 1;
    return past <= half || ((dn & 1) == 0 && past == dn / 2 && de < 0);
}

static int32_t find_mixed(const struct gk_areas *areas, uint32_t index, int64_t e, int64_t n)
{
    const struct gk_areas_mixed *mixed = &areas->mixed[index];
    for (size_t i = mixed->first_entry; i < mixed[1].first_entry; i++) {
        const struct gk_areas_entry *entry = &areas->entries[i];
        const struct gk_areas_edge *edges = areas->edges + entry->first_edge;
        const int32_t *crossings = areas->crossings + entry->first_crossing;
        uint32_t odd = entry->odd;
        for (uint32_t k = 0; k < entry->edge_count; k++)
            odd ^= crosses(&edges[k], e, n, mixed->last_e);
        for (uint32_t k = 0; k < entry->crossing_count; k++)
            odd ^= n <= crossings[k];
        if (odd != 0)
            return entry->id;
    }
    return mixed->otherwise;
}

int32_t gk_areas_find(const struct gk_areas *areas, struct gk_cm point)
{
    uint64_t e = (uint64_t)point.e - (uint64_t)areas->origin.e;
    uint64_t n = (uint64_t)point.n - (uint64_t)areas->origin.n;
    if (e > areas->width || n > areas->height)
        return -1;
    int32_t cell = areas->cells[(n >> areas->shift_n) * areas->columns + (e >> areas->shift_e)];
    if (cell >= -1)
        return cell;
    return find_mixed(areas, (uint32_t)(-2 - cell), (int64_t)e, (int64_t)n);
}

void gk_areas_free(struct gk_areas *areas)
{
    if (areas == NULL)
        return;
    free(areas->cells);
    free(areas->mixed);
    free(areas->entries);
    free(areas->edges);
    free(areas->crossings);
    free(areas);
}
