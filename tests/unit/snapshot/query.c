/* Queries against counting the raw events one by one, which is the definition. */
#include "snapshot/query.h"

#include <math.h>

#include "sample_snapshot.h"
#include "unit.h"

static struct gk_period random_period(struct gk_random *random)
{
    int32_t first = gk_day_from_month(50 * 12 - 2) * 24;
    int32_t a = first + (int32_t)gk_random_below(random, 40000);
    int32_t b = first + (int32_t)gk_random_below(random, 40000);
    return a < b ? (struct gk_period){a, b} : (struct gk_period){b, a + 1};
}

static bool is_counted(const struct gk_snapshot *s, const struct gk_event *e,
                       struct gk_period period, uint32_t definition)
{
    if (e->hour < period.from_hour || e->hour >= period.to_hour)
        return false;
    return s->kind == GK_SNAPSHOT_RELEASE ||
           (s->definitions[definition].code_mask[0] >> e->code & 1) != 0;
}

static int64_t count_events(const struct sample *sample, uint32_t cell, struct gk_period period,
                            uint32_t definition)
{
    int64_t events = 0;
    for (uint32_t i = 0; i < sample->event_count; i++)
        if (sample->events[i].cell == cell &&
            is_counted(sample->s, &sample->events[i], period, definition))
            events += sample->events[i].events;
    return events;
}

START_TEST(events_of_cells_are_those_counted_one_by_one)
{
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++) {
        struct sample sample;
        sample_init(&sample, (enum gk_snapshot_kind)kind, 17, 130, 1500);
        struct gk_random random;
        gk_random_init(&random, 4, 0);
        for (int round = 0; round < 300; round++) {
            struct gk_period period = random_period(&random);
            uint32_t d = (uint32_t)gk_random_below(&random, sample.s->definition_count);
            uint32_t cells[20];
            int64_t expected = 0;
            for (int i = 0; i < 20; i++) {
                cells[i] = (uint32_t)gk_random_below(&random, 130);
                int64_t one = count_events(&sample, cells[i], period, d);
                ck_assert_int_eq(gk_snapshot_cell_events(sample.s, cells[i], period, d), one);
                expected += one;
            }
            ck_assert_int_eq(gk_snapshot_cells_events(sample.s, cells, 20, period, d), expected);
        }
        sample_release(&sample);
    }
}
END_TEST

START_TEST(rows_are_ordered_by_cell_and_time_and_keep_their_incident)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_REVISION, 5, 60, 800);
    const struct gk_snapshot *s = sample.s;
    ck_assert_uint_eq(s->row_count, 800);
    for (uint32_t i = 0; i < sample.event_count; i++) {
        const struct gk_event *e = &sample.events[i];
        int64_t row = gk_snapshot_find_incident(s, e->id);
        ck_assert_int_ge(row, 0);
        ck_assert_int_eq(s->row_id[row], e->id);
        ck_assert_int_eq(s->row_from[row], e->from);
        ck_assert_int_eq(s->row_to[row], e->to);
        ck_assert_int_eq(s->row_reported[row], e->reported);
        ck_assert_int_eq(s->row_code[row], e->code);
        ck_assert_int_eq(s->row_events[row], e->events);
        uint32_t cell = gk_snapshot_row_cell(s, (uint32_t)row);
        ck_assert_uint_eq(cell, e->cell == GK_UNLOCATED ? s->cell_count : e->cell);
        if (e->cell == GK_UNLOCATED)
            ck_assert_int_eq(s->unlocated_municipality[row - s->located_count], e->municipality);
        ck_assert_int_eq(gk_snapshot_find_incident(s, e->id + 1), -1);
    }
    for (uint32_t c = 0; c < s->cell_count; c++)
        for (uint32_t r = s->row_start[c] + 1; r < s->row_start[c + 1]; r++)
            ck_assert(s->row_hour[r - 1] < s->row_hour[r] ||
                      (s->row_hour[r - 1] == s->row_hour[r] && s->row_id[r - 1] < s->row_id[r]));
    ck_assert_int_eq(gk_snapshot_find_incident(s, 0), -1);
    sample_release(&sample);
}
END_TEST

