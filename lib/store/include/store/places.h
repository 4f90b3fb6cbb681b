/* Places in the store: district sets, watch areas, dwellings, the lattice.
 *
 * Everything here runs inside the caller's transaction (gk_places_begin() ...
 * COMMIT); it is staged by COPY into a temporary table and then merged by SQL,
 * so that PostgreSQL compares and PostGIS checks sets of areas once. */
#ifndef GK_STORE_PLACES_H
#define GK_STORE_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "geo/types.h"
#include "store/connection.h"

enum { GK_SET_NAME_MAX = 31 };

/* Classes of dwelling as bits, and their number. */
enum { GK_CLASS_VILLA = 1, GK_CLASS_FLAT = 2, GK_CLASS_HOLIDAY = 4, GK_CLASS_COUNT = 3 };

/* Begins a transaction that is the only one that changes places or incidents:
 * others wait, readers do not. */
GK_CHECKED enum gk_status gk_places_begin(struct gk_store *store, struct gk_error *error);

/* What places there are. Numbers are 0 where there is nothing yet. */
struct gk_places {
    char base_set[GK_SET_NAME_MAX + 1]; /* "" when no set is the base set */
    int32_t source_id;                  /* newest dwelling source */
    int32_t source_year;
    int32_t source_square_dm;
    bool source_has_addresses;
    int32_t lattice_version; /* newest */
    int32_t lattice_source_id;
    int32_t lattice_square_dm;
    int32_t lattice_k, lattice_min_addresses;
    unsigned lattice_classes; /* GK_CLASS_* */
};

/* Reads that; a database without anything is no error. */
GK_CHECKED enum gk_status gk_places_read(struct gk_places *places, struct gk_store *store,
                                         struct gk_error *error);

/* To be called when districts or watch areas changed: finds anew which cells they
 * are answered from in a version of the lattice; nothing for version 0. */
GK_CHECKED enum gk_status gk_places_changed(struct gk_store *store, int32_t lattice_version,
                                            struct gk_error *error);

/* --- Districts ---------------------------------------------------------------- */

/* One district to import; texts are borrowed. */
struct gk_district {
    int64_t feature; /* its number in the file, from 1, for messages */
    const char *code, *name;
    int64_t inhabitants; /* -1: not known */
    int32_t inhabitants_year;
    const void *ewkb;
    size_t ewkb_length;
};

struct gk_district_import {
    const char *set, *title_sv, *title_en;
    bool is_base;
    bool has_valid_from;
    int32_t valid_from; /* day */
    bool ends_absent;   /* districts that the file does not have end at valid_from */
};

struct gk_district_counts {
    int64_t added, changed, unchanged;
    int64_t absent; /* valid districts of the set that the file does not have */
    int64_t ended;  /* of these; the others stay */
};

/* Stages districts: begin, gk_copy_district() for each, gk_copy_end(). */
GK_CHECKED enum gk_status gk_districts_stage(struct gk_copy **copy, struct gk_store *store,
                                             struct gk_error *error);

/* Stages one district; failures are kept for gk_copy_end(). */
void gk_copy_district(struct gk_copy *copy, const struct gk_district *district);

/* Merges what was staged into the set, which is made when it is new. Identical
 * rows are left alone; a district in use is never altered: a change needs
 * valid_from and becomes a row of its own. With ends_absent (which needs
 * valid_from too) the file is the whole set from then on. GK_REJECTED with the reason: repeated
 * code, a change without date, a change of a base set that a lattice stands on,
 * districts of the base set that overlap (by more than 1 m2 and on average more
 * than 0.5 m wide). GK_CONFLICT: another set is the base set. */
GK_CHECKED enum gk_status gk_districts_merge(struct gk_district_counts *counts,
                                             struct gk_store *store,
                                             const struct gk_district_import *import,
                                             struct gk_error *error);

/* One district as stored; borrowed inside the callback. */
struct gk_stored_district {
    int32_t id;
    const char *code, *name;
    const unsigned char *ewkb;
    size_t ewkb_length;
};
typedef enum gk_status gk_district_function(void *context, const struct gk_stored_district *row,
                                            struct gk_error *error);

/* The districts of a set that have no end date, by code; "" is the base set. */
GK_CHECKED enum gk_status gk_districts_each(struct gk_store *store, const char *set,
                                            gk_district_function *function, void *context,
                                            struct gk_error *error);

/* --- Watch areas ---------------------------------------------------------------- */

#define GK_DAY_NONE INT32_MIN

/* One watch area to import; texts are borrowed. */
struct gk_watch_area {
    int64_t feature;
    const char *slug, *name;
    int32_t started, ended; /* GK_DAY_NONE: not known, or still active */
    int approved;           /* 1, 0, or -1: as it was (not approved when new) */
    const void *ewkb;
    size_t ewkb_length;
};

struct gk_watch_counts {
    int64_t added, changed, unchanged;
    int64_t boundaries; /* new or replaced boundaries of areas that were there */
};

