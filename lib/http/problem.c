/* Errors as documents: RFC 9457 problem+json, or a small page for a browser
 * that prefers HTML. Both say what failed in the words of the error and carry
 * the request's id. What went wrong inside stays in the log. */
#include "internal.h"

#include <string.h>

#include "base/json.h"
#include "http/parameter.h"

/* Errors of our own making tell strangers nothing they can use. */
static const char *detail(const struct gk_exchange *exchange)
{
    const struct gk_error *error = &exchange->error;
    if (gk_status_http(error->status) == 500)
        return "the request failed; the log has the reason under this request's id";
    return error->message[0] != '\0' ? error->message : gk_status_text(error->status);
}

static const char *title(int http_status)
{
    return MHD_get_reason_phrase_for((unsigned)http_status);
}

static bool wants_html(const struct gk_exchange *exchange)
{
    if (exchange->server->config.is_operations)
        return false;
    for (size_t i = 0; i < exchange->target.query_count; i++)
        if (strcmp(exchange->target.query[i].name, "f") == 0)
            return strcmp(exchange->target.query[i].value.data, "html") == 0;
    const char *accept = exchange->head.accept;
    struct gk_preference html = gk_accept_preference(accept, "text/html");
    return gk_preference_exceeds(html, gk_accept_preference(accept, "application/json")) &&
           gk_preference_exceeds(html, gk_accept_preference(accept, "application/problem+json"));
}

static void put_json(struct gk_buf *body, const struct gk_exchange *exchange, int http_status)
{
    struct gk_json json;
    gk_json_init(&json, body);
    gk_json_object_begin(&json);
    gk_json_member(&json, "type", "about:blank");
    gk_json_member(&json, "title", title(http_status));
    gk_json_member_i64(&json, "status", http_status);
    gk_json_member(&json, "detail", detail(exchange));
    gk_json_member(&json, "request_id", exchange->id);
    gk_json_object_end(&json);
    gk_buf_putc(body, '\n');
}

static void put_html(struct gk_buf *body, const struct gk_exchange *exchange, int http_status)
{
    const char *heading = title(http_status), *text = detail(exchange);
    gk_buf_puts(body, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    gk_buf_put_html(body, heading, strlen(heading));
    gk_buf_puts(body, "</title>\n<style>body{font:1rem/1.5 sans-serif;max-width:40rem;"
                      "margin:2rem auto;padding:0 1rem}</style>\n<h1>");
    gk_buf_printf(body, "%d ", http_status);
    gk_buf_put_html(body, heading, strlen(heading));
    gk_buf_puts(body, "</h1>\n<p>");
    gk_buf_put_html(body, text, strlen(text));
    gk_buf_printf(body, "</p>\n<p><small>%s</small></p>\n</html>\n", exchange->id);
}

void gk_problem_fill(const struct gk_exchange *exchange, struct gk_response *response)
{
    int http_status = gk_status_http(exchange->error.status);
    int32_t retry_after_s = response->retry_after_s;
    gk_buf_release(&response->body);
    gk_buf_init(&response->body, 16384);
    *response = (struct gk_response){.http_status = http_status,
                                     .body = response->body,
                                     .data_age_s = response->data_age_s,
                                     .is_stale = response->is_stale};
    if (http_status == 503 || http_status == 429)
        response->retry_after_s = retry_after_s > 0 ? retry_after_s : 5;
    if (wants_html(exchange)) {
        response->content_type = "text/html; charset=utf-8";
        put_html(&response->body, exchange, http_status);
    } else {
        response->content_type = "application/problem+json";
        put_json(&response->body, exchange, http_status);
    }
}
