/* Kulldorff's scan: the observed table once in full, then replicates of which
 * only the largest llr is wanted.
 *
 * A table is kept as running totals over the periods, so that the cases of a
 * circle are sums of rows and those of a span one difference. Replicates go eight
 * at a time through the circles. Two bounds pass over most of their spans: since
 * ln x < x - 1 the llr is below c (c - mu) / mu, and bound() is close above it. The
 * llr itself is always computed by gk_scan_llr(), so that equal tables have equal
 * llr. */
#include "stats/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "scan_zones.h"

enum { REPLICATES_MAX = 99999, LOGS_MAX = 1 << 18 };

#define EULER 0.57721566490153286061

enum { LANES = 8 };

/* One number of each of eight replicates; signed, since that is what compares fast. */
typedef int32_t eight __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* The best span of one circle. */
struct best {
    double llr, expected;
    uint32_t cases, first, last;
};

/* One call; see scan_release(). */
struct work {
    const struct gk_scan_input *input;
    const struct gk_scan_options *options;
    struct scan_zones zones;
    double *weight;                                /* [places] */
    uint32_t *observed;                            /* [places][periods + 1] running totals */
    eight *dealt;                                  /* the same for eight replicates */
    uint32_t *margin;                              /* [periods + 1] of all places */
    uint32_t *inside;                              /* [periods + 1] of the circle */
    eight *inside_dealt;                           /* the same for eight replicates */
    uint32_t *case_place, *case_period, *shuffled; /* of each case */
    double *cumulated;                             /* [places] population */
    double *even;                        /* [periods + 1] Poisson: cases of all in a span */
    double *log_even, *log_share, *logs; /* of these, of the circles, of 0, 1, 2 ... */
    struct best *best;                   /* [zones] */
    double total_weight;
    uint32_t total, last_place; /* the last with weight */
};

static void scan_release(struct work *work)
{
    scan_zones_release(&work->zones);
    free(work->weight);
    free(work->observed);
    free(work->dealt);
    free(work->margin);
    free(work->inside);
    free(work->inside_dealt);
    free(work->case_place);
    free(work->case_period);
    free(work->shuffled);
    free(work->cumulated);
    free(work->even);
    free(work->log_even);
    free(work->log_share);
    free(work->logs);
    free(work->best);
}

double gk_scan_llr(double cases, double expected, double total)
{
    if (!(cases > expected && expected > 0))
        return 0;
    double rest = total - cases;
    return cases * log(cases / expected) + (rest > 0 ? rest * log(rest / (total - expected)) : 0);
}

/* Expected cases in a span of a circle with this share of the weight. */
static double expected(const struct work *work, double share, uint32_t from, uint32_t to)
{
    if (work->options->model == GK_SCAN_POISSON)
        return share * work->even[to - from];
    return share * (double)(work->margin[to] - work->margin[from]);
}

/* ---- one circle ------------------------------------------------------------ */

/* All spans: the best, and the sum of their llr. */
static double look_at_all(const struct work *work, double share, struct best *best)
{
    uint32_t periods = work->input->periods, longest = work->options->max_window;
    double sum = 0;
    for (uint32_t to = work->options->prospective ? periods : 1; to <= periods; to++)
        for (uint32_t length = 1; length <= longest && length <= to; length++) {
            uint32_t from = to - length, c = work->inside[to] - work->inside[from];
            double mu = expected(work, share, from, to), llr = gk_scan_llr(c, mu, work->total);
            sum += llr;
            if (llr > best->llr)
                *best = (struct best){llr, mu, c, from, to - 1};
        }
    return sum;
}

/* The largest llr of eight replicates so far, and the smallest of these. */
struct maxima {
    double llr[LANES], least;
};

/* ln n from the table, or anew beyond it. */
static inline double log_of(const struct work *work, uint32_t n)
{
    return n < LOGS_MAX ? work->logs[n] : log(n);
}

/* A little above the llr of c cases, without a logarithm: the one that is in no
 * table, -ln(1 - x) of x = mu / C, is below x + x^2 / (2 (1 - x)). */
static inline double bound(const struct work *work, int32_t c, double mu, double log_mu)
{
    double total = work->total, x = mu / total, rest = total - c;
    double log_rest = log_of(work, work->total - (uint32_t)c) - log_of(work, work->total);
    double second = rest > 0 ? rest * (log_rest + x + x * x / (2 * (1 - x))) : 0;
    return (c * (log_of(work, (uint32_t)c) - log_mu) + second) + 1e-9 * (1 + c);
}

