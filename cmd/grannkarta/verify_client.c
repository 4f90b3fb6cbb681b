/* GET with libcurl, bounded. */
#include "verify_client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    BODY_MAX_BYTES = 256 * 1024 * 1024,
    HEADERS_MAX_BYTES = 64 * 1024,
    ADDRESS_MAX_BYTES = 8192,
    CONNECT_TIMEOUT_S = 5,
    TIMEOUT_S = 120
};

struct gk_client {
    CURL *curl;
    struct curl_slist *headers;
    const char *url;
    const char *token;
};

static enum gk_status set_options(struct gk_client *client)
{
    CURL *curl = client->curl;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {{CURLOPT_NOSIGNAL, 1},
                   {CURLOPT_FOLLOWLOCATION, 0},
                   {CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S},
                   {CURLOPT_TIMEOUT, TIMEOUT_S}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (curl_easy_setopt(curl, numbers[i].option, numbers[i].value) != CURLE_OK)
            return GK_INTERNAL;
    /* Directly, whatever the environment says of proxies; no files, no mail. */
    if (curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK ||
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "grannkarta-verify/" GK_VERSION) != CURLE_OK)
        return GK_INTERNAL;
    client->headers =
        curl_slist_append(NULL, "Accept: application/geo+json, application/json;q=0.9");
    if (client->headers == NULL)
        return GK_NO_MEMORY;
    if (client->token[0] != '\0' &&
        (curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER) != CURLE_OK ||
         curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, client->token) != CURLE_OK))
        return GK_INTERNAL;
    return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers) == CURLE_OK ? GK_OK
                                                                                   : GK_INTERNAL;
}

enum gk_status gk_client_open(struct gk_client **client, const char *url, const char *token,
                              struct gk_error *error)
{
    *client = calloc(1, sizeof **client);
    enum gk_status status = GK_NO_MEMORY;
    if (*client != NULL) {
        (*client)->url = url;
        (*client)->token = token;
        (*client)->curl = curl_easy_init();
        if ((*client)->curl != NULL)
            status = set_options(*client);
    }
    if (status == GK_OK)
        return GK_OK;
    gk_client_close(*client);
    *client = NULL;
    return gk_error_set(error, status, "make an HTTP client: %s", gk_status_text(status));
}

void gk_client_close(struct gk_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    free(client);
}

void gk_answer_init(struct gk_answer *answer)
{
    answer->status = 0;
    gk_buf_init(&answer->headers, HEADERS_MAX_BYTES);
    gk_buf_init(&answer->body, BODY_MAX_BYTES);
}

void gk_answer_release(struct gk_answer *answer)
{
    gk_buf_release(&answer->headers);
    gk_buf_release(&answer->body);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct gk_answer *answer = context;
    gk_buf_append(&answer->body, bytes, size * count);
    return gk_buf_status(&answer->body) == GK_OK ? size * count : 0;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    static const char *const volatile_names[] = {"date:", "grannkarta-data-age:"};
    struct gk_answer *answer = context;
    size_t length = size * count;
    for (size_t i = 0; i < sizeof volatile_names / sizeof *volatile_names; i++)
        if (length > strlen(volatile_names[i]) &&
            strncasecmp(bytes, volatile_names[i], strlen(volatile_names[i])) == 0)
            return length;
    gk_buf_append(&answer->headers, bytes, length);
    return gk_buf_status(&answer->headers) == GK_OK ? length : 0;
}

enum gk_status gk_client_get(struct gk_client *client, const char *path, struct gk_answer *answer,
                             struct gk_error *error)
{
    struct gk_buf address;
    gk_buf_init(&address, ADDRESS_MAX_BYTES);
    gk_buf_puts(&address, client->url);
    gk_buf_puts(&address, path);
    gk_buf_clear(&answer->headers);
    gk_buf_clear(&answer->body);
    enum gk_status status = gk_buf_status(&address);
    CURLcode code = CURLE_OK;
    if (status == GK_OK) {
        (void)curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, take_body);
        (void)curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, answer);
        (void)curl_easy_setopt(client->curl, CURLOPT_HEADERFUNCTION, take_header);
        (void)curl_easy_setopt(client->curl, CURLOPT_HEADERDATA, answer);
        code = curl_easy_setopt(client->curl, CURLOPT_URL, address.data);
        if (code == CURLE_OK)
            code = curl_easy_perform(client->curl);
        (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &answer->status);
    }
    gk_buf_release(&address);
    if (status == GK_OK && gk_buf_status(&answer->body) != GK_OK)
        status = gk_buf_status(&answer->body);
    else if (status == GK_OK && code != CURLE_OK)
        status = GK_UNAVAILABLE;
    if (status == GK_OK)
        return GK_OK;
    return gk_error_set(
        error, status,
        "ask the daemon at \"%.200s\": %s (--url says where it is, "
        "--no-http leaves it out)",
        client->url, status == GK_UNAVAILABLE ? curl_easy_strerror(code) : gk_status_text(status));
}
