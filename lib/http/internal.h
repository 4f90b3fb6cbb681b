/* What the files of lib/http share: the server, and the exchange of one
 * request for one answer. Only this folder sees libmicrohttpd. */
#ifndef GK_HTTP_INTERNAL_H
#define GK_HTTP_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <microhttpd.h>

#include "cache.h"
#include "finished.h"
#include "http/server.h"
#include "negotiate.h"
#include "route.h"
#include "target.h"

enum {
    GK_HEADERS_MAX = 64,               /* header lines of a request */
    GK_HEADERS_MAX_BYTES = 16384,      /* request line and headers */
    GK_CONNECTION_POOL_BYTES = 32768,  /* above both limits: answers are ours, not the library's */
    GK_REQUEST_ARENA_BYTES = 16777216, /* what handlers may take while they work */
    GK_COMPRESS_MIN_BYTES = 1024,
    GK_UNSENT_MAX_BYTES = 262144, /* of a connection, in the kernel */
    GK_REQUEST_ID_BYTES = 17
};

/* The append-only file of requests by token holders. */
struct gk_audit {
    pthread_mutex_t lock;
    char *path; /* NULL: none is kept */
    int fd;
    bool is_torn; /* the last line was written in part: begin with a new line */
};

/* One open connection, as the reaper sees it. */
struct gk_link {
    struct gk_link *previous, *next;
    int fd;                                /* the library's; valid while the link is in the list */
    int hung_up_ticks;                     /* how often in a row the peer was seen to have gone */
    atomic_bool is_busy;                   /* a whole request is being answered */
    atomic_uint_fast64_t waiting_since_us; /* for the head of the next request */
    atomic_uint_fast64_t sending_since_us; /* a large answer; 0: none */
    atomic_uint_fast64_t acknowledged_before; /* bytes that the peer had taken by then */
};

/* Closes connections that the library would keep; see reaper.c. */
struct gk_reaper {
    pthread_mutex_t lock; /* guards the list and is_stopping */
    pthread_cond_t wake;
    pthread_t thread;
    bool is_running, is_stopping;
    uint64_t head_timeout_us;
    struct gk_link *links;
    struct gk_outbox *outbox;
    uint64_t refused_before; /* by the outbox, at the last look */
    unsigned pressure;       /* how many times the rate asked of readers is doubled */
    atomic_uint_fast64_t slow_closed;
    void (*tick)(void *context); /* once a second too, without the lock; NULL: nothing */
    void *context;
};

struct gk_server {
    struct MHD_Daemon *daemon;
    struct gk_server_config config;
    char *listen;                /* our copy of config.listen; the other texts are not read again */
    struct gk_pattern *patterns; /* one for each route */
    int listen_fd;
    uint16_t port;
    bool checks_layout; /* see framing.c */
    uint64_t id_base;   /* request ids of two daemons differ */
    atomic_uint_fast64_t next_request;
    char *_Atomic base_url;
    char **old_base_urls; /* requests may still hold them; freed at the end */
    size_t old_base_url_count;
    struct gk_audit audit;
    struct gk_reaper reaper;
    pthread_key_t compressor_key; /* each thread its own */
    struct gk_outbox outbox;
    struct gk_cache *cache; /* NULL: none */

    atomic_bool is_draining;
    atomic_size_t open_requests;
    pthread_mutex_t drain_lock;
    pthread_cond_t drained;

    atomic_uint_fast64_t requests, responses_2xx, responses_304, responses_4xx, responses_5xx,
        bytes_out, connections_open;
};

/* The headers that matter, as sent; NULL when absent. */
struct gk_head {
    const char *host, *authorization, *accept, *accept_encoding, *accept_language, *if_none_match;
    const char *content_length, *transfer_encoding;
    size_t count;
};

enum gk_method {
    GK_METHOD_GET,
    GK_METHOD_HEAD,
    GK_METHOD_OPTIONS,
    GK_METHOD_OTHER,
    GK_METHOD_UNKNOWN
};

/* One request and its answer, from the request line to the last byte sent. */
struct gk_exchange {
    struct gk_server *server;
    struct gk_link *link; /* its connection; NULL if it could not be noted */
    uint64_t started_us;
    const char *wire_target; /* where the library keeps the target */
    size_t raw_length;
    char *raw; /* our copy of it, NUL-terminated */
    enum gk_status target_status;
    bool is_begun; /* the first of the library's calls was seen */
    enum gk_method method;
    const char *method_name;
    struct gk_head head;
    struct gk_target target;
    const struct gk_route *route; /* NULL until found */
    struct gk_request request;
    bool is_keepable; /* its answer may be kept, under `key` */
    struct gk_cache_key key;
    struct gk_finished *recalled; /* the answer, from the cache; held */
    struct gk_arena arena;
    struct gk_error error;
    char id[GK_REQUEST_ID_BYTES];
    char text[]; /* raw, then room for the decoded target */
};

/* --- exchange.c: the library's callbacks --------------------------------- */

