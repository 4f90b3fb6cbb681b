-- What the tables themselves refuse, and what they tell.
\ir include/village.sql
SELECT plan(64);

INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (1, 'import', 1, sha256('one'), '2024-01-31');
SELECT is((SELECT revision FROM state), 1, 'a revision is told to the daemons');

-- Rule 1: there is no place for an exact place.
SELECT is_empty($$SELECT table_name || '.' || column_name FROM information_schema.columns
  WHERE table_schema = 'grannkarta' AND table_name IN ('incident', 'revision')
    AND (udt_name IN ('geometry', 'geography', 'point', 'float8', 'float4', 'numeric', 'json', 'jsonb')
         OR (udt_name = 'text' AND column_name <> 'kind'))$$, 'incidents have no column for a coordinate or an address');

-- Incidents.
CREATE FUNCTION pg_temp.incident(changes text) RETURNS text LANGUAGE sql AS $$
  SELECT 'INSERT INTO incident (id, revision_in, cell_id, lattice_version, from_hour, to_hour, code_id, count, revision_out, case_hash, case_key_id) '
      || 'SELECT id, revision_in, cell_id, lattice_version, from_hour, to_hour, code_id, count, revision_out, case_hash, case_key_id FROM ('
      || 'SELECT (r).* FROM (SELECT jsonb_populate_record(NULL::incident, ''{"id":1,"revision_in":1,"cell_id":1,"lattice_version":1,'
      || '"from_hour":"2024-01-01 10:00","to_hour":"2024-01-01 12:00","code_id":1,"count":1}''::jsonb || ''' || $1 || ''') AS r) x) y'
$$;
SELECT throws_ok(pg_temp.incident('{"from_hour":"2024-01-01 10:30"}'), '23514', NULL, 'no minutes in from');
SELECT throws_ok(pg_temp.incident('{"to_hour":"2024-01-01 12:00:01"}'), '23514', NULL, 'no seconds in to');
SELECT throws_ok(pg_temp.incident('{"to_hour":"2024-01-01 09:00"}'), '23514', NULL, 'from before to');
SELECT throws_ok(pg_temp.incident('{"cell_id":99}'), '23503', NULL, 'a cell that exists');
SELECT throws_ok(pg_temp.incident('{"code_id":99}'), '23503', NULL, 'a code that exists');
SELECT throws_ok(pg_temp.incident('{"revision_in":9}'), '23503', NULL, 'a revision that exists');
SELECT throws_ok(pg_temp.incident('{"revision_out":1}'), '23514', NULL, 'closed only later');
SELECT throws_ok(pg_temp.incident('{"case_hash":"\\x00"}'), '23514', NULL, 'a hash of 32 bytes, with its key');
SELECT lives_ok(pg_temp.incident('{}'), 'a good one');
SELECT throws_ok(pg_temp.incident('{}'), '23505', NULL, 'not twice');
INSERT INTO case_key (id, fingerprint) VALUES (1, '\x0102030405060708');
UPDATE incident SET case_hash = sha256('case'), case_key_id = 1;
SELECT throws_ok(pg_temp.incident(format('{"id":2,"case_hash":"%s","case_key_id":1}', replace(sha256('case')::text, '\', '\\'))), '23505', NULL,
  'one open incident per case');

-- References are checked by statement (0011): nothing dangles, whoever writes.
CREATE FUNCTION pg_temp.refused(role text, what text, VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  state text := '00000';
BEGIN
  BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    FOR i IN 1 .. array_length(statements, 1) LOOP
      EXECUTE statements[i];
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'GK000';
  EXCEPTION
    WHEN SQLSTATE 'GK000' THEN NULL;
    WHEN OTHERS THEN state := SQLSTATE;
  END;
  RETURN is(state, '23503', what);
END
$$;
INSERT INTO revision (id, kind, lattice_version, data_through) VALUES (2, 'revert', 1, '2024-01-31');
INSERT INTO release (id, definition, first_month, through_month, lattice_version, revision_id) VALUES (1, 'polisen', '2024-01-01', '2024-01-01', 1, 1);
INSERT INTO release_cell_month VALUES (1, 1, '2024-01-01', 1);
SELECT pg_temp.refused('grannkarta_importer', 'an incident refers to ' || what || ' that exists', pg_temp.incident(changes))
FROM (VALUES ('a cell', '{"id":7,"cell_id":99}'), ('a lattice version', '{"id":7,"lattice_version":9}'),
             ('a code', '{"id":7,"code_id":99}'), ('a revision', '{"id":7,"revision_in":9}'),
             ('a closing revision', '{"id":7,"revision_out":9}')) x (what, changes);
SELECT pg_temp.refused('grannkarta_importer', 'a municipality that exists', $$INSERT INTO incident (id, revision_in, municipality_id,
  lattice_version, from_hour, to_hour, code_id, count) VALUES (7, 1, 99, 1, '2024-01-01', '2024-01-01', 1, 1)$$);
SELECT pg_temp.refused('grannkarta_importer', 'a key that exists', pg_temp.incident(format('{"id":7,"case_hash":"%s","case_key_id":9}',
  replace(sha256('seven')::text, '\', '\\'))));
SELECT pg_temp.refused('grannkarta_importer', 'one row of many is enough', $$INSERT INTO incident (id, revision_in, cell_id,
  lattice_version, from_hour, to_hour, code_id, count) SELECT g, 1, CASE WHEN g = 777 THEN 99 ELSE 1 + g % 4 END, 1, '2024-01-01', '2024-01-01', 1, 1
  FROM generate_series(100, 1000) g$$);
SELECT pg_temp.refused('grannkarta_importer', 'closed by a revision that exists', 'UPDATE incident SET revision_out = 99');
SELECT pg_temp.refused('grannkarta_owner', 'the owner may not either', 'UPDATE incident SET cell_id = 99');
SELECT pg_temp.refused('grannkarta_importer', 'a count refers to a cell that exists', $$INSERT INTO release_cell_month VALUES (1, 99, '2024-01-01', 1)$$);
SELECT pg_temp.refused('grannkarta_importer', 'and to a release that exists', $$INSERT INTO release_cell_month VALUES (9, 1, '2024-01-01', 1)$$);
UPDATE incident SET municipality_id = 3, revision_out = 2;
-- What only incidents refer to by now: other tables' foreign keys would refuse too.
INSERT INTO district (set_name, code, name, outline) VALUES ('kommun', '9998', 'Annan', pg_temp.strip(-20, -10));
INSERT INTO offence_code (id, code, kind, name_sv, name_en) VALUES (90, '0999', 'other', 'x', 'x');
INSERT INTO cell (id, since_version, point_e, point_n, district_id) VALUES (90, 1, 0, 0, 1), (91, 1, 0, 0, 1);
INSERT INTO lattice SELECT 2, now(), source_id, base_set, base_square_dm, k, min_addresses, classes FROM lattice;
INSERT INTO revision (id, kind, lattice_version, data_through) VALUES (3, 'import', 1, '2024-01-31'), (4, 'import', 1, '2024-01-31');
INSERT INTO case_key (id, fingerprint) VALUES (90, '\x0102030405060708');
INSERT INTO incident VALUES (90, 3, 4, 90, (SELECT max(id) FROM district), 2, '2024-01-01', '2024-01-01', NULL, 90, 1, sha256('90'), 90);
INSERT INTO release (id, definition, first_month, through_month, lattice_version, revision_id) VALUES (2, 'polisen', '2024-01-01', '2024-01-01', 1, 1);
INSERT INTO release_cell_month VALUES (2, 91, '2024-01-01', 1);
SELECT pg_temp.refused('grannkarta_importer', 'the importer may not delete a district of an incident', 'DELETE FROM district WHERE code = ''9998''');
SELECT pg_temp.refused('grannkarta_owner', what || ' that is referred to stays', sql)
FROM (VALUES ('a district', 'DELETE FROM district WHERE code = ''9998'''), ('a cell of an incident', 'DELETE FROM cell WHERE id = 90'),
             ('a cell of a count', 'DELETE FROM cell WHERE id = 91'), ('a lattice version', 'DELETE FROM lattice WHERE version = 2'),
             ('a revision', 'DELETE FROM revision WHERE id = 3'), ('a closing revision', 'DELETE FROM revision WHERE id = 4'),
             ('a code', 'DELETE FROM offence_code WHERE id = 90'), ('a key', 'DELETE FROM case_key WHERE id = 90'),
             ('a release', 'DELETE FROM release WHERE id = 2')) x (what, sql);
