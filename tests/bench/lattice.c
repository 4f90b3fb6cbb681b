/* Measures the lattice: how far it moves dwellings, against the targets and
 * against a pooled quadtree on the same settlement, and how long it takes for a
 * country of 5 million dwellings.
 *
 * One JSON object a line: name, value, unit, against, ratio. Against what is
 * allowed a ratio must be at most 1; a line on stderr and the exit code say when
 * one is not. What town and country mean is in tests/lib/displacement.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/displacement.h"
#include "../lib/quadtree.h"
#include "../lib/sweden.h"

static const struct gk_lattice_rule rule = {SWEDEN_SQUARE_CM, 8, 3, 200000};
static int misses;

static void print_plain(const char *name, double value, const char *unit)
{
    printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"against\":null,\"ratio\":null}\n",
           name, value, unit);
}

static void print_target(const char *name, double value, const char *unit, double most)
{
    if (value > most) {
        misses++;
        fprintf(stderr, "%s is %.3f %s, allowed are %g\n", name, value, unit, most);
    }
    printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"against\":\"the %g %s allowed\","
           "\"ratio\":%.3f}\n",
           name, value, unit, most, unit, value / most);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void build(struct gk_lattice *lattice, const struct sweden *s)
{
    struct gk_error error;
    if (gk_lattice_build(lattice, s->units, s->count, NULL, 0, &rule, &error) != GK_OK) {
        fprintf(stderr, "lattice: %s\n", error.message);
        exit(1);
    }
}

struct targets {
    double town_median, town_p90, country_median, country_p90, max;
};

/* Town and country of one way of making cells. */
static void split(struct displacement out[2], const struct sweden *s,
                  const struct gk_square *points)
{
    size_t count = s->address_count;
    struct displaced *displaced = calloc(count + 1, sizeof *displaced);
    bool *is_country = calloc(s->count + 1, sizeof *is_country);
    if (displaced == NULL || is_country == NULL)
        exit(1);
    displacement_classify(is_country, s->units, s->count, SWEDEN_SQUARE_CM);
    for (size_t i = 0; i < count; i++) {
        const struct sweden_address *address = &s->addresses[i];
        displaced[i] = (struct displaced){
            displacement_distance_m(address->place, points[address->unit], SWEDEN_SQUARE_CM),
            address->dwellings, is_country[address->unit]};
    }
    out[0] = displacement_of(displaced, count, false);
    out[1] = displacement_of(displaced, count, true);
    free(displaced);
    free(is_country);
}

static const char *named(const char *place, const char *what)
{
    static char name[96];
    snprintf(name, sizeof name, "lattice %s %s", place, what);
    return name;
}

static void measure_displacement(const char *place, const struct sweden *s,
                                 const struct targets *targets)
{
    struct gk_lattice lattice;
    struct displacement ours[2];
    struct displacement quad[2];
    struct gk_square *points = calloc(s->count + 1, sizeof *points);
    if (points == NULL)
        exit(1);
    build(&lattice, s);
    for (size_t i = 0; i < s->count; i++)
        points[i] = lattice.cells[lattice.cell_of_unit[i] - 1].point;
    split(ours, s, points);
    quadtree_build(points, s->units, s->count, &rule);
    split(quad, s, points);
    print_plain(named(place, "dwellings"), (double)s->dwellings, "dwellings");
    print_plain(named(place, "units"), (double)s->count, "units");
    print_plain(named(place, "cells"), (double)lattice.cell_count, "cells");
    print_plain(named(place, "dwellings per cell"),
                (double)s->dwellings / (double)lattice.cell_count, "dwellings");
    print_plain(named(place, "country share"), (double)ours[1].dwellings / (double)s->dwellings,
                "1");
    print_target(named(place, "town median"), ours[0].median_m, "m", targets->town_median);
    print_target(named(place, "town p90"), ours[0].p90_m, "m", targets->town_p90);
    print_target(named(place, "town max"), ours[0].max_m, "m", targets->max);
    print_target(named(place, "country median"), ours[1].median_m, "m", targets->country_median);
    print_target(named(place, "country p90"), ours[1].p90_m, "m", targets->country_p90);
    print_target(named(place, "country max"), ours[1].max_m, "m", targets->max);
    print_plain(named(place, "pooled quadtree town median"), quad[0].median_m, "m");
    print_plain(named(place, "pooled quadtree country median"), quad[1].median_m, "m");
    print_plain(named(place, "pooled quadtree country max"), quad[1].max_m, "m");
    double ratio = ours[1].median_m / quad[1].median_m;
    if (ratio > 0.8) {
        misses++;
        fprintf(stderr, "%s country median is %.3f of the quadtree's\n", place, ratio);
    }
    printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"m\",\"against\":\"its median with a "
           "pooled quadtree (0.8 allowed)\",\"ratio\":%.3f}\n",
           named(place, "country median"), ours[1].median_m, ratio);
    gk_lattice_release(&lattice);
    free(points);
}

/* Several municipalities of a kind together, so that no one decides. */
static void measure_settlement(const char *place, const struct sweden_kind *kind, int count,
                               const struct targets *targets)
{
    struct sweden s = {0};
    sweden_several(&s, kind, count);
    sweden_finish(&s);
    print_plain(named(place, "municipalities"), count, "municipalities");
    measure_displacement(place, &s, targets);
    sweden_release(&s);
}

/* Large and small municipalities, 1 to 12; then the same as one single district,
 * which is the worst case for the searches. */
static void measure_country(int64_t dwellings)
{
    struct sweden s = {0};
    struct gk_lattice lattice;
    for (int i = 0; s.dwellings < dwellings; i++)
        sweden_municipality(&s, i % 13 == 0 ? &sweden_large : &sweden_small, 100 + (uint64_t)i,
                            100000 + i % 20 * 46000, 6100000 + i / 20 * 46000);
    sweden_finish(&s);
    print_plain("lattice country dwellings", (double)s.dwellings, "dwellings");
    print_plain("lattice country units", (double)s.count, "units");
    print_plain("lattice country districts", (double)s.next_district, "districts");
    double start = seconds();
    build(&lattice, &s);
    print_target("lattice country build", seconds() - start, "s", 10);
    print_plain("lattice country cells", (double)lattice.cell_count, "cells");
    gk_lattice_release(&lattice);
    for (size_t i = 0; i < s.address_count; i++)
        s.addresses[i].district = 0;
    sweden_finish(&s);
    start = seconds();
    build(&lattice, &s);
    print_target("lattice country build as one district", seconds() - start, "s", 10);
    gk_lattice_release(&lattice);
    sweden_release(&s);
}

int main(int argc, char **argv)
{
    static const struct targets small = {40, 85, 300, 900, 4000};
    static const struct targets large = {40, 85, 450, 1400, 4000};
    int64_t dwellings = argc > 1 ? strtoll(argv[1], NULL, 10) : 5000000;
    measure_settlement("small", &sweden_small, 16, &small);
    measure_settlement("large", &sweden_large, 3, &large);
    measure_country(dwellings);
    return misses == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
