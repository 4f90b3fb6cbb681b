SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM release_cell_month m JOIN v_release r ON r.id = m.release_id
UNION ALL
SELECT 'failed', format('release %s cell %s', r.id, m.cell_id), count(*)
FROM v_release r JOIN release_cell_month m ON m.release_id = r.id
LEFT JOIN v_cell c ON c.version = r.lattice_version AND c.cell_id = m.cell_id
WHERE c.cell_id IS NULL GROUP BY r.id, m.cell_id
ORDER BY 2 NULLS FIRST
