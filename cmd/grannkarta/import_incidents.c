/* `import incidents`: the one way that incidents come in.
 *
 * The file is read as a stream. The exact place and the case number of a row
 * exist only in this process, while the row is read; what goes to the database
 * is its cell, hours, code, count and a keyed hash. No message, list or figure
 * says more. One file is one transaction and one revision, or nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "command.h"
#include "incident_codes.h"
#include "incident_columns.h"
#include "incident_crs.h"
#include "incident_file.h"
#include "incident_intake.h"
#include "incident_settings.h"
#include "incident_source.h"
#include "store/erase.h"
#include "store/incidents.h"
#include "store/places.h"

/* Flags up to CODES are settings of profiles by the same name. */
enum {
    FORMAT,
    ENCODING,
    DELIMITER,
    DECIMAL,
    DATE_ORDER,
    AXIS_ORDER,
    CRS,
    LAYER,
    CODES,
    MAP,
    PROFILE,
    SAVE_PROFILE,
    ON_REJECT,
    REJECTS,
    DRY_RUN,
    DATA_THROUGH,
    ACCEPT_OUTSIDE
};
enum { PATH_MAX_BYTES = 4096 };

/* Everything of one run. */
struct import {
    const struct gk_options *options;
    const struct gk_flag_value *values;
    const char *path;
    struct gk_incident_settings settings;
    struct gk_store *store;
    struct gk_incident_source source;
    struct gk_incident_columns columns;
    char code_heading[GK_COLUMN_NAME_MAX];
    struct gk_incident_crs crs;
    struct gk_incident_codes *codes;
    struct gk_incident_form form;
    struct gk_incident_keys keys;
    struct gk_incident_places *places;
    char rejects_path[PATH_MAX_BYTES];
    struct gk_incident_rejects *rejects;
    struct gk_incident_report *report;
    struct gk_incident_intake intake;
    struct gk_report *out;
    struct gk_progress *progress;
};

static const char *const setting_names[] = {
    [FORMAT] = "format",   [ENCODING] = "encoding",     [DELIMITER] = "delimiter",
    [DECIMAL] = "decimal", [DATE_ORDER] = "date-order", [AXIS_ORDER] = "axis-order",
    [CRS] = "crs",         [LAYER] = "layer",           [CODES] = "codes"};

/* --- Preparing ------------------------------------------------------------------- */

/* Months that have not been cannot be complete: they would be published as closed, and
 * a retention, which counts from the last closed month, would erase all before them. */
static enum gk_status check_data_through(const struct gk_flag_value *value, struct gk_error *error)
{
    int32_t today = gk_day_from_hour(gk_hour_from_utc((int64_t)time(NULL)));
    if (value->count == 0 || value->number <= today)
        return GK_OK;
    struct gk_buf days;
    gk_buf_init(&days, GK_ERROR_MESSAGE_MAX);
    gk_buf_puts(&days, "--data-through is ");
    gk_buf_put_day(&days, (int32_t)value->number);
    gk_buf_puts(&days, "; allowed is a day until today, ");
    gk_buf_put_day(&days, today);
    gk_error_set(error, GK_INVALID, "%s", days.data != NULL ? days.data : "--data-through");
    gk_buf_release(&days);
    return GK_INVALID;
}

/* The profile, then what the flags say. */
static enum gk_status read_settings(struct import *import, struct gk_error *error)
{
    const struct gk_flag_value *values = import->values;
    struct gk_incident_settings *settings = &import->settings;
    struct gk_error inner;
    enum gk_status status = check_data_through(&values[DATA_THROUGH], error);
    gk_incident_settings_init(settings);
    if (status == GK_OK && values[PROFILE].count > 0)
        status = gk_incident_settings_read(settings, values[PROFILE].text, error);
    for (int i = FORMAT; i <= CODES && status == GK_OK; i++)
        if (values[i].count > 0 &&
            (status = gk_incident_settings_set(settings, setting_names[i], values[i].text,
                                               &inner)) != GK_OK)
            gk_error_set(error, status, "--%s", inner.message);
    for (size_t i = 0; i < values[MAP].count && status == GK_OK; i++)
        if ((status = gk_incident_map_read(&settings->map, values[MAP].list[i], &inner)) != GK_OK)
            gk_error_set(error, status, "--%s", inner.message);
    return status;
}

