SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM token
UNION ALL
SELECT 'failed', 'column ' || object, number FROM v_text WHERE looks_like = 'token'
UNION ALL
SELECT 'failed', format('token %s', id), 1 FROM token WHERE length(hash) <> 32
ORDER BY 2 NULLS FIRST
