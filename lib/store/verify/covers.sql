WITH cover AS (
  SELECT r.id, w.watch_area_id, coalesce(sum(c.counted), 0) AS dwellings, count(*) FILTER (WHERE c.cell_id IS NULL) AS strays,
         min(s.cover_dwellings) AS stored
  FROM v_release r JOIN release_watch_area w ON w.release_id = r.id
  LEFT JOIN watch_cover x ON x.version = r.lattice_version AND x.boundary_id = w.boundary_id
  LEFT JOIN v_cell c ON c.version = x.version AND c.cell_id = x.cell_id
  LEFT JOIN watch_summary s ON s.version = r.lattice_version AND s.boundary_id = w.boundary_id
  GROUP BY 1, 2
)
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM cover
UNION ALL
SELECT 'failed', format('watch area %s of release %s', watch_area_id, id), 1
FROM cover CROSS JOIN v_parameter p
WHERE dwellings < p.watch_min OR strays > 0 OR stored IS DISTINCT FROM dwellings
ORDER BY 2 NULLS FIRST
