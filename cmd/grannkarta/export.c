/* `export`: a layer into a file, with the features and numbers of the service.
 *
 * They come from a snapshot that this command loads itself, by way of
 * api/export.h: the same code as behind /collections/{c}/items decides what is
 * in a layer, whose it is to see, which months count and how a number is rounded.
 * Asking a daemon over HTTP would need one that runs; reading the tables by SQL
 * would be a second answer to the same question. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/export.h"
#include "command.h"
#include "export_file.h"
#include "snapshot/load.h"
#include "store/releases.h"

enum { CHECK_EVERY = 256, LIST_MAX_BYTES = 2048, PARAMETERS_MAX = 10 };

enum {
    FLAG_RELEASE,
    FLAG_REVISION,
    FLAG_FROM,
    FLAG_TO,
    FLAG_BBOX,
    FLAG_FILTER,
    FLAG_SORTBY,
    FLAG_DEFINITION,
    FLAG_METHOD,
    FLAG_SIZE,
    FLAG_CRS,
    FLAG_LANG,
    FLAG_OVERWRITE
};

static const struct gk_flag flags[] = {
    [FLAG_RELEASE] = {.name = "release",
                      .kind = GK_FLAG_NUMBER,
                      .help = "the release; without it, the newest",
                      .minimum = 1,
                      .maximum = INT32_MAX,
                      .has_no_default = true},
    [FLAG_REVISION] = {.name = "revision",
                       .kind = GK_FLAG_TEXT,
                       .help = "analysts' data instead: the number of a revision, or `newest`"},
    [FLAG_FROM] = {.name = "from",
                   .kind = GK_FLAG_TEXT,
                   .help = "first month or day of the period, YYYY-MM or YYYY-MM-DD; a release "
                           "counts whole months"},
    [FLAG_TO] = {.name = "to",
                 .kind = GK_FLAG_TEXT,
                 .help = "last month or day; without both, the last 12 months of the data"},
    [FLAG_BBOX] = {.name = "bbox",
                   .kind = GK_FLAG_TEXT,
                   .help = "only features that touch west,south,east,north in degrees; a leading "
                           "minus needs --bbox=..."},
    [FLAG_FILTER] = {.name = "filter",
                     .kind = GK_FLAG_TEXT,
                     .help =
                         "only features for which this is true: CQL2 text, such as \"count >= 2 "
                         "AND dwellings < 50\""},
    [FLAG_SORTBY] = {.name = "sortby",
                     .kind = GK_FLAG_TEXT,
                     .help =
                         "of CSV and GeoJSON: in the order of a property, downwards with a minus, "
                         "--sortby=-count"},
    [FLAG_DEFINITION] = {.name = "definition",
                         .kind = GK_FLAG_TEXT,
                         .help = "which offences are counted; only with --revision, a release has "
                                 "one"},
    [FLAG_METHOD] = {.name = "method",
                     .kind = GK_FLAG_TEXT,
                     .help = "of hotspots: what `value` is, count or rate"},
    [FLAG_SIZE] = {.name = "size",
                   .kind = GK_FLAG_TEXT,
                   .help = "of hotspots: side of the squares in metres, 250, 500 or 1000; with "
                           "--revision also 100"},
    [FLAG_CRS] = {.name = "crs",
                  .kind = GK_FLAG_NUMBER,
                  .help = "EPSG code of the file's reference system; without it 3006, and 4326 for "
                          "GeoJSON, whose standard knows no other",
                  .minimum = 1,
                  .maximum = 999999,
                  .has_no_default = true},
    [FLAG_LANG] = {.name = "lang",
                   .kind = GK_FLAG_CHOICE,
                   .help = "language of titles and descriptions",
                   .choices = "sv|en",
                   .initial_text = "sv"},
    [FLAG_OVERWRITE] = {.name = "overwrite",
                        .kind = GK_FLAG_SWITCH,
                        .help = "replace the file if it is there"},
    {.name = NULL},
};

/* --- Ctrl-C ------------------------------------------------------------------------- */

/* The file is removed, not left: so the signal is noted and the work ends. The
 * pipe wakes a wait for the database. */
