/* Incidents in the store: one import is one transaction and one revision.
 *
 * Only coarse fields come here: cell, municipality, hours, code, count and the
 * keyed hash of the case number. They are staged in a temporary table without
 * index and compared with what is stored by SQL; into an empty store they go at
 * once. Inside the caller's transaction
 * (gk_places_begin() ... COMMIT, or the connection closed: nothing happened). */
#ifndef GK_STORE_INCIDENTS_H
#define GK_STORE_INCIDENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/connection.h"

/* --- What an import needs to know ------------------------------------------- */

typedef enum gk_status gk_code_function(void *context, int16_t id, const char *code,
                                        struct gk_error *error);

/* Every offence code of burglary. */
GK_CHECKED enum gk_status gk_offence_codes_each(struct gk_store *store, gk_code_function *function,
                                                void *context, struct gk_error *error);

typedef enum gk_status gk_case_key_function(void *context, int32_t id,
                                            const unsigned char fingerprint[8],
                                            struct gk_error *error);

/* The keys that case numbers were stored under, by id. */
GK_CHECKED enum gk_status gk_case_keys_each(struct gk_store *store, gk_case_key_function *function,
                                            void *context, struct gk_error *error);

/* Says that a key is in use from now on; nothing when it was. */
GK_CHECKED enum gk_status gk_case_key_insert(struct gk_store *store, int32_t id,
                                             const unsigned char fingerprint[8],
                                             struct gk_error *error);

typedef enum gk_status gk_version_function(void *context, int32_t version, struct gk_error *error);

/* The lattice versions, other than the newest, that revisions were located by;
 * in order. */
GK_CHECKED enum gk_status gk_revision_lattices_each(struct gk_store *store,
                                                    gk_version_function *function, void *context,
                                                    struct gk_error *error);

/* --- Taking rows in --------------------------------------------------------------- */

/* A row of the file, coarsened. */
struct gk_incident {
    int64_t line;
    int32_t cell;         /* 0: unlocated */
    int32_t municipality; /* 0: none */
    int32_t from_hour, to_hour;
    int32_t reported; /* day; INT32_MIN: not known */
    int16_t code_id;
    int32_t count;
    const unsigned char *hash;       /* 32 bytes under the newest key, NULL: no case number */
    const unsigned char *old_hashes; /* 32 bytes each under every older key in use */
    size_t old_hash_count;
    const int32_t *old_cells; /* for each older lattice version; NULL: none, or all the same */
    size_t old_cell_count;
};

/* The incidents of one file on their way in. Usually they are staged and compared
 * with what is stored. Where nothing is stored, they go straight to where they
 * belong (a first load), except rows whose case may have been in the file before. */
struct gk_incident_load;

struct gk_incident_load_options {
    int32_t lattice_version;
    bool may_write;      /* false: a rehearsal, which only stages */
    int32_t case_key_id; /* the newest key; 0: the file has no case numbers */
    unsigned char case_key_fingerprint[8];
};

/* Begins: then gk_incidents_put() for each row and gk_incidents_end(). */
GK_CHECKED enum gk_status gk_incidents_begin(struct gk_incident_load **load, struct gk_store *store,
                                             const struct gk_incident_load_options *options,
                                             struct gk_error *error);

/* NULL is allowed. A COPY under way is given up. */
void gk_incidents_free(struct gk_incident_load *load);

/* Takes one row in. `may_repeat`: a row of the same case may have been before it; of
 * rows that are not said to, none may have been. Failures of the server may be told
 * by a later call. */
GK_CHECKED enum gk_status gk_incidents_put(struct gk_incident_load *load,
                                           const struct gk_incident *incident, bool may_repeat,
                                           struct gk_error *error);

/* After the last row. */
GK_CHECKED enum gk_status gk_incidents_end(struct gk_incident_load *load, struct gk_error *error);

/* --- Comparing and writing -------------------------------------------------------- */

struct gk_incident_counts {
    int64_t added, duplicate, changed;
};

/* Compares what came in with itself and with the open incidents.
 *
 * With a case number: the last row of the file with that number counts; earlier
 * ones are duplicates of the next or changed by it. It is new, a duplicate, or
 * changed. A stored case is compared with the place that the lattice of its first
 * import gives (merges followed), so that a later lattice moves nobody.
 * Without: rows that are alike in all coarse fields are counted, here and in the
 * store; what is more here is new.
 *
 * `old_versions` are those that gk_incident.old_cells is for. */
GK_CHECKED enum gk_status gk_incidents_compare(struct gk_incident_counts *counts,
                                               struct gk_incident_load *load,
                                               const int32_t *old_versions,
                                               size_t old_version_count, struct gk_error *error);

struct gk_revision {
    const unsigned char *file_sha256; /* 32 bytes */
    int32_t data_through;             /* day */
    int64_t read, unlocated, rejected;
    struct gk_incident_counts counts;
};

/* Writes what was compared as a new revision; `id` gets its number. A changed
 * case keeps its id: its row is closed and a new one opened. `data_through` becomes
 * that of the store: the latest of this and all earlier revisions. */
GK_CHECKED enum gk_status gk_incidents_write(int32_t *id, struct gk_incident_load *load,
                                             struct gk_revision *revision, struct gk_error *error);

#endif
