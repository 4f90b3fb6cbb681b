/* The page of a report: its frame, what was checked, and the helpers of the other
 * parts. One file, no script, nothing from elsewhere; to be read on a screen, by a
 * screen reader, and on A4. */
#include "verify_page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"

static const char style[] =
    "<style>\n"
    ":root{color-scheme:light}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:52rem;padding:1.5rem 1rem 3rem;background:#fff;color:#1a1a1a;"
    "font:1rem/1.5 system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
    "h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}\n"
    "h2{font-size:1.25rem;margin:2.2rem 0 .6rem;padding-top:.6rem;border-top:2px solid #1f4e79}\n"
    "h3{font-size:1rem;margin:1.2rem 0 .4rem}\n"
    "p,ul,ol{margin:.5rem 0}li{margin:.35rem 0}\n"
    "table{border-collapse:collapse;width:100%;margin:.7rem 0;font-size:.92em}\n"
    "caption{text-align:left;font-weight:600;padding:.2rem 0}\n"
    "th,td{border-bottom:1px solid #c8ccd0;padding:.35rem .6rem .35rem 0;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}\n"
    "thead th{border-bottom:2px solid #5a6470}\n"
    "tbody th{font-weight:600}\n"
    ".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;padding-right:1rem}\n"
    ".quiet{color:#4a525a}\n"
    ".verdict{border-left:.5rem solid #1b6b3a;background:#eef6f0;padding:.7rem 1rem;margin:1rem "
    "0}\n"
    ".verdict.bad{border-color:#9a1f1f;background:#fbeeee}\n"
    ".bad-word{color:#8b1a1a;font-weight:700}\n"
    ".two{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem;align-items:start}\n"
    ".two svg{width:100%;height:auto}\n"
    ".field td{height:3.6rem}\n"
    ".facts th{width:40%}.checks tbody th{width:27%}.checks td:last-child,.checks thead "
    "th{white-space:nowrap}\n"
    "@media screen and (max-width:40rem){.two{grid-template-columns:1fr}table{font-size:.78em}"
    "th,td,.n{padding-right:.35rem;hyphens:auto}"
    "th.n,.checks td:last-child,.checks thead th{white-space:normal}}\n"
    "@page{size:A4;margin:16mm 15mm}\n"
    "@media print{body{max-width:none;padding:0;font-size:9.5pt}"
    "h2{break-after:avoid;margin-top:1.4rem}h3,caption{break-after:avoid}"
    "tr,li,.verdict,svg{break-inside:avoid}.two{grid-template-columns:1fr 1fr}"
    ".page{break-before:page}}\n"
    "</style>\n";

/* --- Helpers ------------------------------------------------------------------- */

const char *gk_page_pick(const struct gk_page *page, const char *sv, const char *en)
{
    return page->is_swedish ? sv : en;
}

void gk_page_text(struct gk_page *page, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            gk_buf_puts(page->buf, "&amp;");
            break;
        case '<':
            gk_buf_puts(page->buf, "&lt;");
            break;
        case '>':
            gk_buf_puts(page->buf, "&gt;");
            break;
        case '"':
            gk_buf_puts(page->buf, "&quot;");
            break;
        default:
            gk_buf_putc(page->buf, *text);
        }
    }
}

void gk_page_number(struct gk_page *page, double number)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", llround(fmin(fabs(number), 1e15)));
    if (number < -0.5)
        gk_buf_puts(page->buf, "\u2212");
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && length > 4)
            gk_buf_puts(page->buf, page->is_swedish ? "\u00a0" : ",");
        gk_buf_putc(page->buf, digits[i]);
    }
}

static void put_share(struct gk_page *page, double share)
{
    double tenths = round(share * 1000);
    gk_page_number(page, floor(tenths / 10));
    gk_buf_printf(page->buf, "%c%.0f\u00a0%%", page->is_swedish ? ',' : '.', fmod(tenths, 10));
}

static void put_value(struct gk_page *page, char kind, double number)
{
    switch (kind) {
    case 'p':
        put_share(page, number);
        break;
    case 'm':
        gk_buf_printf(page->buf, "%04.0f-%02.0f", floor(number / 12), fmod(number, 12) + 1);
        break;
    case 'y':
        gk_buf_printf(page->buf, "%.0f", number);
        break;
    default:
        gk_page_number(page, number);
    }
}

void gk_page_say(struct gk_page *page, const char *sv, const char *en, const double *numbers)
{
    const char *text = page->is_swedish ? sv : en;
    for (; *text != '\0'; text++) {
        if (text[0] == '{' && text[1] != '\0' && text[2] == '}' && numbers != NULL) {
            put_value(page, text[1], *numbers++);
            text += 2;
        } else {
            gk_buf_putc(page->buf, *text);
        }
    }
}

/* --- Checks --------------------------------------------------------------------- */

