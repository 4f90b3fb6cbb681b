-- Also over withdrawn releases: what was once published stays known.
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM release
UNION ALL
SELECT 'failed', format('releases %s and %s', a.id, b.id), 1
FROM release a JOIN release b ON b.id > a.id AND b.definition <> a.definition
 AND a.first_month <= b.through_month AND b.first_month <= a.through_month
UNION ALL
SELECT 'failed', format('release %s', r.id), 1
FROM release r JOIN v_version v ON v.version = r.lattice_version
WHERE EXISTS (SELECT FROM unnest(v.classes) class WHERE NOT EXISTS (
                SELECT FROM definition_code d JOIN offence_code o ON o.id = d.code_id
                WHERE d.definition = r.definition AND o.kind = class))
ORDER BY 2 NULLS FIRST
