/* `analyse counts`, `analyse kde`, `analyse gistar`: the analyst's own exact
 * places on squares. Nothing is stored and no database is asked; the statistics
 * are those of lib/stats. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyse_file.h"
#include "analyse_squares.h"
#include "stats/adjust.h"
#include "stats/bandwidth.h"
#include "stats/gistar.h"
#include "stats/kde.h"

enum { FLAG_FIRST = GK_ANALYSE_BBOX + 1 };
enum { REPLICATES_MAX = 100000 };

#define YEARS_MAX 1000.0
#define WINDOW_SQUARES_MAX 1000.0

static enum gk_status open_result(struct gk_analyse_file *file, const struct gk_flag_value *values,
                                  const char *heading, struct gk_error *error)
{
    return gk_analyse_file_open(file, values[GK_ANALYSE_OUT].text,
                                values[GK_ANALYSE_OVERWRITE].count > 0, heading, error);
}

/* The centre of square q. */
static double centre_e(const struct gk_squares *grid, size_t q)
{
    return grid->e0_m + ((double)(q % grid->columns) + 0.5) * grid->size_m;
}

static double centre_n(const struct gk_squares *grid, size_t q)
{
    return grid->n0_m + ((double)(q / grid->columns) + 0.5) * grid->size_m;
}

static void report_points(struct gk_report *report, const struct gk_analyse_points *points,
                          const char *path)
{
    gk_report_text(report, "file", path, "{}: ");
    gk_report_count(report, "squares", (int64_t)points->squares, "{} squares of ");
    gk_report_double(report, "size_m", points->grid.size_m, 0, "{} m, ");
    gk_report_count(report, "points", (int64_t)(points->table.rows - points->outside),
                    "{} points in the window, ");
    gk_report_count(report, "outside", (int64_t)points->outside, "{} outside\n");
    gk_analyse_note_axes(report, &points->table);
}

/* --- counts -------------------------------------------------------------------------- */

static const struct gk_flag counts_flags[] = {
    GK_ANALYSE_FILE_FLAGS("x, y"),
    GK_ANALYSE_SQUARE_FLAGS,
    [FLAG_FIRST] = {.name = "count",
                    .kind = GK_FLAG_TEXT,
                    .help = "column with how many a row stands for (Antal); without it, one"},
    {.name = NULL},
};

static enum gk_status write_counts(const struct gk_analyse_points *points,
                                   const struct gk_flag_value *values, struct gk_error *error)
{
    struct gk_analyse_file file;
    enum gk_status status = open_result(&file, values, "cell,i,j,x,y,count", error);
    if (status != GK_OK)
        return status;
    for (size_t q = 0; q < points->squares; q++) {
        gk_analyse_put_u64(&file, q);
        gk_analyse_put_u64(&file, q % points->grid.columns);
        gk_analyse_put_u64(&file, q / points->grid.columns);
        gk_analyse_put(&file, centre_e(&points->grid, q));
        gk_analyse_put(&file, centre_n(&points->grid, q));
        gk_analyse_put_u64(&file, points->counts[q]);
        gk_analyse_end_line(&file);
    }
    return gk_analyse_file_close(&file, status, error);
}

static enum gk_status run_counts(const struct gk_options *options,
                                 const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options;
    const struct gk_flag_value *values = arguments->values;
    struct gk_analyse_points points;
    const char *name = values[FLAG_FIRST].text;
    const struct gk_analyse_column weight = {name, GK_ANALYSE_WHOLE, 0, 1e6, false};
    enum gk_status status = gk_analyse_points_read(&points, values, name != NULL ? &weight : NULL,
                                                   name != NULL ? 2 : 0, error);
    if (status == GK_OK)
        status = write_counts(&points, values, error);
    if (status == GK_OK) {
        uint64_t total = 0;
        for (size_t q = 0; q < points.squares; q++)
            total += points.counts[q];
        report_points(arguments->report, &points, values[GK_ANALYSE_OUT].text);
        gk_report_count(arguments->report, "count", (int64_t)total, "{} counted; ");
        gk_report_text(arguments->report, "label", "descriptive", "{}\n");
    }
    gk_analyse_points_release(&points);
    return status;
}

