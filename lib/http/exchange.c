/* One request, step by step: the library calls begin (with the raw target),
 * handle (once when the headers are in, once when it is the answer's turn) and
 * end. Refusals that make the rest of the connection untrustworthy are answered
 * at the first call, after which the library closes it. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t gk_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* --- Begin and end -------------------------------------------------------- */

/* The library would now parse the arguments into its own pool, and send nothing
 * at all when that is full. What we copied it need not read: the target in its
 * buffer (which is not const, only shown as such) is cut at the '?'. */
static void hide_arguments(const char *target)
{
    char *question = strchr(target, '?');
    if (question != NULL && question[1] != '\0')
        question[1] = '\0';
}

void *gk_exchange_begin(void *context, const char *target, struct MHD_Connection *connection)
{
    struct gk_server *server = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    size_t length = target == NULL ? 0 : strlen(target);
    size_t kept = length > GK_TARGET_MAX_BYTES ? 0 : length;
    struct gk_exchange *x = malloc(sizeof *x + kept + 1 + gk_target_room(kept));
    if (x == NULL)
        return NULL;
    memset(x, 0, sizeof *x);
    x->server = server;
    x->link = info == NULL ? NULL : info->socket_context;
    x->wire_target = target;
    x->raw_length = length;
    x->raw = x->text;
    if (kept > 0)
        memcpy(x->raw, target, kept);
    x->raw[kept] = '\0';
    gk_arena_init(&x->arena, GK_REQUEST_ARENA_BYTES);
    x->target_status = gk_target_check(target == NULL ? "" : target, length, &x->error);
    if (target != NULL)
        hide_arguments(target);
    uint64_t number = atomic_fetch_add_explicit(&server->next_request, 1, memory_order_relaxed);
    uint64_t id = server->id_base + number;
    for (size_t i = 0; i < sizeof x->id - 1; i++)
        x->id[i] = "0123456789abcdef"[id >> (60 - 4 * i) & 15];
    if (server->config.log != NULL && server->config.log->level >= GK_LOG_WARNING)
        x->started_us = gk_monotonic_us();
    return x;
}

void gk_exchange_end(void *context, struct MHD_Connection *connection, void **exchange,
                     enum MHD_RequestTerminationCode code)
{
    struct gk_server *server = context;
    struct gk_exchange *x = *exchange;
    (void)connection;
    (void)code;
    *exchange = NULL;
    if (x == NULL)
        return;
    bool was_open = x->is_begun;
    if (was_open)
        gk_link_set_busy(x->link, false);
    gk_arena_release(&x->arena);
    gk_finished_release(x->recalled);
    free(x);
    if (!was_open)
        return;
    size_t before = atomic_fetch_sub(&server->open_requests, 1);
    if (before == 1 && atomic_load(&server->is_draining)) {
        pthread_mutex_lock(&server->drain_lock);
        pthread_cond_signal(&server->drained);
        pthread_mutex_unlock(&server->drain_lock);
    }
}

/* --- The method ----------------------------------------------------------- */

static enum gk_method method_of(const char *method)
{
    static const char *const others[] = {"POST", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE"};
    if (strcmp(method, "GET") == 0)
        return GK_METHOD_GET;
    if (strcmp(method, "HEAD") == 0)
        return GK_METHOD_HEAD;
    if (strcmp(method, "OPTIONS") == 0)
        return GK_METHOD_OPTIONS;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(method, others[i]) == 0)
            return GK_METHOD_OTHER;
    return GK_METHOD_UNKNOWN;
}

static bool has_body(const struct gk_exchange *x)
{
    const char *length = x->head.content_length;
    return x->head.transfer_encoding != NULL ||
           (length != NULL && strspn(length, "0") != strlen(length));
}

static enum gk_status check_method(struct gk_exchange *x)
{
    if (x->method == GK_METHOD_UNKNOWN)
        return gk_error_set(&x->error, GK_NOT_IMPLEMENTED, "the method is not known");
    if (x->method == GK_METHOD_OTHER)
        return gk_error_set(&x->error, GK_METHOD_NOT_ALLOWED,
                            "allowed methods are GET, HEAD and OPTIONS");
    return GK_OK;
}

/* --- The first call: what cannot be answered on this connection ----------- */

static enum gk_status check_wire(struct gk_exchange *x, struct MHD_Connection *connection,
                                 const char *method, const char *version)
{
    /* CONNECT has a target of its own kind; it is not allowed anyway. */
    if (x->target_status != GK_OK && strcmp(x->method_name, "CONNECT") != 0)
        return x->target_status;
    enum gk_status status = gk_framing_check(x, connection, method, version);
    if (status != GK_OK || !has_body(x))
        return status;
    status = check_method(x);
    if (status != GK_OK)
        return status;
    return gk_error_set(&x->error, GK_INVALID, "a body is not allowed with %s", x->method_name);
}