static atomic_bool stops;
static int wake[2] = {-1, -1};

static void stop(int number)
{
    (void)number;
    int reason = errno;
    atomic_store(&stops, true);
    ssize_t written = write(wake[1], "", 1);
    (void)written;
    errno = reason;
}

static enum gk_status watch_signals(struct gk_error *error)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = stop}, former;
    if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return gk_error_set(error, GK_IO, "watch for signals: %s", strerror(errno));
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &former) == 0 && former.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    /* A file that may not grow is an error of the write, not the end of the process. */
    signal(SIGXFSZ, SIG_IGN);
    return GK_OK;
}

static enum gk_status look_for_signal(const char *path, struct gk_error *error)
{
    return atomic_load(&stops)
               ? gk_error_set(error, GK_INTERRUPTED,
                              "write \"%.300s\": interrupted; nothing is written", path)
               : GK_OK;
}

/* --- The question ----------------------------------------------------------------------- */

/* A month or a day as the first or the last day that it means; false if it is neither. */
static bool read_end(const char *text, bool is_first, int32_t *day)
{
    int32_t month;
    size_t length = strlen(text);
    if (gk_day_parse(text, length, day))
        return true;
    if (!gk_month_parse(text, length, &month))
        return false;
    *day = is_first ? gk_day_from_month(month) : gk_day_from_month(month + 1) - 1;
    return true;
}

/* "2024-01-01/2024-12-31", an end that is not given as "..". */
static enum gk_status make_datetime(struct gk_buf *buf, const struct gk_flag_value *values,
                                    struct gk_error *error)
{
    int32_t day[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        const char *text = values[i == 0 ? FLAG_FROM : FLAG_TO].text;
        gk_buf_puts(buf, i == 0 ? "" : "/");
        if (text == NULL) {
            gk_buf_puts(buf, "..");
            continue;
        }
        if (!read_end(text, i == 0, &day[i]))
            return gk_error_set(error, GK_INVALID,
                                "--%s is \"%.100s\"; allowed is a month, YYYY-MM, or a date, "
                                "YYYY-MM-DD",
                                i == 0 ? "from" : "to", text);
        gk_buf_put_day(buf, day[i]);
    }
    if (values[FLAG_FROM].text != NULL && values[FLAG_TO].text != NULL && day[1] < day[0])
        return gk_error_set(error, GK_INVALID,
                            "--to is \"%.100s\"; allowed is nothing before --from",
                            values[FLAG_TO].text);
    return GK_OK;
}

static void add_parameter(struct gk_export_parameter *parameters,
                          struct gk_export_question *question, const char *name, const char *value)
{
    if (value != NULL)
        parameters[question->parameter_count++] = (struct gk_export_parameter){name, value};
}

static enum gk_status refuse_flag(int flag, const struct gk_flag_value *values, const char *reason,
                                  struct gk_error *error)
{
    return gk_error_set(error, GK_INVALID, "--%s is \"%.64s\"; allowed only %s", flags[flag].name,
                        values[flag].text, reason);
}

/* Flags that mean something for some layers, data or formats only. */
static enum gk_status check_flags(const struct gk_arguments *arguments, enum gk_snapshot_kind kind,
                                  struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    const char *layer = arguments->operands[0], *path = arguments->operands[1];
    bool is_hotspots = strcmp(layer, "hotspots") == 0;
    if (values[FLAG_METHOD].text != NULL && !is_hotspots)
        return refuse_flag(FLAG_METHOD, values, "for hotspots", error);
    if (values[FLAG_SIZE].text != NULL && !is_hotspots)
        return refuse_flag(FLAG_SIZE, values, "for hotspots", error);
    if (values[FLAG_DEFINITION].text != NULL && strcmp(layer, "incidents") == 0)
        return refuse_flag(FLAG_DEFINITION, values, "for layers with counts", error);
    if (values[FLAG_DEFINITION].text != NULL && kind == GK_SNAPSHOT_RELEASE)
        return refuse_flag(FLAG_DEFINITION, values, "with --revision: a release has one definition",
                           error);
    if (values[FLAG_SORTBY].text != NULL && !gk_export_file_has_order(path))
        return refuse_flag(FLAG_SORTBY, values,
                           "for .geojson and .csv: the other formats have an order of their own",
                           error);
    return GK_OK;
}

