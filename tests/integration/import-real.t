#!/usr/bin/python3
"""Real files that others made, imported for real: Swedish areas in five CRSs, two
of them said wrongly or not at all, and localities as points. They are read a
second time by this test itself (GeoPackage by sqlite3, Shapefile and GeoJSON by
hand), and PostGIS transforms and measures what was read: GDAL has no part in what
is expected. Then two collections of broken files: each is imported or refused
with a reason, and never ends in a crash.

The files are not part of the project (../shared/data): without them, skipped."""
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT, Cluster
from tap import contains, is_eq, ok, run

DATA = os.path.realpath(os.path.join(ROOT, "..", "shared", "data"))
if not os.path.isdir(os.path.join(DATA, "areas")):
    print("1..0 # skip the real files are not here (../shared/data)")
    sys.exit(0)
AREAS = os.path.join(DATA, "areas")

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()
db = cluster


# --- Reading them by hand ------------------------------------------------------

def geopackage(name, code, text):
    """(code, name, WKB) of each feature."""
    with sqlite3.connect("file:%s?mode=ro&immutable=1" % os.path.join(AREAS, name), uri=True) as file:
        table, column = file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchone()
        rows = file.execute("SELECT %s, %s, %s FROM %s" % (code, text, column, table)).fetchall()
    envelope = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
    return [(str(int(c)) if isinstance(c, float) else str(c), str(n).strip(), g[8 + envelope[g[3] >> 1 & 7]:]) for c, n, g in rows]


def ring_wkb(points):
    return struct.pack("<I", len(points)) + b"".join(struct.pack("<2d", *p[:2]) for p in points)


def polygon_wkb(rings):
    return struct.pack("<BII", 1, 3, len(rings)) + b"".join(map(ring_wkb, rings))


def multipolygon_wkb(polygons):
    return struct.pack("<BII", 1, 6, len(polygons)) + b"".join(map(polygon_wkb, polygons))


def geojson(name, code, text):
    with open(os.path.join(AREAS, name), encoding="utf-8") as file:
        features = json.load(file)["features"]
    rows = []
    for f in features:
        g = f["geometry"]
        polygons = [g["coordinates"]] if g["type"] == "Polygon" else g["coordinates"]
        rows.append((f["properties"][code], f["properties"][text], multipolygon_wkb(polygons)))
    return rows


def signed_area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:])) / 2


def inside(point, ring):
    hit = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
        if (y1 > point[1]) != (y2 > point[1]) and point[0] < (x2 - x1) * (point[1] - y1) / (y2 - y1) + x1:
            hit = not hit
    return hit


def shapefile(stem, code, text):
    """Outer rings are clockwise; a hole is of the smallest outer ring around it."""
    with open(stem + ".dbf", "rb") as file:
        dbf = file.read()
    count, start, size = struct.unpack("<IHH", dbf[4:12])
    fields, at, offset = {}, 32, 1
    while dbf[at] != 13:
        fields[dbf[at:at + 11].split(b"\0")[0].decode()] = (offset, dbf[at + 16])
        offset += dbf[at + 16]
        at += 32

    def field(i, name):
        where, width = fields[name]
        return dbf[start + i * size + where:start + i * size + where + width].decode("latin-1").strip()
    with open(stem + ".shp", "rb") as file:
        shp = file.read()
    rows, at = [], 100
    for i in range(count):
        words, = struct.unpack(">i", shp[at + 4:at + 8])
        record = shp[at + 8:at + 8 + words * 2]
        at += 8 + words * 2
        parts, points = struct.unpack("<ii", record[36:44])
        starts = list(struct.unpack("<%di" % parts, record[44:44 + 4 * parts])) + [points]
        xy = struct.unpack("<%dd" % (2 * points), record[44 + 4 * parts:44 + 4 * parts + 16 * points])
        rings = [[(xy[2 * k], xy[2 * k + 1]) for k in range(a, b)] for a, b in zip(starts, starts[1:])]
        polygons = [[r] for r in rings if signed_area(r) < 0]
        for hole in (r for r in rings if signed_area(r) >= 0):
            around = [p for p in polygons if inside(hole[0], p[0])]
            min(around, key=lambda p: -signed_area(p[0])).append(hole)
        rows.append((field(i, code), field(i, text), multipolygon_wkb(polygons)))
    return rows


