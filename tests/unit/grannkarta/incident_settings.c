/* Profiles: what they say, what they refuse, and that one that is written says the
 * same when it is read. */
#include "incident_settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static enum gk_status parse(struct gk_incident_settings *settings, const char *text,
                            struct gk_error *error)
{
    char *copy = strdup(text);
    gk_incident_settings_init(settings);
    enum gk_status status = gk_incident_settings_parse(settings, copy, "p", error);
    free(copy);
    return status;
}

static const char everything[] =
    "\xEF\xBB\xBF# a source\r\n\n  encoding = iso-8859-1\ndelimiter=tab\ndecimal = comma\r\n"
    "date-order = mdy\naxis_order = swapped\ncrs = 3021\nlayer = Blad 1\ncodes = a/b.csv\n"
    "format = csv\nmap.code = Typ, av = brott\nmap.count =\nmap.from = Dag+Kl";

START_TEST(a_profile_says_what_it_says)
{
    struct gk_incident_settings s;
    struct gk_error error;
    ck_assert_int_eq(parse(&s, everything, &error), GK_OK);
    ck_assert(s.encoding == GK_ENCODING_WINDOWS_1252 && s.delimiter == '\t' && s.decimal == ',');
    ck_assert(s.date_order == GK_DATE_MDY && s.is_swapped && s.epsg == 3021);
    ck_assert(s.format == GK_FORMAT_CSV);
    ck_assert_str_eq(s.layer, "Blad 1");
    ck_assert_str_eq(s.codes, "a/b.csv");
    ck_assert_str_eq(s.map.column[GK_FIELD_CODE], "Typ, av = brott");
    ck_assert(s.map.is_said[GK_FIELD_COUNT] && s.map.column[GK_FIELD_COUNT][0] == '\0');
    ck_assert(!s.map.is_said[GK_FIELD_TO]);
}
END_TEST

START_TEST(what_is_written_says_the_same)
{
    struct gk_incident_settings first, second;
    struct gk_error error;
    struct gk_buf buf, again;
    gk_buf_init(&buf, GK_PROFILE_MAX_BYTES);
    gk_buf_init(&again, GK_PROFILE_MAX_BYTES);
    ck_assert_int_eq(parse(&first, everything, &error), GK_OK);
    gk_buf_put_incident_settings(&buf, &first);
    ck_assert_int_eq(parse(&second, buf.data, &error), GK_OK);
    gk_buf_put_incident_settings(&again, &second);
    ck_assert_str_eq(buf.data, again.data);
    ck_assert_int_eq(memcmp(&first.map, &second.map, sizeof first.map), 0);
    ck_assert(first.epsg == second.epsg && first.date_order == second.date_order);
    gk_buf_release(&buf);
    gk_buf_release(&again);
}
END_TEST

START_TEST(a_wrong_line_is_refused_with_its_number_and_what_is_allowed)
{
    static const char *const table[][2] = {
        {"x\n", "p:1: a line must be"},
        {"\n\ncolour = red\n", "p:3: setting \"colour\""},
        {"date_order = dym\n", "one of ymd, dmy, mdy"},
        {"crs = 0\n", "crs is \"0\"; allowed is an EPSG code"},
        {"crs = 3006x\n", "allowed is an EPSG code"},
        {"map.street = a\n", "a field of code, from"},
        {"delimiter = ;\n", "one of auto, semicolon, comma, tab"},
    };
    struct gk_incident_settings s;
    struct gk_error error;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ck_assert_int_eq(parse(&s, table[i][0], &error), GK_INVALID);
        ck_assert_msg(strstr(error.message, table[i][1]) != NULL, "%s", error.message);
    }
    char *text = malloc(GK_COLUMN_NAME_MAX + 100);
    memset(text, 'x', GK_COLUMN_NAME_MAX + 100);
    memcpy(text, "map.code = ", 11);
    text[GK_COLUMN_NAME_MAX + 99] = '\0';
    ck_assert_int_eq(parse(&s, text, &error), GK_INVALID);
    free(text);
}
END_TEST

START_TEST(files_are_read_beside_the_profile_and_never_written_over)
{
    struct gk_incident_settings s;
    struct gk_error error;
    char folder[] = "/tmp/grannkarta-settings-XXXXXX", path[64], expected[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/profile", folder);
    snprintf(expected, sizeof expected, "%s/codes.csv", folder);
    gk_incident_settings_init(&s);
    strcpy(s.codes, "codes.csv");
    s.epsg = 3008;
    ck_assert_int_eq(gk_incident_settings_write(&s, path, &error), GK_OK);
    ck_assert_int_eq(gk_incident_settings_write(&s, path, &error), GK_CONFLICT);
    gk_incident_settings_init(&s);
    ck_assert_int_eq(gk_incident_settings_read(&s, path, &error), GK_OK);
    ck_assert_str_eq(s.codes, expected);
    ck_assert_int_eq(s.epsg, 3008);
    ck_assert_int_eq(gk_incident_settings_read(&s, "/nonexistent", &error), GK_NOT_FOUND);
    ck_assert_int_eq(gk_incident_settings_read(&s, "/dev/zero", &error), GK_INVALID);
    unlink(path);
    rmdir(folder);
}
END_TEST

START_TEST(the_sample_is_a_profile_that_says_nothing)
{
    struct gk_incident_settings s, nothing;
    struct gk_error error;
    struct gk_buf buf;
    gk_buf_init(&buf, GK_PROFILE_MAX_BYTES);
    gk_buf_put_incident_sample(&buf);
    ck_assert_int_eq(parse(&s, buf.data, &error), GK_OK);
    gk_incident_settings_init(&nothing);
    ck_assert_int_eq(memcmp(&s, &nothing, sizeof s), 0);
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
        ck_assert_ptr_nonnull(strstr(buf.data, gk_incident_field_name((enum gk_incident_field)f)));
    gk_buf_release(&buf);
}
END_TEST

GK_UNIT_MAIN("incident settings", a_profile_says_what_it_says, what_is_written_says_the_same,
             a_wrong_line_is_refused_with_its_number_and_what_is_allowed,
             files_are_read_beside_the_profile_and_never_written_over,
             the_sample_is_a_profile_that_says_nothing)
