/* What a command answers. Text and JSON are written side by side, value by
 * value. */
#include "report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "progress.h"

enum { REPORT_MAX_BYTES = 256 * 1024 * 1024, NOTE_MAX_BYTES = 4096, VALUE_MAX_BYTES = 64 };

void gk_report_init(struct gk_report *report, const char *command)
{
    report->depth = 0;
    gk_buf_init(&report->text, REPORT_MAX_BYTES);
    gk_buf_init(&report->json_text, REPORT_MAX_BYTES);
    gk_buf_init(&report->notes, REPORT_MAX_BYTES);
    gk_json_init(&report->json, &report->json_text);
    gk_json_object_begin(&report->json);
    gk_json_member(&report->json, "command", command);
}

void gk_report_release(struct gk_report *report)
{
    gk_buf_release(&report->text);
    gk_buf_release(&report->json_text);
    gk_buf_release(&report->notes);
}

/* The text with the value in place of {}. */
static void put_text(struct gk_report *report, const char *text, const char *value, size_t length)
{
    if (text == NULL)
        return;
    const char *place = strstr(text, "{}");
    if (place == NULL) {
        gk_buf_puts(&report->text, text);
        return;
    }
    gk_buf_append(&report->text, text, (size_t)(place - text));
    gk_buf_append(&report->text, value, length);
    gk_buf_puts(&report->text, place + 2);
}

static void put_value(struct gk_report *report, const char *text, struct gk_buf *value)
{
    put_text(report, text, value->data != NULL ? value->data : "", value->length);
    gk_buf_release(value);
}

void gk_report_count(struct gk_report *report, const char *name, int64_t value, const char *text)
{
    struct gk_buf buf;
    gk_buf_init(&buf, VALUE_MAX_BYTES);
    gk_buf_put_grouped(&buf, value);
    put_value(report, text, &buf);
    gk_json_member_i64(&report->json, name, value);
}

void gk_report_i64(struct gk_report *report, const char *name, int64_t value, const char *text)
{
    struct gk_buf buf;
    gk_buf_init(&buf, VALUE_MAX_BYTES);
    gk_buf_put_i64(&buf, value);
    put_value(report, text, &buf);
    gk_json_member_i64(&report->json, name, value);
}

void gk_report_double(struct gk_report *report, const char *name, double value, unsigned decimals,
                      const char *text)
{
    struct gk_buf buf;
    gk_buf_init(&buf, VALUE_MAX_BYTES);
    gk_buf_put_double(&buf, value, decimals);
    put_value(report, text, &buf);
    gk_json_key(&report->json, name);
    gk_json_double(&report->json, value, decimals);
}

void gk_report_text(struct gk_report *report, const char *name, const char *value, const char *text)
{
    if (value != NULL)
        put_text(report, text, value, strlen(value));
    gk_json_member(&report->json, name, value);
}

void gk_report_bool(struct gk_report *report, const char *name, bool value, const char *text)
{
    if (value)
        put_text(report, text, "", 0);
    gk_json_key(&report->json, name);
    gk_json_bool(&report->json, value);
}

void gk_report_null(struct gk_report *report, const char *name, const char *text)
{
    put_text(report, text, "", 0);
    gk_json_key(&report->json, name);
    gk_json_null(&report->json);
}

/* A value that is the same text in both; takes over `value`. */
static void put_both(struct gk_report *report, const char *name, const char *text,
                     struct gk_buf *value)
{
    gk_json_member(&report->json, name, value->data);
    put_value(report, text, value);
}

void gk_report_day(struct gk_report *report, const char *name, int32_t day, const char *text)
{
    struct gk_buf buf;
    gk_buf_init(&buf, VALUE_MAX_BYTES);
    gk_buf_put_day(&buf, day);
    put_both(report, name, text, &buf);
}

void gk_report_month(struct gk_report *report, const char *name, int32_t month, const char *text)
{
    struct gk_buf buf;
    gk_buf_init(&buf, VALUE_MAX_BYTES);
    gk_buf_put_month(&buf, month);
    put_both(report, name, text, &buf);
}

void gk_report_utc(struct gk_report *report, const char *name, int64_t utc, const char *text)
{
    struct gk_buf buf;
    gk_buf_init(&buf, VALUE_MAX_BYTES);
    gk_buf_put_utc(&buf, utc);
    put_both(report, name, text, &buf);
}

void gk_report_say(struct gk_report *report, const char *text)
{
    gk_buf_puts(&report->text, text);
}

void gk_report_note(struct gk_report *report, const char *format, ...)
{
    char note[NOTE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(note, sizeof note, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    gk_buf_puts(&report->text, note);
    gk_buf_putc(&report->text, '\n');
    gk_buf_putc(&report->notes, report->notes.length > 0 ? ',' : '[');
    gk_buf_put_json_string(&report->notes, note, strlen(note));
}

/* --- Lists and groups --------------------------------------------------------- */

static void open_one(struct gk_report *report, bool is_list)
{
    if (is_list)
        gk_json_array_begin(&report->json);
    else
        gk_json_object_begin(&report->json);
    if (report->depth < GK_JSON_DEPTH_MAX)
        report->is_list[report->depth++] = is_list;
}

static void close_one(struct gk_report *report)
{
    if (report->depth == 0)
        return;
    if (report->is_list[--report->depth])
        gk_json_array_end(&report->json);
    else
        gk_json_object_end(&report->json);
}

void gk_report_list_begin(struct gk_report *report, const char *name)
{
    gk_json_key(&report->json, name);
    open_one(report, true);
}

void gk_report_row_begin(struct gk_report *report)
{
    open_one(report, false);
}

void gk_report_row_end(struct gk_report *report)
{
    close_one(report);
}

void gk_report_list_end(struct gk_report *report)
{
    close_one(report);
}

void gk_report_group_begin(struct gk_report *report, const char *name)
{
    gk_json_key(&report->json, name);
    open_one(report, false);
}

void gk_report_group_end(struct gk_report *report)
{
    close_one(report);
}

/* --- The end ------------------------------------------------------------------- */

static void end_json(struct gk_report *report, enum gk_status status, const struct gk_error *error)
{
    struct gk_json *json = &report->json;
    /* A command that failed may have left a list open. */
    while (report->depth > 0)
        close_one(report);
    if (report->notes.length > 0) {
        gk_buf_putc(&report->notes, ']');
        gk_json_key(json, "notes");
        gk_json_raw(json, report->notes.data, report->notes.length);
    }
    gk_json_member(json, "status", gk_status_name(status));
    if (status != GK_OK)
        gk_json_member(json, "message",
                       error->message[0] != '\0' ? error->message : gk_status_text(status));
    gk_json_object_end(json);
    gk_buf_putc(&report->json_text, '\n');
}

enum gk_status gk_report_print(struct gk_report *report, FILE *out, bool as_json,
                               enum gk_status status, const struct gk_error *error)
{
    if (as_json)
        end_json(report, status, error);
    const struct gk_buf *buf = as_json ? &report->json_text : &report->text;
    enum gk_status printed = gk_buf_status(buf);
    if (printed == GK_OK && as_json)
        printed = gk_buf_status(&report->notes);
    if (printed == GK_OK && buf->length > 0)
        fwrite(buf->data, 1, buf->length, out);
    return printed;
}
