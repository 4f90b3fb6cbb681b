/* Planes: patches of polynomials in place of PROJ. A projection is smooth, so
 * that one of degree 5 in each direction, fitted at Chebyshev nodes, holds over
 * 100 km to less than a hundredth of a millimetre; evaluating it takes some tens
 * of nanoseconds, where PROJ's way back and forth takes near a microsecond.
 * Transforms themselves are crs.c's matter. */
#include "geo/plane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES = 6, /* on each axis: degree 5 */
    PATCH_CM = 10000000,
    FIRST_E_CM = 10000000, /* a patch more than gk_en_is_in_sweden() on each side */
    FIRST_N_CM = 590000000,
    COLUMNS = 10,
    ROWS = 20
};

/* x and y in metres by powers of the position in the patch, which runs from -1 to 1. */
struct patch {
    double x[NODES][NODES], y[NODES][NODES];
};

struct gk_plane {
    bool is_own;
    struct patch patch[ROWS][COLUMNS];
};

/* --- Fitting --------------------------------------------------------------------- */

/* Roots of the Chebyshev polynomial: where interpolation errs least. */
static double node(int i)
{
    const double pi = 3.14159265358979323846;
    return cos(pi * (2 * i + 1) / (2.0 * NODES));
}

/* inverse[k][i]: how much the value at node i adds to the coefficient of power k.
 * Gauss-Jordan on the Vandermonde matrix of six nodes; none of its pivots is near 0. */
static void invert_powers(double inverse[NODES][NODES])
{
    double a[NODES][NODES];
    for (int i = 0; i < NODES; i++)
        for (int k = 0; k < NODES; k++) {
            a[i][k] = k == 0 ? 1 : a[i][k - 1] * node(i);
            inverse[i][k] = i == k;
        }
    for (int p = 0; p < NODES; p++) {
        double pivot = a[p][p];
        for (int k = 0; k < NODES; k++) {
            a[p][k] /= pivot;
            inverse[p][k] /= pivot;
        }
        for (int i = 0; i < NODES; i++) {
            double factor = a[i][p];
            for (int k = 0; k < NODES && i != p; k++) {
                a[i][k] -= factor * a[p][k];
                inverse[i][k] -= factor * inverse[p][k];
            }
        }
    }
}

/* Coefficients from values[i][j] at node i of E and node j of N. */
static void fit(double to[NODES][NODES], const double values[NODES * NODES],
                double inverse[NODES][NODES])
{
    double half[NODES][NODES]; /* powers of E, nodes of N */
    for (int k = 0; k < NODES; k++)
        for (int j = 0; j < NODES; j++) {
            half[k][j] = 0;
            for (int i = 0; i < NODES; i++)
                half[k][j] += inverse[k][i] * values[i * NODES + j];
        }
    for (int k = 0; k < NODES; k++)
        for (int l = 0; l < NODES; l++) {
            to[k][l] = 0;
            for (int j = 0; j < NODES; j++)
                to[k][l] += inverse[l][j] * half[k][j];
        }
}

static bool fit_patch(struct patch *patch, int column, int row, double inverse[NODES][NODES],
                      struct gk_transform *transform)
{
    double x[NODES * NODES], y[NODES * NODES];
    for (int i = 0; i < NODES; i++)
        for (int j = 0; j < NODES; j++) {
            x[i * NODES + j] = (FIRST_E_CM + (column + (1 + node(i)) / 2) * PATCH_CM) / 100;
            y[i * NODES + j] = (FIRST_N_CM + (row + (1 + node(j)) / 2) * PATCH_CM) / 100;
        }
    if (gk_transform_forward(transform, x, y, (size_t)NODES * NODES) != 0)
        return false;
    fit(patch->x, x, inverse);
    fit(patch->y, y, inverse);
    return true;
}

enum gk_status gk_plane_create(struct gk_plane **out, const struct gk_crs *crs,
                               struct gk_error *error)
{
    struct gk_transform *transform = NULL;
    double inverse[NODES][NODES];
    *out = NULL;
    if (crs->is_geographic)
        return gk_error_set(error, GK_INVALID, "make a plane: \"%s\" is none", crs->name);
    struct gk_plane *plane = calloc(1, sizeof *plane);
    if (plane == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "make a plane: out of memory");
    plane->is_own = crs->epsg == 3006;
    *out = plane;
    if (plane->is_own)
        return GK_OK;
    enum gk_status status = gk_transform_create(&transform, "EPSG:3006", crs->name, error);
    invert_powers(inverse);
    for (int row = 0; row < ROWS && status == GK_OK; row++)
        for (int column = 0; column < COLUMNS && status == GK_OK; column++)
            if (!fit_patch(&plane->patch[row][column], column, row, inverse, transform))
                status = gk_error_set(error, GK_INVALID, "make a plane: Sweden is not in \"%s\"",
                                      crs->name);
    gk_transform_free(transform);
    if (status != GK_OK) {
        free(plane);
        *out = NULL;
    }
    return status;
}

