/* Incidents: one feature each, at the point of its cell; for analysts only.
 * Unlocated ones have no geometry. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "view.h"

static const struct gk_column columns[] = {
    {GK_PROPERTY_CELL, GK_ALWAYS, false},
    {GK_PROPERTY_FROM, GK_ALWAYS, false},
    {GK_PROPERTY_TO, GK_ALWAYS, false},
    {GK_PROPERTY_REPORTED, GK_ALWAYS, false},
    {GK_PROPERTY_OFFENCE_CODE, GK_ALWAYS, false},
    {GK_PROPERTY_KIND, GK_ALWAYS, false},
    {GK_PROPERTY_ATTEMPTED, GK_ALWAYS, false},
    {GK_PROPERTY_ANTAL, GK_ALWAYS, false},
    {GK_PROPERTY_PLACE_RADIUS_M, GK_ALWAYS, false},
    {GK_PROPERTY_REVISION, GK_ALWAYS, true},
};

static enum gk_status open_incidents(struct gk_view *view, struct gk_error *error)
{
    if (view->snapshot->row_id == NULL)
        return gk_error_set(error, GK_INTERNAL, "read incidents: a release has none");
    view->first = 0;
    view->end = view->snapshot->row_count;
    view->shapes = NULL;
    return GK_OK;
}

static int64_t id_of_incident(const struct gk_view *view, uint32_t row)
{
    return view->snapshot->row_id[row];
}

static int64_t find_incident(const struct gk_view *view, int64_t id)
{
    return gk_snapshot_find_incident(view->snapshot, id);
}

static void fill_place(const struct gk_snapshot *s, uint32_t row, struct gk_fields *fields)
{
    uint32_t cell = gk_snapshot_row_cell(s, row);
    if (cell < s->cell_count) {
        gk_field_set_integer(fields, GK_PROPERTY_CELL, s->cell_id[cell]);
        gk_field_set_integer(fields, GK_PROPERTY_PLACE_RADIUS_M,
                             (int64_t)ceilf(s->cell_radius_m[cell]));
    } else {
        gk_field_set_null(fields, GK_PROPERTY_CELL);
        gk_field_set_null(fields, GK_PROPERTY_PLACE_RADIUS_M);
    }
}

static void fill_incident(const struct gk_view *view, uint32_t row, struct gk_fields *fields)
{
    const struct gk_snapshot *s = view->snapshot;
    const struct gk_code_info *code = &s->codes[s->row_code[row]];
    const char *kind = gk_kind_name(code->kind);
    fill_place(s, row, fields);
    gk_field_set_integer(fields, GK_PROPERTY_FROM, s->row_from[row]);
    gk_field_set_integer(fields, GK_PROPERTY_TO, s->row_to[row]);
    if (s->row_reported[row] == INT32_MIN)
        gk_field_set_null(fields, GK_PROPERTY_REPORTED);
    else
        gk_field_set_integer(fields, GK_PROPERTY_REPORTED, s->row_reported[row]);
    gk_field_set_text(fields, GK_PROPERTY_OFFENCE_CODE, code->code, strlen(code->code));
    gk_field_set_text(fields, GK_PROPERTY_KIND, kind, strlen(kind));
    if (code->attempt < 0)
        gk_field_set_null(fields, GK_PROPERTY_ATTEMPTED);
    else
        gk_field_set_integer(fields, GK_PROPERTY_ATTEMPTED, code->attempt);
    gk_field_set_integer(fields, GK_PROPERTY_ANTAL, s->row_events[row]);
}

static bool point_of_incident(const struct gk_view *view, uint32_t row,
                              const struct gk_plane *plane, struct gk_xy *point)
{
    const struct gk_snapshot *s = view->snapshot;
    uint32_t cell = gk_snapshot_row_cell(s, row);
    if (cell >= s->cell_count)
        return false;
    *point = plane != NULL ? gk_plane_at(plane, s->cell_point_cm[cell])
                           : (struct gk_xy){s->cell_point[cell].lon, s->cell_point[cell].lat};
    return true;
}

static bool is_in_boxes(const struct gk_view *view, struct gk_xy point)
{
    for (size_t i = 0; i < view->box_count; i++) {
        const struct gk_box_xy *box = &view->box[i];
        if (point.x >= box->min.x && point.x <= box->max.x && point.y >= box->min.y &&
            point.y <= box->max.y)
            return true;
    }
    return false;
}

static bool incident_matches(const struct gk_view *view, uint32_t row)
{
    const struct gk_snapshot *s = view->snapshot;
    /* Both hours of an incident are hours in which it can have happened. */
    if (view->has_rows_period &&
        (s->row_from[row] >= view->rows.to_hour || s->row_to[row] < view->rows.from_hour))
        return false;
    if (view->box_count == 0)
        return true;
    struct gk_xy point;
    return point_of_incident(view, row, view->box_plane, &point) && is_in_boxes(view, point);
}

const struct gk_layer gk_layer_incidents = {
    .name = "incidents",
    .role = GK_ROLE_ANALYST,
    .title_sv = "Anmälda inbrott",
    .title_en = "Reported burglaries",
    .text_sv = "En rad per anmälan, vid cellens punkt. Platsen är grov: place_radius_m säger hur "
               "långt från punkten det kan ha hänt.",
    .text_en = "One feature for each report, at the point of its cell. The place is coarse: "
               "place_radius_m says how far from the point it may have happened.",
    .geometry = "geometry-point",
    .columns = columns,
    .column_count = sizeof columns / sizeof *columns,
    .open = open_incidents,
    .id = id_of_incident,
    .find = find_incident,
    .fill = fill_incident,
    .matches = incident_matches,
    .point = point_of_incident,
};
