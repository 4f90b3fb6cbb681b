/* `reconcile`: our totals of a year and a municipality beside a table of official
 * ones, and what may explain where they differ. Nothing is written. */
#include "store/reconcile.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "command.h"
#include "csv.h"
#include "incident_file.h"
#include "text.h"

enum { YEAR, DEFINITION, BY, TOLERANCE };
static const struct gk_flag flags[] = {
    [YEAR] = {.name = "year",
              .kind = GK_FLAG_NUMBER,
              .help = "only this year of the table",
              .minimum = 1975,
              .maximum = 2099,
              .has_no_default = true},
    [DEFINITION] = {.name = "definition",
                    .kind = GK_FLAG_TEXT,
                    .help = "what is counted, when the table has no column that says it",
                    .initial_text = "bra"},
    [BY] = {.name = "by",
            .kind = GK_FLAG_CHOICE,
            .help = "which day decides the year; official statistics go by the report",
            .choices = "reported|event",
            .initial_text = "reported"},
    [TOLERANCE] = {.name = "tolerance",
                   .kind = GK_FLAG_TEXT,
                   .help = "difference of a row that is no failure: N, or N% of the official",
                   .initial_text = "0"},
    {.name = NULL},
};

enum field { FIELD_YEAR, FIELD_MUNICIPALITY, FIELD_WHAT, FIELD_COUNT, FIELDS };
enum { NAMES_MAX = 8, VALUE_MAX_BYTES = 200 };
static const char *const names[FIELDS][NAMES_MAX] = {
    {"year", "år", "ar", "period"},
    {"municipality", "kommun", "kommunkod", "region", "kommunnamn"},
    {"what", "code", "brottskod", "kind", "definition", "brott", "brottstyp", "kod"},
    {"count", "antal", "antalanmäldabrott", "anmäldabrott", "anmälda brott", "totalt"},
};

struct run {
    const struct gk_flag_value *values;
    struct gk_report *report;
    struct gk_incident_file *file;
    struct gk_csv *csv;
    struct gk_store *store;
    int columns[FIELDS]; /* -1: none */
    struct gk_buf text[FIELDS];
    double tolerance, tolerance_share;
    int64_t rows, beyond;
    int32_t last_year, first_year;
};

/* --- The table --------------------------------------------------------------------- */

static enum gk_status find_columns(struct run *run, const struct gk_csv_row *heading,
                                   struct gk_error *error)
{
    for (int f = 0; f < FIELDS; f++) {
        run->columns[f] = -1;
        for (size_t c = 0; c < heading->count; c++) {
            struct gk_buf name;
            gk_buf_init(&name, VALUE_MAX_BYTES * 3);
            gk_buf_put_any(&name, heading->fields[c].text, heading->fields[c].length);
            for (int n = 0; n < NAMES_MAX && names[f][n] != NULL && name.data != NULL; n++)
                if (run->columns[f] < 0 && gk_text_same_folded(name.data, names[f][n]))
                    run->columns[f] = (int)c;
            gk_buf_release(&name);
        }
        if (run->columns[f] < 0 && f != FIELD_WHAT)
            return gk_error_set(error, GK_REJECTED,
                                "the table has no column \"%s\" (or \"%s\"); it needs year, "
                                "municipality, count, and may have code, kind or definition",
                                names[f][0], names[f][1]);
    }
    return GK_OK;
}

static enum gk_status refuse(int64_t line, const char *what, const char *value, const char *allowed,
                             struct gk_error *error)
{
    return gk_error_set(error, GK_REJECTED, "line %" PRId64 ": %s \"%.60s\"; allowed is %s", line,
                        what, value, allowed);
}

/* A whole number; blanks between thousands are passed over. */
static bool read_number(int64_t *number, const char *text)
{
    int64_t value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text == ' ')
            continue;
        if (strncmp(text, "\xC2\xA0", 2) == 0) {
            text++;
            continue;
        }
        if (*text < '0' || *text > '9' || value > INT32_MAX)
            return false;
        value = value * 10 + (*text - '0');
    }
    *number = value;
    return true;
}