static enum MHD_Result send_problem(struct gk_exchange *x, struct MHD_Connection *connection)
{
    struct gk_response response = {.data_age_s = -1};
    gk_problem_fill(x, &response);
    return gk_answer_send(x, connection, &response);
}

/* --- The second call: the answer ------------------------------------------ */

static enum gk_status find_route(struct gk_exchange *x)
{
    const struct gk_server *server = x->server;
    for (size_t i = 0; i < server->config.route_count; i++)
        if (gk_pattern_matches(&server->patterns[i], &x->target, x->request.variable)) {
            x->route = &server->config.routes[i];
            return GK_OK;
        }
    return gk_error_set(&x->error, GK_NOT_FOUND, "there is nothing at \"%s\"",
                        gk_show(x->target.path, strlen(x->target.path)).text);
}

static void put_formats(struct gk_buf *buf, unsigned formats)
{
    const char *separator = "";
    for (unsigned i = 0; i < GK_FORMATS; i++)
        if (formats & 1u << i) {
            gk_buf_puts(buf, separator);
            gk_buf_puts(buf, gk_format_name((enum gk_format)i));
            separator = ", ";
        }
}

static enum gk_status refuse_format(struct gk_exchange *x, const char *value)
{
    struct gk_buf allowed;
    gk_buf_init(&allowed, 128);
    put_formats(&allowed, x->route->formats);
    if (value != NULL)
        (void)gk_error_set(&x->error, GK_INVALID, "parameter f: \"%s\" is not one of %s",
                           gk_show(value, strlen(value)).text, allowed.data);
    else
        (void)gk_error_set(&x->error, GK_NOT_ACCEPTABLE,
                           "the Accept header allows none of the formats here: %s", allowed.data);
    gk_buf_release(&allowed);
    return x->error.status;
}

static enum gk_status format_by_name(struct gk_exchange *x, const char *name)
{
    for (unsigned i = 0; i < GK_FORMATS; i++)
        if (strcmp(name, gk_format_name((enum gk_format)i)) == 0 &&
            (x->route->formats & 1u << i) != 0) {
            x->request.format = (enum gk_format)i;
            return GK_OK;
        }
    return refuse_format(x, name);
}

/* GeoJSON and the like are JSON to who asks for application/json; so is a style,
 * which web maps ask for in that way. */
static struct gk_preference preference_for(const struct gk_exchange *x, enum gk_format format)
{
    const char *accept = x->head.accept;
    struct gk_preference exact = gk_accept_preference(accept, gk_format_type(x->route, format));
    if (format != GK_FORMAT_JSON && format != GK_FORMAT_MAPBOX)
        return exact;
    struct gk_preference plain = gk_accept_preference(accept, "application/json");
    return gk_preference_exceeds(plain, exact) ? plain : exact;
}

static enum gk_status format_by_accept(struct gk_exchange *x)
{
    struct gk_preference best = {0, 0};
    for (unsigned i = 0; i < GK_FORMATS; i++) {
        if ((x->route->formats & 1u << i) == 0)
            continue;
        struct gk_preference preference = preference_for(x, (enum gk_format)i);
        if (gk_preference_exceeds(preference, best)) {
            best = preference;
            x->request.format = (enum gk_format)i;
        }
    }
    return best.quality > 0 ? GK_OK : refuse_format(x, NULL);
}

/* `f` and `lang` are taken out of the query; the rest is the handler's. */
static enum gk_status negotiate(struct gk_exchange *x)
{
    struct gk_request *request = &x->request;
    const char *f = NULL, *lang = NULL;
    bool negotiates = x->route->formats != 0;
    for (size_t i = 0; i < x->target.query_count; i++) {
        struct gk_query_parameter *q = &x->target.query[i];
        if (negotiates && strcmp(q->name, "f") == 0)
            f = q->value.data;
        else if (negotiates && strcmp(q->name, "lang") == 0)
            lang = q->value.data;
        else
            request->query[request->query_count++] = *q;
    }
    request->arrived_us = x->started_us;
    request->language = gk_accept_language(x->head.accept_language);
    if (lang != NULL && strcmp(lang, "sv") != 0 && strcmp(lang, "en") != 0)
        return gk_error_set(&x->error, GK_INVALID, "parameter lang: \"%s\" is not sv or en",
                            gk_show(lang, strlen(lang)).text);
    if (lang != NULL)
        request->language = lang[0] == 's' ? "sv" : "en";
    if (!x->route->any_query && request->query_count > 0)
        return gk_error_set(&x->error, GK_INVALID, "unknown parameter \"%s\"; %s",
                            gk_show(request->query[0].name, strlen(request->query[0].name)).text,
                            negotiates ? "allowed are f and lang" : "none is allowed");
    if (!negotiates)
        return GK_OK;
    return f != NULL ? format_by_name(x, f) : format_by_accept(x);
}

