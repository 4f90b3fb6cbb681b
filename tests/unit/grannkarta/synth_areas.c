/* The invented ground: districts part it without gap or overlap, places have
 * their size, watch areas are what the manifest says.
 *
 * Expected values: Bromölla's bounding box (EPSG:3006) and inhabitants of its
 * localities in 2005 are the register's; membership and areas are worked out
 * here from the rings alone, by even-odd and by the shoelace formula, without
 * the mesh that made them. */
#include "synth.h"
#include "unit.h"

#include <string.h>

#include "base/date.h"

static struct gk_synth synth;

static void build(uint64_t seed, int64_t dwellings)
{
    struct gk_synth_plan plan = {.seed = seed, .dwellings = dwellings, .years = 8};
    ck_assert_int_eq(gk_synth_build(&synth, &plan), GK_OK);
}

/* Twice the area of an outline in square centimetres, holes subtracted. */
static __int128 area2(const struct gk_synth_outline *outline)
{
    __int128 area = 0;
    for (size_t r = 0; r < outline->count; r++)
        for (size_t i = 0; i + 1 < outline->lengths[r]; i++) {
            struct gk_cm p = outline->rings[r][i], q = outline->rings[r][i + 1];
            area += (__int128)p.e * q.n - (__int128)q.e * p.n;
        }
    return area;
}

static bool holds(const struct gk_synth_outline *outline, struct gk_cm p)
{
    bool inside = false;
    for (size_t r = 0; r < outline->count; r++)
        for (size_t i = 0; i + 1 < outline->lengths[r]; i++) {
            struct gk_cm a = outline->rings[r][i], b = outline->rings[r][i + 1];
            if ((a.n > p.n) == (b.n > p.n))
                continue;
            __int128 side =
                (__int128)(b.e - a.e) * (p.n - a.n) - (__int128)(p.e - a.e) * (b.n - a.n);
            inside ^= (b.n > a.n) == (side > 0);
        }
    return inside;
}

START_TEST(every_address_is_in_exactly_one_district_and_its_own_municipality)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        build(seed, 12000);
        for (size_t i = 0; i < synth.address_count; i += 7) {
            const struct gk_synth_address *address = &synth.addresses[i];
            int in = 0;
            for (size_t d = 0; d < synth.district_count; d++)
                if (holds(&synth.districts[d].outline, address->at)) {
                    in++;
                    ck_assert_int_eq(synth.districts[d].owner, address->owner);
                }
            ck_assert_int_eq(in, 1);
        }
        gk_synth_release(&synth);
    }
}
END_TEST

START_TEST(districts_add_up_to_their_municipality)
{
    build(1, 60000);
    __int128 sums[GK_SYNTH_OWNERS] = {0};
    int64_t inhabitants[GK_SYNTH_OWNERS] = {0}, dwellings[GK_SYNTH_OWNERS] = {0};
    for (size_t d = 0; d < synth.district_count; d++) {
        const struct gk_synth_district *one = &synth.districts[d];
        ck_assert(area2(&one->outline) > 0);
        sums[one->owner] += area2(&one->outline);
        inhabitants[one->owner] += one->inhabitants;
        dwellings[one->owner] += one->dwellings;
    }
    for (int owner = GK_SYNTH_BROMOLLA; owner < GK_SYNTH_OWNERS; owner++) {
        const struct gk_synth_district *whole = &synth.municipalities[owner];
        ck_assert(sums[owner] == area2(&whole->outline));
        ck_assert_int_eq(inhabitants[owner], whole->inhabitants);
        ck_assert_int_eq(dwellings[owner], synth.dwellings[owner][0] + synth.dwellings[owner][1] +
                                               synth.dwellings[owner][2]);
    }
    ck_assert_int_eq(dwellings[GK_SYNTH_BROMOLLA], 5600);
    ck_assert_int_eq(dwellings[GK_SYNTH_STORBY], 60000);
    gk_synth_release(&synth);
}
END_TEST