START_TEST(things_are_found_by_id_and_name_and_nothing_else_is)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_RELEASE, 6, 200, 100);
    const struct gk_snapshot *s = sample.s;
    for (uint32_t c = 0; c < s->cell_count; c++)
        ck_assert_int_eq(gk_snapshot_find_cell(s, s->cell_id[c]), c);
    ck_assert_int_eq(gk_snapshot_find_cell(s, -1), -1);
    ck_assert_int_eq(gk_snapshot_find_cell(s, INT64_MAX), -1);
    ck_assert_int_eq(gk_snapshot_find_cell(s, (INT64_C(1) << 32) + s->cell_id[0]), -1);
    ck_assert_int_eq(gk_snapshot_find_incident(s, 1), -1);
    ck_assert_int_eq(gk_snapshot_find_set(s, "regso", 5), 1);
    ck_assert_int_eq(gk_snapshot_find_set(s, "regs", 4), -1);
    ck_assert_int_eq(gk_snapshot_find_district(s, 1, 897), 3);
    ck_assert_int_eq(gk_snapshot_find_district(s, 0, 897), -1);
    ck_assert_int_eq(gk_snapshot_find_watch_area(s, 48), 2);
    ck_assert_int_eq(gk_snapshot_find_watch_area(s, 1), -1);
    ck_assert_int_eq(gk_snapshot_definition(s, "polisen"), 0);
    ck_assert_int_eq(gk_snapshot_definition(s, "bra"), -1);
    sample_release(&sample);
}
END_TEST

START_TEST(periods_are_clipped_to_what_is_covered)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_RELEASE, 6, 10, 10);
    const struct gk_snapshot *s = sample.s;
    const int32_t from = gk_day_from_civil((struct gk_civil){2020, 1, 1}) * 24;
    const int32_t to = gk_day_from_civil((struct gk_civil){2024, 1, 1}) * 24;
    struct gk_period p = {GK_HOUR_OPEN_FROM, GK_HOUR_OPEN_TO};
    ck_assert(gk_snapshot_clip_period(s, &p));
    ck_assert(p.from_hour == from && p.to_hour == to);
    p = (struct gk_period){to, to + 24};
    ck_assert(!gk_snapshot_clip_period(s, &p));
    p = (struct gk_period){from - 24, from};
    ck_assert(!gk_snapshot_clip_period(s, &p));
    p = (struct gk_period){to - 1, to + 24};
    ck_assert(gk_snapshot_clip_period(s, &p));
    ck_assert(p.from_hour == to - 1 && p.to_hour == to);
    p = gk_snapshot_default_period(s);
    ck_assert_int_eq(p.from_hour, gk_day_from_civil((struct gk_civil){2023, 1, 1}) * 24);
    ck_assert_int_eq(p.to_hour, to);
    sample.s->first_month = sample.s->last_month - 2;
    p = gk_snapshot_default_period(s);
    ck_assert_int_eq(p.from_hour, gk_day_from_civil((struct gk_civil){2023, 10, 1}) * 24);
    sample_release(&sample);
}
END_TEST

START_TEST(a_municipality_of_a_revision_is_its_cells_and_its_unlocated)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_REVISION, 23, 90, 1200);
    const struct gk_snapshot *s = sample.s;
    struct gk_random random;
    gk_random_init(&random, 8, 0);
    for (int round = 0; round < 60; round++) {
        struct gk_period period = random_period(&random);
        uint32_t definition = (uint32_t)gk_random_below(&random, 3);
        for (uint32_t district = 0; district < 2; district++) {
            struct gk_municipality_totals expected = {0}, got;
            for (uint32_t i = 0; i < sample.event_count; i++) {
                const struct gk_event *e = &sample.events[i];
                bool is_unlocated = e->cell == GK_UNLOCATED;
                bool is_here =
                    is_unlocated ? e->municipality == (int32_t)district : e->cell % 2 == district;
                if (!is_here || !is_counted(s, e, period, definition))
                    continue;
                expected.count += e->events;
                expected.unlocated += is_unlocated ? e->events : 0;
                expected.completed += s->codes[e->code].attempt != 1 ? e->events : 0;
                expected.attempted += s->codes[e->code].attempt == 1 ? e->events : 0;
                expected.kind_count[s->codes[e->code].kind] += e->events;
            }
            gk_snapshot_municipality(s, district, period, definition, &got);
            ck_assert(got.kinds_known);
            ck_assert_int_eq(got.count, expected.count);
            ck_assert_int_eq(got.completed, expected.completed);
            ck_assert_int_eq(got.attempted, expected.attempted);
            ck_assert_int_eq(got.unlocated, expected.unlocated);
            for (int k = 0; k < GK_KINDS; k++)
                ck_assert_int_eq(got.kind_count[k], expected.kind_count[k]);
        }
    }
    sample_release(&sample);
}
END_TEST

