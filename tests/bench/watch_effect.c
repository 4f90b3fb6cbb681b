/* The error rate of the watch effect, measured: how often the interval misses a
 * ratio that is known, and how often a watch area where nothing happened seems to
 * have done something.
 *
 * Target and control by month, 24 before and 24 after; Poisson, or negative binomial
 * of twice the mean in variance, for which the dispersion is estimated from the
 * months of both periods, as a caller does. One watch area, and ten pooled, each
 * with a control of its own and of ten times its events; true ratios of 1 and 1.5.
 *
 * The rule: the 95 % interval holds the true ratio in at least 95 % of cases, beyond
 * the Monte Carlo error. Also the time of the largest exact interval. Prints JSON
 * lines. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"
#include "stats/watch_effect.h"

enum { CASES = 4000, MONTHS = 24, AREAS_MAX = 10 };

static int missed;

/* One month; overdispersed as a sum of clusters of logarithmic size. */
static uint32_t draw(struct gk_random *random, double mean, double dispersion)
{
    if (dispersion <= 1)
        return gk_random_poisson(random, mean);
    double q = 1 - 1 / dispersion;
    uint32_t sum = 0, clusters = gk_random_poisson(random, -mean / (dispersion - 1) * log(1 - q));
    for (uint32_t c = 0; c < clusters; c++) {
        double u = gk_random_unit(random), p = -q / log(1 - q);
        uint32_t k = 1;
        while (u > p && k < 1000) {
            u -= p;
            p *= q * k / (k + 1);
            k++;
        }
        sum += k;
    }
    return sum;
}

/* One place over one period; returns its events. */
static uint64_t period(uint32_t *months, struct gk_random *random, double mean, double dispersion)
{
    uint64_t sum = 0;
    for (int m = 0; m < MONTHS; m++)
        sum += months[m] = draw(random, mean, dispersion);
    return sum;
}

static void area(struct gk_effect_table *t, struct gk_effect_spread spreads[2],
                 struct gk_random *random, double mean, double ratio, double dispersion)
{
    uint32_t target[MONTHS], control[MONTHS];
    t->target.before = period(target, random, mean, dispersion);
    t->control.before = period(control, random, 10 * mean, dispersion);
    spreads[0] = gk_effect_spread_of(target, control, MONTHS);
    t->target.after = period(target, random, mean / ratio, dispersion);
    t->control.after = period(control, random, 10 * mean, dispersion);
    spreads[1] = gk_effect_spread_of(target, control, MONTHS);
}

static void say(const char *what, size_t areas, double mean, double ratio, double dispersion,
                double share)
{
    printf("{\"name\": \"%s, %zu areas, %g before, ratio %g, variance x %g\", \"value\": %.2f, "
           "\"unit\": \"%%\"}\n",
           what, areas, mean * MONTHS, ratio, dispersion, 100 * share);
}

static void check(enum gk_status status)
{
    if (status == GK_OK)
        return;
    fprintf(stderr, "watch effect: %s\n", gk_status_text(status));
    exit(1);
}

static void cover(size_t areas, double mean, double ratio, double dispersion, uint64_t stream)
{
    struct gk_random random;
    int outside = 0, fell = 0;
    gk_random_init(&random, 20261204, stream);
    for (int c = 0; c < CASES; c++) {
        struct gk_effect_table tables[AREAS_MAX];
        struct gk_effect e;
        struct gk_effect_spread spreads[2 * AREAS_MAX];
        double freedom;
        for (size_t i = 0; i < areas; i++)
            area(&tables[i], &spreads[2 * i], &random, mean, ratio, dispersion);
        double phi = gk_effect_dispersion(&freedom, spreads, 2 * areas);
        check(gk_effect_pooled(&e, tables, areas, phi, freedom, 0.95));
        if (e.is_null)
            continue;
        outside += e.interval.lower > ratio || e.interval.upper < ratio;
        fell += e.interval.lower > 1;
    }
    double share = (double)outside / CASES;
    say("interval misses the ratio", areas, mean, ratio, dispersion, share);
    say(ratio > 1 ? "a fall is found" : "a fall is found where none is", areas, mean, ratio,
        dispersion, (double)fell / CASES);
    if (share > 0.05 + 1.96 * sqrt(0.05 * 0.95 / CASES)) {
        fprintf(stderr, "watch effect: the interval is too short (%zu areas, %g)\n", areas, mean);
        missed++;
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Many small tables, and two large: the costliest ways to GK_EFFECT_SUPPORT_MAX. */
static void cost(size_t count)
{
    struct gk_effect_table *tables = calloc(count, sizeof *tables);
    struct gk_effect e;
    uint64_t each = GK_EFFECT_SUPPORT_MAX / 2 / count;
    if (tables == NULL)
        exit(1);
    for (size_t i = 0; i < count; i++)
        tables[i] = (struct gk_effect_table){{each, each}, {10 * each, 10 * each}};
    double begun = seconds();
    check(gk_effect_pooled(&e, tables, count, 1, INFINITY, 0.95));
    printf("{\"name\": \"exact interval of %zu areas, %d possible sums\", \"value\": %.1f, "
           "\"unit\": \"ms\"}\n",
           count, GK_EFFECT_SUPPORT_MAX, 1e3 * (seconds() - begun));
    free(tables);
}

int main(void)
{
    static const double means[] = {0.1, 0.5, 2};
    uint64_t stream = 0;
    for (size_t m = 0; m < sizeof means / sizeof *means; m++)
        for (int d = 1; d <= 2; d++)
            for (int r = 0; r < 2; r++) {
                cover(1, means[m], r == 0 ? 1 : 1.5, d, stream++);
                cover(AREAS_MAX, means[m], r == 0 ? 1 : 1.5, d, stream++);
            }
    cost(1);
    cost(2);
    cost(GK_EFFECT_AREAS_MAX);
    return missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
