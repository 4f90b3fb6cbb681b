SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM v_expected WHERE line ~ '^(trigger|function|constraint) '
UNION ALL
SELECT 'failed', CASE WHEN e.line IS NULL THEN 'not expected: ' ELSE 'missing: ' END || left(coalesce(e.line, l.line), 160), 1
FROM v_line l FULL JOIN v_expected e ON e.line = l.line
WHERE (l.line IS NULL OR e.line IS NULL) AND coalesce(e.line, l.line) ~ '^(trigger|function|constraint) '
ORDER BY 2 NULLS FIRST
