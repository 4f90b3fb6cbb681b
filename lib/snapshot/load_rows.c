/* What happened: codes and definitions, then a release's counts or a revision's
 * incidents. */
#include "load_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { CODES_MAX = 256, DEFINITIONS_MAX = 1024 };

/* --- Codes and definitions ---------------------------------------------------------- */

static enum gk_status kind_of(const char *name, enum gk_kind *kind)
{
    for (int k = 0; k < GK_KINDS; k++)
        if (strcmp(gk_kind_name((enum gk_kind)k), name) == 0) {
            *kind = (enum gk_kind)k;
            return GK_OK;
        }
    return GK_INTERNAL;
}

static enum gk_status on_code(struct gk_load *load, void *context, struct gk_store_row *row,
                              struct gk_error *error)
{
    (void)context;
    struct gk_snapshot *s = load->s;
    struct gk_id_index *entry = gk_list_push(&load->code_index, sizeof *entry);
    if (entry == NULL)
        return gk_load_failed(GK_NO_MEMORY, "codes", error);
    if (s->code_count == CODES_MAX)
        return gk_load_failed(GK_TOO_LARGE, "codes", error);
    *entry = (struct gk_id_index){(int32_t)gk_store_get_i64(row, 0), s->code_count};
    struct gk_code_info *code = &s->codes[s->code_count++];
    const char *text = gk_store_get_text(row, 1);
    memcpy(code->code, text, strnlen(text, sizeof code->code - 1)); /* zeroed before */
    code->attempt = (int8_t)(gk_store_is_null(row, 3) ? -1 : gk_store_get_i64(row, 3));
    return gk_load_failed(kind_of(gk_store_get_text(row, 2), &code->kind), "codes", error);
}

static enum gk_status on_definition(struct gk_load *load, void *context, struct gk_store_row *row,
                                    struct gk_error *error)
{
    (void)context;
    struct gk_snapshot *s = load->s;
    if (s->definition_count == DEFINITIONS_MAX)
        return gk_load_failed(GK_TOO_LARGE, "definitions", error);
    struct gk_definition_info *d = &s->definitions[s->definition_count];
    const char **texts[] = {&d->name, &d->title_sv, &d->title_en, &d->description_sv,
                            &d->description_en};
    for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++) {
        *texts[i] = gk_build_string(&load->build, gk_store_get_text(row, i));
        if (*texts[i] == NULL)
            return gk_load_failed(GK_NO_MEMORY, "definitions", error);
    }
    s->definition_count++;
    return GK_OK;
}

static int definition_called(const struct gk_snapshot *s, const char *name)
{
    for (uint32_t i = 0; i < s->definition_count; i++)
        if (strcmp(s->definitions[i].name, name) == 0)
            return (int)i;
    return -1;
}

static enum gk_status on_definition_code(struct gk_load *load, void *context,
                                         struct gk_store_row *row, struct gk_error *error)
{
    (void)context;
    struct gk_snapshot *s = load->s;
    int definition = definition_called(s, gk_store_get_text(row, 0));
    uint32_t code = gk_index_of(&load->code_index, (int32_t)gk_store_get_i64(row, 1));
    if (definition < 0)
        return GK_OK; /* a release has one of them */
    if (code == UINT32_MAX)
        return gk_load_failed(GK_INTERNAL, "definitions", error);
    struct gk_definition_info *d = &s->definitions[definition];
    d->code_mask[code / 64] |= UINT64_C(1) << (code % 64);
    enum gk_kind kind = s->codes[code].kind;
    d->kinds[kind] = true;
    if ((int)kind < GK_CLASSES)
        d->classes[kind] = true;
    return GK_OK;
}

enum gk_status gk_load_definitions(struct gk_load *load, struct gk_error *error)
{
    struct gk_snapshot *s = load->s;
    s->codes = gk_arena_array(load->build.arena, CODES_MAX, sizeof *s->codes);
    s->definitions = gk_arena_array(load->build.arena, DEFINITIONS_MAX, sizeof *s->definitions);
    if (s->codes == NULL || s->definitions == NULL)
        return gk_load_failed(GK_NO_MEMORY, "definitions", error);
    enum gk_status status =
        gk_load_query(load, "SELECT id, code, kind, is_attempt FROM offence_code ORDER BY id", NULL,
                      0, on_code, NULL, error);
    const struct gk_store_value values[] = {
        gk_store_text(s->kind == GK_SNAPSHOT_RELEASE ? load->definition : "")};
    if (status == GK_OK)
        status = gk_load_query(
            load,
            "SELECT name, title_sv, title_en, description_sv, description_en FROM definition"
            " WHERE $1::text = '' OR name = $1::text ORDER BY name COLLATE \"C\"",
            values, 1, on_definition, NULL, error);
    if (status == GK_OK)
        status = gk_load_query(load, "SELECT definition, code_id FROM definition_code", NULL, 0,
                               on_definition_code, NULL, error);
    if (status != GK_OK)
        return status;
    int initial = definition_called(s, load->definition);
    if (initial < 0)
        return gk_error_set(error, GK_NOT_FOUND, "load snapshot: definition \"%s\" is not known",
                            load->definition);
    s->initial_definition = (uint32_t)initial;
    return GK_OK;
}

