/* Finished answers through the server: given again only to who would be given the
 * same by the handler, and then byte for byte the same. A handler that counts its
 * calls tells which it was; a second server without a cache says what is right. */
#include "wire.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What the handler answers from, and how often it was asked. */
struct data {
    uint64_t release;
    int made;
    int64_t age_s;
    bool is_revoked;
    size_t lines;
};

static enum gk_status numbers(void *context, const struct gk_request *request,
                              struct gk_response *response, struct gk_error *error)
{
    struct data *data = context;
    data->made++;
    response->data_age_s = data->age_s;
    if (data->release == 0)
        return gk_error_set(error, GK_GONE, "it was withdrawn");
    response->origin.word[0] = data->release;
    response->data_utc = 1709276400 + (int64_t)data->release;
    response->content_crs = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>";
    for (size_t i = 0; i < data->lines; i++)
        gk_buf_printf(&response->body, "%u %d %s %d %s %zu\n", (unsigned)data->release,
                      (int)request->principal.role, request->language, (int)request->format,
                      request->base_url, i);
    return GK_OK;
}

static enum gk_status unkept(void *context, const struct gk_request *request,
                             struct gk_response *response, struct gk_error *error)
{
    (void)request;
    (void)error;
    ((struct data *)context)->made++;
    gk_buf_puts(&response->body, "of no origin\n");
    return GK_OK;
}

static bool recall(void *context, const struct gk_origin *origin, struct gk_response *response)
{
    const struct data *data = context;
    if (response != NULL)
        response->data_age_s = data->age_s;
    return origin->word[0] == data->release;
}

static enum gk_status known(void *context, const unsigned char hash[32],
                            struct gk_principal *principal)
{
    const struct data *data = context;
    return data->is_revoked ? GK_UNAUTHORIZED : authenticate(context, hash, principal);
}

static const struct gk_route kept_routes[] = {
    {"/numbers", numbers, GK_ROLE_PUBLIC, JSON | HTML, NULL, true},
    {"/secret", numbers, GK_ROLE_ANALYST, JSON, NULL, true},
    {"/unkept", unkept, GK_ROLE_PUBLIC, JSON, NULL, true},
    {"/large", large, GK_ROLE_PUBLIC, JSON, NULL, false}, /* the probe of wire.h */
};

static struct reply reply, second;
static struct data with, without;
static struct gk_server *server, *plain;

static struct gk_server_config kept_service(struct data *data, size_t cache_max_bytes)
{
    struct gk_server_config config = service();
    *data = (struct data){.release = 1, .age_s = 7, .lines = 200};
    config.routes = kept_routes;
    config.route_count = sizeof kept_routes / sizeof *kept_routes;
    config.context = data;
    config.authenticate = known;
    config.recall = recall;
    config.cache_max_bytes = cache_max_bytes;
    config.public_url = "http://karta.example";
    return config;
}

static void up(void)
{
    struct gk_server_config config = kept_service(&with, 1 << 20);
    server = start(&config);
    config = kept_service(&without, 0);
    plain = start(&config);
}

static void down(void)
{
    gk_server_stop(server, 1);
    gk_server_stop(plain, 1);
}

/* Drops the header that the clock sets. */
static void without_date(struct reply *r)
{
    char *date = strstr(r->bytes, "\r\nDate: ");
    ck_assert_ptr_nonnull(date);
    char *end = strstr(date + 2, "\r\n");
    size_t rest = r->length - (size_t)(end - r->bytes);
    r->length -= (size_t)(end - date);
    memmove(date, end, rest + 1);
}

#define ANALYST "Authorization: Bearer " ANALYST_TOKEN "\r\n"
#define CONTACT "Authorization: Bearer " CONTACT_TOKEN "\r\n"

