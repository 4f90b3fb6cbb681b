/* `import dwellings`: points with how many dwellings of which class they have.
 * They are summed per (base square, base district) in memory; the points
 * themselves are stored nowhere. Here is what is of dwellings alone; see
 * import_frame.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "district_index.h"
#include "dwelling_sum.h"
#include "geo/crs.h"
#include "geo/square.h"
#include "import_frame.h"
#include "sha256.h"
#include "store/places.h"
#include "text.h"

enum { YEAR = GK_IMPORT_OWN_OF_POINTS, COUNT, CLASS, ADDRESSES, NO_ADDRESSES };
enum { TEXT_MAX_BYTES = 4096, PER_ROW_MAX = 100000 };

static const char *const count_names[] = {
    "dwellings",      "dwelling_count", "bostäder",   "bostader",
    "antal_bostäder", "antal_bostader", "households", "hushåll",
    "hushall",        "antal_hushall",  "antal_lgh",  "lägenheter",
    "lagenheter",     "antal",          "count",      NULL};
static const char *const class_names[] = {
    "class",      "klass",    "dwelling_class", "bostadstyp", "boendetyp", "hustyp", "byggnadstyp",
    "boendeform", "kategori", "category",       "typ",        "type",      "kind",   NULL};
static const char *const addresses_names[] = {"addresses", "adresser", "antal_adresser",
                                              "address_count", NULL};
static const char *const year_names[] = {"year", "år", "ar", "dwellings_year", NULL};

struct dwellings {
    int count, class, addresses, year_column;
    int32_t year; /* 0 until a row says it */
    bool has_addresses;
    int32_t square_dm;
    unsigned char sha256[32];
    int32_t earlier; /* the source that this file was imported as before; 0: none */
    struct gk_district_index districts;
    struct gk_dwelling_sum sum;
    struct gk_buf text;
    int64_t outside, inside_dwellings, outside_dwellings;
};

