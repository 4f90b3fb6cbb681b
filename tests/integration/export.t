#!/usr/bin/python3
"""`grannkarta export`: each layer in each format, read back with GDAL and with
Python, is what a running daemon answers over HTTP and what SQL says; and what
cannot be written leaves nothing behind.

Expected values: the daemon's answers, and tests/lib/answers.py (PostGIS)."""
import csv
import glob
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import answers
from cluster import program
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import contains, diag, is_eq, ok, run

LAYERS = ("cells", "districts-regso", "districts-kommun", "watch-areas", "hotspots", "incidents")
ENDINGS = ("gpkg", "geojson", "csv", "fgb")
MICRODEGREE = 1e-6  # 7 decimals, rounded on both sides, are 1e-7 at most; 3 decimals of a metre less


def path_of(name):
    return os.path.join(folder, name)


def export(*arguments, check=True, database=None, **more):
    return (database or m).grannkarta("export", *arguments, check=check, **more)


def left():
    """What is in the folder that should not be: parts of files."""
    return [n for n in os.listdir(folder) if n.startswith(".")]


def asked(layer, query="", token=None):
    """{id: feature} of all pages."""
    features, url = {}, "/collections/%s/items?limit=1000%s" % (layer, query)
    while url:
        page = daemon.get(url, token=token).json()
        for f in page["features"]:
            assert f["id"] not in features
            features[f["id"]] = f
        following = [l["href"] for l in page["links"] if l["rel"] == "next"]
        url = following and urlsplit(following[0]).path + "?" + urlsplit(following[0]).query
    return features


def converted(path, layer, epsg):
    """{id: feature} in degrees, by way of ogr2ogr."""
    arguments = ["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", path, "-t_srs", "OGC:CRS84", "-lco", "COORDINATE_PRECISION=9",
                 "-preserve_fid"]
    if path.endswith(".csv"):
        arguments += ["-s_srs", "EPSG:%d" % epsg, "-oo", "KEEP_GEOM_COLUMNS=NO"]
    done = subprocess.run(arguments, capture_output=True, text=True)
    is_eq((done.returncode, done.stderr), (0, ""), "GDAL reads %s without a word" % os.path.basename(path))
    features = {}
    for f in json.loads(done.stdout)["features"]:
        i = f["properties"].pop("id", f.get("id"))
        f["id"] = int(i)
        assert f["id"] not in features
        features[f["id"]] = f
    return features


def as_answered(value, expected):
    """A value of a file as the answer has it: CSV knows texts only, OGR writes
    dates with strokes."""
    if value in (None, ""):
        return None
    if isinstance(expected, bool):
        return value in (True, 1, "1")
    if isinstance(expected, (int, float)) and isinstance(value, str):
        return type(expected)(value)
    if isinstance(expected, str) and isinstance(value, str) and (value[4:5] == "/" or value[10:11] == "T"):
        value = value.replace("/", "-").replace(" ", "T")
        if "T" in value:  # GeoPackage and FlatGeobuf have the instant in UTC
            same = datetime.fromisoformat(value.replace("+00", "+00:00")) == datetime.fromisoformat(expected)
            return expected if same else value
    return value


def flat(coordinates):
    if coordinates and isinstance(coordinates[0], (int, float)):
        return [tuple(coordinates[:2])]
    return [p for part in coordinates for p in flat(part)]


def points_of(geometry):
    """Its corners, whichever way around and from whichever corner a format has them."""
    return sorted({(round(x / MICRODEGREE), round(y / MICRODEGREE)) for x, y in flat(geometry["coordinates"])})


def is_far(a, b):
    """Whether two lists of corners differ by more than a unit of the last place."""
    return len(a) != len(b) or any(min(max(abs(x - u), abs(y - v)) for u, v in b) > 1 for x, y in a)


def differences(got, expected):
    found = [] if set(got) == set(expected) else ["other features: %d, not %d" % (len(got), len(expected))]
    for i in set(got) & set(expected):
        g, e = got[i], expected[i]
        if not set(g["properties"]) <= set(e["properties"]):  # FlatGeobuf has no nulls, but no value
            found.append("%d: columns %s" % (i, list(g["properties"])))
        for name, value in e["properties"].items():
            if as_answered(g["properties"].get(name), value) != value:
                found.append("%d: %s is %r, not %r" % (i, name, g["properties"].get(name), value))
        if (g["geometry"] is None) != (e["geometry"] is None):
            found.append("%d: a place on one side only" % i)
        elif e["geometry"] and g["geometry"]["type"] != e["geometry"]["type"]:
            found.append("%d: %s, not %s" % (i, g["geometry"]["type"], e["geometry"]["type"]))
        elif e["geometry"] and is_far(points_of(g["geometry"]), points_of(e["geometry"])):
            found.append("%d: another place" % i)
    return found[:5]


