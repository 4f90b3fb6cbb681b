/* Displacement and sizes of a lattice. Pure.
 *
 * Dwellings within 500 m are counted by rows of squares: the units are sorted
 * by row and column, and a window slides along each of the rows within reach,
 * so that a unit costs some twenty steps instead of hundreds of look-ups. */
#include "lattice_summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/square.h"

enum { NEAR_CM = 50000, COUNTRY_BELOW = 200 };

/* --- Town and country -------------------------------------------------------- */

struct position {
    struct gk_square square;
    uint32_t unit;
};

static int by_row(const void *a, const void *b)
{
    const struct position *p = a, *q = b;
    if (p->square.n != q->square.n)
        return p->square.n < q->square.n ? -1 : 1;
    return (p->square.e > q->square.e) - (p->square.e < q->square.e);
}

static size_t end_of_row(const struct position *sorted, size_t count, size_t start)
{
    size_t end = start;
    while (end < count && sorted[end].square.n == sorted[start].square.n)
        end++;
    return end;
}

/* First position at or after row n. */
static size_t find_row(const struct position *sorted, size_t count, int32_t n)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle].square.n < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Adds to near[start, end) the dwellings of the row at `other` that are at most
 * `width` columns away. */
static void add_row(int64_t *near, const struct position *sorted, size_t count, size_t start,
                    size_t end, size_t other, int64_t width, const struct gk_unit *units)
{
    size_t low = other, high = other;
    int64_t sum = 0;
    int32_t n = sorted[other].square.n;
    for (size_t i = start; i < end; i++) {
        int64_t e = sorted[i].square.e;
        while (high < count && sorted[high].square.n == n && sorted[high].square.e <= e + width)
            sum += units[sorted[high++].unit].dwellings;
        while (low < high && sorted[low].square.e < e - width)
            sum -= units[sorted[low++].unit].dwellings;
        near[i] += sum;
    }
}

enum gk_status gk_lattice_find_country(unsigned char *is_country, const struct gk_unit *units,
                                       size_t unit_count, int32_t side_cm)
{
    struct position *sorted = malloc((unit_count + 1) * sizeof *sorted);
    int64_t *near = calloc(unit_count + 1, sizeof *near);
    if (sorted == NULL || near == NULL) {
        free(sorted);
        free(near);
        return GK_NO_MEMORY;
    }
    for (size_t i = 0; i < unit_count; i++)
        sorted[i] = (struct position){units[i].square, (uint32_t)i};
    qsort(sorted, unit_count, sizeof *sorted, by_row);
    int32_t reach = NEAR_CM / side_cm;
    for (size_t start = 0, end; start < unit_count; start = end) {
        end = end_of_row(sorted, unit_count, start);
        for (int32_t step = -reach; step <= reach; step++) {
            size_t other = find_row(sorted, unit_count, sorted[start].square.n + step);
            double across = (double)NEAR_CM * NEAR_CM - (double)step * side_cm * step * side_cm;
            if (other < unit_count && sorted[other].square.n == sorted[start].square.n + step)
                add_row(near, sorted, unit_count, start, end, other,
                        (int64_t)(sqrt(across) / side_cm), units);
        }
    }
    for (size_t i = 0; i < unit_count; i++)
        is_country[sorted[i].unit] = near[i] < COUNTRY_BELOW;
    free(sorted);
    free(near);
    return GK_OK;
}

/* --- Displacement ---------------------------------------------------------------- */

/* Address points are not stored, so a square's dwellings are taken to be spread
 * evenly over it: PARTS x PARTS places each. From the centre alone a distance
 * could only be 0, 50, 71 ... m. Distances go into bins of 1 m. */
enum { PARTS = 5, BINS = 1 << 16 };

struct spread {
    int64_t *bin;  /* dwellings times PARTS squared, by metre; the last bin takes the rest */
    int64_t total; /* likewise */
    double max_m;
};

static int by_number(const void *a, const void *b)
{
    int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;
    return (p > q) - (p < q);
}

