/* `verify`: looks at what is stored and at what a running daemon answers, and
 * stores and prints a report for the data protection officer. What it asks is in
 * lib/store/verify, how it writes in verify_report.c and verify_page.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "store/places.h"
#include "store/verify.h"
#include "stored_lattice.h"
#include "verify_answers.h"
#include "verify_report.h"

enum { REPORT_MAX_BYTES = 4 * 1024 * 1024 };

enum {
    FLAG_URL,
    FLAG_NO_HTTP,
    FLAG_TOKEN_FILE,
    FLAG_FEATURES,
    FLAG_HTML,
    FLAG_LANG,
    FLAG_JSON,
    FLAG_SHOW
};
static const struct gk_flag flags[] = {
    [FLAG_URL] = {.name = "url",
                  .kind = GK_FLAG_TEXT,
                  .help = "where the daemon answers; else http:// and the options listen and port"},
    [FLAG_NO_HTTP] = {.name = "no-http", .kind = GK_FLAG_SWITCH, .help = "look at the store only"},
    [FLAG_TOKEN_FILE] = {.name = "token-file",
                         .kind = GK_FLAG_TEXT,
                         .help = "file with an analyst's token: looks at incidents too"},
    [FLAG_FEATURES] = {.name = "features",
                       .kind = GK_FLAG_NUMBER,
                       .help = "collections of more features are sampled, with a fixed seed",
                       .minimum = 100,
                       .maximum = 100000000,
                       .initial = 50000},
    [FLAG_HTML] = {.name = "html",
                   .kind = GK_FLAG_TEXT,
                   .help = "write the page to this file as well"},
    [FLAG_LANG] = {.name = "lang",
                   .kind = GK_FLAG_CHOICE,
                   .help = "language of the page",
                   .choices = "sv|en",
                   .initial_text = "sv"},
    [FLAG_JSON] = {.name = "json", .kind = GK_FLAG_SWITCH, .help = "print the report as JSON"},
    [FLAG_SHOW] = {.name = "show",
                   .kind = GK_FLAG_SWITCH,
                   .help = "print the latest stored report instead of making one"},
    {.name = NULL},
};

/* --- Files ----------------------------------------------------------------------- */

/* Writes beside the file first, so that a page is there whole or not at all. */
static enum gk_status write_page(const char *path, const char *page, struct gk_error *error)
{
    char *beside = NULL;
    if (asprintf(&beside, "%s.new", path) < 0)
        return gk_error_set(error, GK_NO_MEMORY, "write \"%.300s\": out of memory", path);
    enum gk_status status = GK_OK;
    FILE *file = fopen(beside, "wxe");
    if (file == NULL || fputs(page, file) == EOF || fflush(file) != 0 || fsync(fileno(file)) != 0)
        status = gk_error_set(error, GK_IO, "write \"%.300s\": %s", path, strerror(errno));
    if (file != NULL && fclose(file) != 0 && status == GK_OK)
        status = gk_error_set(error, GK_IO, "write \"%.300s\": %s", path, strerror(errno));
    if (status == GK_OK && rename(beside, path) != 0)
        status = gk_error_set(error, GK_IO, "write \"%.300s\": %s", path, strerror(errno));
    if (status != GK_OK && file != NULL)
        (void)unlink(beside);
    free(beside);
    return status;
}

/* --- A stored report ----------------------------------------------------------------- */

/* What to do with a report. */
struct output {
    const char *html; /* file or NULL */
    bool is_swedish, is_json;
    bool is_found, passed;
};

static enum gk_status put_out(void *context, const struct gk_verification *verification,
                              struct gk_error *error)
{
    struct output *output = context;
    output->is_found = true;
    output->passed = verification->passed;
    if (output->is_json)
        printf("%s%s", verification->json,
               verification->json[strlen(verification->json) - 1] == '\n' ? "" : "\n");
    else
        printf("%s", verification->text);
    if (output->html == NULL)
        return GK_OK;
    return write_page(output->html,
                      output->is_swedish ? verification->page_sv : verification->page_en, error);
}

