/* Construction of a snapshot: memory, texts, rows, indexes. What it is made from
 * comes from load*.c; outlines are made in shapes.c. */
#include "snapshot/build.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The snapshot is the first member, so that a pointer to it leads here. */
struct whole {
    struct gk_snapshot snapshot;
    struct gk_arena arena;
    struct gk_buf text;
    uint32_t slot;
};

static const struct whole *whole_of(const struct gk_snapshot *snapshot)
{
    return (const struct whole *)snapshot;
}

const char *gk_kind_name(enum gk_kind kind)
{
    static const char *const names[GK_KINDS] = {"villa", "flat", "holiday", "other", "cellar"};
    return (unsigned)kind < GK_KINDS ? names[kind] : "?";
}

enum gk_status gk_build_init(struct gk_build *build, enum gk_snapshot_kind kind,
                             size_t maximum_bytes)
{
    *build = (struct gk_build){0};
    struct whole *whole = calloc(1, sizeof *whole);
    if (whole == NULL)
        return GK_NO_MEMORY;
    whole->snapshot.kind = kind;
    gk_arena_init(&whole->arena, maximum_bytes);
    gk_buf_init(&whole->text, maximum_bytes < UINT32_MAX ? maximum_bytes : UINT32_MAX);
    *build = (struct gk_build){&whole->snapshot, &whole->arena, &whole->text};
    return GK_OK;
}

void gk_snapshot_free(struct gk_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    struct whole *whole = (struct whole *)snapshot;
    gk_arena_release(&whole->arena);
    gk_buf_release(&whole->text);
    free(whole);
}

size_t gk_snapshot_bytes(const struct gk_snapshot *snapshot)
{
    const struct whole *whole = whole_of(snapshot);
    return sizeof *whole + whole->arena.used + whole->text.capacity;
}

void gk_snapshot_set_slot(struct gk_snapshot *snapshot, uint32_t slot)
{
    ((struct whole *)snapshot)->slot = slot;
}

uint32_t gk_snapshot_slot(const struct gk_snapshot *snapshot)
{
    return whole_of(snapshot)->slot;
}

struct gk_span gk_build_text(struct gk_build *build, const char *text, size_t length)
{
    struct gk_span span = {(uint32_t)build->text->length, (uint32_t)length};
    gk_buf_append(build->text, text, length);
    return span;
}

const char *gk_build_string(struct gk_build *build, const char *text)
{
    return gk_arena_strndup(build->arena, text, strlen(text));
}

/* --- Rows -------------------------------------------------------------------- */

struct event_order {
    const struct gk_event *events;
};

static int compare_events(const void *a, const void *b, void *context)
{
    const struct gk_event *events = ((const struct event_order *)context)->events;
    const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (events[i].hour != events[j].hour)
        return events[i].hour < events[j].hour ? -1 : 1;
    return (i > j) - (i < j); /* events came by id */
}

/* order[row] = event: by cell (unlocated ones last), then hour, then id. */
static enum gk_status order_events(struct gk_snapshot *s, const struct gk_event *events,
                                   uint32_t count, uint32_t *order)
{
    struct event_order context = {events};
    uint32_t *start = s->row_start; /* zeroed, cell_count + 1 */
    uint32_t located = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (events[i].cell == GK_UNLOCATED)
            continue;
        if (events[i].cell >= s->cell_count)
            return GK_INVALID;
        start[events[i].cell + 1]++;
        located++;
    }
    for (uint32_t c = 0; c < s->cell_count; c++)
        start[c + 1] += start[c];
    /* Filling moves each start to the next cell's; moving them back restores. */
    uint32_t unlocated = located;
    for (uint32_t i = 0; i < count; i++)
        order[events[i].cell == GK_UNLOCATED ? unlocated++ : start[events[i].cell]++] = i;
    memmove(start + 1, start, s->cell_count * sizeof *start);
    start[0] = 0;
    for (uint32_t c = 0; c < s->cell_count; c++)
        qsort_r(order + start[c], start[c + 1] - start[c], sizeof *order, compare_events, &context);
    qsort_r(order + located, count - located, sizeof *order, compare_events, &context);
    s->located_count = located;
    return GK_OK;
}

/* The columns that both kinds have. */
static enum gk_status fill_counts(struct gk_build *build, const struct gk_event *events,
                                  const uint32_t *order, uint32_t count)
{
    struct gk_snapshot *s = build->snapshot;
    s->row_hour = gk_arena_array(build->arena, count, sizeof *s->row_hour);
    s->row_events = gk_arena_array(build->arena, count, sizeof *s->row_events);
    s->row_sum = gk_arena_array(build->arena, (size_t)count + 1, sizeof *s->row_sum);
    if (s->row_hour == NULL || s->row_events == NULL || s->row_sum == NULL)
        return GK_NO_MEMORY;
    for (uint32_t r = 0; r < count; r++) {
        const struct gk_event *e = &events[order[r]];
        s->row_hour[r] = e->hour;
        s->row_events[r] = e->events;
        s->row_sum[r + 1] = s->row_sum[r] + e->events;
    }
    s->row_count = count;
    return GK_OK;
}

