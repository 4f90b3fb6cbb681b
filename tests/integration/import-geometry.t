#!/usr/bin/python3
"""Geometry of imported areas: what is refused, with which reason and place; what
--repair does; what is said of heights, curves and collections; a CRS that cannot
be the file's; encodings; files that break off. Expected shapes are made by PostGIS
(ST_MakeValid, ST_Area, ST_CurveToLine) or by hand."""
import csv
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster
from tap import contains, is_eq, is_near, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()
db = cluster
E, N = p.E0, p.N0


def path(name):
    return os.path.join(folder.name, name)


def district(geometry, code="A"):
    return p.feature(geometry, code=code)


def wkt_csv(name, shapes, header="code,WKT"):
    """A file of WKT, with the CRS given on the command line: what GeoJSON cannot say."""
    with open(path(name), "w", encoding="utf-8") as f:
        f.write(header + "\n")
        for i, shape in enumerate(shapes):
            f.write('%s,"%s"\n' % (chr(ord("A") + i), shape))
    return path(name)


def imported(name, set_name, *flags, code=0):
    """The report of an import as JSON."""
    done = db.grannkarta("import", "districts", name, "--set", set_name, "--json", *flags, check=False)
    is_eq(done.returncode, code, "%s %s: exit code" % (os.path.basename(name), " ".join(map(str, flags))))
    return json.loads(done.stdout)


def rejects(name):
    with open(name + ".rejects.csv", encoding="utf-8", newline="") as f:
        return list(csv.reader(f))


BOW_TIE = [[E, N], [E + 500, N + 500], [E + 500, N], [E, N + 500], [E, N]]
BAD = [
    ("open ring", p.polygon(p.square(E, N, 500)[:-1]), "a ring is not closed"),
    ("bow tie", p.polygon(BOW_TIE), "Self-intersection at or near point %d %d" % (E + 250, N + 250)),
    ("hole outside", p.polygon(p.square(E, N, 100), p.square(E + 200, N, 50)), "Hole lies outside shell"),
    ("overlapping parts", {"type": "MultiPolygon", "coordinates": [[p.square(E, N, 100)], [p.square(E + 50, N, 100)]]},
     "Self-intersection"),
    ("nested hole", p.polygon(p.square(E, N, 500), p.square(E + 100, N + 100, 300), p.square(E + 200, N + 200, 50)),
     "Holes are nested"),
    ("zero area", p.polygon([[E, N], [E + 500, N], [E + 500, N], [E, N]]), "not valid"),
    ("sliver", p.polygon([[E, N], [E + 500, N], [E + 500, N + 0.001], [E, N]]), "its area is 0.25 m2"),
    ("three corners", p.polygon([[E, N], [E + 5, N], [E, N]]), "fewer than 4 points"),
    ("line", {"type": "LineString", "coordinates": [[E, N], [E + 5, N]]}, "is a Line String, no polygon"),
    ("points and areas", {"type": "GeometryCollection", "geometries": [p.polygon(p.square(E, N, 100)), p.point(E, N)]},
     "has a Point, no polygon"),
    ("empty collection", {"type": "GeometryCollection", "geometries": []}, "no area"),
    ("nothing", None, "no area"),
    ("elsewhere", p.polygon(p.square(100, 100, 500)), "outside Sweden"),
]


def what_is_wrong_is_listed_with_number_reason_and_place():
    features = [district(p.polygon(p.square(E + 5000, N, 100)), "good")]
    features += [district(geometry, name) for name, geometry, _ in BAD]
    p.write(path("bad.geojson"), features)
    report = imported(path("bad.geojson"), "bad", code=4)
    is_eq((report["rejected"], report["rejects_file"], report["status"]),
          (len(BAD), "bad.geojson.rejects.csv", "REJECTED"), "the report counts them")
    contains(report["message"], "%d of %d features were refused" % (len(BAD), len(BAD) + 1), "so does the message")
    contains(report["message"], "feature 2: a ring is not closed", "with the first")
    rows = rejects(path("bad.geojson"))
    is_eq([row[0] for row in rows], ["feature"] + [str(i + 2) for i in range(len(BAD))], "each is listed by number")
    for (name, _, reason), row in zip(BAD, rows[1:]):
        contains(row[1], reason, name)
    is_eq(oct(os.stat(path("bad.geojson.rejects.csv")).st_mode & 0o777), "0o600", "the list is its owner's")
    is_eq(db.value("SELECT count(*) FROM district"), "0", "nothing was stored")
    report = imported(path("bad.geojson"), "bad", "--on-reject=skip")
    is_eq((report["new"], report["rejected"]), (1, len(BAD)), "skip takes the rest")
    is_eq(db.query("SELECT code FROM district WHERE set_name = 'bad'"), [["good"]], "which is the good one")
    p.write(path("allbad.geojson"), features[1:])
    contains(imported(path("allbad.geojson"), "bad", "--on-reject=skip", code=4)["message"], "nothing was imported",
             "a file without any good feature is refused all the same")


