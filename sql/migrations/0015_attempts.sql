-- Completed and attempted: of whole calendar years, no longer of months.
--
-- By month they told of homes. The code of holiday homes has no attempts: in a month
-- whose incidents were all attempts, or in what one late report changed between two
-- releases, holiday homes are excluded, and a cell with a count may have fewer than k
-- other homes. To leave out only such months would tell the same. So attempts are
-- told as kinds of dwelling are: for whole calendar years, with the kinds, and as
-- decided the first time.
--
-- Beside the kinds they tell nothing more of homes: which places the kinds can have
-- had depends on the kinds' numbers alone, and in each of these ways any of the
-- villas and flats can have been the attempts.

-- What releases said of years goes on, as far as it is safe; what they said of months
-- goes, though releases are frozen: the same bytes are worth less than the homes.
ALTER TABLE release_municipality_kind DROP CONSTRAINT release_municipality_kind_kind_check;
ALTER TABLE release_municipality_kind ADD CONSTRAINT release_municipality_kind_kind_check
  CHECK (kind IN ('villa', 'flat', 'holiday', 'other', 'cellar', 'attempted'));
COMMENT ON COLUMN release_municipality_kind.kind IS
  'kind of dwelling, of which the counts add up; or attempted: those of all kinds that were attempts';
INSERT INTO release_municipality_kind (release_id, district_id, year, kind, count)
SELECT k.release_id, k.district_id, k.year, 'attempted', m.attempted
FROM (SELECT release_id, district_id, year, sum(count) AS count FROM release_municipality_kind GROUP BY 1, 2, 3) k
JOIN (SELECT release_id, district_id, extract(year FROM month)::smallint AS year, sum(attempted)::int AS attempted
      FROM release_municipality_month GROUP BY 1, 2, 3) m USING (release_id, district_id, year)
WHERE (m.attempted = 0 OR m.attempted >= 5) AND (k.count - m.attempted = 0 OR k.count - m.attempted >= 5);

DROP VIEW grannkarta_public.municipality_month, grannkarta_public.municipality_kind;
ALTER TABLE release_municipality_month DROP COLUMN completed, DROP COLUMN attempted;

CREATE VIEW grannkarta_public.municipality_month WITH (security_barrier) AS
SELECT d.code, m.month, m.count, m.unlocated
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_municipality_month m ON m.release_id = r.id
JOIN grannkarta.district d ON d.id = m.district_id;

CREATE VIEW grannkarta_public.municipality_kind WITH (security_barrier) AS
SELECT d.code, k.year, k.kind, k.count
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_municipality_kind k ON k.release_id = r.id
JOIN grannkarta.district d ON d.id = k.district_id
WHERE k.kind <> 'attempted';
COMMENT ON VIEW grannkarta_public.municipality_kind IS 'Years without rows: not shown';

CREATE VIEW grannkarta_public.municipality_attempt WITH (security_barrier) AS
SELECT d.code, k.year, sum(k.count) FILTER (WHERE k.kind <> 'attempted') - sum(k.count) FILTER (WHERE k.kind = 'attempted') AS completed,
       sum(k.count) FILTER (WHERE k.kind = 'attempted') AS attempted
FROM grannkarta.state s
JOIN grannkarta.release r ON r.id = s.release AND r.withdrawn_at IS NULL
JOIN grannkarta.release_municipality_kind k ON k.release_id = r.id
JOIN grannkarta.district d ON d.id = k.district_id
GROUP BY d.code, k.year
HAVING bool_or(k.kind = 'attempted');
COMMENT ON VIEW grannkarta_public.municipality_attempt IS 'Years without rows: not shown';
GRANT SELECT ON grannkarta_public.municipality_month, grannkarta_public.municipality_kind, grannkarta_public.municipality_attempt
  TO grannkarta_public_views;

