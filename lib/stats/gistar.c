/* Gi*: the score, and its p by total randomisation or with the own count fixed.
 *
 * Windows of one size (and, own count fixed, one own count) share one table of
 * tail probabilities. A table deals the squares of the largest count first, then
 * the next: state is how many squares of the window are drawn and what they
 * hold. Every step multiplies by a hypergeometric probability, so that nothing
 * overflows, all terms are positive, and small tails keep their digits. */
#include "stats/gistar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { KINDS_MAX = 100000, REPLICATES_MAX = 1000000 };

#define TABLE_COST_MAX 5e8       /* multiplications for one table */
#define ALL_COST_MAX 1e10        /* and for all of one call */
#define SIMULATION_COST_MAX 2e10 /* draws */

/* The counts as values and how many squares have each, largest value first. */
struct values {
    uint32_t value[GK_GISTAR_COUNT_MAX + 1], squares[GK_GISTAR_COUNT_MAX + 1];
    size_t groups, total;
};

/* One kind of window: what its tail is, exactly or as sorted replicates. */
struct kind {
    uint64_t key;    /* size << 32 | own count, or size << 32 for p_total */
    uint64_t most;   /* largest sum that is asked for */
    double *tail;    /* [most + 1]: probability of at least so much; or NULL */
    uint64_t *drawn; /* sums of the replicates, ascending; or NULL */
};

/* The kinds, and a hash from key to index + 1. */
struct kinds {
    struct kind *rows;
    uint32_t *slots;
    size_t count, capacity, slot_mask, last;
};

/* ---- values ---------------------------------------------------------------- */

/* False, and nothing to deal from, when a count is over GK_GISTAR_COUNT_MAX. */
static bool values_init(struct values *values, const uint32_t *counts, size_t count)
{
    uint32_t squares[GK_GISTAR_COUNT_MAX + 1] = {0};
    values->groups = 0;
    values->total = count;
    for (size_t i = 0; i < count; i++) {
        if (counts[i] > GK_GISTAR_COUNT_MAX)
            return false;
        squares[counts[i]]++;
    }
    for (uint32_t v = GK_GISTAR_COUNT_MAX + 1; v-- > 0;)
        if (squares[v] > 0) {
            values->value[values->groups] = v;
            values->squares[values->groups++] = squares[v];
        }
    return true;
}

/* ---- exact tails ----------------------------------------------------------- */

/* h[u] = probability of u marked among j drawn of n with m marked; 0 elsewhere in
 * [0, j]. From the mode outwards, then divided by the sum: no start underflows. */
static void hypergeometric(double *h, size_t n, size_t m, size_t j)
{
    size_t least = j > n - m ? j - (n - m) : 0, most = j < m ? j : m;
    size_t mode = (size_t)(((double)j + 1) * ((double)m + 1) / ((double)n + 2));
    mode = mode < least ? least : mode > most ? most : mode;
    memset(h, 0, (j + 1) * sizeof *h);
    h[mode] = 1;
    double sum = 1;
    for (size_t u = mode; u < most; u++)
        sum += h[u + 1] = h[u] * ((double)(m - u) * (double)(j - u)) /
                          ((double)(u + 1) * (double)(n - m + u + 1 - j));
    for (size_t u = mode; u > least; u--)
        sum += h[u - 1] = h[u] * ((double)u * (double)(n - m + u - j)) /
                          ((double)(m - u + 1) * (double)(j - u + 1));
    for (size_t u = least; u <= most; u++)
        h[u] /= sum;
}

/* to[min(s + shift, most)] += weight from[s] for s <= last. */
static void add_shifted(double *to, const double *from, size_t last, size_t shift, size_t most,
                        double weight)
{
    size_t plain = shift < most ? most - shift : 0; /* below it nothing is cut */
    size_t end = last + 1 < plain ? last + 1 : plain;
    for (size_t s = 0; s < end; s++)
        to[s + shift] += weight * from[s];
    double over = 0;
    for (size_t s = end; s <= last; s++)
        over += from[s];
    to[most] += weight * over;
}

/* One value's squares: states[t][s] from before to after them. n: squares not yet
 * dealt, these included. top[t]: the most that t squares can hold. */
