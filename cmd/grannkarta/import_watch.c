/* `import watch-areas`: the areas of neighbourhood-watch groups, with slug,
 * name, start, end and approval. Boundaries keep their history. */
#include <string.h>

#include "base/date.h"
#include "command.h"
#include "import_fields.h"
#include "store/places.h"
#include "text.h"
#include "vector.h"

enum { LAYER, SLUG, NAME, STARTED, ENDED, APPROVED_COLUMN, APPROVED, VALID_FROM, CRS };
enum {
    AREA_MAX_BYTES = 256 * 1024 * 1024,
    TEXT_MAX_BYTES = 4096,
    NAME_MAX_BYTES = 200,
    SLUG_MAX_BYTES = 80
};

static const char *const slug_names[] = {"slug", "kortnamn", "short_name", NULL};
static const char *const name_names[] = {"name",  "namn",  "omrade", "område",
                                         "title", "titel", NULL};
static const char *const started_names[] = {"started", "since", "start",      "startdatum", "från",
                                            "from",    "sedan", "start_date", NULL};
static const char *const ended_names[] = {"ended", "end",      "slut",    "slutdatum",
                                          "till",  "end_date", "upphört", NULL};
static const char *const approved_names[] = {"approved", "is_approved", "godkänd",
                                             "godkand",  "godkänt",     NULL};

struct reader {
    struct gk_vector vector;
    int slug, name, started, ended, approved;
    bool approve_all;
    struct gk_report *report;
    struct gk_progress *progress;
    struct gk_buf slug_text, name_text, other, area;
};

static enum gk_status find_columns(struct reader *reader, const struct gk_flag_value *values,
                                   struct gk_error *error)
{
    const struct gk_vector *vector = &reader->vector;
    enum gk_status status =
        gk_vector_column(&reader->name, vector, values[NAME].text, name_names, error);
    if (status == GK_OK && reader->name < 0)
        status = gk_error_set(error, GK_INVALID,
                              "no column with the areas' names was recognised: name it with "
                              "--name-column");
    if (status == GK_OK)
        status = gk_vector_column(&reader->slug, vector, values[SLUG].text, slug_names, error);
    if (status == GK_OK)
        status =
            gk_vector_column(&reader->started, vector, values[STARTED].text, started_names, error);
    if (status == GK_OK)
        status = gk_vector_column(&reader->ended, vector, values[ENDED].text, ended_names, error);
    if (status == GK_OK)
        status = gk_vector_column(&reader->approved, vector, values[APPROVED_COLUMN].text,
                                  approved_names, error);
    return status;
}

static enum gk_status read_day(int32_t *day, struct reader *reader, OGRFeatureH feature, int column,
                               int64_t number, struct gk_error *error)
{
    *day = GK_DAY_NONE;
    int year, month, date, hour, minute, second, zone;
    if (column < 0 || !OGR_F_IsFieldSetAndNotNull(feature, column))
        return GK_OK;
    OGRFieldType type = OGR_Fld_GetType(OGR_F_GetFieldDefnRef(feature, column));
    if ((type == OFTDate || type == OFTDateTime) &&
        OGR_F_GetFieldAsDateTime(feature, column, &year, &month, &date, &hour, &minute, &second,
                                 &zone) &&
        gk_civil_is_valid((struct gk_civil){year, month, date})) {
        *day = gk_day_from_civil((struct gk_civil){year, month, date});
        return GK_OK;
    }
    if (!gk_vector_text(&reader->other, feature, column))
        return GK_OK;
    struct gk_field_time time;
    if (!gk_field_time(&time, GK_DATE_YMD, reader->other.data, reader->other.length))
        return gk_error_set(error, GK_REJECTED, "feature %lld: column \"%.60s\" is no date",
                            (long long)number, gk_vector_column_name(&reader->vector, column));
    *day = gk_day_from_hour(time.hour);
    return GK_OK;
}

static enum gk_status read_approved(int *approved, struct reader *reader, OGRFeatureH feature,
                                    int64_t number, struct gk_error *error)
{
    static const char *const yes[] = {"1", "true", "t", "yes", "y", "ja", "j", "sant"};
    static const char *const no[] = {"0", "false", "f", "no", "n", "nej", "falskt"};
    *approved = reader->approve_all ? 1 : -1;
    if (reader->approve_all || !gk_vector_text(&reader->other, feature, reader->approved))
        return GK_OK;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (gk_text_same_folded(yes[i], reader->other.data))
            *approved = 1;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (gk_text_same_folded(no[i], reader->other.data))
            *approved = 0;
    return *approved >= 0 ? GK_OK
                          : gk_error_set(error, GK_REJECTED,
                                         "feature %lld: column \"%.60s\" is neither yes nor no",
                                         (long long)number,
                                         gk_vector_column_name(&reader->vector, reader->approved));
}