static enum gk_status open_rejects(struct import *import, struct gk_error *error)
{
    const struct gk_flag_value *given = &import->values[REJECTS];
    struct gk_incident_rejects_options options = {.input = import->path,
                                                  .delimiter = import->source.delimiter,
                                                  .row_name = import->source.row_name,
                                                  .date_order = import->settings.date_order};
    /* A folder (a FileGDB) may be given with a slash behind it. */
    size_t stem = strlen(import->path);
    while (stem > 1 && import->path[stem - 1] == '/')
        stem--;
    int length =
        snprintf(import->rejects_path, PATH_MAX_BYTES, "%.*s.rejects.csv", (int)stem, import->path);
    if (given->count > 0)
        length = snprintf(import->rejects_path, PATH_MAX_BYTES, "%s", given->text);
    if (length < 0 || length >= PATH_MAX_BYTES)
        return gk_error_set(error, GK_INVALID, "the name of the list of rejected rows is too long");
    /* A rehearsal leaves nothing behind, unless it is asked to. */
    if (given->count > 0 || import->values[DRY_RUN].count == 0)
        options.path = import->rejects_path;
    return gk_incident_rejects_open(&import->rejects, &options, error);
}

/* The heading of the codes as it stands in the file, to know it when it comes
 * again. */
static void keep_code_heading(struct import *import, const struct gk_csv_row *heading)
{
    int column = import->columns.column[GK_FIELD_CODE];
    const struct gk_csv_field *field = &heading->fields[column];
    if (import->columns.part_count[GK_FIELD_CODE] <= 1 && field->length < GK_COLUMN_NAME_MAX)
        memcpy(import->code_heading, field->text, field->length);
}

static void fill_form(struct import *import)
{
    const struct gk_incident_settings *settings = &import->settings;
    import->form = (struct gk_incident_form){
        .columns = &import->columns,
        .code_heading = import->code_heading,
        .codes = import->codes,
        .encoding = settings->encoding,
        .date_order = settings->date_order,
        .decimal = settings->decimal,
        .is_swapped = settings->is_swapped,
        .has_geometry = import->source.has_geometry && !gk_incident_map_has_place(&settings->map),
        .place_kind = import->crs.place_kind,
        .today = gk_day_from_hour(gk_hour_from_utc((int64_t)time(NULL)))};
}

static enum gk_status open_file(struct import *import, struct gk_error *error)
{
    const struct gk_incident_settings *settings = &import->settings;
    struct gk_incident_source *source = &import->source;
    struct gk_csv_row heading;
    enum gk_status status = gk_incident_source_open(source, import->path, settings, error);
    if (status == GK_OK)
        status = gk_incident_source_heading(source, &heading, error);
    bool uses_geometry = source->has_geometry && !gk_incident_map_has_place(&settings->map);
    if (status == GK_OK)
        status = gk_incident_columns_find(&import->columns, &heading, &settings->map, uses_geometry,
                                          error);
    if (status != GK_OK)
        return status;
    gk_incident_intake_headings(&import->intake, &heading, &import->columns);
    keep_code_heading(import, &heading);
    status = gk_incident_crs_choose(&import->crs, settings->epsg, source, &import->columns,
                                    uses_geometry, error);
    if (status == GK_OK)
        status = open_rejects(import, error);
    return status;
}

static enum gk_status add_code(void *context, int16_t id, const char *code, struct gk_error *error)
{
    return gk_incident_codes_add(context, id, code, error);
}

static enum gk_status read_codes(struct import *import, struct gk_error *error)
{
    struct gk_incident_file *file;
    enum gk_status status = gk_offence_codes_each(import->store, add_code, import->codes, error);
    if (status != GK_OK || import->settings.codes[0] == '\0')
        return status;
    status = gk_incident_file_open(&file, import->settings.codes, error);
    if (status == GK_OK)
        status = gk_incident_codes_read(import->codes, gk_incident_file_read, file, error);
    gk_incident_file_close(file);
    return status;
}

