/* Selections: made once for a snapshot and a query and then found again, whatever is
 * shown of them; paging in an order; bounds; several threads. Which features a
 * filter selects is compared with SQL in tests/integration/cql2.t. */
#include "selection.h"

#include <pthread.h>

#include "api_fixture.h"
#include "json_check.h"
#include "snapshot/touch.h"
#include "unit.h"

enum { CELLS = 43 };

static struct world world;
static struct gk_api *api;

static void open_world(void)
{
    api = world_open(&world, CELLS);
}

static void close_world(void)
{
    world_close(&world, api);
}

#define CELLS_OF(...)                                                                              \
    (struct question)                                                                              \
    {                                                                                              \
        .handler = gk_resource_items, .role = GK_ROLE_PUBLIC, .collection = "cells", .query = {    \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static int matched(struct question q)
{
    struct answer a = ask(api, q);
    ck_assert_msg(a.status == GK_OK, "%s", a.error.message);
    ck_assert(is_json(a.body));
    int n = (int)json_number(a.body, "numberMatched");
    forget(&a);
    return n;
}

/* The world's own rule: how many cells have at least `least` in 2023. */
static int cells_with(int least)
{
    int cells = 0;
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        int n = 0;
        for (int32_t m = month_of(2023, 1); m <= month_of(2023, 12); m++)
            n += world_events(cell, m, 0);
        cells += n >= least;
    }
    return cells;
}

START_TEST(a_selection_is_made_once_for_a_query)
{
    open_world();
    ck_assert_int_eq(matched(CELLS_OF("filter", "count >= 2")), cells_with(2));
    ck_assert_uint_eq(gk_selections_made(api->selections), 1);
    ck_assert_int_eq(matched(CELLS_OF("filter", "count >= 2", "limit", "3")), cells_with(2));
    ck_assert_int_eq(matched(CELLS_OF("limit", "1", "filter", "count >= 2")), cells_with(2));
    ck_assert_uint_eq(gk_selections_made(api->selections), 1);
    /* Other data, another caller's data, other periods, boxes and orders are others. */
    struct question analyst = CELLS_OF("filter", "count >= 2");
    analyst.role = GK_ROLE_ANALYST;
    ck_assert_int_eq(matched(analyst), CELLS);
    ck_assert_int_eq(matched(CELLS_OF("filter", "count >= 2", "datetime", "2031-01-01")), 0);
    ck_assert_int_eq(matched(CELLS_OF("filter", "count >= 2", "bbox", "1,2,3,4")), 0);
    ck_assert_int_eq(matched(CELLS_OF("filter", "count >= 2", "sortby", "-count")), cells_with(2));
    ck_assert_uint_eq(gk_selections_made(api->selections), 5);
    world.replaced = world.newest[GK_SNAPSHOT_RELEASE];
    world.newest[GK_SNAPSHOT_RELEASE] = world_make(GK_SNAPSHOT_RELEASE, 6, CELLS - 20, 3);
    ck_assert_int_eq(matched(CELLS_OF("filter", "count >= 2")), CELLS - 20);
    ck_assert_uint_eq(gk_selections_made(api->selections), 6);
    close_world();
}
END_TEST

START_TEST(without_filter_and_order_there_is_none)
{
    open_world();
    ck_assert_int_eq(matched(CELLS_OF("bbox", "14,55,15,57")), CELLS);
    ck_assert_int_eq(matched(CELLS_OF("filter-lang", "cql2-text")), CELLS);
    ck_assert_uint_eq(gk_selections_made(api->selections), 0);
    close_world();
}
END_TEST

START_TEST(pages_in_an_order_resume_where_they_ended)
{
    char cursor[128] = "";
    int ids[CELLS], counts[CELLS], n = 0;
    open_world();
    do {
        struct answer a = ask(
            api, cursor[0] == '\0' ? CELLS_OF("limit", "5", "sortby", "-count")
                                   : CELLS_OF("limit", "5", "sortby", "-count", "cursor", cursor));
        ck_assert_msg(a.status == GK_OK, "%s", a.error.message);
        for (const char *p = a.body; (p = strstr(p, "\"Feature\",")) != NULL; p++) {
            ck_assert_int_lt(n, CELLS);
            ids[n] = (int)json_number(p, "id");
            counts[n++] = (int)json_number(p, "count");
        }
        const char *link = strstr(a.body, "\"rel\":\"next\"");
        const char *from = link == NULL ? NULL : strstr(link, "cursor=");
        cursor[0] = '\0';
        if (from != NULL)
            snprintf(cursor, sizeof cursor, "%.*s", (int)strcspn(from + 7, "&\""), from + 7);
        forget(&a);
    } while (cursor[0] != '\0');
    ck_assert_int_eq(n, CELLS);
    for (int i = 1; i < n; i++)
        ck_assert_int_ge(counts[i - 1], counts[i]);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            ck_assert_int_ne(ids[i], ids[j]);
    ck_assert_uint_eq(gk_selections_made(api->selections), 1);
    close_world();
}
END_TEST

START_TEST(nulls_come_last_both_ways_and_ties_stay_as_the_layer_has_them)
{
    open_world();
    for (int down = 0; down < 2; down++) {
        struct question q = CELLS_OF("sortby", down ? "-inhabitants" : "inhabitants");
        q.collection = "districts-regso";
        struct answer a = ask(api, q);
        const char *known = strstr(a.body, "\"inhabitants\":1000"), *null;
        null = strstr(a.body, "\"inhabitants\":null");
        ck_assert(known != NULL && null != NULL && known < null);
        forget(&a);
    }
    struct answer plain = ask(api, CELLS_OF(NULL)),
                  tied = ask(api, CELLS_OF("sortby", "-dwellings"));
    const char *p = plain.body, *t = tied.body;
    for (int i = 0; i < CELLS; i++) {
        p = strstr(p + 1, "\"Feature\","), t = strstr(t + 1, "\"Feature\",");
        ck_assert_int_eq((int)json_number(p, "id"), (int)json_number(t, "id"));
    }
    forget(&plain);
    forget(&tied);
    close_world();
}
END_TEST

START_TEST(watch_areas_are_not_ranked)
{
    static const char *const refused[] = {"count", "-rate_per_1000", "rate_per_1000_upper"};
    open_world();
    for (size_t i = 0; i < 3; i++) {
        struct question q = CELLS_OF("sortby", refused[i]);
        q.collection = "watch-areas";
        struct answer a = ask(api, q);
        ck_assert_int_eq(a.status, GK_INVALID);
        ck_assert_ptr_nonnull(strstr(a.error.message, "slug, name, started, households"));
        forget(&a);
    }
    close_world();
}
END_TEST

START_TEST(what_is_not_the_callers_does_not_exist)
{
    open_world();
    struct question q = CELLS_OF("filter", "approved = TRUE");
    q.collection = "watch-areas";
    struct answer a = ask(api, q);
    ck_assert_int_eq(a.status, GK_INVALID);
    ck_assert_ptr_nonnull(strstr(a.error.message, "there is no property \"approved\""));
    forget(&a);
    q.role = GK_ROLE_ANALYST;
    ck_assert_int_eq(matched(q), 1);
    close_world();
}
END_TEST

/* A rate is compared as it is printed: 1/10 dwellings are 100.0, and 4 decimals of a
 * bound of Garwood's interval. */
START_TEST(numbers_are_those_that_are_printed)
{
    open_world();
    struct answer a = ask(api, CELLS_OF("limit", "1"));
    char filter[96];
    snprintf(filter, sizeof filter, "rate_per_1000_upper = %.4f",
             json_number(a.body, "rate_per_1000_upper"));
    forget(&a);
    ck_assert_int_ge(matched(CELLS_OF("filter", filter)), 1);
    ck_assert_int_eq(matched(CELLS_OF("filter", "rate_per_1000 >= 200")), cells_with(2));
    close_world();
}
END_TEST

/* A restored database counts on from where it was: the same number, other cells. What
 * is kept of the former must not be used, nor its grid. */
START_TEST(a_number_that_is_used_again_names_other_data)
{
    open_world();
    struct question squares = CELLS_OF("size", "250");
    squares.collection = "hotspots";
    ck_assert_int_eq(matched(CELLS_OF("filter", "dwellings > 0")), CELLS);
    ck_assert_int_eq(matched(squares), CELLS);
    struct gk_snapshot *former = world.newest[GK_SNAPSHOT_RELEASE];
    world.newest[GK_SNAPSHOT_RELEASE] = world_make(GK_SNAPSHOT_RELEASE, 5, 10, 0);
    world.newest[GK_SNAPSHOT_RELEASE]->made_utc = former->made_utc + 1;
    gk_snapshot_free(former);
    ck_assert_int_eq(matched(CELLS_OF("filter", "dwellings > 0")), 10);
    ck_assert_int_eq(matched(squares), 10);
    close_world();
}
END_TEST

/* The first cell is the square of 50 m at N 6,210,000, E 462,500. */
START_TEST(coordinates_are_in_the_crs_that_is_named)
{
    static const struct {
        const char *crs, *filter;
        int expected; /* -1: refused */
    } rows[] = {
        {"EPSG/0/3006", "S_INTERSECTS(geometry, POINT(6210010 462510))", 1},
        {"EPSG/0/3006", "S_INTERSECTS(geometry, POINT(6210000 462500))", 1},
        {"EPSG/0/3006", "S_INTERSECTS(geometry, POINT(6209999.99 462500))", 0},
        {"EPSG/0/3006", "S_INTERSECTS(geometry, POINT(462510 6210010))", 0},
        {"EPSG/0/3006", "S_INTERSECTS(geometry, BBOX(6210000, 462500, 6210300, 462850))", 4},
        {"EPSG/0/3006", "S_INTERSECTS(geometry, BBOX(6210000, 462850, 6210300, 462500))", -1},
        {"EPSG/0/3006", "S_INTERSECTS(geometry, POINT(1e9 462510))", -1},
        {"EPSG/0/4326", "S_INTERSECTS(geometry, BBOX(55, 14, 57, 15))", CELLS},
        {"EPSG/0/4326", "S_INTERSECTS(geometry, BBOX(55, 170, 57, 15))", CELLS},
        {"EPSG/0/4326", "S_INTERSECTS(geometry, POINT(14 91))", 0},
        {"EPSG/0/4326", "S_INTERSECTS(geometry, POINT(91 14))", -1},
        {"OGC/1.3/CRS84", "S_INTERSECTS(geometry, BBOX(14, 55, 15, 57))", CELLS},
        {"OGC/1.3/CRS84", "S_INTERSECTS(geometry, POINT(462510 6210010))", -1},
        {"EPSG/0/32633", "S_INTERSECTS(geometry, POINT(462510 6210010))", -1}};
    open_world();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char uri[80];
        snprintf(uri, sizeof uri, "http://www.opengis.net/def/crs/%s", rows[i].crs);
        struct answer a = ask(api, CELLS_OF("filter", rows[i].filter, "filter-crs", uri));
        int n = a.status == GK_OK ? (int)json_number(a.body, "numberMatched") : -1;
        ck_assert_msg(n == rows[i].expected, "%s in %s: %d %s", rows[i].filter, rows[i].crs, n,
                      n < 0 ? a.error.message : "");
        forget(&a);
    }
    close_world();
}
END_TEST

