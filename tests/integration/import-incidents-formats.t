#!/usr/bin/python3
"""The same incidents in every format that people have: what is stored is the same.
The files are made by ogr2ogr, gzip and by hand; expected numbers follow from how.
Nothing of a file may be said by GDAL, and nothing may be written beside it."""
import csv
import gzip
import hashlib
import http.server
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster
from tap import contains, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()
KEYS = os.path.join(folder.name, "keys")
NEW = "read 30   new 30   duplicate 0   rejected 0   unlocated 0"
SAME = "read 30   new 0   duplicate 30   rejected 0   unlocated 0"


def path(name):
    return os.path.join(folder.name, name)


def incidents(db, file, *flags, check=False, environment=None, keys=KEYS):
    return db.grannkarta("--key-ring", keys, "import", "incidents", file, *flags, check=check, environment=environment)


def first_line(done):
    return done.stdout.splitlines()[0] if done.stdout else done.stderr


def places():
    db = cluster.new_database()
    p.import_places(db, folder.name)
    return db


def geojson(name, rows, crs=p.CRS, geometry=None):
    """The rows as features with a point, the attributes without coordinates."""
    features = []
    for i, row in enumerate(rows):
        shape = p.point(float(row["SWEREF E"]), float(row["SWEREF N"]))
        if geometry:
            shape = geometry(i, shape)
        features.append(p.feature(shape, **{k: v for k, v in row.items() if not k.startswith("SWEREF")}))
    return p.write(path(name), features, crs)


def convert(name, source, *options, format=None):
    flags = ["-f", format] if format else []
    subprocess.run(["ogr2ogr", "-q", *flags, *options, path(name), source], check=True, capture_output=True)
    return path(name)


def listing():
    """Every file of the folder with its time and content."""
    found = {}
    for top, _, names in os.walk(folder.name):
        for name in names:
            full = os.path.join(top, name)
            with open(full, "rb") as f:
                found[full] = (os.stat(full).st_mtime_ns, hashlib.sha256(f.read()).hexdigest())
    return found


def every_format_gives_the_same_rows():
    db = places()
    rows = p.incidents(30)
    plain = p.write_csv(path("plain.csv"), rows)
    is_eq(first_line(incidents(db, plain)), NEW, "from CSV")
    source = geojson("points.geojson", rows)
    files = [(source, ())]
    text = ("-mapFieldType", "DateTime=String,Date=String")  # a Shapefile's dates have no hours
    files += [(convert("a.gpkg", source), ()), (convert("a.shp", source, *text, "-lco", "ENCODING=UTF-8"), ()),
              (convert("latin.shp", source, *text, "-lco", "ENCODING=ISO-8859-1"), ()),
              (convert("a.gml", source, format="GML"), ()), (convert("a.fgb", source), ()),
              (convert("a.geojsonl", source, "-t_srs", "EPSG:4326", format="GeoJSONSeq"), ()),
              (convert("wgs84.geojson", source, "-t_srs", "EPSG:4326", "-lco", "COORDINATE_PRECISION=9"), ()),
              (convert("zone.gpkg", source, "-t_srs", "EPSG:3008"), ()), (convert("a.tab", source), ()),
              (convert("a.sqlite", source, format="SQLite"), ()), (convert("z.gpkg", source, "-dim", "XYZ"), ()),
              (convert("multi.gpkg", source, "-nlt", "MULTIPOINT"), ())]
    # The names of a Shapefile's columns are cut.
    shapefile = ["--map", "from=BROTTSDATU,to=BROTTSDA_1,reported=Inskrivnin"]
    with gzip.open(path("packed.csv.gz"), "wb") as f, open(plain, "rb") as g:
        f.write(g.read())
    files.append((path("packed.csv.gz"), ()))
    # Spreadsheets have no geometry: N and E are columns. Of text, as in the file.
    for name, kind in (("a.xlsx", "XLSX"), ("a.ods", "ODS")):
        files.append((convert(name, plain, "-oo", "AUTODETECT_TYPE=YES", format=kind), ()))
        files.append((convert("text." + name[2:], plain, format=kind), ()))
    before = listing()
    for file, flags in files:
        flags = shapefile if file.endswith(".shp") else flags
        done = incidents(db, file, *flags)
        is_eq(first_line(done), SAME, os.path.basename(file))
        if done.returncode != 0:
            print("# " + done.stderr)
    is_eq(listing(), before, "and nothing was written beside any of them")
    with open(path("a.gpkg"), "rb") as f:
        is_eq(db.value("SELECT encode(file_sha256, 'hex') FROM revision WHERE id = 3"), hashlib.sha256(f.read()).hexdigest(),
              "the revision has the hash of the file")
    # A layer is asked for where there are several.
    several = convert("several.gpkg", source, "-nln", "one")
    subprocess.run(["ogr2ogr", "-q", "-append", several, source, "-nln", "two"], check=True, capture_output=True)
    done = incidents(db, several)
    contains(done.stderr, '"one", "two"', "of several layers one is to be chosen")
    is_eq(first_line(incidents(db, several, "--layer", "two")), SAME, "by its name")
    # Columns that are named go before the geometry.
    off = geojson("off.geojson", [dict(r, **{"SWEREF E": "1"}) for r in rows])
    with open(off, encoding="utf-8") as f:
        collection = json.load(f)
    for feature, row in zip(collection["features"], rows):
        feature["properties"].update({"nn": float(row["SWEREF N"]), "ee": float(row["SWEREF E"])})
    p.write(off, collection["features"])
    is_eq(first_line(incidents(db, off, "--map", "northing=nn,easting=ee")), SAME, "columns that are named go before")


