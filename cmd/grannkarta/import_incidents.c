/* `import incidents`: the one way that incidents come in.
 *
 * The file is read as a stream. The exact place and the case number of a row
 * exist only in this process, while the row is read; what goes to the database
 * is its cell, hours, code, count and a keyed hash. No message, list or figure
 * says more. One file is one transaction and one revision, or nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "csv.h"
#include "incident_columns.h"
#include "incident_file.h"
#include "incident_keys.h"
#include "incident_places.h"
#include "incident_rejects.h"
#include "incident_report.h"
#include "incident_row.h"
#include "store/incidents.h"
#include "store/places.h"
#include "text.h"

enum { CRS, ENCODING, DELIMITER, MAP, ON_REJECT, DRY_RUN, DATA_THROUGH };
enum { CODES_MAX = 256, HEADING_MAX_BYTES = 256, TEXT_MAX_BYTES = 4096 };
enum { PROGRESS_ROWS = 4096 };
enum encoding { ENCODING_AUTO, ENCODING_UTF_8, ENCODING_WINDOWS_1252 };

/* Everything of one run. */
struct import {
    const struct gk_options *options;
    const struct gk_flag_value *values;
    const char *path;
    enum encoding encoding;
    struct gk_store *store;
    struct gk_incident_file *file;
    struct gk_csv *csv;
    struct gk_incident_columns columns;
    char headings[GK_INCIDENT_FIELDS][HEADING_MAX_BYTES];
    struct gk_offence_code codes[CODES_MAX];
    size_t code_count;
    struct gk_incident_keys keys;
    bool has_keys, used_keys;
    struct gk_incident_places *places;
    struct gk_incident_rejects *rejects;
    struct gk_incident_report *report;
    struct gk_copy *copy;
    struct gk_buf municipality, case_number;
    int64_t read;
    struct gk_report *out;
    struct gk_progress *progress;
};

/* --- Preparing ------------------------------------------------------------------- */

static enum gk_status add_code(void *context, int16_t id, const char *code, struct gk_error *error)
{
    struct import *import = context;
    if (import->code_count == CODES_MAX || strlen(code) != 4)
        return gk_error_set(error, GK_INTERNAL, "the table of offence codes is not as expected");
    memcpy(import->codes[import->code_count].code, code, 5);
    import->codes[import->code_count++].id = id;
    return GK_OK;
}

/* Headings that were recognised are names that we know: they may be shown. */
static void keep_headings(struct import *import, const struct gk_csv_row *heading)
{
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++) {
        int column = import->columns.column[f];
        struct gk_buf buf;
        gk_buf_init(&buf, HEADING_MAX_BYTES - 1);
        if (column != GK_COLUMN_NONE)
            gk_buf_put_any(&buf, heading->fields[column].text, heading->fields[column].length);
        snprintf(import->headings[f], HEADING_MAX_BYTES, "%s",
                 buf.data != NULL ? buf.data : gk_incident_field_name((enum gk_incident_field)f));
        gk_buf_release(&buf);
    }
}

static enum gk_status open_file(struct import *import, struct gk_error *error)
{
    static const struct {
        const char *name;
        char delimiter;
    } delimiters[] = {{"auto", '\0'}, {"semicolon", ';'}, {"comma", ','}, {"tab", '\t'}};
    const struct gk_flag_value *map = &import->values[MAP];
    struct gk_csv_row heading;
    char delimiter = '\0';
    for (size_t i = 0; i < sizeof delimiters / sizeof *delimiters; i++)
        if (strcmp(delimiters[i].name, import->values[DELIMITER].text) == 0)
            delimiter = delimiters[i].delimiter;
    enum gk_status status = gk_incident_file_open(&import->file, import->path, error);
    if (status == GK_OK)
        status = gk_csv_open(&import->csv, gk_incident_file_read, import->file, delimiter, error);
    if (status == GK_OK) {
        status = gk_csv_next(import->csv, &heading, error);
        if (status == GK_NOT_FOUND)
            status = gk_error_set(error, GK_REJECTED, "the file is empty");
    }
    if (status == GK_OK)
        status = gk_incident_columns_find(&import->columns, &heading, map->list, map->count, error);
    if (status == GK_OK) {
        keep_headings(import, &heading);
        status = gk_incident_rejects_open(&import->rejects, import->path,
                                          gk_csv_delimiter(import->csv), error);
    }
    return status;
}

