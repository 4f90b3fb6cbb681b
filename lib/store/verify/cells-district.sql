-- A cell may cross a border only because a whole district had too few homes: of
-- its districts, at most one was never too small in any version until then.
WITH total AS (
  SELECT u.version, u.district_id, sum(u.counted) AS counted, sum(u.addresses) AS addresses
  FROM v_unit u GROUP BY 1, 2
), small AS (
  SELECT t.district_id, min(t.version) AS since FROM total t JOIN v_version v USING (version)
  WHERE t.counted < v.k OR t.addresses < v.min_addresses GROUP BY 1
), crossing AS (
  SELECT DISTINCT u.version, u.cell_id, u.district_id
  FROM v_unit u JOIN v_cell c USING (version, cell_id) WHERE c.districts > 1
)
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM v_cell
UNION ALL
SELECT 'failed', format('cell %s of lattice version %s', x.cell_id, x.version), 1
FROM crossing x LEFT JOIN small s ON s.district_id = x.district_id AND s.since <= x.version
GROUP BY x.cell_id, x.version HAVING count(*) FILTER (WHERE s.district_id IS NULL) > 1
UNION ALL
SELECT 'noted', 'cells across districts of the base set', count(DISTINCT (version, cell_id)) FROM crossing
ORDER BY 2 NULLS FIRST