void gk_plane_free(struct gk_plane *plane)
{
    free(plane);
}

bool gk_plane_is_own(const struct gk_plane *plane)
{
    return plane->is_own;
}

/* --- Evaluating -------------------------------------------------------------------- */

static int32_t to_cm(double m)
{
    return (int32_t)llround(fmin(fmax(m * 100, (double)INT32_MIN), (double)INT32_MAX));
}

static int patch_of(int64_t offset_cm, int count)
{
    int64_t patch = offset_cm < 0 ? 0 : offset_cm / PATCH_CM;
    return patch < count ? (int)patch : count - 1;
}

static double evaluate(const double (*c)[NODES], double u, double v)
{
    double sum = 0;
    for (int k = NODES - 1; k >= 0; k--) {
        double inner = 0;
        for (int l = NODES - 1; l >= 0; l--)
            inner = inner * v + c[k][l];
        sum = sum * u + inner;
    }
    return sum;
}

struct gk_xy gk_plane_at(const struct gk_plane *plane, struct gk_cm32 position)
{
    if (plane->is_own)
        return (struct gk_xy){position.e, position.n};
    int64_t e = (int64_t)position.e - FIRST_E_CM, n = (int64_t)position.n - FIRST_N_CM;
    int column = patch_of(e, COLUMNS), row = patch_of(n, ROWS);
    const struct patch *patch = &plane->patch[row][column];
    double u = 2 * ((double)e / PATCH_CM - column) - 1, v = 2 * ((double)n / PATCH_CM - row) - 1;
    return (struct gk_xy){to_cm(evaluate((const double(*)[NODES])patch->x, u, v)),
                          to_cm(evaluate((const double(*)[NODES])patch->y, u, v))};
}

void gk_plane_all(const struct gk_plane *plane, const struct gk_cm32 *positions, size_t count,
                  struct gk_xy *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = gk_plane_at(plane, positions[i]);
}

static int32_t add_clamped(int32_t a, int64_t b)
{
    int64_t sum = a + b;
    return sum < INT32_MIN ? INT32_MIN : sum > INT32_MAX ? INT32_MAX : (int32_t)sum;
}

/* An edge of length L strays from its chord by L^2 / 8 times the curvature. In
 * Web Mercator at 69 degrees that is 2.8 (the scale) * tan 69 / 6.4e6 m; the other
 * planes bend less. BEND is twice that over 8, and a centimetre's rounding more. */
struct gk_box_xy gk_plane_around(const struct gk_plane *plane, struct gk_box_cm32 box)
{
    const double bend = 3e-7, rounding_cm = 2;
    if (plane->is_own)
        return (struct gk_box_xy){{box.min.e, box.min.n}, {box.max.e, box.max.n}};
    const struct gk_cm32 corner[] = {
        box.min, box.max, {box.min.e, box.max.n}, {box.max.e, box.min.n}};
    struct gk_box_xy around = {{INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN}};
    for (size_t i = 0; i < sizeof corner / sizeof *corner; i++) {
        struct gk_xy at = gk_plane_at(plane, corner[i]);
        around.min.x = at.x < around.min.x ? at.x : around.min.x;
        around.min.y = at.y < around.min.y ? at.y : around.min.y;
        around.max.x = at.x > around.max.x ? at.x : around.max.x;
        around.max.y = at.y > around.max.y ? at.y : around.max.y;
    }
    double e_m = ((double)box.max.e - box.min.e) / 100, n_m = ((double)box.max.n - box.min.n) / 100;
    int64_t margin = llround((e_m * e_m + n_m * n_m) * bend * 100 + rounding_cm);
    around.min =
        (struct gk_xy){add_clamped(around.min.x, -margin), add_clamped(around.min.y, -margin)};
    around.max =
        (struct gk_xy){add_clamped(around.max.x, margin), add_clamped(around.max.y, margin)};
    return around;
}

struct gk_box_xy gk_plane_box(double min_x_m, double min_y_m, double max_x_m, double max_y_m)
{
    return (struct gk_box_xy){{to_cm(min_x_m), to_cm(min_y_m)}, {to_cm(max_x_m), to_cm(max_y_m)}};
}
