WITH known (name, type) AS (VALUES
  ('id', 'bigint'), ('revision_in', 'integer'), ('revision_out', 'integer'), ('cell_id', 'integer'),
  ('municipality_id', 'integer'), ('lattice_version', 'integer'), ('from_hour', 'timestamp without time zone'),
  ('to_hour', 'timestamp without time zone'), ('reported', 'date'), ('code_id', 'smallint'), ('count', 'integer'),
  ('case_hash', 'bytea'), ('case_key_id', 'integer')
), bad AS (
  SELECT i.revision_in, count(*) AS number FROM incident i
  LEFT JOIN cell c ON c.id = i.cell_id LEFT JOIN district d ON d.id = i.municipality_id
  WHERE extract(epoch FROM i.from_hour)::numeric % 3600 <> 0 OR extract(epoch FROM i.to_hour)::numeric % 3600 <> 0
     OR length(i.case_hash) <> 32 OR (i.cell_id IS NOT NULL AND c.id IS NULL)
     OR (i.municipality_id IS NOT NULL AND d.set_name IS DISTINCT FROM 'kommun')
  GROUP BY 1
)
SELECT 'tested' AS what, NULL AS object, count(*) AS number FROM incident
UNION ALL
SELECT 'failed', format('column incident.%s', a.attname), 1
FROM pg_attribute a LEFT JOIN known k ON k.name = a.attname AND k.type = format_type(a.atttypid, a.atttypmod)
WHERE a.attrelid = 'grannkarta.incident'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND k.name IS NULL
UNION ALL
SELECT 'failed', format('incidents of revision %s', revision_in), number FROM bad
ORDER BY 2 NULLS FIRST
