/* Counts of points on a grid of half-open squares, and sums over windows of
 * squares. For display and as the input of kde.h and gistar.h.
 *
 * Pure functions, no state, any thread. */
#ifndef GK_STATS_SQUARES_H
#define GK_STATS_SQUARES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Most squares of a grid, and most columns or rows. */
#define GK_SQUARES_MAX 25000000u

/* A grid: square (i, j) is [e0 + i size, e0 + (i + 1) size) by [n0 + j size,
 * n0 + (j + 1) size), metres. Arrays over it have columns * rows values, row by
 * row from the south-west: index j * columns + i. */
struct gk_squares {
    double e0_m, n0_m; /* the south-west corner */
    double size_m;
    uint32_t columns, rows;
};

/* GK_OK when the numbers are finite, the size positive, and the grid has 1 to
 * GK_SQUARES_MAX squares; else GK_INVALID. Every function below and in kde.h
 * begins with it. */
GK_CHECKED enum gk_status gk_squares_check(const struct gk_squares *grid);

/* counts[q] = number of points in square q, or the sum of their `weights`
 * (Antal) when that is not NULL; overwritten. e_m, n_m: `count` positions each.
 * *outside (may be NULL): points in no square, coordinates that are not finite
 * among them. A point on an edge belongs to the square north or east of it.
 * GK_TOO_LARGE when all weights together exceed 2^32 - 1. Time: O(points). */
GK_CHECKED enum gk_status gk_squares_count(uint32_t *counts, size_t *outside,
                                           const struct gk_squares *grid, const double *e_m,
                                           const double *n_m, const uint32_t *weights,
                                           size_t count);

/* For each square the sum of `counts` over the squares whose centres lie within
 * `radius_m` of its own, itself included, and how many squares that are (fewer
 * at the border): radius = size is the rook's neighbourhood, size * sqrt(2) the
 * queen's. The radius has a slack of 1e-9 of itself, so that these are exact.
 * sums, sizes: a value for each square; sizes may be NULL. Summed row by row
 * from running totals: O(squares * radius / size). GK_INVALID for a radius that
 * is negative or not finite, or more than 1,000 squares. */
GK_CHECKED enum gk_status gk_squares_window(uint64_t *sums, uint32_t *sizes,
                                            const struct gk_squares *grid, const uint32_t *counts,
                                            double radius_m);

#endif