static enum gk_status show(struct gk_store *store, struct output *output, struct gk_error *error)
{
    enum gk_status status = gk_verification_latest(store, put_out, output, error);
    if (status == GK_OK && !output->is_found)
        status =
            gk_error_set(error, GK_NOT_FOUND,
                         "show the latest report: none is stored; `grannkarta verify` makes one");
    return status;
}

/* --- Looking ------------------------------------------------------------------------- */

static enum gk_status check_store(struct gk_verify_report *report, struct gk_store *store,
                                  const struct gk_options *options, struct gk_error *error)
{
    const struct gk_verify_settings settings = {options->k, options->min_addresses,
                                                options->watch_min_dwellings};
    enum gk_status status = gk_verify_begin(store, &settings, error);
    for (enum gk_verify_check check = 0; check < GK_VERIFY_CHECKS && status == GK_OK; check++) {
        if (gk_verify_check_info(check)->part != GK_VERIFY_STORE)
            continue;
        status = gk_verify_check(&report->finding[check].outcome, store,
                                 gk_verify_check_info(check)->id, error);
        report->finding[check].is_run = true;
    }
    if (status == GK_OK)
        status = gk_verify_numbers(store, gk_verify_report_add, report, error);
    return status;
}

/* How far homes are from the point of their cell, in the newest lattice: the same
 * numbers as `lattice show`. */
static enum gk_status measure_lattice(struct gk_verify_report *report, struct gk_store *store,
                                      struct gk_error *error)
{
    struct gk_places places;
    struct gk_lattice_version version;
    struct gk_stored_lattice stored = {.units = NULL};
    enum gk_status status = gk_places_read(&places, store, error);
    if (status != GK_OK || places.lattice_version == 0)
        return status;
    status = gk_lattice_read(&version, store, places.lattice_version, error);
    if (status == GK_OK)
        status = gk_stored_lattice_load(&stored, store, version.source_id, version.classes, error);
    size_t kept = 0;
    for (size_t i = 0; i < stored.unit_count; i++)
        if (stored.units[i].cell != GK_CELL_NONE)
            stored.units[kept++] = stored.units[i];
    if (status == GK_OK) {
        status = gk_lattice_summarise(&report->lattice, stored.units, kept, stored.cells,
                                      stored.cell_count, version.square_dm * 10);
        if (status != GK_OK)
            gk_error_set(error, status, "summarise the lattice: %s", gk_status_text(status));
    }
    report->has_lattice = status == GK_OK;
    gk_stored_lattice_release(&stored);
    return status;
}

/* --- The report ------------------------------------------------------------------------ */

/* The forms of a report. */
struct forms {
    struct gk_buf json, text, page_sv, page_en;
};

static enum gk_status make_forms(struct forms *forms, const struct gk_verify_report *report,
                                 struct gk_error *error)
{
    struct gk_buf *all[] = {&forms->json, &forms->text, &forms->page_sv, &forms->page_en};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gk_buf_init(all[i], REPORT_MAX_BYTES);
    gk_verify_put_json(&forms->json, report);
    gk_verify_put_text(&forms->text, report);
    gk_verify_put_page(&forms->page_sv, report, true);
    gk_verify_put_page(&forms->page_en, report, false);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (gk_buf_status(all[i]) != GK_OK)
            return gk_error_set(error, gk_buf_status(all[i]), "write the report: %s",
                                gk_status_text(gk_buf_status(all[i])));
    return GK_OK;
}

static void release_forms(struct forms *forms)
{
    gk_buf_release(&forms->json);
    gk_buf_release(&forms->text);
    gk_buf_release(&forms->page_sv);
    gk_buf_release(&forms->page_en);
}