def a_dry_run_tells_what_is_wrong_and_makes_no_list():
    p.write(path("rehearsed.geojson"), [district(geometry, name) for name, geometry, _ in BAD])
    for flags in ([], ["--on-reject=skip"]):
        report = imported(path("rehearsed.geojson"), "bad", "--dry-run", *flags, code=4)
        is_eq((report["rejected"], report["rejects_file"]), (len(BAD), None), "the report counts them and names no list")
        is_eq([note.split(" refused: ")[0] for note in report["notes"]], ["feature %d" % (i + 1) for i in range(len(BAD))],
              "each is told by number")
        for (name, _, reason), note in zip(BAD, report["notes"]):
            contains(note, reason, name)
    ok(not os.path.exists(path("rehearsed.geojson.rejects.csv")), "no list was made")


def postgis_made(geometry):
    return db.query("SELECT ST_AsText(g), round(ST_Area(g)::numeric, 2)::float8 FROM (SELECT ST_CollectionExtract(ST_MakeValid("
                    "ST_GeomFromGeoJSON('%s')), 3) AS g) x" % json.dumps(geometry))[0]


def repairs_are_what_postgis_makes_and_are_told():
    cases = [(name, geometry) for name, geometry, _ in BAD[:5]]
    p.write(path("mend.geojson"), [district(geometry, name) for name, geometry in cases] +
            [district(p.polygon(p.square(E + 5000, N, 100)), "good")])
    report = imported(path("mend.geojson"), "mend", "--repair")
    is_eq((report["new"], report["repaired"], report["rejected"]), (6, 5, 0), "all are taken")
    is_eq([row["feature"] for row in report["repairs"]], [1, 2, 3, 4, 5], "each repair is told, and no other feature")
    is_eq(report["repairs"][0]["reason"], "a ring was not closed", "why: an open ring")
    contains(report["repairs"][1]["reason"], "Self-intersection at or near point %d %d" % (E + 250, N + 250), "why and where")
    closed = p.polygon(p.square(E, N, 500))
    for row, (name, geometry) in zip(report["repairs"], cases):
        text, area = postgis_made(closed if name == "open ring" else geometry)
        is_eq(row["after_m2"], float(area), name + ": area after")
        is_eq(db.value("SELECT ST_Equals(outline, ST_GeomFromText('%s', 3006)) FROM district WHERE set_name = 'mend'"
                       " AND code = '%s'" % (text, name)), "t", name + ": as ST_MakeValid")
    is_eq(report["repairs"][0]["before_m2"], 250000, "the area before: a square")
    is_eq(report["repairs"][1]["before_m2"], 0, "the area before: a bow tie's wings cancel out")
    is_eq(report["repairs"][3]["before_m2"], 20000, "the area before: parts that overlap count twice")
    text = db.grannkarta("import", "districts", path("mend.geojson"), "--set", "mend2", "--repair").stdout
    contains(text, "feature 2 repaired: Self-intersection", "the text tells it too")
    contains(text, "; 0 m2 before, 125000 m2 after", "with both areas")
    p.write(path("hopeless.geojson"), [district(p.polygon([[E, N], [E + 500, N], [E + 500, N], [E, N]]))])
    contains(imported(path("hopeless.geojson"), "mend3", "--repair", code=4)["message"], "cannot be repaired",
             "what has no area is not repaired")


def random_ring(rng, close=True):
    """Corners on a coarse grid, so that they often touch, repeat and lie on edges."""
    ring = [[E + 10 * rng.randrange(12), N + 10 * rng.randrange(12)] for _ in range(rng.randrange(3, 9))]
    return ring + ring[:1] if close else ring


