/* The CSV reader against tables written by hand from RFC 4180 and from what
 * spreadsheets are known to write. */
#include "csv.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

struct bytes {
    const char *at;
    size_t left, step;
};

static long give(void *context, char *buffer, size_t size)
{
    struct bytes *bytes = context;
    size_t n = bytes->left < bytes->step ? bytes->left : bytes->step;
    n = n < size ? n : size;
    memcpy(buffer, bytes->at, n);
    bytes->at += n;
    bytes->left -= n;
    return (long)n;
}

/* All records as one text: line{field|field} line{...}, a fault as !. */
static void read_all(char *out, size_t out_size, const char *text, size_t length, size_t step)
{
    struct bytes bytes = {text, length, step};
    struct gk_csv *csv;
    struct gk_csv_row row;
    struct gk_error error;
    size_t at = 0;
    out[0] = '\0';
    ck_assert_int_eq(gk_csv_open(&csv, give, &bytes, '\0', &error), GK_OK);
    enum gk_status status;
    while ((status = gk_csv_next(csv, &row, &error)) == GK_OK) {
        at += (size_t)snprintf(out + at, out_size - at, "%lld%s{", (long long)row.line,
                               row.fault != NULL ? "!" : "");
        for (size_t i = 0; i < row.count; i++)
            at += (size_t)snprintf(out + at, out_size - at, "%s%.*s", i > 0 ? "|" : "",
                                   (int)row.fields[i].length, row.fields[i].text);
        at += (size_t)snprintf(out + at, out_size - at, "}");
    }
    if (status != GK_NOT_FOUND)
        snprintf(out + at, out_size - at, " %s: %s", gk_status_name(status), error.message);
    gk_csv_close(csv);
}

static const struct {
    const char *text, *expected;
} table[] = {
    {"a;b;c\n1;2;3\n", "1{a|b|c}2{1|2|3}"},
    {"a;b;c\r\n1;2;3\r\n", "1{a|b|c}2{1|2|3}"},
    {"a;b;c\r1;2;3\r", "1{a|b|c}2{1|2|3}"},
    {"a;b;c\n1;2;3", "1{a|b|c}2{1|2|3}"},
    {"a,b\n1,2\n", "1{a|b}2{1|2}"},
    {"a\tb\n1\t2\n", "1{a|b}2{1|2}"},
    {"\xEF\xBB\xBF"
     "a;b\n",
     "1{a|b}"},
    {"a;b\n\n\r\n\n1;2\n", "1{a|b}5{1|2}"},
    {"a;b\n;\n", "1{a|b}2{|}"},
    {"a;b\n1;\n", "1{a|b}2{1|}"},
    {"a;b\n\"1;2\";3\n", "1{a|b}2{1;2|3}"},
    {"a;b\n\"say \"\"hi\"\"\";3\n", "1{a|b}2{say \"hi\"|3}"},
    {"a;b\n\"one\r\ntwo\";3\n4;5\n", "1{a|b}2{one\ntwo|3}4{4|5}"},
    {"a;b\n\"one\rtwo\nthree\";3\n4;5", "1{a|b}2{one\ntwo\nthree|3}5{4|5}"},
    {"a;b\n\"\";3\n", "1{a|b}2{|3}"},
    {"a;b\n1\"2;3\n", "1{a|b}2{1\"2|3}"},
    {"a;b\n\"1\"2;3\n", "1{a|b}2!{12|3}"},
    {"\"a;b\",\"c\"\n", "1{a;b|c}"},
    {"a;b\n1;\"2\n", "1{a|b} REJECTED: line 2: a quote is opened and never closed"},
    {"a\n\"\"\n", "1{a}"},
    {"sep=,\na,b;c\n1,2;3\n", "2{a|b;c}3{1|2;3}"},
    {"sep=;\r\na;b\r\n", "2{a|b}"},
    {"sep=x\n", "1{sep=x}"},
    {"a;b\n\"x\"y\"z\";3\n", "1{a|b}2!{xy\"z\"|3}"},
    {"", ""},
};

