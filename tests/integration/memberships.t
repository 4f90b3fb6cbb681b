#!/usr/bin/python3
"""Memberships of a lattice: what `lattice build` tells from memory, what
refresh_memberships() finds from the tables, and what the definition says.

The definition is refresh_memberships() as 0003_functions wrote it: every square
with every area, no blocks, no plain cells. tests/sql/memberships.sql checks it, and
its successors, against sums made by hand; here it is the source of the expected
values, on a municipality with sets that overlap, border, leave holes and follow
each other in time. Sums differ in the last digit only."""
import os
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from cluster import Cluster
from tap import is_eq, ok, run

TABLES = {"district_cell": "district_id, cell_id", "district_summary": "district_id, misplaced_share",
          "watch_cover": "boundary_id, cell_id", "watch_summary": "boundary_id, households, cover_dwellings"}


def definition():
    with open(os.path.join(ROOT, "sql", "migrations", "0003_functions.sql")) as f:
        return re.search(r"CREATE FUNCTION refresh_memberships\(.*?\n\$\$;\n", f.read(), re.S)[0].replace(
            "refresh_memberships", "defined_memberships", 1)


def areas(cluster):
    """Sets whose borders lie anywhere, and watch areas, one of them without dwellings."""
    cluster.execute("""
        INSERT INTO district_set (name, title_sv, title_en) VALUES
          ('skev', 'Skev', 'Skew'), ('del', 'Del', 'Part'), ('tid', 'Tid', 'Time'), ('dubbel', 'Dubbel', 'Double');
        INSERT INTO district (set_name, code, name, outline)
          SELECT 'skev', code, name, ST_Translate(outline, 333, -217) FROM district WHERE set_name = 'regso';
        INSERT INTO district (set_name, code, name, outline)
          SELECT 'del', code, name, ST_Multi(ST_Buffer(ST_Centroid(outline), 900)) FROM district WHERE set_name = 'regso' ORDER BY code LIMIT 9;
        INSERT INTO district (set_name, code, name, valid_from, valid_to, outline)
          SELECT 'tid', code, name, '1900-01-01', DATE '2020-01-01', outline FROM district WHERE set_name = 'kommun';
        INSERT INTO district (set_name, code, name, valid_from, outline)
          SELECT 'tid', code, name, '2020-01-01', ST_Multi(ST_Translate(outline, 2500, 0)) FROM district WHERE set_name = 'kommun';
        INSERT INTO district (set_name, code, name, outline)
          SELECT 'dubbel', code || x, x, outline FROM district, unnest('{a,b}'::text[]) x WHERE set_name = 'kommun' ORDER BY x, code;
        INSERT INTO district (set_name, code, name, outline)
          SELECT 'regso', 'TOM', 'Utan bostäder', ST_Multi(ST_Buffer(ST_StartPoint(ST_Boundary(ST_GeometryN(outline, 1))), 60))
          FROM district WHERE set_name = 'regso' AND ST_NumGeometries(ST_Boundary(ST_GeometryN(outline, 1))) = 1 ORDER BY code LIMIT 1;
        INSERT INTO watch_area (slug, name) VALUES ('tom', 'Tom');
        INSERT INTO watch_boundary (watch_area_id, valid_from, outline)
          SELECT id, '2020-01-01', ST_Multi(ST_MakeEnvelope(1, 1, 2, 2, 3006)) FROM watch_area WHERE slug = 'tom'""")


def rows(cluster, version):
    return {t: cluster.query("SELECT %s FROM %s WHERE version = %d ORDER BY %s" % (c, t, version, c)) for t, c in TABLES.items()}


def close(a, b):
    """The same rows, numbers to nine digits."""
    if len(a) != len(b):
        return False
    return all(x == y or abs(float(x) - float(y)) <= 1e-9 * max(1.0, abs(float(x))) for r, s in zip(a, b) for x, y in zip(r, s))


def compare(cluster, version, what):
    built = rows(cluster, version)
    cluster.execute("SET ROLE grannkarta_importer; SELECT refresh_memberships(%d)" % version)
    for t, found in rows(cluster, version).items():
        is_eq(found, built[t], "%s: %s is the same from the tables, bit by bit" % (what, t))
    cluster.execute("DELETE FROM district_cell; SELECT refresh_memberships(%d)" % version)
    is_eq(rows(cluster, version), built, "%s: also when no cell had a district" % what)
    cluster.execute("SELECT defined_memberships(%d)" % version)
    for t, defined in rows(cluster, version).items():
        ok(close(defined, built[t]), "%s: %d rows of %s are those of the definition" % (what, len(defined), t))
    cluster.execute("SELECT refresh_memberships(%d)" % version)
    return built


def all_ways_agree():
    with Cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        f = folder + "/files"
        cluster.grannkarta("synth", f, "--seed", "5", "--dwellings", "12000", "--incidents", "10")
        cluster.grannkarta("import", "districts", f + "/districts-regso.gpkg", "--set", "regso", "--base")
        cluster.grannkarta("import", "districts", f + "/districts-kommun.gpkg", "--set", "kommun")
        cluster.grannkarta("import", "dwellings", f + "/addresses.gpkg")
        cluster.grannkarta("import", "watch-areas", f + "/watch-areas.geojson")
        cluster.execute(definition().replace("CREATE FUNCTION ", "CREATE FUNCTION grannkarta."))

        # Without the sets that border everywhere, most cells are plain.
        cluster.grannkarta("lattice", "build")
        few = compare(cluster, 1, "two sets")
        districts = len({r[0] for r in few["district_cell"]})
        ok(len(few["district_cell"]) > 200 and districts > 3, "of %d rows of %d districts" % (len(few["district_cell"]), districts))

        # With them. Fewer dwellings in the next year make cells merge.
        areas(cluster)
        cluster.execute("""INSERT INTO dwelling_source (year, file_sha256, base_square_dm, has_addresses)
            SELECT year + 1, sha256('next'), base_square_dm, has_addresses FROM dwelling_source;
            INSERT INTO dwelling SELECT 2, e, n, district_id, villa, flat, holiday, addresses FROM dwelling
            WHERE (e * 31 + n * 17) % 5 > 0;
            INSERT INTO dwelling SELECT 2, e + 7, n, district_id, 3, 0, 1, 4 FROM dwelling d
            WHERE source_id = 1 AND e % 11 = 0 AND NOT EXISTS (SELECT FROM dwelling o
              WHERE o.source_id IN (1, 2) AND (o.e, o.n, o.district_id) = (d.e + 7, d.n, d.district_id))""")
        cluster.grannkarta("lattice", "build")
        ok(int(cluster.value("SELECT count(*) FROM cell WHERE merged_version = 2")) > 0, "cells merged")
        many = compare(cluster, 2, "seven sets")
        ok(any(0 < float(r[1]) < 1 for r in many["district_summary"]), "and some dwellings are misplaced")



run(all_ways_agree)
