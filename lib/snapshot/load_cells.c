/* The lattice of a snapshot: cells in Hilbert order, their outlines, the merges
 * that lead to them and the squares they are made of. */
#include "load_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/square.h"
#include "geo/wkb.h"

enum { SIDE_MIN_DM = 10, SIDE_MAX_DM = 100000 };

static enum gk_status on_lattice(struct gk_load *load, void *context, struct gk_store_row *row,
                                 struct gk_error *error)
{
    (void)context;
    int64_t side_dm = gk_store_get_i64(row, 0);
    if (side_dm < SIDE_MIN_DM || side_dm > SIDE_MAX_DM)
        return gk_load_failed(GK_INVALID, "side of the squares", error);
    load->s->square_side_cm = (int32_t)side_dm * 10;
    load->s->k = (int32_t)gk_store_get_i64(row, 1);
    load->s->min_addresses = (int32_t)gk_store_get_i64(row, 2);
    load->s->dwellings_year = (int32_t)gk_store_get_i64(row, 3);
    load->source_id = (int32_t)gk_store_get_i64(row, 4);
    return GK_OK;
}

/* --- Cells ------------------------------------------------------------------------ */

struct cell {
    int32_t id;
    struct gk_square point;
    int32_t dwellings[GK_CLASSES];
    int32_t addresses;
    uint32_t hilbert;
};

static enum gk_status on_cell(struct gk_load *load, void *context, struct gk_store_row *row,
                              struct gk_error *error)
{
    (void)load;
    struct cell *cell = gk_list_push(context, sizeof *cell);
    if (cell == NULL)
        return gk_load_failed(GK_NO_MEMORY, "cells", error);
    cell->id = (int32_t)gk_store_get_i64(row, 0);
    cell->point =
        (struct gk_square){(int32_t)gk_store_get_i64(row, 1), (int32_t)gk_store_get_i64(row, 2)};
    for (int c = 0; c < GK_CLASSES; c++)
        cell->dwellings[c] = (int32_t)gk_store_get_i64(row, 3 + c);
    cell->addresses = (int32_t)gk_store_get_i64(row, 6);
    return GK_OK;
}

static int compare_cells(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;
    if (x->hilbert != y->hilbert)
        return x->hilbert < y->hilbert ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* The extent of the points is scaled to 16 bits by a shift. */
static void sort_along_hilbert(struct cell *cells, size_t count)
{
    int64_t min_e = INT32_MAX, min_n = INT32_MAX, max_e = INT32_MIN, max_n = INT32_MIN;
    for (size_t i = 0; i < count; i++) {
        min_e = cells[i].point.e < min_e ? cells[i].point.e : min_e;
        min_n = cells[i].point.n < min_n ? cells[i].point.n : min_n;
        max_e = cells[i].point.e > max_e ? cells[i].point.e : max_e;
        max_n = cells[i].point.n > max_n ? cells[i].point.n : max_n;
    }
    int shift = 0;
    while (((max_e - min_e) >> shift) > UINT16_MAX || ((max_n - min_n) >> shift) > UINT16_MAX)
        shift++;
    for (size_t i = 0; i < count; i++)
        cells[i].hilbert = gk_hilbert((uint32_t)((cells[i].point.e - min_e) >> shift),
                                      (uint32_t)((cells[i].point.n - min_n) >> shift));
    if (count > 0)
        qsort(cells, count, sizeof *cells, compare_cells);
}

static enum gk_status fill_cells(struct gk_load *load, const struct cell *cells, uint32_t count)
{
    struct gk_snapshot *s = load->s;
    struct gk_arena *arena = load->build.arena;
    s->cell_count = count;
    s->cell_id = gk_arena_array(arena, count, sizeof *s->cell_id);
    s->cell_addresses = gk_arena_array(arena, count, sizeof *s->cell_addresses);
    s->cell_point = gk_arena_array(arena, count, sizeof *s->cell_point);
    s->cell_point_cm = gk_arena_array(arena, count, sizeof *s->cell_point_cm);
    s->cell_radius_m = gk_arena_array(arena, count, sizeof *s->cell_radius_m);
    for (int c = 0; c < GK_CLASSES; c++)
        s->cell_dwellings[c] = gk_arena_array(arena, count, sizeof *s->cell_dwellings[c]);
    if (s->cell_id == NULL || s->cell_addresses == NULL || s->cell_point == NULL ||
        s->cell_point_cm == NULL || s->cell_radius_m == NULL || s->cell_dwellings[0] == NULL ||
        s->cell_dwellings[1] == NULL || s->cell_dwellings[2] == NULL)
        return GK_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        s->cell_id[i] = cells[i].id;
        s->cell_addresses[i] = cells[i].addresses;
        for (int c = 0; c < GK_CLASSES; c++)
            s->cell_dwellings[c][i] = cells[i].dwellings[c];
        struct gk_cm centre = gk_square_centre(cells[i].point, s->square_side_cm);
        double x = (double)centre.e / 100, y = (double)centre.n / 100;
        if (gk_transform_forward(load->to_lonlat, &x, &y, 1) != 0)
            return GK_INVALID;
        s->cell_point[i] = gk_lonlat_e7_round((struct gk_lonlat){x, y});
        s->cell_point_cm[i] = (struct gk_cm32){(int32_t)centre.e, (int32_t)centre.n};
    }
    return GK_OK;
}

