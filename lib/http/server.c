/* Starting, stopping and asking the server: socket, limits, audit file. */
#include "internal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <sodium.h>

/* --- Configuration -------------------------------------------------------- */

/* Wildcards are no address to link to. */
static char *default_url(const char *listen, uint16_t port)
{
    bool is_any = strcmp(listen, "0.0.0.0") == 0 || strcmp(listen, "::") == 0;
    const char *host = is_any ? "localhost" : listen;
    bool is_v6 = strchr(host, ':') != NULL;
    char *url = NULL;
    if (asprintf(&url, "http://%s%s%s:%u", is_v6 ? "[" : "", host, is_v6 ? "]" : "",
                 (unsigned)port) < 0)
        return NULL;
    return url;
}

static bool is_url(const char *url)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return false;
    for (const char *p = url; *p != '\0'; p++)
        if (*p <= ' ' || *p >= 0x7F || strchr("\"<>\\^`{|}?#", *p) != NULL)
            return false;
    return true;
}

static enum gk_status make_base_url(const struct gk_server *server, const char *public_url,
                                    char **url, struct gk_error *error)
{
    if (public_url == NULL || public_url[0] == '\0')
        *url = default_url(server->config.listen, server->port);
    else if (!is_url(public_url))
        return gk_error_set(error, GK_INVALID,
                            "public URL \"%.100s\" must begin with http:// or https:// and have no "
                            "query",
                            public_url);
    else
        *url = strdup(public_url);
    if (*url == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "out of memory");
    size_t length = strlen(*url);
    while (length > 0 && (*url)[length - 1] == '/')
        (*url)[--length] = '\0';
    return GK_OK;
}

enum gk_status gk_server_set_public_url(struct gk_server *server, const char *url,
                                        struct gk_error *error)
{
    char *fresh = NULL;
    enum gk_status status = make_base_url(server, url, &fresh, error);
    if (status != GK_OK)
        return status;
    if (strcmp(fresh, atomic_load(&server->base_url)) == 0) {
        free(fresh);
        return GK_OK;
    }
    char **old = reallocarray(server->old_base_urls, server->old_base_url_count + 1, sizeof *old);
    if (old == NULL) {
        free(fresh);
        return gk_error_set(error, GK_NO_MEMORY, "out of memory");
    }
    server->old_base_urls = old;
    old[server->old_base_url_count++] = atomic_exchange(&server->base_url, fresh);
    return GK_OK;
}

static enum gk_status read_patterns(struct gk_server *server, struct gk_error *error)
{
    const struct gk_server_config *config = &server->config;
    server->patterns = calloc(config->route_count + 1, sizeof *server->patterns);
    if (server->patterns == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < config->route_count; i++) {
        enum gk_status status =
            gk_pattern_read(&server->patterns[i], config->routes[i].pattern, error);
        if (status != GK_OK)
            return status;
    }
    return GK_OK;
}

/* --- Socket --------------------------------------------------------------- */

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    memset(&address, 0, sizeof address);
    socklen_t length = sizeof address;
    if (getsockname(fd, &address.any, &length) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static int open_socket(const struct addrinfo *address)
{
    int one = 1, zero = 0, ahead = GK_UNSENT_MAX_BYTES;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* Connections inherit it: the kernel takes no more than this of an answer ahead
     * of what the network takes, else it holds megabytes for each slow reader. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &ahead, sizeof ahead);
    if (address->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static enum gk_status listen_on(struct gk_server *server, struct gk_error *error)
{
    const struct gk_server_config *config = &server->config;
    const struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)config->port);
    int reason = getaddrinfo(config->listen, port, &hints, &addresses);
    if (reason != 0)
        return gk_error_set(error, GK_INVALID, "listen address \"%s\": %s", config->listen,
                            gai_strerror(reason));
    server->listen_fd = open_socket(addresses);
    freeaddrinfo(addresses);
    if (server->listen_fd < 0)
        return gk_error_set(error, GK_IO, "listening on \"%s\" port %s: %s", config->listen, port,
                            strerror(errno));
    server->port = port_of(server->listen_fd);
    return GK_OK;
}

