-- The outline is the union of squares of the cell's own units, every one with a
-- home among them: so it is never a pin or a house. (Which units were there in an
-- older version is not stored; those whose centre the outline covers are taken.)
WITH square AS (
  SELECT u.version, u.cell_id, u.e, u.n, sum(u.villa + u.flat + u.holiday) > 0 AS has_homes
  FROM v_unit u GROUP BY 1, 2, 3, 4
), seen AS (
  SELECT s.version, s.cell_id, s.has_homes,
         ST_MakeEnvelope(s.e * v.side_m, s.n * v.side_m, (s.e + 1) * v.side_m, (s.n + 1) * v.side_m, 3006) AS square,
         ST_Covers(l.outline, ST_SetSRID(ST_MakePoint((s.e + 0.5) * v.side_m, (s.n + 0.5) * v.side_m), 3006)) AS is_covered
  FROM square s JOIN v_version v USING (version) JOIN lattice_cell l USING (version, cell_id)
), sums AS (
  SELECT version, cell_id, ST_Union(square) FILTER (WHERE is_covered) AS squares, bool_or(has_homes AND NOT is_covered) AS lacks_one
  FROM seen GROUP BY 1, 2
)
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM lattice_cell
UNION ALL
SELECT 'failed', format('cell %s of lattice version %s', l.cell_id, l.version), 1
FROM lattice_cell l LEFT JOIN sums s USING (version, cell_id)
WHERE s.squares IS NULL OR s.lacks_one OR NOT ST_IsValid(l.outline) OR NOT ST_Equals(l.outline, s.squares)
ORDER BY 2 NULLS FIRST
