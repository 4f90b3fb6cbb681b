/* Watch effects against tests/golden/watch_effect.tsv (R) and
 * watch_effect_exact.tsv (whole numbers and 40 digits), and tables that say
 * nothing. */
#include "stats/watch_effect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

enum { TABLES_MAX = 16 };

static void ck_close(double value, double expected)
{
    if (isinf(expected))
        ck_assert_msg(isinf(value) && value > 0, "%g is not infinite", value);
    else
        ck_assert_msg(fabs(value - expected) <= 1e-9 * fabs(expected), "%.17g is not %.17g", value,
                      expected);
}

static FILE *golden(const char *path)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "run from the top of the source");
    return file;
}

static struct gk_effect pooled(const struct gk_effect_table *tables, size_t count, double phi,
                               double confidence)
{
    struct gk_effect effect;
    ck_assert_int_eq(gk_effect_pooled(&effect, tables, count, phi, INFINITY, confidence), GK_OK);
    return effect;
}

struct case_row {
    struct gk_effect_table table;
    struct gk_before_after buffer;
    double ratio, variance, lower, upper, wdq, wdd, wdd_se;
};

static int read_case(struct case_row *r, const char *line)
{
    struct gk_effect_table *t = &r->table;
    return sscanf(line, "%lu %lu %lu %lu %lu %lu %lf %lf %lf %lf %lf %lf %lf", &t->target.before,
                  &t->target.after, &r->buffer.before, &r->buffer.after, &t->control.before,
                  &t->control.after, &r->ratio, &r->variance, &r->lower, &r->upper, &r->wdq,
                  &r->wdd, &r->wdd_se);
}

START_TEST(cases_agree_with_r)
{
    FILE *file = golden("tests/golden/watch_effect.tsv");
    static const enum gk_displacement_class classes[] = {
        GK_DISPLACEMENT_DIFFUSED, GK_DISPLACEMENT_UNSAID, GK_DISPLACEMENT_UNSAID,
        GK_DISPLACEMENT_UNSAID, GK_DISPLACEMENT_DIFFUSED};
    char line[512];
    size_t n = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        struct case_row r;
        if (line[0] == '#')
            continue;
        ck_assert_int_eq(read_case(&r, line), 13);
        ck_assert_uint_lt(n, 5);
        struct gk_effect e = pooled(&r.table, 1, 1, 0.95);
        ck_close(e.value, r.ratio);
        ck_close(e.log_variance, r.variance);
        /* Exact is wider than Woolf's, and here not by much. */
        if (r.table.target.after > 0) {
            ck_assert_double_lt(e.interval.lower, r.lower);
            ck_assert_double_gt(e.interval.lower, r.lower * 0.97);
            ck_assert_double_gt(e.interval.upper, r.upper);
            ck_assert_double_lt(e.interval.upper, r.upper * 1.04);
        }
        struct gk_displacement_quotient q = gk_displacement_quotient(&r.table, &r.buffer, &e);
        ck_close(q.value, r.wdq);
        ck_assert(!q.is_null);
        ck_assert_int_eq(q.class, classes[n]);
        struct gk_displacement places = {
            .target = r.table.target, .control = r.table.control, .ratio = 1, .buffer_ratio = 1};
        struct gk_displacement_difference d = gk_displacement_difference(&places, 1, 0.95);
        ck_close(d.value, r.wdd);
        ck_close(sqrt(d.variance), r.wdd_se);
        n++;
    }
    fclose(file);
    ck_assert_uint_eq(n, 5);
}
END_TEST

struct set {
    int number;
    size_t count;
    struct gk_effect_table tables[TABLES_MAX];
    double dispersion, freedom, confidence, value, variance, lower, upper;
};

static void check_set(const struct set *s)
{
    struct gk_effect e;
    ck_assert_int_eq(
        gk_effect_pooled(&e, s->tables, s->count, s->dispersion, s->freedom, s->confidence), GK_OK);
    ck_assert(e.is_exact && !e.is_null);
    ck_close(e.value, s->value);
    ck_close(e.log_variance, s->variance);
    ck_close(e.interval.lower, s->lower);
    ck_close(e.interval.upper, s->upper);
}

START_TEST(exact_intervals_agree_with_whole_numbers)
{
    FILE *file = golden("tests/golden/watch_effect_exact.tsv");
    struct set s = {.number = -1};
    char line[512];
    int sets = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        struct gk_effect_table t;
        int number;
        if (line[0] == '#')
            continue;
        double v[7];
        ck_assert_int_eq(sscanf(line, "%d %lu %lu %lu %lu %lf %lf %lf %lf %lf %lf %lf", &number,
                                &t.target.before, &t.target.after, &t.control.before,
                                &t.control.after, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6]),
                         12);
        if (number != s.number && s.count > 0)
            check_set(&s);
        if (number != s.number) {
            s = (struct set){number, 0,   {{{0, 0}, {0, 0}}}, v[0], v[1], v[2], v[3], v[4],
                             v[5],   v[6]};
            sets++;
        }
        ck_assert_uint_lt(s.count, TABLES_MAX);
        s.tables[s.count++] = t;
    }
    check_set(&s);
    fclose(file);
    ck_assert_int_eq(sets, 68);
}
END_TEST

