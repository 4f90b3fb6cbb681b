-- publish(): what it freezes and what it refuses. Expected values by hand.
\ir include/village.sql
SELECT plan(63);

SELECT throws_like($$SELECT publish('2023-12-01', 'polisen')$$, '%nothing to publish%', 'refused without incidents');

INSERT INTO watch_area (slug, name, started, ended, is_approved) VALUES
  ('stor', 'Stor', '2021-05-01', NULL, true), ('liten', 'Liten', NULL, NULL, true),
  ('hemlig', 'Hemlig', NULL, NULL, false), ('slut', 'Slut', NULL, '2023-12-31', true);
INSERT INTO watch_boundary (watch_area_id, valid_from, outline) VALUES
  (1, '2020-01-01', pg_temp.strip(0, 1)), (1, '2023-06-01', pg_temp.strip(0, 4)), (1, '2024-06-01', pg_temp.strip(0, 2)),
  (2, '2020-01-01', pg_temp.strip(0, 1)), (3, '2020-01-01', pg_temp.strip(0, 4)), (4, '2020-01-01', pg_temp.strip(0, 4));
INSERT INTO district_set (name, title_sv, title_en) VALUES ('lpo', 'LPO', 'LPO');
INSERT INTO district (set_name, code, name, valid_from, valid_to, outline) VALUES
  ('lpo', 'GAMMAL', 'Gammal', '1900-01-01', '2023-12-31', pg_temp.strip(0, 8)), -- 4
  ('lpo', 'NY', 'Ny', '2023-12-31', NULL, pg_temp.strip(0, 8)),                 -- 5
  ('lpo', 'KOMMER', 'Kommer', '2024-01-01', NULL, pg_temp.strip(20, 21));       -- 6

INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (1, 'import', 1, sha256('one'), '2023-12-31');
CREATE SEQUENCE pg_temp.ids;
CREATE FUNCTION pg_temp.hit(cell integer, at timestamp, code integer, n integer DEFAULT 1, revision integer DEFAULT 1,
                            till timestamp DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
  INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour, code_id, count)
  VALUES (nextval('ids'), $5, $1, 3, 1, $2, coalesce($6, $2), $3, $4)
$$;
-- 2023: codes 1 villa completed, 2 villa attempted, 7 holiday home, 8 cellar.
SELECT count(pg_temp.hit(1, '2023-03-01 10:00', 1)) FROM generate_series(1, 3) \g /dev/null
SELECT pg_temp.hit(2, '2023-03-15 00:00', 2) \g /dev/null
SELECT pg_temp.hit(2, '2023-03-20 00:00', 1, 4) \g /dev/null
-- middle 23:30, floored 23:00: May
SELECT pg_temp.hit(3, '2023-05-31 20:00', 1, 1, 1, '2023-06-01 03:00') \g /dev/null
-- middle 00:00: June
SELECT pg_temp.hit(3, '2023-05-31 20:00', 1, 1, 1, '2023-06-01 04:00') \g /dev/null
-- and taken back:
SELECT pg_temp.hit(3, '2023-07-01 00:00', 1, 1) \g /dev/null
SELECT pg_temp.hit(3, '2023-07-02 00:00', 1, -1) \g /dev/null
-- not residential
SELECT pg_temp.hit(4, '2023-08-01 00:00', 8) \g /dev/null
-- without a place
SELECT pg_temp.hit(NULL, '2023-03-05 12:00', 7, 5) \g /dev/null
-- not closed yet
SELECT pg_temp.hit(1, '2024-01-01 00:00', 1) \g /dev/null

-- --- Refusals ---------------------------------------------------------------------
SELECT throws_like($$SELECT publish('2023-12-01', 'inbrott')$$, '%"inbrott" is not known%bra, %', 'an unknown definition, naming the known');
SELECT throws_like($$SELECT publish('2024-01-01', 'polisen')$$, '%2024-01%2023-12-31%2024-01-31%', 'a month that is not closed, naming both days');
SELECT throws_like($$SELECT publish('2023-12-01', 'bra')$$, '%"bra" does not count holiday%', 'a definition that leaves out a class that counted towards k');
SELECT throws_like($$SELECT publish('2023-12-01', 'kallare')$$, '%flat, holiday, villa%', 'or all of them');
SELECT throws_like($$SELECT publish('2023-01-01', 'polisen', '2023-02-01')$$, '%2023-02 is after%', 'months in the wrong order');
SELECT throws_like($$SELECT publish(NULL, 'polisen')$$, '%', 'no month at all');
BEGIN;
  ALTER TABLE lattice_cell DISABLE TRIGGER keep;
  UPDATE lattice_cell SET villa = 6 WHERE cell_id = 4;
  SELECT throws_like($$SELECT publish('2023-12-01', 'polisen')$$, '%1 cells of lattice version 1 have fewer than 8%cell 4%', 'a cell of fewer than k dwellings');
  UPDATE lattice_cell SET villa = 7, addresses = 2 WHERE cell_id = 4;
  SELECT throws_like($$SELECT publish('2023-12-01', 'polisen')$$, '%or 3 addresses%cell 4%', 'a cell of too few addresses');
