/* The districts of one set in memory: by place, code and name. */
#ifndef GK_CMD_DISTRICT_INDEX_H
#define GK_CMD_DISTRICT_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "geo/areas.h"
#include "geo/types.h"
#include "store/connection.h"

struct gk_district_name {
    int32_t id;
    const char *code, *name;
};

struct gk_district_index {
    struct gk_areas *areas; /* NULL when the set is empty */
    struct gk_district_name *names;
    size_t count, capacity;
    struct gk_polygons *polygons; /* only while loading */
    struct gk_arena arena;
};

/* Loads the valid districts of a set ("" is the base set); an unknown or empty
 * set gives an index that finds nothing. Release also after failure. */
GK_CHECKED enum gk_status gk_district_index_load(struct gk_district_index *index,
                                                 struct gk_store *store, const char *set,
                                                 struct gk_error *error);
void gk_district_index_release(struct gk_district_index *index);

/* The district at a place, -1 for none. */
int32_t gk_district_index_at(const struct gk_district_index *index, struct gk_cm place);

/* The district with this code or, folded and with or without a Swedish
 * "kommun" behind it, this name; -1 for none or more than one. */
int32_t gk_district_index_named(const struct gk_district_index *index, const char *text,
                                size_t length);

#endif
