/* Kernel densities on squares. Counts go through a ring of the rows within reach,
 * so that memory follows the bandwidth and not the map. Rows at the same distance
 * above and below are added before they are multiplied; columns likewise.
 *
 * The order of the additions into one square is the same for every vector width:
 * vectors lie along the columns and nothing is summed across their lanes. */
#include "stats/kde.h"

#include <stdlib.h>
#include <string.h>

#include "normal.h"

/* Columns that are worked on together; the compiler makes vectors of them. */
enum { LANES = 8 };

/* Rows around the current one, padded with zeros by `reach` on both sides and to
 * whole lanes: row j is at slot j mod slots. */
struct ring {
    double *rows, *pair, *sum;
    bool *filled; /* by slot: the row has something */
    size_t width, slots, reach;
};

static size_t whole_lanes(size_t columns)
{
    return (columns + LANES - 1) / LANES * LANES;
}

static bool ring_init(struct ring *ring, const struct gk_squares *grid, size_t reach)
{
    ring->reach = reach;
    ring->slots = 2 * reach + 1;
    if (ring->slots > grid->rows)
        ring->slots = grid->rows;
    ring->width = whole_lanes(grid->columns) + 2 * reach;
    ring->rows = calloc((ring->slots + 2) * ring->width, sizeof *ring->rows);
    ring->filled = calloc(ring->slots, sizeof *ring->filled);
    if (ring->rows == NULL || ring->filled == NULL) {
        free(ring->rows);
        free(ring->filled);
        return false;
    }
    ring->pair = ring->rows + ring->slots * ring->width;
    ring->sum = ring->pair + ring->width;
    return true;
}

static void ring_release(struct ring *ring)
{
    free(ring->rows);
    free(ring->filled);
}

static double *ring_row(const struct ring *ring, long row)
{
    return ring->rows + (size_t)row % ring->slots * ring->width;
}

static bool ring_filled(const struct ring *ring, long row, long rows)
{
    return row >= 0 && row < rows && ring->filled[(size_t)row % ring->slots];
}

/* Rows j - d and j + d added, d = 0 once; NULL when there is nothing in them. */
static const double *ring_pair(const struct ring *ring, long j, long d, long rows)
{
    bool south = ring_filled(ring, j - d, rows), north = d != 0 && ring_filled(ring, j + d, rows);
    if (!south || !north)
        return south ? ring_row(ring, j - d) : north ? ring_row(ring, j + d) : NULL;
    const double *a = ring_row(ring, j - d), *b = ring_row(ring, j + d);
    for (size_t x = 0; x < ring->width; x++)
        ring->pair[x] = a[x] + b[x];
    return ring->pair;
}

/* Two neighbouring columns, wherever they lie. */
typedef double pair_of_doubles __attribute__((vector_size(16), aligned(8), may_alias));

static inline pair_of_doubles pair_at(const double *from)
{
    return *(const pair_of_doubles *)from;
}

/* to[x] += weight[0] from[x] + sum over d of weight[d] (from[x - d] + from[x + d]),
 * for `columns` values, rounded up to lanes; from has `reach` values before it.
 * The sums of eight columns stay in registers, which the compiler does not find
 * by itself. */
static void spread_along(double *to, const double *from, size_t columns, const double *weight,
                         size_t reach)
{
    for (size_t x = 0; x < columns; x += LANES) {
        const double *at = from + x;
        pair_of_doubles w = {weight[0], weight[0]};
        pair_of_doubles s0 = w * pair_at(at), s1 = w * pair_at(at + 2), s2 = w * pair_at(at + 4),
                        s3 = w * pair_at(at + 6);
        for (size_t d = 1; d <= reach; d++) {
            const double *west = at - d, *east = at + d;
            w = (pair_of_doubles){weight[d], weight[d]};
            s0 += w * (pair_at(west) + pair_at(east));
            s1 += w * (pair_at(west + 2) + pair_at(east + 2));
            s2 += w * (pair_at(west + 4) + pair_at(east + 4));
            s3 += w * (pair_at(west + 6) + pair_at(east + 6));
        }
        pair_of_doubles *sum = (pair_of_doubles *)(to + x);
        sum[0] += s0;
        sum[1] += s1;
        sum[2] += s2;
        sum[3] += s3;
    }
}

uint32_t gk_kde_margin(const struct gk_squares *grid, double reach_m)
{
    double squares = ceil(reach_m / grid->size_m);
    return squares > 0 && squares < GK_SQUARES_MAX ? (uint32_t)squares : 0;
}

static enum gk_status check(const struct gk_squares *grid, double bandwidth_m, double years)
{
    enum gk_status status = gk_squares_check(grid);
    if (status != GK_OK)
        return status;
    if (!(bandwidth_m > 0) || isinf(bandwidth_m) || !(years > 0) || isinf(years))
        return GK_INVALID;
    return GK_OK;
}

/* Per km2 and year, from incidents per square. */
static double unit(const struct gk_squares *grid, double years)
{
    return 1e6 / (grid->size_m * grid->size_m * years);
}

