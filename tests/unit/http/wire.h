/* A server inside the test, and a client that writes exactly the bytes it is
 * told to: raw sockets, because a real client would refuse to send most of
 * them. Readiness is a reply or an end of file, never a pause. */
#ifndef GK_TESTS_WIRE_H
#define GK_TESTS_WIRE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sodium.h>

#include "http/parameter.h"
#include "http/server.h"
#include "unit.h"

#define ANALYST_TOKEN "analyst-token-0123456789"
#define CONTACT_TOKEN "contact-token-0123456789"
#define UNKNOWABLE_TOKEN "database-is-down-0123456"

/* --- The service under test ---------------------------------------------- */

static enum gk_status hello(void *context, const struct gk_request *request,
                            struct gk_response *response, struct gk_error *error)
{
    (void)context;
    (void)error;
    gk_buf_printf(&response->body, "{\"path\":\"%s\",\"language\":\"%s\"}\n", request->path,
                  request->language);
    response->data_utc = 1709276400;
    response->data_age_s = 7;
    return GK_OK;
}

static enum gk_status echo(void *context, const struct gk_request *request,
                           struct gk_response *response, struct gk_error *error)
{
    (void)context;
    (void)error;
    gk_buf_printf(&response->body, "path=%s\nvariable=%.*s\nsecond=%.*s\nformat=%d\nrole=%d\n",
                  request->path, (int)request->variable[0].length, request->variable[0].data,
                  (int)request->variable[1].length, request->variable[1].data, (int)request->format,
                  (int)request->principal.role);
    gk_buf_printf(&response->body, "base=%s\ntarget=%s\n", request->base_url, request->target);
    for (size_t i = 0; i < request->query_count; i++)
        gk_buf_printf(&response->body, "%s=[%s]\n", request->query[i].name,
                      request->query[i].value.data);
    return GK_OK;
}

/* 100 KB that compress well. */
static enum gk_status large(void *context, const struct gk_request *request,
                            struct gk_response *response, struct gk_error *error)
{
    (void)context;
    (void)request;
    (void)error;
    for (int i = 0; i < 10000; i++)
        gk_buf_printf(&response->body, "%09d\n", i);
    response->content_crs = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>";
    return GK_OK;
}

static enum gk_status too_large(void *context, const struct gk_request *request,
                                struct gk_response *response, struct gk_error *error)
{
    (void)context;
    (void)request;
    (void)error;
    for (int i = 0; i < 300000; i++)
        gk_buf_puts(&response->body, "0123456789");
    return GK_OK;
}

static enum gk_status no_snapshot(void *context, const struct gk_request *request,
                                  struct gk_response *response, struct gk_error *error)
{
    (void)context;
    (void)request;
    response->retry_after_s = 2;
    response->is_stale = true;
    return gk_error_set(error, GK_UNAVAILABLE, "no release has been loaded yet");
}

static enum gk_status broken(void *context, const struct gk_request *request,
                             struct gk_response *response, struct gk_error *error)
{
    (void)context;
    (void)request;
    gk_buf_puts(&response->body, "half an answer");
    return gk_error_set(error, GK_DATABASE, "secret: connection to 10.1.2.3 failed");
}

static enum gk_status authenticate(void *context, const unsigned char hash[32],
                                   struct gk_principal *principal)
{
    static const struct {
        const char *token;
        struct gk_principal principal;
        enum gk_status status;
    } tokens[] = {
        {ANALYST_TOKEN, {.role = GK_ROLE_ANALYST, .token_id = 12}, GK_OK},
        {CONTACT_TOKEN, {.role = GK_ROLE_CONTACT, .token_id = 34, .watch_area_id = 5}, GK_OK},
        {UNKNOWABLE_TOKEN, {.role = GK_ROLE_PUBLIC}, GK_UNAVAILABLE},
    };
    (void)context;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        unsigned char own[32];
        crypto_hash_sha256(own, (const unsigned char *)tokens[i].token, strlen(tokens[i].token));
        if (memcmp(own, hash, sizeof own) == 0) {
            *principal = tokens[i].principal;
            return tokens[i].status;
        }
    }
    return GK_UNAUTHORIZED;
}

enum { JSON = 1 << GK_FORMAT_JSON, HTML = 1 << GK_FORMAT_HTML, CSV = 1 << GK_FORMAT_CSV };

static const struct gk_route routes[] = {
    {"/", hello, GK_ROLE_PUBLIC, JSON | HTML, NULL, false},
    {"/echo/{id}", echo, GK_ROLE_PUBLIC, JSON | HTML | CSV, "application/geo+json", true},
    {"/echo/{id}/items/{fid}", echo, GK_ROLE_PUBLIC, JSON, NULL, true},
    {"/large", large, GK_ROLE_PUBLIC, JSON, NULL, false},
    {"/too-large", too_large, GK_ROLE_PUBLIC, JSON, NULL, false},
    {"/no-snapshot", no_snapshot, GK_ROLE_PUBLIC, JSON, NULL, false},
    {"/broken", broken, GK_ROLE_PUBLIC, JSON, NULL, false},
    {"/contact", echo, GK_ROLE_CONTACT, JSON, NULL, true},
    {"/analyst", echo, GK_ROLE_ANALYST, JSON, NULL, true},
    {"/text", echo, GK_ROLE_PUBLIC, 0, NULL, false},
};