SELECT pg_temp.refused('grannkarta_owner', 'keys of ' || what || ' never change', sql)
FROM (VALUES ('cells', 'UPDATE cell SET id = 92 WHERE id = 90'), ('lattice versions', 'UPDATE lattice SET version = 3 WHERE version = 2'),
             ('revisions', 'UPDATE revision SET id = 5 WHERE id = 4'), ('codes', 'UPDATE offence_code SET id = 91 WHERE id = 90'),
             ('keys', 'UPDATE case_key SET id = 91 WHERE id = 90'), ('releases', 'UPDATE release SET id = 3 WHERE id = 2')) x (what, sql);
SELECT pg_temp.refused('grannkarta_owner', 'and nothing is truncated under them', 'TRUNCATE case_key');
SELECT lives_ok($$DELETE FROM incident WHERE id = 90; DELETE FROM case_key WHERE id = 90$$, 'what nothing refers to may go');
DELETE FROM release_cell_month; DELETE FROM release; DELETE FROM revision WHERE id IN (3, 4); DELETE FROM lattice WHERE version = 2;
DELETE FROM cell WHERE id IN (90, 91); DELETE FROM offence_code WHERE id = 90;

-- Places.
SELECT throws_ok($$INSERT INTO district_set VALUES ('two', 'x', 'x', true)$$, '23505', NULL, 'one base set');
SELECT throws_ok($$INSERT INTO district_set VALUES ('Två', 'x', 'x')$$, '23514', NULL, 'names of sets go into URLs');
SELECT throws_ok($$INSERT INTO district (set_name, code, name, outline) VALUES ('regso', 'X', 'X',
  ST_GeomFromText('MULTIPOLYGON(((0 0, 10 10, 10 0, 0 10, 0 0)))', 3006))$$, '23514', NULL, 'outlines are valid');