ROLLBACK;
SELECT is((SELECT count(*) FROM release), 0::bigint, 'a refusal leaves nothing behind');

-- --- What a release is ---------------------------------------------------------------
SELECT is(publish('2023-12-17', 'polisen', NULL, 16), 1, 'the first release');
SELECT results_eq('SELECT first_month, through_month, lattice_version, revision_id FROM release',
  $$VALUES (DATE '2023-03-01', DATE '2023-12-01', 1, 1)$$, 'from the first month with an incident through the month named');
SELECT results_eq('SELECT cell_id, month, count FROM release_cell_month ORDER BY 1, 2',
  $$VALUES (1, DATE '2023-03-01', 3), (2, '2023-03-01', 5), (3, '2023-05-01', 1), (3, '2023-06-01', 1)$$,
  'cells, months of the middle, sums above 0, under the definition');
SELECT results_eq('SELECT month, count, unlocated FROM release_municipality_month WHERE count > 0 ORDER BY 1',
  $$VALUES (DATE '2023-03-01', 13, 5), ('2023-05-01', 1, 0), ('2023-06-01', 1, 0)$$,
  'the municipality: its cells and the unlocated');
SELECT hasnt_column('release_municipality_month', 'attempted', 'attempts of a month are stored for nobody');
SELECT is((SELECT count(*) FROM release_municipality_month), 10::bigint, 'every month is there');
SELECT is((SELECT sum(count) - sum(unlocated) FROM release_municipality_month), (SELECT sum(count) FROM release_cell_month),
  'municipality less cells is the unlocated and nothing else');
SELECT is((SELECT count(*) FROM release_municipality_kind), 0::bigint, 'no kinds: not a whole calendar year');
SELECT set_eq('SELECT district_id FROM release_district', '{1,2,3,5}'::int[], 'districts that are valid on the last day');
SELECT results_eq('SELECT slug, boundary_id, started FROM release_watch_area', $$VALUES ('stor', 2, DATE '2021-05-01')$$,
  'approved, not ended, large enough, with the boundary of the day');
SELECT is((SELECT release FROM state), 1, 'the state says so');

-- --- What stands does not change --------------------------------------------------------
SELECT throws_like('UPDATE release_cell_month SET count = 9', '%frozen%', 'counts are frozen');
SELECT throws_like('UPDATE lattice_cell SET villa = 9', '%frozen%', 'dwellings of a lattice are frozen');
SELECT throws_like($$UPDATE district_set SET title_sv = 'X' WHERE name = 'kommun'$$, '%titles stay%', 'a released set keeps its titles');
SELECT throws_like($$UPDATE district SET name = 'X' WHERE id = 5$$, '%"NY"%part of a release%', 'a released district keeps its name');
SELECT throws_like($$UPDATE district SET inhabitants = 9, inhabitants_year = 2020 WHERE id = 1$$, '%part of a release%', 'and its inhabitants');
SELECT throws_like($$UPDATE district SET outline = ST_Translate(outline, 1, 0) WHERE id = 5$$, '%part of a release%', 'and its outline');
SELECT lives_ok($$UPDATE district SET valid_to = '2030-01-01' WHERE id = 5$$, 'but it may end');
SELECT lives_ok($$UPDATE district SET name = name WHERE id = 5$$, 'and be written again unchanged');
SELECT throws_like($$UPDATE watch_boundary SET outline = pg_temp.strip(0, 3) WHERE id = 2$$, '%part of a release%', 'a released boundary stays');
SELECT lives_ok($$UPDATE watch_boundary SET outline = pg_temp.strip(0, 1.5) WHERE id = 1$$, 'another may change');
UPDATE district SET outline = pg_temp.strip(0, 7) WHERE id = 4;
INSERT INTO district (set_name, code, name, outline) VALUES ('lpo', 'RIVAL', 'Rival', pg_temp.strip(0, 8));
SELECT refresh_memberships(1) \g /dev/null
SELECT is((SELECT count(*) FROM district_cell WHERE district_id = 5), 4::bigint, 'memberships of a released district stay with a new rival');
SELECT throws_ok('DELETE FROM release WHERE id = 1', '23503', NULL, 'a release is not deleted under its counts');
DELETE FROM district_cell WHERE district_id = 7; DELETE FROM district_summary WHERE district_id = 7; DELETE FROM district WHERE id = 7;

