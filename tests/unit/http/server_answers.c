/* Good requests and what an answer carries. Expected values are those of RFC
 * 9110 (negotiation, validators), 9457 (problems), 6750 (bearer tokens), the
 * Fetch standard (CORS) and of lib/http/README.md; compressed bodies are
 * unpacked by the libraries' own decoders. */
#include "wire.h"

#include <libdeflate.h>
#include <sys/stat.h>
#include <time.h>
#include <zstd.h>

static struct reply reply, second;
static struct gk_server *server;

static void up(void)
{
    struct gk_server_config config = service();
    server = start(&config);
}

static void down(void)
{
    gk_server_stop(server, 1);
}

START_TEST(a_plain_get_is_answered)
{
    up();
    get(server, "/", "", &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_str_eq(body(&reply), "{\"path\":\"/\",\"language\":\"sv\"}\n");
    static const char *const headers[][2] = {
        {"Content-Type", "application/json"},
        {"Cache-Control", "public, max-age=60"},
        {"Vary", "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language"},
        {"Last-Modified", "Fri, 01 Mar 2024 07:00:00 GMT"},
        {"Grannkarta-Data-Age", "7"},
        {"Grannkarta-Stale", ""},
        {"Access-Control-Allow-Origin", "*"},
        {"Access-Control-Expose-Headers",
         "ETag, Content-Crs, Link, Retry-After, Grannkarta-Data-Age, Grannkarta-Stale"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Content-Language", "sv"},
        {"Content-Encoding", ""},
        {"WWW-Authenticate", ""},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        ck_assert_str_eq(header(&reply, headers[i][0]), headers[i][1]);
    ck_assert_ptr_nonnull(strstr(header(&reply, "Content-Security-Policy"), "default-src 'none'"));
    ck_assert(!reply.closed);
    down();
}
END_TEST

START_TEST(a_handler_gets_path_variables_and_query)
{
    up();
    get(server, "/echo/a%2Fb/items/42?x=1&lang=en&y=%C3%A5+b&f=json", "", &reply);
    ck_assert_str_eq(header(&reply, "Content-Language"), "en");
    ck_assert_ptr_nonnull(strstr(body(&reply), "variable=a/b\nsecond=42\nformat=0\nrole=0\n"));
    ck_assert_ptr_nonnull(
        strstr(body(&reply), "target=/echo/a%2Fb/items/42?x=1&lang=en&y=%C3%A5+b&f=json\n"));
    ck_assert_ptr_nonnull(strstr(body(&reply), "\nx=[1]\ny=[å b]\n"));
    ck_assert_ptr_null(strstr(body(&reply), "f=["));
    down();
}
END_TEST

START_TEST(links_are_built_on_the_public_url)
{
    struct gk_server_config config = service();
    struct gk_error error;
    config.public_url = "https://karta.example.se/g/";
    server = start(&config);
    get(server, "/echo/a", "", &reply);
    ck_assert_ptr_nonnull(strstr(body(&reply), "base=https://karta.example.se/g\n"));
    ck_assert_int_eq(gk_server_set_public_url(server, "http://b.example", &error), GK_OK);
    get(server, "/echo/a", "", &reply);
    ck_assert_ptr_nonnull(strstr(body(&reply), "base=http://b.example\n"));
    ck_assert_int_eq(gk_server_set_public_url(server, "javascript:x", &error), GK_INVALID);
    ck_assert_int_eq(gk_server_set_public_url(server, "http://b/?x", &error), GK_INVALID);
    ck_assert_int_eq(gk_server_set_public_url(server, "", &error), GK_OK);
    get(server, "/echo/a", "", &reply);
    char expected[64];
    snprintf(expected, sizeof expected, "base=http://127.0.0.1:%u\n", gk_server_port(server));
    ck_assert_ptr_nonnull(strstr(body(&reply), expected));
    down();
}
END_TEST

START_TEST(the_format_is_that_of_f_or_of_accept)
{
    static const struct {
        const char *target, *headers;
        int status;
        const char *type;
    } cases[] = {
        {"/echo/a", "", 200, "application/geo+json"},
        {"/echo/a", "Accept: */*\r\n", 200, "application/geo+json"},
        {"/echo/a", "Accept: application/json\r\n", 200, "application/geo+json"},
        {"/echo/a", "Accept: application/geo+json\r\n", 200, "application/geo+json"},
        {"/echo/a", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n", 200,
         "text/html; charset=utf-8"},
        {"/echo/a", "Accept: text/csv\r\n", 200, "text/csv; charset=utf-8; header=present"},
        {"/echo/a", "Accept: text/csv;q=0.1\r\nAccept: text/html\r\n", 200,
         "text/html; charset=utf-8"},
        {"/echo/a", "Accept: image/png\r\n", 406, "application/problem+json"},
        {"/echo/a", "Accept: application/json;q=0\r\n", 406, "application/problem+json"},
        {"/echo/a?f=csv", "Accept: image/png\r\n", 200, "text/csv; charset=utf-8; header=present"},
        {"/echo/a?f=html", "Accept: application/json\r\n", 200, "text/html; charset=utf-8"},
        {"/echo/a?f=xml", "", 400, "application/problem+json"},
        {"/echo/a?f=", "", 400, "application/problem+json"},
        {"/echo/a?f=json&f=json", "", 400, "application/problem+json"},
        {"/?f=csv", "", 400, "application/problem+json"},
        {"/", "Accept: text/csv\r\n", 406, "application/problem+json"},
        {"/large?f=html", "", 400, "text/html; charset=utf-8"},
        {"/echo/a?lang=de", "", 400, "application/problem+json"},
        {"/echo/a?lang=EN", "", 400, "application/problem+json"},
        {"/text", "Accept: image/png\r\n", 200, "text/plain; charset=utf-8"},
        {"/text?f=json", "", 400, "application/problem+json"},
    };
    up();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        get(server, cases[i].target, cases[i].headers, &reply);
        ck_assert_msg(status_of(&reply) == cases[i].status, "%zu: %.100s", i, reply.bytes);
        ck_assert_msg(strcmp(header(&reply, "Content-Type"), cases[i].type) == 0, "%zu: %s", i,
                      header(&reply, "Content-Type"));
    }
    get(server, "/?f=csv", "", &reply);
    ck_assert_ptr_nonnull(
        strstr(body(&reply), "parameter f: \\\"csv\\\" is not one of json, html"));
    down();
}
END_TEST

START_TEST(unknown_and_repeated_parameters_are_refused)
{
    static const char *const targets[] = {
        "/?x=1",      "/?F=json",          "/?x", "/echo/a?x=1&x=1", "/echo/a?x=1&%78=2",
        "/echo/a?=1", "/large?lang=sv&a=b"};
    up();
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        get(server, targets[i], "", &reply);
        ck_assert_msg(status_of(&reply) == 400, "%s", targets[i]);
        ck_assert(!reply.closed);
    }
    get(server, "/?limt=1", "", &reply);
    ck_assert_ptr_nonnull(strstr(body(&reply), "limt"));
    get(server, "/?&", "", &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    down();
}
END_TEST

START_TEST(problems_say_what_and_where_and_nothing_more)
{
    up();
    get(server, "/nowhere/%22%3Cscript%3E", "", &reply);
    ck_assert_int_eq(status_of(&reply), 404);
    ck_assert_str_eq(header(&reply, "Cache-Control"), "no-store");
    ck_assert_ptr_nonnull(strstr(body(&reply), "{\"type\":\"about:blank\",\"title\":\"Not Found\","
                                               "\"status\":404,\"detail\":\"there is nothing at "
                                               "\\\"/nowhere/\\\"<script>\\\"\","
                                               "\"request_id\":\""));
    get(server, "/nowhere/%22%3Cscript%3E", "Accept: text/html\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Content-Type"), "text/html; charset=utf-8");
    ck_assert_ptr_null(strstr(body(&reply), "<script>"));
    ck_assert_ptr_nonnull(strstr(body(&reply), "&lt;script&gt;"));
    get(server, "/broken", "", &reply);
    ck_assert_int_eq(status_of(&reply), 500);
    ck_assert_ptr_null(strstr(reply.bytes, "secret"));
    ck_assert_ptr_null(strstr(reply.bytes, "half an answer"));
    get(server, "/no-snapshot", "", &reply);
    ck_assert_int_eq(status_of(&reply), 503);
    ck_assert_str_eq(header(&reply, "Retry-After"), "2");
    ck_assert_str_eq(header(&reply, "Grannkarta-Stale"), "true");
    ck_assert_ptr_nonnull(strstr(body(&reply), "no release has been loaded yet"));
    get(server, "/too-large", "", &reply);
    ck_assert_int_eq(status_of(&reply), 400);
    ck_assert_ptr_nonnull(strstr(body(&reply), "larger than 1 MiB"));
    down();
}
END_TEST

START_TEST(an_etag_names_the_bytes_and_saves_them)
{
    char etag[128], headers[512];
    up();
    get(server, "/", "", &reply);
    strcpy(etag, header(&reply, "ETag"));
    ck_assert_uint_eq(strlen(etag), 34);
    snprintf(headers, sizeof headers, "If-None-Match: \"other\"\r\nIf-None-Match: W/%s\r\n", etag);
    get(server, "/", headers, &second);
    ck_assert_int_eq(status_of(&second), 304);
    ck_assert_str_eq(body(&second), "");
    static const char *const kept[] = {"ETag", "Cache-Control", "Vary", "Last-Modified"};
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(header(&second, kept[i]), header(&reply, kept[i]));
    ck_assert_str_eq(header(&second, "Content-Type"), "");
    get(server, "/", "If-None-Match: *\r\n", &second);
    ck_assert_int_eq(status_of(&second), 304);
    get(server, "/?lang=en", headers, &second);
    ck_assert_int_eq(status_of(&second), 200);
    get(server, "/?f=html", headers, &second); /* same bytes, another type */
    ck_assert_int_eq(status_of(&second), 200);
    get(server, "/nowhere", "If-None-Match: *\r\n", &second);
    ck_assert_int_eq(status_of(&second), 404);
    struct gk_server *one = server;
    up(); /* another daemon gives the same name */
    get(server, "/", headers, &second);
    ck_assert_int_eq(status_of(&second), 304);
    down();
    gk_server_stop(one, 1);
}
END_TEST

/* Drops the header that the clock sets. */
static void without_date(char *bytes)
{
    char *date = strstr(bytes, "\r\nDate: ");
    ck_assert_ptr_nonnull(date);
    char *end = strstr(date + 2, "\r\n");
    memmove(date, end, strlen(end) + 1);
}

START_TEST(head_has_the_headers_of_get)
{
    static const char *const rest[] = {
        "/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "/large HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n",
        "/large HTTP/1.1\r\nHost: a\r\n\r\n"};
    up();
    for (size_t i = 0; i < 3; i++) {
        char text[256];
        snprintf(text, sizeof text, "HEAD %s", rest[i]);
        ask(server, text, &reply);
        snprintf(text, sizeof text, "GET %s", rest[i]);
        ask(server, text, &second);
        second.bytes[body(&second) - second.bytes] = '\0';
        without_date(reply.bytes);
        without_date(second.bytes);
        ck_assert_str_eq(reply.bytes, second.bytes);
        ck_assert(!reply.closed);
    }
    down();
}
END_TEST

START_TEST(large_answers_are_compressed_as_the_client_asks)
{
    static char plain[1 << 17], unpacked[1 << 17];
    char etag[3][128];
    up();
    get(server, "/large", "", &reply);
    ck_assert_str_eq(header(&reply, "Content-Crs"),
                     "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>");
    ck_assert_uint_eq(body_length(&reply), 100000);
    memcpy(plain, body(&reply), 100000);
    strcpy(etag[0], header(&reply, "ETag"));

    get(server, "/large", "Accept-Encoding: gzip, deflate\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Content-Encoding"), "gzip");
    ck_assert_uint_lt(body_length(&reply), 50000);
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    size_t length = 0;
    ck_assert_int_eq(libdeflate_gzip_decompress(d, body(&reply), body_length(&reply), unpacked,
                                                sizeof unpacked, &length),
                     LIBDEFLATE_SUCCESS);
    libdeflate_free_decompressor(d);
    ck_assert_uint_eq(length, 100000);
    ck_assert(memcmp(plain, unpacked, length) == 0);
    strcpy(etag[1], header(&reply, "ETag"));

    get(server, "/large", "Accept-Encoding: zstd\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Content-Encoding"), "zstd");
    memset(unpacked, 0, sizeof unpacked);
    ck_assert_uint_eq(ZSTD_decompress(unpacked, sizeof unpacked, body(&reply), body_length(&reply)),
                      100000);
    ck_assert(memcmp(plain, unpacked, 100000) == 0);
    strcpy(etag[2], header(&reply, "ETag"));

    ck_assert_str_ne(etag[0], etag[1]);
    ck_assert_str_ne(etag[0], etag[2]);
    ck_assert_str_ne(etag[1], etag[2]);
    get(server, "/", "Accept-Encoding: gzip\r\n", &reply); /* too small to be worth it */
    ck_assert_str_eq(header(&reply, "Content-Encoding"), "");
    get(server, "/large", "Accept-Encoding: gzip;q=0\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Content-Encoding"), "");
    down();
}
END_TEST

