/* The parameter table. What is allowed comes from OGC API Features Part 1
 * (7.15: limit, bbox, datetime), RFC 3339 and the service's own rules. */
#include "http/parameter.h"

#include <math.h>
#include <string.h>

#include "unit.h"

enum { LIMIT, SIZE, METHOD, NAME, BBOX, DATETIME, SECRET, COLUMNS, ROWS };

static const struct gk_parameter table[] = {
    {.name = "limit",
     .type = GK_PARAMETER_INTEGER,
     .minimum = 1,
     .maximum = 10000,
     .initial = "100",
     .clamps = true,
     .description = "page"},
    {.name = "size",
     .type = GK_PARAMETER_INTEGER,
     .minimum = 250,
     .maximum = 5000,
     .description = "metres"},
    {.name = "method",
     .type = GK_PARAMETER_CHOICE,
     .initial = "count",
     .choices = "count|rate",
     .description = "how"},
    {.name = "name", .type = GK_PARAMETER_TEXT, .maximum = 20},
    {.name = "bbox", .type = GK_PARAMETER_BBOX, .description = "where"},
    {.name = "datetime", .type = GK_PARAMETER_PERIOD, .description = "when"},
    {.name = "definition",
     .type = GK_PARAMETER_TEXT,
     .maximum = 20,
     .role = GK_ROLE_ANALYST,
     .description = "what"},
    {.name = "columns", .type = GK_PARAMETER_LIST, .choices = "count|rate|name"},
    {.name = NULL},
};

static struct gk_value values[ROWS];
static struct gk_error error;

static enum gk_status read_as(enum gk_role role, const char *name, const char *value)
{
    struct gk_request request = {.principal = {.role = role}, .query_count = 1};
    request.query[0] = (struct gk_query_parameter){name, {value, strlen(value)}};
    gk_error_clear(&error);
    return gk_parameters_read(&request, table, values, &error);
}

static enum gk_status read_one(const char *name, const char *value)
{
    return read_as(GK_ROLE_PUBLIC, name, value);
}

START_TEST(defaults_hold_without_parameters)
{
    struct gk_request request = {0};
    ck_assert_int_eq(gk_parameters_read(&request, table, values, &error), GK_OK);
    ck_assert(!values[LIMIT].given);
    ck_assert_int_eq(values[LIMIT].integer, 100);
    ck_assert_str_eq(values[METHOD].text.data, "count");
    ck_assert(!values[BBOX].given);
    ck_assert_int_eq(values[DATETIME].period.from_hour, GK_HOUR_OPEN_FROM);
    ck_assert_int_eq(values[DATETIME].period.to_hour, GK_HOUR_OPEN_TO);
}
END_TEST

START_TEST(a_limit_above_the_maximum_is_the_maximum)
{
    const char *const texts[] = {"10000", "10001", "9223372036854775806", "0010000"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(read_one("limit", texts[i]), GK_OK);
        ck_assert_int_eq(values[LIMIT].integer, 10000);
        ck_assert(values[LIMIT].given);
    }
    ck_assert_int_eq(read_one("limit", "1"), GK_OK);
    ck_assert_int_eq(values[LIMIT].integer, 1);
}
END_TEST

START_TEST(a_limit_that_is_no_count_is_refused_with_its_range)
{
    const char *const texts[] = {"0",
                                 "-1",
                                 "",
                                 "unlimited",
                                 "1.0",
                                 "1e3",
                                 "0x10",
                                 " 5",
                                 "5 ",
                                 "+5",
                                 "--5",
                                 "-",
                                 "١",
                                 "9223372036854775807",
                                 "99999999999999999999999999",
                                 "-99999999999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_msg(read_one("limit", texts[i]) == GK_INVALID, "%s", texts[i]);
        ck_assert_ptr_nonnull(strstr(error.message, "parameter limit"));
        ck_assert_ptr_nonnull(strstr(error.message, texts[i]));
        ck_assert_ptr_nonnull(strstr(error.message, "1 to 10000"));
    }
}
END_TEST

