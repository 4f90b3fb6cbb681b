-- Large loads: references of the tables that hold a row per square or per cell
-- are checked once a statement.
--
-- PostgreSQL checks a foreign key row by row; for a million rows that took nine
-- tenths of the time of `lattice build`. Here one trigger a statement looks the
-- new rows up together. What it promises is the same: no role can write a row
-- whose reference does not exist, nor delete or renumber what is referred to,
-- whatever another transaction does meanwhile (see "Two at once").

ALTER TABLE dwelling
  DROP CONSTRAINT dwelling_source_id_fkey,
  DROP CONSTRAINT dwelling_district_id_fkey;
ALTER TABLE cell
  DROP CONSTRAINT cell_since_version_fkey,
  DROP CONSTRAINT cell_district_id_fkey,
  DROP CONSTRAINT cell_merged_into_fkey,
  DROP CONSTRAINT cell_merged_version_fkey;
ALTER TABLE unit
  DROP CONSTRAINT unit_district_id_fkey,
  DROP CONSTRAINT unit_cell_id_fkey;
ALTER TABLE lattice_cell
  DROP CONSTRAINT lattice_cell_version_fkey,
  DROP CONSTRAINT lattice_cell_cell_id_fkey;
ALTER TABLE district_cell
  DROP CONSTRAINT district_cell_version_fkey,
  DROP CONSTRAINT district_cell_district_id_fkey,
  DROP CONSTRAINT district_cell_cell_id_fkey;
ALTER TABLE watch_cover
  DROP CONSTRAINT watch_cover_version_fkey,
  DROP CONSTRAINT watch_cover_boundary_id_fkey,
  DROP CONSTRAINT watch_cover_cell_id_fkey;

-- Nothing searches by these: units are read as a whole, and the views of
-- 0005_views are security barriers, through which a geometry's index is not used.
DROP INDEX unit_cell;
DROP INDEX lattice_cell_outline;

-- --- Rows that refer ---------------------------------------------------------------
--
-- Two at once: districts, sources and boundaries may be deleted by the importer,
-- so that they are locked as a foreign key locks them (FOR KEY SHARE, each once):
-- who deletes one waits for us and then finds our rows, and we for them. Cells and
-- versions only the owner can delete; who does waits for all writers (below).
-- Both look with a snapshot of now: only READ COMMITTED has one.

CREATE FUNCTION look_now() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'places are changed in transactions of isolation level READ COMMITTED only, not %',
      upper(current_setting('transaction_isolation')) USING ERRCODE = 'feature_not_supported';
  END IF;
END
$$;