static const struct {
    const char *method, *target, *headers;
} questions[] = {
    {"GET", "/numbers", ""},
    {"GET", "/numbers", ANALYST},
    {"GET", "/numbers", CONTACT},
    {"GET", "/numbers?x=1", ""},
    {"GET", "/numbers?lang=en", ""},
    {"GET", "/numbers", "Accept-Language: en\r\n"},
    {"GET", "/numbers", "Accept: text/html\r\n"},
    {"GET", "/numbers", "Accept-Encoding: gzip\r\n"},
    {"GET", "/numbers", "Accept-Encoding: zstd\r\n"},
    {"GET", "/numbers", "Accept-Encoding: gzip\r\n" ANALYST},
    {"HEAD", "/numbers", "Accept-Encoding: gzip\r\n"},
    {"HEAD", "/numbers", ""},
    {"OPTIONS", "/numbers", ""},
    {"GET", "/numbers", "If-None-Match: *\r\n"},
    {"GET", "/numbers", "If-None-Match: *\r\nAccept-Encoding: gzip\r\n"},
    {"GET", "/secret", ""},
    {"GET", "/secret", CONTACT},
    {"GET", "/secret", ANALYST},
    {"GET", "/numbers?f=html&lang=en", "Accept-Encoding: zstd\r\n"},
    {"GET", "http://other.example/numbers", ""},
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static void put(const struct gk_server *to, size_t i, struct reply *r)
{
    char text[1024];
    snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n", questions[i].method,
             questions[i].target, questions[i].headers);
    ask(to, text, r);
    without_date(r);
    /* Problems carry the request's own number. */
    char *id = strstr(r->bytes, "\"request_id\":\"");
    if (id != NULL)
        memset(id + 14, 'x', 16);
}

START_TEST(with_and_without_a_cache_are_the_same_bytes)
{
    up();
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < QUESTIONS; i++) {
            put(server, i, &reply);
            put(plain, i, &second);
            ck_assert_msg(reply.length == second.length &&
                              memcmp(reply.bytes, second.bytes, reply.length) == 0,
                          "round %d, question %zu:\n%.600s\n%.600s", round, i, reply.bytes,
                          second.bytes);
        }
    /* Asked once for each key. HEAD and conditional requests share those of GET. */
    ck_assert_int_eq(with.made, 12);
    struct gk_server_counters counters;
    gk_server_counters(server, &counters);
    ck_assert_uint_eq(counters.cache_answers, 12);
    ck_assert_uint_eq(counters.cache_misses, 12 + 3 * QUESTIONS); /* and each probe */
    ck_assert_uint_eq(counters.cache_hits, 3 * (QUESTIONS - 3) - 12);
    ck_assert_uint_gt(counters.cache_bytes, 0);
    gk_server_counters(plain, &counters);
    ck_assert_uint_eq(counters.cache_hits + counters.cache_misses, 0);
    down();
}
END_TEST

