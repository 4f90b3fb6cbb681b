/* The table of subcommands and the reading of their flags. Expected values are
 * the contract in command.h, written out by hand. */
#include "command.h"
#include "unit.h"

#include <string.h>

static enum gk_status nothing(const struct gk_options *options,
                              const struct gk_arguments *arguments, struct gk_error *error)
{
    (void)options, (void)arguments, (void)error;
    return GK_OK;
}

enum { SIZE, LABEL, FORCE, COLUMN, KIND, THROUGH };

static const struct gk_flag flags[] = {
    [SIZE] = {"size", GK_FLAG_NUMBER, "a size", .minimum = 1, .maximum = 9, .initial = 4},
    [LABEL] = {"public-label", GK_FLAG_TEXT, "a label", .initial_text = "none"},
    [FORCE] = {"force", GK_FLAG_SWITCH, "do it"},
    [COLUMN] = {"column", GK_FLAG_LIST, "a column"},
    [KIND] = {"kind", GK_FLAG_CHOICE, "a kind", .choices = "red|green"},
    [THROUGH] = {"through", GK_FLAG_MONTH, "a month"},
    {0},
};

static const struct gk_command command = {.name = "try",
                                          .operands = "FILE [CODE]",
                                          .help = "try it",
                                          .flags = flags,
                                          .operand_minimum = 1,
                                          .operand_maximum = 2,
                                          .run = nothing};

static struct gk_arguments arguments;
static struct gk_error error;

static enum gk_status read_words(const char *const *words)
{
    static char *argv[32];
    int argc = 0;
    while (words[argc] != NULL && argc < 31) {
        argv[argc] = (char *)(uintptr_t)words[argc];
        argc++;
    }
    gk_error_clear(&error);
    return gk_arguments_read(&arguments, &command, argc, argv, &error);
}

#define READ(...) read_words((const char *const[]){__VA_ARGS__, NULL})

START_TEST(defaults_stand_where_nothing_is_given)
{
    ck_assert_int_eq(READ("file"), GK_OK);
    ck_assert_int_eq(arguments.values[SIZE].number, 4);
    ck_assert_str_eq(arguments.values[LABEL].text, "none");
    ck_assert_uint_eq(arguments.values[FORCE].count, 0);
    ck_assert_ptr_null(arguments.values[KIND].text);
    ck_assert_uint_eq(arguments.operand_count, 1);
}
END_TEST

START_TEST(flags_and_operands_mix_in_any_order)
{
    ck_assert_int_eq(READ("--size", "7", "file", "--public_label=x y", "--force", "code",
                          "--column", "a=b", "--column=c=d", "--kind", "green", "--through",
                          "2025-06"),
                     GK_OK);
    ck_assert_int_eq(arguments.values[SIZE].number, 7);
    ck_assert_str_eq(arguments.values[LABEL].text, "x y");
    ck_assert_uint_eq(arguments.values[FORCE].count, 1);
    ck_assert_uint_eq(arguments.values[COLUMN].count, 2);
    ck_assert_str_eq(arguments.values[COLUMN].list[0], "a=b");
    ck_assert_str_eq(arguments.values[COLUMN].list[1], "c=d");
    ck_assert_str_eq(arguments.values[KIND].text, "green");
    ck_assert_int_eq(arguments.values[THROUGH].number, 55 * 12 + 5);
    ck_assert_str_eq(arguments.operands[0], "file");
    ck_assert_str_eq(arguments.operands[1], "code");
}
END_TEST

START_TEST(two_dashes_end_the_flags)
{
    ck_assert_int_eq(READ("--", "--size"), GK_OK);
    ck_assert_str_eq(arguments.operands[0], "--size");
    ck_assert_int_eq(READ("-"), GK_OK);
    ck_assert_str_eq(arguments.operands[0], "-");
}
END_TEST

START_TEST(an_unknown_flag_is_named_with_what_is_allowed)
{
    ck_assert_int_eq(READ("file", "--sise", "7"), GK_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "--sise"));
    ck_assert_ptr_nonnull(strstr(error.message, "--size"));
    ck_assert_int_eq(READ("file", "-x"), GK_INVALID);
    ck_assert_int_eq(READ("file", "--siz", "7"), GK_INVALID);
}
END_TEST

START_TEST(bad_values_are_named_with_what_is_allowed)
{
    static const char *const bad[][2] = {
        {"--size=0", "1 to 9"},      {"--size=10", "1 to 9"},
        {"--size=", "1 to 9"},       {"--size=7x", "1 to 9"},
        {"--kind=re", "red|green"},  {"--kind=red|green", "red|green"},
        {"--kind=", "red|green"},    {"--through=2025-13", "YYYY-MM"},
        {"--force=yes", "no value"}, {"--size=99999999999999999999", "1 to 9"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(READ("file", bad[i][0]) == GK_INVALID, "%s", bad[i][0]);
        ck_assert_msg(strstr(error.message, bad[i][1]) != NULL, "%s", error.message);
    }
    ck_assert_int_eq(READ("file", "--size"), GK_INVALID);
    ck_assert_int_eq(READ("file", "--size=3", "--size=4"), GK_INVALID);
}
END_TEST

START_TEST(too_few_and_too_many_operands_are_refused)
{
    ck_assert_int_eq(READ("--force"), GK_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "FILE"));
    ck_assert_int_eq(READ("a", "b", "third"), GK_INVALID);
    ck_assert_ptr_nonnull(strstr(error.message, "third"));
}
END_TEST

START_TEST(every_command_is_complete_and_none_of_its_flags_is_an_option)
{
    size_t count;
    const struct gk_command *const *commands = gk_commands(&count);
    struct gk_options options;
    ck_assert_int_eq(gk_options_init(&options), GK_OK);
    for (size_t i = 0; i < count; i++) {
        const struct gk_command *one = commands[i];
        ck_assert(one->name != NULL && one->operands != NULL && one->help != NULL &&
                  one->run != NULL && one->operand_minimum <= one->operand_maximum);
        for (size_t k = 0; one->flags != NULL && one->flags[k].name != NULL; k++) {
            ck_assert_uint_lt(k, GK_FLAGS_MAX);
            ck_assert_msg(gk_options_set(&options, one->flags[k].name, "1", &error) == GK_NOT_FOUND,
                          "%s --%s", one->name, one->flags[k].name);
            ck_assert_ptr_nonnull(one->flags[k].help);
        }
    }
    gk_options_release(&options);
}
END_TEST

START_TEST(the_longest_name_is_found_and_no_abbreviation)
{
    size_t words;
    char sample[] = "sample", config[] = "config", part[] = "conf";
    char *const both[] = {config, sample, NULL};
    ck_assert_ptr_eq(gk_command_find(2, both, &words), &gk_command_config_sample);
    ck_assert_uint_eq(words, 2);
    ck_assert_ptr_null(gk_command_find(1, both, &words));
    char *const shorter[] = {part, sample, NULL};
    ck_assert_ptr_null(gk_command_find(2, shorter, &words));
    ck_assert_ptr_null(gk_command_find(0, both, &words));
}
END_TEST

GK_UNIT_MAIN("arguments", defaults_stand_where_nothing_is_given,
             flags_and_operands_mix_in_any_order, two_dashes_end_the_flags,
             an_unknown_flag_is_named_with_what_is_allowed,
             bad_values_are_named_with_what_is_allowed, too_few_and_too_many_operands_are_refused,
             every_command_is_complete_and_none_of_its_flags_is_an_option,
             the_longest_name_is_found_and_no_abbreviation)
