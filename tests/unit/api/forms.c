/* The forms of one answer: in each CRS, with some of its properties, only counted,
 * as CSV in both dialects. Expected coordinates are the fixture's own corners, or
 * from formulas that are not PROJ's (tests/lib/krueger.h); what CSV is stands in RFC
 * 4180; what a spreadsheet takes for a formula, in OWASP's "CSV Injection". */
#include <math.h>

#include "api_fixture.h"
#include "csv.h"
#include "json_check.h"
#include "krueger.h"
#include "unit.h"

enum { CELLS = 43 };

#define EPSG "http://www.opengis.net/def/crs/EPSG/0/"
#define ITEMS .handler = gk_resource_items

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

/* The first position after `from` in a text. */
static void read_position(const char *from, double at[2])
{
    const char *p = strstr(from, "\"coordinates\":") + strlen("\"coordinates\":");
    while (*p == '[')
        p++;
    char *end;
    at[0] = strtod(p, &end);
    ck_assert_int_eq(*end, ',');
    at[1] = strtod(end + 1, NULL);
}

/* --- CRS -------------------------------------------------------------------------- */

START_TEST(squares_stand_at_their_own_corners_in_epsg_3006_northing_first)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, .collection = "cells",
                                                 .query = {"crs", EPSG "3006", "limit", "1"}});
    ck_assert_int_eq(a.status, GK_OK);
    ck_assert_str_eq(a.content_crs, "<" EPSG "3006>");
    /* The first square of the fixture is 50 m wide at E 462,500 and N 6,210,000. */
    ck_assert_ptr_nonnull(
        strstr(a.body, "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[6210000,462500],"
                       "[6210000,462550],[6210050,462550],[6210050,462500],[6210000,462500]]]]}"));
    forget(&a);
    a = ask(api, (struct question){ITEMS, .collection = "hotspots",
                                   .query = {"crs", EPSG "3006", "limit", "1"}});
    ck_assert_ptr_nonnull(
        strstr(a.body, "{\"type\":\"Polygon\",\"coordinates\":[[[6210000,462500],[6210000,462750],"
                       "[6210250,462750],[6210250,462500],[6210000,462500]]]}"));
    forget(&a);
    a = ask(api, (struct question){ITEMS, .role = GK_ROLE_ANALYST, .collection = "incidents",
                                   .query = {"crs", EPSG "3006", "limit", "1"}});
    ck_assert_ptr_nonnull(strstr(a.body, "{\"type\":\"Point\",\"coordinates\":[6210025,462525]}"));
    forget(&a);
    close_world();
}
END_TEST

/* Longitude and latitude of the corner of the first square, by their own inverse:
 * found by steps on Krueger's formula. */
static struct gk_lonlat corner(void)
{
    struct gk_lonlat p = {14.4, 56};
    for (int i = 0; i < 60; i++) {
        struct gk_en at = sweref_99_tm(p);
        p.lat_deg += (6210000 - at.n_m) / 111300;
        p.lon_deg += (462500 - at.e_m) / 62300;
    }
    return p;
}

START_TEST(each_crs_has_its_axes_in_the_order_of_its_authority)
{
    struct gk_lonlat p = corner();
    struct gk_en tm_13_30 = sweref_99_13_30(p);
    const struct {
        const char *crs;
        double first, second, tolerance;
    } cases[] = {
        {GK_CRS84_URI, p.lon_deg, p.lat_deg, 6e-8},
        {EPSG "4326", p.lat_deg, p.lon_deg, 6e-8},
        {EPSG "3006", 6210000, 462500, 0},
        {EPSG "3008", tm_13_30.n_m, tm_13_30.e_m, 6e-3},
        {EPSG "3857", 6378137 * p.lon_deg * degree,
         6378137 * log(tan((45 + p.lat_deg / 2) * degree)), 6e-3},
    };
    open_world();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char content_crs[128];
        double at[2];
        struct answer a = ask(
            api, (struct question){ITEMS, .collection = "cells", .query = {"crs", cases[i].crs}});
        ck_assert(is_json(a.body));
        read_position(a.body, at);
        ck_assert_double_le(fabs(at[0] - cases[i].first), cases[i].tolerance);
        ck_assert_double_le(fabs(at[1] - cases[i].second), cases[i].tolerance);
        snprintf(content_crs, sizeof content_crs, "<%s>", cases[i].crs);
        ck_assert_str_eq(a.content_crs, content_crs);
        forget(&a);
    }
    close_world();
}
END_TEST

static int matched(const char *collection, const char *bbox, const char *crs)
{
    struct answer a =
        ask(api, (struct question){ITEMS, .role = GK_ROLE_ANALYST, .collection = collection,
                                   .query = {"bbox", bbox, "bbox-crs", crs, "resultType", "hits"}});
    int count = a.status == GK_OK ? (int)json_number(a.body, "numberMatched") : -(int)a.status;
    forget(&a);
    return count;
}

