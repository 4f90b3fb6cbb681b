/* The cell of a place: the nearest unit with dwellings, its own district first.
 *
 * The units lie in one array by column (e), row (n) and district, 12 bytes each,
 * because those of a whole country have to fit beside everything else. Where each
 * column begins is looked up, and in it the row is searched for. Most places are in a
 * square with dwellings: one such search. For the others the columns are gone
 * through from the place outwards, until they are farther away than the best unit so
 * far. */
#include "anon/lattice.h"

#include <math.h>
#include <stdlib.h>

#include "cluster.h"
#include "geo/square.h"

enum {
    DISTANCE_MOST_CM = 10000000,
    CAPACITY_LEAST = 4096,
    COLUMNS_MOST = 1 << 20,
    ROWS_MOST = UINT16_MAX
};

struct located {
    int32_t district;
    int32_t cell;
    uint16_t row;       /* n of its square, from that of the first in its column */
    uint16_t dwellings; /* at most UINT16_MAX */
};

/* The units of a column are those from `first` up to the next column's. */
struct column {
    int32_t n; /* of its first unit */
    uint32_t first;
};

struct gk_locator {
    int32_t square_side_cm;
    int64_t max_d2;
    struct located *units;
    size_t count, capacity;
    int32_t first_e;        /* of columns[0] */
    struct column *columns; /* one for each e, also without units, and one more */
    size_t column_count, column_capacity;
};

/* --- Building ----------------------------------------------------------------- */

static int compare(struct gk_square a, int32_t a_district, struct gk_square b, int32_t b_district)
{
    if (a.e != b.e)
        return a.e < b.e ? -1 : 1;
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return (a_district > b_district) - (a_district < b_district);
}

enum gk_status gk_locator_create(struct gk_locator **locator, int32_t square_side_cm,
                                 int64_t max_distance_cm)
{
    *locator = NULL;
    if (square_side_cm < 1 || max_distance_cm < 0 || max_distance_cm > DISTANCE_MOST_CM)
        return GK_INVALID;
    *locator = calloc(1, sizeof **locator);
    if (*locator == NULL)
        return GK_NO_MEMORY;
    (*locator)->square_side_cm = square_side_cm;
    (*locator)->max_d2 = max_distance_cm * max_distance_cm;
    return GK_OK;
}

/* Columns up to that of `e`, which begins with a unit in row `n`; those that are
 * skipped have no units. */
static enum gk_status begin_column(struct gk_locator *locator, int32_t e, int32_t n)
{
    if (locator->column_count == 0)
        locator->first_e = e;
    size_t needed = (size_t)((int64_t)e - locator->first_e) + 1;
    if (needed > COLUMNS_MOST)
        return GK_INVALID;
    if (needed + 1 > locator->column_capacity) {
        size_t capacity = 256;
        while (capacity < needed + 1)
            capacity *= 2;
        void *columns = realloc(locator->columns, capacity * sizeof *locator->columns);
        if (columns == NULL)
            return GK_NO_MEMORY;
        locator->columns = columns;
        locator->column_capacity = capacity;
    }
    while (locator->column_count < needed)
        locator->columns[locator->column_count++] = (struct column){n, (uint32_t)locator->count};
    return GK_OK;
}

/* Doubling costs no memory: pages that were never written are not there. */
static bool grow(struct gk_locator *locator)
{
    size_t capacity = locator->capacity > 0 ? locator->capacity * 2 : CAPACITY_LEAST;
    void *units = realloc(locator->units, capacity * sizeof *locator->units);
    if (units == NULL)
        return false;
    locator->units = units;
    locator->capacity = capacity;
    return true;
}

/* The square of the last unit. */
static struct gk_square last_square(const struct gk_locator *locator)
{
    size_t column = locator->column_count - 1;
    return (struct gk_square){locator->first_e + (int32_t)column,
                              locator->columns[column].n + locator->units[locator->count - 1].row};
}

enum gk_status gk_locator_add(struct gk_locator *locator, const struct gk_unit *unit)
{
    struct gk_cm at = gk_square_centre(unit->square, locator->square_side_cm);
    if (unit->dwellings <= 0)
        return GK_OK;
    if (unit->district < 0 || at.e < -GK_ANON_EXTENT_CM || at.e > GK_ANON_EXTENT_CM ||
        at.n < -GK_ANON_EXTENT_CM || at.n > GK_ANON_EXTENT_CM || locator->count == UINT32_MAX)
        return GK_INVALID;
    bool is_new_column = true;
    if (locator->count > 0) {
        struct gk_square last = last_square(locator);
        if (compare(last, locator->units[locator->count - 1].district, unit->square,
                    unit->district) > 0)
            return GK_INVALID;
        is_new_column = last.e != unit->square.e;
    }
    if (locator->count == locator->capacity && !grow(locator))
        return GK_NO_MEMORY;
    if (is_new_column) {
        enum gk_status status = begin_column(locator, unit->square.e, unit->square.n);
        if (status != GK_OK)
            return status;
    }
    int64_t row = (int64_t)unit->square.n - locator->columns[locator->column_count - 1].n;
    if (row > ROWS_MOST)
        return GK_INVALID;
    locator->units[locator->count++] =
        (struct located){unit->district, unit->cell, (uint16_t)row,
                         (uint16_t)(unit->dwellings < UINT16_MAX ? unit->dwellings : UINT16_MAX)};
    locator->columns[locator->column_count] = (struct column){0, (uint32_t)locator->count};
    return GK_OK;
}

static int by_place(const void *x, const void *y)
{
    const struct gk_unit *a = x;
    const struct gk_unit *b = y;
    return compare(a->square, a->district, b->square, b->district);
}

