/* The thread that watches the store: it polls the state row, keeps the tokens
 * current and tells the loader what is wanted. It does nothing that takes long,
 * so that a revoked token or a withdrawn release is gone within a second, also
 * while a large revision is being loaded. */
#include "holder_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/migrate.h"

enum { TOKENS_MAX = 1000000 };

void gk_backoff_init(struct gk_backoff *backoff, const struct gk_holder *holder, uint64_t stream)
{
    uint64_t seed =
        (uint64_t)(uintptr_t)holder ^ (uint64_t)gk_holder_now_ms() ^ (uint64_t)getpid() << 32;
    gk_random_init(&backoff->random, seed, stream);
    backoff->attempts = 0;
}

uint32_t gk_backoff_next_ms(struct gk_backoff *backoff)
{
    uint32_t wait = GK_BACKOFF_MAX_MS;
    if (backoff->attempts < 6 && (GK_BACKOFF_FIRST_MS << backoff->attempts) < GK_BACKOFF_MAX_MS)
        wait = (uint32_t)GK_BACKOFF_FIRST_MS << backoff->attempts;
    backoff->attempts += backoff->attempts < 6;
    return wait / 2 + (uint32_t)gk_random_below(&backoff->random, wait / 2 + 1);
}

static enum gk_status on_state(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct gk_state *state = context;
    state->revision = (int32_t)gk_store_get_i64(row, 0);
    state->release = (int32_t)gk_store_get_i64(row, 1);
    state->places = (int32_t)gk_store_get_i64(row, 2);
    state->tokens = (int32_t)gk_store_get_i64(row, 3);
    state->numbers = (int32_t)gk_store_get_i64(row, 4);
    return GK_OK;
}

struct token_rows {
    struct gk_token *tokens;
    size_t count, capacity;
    int64_t now_ms;
};

static enum gk_status on_token(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct token_rows *rows = context;
    size_t length;
    const unsigned char *hash = gk_store_get_bytes(row, 1, &length);
    if (length != 32)
        return gk_error_set(error, GK_INTERNAL, "load tokens: a hash is not 32 bytes long");
    if (rows->count == TOKENS_MAX)
        return gk_error_set(error, GK_TOO_LARGE, "load tokens: more than %d", TOKENS_MAX);
    if (rows->count == rows->capacity) {
        size_t capacity = rows->capacity == 0 ? 64 : rows->capacity * 2;
        struct gk_token *tokens = reallocarray(rows->tokens, capacity, sizeof *tokens);
        if (tokens == NULL)
            return gk_error_set(error, GK_NO_MEMORY, "load tokens: out of memory");
        rows->tokens = tokens;
        rows->capacity = capacity;
    }
    struct gk_token *token = &rows->tokens[rows->count++];
    *token = (struct gk_token){.info = {.id = (int32_t)gk_store_get_i64(row, 0),
                                        .is_analyst = gk_store_get_i64(row, 2) != 0,
                                        .watch_area_id = (int32_t)gk_store_get_i64(row, 3)},
                               .expires_ms = INT64_MAX};
    memcpy(token->hash, hash, sizeof token->hash);
    if (!gk_store_is_null(row, 4)) {
        /* By the server's clock: this machine's may be wrong. */
        double left_s = gk_store_get_f64(row, 4);
        token->expires_ms =
            rows->now_ms + (left_s < 1e12 ? (int64_t)(left_s * 1000) : INT64_MAX / 2);
    }
    return GK_OK;
}

static enum gk_status load_tokens(struct gk_holder *holder, struct gk_store *store,
                                  struct gk_error *error)
{
    struct token_rows rows = {.now_ms = gk_holder_now_ms()};
    /* A token that is limited to one municipality is left out as long as no answer
     * can be limited: honouring it would give its holder all of them. 'infinity'
     * is no end, and may not be subtracted from. */
    enum gk_status status =
        gk_store_query(store,
                       "SELECT id, hash, role = 'analyst', watch_area_id,"
                       " CASE WHEN isfinite(expires_at)"
                       " THEN extract(epoch FROM expires_at - statement_timestamp())::float8 END"
                       " FROM token WHERE revoked_at IS NULL AND municipality_id IS NULL"
                       " AND (expires_at IS NULL OR expires_at > statement_timestamp())",
                       NULL, 0, on_token, &rows, error);
    if (status == GK_OK)
        status = gk_holder_set_tokens(holder, rows.tokens, rows.count);
    if (status != GK_OK)
        free(rows.tokens);
    return status;
}

/* What the watcher has read already; -1: nothing. */
struct seen {
    int32_t tokens, numbers;
};

/* One look at the store. */
static enum gk_status look(struct gk_holder *holder, struct gk_store *store, struct seen *seen,
                           struct gk_error *error)
{
    struct gk_state state = {.revision = -1};
    enum gk_status status =
        gk_store_query(store, "SELECT revision, release, places, tokens, numbers FROM state", NULL,
                       0, on_state, &state, error);
    if (status == GK_OK && state.revision < 0)
        status = gk_error_set(error, GK_INTERNAL, "read the state of the store: it has no row");
    if (status == GK_OK && state.tokens != seen->tokens) {
        status = load_tokens(holder, store, error);
        if (status == GK_OK)
            seen->tokens = state.tokens;
    }
    if (status == GK_OK && state.numbers != seen->numbers) {
        status = gk_numbers_load(holder, store, error);
        if (status == GK_OK)
            seen->numbers = state.numbers;
    }
    if (status == GK_OK) {
        gk_holder_answered(holder);
        gk_holder_want(holder, &state);
    }
    return status;
}

void *gk_holder_watch(void *context)
{
    struct gk_holder *holder = context;
    struct gk_backoff backoff;
    gk_backoff_init(&backoff, holder, 1);
    struct gk_store *store = NULL;
    struct seen seen = {-1, -1};
    bool is_lost = false;
    while (!atomic_load(&holder->stop)) {
        struct gk_error error = {0};
        enum gk_status status = GK_OK;
        if (store == NULL) {
            seen = (struct seen){-1, -1}; /* it may be another server, or an older state of it */
            status = gk_store_open(&store, holder->conninfo, GK_STORE_READER, "grannkartad watch",
                                   &error);
            if (status == GK_OK)
                gk_store_set_limits(store, holder->stop_event, GK_WATCH_SILENCE_MS);
            /* Tables of another version could be read wrongly; what is loaded is
             * served, and called stale, until both are of one version. */
            if (status == GK_OK)
                status = gk_store_check_schema(store, &error);
        }
        if (status == GK_OK)
            status = look(holder, store, &seen, &error);
        if (status != GK_OK) {
            gk_store_close(store);
            store = NULL;
            if (!is_lost && status != GK_INTERRUPTED)
                gk_log_error(holder->log, "store_lost", &error);
            is_lost = true;
            gk_holder_wait(holder, holder->watcher_event, gk_backoff_next_ms(&backoff));
            continue;
        }
        if (is_lost)
            gk_log_write(holder->log, GK_LOG_INFO, "store_back", NULL, 0);
        is_lost = false;
        backoff.attempts = 0;
        gk_holder_wait(holder, holder->watcher_event, atomic_load(&holder->poll_interval_ms));
    }
    gk_store_close(store);
    return NULL;
}