/* A given slug must be one already: addresses of pages are not made up. */
static enum gk_status read_names(struct reader *reader, OGRFeatureH feature, int64_t number,
                                 struct gk_error *error)
{
    if (!gk_vector_text(&reader->name_text, feature, reader->name))
        return gk_error_set(error, GK_REJECTED, "feature %lld: it has no name", (long long)number);
    if (gk_buf_status(&reader->name_text) != GK_OK || reader->name_text.length > NAME_MAX_BYTES)
        return gk_error_set(error, GK_REJECTED, "feature %lld: its name has more than %d bytes",
                            (long long)number, NAME_MAX_BYTES);
    struct gk_buf *slug = &reader->slug_text;
    gk_buf_clear(slug);
    if (!gk_vector_text(&reader->other, feature, reader->slug)) {
        gk_buf_put_slug(slug, reader->name_text.data, reader->name_text.length);
        if (slug->length == 0)
            return gk_error_set(error, GK_REJECTED,
                                "feature %lld: no slug can be made of its name; give it a column "
                                "\"slug\"",
                                (long long)number);
        return gk_buf_status(slug);
    }
    gk_buf_put_slug(slug, reader->other.data, reader->other.length);
    if (gk_buf_status(&reader->other) != GK_OK || slug->length != reader->other.length ||
        slug->length == 0 || slug->length > SLUG_MAX_BYTES ||
        memcmp(slug->data, reader->other.data, slug->length) != 0)
        return gk_error_set(error, GK_REJECTED,
                            "feature %lld: its slug is not words of a-z and 0-9 joined by -, at "
                            "most %d bytes",
                            (long long)number, SLUG_MAX_BYTES);
    return GK_OK;
}

static enum gk_status read_area(struct reader *reader, OGRFeatureH feature, int64_t number,
                                struct gk_copy *copy, struct gk_error *error)
{
    struct gk_watch_area area = {.feature = number};
    gk_buf_clear(&reader->area);
    enum gk_status status = gk_vector_area(&reader->area, &reader->vector, feature, number, error);
    if (status == GK_OK)
        status = read_names(reader, feature, number, error);
    if (status == GK_OK)
        status = read_day(&area.started, reader, feature, reader->started, number, error);
    if (status == GK_OK)
        status = read_day(&area.ended, reader, feature, reader->ended, number, error);
    if (status == GK_OK)
        status = read_approved(&area.approved, reader, feature, number, error);
    if (status == GK_OK && area.started != GK_DAY_NONE && area.ended != GK_DAY_NONE &&
        area.ended < area.started)
        status = gk_error_set(error, GK_REJECTED, "feature %lld: it ended before it started",
                              (long long)number);
    if (status != GK_OK)
        return status;
    area.slug = reader->slug_text.data;
    area.name = reader->name_text.data;
    area.ewkb = reader->area.data;
    area.ewkb_length = reader->area.length;
    gk_copy_watch_area(copy, &area);
    return GK_OK;
}

static enum gk_status read_all(struct reader *reader, struct gk_store *store, int64_t *count,
                               struct gk_error *error)
{
    struct gk_copy *copy = NULL;
    enum gk_status status = gk_watch_stage(&copy, store, error);
    OGRFeatureH feature;
    *count = 0;
    gk_progress_begin(reader->progress, "reading", "areas", reader->vector.feature_count);
    while (status == GK_OK && (feature = OGR_L_GetNextFeature(reader->vector.layer)) != NULL) {
        status = read_area(reader, feature, ++*count, copy, error);
        gk_progress_at(reader->progress, *count);
        OGR_F_Destroy(feature);
    }
    if (status == GK_OK)
        status = gk_copy_end(copy, NULL, error);
    else
        gk_copy_abort(copy);
    if (status == GK_OK && *count == 0)
        status = gk_error_set(error, GK_REJECTED, "the file has no features");
    return status;
}