/* Adds one unit's dwellings at their distances to the point of their cell. */
static void add_unit(struct spread *spread, const struct gk_unit *unit, struct gk_square point,
                     int32_t side_cm)
{
    struct gk_cm to = gk_square_centre(point, side_cm),
                 at = gk_square_centre(unit->square, side_cm);
    for (int i = 0; i < PARTS * PARTS; i++) {
        int column = i % PARTS, row = i / PARTS;
        double e = (double)(at.e - to.e) + ((column + 0.5) / PARTS - 0.5) * side_cm;
        double n = (double)(at.n - to.n) + ((row + 0.5) / PARTS - 0.5) * side_cm;
        double metres = hypot(e, n) / 100;
        size_t bin = metres < BINS - 1 ? (size_t)metres : BINS - 1;
        spread->bin[bin] += unit->dwellings;
        spread->total += unit->dwellings;
        if (metres > spread->max_m)
            spread->max_m = metres;
    }
}

/* The middle of the bin in which the share tenths / 10 is reached. */
static double quantile_m(const struct spread *spread, int64_t tenths)
{
    int64_t seen = 0;
    for (size_t i = 0; i < BINS; i++) {
        seen += spread->bin[i];
        if (seen * 10 >= spread->total * tenths && seen > 0)
            return (double)i + 0.5;
    }
    return 0;
}

/* `which`: 0 town, 1 country, 2 all. `bins` has room for BINS. */
static void displace(struct gk_displacement *displacement, int64_t *bins,
                     const struct gk_unit *units, size_t unit_count,
                     const struct gk_lattice_cell *cells, const unsigned char *is_country,
                     int32_t side_cm, int which)
{
    struct spread spread = {.bin = bins};
    memset(bins, 0, BINS * sizeof *bins);
    for (size_t i = 0; i < unit_count; i++)
        if (units[i].dwellings > 0 && (which == 2 || is_country[i] == which))
            add_unit(&spread, &units[i], cells[units[i].cell - 1].point, side_cm);
    *displacement = (struct gk_displacement){.dwellings = spread.total / ((int64_t)PARTS * PARTS),
                                             .median_m = quantile_m(&spread, 5),
                                             .p90_m = quantile_m(&spread, 9),
                                             .max_m = spread.max_m};
}

/* Sizes of the living cells; `sizes` has room for all cells. */
static void count_cells(struct gk_lattice_summary *summary, int64_t *sizes,
                        const struct gk_unit *units, size_t unit_count,
                        const struct gk_lattice_cell *cells, size_t cell_count)
{
    for (size_t i = 0; i < unit_count; i++) {
        sizes[units[i].cell - 1] += units[i].dwellings;
        summary->dwellings += units[i].dwellings;
        summary->units += units[i].dwellings > 0;
    }
    size_t living = 0;
    for (size_t i = 0; i < cell_count; i++)
        if (cells[i].merged_into == GK_CELL_NONE)
            sizes[living++] = sizes[i];
    summary->cells = (int64_t)living;
    if (living == 0)
        return;
    qsort(sizes, living, sizeof *sizes, by_number);
    summary->cell_min = sizes[0];
    summary->cell_median = sizes[(living - 1) / 2];
    summary->cell_p90 = sizes[(living * 9 + 9) / 10 - 1];
    summary->cell_max = sizes[living - 1];
}

enum gk_status gk_lattice_summarise(struct gk_lattice_summary *summary, const struct gk_unit *units,
                                    size_t unit_count, const struct gk_lattice_cell *cells,
                                    size_t cell_count, int32_t side_cm)
{
    memset(summary, 0, sizeof *summary);
    unsigned char *is_country = malloc(unit_count + 1);
    int64_t *bins = malloc(BINS * sizeof *bins);
    int64_t *sizes = calloc(cell_count + 1, sizeof *sizes);
    enum gk_status status = GK_NO_MEMORY;
    if (is_country != NULL && bins != NULL && sizes != NULL)
        status = gk_lattice_find_country(is_country, units, unit_count, side_cm);
    if (status == GK_OK) {
        count_cells(summary, sizes, units, unit_count, cells, cell_count);
        displace(&summary->town, bins, units, unit_count, cells, is_country, side_cm, 0);
        displace(&summary->country, bins, units, unit_count, cells, is_country, side_cm, 1);
        displace(&summary->all, bins, units, unit_count, cells, is_country, side_cm, 2);
    }
    free(is_country);
    free(bins);
    free(sizes);
    return status;
}