/* --- A release ------------------------------------------------------------------------ */

static enum gk_status on_count(struct gk_load *load, void *context, struct gk_store_row *row,
                               struct gk_error *error)
{
    struct gk_event *event = gk_list_push(context, sizeof *event);
    if (event == NULL)
        return gk_load_failed(GK_NO_MEMORY, "counts", error);
    int32_t day = gk_store_get_day(row, 1);
    if (!gk_load_is_day(day))
        return gk_load_failed(GK_INVALID, "counts", error);
    int32_t month = gk_month_from_day(day);
    event->cell = gk_index_of(&load->cell_index, (int32_t)gk_store_get_i64(row, 0));
    event->hour = gk_day_from_month(month) * 24;
    event->events = (int32_t)gk_store_get_i64(row, 2);
    return gk_load_failed(event->cell == UINT32_MAX ? GK_INTERNAL : GK_OK, "counts", error);
}

static enum gk_status on_month(struct gk_load *load, void *context, struct gk_store_row *row,
                               struct gk_error *error)
{
    uint32_t district = gk_index_of(&load->district_index, (int32_t)gk_store_get_i64(row, 0));
    struct gk_municipality_month *month = gk_list_push(context, sizeof *month);
    int32_t day = gk_store_get_day(row, 1);
    if (month == NULL || district == UINT32_MAX || !gk_load_is_day(day))
        return gk_load_failed(month == NULL ? GK_NO_MEMORY : GK_INTERNAL, "municipalities", error);
    *month = (struct gk_municipality_month){
        .district = district,
        .month = gk_month_from_day(day),
        .count = (int32_t)gk_store_get_i64(row, 2),
        .unlocated = (int32_t)gk_store_get_i64(row, 3),
    };
    return GK_OK;
}

static enum gk_status on_kind(struct gk_load *load, void *context, struct gk_store_row *row,
                              struct gk_error *error)
{
    uint32_t district = gk_index_of(&load->district_index, (int32_t)gk_store_get_i64(row, 0));
    struct gk_municipality_kind *kind = gk_list_push(context, sizeof *kind);
    if (kind == NULL || district == UINT32_MAX)
        return gk_load_failed(kind == NULL ? GK_NO_MEMORY : GK_INTERNAL, "municipalities", error);
    kind->district = district;
    kind->year = (int32_t)gk_store_get_i64(row, 1);
    kind->count = (int32_t)gk_store_get_i64(row, 3);
    const char *name = gk_store_get_text(row, 2);
    if (strcmp(name, "attempted") == 0) {
        kind->kind = GK_KIND_ATTEMPTED;
        return GK_OK;
    }
    return gk_load_failed(kind_of(name, &kind->kind), "municipalities", error);
}

static int compare_months(const void *a, const void *b)
{
    const struct gk_municipality_month *x = a, *y = b;
    if (x->district != y->district)
        return x->district < y->district ? -1 : 1;
    return (x->month > y->month) - (x->month < y->month);
}

