/* `import districts`: a set of areas (regso, deso, kommun, lpo, any name) from
 * any polygon file. One of the sets is the base set, inside whose districts the
 * lattice is built. Here is what is of districts alone; see import_frame.h. */
#include <string.h>

#include "import_frame.h"
#include "store/places.h"
#include "text.h"

enum {
    SET = GK_IMPORT_OWN_OF_AREAS,
    BASE,
    CODE,
    NAME,
    INHABITANTS,
    YEAR,
    VALID_FROM,
    ENDS_MISSING
};
enum { AREA_MAX_BYTES = 256 * 1024 * 1024, TEXT_MAX_BYTES = 4096, INHABITANTS_MAX = 100000000 };

static const char *const code_names[] = {
    "code",     "kod",     "regsokod",  "regso_kod",  "regso",         "desokod",
    "deso_kod", "deso",    "kommunkod", "kommun_kod", "kommunkod_scb", "municipality_code",
    "kn_kod",   "lpo_kod", "lpokod",    "omradeskod", "områdeskod",    "district_code",
    "do_kod",   "id",      NULL};
static const char *const name_names[] = {
    "name",        "namn",        "regsonamn",         "regso_namn", "desonamn",   "kommunnamn",
    "kommun_namn", "kommun",      "municipality_name", "kn_namn",    "lpo_namn",   "lpo",
    "omradesnamn", "områdesnamn", "district_name",     "delomrade",  "beteckning", "title",
    "titel",       NULL};
static const char *const inhabitants_names[] = {
    "inhabitants",    "invånare",  "invanare",  "antal_invånare",
    "antal_invanare", "folkmängd", "folkmangd", "befolkning",
    "population",     "pop",       NULL};
static const char *const year_names[] = {"inhabitants_year",
                                         "folkmangd_ar",
                                         "befolkning_ar",
                                         "population_year",
                                         "year",
                                         "år",
                                         "ar",
                                         NULL};

struct districts {
    int code, name, inhabitants, year;
    int64_t given_year; /* 0: from the column */
    struct gk_buf code_text, name_text, area;
    struct gk_district_import import;
    struct gk_copy *copy; /* while staging */
    struct gk_district_counts counts;
};

/* Inhabitants without their year would be a number that does not say what it
 * is: then they are left out, or refused when they were asked for. */
static enum gk_status find_inhabitants(struct districts *districts, struct gk_import *import,
                                       struct gk_error *error)
{
    const struct gk_vector *vector = &import->vector;
    const char *asked = import->values[INHABITANTS].text;
    enum gk_status status =
        gk_vector_column(&districts->inhabitants, vector, asked, inhabitants_names, error);
    if (status == GK_OK)
        status = gk_vector_column(&districts->year, vector, NULL, year_names, error);
    districts->given_year = import->values[YEAR].count > 0 ? import->values[YEAR].number : 0;
    if (status != GK_OK || districts->inhabitants < 0 || districts->year >= 0 ||
        districts->given_year > 0)
        return status;
    if (asked != NULL)
        return gk_error_set(error, GK_INVALID,
                            "the inhabitants need their year: give --inhabitants-year");
    gk_report_note(import->report,
                   "column \"%s\" left out: inhabitants need their year (--inhabitants-year)",
                   gk_vector_column_name(vector, districts->inhabitants));
    districts->inhabitants = -1;
    return GK_OK;
}

static enum gk_status find_columns(struct districts *districts, const struct gk_import *import,
                                   struct gk_error *error)
{
    const struct gk_vector *vector = &import->vector;
    const struct gk_flag_value *values = import->values;
    enum gk_status status =
        gk_vector_column(&districts->code, vector, values[CODE].text, code_names, error);
    if (status == GK_OK && districts->code < 0)
        status = gk_error_set(error, GK_INVALID,
                              "no column with the districts' codes was recognised: name it with "
                              "--code-column");
    if (status == GK_OK)
        status = gk_vector_column(&districts->name, vector, values[NAME].text, name_names, error);
    if (status == GK_OK && districts->name == districts->code)
        districts->name = -1;
    return status;
}

static enum gk_status check_set_name(const char *name, struct gk_error *error)
{
    size_t length = strlen(name);
    bool is_good = length > 0 && length <= GK_SET_NAME_MAX && name[0] >= 'a' && name[0] <= 'z' &&
                   strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
    return is_good ? GK_OK
                   : gk_error_set(error, GK_INVALID,
                                  "--set is \"%.60s\"; allowed are a-z, 0-9 and _, a letter first, "
                                  "at most %d",
                                  name, GK_SET_NAME_MAX);
}

