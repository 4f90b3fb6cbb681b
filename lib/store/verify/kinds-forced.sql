-- For each kind that was hit, and each two of them together, the cells that have
-- homes of these, with all their hits of the year; and the unlocated ones of any
-- kind, since who looks cannot tell which they are. Rows of a group follow each other.
WITH hits AS (
  SELECT r.id, x.district_id, extract(year FROM m.month)::int AS year, m.cell_id, sum(m.count) AS hits
  FROM v_release r JOIN release_cell_month m ON m.release_id = r.id
  JOIN v_home x ON x.version = r.lattice_version AND x.cell_id = m.cell_id
  GROUP BY 1, 2, 3, 4
), unlocated AS (
  SELECT m.release_id AS id, m.district_id, extract(year FROM m.month)::int AS year, sum(m.unlocated) AS count
  FROM release_municipality_month m GROUP BY 1, 2, 3
), one AS (
  SELECT k.release_id AS id, k.district_id, k.year, k.kind, k.count
  FROM release_municipality_kind k WHERE k.count > 0 AND k.kind IN ('villa', 'flat', 'holiday')
), kinds AS (
  SELECT id, district_id, year, ARRAY[kind] AS kinds, count FROM one
  UNION ALL
  SELECT id, district_id, year, ARRAY[a.kind, b.kind], a.count + b.count
  FROM one a JOIN one b USING (id, district_id, year) WHERE a.kind < b.kind
)
SELECT format('release %s municipality %s year %s', r.id, k.district_id, k.year), array_to_string(k.kinds, '+'), k.count::bigint,
  v.k::bigint, coalesce(u.count, 0)::bigint, coalesce(h.hits, 0)::bigint,
  coalesce(CASE WHEN 'villa' = ANY (k.kinds) THEN c.villa ELSE 0 END + CASE WHEN 'flat' = ANY (k.kinds) THEN c.flat ELSE 0 END
           + CASE WHEN 'holiday' = ANY (k.kinds) THEN c.holiday ELSE 0 END, 0)::bigint
FROM v_release r JOIN kinds k ON k.id = r.id
JOIN v_version v ON v.version = r.lattice_version
LEFT JOIN hits h ON h.id = r.id AND h.district_id = k.district_id AND h.year = k.year
LEFT JOIN unlocated u ON u.id = r.id AND u.district_id = k.district_id AND u.year = k.year
LEFT JOIN v_cell c ON c.version = r.lattice_version AND c.cell_id = h.cell_id
ORDER BY r.id, k.district_id, k.year, k.kinds, h.cell_id
