-- References of incident and release_cell_month, checked once a statement.
--
-- A foreign key asks for each row and locks the row it found: of a million new
-- incidents with seven keys that was four fifths of the time of an import. Here
-- the rows of a statement are checked together, by one join with each table that
-- they refer to (0010 does the same for places). What foreign keys held is held as before, for every role: nobody
-- writes a reference to what is not there (23503), nobody deletes what is referred
-- to, and no key changes under it.
--
-- Two transactions that would miss each other wait for each other: who refers
-- takes an advisory lock shared, who deletes takes it alone, and both look after
-- they have it. What another committed meanwhile is seen in READ COMMITTED only,
-- so that both refuse to work at another level.

CREATE FUNCTION lock_references(is_deleting boolean) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'incidents and what they refer to are changed in transactions of level READ COMMITTED only'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF is_deleting THEN
    PERFORM pg_advisory_xact_lock(7261110842020);
  ELSE
    PERFORM pg_advisory_xact_lock_shared(7261110842020);
  END IF;
END
$$;

-- --- Who refers ------------------------------------------------------------------

-- EXECUTE plans anew each time: a plan made for one row would not do for a million.
-- min() and not EXISTS, which would be planned to find a first dangling row soon.
CREATE FUNCTION check_incident_references() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off AS $$
DECLARE
  missing text;
BEGIN
  PERFORM lock_references(false);
  EXECUTE $q$
    WITH used AS MATERIALIZED (
      SELECT DISTINCT revision_in, revision_out, municipality_id, lattice_version, code_id, case_key_id FROM changed
    )
    SELECT min(name) FROM (
      SELECT 'revision ' || revision_in AS name FROM used WHERE revision_in NOT IN (SELECT id FROM revision)
      UNION ALL
      SELECT 'revision ' || revision_out FROM used WHERE revision_out NOT IN (SELECT id FROM revision)
      UNION ALL
      SELECT 'district ' || municipality_id FROM used WHERE municipality_id NOT IN (SELECT id FROM district)
      UNION ALL
      SELECT 'lattice version ' || lattice_version FROM used WHERE lattice_version NOT IN (SELECT version FROM lattice)
      UNION ALL
      SELECT 'code ' || code_id FROM used WHERE code_id NOT IN (SELECT id FROM offence_code)
      UNION ALL
      SELECT 'key ' || case_key_id FROM used WHERE case_key_id NOT IN (SELECT id FROM case_key)
      UNION ALL
      SELECT 'cell ' || min(c.cell_id) FROM changed c LEFT JOIN cell ON cell.id = c.cell_id
      WHERE c.cell_id IS NOT NULL AND cell.id IS NULL
    ) x$q$ INTO missing;
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'an incident refers to %, which does not exist', missing USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION check_count_references() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off AS $$
DECLARE
  missing text;
BEGIN
  PERFORM lock_references(false);
  EXECUTE $q$
    SELECT min(name) FROM (
      SELECT 'release ' || u.release_id AS name FROM (SELECT DISTINCT release_id FROM changed) u
      WHERE u.release_id NOT IN (SELECT id FROM release)
      UNION ALL
      SELECT 'cell ' || min(c.cell_id) FROM changed c LEFT JOIN cell ON cell.id = c.cell_id WHERE cell.id IS NULL
    ) x$q$ INTO missing;
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'a count refers to %, which does not exist', missing USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END
$$;

-- --- What is referred to -----------------------------------------------------------

-- Statements that delete nothing cost nothing.
CREATE FUNCTION refuse_dangling() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off AS $$
DECLARE
  used bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM gone) THEN
    RETURN NULL;
  END IF;
  PERFORM lock_references(true);
  CASE TG_TABLE_NAME
    WHEN 'cell' THEN
      SELECT count(*) INTO used FROM (
        SELECT FROM incident i JOIN gone ON gone.id = i.cell_id
        UNION ALL SELECT FROM release_cell_month m JOIN gone ON gone.id = m.cell_id) x;
    WHEN 'district' THEN
      SELECT count(*) INTO used FROM incident i JOIN gone ON gone.id = i.municipality_id;
    WHEN 'lattice' THEN
      SELECT count(*) INTO used FROM incident i JOIN gone ON gone.version = i.lattice_version;
    WHEN 'revision' THEN
      SELECT count(*) INTO used FROM incident i JOIN gone ON gone.id IN (i.revision_in, i.revision_out);
    WHEN 'offence_code' THEN
      SELECT count(*) INTO used FROM incident i JOIN gone ON gone.id = i.code_id;
    WHEN 'case_key' THEN
      SELECT count(*) INTO used FROM incident i JOIN gone ON gone.id = i.case_key_id;
    WHEN 'release' THEN
      SELECT count(*) INTO used FROM release_cell_month m JOIN gone ON gone.id = m.release_id;
  END CASE;
  IF used > 0 THEN
    RAISE EXCEPTION '% rows refer to what would be deleted from %', used, TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION refuse_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  PERFORM lock_references(true);
  IF EXISTS (SELECT FROM incident) OR EXISTS (SELECT FROM release_cell_month) THEN
    RAISE EXCEPTION 'rows may refer to what would be deleted from %', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END
