SELECT 'tested' AS what, NULL AS object, (SELECT count(*) FROM token) + count(*) AS number
FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname LIKE 'grannkarta%' AND t.relkind IN ('r', 'p', 'm')
UNION ALL
SELECT 'failed', 'column ' || object, number FROM v_text WHERE looks_like = 'token'
UNION ALL
SELECT 'failed', format('token %s', id), 1 FROM token WHERE length(hash) <> 32
ORDER BY 2 NULLS FIRST