/* Months 2020-01 to 2023-12 of two municipalities; kinds of 2020, 2021 and 2023
 * of the first, with 7 attempts in the first year and 8 in the last. */
static void add_municipalities(struct gk_snapshot *s, struct gk_municipality_month *months,
                               struct gk_municipality_kind *kinds)
{
    for (uint32_t i = 0; i < 96; i++)
        months[i] = (struct gk_municipality_month){.district = i / 48,
                                                   .month = 600 + (int32_t)(i % 48),
                                                   .count = (int32_t)i + 5,
                                                   .unlocated = 2};
    static const int32_t years[] = {2020, 2021, 2023};
    for (uint32_t i = 0, at = 0; i < 9; i++) {
        kinds[at++] = (struct gk_municipality_kind){.district = 0,
                                                    .year = years[i / 3],
                                                    .kind = (enum gk_kind)(i % 3),
                                                    .count = 10 + (int32_t)i};
        if (i == 2 || i == 8)
            kinds[at++] = (struct gk_municipality_kind){.district = 0,
                                                        .year = years[i / 3],
                                                        .kind = GK_KIND_ATTEMPTED,
                                                        .count = i == 2 ? 7 : 8};
    }
    s->municipality_months = months;
    s->municipality_month_count = 96;
    s->municipality_kinds = kinds;
    s->municipality_kind_count = 11;
}

START_TEST(a_municipality_of_a_release_sums_its_months)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_RELEASE, 2, 10, 10);
    struct gk_municipality_month months[96];
    struct gk_municipality_kind kinds[11];
    add_municipalities(sample.s, months, kinds);
    struct gk_random random;
    gk_random_init(&random, 3, 0);
    for (int round = 0; round < 200; round++) {
        struct gk_period period = random_period(&random);
        uint32_t district = (uint32_t)round % 2;
        int64_t count = 0, unlocated = 0;
        for (int i = 0; i < 96; i++) {
            int32_t hour = gk_day_from_month(months[i].month) * 24;
            if (months[i].district != district || hour < period.from_hour || hour >= period.to_hour)
                continue;
            count += months[i].count;
            unlocated += months[i].unlocated;
        }
        struct gk_municipality_totals got;
        gk_snapshot_municipality(sample.s, district, period, 0, &got);
        ck_assert_int_eq(got.count, count);
        ck_assert_int_eq(got.unlocated, unlocated);
    }
    sample_release(&sample);
}
END_TEST

START_TEST(kinds_of_a_release_are_told_for_whole_known_years_only)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_RELEASE, 2, 10, 10);
    struct gk_municipality_month months[96];
    struct gk_municipality_kind kinds[11];
    add_municipalities(sample.s, months, kinds);
    static const struct {
        struct gk_civil from, to;
        uint32_t district;
        bool is_known;
        int64_t villas, attempted, completed; /* attempted -1: not known */
    } cases[] = {
        {{2020, 1, 1}, {2021, 1, 1}, 0, true, 10, 7, 26},
        {{2020, 1, 1}, {2022, 1, 1}, 0, true, 23, -1, 0},
        {{2021, 1, 1}, {2022, 1, 1}, 0, true, 13, -1, 0},
        {{2021, 1, 1}, {2023, 1, 1}, 0, false, 0, -1, 0},
        {{2023, 1, 1}, {2024, 1, 1}, 0, true, 16, 8, 43},
        {{2020, 1, 1}, {2020, 12, 1}, 0, false, 0, -1, 0},
        {{2020, 2, 1}, {2021, 2, 1}, 0, false, 0, -1, 0},
        {{2020, 1, 1}, {2021, 1, 1}, 1, false, 0, -1, 0},
        {{2020, 1, 2}, {2021, 1, 1}, 0, false, 0, -1, 0},
        {{2022, 1, 1}, {2023, 1, 1}, 0, false, 0, -1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gk_period period = {gk_day_from_civil(cases[i].from) * 24,
                                   gk_day_from_civil(cases[i].to) * 24};
        struct gk_municipality_totals got;
        gk_snapshot_municipality(sample.s, cases[i].district, period, 0, &got);
        ck_assert_msg(got.kinds_known == cases[i].is_known, "case %zu", i);
        ck_assert_int_eq(got.kind_count[GK_KIND_VILLA], cases[i].villas);
        ck_assert_msg(got.attempts_known == (cases[i].attempted >= 0), "case %zu", i);
        ck_assert_int_eq(got.attempted, cases[i].attempted >= 0 ? cases[i].attempted : 0);
        ck_assert_int_eq(got.completed, cases[i].completed);
    }
    sample_release(&sample);
}
END_TEST