/* --- Merges ------------------------------------------------------------------------ */

struct ancestor {
    int32_t id, merged_into; /* 0: not merged in this version */
};

static enum gk_status on_ancestor(struct gk_load *load, void *context, struct gk_store_row *row,
                                  struct gk_error *error)
{
    (void)load;
    struct ancestor *ancestor = gk_list_push(context, sizeof *ancestor);
    if (ancestor == NULL)
        return gk_load_failed(GK_NO_MEMORY, "merges", error);
    ancestor->id = (int32_t)gk_store_get_i64(row, 0);
    ancestor->merged_into = (int32_t)gk_store_get_i64(row, 1);
    return GK_OK;
}

static size_t position_of(const struct ancestor *all, size_t count, int32_t id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (all[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && all[low].id == id ? low : count;
}

/* Replaces every merged_into by the end of its chain. A chain is walked once to
 * its end and once to write that down, so that long ones stay cheap. */
static enum gk_status follow_merges(struct ancestor *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t end = i, steps = 0;
        while (all[end].merged_into != 0) {
            end = position_of(all, count, all[end].merged_into);
            if (end == count || ++steps > count)
                return GK_INVALID; /* leads nowhere, or around */
        }
        for (size_t at = i; all[at].merged_into != 0 && at != end;) {
            size_t next = position_of(all, count, all[at].merged_into);
            all[at].merged_into = all[end].id;
            at = next;
        }
    }
    return GK_OK;
}

/* cell_index: every cell that was ever -> the index of the one it is now. Cells
 * of a later version lead to none. */
static enum gk_status load_merges(struct gk_load *load, struct gk_list *living,
                                  struct gk_error *error)
{
    struct gk_list list = {0};
    const struct gk_store_value values[] = {gk_store_i64(load->s->lattice_version)};
    enum gk_status status = gk_load_query(
        load,
        "SELECT id, CASE WHEN merged_version <= $1::bigint THEN merged_into ELSE 0 END"
        " FROM cell WHERE since_version <= $1::bigint ORDER BY id",
        values, 1, on_ancestor, &list, error);
    struct ancestor *all = list.items;
    if (status == GK_OK)
        status = gk_load_failed(follow_merges(all, list.count), "merges", error);
    for (size_t i = 0; i < list.count && status == GK_OK; i++) {
        uint32_t index =
            gk_index_of(living, all[i].merged_into != 0 ? all[i].merged_into : all[i].id);
        if (index == UINT32_MAX)
            continue;
        struct gk_id_index *entry = gk_list_push(&load->cell_index, sizeof *entry);
        if (entry == NULL)
            status = gk_load_failed(GK_NO_MEMORY, "merges", error);
        else
            *entry = (struct gk_id_index){all[i].id, index};
    }
    free(list.items); /* cell_index is sorted: the rows came by id */
    return status;
}

/* --- Outlines ------------------------------------------------------------------------ */

struct outlines {
    const struct gk_list *living;
    struct gk_polygons *polygons; /* of each cell */
};

static enum gk_status on_outline(struct gk_load *load, void *context, struct gk_store_row *row,
                                 struct gk_error *error)
{
    (void)load;
    struct outlines *outlines = context;
    uint32_t cell = gk_index_of(outlines->living, (int32_t)gk_store_get_i64(row, 0));
    size_t length;
    const unsigned char *bytes = gk_store_get_bytes(row, 1, &length);
    if (cell == UINT32_MAX || outlines->polygons[cell].points != NULL)
        return gk_load_failed(GK_INTERNAL, "outlines", error);
    return gk_load_failed(gk_polygons_from_ewkb(&outlines->polygons[cell], bytes, length),
                          "outlines", error);
}

/* Corners of the union of squares are corners of its outline. */
static float radius_m(const struct gk_polygons *polygons, struct gk_cm point)
{
    int64_t farthest = 0;
    uint32_t count = polygons->ring_count > 0 ? polygons->point_start[polygons->ring_count] : 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t e = polygons->points[i].e - point.e, n = polygons->points[i].n - point.n;
        farthest = e * e + n * n > farthest ? e * e + n * n : farthest;
    }
    return (float)(sqrt((double)farthest) / 100);
}

