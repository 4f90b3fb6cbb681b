/* How a source writes its incident files. */
#include "incident_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 64, CRS_MAX = 1000000 };

enum setting { FORMAT, ENCODING, DELIMITER, DECIMAL, DATE_ORDER, AXIS_ORDER, CRS, LAYER, CODES };

/* One of a few words; the first is the default. */
struct choice {
    const char *text; /* NULL ends the list */
    int value;
};

static const struct choice formats[] = {
    {"auto", GK_FORMAT_AUTO}, {"csv", GK_FORMAT_CSV}, {"vector", GK_FORMAT_VECTOR}, {NULL, 0}};
static const struct choice encodings[] = {{"auto", GK_ENCODING_AUTO},
                                          {"utf-8", GK_ENCODING_UTF_8},
                                          {"windows-1252", GK_ENCODING_WINDOWS_1252},
                                          {"iso-8859-1", GK_ENCODING_WINDOWS_1252},
                                          {NULL, 0}};
static const struct choice delimiters[] = {
    {"auto", '\0'}, {"semicolon", ';'}, {"comma", ','}, {"tab", '\t'}, {NULL, 0}};
static const struct choice decimals[] = {{"auto", '\0'}, {"point", '.'}, {"comma", ','}, {NULL, 0}};
static const struct choice date_orders[] = {
    {"ymd", GK_DATE_YMD}, {"dmy", GK_DATE_DMY}, {"mdy", GK_DATE_MDY}, {NULL, 0}};
static const struct choice axis_orders[] = {{"named", 0}, {"swapped", 1}, {NULL, 0}};

static const struct row {
    const char *name;
    const struct choice *choices; /* NULL: a text or a number */
    const char *example, *help;
} rows[] = {
    [FORMAT] = {"format", formats, NULL, "what the file is; vector: whatever GDAL reads"},
    [ENCODING] = {"encoding", encodings, NULL,
                  "of the text; auto: UTF-8 where it is that, else Windows-1252"},
    [DELIMITER] = {"delimiter", delimiters, NULL, "what stands between the columns of CSV"},
    [DECIMAL] = {"decimal", decimals, NULL, "what stands before decimals"},
    [DATE_ORDER] = {"date_order", date_orders, NULL,
                    "of dates that end with the year; ymd: there are none"},
    [AXIS_ORDER] = {"axis_order", axis_orders, NULL,
                    "swapped: what is called north is east, and the reverse"},
    [CRS] = {"crs", NULL, "3006", "EPSG code of the coordinates"},
    [LAYER] = {"layer", NULL, "Blad1", "layer or sheet of a file that has several"},
    [CODES] = {"codes", NULL, "codes.csv",
               "list value;code of the source's offences, beside this file"},
};
enum { ROW_COUNT = sizeof rows / sizeof *rows };

void gk_incident_settings_init(struct gk_incident_settings *settings)
{
    memset(settings, 0, sizeof *settings);
}

/* --- Setting ------------------------------------------------------------------------ */

static void apply(struct gk_incident_settings *settings, enum setting setting, int value)
{
    switch (setting) {
    case FORMAT:
        settings->format = (enum gk_incident_format)value;
        break;
    case ENCODING:
        settings->encoding = (enum gk_encoding)value;
        break;
    case DELIMITER:
        settings->delimiter = (char)value;
        break;
    case DECIMAL:
        settings->decimal = (char)value;
        break;
    case DATE_ORDER:
        settings->date_order = (enum gk_date_order)value;
        break;
    default:
        settings->is_swapped = value != 0;
        break;
    }
}

static int value_of(const struct gk_incident_settings *settings, enum setting setting)
{
    switch (setting) {
    case FORMAT:
        return (int)settings->format;
    case ENCODING:
        return (int)settings->encoding;
    case DELIMITER:
        return settings->delimiter;
    case DECIMAL:
        return settings->decimal;
    case DATE_ORDER:
        return (int)settings->date_order;
    default:
        return settings->is_swapped;
    }
}

static void put_choices(struct gk_buf *buf, const struct row *row)
{
    for (const struct choice *choice = row->choices; choice->text != NULL; choice++)
        gk_buf_printf(buf, "%s%s", choice > row->choices ? ", " : "", choice->text);
}

