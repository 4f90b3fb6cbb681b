-- What is needed to show a revision again as it was.
--
-- Incidents have their history: revision_in and revision_out. Cells, outlines of
-- cells and dwellings stand under a lattice version for ever. Districts, watch
-- areas and the cells that answer for them do change under a revision, so the
-- state that it was made with is kept: not by each import, but once, right before
-- the first change that follows. Outlines and lists of cells that are equal are
-- kept once. Releases need none of this: what they show is theirs (0003).

-- --- Places as they were ------------------------------------------------------------

CREATE TABLE kept_places (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  lattice_version integer NOT NULL REFERENCES lattice
);
COMMENT ON TABLE kept_places IS 'A state of districts and watch areas that revisions were made with';

ALTER TABLE revision ADD COLUMN kept_places_id integer REFERENCES kept_places;
COMMENT ON COLUMN revision.kept_places_id IS 'Districts and watch areas as they were then; NULL: as they are now';
CREATE INDEX revision_unkept ON revision (id) WHERE kept_places_id IS NULL AND erased_at IS NULL;

CREATE TABLE kept_outline (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  outline geometry(MultiPolygon, 3006) NOT NULL
);
CREATE TABLE kept_cells (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  cells integer[] NOT NULL -- ascending
);
CREATE TABLE kept_set (
  kept_places_id integer NOT NULL REFERENCES kept_places ON DELETE CASCADE,
  name text NOT NULL,
  title_sv text NOT NULL,
  title_en text NOT NULL,
  is_base boolean NOT NULL,
  PRIMARY KEY (kept_places_id, name)
);
CREATE TABLE kept_district (
  kept_places_id integer NOT NULL REFERENCES kept_places ON DELETE CASCADE,
  district_id integer NOT NULL,
  set_name text NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  valid_from date NOT NULL,
  valid_to date,
  inhabitants integer,
  inhabitants_year smallint,
  misplaced_share double precision NOT NULL,
  outline_id integer NOT NULL REFERENCES kept_outline,
  cells_id integer REFERENCES kept_cells, -- NULL: none
  PRIMARY KEY (kept_places_id, district_id)
);
CREATE TABLE kept_watch_area (
  kept_places_id integer NOT NULL REFERENCES kept_places ON DELETE CASCADE,
  watch_area_id integer NOT NULL,
  slug text NOT NULL,
  name text NOT NULL,
  started date,
  ended date,
  is_approved boolean NOT NULL,
  PRIMARY KEY (kept_places_id, watch_area_id)
);
CREATE TABLE kept_watch_boundary (
  kept_places_id integer NOT NULL REFERENCES kept_places ON DELETE CASCADE,
  boundary_id integer NOT NULL,
  watch_area_id integer NOT NULL,
  valid_from date NOT NULL,
  households double precision NOT NULL,
  outline_id integer NOT NULL REFERENCES kept_outline,
  cells_id integer REFERENCES kept_cells,
  PRIMARY KEY (kept_places_id, boundary_id)
);
CREATE INDEX kept_district_outline ON kept_district (outline_id);
CREATE INDEX kept_district_cells ON kept_district (cells_id);
CREATE INDEX kept_watch_boundary_outline ON kept_watch_boundary (outline_id);
CREATE INDEX kept_watch_boundary_cells ON kept_watch_boundary (cells_id);

-- Drops kept states that only erased revisions were made with.
CREATE FUNCTION forget_places() RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  UPDATE revision SET kept_places_id = NULL WHERE erased_at IS NOT NULL AND kept_places_id IS NOT NULL;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  DELETE FROM kept_places k WHERE NOT EXISTS (SELECT FROM revision r WHERE r.kept_places_id = k.id);
  DELETE FROM kept_outline o
  WHERE NOT EXISTS (SELECT FROM kept_district d WHERE d.outline_id = o.id)
    AND NOT EXISTS (SELECT FROM kept_watch_boundary b WHERE b.outline_id = o.id);
  DELETE FROM kept_cells c
  WHERE NOT EXISTS (SELECT FROM kept_district d WHERE d.cells_id = c.id)
    AND NOT EXISTS (SELECT FROM kept_watch_boundary b WHERE b.cells_id = c.id);
END
$$;

-- Before a statement changes places: keeps them as they are, if a revision was made
-- since they were kept last. Whoever makes a revision holds the state row, so that
-- none is missed.
CREATE FUNCTION keep_places() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET client_min_messages = warning AS $$
DECLARE
  newest integer;
  made integer;
