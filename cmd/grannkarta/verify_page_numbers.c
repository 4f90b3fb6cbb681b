/* The parts of the page that count: dwellings in a cell, how far a home is from
 * its cell's point, and what remains at risk. */
#include "verify_page.h"

#include <math.h>

/* --- Dwellings in a cell -------------------------------------------------------------- */

static const struct {
    const char *name, *label;
} bins[] = {{"bin_8", "–9"},     {"bin_10", "10–11"}, {"bin_12", "12–15"},  {"bin_16", "16–23"},
            {"bin_24", "24–47"}, {"bin_48", "48–95"}, {"bin_96", "96–191"}, {"bin_192", "192–"}};
enum { BINS = sizeof bins / sizeof *bins };

static double bin(const struct gk_page *page, size_t i)
{
    return gk_verify_number(page->report, bins[i].name);
}

/* The first bin begins with k. */
static void put_label(struct gk_page *page, size_t i)
{
    double k = gk_verify_number(page->report, "k");
    if (i == 0 && k < 9)
        gk_buf_printf(page->buf, "%.0f", k);
    else if (i == 0)
        gk_buf_puts(page->buf, "0");
    gk_buf_puts(page->buf, bins[i].label);
}

/* Bars in a drawing of 400 x 240; the table beside says the same. */
static void put_histogram(struct gk_page *page)
{
    enum { WIDTH = 400, HEIGHT = 240, FLOOR = 200, STEP = WIDTH / BINS };
    double most = 1;
    for (size_t i = 0; i < BINS; i++)
        most = fmax(most, bin(page, i));
    gk_buf_printf(
        page->buf,
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"bars\"><title id=\"bars\">",
        WIDTH, HEIGHT);
    gk_page_say(page, "Celler efter antal bostäder; samma tal står i tabellen",
                "Cells by number of dwellings; the same numbers are in the table", NULL);
    gk_buf_puts(page->buf, "</title>\n");
    for (size_t i = 0; i < BINS; i++) {
        int height = (int)lround(bin(page, i) / most * (FLOOR - 24)), x = (int)i * STEP;
        gk_buf_printf(
            page->buf,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#1f4e79\"/>"
            "<text x=\"%d\" y=\"%d\" font-size=\"12\" text-anchor=\"middle\" fill=\"#1a1a1a\">",
            x + 4, FLOOR - height, STEP - 8, height, x + STEP / 2, FLOOR - height - 5);
        gk_page_number(page, bin(page, i));
        gk_buf_printf(page->buf,
                      "</text><text x=\"%d\" y=\"%d\" font-size=\"11\" text-anchor=\"middle\" "
                      "fill=\"#1a1a1a\">",
                      x + STEP / 2, FLOOR + 16);
        put_label(page, i);
        gk_buf_puts(page->buf, "</text>\n");
    }
    gk_buf_printf(
        page->buf,
        "<path d=\"M0 %d.5H%d\" stroke=\"#5a6470\"/><text x=\"%d\" y=\"%d\" font-size=\"12\" "
        "text-anchor=\"middle\" fill=\"#1a1a1a\">%s</text></svg>\n",
        FLOOR, WIDTH, WIDTH / 2, HEIGHT - 4,
        gk_page_pick(page, "bostäder i cellen", "dwellings in the cell"));
}

static void put_bins(struct gk_page *page)
{
    double cells = gk_verify_number(page->report, "cells");
    gk_page_say(page,
                "<table><caption>Celler efter antal bostäder</caption>\n<thead><tr><th "
                "scope=\"col\">Bostäder</th>"
                "<th scope=\"col\" class=\"n\">Celler</th><th scope=\"col\" "
                "class=\"n\">Andel</th></tr></thead>\n<tbody>\n",
                "<table><caption>Cells by number of dwellings</caption>\n<thead><tr><th "
                "scope=\"col\">Dwellings</th>"
                "<th scope=\"col\" class=\"n\">Cells</th><th scope=\"col\" "
                "class=\"n\">Share</th></tr></thead>\n<tbody>\n",
                NULL);
    for (size_t i = 0; i < BINS; i++) {
        gk_buf_puts(page->buf, "<tr><th scope=\"row\">");
        put_label(page, i);
        gk_page_say(page, "</th><td class=\"n\">{n}</td><td class=\"n\">{p}</td></tr>\n",
                    "</th><td class=\"n\">{n}</td><td class=\"n\">{p}</td></tr>\n",
                    (double[]){bin(page, i), cells > 0 ? bin(page, i) / cells : 0});
    }
    gk_buf_puts(page->buf, "</tbody></table>\n");
}

