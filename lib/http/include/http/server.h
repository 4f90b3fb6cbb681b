/* The server: sockets, limits, routing, access, negotiation, compression.
 *
 * A table of routes maps paths to handlers. By the time a handler runs, the
 * request is well formed, its method is allowed, its caller is known, audited
 * and entitled to the route. The handler fills a response; the server adds the
 * rest (ETag, 304, HEAD, Vary, Cache-Control, compression, CORS, problem+json).
 * Handlers run on server threads and must not block. `f` and `lang` belong to
 * the server and are valid on every route that offers formats. */
#ifndef GK_HTTP_SERVER_H
#define GK_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/status.h"

/* --- Who asks ----------------------------------------------------------- */

/* Each may read what those before it may. Finished answers are shared among all
 * of a role who have the same watch_area_id: what else answers may come to depend
 * on belongs into struct gk_cache_class too. */
enum gk_role { GK_ROLE_PUBLIC, GK_ROLE_CONTACT, GK_ROLE_ANALYST };

struct gk_principal {
    enum gk_role role;
    int32_t token_id;      /* 0 for the public */
    int32_t watch_area_id; /* of a contact, else 0 */
};

/* --- Requests ----------------------------------------------------------- */

enum { GK_PATH_VARIABLES_MAX = 4, GK_PARAMETERS_MAX = 32 };

struct gk_text {
    const char *data; /* not NUL-terminated unless said so */
    size_t length;
};

/* One query parameter, percent-decoded, NUL-terminated. */
struct gk_query_parameter {
    const char *name;
    struct gk_text value;
};

/* In the order in which they are preferred. Their names for `f` and their media
 * types stand in one table, answer.c. */
enum gk_format {
    GK_FORMAT_JSON,
    GK_FORMAT_HTML,
    GK_FORMAT_CSV,
    GK_FORMAT_TILEJSON,
    GK_FORMAT_MAPBOX, /* a style for web maps */
    GK_FORMAT_QML,    /* a style for QGIS */
    GK_FORMAT_QLR,    /* a layer with its style for QGIS */
    GK_FORMATS
};

struct gk_request {
    const char *path;                               /* decoded, NUL-terminated */
    struct gk_text variable[GK_PATH_VARIABLES_MAX]; /* what {…} of the route matched, in order */
    struct gk_query_parameter query[GK_PARAMETERS_MAX]; /* without `f` and `lang` */
    size_t query_count;
    struct gk_principal principal;
    enum gk_format format;  /* negotiated from `f` and Accept among the route's formats */
    const char *language;   /* "sv" or "en": `lang`, else Accept-Language, else "sv" */
    const char *base_url;   /* without a final slash: links are built on it */
    const char *target;     /* path and query as the client wrote them, for links to itself */
    const char *id;         /* names the request in logs, audit and problems */
    uint64_t arrived_us;    /* on a monotonic clock; 0: not known. It may decide whether there is
                             * an answer, never what is in it */
    struct gk_arena *arena; /* lives until the request completes */
};

/* --- Responses ---------------------------------------------------------- */

/* What an answer was made from, as far as that can change while the server runs,
 * in the words of whoever makes answers: the server only keeps and compares it.
 * All zero: the answer is not kept. */
struct gk_origin {
    uint64_t word[4];
};

/* A member that becomes a header belongs to an answer that is given again: copied by
 * finished.c, filled in by recall.c. */
struct gk_response {
    int http_status;          /* 200 unless changed */
    const char *content_type; /* static or in the arena; NULL: that of the request's format */
    struct gk_buf body;       /* capped by response_max_bytes; the server takes its memory */
    const char *content_crs;  /* Content-Crs value or NULL */
    const char *link;         /* Link value (RFC 8288) or NULL */
    const char *file_name;    /* what a browser saves it as, of letters, digits, - and .; or NULL */
    const char *location;     /* for redirects, or NULL */
    const char *content_policy; /* Content-Security-Policy; NULL: nothing but inline style */
    struct gk_origin origin;    /* of a body that may be kept and given again; else zero */
    int64_t data_utc;           /* when its data were made; Last-Modified; 0: none */
    int64_t data_age_s;         /* for the header Grannkarta-Data-Age; -1: none */
    bool is_stale;              /* the database cannot be reached; header Grannkarta-Stale: true */
    int32_t retry_after_s;      /* with 503 and 429; 0: none */
};

