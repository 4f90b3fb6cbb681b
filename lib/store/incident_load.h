/* The rows of one file on their way in: what incident_load.c takes in and
 * incidents.c compares and writes. Private to lib/store. */
#ifndef GK_STORE_INCIDENT_LOAD_H
#define GK_STORE_INCIDENT_LOAD_H

#include <stddef.h>

#include "store/incidents.h"

enum gk_load_target { GK_LOAD_NONE, GK_LOAD_STAGED, GK_LOAD_STORED };

struct gk_incident_load {
    struct gk_store *store;
    struct gk_incident_load_options options;
    bool uses_key; /* a row with a case number came: the key is written down */
    bool is_first;
    int32_t revision;           /* of a first load; 0: it is made when all is compared */
    enum gk_load_target target; /* what the COPY under way fills */
    struct gk_copy *copy;
    int64_t stored;       /* rows that went straight into `incident` */
    struct gk_held *held; /* rows that have to be staged, but not yet were */
    size_t held_count;
    int64_t staged; /* of them */
};

/* Ends a first load: makes the index of case numbers, and moves rows whose case came
 * again from `incident` to the staged ones, so that `incoming` has all rows of such
 * cases and the others are in `stored`. */
GK_CHECKED enum gk_status gk_incident_load_settle(struct gk_incident_load *load,
                                                  struct gk_error *error);

#endif
