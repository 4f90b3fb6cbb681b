/* How far a long command is. The command stores two numbers; a thread reads and
 * prints them. */
#include "progress.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"

enum { LINE_MAX_BYTES = 1024, MILLION = 1000000 };

struct gk_progress {
    FILE *out;
    const char *command;
    enum gk_progress_style style;
    _Atomic int64_t done;
    _Atomic int64_t share_ppm; /* below 0: not known */
    pthread_mutex_t lock;      /* of what follows, and of `out` */
    pthread_cond_t wake;
    pthread_t ticker;
    bool has_ticker, is_over, is_running;
    bool has_said; /* a line of the step that runs was written */
    const char *step, *unit;
    int64_t total;
    struct timespec started;
};

/* --- What is said ---------------------------------------------------------------- */

void gk_buf_put_grouped(struct gk_buf *buf, int64_t number)
{
    if (number >= 1000 || number <= -1000) {
        gk_buf_put_grouped(buf, number / 1000);
        gk_buf_printf(buf, ",%03lld", llabs((long long)(number % 1000)));
    } else {
        gk_buf_put_i64(buf, number);
    }
}

static void put_duration(struct gk_buf *buf, double seconds)
{
    long long whole = seconds < 1e9 ? (long long)(seconds + 0.5) : 1000000000;
    if (whole < 60)
        gk_buf_printf(buf, "%lld s", whole);
    else if (whole < 3600)
        gk_buf_printf(buf, "%lld min %lld s", whole / 60, whole % 60);
    else
        gk_buf_printf(buf, "%lld h %lld min", whole / 3600, whole / 60 % 60);
}

static double share_of(const struct gk_progress_state *state)
{
    double share = state->total > 0 ? (double)state->done / (double)state->total : state->share;
    return share > 1 ? 1 : share;
}

static double rate_of(const struct gk_progress_state *state)
{
    return state->seconds > 0 ? (double)state->done / state->seconds : 0;
}

static void put_text(struct gk_buf *buf, const struct gk_progress_state *state)
{
    double share = share_of(state);
    gk_buf_printf(buf, "%s: ", state->step);
    if (state->unit != NULL) {
        gk_buf_put_grouped(buf, state->done);
        gk_buf_printf(buf, " %s", state->unit);
    }
    if (state->unit == NULL && share >= 0 && !state->is_end)
        gk_buf_printf(buf, "%d %%, ", (int)(share * 100));
    if (state->is_end || state->unit == NULL) {
        gk_buf_puts(buf, state->unit != NULL ? " in " : "");
        put_duration(buf, state->seconds);
        return;
    }
    if (share >= 0)
        gk_buf_printf(buf, " (%d %%)", (int)(share * 100));
    gk_buf_puts(buf, ", ");
    gk_buf_put_grouped(buf, (int64_t)rate_of(state));
    gk_buf_printf(buf, " %s/s", state->unit);
    if (share > 0) {
        gk_buf_puts(buf, ", ");
        put_duration(buf, state->seconds / share - state->seconds);
        gk_buf_puts(buf, " left");
    }
}

static void put_number(struct gk_json *json, const char *key, bool is_known, double value,
                       unsigned decimals)
{
    gk_json_key(json, key);
    if (is_known)
        gk_json_double(json, value, decimals);
    else
        gk_json_null(json);
}

static void put_json(struct gk_buf *buf, const struct gk_progress_state *state)
{
    struct gk_json json;
    double share = share_of(state);
    gk_json_init(&json, buf);
    gk_json_object_begin(&json);
    gk_json_member(&json, "event", state->is_end ? "step_end" : "progress");
    gk_json_member(&json, "command", state->command);
    gk_json_member(&json, "step", state->step);
    gk_json_member(&json, "unit", state->unit);
    if (state->unit != NULL)
        gk_json_member_i64(&json, "done", state->done);
    put_number(&json, "seconds", true, state->seconds, 1);
    if (!state->is_end) {
        put_number(&json, "share", share >= 0, share, 3);
        put_number(&json, "per_second", state->unit != NULL, rate_of(state), 0);
        put_number(&json, "seconds_left", share > 0,
                   share > 0 ? state->seconds / share - state->seconds : 0, 0);
    }
    gk_json_object_end(&json);
}

void gk_buf_put_progress(struct gk_buf *buf, const struct gk_progress_state *state,
                         enum gk_progress_style style)
{
    if (style == GK_PROGRESS_JSON)
        put_json(buf, state);
    else
        put_text(buf, state);
}

/* --- Saying it --------------------------------------------------------------------- */

