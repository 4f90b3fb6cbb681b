-- The schema: everything that is stored, and why it may be.
--
-- Runs as grannkarta_owner in schema grannkarta, once. Roles and the PostGIS
-- extension exist already (deploy/setup-database). Nothing here holds an exact
-- place of an incident: an incident has a cell, or nothing.

-- --- Offences and definitions ----------------------------------------------

CREATE TABLE offence_code (
  id smallint PRIMARY KEY,
  code text NOT NULL UNIQUE CHECK (code ~ '^[0-9]{4}$'),
  kind text NOT NULL CHECK (kind IN ('villa', 'flat', 'holiday', 'other', 'cellar')),
  is_attempt boolean,           -- NULL: the code covers both
  valid_from smallint,          -- first and last year of the code; NULL: not known, still in use
  valid_to smallint CHECK (valid_to >= valid_from),
  name_sv text NOT NULL,
  name_en text NOT NULL
);
COMMENT ON TABLE offence_code IS 'Brå''s offence codes for burglary; kind says which dwellings are exposed';

CREATE TABLE definition (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,30}$'),
  title_sv text NOT NULL,
  title_en text NOT NULL,
  description_sv text NOT NULL,
  description_en text NOT NULL
);
COMMENT ON TABLE definition IS 'Named definitions of burglary; every answer says which one it used';

CREATE TABLE definition_code (
  definition text NOT NULL REFERENCES definition,
  code_id smallint NOT NULL REFERENCES offence_code,
  PRIMARY KEY (definition, code_id)
);

-- --- Places: districts, dwellings, the lattice -------------------------------

CREATE TABLE district_set (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,30}$'),
  title_sv text NOT NULL,
  title_en text NOT NULL,
  is_base boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX district_set_one_base ON district_set (is_base) WHERE is_base;
COMMENT ON COLUMN district_set.is_base IS 'the lattice is built inside each district of this set';

CREATE TABLE district (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  set_name text NOT NULL REFERENCES district_set,
  code text NOT NULL CHECK (code <> '' AND length(code) <= 40),
  name text NOT NULL CHECK (length(name) <= 200),
  valid_from date NOT NULL DEFAULT DATE '1900-01-01',
  valid_to date,                -- first day it is no longer valid
  inhabitants integer CHECK (inhabitants >= 0),
  inhabitants_year smallint,
  outline geometry(MultiPolygon, 3006) NOT NULL CHECK (ST_IsValid(outline)),
  CHECK (valid_to > valid_from),
  CHECK ((inhabitants IS NULL) = (inhabitants_year IS NULL)),
  UNIQUE (set_name, code, valid_from)
);
CREATE INDEX district_outline ON district USING gist (outline);
COMMENT ON TABLE district IS 'Rows are frozen once a lattice or a release uses them; changes are new rows with dates';

CREATE TABLE dwelling_source (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  year smallint NOT NULL CHECK (year BETWEEN 1900 AND 2200),
  imported_at timestamptz NOT NULL DEFAULT now(),
  file_sha256 bytea NOT NULL CHECK (length(file_sha256) = 32),
  base_square_dm integer NOT NULL CHECK (base_square_dm IN (500, 625, 1250)),
  has_addresses boolean NOT NULL
);

-- What a base square has of one base district. e, n: index of the square.
CREATE TABLE dwelling (
  source_id integer NOT NULL REFERENCES dwelling_source ON DELETE CASCADE,
  e integer NOT NULL,
  n integer NOT NULL,
  district_id integer NOT NULL REFERENCES district,
  villa integer NOT NULL CHECK (villa >= 0),
  flat integer NOT NULL CHECK (flat >= 0),
  holiday integer NOT NULL CHECK (holiday >= 0),
  addresses integer NOT NULL CHECK (addresses >= 0),
  PRIMARY KEY (source_id, e, n, district_id)
);
COMMENT ON TABLE dwelling IS 'Dwellings per base square and base district; address points are not stored';