-- --- A second release: corrections, kinds, definitions -----------------------------------
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (2, 'import', 1, sha256('two'), '2024-12-31');
UPDATE incident SET revision_out = 2 WHERE id = 4;
SELECT is(publish('2024-12-01', 'polisen'), 2, 'the second');
SELECT results_eq('SELECT count FROM release_cell_month WHERE release_id = 2 AND cell_id = 2', 'VALUES (4)', 'an incident that was taken back is not counted');
SELECT results_eq('SELECT count FROM release_cell_month WHERE release_id = 1 AND cell_id = 2', 'VALUES (5)', 'but the first release keeps it');
SELECT is((SELECT first_month FROM release WHERE id = 2), DATE '2023-03-01', 'it begins where the one before began');
SELECT results_eq('SELECT DISTINCT year::int FROM release_municipality_kind', 'SELECT 1 WHERE false', 'a single villa in 2024: its kind is not said');
INSERT INTO definition (name, title_sv, title_en, description_sv, description_en) VALUES ('allt', '', '', '', '');
INSERT INTO definition_code SELECT 'allt', id FROM offence_code;
SELECT throws_like($$SELECT publish('2024-12-01', 'allt', '2024-12-01')$$, '%release 2 has months of these under the definition "polisen"%', 'another definition of the same months');

-- Kinds, for years of their own. 2025: 8 villas burgled, in cells 1-3 of 8 villas.
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (3, 'import', 1, sha256('three'), '2026-12-31');
SELECT count(pg_temp.hit(1 + g % 3, '2025-04-01 10:00', 1, 1, 3)) FROM generate_series(1, 8) g \g /dev/null
-- 2026: the same, and one in cell 4, which has only 7 villas: the year's kinds
-- would exclude its holiday home.
SELECT count(pg_temp.hit(1 + g % 3, '2026-04-01 10:00', 1, 1, 3)) FROM generate_series(1, 8) g \g /dev/null
SELECT pg_temp.hit(4, '2026-05-01 10:00', 1, 1, 3) \g /dev/null
SELECT is(publish('2026-12-01', 'polisen', '2025-01-01'), 3, 'the third');
SELECT results_eq('SELECT year::int, kind, count FROM release_municipality_kind ORDER BY 1, 2',
  $$VALUES (2025, 'attempted', 0), (2025, 'flat', 0), (2025, 'holiday', 0), (2025, 'villa', 8)$$,
  'kinds of 2025; of 2026 not, because they would exclude a home of cell 4');
SELECT is(publish('2026-12-01', 'polisen'), 4, 'published again without changes');
SELECT results_eq('SELECT year::int, kind, count FROM release_municipality_kind WHERE release_id = 4 ORDER BY 1, 2',
  $$VALUES (2025, 'attempted', 0), (2025, 'flat', 0), (2025, 'holiday', 0), (2025, 'villa', 8)$$, 'the kinds are said again');

-- A late report: the difference of two releases would be its kind.
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (4, 'import', 1, sha256('four'), '2026-12-31');
SELECT pg_temp.hit(1, '2025-06-01 10:00', 1, 1, 4) \g /dev/null
SELECT is(publish('2026-12-01', 'polisen'), 5, 'published with a late report');
SELECT is((SELECT count(*) FROM release_municipality_kind WHERE release_id = 5), 0::bigint, 'the kinds of its year are not said again');
SELECT is((SELECT sum(count) FROM release_cell_month WHERE release_id = 5 AND month = '2025-06-01'), 1::bigint, 'its cell is');
SELECT is(publish('2026-12-01', 'polisen'), 6, 'and again');
SELECT is((SELECT count(*) FROM release_municipality_kind WHERE release_id = 6), 0::bigint, 'nor later');

-- 2027: two kinds, five times each, where both together are 8 dwellings or more.
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (5, 'import', 1, sha256('five'), '2029-12-31');
SELECT count(pg_temp.hit(cell, '2027-04-01 10:00', code, 1, 5))
  FROM generate_series(1, 5), (VALUES (4, 1), (NULL, 7)) hit (cell, code) \g /dev/null
-- 2028: holiday homes only four times.
SELECT count(pg_temp.hit(4, '2028-04-01 10:00', code, 1, 5)) FROM generate_series(1, 4), unnest('{1,1,7}'::int[]) code \g /dev/null
-- 2029: as 2027, but no hit without a place: cell 4 has only one holiday home, so
-- that would be the one that was burgled five times.
SELECT count(pg_temp.hit(4, '2029-04-01 10:00', code, 1, 5)) FROM generate_series(1, 5), unnest('{1,7}'::int[]) code \g /dev/null
SELECT is(publish('2029-12-01', 'polisen', '2027-01-01'), 7, 'three years more');
SELECT results_eq('SELECT year::int, kind, count FROM release_municipality_kind WHERE release_id = 7 ORDER BY 1, 2',
  $$VALUES (2027, 'attempted', 0), (2027, 'flat', 0), (2027, 'holiday', 5), (2027, 'villa', 5)$$,
  'kinds of 2027; of 2028 not, because one is 1 to 4; of 2029 not, because they would name a home of cell 4');