-- As before, and: a year of which a kind, or the attempts, changed is decided
-- otherwise too. Reads what publish_kinds() has put into release_total.
CREATE OR REPLACE FUNCTION years_decided_otherwise(release release) RETURNS TABLE (district_id integer, year smallint)
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
    WHERE (n.count, n.unlocated) IS DISTINCT FROM (o.count, o.unlocated)
    UNION
    SELECT t.district_id, t.year
    FROM release_total t JOIN earlier e USING (year)
    JOIN release_municipality_kind k ON k.release_id = e.id AND k.district_id = t.district_id AND k.year = t.year
                                    AND k.kind = t.kind
    WHERE k.count <> t.count
  )
  SELECT m.id, e.year
  FROM municipality m CROSS JOIN earlier e
  WHERE e.lattice_version <> $1.lattice_version
     OR NOT EXISTS (SELECT FROM release_municipality_kind k
                    WHERE k.release_id = e.id AND k.district_id = m.id AND k.year = e.year)
     OR EXISTS (SELECT FROM changed c WHERE c.district_id = m.id AND c.year = e.year);
END
$$;

-- As before, and: attempts are one more number of a year whose kinds are shown; and
-- two kinds together must not be forced upon k - 1 homes either.
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
    UNION ALL SELECT 'attempted'
  ), hit AS (
    SELECT municipality_id, extract(year FROM month)::smallint AS year, kind, sum(count)::int AS count
    FROM release_hit WHERE municipality_id IS NOT NULL
    GROUP BY 1, 2, 3
    UNION ALL -- a code that does not tell (holiday homes) counts as completed
    SELECT municipality_id, extract(year FROM month)::smallint, 'attempted', sum(count)::int
    FROM release_hit WHERE municipality_id IS NOT NULL AND is_attempt
    GROUP BY 1, 2
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
           coalesce(array_agg(kind) FILTER (WHERE count > 0), '{}') AS kinds, sum(count) AS count
    FROM release_total WHERE kind <> 'attempted' GROUP BY district_id, year
    HAVING bool_and(count = 0 OR count >= 5)
  ), excluding AS (
    -- A cell whose homes that could be meant are fewer than k.
    SELECT DISTINCT e.district_id, e.year
    FROM (SELECT *, 'villa' = ANY (kinds) AS has_villa, 'flat' = ANY (kinds) AS has_flat,
                 'holiday' = ANY (kinds) AS has_holiday FROM shown) s
    JOIN release_exposed e USING (district_id, year)
    WHERE CASE WHEN has_villa THEN villa ELSE 0 END + CASE WHEN has_flat THEN flat ELSE 0 END
          + CASE WHEN has_holiday THEN holiday ELSE 0 END < $2.k
  ), class_set AS (
    -- Kinds together too: what is left over when the others have taken their room
    -- may have to be in the few homes of either. All three are `excluding`.
    SELECT * FROM (VALUES ('{villa}'::text[], 1, 0, 0), ('{flat}', 0, 1, 0), ('{holiday}', 0, 0, 1),
      ('{villa,flat}', 1, 1, 0), ('{villa,holiday}', 1, 0, 1), ('{flat,holiday}', 0, 1, 1)) c (kinds, villa, flat, holiday)
  ), reach AS (
    SELECT e.district_id, e.year, c.kinds, e.cell_id, e.hits,
           e.villa * c.villa + e.flat * c.flat + e.holiday * c.holiday AS homes
    FROM release_exposed e CROSS JOIN class_set c
    WHERE e.villa * c.villa + e.flat * c.flat + e.holiday * c.holiday > 0
  ), few AS (
    -- Cells of fewer than k homes, most hits a home first: those before the sum
    -- of homes passes k - 1 have at least the hits of any k - 1 homes.
    SELECT district_id, year, kinds, hits, coalesce(sum(homes) OVER (
             PARTITION BY district_id, year, kinds ORDER BY hits::float8 / homes DESC, cell_id
             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < $2.k - 1 AS is_few
    FROM reach WHERE homes < $2.k
  ), room AS (
    SELECT district_id, year, kinds, sum(hits) AS hits FROM (
      SELECT district_id, year, kinds, hits FROM reach WHERE homes >= $2.k
      UNION ALL
      SELECT district_id, year, kinds, hits FROM few WHERE NOT is_few) x
    GROUP BY 1, 2, 3
  ), unlocated AS (
    SELECT municipality_id AS district_id, extract(year FROM month)::smallint AS year, sum(count) AS hits
    FROM release_hit WHERE cell_id IS NULL GROUP BY 1, 2
  ), together AS (
    SELECT t.district_id, t.year, c.kinds, sum(t.count) AS count
    FROM release_total t JOIN class_set c ON t.kind = ANY (c.kinds)
    WHERE t.count > 0
    GROUP BY 1, 2, 3
  ), forced AS (
    SELECT DISTINCT t.district_id, t.year
    FROM together t
    LEFT JOIN room r USING (district_id, year, kinds)
    LEFT JOIN unlocated u ON u.district_id = t.district_id AND u.year = t.year
    WHERE t.count > coalesce(r.hits, 0) + coalesce(u.hits, 0)
  ), earlier AS (
    SELECT DISTINCT ON (y) y::smallint AS year, o.id
    FROM generate_series(extract(year FROM $1.first_month)::int, extract(year FROM $1.through_month)::int) y
    JOIN release o ON o.id < $1.id AND make_date(y, 1, 1) >= o.first_month AND make_date(y, 12, 1) <= o.through_month
    ORDER BY y, o.id DESC
  ), no_attempts AS ( -- not told before, or completed or attempted ones are few
    SELECT t.district_id, t.year FROM release_total t JOIN shown s USING (district_id, year)
    WHERE t.kind = 'attempted'
      AND NOT ((t.count = 0 OR t.count >= 5) AND (s.count - t.count = 0 OR s.count - t.count >= 5))
    UNION
    SELECT t.district_id, t.year FROM release_total t JOIN earlier e USING (year)
    WHERE t.kind = 'attempted' AND NOT EXISTS (
      SELECT FROM release_municipality_kind k
      WHERE k.release_id = e.id AND k.district_id = t.district_id AND k.year = t.year AND k.kind = 'attempted')
  )
  INSERT INTO release_municipality_kind (release_id, district_id, year, kind, count)
  SELECT $1.id, t.district_id, t.year, t.kind, t.count
  FROM release_total t JOIN shown s USING (district_id, year)
  WHERE (t.district_id, t.year) NOT IN (SELECT district_id, year FROM excluding)
    AND (t.district_id, t.year) NOT IN (SELECT district_id, year FROM forced)
    AND (t.kind <> 'attempted' OR (t.district_id, t.year) NOT IN (SELECT district_id, year FROM no_attempts))
    AND (t.district_id, t.year) NOT IN (SELECT district_id, year FROM years_decided_otherwise($1));
  DROP TABLE release_total, release_exposed;
END
$$;

-- As before, without completed and attempted of months.
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
  INSERT INTO release_municipality_month (release_id, district_id, month, count, unlocated)
  SELECT made.id, d.id, m::date, coalesce(c.count, 0) + coalesce(u.unlocated, 0), coalesce(u.unlocated, 0)
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
    SELECT i.municipality_id, i.month, sum(i.count)::int AS unlocated
    FROM release_hit i WHERE i.cell_id IS NULL
    GROUP BY i.municipality_id, i.month
  ) u ON u.municipality_id = d.id AND u.month = m
  WHERE rd.release_id = made.id;

  PERFORM publish_kinds(made, l);
  DROP TABLE release_hit, release_count, release_cell;
  UPDATE state SET release = made.id;
  RETURN made.id;
END
$$;

CREATE OR REPLACE FUNCTION erase_releases(first_kept date) RETURNS integer
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
    INSERT INTO release_municipality_month SELECT made, district_id, month, count, unlocated
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
