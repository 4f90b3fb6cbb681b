/* Districts and watch areas of a snapshot, with the cells that answer for them.
 * A release has those it froze; a revision those that are in force. */
#include "load_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "geo/square.h"
#include "geo/wkb.h"

/* Both places share this: an id of the store, an outline, texts. */
struct place {
    int32_t id;
    char *set_name; /* districts */
    struct gk_span code, name;
    struct gk_polygons outline;
    int32_t inhabitants;
    int16_t inhabitants_year;
    double number; /* share misplaced, or households */
    int32_t started, ended;
    int32_t boundary_id;
    bool is_approved;
};

static void free_places(struct gk_list *list)
{
    struct place *places = list->items;
    for (size_t i = 0; i < list->count; i++) {
        free(places[i].set_name);
        gk_polygons_release(&places[i].outline);
    }
    free(list->items);
}

static enum gk_status get_outline(struct place *place, struct gk_store_row *row, int column,
                                  struct gk_error *error)
{
    size_t length;
    const unsigned char *bytes = gk_store_get_bytes(row, column, &length);
    return gk_load_failed(gk_polygons_from_ewkb(&place->outline, bytes, length), "outlines", error);
}

static struct gk_span get_span(struct gk_load *load, struct gk_store_row *row, int column)
{
    const char *text = gk_store_get_text(row, column);
    return gk_build_text(&load->build, text, strlen(text));
}

static int32_t get_day_or(struct gk_store_row *row, int column, int32_t otherwise)
{
    return gk_store_is_null(row, column) ? otherwise : gk_store_get_day(row, column);
}

/* Builds the shapes of places in their order. */
static enum gk_status fill_shapes(struct gk_load *load, struct gk_shapes *shapes,
                                  const struct gk_list *list)
{
    const struct place *places = list->items;
    struct gk_polygons *polygons = calloc(list->count + 1, sizeof *polygons);
    if (polygons == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < list->count; i++)
        polygons[i] = places[i].outline; /* borrowed */
    enum gk_status status =
        gk_build_shapes(&load->build, shapes, polygons, (uint32_t)list->count, load->to_lonlat);
    free(polygons);
    return status;
}

/* --- Which cells answer -------------------------------------------------------------- */

struct membership {
    const struct gk_list *index; /* of the places */
    struct gk_list pairs;
};

static enum gk_status on_member(struct gk_load *load, void *context, struct gk_store_row *row,
                                struct gk_error *error)
{
    struct membership *membership = context;
    uint32_t item = gk_index_of(membership->index, (int32_t)gk_store_get_i64(row, 0));
    uint32_t cell = gk_index_of(&load->cell_index, (int32_t)gk_store_get_i64(row, 1));
    if (item == UINT32_MAX)
        return GK_OK; /* a place that this snapshot does not have */
    if (cell == UINT32_MAX)
        return gk_load_failed(GK_INTERNAL, "cells of places", error);
    struct gk_pair *pair = gk_list_push(&membership->pairs, sizeof *pair);
    if (pair == NULL)
        return gk_load_failed(GK_NO_MEMORY, "cells of places", error);
    *pair = (struct gk_pair){item, cell};
    return GK_OK;
}

static enum gk_status load_members(struct gk_load *load, const char *sql,
                                   const struct gk_list *index, struct gk_rows *rows,
                                   uint32_t item_count, struct gk_error *error)
{
    struct membership membership = {.index = index};
    const struct gk_store_value values[] = {gk_store_i64(load->s->lattice_version),
                                            gk_store_i64(load->kept_places_id)};
    enum gk_status status = gk_load_query(load, sql, values, 2, on_member, &membership, error);
    if (status == GK_OK)
        status = gk_load_failed(gk_build_pairs(&load->build, rows, item_count,
                                               membership.pairs.items, membership.pairs.count),
                                "cells of places", error);
    free(membership.pairs.items);
    return status;
}

