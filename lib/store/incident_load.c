/* Rows of incidents on their way into the store, by COPY. Usually all are staged in
 * a temporary table without index, to be compared (incidents.c). A first load has
 * nothing to compare with (0016_first_load): its rows go straight into `incident`.
 * Those whose case may have come before in the file are held back and staged. */
#include "incident_load.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { OLD_CELLS_MAX = 256, HELD_MAX = 32768, HELD_MIN = 1024 };

/* A row that is held back. Of a first load nothing is known under older keys or
 * lattices. */
struct gk_held {
    struct gk_incident incident; /* its hash: the one here */
    unsigned char hash[32];
};

/* --- One row of COPY -------------------------------------------------------------- */

static void copy_id(struct gk_copy *copy, int32_t id)
{
    if (id > 0)
        gk_copy_i32(copy, id);
    else
        gk_copy_null(copy);
}

/* What both tables have. */
static void copy_facts(struct gk_copy *copy, const struct gk_incident *incident)
{
    copy_id(copy, incident->cell);
    copy_id(copy, incident->municipality);
    gk_copy_hour(copy, incident->from_hour);
    gk_copy_hour(copy, incident->to_hour);
    if (incident->reported == INT32_MIN)
        gk_copy_null(copy);
    else
        gk_copy_day(copy, incident->reported);
    gk_copy_i16(copy, incident->code_id);
    gk_copy_i32(copy, incident->count);
    if (incident->hash == NULL)
        gk_copy_null(copy);
    else
        gk_copy_bytes(copy, incident->hash, 32);
}

/* Ids as four bytes each, the highest first; SQL takes them apart again. */
static void copy_cells(struct gk_copy *copy, const int32_t *cells, size_t count)
{
    unsigned char bytes[4 * OLD_CELLS_MAX];
    for (size_t i = 0; i < count; i++) {
        uint32_t id = (uint32_t)cells[i];
        for (size_t b = 0; b < 4; b++)
            bytes[4 * i + b] = (unsigned char)(id >> (24 - 8 * b));
    }
    gk_copy_bytes(copy, bytes, 4 * count);
}

static void copy_staged(struct gk_copy *copy, const struct gk_incident *incident, bool may_repeat)
{
    gk_copy_row(copy);
    gk_copy_i64(copy, incident->line);
    gk_copy_bool(copy, may_repeat);
    copy_facts(copy, incident);
    if (incident->hash == NULL || incident->old_hash_count == 0)
        gk_copy_null(copy);
    else
        gk_copy_bytes(copy, incident->old_hashes, 32 * incident->old_hash_count);
    if (incident->old_cells == NULL || incident->old_cell_count > OLD_CELLS_MAX)
        gk_copy_null(copy);
    else
        copy_cells(copy, incident->old_cells, incident->old_cell_count);
}

static void copy_stored(struct gk_copy *copy, const struct gk_incident *incident,
                        const struct gk_incident_load *load)
{
    gk_copy_row(copy);
    copy_facts(copy, incident);
    gk_copy_i32(copy, load->revision);
    gk_copy_i32(copy, load->options.lattice_version);
    if (incident->hash == NULL)
        gk_copy_null(copy);
    else
        gk_copy_i32(copy, load->options.case_key_id);
}

/* --- Where rows go -------------------------------------------------------------------- */

/* FREEZE: the table is new in this transaction, and nobody can look until its end. */
static const struct {
    const char *sql;
    int columns;
} targets[] = {
    [GK_LOAD_STAGED] = {"COPY incoming (line, may_repeat, cell_id, municipality_id, from_hour,"
                        " to_hour, reported, code_id, count, case_hash, old_hashes, old_cells)"
                        " FROM STDIN (FORMAT binary)",
                        12},
    [GK_LOAD_STORED] = {"COPY incident (cell_id, municipality_id, from_hour, to_hour, reported,"
                        " code_id, count, case_hash, revision_in, lattice_version, case_key_id)"
                        " FROM STDIN (FORMAT binary, FREEZE)",
                        11},
};

/* Ends the COPY under way, if any. */
static enum gk_status pause_copy(struct gk_incident_load *load, struct gk_error *error)
{
    struct gk_copy *copy = load->copy;
    load->copy = NULL;
    load->target = GK_LOAD_NONE;
    return copy != NULL ? gk_copy_end(copy, NULL, error) : GK_OK;
}