const struct gk_command gk_command_analyse_counts = {
    .name = "analyse counts",
    .operands = "",
    .help = "own points counted on squares",
    .usage = GK_ANALYSE_NOTHING_STORED
    "\n"
    "Squares are half open: a point on an edge belongs to the square north or east of it. Every\n"
    "square of the window is a row: cell, i, j (column and row from the south-west), x, y (the\n"
    "centre), count.\n",
    .flags = counts_flags,
    .has_report = true,
    .run = run_counts,
};

/* --- kde ------------------------------------------------------------------------------- */

enum { FLAG_KERNEL = FLAG_FIRST, FLAG_BANDWIDTH, FLAG_YEARS, FLAG_NO_CUT };
static const struct gk_flag kde_flags[] = {
    GK_ANALYSE_FILE_FLAGS("x, y"),
    GK_ANALYSE_SQUARE_FLAGS,
    [FLAG_KERNEL] = {.name = "kernel",
                     .kind = GK_FLAG_CHOICE,
                     .help = "quartic at the squares' centres, or the squares' means of a Gaussian",
                     .choices = "quartic|gaussian",
                     .initial_text = "quartic"},
    [FLAG_BANDWIDTH] = {.name = "bandwidth",
                        .kind = GK_FLAG_NUMBER,
                        .help = "metres: h of the quartic, standard deviation of the Gaussian",
                        .minimum = 1,
                        .maximum = 100000,
                        .initial = 500},
    [FLAG_YEARS] = {.name = "years",
                    .kind = GK_FLAG_TEXT,
                    .help = "how long the points are of, in years (0.5, 2)",
                    .is_required = true},
    [FLAG_NO_CUT] = {.name = "no-cut",
                     .kind = GK_FLAG_SWITCH,
                     .help = "of the Gaussian: felt everywhere, not only within 5 of its standard "
                             "deviations"},
    {.name = NULL},
};

/* The window and what is felt from beyond its border. */
static void widen(struct gk_squares *wide, const struct gk_squares *grid, double reach_m,
                  uint32_t *margin)
{
    *margin = gk_kde_margin(grid, reach_m);
    *wide = *grid;
    wide->e0_m -= *margin * grid->size_m;
    wide->n0_m -= *margin * grid->size_m;
    wide->columns += 2 * *margin;
    wide->rows += 2 * *margin;
}

static enum gk_status compute_quartic(double *density, const struct gk_analyse_points *points,
                                      double bandwidth_m, double years)
{
    const struct gk_analyse_table *table = &points->table;
    struct gk_squares wide;
    uint32_t margin;
    widen(&wide, &points->grid, bandwidth_m, &margin);
    size_t squares = (size_t)wide.columns * wide.rows;
    if (squares > GK_SQUARES_MAX)
        return GK_TOO_LARGE;
    uint32_t *counts = calloc(squares, sizeof *counts);
    double *all = malloc(squares * sizeof *all);
    enum gk_status status = counts != NULL && all != NULL ? GK_OK : GK_NO_MEMORY;
    if (status == GK_OK)
        status = gk_squares_count(counts, NULL, &wide, table->number[0], table->number[1], NULL,
                                  table->rows);
    if (status == GK_OK)
        status = gk_kde_quartic(all, &wide, counts, bandwidth_m, years);
    for (size_t j = 0; j < points->grid.rows && status == GK_OK; j++)
        memcpy(density + j * points->grid.columns, all + (j + margin) * wide.columns + margin,
               points->grid.columns * sizeof *density);
    free(counts);
    free(all);
    return status;
}

static enum gk_status write_densities(const struct gk_analyse_points *points, const double *density,
                                      const struct gk_flag_value *values, struct gk_error *error)
{
    struct gk_analyse_file file;
    enum gk_status status = open_result(&file, values, "cell,x,y,density", error);
    if (status != GK_OK)
        return status;
    for (size_t q = 0; q < points->squares; q++) {
        gk_analyse_put_u64(&file, q);
        gk_analyse_put(&file, centre_e(&points->grid, q));
        gk_analyse_put(&file, centre_n(&points->grid, q));
        gk_analyse_put(&file, density[q]);
        gk_analyse_end_line(&file);
    }
    return gk_analyse_file_close(&file, status, error);
}

