/* What deleting leaves in the server's files, and getting rid of it.
 *
 * A deleted row stays in its page until the page is written again, its values in
 * the planner's statistics, and all of it in the WAL. VACUUM FULL writes a table
 * and its indexes anew, without rows that nobody sees any more. A checkpoint in a
 * new WAL segment lets the server drop older ones; where it renames them for later
 * use instead (wal_recycle), ending segment after segment overwrites them: the rest
 * of a segment that is ended early is filled with zeros. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"
#include "store/erase.h"

/* Segments of 16 MB: a server with more than 64 GB of them is not made to write
 * them all. */
enum { PASSES_MAX = 4, SWITCHES_MAX = 4096 };

static enum gk_status take_number(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(int64_t *)context = gk_store_get_i64(row, 0);
    return GK_OK;
}

enum gk_status gk_store_scrub_is_due(bool *is_due, struct gk_store *store, struct gk_error *error)
{
    int64_t count = 0;
    enum gk_status status = gk_store_query(store,
                                           "SELECT count(*) FROM revision WHERE scrubbed_at IS NULL"
                                           " AND kind IN ('retain', 'purge')",
                                           NULL, 0, take_number, &count, error);
    *is_due = count > 0;
    return status;
}

/* --- Tables -------------------------------------------------------------------------- */

/* Incidents and releases, whose rows were deleted; revisions, whose file hashes
 * were; statistics last, when those of the others are new. */
static const char *const rewrites[][2] = {
    {"VACUUM (FULL, ANALYZE) grannkarta.incident", "VACUUM grannkarta.incident"},
    {"VACUUM (FULL, ANALYZE) grannkarta.revision", "VACUUM grannkarta.revision"},
    {"VACUUM (FULL, ANALYZE) grannkarta.case_key", "VACUUM grannkarta.case_key"},
    {"VACUUM (FULL, ANALYZE) grannkarta.release", "VACUUM grannkarta.release"},
    {"VACUUM (FULL, ANALYZE) grannkarta.release_cell_month",
     "VACUUM grannkarta.release_cell_month"},
    {"VACUUM (FULL, ANALYZE) grannkarta.release_municipality_month",
     "VACUUM grannkarta.release_municipality_month"},
    {"VACUUM (FULL, ANALYZE) grannkarta.release_municipality_kind",
     "VACUUM grannkarta.release_municipality_kind"},
    {"VACUUM (FULL, ANALYZE) grannkarta.release_district", "VACUUM grannkarta.release_district"},
    {"VACUUM (FULL, ANALYZE) grannkarta.release_watch_area",
     "VACUUM grannkarta.release_watch_area"},
    {"VACUUM (FULL) pg_catalog.pg_statistic", "VACUUM pg_catalog.pg_statistic"},
};

#define REWRITTEN                                                                                  \
    "(VALUES ('grannkarta.incident'::regclass), ('grannkarta.revision'), ('grannkarta.case_key')," \
    " ('grannkarta.release'), ('grannkarta.release_cell_month'),"                                  \
    " ('grannkarta.release_municipality_month'), ('grannkarta.release_municipality_kind'),"        \
    " ('grannkarta.release_district'), ('grannkarta.release_watch_area'),"                         \
    " ('pg_catalog.pg_statistic')) t (name)"

/* The sum of the files' numbers: each new file has a higher one. */
static const char files_sql[] =
    "SELECT sum(pg_relation_filenode(name)::bigint)::bigint FROM " REWRITTEN;

enum { FULL, PLAIN };

/* A session that holds a table is not waited for long: behind this one all readers
 * would wait too. */