static enum gk_status aim(struct gk_incident_load *load, enum gk_load_target target,
                          struct gk_error *error)
{
    if (load->target == target)
        return GK_OK;
    enum gk_status status = pause_copy(load, error);
    if (status == GK_OK)
        status = gk_copy_begin(&load->copy, load->store, targets[target].sql,
                               targets[target].columns, error);
    if (status == GK_OK)
        load->target = target;
    return status;
}

/* --- Beginning -------------------------------------------------------------------------- */

/* What the server may use for this one transaction: sorts and hashes of a million
 * rows stay in memory, and no statement here runs long enough to be compiled. */
static enum gk_status make_staging(struct gk_store *store, struct gk_error *error)
{
    return gk_store_execute(
        store,
        "SET LOCAL work_mem = '64MB'; SET LOCAL temp_buffers = '64MB'; SET LOCAL jit = off;"
        "CREATE TEMPORARY TABLE incoming (line bigint, may_repeat boolean, cell_id integer,"
        " municipality_id integer, from_hour timestamp, to_hour timestamp, reported date,"
        " code_id smallint, count integer, case_hash bytea, old_hashes bytea,"
        " old_cells bytea) ON COMMIT DROP;"
        "GRANT SELECT, INSERT ON incoming TO grannkarta_owner",
        error);
}

/* One statement as the owner, whom the importer cannot be in the connection's own
 * right: what a first load does to a table as such. */
static enum gk_status ask_as_owner(struct gk_store *store, const char *sql,
                                   const struct gk_store_value *values, size_t value_count,
                                   gk_store_row_function *take, void *context,
                                   struct gk_error *error)
{
    enum gk_status status = gk_store_execute(store, "SET LOCAL ROLE grannkarta_owner", error);
    if (status == GK_OK)
        status = gk_store_query(store, sql, values, value_count, take, context, error);
    return status == GK_OK ? gk_store_execute(store, "SET LOCAL ROLE grannkarta_importer", error)
                           : status;
}

static enum gk_status take_number(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(int32_t *)context = (int32_t)gk_store_get_i64(row, 0);
    return GK_OK;
}

/* The revision is begun, to be completed when the file has been read. */
static enum gk_status begin_first(struct gk_incident_load *load, struct gk_error *error)
{
    const struct gk_store_value version = gk_store_i64(load->options.lattice_version);
    enum gk_status status = gk_store_query(
        load->store,
        "INSERT INTO revision (id, kind, lattice_version, data_through)"
        " SELECT coalesce(max(id), 0) + 1, 'import', $1::int, standing_data_through()"
        "  FROM revision RETURNING id",
        &version, 1, take_number, &load->revision, error);
    const struct gk_store_value revision = gk_store_i64(load->revision);
    if (status == GK_OK)
        status = ask_as_owner(load->store, "SELECT begin_first_load($1::int)", &revision, 1, NULL,
                              NULL, error);
    return status;
}

enum gk_status gk_incidents_begin(struct gk_incident_load **out, struct gk_store *store,
                                  const struct gk_incident_load_options *options,
                                  struct gk_error *error)
{
    int32_t can_be_first = 0;
    struct gk_incident_load *load = calloc(1, sizeof *load);
    *out = load;
    if (load == NULL)
        return gk_error_set(error, GK_NO_MEMORY, "take incidents in: out of memory");
    load->store = store;
    load->options = *options;
    enum gk_status status = make_staging(store, error);
    if (status == GK_OK)
        status =
            gk_store_query(store,
                           "SELECT (NOT EXISTS (SELECT FROM incident)"
                           " AND pg_has_role(session_user, 'grannkarta_owner', 'MEMBER'))::int",
                           NULL, 0, take_number, &can_be_first, error);
    load->is_first = can_be_first != 0 && options->may_write;
    if (status == GK_OK)
        status = load->is_first ? begin_first(load, error) : aim(load, GK_LOAD_STAGED, error);
    if (status != GK_OK) {
        gk_incidents_free(load);
        *out = NULL;
    }
    return status;
}

void gk_incidents_free(struct gk_incident_load *load)
{
    if (load == NULL)
        return;
    gk_copy_abort(load->copy);
    free(load->held);
    free(load);
}

/* --- Rows ------------------------------------------------------------------------------- */

