/* The capped buffer, and its numbers against printf. */
#include "base/buf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "unit.h"

START_TEST(what_is_appended_is_there_and_terminated)
{
    struct gk_buf buf;
    gk_buf_init(&buf, 1000);
    ck_assert_ptr_null(buf.data);
    gk_buf_append(&buf, "", 0);
    gk_buf_puts(&buf, "ab");
    gk_buf_putc(&buf, 'c');
    gk_buf_append(&buf, "d\0e", 3);
    gk_buf_printf(&buf, "%d-%s", 12, "x");
    ck_assert_uint_eq(buf.length, 10);
    ck_assert_mem_eq(buf.data, "abcd\0e12-x", 11);
    gk_buf_clear(&buf);
    ck_assert_uint_eq(buf.length, 0);
    ck_assert_str_eq(buf.data, "");
    gk_buf_release(&buf);
    gk_buf_release(&buf);
    gk_buf_puts(&buf, "again");
    ck_assert_str_eq(buf.data, "again");
    gk_buf_release(&buf);
}
END_TEST

START_TEST(the_maximum_is_reached_and_not_passed)
{
    for (size_t maximum = 0; maximum < 600; maximum += 37) {
        struct gk_buf buf;
        gk_buf_init(&buf, maximum);
        for (size_t i = 0; i < maximum; i++)
            gk_buf_putc(&buf, (char)('a' + i % 26));
        ck_assert_int_eq(gk_buf_status(&buf), GK_OK);
        ck_assert_uint_eq(buf.length, maximum);
        gk_buf_putc(&buf, '!');
        ck_assert_int_eq(gk_buf_status(&buf), GK_TOO_LARGE);
        ck_assert_uint_eq(buf.length, maximum);
        gk_buf_append(&buf, "", 0); /* failed: ignored, whatever it is */
        gk_buf_printf(&buf, "%d", 1);
        gk_buf_put_i64(&buf, 1);
        ck_assert_ptr_null(gk_buf_reserve(&buf, 0));
        ck_assert_uint_eq(buf.length, maximum);
        gk_buf_clear(&buf);
        ck_assert_int_eq(gk_buf_status(&buf), GK_OK);
        gk_buf_release(&buf);
    }
}
END_TEST

START_TEST(sizes_near_the_end_of_the_range_do_not_wrap)
{
    static const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct gk_buf buf;
        gk_buf_init(&buf, 100);
        gk_buf_puts(&buf, "abc");
        ck_assert_ptr_null(gk_buf_reserve(&buf, sizes[i]));
        ck_assert_int_eq(gk_buf_status(&buf), GK_TOO_LARGE);
        ck_assert_str_eq(buf.data, "abc");
        gk_buf_release(&buf);
        gk_buf_init(&buf, SIZE_MAX);
        gk_buf_puts(&buf, "abc");
        ck_assert_ptr_null(gk_buf_reserve(&buf, SIZE_MAX));
        ck_assert_int_ne(gk_buf_status(&buf), GK_OK);
        gk_buf_release(&buf);
    }
}
END_TEST

START_TEST(reserved_room_counts_when_it_is_advanced)
{
    struct gk_buf buf;
    gk_buf_init(&buf, 5000);
    for (int i = 0; i < 100; i++) {
        char *to = gk_buf_reserve(&buf, 40);
        ck_assert_ptr_nonnull(to);
        memset(to, 'x', 40);
        gk_buf_advance(&buf, 1);
    }
    ck_assert_uint_eq(buf.length, 100);
    ck_assert_uint_eq(strspn(buf.data, "x"), 100);
    gk_buf_release(&buf);
}
END_TEST

static void check_text(struct gk_buf *buf, const char *expected)
{
    ck_assert_str_eq(buf->data, expected);
    gk_buf_clear(buf);
}

START_TEST(integers_are_as_printf_writes_them)
{
    static const int64_t edges[] = {0, 1, -1, 9, 10, -10, 99, 100, INT32_MIN, INT64_MAX, INT64_MIN};
    struct gk_random random;
    struct gk_buf buf;
    char expected[32];
    gk_random_init(&random, 1, 0);
    gk_buf_init(&buf, 100);
    for (int i = 0; i < 20000; i++) {
        int64_t value = i < 11 ? edges[i] : (int64_t)gk_random_bits(&random) >> (i % 64);
        snprintf(expected, sizeof expected, "%lld", (long long)value);
        gk_buf_put_i64(&buf, value);
        check_text(&buf, expected);
    }
    gk_buf_release(&buf);
}
END_TEST

/* value / 10^decimals by printf of whole and fraction, then zeros cut off. */
static void plain_fixed(char *to, size_t size, int64_t value, unsigned decimals)
{
    unsigned long long m = value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value;
    unsigned long long power = 1;
    for (unsigned i = 0; i < decimals; i++)
        power *= 10;
    int n = snprintf(to, size, "%s%llu", value < 0 ? "-" : "", m / power);
    if (m % power == 0)
        return;
    n += snprintf(to + n, size - (size_t)n, ".%0*llu", (int)decimals, m % power);
    while (to[n - 1] == '0')
        to[--n] = '\0';
}

START_TEST(fixed_point_is_as_printf_writes_it_without_zeros)
{
    struct gk_random random;
    struct gk_buf buf;
    char expected[64];
    gk_random_init(&random, 2, 0);
    gk_buf_init(&buf, 100);
    for (unsigned decimals = 0; decimals <= 18; decimals++)
        for (int i = 0; i < 3000; i++) {
            int64_t value = (int64_t)gk_random_bits(&random) >> (i % 64);
            if (i % 7 == 0)
                value = value / 1000 * 1000;
            plain_fixed(expected, sizeof expected, value, decimals);
            gk_buf_put_fixed(&buf, value, decimals);
            check_text(&buf, expected);
        }
    gk_buf_put_fixed(&buf, INT64_MIN, 18);
    check_text(&buf, "-9.223372036854775808");
    gk_buf_put_fixed(&buf, -1, 7);
    check_text(&buf, "-0.0000001");
    gk_buf_release(&buf);
}
END_TEST

START_TEST(doubles_round_half_away_from_zero)
{
    static const struct {
        double value;
        unsigned decimals;
        const char *expected;
    } cases[] = {{0, 3, "0"},
                 {-0.0, 3, "0"},
                 {0.125, 2, "0.13"},
                 {-0.125, 2, "-0.13"},
                 {2.5, 0, "3"},
                 {-0.0004, 3, "0"},
                 {1e9, 9, "1000000000"},
                 {-1e9, 9, "-1000000000"},
                 {1.0000001e9, 0, "null"},
                 {12.5, 9, "12.5"},
                 {NAN, 3, "null"},
                 {HUGE_VAL, 3, "null"},
                 {-HUGE_VAL, 3, "null"},
                 {0.1, 40, "0.1"},
                 {4.18410041841004, 4, "4.1841"}};
    struct gk_buf buf;
    gk_buf_init(&buf, 100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gk_buf_put_double(&buf, cases[i].value, cases[i].decimals);
        check_text(&buf, cases[i].expected);
    }
    gk_buf_release(&buf);
}
END_TEST

GK_UNIT_MAIN("base/buf", what_is_appended_is_there_and_terminated,
             the_maximum_is_reached_and_not_passed, sizes_near_the_end_of_the_range_do_not_wrap,
             reserved_room_counts_when_it_is_advanced, integers_are_as_printf_writes_them,
             fixed_point_is_as_printf_writes_it_without_zeros, doubles_round_half_away_from_zero)
