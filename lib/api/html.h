/* Pages: the frame around every HTML answer, and the parts that several use. No
 * script, one small inline style; readable at 320 px and without colour. */
#ifndef GK_API_HTML_H
#define GK_API_HTML_H

#include <stdbool.h>

#include "base/buf.h"
#include "http/server.h"
#include "view.h"

/* Swedish or English, as the request has it. */
const char *gk_say(const struct gk_request *request, const char *swedish, const char *english)
    __attribute__((format_arg(2), format_arg(3)));

/* Appends escaped text. */
void gk_html_text(struct gk_buf *buf, const char *text);

/* Appends <tag>escaped text</tag>. */
void gk_html_element(struct gk_buf *buf, const char *tag, const char *text);

/* Appends a link. */
void gk_html_link(struct gk_buf *buf, const char *href, const char *text);

/* Appends a term and its description of a <dl>. */
void gk_html_term(struct gk_buf *buf, const char *term, const char *text);

/* Everything before and after a page's own content; `title` is its heading. */
void gk_html_begin(struct gk_buf *buf, const struct gk_settings *settings,
                   const struct gk_request *request, const char *title);
void gk_html_end(struct gk_buf *buf, const struct gk_settings *settings,
                 const struct gk_request *request);

/* As gk_html_end() for a page that is only a page, without JSON. */
void gk_html_end_alone(struct gk_buf *buf, const struct gk_settings *settings,
                       const struct gk_request *request);

/* Opens and closes a table in a region that scrolls by itself, and by keyboard. */
void gk_html_table_begin(struct gk_buf *buf, const char *caption);
void gk_html_table_end(struct gk_buf *buf);

/* Appends the <dl> of what the data are: release or revision, date, definition,
 * period (the last two only with counts). */
void gk_html_facts(struct gk_buf *buf, const struct gk_view *view, bool has_counts);

/* A day as text in the arena. */
const char *gk_day_text(const struct gk_request *request, int32_t day);

#endif
