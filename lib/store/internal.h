/* What the files of lib/store share: the connection behind struct gk_store and
 * how libpq's failures become a gk_error. */
#ifndef GK_STORE_INTERNAL_H
#define GK_STORE_INTERNAL_H

#include <libpq-fe.h>

#include "store/connection.h"

struct gk_store {
    PGconn *connection;
    int wake_fd;    /* -1: none */
    int silence_ms; /* -1: waits for ever */
};

/* PostgreSQL counts from 2000-01-01. */
enum { GK_PG_EPOCH_DAYS = 10957 };

/* Fills `error` from a failed result (or, without one, from the connection).
 * Only the server's primary message is taken: detail and context may quote
 * rows. */
enum gk_status gk_store_fail(const struct gk_store *store, const PGresult *result,
                             struct gk_error *error);

/* PQgetResult() within the store's limits: GK_INTERRUPTED or GK_UNAVAILABLE when
 * it stopped waiting, then `*result` is NULL and a statement is still under way. */
GK_CHECKED enum gk_status gk_store_next_result(struct gk_store *store, PGresult **result,
                                               struct gk_error *error);

/* Adds to the table `matched` of incidents.c which new incidents of a file were
 * there before and were reverted: their id, the lattice version of their first
 * import and their cell in that, without stored_in. `old_versions` is an array as
 * text. */
GK_CHECKED enum gk_status gk_incidents_recall(struct gk_store *store, int32_t lattice_version,
                                              const char *old_versions, struct gk_error *error);

#endif
