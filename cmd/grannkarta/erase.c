/* `retain` and `purge`: what erases for good, across revisions. A case number is
 * in this process's memory only, and in no message. */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "command.h"
#include "confirm.h"
#include "incident_keys.h"
#include "scrub_report.h"
#include "store/erase.h"
#include "text.h"

enum { QUESTION_MAX_BYTES = 512, WAIT_S = 60, WAIT_MAX_S = 86400 };

/* Rows that are gone may still be in files from an earlier run that was cut off. */
static enum gk_status finish_earlier(struct gk_store *store, const struct gk_arguments *arguments,
                                     int wait_s, struct gk_error *error)
{
    bool is_due = false;
    enum gk_status status = gk_store_scrub_is_due(&is_due, store, error);
    if (status != GK_OK || !is_due)
        return status;
    gk_report_note(arguments->report, "an earlier retain or purge did not clean the server's "
                                      "files: it is done now");
    return gk_scrub_and_report(store, arguments, wait_s, error);
}

/* --- retain -------------------------------------------------------------------------- */

enum { RETAIN_MONTHS, RETAIN_DRY_RUN, RETAIN_YES, RETAIN_WAIT };
static const struct gk_flag retain_flags[] = {
    [RETAIN_MONTHS] = {.name = "months",
                       .kind = GK_FLAG_NUMBER,
                       .help = "how many of the newest closed months are kept",
                       .minimum = 1,
                       .maximum = 1200,
                       .has_no_default = true,
                       .is_required = true},
    [RETAIN_DRY_RUN] = {.name = "dry-run",
                        .kind = GK_FLAG_SWITCH,
                        .help = "say what would go, and erase nothing"},
    [RETAIN_YES] = {.name = "yes", .kind = GK_FLAG_SWITCH, .help = "do not ask"},
    [RETAIN_WAIT] = {.name = "wait",
                     .kind = GK_FLAG_NUMBER,
                     .help = "seconds to wait for sessions that still see erased rows",
                     .minimum = 0,
                     .maximum = WAIT_MAX_S,
                     .initial = WAIT_S},
    {.name = NULL},
};

static void put_retention(struct gk_report *report, const struct gk_retention *r, bool is_dry)
{
    gk_report_month(report, "closed_month", r->closed_month, "the newest closed month is {}; ");
    gk_report_month(report, "kept_from", r->first_kept_month, "kept is {} and what is later\n");
    gk_report_count(report, "incidents", r->incidents,
                    is_dry ? "to be erased: {} incidents" : "erased: {} incidents");
    gk_report_count(report, "versions", r->versions, " in {} versions, ");
    gk_report_count(report, "revisions", r->revisions,
                    "{} revisions that can then no longer be rebuilt, ");
    gk_report_count(report, "releases", r->releases, "{} releases\n");
    gk_report_bool(report, "is_trimmed", r->is_trimmed, NULL);
    if (r->is_trimmed && is_dry) {
        gk_report_i64(report, "newest_release", r->newest_release, "release {} would give way to ");
        gk_report_month(report, "through", r->through_month,
                        "one of its kept months, through {}\n");
    }
}

static enum gk_status ask_retention(const struct gk_retention *r, bool is_yes,
                                    struct gk_error *error)
{
    struct gk_buf question;
    gk_buf_init(&question, QUESTION_MAX_BYTES);
    gk_buf_printf(&question, "%" PRId64 " incidents and %" PRId64 " releases with months before ",
                  r->incidents, r->releases);
    gk_buf_put_month(&question, r->first_kept_month);
    gk_buf_puts(&question, " will be erased.");
    enum gk_status status = gk_buf_status(&question);
    if (status == GK_OK)
        status = gk_confirm(question.data, is_yes, error);
    gk_buf_release(&question);
    return status;
}

