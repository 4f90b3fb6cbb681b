/* Incidents from CSV, packed with gzip or not. */
#include <stdio.h>
#include <stdlib.h>

#include "csv.h"
#include "incident_file.h"
#include "incident_source.h"

struct csv_source {
    struct gk_incident_file *file;
    struct gk_csv *csv;
};

/* Reading failed: the file knows why. */
static enum gk_status explain(const struct csv_source *source, enum gk_status status,
                              struct gk_error *error)
{
    const char *fault = gk_incident_file_fault(source->file);
    if (status != GK_IO || *fault == '\0')
        return status;
    struct gk_error inner = *error;
    return gk_error_set(error, GK_IO, "%.300s (%.100s)", inner.message, fault);
}

static enum gk_status heading(void *state, struct gk_csv_row *row, struct gk_error *error)
{
    struct csv_source *source = state;
    enum gk_status status = gk_csv_next(source->csv, row, error);
    if (status == GK_NOT_FOUND)
        return gk_error_set(error, GK_REJECTED, "the file is empty");
    return explain(source, status, error);
}

static enum gk_status next(void *state, struct gk_incident_record *record, struct gk_error *error)
{
    struct csv_source *source = state;
    record->geometry = GK_GEOMETRY_NONE;
    return explain(source, gk_csv_next(source->csv, &record->row, error), error);
}

static void progress(const void *state, int64_t *position, int64_t *size)
{
    const struct csv_source *source = state;
    *position = gk_incident_file_position(source->file);
    *size = gk_incident_file_size(source->file);
}

static enum gk_status hash(void *state, unsigned char hash[32], struct gk_error *error)
{
    struct csv_source *source = state;
    (void)error;
    gk_incident_file_hash(source->file, hash);
    return GK_OK;
}

static void close_source(void *state)
{
    struct csv_source *source = state;
    gk_csv_close(source->csv);
    gk_incident_file_close(source->file);
    free(source);
}

static const struct gk_incident_source_kind kind = {heading, next, progress, hash, close_source};

static const char *name_of(char delimiter)
{
    return delimiter == ';' ? "semicolons" : delimiter == ',' ? "commas" : "tabs";
}

enum gk_status gk_incident_csv_open(struct gk_incident_source *source, const char *path,
                                    const struct gk_incident_settings *settings,
                                    struct gk_error *error)
{
    struct csv_source *state = calloc(1, sizeof *state);
    if (state == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "open \"%.300s\": out of memory", path);
    source->kind = &kind;
    source->state = state;
    source->row_name = "line";
    enum gk_status status = gk_incident_file_open(&state->file, path, error);
    if (status == GK_OK)
        status = explain(state,
                         gk_csv_open(&state->csv, gk_incident_file_read, state->file,
                                     settings->delimiter, error),
                         error);
    if (status != GK_OK)
        return status;
    source->delimiter = gk_csv_delimiter(state->csv);
    snprintf(source->what, sizeof source->what, "CSV with %s", name_of(source->delimiter));
    return GK_OK;
}