# --- Comparing ------------------------------------------------------------------

def same_as_read(set_name, rows, srid):
    """What is stored has the codes, names, areas and places of what was read."""
    db.execute("CREATE TEMP TABLE t(x int); CREATE TABLE IF NOT EXISTS public.expected (code text, name text, g geometry);"
               " TRUNCATE public.expected;" +
               "".join("INSERT INTO public.expected VALUES ('%s', '%s', ST_Transform(ST_SetSRID('%s'::geometry, %d), 3006));"
                       % (c.replace("'", "''"), n.replace("'", "''"), g.hex(), srid) for c, n, g in rows))
    stored = "SELECT code, name, outline FROM district WHERE set_name = '%s'" % set_name
    is_eq(db.value("SELECT count(*) FROM (%s) d" % stored), str(len(rows)), set_name + ": as many")
    is_eq(db.value("SELECT count(*) FROM (%s) d JOIN public.expected e USING (code, name)" % stored), str(len(rows)),
          set_name + ": the codes and names, å, ä and ö with them")
    is_eq(db.query("SELECT code, ST_Area(g), ST_Area(outline) FROM (%s) d JOIN public.expected e USING (code)"
                   " WHERE abs(ST_Area(g) - ST_Area(outline)) > 1e-7 * ST_Area(g) LIMIT 3" % stored), [], set_name + ": areas")
    is_eq(db.query("SELECT code FROM (%s) d JOIN public.expected e USING (code)"
                   " WHERE ST_HausdorffDistance(ST_Points(g), ST_Points(outline)) > 0.001 LIMIT 3" % stored), [],
          set_name + ": every corner within a millimetre")


def imported(path, set_name, *flags):
    done = db.grannkarta("import", "districts", path, "--set", set_name, "--json", *flags)
    return json.loads(done.stdout)


STOCKHOLM = ("--code-column", "nyckelkod", "--name-column", "namn")


def municipalities_without_a_datum():
    path = os.path.join(AREAS, "se_kommuner_borstell.gpkg")
    overlap = "SELECT ST_Area(ST_Intersection(a.outline, b.outline)) FROM district a, district b WHERE a.code = '%s' AND b.code = '%s'"
    report = imported(path, "kommun")
    is_eq((report["new"], report["repaired"], report["has_unknown_datum"]), (290, 0, True), "all of them, and what is unsure is said")
    same_as_read("kommun", geopackage("se_kommuner_borstell.gpkg", "code", "name"), 3006)
    done = db.grannkarta("import", "districts", path, "--set", "kommun", "--base", check=False)
    is_eq(done.returncode, 4, "simplified borders overlap: they cannot be the base set")
    said = re.search(r'"(\d+)" and "(\d+)" overlap by (\d+) m2', done.stderr)
    is_eq(round(float(db.value(overlap % said.groups()[:2]))), int(said.group(3)), "the overlap is told as it is")


def municipalities_in_rt_90_with_latin_1():
    stem = os.path.join(AREAS, "se_kommuner_rt90_shp", "kommuner_rt90")
    is_eq(imported(stem + ".shp", "rt90")["new"], 290, "all of them")
    same_as_read("rt90", shapefile(stem, "kn_kod", "kn_namn"), 3021)
    for name in os.listdir(os.path.dirname(stem)):
        if not name.endswith(".cpg"):
            shutil.copy(os.path.join(os.path.dirname(stem), name), folder.name)
    report = imported(os.path.join(folder.name, "kommuner_rt90.shp"), "rt90")
    is_eq((report["new"], report["changed"], report["as_before"]), (0, 0, 290), "the same without the file's word on its encoding")


