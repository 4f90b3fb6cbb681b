-- What the database does by itself: who answers for a district or a watch area,
-- following merges of cells, publishing, and telling the daemons of changes.
--
-- Every function runs with its caller's rights and a fixed search_path. None may
-- be called by PUBLIC (0004_roles.sql grants them).

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- --- Cells and merges -----------------------------------------------------------

-- Every cell that existed in a lattice version, and the cell that lived in its
-- place then. Chains are short: a merge into a merged cell is rare. ROWS: with the
-- usual guess of 1,000 rows it is joined row by row, a minute for a large town.
CREATE FUNCTION cells_at(version integer) RETURNS TABLE (cell_id integer, living_id integer)
LANGUAGE sql STABLE ROWS 100000 SET search_path = grannkarta, public, pg_temp AS $$
  WITH RECURSIVE living (cell_id, living_id) AS (
    SELECT id, id FROM cell
    WHERE since_version <= $1 AND (merged_version IS NULL OR merged_version > $1)
    UNION ALL
    SELECT c.id, l.living_id FROM cell c JOIN living l ON c.merged_into = l.cell_id
    WHERE c.since_version <= $1 AND c.merged_version <= $1
  )
  SELECT cell_id, living_id FROM living
$$;

-- The cell that lived in the place of one cell; NULL when it did not exist yet.
CREATE FUNCTION cell_at(cell_id integer, version integer) RETURNS integer
LANGUAGE sql STABLE SET search_path = grannkarta, public, pg_temp AS $$
  WITH RECURSIVE chain (id, merged_into, merged_version) AS (
    SELECT id, merged_into, merged_version FROM cell WHERE id = $1 AND since_version <= $2
    UNION ALL
    SELECT c.id, c.merged_into, c.merged_version
    FROM cell c JOIN chain ON c.id = chain.merged_into WHERE chain.merged_version <= $2
  )
  SELECT id FROM chain WHERE merged_version IS NULL OR merged_version > $2
$$;

-- Dwellings of the classes that count.
CREATE FUNCTION counted(villa integer, flat integer, holiday integer, classes text[]) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN 'villa' = ANY ($4) THEN $1 ELSE 0 END + CASE WHEN 'flat' = ANY ($4) THEN $2 ELSE 0 END
       + CASE WHEN 'holiday' = ANY ($4) THEN $3 ELSE 0 END
$$;

-- --- Districts and watch areas -----------------------------------------------------

-- Computes which cells answer for each district and each watch boundary in a
-- lattice version, replacing what was computed before, except what a release on
-- that version uses: that is frozen.
--
-- Base set: a district owns the dwellings of its units, exactly. Any other set,
-- and watch areas: of a square's dwellings the share of the square's area that
-- they overlap. A district gets the cells of which it owns more than any other
-- district of its set that is valid at the same time, and at least as much as
-- lies in none; ties go to the lower id. A cover is every cell with a dwelling
-- square that the area overlaps.
CREATE FUNCTION refresh_memberships(version integer) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning AS $$
#variable_conflict use_column
DECLARE
  l lattice;
  side double precision;