START_TEST(boxes_touch_exactly_in_epsg_3006)
{
    open_world();
    /* Squares of 50 m stand 250 m apart, ten in a row. */
    ck_assert_int_eq(matched("cells", "6210000,462500,6210050,462550", EPSG "3006"), 1);
    ck_assert_int_eq(matched("cells", "6210050,462550,6210060,462560", EPSG "3006"), 1);
    ck_assert_int_eq(matched("cells", "6210050.01,462550,6210060,462560", EPSG "3006"), 0);
    ck_assert_int_eq(matched("cells", "6210000,462550,6210000,462750", EPSG "3006"), 2);
    ck_assert_int_eq(matched("cells", "6210000,462550.01,6210000,462749.99", EPSG "3006"), 0);
    ck_assert_int_eq(matched("cells", "6210000,462500,6210300,463300", EPSG "3006"), 8);
    ck_assert_int_eq(matched("hotspots", "6210250,462750,6210250,462750", EPSG "3006"), 4);
    ck_assert_int_eq(matched("cells", "-1e12,-1e12,1e12,1e12", EPSG "3006"), CELLS);
    ck_assert_int_eq(matched("cells", "-1e300,-1e300,1e300,1e300", EPSG "3857"), CELLS);
    ck_assert_int_eq(matched("cells", "462500,6210000,462550,6210050", EPSG "3006"), 0);
    ck_assert_int_gt(matched("incidents", "6210025,462525,6210025,462525", EPSG "3006"), 0);
    ck_assert_int_eq(matched("incidents", "6210025.01,462525,6210030,462525", EPSG "3006"), 0);
    ck_assert_int_eq(matched("cells", "6210050,462500,6210000,462550", EPSG "3006"), -GK_INVALID);
    ck_assert_int_eq(matched("cells", "6210000,462550,6210050,462500", EPSG "3006"), -GK_INVALID);
    ck_assert_int_eq(matched("cells", "57,14,55,15", EPSG "4326"), -GK_INVALID);
    ck_assert_int_eq(matched("cells", "55,15,57,14", EPSG "4326"), 0); /* around the world */
    ck_assert_int_eq(matched("cells", "55,14,57,15", EPSG "4326"), CELLS);
    close_world();
}
END_TEST

START_TEST(what_is_not_in_the_set_is_refused_by_name)
{
    static const char *const bad[] = {"",          "EPSG:3006", "[EPSG:3006]",
                                      EPSG "3007", EPSG,        GK_CRS84_URI "|" EPSG "3006"};
    open_world();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int item = 0; item < 2; item++) {
            struct answer a =
                ask(api, (struct question){item ? gk_resource_item : gk_resource_items,
                                           .collection = "cells", .id = item ? "7" : NULL,
                                           .query = {"crs", bad[i]}});
            ck_assert_int_eq(a.status, GK_INVALID);
            ck_assert_ptr_nonnull(strstr(a.error.message, "parameter crs"));
            for (size_t c = 0; c < gk_crs_count(); c++)
                ck_assert_ptr_nonnull(strstr(a.error.message, gk_crs_at(c)->uri));
            forget(&a);
        }
    close_world();
}
END_TEST

/* --- Properties and hits --------------------------------------------------------------- */

START_TEST(only_the_properties_that_are_named_come_in_the_order_of_the_schema)
{
    open_world();
    struct question q = {ITEMS, .collection = "cells",
                         .query = {"properties", "k,count,period_from", "limit", "1"}};
    struct answer a = ask(api, q);
    ck_assert(is_json(a.body));
    const char *properties = strstr(a.body, "\"properties\":{");
    ck_assert_ptr_nonnull(properties);
    ck_assert_int_eq(strncmp(properties, "\"properties\":{\"count\":", 21), 0);
    ck_assert_ptr_nonnull(strstr(properties, ",\"period_from\":\"2023-01-01\",\"k\":8}}"));
    ck_assert_ptr_nonnull(strstr(a.body, "properties=k%2Ccount%2Cperiod_from")); /* in next */
    forget(&a);
    q.query[1] = "";
    a = ask(api, q);
    ck_assert_ptr_nonnull(strstr(a.body, "\"properties\":{}}"));
    ck_assert_ptr_nonnull(strstr(a.body, "\"geometry\":{"));
    forget(&a);
    q.format = GK_FORMAT_HTML;
    q.query[1] = "count";
    a = ask(api, q);
    ck_assert_ptr_nonnull(strstr(a.body, "<code>count</code>"));
    ck_assert_ptr_null(strstr(a.body, "<code>dwellings</code>"));
    forget(&a);
    a = ask(api, (struct question){gk_resource_item, .collection = "cells", .id = "7",
                                   .query = {"properties", "dwellings"}});
    ck_assert_ptr_nonnull(strstr(a.body, "\"properties\":{\"dwellings\":10}"));
    forget(&a);
    q.query[1] = "count,nosuch";
    a = ask(api, q);
    ck_assert_int_eq(a.status, GK_INVALID);
    ck_assert_ptr_nonnull(strstr(a.error.message, "nosuch"));
    ck_assert_ptr_nonnull(strstr(a.error.message, "rate_per_1000"));
    forget(&a);
    /* The public has no column of analysts, and is not told of it. */
    q.query[1] = "revision";
    a = ask(api, q);
    ck_assert_int_eq(a.status, GK_INVALID);
    ck_assert_ptr_null(strstr(a.error.message, "|revision"));
    forget(&a);
    close_world();
}
END_TEST