static void choose_titles(struct gk_district_import *import)
{
    static const char *const known[][3] = {{"regso", "RegSO", "RegSO (regional statistical areas)"},
                                           {"deso", "DeSO", "DeSO (demographic statistical areas)"},
                                           {"lpo", "Lokalpolisområden", "Local police areas"},
                                           {"kommun", "Kommuner", "Municipalities"}};
    import->title_sv = import->title_en = import->set;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], import->set) == 0) {
            import->title_sv = known[i][1];
            import->title_en = known[i][2];
        }
}

static enum gk_status prepare(void *context, struct gk_import *import, struct gk_error *error)
{
    struct districts *districts = context;
    enum gk_status status = find_columns(districts, import, error);
    if (status == GK_OK && districts->import.ends_absent && !districts->import.has_valid_from)
        status = gk_error_set(error, GK_INVALID,
                              "--end-missing needs the date on which they end: --valid-from DATE");
    return status == GK_OK ? find_inhabitants(districts, import, error) : status;
}

static enum gk_status begin(void *context, struct gk_import *import, struct gk_error *error)
{
    struct districts *districts = context;
    return gk_districts_stage(&districts->copy, import->store, error);
}

/* --- One district ------------------------------------------------------------------ */

static enum gk_status read_inhabitants(struct districts *districts, OGRFeatureH feature,
                                       struct gk_district *district, struct gk_error *error)
{
    district->inhabitants = -1;
    int64_t count, year = districts->given_year;
    if (districts->inhabitants < 0 || !OGR_F_IsFieldSetAndNotNull(feature, districts->inhabitants))
        return GK_OK;
    if (!gk_vector_count(&count, feature, districts->inhabitants) || count > INHABITANTS_MAX)
        return gk_error_set(error, GK_REJECTED, "its inhabitants are no whole number from 0 to %d",
                            INHABITANTS_MAX);
    if ((year == 0 && !gk_vector_count(&year, feature, districts->year)) || year < 1900 ||
        year > 2200)
        return gk_error_set(error, GK_REJECTED,
                            "the year of its inhabitants is no year from 1900 to 2200");
    district->inhabitants = count;
    district->inhabitants_year = (int32_t)year;
    return GK_OK;
}

static enum gk_status take(void *context, struct gk_import *import, OGRFeatureH feature,
                           struct gk_error *error)
{
    struct districts *districts = context;
    struct gk_district district = {.feature = import->read};
    bool has_code = gk_vector_text(&districts->code_text, feature, districts->code);
    bool has_name = gk_vector_text(&districts->name_text, feature, districts->name);
    if (!has_code)
        return gk_error_set(error, GK_REJECTED, "it has no code");
    if (gk_buf_status(&districts->code_text) != GK_OK ||
        gk_buf_status(&districts->name_text) != GK_OK)
        return gk_error_set(error, GK_REJECTED, "its code or name has more than %d bytes",
                            TEXT_MAX_BYTES);
    enum gk_status status = read_inhabitants(districts, feature, &district, error);
    gk_buf_clear(&districts->area);
    if (status == GK_OK)
        status = gk_import_area(&districts->area, import, feature, error);
    if (status != GK_OK)
        return status;
    district.code = districts->code_text.data;
    district.name = has_name ? districts->name_text.data : district.code;
    district.ewkb = districts->area.data;
    district.ewkb_length = districts->area.length;
    gk_copy_district(districts->copy, &district);
    return GK_OK;
}

/* --- All of them --------------------------------------------------------------------- */

static enum gk_status store(void *context, struct gk_import *import, struct gk_error *error)
{
    struct districts *districts = context;
    struct gk_places places;
    struct gk_copy *copy = districts->copy;
    districts->copy = NULL;
    enum gk_status status = gk_copy_end(copy, NULL, error);
    if (status == GK_OK)
        status = gk_districts_merge(&districts->counts, import->store, &districts->import, error);
    if (status == GK_OK)
        status = gk_places_read(&places, import->store, error);
    const struct gk_district_counts *counts = &districts->counts;
    bool is_changed = counts->added + counts->changed + counts->ended > 0;
    if (status == GK_OK && is_changed)
        status = gk_places_changed(import->store, places.lattice_version, error);
    return status;
}

