-- Erasing for good, across revisions: what is older than the retention, or one case.
--
-- Run by the owner: the importer may close incidents, and delete none. The rows go
-- in one transaction; that nothing of them stays in the files of the server is the
-- command's work afterwards (lib/store/scrub.c).

ALTER TABLE revision
  ADD COLUMN kept_from date CHECK (date_trunc('month', kept_from) = kept_from),
  ADD COLUMN scrubbed_at timestamptz,
  ADD CHECK ((kind = 'retain') = (kept_from IS NOT NULL));
COMMENT ON COLUMN revision.kept_from IS 'first month that a retain left; nothing older is imported or published again';
COMMENT ON COLUMN revision.scrubbed_at IS
  'since when the tables'' files hold nothing of what a retain or a purge erased; NULL: to be done';
GRANT SELECT (kept_from, scrubbed_at) ON revision TO grannkarta_reader;

-- The first month that is kept: the newest `months` closed months are, and what
-- is later. A month is closed when the data are complete through its last day.
CREATE FUNCTION retention_month(months integer) RETURNS date
LANGUAGE sql STABLE SET search_path = grannkarta, public, pg_temp AS $$
  SELECT (date_trunc('month', data_through + 1) - make_interval(months => $1))::date
  FROM revision ORDER BY id DESC LIMIT 1
$$;

-- Versions of incidents that a retention erases: those of an older month, and of
-- an incident whose last version is of an older month all others too.
CREATE FUNCTION expired_incidents(first_kept date) RETURNS TABLE (id bigint, revision_in integer, revision_out integer)
LANGUAGE sql STABLE SET search_path = grannkarta, public, pg_temp AS $$
  SELECT id, revision_in, revision_out
  FROM (
    SELECT id, revision_in, revision_out, event_month(from_hour, to_hour) < $1 AS is_old,
           first_value(event_month(from_hour, to_hour) < $1) OVER (PARTITION BY id ORDER BY revision_in DESC) AS is_last_old
    FROM incident
  ) i
  WHERE is_old OR is_last_old
$$;

-- Releases that contain months which a retention erases.
CREATE FUNCTION expired_releases(first_kept date) RETURNS SETOF integer
LANGUAGE sql STABLE SET search_path = grannkarta, public, pg_temp AS $$
  SELECT id FROM release WHERE erased_at IS NULL AND first_month < $1
$$;

-- Erases the versions in the temporary table `doomed` by a new revision, whose
-- number is returned. Every revision that showed one of them can no longer be
-- rebuilt; the hash of its file goes too, because with a guessed row it could be
-- tested. A key under which nothing is stored any more is forgotten.
CREATE FUNCTION erase_doomed(kind text, first_kept date) RETURNS integer
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
DECLARE
  made integer;
BEGIN
  INSERT INTO revision (id, kind, lattice_version, data_through, kept_from, rows_removed)
  SELECT r.id + 1, $1, (SELECT max(version) FROM lattice), r.data_through, $2, (SELECT count(*) FROM doomed)
  FROM revision r ORDER BY r.id DESC LIMIT 1
  RETURNING id INTO made;
  UPDATE revision r SET erased_at = coalesce(erased_at, now()), file_sha256 = NULL
  WHERE r.id < made AND EXISTS (
    SELECT FROM (SELECT DISTINCT revision_in, revision_out FROM doomed) d
    WHERE d.revision_in <= r.id AND (d.revision_out IS NULL OR d.revision_out > r.id));
  DELETE FROM incident i USING doomed d WHERE i.id = d.id AND i.revision_in = d.revision_in;
  DELETE FROM case_key WHERE id NOT IN (SELECT case_key_id FROM incident WHERE case_key_id IS NOT NULL);
  RETURN made;
END
$$;

-- Releases with older months do not stand. If the newest is one of them and has
-- months that are kept, these become a release of their own, made of its rows and
-- of nothing else; its number is returned, else 0. Nothing new can be learnt from
-- it: it says of the kept months what was said before. Kinds of dwelling are those
-- of whole calendar years.
CREATE FUNCTION erase_releases(first_kept date) RETURNS integer
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
DECLARE
  old release;
  made integer := 0;
