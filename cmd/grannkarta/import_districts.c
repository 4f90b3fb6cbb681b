/* `import districts`: a set of areas (regso, deso, kommun, lpo, any name) from
 * any polygon file. One of the sets is the base set, inside whose districts the
 * lattice is built. Nothing of a polygon is repaired: a bad one is refused. */
#include <string.h>

#include "base/date.h"
#include "command.h"
#include "store/places.h"
#include "text.h"
#include "vector.h"

enum { LAYER, SET, BASE, CODE, NAME, INHABITANTS, YEAR, VALID_FROM, CRS };
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

struct reader {
    struct gk_vector vector;
    int code, name, inhabitants, year;
    int64_t given_year; /* 0: from the column */
    struct gk_report *report;
    struct gk_progress *progress;
    struct gk_buf code_text, name_text, area;
};

/* Inhabitants without their year would be a number that does not say what it
 * is: then they are left out, or refused when they were asked for. */
static enum gk_status find_inhabitants(struct reader *reader, const struct gk_arguments *arguments,
                                       struct gk_error *error)
{
    const char *asked = arguments->values[INHABITANTS].text;
    enum gk_status status =
        gk_vector_column(&reader->inhabitants, &reader->vector, asked, inhabitants_names, error);
    if (status == GK_OK)
        status = gk_vector_column(&reader->year, &reader->vector, NULL, year_names, error);
    reader->given_year = arguments->values[YEAR].count > 0 ? arguments->values[YEAR].number : 0;
    if (status != GK_OK || reader->inhabitants < 0 || reader->year >= 0 || reader->given_year > 0)
        return status;
    if (asked != NULL)
        return gk_error_set(error, GK_INVALID,
                            "the inhabitants need their year: give --inhabitants-year");
    gk_report_note(reader->report,
                   "column \"%s\" left out: inhabitants need their year (--inhabitants-year)",
                   gk_vector_column_name(&reader->vector, reader->inhabitants));
    reader->inhabitants = -1;
    return GK_OK;
}

static enum gk_status find_columns(struct reader *reader, const struct gk_arguments *arguments,
                                   struct gk_error *error)
{
    enum gk_status status = gk_vector_column(&reader->code, &reader->vector,
                                             arguments->values[CODE].text, code_names, error);
    if (status == GK_OK && reader->code < 0)
        status = gk_error_set(error, GK_INVALID,
                              "no column with the districts' codes was recognised: name it with "
                              "--code-column");
    if (status == GK_OK)
        status = gk_vector_column(&reader->name, &reader->vector, arguments->values[NAME].text,
                                  name_names, error);
    if (status == GK_OK && reader->name == reader->code)
        reader->name = -1;
    if (status == GK_OK)
        status = find_inhabitants(reader, arguments, error);
    return status;
}

static enum gk_status read_inhabitants(struct reader *reader, OGRFeatureH feature,
                                       struct gk_district *district, struct gk_error *error)
{
    district->inhabitants = -1;
    int64_t count, year = reader->given_year;
    if (reader->inhabitants < 0 || !OGR_F_IsFieldSetAndNotNull(feature, reader->inhabitants))
        return GK_OK;
    if (!gk_vector_count(&count, feature, reader->inhabitants) || count > INHABITANTS_MAX)
        return gk_error_set(error, GK_REJECTED,
                            "feature %lld: its inhabitants are no whole number of at least 0",
                            (long long)district->feature);
    if ((year == 0 && !gk_vector_count(&year, feature, reader->year)) || year < 1900 || year > 2200)
        return gk_error_set(
            error, GK_REJECTED,
            "feature %lld: the year of its inhabitants is no year from 1900 to 2200",
            (long long)district->feature);
    district->inhabitants = count;
    district->inhabitants_year = (int32_t)year;
    return GK_OK;
}

static enum gk_status read_district(struct reader *reader, OGRFeatureH feature, int64_t number,
                                    struct gk_copy *copy, struct gk_error *error)
{
    struct gk_district district = {.feature = number};
    gk_buf_clear(&reader->area);
    enum gk_status status = gk_vector_area(&reader->area, &reader->vector, feature, number, error);
    if (status == GK_OK && !gk_vector_text(&reader->code_text, feature, reader->code))
        status =
            gk_error_set(error, GK_REJECTED, "feature %lld: it has no code", (long long)number);
    if (status == GK_OK)
        status = read_inhabitants(reader, feature, &district, error);
    if (status != GK_OK)
        return status;
    bool has_name = gk_vector_text(&reader->name_text, feature, reader->name);
    if (gk_buf_status(&reader->code_text) != GK_OK || gk_buf_status(&reader->name_text) != GK_OK)
        return gk_error_set(error, GK_REJECTED, "feature %lld: its code or name is too long",
                            (long long)number);
    district.code = reader->code_text.data;
    district.name = has_name ? reader->name_text.data : district.code;
    district.ewkb = reader->area.data;
    district.ewkb_length = reader->area.length;
    gk_copy_district(copy, &district);
    return GK_OK;
}

