/* Columns by name and by --map, rows to values, and which refused values may be
 * shown. Expectations are written by hand. */
#include "incident_row.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "unit.h"

enum { FIELDS_MAX = 16 };

static struct gk_incident_codes *some_codes(void)
{
    struct gk_incident_codes *codes;
    struct gk_error error;
    ck_assert_int_eq(gk_incident_codes_create(&codes), GK_OK);
    ck_assert_int_eq(gk_incident_codes_add(codes, 1, "9801", &error), GK_OK);
    ck_assert_int_eq(gk_incident_codes_add(codes, 2, "0857", &error), GK_OK);
    return codes;
}

/* Splits at | into `fields`. */
static struct gk_csv_row split(struct gk_csv_field fields[FIELDS_MAX], const char *text)
{
    struct gk_csv_row row = {fields, 0, 7, 1, NULL};
    for (;;) {
        size_t length = strcspn(text, "|");
        fields[row.count++] = (struct gk_csv_field){text, length};
        if (text[length] == '\0')
            return row;
        text += length + 1;
    }
}

static enum gk_status find(struct gk_incident_columns *columns, const char *heading,
                           const char *map, struct gk_error *error)
{
    struct gk_csv_field fields[FIELDS_MAX];
    struct gk_csv_row row = split(fields, heading);
    struct gk_incident_map said;
    memset(&said, 0, sizeof said);
    if (map != NULL && gk_incident_map_read(&said, map, error) != GK_OK)
        return GK_INVALID;
    return gk_incident_columns_find(columns, &row, &said, false, error);
}

START_TEST(columns_are_known_by_swedish_and_english_names)
{
    static const char *const headings[] = {
        "BROTTSKOD|BROTTSDATUMTID_START|BROTTSDATUMTID_SLUT|Inskrivningsdatum|SWEREF N|SWEREF "
        "E|LATITUDE|LONGITUDE|x|KOMMUN|"
        "Antal|DIARIENR",
        "code|from|to|reported|northing|easting|lat|lon|x|municipality|count|case number",
        "Kod|Start|Slut|Anmälningsdatum|N|E|Latitud|Longitud|x|Kommunkod|antal|Diarienummer",
        "KOD|STARTTID|SLUTTID|ANM\xC4LNINGSDATUM|n|e|LAT|LONG|x|kommunnamn|COUNT|\xC4RENDENR"};
    struct gk_incident_columns columns;
    struct gk_error error;
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        ck_assert_int_eq(find(&columns, headings[i], NULL, &error), GK_OK);
        for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
            ck_assert_int_eq(columns.column[f], f == GK_FIELD_POSITION ? GK_COLUMN_NONE : f);
    }
}
END_TEST

START_TEST(a_map_goes_before_names)
{
    struct gk_incident_columns columns;
    struct gk_error error;
    ck_assert_int_eq(find(&columns, "code|x|from|n|e|antal", "code=x,count=", &error), GK_OK);
    ck_assert_int_eq(columns.column[GK_FIELD_CODE], 1);
    ck_assert_int_eq(columns.column[GK_FIELD_COUNT], GK_COLUMN_NONE);
    ck_assert_int_eq(find(&columns, "code|from|n|e", "cod=x", &error), GK_INVALID);
    ck_assert_int_eq(find(&columns, "code|from|n|e", "code", &error), GK_INVALID);
    ck_assert_int_eq(find(&columns, "code|from|n|e", "code=y", &error), GK_INVALID);
    ck_assert_int_eq(find(&columns, "code|day|hour|n|e", "from=day+hour", &error), GK_OK);
    ck_assert_int_eq((int)columns.part_count[GK_FIELD_FROM], 2);
    ck_assert_int_eq(columns.parts[GK_FIELD_FROM][1], 2);
    ck_assert_int_eq(find(&columns, "code|day+hour|n|e", "from=day+hour", &error), GK_OK);
    ck_assert_int_eq((int)columns.part_count[GK_FIELD_FROM], 0);
    ck_assert_int_eq(find(&columns, "code|day|n|e", "from=day+hour", &error), GK_INVALID);
    ck_assert_int_eq(find(&columns, "code|d|n|e", "from=d+d+d+d+d+d+d", &error), GK_INVALID);
    ck_assert_int_eq(find(&columns, "code|from|location_gps", NULL, &error), GK_OK);
    ck_assert_int_eq(columns.column[GK_FIELD_POSITION], 2);
}
END_TEST

