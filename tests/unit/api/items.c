/* Features: their values against counts made from the fixture's own rule, rates
 * against Garwood's published table, paging, periods, boxes, access. */
#include "api_fixture.h"
#include "json_check.h"
#include "unit.h"

enum { CELLS = 43, RELEASE = 5, REVISION = 9 };

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

/* Events of a cell by the fixture's rule, months both included. */
static int32_t events_by_rule(uint32_t cell, int32_t from, int32_t to, int32_t extra)
{
    int32_t n = 0;
    for (int32_t m = from; m <= to; m++)
        n += world_events(cell, m, extra);
    return n;
}

#define PUBLIC .role = GK_ROLE_PUBLIC
#define ANALYST .role = GK_ROLE_ANALYST
#define ITEMS .handler = gk_resource_items
#define ITEM .handler = gk_resource_item

/* --- Values ------------------------------------------------------------------- */

START_TEST(a_cell_has_its_count_of_the_last_twelve_months)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells"});
    ck_assert_int_eq(a.status, GK_OK);
    ck_assert(is_json(a.body));
    ck_assert_int_eq((int)json_number(a.body, "numberMatched"), CELLS);
    ck_assert_int_eq((int)json_number(a.body, "numberReturned"), CELLS);
    const char *p = a.body;
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        p = strstr(p, "\"Feature\",\"id\":");
        ck_assert_ptr_nonnull(p);
        ck_assert_int_eq((int)json_number(p, "id"), world_cell_id(cell, CELLS));
        ck_assert_int_eq((int)json_number(p, "count"),
                         events_by_rule(cell, month_of(2023, 1), month_of(2023, 12), 0));
        ck_assert_int_eq((int)json_number(p, "dwellings"), 10);
        ck_assert_int_eq((int)json_number(p, "k"), 8);
        p++;
    }
    ck_assert_ptr_nonnull(strstr(a.body,
                                 "\"period_from\":\"2023-01-01\",\"period_to\":\"2023-12-31\","
                                 "\"definition\":\"polisen\",\"release\":5"));
    ck_assert_ptr_null(strstr(a.body, "\"revision\""));
    forget(&a);
    close_world();
}
END_TEST

/* Source: exact 95 % limits for a Poisson mean, Garwood 1936 (as tabulated in
 * Ulm 1990): 0 -> (0, 3.689), 1 -> (0.0253, 5.572), 2 -> (0.242, 7.225). */
START_TEST(a_rate_has_garwoods_interval)
{
    static const double table[3][2] = {{0, 3.689}, {0.0253, 5.572}, {0.242, 7.225}};
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells"});
    int seen[3] = {0};
    for (const char *p = a.body; (p = strstr(p, "\"Feature\"")) != NULL; p++) {
        int count = (int)json_number(p, "count");
        ck_assert_int_lt(count, 3);
        seen[count]++;
        ck_assert_double_eq_tol(json_number(p, "rate_per_1000"), count * 100.0, 1e-4);
        ck_assert_double_eq_tol(json_number(p, "rate_per_1000_lower"), table[count][0] * 100, 0.05);
        ck_assert_double_eq_tol(json_number(p, "rate_per_1000_upper"), table[count][1] * 100, 0.05);
    }
    ck_assert(seen[1] > 0);
    forget(&a);
    close_world();
}
END_TEST