static size_t squares_of(const struct gk_squares *grid)
{
    return (size_t)grid->columns * grid->rows;
}

/* ---- quartic --------------------------------------------------------------- */

/* The quarter of the stencil with d >= 0, row by row, scaled to mass `mass`; and
 * how far each row reaches. */
static void quartic_stencil(double *weight, size_t *half, size_t reach, double h, double mass)
{
    double total = 0;
    for (size_t y = 0; y <= reach; y++) {
        half[y] = 0;
        for (size_t x = 0; x <= reach; x++) {
            double d2 = (double)(x * x + y * y) / (h * h);
            double k = d2 < 1 ? (1 - d2) * (1 - d2) : 0;
            weight[y * (reach + 1) + x] = k;
            total += k * (x > 0 ? 2 : 1) * (y > 0 ? 2 : 1);
            if (k > 0)
                half[y] = x;
        }
    }
    for (size_t i = 0; i < (reach + 1) * (reach + 1); i++)
        weight[i] *= mass / total;
}

static void load_counts(const struct ring *ring, const struct gk_squares *grid,
                        const uint32_t *counts, long row)
{
    if (row >= (long)grid->rows)
        return;
    double *to = ring_row(ring, row) + ring->reach;
    uint32_t any = 0;
    for (size_t i = 0; i < grid->columns; i++) {
        uint32_t c = counts[(size_t)row * grid->columns + i];
        to[i] = c;
        any |= c;
    }
    ring->filled[(size_t)row % ring->slots] = any > 0;
}

static void quartic_rows(double *density, struct ring *ring, const struct gk_squares *grid,
                         const uint32_t *counts, const double *weight, const size_t *half)
{
    long rows = (long)grid->rows, reach = (long)ring->reach;
    for (long j = 0; j < reach; j++)
        load_counts(ring, grid, counts, j);
    for (long j = 0; j < rows; j++) {
        load_counts(ring, grid, counts, j + reach);
        memset(ring->sum, 0, ring->width * sizeof *ring->sum);
        for (long d = 0; d <= reach; d++) {
            const double *pair = ring_pair(ring, j, d, rows);
            if (pair != NULL)
                spread_along(ring->sum, pair + reach, grid->columns,
                             weight + (size_t)d * (ring->reach + 1), half[d]);
        }
        memcpy(density + (size_t)j * grid->columns, ring->sum, grid->columns * sizeof *density);
    }
}

enum gk_status gk_kde_quartic(double *density, const struct gk_squares *grid,
                              const uint32_t *counts, double bandwidth_m, double years)
{
    enum gk_status status = check(grid, bandwidth_m, years);
    if (status != GK_OK)
        return status;
    double h = bandwidth_m / grid->size_m;
    if ((h + 1) * (h + 1) * (double)squares_of(grid) > GK_KDE_COST_MAX)
        return GK_TOO_LARGE;
    size_t reach = (size_t)ceil(h) - 1;
    struct ring ring;
    double *weight = calloc((reach + 1) * (reach + 1), sizeof *weight);
    size_t *half = calloc(reach + 1, sizeof *half);
    bool made = ring_init(&ring, grid, reach);
    if (weight != NULL && half != NULL && made) {
        quartic_stencil(weight, half, reach, h, unit(grid, years));
        quartic_rows(density, &ring, grid, counts, weight, half);
    } else {
        status = GK_NO_MEMORY;
    }
    if (made)
        ring_release(&ring);
    free(half);
    free(weight);
    return status;
}

/* ---- Gaussian -------------------------------------------------------------- */

/* mass[i] = what a point at `at` gives the i-th of the squares from `first` along
 * one axis, all in squares; s is the standard deviation, cut at `cut` of it. */
static void axis_masses(double *mass, size_t squares, double first, double at, double s, double cut)
{
    double u = fmin(fmax((first - at) / s, -cut), cut), tail = normal_tail(u);
    for (size_t i = 0; i < squares; i++) {
        double next = fmin(fmax((first + (double)(i + 1) - at) / s, -cut), cut);
        double next_tail = normal_tail(next);
        mass[i] = normal_between_tails(u, tail, next, next_tail);
        u = next;
        tail = next_tail;
    }
}

/* The squares [*from, *to) of `squares` that a point at `at` reaches. */
static void axis_range(size_t *from, size_t *to, size_t squares, double at, double reach)
{
    double low = floor(at - reach), high = ceil(at + reach), last = (double)squares;
    *from = low > 0 ? (low < last ? (size_t)low : squares) : 0;
    *to = high < last ? (high > 0 ? (size_t)high : 0) : squares;
    if (*to < *from)
        *to = *from;
}

static void add_point(double *density, const struct gk_squares *grid, double *mass, double e,
                      double n, double s, double cut, double scale)
{
    size_t i0, i1, j0, j1;
    axis_range(&i0, &i1, grid->columns, e, cut * s);
    axis_range(&j0, &j1, grid->rows, n, cut * s);
    if (i0 == i1 || j0 == j1)
        return;
    double *along = mass, *up = mass + grid->columns;
    axis_masses(along, i1 - i0, (double)i0, e, s, cut);
    axis_masses(up, j1 - j0, (double)j0, n, s, cut);
    for (size_t j = j0; j < j1; j++) {
        double *row = density + j * grid->columns, weight = up[j - j0] * scale;
        for (size_t i = i0; i < i1; i++)
            row[i] += weight * along[i - i0];
    }
}

