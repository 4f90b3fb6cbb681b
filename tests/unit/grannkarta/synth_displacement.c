/* How far the lattice moves the dwellings of the files that `grannkarta synth`
 * writes: the targets set for it, in town and country, for the municipality
 * shaped like Bromölla and the larger one, and against the pooled quadtree. */
#include "synth.h"

#include "anon/lattice.h"
#include "displacement.h"
#include "geo/square.h"
#include "quadtree.h"
#include "unit.h"

enum { SIDE_CM = 5000 };

static const struct gk_lattice_rule rule = {SIDE_CM, 8, 3, 200000};

struct settled {
    struct gk_synth synth;
    struct gk_unit *units; /* distinct, sorted */
    size_t unit_count;
    size_t *unit_of; /* by address */
};

static int compare_units(const void *a, const void *b)
{
    const struct gk_unit *x = a, *y = b;
    if (x->square.e != y->square.e)
        return x->square.e < y->square.e ? -1 : 1;
    if (x->square.n != y->square.n)
        return x->square.n < y->square.n ? -1 : 1;
    return (x->district > y->district) - (x->district < y->district);
}

static void settle(struct settled *s, uint64_t seed)
{
    struct gk_synth_plan plan = {.seed = seed, .dwellings = 60000, .years = 1};
    ck_assert_int_eq(gk_synth_build(&s->synth, &plan), GK_OK);
    size_t count = s->synth.address_count;
    struct gk_unit *all = calloc(count, sizeof *all);
    s->units = calloc(count, sizeof *s->units);
    s->unit_of = calloc(count, sizeof *s->unit_of);
    ck_assert(all != NULL && s->units != NULL && s->unit_of != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct gk_synth_address *address = &s->synth.addresses[i];
        int64_t cell = gk_synth_mesh_find(&s->synth.mesh, address->at);
        all[i] = (struct gk_unit){gk_square_at(address->at, SIDE_CM), s->synth.mesh.district[cell],
                                  address->dwellings, 1, GK_CELL_NONE};
        s->units[i] = all[i];
    }
    qsort(s->units, count, sizeof *s->units, compare_units);
    for (size_t i = 0; i < count; i++) {
        struct gk_unit *last = s->unit_count > 0 ? &s->units[s->unit_count - 1] : NULL;
        if (last != NULL && compare_units(last, &s->units[i]) == 0) {
            last->dwellings += s->units[i].dwellings;
            last->addresses++;
        } else {
            s->units[s->unit_count++] = s->units[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct gk_unit *unit =
            bsearch(&all[i], s->units, s->unit_count, sizeof *unit, compare_units);
        s->unit_of[i] = (size_t)(unit - s->units);
    }
    free(all);
}

static void release(struct settled *s)
{
    gk_synth_release(&s->synth);
    free(s->units);
    free(s->unit_of);
    *s = (struct settled){0};
}

/* Town (0) and country (1) of one municipality. */
static void measure(struct displacement out[2], const struct settled *s,
                    const struct gk_square *points, enum gk_synth_owner owner)
{
    struct displaced *displaced = calloc(s->synth.address_count, sizeof *displaced);
    bool *is_country = calloc(s->unit_count, sizeof *is_country);
    size_t n = 0;
    ck_assert(displaced != NULL && is_country != NULL);
    displacement_classify(is_country, s->units, s->unit_count, SIDE_CM);
    for (size_t i = 0; i < s->synth.address_count; i++) {
        const struct gk_synth_address *address = &s->synth.addresses[i];
        if (address->owner == owner)
            displaced[n++] = (struct displaced){
                displacement_distance_m(address->at, points[s->unit_of[i]], SIDE_CM),
                address->dwellings, is_country[s->unit_of[i]]};
    }
    out[0] = displacement_of(displaced, n, false);
    out[1] = displacement_of(displaced, n, true);
    free(displaced);
    free(is_country);
}

static void assert_targets(const struct settled *s, const struct gk_square *ours,
                           const struct gk_square *rivals, enum gk_synth_owner owner,
                           double country_median_m, double country_p90_m)
{
    struct displacement mine[2], rival[2];
    measure(mine, s, ours, owner);
    measure(rival, s, rivals, owner);
    for (int i = 0; i < 2; i++)
        printf("# %s %s: median %.0f p90 %.0f max %.0f m; quadtree median %.0f m\n",
               gk_synth_municipalities[owner].town, i == 0 ? "town" : "country", mine[i].median_m,
               mine[i].p90_m, mine[i].max_m, rival[i].median_m);
    ck_assert_double_le(mine[0].median_m, 40);
    ck_assert_double_le(mine[0].p90_m, 85);
    ck_assert_double_le(mine[1].median_m, country_median_m);
    ck_assert_double_le(mine[1].p90_m, country_p90_m);
    ck_assert_double_le(mine[0].max_m, 4000);
    ck_assert_double_le(mine[1].max_m, 4000);
    ck_assert_double_le(mine[1].median_m, 0.8 * rival[1].median_m);
}

START_TEST(displacement_keeps_its_targets_in_town_and_country)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct settled s = {0};
        struct gk_lattice lattice;
        settle(&s, seed);
        struct gk_square *ours = calloc(s.unit_count, sizeof *ours);
        struct gk_square *rivals = calloc(s.unit_count, sizeof *rivals);
        ck_assert(ours != NULL && rivals != NULL);
        ck_assert_int_eq(gk_lattice_build(&lattice, s.units, s.unit_count, NULL, 0, &rule, NULL),
                         GK_OK);
        for (size_t i = 0; i < s.unit_count; i++)
            ours[i] = lattice.cells[lattice.cell_of_unit[i] - 1].point;
        quadtree_build(rivals, s.units, s.unit_count, &rule);
        assert_targets(&s, ours, rivals, GK_SYNTH_BROMOLLA, 300, 900);
        assert_targets(&s, ours, rivals, GK_SYNTH_STORBY, 450, 1400);
        gk_lattice_release(&lattice);
        free(ours);
        free(rivals);
        release(&s);
    }
}
END_TEST

GK_UNIT_MAIN("synth_displacement", displacement_keeps_its_targets_in_town_and_country)