START_TEST(a_definition_of_fewer_classes_has_a_smaller_denominator)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, ANALYST, .collection = "cells",
                                                 .query = {"definition", "bra"}});
    ck_assert_int_eq(a.status, GK_OK);
    ck_assert_int_eq((int)json_number(a.body, "dwellings"), 10);
    ck_assert_int_eq((int)json_number(a.body, "dwellings_at_risk"), 9);
    ck_assert_ptr_nonnull(strstr(a.body, "\"definition\":\"bra\",\"revision\":9"));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(a_municipality_tells_its_kinds_for_published_years_only)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "districts-kommun",
                                                 .query = {"datetime", "2022-01-01/2022-12-31"}});
    ck_assert_int_eq(a.status, GK_OK);
    ck_assert_int_eq((int)json_number(a.body, "count_villa"), 70);
    ck_assert_int_eq((int)json_number(a.body, "count_total"), 120);
    ck_assert_int_eq((int)json_number(a.body, "unlocated"), 24);
    ck_assert_int_eq((int)json_number(a.body, "completed"), 84); /* 70 + 40 + 10 - 36 */
    ck_assert_int_eq((int)json_number(a.body, "attempted"), 36);
    ck_assert(json_is_null(a.body, "count_cellar")); /* not counted by the definition */
    ck_assert_ptr_nonnull(strstr(a.body, "\"kinds_status\":\"published\""));
    forget(&a);
    a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "districts-kommun",
                                   .query = {"datetime", "2021-01-01/2021-12-31"}});
    ck_assert(json_is_null(a.body, "count_villa"));
    ck_assert(json_is_null(a.body, "completed"));
    ck_assert(json_is_null(a.body, "attempted"));
    ck_assert_ptr_nonnull(strstr(a.body, "\"kinds_status\":\"withheld\""));
    forget(&a);
    a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "districts-kommun",
                                   .query = {"datetime", "2022-02-01/2022-12-31"}});
    ck_assert(json_is_null(a.body, "count_villa"));
    ck_assert(json_is_null(a.body, "completed"));
    ck_assert(json_is_null(a.body, "attempted"));
    ck_assert_ptr_nonnull(strstr(a.body, "\"kinds_status\":\"whole calendar years only\""));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(districts_sum_their_cells_and_escape_their_names)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "districts-regso"});
    int32_t expected = 0;
    for (uint32_t cell = 0; cell < CELLS; cell++)
        if (cell % WORLD_COLUMNS < 5)
            expected += events_by_rule(cell, month_of(2023, 1), month_of(2023, 12), 0);
    ck_assert(is_json(a.body));
    ck_assert_int_eq((int)json_number(a.body, "count"), expected);
    ck_assert_double_eq_tol(json_number(a.body, "rate_per_100000"), expected * 100.0, 1e-3);
    ck_assert_ptr_nonnull(strstr(a.body, "\"name\":\"Öst \\\"<b>&'\\\\\""));
    ck_assert_ptr_nonnull(strstr(a.body, "\"name\":\"Väst\\n\""));
    ck_assert_ptr_null(strstr(a.body, "\"count_villa\""));
    const char *second = strstr(strstr(a.body, "\"Feature\"") + 1, "\"Feature\"");
    ck_assert(json_is_null(second, "inhabitants"));
    ck_assert(json_is_null(second, "rate_per_100000"));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(a_watch_area_counts_its_cover)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "watch-areas"});
    ck_assert(is_json(a.body));
    ck_assert_int_eq((int)json_number(a.body, "numberMatched"), 1);
    ck_assert_int_eq((int)json_number(a.body, "count"),
                     events_by_rule(0, month_of(2023, 1), month_of(2023, 12), 0) +
                         events_by_rule(1, month_of(2023, 1), month_of(2023, 12), 0));
    ck_assert_int_eq((int)json_number(a.body, "households"), 12);
    ck_assert_double_eq_tol(json_number(a.body, "share"), 0.62, 1e-9);
    ck_assert_ptr_nonnull(strstr(a.body, "\"started\":\"2021-05-17\""));
    ck_assert_ptr_nonnull(strstr(a.body, "\"is_estimated\":true"));
    ck_assert_ptr_null(strstr(a.body, "approved"));
    forget(&a);
    a = ask(api, (struct question){ITEMS, ANALYST, .collection = "watch-areas"});
    ck_assert_int_eq((int)json_number(a.body, "numberMatched"), 2);
    ck_assert_ptr_nonnull(strstr(a.body, "\"approved\":false"));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(squares_have_the_counts_of_their_cells_and_no_interval)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "hotspots",
                                                 .query = {"method", "rate"}});
    ck_assert(is_json(a.body));
    ck_assert_int_eq((int)json_number(a.body, "numberMatched"), CELLS);
    ck_assert_ptr_null(strstr(a.body, "_lower"));
    double sum = 0;
    int32_t expected = 0;
    for (const char *p = a.body; (p = strstr(p, "\"Feature\"")) != NULL; p++) {
        sum += json_number(p, "count");
        ck_assert_double_eq(json_number(p, "value"), json_number(p, "rate_per_1000"));
        ck_assert_int_eq(strncmp(json_member(p, "basis"), "\"descriptive\"", 13), 0);
    }
    for (uint32_t cell = 0; cell < CELLS; cell++)
        expected += events_by_rule(cell, month_of(2023, 1), month_of(2023, 12), 0);
    ck_assert_double_eq_tol(sum, expected, 1e-6);
    forget(&a);
    close_world();
}
END_TEST

