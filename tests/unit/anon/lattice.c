/* The lattice against the slow reference (tests/lib/lattice_reference.h), an
 * independent transcription of the definition, on random settlements. */
#include "anon/lattice.h"

#include <stdlib.h>
#include <string.h>

#include "lattice_reference.h"
#include "settlement.h"
#include "unit.h"

enum { SEEDS_PER_KIND = 45, YEARS = 5 };

static struct gk_lattice_rule rule_of(uint64_t seed)
{
    static const int32_t sides[] = {5000, 6250, 12500};
    return (struct gk_lattice_rule){
        .square_side_cm = sides[seed % 3],
        .min_dwellings = seed % 7 == 6 ? 20 : 8,
        .min_addresses = seed % 5 == 4 ? 0 : 3,
        .max_radius_cm = seed % 11 == 10 ? 30000 : 200000,
    };
}

static void assert_same_cell(const struct gk_lattice_cell *got, const struct gk_lattice_cell *want)
{
    ck_assert_int_eq(got->id, want->id);
    ck_assert_int_eq(got->merged_into, want->merged_into);
    ck_assert_int_eq(got->point.e, want->point.e);
    ck_assert_int_eq(got->point.n, want->point.n);
    ck_assert_int_eq(got->district, want->district);
    ck_assert_int_eq(got->dwellings, want->dwellings);
    ck_assert_int_eq(got->addresses, want->addresses);
    ck_assert_int_eq(got->is_deficient, want->is_deficient);
}

static void assert_same(const struct gk_lattice *got, const struct gk_lattice *want)
{
    ck_assert_uint_eq(got->cell_count, want->cell_count);
    ck_assert_uint_eq(got->unit_count, want->unit_count);
    ck_assert_uint_eq(got->new_cell_count, want->new_cell_count);
    ck_assert_uint_eq(got->merge_count, want->merge_count);
    for (size_t i = 0; i < got->cell_count; i++)
        assert_same_cell(&got->cells[i], &want->cells[i]);
    for (size_t i = 0; i < got->unit_count; i++)
        ck_assert_int_eq(got->cell_of_unit[i], want->cell_of_unit[i]);
}

static void build(struct gk_lattice *lattice, const struct settlement *s,
                  const struct gk_lattice *old, const struct gk_lattice_rule *rule)
{
    struct gk_error error;
    enum gk_status status =
        gk_lattice_build(lattice, s->units, s->count, old == NULL ? NULL : old->cells,
                         old == NULL ? 0 : old->cell_count, rule, &error);
    ck_assert_msg(status == GK_OK, "%s", error.message);
}

START_TEST(the_lattice_equals_the_reference)
{
    static struct settlement s;
    struct gk_lattice got;
    struct gk_lattice want;
    for (uint64_t seed = 0; seed < SEEDS_PER_KIND; seed++) {
        for (int kind = 0; kind < SETTLEMENT_KINDS; kind++) {
            struct gk_lattice_rule rule = rule_of(seed);
            settlement_make(&s, (enum settlement_kind)kind, seed);
            build(&got, &s, NULL, &rule);
            ref_lattice_build(&want, s.units, s.count, NULL, 0, &rule);
            assert_same(&got, &want);
            gk_lattice_release(&got);
            gk_lattice_release(&want);
        }
    }
}
END_TEST

START_TEST(row_order_is_irrelevant)
{
    static struct settlement s;
    static struct settlement mixed;
    struct gk_lattice plain;
    struct gk_lattice shuffled;
    struct gk_random random;
    gk_random_init(&random, 77, 0);
    for (uint64_t seed = 1000; seed < 1040; seed++) {
        for (int kind = 0; kind < SETTLEMENT_KINDS; kind++) {
            struct gk_lattice_rule rule = rule_of(seed);
            settlement_make(&s, (enum settlement_kind)kind, seed);
            mixed = s;
            for (size_t i = 0; i < mixed.count; i++)
                mixed.units[i].cell = (int32_t)i; /* remembers the row */
            settlement_shuffle(&mixed, &random);
            int32_t row[SETTLEMENT_UNITS_MAX];
            for (size_t i = 0; i < mixed.count; i++) {
                row[i] = mixed.units[i].cell;
                mixed.units[i].cell = GK_CELL_NONE;
            }
            build(&plain, &s, NULL, &rule);
            build(&shuffled, &mixed, NULL, &rule);
            ck_assert_uint_eq(plain.cell_count, shuffled.cell_count);
            for (size_t i = 0; i < plain.cell_count; i++)
                assert_same_cell(&shuffled.cells[i], &plain.cells[i]);
            for (size_t i = 0; i < s.count; i++)
                ck_assert_int_eq(shuffled.cell_of_unit[i], plain.cell_of_unit[row[i]]);
            gk_lattice_release(&plain);
            gk_lattice_release(&shuffled);
        }
    }
}
END_TEST

