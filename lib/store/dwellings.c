/* Dwellings per square, units, cells and versions of the lattice: in by COPY,
 * out row by row. What they mean is decided in lib/anon. */
#include "store/places.h"

#include <string.h>

/* --- Dwelling sources ----------------------------------------------------------- */

static enum gk_status take_id(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(int32_t *)context = (int32_t)gk_store_get_i64(row, 0);
    return GK_OK;
}

enum gk_status gk_dwelling_source_find(int32_t *id, struct gk_store *store, int32_t year,
                                       const unsigned char sha256[32], struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(year), gk_store_bytes(sha256, 32)};
    *id = 0;
    return gk_store_query(store,
                          "SELECT id FROM dwelling_source"
                          " WHERE year = $1::int AND file_sha256 = $2::bytea",
                          values, 2, take_id, id, error);
}

enum gk_status gk_dwelling_source_insert(int32_t *id, struct gk_store *store, int32_t year,
                                         const unsigned char sha256[32], int32_t square_dm,
                                         bool has_addresses, struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(year), gk_store_bytes(sha256, 32),
                                            gk_store_i64(square_dm), gk_store_i64(has_addresses)};
    *id = 0;
    return gk_store_query(store,
                          "INSERT INTO dwelling_source (year, file_sha256, base_square_dm,"
                          "                             has_addresses)"
                          " VALUES ($1::int, $2::bytea, $3::int, $4::bigint <> 0) RETURNING id",
                          values, 4, take_id, id, error);
}

enum gk_status gk_dwellings_copy(struct gk_copy **copy, struct gk_store *store,
                                 struct gk_error *error)
{
    return gk_copy_begin(copy, store,
                         "COPY dwelling (source_id, e, n, district_id, villa, flat, holiday,"
                         " addresses) FROM STDIN (FORMAT binary)",
                         8, error);
}

void gk_copy_dwellings(struct gk_copy *copy, int32_t source_id,
                       const struct gk_square_dwellings *row)
{
    gk_copy_row(copy);
    gk_copy_i32(copy, source_id);
    gk_copy_i32(copy, row->square.e);
    gk_copy_i32(copy, row->square.n);
    gk_copy_i32(copy, row->district);
    for (int i = 0; i < GK_CLASS_COUNT; i++)
        gk_copy_i32(copy, row->dwellings[i]);
    gk_copy_i32(copy, row->addresses);
}

struct each_dwelling {
    gk_dwellings_function *function;
    void *context;
};

static enum gk_status take_dwellings(void *context, struct gk_store_row *row,
                                     struct gk_error *error)
{
    const struct each_dwelling *each = context;
    const struct gk_square_dwellings unit = {
        .square = {(int32_t)gk_store_get_i64(row, 0), (int32_t)gk_store_get_i64(row, 1)},
        .district = (int32_t)gk_store_get_i64(row, 2),
        .dwellings = {(int32_t)gk_store_get_i64(row, 3), (int32_t)gk_store_get_i64(row, 4),
                      (int32_t)gk_store_get_i64(row, 5)},
        .addresses = (int32_t)gk_store_get_i64(row, 6),
        .cell = (int32_t)gk_store_get_i64(row, 7)};
    return each->function(each->context, &unit, error);
}

enum gk_status gk_dwellings_each(struct gk_store *store, int32_t source_id,
                                 gk_dwellings_function *function, void *context,
                                 struct gk_error *error)
{
    const struct gk_store_value value = gk_store_i64(source_id);
    struct each_dwelling each = {function, context};
    return gk_store_query(
        store,
        "SELECT e, n, district_id, coalesce(villa, 0), coalesce(flat, 0), coalesce(holiday, 0),"
        "       coalesce(addresses, 0), coalesce(cell_id, 0)"
        "  FROM (SELECT * FROM dwelling WHERE source_id = $1::int) d"
        "  FULL JOIN unit u USING (e, n, district_id)",
        &value, 1, take_dwellings, &each, error);
}

struct each_unit {
    gk_unit_function *function;
    void *context;
};

static enum gk_status take_unit(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct each_unit *each = context;
    const struct gk_located_unit unit = {
        .square = {(int32_t)gk_store_get_i64(row, 0), (int32_t)gk_store_get_i64(row, 1)},
        .district = (int32_t)gk_store_get_i64(row, 2),
        .dwellings = (int32_t)gk_store_get_i64(row, 3),
        .cell = (int32_t)gk_store_get_i64(row, 4)};
    return each->function(each->context, &unit, error);
}