/* Squares in reach of one point, at most. */
static double gaussian_cost(const struct gk_squares *grid, double s, bool cut)
{
    double reach = cut ? 2 * GK_KDE_CUT * s + 2 : INFINITY;
    return fmin(reach, grid->columns) * fmin(reach, grid->rows);
}

enum gk_status gk_kde_gaussian(double *density, const struct gk_squares *grid, const double *e_m,
                               const double *n_m, size_t count, double sigma_m, double years,
                               bool cut)
{
    enum gk_status status = check(grid, sigma_m, years);
    if (status != GK_OK)
        return status;
    double s = sigma_m / grid->size_m, limit = cut ? GK_KDE_CUT : INFINITY;
    if (gaussian_cost(grid, s, cut) * (double)count > GK_KDE_COST_MAX)
        return GK_TOO_LARGE;
    for (size_t p = 0; p < count; p++)
        if (!isfinite(e_m[p]) || !isfinite(n_m[p]))
            return GK_INVALID;
    double *mass = malloc(((size_t)grid->columns + grid->rows) * sizeof *mass);
    if (mass == NULL)
        return GK_NO_MEMORY;
    memset(density, 0, squares_of(grid) * sizeof *density);
    for (size_t p = 0; p < count; p++)
        add_point(density, grid, mass, (e_m[p] - grid->e0_m) / grid->size_m,
                  (n_m[p] - grid->n0_m) / grid->size_m, s, limit, unit(grid, years));
    free(mass);
    return GK_OK;
}

/* One row of counts, spread along it, into the ring. */
static void load_spread(const struct ring *ring, const struct gk_squares *grid,
                        const uint32_t *counts, const double *weight, long row)
{
    if (row >= (long)grid->rows)
        return;
    double *to = ring_row(ring, row) + ring->reach, *from = ring->pair;
    memset(from, 0, ring->width * sizeof *from);
    uint32_t any = 0;
    for (size_t i = 0; i < grid->columns; i++) {
        uint32_t c = counts[(size_t)row * grid->columns + i];
        from[ring->reach + i] = c;
        any |= c;
    }
    memset(to, 0, whole_lanes(grid->columns) * sizeof *to);
    ring->filled[(size_t)row % ring->slots] = any > 0;
    if (any > 0)
        spread_along(to, from + ring->reach, grid->columns, weight, ring->reach);
    /* What went into the padding of the last lanes is not of the map. */
    memset(to + grid->columns, 0, (whole_lanes(grid->columns) - grid->columns) * sizeof *to);
}

static void gaussian_rows(double *density, struct ring *ring, const struct gk_squares *grid,
                          const uint32_t *counts, const double *weight, double scale)
{
    long rows = (long)grid->rows, reach = (long)ring->reach;
    size_t columns = whole_lanes(grid->columns);
    for (long j = 0; j < reach; j++)
        load_spread(ring, grid, counts, weight, j);
    for (long j = 0; j < rows; j++) {
        load_spread(ring, grid, counts, weight, j + reach);
        memset(ring->sum, 0, columns * sizeof *ring->sum);
        for (long d = 0; d <= reach; d++) {
            const double *pair = ring_pair(ring, j, d, rows);
            double w = weight[d] * scale;
            if (pair != NULL)
                spread_along(ring->sum, pair + reach, columns, &w, 0);
        }
        memcpy(density + (size_t)j * grid->columns, ring->sum, grid->columns * sizeof *density);
    }
}

enum gk_status gk_kde_gaussian_counts(double *density, const struct gk_squares *grid,
                                      const uint32_t *counts, double sigma_m, double years,
                                      bool cut)
{
    enum gk_status status = check(grid, sigma_m, years);
    if (status != GK_OK)
        return status;
    double s = sigma_m / grid->size_m, limit = cut ? GK_KDE_CUT : INFINITY;
    double most = fmax(grid->columns, grid->rows) - 1;
    /* The square d away begins d - 1/2 from the centre. */
    size_t reach = (size_t)fmin(most, cut ? ceil(GK_KDE_CUT * s + 0.5) - 1 : INFINITY);
    if ((double)(reach + 1) * 2 * (double)squares_of(grid) > GK_KDE_COST_MAX)
        return GK_TOO_LARGE;
    struct ring ring;
    double *weight = calloc(reach + 1, sizeof *weight);
    bool made = weight != NULL && ring_init(&ring, grid, reach);
    if (made) {
        axis_masses(weight, reach + 1, -0.5, 0, s, limit);
        gaussian_rows(density, &ring, grid, counts, weight, unit(grid, years));
        ring_release(&ring);
    } else {
        status = GK_NO_MEMORY;
    }
    free(weight);
    return status;
}
