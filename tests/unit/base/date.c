/* Dates against the C library's own calendar (timegm, tzdata), an independent
 * implementation. */
#include "base/date.h"

#include <string.h>
#include <time.h>

#include "unit.h"

START_TEST(days_and_civil_dates_agree_with_the_c_library)
{
    for (int32_t day = -719162; day < 2932896; day += 37) {
        time_t t = (time_t)day * 86400;
        struct tm tm;
        gmtime_r(&t, &tm);
        struct gk_civil c = gk_civil_from_day(day);
        ck_assert_int_eq(c.year, tm.tm_year + 1900);
        ck_assert_int_eq(c.month, tm.tm_mon + 1);
        ck_assert_int_eq(c.day, tm.tm_mday);
        ck_assert_int_eq(gk_day_from_civil(c), day);
    }
}
END_TEST

START_TEST(swedish_time_agrees_with_the_time_zone_database)
{
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    /* Every half hour of 1970-2037 would be slow; every 1801 s drifts over all minutes. */
    for (int64_t utc = 0; utc < INT64_C(2145916800); utc += 1801) {
        time_t t = (time_t)utc;
        struct tm tm;
        localtime_r(&t, &tm);
        ck_assert_int_eq(gk_stockholm_offset(utc), tm.tm_gmtoff / 3600);
    }
}
END_TEST

START_TEST(hours_round_trip_except_the_doubled_one)
{
    for (int32_t hour = 400000; hour < 500000; hour++) {
        int32_t back = gk_hour_from_utc(gk_utc_from_hour(hour));
        ck_assert(back == hour || back == hour + 1);
    }
}
END_TEST

static enum gk_status parse(const char *text, struct gk_period *period)
{
    struct gk_error error;
    return gk_period_parse(text, strlen(text), period, &error);
}

START_TEST(periods_take_what_the_standard_allows)
{
    struct gk_period p;
    ck_assert_int_eq(parse("2024-03-01", &p), GK_OK);
    ck_assert_int_eq(p.to_hour - p.from_hour, 24);
    ck_assert_int_eq(parse("2024-03-01T07:30:00Z", &p), GK_OK);
    ck_assert_int_eq(p.from_hour, 19783 * 24 + 8);
    ck_assert_int_eq(parse("../2024-03-01", &p), GK_OK);
    ck_assert_int_eq(p.from_hour, GK_HOUR_OPEN_FROM);
    ck_assert_int_eq(parse("0000-01-01T00:00:00Z/2024-03-01", &p), GK_OK); /* QGIS */
    ck_assert_int_eq(p.from_hour, GK_HOUR_OPEN_FROM);
    ck_assert_int_eq(parse("2024-03-01/9999-12-31T00:00:00Z", &p), GK_OK); /* QGIS */
    ck_assert_int_eq(parse("2024-03-01/", &p), GK_OK);
    ck_assert_int_eq(p.to_hour, GK_HOUR_OPEN_TO);
    ck_assert_int_eq(parse("2024-01-01/2024-01-31", &p), GK_OK);
    ck_assert_int_eq(p.to_hour - p.from_hour, 31 * 24);
    ck_assert_int_eq(parse("2024-03-01T", &p), GK_OK); /* GDAL: no RFC 3339, and not refused */
    ck_assert_int_eq(p.from_hour, 19783 * 24);
    ck_assert_int_eq(p.to_hour - p.from_hour, 24);
}
END_TEST

START_TEST(periods_refuse_what_is_not_a_time)
{
    static const char *const bad[] = {"",
                                      "2024",
                                      "2024-02-30",
                                      "2023-02-29",
                                      "2024-13-01",
                                      "rubbish",
                                      "2024-03-01T08:00:00",
                                      "2024-02-30T",
                                      "2024-03-01t",
                                      "2024-03-01TT",
                                      "2024-03-02/2024-03-01",
                                      "2024-3-1",
                                      "2024-03-01T25:00:00Z",
                                      "a/b",
                                      "2024-01-01/2024-02-01/2024-03-01",
                                      "2024-03-01T08:00:00.Z",
                                      "2024-03-01T08:00:00+1:00"};
    struct gk_period p;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(parse(bad[i], &p) == GK_INVALID, "\"%s\" was taken", bad[i]);
}
END_TEST

START_TEST(a_period_widens_to_every_month_it_touches)
{
    struct gk_period p;
    ck_assert_int_eq(parse("2024-02-10/2024-03-01", &p), GK_OK);
    p = gk_period_widen_to_months(p);
    ck_assert_int_eq(p.from_hour, gk_day_from_civil((struct gk_civil){2024, 2, 1}) * 24);
    ck_assert_int_eq(p.to_hour, gk_day_from_civil((struct gk_civil){2024, 4, 1}) * 24);
    struct gk_period again = gk_period_widen_to_months(p);
    ck_assert(again.from_hour == p.from_hour && again.to_hour == p.to_hour);
}
END_TEST

GK_UNIT_MAIN("base/date", days_and_civil_dates_agree_with_the_c_library,
             swedish_time_agrees_with_the_time_zone_database,
             hours_round_trip_except_the_doubled_one, periods_take_what_the_standard_allows,
             periods_refuse_what_is_not_a_time, a_period_widens_to_every_month_it_touches)