enum gk_status gk_locator_build(struct gk_locator **locator, const struct gk_unit *units,
                                size_t count, int32_t square_side_cm, int64_t max_distance_cm)
{
    enum gk_status status = gk_locator_create(locator, square_side_cm, max_distance_cm);
    if (status != GK_OK)
        return status;
    struct gk_unit *sorted = calloc(count + 1, sizeof *sorted);
    if (sorted == NULL)
        status = GK_NO_MEMORY;
    for (size_t i = 0; i < count && status == GK_OK; i++)
        sorted[i] = units[i];
    if (status == GK_OK)
        qsort(sorted, count, sizeof *sorted, by_place);
    for (size_t i = 0; i < count && status == GK_OK; i++)
        status = gk_locator_add(*locator, &sorted[i]);
    free(sorted);
    if (status != GK_OK) {
        gk_locator_free(*locator);
        *locator = NULL;
    }
    return status;
}

void gk_locator_free(struct gk_locator *locator)
{
    if (locator == NULL)
        return;
    free(locator->units);
    free(locator->columns);
    free(locator);
}

/* --- Asking -------------------------------------------------------------------- */

/* Units of a column from a row on, up to `end`; unit i is in row n + units[i].row. */
struct run {
    size_t first, end;
    int64_t n;
};

static struct run run_from(const struct gk_locator *locator, int64_t e, int64_t n)
{
    if (e < locator->first_e || e - locator->first_e >= (int64_t)locator->column_count)
        return (struct run){0, 0, 0};
    const struct column *column = &locator->columns[e - locator->first_e];
    size_t low = column->first, end = column[1].first, high = end;
    int64_t row = n - column->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (locator->units[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return (struct run){low, end, column->n};
}

/* The best unit so far; `d2` is that of the farthest that may still be taken. */
struct nearest {
    int64_t d2;
    struct gk_unit_key key;
    int32_t cell; /* GK_CELL_NONE: none yet */
};

/* Looks through the column that is `step` squares away. */
static void look_in_column(const struct gk_locator *locator, struct nearest *best,
                           struct gk_square from, int64_t step, int32_t district)
{
    int64_t side = locator->square_side_cm;
    int64_t across = step * side;
    int64_t reach = (int64_t)sqrt((double)(best->d2 - across * across)) / side + 1;
    struct run run = run_from(locator, from.e + step, from.n - reach);
    for (size_t i = run.first; i < run.end; i++) {
        const struct located *unit = &locator->units[i];
        int64_t n = run.n + unit->row;
        if (n > from.n + reach)
            break;
        int64_t along = (n - from.n) * side;
        int64_t d2 = across * across + along * along;
        if (d2 > best->d2 || (district >= 0 && unit->district != district))
            continue;
        struct gk_square square = {(int32_t)(from.e + step), (int32_t)n};
        struct gk_unit_key key = {gk_square_morton(square), unit->district};
        if (d2 < best->d2 || best->cell == GK_CELL_NONE || gk_unit_key_compare(key, best->key) < 0)
            *best = (struct nearest){d2, key, unit->cell};
    }
}

/* The cell of the nearest unit of a district, or (-1) of all. */
static int32_t nearest_cell(const struct gk_locator *locator, struct gk_square from,
                            int32_t district)
{
    int64_t side = locator->square_side_cm;
    struct nearest best = {.d2 = locator->max_d2, .cell = GK_CELL_NONE};
    for (int64_t step = 0; step * side * step * side <= best.d2; step++) {
        look_in_column(locator, &best, from, step, district);
        if (step > 0 && step * side * step * side <= best.d2)
            look_in_column(locator, &best, from, -step, district);
    }
    return best.cell;
}

int32_t gk_locator_find(const struct gk_locator *locator, struct gk_cm place, int32_t district)
{
    int64_t reach = GK_ANON_EXTENT_CM + DISTANCE_MOST_CM;
    if (place.e < -reach || place.e > reach || place.n < -reach || place.n > reach)
        return GK_CELL_NONE;
    struct gk_square square = gk_square_at(place, locator->square_side_cm);
    struct run run = run_from(locator, square.e, square.n);
    for (size_t i = run.first; i < run.end && run.n + locator->units[i].row == square.n; i++)
        if (locator->units[i].district == district)
            return locator->units[i].cell;
    int32_t cell = district < 0 ? GK_CELL_NONE : nearest_cell(locator, square, district);
    return cell != GK_CELL_NONE ? cell : nearest_cell(locator, square, -1);
}

/* Of the units of a column whose rows are within `reach` of n. */
static int64_t dwellings_in_column(const struct gk_locator *locator, int64_t e, int64_t n,
                                   int64_t reach)
{
    struct run run = run_from(locator, e, n - reach);
    int64_t sum = 0;
    for (size_t i = run.first; i < run.end && run.n + locator->units[i].row <= n + reach; i++)
        sum += locator->units[i].dwellings;
    return sum;
}

int64_t gk_locator_dwellings_near(const struct gk_locator *locator, struct gk_square square,
                                  int64_t radius_cm, int64_t enough)
{
    int64_t side = locator->square_side_cm;
    int64_t sum = 0;
    /* From the middle: in a town a few columns are enough. */
    for (int64_t step = 0; step <= radius_cm / side && sum < enough; step++) {
        int64_t across = step * side;
        int64_t reach =
            (int64_t)(sqrt((double)(radius_cm * radius_cm - across * across)) / (double)side);
        sum += dwellings_in_column(locator, square.e + step, square.n, reach);
        if (step > 0 && sum < enough)
            sum += dwellings_in_column(locator, square.e - step, square.n, reach);
    }
    return sum;
}
