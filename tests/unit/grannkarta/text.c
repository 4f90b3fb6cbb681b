/* Encodings, folding and slugs against tables; UTF-8 against the C library. */
#include "text.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

START_TEST(utf_8_is_what_the_c_library_says_it_is)
{
    iconv_t converter = iconv_open("UTF-32LE", "UTF-8");
    ck_assert(converter != (iconv_t)-1);
    /* Every two bytes, and every lead with every second byte before two good ones. */
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            for (size_t length = 2; length <= 4; length++) {
                const char text[5] = {(char)a, (char)b, (char)0x80, (char)0x80, '\0'};
                char *from = (char *)text, out[32], *to = out;
                size_t left = length, room = sizeof out;
                iconv(converter, NULL, NULL, NULL, NULL);
                bool is_good =
                    iconv(converter, &from, &left, &to, &room) != (size_t)-1 && left == 0;
                ck_assert_msg(gk_text_is_utf8(text, length) == is_good, "%02x %02x of %zu", a, b,
                              length);
            }
    iconv_close(converter);
}
END_TEST

static const char *converted(void (*put)(struct gk_buf *, const char *, size_t), const char *text)
{
    static char out[256];
    struct gk_buf buf;
    gk_buf_init(&buf, sizeof out - 1);
    put(&buf, text, strlen(text));
    snprintf(out, sizeof out, "%s", buf.data != NULL ? buf.data : "");
    gk_buf_release(&buf);
    return out;
}

START_TEST(windows_1252_becomes_utf_8)
{
    ck_assert_str_eq(converted(gk_buf_put_windows_1252, "Brom\xF6lla \x80 \x93\xE5\x94 \x81"),
                     "Bromölla € “å” \xEF\xBF\xBD");
    ck_assert_str_eq(converted(gk_buf_put_any, "Brom\xF6lla"), "Bromölla");
    ck_assert_str_eq(converted(gk_buf_put_any, "Bromölla"), "Bromölla");
}
END_TEST

START_TEST(names_fold_and_slugs_are_plain)
{
    ck_assert_str_eq(converted(gk_buf_put_folded, "BROTTSDATUMTID_START"), "brottsdatumtidstart");
    ck_assert(gk_text_same_folded("Sweref N", "SWEREF_N") && gk_text_same_folded("ÅR", "år"));
    ck_assert(!gk_text_same_folded("år", "ar") && !gk_text_same_folded("", ""));
    static const char *const slugs[][2] = {{"Solrosens grannsamverkan", "solrosens-grannsamverkan"},
                                           {"Åsgränd/Östra vägen", "asgrand-ostra-vagen"},
                                           {"  -- Café Ü 12 --", "cafe-u-12"},
                                           {"ÅÄÖ", "aao"},
                                           {"日本", ""},
                                           {"a日b", "a-b"}};
    for (size_t i = 0; i < sizeof slugs / sizeof *slugs; i++)
        ck_assert_str_eq(converted(gk_buf_put_slug, slugs[i][0]), slugs[i][1]);
    char longest[201] = {0};
    memset(longest, 'x', 200);
    ck_assert_int_eq((int)strlen(converted(gk_buf_put_slug, longest)), 80);
}
END_TEST

START_TEST(no_break_spaces_of_both_encodings_are_trimmed_and_letters_are_not)
{
    static const char *const table[][2] = {{"\xA0x\xA0", "x"},
                                           {"\xC2\xA0x\xC2\xA0 ", "x"},
                                           {"voil\xC3\xA0", "voil\xC3\xA0"}, /* a grave */
                                           {"\xA0", ""},
                                           {"\xA0\xA0", ""}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *text = table[i][0];
        size_t length = strlen(text);
        gk_text_trim(&text, &length);
        ck_assert_int_eq((int)length, (int)strlen(table[i][1]));
        ck_assert_int_eq(memcmp(text, table[i][1], length), 0);
    }
}
END_TEST

START_TEST(fields_are_decoded_as_said)
{
    struct gk_buf buf, low;
    gk_buf_init(&buf, 100);
    gk_buf_init(&low, 100);
    ck_assert(gk_buf_put_decoded(&buf, GK_ENCODING_AUTO, "\xD6 \x80", 3));
    ck_assert_str_eq(buf.data, "Ö €");
    ck_assert(!gk_buf_put_decoded(&buf, GK_ENCODING_UTF_8, "\xD6", 1));
    ck_assert(gk_buf_put_decoded(&buf, GK_ENCODING_WINDOWS_1252, "\xC3\x96", 2));
    ck_assert_str_eq(buf.data, "Ã–");
    gk_buf_put_lower(&low, "ÅÄÖ Été-ABC €", strlen("ÅÄÖ Été-ABC €"));
    ck_assert_str_eq(low.data, "åäö été-abc €");
    gk_buf_release(&buf);
    gk_buf_release(&low);
}
END_TEST

START_TEST(both_ends_are_trimmed)
{
    const char *text = " \t\xC2\xA0"
                       "a b\xC2\xA0\r\n ";
    size_t length = strlen(text);
    gk_text_trim(&text, &length);
    ck_assert_int_eq((int)length, 3);
    ck_assert(memcmp(text, "a b", 3) == 0);
    text = " \xC2\xA0 ";
    length = strlen(text);
    gk_text_trim(&text, &length);
    ck_assert_int_eq((int)length, 0);
}
END_TEST

GK_UNIT_MAIN("text", utf_8_is_what_the_c_library_says_it_is, windows_1252_becomes_utf_8,
             names_fold_and_slugs_are_plain, both_ends_are_trimmed,
             no_break_spaces_of_both_encodings_are_trimmed_and_letters_are_not,
             fields_are_decoded_as_said)
