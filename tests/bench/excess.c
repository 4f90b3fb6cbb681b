/* The error rates of the published hotspot test, measured: how often a map
 * without clusters shows a hotspot, and how often a planted one is found.
 *
 * 2,000 cells on a lattice of 250 m, windows of 300, 500 and 800 m (all but the
 * false alarms of `excess` at 500 m only), Poisson counts; beside
 * `excess` what common tools print, Gi* with normal z over the same windows, both
 * with Benjamini and Hochberg at 5 %. Two exposures: the same number of dwellings
 * in each cell, and towns (a cell has 8 to some hundreds, and falls off from three
 * centres). A planted cluster is one window with three or five times the risk.
 * Found: a hot cell whose window has more than half of its dwellings in the cluster.
 *
 * Prints a JSON line a figure. Exits with an error when `excess` shows a hot cell
 * in more than 5 % of the maps without clusters, beyond the Monte Carlo error: when
 * the share is above 5 % by more than 1.96 sqrt(0.05 0.95 / maps). */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"
#include "stats/adjust.h"
#include "stats/excess.h"

enum { COLUMNS = 50, ROWS = 40, CELLS = COLUMNS * ROWS, MAPS = 1000, PLANTED_MAPS = 300 };

static const double means[] = {0.05, 0.1, 0.3, 1, 3}, bandwidths_m[] = {500, 300, 800};
static double bandwidth_m;
static struct gk_windows windows;
static struct gk_excess rows[CELLS];
static int missed;

struct exposure {
    const char *name;
    uint32_t dwellings[CELLS];
    double total;
};

static void check(enum gk_status status)
{
    if (status != GK_OK) {
        fprintf(stderr, "excess: %s\n", gk_status_text(status));
        exit(1);
    }
}

static void settle(struct exposure *x, bool towns)
{
    static const double centres[3][3] = {{12, 10, 300}, {33, 27, 450}, {42, 8, 150}};
    x->name = towns ? "towns" : "equal";
    for (int i = 0; i < CELLS; i++) {
        double homes = towns ? 8 : 40;
        for (int c = 0; towns && c < 3; c++) {
            double e = i % COLUMNS - centres[c][0], n = i / COLUMNS - centres[c][1];
            homes += centres[c][2] * exp(-(e * e + n * n) / 18);
        }
        x->dwellings[i] = (uint32_t)homes;
        x->total += x->dwellings[i];
    }
}

/* Counts of mean `mean` a cell, shared by dwellings; those of `centre`'s window
 * times `risk`. */
static void draw(uint32_t *counts, struct gk_random *random, const struct exposure *x, double mean,
                 size_t centre, double risk)
{
    double per_dwelling = mean * CELLS / x->total;
    bool in[CELLS] = {false};
    for (size_t j = windows.start[centre]; j < windows.start[centre + 1]; j++)
        in[windows.member[j]] = true;
    for (size_t i = 0; i < CELLS; i++)
        counts[i] = gk_random_poisson(random, per_dwelling * x->dwellings[i] * (in[i] ? risk : 1));
}

/* Getis and Ord's Gi* of each cell, its upper normal tail, adjusted: any hot? */
static bool normal_z_is_hot(const uint32_t *counts)
{
    double sum = 0, squares = 0, p[CELLS], n = CELLS;
    for (int i = 0; i < CELLS; i++) {
        sum += counts[i];
        squares += (double)counts[i] * counts[i];
    }
    double mean = sum / n, s = sqrt(squares / n - mean * mean);
    for (size_t i = 0; i < CELLS; i++) {
        double w = (double)(windows.start[i + 1] - windows.start[i]), inside = 0;
        for (size_t j = windows.start[i]; j < windows.start[i + 1]; j++)
            inside += counts[windows.member[j]];
        double z = s > 0 ? (inside - mean * w) / (s * sqrt((n * w - w * w) / (n - 1))) : 0;
        p[i] = erfc(z / sqrt(2)) / 2;
    }
    check(gk_adjust_fdr(p, p, CELLS));
    for (int i = 0; i < CELLS; i++)
        if (p[i] <= 0.05)
            return true;
    return false;
}

static void say(const char *what, const struct exposure *x, double mean, double share)
{
    printf("{\"name\": \"%s, %g m, %s, mean %g\", \"value\": %.2f, \"unit\": \"%% of maps\"}\n",
           what, bandwidth_m, x->name, mean, 100 * share);
    fflush(stdout);
}

