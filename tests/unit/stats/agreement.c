/* Agreement against tests/golden/agreement.tsv (R), ties against every order of
 * choosing, and maps with nothing to agree with. */
#include "stats/agreement.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

enum { SQUARES = 2000, RESULTS = 4 };

struct table {
    double score[SQUARES];
    uint32_t earlier[SQUARES], later[SQUARES];
    struct result {
        double share, hits, hit_rate, pai, best_pai;
        unsigned chosen, later;
    } results[RESULTS];
};

static void read_golden(struct table *t)
{
    FILE *file = fopen("tests/golden/agreement.tsv", "r");
    char line[512];
    size_t squares = 0, results = 0;
    ck_assert_msg(file != NULL, "run from the top of the source");
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        if (strncmp(line, "square", 6) == 0) {
            ck_assert_uint_lt(squares, SQUARES);
            ck_assert_int_eq(sscanf(line, "%*s %lf %u %u", &t->score[squares], &t->earlier[squares],
                                    &t->later[squares]),
                             3);
            squares++;
            continue;
        }
        ck_assert_uint_lt(results, RESULTS);
        struct result *r = &t->results[results++];
        ck_assert_int_eq(sscanf(line, "%*s %lf %u %lf %u %lf %lf %lf", &r->share, &r->chosen,
                                &r->hits, &r->later, &r->hit_rate, &r->pai, &r->best_pai),
                         7);
    }
    fclose(file);
    ck_assert(squares == SQUARES && results == RESULTS);
}

START_TEST(a_density_agrees_with_golden_values)
{
    static struct table t;
    read_golden(&t);
    for (int i = 0; i < RESULTS; i++) {
        struct result *r = &t.results[i];
        struct gk_agreements a;
        ck_assert_int_eq(gk_agreement(&a, t.score, t.earlier, t.later, SQUARES, r->share), GK_OK);
        ck_assert(a.chosen == r->chosen && a.later == r->later && a.squares == SQUARES);
        ck_assert_double_eq(a.map.hits, r->hits);
        ck_assert_double_eq_tol(a.map.hit_rate / r->hit_rate, 1, 1e-9);
        ck_assert_double_eq_tol(a.map.pai / r->pai, 1, 1e-9);
        ck_assert_double_eq_tol(a.best.pai / r->best_pai, 1, 1e-9);
        ck_assert(!a.baseline.is_null && a.baseline.hits < a.best.hits);
    }
}
END_TEST

/* Hits of the first `chosen` by falling score, ties by `order`; the sum over all
 * orders of five squares. */
static double mean_over_orders(const double *score, const uint32_t *later, size_t chosen)
{
    double sum = 0;
    int orders = 0;
    for (int code = 0; code < 3125; code++) {
        int rank[5], seen = 0;
        for (int i = 0, c = code; i < 5; i++, c /= 5)
            seen |= 1 << (rank[i] = c % 5);
        if (seen != 31)
            continue;
        orders++;
        for (int i = 0; i < 5; i++) {
            size_t before = 0;
            for (int j = 0; j < 5; j++)
                before += score[j] > score[i] || (score[j] >= score[i] && rank[j] < rank[i]);
            sum += before < chosen ? later[i] : 0;
        }
    }
    ck_assert_int_eq(orders, 120);
    return sum / orders;
}

START_TEST(ties_share_the_places_that_are_left)
{
    static const double scores[][5] = {
        {1, 1, 1, 1, 1}, {3, 1, 1, 1, 0}, {0, 0, 2, 2, 2}, {5, 4, 3, 2, 1}};
    static const uint32_t earlier[] = {2, 2, 0, 0, 1}, later[] = {7, 0, 3, 1, 5};
    for (size_t s = 0; s < sizeof scores / sizeof *scores; s++)
        for (size_t chosen = 1; chosen <= 5; chosen++) {
            struct gk_agreements a;
            double counts[] = {2, 2, 0, 0, 1};
            ck_assert_int_eq(gk_agreement(&a, scores[s], earlier, later, 5, (double)chosen / 5),
                             GK_OK);
            ck_assert_uint_eq(a.chosen, chosen);
            ck_assert_double_eq_tol(a.map.hits, mean_over_orders(scores[s], later, chosen), 1e-12);
            ck_assert_double_eq_tol(a.baseline.hits, mean_over_orders(counts, later, chosen),
                                    1e-12);
            ck_assert(a.best.hits >= a.map.hits && a.best.hits >= a.baseline.hits);
        }
}
END_TEST

START_TEST(a_map_that_says_nothing_has_an_index_of_one)
{
    double flat[1000] = {0};
    uint32_t earlier[1000] = {0}, later[1000];
    struct gk_agreements a;
    for (uint32_t i = 0; i < 1000; i++)
        later[i] = i % 7;
    ck_assert_int_eq(gk_agreement(&a, flat, earlier, later, 1000, 0.05), GK_OK);
    ck_assert_double_eq_tol(a.map.pai, 1, 1e-12);
    ck_assert_double_eq_tol(a.baseline.pai, 1, 1e-12);
    ck_assert_double_gt(a.best.pai, 1.9);
}
END_TEST

START_TEST(nothing_to_agree_with_is_null)
{
    double score[] = {3, -HUGE_VAL, HUGE_VAL};
    uint32_t some[] = {1, 0, 4}, none[] = {0, 0, 0};
    struct gk_agreements a;
    ck_assert_int_eq(gk_agreement(&a, score, some, none, 3, 1), GK_OK);
    ck_assert(a.map.is_null && a.baseline.is_null && a.best.is_null && a.later == 0);
    ck_assert_int_eq(gk_agreement(&a, score, none, some, 3, 0.1), GK_OK); /* less than a square */
    ck_assert(a.map.is_null && a.chosen == 0 && a.map.pai == 0);
    ck_assert_int_eq(gk_agreement(&a, score, none, some, 3, 1), GK_OK);
    ck_assert(!a.map.is_null && a.map.hits == 5 && a.map.hit_rate == 1 && a.map.pai == 1);
    ck_assert_int_eq(gk_agreement(&a, score, none, some, 1, 1), GK_OK); /* one square */
    ck_assert_double_eq(a.map.pai, 1);
    ck_assert_int_eq(gk_agreement(&a, NULL, NULL, NULL, 0, 0.5), GK_OK);
    ck_assert(a.map.is_null && a.squares == 0);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    double score[] = {1, NAN};
    uint32_t counts[] = {1, 1};
    struct gk_agreements a;
    ck_assert_int_eq(gk_agreement(&a, score, counts, counts, 2, 0.5), GK_INVALID);
    static const double shares[] = {-0.1, 1.1, NAN};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        ck_assert_int_eq(gk_agreement(&a, score, counts, counts, 1, shares[i]), GK_INVALID);
}
END_TEST

GK_UNIT_MAIN("stats/agreement", a_density_agrees_with_golden_values,
             ties_share_the_places_that_are_left, a_map_that_says_nothing_has_an_index_of_one,
             nothing_to_agree_with_is_null, nonsense_is_refused)