def every_layer_in_every_format_is_what_the_service_answers():
    for layer in LAYERS:
        expected = asked(layer, token=token if layer == "incidents" else None)
        ok(len(expected) > 0, "%s: %d features over HTTP" % (layer, len(expected)))
        for ending in ENDINGS:
            path = path_of("%s.%s" % (layer, ending))
            report = json.loads(export(layer, path, "--json").stdout)
            held = {i: f for i, f in expected.items() if f["geometry"] or ending != "fgb"}
            is_eq((report["status"], report["features"], report["left_out"], report["bytes"], report["epsg"]),
                  ("OK", len(held), len(expected) - len(held), os.path.getsize(path), 4326 if ending == "geojson" else 3006), "the report of " + ending)
            is_eq(differences(converted(path, layer, 3006), held), [], "%s.%s: the same features" % (layer, ending))
    ok(len(held) < len(expected), "FlatGeobuf cannot hold incidents without a place: they are told")
    is_eq(left(), [], "and nothing else is there")


def the_same_question_gives_the_same_numbers():
    for layer, flags, query in (
            ("cells", ["--from", "2024-02-10", "--to", "2024-03"], "&datetime=2024-02-10/2024-03-31"),
            ("districts-kommun", ["--from", "2024-01", "--to", "2024-12-31"], "&datetime=2024-01-01/2024-12-31"),
            ("districts-regso", ["--to", "2022-06"], "&datetime=../2022-06-30"),
            ("cells", ["--from", "2030-01"], "&datetime=2030-01-01/.."),
            ("hotspots", ["--method", "rate", "--size", "500"], "&method=rate&size=500"),
            ("cells", ["--filter", "count >= 1 AND dwellings < 12"],
             "&filter=count%20%3E%3D%201%20AND%20dwellings%20%3C%2012"),
            ("cells", ["--bbox", "14.45,56.0,14.55,56.06"], "&bbox=14.45,56.0,14.55,56.06")):
        export(layer, path_of("question.gpkg"), "--overwrite", *flags)
        got, expected = converted(path_of("question.gpkg"), layer, 3006), asked(layer, query)
        is_eq(differences(got, expected), [], "%s %s: as over HTTP" % (layer, " ".join(flags)))


def an_order_is_kept_where_a_format_has_one():
    expected = list(asked("cells", "&sortby=-count,cell"))
    export("cells", path_of("order.csv"), "--sortby=-count,cell")
    with open(path_of("order.csv"), encoding="utf-8", newline="") as f:
        is_eq([int(r["id"]) for r in csv.DictReader(f)], expected, "CSV")
    export("cells", path_of("order.geojson"), "--sortby=-count,cell")
    with open(path_of("order.geojson"), encoding="utf-8") as f:
        is_eq([g["id"] for g in json.load(f)["features"]], expected, "GeoJSON")
    refused(2, "cells", path_of("order.gpkg"), "--sortby=-count", message="allowed only for .geojson and .csv")


def no_features_are_a_file_too():
    for ending in ENDINGS:
        path = path_of("none." + ending)
        report = json.loads(export("cells", path, "--bbox", "10,50,11,51", "--json").stdout)
        is_eq((report["features"], converted(path, "cells", 3006)), (0, {}), ending)


def analysts_have_their_own_data():
    for layer, flags, query in (
            ("cells", ["--revision", "newest"], ""),
            ("cells", ["--revision", "1", "--definition", "bra", "--from", "2024-02-10", "--to", "2024-03-05"],
             "&revision=1&definition=bra&datetime=2024-02-10/2024-03-05"),
            ("hotspots", ["--revision", "1", "--size", "100"], "&revision=1&size=100"),
            ("incidents", ["--revision", "1", "--from", "2024-01", "--to", "2024-06"], "&datetime=2024-01-01/2024-06-30")):
        path = path_of("analyst.gpkg")
        export(layer, path, "--overwrite", *flags)
        is_eq(differences(converted(path, layer, 3006), asked(layer, query, token)), [], "%s %s" % (layer, " ".join(flags)))
        is_eq(os.stat(path).st_mode & 0o777, 0o600, "only its owner may read it")
    is_eq(os.stat(path_of("cells.gpkg")).st_mode & 0o777, 0o666 & ~mask, "a public one has the usual mode")