SELECT throws_ok($$INSERT INTO district (set_name, code, name, outline) VALUES ('regso', 'X', 'X', ST_Multi(ST_MakeEnvelope(0, 0, 1, 1, 4326)))$$,
  '22023', NULL, 'outlines are in SWEREF 99 TM');
SELECT throws_ok($$INSERT INTO district (set_name, code, name, inhabitants, outline) VALUES ('regso', 'X', 'X', 5, pg_temp.strip(0, 1))$$,
  '23514', NULL, 'inhabitants have a year');
SELECT throws_ok($$INSERT INTO lattice SELECT 2, now(), source_id, base_set, base_square_dm, 7, min_addresses, classes FROM lattice$$,
  '23514', NULL, 'k is at least 8');
SELECT throws_ok($$INSERT INTO lattice SELECT 2, now(), source_id, base_set, base_square_dm, 8, 2, classes FROM lattice$$,
  '23514', NULL, 'addresses at least 3, or 0 for a source that has none');
SELECT throws_ok($$INSERT INTO lattice SELECT 2, now(), source_id, base_set, base_square_dm, 8, 3, '{cellar}' FROM lattice$$,
  '23514', NULL, 'cells are closed with dwellings');
SELECT throws_ok($$UPDATE cell SET merged_into = 1, merged_version = 1 WHERE id = 1$$, '23514', NULL, 'no cell merges into itself');
SELECT throws_ok($$INSERT INTO dwelling VALUES (1, 1, 1, 1, -1, 0, 0, 0)$$, '23514', NULL, 'no negative dwellings');
SELECT throws_ok($$INSERT INTO watch_area (slug, name) VALUES ('Å', 'x')$$, '23514', NULL, 'slugs go into URLs');

-- Tokens.
SELECT throws_ok($$INSERT INTO token (name, role, hash) VALUES ('x', 'owner', sha256('x'))$$, '23514', NULL, 'roles are known');
SELECT throws_ok($$INSERT INTO token (name, role, hash) VALUES ('x', 'contact', sha256('x'))$$, '23514', NULL, 'a contact has a watch area');
SELECT throws_ok($$INSERT INTO token (name, role, hash) VALUES ('x', 'analyst', 'gk_secret')$$, '23514', NULL, 'only a SHA-256 fits');

-- Reference data, as Brå and the police define it.
SELECT results_eq($$SELECT d.definition, string_agg(c.code, ' ' ORDER BY c.code) FROM definition_code d JOIN offence_code c ON c.id = d.code_id GROUP BY 1 ORDER BY 1$$,
  $$VALUES ('bra', '0843 0844 0857 0874 9801 9802'), ('forsok', '0857 0874'), ('fritidshus', '0826'),
           ('fullbordade', '9801 9802'), ('kallare', '0825'), ('polisen', '0826 0843 0844 0857 0874 9801 9802')$$, 'named definitions');
SELECT is((SELECT count(*) FROM offence_code WHERE valid_to IS NOT NULL), 3::bigint, 'three codes have ended');

-- Telling.
SELECT is(event_month('2024-01-31 20:00', '2024-02-01 03:00'), DATE '2024-01-01', 'the middle 23:30 is in January');
SELECT is(event_month('2024-01-31 20:00', '2024-02-01 04:00'), DATE '2024-02-01', 'the middle 00:00 is in February');
SELECT is(event_month('1999-12-01 00:00', '2000-02-01 00:00'), DATE '2000-01-01', '62 days are halved too');
SELECT places AS before FROM state \gset
UPDATE district SET valid_to = '2030-01-01' WHERE id = 2;
SELECT is((SELECT places FROM state), :before + 1, 'a changed district is told');
SELECT tokens AS before FROM state \gset
INSERT INTO token (name, role, hash) VALUES ('x', 'analyst', sha256('x'));
SELECT is((SELECT tokens FROM state), :before + 1, 'a new token is told');
SELECT * FROM finish();