static void deal_value(double *states, double *h, const uint64_t *top, size_t k, size_t most,
                       size_t n, size_t value, size_t squares)
{
    for (size_t t = k + 1; t-- > 0;) {
        double *from = states + t * (most + 1);
        size_t last = top[t] < most ? (size_t)top[t] : most;
        if (k - t > n) { /* not to be reached */
            memset(from, 0, (most + 1) * sizeof *from);
            continue;
        }
        hypergeometric(h, n, squares, k - t);
        for (size_t u = k - t < squares ? k - t : squares; u > 0; u--)
            if (h[u] > 0)
                add_shifted(states + (t + u) * (most + 1), from, last, u * value, most, h[u]);
        for (size_t s = 0; s <= last; s++)
            from[s] *= h[0];
    }
}

/* The squares of group g without the one that keeps its count. */
static size_t squares_without(const struct values *values, size_t g, const uint32_t *kept)
{
    return values->squares[g] - (kept != NULL && values->value[g] == *kept);
}

static void top_sums(uint64_t *top, const struct values *values, size_t k, const uint32_t *kept)
{
    size_t t = 0;
    top[0] = 0;
    for (size_t g = 0; g < values->groups; g++)
        for (size_t i = squares_without(values, g, kept); i > 0 && t < k; i--, t++)
            top[t + 1] = top[t] + values->value[g];
}

/* tail[s], s <= most: the probability that k squares hold at least s. */
static enum gk_status exact_tail(double *tail, const struct values *values, size_t k, size_t most,
                                 const uint32_t *kept)
{
    double *states = calloc((k + 1) * (most + 1), sizeof *states);
    double *h = malloc((k + 1) * sizeof *h);
    uint64_t *top = calloc(k + 1, sizeof *top);
    enum gk_status status = GK_NO_MEMORY;
    if (states != NULL && h != NULL && top != NULL) {
        size_t n = values->total - (kept != NULL);
        top_sums(top, values, k, kept);
        states[0] = 1;
        for (size_t g = 0; g < values->groups; g++) {
            size_t squares = squares_without(values, g, kept);
            deal_value(states, h, top, k, most, n, values->value[g], squares);
            n -= squares;
        }
        double sum = 0;
        for (size_t s = most + 1; s-- > 0;) {
            sum += states[k * (most + 1) + s];
            tail[s] = sum < 1 ? sum : 1;
        }
        /* At least nothing is certain, whatever was rounded. */
        tail[0] = 1;
        status = GK_OK;
    }
    free(top);
    free(h);
    free(states);
    return status;
}

/* Multiplications of a table, about. */
static double table_cost(const struct values *values, size_t k, uint64_t most)
{
    double draws = 0;
    for (size_t g = 0; g < values->groups; g++)
        draws += (double)(k < values->squares[g] ? k : values->squares[g]);
    return ((double)k + 1) * ((double)most + 1) * (draws + 1) / 2;
}

/* ---- simulated tails ------------------------------------------------------- */

static int smaller_first(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Sums of k of the first n of deck, drawn without replacement, replicates of them.
 * The deck stays a permutation of itself, which is as good a start as any. */
static void draw_sums(uint64_t *drawn, uint32_t *deck, size_t n, size_t k, uint32_t replicates,
                      struct gk_random *random)
{
    for (uint32_t r = 0; r < replicates; r++) {
        drawn[r] = 0;
        for (size_t i = 0; i < k; i++) {
            size_t at = i + (size_t)gk_random_below(random, n - i);
            uint32_t value = deck[at];
            deck[at] = deck[i];
            deck[i] = value;
            drawn[r] += value;
        }
    }
    qsort(drawn, replicates, sizeof *drawn, smaller_first);
}

static enum gk_status simulate(struct kind *kind, const uint32_t *counts, size_t count, size_t k,
                               const uint32_t *kept, const struct gk_gistar_options *options)
{
    uint32_t *deck = malloc(count * sizeof *deck);
    kind->drawn = malloc(options->replicates * sizeof *kind->drawn);
    if (deck == NULL || kind->drawn == NULL) {
        free(deck);
        return GK_NO_MEMORY;
    }
    memcpy(deck, counts, count * sizeof *deck);
    for (size_t i = 0; kept != NULL && i < count; i++)
        if (deck[i] == *kept) {
            deck[i] = deck[count - 1];
            break;
        }
    struct gk_random random;
    gk_random_init(&random, options->seed, kind->key + (kept != NULL ? UINT64_C(1) << 63 : 0));
    draw_sums(kind->drawn, deck, count - (kept != NULL), k, options->replicates, &random);
    free(deck);
    return GK_OK;
}

/* (r + 1) / (B + 1), r the replicates with at least `sum`. */
static double simulated_p(const uint64_t *drawn, uint32_t replicates, uint64_t sum)
{
    size_t low = 0, high = replicates;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (drawn[middle] < sum)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)(replicates - low + 1) / ((double)replicates + 1);
}