static void report_kde(struct gk_report *report, const struct gk_analyse_points *points,
                       const struct gk_flag_value *values, double years)
{
    const struct gk_analyse_table *table = &points->table;
    double scott_e, scott_n, bandwidth = (double)values[FLAG_BANDWIDTH].number;
    bool is_quartic = strcmp(values[FLAG_KERNEL].text, "quartic") == 0;
    report_points(report, points, values[GK_ANALYSE_OUT].text);
    gk_report_text(report, "kernel", values[FLAG_KERNEL].text, "{} kernel of ");
    gk_report_double(report, "bandwidth_m", bandwidth, 0, "{} m, events per km2 and year of ");
    gk_report_double(report, "years", years, 6, "{} years; ");
    gk_report_text(report, "label", "descriptive", "{}: it has no test and no interval\n");
    if (gk_bandwidth_scott(&scott_e, &scott_n, table->number[0], table->number[1], table->rows) ==
        GK_OK) {
        gk_report_double(report, "scott_e_m", scott_e, 0, "Scott's rule for a Gaussian: {} m east");
        gk_report_double(report, "scott_n_m", scott_n, 0, ", {} m north\n");
    }
    if (is_quartic && bandwidth < GK_KDE_SQUARES_MIN * points->grid.size_m)
        gk_report_note(report,
                       "the bandwidth is less than %d squares wide: the map shows the squares "
                       "more than the points; take smaller squares",
                       GK_KDE_SQUARES_MIN);
}

static enum gk_status run_kde(const struct gk_options *options,
                              const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options;
    const struct gk_flag_value *values = arguments->values;
    struct gk_analyse_points points = {.counts = NULL};
    double years, bandwidth_m = (double)values[FLAG_BANDWIDTH].number, *density = NULL;
    size_t count;
    if (!gk_analyse_numbers(&years, &count, 1, values[FLAG_YEARS].text) || !(years >= 0.001) ||
        years > YEARS_MAX)
        return gk_error_set(error, GK_INVALID,
                            "--years is \"%.64s\"; allowed is a number from 0.001 to %g",
                            values[FLAG_YEARS].text, YEARS_MAX);
    enum gk_status status = gk_analyse_points_read(&points, values, NULL, 0, error);
    if (status == GK_OK) {
        const struct gk_analyse_table *table = &points.table;
        density = malloc(points.squares * sizeof *density);
        enum gk_status computed = GK_NO_MEMORY;
        if (density != NULL)
            computed = strcmp(values[FLAG_KERNEL].text, "quartic") == 0
                           ? compute_quartic(density, &points, bandwidth_m, years)
                           : gk_kde_gaussian(density, &points.grid, table->number[0],
                                             table->number[1], table->rows, bandwidth_m, years,
                                             values[FLAG_NO_CUT].count == 0);
        status = gk_analyse_failed(computed, "kde", error);
    }
    if (status == GK_OK)
        status = write_densities(&points, density, values, error);
    if (status == GK_OK)
        report_kde(arguments->report, &points, values, years);
    free(density);
    gk_analyse_points_release(&points);
    return status;
}

const struct gk_command gk_command_analyse_kde = {
    .name = "analyse kde",
    .operands = "",
    .help = "kernel density of own points (descriptive)",
    .usage = GK_ANALYSE_NOTHING_STORED
    "\n"
    "Every square of the window is a row: cell, x, y (the centre), density in events per km2\n"
    "and year. Points outside the window count as far as they are felt in it. The density\n"
    "describes; it has no test: where it is high may still be chance.\n",
    .flags = kde_flags,
    .has_report = true,
    .run = run_kde,
};

/* --- gistar ------------------------------------------------------------------------------ */