static enum gk_status keep_and_print(const struct gk_verify_report *report, struct gk_store *store,
                                     struct output *output, struct gk_error *error)
{
    struct forms forms;
    enum gk_status status = make_forms(&forms, report, error);
    struct gk_verification verification = {
        .created_utc = report->made_utc,
        .release = (int32_t)gk_verify_number(report, "release"),
        .revision = (int32_t)gk_verify_number(report, "revision"),
        .lattice_version = (int32_t)gk_verify_number(report, "lattice_version"),
        .passed = gk_verify_count(report, GK_VERIFY_FAIL) == 0,
        .software = GK_VERSION,
        .json = forms.json.data,
        .text = forms.text.data,
        .page_sv = forms.page_sv.data,
        .page_en = forms.page_en.data,
    };
    if (status == GK_OK)
        status = gk_verification_insert(&verification, store, error);
    if (status == GK_OK)
        status = put_out(output, &verification, error);
    release_forms(&forms);
    return status;
}

/* Names the checks that failed, as far as a message holds. */
static enum gk_status say_failed(const struct gk_verify_report *report, struct gk_error *error)
{
    struct gk_buf names;
    gk_buf_init(&names, GK_ERROR_MESSAGE_MAX);
    for (enum gk_verify_check check = 0; check < GK_VERIFY_CHECKS; check++)
        if (gk_verify_result(report, check) == GK_VERIFY_FAIL)
            gk_buf_printf(&names, "%s%s", names.length > 0 ? ", " : "",
                          gk_verify_check_info(check)->id);
    gk_error_set(error, GK_NOT_VERIFIED, "verify: failed: %.400s",
                 names.data != NULL ? names.data : "");
    gk_buf_release(&names);
    return GK_NOT_VERIFIED;
}

static enum gk_status verify(struct gk_store *store, const struct gk_options *options,
                             const struct gk_verify_target *target, struct output *output,
                             struct gk_error *error)
{
    struct gk_verify_report *report = calloc(1, sizeof *report);
    if (report == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "verify: out of memory");
    report->made_utc = (int64_t)time(NULL);
    report->title = options->title;
    report->publisher = options->publisher;
    enum gk_status status = check_store(report, store, options, error);
    if (status == GK_OK)
        status = measure_lattice(report, store, error);
    if (status == GK_OK && target->url[0] != '\0')
        status = gk_verify_answers(report, store, target, error);
    if (status == GK_OK)
        status = gk_verify_end(store, error);
    if (status == GK_OK)
        status = keep_and_print(report, store, output, error);
    if (status == GK_OK && gk_verify_count(report, GK_VERIFY_FAIL) > 0)
        status = say_failed(report, error);
    free(report);
    return status;
}

static enum gk_status run_verify(const struct gk_options *options,
                                 const struct gk_arguments *arguments, struct gk_error *error)
{
    const struct gk_flag_value *value = arguments->values;
    struct output output = {.html = value[FLAG_HTML].text,
                            .is_swedish = strcmp(value[FLAG_LANG].text, "sv") == 0,
                            .is_json = value[FLAG_JSON].count > 0};
    struct gk_verify_target target;
    struct gk_store *store = NULL;
    enum gk_status status = GK_OK;
    bool shows = value[FLAG_SHOW].count > 0;
    memset(&target, 0, sizeof target);
    target.features_max = value[FLAG_FEATURES].number;
    if (!shows && value[FLAG_NO_HTTP].count == 0)
        status = gk_verify_target_find(&target, options, value[FLAG_URL].text,
                                       value[FLAG_TOKEN_FILE].text, error);
    if (status == GK_OK)
        status = gk_command_open_store(&store, options, GK_STORE_OWNER, "grannkarta verify", error);
    if (status == GK_OK)
        status =
            shows ? show(store, &output, error) : verify(store, options, &target, &output, error);
    gk_store_close(store);
    gk_verify_target_forget(&target);
    return status;
}

const struct gk_command gk_command_verify = {
    .name = "verify",
    .operands = "",
    .help = "check that nobody can be singled out, and report it",
    .usage =
        "Looks at the stored data and at every public answer of the running daemon, stores a\n"
        "report and prints it; --html writes the page for the data protection officer, with a\n"
        "template for the impact assessment. Nothing but the report is written. The report\n"
        "names cells, districts, releases and columns, never an incident or a text that was\n"
        "found. Exit code 0: every check that applies passed; 5: one did not.\n",
    .flags = flags,
    .run = run_verify,
};