START_TEST(an_incident_has_its_cells_point_or_no_geometry)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, ANALYST, .collection = "incidents",
                                                 .query = {"limit", "10000"}});
    ck_assert_int_eq(a.status, GK_OK);
    ck_assert(is_json(a.body));
    ck_assert_int_eq((int)json_number(a.body, "numberMatched"), CELLS * WORLD_YEARS * 12 + 3);
    int unlocated = 0;
    for (const char *p = a.body; (p = strstr(p, "\"Feature\"")) != NULL; p++) {
        bool is_null = json_is_null(p, "geometry");
        ck_assert_int_eq(is_null, json_is_null(p, "cell"));
        ck_assert_int_eq(is_null, json_is_null(p, "place_radius_m"));
        unlocated += is_null;
    }
    ck_assert_int_eq(unlocated, 3);
    forget(&a);
    close_world();
}
END_TEST

/* --- Periods -------------------------------------------------------------------- */

START_TEST(a_public_day_becomes_its_month)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells",
                                                 .query = {"datetime", "2021-03-15"}});
    ck_assert_ptr_nonnull(
        strstr(a.body, "\"period_from\":\"2021-03-01\",\"period_to\":\"2021-03-31\""));
    int sum = 0, expected = 0;
    for (const char *p = a.body; (p = strstr(p, "\"Feature\"")) != NULL; p++)
        sum += (int)json_number(p, "count");
    for (uint32_t cell = 0; cell < CELLS; cell++)
        expected += world_events(cell, month_of(2021, 3), 0);
    ck_assert_int_eq(sum, expected);
    forget(&a);
    close_world();
}
END_TEST

START_TEST(a_period_without_data_has_null_counts_and_all_features)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells",
                                                 .query = {"datetime", "1999-01-01/1999-12-31"}});
    ck_assert_int_eq((int)json_number(a.body, "numberMatched"), CELLS);
    ck_assert(json_is_null(a.body, "count"));
    ck_assert(json_is_null(a.body, "rate_per_1000"));
    ck_assert(json_is_null(a.body, "rate_per_1000_upper"));
    ck_assert_ptr_nonnull(strstr(a.body, "\"period_from\":\"1999-01-01\""));
    forget(&a);
    a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "hotspots",
                                   .query = {"datetime", "2077-01-01/.."}});
    ck_assert_int_eq(a.status, GK_OK);
    ck_assert(json_is_null(a.body, "count"));
    ck_assert(json_is_null(a.body, "value"));
    ck_assert(json_is_null(a.body, "period_to"));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(incidents_are_selected_by_intervals_that_touch)
{
    open_world();
    /* Rows of January 2022 lie on the 2nd from 01 to 11 o'clock. */
    static const struct {
        const char *datetime;
        int expected;
    } cases[] = {{"2022-01-02", CELLS},
                 {"2022-01-01", 0},
                 {"2022-01-02T10:00:00Z/..", CELLS * 24 + 3},
                 {"2022-01-02T11:00:00Z/2022-01-03", 0},
                 {"../2020-01-02T00:00:00Z", CELLS}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a = ask(api, (struct question){ITEMS, ANALYST, .collection = "incidents",
                                                     .query = {"datetime", cases[i].datetime}});
        ck_assert_msg((int)json_number(a.body, "numberMatched") == cases[i].expected,
                      "%s: %g, not %d", cases[i].datetime, json_number(a.body, "numberMatched"),
                      cases[i].expected);
        forget(&a);
    }
    close_world();
}
END_TEST

