/* Bytes that no good client sends, each with the answer it must get and whether
 * the connection must end. The shapes are those of the HTTP desync literature
 * (CL.TE, TE.CL, TE.TE, CL.CL, bare LF, obs-fold), RFC 9112 sections 2.2, 3.2,
 * 5, 6 and 11, and the service's own table of answers to bad input. */
#include "wire.h"

static struct reply reply;

#define GET_ROOT "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define TAIL "\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
#define BYTES(literal) (literal), sizeof(literal) - 1

struct attempt {
    const char *bytes;
    size_t length;
    int status;
    bool closes;
};

/* Exactly one answer, the expected one; problem+json unless the library itself
 * gave up on the bytes before our first look. */
static void expect(const struct gk_server *server, const struct attempt *attempts, size_t count,
                   bool is_ours)
{
    for (size_t i = 0; i < count; i++) {
        const struct attempt *a = &attempts[i];
        ask_bytes(server, a->bytes, a->length, &reply);
        ck_assert_msg(status_of(&reply) == a->status, "%zu: %.80s: %.60s", i, a->bytes,
                      reply.bytes);
        ck_assert_msg(reply.closed == a->closes, "%zu: %.80s: closed %d", i, a->bytes,
                      reply.closed);
        if (is_ours)
            ck_assert_msg(strstr(body(&reply), "HTTP/1.1") == NULL, "%zu: two answers", i);
        if (a->closes)
            ck_assert_str_eq(header(&reply, "Connection"), "close");
        if (is_ours && a->status >= 400)
            ck_assert_msg(strcmp(header(&reply, "Content-Type"), "application/problem+json") == 0,
                          "%zu: %.80s: %s", i, a->bytes, reply.bytes);
    }
}

#define EXPECT(attempts, is_ours)                                                                  \
    do {                                                                                           \
        struct gk_server_config config = service();                                                \
        struct gk_server *server = start(&config);                                                 \
        expect(server, attempts, sizeof attempts / sizeof *(attempts), is_ours);                   \
        gk_server_stop(server, 1);                                                                 \
    } while (0)

