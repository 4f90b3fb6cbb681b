#!/usr/bin/python3
"""grannkarta synth writes files as users have them: the same for the same seed,
of the size asked for, dirty where the manifest says and nowhere else. Files are
read here with Python's own csv, json and sqlite3, not with the library that
wrote them. Also the frame of the command: help, exit codes, no core dumps."""
import codecs
import csv
import datetime
import functools
import hashlib
import io
import json
import os
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import program
from tap import contains, is_eq, is_near, ok, run

FILES = ["README.txt", "addresses.gpkg", "districts-kommun.gpkg", "districts-regso.gpkg",
         "incidents-latlon.csv", "incidents.csv", "watch-areas.geojson"]
HEAD = ["BROTTSKOD", "BROTTSDATUMTID_START", "BROTTSDATUMTID_SLUT", "Inskrivningsdatum", "KOMMUN", "GATA", "GATUNR"]
TAIL = ["Antal", "DIARIENR"]
BURGLARY = {"9801", "0857", "9802", "0874", "9831", "9832", "0826", "0825"}
temporary = tempfile.TemporaryDirectory(prefix="gk-synth-")


def command(*arguments, environment=None):
    return subprocess.run([program("grannkarta"), *arguments], text=True, capture_output=True,
                          env=dict(os.environ, **(environment or {})))


@functools.cache
def demo():
    """The files of the default seed."""
    return synth("a")


def synth(name, *arguments):
    folder = os.path.join(temporary.name, name)
    done = command("synth", folder, *arguments)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return folder


def sums(folder):
    return {f: hashlib.sha256(open(os.path.join(folder, f), "rb").read()).hexdigest() for f in sorted(os.listdir(folder))}


def data(folder, name):
    with open(os.path.join(folder, name), "rb") as f:
        return f.read()


