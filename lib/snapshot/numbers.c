/* The lists of releases and revisions: read by the watcher whenever they change,
 * so that a request learns without the store that a number is not known, or gone. */
#include "snapshot/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "holder_internal.h"
#include "load_internal.h"

enum { NUMBERS_MAX = 10000000 };

/* --- Reading --------------------------------------------------------------------- */

static struct gk_number *push(struct gk_list *list, struct gk_store_row *row,
                              struct gk_error *error)
{
    struct gk_number *number =
        list->count < NUMBERS_MAX ? gk_list_push(list, sizeof *number) : NULL;
    if (number == NULL) {
        gk_error_set(error, GK_NO_MEMORY, "read the numbers of releases: out of memory");
        return NULL;
    }
    number->number = (int32_t)gk_store_get_i64(row, 0);
    number->made_utc = gk_store_get_utc(row, 1);
    return number;
}

static enum gk_status on_release(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct gk_number *release = push(context, row, error);
    if (release == NULL)
        return GK_NO_MEMORY;
    bool is_withdrawn = gk_store_get_i64(row, 2) != 0, is_erased = gk_store_get_i64(row, 3) != 0;
    release->state = is_erased      ? GK_NUMBER_ERASED
                     : is_withdrawn ? GK_NUMBER_WITHDRAWN
                                    : GK_NUMBER_STANDS;
    int32_t first_day = gk_store_get_day(row, 4), last_day = gk_store_get_day(row, 5);
    if (!gk_load_is_day(first_day) || !gk_load_is_day(last_day))
        return gk_error_set(error, GK_INTERNAL, "read the releases: a month is out of range");
    release->first_month = gk_month_from_day(first_day);
    release->last_month = gk_month_from_day(last_day);
    const char *definition = gk_store_get_text(row, 6);
    memcpy(release->definition, definition, strnlen(definition, GK_DEFINITION_NAME_MAX));
    return GK_OK;
}

static enum gk_status on_revision(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct gk_number *revision = push(context, row, error);
    if (revision == NULL)
        return GK_NO_MEMORY;
    revision->state = gk_store_get_i64(row, 2) != 0 ? GK_NUMBER_ERASED : GK_NUMBER_STANDS;
    revision->data_through_day = gk_store_get_day(row, 3);
    if (!gk_load_is_day(revision->data_through_day))
        return gk_error_set(error, GK_INTERNAL, "read the revisions: a day is out of range");
    return GK_OK;
}

enum gk_status gk_numbers_load(struct gk_holder *holder, struct gk_store *store,
                               struct gk_error *error)
{
    struct gk_list releases = {0}, revisions = {0};
    enum gk_status status =
        gk_store_query(store,
                       "SELECT id, created_at, withdrawn_at IS NOT NULL, erased_at IS NOT NULL,"
                       " first_month, through_month, definition FROM release ORDER BY id",
                       NULL, 0, on_release, &releases, error);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "SELECT id, created_at, erased_at IS NOT NULL, data_through"
                                " FROM revision ORDER BY id",
                                NULL, 0, on_revision, &revisions, error);
    struct gk_numbers numbers = {
        .of = {[GK_SNAPSHOT_RELEASE] = releases.items, [GK_SNAPSHOT_REVISION] = revisions.items},
        .count = {
            [GK_SNAPSHOT_RELEASE] = releases.count, [GK_SNAPSHOT_REVISION] = revisions.count}};
    if (status == GK_OK)
        status = gk_holder_set_numbers(holder, &numbers);
    if (status != GK_OK) {
        free(releases.items);
        free(revisions.items);
    }
    return status;
}

/* --- In the holder ------------------------------------------------------------------ */

void gk_numbers_free(void *object)
{
    struct gk_held_numbers *held = object;
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++) {
        void *list; /* not const: it was made by gk_numbers_load() */
        memcpy(&list, &held->numbers.of[kind], sizeof list);
        free(list);
    }
    free(held);
}

/* A snapshot that may not be shown any more: its number does not stand. */
static bool is_gone(const void *object, const void *context)
{
    const struct gk_snapshot *snapshot = object;
    const struct gk_number *number = gk_numbers_find(context, snapshot->kind, snapshot->number);
    return number != NULL && number->state != GK_NUMBER_STANDS;
}

enum gk_status gk_holder_set_numbers(struct gk_holder *holder, const struct gk_numbers *numbers)
{
    struct gk_held_numbers *held = malloc(sizeof *held);
    if (held == NULL)
        return GK_NO_MEMORY;
    held->numbers = *numbers;
    /* Nobody holds a list for longer than an answer takes to make. */
    while ((held->slot = gk_swap_free_slot(&holder->numbers)) == GK_SWAP_SLOTS)
        gk_swap_sweep(&holder->numbers, INT64_MAX, 0);
    pthread_mutex_lock(&holder->lock);
    gk_swap_publish(&holder->numbers, held->slot, held, 0);
    gk_swap_sweep(&holder->numbers, INT64_MAX, 0);
    for (int kind = 0; kind < GK_SNAPSHOT_KINDS; kind++) {
        gk_swap_close_former(&holder->snapshots[kind], is_gone, numbers);
        gk_old_close(&holder->old[kind], is_gone, numbers);
    }
    pthread_mutex_unlock(&holder->lock);
    return GK_OK;
}

const struct gk_numbers *gk_holder_acquire_numbers(struct gk_holder *holder)
{
    uint32_t slot;
    const struct gk_held_numbers *held = gk_swap_acquire(&holder->numbers, &slot);
    return held == NULL ? NULL : &held->numbers;
}

void gk_holder_release_numbers(struct gk_holder *holder, const struct gk_numbers *numbers)
{
    /* The list is the first member of what holds it. */
    if (numbers != NULL)
        gk_swap_release(&holder->numbers,
                        ((const struct gk_held_numbers *)(const void *)numbers)->slot);
}
