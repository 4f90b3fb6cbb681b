-- A municipality is its cells and its unlocated incidents, for every month, so
-- that the difference isolates nobody else.
WITH wanted AS (
  SELECT r.id, d.id AS district_id, m::date AS month, r.lattice_version
  FROM v_release r JOIN release_district rd ON rd.release_id = r.id JOIN district d ON d.id = rd.district_id AND d.set_name = 'kommun'
  CROSS JOIN generate_series(r.first_month::timestamp, r.through_month, interval '1 month') m
), located AS (
  SELECT r.id, x.district_id, m.month, sum(m.count) AS count
  FROM v_release r JOIN release_cell_month m ON m.release_id = r.id
  JOIN v_home x ON x.version = r.lattice_version AND x.cell_id = m.cell_id
  GROUP BY 1, 2, 3
), stored AS (
  SELECT m.release_id AS id, m.district_id, m.month, m.count, m.unlocated
  FROM release_municipality_month m JOIN v_release r ON r.id = m.release_id
)
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM stored
UNION ALL
SELECT 'failed', format('release %s municipality %s', id, district_id), count(*)
FROM wanted w FULL JOIN stored s USING (id, district_id, month) LEFT JOIN located l USING (id, district_id, month)
WHERE w.lattice_version IS NULL OR s.count IS DISTINCT FROM coalesce(l.count, 0) + s.unlocated
GROUP BY id, district_id
ORDER BY 2 NULLS FIRST