START_TEST(other_data_are_answered_at_once)
{
    up();
    get(server, "/numbers", "", &reply);
    char etag[128], headers[256];
    strcpy(etag, header(&reply, "ETag"));
    snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", etag);
    get(server, "/numbers", headers, &reply);
    ck_assert_int_eq(status_of(&reply), 304);
    ck_assert_int_eq(with.made, 1);
    with.release = 2;
    get(server, "/numbers", headers, &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_int_eq(body(&reply)[0], '2');
    with.release = 0; /* withdrawn */
    get(server, "/numbers", "", &reply);
    ck_assert_int_eq(status_of(&reply), 410);
    get(server, "/numbers", headers, &reply);
    ck_assert_int_eq(status_of(&reply), 410);
    with.release = 1; /* what was let go is not found again */
    int made = with.made;
    get(server, "/numbers", "", &reply);
    ck_assert_int_eq(with.made, made + 1);
    down();
}
END_TEST

START_TEST(a_conditional_request_fills_the_cache_too)
{
    up();
    get(server, "/numbers", "If-None-Match: *\r\n", &reply);
    ck_assert_int_eq(status_of(&reply), 304);
    get(server, "/numbers", "", &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_int_eq(with.made, 1);
    down();
}
END_TEST

START_TEST(a_revoked_token_opens_nothing)
{
    up();
    get(server, "/secret", ANALYST, &reply);
    get(server, "/secret", ANALYST, &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_int_eq(with.made, 1);
    with.is_revoked = true;
    get(server, "/secret", ANALYST, &reply);
    ck_assert_int_eq(status_of(&reply), 401);
    get(server, "/secret", "", &reply);
    ck_assert_int_eq(status_of(&reply), 401);
    get(server, "/numbers", ANALYST, &reply);
    ck_assert_int_eq(status_of(&reply), 401);
    down();
}
END_TEST

START_TEST(ages_are_those_of_now)
{
    up();
    get(server, "/numbers", "", &reply);
    ck_assert_str_eq(header(&reply, "Grannkarta-Data-Age"), "7");
    with.age_s = 9;
    get(server, "/numbers", "", &reply);
    ck_assert_str_eq(header(&reply, "Grannkarta-Data-Age"), "9");
    ck_assert_int_eq(with.made, 1);
    down();
}
END_TEST

START_TEST(answers_of_no_origin_are_made_each_time)
{
    up();
    for (int i = 1; i <= 3; i++) {
        get(server, "/unkept", "", &reply);
        ck_assert_int_eq(with.made, i);
    }
    down();
}
END_TEST

START_TEST(links_of_another_public_url_are_not_given)
{
    up();
    struct gk_error error;
    get(server, "/numbers", "", &reply);
    ck_assert_int_eq(gk_server_set_public_url(server, "http://new.example", &error), GK_OK);
    get(server, "/numbers", "", &reply);
    ck_assert_ptr_nonnull(strstr(body(&reply), "http://new.example"));
    down();
}
END_TEST

START_TEST(a_kept_answer_is_on_record_like_any_other)
{
    char path[] = "/tmp/gk-audit-XXXXXX", text[4096];
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    struct gk_server_config config = kept_service(&with, 1 << 20);
    config.audit_path = path;
    server = start(&config);
    for (int i = 0; i < 3; i++)
        get(server, "/secret", ANALYST, &reply);
    get(server, "/secret", "If-None-Match: *\r\n" ANALYST, &reply);
    ck_assert_int_eq(with.made, 1);
    gk_server_stop(server, 1);
    ssize_t length = read(fd, text, sizeof text - 1);
    text[length] = '\0';
    int lines = 0, not_modified = 0;
    for (const char *at = text; (at = strstr(at, "\"target\":\"/secret\"")) != NULL; at++)
        lines++;
    for (const char *at = text; (at = strstr(at, "\"status\":304")) != NULL; at++)
        not_modified++;
    ck_assert_int_eq(lines, 4);
    ck_assert_int_eq(not_modified, 1);
    close(fd);
    unlink(path);
    /* Nothing can be written: nothing is given, from the cache neither. */
    config.audit_path = "/dev/full";
    server = start(&config);
    for (int i = 0; i < 3; i++) {
        get(server, "/secret", ANALYST, &reply);
        ck_assert_int_eq(status_of(&reply), 503);
        ck_assert_ptr_null(strstr(reply.bytes, "karta.example"));
    }
    gk_server_stop(server, 1);
}
END_TEST

START_TEST(small_bodies_are_compressed_only_for_who_refuses_them_plain)
{
    up();
    with.lines = 1;
    get(server, "/numbers", "Accept-Encoding: gzip\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Content-Encoding"), "");
    get(server, "/numbers", "Accept-Encoding: gzip, identity;q=0\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Content-Encoding"), "gzip");
    get(server, "/numbers", "Accept-Encoding: gzip\r\n", &reply);
    ck_assert_str_eq(header(&reply, "Content-Encoding"), "");
    get(server, "/numbers", "Accept-Encoding: identity;q=0\r\n", &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_str_eq(header(&reply, "Content-Encoding"), "");
    down();
}
END_TEST

GK_UNIT_MAIN("server_cache", with_and_without_a_cache_are_the_same_bytes,
             other_data_are_answered_at_once, a_conditional_request_fills_the_cache_too,
             a_revoked_token_opens_nothing, ages_are_those_of_now,
             answers_of_no_origin_are_made_each_time, links_of_another_public_url_are_not_given,
             a_kept_answer_is_on_record_like_any_other,
             small_bodies_are_compressed_only_for_who_refuses_them_plain)
