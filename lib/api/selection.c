/* Making selections, and keeping them. A lock is held for pointers only; they are
 * made outside it, and two requests that need the same one at once make it twice. */
#include "selection.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "sortby.h"

enum { KEPT = 256, KEY_MAX_BYTES = 16 * 1024, FIRST_FEATURES = 256 };

struct gk_selection_cache {
    pthread_mutex_t lock;
    struct gk_selection *kept[KEPT]; /* most recently used first */
    size_t count, bytes, maximum_bytes;
    uint64_t made;
    uint64_t allowed_us; /* when the public's steps were last counted */
    int64_t allowed;     /* steps that it may still cost; below 0 after a dear one */
};

/* --- Keeping ------------------------------------------------------------------------ */

enum gk_status gk_selection_cache_create(struct gk_selection_cache **out, size_t maximum_bytes)
{
    struct gk_selection_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return GK_NO_MEMORY;
    pthread_mutex_init(&cache->lock, NULL);
    cache->maximum_bytes = maximum_bytes;
    *out = cache;
    return GK_OK;
}

static void selection_free(struct gk_selection *selection)
{
    if (selection == NULL)
        return;
    free(selection->feature);
    free((char *)selection->key.data);
    free(selection);
}

void gk_selection_cache_free(struct gk_selection_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->count; i++)
        selection_free(cache->kept[i]);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* Puts a selection first, and those before place `at` one place later. */
static void put_first(struct gk_selection_cache *cache, struct gk_selection *selection, size_t at)
{
    for (; at > 0; at--)
        cache->kept[at] = cache->kept[at - 1];
    cache->kept[0] = selection;
}

static struct gk_selection *find(struct gk_selection_cache *cache, struct gk_text key)
{
    struct gk_selection *found = NULL;
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < cache->count && found == NULL; i++) {
        struct gk_selection *selection = cache->kept[i];
        if (selection->key.length != key.length ||
            memcmp(selection->key.data, key.data, key.length) != 0)
            continue;
        put_first(cache, selection, i);
        selection->references++;
        found = selection;
    }
    pthread_mutex_unlock(&cache->lock);
    return found;
}

/* Under the lock: forgets the one that was unused longest. */
static void forget_last(struct gk_selection_cache *cache)
{
    struct gk_selection *last = cache->kept[--cache->count];
    cache->bytes -= last->bytes;
    if (--last->references == 0)
        selection_free(last);
}

/* Keeps a new one, unless it alone is more than may be kept. */
static void keep(struct gk_selection_cache *cache, struct gk_selection *selection)
{
    pthread_mutex_lock(&cache->lock);
    cache->made++;
    selection->references = 1;
    if (selection->bytes <= cache->maximum_bytes) {
        while (cache->count == KEPT || cache->bytes + selection->bytes > cache->maximum_bytes)
            forget_last(cache);
        put_first(cache, selection, cache->count++);
        cache->bytes += selection->bytes;
        selection->references++;
    }
    pthread_mutex_unlock(&cache->lock);
}

void gk_selection_release(struct gk_selection_cache *cache, const struct gk_selection *selection)
{
    struct gk_selection *own = (struct gk_selection *)selection;
    if (own == NULL)
        return;
    pthread_mutex_lock(&cache->lock);
    bool is_last = --own->references == 0;
    pthread_mutex_unlock(&cache->lock);
    if (is_last)
        selection_free(own);
}

/* Whether the caller may have a new selection made now. Steps come back with time,
 * those of a second at the most: a bucket that is never fuller. */
static bool may_make(struct gk_selection_cache *cache, const struct gk_request *request)
{
    enum { SECOND_US = 1000000 };
    uint64_t now_us = request->arrived_us;
    if (request->principal.role != GK_ROLE_PUBLIC || now_us == 0)
        return true;
    pthread_mutex_lock(&cache->lock);
    if (cache->allowed_us == 0) {
        cache->allowed = GK_PUBLIC_WORK_PER_SECOND;
        cache->allowed_us = now_us;
    } else if (now_us > cache->allowed_us) {
        /* Debts end within two seconds; longer ago means all is paid. */
        uint64_t since_us = now_us - cache->allowed_us;
        since_us = since_us < 10 * SECOND_US ? since_us : 10 * SECOND_US;
        cache->allowed += (int64_t)(since_us * (GK_PUBLIC_WORK_PER_SECOND / SECOND_US));
        if (cache->allowed > GK_PUBLIC_WORK_PER_SECOND)
            cache->allowed = GK_PUBLIC_WORK_PER_SECOND;
        cache->allowed_us = now_us;
    }
    bool may = cache->allowed > 0;
    pthread_mutex_unlock(&cache->lock);
    return may;
}

