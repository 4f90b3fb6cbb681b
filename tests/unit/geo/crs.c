/* Transforms against formulas that do not come from PROJ: Krüger's series
 * (tests/lib/krueger.h), and the definition of the spherical web Mercator. One
 * check point was computed beforehand and agrees with the national survey's own
 * transform. */
#include "geo/crs.h"

#include <math.h>
#include <string.h>

#include "krueger.h"
#include "unit.h"

static struct gk_transform *transform_to(const char *to)
{
    struct gk_transform *t;
    struct gk_error error;
    ck_assert_msg(gk_transform_create(&t, "OGC:CRS84", to, &error) == GK_OK, "%s", error.message);
    return t;
}

static void check_grid(const char *to, double meridian_deg, double scale, double false_e,
                       double west, double east)
{
    struct gk_transform *t = transform_to(to);
    for (double lat = 55; lat < 69.1; lat += 0.47)
        for (double lon = west; lon < east; lon += 0.31) {
            struct gk_en expected =
                krueger((struct gk_lonlat){lon, lat}, meridian_deg, scale, false_e);
            double x = lon, y = lat;
            ck_assert_uint_eq(gk_transform_forward(t, &x, &y, 1), 0);
            ck_assert_double_eq_tol(x, expected.e_m, 1e-3);
            ck_assert_double_eq_tol(y, expected.n_m, 1e-3);
            ck_assert_uint_eq(gk_transform_inverse(t, &x, &y, 1), 0);
            ck_assert_double_eq_tol(x, lon, 1e-10);
            ck_assert_double_eq_tol(y, lat, 1e-10);
        }
    gk_transform_free(t);
}

START_TEST(sweref_99_agrees_with_the_national_surveys_formulas)
{
    check_grid("EPSG:3006", 15, 0.9996, 500000, 11, 24);
    check_grid("EPSG:3008", 13.5, 1, 150000, 12, 15);
}
END_TEST

START_TEST(the_check_point_is_where_it_should_be)
{
    static const struct {
        const char *crs;
        double e, n;
    } cases[] = {{"EPSG:3006", 356083.438, 6097106.672}, {"EPSG:3008", 102004.871, 6097487.637}};
    for (size_t i = 0; i < 2; i++) {
        struct gk_transform *t = transform_to(cases[i].crs);
        double x = 12.75, y = 55;
        ck_assert_uint_eq(gk_transform_forward(t, &x, &y, 1), 0);
        ck_assert_double_eq_tol(x, cases[i].e, 6e-4);
        ck_assert_double_eq_tol(y, cases[i].n, 6e-4);
        gk_transform_free(t);
    }
}
END_TEST

START_TEST(web_mercator_agrees_with_its_definition)
{
    struct gk_transform *t = transform_to("EPSG:3857");
    for (double lat = -80; lat <= 80; lat += 7.3)
        for (double lon = -175; lon <= 175; lon += 11.7) {
            double x = lon, y = lat;
            ck_assert_uint_eq(gk_transform_forward(t, &x, &y, 1), 0);
            ck_assert_double_eq_tol(x, 6378137 * lon * degree, 1e-6);
            ck_assert_double_eq_tol(y, 6378137 * log(tan((45 + lat / 2) * degree)), 1e-6);
        }
    gk_transform_free(t);
}
END_TEST

START_TEST(axes_go_east_first_whatever_the_register_says)
{
    struct gk_transform *t;
    ck_assert_int_eq(gk_transform_create(&t, "EPSG:4326", "EPSG:3006", NULL), GK_OK);
    double x = 15, y = 60;
    ck_assert_uint_eq(gk_transform_forward(t, &x, &y, 1), 0);
    ck_assert_double_eq_tol(x, 500000, 1e-6); /* the central meridian */
    gk_transform_free(t);
}
END_TEST

