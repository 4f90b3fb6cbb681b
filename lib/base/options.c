/* Reading options from the three places, in one order, by one table. */
#include "base/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 64 * 1024, NAME_MAX_BYTES = 64 };

enum kind { TEXT, CHOICE, NUMBER };

struct row {
    const char *name;
    enum kind kind;
    size_t offset;
    const char *initial; /* default as text */
    const char *choices; /* CHOICE: "a|b" */
    int64_t minimum, maximum;
    const char *unit;
    bool secret;
    bool reload;
    const char *help;
};

static const struct row rows[] = {
#define AT(name) offsetof(struct gk_options, name)
#define GK_OPTION_TEXT(name, value, secret, reload, help)                                          \
    {#name, TEXT, AT(name), value, NULL, 0, 0, "", secret, reload, help},
#define GK_OPTION_CHOICE(name, value, choices, reload, help)                                       \
    {#name, CHOICE, AT(name), value, choices, 0, 0, "", false, reload, help},
#define GK_OPTION_NUMBER(name, value, minimum, maximum, unit, reload, help)                        \
    {#name, NUMBER, AT(name), #value, NULL, minimum, maximum, unit, false, reload, help},
#include "base/options.def"
#undef GK_OPTION_TEXT
#undef GK_OPTION_CHOICE
#undef GK_OPTION_NUMBER
#undef AT
};

enum { ROW_COUNT = sizeof rows / sizeof *rows };

static char **text_of(struct gk_options *options, const struct row *row)
{
    return (char **)(void *)((char *)options + row->offset);
}

static int64_t *number_of(struct gk_options *options, const struct row *row)
{
    return (int64_t *)(void *)((char *)options + row->offset);
}

static bool replace_text(char **slot, const char *value)
{
    char *copy = strdup(value);
    if (copy == NULL)
        return false;
    free(*slot);
    *slot = copy;
    return true;
}

/* Names compare with - and _ alike. */
static bool same_name(const char *name, const char *given, size_t length)
{
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] != (given[i] == '-' ? '_' : given[i]))
            return false;
    return true;
}

static const struct row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (same_name(rows[i].name, name, length))
            return &rows[i];
    return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices; length > 0; at++) {
        size_t n = strcspn(at, "|");
        if (n == length && memcmp(at, value, n) == 0)
            return true;
        at += n;
        if (*at == '\0')
            break;
    }
    return false;
}

static enum gk_status set_number(int64_t *slot, const struct row *row, const char *value,
                                 struct gk_error *error)
{
    char *end;
    errno = 0;
    long long n = strtoll(value, &end, 10);
    bool begins = *value == '-' || (*value >= '0' && *value <= '9'); /* strtoll skips blanks */
    if (!begins || errno != 0 || end == value || *end != '\0' || n < row->minimum ||
        n > row->maximum)
        return gk_error_set(
            error, GK_INVALID,
            "option %s is \"%.100s\"; allowed is a whole number from %lld to %lld%s%s", row->name,
            value, (long long)row->minimum, (long long)row->maximum, *row->unit != '\0' ? " " : "",
            row->unit);
    *slot = n;
    return GK_OK;
}

static enum gk_status set_row(struct gk_options *options, const struct row *row, const char *value,
                              struct gk_error *error)
{
    if (row->kind == NUMBER)
        return set_number(number_of(options, row), row, value, error);
    if (row->kind == CHOICE && !is_choice(row->choices, value))
        return gk_error_set(error, GK_INVALID, "option %s is \"%.100s\"; allowed is one of %s",
                            row->name, value, row->choices);
    if (!replace_text(text_of(options, row), value))
        return gk_error_set(error, GK_NO_MEMORY, "option %s: out of memory", row->name);
    return GK_OK;
}

enum gk_status gk_options_init(struct gk_options *options)
{
    memset(options, 0, sizeof *options);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        enum gk_status status = set_row(options, &rows[i], rows[i].initial, NULL);
        if (status != GK_OK) {
            gk_options_release(options);
            return status;
        }
    }
    return GK_OK;
}

void gk_options_release(struct gk_options *options)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].kind == NUMBER)
            continue;
        free(*text_of(options, &rows[i]));
        *text_of(options, &rows[i]) = NULL;
    }
}

enum gk_status gk_options_set(struct gk_options *options, const char *name, const char *value,
                              struct gk_error *error)
{
    const struct row *row = find_row(name, strlen(name));
    if (row == NULL)
        return gk_error_set(error, GK_NOT_FOUND,
                            "option \"%.64s\" is not known; --help lists what is", name);
    return set_row(options, row, value, error);
}

