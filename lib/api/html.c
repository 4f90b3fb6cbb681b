/* The frame of pages. Text from data goes through gk_html_text() only. */
#include "html.h"

#include <string.h>

#include "link.h"

static const char style[] =
    ":root{color-scheme:light}body{margin:0;background:#fff;color:#1b1b1b;font:1rem/1.5 "
    "system-ui,sans-serif}header,main,footer{max-width:72rem;margin:0 auto;padding:.75rem 1rem}"
    "header{border-bottom:1px solid #767676}footer{border-top:1px solid #767676;margin-top:2rem}"
    "header nav{display:flex;flex-wrap:wrap;gap:0 1rem}header a{padding:.25rem "
    "0}h1{font-size:1.6rem;line-height:1.2;margin:.5rem 0}a{color:#00489a}"
    "code{overflow-wrap:anywhere}"
    "a:focus,.scroll:focus{outline:3px solid #00489a;outline-offset:2px}p,dd{max-width:45rem}"
    "dl{display:grid;grid-template-columns:minmax(8rem,max-content) 1fr;gap:.25rem 1rem}"
    "dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}.scroll{overflow-x:auto;margin:1rem 0}"
    "table{border-collapse:collapse}caption{text-align:left;font-weight:600;padding:.25rem 0}"
    "th,td{border:1px solid #767676;padding:.25rem .5rem;text-align:left;vertical-align:top}"
    "thead th{background:#eee}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "table "
    "code{white-space:nowrap}ol,ul{max-width:45rem}.copy{user-select:all}pre{background:#f4f4f4;"
    "padding:.5rem;margin:.5rem "
    "0}"
    "pre code{overflow-wrap:normal}summary{cursor:pointer;padding:.4rem 0}"
    "summary:focus{outline:3px solid #00489a;outline-offset:2px}h2{margin:1.5rem 0 "
    ".5rem}h3{margin:1rem 0 .25rem}"
    "li{overflow-wrap:anywhere}p>a{display:inline-block;padding:.15rem "
    "0}.skip{position:absolute;left:-999rem}.skip:focus{position:static}"
    "@media(max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 .5rem}}";

const char *gk_say(const struct gk_request *request, const char *swedish, const char *english)
{
    return strcmp(request->language, "en") == 0 ? english : swedish;
}

void gk_html_text(struct gk_buf *buf, const char *text)
{
    gk_buf_put_html(buf, text, strlen(text));
}

void gk_html_element(struct gk_buf *buf, const char *tag, const char *text)
{
    gk_buf_putc(buf, '<');
    gk_buf_puts(buf, tag);
    gk_buf_putc(buf, '>');
    gk_html_text(buf, text);
    gk_buf_puts(buf, "</");
    gk_buf_puts(buf, tag);
    gk_buf_puts(buf, ">\n");
}

void gk_html_link(struct gk_buf *buf, const char *href, const char *text)
{
    gk_buf_puts(buf, "<a href=\"");
    gk_html_text(buf, href);
    gk_buf_puts(buf, "\">");
    gk_html_text(buf, text);
    gk_buf_puts(buf, "</a>");
}

void gk_html_term(struct gk_buf *buf, const char *term, const char *text)
{
    gk_html_element(buf, "dt", term);
    gk_html_element(buf, "dd", text);
}

static void put_head(struct gk_buf *buf, const struct gk_settings *settings,
                     const struct gk_request *request, const char *title)
{
    gk_buf_puts(buf, "<!DOCTYPE html>\n<html lang=\"");
    gk_html_text(buf, request->language);
    gk_buf_puts(buf, "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                     "content=\"width=device-width, initial-scale=1\">\n<title>");
    gk_html_text(buf, title);
    if (strcmp(title, settings->title) != 0) {
        gk_buf_puts(buf, " - ");
        gk_html_text(buf, settings->title);
    }
    gk_buf_puts(buf, "</title>\n<style>");
    gk_buf_puts(buf, style);
    gk_buf_puts(buf, "</style>\n</head>\n<body>\n");
}

static const char *html_address(const struct gk_request *request, const char *path)
{
    return gk_address(request, path,
                      (struct gk_address){.format = "html", .language = request->language});
}

void gk_html_begin(struct gk_buf *buf, const struct gk_settings *settings,
                   const struct gk_request *request, const char *title)
{
    const char *other = gk_say(request, "en", "sv");
    put_head(buf, settings, request, title);
    gk_buf_puts(buf, "<a class=\"skip\" href=\"#main\">");
    gk_html_text(buf, gk_say(request, "Till innehållet", "Skip to content"));
    gk_buf_puts(buf, "</a>\n<header><nav aria-label=\"");
    gk_html_text(buf, gk_say(request, "Sidor", "Pages"));
    gk_buf_puts(buf, "\">");
    gk_html_link(buf, html_address(request, "/"), settings->title);
    gk_html_link(buf, html_address(request, "/collections"), gk_say(request, "Data", "Data"));
    gk_html_link(buf, html_address(request, "/gis"),
                 gk_say(request, "Kartprogram", "Map programs"));
    gk_html_link(buf, html_address(request, "/api"), "API");
    gk_buf_puts(buf, "<a lang=\"");
    gk_buf_puts(buf, other);
    gk_buf_puts(buf, "\" hreflang=\"");
    gk_buf_puts(buf, other);
    gk_buf_puts(buf, "\" href=\"");
    gk_html_text(buf, gk_address(request, request->path,
                                 (struct gk_address){
                                     .keeps_query = true, .format = "html", .language = other}));
    gk_buf_puts(buf, "\">");
    gk_buf_puts(buf, gk_say(request, "English", "Svenska"));
    gk_buf_puts(buf, "</a></nav></header>\n<main id=\"main\">\n");
    gk_html_element(buf, "h1", title);
}

