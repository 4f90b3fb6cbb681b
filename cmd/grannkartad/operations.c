/* The operations address: liveness, readiness and counters for the operator's
 * own monitoring. Nothing here is for the public, and nothing is secret. */
#include "daemon.h"

#include <inttypes.h>

/* Alive: this process answers. */
static enum gk_status healthz(void *context, const struct gk_request *request,
                              struct gk_response *response, struct gk_error *error)
{
    (void)context;
    (void)request;
    (void)error;
    response->content_type = "application/json";
    gk_buf_puts(&response->body, "{\"status\":\"alive\"}\n");
    return GK_OK;
}

static void put_snapshot(struct gk_json *json, struct gk_holder *holder, const char *key,
                         enum gk_snapshot_kind kind)
{
    const struct gk_snapshot *snapshot = gk_holder_acquire(holder, kind);
    gk_json_key(json, key);
    if (snapshot == NULL) {
        gk_json_null(json);
        return;
    }
    gk_json_i64(json, snapshot->number);
    gk_holder_release(holder, snapshot);
}

/* Ready: there is a release to answer from, however old. A database that is
 * away makes the answers stale, not the service unready. */
static enum gk_status readyz(void *context, const struct gk_request *request,
                             struct gk_response *response, struct gk_error *error)
{
    struct gk_daemon *daemon = context;
    (void)request;
    (void)error;
    struct gk_json json;
    gk_json_init(&json, &response->body);
    const struct gk_snapshot *release = gk_holder_acquire(daemon->holder, GK_SNAPSHOT_RELEASE);
    response->content_type = "application/json";
    if (release == NULL) {
        response->http_status = 503;
        response->retry_after_s = 1;
    } else {
        gk_holder_release(daemon->holder, release);
    }
    gk_json_object_begin(&json);
    gk_json_member(&json, "status", release != NULL ? "ready" : "waiting for a release");
    put_snapshot(&json, daemon->holder, "release", GK_SNAPSHOT_RELEASE);
    put_snapshot(&json, daemon->holder, "revision", GK_SNAPSHOT_REVISION);
    gk_json_member_i64(&json, "database_silent_s", gk_holder_silent_s(daemon->holder));
    gk_json_key(&json, "stale");
    gk_json_bool(&json, gk_holder_is_stale(daemon->holder));
    gk_json_object_end(&json);
    gk_buf_putc(&response->body, '\n');
    return GK_OK;
}

static void put_metric(struct gk_buf *buf, const char *name, const char *type, const char *help,
                       int64_t value)
{
    gk_buf_printf(buf,
                  "# HELP grannkarta_%s %s\n# TYPE grannkarta_%s %s\ngrannkarta_%s %" PRId64 "\n",
                  name, help, name, type, name, value);
}

/* What is kept of answers, and what is under way. */
static void put_answers(struct gk_buf *buf, const struct gk_server_counters *c)
{
    put_metric(buf, "answer_cache_hits_total", "counter", "Answers given from the cache.",
               (int64_t)c->cache_hits);
    put_metric(buf, "answer_cache_misses_total", "counter", "Answers that had to be made.",
               (int64_t)c->cache_misses);
    put_metric(buf, "answer_cache_evictions_total", "counter",
               "Answers that left the cache to make room.", (int64_t)c->cache_evictions);
    put_metric(buf, "answer_cache_bytes", "gauge", "Bytes of answers in the cache.",
               (int64_t)c->cache_bytes);
    put_metric(buf, "answer_cache_answers", "gauge", "Answers in the cache.",
               (int64_t)c->cache_answers);
    put_metric(buf, "answers_memory_bytes", "gauge",
               "Bytes of answers that clients have yet to take.", (int64_t)c->outbox_bytes);
    put_metric(buf, "answers_refused_total", "counter",
               "Answers refused with 503 because answers_memory was full.",
               (int64_t)c->outbox_refused);
    put_metric(buf, "slow_connections_closed_total", "counter",
               "Connections closed for taking a large answer too slowly while memory was short.",
               (int64_t)c->slow_closed);
}

/* Prometheus text format 0.0.4. */
static enum gk_status metrics(void *context, const struct gk_request *request,
                              struct gk_response *response, struct gk_error *error)
{
    struct gk_daemon *daemon = context;
    (void)request;
    (void)error;
    struct gk_server_counters c;
    gk_server_counters(daemon->public_server, &c);
    struct gk_buf *buf = &response->body;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    put_metric(buf, "requests_total", "counter", "Requests on the public address.",
               (int64_t)c.requests);
    gk_buf_printf(buf,
                  "# HELP grannkarta_responses_total Responses by class.\n"
                  "# TYPE grannkarta_responses_total counter\n"
                  "grannkarta_responses_total{class=\"2xx\"} %" PRIu64 "\n"
                  "grannkarta_responses_total{class=\"304\"} %" PRIu64 "\n"
                  "grannkarta_responses_total{class=\"4xx\"} %" PRIu64 "\n"
                  "grannkarta_responses_total{class=\"5xx\"} %" PRIu64 "\n",
                  c.responses_2xx, c.responses_304, c.responses_4xx, c.responses_5xx);
    put_metric(buf, "response_bytes_total", "counter", "Bytes of response bodies.",
               (int64_t)c.bytes_out);
    put_metric(buf, "connections", "gauge", "Open connections.", (int64_t)c.connections_open);
    put_answers(buf, &c);
    put_metric(buf, "database_silent_seconds", "gauge",
               "Seconds since the database last answered; -1: never.",
               gk_holder_silent_s(daemon->holder));
    return GK_OK;
}

const struct gk_route gk_operations_routes[] = {
    {.pattern = "/healthz", .handler = healthz},
    {.pattern = "/readyz", .handler = readyz},
    {.pattern = "/metrics", .handler = metrics},
};
const size_t gk_operations_route_count = sizeof gk_operations_routes / sizeof *gk_operations_routes;