static enum gk_status import_in(struct gk_store *store, struct reader *reader, int32_t valid_from,
                                struct gk_error *error)
{
    struct gk_watch_counts counts;
    struct gk_places places;
    int64_t read;
    enum gk_status status = gk_places_begin(store, error);
    if (status == GK_OK)
        status = read_all(reader, store, &read, error);
    gk_progress_begin(reader->progress, "comparing and storing", NULL, 0);
    if (status == GK_OK)
        status = gk_watch_merge(&counts, store, valid_from, error);
    if (status == GK_OK)
        status = gk_places_read(&places, store, error);
    if (status == GK_OK)
        status = gk_places_changed(
            store, counts.added + counts.changed > 0 ? places.lattice_version : 0, error);
    if (status == GK_OK)
        status = gk_store_execute(store, "COMMIT", error);
    if (status == GK_OK) {
        gk_report_i64(reader->report, "read", read, "read {}");
        gk_report_i64(reader->report, "new", counts.added, "   new {}");
        gk_report_i64(reader->report, "changed", counts.changed, "   changed {}");
        gk_report_i64(reader->report, "boundaries", counts.boundaries, " (boundaries {})");
        gk_report_i64(reader->report, "as_before", counts.unchanged, "   as before {}\n");
    }
    return status;
}

static enum gk_status run(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    struct reader reader;
    struct gk_store *store = NULL;
    memset(&reader, 0, sizeof reader);
    reader.report = arguments->report;
    reader.progress = arguments->progress;
    gk_buf_init(&reader.slug_text, TEXT_MAX_BYTES);
    gk_buf_init(&reader.name_text, TEXT_MAX_BYTES);
    gk_buf_init(&reader.other, TEXT_MAX_BYTES);
    gk_buf_init(&reader.area, AREA_MAX_BYTES);
    reader.approve_all = values[APPROVED].count > 0;
    enum gk_status status =
        gk_vector_open(&reader.vector, arguments->operands[0], values[LAYER].text,
                       values[CRS].count > 0 ? values[CRS].number : 0, error);
    if (status == GK_OK)
        status = find_columns(&reader, values, error);
    if (status == GK_OK)
        status = gk_command_open_store(&store, options, GK_STORE_IMPORTER,
                                       "grannkarta import watch-areas", error);
    if (status == GK_OK)
        status = import_in(
            store, &reader,
            values[VALID_FROM].count > 0 ? (int32_t)values[VALID_FROM].number : GK_DAY_NONE, error);
    gk_store_close(store);
    gk_vector_close(&reader.vector);
    gk_buf_release(&reader.slug_text);
    gk_buf_release(&reader.name_text);
    gk_buf_release(&reader.other);
    gk_buf_release(&reader.area);
    return status;
}

static const struct gk_flag flags[] = {
    [LAYER] = {.name = "layer",
               .kind = GK_FLAG_TEXT,
               .help = "layer of the file, when it has several"},
    [SLUG] = {.name = "slug-column",
              .kind = GK_FLAG_TEXT,
              .help = "column with the slug (else made from the name)"},
    [NAME] = {.name = "name-column",
              .kind = GK_FLAG_TEXT,
              .help = "column with the name (else known names: name, namn, ...)"},
    [STARTED] = {.name = "started-column",
                 .kind = GK_FLAG_TEXT,
                 .help = "column with the start date (else started, since, startdatum, ...)"},
    [ENDED] = {.name = "ended-column",
               .kind = GK_FLAG_TEXT,
               .help = "column with the end date (else ended, slutdatum, ...)"},
    [APPROVED_COLUMN] = {.name = "approved-column",
                         .kind = GK_FLAG_TEXT,
                         .help =
                             "column that says whether it may be public (else approved, godkänd)"},
    [APPROVED] = {.name = "approved",
                  .kind = GK_FLAG_SWITCH,
                  .help = "all areas of the file may be public"},
    [VALID_FROM] = {.name = "valid-from",
                    .kind = GK_FLAG_DAY,
                    .help = "new and changed boundaries are valid from this date"},
    [CRS] = {.name = "crs",
             .kind = GK_FLAG_NUMBER,
             .minimum = 1,
             .maximum = 1000000,
             .has_no_default = true,
             .help = "EPSG code of the coordinates, whatever the file says"},
    {.name = NULL}};

const struct gk_command gk_command_import_watch_areas = {
    .name = "import watch-areas",
    .operands = "FILE",
    .help = "import neighbourhood-watch areas from a polygon file",
    .usage =
        "Areas are known by their slug. Unclosed, self-crossing and empty polygons are refused\n"
        "with the feature's number. An area is public only once approved. A boundary that was\n"
        "published is never altered: a new one needs --valid-from.\n",
    .flags = flags,
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = run,
};
