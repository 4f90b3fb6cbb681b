/* Options from the three places: what wins, what is refused, and that secrets
 * are never repeated. */
#include "base/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

/* A text that argv or the environment may hold: not const. */
#define T(text) ((char[]){text})

static char *const no_environment[] = {T("GRANNKARTA_CONFIG="), NULL};

static struct gk_options defaults(void)
{
    struct gk_options o;
    ck_assert_int_eq(gk_options_init(&o), GK_OK);
    return o;
}

/* A file with the text; its path is static. */
static const char *file_with(const char *text, size_t length)
{
    static char path[64];
    strcpy(path, "/tmp/gk-options-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
    close(fd);
    return path;
}

static enum gk_status read_text(struct gk_options *o, const char *text, struct gk_error *error)
{
    const char *path = file_with(text, strlen(text));
    enum gk_status status = gk_options_read_file(o, path, error);
    unlink(path);
    return status;
}

static int count(char **argv)
{
    int n = 0;
    while (argv[n] != NULL)
        n++;
    return n;
}

START_TEST(defaults_are_within_their_own_limits)
{
    struct gk_options o = defaults();
    ck_assert_int_eq(o.port, 8080);
    ck_assert_int_eq(o.k, 8);
    ck_assert_str_eq(o.log_level, "info");
    gk_options_release(&o);
    ck_assert_ptr_null(o.title);
    gk_options_release(&o);
}
END_TEST

START_TEST(flags_win_over_the_environment_and_that_over_the_file)
{
    static const char text[] = "# comment\n\n port = 1001 \r\nk=11\ntitle = A = b # c\nthreads = 2";
    const char *path = file_with(text, sizeof text - 1);
    char *environment[] = {
        T("PATH=/bin"),         T("GRANNKARTA_PORT=1002"),    T("GRANNKARTA_K=12"),
        T("GRANNKARTA_TITLE="), T("GRANNKARTA_CONFIG=/none"), NULL};
    char config[100];
    snprintf(config, sizeof config, "--config=%s", path);
    char *argv[] = {T("grannkartad"), T("--port=1003"), T("serve"), config,
                    T("--title"),     T("--k"),         T("-x"),    NULL};
    int argc = count(argv);
    struct gk_options o = defaults();
    struct gk_error error;
    ck_assert_int_eq(gk_options_read_arguments(&o, &argc, argv, environment, &error), GK_OK);
    unlink(path);
    ck_assert_int_eq(o.port, 1003);
    ck_assert_int_eq(o.k, 12);
    ck_assert_int_eq(o.threads, 2);
    ck_assert_str_eq(o.title, "--k"); /* a value is a value */
    ck_assert_int_eq(argc, 3);
    ck_assert_str_eq(argv[1], "serve");
    ck_assert_str_eq(argv[2], "-x");
    ck_assert_ptr_null(argv[3]);
    gk_options_release(&o);
}
END_TEST

START_TEST(the_environment_names_the_file_when_no_flag_does)
{
    static const char text[] = "port = 1001\nk = 11\n";
    char config[100];
    const char *path = file_with(text, sizeof text - 1);
    snprintf(config, sizeof config, "GRANNKARTA_CONFIG=%s", path);
    char *environment[] = {T("GRANNKARTA_K=12"), config, NULL};
    char *argv[] = {T("p"), T("--title"), T("--config"), T("migrate"), NULL};
    int argc = count(argv);
    struct gk_options o = defaults();
    struct gk_error error;
    ck_assert_int_eq(gk_options_read_arguments(&o, &argc, argv, environment, &error), GK_OK);
    ck_assert_int_eq(o.port, 1001);
    ck_assert_int_eq(o.k, 12);
    ck_assert_int_eq(argc, 2);
    gk_options_release(&o);
    unlink(path);
    o = defaults();
    argc = 1;
    ck_assert_int_eq(gk_options_read_arguments(&o, &argc, argv, environment, &error), GK_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error.message, path));
    gk_options_release(&o);
}
END_TEST