/* --- The library ---------------------------------------------------------- */

static void log_of_library(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void log_of_library(void *context, const char *format, va_list arguments)
{
    const struct gk_server *server = context;
    char message[256];
    if (server->config.log == NULL || server->config.log->level < GK_LOG_DEBUG)
        return;
    if (vsnprintf(message, sizeof message, format, arguments) < 0)
        return;
    message[strcspn(message, "\n")] = '\0';
    gk_log(server->config.log, GK_LOG_DEBUG, "libmicrohttpd", gk_log_text("message", message));
}

static void note_connection(void *context, struct MHD_Connection *connection, void **link,
                            enum MHD_ConnectionNotificationCode code)
{
    struct gk_server *server = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *link = info == NULL ? NULL : gk_reaper_add(&server->reaper, info->connect_fd);
        atomic_fetch_add_explicit(&server->connections_open, 1, memory_order_relaxed);
    } else {
        gk_reaper_remove(&server->reaper, *link);
        *link = NULL;
        atomic_fetch_sub_explicit(&server->connections_open, 1, memory_order_relaxed);
    }
}

/* framing.c reads the buffer's layout, which is this version's. */
static bool has_known_layout(void)
{
    return strncmp(MHD_get_version(), "0.9.75", 6) == 0;
}

static enum gk_status start_library(struct gk_server *server, struct gk_error *error)
{
    const struct gk_server_config *config = &server->config;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, config->threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    if (config->threads <= 1)
        pool[0] = pool[1];
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, gk_exchange_handle, server, MHD_OPTION_EXTERNAL_LOGGER,
        log_of_library, server, MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
        MHD_OPTION_URI_LOG_CALLBACK, gk_exchange_begin, server, MHD_OPTION_NOTIFY_COMPLETED,
        gk_exchange_end, server, MHD_OPTION_NOTIFY_CONNECTION, note_connection, server,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)GK_CONNECTION_POOL_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, config->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        config->connections_per_address, MHD_OPTION_CONNECTION_TIMEOUT, config->idle_timeout_s,
        MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
    if (server->daemon == NULL)
        return gk_error_set(error, GK_IO, "starting the server on \"%s\" port %u: %s",
                            config->listen, (unsigned)server->port, strerror(errno));
    return GK_OK;
}

/* --- Start and stop ------------------------------------------------------- */

