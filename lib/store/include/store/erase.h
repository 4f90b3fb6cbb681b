/* Erasing for good: what is older than the retention, one case, and what the
 * server's files still hold of it. Which rows go is decided in the database
 * (sql/migrations/0012_erase.sql). All of it needs the owner's role. */
#ifndef GK_STORE_ERASE_H
#define GK_STORE_ERASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/connection.h"

/* --- Retention ------------------------------------------------------------------ */

/* What a retention of some months erases. */
struct gk_retention {
    int32_t first_kept_month;
    int32_t closed_month;        /* the newest closed one */
    int64_t incidents, versions; /* that go, wholly or in part; rows of them */
    int64_t revisions;           /* that can no longer be rebuilt, besides those already */
    int64_t releases;            /* that go */
    int32_t newest_release;      /* the one that stands, 0: none */
    bool is_trimmed;             /* it goes, and a release of its kept months takes its place */
    int32_t through_month;       /* of the newest release */
};

/* Looks what keeping the newest `months` closed months, and what is later, would
 * erase; writes nothing. GK_REJECTED when no incidents were ever imported. */
GK_CHECKED enum gk_status gk_store_retention(struct gk_retention *retention, struct gk_store *store,
                                             int32_t months, struct gk_error *error);

/* Erases what is older than the month. The numbers of the new revision and of the
 * release that took the newest one's place; 0 for none. */
GK_CHECKED enum gk_status gk_store_retain(int32_t *revision, int32_t *release,
                                          struct gk_store *store, int32_t first_kept_month,
                                          struct gk_error *error);

/* The first month that retentions left; INT32_MIN when there was none. Any role. */
GK_CHECKED enum gk_status gk_store_kept_from(int32_t *month, struct gk_store *store,
                                             struct gk_error *error);

/* --- One case --------------------------------------------------------------------- */

struct gk_purged {
    int32_t revision;  /* the new one; 0: there is no such case */
    int64_t versions;  /* rows of it that were erased */
    int64_t revisions; /* that can no longer be rebuilt, besides those already */
    int32_t newest_release;
};

/* Erases the case with one of the `count` hashes of 32 bytes, in a transaction that
 * is open (BEGIN) and that the caller ends. The hashes go by COPY: they are in no
 * statement that a server might log. */
GK_CHECKED enum gk_status gk_store_purge(struct gk_purged *purged, struct gk_store *store,
                                         const unsigned char *hashes, size_t count,
                                         struct gk_error *error);

/* --- The server's files -------------------------------------------------------------- */

enum { GK_SCRUB_LSN_MAX = 32 };

/* What is left after scrubbing. */
struct gk_scrub {
    bool is_rewritten;          /* tables and indexes hold nothing of it */
    bool may_not_rewrite;       /* the role is not the owner of table or database */
    bool is_held;               /* a session holds one of the tables */
    int64_t seen_rows;          /* erased rows that a session or a slot still sees */
    char lsn[GK_SCRUB_LSN_MAX]; /* WAL before this may hold erased rows */
    char segment[GK_SCRUB_LSN_MAX];
    int64_t wal_files; /* segment files that may; -1: not known, for lack of rights */
    int64_t slots;     /* replication slots */
    int64_t standbys;  /* connected */
    bool is_archived;  /* archive_mode is on */
    bool keeps_wal;    /* wal_keep_size is set */
};

/* Whether a retention or a purge was not followed by a complete scrubbing. */
GK_CHECKED enum gk_status gk_store_scrub_is_due(bool *is_due, struct gk_store *store,
                                                struct gk_error *error);

/* Rewrites the tables that had incidents, and the planner's statistics (which
 * quote values); makes the server end its WAL segment, use up those that hold old
 * bytes, and remove them. Waits up to `wait_s` for sessions that still see erased
 * rows. Outside a transaction. What could not be done is in `scrub`, not an error. */
GK_CHECKED enum gk_status gk_store_scrub(struct gk_scrub *scrub, struct gk_store *store, int wait_s,
                                         struct gk_error *error);

#endif
