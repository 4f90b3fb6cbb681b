-- What the schema is, line by line: columns, checks, triggers, functions, grants
-- and roles. tests/sql/update-schema writes the lines of this version into
-- schema.expected beside the queries; three checks compare a database with it.
CREATE TEMPORARY TABLE v_line ON COMMIT DROP AS
WITH ours AS (
  SELECT t.oid, n.nspname, t.relname, t.relkind, t.relacl, t.relowner
  FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
  WHERE n.nspname LIKE 'grannkarta%'
), acl AS (
  SELECT CASE relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || nspname || '.' || relname AS object, relowner AS owner, relacl AS acl
  FROM ours WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  UNION ALL
  SELECT 'column ' || nspname || '.' || relname || '.' || attname, relowner, attacl
  FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT 'function ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proowner,
         coalesce(p.proacl, acldefault('f', p.proowner))
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname LIKE 'grannkarta%'
  UNION ALL
  SELECT 'schema ' || nspname, nspowner, nspacl FROM pg_namespace WHERE nspname LIKE 'grannkarta%'
  UNION ALL
  SELECT 'database', datdba, coalesce(datacl, acldefault('d', datdba)) FROM pg_database WHERE datname = current_database()
)
SELECT 'column ' || nspname || '.' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod)
       || CASE WHEN attnotnull THEN ' not null' ELSE '' END AS line
FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT (nspname = 'grannkarta' AND relname = 'incident')
UNION ALL
SELECT 'column ' || n.nspname || '.' || t.relname || ' is in a table of others'
FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE t.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT LIKE 'grannkarta%' AND n.nspname NOT LIKE 'pg\_%'
  AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT 'constraint ' || nspname || '.' || relname || ' ' || pg_get_constraintdef(c.oid) || CASE WHEN convalidated THEN '' ELSE ' not valid' END
FROM ours JOIN pg_constraint c ON c.conrelid = ours.oid AND c.contype = 'c'
UNION ALL
SELECT 'trigger ' || nspname || '.' || relname || ' ' || tgname || ' ' || tgfoid::regproc::text || ' type ' || tgtype || ' ' || tgenabled::text
FROM ours JOIN pg_trigger g ON g.tgrelid = ours.oid AND NOT g.tgisinternal
UNION ALL
SELECT 'function ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ') '
       || md5(p.prosrc) || CASE WHEN p.prosecdef THEN ' security definer' ELSE '' END || coalesce(' ' || array_to_string(p.proconfig, ' '), '')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname LIKE 'grannkarta%'
UNION ALL
SELECT 'grant ' || string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) || ' on ' || object || ' to '
       || CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE coalesce(r.rolname, 'a role that is gone') END
FROM acl CROSS JOIN LATERAL aclexplode(acl.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE a.grantee <> acl.owner GROUP BY object, a.grantee, r.rolname
UNION ALL
SELECT 'role ' || rolname || CASE WHEN rolcanlogin THEN ' logs in' ELSE '' END || CASE WHEN rolinherit THEN '' ELSE ' inherits nothing' END
       || CASE WHEN rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls THEN ' is more than a role' ELSE '' END
FROM pg_roles WHERE rolname LIKE 'grannkarta%'
UNION ALL
-- People get the roles of views, and nothing else.
SELECT 'member ' || m.rolname || ' of ' || g.rolname
FROM pg_auth_members x JOIN pg_roles g ON g.oid = x.roleid JOIN pg_roles m ON m.oid = x.member
WHERE g.rolname IN ('grannkarta_owner', 'grannkarta_importer', 'grannkarta_reader', 'grannkarta', 'grannkarta_admin')
ORDER BY 1
