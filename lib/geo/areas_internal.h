/* The index of areas as areas_build.c makes it and areas.c reads it.
 *
 * A grid lies over the box of all areas; its cells are powers of two wide and
 * high. A cell that no border touches holds its answer. Any other has an entry
 * for each area whose border touches it, in the order of the areas, and an
 * answer for points in none of those.
 *
 * An entry tells inside from outside by the number of border edges crossed on
 * the way from the point to a reference point of known side: first east to the
 * line half a centimetre before the next column, then north to half a
 * centimetre before the next row. No vertex lies on those lines, since vertices
 * are whole centimetres. A point is thought of as moved by an infinitesimal to
 * the east and by a much smaller one to the north, so that none lies on an edge:
 * that is the half-open even-odd rule. All positions are relative to the box. */
#ifndef GK_GEO_AREAS_INTERNAL_H
#define GK_GEO_AREAS_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "geo/types.h"

/* A border edge that is not level, from its southern end to its northern. */
struct gk_areas_edge {
    int32_t low_e, low_n, high_e, high_n;
};

struct gk_areas_entry {
    uint32_t first_edge;
    uint32_t first_crossing;
    uint32_t edge_count;
    uint32_t crossing_count : 31;
    uint32_t odd : 1; /* 1 when the reference point is inside */
    int32_t id;
};

/* A cell with borders: entries[first_entry] up to those of the next. */
struct gk_areas_mixed {
    uint32_t first_entry;
    int32_t otherwise; /* the answer outside all of its entries */
    int32_t last_e;    /* easternmost centimetre of the cell */
};

struct gk_areas {
    struct gk_cm origin;
    uint64_t width, height; /* of the box, cm */
    unsigned shift_e, shift_n;
    uint32_t columns, rows;
    int32_t *cells; /* the id, -1 for none, or -2 - (index into mixed) */
    struct gk_areas_mixed *mixed;
    struct gk_areas_entry *entries;
    struct gk_areas_edge *edges;
    int32_t *crossings; /* northernmost n from which the way north crosses an edge */
};

#endif