/* A year passes: houses are torn down, built out and built new. */
static void age(struct settlement *s, const struct gk_lattice *lattice, struct gk_random *random,
                enum settlement_kind kind)
{
    for (size_t i = 0; i < s->count; i++) {
        struct gk_unit *unit = &s->units[i];
        unit->cell = lattice->cell_of_unit[i];
        int fate = settlement_below(random, 12);
        if (fate == 0) {
            unit->dwellings = unit->addresses = 0;
        } else if (fate == 1) {
            unit->dwellings++;
            unit->addresses++;
        } else if (fate == 2 && unit->dwellings > 0) {
            unit->dwellings--;
            unit->addresses = unit->addresses > unit->dwellings ? unit->dwellings : unit->addresses;
        }
    }
    settlement_grow(s, random, kind == SETTLEMENT_TOO_FEW ? SETTLEMENT_FARMS : kind,
                    kind == SETTLEMENT_EQUAL_DISTANCES ? 150 : settlement_below(random, 25));
}

/* Rules that hold whatever the algorithm: enough in every cell, units that only
 * follow merges, frozen points, totals kept. */
static void assert_rules(const struct settlement *s, const struct gk_lattice *lattice,
                         const struct gk_lattice *old, const struct gk_lattice_rule *rule)
{
    int64_t dwellings = 0;
    int64_t addresses = 0;
    int64_t in_cells = 0;
    size_t deficient = 0;
    size_t living = 0;
    for (size_t i = 0; i < s->count; i++) {
        dwellings += s->units[i].dwellings;
        addresses += s->units[i].addresses;
        int32_t cell = lattice->cell_of_unit[i];
        ck_assert_int_eq(gk_lattice_living_cell(lattice->cells, lattice->cell_count, cell), cell);
        if (s->units[i].cell != GK_CELL_NONE)
            ck_assert_int_eq(
                gk_lattice_living_cell(lattice->cells, lattice->cell_count, s->units[i].cell),
                cell);
    }
    for (size_t i = 0; i < lattice->cell_count; i++) {
        const struct gk_lattice_cell *cell = &lattice->cells[i];
        in_cells += cell->dwellings;
        living += cell->merged_into == GK_CELL_NONE;
        deficient += cell->is_deficient;
        if (cell->merged_into == GK_CELL_NONE && !cell->is_deficient)
            ck_assert(cell->dwellings >= rule->min_dwellings &&
                      cell->addresses >= rule->min_addresses);
    }
    ck_assert_int_eq(in_cells, dwellings);
    bool is_possible = dwellings >= rule->min_dwellings && addresses >= rule->min_addresses;
    ck_assert_uint_eq(deficient, is_possible || s->count == 0 ? 0 : 1);
    if (deficient > 0)
        ck_assert_uint_eq(living, 1);
    for (size_t i = 0; old != NULL && i < old->cell_count; i++) {
        ck_assert_int_eq(lattice->cells[i].point.e, old->cells[i].point.e);
        ck_assert_int_eq(lattice->cells[i].point.n, old->cells[i].point.n);
        ck_assert_int_eq(lattice->cells[i].district, old->cells[i].district);
        if (old->cells[i].merged_into != GK_CELL_NONE)
            ck_assert_int_eq(lattice->cells[i].merged_into, old->cells[i].merged_into);
    }
}

