#!/usr/bin/python3
"""Rule 1: no exact place is stored.

Incidents with recognisable coordinates, streets and case numbers are imported,
refused, corrected and dry-run; then every byte of the cluster (tables, WAL,
temporary files, server log), the lists of rejected rows and all that the command
printed are searched for them, in text and in every binary form that a program
would write. A control plants one value of each form and must find it all."""
import hashlib
import os
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster
from tap import diag, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()
KEYS = os.path.join(folder.name, "keys")
printed = []

# Odd enough not to occur by chance; a village of dwellings() is around them.
PLACES = [(p.E0 + 300 + 61.337 * i, p.N0 + 310.773 + 53.219 * i) for i in range(1, 11)]
SOUGHT = 4  # places that are searched for

STREETS = ["Hemlighetsgränd", "Åkerbärsstigen", "Östra Gömmarvägen"]
CASES = ["5000-K4711%02d-24" % i for i in range(40)]


def path(name):
    return os.path.join(folder.name, name)


def rows():
    out = []
    for i, (e, n) in enumerate(PLACES):
        out.append({"BROTTSKOD": "9801", "BROTTSDATUMTID_START": "2024-03-%02d 08:17" % (i + 1),
                    "BROTTSDATUMTID_SLUT": "2024-03-%02d 17:43" % (i + 1), "Inskrivningsdatum": "2024-03-28",
                    "KOMMUN": "Bromölla", "GATA": STREETS[i % 3], "GATUNR": "%d B" % (4000 + i), "SWEREF N": "%.3f" % n,
                    "SWEREF E": "%.3f" % e, "Antal": "1", "DIARIENR": CASES[i]})
    return out


def dirty():
    """Everything in the wrong column, as it comes."""
    bad = [dict(r, DIARIENR=CASES[10 + i]) for i, r in enumerate(rows())]
    bad[0]["BROTTSKOD"] = bad[0]["GATA"]
    bad[1]["BROTTSKOD"] = bad[1]["SWEREF N"]
    bad[2]["BROTTSDATUMTID_START"] = bad[2]["SWEREF E"]
    bad[3]["BROTTSDATUMTID_SLUT"] = bad[3]["DIARIENR"]
    bad[4]["Antal"] = bad[4]["GATA"] + " " + bad[4]["GATUNR"]
    bad[5]["SWEREF N"], bad[5]["SWEREF E"] = bad[5]["SWEREF E"], bad[5]["SWEREF N"]
    bad[6]["SWEREF N"] = bad[6]["GATA"]
    bad[7]["Inskrivningsdatum"] = bad[7]["GATUNR"]
    bad[8]["KOMMUN"] = bad[8]["GATA"]
    return bad


def degrees(db):
    """The places in CRS84, by PostGIS."""
    values = ", ".join("(%r, %r)" % place for place in PLACES)
    return [(float(x), float(y)) for x, y in db.query(
        "SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(ST_SetSRID(ST_Point(e::float8, n::float8), 3006), 4326) AS g"
        " FROM (VALUES %s) v (e, n)) t" % values)]


def needles(lonlat):
    """What must not be found, by name."""
    found = {}
    for (e, n), (lon, lat) in list(zip(PLACES, lonlat))[:SOUGHT]:
        for axis, value in (("E", e), ("N", n), ("lon", lon), ("lat", lat)):
            name = "%s %.3f" % (axis, value)
            for decimals in (3, 2) if axis in "EN" else (7, 6):
                text = "%.*f" % (decimals, value)
                found[name + " as text, %d" % decimals] = text.encode()
                found[name + " with a comma, %d" % decimals] = text.replace(".", ",").encode()
            # As read: three decimals, or seven.
            read = float("%.3f" % value if axis in "EN" else "%.7f" % value)
            found[name + " float8 little-endian"] = struct.pack("<d", read)
            found[name + " float8 big-endian"] = struct.pack(">d", read)
            if axis in "EN":
                cm = round(value * 100)
                for code, kind in (("<i", "int4 cm little-endian"), (">i", "int4 cm big-endian"),
                                   ("<q", "int8 cm little-endian"), (">q", "int8 cm big-endian")):
                    # Four bytes occur by chance in megabytes: in pairs they do not.
                    other = round((n if axis == "E" else e) * 100)
                    found["%s %s, both" % (name, kind)] = struct.pack(code, cm) + struct.pack(code, other)
                found[name + " cm as text"] = b"%d" % cm
        found["E, N float4 little-endian %.3f" % e] = struct.pack("<ff", e, n)
        found["E, N float4 big-endian %.3f" % e] = struct.pack(">ff", e, n)
    for street in STREETS:
        found["street UTF-8 " + street] = street.encode()
        found["street Latin-1 " + street] = street.encode("latin-1")
        found["street folded " + street] = street.lower().encode()
    for case in CASES:
        found["case " + case] = case[5:].encode()  # 4711.. occurs nowhere else
        found["case in lower case " + case] = case[5:].lower().encode()
    return found