static enum gk_status open_store(struct import *import, struct gk_error *error)
{
    const struct gk_incident_places_options places = {
        import->values[CRS].count > 0 ? import->values[CRS].number : 0,
        import->options->locate_radius_m};
    enum gk_status status = gk_command_open_store(
        &import->store, import->options, GK_STORE_IMPORTER, "grannkarta import incidents", error);
    if (status == GK_OK)
        status = gk_places_begin(import->store, error);
    if (status == GK_OK)
        status = gk_offence_codes_each(import->store, add_code, import, error);
    import->has_keys = import->columns.column[GK_FIELD_CASE] != GK_COLUMN_NONE;
    if (status == GK_OK && import->has_keys)
        status =
            gk_incident_keys_open(&import->keys, import->store, import->options->key_ring, error);
    if (status == GK_OK)
        status = gk_incident_places_open(&import->places, import->store, &places, error);
    return status;
}

/* --- Rows -------------------------------------------------------------------------- */

static enum gk_status reject(struct import *import, const struct gk_csv_row *row,
                             const struct gk_incident_refusal *refusal, struct gk_error *error)
{
    if (refusal->field == GK_COLUMN_NONE)
        return gk_incident_rejects_add(import->rejects, row->line, "", refusal->reason, NULL,
                                       error);
    struct gk_csv_field value = {"", 0};
    int column = import->columns.column[refusal->field];
    if (column != GK_COLUMN_NONE && (size_t)column < row->count)
        value = row->fields[column];
    gk_text_trim(&value.text, &value.length);
    return gk_incident_rejects_add(import->rejects, row->line, import->headings[refusal->field],
                                   refusal->reason, &value, error);
}

/* A field as UTF-8; false when the file should be UTF-8 and is not. */
static bool take_text(struct gk_buf *buf, const struct import *import,
                      const struct gk_csv_field *field)
{
    gk_buf_clear(buf);
    if (import->encoding == ENCODING_WINDOWS_1252)
        gk_buf_put_windows_1252(buf, field->text, field->length);
    else if (import->encoding == ENCODING_UTF_8 && !gk_text_is_utf8(field->text, field->length))
        return false;
    else
        gk_buf_put_any(buf, field->text, field->length);
    return true;
}

static enum gk_status stage(struct import *import, const struct gk_csv_row *row,
                            const struct gk_incident_input *input)
{
    struct gk_incident_location location;
    struct gk_incident_keys *keys = &import->keys;
    gk_incident_locate(&location, import->places, input, import->municipality.data,
                       import->municipality.length);
    gk_incident_report_add(import->report, input, &location);
    struct gk_incident incident = {.line = row->line,
                                   .cell = location.cell,
                                   .municipality = location.municipality,
                                   .from_hour = input->from_hour,
                                   .to_hour = input->to_hour,
                                   .reported = input->reported,
                                   .code_id = input->code_id,
                                   .count = input->count,
                                   .old_cells = location.old_cells};
    gk_incident_places_old_versions(import->places, &incident.old_cell_count);
    if (import->case_number.length > 0) {
        gk_incident_keys_hash(keys, import->case_number.data, import->case_number.length);
        incident.hash = keys->hash;
        incident.old_hashes = keys->old_hashes;
        incident.old_hash_count = keys->old_count;
        import->used_keys = true;
    }
    gk_copy_incident(import->copy, &incident);
    return GK_OK;
}

static enum gk_status take_row(struct import *import, const struct gk_csv_row *row,
                               struct gk_error *error)
{
    struct gk_incident_input input;
    struct gk_incident_refusal refusal;
    import->read++;
    if (!gk_incident_read(&input, row, &import->columns, import->codes, import->code_count,
                          &refusal))
        return reject(import, row, &refusal, error);
    if (!take_text(&import->municipality, import, &input.municipality)) {
        refusal = (struct gk_incident_refusal){GK_FIELD_MUNICIPALITY, "not UTF-8"};
        return reject(import, row, &refusal, error);
    }
    if (!take_text(&import->case_number, import, &input.case_number)) {
        refusal = (struct gk_incident_refusal){GK_FIELD_CASE, "not UTF-8"};
        return reject(import, row, &refusal, error);
    }
    return stage(import, row, &input);
}