def malmo_in_a_local_zone():
    is_eq(imported(os.path.join(AREAS, "se_malmo_delomraden_3008.gpkg"), "malmo")["new"], 136, "all of them")
    same_as_read("malmo", geopackage("se_malmo_delomraden_3008.gpkg", "do_kod", "delomrade"), 3008)


def stockholm_in_a_local_zone_and_in_one_without_a_number():
    for name, set_name in [("se_stockholm_basomraden_pop_3011.gpkg", "stockholm"),
                           ("se_stockholm_basomraden_pop.customsrs.gpkg", "stockholm_custom")]:
        is_eq(imported(os.path.join(AREAS, name), set_name, *STOCKHOLM)["new"], 419, name)
        same_as_read(set_name, geopackage(name, "nyckelkod", "namn"), 3011)


def bromolla_in_degrees_and_with_an_old_crs_member():
    for name, srid in [("se_bromolla_4326.geojson", 4326), ("se_bromolla_3006_crs_member.geojson", 3006)]:
        set_name = "bromolla_%d" % srid
        is_eq(imported(os.path.join(AREAS, name), set_name)["new"], 1, name)
        same_as_read(set_name, geojson(name, "municipality_code", "municipality_name"), srid)
    is_eq(db.value("SELECT bool_and(ST_Area(ST_Intersection(a.outline, b.outline)) > 0.97 * ST_Area(a.outline)) FROM district a,"
                   " district b WHERE a.code = '1272' AND b.code = '1272' AND a.set_name LIKE 'bromolla%'"
                   " AND b.set_name LIKE 'bromolla%'"), "t", "both are the same municipality")


def what_is_not_in_sweden_is_refused():
    for name, column in [("us_denver_statistical_neighborhoods.geojson", "NBHD_ID"), ("ca_vancouver_neighbourhoods.geojson", "mapid")]:
        copy = shutil.copy(os.path.join(AREAS, name), folder.name)
        done = db.grannkarta("import", "districts", copy, "--set", "abroad", "--code-column", column, check=False)
        is_eq(done.returncode, 4, name)
        contains(done.stderr, "it lies outside Sweden", name + ": why")


def localities_are_summed_as_dwellings():
    """The municipalities of one county, which overlap nowhere, as base set."""
    made = os.path.join(folder.name, "localities.gpkg")
    source = os.path.join(AREAS, "se_tatorter_points_pop2020.gpkg")
    subprocess.run(["ogr2ogr", made, source, "-sql", "SELECT pop AS antal, 'villa' AS klass, year, geom FROM se_tatorter_points_pop2020"],
                   check=True)
    base = os.path.join(folder.name, "base.gpkg")
    subprocess.run(["ogr2ogr", base, os.path.join(AREAS, "se_kommuner_borstell.gpkg"), "-where", "code IN ('0180', '1280', '1480', '2580')"],
                   check=True)
    is_eq(imported(base, "cities", "--base")["new"], 4, "four cities are the base set")
    with sqlite3.connect("file:%s?mode=ro&immutable=1" % source, uri=True) as file:
        rows = file.execute("SELECT pop, geom FROM se_tatorter_points_pop2020").fetchall()
    points = [(pop, struct.unpack("<2d", g[-16:])) for pop, g in rows]
    large = [pop for pop, _ in points if pop > 100000]
    ok(len(large) > 5, "some have more than a row may have")
    done = db.grannkarta("import", "dwellings", made, "--no-addresses", "--json", check=False)
    is_eq((done.returncode, json.loads(done.stdout)["rejected"]), (4, len(large)), "which are refused")
    report = json.loads(db.grannkarta("import", "dwellings", made, "--no-addresses", "--on-reject=skip", "--json").stdout)
    values = ",".join("(%d, ST_SetSRID(ST_MakePoint(%r, %r), 3006))" % (pop, e, n) for pop, (e, n) in points if pop <= 100000)
    expected = db.query("SELECT sum(pop), count(*) FROM (VALUES %s) v(pop, g) WHERE EXISTS (SELECT FROM district WHERE set_name ="
                        " 'cities' AND ST_Covers(outline, g))" % values)[0]
    is_eq([str(report["dwellings"]), str(report["read"] - report["rejected"] - report["points_outside"])], expected,
          "the others are summed, those outside left out")
    is_eq(db.value("SELECT sum(villa + flat + holiday) FROM dwelling"), expected[0], "and stored")