/* Takes in the cases of each replicate where mu are expected. */
static inline void improve(const struct work *work, struct maxima *maxima, const eight *cases,
                           double mu, double log_mu)
{
    int32_t c[LANES], any = 0;
    memcpy(c, cases, sizeof c);
    /* c (c - mu) / mu reaches the least of the maxima only from here on; the factor
     * is for rounding. */
    int32_t from = (int32_t)((mu + sqrt(mu * mu + 4 * maxima->least * mu)) / 2 * (1 - 1e-9));
    for (int lane = 0; lane < LANES; lane++)
        any |= c[lane] >= from;
    if (!any)
        return;
    bool better = false;
    for (int lane = 0; lane < LANES; lane++) {
        if (c[lane] < from || c[lane] <= mu || bound(work, c[lane], mu, log_mu) < maxima->llr[lane])
            continue;
        double llr = gk_scan_llr(c[lane], mu, work->total);
        if (llr > maxima->llr[lane]) {
            maxima->llr[lane] = llr;
            better = true;
        }
    }
    if (!better)
        return;
    maxima->least = maxima->llr[0];
    for (int lane = 1; lane < LANES; lane++)
        maxima->least = maxima->llr[lane] < maxima->least ? maxima->llr[lane] : maxima->least;
}

/* Poisson: spans of one length have one expectation, so only the fullest counts. */
static void largest_poisson(const struct work *work, double share, double log_share,
                            struct maxima *maxima)
{
    uint32_t periods = work->input->periods, longest = work->options->max_window;
    bool prospective = work->options->prospective;
    const eight *inside = work->inside_dealt;
    for (uint32_t length = 1; length <= longest; length++) {
        eight most = inside[periods] - inside[periods - length];
        for (uint32_t to = prospective ? periods : length; to < periods; to++) {
            eight c = inside[to] - inside[to - length], more = c > most;
            most = (c & more) | (most & ~more);
        }
        improve(work, maxima, &most, share * work->even[length],
                log_share + work->log_even[length]);
    }
}

static void largest_permutation(const struct work *work, double share, double log_share,
                                struct maxima *maxima)
{
    uint32_t periods = work->input->periods, longest = work->options->max_window;
    const eight *inside = work->inside_dealt;
    const uint32_t *margin = work->margin;
    for (uint32_t to = work->options->prospective ? periods : 1; to <= periods; to++)
        for (uint32_t from = to > longest ? to - longest : 0; from < to; from++) {
            eight c = inside[to] - inside[from];
            uint32_t all = margin[to] - margin[from];
            improve(work, maxima, &c, share * (double)all, log_share + log_of(work, all));
        }
}

/* ---- one table ------------------------------------------------------------- */

/* Goes through the circles of the observed table: the best span of each, and the
 * sum of all llr. */
static double visit_observed(struct work *work)
{
    const struct scan_zones *zones = &work->zones;
    uint32_t entered = 0, periods = work->input->periods;
    double sum = 0;
    for (size_t z = 0; z < zones->count; z++) {
        if (z == 0 || zones->zones[z - 1].centre != zones->zones[z].centre) {
            memset(work->inside, 0, ((size_t)periods + 1) * sizeof *work->inside);
            entered = 0;
        }
        const uint32_t *order = zones->order + (size_t)zones->zones[z].centre * work->input->places;
        for (; entered < zones->zones[z].count; entered++) {
            const uint32_t *row = work->observed + (size_t)order[entered] * (periods + 1);
            for (uint32_t t = 1; t <= periods; t++) /* column 0 is 0 */
                work->inside[t] += row[t];
        }
        sum += look_at_all(work, zones->zones[z].share, &work->best[z]);
    }
    return sum;
}

/* The same for eight replicates: only the largest llr of each. */
static void visit_dealt(struct work *work, struct maxima *maxima)
{
    const struct scan_zones *zones = &work->zones;
    bool poisson = work->options->model == GK_SCAN_POISSON;
    uint32_t entered = 0, periods = work->input->periods;
    *maxima = (struct maxima){0};
    for (size_t z = 0; work->total > 0 && z < zones->count; z++) {
        if (z == 0 || zones->zones[z - 1].centre != zones->zones[z].centre) {
            memset(work->inside_dealt, 0, ((size_t)periods + 1) * sizeof *work->inside_dealt);
            entered = 0;
        }
        const uint32_t *order = zones->order + (size_t)zones->zones[z].centre * work->input->places;
        for (; entered < zones->zones[z].count; entered++) {
            const eight *row = work->dealt + (size_t)order[entered] * (periods + 1);
            for (uint32_t t = 1; t <= periods; t++)
                work->inside_dealt[t] += row[t];
        }
        if (poisson)
            largest_poisson(work, zones->zones[z].share, work->log_share[z], maxima);
        else
            largest_permutation(work, zones->zones[z].share, work->log_share[z], maxima);
    }
}

