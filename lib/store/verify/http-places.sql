-- Counts and dwellings of everything that is public, in the months of w_period.
TRUNCATE w_place, w_interval, w_expected, w_seen;
CREATE TEMPORARY TABLE w_count AS
SELECT c.cell_id, c.dwellings, c.at_risk, c.addresses, c.outline, coalesce(sum(m.count), 0) AS count
FROM w_cell c CROSS JOIN w_release r CROSS JOIN w_period p
LEFT JOIN release_cell_month m ON m.release_id = r.id AND m.cell_id = c.cell_id AND m.month BETWEEN p.first_month AND p.last_month
GROUP BY 1, 2, 3, 4, 5;
CREATE INDEX ON w_count (cell_id);
ANALYZE w_count;

INSERT INTO w_place
SELECT 'cells', cell_id, count, dwellings, at_risk, NULL, jsonb_build_object('cell', cell_id, 'addresses', addresses, 'place', 'cell'),
       outline, side_m
FROM w_count CROSS JOIN w_release CROSS JOIN w_period WHERE NOT only_municipalities;

-- Districts, and what only the municipality as a whole tells.
WITH year AS (
  SELECT extract(year FROM first_month)::int AS first, extract(year FROM last_month)::int AS last,
         extract(month FROM first_month) = 1 AND extract(month FROM last_month) = 12 AS is_whole
  FROM w_period
), told AS (
  SELECT k.district_id, count(DISTINCT k.year) = max(y.last) - min(y.first) + 1 AS is_known, k.kind, sum(k.count) AS count
  FROM w_release r JOIN release_municipality_kind k ON k.release_id = r.id CROSS JOIN year y
  WHERE y.is_whole AND k.year BETWEEN y.first AND y.last GROUP BY k.district_id, k.kind
), kind AS (
  SELECT d.id AS district_id, jsonb_object_agg('count_' || n.name, t.count) || jsonb_build_object(
           'attempted', (SELECT a.count FROM told a WHERE a.district_id = d.id AND a.kind = 'attempted' AND a.is_known),
           'completed', (SELECT sum(o.count) FILTER (WHERE o.kind <> 'attempted')
                                - sum(o.count) FILTER (WHERE o.kind = 'attempted' AND o.is_known)
                         FROM told o WHERE o.district_id = d.id)) AS counts,
         coalesce(bool_or(t.is_known), false) AS is_known
  FROM w_release r JOIN release_district rd ON rd.release_id = r.id JOIN district d ON d.id = rd.district_id AND d.set_name = 'kommun'
  CROSS JOIN unnest('{villa,flat,holiday,other,cellar}'::text[]) n (name)
  LEFT JOIN told t ON t.district_id = d.id AND t.kind = n.name AND t.is_known
  GROUP BY d.id
), whole AS (
  SELECT m.district_id, jsonb_build_object('count_total', sum(m.count), 'unlocated', sum(m.unlocated)) AS sums
  FROM w_release r JOIN release_municipality_month m ON m.release_id = r.id CROSS JOIN w_period p
  WHERE m.month BETWEEN p.first_month AND p.last_month GROUP BY 1
), cells AS (
  SELECT h.district_id, sum(c.count) AS count, sum(c.dwellings) AS dwellings, sum(c.at_risk) AS at_risk, count(*) AS cells
  FROM w_release r JOIN v_home h ON h.version = r.lattice_version JOIN w_count c ON c.cell_id = h.cell_id GROUP BY 1
)
INSERT INTO w_place
SELECT 'districts-' || d.set_name, d.id, coalesce(c.count, 0), coalesce(c.dwellings, 0), coalesce(c.at_risk, 0), coalesce(d.inhabitants, 0),
       jsonb_build_object('code', d.code, 'name', d.name, 'set', d.set_name, 'inhabitants', d.inhabitants,
                          'inhabitants_year', d.inhabitants_year, 'cells', coalesce(c.cells, 0),
                          'misplaced_share', s.misplaced_share, 'is_estimated', NOT t.is_base)
       || CASE WHEN d.set_name = 'kommun' THEN w.sums || k.counts || jsonb_build_object('kinds_status', CASE
            WHEN k.is_known THEN 'published' WHEN y.is_whole THEN 'withheld' ELSE 'whole calendar years only' END)
          ELSE '{}' END,
       d.outline, NULL
FROM w_release r JOIN release_district rd ON rd.release_id = r.id JOIN district d ON d.id = rd.district_id
JOIN district_set t ON t.name = d.set_name CROSS JOIN year y
JOIN district_summary s ON s.version = r.lattice_version AND s.district_id = d.id
LEFT JOIN cells c ON c.district_id = d.id LEFT JOIN whole w ON w.district_id = d.id LEFT JOIN kind k ON k.district_id = d.id
CROSS JOIN w_period p WHERE d.set_name = 'kommun' OR NOT p.only_municipalities;

INSERT INTO w_place
SELECT 'watch-areas', w.watch_area_id, coalesce(c.count, 0), coalesce(c.dwellings, 0), coalesce(c.at_risk, 0), NULL,
       jsonb_build_object('slug', w.slug, 'name', w.name, 'started', w.started, 'households', round(s.households::numeric),
                          'share', s.households / nullif(c.dwellings, 0), 'cells', coalesce(c.cells, 0), 'is_estimated', true),
       b.outline, NULL
FROM w_release r JOIN release_watch_area w ON w.release_id = r.id JOIN watch_boundary b ON b.id = w.boundary_id
JOIN watch_summary s ON s.version = r.lattice_version AND s.boundary_id = b.id
CROSS JOIN LATERAL (SELECT sum(c.count) AS count, sum(c.dwellings) AS dwellings, sum(c.at_risk) AS at_risk, count(*) AS cells
                    FROM watch_cover x JOIN w_count c USING (cell_id)
                    WHERE x.version = r.lattice_version AND x.boundary_id = b.id) c
CROSS JOIN w_period p WHERE NOT p.only_municipalities;

-- Squares of 250 m: a cell's count goes to its squares by the dwellings that count.
INSERT INTO w_place
SELECT 'hotspots', 250 * 1000000000000 + n * 1000000 + e, NULL, sum(dwellings), sum(at_risk), NULL,
       jsonb_build_object('method', 'count', 'size_m', 250, 'basis', 'descriptive', 'count', sum(count), 'value', sum(count),
                          'rate_per_1000', sum(count) * 1000 / nullif(sum(at_risk), 0)),
       ST_MakeEnvelope(e * 250, n * 250, (e + 1) * 250, (n + 1) * 250, 3006), 250
FROM (
  SELECT floor(u.e * r.side_m / 250)::bigint AS e, floor(u.n * r.side_m / 250)::bigint AS n, u.villa + u.flat + u.holiday AS dwellings,
         u.villa * r.villa + u.flat * r.flat + u.holiday * r.holiday AS at_risk,
         CASE WHEN c.at_risk > 0 THEN c.count::float8 * (u.villa * r.villa + u.flat * r.flat + u.holiday * r.holiday) / c.at_risk
              ELSE c.count::float8 * (u.villa + u.flat + u.holiday) / c.dwellings END AS count
  FROM w_release r JOIN v_unit u ON u.version = r.lattice_version JOIN w_count c ON c.cell_id = u.cell_id
  CROSS JOIN w_period p
  WHERE u.villa + u.flat + u.holiday > 0 AND NOT p.only_municipalities
) x GROUP BY e, n;
DROP TABLE w_count;
