/* `analyse knox`: near repeats among the analyst's own exact places. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyse_file.h"
#include "analyse_squares.h"
#include "stats/knox.h"

enum { DAYS_MAX = 1000000, LONG_DAYS = 7, REPLICATES_MAX = 100000 };
enum { COLUMN_X, COLUMN_Y, COLUMN_DAY, COLUMN_DAY_TO, COLUMNS };

enum { FLAG_SPACE_BANDS = GK_ANALYSE_OVERWRITE + 1, FLAG_TIME_BANDS, FLAG_REPLICATES, FLAG_SEED };
static const struct gk_flag flags[] = {
    GK_ANALYSE_FILE_FLAGS("x, y, day and, if the day is not known, day_to"),
    [FLAG_SPACE_BANDS] = {.name = "space-bands",
                          .kind = GK_FLAG_TEXT,
                          .help = "edges of the bands of distance in metres, rising",
                          .initial_text = "0,0.1,100,200,300,400,500,600,700,800,900,1000"},
    [FLAG_TIME_BANDS] = {.name = "time-bands",
                         .kind = GK_FLAG_TEXT,
                         .help = "edges of the bands of time in whole days, rising",
                         .initial_text = "0,7,14,21,28,35,42,49,56"},
    [FLAG_REPLICATES] = {.name = "replicates",
                         .kind = GK_FLAG_NUMBER,
                         .help = "permutations for p; 0 for none",
                         .minimum = 0,
                         .maximum = REPLICATES_MAX,
                         .initial = GK_KNOX_REPLICATES},
    [FLAG_SEED] = GK_ANALYSE_SEED_FLAG,
    {.name = NULL},
};

static const struct gk_analyse_column columns[COLUMNS] = {
    [COLUMN_X] = GK_ANALYSE_X,
    [COLUMN_Y] = GK_ANALYSE_Y,
    [COLUMN_DAY] = {"day", GK_ANALYSE_WHOLE, -DAYS_MAX, DAYS_MAX, false},
    [COLUMN_DAY_TO] = {"day_to", GK_ANALYSE_WHOLE, -DAYS_MAX, DAYS_MAX, true},
};

/* --- The bands ---------------------------------------------------------------------- */

/* Edges of distance in metres and of time in half days: the middle of two days may
 * be one. */
struct edges {
    double space_m[GK_KNOX_BANDS_MAX + 1], days[GK_KNOX_BANDS_MAX + 1];
    int32_t half_days[GK_KNOX_BANDS_MAX + 1];
    size_t spaces, times; /* edges */
};

static bool read_edges(double *edge, size_t *count, const char *text, double maximum, bool is_whole)
{
    bool good = gk_analyse_numbers(edge, count, GK_KNOX_BANDS_MAX + 1, text) && *count >= 2;
    for (size_t i = 0; i < *count && good; i++)
        good = edge[i] >= 0 && edge[i] <= maximum && (i == 0 || edge[i] > edge[i - 1]) &&
               (!is_whole || edge[i] == floor(edge[i]));
    return good;
}

static enum gk_status read_bands(struct edges *edges, const struct gk_flag_value *values,
                                 struct gk_error *error)
{
    if (!read_edges(edges->space_m, &edges->spaces, values[FLAG_SPACE_BANDS].text,
                    GK_ANALYSE_METRES_MAX, false))
        return gk_error_set(error, GK_INVALID,
                            "--space-bands is \"%.100s\"; allowed are 2 to %d rising numbers from "
                            "0, joined by commas",
                            values[FLAG_SPACE_BANDS].text, GK_KNOX_BANDS_MAX + 1);
    if (!read_edges(edges->days, &edges->times, values[FLAG_TIME_BANDS].text, DAYS_MAX, true))
        return gk_error_set(error, GK_INVALID,
                            "--time-bands is \"%.100s\"; allowed are 2 to %d rising whole numbers "
                            "from 0 to %d, joined by commas",
                            values[FLAG_TIME_BANDS].text, GK_KNOX_BANDS_MAX + 1, DAYS_MAX);
    for (size_t i = 0; i < edges->times; i++)
        edges->half_days[i] = (int32_t)(2 * edges->days[i]);
    return GK_OK;
}

/* --- The points ----------------------------------------------------------------------- */

/* What takes part; the places are moved together in the table's own columns. */
struct taken {
    int32_t *time; /* half days */
    size_t count, too_long, reversed;
};

static enum gk_status take(struct taken *taken, struct gk_analyse_table *table)
{
    *taken = (struct taken){.time = malloc((table->rows + 1) * sizeof *taken->time)};
    if (taken->time == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < table->rows; i++) {
        double day = table->number[COLUMN_DAY][i];
        double to = table->has[COLUMN_DAY_TO] ? table->number[COLUMN_DAY_TO][i] : day;
        if (to < day || to - day > LONG_DAYS) {
            taken->reversed += to < day;
            taken->too_long += to >= day;
            continue;
        }
        table->number[COLUMN_X][taken->count] = table->number[COLUMN_X][i];
        table->number[COLUMN_Y][taken->count] = table->number[COLUMN_Y][i];
        taken->time[taken->count++] = (int32_t)(day + to);
    }
    return GK_OK;
}

