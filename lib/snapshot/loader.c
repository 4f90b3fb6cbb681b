/* The thread that loads snapshots: it waits until the state that the watcher saw
 * is not the state that it loaded, and loads what is missing, the release first.
 * A load that fails leaves everything as it was and is tried again. */
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
            : gk_snapshot_load_revision(&snapshot, store, holder->initial_definition, &options,
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

void *gk_holder_load(void *context)
{
    struct gk_holder *holder = context;
    struct gk_backoff backoff;
    gk_backoff_init(&backoff, holder, 2);
    struct gk_store *store = NULL;
    struct gk_state served = {0};
    while (!atomic_load(&holder->stop)) {
        struct gk_state wanted;
        enum gk_snapshot_kind kind = next_kind(holder, &served, &wanted);
        if (kind == GK_SNAPSHOT_KINDS) {
            gk_store_close(store); /* many daemons, few connections */
            store = NULL;
            gk_holder_wait(holder, holder->loader_event, SWEEP_MS);
            gk_holder_sweep(holder, gk_holder_now_ms());
            continue;
        }
        struct gk_error error = {0};
        enum gk_status status = GK_OK;
        if (store == NULL) {
            status = gk_store_open(&store, holder->conninfo, GK_STORE_READER, "grannkartad load",
                                   &error);
            if (status == GK_OK)
                gk_store_set_limits(store, holder->stop_event, GK_LOAD_SILENCE_MS);
        }
        if (status == GK_OK)
            status = load_one(holder, store, kind, &wanted, &error);
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
        gk_holder_wait(holder, holder->loader_event, gk_backoff_next_ms(&backoff));
    }
    gk_store_close(store);
    return NULL;
}
