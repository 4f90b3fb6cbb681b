/* `import watch-areas`: the areas of neighbourhood-watch groups, with slug,
 * name, start, end and approval. Boundaries keep their history. Here is what is
 * of watch areas alone; see import_frame.h. */
#include <string.h>

#include "base/date.h"
#include "import_fields.h"
#include "import_frame.h"
#include "store/places.h"
#include "text.h"

enum { SLUG = GK_IMPORT_OWN_OF_AREAS, NAME, STARTED, ENDED, APPROVED_COLUMN, APPROVED, VALID_FROM };
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

struct watch {
    const struct gk_vector *vector;
    int slug, name, started, ended, approved;
    bool approve_all;
    int32_t valid_from; /* GK_DAY_NONE: not given */
    struct gk_buf slug_text, name_text, other, area;
    struct gk_copy *copy; /* while staging */
    struct gk_watch_counts counts;
};

static enum gk_status prepare(void *context, struct gk_import *import, struct gk_error *error)
{
    struct watch *watch = context;
    const struct gk_flag_value *values = import->values;
    const struct gk_vector *vector = watch->vector = &import->vector;
    enum gk_status status =
        gk_vector_column(&watch->name, vector, values[NAME].text, name_names, error);
    if (status == GK_OK && watch->name < 0)
        status = gk_error_set(error, GK_INVALID,
                              "no column with the areas' names was recognised: name it with "
                              "--name-column");
    if (status == GK_OK)
        status = gk_vector_column(&watch->slug, vector, values[SLUG].text, slug_names, error);
    if (status == GK_OK)
        status =
            gk_vector_column(&watch->started, vector, values[STARTED].text, started_names, error);
    if (status == GK_OK)
        status = gk_vector_column(&watch->ended, vector, values[ENDED].text, ended_names, error);
    if (status == GK_OK)
        status = gk_vector_column(&watch->approved, vector, values[APPROVED_COLUMN].text,
                                  approved_names, error);
    return status;
}

static enum gk_status read_day(int32_t *day, struct watch *watch, OGRFeatureH feature, int column,
                               struct gk_error *error)
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
    if (!gk_vector_text(&watch->other, feature, column))
        return GK_OK;
    struct gk_field_time time;
    if (!gk_field_time(&time, GK_DATE_YMD, watch->other.data, watch->other.length))
        return gk_error_set(error, GK_REJECTED, "column \"%.60s\" is no date",
                            gk_vector_column_name(watch->vector, column));
    *day = gk_day_from_hour(time.hour);
    return GK_OK;
}

static enum gk_status read_approved(int *approved, struct watch *watch, OGRFeatureH feature,
                                    struct gk_error *error)
{
    static const char *const yes[] = {"1", "true", "t", "yes", "y", "ja", "j", "sant"};
    static const char *const no[] = {"0", "false", "f", "no", "n", "nej", "falskt"};
    *approved = watch->approve_all ? 1 : -1;
    if (watch->approve_all || !gk_vector_text(&watch->other, feature, watch->approved))
        return GK_OK;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (gk_text_same_folded(yes[i], watch->other.data))
            *approved = 1;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (gk_text_same_folded(no[i], watch->other.data))
            *approved = 0;
    return *approved >= 0
               ? GK_OK
               : gk_error_set(error, GK_REJECTED, "column \"%.60s\" is neither yes nor no",
                              gk_vector_column_name(watch->vector, watch->approved));
}

/* A given slug must be one already: addresses of pages are not made up. */
static enum gk_status read_names(struct watch *watch, OGRFeatureH feature, struct gk_error *error)
{
    if (!gk_vector_text(&watch->name_text, feature, watch->name))
        return gk_error_set(error, GK_REJECTED, "it has no name");
    if (gk_buf_status(&watch->name_text) != GK_OK || watch->name_text.length > NAME_MAX_BYTES)
        return gk_error_set(error, GK_REJECTED, "its name has more than %d bytes", NAME_MAX_BYTES);
    struct gk_buf *slug = &watch->slug_text;
    gk_buf_clear(slug);
    if (!gk_vector_text(&watch->other, feature, watch->slug)) {
        gk_buf_put_slug(slug, watch->name_text.data, watch->name_text.length);
        if (slug->length == 0)
            return gk_error_set(error, GK_REJECTED,
                                "no slug can be made of its name; give it a column "
                                "\"slug\"");
        return gk_buf_status(slug);
    }
    gk_buf_put_slug(slug, watch->other.data, watch->other.length);
    if (gk_buf_status(&watch->other) != GK_OK || slug->length != watch->other.length ||
        slug->length == 0 || slug->length > SLUG_MAX_BYTES ||
        memcmp(slug->data, watch->other.data, slug->length) != 0)
        return gk_error_set(error, GK_REJECTED,
                            "its slug is not words of a-z and 0-9 joined by -, at "
                            "most %d bytes",
                            SLUG_MAX_BYTES);
    return GK_OK;
}