/* Cuts white space off both ends, in place. */
static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r", text[n - 1]) != NULL)
        n--;
    text[n] = '\0';
    return text;
}

static enum gk_status read_line(struct gk_options *options, char *line, const char *path,
                                unsigned number, struct gk_error *error)
{
    line = trim(line);
    if (*line == '\0' || *line == '#')
        return GK_OK;
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return gk_error_set(error, GK_INVALID, "%s:%u: a line must be `name = value`", path,
                            number);
    *equals = '\0';
    struct gk_error inner;
    enum gk_status status = gk_options_set(options, trim(line), trim(equals + 1), &inner);
    if (status != GK_OK)
        return gk_error_set(error, status, "%s:%u: %s", path, number, inner.message);
    return GK_OK;
}

enum gk_status gk_options_read_file(struct gk_options *options, const char *path,
                                    struct gk_error *error)
{
    enum gk_status status = GK_OK;
    char *text = malloc(FILE_MAX_BYTES + 2);
    FILE *file = fopen(path, "rbe");
    if (file == NULL || text == NULL) {
        status = gk_error_set(error, file == NULL ? GK_NOT_FOUND : GK_NO_MEMORY,
                              "read configuration \"%s\": %s", path, strerror(errno));
        goto out;
    }
    size_t n = fread(text, 1, FILE_MAX_BYTES + 1, file);
    if (ferror(file)) {
        status = gk_error_set(error, GK_IO, "read configuration \"%s\": %s", path, strerror(errno));
        goto out;
    }
    if (n > FILE_MAX_BYTES || memchr(text, '\0', n) != NULL) {
        status = gk_error_set(error, GK_INVALID,
                              "configuration \"%s\" is not a text of at most %d bytes", path,
                              FILE_MAX_BYTES);
        goto out;
    }
    text[n] = '\0';
    unsigned number = 0;
    for (char *line = text, *next; line != NULL && status == GK_OK; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        status = read_line(options, line, path, ++number, error);
    }
out:
    if (file != NULL)
        fclose(file);
    free(text);
    return status;
}

enum gk_status gk_options_read_environment(struct gk_options *options, char *const *environment,
                                           struct gk_error *error)
{
    static const char prefix[] = "GRANNKARTA_";
    for (; *environment != NULL; environment++) {
        const char *name = *environment, *equals = strchr(name, '=');
        if (strncmp(name, prefix, sizeof prefix - 1) != 0 || equals == NULL)
            continue;
        name += sizeof prefix - 1;
        if (strncmp(name, "CONFIG=", 7) == 0)
            continue; /* the file, see config_of_environment() */
        char lower[NAME_MAX_BYTES] = {0};
        for (size_t i = 0; i < sizeof lower - 1 && name + i < equals; i++)
            lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
        struct gk_error inner;
        enum gk_status status = gk_options_set(options, lower, equals + 1, &inner);
        if (status != GK_OK)
            return gk_error_set(error, status, "environment: %s", inner.message);
    }
    return GK_OK;
}

/* What one element of argv is: a known option (and where its value is), the
 * configuration file, or neither. */
struct flag {
    const struct row *row;
    bool config;
    const char *value; /* NULL: the next element */
};

static struct flag read_flag(const char *argument)
{
    struct flag flag = {0};
    if (strncmp(argument, "--", 2) != 0 || argument[2] == '\0')
        return flag;
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    if (name[length] == '=')
        flag.value = name + length + 1;
    flag.config = length == 6 && memcmp(name, "config", 6) == 0;
    flag.row = find_row(name, length);
    return flag;
}

/* One pass over argv: takes the configuration file (pass 0) or sets the flags
 * and removes what was taken (pass 1). */
static enum gk_status pass_arguments(struct gk_options *options, int *argc, char **argv, int pass,
                                     struct gk_error *error)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            while (i < *argc)
                argv[kept++] = argv[i++];
            break;
        }
        struct flag flag = read_flag(argv[i]);
        if (flag.row == NULL && !flag.config) {
            argv[kept++] = argv[i];
            continue;
        }
        char *name = argv[i];
        if (flag.value == NULL && (flag.value = ++i < *argc ? argv[i] : NULL) == NULL)
            return gk_error_set(error, GK_INVALID, "%s needs a value", name);
        enum gk_status status = GK_OK;
        if (flag.config && pass == 0)
            status = gk_options_read_file(options, flag.value, error);
        else if (!flag.config && pass == 1)
            status = set_row(options, flag.row, flag.value, error);
        if (status != GK_OK)
            return status;
        if (pass == 0) {
            argv[kept++] = name;
            if (name != argv[i])
                argv[kept++] = argv[i];
        }
    }
    if (pass == 1) {
        *argc = kept;
        argv[kept] = NULL;
    }
    return GK_OK;
}

