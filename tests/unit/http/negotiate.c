/* Negotiation headers. Examples are those of RFC 9110 (12.5.1, 12.5.3, 12.5.4,
 * 13.1.2) and what browsers, curl and QGIS send. */
#include "negotiate.h"

#include <string.h>

#include "unit.h"

START_TEST(accept_gives_the_q_of_the_most_precise_range)
{
    /* RFC 9110, 12.5.1, without its media type parameters. */
    static const char accept[] = "text/*;q=0.3, text/plain;q=0.7, text/html;q=0.4, */*;q=0.5";
    static const struct {
        const char *accept, *type;
        int quality;
    } cases[] = {
        {accept, "text/plain", 700},
        {accept, "text/html; charset=utf-8", 400},
        {accept, "text/csv", 300},
        {accept, "image/jpeg", 500},
        {NULL, "text/html", 1000},
        {"", "text/html", 0},
        {"application/json", "text/html", 0},
        {"APPLICATION/JSON", "application/json", 1000},
        {"application/geo+json;profile=\"a,b;q=0\", x/y", "application/geo+json", 1000},
        {"text/html;q=0", "text/html", 0},
        {"text/html;q=0,*/*", "text/html", 0},
        {"*/*;q=0.001", "text/html", 1},
        {"text/html;q=1.000", "text/html", 1000},
        {"text/html ; q=0.5", "text/html", 500},
        {"text/html;level=1;Q=0.25", "text/html", 250},
        {"text/html;q=2", "text/html", 0},
        {"text/html;q=-1", "text/html", 0},
        {"text/html;q=", "text/html", 0},
        {"text/html;q=0.x", "text/html", 0},
        {",,, ,text/html,", "text/html", 1000},
        {";;;", "text/html", 0},
        {"text/html;\"", "text/html", 1000},
        {"text/", "text/html", 0},
        {"text/htm", "text/html", 0},
        {"*", "text/html", 1000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(gk_accept_preference(cases[i].accept, cases[i].type).quality ==
                          cases[i].quality,
                      "%s: %s", cases[i].accept, cases[i].type);
}
END_TEST

START_TEST(a_browser_prefers_html_and_curl_has_no_preference)
{
    static const char firefox[] =
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    ck_assert(gk_preference_exceeds(gk_accept_preference(firefox, "text/html"),
                                    gk_accept_preference(firefox, "application/json")));
    ck_assert(!gk_preference_exceeds(gk_accept_preference("*/*", "text/html"),
                                     gk_accept_preference("*/*", "application/json")));
    ck_assert(gk_preference_exceeds(gk_accept_preference("text/html, */*", "text/html"),
                                    gk_accept_preference("text/html, */*", "application/json")));
    ck_assert(!gk_preference_exceeds((struct gk_preference){0, 3}, (struct gk_preference){0, 0}));
}
END_TEST

START_TEST(the_encoding_with_the_highest_q_is_sent)
{
    static const struct {
        const char *accept;
        enum gk_encoding encoding;
        bool refuses_plain;
    } cases[] = {
        {NULL, GK_ENCODING_IDENTITY, false},
        {"", GK_ENCODING_IDENTITY, false},
        {"gzip", GK_ENCODING_GZIP, false},
        {"GZIP", GK_ENCODING_GZIP, false},
        {"x-gzip", GK_ENCODING_GZIP, false},
        {"gzip, deflate", GK_ENCODING_GZIP, false},           /* QGIS, GDAL */
        {"gzip, deflate, br, zstd", GK_ENCODING_ZSTD, false}, /* Chromium */
        {"gzip;q=1.0, zstd;q=0.5", GK_ENCODING_GZIP, false},
        {"zstd;q=0", GK_ENCODING_IDENTITY, false},
        {"*", GK_ENCODING_ZSTD, false},
        {"*;q=0", GK_ENCODING_IDENTITY, false},
        {"*, zstd;q=0", GK_ENCODING_GZIP, false},
        {"gzip;q=0, *", GK_ENCODING_ZSTD, false},
        {"identity", GK_ENCODING_IDENTITY, false},
        {"identity;q=0, gzip;q=0.1", GK_ENCODING_GZIP, true},
        {"gzip;q=0.1, *;q=0", GK_ENCODING_GZIP, true},
        {"gzip, identity;q=0.1, *;q=0", GK_ENCODING_GZIP, false},
        {"identity;q=0, *", GK_ENCODING_ZSTD, true},
        {"gzip, identity;q=0.000", GK_ENCODING_GZIP, true},
        {"identity;q=0", GK_ENCODING_IDENTITY, false}, /* nothing is acceptable: plain */
        {"gzip;q=1.5", GK_ENCODING_GZIP, false},
        {"gzip;q=-1", GK_ENCODING_IDENTITY, false},
        {"gzip;q=0.5, identity;q=0.8", GK_ENCODING_IDENTITY, false},
        {"gzip;q=0.5, identity;q=0.5", GK_ENCODING_GZIP, false},
        {"compress;q=0.5, gzip;q=1.0", GK_ENCODING_GZIP, false},
        {"br", GK_ENCODING_IDENTITY, false},
        {"gzipped", GK_ENCODING_IDENTITY, false},
        {"gzip;q=banana", GK_ENCODING_IDENTITY, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool refuses_plain = true;
        ck_assert_msg(gk_accept_encoding(cases[i].accept, &refuses_plain) == cases[i].encoding,
                      "%s", cases[i].accept);
        ck_assert_msg(refuses_plain == cases[i].refuses_plain, "%s", cases[i].accept);
    }
}
END_TEST

START_TEST(swedish_unless_english_is_wanted_more)
{
    static const char *const cases[][2] = {
        {NULL, "sv"},
        {"", "sv"},
        {"sv-SE,sv;q=0.9,en;q=0.8", "sv"},
        {"en", "en"},
        {"en-GB", "en"},
        {"EN-gb;q=0.2", "en"},
        {"da, en-gb;q=0.8, en;q=0.7", "en"},
        {"sv;q=0.5, en;q=0.5", "sv"},
        {"de", "sv"},
        {"*", "sv"},
        {"en;q=0, *", "sv"},
        {"sv;q=0, *", "en"},
        {"sv;q=0", "sv"},
        {"enx", "sv"},
        {"e", "sv"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(strcmp(gk_accept_language(cases[i][0]), cases[i][1]) == 0, "%s", cases[i][0]);
}
END_TEST

START_TEST(an_etag_is_found_in_a_list)
{
    static const char etag[] = "\"xyzzy\"";
    const char *const yes[] = {"\"xyzzy\"",
                               "W/\"xyzzy\"",
                               "*",
                               " * ",
                               "\"r2d2xxxx\", \"xyzzy\"",
                               "\"a,b\",\"xyzzy\"",
                               "W/\"a\" , W/\"xyzzy\" ",
                               ",,\"xyzzy\""};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        ck_assert_msg(gk_etag_matches(yes[i], etag), "%s", yes[i]);
    const char *const no[] = {"",        "xyzzy",       "\"xyzz\"",     "\"XYZZY\"",
                              "\"xyzzy", "w/\"xyzzy\"", "\"a\"xyzzy\"", "\"a, \\\"xyzzy\\\"\"",
                              "W/",      "W/*",         "\"*\"",        "\"\""};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        ck_assert_msg(!gk_etag_matches(no[i], etag), "%s", no[i]);
    ck_assert(!gk_etag_matches(NULL, etag));
}
END_TEST

GK_UNIT_MAIN("negotiate", accept_gives_the_q_of_the_most_precise_range,
             a_browser_prefers_html_and_curl_has_no_preference,
             the_encoding_with_the_highest_q_is_sent, swedish_unless_english_is_wanted_more,
             an_etag_is_found_in_a_list)
