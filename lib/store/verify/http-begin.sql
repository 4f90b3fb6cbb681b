-- What the public answers are held against: the newest standing release, its cells
-- and its months. Follows begin.sql in the same transaction.
CREATE TEMPORARY TABLE w_release ON COMMIT DROP AS
SELECT r.id, r.definition, r.first_month, r.through_month, r.lattice_version, v.source_id, v.k, v.min_addresses, v.side_m,
       s.year AS dwellings_year,
       EXISTS (SELECT FROM definition_code d JOIN offence_code o ON o.id = d.code_id WHERE d.definition = r.definition AND o.kind = 'villa')::int AS villa,
       EXISTS (SELECT FROM definition_code d JOIN offence_code o ON o.id = d.code_id WHERE d.definition = r.definition AND o.kind = 'flat')::int AS flat,
       EXISTS (SELECT FROM definition_code d JOIN offence_code o ON o.id = d.code_id WHERE d.definition = r.definition AND o.kind = 'holiday')::int AS holiday
FROM v_release r JOIN v_version v ON v.version = r.lattice_version JOIN dwelling_source s ON s.id = v.source_id
ORDER BY r.id DESC LIMIT 1;

CREATE TEMPORARY TABLE w_cell ON COMMIT DROP AS
SELECT c.cell_id, c.villa + c.flat + c.holiday AS dwellings, c.villa * r.villa + c.flat * r.flat + c.holiday * r.holiday AS at_risk,
       c.addresses, l.outline
FROM w_release r JOIN v_cell c ON c.version = r.lattice_version
JOIN lattice_cell l ON l.version = c.version AND l.cell_id = c.cell_id;
CREATE INDEX ON w_cell (cell_id);
ANALYZE w_cell;

-- The months that are asked for; what each collection should answer; what was seen.
CREATE TEMPORARY TABLE w_period (first_month date, last_month date, only_municipalities boolean) ON COMMIT DROP;
CREATE TEMPORARY TABLE w_place (collection text, id bigint, count bigint, dwellings bigint, at_risk bigint, inhabitants bigint,
                                other jsonb, outline geometry, side_m float8) ON COMMIT DROP;
CREATE TEMPORARY TABLE w_interval (count bigint, lower float8, upper float8) ON COMMIT DROP;
CREATE TEMPORARY TABLE w_expected (collection text, id bigint, properties jsonb, outline geometry, side_m float8) ON COMMIT DROP;
CREATE INDEX ON w_expected (collection, id);
CREATE TEMPORARY TABLE w_seen (collection text, id bigint) ON COMMIT DROP;
