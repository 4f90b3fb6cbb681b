/* The invented incidents: exact numbers, the stated season, a falling trend,
 * near repeats of the stated strength, sound rows.
 *
 * Expected values: the months of most and fewest burglaries as published by Brå
 * (November, then December and October; least in April and May); the near
 * repeat factor 2.83 of Malmö 2009-14, measured here by counting all pairs
 * (Knox); 31.26, the 0.1 % point of chi-square with 11 degrees. */
#include "synth.h"
#include "unit.h"

#include "base/date.h"

enum { INCIDENTS = 9000, YEARS = 8 };

static struct gk_synth synth;
static struct gk_synth_incident *rows;
static size_t row_count, row_capacity;

static enum gk_status keep(void *context, const struct gk_synth_incident *incident)
{
    (void)context;
    if (row_count == row_capacity)
        return GK_TOO_LARGE;
    rows[row_count++] = *incident;
    return GK_OK;
}

static void generate(uint64_t seed, int64_t incidents, enum gk_synth_owner owner)
{
    struct gk_synth_plan plan = {
        .seed = seed, .dwellings = 60000, .incidents = incidents, .years = YEARS};
    row_capacity = (size_t)gk_synth_incident_count(&plan, owner);
    rows = calloc(row_capacity + 1, sizeof *rows);
    row_count = 0;
    ck_assert_int_eq(gk_synth_build(&synth, &plan), GK_OK);
    ck_assert_int_eq(gk_synth_incidents(&synth, owner, keep, NULL), GK_OK);
    ck_assert_uint_eq(row_count, row_capacity);
}

static void release(void)
{
    gk_synth_release(&synth);
    free(rows);
    rows = NULL;
}

static int month_of(const struct gk_synth_incident *incident)
{
    return gk_civil_from_day((int32_t)(incident->from_minute / 1440)).month;
}

START_TEST(numbers_are_exact_for_both_municipalities)
{
    generate(1, INCIDENTS, GK_SYNTH_STORBY);
    ck_assert_uint_eq(row_count, INCIDENTS);
    release();
    generate(1, 0, GK_SYNTH_STORBY);
    ck_assert_uint_eq(row_count, 0);
    release();
    generate(1, INCIDENTS, GK_SYNTH_BROMOLLA);
    int dwelling_burglaries = 0;
    for (size_t i = 0; i < row_count; i++) {
        enum gk_synth_kind kind = gk_synth_kind_of(rows[i].code);
        dwelling_burglaries += kind == GK_SYNTH_KIND_VILLA || kind == GK_SYNTH_KIND_FLAT;
    }
    /* 12 a year; the 95 % Poisson interval of 96 is 78-117. */
    ck_assert(dwelling_burglaries >= 78 && dwelling_burglaries <= 117);
    release();
}
END_TEST

START_TEST(the_same_seed_gives_the_same_incidents)
{
    generate(4, 500, GK_SYNTH_STORBY);
    struct gk_synth_incident *first = rows;
    size_t count = row_count;
    int64_t *at = calloc(count, sizeof *at);
    for (size_t i = 0; i < count; i++)
        at[i] = first[i].e_mm ^ first[i].n_mm ^ first[i].from_minute ^ first[i].serial;
    release();
    generate(4, 500, GK_SYNTH_STORBY);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(at[i], rows[i].e_mm ^ rows[i].n_mm ^ rows[i].from_minute ^ rows[i].serial);
    free(at);
    release();
}
END_TEST

START_TEST(every_row_is_sound)
{
    generate(2, INCIDENTS, GK_SYNTH_STORBY);
    int64_t first = (int64_t)gk_day_from_civil((struct gk_civil){2018, 1, 1}) * 1440;
    int32_t last = gk_day_from_civil((struct gk_civil){2025, 12, 31});
    uint32_t serial[2026] = {0};
    int64_t day = 0;
    for (size_t i = 0; i < row_count; i++) {
        const struct gk_synth_incident *row = &rows[i];
        ck_assert(row->from_minute >= first && row->to_minute >= row->from_minute);
        ck_assert(row->reported_day >= row->to_minute / 1440 && row->reported_day <= last);
        ck_assert(row->from_minute / 1440 >= day); /* by day, as an export is */
        day = row->from_minute / 1440;
        ck_assert(llabs(row->e_mm - row->address->at.e * 10) <= 4500);
        ck_assert(llabs(row->n_mm - row->address->at.n * 10) <= 4500);
        ck_assert(row->address->owner == GK_SYNTH_STORBY && row->count >= 1 && row->count <= 3);
        int year = gk_civil_from_day(row->reported_day).year;
        ck_assert_uint_gt(row->serial, serial[year]); /* so case numbers are unique */
        ck_assert_uint_lt(row->serial, 990000);
        serial[year] = row->serial;
    }
    release();
}
END_TEST

