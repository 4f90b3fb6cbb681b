/* Which of the two readers a file goes to. */
#include "incident_source.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool ends_with(const char *path, const char *end)
{
    size_t length = strlen(path), end_length = strlen(end);
    return length >= end_length && strcasecmp(path + length - end_length, end) == 0;
}

/* What is called a text is read as one, whatever is in it: our reader says what
 * is wrong with it. */
static bool is_called_text(const char *path)
{
    static const char *const ends[] = {".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(path, ends[i]))
            return true;
    return false;
}

enum gk_status gk_incident_source_open(struct gk_incident_source *source, const char *path,
                                       const struct gk_incident_settings *settings,
                                       struct gk_error *error)
{
    memset(source, 0, sizeof *source);
    bool is_vector = settings->format == GK_FORMAT_VECTOR ||
                     (settings->format == GK_FORMAT_AUTO && !is_called_text(path) &&
                      gk_incident_vector_knows(path));
    return is_vector ? gk_incident_vector_open(source, path, settings, error)
                     : gk_incident_csv_open(source, path, settings, error);
}

void gk_incident_source_close(struct gk_incident_source *source)
{
    if (source->state != NULL)
        source->kind->close(source->state);
    free(source->crs);
    memset(source, 0, sizeof *source);
}

enum gk_status gk_incident_source_heading(struct gk_incident_source *source, struct gk_csv_row *row,
                                          struct gk_error *error)
{
    return source->kind->heading(source->state, row, error);
}

enum gk_status gk_incident_source_next(struct gk_incident_source *source,
                                       struct gk_incident_record *record, struct gk_error *error)
{
    return source->kind->next(source->state, record, error);
}

void gk_incident_source_progress(const struct gk_incident_source *source, int64_t *position,
                                 int64_t *size)
{
    source->kind->progress(source->state, position, size);
}

enum gk_status gk_incident_source_hash(struct gk_incident_source *source, unsigned char hash[32],
                                       struct gk_error *error)
{
    return source->kind->hash(source->state, hash, error);
}
