/* Scans against tests/golden/scan*.tsv (R, by brute force), and against plain
 * loops over all circles and spans of small tables with ties. */
#include "stats/scan.h"

#include <string.h>

#include "base/random.h"
#include "table.h"
#include "unit.h"

enum { WEEKS = 40, PLACES = 29, B = GK_SCAN_REPLICATES };

struct golden {
    double *places, *e, *n, *dwellings;
    uint32_t cases[PLACES * WEEKS];
    struct gk_scan_input input;
};

static void golden_init(struct golden *g)
{
    size_t places, rows;
    g->places = table_read("tests/golden/scan_places.tsv", 3, &places);
    ck_assert_uint_eq(places, PLACES);
    g->e = table_column(g->places, places, 3, 0);
    g->n = table_column(g->places, places, 3, 1);
    g->dwellings = table_column(g->places, places, 3, 2);
    memset(g->cases, 0, sizeof g->cases);
    double *c = table_read("tests/golden/scan_cases.tsv", 3, &rows);
    for (size_t i = 0; i < rows; i++)
        g->cases[(size_t)c[3 * i] * WEEKS + (size_t)c[3 * i + 1] - 1] += (uint32_t)c[3 * i + 2];
    free(c);
    g->input = (struct gk_scan_input){g->e, g->n, g->dwellings, g->cases, PLACES, WEEKS};
}

static void golden_release(struct golden *g)
{
    free(g->places), free(g->e), free(g->n), free(g->dwellings);
}

/* Bit i: place i belongs to the cluster. */
static uint64_t members(const struct gk_scan_input *input, const struct gk_scan_cluster *cluster)
{
    uint64_t set = 0;
    for (uint32_t i = 0; i < input->places; i++)
        if (hypot(input->e_m[i] - input->e_m[cluster->centre],
                  input->n_m[i] - input->n_m[cluster->centre]) <= cluster->radius_m + 1e-9)
            set |= UINT64_C(1) << i;
    return set;
}

/* Two samples of B: their shares below a value agree within 4 standard errors. */
static void check_share(double have, double p)
{
    ck_assert_msg(fabs(have - p) <= 4 * sqrt(2 * (p * (1 - p) + 1.0 / B) / B), "%g, expected %g",
                  have, p);
}

/* What a Gumbel p says, in scales from the mode; its error by the delta method for
 * two samples of B. */
static void check_gumbel(double have, double p)
{
    double x = -log(-log1p(-have)), y = -log(-log1p(-p)), slope = 1.2825498301618641;
    double error = sqrt(2 * (slope * slope + 1.1 * (y - 0.5772) * (y - 0.5772)) / B);
    ck_assert_msg(fabs(x - y) <= 4 * error, "%g, expected %g", have, p);
}

static void check_scan(struct golden *g, const double *want)
{
    static const double share[] = {0.05, 0.5, 0.9, 0.95, 0.99};
    bool prospective = want[1] != 0;
    struct gk_scan_options options = {.model = want[0] != 0 ? GK_SCAN_PERMUTATION : GK_SCAN_POISSON,
                                      .prospective = prospective,
                                      .max_window = prospective ? 12 : 20,
                                      .max_share = GK_SCAN_MAX_SHARE,
                                      .replicates = B,
                                      .seed = 1};
    struct gk_scan scan;
    struct gk_scan_cluster clusters[10];
    double maxima[B];
    ck_assert_int_eq(gk_scan(&scan, clusters, 10, maxima, &g->input, &options), GK_OK);
    ck_assert_double_eq((double)scan.cases, want[2]);
    ck_assert_double_eq(scan.zones, want[3]);
    ck_assert_double_eq(scan.windows, want[4]);
    ck_assert_uint_ge(scan.clusters, 2);
    ck_assert_uint_eq(scan.left_out, 0);
    check_near(clusters[0].llr, want[5], 1e-9, "llr", 0);
    ck_assert_double_eq((double)clusters[0].cases, want[6]);
    check_near(clusters[0].expected, want[7], 1e-9, "expected", 0);
    ck_assert_double_eq(clusters[0].first + 1, want[8]);
    ck_assert_double_eq(clusters[0].last + 1, want[9]);
    ck_assert_double_eq((double)members(&g->input, &clusters[0]), want[10]);
    ck_assert_uint_eq((unsigned)__builtin_popcountll(members(&g->input, &clusters[0])),
                      clusters[0].places);
    check_share(clusters[0].p, want[11]);
    check_gumbel(clusters[0].gumbel_p, want[12]);
    for (int q = 0; q < 5; q++) {
        double below = 0;
        for (int r = 0; r < B; r++)
            below += maxima[r] <= want[13 + q];
        check_share(below / B, share[q]);
    }
    check_near(scan.llr_sum, want[18], 1e-9, "sum of llr", 0);
    if (prospective)
        ck_assert_double_eq(clusters[0].recurrence, 1 / clusters[0].p);
    else
        ck_assert(isnan(clusters[0].recurrence));
    uint64_t seen = 0;
    for (uint32_t k = 0; k < scan.clusters; k++) {
        uint64_t set = members(&g->input, &clusters[k]);
        ck_assert_uint_eq(seen & set, 0);
        seen |= set;
        ck_assert(clusters[k].llr > 0);
        ck_assert(k == 0 || clusters[k].llr <= clusters[k - 1].llr);
        ck_assert(k == 0 || clusters[k].p >= clusters[k - 1].p);
    }
}

