/* Columns by name and by --map, rows to values, and which refused values may be
 * shown. Expectations are written by hand. */
#include "incident_row.h"

#include <string.h>

#include "base/date.h"
#include "unit.h"

enum { FIELDS_MAX = 16 };

static const struct gk_offence_code codes[] = {{"9801", 1}, {"0857", 2}};

/* Splits at | into `fields`. */
static struct gk_csv_row split(struct gk_csv_field fields[FIELDS_MAX], const char *text)
{
    struct gk_csv_row row = {fields, 0, 7, NULL};
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
    return gk_incident_columns_find(columns, &row, &map, map != NULL, error);
}

START_TEST(columns_are_known_by_swedish_and_english_names)
{
    static const char *const headings[] = {
        "BROTTSKOD|BROTTSDATUMTID_START|BROTTSDATUMTID_SLUT|Inskrivningsdatum|SWEREF N|SWEREF "
        "E|LATITUDE|LONGITUDE|KOMMUN|"
        "Antal|DIARIENR",
        "code|from|to|reported|northing|easting|lat|lon|municipality|count|case number",
        "Kod|Start|Slut|Anmälningsdatum|N|E|Latitud|Longitud|Kommunkod|antal|Diarienummer",
        "KOD|STARTTID|SLUTTID|ANM\xC4LNINGSDATUM|n|e|LAT|LONG|kommunnamn|COUNT|\xC4RENDENR"};
    struct gk_incident_columns columns;
    struct gk_error error;
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        ck_assert_int_eq(find(&columns, headings[i], NULL, &error), GK_OK);
        for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
            ck_assert_int_eq(columns.column[f], f);
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
    struct gk_csv_row row = split(fields, text);
    return gk_incident_read(input, &row, &columns, codes, 2, refusal);
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
    ck_assert(read_row(&input, "9801|2024-03-01 08:40||||||||||", &refusal) == false);
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
        {"9801|2024-03-02||||||||0|", GK_FIELD_COUNT, "not a count from 1 to 9999"},
        {"9801|2024-03-02|||norr|461000|||||", GK_FIELD_NORTHING, "not a number"},
        {"9801|2024-03-02|||461000|6210000|||||", GK_FIELD_EASTING,
         "the two coordinates are the wrong way round"},
        {"9801|2024-03-02|||||14,5|56,1|||", GK_FIELD_LONGITUDE,
         "the two coordinates are the wrong way round"},
        {"9801|2024-03-02", GK_COLUMN_NONE, "fewer columns than the heading"},
        {"9801|2024-03-02||||||||||||", GK_COLUMN_NONE, "more columns than the heading"},
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
        ck_assert_msg(gk_incident_value_is_harmless(harmless[i], strlen(harmless[i])), "%s",
                      harmless[i]);
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++)
        ck_assert_msg(!gk_incident_value_is_harmless(harmful[i], strlen(harmful[i])), "%s",
                      harmful[i]);
}
END_TEST

GK_UNIT_MAIN("incident row", columns_are_known_by_swedish_and_english_names,
             a_map_goes_before_names, what_is_missing_is_said_without_quoting_the_file,
             a_good_row_has_its_values, a_bad_row_has_its_reason,
             only_codes_dates_and_counts_are_harmless)
