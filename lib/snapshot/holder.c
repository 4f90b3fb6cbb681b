/* The holder as its users see it: starting, stopping, acquiring, tokens. The
 * threads that keep it fed are in watcher.c and loader.c. */
#include "holder_internal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "snapshot/build.h"

int64_t gk_holder_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void gk_holder_wait(const struct gk_holder *holder, int event, uint32_t milliseconds)
{
    struct pollfd fds[] = {{.fd = event, .events = POLLIN},
                           {.fd = holder->stop_event, .events = POLLIN}};
    if (poll(fds, 2, (int)milliseconds) > 0 && fds[0].revents != 0) {
        uint64_t ignored;
        ssize_t got = read(event, &ignored, sizeof ignored); /* not blocking */
        (void)got;
    }
}

static void wake(int event)
{
    const uint64_t one = 1;
    ssize_t put = write(event, &one, sizeof one);
    (void)put; /* fails only when it is awake already */
}

/* --- Making and ending --------------------------------------------------------- */

static void free_snapshot(void *snapshot)
{
    gk_snapshot_free(snapshot);
}

static void free_tokens(void *object)
{
    struct gk_tokens *tokens = object;
    free(tokens->tokens);
    free(tokens);
}

enum gk_status gk_holder_create(struct gk_holder **holder, const struct gk_holder_config *config,
                                struct gk_error *error)
{
    *holder = NULL;
    struct gk_holder *h = calloc(1, sizeof *h);
    if (h == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "start loading snapshots: out of memory");
    h->log = config->log;
    atomic_init(&h->poll_interval_ms, config->poll_interval_ms);
    atomic_init(&h->token_grace_s, config->token_grace_s);
    atomic_init(&h->stop, false);
    atomic_init(&h->answered_ms, -1);
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++)
        gk_swap_init(&h->snapshots[kind], free_snapshot);
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++)
        gk_old_init(&h->old[kind], config->old_snapshots, config->old_snapshots_bytes);
    gk_swap_init(&h->tokens, free_tokens);
    gk_swap_init(&h->numbers, gk_numbers_free);
    atomic_init(&h->yields, false);
    atomic_init(&h->idles, false);
    pthread_mutex_init(&h->lock, NULL);
    h->conninfo = strdup(config->conninfo);
    h->initial_definition = strdup(config->initial_definition);
    h->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    h->watcher_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    h->loader_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum gk_status status = GK_OK;
    if (h->conninfo == NULL || h->initial_definition == NULL)
        status = gk_error_set(error, GK_NO_MEMORY, "start loading snapshots: out of memory");
    else if (h->stop_event < 0 || h->watcher_event < 0 || h->loader_event < 0)
        status = gk_error_set(error, GK_IO, "start loading snapshots: too many open files");
    if (status == GK_OK)
        *holder = h;
    else
        gk_holder_free(h);
    return status;
}

void gk_holder_free(struct gk_holder *holder)
{
    if (holder == NULL)
        return;
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++)
        gk_swap_release_all(&holder->snapshots[kind]);
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++)
        gk_old_release_all(&holder->old[kind]);
    gk_swap_release_all(&holder->tokens);
    gk_swap_release_all(&holder->numbers);
    pthread_mutex_destroy(&holder->lock);
    const int events[] = {holder->stop_event, holder->watcher_event, holder->loader_event};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (events[i] >= 0)
            close(events[i]);
    free(holder->conninfo);
    free(holder->initial_definition);
    free(holder);
}

enum gk_status gk_holder_start(struct gk_holder **holder, const struct gk_holder_config *config,
                               struct gk_error *error)
{
    enum gk_status status = gk_holder_create(holder, config, error);
    struct gk_holder *h = *holder;
    if (h == NULL)
        return status;
    /* Signals are for the program's own thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&h->watcher, NULL, gk_holder_watch, h);
    h->watcher_runs = failed == 0;
    if (failed == 0) {
        failed = pthread_create(&h->loader, NULL, gk_holder_load, h);
        h->loader_runs = failed == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0)
        return GK_OK;
    *holder = NULL;
    gk_holder_stop(h);
    return gk_error_set(error, GK_IO, "start loading snapshots: no thread: error %d", failed);
}

void gk_holder_stop(struct gk_holder *holder)
{
    if (holder == NULL)
        return;
    /* The event first: who sees the flag must not wait for the server any more. */
    wake(holder->stop_event);
    atomic_store(&holder->stop, true);
    atomic_store(&holder->yields, true);
    if (holder->watcher_runs)
        pthread_join(holder->watcher, NULL);
    if (holder->loader_runs)
        pthread_join(holder->loader, NULL);
    gk_holder_free(holder);
}