def what_is_wrong_with_a_geometry_is_said():
    db = places()
    rows = p.incidents(30)

    def dirty(i, shape):
        e, n = shape["coordinates"]
        return {0: None, 1: {"type": "LineString", "coordinates": [[e, n], [e + 1, n]]},
                2: {"type": "MultiPoint", "coordinates": [[e, n], [e + 9, n]]}, 3: p.point(0, 0), 4: p.point(n, e),
                5: p.point(e + 2000000, n), 6: {"type": "Point", "coordinates": []}}.get(i, shape)
    file = geojson("dirty.geojson", rows, geometry=dirty)
    done = incidents(db, file, "--on-reject=skip", "--json", "--dry-run")
    answer = json.loads(done.stdout)
    is_eq((answer["read"], answer["rejected"], answer["located"], answer["unlocated_why"]["without_coordinates"],
           answer["unlocated_why"]["outside_sweden"]), (30, 3, 23, 3, 1), "geometries are counted by what they are")
    is_eq([(r["reason"], r["count"], r["first_in"], r["first"]) for r in answer["rejected_why"]],
          [("a geometry that is not one point", 2, "feature", 2),
           ("the two coordinates are the wrong way round", 1, "feature", 5)], "features have numbers from 1")
    contains(" ".join(answer["notes"]), "--axis-order swapped", "how to go on with exchanged axes is said")
    swapped = geojson("swapped.geojson", rows, geometry=lambda i, shape: p.point(*reversed(shape["coordinates"])))
    done = incidents(db, swapped)
    is_eq(done.returncode, 4, "a file of exchanged axes is refused")
    contains(done.stdout, "30 rows have northing and easting (latitude and longitude) exchanged", "and says that it is one")
    is_eq(first_line(incidents(db, swapped, "--axis-order", "swapped")), NEW, "and read when told so")
    bare = geojson("bare.geojson", rows, crs=None)
    done = incidents(db, bare)
    is_eq((done.returncode, "unlocated 30" in first_line(done)), (4, True), "metres in a file that says degrees are nowhere: refused")
    contains(done.stdout, "look like SWEREF 99 TM: --crs 3006", "and what they look like is said")
    is_eq(first_line(incidents(db, bare, "--crs", "3006", "--dry-run")),
          SAME, "unless --crs says what they are")
    for flags, part in ((("--crs", "999999"), "EPSG code"), (("--crs", "4978"), "EPSG code"),
                        (("--layer", "x"), "no such layer")):
        done = incidents(db, bare, *flags)
        ok(done.returncode == 2, " ".join(flags) + " is refused")
        contains(done.stderr, part, "and says what is allowed")


