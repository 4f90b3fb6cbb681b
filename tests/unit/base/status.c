/* The status table against what the design and the HTTP registry say, and the
 * caller-owned error. */
#include "base/status.h"

#include <stdbool.h>
#include <string.h>

#include "unit.h"

START_TEST(statuses_map_to_registered_http_codes)
{
    /* IANA HTTP Status Code Registry: the ones the design uses. */
    static const struct {
        enum gk_status status;
        int http;
    } cases[] = {{GK_OK, 200},
                 {GK_INVALID, 400},
                 {GK_UNAUTHORIZED, 401},
                 {GK_FORBIDDEN, 403},
                 {GK_NOT_FOUND, 404},
                 {GK_METHOD_NOT_ALLOWED, 405},
                 {GK_NOT_ACCEPTABLE, 406},
                 {GK_CONFLICT, 409},
                 {GK_GONE, 410},
                 {GK_TOO_LARGE, 413},
                 {GK_URI_TOO_LONG, 414},
                 {GK_TOO_MANY_REQUESTS, 429},
                 {GK_HEADERS_TOO_LARGE, 431},
                 {GK_INTERNAL, 500},
                 {GK_NOT_IMPLEMENTED, 501},
                 {GK_UNAVAILABLE, 503}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(gk_status_http(cases[i].status), cases[i].http);
}
END_TEST

START_TEST(every_status_has_a_name_a_text_and_an_exit_code)
{
    for (int s = 0; s < GK_STATUS_COUNT; s++) {
        enum gk_status status = (enum gk_status)s;
        ck_assert_uint_gt(strlen(gk_status_name(status)), 1);
        ck_assert_uint_gt(strlen(gk_status_text(status)), 1);
        ck_assert(gk_status_exit(status) >= 0 && gk_status_exit(status) <= 5);
        ck_assert_int_eq(gk_status_exit(status) == 0, status == GK_OK);
        for (int other = 0; other < s; other++)
            ck_assert_str_ne(gk_status_name(status), gk_status_name((enum gk_status)other));
    }
    ck_assert_str_eq(gk_status_name(GK_NOT_FOUND), "NOT_FOUND");
}
END_TEST

START_TEST(values_outside_the_table_are_answered)
{
    static const int bad[] = {-1, GK_STATUS_COUNT, 1000000};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        enum gk_status status = (enum gk_status)bad[i];
        ck_assert_str_eq(gk_status_name(status), "?");
        ck_assert_ptr_nonnull(gk_status_text(status));
        ck_assert_int_eq(gk_status_http(status), 500);
        ck_assert_int_eq(gk_status_exit(status), 1);
    }
}
END_TEST

START_TEST(an_error_is_filled_and_returned)
{
    struct gk_error error;
    memset(&error, 'x', sizeof error);
    ck_assert_int_eq(gk_error_set(&error, GK_CONFLICT, "open \"%s\": %d", "a", 7), GK_CONFLICT);
    ck_assert_int_eq(error.status, GK_CONFLICT);
    ck_assert_str_eq(error.message, "open \"a\": 7");
    ck_assert_str_eq(error.sqlstate, "");
    gk_error_clear(&error);
    ck_assert_int_eq(error.status, GK_OK);
    ck_assert_str_eq(error.message, "");
    ck_assert_int_eq(gk_error_set(NULL, GK_IO, "%s", "nobody listens"), GK_IO);
}
END_TEST

START_TEST(a_long_message_is_cut_between_characters)
{
    /* Characters of 1 to 4 bytes, so that the cut falls everywhere in them. */
    static const char *const characters[] = {"a", "\xC3\xA5", "\xE2\x82\xAC", "\xF0\x9F\x8F\xA0"};
    for (size_t c = 0; c < 4; c++)
        for (size_t lead = 0; lead < 5; lead++) {
            char text[2 * GK_ERROR_MESSAGE_MAX] = "";
            size_t size = strlen(characters[c]), length = 0;
            struct gk_error error;
            memset(text, '-', lead);
            for (length = lead; length + size < sizeof text; length += size)
                memcpy(text + length, characters[c], size);
            text[length] = '\0';
            gk_error_set(&error, GK_INVALID, "%s", text);
            size_t kept = strlen(error.message);
            ck_assert_uint_lt(kept, GK_ERROR_MESSAGE_MAX);
            ck_assert_uint_ge(kept, GK_ERROR_MESSAGE_MAX - 4);
            ck_assert_uint_eq((kept - lead) % size, 0);
            ck_assert_mem_eq(error.message, text, kept);
        }
}
END_TEST

GK_UNIT_MAIN("base/status", statuses_map_to_registered_http_codes,
             every_status_has_a_name_a_text_and_an_exit_code, values_outside_the_table_are_answered,
             an_error_is_filled_and_returned, a_long_message_is_cut_between_characters)
