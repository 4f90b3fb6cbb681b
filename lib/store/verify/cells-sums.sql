SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM lattice_cell
UNION ALL
SELECT 'failed', format('cell %s of lattice version %s', cell_id, version), 1
FROM v_cell c FULL JOIN lattice_cell l USING (version, cell_id)
WHERE (c.villa, c.flat, c.holiday, c.addresses) IS DISTINCT FROM (l.villa, l.flat, l.holiday, l.addresses)
ORDER BY 2 NULLS FIRST