/* --- Paging ----------------------------------------------------------------------- */

/* The text between "cursor=" and "&", of a next link; false when there is none. */
static bool next_cursor(const char *body, char cursor[128])
{
    const char *link = strstr(body, "\"rel\":\"next\"");
    const char *from = link == NULL ? NULL : strstr(link, "cursor=");
    if (from == NULL)
        return false;
    from += strlen("cursor=");
    size_t length = strcspn(from, "&\"");
    ck_assert_uint_lt(length, 128);
    memcpy(cursor, from, length);
    cursor[length] = '\0';
    return true;
}

static void page_through(enum gk_role role, const char *collection, const char *limit,
                         const char *name, const char *value)
{
    char cursor[128];
    static long long ids[8192];
    size_t count = 0;
    struct question q = {ITEMS, .role = role, .collection = collection,
                         .query = {"limit", limit, name, value}};
    int at = name == NULL ? 2 : 4;
    double matched = -1;
    for (bool more = true; more;) {
        struct answer a = ask(api, q);
        ck_assert_int_eq(a.status, GK_OK);
        matched = json_number(a.body, "numberMatched");
        size_t before = count;
        for (const char *p = a.body; (p = strstr(p, "\"Feature\",")) != NULL; p++) {
            ids[count++] = (long long)json_number(p, "id");
            ck_assert_uint_lt(count, 8192);
        }
        ck_assert_int_eq((int)json_number(a.body, "numberReturned"), (int)(count - before));
        more = next_cursor(a.body, cursor);
        if (more)
            ck_assert_int_eq((int)(count - before), atoi(limit));
        q.query[at] = "cursor";
        q.query[at + 1] = cursor;
        forget(&a);
    }
    ck_assert_int_eq((int)matched, (int)count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert(ids[i] != ids[j]);
}

START_TEST(pages_have_every_feature_once)
{
    static const char *const limits[] = {"1", "7", "1000"};
    static const char *const collections[] = {"cells", "districts-regso", "watch-areas",
                                              "hotspots"};
    open_world();
    for (size_t l = 0; l < 3; l++) {
        for (size_t c = 0; c < 4; c++)
            page_through(GK_ROLE_PUBLIC, collections[c], limits[l], NULL, NULL);
        page_through(GK_ROLE_PUBLIC, "cells", limits[l], "bbox", "14.40,55.9,14.42,57");
        page_through(GK_ROLE_PUBLIC, "hotspots", limits[l], "size", "500");
        page_through(GK_ROLE_ANALYST, "hotspots", limits[l], "size", "100");
    }
    page_through(GK_ROLE_ANALYST, "incidents", "7", "datetime", "2022-01-01/2022-06-30");
    page_through(GK_ROLE_ANALYST, "incidents", "1000", NULL, NULL);
    close_world();
}
END_TEST

START_TEST(a_cursor_keeps_to_the_data_it_began_with)
{
    open_world();
    char cursor[128];
    struct question q = {ITEMS, PUBLIC, .collection = "cells", .query = {"limit", "7"}};
    struct answer a = ask(api, q);
    ck_assert(next_cursor(a.body, cursor));
    forget(&a);
    world.replaced = world.newest[GK_SNAPSHOT_RELEASE];
    world.newest[GK_SNAPSHOT_RELEASE] = world_make(GK_SNAPSHOT_RELEASE, RELEASE + 1, CELLS - 20, 3);
    q.query[2] = "cursor";
    q.query[3] = cursor;
    a = ask(api, q);
    ck_assert_int_eq((int)json_number(a.body, "numberMatched"), CELLS);
    ck_assert_int_eq((int)json_number(a.body, "release"), RELEASE);
    ck_assert_int_eq(a.response.data_utc, world.replaced->made_utc);
    forget(&a);
    gk_snapshot_free(world.replaced);
    world.replaced = NULL;
    a = ask(api, q);
    ck_assert_int_eq(a.status, GK_GONE);
    ck_assert_ptr_nonnull(strstr(a.error.message, "start again"));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(a_changed_or_borrowed_cursor_is_refused)
{
    open_world();
    char cursor[128], changed[128];
    struct answer a =
        ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells", .query = {"limit", "7"}});
    ck_assert(next_cursor(a.body, cursor));
    forget(&a);
    for (size_t i = 0; cursor[i] != '\0'; i++) {
        strcpy(changed, cursor);
        changed[i] = changed[i] == '1' ? '2' : '1';
        a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells",
                                       .query = {"limit", "7", "cursor", changed}});
        ck_assert_int_eq(a.status, GK_INVALID);
        forget(&a);
    }
    const struct question borrowed[] = {
        {ITEMS, PUBLIC, .collection = "hotspots", .query = {"cursor", cursor}},
        {ITEMS, PUBLIC, .collection = "cells", .query = {"cursor", cursor, "bbox", "1,2,3,4"}},
        {ITEMS, ANALYST, .collection = "cells", .query = {"cursor", cursor}},
        {ITEMS, PUBLIC, .collection = "cells", .query = {"cursor", ""}}};
    for (size_t i = 0; i < 4; i++) {
        a = ask(api, borrowed[i]);
        ck_assert_int_eq(a.status, GK_INVALID);
        forget(&a);
    }
    close_world();
}
END_TEST

