-- The outline has the area of as many squares as it covers of the cell's own,
-- and covers every one with a home: so it is their union, and never a pin.
WITH square AS (
  SELECT u.version, u.cell_id, u.e, u.n, sum(u.villa + u.flat + u.holiday) > 0 AS has_homes
  FROM v_unit u GROUP BY 1, 2, 3, 4
), seen AS (
  SELECT s.version, s.cell_id, s.has_homes,
         ST_Covers(l.outline, ST_MakeEnvelope(s.e * v.side_m, s.n * v.side_m, (s.e + 1) * v.side_m, (s.n + 1) * v.side_m, 3006)) AS is_covered
  FROM square s JOIN v_version v USING (version) JOIN lattice_cell l USING (version, cell_id)
), sums AS (
  SELECT version, cell_id, count(*) FILTER (WHERE is_covered) AS covered, bool_or(has_homes AND NOT is_covered) AS lacks_one
  FROM seen GROUP BY 1, 2
)
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM lattice_cell
UNION ALL
SELECT 'failed', format('cell %s of lattice version %s', l.cell_id, l.version), 1
FROM lattice_cell l JOIN v_version v USING (version) LEFT JOIN sums s USING (version, cell_id)
WHERE s.covered IS NULL OR s.lacks_one OR s.covered = 0 OR NOT ST_IsValid(l.outline)
   OR abs(ST_Area(l.outline) - s.covered * v.side_m * v.side_m) > 0.001
ORDER BY 2 NULLS FIRST
