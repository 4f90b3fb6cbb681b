/* The JSON writer against RFC 8259 by hand, and its view of UTF-8 against the C
 * library's converter (iconv). */
#include "base/json.h"

#include <iconv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

START_TEST(commas_and_nesting_are_right)
{
    struct gk_buf buf;
    struct gk_json json;
    gk_buf_init(&buf, 10000);
    gk_json_init(&json, &buf);
    gk_json_object_begin(&json);
    gk_json_member(&json, "a", "x");
    gk_json_member_i64(&json, "b", INT64_MIN);
    gk_json_key(&json, "c");
    gk_json_array_begin(&json);
    gk_json_array_begin(&json);
    gk_json_array_end(&json);
    gk_json_object_begin(&json);
    gk_json_object_end(&json);
    gk_json_null(&json);
    gk_json_bool(&json, true);
    gk_json_bool(&json, false);
    gk_json_double(&json, 0.125, 3);
    gk_json_double(&json, NAN, 3);
    gk_json_raw(&json, "{\"r\":1}", 7);
    gk_json_array_end(&json);
    gk_json_member(&json, "d", NULL);
    gk_json_key(&json, "e\"");
    gk_json_object_begin(&json);
    gk_json_member_i64(&json, "f", 0);
    gk_json_object_end(&json);
    gk_json_object_end(&json);
    ck_assert_int_eq(gk_buf_status(&buf), GK_OK);
    ck_assert_str_eq(buf.data,
                     "{\"a\":\"x\",\"b\":-9223372036854775808,\"c\":[[],{},null,true,false,"
                     "0.125,null,{\"r\":1}],\"d\":null,\"e\\\"\":{\"f\":0}}");
    gk_buf_release(&buf);
}
END_TEST

START_TEST(nesting_too_deep_fails_the_buffer)
{
    struct gk_buf buf;
    struct gk_json json;
    gk_buf_init(&buf, 10000);
    gk_json_init(&json, &buf);
    for (int i = 0; i < GK_JSON_DEPTH_MAX; i++)
        gk_json_array_begin(&json);
    ck_assert_int_eq(gk_buf_status(&buf), GK_OK);
    for (int i = 0; i < 10; i++)
        gk_json_object_begin(&json);
    ck_assert_int_ne(gk_buf_status(&buf), GK_OK);
    for (int i = 0; i < 2 * GK_JSON_DEPTH_MAX; i++)
        gk_json_array_end(&json);
    gk_buf_release(&buf);
}
END_TEST

static void check_string(const char *text, size_t length, const char *expected)
{
    struct gk_buf buf;
    /* A copy of exactly the length: the sanitizer sees reads past the end. */
    char *copy = malloc(length > 0 ? length : 1);
    memcpy(copy, text, length);
    gk_buf_init(&buf, 10000);
    gk_buf_put_json_string(&buf, copy, length);
    ck_assert_str_eq(buf.data, expected);
    gk_buf_release(&buf);
    free(copy);
}

START_TEST(what_must_be_escaped_is)
{
    check_string("", 0, "\"\"");
    check_string("a\"b\\c/d", 7, "\"a\\\"b\\\\c/d\"");
    check_string("\b\t\n\f\r", 5, "\"\\u0008\\t\\n\\u000c\\r\"");
    check_string("\0\x1f\x7f", 3, "\"\\u0000\\u001f\\u007f\"");
    check_string("Bromölla – å", strlen("Bromölla – å"), "\"Bromölla – å\"");
    check_string("\xF0\x9F\x8F\xA0", 4, "\"\xF0\x9F\x8F\xA0\"");
    check_string("a\xC3", 2, "\"a\xEF\xBF\xBD\"");
}
END_TEST

static bool is_utf8(iconv_t converter, const char *text, size_t length)
{
    char out[64], *from = (char *)(uintptr_t)text, *to = out;
    size_t left = length, room = sizeof out;
    iconv(converter, NULL, NULL, NULL, NULL);
    return iconv(converter, &from, &left, &to, &room) != (size_t)-1 && left == 0;
}

static void check_sequence(iconv_t converter, const unsigned char *bytes, size_t length)
{
    struct gk_buf buf;
    const char *text = (const char *)bytes;
    gk_buf_init(&buf, 100);
    gk_buf_put_json_string(&buf, text, length);
    bool kept = buf.length == length + 2 && memcmp(buf.data + 1, text, length) == 0;
    ck_assert_int_eq(kept, is_utf8(converter, text, length));
    ck_assert_msg(is_utf8(converter, buf.data + 1, buf.length - 2), "the answer is not UTF-8");
    gk_buf_release(&buf);
}

START_TEST(only_utf8_comes_out)
{
    static const unsigned char edges[] = {0x7E, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0};
    /* UTF-32 has no surrogates and ends at 10FFFF, as RFC 3629 says. */
    iconv_t converter = iconv_open("UTF-32LE", "UTF-8");
    ck_assert(converter != (iconv_t)-1);
    for (unsigned lead = 0x80; lead < 0x100; lead++)
        for (unsigned second = 0x20; second < 0x100; second++) {
            unsigned char b[4] = {(unsigned char)lead, (unsigned char)second, 0, 0};
            if (second == '"' || second == '\\' || second == 0x7F)
                continue;
            check_sequence(converter, b, 1);
            check_sequence(converter, b, 2);
            for (size_t i = 0; lead >= 0xE0 && i < sizeof edges; i++) {
                b[2] = edges[i];
                check_sequence(converter, b, 3);
                for (size_t k = 0; lead >= 0xF0 && k < sizeof edges; k++) {
                    b[3] = edges[k];
                    check_sequence(converter, b, 4);
                }
            }
        }
    iconv_close(converter);
}
END_TEST

START_TEST(a_full_buffer_stays_full)
{
    for (size_t maximum = 0; maximum < 30; maximum++) {
        struct gk_buf buf;
        struct gk_json json;
        gk_buf_init(&buf, maximum);
        gk_json_init(&json, &buf);
        gk_json_object_begin(&json);
        gk_json_member(&json, "key", "a longer text\n");
        gk_json_member_i64(&json, "n", 5);
        gk_json_object_end(&json);
        ck_assert_int_eq(gk_buf_status(&buf), GK_TOO_LARGE);
        ck_assert_uint_le(buf.length, maximum);
        gk_buf_release(&buf);
    }
}
END_TEST

GK_UNIT_MAIN("base/json", commas_and_nesting_are_right, nesting_too_deep_fails_the_buffer,
             what_must_be_escaped_is, only_utf8_comes_out, a_full_buffer_stays_full)
