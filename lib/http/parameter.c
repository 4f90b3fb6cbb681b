/* Reading query parameters by a table. Every refusal names the parameter, shows
 * the value (its start) and says what is allowed, so that a user
 * can put it right without the manual. */
#include "http/parameter.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

enum { NUMBER_MAX_BYTES = 64 };

static enum gk_status refuse(struct gk_error *error, const struct gk_parameter *row,
                             struct gk_text value, const char *allowed)
{
    return gk_error_set(error, GK_INVALID, "parameter %s: \"%s\" is not allowed; %s", row->name,
                        gk_show(value.data, value.length).text, allowed);
}

/* --- One value ------------------------------------------------------------ */

/* Decimal digits, perhaps after a minus. False if it is not that; what does not
 * fit becomes INT64_MIN or INT64_MAX. */
static bool parse_integer(struct gk_text text, int64_t *value)
{
    bool is_negative = text.length > 0 && text.data[0] == '-';
    size_t at = is_negative ? 1 : 0;
    if (at == text.length)
        return false;
    int64_t sum = 0;
    for (; at < text.length; at++) {
        if (text.data[at] < '0' || text.data[at] > '9')
            return false;
        int digit = text.data[at] - '0';
        sum = sum > (INT64_MAX - digit) / 10 ? INT64_MAX : sum * 10 + digit;
    }
    *value = !is_negative ? sum : sum == INT64_MAX ? INT64_MIN : -sum;
    return true;
}

static enum gk_status read_integer(const struct gk_parameter *row, struct gk_text text,
                                   struct gk_value *value, struct gk_error *error)
{
    bool is_number = parse_integer(text, &value->integer);
    /* A number too long for 64 bits is a mistake, not a wish for the maximum. */
    bool is_huge = is_number && value->integer == INT64_MAX;
    if (is_number && !is_huge && row->clamps && value->integer > row->maximum)
        value->integer = row->maximum;
    if (is_number && !is_huge && value->integer >= row->minimum && value->integer <= row->maximum)
        return GK_OK;
    return gk_error_set(error, GK_INVALID,
                        "parameter %s: \"%s\" is not allowed; it must be an integer from %lld to "
                        "%lld",
                        row->name, gk_show(text.data, text.length).text, (long long)row->minimum,
                        (long long)row->maximum);
}

static enum gk_status read_choice(const struct gk_parameter *row, struct gk_text text,
                                  struct gk_value *value, struct gk_error *error)
{
    const char *at = row->choices;
    for (int64_t index = 0;; index++) {
        size_t length = strcspn(at, "|");
        if (length == text.length && memcmp(at, text.data, length) == 0) {
            value->integer = index;
            value->text = text;
            return GK_OK;
        }
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    return gk_error_set(error, GK_INVALID,
                        "parameter %s: \"%s\" is not allowed; it must be one of %s", row->name,
                        gk_show(text.data, text.length).text, row->choices);
}

/* Sets the bit of the choice that `text` is; false when it is none. */
static bool mark_choice(const char *choices, const char *text, size_t length, uint64_t *bits)
{
    enum { CHOICES_MAX = 64 };
    const char *at = choices;
    for (int i = 0; i < CHOICES_MAX; i++) {
        size_t n = strcspn(at, "|");
        if (n > 0 && n == length && memcmp(at, text, length) == 0) {
            *bits |= UINT64_C(1) << i;
            return true;
        }
        if (at[n] == '\0')
            break;
        at += n + 1;
    }
    return false;
}

static enum gk_status read_list(const struct gk_parameter *row, struct gk_text text,
                                struct gk_value *value, struct gk_error *error)
{
    const char *at = text.data, *end = text.data + text.length;
    value->bits = 0;
    value->text = text;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma == NULL ? end : comma;
        bool ends_with_comma = comma != NULL && comma + 1 == end;
        if (!mark_choice(row->choices, at, (size_t)(stop - at), &value->bits) || ends_with_comma)
            return gk_error_set(error, GK_INVALID,
                                "parameter %s: \"%s\" is not allowed; it must be some of %s, with "
                                "commas between",
                                row->name, gk_show(at, (size_t)(stop - at)).text, row->choices);
        at = comma == NULL ? end : comma + 1;
    }
    return GK_OK;
}