def a_geopackage_is_what_sql_says():
    for layer, expected in (("cells", answers.cells(m)), ("districts-regso", answers.districts(m, "regso")),
                            ("districts-kommun", answers.municipalities(m)), ("watch-areas", answers.watch_areas(m)),
                            ("hotspots", answers.hotspots(m)), ("incidents", answers.incidents(m))):
        with sqlite3.connect(path_of(layer + ".gpkg")) as file:
            file.row_factory = sqlite3.Row
            rows = {r["id"]: r for r in file.execute('SELECT * FROM "%s"' % layer)}
        is_eq(set(rows), set(expected), "%s: %d features, as in the database" % (layer, len(expected)))
        wrong = [(i, name, rows[i][name], value) for i, e in expected.items() for name, value in e.items()
                 if name not in ("box", "geometry") and not same(rows[i][name], value)]
        is_eq(wrong[:5], [], "with its numbers")


def same(got, expected):
    if isinstance(expected, float):
        return got is not None and abs(got - expected) < 6e-5
    if isinstance(expected, str) and len(expected) == 13:  # an hour in Sweden; the file has UTC
        return datetime.fromisoformat(got).astimezone(ZoneInfo("Europe/Stockholm")).isoformat()[:13] == expected
    return got == expected


def a_geopackage_tells_what_it_is():
    with sqlite3.connect(path_of("cells.gpkg")) as file:
        contents = file.execute("SELECT table_name, identifier, description, srs_id FROM gpkg_contents").fetchall()
        columns = {r[0]: r[1:] for r in file.execute("SELECT column_name, title, description FROM gpkg_data_columns")}
        names = [r[1] for r in file.execute('PRAGMA table_info("cells")')]
        extensions = {r[0] for r in file.execute("SELECT extension_name FROM gpkg_extensions")}
        is_eq(file.execute("PRAGMA integrity_check").fetchall(), [("ok",)], "it is whole")
    answered = asked("cells", "&lang=sv")
    p = next(iter(answered.values()))["properties"]
    is_eq([c[:2] + c[3:] for c in contents], [("cells", "Celler", 3006)], "a title")
    for part in (p["period_from"], p["period_to"], "(polisen)", "Utgåva %d" % p["release"], "2025-06-30", "minst %d bostäder" % p["k"]):
        contains(contents[0][2], part, "its description says " + part)
    is_eq(names, ["id", "geom"] + list(p), "its columns have the names of the service, in its order")
    is_eq(set(columns), set(p), "each is described")
    contains(columns["rate_per_1000_lower"][1], "(interval, offences per 1,000 dwellings)", "with kind and unit")
    is_eq(columns["count"][0], "Antal", "and a label")
    is_eq(extensions, {"gpkg_rtree_index", "gpkg_schema", "gpkg_metadata"}, "what it uses of GeoPackage is registered")
    done = subprocess.run(["ogrinfo", "-ro", "-so", path_of("cells.gpkg"), "cells"], capture_output=True, text=True).stdout
    for line in ("release=%d" % p["release"], "period_from=" + p["period_from"], "definition=polisen", "k=8",
                 "data_through=2025-06-30", "count: Integer64", "rate_per_1000: Real", "period_from: Date", "place: String"):
        ok(line in done, "ogrinfo says " + line)
    done = subprocess.run(["ogrinfo", "-ro", "-so", path_of("incidents.fgb"), "incidents"], capture_output=True, text=True).stdout
    for line in ("from: DateTime", "attempted: Integer(Boolean)", "reported: String", "id: Integer64", "ID[\"EPSG\",3006]"):
        ok(line in done, "FlatGeobuf too: " + line)


def a_geojson_tells_what_it_is():
    with open(path_of("cells.geojson"), encoding="utf-8") as f:
        file = json.load(f)
    is_eq((file["about"]["release"], file["about"]["k"], file["about"]["definition"], file["name"]), (1, 8, "polisen", "cells"), "facts")
    is_eq(file["about"]["fields"]["count"]["kind"], "count", "and the kind of each number")
    is_eq("crs" in file, False, "RFC 7946")
    export("cells", path_of("metres.geojson"), "--crs", "3006", "--lang", "en")
    with open(path_of("metres.geojson"), encoding="utf-8") as f:
        file = json.load(f)
    is_eq((file["crs"]["properties"]["name"], file["about"]["title"]), ("urn:ogc:def:crs:EPSG::3006", "Cells"), "metres only when asked")
    ok(4e5 < flat(file["features"][0]["geometry"]["coordinates"])[0][0] < 5e5, "easting first, as GeoJSON has it")


