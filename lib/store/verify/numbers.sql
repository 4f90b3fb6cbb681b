-- What remains at risk, in numbers of the newest standing release (its last 12
-- months) and of its lattice; without a release, of the newest lattice.
WITH r AS (
  SELECT * FROM v_release ORDER BY id DESC LIMIT 1
), v AS (
  SELECT v.* FROM v_version v
  WHERE v.version = coalesce((SELECT lattice_version FROM r), (SELECT max(version) FROM v_version))
), c AS (
  SELECT c.cell_id, c.villa, c.flat, c.holiday, c.addresses, c.counted FROM v_cell c JOIN v ON c.version = v.version
), hit AS (
  SELECT m.cell_id, sum(m.count) AS whole,
         coalesce(sum(m.count) FILTER (WHERE m.month > r.through_month - interval '12 months'), 0) AS year
  FROM r JOIN release_cell_month m ON m.release_id = r.id GROUP BY 1
), k AS (
  SELECT c.cell_id, c.counted, hit.whole, hit.year,
         c.villa BETWEEN 1 AND v.k - 1 OR c.flat BETWEEN 1 AND v.k - 1 OR c.holiday BETWEEN 1 AND v.k - 1 AS has_few
  FROM c CROSS JOIN v LEFT JOIN hit USING (cell_id)
), q AS (
  SELECT count(*)::float8 AS cells, sum(counted)::float8 AS dwellings, min(counted)::float8 AS least, max(counted)::float8 AS most,
         percentile_disc(ARRAY[0.25, 0.5, 0.75, 0.9]) WITHIN GROUP (ORDER BY counted) AS p,
         count(*) FILTER (WHERE has_few)::float8 AS few_of_a_kind,
         count(*) FILTER (WHERE year > 0)::float8 AS hit_year, count(*) FILTER (WHERE year >= counted)::float8 AS all_year,
         count(*) FILTER (WHERE whole >= counted)::float8 AS all_whole,
         coalesce(max(year::float8 / nullif(counted, 0)), 0) AS share_year
  FROM k
), m AS (
  SELECT coalesce(sum(count), 0)::float8 AS count, coalesce(sum(unlocated), 0)::float8 AS unlocated,
         coalesce(sum(count) FILTER (WHERE month > r.through_month - interval '12 months'), 0)::float8 AS count_year,
         coalesce(sum(unlocated) FILTER (WHERE month > r.through_month - interval '12 months'), 0)::float8 AS unlocated_year
  FROM r JOIN release_municipality_month m ON m.release_id = r.id
), bin (name, low, high) AS (
  VALUES ('bin_8', 0, 9), ('bin_10', 10, 11), ('bin_12', 12, 15), ('bin_16', 16, 23), ('bin_24', 24, 47), ('bin_48', 48, 95),
         ('bin_96', 96, 191), ('bin_192', 192, 2147483647)
)
SELECT name, number FROM (
  SELECT 1 AS place, 'release' AS name, (SELECT id FROM r)::float8 AS number
  UNION ALL SELECT 2, 'revision', (SELECT max(id) FROM revision)::float8
  UNION ALL SELECT 3, 'lattice_version', version::float8 FROM v
  UNION ALL SELECT 4, 'k', k::float8 FROM v
  UNION ALL SELECT 5, 'min_addresses', min_addresses::float8 FROM v
  UNION ALL SELECT 6, 'side_m', side_m FROM v
  UNION ALL SELECT 7, 'dwellings_year', (SELECT d.year FROM v JOIN dwelling_source d ON d.id = v.source_id)::float8
  UNION ALL SELECT 8, 'first_month', (SELECT extract(year FROM first_month) * 12 + extract(month FROM first_month) - 1 FROM r)::float8
  UNION ALL SELECT 9, 'through_month', (SELECT extract(year FROM through_month) * 12 + extract(month FROM through_month) - 1 FROM r)::float8
  UNION ALL SELECT 10, 'cells', cells FROM q
  UNION ALL SELECT 11, 'dwellings', dwellings FROM q
  UNION ALL SELECT 12, 'cell_least', least FROM q
  UNION ALL SELECT 13, 'cell_quarter', p[1]::float8 FROM q
  UNION ALL SELECT 14, 'cell_half', p[2]::float8 FROM q
  UNION ALL SELECT 15, 'cell_three_quarters', p[3]::float8 FROM q
  UNION ALL SELECT 16, 'cell_nine_tenths', p[4]::float8 FROM q
  UNION ALL SELECT 17, 'cell_most', most FROM q
  UNION ALL SELECT 20 + row_number() OVER (ORDER BY low), b.name, (SELECT count(*) FROM c WHERE counted BETWEEN low AND high)::float8 FROM bin b
  UNION ALL SELECT 40, 'cells_few_of_a_kind', few_of_a_kind FROM q
  UNION ALL SELECT 41, 'cells_hit_year', hit_year FROM q
  UNION ALL SELECT 42, 'cells_all_year', all_year FROM q
  UNION ALL SELECT 43, 'cells_all_whole', all_whole FROM q
  UNION ALL SELECT 44, 'share_year_most', share_year FROM q
  UNION ALL SELECT 45, 'count', count FROM m
  UNION ALL SELECT 46, 'unlocated', unlocated FROM m
  UNION ALL SELECT 47, 'count_year', count_year FROM m
  UNION ALL SELECT 48, 'unlocated_year', unlocated_year FROM m
  UNION ALL SELECT 50, 'cells_crossing', (SELECT count(*) FROM v_cell x JOIN v USING (version) WHERE x.districts > 1)::float8
) n WHERE number IS NOT NULL ORDER BY place