static enum gk_status open_store(struct import *import, struct gk_error *error)
{
    const struct gk_incident_places_options places = {import->crs.projected, import->crs.degrees,
                                                      import->options->locate_radius_m};
    bool is_rehearsal = import->values[DRY_RUN].count > 0;
    enum gk_status status = gk_command_open_store(
        &import->store, import->options, GK_STORE_IMPORTER, "grannkarta import incidents", error);
    if (status == GK_OK)
        status = gk_places_begin(import->store, error);
    if (status == GK_OK)
        status = read_codes(import, error);
    if (status == GK_OK)
        status = gk_store_kept_from(&import->intake.kept_from, import->store, error);
    if (status == GK_OK && import->columns.column[GK_FIELD_CASE] != GK_COLUMN_NONE)
        status = gk_incident_keys_open(&import->keys, import->store, import->options->key_ring,
                                       is_rehearsal, error);
    if (status == GK_OK)
        status = gk_incident_places_open(&import->places, import->store, &places, error);
    if (status == GK_OK && import->values[SAVE_PROFILE].count > 0)
        status =
            gk_incident_settings_write(&import->settings, import->values[SAVE_PROFILE].text, error);
    return status;
}

/* --- The end ------------------------------------------------------------------------- */

static enum gk_status write_revision(struct import *import, const struct gk_incident_totals *totals,
                                     struct gk_error *error)
{
    unsigned char hash[32];
    struct gk_revision revision = {.file_sha256 = hash,
                                   .data_through = totals->data_through,
                                   .read = totals->read,
                                   .unlocated = gk_incident_report_unlocated(import->report),
                                   .rejected = totals->rejected,
                                   .counts = totals->counts};
    int32_t id = 0;
    gk_progress_begin(import->progress, "writing the revision", NULL, 0);
    enum gk_status status = gk_incident_source_hash(&import->source, hash, error);
    if (status == GK_OK)
        status = gk_incidents_write(&id, import->intake.load, &revision, error);
    if (status == GK_OK)
        status = gk_store_execute(import->store, "COMMIT", error);
    if (status == GK_OK) {
        gk_report_i64(import->out, "revision", id, "revision {}");
        gk_report_day(import->out, "data_through", revision.data_through, ", data through {}\n");
    }
    return status;
}

/* What is refused leaves everything as it was, unless the user chose to skip. */
static enum gk_status refuse_rejects(const struct gk_incident_totals *totals,
                                     struct gk_error *error)
{
    struct gk_buf list;
    gk_buf_init(&list, GK_ERROR_MESSAGE_MAX);
    if (totals->rejects_path != NULL)
        gk_buf_printf(&list, " (see %.200s)", totals->rejects_path);
    else
        gk_buf_puts(&list, " (--rejects FILE lists them, in a dry run too)");
    gk_error_set(error, GK_REJECTED,
                 "%lld of %lld rows were rejected%s and nothing was imported; mend the file, or "
                 "take the rest with --on-reject=skip",
                 (long long)totals->rejected, (long long)totals->read,
                 list.data != NULL ? list.data : "");
    gk_buf_release(&list);
    return GK_REJECTED;
}

/* A wrong CRS would make every row unlocated, for good: the same cases imported
 * again with the right one would be duplicates. */
static enum gk_status refuse_misplaced(const struct import *import, const char *what,
                                       struct gk_error *error)
{
    int64_t outside = gk_incident_report_outside(import->report);
    return gk_error_set(error, GK_REJECTED,
                        "%lld places are outside Sweden and nothing was imported; %s If they are "
                        "abroad indeed: --accept-outside-sweden",
                        (long long)outside, what);
}