def a_csv_is_read_by_a_spreadsheet():
    with open(path_of("incidents.csv"), encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    answered = asked("incidents", token=token)
    for row in rows:
        e = answered[int(row["id"])]["properties"]
        for name in ("from", "to", "reported", "code"):
            if row[name] != (e[name] or ""):
                is_eq(row[name], e[name], name)
    is_eq(len(rows), len(answered), "dates and codes are texts as answers have them")


def any_reference_system_will_do():
    expected = asked("watch-areas")
    for epsg in (3008, 3857, 4326, 25833):
        for ending in ENDINGS:
            path = path_of("crs%d.%s" % (epsg, ending))
            export("watch-areas", path, "--crs", epsg)
            is_eq(differences(converted(path, "watch-areas", epsg), expected), [], "EPSG:%d in %s" % (epsg, ending))


def the_same_data_give_the_same_bytes():
    for ending in ENDINGS:
        export("cells", path_of("again." + ending))
        with open(path_of("again." + ending), "rb") as a, open(path_of("cells." + ending), "rb") as b:
            ok(a.read() == b.read(), ending)


def refused(code, *arguments, message, **more):
    before = sorted(os.listdir(folder))
    done = export(*arguments, check=False, **more)
    is_eq((done.returncode, done.stdout), (code, "\n" if done.stdout == "\n" else ""), " ".join(map(str, arguments))[:70])
    contains(done.stderr, message, "says why")
    is_eq(sorted(os.listdir(folder)), before, "and leaves nothing")


def mistakes_are_told():
    new = path_of("new.gpkg")
    refused(2, "cell", new, message='layer "cell" is not there; allowed are cells, districts-kommun, districts-regso, '
                                    'watch-areas, hotspots')
    refused(2, "cells", path_of("new.shp"), message="end in .gpkg, .geojson, .csv, .fgb")
    refused(2, "cells", path_of("cells.gpkg"), message="it is there already; --overwrite replaces it")
    refused(2, "cells", folder + "/.", message="end in")
    refused(1, "cells", path_of("no/new.gpkg"), message="No such file or directory")
    refused(2, "cells", new, "--release", 7, message="read release 7: there is none")
    refused(2, "cells", new, "--revision", 7, message="read revision 7: there is none")
    refused(2, "cells", new, "--revision", "x", message='--revision is "x"; allowed is a number')
    refused(2, "cells", new, "--revision", 1, "--release", 1, message="allowed is one of --release and --revision")
    refused(2, "incidents", new, "--release", 1, message="a release has no incidents")
    refused(2, "cells", new, "--definition", "bra", message="--definition is \"bra\"; allowed only with --revision")
    refused(2, "cells", new, "--revision", 1, "--definition", "x", message='parameter definition: "x" is not allowed')
    refused(2, "cells", new, "--size", 500, message="--size is \"500\"; allowed only for hotspots")
    refused(2, "hotspots", new, "--size", 100, message='parameter size: "100" is not allowed; it must be one of 250|500|1000')
    refused(2, "cells", new, "--from", "2024-13", message='--from is "2024-13"; allowed is a month, YYYY-MM, or a date')
    refused(2, "cells", new, "--from", "2024-05", "--to", "2024-04", message="allowed is nothing before --from")
    refused(2, "cells", new, "--filter", "count >", message="parameter filter")
    refused(2, "cells", new, "--bbox", "1,2,3", message="parameter bbox")
    refused(2, "cells", new, "--crs", 5773, message='--crs is "5773"; allowed is the EPSG code')
    refused(2, "cells", new, "--crs", 999999, message='--crs is "999999"; allowed is the EPSG code')
    refused(2, "cells", new, "--language", "sv", message="--language")
    os.mkdir(path_of("is-a-folder.gpkg"))
    refused(2, "cells", path_of("is-a-folder.gpkg"), "--overwrite", message="it is there, and no file")
    os.symlink("nowhere", path_of("link.gpkg"))
    refused(2, "cells", path_of("link.gpkg"), message="it is there already")


def an_existing_file_is_replaced_as_a_whole():
    path = path_of("replaced.gpkg")
    with open(path, "w") as f:
        f.write("not a geopackage")
    export("watch-areas", path, "--overwrite")
    is_eq(len(converted(path, "watch-areas", 3006)), len(asked("watch-areas")), "--overwrite")
    os.chmod(path, 0o644)
    export("incidents", path, "--overwrite")
    is_eq(os.stat(path).st_mode & 0o777, 0o600, "by a file of its own, with its own mode")


def a_file_that_cannot_grow_is_an_error():
    """As on a full disk, at the writer's first, a middle and its last bytes."""
    for ending in ENDINGS:
        whole = os.path.getsize(path_of("cells." + ending))
        for share in (0.001, 0.5, 0.97):
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (int(whole * share),) * 2)
            done = subprocess.run([program("grannkarta"), "--database", m.conninfo(), "export", "cells", path_of("full." + ending)],
                                  capture_output=True, text=True, preexec_fn=limit)
            good = done.returncode == 1 and "write \"" in done.stderr and not os.path.exists(path_of("full." + ending))
            if not ok(good, "%s stops after %d %%" % (ending, share * 100)):
                diag(done.stdout + done.stderr)
    is_eq(left(), [], "and its parts are removed")