static enum gk_status take_line(struct run *run, struct gk_copy *copy, const struct gk_csv_row *row,
                                struct gk_error *error)
{
    const char *text[FIELDS];
    int64_t year, count;
    for (int f = 0; f < FIELDS; f++) {
        struct gk_csv_field field = {"", 0};
        if (run->columns[f] >= 0 && (size_t)run->columns[f] < row->count)
            field = row->fields[run->columns[f]];
        gk_text_trim(&field.text, &field.length);
        gk_buf_clear(&run->text[f]);
        gk_buf_put_any(&run->text[f], field.text, field.length);
        if (gk_buf_status(&run->text[f]) != GK_OK)
            return gk_error_set(error, GK_REJECTED, "line %" PRId64 ": a value is too long",
                                row->line);
        text[f] = run->text[f].data != NULL ? run->text[f].data : "";
    }
    if (run->columns[FIELD_WHAT] < 0)
        text[FIELD_WHAT] = run->values[DEFINITION].text;
    if (!read_number(&year, text[FIELD_YEAR]) || year < 1975 || year > 2099)
        return refuse(row->line, "year", text[FIELD_YEAR], "1975 to 2099", error);
    if (!read_number(&count, text[FIELD_COUNT]))
        return refuse(row->line, "count", text[FIELD_COUNT], "a whole number", error);
    if (run->values[YEAR].count > 0 && year != run->values[YEAR].number)
        return GK_OK;
    run->first_year = run->rows == 0 || year < run->first_year ? (int32_t)year : run->first_year;
    run->last_year = run->rows == 0 || year > run->last_year ? (int32_t)year : run->last_year;
    run->rows++;
    const struct gk_official official = {row->line, (int32_t)year, text[FIELD_MUNICIPALITY],
                                         text[FIELD_WHAT], count};
    gk_copy_official(copy, &official);
    return GK_OK;
}

static enum gk_status read_table(struct run *run, const char *path, struct gk_error *error)
{
    struct gk_csv_row row;
    struct gk_copy *copy = NULL;
    enum gk_status status = gk_incident_file_open(&run->file, path, error);
    if (status == GK_OK)
        status = gk_csv_open(&run->csv, gk_incident_file_read, run->file, '\0', error);
    if (status == GK_OK)
        status = gk_csv_next(run->csv, &row, error);
    if (status == GK_NOT_FOUND)
        status = gk_error_set(error, GK_REJECTED, "the table is empty");
    if (status == GK_OK)
        status = find_columns(run, &row, error);
    if (status == GK_OK)
        status = gk_reconcile_stage(&copy, run->store, error);
    if (status != GK_OK)
        return status;
    while ((status = gk_csv_next(run->csv, &row, error)) == GK_OK) {
        status = take_line(run, copy, &row, error);
        if (status != GK_OK)
            break;
    }
    if (status != GK_NOT_FOUND) {
        gk_copy_abort(copy);
        return status;
    }
    status = gk_copy_end(copy, NULL, error);
    if (status == GK_OK && run->rows == 0)
        status = gk_error_set(error, GK_REJECTED, "the table has no row of that year");
    return status;
}

/* --- The comparison ------------------------------------------------------------------ */

static enum gk_status put_row(void *context, const struct gk_reconciled *row,
                              struct gk_error *error)
{
    struct run *run = context;
    struct gk_report *report = run->report;
    if (row->code == NULL)
        return refuse(row->line, "municipality", row->municipality,
                      "a code or a name of the set kommun", error);
    if (!row->is_known)
        return refuse(row->line, "what is counted is", row->what,
                      "an offence code, a kind (villa, flat, holiday, other, cellar) or a "
                      "definition",
                      error);
    int64_t difference = row->ours - row->theirs;
    double allowed = fmax(run->tolerance, run->tolerance_share * (double)row->theirs);
    bool is_within = fabs((double)difference) <= allowed;
    run->beyond += !is_within;
    gk_report_row_begin(report);
    gk_report_i64(report, "year", row->year, "{}  ");
    gk_report_text(report, "municipality", row->code, "{}  ");
    gk_report_text(report, "what", row->what, "{}  ");
    gk_report_count(report, "ours", row->ours, "ours {}  ");
    gk_report_count(report, "official", row->theirs, "official {}  ");
    gk_report_i64(report, "difference", difference, "difference {}");
    gk_report_count(report, "unlocated", row->unlocated,
                    row->unlocated > 0 ? "  (of ours without a place {})" : NULL);
    gk_report_bool(report, "is_within", is_within, NULL);
    gk_report_say(report, is_within ? "\n" : "  beyond the tolerance\n");
    gk_report_row_end(report);
    return GK_OK;
}