BEGIN
  SELECT r.* INTO old FROM state s JOIN release r ON r.id = s.release
  WHERE r.first_month < $1 AND r.through_month >= $1;
  IF FOUND THEN
    INSERT INTO release (id, definition, first_month, through_month, lattice_version, revision_id)
    SELECT max(id) + 1, old.definition, $1, old.through_month, old.lattice_version, old.revision_id FROM release
    RETURNING id INTO made;
    INSERT INTO release_cell_month SELECT made, cell_id, month, count
      FROM release_cell_month WHERE release_id = old.id AND month >= $1;
    INSERT INTO release_municipality_month SELECT made, district_id, month, count, completed, attempted, unlocated
      FROM release_municipality_month WHERE release_id = old.id AND month >= $1;
    INSERT INTO release_municipality_kind SELECT made, district_id, year, kind, count
      FROM release_municipality_kind WHERE release_id = old.id AND make_date(year, 1, 1) >= $1;
    INSERT INTO release_district SELECT made, district_id FROM release_district WHERE release_id = old.id;
    INSERT INTO release_watch_area SELECT made, watch_area_id, boundary_id, slug, name, started
      FROM release_watch_area WHERE release_id = old.id;
  END IF;
  CREATE TEMPORARY TABLE doomed_release ON COMMIT DROP AS SELECT id FROM expired_releases($1) id;
  DELETE FROM release_cell_month WHERE release_id IN (SELECT id FROM doomed_release);
  DELETE FROM release_municipality_month WHERE release_id IN (SELECT id FROM doomed_release);
  DELETE FROM release_municipality_kind WHERE release_id IN (SELECT id FROM doomed_release);
  DELETE FROM release_district WHERE release_id IN (SELECT id FROM doomed_release);
  DELETE FROM release_watch_area WHERE release_id IN (SELECT id FROM doomed_release);
  UPDATE release SET erased_at = now() WHERE id IN (SELECT id FROM doomed_release);
  DROP TABLE doomed_release;
  RETURN made;
END
$$;

-- Erases incidents and releases of months before `first_kept`. Returns the new
-- revision and the new release, 0 for none; both 0: there was nothing.
CREATE FUNCTION retain(first_kept date, OUT revision integer, OUT release integer)
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning AS $$
BEGIN
  PERFORM FROM state FOR UPDATE; -- no import and no publication in between
  DROP TABLE IF EXISTS pg_temp.doomed;
  CREATE TEMPORARY TABLE doomed ON COMMIT DROP AS SELECT * FROM expired_incidents($1);
  ANALYZE doomed;
  revision := 0;
  release := 0;
  IF EXISTS (SELECT FROM doomed) OR EXISTS (SELECT FROM expired_releases($1)) THEN
    revision := erase_doomed('retain', $1);
    release := erase_releases($1);
  END IF;
  DROP TABLE doomed;
END
$$;

-- Erases every version of the cases whose hashes are in the temporary table
-- purge_hash(hash). Returns the new revision, 0 when there is no such case.
CREATE FUNCTION purge() RETURNS integer
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning AS $$
DECLARE
  made integer := 0;
BEGIN
  PERFORM FROM state FOR UPDATE;
  DROP TABLE IF EXISTS pg_temp.doomed;
  CREATE TEMPORARY TABLE doomed ON COMMIT DROP AS
    SELECT id, revision_in, revision_out FROM incident
    WHERE id IN (SELECT i.id FROM incident i JOIN purge_hash h ON i.case_hash = h.hash);
  IF EXISTS (SELECT FROM doomed) THEN
    made := erase_doomed('purge', NULL);
  END IF;
  DROP TABLE doomed, purge_hash;
  RETURN made;
END
$$;

-- A release begins with months that are kept.
CREATE FUNCTION refuse_erased_months() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
DECLARE
  kept date := (SELECT max(kept_from) FROM revision);
BEGIN
  IF NEW.first_month < kept THEN
    RAISE EXCEPTION 'the months before % were erased by a retention: a release begins with that month or later, not with %',
      to_char(kept, 'YYYY-MM'), to_char(NEW.first_month, 'YYYY-MM');
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER refuse_erased BEFORE INSERT ON release FOR EACH ROW EXECUTE FUNCTION refuse_erased_months();

GRANT EXECUTE ON FUNCTION retention_month(integer) TO grannkarta_importer;

-- As before, and: an erased release is gone already.
CREATE OR REPLACE FUNCTION withdraw(target integer) RETURNS integer
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
DECLARE
  r release;
BEGIN
  PERFORM FROM state FOR UPDATE;
  SELECT * INTO r FROM release WHERE release.id = target;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'release % does not exist: "grannkarta releases" lists those that do', target;
  END IF;
  IF r.erased_at IS NOT NULL THEN
    RAISE EXCEPTION 'release % was erased by a retention, on %', target, r.erased_at::date;
  END IF;
  IF r.withdrawn_at IS NOT NULL THEN
    RAISE EXCEPTION 'release % was withdrawn already, on %', target, r.withdrawn_at::date;
  END IF;
  UPDATE release SET withdrawn_at = now() WHERE release.id = target;
  RETURN (SELECT state.release FROM state);
END
$$;
