/* Tiles of a city denser than there is one: every square of 20 km a side is a cell
 * of its own. Bytes stay bounded at every zoom, and wherever cells are summed up
 * nothing is lost: the counts are those of the fixture's own rule. */
#define WORLD_COLUMNS 400
#define WORLD_STEP 1
#define WORLD_YEARS 1
#include "api_fixture.h"
#include "mvt_read.h"
#include "snapshot/tiles.h"
#include "tile.h"
#include "unit.h"

enum { CELLS = 160000, BYTES_MAX = 1 << 20 };

static struct world world;
static struct gk_api *api;

static void open_world(uint32_t cells, uint32_t incidents)
{
    world = (struct world){0};
    world.newest[GK_SNAPSHOT_RELEASE] = world_make(GK_SNAPSHOT_RELEASE, 5, cells, 0);
    if (incidents > 0)
        world.newest[GK_SNAPSHOT_REVISION] = world_make(GK_SNAPSHOT_REVISION, 9, incidents, 0);
    api = world_api(&world);
}

static void close_world(void)
{
    world_close(&world, api);
}

static struct answer ask_tile(const char *collection, const char *z, const char *y, const char *x,
                              enum gk_role role)
{
    struct gk_arena arena;
    struct answer a = {.status = GK_OK};
    gk_arena_init(&arena, (size_t)1 << 20);
    struct gk_request request = {
        .path = "/",
        .principal = {.role = role},
        .language = "sv",
        .base_url = "http://h:1",
        .target = "/",
        .id = "1",
        .arena = &arena,
        .variable = {text_of(collection), text_of(z), text_of(y), text_of(x)}};
    gk_buf_init(&a.response.body, (size_t)64 << 20);
    a.status = gk_resource_tile(api, &request, &a.response, &a.error);
    gk_arena_release(&arena);
    return a;
}

static struct answer tile_of(const char *collection, struct gk_tile tile, enum gk_role role)
{
    char z[12], y[12], x[12];
    snprintf(z, sizeof z, "%u", tile.z);
    snprintf(y, sizeof y, "%u", tile.y);
    snprintf(x, sizeof x, "%u", tile.x);
    struct answer a = ask_tile(collection, z, y, x, role);
    ck_assert_int_eq(a.status, GK_OK);
    return a;
}

/* The tiles of a zoom from one that holds the first corner of the world to one that
 * holds the last. */
struct range {
    uint32_t x0, x1, y0, y1;
};

static struct range range_at(const struct gk_snapshot *s, uint32_t z)
{
    struct gk_mercator *m;
    struct range r = {UINT32_MAX, 0, UINT32_MAX, 0};
    ck_assert_int_eq(gk_mercator_create(&m), GK_OK);
    for (uint32_t c = 0; c < s->cell_count; c++) {
        struct gk_world at = gk_mercator_project(m, s->cell_point[c]);
        uint32_t x = (uint32_t)(at.x >> (32 - z)), y = (uint32_t)(at.y >> (32 - z));
        r.x0 = x < r.x0 ? x : r.x0;
        r.x1 = x > r.x1 ? x : r.x1;
        r.y0 = y < r.y0 ? y : r.y0;
        r.y1 = y > r.y1 ? y : r.y1;
    }
    gk_mercator_free(m);
    return r;
}

struct sums {
    int64_t count, dwellings, cells;
    size_t most_bytes;
    uint32_t features;
};

static struct sums sum_at(const char *collection, uint32_t z, enum gk_role role)
{
    struct sums sums = {0};
    struct range r = range_at(
        world.newest[role == GK_ROLE_PUBLIC ? GK_SNAPSHOT_RELEASE : GK_SNAPSHOT_REVISION], z);
    for (uint32_t y = r.y0; y <= r.y1; y++)
        for (uint32_t x = r.x0; x <= r.x1; x++) {
            struct answer a = tile_of(collection, (struct gk_tile){z, x, y}, role);
            struct mvt_layer layer = mvt_read(a.response.body.data, a.response.body.length);
            for (uint32_t i = 0; i < layer.features; i++) {
                sums.count += mvt_integer(&layer, i, "count");
                sums.dwellings += mvt_integer(&layer, i, "dwellings");
                sums.cells += mvt_integer(&layer, i, "aggregated");
            }
            sums.features += layer.features;
            if (a.response.body.length > sums.most_bytes)
                sums.most_bytes = a.response.body.length;
            mvt_forget(&layer);
            forget(&a);
        }
    return sums;
}

