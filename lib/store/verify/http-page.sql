-- One page ($2) of a collection ($1), or features that were fetched one by one
-- ($3). Findings are by feature: 'stranger' is not expected at all, 'more' has
-- something that is not declared, 'less' lacks something, 'wrong' has another
-- value, 'few' has fewer than k homes, 'shape' is not drawn as it should be.
-- Values are compared to the four decimals that are printed, and never repeated.
WITH body AS MATERIALIZED (
  SELECT $2::jsonb AS b
), feature AS MATERIALIZED (
  SELECT CASE WHEN jsonb_typeof(x -> 'id') = 'number' THEN (x ->> 'id')::numeric::bigint ELSE -1 END AS id, x,
         CASE WHEN jsonb_typeof(x -> 'properties') = 'object' THEN x -> 'properties' ELSE '{}' END AS p,
         CASE WHEN x -> 'geometry' ->> 'type' IN ('Polygon', 'MultiPolygon')
              THEN ST_Transform(ST_SetSRID(ST_GeomFromGeoJSON(x -> 'geometry'), 4326), 3006) END AS g
  FROM body, jsonb_array_elements(CASE WHEN jsonb_typeof(b -> 'features') = 'array' THEN b -> 'features' ELSE '[]' END) x
), pair AS MATERIALIZED (
  SELECT f.*, e.properties AS want, e.outline, e.side_m
  FROM feature f LEFT JOIN w_expected e ON e.collection = $1 AND e.id = f.id
), kept AS (
  INSERT INTO w_seen SELECT $1, id FROM feature
), finding AS (
  SELECT 'stranger' AS what, id FROM pair WHERE want IS NULL
  UNION ALL
  SELECT 'more', id FROM pair WHERE want IS NOT NULL AND (
    EXISTS (SELECT FROM jsonb_object_keys(p) k WHERE NOT want ? k)
    OR EXISTS (SELECT FROM jsonb_object_keys(x) k WHERE k NOT IN ('type', 'id', 'geometry', 'properties')
               AND NOT ($3::bigint = 1 AND k IN ('timeStamp', 'links'))))
  UNION ALL
  SELECT 'more', -1 FROM body, jsonb_object_keys(b) k
  WHERE k NOT IN ('type', 'timeStamp', 'numberMatched', 'numberReturned', 'features', 'links')
  UNION ALL
  SELECT 'less', id FROM pair WHERE EXISTS (SELECT FROM jsonb_object_keys(want) k WHERE NOT p ? k)
  UNION ALL
  SELECT 'wrong', id FROM pair WHERE EXISTS (
    SELECT FROM jsonb_each(want) w
    WHERE p ? w.key AND NOT CASE
      WHEN jsonb_typeof(w.value) = 'number' AND jsonb_typeof(p -> w.key) = 'number'
        THEN abs((w.value)::numeric - (p -> w.key)::numeric) <= 0.00006
      ELSE w.value = p -> w.key END)
  UNION ALL
  SELECT 'few', pair.id FROM pair CROSS JOIN w_release r WHERE $1 <> 'hotspots' AND NOT (
    ($1 <> 'cells' AND (p -> 'cells') = '0'::jsonb)
    OR (jsonb_typeof(p -> 'dwellings') = 'number' AND (p ->> 'dwellings')::numeric >= r.k
        AND jsonb_typeof(p -> 'dwellings_at_risk') = 'number' AND (p ->> 'dwellings_at_risk')::numeric >= r.k
        AND ($1 <> 'cells' OR (jsonb_typeof(p -> 'addresses') = 'number' AND (p ->> 'addresses')::numeric >= r.min_addresses))))
  UNION ALL
  SELECT 'shape', id FROM pair WHERE want IS NOT NULL AND NOT coalesce(
    abs(ST_Area(g) - ST_Area(outline)) <= 0.1 * ST_Perimeter(outline) + 1
    AND greatest(abs(ST_XMin(g) - ST_XMin(outline)), abs(ST_XMax(g) - ST_XMax(outline)),
                 abs(ST_YMin(g) - ST_YMin(outline)), abs(ST_YMax(g) - ST_YMax(outline))) <= 0.1
    AND (side_m IS NULL OR ST_Equals(ST_SnapToGrid(g, side_m), outline)), false)
)
SELECT 'matched' AS what, coalesce(CASE WHEN jsonb_typeof(b -> 'numberMatched') = 'number' THEN (b ->> 'numberMatched')::numeric::bigint END, -1) AS id,
       NULL AS text FROM body
UNION ALL
SELECT 'features', count(*), NULL FROM feature
UNION ALL
SELECT 'next', 0, l ->> 'href'
FROM body, jsonb_array_elements(CASE WHEN jsonb_typeof(b -> 'links') = 'array' THEN b -> 'links' ELSE '[]' END) l
WHERE l ->> 'rel' = 'next'
UNION ALL
SELECT what, id, NULL FROM finding