enum gk_status gk_located_units_each(struct gk_store *store, int32_t source_id, unsigned classes,
                                     gk_unit_function *function, void *context,
                                     struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(source_id), gk_store_i64(classes & 1),
                                            gk_store_i64(classes >> 1 & 1),
                                            gk_store_i64(classes >> 2 & 1)};
    struct each_unit each = {function, context};
    enum gk_status status = gk_store_execute(store, "SET LOCAL work_mem = '64MB'", error);
    if (status != GK_OK)
        return status;
    /* By e and n as one number: a country is sorted in three quarters of the time. */
    return gk_store_query(store,
                          "SELECT e, n, district_id,"
                          "  villa * $2::int + flat * $3::int + holiday * $4::int, cell_id"
                          "  FROM dwelling JOIN unit USING (e, n, district_id)"
                          " WHERE source_id = $1::int"
                          " ORDER BY (e::bigint << 32) + n, district_id",
                          values, 4, take_unit, &each, error);
}

/* --- Cells and versions ------------------------------------------------------------ */

struct each_cell {
    gk_cell_function *function;
    void *context;
};

static enum gk_status take_cell(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct each_cell *each = context;
    const struct gk_stored_cell cell = {
        .id = (int32_t)gk_store_get_i64(row, 0),
        .point = {(int32_t)gk_store_get_i64(row, 1), (int32_t)gk_store_get_i64(row, 2)},
        .district = (int32_t)gk_store_get_i64(row, 3),
        .merged_into = (int32_t)gk_store_get_i64(row, 4),
        .merged_version = (int32_t)gk_store_get_i64(row, 5)};
    return each->function(each->context, &cell, error);
}

enum gk_status gk_cells_each(struct gk_store *store, gk_cell_function *function, void *context,
                             struct gk_error *error)
{
    struct each_cell each = {function, context};
    return gk_store_query(store,
                          "SELECT id, point_e, point_n, district_id, coalesce(merged_into, 0),"
                          "       coalesce(merged_version, 0) FROM cell ORDER BY id",
                          NULL, 0, take_cell, &each, error);
}

static enum gk_status take_lattice(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct gk_lattice_version *lattice = context;
    lattice->version = (int32_t)gk_store_get_i64(row, 0);
    lattice->source_id = (int32_t)gk_store_get_i64(row, 1);
    lattice->square_dm = (int32_t)gk_store_get_i64(row, 2);
    lattice->k = (int32_t)gk_store_get_i64(row, 3);
    lattice->min_addresses = (int32_t)gk_store_get_i64(row, 4);
    lattice->classes = (unsigned)gk_store_get_i64(row, 5);
    return GK_OK;
}

enum gk_status gk_lattice_read(struct gk_lattice_version *lattice, struct gk_store *store,
                               int32_t version, struct gk_error *error)
{
    const struct gk_store_value value = gk_store_i64(version);
    memset(lattice, 0, sizeof *lattice);
    enum gk_status status =
        gk_store_query(store,
                       "SELECT version, source_id, base_square_dm, k, min_addresses,"
                       "       ('villa' = ANY (classes))::int + 2 * ('flat' = ANY (classes))::int"
                       "       + 4 * ('holiday' = ANY (classes))::int"
                       "  FROM lattice WHERE version = $1::int",
                       &value, 1, take_lattice, lattice, error);
    if (status == GK_OK && lattice->version == 0)
        status = gk_error_set(error, GK_NOT_FOUND, "lattice version %d does not exist", version);
    return status;
}

struct definition {
    unsigned classes;
    bool is_known;
    char names[256];
};

static enum gk_status take_definition(void *context, struct gk_store_row *row,
                                      struct gk_error *error)
{
    (void)error;
    struct definition *definition = context;
    definition->classes = (unsigned)gk_store_get_i64(row, 0);
    definition->is_known = gk_store_get_i64(row, 1) != 0;
    strncpy(definition->names, gk_store_get_text(row, 2), sizeof definition->names - 1);
    return GK_OK;
}

enum gk_status gk_definition_classes(unsigned *classes, struct gk_store *store,
                                     const char *definition, struct gk_error *error)
{
    const struct gk_store_value value = gk_store_text(definition);
    struct definition found = {0, false, ""};
    enum gk_status status = gk_store_query(
        store,
        "SELECT coalesce(bit_or(CASE kind WHEN 'villa' THEN 1 WHEN 'flat' THEN 2"
        "                            WHEN 'holiday' THEN 4 ELSE 7 END), 7)::int,"
        "       EXISTS (SELECT FROM definition WHERE name = $1),"
        "       (SELECT string_agg(name, ', ' ORDER BY name) FROM definition)"
        "  FROM definition_code JOIN offence_code ON id = code_id WHERE definition = $1",
        &value, 1, take_definition, &found, error);
    if (status == GK_OK && !found.is_known)
        status = gk_error_set(error, GK_NOT_FOUND,
                              "definition \"%.60s\" (option public_definition) is not known; "
                              "allowed: %s",
                              definition, found.names);
    *classes = found.classes;
    return status;
}

