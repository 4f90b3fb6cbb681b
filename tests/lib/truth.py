"""Where everything is, by PostGIS: a table to ask about geometry in any CRS.

make(database) creates truth.place(collection, id, g) with the geometry of every
feature of the newest release and of every incident of the newest revision, in
EPSG:3006, from the tables and not by way of the programs' code; and for each
other CRS of the API a column with what ST_Transform() makes of it.
"""
import answers

RELEASE = """
  r AS (SELECT * FROM grannkarta.release WHERE withdrawn_at IS NULL ORDER BY id DESC LIMIT 1),
  l AS (SELECT lattice.* FROM grannkarta.lattice JOIN r ON version = r.lattice_version)"""

SRIDS = (4326, 3006, 3008, 3857)
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS = {CRS84: 4326, **{"http://www.opengis.net/def/crs/EPSG/0/%d" % srid: srid for srid in SRIDS}}


def is_swapped(uri):
    """Whether the authority has latitude or northing first."""
    return uri != CRS84 and not uri.endswith("/3857")


def unit(uri):
    """The last digit that is printed, in the CRS's own unit."""
    return 1e-7 if CRS[uri] == 4326 else 0.01


def make(database):
    database.execute(f"""
        CREATE SCHEMA truth;
        CREATE TABLE truth.place (collection text, id bigint, g geometry, PRIMARY KEY (collection, id));
        INSERT INTO truth.place WITH {RELEASE}
          SELECT 'cells', c.cell_id, c.outline FROM r JOIN lattice_cell c ON c.version = r.lattice_version;
        INSERT INTO truth.place WITH {RELEASE}
          SELECT 'districts-' || d.set_name, d.id, d.outline
          FROM r JOIN release_district rd ON rd.release_id = r.id JOIN district d ON d.id = rd.district_id;
        INSERT INTO truth.place WITH {RELEASE}
          SELECT 'watch-areas', w.watch_area_id, o.outline
          FROM r JOIN release_watch_area w ON w.release_id = r.id JOIN watch_boundary o ON o.id = w.boundary_id;
        INSERT INTO truth.place WITH RECURSIVE {RELEASE},
          home AS (SELECT c.id, c.id AS cell_id, c.merged_into FROM cell c
                   UNION ALL SELECT h.id, c.id, c.merged_into FROM home h JOIN cell c ON c.id = h.merged_into)
          SELECT 'incidents', i.id,
                 ST_SetSRID(ST_MakePoint((c.point_e + 0.5) * l.base_square_dm / 10, (c.point_n + 0.5) * l.base_square_dm / 10),
                            3006)
          FROM l, incident i JOIN home ON home.id = i.cell_id AND home.merged_into IS NULL JOIN cell c ON c.id = home.cell_id
          WHERE i.revision_out IS NULL""")
    squares = answers.hotspots(database)
    values = ", ".join("(%d, %d, %d)" % (i, i % 1000000 * 250, i // 1000000 % 1000000 * 250) for i in squares)
    database.execute(f"""INSERT INTO truth.place SELECT 'hotspots', id, ST_MakeEnvelope(e, n, e + 250, n + 250, 3006)
        FROM (VALUES {values}) v (id, e, n)""")
    for srid in SRIDS:
        database.execute(f"""ALTER TABLE truth.place ADD g{srid} geometry;
            UPDATE truth.place SET g{srid} = ST_Transform(g, {srid});
            CREATE INDEX ON truth.place USING gist (g{srid})""")
    database.execute("ANALYZE truth.place")