START_TEST(districts_have_700_to_8000_inhabitants_whatever_the_seed)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        build(seed, 60000);
        int count[GK_SYNTH_OWNERS] = {0};
        for (size_t d = 0; d < synth.district_count; d++) {
            count[synth.districts[d].owner]++;
            ck_assert_int_ge(synth.districts[d].inhabitants, 700);
            ck_assert_int_le(synth.districts[d].inhabitants, 8000);
            for (size_t k = 0; k < d; k++)
                ck_assert_str_ne(synth.districts[d].name, synth.districts[k].name);
        }
        ck_assert(count[GK_SYNTH_BROMOLLA] >= 6 && count[GK_SYNTH_BROMOLLA] <= 8);
        ck_assert(count[GK_SYNTH_STORBY] >= 30 && count[GK_SYNTH_STORBY] <= 50);
        gk_synth_release(&synth);
    }
}
END_TEST

START_TEST(bromolla_has_its_bounding_box_and_localities)
{
    build(5, 2000);
    const struct gk_synth_outline *outline = &synth.municipalities[GK_SYNTH_BROMOLLA].outline;
    struct gk_cm low = outline->rings[0][0], high = low;
    for (size_t i = 0; i < outline->lengths[0]; i++) {
        struct gk_cm p = outline->rings[0][i];
        low.e = p.e < low.e ? p.e : low.e;
        low.n = p.n < low.n ? p.n : low.n;
        high.e = p.e > high.e ? p.e : high.e;
        high.n = p.n > high.n ? p.n : high.n;
    }
    ck_assert_int_eq(low.e, 46120000);
    ck_assert_int_eq(high.e, 47480000);
    ck_assert_int_eq(low.n, 620750000);
    ck_assert_int_eq(high.n, 623290000);
    static const struct {
        const char *name;
        double inhabitants_2005;
    } known[] = {
        {"Bromölla", 7428}, {"Näsum", 1119}, {"Valje", 771}, {"Gualöv", 539}, {"Nymölla", 294}};
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(synth.places[i].name, known[i].name);
        double per_dwelling = known[i].inhabitants_2005 / (double)synth.places[i].dwellings;
        ck_assert_msg(per_dwelling > 2.2 && per_dwelling < 2.5, "%s: %f", known[i].name,
                      per_dwelling);
    }
    int64_t inhabitants = synth.municipalities[GK_SYNTH_BROMOLLA].inhabitants;
    ck_assert(inhabitants > 12000 && inhabitants < 13000);
    gk_synth_release(&synth);
}
END_TEST

START_TEST(stairwells_have_many_dwellings_and_houses_one)
{
    build(1, 60000);
    int most = 0;
    for (size_t i = 0; i < synth.address_count; i++) {
        const struct gk_synth_address *address = &synth.addresses[i];
        ck_assert_int_ge(address->dwellings, 1);
        if (address->class != GK_SYNTH_FLAT)
            ck_assert_int_eq(address->dwellings, 1);
        most = address->dwellings > most ? address->dwellings : most;
    }
    ck_assert_int_ge(most, 20);
    gk_synth_release(&synth);
}
END_TEST

START_TEST(watch_areas_have_20_to_400_dwellings_and_some_straddle)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        build(seed, 60000);
        ck_assert(synth.watch_count >= 20 && synth.watch_count <= 30);
        int approved = 0, across = 0;
        for (size_t w = 0; w < synth.watch_count; w++) {
            struct gk_synth_watch *watch = &synth.watches[w];
            struct gk_cm *rings[1] = {watch->ring};
            size_t lengths[1] = {9};
            const struct gk_synth_outline outline = {rings, lengths, 1};
            int64_t dwellings = 0;
            for (size_t i = 0; i < synth.address_count; i++)
                if (holds(&outline, synth.addresses[i].at))
                    dwellings += synth.addresses[i].dwellings;
            ck_assert_int_eq(dwellings, watch->dwellings);
            ck_assert(dwellings >= 20 && dwellings <= 400);
            ck_assert(area2(&outline) > 0);
            int year = gk_civil_from_day(watch->since_day).year;
            ck_assert(year >= 2019 && year <= 2025);
            approved += watch->is_approved;
            across += watch->districts > 1;
            for (size_t k = 0; k < w; k++)
                ck_assert_str_ne(watch->slug, synth.watches[k].slug);
        }
        ck_assert_int_ge(approved, 15);
        ck_assert_int_lt(approved, (int)synth.watch_count);
        ck_assert_int_ge(across, 3);
        gk_synth_release(&synth);
    }
}
END_TEST