static enum gk_status erase_old(struct gk_store *store, const struct gk_arguments *arguments,
                                const struct gk_retention *r, struct gk_error *error)
{
    struct gk_report *report = arguments->report;
    int32_t revision = 0, release = 0;
    gk_progress_begin(arguments->progress, "erasing", NULL, 0);
    enum gk_status status = gk_store_retain(&revision, &release, store, r->first_kept_month, error);
    gk_progress_end(arguments->progress);
    if (status != GK_OK)
        return status;
    put_retention(report, r, false);
    gk_report_i64(report, "revision", revision, "revision {}");
    if (release > 0) {
        gk_report_i64(report, "release", release, "; release {} has the kept months of ");
        gk_report_i64(report, "newest_release", r->newest_release, "release {}, unchanged");
    }
    gk_report_say(report, "\n");
    if (release == 0 && r->releases > 0 && r->newest_release > 0 &&
        r->through_month < r->first_kept_month)
        gk_report_note(report, "the public sees no release of that time any more; `grannkarta "
                               "publish` makes a new one");
    return gk_scrub_and_report(store, arguments, (int)arguments->values[RETAIN_WAIT].number, error);
}

static enum gk_status retain(const struct gk_options *options, const struct gk_arguments *arguments,
                             struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    bool is_dry = values[RETAIN_DRY_RUN].count > 0;
    struct gk_retention retention;
    struct gk_store *store = NULL;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_OWNER, "grannkarta retain", error);
    if (status == GK_OK)
        status =
            gk_store_retention(&retention, store, (int32_t)values[RETAIN_MONTHS].number, error);
    if (status == GK_OK && (is_dry || (retention.versions == 0 && retention.releases == 0))) {
        put_retention(arguments->report, &retention, is_dry);
        if (is_dry)
            gk_report_note(arguments->report, "dry run: nothing was erased");
        else
            status = finish_earlier(store, arguments, (int)values[RETAIN_WAIT].number, error);
    } else if (status == GK_OK) {
        status = ask_retention(&retention, values[RETAIN_YES].count > 0, error);
        if (status == GK_OK)
            status = erase_old(store, arguments, &retention, error);
    }
    gk_store_close(store);
    return status;
}

/* --- purge ----------------------------------------------------------------------------- */

enum { PURGE_FILE, PURGE_DRY_RUN, PURGE_YES, PURGE_WAIT };
enum { CASE_MAX_BYTES = 4096 };
static const struct gk_flag purge_flags[] = {
    [PURGE_FILE] = {.name = "case-file",
                    .kind = GK_FLAG_TEXT,
                    .help = "file with the case number, - for standard input"},
    [PURGE_DRY_RUN] = {.name = "dry-run",
                       .kind = GK_FLAG_SWITCH,
                       .help = "say whether the case is there, and erase nothing"},
    [PURGE_YES] = {.name = "yes", .kind = GK_FLAG_SWITCH, .help = "do not ask"},
    [PURGE_WAIT] = {.name = "wait",
                    .kind = GK_FLAG_NUMBER,
                    .help = "seconds to wait for sessions that still see erased rows",
                    .minimum = 0,
                    .maximum = WAIT_MAX_S,
                    .initial = WAIT_S},
    {.name = NULL},
};

static enum gk_status read_file(char *text, size_t size, const char *path, struct gk_error *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(path, "re");
    if (in == NULL)
        return gk_error_set(error, GK_IO, "read \"%.300s\": %s", path, strerror(errno));
    /* No buffer of stdio's, which nobody would wipe. */
    setvbuf(in, NULL, _IONBF, 0);
    size_t length = fread(text, 1, size - 1, in);
    bool failed = ferror(in) != 0, is_whole = fgetc(in) == EOF;
    text[length] = '\0';
    if (!is_stdin)
        fclose(in);
    if (failed)
        return gk_error_set(error, GK_IO, "read \"%.300s\": it cannot be read", path);
    return is_whole ? GK_OK
                    : gk_error_set(error, GK_INVALID,
                                   "the case file has more than %zu bytes; it is one case number",
                                   size - 1);
}

