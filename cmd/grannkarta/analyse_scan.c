/* `analyse scan`: Kulldorff's scan over the analyst's own cases by district and
 * week. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyse_file.h"
#include "analyse_squares.h"
#include "stats/scan.h"

enum { WEEKS_MAX = 1000000, REPLICATES_MAX = 99999, SHOWN_MAX = 10, CLUSTERS_MAX = 1000 };

/* A place that a radius reaches, as scan.h has it. */
#define SLACK_M 1e-9

enum {
    FLAG_GEO = GK_ANALYSE_OVERWRITE + 1,
    FLAG_MODEL,
    FLAG_PROSPECTIVE,
    FLAG_MAX_WINDOW,
    FLAG_MAX_SHARE,
    FLAG_FROM_WEEK,
    FLAG_TO_WEEK,
    FLAG_REPLICATES,
    FLAG_SEED
};
static const struct gk_flag flags[] = {
    GK_ANALYSE_FILE_FLAGS("district, week and, if a row is not one case, cases"),
    [FLAG_GEO] = {.name = "geo",
                  .kind = GK_FLAG_TEXT,
                  .help =
                      "CSV file with the columns district, x, y (the centre, metres), dwellings",
                  .is_required = true},
    [FLAG_MODEL] = {.name = "model",
                    .kind = GK_FLAG_CHOICE,
                    .help = "expected by dwellings, or by places and weeks themselves",
                    .choices = "poisson|permutation",
                    .initial_text = "poisson"},
    [FLAG_PROSPECTIVE] = {.name = "prospective",
                          .kind = GK_FLAG_SWITCH,
                          .help = "only clusters that last until the last week"},
    [FLAG_MAX_WINDOW] = {.name = "max-window",
                         .kind = GK_FLAG_NUMBER,
                         .help = "longest span in weeks; without it, half of all",
                         .minimum = 1,
                         .maximum = GK_SCAN_PERIODS_MAX,
                         .has_no_default = true},
    [FLAG_MAX_SHARE] = {.name = "max-share",
                        .kind = GK_FLAG_NUMBER,
                        .help = "largest circle, per cent of dwellings (permutation: of cases)",
                        .minimum = 1,
                        .maximum = 50,
                        .initial = 50},
    [FLAG_FROM_WEEK] = {.name = "from-week",
                        .kind = GK_FLAG_NUMBER,
                        .help = "first week; without it, the first that has a case",
                        .minimum = -WEEKS_MAX,
                        .maximum = WEEKS_MAX,
                        .has_no_default = true},
    [FLAG_TO_WEEK] = {.name = "to-week",
                      .kind = GK_FLAG_NUMBER,
                      .help = "last week; without it, the last that has a case",
                      .minimum = -WEEKS_MAX,
                      .maximum = WEEKS_MAX,
                      .has_no_default = true},
    [FLAG_REPLICATES] = {.name = "replicates",
                         .kind = GK_FLAG_NUMBER,
                         .help = "for p; 0 for none",
                         .minimum = 0,
                         .maximum = REPLICATES_MAX,
                         .initial = GK_SCAN_REPLICATES},
    [FLAG_SEED] = GK_ANALYSE_SEED_FLAG,
    {.name = NULL},
};

enum { GEO_DISTRICT, GEO_X, GEO_Y, GEO_DWELLINGS, GEO_COLUMNS };
static const struct gk_analyse_column geo_columns[GEO_COLUMNS] = {
    [GEO_DISTRICT] = {.name = "district", .kind = GK_ANALYSE_TEXT},
    [GEO_X] = GK_ANALYSE_X,
    [GEO_Y] = GK_ANALYSE_Y,
    [GEO_DWELLINGS] = {"dwellings", GK_ANALYSE_NUMBER, 0, 1e9, true},
};
enum { CASES_DISTRICT, CASES_WEEK, CASES_CASES, CASES_COLUMNS };
static const struct gk_analyse_column cases_columns[CASES_COLUMNS] = {
    [CASES_DISTRICT] = {.name = "district", .kind = GK_ANALYSE_TEXT},
    [CASES_WEEK] = {"week", GK_ANALYSE_WHOLE, -WEEKS_MAX, WEEKS_MAX, false},
    [CASES_CASES] = {"cases", GK_ANALYSE_WHOLE, 0, 1e6, true},
};

/* All of one run. */
struct job {
    struct gk_analyse_table geo, cases;
    uint32_t *order;    /* rows of geo by name */
    uint32_t *counts;   /* [places][periods] */
    int32_t first_week; /* of period 0 */
    uint32_t periods, max_window;
    uint64_t unknown, outside; /* cases of districts that geo has not; of other weeks */
    struct gk_scan scan;
    struct gk_scan_cluster clusters[CLUSTERS_MAX];
};

