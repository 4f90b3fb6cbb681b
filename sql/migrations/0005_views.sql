-- Direct SQL for people and programs that are not the daemon.
--
-- grannkarta_public: what the newest standing release says, and nothing else; it
-- is as public as the release. grannkarta_analyst: stored incidents of the newest
-- revision, pseudonymous, for analysts only. Two roles, two schemas, no way from
-- one to the other. Views run with their owner's rights, so that neither role
-- needs any on schema grannkarta.

CREATE SCHEMA grannkarta_public;
CREATE SCHEMA grannkarta_analyst;
REVOKE ALL ON SCHEMA grannkarta_public, grannkarta_analyst FROM PUBLIC;
GRANT USAGE ON SCHEMA grannkarta_public TO grannkarta_public_views;
GRANT USAGE ON SCHEMA grannkarta_analyst TO grannkarta_analyst_views;

-- --- Public -----------------------------------------------------------------------

CREATE VIEW grannkarta_public.release WITH (security_barrier) AS
SELECT r.id, r.created_at, r.definition, d.title_sv AS definition_sv, d.title_en AS definition_en,
       r.first_month, r.through_month
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.definition d ON d.name = r.definition;
COMMENT ON VIEW grannkarta_public.release IS 'The newest release; what every other view here is of';

CREATE VIEW grannkarta_public.cell WITH (security_barrier) AS
SELECT lc.cell_id AS id,
       CASE WHEN 'villa' = ANY (l.classes) THEN lc.villa ELSE 0 END
       + CASE WHEN 'flat' = ANY (l.classes) THEN lc.flat ELSE 0 END
       + CASE WHEN 'holiday' = ANY (l.classes) THEN lc.holiday ELSE 0 END AS dwellings,
       ds.year AS dwellings_year, lc.outline
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.lattice l ON l.version = r.lattice_version
JOIN grannkarta.dwelling_source ds ON ds.id = l.source_id
JOIN grannkarta.lattice_cell lc ON lc.version = l.version;

CREATE VIEW grannkarta_public.cell_month WITH (security_barrier) AS
SELECT m.cell_id, m.month, m.count
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_cell_month m ON m.release_id = r.id;
COMMENT ON VIEW grannkarta_public.cell_month IS 'Months without a row have count 0, from first_month through through_month of the release';

CREATE VIEW grannkarta_public.district WITH (security_barrier) AS
SELECT d.set_name, d.code, d.name, d.inhabitants, d.inhabitants_year, ds.misplaced_share, d.outline
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_district rd ON rd.release_id = r.id
JOIN grannkarta.district d ON d.id = rd.district_id
JOIN grannkarta.district_summary ds ON ds.version = r.lattice_version AND ds.district_id = d.id;

CREATE VIEW grannkarta_public.district_cell WITH (security_barrier) AS
SELECT d.set_name, d.code, dc.cell_id
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_district rd ON rd.release_id = r.id
JOIN grannkarta.district d ON d.id = rd.district_id
JOIN grannkarta.district_cell dc ON dc.version = r.lattice_version AND dc.district_id = d.id;

CREATE VIEW grannkarta_public.district_month WITH (security_barrier) AS
SELECT d.set_name, d.code, m.month, sum(m.count)::integer AS count
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_district rd ON rd.release_id = r.id
JOIN grannkarta.district d ON d.id = rd.district_id
JOIN grannkarta.district_cell dc ON dc.version = r.lattice_version AND dc.district_id = d.id
JOIN grannkarta.release_cell_month m ON m.release_id = r.id AND m.cell_id = dc.cell_id
GROUP BY d.set_name, d.code, m.month;
COMMENT ON VIEW grannkarta_public.district_month IS 'Sums of whole cells; incidents without a place are only in municipality_month';

CREATE VIEW grannkarta_public.municipality_month WITH (security_barrier) AS
SELECT d.code, m.month, m.count, m.completed, m.attempted, m.unlocated
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_municipality_month m ON m.release_id = r.id
JOIN grannkarta.district d ON d.id = m.district_id;

CREATE VIEW grannkarta_public.municipality_kind WITH (security_barrier) AS
SELECT d.code, k.year, k.kind, k.count
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_municipality_kind k ON k.release_id = r.id
JOIN grannkarta.district d ON d.id = k.district_id;