static void put_basis(struct run *run, const struct gk_reconcile_basis *basis)
{
    struct gk_report *report = run->report;
    int32_t end = gk_day_from_month((run->last_year - 1970 + 1) * 12) - 1;
    gk_report_day(report, "data_through", basis->data_through_day, "data through {}");
    gk_report_text(report, "by", run->values[BY].text, "; years by the day of {}\n");
    gk_report_note(report, "incidents without a place are counted in their municipality");
    if (basis->data_through_day < end)
        gk_report_note(report, "the data end before the year %d does", (int)run->last_year);
    if (basis->kept_from_month > (run->first_year - 1970) * 12)
        gk_report_note(report, "of the year %d months were erased by a retention",
                       (int)run->first_year);
    if (basis->rejected > 0)
        gk_report_note(report, "%" PRId64 " rows were rejected by imports and are not counted",
                       basis->rejected);
    if (basis->homeless > 0)
        gk_report_note(report, "%" PRId64 " incidents belong to no municipality and are in no row",
                       basis->homeless);
}

static enum gk_status read_tolerance(struct run *run, struct gk_error *error)
{
    const char *text = run->values[TOLERANCE].text;
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    bool is_share = *end == '%' && end[1] == '\0';
    if (errno != 0 || end == text || (*end != '\0' && !is_share) || !(value >= 0) || value > 1e9)
        return gk_error_set(error, GK_INVALID,
                            "--tolerance is \"%.40s\"; allowed is a number, or one with %%", text);
    run->tolerance = is_share ? 0 : value;
    run->tolerance_share = is_share ? value / 100 : 0;
    return GK_OK;
}

static enum gk_status compare(struct run *run, struct gk_error *error)
{
    struct gk_reconcile_basis basis;
    gk_report_list_begin(run->report, "rows");
    enum gk_status status = gk_reconcile(run->store, strcmp(run->values[BY].text, "event") == 0,
                                         put_row, run, &basis, error);
    gk_report_list_end(run->report);
    if (status != GK_OK)
        return status;
    put_basis(run, &basis);
    gk_report_count(run->report, "beyond", run->beyond, NULL);
    if (run->beyond > 0)
        return gk_error_set(error, GK_REJECTED,
                            "%" PRId64 " of %" PRId64 " rows differ by more than %s", run->beyond,
                            run->rows, run->values[TOLERANCE].text);
    return GK_OK;
}

static enum gk_status reconcile(const struct gk_options *options,
                                const struct gk_arguments *arguments, struct gk_error *error)
{
    struct run run = {.values = arguments->values, .report = arguments->report};
    for (int f = 0; f < FIELDS; f++)
        gk_buf_init(&run.text[f], VALUE_MAX_BYTES);
    enum gk_status status = read_tolerance(&run, error);
    if (status == GK_OK)
        status = gk_command_open_store(&run.store, options, GK_STORE_IMPORTER,
                                       "grannkarta reconcile", error);
    if (status == GK_OK)
        status = gk_store_execute(run.store, "BEGIN", error);
    if (status == GK_OK)
        status = read_table(&run, arguments->operands[0], error);
    if (status == GK_OK)
        status = compare(&run, error);
    gk_csv_close(run.csv);
    gk_incident_file_close(run.file);
    for (int f = 0; f < FIELDS; f++)
        gk_buf_release(&run.text[f]);
    gk_store_close(run.store); /* which ends the transaction: nothing is kept */
    return status;
}

const struct gk_command gk_command_reconcile = {
    .name = "reconcile",
    .operands = "FILE",
    .help = "compare the totals of years with a table of official ones",
    .usage =
        "FILE is CSV with the columns year (år), municipality (kommun; its code or name), count\n"
        "(antal) and, if it is not --definition for all, one of code (brottskod), kind or\n"
        "definition. Exit code 0 when every row is within --tolerance, else 4.\n",
    .flags = flags,
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = reconcile,
};
