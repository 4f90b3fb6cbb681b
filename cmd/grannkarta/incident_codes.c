/* Offence codes, and the source's own values for them. */
#include "incident_codes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "import_fields.h"

enum { NO_BURGLARY = 0, VALUES_FIRST = 64 };

struct code {
    char code[5];
    int16_t id;
};

/* One line of the list. */
struct value {
    char text[GK_CODE_VALUE_MAX + 1]; /* UTF-8, lower case */
    int16_t id;                       /* NO_BURGLARY: to be skipped */
    int64_t line;
};

struct gk_incident_codes {
    struct code codes[GK_CODES_MAX];
    size_t code_count;
    struct value *values; /* sorted by text */
    size_t value_count, value_capacity;
    bool has_list, has_rest;
    int16_t rest_id; /* of what is not in the list */
    struct gk_buf key;
};

enum gk_status gk_incident_codes_create(struct gk_incident_codes **codes)
{
    *codes = calloc(1, sizeof **codes);
    if (*codes == NULL)
        return GK_NO_MEMORY;
    gk_buf_init(&(*codes)->key, GK_CODE_VALUE_MAX);
    return GK_OK;
}

void gk_incident_codes_free(struct gk_incident_codes *codes)
{
    if (codes == NULL)
        return;
    gk_buf_release(&codes->key);
    free(codes->values);
    free(codes);
}

enum gk_status gk_incident_codes_add(struct gk_incident_codes *codes, int16_t id, const char *code,
                                     struct gk_error *error)
{
    if (codes->code_count == GK_CODES_MAX || strlen(code) != 4 || id <= NO_BURGLARY)
        return gk_error_set(error, GK_INTERNAL, "the table of offence codes is not as expected");
    struct code *added = &codes->codes[codes->code_count++];
    memcpy(added->code, code, 5);
    added->id = id;
    return GK_OK;
}

static int16_t id_of(const struct gk_incident_codes *codes, const char code[5])
{
    for (size_t i = 0; i < codes->code_count; i++)
        if (memcmp(codes->codes[i].code, code, 5) == 0)
            return codes->codes[i].id;
    return NO_BURGLARY;
}

/* The value as the list has it, in codes->key; false when it is too long. */
static bool take_key(struct gk_incident_codes *codes, enum gk_encoding encoding, const char *text,
                     size_t length)
{
    struct gk_buf utf8;
    gk_buf_init(&utf8, GK_CODE_VALUE_MAX);
    bool ok = gk_buf_put_decoded(&utf8, encoding, text, length) && gk_buf_status(&utf8) == GK_OK;
    gk_buf_clear(&codes->key);
    if (ok && utf8.length > 0)
        gk_buf_put_lower(&codes->key, utf8.data, utf8.length);
    gk_buf_release(&utf8);
    return ok && codes->key.length > 0 && gk_buf_status(&codes->key) == GK_OK &&
           strlen(codes->key.data) == codes->key.length;
}

/* --- The list ----------------------------------------------------------------------- */

static enum gk_status grow(struct gk_incident_codes *codes, struct gk_error *error)
{
    if (codes->value_count < codes->value_capacity)
        return GK_OK;
    if (codes->value_count == GK_CODE_VALUES_MAX)
        return gk_error_set(error, GK_REJECTED, "codes: more than %d values", GK_CODE_VALUES_MAX);
    size_t capacity = codes->value_capacity > 0 ? codes->value_capacity * 2 : VALUES_FIRST;
    struct value *values = realloc(codes->values, capacity * sizeof *values);
    if (values == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "codes: out of memory");
    codes->values = values;
    codes->value_capacity = capacity;
    return GK_OK;
}

static enum gk_status add_value(struct gk_incident_codes *codes, const struct gk_csv_row *row,
                                const struct gk_csv_field *value, int16_t id,
                                struct gk_error *error)
{
    if (value->length == 1 && *value->text == '*') {
        if (codes->has_rest && codes->rest_id != id)
            return gk_error_set(error, GK_REJECTED, "codes, line %lld: \"*\" is there twice",
                                (long long)row->line);
        codes->has_rest = true;
        codes->rest_id = id;
        return GK_OK;
    }
    enum gk_status status = grow(codes, error);
    if (status != GK_OK)
        return status;
    if (!take_key(codes, GK_ENCODING_AUTO, value->text, value->length))
        return gk_error_set(error, GK_REJECTED,
                            "codes, line %lld: a value that is empty or of more than %d bytes",
                            (long long)row->line, GK_CODE_VALUE_MAX);
    struct value *added = &codes->values[codes->value_count++];
    *added = (struct value){.id = id, .line = row->line};
    memcpy(added->text, codes->key.data, codes->key.length + 1);
    return GK_OK;
}