static enum gk_status vacuum(struct gk_scrub *scrub, struct gk_store *store, int how,
                             struct gk_error *error)
{
    enum gk_status status = gk_store_execute(store, "SET lock_timeout = '2s'", error);
    for (size_t i = 0; i < sizeof rewrites / sizeof *rewrites && status == GK_OK; i++) {
        int64_t before = 0, after = 0;
        status = gk_store_query(store, files_sql, NULL, 0, take_number, &before, error);
        if (status == GK_OK)
            status = gk_store_execute(store, rewrites[i][how], error);
        if (status == GK_OK)
            status = gk_store_query(store, files_sql, NULL, 0, take_number, &after, error);
        /* Without the right it is a warning, and nothing is done. */
        if (status == GK_OK && how == FULL && after == before)
            scrub->may_not_rewrite = true;
    }
    if (status == GK_DATABASE && strcmp(error->sqlstate, "55P03") == 0) {
        scrub->is_held = true;
        status = GK_OK;
    }
    return status == GK_OK ? gk_store_execute(store, "RESET lock_timeout", error) : status;
}

/* A plain VACUUM counts the dead rows that somebody still sees. */
static enum gk_status count_seen(struct gk_scrub *scrub, struct gk_store *store,
                                 struct gk_error *error)
{
    enum gk_status status = vacuum(scrub, store, PLAIN, error);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "SELECT sum(pg_stat_get_dead_tuples(name))::bigint FROM " REWRITTEN,
                                NULL, 0, take_number, &scrub->seen_rows, error);
    return status;
}

static enum gk_status rewrite(struct gk_scrub *scrub, struct gk_store *store, int wait_s,
                              struct gk_error *error)
{
    enum gk_status status;
    for (int waited = 0;; waited++) {
        scrub->is_held = false;
        status = count_seen(scrub, store, error);
        if (status == GK_OK && (scrub->seen_rows == 0 || waited >= wait_s))
            status = vacuum(scrub, store, FULL, error);
        if (status == GK_OK && scrub->seen_rows == 0)
            status = count_seen(scrub, store, error);
        if (status != GK_OK || waited >= wait_s || scrub->may_not_rewrite ||
            (scrub->seen_rows == 0 && !scrub->is_held))
            break;
        const struct timespec second = {1, 0};
        nanosleep(&second, NULL);
    }
    scrub->is_rewritten =
        status == GK_OK && scrub->seen_rows == 0 && !scrub->is_held && !scrub->may_not_rewrite;
    return status;
}

/* --- The WAL --------------------------------------------------------------------------- */

struct wal {
    char lsn[GK_SCRUB_LSN_MAX], segment[GK_SCRUB_LSN_MAX], time[64];
    int64_t behind, ahead;
};

static void copy_text(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text != NULL ? text : "");
}

static enum gk_status take_mark(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct wal *wal = context;
    copy_text(wal->lsn, sizeof wal->lsn, gk_store_get_text(row, 0));
    copy_text(wal->segment, sizeof wal->segment, gk_store_get_text(row, 1));
    copy_text(wal->time, sizeof wal->time, gk_store_get_text(row, 2));
    return GK_OK;
}

static enum gk_status take_files(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct wal *wal = context;
    wal->behind = gk_store_get_i64(row, 0);
    wal->ahead = gk_store_get_i64(row, 1);
    return GK_OK;
}

/* Ends the segment; without a record in it the server would not. */
static enum gk_status switch_segment(struct gk_store *store, struct gk_error *error)
{
    enum gk_status status =
        gk_store_query(store, "SELECT pg_current_xact_id()::text", NULL, 0, NULL, NULL, error);
    return status == GK_OK ? gk_store_execute(store, "SELECT pg_switch_wal()", error) : status;
}

/* Files that may hold bytes from before the mark: what was not written since, and
 * the mark's own segment. Ahead of the current one are those renamed for later use. */
static enum gk_status count_files(struct wal *wal, struct gk_store *store, struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_text(wal->segment), gk_store_text(wal->time)};
    return gk_store_query(
        store,
        "SELECT count(*) FILTER (WHERE name < here), count(*) FILTER (WHERE name > here)"
        " FROM (SELECT name COLLATE \"C\" AS name, modification FROM pg_ls_waldir()) f,"
        "  (SELECT pg_walfile_name(pg_current_wal_lsn()) AS here) w"
        " WHERE name ~ '^[0-9A-F]{24}$' AND (name <= $1 OR modification < $2::timestamptz)",
        values, 2, take_files, wal, error);
}