/* The number as UTF-8 in `text`. An argument is wiped from the process's command
 * line, which everybody on the machine may read. */
static enum gk_status read_case(char *text, size_t size, const struct gk_arguments *arguments,
                                struct gk_error *error)
{
    const char *path = arguments->values[PURGE_FILE].text;
    enum gk_status status = GK_OK;
    bool is_file = path != NULL && arguments->operand_count == 0;
    bool is_argument =
        path == NULL && arguments->operand_count == 1 && strlen(arguments->operands[0]) < size;
    if (is_file)
        status = read_file(text, size, path, error);
    else if (is_argument)
        memcpy(text, arguments->operands[0], strlen(arguments->operands[0]) + 1);
    else
        status = GK_INVALID;
    for (size_t i = 0; i < arguments->operand_count; i++)
        sodium_memzero(arguments->operands[i], strlen(arguments->operands[i]));
    if (status == GK_INVALID && error->message[0] == '\0')
        gk_error_set(error, status,
                     "purge needs one case number: by --case-file, or as an "
                     "argument (in quotes when it has blanks)");
    return status;
}

static enum gk_status trim_case(struct gk_buf *number, const char *text, struct gk_error *error)
{
    const char *start = text;
    size_t length = strlen(text);
    if (strncmp(start, "\xEF\xBB\xBF", 3) == 0)
        start += 3, length -= 3;
    gk_text_trim(&start, &length);
    if (length == 0 || memchr(start, '\n', length) != NULL || memchr(start, '\r', length) != NULL)
        return gk_error_set(error, GK_INVALID,
                            length == 0
                                ? "purge needs a case number; this one is empty"
                                : "purge takes one case number; here is more than one line");
    gk_buf_put_any(number, start, length);
    return gk_buf_status(number);
}

/* The hashes of the number under every key of the ring. */
static enum gk_status hash_case(unsigned char hashes[GK_KEYS_MAX][GK_CASE_HASH_BYTES],
                                size_t *count, const struct gk_incident_keys *keys,
                                const struct gk_arguments *arguments, struct gk_error *error)
{
    char text[CASE_MAX_BYTES];
    struct gk_buf number;
    gk_buf_init(&number, (size_t)3 * CASE_MAX_BYTES);
    *count = gk_keyring_count(keys->keyring);
    enum gk_status status = read_case(text, sizeof text, arguments, error);
    if (status == GK_OK)
        status = trim_case(&number, text, error);
    if (status == GK_OK)
        for (size_t i = 0; i < *count; i++)
            gk_case_hash(keys->keyring, i, number.data, number.length, hashes[i]);
    sodium_memzero(text, sizeof text);
    if (number.data != NULL)
        sodium_memzero(number.data, number.length);
    gk_buf_release(&number);
    return status;
}

static void put_purged(struct gk_report *report, const struct gk_purged *purged, bool is_dry)
{
    gk_report_count(report, "versions", purged->versions,
                    is_dry ? "the case is there, in {} versions; "
                           : "the case is erased, {} versions of it; ");
    gk_report_count(report, "revisions", purged->revisions,
                    "{} revisions can then no longer be rebuilt\n");
    if (is_dry) {
        gk_report_note(report, "dry run: nothing was erased");
        return;
    }
    gk_report_i64(report, "revision", purged->revision, "revision {}\n");
    gk_report_i64(report, "newest_release", purged->newest_release, NULL);
    if (purged->newest_release > 0)
        gk_report_note(report,
                       "releases stay as they are: counts of cells and months, in which it may be "
                       "one. If it must go from them too: `grannkarta withdraw %d`, and those "
                       "before it, then `grannkarta publish`",
                       (int)purged->newest_release);
    gk_report_note(report, "an import of a file that has the case brings it back");
}