BEGIN
  PERFORM FROM state FOR UPDATE;
  IF NOT EXISTS (SELECT FROM revision WHERE kept_places_id IS NULL AND erased_at IS NULL) THEN
    RETURN NULL;
  END IF;
  SELECT max(version) INTO newest FROM lattice;
  INSERT INTO kept_places (lattice_version) VALUES (newest) RETURNING id INTO made;

  DROP TABLE IF EXISTS pg_temp.k_place;
  CREATE TEMPORARY TABLE k_place (is_watch boolean, id integer, outline_hash bytea, cells integer[], cells_hash bytea)
    ON COMMIT DROP;
  INSERT INTO k_place (is_watch, id, outline_hash, cells)
  SELECT false, d.id, sha256(ST_AsBinary(d.outline, 'NDR')), c.cells
  FROM district d
  JOIN district_summary s ON s.version = newest AND s.district_id = d.id
  LEFT JOIN (SELECT district_id, array_agg(cell_id ORDER BY cell_id) AS cells
             FROM district_cell WHERE version = newest GROUP BY district_id) c ON c.district_id = d.id
  UNION ALL
  SELECT true, b.id, sha256(ST_AsBinary(b.outline, 'NDR')), c.cells
  FROM watch_boundary b
  LEFT JOIN (SELECT boundary_id, array_agg(cell_id ORDER BY cell_id) AS cells
             FROM watch_cover WHERE version = newest GROUP BY boundary_id) c ON c.boundary_id = b.id;
  UPDATE k_place SET cells_hash = sha256(array_send(cells)) WHERE cells IS NOT NULL;

  INSERT INTO kept_outline (hash, outline)
  SELECT DISTINCT ON (k.outline_hash) k.outline_hash, coalesce(d.outline, b.outline)
  FROM k_place k
  LEFT JOIN district d ON NOT k.is_watch AND d.id = k.id
  LEFT JOIN watch_boundary b ON k.is_watch AND b.id = k.id
  WHERE NOT EXISTS (SELECT FROM kept_outline o WHERE o.hash = k.outline_hash);
  INSERT INTO kept_cells (hash, cells)
  SELECT DISTINCT ON (cells_hash) cells_hash, cells FROM k_place k
  WHERE cells_hash IS NOT NULL AND NOT EXISTS (SELECT FROM kept_cells o WHERE o.hash = k.cells_hash);

  INSERT INTO kept_set (kept_places_id, name, title_sv, title_en, is_base)
  SELECT made, name, title_sv, title_en, is_base FROM district_set;
  INSERT INTO kept_district (kept_places_id, district_id, set_name, code, name, valid_from, valid_to, inhabitants,
                             inhabitants_year, misplaced_share, outline_id, cells_id)
  SELECT made, d.id, d.set_name, d.code, d.name, d.valid_from, d.valid_to, d.inhabitants, d.inhabitants_year,
         s.misplaced_share, o.id, c.id
  FROM k_place k
  JOIN district d ON d.id = k.id
  JOIN district_summary s ON s.version = newest AND s.district_id = d.id
  JOIN kept_outline o ON o.hash = k.outline_hash
  LEFT JOIN kept_cells c ON c.hash = k.cells_hash
  WHERE NOT k.is_watch;
  INSERT INTO kept_watch_area (kept_places_id, watch_area_id, slug, name, started, ended, is_approved)
  SELECT made, id, slug, name, started, ended, is_approved FROM watch_area;
  INSERT INTO kept_watch_boundary (kept_places_id, boundary_id, watch_area_id, valid_from, households, outline_id, cells_id)
  SELECT made, b.id, b.watch_area_id, b.valid_from, coalesce(s.households, 0), o.id, c.id
  FROM k_place k
  JOIN watch_boundary b ON b.id = k.id
  LEFT JOIN watch_summary s ON s.version = newest AND s.boundary_id = b.id
  JOIN kept_outline o ON o.hash = k.outline_hash
  LEFT JOIN kept_cells c ON c.hash = k.cells_hash
  WHERE k.is_watch;
  DROP TABLE k_place;

  UPDATE revision SET kept_places_id = made WHERE kept_places_id IS NULL AND erased_at IS NULL;
  PERFORM forget_places();
  RETURN NULL;
END
$$;