/* --- Boxes ------------------------------------------------------------------------- */

START_TEST(boxes_select_whole_cells)
{
    open_world();
    static const struct {
        const char *bbox;
        int expected;
    } cases[] = {{"-180,-90,180,90", CELLS},
                 {"0,0,1,1", 0},
                 {"-180,-90,0,180,90,100", CELLS},
                 {"170,50,20,60", CELLS},
                 {"170,50,-170,60", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells",
                                                     .query = {"bbox", cases[i].bbox}});
        ck_assert_int_eq((int)json_number(a.body, "numberMatched"), cases[i].expected);
        ck_assert_int_eq((int)json_number(a.body, "numberReturned"), cases[i].expected);
        forget(&a);
    }
    close_world();
}
END_TEST

/* --- One feature --------------------------------------------------------------------- */

START_TEST(one_feature_is_the_one_of_the_page)
{
    open_world();
    static const char *const collections[] = {"cells", "districts-kommun", "watch-areas",
                                              "hotspots"};
    for (size_t c = 0; c < 4; c++) {
        struct answer page = ask(api, (struct question){ITEMS, PUBLIC, .collection = collections[c],
                                                        .query = {"limit", "1"}});
        char id[32];
        snprintf(id, sizeof id, "%lld", (long long)json_number(page.body, "id"));
        struct answer one =
            ask(api, (struct question){ITEM, PUBLIC, .collection = collections[c], .id = id});
        ck_assert_int_eq(one.status, GK_OK);
        ck_assert(is_json(one.body));
        /* The same text from "geometry" to the end of the properties. */
        const char *in_page = strstr(page.body, "\"geometry\""),
                   *in_one = strstr(one.body, "\"geometry\"");
        size_t length = (size_t)(strstr(in_page, "}}") - in_page);
        ck_assert_int_eq(strncmp(in_page, in_one, length), 0);
        ck_assert_ptr_nonnull(strstr(one.body, "\"rel\":\"collection\""));
        forget(&page);
        forget(&one);
    }
    close_world();
}
END_TEST

