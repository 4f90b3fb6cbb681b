/* What is said about a source: a profile, a list of codes, the names of columns.
 * The input is these three, with NUL between. A profile that is taken says the same
 * when it is written and read again; a column that is found is one of the heading;
 * a value has a code of the table or none. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "incident_codes.h"
#include "incident_columns.h"
#include "incident_row.h"
#include "incident_settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS = 3, HEADINGS_MAX = 20 };

struct bytes {
    const char *at;
    size_t left;
};

static void require(int holds)
{
    if (!holds)
        abort();
}

static long give(void *context, char *buffer, size_t size)
{
    struct bytes *bytes = context;
    size_t n = bytes->left < size ? bytes->left : size;
    memcpy(buffer, bytes->at, n);
    bytes->at += n;
    bytes->left -= n;
    return (long)n;
}

static void put(struct gk_buf *buf, const struct gk_incident_settings *settings)
{
    gk_buf_init(buf, GK_PROFILE_MAX_BYTES);
    gk_buf_puts(buf, "#\n");
    gk_buf_put_incident_settings(buf, settings);
}

static void read_profile(struct gk_incident_settings *settings, const char *text)
{
    struct gk_error error;
    struct gk_incident_settings again;
    struct gk_buf first, second;
    char *copy = strdup(text);
    gk_incident_settings_init(settings);
    gk_incident_settings_init(&again);
    if (copy != NULL && gk_incident_settings_parse(settings, copy, "profile", &error) == GK_OK) {
        put(&first, settings);
        free(copy);
        copy = strdup(first.data);
        require(copy != NULL &&
                gk_incident_settings_parse(&again, copy, "profile", &error) == GK_OK);
        put(&second, &again);
        require(strcmp(first.data, second.data) == 0);
        gk_buf_release(&first);
        gk_buf_release(&second);
    }
    free(copy);
}

static void read_codes(const char *list, const char *values)
{
    struct bytes bytes = {list, strlen(list)};
    struct gk_incident_codes *codes;
    struct gk_error error;
    if (gk_incident_codes_create(&codes) != GK_OK)
        return;
    require(gk_incident_codes_add(codes, 7, "9801", &error) == GK_OK &&
            gk_incident_codes_add(codes, 8, "0857", &error) == GK_OK);
    bool is_read = gk_incident_codes_read(codes, give, &bytes, &error) == GK_OK;
    for (const char *at = values; is_read; at += strcspn(at, "|") + 1) {
        int16_t id = -1;
        size_t length = strcspn(at, "|");
        for (int encoding = GK_ENCODING_AUTO; encoding <= GK_ENCODING_WINDOWS_1252; encoding++) {
            enum gk_code_kind kind =
                gk_incident_codes_find(codes, (enum gk_encoding)encoding, at, length, &id);
            require(kind != GK_CODE_BURGLARY || id == 7 || id == 8);
            require(kind != GK_CODE_NONE); /* there is a list */
        }
        if (at[length] == '\0')
            break;
    }
    gk_incident_codes_free(codes);
}

static void find_columns(const struct gk_incident_map *map, const char *names)
{
    struct gk_csv_field fields[HEADINGS_MAX];
    struct gk_csv_row heading = {fields, 0, 1, 1, NULL};
    struct gk_incident_columns columns;
    struct gk_error error;
    while (heading.count < HEADINGS_MAX) {
        size_t length = strcspn(names, "|");
        fields[heading.count++] = (struct gk_csv_field){names, length};
        if (names[length] == '\0')
            break;
        names += length + 1;
    }
    if (gk_incident_columns_find(&columns, &heading, map, false, &error) != GK_OK)
        return;
    for (int f = 0; f < GK_INCIDENT_FIELDS; f++) {
        char joined[GK_FIELD_JOINED_MAX];
        require(columns.column[f] >= GK_COLUMN_NONE && columns.column[f] < (int)heading.count);
        require(columns.part_count[f] <= GK_COLUMN_PARTS_MAX);
        for (size_t i = 0; i < columns.part_count[f]; i++)
            require(columns.parts[f][i] >= 0 && columns.parts[f][i] < (int)heading.count);
        (void)gk_incident_field_of(&heading, &columns, (enum gk_incident_field)f, joined);
    }
    require(columns.column[GK_FIELD_CODE] >= 0 && columns.column[GK_FIELD_FROM] >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *parts[PARTS] = {"", "", ""};
    struct gk_incident_settings settings;
    struct gk_error error;
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    char *at = text;
    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = at;
        size_t length = strlen(at);
        if (at + length == text + size)
            break;
        at += length + 1;
    }
    read_profile(&settings, parts[0]);
    read_codes(parts[1], parts[2]);
    find_columns(&settings.map, parts[2]);
    struct gk_incident_map map;
    memset(&map, 0, sizeof map);
    if (gk_incident_map_read(&map, parts[0], &error) == GK_OK)
        find_columns(&map, parts[2]);
    free(text);
    return 0;
}
