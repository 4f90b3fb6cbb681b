/* Knox's table. Close pairs are found once, through cells as wide as the largest
 * distance, and kept by band; a permutation shuffles the times and looks each
 * pair's difference up in a table of bands. Expectation and variance are exact,
 * from how many close pairs each point has in space and in time. */
#include "stats/knox.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { TIME_MAX = 1 << 24, REPLICATES_MAX = 1000000, NO_BAND = GK_KNOX_BANDS_MAX };

/* The places are compared in cells of at least this share of their extent. */
#define CELLS_ACROSS_MAX 1e9

struct pair {
    uint32_t i, j;
};

/* A point in its cell, sorted by row, then column. */
struct placed {
    int32_t row, column;
    uint32_t point;
};

/* Everything of one call; see knox_release(). */
struct knox {
    const struct gk_knox_bands *bands;
    const double *e, *n;
    size_t count;
    struct placed *placed;
    struct pair *pairs;     /* by band of distance */
    uint32_t *space_degree; /* [spaces][count]: close pairs of each point */
    uint32_t *time, *dealt; /* from the earliest; as shuffled */
    uint8_t *time_band;     /* by difference, to the last edge and one more */
    uint64_t space_pairs[GK_KNOX_BANDS_MAX], time_pairs[GK_KNOX_BANDS_MAX];
    uint64_t space_paths[GK_KNOX_BANDS_MAX], time_paths[GK_KNOX_BANDS_MAX]; /* d (d - 1) */
    uint32_t time_last;
};

static void knox_release(struct knox *knox)
{
    free(knox->placed);
    free(knox->pairs);
    free(knox->space_degree);
    free(knox->time);
    free(knox->dealt);
    free(knox->time_band);
}

/* ---- pairs in space -------------------------------------------------------- */

static int by_cell(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return (x->point > y->point) - (x->point < y->point);
}

static void place_points(struct knox *knox)
{
    double e0 = knox->e[0], n0 = knox->n[0], e1 = e0, n1 = n0;
    for (size_t i = 1; i < knox->count; i++) {
        e0 = fmin(e0, knox->e[i]), e1 = fmax(e1, knox->e[i]);
        n0 = fmin(n0, knox->n[i]), n1 = fmax(n1, knox->n[i]);
    }
    /* A little wider than the largest distance: a quotient that is rounded must not
     * put two points at that distance two cells apart. */
    double side = fmax(knox->bands->space_m[knox->bands->spaces] * (1 + 1e-9),
                       fmax(e1 - e0, n1 - n0) / CELLS_ACROSS_MAX);
    for (size_t i = 0; i < knox->count; i++)
        knox->placed[i] = (struct placed){.row = (int32_t)((knox->n[i] - n0) / side),
                                          .column = (int32_t)((knox->e[i] - e0) / side),
                                          .point = (uint32_t)i};
    qsort(knox->placed, knox->count, sizeof *knox->placed, by_cell);
}

/* The band of a distance; NO_BAND outside all. */
static size_t space_band(const struct gk_knox_bands *bands, double distance)
{
    if (!(distance >= bands->space_m[0] && distance < bands->space_m[bands->spaces]))
        return NO_BAND;
    size_t band = 0;
    while (distance >= bands->space_m[band + 1])
        band++;
    return band;
}

/* Where a walk over the pairs puts them: counted first, then written. */
struct taker {
    struct knox *knox;
    struct pair *next[GK_KNOX_BANDS_MAX]; /* NULL while counting */
    uint64_t tried, found;
};

static bool take(struct taker *taker, uint32_t i, uint32_t j)
{
    struct knox *knox = taker->knox;
    double de = knox->e[i] - knox->e[j], dn = knox->n[i] - knox->n[j];
    size_t band = space_band(knox->bands, sqrt(de * de + dn * dn));
    if (++taker->tried > 8ull * GK_KNOX_PAIRS_MAX)
        return false;
    if (band == NO_BAND)
        return true;
    if (taker->next[band] != NULL) {
        *taker->next[band]++ = (struct pair){i, j};
        return true;
    }
    knox->space_pairs[band]++;
    knox->space_degree[band * knox->count + i]++;
    knox->space_degree[band * knox->count + j]++;
    return ++taker->found <= GK_KNOX_PAIRS_MAX;
}

/* Every pair in the same or in neighbouring cells, once; false when they are too
 * many. `north` follows the cell to the north-west of the current one. */
static bool walk_pairs(struct taker *taker)
{
    const struct placed *p = taker->knox->placed;
    size_t count = taker->knox->count, north = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count && p[j].row == p[i].row && p[j].column <= p[i].column + 1;
             j++)
            if (!take(taker, p[i].point, p[j].point))
                return false;
        while (north < count &&
               (p[north].row < p[i].row + 1 ||
                (p[north].row == p[i].row + 1 && p[north].column < p[i].column - 1)))
            north++;
        for (size_t j = north;
             j < count && p[j].row == p[i].row + 1 && p[j].column <= p[i].column + 1; j++)
            if (!take(taker, p[i].point, p[j].point))
                return false;
    }
    return true;
}

