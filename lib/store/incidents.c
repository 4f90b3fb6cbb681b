/* Incidents: staged by COPY, compared by SQL, written as one revision. Nothing
 * here has ever seen an exact place. */
#include "store/incidents.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "internal.h"

enum { OLD_VERSIONS_MAX_BYTES = 4096, OLD_CELLS_MAX = 256 };

/* --- What an import needs to know ----------------------------------------------- */

struct each_code {
    gk_code_function *function;
    void *context;
};

static enum gk_status take_code(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct each_code *each = context;
    int16_t id = (int16_t)gk_store_get_i64(row, 0);
    return each->function(each->context, id, gk_store_get_text(row, 1), error);
}

enum gk_status gk_offence_codes_each(struct gk_store *store, gk_code_function *function,
                                     void *context, struct gk_error *error)
{
    struct each_code each = {function, context};
    return gk_store_query(store, "SELECT id, code FROM offence_code ORDER BY id", NULL, 0,
                          take_code, &each, error);
}

struct each_key {
    gk_case_key_function *function;
    void *context;
};

static enum gk_status take_key(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct each_key *each = context;
    int32_t id = (int32_t)gk_store_get_i64(row, 0);
    size_t length;
    const unsigned char *fingerprint = gk_store_get_bytes(row, 1, &length);
    if (length != 8)
        return gk_error_set(error, GK_INTERNAL, "the fingerprint of key %d has %zu bytes", id,
                            length);
    return each->function(each->context, id, fingerprint, error);
}

enum gk_status gk_case_keys_each(struct gk_store *store, gk_case_key_function *function,
                                 void *context, struct gk_error *error)
{
    struct each_key each = {function, context};
    return gk_store_query(store, "SELECT id, fingerprint FROM case_key ORDER BY id", NULL, 0,
                          take_key, &each, error);
}

enum gk_status gk_case_key_insert(struct gk_store *store, int32_t id,
                                  const unsigned char fingerprint[8], struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(id), gk_store_bytes(fingerprint, 8)};
    return gk_store_query(store,
                          "INSERT INTO case_key (id, fingerprint) VALUES ($1::int, $2::bytea)"
                          " ON CONFLICT (id) DO NOTHING",
                          values, 2, NULL, NULL, error);
}

struct each_version {
    gk_version_function *function;
    void *context;
};

static enum gk_status take_version(void *context, struct gk_store_row *row, struct gk_error *error)
{
    const struct each_version *each = context;
    return each->function(each->context, (int32_t)gk_store_get_i64(row, 0), error);
}

enum gk_status gk_revision_lattices_each(struct gk_store *store, gk_version_function *function,
                                         void *context, struct gk_error *error)
{
    struct each_version each = {function, context};
    return gk_store_query(store,
                          "SELECT DISTINCT lattice_version FROM revision"
                          " WHERE lattice_version <> (SELECT max(version) FROM lattice) ORDER BY 1",
                          NULL, 0, take_version, &each, error);
}

/* --- Staging ----------------------------------------------------------------------- */

enum gk_status gk_incidents_stage(struct gk_copy **copy, struct gk_store *store,
                                  struct gk_error *error)
{
    enum gk_status status = gk_store_execute(
        store,
        "CREATE TEMPORARY TABLE incoming (line bigint, cell_id integer, municipality_id integer,"
        " from_hour timestamp, to_hour timestamp, reported date, code_id smallint, count integer,"
        " case_hash bytea, old_hashes bytea, old_cells bytea) ON COMMIT DROP",
        error);
    if (status != GK_OK)
        return status;
    return gk_copy_begin(copy, store,
                         "COPY incoming (line, cell_id, municipality_id, from_hour, to_hour,"
                         " reported, code_id, count, case_hash, old_hashes, old_cells)"
                         " FROM STDIN (FORMAT binary)",
                         11, error);
}

