-- Who may do what: least privilege, tried from the inside.
\ir include/village.sql
SELECT plan(43);

INSERT INTO watch_area (slug, name, is_approved) VALUES ('a', 'A', true), ('b', 'B', false);
INSERT INTO watch_boundary (watch_area_id, valid_from, outline) VALUES (1, '2020-01-01', pg_temp.strip(0, 4)), (2, '2020-01-01', pg_temp.strip(0, 4));
INSERT INTO case_key (id, fingerprint) VALUES (1, '\x0102030405060708');
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (1, 'import', 1, sha256('one'), '2024-01-31');
INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour, code_id, count, case_hash, case_key_id)
SELECT g, 1, 1, 3, 1, '2024-01-10 10:00', '2024-01-10 12:00', 1, 1, sha256(g::text::bytea), 1 FROM generate_series(1, 2) g;
INSERT INTO token (name, role, hash) VALUES ('x', 'analyst', sha256('x'));

-- The SQLSTATE of a statement run as a role, '00000' when it worked; it is undone.
CREATE FUNCTION pg_temp.try(role text, sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    EXECUTE format('SET LOCAL ROLE %I', role);
    EXECUTE sql;
    RAISE EXCEPTION USING ERRCODE = 'GK000';
  EXCEPTION
    WHEN SQLSTATE 'GK000' THEN RETURN '00000';
    WHEN OTHERS THEN RETURN SQLSTATE;
  END;
END
$$;
CREATE FUNCTION pg_temp.may(role text, sql text) RETURNS text LANGUAGE sql AS $$
  SELECT is(pg_temp.try(role, sql), '00000', role || ' may: ' || sql)
$$;
CREATE FUNCTION pg_temp.may_not(role text, sql text) RETURNS text LANGUAGE sql AS $$
  SELECT is(pg_temp.try(role, sql), '42501', role || ' may not: ' || sql)
$$;

-- Everybody.
SELECT is_empty($$
  SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
  WHERE n.nspname LIKE 'grannkarta%' AND a.grantee = 0
  UNION ALL
  SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE n.nspname LIKE 'grannkarta%' AND a.grantee = 0
  UNION ALL
  SELECT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname LIKE 'grannkarta%' AND a.grantee = 0$$,
  'PUBLIC has nothing in our schemas');
SELECT is_empty($$SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname LIKE 'grannkarta%' AND p.prosecdef$$, 'no function runs with its owner''s rights');
SELECT is_empty($$SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname LIKE 'grannkarta%' AND NOT (p.proconfig @> '{"search_path=grannkarta, public, pg_temp"}')
    AND p.proname NOT IN ('counted', 'event_month')$$, 'functions that read tables have a fixed search_path');
SELECT is_empty($$SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname LIKE 'grannkarta%' AND c.relowner <> 'grannkarta_owner'::regrole$$, 'everything is the owner''s');
SELECT is_empty($$SELECT rolname FROM pg_roles WHERE rolname LIKE 'grannkarta%'
  AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)$$, 'no role of ours is more than a role');
SELECT results_eq($$SELECT rolname::text COLLATE "default" FROM pg_roles WHERE rolname LIKE 'grannkarta%' AND rolcanlogin ORDER BY 1$$,
  $$VALUES ('grannkarta'), ('grannkarta_admin')$$, 'only these log in');
SELECT results_eq($$SELECT g.rolname::text COLLATE "default" FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
  WHERE m.member = 'grannkarta'::regrole$$, $$VALUES ('grannkarta_reader')$$, 'the daemon is a reader and nothing else');