START_TEST(tables_without_information_are_null_or_count_for_nothing)
{
    static const struct gk_effect_table empty[] = {
        {{0, 0}, {0, 0}}, {{5, 3}, {0, 0}}, {{0, 0}, {9, 9}}, {{5, 0}, {7, 0}}, {{0, 5}, {0, 7}}};
    struct gk_effect_table two[2] = {{{20, 12}, {90, 95}}, {{5, 3}, {0, 0}}};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct gk_effect e = pooled(&empty[i], 1, 1, 0.95);
        ck_assert(e.is_null);
        ck_assert_double_eq(e.value, 0);
    }
    ck_assert(pooled(empty, 5, 1, 0.95).is_null);
    struct gk_effect one = pooled(two, 1, 1, 0.95), both = pooled(two, 2, 1, 0.95);
    ck_assert_double_eq(one.value, both.value);
    ck_assert_double_eq(one.interval.upper, both.interval.upper);
    ck_assert_double_eq(one.log_variance, both.log_variance);
    /* One event in each of two cells. */
    static const struct gk_effect_table single = {{1, 0}, {0, 1}};
    struct gk_effect s = pooled(&single, 1, 1, 0.95);
    ck_assert(isinf(s.value) && isinf(s.interval.upper));
    /* P(a = 1) = r / (1 + r) is 0.025. */
    ck_close(s.interval.lower, 0.025 / 0.975);
}
END_TEST

START_TEST(turning_the_tables_turns_the_ratio)
{
    static const struct gk_effect_table t = {{14, 3}, {41, 52}}, turned = {{3, 14}, {52, 41}};
    struct gk_effect e = pooled(&t, 1, 1.3, 0.95), f = pooled(&turned, 1, 1.3, 0.95);
    ck_close(e.value * f.value, 1);
    ck_close(e.interval.lower * f.interval.upper, 1);
    ck_close(e.interval.upper * f.interval.lower, 1);
}
END_TEST

START_TEST(large_counts_are_bounded)
{
    static const struct gk_effect_table many = {{5000000, 4900000}, {5000000, 5000000}};
    static const struct gk_effect_table edge = {{10000, 9000}, {30000, 31000}};
    static const struct gk_effect_table over = {{1000000001, 1}, {1, 1}};
    struct gk_effect e = pooled(&many, 1, 1, 0.95), f = pooled(&edge, 1, 1, 0.95);
    ck_assert(!e.is_exact && f.is_exact);
    ck_assert_double_eq_tol(e.interval.lower, 5.0 / 4.9 * exp(-1.959964 * sqrt(8.04082e-7)), 1e-8);
    /* Exact and by the variance agree within 1 % of the width. */
    double wide = exp(1.959963984540054 * sqrt(f.log_variance)),
           width = f.value * (wide - 1 / wide);
    ck_assert_double_eq_tol(f.interval.lower, f.value / wide, 0.01 * width);
    ck_assert_double_eq_tol(f.interval.upper, f.value * wide, 0.01 * width);
    ck_assert_int_eq(gk_effect_pooled(&e, &over, 1, 1, INFINITY, 0.95), GK_TOO_LARGE);
}
END_TEST

START_TEST(the_largest_dispersion_still_has_an_interval)
{
    static const struct gk_effect_table t = {{300, 200}, {900, 900}};
    struct gk_effect e = pooled(&t, 1, 100, 0.95);
    ck_assert(e.interval.lower > 0 && e.interval.lower < 0.6);
    ck_assert(e.interval.upper > 3.5 && !isinf(e.interval.upper));
    /* With one degree of freedom nothing is excluded, and it is said that this is so. */
    ck_assert_int_eq(gk_effect_pooled(&e, &t, 1, 100, 1, 0.95), GK_OK);
    ck_assert(!e.is_exact && e.interval.lower == 0 && isinf(e.interval.upper));
    ck_close(e.value, 1.5);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const struct gk_effect_table t = {{3, 2}, {9, 9}};
    static const double dispersions[] = {0, 0.99, NAN, INFINITY, 101},
                        confidences[] = {0, 1, NAN, 2};
    struct gk_effect e;
    ck_assert_int_eq(gk_effect_pooled(&e, &t, 0, 1, INFINITY, 0.95), GK_INVALID);
    ck_assert_int_eq(gk_effect_pooled(&e, &t, GK_EFFECT_AREAS_MAX + 1, 1, INFINITY, 0.95),
                     GK_INVALID);
    for (size_t i = 0; i < sizeof dispersions / sizeof *dispersions; i++)
        ck_assert_int_eq(gk_effect_pooled(&e, &t, 1, dispersions[i], INFINITY, 0.95), GK_INVALID);
    for (size_t i = 0; i < sizeof confidences / sizeof *confidences; i++)
        ck_assert_int_eq(gk_effect_pooled(&e, &t, 1, 1, INFINITY, confidences[i]), GK_INVALID);
    ck_assert_int_eq(gk_effect_pooled(&e, &t, 1, 2, 0, 0.95), GK_INVALID);
    ck_assert_int_eq(gk_effect_pooled(&e, &t, 1, 2, NAN, 0.95), GK_INVALID);
    ck_assert_int_eq(gk_effect_pooled(&e, &t, 1, 1, 0, 0.95), GK_OK);
}
END_TEST