BEGIN
  SELECT * INTO l FROM lattice WHERE lattice.version = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lattice version % does not exist', $1;
  END IF;
  side := l.base_square_dm / 10.0;

  -- The version's units with dwellings, and their squares.
  DROP TABLE IF EXISTS pg_temp.m_unit, pg_temp.m_square, pg_temp.m_block, pg_temp.m_area, pg_temp.m_near, pg_temp.m_total,
    pg_temp.m_share, pg_temp.m_inside, pg_temp.m_own;
  CREATE TEMPORARY TABLE m_unit ON COMMIT DROP AS
    SELECT u.e, u.n, u.district_id, c.living_id AS cell_id,
           counted(d.villa, d.flat, d.holiday, l.classes) AS dwellings
    FROM dwelling d
    JOIN unit u USING (e, n, district_id)
    JOIN cells_at($1) c ON c.cell_id = u.cell_id
    WHERE d.source_id = l.source_id AND d.villa + d.flat + d.holiday > 0;
  CREATE TEMPORARY TABLE m_square ON COMMIT DROP AS
    SELECT e, n, e >> 5 AS block_e, n >> 5 AS block_n,
           ST_MakeEnvelope(e * side, n * side, (e + 1) * side, (n + 1) * side, 3006) AS outline
    FROM m_unit GROUP BY e, n;
  CREATE INDEX ON m_square (block_e, block_n);
  CREATE INDEX ON m_unit (e, n);
  CREATE TEMPORARY TABLE m_block ON COMMIT DROP AS
    SELECT block_e, block_n, ST_MakeEnvelope(block_e * 32 * side, block_n * 32 * side,
                                             (block_e + 1) * 32 * side, (block_n + 1) * 32 * side, 3006) AS outline
    FROM m_square GROUP BY block_e, block_n;
  CREATE INDEX ON m_block USING gist (outline);
  CREATE TEMPORARY TABLE m_total ON COMMIT DROP AS
    SELECT cell_id, sum(dwellings)::float8 AS dwellings FROM m_unit GROUP BY cell_id;
  ANALYZE m_unit, m_square, m_total;

  -- Shares by area. What an area has of a block of 32 x 32 squares is found
  -- first: most blocks lie wholly inside, and so do their squares. In the others,
  -- small pieces make almost every square lie wholly inside or outside one.
  CREATE TEMPORARY TABLE m_area ON COMMIT DROP AS
    SELECT 'district' AS kind, d.id, d.outline FROM district d
    WHERE d.id IN (SELECT id FROM district EXCEPT SELECT district_id FROM unit)
    UNION ALL
    SELECT 'watch', b.id, b.outline FROM watch_boundary b;
  ANALYZE m_block, m_area;
  CREATE TEMPORARY TABLE m_near ON COMMIT DROP AS
    SELECT a.kind, a.id, b.block_e, b.block_n, b.outline, ST_Covers(a.outline, b.outline) AS is_inside
    FROM m_area a JOIN m_block b ON ST_Intersects(a.outline, b.outline);
  ANALYZE m_near;
  CREATE TEMPORARY TABLE m_share ON COMMIT DROP AS
    SELECT b.kind, b.id, s.e, s.n, 1::float8 AS share
    FROM m_near b JOIN m_square s USING (block_e, block_n)
    WHERE b.is_inside
    UNION ALL
    SELECT kind, id, e, n, least(sum(share), 1) AS share
    FROM (
      SELECT p.kind, p.id, s.e, s.n,
             CASE WHEN ST_Covers(p.piece, s.outline) THEN 1
                  ELSE ST_Area(ST_Intersection(p.piece, s.outline)) / (side * side) END AS share
      FROM (SELECT kind, id, ST_Subdivide(outline, 128) AS piece FROM m_area) p
      JOIN m_near b ON b.kind = p.kind AND b.id = p.id AND NOT b.is_inside AND ST_Intersects(p.piece, b.outline)
      JOIN m_square s ON s.block_e = b.block_e AND s.block_n = b.block_n AND ST_Intersects(p.piece, s.outline)
    ) x
    GROUP BY kind, id, e, n
    HAVING sum(share) > 1e-9;
  ANALYZE m_share;

  CREATE TEMPORARY TABLE m_inside ON COMMIT DROP AS
    SELECT kind, id, cell_id, round(sum(inside)::numeric, 6)::float8 AS inside
    FROM (
      SELECT s.kind, s.id, u.cell_id, u.dwellings * s.share AS inside
      FROM m_share s JOIN m_unit u USING (e, n)
      UNION ALL
      SELECT 'district', district_id, cell_id, dwellings FROM m_unit
    ) x
    GROUP BY kind, id, cell_id;
  ANALYZE m_inside;
  CREATE TEMPORARY TABLE m_own ON COMMIT DROP AS
    SELECT i.id, i.cell_id, i.inside, d.set_name, daterange(d.valid_from, d.valid_to) AS valid
    FROM m_inside i JOIN district d ON d.id = i.id WHERE i.kind = 'district' AND i.inside > 0;
  ANALYZE m_own;

  DELETE FROM district_cell WHERE district_cell.version = $1 AND district_id NOT IN (
    SELECT rd.district_id FROM release_district rd JOIN release r ON r.id = rd.release_id WHERE r.lattice_version = $1);
  DELETE FROM district_summary WHERE district_summary.version = $1 AND district_id NOT IN (
    SELECT rd.district_id FROM release_district rd JOIN release r ON r.id = rd.release_id WHERE r.lattice_version = $1);
  DELETE FROM watch_cover WHERE watch_cover.version = $1 AND boundary_id NOT IN (
    SELECT rw.boundary_id FROM release_watch_area rw JOIN release r ON r.id = rw.release_id WHERE r.lattice_version = $1);
  DELETE FROM watch_summary WHERE watch_summary.version = $1 AND boundary_id NOT IN (
    SELECT rw.boundary_id FROM release_watch_area rw JOIN release r ON r.id = rw.release_id WHERE r.lattice_version = $1);

  -- Rivals of a district for a cell, itself among them: none may own more (a
  -- lower id wins a tie), and what none of them owns may not be more either. A
  -- district that has a summary by now is frozen, with its cells.
  INSERT INTO district_cell (version, district_id, cell_id)
  SELECT $1, own.id, own.cell_id
  FROM m_own own
  JOIN m_own rival ON rival.cell_id = own.cell_id AND rival.set_name = own.set_name AND rival.valid && own.valid
  JOIN m_total t ON t.cell_id = own.cell_id
  WHERE own.id NOT IN (SELECT district_id FROM district_summary s WHERE s.version = $1)
  GROUP BY own.id, own.cell_id, own.inside, t.dwellings
  HAVING NOT bool_or(rival.inside > own.inside OR (rival.inside = own.inside AND rival.id < own.id))
     AND own.inside >= t.dwellings - sum(rival.inside);

  INSERT INTO district_summary (version, district_id, misplaced_share)
  SELECT $1, d.id, coalesce((f.outside_counted + f.inside_elsewhere)
                            / nullif(f.outside_counted + f.inside_elsewhere + f.rightly, 0), 0)
  FROM district d
  LEFT JOIN (
    SELECT own.id,
           coalesce(sum(t.dwellings - own.inside) FILTER (WHERE m.cell_id IS NOT NULL), 0) AS outside_counted,
           coalesce(sum(own.inside) FILTER (WHERE m.cell_id IS NULL), 0) AS inside_elsewhere,
           coalesce(sum(own.inside) FILTER (WHERE m.cell_id IS NOT NULL), 0) AS rightly
    FROM m_own own
    JOIN m_total t ON t.cell_id = own.cell_id
    LEFT JOIN district_cell m ON m.version = $1 AND m.district_id = own.id AND m.cell_id = own.cell_id
    GROUP BY own.id
  ) f ON f.id = d.id
  ON CONFLICT DO NOTHING;

  INSERT INTO watch_cover (version, boundary_id, cell_id)
  SELECT $1, id, cell_id FROM m_inside
  WHERE kind = 'watch' AND id NOT IN (SELECT boundary_id FROM watch_summary s WHERE s.version = $1);

  INSERT INTO watch_summary (version, boundary_id, households, cover_dwellings)
  SELECT $1, b.id, coalesce(sum(i.inside), 0), coalesce(sum(t.dwellings), 0)
  FROM watch_boundary b
  LEFT JOIN m_inside i ON i.kind = 'watch' AND i.id = b.id
  LEFT JOIN m_total t ON t.cell_id = i.cell_id
  GROUP BY b.id
  ON CONFLICT DO NOTHING;

  DROP TABLE m_unit, m_square, m_block, m_area, m_near, m_total, m_share, m_inside, m_own;