/* A line to and fro past the first cell, in whose box the cell lies: every pair of their
 * edges is compared exactly. In a plane the cell's corners must be computed, which takes
 * as long as some 24 looks at boxes. */
START_TEST(work_is_counted_where_time_is_spent)
{
    enum { POINTS = 100, PAIRS = 4 * (POINTS - 1), PLANE_POINTS = 4 + 5 };
    static const struct gk_xy degrees[] = {{140000000, 300000000}, {500000000, 610000000}};
    static const struct gk_xy metres[] = {{150000000, 300000000}, {900000000, 900000000}};
    struct gk_xy points[POINTS];
    uint32_t start[] = {0, POINTS};
    struct gk_part part = {0, 1, false, {{0, 0}, {0, 0}}};
    struct gk_geometry line = {points, start, &part, 1, {{0, 0}, {0, 0}}};
    size_t mercator = 0;
    uint64_t work = 0;
    open_world();
    const struct gk_shapes *cells = &world.newest[GK_SNAPSHOT_RELEASE]->cell_shapes;
    for (size_t i = 0; i < POINTS; i++)
        points[i] = degrees[i % 2];
    gk_geometry_measure(&line);
    ck_assert(!gk_geometry_touches_shape(&line, NULL, cells, 0, &work));
    ck_assert_uint_ge(work, 5 * PAIRS);
    while (gk_crs_at(mercator)->epsg != 3857)
        mercator++;
    for (size_t i = 0; i < POINTS; i++)
        points[i] = metres[i % 2];
    gk_geometry_measure(&line);
    work = 0;
    ck_assert(!gk_geometry_touches_shape(&line, api->plane[mercator], cells, 0, &work));
    ck_assert_uint_ge(work, 5 * PAIRS + 24 * PLANE_POINTS);
    close_world();
}
END_TEST