START_TEST(the_spread_is_that_of_the_share)
{
    static const uint32_t target[] = {2, 4}, control[] = {4, 2};
    static const uint32_t longer[] = {1, 0, 1, 4, 0}, beside[] = {2, 1, 1, 1, 1};
    static const uint32_t season[] = {10, 40, 20}, twice[] = {20, 80, 40}, none[] = {0, 0, 0};
    /* By hand: four cells, each expected 3, each off by 1. */
    struct gk_effect_spread s = gk_effect_spread_of(target, control, 2);
    ck_close(s.pearson, 4.0 / 3);
    ck_assert(s.freedom == 1 && s.events == 6);
    /* Twelve events make two parts of five: three months and two. */
    s = gk_effect_spread_of(longer, beside, 5);
    ck_close(s.pearson, 4.0 / 3);
    ck_assert(s.freedom == 1 && s.events == 6);
    /* A common season is no spread; an empty place says nothing. */
    s = gk_effect_spread_of(season, twice, 3);
    ck_assert_double_eq_tol(s.pearson, 0, 1e-12);
    ck_assert(s.freedom == 2 && s.events == 70);
    ck_assert_double_eq(gk_effect_spread_of(season, none, 3).freedom, 0);
    ck_assert_double_eq(gk_effect_spread_of(none, season, 3).freedom, 0);
    ck_assert_double_eq(gk_effect_spread_of(none, none, 3).freedom, 0);
    ck_assert_double_eq(gk_effect_spread_of(season, twice, 1).freedom, 0);
    ck_assert_double_eq(gk_effect_spread_of(NULL, NULL, 0).freedom, 0);
    /* Nine events are less than two parts; all in one month are one. */
    static const uint32_t few[] = {2, 2, 1}, four[] = {1, 2, 1}, burst[] = {0, 90, 0};
    ck_assert_double_eq(gk_effect_spread_of(few, four, 3).freedom, 0);
    ck_assert_double_eq(gk_effect_spread_of(burst, burst, 3).freedom, 0);
}
END_TEST

START_TEST(dispersion_is_solved_for_all_areas)
{
    double freedom = 7;
    struct gk_effect_spread s[] = {{4.0 / 3, 1, 6}, {4.0 / 3, 1, 6}, {0, 0, 0}};
    ck_assert_double_eq(gk_effect_dispersion(&freedom, s, 0), 1);
    ck_assert_double_eq(freedom, 0);
    /* By hand: 4/3 = 6 phi / (5 + phi) is solved by 10/7, for one and for two. */
    for (size_t n = 1; n <= 3; n++) {
        ck_close(gk_effect_dispersion(&freedom, s, n), 10.0 / 7);
        ck_assert_double_eq(freedom, n < 2 ? 1 : 2);
    }
    /* 2 phi / (1 + phi) + 4 phi / (3 + phi) at 3 is 3.5. */
    struct gk_effect_spread two[] = {{1, 1, 2}, {2.5, 1, 4}};
    ck_close(gk_effect_dispersion(&freedom, two, 2), 3);
    two[0].pearson = 0.5;
    two[1].pearson = 1;
    ck_assert_double_eq(gk_effect_dispersion(&freedom, two, 2), 1);
    /* More than any dispersion explains. */
    two[0].pearson = 50;
    ck_assert_double_eq(gk_effect_dispersion(&freedom, two, 2), GK_EFFECT_DISPERSION_MAX);
}
END_TEST

