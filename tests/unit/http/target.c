/* Request targets and routes. What is allowed where is RFC 3986, RFC 9112
 * section 3.2 and RFC 3629 (UTF-8). */
#include "target.h"

#include <string.h>

#include "route.h"
#include "unit.h"

static struct gk_error error;
static struct gk_target target;
static char room[3 * GK_TARGET_MAX_BYTES];

static enum gk_status check(const char *raw)
{
    return gk_target_check(raw, strlen(raw), &error);
}

static enum gk_status read_target(const char *raw)
{
    enum gk_status status = check(raw);
    if (status != GK_OK)
        return status;
    /* A byte behind the promised room shows who writes there. */
    size_t bytes = gk_target_room(strlen(raw));
    room[bytes] = 0x5A;
    status = gk_target_read(&target, raw, strlen(raw), room, &error);
    ck_assert_int_eq(room[bytes], 0x5A);
    return status;
}

START_TEST(raw_bytes_that_no_uri_has_are_refused)
{
    const char *const bad[] = {"",        "a",        "a/b",      "?",       "/a b",
                               "/a\tb",   "/\x01",    "/\x7F",    "/a#b",    "/%",
                               "/%4",     "/%zz",     "/%4g",     "/%g4",    "/a%00b",
                               "/?a=%00", "/%0",      "/x?%",     "/%-1",    "/% 1",
                               "*x",      "ftp://a/", "http:///", "http://", "localhost:80",
                               "/%%30%30"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(check(bad[i]) == GK_INVALID, "%s", bad[i]);
    ck_assert_int_eq(gk_target_check("/a\0b", 4, &error), GK_INVALID);
}
END_TEST

START_TEST(usual_targets_are_taken)
{
    const char *const good[] = {"/",         "*",       "/a",       "/a/",
                                "/?",        "/?a",     "http://a", "https://a:1/b?c",
                                "HTTP://A/", "/%C3%A5", "/å",       "/a;b,c@d:e!$'()*+=|{}^`\"<>"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(check(good[i]) == GK_OK, "%s: %s", good[i], error.message);
}
END_TEST

START_TEST(length_and_number_of_parameters_are_bounded)
{
    char raw[GK_TARGET_MAX_BYTES + 2];
    memset(raw, 'a', sizeof raw);
    raw[0] = '/';
    ck_assert_int_eq(gk_target_check(raw, GK_TARGET_MAX_BYTES, &error), GK_OK);
    ck_assert_int_eq(gk_target_check(raw, GK_TARGET_MAX_BYTES + 1, &error), GK_URI_TOO_LONG);
    memset(raw + 1, '&', GK_TARGET_AMPERSANDS_MAX);
    ck_assert_int_eq(gk_target_check(raw, GK_TARGET_AMPERSANDS_MAX + 1, &error), GK_OK);
    raw[GK_TARGET_AMPERSANDS_MAX + 1] = '&';
    ck_assert_int_eq(gk_target_check(raw, GK_TARGET_AMPERSANDS_MAX + 2, &error), GK_INVALID);
}
END_TEST

START_TEST(a_target_of_full_length_is_decoded_within_its_room)
{
    static const char *const fills[] = {"/", "a", "&a", "a=&", "%41", "/a"};
    char raw[GK_TARGET_MAX_BYTES + 1];
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        size_t unit = strlen(fills[f]), at = 0;
        raw[at++] = '/';
        if (strchr(fills[f], '&') != NULL)
            raw[at++] = '?';
        while (at + unit <= GK_TARGET_MAX_BYTES && at < 8000) {
            memcpy(raw + at, fills[f], unit);
            at += unit;
        }
        raw[at] = '\0';
        enum gk_status status = read_target(raw);
        ck_assert(status == GK_OK || status == GK_INVALID);
    }
    char many[200] = "/?";
    for (int i = 0; i < 33; i++)
        strcat(many, (char[]){(char)('A' + i), '&', '\0'});
    many[strlen(many) - 1] = '\0';
    ck_assert_int_eq(read_target(many), GK_INVALID); /* 33 parameters, 32 ampersands */
}
END_TEST

START_TEST(paths_are_cut_before_they_are_decoded)
{
    ck_assert_int_eq(read_target("/a%2Fb/%C3%A5/c"), GK_OK);
    ck_assert_str_eq(target.path, "/a/b/å/c");
    ck_assert_uint_eq(target.segment_count, 3);
    ck_assert_uint_eq(target.segment[0].length, 3);
    ck_assert(memcmp(target.segment[0].data, "a/b", 3) == 0);
    ck_assert_int_eq(read_target("/a+b"), GK_OK);
    ck_assert_str_eq(target.path, "/a+b");
    ck_assert_int_eq(read_target("/"), GK_OK);
    ck_assert_uint_eq(target.segment_count, 0);
    ck_assert_int_eq(read_target("http://host:80?x=1"), GK_OK);
    ck_assert_str_eq(target.path, "/");
    ck_assert_uint_eq(target.query_count, 1);
    ck_assert_int_eq(read_target("/a/"), GK_OK);
    ck_assert_uint_eq(target.segment_count, 2);
    ck_assert_int_eq(read_target("/1/2/3/4/5/6/7/8/9/10"), GK_OK);
    ck_assert_uint_eq(target.segment_count, GK_SEGMENTS_MAX + 1);
}
END_TEST

START_TEST(a_query_is_decoded_as_forms_are)
{
    ck_assert_int_eq(read_target("/?a=1&b+c=d+%2B&&e&f=&g=h=i&j=%26%0A"), GK_OK);
    const char *const expected[][2] = {{"a", "1"}, {"b c", "d +"}, {"e", ""},
                                       {"f", ""},  {"g", "h=i"},   {"j", "&\n"}};
    ck_assert_uint_eq(target.query_count, 6);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_str_eq(target.query[i].name, expected[i][0]);
        ck_assert_str_eq(target.query[i].value.data, expected[i][1]);
        ck_assert_uint_eq(target.query[i].value.length, strlen(expected[i][1]));
    }
}
END_TEST