static enum gk_status take(void *context, struct gk_import *import, OGRFeatureH feature,
                           struct gk_error *error)
{
    struct watch *watch = context;
    struct gk_watch_area area = {.feature = import->read};
    enum gk_status status = read_names(watch, feature, error);
    if (status == GK_OK)
        status = read_day(&area.started, watch, feature, watch->started, error);
    if (status == GK_OK)
        status = read_day(&area.ended, watch, feature, watch->ended, error);
    if (status == GK_OK)
        status = read_approved(&area.approved, watch, feature, error);
    if (status == GK_OK && area.started != GK_DAY_NONE && area.ended != GK_DAY_NONE &&
        area.ended < area.started)
        status = gk_error_set(error, GK_REJECTED, "it ended before it started");
    gk_buf_clear(&watch->area);
    if (status == GK_OK)
        status = gk_import_area(&watch->area, import, feature, error);
    if (status != GK_OK)
        return status;
    area.slug = watch->slug_text.data;
    area.name = watch->name_text.data;
    area.ewkb = watch->area.data;
    area.ewkb_length = watch->area.length;
    gk_copy_watch_area(watch->copy, &area);
    return GK_OK;
}

static enum gk_status begin(void *context, struct gk_import *import, struct gk_error *error)
{
    struct watch *watch = context;
    return gk_watch_stage(&watch->copy, import->store, error);
}

static enum gk_status store(void *context, struct gk_import *import, struct gk_error *error)
{
    struct watch *watch = context;
    struct gk_places places;
    struct gk_copy *copy = watch->copy;
    watch->copy = NULL;
    enum gk_status status = gk_copy_end(copy, NULL, error);
    if (status == GK_OK)
        status = gk_watch_merge(&watch->counts, import->store, watch->valid_from, error);
    if (status == GK_OK)
        status = gk_places_read(&places, import->store, error);
    bool is_changed = watch->counts.added + watch->counts.changed > 0;
    if (status == GK_OK && is_changed)
        status = gk_places_changed(import->store, places.lattice_version, error);
    return status;
}

static void report(void *context, struct gk_import *import)
{
    const struct watch *watch = context;
    struct gk_report *out = import->report;
    gk_report_i64(out, "read", import->read, "read {}");
    gk_report_i64(out, "new", watch->counts.added, "   new {}");
    gk_report_i64(out, "changed", watch->counts.changed, "   changed {}");
    gk_report_i64(out, "boundaries", watch->counts.boundaries, " (boundaries {})");
    gk_report_i64(out, "as_before", watch->counts.unchanged, "   as before {}\n");
}

static void release(void *context)
{
    struct watch *watch = context;
    gk_copy_abort(watch->copy);
    gk_buf_release(&watch->slug_text);
    gk_buf_release(&watch->name_text);
    gk_buf_release(&watch->other);
    gk_buf_release(&watch->area);
}

static enum gk_status run(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    static const struct gk_import_kind kind = {.application_name = "grannkarta import watch-areas",
                                               .unit = "areas",
                                               .has_areas = true,
                                               .prepare = prepare,
                                               .begin = begin,
                                               .take = take,
                                               .store = store,
                                               .report = report,
                                               .release = release};
    const struct gk_flag_value *values = arguments->values;
    struct watch watch = {.approve_all = values[APPROVED].count > 0, .valid_from = GK_DAY_NONE};
    if (values[VALID_FROM].count > 0)
        watch.valid_from = (int32_t)values[VALID_FROM].number;
    gk_buf_init(&watch.slug_text, TEXT_MAX_BYTES);
    gk_buf_init(&watch.name_text, TEXT_MAX_BYTES);
    gk_buf_init(&watch.other, TEXT_MAX_BYTES);
    gk_buf_init(&watch.area, AREA_MAX_BYTES);
    return gk_import_run(&kind, &watch, options, arguments, error);
}

static const struct gk_flag flags[] = {
    GK_IMPORT_AREA_FLAGS,
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
    {.name = NULL}};

const struct gk_command gk_command_import_watch_areas = {
    .name = "import watch-areas",
    .operands = "FILE",
    .help = "import neighbourhood-watch areas from a polygon file",
    .usage =
        "Areas are known by their slug. Unclosed, self-crossing and empty polygons are refused\n"
        "and listed in FILE.rejects.csv; --repair mends and tells what it did. An area is public "
        "only once approved. A boundary that was\n"
        "published is never altered: a new one needs --valid-from.\n",
    .flags = flags,
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = run,
};