START_TEST(many_positions_are_as_one_by_one_and_bad_ones_are_counted)
{
    enum { COUNT = 1000 };
    static double x[COUNT], y[COUNT];
    struct gk_transform *t = transform_to("EPSG:3006");
    for (int i = 0; i < COUNT; i++) {
        x[i] = i % 10 == 3 ? NAN : i % 10 == 5 ? HUGE_VAL : 11 + i * 0.01;
        y[i] = 55 + i * 0.01;
    }
    ck_assert_uint_eq(gk_transform_forward(t, x, y, COUNT), 200);
    for (int i = 0; i < COUNT; i++) {
        double ex = 11 + i * 0.01, ey = 55 + i * 0.01;
        if (i % 10 == 3 || i % 10 == 5) {
            ck_assert(isinf(x[i]) && isinf(y[i]));
            continue;
        }
        ck_assert_uint_eq(gk_transform_forward(t, &ex, &ey, 1), 0);
        ck_assert(x[i] == ex && y[i] == ey);
    }
    double bad_x = 1e30, bad_y = -1e30;
    ck_assert_uint_eq(gk_transform_inverse(t, &bad_x, &bad_y, 1), 1);
    ck_assert_uint_eq(gk_transform_forward(t, x, y, 0), 0);
    gk_transform_free(t);
    gk_transform_free(NULL);
}
END_TEST

START_TEST(an_unknown_crs_is_refused_with_the_reason)
{
    static const char *const bad[] = {"EPSG:999999", "", "rubbish", "+proj=nosuch", "GEOGCS[\"x\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gk_transform *t;
        struct gk_error error = {0};
        ck_assert_int_eq(gk_transform_create(&t, bad[i], "EPSG:3006", &error), GK_INVALID);
        ck_assert_ptr_null(t);
        ck_assert_uint_gt(strlen(error.message), 30);
        ck_assert_ptr_nonnull(strstr(error.message, bad[i]));
        ck_assert_int_eq(gk_transform_create(&t, "EPSG:3006", bad[i], NULL), GK_INVALID);
    }
}
END_TEST

START_TEST(the_set_of_the_api_is_found_by_whole_uri)
{
    ck_assert_uint_eq(gk_crs_count(), 5);
    ck_assert_str_eq(gk_crs_at(0)->uri, "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
    ck_assert_ptr_null(gk_crs_at(5));
    for (size_t i = 0; i < gk_crs_count(); i++) {
        const struct gk_crs *crs = gk_crs_at(i);
        size_t length = strlen(crs->uri);
        ck_assert_ptr_eq(gk_crs_find(crs->uri, length), crs);
        ck_assert_ptr_null(gk_crs_find(crs->uri, length - 1));
        ck_assert_ptr_null(gk_crs_find(crs->uri, length + 1));
        struct gk_transform *t = transform_to(crs->name);
        gk_transform_free(t);
    }
    ck_assert_ptr_null(gk_crs_find("", 0));
    /* The register: latitude or northing first for all but the two that are not. */
    ck_assert(!gk_crs_at(0)->northing_first && gk_crs_at(1)->northing_first);
    ck_assert(gk_crs_at(2)->northing_first && gk_crs_at(3)->northing_first);
    ck_assert(!gk_crs_at(4)->northing_first && gk_crs_at(4)->epsg == 3857);
}
END_TEST

START_TEST(metres_round_to_centimetres_half_away_from_zero)
{
    struct gk_cm c = gk_cm_from_en((struct gk_en){0.125, -0.125});
    ck_assert(c.e == 13 && c.n == -13);
    c = gk_cm_from_en((struct gk_en){461200.25, 6207500.004});
    ck_assert(c.e == 46120025 && c.n == 620750000);
    c = gk_cm_from_en((struct gk_en){NAN, -HUGE_VAL});
    ck_assert(c.e == INT64_C(1000000000000000) && c.n == INT64_C(-1000000000000000));
}
END_TEST

START_TEST(sweden_is_the_area_of_use)
{
    ck_assert(gk_en_is_in_sweden((struct gk_en){461200, 6207500}));
    ck_assert(gk_en_is_in_sweden((struct gk_en){200000, 6000000}));
    ck_assert(!gk_en_is_in_sweden((struct gk_en){6207500, 461200})); /* axes exchanged */
    ck_assert(!gk_en_is_in_sweden((struct gk_en){0, 0}));
    ck_assert(!gk_en_is_in_sweden((struct gk_en){NAN, 6207500}));
    ck_assert(!gk_en_is_in_sweden((struct gk_en){199999.99, 6207500}));
}
END_TEST

GK_UNIT_MAIN("geo/crs", sweref_99_agrees_with_the_national_surveys_formulas,
             the_check_point_is_where_it_should_be, web_mercator_agrees_with_its_definition,
             axes_go_east_first_whatever_the_register_says,
             many_positions_are_as_one_by_one_and_bad_ones_are_counted,
             an_unknown_crs_is_refused_with_the_reason, the_set_of_the_api_is_found_by_whole_uri,
             metres_round_to_centimetres_half_away_from_zero, sweden_is_the_area_of_use)