static void copy_id(struct gk_copy *copy, int32_t id)
{
    if (id > 0)
        gk_copy_i32(copy, id);
    else
        gk_copy_null(copy);
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

void gk_copy_incident(struct gk_copy *copy, const struct gk_incident *incident)
{
    gk_copy_row(copy);
    gk_copy_i64(copy, incident->line);
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
    if (incident->hash == NULL || incident->old_hash_count == 0)
        gk_copy_null(copy);
    else
        gk_copy_bytes(copy, incident->old_hashes, 32 * incident->old_hash_count);
    if (incident->old_cells == NULL || incident->old_cell_count > OLD_CELLS_MAX)
        gk_copy_null(copy);
    else
        copy_cells(copy, incident->old_cells, incident->old_cell_count);
}

/* --- Comparing ---------------------------------------------------------------------- */

/* Municipalities are compared by code: a district may have got a new row. Of a
 * located incident the municipality follows from the cell and says nothing. */
static enum gk_status prepare(struct gk_store *store, int32_t lattice_version,
                              struct gk_error *error)
{
    const struct gk_store_value version = gk_store_i64(lattice_version);
    enum gk_status status =
        gk_store_execute(store,
                         "CREATE TEMPORARY TABLE municipality ON COMMIT DROP AS"
                         " SELECT id, code FROM district WHERE set_name = 'kommun'",
                         error);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "CREATE TEMPORARY TABLE living ON COMMIT DROP AS"
                                " SELECT cell_id, living_id FROM cells_at($1::int)",
                                &version, 1, NULL, NULL, error);
    if (status == GK_OK)
        status = gk_store_execute(
            store,
            "CREATE TEMPORARY TABLE incoming_case ON COMMIT DROP AS"
            " SELECT i.*, lead(line) OVER w IS NULL AS is_last,"
            "   lag(line) OVER w IS NOT NULL AS is_repeated,"
            "   lag((cell_id, municipality_id, from_hour, to_hour, reported, code_id, count))"
            "     OVER w IS NOT DISTINCT FROM"
            "   (cell_id, municipality_id, from_hour, to_hour, reported, code_id, count) AS is_like"
            " FROM incoming i WHERE case_hash IS NOT NULL"
            " WINDOW w AS (PARTITION BY case_hash ORDER BY line);"
            "ANALYZE living; ANALYZE incoming_case",
            error);
    return status;
}

/* Each case of the file beside the stored one, under whichever key, with the
 * cell that the lattice of the stored one's first import gives. */
static enum gk_status match_cases(struct gk_store *store, int32_t lattice_version,
                                  const char *old_versions, struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(lattice_version),
                                            gk_store_text(old_versions)};
    enum gk_status status = gk_store_execute(
        store,
        "CREATE TEMPORARY TABLE candidate ON COMMIT DROP AS"
        " SELECT line, case_hash AS hash FROM incoming_case WHERE is_last"
        " UNION ALL"
        " SELECT line, substring(old_hashes FROM 32 * k + 1 FOR 32) FROM incoming_case"
        "   CROSS JOIN LATERAL generate_series(0, octet_length(old_hashes) / 32 - 1) k"
        "  WHERE is_last AND old_hashes IS NOT NULL;"
        "ANALYZE candidate",
        error);
    if (status == GK_OK)
        status = gk_store_query(
            store,
            "CREATE TEMPORARY TABLE matched ON COMMIT DROP AS"
            " WITH stored AS ("
            "  SELECT DISTINCT ON (c.line) c.line, s.*"
            "    FROM candidate c JOIN incident s ON s.case_hash = c.hash"
            "   WHERE s.revision_out IS NULL ORDER BY c.line, s.id),"
            " placed AS ("
            "  SELECT i.line, i.municipality_id, i.from_hour, i.to_hour, i.reported, i.code_id,"
            "    i.count, i.case_hash, s.id AS stored_id, s.revision_in AS stored_in,"
            "    s.lattice_version AS stored_version, CASE"
            "     WHEN i.old_cells IS NULL OR s.lattice_version = $1::int OR at.k IS NULL"
            "       THEN i.cell_id"
            "     ELSE nullif(get_byte(i.old_cells, 4 * at.k - 4) << 24"
            "       | get_byte(i.old_cells, 4 * at.k - 3) << 16"
            "       | get_byte(i.old_cells, 4 * at.k - 2) << 8"
            "       | get_byte(i.old_cells, 4 * at.k - 1), 0) END AS cell_id"
            "   FROM incoming_case i LEFT JOIN stored s USING (line)"
            "   CROSS JOIN LATERAL"
            "    (SELECT array_position($2::text::integer[], s.lattice_version) AS k) at"
            "  WHERE i.is_last)"
            " SELECT p.*, stored_id IS NOT NULL AND (p.cell_id,"
            "    CASE WHEN p.cell_id IS NULL THEN pm.code END,"
            "    p.from_hour, p.to_hour, p.reported, p.code_id, p.count) IS NOT DISTINCT FROM"
            "   (l.living_id, CASE WHEN s.cell_id IS NULL THEN sm.code END,"
            "    s.from_hour, s.to_hour, s.reported, s.code_id, s.count) AS is_same"
            "  FROM placed p"
            "  LEFT JOIN stored s USING (line) LEFT JOIN living l ON l.cell_id = s.cell_id"
            "  LEFT JOIN municipality pm ON pm.id = p.municipality_id"
            "  LEFT JOIN municipality sm ON sm.id = s.municipality_id",
            values, 2, NULL, NULL, error);
    return status;
}