enum { FLAG_WEIGHTS = FLAG_FIRST, FLAG_REPLICATES, FLAG_SEED };
static const struct gk_flag gistar_flags[] = {
    GK_ANALYSE_FILE_FLAGS("x, y"),
    GK_ANALYSE_SQUARE_FLAGS,
    [FLAG_WEIGHTS] = {.name = "weights",
                      .kind = GK_FLAG_TEXT,
                      .help = "which squares are neighbours: queen, rook, or distance:METRES "
                              "between centres",
                      .initial_text = "queen"},
    [FLAG_REPLICATES] = {.name = "replicates",
                         .kind = GK_FLAG_NUMBER,
                         .help = "of p where counts are too large for the exact one",
                         .minimum = 99,
                         .maximum = REPLICATES_MAX,
                         .initial = GK_GISTAR_REPLICATES},
    [FLAG_SEED] = GK_ANALYSE_SEED_FLAG,
    {.name = NULL},
};

/* The radius of the window around a square. */
static enum gk_status read_weights(double *radius_m, double size_m, const char *text,
                                   struct gk_error *error)
{
    size_t count;
    if (strcmp(text, "queen") == 0) {
        *radius_m = size_m * sqrt(2);
    } else if (strcmp(text, "rook") == 0) {
        *radius_m = size_m;
    } else if (strncmp(text, "distance:", 9) != 0 ||
               !gk_analyse_numbers(radius_m, &count, 1, text + 9) || !(*radius_m > 0) ||
               *radius_m > WINDOW_SQUARES_MAX * size_m) {
        return gk_error_set(error, GK_INVALID,
                            "--weights is \"%.64s\"; allowed is queen, rook or distance:METRES, "
                            "above 0 to %g",
                            text, WINDOW_SQUARES_MAX * size_m);
    }
    return GK_OK;
}

/* What is computed for the squares. */
struct scores {
    uint64_t *sums;
    uint32_t *sizes;
    double *z, *total, *total_bh, *fixed, *fixed_bh;
    bool simulated;
    size_t hot; /* at a false discovery rate of 5 % */
};

static void release_scores(struct scores *scores)
{
    free(scores->sums);
    free(scores->sizes);
    free(scores->z);
    free(scores->total);
    free(scores->total_bh);
    free(scores->fixed);
    free(scores->fixed_bh);
}

static bool make_scores(struct scores *scores, size_t squares)
{
    *scores = (struct scores){.sums = calloc(squares, sizeof *scores->sums),
                              .sizes = calloc(squares, sizeof *scores->sizes),
                              .z = calloc(squares, sizeof(double)),
                              .total = calloc(squares, sizeof(double)),
                              .total_bh = calloc(squares, sizeof(double)),
                              .fixed = calloc(squares, sizeof(double)),
                              .fixed_bh = calloc(squares, sizeof(double))};
    return scores->sums != NULL && scores->sizes != NULL && scores->z != NULL &&
           scores->total != NULL && scores->total_bh != NULL && scores->fixed != NULL &&
           scores->fixed_bh != NULL;
}

static enum gk_status compute_scores(struct scores *scores, const struct gk_analyse_points *points,
                                     double radius_m, const struct gk_flag_value *values)
{
    const struct gk_gistar out = {scores->z, scores->total, scores->fixed};
    const struct gk_gistar_options options = {(uint32_t)values[FLAG_REPLICATES].number,
                                              (uint64_t)values[FLAG_SEED].number};
    enum gk_status status =
        gk_squares_window(scores->sums, scores->sizes, &points->grid, points->counts, radius_m);
    if (status == GK_OK)
        status = gk_gistar(&out, &scores->simulated, points->counts, scores->sums, scores->sizes,
                           points->squares, &options);
    if (status == GK_OK)
        status = gk_adjust_fdr(scores->total_bh, scores->total, points->squares);
    if (status == GK_OK)
        status = gk_adjust_fdr(scores->fixed_bh, scores->fixed, points->squares);
    for (size_t q = 0; q < points->squares && status == GK_OK; q++)
        scores->hot += scores->total_bh[q] <= 0.05;
    return status;
}

