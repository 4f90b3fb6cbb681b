/* Reading a subcommand's own flags and operands by its table, and printing the
 * help from the same table. Options of the configuration are gone by then. */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"

static size_t flag_count(const struct gk_command *command)
{
    size_t n = 0;
    while (command->flags != NULL && n < GK_FLAGS_MAX && command->flags[n].name != NULL)
        n++;
    return n;
}

/* Names compare with - and _ alike, as those of options do. */
static bool same_name(const char *name, const char *given, size_t length)
{
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] != (given[i] == '_' ? '-' : given[i]))
            return false;
    return true;
}

static enum gk_status refuse_unknown(const struct gk_command *command, const char *given,
                                     struct gk_error *error)
{
    struct gk_buf allowed;
    gk_buf_init(&allowed, 1024);
    size_t n = flag_count(command);
    for (size_t i = 0; i < n; i++)
        gk_buf_printf(&allowed, "%s--%s", i > 0 ? ", " : "", command->flags[i].name);
    if (command->has_report)
        gk_buf_printf(&allowed, "%s--json", n > 0 ? ", " : "");
    gk_error_set(error, GK_INVALID,
                 "%s: flag \"%.64s\" is not known; allowed: %s%soptions (--help)", command->name,
                 given, allowed.length > 0 ? allowed.data : "", allowed.length > 0 ? ", and " : "");
    gk_buf_release(&allowed);
    return GK_INVALID;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (length > 0 && strcspn(at, "|") == length && memcmp(at, value, length) == 0)
            return true;
    }
    return false;
}

static enum gk_status read_number(struct gk_flag_value *value, const struct gk_flag *flag,
                                  const char *text, struct gk_error *error)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || n < flag->minimum || n > flag->maximum)
        return gk_error_set(error, GK_INVALID,
                            "--%s is \"%.100s\"; allowed is a whole number from %lld to %lld",
                            flag->name, text, (long long)flag->minimum, (long long)flag->maximum);
    value->number = n;
    return GK_OK;
}

static enum gk_status read_date(struct gk_flag_value *value, const struct gk_flag *flag,
                                const char *text, struct gk_error *error)
{
    int32_t date;
    bool is_day = flag->kind == GK_FLAG_DAY;
    if (!(is_day ? gk_day_parse : gk_month_parse)(text, strlen(text), &date))
        return gk_error_set(error, GK_INVALID, "--%s is \"%.100s\"; allowed is a %s", flag->name,
                            text, is_day ? "date, YYYY-MM-DD" : "month, YYYY-MM");
    value->number = date;
    return GK_OK;
}

static enum gk_status read_value(struct gk_flag_value *value, const struct gk_flag *flag,
                                 const char *text, struct gk_error *error)
{
    if (value->count > 0 && flag->kind != GK_FLAG_LIST && flag->kind != GK_FLAG_SWITCH)
        return gk_error_set(error, GK_INVALID, "--%s is given twice", flag->name);
    if (flag->kind == GK_FLAG_LIST && value->count == GK_FLAG_LIST_MAX)
        return gk_error_set(error, GK_INVALID, "--%s is given more than %d times", flag->name,
                            GK_FLAG_LIST_MAX);
    if (flag->kind == GK_FLAG_LIST)
        value->list[value->count] = text;
    value->count++;
    value->text = text;
    switch (flag->kind) {
    case GK_FLAG_NUMBER:
        return read_number(value, flag, text, error);
    case GK_FLAG_DAY:
    case GK_FLAG_MONTH:
        return read_date(value, flag, text, error);
    case GK_FLAG_CHOICE:
        if (!is_choice(flag->choices, text))
            return gk_error_set(error, GK_INVALID, "--%s is \"%.100s\"; allowed is one of %s",
                                flag->name, text, flag->choices);
        return GK_OK;
    default:
        return GK_OK;
    }
}

/* One flag at argv[*i]; moves *i to the last element it took. */
static enum gk_status read_flag(struct gk_arguments *arguments, const struct gk_command *command,
                                int argc, char **argv, int *i, struct gk_error *error)
{
    const char *given = argv[*i];
    if (strncmp(given, "--", 2) != 0)
        return refuse_unknown(command, given, error);
    const char *name = given + 2;
    size_t length = strcspn(name, "="), n = flag_count(command), k = 0;
    while (k < n && !same_name(command->flags[k].name, name, length))
        k++;
    if (k == n)
        return refuse_unknown(command, given, error);
    const struct gk_flag *flag = &command->flags[k];
    const char *text = name[length] == '=' ? name + length + 1 : NULL;
    if (flag->kind == GK_FLAG_SWITCH) {
        if (text != NULL)
            return gk_error_set(error, GK_INVALID, "--%s takes no value", flag->name);
    } else if (text == NULL) {
        if (++*i == argc)
            return gk_error_set(error, GK_INVALID, "--%s needs a value", flag->name);
        text = argv[*i];
    }
    return read_value(&arguments->values[k], flag, text, error);
}

