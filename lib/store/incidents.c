/* Incidents: staged (incident_load.c), compared by SQL, written as one revision.
 * Nothing here has ever seen an exact place. */
#include "store/incidents.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "incident_load.h"
#include "internal.h"

enum { OLD_VERSIONS_MAX_BYTES = 4096 };

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

/* --- Comparing ---------------------------------------------------------------------- */

static enum gk_status take_flag(void *context, struct gk_store_row *row, struct gk_error *error)
{
    (void)error;
    *(bool *)context = gk_store_get_i64(row, 0) != 0;
    return GK_OK;
}

static enum gk_status ask(bool *answer, struct gk_store *store, const char *sql,
                          struct gk_error *error)
{
    *answer = false;
    return gk_store_query(store, sql, NULL, 0, take_flag, answer, error);
}

/* What is stored decides how much there is to compare. */
struct stored {
    bool has_cases;    /* an open row with a case number */
    bool has_plain;    /* a row without one */
    bool has_any;      /* any row */
    bool has_closed;   /* a row that was changed or taken back */
    bool has_old_keys; /* the file's cases may be stored under an older key */
};

static enum gk_status look(struct stored *stored, struct gk_store *store, struct gk_error *error)
{
    enum gk_status status =
        ask(&stored->has_any, store, "SELECT EXISTS (SELECT FROM incident)::int", error);
    if (status == GK_OK)
        status =
            ask(&stored->has_closed, store,
                "SELECT EXISTS (SELECT FROM incident WHERE revision_out IS NOT NULL)::int", error);
    if (status == GK_OK)
        status = ask(&stored->has_cases, store,
                     "SELECT EXISTS (SELECT FROM incident WHERE revision_out IS NULL"
                     " AND case_hash IS NOT NULL)::int",
                     error);
    if (status == GK_OK)
        status = ask(&stored->has_plain, store,
                     "SELECT (EXISTS (SELECT FROM incident WHERE case_hash IS NULL)"
                     " AND EXISTS (SELECT FROM incoming WHERE case_hash IS NULL))::int",
                     error);
    if (status == GK_OK)
        status =
            ask(&stored->has_old_keys, store,
                "SELECT EXISTS (SELECT FROM incoming WHERE old_hashes IS NOT NULL)::int", error);
    return status;
}

/* The tables that comparing fills. `matched` has a row for each line that is
 * stored already: the stored row that it is a version of (none for a row without
 * case number, which is never changed), the cell that the lattice of its first
 * import gives, and whether it says the same. A line that is not there is new; so is one without
 * stored_in, which was taken back and keeps its id (recall.c). Municipalities are compared by code:
 * a district may have got a new row. Of a located incident the municipality follows from the cell
 * and says nothing. */
static enum gk_status prepare(struct gk_store *store, int32_t lattice_version,
                              const struct stored *stored, struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(lattice_version),
                                            gk_store_i64(stored->has_any)};
    enum gk_status status = gk_store_execute(
        store,
        "CREATE TEMPORARY TABLE matched (line bigint, stored_id bigint, stored_in integer,"
        " stored_version integer, cell_id integer, is_same boolean NOT NULL) ON COMMIT DROP;"
        "CREATE TEMPORARY TABLE municipality ON COMMIT DROP AS"
        " SELECT id, code FROM district WHERE set_name = 'kommun'",
        error);
    if (status == GK_OK)
        status = gk_store_query(store,
                                "CREATE TEMPORARY TABLE living ON COMMIT DROP AS"
                                " SELECT cell_id, living_id FROM cells_at($1::int)"
                                "  WHERE $2::bigint > 0",
                                values, 2, NULL, NULL, error);
    return status == GK_OK ? gk_store_execute(store, "ANALYZE incoming; ANALYZE living", error)
                           : status;
}

/* Of several rows of a case in one file the last counts: it alone stays in
 * `incoming`. The others are in `repeated`, each compared with the one before. Of a
 * case that may repeat and does not there is one row, which is neither superseded nor
 * repeated. */
static enum gk_status take_last_of_case(struct gk_store *store, struct gk_error *error)
{
    return gk_store_execute(
        store,
        "CREATE TEMPORARY TABLE repeated ON COMMIT DROP AS"
        " SELECT line, lead(line) OVER w IS NOT NULL AS is_superseded,"
        "   lag(line) OVER w IS NOT NULL AS is_repeated,"
        "   lag((cell_id, municipality_id, from_hour, to_hour, reported, code_id, count))"
        "     OVER w IS NOT DISTINCT FROM"
        "   (cell_id, municipality_id, from_hour, to_hour, reported, code_id, count) AS is_like"
        " FROM incoming JOIN (SELECT DISTINCT case_hash FROM incoming"
        "                      WHERE may_repeat AND case_hash IS NOT NULL) r USING (case_hash)"
        " WINDOW w AS (PARTITION BY case_hash ORDER BY line);"
        "DELETE FROM incoming i USING repeated r WHERE r.line = i.line AND r.is_superseded",
        error);
}