CREATE TABLE lattice (
  version integer PRIMARY KEY CHECK (version > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  source_id integer NOT NULL REFERENCES dwelling_source,
  base_set text NOT NULL REFERENCES district_set,
  base_square_dm integer NOT NULL,
  k integer NOT NULL CHECK (k >= 8),
  min_addresses integer NOT NULL CHECK (min_addresses = 0 OR min_addresses >= 3),
  classes text[] NOT NULL CHECK (classes <@ ARRAY['villa', 'flat', 'holiday'] AND classes <> '{}')
);
COMMENT ON COLUMN lattice.classes IS
  'classes of dwelling that count towards k: a release may only use a definition that counts all of them';

-- A cell for ever. point: index of the square whose centre is its point.
CREATE TABLE cell (
  id integer PRIMARY KEY CHECK (id > 0),
  since_version integer NOT NULL REFERENCES lattice DEFERRABLE INITIALLY DEFERRED,
  point_e integer NOT NULL,
  point_n integer NOT NULL,
  district_id integer NOT NULL REFERENCES district,
  merged_into integer REFERENCES cell DEFERRABLE INITIALLY DEFERRED,
  merged_version integer REFERENCES lattice DEFERRABLE INITIALLY DEFERRED,
  CHECK ((merged_into IS NULL) = (merged_version IS NULL)),
  CHECK (merged_into <> id)
);

-- Which cell a unit was given, for ever; today's is found by following merges.
CREATE TABLE unit (
  e integer NOT NULL,
  n integer NOT NULL,
  district_id integer NOT NULL REFERENCES district,
  cell_id integer NOT NULL REFERENCES cell,
  PRIMARY KEY (e, n, district_id)
);
CREATE INDEX unit_cell ON unit (cell_id);

-- The living cells of one version, with their dwellings then.
CREATE TABLE lattice_cell (
  version integer NOT NULL REFERENCES lattice,
  cell_id integer NOT NULL REFERENCES cell,
  villa integer NOT NULL CHECK (villa >= 0),
  flat integer NOT NULL CHECK (flat >= 0),
  holiday integer NOT NULL CHECK (holiday >= 0),
  addresses integer NOT NULL CHECK (addresses >= 0),
  outline geometry(MultiPolygon, 3006) NOT NULL,
  PRIMARY KEY (version, cell_id)
);
CREATE INDEX lattice_cell_outline ON lattice_cell USING gist (outline);

-- Cells that answer for a district: those with most of their dwellings inside.
CREATE TABLE district_cell (
  version integer NOT NULL REFERENCES lattice,
  district_id integer NOT NULL REFERENCES district,
  cell_id integer NOT NULL REFERENCES cell,
  PRIMARY KEY (version, district_id, cell_id)
);
CREATE TABLE district_summary (
  version integer NOT NULL REFERENCES lattice,
  district_id integer NOT NULL REFERENCES district,
  misplaced_share double precision NOT NULL CHECK (misplaced_share BETWEEN 0 AND 1),
  PRIMARY KEY (version, district_id)
);
COMMENT ON COLUMN district_summary.misplaced_share IS
  'dwellings counted here that lie outside, plus those inside that are counted elsewhere, over the sum of these and the rightly counted; 0 for the base set';

-- --- Watch areas --------------------------------------------------------------

CREATE TABLE watch_area (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) <= 80),
  name text NOT NULL CHECK (name <> '' AND length(name) <= 200),
  started date,
  ended date,
  is_approved boolean NOT NULL DEFAULT false,
  CHECK (ended >= started)
);
CREATE TABLE watch_boundary (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  watch_area_id integer NOT NULL REFERENCES watch_area ON DELETE CASCADE,
  valid_from date NOT NULL,
  outline geometry(MultiPolygon, 3006) NOT NULL CHECK (ST_IsValid(outline)),
  UNIQUE (watch_area_id, valid_from)
);
COMMENT ON TABLE watch_boundary IS 'A boundary is valid until the next one of its area';

-- The cover: every cell with a dwelling square that the boundary overlaps.
CREATE TABLE watch_cover (
  version integer NOT NULL REFERENCES lattice,
  boundary_id integer NOT NULL REFERENCES watch_boundary ON DELETE CASCADE,
  cell_id integer NOT NULL REFERENCES cell,
  PRIMARY KEY (version, boundary_id, cell_id)
);
CREATE TABLE watch_summary (
  version integer NOT NULL REFERENCES lattice,
  boundary_id integer NOT NULL REFERENCES watch_boundary ON DELETE CASCADE,
  households double precision NOT NULL CHECK (households >= 0), -- dwellings inside, estimated by area of squares
  cover_dwellings integer NOT NULL CHECK (cover_dwellings >= 0),
  PRIMARY KEY (version, boundary_id)
);

-- --- Incidents ------------------------------------------------------------------