static void live_through_years(enum settlement_kind kind, uint64_t seed)
{
    static struct settlement s;
    struct gk_random random;
    struct gk_lattice lattice;
    struct gk_lattice_rule rule = rule_of(seed);
    gk_random_init(&random, seed, 99);
    settlement_make(&s, kind, seed);
    build(&lattice, &s, NULL, &rule);
    assert_rules(&s, &lattice, NULL, &rule);
    for (int year = 0; year < YEARS; year++) {
        struct gk_lattice next;
        struct gk_lattice want;
        age(&s, &lattice, &random, kind);
        build(&next, &s, &lattice, &rule);
        ref_lattice_build(&want, s.units, s.count, lattice.cells, lattice.cell_count, &rule);
        assert_same(&next, &want);
        assert_rules(&s, &next, &lattice, &rule);
        gk_lattice_release(&lattice);
        gk_lattice_release(&want);
        lattice = next;
    }
    gk_lattice_release(&lattice);
}

START_TEST(updates_equal_the_reference_and_keep_the_rules)
{
    for (uint64_t seed = 2000; seed < 2012; seed++)
        for (int kind = 0; kind < SETTLEMENT_KINDS; kind++)
            live_through_years((enum settlement_kind)kind, seed);
}
END_TEST

START_TEST(nothing_new_changes_nothing)
{
    static struct settlement s;
    struct gk_lattice first;
    struct gk_lattice second;
    struct gk_lattice_rule rule = rule_of(0);
    settlement_make(&s, SETTLEMENT_HAMLETS, 5);
    build(&first, &s, NULL, &rule);
    for (size_t i = 0; i < s.count; i++)
        s.units[i].cell = first.cell_of_unit[i];
    build(&second, &s, &first, &rule);
    ck_assert_uint_eq(second.new_cell_count, 0);
    ck_assert_uint_eq(second.merge_count, 0);
    for (size_t i = 0; i < first.cell_count; i++)
        assert_same_cell(&second.cells[i], &first.cells[i]);
    gk_lattice_release(&first);
    gk_lattice_release(&second);
}
END_TEST

/* By hand: three farms of 4 on a line, 100 m apart. The middle one and the west
 * one are as near to each other as the middle and the east; the tightest group
 * of lowest key is the west one's; the east farm is left over and joins it. */
START_TEST(a_case_worked_by_hand)
{
    struct gk_unit units[] = {
        {{4, 0}, 1, 4, 4, GK_CELL_NONE},
        {{0, 0}, 1, 4, 4, GK_CELL_NONE},
        {{2, 0}, 1, 4, 4, GK_CELL_NONE},
    };
    struct gk_lattice_rule rule = {5000, 8, 3, 200000};
    struct gk_lattice lattice;
    ck_assert_int_eq(gk_lattice_build(&lattice, units, 3, NULL, 0, &rule, NULL), GK_OK);
    ck_assert_uint_eq(lattice.cell_count, 1);
    ck_assert_int_eq(lattice.cells[0].dwellings, 12);
    ck_assert_int_eq(lattice.cells[0].point.e, 2);
    ck_assert_int_eq(lattice.cells[0].id, 1);
    gk_lattice_release(&lattice);
    units[0].dwellings = units[1].dwellings = 8; /* now cells of their own: 2 joins the */
    ck_assert_int_eq(gk_lattice_build(&lattice, units, 3, NULL, 0, &rule, NULL), GK_OK);
    ck_assert_uint_eq(lattice.cell_count, 2); /* cell of the lower key, that of (0, 0) */
    ck_assert_int_eq(lattice.cell_of_unit[2], lattice.cell_of_unit[1]);
    ck_assert_int_eq(lattice.cell_of_unit[1], 1);
    ck_assert_int_eq(lattice.cells[0].dwellings, 12);
    gk_lattice_release(&lattice);
}
END_TEST

static void assert_refused(const struct gk_unit *units, size_t count,
                           const struct gk_lattice_cell *old, size_t old_count,
                           struct gk_lattice_rule rule)
{
    struct gk_lattice lattice;
    struct gk_error error;
    ck_assert_int_eq(gk_lattice_build(&lattice, units, count, old, old_count, &rule, &error),
                     GK_INVALID);
    ck_assert_ptr_null(lattice.cells);
    ck_assert_uint_gt(strlen(error.message), 0);
}