START_TEST(codes_fit_the_kind_of_dwelling)
{
    generate(2, INCIDENTS, GK_SYNTH_STORBY);
    for (size_t i = 0; i < row_count; i++) {
        uint16_t code = rows[i].code;
        uint8_t class = rows[i].address->class;
        if (code == 9801 || code == 857)
            ck_assert_int_eq(class, GK_SYNTH_VILLA);
        else if (code == 9802 || code == 874 || code == 825)
            ck_assert_int_eq(class, GK_SYNTH_FLAT);
        else if (code == 826)
            ck_assert_int_eq(class, GK_SYNTH_HOLIDAY);
        else
            ck_assert(code == 9831 || code == 9832);
    }
    release();
}
END_TEST

START_TEST(villas_have_the_stated_season)
{
    generate(3, 40000, GK_SYNTH_STORBY);
    double seen[12] = {0}, all = 0, stated = 0, chi_square = 0;
    for (size_t i = 0; i < row_count; i++)
        if (gk_synth_kind_of(rows[i].code) == GK_SYNTH_KIND_VILLA) {
            seen[month_of(&rows[i]) - 1]++;
            all++;
        }
    for (int m = 0; m < 12; m++)
        stated += gk_synth_season[GK_SYNTH_KIND_VILLA][m];
    for (int m = 0; m < 12; m++) {
        double expected = all * gk_synth_season[GK_SYNTH_KIND_VILLA][m] / stated;
        chi_square += (seen[m] - expected) * (seen[m] - expected) / expected;
    }
    /* Repeats make pairs, which widens the spread: a third more is allowed. */
    ck_assert_msg(chi_square < 31.26 * 4 / 3, "chi-square %f", chi_square);
    for (int m = 0; m < 12; m++) {
        if (m != 10)
            ck_assert(seen[10] > seen[m]);
        if (m < 9)
            ck_assert(seen[9] > seen[m] && seen[11] > seen[m]);
        if (m != 3 && m != 4)
            ck_assert(seen[3] < seen[m] && seen[4] < seen[m]);
    }
    release();
}
END_TEST

START_TEST(numbers_fall_over_the_years)
{
    generate(3, 40000, GK_SYNTH_STORBY);
    int by_year[YEARS] = {0};
    for (size_t i = 0; i < row_count; i++)
        by_year[gk_civil_from_day((int32_t)(rows[i].from_minute / 1440)).year - 2018]++;
    for (int y = 2; y < YEARS; y++)
        ck_assert_int_lt(by_year[y], by_year[y - 2]);
    double fall = 1 - (double)by_year[YEARS - 1] / by_year[0];
    ck_assert_msg(fall > 0.25 && fall < 0.5, "%f", fall);
    release();
}
END_TEST

/* Knox: pairs near in place and time, over what independence would give. */
static double near_repeat_ratio(void)
{
    double near_place = 0, near_time = 0, both = 0;
    for (size_t i = 0; i < row_count; i++)
        for (size_t k = i + 1; k < row_count; k++) {
            bool time = llabs(rows[i].from_minute - rows[k].from_minute) <= 7 * 1440;
            int64_t de = rows[i].e_mm - rows[k].e_mm, dn = rows[i].n_mm - rows[k].n_mm;
            bool place = de * de + dn * dn <= INT64_C(100000) * 100000;
            near_time += time;
            near_place += place;
            both += time && place;
        }
    double pairs = (double)row_count * (double)(row_count - 1) / 2;
    return both / (near_place * near_time / pairs);
}

START_TEST(near_repeats_are_about_as_strong_as_measured)
{
    double sum = 0;
    enum { RUNS = 3 };
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        generate(seed, INCIDENTS, GK_SYNTH_STORBY);
        sum += near_repeat_ratio();
        release();
    }
    double ratio = sum / RUNS, stated = GK_SYNTH_NEAR_REPEAT_PERCENT / 100.0;
    ck_assert_double_eq_tol(stated, 2.83, 1e-9);
    ck_assert_msg(ratio > stated * 0.85 && ratio < stated * 1.15, "%f", ratio);
}
END_TEST

START_TEST(risk_is_uneven)
{
    /* Homes alike in risk would have a Poisson number each: dispersion 1. */
    generate(1, 40000, GK_SYNTH_STORBY);
    double variance = 0, mean = 0;
    int villas = 0;
    int *of_address = calloc(synth.address_count, sizeof *of_address);
    for (size_t i = 0; i < row_count; i++)
        of_address[rows[i].address - synth.addresses]++;
    for (size_t i = 0; i < synth.address_count; i++)
        if (synth.addresses[i].class == GK_SYNTH_VILLA &&
            synth.addresses[i].owner == GK_SYNTH_STORBY) {
            villas++;
            mean += of_address[i];
            variance += (double)of_address[i] * of_address[i];
        }
    mean /= villas;
    variance = variance / villas - mean * mean;
    ck_assert_msg(variance / mean > 1.2, "dispersion %f", variance / mean);
    free(of_address);
    release();
}
END_TEST

GK_UNIT_MAIN("synth_incidents", numbers_are_exact_for_both_municipalities,
             the_same_seed_gives_the_same_incidents, every_row_is_sound,
             codes_fit_the_kind_of_dwelling, villas_have_the_stated_season,
             numbers_fall_over_the_years, near_repeats_are_about_as_strong_as_measured,
             risk_is_uneven)