static enum gk_status read_rows(struct import *import, struct gk_error *error)
{
    struct gk_csv_row row;
    enum gk_status status = gk_incidents_stage(&import->copy, import->store, error);
    gk_progress_begin(import->progress, "reading", "rows", 0);
    while (status == GK_OK && (status = gk_csv_next(import->csv, &row, error)) == GK_OK) {
        status = take_row(import, &row, error);
        gk_progress_at(import->progress, import->read);
        if (import->read % PROGRESS_ROWS == 0)
            gk_progress_part(import->progress, gk_incident_file_position(import->file),
                             gk_incident_file_size(import->file));
    }
    gk_progress_end(import->progress);
    struct gk_copy *copy = import->copy;
    import->copy = NULL;
    if (status != GK_NOT_FOUND) {
        gk_copy_abort(copy);
        return status;
    }
    status = gk_copy_end(copy, NULL, error);
    return status == GK_OK ? gk_incident_rejects_end(import->rejects, error) : status;
}

/* --- The end ------------------------------------------------------------------------- */

static enum gk_status write_revision(struct import *import, const struct gk_incident_totals *totals,
                                     struct gk_error *error)
{
    unsigned char hash[32];
    struct gk_revision revision = {.lattice_version = gk_incident_places_version(import->places),
                                   .file_sha256 = hash,
                                   .data_through = totals->data_through,
                                   .read = totals->read,
                                   .unlocated = gk_incident_report_unlocated(import->report),
                                   .rejected = totals->rejected,
                                   .counts = totals->counts};
    int32_t id = 0;
    enum gk_status status = GK_OK;
    gk_progress_begin(import->progress, "writing the revision", NULL, 0);
    gk_incident_file_hash(import->file, hash);
    if (import->used_keys)
        status = gk_incident_keys_use(&revision.case_key_id, &import->keys, import->store, error);
    if (status == GK_OK)
        status = gk_incidents_write(&id, import->store, &revision, error);
    if (status == GK_OK)
        status = gk_store_execute(import->store, "COMMIT", error);
    if (status == GK_OK) {
        gk_report_i64(import->out, "revision", id, "revision {}");
        gk_report_day(import->out, "data_through", revision.data_through, ", data through {}\n");
    }
    return status;
}

/* What is refused leaves everything as it was, unless the user chose to skip. */
static enum gk_status finish(struct import *import, const struct gk_incident_totals *totals,
                             struct gk_error *error)
{
    if (totals->rejected > 0 && strcmp(import->values[ON_REJECT].text, "abort") == 0)
        return gk_error_set(
            error, GK_REJECTED,
            "%lld of %lld rows were rejected (see %.200s) and nothing was imported; "
            "mend the file, or take the rest with --on-reject=skip",
            (long long)totals->rejected, (long long)totals->read, totals->rejects_name);
    if (totals->data_through == INT32_MIN)
        return gk_error_set(error, GK_REJECTED, "there is no row to import");
    if (import->values[DRY_RUN].count > 0) {
        gk_report_note(import->out, "dry run: nothing was written to the database");
        return GK_OK;
    }
    return write_revision(import, totals, error);
}