static enum gk_status add_index(struct gk_list *index, int32_t id, size_t position)
{
    struct gk_id_index *entry = gk_list_push(index, sizeof *entry);
    if (entry == NULL)
        return GK_NO_MEMORY;
    *entry = (struct gk_id_index){id, (uint32_t)position};
    return GK_OK;
}

/* --- Districts -------------------------------------------------------------------------- */

static enum gk_status on_district(struct gk_load *load, void *context, struct gk_store_row *row,
                                  struct gk_error *error)
{
    struct place *district = gk_list_push(context, sizeof *district);
    if (district == NULL)
        return gk_load_failed(GK_NO_MEMORY, "districts", error);
    district->id = (int32_t)gk_store_get_i64(row, 0);
    district->set_name = strdup(gk_store_get_text(row, 1));
    if (district->set_name == NULL)
        return gk_load_failed(GK_NO_MEMORY, "districts", error);
    district->code = get_span(load, row, 2);
    district->name = get_span(load, row, 3);
    district->inhabitants = gk_store_is_null(row, 4) ? -1 : (int32_t)gk_store_get_i64(row, 4);
    district->inhabitants_year = (int16_t)gk_store_get_i64(row, 5);
    district->number = gk_store_get_f64(row, 6);
    return get_outline(district, row, 7, error);
}

static enum gk_status query_districts(struct gk_load *load, struct gk_list *list,
                                      struct gk_error *error)
{
    const struct gk_snapshot *s = load->s;
    if (s->kind == GK_SNAPSHOT_RELEASE) {
        const struct gk_store_value values[] = {gk_store_i64(s->lattice_version),
                                                gk_store_i64(s->number)};
        return gk_load_query(
            load,
            "SELECT d.id, d.set_name, d.code, d.name, d.inhabitants, d.inhabitants_year,"
            " coalesce(m.misplaced_share, 0), d.outline"
            " FROM release_district r JOIN district d ON d.id = r.district_id"
            " LEFT JOIN district_summary m ON m.version = $1::bigint AND m.district_id = d.id"
            " WHERE r.release_id = $2::bigint"
            " ORDER BY d.set_name COLLATE \"C\", d.code COLLATE \"C\", d.valid_from",
            values, 2, on_district, list, error);
    }
    const struct gk_store_value values[] = {gk_store_i64(s->lattice_version),
                                            gk_store_i64(s->number),
                                            gk_store_i64(load->kept_places_id)};
    if (load->kept_places_id != 0)
        return gk_load_query(
            load,
            "SELECT d.district_id, d.set_name, d.code, d.name, d.inhabitants,"
            " d.inhabitants_year, d.misplaced_share, o.outline"
            " FROM kept_district d JOIN kept_outline o ON o.id = d.outline_id"
            " JOIN revision r ON r.id = $2::bigint"
            " WHERE $1::bigint > 0 AND d.kept_places_id = $3::bigint"
            " AND d.valid_from <= r.data_through"
            " AND (d.valid_to IS NULL OR d.valid_to > r.data_through)"
            " ORDER BY d.set_name COLLATE \"C\", d.code COLLATE \"C\", d.valid_from",
            values, 3, on_district, list, error);
    return gk_load_query(
        load,
        "SELECT d.id, d.set_name, d.code, d.name, d.inhabitants, d.inhabitants_year,"
        " m.misplaced_share, d.outline"
        " FROM district_summary m JOIN district d ON d.id = m.district_id"
        " JOIN revision r ON r.id = $2::bigint"
        " WHERE m.version = $1::bigint AND d.valid_from <= r.data_through"
        " AND (d.valid_to IS NULL OR d.valid_to > r.data_through)"
        " ORDER BY d.set_name COLLATE \"C\", d.code COLLATE \"C\", d.valid_from",
        values, 2, on_district, list, error);
}