START_TEST(what_is_after_two_dashes_is_left_alone)
{
    char *argv[] = {
        T("p"), T("--operations-port"), T("9"), T("--unknown"), T("--"), T("--port"), T("1"), NULL};
    int argc = count(argv);
    struct gk_options o = defaults();
    struct gk_error error;
    ck_assert_int_eq(gk_options_read_arguments(&o, &argc, argv, no_environment, &error), GK_OK);
    ck_assert_int_eq(o.operations_port, 9);
    ck_assert_int_eq(o.port, 8080);
    ck_assert_int_eq(argc, 5);
    ck_assert_str_eq(argv[1], "--unknown");
    ck_assert_str_eq(argv[2], "--");
    ck_assert_str_eq(argv[3], "--port");
    gk_options_release(&o);
}
END_TEST

START_TEST(bad_values_are_refused_and_leave_the_old_one)
{
    static const char *const numbers[] = {"",
                                          "x",
                                          "80x",
                                          "8080 ",
                                          " 8080",
                                          "+8080",
                                          "-1",
                                          "65536",
                                          "1e3",
                                          "0x50",
                                          "99999999999999999999",
                                          "8.5"};
    static const char *const levels[] = {"", "inf", "infos", "INFO", "error|warning", "|"};
    struct gk_options o = defaults();
    struct gk_error error;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        ck_assert_int_eq(gk_options_set(&o, "port", numbers[i], &error), GK_INVALID);
        ck_assert_ptr_nonnull(strstr(error.message, "port"));
        ck_assert_ptr_nonnull(strstr(error.message, "65535"));
        ck_assert_int_eq(o.port, 8080);
    }
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        ck_assert_int_eq(gk_options_set(&o, "log_level", levels[i], &error), GK_INVALID);
        ck_assert_ptr_nonnull(strstr(error.message, "error|warning|info|debug"));
        ck_assert_str_eq(o.log_level, "info");
    }
    ck_assert_int_eq(gk_options_set(&o, "no_such", "1", &error), GK_NOT_FOUND);
    ck_assert_int_eq(gk_options_set(&o, "", "1", &error), GK_NOT_FOUND);
    ck_assert_int_eq(gk_options_set(&o, "por", "1", NULL), GK_NOT_FOUND);
    ck_assert_int_eq(gk_options_set(&o, "log-level", "debug", NULL), GK_OK);
    gk_options_release(&o);
}
END_TEST

START_TEST(a_file_is_refused_with_path_and_line)
{
    static const struct {
        const char *text, *says;
    } cases[] = {{"port = 1\nrubbish\n", ":2: a line must be"},
                 {"\n\nport = x\n", ":3: option port is \"x\""},
                 {"unknown = 1", ":1: option \"unknown\" is not known"},
                 {"= 1", ":1:"},
                 {"port 80", ":1: a line must be"}};
    struct gk_options o = defaults();
    struct gk_error error;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_ne(read_text(&o, cases[i].text, &error), GK_OK);
        ck_assert_msg(strstr(error.message, cases[i].says) != NULL, "%s", error.message);
    }
    ck_assert_int_eq(gk_options_read_file(&o, "/nonexistent/file", &error), GK_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(error.message, "/nonexistent/file"));
    ck_assert_int_eq(gk_options_read_file(&o, "/tmp", &error), GK_IO);
    gk_options_release(&o);
}
END_TEST

START_TEST(a_file_that_is_no_text_or_too_long_is_refused)
{
    static char text[70000];
    struct gk_options o = defaults();
    struct gk_error error;
    memset(text, '\n', sizeof text);
    const char *path = file_with(text, sizeof text);
    ck_assert_int_eq(gk_options_read_file(&o, path, &error), GK_INVALID);
    unlink(path);
    path = file_with(text, 65536);
    ck_assert_int_eq(gk_options_read_file(&o, path, &error), GK_OK);
    unlink(path);
    path = file_with("port = 1\0\n", 10);
    ck_assert_int_eq(gk_options_read_file(&o, path, &error), GK_INVALID);
    unlink(path);
    gk_options_release(&o);
}
END_TEST

START_TEST(unknown_names_in_the_environment_are_errors)
{
    char *const bad[] = {
        T("GRANNKARTA_PROT=1"), T("GRANNKARTA_=1"), T("GRANNKARTA_PORT="),
        T("GRANNKARTA_PORTPORTPORTPORTPORTPORTPORTPORTPORTPORTPORTPORTPORTPORTPORTPORT=1")};
    struct gk_options o = defaults();
    struct gk_error error;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *const environment[] = {bad[i], NULL};
        ck_assert_int_ne(gk_options_read_environment(&o, environment, &error), GK_OK);
    }
    char *const other[] = {T("GRANNKARTAPORT=x"), T("grannkarta_port=x"), T("GRANNKARTA"), NULL};
    ck_assert_int_eq(gk_options_read_environment(&o, other, &error), GK_OK);
    gk_options_release(&o);
}
END_TEST