/* With the lock held. */
static void say(struct gk_progress *progress, bool is_end)
{
    struct timespec now;
    struct gk_buf line;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ppm = atomic_load_explicit(&progress->share_ppm, memory_order_relaxed);
    const struct gk_progress_state state = {
        .command = progress->command,
        .step = progress->step,
        .unit = progress->unit,
        .done = atomic_load_explicit(&progress->done, memory_order_relaxed),
        .total = progress->total,
        .share = ppm < 0 ? -1 : (double)ppm / MILLION,
        .seconds = (double)(now.tv_sec - progress->started.tv_sec) +
                   (double)(now.tv_nsec - progress->started.tv_nsec) / 1e9,
        .is_end = is_end};
    gk_buf_init(&line, LINE_MAX_BYTES);
    gk_buf_put_progress(&line, &state, progress->style);
    if (gk_buf_status(&line) == GK_OK) {
        bool rewrites = progress->style == GK_PROGRESS_TERMINAL;
        fprintf(progress->out, "%s%s%s", rewrites ? "\r\033[K" : "", line.data,
                rewrites && !is_end ? "" : "\n");
        fflush(progress->out);
        progress->has_said = true;
    }
    gk_buf_release(&line);
}

static struct timespec next_time(enum gk_progress_style style)
{
    static const int milliseconds[] = {
        [GK_PROGRESS_TERMINAL] = 200, [GK_PROGRESS_LOG] = 10000, [GK_PROGRESS_JSON] = 1000};
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += milliseconds[style] / 1000;
    at.tv_nsec += milliseconds[style] % 1000 * 1000000L;
    if (at.tv_nsec >= 1000000000L) {
        at.tv_nsec -= 1000000000L;
        at.tv_sec++;
    }
    return at;
}

static void *tick(void *context)
{
    struct gk_progress *progress = context;
    pthread_mutex_lock(&progress->lock);
    struct timespec at = next_time(progress->style);
    while (!progress->is_over) {
        if (pthread_cond_timedwait(&progress->wake, &progress->lock, &at) == 0)
            continue;
        if (progress->is_running)
            say(progress, false);
        at = next_time(progress->style);
    }
    pthread_mutex_unlock(&progress->lock);
    return NULL;
}

enum gk_status gk_progress_create(struct gk_progress **progress, FILE *out, const char *command,
                                  enum gk_progress_style style)
{
    pthread_condattr_t attributes;
    struct gk_progress *made = *progress = calloc(1, sizeof *made);
    if (made == NULL)
        return GK_NO_MEMORY;
    made->out = out;
    made->command = command;
    made->style = style;
    pthread_mutex_init(&made->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&made->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    return GK_OK;
}

/* With the lock held. A step that counts nothing is told of at its end only if
 * it was long enough to be told of before. */
static void end_step(struct gk_progress *progress)
{
    if (progress->unit != NULL || (progress->has_said && progress->style != GK_PROGRESS_TERMINAL))
        say(progress, true);
    else if (progress->has_said)
        fputs("\r\033[K", progress->out);
    progress->is_running = false;
}

void gk_progress_begin(struct gk_progress *progress, const char *step, const char *unit,
                       int64_t total)
{
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    if (progress->is_running)
        end_step(progress);
    progress->step = step;
    progress->unit = unit;
    progress->total = total;
    progress->is_running = true;
    progress->has_said = false;
    atomic_store(&progress->done, 0);
    atomic_store(&progress->share_ppm, -1);
    clock_gettime(CLOCK_MONOTONIC, &progress->started);
    /* Without the thread the work goes on as well: only the lines are missing. */
    if (!progress->has_ticker)
        progress->has_ticker = pthread_create(&progress->ticker, NULL, tick, progress) == 0;
    pthread_mutex_unlock(&progress->lock);
}

void gk_progress_at(struct gk_progress *progress, int64_t done)
{
    if (progress != NULL)
        atomic_store_explicit(&progress->done, done, memory_order_relaxed);
}

void gk_progress_part(struct gk_progress *progress, int64_t part, int64_t whole)
{
    if (progress != NULL && whole > 0)
        atomic_store_explicit(&progress->share_ppm,
                              (int64_t)((double)part / (double)whole * MILLION),
                              memory_order_relaxed);
}

void gk_progress_end(struct gk_progress *progress)
{
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    if (progress->is_running)
        end_step(progress);
    pthread_mutex_unlock(&progress->lock);
}

void gk_progress_free(struct gk_progress *progress)
{
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    if (progress->is_running && progress->has_said && progress->style == GK_PROGRESS_TERMINAL)
        fputs("\r\033[K", progress->out);
    progress->is_over = true;
    progress->is_running = false;
    pthread_cond_signal(&progress->wake);
    pthread_mutex_unlock(&progress->lock);
    if (progress->has_ticker)
        pthread_join(progress->ticker, NULL);
    pthread_cond_destroy(&progress->wake);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}
