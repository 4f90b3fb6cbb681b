/* Planes against formulas that do not come from PROJ (tests/lib/krueger.h, and the
 * definition of the spherical web Mercator), to the centimetre; and against PROJ
 * itself at random places all over their range, to what the header promises. */
#include "geo/plane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "geo/geojson.h"
#include "krueger.h"
#include "unit.h"

static const struct gk_crs *crs_of(int epsg)
{
    for (size_t i = 0; i < gk_crs_count(); i++)
        if (gk_crs_at(i)->epsg == epsg)
            return gk_crs_at(i);
    return NULL;
}

static struct gk_plane *plane_of(int epsg)
{
    struct gk_plane *plane;
    struct gk_error error;
    ck_assert_msg(gk_plane_create(&plane, crs_of(epsg), &error) == GK_OK, "%s", error.message);
    return plane;
}

static struct gk_cm32 cm_of(struct gk_en en)
{
    struct gk_cm cm = gk_cm_from_en(en);
    return (struct gk_cm32){(int32_t)cm.e, (int32_t)cm.n};
}

static struct gk_en web_mercator(struct gk_lonlat p)
{
    return (struct gk_en){6378137 * p.lon_deg * degree,
                          6378137 * log(tan((45 + p.lat_deg / 2) * degree))};
}

/* The start is rounded to a centimetre and the end too: a centimetre apart, times the
 * scale of the plane, is the most that may be seen. */
static void check_grid(int epsg, struct gk_en (*formula)(struct gk_lonlat), double scale)
{
    struct gk_plane *plane = plane_of(epsg);
    for (double lat = 55; lat < 69.1; lat += 0.13)
        for (double lon = 10.7; lon < 24.2; lon += 0.17) {
            struct gk_lonlat p = {lon, lat};
            struct gk_en expected = formula(p);
            struct gk_xy at = gk_plane_at(plane, cm_of(sweref_99_tm(p)));
            ck_assert_double_eq_tol(at.x, expected.e_m * 100, 0.6 + 0.8 * scale);
            ck_assert_double_eq_tol(at.y, expected.n_m * 100, 0.6 + 0.8 * scale);
        }
    gk_plane_free(plane);
}

START_TEST(planes_agree_with_formulas_that_are_not_projs)
{
    check_grid(3006, sweref_99_tm, 1);
    check_grid(3008, sweref_99_13_30, 1.02);
    check_grid(3857, web_mercator, 2.8);
}
END_TEST

static struct gk_cm32 random_position(struct gk_random *random)
{
    return (struct gk_cm32){
        10000000 + (int32_t)gk_random_below(random, 100000000),
        590000000 + (int32_t)gk_random_below(random, 200000000),
    };
}

START_TEST(planes_round_what_proj_says)
{
    enum { POSITIONS = 200000 };
    static const int planes[] = {3008, 3857};
    struct gk_random random;
    gk_random_init(&random, 5, 0);
    for (size_t p = 0; p < 2; p++) {
        struct gk_plane *plane = plane_of(planes[p]);
        struct gk_transform *transform;
        ck_assert_int_eq(
            gk_transform_create(&transform, "EPSG:3006", crs_of(planes[p])->name, NULL), GK_OK);
        for (int i = 0; i < POSITIONS; i++) {
            struct gk_cm32 from = random_position(&random);
            double x = from.e / 100.0, y = from.n / 100.0;
            ck_assert_uint_eq(gk_transform_forward(transform, &x, &y, 1), 0);
            struct gk_xy at = gk_plane_at(plane, from);
            ck_assert_double_le(fabs(at.x - x * 100), 0.501);
            ck_assert_double_le(fabs(at.y - y * 100), 0.501);
        }
        gk_transform_free(transform);
        gk_plane_free(plane);
    }
}
END_TEST

START_TEST(epsg_3006_stays_what_it_is)
{
    struct gk_plane *plane = plane_of(3006);
    struct gk_random random;
    gk_random_init(&random, 6, 0);
    ck_assert(gk_plane_is_own(plane));
    for (int i = 0; i < 1000; i++) {
        struct gk_cm32 from = {(int32_t)gk_random_below(&random, 2000000000) - 1000000000,
                               (int32_t)gk_random_below(&random, 2000000000) - 1000000000};
        struct gk_xy at = gk_plane_at(plane, from);
        ck_assert(at.x == from.e && at.y == from.n);
        struct gk_box_xy around = gk_plane_around(plane, (struct gk_box_cm32){from, from});
        ck_assert(around.min.x == at.x && around.min.y == at.y);
        ck_assert(around.max.x == at.x && around.max.y == at.y);
    }
    gk_plane_free(plane);
}
END_TEST

