-- Memberships of a lattice of millions of dwellings in seconds. What is computed
-- is said in 0003_functions (refresh_memberships) and sql/README.md; here is how.
--
-- Squares lie in blocks of 32 x 32. What an area has of a block is found once: most
-- blocks lie wholly inside or outside. A block is plain when the areas that it
-- touches cover it wholly, at most one of each set, and no watch area is among
-- them; a cell is plain when its dwellings are of one base district, in plain
-- blocks of the same areas. These areas have a plain cell whole and alone, without
-- any sum: whoever has the units at hand can say so (`lattice build` has them in
-- memory, refresh_memberships() joins them). All other cells are decided here.
--
-- Temporary tables, made by find_near() and dropped with the transaction:
--   m_block   blocks that areas touch: which ones, plain or not
--   m_part    dwellings of the cells that are not plain, by base district and block
--   m_square  their squares in blocks on a border
--   m_whole   per district the dwellings of its plain cells
--
-- Tables filled a moment ago have no statistics, and a wrong guess costs a minute:
-- hashing, which enable_sort = off asks for, is right at any size.

-- Finds which blocks of a source's squares each area touches: every watch boundary
-- and every district but those in `unit_districts`, which are their units.
CREATE FUNCTION find_near(source integer, unit_districts integer[]) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning
SET jit = off SET work_mem = '64MB' SET enable_sort = off AS $$
DECLARE
  side double precision := (SELECT base_square_dm / 10.0 FROM dwelling_source WHERE id = source);
BEGIN
  DROP TABLE IF EXISTS pg_temp.m_area, pg_temp.m_grid, pg_temp.m_large, pg_temp.m_near, pg_temp.m_district, pg_temp.m_block,
    pg_temp.m_part, pg_temp.m_square, pg_temp.m_whole;
  CREATE TEMPORARY TABLE m_part (cell_id integer, district_id integer, block_e integer, block_n integer, dwellings float8)
    ON COMMIT DROP;
  CREATE TEMPORARY TABLE m_square (e integer, n integer, cell_id integer, dwellings float8) ON COMMIT DROP;
  CREATE TEMPORARY TABLE m_whole (district_id integer, dwellings float8) ON COMMIT DROP;

  CREATE TEMPORARY TABLE m_area ON COMMIT DROP AS
    SELECT 'district' AS kind, d.id, d.outline FROM district d WHERE NOT EXISTS (SELECT FROM unnest(unit_districts) u WHERE u = d.id)
    UNION ALL
    SELECT 'watch', b.id, b.outline FROM watch_boundary b;
  CREATE TEMPORARY TABLE m_district ON COMMIT DROP AS
    SELECT d.id, s.number AS set_number, daterange(d.valid_from, d.valid_to) AS valid, u IS NOT NULL AS has_units
    FROM district d
    JOIN (SELECT name, row_number() OVER ()::integer AS number FROM district_set) s ON s.name = d.set_name
    LEFT JOIN unnest(unit_districts) u ON u = d.id;
  -- Large blocks of 8 x 8 first, area by area: PostGIS then prepares each area once.
  CREATE TEMPORARY TABLE m_grid ON COMMIT DROP AS
    SELECT block_e, block_n, block_e >> 3 AS large_e, block_n >> 3 AS large_n,
           ST_MakeEnvelope(block_e * 32 * side, block_n * 32 * side, (block_e + 1) * 32 * side, (block_n + 1) * 32 * side, 3006) AS outline
    FROM (SELECT DISTINCT e >> 5 AS block_e, n >> 5 AS block_n FROM dwelling
          WHERE source_id = source AND villa + flat + holiday > 0) b;
  CREATE TEMPORARY TABLE m_large ON COMMIT DROP AS
    SELECT large_e, large_n, ST_SetSRID(ST_Extent(outline)::geometry, 3006) AS outline FROM m_grid GROUP BY large_e, large_n;
  CREATE INDEX ON m_grid (large_e, large_n);
  CREATE INDEX ON m_large USING gist (outline);
  ANALYZE m_area, m_district, m_grid, m_large;
  CREATE TEMPORARY TABLE m_near ON COMMIT DROP AS
    SELECT a.kind, a.id, n.block_e, n.block_n, n.outline, n.is_inside
    FROM m_area a
    CROSS JOIN LATERAL (
      SELECT b.block_e, b.block_n, b.outline, g.is_inside OR ST_Covers(a.outline, b.outline) AS is_inside
      FROM (SELECT large_e, large_n, ST_Covers(a.outline, l.outline) AS is_inside FROM m_large l
            WHERE ST_Intersects(a.outline, l.outline) OFFSET 0) g
      JOIN m_grid b ON b.large_e = g.large_e AND b.large_n = g.large_n
      WHERE g.is_inside OR ST_Intersects(a.outline, b.outline)
    ) n;
  ANALYZE m_near;
  -- Where the base set has a district without units, its neighbours are rivals.
  CREATE TEMPORARY TABLE m_block ON COMMIT DROP AS
    SELECT n.block_e, n.block_n, bool_or(NOT n.is_inside) AS has_border,
           bool_or(NOT n.is_inside OR n.kind = 'watch' OR s.has_units) OR count(*) > count(DISTINCT d.set_number) AS is_open,
           array_agg(n.id ORDER BY n.id) AS areas
    FROM m_near n
    LEFT JOIN m_district d ON n.kind = 'district' AND d.id = n.id
    LEFT JOIN (SELECT set_number, bool_or(has_units) AS has_units FROM m_district GROUP BY set_number) s ON s.set_number = d.set_number
    GROUP BY n.block_e, n.block_n;
  ANALYZE m_block;
