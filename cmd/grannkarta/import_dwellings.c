/* `import dwellings`: points with how many dwellings of which class they have.
 * They are summed per (base square, base district) in memory; the points
 * themselves are stored nowhere. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "district_index.h"
#include "dwelling_sum.h"
#include "geo/crs.h"
#include "geo/square.h"
#include "sha256.h"
#include "store/places.h"
#include "text.h"
#include "vector.h"

enum { LAYER, YEAR, COUNT, CLASS, ADDRESSES, NO_ADDRESSES, CRS };
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

struct reader {
    struct gk_vector vector;
    int count, class, addresses, year_column;
    int32_t year;
    bool has_addresses;
    int32_t side_cm;
    struct gk_district_index districts;
    struct gk_dwelling_sum sum;
    struct gk_buf text;
    struct gk_report *out;
    struct gk_progress *progress;
    int64_t read, outside, dwellings, dwellings_outside;
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

static enum gk_status find_columns(struct reader *reader, const struct gk_flag_value *values,
                                   struct gk_error *error)
{
    const struct gk_vector *vector = &reader->vector;
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
    return status;
}

/* The year of a row must be that of all. */
static enum gk_status check_year(struct reader *reader, OGRFeatureH feature, int64_t number,
                                 struct gk_error *error)
{
    int64_t year;
    if (reader->year_column < 0)
        return GK_OK;
    if (!gk_vector_count(&year, feature, reader->year_column) || year < 1900 || year > 2200)
        return reader->year > 0
                   ? GK_OK
                   : gk_error_set(error, GK_REJECTED, "feature %lld: it has no year; give --year",
                                  (long long)number);
    if (reader->year == 0)
        reader->year = (int32_t)year;
    if (reader->year != year)
        return gk_error_set(error, GK_REJECTED,
                            "feature %lld: it is of %lld, others of %d; import one year at a time",
                            (long long)number, (long long)year, reader->year);
    return GK_OK;
}

static enum gk_status read_numbers(struct reader *reader, OGRFeatureH feature, int64_t number,
                                   struct gk_square_dwellings *row, struct gk_error *error)
{
    int64_t count = 0, addresses = reader->has_addresses;
    if (!gk_vector_count(&count, feature, reader->count) || count > PER_ROW_MAX)
        return gk_error_set(error, GK_REJECTED,
                            "feature %lld: its number of dwellings is no whole number from 0 to %d",
                            (long long)number, PER_ROW_MAX);
    if (reader->has_addresses && reader->addresses >= 0 &&
        (!gk_vector_count(&addresses, feature, reader->addresses) || addresses > PER_ROW_MAX))
        return gk_error_set(error, GK_REJECTED,
                            "feature %lld: its number of addresses is no whole number from 0 to %d",
                            (long long)number, PER_ROW_MAX);
    bool has_class = gk_vector_text(&reader->text, feature, reader->class);
    int class = has_class ? class_of(reader->text.data) : GK_CLASS_COUNT;
    if (class == GK_CLASS_COUNT)
        return gk_error_set(error, GK_REJECTED,
                            "feature %lld: class of dwelling \"%.60s\" is not known; allowed: "
                            "villa, småhus, radhus, parhus, kedjehus, house; lägenhet, "
                            "flerbostadshus, flerfamiljshus, flat, apartment; fritidshus, "
                            "fritidsbostad, holiday, cottage",
                            (long long)number, has_class ? reader->text.data : "");
    row->dwellings[class] = (int32_t)count;
    row->addresses = (int32_t)addresses;
    reader->dwellings += count;
    return GK_OK;
}

static enum gk_status read_point(struct reader *reader, OGRFeatureH feature, int64_t number,
                                 struct gk_error *error)
{
    struct gk_square_dwellings row = {.cell = 0};
    struct gk_en en;
    enum gk_status status = gk_vector_point(&en, &reader->vector, feature, number, error);
    if (status == GK_OK)
        status = check_year(reader, feature, number, error);
    if (status == GK_OK)
        status = read_numbers(reader, feature, number, &row, error);
    if (status != GK_OK)
        return status;
    struct gk_cm place = gk_cm_from_en(en);
    row.square = gk_square_at(place, reader->side_cm);
    row.district = gk_district_index_at(&reader->districts, place);
    int64_t count = row.dwellings[0] + row.dwellings[1] + row.dwellings[2];
    if (row.district < 0) {
        reader->outside++;
        reader->dwellings_outside += count;
        return GK_OK;
    }
    if (count == 0)
        return GK_OK;
    return gk_dwelling_sum_add(&reader->sum, &row, error);
}

static enum gk_status read_all(struct reader *reader, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    OGRFeatureH feature;
    gk_progress_begin(reader->progress, "reading", "points", reader->vector.feature_count);
    while (status == GK_OK && (feature = OGR_L_GetNextFeature(reader->vector.layer)) != NULL) {
        status = read_point(reader, feature, ++reader->read, error);
        gk_progress_at(reader->progress, reader->read);
        OGR_F_Destroy(feature);
    }
    if (status == GK_OK && reader->sum.count == 0)
        status = gk_error_set(error, GK_REJECTED,
                              "none of the %lld points has a dwelling inside a base district",
                              (long long)reader->read);
    return status;
}

