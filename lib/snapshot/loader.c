/* The thread that loads snapshots: it waits until the state that the watcher saw
 * is not the state that it loaded, and loads what is missing, the release first.
 * A load that fails leaves everything as it was and is tried again. When there is
 * nothing new, it loads older ones that were asked for. */
#include "holder_internal.h"

#include "snapshot/build.h"
#include "snapshot/load.h"

enum { SWEEP_MS = 1000 };

/* The kind that is to be loaded now; GK_SNAPSHOT_KINDS for none. The load of a
 * revision may see a newer state than was wanted (`served`): until the watcher
 * has seen it too, what was wanted counts as served. */
static enum gk_snapshot_kind next_kind(struct gk_holder *holder, const struct gk_state *served,
                                       struct gk_state *wanted)
{
    pthread_mutex_lock(&holder->lock);
    bool is_wanted = holder->is_wanted;
    *wanted = holder->wanted;
    const struct gk_snapshot *release = gk_swap_peek(&holder->snapshots[GK_SNAPSHOT_RELEASE]);
    const struct gk_snapshot *revision = gk_swap_peek(&holder->snapshots[GK_SNAPSHOT_REVISION]);
    bool has_release = release != NULL && release->number == wanted->release;
    bool has_revision =
        revision != NULL &&
        ((revision->number == wanted->revision && revision->places == wanted->places) ||
         (served->revision == wanted->revision && served->places == wanted->places));
    pthread_mutex_unlock(&holder->lock);
    if (is_wanted && wanted->release != 0 && !has_release)
        return GK_SNAPSHOT_RELEASE;
    if (is_wanted && wanted->revision != 0 && !has_revision)
        return GK_SNAPSHOT_REVISION;
    return GK_SNAPSHOT_KINDS;
}

static void log_loaded(const struct gk_holder *holder, const struct gk_snapshot *snapshot,
                       int64_t started_ms)
{
    gk_log(holder->log, GK_LOG_INFO, "snapshot_loaded",
           gk_log_text("kind", snapshot->kind == GK_SNAPSHOT_RELEASE ? "release" : "revision"),
           gk_log_number("number", snapshot->number), gk_log_number("cells", snapshot->cell_count),
           gk_log_number("rows", snapshot->row_count),
           gk_log_number("bytes", (int64_t)gk_snapshot_bytes(snapshot)),
           gk_log_microseconds("ms", (gk_holder_now_ms() - started_ms) * 1000));
}

/* --- Older ones ------------------------------------------------------------------ */

/* What older snapshots were asked for, and when the next may be loaded: after each
 * the loader rests for three times as long, so that whoever asks for many cannot
 * keep it, or the server, busy. The kinds take turns, so that the public cannot
 * keep analysts waiting. */
struct older {
    int64_t not_before_ms;
    enum gk_snapshot_kind kind;
    int32_t number;
};

enum { REST_TIMES = 3, REST_MIN_MS = 250, REST_MAX_MS = 60 * 1000 };

/* Sets kind and number to what is next; false when there is nothing to do now. */
static bool next_older(struct gk_holder *holder, struct older *older)
{
    if (gk_holder_now_ms() < older->not_before_ms)
        return false;
    for (int turn = 1; turn <= GK_SNAPSHOT_KINDS; turn++) {
        enum gk_snapshot_kind kind = (older->kind + (unsigned)turn) % GK_SNAPSHOT_KINDS;
        int32_t number = gk_old_next(&holder->old[kind]);
        if (number == 0)
            continue;
        older->kind = kind;
        older->number = number;
        return true;
    }
    return false;
}

/* Whether it came into memory since it was asked for, or does not stand any more. */
static bool is_settled(struct gk_holder *holder, const struct older *older)
{
    const struct gk_snapshot *snapshot;
    struct gk_error ignored;
    enum gk_status status =
        gk_holder_acquire_numbered(&snapshot, holder, older->kind, older->number, &ignored);
    gk_holder_release(holder, snapshot);
    return status != GK_UNAVAILABLE;
}

static enum gk_status load_number(struct gk_snapshot **snapshot, struct gk_holder *holder,
                                  struct gk_store *store, const struct older *older,
                                  struct gk_error *error)
{
    size_t maximum_bytes = holder->old[older->kind].maximum_bytes;
    const struct gk_load_options options = {maximum_bytes, &holder->yields};
    if (older->kind == GK_SNAPSHOT_RELEASE)
        return gk_snapshot_load_release(snapshot, store, older->number, &options, error);
    return gk_snapshot_load_revision(snapshot, store, older->number, holder->initial_definition,
                                     &options, error);
}

/* Loads what was asked for, unless there is news meanwhile: then it is tried again
 * afterwards. Any other failure forgets the wish; who still has it asks again. */