def a_full_disk_is_an_error():
    disk = path_of("disk")
    os.mkdir(disk)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", disk], capture_output=True)
    if mounted.returncode != 0:
        ok(True, "SKIP: no file system can be mounted here")
        return
    try:
        for ending in ENDINGS:
            done = export("cells", disk + "/full." + ending, check=False)
            is_eq((done.returncode, os.listdir(disk)), (1, []), "%s: %s" % (ending, done.stderr.strip()[-100:]))
    finally:
        subprocess.run(["umount", disk])
        os.rmdir(disk)


def start(path, *flags):
    return subprocess.Popen([program("grannkarta"), "--database", m.conninfo(), "export", "cells", path, *flags],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=default_signals)


def default_signals():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ctrl_c_ends_it_also_while_the_database_is_waited_for():
    lock = subprocess.Popen(["psql", "-Xqt", "-d", m.conninfo("postgres")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    lock.stdin.write("BEGIN; LOCK TABLE grannkarta.release_cell_month; SELECT 'locked';\n")
    lock.stdin.flush()
    while "locked" not in lock.stdout.readline():
        pass
    process = start(path_of("waits.gpkg"))
    daemon.poll(lambda: m.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'grannkarta export' "
                                "AND wait_event_type = 'Lock'") == "1", "it waits")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    is_eq((process.returncode, os.path.exists(path_of("waits.gpkg")), left()), (1, False, []), said.strip()[-100:])
    lock.communicate("ROLLBACK;\n")


def a_file_is_whole_or_not_there():
    """Interrupted or killed at any moment of writing."""
    complete = os.path.getsize(path_of("cells.geojson"))
    seen = set()
    for number, delay in [(s, d) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL) for d in (0, 0.02, 0.06)]:
        path = path_of("stopped.geojson")
        process = start(path)
        daemon.poll(lambda: left() or process.poll() is not None, "it writes")
        time.sleep(delay)
        process.send_signal(number)
        process.communicate(timeout=60)
        if os.path.exists(path):
            seen.add("whole")
            if os.path.getsize(path) != complete:
                ok(False, "half a file after %s" % number.name)
            os.unlink(path)
        elif number != signal.SIGKILL:
            seen.add("none")
            if process.returncode != 1 or left():
                ok(False, "%s: exit code %d, left %s" % (number.name, process.returncode, left()))
        for part in glob.glob(path_of(".grannkarta-export-*")):  # only SIGKILL leaves them
            subprocess.run(["rm", "-r", part])
    ok("none" in seen, "it ended as a whole file or as none: %s" % sorted(seen))


def the_login_decides_what_can_be_read():
    m.execute("CREATE ROLE anna LOGIN; GRANT grannkarta_public_views TO anna;"
              "CREATE ROLE bo LOGIN; GRANT grannkarta_reader TO bo")
    for user, code in (("anna", 3), ("bo", 0)):
        for layer in ("incidents", "cells"):
            path = path_of("%s-%s.fgb" % (user, layer))
            done = subprocess.run([program("grannkarta"), "--database", m.conninfo(user), "export", layer, path],
                                  capture_output=True, text=True)
            is_eq((done.returncode, os.path.exists(path)), (code, code == 0), "%s as %s: %s" % (layer, user, done.stderr.strip()[-80:]))