START_TEST(what_is_missing_is_said_without_quoting_the_file)
{
    static const char *const headings[] = {"9801|2024-01-01|Storgatan 3|6210000|461000",
                                           "code|n|e",
                                           "code|from",
                                           "code|from|n",
                                           "code|from|n|lon",
                                           "code|code|from|n|e"};
    struct gk_incident_columns columns;
    struct gk_error error;
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        ck_assert_int_eq(find(&columns, headings[i], NULL, &error), GK_REJECTED);
        ck_assert(strstr(error.message, "Storgatan") == NULL);
        ck_assert(strstr(error.message, "6210000") == NULL);
    }
}
END_TEST

static const char heading[] = "code|from|to|reported|n|e|lat|lon|kommun|antal|dnr";

static bool read_row(struct gk_incident_input *input, const char *text,
                     struct gk_incident_refusal *refusal)
{
    static struct gk_csv_field fields[FIELDS_MAX];
    struct gk_incident_columns columns;
    struct gk_error error;
    ck_assert_int_eq(find(&columns, heading, NULL, &error), GK_OK);
    const struct gk_incident_record record = {.row = split(fields, text)};
    const struct gk_incident_form form = {.columns = &columns,
                                          .code_heading = "code",
                                          .codes = some_codes(),
                                          .place_kind = GK_PLACE_DEGREES,
                                          .today =
                                              gk_day_from_civil((struct gk_civil){2025, 6, 30})};
    enum gk_row_kind kind = gk_incident_read(input, &record, &form, refusal);
    gk_incident_codes_free(form.codes);
    ck_assert(kind == GK_ROW_TAKEN || kind == GK_ROW_REFUSED);
    return kind == GK_ROW_TAKEN;
}

START_TEST(a_good_row_has_its_values)
{
    struct gk_incident_input input;
    struct gk_incident_refusal refusal;
    const int32_t day = gk_day_from_civil((struct gk_civil){2024, 3, 1});
    ck_assert(read_row(&input,
                       "857|2024-03-01 08:40|20240302|2024-03-03|6210000,5|461000|||"
                       " 1272 |2|K 1-24",
                       &refusal));
    ck_assert_int_eq(input.code_id, 2);
    ck_assert_int_eq(input.from_hour, day * 24 + 8);
    ck_assert_int_eq(input.to_hour, (day + 1) * 24 + 23);
    ck_assert_int_eq(input.reported, day + 2);
    ck_assert_int_eq(input.count, 2);
    ck_assert_int_eq(input.place_kind, GK_PLACE_PROJECTED);
    ck_assert_double_eq(input.y, 6210000.5);
    ck_assert_int_eq((int)input.municipality.length, 4);
    ck_assert_int_eq((int)input.case_number.length, 6);
    /* Delimiters too many are only untidy. */
    ck_assert(read_row(&input, "9801|2024-03-01 08:40||||||||||", &refusal));
    ck_assert(!read_row(&input, "9801|2024-03-01 08:40||||||||||x", &refusal));
    ck_assert(read_row(&input, "9801|2024-03-01 08:40|||||||||", &refusal));
    ck_assert_int_eq(input.to_hour, input.from_hour);
    ck_assert_int_eq(input.reported, INT32_MIN);
    ck_assert_int_eq(input.count, 1);
    ck_assert_int_eq(input.place_kind, GK_PLACE_NONE);
    ck_assert(read_row(&input, "9801|2024-03-01||||||||| ", &refusal));
    ck_assert_int_eq(input.to_hour, input.from_hour + 23);
    ck_assert(read_row(&input, "9801|2024-03-01|||0|0|56,1|14,5|||", &refusal));
    ck_assert_int_eq(input.place_kind, GK_PLACE_DEGREES);
    ck_assert_double_eq(input.x, 14.5);
    ck_assert(read_row(&input, "=\"0857\"|2024-03-31 02:30|NULL|NULL|NaN|NULL|||-|-2|0", &refusal));
    ck_assert_int_eq(input.code_id, 2);
    ck_assert(input.is_moved);
    ck_assert_int_eq(input.from_hour, input.to_hour);
    ck_assert_int_eq(input.reported, INT32_MIN);
    ck_assert_int_eq(input.place_kind, GK_PLACE_NONE);
    ck_assert_int_eq(input.count, -2);
    ck_assert_int_eq((int)(input.municipality.length + input.case_number.length), 0);
    ck_assert(read_row(&input, "9801|2024-03-01|||461000||||||", &refusal));
    ck_assert_int_eq(input.place_kind, GK_PLACE_NONE);
}
END_TEST