/* GK_CLASS_COUNT when it is not known. */
static int class_of(const char *text)
{
    static const struct {
        const char *name;
        int class;
    } classes[] = {{"villa", 0},          {"småhus", 0},       {"smahus", 0},
                   {"radhus", 0},         {"parhus", 0},       {"kedjehus", 0},
                   {"house", 0},          {"lägenhet", 1},     {"lagenhet", 1},
                   {"flerbostadshus", 1}, {"flat", 1},         {"apartment", 1},
                   {"flerfamiljshus", 1}, {"fritidshus", 2},   {"fritidsbostad", 2},
                   {"holiday", 2},        {"holiday home", 2}, {"cottage", 2}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (gk_text_same_folded(classes[i].name, text))
            return classes[i].class;
    return GK_CLASS_COUNT;
}

static enum gk_status prepare(void *context, struct gk_import *import, struct gk_error *error)
{
    struct dwellings *reader = context;
    const struct gk_vector *vector = &import->vector;
    const struct gk_flag_value *values = import->values;
    enum gk_status status =
        gk_vector_column(&reader->count, vector, values[COUNT].text, count_names, error);
    if (status == GK_OK && reader->count < 0)
        status = gk_error_set(error, GK_INVALID,
                              "no column with the number of dwellings was recognised: name it with "
                              "--count-column");
    if (status == GK_OK)
        status = gk_vector_column(&reader->class, vector, values[CLASS].text, class_names, error);
    if (status == GK_OK && reader->class < 0)
        status = gk_error_set(error, GK_INVALID,
                              "no column with the class of dwelling was recognised: name it with "
                              "--class-column");
    if (status == GK_OK)
        status = gk_vector_column(&reader->addresses, vector, values[ADDRESSES].text,
                                  addresses_names, error);
    if (status == GK_OK)
        status = gk_vector_column(&reader->year_column, vector, NULL, year_names, error);
    if (status == GK_OK && values[YEAR].count == 0 && reader->year_column < 0)
        status = gk_error_set(error, GK_INVALID,
                              "dwellings need their year: give --year, or a column \"year\"");
    reader->year = values[YEAR].count > 0 ? (int32_t)values[YEAR].number : 0;
    reader->has_addresses = values[NO_ADDRESSES].count == 0;
    return status == GK_OK ? gk_sha256_file(reader->sha256, import->arguments->operands[0], error)
                           : status;
}

/* --- One point -------------------------------------------------------------------- */

/* The year of a row must be that of all. */
static enum gk_status read_year(int32_t *year, struct dwellings *reader, OGRFeatureH feature,
                                struct gk_error *error)
{
    int64_t own;
    *year = reader->year;
    if (reader->year_column < 0)
        return GK_OK;
    if (!gk_vector_count(&own, feature, reader->year_column) || own < 1900 || own > 2200)
        return reader->year > 0 ? GK_OK
                                : gk_error_set(error, GK_REJECTED, "it has no year; give --year");
    if (reader->year != 0 && reader->year != own)
        return gk_error_set(error, GK_REJECTED,
                            "it is of %lld, others of %d; import one year at a time",
                            (long long)own, reader->year);
    *year = (int32_t)own;
    return GK_OK;
}

static enum gk_status read_class(int *class, struct dwellings *reader, OGRFeatureH feature,
                                 struct gk_error *error)
{
    bool has_class = gk_vector_text(&reader->text, feature, reader->class);
    *class = has_class ? class_of(reader->text.data) : GK_CLASS_COUNT;
    return *class < GK_CLASS_COUNT
               ? GK_OK
               : gk_error_set(error, GK_REJECTED,
                              "class of dwelling \"%.60s\" is not known; allowed: villa, småhus, "
                              "radhus, parhus, kedjehus, house; lägenhet, flerbostadshus, "
                              "flerfamiljshus, flat, apartment; fritidshus, fritidsbostad, "
                              "holiday, cottage",
                              has_class ? reader->text.data : "");
}

static enum gk_status read_numbers(struct dwellings *reader, OGRFeatureH feature,
                                   struct gk_square_dwellings *row, struct gk_error *error)
{
    int64_t count = 0, addresses = reader->has_addresses;
    int class;
    if (!gk_vector_count(&count, feature, reader->count) || count > PER_ROW_MAX)
        return gk_error_set(error, GK_REJECTED,
                            "its number of dwellings is no whole number from 0 to %d", PER_ROW_MAX);
    if (reader->has_addresses && reader->addresses >= 0 &&
        (!gk_vector_count(&addresses, feature, reader->addresses) || addresses > PER_ROW_MAX))
        return gk_error_set(error, GK_REJECTED,
                            "its number of addresses is no whole number from 0 to %d", PER_ROW_MAX);
    enum gk_status status = read_class(&class, reader, feature, error);
    if (status != GK_OK)
        return status;
    row->dwellings[class] = (int32_t)count;
    row->addresses = (int32_t)addresses;
    return GK_OK;
}

static enum gk_status take(void *context, struct gk_import *import, OGRFeatureH feature,
                           struct gk_error *error)
{
    struct dwellings *reader = context;
    struct gk_square_dwellings row = {.cell = 0};
    struct gk_en en;
    int32_t year = 0;
    enum gk_status status = gk_vector_point(&en, &import->vector, feature, error);
    if (status == GK_OK)
        status = read_year(&year, reader, feature, error);
    if (status == GK_OK)
        status = read_numbers(reader, feature, &row, error);
    if (status != GK_OK)
        return status;
    reader->year = year;
    struct gk_cm place = gk_cm_from_en(en);
    row.square = gk_square_at(place, reader->square_dm * 10);
    row.district = gk_district_index_at(&reader->districts, place);
    int64_t count = row.dwellings[0] + row.dwellings[1] + row.dwellings[2];
    if (row.district < 0) {
        reader->outside++;
        reader->outside_dwellings += count;
        return GK_OK;
    }
    reader->inside_dwellings += count;
    return count > 0 ? gk_dwelling_sum_add(&reader->sum, &row, error) : GK_OK;
}

/* --- All of them -------------------------------------------------------------------- */

/* The squares of a later source must be those that the lattice is made of. */
static enum gk_status begin(void *context, struct gk_import *import, struct gk_error *error)
{
    struct dwellings *reader = context;
    struct gk_places places;
    enum gk_status status = gk_places_read(&places, import->store, error);
    if (status == GK_OK && *places.base_set == '\0')
        status = gk_error_set(error, GK_CONFLICT,
                              "there is no base set yet: import districts with --base first");
    if (status == GK_OK && places.lattice_version > 0 &&
        places.lattice_square_dm != reader->square_dm)
        status = gk_error_set(error, GK_CONFLICT,
                              "base_square_m is %g, but the lattice has squares of %g m, for good",
                              reader->square_dm / 10.0, places.lattice_square_dm / 10.0);
    if (status == GK_OK)
        status = gk_district_index_load(&reader->districts, import->store, "", error);
    return status;
}

static enum gk_status write_all(const struct dwellings *reader, struct gk_store *store,
                                struct gk_error *error)
{
    int32_t id;
    struct gk_copy *copy = NULL;
    enum gk_status status = gk_dwelling_source_insert(
        &id, store, reader->year, reader->sha256, reader->square_dm, reader->has_addresses, error);
    if (status == GK_OK)
        status = gk_dwellings_copy(&copy, store, error);
    if (status != GK_OK)
        return status;
    for (size_t i = 0; i < reader->sum.capacity; i++)
        if (reader->sum.rows[i].addresses >= 0)
            gk_copy_dwellings(copy, id, &reader->sum.rows[i]);
    return gk_copy_end(copy, NULL, error);
}

static enum gk_status store(void *context, struct gk_import *import, struct gk_error *error)
{
    struct dwellings *reader = context;
    if (reader->sum.count == 0)
        return gk_error_set(error, GK_REJECTED,
                            "none of the %lld points has a dwelling inside a base district",
                            (long long)import->read);
    enum gk_status status = gk_dwelling_source_find(&reader->earlier, import->store, reader->year,
                                                    reader->sha256, error);
    return status == GK_OK && reader->earlier == 0 ? write_all(reader, import->store, error)
                                                   : status;
}

static void report(void *context, struct gk_import *import)
{
    const struct dwellings *reader = context;
    struct gk_report *out = import->report;
    bool has_outside = reader->outside > 0;
    gk_report_i64(out, "read", import->read, "read {}");
    gk_report_i64(out, "dwellings", reader->inside_dwellings, "   dwellings {}");
    gk_report_i64(out, "squares", (int64_t)reader->sum.count, " in {} squares");
    gk_report_i64(out, "year", reader->year, "   year {}\n");
    gk_report_i64(out, "points_outside", reader->outside,
                  has_outside ? "outside every base district and left out: {} points" : NULL);
    gk_report_i64(out, "dwellings_outside", reader->outside_dwellings,
                  has_outside ? " with {} dwellings\n" : NULL);
    gk_report_bool(out, "is_known", reader->earlier > 0,
                   "this file was imported before: nothing changed\n");
}

static void release(void *context)
{
    struct dwellings *reader = context;
    gk_district_index_release(&reader->districts);
    gk_dwelling_sum_release(&reader->sum);
    gk_buf_release(&reader->text);
}

static enum gk_status run(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    static const struct gk_import_kind kind = {.application_name = "grannkarta import dwellings",
                                               .unit = "points",
                                               .prepare = prepare,
                                               .begin = begin,
                                               .take = take,
                                               .store = store,
                                               .report = report,
                                               .release = release};
    struct dwellings reader = {.square_dm =
                                   (int32_t)lround(strtod(options->base_square_m, NULL) * 10)};
    gk_buf_init(&reader.text, TEXT_MAX_BYTES);
    return gk_import_run(&kind, &reader, options, arguments, error);
}

static const struct gk_flag flags[] = {
    GK_IMPORT_FLAGS,
    [YEAR] = {.name = "year",
              .kind = GK_FLAG_NUMBER,
              .minimum = 1900,
              .maximum = 2200,
              .has_no_default = true,
              .help = "year of the dwellings (else column year)"},
    [COUNT] = {.name = "count-column",
               .kind = GK_FLAG_TEXT,
               .help =
                   "column with the number of dwellings (else dwellings, bostäder, antal, ...)"},
    [CLASS] = {.name = "class-column",
               .kind = GK_FLAG_TEXT,
               .help = "column with the class (else class, bostadstyp, hustyp, typ, ...)"},
    [ADDRESSES] = {.name = "addresses-column",
                   .kind = GK_FLAG_TEXT,
                   .help = "column with the number of addresses (else addresses, adresser; else "
                           "each point is one)"},
    [NO_ADDRESSES] = {.name = "no-addresses",
                      .kind = GK_FLAG_SWITCH,
                      .help = "the points are no addresses (such as a statistics grid): cells keep "
                              "no minimum of addresses"},
    {.name = NULL}};

const struct gk_command gk_command_import_dwellings = {
    .name = "import dwellings",
    .operands = "FILE",
    .help = "import dwellings from a point file, summed per base square",
    .usage = "Needs the base set of districts. Classes: villa (småhus, radhus), flat (lägenhet,\n"
             "flerbostadshus), holiday (fritidshus). Points outside every base district are left\n"
             "out and counted. `grannkarta lattice build` then makes cells.\n",
    .flags = flags,
    .operand_minimum = 1,
    .operand_maximum = 1,
    .has_report = true,
    .run = run,
};
