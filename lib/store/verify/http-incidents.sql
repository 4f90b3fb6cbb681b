-- Incidents as an analyst gets them: at the point of their cell or nowhere, in
-- whole hours, with the declared properties.
WITH body AS MATERIALIZED (
  SELECT $1::jsonb AS b
), feature AS MATERIALIZED (
  SELECT x -> 'properties' AS p, x, CASE WHEN jsonb_typeof(x -> 'properties' -> 'cell') = 'number' THEN (x -> 'properties' ->> 'cell')::numeric::int END AS cell_id,
         CASE WHEN x -> 'geometry' ->> 'type' = 'Point' THEN ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON(x -> 'geometry'), 4326), 3006) END AS g
  FROM body, jsonb_array_elements(CASE WHEN jsonb_typeof(b -> 'features') = 'array' THEN b -> 'features' ELSE '[]' END) x
), side AS (
  SELECT side_m FROM v_version ORDER BY version DESC LIMIT 1
), finding AS (
  SELECT CASE WHEN f.cell_id IS NULL THEN -1 ELSE f.cell_id END AS id
  FROM feature f CROSS JOIN side LEFT JOIN cell c ON c.id = f.cell_id
  WHERE EXISTS (SELECT FROM jsonb_object_keys(f.p) k WHERE k NOT IN ('cell', 'from', 'to', 'reported', 'code', 'kind', 'attempted',
                  'count', 'place_radius_m', 'revision'))
     OR EXISTS (SELECT FROM jsonb_object_keys(f.x) k WHERE k NOT IN ('type', 'id', 'geometry', 'properties'))
     OR coalesce(f.p ->> 'from', '') !~ 'T\d\d:00:00[+-]\d\d:00$' OR coalesce(f.p ->> 'to', '') !~ 'T\d\d:00:00[+-]\d\d:00$'
     OR CASE WHEN f.cell_id IS NULL THEN f.x -> 'geometry' <> 'null'::jsonb
        ELSE coalesce(ST_Distance(f.g, ST_SetSRID(ST_MakePoint((c.point_e + 0.5) * side_m, (c.point_n + 0.5) * side_m), 3006)) > 0.1, true) END
)
SELECT 'features' AS what, count(*) AS id, NULL AS text FROM feature
UNION ALL
SELECT 'next', 0, l ->> 'href'
FROM body, jsonb_array_elements(CASE WHEN jsonb_typeof(b -> 'links') = 'array' THEN b -> 'links' ELSE '[]' END) l
WHERE l ->> 'rel' = 'next'
UNION ALL
SELECT 'wrong', id, NULL FROM finding