END
$$;

-- Decides the cells in m_part, and sums up what is known then of every district and
-- watch boundary. Sums of shares are rounded, so that their order does not matter.
CREATE FUNCTION decide_memberships(version integer) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning
SET jit = off SET work_mem = '64MB' SET enable_sort = off AS $$
#variable_conflict use_column
DECLARE
  side double precision := (SELECT base_square_dm / 10.0 FROM lattice WHERE lattice.version = $1);
BEGIN
  DROP TABLE IF EXISTS pg_temp.m_total, pg_temp.m_box, pg_temp.m_inside, pg_temp.m_own, pg_temp.m_rival, pg_temp.m_frozen;
  CREATE TEMPORARY TABLE m_total ON COMMIT DROP AS
    SELECT cell_id, sum(dwellings) AS dwellings FROM m_part GROUP BY cell_id;
  CREATE TEMPORARY TABLE m_box ON COMMIT DROP AS
    SELECT s.*, e >> 5 AS block_e, n >> 5 AS block_n, ST_MakeEnvelope(e * side, n * side, (e + 1) * side, (n + 1) * side, 3006) AS outline
    FROM (SELECT e, n, cell_id, sum(dwellings) AS dwellings FROM m_square GROUP BY e, n, cell_id) s;
  CREATE INDEX ON m_box (block_e, block_n);
  ANALYZE m_part, m_total, m_box;

  -- Small pieces of an outline make almost every square lie wholly inside or
  -- outside one.
  CREATE TEMPORARY TABLE m_inside ON COMMIT DROP AS
    SELECT kind, id, cell_id, round(sum(inside)::numeric, 6)::float8 AS inside
    FROM (
      SELECT b.kind, b.id, p.cell_id, p.dwellings AS inside
      FROM m_near b JOIN m_part p USING (block_e, block_n)
      WHERE b.is_inside
      UNION ALL
      SELECT kind, id, cell_id, dwellings * least(sum(share), 1)
      FROM (
        SELECT p.kind, p.id, s.e, s.n, s.cell_id, s.dwellings,
               CASE WHEN ST_Covers(p.piece, s.outline) THEN 1
                    ELSE ST_Area(ST_Intersection(p.piece, s.outline)) / (side * side) END AS share
        FROM (SELECT kind, id, ST_Subdivide(outline, 128) AS piece FROM m_area) p
        JOIN m_near b ON b.kind = p.kind AND b.id = p.id AND NOT b.is_inside AND ST_Intersects(p.piece, b.outline)
        JOIN m_box s ON s.block_e = b.block_e AND s.block_n = b.block_n AND ST_Intersects(p.piece, s.outline)
      ) x
      GROUP BY kind, id, e, n, cell_id, dwellings
      HAVING sum(share) > 1e-9
    ) y
    GROUP BY kind, id, cell_id;
  ANALYZE m_inside;

  -- Rivals of a district for a cell, itself among them: none may own more (a lower
  -- id wins a tie), and what none of them owns may not be more either.
  CREATE TEMPORARY TABLE m_own ON COMMIT DROP AS
    SELECT i.id, d.set_number, d.valid, i.cell_id, i.inside, t.dwellings
    FROM (
      SELECT district_id AS id, cell_id, sum(dwellings) AS inside FROM m_part GROUP BY district_id, cell_id
      UNION ALL
      SELECT id, cell_id, inside FROM m_inside WHERE kind = 'district'
    ) i
    JOIN m_district d ON d.id = i.id
    JOIN m_total t ON t.cell_id = i.cell_id
    WHERE i.inside > 0;
  ANALYZE m_own;
  CREATE TEMPORARY TABLE m_rival ON COMMIT DROP AS
    SELECT own.id, own.cell_id, own.inside, own.dwellings,
           NOT bool_or(rival.inside > own.inside OR (rival.inside = own.inside AND rival.id < own.id))
           AND own.inside >= own.dwellings - sum(rival.inside) AS is_counted
    FROM m_own own
    JOIN m_own rival ON rival.cell_id = own.cell_id AND rival.set_number = own.set_number AND rival.valid && own.valid
    GROUP BY own.id, own.cell_id, own.inside, own.dwellings;

  -- What a release on this version uses stays as it is.
  CREATE TEMPORARY TABLE m_frozen ON COMMIT DROP AS
    SELECT 'district' AS kind, rd.district_id AS id FROM release_district rd JOIN release r ON r.id = rd.release_id WHERE r.lattice_version = $1
    UNION
    SELECT 'watch', rw.boundary_id FROM release_watch_area rw JOIN release r ON r.id = rw.release_id WHERE r.lattice_version = $1;

  INSERT INTO district_cell (version, district_id, cell_id)
  SELECT $1, id, cell_id FROM m_rival
  WHERE is_counted AND id NOT IN (SELECT id FROM m_frozen WHERE kind = 'district')
  ORDER BY id, cell_id;

  DELETE FROM district_summary WHERE district_summary.version = $1 AND district_id NOT IN (SELECT id FROM m_frozen WHERE kind = 'district');
  INSERT INTO district_summary (version, district_id, misplaced_share)
  SELECT $1, d.id, coalesce(f.misplaced / nullif(f.misplaced + coalesce(f.rightly, 0) + coalesce(w.dwellings, 0), 0), 0)
  FROM district d
  LEFT JOIN m_whole w ON w.district_id = d.id
  LEFT JOIN (
    SELECT id, round(sum(CASE WHEN is_counted THEN dwellings - inside ELSE inside END)::numeric, 6)::float8 AS misplaced,
           round((sum(inside) FILTER (WHERE is_counted))::numeric, 6)::float8 AS rightly
    FROM m_rival
    GROUP BY id
  ) f ON f.id = d.id
  ON CONFLICT DO NOTHING;

  DELETE FROM watch_cover WHERE watch_cover.version = $1 AND boundary_id NOT IN (SELECT id FROM m_frozen WHERE kind = 'watch');
  DELETE FROM watch_summary WHERE watch_summary.version = $1 AND boundary_id NOT IN (SELECT id FROM m_frozen WHERE kind = 'watch');
  INSERT INTO watch_cover (version, boundary_id, cell_id)
  SELECT $1, id, cell_id FROM m_inside
  WHERE kind = 'watch' AND id NOT IN (SELECT id FROM m_frozen WHERE kind = 'watch')
  ORDER BY id, cell_id;
  INSERT INTO watch_summary (version, boundary_id, households, cover_dwellings)
  SELECT $1, b.id, round(coalesce(sum(i.inside), 0)::numeric, 6)::float8, coalesce(sum(t.dwellings), 0)
  FROM watch_boundary b
  LEFT JOIN m_inside i ON i.kind = 'watch' AND i.id = b.id
  LEFT JOIN m_total t ON t.cell_id = i.cell_id
  GROUP BY b.id
  ON CONFLICT DO NOTHING;

  DROP TABLE m_area, m_grid, m_large, m_near, m_district, m_block, m_part, m_square, m_whole, m_total, m_box, m_inside, m_own,
    m_rival, m_frozen;