END
$$;

-- --- Publishing ----------------------------------------------------------------------

-- The month that an incident is counted in: that of the middle of its interval,
-- floored to the hour.
CREATE FUNCTION event_month(from_hour timestamp, to_hour timestamp) RETURNS date
LANGUAGE sql IMMUTABLE AS $$
  SELECT date_trunc('month', $1 + make_interval(hours => floor(extract(epoch FROM $2 - $1) / 7200)::int))::date
$$;

-- The rules that a release must satisfy before anything is counted.
CREATE FUNCTION check_publish(through date, definition text, first_month date, r revision, l lattice) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = grannkarta, public, pg_temp AS $$
DECLARE
  missing text;
  bad record;
  last_day date := (through + interval '1 month - 1 day')::date;
BEGIN
  IF first_month > through THEN
    RAISE EXCEPTION 'the first month % is after the last, %', to_char(first_month, 'YYYY-MM'), to_char(through, 'YYYY-MM');
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

-- Sums up what a release counts, once, into the temporary table release_hit. A
-- located incident belongs to the municipality that answers for its cell, not to
-- the one that its exact place was in: else the municipality's total less its
-- cells would isolate incidents near the border.
CREATE FUNCTION sum_incidents(release release) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning AS $$
BEGIN
  DROP TABLE IF EXISTS pg_temp.release_hit;
  CREATE TEMPORARY TABLE release_hit ON COMMIT DROP AS
  WITH hit AS (
    SELECT i.cell_id, CASE WHEN i.cell_id IS NULL THEN i.municipality_id END AS municipality_id,
           event_month(i.from_hour, i.to_hour) AS month, i.code_id, sum(i.count)::integer AS count
    FROM incident i
    WHERE i.code_id IN (SELECT dc.code_id FROM definition_code dc WHERE dc.definition = release.definition)
      AND i.revision_in <= release.revision_id
      AND (i.revision_out IS NULL OR i.revision_out > release.revision_id)
    GROUP BY 1, 2, 3, 4
  )
  SELECT c.living_id AS cell_id, coalesce(h.municipality_id, m.district_id) AS municipality_id, h.month,
         o.kind, o.is_attempt, h.count
  FROM hit h
  JOIN offence_code o ON o.id = h.code_id
  LEFT JOIN cells_at(release.lattice_version) c ON c.cell_id = h.cell_id
  LEFT JOIN (
    SELECT dc.cell_id, dc.district_id
    FROM district_cell dc
    JOIN release_district rd ON rd.release_id = release.id AND rd.district_id = dc.district_id
    JOIN district d ON d.id = dc.district_id AND d.set_name = 'kommun'
    WHERE dc.version = release.lattice_version
  ) m ON m.cell_id = c.living_id
  WHERE h.month BETWEEN release.first_month AND release.through_month;
  IF EXISTS (SELECT FROM incident i WHERE i.cell_id IS NOT NULL AND i.revision_out IS NULL AND NOT EXISTS (
               SELECT FROM cells_at(release.lattice_version) c
               JOIN lattice_cell lc ON lc.version = release.lattice_version AND lc.cell_id = c.living_id
               WHERE c.cell_id = i.cell_id)) THEN
    RAISE EXCEPTION 'an incident has a cell that is not in lattice version %', release.lattice_version;
  END IF;