/* Also boxes of hundreds of kilometres, whose edges bend by kilometres. */
START_TEST(a_box_around_holds_all_that_lies_in_a_box)
{
    static const int planes[] = {3006, 3008, 3857};
    struct gk_random random;
    gk_random_init(&random, 7, 0);
    for (size_t p = 0; p < 3; p++) {
        struct gk_plane *plane = plane_of(planes[p]);
        for (int b = 0; b < 3000; b++) {
            struct gk_cm32 a = random_position(&random);
            uint64_t size = 1 + (UINT64_C(50000000) >> gk_random_below(&random, 20));
            struct gk_box_cm32 box = {a,
                                      {a.e + (int32_t)gk_random_below(&random, size),
                                       a.n + (int32_t)gk_random_below(&random, size)}};
            struct gk_box_xy around = gk_plane_around(plane, box);
            for (int i = 0; i < 40; i++) {
                struct gk_cm32 in = {
                    box.min.e +
                        (int32_t)gk_random_below(&random, (uint64_t)(box.max.e - box.min.e) + 1),
                    box.min.n +
                        (int32_t)gk_random_below(&random, (uint64_t)(box.max.n - box.min.n) + 1)};
                if (i % 2 == 0) /* on an edge: where it matters */
                    in.n = i % 4 == 0 ? box.min.n : box.max.n;
                if (in.e > 110000000 || in.n > 790000000)
                    continue;
                struct gk_xy at = gk_plane_at(plane, in);
                ck_assert(around.min.x <= at.x && at.x <= around.max.x);
                ck_assert(around.min.y <= at.y && at.y <= around.max.y);
            }
        }
        gk_plane_free(plane);
    }
}
END_TEST

START_TEST(positions_anywhere_do_no_harm)
{
    static const int32_t ends[] = {INT32_MIN, -1, 0, 1, INT32_MAX};
    struct gk_plane *plane = plane_of(3857);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++) {
            struct gk_cm32 at = {ends[i], ends[j]};
            (void)gk_plane_at(plane, at);
            struct gk_box_xy around = gk_plane_around(plane, (struct gk_box_cm32){at, at});
            ck_assert(around.min.x <= around.max.x && around.min.y <= around.max.y);
        }
    struct gk_box_xy box = gk_plane_box(-1e300, -1e9, 1e9, 1e300);
    ck_assert(box.min.x == INT32_MIN && box.max.y == INT32_MAX);
    gk_plane_free(plane);
    gk_plane_free(NULL);
}
END_TEST

START_TEST(a_geographic_crs_is_no_plane)
{
    struct gk_plane *plane;
    struct gk_error error = {.message = ""};
    ck_assert_int_eq(gk_plane_create(&plane, gk_crs_at(0), &error), GK_INVALID);
    ck_assert_ptr_null(plane);
    ck_assert_ptr_nonnull(strstr(error.message, "CRS84"));
}
END_TEST

static void check_text(struct gk_xy at, struct gk_axes axes, const char *expected)
{
    const struct gk_xy twice[] = {at, at};
    char both[100];
    struct gk_buf buf;
    gk_buf_init(&buf, 100);
    gk_buf_put_positions(&buf, &at, 1, axes);
    gk_buf_putc(&buf, '\0');
    ck_assert_str_eq(buf.data, expected);
    gk_buf_clear(&buf);
    gk_buf_put_positions(&buf, twice, 2, axes);
    gk_buf_putc(&buf, '\0');
    snprintf(both, sizeof both, "%s,%s", expected, expected);
    ck_assert_str_eq(buf.data, both);
    gk_buf_release(&buf);
}

START_TEST(positions_are_printed_in_their_units_and_order)
{
    const struct gk_axes metres = {0}, swapped_wkt = {.is_swapped = true, .is_wkt = true};
    const struct gk_axes degrees = {.is_geographic = true};
    const struct gk_axes swapped = {.is_geographic = true, .is_swapped = true};
    check_text((struct gk_xy){46250000, 621250050}, metres, "[462500,6212500.5]");
    check_text((struct gk_xy){46250001, 621250099}, swapped_wkt, "6212500.99 462500.01");
    check_text((struct gk_xy){-1, -100}, metres, "[-0.01,-1]");
    check_text((struct gk_xy){INT32_MIN, INT32_MAX}, metres, "[-21474836.48,21474836.47]");
    check_text((struct gk_xy){0, 10}, metres, "[0,0.1]");
    check_text((struct gk_xy){144000001, 561000000}, degrees, "[14.4000001,56.1]");
    check_text((struct gk_xy){144000001, 561000000}, swapped, "[56.1,14.4000001]");
}
END_TEST

/* Every length of number, against printf. */
START_TEST(metres_are_printed_as_printf_prints_them)
{
    struct gk_random random;
    gk_random_init(&random, 8, 0);
    for (int i = 0; i < 20000; i++) {
        int32_t cm = (int32_t)(gk_random_below(&random, UINT64_C(1) << 32) - (UINT64_C(1) << 31)) >>
                     gk_random_below(&random, 31);
        char expected[64], *end;
        snprintf(expected, sizeof expected, "[%s%d.%02d", cm < 0 ? "-" : "", abs(cm / 100),
                 abs(cm % 100));
        for (end = expected + strlen(expected); end[-1] == '0'; end--)
            end[-1] = '\0';
        if (end[-1] == '.')
            end[-1] = '\0';
        strcat(expected, ",0]");
        check_text((struct gk_xy){cm, 0}, (struct gk_axes){0}, expected);
    }
}
END_TEST

GK_UNIT_MAIN("geo/plane", planes_agree_with_formulas_that_are_not_projs,
             planes_round_what_proj_says, epsg_3006_stays_what_it_is,
             a_box_around_holds_all_that_lies_in_a_box, positions_anywhere_do_no_harm,
             a_geographic_crs_is_no_plane, positions_are_printed_in_their_units_and_order,
             metres_are_printed_as_printf_prints_them)
