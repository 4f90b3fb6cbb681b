SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM district_cell
UNION ALL
SELECT 'failed', format('district %s of lattice version %s', d.district_id, d.version), count(*)
FROM district_cell d LEFT JOIN v_cell c USING (version, cell_id)
WHERE c.cell_id IS NULL GROUP BY d.district_id, d.version
UNION ALL
-- A cell answers for one district of a set at a time.
SELECT 'failed', format('district %s of lattice version %s', a.district_id, a.version), count(*)
FROM district_cell a JOIN district_cell b ON b.version = a.version AND b.cell_id = a.cell_id AND b.district_id > a.district_id
JOIN district da ON da.id = a.district_id JOIN district db ON db.id = b.district_id AND db.set_name = da.set_name
WHERE daterange(da.valid_from, da.valid_to) && daterange(db.valid_from, db.valid_to)
GROUP BY a.district_id, a.version
ORDER BY 2 NULLS FIRST