/* From counts, each in the column after its period, to running totals. */
static void run_totals(struct work *work, uint32_t *table)
{
    for (size_t i = 0; i < work->input->places; i++) {
        uint32_t *row = table + i * (work->input->periods + 1);
        for (uint32_t t = 1; t <= work->input->periods; t++)
            row[t] += row[t - 1];
    }
}

/* The place of a uniform number in [0, population): never one without any. */
static uint32_t place_of(const struct work *work, double at)
{
    uint32_t low = 0, high = work->last_place;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (work->cumulated[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Deals one replicate into its lane. */
static void deal_lane(struct work *work, uint32_t replicate, uint32_t lane)
{
    struct gk_random random;
    size_t columns = (size_t)work->input->periods + 1;
    gk_random_init(&random, work->options->seed, replicate);
    if (work->options->model == GK_SCAN_POISSON) {
        for (uint32_t c = 0; c < work->total; c++) {
            size_t place = place_of(work, gk_random_unit(&random) * work->total_weight);
            size_t period = (size_t)gk_random_below(&random, work->input->periods);
            work->dealt[place * columns + 1 + period][lane]++;
        }
        return;
    }
    memcpy(work->shuffled, work->case_period, work->total * sizeof *work->shuffled);
    for (uint32_t c = work->total; c > 0; c--) {
        uint32_t at = (uint32_t)gk_random_below(&random, c), period = work->shuffled[at];
        work->shuffled[at] = work->shuffled[c - 1];
        work->dealt[work->case_place[c - 1] * columns + 1 + period][lane]++;
    }
}

/* Replicates first to first + count, as running totals. */
static void deal(struct work *work, uint32_t first, uint32_t count)
{
    size_t columns = (size_t)work->input->periods + 1;
    memset(work->dealt, 0, work->input->places * columns * sizeof *work->dealt);
    for (uint32_t lane = 0; lane < count; lane++)
        deal_lane(work, first + lane, lane);
    for (size_t i = 0; i < work->input->places; i++)
        for (size_t t = 1; t < columns; t++)
            work->dealt[i * columns + t] += work->dealt[i * columns + t - 1];
}

/* ---- clusters -------------------------------------------------------------- */

static bool overlaps(const struct work *work, const struct scan_zone *zone, const bool *taken)
{
    const uint32_t *order = work->zones.order + (size_t)zone->centre * work->input->places;
    for (uint32_t k = 0; k < zone->count; k++)
        if (taken[order[k]])
            return true;
    return false;
}

static void describe(const struct work *work, struct gk_scan_cluster *cluster, size_t z)
{
    const struct scan_zone *zone = &work->zones.zones[z];
    const struct best *best = &work->best[z];
    uint32_t farthest =
        work->zones.order[(size_t)zone->centre * work->input->places + zone->count - 1];
    double de = work->input->e_m[farthest] - work->input->e_m[zone->centre];
    double dn = work->input->n_m[farthest] - work->input->n_m[zone->centre];
    *cluster = (struct gk_scan_cluster){.centre = zone->centre,
                                        .places = zone->count,
                                        .first = best->first,
                                        .last = best->last,
                                        .radius_m = sqrt(de * de + dn * dn),
                                        .cases = best->cases,
                                        .expected = best->expected,
                                        .llr = best->llr,
                                        .p = NAN,
                                        .gumbel_p = NAN,
                                        .recurrence = NAN};
}

/* The best circle that shares no place with those before it, again and again. */
static uint32_t choose(const struct work *work, struct gk_scan_cluster *clusters, uint32_t most,
                       bool *taken)
{
    for (uint32_t found = 0; found < most; found++) {
        size_t first = work->zones.count;
        double llr = 0;
        for (size_t z = 0; z < work->zones.count; z++)
            if (work->best[z].llr > llr && !overlaps(work, &work->zones.zones[z], taken)) {
                llr = work->best[z].llr;
                first = z;
            }
        if (first == work->zones.count)
            return found;
        describe(work, &clusters[found], first);
        const struct scan_zone *zone = &work->zones.zones[first];
        for (uint32_t k = 0; k < zone->count; k++)
            taken[work->zones.order[(size_t)zone->centre * work->input->places + k]] = true;
    }
    return most;
}

/* Moments of the maxima give the Gumbel distribution; without spread there is
 * none and the counted p stands. */
static void fill_p(struct gk_scan_cluster *cluster, const struct gk_scan_options *options,
                   const double *maxima)
{
    double b = options->replicates, mean = 0, squares = 0, reached = 0;
    for (uint32_t r = 0; r < options->replicates; r++) {
        mean += (maxima[r] - maxima[0]) / b; /* equal maxima have no spread at all */
        reached += maxima[r] >= cluster->llr;
    }
    mean += maxima[0];
    for (uint32_t r = 0; r < options->replicates; r++)
        squares += (maxima[r] - mean) * (maxima[r] - mean);
    double scale = b > 1 ? sqrt(squares / (b - 1)) * 2.44948974278317809820 / M_PI : 0;
    cluster->p = (reached + 1) / (b + 1);
    cluster->gumbel_p =
        scale > 0 ? -expm1(-exp(-(cluster->llr - mean) / scale - EULER)) : cluster->p;
    if (options->prospective)
        cluster->recurrence = 1 / cluster->p;
}

/* ---- the call -------------------------------------------------------------- */

static bool usable(const struct gk_scan_input *input, const struct gk_scan_options *options)
{
    if (input->places == 0 || input->periods == 0 || options->max_window == 0 ||
        options->max_window > input->periods || options->replicates > REPLICATES_MAX ||
        !(options->max_share > 0 && options->max_share <= 1) ||
        (options->model != GK_SCAN_POISSON && options->model != GK_SCAN_PERMUTATION))
        return false;
    for (uint32_t i = 0; i < input->places; i++) {
        if (!isfinite(input->e_m[i]) || !isfinite(input->n_m[i]))
            return false;
        if (options->model == GK_SCAN_POISSON &&
            !(input->population[i] >= 0 && input->population[i] <= 1e15))
            return false;
    }
    return true;
}

/* Totals, margin and weights; what has no population is left out. */
static enum gk_status load(struct work *work, struct gk_scan *out)
{
    const struct gk_scan_input *input = work->input;
    bool poisson = work->options->model == GK_SCAN_POISSON;
    size_t columns = (size_t)input->periods + 1;
    for (size_t i = 0; i < input->places; i++) {
        bool counts = !poisson || input->population[i] > 0;
        uint64_t here = 0;
        for (uint32_t t = 0; t < input->periods; t++)
            here += input->cases[i * input->periods + t];
        *(counts ? &out->cases : &out->left_out) += here;
        if (out->cases > GK_SCAN_CASES_MAX)
            return GK_TOO_LARGE;
        for (uint32_t t = 0; counts && t < input->periods; t++) {
            uint32_t c = input->cases[i * input->periods + t];
            work->observed[i * columns + t + 1] = c;
            work->margin[t + 1] += c;
        }
        work->weight[i] = poisson ? input->population[i] : (double)here;
        work->total_weight += work->weight[i];
        work->cumulated[i] = work->total_weight;
        if (work->weight[i] > 0)
            work->last_place = (uint32_t)i;
    }
    work->total = (uint32_t)out->cases;
    for (uint32_t t = 1; t <= input->periods; t++)
        work->margin[t] += work->margin[t - 1];
    run_totals(work, work->observed);
    return GK_OK;
}

static bool reserve(struct work *work)
{
    size_t places = work->input->places, columns = (size_t)work->input->periods + 1;
    work->weight = calloc(places, sizeof *work->weight);
    work->cumulated = calloc(places, sizeof *work->cumulated);
    work->observed = calloc(places * columns, sizeof *work->observed);
    work->dealt = calloc(places * columns, sizeof *work->dealt);
    work->margin = calloc(columns, sizeof *work->margin);
    work->inside = calloc(columns, sizeof *work->inside);
    work->inside_dealt = calloc(columns, sizeof *work->inside_dealt);
    return work->weight != NULL && work->cumulated != NULL && work->observed != NULL &&
           work->dealt != NULL && work->margin != NULL && work->inside != NULL &&
           work->inside_dealt != NULL;
}

/* What depends on the number of cases and circles. */
static bool reserve_more(struct work *work)
{
    size_t total = work->total, columns = (size_t)work->input->periods + 1, c = 0;
    work->best = calloc(work->zones.count + 1, sizeof *work->best);
    work->even = malloc(columns * sizeof *work->even);
    work->log_even = malloc(columns * sizeof *work->log_even);
    work->log_share = malloc((work->zones.count + 1) * sizeof *work->log_share);
    work->logs = malloc(LOGS_MAX * sizeof *work->logs);
    if (work->best == NULL || work->even == NULL || work->log_even == NULL ||
        work->log_share == NULL || work->logs == NULL)
        return false;
    for (uint32_t i = 0; i < LOGS_MAX && i <= work->total; i++)
        work->logs[i] = log(i);
    for (size_t z = 0; z < work->zones.count; z++)
        work->log_share[z] = log(work->zones.zones[z].share);
    for (size_t length = 0; length < columns; length++) {
        work->even[length] = (double)total * ((double)length / work->input->periods);
        work->log_even[length] = log(work->even[length]);
    }
    if (work->options->model == GK_SCAN_POISSON || work->options->replicates == 0)
        return true;
    work->case_place = malloc((total + 1) * sizeof *work->case_place);
    work->case_period = malloc((total + 1) * sizeof *work->case_period);
    work->shuffled = malloc((total + 1) * sizeof *work->shuffled);
    if (work->case_place == NULL || work->case_period == NULL || work->shuffled == NULL)
        return false;
    for (uint32_t i = 0; i < work->input->places; i++)
        for (uint32_t t = 0; t < work->input->periods; t++)
            for (uint32_t k = work->observed[i * columns + t];
                 k < work->observed[i * columns + t + 1]; k++, c++) {
                work->case_place[c] = i;
                work->case_period[c] = t;
            }
    return true;
}

static uint32_t count_windows(const struct gk_scan_input *input,
                              const struct gk_scan_options *options)
{
    uint32_t longest = options->max_window;
    if (options->prospective)
        return longest;
    return longest * input->periods - longest * (longest - 1) / 2;
}

static bool affordable(const struct work *work, const struct gk_scan *out)
{
    double table = (double)work->zones.steps * work->input->periods +
                   (double)out->zones * out->windows + (double)out->cases;
    return table * ((double)work->options->replicates + 1) <= GK_SCAN_COST_MAX;
}

static enum gk_status run(struct work *work, struct gk_scan *out, struct gk_scan_cluster *clusters,
                          uint32_t clusters_max, double *maxima)
{
    bool *taken = calloc(work->input->places, sizeof *taken);
    if (taken == NULL)
        return GK_NO_MEMORY;
    out->llr_sum = visit_observed(work);
    out->clusters = choose(work, clusters, clusters_max, taken);
    free(taken);
    for (uint32_t r = 0; r < work->options->replicates; r += LANES) {
        uint32_t left = work->options->replicates - r, count = left < LANES ? left : LANES;
        struct maxima largest;
        deal(work, r, count);
        visit_dealt(work, &largest);
        memcpy(maxima + r, largest.llr, count * sizeof *maxima);
    }
    for (uint32_t k = 0; work->options->replicates > 0 && k < out->clusters; k++)
        fill_p(&clusters[k], work->options, maxima);
    return GK_OK;
}

enum gk_status gk_scan(struct gk_scan *out, struct gk_scan_cluster *clusters, uint32_t clusters_max,
                       double *maxima, const struct gk_scan_input *input,
                       const struct gk_scan_options *options)
{
    struct work work = {.input = input, .options = options};
    double *own = NULL;
    *out = (struct gk_scan){0};
    if (input->places > GK_SCAN_PLACES_MAX || input->periods > GK_SCAN_PERIODS_MAX)
        return GK_TOO_LARGE;
    if (!usable(input, options))
        return GK_INVALID;
    enum gk_status status = GK_NO_MEMORY;
    if (!reserve(&work))
        goto out;
    status = load(&work, out);
    if (status == GK_OK)
        status = scan_zones_find(&work.zones, input->e_m, input->n_m, work.weight, input->places,
                                 work.total_weight, options->max_share);
    if (status != GK_OK)
        goto out;
    out->zones = (uint32_t)work.zones.count;
    out->windows = count_windows(input, options);
    status = GK_TOO_LARGE;
    if (!affordable(&work, out))
        goto out;
    status = GK_NO_MEMORY;
    if (!reserve_more(&work))
        goto out;
    if (maxima == NULL)
        maxima = own = malloc(((size_t)options->replicates + 1) * sizeof *own);
    if (maxima != NULL)
        status = run(&work, out, clusters, clusters_max, maxima);
out:
    free(own);
    scan_release(&work);
    return status;
}
