/* Dates, numbers, counts and codes against tables written by hand; dates also
 * against the C library's calendar and time zones. */
#include "import_fields.h"

#include <string.h>
#include <time.h>

#include "unit.h"

/* Hours since 1970 of a wall-clock time, by the C library. */
static int32_t hour_of(int year, int month, int day, int hour)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour};
    return (int32_t)(timegm(&tm) / 3600);
}

static const struct {
    const char *text;
    int year, month, day, hour;
    bool is_date;
} dates[] = {
    {"2024-03-01", 2024, 3, 1, 0, true},
    {"20240301", 2024, 3, 1, 0, true},
    {"2024-02-29", 2024, 2, 29, 0, true},
    {" 2024-03-01 ", 2024, 3, 1, 0, true},
    {"2024-03-01 08:00", 2024, 3, 1, 8, false},
    {"2024-03-01 8:00", 2024, 3, 1, 8, false},
    {"2024-03-01T08:59", 2024, 3, 1, 8, false},
    {"2024-03-01T08:59:59", 2024, 3, 1, 8, false},
    {"2024-03-01T08:59:59.999", 2024, 3, 1, 8, false},
    {"2024-03-01  08.30", 2024, 3, 1, 8, false},
    {"2024-03-01 0830", 2024, 3, 1, 8, false},
    {"20240301 0830", 2024, 3, 1, 8, false},
    {"20240301 08:30", 2024, 3, 1, 8, false},
    {"202403010830", 2024, 3, 1, 8, false},
    {"20240301083059", 2024, 3, 1, 8, false},
    {"2024-03-01T07:30:00Z", 2024, 3, 1, 8, false},
    {"2024-07-01T07:30:00Z", 2024, 7, 1, 9, false},
    {"2024-07-01 09:30:00 +02:00", 2024, 7, 1, 9, false},
    {"2024-07-01 8:30:00 +0100", 2024, 7, 1, 9, false},
    {"2023-12-31T23:30:00Z", 2024, 1, 1, 0, false},
    {"1975-01-01", 1975, 1, 1, 0, true},
    {"2099-12-31 23:59", 2099, 12, 31, 23, false},
};

static const char *const no_dates[] = {"",
                                       " ",
                                       "2024",
                                       "2024-3-1",
                                       "2024-02-30",
                                       "2023-02-29",
                                       "2024-13-01",
                                       "2024-00-10",
                                       "1974-12-31",
                                       "2100-01-01",
                                       "1900-01-01",
                                       "2024-03-01 24:00",
                                       "2024-03-01 08:60",
                                       "2024-03-01 8",
                                       "2024-0301",
                                       "202403-01",
                                       "2024-03-0108",
                                       "2024-03-010800",
                                       "2024-03-01 08:00 x",
                                       "2024-03-01T",
                                       "01-03-2024",
                                       "2024-03-01 08:00 +25:00",
                                       "20240301080",
                                       "6210000,5",
                                       "Storgatan 14",
                                       "2024-03-01 08:00 PM"};

START_TEST(dates_are_read_as_the_table_says)
{
    struct gk_field_time time;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        ck_assert_msg(gk_field_time(&time, dates[i].text, strlen(dates[i].text)), "%s",
                      dates[i].text);
        ck_assert_msg(time.hour ==
                          hour_of(dates[i].year, dates[i].month, dates[i].day, dates[i].hour),
                      "%s", dates[i].text);
        ck_assert_msg(time.is_date == dates[i].is_date, "%s", dates[i].text);
    }
    for (size_t i = 0; i < sizeof no_dates / sizeof *no_dates; i++)
        ck_assert_msg(!gk_field_time(&time, no_dates[i], strlen(no_dates[i])), "%s", no_dates[i]);
}
END_TEST

START_TEST(instants_are_taken_to_the_wall_clock_of_the_time_zone_database)
{
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    struct gk_field_time field;
    char text[32];
    /* From 1996 the rule is today's; both changes of every year are passed. */
    for (time_t t = 820454400; t < 2000000000; t += 49 * 1800) {
        struct tm utc, local;
        gmtime_r(&t, &utc);
        localtime_r(&t, &local);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
        ck_assert(gk_field_time(&field, text, strlen(text)));
        ck_assert_int_eq(field.hour, hour_of(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                                             local.tm_hour));
    }
}
END_TEST

static const struct {
    const char *text;
    double number;
} numbers[] = {{"0", 0},
               {"-1", -1},
               {"+1", 1},
               {"6210000", 6210000},
               {"6210000.25", 6210000.25},
               {"6210000,25", 6210000.25},
               {"6 210 000,5", 6210000.5},
               {"6\xC2\xA0"
                "210\xC2\xA0"
                "000",
                6210000},
               {" 56,0825433 ", 56.0825433},
               {"14.", 14},
               {"56.08254330000000001", 56.0825433},
               {"000123", 123},
               {"999999999999999", 999999999999999.0}};
static const char *const no_numbers[] = {
    "",    "-",   ".",       ",5",    "1.2.3", "1,2,3",
    "1e5", "nan", "inf",     "0x10",  "12 m",  "9999999999999999",
    "--1", "1-",  "56,08 N", "okänd", "1,5 0"};

START_TEST(numbers_are_read_as_the_table_says)
{
    double number;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ck_assert_msg(gk_field_number(&number, numbers[i].text, strlen(numbers[i].text)), "%s",
                      numbers[i].text);
        ck_assert_double_eq_tol(number, numbers[i].number, 1e-9);
    }
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++)
        ck_assert_msg(!gk_field_number(&number, no_numbers[i], strlen(no_numbers[i])), "%s",
                      no_numbers[i]);
}
END_TEST

START_TEST(counts_and_codes_are_read_as_they_are)
{
    int32_t count;
    char code[5];
    ck_assert(gk_field_count(&count, " 12 ", 4) && count == 12);
    ck_assert(gk_field_count(&count, "9999", 4) && count == 9999);
    ck_assert(!gk_field_count(&count, "0", 1) && !gk_field_count(&count, "-1", 2));
    ck_assert(!gk_field_count(&count, "10000", 5) && !gk_field_count(&count, "1,5", 3));
    ck_assert(!gk_field_count(&count, "", 0) && !gk_field_count(&count, "tre", 3));
    ck_assert(gk_field_code(code, "9801", 4) && strcmp(code, "9801") == 0);
    ck_assert(gk_field_code(code, " 857 ", 5) && strcmp(code, "0857") == 0);
    ck_assert(!gk_field_code(code, "57", 2) && !gk_field_code(code, "98011", 5));
    ck_assert(!gk_field_code(code, "98o1", 4) && !gk_field_code(code, "", 0));
}
END_TEST

GK_UNIT_MAIN("import fields", dates_are_read_as_the_table_says,
             instants_are_taken_to_the_wall_clock_of_the_time_zone_database,
             numbers_are_read_as_the_table_says, counts_and_codes_are_read_as_they_are)