START_TEST(an_integer_that_does_not_clamp_refuses_more_than_its_maximum)
{
    ck_assert_int_eq(read_one("size", "5000"), GK_OK);
    ck_assert_int_eq(read_one("size", "5001"), GK_INVALID);
    ck_assert_int_eq(read_one("size", "249"), GK_INVALID);
}
END_TEST

START_TEST(a_choice_is_exact)
{
    ck_assert_int_eq(read_one("method", "rate"), GK_OK);
    ck_assert_int_eq(values[METHOD].integer, 1);
    ck_assert_str_eq(values[METHOD].text.data, "rate");
    const char *const texts[] = {"", "Rate", "rat", "rates", "count|rate", "|", "kde"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(read_one("method", texts[i]), GK_INVALID);
        ck_assert_ptr_nonnull(strstr(error.message, "count|rate"));
    }
}
END_TEST

START_TEST(a_text_is_bounded_and_utf8)
{
    ck_assert_int_eq(read_one("name", "Ängsgård"), GK_OK);
    ck_assert_str_eq(values[NAME].text.data, "Ängsgård");
    ck_assert_int_eq(read_one("name", "12345678901234567890"), GK_OK);
    ck_assert_int_eq(read_one("name", "123456789012345678901"), GK_INVALID);
    ck_assert_int_eq(read_one("name", "\xC3"), GK_INVALID);
    ck_assert_int_eq(read_one("name", "\xED\xA0\x80"), GK_INVALID);
}
END_TEST

START_TEST(a_bbox_has_four_or_six_finite_numbers)
{
    ck_assert_int_eq(read_one("bbox", "14.1,55.9,14.6,56.2"), GK_OK);
    ck_assert_double_eq(values[BBOX].bbox[0], 14.1);
    ck_assert_double_eq(values[BBOX].bbox[3], 56.2);
    ck_assert_int_eq(read_one("bbox", "-1.5e1,-2,-10,3,4,100"), GK_OK);
    ck_assert_double_eq(values[BBOX].bbox[0], -15);
    ck_assert_double_eq(values[BBOX].bbox[1], -2);
    ck_assert_double_eq(values[BBOX].bbox[2], 3);
    ck_assert_double_eq(values[BBOX].bbox[3], 4);
    const char *const bad[] = {
        "",           ",",           "1,2,3",     "1,2,3,4,5", "1,2,3,4,5,6,7",   "1,2,3,4,",
        ",1,2,3,4",   "1,,3,4",      "1,2,3,nan", "1,2,3,inf", "-Infinity,2,3,4", "1,2,3,1e999",
        "1,2,3,0x10", "1, 2,3,4",    "1,2,3,4 ",  "1;2;3;4",   "1,2,3,4e",        "1,2,3,--4",
        "1,2,3,.",    "1,2,9,3,4,8", "a,b,c,d"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(read_one("bbox", bad[i]) == GK_INVALID, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(error.message, "parameter bbox"));
    }
}
END_TEST

START_TEST(a_list_has_some_of_its_choices_in_any_order)
{
    ck_assert_int_eq(read_one("columns", "name,count"), GK_OK);
    ck_assert_uint_eq(values[COLUMNS].bits, 5);
    ck_assert_int_eq(read_one("columns", "rate,rate"), GK_OK);
    ck_assert_uint_eq(values[COLUMNS].bits, 2);
    ck_assert_int_eq(read_one("columns", ""), GK_OK);
    ck_assert(values[COLUMNS].given);
    ck_assert_uint_eq(values[COLUMNS].bits, 0);
    const char *const bad[] = {",",      "count,",     ",count", "count,,rate", "Count",
                               "count ", "count|rate", "counts", "coun",        "count;rate"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(read_one("columns", bad[i]) == GK_INVALID, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(error.message, "some of count|rate|name"));
    }
}
END_TEST

START_TEST(a_bbox_across_the_antimeridian_is_for_the_handler)
{
    ck_assert_int_eq(read_one("bbox", "170,-10,-170,10"), GK_OK);
    ck_assert_int_eq(read_one("bbox", "-10,170,10,-170"), GK_OK); /* latitude first */
}
END_TEST

