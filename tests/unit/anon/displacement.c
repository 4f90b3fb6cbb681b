/* How far the lattice moves dwellings on synthetic settlements: the targets that
 * were set for it, and the pooled quadtree (tests/lib/quadtree.h) as the rival.
 * tests/bench/lattice.c measures the same on more of them, with optimisation. */
#include "displacement.h"

#include "quadtree.h"
#include "sweden.h"
#include "unit.h"

static const struct gk_lattice_rule rule = {SWEDEN_SQUARE_CM, 8, 3, 200000};

static void measure(struct displacement out[2], const struct sweden *s,
                    const struct gk_square *points)
{
    struct displaced *displaced = calloc(s->address_count, sizeof *displaced);
    bool *is_country = calloc(s->count, sizeof *is_country);
    ck_assert(displaced != NULL && is_country != NULL);
    displacement_classify(is_country, s->units, s->count, SWEDEN_SQUARE_CM);
    for (size_t i = 0; i < s->address_count; i++) {
        const struct sweden_address *a = &s->addresses[i];
        displaced[i] =
            (struct displaced){displacement_distance_m(a->place, points[a->unit], SWEDEN_SQUARE_CM),
                               a->dwellings, is_country[a->unit]};
    }
    out[0] = displacement_of(displaced, s->address_count, false);
    out[1] = displacement_of(displaced, s->address_count, true);
    free(displaced);
    free(is_country);
}

static void assert_targets(const struct sweden_kind *kind, int count, double country_median_m,
                           double country_p90_m)
{
    struct sweden s = {0};
    struct gk_lattice lattice;
    struct displacement ours[2];
    struct displacement rival[2];
    sweden_several(&s, kind, count);
    sweden_finish(&s);
    struct gk_square *points = calloc(s.count, sizeof *points);
    ck_assert_ptr_nonnull(points);
    ck_assert_int_eq(gk_lattice_build(&lattice, s.units, s.count, NULL, 0, &rule, NULL), GK_OK);
    for (size_t i = 0; i < s.count; i++)
        points[i] = lattice.cells[lattice.cell_of_unit[i] - 1].point;
    measure(ours, &s, points);
    quadtree_build(points, s.units, s.count, &rule);
    measure(rival, &s, points);
    ck_assert_int_gt(ours[1].dwellings, s.dwellings / 20); /* there is a country at all */
    ck_assert_double_le(ours[0].median_m, 40);
    ck_assert_double_le(ours[0].p90_m, 85);
    ck_assert_double_le(ours[0].max_m, 4000);
    ck_assert_double_le(ours[1].median_m, country_median_m);
    ck_assert_double_le(ours[1].p90_m, country_p90_m);
    ck_assert_double_le(ours[1].max_m, 4000);
    ck_assert_double_le(ours[1].median_m, 0.8 * rival[1].median_m);
    gk_lattice_release(&lattice);
    sweden_release(&s);
    free(points);
}

START_TEST(dwellings_of_small_municipalities_stay_near)
{
    assert_targets(&sweden_small, 16, 300, 900);
}
END_TEST

START_TEST(dwellings_of_large_municipalities_stay_near)
{
    assert_targets(&sweden_large, 3, 450, 1400);
}
END_TEST

GK_UNIT_MAIN("anon/displacement", dwellings_of_small_municipalities_stay_near,
             dwellings_of_large_municipalities_stay_near)