END
$$;

-- All memberships of a version from what is stored. Rows that are right stay.
CREATE OR REPLACE FUNCTION refresh_memberships(version integer) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning
SET jit = off SET work_mem = '128MB' SET enable_sort = off AS $$
#variable_conflict use_column
DECLARE
  l lattice;
  villas integer;
  flats integer;
  holidays integer;
BEGIN
  SELECT * INTO l FROM lattice WHERE lattice.version = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lattice version % does not exist', $1;
  END IF;
  villas := ('villa' = ANY (l.classes))::integer;
  flats := ('flat' = ANY (l.classes))::integer;
  holidays := ('holiday' = ANY (l.classes))::integer;
  PERFORM find_near(l.source_id, ARRAY(SELECT DISTINCT district_id FROM unit));

  DROP TABLE IF EXISTS pg_temp.m_all, pg_temp.m_class, pg_temp.m_cell, pg_temp.m_want;
  CREATE TEMPORARY TABLE m_all ON COMMIT DROP AS
    SELECT c.living_id AS cell_id, p.district_id, p.block_e, p.block_n, p.dwellings
    FROM (
      SELECT u.cell_id, u.district_id, u.e >> 5 AS block_e, u.n >> 5 AS block_n,
             sum(d.villa * villas + d.flat * flats + d.holiday * holidays)::float8 AS dwellings
      FROM dwelling d JOIN unit u USING (e, n, district_id)
      WHERE d.source_id = l.source_id AND d.villa + d.flat + d.holiday > 0
      GROUP BY u.cell_id, u.district_id, u.e >> 5, u.n >> 5
    ) p
    JOIN cells_at($1) c ON c.cell_id = p.cell_id;
  -- 0: touched by no area.
  CREATE TEMPORARY TABLE m_class ON COMMIT DROP AS
    SELECT areas, row_number() OVER ()::integer AS class FROM m_block GROUP BY areas;
  CREATE TEMPORARY TABLE m_cell ON COMMIT DROP AS
    SELECT a.cell_id, min(a.district_id) AS district_id, min(coalesce(c.class, 0)) AS class, sum(a.dwellings) AS dwellings,
           bool_or(coalesce(b.is_open, false)) OR min(a.district_id) <> max(a.district_id)
           OR min(coalesce(c.class, 0)) <> max(coalesce(c.class, 0)) AS is_open
    FROM m_all a
    LEFT JOIN m_block b USING (block_e, block_n)
    LEFT JOIN m_class c USING (areas)
    GROUP BY a.cell_id;
  CREATE TEMPORARY TABLE m_want ON COMMIT DROP AS
    SELECT m.district_id, m.cell_id, m.dwellings FROM m_cell m WHERE NOT m.is_open
    UNION ALL
    SELECT u.id, m.cell_id, m.dwellings
    FROM m_cell m JOIN (SELECT class, unnest(areas) AS id FROM m_class) u USING (class) WHERE NOT m.is_open;
  INSERT INTO m_whole SELECT district_id, sum(dwellings) FROM m_want GROUP BY district_id;
  INSERT INTO m_part SELECT a.* FROM m_all a JOIN m_cell m USING (cell_id) WHERE m.is_open;
  INSERT INTO m_square
    SELECT d.e, d.n, c.living_id, d.villa * villas + d.flat * flats + d.holiday * holidays
    FROM m_block b
    JOIN dwelling d ON d.e >> 5 = b.block_e AND d.n >> 5 = b.block_n
    JOIN unit u USING (e, n, district_id)
    JOIN cells_at($1) c ON c.cell_id = u.cell_id
    WHERE b.has_border AND d.source_id = l.source_id AND d.villa + d.flat + d.holiday > 0;

  DELETE FROM district_cell dc
  WHERE dc.version = $1
    AND NOT EXISTS (SELECT FROM m_want w WHERE w.district_id = dc.district_id AND w.cell_id = dc.cell_id)
    AND dc.district_id NOT IN (
      SELECT rd.district_id FROM release_district rd JOIN release r ON r.id = rd.release_id WHERE r.lattice_version = $1);
  INSERT INTO district_cell (version, district_id, cell_id)
  SELECT $1, w.district_id, w.cell_id
  FROM m_want w
  WHERE NOT EXISTS (SELECT FROM district_cell dc
                    WHERE dc.version = $1 AND dc.district_id = w.district_id AND dc.cell_id = w.cell_id)
    AND w.district_id NOT IN (
      SELECT rd.district_id FROM release_district rd JOIN release r ON r.id = rd.release_id WHERE r.lattice_version = $1)
  ORDER BY w.district_id, w.cell_id;
  DROP TABLE m_all, m_class, m_cell, m_want;
  PERFORM decide_memberships($1);
END
$$;

GRANT EXECUTE ON FUNCTION find_near(integer, integer[]), decide_memberships(integer) TO grannkarta_importer;
