/* The status table in functions, and the caller-owned error. */
#include "base/status.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
    int http;
    int exit_code;
} table[] = {
#define GK_STATUS_X(symbol, http, exit, text) {#symbol, text, http, exit},
#include "base/status.def"
#undef GK_STATUS_X
};

static int in_table(enum gk_status status)
{
    return (unsigned)status < GK_STATUS_COUNT;
}

const char *gk_status_name(enum gk_status status)
{
    return in_table(status) ? table[status].name : "?";
}

const char *gk_status_text(enum gk_status status)
{
    return in_table(status) ? table[status].text : "unknown outcome";
}

int gk_status_http(enum gk_status status)
{
    return in_table(status) ? table[status].http : 500;
}

int gk_status_exit(enum gk_status status)
{
    return in_table(status) ? table[status].exit_code : 1;
}

/* A cut in the middle of a UTF-8 sequence would make the message invalid in
 * JSON; drop the incomplete tail. */
static void trim_partial_utf8(char *text)
{
    size_t n = strlen(text);
    size_t lead = n;
    while (lead > 0 && ((unsigned char)text[lead - 1] & 0xC0U) == 0x80U)
        lead--;
    if (lead == 0)
        return;
    unsigned char c = (unsigned char)text[lead - 1];
    size_t want = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
    if (n - (lead - 1) < want)
        text[lead - 1] = '\0';
}

enum gk_status gk_error_vset(struct gk_error *error, enum gk_status status, const char *format,
                             va_list arguments)
{
    if (error == NULL)
        return status;
    error->status = status;
    error->sqlstate[0] = '\0';
    int n = vsnprintf(error->message, sizeof error->message, format, arguments);
    if (n < 0)
        error->message[0] = '\0';
    else if ((size_t)n >= sizeof error->message)
        trim_partial_utf8(error->message);
    return status;
}

enum gk_status gk_error_set(struct gk_error *error, enum gk_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    gk_error_vset(error, status, format, arguments);
    va_end(arguments);
    return status;
}

void gk_error_clear(struct gk_error *error)
{
    error->status = GK_OK;
    error->sqlstate[0] = '\0';
    error->message[0] = '\0';
}
