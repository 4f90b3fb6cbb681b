/* What a subcommand of grannkarta is, and how it gets its arguments.
 *
 * To add one: define `const struct gk_command gk_command_<name>` in a file of
 * the topic (token.c holds "token create", "token list", ...) and name it in
 * commands.def. The frame in main.c reads the configuration, takes its flags
 * out of the command line, reads the subcommand's own flags by its table, and
 * prints help from the same table. */
#ifndef GK_CMD_COMMAND_H
#define GK_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/options.h"
#include "base/status.h"
#include "progress.h"
#include "report.h"
#include "store/connection.h"

enum { GK_FLAGS_MAX = 24, GK_FLAG_LIST_MAX = 32 };

enum gk_flag_kind {
    GK_FLAG_SWITCH, /* --name */
    GK_FLAG_NUMBER, /* whole number within minimum and maximum */
    GK_FLAG_TEXT,
    GK_FLAG_LIST,   /* text that may be given up to GK_FLAG_LIST_MAX times */
    GK_FLAG_CHOICE, /* one of choices, "a|b|c" */
    GK_FLAG_DAY,    /* YYYY-MM-DD, as a gk day in number */
    GK_FLAG_MONTH   /* YYYY-MM, as a gk month in number */
};

/* One flag of a subcommand. Names must not be those of an option of
 * base/options.def: the frame takes those out first. */
struct gk_flag {
    const char *name; /* without dashes, words joined by - */
    enum gk_flag_kind kind;
    const char *help; /* one line, what it does */
    int64_t minimum, maximum;
    int64_t initial;          /* NUMBER: the default, said in the help */
    const char *initial_text; /* TEXT, CHOICE: the default or NULL */
    const char *choices;      /* CHOICE */
    bool is_required;
    bool has_no_default; /* NUMBER: initial is not a default worth saying */
};

/* What was given for the flag of the same index. */
struct gk_flag_value {
    size_t count;     /* times given; 0: what follows is the default */
    int64_t number;   /* NUMBER, DAY, MONTH */
    const char *text; /* TEXT, CHOICE; the last of LIST; NULL without default */
    const char *list[GK_FLAG_LIST_MAX];
};

/* The arguments of one run; texts are borrowed from argv. */
struct gk_arguments {
    struct gk_flag_value values[GK_FLAGS_MAX]; /* index = that in gk_command.flags */
    char *const *operands;
    size_t operand_count;
    bool is_json;             /* --json was given */
    struct gk_report *report; /* what the command answers; printed by the frame */
    struct gk_progress *progress;
};

struct gk_command {
    const char *name;     /* "synth", "token create" */
    const char *operands; /* as in usage: "FILE [CODE]", "" for none */
    const char *help;     /* one line for the list */
    const char *usage;    /* paragraphs for `help NAME`, each line ending in \n; may be NULL */
    const struct gk_flag *flags; /* ends with a row without name; NULL for none */
    size_t operand_minimum, operand_maximum;
    bool has_report; /* answers by arguments->report only, and so takes --json */
    /* Puts its results into the report (stdout) and says how far it is by the
     * progress (stderr); fills `error` on failure. main prints the report and the
     * message, and turns the status into the exit code. */
    enum gk_status (*run)(const struct gk_options *options, const struct gk_arguments *arguments,
                          struct gk_error *error);
};

#define GK_COMMAND(symbol) extern const struct gk_command symbol;
#include "commands.def"
#undef GK_COMMAND

/* All subcommands, in the order of commands.def; *count of them. */
const struct gk_command *const *gk_commands(size_t *count);

/* The command whose name the words at argv begin with, the longest name first;
 * *words is how many words it took. NULL: none. Abbreviations do not count. */
const struct gk_command *gk_command_find(int argc, char *const *argv, size_t *words);

/* Runs the command with its report and progress, and prints the report: as text,
 * or as JSON when arguments->is_json. */
GK_CHECKED enum gk_status gk_command_run(const struct gk_command *command,
                                         const struct gk_options *options,
                                         struct gk_arguments *arguments, struct gk_error *error);

/* Reads argv[0..argc), what follows the command's name, by its table; operands
 * may stand between flags, "--" ends flags. `argv` is reordered: operands first.
 * GK_INVALID names the flag or operand, its value and what is allowed. */
GK_CHECKED enum gk_status gk_arguments_read(struct gk_arguments *arguments,
                                            const struct gk_command *command, int argc, char **argv,
                                            struct gk_error *error);

/* As gk_store_open(), with the database of the options, and GK_CONFLICT when its
 * schema is not that of this program: the message says to migrate. */
GK_CHECKED enum gk_status gk_command_open_store(struct gk_store **store,
                                                const struct gk_options *options,
                                                enum gk_store_role role,
                                                const char *application_name,
                                                struct gk_error *error);

/* Appends usage, description and flags of one command. */
void gk_command_put_help(struct gk_buf *buf, const struct gk_command *command);

/* Appends the list of commands whose names begin with `prefix` ("" for all). */
void gk_command_put_list(struct gk_buf *buf, const char *prefix);

#endif