START_TEST(a_preflight_of_another_site_may_read_the_public_part)
{
    up();
    ask(server,
        "OPTIONS /analyst HTTP/1.1\r\nHost: a\r\nOrigin: https://b.example\r\n"
        "Access-Control-Request-Method: GET\r\n\r\n",
        &reply);
    ck_assert_int_eq(status_of(&reply), 204);
    ck_assert_str_eq(header(&reply, "Access-Control-Allow-Origin"), "*");
    ck_assert_str_eq(header(&reply, "Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
    ck_assert_str_eq(header(&reply, "Allow"), "GET, HEAD, OPTIONS");
    ck_assert_ptr_null(strcasestr(header(&reply, "Access-Control-Allow-Headers"), "authorization"));
    ck_assert_str_eq(header(&reply, "Access-Control-Allow-Credentials"), "");
    get(server, "/analyst", "Authorization: Bearer " ANALYST_TOKEN "\r\n", &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_str_eq(header(&reply, "Access-Control-Allow-Origin"), "");
    down();
}
END_TEST

START_TEST(the_operations_address_is_plain)
{
    struct gk_server_config config = service();
    config.is_operations = true;
    config.authenticate = NULL;
    config.audit_path = NULL;
    server = start(&config);
    get(server, "/text", "Accept-Encoding: gzip\r\nAuthorization: nonsense\r\n", &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_str_eq(header(&reply, "Content-Type"), "text/plain; charset=utf-8");
    ck_assert_str_eq(header(&reply, "Cache-Control"), "no-store");
    ck_assert_str_eq(header(&reply, "Access-Control-Allow-Origin"), "");
    ck_assert_str_eq(header(&reply, "ETag"), "");
    get(server, "/large", "Accept-Encoding: gzip\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Content-Encoding"), "");
    get(server, "/analyst", "", &reply);
    ck_assert_int_eq(status_of(&reply), 401);
    down();
}
END_TEST

START_TEST(counters_count)
{
    struct gk_server_counters counters;
    up();
    get(server, "/", "", &reply); /* each get() probes with one more request of 100 KB */
    get(server, "/nowhere", "", &reply);
    get(server, "/broken", "", &reply);
    get(server, "/", "If-None-Match: *\r\n", &reply);
    gk_server_counters(server, &counters);
    ck_assert_uint_eq(counters.requests, 8);
    ck_assert_uint_eq(counters.responses_2xx, 5);
    ck_assert_uint_eq(counters.responses_304, 1);
    ck_assert_uint_eq(counters.responses_4xx, 1);
    ck_assert_uint_eq(counters.responses_5xx, 1);
    ck_assert_uint_gt(counters.bytes_out, 400000);
    down();
}
END_TEST

GK_UNIT_MAIN("server_answers", a_plain_get_is_answered, a_handler_gets_path_variables_and_query,
             links_are_built_on_the_public_url, the_format_is_that_of_f_or_of_accept,
             unknown_and_repeated_parameters_are_refused,
             problems_say_what_and_where_and_nothing_more, an_etag_names_the_bytes_and_saves_them,
             head_has_the_headers_of_get, large_answers_are_compressed_as_the_client_asks,
             a_preflight_of_another_site_may_read_the_public_part, the_operations_address_is_plain,
             counters_count)