CREATE TRIGGER keep_past BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON district_set FOR EACH STATEMENT EXECUTE FUNCTION keep_places();
CREATE TRIGGER keep_past BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON district FOR EACH STATEMENT EXECUTE FUNCTION keep_places();
CREATE TRIGGER keep_past BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON lattice FOR EACH STATEMENT EXECUTE FUNCTION keep_places();
CREATE TRIGGER keep_past BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON district_cell FOR EACH STATEMENT EXECUTE FUNCTION keep_places();
CREATE TRIGGER keep_past BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON district_summary FOR EACH STATEMENT EXECUTE FUNCTION keep_places();
CREATE TRIGGER keep_past BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON watch_area FOR EACH STATEMENT EXECUTE FUNCTION keep_places();
CREATE TRIGGER keep_past BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON watch_boundary FOR EACH STATEMENT EXECUTE FUNCTION keep_places();
CREATE TRIGGER keep_past BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON watch_cover FOR EACH STATEMENT EXECUTE FUNCTION keep_places();
CREATE TRIGGER keep_past BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON watch_summary FOR EACH STATEMENT EXECUTE FUNCTION keep_places();

-- --- What never changes under a revision or a release --------------------------------

-- A closed incident stays closed: opening it again would rewrite the revisions in
-- between. What comes back does so as a new version, with a revision_in of its own.
CREATE FUNCTION refuse_reopening() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'incident % was closed by revision %: add a new version of it', OLD.id, OLD.revision_out;
END
$$;
CREATE TRIGGER keep BEFORE UPDATE OF revision_out ON incident FOR EACH ROW
  WHEN (OLD.revision_out IS NOT NULL AND OLD.revision_out IS DISTINCT FROM NEW.revision_out)
  EXECUTE FUNCTION refuse_reopening();

-- Dwellings that a lattice was built on are in every answer about its cells.
CREATE FUNCTION refuse_change_of_dwellings() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM lattice WHERE source_id IN (SELECT source_id FROM changed)) THEN
    RAISE EXCEPTION 'a lattice stands on these dwellings: import new ones of a later year';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER keep_updated AFTER UPDATE ON dwelling REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_dwellings();
CREATE TRIGGER keep_deleted AFTER DELETE ON dwelling REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_dwellings();
CREATE FUNCTION refuse_change_of_source() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM lattice WHERE source_id = OLD.id) THEN
    RAISE EXCEPTION 'a lattice stands on these dwellings: import new ones of a later year';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER keep BEFORE UPDATE ON dwelling_source FOR EACH ROW EXECUTE FUNCTION refuse_change_of_source();

-- --- Telling the daemons ----------------------------------------------------------------

-- Which numbers there are, and which of them can be asked for.
ALTER TABLE state ADD COLUMN numbers integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN state.numbers IS 'counts changes of the lists of revisions and releases';

CREATE OR REPLACE FUNCTION take_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  UPDATE state SET revision = (SELECT coalesce(max(id), 0) FROM revision), numbers = numbers + 1;
  RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION take_release() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  UPDATE state SET release = (SELECT coalesce(max(id), 0) FROM release
                              WHERE withdrawn_at IS NULL AND erased_at IS NULL),
                   numbers = numbers + 1;
  RETURN NULL;
END
$$;
CREATE TRIGGER tell_erased AFTER UPDATE OF erased_at ON revision FOR EACH STATEMENT EXECUTE FUNCTION take_revision();

-- --- Who may -------------------------------------------------------------------------------

GRANT SELECT ON kept_places, kept_outline, kept_cells, kept_set, kept_district, kept_watch_area, kept_watch_boundary
TO grannkarta_reader;
GRANT SELECT (kept_places_id) ON revision TO grannkarta_reader;
GRANT SELECT, INSERT, DELETE ON kept_places, kept_outline, kept_cells, kept_set, kept_district, kept_watch_area,
  kept_watch_boundary TO grannkarta_importer;
GRANT UPDATE (kept_places_id) ON revision TO grannkarta_importer;
GRANT USAGE, SELECT ON SEQUENCE kept_places_id_seq, kept_outline_id_seq, kept_cells_id_seq TO grannkarta_importer;
GRANT EXECUTE ON FUNCTION keep_places(), forget_places(), refuse_reopening(), refuse_change_of_dwellings(),
  refuse_change_of_source() TO grannkarta_importer;
