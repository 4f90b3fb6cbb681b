-- A village on one row of eight 50 m squares, small enough to do sums by hand.
--
--   square (e - 10000)  0   1   2   3 | 4   5   6   7
--   base district       R1            | R2
--   villas              4   4   4   4 | 8   3   4   .
--   holiday homes       .   .   .   . | .   1   .   .
--   cell                1   1   2   2 | 3   4   4   .
--
-- Ids: district 1 = R1, 2 = R2, 3 = the municipality.
\set ON_ERROR_STOP on
SET search_path = grannkarta, public;
SET client_min_messages = warning;

-- The strip from `a` to `b`, counted in squares.
CREATE FUNCTION pg_temp.strip(a float8, b float8) RETURNS geometry LANGUAGE sql AS $$
  SELECT ST_Multi(ST_MakeEnvelope(500000 + 50 * a, 6200000, 500000 + 50 * b, 6200050, 3006))
$$;

INSERT INTO district_set (name, title_sv, title_en, is_base) VALUES ('regso', 'RegSO', 'RegSO', true);
INSERT INTO district (set_name, code, name, outline) VALUES
  ('regso', 'R1', 'Väster', pg_temp.strip(0, 4)),
  ('regso', 'R2', 'Öster', pg_temp.strip(4, 8)),
  ('kommun', '9999', 'Påhitt', pg_temp.strip(-10, 18));
INSERT INTO dwelling_source (year, file_sha256, base_square_dm, has_addresses) VALUES (2024, sha256('dwellings'), 500, true);
INSERT INTO dwelling (source_id, e, n, district_id, villa, flat, holiday, addresses)
SELECT 1, 10000 + e, 124000, d, v, 0, h, v + h
FROM (VALUES (0, 1, 4, 0), (1, 1, 4, 0), (2, 1, 4, 0), (3, 1, 4, 0), (4, 2, 8, 0), (5, 2, 3, 1), (6, 2, 4, 0)) x (e, d, v, h);

BEGIN;
INSERT INTO lattice (version, source_id, base_set, base_square_dm, k, min_addresses, classes)
  VALUES (1, 1, 'regso', 500, 8, 3, '{villa,flat,holiday}');
INSERT INTO cell (id, since_version, point_e, point_n, district_id)
  VALUES (1, 1, 10000, 124000, 1), (2, 1, 10002, 124000, 1), (3, 1, 10004, 124000, 2), (4, 1, 10006, 124000, 2);
INSERT INTO unit (e, n, district_id, cell_id)
SELECT 10000 + e, 124000, d, c
FROM (VALUES (0, 1, 1), (1, 1, 1), (2, 1, 2), (3, 1, 2), (4, 2, 3), (5, 2, 4), (6, 2, 4)) x (e, d, c);
INSERT INTO lattice_cell (version, cell_id, villa, flat, holiday, addresses, outline) VALUES
  (1, 1, 8, 0, 0, 8, pg_temp.strip(0, 2)), (1, 2, 8, 0, 0, 8, pg_temp.strip(2, 4)),
  (1, 3, 8, 0, 0, 8, pg_temp.strip(4, 5)), (1, 4, 7, 0, 1, 8, pg_temp.strip(5, 7));
COMMIT;