void gk_holder_reconfigure(struct gk_holder *holder, uint32_t poll_interval_ms,
                           uint32_t token_grace_s)
{
    atomic_store(&holder->poll_interval_ms, poll_interval_ms);
    atomic_store(&holder->token_grace_s, token_grace_s);
    wake(holder->watcher_event);
}

/* --- Readers ----------------------------------------------------------------------- */

const struct gk_snapshot *gk_holder_acquire(struct gk_holder *holder, enum gk_snapshot_kind kind)
{
    uint32_t slot;
    return gk_swap_acquire(&holder->snapshots[kind], &slot);
}

struct pin {
    int32_t number, places;
};

static bool is_pinned(const void *object, const void *context)
{
    const struct gk_snapshot *snapshot = object;
    const struct pin *pin = context;
    return snapshot->number == pin->number && snapshot->places == pin->places;
}

const struct gk_snapshot *gk_holder_acquire_pinned(struct gk_holder *holder,
                                                   enum gk_snapshot_kind kind, int32_t number,
                                                   int32_t places)
{
    const struct pin pin = {number, places};
    uint32_t slot;
    return gk_swap_acquire_matching(&holder->snapshots[kind], is_pinned, &pin, &slot);
}

void gk_holder_release(struct gk_holder *holder, const struct gk_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    uint32_t slot = gk_snapshot_slot(snapshot);
    if (gk_old_has_slot(slot))
        gk_old_release(&holder->old[snapshot->kind], snapshot);
    else
        gk_swap_release(&holder->snapshots[snapshot->kind], slot);
}

/* --- By number ------------------------------------------------------------------- */

static const char *kind_name(enum gk_snapshot_kind kind)
{
    return kind == GK_SNAPSHOT_RELEASE ? "release" : "revision";
}

/* Whether a number can be asked for, from the lists in memory. */
static enum gk_status check_number(struct gk_holder *holder, enum gk_snapshot_kind kind,
                                   int32_t number, struct gk_error *error)
{
    const char *name = kind_name(kind);
    const struct gk_numbers *numbers = gk_holder_acquire_numbers(holder);
    if (numbers == NULL)
        return gk_error_set(error, GK_UNAVAILABLE,
                            "read %s %d: it is not known yet which there are", name, number);
    const struct gk_number *found = gk_numbers_find(numbers, kind, number);
    enum gk_status status = GK_OK;
    if (found == NULL)
        status = gk_error_set(error, GK_NOT_FOUND, "read %s %d: there is none", name, number);
    else if (found->state == GK_NUMBER_WITHDRAWN)
        status = gk_error_set(error, GK_GONE, "read %s %d: it was withdrawn", name, number);
    else if (found->state == GK_NUMBER_ERASED)
        status = gk_error_set(error, GK_GONE, "read %s %d: it was erased and cannot be rebuilt",
                              name, number);
    gk_holder_release_numbers(holder, numbers);
    return status;
}

static bool is_that_number(const void *object, const void *context)
{
    const struct gk_snapshot *snapshot = object;
    return snapshot->number == *(const int32_t *)context &&
           (snapshot->kind == GK_SNAPSHOT_RELEASE || snapshot->has_own_places);
}

/* Notes the wish and wakes the loader if it has nothing else to do: asking again
 * and again does not make it try more often. */
static enum gk_status ask_for(struct gk_holder *holder, enum gk_snapshot_kind kind, int32_t number,
                              struct gk_error *error)
{
    const char *name = kind_name(kind);
    if (gk_holder_is_stale(holder))
        return gk_error_set(error, GK_UNAVAILABLE,
                            "read %s %d: it is not in memory, and the database cannot be reached",
                            name, number);
    if (!gk_old_ask(&holder->old[kind], number))
        return gk_error_set(error, GK_UNAVAILABLE,
                            "read %s %d: others are being loaded; ask again in a while", name,
                            number);
    if (atomic_exchange(&holder->idles, false))
        wake(holder->loader_event);
    return gk_error_set(error, GK_UNAVAILABLE,
                        "read %s %d: it is being loaded; ask again in a second", name, number);
}

