/* Publishing, and what revisions and releases there are. The rules of a release
 * are in the database (sql/migrations/0003_functions.sql): here they are called. */
#ifndef GK_STORE_RELEASES_H
#define GK_STORE_RELEASES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "store/connection.h"

/* Texts are borrowed until the callback returns. */
struct gk_release_row {
    int32_t id;
    int64_t created_utc;
    const char *definition;
    int32_t first_month, through_month;
    int32_t lattice_version, revision;
    bool is_withdrawn, is_erased;
    int64_t cells, located, unlocated; /* cells with a count; incidents */
    int32_t watch_areas;
};

struct gk_revision_row {
    int32_t id;
    int64_t created_utc;
    const char *kind;
    int32_t data_through_day;
    int64_t rows_read, rows_new, rows_duplicate, rows_changed, rows_unlocated, rows_rejected;
    int64_t rows_removed; /* incidents taken out by a revert, versions erased */
    int32_t reverts;      /* the revision that it undoes; 0: none */
    bool is_erased;       /* it can no longer be rebuilt */
};

typedef enum gk_status gk_release_function(void *context, const struct gk_release_row *row,
                                           struct gk_error *error);
typedef enum gk_status gk_revision_function(void *context, const struct gk_revision_row *row,
                                            struct gk_error *error);

/* Freezes the newest revision as a release; its number in *id. first_month NULL:
 * that of the release before, else of the first incident. GK_REJECTED names the
 * rule that would be broken. Needs the importer's role. */
GK_CHECKED enum gk_status gk_store_publish(int32_t *id, struct gk_store *store,
                                           int32_t through_month, const int32_t *first_month,
                                           const char *definition, int32_t watch_min_dwellings,
                                           struct gk_error *error);

/* Calls `function` for each, newest first; id > 0: for that one only. */
GK_CHECKED enum gk_status gk_store_releases(struct gk_store *store, int32_t id,
                                            gk_release_function *function, void *context,
                                            struct gk_error *error);

/* Calls `function` for each revision, newest first. */
GK_CHECKED enum gk_status gk_store_revisions(struct gk_store *store, gk_revision_function *function,
                                             void *context, struct gk_error *error);

/* Looks at the number of a release; 0 becomes that of the one which the public
 * sees. GK_NOT_FOUND: there is no such, or none stands; GK_GONE: it was withdrawn
 * or erased. Reader's role. */
GK_CHECKED enum gk_status gk_store_find_release(int32_t *number, struct gk_store *store,
                                                struct gk_error *error);

/* The same for a revision, whose newest needs no look: 0 stays 0. */
GK_CHECKED enum gk_status gk_store_find_revision(int32_t number, struct gk_store *store,
                                                 struct gk_error *error);

#endif
