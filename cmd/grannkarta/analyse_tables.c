/* `analyse aoristic`, `analyse rates`, `analyse year-on-year`: tables of intervals
 * and of districts, which have no coordinates. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyse_file.h"
#include "analyse_squares.h"
#include "stats/adjust.h"
#include "stats/aoristic.h"
#include "stats/compare.h"
#include "stats/funnel.h"
#include "stats/rate.h"
#include "stats/smooth.h"

enum { FLAG_FIRST = GK_ANALYSE_OVERWRITE + 1 };

#define MINUTES_MAX 1e12
#define COUNT_MAX 1e9
#define PER 1000.0
#define CONFIDENCE 0.95

static enum gk_status read_table(struct gk_analyse_table *table, const struct gk_flag_value *values,
                                 const struct gk_analyse_column *columns, size_t count,
                                 struct gk_error *error)
{
    const char *inputs[] = {values[GK_ANALYSE_IN].text};
    *table = (struct gk_analyse_table){.rows = 0};
    enum gk_status status = gk_analyse_file_look(
        values[GK_ANALYSE_OUT].text, values[GK_ANALYSE_OVERWRITE].count > 0, inputs, 1, error);
    return status == GK_OK ? gk_analyse_read(table, inputs[0], columns, count, error) : status;
}

static enum gk_status open_result(struct gk_analyse_file *file, const struct gk_flag_value *values,
                                  const char *heading, struct gk_error *error)
{
    return gk_analyse_file_open(file, values[GK_ANALYSE_OUT].text,
                                values[GK_ANALYSE_OVERWRITE].count > 0, heading, error);
}

/* --- aoristic ------------------------------------------------------------------------- */

static const struct gk_flag aoristic_flags[] = {
    GK_ANALYSE_FILE_FLAGS("start, end"),
    [FLAG_FIRST] = {.name = "max-hours",
                    .kind = GK_FLAG_NUMBER,
                    .help = "longer intervals are left out and counted; 0 for no limit",
                    .minimum = 0,
                    .maximum = 1000000,
                    .initial = GK_AORISTIC_MAX_HOURS},
    {.name = NULL},
};

static enum gk_status compute_aoristic(struct gk_aoristic *hours,
                                       const struct gk_analyse_table *table, uint32_t max_hours)
{
    int64_t *start = calloc(table->rows + 1, sizeof *start);
    int64_t *end = calloc(table->rows + 1, sizeof *end);
    enum gk_status status = start != NULL && end != NULL ? GK_OK : GK_NO_MEMORY;
    for (size_t i = 0; i < table->rows && status == GK_OK; i++) {
        start[i] = (int64_t)table->number[0][i];
        end[i] = (int64_t)table->number[1][i];
    }
    if (status == GK_OK)
        status = gk_aoristic(hours, start, end, table->rows, max_hours);
    free(start);
    free(end);
    return status;
}

static enum gk_status write_hours(const struct gk_aoristic *hours,
                                  const struct gk_flag_value *values, struct gk_error *error)
{
    struct gk_analyse_file file;
    enum gk_status status = open_result(&file, values, "hour_of_week,weight", error);
    if (status != GK_OK)
        return status;
    for (size_t h = 0; h < GK_HOURS_OF_WEEK; h++) {
        gk_analyse_put_u64(&file, h);
        gk_analyse_put(&file, hours->weights[h]);
        gk_analyse_end_line(&file);
    }
    return gk_analyse_file_close(&file, status, error);
}