static enum gk_status fill_districts(struct gk_load *load, const struct gk_list *list)
{
    struct gk_snapshot *s = load->s;
    struct gk_arena *arena = load->build.arena;
    const struct place *districts = list->items;
    size_t count = list->count;
    s->district_count = (uint32_t)count;
    s->district_id = gk_arena_array(arena, count, sizeof *s->district_id);
    s->district_code = gk_arena_array(arena, count, sizeof *s->district_code);
    s->district_name = gk_arena_array(arena, count, sizeof *s->district_name);
    s->district_inhabitants = gk_arena_array(arena, count, sizeof *s->district_inhabitants);
    s->district_inhabitants_year =
        gk_arena_array(arena, count, sizeof *s->district_inhabitants_year);
    s->district_misplaced = gk_arena_array(arena, count, sizeof *s->district_misplaced);
    if (s->district_id == NULL || s->district_code == NULL || s->district_name == NULL ||
        s->district_inhabitants == NULL || s->district_inhabitants_year == NULL ||
        s->district_misplaced == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        s->district_id[i] = districts[i].id;
        s->district_code[i] = districts[i].code;
        s->district_name[i] = districts[i].name;
        s->district_inhabitants[i] = districts[i].inhabitants;
        s->district_inhabitants_year[i] = districts[i].inhabitants_year;
        s->district_misplaced[i] = districts[i].number;
        enum gk_status status = add_index(&load->district_index, districts[i].id, i);
        if (status != GK_OK)
            return status;
    }
    gk_index_sort(&load->district_index);
    return fill_shapes(load, &s->district_shapes, list);
}

struct set_rows {
    const struct gk_list *districts;
    struct gk_list sets; /* struct gk_set_info */
};

static enum gk_status on_set(struct gk_load *load, void *context, struct gk_store_row *row,
                             struct gk_error *error)
{
    struct set_rows *rows = context;
    const struct place *districts = rows->districts->items;
    const char *name = gk_store_get_text(row, 0);
    size_t first = 0;
    while (first < rows->districts->count && strcmp(districts[first].set_name, name) != 0)
        first++;
    size_t end = first;
    while (end < rows->districts->count && strcmp(districts[end].set_name, name) == 0)
        end++;
    if (first == end)
        return GK_OK; /* without districts here it is no set */
    struct gk_set_info *set = gk_list_push(&rows->sets, sizeof *set);
    if (set == NULL)
        return gk_load_failed(GK_NO_MEMORY, "district sets", error);
    *set =
        (struct gk_set_info){.name = gk_build_string(&load->build, name),
                             .title_sv = gk_build_string(&load->build, gk_store_get_text(row, 1)),
                             .title_en = gk_build_string(&load->build, gk_store_get_text(row, 2)),
                             .is_base = gk_store_get_i64(row, 3) != 0,
                             .first_district = (uint32_t)first,
                             .district_count = (uint32_t)(end - first)};
    bool ok = set->name != NULL && set->title_sv != NULL && set->title_en != NULL;
    return gk_load_failed(ok ? GK_OK : GK_NO_MEMORY, "district sets", error);
}

static enum gk_status load_sets(struct gk_load *load, const struct gk_list *districts,
                                struct gk_error *error)
{
    struct gk_snapshot *s = load->s;
    struct set_rows rows = {.districts = districts};
    const struct gk_store_value kept = gk_store_i64(load->kept_places_id);
    enum gk_status status =
        load->kept_places_id == 0
            ? gk_load_query(load,
                            "SELECT name, title_sv, title_en, is_base"
                            " FROM district_set ORDER BY name COLLATE \"C\"",
                            NULL, 0, on_set, &rows, error)
            : gk_load_query(load,
                            "SELECT name, title_sv, title_en, is_base FROM kept_set"
                            " WHERE kept_places_id = $1::bigint ORDER BY name COLLATE \"C\"",
                            &kept, 1, on_set, &rows, error);
    if (status == GK_OK) {
        s->sets = gk_arena_array(load->build.arena, rows.sets.count, sizeof *s->sets);
        status = gk_load_failed(s->sets == NULL ? GK_NO_MEMORY : GK_OK, "district sets", error);
    }
    if (status == GK_OK && s->sets != NULL && rows.sets.count > 0)
        memcpy(s->sets, rows.sets.items, rows.sets.count * sizeof *s->sets);
    s->set_count = (uint32_t)rows.sets.count;
    free(rows.sets.items);
    return status;
}

