/* logfmt lines: the text is built in a capped buffer and written at once. */
#include "base/log.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

enum { LINE_MAX_BYTES = 4096, PIECE_MAX_BYTES = 8 /* an escape, or an ellipsis and a quote */ };

struct gk_log_field gk_log_text(const char *key, const char *text)
{
    return (struct gk_log_field){.key = key, .type = GK_LOG_TEXT, .text = text};
}

struct gk_log_field gk_log_number(const char *key, int64_t number)
{
    return (struct gk_log_field){.key = key, .type = GK_LOG_NUMBER, .number = number};
}

struct gk_log_field gk_log_microseconds(const char *key, int64_t microseconds)
{
    return (struct gk_log_field){.key = key, .type = GK_LOG_MILLISECONDS, .number = microseconds};
}

static bool is_bare(const char *text)
{
    if (*text == '\0')
        return false;
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || *p == '"' || *p == '=' || *p == '\\' || *p == 0x7F)
            return false;
    return true;
}

/* Ends a text, and so the line, where there is no room for more: after a whole
 * character, with an ellipsis inside the quotes. */
static void cut(struct gk_buf *line)
{
    while (line->length > 0 && ((unsigned char)line->data[line->length - 1] & 0xC0U) == 0x80U)
        line->length--;
    if (line->length > 0 && (unsigned char)line->data[line->length - 1] >= 0xC0U)
        line->length--;
    gk_buf_puts(line, "...\"");
    line->status = GK_TOO_LARGE;
}

/* Control characters are escaped, so that data cannot forge a line. */
static void put_text(struct gk_buf *line, const char *text)
{
    if (text == NULL)
        text = "";
    size_t length = strlen(text);
    if (is_bare(text) && length <= line->maximum - line->length) {
        gk_buf_append(line, text, length);
        return;
    }
    if (line->maximum - line->length < (size_t)2 * PIECE_MAX_BYTES) {
        line->status = GK_TOO_LARGE;
        return;
    }
    gk_buf_putc(line, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (line->maximum - line->length <= PIECE_MAX_BYTES) {
            cut(line);
            return;
        }
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\')
            gk_buf_printf(line, "\\%c", c);
        else if (c < ' ' || c == 0x7F)
            gk_buf_printf(line, "\\x%02x", c);
        else
            gk_buf_putc(line, *p);
    }
    gk_buf_putc(line, '"');
}

static void put_field(struct gk_buf *line, const struct gk_log_field *field)
{
    gk_buf_putc(line, ' ');
    gk_buf_puts(line, field->key);
    gk_buf_putc(line, '=');
    switch (field->type) {
    case GK_LOG_TEXT:
        put_text(line, field->text);
        break;
    case GK_LOG_NUMBER:
        gk_buf_put_i64(line, field->number);
        break;
    case GK_LOG_MILLISECONDS:
        gk_buf_put_fixed(line, field->number, 3);
        break;
    }
}

void gk_log_write(const struct gk_log *log, enum gk_log_level level, const char *event,
                  const struct gk_log_field *fields, size_t count)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    if (level > log->level)
        return;
    struct gk_buf line;
    gk_buf_init(&line, LINE_MAX_BYTES - 1); /* and a line feed */
    gk_buf_puts(&line, "level=");
    gk_buf_puts(&line, names[level]);
    gk_buf_puts(&line, " event=");
    put_text(&line, event);
    for (size_t i = 0; i < count; i++)
        put_field(&line, &fields[i]);
    /* A line that hit the cap is cut, but still ends. */
    if (gk_buf_status(&line) == GK_TOO_LARGE) {
        line.status = GK_OK;
        line.maximum++;
    }
    gk_buf_putc(&line, '\n');
    if (line.data != NULL) {
        ssize_t ignored = write(log->fd, line.data, line.length);
        (void)ignored; /* there is nowhere to report that the log cannot be written */
    }
    gk_buf_release(&line);
}

void gk_log_error(const struct gk_log *log, const char *event, const struct gk_error *error)
{
    gk_log(log, GK_LOG_ERROR, event, gk_log_text("status", gk_status_name(error->status)),
           gk_log_text("sqlstate", error->sqlstate), gk_log_text("message", error->message));
}