static enum gk_status read_text(const struct gk_parameter *row, struct gk_text text,
                                struct gk_value *value, struct gk_error *error)
{
    if (row->maximum > 0 && text.length > (size_t)row->maximum)
        return gk_error_set(error, GK_INVALID,
                            "parameter %s: \"%s\" is not allowed; it may have at most %lld bytes",
                            row->name, gk_show(text.data, text.length).text,
                            (long long)row->maximum);
    if (!gk_utf8_is_valid(text.data, text.length))
        return refuse(error, row, text, "it must be UTF-8");
    value->text = text;
    return GK_OK;
}

/* [-+]digits[.digits][e[-+]digits], finite. strtod alone would take "inf",
 * "nan", "0x1p3" and leading space; the C locale is the only one set here. */
static bool parse_number(const char *text, size_t length, double *number)
{
    char copy[NUMBER_MAX_BYTES + 1];
    if (length == 0 || length > NUMBER_MAX_BYTES)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (strspn(copy, "0123456789+-.eE") != length || strpbrk(copy, "0123456789") == NULL)
        return false;
    char *end;
    *number = strtod(copy, &end);
    return *end == '\0' && isfinite(*number);
}

/* Splits at commas; the count of numbers, 0 if one is no number or > max. */
static size_t parse_numbers(struct gk_text text, double *numbers, size_t max)
{
    const char *at = text.data, *end = text.data + text.length;
    for (size_t count = 0; count < max;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma == NULL ? end : comma;
        if (!parse_number(at, (size_t)(stop - at), &numbers[count++]))
            return 0;
        if (comma == NULL)
            return count;
        at = comma + 1;
    }
    return 0;
}

/* Min may be above max: across the antimeridian (RFC 7946). On which axis, and
 * whether at all, the handler's CRS says. */
static enum gk_status read_bbox(const struct gk_parameter *row, struct gk_text text,
                                struct gk_value *value, struct gk_error *error)
{
    double n[6];
    size_t count = parse_numbers(text, n, 6);
    if (count != 4 && count != 6)
        return refuse(
            error, row, text,
            "it must be 4 or 6 finite numbers with commas: the minimum of each axis, then "
            "the maximum");
    size_t axes = count / 2;
    if (axes == 3 && n[2] > n[5])
        return refuse(error, row, text, "its minimum is above its maximum");
    const double bbox[4] = {n[0], n[1], n[axes], n[axes + 1]};
    memcpy(value->bbox, bbox, sizeof bbox);
    value->text = text;
    return GK_OK;
}

/* A '+' of a zone that was not percent-encoded arrives as a space; no datetime
 * has a space of its own. */
static enum gk_status read_period(const struct gk_parameter *row, struct gk_text text,
                                  struct gk_value *value, struct gk_error *error)
{
    char copy[128];
    struct gk_error reason = {.message = ""};
    if (text.length >= sizeof copy)
        return refuse(error, row, text, "it is too long for a date or an interval of two");
    for (size_t i = 0; i < text.length; i++) {
        copy[i] = text.data[i];
        if (copy[i] == ' ')
            copy[i] = '+';
    }
    copy[text.length] = '\0';
    if (gk_period_parse(copy, text.length, &value->period, &reason) == GK_OK)
        return GK_OK;
    return refuse(error, row, text, reason.message);
}

