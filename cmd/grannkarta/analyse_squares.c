/* Window, squares and points of the methods of `analyse` on points. Squares are
 * half open, and the window's sides are whole numbers of them. */
#include "analyse_squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyse_file.h"

enum { NUMBER_MAX = 64 };

bool gk_analyse_numbers(double *values, size_t *count, size_t maximum, const char *text)
{
    *count = 0;
    while (*count < maximum) {
        char one[NUMBER_MAX], *end;
        size_t length = strcspn(text, ",");
        if (length == 0 || length >= sizeof one || strspn(text, "0123456789+-.eE") != length)
            return false;
        memcpy(one, text, length);
        one[length] = '\0';
        values[*count] = strtod(one, &end);
        if (*end != '\0' || end == one || !isfinite(values[*count]))
            return false;
        ++*count;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
    return false;
}

enum gk_status gk_analyse_failed(enum gk_status status, const char *method, struct gk_error *error)
{
    if (status == GK_TOO_LARGE)
        return gk_error_set(error, status,
                            "analyse %s: it would take more than the bound on its cost allows; "
                            "take fewer points, larger squares, less reach or fewer replicates",
                            method);
    if (status != GK_OK)
        return gk_error_set(error, status, "analyse %s: %s", method, gk_status_text(status));
    return status;
}

/* True when all of column k is within. */
static bool is_within(const struct gk_analyse_table *table, size_t k, double low, double high)
{
    for (size_t i = 0; i < table->rows; i++)
        if (table->number[k][i] < low || table->number[k][i] > high)
            return false;
    return table->rows > 0;
}

void gk_analyse_note_axes(struct gk_report *report, const struct gk_analyse_table *table)
{
    for (size_t east = 0; east < 2; east++)
        if (is_within(table, east, 10, 25) && is_within(table, 1 - east, 55, 70))
            gk_report_note(report, "the places look like degrees; x and y are to be metres, such "
                                   "as SWEREF 99 TM");
    if (is_within(table, 0, 6.0e6, 7.8e6) && is_within(table, 1, 2.0e5, 1.0e6))
        gk_report_note(report, "x looks like a northing and y like an easting: the map is "
                               "mirrored; x is to be the easting");
}

/* --- The window ------------------------------------------------------------------- */

static enum gk_status check_squares(double columns, double rows, struct gk_error *error)
{
    if (!(columns >= 1 && rows >= 1))
        return gk_error_set(error, GK_INVALID,
                            "--bbox has no square; allowed is E0 below E1 and N0 below N1");
    if (columns * rows > GK_ANALYSE_SQUARES_MAX)
        return gk_error_set(error, GK_TOO_LARGE,
                            "the window has %.0f squares; allowed are %d: give a larger --size or "
                            "a smaller --bbox",
                            columns * rows, GK_ANALYSE_SQUARES_MAX);
    return GK_OK;
}

/* The window that --bbox says. Messages do not repeat it: somebody's window may
 * be one house. */
static enum gk_status read_window(struct gk_squares *grid, const char *bbox, struct gk_error *error)
{
    double edge[4];
    size_t count;
    if (!gk_analyse_numbers(edge, &count, 4, bbox) || count != 4)
        return gk_error_set(error, GK_INVALID,
                            "--bbox is not four numbers; allowed is E0,N0,E1,N1 in metres");
    for (size_t i = 0; i < 4; i++)
        if (fabs(edge[i]) > GK_ANALYSE_METRES_MAX)
            return gk_error_set(error, GK_INVALID,
                                "--bbox has a number out of range; allowed is %g to %g",
                                -GK_ANALYSE_METRES_MAX, GK_ANALYSE_METRES_MAX);
    double columns = (edge[2] - edge[0]) / grid->size_m, rows = (edge[3] - edge[1]) / grid->size_m;
    enum gk_status status = check_squares(ceil(columns), ceil(rows), error);
    if (status != GK_OK)
        return status;
    if (columns != floor(columns) || rows != floor(rows))
        return gk_error_set(error, GK_INVALID,
                            "--bbox is not a whole number of squares of %g m wide and high",
                            grid->size_m);
    grid->e0_m = edge[0];
    grid->n0_m = edge[1];
    grid->columns = (uint32_t)columns;
    grid->rows = (uint32_t)rows;
    return GK_OK;
}

/* Whole squares of the grid with origin 0, 0 around all points. */
static enum gk_status find_window(struct gk_squares *grid, const struct gk_analyse_table *table,
                                  struct gk_error *error)
{
    double low[2], high[2];
    if (table->rows == 0)
        return gk_error_set(error, GK_INVALID,
                            "the file has no points, and so no window; --bbox gives one");
    for (size_t k = 0; k < 2; k++) {
        low[k] = high[k] = table->number[k][0];
        for (size_t i = 1; i < table->rows; i++) {
            low[k] = fmin(low[k], table->number[k][i]);
            high[k] = fmax(high[k], table->number[k][i]);
        }
        low[k] = floor(low[k] / grid->size_m);
        high[k] = floor(high[k] / grid->size_m) + 1;
    }
    grid->e0_m = low[0] * grid->size_m;
    grid->n0_m = low[1] * grid->size_m;
    enum gk_status status = check_squares(high[0] - low[0], high[1] - low[1], error);
    if (status == GK_OK) {
        grid->columns = (uint32_t)(high[0] - low[0]);
        grid->rows = (uint32_t)(high[1] - low[1]);
    }
    return status;
}

/* --- The points --------------------------------------------------------------------- */

static enum gk_status count_points(struct gk_analyse_points *points, size_t weight,
                                   struct gk_error *error)
{
    uint32_t *weights = NULL;
    const struct gk_analyse_table *table = &points->table;
    points->squares = (size_t)points->grid.columns * points->grid.rows;
    points->counts = calloc(points->squares, sizeof *points->counts);
    if (weight > 0)
        weights = malloc((table->rows + 1) * sizeof *weights);
    if (points->counts == NULL || (weight > 0 && weights == NULL)) {
        free(weights);
        return gk_error_set(error, GK_NO_MEMORY, "count the points: out of memory");
    }
    for (size_t i = 0; weights != NULL && i < table->rows; i++)
        weights[i] = (uint32_t)table->number[weight][i];
    enum gk_status status =
        gk_squares_count(points->counts, &points->outside, &points->grid, table->number[0],
                         table->number[1], weights, table->rows);
    free(weights);
    return gk_analyse_failed(status, "counts", error);
}

enum gk_status gk_analyse_points_read(struct gk_analyse_points *points,
                                      const struct gk_flag_value *values,
                                      const struct gk_analyse_column *more, size_t weight,
                                      struct gk_error *error)
{
    struct gk_analyse_column columns[3] = {GK_ANALYSE_X, GK_ANALYSE_Y};
    const char *inputs[] = {values[GK_ANALYSE_IN].text};
    *points =
        (struct gk_analyse_points){.grid = {.size_m = (double)values[GK_ANALYSE_SIZE].number}};
    if (more != NULL)
        columns[2] = *more;
    enum gk_status status = gk_analyse_file_look(
        values[GK_ANALYSE_OUT].text, values[GK_ANALYSE_OVERWRITE].count > 0, inputs, 1, error);
    if (status == GK_OK && values[GK_ANALYSE_BBOX].text != NULL)
        status = read_window(&points->grid, values[GK_ANALYSE_BBOX].text, error);
    if (status == GK_OK)
        status = gk_analyse_read(&points->table, inputs[0], columns, more != NULL ? 3 : 2, error);
    if (status == GK_OK && values[GK_ANALYSE_BBOX].text == NULL)
        status = find_window(&points->grid, &points->table, error);
    if (status == GK_OK)
        status = count_points(points, weight, error);
    return status;
}

void gk_analyse_points_release(struct gk_analyse_points *points)
{
    gk_analyse_release(&points->table);
    if (points->counts != NULL)
        explicit_bzero(points->counts, points->squares * sizeof *points->counts);
    free(points->counts);
    points->counts = NULL;
}