/* Rows without case number: the file's and the store's are counted alike. */
static enum gk_status match_plain(struct gk_store *store, struct gk_error *error)
{
    return gk_store_execute(
        store,
        "CREATE TEMPORARY TABLE plain ON COMMIT DROP AS"
        " WITH mine AS ("
        "  SELECT i.*, coalesce(cell_id, 0) AS place,"
        "    CASE WHEN cell_id IS NULL THEN coalesce(m.code, '') ELSE '' END AS where_code,"
        "    coalesce(reported, DATE '-infinity') AS day"
        "   FROM incoming i LEFT JOIN municipality m ON m.id = i.municipality_id"
        "   WHERE case_hash IS NULL),"
        " theirs AS ("
        "  SELECT coalesce(l.living_id, 0) AS place,"
        "    CASE WHEN s.cell_id IS NULL THEN coalesce(m.code, '') ELSE '' END AS where_code,"
        "    from_hour, to_hour, coalesce(reported, DATE '-infinity') AS day, code_id, s.count,"
        "    count(*) AS stored"
        "   FROM incident s LEFT JOIN living l ON l.cell_id = s.cell_id"
        "   LEFT JOIN municipality m ON m.id = s.municipality_id"
        "  WHERE revision_out IS NULL AND case_hash IS NULL AND EXISTS (SELECT FROM mine)"
        "  GROUP BY 1, 2, 3, 4, 5, 6, 7)"
        " SELECT mine.*, row_number() OVER (PARTITION BY place, where_code, from_hour, to_hour, "
        "day,"
        "    code_id, count ORDER BY line) <= coalesce(stored, 0) AS is_same"
        "  FROM mine LEFT JOIN theirs USING (place, where_code, from_hour, to_hour, day, code_id,"
        "                                    count)",
        error);
}

static enum gk_status take_counts(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    struct gk_incident_counts *counts = context;
    counts->added = gk_store_get_i64(row, 0);
    counts->duplicate = gk_store_get_i64(row, 1);
    counts->changed = gk_store_get_i64(row, 2);
    return GK_OK;
}

enum gk_status gk_incidents_compare(struct gk_incident_counts *counts, struct gk_store *store,
                                    int32_t lattice_version, const int32_t *old_versions,
                                    size_t old_version_count, struct gk_error *error)
{
    struct gk_buf list;
    gk_buf_init(&list, OLD_VERSIONS_MAX_BYTES);
    gk_buf_puts(&list, "{");
    for (size_t i = 0; i < old_version_count; i++)
        gk_buf_printf(&list, "%s%d", i > 0 ? "," : "", old_versions[i]);
    gk_buf_puts(&list, "}");
    enum gk_status status = gk_buf_status(&list);
    if (status != GK_OK)
        gk_error_set(error, status, "compare incidents: too many lattice versions");
    if (status == GK_OK)
        status = prepare(store, lattice_version, error);
    if (status == GK_OK)
        status = match_cases(store, lattice_version, list.data, error);
    if (status == GK_OK)
        status = match_plain(store, error);
    if (status == GK_OK)
        status = gk_incidents_recall(store, lattice_version, list.data, error);
    if (status == GK_OK)
        status = gk_store_query(
            store,
            "SELECT (SELECT count(*) FROM matched WHERE stored_id IS NULL)"
            "         + (SELECT count(*) FROM plain WHERE NOT is_same),"
            "       (SELECT count(*) FROM matched WHERE is_same)"
            "         + (SELECT count(*) FROM incoming_case WHERE is_repeated AND is_like)"
            "         + (SELECT count(*) FROM plain WHERE is_same),"
            "       (SELECT count(*) FROM matched WHERE stored_id IS NOT NULL AND NOT is_same)"
            "         + (SELECT count(*) FROM incoming_case WHERE is_repeated AND NOT is_like)",
            NULL, 0, take_counts, counts, error);
    gk_buf_release(&list);
    return status;
}