/* --- Keeping ---------------------------------------------------------------------------- */

START_TEST(what_is_kept_is_bounded)
{
    char filter[64];
    open_world();
    gk_selection_cache_free(api->selections);
    must(gk_selection_cache_create(&api->selections, 2000));
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 20; i++) {
            snprintf(filter, sizeof filter, "cell > %d", i);
            ck_assert_int_eq(matched(CELLS_OF("filter", filter)), CELLS - i);
        }
    ck_assert_uint_eq(gk_selections_made(api->selections), 40);
    /* The last few are still there; one that is larger than all room is not kept. */
    ck_assert_int_eq(matched(CELLS_OF("filter", filter)), CELLS - 19);
    ck_assert_uint_eq(gk_selections_made(api->selections), 40);
    gk_selection_cache_free(api->selections);
    must(gk_selection_cache_create(&api->selections, 10));
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(matched(CELLS_OF("filter", "cell > 3")), CELLS - 3);
    ck_assert_uint_eq(gk_selections_made(api->selections), 3);
    close_world();
}
END_TEST

static void *ask_much(void *argument)
{
    unsigned seed = *(const unsigned *)argument;
    char filter[64];
    for (int i = 0; i < 300; i++) {
        int n = (int)((seed + (unsigned)i * 7) % 40);
        snprintf(filter, sizeof filter, "cell > %d", n);
        struct answer a = ask(api, CELLS_OF("filter", filter, "sortby", "-cell"));
        if (a.status != GK_OK || (int)json_number(a.body, "numberMatched") != CELLS - n)
            abort();
        forget(&a);
    }
    return NULL;
}

