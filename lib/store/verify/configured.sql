SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM v_release
UNION ALL
SELECT 'failed', format('release %s', r.id), 1
FROM v_release r JOIN v_version v ON v.version = r.lattice_version
JOIN dwelling_source d ON d.id = v.source_id CROSS JOIN v_parameter p
WHERE v.k < p.k OR (d.has_addresses AND v.min_addresses < p.min_addresses)
ORDER BY 2 NULLS FIRST