START_TEST(a_datetime_is_a_date_an_instant_or_an_interval)
{
    const char *const good[] = {"2024-02-29",
                                "2024-03-01T08:00:00Z",
                                "2024-03-01T08:00:00+01:00",
                                "2024-03-01T08:00:00 01:00", /* an unencoded plus */
                                "2024-01-01/2024-03-31",
                                "../2024-03-31",
                                "2024-01-01/..",
                                "2024-01-01/"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(read_one("datetime", good[i]) == GK_OK, "%s: %s", good[i], error.message);
    const char *const bad[] = {"",
                               "2024-02-30",
                               "2023-02-29",
                               "2024-03-01T08:00:00",
                               "2024-3-1",
                               "20240301",
                               "now",
                               "2024-03-31/2024-01-01",
                               "2024-13-01",
                               "1/2/3",
                               "2024-01-01T25:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(read_one("datetime", bad[i]) == GK_INVALID, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(error.message, "parameter datetime"));
    }
}
END_TEST

START_TEST(an_unknown_parameter_is_named_with_those_that_are_known)
{
    ck_assert_int_eq(read_one("limt", "5"), GK_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "\"limt\""));
    ck_assert_ptr_nonnull(
        strstr(error.message, "limit, size, method, name, bbox, datetime, columns, f"));
    ck_assert_int_eq(read_one("Limit", "5"), GK_INVALID);
    /* Where there is one form only, as of tiles, `f` is unknown and not recommended. */
    ck_assert_int_eq(read_one("f", "mvt"), GK_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "\"f\""));
    ck_assert_ptr_null(strstr(error.message, "f, lang"));
}
END_TEST

START_TEST(a_parameter_of_a_higher_role_does_not_exist_for_others)
{
    ck_assert_int_eq(read_as(GK_ROLE_CONTACT, "definition", "bra"), GK_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "unknown parameter"));
    ck_assert_ptr_null(strstr(error.message, "definition,"));
    ck_assert_int_eq(read_as(GK_ROLE_ANALYST, "definition", "bra"), GK_OK);
}
END_TEST

START_TEST(a_parameter_given_twice_is_refused)
{
    struct gk_request request = {.query_count = 2};
    request.query[0] = (struct gk_query_parameter){"limit", {"5", 1}};
    request.query[1] = (struct gk_query_parameter){"limit", {"5", 1}};
    ck_assert_int_eq(gk_parameters_read(&request, table, values, &error), GK_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "limit"));
}
END_TEST

START_TEST(a_long_value_is_cut_between_characters)
{
    char text[301];
    for (size_t i = 0; i < 300; i += 2)
        memcpy(text + i, "å", 2);
    text[300] = '\0';
    text[0] = 'x', text[1] = 'y', text[2] = 'z'; /* now byte 100 is inside a character */
    memmove(text + 3, text + 4, 297);
    ck_assert_int_eq(read_one("method", text), GK_INVALID);
    char *quoted = strchr(error.message, '"') + 1;
    ck_assert_uint_le((size_t)(strrchr(error.message, '"') - quoted), 103);
    ck_assert_ptr_nonnull(strstr(error.message, "...\""));
    ck_assert_ptr_null(strstr(error.message, "\xC3..."));
}
END_TEST