static enum gk_status compute(struct gk_knox_cell *cells, const struct edges *edges,
                              const struct gk_analyse_table *table, const struct taken *taken,
                              const struct gk_flag_value *values)
{
    const struct gk_knox_bands bands = {edges->space_m, edges->spaces - 1, edges->half_days,
                                        edges->times - 1};
    const struct gk_knox_options options = {(uint32_t)values[FLAG_REPLICATES].number,
                                            (uint64_t)values[FLAG_SEED].number};
    return gk_knox(cells, &bands, table->number[COLUMN_X], table->number[COLUMN_Y], taken->time,
                   taken->count, &options);
}

/* --- The result -------------------------------------------------------------------------- */

static enum gk_status write_cells(const struct gk_knox_cell *cells, const struct edges *edges,
                                  const struct gk_flag_value *values, struct gk_error *error)
{
    struct gk_analyse_file file;
    enum gk_status status = gk_analyse_file_open(
        &file, values[GK_ANALYSE_OUT].text, values[GK_ANALYSE_OVERWRITE].count > 0,
        "s_lo,s_hi,t_lo,t_hi,observed,expected,perm_var,knox_ratio,mc_p", error);
    if (status != GK_OK)
        return status;
    for (size_t a = 0; a + 1 < edges->spaces; a++)
        for (size_t b = 0; b + 1 < edges->times; b++) {
            const struct gk_knox_cell *cell = &cells[a * (edges->times - 1) + b];
            gk_analyse_put(&file, edges->space_m[a]);
            gk_analyse_put(&file, edges->space_m[a + 1]);
            gk_analyse_put(&file, edges->days[b]);
            gk_analyse_put(&file, edges->days[b + 1]);
            gk_analyse_put_u64(&file, cell->observed);
            gk_analyse_put(&file, cell->expected);
            gk_analyse_put(&file, cell->variance);
            gk_analyse_put(&file, cell->ratio);
            gk_analyse_put(&file, cell->p);
            gk_analyse_end_line(&file);
        }
    return gk_analyse_file_close(&file, status, error);
}

static void report_knox(struct gk_report *report, const struct taken *taken,
                        const struct gk_flag_value *values)
{
    gk_report_text(report, "file", values[GK_ANALYSE_OUT].text, "{}: ");
    gk_report_count(report, "points", (int64_t)taken->count, "pairs of {} points; ");
    gk_report_count(report, "replicates", values[FLAG_REPLICATES].number,
                    "p from {} permutations\n");
    gk_report_count(report, "too_long", (int64_t)taken->too_long,
                    "left out: {} whose interval is over 7 days, ");
    gk_report_count(report, "reversed", (int64_t)taken->reversed,
                    "{} that end before they begin\n");
}

static enum gk_status run_knox(const struct gk_options *options,
                               const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options;
    const struct gk_flag_value *values = arguments->values;
    const char *inputs[] = {values[GK_ANALYSE_IN].text};
    struct gk_analyse_table table = {.rows = 0};
    struct gk_knox_cell *cells = NULL;
    struct taken taken = {.time = NULL};
    struct edges edges;
    enum gk_status status = gk_analyse_file_look(
        values[GK_ANALYSE_OUT].text, values[GK_ANALYSE_OVERWRITE].count > 0, inputs, 1, error);
    if (status == GK_OK)
        status = read_bands(&edges, values, error);
    if (status == GK_OK)
        status = gk_analyse_read(&table, inputs[0], columns, COLUMNS, error);
    if (status == GK_OK) {
        enum gk_status computed = take(&taken, &table);
        cells = calloc(edges.spaces * edges.times, sizeof *cells);
        if (computed == GK_OK)
            computed =
                cells != NULL ? compute(cells, &edges, &table, &taken, values) : GK_NO_MEMORY;
        status = gk_analyse_failed(computed, "knox", error);
    }
    if (status == GK_OK)
        status = write_cells(cells, &edges, values, error);
    if (status == GK_OK) {
        report_knox(arguments->report, &taken, values);
        gk_analyse_note_axes(arguments->report, &table);
    }
    free(cells);
    free(taken.time);
    gk_analyse_release(&table);
    return status;
}

const struct gk_command gk_command_analyse_knox = {
    .name = "analyse knox",
    .operands = "",
    .help = "near repeats among own points",
    .usage = GK_ANALYSE_NOTHING_STORED
    "\n"
    "Are more pairs close in both space and time than if the days were dealt out over the\n"
    "places at random? A row for each band of distance, [s_lo, s_hi) metres, by each of time,\n"
    "(t_lo, t_hi] days, the first with its lower edge: pairs observed, expected and perm_var\n"
    "(exact over all permutations), knox_ratio = observed / expected, mc_p from permutations.\n"
    "Each p is of its own band. `day` is a whole number counted from any day; with day_to the\n"
    "event lies in the middle, and intervals over 7 days are left out and counted.\n",
    .flags = flags,
    .has_report = true,
    .run = run_knox,
};
