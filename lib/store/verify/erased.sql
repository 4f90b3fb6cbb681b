-- After a retention nothing older is stored, of no incident and of no release, and
-- the files of the tables were cleaned.
WITH kept AS (
  SELECT max(kept_from) AS first FROM revision WHERE kind = 'retain'
)
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM revision WHERE kind IN ('retain', 'purge')
UNION ALL
SELECT 'failed', format('files of revision %s', id), 1 FROM revision WHERE kind IN ('retain', 'purge') AND scrubbed_at IS NULL
UNION ALL
SELECT 'failed', format('incidents of revision %s', i.revision_in), count(*)
FROM incident i JOIN kept k ON date_trunc('month', timestamp '1970-01-01' + make_interval(hours => floor(
       (extract(epoch FROM i.from_hour) + extract(epoch FROM i.to_hour)) / 7200)::int)) < k.first
GROUP BY i.revision_in
UNION ALL
SELECT 'failed', format('release %s', r.id), 1
FROM release r CROSS JOIN kept k
WHERE (r.erased_at IS NULL AND r.first_month < k.first)
   OR (r.erased_at IS NOT NULL AND (EXISTS (SELECT FROM release_cell_month m WHERE m.release_id = r.id)
       OR EXISTS (SELECT FROM release_municipality_month m WHERE m.release_id = r.id)
       OR EXISTS (SELECT FROM release_municipality_kind m WHERE m.release_id = r.id)))
ORDER BY 2 NULLS FIRST