static void put_footer(struct gk_buf *buf, const struct gk_settings *settings,
                       const struct gk_request *request, bool has_json)
{
    gk_buf_puts(buf, "</main>\n<footer><p>");
    if (settings->publisher[0] != '\0') {
        gk_html_text(buf, gk_say(request, "Ansvarig: ", "Responsible: "));
        gk_html_text(buf, settings->publisher);
        gk_buf_puts(buf, ". ");
    }
    if (has_json)
        gk_html_link(buf,
                     gk_address(request, request->path,
                                (struct gk_address){.keeps_query = true, .format = "json"}),
                     gk_say(request, "Samma sida som JSON", "This page as JSON"));
    gk_buf_puts(buf, "</p></footer>\n</body>\n</html>\n");
}

void gk_html_end(struct gk_buf *buf, const struct gk_settings *settings,
                 const struct gk_request *request)
{
    put_footer(buf, settings, request, true);
}

void gk_html_end_alone(struct gk_buf *buf, const struct gk_settings *settings,
                       const struct gk_request *request)
{
    put_footer(buf, settings, request, false);
}

void gk_html_table_begin(struct gk_buf *buf, const char *caption)
{
    gk_buf_puts(buf, "<div class=\"scroll\" role=\"region\" aria-label=\"");
    gk_html_text(buf, caption);
    gk_buf_puts(buf, "\" tabindex=\"0\">\n<table>\n");
    gk_html_element(buf, "caption", caption);
}

void gk_html_table_end(struct gk_buf *buf)
{
    gk_buf_puts(buf, "</table>\n</div>\n");
}

const char *gk_day_text(const struct gk_request *request, int32_t day)
{
    struct gk_civil civil = gk_civil_from_day(day);
    return gk_text(request, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

static const char *period_text(const struct gk_view *view)
{
    const struct gk_request *request = view->request;
    const char *from = view->period.from_hour == GK_HOUR_OPEN_FROM
                           ? ""
                           : gk_day_text(request, gk_day_from_hour(view->period.from_hour));
    const char *to = view->period.to_hour == GK_HOUR_OPEN_TO
                         ? ""
                         : gk_day_text(request, gk_day_from_hour(view->period.to_hour - 1));
    return gk_text(request, gk_say(request, "%s till %s%s", "%s to %s%s"), from, to,
                   view->is_covered ? ""
                                    : gk_say(request, " (uppgifterna täcker inte perioden)",
                                             " (the data do not cover it)"));
}

void gk_html_facts(struct gk_buf *buf, const struct gk_view *view, bool has_counts)
{
    const struct gk_snapshot *s = view->snapshot;
    const struct gk_request *request = view->request;
    gk_buf_puts(buf, "<dl>\n");
    gk_html_term(buf, gk_say(request, "Uppgifter till och med", "Data through"),
                 gk_day_text(request, s->data_through_day));
    if (has_counts) {
        const struct gk_definition_info *d = &s->definitions[view->definition];
        gk_html_term(buf, gk_say(request, "Period", "Period"), period_text(view));
        gk_html_term(buf, gk_say(request, "Definition", "Definition"),
                     gk_text(request, "%s: %s", view->is_swedish ? d->title_sv : d->title_en,
                             view->is_swedish ? d->description_sv : d->description_en));
        gk_html_term(buf, gk_say(request, "Enhet", "Unit"),
                     gk_say(request,
                            "anmälda brott; andelar per 1 000 bostäder eller 100 000 invånare för "
                            "hela perioden, med 95 % intervall där det finns",
                            "reported offences; rates per 1,000 dwellings or 100,000 inhabitants "
                            "for the whole period, with 95 % intervals where there are any"));
        gk_html_term(buf, gk_say(request, "Bostäder räknade", "Dwellings counted in"),
                     gk_text(request, "%d", (int)s->dwellings_year));
    }
    gk_html_term(buf, view->is_analyst ? "Revision" : gk_say(request, "Utgåva", "Release"),
                 gk_text(request, "%d", (int)s->number));
    gk_html_term(buf, gk_say(request, "Minsta plats", "Smallest place"),
                 gk_text(request,
                         gk_say(request, "en cell med minst %d bostäder och %d adresser",
                                "a cell of at least %d dwellings and %d addresses"),
                         (int)s->k, (int)s->min_addresses));
    gk_buf_puts(buf, "</dl>\n");
}