static enum gk_status set_choice(struct gk_incident_settings *settings, enum setting setting,
                                 const char *value, struct gk_error *error)
{
    const struct row *row = &rows[setting];
    for (const struct choice *choice = row->choices; choice->text != NULL; choice++)
        if (strcmp(choice->text, value) == 0) {
            apply(settings, setting, choice->value);
            return GK_OK;
        }
    struct gk_buf allowed;
    gk_buf_init(&allowed, 256);
    put_choices(&allowed, row);
    gk_error_set(error, GK_INVALID, "%s is \"%.60s\"; allowed is one of %s", row->name, value,
                 allowed.data);
    gk_buf_release(&allowed);
    return GK_INVALID;
}

static enum gk_status set_other(struct gk_incident_settings *settings, enum setting setting,
                                const char *value, struct gk_error *error)
{
    char *text = setting == LAYER ? settings->layer : settings->codes;
    if (setting != CRS) {
        if (strlen(value) >= GK_SETTING_TEXT_MAX)
            return gk_error_set(error, GK_INVALID, "%s has more than %d bytes", rows[setting].name,
                                GK_SETTING_TEXT_MAX - 1);
        memcpy(text, value, strlen(value) + 1);
        return GK_OK;
    }
    char *end;
    errno = 0;
    long code = strtol(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || code < 1 || code > CRS_MAX)
        return gk_error_set(error, GK_INVALID,
                            "crs is \"%.60s\"; allowed is an EPSG code, such as 3006", value);
    settings->epsg = code;
    return GK_OK;
}

static bool same_name(const char *name, const char *given)
{
    while (*name != '\0' && (*name == *given || (*name == '_' && *given == '-'))) {
        name++;
        given++;
    }
    return *name == *given;
}

enum gk_status gk_incident_settings_set(struct gk_incident_settings *settings, const char *name,
                                        const char *value, struct gk_error *error)
{
    if (strncmp(name, "map.", 4) == 0)
        return gk_incident_map_set(&settings->map, name + 4, strlen(name + 4), value, strlen(value),
                                   error);
    for (int i = 0; i < ROW_COUNT; i++)
        if (same_name(rows[i].name, name))
            return rows[i].choices != NULL ? set_choice(settings, (enum setting)i, value, error)
                                           : set_other(settings, (enum setting)i, value, error);
    return gk_error_set(error, GK_INVALID,
                        "setting \"%.60s\" is not known; `grannkarta profile sample` lists what is",
                        name);
}

/* --- Profiles ------------------------------------------------------------------------- */

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

enum gk_status gk_incident_settings_parse(struct gk_incident_settings *settings, char *text,
                                          const char *path, struct gk_error *error)
{
    unsigned number = 0;
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    for (char *line = text, *next; line != NULL; line = next) {
        struct gk_error inner;
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        number++;
        line = trim(line);
        if (*line == '\0' || *line == '#')
            continue;
        char *equals = strchr(line, '=');
        if (equals == NULL)
            return gk_error_set(error, GK_INVALID, "%.200s:%u: a line must be `name = value`", path,
                                number);
        *equals = '\0';
        enum gk_status status =
            gk_incident_settings_set(settings, trim(line), trim(equals + 1), &inner);
        if (status != GK_OK)
            return gk_error_set(error, status, "%.200s:%u: %s", path, number, inner.message);
    }
    return GK_OK;
}

/* The list of codes is beside the profile, wherever the command is called. */
static enum gk_status place_codes(struct gk_incident_settings *settings, const char *path,
                                  struct gk_error *error)
{
    const char *slash = strrchr(path, '/');
    char joined[GK_SETTING_TEXT_MAX];
    if (settings->codes[0] == '\0' || settings->codes[0] == '/' || slash == NULL)
        return GK_OK;
    int length =
        snprintf(joined, sizeof joined, "%.*s/%s", (int)(slash - path), path, settings->codes);
    if (length < 0 || (size_t)length >= sizeof joined)
        return gk_error_set(error, GK_INVALID, "%.200s: the name of the list of codes is too long",
                            path);
    memcpy(settings->codes, joined, sizeof joined);
    return GK_OK;
}

