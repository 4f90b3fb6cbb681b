/* Which cells answer for a district or a watch area, when a version of the lattice
 * is written: the plain ones by COPY, the others decided by PostgreSQL from what is
 * copied into temporary tables (0013_memberships says what these are). */
#include "store/places.h"

enum gk_status gk_near_find(struct gk_store *store, int32_t source_id, const char *unit_districts,
                            struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(source_id), gk_store_text(unit_districts)};
    return gk_store_query(store, "SELECT find_near($1::int, string_to_array($2, ',')::int[])",
                          values, 2, NULL, NULL, error);
}

struct each_near {
    gk_near_function *function;
    void *context;
};

static enum gk_status take_near(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct each_near *each = context;
    const struct gk_near_area near = {.e = (int32_t)gk_store_get_i64(row, 0),
                                      .n = (int32_t)gk_store_get_i64(row, 1),
                                      .is_open = gk_store_get_i64(row, 2) != 0,
                                      .has_border = gk_store_get_i64(row, 3) != 0,
                                      .area = (int32_t)gk_store_get_i64(row, 4)};
    return each->function(each->context, &near, error);
}

enum gk_status gk_near_each(struct gk_store *store, gk_near_function *function, void *context,
                            struct gk_error *error)
{
    struct each_near each = {function, context};
    return gk_store_query(store,
                          "SELECT block_e, block_n, is_open, has_border, area"
                          "  FROM m_block,"
                          "       unnest(CASE WHEN is_open THEN ARRAY[0] ELSE areas END) area"
                          " ORDER BY block_e, block_n, area",
                          NULL, 0, take_near, &each, error);
}

enum gk_status gk_district_cells_copy(struct gk_copy **copy, struct gk_store *store,
                                      struct gk_error *error)
{
    return gk_copy_begin(
        copy, store,
        "COPY district_cell (version, district_id, cell_id) FROM STDIN (FORMAT binary)", 3, error);
}

void gk_copy_district_cell(struct gk_copy *copy, int32_t version, int32_t district, int32_t cell)
{
    gk_copy_row(copy);
    gk_copy_i32(copy, version);
    gk_copy_i32(copy, district);
    gk_copy_i32(copy, cell);
}

enum gk_status gk_whole_copy(struct gk_copy **copy, struct gk_store *store, struct gk_error *error)
{
    return gk_copy_begin(copy, store,
                         "COPY pg_temp.m_whole (district_id, dwellings) FROM STDIN (FORMAT binary)",
                         2, error);
}

void gk_copy_whole(struct gk_copy *copy, int32_t district, int64_t dwellings)
{
    gk_copy_row(copy);
    gk_copy_i32(copy, district);
    gk_copy_f64(copy, (double)dwellings);
}

enum gk_status gk_parts_copy(struct gk_copy **copy, struct gk_store *store, struct gk_error *error)
{
    return gk_copy_begin(copy, store,
                         "COPY pg_temp.m_part (cell_id, district_id, block_e, block_n, dwellings)"
                         " FROM STDIN (FORMAT binary)",
                         5, error);
}

void gk_copy_part(struct gk_copy *copy, int32_t cell, int32_t district, struct gk_square block,
                  int64_t dwellings)
{
    gk_copy_row(copy);
    gk_copy_i32(copy, cell);
    gk_copy_i32(copy, district);
    gk_copy_i32(copy, block.e);
    gk_copy_i32(copy, block.n);
    gk_copy_f64(copy, (double)dwellings);
}

enum gk_status gk_border_squares_copy(struct gk_copy **copy, struct gk_store *store,
                                      struct gk_error *error)
{
    return gk_copy_begin(
        copy, store, "COPY pg_temp.m_square (e, n, cell_id, dwellings) FROM STDIN (FORMAT binary)",
        4, error);
}

void gk_copy_border_square(struct gk_copy *copy, struct gk_square square, int32_t cell,
                           int64_t dwellings)
{
    gk_copy_row(copy);
    gk_copy_i32(copy, square.e);
    gk_copy_i32(copy, square.n);
    gk_copy_i32(copy, cell);
    gk_copy_f64(copy, (double)dwellings);
}

enum gk_status gk_memberships_decide(struct gk_store *store, int32_t version,
                                     struct gk_error *error)
{
    const struct gk_store_value value = gk_store_i64(version);
    return gk_store_query(store, "SELECT decide_memberships($1::int)", &value, 1, NULL, NULL,
                          error);
}