enum gk_status gk_holder_acquire_numbered(const struct gk_snapshot **snapshot,
                                          struct gk_holder *holder, enum gk_snapshot_kind kind,
                                          int32_t number, struct gk_error *error)
{
    uint32_t slot;
    *snapshot = NULL;
    enum gk_status status = check_number(holder, kind, number, error);
    if (status != GK_OK)
        return status;
    *snapshot = gk_swap_acquire_matching(&holder->snapshots[kind], is_that_number, &number, &slot);
    if (*snapshot == NULL)
        *snapshot = gk_old_acquire(&holder->old[kind], number, gk_holder_now_ms());
    return *snapshot != NULL ? GK_OK : ask_for(holder, kind, number, error);
}

/* Milliseconds since the store answered; INT64_MAX when it never did. */
static int64_t silent_ms(const struct gk_holder *holder)
{
    int64_t answered = atomic_load_explicit(&holder->answered_ms, memory_order_relaxed);
    if (answered < 0)
        return INT64_MAX;
    int64_t silent = gk_holder_now_ms() - answered;
    return silent > 0 ? silent : 0;
}

int64_t gk_holder_silent_s(const struct gk_holder *holder)
{
    int64_t silent = silent_ms(holder);
    if (silent == INT64_MAX)
        return -1;
    return silent < (int64_t)atomic_load(&holder->poll_interval_ms) + 1000 ? 0 : silent / 1000;
}

bool gk_holder_is_stale(const struct gk_holder *holder)
{
    int64_t bound = (int64_t)atomic_load(&holder->poll_interval_ms) * 10;
    return silent_ms(holder) > (bound > 5000 ? bound : 5000);
}

/* --- Tokens ---------------------------------------------------------------------------- */

static int compare_tokens(const void *a, const void *b)
{
    return memcmp(((const struct gk_token *)a)->hash, ((const struct gk_token *)b)->hash, 32);
}

enum gk_status gk_holder_set_tokens(struct gk_holder *holder, struct gk_token *tokens, size_t count)
{
    struct gk_tokens *table = malloc(sizeof *table);
    if (table == NULL)
        return GK_NO_MEMORY;
    *table = (struct gk_tokens){tokens, count};
    if (count > 0)
        qsort(tokens, count, sizeof *tokens, compare_tokens);
    /* Nobody holds a table for longer than a look-up: a slot becomes free soon. */
    uint32_t slot;
    while ((slot = gk_swap_free_slot(&holder->tokens)) == GK_SWAP_SLOTS)
        gk_swap_sweep(&holder->tokens, INT64_MAX, 0);
    gk_swap_publish(&holder->tokens, slot, table, 0);
    gk_swap_sweep(&holder->tokens, INT64_MAX, 0);
    return GK_OK;
}

/* All bytes are looked at, whether they differ early or late. */
static bool is_same_hash(const unsigned char a[32], const unsigned char b[32])
{
    unsigned difference = 0;
    for (int i = 0; i < 32; i++)
        difference |= (unsigned)(a[i] ^ b[i]);
    return difference == 0;
}

/* By the first four bytes, which tell a searcher nothing of a 256-bit token, to
 * the few that share them. */
static const struct gk_token *find_token(const struct gk_tokens *table,
                                         const unsigned char hash[32])
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(table->tokens[middle].hash, hash, 4) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct gk_token *found = NULL;
    for (; low < table->count && memcmp(table->tokens[low].hash, hash, 4) == 0; low++)
        if (is_same_hash(table->tokens[low].hash, hash))
            found = &table->tokens[low];
    return found;
}