enum gk_status gk_incident_settings_read(struct gk_incident_settings *settings, const char *path,
                                         struct gk_error *error)
{
    FILE *file = fopen(path, "rbe");
    char *text = malloc(GK_PROFILE_MAX_BYTES + 2);
    enum gk_status status = GK_OK;
    size_t n = 0;
    if (file == NULL)
        status = gk_error_set(error, errno == ENOENT ? GK_NOT_FOUND : GK_IO,
                              "read profile \"%.300s\": %s", path, strerror(errno));
    else if (text == NULL)
        status = gk_error_set(error, GK_NO_MEMORY, "read profile: out of memory");
    else
        n = fread(text, 1, GK_PROFILE_MAX_BYTES + 1, file);
    if (status == GK_OK && file != NULL && ferror(file))
        status = gk_error_set(error, GK_IO, "read profile \"%.300s\": %s", path, strerror(errno));
    if (status == GK_OK && text != NULL &&
        (n > GK_PROFILE_MAX_BYTES || memchr(text, '\0', n) != NULL))
        status =
            gk_error_set(error, GK_INVALID, "profile \"%.300s\" is not a text of at most %d bytes",
                         path, GK_PROFILE_MAX_BYTES);
    if (status == GK_OK && text != NULL) {
        text[n] = '\0';
        status = gk_incident_settings_parse(settings, text, path, error);
    }
    if (status == GK_OK)
        status = place_codes(settings, path, error);
    if (file != NULL)
        fclose(file);
    free(text);
    return status;
}

void gk_buf_put_incident_settings(struct gk_buf *buf, const struct gk_incident_settings *settings)
{
    for (int i = 0; i < ROW_COUNT; i++) {
        const struct choice *choice = rows[i].choices;
        if (choice != NULL && value_of(settings, (enum setting)i) != choice->value) {
            while (choice->text != NULL && choice->value != value_of(settings, (enum setting)i))
                choice++;
            gk_buf_printf(buf, "%s = %s\n", rows[i].name, choice->text);
        }
    }
    if (settings->epsg > 0)
        gk_buf_printf(buf, "crs = %lld\n", (long long)settings->epsg);
    if (settings->layer[0] != '\0')
        gk_buf_printf(buf, "layer = %s\n", settings->layer);
    if (settings->codes[0] != '\0')
        gk_buf_printf(buf, "codes = %s\n", settings->codes);
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
        if (settings->map.is_said[f])
            gk_buf_printf(buf, "map.%s = %s\n", gk_incident_field_name((enum gk_incident_field)f),
                          settings->map.column[f]);
}

enum gk_status gk_incident_settings_write(const struct gk_incident_settings *settings,
                                          const char *path, struct gk_error *error)
{
    struct gk_incident_settings copy = *settings;
    struct gk_buf buf;
    char *absolute = copy.codes[0] != '\0' ? realpath(copy.codes, NULL) : NULL;
    if (absolute != NULL && strlen(absolute) < sizeof copy.codes)
        memcpy(copy.codes, absolute, strlen(absolute) + 1);
    free(absolute);
    gk_buf_init(&buf, GK_PROFILE_MAX_BYTES);
    gk_buf_puts(&buf, "# grannkarta import incidents --profile THIS-FILE\n");
    gk_buf_put_incident_settings(&buf, &copy);
    enum gk_status status = gk_buf_status(&buf);
    int fd = -1;
    if (status == GK_OK)
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (status == GK_OK && fd < 0)
        status = gk_error_set(error, errno == EEXIST ? GK_CONFLICT : GK_IO,
                              "write profile \"%.300s\": %s", path, strerror(errno));
    if (status == GK_OK && write(fd, buf.data, buf.length) != (ssize_t)buf.length)
        status = gk_error_set(error, GK_IO, "write profile \"%.300s\": %s", path, strerror(errno));
    if (fd >= 0 && close(fd) != 0 && status == GK_OK)
        status = gk_error_set(error, GK_IO, "write profile \"%.300s\": %s", path, strerror(errno));
    gk_buf_release(&buf);
    return status;
}

void gk_buf_put_incident_sample(struct gk_buf *buf)
{
    gk_buf_puts(buf, "# How a source writes its incident files, for\n"
                     "# grannkarta import incidents FILE --profile THIS-FILE\n"
                     "# Flags go before it. Lines are `name = value`; # begins a comment.\n\n");
    for (int i = 0; i < ROW_COUNT; i++) {
        gk_buf_printf(buf, "# %s", rows[i].help);
        if (rows[i].choices != NULL) {
            gk_buf_puts(buf, ": ");
            put_choices(buf, &rows[i]);
        }
        gk_buf_printf(buf, "\n# %s = %s\n\n", rows[i].name,
                      rows[i].choices != NULL ? rows[i].choices[0].text : rows[i].example);
    }
    gk_buf_puts(
        buf, "# Which column a field is in. Known names are found without. Nothing behind = says\n"
             "# that a field is not read; A+B joins columns, such as a date and a time.\n");
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++)
        gk_buf_printf(buf, "# map.%s = \n", gk_incident_field_name((enum gk_incident_field)f));
}