static int64_t events_of_the_last_year(uint32_t cells)
{
    int64_t n = 0;
    for (uint32_t cell = 0; cell < cells; cell++)
        for (int32_t m = month_of(2020, 1); m <= month_of(2020, 12); m++)
            n += world_events(cell, m, 0);
    return n;
}

START_TEST(sums_of_cells_are_complete_at_every_zoom)
{
    open_world(CELLS, 0);
    uint32_t zoom = world.newest[GK_SNAPSHOT_RELEASE]->tiles.cells_zoom;
    ck_assert_int_ge(zoom, 12); /* 4,000 or so to a tile */
    ck_assert_int_le(zoom, 14);
    for (uint32_t z = 0; z < zoom; z++) {
        struct sums sums = sum_at("cells", z, GK_ROLE_PUBLIC);
        ck_assert_int_eq(sums.cells, CELLS);
        ck_assert_int_eq(sums.dwellings, CELLS * 10);
        ck_assert_int_eq(sums.count, events_of_the_last_year(CELLS));
        ck_assert_uint_le(sums.most_bytes, BYTES_MAX);
    }
    close_world();
}
END_TEST

START_TEST(sums_of_a_number_that_is_used_again_are_new)
{
    open_world(CELLS, 0);
    struct gk_snapshot *former = world.newest[GK_SNAPSHOT_RELEASE];
    ck_assert_int_eq(sum_at("cells", 0, GK_ROLE_PUBLIC).cells, CELLS);
    world.newest[GK_SNAPSHOT_RELEASE] = world_make(GK_SNAPSHOT_RELEASE, 5, CELLS, 1);
    world.newest[GK_SNAPSHOT_RELEASE]->made_utc = former->made_utc + 1;
    gk_snapshot_free(former);
    ck_assert_int_eq(sum_at("cells", 0, GK_ROLE_PUBLIC).count,
                     events_of_the_last_year(CELLS) + INT64_C(12) * CELLS);
    close_world();
}
END_TEST

START_TEST(a_tile_of_cells_is_bounded_at_every_zoom)
{
    open_world(CELLS, 0);
    const struct gk_snapshot *s = world.newest[GK_SNAPSHOT_RELEASE];
    for (uint32_t z = s->tiles.cells_zoom; z <= GK_TILE_ZOOM_MAX; z++) {
        struct range r = range_at(s, z);
        struct gk_tile middle = {z, (r.x0 + r.x1) / 2, (r.y0 + r.y1) / 2};
        struct answer a = tile_of("cells", middle, GK_ROLE_PUBLIC);
        struct mvt_layer layer = mvt_read(a.response.body.data, a.response.body.length);
        ck_assert_uint_gt(layer.features, 0);
        ck_assert_uint_le(a.response.body.length, BYTES_MAX);
        for (uint32_t i = 0; i < layer.features; i++) {
            ck_assert_int_eq(mvt_integer(&layer, i, "dwellings"), 10);
            ck_assert_int_eq(mvt_integer(&layer, i, "aggregated"), -1);
            ck_assert_int_eq(mvt_integer(&layer, i, "cell"), (int64_t)mvt_id(&layer, i));
        }
        mvt_forget(&layer);
        forget(&a);
    }
    close_world();
}
END_TEST

/* A sum is the same whoever asks in whichever tile, and is that of the four
 * squares in it one zoom further in. */
START_TEST(sums_nest)
{
    open_world(CELLS, 0);
    const struct gk_snapshot *s = world.newest[GK_SNAPSHOT_RELEASE];
    for (uint32_t z = 4; z + 1 < s->tiles.cells_zoom; z++) {
        struct range r = range_at(s, z);
        struct answer a = tile_of("cells", (struct gk_tile){z, r.x0, r.y0}, GK_ROLE_PUBLIC);
        struct mvt_layer whole = mvt_read(a.response.body.data, a.response.body.length);
        int64_t counts = 0, parts = 0;
        for (uint32_t i = 0; i < whole.features; i++)
            counts += mvt_integer(&whole, i, "count");
        for (uint32_t q = 0; q < 4; q++) {
            struct gk_tile quarter = {z + 1, r.x0 * 2 + q % 2, r.y0 * 2 + q / 2};
            struct answer b = tile_of("cells", quarter, GK_ROLE_PUBLIC);
            struct mvt_layer part = mvt_read(b.response.body.data, b.response.body.length);
            for (uint32_t i = 0; i < part.features; i++) {
                parts += mvt_integer(&part, i, "count");
                ck_assert_uint_ge(mvt_id(&part, i), (uint64_t)GK_AGGREGATE_ID);
                ck_assert_uint_lt(mvt_id(&part, i), UINT64_C(1) << 53);
            }
            mvt_forget(&part);
            forget(&b);
        }
        ck_assert_int_eq(counts, parts);
        mvt_forget(&whole);
        forget(&a);
    }
    close_world();
}
END_TEST