/* Stages watch areas: begin, gk_copy_watch_area() for each, gk_copy_end(). */
GK_CHECKED enum gk_status gk_watch_stage(struct gk_copy **copy, struct gk_store *store,
                                         struct gk_error *error);

/* Stages one area; failures are kept for gk_copy_end(). */
void gk_copy_watch_area(struct gk_copy *copy, const struct gk_watch_area *area);

/* Merges by slug. A boundary that a release uses is never altered: a new one
 * needs `valid_from` (GK_DAY_NONE: not given) and is valid from then. A new
 * area's boundary is valid from valid_from, else from its start. */
GK_CHECKED enum gk_status gk_watch_merge(struct gk_watch_counts *counts, struct gk_store *store,
                                         int32_t valid_from, struct gk_error *error);

/* --- Dwellings ------------------------------------------------------------------- */

/* The id of the source with this year and file, 0 if there is none. */
GK_CHECKED enum gk_status gk_dwelling_source_find(int32_t *id, struct gk_store *store, int32_t year,
                                                  const unsigned char sha256[32],
                                                  struct gk_error *error);

/* A new source; its rows follow by gk_dwellings_copy(). */
GK_CHECKED enum gk_status gk_dwelling_source_insert(int32_t *id, struct gk_store *store,
                                                    int32_t year, const unsigned char sha256[32],
                                                    int32_t square_dm, bool has_addresses,
                                                    struct gk_error *error);

/* What one base square has of one base district. `cell` is that of the unit
 * as it was given, 0 for none yet. */
struct gk_square_dwellings {
    struct gk_square square;
    int32_t district;
    int32_t dwellings[GK_CLASS_COUNT]; /* villa, flat, holiday */
    int32_t addresses;
    int32_t cell;
};

/* Begins the rows of a source: gk_copy_dwellings() for each, then gk_copy_end().
 * They go straight into the table; nobody sees them before the commit. */
GK_CHECKED enum gk_status gk_dwellings_copy(struct gk_copy **copy, struct gk_store *store,
                                            struct gk_error *error);

/* Writes the row of one square and district (without `cell`). */
void gk_copy_dwellings(struct gk_copy *copy, int32_t source_id,
                       const struct gk_square_dwellings *row);

typedef enum gk_status gk_dwellings_function(void *context, const struct gk_square_dwellings *row,
                                             struct gk_error *error);

/* The dwellings of a source together with every unit (of 0 dwellings where the
 * source has none); in no order. */
GK_CHECKED enum gk_status gk_dwellings_each(struct gk_store *store, int32_t source_id,
                                            gk_dwellings_function *function, void *context,
                                            struct gk_error *error);

/* A unit as locating needs it. */
struct gk_located_unit {
    struct gk_square square;
    int32_t district, cell;
    int32_t dwellings; /* of the classes that count */
};

typedef enum gk_status gk_unit_function(void *context, const struct gk_located_unit *unit,
                                        struct gk_error *error);

/* The units of a source that have a cell, by square.e, square.n and district.
 * `classes`: bit i says that dwellings of class i count. Inside a transaction. */
GK_CHECKED enum gk_status gk_located_units_each(struct gk_store *store, int32_t source_id,
                                                unsigned classes, gk_unit_function *function,
                                                void *context, struct gk_error *error);

/* --- The lattice -------------------------------------------------------------------- */

/* One cell as stored. */
struct gk_stored_cell {
    int32_t id;
    struct gk_square point;
    int32_t district;
    int32_t merged_into;    /* 0 while it lives */
    int32_t merged_version; /* 0 while it lives */
};
typedef enum gk_status gk_cell_function(void *context, const struct gk_stored_cell *cell,
                                        struct gk_error *error);

/* Every cell that ever was, by id. */
GK_CHECKED enum gk_status gk_cells_each(struct gk_store *store, gk_cell_function *function,
                                        void *context, struct gk_error *error);

/* The version's parameters: a row of `lattice`. */
struct gk_lattice_version {
    int32_t version, source_id, square_dm, k, min_addresses;
    unsigned classes;
};

/* Reads them; GK_NOT_FOUND for a version that does not exist. */
GK_CHECKED enum gk_status gk_lattice_read(struct gk_lattice_version *lattice,
                                          struct gk_store *store, int32_t version,
                                          struct gk_error *error);

/* The classes of dwelling that a definition's codes expose, GK_CLASS_*; codes of
 * other kinds expose all. GK_NOT_FOUND lists the definitions that there are. */
GK_CHECKED enum gk_status gk_definition_classes(unsigned *classes, struct gk_store *store,
                                                const char *definition, struct gk_error *error);

/* Writing a version, with what follows in this order: the version's own row, new
 * cells, merges of old ones, new units, then every living cell as it is in it. */
GK_CHECKED enum gk_status gk_lattice_insert(struct gk_store *store,
                                            const struct gk_lattice_version *lattice,
                                            const char *base_set, struct gk_error *error);

