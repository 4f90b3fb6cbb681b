/* What the statistics cost, one JSON line each: time of one core, the best of a few
 * rounds, so that what else runs on the machine counts little. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"
#include "stats/gistar.h"
#include "stats/kde.h"
#include "stats/knox.h"
#include "stats/scan.h"
#include "stats/squares.h"

enum { SIDE = 1000, SQUARES = SIDE * SIDE, POINTS = 1000000, ROUNDS = 5 };

static const struct gk_squares grid = {0, 0, 200, SIDE, SIDE};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void must(enum gk_status status)
{
    if (status != GK_OK)
        abort();
}

static void *room(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL)
        abort();
    return memory;
}

/* Runs the statement ROUNDS times and prints the shortest time. */
#define MEASURE(name, statement)                                                                   \
    do {                                                                                           \
        double best = 1e300;                                                                       \
        for (int round = 0; round < ROUNDS; round++) {                                             \
            double begun = now_ms();                                                               \
            statement;                                                                             \
            double took = now_ms() - begun;                                                        \
            best = took < best ? took : best;                                                      \
        }                                                                                          \
        printf("{\"name\": \"%s\", \"value\": %.2f, \"unit\": \"ms\"}\n", name, best);             \
        fflush(stdout);                                                                            \
    } while (0)

static void scatter(double *e, double *n, size_t count, double side_m)
{
    struct gk_random random;
    gk_random_init(&random, 1, 0);
    for (size_t i = 0; i < count; i++) {
        e[i] = gk_random_unit(&random) * side_m;
        n[i] = gk_random_unit(&random) * side_m;
    }
}

static void bench_maps(void)
{
    double *e = room(POINTS, sizeof *e), *n = room(POINTS, sizeof *n);
    double *density = room(SQUARES, sizeof *density);
    uint32_t *counts = room(SQUARES, sizeof *counts);
    scatter(e, n, POINTS, SIDE * grid.size_m);
    MEASURE("count 1M points onto 1000 x 1000 squares",
            must(gk_squares_count(counts, NULL, &grid, e, n, NULL, POINTS)));
    MEASURE("KDE quartic, 1M, 1000 x 1000, h = 4 squares",
            must(gk_kde_quartic(density, &grid, counts, 800, 1)));
    MEASURE("KDE quartic, 1M, 1000 x 1000, h = 20 squares",
            must(gk_kde_quartic(density, &grid, counts, 4000, 1)));
    MEASURE("KDE Gaussian of counts, 1000 x 1000, s = 1.5 squares",
            must(gk_kde_gaussian_counts(density, &grid, counts, 300, 1, true)));
    MEASURE("KDE Gaussian of counts, 1000 x 1000, s = 7 squares",
            must(gk_kde_gaussian_counts(density, &grid, counts, 1400, 1, true)));
    MEASURE("KDE Gaussian of 1M points, 1000 x 1000, s = 1.5 squares",
            must(gk_kde_gaussian(density, &grid, e, n, POINTS, 300, 1, true)));
    free(e), free(n), free(density), free(counts);
}

static void bench_gistar(void)
{
    static const struct gk_gistar_options options = {GK_GISTAR_REPLICATES, 1};
    uint32_t *counts = room(SQUARES, sizeof *counts), *sizes = room(SQUARES, sizeof *sizes);
    uint64_t *sums = room(SQUARES, sizeof *sums);
    double *z = room(SQUARES, sizeof *z), *p = room(SQUARES, sizeof *p);
    struct gk_random random;
    gk_random_init(&random, 2, 0);
    for (size_t q = 0; q < SQUARES; q++)
        counts[q] = gk_random_poisson(&random, 0.3);
    struct gk_gistar total = {z, p, NULL}, fixed = {NULL, NULL, p};
    MEASURE("windows of 9, 1000 x 1000",
            must(gk_squares_window(sums, sizes, &grid, counts, 1.5 * grid.size_m)));
    MEASURE("Gi* z and exact p of total randomisation, 1000 x 1000",
            must(gk_gistar(&total, NULL, counts, sums, sizes, SQUARES, &options)));
    MEASURE("Gi* exact p with the own count fixed, 1000 x 1000",
            must(gk_gistar(&fixed, NULL, counts, sums, sizes, SQUARES, &options)));
    free(counts), free(sizes), free(sums), free(z), free(p);
}

static void bench_knox(void)
{
    enum { COUNT = 10000, SPACES = 11, TIMES = 4 };
    static const double space[SPACES + 1] = {0,   0.1, 100, 200, 300, 400,
                                             500, 600, 700, 800, 900, 1000};
    static const int32_t days[TIMES + 1] = {0, 7, 14, 21, 28};
    static const struct gk_knox_bands bands = {space, SPACES, days, TIMES};
    static const struct gk_knox_options options = {GK_KNOX_REPLICATES, 1};
    struct gk_knox_cell cells[SPACES * TIMES];
    double *e = room(COUNT, sizeof *e), *n = room(COUNT, sizeof *n);
    int32_t *day = room(COUNT, sizeof *day);
    struct gk_random random;
    gk_random_init(&random, 3, 0);
    scatter(e, n, COUNT, 100000);
    for (size_t i = 0; i < COUNT; i++)
        day[i] = (int32_t)gk_random_below(&random, 730);
    MEASURE("Knox, 10k on 100 km square, 1 km, 999 permutations",
            must(gk_knox(cells, &bands, e, n, day, COUNT, &options)));
    free(e), free(n), free(day);
}

static void bench_scan(uint32_t places, uint32_t periods, enum gk_scan_model model,
                       const char *name)
{
    double *e = room(places, sizeof *e), *n = room(places, sizeof *n);
    double *population = room(places, sizeof *population);
    uint32_t *cases = room((size_t)places * periods, sizeof *cases);
    struct gk_random random;
    gk_random_init(&random, 4, 0);
    scatter(e, n, places, 100000);
    for (uint32_t i = 0; i < places; i++) {
        population[i] = 200 + (double)gk_random_below(&random, 3000);
        for (uint32_t t = 0; t < periods; t++)
            cases[(size_t)i * periods + t] =
                gk_random_poisson(&random, population[i] / 250 / periods);
    }
    struct gk_scan_input input = {e, n, population, cases, places, periods};
    struct gk_scan_options options = {.model = model,
                                      .prospective = periods > 1,
                                      .max_window = periods > 1 ? 12 : 1,
                                      .max_share = GK_SCAN_MAX_SHARE,
                                      .replicates = GK_SCAN_REPLICATES,
                                      .seed = 1};
    struct gk_scan scan;
    struct gk_scan_cluster clusters[10];
    MEASURE(name, must(gk_scan(&scan, clusters, 10, NULL, &input, &options)));
    free(e), free(n), free(population), free(cases);
}

int main(void)
{
    bench_maps();
    bench_gistar();
    bench_knox();
    bench_scan(300, 1, GK_SCAN_POISSON, "scan, 300 districts, 999 replicates");
    bench_scan(1000, 1, GK_SCAN_POISSON, "scan, 1,000 districts, 999 replicates");
    bench_scan(300, 40, GK_SCAN_PERMUTATION,
               "scan, 300 districts, 40 weeks, permutation, prospective, 999 replicates");
    return 0;
}
