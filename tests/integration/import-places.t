#!/usr/bin/python3
"""Importing places and building the lattice by the command, against a real
cluster. Expected values are counted from the files that the test writes."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster
from tap import contains, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()


def path(name):
    return os.path.join(folder.name, name)


def refused(db, arguments, reason, name, code=4):
    done = db.grannkarta(*arguments, check=False)
    is_eq(done.returncode, code, name + ": exit code")
    contains(done.stderr, reason, name)


def places_are_imported_in_order():
    db = cluster.new_database()
    out = p.import_places(db, folder.name).stdout
    contains(out, "lattice version 1:", "the lattice is reported")
    is_eq(db.query("SELECT code, name, inhabitants, inhabitants_year FROM district WHERE set_name = 'regso' ORDER BY 1"),
          [["1272R001", "Väster", "500", "2023"], ["1272R002", "Öster", "60", "2023"]], "districts are stored")
    rows = p.dwellings()
    counts = {k: sum(r["properties"]["bostäder"] for r in rows if r["properties"]["typ"] in names) for k, names in
              {"villa": ("villa", "småhus"), "flat": ("lägenhet",), "holiday": ("fritidshus",)}.items()}
    is_eq(db.query("SELECT sum(villa), sum(flat), sum(holiday), sum(addresses) FROM dwelling"),
          [[str(counts["villa"]), str(counts["flat"]), str(counts["holiday"]), str(len(rows))]], "dwellings are summed")
    is_eq(db.query("SELECT sum(villa), sum(flat), sum(holiday), sum(addresses) FROM lattice_cell"),
          db.query("SELECT sum(villa), sum(flat), sum(holiday), sum(addresses) FROM dwelling"), "cells have them all")
    is_eq(db.value("SELECT count(*) FROM lattice_cell WHERE villa + flat + holiday < 8 OR addresses < 3"), "0",
          "every cell satisfies k and the addresses")
    is_eq(db.value("SELECT count(*) FROM lattice_cell l JOIN unit u USING (cell_id) WHERE NOT ST_Covers(l.outline,"
                   " ST_MakeEnvelope(u.e * 50, u.n * 50, u.e * 50 + 50, u.n * 50 + 50, 3006))"), "0",
          "a cell's outline covers its squares")
    is_eq(db.value("SELECT sum(ST_Area(outline))::bigint = (SELECT 2500 * count(*) FROM"
                   " (SELECT DISTINCT e, n, cell_id FROM unit) u) FROM lattice_cell"), "t", "and nothing else")
    is_eq(db.value("SELECT count(*) FROM unit u JOIN district d ON d.id = u.district_id WHERE NOT ST_Intersects(d.outline,"
                   " ST_MakeEnvelope(u.e * 50, u.n * 50, u.e * 50 + 50, u.n * 50 + 50, 3006))"), "0",
          "units are in their districts")
    is_eq(db.grannkarta("lattice", "show").stdout, out, "show prints what build printed")
    contains(db.grannkarta("lattice", "build").stdout, "nothing to do", "building twice does nothing")
    contains(db.grannkarta("import", "dwellings", path("dwellings.geojson")).stdout, "nothing changed",
             "the same dwellings again change nothing")
    done = db.grannkarta("import", "districts", path("regso.geojson"), "--set", "regso", "--inhabitants-year", 2023)
    contains(done.stdout, "new 0   changed 0   as before 2", "the same districts again change nothing")


def districts_in_use_change_only_with_a_date():
    db = cluster.new_database()
    p.import_places(db, folder.name)
    changed = p.kommuner()
    changed[0]["properties"]["kommunnamn"] = "Bromölla"
    p.write(path("changed.geojson"), changed)
    refused(db, ["import", "districts", path("changed.geojson"), "--set", "kommun"], "--valid-from",
            "a change without date")
    refused(db, ["import", "districts", path("changed.geojson"), "--set", "kommun", "--valid-from", "1899-01-01"],
            "must be later", "a date before the district's own")
    db.grannkarta("import", "districts", path("changed.geojson"), "--set", "kommun", "--valid-from", "2025-01-01")
    is_eq(db.query("SELECT name, valid_from, valid_to FROM district WHERE set_name = 'kommun' ORDER BY valid_from"),
          [["Bromölla kommun", "1900-01-01", "2025-01-01"], ["Bromölla", "2025-01-01", None]], "both are kept")
    ok(int(db.value("SELECT count(*) FROM district_cell c JOIN district d ON d.id = c.district_id"
                    " WHERE d.valid_from = '2025-01-01'")) > 0, "the new one has its cells at once")
    base = p.districts()
    base[0]["geometry"] = p.polygon(p.square(p.E0, p.N0, 1999, 2000))
    p.write(path("base.geojson"), base)
    refused(db, ["import", "districts", path("base.geojson"), "--set", "regso", "--valid-from", "2025-01-01",
                 "--inhabitants-year", 2023], "the lattice stands on", "a change of the base set")
    refused(db, ["import", "districts", path("kommun.geojson"), "--set", "deso", "--base"],
            "\"regso\" is the base set already", "a second base set")


def bad_polygons_are_refused_with_the_reason():
    db = cluster.new_database()
    good = p.districts()[0]
    for name, geometry, reason in [
            ("unclosed", p.polygon(p.square(p.E0, p.N0, 500)[:-1]), "is not closed"),
            ("bow tie", p.polygon([[p.E0, p.N0], [p.E0 + 500, p.N0 + 500], [p.E0 + 500, p.N0], [p.E0, p.N0 + 500],
                                   [p.E0, p.N0]]), "Self-intersection"),
            ("two points", p.polygon([[p.E0, p.N0], [p.E0 + 5, p.N0], [p.E0, p.N0]]), "fewer than 4 points"),
            ("empty", {"type": "Polygon", "coordinates": []}, "has no area"),
            ("null", None, "has no area"),
            ("a point", p.point(p.E0, p.N0), "no polygon"),
            ("elsewhere", p.polygon(p.square(100, 100, 500)), "outside Sweden")]:
        p.write(path("bad.geojson"), [good, p.feature(geometry, regsokod="X", regsonamn="X")])
        refused(db, ["import", "districts", path("bad.geojson"), "--set", "regso", "--base"], "feature 2: ", name)
        refused(db, ["import", "districts", path("bad.geojson"), "--set", "regso", "--base"], reason, name)
    p.write(path("twice.geojson"), [good, good])
    refused(db, ["import", "districts", path("twice.geojson"), "--set", "regso"], "features 1 and 2 have the same code",
            "a repeated code")
    p.write(path("overlap.geojson"), [good, p.feature(p.polygon(p.square(p.E0 + 1000, p.N0, 2000)), regsokod="Y")])
    refused(db, ["import", "districts", path("overlap.geojson"), "--set", "regso", "--base"], "overlap by 2000000 m2",
            "overlapping base districts")
    p.write(path("sliver.geojson"), [good, p.feature(p.polygon(p.square(p.E0 + 1999.9, p.N0, 2000)), regsokod="Y")])
    is_eq(db.value("SELECT count(*) FROM district"), "0", "nothing was stored")
    db.grannkarta("import", "districts", path("sliver.geojson"), "--set", "regso", "--base")
    is_eq(db.value("SELECT count(*) FROM district"), "2", "a sliver of 10 cm is let be")


def any_crs_comes_out_the_same():
    db = cluster.new_database()
    import subprocess
    p.write(path("regso.geojson"), p.districts())
    for crs, name in [(3008, "r3008.gpkg"), (4326, "r4326.gpkg"), (3021, "r3021.gpkg")]:
        subprocess.run(["ogr2ogr", "-t_srs", "EPSG:%d" % crs, path(name), path("regso.geojson")], check=True,
                       stderr=subprocess.DEVNULL)
        db.grannkarta("import", "districts", path(name), "--set", "s%d" % crs)
        is_eq(db.value("SELECT bool_and(ST_HausdorffDistance(outline, ST_MakeEnvelope(%d + x * 2000, %d, %d + x * 2000,"
                       " %d, 3006)) < 0.01) FROM (SELECT outline, (right(code, 1)::int - 1) AS x FROM district"
                       " WHERE set_name = 's%d') d" % (p.E0, p.N0, p.E0 + 2000, p.N0 + 2000, crs)), "t",
              "EPSG:%d" % crs)


def dwellings_need_what_they_stand_on():
    db = cluster.new_database()
    p.write(path("dwellings.geojson"), p.dwellings())
    p.write(path("regso.geojson"), p.districts())
    refused(db, ["import", "dwellings", path("dwellings.geojson")], "no base set", "no base set")
    db.grannkarta("import", "districts", path("regso.geojson"), "--set", "regso", "--base")
    refused(db, ["lattice", "build"], "no dwellings", "no dwellings")
    rows = p.dwellings()
    rows[3]["properties"]["typ"] = "slott"
    p.write(path("castle.geojson"), rows)
    refused(db, ["import", "dwellings", path("castle.geojson")], "feature 4: class of dwelling \"slott\"",
            "an unknown class")
    rows = p.dwellings()[:7]
    p.write(path("few.geojson"), rows)
    db.grannkarta("import", "dwellings", path("few.geojson"))
    refused(db, ["lattice", "build"], "fewer than 8 dwellings", "fewer than k dwellings")
    rows = p.dwellings() + [p.feature(p.point(p.E0 - 100, p.N0), bostäder=3, typ="villa", år=2023)]
    p.write(path("outside.geojson"), rows)
    contains(db.grannkarta("import", "dwellings", path("outside.geojson")).stdout, "1 points with 3 dwellings",
             "points outside are counted")
    db.grannkarta("lattice", "build")
    refused(db, ["--base-square-m", "125", "import", "dwellings", path("dwellings.geojson")], "squares of 50 m",
            "other squares than the lattice's")


def watch_areas_keep_their_history():
    db = cluster.new_database()
    p.import_places(db, folder.name)
    p.write(path("watch.geojson"), p.watch_areas())
    db.grannkarta("import", "watch-areas", path("watch.geojson"))
    is_eq(db.query("SELECT slug, started, is_approved FROM watch_area ORDER BY slug"),
          [["asgrand-ostra-vagen", None, "f"], ["solrosens-grannsamverkan", "2021-05-01", "t"]], "slugs and dates")
    ok(int(db.value("SELECT count(*) FROM watch_cover")) > 0, "the cover is found at once")
    contains(db.grannkarta("import", "watch-areas", path("watch.geojson")).stdout, "new 0   changed 0",
             "the same again changes nothing")
    changed = p.watch_areas()
    changed[0]["geometry"] = p.polygon(p.square(p.E0 + 300, p.N0 + 300, 350))
    p.write(path("watch2.geojson"), changed)
    db.grannkarta("import", "watch-areas", path("watch2.geojson"), "--valid-from", "2024-01-01")
    is_eq(db.query("SELECT valid_from, round(ST_Area(outline)) FROM watch_boundary JOIN watch_area a ON a.id ="
                   " watch_area_id WHERE slug LIKE 'sol%' ORDER BY 1"),
          [["2021-05-01", "90000"], ["2024-01-01", "122500"]], "both boundaries are kept")
    changed[0]["geometry"] = p.polygon(p.square(p.E0 + 300, p.N0 + 300, 350)[:-1])
    p.write(path("watch3.geojson"), changed)
    refused(db, ["import", "watch-areas", path("watch3.geojson")], "feature 1: a ring is not closed", "an unclosed area")


try:
    run(places_are_imported_in_order, districts_in_use_change_only_with_a_date,
        bad_polygons_are_refused_with_the_reason, any_crs_comes_out_the_same, dwellings_need_what_they_stand_on,
        watch_areas_keep_their_history)
finally:
    cluster.__exit__()
    folder.cleanup()
