/* From the rows of a file to incidents in the store. */
#include "incident_intake.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "store/incidents.h"
#include "text.h"

enum { TEXT_MAX_BYTES = 4096, PROGRESS_ROWS = 4096 };

const char gk_reason_swapped[] = "the two coordinates are the wrong way round";

void gk_incident_intake_init(struct gk_incident_intake *intake)
{
    memset(intake, 0, sizeof *intake);
    gk_buf_init(&intake->municipality, TEXT_MAX_BYTES);
    gk_buf_init(&intake->case_number, TEXT_MAX_BYTES);
}

static void wipe(struct gk_buf *buf)
{
    if (buf->data != NULL)
        explicit_bzero(buf->data, buf->capacity);
    gk_buf_release(buf);
}

void gk_incident_intake_release(struct gk_incident_intake *intake)
{
    wipe(&intake->municipality);
    wipe(&intake->case_number);
    gk_incident_repeats_release(&intake->repeats);
    gk_incidents_free(intake->load);
    intake->load = NULL;
}

/* Headings that were recognised are names that we know: they may be shown. */
static void put_heading(struct gk_buf *buf, const struct gk_csv_row *heading,
                        const struct gk_incident_columns *columns, int field)
{
    size_t parts = columns->part_count[field];
    if (parts <= 1 && columns->column[field] != GK_COLUMN_NONE) {
        const struct gk_csv_field *name = &heading->fields[columns->column[field]];
        gk_buf_put_any(buf, name->text, name->length);
    }
    for (size_t i = 0; parts > 1 && i < parts; i++) {
        const struct gk_csv_field *name = &heading->fields[columns->parts[field][i]];
        if (i > 0)
            gk_buf_putc(buf, '+');
        gk_buf_put_any(buf, name->text, name->length);
    }
}

void gk_incident_intake_headings(struct gk_incident_intake *intake,
                                 const struct gk_csv_row *heading,
                                 const struct gk_incident_columns *columns)
{
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++) {
        struct gk_buf buf;
        gk_buf_init(&buf, GK_COLUMN_NAME_MAX - 1);
        put_heading(&buf, heading, columns, f);
        snprintf(intake->headings[f], GK_COLUMN_NAME_MAX, "%s",
                 buf.data != NULL ? buf.data : gk_incident_field_name((enum gk_incident_field)f));
        gk_buf_release(&buf);
    }
}

static enum gk_status reject(struct gk_incident_intake *intake, const struct gk_csv_row *row,
                             int field, const char *reason, struct gk_error *error)
{
    if (field == GK_COLUMN_NONE)
        return gk_incident_rejects_add(intake->rejects, row, "", reason, NULL, error);
    char joined[GK_FIELD_JOINED_MAX];
    struct gk_csv_field value =
        gk_incident_field_of(row, intake->form->columns, (enum gk_incident_field)field, joined);
    return gk_incident_rejects_add(intake->rejects, row, intake->headings[field], reason, &value,
                                   error);
}

/* In a file of geometries there is no column to name. */
static enum gk_status reject_swapped(struct gk_incident_intake *intake,
                                     const struct gk_csv_row *row,
                                     const struct gk_incident_input *input, struct gk_error *error)
{
    const int *column = intake->form->columns->column;
    int field = input->place_kind == GK_PLACE_DEGREES ? GK_FIELD_LONGITUDE : GK_FIELD_EASTING;
    if (intake->form->has_geometry)
        field = GK_COLUMN_NONE;
    else if (column[field] == GK_COLUMN_NONE)
        field = GK_FIELD_POSITION;
    return reject(intake, row, field, gk_reason_swapped, error);
}

static enum gk_status send(struct gk_incident_intake *intake, const struct gk_csv_row *row,
                           const struct gk_incident_input *input,
                           const struct gk_incident_location *location, struct gk_error *error)
{
    struct gk_incident_keys *keys = intake->keys;
    bool may_repeat = false;
    gk_incident_report_add(intake->report, input, location);
    struct gk_incident incident = {.line = row->line,
                                   .cell = location->cell,
                                   .municipality = location->municipality,
                                   .from_hour = input->from_hour,
                                   .to_hour = input->to_hour,
                                   .reported = input->reported,
                                   .code_id = input->code_id,
                                   .count = input->count,
                                   .old_cells = location->old_cells};
    gk_incident_places_old_versions(intake->places, &incident.old_cell_count);
    if (intake->case_number.length > 0) {
        gk_incident_keys_hash(keys, intake->case_number.data, intake->case_number.length);
        incident.hash = keys->hash;
        incident.old_hashes = keys->old_hashes;
        incident.old_hash_count = keys->old_count;
        enum gk_status status = gk_incident_repeats_see(&may_repeat, &intake->repeats, keys->hash);
        if (status != GK_OK)
            return gk_error_set(error, status, "remember case numbers: %s", gk_status_text(status));
    }
    return gk_incidents_put(intake->load, &incident, may_repeat, error);
}