/* Each case of the file beside the stored one, under whichever key. */
static enum gk_status match_cases(struct gk_store *store, int32_t lattice_version,
                                  const char *old_versions, bool has_old_keys,
                                  struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(lattice_version),
                                            gk_store_text(old_versions)};
    enum gk_status status = gk_store_query(
        store,
        "WITH candidate AS NOT MATERIALIZED ("
        "  SELECT i.*, case_hash AS hash FROM incoming i WHERE case_hash IS NOT NULL"
        "  UNION ALL"
        "  SELECT i.*, substring(old_hashes FROM 32 * k + 1 FOR 32) FROM incoming i"
        "   CROSS JOIN LATERAL generate_series(0, octet_length(old_hashes) / 32 - 1) k"
        "   WHERE old_hashes IS NOT NULL),"
        " placed AS ("
        "  SELECT c.line, c.municipality_id, c.from_hour, c.to_hour, c.reported, c.code_id,"
        "    c.count, s.id AS stored_id, s.revision_in, s.lattice_version,"
        "    s.cell_id AS s_cell_id, s.municipality_id AS s_municipality_id,"
        "    s.from_hour AS s_from_hour, s.to_hour AS s_to_hour, s.reported AS s_reported,"
        "    s.code_id AS s_code_id, s.count AS s_count, CASE"
        "     WHEN c.old_cells IS NULL OR s.lattice_version = $1::int OR at.k IS NULL"
        "       THEN c.cell_id"
        "     ELSE nullif(get_byte(c.old_cells, 4 * at.k - 4) << 24"
        "       | get_byte(c.old_cells, 4 * at.k - 3) << 16"
        "       | get_byte(c.old_cells, 4 * at.k - 2) << 8"
        "       | get_byte(c.old_cells, 4 * at.k - 1), 0) END AS cell_id"
        "   FROM candidate c JOIN incident s ON s.case_hash = c.hash"
        "   CROSS JOIN LATERAL"
        "    (SELECT array_position($2::text::integer[], s.lattice_version) AS k) at"
        "  WHERE s.revision_out IS NULL)"
        " INSERT INTO matched"
        " SELECT p.line, stored_id, revision_in, lattice_version, p.cell_id, (p.cell_id,"
        "    CASE WHEN p.cell_id IS NULL THEN pm.code END,"
        "    from_hour, to_hour, reported, code_id, count) IS NOT DISTINCT FROM"
        "   (l.living_id, CASE WHEN s_cell_id IS NULL THEN sm.code END,"
        "    s_from_hour, s_to_hour, s_reported, s_code_id, s_count)"
        "  FROM placed p LEFT JOIN living l ON l.cell_id = s_cell_id"
        "  LEFT JOIN municipality pm ON pm.id = p.municipality_id"
        "  LEFT JOIN municipality sm ON sm.id = s_municipality_id",
        values, 2, NULL, NULL, error);
    /* Stored under two keys: the one that came first. */
    if (status == GK_OK && has_old_keys)
        status = gk_store_execute(store,
                                  "DELETE FROM matched m USING matched o"
                                  " WHERE o.line = m.line AND o.stored_id < m.stored_id",
                                  error);
    return status;
}