static bool has_config_flag(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        struct flag flag = read_flag(argv[i]);
        if (flag.config)
            return true;
        if (flag.row != NULL && flag.value == NULL)
            i++;
    }
    return false;
}

/* The file to read when no flag names one; empty: none. That of the installed
 * service is read unasked: what an administrator sets there (k, the definition of
 * releases) would otherwise hold for the daemon and not for the commands. */
static const char *config_of_environment(char *const *environment)
{
    static const char name[] = "GRANNKARTA_CONFIG=";
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, sizeof name - 1) == 0)
            return *environment + sizeof name - 1;
    return access(GK_OPTIONS_FILE, F_OK) == 0 ? GK_OPTIONS_FILE : "";
}

enum gk_status gk_options_read_arguments(struct gk_options *options, int *argc, char **argv,
                                         char *const *environment, struct gk_error *error)
{
    const char *file = has_config_flag(*argc, argv) ? "" : config_of_environment(environment);
    enum gk_status status = GK_OK;
    if (*file != '\0')
        status = gk_options_read_file(options, file, error);
    if (status == GK_OK)
        status = pass_arguments(options, argc, argv, 0, error);
    if (status == GK_OK)
        status = gk_options_read_environment(options, environment, error);
    if (status == GK_OK)
        status = pass_arguments(options, argc, argv, 1, error);
    return status;
}

static bool same_value(struct gk_options *a, struct gk_options *b, const struct row *row)
{
    if (row->kind == NUMBER)
        return *number_of(a, row) == *number_of(b, row);
    return strcmp(*text_of(a, row), *text_of(b, row)) == 0;
}

enum gk_status gk_options_reload(struct gk_options *options, const struct gk_options *fresh,
                                 struct gk_buf *ignored)
{
    struct gk_options copy = *fresh; /* only read; the accessors want it mutable */
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &rows[i];
        if (same_value(options, &copy, row))
            continue;
        if (!row->reload) {
            gk_buf_printf(ignored, "%s%s", ignored->length > 0 ? ", " : "", row->name);
            continue;
        }
        if (row->kind == NUMBER)
            *number_of(options, row) = *number_of(&copy, row);
        else if (!replace_text(text_of(options, row), *text_of(&copy, row)))
            return GK_NO_MEMORY;
    }
    return GK_OK;
}

static void put_allowed(struct gk_buf *buf, const struct row *row)
{
    if (row->kind == CHOICE)
        gk_buf_printf(buf, "%s, default %s", row->choices, row->initial);
    else if (row->kind == NUMBER)
        gk_buf_printf(buf, "%lld to %lld%s%s, default %s", (long long)row->minimum,
                      (long long)row->maximum, *row->unit != '\0' ? " " : "", row->unit,
                      row->initial);
    else
        gk_buf_printf(buf, "text, default \"%s\"", row->initial);
}

void gk_options_put_help(struct gk_buf *buf)
{
    gk_buf_puts(buf,
                "Options (also as GRANNKARTA_NAME in the environment, or name = value in a "
                "file):\n  --config FILE\n      read this configuration file (else the one that "
                "GRANNKARTA_CONFIG names,\n      else " GK_OPTIONS_FILE " where there is one)\n");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        gk_buf_puts(buf, "  --");
        for (const char *p = rows[i].name; *p != '\0'; p++)
            gk_buf_append(buf, *p == '_' ? "-" : p, 1);
        gk_buf_printf(buf, " %s\n      %s (", rows[i].kind == NUMBER ? "N" : "TEXT", rows[i].help);
        put_allowed(buf, &rows[i]);
        gk_buf_puts(buf, ")\n");
    }
}

void gk_options_put_sample(struct gk_buf *buf)
{
    gk_buf_puts(buf, "# Grannkarta: configuration of grannkartad and grannkarta.\n"
                     "# Each option is shown with its default; remove the # to change it.\n");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        gk_buf_printf(buf, "\n# %s\n# (", rows[i].help);
        put_allowed(buf, &rows[i]);
        gk_buf_printf(buf, "%s)\n#%s = %s\n", rows[i].reload ? "; SIGHUP reloads it" : "",
                      rows[i].name, rows[i].initial);
    }
}