static enum gk_status find_pairs(struct knox *knox)
{
    struct taker taker = {.knox = knox};
    place_points(knox);
    if (!walk_pairs(&taker))
        return GK_TOO_LARGE;
    knox->pairs = malloc((taker.found + 1) * sizeof *knox->pairs);
    if (knox->pairs == NULL)
        return GK_NO_MEMORY;
    struct pair *next = knox->pairs;
    for (size_t a = 0; a < knox->bands->spaces; a++) {
        taker.next[a] = next;
        next += knox->space_pairs[a];
        const uint32_t *degree = knox->space_degree + a * knox->count;
        for (size_t i = 0; i < knox->count; i++)
            knox->space_paths[a] += (uint64_t)degree[i] * (degree[i] - (degree[i] > 0));
    }
    taker.tried = 0;
    return walk_pairs(&taker) ? GK_OK : GK_INTERNAL;
}

/* ---- pairs in time --------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* How many of the sorted are below x, or, with `equal`, not above it. */
static size_t below(const uint32_t *sorted, size_t count, int64_t x, bool equal)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((int64_t)sorted[middle] < x || (equal && (int64_t)sorted[middle] == x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Points at most `reach` from time t, itself included; none for a negative reach. */
static uint64_t within(const uint32_t *sorted, size_t count, uint32_t t, int64_t reach)
{
    if (reach < 0)
        return 0;
    return below(sorted, count, t + reach, true) - below(sorted, count, t - reach, false);
}

/* Counts pairs and paths of each band; `dealt` serves as room for sorting. */
static void count_times(struct knox *knox)
{
    const int32_t *edge = knox->bands->time;
    memcpy(knox->dealt, knox->time, knox->count * sizeof *knox->dealt);
    qsort(knox->dealt, knox->count, sizeof *knox->dealt, ascending);
    for (size_t i = 0; i < knox->count; i++) {
        uint32_t t = knox->dealt[i];
        uint64_t before = within(knox->dealt, knox->count, t, (int64_t)edge[0] - 1);
        if (edge[0] == 0)
            before = 1; /* itself */
        for (size_t b = 0; b < knox->bands->times; b++) {
            uint64_t to = within(knox->dealt, knox->count, t, edge[b + 1]), degree = to - before;
            knox->time_pairs[b] += degree;
            knox->time_paths[b] += degree * (degree - (degree > 0));
            before = to;
        }
    }
    for (size_t b = 0; b < knox->bands->times; b++)
        knox->time_pairs[b] /= 2;
}

static void fill_time_band(struct knox *knox)
{
    const struct gk_knox_bands *bands = knox->bands;
    memset(knox->time_band, (int)bands->times, (size_t)knox->time_last + 2);
    for (size_t b = 0; b < bands->times; b++) {
        int32_t from = b == 0 ? bands->time[0] : bands->time[b] + 1;
        memset(knox->time_band + from, (int)b, (size_t)(bands->time[b + 1] - from) + 1);
    }
}

/* ---- the table ------------------------------------------------------------- */

/* Pairs of each cell for the times as they are; counts has one column more, for
 * the pairs that are in no band of time. */
static void count_cells(uint32_t *counts, const struct knox *knox, const uint32_t *time)
{
    size_t columns = knox->bands->times + 1;
    const struct pair *pair = knox->pairs;
    uint32_t beyond = knox->time_last + 1;
    memset(counts, 0, knox->bands->spaces * columns * sizeof *counts);
    for (size_t a = 0; a < knox->bands->spaces; a++, counts += columns)
        for (const struct pair *end = pair + knox->space_pairs[a]; pair < end; pair++) {
            uint32_t x = time[pair->i], y = time[pair->j], d = x > y ? x - y : y - x;
            counts[knox->time_band[d < beyond ? d : beyond]]++;
        }
}

/* long double: the variance is what remains of numbers as large as its square. */
static double variance(const struct knox *knox, size_t a, size_t b)
{
    long double n = (long double)knox->count, n2 = n * (n - 1), n3 = n2 * (n - 2);
    long double n4 = n3 * (n - 3);
    long double pa = (long double)knox->space_pairs[a], pb = (long double)knox->time_pairs[b];
    long double qa = (long double)knox->space_paths[a], qb = (long double)knox->time_paths[b];
    long double mean = 2 * pa * pb / n2, square = mean;
    if (knox->count > 2)
        square += qa * qb / n3;
    if (knox->count > 3)
        square += 4 * (pa * (pa - 1) - qa) * (pb * (pb - 1) - qb) / n4;
    long double v = square - mean * mean;
    return v > 0 ? (double)v : 0;
}

static void fill_exact(struct gk_knox_cell *cells, const struct knox *knox, const uint32_t *counts)
{
    size_t times = knox->bands->times;
    double pairs = (double)knox->count * ((double)knox->count - 1) / 2;
    for (size_t a = 0; a < knox->bands->spaces; a++)
        for (size_t b = 0; b < times; b++) {
            struct gk_knox_cell *cell = &cells[a * times + b];
            cell->observed = counts[a * (times + 1) + b];
            cell->expected = (double)knox->space_pairs[a] * (double)knox->time_pairs[b] / pairs;
            cell->variance = variance(knox, a, b);
            cell->ratio = cell->expected > 0 ? (double)cell->observed / cell->expected : NAN;
        }
}

static void permute(struct gk_knox_cell *cells, struct knox *knox, uint32_t *counts,
                    uint64_t *reached, const struct gk_knox_options *options)
{
    size_t spaces = knox->bands->spaces, times = knox->bands->times;
    for (uint32_t r = 0; r < options->replicates; r++) {
        struct gk_random random;
        gk_random_init(&random, options->seed, r);
        memcpy(knox->dealt, knox->time, knox->count * sizeof *knox->dealt);
        for (size_t i = knox->count; i > 1; i--) {
            size_t at = (size_t)gk_random_below(&random, i);
            uint32_t t = knox->dealt[at];
            knox->dealt[at] = knox->dealt[i - 1];
            knox->dealt[i - 1] = t;
        }
        count_cells(counts, knox, knox->dealt);
        for (size_t a = 0; a < spaces; a++)
            for (size_t b = 0; b < times; b++)
                reached[a * times + b] +=
                    counts[a * (times + 1) + b] >= cells[a * times + b].observed;
    }
    for (size_t c = 0; c < spaces * times; c++)
        cells[c].p = options->replicates == 0
                         ? NAN
                         : ((double)reached[c] + 1) / ((double)options->replicates + 1);
}

static bool usable(const struct gk_knox_bands *bands, const double *e_m, const double *n_m,
                   size_t count, const struct gk_knox_options *options)
{
    if (bands->spaces < 1 || bands->spaces > GK_KNOX_BANDS_MAX || bands->times < 1 ||
        bands->times >= GK_KNOX_BANDS_MAX || options->replicates > REPLICATES_MAX)
        return false;
    for (size_t a = 0; a < bands->spaces; a++)
        if (!(bands->space_m[a] >= 0 && bands->space_m[a] < bands->space_m[a + 1]))
            return false;
    for (size_t b = 0; b < bands->times; b++)
        if (bands->time[b] < 0 || bands->time[b] >= bands->time[b + 1])
            return false;
    for (size_t i = 0; i < count; i++)
        if (!(fabs(e_m[i]) <= 1e12 && fabs(n_m[i]) <= 1e12))
            return false;
    return isfinite(bands->space_m[bands->spaces]) && bands->time[bands->times] <= TIME_MAX;
}

static bool reserve(struct knox *knox)
{
    knox->placed = malloc(knox->count * sizeof *knox->placed);
    knox->space_degree = calloc(knox->bands->spaces * knox->count, sizeof *knox->space_degree);
    knox->time = malloc(knox->count * sizeof *knox->time);
    knox->dealt = malloc(knox->count * sizeof *knox->dealt);
    knox->time_band = malloc((size_t)knox->time_last + 2);
    return knox->placed != NULL && knox->space_degree != NULL && knox->time != NULL &&
           knox->dealt != NULL && knox->time_band != NULL;
}

static void set_times(struct knox *knox, const int32_t *time)
{
    int32_t first = time[0];
    for (size_t i = 1; i < knox->count; i++)
        first = time[i] < first ? time[i] : first;
    for (size_t i = 0; i < knox->count; i++)
        knox->time[i] = (uint32_t)((int64_t)time[i] - first);
}

enum gk_status gk_knox(struct gk_knox_cell *cells, const struct gk_knox_bands *bands,
                       const double *e_m, const double *n_m, const int32_t *time, size_t count,
                       const struct gk_knox_options *options)
{
    if (!usable(bands, e_m, n_m, count, options))
        return GK_INVALID;
    if (count > GK_KNOX_POINTS_MAX)
        return GK_TOO_LARGE;
    size_t spaces = bands->spaces, size = spaces * bands->times;
    for (size_t c = 0; c < size; c++)
        cells[c] = (struct gk_knox_cell){.ratio = NAN, .p = options->replicates > 0 ? 1 : NAN};
    if (count < 2)
        return GK_OK;
    struct knox knox = {.bands = bands,
                        .e = e_m,
                        .n = n_m,
                        .count = count,
                        .time_last = (uint32_t)bands->time[bands->times]};
    uint32_t *counts = malloc((size + spaces) * sizeof *counts);
    uint64_t *reached = calloc(size, sizeof *reached), pairs = 0;
    enum gk_status status = GK_NO_MEMORY;
    if (counts == NULL || reached == NULL || !reserve(&knox))
        goto out;
    set_times(&knox, time);
    status = find_pairs(&knox);
    if (status != GK_OK)
        goto out;
    for (size_t a = 0; a < spaces; a++)
        pairs += knox.space_pairs[a];
    status = GK_TOO_LARGE;
    if ((double)(pairs + count) * options->replicates > GK_KNOX_COST_MAX)
        goto out;
    count_times(&knox);
    fill_time_band(&knox);
    count_cells(counts, &knox, knox.time);
    fill_exact(cells, &knox, counts);
    permute(cells, &knox, counts, reached, options);
    status = GK_OK;
out:
    free(reached);
    free(counts);
    knox_release(&knox);
    return status;
}
