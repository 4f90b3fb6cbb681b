-- What the tables themselves refuse, and what they tell.
\ir include/village.sql
SELECT plan(34);

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