static void put_distance(struct gk_page *page, const char *sv, const char *en,
                         const struct gk_displacement *displacement)
{
    gk_buf_printf(page->buf, "<tr><th scope=\"row\">%s</th>", gk_page_pick(page, sv, en));
    static const char cells[] =
        "<td class=\"n\">{n}</td><td class=\"n\">{n} m</td><td class=\"n\">{n} m</td>"
        "<td class=\"n\">{n} m</td></tr>\n";
    gk_page_say(page, cells, cells,
                (double[]){(double)displacement->dwellings, displacement->median_m,
                           displacement->p90_m, displacement->max_m});
}

static void put_distances(struct gk_page *page)
{
    gk_page_say(
        page,
        "<table><caption>Hur långt från ett hem till cellens punkt</caption>\n<thead><tr><th "
        "scope=\"col\">Var</th>"
        "<th scope=\"col\" class=\"n\">Bostäder</th><th scope=\"col\" class=\"n\">Hälften inom</th>"
        "<th scope=\"col\" class=\"n\">90 % inom</th><th scope=\"col\" class=\"n\">Alla "
        "inom</th></tr></thead>\n<tbody>\n",
        "<table><caption>How far from a home to the point of its cell</caption>\n<thead><tr><th "
        "scope=\"col\">Where</th>"
        "<th scope=\"col\" class=\"n\">Dwellings</th><th scope=\"col\" class=\"n\">Half within</th>"
        "<th scope=\"col\" class=\"n\">90 % within</th><th scope=\"col\" class=\"n\">All "
        "within</th></tr></thead>\n<tbody>\n",
        NULL);
    put_distance(page, "Tätort", "Town", &page->report->lattice.town);
    put_distance(page, "Landsbygd", "Country", &page->report->lattice.country);
    put_distance(page, "Alla", "All", &page->report->lattice.all);
    gk_buf_puts(page->buf, "</tbody></table>\n");
    gk_page_say(page,
                "<p class=\"quiet\">Det är vad skyddet kostar i noggrannhet. Landsbygd är där "
                "färre än 200 bostäder finns "
                "inom 500 m. Adresser lagras inte, så bostäderna antas ligga var som helst i sin "
                "ruta.</p>\n",
                "<p class=\"quiet\">This is what the protection costs in precision. Country is "
                "where fewer than 200 "
                "dwellings are within 500 m. Addresses are not stored, so that dwellings are taken "
                "to be anywhere in "
                "their square.</p>\n",
                NULL);
}

void gk_page_cells(struct gk_page *page)
{
    const struct gk_verify_report *report = page->report;
    gk_page_say(page, "<section>\n<h2>Bostäder i varje cell</h2>\n<p>",
                "<section>\n<h2>Dwellings in each cell</h2>\n<p>", NULL);
    gk_page_say(page,
                "{n} celler har tillsammans {n} bostäder. Den minsta har {n}, en fjärdedel har "
                "högst {n}, hälften högst "
                "{n}, tre fjärdedelar högst {n}, den största {n}.",
                "{n} cells have {n} dwellings in all. The smallest has {n}, a quarter has at most "
                "{n}, half at most {n}, "
                "three quarters at most {n}, the largest {n}.",
                (double[]){gk_verify_number(report, "cells"), gk_verify_number(report, "dwellings"),
                           gk_verify_number(report, "cell_least"),
                           gk_verify_number(report, "cell_quarter"),
                           gk_verify_number(report, "cell_half"),
                           gk_verify_number(report, "cell_three_quarters"),
                           gk_verify_number(report, "cell_most")});
    gk_buf_puts(page->buf, "</p>\n<div class=\"two\">\n");
    put_histogram(page);
    put_bins(page);
    gk_buf_puts(page->buf, "</div>\n");
    if (report->has_lattice)
        put_distances(page);
    gk_buf_puts(page->buf, "</section>\n");
}

/* --- What remains ----------------------------------------------------------------------- */

static void put_item(struct gk_page *page, const char *sv, const char *en, const double *numbers)
{
    gk_buf_puts(page->buf, "<li>");
    gk_page_say(page, sv, en, numbers);
    gk_buf_puts(page->buf, "</li>\n");
}

static double share(double part, double of)
{
    return of > 0 ? part / of : 0;
}

