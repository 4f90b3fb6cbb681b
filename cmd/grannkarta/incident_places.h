/* Where an incident belongs: from its exact place to a cell and a municipality.
 * What goes in is exact; only cell, municipality and a distance come out. */
#ifndef GK_CMD_INCIDENT_PLACES_H
#define GK_CMD_INCIDENT_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "incident_row.h"
#include "store/connection.h"
#include "store/places.h"

enum { GK_OLD_LATTICES_MAX = 64 };

/* Why an incident has no cell. */
enum gk_unlocated {
    GK_LOCATED,
    GK_UNLOCATED_MISSING, /* no coordinates, or 0, 0 */
    GK_UNLOCATED_OUTSIDE, /* outside Sweden */
    GK_UNLOCATED_FAR,     /* no dwelling near */
    GK_UNLOCATED_SWAPPED, /* outside, but inside with northing and easting exchanged */
    GK_UNLOCATED_COUNT
};

struct gk_incident_location {
    enum gk_unlocated why;
    int32_t cell;         /* 0: unlocated */
    int32_t municipality; /* 0: none */
    const int32_t
        *old_cells;  /* for each older lattice; NULL: none, or the same; until the next call */
    double moved_m;  /* to the cell's point, when located */
    bool is_country; /* the cell is in the country */
    bool is_outside; /* in Sweden, and in no municipality that is known */
};

struct gk_incident_places;

struct gk_incident_places_options {
    /* CRSs of the file's coordinates as PROJ takes them; NULL: EPSG:3006, EPSG:4326. */
    const char *projected, *degrees;
    int64_t max_distance_m;
};

/* Loads the newest lattice, the older ones that revisions were located by, the
 * base set and the municipalities. GK_CONFLICT when there is no lattice. */
GK_CHECKED enum gk_status gk_incident_places_open(struct gk_incident_places **places,
                                                  struct gk_store *store,
                                                  const struct gk_incident_places_options *options,
                                                  struct gk_error *error);

/* NULL is allowed. */
void gk_incident_places_close(struct gk_incident_places *places);

/* Version of the newest lattice, and the older ones in the order of old_cells. */
int32_t gk_incident_places_version(const struct gk_incident_places *places);
const int32_t *gk_incident_places_old_versions(const struct gk_incident_places *places,
                                               size_t *count);

/* True when the set `kommun` has districts. */
bool gk_incident_places_knows_municipalities(const struct gk_incident_places *places);

/* Locates one incident. What is GK_UNLOCATED_SWAPPED is to be refused, not kept: in
 * which order its coordinates are is not guessed. A located one has its cell's municipality (its
 * own could tell on which side of a border it was), an unlocated one that of the column
 * (`municipality`, UTF-8, may be empty), else of its place. */
void gk_incident_locate(struct gk_incident_location *location, struct gk_incident_places *places,
                        const struct gk_incident_input *input, const char *municipality,
                        size_t municipality_length);

#endif