/* --- Writing -------------------------------------------------------------------------- */

struct inserted {
    int32_t id;
    int32_t data_through;
};

static enum gk_status take_inserted(void *context, struct gk_store_row *row, struct gk_error *error)
{
    struct inserted *inserted = context;
    (void)error;
    inserted->id = (int32_t)gk_store_get_i64(row, 0);
    inserted->data_through = gk_store_get_day(row, 1);
    return GK_OK;
}

/* The store is complete through the latest day that any standing import was: a
 * file of older rows takes nothing back. */
static enum gk_status insert_revision(struct inserted *inserted, struct gk_store *store,
                                      const struct gk_revision *revision, struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(revision->lattice_version),
                                            gk_store_bytes(revision->file_sha256, 32),
                                            gk_store_i64(revision->read),
                                            gk_store_i64(revision->counts.added),
                                            gk_store_i64(revision->counts.duplicate),
                                            gk_store_i64(revision->counts.changed),
                                            gk_store_i64(revision->unlocated),
                                            gk_store_i64(revision->rejected),
                                            gk_store_i64(revision->data_through)};
    return gk_store_query(
        store,
        "INSERT INTO revision (id, kind, lattice_version, file_sha256, rows_read, rows_new,"
        "  rows_duplicate, rows_changed, rows_unlocated, rows_rejected, file_through,"
        "  data_through)"
        " SELECT coalesce(max(id), 0) + 1, 'import', $1::int, $2::bytea, $3::bigint, $4::bigint,"
        "  $5::bigint, $6::bigint, $7::bigint, $8::bigint, DATE '1970-01-01' + $9::int,"
        "  greatest(DATE '1970-01-01' + $9::int, standing_data_through())"
        "  FROM revision RETURNING id, data_through",
        values, 9, take_inserted, inserted, error);
}

enum gk_status gk_incidents_write(int32_t *id, struct gk_store *store, struct gk_revision *revision,
                                  struct gk_error *error)
{
    struct inserted inserted = {0};
    enum gk_status status = insert_revision(&inserted, store, revision, error);
    *id = inserted.id;
    revision->data_through = inserted.data_through;
    const struct gk_store_value values[] = {
        gk_store_i64(*id), gk_store_i64(revision->lattice_version),
        revision->case_key_id > 0 ? gk_store_i64(revision->case_key_id) : gk_store_null()};
    if (status == GK_OK)
        status = gk_store_query(store,
                                "UPDATE incident s SET revision_out = $1::int FROM matched m"
                                " WHERE s.id = m.stored_id AND s.revision_in = m.stored_in"
                                "   AND NOT m.is_same",
                                values, 1, NULL, NULL, error);
    if (status == GK_OK)
        status = gk_store_query(
            store,
            "INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version,"
            "  from_hour, to_hour, reported, code_id, count, case_hash, case_key_id)"
            " SELECT coalesce(stored_id, r.id, nextval('incident_id')), $1::int,"
            "  CASE WHEN r.id IS NULL THEN m.cell_id ELSE r.cell_id END, municipality_id,"
            "  coalesce(stored_version, r.version, $2::int), from_hour, to_hour, reported, code_id,"
            "  count, case_hash, $3::int"
            "   FROM matched m LEFT JOIN returned r USING (line) WHERE NOT is_same",
            values, 3, NULL, NULL, error);
    if (status == GK_OK)
        status = gk_store_query(
            store,
            "INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version,"
            "  from_hour, to_hour, reported, code_id, count)"
            " SELECT coalesce(r.id, nextval('incident_id')), $1::int,"
            "  CASE WHEN r.id IS NULL THEN p.cell_id ELSE r.cell_id END, municipality_id,"
            "  coalesce(r.version, $2::int), from_hour, to_hour, reported, code_id, count"
            "   FROM plain p LEFT JOIN returned r USING (line) WHERE NOT is_same",
            values, 2, NULL, NULL, error);
    return status;
}