__attribute__((unused)) static struct gk_server_config service(void)
{
    static const struct gk_log log = {2, GK_LOG_ERROR};
    return (struct gk_server_config){.listen = "127.0.0.1",
                                     .public_url = "",
                                     .threads = 1,
                                     .connections = 64,
                                     .connections_per_address = 32,
                                     .idle_timeout_s = 60,
                                     .response_max_bytes = 1 << 20,
                                     .outbox_max_bytes = 1 << 24,
                                     .routes = routes,
                                     .route_count = sizeof routes / sizeof *routes,
                                     .authenticate = authenticate,
                                     .audit_path = "/dev/null",
                                     .log = &log};
}

static struct gk_server *start(const struct gk_server_config *config)
{
    struct gk_server *server;
    struct gk_error error = {.message = ""};
    ck_assert_msg(gk_server_start(&server, config, &error) == GK_OK, "%s", error.message);
    return server;
}

/* --- The client ----------------------------------------------------------- */

struct reply {
    char bytes[1 << 18];
    size_t length;
    bool closed; /* the server closed the connection behind it */
};

static int dial(const struct gk_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(gk_server_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* A server that refuses may close before it read everything. */
static void say(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        at += n;
        length -= (size_t)n;
    }
}

/* Reads until `want` messages with a Content-Length (or none) are complete, or
 * the end of file; HEAD, 204 and 304 have no body. */
static bool is_complete(const struct reply *reply, size_t want, bool is_head)
{
    const char *at = reply->bytes, *end = reply->bytes + reply->length;
    for (; want > 0; want--) {
        const char *head_end = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
        if (head_end == NULL)
            return false;
        const char *length = strcasestr(at, "\r\nContent-Length:");
        size_t body = length != NULL && length < head_end && !is_head
                          ? (size_t)strtoul(length + 17, NULL, 10)
                          : 0;
        if ((size_t)(end - head_end) - 4 < body)
            return false;
        at = head_end + 4 + body;
    }
    return true;
}

static void listen_for(int fd, struct reply *reply, size_t want, bool is_head)
{
    reply->length = 0;
    reply->closed = false;
    reply->bytes[0] = '\0';
    while (want == 0 || !is_complete(reply, want, is_head)) {
        ssize_t n =
            recv(fd, reply->bytes + reply->length, sizeof reply->bytes - 1 - reply->length, 0);
        if (n <= 0) {
            reply->closed = true;
            return;
        }
        reply->length += (size_t)n;
        reply->bytes[reply->length] = '\0';
    }
}

/* One connection: sends, reads one answer, then tells whether the server
 * closes. A second, plain request answered on it proves that it does not. */
static void ask_bytes(const struct gk_server *server, const void *bytes, size_t length,
                      struct reply *reply)
{
    static struct reply probe;
    int fd = dial(server);
    say(fd, bytes, length);
    bool is_head = length > 4 && memcmp(bytes, "HEAD", 4) == 0;
    listen_for(fd, reply, 1, is_head);
    if (!reply->closed) {
        static const char again[] = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
        say(fd, again, sizeof again - 1);
        listen_for(fd, &probe, 1, false);
        reply->closed = probe.length == 0;
    }
    close(fd);
}

static void ask(const struct gk_server *server, const char *text, struct reply *reply)
{
    ask_bytes(server, text, strlen(text), reply);
}

/* GET with extra header lines, each ended by CR LF. */
static void get(const struct gk_server *server, const char *target, const char *headers,
                struct reply *reply)
{
    static char text[1 << 17];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", target, headers);
    ask(server, text, reply);
}

static int status_of(const struct reply *reply)
{
    return reply->length > 12 && memcmp(reply->bytes, "HTTP/1.1 ", 9) == 0 ? atoi(reply->bytes + 9)
                                                                           : 0;
}

/* Value of a header, "" if it is not there; static memory. */
static const char *header(const struct reply *reply, const char *name)
{
    static char values[8][512];
    static unsigned next;
    char key[64];
    char *value = values[next++ % 8];
    value[0] = '\0';
    snprintf(key, sizeof key, "\r\n%s: ", name);
    const char *end = strstr(reply->bytes, "\r\n\r\n");
    const char *at = strcasestr(reply->bytes, key);
    if (at == NULL || end == NULL || at > end)
        return value;
    at += strlen(key);
    size_t length = strcspn(at, "\r");
    ck_assert_uint_lt(length, 512);
    memcpy(value, at, length);
    value[length] = '\0';
    return value;
}

static const char *body(const struct reply *reply)
{
    const char *end = strstr(reply->bytes, "\r\n\r\n");
    return end == NULL ? "" : end + 4;
}

__attribute__((unused)) static size_t body_length(const struct reply *reply)
{
    return reply->length - (size_t)(body(reply) - reply->bytes);
}

/* Uses every helper, so that a file may leave some out. */
__attribute__((unused)) static void helpers(void)
{
    (void)start, (void)get, (void)status_of, (void)header;
}

#endif