static enum gk_status finish(struct import *import, const struct gk_incident_totals *totals,
                             struct gk_error *error)
{
    int64_t swapped = gk_incident_rejects_count_of(import->rejects, gk_reason_swapped);
    if (swapped > 0)
        gk_report_note(import->out,
                       "%lld rows have northing and easting (latitude and longitude) exchanged; if "
                       "the whole file has: --axis-order %s, or name the columns with --map",
                       (long long)swapped, import->settings.is_swapped ? "named" : "swapped");
    if (totals->rejected > 0 && strcmp(import->values[ON_REJECT].text, "abort") == 0)
        return refuse_rejects(totals, error);
    if (totals->data_through == INT32_MIN)
        return gk_error_set(error, GK_REJECTED, "there is no row to import");
    const char *misplaced = gk_incident_report_misplaced(import->report);
    if (misplaced != NULL && import->values[DRY_RUN].count == 0 &&
        import->values[ACCEPT_OUTSIDE].count == 0)
        return refuse_misplaced(import, misplaced, error);
    if (import->values[DRY_RUN].count > 0) {
        gk_report_note(import->out, "dry run: nothing was written to the database");
        return GK_OK;
    }
    return write_revision(import, totals, error);
}

static void fill_totals(const struct import *import, struct gk_incident_totals *totals)
{
    const struct gk_flag_value *through = &import->values[DATA_THROUGH];
    totals->read = import->intake.read;
    totals->rejected = gk_incident_rejects_count(import->rejects);
    totals->what = import->source.what;
    totals->rejects_path = gk_incident_rejects_path(import->rejects);
    totals->kept_from = import->intake.kept_from;
    totals->has_skipping = import->settings.codes[0] != '\0';
    totals->knows_municipalities = gk_incident_places_knows_municipalities(import->places);
    totals->max_distance_m = import->options->locate_radius_m;
    totals->data_through = through->count > 0 ? (int32_t)through->number
                                              : gk_incident_report_data_through(import->report);
}

static enum gk_status import_file(struct import *import, struct gk_error *error)
{
    struct gk_incident_totals totals = {0};
    size_t old_count;
    enum gk_status status = read_settings(import, error);
    if (status == GK_OK)
        status = open_file(import, error);
    if (status == GK_OK)
        status = open_store(import, error);
    if (status != GK_OK)
        return status;
    fill_form(import);
    import->intake.source = &import->source;
    import->intake.form = &import->form;
    import->intake.places = import->places;
    import->intake.rejects = import->rejects;
    import->intake.report = import->report;
    import->intake.keys = &import->keys;
    import->intake.progress = import->progress;
    import->intake.is_rehearsal = import->values[DRY_RUN].count > 0;
    status = gk_incident_intake_run(&import->intake, import->store, error);
    if (status != GK_OK)
        return status;
    const int32_t *old = gk_incident_places_old_versions(import->places, &old_count);
    gk_progress_begin(import->progress, "comparing with what is stored", NULL, 0);
    status = gk_incidents_compare(&totals.counts, import->intake.load, old, old_count, error);
    if (status != GK_OK)
        return status;
    fill_totals(import, &totals);
    gk_incident_report_put(import->out, import->report, &totals);
    gk_incident_rejects_put(import->out, import->rejects);
    return finish(import, &totals, error);
}

static enum gk_status run(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    struct import *import = calloc(1, sizeof *import);
    if (import == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "import incidents: out of memory");
    import->options = options;
    import->values = arguments->values;
    import->out = arguments->report;
    import->progress = arguments->progress;
    import->path = arguments->operands[0];
    gk_incident_intake_init(&import->intake);
    enum gk_status status = gk_incident_report_create(&import->report);
    if (status == GK_OK)
        status = gk_incident_codes_create(&import->codes);
    if (status == GK_OK)
        status = import_file(import, error);
    gk_incident_intake_release(&import->intake);
    gk_store_close(import->store);
    gk_incident_source_close(&import->source);
    gk_incident_keys_release(&import->keys);
    gk_incident_places_close(import->places);
    gk_incident_rejects_free(import->rejects);
    gk_incident_report_free(import->report);
    gk_incident_codes_free(import->codes);
    free(import);
    return status;
}