-- 2030: 8 villas, 4 attempts: their number is not told. 2031: 5 attempts and 5
-- completed. 2032: 5 attempts of 8: the completed ones are few. 2033: as 2031.
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (6, 'import', 1, sha256('six'), '2033-12-31');
SELECT count(pg_temp.hit(1 + g % 3, make_timestamp(y, 4, 1, 10, 0, 0), code, 1, 6))
  FROM (VALUES (2030, 2, 4), (2030, 1, 4), (2031, 2, 5), (2031, 1, 5), (2032, 2, 5), (2032, 1, 3), (2033, 2, 5), (2033, 1, 5)) x (y, code, n),
       generate_series(1, n) g \g /dev/null
SELECT is(publish('2033-12-01', 'polisen', '2030-01-01'), 8, 'years with attempts');
SELECT results_eq('SELECT year::int, kind, count FROM release_municipality_kind WHERE release_id = 8 AND count > 0 ORDER BY 1, 2',
  $$VALUES (2030, 'villa', 8), (2031, 'attempted', 5), (2031, 'villa', 10), (2032, 'villa', 8), (2033, 'attempted', 5), (2033, 'villa', 10)$$,
  'attempts, where neither they nor the completed ones are 1 to 4');
SELECT results_eq('SELECT year::int, completed::int, attempted::int FROM grannkarta_public.municipality_attempt ORDER BY 1',
  'VALUES (2031, 5, 5), (2033, 5, 5)', 'and the view for everyone');
SELECT is((SELECT count(*) FROM grannkarta_public.municipality_kind WHERE kind = 'attempted'), 0::bigint, 'which are no kind of dwelling');
-- One of 2030 and one of 2031 were attempts after all: no cell changes.
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (7, 'import', 1, sha256('seven'), '2033-12-31');
UPDATE incident SET revision_out = 7 WHERE id IN (
  SELECT min(id) FROM incident WHERE from_hour = '2030-04-01 10:00' AND code_id = 1 AND revision_out IS NULL
  UNION ALL SELECT min(id) FROM incident WHERE from_hour = '2031-04-01 10:00' AND code_id = 1 AND revision_out IS NULL);
INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour, code_id, count)
  SELECT id, 7, cell_id, municipality_id, lattice_version, from_hour, to_hour, 2, 1 FROM incident WHERE revision_out = 7;
SELECT is(publish('2033-12-01', 'polisen'), 9, 'published with codes corrected');
SELECT results_eq('SELECT year::int, kind, count FROM release_municipality_kind WHERE release_id = 9 AND count > 0 ORDER BY 1, 2',
  $$VALUES (2030, 'villa', 8), (2032, 'villa', 8), (2033, 'attempted', 5), (2033, 'villa', 10)$$,
  'an attempt more makes no number of 2030 appear; 2031, where one changed, is not told again');

-- --- Merges, withdrawal -------------------------------------------------------------------
INSERT INTO lattice SELECT 2, now(), source_id, base_set, base_square_dm, k, min_addresses, classes FROM lattice;
UPDATE cell SET merged_into = 3, merged_version = 2 WHERE id = 2;
INSERT INTO lattice_cell VALUES (2, 1, 8, 0, 0, 8, pg_temp.strip(0, 2)), (2, 3, 16, 0, 0, 16, pg_temp.strip(2, 5)),
  (2, 4, 7, 0, 1, 8, pg_temp.strip(5, 7));
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (8, 'import', 2, sha256('eight'), '2033-12-31');
SELECT throws_like($$SELECT publish('2023-12-01', 'polisen', '2023-01-01')$$, '%release 9 stands through 2033-12%withdraw 9%',
  'not one that ends earlier than the one that stands');
SELECT is(publish('2033-12-01', 'polisen', '2023-01-01'), 10, 'on a new lattice');
SELECT results_eq('SELECT cell_id, sum(count)::int FROM release_cell_month WHERE release_id = 10 AND month < ''2024-01-01'' GROUP BY 1 ORDER BY 1',
  'VALUES (1, 3), (3, 6)', 'incidents follow their cell into the one it became');
SELECT isnt_empty('SELECT FROM district_cell WHERE version = 2', 'memberships were computed on the way');
SELECT is(withdraw(10), 9, 'a withdrawn release gives way to the one before');
SELECT is((SELECT release FROM state), 9, 'and is not the newest');
SELECT throws_like('SELECT withdraw(10)', '%withdrawn already%', 'nor withdrawn twice');
SELECT * FROM finish();