static enum gk_status check_complete(const struct gk_arguments *arguments,
                                     const struct gk_command *command, struct gk_error *error)
{
    size_t n = flag_count(command);
    for (size_t k = 0; k < n; k++)
        if (command->flags[k].is_required && arguments->values[k].count == 0)
            return gk_error_set(error, GK_INVALID, "%s needs --%s: %s", command->name,
                                command->flags[k].name, command->flags[k].help);
    if (arguments->operand_count < command->operand_minimum)
        return gk_error_set(error, GK_INVALID, "%s needs %s", command->name, command->operands);
    if (arguments->operand_count > command->operand_maximum)
        return gk_error_set(error, GK_INVALID,
                            "%s: \"%.100s\" is one argument too many; usage: %s %s", command->name,
                            arguments->operands[command->operand_maximum], command->name,
                            command->operands);
    return GK_OK;
}

enum gk_status gk_arguments_read(struct gk_arguments *arguments, const struct gk_command *command,
                                 int argc, char **argv, struct gk_error *error)
{
    memset(arguments, 0, sizeof *arguments);
    size_t n = flag_count(command);
    for (size_t k = 0; k < n; k++) {
        arguments->values[k].number = command->flags[k].initial;
        arguments->values[k].text = command->flags[k].initial_text;
    }
    int kept = 0;
    bool flags_end = false;
    for (int i = 0; i < argc; i++) {
        if (!flags_end && strcmp(argv[i], "--") == 0) {
            flags_end = true;
        } else if (!flags_end && command->has_report && strcmp(argv[i], "--json") == 0) {
            arguments->is_json = true;
        } else if (!flags_end && argv[i][0] == '-' && argv[i][1] != '\0') {
            enum gk_status status = read_flag(arguments, command, argc, argv, &i, error);
            if (status != GK_OK)
                return status;
        } else {
            argv[kept++] = argv[i];
        }
    }
    arguments->operands = argv;
    arguments->operand_count = (size_t)kept;
    return check_complete(arguments, command, error);
}

static void put_flag(struct gk_buf *buf, const struct gk_flag *flag)
{
    static const char *const values[] = {
        [GK_FLAG_SWITCH] = "",        [GK_FLAG_NUMBER] = " N",      [GK_FLAG_TEXT] = " TEXT",
        [GK_FLAG_LIST] = " TEXT",     [GK_FLAG_CHOICE] = " CHOICE", [GK_FLAG_DAY] = " YYYY-MM-DD",
        [GK_FLAG_MONTH] = " YYYY-MM",
    };
    gk_buf_printf(buf, "  --%s%s\n      %s", flag->name, values[flag->kind], flag->help);
    if (flag->kind == GK_FLAG_NUMBER) {
        gk_buf_printf(buf, " (%lld to %lld", (long long)flag->minimum, (long long)flag->maximum);
        if (!flag->has_no_default && !flag->is_required)
            gk_buf_printf(buf, ", default %lld", (long long)flag->initial);
        gk_buf_puts(buf, ")");
    } else if (flag->kind == GK_FLAG_CHOICE) {
        gk_buf_printf(buf, " (%s", flag->choices);
        if (flag->initial_text != NULL)
            gk_buf_printf(buf, ", default %s", flag->initial_text);
        gk_buf_puts(buf, ")");
    } else if (flag->initial_text != NULL) {
        gk_buf_printf(buf, " (default \"%s\")", flag->initial_text);
    }
    gk_buf_puts(buf, flag->is_required            ? "; required\n"
                     : flag->kind == GK_FLAG_LIST ? "; may be repeated\n"
                                                  : "\n");
}

void gk_command_put_help(struct gk_buf *buf, const struct gk_command *command)
{
    size_t n = flag_count(command);
    gk_buf_printf(buf, "usage: grannkarta [--config FILE] %s%s%s%s\n\n%s\n", command->name,
                  *command->operands != '\0' ? " " : "", command->operands,
                  n > 0 || command->has_report ? " [flags]" : "", command->help);
    if (command->usage != NULL)
        gk_buf_printf(buf, "\n%s", command->usage);
    if (n > 0 || command->has_report)
        gk_buf_puts(buf, "\nFlags:\n");
    for (size_t k = 0; k < n; k++)
        put_flag(buf, &command->flags[k]);
    if (command->has_report)
        gk_buf_puts(buf, "  --json\n      the report as one JSON object, progress as one a line\n");
}
