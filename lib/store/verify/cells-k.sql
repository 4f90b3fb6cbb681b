-- Rows of a check: 'tested' with a number, 'skipped' with a number, and a row
-- 'failed' for each object that does not hold.
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM v_cell
UNION ALL
SELECT 'failed', format('cell %s of lattice version %s', c.cell_id, c.version), 1
FROM v_cell c JOIN v_version v USING (version)
WHERE c.counted < v.k OR c.addresses < v.min_addresses
ORDER BY 2 NULLS FIRST
