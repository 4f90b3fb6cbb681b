-- Every release counted again from the stored incidents of the revision that it
-- froze: cells, and what only the municipality tells. Not where retention or a
-- purge has erased incidents since.
WITH hit AS (
  SELECT r.id, r.lattice_version, l.living_id AS cell_id, i.cell_id IS NULL AS is_unlocated, i.municipality_id,
         date_trunc('month', timestamp '1970-01-01' + make_interval(hours => floor(
           (extract(epoch FROM i.from_hour) + extract(epoch FROM i.to_hour)) / 7200)::int))::date AS month,
         o.kind, o.is_attempt IS TRUE AS is_attempt, i.count, r.first_month, r.through_month
  FROM v_release r
  JOIN incident i ON i.revision_in <= r.revision_id AND (i.revision_out IS NULL OR i.revision_out > r.revision_id)
  JOIN definition_code d ON d.definition = r.definition AND d.code_id = i.code_id
  JOIN offence_code o ON o.id = i.code_id
  LEFT JOIN v_living l ON l.version = r.lattice_version AND l.cell_id = i.cell_id
  WHERE r.is_complete
), inside AS (
  SELECT * FROM hit WHERE month BETWEEN first_month AND through_month
), by_cell AS (
  SELECT id, cell_id, month, sum(count) AS count FROM inside WHERE NOT is_unlocated GROUP BY 1, 2, 3 HAVING sum(count) > 0
), stored AS (
  SELECT m.release_id AS id, m.cell_id, m.month, m.count FROM release_cell_month m JOIN v_release r ON r.id = m.release_id AND r.is_complete
), home AS (
  SELECT r.id, x.cell_id, x.district_id
  FROM v_release r JOIN release_district rd ON rd.release_id = r.id JOIN district d ON d.id = rd.district_id AND d.set_name = 'kommun'
  JOIN v_home x ON x.version = r.lattice_version AND x.district_id = d.id
), by_municipality AS (
  SELECT i.id, CASE WHEN i.is_unlocated THEN i.municipality_id ELSE h.district_id END AS district_id, i.month,
         i.kind, sum(i.count) AS count, coalesce(sum(i.count) FILTER (WHERE i.is_attempt), 0) AS attempted,
         coalesce(sum(i.count) FILTER (WHERE i.is_unlocated), 0) AS unlocated
  FROM inside i LEFT JOIN home h ON h.id = i.id AND h.cell_id = i.cell_id GROUP BY 1, 2, 3, 4
), by_month AS (
  SELECT id, district_id, month, sum(unlocated) AS unlocated FROM by_municipality GROUP BY 1, 2, 3
), by_kind AS (
  SELECT b.id, b.district_id, extract(year FROM b.month) AS year, k.kind, sum(k.count) AS count
  FROM by_municipality b CROSS JOIN LATERAL (VALUES (b.kind, b.count), ('attempted', b.attempted)) k (kind, count)
  GROUP BY 1, 2, 3, 4
), wrong AS (
  SELECT m.release_id, m.district_id
  FROM release_municipality_month m JOIN v_release r ON r.id = m.release_id AND r.is_complete
  LEFT JOIN by_month b ON b.id = m.release_id AND b.district_id = m.district_id AND b.month = m.month
  WHERE m.unlocated IS DISTINCT FROM coalesce(b.unlocated, 0)
  UNION ALL
  SELECT m.release_id, m.district_id
  FROM release_municipality_kind m JOIN v_release r ON r.id = m.release_id AND r.is_complete
  LEFT JOIN by_kind b ON b.id = m.release_id AND b.district_id = m.district_id AND b.year = m.year AND b.kind = m.kind
  WHERE m.count IS DISTINCT FROM coalesce(b.count, 0)
)
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM stored
UNION ALL
SELECT 'skipped', format('release %s', id), 1 FROM v_release WHERE NOT is_complete
UNION ALL
SELECT 'failed', format('release %s cell %s', id, cell_id), count(*)
FROM by_cell b FULL JOIN stored s USING (id, cell_id, month)
WHERE b.count IS DISTINCT FROM s.count GROUP BY id, cell_id
UNION ALL
SELECT 'failed', format('release %s municipality %s', release_id, district_id), count(*) FROM wrong GROUP BY release_id, district_id
ORDER BY 2 NULLS FIRST
