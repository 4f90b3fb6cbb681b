-- Reports of `grannkarta verify`: what was looked at, what was found, and the page
-- for the data protection officer. Written once and never changed.
CREATE TABLE verification (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  created_at timestamptz NOT NULL,
  release_id integer,        -- newest standing one then; kept when it is withdrawn
  revision_id integer,
  lattice_version integer,
  passed boolean NOT NULL,
  software text NOT NULL CHECK (software <> '' AND length(software) <= 40),
  report jsonb NOT NULL CHECK (jsonb_typeof(report) = 'object'),
  text text NOT NULL,
  page_sv text NOT NULL,
  page_en text NOT NULL
);
COMMENT ON TABLE verification IS 'Numbers, cells, districts and releases only: no incident, no text that was found, no place';

CREATE TRIGGER keep BEFORE UPDATE ON verification FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON verification TO grannkarta_importer;
GRANT SELECT ON verification TO grannkarta_reader;