static enum gk_status read_value(const struct gk_parameter *row, struct gk_text text,
                                 struct gk_value *value, struct gk_error *error)
{
    switch (row->type) {
    case GK_PARAMETER_INTEGER:
        return read_integer(row, text, value, error);
    case GK_PARAMETER_CHOICE:
        return read_choice(row, text, value, error);
    case GK_PARAMETER_LIST:
        return read_list(row, text, value, error);
    case GK_PARAMETER_TEXT:
        return read_text(row, text, value, error);
    case GK_PARAMETER_BBOX:
        return read_bbox(row, text, value, error);
    case GK_PARAMETER_PERIOD:
        return read_period(row, text, value, error);
    }
    return gk_error_set(error, GK_INTERNAL, "parameter %s has no type", row->name);
}

/* --- The table ------------------------------------------------------------ */

static enum gk_status refuse_unknown(const struct gk_parameter *table, enum gk_role role,
                                     const struct gk_query_parameter *parameter,
                                     struct gk_error *error)
{
    struct gk_buf allowed;
    /* These two come here from routes that have one form only, as tiles. */
    bool negotiates = strcmp(parameter->name, "f") != 0 && strcmp(parameter->name, "lang") != 0;
    const char *separator = "";
    gk_buf_init(&allowed, GK_ERROR_MESSAGE_MAX / 2);
    for (const struct gk_parameter *row = table; row->name != NULL; row++)
        if (row->role <= role) {
            gk_buf_printf(&allowed, "%s%s", separator, row->name);
            separator = ", ";
        }
    if (negotiates)
        gk_buf_printf(&allowed, "%sf, lang", separator);
    enum gk_status status =
        gk_error_set(error, GK_INVALID, "unknown parameter \"%s\"; allowed are %s",
                     gk_show(parameter->name, strlen(parameter->name)).text,
                     allowed.data != NULL ? allowed.data : "others");
    gk_buf_release(&allowed);
    return status;
}

static const struct gk_parameter *find_row(const struct gk_parameter *table, enum gk_role role,
                                           const char *name)
{
    for (const struct gk_parameter *row = table; row->name != NULL; row++)
        if (row->role <= role && strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static enum gk_status read_defaults(const struct gk_parameter *table, struct gk_value *values,
                                    struct gk_error *error)
{
    for (size_t i = 0; table[i].name != NULL; i++) {
        values[i] = (struct gk_value){.period = {GK_HOUR_OPEN_FROM, GK_HOUR_OPEN_TO}};
        if (table[i].initial == NULL)
            continue;
        struct gk_text text = {table[i].initial, strlen(table[i].initial)};
        enum gk_status status = read_value(&table[i], text, &values[i], error);
        if (status != GK_OK)
            return gk_error_set(error, GK_INTERNAL, "the default of parameter %s is not allowed",
                                table[i].name);
    }
    return GK_OK;
}

static enum gk_status read_given(const struct gk_parameter *row, struct gk_text text,
                                 struct gk_value *value, struct gk_error *error)
{
    if (value->given)
        return gk_error_set(error, GK_INVALID,
                            "parameter %s is given more than once; once is allowed", row->name);
    enum gk_status status = read_value(row, text, value, error);
    value->given = status == GK_OK;
    return status;
}

enum gk_status gk_parameter_read(const struct gk_request *request, const struct gk_parameter *row,
                                 struct gk_value *value, struct gk_error *error)
{
    const struct gk_parameter table[2] = {*row, {.name = NULL}};
    enum gk_status status = read_defaults(table, value, error);
    for (size_t i = 0; status == GK_OK && i < request->query_count; i++)
        if (strcmp(request->query[i].name, row->name) == 0)
            status = read_given(row, request->query[i].value, value, error);
    return status;
}

enum gk_status gk_parameters_read(const struct gk_request *request,
                                  const struct gk_parameter *table, struct gk_value *values,
                                  struct gk_error *error)
{
    enum gk_status status = read_defaults(table, values, error);
    for (size_t i = 0; status == GK_OK && i < request->query_count; i++) {
        const struct gk_query_parameter *given = &request->query[i];
        const struct gk_parameter *row = find_row(table, request->principal.role, given->name);
        if (row == NULL)
            return refuse_unknown(table, request->principal.role, given, error);
        status = read_given(row, given->value, &values[row - table], error);
    }
    return status;
}