/* Keys in the order that the OpenAPI 3.0.3 specification gives them meaning. */
START_TEST(openapi_says_what_the_parser_takes)
{
    struct gk_buf buf;
    struct gk_json json;
    gk_buf_init(&buf, 65536);
    gk_json_init(&json, &buf);
    gk_json_array_begin(&json);
    gk_parameters_put_openapi(&json, table, GK_ROLE_PUBLIC);
    gk_json_array_end(&json);
    ck_assert_int_eq(gk_buf_status(&buf), GK_OK);
    ck_assert_ptr_nonnull(
        strstr(buf.data, "{\"name\":\"limit\",\"in\":\"query\",\"description\":\"page\","
                         "\"required\":false,\"style\":\"form\",\"explode\":false,\"schema\":{"
                         "\"type\":\"integer\",\"minimum\":1,\"maximum\":10000,\"default\":100}}"));
    ck_assert_ptr_nonnull(strstr(buf.data,
                                 "\"schema\":{\"type\":\"array\",\"minItems\":4,\"maxItems\":6,"
                                 "\"items\":{\"type\":\"number\"}}"));
    ck_assert_ptr_nonnull(strstr(buf.data, "{\"type\":\"string\",\"enum\":[\"count\",\"rate\"],"
                                           "\"default\":\"count\"}"));
    ck_assert_ptr_nonnull(strstr(buf.data, "\"name\":\"datetime\""));
    ck_assert_ptr_null(strstr(buf.data, "definition"));
    gk_buf_release(&buf);
}
END_TEST

START_TEST(examples_have_the_type_of_their_parameter)
{
    static const struct gk_parameter with[] = {
        {.name = "limit", .type = GK_PARAMETER_INTEGER, .maximum = 10, .example = "7"},
        {.name = "bbox", .type = GK_PARAMETER_BBOX, .example = "1.5,2,3,4"},
        {.name = "method", .type = GK_PARAMETER_CHOICE, .choices = "count|rate", .example = "rate"},
        {.name = "datetime", .type = GK_PARAMETER_PERIOD, .example = "2024-03-01"},
        {.name = "properties", .type = GK_PARAMETER_LIST, .choices = "a|b|c", .example = "a,c"},
        {.name = NULL},
    };
    struct gk_buf buf;
    struct gk_json json;
    gk_buf_init(&buf, 65536);
    gk_json_init(&json, &buf);
    gk_json_array_begin(&json);
    gk_parameters_put_openapi(&json, with, GK_ROLE_PUBLIC);
    gk_json_array_end(&json);
    ck_assert_int_eq(gk_buf_status(&buf), GK_OK);
    ck_assert_ptr_nonnull(strstr(buf.data, "},\"example\":7}"));
    ck_assert_ptr_nonnull(strstr(buf.data, "},\"example\":[1.5,2,3,4]}"));
    ck_assert_ptr_nonnull(strstr(buf.data, "},\"example\":\"rate\"}"));
    ck_assert_ptr_nonnull(strstr(buf.data, "},\"example\":\"2024-03-01\"}"));
    ck_assert_ptr_nonnull(strstr(buf.data, "},\"example\":[\"a\",\"c\"]}"));
    gk_buf_release(&buf);
}
END_TEST

START_TEST(text_is_escaped_for_urls_and_html)
{
    struct gk_buf buf;
    gk_buf_init(&buf, 1024);
    gk_buf_put_percent(&buf, "a-Z0._~ &=+%/?#å\0x", 19);
    ck_assert_str_eq(buf.data, "a-Z0._~%20%26%3D%2B%25%2F%3F%23%C3%A5%00x");
    gk_buf_clear(&buf);
    gk_buf_put_html(&buf, "<a href=\"x\" title='y'>&amp;", 27);
    ck_assert_str_eq(buf.data, "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;");
    gk_buf_release(&buf);
}
END_TEST

GK_UNIT_MAIN("parameter", defaults_hold_without_parameters,
             a_limit_above_the_maximum_is_the_maximum,
             a_limit_that_is_no_count_is_refused_with_its_range,
             an_integer_that_does_not_clamp_refuses_more_than_its_maximum, a_choice_is_exact,
             a_text_is_bounded_and_utf8, a_bbox_has_four_or_six_finite_numbers,
             a_list_has_some_of_its_choices_in_any_order,
             a_bbox_across_the_antimeridian_is_for_the_handler,
             a_datetime_is_a_date_an_instant_or_an_interval,
             an_unknown_parameter_is_named_with_those_that_are_known,
             a_parameter_of_a_higher_role_does_not_exist_for_others,
             a_parameter_given_twice_is_refused, a_long_value_is_cut_between_characters,
             openapi_says_what_the_parser_takes, examples_have_the_type_of_their_parameter,
             text_is_escaped_for_urls_and_html)