START_TEST(bad_input_is_refused)
{
    const struct gk_lattice_rule good = {5000, 8, 3, 200000};
    const struct gk_unit unit = {{4, 4}, 1, 9, 9, GK_CELL_NONE};
    const struct gk_lattice_cell living = {1, GK_CELL_NONE, {4, 4}, 1, 9, 9, false};
    assert_refused(&unit, 1, NULL, 0, (struct gk_lattice_rule){5001, 8, 3, 200000});
    assert_refused(&unit, 1, NULL, 0, (struct gk_lattice_rule){5000, 7, 3, 200000});
    assert_refused(&unit, 1, NULL, 0, (struct gk_lattice_rule){5000, 8, 2, 200000});
    assert_refused(&unit, 1, NULL, 0, (struct gk_lattice_rule){5000, 8, -1, 200000});
    assert_refused(&unit, 1, NULL, 0, (struct gk_lattice_rule){5000, 8, 3, -1});
    assert_refused(&unit, 1, NULL, 0, (struct gk_lattice_rule){5000, 8, 3, INT64_MAX});
    struct gk_unit two[2] = {unit, unit};
    assert_refused(two, 2, NULL, 0, good); /* repeated */
    two[1].square.e = 200001;              /* out of range */
    assert_refused(two, 2, NULL, 0, good);
    two[1].square.e = INT32_MIN;
    assert_refused(two, 2, NULL, 0, good);
    two[1].square.e = 5;
    two[0].dwellings = two[1].dwellings = INT32_MAX; /* more than fits */
    assert_refused(two, 2, NULL, 0, good);
    struct gk_unit bad = unit;
    bad.dwellings = -1;
    assert_refused(&bad, 1, NULL, 0, good);
    bad = unit;
    bad.district = -1;
    assert_refused(&bad, 1, NULL, 0, good);
    bad = unit;
    bad.cell = 1; /* no such cell */
    assert_refused(&bad, 1, NULL, 0, good);
    bad.cell = 0;
    assert_refused(&bad, 1, &living, 1, good);
    assert_refused(&unit, 1, &living, 1, good); /* a living cell without units */
    struct gk_lattice_cell wrong = living;
    wrong.id = 2;
    bad.cell = 1;
    assert_refused(&bad, 1, &wrong, 1, good);
    wrong = living;
    wrong.merged_into = 1; /* dead */
    assert_refused(&bad, 1, &wrong, 1, good);
}
END_TEST

START_TEST(merges_are_followed_and_rings_end)
{
    struct gk_lattice_cell cells[4] = {{.id = 1, .merged_into = 2},
                                       {.id = 2, .merged_into = 4},
                                       {.id = 3, .merged_into = 3},
                                       {.id = 4, .merged_into = GK_CELL_NONE}};
    ck_assert_int_eq(gk_lattice_living_cell(cells, 4, 1), 4);
    ck_assert_int_eq(gk_lattice_living_cell(cells, 4, 4), 4);
    ck_assert_int_eq(gk_lattice_living_cell(cells, 4, 3), GK_CELL_NONE);
    ck_assert_int_eq(gk_lattice_living_cell(cells, 4, 0), GK_CELL_NONE);
    ck_assert_int_eq(gk_lattice_living_cell(cells, 4, 5), GK_CELL_NONE);
    ck_assert_int_eq(gk_lattice_living_cell(NULL, 0, 1), GK_CELL_NONE);
}
END_TEST

START_TEST(nothing_gives_nothing)
{
    struct gk_lattice lattice;
    struct gk_lattice_rule rule = rule_of(0);
    ck_assert_int_eq(gk_lattice_build(&lattice, NULL, 0, NULL, 0, &rule, NULL), GK_OK);
    ck_assert_uint_eq(lattice.cell_count, 0);
    gk_lattice_release(&lattice);
}
END_TEST

GK_UNIT_MAIN("anon/lattice", the_lattice_equals_the_reference, row_order_is_irrelevant,
             updates_equal_the_reference_and_keep_the_rules, nothing_new_changes_nothing,
             a_case_worked_by_hand, bad_input_is_refused, merges_are_followed_and_rings_end,
             nothing_gives_nothing)