static const struct gk_flag flags[] = {
    [FORMAT] = {.name = "format",
                .kind = GK_FLAG_CHOICE,
                .choices = "auto|csv|vector",
                .initial_text = "auto",
                .help = "what the file is; vector: GeoPackage, Excel, whatever GDAL reads"},
    [ENCODING] = {.name = "encoding",
                  .kind = GK_FLAG_CHOICE,
                  .choices = "auto|utf-8|windows-1252|iso-8859-1",
                  .initial_text = "auto",
                  .help = "encoding of the text; auto: UTF-8 where it is that, else Windows-1252"},
    [DELIMITER] = {.name = "delimiter",
                   .kind = GK_FLAG_CHOICE,
                   .choices = "auto|semicolon|comma|tab",
                   .initial_text = "auto",
                   .help = "what stands between columns"},
    [DECIMAL] = {.name = "decimal",
                 .kind = GK_FLAG_CHOICE,
                 .choices = "auto|point|comma",
                 .initial_text = "auto",
                 .help = "what stands before decimals"},
    [DATE_ORDER] = {.name = "date-order",
                    .kind = GK_FLAG_CHOICE,
                    .choices = "ymd|dmy|mdy",
                    .initial_text = "ymd",
                    .help = "of dates that end with the year; ymd: they are refused"},
    [AXIS_ORDER] = {.name = "axis-order",
                    .kind = GK_FLAG_CHOICE,
                    .choices = "named|swapped",
                    .initial_text = "named",
                    .help = "swapped: what is called north is east, and the reverse"},
    [CRS] = {.name = "crs",
             .kind = GK_FLAG_NUMBER,
             .minimum = 1,
             .maximum = 1000000,
             .has_no_default = true,
             .help = "EPSG code of the coordinates (else the file's own, 3006 for N and E, 4326 "
                     "for degrees)"},
    [LAYER] = {.name = "layer",
               .kind = GK_FLAG_TEXT,
               .help = "layer or sheet of a file that has several"},
    [CODES] = {.name = "codes",
               .kind = GK_FLAG_TEXT,
               .help = "CSV of value;code: the source's offences as Brå's codes; no code: not "
                       "burglary, left out; value *: all others"},
    [MAP] = {.name = "map",
             .kind = GK_FLAG_LIST,
             .help = "field=column,...: which column a field is in; empty: not read; A+B: joined"},
    [PROFILE] = {.name = "profile",
                 .kind = GK_FLAG_TEXT,
                 .help = "file with all of the above (`grannkarta profile sample`); flags go "
                         "before it"},
    [SAVE_PROFILE] = {.name = "save-profile",
                      .kind = GK_FLAG_TEXT,
                      .help = "write such a file from what is given here"},
    [ON_REJECT] = {.name = "on-reject",
                   .kind = GK_FLAG_CHOICE,
                   .choices = "abort|skip",
                   .initial_text = "abort",
                   .help = "when rows are rejected: import nothing, or the rest"},
    [REJECTS] = {.name = "rejects",
                 .kind = GK_FLAG_TEXT,
                 .help = "where rejected rows are listed (else FILE.rejects.csv)"},
    [DRY_RUN] = {.name = "dry-run",
                 .kind = GK_FLAG_SWITCH,
                 .help = "print the report and write nothing, no list either unless --rejects"},
    [DATA_THROUGH] = {.name = "data-through",
                      .kind = GK_FLAG_DAY,
                      .help = "last day that the file is complete for (else the latest report, "
                              "else the latest end)"},
    [ACCEPT_OUTSIDE] = {.name = "accept-outside-sweden",
                        .kind = GK_FLAG_SWITCH,
                        .help = "import also when most places lie outside Sweden, as unlocated; "
                                "else that is taken for a wrong --crs, and refused"},
    {.name = NULL}};

const struct gk_command gk_command_import_incidents = {
    .name = "import incidents",
    .operands = "FILE",
    .help = "import burglaries, coarsened to cells, from CSV or any vector file",
    .usage =
        "Fields: code, from, to, reported, northing, easting, latitude, longitude, position,\n"
        "municipality, count, case. Columns are recognised by Swedish and English names\n"
        "(BROTTSKOD, BROTTSDATUMTID_START, SWEREF N, Antal, DIARIENR, ...) or given by --map.\n"
        "Streets are not read. Exact places and case numbers are stored nowhere: only the cell,\n"
        "and a keyed hash (option key_ring). Rejected rows are listed in FILE.rejects.csv; rows\n"
        "without a place are kept and counted as unlocated.\n",
    .flags = flags,
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = run,
};