static enum gk_status read_all(struct reader *reader, struct gk_store *store, int64_t *count,
                               struct gk_error *error)
{
    struct gk_copy *copy = NULL;
    enum gk_status status = gk_districts_stage(&copy, store, error);
    OGRFeatureH feature;
    *count = 0;
    gk_progress_begin(reader->progress, "reading", "districts", reader->vector.feature_count);
    while (status == GK_OK && (feature = OGR_L_GetNextFeature(reader->vector.layer)) != NULL) {
        status = read_district(reader, feature, ++*count, copy, error);
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

/* Staging and merging: one transaction. */
static enum gk_status import_in(struct gk_store *store, struct reader *reader,
                                const struct gk_district_import *import, struct gk_error *error)
{
    struct gk_district_counts counts;
    struct gk_places places;
    int64_t read;
    enum gk_status status = gk_places_begin(store, error);
    if (status == GK_OK)
        status = read_all(reader, store, &read, error);
    gk_progress_begin(reader->progress, "comparing and storing", NULL, 0);
    if (status == GK_OK)
        status = gk_districts_merge(&counts, store, import, error);
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
        gk_report_i64(reader->report, "as_before", counts.unchanged, "   as before {}");
        gk_report_i64(reader->report, "not_in_file", counts.absent, "   not in the file {}\n");
    }
    return status;
}

static enum gk_status run(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    struct gk_district_import import = {.set = values[SET].text,
                                        .is_base = values[BASE].count > 0,
                                        .has_valid_from = values[VALID_FROM].count > 0,
                                        .valid_from = (int32_t)values[VALID_FROM].number};
    struct reader reader;
    struct gk_store *store = NULL;
    memset(&reader, 0, sizeof reader);
    reader.report = arguments->report;
    reader.progress = arguments->progress;
    gk_buf_init(&reader.code_text, TEXT_MAX_BYTES);
    gk_buf_init(&reader.name_text, TEXT_MAX_BYTES);
    gk_buf_init(&reader.area, AREA_MAX_BYTES);
    choose_titles(&import);
    enum gk_status status = check_set_name(import.set, error);
    if (status == GK_OK)
        status = gk_vector_open(&reader.vector, arguments->operands[0], values[LAYER].text,
                                values[CRS].count > 0 ? values[CRS].number : 0, error);
    if (status == GK_OK)
        status = find_columns(&reader, arguments, error);
    if (status == GK_OK)
        status = gk_command_open_store(&store, options, GK_STORE_IMPORTER,
                                       "grannkarta import districts", error);
    if (status == GK_OK)
        status = import_in(store, &reader, &import, error);
    gk_store_close(store);
    gk_vector_close(&reader.vector);
    gk_buf_release(&reader.code_text);
    gk_buf_release(&reader.name_text);
    gk_buf_release(&reader.area);
    return status;
}

static const struct gk_flag flags[] = {
    [LAYER] = {.name = "layer",
               .kind = GK_FLAG_TEXT,
               .help = "layer of the file, when it has several"},
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
    [CRS] = {.name = "crs",
             .kind = GK_FLAG_NUMBER,
             .minimum = 1,
             .maximum = 1000000,
             .has_no_default = true,
             .help = "EPSG code of the coordinates, whatever the file says"},
    {.name = NULL}};

const struct gk_command gk_command_import_districts = {
    .name = "import districts",
    .operands = "FILE",
    .help = "import a set of districts from a polygon file",
    .usage =
        "Takes what GDAL reads (GeoPackage, GeoJSON, Shapefile, ...) in any CRS. Unclosed,\n"
        "self-crossing and empty polygons are refused with the feature's number. Districts of\n"
        "the base set must not overlap (slivers under 1 m2 or half a metre wide are let be).\n"
        "A district in use is never altered: a change needs --valid-from.\n",
    .flags = flags,
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = run,
};
