/* The holder of lib/snapshot as the source of an api; tests bring other sources. */
#include "api/api.h"
#include "snapshot/holder.h"
#include "view.h"

static const struct gk_snapshot *holder_acquire(void *context, enum gk_snapshot_kind kind)
{
    return gk_holder_acquire(context, kind);
}

static const struct gk_snapshot *holder_acquire_pinned(void *context, enum gk_snapshot_kind kind,
                                                       int32_t number, int32_t places)
{
    return gk_holder_acquire_pinned(context, kind, number, places);
}

static enum gk_status holder_acquire_numbered(void *context, const struct gk_snapshot **snapshot,
                                              enum gk_snapshot_kind kind, int32_t number,
                                              struct gk_error *error)
{
    return gk_holder_acquire_numbered(snapshot, context, kind, number, error);
}

static const struct gk_numbers *holder_acquire_numbers(void *context)
{
    return gk_holder_acquire_numbers(context);
}

static void holder_release_numbers(void *context, const struct gk_numbers *numbers)
{
    gk_holder_release_numbers(context, numbers);
}

static void holder_release(void *context, const struct gk_snapshot *snapshot)
{
    gk_holder_release(context, snapshot);
}

static int64_t holder_silent_s(void *context)
{
    return gk_holder_silent_s(context);
}

static bool holder_is_stale(void *context)
{
    return gk_holder_is_stale(context);
}

static enum gk_status holder_token(void *context, const unsigned char hash[32],
                                   struct gk_token_info *token)
{
    return gk_holder_token(context, hash, token);
}

enum gk_status gk_api_create(struct gk_api **api, const struct gk_api_config *config,
                             struct gk_error *error)
{
    struct gk_source source = {
        .context = config->holder,
        .acquire = holder_acquire,
        .acquire_pinned = holder_acquire_pinned,
        .acquire_numbered = holder_acquire_numbered,
        .release = holder_release,
        .acquire_numbers = holder_acquire_numbers,
        .release_numbers = holder_release_numbers,
        .silent_s = holder_silent_s,
        .is_stale = holder_is_stale,
        .token = holder_token,
    };
    return gk_api_create_on(api, &source, config, error);
}