def random_shapes_are_judged_and_repaired_as_by_postgis():
    rng = random.Random(3)
    shapes = []
    for i in range(300):
        polygons = [[random_ring(rng) for _ in range(rng.choice([1, 1, 1, 2]))] for _ in range(rng.choice([1, 1, 1, 2]))]
        shapes.append({"type": "MultiPolygon", "coordinates": polygons})
    p.write(path("random.geojson"), [district(shape, "S%d" % i) for i, shape in enumerate(shapes)])
    db.execute("CREATE TABLE public.shape (code text, g geometry);" + "".join(
        "INSERT INTO public.shape VALUES ('S%d', ST_SetSRID(ST_GeomFromGeoJSON('%s'), 3006));" % (i, json.dumps(shape))
        for i, shape in enumerate(shapes)))
    good = "ST_IsValid(g) AND ST_Area(g) >= 1"
    report = imported(path("random.geojson"), "asis", "--on-reject=skip")
    is_eq(db.query("SELECT code FROM district WHERE set_name = 'asis' ORDER BY 1"),
          db.query("SELECT code FROM public.shape WHERE %s ORDER BY 1" % good), "%d are taken: those that PostGIS calls valid" % report["new"])
    report = imported(path("random.geojson"), "mended", "--on-reject=skip", "--repair")
    ok(20 < report["repaired"] < 300 and report["new"] > report["repaired"], "%d of %d are repaired" % (report["repaired"], report["new"]))
    made = "(SELECT code, %s AS valid, ST_CollectionExtract(ST_MakeValid(g), 3) AS g FROM public.shape) m" % good
    is_eq(db.query("SELECT code FROM district WHERE set_name = 'mended' ORDER BY 1"),
          db.query("SELECT code FROM %s WHERE ST_Area(g) >= 1 ORDER BY 1" % made), "all that have an area then")
    is_eq(db.query("SELECT code FROM district JOIN %s USING (code) WHERE set_name = 'mended' AND NOT ST_Equals(outline, g)" % made), [],
          "as ST_MakeValid makes them")
    told = {row["feature"] - 1: row["after_m2"] for row in report["repairs"]}
    stored = {int(c[1:]): float(a) for c, a in db.query("SELECT code, round(ST_Area(outline)::numeric, 2) FROM district JOIN %s USING"
                                                        " (code) WHERE set_name = 'mended' AND NOT m.valid" % made)}
    is_eq(sorted(told), sorted(stored), "each change is told, and no other")
    is_eq([i for i in told if abs(told[i] - stored[i]) > 0.011], [], "with the area that it has now")
    is_eq(db.value("SELECT count(*) FROM district a JOIN district b USING (code) WHERE a.set_name = 'asis' AND b.set_name = 'mended'"
                   " AND ST_AsBinary(a.outline) <> ST_AsBinary(b.outline)"), "0", "what was valid is not touched by --repair")


def what_is_left_out_or_drawn_otherwise_is_said():
    plain = "POLYGON ((%d %d,%d %d,%d %d,%d %d))" % (E, N, E + 100, N, E + 100, N + 100, E, N)
    high = "POLYGON Z ((%d %d 5,%d %d 6,%d %d 7,%d %d 5))" % (E, N, E + 100, N, E + 100, N + 100, E, N)
    measured = high.replace(" Z ", " M ")
    arc = "CURVEPOLYGON (CIRCULARSTRING (%d %d,%d %d,%d %d))" % (E, N, E + 1000, N, E, N)
    surface = "MULTISURFACE (%s,((%d %d,%d %d,%d %d,%d %d)))" % (arc, E + 3000, N, E + 3100, N, E + 3100, N + 100, E + 3000, N)
    collection = "GEOMETRYCOLLECTION (%s,GEOMETRYCOLLECTION (%s))" % (
        plain, "MULTIPOLYGON (((%d %d,%d %d,%d %d,%d %d)))" % (E + 500, N, E + 600, N, E + 600, N + 100, E + 500, N))
    wkt_csv("kinds.csv", [plain, high, measured, arc, surface, collection])
    report = imported(path("kinds.csv"), "kinds", "--crs", "3006")
    is_eq((report["flattened"], report["stroked"], report["collections"], report["repaired"]), (2, 2, 1, 0), "counts")
    areas = dict(db.query("SELECT code, ST_Area(outline) FROM district WHERE set_name = 'kinds'"))
    for code in "ABC":
        is_eq(float(areas[code]), 5000, "a triangle: " + code)
    circle = 3.14159265358979 * 500 ** 2
    is_near(float(areas["D"]), circle, circle * 0.001, "a circle as lines")
    is_near(float(areas["E"]), circle + 5000, circle * 0.001, "a surface with an arc")
    is_eq(float(areas["F"]), 10000, "a nested collection of areas")
    is_eq(db.value("SELECT bool_and(ST_NDims(outline) = 2 AND GeometryType(outline) = 'MULTIPOLYGON' AND"
                   " ST_IsValid(outline)) FROM district WHERE set_name = 'kinds'"), "t", "stored flat and valid")
    text = db.grannkarta("import", "districts", path("kinds.csv"), "--set", "kinds2", "--crs", 3006).stdout
    for line in ("heights or measures left out in 2 features", "curves drawn as lines in 2 features",
                 "collections of areas taken as one area: 1"):
        contains(text, line, line)