static const char *result_word(const struct gk_page *page, enum gk_verify_result result)
{
    static const char *const sv[] = {"Ja", "NEJ", "Prövas inte"};
    static const char *const en[] = {"Yes", "NO", "Not tested"};
    return page->is_swedish ? sv[result] : en[result];
}

static const char *reason_text(const struct gk_page *page, enum gk_verify_reason reason)
{
    static const char *const sv[] = {
        "Det finns inget sådant ännu.",
        "Gallring har raderat det som skulle jämföras.",
        "Tjänstens svar hämtades inte (--no-http).",
        "Ingen behörighet gavs (--token-file).",
    };
    static const char *const en[] = {
        "There is nothing of the kind yet.",
        "Retention has erased what to compare with.",
        "The service's answers were not fetched (--no-http).",
        "No token was given (--token-file).",
    };
    return page->is_swedish ? sv[reason] : en[reason];
}

static void put_check(struct gk_page *page, enum gk_verify_check check)
{
    const struct gk_verify_check_info *info = gk_verify_check_info(check);
    const struct gk_verify_outcome *outcome = &page->report->finding[check].outcome;
    enum gk_verify_result result = gk_verify_result(page->report, check);
    gk_buf_printf(page->buf, "<tr><th scope=\"row\">%s<br><code class=\"quiet\">%s</code></th><td>",
                  gk_page_pick(page, info->title_sv, info->title_en), info->id);
    gk_page_text(page, gk_page_pick(page, info->proves_sv, info->proves_en));
    if (result == GK_VERIFY_NOT_APPLICABLE)
        gk_buf_printf(page->buf, " <span class=\"quiet\">%s</span>",
                      reason_text(page, gk_verify_reason(page->report, check)));
    if (result == GK_VERIFY_FAIL) {
        gk_page_say(page, "<br><span class=\"bad-word\">{n} stämmer inte:</span> ",
                    "<br><span class=\"bad-word\">{n} not so:</span> ",
                    (double[]){(double)outcome->failed});
        gk_page_text(page, outcome->objects);
        if (outcome->failed > GK_VERIFY_NAMED_MAX)
            gk_buf_puts(page->buf, ", …");
    }
    gk_buf_puts(page->buf, "</td><td class=\"n\">");
    gk_page_number(page, (double)outcome->tested);
    gk_buf_printf(page->buf, "</td><td%s>%s</td></tr>\n",
                  result == GK_VERIFY_FAIL ? " class=\"bad-word\"" : "", result_word(page, result));
}

static void put_checks(struct gk_page *page, enum gk_verify_part from, enum gk_verify_part to,
                       const char *caption)
{
    gk_buf_printf(page->buf, "<table class=\"checks\"><caption>%s</caption>\n<thead><tr>", caption);
    gk_page_say(page,
                "<th scope=\"col\">Kontroll</th><th scope=\"col\">Vad den visar</th>"
                "<th scope=\"col\" class=\"n\">Prövade</th><th scope=\"col\">Håller</th>",
                "<th scope=\"col\">Check</th><th scope=\"col\">What it shows</th>"
                "<th scope=\"col\" class=\"n\">Looked at</th><th scope=\"col\">Holds</th>",
                NULL);
    gk_buf_puts(page->buf, "</tr></thead>\n<tbody>\n");
    for (enum gk_verify_check check = 0; check < GK_VERIFY_CHECKS; check++) {
        enum gk_verify_part part = gk_verify_check_info(check)->part;
        if (part >= from && part <= to)
            put_check(page, check);
    }
    gk_buf_puts(page->buf, "</tbody></table>\n");
}

static void put_all_checks(struct gk_page *page)
{
    const struct gk_verify_report *report = page->report;
    gk_page_say(page, "<section class=\"page\">\n<h2>Vad som kontrollerades</h2>\n",
                "<section class=\"page\">\n<h2>What was checked</h2>\n", NULL);
    put_checks(page, GK_VERIFY_STORE, GK_VERIFY_STORE,
               gk_page_pick(page, "Det som är lagrat", "What is stored"));
    put_checks(page, GK_VERIFY_HTTP, GK_VERIFY_ANALYST,
               gk_page_pick(page, "Det som tjänsten svarar", "What the service answers"));
    if (report->url[0] != '\0') {
        gk_page_say(page, "<p class=\"quiet\">{n} platser hämtades från ",
                    "<p class=\"quiet\">{n} features were fetched from ",
                    (double[]){(double)report->features});
        gk_page_text(page, report->url);
        gk_buf_puts(page->buf, ".");
        if (report->is_sampled)
            gk_page_say(
                page,
                " Stora samlingar prövades med stickprov: {n} platser ur varje, samma varje gång.",
                " Large collections were sampled: {n} features of each, the same every time.",
                (double[]){(double)report->sample_features});
        gk_buf_puts(page->buf, "</p>\n");
    }
    gk_buf_puts(page->buf, "</section>\n");
}

/* --- The frame ---------------------------------------------------------------------- */

