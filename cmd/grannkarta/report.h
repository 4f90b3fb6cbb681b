/* What a command answers: one list of (name, value, text), from which come both
 * the lines that people read and, with --json, one JSON object; so the two
 * cannot differ. The frame in main.c makes it, prints it and frees it; commands
 * get it as arguments->report.
 *
 * `text` is a literal in which {} stands for the value: "{} cells of ". Lines
 * are made of as many values as they need and end where a text says \n. NULL
 * text: for JSON only. */
#ifndef GK_CMD_REPORT_H
#define GK_CMD_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/status.h"

/* A plain value. Names are keys of JSON: words joined by _, units last
 * ("median_m"). */
struct gk_report {
    struct gk_buf text, json_text, notes;
    struct gk_json json;
    int depth; /* lists, rows and groups that are open */
    bool is_list[GK_JSON_DEPTH_MAX];
};

/* An empty report of `command`. */
void gk_report_init(struct gk_report *report, const char *command);

/* Frees it. */
void gk_report_release(struct gk_report *report);

/* A whole number that is a count: 12480 reads "12,480" in the text. */
void gk_report_count(struct gk_report *report, const char *name, int64_t value, const char *text);

/* A whole number that is no count: an id, a year, a version. */
void gk_report_i64(struct gk_report *report, const char *name, int64_t value, const char *text);

/* A number, rounded to `decimals` in both. */
void gk_report_double(struct gk_report *report, const char *name, double value, unsigned decimals,
                      const char *text);

/* UTF-8, borrowed for the call; NULL is null in JSON and nothing in the text. */
void gk_report_text(struct gk_report *report, const char *name, const char *value,
                    const char *text);

/* True or false; the text, which has no {}, is there only when true. */
void gk_report_bool(struct gk_report *report, const char *name, bool value, const char *text);

/* A value that is not known: null, and the text as it is. */
void gk_report_null(struct gk_report *report, const char *name, const char *text);

/* A date, a month, an instant: YYYY-MM-DD, YYYY-MM, RFC 3339. Units as in
 * base/date.h. */
void gk_report_day(struct gk_report *report, const char *name, int32_t day, const char *text);
void gk_report_month(struct gk_report *report, const char *name, int32_t month, const char *text);
void gk_report_utc(struct gk_report *report, const char *name, int64_t utc, const char *text);

/* Text between values, such as a heading or the end of a line: not in JSON. */
void gk_report_say(struct gk_report *report, const char *text);

/* A remark, a line of its own; in JSON one of "notes". */
void gk_report_note(struct gk_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An array of objects, "name": [{...}, ...]; values go into the row. */
void gk_report_list_begin(struct gk_report *report, const char *name);
void gk_report_row_begin(struct gk_report *report);
void gk_report_row_end(struct gk_report *report);
void gk_report_list_end(struct gk_report *report);

/* An object within, "name": {...}. */
void gk_report_group_begin(struct gk_report *report, const char *name);
void gk_report_group_end(struct gk_report *report);

/* Prints the text, or the JSON object with "status" ("OK", "REJECTED", ...) and
 * on failure "message". To be called once, at the end: what a command that
 * failed had found out is printed too. GK_TOO_LARGE when it did not fit. */
GK_CHECKED enum gk_status gk_report_print(struct gk_report *report, FILE *out, bool as_json,
                                          enum gk_status status, const struct gk_error *error);

#endif
