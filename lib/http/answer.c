/* From a filled gk_response to bytes on the wire: ETag and 304, compression,
 * the headers that every answer carries, counters.
 *
 * A cache of finished answers would stand here: its key is route, target, role,
 * format, language, encoding and response->state, its value what make_body()
 * ends with. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <xxhash.h>

#include "base/date.h"

enum { ETAG_HASH_BYTES = 16, ETAG_TEXT_BYTES = 2 * ETAG_HASH_BYTES + 3 };

#define DEFAULT_CONTENT_POLICY                                                                     \
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "         \
    "frame-ancestors 'none'"

/* A body on its way out. */
struct outgoing {
    struct gk_exchange *exchange;
    struct gk_response *response;
    enum gk_encoding encoding;
    char etag[ETAG_TEXT_BYTES];
    size_t bytes; /* of the body as sent */
    struct MHD_Response *message;
    bool failed; /* a header could not be added */
};

const char *gk_format_type(const struct gk_route *route, enum gk_format format)
{
    switch (format) {
    case GK_FORMAT_HTML:
        return "text/html; charset=utf-8";
    case GK_FORMAT_CSV:
        return "text/csv; charset=utf-8; header=present";
    case GK_FORMAT_JSON:
        break;
    }
    return route->json_type != NULL ? route->json_type : "application/json";
}

static bool is_compressible(const char *type)
{
    return strncmp(type, "text/", 5) == 0 || strstr(type, "json") != NULL ||
           strstr(type, "xml") != NULL || strstr(type, "vector-tile") != NULL ||
           strstr(type, "javascript") != NULL;
}

static enum gk_encoding choose_encoding(const struct gk_exchange *exchange,
                                        const struct gk_response *response)
{
    if (exchange->server->config.is_operations || response->body.length < GK_COMPRESS_MIN_BYTES ||
        !is_compressible(response->content_type))
        return GK_ENCODING_IDENTITY;
    return gk_accept_encoding(exchange->head.accept_encoding);
}

/* The tag names the bytes, so that every daemon gives the same one. It need not
 * resist forgery, so the fast XXH3 does: a cryptographic hash took half the time
 * of a large answer. The canonical form is the same on every machine. */
static void make_etag(struct outgoing *out)
{
    const struct gk_response *response = out->response;
    const char *encoding = gk_encoding_name(out->encoding);
    unsigned char hash[ETAG_HASH_BYTES];
    /* Type and encoding seed the hash of the body. */
    XXH64_hash_t seed = XXH3_64bits(response->content_type, strlen(response->content_type));
    seed = XXH3_64bits_withSeed(encoding, strlen(encoding), seed);
    const char *body = response->body.length > 0 ? response->body.data : "";
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(body, response->body.length, seed));
    memcpy(hash, canonical.digest, sizeof hash);
    out->etag[0] = '"';
    sodium_bin2hex(out->etag + 1, 2 * sizeof hash + 1, hash, sizeof hash);
    memcpy(out->etag + 1 + 2 * sizeof hash, "\"", 2);
}

static void add(struct outgoing *out, const char *name, const char *value)
{
    if (MHD_add_response_header(out->message, name, value) != MHD_YES)
        out->failed = true;
}

static void add_number(struct outgoing *out, const char *name, int64_t value)
{
    struct gk_buf text;
    gk_buf_init(&text, 32);
    gk_buf_put_i64(&text, value);
    if (gk_buf_status(&text) == GK_OK)
        add(out, name, text.data);
    else
        out->failed = true;
    gk_buf_release(&text);
}

static void add_last_modified(struct outgoing *out)
{
    struct gk_buf text;
    gk_buf_init(&text, 64);
    gk_buf_put_http_date(&text, out->response->data_utc);
    if (gk_buf_status(&text) == GK_OK)
        add(out, MHD_HTTP_HEADER_LAST_MODIFIED, text.data);
    else
        out->failed = true;
    gk_buf_release(&text);
}