def bytes_of(folders):
    """Every file below the folders, one after the other; what is byte for byte a
    file that was seen (databases are copies of each other) is left out."""
    seen = set()
    for top in folders:
        for directory, _, names in os.walk(top):
            for name in names:
                full = os.path.join(directory, name)
                if os.path.isfile(full) and not os.path.islink(full):
                    with open(full, "rb") as f:
                        content = f.read()
                    digest = hashlib.sha256(content).digest()
                    if digest not in seen:
                        seen.add(digest)
                        yield full, content


def search(folders, what, extra=b""):
    hits = set()
    for full, content in list(bytes_of(folders)) + [("printed", extra)]:
        for name, needle in what.items():
            if needle in content:
                hits.add(name)
                diag("found %s in %s" % (name, full.replace(folder.name, "")))
    return hits


def incidents(file, *flags):
    done = cluster.grannkarta("--key-ring", KEYS, "import", "incidents", file, *flags, check=False)
    printed.append((done.stdout + done.stderr).encode())
    return done


def importing_leaves_no_exact_place():
    lonlat = degrees(cluster)  # a query of ours, so before statements are logged
    cluster.execute("ALTER SYSTEM SET log_statement = 'all'; ALTER SYSTEM SET log_parameter_max_length = -1;"
                    "SELECT pg_reload_conf()")
    cluster.grannkarta("key", "create", "--key-ring", KEYS)
    p.import_places(cluster, folder.name)
    is_eq(len(lonlat), len(PLACES), "the places are known in degrees too")
    global what
    what = needles(lonlat)
    good = incidents(p.write_csv(path("good.csv"), rows()))
    is_eq(good.returncode, 0, "good rows are imported")
    is_eq(cluster.value("SELECT count(*) FROM incident WHERE cell_id IS NOT NULL"), "10", "and located")
    heading = [{"SWEREF N": "LATITUDE", "SWEREF E": "LONGITUDE"}.get(h, h) for h in p.HEADING]
    geographic = [dict(r, LATITUDE="%.7f" % y, LONGITUDE="%.7f" % x, DIARIENR=CASES[20 + i])
                  for i, (r, (x, y)) in enumerate(zip(rows(), lonlat))]
    is_eq(incidents(p.write_csv(path("degrees.csv"), geographic, heading=heading)).returncode, 0, "also in degrees")
    features = [p.feature(p.point(round(e, 3), round(n, 3)), **r) for (e, n), r in zip(PLACES, rows())]
    is_eq(incidents(p.write(path("points.geojson"), features)).returncode, 0, "and from a file that GDAL reads")
    os.environ["CPL_DEBUG"] = "ON"
    with open(path("points.geojson"), "rb") as f, open(path("cut.geojson"), "wb") as g:
        g.write(f.read()[:3000])
    is_eq(incidents(path("cut.geojson")).returncode, 4, "one that is cut off is refused")
    is_eq(incidents(path("points.geojson"), "--dry-run", "--map", "to=GATA", "--rejects", path("asked.rejects.csv")).returncode,
          4, "streets where dates are expected too")
    del os.environ["CPL_DEBUG"]
    is_eq(incidents(p.write_csv(path("changed.csv"), [dict(r, Antal="2") for r in rows()])).returncode, 0, "and corrected")
    file = p.write_csv(path("dirty.csv"), dirty(), encoding="latin-1")
    is_eq(incidents(file).returncode, 4, "dirty rows are refused")
    is_eq(incidents(file, "--dry-run", "--on-reject=skip").returncode, 0, "dry-run")
    is_eq(incidents(file, "--on-reject=skip").returncode, 0, "and the rest taken")
    unlocated = [dict(r, **{"SWEREF N": "%.3f" % (6900000.0 + i), "DIARIENR": CASES[30 + i]})
                 for i, r in enumerate(rows())]
    is_eq(incidents(p.write_csv(path("far.csv"), unlocated)).returncode, 0, "unlocated ones too")
    with open(path("headless.csv"), "w", encoding="utf-8") as f:
        f.write("9801;2024-03-01 08:00;%s;%.3f;%.3f;%s\n" % (STREETS[0], PLACES[0][1], PLACES[0][0], CASES[0]))
    is_eq(incidents(path("headless.csv")).returncode, 4, "a file without heading is refused")
    with open(path("open.csv"), "w", encoding="utf-8") as f:
        f.write(open(path("good.csv"), encoding="utf-8").read() + '9801;"%s;%.3f' % (STREETS[0], PLACES[0][1]))
    is_eq(incidents(path("open.csv")).returncode, 4, "a file with an open quote is refused")
    # A failure of the server in the middle: its messages show values.
    cluster.execute("ALTER TABLE incident ADD CONSTRAINT fails CHECK (count < 3)")
    is_eq(incidents(p.write_csv(path("fails.csv"), [dict(r, Antal="3") for r in rows()])).returncode, 3,
          "an import that the database refuses fails")
    cluster.execute("ALTER TABLE incident DROP CONSTRAINT fails; CHECKPOINT; SELECT pg_switch_wal()")
    cluster.stop()
    # What the command made: the rejects, not the files that the test wrote.
    lists = path("lists")
    os.mkdir(lists)
    made = [n for n in os.listdir(folder.name) if n.endswith(".rejects.csv")]
    is_eq(sorted(made), ["asked.rejects.csv", "dirty.csv.rejects.csv"], "two lists of rejected rows")
    for name in made:
        os.rename(path(name), os.path.join(lists, name))
    is_eq(search([cluster.home, lists], what, b"".join(printed)), set(), "nothing exact is found anywhere")
    size = sum(len(c) for _, c in bytes_of([cluster.home]))
    ok(size > 10 << 20, "%d MiB were searched" % (size >> 20))
    ok(any("pg_wal" in n for n, _ in bytes_of([cluster.home])), "the WAL among them")
    ok(any(b"INSERT INTO revision" in c for n, c in bytes_of([cluster.home]) if "log" in n), "and a log of every statement")