START_TEST(hits_are_counted_and_not_shown)
{
    open_world();
    struct answer a = ask(api, (struct question){ITEMS, .collection = "cells",
                                                 .query = {"resultType", "hits", "limit", "1"}});
    ck_assert(is_json(a.body));
    ck_assert_int_eq((int)json_number(a.body, "numberMatched"), CELLS);
    ck_assert_int_eq((int)json_number(a.body, "numberReturned"), 0);
    ck_assert_ptr_nonnull(strstr(a.body, "\"features\":[]"));
    ck_assert_ptr_null(strstr(a.body, "\"rel\":\"next\""));
    forget(&a);
    close_world();
}
END_TEST

/* Headers do not fit for ever: see lib/http/internal.h, GK_CONNECTION_POOL_BYTES. */
START_TEST(csv_has_a_long_query_in_one_link_only)
{
    char filter[4000];
    open_world();
    memset(filter, ' ', sizeof filter - 1);
    memcpy(filter, "dwellings > 0", 13);
    filter[sizeof filter - 1] = '\0';
    struct answer a =
        ask(api, (struct question){ITEMS, .format = GK_FORMAT_CSV, .collection = "cells",
                                   .query = {"limit", "2", "filter", filter}});
    ck_assert_int_eq(a.status, GK_OK);
    ck_assert_ptr_nonnull(strstr(a.link, "rel=\"next\""));
    ck_assert_ptr_nonnull(strstr(a.link, "rel=\"describedby\""));
    ck_assert_uint_lt(strlen(a.link), 16 * 1024);
    forget(&a);
    close_world();
}
END_TEST

/* --- CSV ------------------------------------------------------------------------------------ */

START_TEST(csv_is_a_row_for_each_feature)
{
    open_world();
    struct question q = {
        ITEMS, .format = GK_FORMAT_CSV, .collection = "cells",
        .query = {"properties", "dwellings,rate_per_1000,period_from,definition", "limit", "2"}};
    struct answer a = ask(api, q);
    const char *expected = "id,dwellings,rate_per_1000,definition,period_from\r\n";
    const char *head = strstr(a.body, "\r\n");
    ck_assert_ptr_nonnull(head);
    ck_assert_int_eq(strncmp(a.body, "id,dwellings,rate_per_1000,", 27), 0);
    ck_assert_uint_eq(strcspn(a.body, "\r"), strcspn(expected, "\r"));
    char first[64];
    snprintf(first, sizeof first, "\r\n%d,10,", world_cell_id(0, CELLS));
    ck_assert_int_eq(strncmp(head, first, strlen(first)), 0);
    ck_assert_ptr_nonnull(strstr(a.link, "rel=\"next\"; type=\"text/csv\""));
    ck_assert_ptr_nonnull(strstr(a.link, "rel=\"alternate\"; type=\"application/geo+json\""));
    ck_assert_ptr_nonnull(strstr(a.link, "rel=\"describedby\""));
    ck_assert_str_eq(a.content_crs, "");
    forget(&a);
    q.query[1] = "definition";
    q.query[4] = "csv";
    q.query[5] = "excel";
    q.query[6] = "csv-geometry";
    q.query[7] = "wkt";
    q.query[8] = "crs";
    q.query[9] = EPSG "3006";
    a = ask(api, q);
    snprintf(first, sizeof first, "\xEF\xBB\xBFid;definition;wkt\r\n%d;polisen;",
             world_cell_id(0, CELLS));
    ck_assert_int_eq(strncmp(a.body, first, strlen(first)), 0);
    ck_assert_ptr_nonnull(strstr(a.body,
                                 ";\"MULTIPOLYGON (((6210000 462500,6210000 462550,6210050 462550,"
                                 "6210050 462500,6210000 462500)))\"\r\n"));
    ck_assert_str_eq(a.content_crs, "<" EPSG "3006>");
    forget(&a);
    a = ask(api, (struct question){ITEMS, .format = GK_FORMAT_CSV, .collection = "cells",
                                   .query = {"resultType", "hits", "properties", ""}});
    ck_assert_uint_eq(a.response.body.length, 4);
    ck_assert_mem_eq(a.body, "id\r\n", 4);
    forget(&a);
    close_world();
}
END_TEST