static void put_counted_risks(struct gk_page *page)
{
    const struct gk_verify_report *report = page->report;
    double cells = gk_verify_number(report, "cells"), k = gk_verify_number(report, "k");
    put_item(page,
             "<strong>Alla eller ingen.</strong> k döljer inte att alla, eller inga, av en cells "
             "hem har drabbats. "
             "Celler med minst lika många inbrott som bostäder: {n} under de senaste 12 månaderna "
             "och {n} under hela "
             "utgåvan. Mest på 12 månader: {p} av en cells bostäder.",
             "<strong>All or none.</strong> k does not hide that all, or none, of a cell's homes "
             "were hit. Cells with at "
             "least as many burglaries as dwellings: {n} in the last 12 months and {n} in the "
             "whole release. Most in 12 "
             "months: {p} of a cell's dwellings.",
             (double[]){gk_verify_number(report, "cells_all_year"),
                        gk_verify_number(report, "cells_all_whole"),
                        gk_verify_number(report, "share_year_most")});
    put_item(page,
             "<strong>Bostadstyp kan peka ut.</strong> {n} celler ({p}) har 1 till {n} bostäder av "
             "något slag. Därför "
             "visas bostadstyp och försök bara för hela kommunen och hela kalenderår, och "
             "brottskod inte alls.",
             "<strong>Kind of dwelling can point at a home.</strong> {n} cells ({p}) have 1 to {n} "
             "dwellings of some "
             "kind. That is why kind and attempts are shown only for the whole municipality and "
             "calendar year, and codes not at all.",
             (double[]){gk_verify_number(report, "cells_few_of_a_kind"),
                        share(gk_verify_number(report, "cells_few_of_a_kind"), cells), k - 1});
    put_item(page,
             "<strong>Det som inte kunde placeras.</strong> {n} av utgåvans {n} händelser ({p}) "
             "har ingen cell. De ingår i "
             "kommunens summa och saknas i områdenas.",
             "<strong>What could not be located.</strong> {n} of the release's {n} incidents ({p}) "
             "have no cell. They are "
             "in the municipality's total and missing from those of districts.",
             (double[]){
                 gk_verify_number(report, "unlocated"), gk_verify_number(report, "count"),
                 share(gk_verify_number(report, "unlocated"), gk_verify_number(report, "count"))});
    put_item(page,
             "<strong>Få händelser.</strong> {n} av {n} celler har någon händelse de senaste 12 "
             "månaderna. Ett antal på "
             "ett är alltså vanligt; skyddet är att {n} eller fler hem delar det.",
             "<strong>Few incidents.</strong> {n} of {n} cells have any incident in the last 12 "
             "months. A count of one is "
             "common therefore; the protection is that {n} homes or more share it.",
             (double[]){gk_verify_number(report, "cells_hit_year"), cells, k});
}

void gk_page_risk(struct gk_page *page)
{
    gk_page_say(page, "<section>\n<h2>Vad som återstår</h2>\n<ul>\n",
                "<section>\n<h2>What remains</h2>\n<ul>\n", NULL);
    put_counted_risks(page);
    put_item(page,
             "<strong>Nyheter och grannar.</strong> Den som redan vet om ett inbrott, från en "
             "tidning eller en granne, "
             "kan hitta cellen och månaden. Det som tillkommer är då cellens antal, inte var eller "
             "när mer exakt.",
             "<strong>News and neighbours.</strong> Who knows of a burglary already, from a "
             "newspaper or a neighbour, can "
             "find its cell and month. What that adds is the cell's count, not where or when more "
             "exactly.",
             NULL);
    put_item(page,
             "<strong>k räknar bostäder, inte människor,</strong> enligt bostadsuppgifterna. Rivs "
             "eller töms hus blir "
             "skyddet svagare tills nya uppgifter har lästs in; då slås celler ihop och nästa "
             "utgåva får ett nytt rutnät.",
             "<strong>k counts dwellings, not people,</strong> by the dwelling data. If houses are "
             "torn down or emptied, "
             "the protection is weaker until new data are imported; then cells merge, and the next "
             "release has a new "
             "lattice.",
             NULL);
    put_item(page,
             "<strong>Det lagrade är känsligare än det publicerade.</strong> Händelser med timmar "
             "är personuppgifter. De "
             "skyddas av behörighet, logg och gallring, inte av k ensamt.",
             "<strong>What is stored is more sensitive than what is public.</strong> Incidents "
             "with hours are personal "
             "data. They are protected by tokens, a log and retention, not by k alone.",
             NULL);
    gk_buf_puts(page->buf, "</ul>\n</section>\n");
}
