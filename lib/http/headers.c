/* The headers that every answer carries: validators, content, CORS, challenges.
 * Those of a 304 are those of its 200 without the ones about the body. */
#include "internal.h"

#include "base/date.h"

#define DEFAULT_CONTENT_POLICY                                                                     \
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "         \
    "frame-ancestors 'none'"

static void add(struct gk_outgoing *out, const char *name, const char *value)
{
    if (MHD_add_response_header(out->message, name, value) != MHD_YES)
        out->failed = true;
}

static void add_number(struct gk_outgoing *out, const char *name, int64_t value)
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

static void add_last_modified(struct gk_outgoing *out)
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
static void add_validators(struct gk_outgoing *out, bool is_error)
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

static void add_file_name(struct gk_outgoing *out)
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

static void add_content(struct gk_outgoing *out)
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

static void add_cross_origin(struct gk_outgoing *out)
{
    const struct gk_exchange *x = out->exchange;
    if (x->server->config.is_operations || x->request.principal.role != GK_ROLE_PUBLIC)
        return;
    add(out, "Access-Control-Allow-Origin", "*");
    if (x->method != GK_METHOD_OPTIONS) {
        add(out, "Access-Control-Expose-Headers",
            "ETag, Content-Crs, Link, Retry-After, Grannkarta-Data-Age, Grannkarta-Stale");
        return;
    }
    add(out, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
    add(out, "Access-Control-Allow-Headers", "Accept, Accept-Language, If-None-Match");
    add(out, "Access-Control-Max-Age", "86400");
}

static void add_challenge(struct gk_outgoing *out, int http_status)
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

static void add_common(struct gk_outgoing *out, int http_status)
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

bool gk_headers_add(struct gk_outgoing *out)
{
    bool is_error = out->http_status >= 400 || out->exchange->method == GK_METHOD_OPTIONS;
    add_validators(out, is_error);
    if (out->http_status != 304 && out->http_status != 204)
        add_content(out);
    add_common(out, out->http_status);
    return !out->failed;
}