static enum gk_status stage_held(struct gk_incident_load *load, struct gk_error *error)
{
    if (load->held_count == 0)
        return GK_OK;
    enum gk_status status = aim(load, GK_LOAD_STAGED, error);
    for (size_t i = 0; i < load->held_count && status == GK_OK; i++)
        copy_staged(load->copy, &load->held[i].incident, true);
    load->staged += (int64_t)load->held_count;
    load->held_count = 0;
    return status;
}

static enum gk_status hold(struct gk_incident_load *load, const struct gk_incident *incident,
                           struct gk_error *error)
{
    enum gk_status status = load->held_count == HELD_MAX ? stage_held(load, error) : GK_OK;
    if (status != GK_OK)
        return status;
    /* A power of two, and full: room for as many again. */
    size_t count = load->held_count;
    if (count == 0 || (count >= HELD_MIN && (count & (count - 1)) == 0)) {
        size_t capacity = count < HELD_MIN ? HELD_MIN : 2 * count;
        struct gk_held *held = realloc(load->held, capacity * sizeof *held);
        if (held == NULL)
            return gk_error_set(error, GK_NO_MEMORY, "take incidents in: out of memory");
        /* The rows that are there point into themselves. */
        for (size_t i = 0; i < count; i++)
            held[i].incident.hash = held[i].hash;
        load->held = held;
    }
    struct gk_held *held = &load->held[load->held_count++];
    held->incident = *incident;
    held->incident.old_cells = NULL;
    held->incident.old_hash_count = 0;
    memcpy(held->hash, incident->hash, sizeof held->hash);
    held->incident.hash = held->hash;
    return GK_OK;
}

/* Before the first row with a case number: it refers to the key. */
static enum gk_status use_key(struct gk_incident_load *load, struct gk_error *error)
{
    enum gk_load_target target = load->target;
    enum gk_status status = pause_copy(load, error);
    if (status == GK_OK)
        status = gk_case_key_insert(load->store, load->options.case_key_id,
                                    load->options.case_key_fingerprint, error);
    if (status == GK_OK && target != GK_LOAD_NONE)
        status = aim(load, target, error);
    load->uses_key = true;
    return status;
}

enum gk_status gk_incidents_put(struct gk_incident_load *load, const struct gk_incident *incident,
                                bool may_repeat, struct gk_error *error)
{
    enum gk_status status = GK_OK;
    if (incident->hash != NULL && !load->uses_key && load->options.may_write)
        status = use_key(load, error);
    if (status != GK_OK)
        return status;
    if (!load->is_first) {
        copy_staged(load->copy, incident, may_repeat);
        return GK_OK;
    }
    if (may_repeat && incident->hash != NULL)
        return hold(load, incident, error);
    status = aim(load, GK_LOAD_STORED, error);
    if (status == GK_OK) {
        copy_stored(load->copy, incident, load);
        load->stored++;
    }
    return status;
}

enum gk_status gk_incidents_end(struct gk_incident_load *load, struct gk_error *error)
{
    enum gk_status status = stage_held(load, error);
    return status == GK_OK ? pause_copy(load, error) : status;
}

/* Rows that are taken back get lines before those of the file: of a case, the row
 * that went into `incident` is the first. */
static enum gk_status take_back(struct gk_incident_load *load, struct gk_error *error)
{
    int32_t count = 0;
    const struct gk_store_value revision = gk_store_i64(load->revision);
    enum gk_status status = ask_as_owner(
        load->store,
        "WITH back AS (INSERT INTO incoming (line, may_repeat, cell_id, municipality_id, "
        "from_hour, to_hour,"
        "  reported, code_id, count, case_hash)"
        " SELECT -id, true, cell_id, municipality_id, from_hour, to_hour, reported, code_id, count,"
        "  case_hash FROM take_back_loaded($1::int,"
        "   (SELECT array_agg(DISTINCT case_hash) FROM incoming))"
        " RETURNING line) SELECT count(*)::int FROM back",
        &revision, 1, take_number, &count, error);
    load->stored -= count;
    return status;
}

enum gk_status gk_incident_load_settle(struct gk_incident_load *load, struct gk_error *error)
{
    enum gk_status status =
        ask_as_owner(load->store, "SELECT end_first_load()", NULL, 0, NULL, NULL, error);
    return status == GK_OK && load->staged > 0 ? take_back(load, error) : status;
}
