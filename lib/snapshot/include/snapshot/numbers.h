/* Which releases and revisions there are, and which of them can be asked for. */
#ifndef GK_SNAPSHOT_NUMBERS_H
#define GK_SNAPSHOT_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "snapshot/snapshot.h"

enum gk_number_state { GK_NUMBER_STANDS, GK_NUMBER_WITHDRAWN, GK_NUMBER_ERASED };

enum { GK_DEFINITION_NAME_MAX = 31 };

/* A release or a revision by its number. */
struct gk_number {
    int32_t number;
    enum gk_number_state state;
    int64_t made_utc;
    int32_t first_month, last_month;             /* of a release, both included */
    int32_t data_through_day;                    /* of a revision */
    char definition[GK_DEFINITION_NAME_MAX + 1]; /* of a release */
};

/* All of them, ascending; immutable. */
struct gk_numbers {
    const struct gk_number *of[GK_SNAPSHOT_KINDS];
    size_t count[GK_SNAPSHOT_KINDS];
};

/* The one with a number, or NULL. */
const struct gk_number *gk_numbers_find(const struct gk_numbers *numbers,
                                        enum gk_snapshot_kind kind, int32_t number);

#endif