static void init_drain(struct gk_server *server)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&server->drain_lock, NULL);
    pthread_cond_init(&server->drained, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void server_free(struct gk_server *server)
{
    gk_reaper_stop(&server->reaper);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    gk_reaper_free(&server->reaper);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    gk_audit_close(&server->audit);
    gk_cache_free(server->cache);
    pthread_key_delete(server->compressor_key);
    pthread_cond_destroy(&server->drained);
    pthread_mutex_destroy(&server->drain_lock);
    for (size_t i = 0; i < server->old_base_url_count; i++)
        free(server->old_base_urls[i]);
    free(server->old_base_urls);
    free(atomic_load(&server->base_url));
    free(server->patterns);
    free(server->listen);
    free(server);
}

static enum gk_status server_open(struct gk_server *server, const struct gk_server_config *config,
                                  struct gk_error *error)
{
    server->config.listen = server->listen = strdup(config->listen);
    if (server->listen == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "out of memory");
    if (config->authenticate != NULL && config->audit_path == NULL)
        return gk_error_set(error, GK_INVALID, "tokens are honoured only with an audit log");
    enum gk_status status = read_patterns(server, error);
    if (status == GK_OK)
        status = listen_on(server, error);
    char *url = NULL;
    if (status == GK_OK)
        status = make_base_url(server, config->public_url, &url, error);
    atomic_store(&server->base_url, url);
    return status == GK_OK ? start_library(server, error) : status;
}

/* A server that does nothing yet; NULL without memory. */
static struct gk_server *server_make(const struct gk_server_config *config)
{
    struct gk_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->config = *config;
    server->listen_fd = -1;
    server->audit.fd = -1;
    server->checks_layout = has_known_layout();
    server->outbox.maximum = config->outbox_max_bytes;
    server->reaper.outbox = &server->outbox;
    server->reaper.tick = gk_recall_sweep;
    server->reaper.context = server;
    if (config->cache_max_bytes > 0 && config->recall != NULL)
        server->cache = gk_cache_create(config->cache_max_bytes);
    bool has_cache =
        server->cache != NULL || config->cache_max_bytes == 0 || config->recall == NULL;
    if (!has_cache || pthread_key_create(&server->compressor_key, gk_compressor_free) != 0) {
        gk_cache_free(server->cache);
        free(server);
        return NULL;
    }
    randombytes_buf(&server->id_base, sizeof server->id_base);
    init_drain(server);
    return server;
}

enum gk_status gk_server_start(struct gk_server **server, const struct gk_server_config *config,
                               struct gk_error *error)
{
    *server = NULL;
    if (sodium_init() < 0)
        return gk_error_set(error, GK_INTERNAL, "libsodium cannot be used");
    struct gk_server *fresh = server_make(config);
    if (fresh == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "no memory or thread key is left");
    enum gk_status status = gk_reaper_start(&fresh->reaper, config->idle_timeout_s, error);
    if (status == GK_OK)
        status = gk_audit_open(&fresh->audit, config->audit_path, error);
    if (status == GK_OK)
        status = server_open(fresh, config, error);
    if (status == GK_OK)
        *server = fresh;
    else
        server_free(fresh);
    return status;
}

uint16_t gk_server_port(const struct gk_server *server)
{
    return server->port;
}

enum gk_status gk_server_reopen_audit(struct gk_server *server, struct gk_error *error)
{
    return gk_audit_reopen(&server->audit, error);
}

static void wait_for_requests(struct gk_server *server, unsigned drain_s)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += drain_s;
    pthread_mutex_lock(&server->drain_lock);
    while (atomic_load(&server->open_requests) > 0)
        if (pthread_cond_timedwait(&server->drained, &server->drain_lock, &until) == ETIMEDOUT)
            break;
    pthread_mutex_unlock(&server->drain_lock);
}

void gk_server_stop(struct gk_server *server, unsigned drain_s)
{
    if (server == NULL)
        return;
    atomic_store(&server->is_draining, true);
    (void)MHD_quiesce_daemon(server->daemon);
    wait_for_requests(server, drain_s);
    server_free(server);
}

void gk_server_counters(const struct gk_server *server, struct gk_server_counters *counters)
{
    *counters = (struct gk_server_counters){
        .requests = atomic_load_explicit(&server->requests, memory_order_relaxed),
        .responses_2xx = atomic_load_explicit(&server->responses_2xx, memory_order_relaxed),
        .responses_304 = atomic_load_explicit(&server->responses_304, memory_order_relaxed),
        .responses_4xx = atomic_load_explicit(&server->responses_4xx, memory_order_relaxed),
        .responses_5xx = atomic_load_explicit(&server->responses_5xx, memory_order_relaxed),
        .bytes_out = atomic_load_explicit(&server->bytes_out, memory_order_relaxed),
        .connections_open = atomic_load_explicit(&server->connections_open, memory_order_relaxed),
        .outbox_bytes = atomic_load_explicit(&server->outbox.bytes, memory_order_relaxed),
        .outbox_refused = atomic_load_explicit(&server->outbox.refused, memory_order_relaxed),
        .slow_closed = atomic_load_explicit(&server->reaper.slow_closed, memory_order_relaxed),
    };
    if (server->cache == NULL)
        return;
    struct gk_cache_counters cache;
    gk_cache_counters(server->cache, &cache);
    counters->cache_hits = cache.hits;
    counters->cache_misses = cache.misses;
    counters->cache_evictions = cache.evictions;
    counters->cache_bytes = cache.bytes;
    counters->cache_answers = cache.answers;
}
