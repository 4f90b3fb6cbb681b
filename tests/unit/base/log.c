/* Log lines as a reader of logfmt sees them, read back from a pipe. */
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

enum { LINE_MAX_BYTES = 4096 };

/* What one call writes. */
struct capture {
    struct gk_log log;
    int read_fd;
    char text[3 * LINE_MAX_BYTES];
};

static void begin(struct capture *c, enum gk_log_level level)
{
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    c->read_fd = fds[0];
    c->log = (struct gk_log){.fd = fds[1], .level = level};
}

static const char *end(struct capture *c)
{
    close(c->log.fd);
    ssize_t n = read(c->read_fd, c->text, sizeof c->text - 1);
    ck_assert_int_ge(n, 0);
    c->text[n] = '\0';
    close(c->read_fd);
    return c->text;
}

START_TEST(a_line_has_level_event_and_fields)
{
    struct capture c;
    begin(&c, GK_LOG_INFO);
    gk_log(&c.log, GK_LOG_INFO, "listening", gk_log_number("port", 8080),
           gk_log_microseconds("took", 12345), gk_log_text("at", "2024-03-01"));
    ck_assert_str_eq(end(&c), "level=info event=listening port=8080 took=12.345 at=2024-03-01\n");
}
END_TEST

START_TEST(levels_above_the_logs_are_dropped)
{
    struct capture c;
    begin(&c, GK_LOG_WARNING);
    gk_log(&c.log, GK_LOG_DEBUG, "d", gk_log_number("n", 1));
    gk_log(&c.log, GK_LOG_INFO, "i", gk_log_number("n", 1));
    gk_log(&c.log, GK_LOG_WARNING, "w", gk_log_number("n", -1));
    gk_log(&c.log, GK_LOG_ERROR, "e", gk_log_number("n", 1));
    ck_assert_str_eq(end(&c), "level=warning event=w n=-1\nlevel=error event=e n=1\n");
}
END_TEST

START_TEST(data_cannot_forge_a_line_or_a_field)
{
    static const struct {
        const char *text, *written;
    } cases[] = {{"", "\"\""},
                 {NULL, "\"\""},
                 {"two words", "\"two words\""},
                 {"a=b", "\"a=b\""},
                 {"x\nlevel=error event=forged", "\"x\\x0alevel=error event=forged\""},
                 {"\"quoted\\\"", "\"\\\"quoted\\\\\\\"\""},
                 {"\x1B[31m\x7F\r", "\"\\x1b[31m\\x7f\\x0d\""},
                 {"Näsum", "Näsum"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct capture c;
        char expected[200];
        begin(&c, GK_LOG_INFO);
        gk_log(&c.log, GK_LOG_INFO, "e", gk_log_text("t", cases[i].text));
        snprintf(expected, sizeof expected, "level=info event=e t=%s\n", cases[i].written);
        ck_assert_str_eq(end(&c), expected);
    }
}
END_TEST

/* The quotes of a line are in pairs, escapes passed over. */
static bool quotes_match(const char *line)
{
    bool open = false;
    for (; *line != '\0'; line++) {
        if (open && *line == '\\' && line[1] != '\0')
            line++;
        else if (*line == '"')
            open = !open;
    }
    return !open;
}

START_TEST(a_long_line_is_cut_and_still_a_line)
{
    static const char *const units[] = {"x", "x ", "\n", "å", "\"", "\xF0\x9F\x8F\xA0 "};
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
        for (size_t length = LINE_MAX_BYTES - 120; length < LINE_MAX_BYTES + 60; length++) {
            static char text[2 * LINE_MAX_BYTES];
            size_t size = strlen(units[u]), n = 0;
            for (; n + size <= length; n += size)
                memcpy(text + n, units[u], size);
            text[n] = '\0';
            struct capture c;
            begin(&c, GK_LOG_INFO);
            gk_log(&c.log, GK_LOG_INFO, "e", gk_log_text("t", text), gk_log_text("after", "a b"),
                   gk_log_number("last", 5));
            const char *line = end(&c);
            size_t have = strlen(line);
            ck_assert_uint_le(have, LINE_MAX_BYTES);
            ck_assert_uint_ge(have, 3900);
            ck_assert_ptr_eq(strchr(line, '\n'), line + have - 1);
            ck_assert_msg(quotes_match(line), "unit %d, length %d", (int)u, (int)length);
        }
}
END_TEST

START_TEST(an_error_is_one_line)
{
    struct capture c;
    struct gk_error error;
    gk_error_set(&error, GK_DATABASE, "connect: %s", "refused");
    memcpy(error.sqlstate, "08006", 6);
    begin(&c, GK_LOG_ERROR);
    gk_log_error(&c.log, "reload", &error);
    ck_assert_str_eq(end(&c), "level=error event=reload status=DATABASE sqlstate=08006 "
                              "message=\"connect: refused\"\n");
}
END_TEST

START_TEST(a_log_that_cannot_be_written_is_no_failure)
{
    struct gk_log log = {.fd = -1, .level = GK_LOG_DEBUG};
    gk_log(&log, GK_LOG_ERROR, "nowhere", gk_log_number("n", 1));
}
END_TEST

GK_UNIT_MAIN("base/log", a_line_has_level_event_and_fields, levels_above_the_logs_are_dropped,
             data_cannot_forge_a_line_or_a_field, a_long_line_is_cut_and_still_a_line,
             an_error_is_one_line, a_log_that_cannot_be_written_is_no_failure)