/* What a retention erased does not come in again. The month is that of the middle
 * of the interval, as in event_month() of the database. */
static bool is_expired(const struct gk_incident_intake *intake,
                       const struct gk_incident_input *input)
{
    int32_t middle = input->from_hour + (input->to_hour - input->from_hour) / 2;
    return gk_month_from_hour(middle) < intake->kept_from;
}

static enum gk_status take_row(struct gk_incident_intake *intake,
                               const struct gk_incident_record *record, struct gk_error *error)
{
    const struct gk_csv_row *row = &record->row;
    struct gk_incident_input input;
    struct gk_incident_refusal refusal;
    struct gk_incident_location location;
    enum gk_encoding encoding = intake->form->encoding;
    enum gk_row_kind kind = gk_incident_read(&input, record, intake->form, &refusal);
    if (kind == GK_ROW_BLANK) {
        gk_incident_report_blank(intake->report);
        return GK_OK;
    }
    intake->read++;
    if (kind == GK_ROW_SKIPPED) {
        gk_incident_report_skip(intake->report);
        return GK_OK;
    }
    if (kind == GK_ROW_REFUSED)
        return reject(intake, row, refusal.field, refusal.reason, error);
    if (is_expired(intake, &input)) {
        gk_incident_report_expire(intake->report);
        return GK_OK;
    }
    if (!gk_buf_put_decoded(&intake->municipality, encoding, input.municipality.text,
                            input.municipality.length))
        return reject(intake, row, GK_FIELD_MUNICIPALITY, "not UTF-8", error);
    if (!gk_buf_put_decoded(&intake->case_number, encoding, input.case_number.text,
                            input.case_number.length))
        return reject(intake, row, GK_FIELD_CASE, "not UTF-8", error);
    gk_incident_locate(&location, intake->places, &input, intake->municipality.data,
                       intake->municipality.length);
    if (location.why == GK_UNLOCATED_SWAPPED)
        return reject_swapped(intake, row, &input, error);
    return send(intake, row, &input, &location, error);
}

static enum gk_status read_rows(struct gk_incident_intake *intake, struct gk_error *error)
{
    struct gk_incident_record record;
    enum gk_status status;
    int64_t rows = 0, position, size;
    while ((status = gk_incident_source_next(intake->source, &record, error)) == GK_OK) {
        status = take_row(intake, &record, error);
        if (status != GK_OK)
            return status;
        gk_progress_at(intake->progress, intake->read);
        if (++rows % PROGRESS_ROWS != 0)
            continue;
        gk_incident_source_progress(intake->source, &position, &size);
        if (size > 0)
            gk_progress_part(intake->progress, position, size);
    }
    return status == GK_NOT_FOUND ? GK_OK : status;
}

static enum gk_status begin(struct gk_incident_intake *intake, struct gk_store *store,
                            struct gk_error *error)
{
    struct gk_incident_load_options options = {.lattice_version =
                                                   gk_incident_places_version(intake->places),
                                               .may_write = !intake->is_rehearsal};
    if (intake->keys->keyring != NULL)
        options.case_key_id = gk_incident_keys_newest(intake->keys, options.case_key_fingerprint);
    return gk_incidents_begin(&intake->load, store, &options, error);
}

enum gk_status gk_incident_intake_run(struct gk_incident_intake *intake, struct gk_store *store,
                                      struct gk_error *error)
{
    enum gk_status status = begin(intake, store, error);
    if (status != GK_OK)
        return status;
    gk_progress_begin(intake->progress, "reading", "rows", 0);
    status = read_rows(intake, error);
    gk_progress_end(intake->progress);
    if (status == GK_OK)
        status = gk_incidents_end(intake->load, error);
    return status == GK_OK ? gk_incident_rejects_end(intake->rejects, error) : status;
}