START_TEST(a_bad_row_has_its_reason)
{
    static const struct {
        const char *row;
        int field;
        const char *reason;
    } table[] = {
        {"1201|2024-03-01|||||||||", GK_FIELD_CODE, "not burglary"},
        {"|2024-03-01|||||||||", GK_FIELD_CODE, "no offence code of four digits"},
        {"9801||||||||||", GK_FIELD_FROM, "no date"},
        {"9801|1/3 2024|||||||||", GK_FIELD_FROM, "not a date from 1975 to 2099"},
        {"9801|2024-03-01|i natt||||||||", GK_FIELD_TO, "not a date from 1975 to 2099"},
        {"9801|2024-03-02|2024-03-01||||||||", GK_FIELD_TO, "it ended before it began"},
        {"9801|2024-03-02||2024-03-01|||||||", GK_FIELD_REPORTED, "it began after it was reported"},
        {"9801|2024-03-02||||||||1,5|", GK_FIELD_COUNT, "not a count from -9999 to 9999"},
        {"9801|2024-03-02|||norr|461000|||||", GK_FIELD_NORTHING, "not a number"},
        {"9801|2025-07-01|||||||||", GK_FIELD_FROM, "a date that is still to come"},
        {"9801|2024-03-02||2099-01-01|||||||", GK_FIELD_REPORTED, "a date that is still to come"},
        {"9801|2024-03-02||||||||2|5,0E+13", GK_FIELD_CASE,
         "a case number that a spreadsheet has shortened"},
        {"code|from|to|reported|n|e|lat|lon|kommun|antal|dnr", GK_COLUMN_NONE, "the heading again"},
        {"9801|2024-03-02", GK_COLUMN_NONE, "fewer columns than the heading"},
        {"9801|2024-03-02|||||||||||x|", GK_COLUMN_NONE, "more columns than the heading"},
    };
    struct gk_incident_input input;
    struct gk_incident_refusal refusal;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ck_assert_msg(!read_row(&input, table[i].row, &refusal), "%s", table[i].row);
        ck_assert_int_eq(refusal.field, table[i].field);
        ck_assert_str_eq(refusal.reason, table[i].reason);
    }
}
END_TEST

START_TEST(only_codes_dates_and_counts_are_harmless)
{
    static const char *const harmless[] = {
        "9801", "857", "2024-03-01", "20240301", "2024-03-01 08:00", "12"};
    /* A case number, a personal number, coordinates, streets, telephone. */
    static const char *const harmful[] = {"5000-K471100-24", "198001011234",
                                          "19800101-1234",   "6210000.500",
                                          "461000",          "56.0825433",
                                          "Storgatan 14",    "14 B",
                                          "0456-822000",     "",
                                          "62100001",        "2024-03-01 08:00 Storgatan 14"};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        ck_assert_msg(gk_incident_value_is_harmless(GK_DATE_YMD, harmless[i], strlen(harmless[i])),
                      "%s", harmless[i]);
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++)
        ck_assert_msg(!gk_incident_value_is_harmless(GK_DATE_YMD, harmful[i], strlen(harmful[i])),
                      "%s", harmful[i]);
}
END_TEST

/* One row by a form of its own. */
static enum gk_row_kind read_by(struct gk_incident_input *input, const char *names, const char *map,
                                struct gk_incident_form form,
                                const struct gk_incident_record *geometry, const char *text)
{
    static struct gk_csv_field fields[FIELDS_MAX];
    struct gk_incident_columns columns;
    struct gk_incident_refusal refusal;
    struct gk_error error;
    struct gk_incident_record record = {.geometry = GK_GEOMETRY_NONE};
    if (geometry != NULL)
        record = *geometry;
    ck_assert_int_eq(find(&columns, names, map, &error), GK_OK);
    record.row = split(fields, text);
    form.columns = &columns;
    form.code_heading = "code";
    form.codes = some_codes();
    form.today = INT16_MAX;
    enum gk_row_kind kind = gk_incident_read(input, &record, &form, &refusal);
    gk_incident_codes_free(form.codes);
    return kind;
}

