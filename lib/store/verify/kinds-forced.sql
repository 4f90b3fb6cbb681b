-- For each kind that was hit, the cells that have homes of it, with all their
-- hits of the year; and its unlocated ones. Rows of a group follow each other.
WITH hits AS (
  SELECT r.id, x.district_id, extract(year FROM m.month)::int AS year, m.cell_id, sum(m.count) AS hits
  FROM v_release r JOIN release_cell_month m ON m.release_id = r.id
  JOIN v_home x ON x.version = r.lattice_version AND x.cell_id = m.cell_id
  GROUP BY 1, 2, 3, 4
), unlocated AS (
  SELECT r.id, i.municipality_id AS district_id, o.kind, extract(year FROM timestamp '1970-01-01' + make_interval(hours => floor(
           (extract(epoch FROM i.from_hour) + extract(epoch FROM i.to_hour)) / 7200)::int))::int AS year, sum(i.count) AS count
  FROM v_release r
  JOIN incident i ON i.cell_id IS NULL AND i.revision_in <= r.revision_id
                 AND (i.revision_out IS NULL OR i.revision_out > r.revision_id)
  JOIN definition_code d ON d.definition = r.definition AND d.code_id = i.code_id
  JOIN offence_code o ON o.id = i.code_id
  GROUP BY 1, 2, 3, 4
)
SELECT format('release %s municipality %s year %s', r.id, k.district_id, k.year), k.kind, k.count::bigint, v.k::bigint,
  coalesce(u.count, 0)::bigint,
  coalesce(h.hits, 0)::bigint,
  coalesce(CASE k.kind WHEN 'villa' THEN c.villa WHEN 'flat' THEN c.flat ELSE c.holiday END, 0)::bigint
FROM v_release r JOIN release_municipality_kind k ON k.release_id = r.id AND k.count > 0 AND k.kind IN ('villa', 'flat', 'holiday')
JOIN v_version v ON v.version = r.lattice_version
LEFT JOIN hits h ON h.id = r.id AND h.district_id = k.district_id AND h.year = k.year
LEFT JOIN unlocated u ON u.id = r.id AND u.district_id = k.district_id AND u.kind = k.kind AND u.year = k.year
LEFT JOIN v_cell c ON c.version = r.lattice_version AND c.cell_id = h.cell_id
WHERE r.is_complete
ORDER BY r.id, k.district_id, k.year, k.kind, h.cell_id