def the_search_finds_what_is_planted():
    planted = path("planted")
    os.mkdir(planted)
    with open(os.path.join(planted, "heap"), "wb") as f:
        for needle in what.values():
            f.write(b"\0\1\2" + needle + b"\3")
    hits = set()
    with open(os.path.join(planted, "heap"), "rb") as f:
        content = f.read()
    hits = {name for name, needle in what.items() if needle in content}
    is_eq(hits, set(what), "in a file, every form of every value")
    # And through the server: a table as a careless program would make it.
    cluster.start()
    e, n = PLACES[0]
    cluster.execute("CREATE TABLE careless (place geometry(Point, 3006), e float8, e_cm bigint, t text);"
                    "INSERT INTO careless VALUES (ST_SetSRID(ST_Point(%.3f, %.3f), 3006), %.3f, %d, '%s %s');"
                    "CHECKPOINT" % (e, n, e, round(e * 100), STREETS[0], CASES[0]))
    cluster.stop()
    names = ["E %.3f float8 little-endian" % e, "N %.3f float8 little-endian" % n, "street UTF-8 " + STREETS[0],
             "case " + CASES[0], "E %.3f as text, 3" % e]
    hits = {name for _, content in bytes_of([cluster.home]) for name in names if what[name] in content}
    is_eq(hits, set(names), "in the cluster, in each form that it has there")


try:
    run(importing_leaves_no_exact_place, the_search_finds_what_is_planted)
finally:
    cluster.__exit__()
    folder.cleanup()