/* What a cache needs; the same on 200 and 304. */
static void add_validators(struct outgoing *out, bool is_error)
{
    const struct gk_exchange *x = out->exchange;
    bool is_public = x->request.principal.role == GK_ROLE_PUBLIC;
    if (x->server->config.is_operations || is_error) {
        add(out, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    } else {
        if (out->etag[0] != '\0')
            add(out, MHD_HTTP_HEADER_ETAG, out->etag);
        add(out, MHD_HTTP_HEADER_CACHE_CONTROL,
            is_public ? "public, max-age=60" : "private, max-age=0, must-revalidate");
        if (out->response->data_utc > 0)
            add_last_modified(out);
    }
    if (!x->server->config.is_operations)
        add(out, MHD_HTTP_HEADER_VARY,
            "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language");
}

static void add_file_name(struct outgoing *out)
{
    enum { TEXT_MAX = 200 };
    struct gk_buf text;
    gk_buf_init(&text, TEXT_MAX);
    gk_buf_puts(&text, "attachment; filename=\"");
    gk_buf_puts(&text, out->response->file_name);
    gk_buf_putc(&text, '"');
    gk_buf_putc(&text, '\0');
    if (gk_buf_status(&text) == GK_OK)
        add(out, MHD_HTTP_HEADER_CONTENT_DISPOSITION, text.data);
    else
        out->failed = true;
    gk_buf_release(&text);
}

static void add_content(struct outgoing *out)
{
    const struct gk_exchange *x = out->exchange;
    const struct gk_response *response = out->response;
    add(out, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    if (out->encoding != GK_ENCODING_IDENTITY)
        add(out, MHD_HTTP_HEADER_CONTENT_ENCODING, gk_encoding_name(out->encoding));
    if (x->request.language != NULL && x->route != NULL && x->route->formats != 0 &&
        x->error.status == GK_OK)
        add(out, MHD_HTTP_HEADER_CONTENT_LANGUAGE, x->request.language);
    if (response->content_crs != NULL)
        add(out, "Content-Crs", response->content_crs);
    if (response->link != NULL)
        add(out, MHD_HTTP_HEADER_LINK, response->link);
    if (response->file_name != NULL)
        add_file_name(out);
    if (!x->server->config.is_operations)
        add(out, "Content-Security-Policy",
            response->content_policy != NULL ? response->content_policy : DEFAULT_CONTENT_POLICY);
}

static void add_cross_origin(struct outgoing *out)
{
    const struct gk_exchange *x = out->exchange;
    if (x->server->config.is_operations || x->request.principal.role != GK_ROLE_PUBLIC)
        return;
    add(out, "Access-Control-Allow-Origin", "*");
    if (x->method != GK_METHOD_OPTIONS) {
        add(out, "Access-Control-Expose-Headers",
            "ETag, Content-Crs, Link, Grannkarta-Data-Age, Grannkarta-Stale");
        return;
    }
    add(out, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
    add(out, "Access-Control-Allow-Headers", "Accept, Accept-Language, If-None-Match");
    add(out, "Access-Control-Max-Age", "86400");
}

static void add_challenge(struct outgoing *out, int http_status)
{
    static const char plain[] = "Bearer realm=\"grannkarta\"";
    if (http_status == 401 && out->exchange->head.authorization != NULL)
        add(out, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
            "Bearer realm=\"grannkarta\", error=\"invalid_token\"");
    else if (http_status == 401)
        add(out, MHD_HTTP_HEADER_WWW_AUTHENTICATE, plain);
    else if (http_status == 403)
        add(out, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
            "Bearer realm=\"grannkarta\", error=\"insufficient_scope\"");
}

static void add_common(struct outgoing *out, int http_status)
{
    const struct gk_response *response = out->response;
    add(out, "X-Content-Type-Options", "nosniff");
    add(out, "Referrer-Policy", "no-referrer");
    if (response->data_age_s >= 0)
        add_number(out, "Grannkarta-Data-Age", response->data_age_s);
    if (response->is_stale)
        add(out, "Grannkarta-Stale", "true");
    if (response->retry_after_s > 0)
        add_number(out, MHD_HTTP_HEADER_RETRY_AFTER, response->retry_after_s);
    if (response->location != NULL)
        add(out, MHD_HTTP_HEADER_LOCATION, response->location);
    if (http_status == 405 || out->exchange->method == GK_METHOD_OPTIONS)
        add(out, MHD_HTTP_HEADER_ALLOW, "GET, HEAD, OPTIONS");
    add_challenge(out, http_status);
    add_cross_origin(out);
    if (atomic_load_explicit(&out->exchange->server->is_draining, memory_order_relaxed))
        add(out, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* The library takes the memory: nothing is copied. */
static struct MHD_Response *hand_over(void *data, size_t length)
{
    if (length == 0 || data == NULL) {
        free(data);
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    struct MHD_Response *message =
        MHD_create_response_from_buffer(length, data, MHD_RESPMEM_MUST_FREE);
    if (message == NULL)
        free(data);
    return message;
}

static struct MHD_Response *make_body(struct outgoing *out)
{
    struct gk_buf *body = &out->response->body;
    void *data = body->data;
    size_t length = body->length;
    if (out->encoding != GK_ENCODING_IDENTITY) {
        if (gk_compress(out->exchange->server->compressor_key, out->encoding, body, &data,
                        &length)) {
            free(body->data);
        } else {
            out->encoding = GK_ENCODING_IDENTITY;
            make_etag(out);
        }
    }
    gk_buf_init(body, body->maximum);
    out->bytes = length;
    return hand_over(data, length);
}

static void count(struct gk_server *server, int http_status, size_t bytes)
{
    atomic_uint_fast64_t *counter = http_status == 304   ? &server->responses_304
                                    : http_status >= 500 ? &server->responses_5xx
                                    : http_status >= 400 ? &server->responses_4xx
                                                         : &server->responses_2xx;
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&server->bytes_out, bytes, memory_order_relaxed);
}

/* The answer with its final status, as a message of the library; NULL without
 * memory. */
static struct MHD_Response *make_message(struct outgoing *out, int http_status)
{
    bool is_error = http_status >= 400 || out->exchange->method == GK_METHOD_OPTIONS;
    if (http_status == 304 || http_status == 204) {
        gk_buf_release(&out->response->body);
        out->message = hand_over(NULL, 0);
    } else {
        out->message = make_body(out);
    }
    if (out->message == NULL)
        return NULL;
    add_validators(out, is_error);
    if (http_status != 304 && http_status != 204)
        add_content(out);
    add_common(out, http_status);
    if (out->failed) {
        MHD_destroy_response(out->message);
        return NULL;
    }
    return out->message;
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

enum MHD_Result gk_answer_send(struct gk_exchange *exchange, struct MHD_Connection *connection,
                               struct gk_response *response)
{
    struct outgoing out = {.exchange = exchange, .response = response};
    int http_status = response->http_status;
    out.encoding = choose_encoding(exchange, response);
    if (http_status == 200 && exchange->method != GK_METHOD_OPTIONS &&
        !exchange->server->config.is_operations) {
        make_etag(&out);
        if (gk_etag_matches(exchange->head.if_none_match, out.etag))
            http_status = 304;
    }
    if (!is_on_record(exchange, http_status)) {
        (void)gk_error_set(&exchange->error, GK_UNAVAILABLE, "the audit log cannot be written");
        gk_problem_fill(exchange, response);
        http_status = response->http_status;
        out.encoding = GK_ENCODING_IDENTITY;
        if (exchange->server->config.log != NULL)
            gk_log(exchange->server->config.log, GK_LOG_ERROR, "audit_failed",
                   gk_log_text("id", exchange->id));
    }
    struct MHD_Response *message = make_message(&out, http_status);
    gk_buf_release(&response->body);
    if (message == NULL)
        return MHD_NO;
    size_t bytes = exchange->method == GK_METHOD_HEAD ? 0 : out.bytes;
    count(exchange->server, http_status, bytes);
    log_access(exchange, http_status, bytes);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)http_status, message);
    MHD_destroy_response(message);
    return result;
}
