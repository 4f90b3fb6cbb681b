-- A square of the dwelling file that no cell owns would be a home outside every
-- crowd; a unit whose merges lead nowhere likewise.
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM v_unit
UNION ALL
SELECT 'failed', format('district %s of lattice version %s', d.district_id, v.version), count(*)
FROM v_version v JOIN dwelling d ON d.source_id = v.source_id
LEFT JOIN v_unit u ON u.version = v.version AND u.e = d.e AND u.n = d.n AND u.district_id = d.district_id
WHERE u.e IS NULL AND d.villa * v.villa_counts + d.flat * v.flat_counts + d.holiday * v.holiday_counts > 0
GROUP BY d.district_id, v.version
UNION ALL
SELECT 'failed', format('cell %s', u.cell_id), count(*)
FROM unit u LEFT JOIN v_living l ON l.cell_id = u.cell_id AND l.version = (SELECT max(version) FROM v_version)
WHERE l.cell_id IS NULL GROUP BY u.cell_id
ORDER BY 2 NULLS FIRST