static enum gk_status load_outlines(struct gk_load *load, const struct gk_list *living,
                                    const struct cell *cells, struct gk_error *error)
{
    struct gk_snapshot *s = load->s;
    struct outlines outlines = {living,
                                calloc((size_t)s->cell_count + 1, sizeof(struct gk_polygons))};
    if (outlines.polygons == NULL)
        return gk_load_failed(GK_NO_MEMORY, "outlines", error);
    const struct gk_store_value values[] = {gk_store_i64(s->lattice_version)};
    enum gk_status status =
        gk_load_query(load, "SELECT cell_id, outline FROM lattice_cell WHERE version = $1::bigint",
                      values, 1, on_outline, &outlines, error);
    for (uint32_t i = 0; i < s->cell_count; i++)
        s->cell_radius_m[i] =
            radius_m(&outlines.polygons[i], gk_square_centre(cells[i].point, s->square_side_cm));
    if (status == GK_OK)
        status = gk_load_failed(gk_build_shapes(&load->build, &s->cell_shapes, outlines.polygons,
                                                s->cell_count, load->to_lonlat),
                                "outlines", error);
    for (uint32_t i = 0; i < s->cell_count; i++)
        gk_polygons_release(&outlines.polygons[i]);
    free(outlines.polygons);
    return status;
}

/* --- Squares ---------------------------------------------------------------------------- */

struct part {
    uint32_t cell;
    struct gk_square square;
    int32_t dwellings[GK_CLASSES];
};

static enum gk_status on_part(struct gk_load *load, void *context, struct gk_store_row *row,
                              struct gk_error *error)
{
    uint32_t cell = gk_index_of(&load->cell_index, (int32_t)gk_store_get_i64(row, 0));
    if (cell == UINT32_MAX)
        return GK_OK; /* a unit of a later version */
    struct part *part = gk_list_push(context, sizeof *part);
    if (part == NULL)
        return gk_load_failed(GK_NO_MEMORY, "squares", error);
    part->cell = cell;
    part->square =
        (struct gk_square){(int32_t)gk_store_get_i64(row, 1), (int32_t)gk_store_get_i64(row, 2)};
    for (int c = 0; c < GK_CLASSES; c++)
        part->dwellings[c] = (int32_t)gk_store_get_i64(row, 3 + c);
    return GK_OK;
}

static int compare_parts(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    if (x->square.n != y->square.n)
        return x->square.n < y->square.n ? -1 : 1;
    return (x->square.e > y->square.e) - (x->square.e < y->square.e);
}

/* A square on a district border comes once for each district; here it is one. */
static size_t join_parts(struct part *parts, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && compare_parts(&parts[kept - 1], &parts[i]) == 0) {
            for (int c = 0; c < GK_CLASSES; c++)
                parts[kept - 1].dwellings[c] += parts[i].dwellings[c];
        } else {
            parts[kept++] = parts[i];
        }
    }
    return kept;
}