$$;

ALTER TABLE incident
  DROP CONSTRAINT incident_revision_in_fkey, DROP CONSTRAINT incident_revision_out_fkey,
  DROP CONSTRAINT incident_cell_id_fkey, DROP CONSTRAINT incident_municipality_id_fkey,
  DROP CONSTRAINT incident_lattice_version_fkey, DROP CONSTRAINT incident_code_id_fkey,
  DROP CONSTRAINT incident_case_key_id_fkey;
ALTER TABLE release_cell_month
  DROP CONSTRAINT release_cell_month_release_id_fkey, DROP CONSTRAINT release_cell_month_cell_id_fkey;

CREATE TRIGGER refer_inserted AFTER INSERT ON incident REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION check_incident_references();
CREATE TRIGGER refer_updated AFTER UPDATE ON incident REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION check_incident_references();
CREATE TRIGGER refer_inserted AFTER INSERT ON release_cell_month REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION check_count_references();
CREATE TRIGGER refer_updated AFTER UPDATE ON release_cell_month REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION check_count_references();

CREATE TRIGGER referred AFTER DELETE ON cell REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_dangling();
CREATE TRIGGER referred AFTER DELETE ON district REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_dangling();
CREATE TRIGGER referred AFTER DELETE ON lattice REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_dangling();
CREATE TRIGGER referred AFTER DELETE ON revision REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_dangling();
CREATE TRIGGER referred AFTER DELETE ON offence_code REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_dangling();
CREATE TRIGGER referred AFTER DELETE ON case_key REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_dangling();
CREATE TRIGGER referred AFTER DELETE ON release REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION refuse_dangling();

CREATE TRIGGER referred_truncate AFTER TRUNCATE ON cell FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER referred_truncate AFTER TRUNCATE ON district FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER referred_truncate AFTER TRUNCATE ON lattice FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER referred_truncate AFTER TRUNCATE ON revision FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER referred_truncate AFTER TRUNCATE ON offence_code FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER referred_truncate AFTER TRUNCATE ON case_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();
CREATE TRIGGER referred_truncate AFTER TRUNCATE ON release FOR EACH STATEMENT EXECUTE FUNCTION refuse_truncate();

CREATE TRIGGER keep_number BEFORE UPDATE OF id ON revision FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse_new_number();
CREATE TRIGGER keep_number BEFORE UPDATE OF id ON offence_code FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse_new_number();
CREATE TRIGGER keep_number BEFORE UPDATE OF id ON case_key FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse_new_number();
CREATE TRIGGER keep_number BEFORE UPDATE OF id ON release FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse_new_number();

-- Nothing looks incidents up by cell: all are read, or none. And rows of a revision
-- lie together: summaries of blocks find them as well as an entry for each row.
DROP INDEX incident_open, incident_revision;
CREATE INDEX incident_revision ON incident USING brin (revision_in);

-- --- Publishing --------------------------------------------------------------------
--
-- What publish() reads of its own tables it reads from temporary ones that were
-- analysed: a new release is not in the statistics of release_cell_month, and
-- would be planned as if it had no rows. Nor is anything asked cell by cell or
-- year by year: with the lattice of a country that did not end. What is published
-- is as before (0003).

-- As before, in floats, which are exact for seconds and take half the time.
CREATE OR REPLACE FUNCTION event_month(from_hour timestamp, to_hour timestamp) RETURNS date
LANGUAGE sql IMMUTABLE AS $$
  SELECT date_trunc('month', $1 + interval '1 hour' * floor(date_part('epoch', $2 - $1) / 7200))::date
$$;