-- The daemon.
SELECT is_empty($$SELECT c.relname || ' ' || p FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
  unnest('{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p
  WHERE n.nspname LIKE 'grannkarta%' AND c.relkind IN ('r', 'v')
    AND CASE WHEN p IN ('INSERT', 'UPDATE', 'REFERENCES') THEN has_any_column_privilege('grannkarta', c.oid, p)
             ELSE has_table_privilege('grannkarta', c.oid, p) END$$, 'the reader can write nothing');
SELECT pg_temp.may('grannkarta_reader', 'SELECT id, cell_id, from_hour, code_id FROM incident');
SELECT pg_temp.may('grannkarta_reader', 'SELECT * FROM state');
SELECT pg_temp.may('grannkarta_reader', 'SELECT * FROM cells_at(1)');
SELECT pg_temp.may('grannkarta_reader', 'SELECT hash FROM token');
SELECT pg_temp.may_not('grannkarta_reader', 'SELECT case_hash FROM incident');
SELECT pg_temp.may_not('grannkarta_reader', 'SELECT * FROM incident');
SELECT pg_temp.may_not('grannkarta_reader', 'SELECT count(*) FROM incident WHERE case_hash IS NULL');
SELECT pg_temp.may_not('grannkarta_reader', 'SELECT case_key_id FROM incident');
SELECT pg_temp.may_not('grannkarta_reader', 'SELECT * FROM case_key');
SELECT pg_temp.may_not('grannkarta_reader', 'SELECT file_sha256 FROM revision');
SELECT pg_temp.may_not('grannkarta_reader', $$SELECT publish('2024-01-01', 'polisen')$$);
SELECT pg_temp.may_not('grannkarta_reader', 'UPDATE state SET release = 0');
SELECT pg_temp.may_not('grannkarta_reader', 'CREATE TABLE grannkarta.x (a int)');
SELECT pg_temp.may_not('grannkarta_reader', 'CREATE TABLE public.x (a int)');
SELECT pg_temp.may_not('grannkarta_reader', 'SELECT * FROM grannkarta_analyst.incident');

-- The importer.
SELECT pg_temp.may('grannkarta_importer', $$SELECT publish('2024-01-01', 'polisen')$$);
SELECT pg_temp.may('grannkarta_importer', 'SELECT refresh_memberships(1)');
SELECT pg_temp.may('grannkarta_importer', $$INSERT INTO watch_area (slug, name) VALUES ('c', 'C')$$);
SELECT pg_temp.may('grannkarta_importer', 'CREATE TEMPORARY TABLE staging (a int)');
SELECT pg_temp.may_not('grannkarta_importer', 'SELECT * FROM token');
SELECT pg_temp.may_not('grannkarta_importer', $$UPDATE incident SET count = 2$$);
SELECT pg_temp.may_not('grannkarta_importer', 'DELETE FROM incident');
SELECT pg_temp.may_not('grannkarta_importer', 'DELETE FROM release_cell_month');
SELECT pg_temp.may_not('grannkarta_importer', 'UPDATE unit SET cell_id = 1');
SELECT pg_temp.may_not('grannkarta_importer', $$INSERT INTO migration VALUES (99, 'x', repeat('0', 64))$$);

-- Direct SQL.
SET ROLE grannkarta_importer;
SELECT publish('2024-01-01', 'polisen', NULL, 16) AS release \gset
RESET ROLE;
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (2, 'import', 1, sha256('two'), '2024-01-31');
INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour, code_id, count)
VALUES (3, 2, 2, 3, 1, '2024-01-10 10:00', '2024-01-10 12:00', 1, 1);
SELECT pg_temp.may('grannkarta_public_views', 'SELECT * FROM grannkarta_public.cell_month');
SELECT pg_temp.may_not('grannkarta_public_views', 'SELECT * FROM grannkarta.cell');
SELECT pg_temp.may_not('grannkarta_public_views', 'SELECT * FROM grannkarta_analyst.incident');
SELECT pg_temp.may('grannkarta_analyst_views', 'SELECT * FROM grannkarta_analyst.incident');
SELECT pg_temp.may_not('grannkarta_analyst_views', 'SELECT case_hash FROM grannkarta.incident');
SELECT results_eq($$SELECT cell_id, month, count FROM grannkarta_public.cell_month$$, $$VALUES (1, DATE '2024-01-01', 2)$$,
  'the public views know the release and not what was imported since');
SELECT results_eq($$SELECT slug FROM grannkarta_public.watch_area$$, $$VALUES ('a')$$, 'and only approved watch areas');
SELECT results_eq($$SELECT count(*)::int FROM grannkarta_analyst.incident$$, 'VALUES (3)', 'analysts see all');
SELECT is_empty($$SELECT table_name || '.' || column_name FROM information_schema.columns
  WHERE table_schema = 'grannkarta_public' AND column_name ~ 'hour|reported|code_id|case|hash|villa|flat|holiday|point|address|revision'$$,
  'no public view has a column of hours, kinds per cell, points or imports');
SELECT is((SELECT count(*) FROM grannkarta_public.municipality_month WHERE code = '9999'), 1::bigint, 'the municipality''s months are public');
SELECT * FROM finish();
