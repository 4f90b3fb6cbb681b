-- The first import of a store goes straight into `incident`, and the index of case
-- numbers is made after the rows. What only an owner may do of it stands here; the
-- command takes that role for these steps and no longer.
--
-- With nothing stored there is nothing to compare with, and entering a million
-- random hashes one by one takes longer than the rest of the import. The revision
-- is begun before its rows and completed after them, in one transaction; an import
-- that ends otherwise leaves neither rows nor a larger file behind, because the
-- table begins anew in that transaction.

ALTER TABLE incident ALTER COLUMN id SET DEFAULT nextval('incident_id');

-- What the file was is known when it has been read: until the commit, and then
-- never again. (Erasing takes the hash away.)
CREATE FUNCTION refuse_new_file() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF NOT is_of_this_transaction(OLD.id) THEN
    RAISE EXCEPTION 'revision % was made of another file', OLD.id;
  END IF;
  RETURN NEW;
END
$$;
CREATE FUNCTION is_of_this_transaction(revision integer) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = grannkarta, public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM revision r WHERE r.id = $1 AND r.xmin = pg_current_xact_id()::xid)
$$;
CREATE TRIGGER keep_file BEFORE UPDATE OF file_sha256, file_through ON revision FOR EACH ROW
  WHEN (OLD.file_through IS DISTINCT FROM NEW.file_through
        OR NEW.file_sha256 IS NOT NULL AND OLD.file_sha256 IS DISTINCT FROM NEW.file_sha256)
  EXECUTE FUNCTION refuse_new_file();
GRANT UPDATE (file_sha256, file_through) ON revision TO grannkarta_importer;

-- Begins the load of a store without incidents: the table anew, without the index of
-- case numbers. Nobody reads the table until the end of the transaction.
CREATE FUNCTION begin_first_load(revision integer) RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  LOCK TABLE incident IN ACCESS EXCLUSIVE MODE;
  IF NOT is_of_this_transaction($1) OR EXISTS (SELECT FROM incident) THEN
    RAISE EXCEPTION 'this is not the first load: revision % was made before, or there are incidents', $1;
  END IF;
  TRUNCATE incident;
  DROP INDEX incident_case;
END
$$;

-- Ends it: from here on a case number is in one open row only, as ever.
CREATE FUNCTION end_first_load() RETURNS void
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp SET maintenance_work_mem = '64MB' AS $$
BEGIN
  CREATE UNIQUE INDEX incident_case ON incident (case_hash) WHERE revision_out IS NULL AND case_hash IS NOT NULL;
END
$$;

-- Whoever begins a load cannot commit without ending it.
CREATE FUNCTION require_case_index() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF to_regclass('grannkarta.incident_case') IS NULL THEN
    RAISE EXCEPTION 'a first load was begun and not ended';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER has_case_index AFTER INSERT ON revision DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION require_case_index();

-- Takes rows of a first load out again, because later rows of the file are of the
-- same cases. Only before the commit: nobody ever saw them.
CREATE FUNCTION take_back_loaded(revision integer, cases bytea[]) RETURNS SETOF incident
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  IF NOT is_of_this_transaction($1) THEN
    RAISE EXCEPTION 'the rows of revision % were committed', $1;
  END IF;
  RETURN QUERY DELETE FROM incident i
    WHERE i.case_hash = ANY ($2) AND i.revision_out IS NULL AND i.revision_in = $1 RETURNING i.*;
END
$$;

GRANT EXECUTE ON FUNCTION is_of_this_transaction(integer), refuse_new_file(), require_case_index() TO grannkarta_importer;