static void release(struct job *job)
{
    gk_analyse_release(&job->geo);
    gk_analyse_release(&job->cases);
    free(job->order);
    free(job->counts);
    free(job);
}

/* --- What is read ------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b, void *names)
{
    char **text = names;
    return strcmp(text[*(const uint32_t *)a], text[*(const uint32_t *)b]);
}

/* The districts by name, each once. */
static enum gk_status sort_districts(struct job *job, struct gk_error *error)
{
    size_t n = job->geo.rows;
    char **names = job->geo.text[GEO_DISTRICT];
    if (n == 0 || n > GK_SCAN_PLACES_MAX)
        return gk_error_set(error, n == 0 ? GK_REJECTED : GK_TOO_LARGE,
                            "--geo has %zu districts; allowed are 1 to %d", n, GK_SCAN_PLACES_MAX);
    job->order = malloc(n * sizeof *job->order);
    if (job->order == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "analyse scan: out of memory");
    for (size_t i = 0; i < n; i++)
        job->order[i] = (uint32_t)i;
    qsort_r(job->order, n, sizeof *job->order, compare_names, names);
    for (size_t i = 1; i < n; i++)
        if (strcmp(names[job->order[i - 1]], names[job->order[i]]) == 0)
            return gk_error_set(error, GK_REJECTED,
                                "--geo has one district in its rows %u and %u; allowed is once",
                                job->order[i - 1] + 1, job->order[i] + 1);
    return GK_OK;
}