/* Handles one request. Anything but GK_OK is answered as problem+json from
 * `error` (or HTML for a browser), body discarded. */
typedef enum gk_status gk_handler(void *context, const struct gk_request *request,
                                  struct gk_response *response, struct gk_error *error);

struct gk_route {
    const char *pattern; /* "/collections/{id}/items/{fid}" */
    gk_handler *handler;
    enum gk_role role;     /* least role; a handler may ask for more by GK_UNAUTHORIZED/FORBIDDEN */
    unsigned formats;      /* bits 1 << enum gk_format; the first set bit is the default; 0: the
                              handler names its content type, nothing is negotiated */
    const char *json_type; /* Content-Type of GK_FORMAT_JSON; NULL: application/json */
    bool any_query;        /* false: query parameters are refused (400) before the handler */
};

/* --- The server --------------------------------------------------------- */

/* Looks a token up by the SHA-256 of its text. GK_OK fills `principal`;
 * GK_UNAUTHORIZED: unknown, expired, revoked; GK_UNAVAILABLE: cannot be known
 * now. Called on server threads. */
typedef enum gk_status gk_authenticate(void *context, const unsigned char hash[32],
                                       struct gk_principal *principal);

/* Whether a handler would now make the same answer as the one of that origin, for
 * a caller who is known to be entitled to it. If so, sets data_age_s and is_stale
 * of `response` unless that is NULL. Called on any thread; must not block. */
typedef bool gk_recall(void *context, const struct gk_origin *origin, struct gk_response *response);

struct gk_server_config {
    const char *listen;
    uint16_t port;          /* 0: any free one */
    const char *public_url; /* "" : http://listen:port */
    unsigned threads;
    unsigned connections;
    unsigned connections_per_address;
    unsigned idle_timeout_s;
    size_t response_max_bytes;
    size_t outbox_max_bytes; /* of bodies that clients have yet to take, together */
    size_t cache_max_bytes;  /* of finished answers that are kept; 0: none */
    const struct gk_route *routes;
    size_t route_count;
    void *context;                 /* handed to handlers, authenticate and recall */
    gk_authenticate *authenticate; /* NULL: no tokens (operations address) */
    gk_recall *recall;             /* NULL: no answer is kept */
    const char *audit_path;        /* NULL: none (operations address) */
    const struct gk_log *log;
    bool is_operations; /* plain texts, no compression, no CORS */
};

struct gk_server;

/* Opens the audit log and the socket and starts answering. The config's texts
 * are copied; routes, log and context must outlive the server. GK_INVALID: a
 * listen address or pattern that cannot be, or tokens without an audit log;
 * GK_IO: the file or the socket cannot be opened. */
GK_CHECKED enum gk_status gk_server_start(struct gk_server **server,
                                          const struct gk_server_config *config,
                                          struct gk_error *error);

/* The port that is listened on. */
uint16_t gk_server_port(const struct gk_server *server);

/* Changes what links are built on (as config.public_url), for reloads. Not for
 * two threads at once; requests under way keep the old one. */
GK_CHECKED enum gk_status gk_server_set_public_url(struct gk_server *server, const char *url,
                                                   struct gk_error *error);

/* Opens the audit log again (after logrotate); on failure the old one stays. */
GK_CHECKED enum gk_status gk_server_reopen_audit(struct gk_server *server, struct gk_error *error);

/* Stops accepting, lets open requests finish for `drain_s`, closes, frees.
 * NULL is allowed. Not from a handler. */
void gk_server_stop(struct gk_server *server, unsigned drain_s);

/* What the server has done since its start. */
struct gk_server_counters {
    uint64_t requests, responses_2xx, responses_304, responses_4xx, responses_5xx, bytes_out;
    uint64_t connections_open;
    uint64_t outbox_bytes;   /* of bodies that clients have yet to take */
    uint64_t outbox_refused; /* answers that found no room there: 503 */
    uint64_t slow_closed;    /* connections closed because they took theirs too slowly */
    uint64_t cache_hits, cache_misses, cache_evictions, cache_bytes, cache_answers;
};

/* Reads the counters, each by itself: together they need not be of one moment.
 * Any thread. */
void gk_server_counters(const struct gk_server *server, struct gk_server_counters *counters);

#endif