/* --- The grid ------------------------------------------------------------------- */

struct expected_square {
    struct gk_square square;
    int64_t dwellings;
    double events;
};

static size_t slow_grid(const struct sample *sample, int32_t factor, struct gk_period period,
                        uint32_t definition, struct expected_square *squares)
{
    const struct gk_snapshot *s = sample->s;
    size_t count = 0;
    for (uint32_t c = 0; c < s->cell_count; c++) {
        double weights = 0, fallback = 0;
        int64_t events = count_events(sample, c, period, definition);
        for (uint32_t i = s->square_start[c]; i < s->square_start[c + 1]; i++)
            for (int k = 0; k < GK_CLASSES; k++) {
                weights += s->definitions[definition].classes[k] ? s->square_dwellings[k][i] : 0;
                fallback += s->square_dwellings[k][i];
            }
        for (uint32_t i = s->square_start[c]; i < s->square_start[c + 1]; i++) {
            double weight = 0, all = 0;
            for (int k = 0; k < GK_CLASSES; k++) {
                weight += s->definitions[definition].classes[k] ? s->square_dwellings[k][i] : 0;
                all += s->square_dwellings[k][i];
            }
            struct gk_square to = {s->square[i].e / factor, s->square[i].n / factor};
            size_t at = 0;
            while (at < count && (squares[at].square.e != to.e || squares[at].square.n != to.n))
                at++;
            if (at == count)
                squares[count++] = (struct expected_square){.square = to};
            squares[at].dwellings += (int64_t)all;
            squares[at].events +=
                (double)events * (weights > 0 ? weight / weights : all / fallback);
        }
    }
    return count;
}

START_TEST(the_grid_has_every_square_and_loses_no_event)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_REVISION, 31, 150, 900);
    struct expected_square *expected = calloc(150 * 5, sizeof *expected);
    struct gk_random random;
    gk_random_init(&random, 1, 0);
    static const int32_t factors[] = {1, 5, 10, 20};
    for (int round = 0; round < 12; round++) {
        struct gk_period period = random_period(&random);
        uint32_t definition = (uint32_t)round % 3;
        int32_t factor = factors[round % 4];
        memset(expected, 0, 150 * 5 * sizeof *expected);
        size_t expected_count = slow_grid(&sample, factor, period, definition, expected);
        struct gk_grid_square *got;
        size_t count;
        ck_assert_int_eq(
            gk_snapshot_grid(sample.s, factor * SAMPLE_SIDE_CM, period, definition, &got, &count),
            GK_OK);
        ck_assert_uint_eq(count, expected_count);
        for (size_t i = 0; i < count; i++) {
            size_t at = 0;
            while (expected[at].square.e != got[i].square.e ||
                   expected[at].square.n != got[i].square.n)
                ck_assert_uint_lt(++at, expected_count);
            ck_assert_int_eq(got[i].dwellings, expected[at].dwellings);
            ck_assert_double_eq_tol(got[i].events, expected[at].events, 1e-9);
            if (i > 0)
                ck_assert(got[i - 1].square.n < got[i].square.n ||
                          (got[i - 1].square.n == got[i].square.n &&
                           got[i - 1].square.e < got[i].square.e));
        }
        free(got);
    }
    free(expected);
    sample_release(&sample);
}
END_TEST