/* One pass: through every segment ahead that holds old bytes, then a checkpoint,
 * after which those behind are removed, or renamed to be ahead. */
static enum gk_status pass(struct wal *wal, struct gk_store *store, struct gk_error *error)
{
    enum gk_status status = count_files(wal, store, error);
    for (int i = 0; i < SWITCHES_MAX && status == GK_OK && wal->ahead > 0; i++) {
        status = switch_segment(store, error);
        if (status == GK_OK)
            status = count_files(wal, store, error);
    }
    if (status == GK_OK) /* the current one may be such a file too */
        status = switch_segment(store, error);
    if (status == GK_OK)
        status = gk_store_execute(store, "CHECKPOINT", error);
    return status == GK_OK ? count_files(wal, store, error) : status;
}

static enum gk_status clear_wal(struct gk_scrub *scrub, struct gk_store *store, int wait_s,
                                struct gk_error *error)
{
    struct wal wal = {.behind = 0};
    enum gk_status status =
        gk_store_query(store,
                       "SELECT lsn::text, pg_walfile_name(lsn), clock_timestamp()::text"
                       " FROM pg_current_wal_insert_lsn() lsn",
                       NULL, 0, take_mark, &wal, error);
    copy_text(scrub->lsn, sizeof scrub->lsn, wal.lsn);
    copy_text(scrub->segment, sizeof scrub->segment, wal.segment);
    if (status == GK_OK)
        status = switch_segment(store, error);
    /* The times of files are in whole seconds: a later write shows as later only
     * after one. now() is before the sleep. */
    if (status == GK_OK)
        status = gk_store_query(
            store, "SELECT $1, $2, now()::text FROM pg_sleep(1.1)",
            (const struct gk_store_value[]){gk_store_text(wal.lsn), gk_store_text(wal.segment)}, 2,
            take_mark, &wal, error);
    for (int i = 0; i < PASSES_MAX && status == GK_OK; i++) {
        status = pass(&wal, store, error);
        if (wal.ahead == 0)
            break;
    }
    /* A segment goes only when it is archived. */
    for (int i = 0; i < wait_s && status == GK_OK && scrub->is_archived && wal.behind > 0; i++) {
        const struct timespec second = {1, 0};
        nanosleep(&second, NULL);
        status = pass(&wal, store, error);
    }
    scrub->wal_files = wal.behind + wal.ahead;
    if (status == GK_DATABASE && error != NULL && strcmp(error->sqlstate, "42501") == 0) {
        scrub->wal_files = -1; /* the report says so */
        status = GK_OK;
    }
    return status;
}

static enum gk_status take_holders(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct gk_scrub *scrub = context;
    scrub->slots = gk_store_get_i64(row, 0);
    scrub->standbys = gk_store_get_i64(row, 1);
    scrub->is_archived = gk_store_get_i64(row, 2) != 0;
    scrub->keeps_wal = gk_store_get_i64(row, 3) != 0;
    return GK_OK;
}

enum gk_status gk_store_scrub(struct gk_scrub *scrub, struct gk_store *store, int wait_s,
                              struct gk_error *error)
{
    *scrub = (struct gk_scrub){.wal_files = -1};
    enum gk_status status = rewrite(scrub, store, wait_s, error);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "SELECT (SELECT count(*) FROM pg_replication_slots),"
                                " (SELECT count(*) FROM pg_stat_get_wal_senders()),"
                                " current_setting('archive_mode') <> 'off',"
                                " current_setting('wal_keep_size') <> '0'",
                                NULL, 0, take_holders, scrub, error);
    if (status == GK_OK)
        status = clear_wal(scrub, store, wait_s, error);
    if (status == GK_OK && scrub->is_rewritten && scrub->wal_files == 0)
        status = gk_store_execute(store,
                                  "UPDATE revision SET scrubbed_at = now()"
                                  " WHERE kind IN ('retain', 'purge') AND scrubbed_at IS NULL",
                                  error);
    return status;
}
