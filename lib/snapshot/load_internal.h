/* What the parts of a load share. A load runs on one thread, inside one
 * transaction, and ends in a sealed snapshot or leaves nothing behind. */
#ifndef GK_SNAPSHOT_LOAD_INTERNAL_H
#define GK_SNAPSHOT_LOAD_INTERNAL_H

#include "snapshot/build.h"
#include "snapshot/load.h"
#include "store/connection.h"

/* A growing array of one kind of item. */
struct gk_list {
    void *items;
    size_t count, capacity;
};

/* A zeroed item at the end, or NULL (no memory, or 2^32 items). */
void *gk_list_push(struct gk_list *list, size_t item_size);

/* From an id of the store to an index of the snapshot. */
struct gk_id_index {
    int32_t id;
    uint32_t index;
};

/* Sorts by id, for gk_index_of(). */
void gk_index_sort(struct gk_list *list);

/* UINT32_MAX when the id is not in the list. */
uint32_t gk_index_of(const struct gk_list *list, int32_t id);

struct gk_load {
    struct gk_store *store;
    struct gk_build build;
    struct gk_snapshot *s; /* build.snapshot */
    const atomic_bool *stop;
    struct gk_transform *to_lonlat;
    int32_t source_id;         /* dwellings of the lattice */
    int32_t kept_places_id;    /* of an earlier revision; 0: places as they are now */
    char *definition;          /* of the release, or asked for first; owned */
    struct gk_list code_index; /* gk_id_index */
    struct gk_list cell_index; /* of every cell that was ever: the living one it became */
    struct gk_list district_index;
    struct gk_list boundary_index; /* watch boundary -> watch area */
};

typedef enum gk_status gk_load_row(struct gk_load *load, void *context, struct gk_store_row *row,
                                   struct gk_error *error);

/* gk_store_query() that hands the load to the row function and looks at `stop`
 * before each row. */
GK_CHECKED enum gk_status gk_load_query(struct gk_load *load, const char *sql,
                                        const struct gk_store_value *values, size_t count,
                                        gk_load_row *row_function, void *context,
                                        struct gk_error *error);

/* Fills the error for a status that a pure function returned. */
GK_CHECKED enum gk_status gk_load_failed(enum gk_status status, const char *what,
                                         struct gk_error *error);

/* Whether a date or an hour of the store can be reckoned with: years 1 to 9999. */
bool gk_load_is_day(int32_t day);
bool gk_load_is_hour(int32_t hour);

/* Lattice, cells, outlines, merges and squares (load_cells.c). */
GK_CHECKED enum gk_status gk_load_cells(struct gk_load *load, struct gk_error *error);

/* Districts of all sets, watch areas, and their cells (load_places.c). */
GK_CHECKED enum gk_status gk_load_places(struct gk_load *load, struct gk_error *error);

/* Codes and definitions; counts or incidents (load_rows.c). */
GK_CHECKED enum gk_status gk_load_definitions(struct gk_load *load, struct gk_error *error);
GK_CHECKED enum gk_status gk_load_rows(struct gk_load *load, struct gk_error *error);

#endif