def layer(folder, name, sql):
    with sqlite3.connect(f"file:{folder}/{name}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


def point(blob):
    """Easting and northing of a GeoPackage point: header, optional envelope, WKB."""
    envelope = (blob[3] >> 1) & 7
    at = 8 + {0: 0, 1: 32}[envelope]
    order = "<" if blob[at] == 1 else ">"
    return struct.unpack_from(order + "dd", blob, at + 5)


def rows(folder, name):
    text = data(folder, name).decode("utf-8-sig" if name == "incidents.csv" else "cp1252")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def manifest(folder):
    return data(folder, "README.txt").decode("utf-8")


def dirty_lines(folder, name):
    section = manifest(folder).split("\n" + name)[-1].split("\n\n")[0]
    return {int(line): what for line, what in re.findall(r"  line (\d+)  (\w+):", section)}


def the_same_seed_gives_the_same_bytes():
    a, b = demo(), synth("b", "--seed", "1")
    is_eq(sorted(os.listdir(a)), FILES, "the files of the manifest, and no others")
    is_eq(sums(a), sums(b), "every file is the same, twice")
    again = synth("a")
    is_eq(sums(again), sums(b), "files that are there are replaced")
    other = sums(synth("other", "--seed", "2"))
    is_eq([f for f in FILES if other[f] == sums(a)[f]], [], "another seed changes every file")


def addresses_are_points_with_dwellings():
    a = demo()
    srs, kind = layer(a, "addresses.gpkg", "SELECT srs_id, geometry_type_name FROM gpkg_geometry_columns")[0]
    is_eq((srs, kind), (3006, "POINT"), "points in EPSG:3006")
    table = layer(a, "addresses.gpkg", "SELECT class, sum(dwellings), max(dwellings), min(dwellings), count(*) "
                  "FROM addresses GROUP BY class ORDER BY class")
    is_eq([r[0] for r in table], ["fritidshus", "lagenhet", "villa"], "the classes")
    is_eq(sum(r[1] for r in table), 65600, "60,000 dwellings and Bromölla's 5,600")
    ok(table[1][2] >= 20 and table[2][2] == 1 and all(r[3] >= 1 for r in table), "stairwells of 20 and more, houses of one")
    is_eq(layer(a, "addresses.gpkg", "SELECT DISTINCT year FROM addresses"), [(2025,)], "one year for all")
    text = manifest(a)
    for number in re.findall(r"  addresses = (\d+)", text):
        ok(int(number) > 4000, "the manifest counts addresses")
    is_eq(sum(int(n) for n in re.findall(r"  addresses = (\d+)", text)), sum(r[4] for r in table),
          "as many as the manifest says")
    ok(all(re.fullmatch(r"\w+ \d+( [A-I])?", t[0]) for t in layer(a, "addresses.gpkg", "SELECT address FROM addresses")),
       "street and number")


def districts_have_codes_inhabitants_and_valid_polygons():
    a = demo()
    regso = layer(a, "districts-regso.gpkg", "SELECT code, name, inhabitants, inhabitants_year FROM regso")
    kommun = layer(a, "districts-kommun.gpkg", "SELECT code, name, inhabitants FROM kommun ORDER BY code")
    is_eq([k[:2] for k in kommun], [("1272", "Bromölla (syntetisk)"), ("1299", "Storby (påhittad)")], "two municipalities")
    for code, _, inhabitants in kommun:
        own = [d for d in regso if d[0].startswith(code)]
        is_eq(sum(d[2] for d in own), inhabitants, f"{code}: inhabitants add up")
        ok(all(700 <= d[2] <= 8000 and re.fullmatch(code + r"R\d{3}", d[0]) for d in own), f"{code}: sizes and codes")
    is_eq(len({d[1] for d in regso}), len(regso), "names are unique")
    valid = subprocess.run(["ogrinfo", "-q", a + "/districts-regso.gpkg", "-dialect", "sqlite", "-sql",
                            "SELECT count(*) AS n, sum(ST_IsValid(geom)) AS valid, "
                            "ST_Area(ST_Union(geom)) - sum(ST_Area(geom)) AS overlap FROM regso"],
                           text=True, capture_output=True, check=True).stdout
    found = dict(re.findall(r"(n|valid|overlap) \(\w+\) = (\S+)", valid))
    is_eq((found["n"], found["valid"]), (str(len(regso)), str(len(regso))), "all polygons are valid")
    is_near(float(found["overlap"]), 0, 1, "no overlap: the union is as large as the sum, in m2")


def watch_areas_are_geojson_as_rfc_7946_has_it():
    a = demo()
    collection = json.loads(data(a, "watch-areas.geojson"))
    ok("crs" not in collection and collection["type"] == "FeatureCollection", "no crs member")
    features = collection["features"]
    ok(20 <= len(features) <= 30, "20 to 30 of them")
    is_eq(len({f["properties"]["slug"] for f in features}), len(features), "slugs are unique")
    approved = [f["properties"]["approved"] for f in features]
    ok(True in approved and False in approved, "some are not approved")
    for f in features:
        ring = f["geometry"]["coordinates"][0]
        area = sum(p[0] * q[1] - q[0] * p[1] for p, q in zip(ring, ring[1:]))
        day = datetime.date.fromisoformat(f["properties"]["since"])
        if not (area > 0 and ring[0] == ring[-1] and 13 < ring[0][0] < 15 and 55 < ring[0][1] < 57
                and 2018 <= day.year <= 2025 and re.fullmatch(r"[a-z]+", f["properties"]["slug"])):
            ok(False, f"a good feature: {f}")
            return
    ok(True, "closed, counter-clockwise, in the area, dated within the years")


def check_good_row(row, latlon):
    number = r"\d+,\d{7}" if latlon else r"\d+\.\d{3}"
    start, end = (datetime.datetime.strptime(t, "%Y-%m-%d %H:%M") for t in row[1:3])
    reported = datetime.datetime.strptime(row[3], "%Y%m%d" if latlon else "%Y-%m-%d")
    return (row[0] in BURGLARY and start <= end and reported.date() >= end.date() and 2018 <= start.year
            and reported.date() <= datetime.date(2025, 12, 31) and re.fullmatch(number, row[7])
            and re.fullmatch(number, row[8]) and row[9] in "123"
            and re.fullmatch(r"5[01]00-K\d{6}-\d\d", row[10]))


def incidents_are_as_the_police_export_them():
    a = demo()
    raw = data(a, "incidents.csv")
    ok(raw.startswith(codecs.BOM_UTF8) and raw.count(b"\n") == raw.count(b"\r\n"), "UTF-8 with BOM, CRLF")
    raw = data(a, "incidents-latlon.csv")
    ok(b"Brom\xf6lla (syntetisk)" in raw and b"\r" not in raw, "Windows-1252, LF")
    for name, place, wanted, dirt in (("incidents.csv", ["SWEREF N", "SWEREF E"], 3200, 8),
                                      ("incidents-latlon.csv", ["LATITUDE", "LONGITUDE"], 112, 3)):
        table = rows(a, name)
        is_eq(table[0], HEAD + place + TAIL, name + ": columns")
        dirty = dirty_lines(a, name)
        is_eq(len(dirty), dirt, name + ": dirty rows in the manifest")
        good = [r for line, r in enumerate(table[1:], 2) if line not in dirty]
        is_eq(len(good), wanted, name + ": good rows")
        bad = [r for r in good if not check_good_row(r, name != "incidents.csv")]
        is_eq(bad, [], name + ": every other row is good")
        is_eq(len({r[10] for r in good}), len(good), name + ": case numbers are unique")


def dirty_rows_are_what_the_manifest_says():
    a = demo()
    table = rows(a, "incidents.csv")
    seen = {}
    for line, what in dirty_lines(a, "incidents.csv").items():
        row, before = table[line - 1], table[line - 2]
        seen.setdefault(what, []).append(row)
        if what == "duplicate":
            is_eq(row, before, "the duplicate is the row before")
        elif what == "unlocated":
            ok(row[7:9] in (["", ""], ["0", "0"]), "an unlocated row has no place, or 0, 0")
        else:
            ok(not safely_good(row), "a row to be rejected is not good: " + ";".join(row[:4]))
    is_eq({k: len(v) for k, v in seen.items()}, {"rejected": 5, "unlocated": 2, "duplicate": 1}, "how many of each")
    numbers = [r[10] for r in table[1:]]
    is_eq(len(numbers) - len(set(numbers)), 1, "only the duplicate repeats a case number")


def safely_good(row):
    try:
        return bool(check_good_row(row, False))
    except ValueError:
        return False


def incidents_lie_on_plots():
    a = demo()
    near = {}
    for (blob,) in layer(a, "addresses.gpkg", "SELECT geom FROM addresses"):
        e, n = point(blob)
        near.setdefault((int(e // 10), int(n // 10)), []).append((e, n))
    dirty = dirty_lines(a, "incidents.csv")
    lost = 0
    for line, row in enumerate(rows(a, "incidents.csv")[1:], 2):
        if line in dirty:
            continue
        n, e = float(row[7]), float(row[8])
        around = [p for dx in (-1, 0, 1) for dy in (-1, 0, 1) for p in near.get((int(e // 10) + dx, int(n // 10) + dy), [])]
        lost += not any(abs(p[0] - e) <= 4.51 and abs(p[1] - n) <= 4.51 for p in around)
    is_eq(lost, 0, "every incident is within 4.5 m of an address, on each axis")


def sizes_scale():
    s = synth("small", "--seed", "3", "--dwellings", "2000", "--incidents", "77", "--years", "2")
    is_eq(layer(s, "addresses.gpkg", "SELECT sum(dwellings) FROM addresses"), [(7600,)], "dwellings as asked")
    is_eq(len(rows(s, "incidents.csv")), 1 + 77 + 8, "incidents as asked, and the dirty rows")
    is_eq({r[1][:4] for r in rows(s, "incidents-latlon.csv")[1:] if r[1] != "2023-02-30 08:00"}, {"2024", "2025"}, "years as asked")
    none = synth("none", "--dwellings", "500", "--incidents", "0", "--years", "1")
    is_eq(len(rows(none, "incidents.csv")), 1, "no incidents: only the heading")
    big = synth("big", "--dwellings", "150000", "--incidents", "30000")
    is_eq(len(rows(big, "incidents.csv")), 1 + 30000 + 8, "larger than the default")
    is_eq(layer(big, "addresses.gpkg", "SELECT sum(dwellings) FROM addresses"), [(155600,)], "and its dwellings")
    contains(manifest(big), "påhittad", "the manifest says that it is invented")


def mistakes_are_named():
    for arguments, part in ((["synth"], "DIR"), (["synth", "x", "--seeds", "1"], "--seeds"),
                            (["synth", "x", "--years", "99"], "1 to 20"),
                            (["synth", "x", "--dwellings", "5000001"], "5000000"), (["sinth"], "sinth"),
                            (["synth", "x", "--config", "/nowhere"], "/nowhere")):
        done = command(*arguments)
        is_eq(done.returncode, 2, " ".join(arguments) + ": exit code 2")
        contains(done.stderr, part, "and it is named")
        ok(done.stderr.startswith("grannkarta: ") and done.stderr.count("\n") == 1, "in one line")
    done = command("synth", "/proc/nowhere/x")
    is_eq(done.returncode, 1, "a folder that cannot be made: exit code 1")
    contains(done.stderr, "/proc/nowhere/x", "which is named")


def help_works_whatever_the_configuration_is():
    for arguments in (["help"], ["--help"], ["help", "synth"], ["synth", "--help"], ["--version"]):
        done = command(*arguments, environment={"GRANNKARTA_NONSENSE": "1"})
        is_eq(done.returncode, 0, " ".join(arguments))
        ok(done.stdout and not done.stderr, "prints on stdout only")
    sample = command("config", "sample").stdout
    path = os.path.join(temporary.name, "sample.conf")
    with open(path, "w") as f:
        f.write(re.sub(r"(?m)^#(\w+ = )", r"\1", sample))
    for arguments in (["--config", path, "config", "check"], ["config", "check", "--config", path], ["config", "check", path]):
        is_eq(command(*arguments).returncode, 0, "the sample with every option set is valid")


def a_crash_leaves_no_core():
    process = subprocess.Popen([program("grannkarta"), "synth", os.path.join(temporary.name, "core"), "--dwellings",
                                "2000000"], stdout=subprocess.DEVNULL)
    try:
        while True:  # until main has set it: the process works for seconds after
            with open(f"/proc/{process.pid}/limits") as f:
                limit = re.search(r"Max core file size +(\S+) +(\S+)", f.read())
            if limit.groups() == ("0", "0") or process.poll() is not None:
                break
        is_eq(limit.groups(), ("0", "0"), "the core file limit is 0")
    finally:
        process.kill()
        process.wait()


run(the_same_seed_gives_the_same_bytes, addresses_are_points_with_dwellings,
    districts_have_codes_inhabitants_and_valid_polygons, watch_areas_are_geojson_as_rfc_7946_has_it,
    incidents_are_as_the_police_export_them, dirty_rows_are_what_the_manifest_says, incidents_lie_on_plots, sizes_scale,
    mistakes_are_named, help_works_whatever_the_configuration_is, a_crash_leaves_no_core)
