/* The error rate of the usual range, measured: how often a quiet year is called
 * "more" or "fewer" than usual.
 *
 * 100 quiet municipalities, each 5 districts of 12 areas (watch covers) of 100 to
 * 2,000 dwellings, whose risks differ (log-normal, sigma 0.5); five earlier years
 * and one that is judged, all from the same means, with Poisson counts or with
 * negative binomial ones of twice the mean in variance. Means from 0.2 to 20 a
 * year; districts are groups of one call.
 *
 * The rule: at most one false "more" an area in ten quiet years. Prints a JSON line
 * a figure and exits with an error when the share of quiet years called "more" is
 * above 10 %, beyond the Monte Carlo error (1.96 sqrt(0.1 0.9 / years)), or when
 * that holds for the areas with the least or the greatest risk of their district
 * alone, which the drawing to the district's rate is hardest on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "stats/usual_range.h"

enum { DISTRICTS = 5, PER_DISTRICT = 12, AREAS = DISTRICTS * PER_DISTRICT, ROUNDS = 100 };

static int missed;

struct tally {
    int years, more, fewer;
};

/* One year: Poisson, or with a gamma mean such that the variance is `dispersion`
 * times the mean (by its number of Poisson clusters of logarithmic size). */
static uint32_t year(struct gk_random *random, double mean, double dispersion)
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

static void add(struct tally *t, enum gk_usual_class class)
{
    if (class == GK_USUAL_UNDECIDED)
        return;
    t->years++;
    t->more += class == GK_USUAL_MORE;
    t->fewer += class == GK_USUAL_FEWER;
}

static void say(const char *who, double mean, double dispersion, const struct tally *t)
{
    double share = (double)t->more / t->years;
    printf("{\"name\": \"false more, %s, mean %g, variance x %g\", \"value\": %.2f, \"unit\": \"%% "
           "of years\"}\n",
           who, mean, dispersion, 100 * share);
    printf("{\"name\": \"false fewer, %s, mean %g, variance x %g\", \"value\": %.2f, \"unit\": "
           "\"%% of years\"}\n",
           who, mean, dispersion, 100.0 * t->fewer / t->years);
    if (share > 0.1 + 1.96 * sqrt(0.1 * 0.9 / t->years)) {
        fprintf(stderr, "usual range: too many false alarms (%s, mean %g)\n", who, mean);
        missed++;
    }
}

static void judge(struct gk_usual_range *ranges, const struct gk_usual_areas *a,
                  const uint32_t *current)
{
    enum gk_status status = gk_usual_range(ranges, a, current, 0.95);
    if (status == GK_OK)
        return;
    fprintf(stderr, "usual range: %s\n", gk_status_text(status));
    exit(1);
}

static void areas_in_districts(double mean, double dispersion, uint64_t stream)
{
    struct gk_random random;
    struct tally all = {0}, least = {0}, greatest = {0};
    gk_random_init(&random, 20261128, stream);
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t earlier[AREAS][GK_USUAL_YEARS], current[AREAS], group[AREAS];
        uint8_t years[AREAS];
        double dwellings[AREAS], risk[AREAS];
        struct gk_usual_range ranges[AREAS];
        for (int i = 0; i < AREAS; i++) {
            dwellings[i] = 100 + (double)gk_random_below(&random, 1901);
            risk[i] = exp(0.5 * gk_random_normal(&random) - 0.125);
            double m = mean * risk[i] * dwellings[i] / 1050;
            for (int y = 0; y < GK_USUAL_YEARS; y++)
                earlier[i][y] = year(&random, m, dispersion);
            current[i] = year(&random, m, dispersion);
            years[i] = GK_USUAL_YEARS;
            group[i] = (uint32_t)(i / PER_DISTRICT);
        }
        struct gk_usual_areas a = {
            AREAS, (const uint32_t(*)[GK_USUAL_YEARS])earlier, years, dwellings, group, DISTRICTS};
        judge(ranges, &a, current);
        for (int d = 0; d < DISTRICTS; d++) {
            int low = d * PER_DISTRICT, high = low;
            for (int i = d * PER_DISTRICT; i < (d + 1) * PER_DISTRICT; i++) {
                add(&all, ranges[i].class);
                low = risk[i] < risk[low] ? i : low;
                high = risk[i] > risk[high] ? i : high;
            }
            add(&least, ranges[low].class);
            add(&greatest, ranges[high].class);
        }
    }
    say("areas", mean, dispersion, &all);
    say("areas of least risk", mean, dispersion, &least);
    say("areas of greatest risk", mean, dispersion, &greatest);
}

int main(void)
{
    static const double means[] = {0.2, 1, 5, 20};
    for (size_t m = 0; m < sizeof means / sizeof *means; m++)
        for (int d = 1; d <= 2; d++)
            areas_in_districts(means[m], d, m * 2 + (uint64_t)d);
    return missed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
