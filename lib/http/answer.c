/* From a filled gk_response to bytes on the wire: ETag and 304, compression, the
 * cache of finished answers, what may be under way at once, counters. Headers are
 * added by headers.c. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <xxhash.h>

enum { OUTBOX_RETRY_AFTER_S = 1 };

/* QGIS's types are those that its own packages register for its files. */
static const struct {
    const char *name, *type;
} formats[GK_FORMATS] = {
    [GK_FORMAT_JSON] = {"json", NULL},
    [GK_FORMAT_HTML] = {"html", "text/html; charset=utf-8"},
    [GK_FORMAT_CSV] = {"csv", "text/csv; charset=utf-8; header=present"},
    [GK_FORMAT_TILEJSON] = {"tilejson", "application/vnd.mapbox.tile+json"},
    [GK_FORMAT_MAPBOX] = {"mapbox", "application/vnd.mapbox.style+json"},
    [GK_FORMAT_QML] = {"qml", "application/x-qgis-layer-settings"},
    [GK_FORMAT_QLR] = {"qlr", "application/x-qgis-layer-definition"},
};

const char *gk_format_name(enum gk_format format)
{
    return formats[format].name;
}

const char *gk_format_type(const struct gk_route *route, enum gk_format format)
{
    if (format != GK_FORMAT_JSON)
        return formats[format].type;
    return route->json_type != NULL ? route->json_type : "application/json";
}

static bool is_compressible(const char *type)
{
    return strncmp(type, "text/", 5) == 0 || strstr(type, "json") != NULL ||
           strstr(type, "xml") != NULL || strstr(type, "vector-tile") != NULL ||
           strstr(type, "javascript") != NULL || strstr(type, "x-qgis") != NULL;
}

static enum gk_encoding choose_encoding(const struct gk_exchange *exchange,
                                        const struct gk_response *response)
{
    bool refuses_plain;
    enum gk_encoding encoding = gk_accept_encoding(exchange->head.accept_encoding, &refuses_plain);
    if (exchange->server->config.is_operations)
        return GK_ENCODING_IDENTITY;
    bool is_worth_it =
        response->body.length >= GK_COMPRESS_MIN_BYTES && is_compressible(response->content_type);
    return is_worth_it || refuses_plain ? encoding : GK_ENCODING_IDENTITY;
}

/* The tag names the bytes, so that every daemon gives the same one. It need not
 * resist forgery, so the fast XXH3 does: a cryptographic hash took half the time
 * of a large answer. The canonical form is the same on every machine. */
static void make_etag(struct gk_outgoing *out)
{
    const struct gk_response *response = out->response;
    const char *encoding = gk_encoding_name(out->encoding);
    const char *signature = gk_compress_signature(out->encoding);
    unsigned char hash[GK_ETAG_HASH_BYTES];
    /* Type, encoding and what makes it seed the hash of the body, which is the plain one. */
    XXH64_hash_t seed = XXH3_64bits(response->content_type, strlen(response->content_type));
    seed = XXH3_64bits_withSeed(encoding, strlen(encoding), seed);
    if (signature[0] != '\0')
        seed = XXH3_64bits_withSeed(signature, strlen(signature), seed);
    const char *body = response->body.length > 0 ? response->body.data : "";
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(body, response->body.length, seed));
    memcpy(hash, canonical.digest, sizeof hash);
    out->etag[0] = '"';
    sodium_bin2hex(out->etag + 1, 2 * sizeof hash + 1, hash, sizeof hash);
    memcpy(out->etag + 1 + 2 * sizeof hash, "\"", 2);
}

/* --- The bytes -------------------------------------------------------------- */

/* A buffer has up to twice what it holds; what stays in memory should not. */
static void *take_body(struct gk_buf *body)
{
    void *data = body->data;
    if (data != NULL && body->capacity - body->length > body->length / 8) {
        void *shrunk = realloc(data, body->length + 1);
        data = shrunk != NULL ? shrunk : data;
    }
    gk_buf_init(body, body->maximum);
    return data;
}

/* Makes out->finished of the response's body, which it takes. */
static void finish_body(struct gk_outgoing *out)
{
    struct gk_server *server = out->exchange->server;
    struct gk_buf *body = &out->response->body;
    void *data = NULL;
    size_t length = body->length;
    if (out->encoding != GK_ENCODING_IDENTITY &&
        !gk_compress(server->compressor_key, out->encoding, body, &data, &length)) {
        out->encoding = GK_ENCODING_IDENTITY;
        make_etag(out);
    }
    if (out->encoding == GK_ENCODING_IDENTITY)
        data = take_body(body);
    else
        gk_buf_release(body);
    out->finished =
        gk_finished_make(out->response, data, length, out->encoding, out->etag, &server->outbox);
}

/* An answer of which the client has the bytes is finished only to be kept. */
static void finish_fresh(struct gk_outgoing *out)
{
    struct gk_exchange *x = out->exchange;
    bool is_whole = out->http_status == 200 && x->method != GK_METHOD_OPTIONS;
    bool is_kept = is_whole && x->is_keepable && x->error.status == GK_OK &&
                   out->response->location == NULL && !gk_origin_is_none(&out->response->origin);
    out->encoding = choose_encoding(x, out->response);
    if (is_whole && !x->server->config.is_operations) {
        make_etag(out);
        if (gk_etag_matches(x->head.if_none_match, out->etag))
            out->http_status = 304;
    }
    if (out->http_status == 204 || (out->http_status == 304 && !is_kept))
        return;
    finish_body(out);
    if (is_kept && out->finished != NULL)
        gk_cache_keep(x->server->cache, &x->key, out->finished);
}