static enum gk_status load_older(struct gk_holder *holder, struct gk_store *store,
                                 struct older *older, struct gk_error *error)
{
    struct gk_old *old = &holder->old[older->kind];
    struct gk_snapshot *snapshot = NULL;
    int64_t started_ms = gk_holder_now_ms();
    enum gk_status status = GK_OK;
    if (!is_settled(holder, older)) {
        pthread_mutex_lock(&holder->lock);
        gk_old_make_room(old);
        pthread_mutex_unlock(&holder->lock);
        status = load_number(&snapshot, holder, store, older, error);
    }
    if (snapshot != NULL) {
        log_loaded(holder, snapshot, started_ms);
        status = gk_holder_keep_old(holder, snapshot, gk_holder_now_ms());
        if (status != GK_OK) {
            gk_snapshot_free(snapshot);
            gk_error_set(error, status, "keep an older snapshot: %s", gk_status_text(status));
        }
    }
    if (status == GK_INTERRUPTED)
        return status;
    gk_old_answered(old, older->number);
    int64_t now_ms = gk_holder_now_ms(), rest_ms = (now_ms - started_ms) * REST_TIMES;
    older->not_before_ms = now_ms + (rest_ms < REST_MIN_MS   ? REST_MIN_MS
                                     : rest_ms > REST_MAX_MS ? REST_MAX_MS
                                                             : rest_ms);
    return status == GK_CONFLICT ? GK_OK : status;
}

/* --- The newest --------------------------------------------------------------------- */

static enum gk_status load_one(struct gk_holder *holder, struct gk_store *store,
                               enum gk_snapshot_kind kind, const struct gk_state *wanted,
                               struct gk_error *error)
{
    const struct gk_load_options options = {.stop = &holder->stop};
    struct gk_snapshot *snapshot = NULL;
    int64_t started_ms = gk_holder_now_ms();
    enum gk_status status =
        kind == GK_SNAPSHOT_RELEASE
            ? gk_snapshot_load_release(&snapshot, store, wanted->release, &options, error)
            : gk_snapshot_load_revision(&snapshot, store, 0, holder->initial_definition, &options,
                                        error);
    if (status != GK_OK)
        return status;
    log_loaded(holder, snapshot, started_ms); /* from then on it is everyone's */
    status = gk_holder_publish(holder, snapshot, gk_holder_now_ms());
    if (status != GK_OK) {
        gk_snapshot_free(snapshot);
        /* Another release is wanted by now: that is no failure. */
        if (status != GK_CONFLICT)
            return gk_error_set(error, status, "publish a snapshot: all former ones are in use");
    }
    return GK_OK;
}

/* --- The thread ----------------------------------------------------------------------- */

static enum gk_status connect(struct gk_holder *holder, struct gk_store **store,
                              struct gk_error *error)
{
    if (*store != NULL)
        return GK_OK;
    enum gk_status status =
        gk_store_open(store, holder->conninfo, GK_STORE_READER, "grannkartad load", error);
    if (status == GK_OK)
        gk_store_set_limits(*store, holder->stop_event, GK_LOAD_SILENCE_MS);
    return status;
}

/* Waits for something to do. Whoever asks for an older one from now on wakes the
 * loader; it looks once more for those who asked a moment before. */
static void idle(struct gk_holder *holder, const struct older *older)
{
    int64_t rest_ms = older->not_before_ms - gk_holder_now_ms();
    atomic_store(&holder->idles, rest_ms <= 0);
    bool is_asked = false;
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++)
        is_asked |= gk_old_next(&holder->old[kind]) != 0;
    if (!is_asked)
        gk_holder_wait(holder, holder->loader_event, SWEEP_MS);
    else if (rest_ms > 0)
        gk_holder_wait(holder, holder->loader_event,
                       (uint32_t)(rest_ms < SWEEP_MS ? rest_ms : SWEEP_MS));
    atomic_store(&holder->idles, false);
    gk_holder_sweep(holder, gk_holder_now_ms());
}

void *gk_holder_load(void *context)
{
    struct gk_holder *holder = context;
    struct gk_backoff backoff;
    gk_backoff_init(&backoff, holder, 2);
    struct gk_store *store = NULL;
    struct gk_state served = {0};
    struct older older = {.kind = GK_SNAPSHOT_REVISION};
    while (!atomic_load(&holder->stop)) {
        struct gk_state wanted;
        atomic_store(&holder->yields, atomic_load(&holder->stop));
        enum gk_snapshot_kind kind = next_kind(holder, &served, &wanted);
        bool is_older = kind == GK_SNAPSHOT_KINDS && next_older(holder, &older);
        if (kind == GK_SNAPSHOT_KINDS && !is_older) {
            gk_store_close(store); /* many daemons, few connections */
            store = NULL;
            idle(holder, &older);
            continue;
        }
        struct gk_error error = {0};
        enum gk_status status = connect(holder, &store, &error);
        if (status == GK_OK)
            status = is_older ? load_older(holder, store, &older, &error)
                              : load_one(holder, store, kind, &wanted, &error);
        if (status == GK_OK) {
            if (kind == GK_SNAPSHOT_REVISION)
                served = wanted;
            backoff.attempts = 0;
            continue;
        }
        gk_store_close(store);
        store = NULL;
        if (status != GK_INTERRUPTED)
            gk_log_error(holder->log, "load_failed", &error);
        else if (is_older)
            continue; /* there is news */
        gk_holder_wait(holder, holder->loader_event, gk_backoff_next_ms(&backoff));
    }
    gk_store_close(store);
    return NULL;
}
