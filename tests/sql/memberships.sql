-- refresh_memberships(): expected values were computed by hand from the village's
-- table and the strips below.
\ir include/village.sql
SELECT plan(24);

INSERT INTO district_set (name, title_sv, title_en) VALUES
  ('lpo', 'Lokalpolisområde', 'Police area'), ('lika', 'Lika', 'Tie'), ('tid', 'Tid', 'Time');
INSERT INTO district (set_name, code, name, valid_from, valid_to, outline) VALUES
  -- P1: squares 0, 1, half of 2. P2: the other half, 3, 4, a quarter of 5. P3: the
  -- rest of 5. Square 6 is in none.
  ('lpo', 'P1', 'P1', '1900-01-01', NULL, pg_temp.strip(-1, 2.5)),   -- 4
  ('lpo', 'P2', 'P2', '1900-01-01', NULL, pg_temp.strip(2.5, 5.25)), -- 5
  ('lpo', 'P3', 'P3', '1900-01-01', NULL, pg_temp.strip(5.25, 6)),   -- 6
  -- Each has half of cell 2; the lower id lies to the right.
  ('lika', 'L1', 'L1', '1900-01-01', NULL, pg_temp.strip(3, 8)),     -- 7
  ('lika', 'L2', 'L2', '1900-01-01', NULL, pg_temp.strip(0, 3)),     -- 8
  -- The same place at two times: not rivals.
  ('tid', 'A', 'A', '1900-01-01', '2020-01-01', pg_temp.strip(0, 8)), -- 9
  ('tid', 'A', 'A', '2020-01-01', NULL, pg_temp.strip(0, 8)),        -- 10
  -- No dwellings at all.
  ('tid', 'B', 'B', '1900-01-01', NULL, pg_temp.strip(20, 30));      -- 11

INSERT INTO watch_area (slug, name) VALUES ('halv', 'Halv'), ('granne', 'Granne'), ('tom', 'Tom'), ('sned', 'Sned'), ('lang', 'Lång');
INSERT INTO watch_boundary (watch_area_id, valid_from, outline) VALUES
  (1, '2020-01-01', pg_temp.strip(1, 1.5)),  -- half of square 1
  (2, '2020-01-01', pg_temp.strip(2, 3)),    -- square 2; only touches 1 and 3
  (3, '2020-01-01', pg_temp.strip(7, 8)),    -- no dwellings
  (4, '2020-01-01', ST_Multi(ST_GeomFromText('POLYGON((500200 6200000, 500250 6200000, 500200 6200050, 500200 6200000))', 3006))), -- half of square 4
  (5, '2020-01-01', pg_temp.strip(3.9, 5.2)); -- a tenth of 3, 4, a fifth of 5

SELECT lives_ok('SELECT refresh_memberships(1)', 'memberships are computed');

CREATE FUNCTION pg_temp.cells(district integer, version integer) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(cell_id::text, ' ' ORDER BY cell_id), '') FROM district_cell WHERE district_id = $1 AND district_cell.version = $2
$$;
CREATE FUNCTION pg_temp.misplaced(district integer, version integer) RETURNS numeric LANGUAGE sql AS $$
  SELECT round(misplaced_share::numeric, 9) FROM district_summary WHERE district_id = $1 AND district_summary.version = $2
$$;
SELECT is(pg_temp.cells(1, 1), '1 2', 'R1 is exactly its cells');
SELECT is(pg_temp.cells(2, 1), '3 4', 'R2 is exactly its cells');
SELECT is(pg_temp.cells(4, 1), '1', 'P1 has most of cell 1');
SELECT is(pg_temp.cells(5, 1), '2 3', 'P2 has 6 of 8 in cell 2, and all of cell 3');
SELECT is(pg_temp.cells(6, 1), '', 'P3 has 3 of cell 4, P2 1, nobody 4: nobody answers for it');
SELECT is(pg_temp.cells(7, 1), '2 3 4', 'a tie goes to the lower id');
SELECT is(pg_temp.cells(8, 1), '1', 'and not to the other');
SELECT is(pg_temp.cells(9, 1), '1 2 3 4', 'what was before');
SELECT is(pg_temp.cells(10, 1), '1 2 3 4', 'and what came after are no rivals');
SELECT is(pg_temp.misplaced(1, 1), 0.000000000, 'the base set misplaces nothing');
SELECT is(pg_temp.misplaced(4, 1), round(2 / 10.0, 9), 'P1: 2 inside counted elsewhere, 8 right');
SELECT is(pg_temp.misplaced(5, 1), round(3 / 17.0, 9), 'P2: 2 outside counted, 1 inside elsewhere, 14 right');
SELECT is(pg_temp.misplaced(6, 1), 1.000000000, 'P3: 3 inside elsewhere, none right');
SELECT is(pg_temp.misplaced(7, 1), round(4 / 24.0, 9), 'L1: 4 outside counted, 20 right');
SELECT is(pg_temp.misplaced(11, 1), 0.000000000, 'a district without dwellings misplaces none');

SELECT results_eq(
  $$SELECT boundary_id, string_agg(cell_id::text, ' ' ORDER BY cell_id) FROM watch_cover GROUP BY 1 ORDER BY 1$$,
  $$VALUES (1, '1'), (2, '2'), (4, '3'), (5, '2 3 4')$$,
  'a cover is every cell with a dwelling square that is overlapped, not touched');
SELECT results_eq(
  $$SELECT boundary_id, round(households::numeric, 6), cover_dwellings FROM watch_summary ORDER BY 1$$,
  $$VALUES (1, 2.0, 8), (2, 4.0, 8), (3, 0, 0), (4, 4.0, 8), (5, 0.4 + 8 + 0.8, 24)$$,
  'households by area of squares, dwellings by cells');

-- A second version: cell 2 merges into cell 3, across base districts.
INSERT INTO lattice SELECT 2, now(), source_id, base_set, base_square_dm, k, min_addresses, classes FROM lattice;
UPDATE cell SET merged_into = 3, merged_version = 2 WHERE id = 2;
INSERT INTO lattice_cell VALUES (2, 1, 8, 0, 0, 8, pg_temp.strip(0, 2)), (2, 3, 16, 0, 0, 16, pg_temp.strip(2, 5)),
  (2, 4, 7, 0, 1, 8, pg_temp.strip(5, 7));
SELECT refresh_memberships(2) \g /dev/null
SELECT is(ARRAY[cell_at(2, 1), cell_at(2, 2), cell_at(1, 2), cell_at(99, 2)], ARRAY[2, 3, 1, NULL], 'cell_at follows merges of a version');
SELECT results_eq('SELECT * FROM cells_at(2) ORDER BY 1', 'VALUES (1, 1), (2, 3), (3, 3), (4, 4)', 'cells_at agrees');
SELECT is(pg_temp.cells(1, 2), '1 3', 'a cell merged across base districts is one of them');
SELECT is(pg_temp.misplaced(2, 2), 0.500000000, 'and that is said: R2 has 8 of 16 elsewhere');
SELECT is(pg_temp.cells(5, 1) || '/' || pg_temp.cells(5, 2), '2 3/3', 'the first version keeps its own');
SELECT throws_like('SELECT refresh_memberships(7)', '%version 7 does not exist%', 'an unknown version is refused');
SELECT * FROM finish();