/* Which data: a release unless a revision is asked for, or is all that there is. */
static enum gk_status choose_snapshot(enum gk_snapshot_kind *kind, int32_t *number,
                                      const struct gk_arguments *arguments, struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    const char *revision = values[FLAG_REVISION].text;
    bool is_of_incidents = strcmp(arguments->operands[0], "incidents") == 0;
    char *end;
    *kind = revision != NULL || is_of_incidents ? GK_SNAPSHOT_REVISION : GK_SNAPSHOT_RELEASE;
    *number = values[FLAG_RELEASE].count > 0 ? (int32_t)values[FLAG_RELEASE].number : 0;
    if (*kind == GK_SNAPSHOT_REVISION && *number != 0)
        return gk_error_set(error, GK_INVALID,
                            is_of_incidents
                                ? "--release is \"%d\"; a release has no incidents, a revision has"
                                : "--release is \"%d\"; allowed is one of --release and --revision",
                            (int)*number);
    if (revision == NULL || strcmp(revision, "newest") == 0)
        return GK_OK;
    long value = strtol(revision, &end, 10);
    if (revision[0] < '1' || revision[0] > '9' || *end != '\0' || value > INT32_MAX)
        return gk_error_set(error, GK_INVALID,
                            "--revision is \"%.64s\"; allowed is a number of `grannkarta "
                            "revisions`, or newest",
                            revision);
    *number = (int32_t)value;
    return GK_OK;
}

/* --- The data ------------------------------------------------------------------------------ */

/* The reader's role is enough, and what a daemon has; where only the administrator
 * may log in, the importer's reads the same tables. */
static enum gk_status open_store(struct gk_store **store, const struct gk_options *options,
                                 struct gk_error *error)
{
    struct gk_error second;
    enum gk_status status =
        gk_command_open_store(store, options, GK_STORE_READER, "grannkarta export", error);
    if (status != GK_DATABASE)
        return status;
    gk_error_clear(&second);
    return gk_command_open_store(store, options, GK_STORE_IMPORTER, "grannkarta export", &second) ==
                   GK_OK
               ? GK_OK
               : status;
}

static enum gk_status load(struct gk_snapshot **snapshot, enum gk_snapshot_kind kind,
                           int32_t number, const struct gk_options *options, struct gk_error *error)
{
    struct gk_load_options load_options = {.stop = &stops};
    struct gk_store *store = NULL;
    enum gk_status status = open_store(&store, options, error);
    if (status == GK_OK) {
        gk_store_set_limits(store, wake[0], -1);
        status = kind == GK_SNAPSHOT_RELEASE ? gk_store_find_release(&number, store, error)
                                             : gk_store_find_revision(number, store, error);
    }
    if (status == GK_OK)
        status = kind == GK_SNAPSHOT_RELEASE
                     ? gk_snapshot_load_release(snapshot, store, number, &load_options, error)
                     : gk_snapshot_load_revision(snapshot, store, number,
                                                 options->public_definition, &load_options, error);
    gk_store_close(store);
    return status;
}

static enum gk_status open_layer(struct gk_export **exported, const struct gk_snapshot *snapshot,
                                 const struct gk_export_question *question, struct gk_error *error)
{
    enum gk_status status = gk_export_open(exported, snapshot, question, error);
    if (status != GK_NOT_FOUND)
        return status;
    struct gk_buf names;
    gk_buf_init(&names, LIST_MAX_BYTES);
    gk_export_put_collections(&names, snapshot);
    status = gk_error_set(error, GK_NOT_FOUND, "layer \"%.64s\" is not there; allowed are %.380s",
                          question->collection, names.data != NULL ? names.data : "none");
    gk_buf_release(&names);
    return status;
}

/* --- Writing ------------------------------------------------------------------------------- */