END
$$;

-- Whether a municipality's calendar year is, cell by cell, what the newest
-- earlier release with that whole year says, and that release shows its kinds.
CREATE FUNCTION is_same_year(release release, district_id integer, year smallint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = grannkarta, public, pg_temp AS $$
  WITH earlier AS (
    SELECT o.* FROM release o
    WHERE o.id < $1.id AND make_date($3, 1, 1) >= o.first_month AND make_date($3, 12, 1) <= o.through_month
    ORDER BY o.id DESC LIMIT 1
  ), cells AS (
    SELECT cm.release_id = $1.id AS is_new, cm.cell_id, cm.month, cm.count
    FROM release_cell_month cm
    WHERE cm.release_id IN ($1.id, (SELECT id FROM earlier))
      AND cm.month BETWEEN make_date($3, 1, 1) AND make_date($3, 12, 1)
      AND cm.cell_id IN (SELECT cell_id FROM district_cell dc
                         WHERE dc.version = $1.lattice_version AND dc.district_id = $2)
  ), months AS (
    SELECT mm.release_id = $1.id AS is_new, mm.month, mm.count, mm.completed, mm.attempted, mm.unlocated
    FROM release_municipality_month mm
    WHERE mm.release_id IN ($1.id, (SELECT id FROM earlier)) AND mm.district_id = $2
      AND mm.month BETWEEN make_date($3, 1, 1) AND make_date($3, 12, 1)
  )
  SELECT EXISTS (SELECT FROM release_municipality_kind k, earlier
                 WHERE k.release_id = earlier.id AND k.district_id = $2 AND k.year = $3)
     AND $1.lattice_version = (SELECT lattice_version FROM earlier)
     AND NOT EXISTS ((SELECT cell_id, month, count FROM cells WHERE is_new)
                     EXCEPT (SELECT cell_id, month, count FROM cells WHERE NOT is_new))
     AND NOT EXISTS ((SELECT cell_id, month, count FROM cells WHERE NOT is_new)
                     EXCEPT (SELECT cell_id, month, count FROM cells WHERE is_new))
     AND NOT EXISTS ((SELECT month, count, completed, attempted, unlocated FROM months WHERE is_new)
                     EXCEPT (SELECT month, count, completed, attempted, unlocated FROM months WHERE NOT is_new))
     AND NOT EXISTS ((SELECT month, count, completed, attempted, unlocated FROM months WHERE NOT is_new)
                     EXCEPT (SELECT month, count, completed, attempted, unlocated FROM months WHERE is_new))
$$;

-- Freezes kinds of dwelling for whole calendar years of the municipality.
--
-- The attack that the conditions stop is exclusion. Kinds that were not hit that
-- year exclude homes: if all burglaries of the year were of holiday homes, a cell
-- with a burglary and one holiday home among its k dwellings names that home. So
-- every cell with a count must have k dwellings of the kinds that were hit, and a
-- kind hit 1-4 times is never shown, because then the cells with a count are few
-- enough to try. Nor may the cells force a kind upon few homes: if five villas were
-- hit and the only villas in cells with a count are two, those are they. So all
-- hits of a kind must have room among the unlocated and in cells with homes of
-- that kind, whichever k - 1 of these homes are left out. And a year is decided once: if a later release, which differs by
-- one late report in one cell, showed other kinds (or now showed them, or no
-- longer), the difference would be the kind of that one report.
CREATE FUNCTION publish_kinds(release release, l lattice) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  WITH year AS (
    SELECT y::smallint AS year FROM generate_series(extract(year FROM $1.first_month)::int, extract(year FROM $1.through_month)::int) y
    WHERE make_date(y, 1, 1) >= $1.first_month AND make_date(y, 12, 1) <= $1.through_month
  ), kind AS (
    SELECT DISTINCT o.kind FROM definition_code dc JOIN offence_code o ON o.id = dc.code_id
    WHERE dc.definition = $1.definition
  ), hit AS (
    SELECT municipality_id, cell_id, extract(year FROM month)::smallint AS year, kind, sum(count)::int AS count
    FROM release_hit WHERE municipality_id IS NOT NULL
    GROUP BY 1, 2, 3, 4
  ), total AS (
    SELECT d.id AS district_id, y.year, k.kind, coalesce(sum(h.count), 0)::int AS count
    FROM release_district rd
    JOIN district d ON d.id = rd.district_id AND d.set_name = 'kommun'
    CROSS JOIN year y CROSS JOIN kind k
    LEFT JOIN hit h ON h.municipality_id = d.id AND h.year = y.year AND h.kind = k.kind
    WHERE rd.release_id = $1.id
    GROUP BY 1, 2, 3
  ), shown AS (
    SELECT district_id, year, array_agg(kind) FILTER (WHERE count > 0) AS kinds
    FROM total GROUP BY district_id, year
    HAVING bool_and(count = 0 OR count >= 5)
  ), exposed AS (
    -- A cell's single months count: an incident and its later correction may
    -- add up to nothing over the year, and each be published.
    SELECT dc.district_id, extract(year FROM cm.month)::smallint AS year, cm.cell_id, sum(cm.count) AS count
    FROM release_cell_month cm
    JOIN district_cell dc ON dc.version = $1.lattice_version AND dc.cell_id = cm.cell_id
    WHERE cm.release_id = $1.id
    GROUP BY 1, 2, 3
  ), reach AS (
    SELECT t.district_id, t.year, t.kind, t.count, e.cell_id, e.count AS hits,
           counted(lc.villa, lc.flat, lc.holiday, ARRAY[t.kind]) AS homes
    FROM total t
    JOIN exposed e USING (district_id, year)
    JOIN lattice_cell lc ON lc.version = $1.lattice_version AND lc.cell_id = e.cell_id
    WHERE t.kind IN ('villa', 'flat', 'holiday') AND t.count > 0
  ), ranked AS (
    -- Cells of fewer than k homes, most hits a home first: those before the sum
    -- of homes passes k - 1 have at least the hits of any k - 1 homes.
    SELECT *, homes < $2.k AND coalesce(sum(homes) OVER (
                PARTITION BY district_id, year, kind, homes < $2.k ORDER BY hits::numeric / homes DESC, cell_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < $2.k - 1 AS is_few
    FROM reach WHERE homes > 0
  ), forced AS (
    SELECT t.district_id, t.year
    FROM total t
    LEFT JOIN ranked r USING (district_id, year, kind)
    WHERE t.kind IN ('villa', 'flat', 'holiday') AND t.count > 0
    GROUP BY t.district_id, t.year, t.kind, t.count
    HAVING t.count > coalesce(sum(r.hits) FILTER (WHERE NOT r.is_few), 0)
           + coalesce((SELECT sum(h.count) FROM hit h WHERE h.municipality_id = t.district_id
                       AND h.year = t.year AND h.cell_id IS NULL), 0)
  )
  INSERT INTO release_municipality_kind (release_id, district_id, year, kind, count)
  SELECT $1.id, t.district_id, t.year, t.kind, t.count
  FROM total t JOIN shown s USING (district_id, year)
  WHERE NOT EXISTS (
      SELECT FROM exposed e JOIN lattice_cell lc ON lc.version = $1.lattice_version AND lc.cell_id = e.cell_id
      WHERE e.district_id = t.district_id AND e.year = t.year
        AND counted(lc.villa, lc.flat, lc.holiday, coalesce(s.kinds, '{}')) < $2.k)
    AND NOT EXISTS (SELECT FROM forced f WHERE f.district_id = t.district_id AND f.year = t.year)
    AND (NOT EXISTS (SELECT FROM release o WHERE o.id < $1.id AND make_date(t.year, 1, 1) >= o.first_month
                     AND make_date(t.year, 12, 1) <= o.through_month)
         OR is_same_year($1, t.district_id, t.year));
END
$$;

-- Freezes the newest revision as a numbered release and returns its number.
-- Without a first month: that of the newest release, else the first with an
-- incident. Covers of fewer dwellings than watch_min_dwellings stay out.
CREATE FUNCTION publish(through date, definition text, from_month date DEFAULT NULL,
                        watch_min_dwellings integer DEFAULT 50) RETURNS integer
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
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
  INSERT INTO release_cell_month (release_id, cell_id, month, count)
  SELECT made.id, i.cell_id, i.month, sum(i.count)
  FROM release_hit i WHERE i.cell_id IS NOT NULL
  GROUP BY i.cell_id, i.month HAVING sum(i.count) > 0;
  -- The cells' part is the sum of what is published of them, so that the
  -- difference is the unlocated ones and nothing else.
  INSERT INTO release_municipality_month (release_id, district_id, month, count, completed, attempted, unlocated)
  SELECT made.id, d.id, m::date, coalesce(c.count, 0) + coalesce(u.unlocated, 0),
         coalesce(u.completed, 0), coalesce(u.attempted, 0), coalesce(u.unlocated, 0)
  FROM release_district rd
  JOIN district d ON d.id = rd.district_id AND d.set_name = 'kommun'
  CROSS JOIN generate_series(made.first_month::timestamp, made.through_month, interval '1 month') m
  LEFT JOIN (
    SELECT dc.district_id, cm.month, sum(cm.count)::int AS count
    FROM release_cell_month cm
    JOIN district_cell dc ON dc.version = l.version AND dc.cell_id = cm.cell_id
    WHERE cm.release_id = made.id
    GROUP BY dc.district_id, cm.month
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
  DROP TABLE release_hit;
  UPDATE state SET release = made.id;
  RETURN made.id;
END
$$;

-- --- Telling the daemons -----------------------------------------------------------

-- The counters of the state row. Daemons poll it; NOTIFY only makes it quicker.
CREATE FUNCTION bump_places() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  UPDATE state SET places = places + 1;
  RETURN NULL;
END
$$;
CREATE FUNCTION bump_tokens() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  UPDATE state SET tokens = tokens + 1;
  RETURN NULL;
END
$$;
CREATE FUNCTION take_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  UPDATE state SET revision = (SELECT coalesce(max(id), 0) FROM revision);
  RETURN NULL;
END
$$;
CREATE FUNCTION take_release() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  UPDATE state SET release = (SELECT coalesce(max(id), 0) FROM release WHERE withdrawn_at IS NULL);
  RETURN NULL;
END
$$;
CREATE FUNCTION notify_state() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  PERFORM pg_notify('grannkarta', NEW.revision || ' ' || NEW.release || ' ' || NEW.places || ' ' || NEW.tokens);
  RETURN NULL;
END
$$;

CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON token FOR EACH STATEMENT EXECUTE FUNCTION bump_tokens();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON district_set FOR EACH STATEMENT EXECUTE FUNCTION bump_places();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON district FOR EACH STATEMENT EXECUTE FUNCTION bump_places();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON lattice FOR EACH STATEMENT EXECUTE FUNCTION bump_places();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON watch_area FOR EACH STATEMENT EXECUTE FUNCTION bump_places();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON watch_boundary FOR EACH STATEMENT EXECUTE FUNCTION bump_places();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON district_summary FOR EACH STATEMENT EXECUTE FUNCTION bump_places();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON watch_summary FOR EACH STATEMENT EXECUTE FUNCTION bump_places();
CREATE TRIGGER tell AFTER INSERT OR DELETE ON revision FOR EACH STATEMENT EXECUTE FUNCTION take_revision();
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON release FOR EACH STATEMENT EXECUTE FUNCTION take_release();
CREATE TRIGGER tell AFTER UPDATE ON state FOR EACH ROW EXECUTE FUNCTION notify_state();

-- --- What releases stand on does not change --------------------------------------------

-- Public answers are a function of the release: what it shows of a district may
-- not change under it, except that the district ends.
CREATE FUNCTION refuse_change_of_released() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'district' THEN
    IF (OLD.set_name, OLD.code, OLD.name, OLD.valid_from, OLD.inhabitants, OLD.inhabitants_year)
         IS DISTINCT FROM (NEW.set_name, NEW.code, NEW.name, NEW.valid_from, NEW.inhabitants, NEW.inhabitants_year)
       OR ST_AsBinary(OLD.outline) <> ST_AsBinary(NEW.outline) THEN
      IF EXISTS (SELECT FROM release_district WHERE district_id = OLD.id) THEN
        RAISE EXCEPTION 'district "%" of set "%" is part of a release: end it and add a new one', OLD.code, OLD.set_name;
      END IF;
    END IF;
  ELSIF ST_AsBinary(OLD.outline) <> ST_AsBinary(NEW.outline) OR OLD.watch_area_id <> NEW.watch_area_id THEN
    IF EXISTS (SELECT FROM release_watch_area WHERE boundary_id = OLD.id) THEN
      RAISE EXCEPTION 'a boundary is part of a release: add a new one that is valid from a later date';
    END IF;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER keep BEFORE UPDATE ON district FOR EACH ROW EXECUTE FUNCTION refuse_change_of_released();
CREATE TRIGGER keep BEFORE UPDATE ON watch_boundary FOR EACH ROW EXECUTE FUNCTION refuse_change_of_released();

-- Names of a set are in every answer about it.
CREATE FUNCTION refuse_new_title() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM release_district rd JOIN district d ON d.id = rd.district_id
             WHERE d.set_name = OLD.name) THEN
    RAISE EXCEPTION 'set "%" is part of a release: its titles stay', OLD.name;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER keep BEFORE UPDATE OF name, title_sv, title_en ON district_set
  FOR EACH ROW WHEN ((OLD.name, OLD.title_sv, OLD.title_en) IS DISTINCT FROM (NEW.name, NEW.title_sv, NEW.title_en))
  EXECUTE FUNCTION refuse_new_title();

-- Counts of a release are written by publish() and never again.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are frozen', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER keep BEFORE UPDATE ON release_cell_month FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE ON release_municipality_month FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE ON release_municipality_kind FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE ON release_district FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE ON release_watch_area FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE UPDATE ON lattice_cell FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