-- As before, by joins: release_cell has each cell of the version, the one that lives
-- in its place and the municipality that answers for it.
CREATE OR REPLACE FUNCTION sum_incidents(release release) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning
SET work_mem = '64MB' SET jit = off AS $$
DECLARE
  strays bigint;
BEGIN
  DROP TABLE IF EXISTS pg_temp.release_hit, pg_temp.release_count, pg_temp.release_cell;
  CREATE TEMPORARY TABLE release_cell ON COMMIT DROP AS
  SELECT c.cell_id, c.living_id, m.district_id AS municipality_id
  FROM cells_at(release.lattice_version) c
  JOIN lattice_cell lc ON lc.version = release.lattice_version AND lc.cell_id = c.living_id
  LEFT JOIN (
    SELECT dc.cell_id, dc.district_id
    FROM district_cell dc
    JOIN release_district rd ON rd.release_id = release.id AND rd.district_id = dc.district_id
    JOIN district d ON d.id = dc.district_id AND d.set_name = 'kommun'
    WHERE dc.version = release.lattice_version
  ) m ON m.cell_id = c.living_id;
  ANALYZE release_cell;
  SELECT count(*) INTO strays
  FROM (SELECT DISTINCT cell_id FROM incident WHERE revision_out IS NULL AND cell_id IS NOT NULL) i
  LEFT JOIN release_cell c ON c.cell_id = i.cell_id
  WHERE c.cell_id IS NULL;
  IF strays > 0 THEN
    RAISE EXCEPTION 'an incident has a cell that is not in lattice version %', release.lattice_version;
  END IF;

  CREATE TEMPORARY TABLE release_hit ON COMMIT DROP AS
  WITH hit AS (
    SELECT cell_id, municipality_id, month, code_id, sum(count)::integer AS count
    FROM (SELECT i.cell_id, CASE WHEN i.cell_id IS NULL THEN i.municipality_id END AS municipality_id,
                 event_month(i.from_hour, i.to_hour) AS month, i.code_id, i.count
          FROM incident i
          WHERE i.code_id IN (SELECT dc.code_id FROM definition_code dc WHERE dc.definition = release.definition)
            AND i.revision_in <= release.revision_id
            AND (i.revision_out IS NULL OR i.revision_out > release.revision_id)
          OFFSET 0) x -- the month is computed once a row
    GROUP BY 1, 2, 3, 4
  )
  SELECT c.living_id AS cell_id, coalesce(h.municipality_id, c.municipality_id) AS municipality_id, h.month,
         o.kind, o.is_attempt, h.count
  FROM hit h
  JOIN offence_code o ON o.id = h.code_id
  LEFT JOIN release_cell c ON c.cell_id = h.cell_id
  WHERE h.month BETWEEN release.first_month AND release.through_month;
  ANALYZE release_hit;
END
$$;

-- The calendar years of municipalities whose kinds were decided by an earlier
-- release (the newest one with the whole year) and are not, cell by cell, what they
-- were then, or were not shown then. In the place of is_same_year(), which was
-- asked for one at a time.
CREATE FUNCTION years_decided_otherwise(release release) RETURNS TABLE (district_id integer, year smallint)
LANGUAGE plpgsql STABLE ROWS 1000 SET search_path = grannkarta, public, pg_temp SET work_mem = '64MB' SET jit = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH earlier AS MATERIALIZED (
    SELECT DISTINCT ON (y) y::smallint AS year, make_date(y, 1, 1) AS first, make_date(y, 12, 1) AS last,
           o.id, o.lattice_version
    FROM generate_series(extract(year FROM $1.first_month)::int, extract(year FROM $1.through_month)::int) y
    JOIN release o ON o.id < $1.id AND make_date(y, 1, 1) >= o.first_month AND make_date(y, 12, 1) <= o.through_month
    ORDER BY y, o.id DESC
  ), municipality AS MATERIALIZED (
    SELECT d.id FROM release_district rd JOIN district d ON d.id = rd.district_id AND d.set_name = 'kommun'
    WHERE rd.release_id = $1.id
  ), changed_cell AS (
    SELECT coalesce(n.cell_id, o.cell_id) AS cell_id, coalesce(n.year, o.year) AS year
    FROM (SELECT e.year, c.cell_id, c.month, c.count
          FROM release_count c JOIN earlier e ON c.month BETWEEN e.first AND e.last) n
    FULL JOIN (SELECT e.year, cm.cell_id, cm.month, cm.count
               FROM release_cell_month cm JOIN earlier e ON cm.release_id = e.id AND cm.month BETWEEN e.first AND e.last) o
      USING (cell_id, month)
    WHERE n.count IS DISTINCT FROM o.count
  ), changed AS (
    SELECT rc.municipality_id AS district_id, c.year
    FROM changed_cell c JOIN release_cell rc ON rc.cell_id = c.cell_id AND rc.living_id = c.cell_id
    UNION
    SELECT coalesce(n.district_id, o.district_id), coalesce(n.year, o.year)
    FROM (SELECT e.year, m.* FROM release_municipality_month m JOIN earlier e ON m.month BETWEEN e.first AND e.last
          WHERE m.release_id = $1.id) n
    FULL JOIN (SELECT e.year, m.* FROM release_municipality_month m
               JOIN earlier e ON m.release_id = e.id AND m.month BETWEEN e.first AND e.last) o
      USING (district_id, month)
    WHERE (n.count, n.completed, n.attempted, n.unlocated) IS DISTINCT FROM (o.count, o.completed, o.attempted, o.unlocated)
  )
  SELECT m.id, e.year
  FROM municipality m CROSS JOIN earlier e
  WHERE e.lattice_version <> $1.lattice_version
     OR NOT EXISTS (SELECT FROM release_municipality_kind k
                    WHERE k.release_id = e.id AND k.district_id = m.id AND k.year = e.year)
     OR EXISTS (SELECT FROM changed c WHERE c.district_id = m.id AND c.year = e.year);
