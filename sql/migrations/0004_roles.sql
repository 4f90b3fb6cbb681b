-- Who may do what. Roles are made by deploy/setup-database; here are the grants,
-- least first. Nothing is granted to PUBLIC.

GRANT USAGE ON SCHEMA grannkarta TO grannkarta_reader, grannkarta_importer;

-- --- Reader: what the daemon's snapshots are made of -------------------------------

GRANT SELECT ON
  offence_code, definition, definition_code,
  district_set, district, dwelling_source, dwelling,
  lattice, cell, unit, lattice_cell, district_cell, district_summary,
  watch_area, watch_boundary, watch_cover, watch_summary,
  release, release_cell_month, release_municipality_month, release_municipality_kind,
  release_district, release_watch_area,
  token, state, migration
TO grannkarta_reader;
GRANT SELECT (id, kind, created_at, lattice_version, reverts, data_through,
              rows_read, rows_new, rows_duplicate, rows_changed, rows_unlocated, rows_rejected)
ON revision TO grannkarta_reader;
-- Not the hash of the case number, nor its key: the daemon needs neither, and
-- whoever takes the daemon over could match guessed numbers with a stolen key.
GRANT SELECT (id, revision_in, revision_out, cell_id, municipality_id, lattice_version,
              from_hour, to_hour, reported, code_id, count)
ON incident TO grannkarta_reader;
GRANT EXECUTE ON FUNCTION cells_at(integer), cell_at(integer, integer), counted(integer, integer, integer, text[]),
  event_month(timestamp, timestamp) TO grannkarta_reader;

-- --- Importer: the commands that change data --------------------------------------

GRANT SELECT ON ALL TABLES IN SCHEMA grannkarta TO grannkarta_importer;
REVOKE ALL ON token FROM grannkarta_importer;
GRANT INSERT, UPDATE, DELETE ON
  district_set, district, dwelling_source, dwelling, watch_area, watch_boundary
TO grannkarta_importer;
GRANT INSERT ON lattice, cell, unit, lattice_cell, case_key, revision, incident TO grannkarta_importer;
GRANT UPDATE (merged_into, merged_version) ON cell TO grannkarta_importer;
GRANT UPDATE (rows_read, rows_new, rows_duplicate, rows_changed, rows_unlocated, rows_rejected, data_through)
ON revision TO grannkarta_importer;
-- A changed or reverted incident is closed; its contents are never rewritten,
-- except that a revert of a revert may open it again.
GRANT UPDATE (revision_out) ON incident TO grannkarta_importer;
GRANT INSERT, DELETE ON district_cell, district_summary, watch_cover, watch_summary TO grannkarta_importer;
GRANT INSERT ON
  release, release_cell_month, release_municipality_month, release_municipality_kind,
  release_district, release_watch_area
TO grannkarta_importer;
GRANT UPDATE (withdrawn_at) ON release TO grannkarta_importer;
GRANT UPDATE ON state TO grannkarta_importer;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA grannkarta TO grannkarta_importer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA grannkarta TO grannkarta_importer;

-- Tokens and migrations are the owner's own.