START_TEST(four_scans_agree_with_golden_values)
{
    struct golden g;
    size_t rows;
    double *want = table_read("tests/golden/scan.tsv", 19, &rows);
    golden_init(&g);
    ck_assert_uint_eq(rows, 4);
    for (size_t i = 0; i < rows; i++)
        check_scan(&g, want + 19 * i);
    golden_release(&g);
    free(want);
}
END_TEST

START_TEST(llr_agrees_with_golden_values)
{
    size_t rows;
    double *g = table_read("tests/golden/scan_llr.tsv", 4, &rows);
    ck_assert_uint_eq(rows, 20);
    for (size_t i = 0; i < rows; i++)
        check_near(gk_scan_llr(g[4 * i + 1], g[4 * i + 2], g[4 * i]), g[4 * i + 3], 1e-9, "llr", i);
    ck_assert_double_eq(gk_scan_llr(3, 3, 10), 0);
    ck_assert_double_eq(gk_scan_llr(2, 3, 10), 0);
    ck_assert_double_eq(gk_scan_llr(2, 0, 10), 0);
    ck_assert_double_eq_tol(gk_scan_llr(10, 5, 10), 10 * log(2), 1e-14);
    free(g);
}
END_TEST

/* A lattice, where all distances tie. */
enum { SIDE = 5, LATTICE = SIDE * SIDE, SPANS = 6 };

static void lattice(double *e, double *n, uint32_t *cases, double *population,
                    const uint32_t *order, uint64_t seed)
{
    struct gk_random random;
    gk_random_init(&random, seed, 0);
    for (uint32_t i = 0; i < LATTICE; i++) {
        uint32_t at = order == NULL ? i : order[i];
        e[at] = 250 * (i % SIDE);
        n[at] = 250 * (double)(i / SIDE);
        population[at] = (double)gk_random_below(&random, 40);
        for (uint32_t t = 0; t < SPANS; t++)
            cases[at * SPANS + t] = gk_random_poisson(&random, population[at] / 60);
    }
}

/* The largest llr over all circles and spans, by loops. */
static double largest(const struct gk_scan_input *in, const struct gk_scan_options *o)
{
    double most = 0, all = 0, total = 0;
    bool poisson = o->model == GK_SCAN_POISSON;
    double row[LATTICE] = {0}, column[SPANS] = {0};
    for (uint32_t i = 0; i < LATTICE; i++) {
        for (uint32_t t = 0; t < SPANS; t++) {
            row[i] += in->cases[i * SPANS + t], column[t] += in->cases[i * SPANS + t];
            total += in->cases[i * SPANS + t];
        }
        row[i] = poisson ? in->population[i] : row[i];
        all += row[i];
    }
    for (uint32_t centre = 0; centre < LATTICE; centre++)
        for (int r2 = 0; r2 <= 32; r2++)
            for (uint32_t from = 0; from < SPANS; from++)
                for (uint32_t to = from + 1; to <= SPANS && to - from <= o->max_window; to++) {
                    double c = 0, weight = 0, when = 0;
                    if (o->prospective && to < SPANS)
                        continue;
                    for (uint32_t t = from; t < to; t++)
                        when += poisson ? total / SPANS : column[t];
                    for (uint32_t i = 0; i < LATTICE; i++) {
                        double de = (in->e_m[i] - in->e_m[centre]) / 250;
                        double dn = (in->n_m[i] - in->n_m[centre]) / 250;
                        if (de * de + dn * dn > r2 + 0.5)
                            continue;
                        weight += row[i];
                        for (uint32_t t = from; t < to; t++)
                            c += in->cases[i * SPANS + t];
                    }
                    if (weight <= o->max_share * all)
                        most = fmax(most, gk_scan_llr(c, weight / all * when, total));
                }
    return most;
}