START_TEST(ids_that_name_nothing_are_not_found)
{
    open_world();
    static const char *const bad[] = {
        "0", "999999999", "-1", "01", "1x", "", "18446744073709551617", "100002484000000462500"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct answer a =
            ask(api, (struct question){ITEM, PUBLIC, .collection = "cells", .id = bad[i]});
        ck_assert_int_eq(a.status, GK_NOT_FOUND);
        forget(&a);
        a = ask(api, (struct question){ITEM, PUBLIC, .collection = "hotspots", .id = bad[i]});
        ck_assert_int_eq(a.status, GK_NOT_FOUND);
        forget(&a);
    }
    /* A square of 100 m exists, but only for analysts. */
    struct answer a = ask(
        api, (struct question){ITEMS, ANALYST, .collection = "hotspots", .query = {"size", "100"}});
    char id[32];
    snprintf(id, sizeof id, "%lld", (long long)json_number(a.body, "id"));
    forget(&a);
    a = ask(api, (struct question){ITEM, ANALYST, .collection = "hotspots", .id = id});
    ck_assert_int_eq(a.status, GK_OK);
    forget(&a);
    a = ask(api, (struct question){ITEM, PUBLIC, .collection = "hotspots", .id = id});
    ck_assert_int_eq(a.status, GK_NOT_FOUND);
    forget(&a);
    close_world();
}
END_TEST

/* --- Access ----------------------------------------------------------------------------- */