/* ---- kinds of windows ------------------------------------------------------ */

static size_t slot_of(const struct kinds *kinds, uint64_t key)
{
    size_t at = (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & kinds->slot_mask;
    while (kinds->slots[at] != 0 && kinds->rows[kinds->slots[at] - 1].key != key)
        at = (at + 1) & kinds->slot_mask;
    return at;
}

static enum gk_status kinds_init(struct kinds *kinds)
{
    enum { SLOTS = 1 << 18 }; /* twice KINDS_MAX and more */
    *kinds = (struct kinds){.slot_mask = SLOTS - 1};
    kinds->slots = calloc(SLOTS, sizeof *kinds->slots);
    return kinds->slots == NULL ? GK_NO_MEMORY : GK_OK;
}

static void kinds_release(struct kinds *kinds)
{
    for (size_t i = 0; i < kinds->count; i++) {
        free(kinds->rows[i].tail);
        free(kinds->rows[i].drawn);
    }
    free(kinds->rows);
    free(kinds->slots);
}

/* The kind of a key; neighbours in the array often have the same. */
static struct kind *kinds_find(struct kinds *kinds, uint64_t key)
{
    if (kinds->last < kinds->count && kinds->rows[kinds->last].key == key)
        return &kinds->rows[kinds->last];
    uint32_t row = kinds->slots[slot_of(kinds, key)];
    if (row == 0)
        return NULL;
    kinds->last = row - 1;
    return &kinds->rows[row - 1];
}

static enum gk_status kinds_add(struct kinds *kinds, uint64_t key, uint64_t most)
{
    struct kind *have = kinds_find(kinds, key);
    if (have != NULL) {
        have->most = most > have->most ? most : have->most;
        return GK_OK;
    }
    if (kinds->count == KINDS_MAX)
        return GK_TOO_LARGE;
    if (kinds->count == kinds->capacity) {
        size_t capacity = kinds->capacity == 0 ? 64 : 2 * kinds->capacity;
        struct kind *rows = realloc(kinds->rows, capacity * sizeof *rows);
        if (rows == NULL)
            return GK_NO_MEMORY;
        kinds->rows = rows;
        kinds->capacity = capacity;
    }
    size_t slot = slot_of(kinds, key);
    kinds->last = kinds->count;
    kinds->rows[kinds->count++] = (struct kind){.key = key, .most = most};
    kinds->slots[slot] = (uint32_t)kinds->count;
    return GK_OK;
}

/* ---- the two p ------------------------------------------------------------- */

/* What both have in common. */
struct task {
    const struct values *values;
    const uint32_t *counts, *sizes;
    const uint64_t *sums;
    size_t count;
    const struct gk_gistar_options *options;
    bool exact; /* counts are small enough */
    bool fixed; /* the own count */
    double exact_left, simulation_left;
};

static uint64_t key_of(const struct task *task, size_t q)
{
    return (uint64_t)task->sizes[q] << 32 | (task->fixed ? task->counts[q] : 0);
}

/* What the squares that are dealt hold. */
static uint64_t dealt(const struct task *task, size_t q)
{
    return task->sums[q] - (task->fixed ? task->counts[q] : 0);
}

static enum gk_status fill_kind(struct task *task, struct kind *kind)
{
    uint32_t own = (uint32_t)kind->key;
    const uint32_t *kept = task->fixed ? &own : NULL;
    size_t k = (size_t)(kind->key >> 32) - task->fixed;
    double cost = table_cost(task->values, k, kind->most);
    if (task->exact && cost <= TABLE_COST_MAX && cost <= task->exact_left) {
        task->exact_left -= cost;
        kind->tail = malloc((kind->most + 1) * sizeof *kind->tail);
        return kind->tail == NULL
                   ? GK_NO_MEMORY
                   : exact_tail(kind->tail, task->values, k, (size_t)kind->most, kept);
    }
    task->simulation_left -= (double)k * task->options->replicates + (double)task->count;
    if (task->simulation_left < 0)
        return GK_TOO_LARGE;
    return simulate(kind, task->counts, task->count, k, kept, task->options);
}

static enum gk_status fill_p(double *p, bool *simulated, struct task *task)
{
    struct kinds kinds;
    enum gk_status status = kinds_init(&kinds);
    for (size_t q = 0; status == GK_OK && q < task->count; q++)
        status = kinds_add(&kinds, key_of(task, q), dealt(task, q));
    for (size_t i = 0; status == GK_OK && i < kinds.count; i++) {
        status = fill_kind(task, &kinds.rows[i]);
        *simulated |= kinds.rows[i].drawn != NULL;
    }
    for (size_t q = 0; status == GK_OK && q < task->count; q++) {
        const struct kind *kind = kinds_find(&kinds, key_of(task, q));
        p[q] = kind->tail != NULL
                   ? kind->tail[dealt(task, q)]
                   : simulated_p(kind->drawn, task->options->replicates, dealt(task, q));
    }
    kinds_release(&kinds);
    return status;
}

/* ---- the score ------------------------------------------------------------- */

static void fill_z(double *z, const uint32_t *counts, const uint64_t *sums, const uint32_t *sizes,
                   size_t count)
{
    unsigned __int128 squares = 0, total = 0;
    for (size_t q = 0; q < count; q++) {
        total += counts[q];
        squares += (uint64_t)counts[q] * counts[q];
    }
    /* n sum x^2 - (sum x)^2 and n sum - W sum x are whole numbers: no cancellation. */
    double n = (double)count, deviation = sqrt((double)(count * squares - total * total)) / n;
    for (size_t q = 0; q < count; q++) {
        double w = sizes[q], spread = deviation * sqrt((n * w - w * w) / (n - 1));
        __int128 above = (__int128)((unsigned __int128)count * sums[q]) -
                         (__int128)((unsigned __int128)sizes[q] * total);
        z[q] = spread > 0 ? (double)above / n / spread : 0;
    }
}

static bool usable(const uint32_t *counts, const uint64_t *sums, const uint32_t *sizes,
                   size_t count, const struct gk_gistar_options *options)
{
    for (size_t q = 0; q < count; q++)
        if (sizes[q] == 0 || sizes[q] > count || sums[q] < counts[q])
            return false;
    return options->replicates >= 1 && options->replicates <= REPLICATES_MAX;
}

enum gk_status gk_gistar(const struct gk_gistar *out, bool *simulated, const uint32_t *counts,
                         const uint64_t *sums, const uint32_t *sizes, size_t count,
                         const struct gk_gistar_options *options)
{
    bool any = false;
    if (simulated != NULL)
        *simulated = false;
    if (!usable(counts, sums, sizes, count, options))
        return GK_INVALID;
    if (count == 0)
        return GK_OK;
    if (out->z != NULL)
        fill_z(out->z, counts, sums, sizes, count);
    if (out->p_total == NULL && out->p_fixed == NULL)
        return GK_OK;
    struct values values;
    struct task task = {.values = &values,
                        .counts = counts,
                        .sizes = sizes,
                        .sums = sums,
                        .count = count,
                        .options = options,
                        .exact = values_init(&values, counts, count),
                        .exact_left = ALL_COST_MAX,
                        .simulation_left = SIMULATION_COST_MAX};
    enum gk_status status = GK_OK;
    if (out->p_total != NULL)
        status = fill_p(out->p_total, &any, &task);
    task.fixed = true;
    if (status == GK_OK && out->p_fixed != NULL)
        status = fill_p(out->p_fixed, &any, &task);
    if (simulated != NULL)
        *simulated = any;
    return status;
}