static enum gk_status write_features(struct gk_export *exported, struct gk_export_file *file,
                                     struct gk_progress *progress, const char *path,
                                     struct gk_error *error)
{
    struct gk_export_feature feature;
    int64_t count = 0;
    bool has = true;
    enum gk_status status = GK_OK;
    gk_progress_begin(progress, "writing", "features",
                      (int64_t)gk_export_about(exported)->features);
    while (status == GK_OK && has) {
        status = gk_export_next(exported, &has, &feature, error);
        if (status == GK_OK && has)
            status = gk_export_file_add(file, &feature, error);
        gk_progress_at(progress, count += has);
        if (status == GK_OK && count % CHECK_EVERY == 0)
            status = look_for_signal(path, error);
    }
    gk_progress_end(progress);
    return status;
}

/* What came of it. */
struct written {
    int64_t bytes, left_out;
};

static enum gk_status write_file(struct gk_export *exported,
                                 const struct gk_export_file_options *options,
                                 struct gk_progress *progress, struct written *written,
                                 struct gk_error *error)
{
    struct gk_export_file *file = NULL;
    enum gk_status status = gk_export_file_create(&file, options, gk_export_about(exported), error);
    if (status == GK_OK)
        status = write_features(exported, file, progress, options->path, error);
    if (status == GK_OK)
        status = gk_export_file_finish(file, error);
    if (status == GK_OK) {
        gk_progress_begin(progress, "reading back", NULL, 0);
        status = gk_export_file_check(file, &stops, error);
        gk_progress_end(progress);
    }
    if (status == GK_OK)
        status = look_for_signal(options->path, error);
    if (status == GK_OK) {
        written->left_out = gk_export_file_left_out(file);
        status = gk_export_file_place(file, &written->bytes, error);
    }
    gk_export_file_close(file);
    return status;
}

/* --- The report ------------------------------------------------------------------------------ */

static void report_period(struct gk_report *report, const struct gk_export_about *about)
{
    if (about->period.from_hour != GK_HOUR_OPEN_FROM)
        gk_report_day(report, "period_from", gk_day_from_hour(about->period.from_hour),
                      "period {}");
    else
        gk_report_null(report, "period_from", "period ..");
    if (about->period.to_hour != GK_HOUR_OPEN_TO)
        gk_report_day(report, "period_to", gk_day_from_hour(about->period.to_hour - 1), " to {}");
    else
        gk_report_null(report, "period_to", " to ..");
    gk_report_text(report, "definition", about->definition, ", definition {}\n");
    gk_report_bool(report, "is_covered", about->is_covered, NULL);
    if (!about->is_covered)
        gk_report_note(report, "the data do not cover the period: counts are null");
}

static void report_export(struct gk_report *report, const struct gk_export_about *about,
                          const struct gk_export_file_options *options,
                          const struct written *written)
{
    bool is_release = about->kind == GK_SNAPSHOT_RELEASE;
    gk_report_text(report, "layer", about->name, "{}");
    gk_report_text(report, "title", about->title, " ({}): ");
    gk_report_count(report, "features", (int64_t)about->features - written->left_out,
                    "{} features");
    gk_report_text(report, "file", options->path, " in {}");
    gk_report_text(report, "format", gk_export_file_format(options->path), " ({}");
    gk_report_i64(report, "epsg",
                  options->epsg != 0 ? options->epsg : gk_export_file_epsg(options->path),
                  ", EPSG:{}");
    gk_report_count(report, "bytes", written->bytes, ", {} bytes)\n");
    gk_report_i64(report, is_release ? "release" : "revision", about->number,
                  is_release ? "release {}" : "revision {}");
    gk_report_day(report, "data_through", about->data_through_day, ", data through {}\n");
    if (about->has_counts)
        report_period(report, about);
    gk_report_i64(report, "k", about->k, "every cell has at least {} dwellings");
    gk_report_i64(report, "min_addresses", about->min_addresses, " and {} addresses\n");
    gk_report_count(report, "left_out", written->left_out, NULL);
    if (written->left_out > 0)
        gk_report_note(
            report,
            "%lld without a place are left out: FlatGeobuf cannot hold them; GeoPackage, "
            "GeoJSON and CSV can",
            (long long)written->left_out);
    gk_report_bool(report, "is_private", options->is_private, NULL);
    if (options->is_private)
        gk_report_note(report,
                       "for analysts: pseudonymous personal data, and so only its owner can "
                       "read the file");
}

