/* The lattice: cells of at least k dwellings, grown from base squares.
 *
 * Pure functions on arrays: no I/O, no clock, no randomness; the order of the
 * input rows does not matter. lib/anon/README.md describes the algorithm.
 *
 * A unit is what a base square has of one base district. A cell is a set of
 * units. Units keep their cell for ever; cells never split, they only merge. */
#ifndef GK_ANON_LATTICE_H
#define GK_ANON_LATTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "geo/types.h"

enum { GK_CELL_NONE = -1 };

struct gk_unit {
    struct gk_square square;
    int32_t district;  /* id in the base set, at least 0 */
    int32_t dwellings; /* of the classes that count; at least 0 */
    int32_t addresses; /* at least 0 */
    int32_t cell;      /* in: existing cell id, or GK_CELL_NONE for a new unit */
};

struct gk_lattice_rule {
    int32_t square_side_cm; /* 5000, 6250 or 12500 */
    int32_t min_dwellings;  /* k */
    int32_t min_addresses;  /* 0: the source has no addresses */
    int64_t max_radius_cm;  /* 200000: a wider group is left over */
};

struct gk_lattice_cell {
    int32_t id;
    int32_t merged_into;    /* GK_CELL_NONE while it lives, else the cell it became part of */
    struct gk_square point; /* the member square whose centre is its point; frozen */
    int32_t district;       /* of its point's unit */
    int64_t dwellings;      /* 0 once merged */
    int64_t addresses;
    bool is_deficient; /* no rule-satisfying merge was possible (too few dwellings in all) */
};

struct gk_lattice {
    struct gk_lattice_cell *cells; /* ids 1.. in order; index = id - 1 */
    size_t cell_count;
    int32_t *cell_of_unit; /* living cell id of each input unit */
    size_t unit_count;
    size_t new_cell_count, merge_count; /* what this build added */
};

/* Builds or updates. `old` are the cells that exist (ids 1..old_count, index =
 * id - 1; points frozen, merged ones included), with NULL, 0 for a first build:
 * the units of a living old cell carry its id, new units GK_CELL_NONE. Old cells
 * that no longer satisfy the rule merge; no unit changes cells otherwise. New
 * cells get ids from old_count + 1 in the order of their lowest unit key.
 * A unit with 0 dwellings is allowed (a dwelling was torn down; its cell stays).
 * GK_INVALID for a repeated unit, a negative number or a rule out of range;
 * GK_NO_MEMORY. Release with gk_lattice_release(). */
GK_CHECKED enum gk_status gk_lattice_build(struct gk_lattice *lattice, const struct gk_unit *units,
                                           size_t unit_count, const struct gk_lattice_cell *old,
                                           size_t old_count, const struct gk_lattice_rule *rule,
                                           struct gk_error *error);

/* Frees what a build filled; a zeroed struct, or one released already, is fine. */
void gk_lattice_release(struct gk_lattice *lattice);

/* Follows merges to the living cell; GK_CELL_NONE for an id that is not there. */
int32_t gk_lattice_living_cell(const struct gk_lattice_cell *cells, size_t count, int32_t id);

/* --- Locating incidents ------------------------------------------------ */

struct gk_locator;

/* An index of units (with their living cell in `cell`; units with 0 dwellings
 * take no part) for gk_locator_find(). Units are copied. */
GK_CHECKED enum gk_status gk_locator_build(struct gk_locator **locator, const struct gk_unit *units,
                                           size_t count, int32_t square_side_cm,
                                           int64_t max_distance_cm);

/* The same, unit by unit, for those that are too many to be in memory twice: an
 * empty one. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_locator_create(struct gk_locator **locator, int32_t square_side_cm,
                                            int64_t max_distance_cm);

/* Adds a unit; units come by square.e, square.n and district, ascending.
 * GK_INVALID for one out of order or out of range (a million squares from west to
 * east, 65,536 from south to north in one column); GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_locator_add(struct gk_locator *locator, const struct gk_unit *unit);

/* NULL is allowed. No thread may be asking it. */
void gk_locator_free(struct gk_locator *locator);

/* The cell of a place: the cell of the unit (its square, `district`) if that
 * has dwellings; else that of the nearest unit with dwellings, centre of square
 * to centre of square, within max_distance: units of the same district first
 * (however much nearer another is), ties by unit key (Morton code, then
 * district). `district` may be -1 (outside all). GK_CELL_NONE: unlocated. Any
 * thread. */
int32_t gk_locator_find(const struct gk_locator *locator, struct gk_cm place, int32_t district);

/* Dwellings in squares whose centres are at most `radius_cm` from that of `square`;
 * of one unit at most 65,535 are counted. Counting stops when it has `enough`: a sum
 * below is exact. Any thread. */
int64_t gk_locator_dwellings_near(const struct gk_locator *locator, struct gk_square square,
                                  int64_t radius_cm, int64_t enough);

#endif