def repeated_points_stay_as_they_are():
    ring = p.square(E, N, 100)
    p.write(path("points.geojson"), [district(p.polygon([ring[0], ring[0], ring[1], ring[1]] + ring[2:]))])
    report = imported(path("points.geojson"), "points")
    is_eq((report["new"], report["repaired"]), (1, 0), "they are valid")
    is_eq(db.query("SELECT ST_NPoints(outline), ST_Area(outline) FROM district WHERE set_name = 'points'"), [["7", "10000"]],
          "and not touched")


def a_file_without_features_says_so():
    p.write(path("none.geojson"), [])
    contains(imported(path("none.geojson"), "none", "--crs", 3006, code=4)["message"], "no features", "an empty collection")
    is_eq(db.value("SELECT count(*) FROM district_set WHERE name = 'none'"), "0", "no set was made")


def transformed(name, epsg, extra=()):
    source = p.write(path("source.geojson"), [district(p.polygon(p.square(E, N, 1000)))])
    subprocess.run(["ogr2ogr", "-t_srs", "EPSG:%d" % epsg, *extra, path(name), source], check=True,
                   stderr=subprocess.DEVNULL)
    return path(name)


def relabelled(name, epsg, says):
    """Coordinates of one CRS in a file that says another."""
    made = transformed("true-" + name, epsg)
    subprocess.run(["ogr2ogr", "-a_srs", "EPSG:%d" % says, path(name), made], check=True, stderr=subprocess.DEVNULL)
    return path(name)


def a_crs_that_cannot_be_is_noticed_with_the_one_that_fits():
    for epsg, says, advice in [(4326, 3006, "degrees (--crs 4326)"), (3006, 4326, "SWEREF 99 TM (--crs 3006)"),
                               (3021, 3006, "RT 90 2.5 gon V (--crs 3021)"), (3008, 3006, "a local SWEREF 99 zone"),
                               (3857, 3006, "Web Mercator (--crs 3857)"), (3006, 3008, "SWEREF 99 TM (--crs 3006)"),
                               (3006, 3021, "SWEREF 99 TM (--crs 3006)")]:
        name = "r%d-%d.gpkg" % (epsg, says)
        report = imported(relabelled(name, epsg, says), "crs", code=4)
        contains(report["message"], advice, "EPSG:%d that says EPSG:%d" % (epsg, says))
    name = path("r4326-3006.gpkg")
    is_eq(imported(name, "crs", "--crs", 4326)["new"], 1, "taking the advice works")
    is_eq(db.value("SELECT ST_HausdorffDistance(outline, ST_MakeEnvelope(%d, %d, %d, %d, 3006)) < 0.01 FROM district"
                   " WHERE set_name = 'crs'" % (E, N, E + 1000, N + 1000)), "t", "and gives the true place")
    with open(transformed("lonlat.geojson", 4326), encoding="utf-8") as f:
        swapped = json.load(f)
    for ring in swapped["features"][0]["geometry"]["coordinates"]:
        for position in ring:
            position.reverse()
    with open(path("latlon.geojson"), "w", encoding="utf-8") as f:
        json.dump(swapped, f)
    report = imported(path("latlon.geojson"), "swap", code=4)
    contains(report["message"], "degrees (--crs 4326 --swap-axes)", "latitude first")
    is_eq(imported(path("latlon.geojson"), "swap", "--swap-axes")["new"], 1, "swapped when told")
    is_eq(db.value("SELECT ST_HausdorffDistance(outline, ST_MakeEnvelope(%d, %d, %d, %d, 3006)) < 0.1 FROM district"
                   " WHERE set_name = 'swap'" % (E, N, E + 1000, N + 1000)), "t", "to the true place")