static enum gk_status prepare(struct gk_exchange *x)
{
    /* The raw copy is followed by room for the decoded one. */
    enum gk_status status =
        gk_target_read(&x->target, x->raw, x->raw_length, x->raw + x->raw_length + 1, &x->error);
    if (status == GK_OK)
        status = gk_access_authenticate(x);
    if (status == GK_OK)
        status = check_method(x);
    return status;
}

static void complete_request(struct gk_exchange *x)
{
    struct gk_request *request = &x->request;
    request->path = x->target.path;
    request->base_url = atomic_load(&x->server->base_url);
    request->target = gk_target_origin_form(x->raw);
    request->id = x->id;
    request->arena = &x->arena;
}

static enum gk_status call_handler(struct gk_exchange *x, struct gk_response *response)
{
    struct gk_request *request = &x->request;
    const struct gk_server_config *config = &x->server->config;
    response->content_type = x->route->formats != 0 ? gk_format_type(x->route, request->format)
                                                    : "text/plain; charset=utf-8";
    enum gk_status status = x->route->handler(config->context, request, response, &x->error);
    if (status != GK_OK) {
        x->error.status = status;
        return status;
    }
    gk_error_clear(&x->error);
    status = gk_buf_status(&response->body);
    if (status == GK_TOO_LARGE)
        return gk_error_set(&x->error, GK_INVALID,
                            "the answer would be larger than %zu MiB; ask for less at once",
                            config->response_max_bytes >> 20);
    if (status != GK_OK)
        return gk_error_set(&x->error, status, "out of memory");
    return GK_OK;
}

static enum gk_status answer(struct gk_exchange *x, struct gk_response *response)
{
    enum gk_status status = prepare(x);
    if (status != GK_OK)
        return status;
    bool is_for_server = x->method == GK_METHOD_OPTIONS && strcmp(x->raw, "*") == 0;
    status = is_for_server ? GK_OK : find_route(x);
    if (status != GK_OK)
        return status;
    if (x->method == GK_METHOD_OPTIONS) {
        response->http_status = 204; /* a preflight carries no token: nothing to check */
        return GK_OK;
    }
    status = gk_access_check(x);
    if (status == GK_OK)
        status = negotiate(x);
    if (status != GK_OK)
        return status;
    complete_request(x);
    return gk_recall_find(x, response) ? GK_OK : call_handler(x, response);
}

static void log_failure(const struct gk_exchange *x)
{
    if (x->server->config.log != NULL && gk_status_http(x->error.status) == 500)
        gk_log(x->server->config.log, GK_LOG_ERROR, "request_failed", gk_log_text("id", x->id),
               gk_log_text("status", gk_status_name(x->error.status)),
               gk_log_text("sqlstate", x->error.sqlstate),
               gk_log_text("message", x->error.message));
}

static enum MHD_Result send_answer(struct gk_exchange *x, struct MHD_Connection *connection)
{
    struct gk_response response = {.http_status = 200, .data_age_s = -1};
    gk_buf_init(&response.body, x->server->config.response_max_bytes);
    if (answer(x, &response) != GK_OK) {
        log_failure(x);
        gk_problem_fill(x, &response);
    }
    return gk_answer_send(x, connection, &response);
}

/* A request counts, and is waited for when the server stops, once its headers
 * are in. */
static void begin_answering(struct gk_exchange *x, const char *method)
{
    x->is_begun = true;
    gk_link_set_busy(x->link, true);
    x->method = method_of(method);
    /* Of a method nobody knows, nothing is repeated. */
    x->method_name = x->method == GK_METHOD_UNKNOWN ? "UNKNOWN" : method;
    atomic_fetch_add_explicit(&x->server->open_requests, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&x->server->requests, 1, memory_order_relaxed);
}

enum MHD_Result gk_exchange_handle(void *server, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_bytes, void **exchange)
{
    struct gk_exchange *x = *exchange;
    (void)server;
    (void)url;
    (void)upload;
    (void)upload_bytes;
    if (x == NULL)
        return MHD_NO; /* no memory for it: the connection closes */
    if (x->is_begun)
        return send_answer(x, connection);
    begin_answering(x, method);
    return check_wire(x, connection, method, version) == GK_OK ? MHD_YES
                                                               : send_problem(x, connection);
}
