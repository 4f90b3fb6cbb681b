-- The first load of a store (0016_first_load): what the importer may do in it, and
-- what nobody may do after it.
\ir include/village.sql
SELECT plan(16);

INSERT INTO case_key VALUES (1, '\x0102030405060708');

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
CREATE FUNCTION pg_temp.row(hash text) RETURNS text LANGUAGE sql AS $$
  SELECT format('INSERT INTO incident (revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour, code_id,'
                ' count, case_hash, case_key_id) VALUES (1, 1, 3, 1, ''2024-01-01'', ''2024-01-01'', 1, 1, sha256(%L), 1);', hash)
$$;
\set revision '''INSERT INTO revision (id, kind, lattice_version, data_through) VALUES (1, ''''import'''', 1, ''''2024-12-31'''');'''

SELECT is(pg_temp.answer('grannkarta_owner', 'SELECT begin_first_load(1)'), 'P0001', 'no load without a revision');
SELECT is(pg_temp.answer('grannkarta_importer', 'SELECT begin_first_load(1)'), '42501', 'the importer has to take the role of the owner');
SELECT is(pg_temp.answer('grannkarta_reader', 'SELECT begin_first_load(1)'), '42501', 'readers load nothing');
SELECT is(pg_temp.answer('grannkarta_reader', 'SELECT take_back_loaded(1, ''{}'')'), '42501', 'and take nothing back');
SELECT is(pg_temp.answer('grannkarta_importer', 'TRUNCATE incident'), '42501', 'the importer empties nothing');
SELECT is(pg_temp.answer('grannkarta_importer', 'DELETE FROM incident'), '42501', 'and deletes nothing');

-- A load that was begun has to be ended.
BEGIN;
SET LOCAL ROLE grannkarta_importer;
INSERT INTO revision (id, kind, lattice_version, data_through) VALUES (1, 'import', 1, '2024-12-31');
SET LOCAL ROLE grannkarta_owner;
SELECT begin_first_load(1) \g /dev/null
SELECT throws_ok('SET CONSTRAINTS ALL IMMEDIATE', 'P0001', 'a first load was begun and not ended', 'a load cannot be committed half done');
ROLLBACK;

BEGIN;
SET LOCAL ROLE grannkarta_importer;
INSERT INTO revision (id, kind, lattice_version, data_through) VALUES (1, 'import', 1, '2024-12-31');
SET LOCAL ROLE grannkarta_owner;
SELECT begin_first_load(1) \g /dev/null
SET LOCAL ROLE grannkarta_importer;
DO $$ BEGIN EXECUTE pg_temp.row('a') || pg_temp.row('b') || pg_temp.row('c'); END $$;
SET LOCAL ROLE grannkarta_owner;
SELECT end_first_load() \g /dev/null
SELECT is((SELECT count(*)::int FROM take_back_loaded(1, ARRAY[sha256('a'), sha256('x')])), 1, 'a row of the load is taken back by its case');
SELECT throws_ok(pg_temp.row('b'), '23505', NULL, 'a case is in one open row only');
SET LOCAL ROLE grannkarta_importer;
UPDATE revision SET file_sha256 = sha256('file'), file_through = '2024-12-31', rows_new = 2;
COMMIT;
SELECT is((SELECT count(*)::int FROM incident), 2, 'the others stay');
SELECT is(pg_temp.answer('grannkarta_importer', pg_temp.row('b')), '23505', 'also after the load');
SELECT is(pg_temp.answer('grannkarta_owner', 'SELECT take_back_loaded(1, ARRAY[sha256(''b'')])'), 'P0001', 'what was committed is not taken back');
SELECT is(pg_temp.answer('grannkarta_importer', 'UPDATE revision SET file_sha256 = sha256(''other'')'), 'P0001', 'its file stays what it was');
SELECT is(pg_temp.answer('grannkarta_importer', 'UPDATE revision SET file_through = ''2025-12-31'''), 'P0001', 'and its last day');
SELECT is(pg_temp.answer('grannkarta_owner', 'UPDATE revision SET file_sha256 = NULL'), 'GK000', 'the hash may be erased');
SELECT is(pg_temp.answer('grannkarta_owner', replace(:revision, '(1,', '(2,') || 'SELECT begin_first_load(2)'), 'P0001', 'a second load is none');
SELECT * FROM finish();