/* Begins new cells: gk_copy_cell() for each, then gk_copy_end(). */
GK_CHECKED enum gk_status gk_cells_copy(struct gk_copy **copy, struct gk_store *store,
                                        struct gk_error *error);

/* Writes a new cell, born with `since_version`; its point never moves again. */
void gk_copy_cell(struct gk_copy *copy, int32_t since_version, const struct gk_stored_cell *cell);

/* Begins merges of living cells: gk_copy_merge() for each, gk_copy_end(), then
 * gk_merges_apply() all at once. Once a transaction. */
GK_CHECKED enum gk_status gk_merges_copy(struct gk_copy **copy, struct gk_store *store,
                                         struct gk_error *error);

/* Stages that cell `id` merges into another. */
void gk_copy_merge(struct gk_copy *copy, int32_t id, int32_t into);

/* Merges what was staged as of a version; a cell that was merged before stays as
 * it is. */
GK_CHECKED enum gk_status gk_merges_apply(struct gk_store *store, int32_t version,
                                          struct gk_error *error);

/* Begins new units: gk_copy_unit() for each, then gk_copy_end(). */
GK_CHECKED enum gk_status gk_units_copy(struct gk_copy **copy, struct gk_store *store,
                                        struct gk_error *error);

/* Writes a unit with the cell it came into first; later merges are the cell's. */
void gk_copy_unit(struct gk_copy *copy, struct gk_square square, int32_t district, int32_t cell);

/* Begins the version's cells: gk_copy_lattice_cell() for each, then gk_copy_end(). */
GK_CHECKED enum gk_status gk_lattice_cells_copy(struct gk_copy **copy, struct gk_store *store,
                                                struct gk_error *error);

/* Writes what a cell is in a version: dwellings by class, addresses, outline. */
void gk_copy_lattice_cell(struct gk_copy *copy, int32_t version, int32_t cell,
                          const int64_t dwellings[GK_CLASS_COUNT], int64_t addresses,
                          const void *ewkb, size_t ewkb_length);

/* --- Memberships of a version that is being written ------------------------------------
 *
 * What 0013_memberships calls plain cells are told from the units in memory; the
 * others are left to the database. In this order: gk_near_find(), gk_near_each(),
 * the four COPYs, gk_memberships_decide(). */

/* Finds which blocks of 32 x 32 of a source's squares each district and watch area
 * touches. `unit_districts`: ids of the districts that have units, "1,2,7"; these
 * are their units and are not looked at. */
GK_CHECKED enum gk_status gk_near_find(struct gk_store *store, int32_t source_id,
                                       const char *unit_districts, struct gk_error *error);

/* An area that covers a block; for a block that is open one row with area 0. */
struct gk_near_area {
    int32_t e, n; /* of the block: of a square, shifted right by 5 */
    bool is_open; /* cells in it are not plain */
    bool has_border;
    int32_t area;
};
typedef enum gk_status gk_near_function(void *context, const struct gk_near_area *row,
                                        struct gk_error *error);

/* Every block that areas touch, by (e, n, area). */
GK_CHECKED enum gk_status gk_near_each(struct gk_store *store, gk_near_function *function,
                                       void *context, struct gk_error *error);

/* Begins which plain cells a district has, then rows, then gk_copy_end(). */
GK_CHECKED enum gk_status gk_district_cells_copy(struct gk_copy **copy, struct gk_store *store,
                                                 struct gk_error *error);

/* Writes that a cell answers for a district in a version. */
void gk_copy_district_cell(struct gk_copy *copy, int32_t version, int32_t district, int32_t cell);

/* Begins the dwellings of districts' plain cells, one row a district. */
GK_CHECKED enum gk_status gk_whole_copy(struct gk_copy **copy, struct gk_store *store,
                                        struct gk_error *error);

/* Writes how many dwellings of plain cells a district has. */
void gk_copy_whole(struct gk_copy *copy, int32_t district, int64_t dwellings);

/* Begins the dwellings that count of the cells that are not plain: by cell, base
 * district and block, in as many rows as it takes. */
GK_CHECKED enum gk_status gk_parts_copy(struct gk_copy **copy, struct gk_store *store,
                                        struct gk_error *error);

/* Writes what a cell has in one block, for the database to decide on. */
void gk_copy_part(struct gk_copy *copy, int32_t cell, int32_t district, struct gk_square block,
                  int64_t dwellings);

/* Begins their squares in blocks that have a border. */
GK_CHECKED enum gk_status gk_border_squares_copy(struct gk_copy **copy, struct gk_store *store,
                                                 struct gk_error *error);

/* Writes a square on a border, of which the database finds each area's share. */
void gk_copy_border_square(struct gk_copy *copy, struct gk_square square, int32_t cell,
                           int64_t dwellings);

/* Decides the cells that were left, and what is known of every district and watch
 * area in the version. */
GK_CHECKED enum gk_status gk_memberships_decide(struct gk_store *store, int32_t version,
                                                struct gk_error *error);

#endif