/* The columns of incidents. */
static enum gk_status fill_incidents(struct gk_build *build, const struct gk_event *events,
                                     const uint32_t *order, uint32_t count)
{
    struct gk_snapshot *s = build->snapshot;
    struct gk_arena *arena = build->arena;
    uint32_t unlocated = count - s->located_count;
    s->row_id = gk_arena_array(arena, count, sizeof *s->row_id);
    s->row_from = gk_arena_array(arena, count, sizeof *s->row_from);
    s->row_to = gk_arena_array(arena, count, sizeof *s->row_to);
    s->row_reported = gk_arena_array(arena, count, sizeof *s->row_reported);
    s->row_code = gk_arena_array(arena, count, sizeof *s->row_code);
    s->row_by_id = gk_arena_array(arena, count, sizeof *s->row_by_id);
    s->unlocated_municipality = gk_arena_array(arena, unlocated, sizeof *s->unlocated_municipality);
    if (s->row_id == NULL || s->row_from == NULL || s->row_to == NULL || s->row_reported == NULL ||
        s->row_code == NULL || s->row_by_id == NULL || s->unlocated_municipality == NULL)
        return GK_NO_MEMORY;
    for (uint32_t r = 0; r < count; r++) {
        const struct gk_event *e = &events[order[r]];
        if (e->code >= s->code_count)
            return GK_INVALID;
        s->row_id[r] = e->id;
        s->row_from[r] = e->from;
        s->row_to[r] = e->to;
        s->row_reported[r] = e->reported;
        s->row_code[r] = e->code;
        s->row_by_id[order[r]] = r; /* events came by id */
        if (r >= s->located_count)
            s->unlocated_municipality[r - s->located_count] = e->municipality;
    }
    return GK_OK;
}

enum gk_status gk_build_rows(struct gk_build *build, const struct gk_event *events, uint32_t count)
{
    struct gk_snapshot *s = build->snapshot;
    for (uint32_t i = 1; i < count; i++)
        if (events[i].id < events[i - 1].id)
            return GK_INVALID;
    s->row_start = gk_arena_array(build->arena, (size_t)s->cell_count + 1, sizeof *s->row_start);
    uint32_t *order = malloc(((size_t)count + 1) * sizeof *order);
    enum gk_status status = s->row_start == NULL || order == NULL ? GK_NO_MEMORY : GK_OK;
    if (status == GK_OK)
        status = order_events(s, events, count, order);
    if (status == GK_OK && s->kind == GK_SNAPSHOT_RELEASE && s->located_count != count)
        status = GK_INVALID;
    if (status == GK_OK)
        status = fill_counts(build, events, order, count);
    if (status == GK_OK && s->kind == GK_SNAPSHOT_REVISION)
        status = fill_incidents(build, events, order, count);
    free(order);
    return status;
}

/* --- Sparse rows and indexes ---------------------------------------------------- */

static int compare_pairs(const void *a, const void *b)
{
    const struct gk_pair *x = a, *y = b;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

enum gk_status gk_build_pairs(struct gk_build *build, struct gk_rows *rows, uint32_t item_count,
                              struct gk_pair *pairs, size_t count)
{
    if (count > UINT32_MAX)
        return GK_TOO_LARGE;
    rows->start = gk_arena_array(build->arena, (size_t)item_count + 1, sizeof *rows->start);
    rows->value = gk_arena_array(build->arena, count, sizeof *rows->value);
    if (rows->start == NULL || rows->value == NULL)
        return GK_NO_MEMORY;
    if (count > 0)
        qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].item >= item_count)
            return GK_INVALID;
        rows->start[pairs[i].item + 1]++;
        rows->value[i] = pairs[i].value;
    }
    for (uint32_t i = 0; i < item_count; i++)
        rows->start[i + 1] += rows->start[i];
    return GK_OK;
}

static int compare_cell_ids(const void *a, const void *b, void *context)
{
    const int32_t *id = context;
    const int32_t x = id[*(const uint32_t *)a], y = id[*(const uint32_t *)b];
    return (x > y) - (x < y);
}

enum gk_status gk_build_seal(struct gk_build *build)
{
    struct gk_snapshot *s = build->snapshot;
    enum gk_status status = gk_buf_status(build->text);
    if (status != GK_OK)
        return status;
    s->text = build->text->data != NULL ? build->text->data : "";
    s->text_length = build->text->length;
    s->cell_by_id = gk_arena_array(build->arena, s->cell_count, sizeof *s->cell_by_id);
    if (s->cell_by_id == NULL)
        return GK_NO_MEMORY;
    for (uint32_t c = 0; c < s->cell_count; c++)
        s->cell_by_id[c] = c;
    qsort_r(s->cell_by_id, s->cell_count, sizeof *s->cell_by_id, compare_cell_ids, s->cell_id);
    for (uint32_t c = 1; c < s->cell_count; c++)
        if (s->cell_id[s->cell_by_id[c]] == s->cell_id[s->cell_by_id[c - 1]])
            return GK_INVALID;
    return gk_build_tiles(build);
}