/* --- The command ------------------------------------------------------------------------------ */

static enum gk_status run_export(const struct gk_options *options,
                                 const struct gk_arguments *arguments, struct gk_error *error)
{
    const struct gk_flag_value *values = arguments->values;
    struct gk_export_parameter parameters[PARAMETERS_MAX];
    struct gk_export_question question = {.collection = arguments->operands[0],
                                          .language = values[FLAG_LANG].text,
                                          .parameters = parameters};
    struct gk_export_file_options file = {.path = arguments->operands[1],
                                          .epsg = (int)values[FLAG_CRS].number,
                                          .overwrites = values[FLAG_OVERWRITE].count > 0,
                                          .is_swedish = strcmp(values[FLAG_LANG].text, "sv") == 0,
                                          .source = options->publisher};
    struct gk_snapshot *snapshot = NULL;
    struct gk_export *exported = NULL;
    struct gk_buf datetime;
    enum gk_snapshot_kind kind = GK_SNAPSHOT_RELEASE;
    int32_t number = 0;
    struct written written = {0};
    gk_buf_init(&datetime, 64);
    enum gk_status status = watch_signals(error);
    if (status == GK_OK)
        status = choose_snapshot(&kind, &number, arguments, error);
    if (status == GK_OK)
        status = check_flags(arguments, kind, error);
    if (status == GK_OK && (values[FLAG_FROM].text != NULL || values[FLAG_TO].text != NULL))
        status = make_datetime(&datetime, values, error);
    if (status == GK_OK)
        status = gk_export_file_look(&file, error);
    question.epsg = file.epsg != 0 ? file.epsg : gk_export_file_epsg(file.path);
    add_parameter(parameters, &question, "datetime", datetime.data);
    add_parameter(parameters, &question, "bbox", values[FLAG_BBOX].text);
    add_parameter(parameters, &question, "filter", values[FLAG_FILTER].text);
    add_parameter(parameters, &question, "sortby", values[FLAG_SORTBY].text);
    add_parameter(parameters, &question, "definition", values[FLAG_DEFINITION].text);
    add_parameter(parameters, &question, "method", values[FLAG_METHOD].text);
    add_parameter(parameters, &question, "size", values[FLAG_SIZE].text);
    gk_progress_begin(arguments->progress, "loading", NULL, 0);
    if (status == GK_OK)
        status = load(&snapshot, kind, number, options, error);
    file.is_private = kind == GK_SNAPSHOT_REVISION;
    if (status == GK_OK)
        status = open_layer(&exported, snapshot, &question, error);
    if (status == GK_OK)
        status = write_file(exported, &file, arguments->progress, &written, error);
    if (status == GK_OK)
        report_export(arguments->report, gk_export_about(exported), &file, &written);
    gk_export_close(exported);
    gk_snapshot_free(snapshot);
    gk_buf_release(&datetime);
    return status;
}

const struct gk_command gk_command_export = {
    .name = "export",
    .operands = "LAYER FILE",
    .help = "write a layer to a file: GeoPackage, GeoJSON, CSV, FlatGeobuf",
    .usage =
        "LAYER is a collection of the service: cells, districts-SET, watch-areas, hotspots, or\n"
        "incidents. FILE ends in .gpkg, .geojson, .csv or .fgb, which says the format. It has the\n"
        "features, columns and numbers that the service gives for the same question.\n"
        "\n"
        "Without --revision it is a release, which anybody may see. Incidents, and with "
        "--revision\n"
        "the other layers, are the analysts' own data: pseudonymous, and so the file's mode is\n"
        "0600. The database login has to be one that may read them.\n"
        "\n"
        "The file appears when it is whole, and not at all after Ctrl-C or an error. CSV has the\n"
        "shapes as WKT, `id` as a column as in FlatGeobuf; elsewhere it is the feature's own\n"
        "number. Exit code 2 also for a release that is not there or was withdrawn.\n",
    .flags = flags,
    .operand_minimum = 2,
    .operand_maximum = 2,
    .has_report = true,
    .run = run_export,
};