static int64_t zero_id(const struct gk_view *view, uint32_t index)
{
    (void)view;
    return index;
}

/* What a text becomes in a cell. */
static void check_cell(enum gk_csv_dialect dialect, const char *text, const char *expected)
{
    const struct gk_layer layer = {.id = zero_id};
    struct gk_view view = {.collection = {.layer = &layer}};
    struct gk_columns columns = {.column = {{GK_PROPERTY_NAME, GK_ALWAYS, false}}, .count = 1};
    struct gk_csv csv = {.dialect = dialect};
    struct gk_fields fields = {0};
    struct gk_buf buf;
    char row[200];
    gk_field_set_text(&fields, GK_PROPERTY_NAME, text, strlen(text));
    gk_buf_init(&buf, 1000);
    gk_csv_put_row(&buf, &csv, &columns, &view, 0, &fields);
    gk_buf_putc(&buf, '\0');
    snprintf(row, sizeof row, "0%c%s\r\n", dialect == GK_CSV_EXCEL ? ';' : ',', expected);
    ck_assert_str_eq(buf.data, row);
    gk_buf_release(&buf);
}

START_TEST(text_is_quoted_and_formulas_are_defused)
{
    static const char *const same[] = {"", "a", "Åsgatan 1", "a'b", "1=1", "a+b"};
    static const char *const cases[][2] = {
        {"a,b", "\"a,b\""},
        {"a,", "\"a,\""},
        {"a\"b", "\"a\"\"b\""},
        {"\"", "\"\"\"\""},
        {"a\nb", "\"a\nb\""},
        {" a", "\" a\""},
        {"=1+1", "'=1+1"},
        {"+46", "'+46"},
        {"-a", "'-a"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\tx", "'\tx"},
        {"\rx", "\"'\rx\""},
        {"=\"a\"", "\"'=\"\"a\"\"\""},
        {"=a,b", "\"'=a,b\""},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        check_cell(GK_CSV_RFC4180, same[i], same[i]);
        check_cell(GK_CSV_EXCEL, same[i], same[i]);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_cell(GK_CSV_RFC4180, cases[i][0], cases[i][1]);
        check_cell(GK_CSV_EXCEL, cases[i][0], cases[i][1]);
    }
    check_cell(GK_CSV_RFC4180, "a;b", "a;b");
    check_cell(GK_CSV_EXCEL, "a;b", "\"a;b\"");
}
END_TEST

static void check_number(enum gk_csv_dialect dialect, double number, const char *expected)
{
    const struct gk_layer layer = {.id = zero_id};
    struct gk_view view = {.collection = {.layer = &layer}};
    struct gk_columns columns = {.column = {{GK_PROPERTY_RATE_PER_1000, GK_ALWAYS, false},
                                            {GK_PROPERTY_NAME, GK_ALWAYS, false}},
                                 .count = 2};
    struct gk_csv csv = {.dialect = dialect};
    struct gk_fields fields = {0};
    struct gk_buf buf;
    gk_field_set_number(&fields, GK_PROPERTY_RATE_PER_1000, number);
    gk_buf_init(&buf, 1000);
    gk_csv_put_row(&buf, &csv, &columns, &view, 0, &fields);
    gk_buf_putc(&buf, '\0');
    ck_assert_str_eq(buf.data, expected);
    gk_buf_release(&buf);
}

START_TEST(numbers_have_the_decimal_sign_of_the_dialect_and_null_is_empty)
{
    check_number(GK_CSV_RFC4180, 12.5, "0,12.5,\r\n");
    check_number(GK_CSV_EXCEL, 12.5, "0;12,5;\r\n");
    check_number(GK_CSV_RFC4180, -0.25, "0,-0.25,\r\n"); /* a number is no formula */
    check_number(GK_CSV_EXCEL, NAN, "0;;\r\n");
}
END_TEST

GK_UNIT_MAIN("api/forms", squares_stand_at_their_own_corners_in_epsg_3006_northing_first,
             each_crs_has_its_axes_in_the_order_of_its_authority, boxes_touch_exactly_in_epsg_3006,
             what_is_not_in_the_set_is_refused_by_name,
             only_the_properties_that_are_named_come_in_the_order_of_the_schema,
             hits_are_counted_and_not_shown, csv_has_a_long_query_in_one_link_only,
             csv_is_a_row_for_each_feature, text_is_quoted_and_formulas_are_defused,
             numbers_have_the_decimal_sign_of_the_dialect_and_null_is_empty)