START_TEST(the_grid_refuses_sizes_that_do_not_nest)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_RELEASE, 31, 20, 20);
    static const int32_t bad[] = {0, -5000, 1, 4999, 5001, 12500, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gk_grid_square *got;
        size_t count;
        ck_assert_int_eq(gk_snapshot_grid(sample.s, bad[i], gk_snapshot_default_period(sample.s), 0,
                                          &got, &count),
                         GK_INVALID);
        ck_assert_ptr_null(got);
    }
    sample_release(&sample);
}
END_TEST

START_TEST(an_empty_snapshot_answers_nothing_and_breaks_nowhere)
{
    struct sample sample;
    sample_init(&sample, GK_SNAPSHOT_REVISION, 1, 0, 0);
    struct gk_grid_square *got;
    size_t count;
    struct gk_period all = {GK_HOUR_OPEN_FROM, GK_HOUR_OPEN_TO};
    ck_assert_int_eq(gk_snapshot_grid(sample.s, 25000, all, 0, &got, &count), GK_OK);
    ck_assert_uint_eq(count, 0);
    free(got);
    ck_assert_int_eq(gk_snapshot_find_cell(sample.s, 1), -1);
    ck_assert_int_eq(gk_snapshot_find_incident(sample.s, 1), -1);
    ck_assert_uint_eq(gk_snapshot_row_cell(sample.s, 0), 0);
    struct gk_municipality_totals totals;
    gk_snapshot_municipality(sample.s, 0, all, 0, &totals);
    ck_assert_int_eq(totals.count, 0);
    sample_release(&sample);
}
END_TEST

START_TEST(rows_that_contradict_the_cells_are_refused)
{
    struct gk_event events[2] = {{.cell = 3, .id = 1}, {.cell = 0, .id = 2}};
    struct gk_build build;
    ck_assert_int_eq(gk_build_init(&build, GK_SNAPSHOT_REVISION, 1 << 20), GK_OK);
    build.snapshot->cell_count = 2;
    ck_assert_int_eq(gk_build_rows(&build, events, 2), GK_INVALID); /* no such cell */
    events[0].cell = 1;
    ck_assert_int_eq(gk_build_rows(&build, events, 2), GK_INVALID); /* no such code */
    build.snapshot->code_count = 1;
    ck_assert_int_eq(gk_build_rows(&build, events, 2), GK_OK);
    events[1].id = 0;
    ck_assert_int_eq(gk_build_rows(&build, events, 2), GK_INVALID); /* out of order */
    gk_snapshot_free(build.snapshot);
    ck_assert_int_eq(gk_build_init(&build, GK_SNAPSHOT_RELEASE, 1 << 20), GK_OK);
    struct gk_event unlocated = {.cell = GK_UNLOCATED};
    ck_assert_int_eq(gk_build_rows(&build, &unlocated, 1), GK_INVALID); /* no place in a release */
    gk_snapshot_free(build.snapshot);
}
END_TEST

START_TEST(a_snapshot_never_takes_more_memory_than_it_may)
{
    struct gk_build build;
    ck_assert_int_eq(gk_build_init(&build, GK_SNAPSHOT_RELEASE, 4096), GK_OK);
    build.snapshot->cell_count = 100000;
    ck_assert_int_eq(gk_build_rows(&build, NULL, 0), GK_NO_MEMORY);
    char text[3000] = {0};
    gk_build_text(&build, text, sizeof text);
    gk_build_text(&build, text, sizeof text);
    ck_assert_int_eq(gk_build_seal(&build), GK_TOO_LARGE);
    gk_snapshot_free(build.snapshot);
}
END_TEST

GK_UNIT_MAIN("snapshot/query", events_of_cells_are_those_counted_one_by_one,
             rows_are_ordered_by_cell_and_time_and_keep_their_incident,
             things_are_found_by_id_and_name_and_nothing_else_is,
             periods_are_clipped_to_what_is_covered,
             a_municipality_of_a_revision_is_its_cells_and_its_unlocated,
             a_municipality_of_a_release_sums_its_months,
             kinds_of_a_release_are_told_for_whole_known_years_only,
             the_grid_has_every_square_and_loses_no_event, the_grid_refuses_sizes_that_do_not_nest,
             an_empty_snapshot_answers_nothing_and_breaks_nowhere,
             rows_that_contradict_the_cells_are_refused,
             a_snapshot_never_takes_more_memory_than_it_may)