START_TEST(the_same_seed_gives_the_same_ground_and_another_seed_another)
{
    build(9, 3000);
    size_t count = synth.address_count;
    struct gk_synth_address *kept = calloc(count, sizeof *kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = synth.addresses[i];
    gk_synth_release(&synth);
    build(9, 3000);
    ck_assert_uint_eq(synth.address_count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert(kept[i].at.e == synth.addresses[i].at.e &&
                  kept[i].at.n == synth.addresses[i].at.n &&
                  kept[i].street == synth.addresses[i].street &&
                  kept[i].dwellings == synth.addresses[i].dwellings);
    gk_synth_release(&synth);
    build(10, 3000);
    size_t same = 0;
    for (size_t i = 0; i < count && i < synth.address_count; i++)
        same += kept[i].at.e == synth.addresses[i].at.e;
    ck_assert_uint_lt(same, count / 100);
    gk_synth_release(&synth);
    free(kept);
}
END_TEST

/* Labels drawn as text, south row last; '.' is none. */
static void trace_picture(const char *const *rows, int32_t side, struct gk_synth_outline *outlines,
                          size_t labels)
{
    static int32_t cells[64];
    struct gk_synth_mesh mesh = {.seed = 1, .columns = side, .rows = side, .west = 1000};
    for (int32_t y = 0; y < side; y++)
        for (int32_t x = 0; x < side; x++) {
            char c = rows[side - 1 - y][x];
            cells[y * side + x] = c == '.' ? -1 : c - 'a';
        }
    memset(outlines, 0, labels * sizeof *outlines);
    ck_assert_int_eq(gk_synth_trace(&mesh, cells, outlines, labels), GK_OK);
}

START_TEST(a_hole_is_a_ring_of_its_own_also_when_it_touches_the_shell)
{
    static const char *const island[] = {"aaaa", "aba.", "aaa.", "...."};
    struct gk_synth_outline outlines[2];
    trace_picture(island, 4, outlines, 2);
    ck_assert_uint_eq(outlines[0].count, 2);
    ck_assert_uint_eq(outlines[0].lengths[1], 5); /* round one cell */
    ck_assert_uint_eq(outlines[1].count, 1);
    ck_assert_uint_eq(outlines[1].lengths[0], 5);
    for (int i = 0; i < 2; i++)
        gk_synth_outline_release(&outlines[i]);
    /* The cells at the corner meet in one point only; the ring does not cross itself. */
    static const char *const pinched[] = {"aaa.", "aba.", "aa..", "...."};
    trace_picture(pinched, 4, outlines, 2);
    ck_assert_uint_eq(outlines[0].count, 2);
    for (size_t r = 0; r < 2; r++)
        for (size_t i = 0; i + 1 < outlines[0].lengths[r]; i++)
            for (size_t k = i + 1; k + 1 < outlines[0].lengths[r]; k++)
                ck_assert(memcmp(&outlines[0].rings[r][i], &outlines[0].rings[r][k],
                                 sizeof(struct gk_cm)) != 0);
    ck_assert(area2(&outlines[0]) > 0);
    for (int i = 0; i < 2; i++)
        gk_synth_outline_release(&outlines[i]);
}
END_TEST

GK_UNIT_MAIN("synth_areas", every_address_is_in_exactly_one_district_and_its_own_municipality,
             districts_add_up_to_their_municipality,
             districts_have_700_to_8000_inhabitants_whatever_the_seed,
             bromolla_has_its_bounding_box_and_localities,
             stairwells_have_many_dwellings_and_houses_one,
             watch_areas_have_20_to_400_dwellings_and_some_straddle,
             the_same_seed_gives_the_same_ground_and_another_seed_another,
             a_hole_is_a_ring_of_its_own_also_when_it_touches_the_shell)