static enum gk_status write_all(const struct reader *reader, struct gk_store *store,
                                const unsigned char sha256[32], int32_t square_dm,
                                struct gk_error *error)
{
    int32_t id;
    struct gk_copy *copy = NULL;
    enum gk_status status = gk_dwelling_source_insert(&id, store, reader->year, sha256, square_dm,
                                                      reader->has_addresses, error);
    if (status == GK_OK)
        status = gk_dwellings_copy(&copy, store, error);
    if (status != GK_OK)
        return status;
    for (size_t i = 0; i < reader->sum.capacity; i++)
        if (reader->sum.rows[i].addresses >= 0)
            gk_copy_dwellings(copy, id, &reader->sum.rows[i]);
    return gk_copy_end(copy, NULL, error);
}

static void report(const struct reader *reader)
{
    bool is_said = reader->outside > 0;
    gk_report_i64(reader->out, "read", reader->read, "read {}");
    gk_report_i64(reader->out, "dwellings", reader->dwellings - reader->dwellings_outside,
                  "   dwellings {}");
    gk_report_i64(reader->out, "squares", (int64_t)reader->sum.count, " in {} squares");
    gk_report_i64(reader->out, "year", reader->year, "   year {}\n");
    gk_report_i64(reader->out, "points_outside", reader->outside,
                  is_said ? "outside every base district and left out: {} points" : NULL);
    gk_report_i64(reader->out, "dwellings_outside", reader->dwellings_outside,
                  is_said ? " with {} dwellings\n" : NULL);
}

/* The squares of a later source must be those that the lattice is made of. */
static enum gk_status check_places(const struct gk_places *places, int32_t square_dm,
                                   struct gk_error *error)
{
    if (*places->base_set == '\0')
        return gk_error_set(error, GK_CONFLICT,
                            "there is no base set yet: import districts with --base first");
    if (places->lattice_version > 0 && places->lattice_square_dm != square_dm)
        return gk_error_set(error, GK_CONFLICT,
                            "base_square_m is %g, but the lattice has squares of %g m, for good",
                            square_dm / 10.0, places->lattice_square_dm / 10.0);
    return GK_OK;
}

static enum gk_status import_in(struct gk_store *store, struct reader *reader,
                                const unsigned char sha256[32], int32_t square_dm,
                                struct gk_error *error)
{
    struct gk_places places;
    int32_t earlier = 0;
    enum gk_status status = gk_places_begin(store, error);
    if (status == GK_OK)
        status = gk_places_read(&places, store, error);
    if (status == GK_OK)
        status = check_places(&places, square_dm, error);
    if (status == GK_OK)
        status = gk_district_index_load(&reader->districts, store, "", error);
    if (status == GK_OK)
        status = read_all(reader, error);
    gk_progress_begin(reader->progress, "storing", NULL, 0);
    if (status == GK_OK)
        status = gk_dwelling_source_find(&earlier, store, reader->year, sha256, error);
    if (status == GK_OK && earlier == 0)
        status = write_all(reader, store, sha256, square_dm, error);
    if (status == GK_OK)
        status = gk_store_execute(store, "COMMIT", error);
    if (status == GK_OK) {
        report(reader);
        if (earlier > 0)
            gk_report_note(reader->out, "this file was imported before: nothing changed");
    }
    return status;
}

static enum gk_status run(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    struct reader reader;
    struct gk_store *store = NULL;
    unsigned char sha256[32];
    memset(&reader, 0, sizeof reader);
    reader.out = arguments->report;
    reader.progress = arguments->progress;
    gk_buf_init(&reader.text, TEXT_MAX_BYTES);
    int32_t square_dm = (int32_t)lround(strtod(options->base_square_m, NULL) * 10);
    reader.side_cm = square_dm * 10;
    enum gk_status status =
        gk_vector_open(&reader.vector, arguments->operands[0], values[LAYER].text,
                       values[CRS].count > 0 ? values[CRS].number : 0, error);
    if (status == GK_OK)
        status = gk_sha256_file(sha256, arguments->operands[0], error);
    if (status == GK_OK)
        status = find_columns(&reader, values, error);
    if (status == GK_OK)
        status = gk_command_open_store(&store, options, GK_STORE_IMPORTER,
                                       "grannkarta import dwellings", error);
    if (status == GK_OK)
        status = import_in(store, &reader, sha256, square_dm, error);
    gk_store_close(store);
    gk_vector_close(&reader.vector);
    gk_district_index_release(&reader.districts);
    gk_dwelling_sum_release(&reader.sum);
    gk_buf_release(&reader.text);
    return status;
}

static const struct gk_flag flags[] = {
    [LAYER] = {.name = "layer",
               .kind = GK_FLAG_TEXT,
               .help = "layer of the file, when it has several"},
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
    [CRS] = {.name = "crs",
             .kind = GK_FLAG_NUMBER,
             .minimum = 1,
             .maximum = 1000000,
             .has_no_default = true,
             .help = "EPSG code of the coordinates, whatever the file says"},
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