/* The row of geo with this name; -1: none. */
static int64_t find_district(const struct job *job, const char *name)
{
    size_t low = 0, high = job->geo.rows;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int side = strcmp(name, job->geo.text[GEO_DISTRICT][job->order[middle]]);
        if (side == 0)
            return job->order[middle];
        if (side < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

static enum gk_status find_weeks(struct job *job, const struct gk_flag_value *values,
                                 struct gk_error *error)
{
    const double *week = job->cases.number[CASES_WEEK];
    bool has_both = values[FLAG_FROM_WEEK].count > 0 && values[FLAG_TO_WEEK].count > 0;
    if (job->cases.rows == 0 && !has_both)
        return gk_error_set(error, GK_INVALID,
                            "the file has no cases, and so no weeks; --from-week and --to-week "
                            "give them");
    double from = has_both ? 0 : week[0], to = from;
    for (size_t i = 0; i < job->cases.rows; i++) {
        from = fmin(from, week[i]);
        to = fmax(to, week[i]);
    }
    if (values[FLAG_FROM_WEEK].count > 0)
        from = (double)values[FLAG_FROM_WEEK].number;
    if (values[FLAG_TO_WEEK].count > 0)
        to = (double)values[FLAG_TO_WEEK].number;
    if (to < from || to - from >= GK_SCAN_PERIODS_MAX)
        return gk_error_set(error, GK_INVALID,
                            "the weeks are %.0f to %.0f; allowed are 1 to %d weeks", from, to,
                            GK_SCAN_PERIODS_MAX);
    job->first_week = (int32_t)from;
    job->periods = (uint32_t)(to - from) + 1;
    job->max_window = values[FLAG_MAX_WINDOW].count > 0 ? (uint32_t)values[FLAG_MAX_WINDOW].number
                                                        : (job->periods + 1) / 2;
    if (job->max_window > job->periods)
        return gk_error_set(error, GK_INVALID, "--max-window is %u; there are %u weeks",
                            job->max_window, job->periods);
    return GK_OK;
}

static enum gk_status count_cases(struct job *job, struct gk_error *error)
{
    const struct gk_analyse_table *table = &job->cases;
    uint64_t total = 0;
    job->counts = calloc(job->geo.rows * job->periods, sizeof *job->counts);
    if (job->counts == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "analyse scan: out of memory");
    for (size_t i = 0; i < table->rows; i++) {
        uint32_t cases = table->has[CASES_CASES] ? (uint32_t)table->number[CASES_CASES][i] : 1;
        int64_t place = find_district(job, table->text[CASES_DISTRICT][i]);
        double period = table->number[CASES_WEEK][i] - job->first_week;
        bool is_within = period >= 0 && period < job->periods;
        if (place < 0 || !is_within) {
            job->unknown += place < 0 ? cases : 0;
            job->outside += place >= 0 ? cases : 0;
            continue;
        }
        total += cases;
        if (total > GK_SCAN_CASES_MAX)
            return gk_error_set(error, GK_TOO_LARGE, "the file has over %u cases, the most allowed",
                                GK_SCAN_CASES_MAX);
        job->counts[(size_t)place * job->periods + (size_t)period] += cases;
    }
    return GK_OK;
}

static enum gk_status read_input(struct job *job, const struct gk_flag_value *values,
                                 struct gk_error *error)
{
    const char *inputs[] = {values[GK_ANALYSE_IN].text, values[FLAG_GEO].text};
    bool is_poisson = strcmp(values[FLAG_MODEL].text, "poisson") == 0;
    enum gk_status status = gk_analyse_file_look(
        values[GK_ANALYSE_OUT].text, values[GK_ANALYSE_OVERWRITE].count > 0, inputs, 2, error);
    if (status == GK_OK)
        status = gk_analyse_read(&job->geo, inputs[1], geo_columns, GEO_COLUMNS, error);
    if (status == GK_OK && is_poisson && !job->geo.has[GEO_DWELLINGS])
        status = gk_error_set(error, GK_REJECTED,
                              "--geo has no column \"dwellings\", which --model poisson needs; "
                              "permutation does not");
    if (status == GK_OK)
        status = sort_districts(job, error);
    if (status == GK_OK)
        status = gk_analyse_read(&job->cases, inputs[0], cases_columns, CASES_COLUMNS, error);
    if (status == GK_OK)
        status = find_weeks(job, values, error);
    return status == GK_OK ? count_cases(job, error) : status;
}

/* --- The scan --------------------------------------------------------------------------- */

static enum gk_status compute(struct job *job, const struct gk_flag_value *values)
{
    const struct gk_scan_input input = {job->geo.number[GEO_X],         job->geo.number[GEO_Y],
                                        job->geo.number[GEO_DWELLINGS], job->counts,
                                        (uint32_t)job->geo.rows,        job->periods};
    const struct gk_scan_options options = {
        .model =
            strcmp(values[FLAG_MODEL].text, "poisson") == 0 ? GK_SCAN_POISSON : GK_SCAN_PERMUTATION,
        .prospective = values[FLAG_PROSPECTIVE].count > 0,
        .max_window = job->max_window,
        .max_share = (double)values[FLAG_MAX_SHARE].number / 100,
        .replicates = (uint32_t)values[FLAG_REPLICATES].number,
        .seed = (uint64_t)values[FLAG_SEED].number};
    return gk_scan(&job->scan, job->clusters, CLUSTERS_MAX, NULL, &input, &options);
}

/* --- The result ----------------------------------------------------------------------------- */

/* The names of a cluster's districts, in the order of --geo, joined by blanks. */
static enum gk_status join_districts(struct gk_buf *names, const struct job *job,
                                     const struct gk_scan_cluster *cluster)
{
    const double *e = job->geo.number[GEO_X], *n = job->geo.number[GEO_Y];
    gk_buf_clear(names);
    for (size_t i = 0; i < job->geo.rows; i++)
        if (hypot(e[i] - e[cluster->centre], n[i] - n[cluster->centre]) <=
            cluster->radius_m + SLACK_M)
            gk_buf_printf(names, "%s%s", names->length > 0 ? " " : "",
                          job->geo.text[GEO_DISTRICT][i]);
    return gk_buf_status(names);
}

static int32_t week_of(const struct job *job, uint32_t period)
{
    return job->first_week + (int32_t)period;
}

static void put_cluster(struct gk_analyse_file *file, const struct job *job, size_t k,
                        const char *districts)
{
    const struct gk_scan_cluster *cluster = &job->clusters[k];
    gk_analyse_put_u64(file, k + 1);
    gk_analyse_put(file, cluster->llr);
    gk_analyse_put_u64(file, cluster->cases);
    gk_analyse_put(file, cluster->expected);
    gk_analyse_put(file, (double)cluster->cases / cluster->expected);
    gk_analyse_put(file, week_of(job, cluster->first));
    gk_analyse_put(file, week_of(job, cluster->last));
    gk_analyse_put_text(file, districts);
    gk_analyse_put_text(file, job->geo.text[GEO_DISTRICT][cluster->centre]);
    gk_analyse_put(file, cluster->radius_m);
    gk_analyse_put(file, cluster->p);
    gk_analyse_put(file, cluster->gumbel_p);
    gk_analyse_put(file, cluster->recurrence);
    gk_analyse_end_line(file);
}

static enum gk_status write_clusters(const struct job *job, const struct gk_flag_value *values,
                                     struct gk_error *error)
{
    struct gk_analyse_file file;
    struct gk_buf names;
    enum gk_status status = gk_analyse_file_open(
        &file, values[GK_ANALYSE_OUT].text, values[GK_ANALYSE_OVERWRITE].count > 0,
        "cluster,llr,cases,expected,ratio,start,end,districts,centre,radius_m,"
        "mc_p,gumbel_p,recurrence",
        error);
    if (status != GK_OK)
        return status;
    gk_buf_init(&names, (size_t)GK_SCAN_PLACES_MAX * (GK_ANALYSE_TEXT_MAX + 1));
    for (size_t k = 0; k < job->scan.clusters && status == GK_OK; k++) {
        status = join_districts(&names, job, &job->clusters[k]);
        if (status == GK_OK)
            put_cluster(&file, job, k, names.data);
        else
            gk_error_set(error, status, "analyse scan: %s", gk_status_text(status));
    }
    gk_buf_release(&names);
    return gk_analyse_file_close(&file, status, error);
}

static void report_p(struct gk_report *report, const char *name, double p, unsigned decimals,
                     const char *text)
{
    if (isnan(p))
        gk_report_null(report, name, NULL);
    else
        gk_report_double(report, name, p, decimals, text);
}

static void report_clusters(struct gk_report *report, const struct job *job)
{
    gk_report_list_begin(report, "clusters");
    for (size_t k = 0; k < job->scan.clusters && k < SHOWN_MAX; k++) {
        const struct gk_scan_cluster *cluster = &job->clusters[k];
        gk_report_row_begin(report);
        gk_report_count(report, "cases", (int64_t)cluster->cases, "{} cases, expected ");
        gk_report_double(report, "expected", cluster->expected, 3, "{}, in ");
        gk_report_count(report, "districts", cluster->places, "{} districts around ");
        gk_report_text(report, "centre", job->geo.text[GEO_DISTRICT][cluster->centre], "{}");
        gk_report_i64(report, "start", week_of(job, cluster->first), ", weeks {}");
        gk_report_i64(report, "end", week_of(job, cluster->last), " to {}");
        gk_report_double(report, "llr", cluster->llr, 3, "; log likelihood ratio {}");
        report_p(report, "mc_p", cluster->p, 5, ", p {}");
        report_p(report, "gumbel_p", cluster->gumbel_p, 9, ", by Gumbel {}");
        report_p(report, "recurrence", cluster->recurrence, 1, ", once in {} weeks by chance");
        gk_report_say(report, "\n");
        gk_report_row_end(report);
    }
    gk_report_list_end(report);
}

static void report_scan(struct gk_report *report, const struct job *job,
                        const struct gk_flag_value *values)
{
    gk_report_text(report, "file", values[GK_ANALYSE_OUT].text, "{}: ");
    gk_report_count(report, "found", job->scan.clusters, "{} clusters among ");
    gk_report_count(report, "cases_in_all", (int64_t)job->scan.cases, "{} cases, ");
    gk_report_count(report, "zones", job->scan.zones, "{} circles by ");
    gk_report_count(report, "windows", job->scan.windows, "{} spans; ");
    gk_report_text(report, "model", values[FLAG_MODEL].text, "{}, ");
    gk_report_count(report, "replicates", values[FLAG_REPLICATES].number, "{} replicates\n");
    gk_report_double(report, "llr_sum", job->scan.llr_sum, 9, NULL);
    gk_report_count(report, "unknown", (int64_t)job->unknown,
                    "left out: {} cases of districts that --geo has not, ");
    gk_report_count(report, "outside", (int64_t)job->outside, "{} of other weeks, ");
    gk_report_count(report, "without_dwellings", (int64_t)job->scan.left_out,
                    "{} where there are no dwellings\n");
    report_clusters(report, job);
}

static enum gk_status run_scan(const struct gk_options *options,
                               const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options;
    const struct gk_flag_value *values = arguments->values;
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "analyse scan: out of memory");
    enum gk_status status = read_input(job, values, error);
    if (status == GK_OK)
        status = gk_analyse_failed(compute(job, values), "scan", error);
    if (status == GK_OK)
        status = write_clusters(job, values, error);
    if (status == GK_OK)
        report_scan(arguments->report, job, values);
    release(job);
    return status;
}

const struct gk_command gk_command_analyse_scan = {
    .name = "analyse scan",
    .operands = "",
    .help = "clusters of own cases in space and time (Kulldorff)",
    .usage = GK_ANALYSE_NOTHING_STORED
    "\n"
    "A row for each cluster, the most likely first, then those that share no district with it:\n"
    "cluster, llr, cases, expected, ratio, start and end (weeks as in the file), districts,\n"
    "centre, radius_m, mc_p, gumbel_p, and with --prospective recurrence, the weeks in which\n"
    "chance would give one such. p is that of the largest anywhere: no further adjustment.\n"
    "Districts at the same distance enter a circle together, so that the order of the file\n"
    "means nothing. Weeks are whole numbers counted from any; recent ones are incomplete.\n",
    .flags = flags,
    .has_report = true,
    .run = run_scan,
};
