-- What the checks look at, made once. Merges are followed and dwellings summed
-- here, from `cell`, `unit` and `dwelling`, and not by the functions or from the
-- sums that the service itself uses. Everything is temporary.
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off; -- compiling takes longer than most of these questions
CREATE TEMPORARY TABLE v_parameter (k integer, min_addresses integer, watch_min integer) ON COMMIT DROP;
CREATE TEMPORARY TABLE v_expected (line text) ON COMMIT DROP;

CREATE TEMPORARY TABLE v_version ON COMMIT DROP AS
SELECT version, source_id, k, min_addresses, classes, base_square_dm / 10.0::float8 AS side_m,
       ('villa' = ANY (classes))::int AS villa_counts, ('flat' = ANY (classes))::int AS flat_counts,
       ('holiday' = ANY (classes))::int AS holiday_counts
FROM lattice;

-- The cell that lives in each cell's place in each version. A chain that goes
-- around in circles never ends in a living one, and is missing.
CREATE TEMPORARY TABLE v_living ON COMMIT DROP AS
WITH RECURSIVE chain (version, cell_id, now_id, steps) AS (
  SELECT v.version, c.id, c.id, 0 FROM v_version v JOIN cell c ON c.since_version <= v.version
  UNION ALL
  SELECT chain.version, chain.cell_id, c.merged_into, steps + 1
  FROM chain JOIN cell c ON c.id = chain.now_id
  WHERE c.merged_version <= chain.version AND steps < 1000
)
SELECT chain.version, chain.cell_id, chain.now_id AS living_id
FROM chain JOIN cell c ON c.id = chain.now_id
WHERE c.merged_version IS NULL OR c.merged_version > chain.version;
CREATE INDEX ON v_living (version, cell_id);
ANALYZE v_version, v_living;

CREATE TEMPORARY TABLE v_unit ON COMMIT DROP AS
SELECT v.version, u.e, u.n, u.district_id, l.living_id AS cell_id, coalesce(d.villa, 0) AS villa,
       coalesce(d.flat, 0) AS flat, coalesce(d.holiday, 0) AS holiday, coalesce(d.addresses, 0) AS addresses,
       coalesce(d.villa * v.villa_counts + d.flat * v.flat_counts + d.holiday * v.holiday_counts, 0) AS counted
FROM v_version v
JOIN v_living l ON l.version = v.version
JOIN unit u ON u.cell_id = l.cell_id
LEFT JOIN dwelling d ON d.source_id = v.source_id AND d.e = u.e AND d.n = u.n AND d.district_id = u.district_id;
CREATE INDEX ON v_unit (version, cell_id);
ANALYZE v_unit;

CREATE TEMPORARY TABLE v_cell ON COMMIT DROP AS
SELECT l.version, l.living_id AS cell_id, count(u.e) AS units, coalesce(sum(u.villa), 0) AS villa,
       coalesce(sum(u.flat), 0) AS flat, coalesce(sum(u.holiday), 0) AS holiday,
       coalesce(sum(u.addresses), 0) AS addresses, coalesce(sum(u.counted), 0) AS counted,
       count(DISTINCT u.district_id) AS districts
FROM (SELECT DISTINCT version, living_id FROM v_living) l
LEFT JOIN v_unit u ON u.version = l.version AND u.cell_id = l.living_id
GROUP BY 1, 2;
CREATE INDEX ON v_cell (version, cell_id);

CREATE TEMPORARY TABLE v_release ON COMMIT DROP AS
SELECT r.*, v.erased_at IS NULL AS is_complete -- its revision's incidents are all still there
FROM release r JOIN revision v ON v.id = r.revision_id
WHERE r.withdrawn_at IS NULL AND r.erased_at IS NULL;
ANALYZE v_cell, v_release;

-- Which cells answer for which district, with its set and when it is valid.
CREATE TEMPORARY TABLE v_home ON COMMIT DROP AS
SELECT x.version, x.cell_id, x.district_id, d.set_name, daterange(d.valid_from, d.valid_to) AS valid
FROM district_cell x JOIN district d ON d.id = x.district_id;
CREATE INDEX ON v_home (version, cell_id);
ANALYZE v_home;

-- Texts that look like a place, a case number or a token, by column; what they
-- are is not taken along. Tables of other makers are named by check `schema`.
CREATE TEMPORARY TABLE v_text (object text, looks_like text, number bigint) ON COMMIT DROP;
DO $do$
DECLARE
  -- A street with a number; two decimal degrees; northing and easting in either order.
  place constant text := $p$\m(?!riks|läns|motor|europa)[[:alpha:]]{2,}(gata|gatan|väg|vägen|gränd|gränden|stig|stigen|torg|torget|allé|allén|backe|backen)\s+\d{1,4}\s?[a-z]?\M|\m(5[5-9]|6\d)[.,]\d{4,}|\m6\d{6}([.,]\d+)?\D{1,12}[2-9]\d{5}([.,]\d+)?\M|\m[2-9]\d{5}([.,]\d+)?\D{1,12}[67]\d{6}([.,]\d+)?\M$p$;
  case_number constant text := $p$\m\d{4}-?K\d{2,}-\d{2}\M$p$;
  token constant text := $p$\mgk_[A-Za-z0-9_-]{43}$p$;
  c record;
BEGIN
  FOR c IN
    SELECT n.nspname, t.relname, a.attname
    FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_type e ON e.oid = y.typelem
    WHERE n.nspname LIKE 'grannkarta%' AND t.relkind IN ('r', 'p', 'm')
      AND t.relname NOT IN ('offence_code', 'definition', 'definition_code', 'migration')
      AND (y.typcategory = 'S' OR y.typname IN ('json', 'jsonb', 'xml') OR e.typcategory = 'S')
    ORDER BY 1, 2, 3
  LOOP
    EXECUTE format('INSERT INTO v_text SELECT %L, p.looks_like, count(*) FROM %I.%I t, (VALUES (''place'', %L), '
      '(''case'', %L), (''token'', %L)) p (looks_like, pattern) WHERE t.%I::text ~ (''(?i)'' || p.pattern) GROUP BY 2',
      c.relname || '.' || c.attname, c.nspname, c.relname, place, case_number, token, c.attname);
  END LOOP;
END
$do$;
