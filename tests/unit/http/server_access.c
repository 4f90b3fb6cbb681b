/* Tokens, roles, the audit log, limits on connections, and stopping. Challenges
 * are those of RFC 6750, section 3. */
#include "wire.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>

static struct reply reply;
static char audit_path[64];

static struct gk_server_config audited(void)
{
    struct gk_server_config config = service();
    strcpy(audit_path, "/tmp/gk-audit-XXXXXX");
    int fd = mkstemp(audit_path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert_int_eq(unlink(audit_path), 0);
    config.audit_path = audit_path;
    return config;
}

static const char *audit_text(const char *path)
{
    static char text[1 << 16];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ssize_t n = read(fd, text, sizeof text - 1);
    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    close(fd);
    return text;
}

static size_t lines(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

#define PLAIN "Bearer realm=\"grannkarta\""
#define INVALID PLAIN ", error=\"invalid_token\""
#define SCOPE PLAIN ", error=\"insufficient_scope\""

START_TEST(roles_read_what_they_may)
{
    static const struct {
        const char *target, *authorization;
        int status;
        const char *challenge;
    } cases[] = {
        {"/contact", NULL, 401, PLAIN},
        {"/analyst", NULL, 401, PLAIN},
        {"/analyst?f=zzz&x", NULL, 401, PLAIN}, /* access before anything else */
        {"/", "Bearer " ANALYST_TOKEN, 200, ""},
        {"/contact", "Bearer " ANALYST_TOKEN, 200, ""},
        {"/analyst", "Bearer " ANALYST_TOKEN, 200, ""},
        {"/analyst", "bearer   " ANALYST_TOKEN, 200, ""},
        {"/", "Bearer " CONTACT_TOKEN, 200, ""},
        {"/contact", "Bearer " CONTACT_TOKEN, 200, ""},
        {"/analyst", "Bearer " CONTACT_TOKEN, 403, SCOPE},
        {"/", "Bearer unknown-token-0123456789", 401, INVALID},
        {"/nowhere", "Bearer unknown-token-0123456789", 401, INVALID},
        {"/", "Bearer short", 401, INVALID},
        {"/", "Bearer", 401, INVALID},
        {"/", "Bearer ", 401, INVALID},
        {"/", "", 401, INVALID},
        {"/", "Bearer two tokens-0123456789", 401, INVALID},
        {"/", "Bearer " ANALYST_TOKEN " ", 401, INVALID},
        {"/", "Bearer " ANALYST_TOKEN ",x", 401, INVALID},
        {"/", "Bearer \"" ANALYST_TOKEN "\"", 401, INVALID},
        {"/", "Basic YTpi", 401, INVALID},
        {"/", ANALYST_TOKEN, 401, INVALID},
        {"/", "Bearer " UNKNOWABLE_TOKEN, 503, ""},
    };
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char headers[256] = "";
        if (cases[i].authorization != NULL)
            snprintf(headers, sizeof headers, "Authorization: %s\r\n", cases[i].authorization);
        get(server, cases[i].target, headers, &reply);
        ck_assert_msg(status_of(&reply) == cases[i].status, "%zu: %.100s", i, reply.bytes);
        ck_assert_str_eq(header(&reply, "WWW-Authenticate"), cases[i].challenge);
        ck_assert_ptr_null(strstr(reply.bytes, "0123456789\"")); /* no token is repeated */
    }
    get(server, "/", "Authorization: Bearer " ANALYST_TOKEN "\r\nAuthorization: Basic x\r\n",
        &reply);
    ck_assert_int_eq(status_of(&reply), 400);
    get(server, "/", "Authorization: Bearer " ANALYST_TOKEN "\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Cache-Control"), "private, max-age=0, must-revalidate");
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(a_token_of_any_length_is_safe)
{
    static char headers[9000];
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    for (size_t length = 1; length <= 8192; length *= 2) {
        memset(headers, 0, sizeof headers);
        strcpy(headers, "Authorization: Bearer ");
        memset(headers + strlen(headers), 'a', length);
        strcat(headers, "\r\n");
        get(server, "/", headers, &reply);
        ck_assert_int_eq(status_of(&reply), 401);
    }
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(every_request_of_a_token_is_on_record_before_its_answer)
{
    struct gk_server_config config = audited();
    struct gk_server *server = start(&config);
    static const char token[] = "Authorization: Bearer " ANALYST_TOKEN "\r\n";
    static const struct {
        const char *target;
        int status;
    } cases[] = {{"/analyst?bbox=1,2,3,4", 200},
                 {"/", 200},
                 {"/nowhere", 404},
                 {"/?x=1", 400},
                 {"/broken", 500},
                 {"/echo/%22%0A", 400},
                 {"/echo/\"q\"", 200}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[256];
        /* Without the probe: the line must be there as soon as the answer is. */
        char text[512];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", cases[i].target, token);
        int fd = dial(server);
        say(fd, text, strlen(text));
        listen_for(fd, &reply, 1, false);
        ck_assert_int_eq(status_of(&reply), cases[i].status);
        close(fd);
        if (i == 5)
            continue; /* refused before the token was looked at: nobody to put on record */
        const char *written = audit_text(audit_path);
        snprintf(expected, sizeof expected, "\"status\":%d}\n", cases[i].status);
        ck_assert_str_eq(written + strlen(written) - strlen(expected), expected);
    }
    const char *written = audit_text(audit_path);
    ck_assert_uint_eq(lines(written), 6);
    ck_assert_ptr_nonnull(strstr(written,
                                 "\"token\":12,\"role\":\"analyst\",\"method\":\"GET\","
                                 "\"target\":\"/analyst?bbox=1,2,3,4\",\"status\":200}\n"));
    ck_assert_ptr_nonnull(strstr(written, "\"target\":\"/echo/\\\"q\\\"\""));
    ck_assert_ptr_null(strstr(written, ANALYST_TOKEN));
    get(server, "/", "", &reply);
    ck_assert_uint_eq(lines(audit_text(audit_path)), 6); /* the public is not on record */
    struct stat stat_of_it;
    ck_assert_int_eq(stat(audit_path, &stat_of_it), 0);
    ck_assert_uint_eq(stat_of_it.st_mode & 0777 & ~(mode_t)0640, 0);
    gk_server_stop(server, 1);
    unlink(audit_path);
}
END_TEST

START_TEST(without_a_record_there_is_no_answer)
{
    struct gk_server_config config = service();
    config.audit_path = "/dev/full"; /* every write fails: no space left */
    static const struct gk_log quiet = {-1, GK_LOG_ERROR};
    config.log = &quiet;
    struct gk_server *server = start(&config);
    get(server, "/analyst", "Authorization: Bearer " ANALYST_TOKEN "\r\n", &reply);
    ck_assert_int_eq(status_of(&reply), 503);
    ck_assert_str_ne(header(&reply, "Retry-After"), "");
    ck_assert_ptr_null(strstr(reply.bytes, "role=2"));
    get(server, "/", "Authorization: Bearer " ANALYST_TOKEN "\r\nIf-None-Match: *\r\n", &reply);
    ck_assert_int_eq(status_of(&reply), 503);
    ck_assert_str_eq(header(&reply, "ETag"), "");
    get(server, "/analyst", "Authorization: Bearer " CONTACT_TOKEN "\r\n", &reply);
    ck_assert_int_eq(status_of(&reply), 503);
    get(server, "/", "", &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(the_record_is_opened_again_after_rotation)
{
    struct gk_server_config config = audited();
    struct gk_server *server = start(&config);
    struct gk_error error;
    char rotated[80];
    snprintf(rotated, sizeof rotated, "%s.1", audit_path);
    static const char token[] = "Authorization: Bearer " ANALYST_TOKEN "\r\n";
    get(server, "/analyst", token, &reply);
    ck_assert_int_eq(rename(audit_path, rotated), 0);
    get(server, "/analyst", token, &reply);
    ck_assert_int_eq(gk_server_reopen_audit(server, &error), GK_OK);
    get(server, "/analyst", token, &reply);
    ck_assert_uint_eq(lines(audit_text(rotated)), 2);
    ck_assert_uint_eq(lines(audit_text(audit_path)), 1);
    /* A path that cannot be opened keeps the old file. */
    unlink(audit_path);
    ck_assert_int_eq(mkdir(audit_path, 0700), 0);
    ck_assert_int_eq(gk_server_reopen_audit(server, &error), GK_IO);
    get(server, "/analyst", token, &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    gk_server_stop(server, 1);
    rmdir(audit_path);
    unlink(rotated);
}
END_TEST

START_TEST(a_configuration_that_cannot_be_is_refused)
{
    struct gk_server *server;
    struct gk_error error;
    struct gk_server_config config = service();
    config.audit_path = NULL;
    ck_assert_int_eq(gk_server_start(&server, &config, &error), GK_INVALID);
    ck_assert_ptr_null(server);
    config = service();
    config.audit_path = "/nonexistent/audit.log";
    ck_assert_int_eq(gk_server_start(&server, &config, &error), GK_IO);
    config = service();
    config.listen = "not an address";
    ck_assert_int_eq(gk_server_start(&server, &config, &error), GK_INVALID);
    config = service();
    config.public_url = "ftp://x";
    ck_assert_int_eq(gk_server_start(&server, &config, &error), GK_INVALID);
    config = service();
    static const struct gk_route bad[] = {{"no-slash", hello, GK_ROLE_PUBLIC, JSON, NULL, false}};
    config.routes = bad;
    config.route_count = 1;
    ck_assert_int_eq(gk_server_start(&server, &config, &error), GK_INVALID);
    config = service();
    struct gk_server *first = start(&config);
    config.port = gk_server_port(first);
    ck_assert_int_eq(gk_server_start(&server, &config, &error), GK_IO); /* the port is taken */
    ck_assert_ptr_nonnull(strstr(error.message, "127.0.0.1"));
    gk_server_stop(first, 1);
    gk_server_stop(NULL, 1);
}
END_TEST

START_TEST(one_address_cannot_take_all_connections)
{
    struct gk_server_config config = service();
    config.connections_per_address = 4;
    struct gk_server *server = start(&config);
    int fds[6];
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    int answered = 0;
    for (size_t i = 0; i < 6; i++) {
        fds[i] = dial(server);
        say(fds[i], text, sizeof text - 1);
        listen_for(fds[i], &reply, 1, false);
        answered += status_of(&reply) == 200;
    }
    ck_assert_int_eq(answered, 4);
    for (size_t i = 0; i < 6; i++)
        close(fds[i]);
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(a_silent_connection_is_closed)
{
    struct gk_server_config config = service();
    config.idle_timeout_s = 1;
    struct gk_server *server = start(&config);
    int fd = dial(server);
    say(fd, "GET / HT", 8);
    listen_for(fd, &reply, 1, false); /* returns when the server closes */
    ck_assert(reply.closed);
    close(fd);
    gk_server_stop(server, 1);
}
END_TEST

/* A byte now and then keeps the library's clock from running out, for ever. */
START_TEST(a_head_that_trickles_in_is_cut_off)
{
    struct gk_server_config config = service();
    config.idle_timeout_s = 1;
    struct gk_server *server = start(&config);
    int fd = dial(server), sent = 0;
    say(fd, "GET / HTTP/1.1\r\nHost: a\r\nX: ", 28);
    struct pollfd wait_for = {.fd = fd, .events = POLLIN};
    while (sent < 100 && poll(&wait_for, 1, 200) == 0) {
        say(fd, "x", 1);
        sent++;
    }
    ck_assert_int_lt(sent, 100);
    listen_for(fd, &reply, 1, false);
    ck_assert(reply.closed);
    ck_assert_uint_eq(reply.length, 0);
    close(fd);
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(a_connection_that_broke_off_does_not_keep_its_place)
{
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    struct gk_server_counters counters = {0};
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (size_t i = 1; i < sizeof text; i += 3) {
        int fd = dial(server);
        say(fd, text, i);
        close(fd);
    }
    get(server, "/", "", &reply); /* all of them have been accepted by now */
    ck_assert_int_eq(status_of(&reply), 200);
    for (int i = 0; i < 1000; i++) {
        gk_server_counters(server, &counters);
        if (counters.connections_open == 0)
            break;
        (void)poll(NULL, 0, 10);
    }
    ck_assert_uint_eq(counters.connections_open, 0); /* long before the timeout of 60 s */
    gk_server_stop(server, 1);
}
END_TEST

/* The answer of a client that has shut its side down right behind its request
 * is still sent. */
START_TEST(a_client_that_only_listens_gets_its_answer)
{
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    static const char text[] = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";
    for (int i = 0; i < 20; i++) {
        int fd = dial(server);
        say(fd, text, sizeof text - 1);
        shutdown(fd, SHUT_WR);
        listen_for(fd, &reply, 1, false);
        ck_assert_int_eq(status_of(&reply), 200);
        ck_assert_uint_eq(body_length(&reply), 100000);
        close(fd);
    }
    gk_server_stop(server, 1);
}
END_TEST

/* --- Stopping ------------------------------------------------------------- */

static sem_t entered, may_leave;

static enum gk_status waits(void *context, const struct gk_request *request,
                            struct gk_response *response, struct gk_error *error)
{
    (void)context, (void)request, (void)error;
    sem_post(&entered);
    sem_wait(&may_leave);
    gk_buf_puts(&response->body, "done");
    return GK_OK;
}

static void *stop(void *server)
{
    gk_server_stop(server, 60);
    return NULL;
}

START_TEST(an_open_request_is_finished_before_the_server_stops)
{
    static const struct gk_route slow[] = {{"/slow", waits, GK_ROLE_PUBLIC, JSON, NULL, false}};
    struct gk_server_config config = service();
    config.routes = slow;
    config.route_count = 1;
    struct gk_server *server = start(&config);
    sem_init(&entered, 0, 0);
    sem_init(&may_leave, 0, 0);
    static const char text[] = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";
    int idle = dial(server), busy = dial(server);
    say(busy, text, sizeof text - 1);
    sem_wait(&entered);
    uint16_t port = gk_server_port(server);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, stop, server), 0);
    sem_post(&may_leave);
    listen_for(busy, &reply, 1, false);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_str_eq(body(&reply), "done");
    pthread_join(thread, NULL); /* does not wait for the idle one */
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ne(connect(late, (struct sockaddr *)&address, sizeof address), 0);
    close(late), close(idle), close(busy);
}
END_TEST

/* Two server threads, four clients: what ThreadSanitizer looks at. */
static void *hammer(void *server)
{
    struct reply *own = malloc(sizeof *own);
    static const char text[] = "GET /large HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n"
                               "Authorization: Bearer " ANALYST_TOKEN "\r\n\r\n";
    int fd = dial(server);
    size_t answered = 0;
    for (int i = 0; own != NULL && i < 25; i++) {
        say(fd, text, sizeof text - 1);
        listen_for(fd, own, 1, false);
        answered += status_of(own) == 200;
    }
    close(fd);
    free(own);
    return answered == 25 ? server : NULL;
}

START_TEST(many_clients_and_a_reload_at_once)
{
    struct gk_server_config config = audited();
    struct gk_error error;
    config.threads = 2;
    struct gk_server *server = start(&config);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer, server), 0);
    for (int i = 0; i < 20; i++) {
        struct gk_server_counters counters;
        ck_assert_int_eq(gk_server_reopen_audit(server, &error), GK_OK);
        ck_assert_int_eq(gk_server_set_public_url(server, i % 2 ? "http://a" : "http://b", &error),
                         GK_OK);
        gk_server_counters(server, &counters);
    }
    for (size_t i = 0; i < 4; i++) {
        void *result;
        pthread_join(threads[i], &result);
        ck_assert_ptr_nonnull(result);
    }
    ck_assert_uint_eq(lines(audit_text(audit_path)), 100);
    gk_server_stop(server, 1);
    unlink(audit_path);
}
END_TEST

GK_UNIT_MAIN("server_access", roles_read_what_they_may, a_token_of_any_length_is_safe,
             every_request_of_a_token_is_on_record_before_its_answer,
             without_a_record_there_is_no_answer, the_record_is_opened_again_after_rotation,
             a_configuration_that_cannot_be_is_refused, one_address_cannot_take_all_connections,
             a_silent_connection_is_closed, a_head_that_trickles_in_is_cut_off,
             a_connection_that_broke_off_does_not_keep_its_place,
             a_client_that_only_listens_gets_its_answer,
             an_open_request_is_finished_before_the_server_stops, many_clients_and_a_reload_at_once)
