/* grannkarta: the command that imports data and administers.
 *
 * Here are only the frame: the table of subcommands, help, configuration, and
 * the one place where an error becomes a message and an exit code. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "command.h"

enum { HELP_MAX_BYTES = 256 * 1024 };

/* Exact places are in this process's memory: it leaves no core, and no other
 * process of the user may read its memory. */
static void forbid_dumps(void)
{
    const struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0) {
        fprintf(stderr, "grannkarta: forbid core dumps: %s\n", strerror(errno));
        exit(gk_status_exit(GK_INTERNAL));
    }
}

static void put_general_help(struct gk_buf *buf)
{
    gk_buf_puts(buf, "usage: grannkarta [options] COMMAND [arguments]\n"
                     "       grannkarta help [COMMAND], grannkarta --version\n\nCommands:\n");
    gk_command_put_list(buf, "");
    gk_buf_puts(buf,
                "\nExit codes: 0 done, 1 failed, 2 the caller's mistake, 3 the database or the "
                "network,\n4 the data were refused, 5 a check of `verify` failed.\n\n");
    gk_options_put_help(buf);
}

/* True when some command is `word` or begins with it and a space. */
static bool is_topic(const char *word)
{
    size_t count, length = strlen(word);
    const struct gk_command *const *commands = gk_commands(&count);
    for (size_t i = 0; i < count; i++)
        if (strncmp(commands[i]->name, word, length) == 0 && commands[i]->name[length] == ' ')
            return true;
    return false;
}

static enum gk_status refuse_command(const char *word, struct gk_error *error)
{
    if (!is_topic(word))
        return gk_error_set(error, GK_INVALID,
                            "command \"%.64s\" is not known; `grannkarta help` lists what is",
                            word);
    struct gk_buf list;
    gk_buf_init(&list, GK_ERROR_MESSAGE_MAX);
    size_t count, length = strlen(word);
    const struct gk_command *const *commands = gk_commands(&count);
    for (size_t i = 0; i < count; i++)
        if (strncmp(commands[i]->name, word, length) == 0 && commands[i]->name[length] == ' ')
            gk_buf_printf(&list, "%s\"%s\"", list.length > 0 ? ", " : "", commands[i]->name);
    gk_error_set(error, GK_INVALID, "command \"%s\" needs one more word: %s", word,
                 list.data != NULL ? list.data : "");
    gk_buf_release(&list);
    return GK_INVALID;
}

/* Help for the words at argv; for none, or none that is known, the list. */
static enum gk_status print_help(int argc, char *const *argv, struct gk_error *error)
{
    struct gk_buf buf;
    gk_buf_init(&buf, HELP_MAX_BYTES);
    enum gk_status status = GK_OK;
    size_t words;
    const struct gk_command *command = gk_command_find(argc, argv, &words);
    if (command != NULL)
        gk_command_put_help(&buf, command);
    else if (argc > 0 && is_topic(argv[0]))
        gk_command_put_list(&buf, argv[0]);
    else if (argc > 0)
        status = refuse_command(argv[0], error);
    else
        put_general_help(&buf);
    if (status == GK_OK)
        status = gk_buf_status(&buf);
    if (status == GK_OK)
        fwrite(buf.data, 1, buf.length, stdout);
    gk_buf_release(&buf);
    return status;
}

/* Help and version work whatever the configuration is: they are looked for
 * before it is read. `found` says whether that was it. */
static enum gk_status answer_without_options(int argc, char **argv, bool *found,
                                             struct gk_error *error)
{
    *found = true;
    if (argc < 2)
        return gk_error_set(error, GK_INVALID, "a command is needed; `grannkarta help` lists them");
    if (strcmp(argv[1], "help") == 0)
        return print_help(argc - 2, argv + 2, error);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--version") == 0) {
            printf("grannkarta %s\n", GK_VERSION);
            return GK_OK;
        }
        if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0)
            continue;
        for (int k = 1; k < i; k++) {
            size_t words;
            if (gk_command_find(i - k, argv + k, &words) != NULL || is_topic(argv[k]))
                return print_help(i - k, argv + k, error);
        }
        return print_help(0, argv, error);
    }
    *found = false;
    return GK_OK;
}

static enum gk_status run_command(const struct gk_options *options, int argc, char **argv,
                                  bool *is_json, struct gk_error *error)
{
    if (argc < 2)
        return gk_error_set(error, GK_INVALID, "a command is needed; `grannkarta help` lists them");
    if (strcmp(argv[1], "help") == 0)
        return print_help(argc - 2, argv + 2, error);
    size_t words;
    const struct gk_command *command = gk_command_find(argc - 1, argv + 1, &words);
    if (command == NULL)
        return refuse_command(argv[1], error);
    struct gk_arguments arguments;
    enum gk_status status =
        gk_arguments_read(&arguments, command, argc - 1 - (int)words, argv + 1 + words, error);
    *is_json = arguments.is_json;
    if (status == GK_OK)
        status = gk_command_run(command, options, &arguments, error);
    return status;
}

static void print_error(bool is_json, enum gk_status status, const struct gk_error *error)
{
    const char *message = error->message[0] != '\0' ? error->message : gk_status_text(status);
    if (!is_json) {
        fprintf(stderr, "grannkarta: %s\n", message);
        return;
    }
    struct gk_buf buf;
    struct gk_json json;
    gk_buf_init(&buf, HELP_MAX_BYTES);
    gk_json_init(&json, &buf);
    gk_json_object_begin(&json);
    gk_json_member(&json, "event", "error");
    gk_json_member(&json, "status", gk_status_name(status));
    gk_json_member(&json, "message", message);
    gk_json_object_end(&json);
    fprintf(stderr, "%s\n", buf.data != NULL ? buf.data : message);
    gk_buf_release(&buf);
}

int main(int argc, char **argv)
{
    struct gk_error error;
    gk_error_clear(&error);
    forbid_dumps();
    signal(SIGPIPE, SIG_IGN);

    struct gk_options options;
    enum gk_status status = gk_options_init(&options);
    bool found = false, is_json = false;
    if (status == GK_OK)
        status = answer_without_options(argc, argv, &found, &error);
    if (status == GK_OK && !found)
        status = gk_options_read_arguments(&options, &argc, argv, environ, &error);
    if (status == GK_OK && !found)
        status = run_command(&options, argc, argv, &is_json, &error);
    /* A full disk shows only here: what was printed is part of the result. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == GK_OK)
        status = gk_error_set(&error, GK_IO, "write standard output: %s", strerror(errno));
    if (status != GK_OK)
        print_error(is_json, status, &error);
    gk_options_release(&options);
    return gk_status_exit(status);
}