static void charge(struct gk_selection_cache *cache, const struct gk_request *request,
                   uint64_t work)
{
    if (request->principal.role != GK_ROLE_PUBLIC || request->arrived_us == 0)
        return;
    pthread_mutex_lock(&cache->lock);
    cache->allowed -= work < 4 * (uint64_t)GK_SELECTION_WORK_MAX
                          ? (int64_t)work
                          : 4 * (int64_t)GK_SELECTION_WORK_MAX;
    pthread_mutex_unlock(&cache->lock);
}

uint64_t gk_selections_made(struct gk_selection_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    uint64_t made = cache->made;
    pthread_mutex_unlock(&cache->lock);
    return made;
}

int64_t gk_selection_rank(const struct gk_selection *selection, uint32_t feature)
{
    for (uint32_t rank = 0; rank < selection->count; rank++)
        if (selection->feature[rank] == feature)
            return rank;
    return -1;
}

/* --- Making ----------------------------------------------------------------------------- */

/* Parameters that change how features are shown, not which ones there are. */
static bool is_about_showing(const char *name)
{
    static const char *const names[] = {"limit",      "cursor", "crs",         "properties",
                                        "resultType", "csv",    "csv-geometry"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* The snapshot, the collection and all other parameters, as bytes in the arena. With
 * its time: a restored database may use a number again, for other features. */
static struct gk_text key_of(const struct gk_view *view)
{
    const struct gk_snapshot *s = view->snapshot;
    const struct gk_request *request = view->request;
    struct gk_buf key;
    gk_buf_init(&key, KEY_MAX_BYTES);
    gk_buf_printf(&key, "%d %d %d %lld %s", (int)s->kind, (int)s->number, (int)s->places,
                  (long long)s->made_utc, view->collection.name);
    gk_buf_putc(&key, '\0');
    for (size_t i = 0; i < request->query_count; i++) {
        if (is_about_showing(request->query[i].name))
            continue;
        gk_buf_append(&key, request->query[i].name, strlen(request->query[i].name) + 1);
        gk_buf_append(&key, request->query[i].value.data, request->query[i].value.length);
        gk_buf_putc(&key, '\0');
    }
    struct gk_text text = {NULL, key.length};
    if (gk_buf_status(&key) == GK_OK)
        text.data = gk_arena_strndup(request->arena, key.data, key.length);
    gk_buf_release(&key);
    return text;
}

/* A selection being made. */
struct making {
    struct gk_filter filter;
    struct gk_cql2_node *root; /* NULL: all */
    struct gk_sort sort;
    uint32_t *feature;
    uint32_t count, room;
    uint64_t work;
};

static enum gk_status no_memory(struct gk_error *error)
{
    return gk_error_set(error, GK_NO_MEMORY, "select features: out of memory");
}

static bool push(struct making *making, uint32_t feature)
{
    if (making->count == making->room) {
        uint32_t room = making->room == 0               ? FIRST_FEATURES
                        : making->room > UINT32_MAX / 2 ? UINT32_MAX
                                                        : making->room * 2;
        uint32_t *moved = realloc(making->feature, (size_t)room * sizeof *moved);
        if (moved == NULL)
            return false;
        making->feature = moved;
        making->room = room;
    }
    making->feature[making->count++] = feature;
    return true;
}

/* Those of the view's features that the filter is true for. */
static enum gk_status collect(struct making *making, const struct gk_view *view,
                              struct gk_error *error)
{
    enum { SCRATCH_MAX_BYTES = 4 << 20 };
    struct gk_arena scratch;
    gk_arena_init(&scratch, SCRATCH_MAX_BYTES);
    struct gk_cql2_run run = {.source = &making->filter.source, .scratch = &scratch};
    enum gk_status status = GK_OK;
    for (uint32_t i = gk_view_next(view, view->first); i < view->end && status == GK_OK;
         i = gk_view_next(view, i + 1)) {
        gk_filter_move(&making->filter, i);
        bool is_wanted =
            making->root == NULL || gk_cql2_evaluate(making->root, &run) == GK_CQL2_TRUE;
        run.work++;
        if (scratch.used > 0)
            gk_arena_release(&scratch);
        if (run.is_out_of_memory || (is_wanted && !push(making, i)))
            status = no_memory(error);
        if (run.work > GK_SELECTION_WORK_MAX)
            status = gk_error_set(error, GK_INVALID,
                                  "parameter filter: it takes too long on this collection; there "
                                  "must be fewer operands or smaller geometries, or a `bbox`");
    }
    gk_arena_release(&scratch);
    making->work = run.work;
    return status;
}

static enum gk_status read_parameters(struct making *making, struct gk_view *view,
                                      const struct gk_value value[GK_QUERIES],
                                      struct gk_error *error)
{
    const struct gk_value *crs = &value[GK_QUERY_FILTER_CRS];
    enum gk_status status =
        gk_filter_open(&making->filter, view, crs->given ? (size_t)crs->integer : 0, error);
    if (status == GK_OK && value[GK_QUERY_FILTER].given)
        status = gk_filter_read(&making->filter, value[GK_QUERY_FILTER].text, &making->root, error);
    if (status == GK_OK && value[GK_QUERY_SORTBY].given)
        status = gk_sort_read(&making->sort, &making->filter, value[GK_QUERY_SORTBY].text, error);
    return status;
}

/* Takes what was made into a selection of its own. */
static struct gk_selection *finish(struct making *making, struct gk_text key)
{
    struct gk_selection *selection = calloc(1, sizeof *selection);
    char *own_key = malloc(key.length);
    if (selection == NULL || own_key == NULL) {
        free(selection);
        free(own_key);
        return NULL;
    }
    memcpy(own_key, key.data, key.length);
    uint32_t *feature = realloc(making->feature, ((size_t)making->count + 1) * sizeof *feature);
    selection->feature = feature != NULL ? feature : making->feature;
    selection->count = making->count;
    selection->key = (struct gk_text){own_key, key.length};
    selection->bytes =
        sizeof *selection + key.length + ((size_t)making->count + 1) * sizeof *feature;
    making->feature = NULL;
    return selection;
}

static enum gk_status make(struct gk_selection **selection, struct gk_view *view,
                           const struct gk_value value[GK_QUERIES], struct gk_text key,
                           struct gk_error *error)
{
    struct making making;
    memset(&making, 0, sizeof making);
    enum gk_status status = read_parameters(&making, view, value, error);
    if (status == GK_OK)
        status = collect(&making, view, error);
    if (status == GK_OK && making.sort.count > 0)
        status = gk_sort_features(&making.sort, &making.filter, making.feature, making.count,
                                  &making.work, error);
    if (status == GK_OK) {
        *selection = finish(&making, key);
        status = *selection != NULL ? GK_OK : no_memory(error);
    }
    free(making.feature);
    charge(view->api->selections, view->request, making.work);
    return status;
}

enum gk_status gk_view_select(struct gk_view *view, const struct gk_value value[GK_QUERIES],
                              struct gk_error *error)
{
    if (!value[GK_QUERY_FILTER].given && !value[GK_QUERY_SORTBY].given)
        return GK_OK;
    struct gk_selection_cache *cache = view->api->selections;
    struct gk_text key = key_of(view);
    if (key.data == NULL)
        return no_memory(error);
    struct gk_selection *selection = find(cache, key);
    if (selection == NULL && !may_make(cache, view->request))
        return gk_error_set(error, GK_UNAVAILABLE,
                            "select features: too many new filters and orders were asked for in "
                            "the last second; try again");
    if (selection == NULL) {
        enum gk_status status = make(&selection, view, value, key, error);
        if (status != GK_OK)
            return status;
        keep(cache, selection);
    }
    view->selection = selection;
    view->first = 0;
    view->end = selection->count;
    return GK_OK;
}