def a_release_is_all_that_a_public_file_shows():
    before = {}
    for ending in ENDINGS:
        with open(path_of("cells." + ending), "rb") as f:
            before[ending] = f.read()
    m.import_more()
    for ending in ENDINGS:
        export("cells", path_of("cells." + ending), "--overwrite")
        with open(path_of("cells." + ending), "rb") as f:
            ok(f.read() == before[ending], ending + ": an import that is not published does not show")
    m.grannkarta("publish", "--through", "2025-09")
    export("cells", path_of("cells.gpkg"), "--overwrite")
    with sqlite3.connect(path_of("cells.gpkg")) as file:
        is_eq(file.execute("SELECT DISTINCT release FROM cells").fetchall(), [(2,)], "the newest release, once it is there")
    export("cells", path_of("cells.gpkg"), "--overwrite", "--release", "1")
    with open(path_of("cells.gpkg"), "rb") as f:
        ok(f.read() == before["gpkg"], "and the one before by its number, with the same bytes")


def a_text_is_no_formula():
    """A name that somebody typed, in a spreadsheet; written past the triggers that keep releases as they are."""
    m.execute("SET session_replication_role = replica; UPDATE grannkarta.district SET name = '=1+1' WHERE set_name = 'kommun'")
    for ending, expected in (("csv", "'=1+1"), ("geojson", "=1+1")):
        path = path_of("formula." + ending)
        export("districts-kommun", path)
        is_eq({f["properties"]["name"] for f in converted(path, "districts-kommun", 3006).values()}, {expected}, ending)


def coordinates_are_those_of_the_service():
    """In metres to the last digit that it gives: corners of 50 m squares are whole metres."""
    with sqlite3.connect(path_of("cells.gpkg")) as file:
        box = file.execute("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents").fetchone()
    is_eq([v % 50 for v in box], [0.0] * 4, "EPSG:3006 is exact")
    for epsg in (3006, 3008, 3857):
        uri = "http://www.opengis.net/def/crs/EPSG/0/%d" % epsg
        page = daemon.get("/collections/watch-areas/items?limit=1000&crs=" + uri).json()
        expected = {f["id"]: sorted(flat(f["geometry"]["coordinates"])) for f in page["features"]}
        export("watch-areas", path_of("crs.geojson"), "--crs", epsg, "--overwrite")
        with open(path_of("crs.geojson"), encoding="utf-8") as f:
            got = {f["id"]: sorted(p if epsg == 3857 else p[::-1] for p in flat(f["geometry"]["coordinates"]))
                   for f in json.load(f)["features"]}
        is_eq(got, expected, "EPSG:%d: the same coordinates, easting first" % epsg)


def what_was_withdrawn_is_gone():
    m.grannkarta("withdraw", "2")
    refused(2, "cells", path_of("new.gpkg"), "--release", 2, message="read release 2: it was withdrawn")
    export("cells", path_of("cells.gpkg"), "--overwrite")
    with sqlite3.connect(path_of("cells.gpkg")) as file:
        is_eq(file.execute("SELECT DISTINCT release FROM cells").fetchall(), [(1,)], "the newest is the one that stands")
    m.grannkarta("withdraw", "1")
    refused(2, "cells", path_of("new.gpkg"), message="read the newest release: none stands")


mask = os.umask(0)
os.umask(mask)
with municipality() as m, Daemon(m.conninfo()) as daemon, tempfile.TemporaryDirectory(prefix="gk-export-") as folder:
    token = analyst_token(m)
    daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the analyst is let in")
    run(every_layer_in_every_format_is_what_the_service_answers, the_same_question_gives_the_same_numbers,
        an_order_is_kept_where_a_format_has_one, no_features_are_a_file_too, analysts_have_their_own_data, a_geopackage_is_what_sql_says, a_geopackage_tells_what_it_is, a_geojson_tells_what_it_is,
        a_csv_is_read_by_a_spreadsheet, any_reference_system_will_do, coordinates_are_those_of_the_service, the_same_data_give_the_same_bytes, mistakes_are_told,
        an_existing_file_is_replaced_as_a_whole, a_file_that_cannot_grow_is_an_error, a_full_disk_is_an_error,
        ctrl_c_ends_it_also_while_the_database_is_waited_for, a_file_is_whole_or_not_there, the_login_decides_what_can_be_read,
        a_release_is_all_that_a_public_file_shows, a_text_is_no_formula, what_was_withdrawn_is_gone)