static void report(void *context, struct gk_import *import)
{
    const struct districts *districts = context;
    struct gk_report *out = import->report;
    gk_report_i64(out, "read", import->read, "read {}");
    gk_report_i64(out, "new", districts->counts.added, "   new {}");
    gk_report_i64(out, "changed", districts->counts.changed, "   changed {}");
    gk_report_i64(out, "as_before", districts->counts.unchanged, "   as before {}");
    gk_report_i64(out, "not_in_file", districts->counts.absent, "   not in the file {}");
    gk_report_i64(out, "ended", districts->counts.ended,
                  districts->counts.ended > 0 ? ", ended {}" : NULL);
    gk_report_say(out, "\n");
}

static void release(void *context)
{
    struct districts *districts = context;
    gk_copy_abort(districts->copy);
    gk_buf_release(&districts->code_text);
    gk_buf_release(&districts->name_text);
    gk_buf_release(&districts->area);
}

static enum gk_status run(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    static const struct gk_import_kind kind = {.application_name = "grannkarta import districts",
                                               .unit = "districts",
                                               .has_areas = true,
                                               .prepare = prepare,
                                               .begin = begin,
                                               .take = take,
                                               .store = store,
                                               .report = report,
                                               .release = release};
    const struct gk_flag_value *values = arguments->values;
    struct districts districts = {.import = {.set = values[SET].text,
                                             .is_base = values[BASE].count > 0,
                                             .has_valid_from = values[VALID_FROM].count > 0,
                                             .valid_from = (int32_t)values[VALID_FROM].number,
                                             .ends_absent = values[ENDS_MISSING].count > 0}};
    gk_buf_init(&districts.code_text, TEXT_MAX_BYTES);
    gk_buf_init(&districts.name_text, TEXT_MAX_BYTES);
    gk_buf_init(&districts.area, AREA_MAX_BYTES);
    choose_titles(&districts.import);
    enum gk_status status = check_set_name(districts.import.set, error);
    return status == GK_OK ? gk_import_run(&kind, &districts, options, arguments, error) : status;
}

static const struct gk_flag flags[] = {
    GK_IMPORT_AREA_FLAGS,
    [SET] = {.name = "set",
             .kind = GK_FLAG_TEXT,
             .is_required = true,
             .help = "name of the set: regso, deso, kommun, lpo, any other"},
    [BASE] = {.name = "base",
              .kind = GK_FLAG_SWITCH,
              .help = "this is the base set: the lattice is built inside its districts"},
    [CODE] = {.name = "code-column",
              .kind = GK_FLAG_TEXT,
              .help = "column with the code (else known names: code, kod, regsokod, ...)"},
    [NAME] = {.name = "name-column",
              .kind = GK_FLAG_TEXT,
              .help = "column with the name (else known names; without one the code)"},
    [INHABITANTS] = {.name = "inhabitants-column",
                     .kind = GK_FLAG_TEXT,
                     .help = "column with the inhabitants (else known names)"},
    [YEAR] = {.name = "inhabitants-year",
              .kind = GK_FLAG_NUMBER,
              .minimum = 1900,
              .maximum = 2200,
              .has_no_default = true,
              .help = "year of the inhabitants (else column inhabitants_year)"},
    [VALID_FROM] = {.name = "valid-from",
                    .kind = GK_FLAG_DAY,
                    .help = "changed and new districts are valid from this date"},
    [ENDS_MISSING] = {.name = "end-missing",
                      .kind = GK_FLAG_SWITCH,
                      .help = "the file is the whole set: districts that it lacks end on the date "
                              "of --valid-from"},
    {.name = NULL}};

const struct gk_command gk_command_import_districts = {
    .name = "import districts",
    .operands = "FILE",
    .help = "import a set of districts from a polygon file",
    .usage =
        "Takes what GDAL reads (GeoPackage, GeoJSON, Shapefile, ...) in any CRS. Unclosed,\n"
        "self-crossing and empty polygons are refused, listed in FILE.rejects.csv with reason\n"
        "and place; --repair mends and tells what it did. Districts of the base set must not\n"
        "overlap (slivers under 1 m2 or half a metre wide are let be). A district in use is\n"
        "never altered: a change needs --valid-from.\n",
    .flags = flags,
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = run,
};