def moved_to_sweden(value):
    """The numbers of coordinates, so that shapes stay and their place is no reason."""
    if isinstance(value, list):
        if len(value) >= 2 and all(isinstance(v, (int, float)) for v in value[:2]):
            return [15 + value[0] / 100, 60 + value[1] / 50] + value[2:]
        return [moved_to_sweden(v) for v in value]
    if isinstance(value, dict):
        return {k: moved_to_sweden(v) for k, v in value.items()}
    return value


def with_columns(value):
    """What the imports need, in whatever has properties, so that they come to the shapes."""
    if isinstance(value, list):
        return [with_columns(v) for v in value]
    if not isinstance(value, dict):
        return value
    value = {k: with_columns(v) for k, v in value.items()}
    if isinstance(value.get("properties"), dict) or "geometry" in value:
        own = value.get("properties")
        value["properties"] = dict(own if isinstance(own, dict) else {}, code="c%d" % len(str(value)), name="Namn", antal=3,
                                   klass="villa")
    return value


def variants(path, name):
    """The file as it is, and when it is JSON with columns and moved to Sweden."""
    copy = shutil.copy(path, os.path.join(folder.name, "torture-" + name))
    os.chmod(copy, 0o600)
    yield copy
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except ValueError:
        return
    made = os.path.join(folder.name, "moved-" + name)
    with open(made, "w", encoding="utf-8") as file:
        json.dump(moved_to_sweden(with_columns(value)), file)
    yield made


def broken_files_are_imported_or_refused_with_a_reason():
    reasons, taken, seen = {}, 0, set()
    for top, _, names in sorted(os.walk(os.path.join(DATA, "torture"))):
        for name in sorted(names):
            if not name.lower().endswith((".geojson", ".json", ".csv")) or "blns" in top:
                continue
            with open(os.path.join(top, name), "rb") as file:
                content = file.read()
            if content in seen:
                continue
            seen.add(content)
            for path in variants(os.path.join(top, name), name):
                for arguments in (["districts", "--set", "torture", "--repair"], ["dwellings", "--year", 2024]):
                    done = db.grannkarta("import", *arguments, path, "--crs", 4326, "--on-reject=skip", "--dry-run", "--json",
                                         check=False)
                    report = json.loads(done.stdout)
                    taken += done.returncode == 0
                    message = report.get("message", "")
                    reasons[re.sub(r'[0-9]+|"[^"]*"|see [^ ]*', "", message)] = name
                    good = report["status"] == "OK" if done.returncode == 0 else done.returncode in (2, 4) and len(message) > 10
                    if not good or "Sanitizer" in done.stderr:
                        ok(False, "%s of %s" % (arguments[0], name))
                        print("# %d %s" % (done.returncode, (done.stdout + done.stderr)[:600].replace("\n", "\n# ")))
    ok(taken >= 4, "%d imports of what can be read work" % taken)
    ok(len(reasons) >= 8, "the others give %d different reasons" % len(reasons))


try:
    run(municipalities_without_a_datum, municipalities_in_rt_90_with_latin_1, malmo_in_a_local_zone,
        stockholm_in_a_local_zone_and_in_one_without_a_number, bromolla_in_degrees_and_with_an_old_crs_member,
        what_is_not_in_sweden_is_refused, localities_are_summed_as_dwellings,
        broken_files_are_imported_or_refused_with_a_reason)
finally:
    cluster.__exit__()
    folder.cleanup()