enum gk_status gk_holder_token(struct gk_holder *holder, const unsigned char hash[32],
                               struct gk_token_info *token)
{
    /* The poll that is due now is not silence. */
    int64_t patience_ms = (int64_t)atomic_load(&holder->token_grace_s) * 1000 +
                          atomic_load(&holder->poll_interval_ms) + 1000;
    if (silent_ms(holder) > patience_ms)
        return GK_UNAVAILABLE;
    uint32_t slot;
    const struct gk_tokens *table = gk_swap_acquire(&holder->tokens, &slot);
    if (table == NULL)
        return GK_UNAVAILABLE;
    const struct gk_token *found = find_token(table, hash);
    bool is_valid = found != NULL && gk_holder_now_ms() < found->expires_ms;
    if (is_valid)
        *token = found->info;
    gk_swap_release(&holder->tokens, slot);
    return is_valid ? GK_OK : GK_UNAUTHORIZED;
}

/* --- Writers ------------------------------------------------------------------------------ */

void gk_holder_answered(struct gk_holder *holder)
{
    atomic_store_explicit(&holder->answered_ms, gk_holder_now_ms(), memory_order_relaxed);
}

static bool is_newer_than(const void *object, const void *context)
{
    return ((const struct gk_snapshot *)object)->number > *(const int32_t *)context;
}

bool gk_holder_want(struct gk_holder *holder, const struct gk_state *state)
{
    pthread_mutex_lock(&holder->lock);
    const int32_t newest[GK_SNAPSHOT_KINDS] = {
        [GK_SNAPSHOT_RELEASE] = state->release, [GK_SNAPSHOT_REVISION] = state->revision};
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++) {
        /* A number falls only when what had it was taken back. */
        const struct gk_snapshot *current = gk_swap_peek(&holder->snapshots[kind]);
        if (current != NULL && current->number > newest[kind])
            gk_swap_withdraw(&holder->snapshots[kind], is_newer_than, &newest[kind]);
    }
    bool is_news = !holder->is_wanted || state->release != holder->wanted.release ||
                   state->revision != holder->wanted.revision ||
                   state->places != holder->wanted.places;
    holder->wanted = *state;
    holder->is_wanted = true;
    pthread_mutex_unlock(&holder->lock);
    if (is_news) {
        atomic_store(&holder->yields, true);
        wake(holder->loader_event);
    }
    return is_news;
}

void gk_holder_sweep(struct gk_holder *holder, int64_t now_ms)
{
    pthread_mutex_lock(&holder->lock);
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++)
        gk_swap_sweep(&holder->snapshots[kind], now_ms - GK_KEEP_REPLACED_MS, GK_KEEP_REPLACED_MAX);
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++)
        gk_old_sweep(&holder->old[kind], now_ms);
    pthread_mutex_unlock(&holder->lock);
}

enum gk_status gk_holder_publish(struct gk_holder *holder, struct gk_snapshot *snapshot,
                                 int64_t now_ms)
{
    struct gk_swap *swap = &holder->snapshots[snapshot->kind];
    enum gk_status status = GK_OK;
    pthread_mutex_lock(&holder->lock);
    uint32_t slot = gk_swap_free_slot(swap);
    if (snapshot->kind == GK_SNAPSHOT_RELEASE && snapshot->number != holder->wanted.release) {
        status = GK_CONFLICT;
    } else if (slot == GK_SWAP_SLOTS) {
        status = GK_UNAVAILABLE;
    } else {
        gk_snapshot_set_slot(snapshot, slot);
        gk_swap_publish(swap, slot, snapshot, now_ms);
    }
    pthread_mutex_unlock(&holder->lock);
    gk_holder_sweep(holder, now_ms);
    return status;
}

enum gk_status gk_holder_keep_old(struct gk_holder *holder, struct gk_snapshot *snapshot,
                                  int64_t now_ms)
{
    pthread_mutex_lock(&holder->lock);
    const struct gk_held_numbers *held = gk_swap_peek(&holder->numbers);
    const struct gk_number *number =
        held == NULL ? NULL : gk_numbers_find(&held->numbers, snapshot->kind, snapshot->number);
    enum gk_status status = GK_CONFLICT;
    if (number != NULL && number->state == GK_NUMBER_STANDS)
        status = gk_old_put(&holder->old[snapshot->kind], snapshot, now_ms);
    pthread_mutex_unlock(&holder->lock);
    return status;
}
