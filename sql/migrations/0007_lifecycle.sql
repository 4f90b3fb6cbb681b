-- The life of data after import: taking an import back, taking a release back.
--
-- An import is undone by a new revision; nothing is deleted by that. What erases
-- for good is in the migration on erasing.

-- An import is reverted at most once; the revert itself may be reverted.
CREATE UNIQUE INDEX revision_reverts ON revision (reverts) WHERE reverts IS NOT NULL;

ALTER TABLE revision
  ADD COLUMN file_through date,
  ADD COLUMN rows_removed bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN revision.file_through IS
  'last day that the file of this import is complete for; data_through is that of everything that stands';
COMMENT ON COLUMN revision.rows_removed IS
  'incidents that a revert took out, or versions of incidents that were erased';
UPDATE revision SET file_through = data_through WHERE kind = 'import';

GRANT SELECT (file_through, rows_removed) ON revision TO grannkarta_reader;
GRANT UPDATE (rows_removed) ON revision TO grannkarta_importer;

-- A case that was taken back and comes again is found by these.
CREATE INDEX incident_closed_case ON incident (case_hash) WHERE revision_out IS NOT NULL AND case_hash IS NOT NULL;
CREATE INDEX incident_closed ON incident (revision_out) WHERE revision_out IS NOT NULL;
CREATE INDEX incident_revision ON incident (revision_in);

-- --- Reverting ---------------------------------------------------------------------

-- The last day that the data are complete for: the latest of the imports that
-- stand. One that was reverted does not, unless its revert was reverted, and so
-- on. Without any: the day before 1970, so that no month is closed.
CREATE FUNCTION standing_data_through() RETURNS date
LANGUAGE sql STABLE SET search_path = grannkarta, public, pg_temp AS $$
  WITH RECURSIVE undone (import, last, depth) AS (
    SELECT id, id, 0 FROM revision WHERE kind = 'import'
    UNION ALL
    SELECT u.import, r.id, u.depth + 1 FROM undone u JOIN revision r ON r.reverts = u.last
  )
  SELECT coalesce(max(i.file_through), DATE '1969-12-31')
  FROM (SELECT import FROM undone GROUP BY import HAVING max(depth) % 2 = 0) u
  JOIN revision i ON i.id = u.import
$$;

-- What a revision did to each incident that it touched: the version before it and
-- the version after it (NULL: none), by their revision_in.
CREATE FUNCTION touched_by(target integer)
RETURNS TABLE (id bigint, before_in integer, after_in integer)
LANGUAGE sql STABLE SET search_path = grannkarta, public, pg_temp AS $$
  SELECT id, max(before_in), max(after_in)
  FROM (
    SELECT id, revision_in AS before_in, NULL::integer AS after_in FROM incident WHERE revision_out = $1
    UNION ALL
    SELECT id, NULL, revision_in FROM incident WHERE revision_in = $1
  ) x
  GROUP BY id
$$;

-- Undoes a revision by a new one, and returns the new one's number: incidents
-- that it added are closed, those that it changed or closed get the version back
-- that they had before, as a new version with the same id and the lattice version
-- of the first import. Refused when an incident is no longer as that revision left
-- it.
CREATE FUNCTION revert(target integer) RETURNS integer
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning AS $$
DECLARE
  r revision;
  made integer;
  version integer;
  other record;
BEGIN
  PERFORM FROM state FOR UPDATE; -- no import commits in between
  SELECT * INTO r FROM revision WHERE revision.id = target;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'revision % does not exist: "grannkarta revisions" lists those that do', target;
  END IF;
  IF r.kind NOT IN ('import', 'revert') THEN
    RAISE EXCEPTION 'revision % is a %: what it erased is gone for good', target, r.kind;
  END IF;
  IF r.erased_at IS NOT NULL THEN
    RAISE EXCEPTION 'revision % cannot be reverted: incidents of it were erased on %, so that what was before is not known',
      target, r.erased_at::date;
  END IF;
  SELECT o.id, (SELECT a.id FROM revision a WHERE a.reverts = o.id) AS again INTO other FROM revision o WHERE o.reverts = target;
  IF FOUND THEN
    RAISE EXCEPTION 'revision % was reverted already, by revision %; what undoes it again is "grannkarta revert %"',
      target, other.id, coalesce(other.again, other.id);
  END IF;

  SELECT max(lattice.version) INTO version FROM lattice;
  DROP TABLE IF EXISTS pg_temp.r_touched, pg_temp.r_living;
  CREATE TEMPORARY TABLE r_living ON COMMIT DROP AS SELECT cell_id, living_id FROM cells_at(version);
  -- An incident is as the revision left it when what counts now says the same, by
  -- whichever versions it came there. Cells follow merges; hashes may be of another key.
  CREATE TEMPORARY TABLE r_touched ON COMMIT DROP AS
  WITH touched AS (
    SELECT * FROM touched_by(target)
  )
  SELECT t.id, t.before_in, now_row.revision_in AS now_in,
         (ac.living_id, a.municipality_id, a.from_hour, a.to_hour, a.reported, a.code_id, a.count, a.id IS NULL)
         IS NOT DISTINCT FROM
         (nc.living_id, now_row.municipality_id, now_row.from_hour, now_row.to_hour, now_row.reported, now_row.code_id,
          now_row.count, now_row.id IS NULL) AS is_as_left
  FROM touched t
  LEFT JOIN incident a ON a.id = t.id AND a.revision_in = t.after_in
  LEFT JOIN r_living ac ON ac.cell_id = a.cell_id
  LEFT JOIN incident now_row ON now_row.id = t.id AND now_row.revision_out IS NULL
  LEFT JOIN r_living nc ON nc.cell_id = now_row.cell_id;
  ANALYZE r_touched;

  SELECT count(*) AS incidents, max(last) AS revision INTO other
  FROM (SELECT max(greatest(i.revision_in, i.revision_out)) AS last
        FROM r_touched t JOIN incident i ON i.id = t.id
        WHERE NOT t.is_as_left GROUP BY t.id) x;
  IF other.incidents > 0 THEN
    RAISE EXCEPTION 'revision % cannot be reverted: % of its incidents were changed later, last by revision %; revert that first',
      target, other.incidents, other.revision;
  END IF;

  INSERT INTO revision (id, kind, lattice_version, reverts, data_through)
  SELECT max(revision.id) + 1, 'revert', version, target, r.data_through FROM revision
  RETURNING revision.id INTO made;
  UPDATE incident i SET revision_out = made
  FROM r_touched t WHERE i.id = t.id AND i.revision_in = t.now_in;
  INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour, reported,
                        code_id, count, case_hash, case_key_id)
  SELECT b.id, made, c.living_id, b.municipality_id, b.lattice_version, b.from_hour, b.to_hour, b.reported,
         b.code_id, b.count, b.case_hash, b.case_key_id
  FROM r_touched t
  JOIN incident b ON b.id = t.id AND b.revision_in = t.before_in
  LEFT JOIN r_living c ON c.cell_id = b.cell_id;
  UPDATE revision SET
    data_through = standing_data_through(),
    rows_removed = (SELECT count(*) FROM r_touched WHERE before_in IS NULL),
    rows_changed = (SELECT count(*) FROM r_touched WHERE before_in IS NOT NULL AND now_in IS NOT NULL),
    rows_new = (SELECT count(*) FROM r_touched WHERE now_in IS NULL)
  WHERE revision.id = made;
  DROP TABLE r_touched, r_living;
  RETURN made;