CREATE VIEW grannkarta_public.watch_area WITH (security_barrier) AS
SELECT w.slug, w.name, w.started, ws.households, ws.cover_dwellings, b.outline
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_watch_area w ON w.release_id = r.id
JOIN grannkarta.watch_boundary b ON b.id = w.boundary_id
JOIN grannkarta.watch_summary ws ON ws.version = r.lattice_version AND ws.boundary_id = b.id;

CREATE VIEW grannkarta_public.watch_cover WITH (security_barrier) AS
SELECT w.slug, c.cell_id
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_watch_area w ON w.release_id = r.id
JOIN grannkarta.watch_cover c ON c.version = r.lattice_version AND c.boundary_id = w.boundary_id;

GRANT SELECT ON ALL TABLES IN SCHEMA grannkarta_public TO grannkarta_public_views;

-- --- Analysts -----------------------------------------------------------------------

CREATE VIEW grannkarta_analyst.revision WITH (security_barrier) AS
SELECT id, kind, created_at, lattice_version, reverts, data_through,
       rows_read, rows_new, rows_duplicate, rows_changed, rows_unlocated, rows_rejected
FROM grannkarta.revision;

-- Cells of the newest lattice, with dwellings by class.
CREATE VIEW grannkarta_analyst.cell WITH (security_barrier) AS
SELECT lc.cell_id AS id, lc.villa, lc.flat, lc.holiday, lc.addresses, ds.year AS dwellings_year, lc.outline
FROM (SELECT * FROM grannkarta.lattice ORDER BY version DESC LIMIT 1) l
JOIN grannkarta.dwelling_source ds ON ds.id = l.source_id
JOIN grannkarta.lattice_cell lc ON lc.version = l.version;

-- Incidents of the newest revision; cell_id is the living cell, NULL: unlocated.
-- The municipality of a located one is where its place was.
CREATE VIEW grannkarta_analyst.incident WITH (security_barrier) AS
WITH RECURSIVE living (cell_id, living_id) AS (
  SELECT id, id FROM grannkarta.cell WHERE merged_into IS NULL
  UNION ALL
  SELECT c.id, l.living_id FROM grannkarta.cell c JOIN living l ON c.merged_into = l.cell_id
)
SELECT i.id, l.living_id AS cell_id, m.code AS municipality, i.from_hour, i.to_hour, i.reported,
       o.code, o.kind, o.is_attempt, i.count
FROM grannkarta.incident i
JOIN grannkarta.offence_code o ON o.id = i.code_id
LEFT JOIN living l ON l.cell_id = i.cell_id
LEFT JOIN grannkarta.district m ON m.id = i.municipality_id
WHERE i.revision_out IS NULL;
COMMENT ON VIEW grannkarta_analyst.incident IS 'Pseudonymous, not anonymous: personal data';

CREATE VIEW grannkarta_analyst.offence_code WITH (security_barrier) AS
SELECT code, kind, is_attempt, valid_from, valid_to, name_sv, name_en FROM grannkarta.offence_code;

CREATE VIEW grannkarta_analyst.definition_code WITH (security_barrier) AS
SELECT dc.definition, o.code
FROM grannkarta.definition_code dc JOIN grannkarta.offence_code o ON o.id = dc.code_id;

CREATE VIEW grannkarta_analyst.district WITH (security_barrier) AS
SELECT id, set_name, code, name, valid_from, valid_to, inhabitants, inhabitants_year, outline FROM grannkarta.district;

CREATE VIEW grannkarta_analyst.district_cell WITH (security_barrier) AS
SELECT dc.district_id, dc.cell_id
FROM grannkarta.district_cell dc
WHERE dc.version = (SELECT max(version) FROM grannkarta.lattice);

CREATE VIEW grannkarta_analyst.watch_area WITH (security_barrier) AS
SELECT w.slug, w.name, w.started, w.ended, w.is_approved, b.valid_from, b.outline
FROM grannkarta.watch_area w JOIN grannkarta.watch_boundary b ON b.watch_area_id = w.id;

GRANT SELECT ON ALL TABLES IN SCHEMA grannkarta_analyst TO grannkarta_analyst_views;