START_TEST(threads_share_selections)
{
    enum { THREADS = 4 };
    pthread_t thread[THREADS];
    unsigned seed[THREADS] = {1, 12, 23, 34};
    open_world();
    gk_selection_cache_free(api->selections);
    must(gk_selection_cache_create(&api->selections, 4000)); /* some are always forgotten */
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, ask_much, &seed[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    close_world();
}
END_TEST

/* A filter that costs about `steps`: each OR is looked at for each cell. */
static enum gk_status ask_dear(uint64_t arrived_us, enum gk_role role, int number, int32_t *retry_s)
{
    char filter[4000] = "";
    for (int i = 0; i < 120; i++)
        snprintf(filter + strlen(filter), sizeof filter - strlen(filter), "%scount=%d",
                 i > 0 ? " OR " : "", 1000 + number * 200 + i);
    struct question q = CELLS_OF("filter", filter);
    q.arrived_us = arrived_us;
    q.role = role;
    struct answer a = ask(api, q);
    enum gk_status status = a.status;
    *retry_s = a.response.retry_after_s;
    forget(&a);
    return status;
}

/* The public may have so much made in a second, all together. What is kept is given
 * all the same, analysts do not wait, and after a while it goes on. */
START_TEST(new_selections_of_the_public_are_so_many_a_second)
{
    const uint64_t start_us = 5000000;
    int32_t retry_s = 0;
    int made = 0;
    open_world();
    while (made < 10000 && ask_dear(start_us, GK_ROLE_PUBLIC, made, &retry_s) == GK_OK)
        made++;
    /* 43 cells, 120 comparisons of three nodes at the most and 119 ORs: 5,000 to 26,000 steps. */
    ck_assert_int_gt(made, GK_PUBLIC_WORK_PER_SECOND / 26000);
    ck_assert_int_lt(made, GK_PUBLIC_WORK_PER_SECOND / 5000);
    ck_assert_int_eq(ask_dear(start_us, GK_ROLE_PUBLIC, made, &retry_s), GK_UNAVAILABLE);
    ck_assert_int_eq(retry_s, 1);
    ck_assert_int_eq(ask_dear(start_us, GK_ROLE_PUBLIC, made - 1, &retry_s), GK_OK);
    ck_assert_int_eq(ask_dear(start_us, GK_ROLE_ANALYST, made, &retry_s), GK_OK);
    ck_assert_int_eq(ask_dear(start_us + 1000000, GK_ROLE_PUBLIC, made, &retry_s), GK_OK);
    close_world();
}
END_TEST

GK_UNIT_MAIN("selection", new_selections_of_the_public_are_so_many_a_second,
             a_selection_is_made_once_for_a_query, without_filter_and_order_there_is_none,
             pages_in_an_order_resume_where_they_ended,
             nulls_come_last_both_ways_and_ties_stay_as_the_layer_has_them,
             watch_areas_are_not_ranked, what_is_not_the_callers_does_not_exist,
             numbers_are_those_that_are_printed, a_number_that_is_used_again_names_other_data,
             coordinates_are_in_the_crs_that_is_named, work_is_counted_where_time_is_spent,
             what_is_kept_is_bounded, threads_share_selections)
