/* The table of subcommands, made from commands.def, and looking things up in
 * it. Apart from main.c, so that tests can link it. */
#include "command.h"

#include <string.h>

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