static enum gk_status run_aoristic(const struct gk_options *options,
                                   const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options;
    const struct gk_flag_value *values = arguments->values;
    struct gk_report *report = arguments->report;
    const struct gk_analyse_column columns[] = {
        {"start", GK_ANALYSE_WHOLE, -MINUTES_MAX, MINUTES_MAX, false},
        {"end", GK_ANALYSE_WHOLE, -MINUTES_MAX, MINUTES_MAX, false}};
    struct gk_analyse_table table;
    struct gk_aoristic hours = {.counted = 0};
    enum gk_status status = read_table(&table, values, columns, 2, error);
    if (status == GK_OK)
        status =
            gk_analyse_failed(compute_aoristic(&hours, &table, (uint32_t)values[FLAG_FIRST].number),
                              "aoristic", error);
    if (status == GK_OK)
        status = write_hours(&hours, values, error);
    if (status == GK_OK) {
        gk_report_text(report, "file", values[GK_ANALYSE_OUT].text, "{}: ");
        gk_report_count(report, "counted", (int64_t)hours.counted,
                        "{} events over the hours of the week; ");
        gk_report_text(report, "label", "descriptive", "{}\n");
        gk_report_count(report, "too_long", (int64_t)hours.too_long,
                        "left out: {} whose interval is too long, ");
        gk_report_count(report, "reversed", (int64_t)hours.reversed,
                        "{} that end before they begin\n");
    }
    gk_analyse_release(&table);
    return status;
}

const struct gk_command gk_command_analyse_aoristic = {
    .name = "analyse aoristic",
    .operands = "",
    .help = "own intervals over the hours of the week (descriptive)",
    .usage = GK_ANALYSE_NOTHING_STORED
    "\n"
    "start and end are whole minutes since any Monday 00:00, local standard time. An event\n"
    "spreads over the hours that its interval touches, in proportion; one of no length is all in\n"
    "its hour. A row for each of the 168 hours from Monday 00:00: hour_of_week, weight. It\n"
    "describes; hours of long intervals are mostly ignorance spread out.\n",
    .flags = aoristic_flags,
    .has_report = true,
    .run = run_aoristic,
};

/* --- rates -------------------------------------------------------------------------------- */

static const struct gk_flag rates_flags[] = {
    GK_ANALYSE_FILE_FLAGS("district, dwellings and that of --count"),
    [FLAG_FIRST] = {.name = "count",
                    .kind = GK_FLAG_TEXT,
                    .help = "column with the events of each district",
                    .is_required = true},
    {.name = NULL},
};
enum { RATES_DISTRICT, RATES_DWELLINGS, RATES_COUNT, RATES_COLUMNS };

/* What is computed for the districts; arrays of `count`. */
struct rates {
    size_t count, without; /* districts; of which without dwellings */
    const double *dwellings;
    uint64_t *events;
    double *expected, *smoothed, *p, *p_bh; /* p: NaN without dwellings */
    struct gk_smoothing common;
    double phi;
};

static void release_rates(struct rates *rates)
{
    free(rates->events);
    free(rates->expected);
    free(rates->smoothed);
    free(rates->p);
    free(rates->p_bh);
}

static bool make_rates(struct rates *rates, const struct gk_analyse_table *table)
{
    size_t room = table->rows + 1;
    *rates = (struct rates){.count = table->rows,
                            .dwellings = table->number[RATES_DWELLINGS],
                            .events = calloc(room, sizeof *rates->events),
                            .expected = calloc(room, sizeof(double)),
                            .smoothed = calloc(room, sizeof(double)),
                            .p = calloc(room, sizeof(double)),
                            .p_bh = calloc(room, sizeof(double))};
    if (rates->events == NULL || rates->expected == NULL || rates->smoothed == NULL ||
        rates->p == NULL || rates->p_bh == NULL)
        return false;
    for (size_t i = 0; i < rates->count; i++)
        rates->events[i] = (uint64_t)table->number[RATES_COUNT][i];
    return true;
}