START_TEST(displacement_agrees_with_the_published_example)
{
    /* Wheeler, Ratcliffe 2018: -118, standard error sqrt(1568), z -2.98, -196 to -40. */
    struct gk_displacement p = {{207, 110}, {308, 318}, {178, 157}, {150, 140}, 1, 1};
    struct gk_displacement_difference d = gk_displacement_difference(&p, 1, 0.95);
    ck_assert(!d.is_null);
    ck_assert_double_eq(d.value, -118);
    ck_assert_double_eq(d.variance, 1568);
    ck_assert_double_eq_tol(d.z, -2.98, 0.005);
    ck_close(d.interval.lower, -118 - 1.959963984540054 * sqrt(1568));
    ck_assert_double_eq_tol(d.interval.upper, -40, 0.5);
    /* A control of four times the dwellings: by hand. */
    struct gk_displacement q = {{10, 6}, {40, 44}, {0, 0}, {0, 0}, 0.25, 1};
    d = gk_displacement_difference(&q, 2, 0.95);
    ck_assert_double_eq(d.value, -5);
    ck_assert_double_eq(d.variance, 2 * (16 + 84.0 / 16));
}
END_TEST

START_TEST(displacement_without_events_or_sense_is_null)
{
    struct gk_displacement none = {.ratio = 1, .buffer_ratio = 1}, p = none;
    ck_assert(gk_displacement_difference(&none, 1, 0.95).is_null);
    p.target.before = 4;
    ck_assert(!gk_displacement_difference(&p, 1, 0.95).is_null);
    ck_assert(gk_displacement_difference(&p, 0.5, 0.95).is_null);
    ck_assert(gk_displacement_difference(&p, NAN, 0.95).is_null);
    ck_assert(gk_displacement_difference(&p, 1, 1).is_null);
    p.ratio = 0;
    ck_assert(gk_displacement_difference(&p, 1, 0.95).is_null);
    p.ratio = INFINITY;
    ck_assert(gk_displacement_difference(&p, 1, 0.95).is_null);
    p.ratio = 1;
    p.buffer_ratio = NAN;
    ck_assert(gk_displacement_difference(&p, 1, 0.95).is_null);
    p.buffer_ratio = 1;
    p.buffer.after = UINT64_MAX;
    ck_assert(gk_displacement_difference(&p, 1, 0.95).is_null);
}
END_TEST

START_TEST(the_quotient_needs_controls_and_a_certain_fall)
{
    static const struct gk_before_after fell = {90, 50}, rose = {90, 150}, same = {90, 90};
    struct gk_effect_table t = {{200, 100}, {500, 500}}, empty = {{200, 100}, {500, 0}},
                           still = {{200, 200}, {500, 500}};
    struct gk_effect e = pooled(&t, 1, 1, 0.95), none = {.is_null = true};
    ck_assert_double_gt(e.interval.lower, 1);
    /* By hand: 40 of the buffer as 100 of the target fell. */
    ck_assert_double_eq_tol(gk_displacement_quotient(&t, &fell, &e).value, 0.4, 1e-15);
    ck_assert_int_eq(gk_displacement_quotient(&t, &fell, &e).class, GK_DISPLACEMENT_DIFFUSED);
    ck_assert_int_eq(gk_displacement_quotient(&t, &rose, &e).class, GK_DISPLACEMENT_DISPLACED);
    ck_assert_int_eq(gk_displacement_quotient(&t, &same, &e).class, GK_DISPLACEMENT_NONE);
    ck_assert_int_eq(gk_displacement_quotient(&t, &fell, &none).class, GK_DISPLACEMENT_UNSAID);
    ck_assert(gk_displacement_quotient(&empty, &fell, &e).is_null);
    ck_assert(gk_displacement_quotient(&still, &fell, &e).is_null);
}
END_TEST

START_TEST(a_spike_is_an_upper_tail)
{
    /* By hand: 3 of 3 in the last of two years is 1/8; 2 or more of 3, a half. */
    ck_close(gk_spike_p(0, 1, 3), 0.125);
    ck_close(gk_spike_p(1, 1, 2), 0.5);
    /* Four years before: 2 of 2 at 1/5 each. */
    ck_close(gk_spike_p(0, 4, 2), 0.04);
    ck_assert_double_eq(gk_spike_p(0, 3, 0), 1);
    ck_assert_double_eq(gk_spike_p(9, 3, 0), 1);
    ck_assert(isnan(gk_spike_p(1, 0, 1)) && isnan(gk_spike_p(1, NAN, 1)));
    ck_assert(isnan(gk_spike_p(UINT64_MAX, 1, 1)) && isnan(gk_spike_p(1, 1, UINT64_MAX)));
}
END_TEST

GK_UNIT_MAIN("stats/watch_effect", cases_agree_with_r, exact_intervals_agree_with_whole_numbers,
             tables_without_information_are_null_or_count_for_nothing,
             turning_the_tables_turns_the_ratio, large_counts_are_bounded,
             the_largest_dispersion_still_has_an_interval, nonsense_is_refused,
             the_spread_is_that_of_the_share, dispersion_is_solved_for_all_areas,
             displacement_agrees_with_the_published_example,
             displacement_without_events_or_sense_is_null,
             the_quotient_needs_controls_and_a_certain_fall, a_spike_is_an_upper_tail)
