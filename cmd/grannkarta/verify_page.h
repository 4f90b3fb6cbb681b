/* What the files of the page share: two languages, numbers as each writes them,
 * escaping. Static texts are HTML already; what comes from elsewhere is escaped. */
#ifndef GK_CMD_VERIFY_PAGE_H
#define GK_CMD_VERIFY_PAGE_H

#include "verify_report.h"

struct gk_page {
    struct gk_buf *buf;
    const struct gk_verify_report *report;
    bool is_swedish;
};

/* The text of the page's language. */
const char *gk_page_pick(const struct gk_page *page, const char *sv, const char *en);

/* Appends the text of the page's language. {n} in it is the next of `numbers` as a
 * whole number with its thousands apart, {p} as per cent with one decimal, {m} as a
 * month (months since year 0), {y} without thousands. NULL: no numbers. */
void gk_page_say(struct gk_page *page, const char *sv, const char *en, const double *numbers);

/* Appends a whole number, thousands apart. */
void gk_page_number(struct gk_page *page, double number);

/* Appends text from elsewhere, escaped. */
void gk_page_text(struct gk_page *page, const char *text);

/* The parts of the page, in its order; each is a section. */
void gk_page_method(struct gk_page *page);
void gk_page_cells(struct gk_page *page);
void gk_page_risk(struct gk_page *page);
void gk_page_form(struct gk_page *page);

#endif