static enum gk_status fill_squares(struct gk_load *load, struct gk_list *list)
{
    struct gk_snapshot *s = load->s;
    struct gk_arena *arena = load->build.arena;
    struct part *parts = list->items;
    if (list->count > 0)
        qsort(parts, list->count, sizeof *parts, compare_parts);
    size_t count = join_parts(parts, list->count);
    s->square_start = gk_arena_array(arena, (size_t)s->cell_count + 1, sizeof *s->square_start);
    s->square = gk_arena_array(arena, count, sizeof *s->square);
    for (int c = 0; c < GK_CLASSES; c++)
        s->square_dwellings[c] = gk_arena_array(arena, count, sizeof *s->square_dwellings[c]);
    if (s->square_start == NULL || s->square == NULL || s->square_dwellings[0] == NULL ||
        s->square_dwellings[1] == NULL || s->square_dwellings[2] == NULL)
        return GK_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        s->square_start[parts[i].cell + 1]++;
        s->square[i] = parts[i].square;
        for (int c = 0; c < GK_CLASSES; c++)
            s->square_dwellings[c][i] = parts[i].dwellings[c];
    }
    for (uint32_t i = 0; i < s->cell_count; i++)
        s->square_start[i + 1] += s->square_start[i];
    return GK_OK;
}

static enum gk_status load_squares(struct gk_load *load, struct gk_error *error)
{
    struct gk_list list = {0};
    const struct gk_store_value values[] = {gk_store_i64(load->source_id)};
    enum gk_status status = gk_load_query(
        load,
        "SELECT u.cell_id, d.e, d.n, d.villa, d.flat, d.holiday"
        " FROM dwelling d JOIN unit u USING (e, n, district_id)"
        " WHERE d.source_id = $1::bigint AND (d.villa > 0 OR d.flat > 0 OR d.holiday > 0)",
        values, 1, on_part, &list, error);
    if (status == GK_OK)
        status = gk_load_failed(fill_squares(load, &list), "squares", error);
    free(list.items);
    return status;
}

/* --- All ---------------------------------------------------------------------------------- */

static enum gk_status index_living(struct gk_list *living, const struct cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct gk_id_index *entry = gk_list_push(living, sizeof *entry);
        if (entry == NULL)
            return GK_NO_MEMORY;
        *entry = (struct gk_id_index){cells[i].id, (uint32_t)i};
    }
    gk_index_sort(living);
    return GK_OK;
}

enum gk_status gk_load_cells(struct gk_load *load, struct gk_error *error)
{
    struct gk_list cells = {0}, living = {0};
    const struct gk_store_value values[] = {gk_store_i64(load->s->lattice_version)};
    enum gk_status status =
        gk_load_query(load,
                      "SELECT l.base_square_dm, l.k, l.min_addresses, d.year, l.source_id"
                      " FROM lattice l JOIN dwelling_source d ON d.id = l.source_id"
                      " WHERE l.version = $1::bigint",
                      values, 1, on_lattice, NULL, error);
    if (status == GK_OK && load->source_id == 0)
        status = gk_error_set(error, GK_NOT_FOUND, "load snapshot: there is no lattice %d",
                              load->s->lattice_version);
    if (status == GK_OK)
        status = gk_load_query(
            load,
            "SELECT c.id, c.point_e, c.point_n, l.villa, l.flat, l.holiday, l.addresses"
            " FROM lattice_cell l JOIN cell c ON c.id = l.cell_id WHERE l.version = $1::bigint",
            values, 1, on_cell, &cells, error);
    if (status == GK_OK) {
        sort_along_hilbert(cells.items, cells.count);
        status = index_living(&living, cells.items, cells.count);
        if (status == GK_OK)
            status = fill_cells(load, cells.items, (uint32_t)cells.count);
        status = gk_load_failed(status, "cells", error);
    }
    if (status == GK_OK)
        status = load_outlines(load, &living, cells.items, error);
    if (status == GK_OK)
        status = load_merges(load, &living, error);
    if (status == GK_OK)
        status = load_squares(load, error);
    free(cells.items);
    free(living.items);
    return status;
}