START_TEST(shapes_of_request_smuggling_are_refused_and_closed)
{
    static const struct attempt attempts[] = {
        {BYTES("POST / HTTP/1.1\r\n" HOST
               "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" TAIL),
         400, true},
        {BYTES("POST / HTTP/1.1\r\n" HOST
               "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n" TAIL),
         400, true},
        {BYTES(GET_ROOT HOST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n" TAIL), 400,
         true},
        {BYTES(GET_ROOT HOST "Content-Length: 4\r\nContent-Length: 5\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: 0\r\nContent-Length: 33\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: 0\r\nContent-Length: 0\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "content-length: 0\r\nCONTENT-LENGTH: 1\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: gzip\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: identity\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: gzip, chunked\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: chunked, identity\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: xchunked\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: chunked \r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: \"chunked\"\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: \x0b"
                             "chunked\r\n" TAIL),
         400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding:\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" TAIL),
         400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" TAIL),
         400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding : chunked\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding\t: chunked\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST " Transfer-Encoding: chunked\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "X: y\r\n Transfer-Encoding: chunked\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding:\r\n chunked\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Transfer-Encoding: chunked\r\n" TAIL), 400, true},
        {BYTES("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" TAIL), 400, true},
        {BYTES("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n" TAIL), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: 5\r\n\r\nhello"), 400, true},
        {BYTES("HEAD / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"), 400, true},
        {BYTES("OPTIONS / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: 9223372036854775807\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: 9223372036854775806\r\nExpect: 100-continue\r\n\r\n"),
         400, true},
        {BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 9223372036854775807\r\n\r\n"), 405,
         true},
        {BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello"), 405, true},
        {BYTES("PUT / HTTP/1.1\r\n" HOST
               "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
         405, true},
    };
    EXPECT(attempts, true);
}
END_TEST

START_TEST(one_host_is_needed)
{
    static const struct attempt attempts[] = {
        {BYTES(GET_ROOT "\r\n"), 400, true},
        {BYTES(GET_ROOT "X: y\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host:\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host:  \r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST HOST "\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "host: b\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a b\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a/b\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\"b\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a@b\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: <script>\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host : a\r\n\r\n"), 400, true},
        {BYTES("GET / HTTP/1.0\r\n" HOST HOST "\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: [::1]:8080\r\n\r\n"), 200, false},
        {BYTES(GET_ROOT "Host:a\r\n\r\n"), 200, false},
        {BYTES(GET_ROOT "Host: \t a.b-c:80\r\n\r\n"), 200, false},
        {BYTES("GET / HTTP/1.0\r\n\r\n"), 200, true},
        {BYTES("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), 200, false},
        {BYTES("GET http://elsewhere/ HTTP/1.1\r\n" HOST "\r\n"), 200, false},
    };
    EXPECT(attempts, true);
}
END_TEST

START_TEST(nul_bare_line_ends_and_control_bytes_are_refused)
{
    static const struct attempt attempts[] = {
        {BYTES("GET /\0 HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /\0/../x HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET\0 / HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET  / HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /  HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET / HTTP/1.1\n" HOST "\r\n"), 400, true},
        {BYTES("GET / HTTP/1.1\nHost: a\n\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\n\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\nX: y\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\0b\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\0\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX: y\0z\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX: y\0\0\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX: y\rZ: z\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX: \r\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX:\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX: y\x01\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX: y\x7f\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX: y\r\n folded\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX: y\r\n\tfolded\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX: y\r\n \r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\n: y\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX Y: z\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX(: z\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\n\xc3\xa5: z\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT "Host: a\r\nX:\r\nY: \t\r\n\r\n"), 200, false},
        {BYTES(GET_ROOT "Host: a\r\nX: \xc3\xa5\xff\r\n\r\n"), 200, false},
        {BYTES("\r\n\r\n" GET_ROOT HOST "\r\n"), 200, false}, /* RFC 9112, 2.2 */
    };
    EXPECT(attempts, true);
}
END_TEST

START_TEST(targets_that_are_no_path_are_refused)
{
    static const struct attempt attempts[] = {
        {BYTES("GET /%00 HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /echo/a%00b HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /echo/a?b=%00 HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /%zz HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /% HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /%2 HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /?a=%f HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /\x01 HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /\t HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /\x7f HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /a b HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /#a HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET a HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET localhost:80 HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET ftp://a/ HTTP/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /%FF HTTP/1.1\r\n" HOST "\r\n"), 400, false},
        {BYTES("GET /%0A HTTP/1.1\r\n" HOST "\r\n"), 400, false},
        {BYTES("GET /%C0%AF HTTP/1.1\r\n" HOST "\r\n"), 400, false},
        {BYTES("GET * HTTP/1.1\r\n" HOST "\r\n"), 200, false},
        {BYTES("GET /../../etc/passwd HTTP/1.1\r\n" HOST "\r\n"), 404, false},
        {BYTES("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" HOST "\r\n"), 404, false},
        {BYTES("GET //large HTTP/1.1\r\n" HOST "\r\n"), 404, false},
        {BYTES("GET /echo%2Fa HTTP/1.1\r\n" HOST "\r\n"), 404, false},
        {BYTES("GET /nowhere HTTP/1.1\r\n" HOST "\r\n"), 404, false},
        {BYTES("GET /a/b/c/d/e/f/g/h/i/j/k/l HTTP/1.1\r\n" HOST "\r\n"), 404, false},
    };
    EXPECT(attempts, true);
}
END_TEST

START_TEST(methods_are_known_allowed_or_refused)
{
    static const struct attempt attempts[] = {
        {BYTES("POST / HTTP/1.1\r\n" HOST "\r\n"), 405, false},
        {BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"), 405, false},
        {BYTES("PUT /nowhere HTTP/1.1\r\n" HOST "\r\n"), 405, false},
        {BYTES("DELETE / HTTP/1.1\r\n" HOST "\r\n"), 405, false},
        {BYTES("PATCH / HTTP/1.1\r\n" HOST "\r\n"), 405, false},
        {BYTES("TRACE / HTTP/1.1\r\n" HOST "\r\n"), 405, false},
        {BYTES("BREW / HTTP/1.1\r\n" HOST "\r\n"), 501, false},
        {BYTES("get / HTTP/1.1\r\n" HOST "\r\n"), 501, false},
        {BYTES("GETT / HTTP/1.1\r\n" HOST "\r\n"), 501, false},
        {BYTES("PROPFIND / HTTP/1.1\r\n" HOST "\r\n"), 501, false},
        {BYTES("BREW / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"), 501, true},
        {BYTES("OPTIONS / HTTP/1.1\r\n" HOST "\r\n"), 204, false},
        {BYTES("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 204, false},
        {BYTES("OPTIONS /nowhere HTTP/1.1\r\n" HOST "\r\n"), 404, false},
        {BYTES("HEAD / HTTP/1.1\r\n" HOST "\r\n"), 200, false},
    };
    EXPECT(attempts, true);
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    ask(server, "POST / HTTP/1.1\r\n" HOST "\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Allow"), "GET, HEAD, OPTIONS");
    ask(server, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n", &reply);
    ck_assert(status_of(&reply) == 405 || status_of(&reply) == 400);
    gk_server_stop(server, 1);
}
END_TEST

/* "GET /aaa… HTTP/1.1" and the like of any length. */
static size_t fill(char *to, const char *before, const char *unit, size_t times, const char *after)
{
    size_t at = strlen(before);
    memcpy(to, before, at);
    for (size_t i = 0; i < times; i++, at += strlen(unit))
        memcpy(to + at, unit, strlen(unit));
    memcpy(to + at, after, strlen(after));
    return at + strlen(after);
}

START_TEST(too_much_of_anything_is_refused_in_our_words)
{
    static char bytes[1 << 20];
    static const struct {
        const char *before, *unit;
        size_t times;
        const char *after;
        int status;
        bool is_ours;
    } cases[] = {
        {"GET /echo/", "a", 8191 - 6, " HTTP/1.1\r\n" HOST "\r\n", 200, true},
        {"GET /echo/", "a", 8192 - 5, " HTTP/1.1\r\n" HOST "\r\n", 414, true},
        {"GET /", "a", 20000, " HTTP/1.1\r\n" HOST "\r\n", 414, true},
        {"GET /?", "a&", 10000, " HTTP/1.1\r\n" HOST "\r\n", 414, true},
        {"GET /", "a", 500000, " HTTP/1.1\r\n" HOST "\r\n", 414, false},
        {"GET /echo/a?x", "&", 33, " HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"GET /echo/a?x", "&", 32, " HTTP/1.1\r\n" HOST "\r\n", 200, true},
        {"GET /echo/a?", "a=b&", 500, " HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {"GET /echo/a?", "a&", 4000, " HTTP/1.1\r\n" HOST "\r\n", 400, true},
        {GET_ROOT HOST, "X: y\r\n", 63, "\r\n", 200, true},
        {GET_ROOT HOST, "X: y\r\n", 64, "\r\n", 431, true},
        {GET_ROOT HOST, "X: y\r\n", 400, "\r\n", 431, true},
        {GET_ROOT HOST "X: ", "a", 15000, "\r\n\r\n", 200, true},
        {GET_ROOT HOST "X: ", "a", 17000, "\r\n\r\n", 431, true},
        {GET_ROOT HOST "", "a", 17000, ": x\r\n\r\n", 431, true},
        {GET_ROOT HOST "Cookie: ", "a=b;", 100, "\r\n\r\n", 200, true},
        {GET_ROOT HOST "X: ", "a", 500000, "\r\n\r\n", 431, false},
        {GET_ROOT HOST, "X: y\r\n", 50000, "\r\n", 431, false},
        {GET_ROOT HOST "Accept: ", ",", 15000, "\r\n\r\n", 406, true},
        {GET_ROOT HOST "If-None-Match: ", "\"a\",", 4000, "\r\n\r\n", 200, true},
    };
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = fill(bytes, cases[i].before, cases[i].unit, cases[i].times, cases[i].after);
        ask_bytes(server, bytes, length, &reply);
        ck_assert_msg(status_of(&reply) == cases[i].status, "%zu: %.100s", i, reply.bytes);
        if (cases[i].is_ours && cases[i].status >= 400)
            ck_assert_str_eq(header(&reply, "Content-Type"), "application/problem+json");
        if (cases[i].status == 414 || cases[i].status == 431)
            ck_assert_msg(reply.closed, "%zu", i);
    }
    gk_server_stop(server, 1);
}
END_TEST

/* Here the library answers by itself, before it calls us: the status and the end
 * of the connection are right, the text is its own (and for a Content-Length
 * that is no number, 0.9.75 writes its head twice before it closes). */
START_TEST(what_is_no_http_is_refused_by_the_library)
{
    static const struct attempt attempts[] = {
        {BYTES("GET / HTTP/2.0\r\n" HOST "\r\n"), 505, true},
        {BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505, true},
        {BYTES("GET / HTTP/0.9\r\n" HOST "\r\n"), 505, true},
        {BYTES("GET / http/1.1\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET / HTTP/1.1x\r\n" HOST "\r\n"), 400, true},
        {BYTES("GET /\r\n" HOST "\r\n"), 400, true},
        {BYTES(GET_ROOT "no colon\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "no colon\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "X\0Y: z\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: -1\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: +1\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: 0x1\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: 1,1\r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: \r\n\r\n"), 400, true},
        {BYTES(GET_ROOT HOST "Content-Length: 99999999999999999999\r\n\r\n"), 413, true},
    };
    EXPECT(attempts, false);
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    static const struct {
        const char *bytes;
        size_t length;
    } rubbish[] = {{BYTES("GARBAGE\r\n\r\n")},
                   {BYTES("\x16\x03\x01\x02\x00\x01\r\n")}, /* TLS */
                   {BYTES("\xff\xfe\r\n\r\n")}};
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        ask_bytes(server, rubbish[i].bytes, rubbish[i].length, &reply);
        ck_assert(reply.closed);
        ck_assert(status_of(&reply) == 0 || status_of(&reply) == 400);
    }
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(requests_in_a_row_on_one_connection_are_answered_in_order)
{
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    static char bytes[65536];
    size_t at = 0;
    for (int i = 0; i < 100; i++)
        at += (size_t)snprintf(bytes + at, sizeof bytes - at,
                               "%s /echo/n%d?x=%d HTTP/1.1\r\nHost: a\r\n\r\n", "GET", i, i);
    int fd = dial(server);
    say(fd, bytes, at);
    listen_for(fd, &reply, 100, false);
    ck_assert(!reply.closed);
    const char *from = reply.bytes;
    for (int i = 0; i < 100; i++) {
        char mark[32];
        snprintf(mark, sizeof mark, "variable=n%d\n", i);
        from = strstr(from, mark);
        ck_assert_ptr_nonnull(from);
    }
    close(fd);
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(a_refusal_ends_a_row_and_what_follows_is_not_answered)
{
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    ask(server, GET_ROOT HOST "\r\n" GET_ROOT HOST "Content-Length: 3\r\n\r\n" GET_ROOT HOST "\r\n",
        &reply);
    int answers = 0;
    for (const char *at = reply.bytes; (at = strstr(at, "HTTP/1.1 ")) != NULL; at++)
        answers++;
    ck_assert_int_le(answers, 2);
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(a_request_in_single_bytes_is_the_same_request)
{
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    static const char bytes[] = "GET /echo/a?x=%41 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    int fd = dial(server);
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof one);
    for (size_t i = 0; i < sizeof bytes - 1; i++)
        say(fd, bytes + i, 1);
    listen_for(fd, &reply, 1, false);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_ptr_nonnull(strstr(body(&reply), "x=[A]"));
    close(fd);
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(connections_that_break_off_leave_nothing_behind)
{
    struct gk_server_config config = service();
    config.connections_per_address = 64;
    struct gk_server *server = start(&config);
    static const char bytes[] = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    for (size_t i = 0; i < sizeof bytes; i++) {
        int fd = dial(server);
        say(fd, bytes, i);
        if (i % 2 == 0)
            shutdown(fd, SHUT_WR);
        close(fd);
    }
    get(server, "/", "", &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    gk_server_stop(server, 5);
}
END_TEST

GK_UNIT_MAIN("server_hostile", shapes_of_request_smuggling_are_refused_and_closed,
             one_host_is_needed, nul_bare_line_ends_and_control_bytes_are_refused,
             targets_that_are_no_path_are_refused, methods_are_known_allowed_or_refused,
             too_much_of_anything_is_refused_in_our_words,
             what_is_no_http_is_refused_by_the_library,
             requests_in_a_row_on_one_connection_are_answered_in_order,
             a_refusal_ends_a_row_and_what_follows_is_not_answered,
             a_request_in_single_bytes_is_the_same_request,
             connections_that_break_off_leave_nothing_behind)
