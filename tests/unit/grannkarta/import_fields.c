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
    {"2024-3-1", 2024, 3, 1, 0, true},
    {"2024/03/01 08:00", 2024, 3, 1, 8, false},
    {"2024.3.1, 8.05", 2024, 3, 1, 8, false},
    {"2024/03/01 08:00:00+01", 2024, 3, 1, 8, false},
    {"2024-03-01T08", 2024, 3, 1, 8, false},
    {"2024-03-01 24:00", 2024, 3, 2, 0, false},
    {"2024-12-31 24:00:00", 2025, 1, 1, 0, false},
    {"2024-03-01 8:00 PM", 2024, 3, 1, 20, false},
    {"2024-03-01 12:15:00 am", 2024, 3, 1, 0, false},
    {"2024-03-01 12:15PM", 2024, 3, 1, 12, false},
    {"2024-03-01 11 pm", 2024, 3, 1, 23, false},
    {"2024 3 1 17 5", 2024, 3, 1, 17, false},
    {"2024 03 01 7 05 59", 2024, 3, 1, 7, false},
    {"2024 3 1", 2024, 3, 1, 0, true},
    {"2024-03-01 08:00 -0500", 2024, 3, 1, 14, false},
};

static const char *const no_dates[] = {"",
                                       " ",
                                       "2024",
                                       "2024-02-30",
                                       "2023-02-29",
                                       "2024-13-01",
                                       "2024-00-10",
                                       "1974-12-31",
                                       "2100-01-01",
                                       "1900-01-01",
                                       "2024-03-01 24:01",
                                       "2024-03-01 25:00",
                                       "2024-03/01",
                                       "2024-3",
                                       "24-03-01",
                                       "2024-03-01 8:5",
                                       "2024-03-01 13:00 PM",
                                       "2024-03-01 0:30 AM",
                                       "2024 3 1 17 60",
                                       "2024,03,01",
                                       "1/3/2024",
                                       "45352.333",
                                       "2024-03-01 08:60",
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
                                       "2024-03-01 20:00 PM"};

START_TEST(dates_are_read_as_the_table_says)
{
    struct gk_field_time time;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        ck_assert_msg(gk_field_time(&time, GK_DATE_YMD, dates[i].text, strlen(dates[i].text)), "%s",
                      dates[i].text);
        ck_assert_msg(time.hour ==
                          hour_of(dates[i].year, dates[i].month, dates[i].day, dates[i].hour),
                      "%s", dates[i].text);
        ck_assert_msg(time.is_date == dates[i].is_date, "%s", dates[i].text);
    }
    for (size_t i = 0; i < sizeof no_dates / sizeof *no_dates; i++)
        ck_assert_msg(!gk_field_time(&time, GK_DATE_YMD, no_dates[i], strlen(no_dates[i])), "%s",
                      no_dates[i]);
}
END_TEST

START_TEST(day_and_month_are_never_guessed)
{
    static const struct {
        const char *text;
        enum gk_date_order order;
        int month, day, hour; /* month 0: no date */
    } table[] = {
        {"1/3/2024", GK_DATE_DMY, 3, 1, 0},
        {"1/3/2024", GK_DATE_MDY, 1, 3, 0},
        {"6/16/2024 4:00:00 PM", GK_DATE_MDY, 6, 16, 16},
        {"6/16/2024 4:00:00 PM", GK_DATE_DMY, 0, 0, 0},
        {"16.06.2024 04:00", GK_DATE_DMY, 6, 16, 4},
        {"16-6-2024", GK_DATE_DMY, 6, 16, 0},
        {"16-6.2024", GK_DATE_DMY, 0, 0, 0},
        {"2024-06-16", GK_DATE_DMY, 6, 16, 0},
        {"20240616", GK_DATE_MDY, 6, 16, 0},
        {"16062024", GK_DATE_DMY, 0, 0, 0},
        {"16/06/24", GK_DATE_DMY, 0, 0, 0},
        {"29/2/2023", GK_DATE_DMY, 0, 0, 0},
        {"016/6/2024", GK_DATE_DMY, 0, 0, 0},
    };
    struct gk_field_time time;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *text = table[i].text;
        bool ok = gk_field_time(&time, table[i].order, text, strlen(text));
        ck_assert_msg(ok == (table[i].month > 0), "%s", text);
        if (ok)
            ck_assert_msg(time.hour == hour_of(2024, table[i].month, table[i].day, table[i].hour),
                          "%s", text);
    }
}
END_TEST

/* Every hour of 45 years: what the C library's time zone moves is what is moved. */
START_TEST(the_hour_that_summer_time_skips_is_the_one_after)
{
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    struct gk_field_time time;
    char text[32];
    int moved = 0;
    for (int32_t hour = hour_of(1996, 1, 1, 0); hour < hour_of(2037, 1, 1, 0); hour++) {
        time_t utc = (time_t)hour * 3600;
        struct tm tm;
        gmtime_r(&utc, &tm);
        strftime(text, sizeof text, "%Y-%m-%d %H:30", &tm);
        tm.tm_isdst = -1;
        int wanted = tm.tm_hour;
        (void)mktime(&tm);
        bool is_skipped = tm.tm_hour != wanted;
        ck_assert(gk_field_time(&time, GK_DATE_YMD, text, strlen(text)));
        ck_assert_msg(time.is_moved == is_skipped, "%s", text);
        ck_assert_int_eq(time.hour, hour + is_skipped);
        moved += is_skipped;
    }
    ck_assert_int_eq(moved, 41); /* one a year */
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
        ck_assert(gk_field_time(&field, GK_DATE_YMD, text, strlen(text)));
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
               {"\xA0"
                "6\xA0"
                "210\xA0"
                "000,5\xA0",
                6210000.5},
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
        ck_assert_msg(gk_field_number(&number, '\0', numbers[i].text, strlen(numbers[i].text)),
                      "%s", numbers[i].text);
        ck_assert_double_eq_tol(number, numbers[i].number, 1e-9);
    }
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++)
        ck_assert_msg(!gk_field_number(&number, '\0', no_numbers[i], strlen(no_numbers[i])), "%s",
                      no_numbers[i]);
}
END_TEST