START_TEST(records_are_read_as_the_table_says_at_every_seam)
{
    char out[512];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t step = 1; step < 40; step++) {
            read_all(out, sizeof out, table[i].text, strlen(table[i].text), step);
            ck_assert_str_eq(out, table[i].expected);
        }
}
END_TEST

START_TEST(a_nul_byte_is_a_fault)
{
    char out[64];
    read_all(out, sizeof out, "a;b\n1\0;2\n", 10, 100);
    ck_assert(strstr(out, "2!{") != NULL);
    read_all(out, sizeof out, "a;b\n\"1\0\";2\n", 12, 100);
    ck_assert(strstr(out, "2!{") != NULL);
}
END_TEST

START_TEST(a_record_has_an_end_at_its_limits)
{
    size_t length = GK_CSV_RECORD_MAX + 10;
    char *text = malloc(length), out[256];
    memset(text, 'x', length);
    read_all(out, sizeof out, text, length, 4096);
    ck_assert_str_eq(out, " REJECTED: line 1: a record of more than 1 MiB; is a quote not closed?");
    memset(text, ';', length);
    read_all(out, sizeof out, text, length, 4096);
    ck_assert_str_eq(out, " REJECTED: line 1: more than 1000 columns");
    free(text);
}
END_TEST

static long break_off(void *context, char *buffer, size_t size)
{
    size_t *left = context;
    if (*left == 0)
        return -1;
    size_t n = *left < size ? *left : size;
    for (size_t i = 0; i < n; i++)
        buffer[i] = i % 4 == 3 ? '\n' : 'a';
    *left -= n;
    return (long)n;
}

START_TEST(a_failing_source_is_an_error_and_not_an_end)
{
    size_t few = 100, many = 200 * 1024;
    struct gk_csv *csv;
    struct gk_csv_row row;
    struct gk_error error;
    ck_assert_int_eq(gk_csv_open(&csv, break_off, &few, '\0', &error), GK_IO);
    ck_assert_int_eq(gk_csv_open(&csv, break_off, &many, '\0', &error), GK_OK);
    enum gk_status status;
    do
        status = gk_csv_next(csv, &row, &error);
    while (status == GK_OK);
    ck_assert_int_eq(status, GK_IO);
    gk_csv_close(csv);
}
END_TEST

START_TEST(utf_16_is_refused_with_and_without_its_mark)
{
    static const char *const texts[] = {"\xFF\xFE"
                                        "a\0;\0b\0\n\0",
                                        "\xFE\xFF\0a\0;\0b\0\n", "a\0;\0b\0\n\0", "\0a\0;\0b\0\n"};
    static const size_t lengths[] = {10, 10, 8, 8};
    struct gk_csv *csv;
    struct gk_error error;
    for (size_t i = 0; i < 4; i++) {
        struct bytes bytes = {texts[i], lengths[i], 3};
        ck_assert_int_eq(gk_csv_open(&csv, give, &bytes, '\0', &error), GK_REJECTED);
        ck_assert_ptr_nonnull(strstr(error.message, "UTF-8"));
    }
}
END_TEST

START_TEST(a_record_says_how_many_lines_it_takes)
{
    static const char text[] = "a;b\n\"1\n\r2\r\n3\";x\n4;5\n6;\"7\n\"";
    static const int64_t counts[] = {1, 4, 1, 2};
    struct bytes bytes = {text, sizeof text - 1, 2};
    struct gk_csv *csv;
    struct gk_csv_row row;
    struct gk_error error;
    ck_assert_int_eq(gk_csv_open(&csv, give, &bytes, '\0', &error), GK_OK);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(gk_csv_next(csv, &row, &error), GK_OK);
        ck_assert_int_eq(row.line_count, counts[i]);
    }
    ck_assert_int_eq(gk_csv_next(csv, &row, &error), GK_NOT_FOUND);
    gk_csv_close(csv);
}
END_TEST

GK_UNIT_MAIN("csv", utf_16_is_refused_with_and_without_its_mark,
             a_record_says_how_many_lines_it_takes,
             records_are_read_as_the_table_says_at_every_seam, a_nul_byte_is_a_fault,
             a_record_has_an_end_at_its_limits, a_failing_source_is_an_error_and_not_an_end)