static void finish_recalled(struct gk_outgoing *out)
{
    struct gk_exchange *x = out->exchange;
    out->finished = x->recalled;
    x->recalled = NULL;
    out->encoding = out->finished->encoding;
    memcpy(out->etag, out->finished->etag, sizeof out->etag);
    if (gk_etag_matches(x->head.if_none_match, out->etag))
        out->http_status = 304;
}

/* Replaces the answer by a problem. */
static void fail(struct gk_outgoing *out, enum gk_status status, const char *message)
{
    (void)gk_error_set(&out->exchange->error, status, "%s", message);
    gk_problem_fill(out->exchange, out->response);
    gk_finished_release(out->finished);
    out->finished = NULL;
    out->etag[0] = '\0';
    out->http_status = out->response->http_status;
    out->encoding = GK_ENCODING_IDENTITY;
    finish_body(out);
}

/* The library is lent the bytes: nothing is copied. */
static struct MHD_Response *lend(struct gk_finished *finished)
{
    if (finished == NULL || finished->length == 0)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_buffer_with_free_callback_cls(finished->length, finished->body,
                                                                  gk_finished_sent, finished);
}

/* Notes the body as under way, or answers 503 when too much is. */
static void reserve(struct gk_outgoing *out)
{
    if (out->http_status == 304 || out->finished == NULL || out->finished->length == 0)
        return;
    out->is_reserved = gk_finished_send(out->finished);
    if (out->is_reserved)
        return;
    out->response->retry_after_s = OUTBOX_RETRY_AFTER_S;
    fail(out, GK_UNAVAILABLE, "too many large answers are being sent; ask again in a second");
    out->is_reserved = out->finished != NULL && gk_finished_send(out->finished);
}

static void unreserve(struct gk_outgoing *out)
{
    if (out->is_reserved)
        gk_finished_sent(out->finished);
    out->is_reserved = false;
}

/* --- Sending ---------------------------------------------------------------- */

static void count(struct gk_server *server, int http_status, size_t bytes)
{
    atomic_uint_fast64_t *counter = http_status == 304   ? &server->responses_304
                                    : http_status >= 500 ? &server->responses_5xx
                                    : http_status >= 400 ? &server->responses_4xx
                                                         : &server->responses_2xx;
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&server->bytes_out, bytes, memory_order_relaxed);
}

/* Token holders' requests are on record before they are answered. */
static bool is_on_record(struct gk_exchange *exchange, int http_status)
{
    if (exchange->request.principal.role == GK_ROLE_PUBLIC)
        return true;
    return gk_audit_write(&exchange->server->audit, exchange, http_status) == GK_OK;
}

static void log_access(const struct gk_exchange *exchange, int http_status, size_t bytes)
{
    const struct gk_log *log = exchange->server->config.log;
    enum gk_log_level level = http_status >= 500 ? GK_LOG_WARNING : GK_LOG_DEBUG;
    if (log == NULL || level > log->level)
        return;
    /* The path only: what area somebody looked at is not the log's business. */
    char path[256];
    size_t length = strcspn(exchange->raw, "?");
    length = length < sizeof path - 1 ? length : sizeof path - 1;
    memcpy(path, exchange->raw, length);
    path[length] = '\0';
    gk_log(log, level, "request", gk_log_text("id", exchange->id),
           gk_log_text("method", exchange->method_name), gk_log_text("path", path),
           gk_log_number("status", http_status), gk_log_number("bytes", (int64_t)bytes),
           gk_log_number("token", exchange->request.principal.token_id),
           gk_log_microseconds("took_ms", (int64_t)(gk_monotonic_us() - exchange->started_us)));
}

static bool needs_body(const struct gk_outgoing *out)
{
    return out->http_status != 304 && out->http_status != 204;
}

/* The answer as a message of the library; NULL without memory. */
static struct MHD_Response *make_message(struct gk_outgoing *out)
{
    if (needs_body(out) && out->finished == NULL)
        return NULL;
    out->message = lend(needs_body(out) ? out->finished : NULL);
    if (out->message == NULL)
        return NULL;
    out->is_reserved = false; /* now the message's, which ends it */
    if (gk_headers_add(out))
        return out->message;
    MHD_destroy_response(out->message);
    return NULL;
}

static void put_on_record(struct gk_outgoing *out)
{
    struct gk_exchange *x = out->exchange;
    if (is_on_record(x, out->http_status))
        return;
    unreserve(out);
    fail(out, GK_UNAVAILABLE, "the audit log cannot be written");
    out->is_reserved = out->finished != NULL && gk_finished_send(out->finished);
    if (x->server->config.log != NULL)
        gk_log(x->server->config.log, GK_LOG_ERROR, "audit_failed", gk_log_text("id", x->id));
}

enum MHD_Result gk_answer_send(struct gk_exchange *exchange, struct MHD_Connection *connection,
                               struct gk_response *response)
{
    struct gk_outgoing out = {
        .exchange = exchange, .response = response, .http_status = response->http_status};
    if (exchange->recalled != NULL)
        finish_recalled(&out);
    else
        finish_fresh(&out);
    reserve(&out);
    put_on_record(&out);
    struct MHD_Response *message = make_message(&out);
    enum MHD_Result result = MHD_NO;
    if (message != NULL) {
        bool has_body = needs_body(&out) && exchange->method != GK_METHOD_HEAD;
        size_t bytes = has_body ? out.finished->length : 0;
        count(exchange->server, out.http_status, bytes);
        log_access(exchange, out.http_status, bytes);
        if (bytes > GK_OUTBOX_SMALL_BYTES)
            gk_link_set_sending(exchange->link);
        result = MHD_queue_response(connection, (unsigned)out.http_status, message);
        MHD_destroy_response(message);
    }
    unreserve(&out);
    gk_finished_release(out.finished);
    gk_buf_release(&response->body);
    return result;
}