START_TEST(places_come_from_a_text_or_a_geometry_too)
{
    const struct gk_incident_form degrees = {.place_kind = GK_PLACE_DEGREES};
    struct gk_incident_form swapped = degrees, geometry = degrees;
    struct gk_incident_input input;
    swapped.is_swapped = true;
    geometry.has_geometry = true;
    ck_assert_int_eq(
        read_by(&input, "code|from|position", NULL, degrees, NULL, "9801|2024-03-01|59.5,18.25"),
        GK_ROW_TAKEN);
    ck_assert(input.place_kind == GK_PLACE_DEGREES && input.x == 18.25 && input.y == 59.5);
    ck_assert_int_eq(
        read_by(&input, "code|from|position", NULL, swapped, NULL, "9801|2024-03-01|18.25,59.5"),
        GK_ROW_TAKEN);
    ck_assert(input.x == 18.25 && input.y == 59.5);
    ck_assert_int_eq(
        read_by(&input, "code|from|position", NULL, degrees, NULL, "9801|2024-03-01|hemma"),
        GK_ROW_REFUSED);
    const struct gk_incident_record point = {.geometry = GK_GEOMETRY_POINT, .x = 18.25, .y = 59.5};
    const struct gk_incident_record line = {.geometry = GK_GEOMETRY_OTHER};
    const char *row = "9801|2024-03-01|1|1";
    ck_assert_int_eq(read_by(&input, "code|from|n|e", NULL, geometry, &point, row), GK_ROW_TAKEN);
    ck_assert(input.place_kind == GK_PLACE_DEGREES && input.x == 18.25);
    ck_assert_int_eq(read_by(&input, "code|from|n|e", NULL, geometry, &line, row), GK_ROW_REFUSED);
    ck_assert_int_eq(read_by(&input, "code|from|n|e", NULL, geometry, NULL, row), GK_ROW_TAKEN);
    ck_assert_int_eq(input.place_kind, GK_PLACE_NONE);
}
END_TEST

START_TEST(joined_columns_make_one_value)
{
    const struct gk_incident_form form = {.date_order = GK_DATE_YMD};
    static const char names[] = "code|y|m|d|h|n|e", map[] = "from=y+m+d+h";
    const int32_t day = gk_day_from_civil((struct gk_civil){2024, 3, 1});
    struct gk_incident_input input;
    ck_assert_int_eq(read_by(&input, names, map, form, NULL, "9801|2024|3|1|17|1|1"), GK_ROW_TAKEN);
    ck_assert_int_eq(input.from_hour, day * 24 + 17);
    ck_assert_int_eq(read_by(&input, names, map, form, NULL, "9801|2024|3|1||1|1"), GK_ROW_TAKEN);
    ck_assert_int_eq(input.from_hour, day * 24);
    /* Without the day, the hour must not become one. */
    ck_assert_int_eq(read_by(&input, names, map, form, NULL, "9801|2024|3||17|1|1"),
                     GK_ROW_REFUSED);
    static const char two[] = "code|dag|kl|n|e", join[] = "from=dag+kl";
    static const char *const days[] = {"2024-03-01", "2024-03-01 00:00", "2024-03-01 00:00:00.000",
                                       "20240301T00:00:00"};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        char row[64];
        snprintf(row, sizeof row, "9801|%s|17:05|1|1", days[i]);
        ck_assert_int_eq(read_by(&input, two, join, form, NULL, row), GK_ROW_TAKEN);
        ck_assert_int_eq(input.from_hour, day * 24 + 17);
    }
    ck_assert_int_eq(read_by(&input, two, join, form, NULL, "9801|2024-03-01 08:00|17:05|1|1"),
                     GK_ROW_REFUSED);
    ck_assert_int_eq(read_by(&input, two, join, form, NULL, "9801|2024-03-01 00:00||1|1"),
                     GK_ROW_TAKEN);
    ck_assert_int_eq(input.to_hour, day * 24);
    ck_assert_int_eq(read_by(&input, names, map, form, NULL, "||||||"), GK_ROW_BLANK);
    ck_assert_int_eq(read_by(&input, names, map, form, NULL, " | "), GK_ROW_BLANK);
}
END_TEST

GK_UNIT_MAIN("incident row", columns_are_known_by_swedish_and_english_names,
             a_map_goes_before_names, what_is_missing_is_said_without_quoting_the_file,
             a_good_row_has_its_values, a_bad_row_has_its_reason,
             places_come_from_a_text_or_a_geometry_too, joined_columns_make_one_value,
             only_codes_dates_and_counts_are_harmless)
