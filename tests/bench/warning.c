/* False alarms of the early warning, measured against those that it states.
 *
 * Quiet series of weeks (Poisson, or negative binomial of twice the mean in
 * variance; constant mean): SERIES of them are judged in each of 52 weeks by
 * gk_warning_week(), and thin ones, 5 groups of 12 at a time, whose risks differ
 * (log-normal, sigma 0.5), by gk_warning_thin() for 4 and 13 weeks.
 *
 * The rule: the false weeks seen are not above those stated by more than a fifth
 * and the Monte Carlo error (weeks depend on each other where windows
 * overlap, so that it is taken between series and groups). Prints JSON lines. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "stats/warning.h"

enum {
    SERIES = 300,
    WEEKS = GK_WARNING_HISTORY + GK_WARNING_YEAR + 13,
    GROUPS = 5,
    GROUP = 12,
    AREAS = GROUPS * GROUP,
    ROUNDS = 25
};

static int missed;

/* Seen less allowed, by series, so that the error is that between them. */
struct tally {
    double seen, stated, over, over_squared;
    int series;
};

static void add(struct tally *t, double seen, double stated)
{
    double over = seen - 1.2 * stated;
    t->seen += seen;
    t->stated += stated;
    t->over += over;
    t->over_squared += over * over;
    t->series++;
}

static void say(const char *who, double mean, double dispersion, const struct tally *t)
{
    printf("{\"name\": \"false weeks, %s, mean %g, variance x %g\", \"value\": %.2f, \"unit\": "
           "\"a year\", \"against\": \"stated\", \"ratio\": %.2f}\n",
           who, mean, dispersion, t->seen / t->series, t->seen / t->stated);
    double error = sqrt(fmax(0, t->over_squared - t->over * t->over / t->series));
    if (t->over > 1.96 * error) {
        fprintf(stderr, "warning: more false alarms than stated (%s, mean %g)\n", who, mean);
        missed++;
    }
}

/* One week; overdispersed as a sum of clusters of logarithmic size. */
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

static void check(enum gk_status status)
{
    if (status == GK_OK)
        return;
    fprintf(stderr, "warning: %s\n", gk_status_text(status));
    exit(1);
}

static void dense(double mean, double dispersion, uint64_t stream)
{
    struct gk_random random;
    struct tally t = {0};
    gk_random_init(&random, 20261129, stream);
    for (int s = 0; s < SERIES; s++) {
        uint32_t counts[WEEKS];
        double seen = 0, stated = 0;
        for (int k = 0; k < WEEKS; k++)
            counts[k] = draw(&random, mean, dispersion);
        for (size_t k = WEEKS - GK_WARNING_YEAR; k < WEEKS; k++) {
            struct gk_warning w;
            check(gk_warning_week(&w, counts, WEEKS, k, GK_WARNING_ALPHA));
            seen += w.class == GK_WARNING_MORE;
            stated += w.false_alarm;
        }
        add(&t, seen, stated);
    }
    say("dense", mean, dispersion, &t);
}

static void thin(double mean, double dispersion, size_t window, uint64_t stream)
{
    static uint32_t counts[AREAS][WEEKS];
    struct gk_random random;
    struct tally t = {0};
    gk_random_init(&random, 20261130, stream);
    for (int round = 0; round < ROUNDS; round++) {
        double dwellings[AREAS], seen[GROUPS] = {0}, stated[GROUPS] = {0};
        uint32_t group[AREAS];
        for (uint32_t i = 0; i < AREAS; i++) {
            group[i] = i / GROUP;
            dwellings[i] = 100 + (double)gk_random_below(&random, 1901);
            double m = mean * exp(0.5 * gk_random_normal(&random) - 0.125) * dwellings[i] / 1050;
            for (int k = 0; k < WEEKS; k++)
                counts[i][k] = draw(&random, m, dispersion);
        }
        struct gk_warning_areas a = {AREAS, WEEKS, counts[0], dwellings, group, GROUPS};
        for (size_t k = WEEKS - GK_WARNING_YEAR; k < WEEKS; k++) {
            struct gk_warning_thin w[AREAS];
            check(gk_warning_thin(w, &a, k, window, GK_WARNING_ALPHA));
            for (int i = 0; i < AREAS; i++) {
                seen[group[i]] += w[i].class == GK_WARNING_MORE;
                stated[group[i]] += w[i].false_alarm;
            }
        }
        for (int g = 0; g < GROUPS; g++)
            add(&t, seen[g] / GROUP, stated[g] / GROUP);
    }
    say(window == 4 ? "thin, 4 weeks" : "thin, 13 weeks", mean, dispersion, &t);
}

int main(void)
{
    static const double means[] = {1, 3, 10}, thin_means[] = {0.02, 0.1, 0.5};
    for (size_t m = 0; m < 3; m++)
        for (int d = 1; d <= 2; d++) {
            dense(means[m], d, m * 2 + (uint64_t)d);
            thin(thin_means[m], d, 4, m * 4 + (uint64_t)d);
            thin(thin_means[m], d, 13, m * 4 + 2 + (uint64_t)d);
        }
    return missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