START_TEST(incidents_are_summed_up_where_they_are_too_many)
{
    enum { SOME = 40000 };
    open_world(100, SOME);
    const struct gk_snapshot *s = world.newest[GK_SNAPSHOT_REVISION];
    int64_t events = events_of_the_last_year(SOME);
    ck_assert_int_gt(s->tiles.incidents_zoom, 9);
    for (uint32_t z = 3; z < s->tiles.incidents_zoom; z += 3) {
        struct sums sums = sum_at("incidents", z, GK_ROLE_ANALYST);
        ck_assert_int_eq(sums.cells, s->located_count);
        ck_assert_int_eq(sums.count, events);
        ck_assert_uint_le(sums.most_bytes, BYTES_MAX);
    }
    struct sums all = sum_at("incidents", s->tiles.incidents_zoom, GK_ROLE_ANALYST);
    ck_assert_uint_eq(all.features, s->located_count);
    ck_assert_int_eq(all.count, events);
    ck_assert_uint_le(all.most_bytes, BYTES_MAX);
    close_world();
}
END_TEST

START_TEST(the_same_tile_has_the_same_bytes)
{
    open_world(1000, 1000);
    static const char *const names[] = {"cells", "districts-regso", "watch-areas", "hotspots",
                                        "incidents"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (uint32_t z = 0; z < 3; z++) {
            struct gk_tile tile = {z, (1U << z) / 2, (1U << z) / 4};
            struct answer a = tile_of(names[i], tile, GK_ROLE_ANALYST);
            struct answer b = tile_of(names[i], tile, GK_ROLE_ANALYST);
            ck_assert_uint_gt(a.response.body.length, 0);
            ck_assert_uint_eq(a.response.body.length, b.response.body.length);
            ck_assert_mem_eq(a.response.body.data, b.response.body.data, a.response.body.length);
            forget(&a);
            forget(&b);
        }
    close_world();
}
END_TEST

START_TEST(what_is_no_tile_is_not_found)
{
    static const char *const paths[][3] = {
        {"0", "0", "1"},  {"0", "1", "0"},   {"23", "0", "0"},       {"", "0", "0"},
        {"0", "", "0"},   {"01", "0", "0"},  {"1", "00", "0"},       {"4294967296", "0", "0"},
        {"1", "-1", "0"}, {"1", "0", "2"},   {"22", "4194304", "0"}, {"1", "0", "1 "},
        {"1", "+1", "0"}, {"1", "1", "0x1"}, {"9", "999999999", "1"}};
    open_world(100, 0);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct answer a = ask_tile("cells", paths[i][0], paths[i][1], paths[i][2], GK_ROLE_PUBLIC);
        ck_assert_int_eq(a.status, GK_NOT_FOUND);
        ck_assert_ptr_nonnull(strstr(a.error.message, "0 to 22"));
        forget(&a);
    }
    struct answer a = ask_tile("incidents", "0", "0", "0", GK_ROLE_PUBLIC);
    ck_assert_int_eq(a.status, GK_UNAUTHORIZED);
    forget(&a);
    a = ask_tile("incidents", "0", "0", "0", GK_ROLE_CONTACT);
    ck_assert_int_eq(a.status, GK_FORBIDDEN);
    forget(&a);
    close_world();
}
END_TEST

GK_UNIT_MAIN("api tiles", sums_of_cells_are_complete_at_every_zoom,
             sums_of_a_number_that_is_used_again_are_new, a_tile_of_cells_is_bounded_at_every_zoom,
             sums_nest, incidents_are_summed_up_where_they_are_too_many,
             the_same_tile_has_the_same_bytes, what_is_no_tile_is_not_found)