static enum gk_status load_districts(struct gk_load *load, struct gk_error *error)
{
    struct gk_list list = {0};
    enum gk_status status = query_districts(load, &list, error);
    if (status == GK_OK)
        status = gk_load_failed(fill_districts(load, &list), "districts", error);
    if (status == GK_OK)
        status = load_sets(load, &list, error);
    free_places(&list);
    if (status != GK_OK)
        return status;
    return load_members(
        load,
        load->kept_places_id == 0 ? "SELECT district_id, cell_id FROM district_cell"
                                    " WHERE version = $1::bigint AND $2::bigint = 0"
                                  : "SELECT d.district_id, unnest(c.cells) FROM kept_district d"
                                    " JOIN kept_cells c ON c.id = d.cells_id"
                                    " WHERE $1::bigint > 0 AND d.kept_places_id = $2::bigint",
        &load->district_index, &load->s->district_cells, load->s->district_count, error);
}

/* --- Watch areas -------------------------------------------------------------------------- */

static enum gk_status on_watch_area(struct gk_load *load, void *context, struct gk_store_row *row,
                                    struct gk_error *error)
{
    struct place *area = gk_list_push(context, sizeof *area);
    if (area == NULL)
        return gk_load_failed(GK_NO_MEMORY, "watch areas", error);
    area->id = (int32_t)gk_store_get_i64(row, 0);
    area->code = get_span(load, row, 1);
    area->name = get_span(load, row, 2);
    area->started = get_day_or(row, 3, INT32_MIN);
    area->ended = get_day_or(row, 4, INT32_MIN);
    area->is_approved = gk_store_get_i64(row, 5) != 0;
    area->boundary_id = (int32_t)gk_store_get_i64(row, 6);
    area->number = gk_store_get_f64(row, 7);
    return get_outline(area, row, 8, error);
}

static enum gk_status query_watch_areas(struct gk_load *load, struct gk_list *list,
                                        struct gk_error *error)
{
    const struct gk_snapshot *s = load->s;
    if (s->kind == GK_SNAPSHOT_RELEASE) {
        const struct gk_store_value values[] = {gk_store_i64(s->lattice_version),
                                                gk_store_i64(s->number)};
        return gk_load_query(
            load,
            "SELECT r.watch_area_id, r.slug, r.name, r.started, NULL::date, true, b.id,"
            " coalesce(m.households, 0), b.outline"
            " FROM release_watch_area r JOIN watch_boundary b ON b.id = r.boundary_id"
            " LEFT JOIN watch_summary m ON m.version = $1::bigint AND m.boundary_id = b.id"
            " WHERE r.release_id = $2::bigint ORDER BY r.slug COLLATE \"C\"",
            values, 2, on_watch_area, list, error);
    }
    /* The boundary of the last day covered; of an area that begins later, its first. */
    const struct gk_store_value values[] = {gk_store_i64(s->lattice_version),
                                            gk_store_i64(s->number),
                                            gk_store_i64(load->kept_places_id)};
    if (load->kept_places_id != 0)
        return gk_load_query(
            load,
            "SELECT w.watch_area_id, w.slug, w.name, w.started, w.ended, w.is_approved,"
            " b.boundary_id, b.households, o.outline"
            " FROM revision r JOIN kept_watch_area w ON w.kept_places_id = $3::bigint"
            " JOIN LATERAL (SELECT boundary_id, households, outline_id FROM kept_watch_boundary k"
            "   WHERE k.kept_places_id = $3::bigint AND k.watch_area_id = w.watch_area_id"
            "   ORDER BY valid_from > r.data_through, abs(valid_from - r.data_through) LIMIT 1) b"
            "   ON true"
            " JOIN kept_outline o ON o.id = b.outline_id"
            " WHERE $1::bigint > 0 AND r.id = $2::bigint ORDER BY w.slug COLLATE \"C\"",
            values, 3, on_watch_area, list, error);
    return gk_load_query(
        load,
        "SELECT w.id, w.slug, w.name, w.started, w.ended, w.is_approved, b.id,"
        " coalesce(m.households, 0), b.outline"
        " FROM revision r CROSS JOIN watch_area w"
        " JOIN LATERAL (SELECT id, outline FROM watch_boundary WHERE watch_area_id = w.id"
        "   ORDER BY valid_from > r.data_through, abs(valid_from - r.data_through) LIMIT 1) b"
        "   ON true"
        " LEFT JOIN watch_summary m ON m.version = $1::bigint AND m.boundary_id = b.id"
        " WHERE r.id = $2::bigint ORDER BY w.slug COLLATE \"C\"",
        values, 2, on_watch_area, list, error);
}