END
$$;

-- As before, from tables that are analysed. release_exposed: the cells of a
-- municipality that had a count in a year. Its single months count: an incident
-- and its later correction may add up to nothing over the year, and each be
-- published.
CREATE OR REPLACE FUNCTION publish_kinds(release release, l lattice) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning
SET work_mem = '64MB' SET jit = off AS $$
BEGIN
  DROP TABLE IF EXISTS pg_temp.release_total, pg_temp.release_exposed;
  CREATE TEMPORARY TABLE release_total ON COMMIT DROP AS
  WITH year AS (
    SELECT y::smallint AS year FROM generate_series(extract(year FROM $1.first_month)::int, extract(year FROM $1.through_month)::int) y
    WHERE make_date(y, 1, 1) >= $1.first_month AND make_date(y, 12, 1) <= $1.through_month
  ), kind AS (
    SELECT DISTINCT o.kind FROM definition_code dc JOIN offence_code o ON o.id = dc.code_id
    WHERE dc.definition = $1.definition
  ), hit AS (
    SELECT municipality_id, extract(year FROM month)::smallint AS year, kind, sum(count)::int AS count
    FROM release_hit WHERE municipality_id IS NOT NULL
    GROUP BY 1, 2, 3
  )
  SELECT d.id AS district_id, y.year, k.kind, coalesce(h.count, 0) AS count
  FROM release_district rd
  JOIN district d ON d.id = rd.district_id AND d.set_name = 'kommun'
  CROSS JOIN year y CROSS JOIN kind k
  LEFT JOIN hit h ON h.municipality_id = d.id AND h.year = y.year AND h.kind = k.kind
  WHERE rd.release_id = $1.id;
  ANALYZE release_total;

  CREATE TEMPORARY TABLE release_exposed ON COMMIT DROP AS
  SELECT c.municipality_id AS district_id, x.year, x.cell_id, x.hits, lc.villa, lc.flat, lc.holiday
  FROM (SELECT cell_id, extract(year FROM month)::smallint AS year, sum(count) AS hits FROM release_count GROUP BY 1, 2) x
  JOIN release_cell c ON c.cell_id = x.cell_id AND c.municipality_id IS NOT NULL
  JOIN lattice_cell lc ON lc.version = $1.lattice_version AND lc.cell_id = x.cell_id;
  ANALYZE release_exposed;

  WITH shown AS (
    SELECT district_id, year,
           coalesce(array_agg(kind) FILTER (WHERE count > 0), '{}') AS kinds
    FROM release_total GROUP BY district_id, year
    HAVING bool_and(count = 0 OR count >= 5)
  ), excluding AS (
    -- A cell whose homes that could be meant are fewer than k.
    SELECT DISTINCT e.district_id, e.year
    FROM (SELECT *, 'villa' = ANY (kinds) AS has_villa, 'flat' = ANY (kinds) AS has_flat,
                 'holiday' = ANY (kinds) AS has_holiday FROM shown) s
    JOIN release_exposed e USING (district_id, year)
    WHERE CASE WHEN has_villa THEN villa ELSE 0 END + CASE WHEN has_flat THEN flat ELSE 0 END
          + CASE WHEN has_holiday THEN holiday ELSE 0 END < $2.k
  ), reach AS (
    SELECT e.district_id, e.year, h.kind, e.cell_id, e.hits, h.homes
    FROM release_exposed e
    CROSS JOIN LATERAL (VALUES ('villa', villa), ('flat', flat), ('holiday', holiday)) h (kind, homes)
    WHERE h.homes > 0
  ), few AS (
    -- Cells of fewer than k homes, most hits a home first: those before the sum
    -- of homes passes k - 1 have at least the hits of any k - 1 homes.
    SELECT district_id, year, kind, hits, coalesce(sum(homes) OVER (
             PARTITION BY district_id, year, kind ORDER BY hits::float8 / homes DESC, cell_id
             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < $2.k - 1 AS is_few
    FROM reach WHERE homes < $2.k
  ), room AS (
    SELECT district_id, year, kind, sum(hits) AS hits FROM (
      SELECT district_id, year, kind, hits FROM reach WHERE homes >= $2.k
      UNION ALL
      SELECT district_id, year, kind, hits FROM few WHERE NOT is_few) x
    GROUP BY 1, 2, 3
  ), unlocated AS (
    SELECT municipality_id AS district_id, extract(year FROM month)::smallint AS year, sum(count) AS hits
    FROM release_hit WHERE cell_id IS NULL GROUP BY 1, 2
  ), forced AS (
    SELECT DISTINCT t.district_id, t.year
    FROM release_total t
    LEFT JOIN room r USING (district_id, year, kind)
    LEFT JOIN unlocated u ON u.district_id = t.district_id AND u.year = t.year
    WHERE t.kind IN ('villa', 'flat', 'holiday') AND t.count > 0
      AND t.count > coalesce(r.hits, 0) + coalesce(u.hits, 0)
  )
  INSERT INTO release_municipality_kind (release_id, district_id, year, kind, count)
  SELECT $1.id, t.district_id, t.year, t.kind, t.count
  FROM release_total t JOIN shown s USING (district_id, year)
  WHERE (t.district_id, t.year) NOT IN (SELECT district_id, year FROM excluding)
    AND (t.district_id, t.year) NOT IN (SELECT district_id, year FROM forced)
    AND (t.district_id, t.year) NOT IN (SELECT district_id, year FROM years_decided_otherwise($1));
  DROP TABLE release_total, release_exposed;
END
$$;
DROP FUNCTION is_same_year(release, integer, smallint);

CREATE OR REPLACE FUNCTION publish(through date, definition text, from_month date DEFAULT NULL,
                        watch_min_dwellings integer DEFAULT 50) RETURNS integer
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET work_mem = '64MB' SET jit = off AS $$
#variable_conflict use_column
DECLARE
  now_state state;
  r revision;
  l lattice;
  made release;
  first_month date := date_trunc('month', from_month);
  last_day date;
BEGIN
  $1 := date_trunc('month', $1);
  last_day := ($1 + interval '1 month - 1 day')::date;
  -- One at a time, and no import commits in between.
  SELECT * INTO now_state FROM state FOR UPDATE;
  IF NOT EXISTS (SELECT FROM definition d WHERE d.name = $2) THEN
    RAISE EXCEPTION 'the definition "%" is not known; there are %', $2,
      (SELECT string_agg(name, ', ' ORDER BY name) FROM definition);
  END IF;
  SELECT * INTO r FROM revision ORDER BY id DESC LIMIT 1;
  SELECT * INTO l FROM lattice ORDER BY version DESC LIMIT 1;
  IF r.id IS NULL OR l.version IS NULL THEN
    RAISE EXCEPTION 'there is nothing to publish: no incidents were imported';
  END IF;
  IF first_month IS NULL THEN
    SELECT o.first_month INTO first_month FROM release o WHERE o.id = now_state.release AND o.definition = $2;
  END IF;
  IF first_month IS NULL THEN
    SELECT least(min(event_month(i.from_hour, i.to_hour)), $1) INTO first_month
    FROM incident i JOIN definition_code dc ON dc.definition = $2 AND dc.code_id = i.code_id
    WHERE i.revision_out IS NULL;
    first_month := coalesce(first_month, $1);
  END IF;
  PERFORM check_publish($1, $2, first_month, r, l);
  IF EXISTS (SELECT FROM district d WHERE NOT EXISTS (
               SELECT FROM district_summary s WHERE s.version = l.version AND s.district_id = d.id))
     OR EXISTS (SELECT FROM watch_boundary b WHERE NOT EXISTS (
                  SELECT FROM watch_summary s WHERE s.version = l.version AND s.boundary_id = b.id)) THEN
    PERFORM refresh_memberships(l.version);
  END IF;

  INSERT INTO release (id, definition, first_month, through_month, lattice_version, revision_id)
  VALUES ((SELECT coalesce(max(id), 0) + 1 FROM release), $2, first_month, $1, l.version, r.id)
  RETURNING * INTO made;

  INSERT INTO release_district (release_id, district_id)
  SELECT made.id, d.id FROM district d
  WHERE d.valid_from <= last_day AND (d.valid_to IS NULL OR d.valid_to > last_day);

  INSERT INTO release_watch_area (release_id, watch_area_id, boundary_id, slug, name, started)
  SELECT made.id, w.id, b.id, w.slug, w.name, w.started
  FROM watch_area w
  CROSS JOIN LATERAL (SELECT * FROM watch_boundary b WHERE b.watch_area_id = w.id AND b.valid_from <= last_day
                      ORDER BY b.valid_from DESC LIMIT 1) b
  JOIN watch_summary s ON s.version = l.version AND s.boundary_id = b.id
  WHERE w.is_approved AND (w.ended IS NULL OR w.ended > last_day) AND s.cover_dwellings >= $4;

  PERFORM sum_incidents(made);
  -- Every incident is in the sum; sums that corrections made 0 or less are not shown.
  CREATE TEMPORARY TABLE release_count ON COMMIT DROP AS
    SELECT i.cell_id, i.month, sum(i.count)::integer AS count
    FROM release_hit i WHERE i.cell_id IS NOT NULL
    GROUP BY i.cell_id, i.month HAVING sum(i.count) > 0;
  ANALYZE release_count;
  INSERT INTO release_cell_month (release_id, cell_id, month, count)
  SELECT made.id, c.cell_id, c.month, c.count FROM release_count c ORDER BY c.cell_id, c.month;
  -- The cells' part is the sum of what is published of them, so that the
  -- difference is the unlocated ones and nothing else.
  INSERT INTO release_municipality_month (release_id, district_id, month, count, completed, attempted, unlocated)
  SELECT made.id, d.id, m::date, coalesce(c.count, 0) + coalesce(u.unlocated, 0),
         coalesce(u.completed, 0), coalesce(u.attempted, 0), coalesce(u.unlocated, 0)
  FROM release_district rd
  JOIN district d ON d.id = rd.district_id AND d.set_name = 'kommun'
  CROSS JOIN generate_series(made.first_month::timestamp, made.through_month, interval '1 month') m
  LEFT JOIN (
    SELECT rc.municipality_id AS district_id, cm.month, sum(cm.count)::int AS count
    FROM release_count cm
    JOIN release_cell rc ON rc.cell_id = cm.cell_id
    GROUP BY 1, 2
  ) c ON c.district_id = d.id AND c.month = m
  LEFT JOIN (
    SELECT i.municipality_id, i.month,
           -- A code that does not tell (holiday homes) counts as completed: left out
           -- of both, their number would be the difference, month by month.
           coalesce(sum(i.count) FILTER (WHERE i.is_attempt IS NOT TRUE), 0)::int AS completed,
           coalesce(sum(i.count) FILTER (WHERE i.is_attempt), 0)::int AS attempted,
           coalesce(sum(i.count) FILTER (WHERE i.cell_id IS NULL), 0)::int AS unlocated
    FROM release_hit i
    GROUP BY i.municipality_id, i.month
  ) u ON u.municipality_id = d.id AND u.month = m
  WHERE rd.release_id = made.id;

  PERFORM publish_kinds(made, l);
  DROP TABLE release_hit, release_count, release_cell;
  UPDATE state SET release = made.id;
  RETURN made.id;
END
$$;

GRANT EXECUTE ON FUNCTION lock_references(boolean), check_incident_references(), check_count_references(),
  refuse_dangling(), refuse_truncate(), years_decided_otherwise(release) TO grannkarta_importer;
