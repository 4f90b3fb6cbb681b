/* The parts of the page that explain: the method in plain words, what is stored
 * and what is not, and the template for the impact assessment. */
#include "verify_page.h"

/* One line of a list or table in both languages. */
struct line {
    const char *sv, *en;
};

static void put_list(struct gk_page *page, const struct line *lines, size_t count,
                     const double *numbers)
{
    gk_buf_puts(page->buf, "<ul>\n");
    for (size_t i = 0; i < count; i++) {
        gk_buf_puts(page->buf, "<li>");
        gk_page_say(page, lines[i].sv, lines[i].en, numbers);
        gk_buf_puts(page->buf, "</li>\n");
    }
    gk_buf_puts(page->buf, "</ul>\n");
}

/* --- Method ------------------------------------------------------------------------ */

static const struct line rest_of_method[] = {
    {"<strong>Ett enda rutnät.</strong> Områden, grannsamverkan och rutor är alltid summor av hela "
     "celler. Det går inte att dra ett område från ett annat och få fram färre bostäder än så.",
     "<strong>One lattice.</strong> Districts, watch areas and squares are always sums of whole "
     "cells. No area can be subtracted from another to leave fewer dwellings than that."},
    {"<strong>Bara hela månader, i numrerade utgåvor.</strong> En utgåva fryses och ändras aldrig. "
     "Sena rättelser kommer med i nästa, så att två hämtningar inte kan jämföras för att se en "
     "enskild anmälan.",
     "<strong>Whole months only, in numbered releases.</strong> A release is frozen and never "
     "changes. Late corrections wait for the next, so that two downloads cannot be compared to see "
     "a single report."},
    {"<strong>Bostadstyp visas bara för hela kommunen och hela år,</strong> och bara när den inte "
     "utesluter eller pekar ut några hem.",
     "<strong>Kinds of dwelling are shown only for the whole municipality and whole "
     "years,</strong> "
     "and only where they neither exclude nor point at homes."},
    {"<strong>Händelser utan plats</strong> räknas bara i kommunens summa.",
     "<strong>Incidents without a place</strong> are counted only in the municipality's total."},
    {"<strong>Det öppna bygger på utgåvan och inget annat.</strong> Timmar, brottskoder och "
     "ordning "
     "ur det lagrade kan inte läcka, därför att de inte finns i det som svarar.",
     "<strong>What is public is made of the release and nothing else.</strong> Hours, codes and "
     "order of what is stored cannot leak, because they are not in what answers."},
};

static const struct line stored[] = {
    {"Cellen där det hände (eller ingen)", "The cell in which it happened (or none)"},
    {"Tidigast och senast, i hela timmar", "Earliest and latest, in whole hours"},
    {"Dag då det anmäldes", "Day on which it was reported"},
    {"Brottskod och antal", "Offence code and count"},
    {"Ärendet som nycklad kontrollsumma; nyckeln finns utanför databasen",
     "The case as a keyed hash; the key is outside the database"},
};

static const struct line not_stored[] = {
    {"Adress, gata, fastighet, koordinater", "Address, street, property, coordinates"},
    {"Klockslag finare än timmar", "Times finer than hours"},
    {"Ärendenummer i klartext", "The case number itself"},
    {"Namn, personnummer, målsägande, misstänkta", "Names, identity numbers, victims, suspects"},
    {"Stulet gods, tillvägagångssätt, fritext", "What was stolen, how, free text"},
};

static void put_stored(struct gk_page *page)
{
    enum { ROWS = sizeof stored / sizeof *stored };
    gk_page_say(
        page,
        "<table><caption>Vad som lagras om en händelse</caption>\n<thead><tr>"
        "<th scope=\"col\">Lagras</th><th scope=\"col\">Lagras inte</th></tr></thead>\n<tbody>\n",
        "<table><caption>What is stored of an incident</caption>\n<thead><tr>"
        "<th scope=\"col\">Stored</th><th scope=\"col\">Not stored</th></tr></thead>\n<tbody>\n",
        NULL);
    for (size_t i = 0; i < ROWS; i++)
        gk_buf_printf(page->buf, "<tr><td>%s</td><td>%s</td></tr>\n",
                      gk_page_pick(page, stored[i].sv, stored[i].en),
                      gk_page_pick(page, not_stored[i].sv, not_stored[i].en));
    gk_buf_puts(page->buf, "</tbody></table>\n");
}