/* Benjamini and Hochberg's over the tests that there are; NaN where there is none. */
static enum gk_status adjust(double *adjusted, const double *p, size_t count)
{
    double *tests = calloc(count + 1, sizeof *tests);
    size_t n = 0;
    if (tests == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (!isnan(p[i]))
            tests[n++] = p[i];
    enum gk_status status = gk_adjust_fdr(tests, tests, n);
    n = 0;
    for (size_t i = 0; i < count && status == GK_OK; i++)
        adjusted[i] = isnan(p[i]) ? NAN : tests[n++];
    free(tests);
    return status;
}

static enum gk_status compute_rates(struct rates *rates)
{
    struct gk_smoothing common = {0, 0};
    double phi = 1;
    enum gk_status status =
        gk_smooth_global(rates->smoothed, &common, rates->events, rates->dwellings, rates->count);
    rates->common = common;
    for (size_t i = 0; i < rates->count && status == GK_OK; i++) {
        rates->expected[i] = rates->common.rate * rates->dwellings[i];
        rates->without += !(rates->dwellings[i] > 0);
    }
    if (status == GK_OK)
        status = gk_funnel_dispersion(&phi, rates->events, rates->expected, rates->count);
    rates->phi = phi;
    for (size_t i = 0; i < rates->count && status == GK_OK; i++)
        rates->p[i] = gk_funnel_p(rates->events[i], rates->expected[i], rates->phi);
    return status == GK_OK ? adjust(rates->p_bh, rates->p, rates->count) : status;
}

static void put_interval(struct gk_analyse_file *file, struct gk_interval interval)
{
    gk_analyse_put(file, interval.lower);
    gk_analyse_put(file, interval.upper);
}

/* Value and interval, or three empty fields: null, not zero. */
static void put_rate(struct gk_analyse_file *file, struct gk_rate rate)
{
    const struct gk_interval none = {NAN, NAN};
    gk_analyse_put(file, rate.is_null ? NAN : rate.value);
    put_interval(file, rate.is_null ? none : rate.interval);
}

static const char *class_text(enum gk_funnel_class class)
{
    static const char *const texts[] = {
        [GK_FUNNEL_NONE] = "",
        [GK_FUNNEL_INSIDE] = "inside",
        [GK_FUNNEL_ABOVE_95] = "above_95",
        [GK_FUNNEL_ABOVE_998] = "above_998",
        [GK_FUNNEL_BELOW_95] = "below_95",
        [GK_FUNNEL_BELOW_998] = "below_998",
    };
    return texts[class];
}

static const char rates_heading[] =
    "district,count,dwellings,rate1000,lo,hi,expected,smr,smr_lo,smr_hi,eb_global,"
    "f_lo95,f_hi95,f_lo998,f_hi998,p_mid,"
    "wide_lo95,wide_hi95,wide_lo998,wide_hi998,wide_p_mid,bh_wide_p_mid,class";

static void put_district(struct gk_analyse_file *file, const struct rates *rates, size_t i,
                         const char *name)
{
    uint64_t events = rates->events[i];
    double dwellings = rates->dwellings[i], expected = rates->expected[i];
    bool has = dwellings > 0;
    gk_analyse_put_text(file, name);
    gk_analyse_put_u64(file, events);
    gk_analyse_put(file, dwellings);
    put_rate(file, gk_rate_per(events, dwellings, PER, CONFIDENCE));
    gk_analyse_put(file, has ? expected : NAN);
    put_rate(file, gk_ratio_to_expected(events, expected, CONFIDENCE));
    gk_analyse_put(file, has ? PER * rates->smoothed[i] : NAN);
    put_interval(file, gk_funnel_limits(expected, 0.95, 1));
    put_interval(file, gk_funnel_limits(expected, 0.998, 1));
    gk_analyse_put(file, gk_funnel_p(events, expected, 1));
    put_interval(file, gk_funnel_limits(expected, 0.95, rates->phi));
    put_interval(file, gk_funnel_limits(expected, 0.998, rates->phi));
    gk_analyse_put(file, rates->p[i]);
    gk_analyse_put(file, rates->p_bh[i]);
    gk_analyse_put_text(file, class_text(gk_funnel_classify(events, expected, rates->phi)));
    gk_analyse_end_line(file);
}

static void report_rates(struct gk_report *report, const struct rates *rates,
                         const struct gk_flag_value *values)
{
    gk_report_text(report, "file", values[GK_ANALYSE_OUT].text, "{}: ");
    gk_report_count(report, "districts", (int64_t)rates->count, "{} districts, ");
    gk_report_count(report, "without_dwellings", (int64_t)rates->without,
                    "{} without dwellings: they have no rate and take no part\n");
    gk_report_double(report, "rate1000", PER * rates->common.rate, 6,
                     "{} events per 1,000 dwellings in all; ");
    gk_report_double(report, "dispersion", rates->phi, 6,
                     "the districts vary {} times as much as chance does\n");
}

static enum gk_status run_rates(const struct gk_options *options,
                                const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options;
    const struct gk_flag_value *values = arguments->values;
    const struct gk_analyse_column columns[RATES_COLUMNS] = {
        [RATES_DISTRICT] = {.name = "district", .kind = GK_ANALYSE_TEXT},
        [RATES_DWELLINGS] = {"dwellings", GK_ANALYSE_NUMBER, 0, COUNT_MAX, false},
        [RATES_COUNT] = {values[FLAG_FIRST].text, GK_ANALYSE_WHOLE, 0, COUNT_MAX, false}};
    struct gk_analyse_table table;
    struct gk_analyse_file file;
    struct rates rates = {.count = 0};
    enum gk_status status = read_table(&table, values, columns, RATES_COLUMNS, error);
    if (status == GK_OK)
        status = gk_analyse_failed(
            make_rates(&rates, &table) ? compute_rates(&rates) : GK_NO_MEMORY, "rates", error);
    if (status == GK_OK)
        status = open_result(&file, values, rates_heading, error);
    if (status == GK_OK) {
        for (size_t i = 0; i < rates.count; i++)
            put_district(&file, &rates, i, table.text[RATES_DISTRICT][i]);
        status = gk_analyse_file_close(&file, status, error);
    }
    if (status == GK_OK)
        report_rates(arguments->report, &rates, values);
    release_rates(&rates);
    gk_analyse_release(&table);
    return status;
}

const struct gk_command gk_command_analyse_rates = {
    .name = "analyse rates",
    .operands = "",
    .help = "rates of districts with intervals, smoothed, and the funnel",
    .usage = GK_ANALYSE_NOTHING_STORED
    "\n"
    "Take the dwellings of the class that the offence concerns. A row for each district:\n"
    "rate1000, lo, hi: events per 1,000 dwellings with the exact 95 % interval; expected at the\n"
    "rate of all; smr, smr_lo, smr_hi: observed / expected; eb_global: the rate drawn towards\n"
    "that of all (Marshall), for reading a map; f_*: limits of the funnel in events, p_mid its\n"
    "two-sided p. The limits wide_*, wide_p_mid and the class are widened by how much more than\n"
    "chance the districts vary: judge by them, over many districts by bh_wide_p_mid at 0.05.\n"
    "Without dwellings a field is empty, not 0.\n",
    .flags = rates_flags,
    .has_report = true,
    .run = run_rates,
};

/* --- year-on-year ------------------------------------------------------------------------- */

static const struct gk_flag year_flags[] = {
    GK_ANALYSE_FILE_FLAGS("district and those of --count"),
    [FLAG_FIRST] = {.name = "count",
                    .kind = GK_FLAG_LIST,
                    .help = "column with the events of a year; twice, the earlier first",
                    .is_required = true},
    {.name = NULL},
};
enum { YEAR_DISTRICT, YEAR_BEFORE, YEAR_AFTER, YEAR_COLUMNS };

static void put_change(struct gk_analyse_file *file, const struct gk_analyse_table *table, size_t i,
                       double bh)
{
    uint64_t before = (uint64_t)table->number[YEAR_BEFORE][i];
    uint64_t after = (uint64_t)table->number[YEAR_AFTER][i];
    const struct gk_change change = gk_compare_periods(before, after, 1, CONFIDENCE);
    const struct gk_interval none = {NAN, NAN};
    gk_analyse_put_text(file, table->text[YEAR_DISTRICT][i]);
    gk_analyse_put_u64(file, before);
    gk_analyse_put_u64(file, after);
    gk_analyse_put(file, change.is_null ? NAN : change.ratio);
    put_interval(file, change.is_null ? none : change.interval);
    gk_analyse_put(file, change.p);
    gk_analyse_put(file, change.p_mid);
    gk_analyse_put(file, bh);
    gk_analyse_end_line(file);
}

/* The mid-p of the districts that had an event, adjusted for their number. */
static enum gk_status adjust_changes(double **adjusted, const struct gk_analyse_table *table)
{
    *adjusted = malloc((table->rows + 1) * sizeof **adjusted);
    if (*adjusted == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < table->rows; i++) {
        const struct gk_change change =
            gk_compare_periods((uint64_t)table->number[YEAR_BEFORE][i],
                               (uint64_t)table->number[YEAR_AFTER][i], 1, CONFIDENCE);
        (*adjusted)[i] = change.is_null ? NAN : change.p_mid;
    }
    return adjust(*adjusted, *adjusted, table->rows);
}

static enum gk_status write_changes(const struct gk_analyse_table *table, const double *adjusted,
                                    const struct gk_flag_value *values, struct gk_error *error)
{
    struct gk_analyse_file file;
    enum gk_status status =
        open_result(&file, values, "district,y0,y1,ratio,lo,hi,p_cond,p_mid,bh_p_mid", error);
    if (status != GK_OK)
        return status;
    for (size_t i = 0; i < table->rows; i++)
        put_change(&file, table, i, adjusted[i]);
    return gk_analyse_file_close(&file, status, error);
}

static enum gk_status run_year(const struct gk_options *options,
                               const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options;
    const struct gk_flag_value *values = arguments->values;
    const char *const *names = values[FLAG_FIRST].list;
    const struct gk_analyse_column columns[YEAR_COLUMNS] = {
        [YEAR_DISTRICT] = {.name = "district", .kind = GK_ANALYSE_TEXT},
        [YEAR_BEFORE] = {names[0], GK_ANALYSE_WHOLE, 0, COUNT_MAX / 2, false},
        [YEAR_AFTER] = {names[1], GK_ANALYSE_WHOLE, 0, COUNT_MAX / 2, false}};
    struct gk_analyse_table table = {.rows = 0};
    double *adjusted = NULL;
    size_t changed = 0;
    if (values[FLAG_FIRST].count != 2)
        return gk_error_set(error, GK_INVALID,
                            "--count is given %zu times; allowed is twice: the column of the "
                            "earlier year, and that of the later",
                            values[FLAG_FIRST].count);
    enum gk_status status = read_table(&table, values, columns, YEAR_COLUMNS, error);
    if (status == GK_OK)
        status = gk_analyse_failed(adjust_changes(&adjusted, &table), "year-on-year", error);
    if (status == GK_OK)
        status = write_changes(&table, adjusted, values, error);
    for (size_t i = 0; i < table.rows && status == GK_OK; i++)
        changed += adjusted[i] <= 0.05;
    if (status == GK_OK) {
        gk_report_text(arguments->report, "file", values[GK_ANALYSE_OUT].text, "{}: ");
        gk_report_count(arguments->report, "districts", (int64_t)table.rows, "{} districts; ");
        gk_report_count(arguments->report, "changed", (int64_t)changed,
                        "{} changed at a false discovery rate of 5 %\n");
    }
    free(adjusted);
    gk_analyse_release(&table);
    return status;
}

const struct gk_command gk_command_analyse_year_on_year = {
    .name = "analyse year-on-year",
    .operands = "",
    .help = "a year against the year before, district by district",
    .usage = GK_ANALYSE_NOTHING_STORED
    "\n"
    "Two periods of the same length. A row for each district: y0, y1 (events), ratio = y1 / y0,\n"
    "Inf when only y0 is 0 and empty when both are; lo, hi: its exact 95 % interval; p_cond: the\n"
    "exact two-sided p; p_mid: the same with half the weight of what was seen, for lists of many;\n"
    "bh_p_mid: after Benjamini and Hochberg over the districts with events.\n",
    .flags = year_flags,
    .has_report = true,
    .run = run_year,
};