START_TEST(the_public_is_refused_what_is_for_analysts)
{
    open_world();
    const struct {
        struct question q;
        enum gk_status expected;
    } cases[] = {
        {{ITEMS, PUBLIC, .collection = "incidents"}, GK_UNAUTHORIZED},
        {{ITEM, PUBLIC, .collection = "incidents", .id = "1"}, GK_UNAUTHORIZED},
        {{gk_resource_collection, PUBLIC, .collection = "incidents"}, GK_UNAUTHORIZED},
        {{gk_resource_schema, PUBLIC, .collection = "incidents"}, GK_UNAUTHORIZED},
        {{ITEMS, .role = GK_ROLE_CONTACT, .collection = "incidents"}, GK_FORBIDDEN},
        {{ITEMS, PUBLIC, .collection = "cells", .query = {"definition", "bra"}}, GK_INVALID},
        {{ITEMS, PUBLIC, .collection = "hotspots", .query = {"size", "100"}}, GK_INVALID},
        {{ITEMS, ANALYST, .collection = "hotspots", .query = {"size", "300"}}, GK_INVALID},
        {{ITEMS, PUBLIC, .collection = "cells", .query = {"size", "250"}}, GK_INVALID},
        {{ITEMS, PUBLIC, .collection = "cells", .query = {"crs", "x"}}, GK_INVALID},
        {{ITEMS, PUBLIC, .collection = "cells", .query = {"limit", "0"}}, GK_INVALID},
        {{ITEMS, PUBLIC, .collection = "cells", .query = {"limit", "99999"}}, GK_OK},
        {{ITEM, PUBLIC, .collection = "cells", .id = "1", .query = {"limit", "1"}}, GK_INVALID},
        {{ITEMS, PUBLIC, .collection = "districts-"}, GK_NOT_FOUND},
        {{ITEMS, PUBLIC, .collection = "nosuch"}, GK_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a = ask(api, cases[i].q);
        ck_assert_msg(a.status == cases[i].expected, "case %zu: %s", i, gk_status_name(a.status));
        if (a.status != GK_OK)
            ck_assert(a.error.message[0] != '\0');
        forget(&a);
    }
    close_world();
}
END_TEST

/* Rule 3: whatever the public asks, the revision is not even looked at. */
START_TEST(public_answers_never_touch_the_revision)
{
    static gk_handler *const handlers[] = {
        gk_resource_landing,    gk_resource_conformance, gk_resource_api,  gk_resource_collections,
        gk_resource_collection, gk_resource_schema,      gk_resource_items};
    static const char *const collections[] = {"cells", "districts-kommun", "watch-areas",
                                              "hotspots", "incidents"};
    open_world();
    for (enum gk_role role = GK_ROLE_PUBLIC; role <= GK_ROLE_CONTACT; role++)
        for (enum gk_format format = GK_FORMAT_JSON; format <= GK_FORMAT_HTML; format++)
            for (size_t h = 0; h < sizeof handlers / sizeof *handlers; h++)
                for (size_t c = 0; c < 5; c++) {
                    struct question q = {handlers[h], .role = role, .format = format,
                                         .collection = collections[c]};
                    struct answer with = ask(api, q);
                    struct gk_snapshot *revision = world.newest[GK_SNAPSHOT_REVISION];
                    world.newest[GK_SNAPSHOT_REVISION] = NULL;
                    struct answer without = ask(api, q);
                    world.newest[GK_SNAPSHOT_REVISION] = revision;
                    ck_assert_str_eq(with.body, without.body);
                    ck_assert_uint_eq(with.response.origin.word[0],
                                      without.response.origin.word[0]);
                    forget(&with);
                    forget(&without);
                }
    ck_assert_int_eq(world.asked[GK_SNAPSHOT_REVISION], 0);
    close_world();
}
END_TEST

START_TEST(a_number_selects_the_data_for_those_who_may)
{
    open_world();
    world.replaced = world_make(GK_SNAPSHOT_RELEASE, RELEASE - 1, CELLS, 2);
    struct answer newest = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells"});
    static const char *const wrong[] = {"0", "-1", "x", "", "5.0", "2147483648"};
    const struct {
        enum gk_role role;
        const char *name, *value;
        enum gk_status status;
    } cases[] = {
        {GK_ROLE_PUBLIC, "release", "5", GK_OK},
        {GK_ROLE_PUBLIC, "release", "4", GK_OK},
        {GK_ROLE_PUBLIC, "release", "6", GK_NOT_FOUND},
        {GK_ROLE_PUBLIC, "release", "100", GK_GONE},
        {GK_ROLE_PUBLIC, "release", "1000", GK_UNAVAILABLE},
        {GK_ROLE_ANALYST, "release", "4", GK_OK},
        {GK_ROLE_ANALYST, "revision", "9", GK_OK},
        {GK_ROLE_ANALYST, "revision", "8", GK_NOT_FOUND},
        {GK_ROLE_CONTACT, "release", "4", GK_OK},
        {GK_ROLE_CONTACT, "revision", "9", GK_FORBIDDEN},
        {GK_ROLE_CONTACT, "revision", "8", GK_FORBIDDEN},
        {GK_ROLE_PUBLIC, "revision", "9", GK_UNAUTHORIZED},
        {GK_ROLE_PUBLIC, "revision", "x", GK_UNAUTHORIZED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a =
            ask(api, (struct question){ITEMS, .role = cases[i].role, .collection = "cells",
                                       .query = {cases[i].name, cases[i].value}});
        ck_assert_msg(a.status == cases[i].status, "%s=%s: %s", cases[i].name, cases[i].value,
                      a.error.message);
        ck_assert_int_eq(a.response.retry_after_s, cases[i].status == GK_UNAVAILABLE);
        if (a.status == GK_OK)
            ck_assert_int_eq((int)json_number(a.body, cases[i].name), atoi(cases[i].value));
        forget(&a);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells",
                                                     .query = {"release", wrong[i]}});
        ck_assert_int_eq(a.status, GK_INVALID);
        forget(&a);
    }
    forget(&newest);
    close_world();
}
END_TEST