-- Keys for case numbers are outside the database; this notices a wrong one.
CREATE TABLE case_key (
  id integer PRIMARY KEY CHECK (id > 0),
  fingerprint bytea NOT NULL CHECK (length(fingerprint) = 8),
  first_used timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE revision (
  id integer PRIMARY KEY CHECK (id > 0),
  kind text NOT NULL CHECK (kind IN ('import', 'revert', 'retain', 'purge')),
  created_at timestamptz NOT NULL DEFAULT now(),
  lattice_version integer NOT NULL REFERENCES lattice,
  file_sha256 bytea CHECK (length(file_sha256) = 32),
  reverts integer REFERENCES revision,
  rows_read bigint NOT NULL DEFAULT 0,
  rows_new bigint NOT NULL DEFAULT 0,
  rows_duplicate bigint NOT NULL DEFAULT 0,
  rows_changed bigint NOT NULL DEFAULT 0,
  rows_unlocated bigint NOT NULL DEFAULT 0,
  rows_rejected bigint NOT NULL DEFAULT 0,
  data_through date NOT NULL -- last day that the data can be complete for
);

-- One row for each version of each incident; open ones have no revision_out.
-- Times are Swedish wall-clock hours.
CREATE TABLE incident (
  id bigint NOT NULL,
  revision_in integer NOT NULL REFERENCES revision,
  revision_out integer REFERENCES revision,
  cell_id integer REFERENCES cell,              -- NULL: unlocated
  municipality_id integer REFERENCES district,  -- NULL: in none
  lattice_version integer NOT NULL REFERENCES lattice, -- of the first import
  from_hour timestamp NOT NULL CHECK (date_trunc('hour', from_hour) = from_hour),
  to_hour timestamp NOT NULL CHECK (date_trunc('hour', to_hour) = to_hour),
  reported date,
  code_id smallint NOT NULL REFERENCES offence_code,
  count integer NOT NULL,
  case_hash bytea CHECK (length(case_hash) = 32),
  case_key_id integer REFERENCES case_key,
  PRIMARY KEY (id, revision_in),
  CHECK (from_hour <= to_hour),
  CHECK (revision_out > revision_in),
  CHECK ((case_hash IS NULL) = (case_key_id IS NULL))
);
CREATE SEQUENCE incident_id AS bigint OWNED BY incident.id;
CREATE UNIQUE INDEX incident_case ON incident (case_hash) WHERE revision_out IS NULL AND case_hash IS NOT NULL;
CREATE INDEX incident_open ON incident (cell_id) WHERE revision_out IS NULL;

-- --- Releases ---------------------------------------------------------------------

CREATE TABLE release (
  id integer PRIMARY KEY CHECK (id > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  definition text NOT NULL REFERENCES definition,
  first_month date NOT NULL CHECK (date_trunc('month', first_month) = first_month),
  through_month date NOT NULL CHECK (date_trunc('month', through_month) = through_month),
  lattice_version integer NOT NULL REFERENCES lattice,
  revision_id integer NOT NULL REFERENCES revision,
  withdrawn_at timestamptz,
  CHECK (first_month <= through_month)
);
CREATE TABLE release_cell_month (
  release_id integer NOT NULL REFERENCES release,
  cell_id integer NOT NULL REFERENCES cell,
  month date NOT NULL CHECK (date_trunc('month', month) = month),
  count integer NOT NULL CHECK (count > 0),
  PRIMARY KEY (release_id, cell_id, month)
);
-- The municipality as a whole: what cells cannot say without isolating someone.
CREATE TABLE release_municipality_month (
  release_id integer NOT NULL REFERENCES release,
  district_id integer NOT NULL REFERENCES district,
  month date NOT NULL CHECK (date_trunc('month', month) = month),
  count integer NOT NULL,      -- of its cells, and unlocated
  completed integer NOT NULL,
  attempted integer NOT NULL,
  unlocated integer NOT NULL,
  PRIMARY KEY (release_id, district_id, month)
);
-- Kinds of dwelling only for whole calendar years, and only where that tells
-- nothing about a cell (see publish()): a month with one incident, one cell with
-- it and one holiday home in that cell would name the home.
CREATE TABLE release_municipality_kind (
  release_id integer NOT NULL REFERENCES release,
  district_id integer NOT NULL REFERENCES district,
  year smallint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('villa', 'flat', 'holiday', 'other', 'cellar')),
  count integer NOT NULL CHECK (count >= 0),
  PRIMARY KEY (release_id, district_id, year, kind)
);
CREATE TABLE release_district (
  release_id integer NOT NULL REFERENCES release,
  district_id integer NOT NULL REFERENCES district,
  PRIMARY KEY (release_id, district_id)
);
CREATE TABLE release_watch_area (
  release_id integer NOT NULL REFERENCES release,
  watch_area_id integer NOT NULL,
  boundary_id integer NOT NULL REFERENCES watch_boundary,
  slug text NOT NULL,
  name text NOT NULL,
  started date,
  PRIMARY KEY (release_id, watch_area_id)
);

-- --- Access ------------------------------------------------------------------------

CREATE TABLE token (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> '' AND length(name) <= 200),
  hash bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  role text NOT NULL CHECK (role IN ('contact', 'analyst')),
  watch_area_id integer REFERENCES watch_area,
  municipality_id integer REFERENCES district, -- an analyst limited to one
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  CHECK ((role = 'contact') = (watch_area_id IS NOT NULL)),
  CHECK (role = 'analyst' OR municipality_id IS NULL)
);
COMMENT ON COLUMN token.hash IS 'SHA-256 of the token; the token itself is shown once and stored nowhere';

-- --- What the daemon polls -----------------------------------------------------------

CREATE TABLE state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision integer NOT NULL DEFAULT 0, -- newest revision
  release integer NOT NULL DEFAULT 0,  -- newest release that stands
  places integer NOT NULL DEFAULT 0,   -- counts changes of districts, dwellings, lattice, watch areas
  tokens integer NOT NULL DEFAULT 0    -- counts changes of tokens
);
INSERT INTO state DEFAULT VALUES;
