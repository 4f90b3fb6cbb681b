/* Incidents that a revert took out and that a file brings again: they get back
 * their number and stay with the lattice of their first import. Else a case could
 * be located twice, by two lattices, and the two cells together would say more of
 * its place than one. */
#include "internal.h"

/* Cases are known by their hash, under whichever key. */
static enum gk_status recall_cases(struct gk_store *store, const struct gk_store_value *values,
                                   struct gk_error *error)
{
    return gk_store_query(
        store,
        "INSERT INTO matched (line, stored_id, stored_version, cell_id, is_same)"
        " WITH candidate AS NOT MATERIALIZED ("
        "  SELECT i.*, case_hash AS hash FROM incoming i WHERE case_hash IS NOT NULL"
        "  UNION ALL"
        "  SELECT i.*, substring(old_hashes FROM 32 * k + 1 FOR 32) FROM incoming i"
        "   CROSS JOIN LATERAL generate_series(0, octet_length(old_hashes) / 32 - 1) k"
        "   WHERE old_hashes IS NOT NULL)"
        " SELECT DISTINCT ON (c.line) c.line, s.id, s.lattice_version, CASE"
        "   WHEN c.old_cells IS NULL OR s.lattice_version = $1::int OR at.k IS NULL THEN c.cell_id"
        "   ELSE nullif(get_byte(c.old_cells, 4 * at.k - 4) << 24"
        "     | get_byte(c.old_cells, 4 * at.k - 3) << 16"
        "     | get_byte(c.old_cells, 4 * at.k - 2) << 8"
        "     | get_byte(c.old_cells, 4 * at.k - 1), 0) END AS cell_id, false"
        "  FROM candidate c"
        "  JOIN incident s ON s.case_hash = c.hash AND s.revision_out IS NOT NULL"
        "  CROSS JOIN LATERAL"
        "   (SELECT array_position($2::text::integer[], s.lattice_version) AS k) at"
        " WHERE NOT EXISTS (SELECT FROM matched m WHERE m.line = c.line) AND NOT EXISTS"
        "   (SELECT FROM incident o WHERE o.id = s.id AND o.revision_out IS NULL)"
        " ORDER BY c.line, s.revision_in DESC",
        values, 2, NULL, NULL, error);
}

/* Rows without case number are known by what is stored of them, at the place that
 * the lattice of the stored one gives; as many as there were. */
static enum gk_status recall_plain(struct gk_store *store, const struct gk_store_value *values,
                                   struct gk_error *error)
{
    return gk_store_query(
        store,
        "INSERT INTO matched (line, stored_id, stored_version, cell_id, is_same)"
        " WITH plain AS NOT MATERIALIZED ("
        "  SELECT i.*, coalesce(i.reported, DATE '-infinity') AS day FROM incoming i"
        "   WHERE case_hash IS NULL AND NOT EXISTS (SELECT FROM matched m WHERE m.line = i.line)),"
        " gone AS MATERIALIZED ("
        "  SELECT s.id, s.lattice_version AS version, coalesce(l.living_id, 0) AS place,"
        "    CASE WHEN s.cell_id IS NULL THEN coalesce(m.code, '') ELSE '' END AS where_code,"
        "    s.from_hour, s.to_hour, coalesce(s.reported, DATE '-infinity') AS day, s.code_id,"
        "    s.count"
        "   FROM incident s LEFT JOIN living l ON l.cell_id = s.cell_id"
        "   LEFT JOIN municipality m ON m.id = s.municipality_id"
        "  WHERE s.revision_out IS NOT NULL AND s.case_hash IS NULL"
        "    AND EXISTS (SELECT FROM plain)"
        "    AND NOT EXISTS (SELECT FROM incident o WHERE o.id = s.id"
        "      AND (o.revision_out IS NULL OR o.revision_in > s.revision_in))),"
        " mine AS ("
        "  SELECT p.line, v.version, coalesce(CASE"
        "     WHEN p.old_cells IS NULL OR v.version = $1::int OR at.k IS NULL THEN p.cell_id"
        "     ELSE nullif(get_byte(p.old_cells, 4 * at.k - 4) << 24"
        "       | get_byte(p.old_cells, 4 * at.k - 3) << 16"
        "       | get_byte(p.old_cells, 4 * at.k - 2) << 8"
        "       | get_byte(p.old_cells, 4 * at.k - 1), 0) END, 0) AS place, m.code,"
        "    p.from_hour, p.to_hour, p.day, p.code_id, p.count"
        "   FROM (SELECT DISTINCT version FROM gone) v"
        "   CROSS JOIN LATERAL"
        "    (SELECT array_position($2::text::integer[], v.version) AS k) at"
        "   CROSS JOIN plain p LEFT JOIN municipality m ON m.id = p.municipality_id),"
        " ranked AS ("
        "  SELECT *, row_number() OVER (PARTITION BY version, place, where_code, from_hour,"
        "    to_hour, day, code_id, count ORDER BY line) AS rank"
        "   FROM (SELECT *, CASE WHEN place = 0 THEN coalesce(code, '') ELSE '' END AS where_code"
        "          FROM mine) x),"
        " gone_ranked AS ("
        "  SELECT *, row_number() OVER (PARTITION BY version, place, where_code, from_hour,"
        "    to_hour, day, code_id, count ORDER BY id) AS rank FROM gone)"
        " SELECT DISTINCT ON (line) line, id, version, nullif(place, 0), false"
        "  FROM ranked JOIN gone_ranked"
        "   USING (version, place, where_code, from_hour, to_hour, day, code_id, count, rank)"
        " ORDER BY line, version",
        values, 2, NULL, NULL, error);
}

enum gk_status gk_incidents_recall(struct gk_store *store, int32_t lattice_version,
                                   const char *old_versions, struct gk_error *error)
{
    const struct gk_store_value values[] = {gk_store_i64(lattice_version),
                                            gk_store_text(old_versions)};
    enum gk_status status = recall_cases(store, values, error);
    if (status == GK_OK)
        status = recall_plain(store, values, error);
    return status;
}