void *gk_exchange_begin(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result gk_exchange_handle(void *server, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_bytes, void **exchange);
void gk_exchange_end(void *server, struct MHD_Connection *connection, void **exchange,
                     enum MHD_RequestTerminationCode code);

/* --- framing.c: is this one well-formed request? -------------------------- */

/* Reads the headers into exchange->head. Anything on which two servers could
 * disagree where a request ends is GK_INVALID; too much is
 * GK_HEADERS_TOO_LARGE. */
GK_CHECKED enum gk_status gk_framing_check(struct gk_exchange *exchange,
                                           struct MHD_Connection *connection, const char *method,
                                           const char *version);

/* --- access.c ------------------------------------------------------------- */

/* Fills request.principal from the Authorization header. */
GK_CHECKED enum gk_status gk_access_authenticate(struct gk_exchange *exchange);

/* May the principal use the route? GK_UNAUTHORIZED or GK_FORBIDDEN if not. */
GK_CHECKED enum gk_status gk_access_check(struct gk_exchange *exchange);

const char *gk_role_name(enum gk_role role);

/* --- audit.c -------------------------------------------------------------- */

GK_CHECKED enum gk_status gk_audit_open(struct gk_audit *audit, const char *path,
                                        struct gk_error *error);
GK_CHECKED enum gk_status gk_audit_reopen(struct gk_audit *audit, struct gk_error *error);
void gk_audit_close(struct gk_audit *audit);

/* Writes the exchange's line; GK_UNAVAILABLE if that cannot be done. */
GK_CHECKED enum gk_status gk_audit_write(struct gk_audit *audit, const struct gk_exchange *exchange,
                                         int http_status);

/* --- problem.c ------------------------------------------------------------ */

/* Fills `response` with the exchange's error. */
void gk_problem_fill(const struct gk_exchange *exchange, struct gk_response *response);

/* --- recall.c: answers that were given before ------------------------------ */

/* Sets the key of a negotiated request and looks for its answer. True: it is in
 * exchange->recalled, and `response` is filled but for the body. */
bool gk_recall_find(struct gk_exchange *exchange, struct gk_response *response);

/* Lets go kept answers that would be made anew; a part at each call. */
void gk_recall_sweep(void *server);

bool gk_origin_is_none(const struct gk_origin *origin);

/* --- headers.c ------------------------------------------------------------- */

/* A body on its way out. */
struct gk_outgoing {
    struct gk_exchange *exchange;
    struct gk_response *response;
    int http_status;
    enum gk_encoding encoding;
    char etag[GK_ETAG_TEXT_BYTES];
    struct gk_finished *finished; /* NULL: no body; held */
    bool is_reserved;             /* counted in the outbox, not yet the message's */
    struct MHD_Response *message;
    bool failed; /* a header could not be added */
};

/* Adds all headers to out->message; false without memory. */
bool gk_headers_add(struct gk_outgoing *out);

/* --- answer.c ------------------------------------------------------------- */

/* Queues `response` and takes its body. MHD_NO closes the connection. */
enum MHD_Result gk_answer_send(struct gk_exchange *exchange, struct MHD_Connection *connection,
                               struct gk_response *response);

/* What a format is called in `f`; static. */
const char *gk_format_name(enum gk_format format);

/* Content-Type of a route's format. */
const char *gk_format_type(const struct gk_route *route, enum gk_format format);

/* --- compress.c ----------------------------------------------------------- */

/* Destructor of the compressor key. */
void gk_compressor_free(void *compressor);

/* What, beside the input, decides the bytes of an encoding; static. Part of ETags. */
const char *gk_compress_signature(enum gk_encoding encoding);

/* Compresses `body` into new memory; false (and nothing) if that fails. */
bool gk_compress(pthread_key_t key, enum gk_encoding encoding, const struct gk_buf *body,
                 void **data, size_t *length);

/* --- reaper.c ------------------------------------------------------------- */

GK_CHECKED enum gk_status gk_reaper_start(struct gk_reaper *reaper, unsigned head_timeout_s,
                                          struct gk_error *error);

/* Ends the thread, before the library is stopped. The links stay. */
void gk_reaper_stop(struct gk_reaper *reaper);

/* Frees what is left, after it. */
void gk_reaper_free(struct gk_reaper *reaper);

/* Notes an opened connection (NULL without memory), forgets a closed one. */
struct gk_link *gk_reaper_add(struct gk_reaper *reaper, int fd);
void gk_reaper_remove(struct gk_reaper *reaper, struct gk_link *link);

/* A whole request came in; its answer went out. NULL is allowed. */
void gk_link_set_busy(struct gk_link *link, bool is_busy);

/* The answer is a large one: whoever takes it too slowly may be cut off when
 * others need the memory. Until the link is not busy. NULL is allowed. */
void gk_link_set_sending(struct gk_link *link);

/* --- server.c ------------------------------------------------------------- */

/* Microseconds of a monotonic clock, for durations in the log. */
uint64_t gk_monotonic_us(void);

#endif
