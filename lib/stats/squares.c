/* Points onto half-open squares, and windows of squares as differences of
 * running totals along the rows. What is drawn from them is elsewhere. */
#include "stats/squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RADIUS_MAX = 1000 }; /* squares */

enum gk_status gk_squares_check(const struct gk_squares *grid)
{
    if (!isfinite(grid->e0_m) || !isfinite(grid->n0_m) || !isfinite(grid->size_m) ||
        grid->size_m <= 0)
        return GK_INVALID;
    if (grid->columns == 0 || grid->rows == 0 ||
        (uint64_t)grid->columns * grid->rows > GK_SQUARES_MAX)
        return GK_INVALID;
    return GK_OK;
}

static enum gk_status check_total(const uint32_t *weights, size_t count)
{
    if (weights == NULL)
        return count > UINT32_MAX ? GK_TOO_LARGE : GK_OK;
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += weights[i];
        if (total > UINT32_MAX)
            return GK_TOO_LARGE;
    }
    return GK_OK;
}

enum gk_status gk_squares_count(uint32_t *counts, size_t *outside, const struct gk_squares *grid,
                                const double *e_m, const double *n_m, const uint32_t *weights,
                                size_t count)
{
    enum gk_status status = gk_squares_check(grid);
    if (status == GK_OK)
        status = check_total(weights, count);
    if (status != GK_OK)
        return status;
    double columns = grid->columns, rows = grid->rows;
    size_t lost = 0;
    memset(counts, 0, (size_t)grid->columns * grid->rows * sizeof *counts);
    for (size_t p = 0; p < count; p++) {
        /* A quotient and not a product with the inverse: edges must be exact. */
        double i = (e_m[p] - grid->e0_m) / grid->size_m, j = (n_m[p] - grid->n0_m) / grid->size_m;
        if (i >= 0 && j >= 0 && i < columns && j < rows)
            counts[(size_t)j * grid->columns + (size_t)i] += weights == NULL ? 1 : weights[p];
        else
            lost++;
    }
    if (outside != NULL)
        *outside = lost;
    return GK_OK;
}

/* totals[j][i] = sum of the first i counts of row j; one longer than the row. */
static uint64_t *running_totals(const struct gk_squares *grid, const uint32_t *counts)
{
    size_t width = (size_t)grid->columns + 1;
    uint64_t *totals = malloc(width * grid->rows * sizeof *totals);
    if (totals == NULL)
        return NULL;
    for (size_t j = 0; j < grid->rows; j++) {
        uint64_t *row = totals + j * width;
        row[0] = 0;
        for (size_t i = 0; i < grid->columns; i++)
            row[i + 1] = row[i] + counts[j * grid->columns + i];
    }
    return totals;
}

/* Adds the part of a window that lies in one row: 2 half + 1 squares of it. */
static void add_row(uint64_t *sums, uint32_t *sizes, const uint64_t *totals, size_t columns,
                    size_t half)
{
    for (size_t i = 0; i < columns; i++) {
        size_t from = i > half ? i - half : 0, to = i + half + 1 < columns ? i + half + 1 : columns;
        sums[i] += totals[to] - totals[from];
        if (sizes != NULL)
            sizes[i] += (uint32_t)(to - from);
    }
}

enum gk_status gk_squares_window(uint64_t *sums, uint32_t *sizes, const struct gk_squares *grid,
                                 const uint32_t *counts, double radius_m)
{
    enum gk_status status = gk_squares_check(grid);
    if (status != GK_OK)
        return status;
    double radius = radius_m / grid->size_m * (1 + 1e-9);
    if (!(radius >= 0 && radius < RADIUS_MAX + 1))
        return GK_INVALID;
    uint64_t *totals = running_totals(grid, counts);
    if (totals == NULL)
        return GK_NO_MEMORY;
    size_t columns = grid->columns, squares = columns * grid->rows;
    memset(sums, 0, squares * sizeof *sums);
    if (sizes != NULL)
        memset(sizes, 0, squares * sizeof *sizes);
    long reach = (long)radius, rows = (long)grid->rows;
    for (long j = 0; j < rows; j++)
        for (long d = -reach; d <= reach; d++) {
            if (j + d < 0 || j + d >= rows)
                continue;
            size_t half = (size_t)sqrt(radius * radius - (double)(d * d));
            add_row(sums + (size_t)j * columns, sizes == NULL ? NULL : sizes + (size_t)j * columns,
                    totals + (size_t)(j + d) * (columns + 1), columns, half);
        }
    free(totals);
    return GK_OK;
}