static enum gk_status fill_watch_areas(struct gk_load *load, const struct gk_list *list)
{
    struct gk_snapshot *s = load->s;
    struct gk_arena *arena = load->build.arena;
    const struct place *areas = list->items;
    size_t count = list->count;
    s->watch_count = (uint32_t)count;
    s->watch_id = gk_arena_array(arena, count, sizeof *s->watch_id);
    s->watch_slug = gk_arena_array(arena, count, sizeof *s->watch_slug);
    s->watch_name = gk_arena_array(arena, count, sizeof *s->watch_name);
    s->watch_started = gk_arena_array(arena, count, sizeof *s->watch_started);
    s->watch_ended = gk_arena_array(arena, count, sizeof *s->watch_ended);
    s->watch_households = gk_arena_array(arena, count, sizeof *s->watch_households);
    s->watch_approved = gk_arena_array(arena, count, sizeof *s->watch_approved);
    if (s->watch_id == NULL || s->watch_slug == NULL || s->watch_name == NULL ||
        s->watch_started == NULL || s->watch_ended == NULL || s->watch_households == NULL ||
        s->watch_approved == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        s->watch_id[i] = areas[i].id;
        s->watch_slug[i] = areas[i].code;
        s->watch_name[i] = areas[i].name;
        s->watch_started[i] = areas[i].started;
        s->watch_ended[i] = areas[i].ended;
        s->watch_households[i] = areas[i].number;
        s->watch_approved[i] = areas[i].is_approved;
        enum gk_status status = add_index(&load->boundary_index, areas[i].boundary_id, i);
        if (status != GK_OK)
            return status;
    }
    gk_index_sort(&load->boundary_index);
    return fill_shapes(load, &s->watch_shapes, list);
}

static enum gk_status load_watch_areas(struct gk_load *load, struct gk_error *error)
{
    struct gk_list list = {0};
    enum gk_status status = query_watch_areas(load, &list, error);
    if (status == GK_OK)
        status = gk_load_failed(fill_watch_areas(load, &list), "watch areas", error);
    free_places(&list);
    if (status != GK_OK)
        return status;
    return load_members(load,
                        load->kept_places_id == 0
                            ? "SELECT boundary_id, cell_id FROM watch_cover"
                              " WHERE version = $1::bigint AND $2::bigint = 0"
                            : "SELECT b.boundary_id, unnest(c.cells) FROM kept_watch_boundary b"
                              " JOIN kept_cells c ON c.id = b.cells_id"
                              " WHERE $1::bigint > 0 AND b.kept_places_id = $2::bigint",
                        &load->boundary_index, &load->s->watch_cells, load->s->watch_count, error);
}

enum gk_status gk_load_places(struct gk_load *load, struct gk_error *error)
{
    enum gk_status status = load_districts(load, error);
    if (status == GK_OK)
        status = load_watch_areas(load, error);
    return status;
}
