/* Is this exactly one well-formed request? A proxy in front and this server
 * must agree where it ends, or a second request can be hidden in it. So there
 * is no body on the methods served here, no doubt about its length, one Host,
 * and no byte that one parser keeps and another drops.
 *
 * libmicrohttpd 0.9.75 accepts bare line feeds, folded lines and NULs in
 * headers, and its interface shows nothing of them. But it parses in place:
 * method, target, version and each header line stand in its buffer as they came,
 * with only separators overwritten by NULs. Whatever was dropped or joined
 * leaves a gap there, and a gap is refused. Later versions refuse these shapes
 * themselves and trim values, so there the layout is not looked at. */
#include "internal.h"

#include <string.h>
#include <strings.h>

struct walk {
    struct gk_exchange *exchange;
    const char *expected; /* where the next header line must begin; NULL: not looked at */
    enum gk_status status;
};

static enum gk_status refuse(struct walk *walk, const char *what)
{
    walk->status = gk_error_set(&walk->exchange->error, GK_INVALID, "%s", what);
    return walk->status;
}

static bool is_token(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c >= 0x7F || strchr("\"(),/:;<=>?@[\\]{}", c) != NULL)
            return false;
    }
    return length > 0;
}

static bool has_control_byte(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < ' ' && c != '\t') || c == 0x7F)
            return true;
    }
    return false;
}

/* The line must follow the one before at once, and end with CR LF. */
static bool is_in_place(struct walk *walk, const char *name, size_t name_length, const char *value,
                        size_t value_length)
{
    if (walk->expected == NULL)
        return true;
    if (name != walk->expected || value <= name + name_length)
        return false;
    for (const char *p = name + name_length + 1; p < value; p++)
        if (*p != ' ' && *p != '\t')
            return false;
    walk->expected = value + value_length + 2;
    return value[value_length] == '\0' && value[value_length + 1] == '\0';
}

/* Headers that may be given once only. */
static bool keep_once(const char **place, const char *value)
{
    if (*place != NULL)
        return false;
    *place = value;
    return true;
}

/* List headers may be split over lines; they mean one list. */
static bool keep_joined(struct gk_exchange *x, const char **place, const char *value)
{
    if (*place == NULL) {
        *place = value;
        return true;
    }
    size_t first = strlen(*place), second = strlen(value);
    char *joined = gk_arena_alloc(&x->arena, first + second + 2);
    if (joined == NULL)
        return false;
    memcpy(joined, *place, first);
    joined[first] = ',';
    memcpy(joined + first + 1, value, second + 1);
    *place = joined;
    return true;
}

static bool keep(struct gk_exchange *x, const char *name, size_t length, const char *value)
{
    const struct {
        const char *name;
        const char **place;
        bool is_list;
    } known[] = {
        {"Host", &x->head.host, false},
        {"Accept", &x->head.accept, true},
        {"Authorization", &x->head.authorization, false},
        {"If-None-Match", &x->head.if_none_match, true},
        {"Content-Length", &x->head.content_length, false},
        {"Accept-Encoding", &x->head.accept_encoding, true},
        {"Accept-Language", &x->head.accept_language, true},
        {"Transfer-Encoding", &x->head.transfer_encoding, false},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == length && strncasecmp(known[i].name, name, length) == 0)
            return known[i].is_list ? keep_joined(x, known[i].place, value)
                                    : keep_once(known[i].place, value);
    return true;
}

static enum MHD_Result visit(void *context, enum MHD_ValueKind kind, const char *name,
                             size_t name_length, const char *value, size_t value_length)
{
    struct walk *walk = context;
    (void)kind;
    if (++walk->exchange->head.count > GK_HEADERS_MAX) {
        walk->status = gk_error_set(&walk->exchange->error, GK_HEADERS_TOO_LARGE,
                                    "the request has more than %d headers", GK_HEADERS_MAX);
        return MHD_NO;
    }
    if (value == NULL || !is_token(name, name_length))
        refuse(walk, "a header's name is not a token");
    else if (has_control_byte(value, value_length))
        refuse(walk, "a header has a control byte");
    else if (!is_in_place(walk, name, name_length, value, value_length))
        refuse(walk, "a header has a NUL, is folded, or does not end with CR LF");
    else if (!keep(walk->exchange, name, name_length, value))
        refuse(walk, "a header that may be given once is given twice");
    return walk->status == GK_OK ? MHD_YES : MHD_NO;
}

/* host[:port] of RFC 3986; what lib/api must not have to fear in a log. */
static bool is_host(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > 255)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_alnum && strchr("-._~%!$&'()*+;=:[]", c) == NULL)
            return false;
    }
    return true;
}

/* The request line: single spaces, no NUL, CR LF. */
static bool is_line_in_place(const struct gk_exchange *x, const char *method, const char *version)
{
    const char *end = version + strlen(version);
    return x->wire_target == method + strlen(method) + 1 &&
           version == x->wire_target + x->raw_length + 1 && end[0] == '\0' && end[1] == '\0';
}

static enum gk_status check_length(struct walk *walk, const char *version)
{
    const struct gk_head *head = &walk->exchange->head;
    bool is_old = strcmp(version, "HTTP/1.0") == 0;
    if (head->transfer_encoding != NULL) {
        if (head->content_length != NULL)
            return refuse(walk, "the request has both Content-Length and Transfer-Encoding");
        if (is_old || strcasecmp(head->transfer_encoding, "chunked") != 0)
            return refuse(walk, "the Transfer-Encoding is not known here");
    }
    if (head->content_length != NULL) {
        size_t digits = strspn(head->content_length, "0123456789");
        if (digits == 0 || digits > 19 || head->content_length[digits] != '\0')
            return refuse(walk, "the Content-Length is not a number");
    }
    if (head->host == NULL ? !is_old : !is_host(head->host))
        return refuse(walk, "the Host header is missing or not a host");
    return GK_OK;
}

static size_t head_bytes(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL ? 0 : info->header_size;
}

enum gk_status gk_framing_check(struct gk_exchange *exchange, struct MHD_Connection *connection,
                                const char *method, const char *version)
{
    struct walk walk = {exchange, NULL, GK_OK};
    size_t bytes = head_bytes(connection);
    if (bytes > GK_HEADERS_MAX_BYTES + exchange->raw_length)
        return gk_error_set(&exchange->error, GK_HEADERS_TOO_LARGE,
                            "the headers have more than %d bytes", GK_HEADERS_MAX_BYTES);
    if (exchange->server->checks_layout) {
        if (!is_line_in_place(exchange, method, version))
            return refuse(&walk, "the request line is malformed");
        walk.expected = version + strlen(version) + 2;
    }
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, visit, &walk);
    if (walk.status != GK_OK)
        return walk.status;
    if (walk.expected != NULL && walk.expected + 2 != method + bytes)
        return refuse(&walk, "the headers have a NUL, are folded, or do not end with CR LF");
    return check_length(&walk, version);
}
