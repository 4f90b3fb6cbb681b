/* What still holds something of what was erased, said as it is: this program knows
 * the server's tables and WAL, and of archives and backups only that there may be
 * some. */
#include "scrub_report.h"

#include <inttypes.h>

static void put_tables(struct gk_report *report, const struct gk_scrub *scrub)
{
    gk_report_bool(report, "tables_hold_nothing", scrub->is_rewritten,
                   "tables and indexes are written anew and hold nothing of it\n");
    if (scrub->may_not_rewrite)
        gk_report_note(report, "still kept: in the tables' files, which only the owner of tables "
                               "and database may rewrite (deploy/setup-database makes them "
                               "grannkarta_owner's)");
    else if (scrub->is_held)
        gk_report_note(report, "still kept: in the tables' files, because a session has one of "
                               "the tables open; end it and give the command again");
    else if (!scrub->is_rewritten)
        gk_report_note(report,
                       "still kept: in the tables' files, because a session, a prepared "
                       "transaction or a replication slot still sees %" PRId64
                       " old rows; end it and give the command again",
                       scrub->seen_rows);
}

static void put_wal(struct gk_report *report, const struct gk_scrub *scrub)
{
    gk_report_text(report, "wal_before", scrub->lsn, NULL);
    if (scrub->wal_files == 0) {
        gk_report_say(report, "the WAL before ");
        gk_report_text(report, "wal_segment", scrub->segment, "{} is gone from the server\n");
        return;
    }
    gk_report_text(report, "wal_segment", scrub->segment, NULL);
    if (scrub->wal_files < 0)
        gk_report_note(report,
                       "still kept: WAL before %s, which this login may not look at or "
                       "end; run deploy/setup-database again, then this command",
                       scrub->lsn);
    else
        gk_report_note(report,
                       "still kept: WAL before %s, in %" PRId64 " files%s%s%s; give the command "
                       "again when they are gone",
                       scrub->lsn, scrub->wal_files,
                       scrub->slots > 0 ? ", for replication slots" : "",
                       scrub->keeps_wal ? ", for wal_keep_size" : "",
                       scrub->is_archived ? ", until archived" : "");
}

static void put_elsewhere(struct gk_report *report, const struct gk_scrub *scrub)
{
    gk_report_bool(report, "is_archived", scrub->is_archived, NULL);
    gk_report_i64(report, "standbys", scrub->standbys, NULL);
    if (scrub->is_archived)
        gk_report_note(report,
                       "the WAL archive (archive_mode is on) holds it up to segment %s: make a "
                       "new base backup, then remove older ones and the archive before it",
                       scrub->segment);
    if (scrub->standbys > 0)
        gk_report_note(report,
                       "%" PRId64 " standbys follow; their own WAL goes with their next "
                       "restartpoints",
                       scrub->standbys);
    gk_report_note(report, "dumps and backups made before now hold it; so do the imported files, "
                           "and daemons' memory for up to 10 minutes");
}

enum gk_status gk_scrub_and_report(struct gk_store *store, const struct gk_arguments *arguments,
                                   int wait_s, struct gk_error *error)
{
    struct gk_scrub scrub;
    gk_progress_begin(arguments->progress, "rewriting the tables", NULL, 0);
    enum gk_status status = gk_store_scrub(&scrub, store, wait_s, error);
    gk_progress_end(arguments->progress);
    if (status != GK_OK) {
        gk_report_note(arguments->report, "the rows are erased, but the server's files were not "
                                          "cleaned of them: give the command again");
        return status;
    }
    put_tables(arguments->report, &scrub);
    put_wal(arguments->report, &scrub);
    put_elsewhere(arguments->report, &scrub);
    if (!scrub.is_rewritten || scrub.wal_files != 0)
        return gk_error_set(error, GK_CONFLICT,
                            "the rows are erased, but the server's files still hold something of "
                            "them, as said");
    return GK_OK;
}