static void false_alarms(const struct exposure *x, double mean, uint64_t stream)
{
    struct gk_random random;
    struct gk_excess_totals totals;
    uint32_t counts[CELLS];
    int hot = 0, normal = 0;
    gk_random_init(&random, 20261128, stream);
    for (int m = 0; m < MAPS; m++) {
        draw(counts, &random, x, mean, 0, 1);
        check(gk_excess_test(rows, &totals, counts, x->dwellings, &windows, 0));
        bool any = false;
        for (int i = 0; i < CELLS; i++)
            any |= rows[i].class >= GK_EXCESS_5;
        hot += any;
        normal += bandwidth_m == bandwidths_m[0] && normal_z_is_hot(counts);
    }
    say("false alarms, excess", x, mean, (double)hot / MAPS);
    if (bandwidth_m == bandwidths_m[0])
        say("false alarms, Gi* normal z", x, mean, (double)normal / MAPS);
    if ((double)hot / MAPS > 0.05 + 1.96 * sqrt(0.05 * 0.95 / MAPS)) {
        fprintf(stderr, "excess: too many false alarms (%g m, %s, mean %g)\n", bandwidth_m, x->name,
                mean);
        missed++;
    }
}

/* The share of cell i's window that lies in that of `centre`, by dwellings. */
static double overlap(const struct exposure *x, size_t i, size_t centre)
{
    double both = 0, own = 0;
    for (size_t j = windows.start[i]; j < windows.start[i + 1]; j++) {
        own += x->dwellings[windows.member[j]];
        for (size_t k = windows.start[centre]; k < windows.start[centre + 1]; k++)
            both += windows.member[j] == windows.member[k] ? x->dwellings[windows.member[j]] : 0;
    }
    return both / own;
}

/* In towns the cluster is on the side of one, where dwellings are neither few nor
 * many. */
static void detection(const struct exposure *x, double mean, double risk, uint64_t stream)
{
    static const size_t centre = 24 * COLUMNS + 33;
    struct gk_random random;
    struct gk_excess_totals totals;
    uint32_t counts[CELLS];
    int found = 0;
    gk_random_init(&random, 20261129, stream);
    for (int m = 0; m < PLANTED_MAPS; m++) {
        draw(counts, &random, x, mean, centre, risk);
        check(gk_excess_test(rows, &totals, counts, x->dwellings, &windows, 0));
        bool any = false;
        for (size_t i = 0; i < CELLS && !any; i++)
            any = rows[i].class >= GK_EXCESS_5 && overlap(x, i, centre) > 0.5;
        found += any;
    }
    char what[64];
    snprintf(what, sizeof what, "found, excess, risk times %g", risk);
    say(what, x, mean, (double)found / PLANTED_MAPS);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A county: 100,000 cells of 100 m, windows of 500 m, 20,000 events. */
static void cost(void)
{
    enum { SIDE = 316, COUNT = SIDE * SIDE };
    struct gk_site *sites = calloc(COUNT, sizeof *sites);
    uint32_t *counts = calloc(COUNT, sizeof *counts), *homes = calloc(COUNT, sizeof *homes);
    struct gk_excess *out = calloc(COUNT, sizeof *out);
    struct gk_excess_totals totals;
    struct gk_windows w;
    struct gk_random random;
    if (sites == NULL || counts == NULL || homes == NULL || out == NULL)
        check(GK_NO_MEMORY);
    gk_random_init(&random, 1, 0);
    for (int i = 0; i < COUNT; i++) {
        sites[i] = (struct gk_site){i % SIDE * 100, i / SIDE * 100};
        counts[i] = gk_random_poisson(&random, 0.2);
        homes[i] = 8 + (uint32_t)gk_random_below(&random, 60);
    }
    double t = seconds();
    check(gk_windows_build(&w, sites, COUNT, 500, 100000000));
    printf("{\"name\": \"windows of 100,000 cells (%zu members)\", \"value\": %.1f, \"unit\": \"ms "
           "CPU\"}\n",
           w.start[w.count], 1e3 * (seconds() - t));
    for (int with = 0; with < 2; with++) {
        t = seconds();
        check(gk_excess_test(out, &totals, counts, homes, &w, with ? 0.95 : 0));
        printf("{\"name\": \"excess of 100,000 cells%s\", \"value\": %.1f, \"unit\": \"ms CPU\"}\n",
               with ? " with intervals" : "", 1e3 * (seconds() - t));
    }
    gk_windows_release(&w);
    free(sites);
    free(counts);
    free(homes);
    free(out);
}

static void measure(const struct exposure *x, uint64_t stream)
{
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        false_alarms(x, means[m], stream + m);
        if (bandwidth_m != bandwidths_m[0])
            continue;
        detection(x, means[m], 3, stream + m);
        detection(x, means[m], 5, stream + 50 + m);
    }
}

int main(void)
{
    static struct exposure exposures[2];
    struct gk_site sites[CELLS];
    for (int i = 0; i < CELLS; i++)
        sites[i] = (struct gk_site){i % COLUMNS * 250, i / COLUMNS * 250};
    settle(&exposures[0], false);
    settle(&exposures[1], true);
    for (size_t b = 0; b < sizeof bandwidths_m / sizeof *bandwidths_m; b++) {
        bandwidth_m = bandwidths_m[b];
        check(gk_windows_build(&windows, sites, CELLS, bandwidth_m, 1000000));
        for (uint64_t e = 0; e < 2; e++)
            measure(&exposures[e], b * 1000 + e * 100);
        gk_windows_release(&windows);
    }
    cost();
    return missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
