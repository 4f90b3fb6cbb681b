-- The collections of an answer ($1), and those that should be there.
WITH got AS (
  SELECT x ->> 'id' AS name FROM jsonb_array_elements($1::jsonb -> 'collections') x
), want AS (
  SELECT unnest('{cells,watch-areas,hotspots}'::text[]) AS name
  UNION
  SELECT 'districts-' || d.set_name FROM w_release r JOIN release_district rd ON rd.release_id = r.id JOIN district d ON d.id = rd.district_id
)
SELECT coalesce(want.name, 'other') AS name, (got.name IS NOT NULL)::int AS is_there, (want.name IS NOT NULL)::int AS is_wanted,
       coalesce(got.name = 'incidents', false)::int AS is_incidents
FROM got FULL JOIN want ON want.name = got.name
ORDER BY 1