/* In one transaction, which a dry run takes back. */
static enum gk_status purge_hashes(struct gk_purged *purged, struct gk_store *store,
                                   const unsigned char *hashes, size_t count, bool is_dry,
                                   struct gk_error *error)
{
    enum gk_status status = gk_store_execute(store, "BEGIN", error);
    if (status == GK_OK)
        status = gk_store_purge(purged, store, hashes, count, error);
    if (status == GK_OK)
        status = gk_store_execute(store, is_dry ? "ROLLBACK" : "COMMIT", error);
    return status;
}

static enum gk_status purge_case(struct gk_store *store, const struct gk_arguments *arguments,
                                 const unsigned char *hashes, size_t count, struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    bool is_dry = values[PURGE_DRY_RUN].count > 0;
    int wait_s = (int)values[PURGE_WAIT].number;
    struct gk_purged purged;
    enum gk_status status = GK_OK;
    if (!is_dry)
        status = gk_confirm("All that is stored of the case will be erased.",
                            values[PURGE_YES].count > 0, error);
    if (status == GK_OK)
        status = purge_hashes(&purged, store, hashes, count, is_dry, error);
    if (status != GK_OK)
        return status;
    if (purged.revision > 0) {
        put_purged(arguments->report, &purged, is_dry);
        return is_dry ? GK_OK : gk_scrub_and_report(store, arguments, wait_s, error);
    }
    gk_report_note(arguments->report, "nothing is stored of this case, under any key of the ring");
    status = is_dry ? GK_OK : finish_earlier(store, arguments, wait_s, error);
    return status == GK_OK ? gk_error_set(error, GK_NOT_FOUND,
                                          "the case is not there: nothing was "
                                          "erased")
                           : status;
}

static enum gk_status purge(const struct gk_options *options, const struct gk_arguments *arguments,
                            struct gk_error *error)
{
    unsigned char hashes[GK_KEYS_MAX][GK_CASE_HASH_BYTES];
    size_t count = 0;
    struct gk_incident_keys keys = {0};
    struct gk_store *store = NULL;
    enum gk_status status =
        gk_command_open_store(&store, options, GK_STORE_OWNER, "grannkarta purge", error);
    /* With a wrong ring the case would seem not to be there. */
    if (status == GK_OK)
        status = gk_incident_keys_open(&keys, store, options->key_ring, false, error);
    if (status == GK_OK)
        status = hash_case(hashes, &count, &keys, arguments, error);
    if (status == GK_OK)
        status = purge_case(store, arguments, hashes[0], count, error);
    sodium_memzero(hashes, sizeof hashes);
    gk_incident_keys_release(&keys);
    gk_store_close(store);
    return status;
}

const struct gk_command gk_command_retain = {
    .name = "retain",
    .operands = "",
    .help = "erase for good what is older than so many months",
    .usage =
        "Kept are the newest N closed months and what is later; a month is closed when the data\n"
        "are complete through its last day, and an incident is of the month of the middle of\n"
        "its interval. Older incidents go with all their versions, older versions of kept ones\n"
        "too. Revisions that showed them can no longer be rebuilt or reverted. Releases with\n"
        "older months go; if the newest is one, a release of its kept months takes its place,\n"
        "made of its own counts. Rows of older months are not imported again.\n"
        "Then the server's files are cleaned, and what still holds something is said: exit code\n"
        "4 when tables or WAL of the server do.\n",
    .flags = retain_flags,
    .has_report = true,
    .run = retain,
};

const struct gk_command gk_command_purge = {
    .name = "purge",
    .operands = "[CASE]",
    .help = "erase one case for good, in all revisions",
    .usage =
        "The case number is best given by --case-file, or - for standard input: an argument is\n"
        "kept by the shell's history. It is matched under every key of the key ring; it is\n"
        "never printed or logged. Revisions that showed the case can no longer be rebuilt or\n"
        "reverted. Releases, which are counts, stay. Then the server's files are cleaned as by\n"
        "`retain`.\n",
    .flags = purge_flags,
    .operand_maximum = 16,
    .has_report = true,
    .run = purge,
};
