-- What was erased for good stays known as a number, so that asking for it is
-- answered by "gone" and the number is never given again.

ALTER TABLE revision ADD COLUMN erased_at timestamptz;
ALTER TABLE release ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN revision.erased_at IS
  'since when what it showed cannot be rebuilt any more: incidents of it were erased; NULL: it can';
COMMENT ON COLUMN release.erased_at IS
  'since when its counts are no longer kept; NULL: they are. Unlike withdrawn_at it cannot be taken back';

GRANT SELECT (erased_at) ON revision TO grannkarta_reader;
GRANT UPDATE (erased_at) ON revision, release TO grannkarta_importer;

-- The newest release that stands is neither withdrawn nor erased.
CREATE OR REPLACE FUNCTION take_release() RETURNS trigger
LANGUAGE plpgsql SET search_path = grannkarta, public, pg_temp AS $$
BEGIN
  UPDATE state SET release = (SELECT coalesce(max(id), 0) FROM release
                              WHERE withdrawn_at IS NULL AND erased_at IS NULL);
  RETURN NULL;
END
$$;