static void put_fact(struct gk_page *page, const char *sv, const char *en, const char *name)
{
    double number = gk_verify_number(page->report, name);
    gk_buf_printf(page->buf, "<tr><th scope=\"row\">%s</th><td>", gk_page_pick(page, sv, en));
    if (number > 0)
        gk_buf_printf(page->buf, "%.0f", number);
    else
        gk_buf_puts(page->buf, gk_page_pick(page, "ingen", "none"));
    gk_buf_puts(page->buf, "</td></tr>\n");
}

static void put_facts(struct gk_page *page)
{
    const struct gk_verify_report *report = page->report;
    gk_buf_puts(page->buf, "<table class=\"facts\"><caption>");
    gk_page_say(page, "Vad rapporten gäller", "What the report is about", NULL);
    gk_buf_puts(page->buf, "</caption>\n<tbody>\n");
    if (report->publisher[0] != '\0') {
        gk_page_say(page, "<tr><th scope=\"row\">Ansvarig myndighet</th><td>",
                    "<tr><th scope=\"row\">Responsible authority</th><td>", NULL);
        gk_page_text(page, report->publisher);
        gk_buf_puts(page->buf, "</td></tr>\n");
    }
    gk_page_say(page, "<tr><th scope=\"row\">Rapportens tidpunkt (UTC)</th><td>",
                "<tr><th scope=\"row\">Report made (UTC)</th><td>", NULL);
    gk_buf_put_utc(page->buf, report->made_utc);
    gk_buf_puts(page->buf, "</td></tr>\n");
    put_fact(page, "Utgåva (det som är publicerat)", "Release (what is public)", "release");
    if (gk_verify_number(report, "through_month") > 0)
        gk_page_say(page, "<tr><th scope=\"row\">Utgåvans månader</th><td>{m} till {m}</td></tr>\n",
                    "<tr><th scope=\"row\">Months of the release</th><td>{m} to {m}</td></tr>\n",
                    (double[]){gk_verify_number(report, "first_month"),
                               gk_verify_number(report, "through_month")});
    put_fact(page, "Revision (senaste ändring av lagrade uppgifter)",
             "Revision (latest change of stored data)", "revision");
    put_fact(page, "Rutnätets version", "Version of the lattice", "lattice_version");
    put_fact(page, "Bostäder räknade år", "Dwellings counted in", "dwellings_year");
    gk_page_say(page, "<tr><th scope=\"row\">Program</th><td>grannkarta " GK_VERSION "</td></tr>\n",
                "<tr><th scope=\"row\">Software</th><td>grannkarta " GK_VERSION "</td></tr>\n",
                NULL);
    gk_buf_puts(page->buf, "</tbody></table>\n");
}

static void put_verdict(struct gk_page *page)
{
    const struct gk_verify_report *report = page->report;
    const double counts[] = {(double)gk_verify_count(report, GK_VERIFY_PASS),
                             (double)gk_verify_count(report, GK_VERIFY_FAIL),
                             (double)gk_verify_count(report, GK_VERIFY_NOT_APPLICABLE)};
    bool is_good = counts[1] < 0.5;
    gk_buf_printf(page->buf, "<div class=\"verdict%s\"><p><strong>", is_good ? "" : " bad");
    if (is_good)
        gk_page_say(page, "Alla kontroller som gick att göra håller.",
                    "Every check that could be made holds.", NULL);
    else
        gk_page_say(
            page, "Minst en kontroll håller inte. Stoppa publiceringen tills den är utredd.",
            "At least one check does not hold. Stop publishing until it is explained.", NULL);
    gk_buf_puts(page->buf, "</strong></p><p>");
    gk_page_say(page, "{n} håller, {n} håller inte, {n} kunde inte prövas.",
                "{n} hold, {n} do not, {n} could not be tested.", counts);
    gk_buf_puts(page->buf, "</p></div>\n");
}

void gk_verify_put_page(struct gk_buf *buf, const struct gk_verify_report *report, bool is_swedish)
{
    struct gk_page page = {buf, report, is_swedish};
    const char *title =
        gk_page_pick(&page, "Varför ingen kan pekas ut", "Why nobody can be singled out");
    gk_buf_printf(
        buf,
        "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>%s – ",
        is_swedish ? "sv" : "en", title);
    gk_page_text(&page, report->title);
    gk_buf_printf(buf, "</title>\n%s</head>\n<body>\n<main>\n<h1>%s</h1>\n<p class=\"quiet\">",
                  style, title);
    gk_page_text(&page, report->title);
    gk_page_say(&page, ": rapport till dataskyddsombudet om anmälda bostadsinbrott</p>\n",
                ": report to the data protection officer on reported residential burglaries</p>\n",
                NULL);
    put_verdict(&page);
    gk_page_method(&page);
    put_facts(&page);
    gk_page_cells(&page);
    gk_page_risk(&page);
    put_all_checks(&page);
    gk_page_form(&page);
    gk_buf_puts(buf, "</main>\n</body>\n</html>\n");
}