START_TEST(ties_enter_together_whatever_the_order)
{
    double e[LATTICE], n[LATTICE], population[LATTICE];
    uint32_t cases[LATTICE * SPANS], order[LATTICE];
    struct gk_scan_input in = {e, n, population, cases, LATTICE, SPANS};
    struct gk_scan scan, turned;
    struct gk_scan_cluster cluster, other;
    for (uint32_t i = 0; i < LATTICE; i++)
        order[i] = i * 7 % LATTICE;
    for (int kind = 0; kind < 4; kind++)
        for (uint64_t seed = 0; seed < 5; seed++) {
            struct gk_scan_options o = {.model =
                                            kind % 2 == 0 ? GK_SCAN_POISSON : GK_SCAN_PERMUTATION,
                                        .prospective = kind > 1,
                                        .max_window = 4,
                                        .max_share = 0.4};
            lattice(e, n, cases, population, NULL, seed);
            ck_assert_int_eq(gk_scan(&scan, &cluster, 1, NULL, &in, &o), GK_OK);
            ck_assert_double_eq_tol(scan.clusters > 0 ? cluster.llr : 0, largest(&in, &o), 1e-9);
            ck_assert(scan.clusters == 0 || isnan(cluster.p));
            lattice(e, n, cases, population, order, seed);
            ck_assert_int_eq(gk_scan(&turned, &other, 1, NULL, &in, &o), GK_OK);
            ck_assert_uint_eq(scan.zones, turned.zones);
            ck_assert_double_eq_tol(turned.llr_sum, scan.llr_sum, 1e-9);
            ck_assert_double_eq_tol(other.llr, cluster.llr, 1e-12);
        }
}
END_TEST

START_TEST(maxima_of_replicates_are_those_of_full_scans)
{
    /* The quick way of a replicate against the slow way: permuting a table of one
     * case a place and period with one period changes nothing. */
    double e[LATTICE], n[LATTICE], population[LATTICE], maxima[3];
    uint32_t cases[LATTICE * SPANS];
    struct gk_scan_input in = {e, n, population, cases, LATTICE, 1};
    struct gk_scan_options o = {GK_SCAN_PERMUTATION, false, 1, 0.5, 3, 1};
    struct gk_scan scan;
    struct gk_scan_cluster cluster;
    lattice(e, n, cases, population, NULL, 3);
    /* One period: the place's cases are its expectation. */
    ck_assert_int_eq(gk_scan(&scan, &cluster, 1, maxima, &in, &o), GK_OK);
    ck_assert_uint_eq(scan.clusters, 0);
    ck_assert(maxima[0] == 0 && maxima[1] == 0 && maxima[2] == 0);
    /* Poisson with all cases in the only place with dwellings: always the same. */
    memset(population, 0, sizeof population);
    memset(cases, 0, sizeof cases);
    population[3] = 10, cases[3] = 7, cases[4] = 2;
    o.model = GK_SCAN_POISSON, o.max_share = 1;
    ck_assert_int_eq(gk_scan(&scan, &cluster, 1, maxima, &in, &o), GK_OK);
    ck_assert(scan.cases == 7 && scan.left_out == 2 && scan.clusters == 0 && maxima[0] == 0);
    /* With two periods the replicates have only the split in time. */
    struct gk_scan_input two = {e, n, population, cases, 2, 2};
    population[0] = 5, population[1] = 0;
    cases[0] = 4, cases[1] = 0, cases[2] = 9, cases[3] = 9;
    o.max_window = 1, o.replicates = 3;
    ck_assert_int_eq(gk_scan(&scan, &cluster, 1, maxima, &two, &o), GK_OK);
    ck_assert(scan.cases == 4 && scan.left_out == 18);
    ck_assert_double_eq_tol(cluster.llr, 4 * log(2), 1e-14);
    for (int r = 0; r < 3; r++) {
        bool known = fabs(maxima[r]) < 1e-12 || fabs(maxima[r] - 4 * log(2)) < 1e-12 ||
                     fabs(maxima[r] - gk_scan_llr(3, 2, 4)) < 1e-12;
        ck_assert(known);
    }
}
END_TEST

