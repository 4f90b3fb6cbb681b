/* Questions that prove, or disprove, that nobody can be singled out by what is
 * stored: each is one file of SQL in lib/store/verify, named like the check. The
 * answers name cells, districts, releases, revisions and columns; never an
 * incident, its time, a text that was found or a place (rule 1). */
#ifndef GK_STORE_VERIFY_H
#define GK_STORE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "store/connection.h"

/* What the deployment is configured to hold. */
struct gk_verify_settings {
    int64_t k, min_addresses, watch_min_dwellings;
};

/* At most so many objects that do not hold are named, and so much of them. */
enum { GK_VERIFY_NAMED_MAX = 10, GK_VERIFY_OBJECTS_MAX = 2000 };

/* What one check found. tested 0: there was nothing that it applies to. */
struct gk_verify_outcome {
    int64_t tested;
    int64_t skipped;                     /* objects that cannot be tested any more */
    int64_t failed;                      /* objects that do not hold */
    int64_t noted;                       /* what the check counts besides; 0 mostly */
    char objects[GK_VERIFY_OBJECTS_MAX]; /* the first that do not hold, "a, b" */
};

/* Begins a transaction that sees one state of the database, and makes the
 * temporary tables that the checks look at. The store is the owner's: only the
 * owner sees everything. End it with gk_verify_end(). */
GK_CHECKED enum gk_status gk_verify_begin(struct gk_store *store,
                                          const struct gk_verify_settings *settings,
                                          struct gk_error *error);

/* Leaves nothing behind. */
GK_CHECKED enum gk_status gk_verify_end(struct gk_store *store, struct gk_error *error);

/* Runs the check of that name; GK_INTERNAL for one that does not exist. */
GK_CHECKED enum gk_status gk_verify_check(struct gk_verify_outcome *outcome, struct gk_store *store,
                                          const char *name, struct gk_error *error);

/* One number of what remains at risk; the name is borrowed and static. */
typedef enum gk_status gk_verify_number_function(void *context, const char *name, double number,
                                                 struct gk_error *error);

/* Numbers of the newest standing release and its lattice, in the order of
 * lib/store/verify/numbers.sql, which says what they are. */
GK_CHECKED enum gk_status gk_verify_numbers(struct gk_store *store,
                                            gk_verify_number_function *function, void *context,
                                            struct gk_error *error);

/* The most hits that the homes of any cells can have taken, if the homes are at
 * most `capacity` in all: hits[i] and homes[i] (at least 1) of `count` cells.
 * -1 without memory. For the check `kinds`; public for its test. */
int64_t gk_verify_most_hits(const int64_t *hits, const int64_t *homes, size_t count,
                            int64_t capacity);

/* --- Stored reports ------------------------------------------------------------ */

/* A report as stored. Texts are borrowed. */
struct gk_verification {
    int32_t id; /* given by the store */
    int64_t created_utc;
    int32_t release, revision, lattice_version; /* 0: none */
    bool passed;
    const char *software;          /* version of the program */
    const char *json, *text;       /* the report for programs, and as printed */
    const char *page_sv, *page_en; /* the page */
};

/* Stores one and gives it its number. */
GK_CHECKED enum gk_status gk_verification_insert(struct gk_verification *verification,
                                                 struct gk_store *store, struct gk_error *error);

typedef enum gk_status gk_verification_function(void *context,
                                                const struct gk_verification *verification,
                                                struct gk_error *error);

/* Calls the function with the newest report; not at all when there is none. */
GK_CHECKED enum gk_status gk_verification_latest(struct gk_store *store,
                                                 gk_verification_function *function, void *context,
                                                 struct gk_error *error);

#endif
