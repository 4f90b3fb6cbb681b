#!/usr/bin/python3
"""Files with every kind of dirt combined, some thousand rows in many shapes: each
row becomes what the generator (tests/lib/dirt.py) knows that it should, in numbers,
in the list of rejected rows, and in what is stored. The incidents are stored once,
plainly; a good row in any disguise must then be a duplicate, which it is only when
code, hours, report, count, place and case number are all the same."""
import csv
import json
import os
import random
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import dirt
import places_files as p
from cluster import Cluster
from tap import contains, diag, is_eq, ok, run

SEED, INCIDENTS, FILES, ROWS, STORED = 20240301, 240, 48, 60, 4
folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()
KEYS = os.path.join(folder.name, "keys")
SECRET = re.compile(r"Storgatan|Åker|Väg|stra|6 ?210|461|cmd|5000-k", re.I)
STORED_ROWS = ("SELECT c.point_e || ' ' || c.point_n, d.code, i.from_hour, i.to_hour, i.reported, o.code, i.count FROM incident i"
               " JOIN offence_code o ON o.id = i.code_id LEFT JOIN cell c ON c.id = i.cell_id"
               " LEFT JOIN district d ON d.id = i.municipality_id WHERE i.revision_out IS NULL ORDER BY 1, 2, 3, 4, 5, 6, 7")


def path(name):
    return os.path.join(folder.name, name)


def incidents(db, file, *flags):
    return db.grannkarta("--key-ring", KEYS, "import", "incidents", file, *flags, check=False)


def positions(db, places):
    """The places in four CRSs, by PostGIS."""
    values = ",".join("(%r::float8, %r::float8)" % place for place in places)
    found = {3006: {place: place for place in places}}
    for crs in (4326, 3008, 3021):
        rows = db.query("SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(ST_SetSRID(ST_Point(e, n), 3006), %d) AS g"
                        " FROM (VALUES %s) v (e, n)) t" % (crs, values))
        found[crs] = {place: (float(x), float(y)) for place, (x, y) in zip(places, rows)}
    return found


def plain_row(incident):
    e, n = incident.place or ("", "")
    return {"BROTTSKOD": incident.code, "BROTTSDATUMTID_START": incident.start.strftime("%Y-%m-%d %H:%M"),
            "BROTTSDATUMTID_SLUT": incident.end.strftime("%Y-%m-%d %H:%M"),
            "Inskrivningsdatum": str(incident.reported or ""), "KOMMUN": "Bromölla", "SWEREF N": str(n), "SWEREF E": str(e),
            "Antal": str(incident.count), "DIARIENR": incident.case}


def listed(file, delimiter):
    """(line, column, reason) of a list of rejected rows; no value says where."""
    if not os.path.exists(file):
        return []
    with open(file, encoding="utf-8", newline="") as f:
        rows = list(csv.reader(f, delimiter=delimiter))
    for row in rows[1:]:
        if not re.fullmatch(r"|\(\d+ (bytes|lines)\)|\d{1,4}|-\d{1,4}|[0-9:./ TZ+-]{6,30}", row[3]) or SECRET.search(row[3]):
            ok(False, "a value is shown that could be anything: %r" % row[3])
    return [(int(row[0]), row[1], row[2]) for row in rows[1:]]


def try_file(db, seed, points, rows, flags=("--dry-run",)):
    """Makes a file, gives it to the command, compares; whether it was as expected."""
    rng = random.Random(seed)
    shape = dirt.Shape(rng, points)
    made = dirt.File(shape, rng.sample(rows, min(ROWS, len(rows))) if "--dry-run" in flags else rows, 0.5)
    file, rejects = path("dirt-%d.csv" % seed), path("rejects-%d.csv" % seed)
    with open(file, "wb") as f:
        f.write(made.bytes)
    codes = ["--codes", path("codes.csv")] if shape.has_codes else []
    done = incidents(db, file, *shape.flags, *codes, "--on-reject=skip", "--json", "--rejects", rejects, *flags)
    answer = json.loads(done.stdout)
    name = "seed %d: %s" % (seed, shape.describe())
    expected = made.expected.answer()
    good = is_eq({k: answer.get(k) for k in expected}, expected, name)
    good &= is_eq(listed(rejects, shape.delimiter), made.expected.rejected, "seed %d: rejected rows" % seed)
    if SECRET.search(done.stdout.replace(folder.name, "") + done.stderr):
        good = ok(False, "something of the file is said")
    if not good:
        diag("%s\n%s\n%s" % (" ".join(shape.flags), made.heading, answer.get("message")))
        keep = os.environ.get("KEEP_DIRT")
        if keep:
            os.makedirs(keep, exist_ok=True)
            with open(os.path.join(keep, "dirt-%d.csv" % seed), "wb") as f:
                f.write(made.bytes)
    return answer


def prepare():
    global db, rows, points, stored
    db = cluster.new_database()
    p.import_places(db, folder.name)
    rng = random.Random(SEED)
    homes = [tuple(f["geometry"]["coordinates"]) for f in p.dwellings()]
    rows = [dirt.Incident(rng, i, homes) for i in range(INCIDENTS)]
    points = positions(db, sorted({r.place for r in rows if r.place}))
    with open(path("codes.csv"), "w", encoding="utf-8") as f:
        f.write("".join("Inbrott %s;%s\n" % (c, c) for c in ("9801", "0857", "9802", "0874", "0826")) + "Cykelstöld;\n")
    done = incidents(db, p.write_csv(path("plain.csv"), [plain_row(r) for r in rows]))
    contains(done.stdout, "read %d   new %d   duplicate 0   rejected 0" % (INCIDENTS, INCIDENTS), "the incidents are stored plainly")
    stored = db.query(STORED_ROWS)
    is_eq(len(stored), INCIDENTS, "all of them")
    # What is stored is what was made: by hours and counts, from the generator.
    is_eq(sorted((r[2][:13], r[3][:13], str(r[4]), r[5], int(r[6])) for r in stored),
          sorted((r.start.strftime("%Y-%m-%d %H"), r.end.strftime("%Y-%m-%d %H"), str(r.reported),
                  r.code, r.count) for r in rows), "as they were made")
    is_eq(sum(r[0] is not None for r in stored), sum(r.kind == "located" for r in rows), "and located where they are")


def every_row_becomes_what_it_should():
    read = rejected = 0
    for seed in range(SEED, SEED + FILES):
        answer = try_file(db, seed, points, rows)
        read, rejected = read + answer.get("read", 0), rejected + answer.get("rejected", 0)
    diag("%d rows in %d files, %d rejected" % (read, FILES, rejected))
    is_eq(db.query(STORED_ROWS), stored, "what is stored is as it was")


def disguises_are_stored_alike():
    for seed in range(SEED + 1000, SEED + 1000 + STORED):
        other = cluster.new_database()
        p.import_places(other, folder.name)
        rng = random.Random(seed)
        shape = dirt.Shape(rng, points)
        made = dirt.File(shape, rows, 0.3)
        with open(path("other.csv"), "wb") as f:
            f.write(made.bytes)
        codes = ["--codes", path("codes.csv")] if shape.has_codes else []
        done = incidents(other, path("other.csv"), *shape.flags, *codes, "--on-reject=skip")
        is_eq(done.returncode, 0, "seed %d: %s is imported" % (seed, shape.describe()))
        is_eq(other.query(STORED_ROWS), stored, "and what is stored is the same")


try:
    cluster.grannkarta("key", "create", "--key-ring", KEYS)
    run(prepare, every_row_becomes_what_it_should, disguises_are_stored_alike)
finally:
    cluster.__exit__()
    folder.cleanup()