START_TEST(nothing_one_place_and_one_spot_have_no_cluster)
{
    static const double at[4] = {0}, dwellings[] = {5, 5, 5, 5}, none[4] = {0};
    static const uint32_t zero[8] = {0}, one[] = {1, 0, 0, 0, 0, 0, 0, 0};
    struct gk_scan_options o = {GK_SCAN_POISSON, true, 2, 0.5, 19, 1};
    struct gk_scan scan;
    struct gk_scan_cluster cluster;
    for (int model = 0; model < 2; model++) {
        o.model = (enum gk_scan_model)model;
        const struct gk_scan_input nothing = {at, at, dwellings, zero, 4, 2};
        const struct gk_scan_input place = {at, at, dwellings, one, 1, 2};
        const struct gk_scan_input spot = {at, at, dwellings, one, 4, 2};
        const struct gk_scan_input empty = {at, at, none, one, 4, 2};
        const struct gk_scan_input *inputs[] = {&nothing, &place, &spot, &empty};
        for (int i = 0; i < 4; i++) {
            ck_assert_int_eq(gk_scan(&scan, &cluster, 1, NULL, inputs[i], &o), GK_OK);
            ck_assert_uint_eq(scan.clusters, 0);
            ck_assert_double_eq(scan.llr_sum, 0);
        }
    }
    /* One incident in four equal places apart: as likely in any of them. */
    static const double apart[] = {0, 1000, 3000, 7000};
    const struct gk_scan_input incident = {apart, at, dwellings, one, 4, 2};
    o = (struct gk_scan_options){GK_SCAN_POISSON, false, 1, 0.5, 99, 1};
    ck_assert_int_eq(gk_scan(&scan, &cluster, 1, NULL, &incident, &o), GK_OK);
    ck_assert_uint_eq(scan.clusters, 1);
    ck_assert_double_eq_tol(cluster.llr, log(8), 1e-14);
    ck_assert_double_eq(cluster.p, 1);
    ck_assert_double_eq(cluster.gumbel_p, 1); /* no spread: the counted p */
}
END_TEST

START_TEST(the_same_seed_gives_the_same_maxima)
{
    struct golden g;
    struct gk_scan_options o = {GK_SCAN_POISSON, true, 12, 0.5, 50, 7};
    struct gk_scan scan;
    double a[50], b[50];
    golden_init(&g);
    ck_assert_int_eq(gk_scan(&scan, NULL, 0, a, &g.input, &o), GK_OK);
    ck_assert_int_eq(gk_scan(&scan, NULL, 0, b, &g.input, &o), GK_OK);
    ck_assert_mem_eq(a, b, sizeof a);
    o.replicates = 20; /* each has its own stream: fewer are a part of more */
    ck_assert_int_eq(gk_scan(&scan, NULL, 0, b, &g.input, &o), GK_OK);
    ck_assert_mem_eq(a, b, 20 * sizeof *a);
    golden_release(&g);
}
END_TEST

START_TEST(nonsense_and_excess_are_refused)
{
    static const double at[] = {0, 1}, off[] = {0, NAN}, dwellings[] = {1, -1};
    static const uint32_t cases[] = {1, 1, 1, 1}, many[] = {60000000, 60000000, 0, 0};
    const struct gk_scan_input in = {at, at, at, cases, 2, 2};
    const struct gk_scan_input bad[] = {{at, off, at, cases, 2, 2},
                                        {at, at, dwellings, cases, 2, 2},
                                        {at, at, off, cases, 2, 2},
                                        {at, at, at, cases, 0, 2},
                                        {at, at, at, cases, 2, 0}};
    const struct gk_scan_options fine = {GK_SCAN_POISSON, false, 1, 0.5, 9, 1};
    const struct gk_scan_options wrong[] = {
        {GK_SCAN_POISSON, false, 0, 0.5, 9, 1},      {GK_SCAN_POISSON, false, 3, 0.5, 9, 1},
        {GK_SCAN_POISSON, false, 1, 0, 9, 1},        {GK_SCAN_POISSON, false, 1, 1.1, 9, 1},
        {GK_SCAN_POISSON, false, 1, NAN, 9, 1},      {GK_SCAN_POISSON, false, 1, 0.5, 100000, 1},
        {(enum gk_scan_model)9, false, 1, 0.5, 9, 1}};
    const struct gk_scan_input huge = {at, at, at, cases, GK_SCAN_PLACES_MAX + 1, 2};
    const struct gk_scan_input full = {at, at, at, many, 2, 2};
    struct gk_scan_options costly = fine;
    struct gk_scan scan;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(gk_scan(&scan, NULL, 0, NULL, &bad[i], &fine), GK_INVALID);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_int_eq(gk_scan(&scan, NULL, 0, NULL, &in, &wrong[i]), GK_INVALID);
    ck_assert_int_eq(gk_scan(&scan, NULL, 0, NULL, &huge, &fine), GK_TOO_LARGE);
    costly.model = GK_SCAN_PERMUTATION;
    ck_assert_int_eq(gk_scan(&scan, NULL, 0, NULL, &full, &costly), GK_TOO_LARGE);
}
END_TEST

GK_UNIT_MAIN("stats/scan", four_scans_agree_with_golden_values, llr_agrees_with_golden_values,
             ties_enter_together_whatever_the_order, maxima_of_replicates_are_those_of_full_scans,
             nothing_one_place_and_one_spot_have_no_cluster, the_same_seed_gives_the_same_maxima,
             nonsense_and_excess_are_refused)