START_TEST(a_decimal_sign_that_is_said_is_the_only_one)
{
    double number;
    ck_assert(gk_field_number(&number, ',', "1,5", 3) && number == 1.5);
    ck_assert(!gk_field_number(&number, ',', "1.5", 3));
    ck_assert(gk_field_number(&number, '.', "1.5", 3) && number == 1.5);
    ck_assert(!gk_field_number(&number, '.', "1,5", 3));
}
END_TEST

START_TEST(pairs_are_read_where_it_is_clear_which_is_which)
{
    static const char *const pairs[] = {"59.5,18.25",   "59.5, 18.25", "59,5; 18,25",
                                        "(59.5 18.25)", "59,5 18,25",  " 59.5;18.25 ",
                                        "(59.5, 18.25)"};
    static const char *const no_pairs[] = {
        "59,5,18,25", "59.5", "59.5,", ",18.25", "", "a,b", "59.5;18.25;3", "59.5 18.25 m", "()"};
    double first, second;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        ck_assert_msg(gk_field_pair(&first, &second, '\0', pairs[i], strlen(pairs[i])), "%s",
                      pairs[i]);
        ck_assert_msg(first == 59.5 && second == 18.25, "%s", pairs[i]);
    }
    for (size_t i = 0; i < sizeof no_pairs / sizeof *no_pairs; i++)
        ck_assert_msg(!gk_field_pair(&first, &second, '\0', no_pairs[i], strlen(no_pairs[i])), "%s",
                      no_pairs[i]);
}
END_TEST

START_TEST(what_says_that_nothing_is_there_is_nothing)
{
    static const char *const missing[] = {"",    "  ",    "NULL",    "null",   "NaN", "-",
                                          "N/A", "#REF!", "#DIV/0!", "Saknas", "?"};
    static const char *const there[] = {"0", "9801", "nul", "NULLA", "-1", "saknas ej", "x"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        ck_assert_msg(gk_field_is_missing(missing[i], strlen(missing[i])), "%s", missing[i]);
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        ck_assert_msg(!gk_field_is_missing(there[i], strlen(there[i])), "%s", there[i]);
}
END_TEST

START_TEST(numbers_that_a_spreadsheet_has_shortened_are_known)
{
    ck_assert(gk_field_is_shortened("5,0000E+13", 10) && gk_field_is_shortened("1E+12", 5));
    ck_assert(!gk_field_is_shortened("5000-K1-24", 10) && !gk_field_is_shortened("E+12", 4));
    ck_assert(!gk_field_is_shortened("5000", 4) && !gk_field_is_shortened("1E+12 A", 7));
}
END_TEST

START_TEST(what_spreadsheets_put_around_texts_is_taken_off)
{
    static const char *const table[][2] = {
        {"=\"0857\"", "0857"}, {"'0857", "0857"}, {" 0857 ", "0857"}, {"=\"\"", ""},
        {"=A1", "=A1"},        {"=\"", "=\""},    {"", ""},           {"'", ""}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *text = table[i][0];
        size_t length = strlen(text);
        gk_field_unwrap(&text, &length);
        ck_assert_msg(length == strlen(table[i][1]) && memcmp(text, table[i][1], length) == 0, "%s",
                      table[i][0]);
    }
}
END_TEST

START_TEST(counts_and_codes_are_read_as_they_are)
{
    int32_t count;
    char code[5];
    ck_assert(gk_field_count(&count, " 12 ", 4) && count == 12);
    ck_assert(gk_field_count(&count, "9999", 4) && count == 9999);
    ck_assert(gk_field_count(&count, "0", 1) && count == 0);
    ck_assert(gk_field_count(&count, "-3", 2) && count == -3);
    ck_assert(gk_field_count(&count, "2,00", 4) && count == 2);
    ck_assert(!gk_field_count(&count, "2,", 2) && !gk_field_count(&count, "+2", 2));
    ck_assert(!gk_field_count(&count, "10000", 5) && !gk_field_count(&count, "1,5", 3));
    ck_assert(!gk_field_count(&count, "", 0) && !gk_field_count(&count, "tre", 3));
    ck_assert(gk_field_code(code, "9801", 4) && strcmp(code, "9801") == 0);
    ck_assert(gk_field_code(code, " 857 ", 5) && strcmp(code, "0857") == 0);
    ck_assert(!gk_field_code(code, "57", 2) && !gk_field_code(code, "98011", 5));
    ck_assert(!gk_field_code(code, "98o1", 4) && !gk_field_code(code, "", 0));
}
END_TEST

GK_UNIT_MAIN("import fields", dates_are_read_as_the_table_says, day_and_month_are_never_guessed,
             the_hour_that_summer_time_skips_is_the_one_after,
             instants_are_taken_to_the_wall_clock_of_the_time_zone_database,
             numbers_are_read_as_the_table_says, a_decimal_sign_that_is_said_is_the_only_one,
             pairs_are_read_where_it_is_clear_which_is_which,
             what_says_that_nothing_is_there_is_nothing,
             numbers_that_a_spreadsheet_has_shortened_are_known,
             what_spreadsheets_put_around_texts_is_taken_off, counts_and_codes_are_read_as_they_are)
