/* The life of data after they came in: taking an import back, taking a release
 * back. The rules are in the database (sql/migrations/0007_lifecycle.sql). */
#ifndef GK_STORE_LIFECYCLE_H
#define GK_STORE_LIFECYCLE_H

#include <stdint.h>

#include "base/status.h"
#include "store/connection.h"

/* What a revert did, in incidents. */
struct gk_reverted {
    int32_t revision;         /* the new one */
    int64_t removed;          /* the reverted revision had added them */
    int64_t restored;         /* they have the version back that they had before */
    int64_t returned;         /* it had taken them out, and they are back */
    int32_t data_through_day; /* of what stands now */
};

/* Undoes an import, or a revert, by a new revision. GK_NOT_FOUND: there is no such
 * revision; GK_REJECTED with the reason: it was reverted already, some of it was
 * erased, or a later revision (which is named) changed the same incidents.
 * Importer's role. */
GK_CHECKED enum gk_status gk_store_revert(struct gk_reverted *reverted, struct gk_store *store,
                                          int32_t revision, struct gk_error *error);

/* Takes a release back for good; `newest` gets the number of the one that the
 * public sees from now on, 0: none. GK_NOT_FOUND: there is no such release;
 * GK_REJECTED: it was withdrawn already. Importer's role. */
GK_CHECKED enum gk_status gk_store_withdraw(int32_t *newest, struct gk_store *store,
                                            int32_t release, struct gk_error *error);

#endif