def every_crs_of_swedish_files_gives_the_true_place():
    """Named ones, RT 90 by another number and with its seven parameters, compound
    ones with heights, those of Europe and the world. RT 90 is good to 5 mm both ways."""
    rt90 = ("+proj=tmerc +lat_0=0 +lon_0=15.8082777777778 +k=1 +x_0=1500000 +y_0=0 +ellps=bessel"
            " +towgs84=414.1,41.3,603.1,-0.855,2.141,-7.023,0 +units=m")
    square = [district(p.polygon(p.square(E, N, 1000)))]
    for i, crs in enumerate(["EPSG:3006", "EPSG:3008", "EPSG:3009", "EPSG:3019", "EPSG:3020", "EPSG:3021", "EPSG:3022",
                             "EPSG:2400", rt90, "EPSG:3847", "EPSG:4124", "EPSG:4619", "EPSG:4258", "EPSG:4326", "OGC:CRS84",
                             "EPSG:4979", "EPSG:25833", "EPSG:32633", "EPSG:3035", "EPSG:3857", "EPSG:5845", "EPSG:5847"]):
        source = p.write(path("source.geojson"), square)
        made = path("crs-%d.gpkg" % i)
        # GDAL keeps no heights here: a compound CRS is put on as it is.
        flags = ["-a_srs"] if crs == "EPSG:5845" else ["-t_srs"]
        subprocess.run(["ogr2ogr", *flags, crs, made, source], check=True, stderr=subprocess.DEVNULL)
        report = imported(made, "crs%d" % i)
        is_eq((report["new"], report["has_unknown_datum"]), (1, False), crs[:30])
        is_eq(db.value("SELECT ST_HausdorffDistance(outline, ST_MakeEnvelope(%d, %d, %d, %d, 3006)) < 0.005 FROM district"
                       " WHERE set_name = 'crs%d'" % (E, N, E + 1000, N + 1000, i)), "t", crs[:30] + ": the true place")


def a_local_zone_far_from_home_needs_a_word():
    made = transformed("far.gpkg", 3011)
    contains(imported(made, "far", code=4)["message"], "say so with --crs", "it is asked for")
    is_eq(imported(made, "far", "--crs", 3011)["new"], 1, "and believed")


def a_datum_that_nobody_knows_is_said_or_refused():
    wkt = ('PROJCS["x",GEOGCS["y",DATUM["z",SPHEROID["%s",%s,%s]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
           'PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",%s],'
           'PARAMETER["scale_factor",%s],PARAMETER["false_easting",%d],PARAMETER["false_northing",0],UNIT["metre",1]]')
    source = p.write(path("source.geojson"), [district(p.polygon(p.square(E, N, 1000)))])
    for name, text in [("grs80", wkt % ("GRS 1980", "6378137", "298.257222101", "15", "0.9996", 500000)),
                       ("bessel", wkt % ("Bessel 1841", "6377397.155", "299.1528128", "15.8", "1", 1500000))]:
        subprocess.run(["ogr2ogr", "-a_srs", text, "-f", "GPKG", path(name + ".gpkg"), source], check=True)
    report = imported(path("grs80.gpkg"), "datum")
    is_eq((report["new"], report["has_unknown_datum"]), (1, True), "GRS 80: taken for SWEREF 99, and said")
    contains(imported(path("bessel.gpkg"), "datum2", code=4)["message"], "no way is known from its CRS", "Bessel: refused")