/* Rows without case number: the file's and the store's are counted alike. */
static enum gk_status match_plain(struct gk_store *store, struct gk_error *error)
{
    return gk_store_execute(
        store,
        "WITH mine AS ("
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
        "  WHERE revision_out IS NULL AND case_hash IS NULL"
        "  GROUP BY 1, 2, 3, 4, 5, 6, 7)"
        " INSERT INTO matched (line, is_same)"
        " SELECT line, true FROM ("
        "  SELECT line, stored, row_number() OVER (PARTITION BY place, where_code, from_hour,"
        "     to_hour, day, code_id, count ORDER BY line) AS rank"
        "    FROM mine JOIN theirs USING (place, where_code, from_hour, to_hour, day, code_id,"
        "                                 count)) x"
        "  WHERE rank <= stored",
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

static enum gk_status count(struct gk_incident_counts *counts, struct gk_store *store,
                            struct gk_error *error)
{
    return gk_store_query(
        store,
        "SELECT (SELECT count(*) FROM incoming) - m.stored, m.same + r.alike,"
        "       m.stored - m.same + r.unlike"
        "  FROM (SELECT count(*) FILTER (WHERE stored_in IS NOT NULL OR is_same) AS stored,"
        "          count(*) FILTER (WHERE is_same) AS same FROM matched) m,"
        "       (SELECT count(*) FILTER (WHERE is_like) AS alike,"
        "          count(*) FILTER (WHERE NOT is_like) AS unlike"
        "          FROM repeated WHERE is_repeated) r",
        NULL, 0, take_counts, counts, error);
}

static enum gk_status compare(struct gk_incident_load *load, const char *old_versions,
                              struct gk_error *error)
{
    struct gk_store *store = load->store;
    int32_t lattice_version = load->options.lattice_version;
    struct stored stored = {0};
    enum gk_status status =
        load->is_first ? gk_incident_load_settle(load, error) : look(&stored, store, error);
    if (status == GK_OK)
        status = prepare(store, lattice_version, &stored, error);
    if (status == GK_OK)
        status = take_last_of_case(store, error);
    if (status == GK_OK && stored.has_cases)
        status = match_cases(store, lattice_version, old_versions, stored.has_old_keys, error);
    if (status == GK_OK && stored.has_plain)
        status = match_plain(store, error);
    if (status == GK_OK && stored.has_closed)
        status = gk_incidents_recall(store, lattice_version, old_versions, error);
    return status == GK_OK ? gk_store_execute(store, "ANALYZE matched", error) : status;
}

enum gk_status gk_incidents_compare(struct gk_incident_counts *counts,
                                    struct gk_incident_load *load, const int32_t *old_versions,
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
        status = compare(load, list.data, error);
    if (status == GK_OK)
        status = count(counts, load->store, error);
    counts->added += load->stored;
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
static enum gk_status insert_revision(struct inserted *inserted,
                                      const struct gk_incident_load *load,
                                      const struct gk_revision *revision, struct gk_error *error)
{
    const struct gk_store_value values[] = {
        load->is_first ? gk_store_i64(load->revision) : gk_store_i64(load->options.lattice_version),
        gk_store_bytes(revision->file_sha256, 32),
        gk_store_i64(revision->read),
        gk_store_i64(revision->counts.added),
        gk_store_i64(revision->counts.duplicate),
        gk_store_i64(revision->counts.changed),
        gk_store_i64(revision->unlocated),
        gk_store_i64(revision->rejected),
        gk_store_i64(revision->data_through)};
    return gk_store_query(
        load->store,
        load->is_first
            ? "UPDATE revision SET file_sha256 = $2::bytea, rows_read = $3::bigint,"
              "  rows_new = $4::bigint, rows_duplicate = $5::bigint, rows_changed = $6::bigint,"
              "  rows_unlocated = $7::bigint, rows_rejected = $8::bigint,"
              "  file_through = DATE '1970-01-01' + $9::int,"
              "  data_through = greatest(DATE '1970-01-01' + $9::int, standing_data_through())"
              "  WHERE id = $1::int RETURNING id, data_through"
            : "INSERT INTO revision (id, kind, lattice_version, file_sha256, rows_read, rows_new,"
              "  rows_duplicate, rows_changed, rows_unlocated, rows_rejected, file_through,"
              "  data_through)"
              " SELECT coalesce(max(id), 0) + 1, 'import', $1::int, $2::bytea, $3::bigint,"
              "  $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint,"
              "  DATE '1970-01-01' + $9::int,"
              "  greatest(DATE '1970-01-01' + $9::int, standing_data_through())"
              "  FROM revision RETURNING id, data_through",
        values, 9, take_inserted, inserted, error);
}

/* What was staged: all that is new, or all but what a first load stored already. */
static enum gk_status insert_staged(const struct gk_incident_load *load, int32_t revision,
                                    struct gk_error *error)
{
    const struct gk_store_value values[] = {
        gk_store_i64(revision), gk_store_i64(load->options.lattice_version),
        load->uses_key ? gk_store_i64(load->options.case_key_id) : gk_store_null()};
    enum gk_status status = gk_store_query(
        load->store,
        "UPDATE incident s SET revision_out = $1::int FROM matched m"
        " WHERE s.id = m.stored_id AND s.revision_in = m.stored_in AND NOT m.is_same",
        values, 1, NULL, NULL, error);
    if (status != GK_OK)
        return status;
    return gk_store_query(
        load->store,
        "INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version,"
        "  from_hour, to_hour, reported, code_id, count, case_hash, case_key_id)"
        " SELECT coalesce(m.stored_id, nextval('incident_id')), $1::int,"
        "  CASE WHEN m.line IS NULL THEN i.cell_id ELSE m.cell_id END, i.municipality_id,"
        "  coalesce(m.stored_version, $2::int), i.from_hour, i.to_hour, i.reported, i.code_id,"
        "  i.count, i.case_hash, CASE WHEN i.case_hash IS NOT NULL THEN $3::int END"
        "   FROM incoming i LEFT JOIN matched m USING (line) WHERE m.is_same IS NOT TRUE"
        "  ORDER BY i.case_hash",
        values, 3, NULL, NULL, error);
}

enum gk_status gk_incidents_write(int32_t *id, struct gk_incident_load *load,
                                  struct gk_revision *revision, struct gk_error *error)
{
    struct inserted inserted = {0};
    enum gk_status status = insert_revision(&inserted, load, revision, error);
    *id = inserted.id;
    revision->data_through = inserted.data_through;
    bool has_staged = !load->is_first || load->staged > 0;
    if (status == GK_OK && has_staged && revision->counts.added + revision->counts.changed > 0)
        status = insert_staged(load, *id, error);
    return status;
}
