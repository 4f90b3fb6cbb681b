/* Ends connections that the library would keep for its whole timeout, or for
 * ever. It counts the timeout from the last byte, so a client that sends one
 * byte at a time never meets it: here the head of a request must be complete
 * within the timeout, counted from the connection or the answer before. And
 * with edge-triggered epoll it misses the end of file that comes together with
 * half a request. And it keeps the bytes of an answer for as long as a client takes
 * to read them: when they fill half of the memory for that, who reads too slowly
 * is cut off. One thread looks at all connections once a second; it only shuts
 * sockets down, after which the library closes them as its own. */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

/* Seen gone twice: a request that came just before is taken up in between. */
enum { TICK_S = 1, HUNG_UP_TICKS = 2 };

/* A large answer must be taken at this rate, once others wait for its memory; each
 * second in which some were refused doubles it, up to 1 MiB/s: who wants to hold all
 * of the memory must at least read in earnest. */
enum { SLOW_AFTER_S = 5, SLOW_BYTES_PER_S = 65536, PRESSURE_MAX = 4 };

void gk_link_set_busy(struct gk_link *link, bool is_busy)
{
    if (link == NULL)
        return;
    if (!is_busy) {
        atomic_store_explicit(&link->waiting_since_us, gk_monotonic_us(), memory_order_relaxed);
        atomic_store_explicit(&link->sending_since_us, 0, memory_order_relaxed);
    }
    atomic_store_explicit(&link->is_busy, is_busy, memory_order_release);
}

/* What the peer has confirmed to have, since it connected. */
static bool acknowledged(int fd, uint64_t *bytes)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
        length < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked)
        return false;
    *bytes = info.tcpi_bytes_acked;
    return true;
}

void gk_link_set_sending(struct gk_link *link)
{
    uint64_t bytes;
    if (link == NULL || !acknowledged(link->fd, &bytes))
        return;
    atomic_store_explicit(&link->acknowledged_before, bytes, memory_order_relaxed);
    atomic_store_explicit(&link->sending_since_us, gk_monotonic_us(), memory_order_release);
}

struct gk_link *gk_reaper_add(struct gk_reaper *reaper, int fd)
{
    struct gk_link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    link->fd = fd;
    gk_link_set_busy(link, false);
    pthread_mutex_lock(&reaper->lock);
    link->next = reaper->links;
    if (link->next != NULL)
        link->next->previous = link;
    reaper->links = link;
    pthread_mutex_unlock(&reaper->lock);
    return link;
}

void gk_reaper_remove(struct gk_reaper *reaper, struct gk_link *link)
{
    if (link == NULL)
        return;
    pthread_mutex_lock(&reaper->lock);
    if (link->previous != NULL)
        link->previous->next = link->next;
    else
        reaper->links = link->next;
    if (link->next != NULL)
        link->next->previous = link->previous;
    pthread_mutex_unlock(&reaper->lock);
    free(link);
}

static bool is_hung_up(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static bool is_too_slow(const struct gk_link *link, unsigned pressure, uint64_t now_us)
{
    uint64_t since_us = atomic_load_explicit(&link->sending_since_us, memory_order_acquire);
    uint64_t bytes;
    if (since_us == 0 || now_us < since_us + SLOW_AFTER_S * UINT64_C(1000000) ||
        !acknowledged(link->fd, &bytes))
        return false;
    uint64_t before = atomic_load_explicit(&link->acknowledged_before, memory_order_relaxed);
    uint64_t taken = bytes > before ? bytes - before : 0;
    return taken / ((now_us - since_us) / 1000000) < (uint64_t)SLOW_BYTES_PER_S << pressure;
}

static bool is_crowded(const struct gk_outbox *outbox)
{
    return outbox != NULL && atomic_load(&outbox->bytes) > outbox->maximum / 2;
}

static void look_at(struct gk_reaper *reaper, struct gk_link *link, uint64_t now_us)
{
    if (atomic_load_explicit(&link->is_busy, memory_order_acquire)) {
        link->hung_up_ticks = 0;
        if (is_crowded(reaper->outbox) && is_too_slow(link, reaper->pressure, now_us)) {
            atomic_fetch_add_explicit(&reaper->slow_closed, 1, memory_order_relaxed);
            atomic_store_explicit(&link->sending_since_us, 0, memory_order_relaxed);
            (void)shutdown(link->fd, SHUT_RDWR);
        }
        return;
    }
    uint64_t since_us = atomic_load_explicit(&link->waiting_since_us, memory_order_relaxed);
    link->hung_up_ticks = is_hung_up(link->fd) ? link->hung_up_ticks + 1 : 0;
    if (link->hung_up_ticks >= HUNG_UP_TICKS ||
        (now_us > since_us && now_us - since_us > reaper->head_timeout_us))
        (void)shutdown(link->fd, SHUT_RDWR);
}

static void feel_pressure(struct gk_reaper *reaper)
{
    if (reaper->outbox == NULL)
        return;
    uint64_t refused = atomic_load_explicit(&reaper->outbox->refused, memory_order_relaxed);
    if (refused != reaper->refused_before)
        reaper->pressure += reaper->pressure < PRESSURE_MAX;
    else
        reaper->pressure -= reaper->pressure > 0;
    reaper->refused_before = refused;
}

static void *run(void *context)
{
    struct gk_reaper *reaper = context;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    pthread_mutex_lock(&reaper->lock);
    while (!reaper->is_stopping) {
        until.tv_sec += TICK_S;
        while (!reaper->is_stopping &&
               pthread_cond_timedwait(&reaper->wake, &reaper->lock, &until) != ETIMEDOUT)
            continue;
        uint64_t now_us = gk_monotonic_us();
        feel_pressure(reaper);
        for (struct gk_link *link = reaper->links; link != NULL; link = link->next)
            look_at(reaper, link, now_us);
        if (reaper->tick != NULL && !reaper->is_stopping) {
            pthread_mutex_unlock(&reaper->lock);
            reaper->tick(reaper->context);
            pthread_mutex_lock(&reaper->lock);
        }
    }
    pthread_mutex_unlock(&reaper->lock);
    return NULL;
}

enum gk_status gk_reaper_start(struct gk_reaper *reaper, unsigned head_timeout_s,
                               struct gk_error *error)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&reaper->lock, NULL);
    pthread_cond_init(&reaper->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    reaper->head_timeout_us = (uint64_t)head_timeout_s * 1000000;
    if (pthread_create(&reaper->thread, NULL, run, reaper) != 0)
        return gk_error_set(error, GK_NO_MEMORY, "no thread can be started");
    reaper->is_running = true;
    return GK_OK;
}

void gk_reaper_stop(struct gk_reaper *reaper)
{
    if (!reaper->is_running)
        return;
    pthread_mutex_lock(&reaper->lock);
    reaper->is_stopping = true;
    pthread_cond_signal(&reaper->wake);
    pthread_mutex_unlock(&reaper->lock);
    pthread_join(reaper->thread, NULL);
    reaper->is_running = false;
}

void gk_reaper_free(struct gk_reaper *reaper)
{
    while (reaper->links != NULL)
        gk_reaper_remove(reaper, reaper->links);
    pthread_cond_destroy(&reaper->wake);
    pthread_mutex_destroy(&reaper->lock);
}
