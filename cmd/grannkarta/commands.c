/* The table of subcommands, made from commands.def, and looking things up in
 * it. Apart from main.c, so that tests can link it. */
#include "command.h"

#include <string.h>
#include <unistd.h>

enum {
#define GK_COMMAND(symbol) INDEX_OF_##symbol,
#include "commands.def"
#undef GK_COMMAND
    COMMAND_COUNT
};

static const struct gk_command *const commands[] = {
#define GK_COMMAND(symbol) &(symbol),
#include "commands.def"
#undef GK_COMMAND
};

const struct gk_command *const *gk_commands(size_t *count)
{
    *count = COMMAND_COUNT;
    return commands;
}

/* How many words of argv the name takes; 0 when it is another. */
static size_t match_words(const char *name, int argc, char *const *argv)
{
    size_t words = 0;
    for (;;) {
        size_t length = strcspn(name, " ");
        if (words >= (size_t)argc || strlen(argv[words]) != length ||
            memcmp(argv[words], name, length) != 0)
            return 0;
        words++;
        if (name[length] == '\0')
            return words;
        name += length + 1;
    }
}

const struct gk_command *gk_command_find(int argc, char *const *argv, size_t *words)
{
    const struct gk_command *best = NULL;
    *words = 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        size_t n = match_words(commands[i]->name, argc, argv);
        if (n > *words) {
            *words = n;
            best = commands[i];
        }
    }
    return best;
}

void gk_command_put_list(struct gk_buf *buf, const char *prefix)
{
    size_t length = strlen(prefix);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (length == 0 ||
            (strncmp(commands[i]->name, prefix, length) == 0 && commands[i]->name[length] == ' '))
            gk_buf_printf(buf, "  %-22s %s\n", commands[i]->name, commands[i]->help);
}

enum gk_status gk_command_run(const struct gk_command *command, const struct gk_options *options,
                              struct gk_arguments *arguments, struct gk_error *error)
{
    struct gk_report report;
    enum gk_progress_style style = arguments->is_json           ? GK_PROGRESS_JSON
                                   : isatty(STDERR_FILENO) == 1 ? GK_PROGRESS_TERMINAL
                                                                : GK_PROGRESS_LOG;
    gk_report_init(&report, command->name);
    arguments->report = &report;
    enum gk_status status = gk_progress_create(&arguments->progress, stderr, command->name, style);
    /* Until a command names its own steps, it is told how long it takes. */
    if (status == GK_OK && command->has_report)
        gk_progress_begin(arguments->progress, command->name, NULL, 0);
    if (status != GK_OK)
        gk_error_set(error, status, "%s: out of memory", command->name);
    else
        status = command->run(options, arguments, error);
    gk_progress_free(arguments->progress);
    enum gk_status printed = gk_report_print(&report, stdout, arguments->is_json, status, error);
    if (printed != GK_OK && status == GK_OK)
        status = gk_error_set(error, printed, "print the report: %s", gk_status_text(printed));
    gk_report_release(&report);
    return status;
}
