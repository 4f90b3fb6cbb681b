SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM v_home
UNION ALL
SELECT 'failed', format('district %s of lattice version %s', d.district_id, d.version), count(*)
FROM v_home d LEFT JOIN v_cell c USING (version, cell_id)
WHERE c.cell_id IS NULL GROUP BY d.district_id, d.version
UNION ALL
-- A cell answers for one district of a set at a time.
SELECT 'failed', format('district %s of lattice version %s', a.district_id, a.version), count(*)
FROM v_home a JOIN v_home b USING (version, cell_id, set_name)
WHERE b.district_id > a.district_id AND a.valid && b.valid
GROUP BY a.district_id, a.version
ORDER BY 2 NULLS FIRST
