SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM v_release
UNION ALL
SELECT 'failed', format('release %s', r.id), 1
FROM v_release r JOIN revision v ON v.id = r.revision_id
WHERE v.data_through < (r.through_month + interval '1 month')::date - 1
   OR r.through_month + interval '1 month' > (r.created_at AT TIME ZONE 'Europe/Stockholm')
   OR EXISTS (SELECT FROM release_cell_month m WHERE m.release_id = r.id AND m.month NOT BETWEEN r.first_month AND r.through_month)
ORDER BY 2 NULLS FIRST