END
$$;

-- --- Withdrawing --------------------------------------------------------------------

-- Takes a release back for good, and returns the one that the public sees now: the
-- newest that stands, 0 when none does.
CREATE FUNCTION withdraw(target integer) RETURNS integer
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
DECLARE
  r release;
BEGIN
  PERFORM FROM state FOR UPDATE;
  SELECT * INTO r FROM release WHERE release.id = target;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'release % does not exist: "grannkarta releases" lists those that do', target;
  END IF;
  IF r.withdrawn_at IS NOT NULL THEN
    RAISE EXCEPTION 'release % was withdrawn already, on %', target, r.withdrawn_at::date;
  END IF;
  UPDATE release SET withdrawn_at = now() WHERE release.id = target;
  RETURN (SELECT state.release FROM state);
END
$$;

-- As before, and: a release that ends earlier than the newest that stands would
-- take months back without saying so.
CREATE OR REPLACE FUNCTION check_publish(through date, definition text, first_month date, r revision, l lattice) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = grannkarta, public, pg_temp AS $$
DECLARE
  missing text;
  bad record;
  last_day date := (through + interval '1 month - 1 day')::date;
BEGIN
  IF first_month > through THEN
    RAISE EXCEPTION 'the first month % is after the last, %', to_char(first_month, 'YYYY-MM'), to_char(through, 'YYYY-MM');
  END IF;
  SELECT o.id, o.through_month INTO bad FROM state s JOIN release o ON o.id = s.release
  WHERE o.through_month > $1;
  IF FOUND THEN
    RAISE EXCEPTION 'release % stands through %, later than %: publish through that month or a later one, or take it back first ("grannkarta withdraw %")',
      bad.id, to_char(bad.through_month, 'YYYY-MM'), to_char(through, 'YYYY-MM'), bad.id;
  END IF;
  IF last_day > r.data_through THEN
    RAISE EXCEPTION 'the month % is not closed: the data of revision % are complete through %, and % is needed (import with --data-through if the export covers more days than its latest report)',
      to_char(through, 'YYYY-MM'), r.id, r.data_through, last_day;
  END IF;

  -- k dwellings of the classes that counted; if the definition left one of them
  -- out, fewer than k homes of a cell could have been hit.
  SELECT string_agg(class, ', ' ORDER BY class) INTO missing
  FROM unnest(l.classes) class
  WHERE class NOT IN (SELECT c.kind FROM definition_code dc JOIN offence_code c ON c.id = dc.code_id
                      WHERE dc.definition = $2);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'the definition "%" does not count %: cells of lattice version % were closed with dwellings of %, so a cell could have fewer than % homes that count',
      definition, missing, l.version, array_to_string(l.classes, ', '), l.k;
  END IF;

  SELECT count(*) AS cells, min(lc.cell_id) AS first INTO bad
  FROM lattice_cell lc
  WHERE lc.version = l.version
    AND (counted(lc.villa, lc.flat, lc.holiday, l.classes) < l.k OR lc.addresses < l.min_addresses);
  IF bad.cells > 0 THEN
    RAISE EXCEPTION '% cells of lattice version % have fewer than % dwellings or % addresses, the first is cell %',
      bad.cells, l.version, l.k, l.min_addresses, bad.first;
  END IF;

  -- Subtracting two definitions of the same months would tell the kinds of
  -- dwelling in each cell; what was once published stays known when withdrawn.
  SELECT o.id, o.definition INTO bad FROM release o
  WHERE o.definition <> $2 AND o.first_month <= $1 AND o.through_month >= $3
  ORDER BY o.id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'release % has months of these under the definition "%": subtracting it from "%" would tell the kinds of dwelling in each cell',
      bad.id, bad.definition, definition;
  END IF;
END
$$;

GRANT EXECUTE ON FUNCTION standing_data_through(), touched_by(integer), revert(integer), withdraw(integer)
TO grannkarta_importer;