def shapefile(name, text, ldid, cpg=None):
    """A Shapefile of one square by hand: .shp, .shx, .dbf with one text column in
    the bytes given, .prj by code."""
    ring = list(reversed(p.square(E, N, 100)))
    shape = struct.pack("<i4dii", 5, E, N, E + 100, N + 100, 1, 5) + struct.pack("<i", 0) + b"".join(
        struct.pack("<2d", *point) for point in ring)
    record = struct.pack(">ii", 1, len(shape) // 2) + shape

    def header(length):
        return struct.pack(">i5ii", 9994, 0, 0, 0, 0, 0, length // 2) + struct.pack(
            "<ii4d4d", 1000, 5, E, N, E + 100, N + 100, 0, 0, 0, 0)
    stem = path(name)
    with open(stem + ".shp", "wb") as f:
        f.write(header(100 + len(record)) + record)
    with open(stem + ".shx", "wb") as f:
        f.write(header(108) + struct.pack(">ii", 50, len(shape) // 2))
    fields = [(b"CODE", 10), ("OMR\xc5DESN".encode("latin-1") if cpg is None else b"NAMN", 40)]
    size = 1 + sum(width for _, width in fields)
    with open(stem + ".dbf", "wb") as f:
        f.write(struct.pack("<4BIHH20x", 3, 124, 1, 1, 1, 32 + 32 * len(fields) + 1, size)[:29] + bytes([ldid, 0, 0]))
        for column, width in fields:
            f.write(column.ljust(11, b"\0") + b"C" + bytes(4) + bytes([width, 0]) + bytes(14))
        f.write(b"\r " + b"X".ljust(10) + text.ljust(40) + b"\x1a")
    with open(stem + ".prj", "w", encoding="ascii") as f:
        f.write(subprocess.run(["gdalsrsinfo", "-o", "wkt_esri", "EPSG:3006"], check=True, text=True,
                               capture_output=True).stdout.strip())
    if cpg:
        with open(stem + ".cpg", "w", encoding="ascii") as f:
            f.write(cpg)
    return stem + ".shp"


def texts_of_shapefiles_come_out_right():
    name = "Gräsmarken – Östra €"
    for stem, encoding, ldid, cpg, flags in [
            ("bare", "windows-1252", 0, None, ()), ("ansi", "windows-1252", 87, None, ()),
            ("mislabelled", "windows-1252", 0, "ISO-8859-1", ()), ("utf8", "utf-8", 0, "UTF-8", ()),
            ("bareutf8", "utf-8", 0, None, ()), ("cpg1252", "windows-1252", 0, "1252", ()),
            ("told", "windows-1252", 0, "UTF-8", ("--encoding", "windows-1252"))]:
        made = shapefile(stem, name.encode(encoding), ldid, cpg)
        columns = () if cpg else ("--name-column", "OMRÅDESN")
        is_eq(imported(made, "enc_" + stem, *flags, *columns)["new"], 1, stem)
        is_eq(db.value("SELECT name FROM district WHERE set_name = 'enc_%s'" % stem), name, stem + ": its text")
    made = shapefile("dos", "Gräsmarken".encode("cp850"), 0, None)
    imported(made, "enc_dos", "--encoding", "cp850", "--name-column", "OMR┼DESN")
    is_eq(db.value("SELECT name FROM district WHERE set_name = 'enc_dos'"), "Gräsmarken", "a code page of DOS")
    p.write(path("source.geojson"), [district(p.polygon(p.square(E, N, 1000)))])
    contains(imported(path("source.geojson"), "enc", "--encoding", "cp850", code=2)["message"], "for Shapefiles",
             "other files say their own")


def files_that_break_off_are_refused():
    features = [district(p.polygon(p.square(E + 200 * i, N, 100)), "D%d" % i) for i in range(50)]
    source = p.write(path("many.geojson"), features)
    subprocess.run(["ogr2ogr", path("many.shp"), source], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["ogr2ogr", path("many.gpkg"), source], check=True, stderr=subprocess.DEVNULL)
    for name, keep in [("many.shp", 3000), ("many.dbf", 300), ("many.gpkg", 60000), ("many.geojson", 2000)]:
        with open(path(name), "rb") as f:
            whole = f.read()
        ok(len(whole) > keep, name + " is longer than what is kept")
        with open(path(name), "wb") as f:
            f.write(whole[:keep])
        opened = path("many.shp") if name == "many.dbf" else path(name)
        done = db.grannkarta("import", "districts", opened, "--set", "broken", check=False)
        is_eq(done.returncode, 4, name + " cut short")
        ok("Sanitizer" not in done.stderr, name + ": no crash")
        with open(path(name), "wb") as f:
            f.write(whole)
    is_eq(db.value("SELECT count(*) FROM district WHERE set_name = 'broken'"), "0", "nothing of them is stored")


def a_dry_run_tells_all_and_writes_nothing():
    p.import_places(db, folder.name)
    p.write(path("watch.geojson"), p.watch_areas())
    more = p.kommuner()
    more[0]["properties"]["kommunnamn"] = "Annan"
    p.write(path("kommun2.geojson"), more)
    p.write(path("dwellings2.geojson"), p.dwellings(year=2024, extra=20))

    def everything():
        """Every row of every table of places; sequences may move."""
        return [db.value("SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '-') FROM %s t" % table) for table in (
            "district_set", "district", "dwelling_source", "dwelling", "watch_area", "watch_boundary", "watch_cover", "unit",
            "cell", "lattice", "lattice_cell", "district_cell", "state")]
    before = everything()
    for arguments in (["districts", path("kommun2.geojson"), "--set", "kommun", "--valid-from", "2025-01-01"],
                      ["dwellings", path("dwellings2.geojson")], ["watch-areas", path("watch.geojson")]):
        dry = json.loads(db.grannkarta("import", *arguments, "--dry-run", "--json").stdout)
        is_eq(dry.pop("notes"), ["dry run: nothing was written to the database"], arguments[0] + ": it is said")
        is_eq(everything(), before, arguments[0] + ": nothing was written")
        is_eq(json.loads(db.grannkarta("import", *arguments, "--json").stdout), dry, arguments[0] + ": the same report as in earnest")
        ok(everything() != before, arguments[0] + ": which writes")
        before = everything()


def dwellings_that_are_wrong_are_listed_or_skipped():
    rows = p.dwellings(year=2025)
    rows[1]["properties"]["typ"] = "slott"
    rows[2]["properties"]["bostäder"] = -1
    rows[3]["geometry"] = None
    rows[4]["properties"]["år"] = 1999
    p.write(path("wrong.geojson"), rows)
    done = db.grannkarta("import", "dwellings", path("wrong.geojson"), check=False)
    is_eq(done.returncode, 4, "refused")
    contains(done.stderr, "4 of %d features were refused" % len(rows), "with how many")
    reasons = rejects(path("wrong.geojson"))[1:]
    is_eq([row[0] for row in reasons], ["2", "3", "4", "5"], "the list has them")
    for row, part in zip(reasons, ["\"slott\" is not known", "whole number", "no point", "of 1999, others of 2025"]):
        contains(row[1], part, part)
    report = json.loads(db.grannkarta("import", "dwellings", path("wrong.geojson"), "--on-reject=skip", "--json").stdout)
    good = sum(r["properties"]["bostäder"] for i, r in enumerate(rows) if i not in (1, 2, 3, 4))
    is_eq((report["dwellings"], report["rejected"], report["year"]), (good, 4, 2025), "skip takes the rest")
    is_eq(db.value("SELECT sum(villa + flat + holiday) FROM dwelling JOIN dwelling_source s ON s.id = source_id"
                   " WHERE year = 2025"), str(good), "and stores it")


try:
    run(what_is_wrong_is_listed_with_number_reason_and_place, a_dry_run_tells_what_is_wrong_and_makes_no_list,
        repairs_are_what_postgis_makes_and_are_told,
        random_shapes_are_judged_and_repaired_as_by_postgis,
        what_is_left_out_or_drawn_otherwise_is_said, repeated_points_stay_as_they_are, a_file_without_features_says_so,
        a_crs_that_cannot_be_is_noticed_with_the_one_that_fits,
        every_crs_of_swedish_files_gives_the_true_place, a_local_zone_far_from_home_needs_a_word, a_datum_that_nobody_knows_is_said_or_refused,
        texts_of_shapefiles_come_out_right, files_that_break_off_are_refused, a_dry_run_tells_all_and_writes_nothing,
        dwellings_that_are_wrong_are_listed_or_skipped)
finally:
    cluster.__exit__()
    folder.cleanup()