static enum gk_status import_file(struct import *import, struct gk_error *error)
{
    struct gk_incident_totals totals = {.max_distance_m = import->options->locate_radius_m};
    size_t old_count;
    enum gk_status status = open_file(import, error);
    if (status == GK_OK)
        status = open_store(import, error);
    if (status == GK_OK)
        status = read_rows(import, error);
    if (status != GK_OK)
        return status;
    const int32_t *old = gk_incident_places_old_versions(import->places, &old_count);
    gk_progress_begin(import->progress, "comparing with what is stored", NULL, 0);
    status =
        gk_incidents_compare(&totals.counts, import->store,
                             gk_incident_places_version(import->places), old, old_count, error);
    totals.read = import->read;
    totals.rejected = gk_incident_rejects_count(import->rejects);
    totals.rejects_name = gk_incident_rejects_name(import->rejects);
    totals.knows_municipalities = gk_incident_places_knows_municipalities(import->places);
    totals.data_through = import->values[DATA_THROUGH].count > 0
                              ? (int32_t)import->values[DATA_THROUGH].number
                              : gk_incident_report_data_through(import->report);
    if (status == GK_OK)
        gk_incident_report_put(import->out, import->report, &totals);
    if (status == GK_OK)
        status = finish(import, &totals, error);
    return status;
}

static enum encoding encoding_of(const char *name)
{
    if (strcmp(name, "utf-8") == 0)
        return ENCODING_UTF_8;
    return strcmp(name, "windows-1252") == 0 ? ENCODING_WINDOWS_1252 : ENCODING_AUTO;
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
    import->encoding = encoding_of(arguments->values[ENCODING].text);
    gk_buf_init(&import->municipality, TEXT_MAX_BYTES);
    gk_buf_init(&import->case_number, TEXT_MAX_BYTES);
    enum gk_status status = gk_incident_report_create(&import->report);
    if (status == GK_OK)
        status = import_file(import, error);
    gk_store_close(import->store);
    gk_csv_close(import->csv);
    gk_incident_file_close(import->file);
    gk_incident_keys_release(&import->keys);
    gk_incident_places_close(import->places);
    gk_incident_rejects_free(import->rejects);
    gk_incident_report_free(import->report);
    gk_buf_release(&import->municipality);
    gk_buf_release(&import->case_number);
    free(import);
    return status;
}

static const struct gk_flag flags[] = {
    [CRS] = {.name = "crs",
             .kind = GK_FLAG_NUMBER,
             .minimum = 1,
             .maximum = 1000000,
             .has_no_default = true,
             .help = "EPSG code of the coordinates (else 3006 for N and E, 4326 for degrees)"},
    [ENCODING] = {.name = "encoding",
                  .kind = GK_FLAG_CHOICE,
                  .choices = "auto|utf-8|windows-1252",
                  .initial_text = "auto",
                  .help = "encoding of the text; auto: UTF-8 where it is that, else Windows-1252"},
    [DELIMITER] = {.name = "delimiter",
                   .kind = GK_FLAG_CHOICE,
                   .choices = "auto|semicolon|comma|tab",
                   .initial_text = "auto",
                   .help = "what stands between columns"},
    [MAP] = {.name = "map",
             .kind = GK_FLAG_LIST,
             .help = "field=column,...: which column a field is in; empty: not read"},
    [ON_REJECT] = {.name = "on-reject",
                   .kind = GK_FLAG_CHOICE,
                   .choices = "abort|skip",
                   .initial_text = "abort",
                   .help = "when rows are rejected: import nothing, or the rest"},
    [DRY_RUN] = {.name = "dry-run",
                 .kind = GK_FLAG_SWITCH,
                 .help = "print the report and write nothing to the database"},
    [DATA_THROUGH] = {.name = "data-through",
                      .kind = GK_FLAG_DAY,
                      .help = "last day that the file is complete for (else the latest report, "
                              "else the latest end)"},
    {.name = NULL}};

const struct gk_command gk_command_import_incidents = {
    .name = "import incidents",
    .operands = "FILE",
    .help = "import burglaries from CSV, coarsened to cells",
    .usage =
        "Fields: code, from, to, reported, northing, easting, latitude, longitude, municipality,\n"
        "count, case. Columns are recognised by Swedish and English names (BROTTSKOD,\n"
        "BROTTSDATUMTID_START, SWEREF N, Antal, DIARIENR, ...) or given by --map. Streets are\n"
        "not read. Exact places and case numbers are stored nowhere: only the cell, and a keyed\n"
        "hash (option key_ring). Rejected rows are listed in FILE.rejects.csv; rows without a\n"
        "place are kept and counted as unlocated.\n",
    .flags = flags,
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = run,
};