START_TEST(a_flag_without_its_value_is_refused)
{
    char *const flags[] = {T("--port"), T("--config")};
    for (size_t i = 0; i < 2; i++) {
        char *argv[] = {T("p"), flags[i], NULL};
        int argc = 2;
        struct gk_options o = defaults();
        struct gk_error error;
        ck_assert_int_eq(gk_options_read_arguments(&o, &argc, argv, no_environment, &error),
                         GK_INVALID);
        ck_assert_ptr_nonnull(strstr(error.message, flags[i]));
        gk_options_release(&o);
    }
}
END_TEST

START_TEST(reload_takes_what_may_change_and_names_the_rest)
{
    struct gk_options o = defaults(), fresh = defaults();
    struct gk_buf ignored;
    gk_buf_init(&ignored, 1000);
    ck_assert_int_eq(gk_options_set(&fresh, "title", "Ny", NULL), GK_OK);
    ck_assert_int_eq(gk_options_set(&fresh, "poll_interval", "100", NULL), GK_OK);
    ck_assert_int_eq(gk_options_set(&fresh, "port", "99", NULL), GK_OK);
    ck_assert_int_eq(gk_options_set(&fresh, "k", "9", NULL), GK_OK);
    ck_assert_int_eq(gk_options_reload(&o, &fresh, &ignored), GK_OK);
    gk_options_release(&fresh); /* nothing of it is borrowed */
    ck_assert_str_eq(o.title, "Ny");
    ck_assert_int_eq(o.poll_interval, 100);
    ck_assert_int_eq(o.port, 8080);
    ck_assert_int_eq(o.k, 8);
    ck_assert_str_eq(ignored.data, "port, k");
    gk_buf_release(&ignored);
    gk_options_release(&o);
}
END_TEST

START_TEST(the_sample_file_is_taken_and_changes_nothing)
{
    struct gk_options o = defaults(), same = defaults();
    struct gk_buf sample, ignored;
    struct gk_error error;
    gk_buf_init(&sample, 65536);
    gk_buf_init(&ignored, 1000);
    gk_options_put_sample(&sample);
    /* Take every option's line into use: "#name = value" without the #. */
    for (char *at = sample.data; (at = strstr(at, "\n#")) != NULL; at++)
        if (at[2] != ' ')
            at[1] = ' ';
    ck_assert_msg(read_text(&o, sample.data, &error) == GK_OK, "%s", error.message);
    ck_assert_int_eq(gk_options_reload(&same, &o, &ignored), GK_OK);
    ck_assert_uint_eq(ignored.length, 0);
    gk_buf_clear(&sample);
    gk_options_put_help(&sample);
    ck_assert_ptr_nonnull(strstr(sample.data, "--operations-port N"));
    ck_assert_ptr_nonnull(strstr(sample.data, "0 to 65535, default 8080"));
    gk_buf_release(&sample);
    gk_buf_release(&ignored);
    gk_options_release(&o);
    gk_options_release(&same);
}
END_TEST

START_TEST(hundreds_of_texts_are_set_without_leaks)
{
    struct gk_options o = defaults();
    for (int i = 0; i < 500; i++) {
        char value[600];
        memset(value, 'x', sizeof value);
        value[i] = '\0';
        ck_assert_int_eq(gk_options_set(&o, "database", value, NULL), GK_OK);
        ck_assert_str_eq(o.database, value);
    }
    gk_options_release(&o);
}
END_TEST

GK_UNIT_MAIN("base/options", defaults_are_within_their_own_limits,
             flags_win_over_the_environment_and_that_over_the_file,
             the_environment_names_the_file_when_no_flag_does,
             what_is_after_two_dashes_is_left_alone, bad_values_are_refused_and_leave_the_old_one,
             a_file_is_refused_with_path_and_line, a_file_that_is_no_text_or_too_long_is_refused,
             unknown_names_in_the_environment_are_errors, a_flag_without_its_value_is_refused,
             reload_takes_what_may_change_and_names_the_rest,
             the_sample_file_is_taken_and_changes_nothing, hundreds_of_texts_are_set_without_leaks)