static enum gk_status write_scores(const struct scores *scores,
                                   const struct gk_analyse_points *points,
                                   const struct gk_flag_value *values, struct gk_error *error)
{
    struct gk_analyse_file file;
    /* A simulated p must not be called exact. */
    enum gk_status status = open_result(
        &file, values,
        scores->simulated
            ? "cell,i,j,x,k,z,total_mc_p_upper,bh_total_mc,perm_mc_p_upper,bh_perm_mc"
            : "cell,i,j,x,k,z,total_exact_p_upper,bh_total_exact,perm_exact_p_upper,bh_perm_exact",
        error);
    if (status != GK_OK)
        return status;
    for (size_t q = 0; q < points->squares; q++) {
        gk_analyse_put_u64(&file, q);
        gk_analyse_put_u64(&file, q % points->grid.columns);
        gk_analyse_put_u64(&file, q / points->grid.columns);
        gk_analyse_put_u64(&file, points->counts[q]);
        gk_analyse_put_u64(&file, scores->sizes[q] - 1);
        gk_analyse_put(&file, scores->z[q]);
        gk_analyse_put(&file, scores->total[q]);
        gk_analyse_put(&file, scores->total_bh[q]);
        gk_analyse_put(&file, scores->fixed[q]);
        gk_analyse_put(&file, scores->fixed_bh[q]);
        gk_analyse_end_line(&file);
    }
    return gk_analyse_file_close(&file, status, error);
}

static void report_gistar(struct gk_report *report, const struct gk_analyse_points *points,
                          const struct scores *scores, const struct gk_flag_value *values)
{
    report_points(report, points, values[GK_ANALYSE_OUT].text);
    gk_report_text(report, "weights", values[FLAG_WEIGHTS].text, "Gi* with {} neighbours, ");
    gk_report_bool(report, "is_simulated", scores->simulated, "p simulated, ");
    gk_report_text(report, "label", "assumes equal exposure",
                   "{}: where dwellings cluster it finds the towns\n");
    gk_report_count(report, "hot", (int64_t)scores->hot,
                    "{} squares are hot at a false discovery rate of 5 %\n");
}

static enum gk_status run_gistar(const struct gk_options *options,
                                 const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options;
    const struct gk_flag_value *values = arguments->values;
    struct gk_analyse_points points = {.counts = NULL};
    struct scores scores = {.sums = NULL};
    double radius_m;
    enum gk_status status = read_weights(&radius_m, (double)values[GK_ANALYSE_SIZE].number,
                                         values[FLAG_WEIGHTS].text, error);
    if (status == GK_OK)
        status = gk_analyse_points_read(&points, values, NULL, 0, error);
    if (status == GK_OK)
        status = gk_analyse_failed(make_scores(&scores, points.squares)
                                       ? compute_scores(&scores, &points, radius_m, values)
                                       : GK_NO_MEMORY,
                                   "gistar", error);
    if (status == GK_OK)
        status = write_scores(&scores, &points, values, error);
    if (status == GK_OK)
        report_gistar(arguments->report, &points, &scores, values);
    release_scores(&scores);
    gk_analyse_points_release(&points);
    return status;
}

const struct gk_command gk_command_analyse_gistar = {
    .name = "analyse gistar",
    .operands = "",
    .help = "Gi* of own points (assumes equal exposure)",
    .usage = GK_ANALYSE_NOTHING_STORED
    "\n"
    "Every square of the window is a row: cell, i, j, x (its count), k (its neighbours),\n"
    "z, the exact upper p when all counts are dealt anew (total_exact_p_upper) and when the\n"
    "square keeps its own (perm_exact_p_upper), both also after Benjamini and Hochberg (bh_).\n"
    "Judge by bh_total_exact, never by z: at burglary's counts the normal z shows false hot\n"
    "squares on most maps. Where a count is above 500 p is simulated, and its columns say mc.\n"
    "\n"
    "All squares are taken to be alike. Where dwellings cluster it only finds the towns; the\n"
    "service's own hotspots take dwellings into account.\n",
    .flags = gistar_flags,
    .has_report = true,
    .run = run_gistar,
};
