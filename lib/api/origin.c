/* Whether an answer that was given before would be given now. A handler is asked
 * what it would be answered from, in the same words as when it was made: the newest
 * snapshot, the one that a cursor is pinned to while that is kept, or a number that
 * stands. What was withdrawn or erased is therefore given out no longer than by the
 * handlers themselves. */
#include "origin.h"

#include "snapshot/numbers.h"

/* What the words of an origin are. */
enum { SNAPSHOT, MADE, HOW, SETTINGS };

static uint64_t name_of(enum gk_snapshot_kind kind, int32_t number, int32_t places)
{
    return (uint64_t)kind << 62 | (uint64_t)(uint32_t)places << 31 |
           ((uint64_t)(uint32_t)number & INT32_MAX);
}

struct gk_origin gk_origin_make(const struct gk_view *view, enum gk_origin_how how)
{
    const struct gk_snapshot *s = view->snapshot;
    return (struct gk_origin){.word = {[SNAPSHOT] = name_of(s->kind, s->number, s->places),
                                       [MADE] = (uint64_t)s->made_utc,
                                       [HOW] = how,
                                       [SETTINGS] = (uint64_t)(uintptr_t)view->settings}};
}

static bool is_of(const struct gk_snapshot *s, const struct gk_origin *origin)
{
    return s != NULL && name_of(s->kind, s->number, s->places) == origin->word[SNAPSHOT] &&
           (uint64_t)s->made_utc == origin->word[MADE];
}

/* A number's data never change while it stands, whether they are in memory or not. */
static bool stands(const struct gk_source *source, const struct gk_origin *origin,
                   enum gk_snapshot_kind kind, int32_t number)
{
    const struct gk_numbers *numbers = source->acquire_numbers(source->context);
    if (numbers == NULL)
        return false;
    const struct gk_number *found = gk_numbers_find(numbers, kind, number);
    bool does = found != NULL && found->state == GK_NUMBER_STANDS &&
                (uint64_t)found->made_utc == origin->word[MADE];
    source->release_numbers(source->context, numbers);
    return does;
}

static bool is_current(const struct gk_source *source, const struct gk_origin *origin)
{
    enum gk_snapshot_kind kind = (enum gk_snapshot_kind)(origin->word[SNAPSHOT] >> 62);
    int32_t number = (int32_t)(origin->word[SNAPSHOT] & INT32_MAX);
    int32_t places = (int32_t)(origin->word[SNAPSHOT] >> 31 & INT32_MAX);
    if (origin->word[HOW] == GK_ORIGIN_NUMBERED)
        return stands(source, origin, kind, number);
    const struct gk_snapshot *snapshot =
        origin->word[HOW] == GK_ORIGIN_PINNED
            ? source->acquire_pinned(source->context, kind, number, places)
            : source->acquire(source->context, kind);
    bool is = is_of(snapshot, origin);
    if (snapshot != NULL)
        source->release(source->context, snapshot);
    return is;
}

bool gk_api_recall(void *context, const struct gk_origin *origin, struct gk_response *response)
{
    struct gk_api *api = context;
    const struct gk_source *source = &api->source;
    if (origin->word[SETTINGS] != (uint64_t)(uintptr_t)atomic_load(&api->settings) ||
        !is_current(source, origin))
        return false;
    if (response != NULL) {
        response->data_age_s = source->silent_s(source->context);
        response->is_stale = source->is_stale(source->context);
    }
    return true;
}