static int compare_kinds(const void *a, const void *b)
{
    const struct gk_municipality_kind *x = a, *y = b;
    if (x->district != y->district)
        return x->district < y->district ? -1 : 1;
    if (x->year != y->year)
        return x->year < y->year ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Moves a sorted list into the arena. */
static enum gk_status keep(struct gk_load *load, struct gk_list *list, size_t item_size,
                           int (*compare)(const void *, const void *), void **to, uint32_t *count,
                           struct gk_error *error)
{
    *to = gk_arena_array(load->build.arena, list->count, item_size);
    if (*to == NULL)
        return gk_load_failed(GK_NO_MEMORY, "municipalities", error);
    if (list->count > 0) {
        qsort(list->items, list->count, item_size, compare);
        memcpy(*to, list->items, list->count * item_size);
    }
    *count = (uint32_t)list->count;
    return GK_OK;
}

static enum gk_status load_municipalities(struct gk_load *load, struct gk_error *error)
{
    struct gk_snapshot *s = load->s;
    struct gk_list months = {0}, kinds = {0};
    void *kept_months = NULL, *kept_kinds = NULL;
    const struct gk_store_value values[] = {gk_store_i64(s->number)};
    enum gk_status status =
        gk_load_query(load,
                      "SELECT district_id, month, count, unlocated"
                      " FROM release_municipality_month WHERE release_id = $1::bigint",
                      values, 1, on_month, &months, error);
    if (status == GK_OK)
        status = gk_load_query(load,
                               "SELECT district_id, year, kind, count"
                               " FROM release_municipality_kind WHERE release_id = $1::bigint",
                               values, 1, on_kind, &kinds, error);
    if (status == GK_OK)
        status = keep(load, &months, sizeof *s->municipality_months, compare_months, &kept_months,
                      &s->municipality_month_count, error);
    if (status == GK_OK)
        status = keep(load, &kinds, sizeof *s->municipality_kinds, compare_kinds, &kept_kinds,
                      &s->municipality_kind_count, error);
    s->municipality_months = kept_months;
    s->municipality_kinds = kept_kinds;
    free(months.items);
    free(kinds.items);
    return status;
}

/* --- A revision ------------------------------------------------------------------------- */

static enum gk_status on_incident(struct gk_load *load, void *context, struct gk_store_row *row,
                                  struct gk_error *error)
{
    struct gk_event *event = gk_list_push(context, sizeof *event);
    if (event == NULL)
        return gk_load_failed(GK_NO_MEMORY, "incidents", error);
    event->id = gk_store_get_i64(row, 0);
    event->from = gk_store_get_hour(row, 3);
    event->to = gk_store_get_hour(row, 4);
    if (!gk_load_is_hour(event->from) || !gk_load_is_hour(event->to))
        return gk_load_failed(GK_INVALID, "hours of an incident", error);
    event->hour = event->from + (event->to - event->from) / 2;
    event->reported = gk_store_is_null(row, 5) ? INT32_MIN : gk_store_get_day(row, 5);
    if (event->reported != INT32_MIN && !gk_load_is_day(event->reported))
        return gk_load_failed(GK_INVALID, "day of a report", error);
    event->events = (int32_t)gk_store_get_i64(row, 7);
    uint32_t code = gk_index_of(&load->code_index, (int32_t)gk_store_get_i64(row, 6));
    event->code = (uint8_t)code;
    event->municipality = -1;
    event->cell = GK_UNLOCATED;
    if (gk_store_is_null(row, 1)) {
        uint32_t district = gk_index_of(&load->district_index, (int32_t)gk_store_get_i64(row, 2));
        if (!gk_store_is_null(row, 2) && district != UINT32_MAX)
            event->municipality = (int32_t)district;
    } else {
        event->cell = gk_index_of(&load->cell_index, (int32_t)gk_store_get_i64(row, 1));
        if (event->cell == UINT32_MAX)
            return gk_load_failed(GK_INTERNAL, "incidents: a cell is not there", error);
    }
    return gk_load_failed(code == UINT32_MAX ? GK_INTERNAL : GK_OK, "incidents", error);
}

static void set_first_month(struct gk_snapshot *s, const struct gk_event *events, size_t count)
{
    int32_t first = s->last_month;
    for (size_t i = 0; i < count; i++) {
        int32_t month = gk_month_from_hour(events[i].hour);
        first = month < first ? month : first;
    }
    s->first_month = first;
}

enum gk_status gk_load_rows(struct gk_load *load, struct gk_error *error)
{
    struct gk_snapshot *s = load->s;
    struct gk_list events = {0};
    enum gk_status status;
    if (s->kind == GK_SNAPSHOT_RELEASE) {
        const struct gk_store_value values[] = {gk_store_i64(s->number)};
        status = gk_load_query(load,
                               "SELECT cell_id, month, count FROM release_cell_month"
                               " WHERE release_id = $1::bigint",
                               values, 1, on_count, &events, error);
        if (status == GK_OK)
            status = load_municipalities(load, error);
    } else {
        const struct gk_store_value values[] = {gk_store_i64(s->number)};
        status = gk_load_query(
            load,
            "SELECT id, cell_id, municipality_id, from_hour, to_hour, reported, code_id, count"
            " FROM incident WHERE revision_in <= $1::bigint"
            " AND (revision_out IS NULL OR revision_out > $1::bigint) ORDER BY id",
            values, 1, on_incident, &events, error);
        if (status == GK_OK)
            set_first_month(s, events.items, events.count);
    }
    if (status == GK_OK)
        status = gk_load_failed(gk_build_rows(&load->build, events.items, (uint32_t)events.count),
                                "rows", error);
    free(events.items);
    return status;
}
