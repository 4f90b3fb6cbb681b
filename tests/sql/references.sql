-- References of the large tables, which triggers hold instead of foreign keys
-- (0010_place_references). Expected is what PostgreSQL's own foreign keys answer, 23503,
-- to a row alone, to one among a hundred, and for what is referred to.
\ir include/village.sql
SELECT plan(93);

INSERT INTO watch_area (slug, name) VALUES ('a', 'A');
INSERT INTO watch_boundary (watch_area_id, valid_from, outline) VALUES (1, '2020-01-01', pg_temp.strip(0, 2));
INSERT INTO dwelling_source (year, file_sha256, base_square_dm, has_addresses) VALUES (2025, sha256('more'), 500, true);
INSERT INTO district (set_name, code, name, outline) VALUES ('regso', 'R3', 'Ensam', pg_temp.strip(20, 21)); -- 4, of no cell
INSERT INTO cell SELECT i, 1, i, i, 1 FROM generate_series(101, 200) i; -- in no use
INSERT INTO dwelling SELECT 2, e, n, CASE district_id WHEN 2 THEN 4 ELSE 1 END, villa, flat, holiday, addresses FROM dwelling;
SELECT refresh_memberships(1) \g /dev/null

-- What a role is answered; nothing stays of it. GK000: it was taken.
CREATE FUNCTION pg_temp.answer(role_name text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', role_name);
  EXECUTE statement;
  RAISE EXCEPTION 'taken' USING ERRCODE = 'GK000';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;

-- --- Rows that refer: one value that does not exist ------------------------------------
CREATE TEMPORARY TABLE attempt (number serial, name text, good text, bad text, what text);
INSERT INTO attempt (name, good, bad, what) VALUES
  ('dwelling', '2, 20000 + i, 1, 1, 1, 0, 0, 1', '3, 20000 + i, 1, 1, 1, 0, 0, 1', 'source'),
  ('dwelling', '2, 20000 + i, 1, 1, 1, 0, 0, 1', '2, 20000 + i, 1, 99, 1, 0, 0, 1', 'district'),
  ('cell', '300 + i, 1, i, i, 1, NULL::int, NULL::int', '300 + i, 9, i, i, 1, NULL::int, NULL::int', 'version'),
  ('cell', '300 + i, 1, i, i, 1, NULL::int, NULL::int', '300 + i, 1, i, i, 99, NULL::int, NULL::int', 'district'),
  ('cell', '300 + i, 1, i, i, 1, 301 + i % 100, 1', '300 + i, 1, i, i, 1, 999, 1', 'heir'),
  ('cell', '300 + i, 1, i, i, 1, 1, 1', '300 + i, 1, i, i, 1, 1, 9', 'version of its merge'),
  ('unit', '20000 + i, 1, 1, 1', '20000 + i, 1, 99, 1', 'district'),
  ('unit', '20000 + i, 1, 1, 1', '20000 + i, 1, 1, 99', 'cell'),
  ('lattice_cell', '1, 100 + i, 8, 0, 0, 8, pg_temp.strip(0, 1)', '9, 100 + i, 8, 0, 0, 8, pg_temp.strip(0, 1)', 'version'),
  ('lattice_cell', '1, 100 + i, 8, 0, 0, 8, pg_temp.strip(0, 1)', '1, 99, 8, 0, 0, 8, pg_temp.strip(0, 1)', 'cell'),
  ('district_cell', '1, 3, 100 + i', '9, 3, 100 + i', 'version'),
  ('district_cell', '1, 3, 100 + i', '1, 99, 100 + i', 'district'),
  ('district_cell', '1, 3, 100 + i', '1, 2, 99', 'cell'),
  ('watch_cover', '1, 1, 100 + i', '9, 1, 100 + i', 'version'),
  ('watch_cover', '1, 1, 100 + i', '1, 99, 100 + i', 'boundary'),
  ('watch_cover', '1, 1, 100 + i', '1, 1, 99', 'cell');
SELECT is(pg_temp.answer('grannkarta_importer', format('INSERT INTO %s SELECT %s FROM generate_series(1, 100) i', name, good)),
          'GK000', format('%s: a hundred rows with their %s are taken', name, what)) FROM attempt ORDER BY number;
SELECT is(pg_temp.answer('grannkarta_importer', format('INSERT INTO %s SELECT %s FROM generate_series(50, 50) i', name, bad)),
          '23503', format('%s: a row without its %s is not', name, what)) FROM attempt ORDER BY number;
SELECT is(pg_temp.answer('grannkarta_importer', format(
            'INSERT INTO %s SELECT x.* FROM generate_series(1, 100) i, LATERAL (SELECT %s WHERE i <> 50 UNION ALL SELECT %s WHERE i = 50) x',
            name, good, bad)),
          '23503', format('%s: nor a hundred rows of which one is without', name)) FROM attempt ORDER BY number;

-- Changed rows.
CREATE TEMPORARY TABLE change (number serial, role_name text, statement text);
INSERT INTO change (role_name, statement) VALUES
  ('grannkarta_importer', 'UPDATE dwelling SET source_id = 3 WHERE source_id = 2'),
  ('grannkarta_importer', 'UPDATE dwelling SET district_id = 99 WHERE source_id = 2 AND e = 10000'),
  ('grannkarta_importer', 'UPDATE cell SET merged_into = 99, merged_version = 1 WHERE id = 1'),
  ('grannkarta_importer', 'UPDATE cell SET merged_into = 2, merged_version = 9 WHERE id = 1'),
  ('grannkarta_owner', 'UPDATE unit SET cell_id = 99 WHERE e = 10000'),
  ('grannkarta_owner', 'UPDATE unit SET district_id = 99 WHERE e = 10000'),
  ('grannkarta_owner', 'UPDATE district_cell SET cell_id = 99 WHERE cell_id = 1 AND district_id = 1'),
  ('grannkarta_owner', 'UPDATE watch_cover SET boundary_id = 99'),
  -- What is referred to.
  ('grannkarta_importer', 'DELETE FROM district WHERE id = 1'),
  ('grannkarta_importer', 'DELETE FROM district WHERE id IN (2, 4)'),
  ('grannkarta_importer', 'UPDATE district SET id = DEFAULT WHERE id = 1'),
  ('grannkarta_importer', 'UPDATE dwelling_source SET id = DEFAULT WHERE id = 2'),
  ('grannkarta_importer', 'UPDATE watch_boundary SET id = DEFAULT'),
  ('grannkarta_importer', 'DELETE FROM dwelling_source'),
  ('grannkarta_owner', 'DELETE FROM cell WHERE id = 1'),
  ('grannkarta_owner', 'DELETE FROM cell'),
  ('grannkarta_owner', 'UPDATE cell SET id = 99 WHERE id = 1'),
  ('grannkarta_owner', 'DELETE FROM lattice'),
  ('grannkarta_owner', 'UPDATE lattice SET version = 2'),
  ('grannkarta_owner', 'TRUNCATE cell CASCADE'),
  ('grannkarta_owner', 'TRUNCATE lattice CASCADE'),
  ('grannkarta_owner', 'TRUNCATE district CASCADE'),
  ('grannkarta_owner', 'TRUNCATE dwelling_source CASCADE'),
  ('grannkarta_owner', 'TRUNCATE watch_boundary CASCADE');
SELECT is(pg_temp.answer(role_name, statement), '23503', statement) FROM change ORDER BY number;

-- One reference is enough to keep a row: all but one table are emptied, then it goes.
-- (Dwellings that a lattice stands on are never deleted: district 4 is only in others.)
CREATE FUNCTION pg_temp.only(kept text, statement text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(format('DELETE FROM %s;', t), ' ') || statement
  FROM unnest('{district_summary,watch_summary,watch_cover,district_cell,lattice_cell,unit}'::text[]) t WHERE t <> kept
$$;
SELECT is(pg_temp.answer('grannkarta_owner', pg_temp.only(t, 'DELETE FROM cell WHERE id = 1')), '23503', 'cell 1 stays for ' || t)
FROM unnest('{watch_cover,district_cell,lattice_cell,unit}'::text[]) t;
SELECT is(pg_temp.answer('grannkarta_owner', pg_temp.only('', 'UPDATE cell SET merged_into = 1, merged_version = 1 WHERE id = 2; DELETE FROM cell WHERE id = 1')),
          '23503', 'and for a cell that merged into it');
SELECT is(pg_temp.answer('grannkarta_owner', pg_temp.only('', 'DELETE FROM cell WHERE id = 1')), 'GK000', 'and goes without');
SELECT is(pg_temp.answer('grannkarta_owner', pg_temp.only('', format('INSERT INTO %s; DELETE FROM dwelling WHERE source_id = 2; DELETE FROM district WHERE id = 4', row))), '23503', 'district 4 stays for ' || row)
FROM unnest(ARRAY['district_cell VALUES (1, 4, 1)', 'unit VALUES (1, 1, 4, 1)', 'cell VALUES (300, 1, 1, 1, 4)']) row;
SELECT is(pg_temp.answer('grannkarta_owner', pg_temp.only('', 'DELETE FROM district WHERE id = 4')), '23503', 'and for dwellings');
SELECT is(pg_temp.answer('grannkarta_owner', pg_temp.only('', 'DELETE FROM dwelling WHERE source_id = 2; DELETE FROM district WHERE id = 4')), 'GK000', 'and goes without');
SELECT is(pg_temp.answer('grannkarta_owner', pg_temp.only(t, 'DELETE FROM cell; DELETE FROM lattice')), '23503', 'version 1 stays for ' || t)
FROM unnest('{watch_cover,district_cell,lattice_cell}'::text[]) t;
SELECT is(pg_temp.answer('grannkarta_owner', pg_temp.only('', 'DELETE FROM lattice')), '23503', 'and for its cells');
SELECT is(pg_temp.answer('grannkarta_owner', pg_temp.only('', 'DELETE FROM cell; DELETE FROM lattice')), 'GK000', 'and goes without');

-- What goes with what it belongs to.
SET ROLE grannkarta_importer;
DELETE FROM dwelling_source WHERE id = 2;
DELETE FROM watch_area WHERE id = 1;
RESET ROLE;
SELECT is((SELECT array_agg(DISTINCT source_id) FROM dwelling), '{1}', 'dwellings go with their source, and no others');
SELECT is_empty('SELECT FROM watch_cover', 'covers go with their boundary');

-- A snapshot of an earlier time cannot tell what exists now.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT is(pg_temp.answer('grannkarta_importer', 'INSERT INTO unit VALUES (20000, 1, 1, 1)'), '0A000', 'only READ COMMITTED knows what exists');
SELECT is(pg_temp.answer('grannkarta_importer', 'DELETE FROM district_summary WHERE district_id = 4; DELETE FROM district WHERE id = 4'), '0A000', 'and what is in use');
COMMIT;
SELECT is(pg_temp.answer('grannkarta_importer', 'DELETE FROM district_summary WHERE district_id = 4; DELETE FROM district WHERE id = 4'), 'GK000', 'what is in no use goes');
SELECT * FROM finish();