enum gk_status gk_lattice_insert(struct gk_store *store, const struct gk_lattice_version *lattice,
                                 const char *base_set, struct gk_error *error)
{
    const struct gk_store_value values[] = {
        gk_store_i64(lattice->version), gk_store_i64(lattice->source_id),
        gk_store_text(base_set),        gk_store_i64(lattice->square_dm),
        gk_store_i64(lattice->k),       gk_store_i64(lattice->min_addresses),
        gk_store_i64(lattice->classes)};
    return gk_store_query(
        store,
        "INSERT INTO lattice (version, source_id, base_set, base_square_dm, k, min_addresses,"
        "                     classes)"
        " VALUES ($1::int, $2::int, $3, $4::int, $5::int, $6::int, array_remove(ARRAY["
        "  CASE WHEN $7::int & 1 > 0 THEN 'villa' END, CASE WHEN $7::int & 2 > 0 THEN 'flat' END,"
        "  CASE WHEN $7::int & 4 > 0 THEN 'holiday' END], NULL))",
        values, 7, NULL, NULL, error);
}

enum gk_status gk_cells_copy(struct gk_copy **copy, struct gk_store *store, struct gk_error *error)
{
    return gk_copy_begin(copy, store,
                         "COPY cell (id, since_version, point_e, point_n, district_id, merged_into,"
                         " merged_version) FROM STDIN (FORMAT binary)",
                         7, error);
}

void gk_copy_cell(struct gk_copy *copy, int32_t since_version, const struct gk_stored_cell *cell)
{
    gk_copy_row(copy);
    gk_copy_i32(copy, cell->id);
    gk_copy_i32(copy, since_version);
    gk_copy_i32(copy, cell->point.e);
    gk_copy_i32(copy, cell->point.n);
    gk_copy_i32(copy, cell->district);
    if (cell->merged_into > 0) {
        gk_copy_i32(copy, cell->merged_into);
        gk_copy_i32(copy, cell->merged_version);
    } else {
        gk_copy_null(copy);
        gk_copy_null(copy);
    }
}

enum gk_status gk_merges_copy(struct gk_copy **copy, struct gk_store *store, struct gk_error *error)
{
    enum gk_status status = gk_store_execute(
        store, "CREATE TEMPORARY TABLE incoming_merge (id integer, heir integer) ON COMMIT DROP",
        error);
    *copy = NULL;
    return status != GK_OK ? status
                           : gk_copy_begin(copy, store,
                                           "COPY pg_temp.incoming_merge (id, heir)"
                                           " FROM STDIN (FORMAT binary)",
                                           2, error);
}

void gk_copy_merge(struct gk_copy *copy, int32_t id, int32_t into)
{
    gk_copy_row(copy);
    gk_copy_i32(copy, id);
    gk_copy_i32(copy, into);
}

enum gk_status gk_merges_apply(struct gk_store *store, int32_t version, struct gk_error *error)
{
    const struct gk_store_value value = gk_store_i64(version);
    return gk_store_query(store,
                          "UPDATE cell SET merged_into = m.heir, merged_version = $1::int"
                          "  FROM pg_temp.incoming_merge m"
                          " WHERE cell.id = m.id AND cell.merged_into IS NULL",
                          &value, 1, NULL, NULL, error);
}

enum gk_status gk_units_copy(struct gk_copy **copy, struct gk_store *store, struct gk_error *error)
{
    return gk_copy_begin(
        copy, store, "COPY unit (e, n, district_id, cell_id) FROM STDIN (FORMAT binary)", 4, error);
}

void gk_copy_unit(struct gk_copy *copy, struct gk_square square, int32_t district, int32_t cell)
{
    gk_copy_row(copy);
    gk_copy_i32(copy, square.e);
    gk_copy_i32(copy, square.n);
    gk_copy_i32(copy, district);
    gk_copy_i32(copy, cell);
}

enum gk_status gk_lattice_cells_copy(struct gk_copy **copy, struct gk_store *store,
                                     struct gk_error *error)
{
    return gk_copy_begin(copy, store,
                         "COPY lattice_cell (version, cell_id, villa, flat, holiday, addresses,"
                         " outline) FROM STDIN (FORMAT binary)",
                         7, error);
}

void gk_copy_lattice_cell(struct gk_copy *copy, int32_t version, int32_t cell,
                          const int64_t dwellings[GK_CLASS_COUNT], int64_t addresses,
                          const void *ewkb, size_t ewkb_length)
{
    gk_copy_row(copy);
    gk_copy_i32(copy, version);
    gk_copy_i32(copy, cell);
    for (int i = 0; i < GK_CLASS_COUNT; i++)
        gk_copy_i32(copy, (int32_t)dwellings[i]);
    gk_copy_i32(copy, (int32_t)addresses);
    gk_copy_bytes(copy, ewkb, ewkb_length);
}