CREATE FUNCTION require(missing integer, what text, by text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'a row of % refers to % %, which does not exist', by, what, missing
      USING ERRCODE = 'foreign_key_violation';
  END IF;
END
$$;

CREATE FUNCTION require_districts(ids integer[], by text) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  PERFORM FROM district WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
  PERFORM require((SELECT min(i) FROM unnest(ids) i WHERE NOT EXISTS (SELECT FROM district WHERE id = i)), 'district', by);
END
$$;

CREATE FUNCTION check_dwelling() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off AS $$
DECLARE
  ids integer[] := ARRAY(SELECT DISTINCT source_id FROM new_rows);
BEGIN
  PERFORM look_now();
  PERFORM FROM dwelling_source WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
  PERFORM require((SELECT min(i) FROM unnest(ids) i WHERE NOT EXISTS (SELECT FROM dwelling_source WHERE id = i)),
                  'dwelling source', TG_TABLE_NAME);
  PERFORM require_districts(ARRAY(SELECT DISTINCT district_id FROM new_rows), TG_TABLE_NAME);
  RETURN NULL;
END
$$;

-- The rows of one statement may refer to each other: cells born merged.
CREATE FUNCTION check_cell() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
  PERFORM look_now();
  PERFORM require_districts(ARRAY(SELECT DISTINCT district_id FROM new_rows), TG_TABLE_NAME);
  PERFORM require((SELECT min(since_version) FROM (SELECT DISTINCT since_version FROM new_rows) n
                   WHERE NOT EXISTS (SELECT FROM lattice WHERE version = since_version)), 'lattice version', TG_TABLE_NAME);
  PERFORM require((SELECT min(merged_version) FROM (SELECT DISTINCT merged_version FROM new_rows) n
                   WHERE NOT EXISTS (SELECT FROM lattice WHERE version = merged_version)), 'lattice version', TG_TABLE_NAME);
  PERFORM require((SELECT min(n.merged_into) FROM new_rows n
                   WHERE n.merged_into IS NOT NULL AND NOT EXISTS (SELECT FROM cell c WHERE c.id = n.merged_into)),
                  'cell', TG_TABLE_NAME);
  RETURN NULL;
END
$$;

CREATE FUNCTION check_unit() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
  PERFORM look_now();
  PERFORM require_districts(ARRAY(SELECT DISTINCT district_id FROM new_rows), TG_TABLE_NAME);
  PERFORM require((SELECT min(n.cell_id) FROM new_rows n WHERE NOT EXISTS (SELECT FROM cell c WHERE c.id = n.cell_id)),
                  'cell', TG_TABLE_NAME);
  RETURN NULL;
END
$$;

CREATE FUNCTION check_lattice_cell() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
  PERFORM look_now();
  PERFORM require((SELECT min(version) FROM (SELECT DISTINCT version FROM new_rows) n
                   WHERE NOT EXISTS (SELECT FROM lattice l WHERE l.version = n.version)), 'lattice version', TG_TABLE_NAME);
  PERFORM require((SELECT min(n.cell_id) FROM new_rows n WHERE NOT EXISTS (SELECT FROM cell c WHERE c.id = n.cell_id)),
                  'cell', TG_TABLE_NAME);
  RETURN NULL;
END
$$;

CREATE FUNCTION check_district_cell() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
  PERFORM look_now();
  PERFORM require_districts(ARRAY(SELECT DISTINCT district_id FROM new_rows), TG_TABLE_NAME);
  PERFORM require((SELECT min(version) FROM (SELECT DISTINCT version FROM new_rows) n
                   WHERE NOT EXISTS (SELECT FROM lattice l WHERE l.version = n.version)), 'lattice version', TG_TABLE_NAME);
  PERFORM require((SELECT min(n.cell_id) FROM new_rows n WHERE NOT EXISTS (SELECT FROM cell c WHERE c.id = n.cell_id)),
                  'cell', TG_TABLE_NAME);
  RETURN NULL;
END
$$;

CREATE FUNCTION check_watch_cover() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off SET work_mem = '64MB' AS $$
DECLARE
  ids integer[] := ARRAY(SELECT DISTINCT boundary_id FROM new_rows);
BEGIN
  PERFORM look_now();
  PERFORM FROM watch_boundary WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
  PERFORM require((SELECT min(i) FROM unnest(ids) i WHERE NOT EXISTS (SELECT FROM watch_boundary WHERE id = i)),
                  'watch boundary', TG_TABLE_NAME);
  PERFORM require((SELECT min(version) FROM (SELECT DISTINCT version FROM new_rows) n
                   WHERE NOT EXISTS (SELECT FROM lattice l WHERE l.version = n.version)), 'lattice version', TG_TABLE_NAME);
  PERFORM require((SELECT min(n.cell_id) FROM new_rows n WHERE NOT EXISTS (SELECT FROM cell c WHERE c.id = n.cell_id)),
                  'cell', TG_TABLE_NAME);
  RETURN NULL;
END
$$;

CREATE TRIGGER refer_new AFTER INSERT ON dwelling REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_dwelling();
CREATE TRIGGER refer AFTER UPDATE ON dwelling REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_dwelling();
CREATE TRIGGER refer_new AFTER INSERT ON cell REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_cell();
CREATE TRIGGER refer AFTER UPDATE ON cell REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_cell();
CREATE TRIGGER refer_new AFTER INSERT ON unit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_unit();
CREATE TRIGGER refer AFTER UPDATE ON unit REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_unit();
CREATE TRIGGER refer_new AFTER INSERT ON lattice_cell REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_lattice_cell();
CREATE TRIGGER refer_new AFTER INSERT ON district_cell REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_district_cell();
CREATE TRIGGER refer AFTER UPDATE ON district_cell REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_district_cell();
CREATE TRIGGER refer_new AFTER INSERT ON watch_cover REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_watch_cover();
CREATE TRIGGER refer AFTER UPDATE ON watch_cover REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION check_watch_cover();

-- --- Rows that are referred to --------------------------------------------------------

CREATE FUNCTION refuse_gone(gone integer, what text, by text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF gone IS NOT NULL THEN
    RAISE EXCEPTION '% % stays: rows of % refer to it', what, gone, by USING ERRCODE = 'foreign_key_violation';
  END IF;
END
$$;

CREATE FUNCTION keep_districts() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off AS $$
BEGIN
  PERFORM look_now();
  PERFORM refuse_gone((SELECT min(id) FROM gone WHERE id IN (SELECT district_id FROM dwelling)), 'district', 'dwelling');
  PERFORM refuse_gone((SELECT min(id) FROM gone WHERE id IN (SELECT district_id FROM unit)), 'district', 'unit');
  PERFORM refuse_gone((SELECT min(id) FROM gone WHERE id IN (SELECT district_id FROM cell)), 'district', 'cell');
  PERFORM refuse_gone((SELECT min(id) FROM gone WHERE id IN (SELECT district_id FROM district_cell)), 'district', 'district_cell');
  RETURN NULL;
END
$$;

CREATE FUNCTION keep_cells() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off AS $$
BEGIN
  PERFORM look_now();
  LOCK TABLE cell, unit, lattice_cell, district_cell, watch_cover IN SHARE ROW EXCLUSIVE MODE;
  PERFORM refuse_gone((SELECT min(id) FROM gone WHERE id IN (SELECT merged_into FROM cell)), 'cell', 'cell');
  PERFORM refuse_gone((SELECT min(id) FROM gone WHERE id IN (SELECT cell_id FROM unit)), 'cell', 'unit');
  PERFORM refuse_gone((SELECT min(id) FROM gone WHERE id IN (SELECT cell_id FROM lattice_cell)), 'cell', 'lattice_cell');
  PERFORM refuse_gone((SELECT min(id) FROM gone WHERE id IN (SELECT cell_id FROM district_cell)), 'cell', 'district_cell');
  PERFORM refuse_gone((SELECT min(id) FROM gone WHERE id IN (SELECT cell_id FROM watch_cover)), 'cell', 'watch_cover');
  RETURN NULL;
END
$$;

CREATE FUNCTION keep_lattices() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET jit = off AS $$
BEGIN
  PERFORM look_now();
  LOCK TABLE cell, lattice_cell, district_cell, watch_cover IN SHARE ROW EXCLUSIVE MODE;
  PERFORM refuse_gone((SELECT min(g.version) FROM gone g WHERE g.version IN (SELECT since_version FROM cell)
                       OR g.version IN (SELECT merged_version FROM cell)), 'lattice version', 'cell');
  PERFORM refuse_gone((SELECT min(g.version) FROM gone g WHERE g.version IN (SELECT c.version FROM lattice_cell c)),
                      'lattice version', 'lattice_cell');
  PERFORM refuse_gone((SELECT min(g.version) FROM gone g WHERE g.version IN (SELECT c.version FROM district_cell c)),
                      'lattice version', 'district_cell');
  PERFORM refuse_gone((SELECT min(g.version) FROM gone g WHERE g.version IN (SELECT c.version FROM watch_cover c)),
                      'lattice version', 'watch_cover');
  RETURN NULL;
END
$$;

-- These go with what they belong to.
CREATE FUNCTION delete_dwellings() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  DELETE FROM dwelling WHERE source_id IN (SELECT id FROM gone);
  RETURN NULL;
END
$$;
CREATE FUNCTION delete_covers() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  DELETE FROM watch_cover WHERE boundary_id IN (SELECT id FROM gone);
  RETURN NULL;
END
$$;

CREATE TRIGGER keep_referred AFTER DELETE ON district REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_districts();
CREATE TRIGGER keep_referred AFTER DELETE ON cell REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_cells();
CREATE TRIGGER keep_referred AFTER DELETE ON lattice REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_lattices();
CREATE TRIGGER take_along AFTER DELETE ON dwelling_source REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION delete_dwellings();
CREATE TRIGGER take_along AFTER DELETE ON watch_boundary REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION delete_covers();

-- Numbers are for ever.
CREATE FUNCTION refuse_new_number() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'numbers of % are for ever', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
END
$$;
CREATE TRIGGER keep_number BEFORE UPDATE ON district FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse_new_number();
CREATE TRIGGER keep_number BEFORE UPDATE ON cell FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse_new_number();
CREATE TRIGGER keep_number BEFORE UPDATE ON lattice FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION refuse_new_number();
CREATE TRIGGER keep_number BEFORE UPDATE ON dwelling_source FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse_new_number();
CREATE TRIGGER keep_number BEFORE UPDATE ON watch_boundary FOR EACH ROW WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION refuse_new_number();

-- A table is emptied only together with what refers to it.
CREATE FUNCTION refuse_emptying() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM dwelling) OR EXISTS (SELECT FROM cell) OR EXISTS (SELECT FROM unit) OR EXISTS (SELECT FROM lattice_cell)
     OR EXISTS (SELECT FROM district_cell) OR EXISTS (SELECT FROM watch_cover) THEN
    RAISE EXCEPTION '% stays: rows refer to it', TG_TABLE_NAME USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER keep_all AFTER TRUNCATE ON district FOR EACH STATEMENT EXECUTE FUNCTION refuse_emptying();
CREATE TRIGGER keep_all AFTER TRUNCATE ON cell FOR EACH STATEMENT EXECUTE FUNCTION refuse_emptying();
CREATE TRIGGER keep_all AFTER TRUNCATE ON lattice FOR EACH STATEMENT EXECUTE FUNCTION refuse_emptying();
CREATE TRIGGER keep_all AFTER TRUNCATE ON dwelling_source FOR EACH STATEMENT EXECUTE FUNCTION refuse_emptying();
CREATE TRIGGER keep_all AFTER TRUNCATE ON watch_boundary FOR EACH STATEMENT EXECUTE FUNCTION refuse_emptying();

GRANT EXECUTE ON FUNCTION look_now(), require(integer, text, text), require_districts(integer[], text), refuse_gone(integer, text, text)
TO grannkarta_importer;