START_TEST(no_number_leads_the_public_to_a_revision)
{
    open_world();
    gk_handler *const handlers[] = {gk_resource_collections, gk_resource_collection,
                                    gk_resource_schema,      gk_resource_feature_schema,
                                    gk_resource_items,       gk_resource_item};
    static const char *const numbers[] = {"9", "5", "1", "x", ""};
    for (size_t h = 0; h < sizeof handlers / sizeof *handlers; h++)
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            bool is_list = handlers[h] == gk_resource_collections;
            struct question q = {.handler = handlers[h],
                                 PUBLIC,
                                 .collection = is_list ? NULL : "cells",
                                 .id = handlers[h] == gk_resource_item ? "1" : NULL,
                                 .query = {"revision", numbers[i]}};
            struct answer a = ask(api, q);
            ck_assert_int_eq(a.status, GK_UNAUTHORIZED);
            forget(&a);
            q.query[0] = "release";
            a = ask(api, q);
            ck_assert(a.status == (strcmp(numbers[i], "5") == 0                   ? GK_OK
                                   : numbers[i][0] >= '1' && numbers[i][0] <= '9' ? GK_NOT_FOUND
                                                                                  : GK_INVALID));
            forget(&a);
        }
    ck_assert_int_eq(world.asked[GK_SNAPSHOT_REVISION], 0);
    close_world();
}
END_TEST

START_TEST(without_a_release_the_public_is_told_to_come_back)
{
    open_world();
    gk_snapshot_free(world.newest[GK_SNAPSHOT_RELEASE]);
    world.newest[GK_SNAPSHOT_RELEASE] = NULL;
    struct answer a = ask(api, (struct question){ITEMS, PUBLIC, .collection = "cells"});
    ck_assert_int_eq(a.status, GK_UNAVAILABLE);
    ck_assert_int_gt(a.response.retry_after_s, 0);
    forget(&a);
    a = ask(api, (struct question){ITEMS, ANALYST, .collection = "cells"});
    ck_assert_int_eq(a.status, GK_OK);
    forget(&a);
    close_world();
}
END_TEST

/* A page that would pass half of the largest answer ends early, and goes on. */
START_TEST(a_page_too_large_ends_early_with_a_next_link)
{
    open_world();
    struct gk_arena arena;
    gk_arena_init(&arena, 1 << 20);
    struct gk_request request = {.path = "/collections/cells/items",
                                 .variable = {text_of("cells")},
                                 .language = "sv",
                                 .base_url = "http://h",
                                 .target = "/collections/cells/items",
                                 .arena = &arena};
    struct gk_response response = {0};
    struct gk_error error;
    gk_buf_init(&response.body, 8192);
    ck_assert_int_eq(gk_resource_items(api, &request, &response, &error), GK_OK);
    ck_assert(is_json(response.body.data));
    ck_assert_int_lt((int)json_number(response.body.data, "numberReturned"), CELLS);
    ck_assert_int_gt((int)json_number(response.body.data, "numberReturned"), 0);
    ck_assert_ptr_nonnull(strstr(response.body.data, "\"rel\":\"next\""));
    gk_buf_release(&response.body);
    gk_arena_release(&arena);
    close_world();
}
END_TEST

GK_UNIT_MAIN("api items", a_cell_has_its_count_of_the_last_twelve_months,
             a_rate_has_garwoods_interval, a_definition_of_fewer_classes_has_a_smaller_denominator,
             a_municipality_tells_its_kinds_for_published_years_only,
             districts_sum_their_cells_and_escape_their_names, a_watch_area_counts_its_cover,
             squares_have_the_counts_of_their_cells_and_no_interval,
             an_incident_has_its_cells_point_or_no_geometry, a_public_day_becomes_its_month,
             a_period_without_data_has_null_counts_and_all_features,
             incidents_are_selected_by_intervals_that_touch, pages_have_every_feature_once,
             a_cursor_keeps_to_the_data_it_began_with, a_changed_or_borrowed_cursor_is_refused,
             boxes_select_whole_cells, one_feature_is_the_one_of_the_page,
             ids_that_name_nothing_are_not_found, the_public_is_refused_what_is_for_analysts,
             public_answers_never_touch_the_revision, a_number_selects_the_data_for_those_who_may,
             no_number_leads_the_public_to_a_revision,
             without_a_release_the_public_is_told_to_come_back,
             a_page_too_large_ends_early_with_a_next_link)