def a_crs_that_does_not_fit_the_columns_is_refused():
    db = places()
    file = p.write_csv(path("metres.csv"), p.incidents(3))
    done = incidents(db, file, "--crs", "4326")
    is_eq(done.returncode, 2, "degrees for northings")
    contains(done.stderr, "is of degrees, and the file's columns are northing and easting", "are refused with the reason")
    wrong = incidents(db, p.write_csv(path("rt90.csv"), [dict(r, **{"SWEREF E": "1461000"}) for r in p.incidents(3)]))
    contains(wrong.stdout, "look like RT 90: --crs 3021?", "what outside places look like is said")


def broken_files_are_refused_without_a_word_of_them():
    db = places()
    rows = [dict(r, GATA="Hemlighetsgränd 4711") for r in p.incidents(30)]
    source = geojson("secret.geojson", rows)
    gpkg = convert("secret.gpkg", source)
    before = db.query("SELECT * FROM revision")
    debug = {"CPL_DEBUG": "ON", "CPL_LOG_ERRORS": "ON"}

    def refused(name, content, reason=None):
        with open(path(name), "wb") as f:
            f.write(content)
        done = incidents(db, path(name), environment=debug)
        is_eq(done.returncode, 4, name + " is refused")
        if reason:
            contains(done.stderr, reason, "and says why")
        ok(all(s not in done.stdout + done.stderr for s in ("Hemlig", "4711", "6210", "4613", "5000-K")),
           "and says nothing that is in it")

    with open(source, "rb") as f:
        text = f.read()
    with open(gpkg, "rb") as f:
        binary = f.read()
    refused("cut.geojson", text[:len(text) // 2])
    refused("cut.gpkg", binary[:len(binary) // 2])
    refused("noise.gpkg", binary[:4096] + bytes(range(256)) * 400)
    refused("noise.xlsx", b"PK\3\4" + bytes(500))
    editor = sqlite3.connect(gpkg)
    editor.execute("PRAGMA journal_mode = wal")
    editor.execute("UPDATE gpkg_contents SET description = 'x'")
    editor.commit()
    done = incidents(db, gpkg)
    is_eq(done.returncode, 4, "a GeoPackage with changes pending is refused")
    contains(done.stderr, "another program has it open", "with the reason")
    editor.close()
    with gzip.open(path("whole.csv.gz"), "wb") as f:
        f.write(open(p.write_csv(path("whole.csv"), rows), "rb").read())
    with open(path("whole.csv.gz"), "rb") as f:
        packed = f.read()

    def unreadable(name, content):
        with open(path(name), "wb") as f:
            f.write(content)
        done = incidents(db, path(name))
        ok(done.returncode not in (0, 2), name + " is refused")
        contains(done.stderr, "gzip: the file is", "and says why")

    unreadable("cut.csv.gz", packed[:len(packed) - 300])
    unreadable("cut8.csv.gz", packed[:-8])
    unreadable("damaged.csv.gz", packed[:-6] + b"\0\0\0\0\0\0")
    is_eq(db.query("SELECT * FROM revision"), before, "nothing was imported")
    done = incidents(db, source, "--on-reject=skip", environment=debug)
    ok("Hemlig" not in done.stderr and "GeoJSON:" not in done.stderr and "GDAL" not in done.stderr,
       "a good file is read in silence, also with CPL_DEBUG")
    members = gzip.compress(open(path("whole.csv"), "rb").read()[:777]) + gzip.compress(open(path("whole.csv"), "rb").read()[777:])
    with open(path("members.csv.gz"), "wb") as f:
        f.write(members)
    is_eq(first_line(incidents(db, path("members.csv.gz"))), SAME, "several members are one file")


def formats_that_are_not_listed_are_refused_by_name():
    """What points at other files, and what nobody has; GDAL reads the first two itself."""
    db = places()
    plain = p.write_csv(path("pointed-at.csv"), p.incidents(30))
    vrt, osm, noise = path("pointer.vrt"), path("map.osm"), path("noise.gpkg")
    with open(vrt, "w", encoding="utf-8") as f:
        f.write('<OGRVRTDataSource><OGRVRTLayer name="pointed-at"><SrcDataSource>%s</SrcDataSource></OGRVRTLayer>'
                "</OGRVRTDataSource>" % plain)
    with open(osm, "w", encoding="utf-8") as f:
        f.write('<?xml version="1.0"?><osm version="0.6"><node id="1" lat="56.05" lon="14.5"><tag k="a" v="b"/></node></osm>')
    with open(noise, "wb") as f:
        f.write(bytes(range(256)) * 64)
    for file in (vrt, osm):
        is_eq(subprocess.run(["ogrinfo", "-ro", file], capture_output=True).returncode, 0, "(GDAL reads %s)" % os.path.basename(file))
    before = listing()
    read = "read are GeoPackage, GeoJSON, TopoJSON, Shapefile, file geodatabase, MapInfo, FlatGeobuf, GML, KML, GPX, DXF,"
    for file, part in ((vrt, "it is VRT - Virtual Datasource, which is not read; " + read),
                       (osm, "it is OpenStreetMap XML and PBF, which is not read; " + read),
                       (noise, "it cannot be read; is it whole, and one of GeoPackage, GeoJSON,")):
        for command in (("import", "incidents", file, "--format", "vector"), ("import", "districts", file, "--set", "x"),
                        ("import", "watch-areas", file)):
            done = db.grannkarta("--key-ring", KEYS, *command, check=False)
            is_eq(done.returncode, 4, " ".join(command[:2]) + " of " + os.path.basename(file))
            if file != noise or command[1] == "incidents":
                contains(done.stderr, part, "says what it is, and what is read")
    is_eq(listing(), before, "nothing is written beside them")


class Listener(http.server.BaseHTTPRequestHandler):
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        self.send_error(404)

    def log_message(self, *arguments):
        pass


def a_file_makes_the_import_ask_no_other_machine_and_write_nothing():
    """GDAL fetches the schema that a WFS answer names, and keeps all of a VFK file in
    a database beside it; both are tried with GDAL's own program first."""
    db = places()
    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.mkdir(path("hostile"))
    gml, vfk = path("hostile/wfs.gml"), path("hostile/land.vfk")
    with open(gml, "w", encoding="utf-8") as f:
        f.write("""<?xml version="1.0"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" xmlns:gml="http://www.opengis.net/gml" xmlns:x="http://x"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://x
 http://127.0.0.1:%d/wfs?SERVICE=WFS&amp;VERSION=1.1.0&amp;REQUEST=DescribeFeatureType&amp;TYPENAME=x:inbrott">
<gml:featureMember><x:inbrott gml:id="a.1"><x:BROTTSKOD>9801</x:BROTTSKOD><x:BROTTSDATUM>2024-05-01</x:BROTTSDATUM>
<x:geometri><gml:Point srsName="urn:ogc:def:crs:EPSG::3006"><gml:pos>6210400 461400</gml:pos></gml:Point></x:geometri>
</x:inbrott></gml:featureMember></wfs:FeatureCollection>
""" % server.server_port)
    with open(vfk, "w", encoding="latin-1", newline="") as f:
        f.write('&HVERZE;"2.9"\r\n&HVYTVORENO;"1"\r\n&BPAR;BROTTSKOD T10;FROM T20;N N10.2;E N10.2\r\n'
                '&DPAR;"9801";"2024-05-01";6210400.00;461400.00\r\n&K\r\n')
    asked, here = len(Listener.asked), sorted(os.listdir(path("hostile")))
    incidents(db, gml, "--on-reject=skip")
    incidents(db, vfk, "--on-reject=skip")
    db.grannkarta("import", "districts", gml, "--set", "hostile", check=False)
    for name in set(os.listdir(path("hostile"))) - set(here):
        if name.endswith(".gfs"):  # a description of the columns, for what is no incident
            os.unlink(path("hostile/" + name))
    is_eq(len(Listener.asked), asked, "no address of the file is asked")
    is_eq(sorted(n for n in os.listdir(path("hostile")) if not n.endswith(".rejects.csv")), here, "no file is written beside it")
    is_eq(db.value("SELECT count(*) FROM incident"), "1", "(the first of them was read)")
    for file in (gml, vfk):
        subprocess.run(["ogrinfo", "-ro", "-al", file], capture_output=True)
    ok(len(Listener.asked) > asked and "land.db" in os.listdir(path("hostile")), "(GDAL left to itself does both)")
    server.shutdown()
    server.server_close()


def profiles_say_it_once_and_for_all():
    db = places()
    rows = p.incidents(30)
    names = dict(zip(p.HEADING, ["Typ, av brott", "Dag", "Tid till", "Anm", "K", "G", "GN", "X", "Y", "A", "Nr"]))
    kinds = {"9801": "Inbrott Villa", "0857": "inbrott, försök", "9802": "Lägenhet"}

    def foreign(rows):
        out = []
        for r in rows:
            row = {names[k]: v for k, v in r.items()}
            row[names["BROTTSKOD"]] = kinds[r["BROTTSKOD"]]
            day, hour = r["BROTTSDATUMTID_START"].split(" ")
            y, m, d = day.split("-")
            row["Dag"], row["Kl"] = "%d/%d/%s" % (int(d), int(m), y), hour
            row["Tid till"] = "%s/%s/%s %s" % (d, m, y, "5:30 PM")
            row["Anm"] = "%s.%s.%s" % (d, m, y)
            out.append(row)
        return out
    heading = [names[h] for h in p.HEADING] + ["Kl"]
    other = [dict(foreign(rows[:1])[0], **{"Typ, av brott": "Cykelstöld", "Nr": "X%d" % i, "Dag": "in i"}) for i in range(7)]
    file = p.write_csv(path("foreign.csv"), foreign(rows) + other, heading=heading, delimiter="\t", encoding="cp1252")
    with open(path("kinds.csv"), "w", encoding="utf-8") as f:
        f.write("Källans värde;Kod\ninbrott villa;9801\nInbrott, Försök;857\nlägenhet;9802\nCYKELSTÖLD;\n")
    os.mkdir(path("profiles"))
    with open(path("profiles/source.profile"), "w", encoding="utf-8") as f:
        f.write("# a source\nencoding = windows-1252\ndelimiter = tab\ndate_order = dmy\ncodes = ../kinds.csv\n"
                "map.code = Typ, av brott\nmap.from = Dag+Kl\nmap.to = Tid till\nmap.reported = Anm\nmap.northing = X\n"
                "map.easting = Y\nmap.count = A\nmap.case = Nr\nmap.municipality = K\n")
    is_eq(first_line(incidents(db, p.write_csv(path("plain.csv"), rows))), NEW, "plain rows")
    done = incidents(db, file, "--profile", path("profiles/source.profile"), "--save-profile", path("saved.profile"))
    is_eq(first_line(done), "read 37   new 0   duplicate 30   rejected 0   unlocated 0", "the same rows by a profile")
    contains(done.stdout, "not burglary, left out 7", "what is no burglary is counted apart")
    is_eq(first_line(incidents(db, file, "--profile", path("saved.profile"))),
          "read 37   new 0   duplicate 30   rejected 0   unlocated 0", "a profile that was saved says the same")
    done = incidents(db, file, "--profile", path("saved.profile"), "--save-profile", path("saved.profile"))
    ok(done.returncode != 0 and "exists" in done.stderr, "and is not written over")
    done = incidents(db, file, "--profile", path("saved.profile"), "--date-order", "ymd")
    is_eq(done.returncode, 4, "a flag goes before the profile")
    with open(path("short.csv"), "w", encoding="utf-8") as f:
        f.write("inbrott villa,9801\n")
    done = incidents(db, file, "--profile", path("saved.profile"), "--codes", path("short.csv"), "--on-reject=skip", "--json",
                     "--dry-run")
    ours = sum(r["BROTTSKOD"] == "9801" for r in rows)
    answer = json.loads(done.stdout)
    is_eq((answer["duplicate"], answer["rejected"], answer["rejected_why"][0]["reason"]),
          (ours, 37 - ours, "neither in the list of codes nor a code of burglary"), "values that are not listed are rejected")
    with open(path("short.csv"), "a", encoding="utf-8") as f:
        f.write("*,\n")
    done = incidents(db, file, "--profile", path("saved.profile"), "--codes", path("short.csv"), "--dry-run")
    is_eq(first_line(done), "read 37   new 0   duplicate %d   rejected 0   unlocated 0" % ours, "* is all others")
    for text, part in (("x;1201\n", "line 1: 1201 is no code of burglary"), ("a;9801\nA;857\n", "lines 1 and 2: the same value"),
                       ("v;k\nx;9801\ny\n", "line 3: two columns"), ("v;k\n;9801\n", "line 2: a value that is empty"),
                       ("*;\n*;9801\n", '"*" is there twice')):
        with open(path("wrong.csv"), "w", encoding="utf-8") as f:
            f.write(text)
        done = incidents(db, file, "--profile", path("saved.profile"), "--codes", path("wrong.csv"))
        is_eq(done.returncode, 4, "a wrong list of codes is refused")
        contains(done.stderr, part, "with the reason")
    for text, part in (("nonsense\n", ":1: a line must be"), ("\ncolour = red\n", ':2: setting "colour" is not known'),
                       ("date_order = dym\n", "allowed is one of ymd, dmy, mdy"), ("map.street = x\n", "allowed is field=column"),
                       ("crs = x\n", "allowed is an EPSG code")):
        with open(path("wrong.profile"), "w", encoding="utf-8") as f:
            f.write(text)
        done = incidents(db, file, "--profile", path("wrong.profile"))
        is_eq(done.returncode, 2, "a wrong profile is refused")
        contains(done.stderr, part, "with line and reason")
    sample = db.grannkarta("profile", "sample").stdout
    with open(path("sample.profile"), "w", encoding="utf-8") as f:
        f.write(re.sub(r"^# ((?!crs|layer|codes)[a-z_]+ = \S+)$", r"\1", sample, flags=re.M))
    with open(path("sample.profile"), encoding="utf-8") as f:
        is_eq(sum(line[0] != "#" for line in f.read().split("\n") if line), 6, "(six settings with a default)")
    is_eq(first_line(incidents(db, path("plain.csv"), "--profile", path("sample.profile"))), SAME,
          "the sample with its defaults is a profile that changes nothing")


def a_dry_run_leaves_nothing_behind():
    db = places()
    rows = p.incidents(30)
    rows[3]["BROTTSKOD"] = "1201"
    file = p.write_csv(path("rehearsal.csv"), rows)
    before = listing()
    done = incidents(db, file, "--dry-run", "--on-reject=skip", keys=path("nokeys"))
    is_eq(first_line(done), "read 30   new 29   duplicate 0   rejected 1   unlocated 0", "a dry run needs no key before the first import")
    contains(done.stdout, "rejected: 1 BROTTSKOD: not burglary, first in line 5", "reasons are told")
    is_eq(listing(), before, "no list is written, no key, nothing")
    is_eq(incidents(db, file, "--dry-run").returncode, 4, "it ends as the import would")
    is_eq(db.query("SELECT (SELECT count(*) FROM case_key), (SELECT count(*) FROM revision)"), [["0", "0"]],
          "no fingerprint of a key either")
    incidents(db, file, "--dry-run", "--on-reject=skip", "--rejects", path("asked.csv"))
    with open(path("asked.csv"), encoding="utf-8", newline="") as f:
        is_eq(list(csv.reader(f, delimiter=";"))[1:], [["5", "BROTTSKOD", "not burglary", "1201"]], "a list that is asked for is")
    done = incidents(db, file, "--rejects", file)
    is_eq(done.returncode, 2, "the list is not written over the file")
    incidents(db, file, "--on-reject=skip")
    ok(os.path.exists(file + ".rejects.csv"), "an import lists")
    incidents(db, p.write_csv(path("rehearsal.csv"), p.incidents(30)))
    ok(not os.path.exists(file + ".rejects.csv"), "and removes the list when nothing is rejected any more")
    with open(file + ".rejects.csv", "w", encoding="utf-8") as f:
        f.write("line by line, somebody's own notes\n")
    incidents(db, file)
    ok(os.path.exists(file + ".rejects.csv"), "but no file of another kind")
    done = incidents(db, file, "--dry-run", keys=path("nokeys"))
    ok(done.returncode != 0 and "key_ring" in done.stderr, "once keys are in use a dry run needs them too")


try:
    cluster.grannkarta("key", "create", "--key-ring", KEYS)
    run(formats_that_are_not_listed_are_refused_by_name, every_format_gives_the_same_rows, what_is_wrong_with_a_geometry_is_said,
        a_crs_that_does_not_fit_the_columns_is_refused, broken_files_are_refused_without_a_word_of_them,
        a_file_makes_the_import_ask_no_other_machine_and_write_nothing,
        profiles_say_it_once_and_for_all, a_dry_run_leaves_nothing_behind)
finally:
    cluster.__exit__()
    folder.cleanup()