static enum gk_status take_line(struct gk_incident_codes *codes, const struct gk_csv_row *row,
                                bool is_first, struct gk_error *error)
{
    if (row->count < 2 || row->fault != NULL)
        return gk_error_set(error, GK_REJECTED,
                            "codes, line %lld: two columns are needed, value and code",
                            (long long)row->line);
    struct gk_csv_field value = row->fields[0], code = row->fields[1];
    char digits[5];
    int16_t id = NO_BURGLARY;
    gk_text_trim(&value.text, &value.length);
    gk_text_trim(&code.text, &code.length);
    if (code.length > 0) {
        bool is_code = gk_field_code(digits, code.text, code.length);
        if (!is_code && is_first)
            return GK_OK;
        if (is_code)
            id = id_of(codes, digits);
        if (id == NO_BURGLARY)
            return gk_error_set(error, GK_REJECTED,
                                "codes, line %lld: %s%s; leave the code empty for what is to be "
                                "skipped",
                                (long long)row->line, is_code ? digits : "the second column",
                                is_code ? " is no code of burglary" : " is no code of four digits");
    }
    return add_value(codes, row, &value, id, error);
}

static int compare_values(const void *a, const void *b)
{
    const struct value *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static enum gk_status sort_values(struct gk_incident_codes *codes, struct gk_error *error)
{
    if (codes->value_count > 0)
        qsort(codes->values, codes->value_count, sizeof *codes->values, compare_values);
    for (size_t i = 1; i < codes->value_count; i++) {
        const struct value *a = &codes->values[i - 1], *b = &codes->values[i];
        if (strcmp(a->text, b->text) == 0 && a->id != b->id)
            return gk_error_set(error, GK_REJECTED,
                                "codes, lines %lld and %lld: the same value with two codes",
                                (long long)a->line, (long long)b->line);
    }
    return GK_OK;
}

enum gk_status gk_incident_codes_read(struct gk_incident_codes *codes, gk_csv_source *source,
                                      void *context, struct gk_error *error)
{
    struct gk_csv *csv;
    struct gk_csv_row row;
    struct gk_error inner = {.status = GK_OK};
    enum gk_status status = gk_csv_open(&csv, source, context, '\0', &inner);
    bool is_first = true;
    if (status != GK_OK)
        return gk_error_set(error, status, "codes: %s", inner.message);
    while ((status = gk_csv_next(csv, &row, &inner)) == GK_OK) {
        status = take_line(codes, &row, is_first, error);
        is_first = false;
        if (status != GK_OK)
            break;
    }
    gk_csv_close(csv);
    if (status == GK_NOT_FOUND) {
        codes->has_list = true;
        return sort_values(codes, error);
    }
    return inner.status != GK_OK ? gk_error_set(error, status, "codes: %s", inner.message) : status;
}

/* --- Looking up --------------------------------------------------------------------- */

static int compare_text(const void *key, const void *element)
{
    return strcmp(key, ((const struct value *)element)->text);
}

enum gk_code_kind gk_incident_codes_find(struct gk_incident_codes *codes, enum gk_encoding encoding,
                                         const char *text, size_t length, int16_t *id)
{
    char digits[5];
    if (codes->value_count > 0 && take_key(codes, encoding, text, length)) {
        const struct value *value = bsearch(codes->key.data, codes->values, codes->value_count,
                                            sizeof *codes->values, compare_text);
        if (value != NULL) {
            *id = value->id;
            return value->id == NO_BURGLARY ? GK_CODE_SKIPPED : GK_CODE_BURGLARY;
        }
    }
    bool is_code = gk_field_code(digits, text, length);
    *id = NO_BURGLARY;
    if (is_code)
        *id = id_of(codes, digits);
    if (*id != NO_BURGLARY)
        return GK_CODE_BURGLARY;
    if (codes->has_rest) {
        *id = codes->rest_id;
        return *id == NO_BURGLARY ? GK_CODE_SKIPPED : GK_CODE_BURGLARY;
    }
    if (is_code)
        return GK_CODE_OTHER;
    return codes->has_list ? GK_CODE_UNLISTED : GK_CODE_NONE;
}