void gk_page_method(struct gk_page *page)
{
    double k = gk_verify_number(page->report, "k");
    double addresses = gk_verify_number(page->report, "min_addresses");
    gk_page_say(page, "<section>\n<h2>Så skyddas den som drabbats</h2>\n",
                "<section>\n<h2>How those who were hit are protected</h2>\n", NULL);
    gk_page_say(page,
                "<ul><li><strong>Exakta platser lagras aldrig.</strong> Adress och koordinater "
                "finns bara i minnet medan en fil läses in. Det som lagras är en cell.</li>\n",
                "<ul><li><strong>Exact places are never stored.</strong> Address and coordinates "
                "are only in memory while a file is read. What is stored is a cell.</li>\n",
                NULL);
    gk_page_say(page,
                "<li><strong>En cell är minst {n} bostäder.</strong> Cellerna görs av bostäderna, "
                "inte av brotten, och delas aldrig. Den som ser ett brott i en cell kan inte veta "
                "vilken av bostäderna det gäller.",
                "<li><strong>A cell is at least {n} dwellings.</strong> Cells are made of the "
                "dwellings, not of the crimes, and are never split. Who sees a crime in a cell "
                "cannot know which of the dwellings it concerns.",
                (double[]){k});
    if (addresses > 0)
        gk_page_say(page, " De ligger på minst {n} adresser.",
                    " They are at {n} addresses or more.", (double[]){addresses});
    else
        gk_page_say(
            page, " Bostadsuppgifterna saknar adresser, så antalet adresser är inte prövat.",
            " The dwelling data have no addresses, so that their number is not tested.", NULL);
    gk_buf_puts(page->buf, "</li></ul>\n");
    put_list(page, rest_of_method, sizeof rest_of_method / sizeof *rest_of_method, NULL);
    put_stored(page);
    gk_page_say(page,
                "<p class=\"quiet\">Analytiker med behörighet ser händelser med timmar och kod, "
                "men aldrig en noggrannare plats än cellen. De uppgifterna är pseudonymer och "
                "alltså personuppgifter; varje fråga skrivs i en logg.</p>\n</section>\n",
                "<p class=\"quiet\">Analysts with a token see incidents with hours and code, but "
                "never a place finer than the cell. These data are pseudonymous and so personal "
                "data; every request is written to a log.</p>\n</section>\n",
                NULL);
}

/* --- The impact assessment ------------------------------------------------------------ */

/* A question of the template; the answer is the authority's when it is NULL. */
struct question {
    struct line ask, answer;
};

static const struct question questions[] = {
    {{"Personuppgiftsansvarig, kontaktperson", "Controller, contact"}, {NULL, NULL}},
    {{"Dataskyddsombud", "Data protection officer"}, {NULL, NULL}},
    {{"Ändamål", "Purpose"},
     {"Förslag: att ge allmänhet, polis och kommun en rättvisande bild av anmälda bostadsinbrott, "
      "för förebyggande arbete och grannsamverkan.",
      "Suggestion: to give the public, police and municipality a true picture of reported "
      "residential burglary, for prevention and neighbourhood watch."}},
    {{"Rättslig grund, tillämplig lag", "Legal basis, applicable law"}, {NULL, NULL}},
    {{"Vilka registreras", "Whose data"},
     {"Boende i bostäder där inbrott eller försök har anmälts, indirekt genom cell och tid.",
      "Residents of dwellings where a burglary or attempt was reported, indirectly by cell and "
      "time."}},
    {{"Vilka uppgifter", "Which data"},
     {"Se tabellen över vad som lagras och inte lagras.",
      "See the table of what is stored and what is not."}},
    {{"Mottagare", "Recipients"},
     {"Allmänheten: utgåvan. Analytiker med behörighet: lagrade händelser.",
      "The public: the release. Analysts with a token: stored incidents."}},
    {{"Bevarande och gallring (månader)", "Retention (months)"}, {NULL, NULL}},
    {{"Nödvändighet och proportionalitet", "Necessity and proportionality"}, {NULL, NULL}},
    {{"Risker för dem som registreras", "Risks to them"},
     {"Se ”Vad som återstår”. Egen bedömning:", "See “What remains”. Own assessment:"}},
    {{"Åtgärder utöver programmets", "Measures besides the program's"}, {NULL, NULL}},
    {{"Räcker k och minsta antal adresser här? Motivera",
      "Are k and the least number of addresses enough here? Reasons"},
     {NULL, NULL}},
    {{"Synpunkter från berörda", "Views of those concerned"}, {NULL, NULL}},
    {{"Dataskyddsombudets råd", "Advice of the data protection officer"}, {NULL, NULL}},
    {{"Beslut, datum, namn", "Decision, date, name"}, {NULL, NULL}},
    {{"Ny bedömning senast", "To be assessed again by"}, {NULL, NULL}},
};

void gk_page_form(struct gk_page *page)
{
    gk_page_say(page,
                "<section class=\"page\">\n<h2>Mall för konsekvensbedömning</h2>\n<p>Fylls i av "
                "myndigheten. Programmet kan visa vad uppgifterna innehåller; om det räcker är "
                "myndighetens bedömning.</p>\n<table "
                "class=\"field\"><caption>Konsekvensbedömning</caption>\n"
                "<thead><tr><th scope=\"col\">Fråga</th><th "
                "scope=\"col\">Svar</th></tr></thead>\n<tbody>\n",
                "<section class=\"page\">\n<h2>Template for the impact assessment</h2>\n<p>To be "
                "filled in by the authority. The program can show what the data hold; whether that "
                "is enough is for the authority to judge.</p>\n<table class=\"field "
                "facts\"><caption>Impact "
                "assessment</caption>\n<thead><tr><th scope=\"col\">Question</th><th "
                "scope=\"col\">Answer</th>"
                "</tr></thead>\n<tbody>\n",
                NULL);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        const char *answer = gk_page_pick(page, questions[i].answer.sv, questions[i].answer.en);
        gk_buf_printf(page->buf, "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n",
                      gk_page_pick(page, questions[i].ask.sv, questions[i].ask.en),
                      answer != NULL ? answer : "");
    }
    gk_buf_puts(page->buf, "</tbody></table>\n</section>\n");
}