START_TEST(decoded_control_bytes_bad_utf8_and_repetition_are_refused)
{
    const char *const bad[] = {"/%01",
                               "/%0A",
                               "/%7F",
                               "/%FF",
                               "/%C0%80",
                               "/%ED%A0%80",
                               "/%F5%80%80%80",
                               "/%E2%82",
                               "/?=1",
                               "/?a=%1B",
                               "/?%0A=1",
                               "/?a=%80",
                               "/?a=1&a=1",
                               "/?a=1&a=2",
                               "/?a&a",
                               "/?a=1&%61=2",
                               "/?a=%F0%8F%BF%BF",
                               "/?a=%E0%9F%BF",
                               "/?a=%F4%90%80%80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(read_target(bad[i]) == GK_INVALID, "%s", bad[i]);
    const char *const good[] = {"/%EF%BF%BF", "/%F4%8F%BF%BF", "/%ED%9F%BF", "/?a=%0D%0A%09"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(read_target(good[i]) == GK_OK, "%s", good[i]);
}
END_TEST

static bool fits(const char *pattern, const char *raw, const char *first, const char *second)
{
    struct gk_pattern p;
    struct gk_text variable[GK_PATH_VARIABLES_MAX];
    ck_assert_int_eq(gk_pattern_read(&p, pattern, &error), GK_OK);
    ck_assert_int_eq(read_target(raw), GK_OK);
    if (!gk_pattern_matches(&p, &target, variable))
        return false;
    ck_assert_uint_eq(variable[0].length, strlen(first));
    ck_assert(memcmp(variable[0].data, first, strlen(first)) == 0);
    ck_assert_uint_eq(variable[1].length, strlen(second));
    ck_assert(memcmp(variable[1].data, second, strlen(second)) == 0);
    return true;
}

START_TEST(a_pattern_matches_whole_segments)
{
    ck_assert(fits("/", "/", "", ""));
    ck_assert(fits("/a/{b}", "/a/x", "x", ""));
    ck_assert(fits("/a/{b}/c/{d}", "/a/x%2Fy/c/42", "x/y", "42"));
    ck_assert(fits("/a/{b}", "/a/..", "..", ""));
    ck_assert(!fits("/a/{b}", "/a/", "", ""));
    ck_assert(!fits("/a/{b}", "/a", "", ""));
    ck_assert(!fits("/a/{b}", "/a/b/", "", ""));
    ck_assert(!fits("/a", "/A", "", ""));
    ck_assert(!fits("/a", "//a", "", ""));
    ck_assert(!fits("/a", "/a/", "", ""));
    ck_assert(!fits("/", "//", "", ""));
    ck_assert(!fits("/ab", "/a", "", ""));
    ck_assert(!fits("/a/b", "/a%2Fb", "", ""));
}
END_TEST

START_TEST(a_pattern_that_cannot_be_is_refused)
{
    const char *const bad[] = {
        "", "a", "//", "/a//b", "/{a}/{b}/{c}/{d}/{e}", "/1/2/3/4/5/6/7/8/9"};
    struct gk_pattern p;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(gk_pattern_read(&p, bad[i], &error) == GK_INVALID, "%s", bad[i]);
}
END_TEST

GK_UNIT_MAIN("target", raw_bytes_that_no_uri_has_are_refused, usual_targets_are_taken,
             length_and_number_of_parameters_are_bounded,
             a_target_of_full_length_is_decoded_within_its_room,
             paths_are_cut_before_they_are_decoded, a_query_is_decoded_as_forms_are,
             decoded_control_bytes_bad_utf8_and_repetition_are_refused,
             a_pattern_matches_whole_segments, a_pattern_that_cannot_be_is_refused)
