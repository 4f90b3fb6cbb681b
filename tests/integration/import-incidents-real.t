#!/usr/bin/python3
"""Real incident files, with their dirt, by profiles that map their offence values
to codes: what the command tells of them against a count of its own in Python, with
the csv module, strptime and the time zone database. Skipped where the files are
not: they are not ours to give on."""
import collections
import csv
import datetime
import gzip
import io
import json
import os
import sys
import tempfile
import zoneinfo

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import ROOT, Cluster
from tap import diag, is_eq, ok, run

DATA = os.path.join(ROOT, "..", "shared", "data", "incidents")
TORTURE = os.path.join(ROOT, "..", "shared", "data", "torture")
STOCKHOLM = zoneinfo.ZoneInfo("Europe/Stockholm")
EPOCH = datetime.datetime(1970, 1, 1)
TODAY = datetime.datetime.now(STOCKHOLM).date()


def path(name):
    return os.path.join(folder.name, name)


# --- The other count --------------------------------------------------------------


def hour_of(text, shape):
    """(hours of the Swedish wall clock since 1970, whether it was in the hour that
    is skipped in March), None for no date."""
    try:
        moment = datetime.datetime.strptime(text, shape)
    except ValueError:
        return None
    is_moved = False
    if moment.tzinfo is not None:
        moment = moment.astimezone(STOCKHOLM).replace(tzinfo=None)
    else:
        # A time that does not exist comes back from UTC as another one.
        back = moment.replace(tzinfo=STOCKHOLM).astimezone(datetime.timezone.utc).astimezone(STOCKHOLM)
        is_moved = back.replace(tzinfo=None) != moment
        if is_moved:
            moment += datetime.timedelta(hours=1)
    if not 1975 <= moment.year <= 2099:
        return None
    return int((moment - EPOCH).total_seconds() // 3600), is_moved


def is_late(hour):
    return EPOCH.date() + datetime.timedelta(hours=hour) > TODAY


class Count:
    """What should come out, row by row."""

    def __init__(self, rows, shape, code, times, place, case=None, number=None):
        self.reasons = collections.Counter()
        self.rejected = []
        self.skipped = self.missing = self.moved = self.corrections = 0
        self.places = []
        self.cases = collections.defaultdict(list)
        self.plain = 0
        for line, row in rows:
            if not code(row):
                self.skipped += 1
            else:
                self.take(line, row, shape, times(row), place(row), case(row) if case else "",
                          int(number(row)) if number else 1)

    def reject(self, line, reason):
        self.reasons[reason] += 1
        self.rejected.append((line, reason))

    def take(self, line, row, shape, times, place, case, number):
        hours, moved = [], False
        for which, text in zip(("from", "to", "reported"), times):
            found = hour_of(text, shape) if text else None
            if text and found is None:
                return self.reject(line, "not a date from 1975 to 2099")
            if which == "from" and not text:
                return self.reject(line, "no date")
            if found and is_late(found[0]):
                return self.reject(line, "a date that is still to come")
            moved |= bool(found and found[1])
            hours.append(found[0] if found else None)
            if which == "to":
                hours[1] = hours[0] if hours[1] is None else hours[1]
                if hours[1] < hours[0]:
                    return self.reject(line, "it ended before it began")
        day = None if hours[2] is None else hours[2] // 24
        if day is not None and hours[0] // 24 > day:
            return self.reject(line, "it began after it was reported")
        self.moved += moved
        self.corrections += number <= 0
        if "" in place or (float(place[0]), float(place[1])) == (0, 0):
            self.missing += 1
        else:
            self.places.append(place)
        if case:
            self.cases[" ".join(case.upper().split())].append((hours[0], hours[1], day, number))
        else:
            self.plain += 1

    def accepted(self):
        return self.plain + sum(map(len, self.cases.values()))

    def totals(self, read, outside):
        repeats = [a == b for rows in self.cases.values() for a, b in zip(rows, rows[1:])]
        return {"read": read, "not_burglary": self.skipped, "rejected": len(self.rejected),
                "with_coordinates": len(self.places), "located": 0,
                "unlocated": self.accepted(), "moved_hours": self.moved, "corrections": self.corrections,
                "unlocated_why": {"without_coordinates": self.missing, "outside_sweden": outside, "reach_m": 1000,
                                  "far_from_dwellings": len(self.places) - outside},
                "new": self.plain + len(self.cases), "duplicate": repeats.count(True), "changed": repeats.count(False)}


def rows_of(name):
    """(line, row) of a file; lines are physical ones."""
    opened = gzip.open if name.endswith(".gz") else open
    with opened(os.path.join(DATA, name), "rb") as f:
        text = f.read()
    try:
        text = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = text.decode("latin-1")  # only ASCII columns are looked at
    reader = csv.reader(io.StringIO(text, newline=""))
    heading, rows = next(reader), []
    line = reader.line_num + 1
    for row in reader:
        rows.append((line, dict(zip(heading, row))))
        line = reader.line_num + 1
    return rows


def told(name, profile, codes):
    """What the command says of it, and its list of rejected rows."""
    with open(path("codes.csv"), "w", encoding="utf-8") as f:
        f.write("value;code\n" + codes)
    with open(path("profile"), "w", encoding="utf-8") as f:
        f.write("codes = codes.csv\n" + profile)
    rejects = path("rejects.csv")
    if os.path.exists(rejects):
        os.remove(rejects)
    done = db.grannkarta("--key-ring", path("nowhere"), "import", "incidents", os.path.join(DATA, name), "--profile",
                         path("profile"), "--dry-run", "--on-reject=skip", "--json", "--rejects", rejects, check=False)
    answer = json.loads(done.stdout)
    is_eq(answer["status"], "OK", name + ": it is read")
    listed = []
    if os.path.exists(rejects):
        with open(rejects, encoding="utf-8", newline="") as f:
            listed = [(int(row[0]), row[2]) for row in list(csv.reader(f, delimiter=","))[1:]]
    return answer, listed


def compare(name, answer, listed, count, read, outside):
    expected = count.totals(read, outside)
    is_eq({key: answer[key] for key in expected}, expected, name + ": every number is that of the other count")
    is_eq(listed, count.rejected, name + ": every rejected row is, with its line and reason")
    is_eq({r["reason"]: r["count"] for r in answer["rejected_why"]}, dict(count.reasons), name + ": and reasons")
    diag(name + ": %(read)d read, %(with_coordinates)d with coordinates, %(rejected)d rejected, %(duplicate)d duplicate" % answer)


def try_file(name, profile, codes, shape, code, times, place, case=None, outside=None, number=None):
    """Twice: with the residential burglaries of the file, and with all of it."""
    rows = rows_of(name)
    for title, wanted, listed in (("burglaries", code, codes), ("all rows", lambda row: True, "*;9801\n")):
        count = Count(rows, shape, wanted, times, place, case, number)
        answer, rejects = told(name, profile, listed)
        compare("%s, %s" % (name, title), answer, rejects, count, len(rows),
                len(count.places) if outside is None else outside(count.places))


# --- The files -------------------------------------------------------------------------


def denver():
    try_file("us_denver_2014_2019_sample_fromto.csv.gz",
             "date_order = mdy\nmap.code = OFFENSE_TYPE_ID\nmap.from = FIRST_OCCURRENCE_DATE\n"
             "map.to = LAST_OCCURRENCE_DATE\nmap.reported = REPORTED_DATE\nmap.longitude = GEO_LON\n"
             "map.latitude = GEO_LAT\nmap.case = INCIDENT_ID\n",
             "burglary-residence-by-force;9801\nBURGLARY-residence-no-force;9801\n*;\n", "%m/%d/%Y %I:%M:%S %p",
             lambda r: r["OFFENSE_TYPE_ID"] in ("burglary-residence-by-force", "burglary-residence-no-force"),
             lambda r: (r["FIRST_OCCURRENCE_DATE"], r["LAST_OCCURRENCE_DATE"], r["REPORTED_DATE"]),
             lambda r: (r["GEO_LON"], r["GEO_LAT"]), lambda r: r["INCIDENT_ID"])


def denver_in_feet():
    """EPSG:2232, state plane, in US survey feet."""
    try_file("us_denver_2014_2019_sample_fromto.csv.gz",
             "date_order = mdy\ncrs = 2232\nmap.code = OFFENSE_TYPE_ID\nmap.from = FIRST_OCCURRENCE_DATE\n"
             "map.to = LAST_OCCURRENCE_DATE\nmap.reported =\nmap.easting = GEO_X\nmap.northing = GEO_Y\n",
             "burglary-residence-by-force;9801\n*;\n", "%m/%d/%Y %I:%M:%S %p",
             lambda r: r["OFFENSE_TYPE_ID"] == "burglary-residence-by-force",
             lambda r: (r["FIRST_OCCURRENCE_DATE"], r["LAST_OCCURRENCE_DATE"], ""),
             lambda r: (r["GEO_X"], r["GEO_Y"]))


def vancouver():
    try_file("ca_vancouver_2020_all.csv.gz",
             "crs = 26910\nmap.code = TYPE\nmap.from = YEAR+MONTH+DAY+HOUR+MINUTE\nmap.easting = X\nmap.northing = Y\n",
             "Break and Enter Residential/Other;9801\n*;\n", "%Y %m %d %H %M",
             lambda r: r["TYPE"] == "Break and Enter Residential/Other",
             lambda r: (" ".join(r[k] for k in ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE")), "", ""),
             lambda r: (r["X"], r["Y"]))


def atlanta():
    try_file("us_atlanta_2021_2024_fromto.csv.gz",
             "date_order = mdy\nmap.code = NIBRS_Offense+LocationType\nmap.from = OccurredFromDate\n"
             "map.to = OccurredToDate\nmap.reported = ReportDate\nmap.case = IncidentNumber\n",
             "Burglary/Breaking & Entering RESIDENCE_HOME;9801\n*;\n", "%m/%d/%Y %H:%M",
             lambda r: (r["NIBRS_Offense"], r["LocationType"]) == ("Burglary/Breaking & Entering", "RESIDENCE_HOME"),
             lambda r: (r["OccurredFromDate"], r["OccurredToDate"], r["ReportDate"]),
             lambda r: (r["Longitude"], r["Latitude"]), lambda r: r["IncidentNumber"])


def saint_louis():
    """Windows-1252, a BOM, and negative counts: corrections of earlier months."""
    for name, date in (("stlouis_April2009_cp1252_crlf.csv", "DateOccured"),
                       ("stlouis_October2015_nonutf8_crlf.CSV", "DateOccur"), ("stlouis_bom_may2018.csv", "DateOccur")):
        has_case = date == "DateOccur"
        try_file(os.path.join("..", "torture", "misc", name),
                 "date_order = mdy\ncrs = 26996\nmap.code = Crime\nmap.from = %s\nmap.easting = XCoord\n"
                 "map.northing = YCoord\nmap.count = Count\n" % date + ("map.case = Complaint\n" if has_case else ""),
                 "51312;9801\n51112;9801\n51122;9802\n*;\n", "%m/%d/%Y %H:%M",
                 lambda r: r["Crime"].strip() in ("51312", "51112", "51122"), lambda r: (r[date].strip(), "", ""),
                 lambda r: (r["XCoord"].strip(), r["YCoord"].strip()), (lambda r: r["Complaint"].strip()) if has_case else None,
                 number=lambda r: r["Count"])


def torture_is_refused_in_silence():
    """Broken and strange files of others: refused with a reason, nothing quoted."""
    tried = 0
    for top, _, names in os.walk(TORTURE):
        for name in sorted(names):
            full = os.path.join(top, name)
            if "stlouis" in name or name.endswith("json") and tried >= 40:
                continue
            done = db.grannkarta("import", "incidents", full, "--dry-run", "--rejects", path("torture.csv"), check=False)
            tried += 1
            message = done.stderr.replace(TORTURE, "")
            if done.returncode not in (1, 2, 4) or "Sanitizer" in message or len(message) > 1000:
                ok(False, "%s: %d %s" % (full, done.returncode, message[-2000:]))
            if name.startswith("denver"):
                ok("none of the 19 columns was recognised" in message, "a file without a heading: its first line is not quoted")
            if name.startswith("apple"):
                ok("packed or a spreadsheet" in message, "a zip that is called .csv")
    ok(tried > 40, "%d files were tried" % tried)


def swedish_police():
    def outside(places):
        """By PostGIS: outside the area of use of EPSG:3006."""
        values = ",".join("(%s, %s)" % place for place in places)
        return int(db.value(
            "SELECT count(*) FROM (SELECT ST_Transform(ST_SetSRID(ST_Point(x, y), 4326), 3006) AS g FROM (VALUES %s)"
            " v (x, y)) t WHERE NOT ST_X(g) BETWEEN 200000 AND 1000000 OR NOT ST_Y(g) BETWEEN 6000000 AND 7800000"
            % values))

    def place(row):
        north, east = row["location_gps"].split(",")
        return east, north
    try_file("se_polisen_inbrott.csv.gz", "map.code = type\nmap.from = datetime\nmap.case = id\n",
             "Inbrott;9801\nstöld/inbrott;9801\n*;\n", "%Y-%m-%d %H:%M:%S %z",
             lambda r: r["type"] in ("Inbrott", "Stöld/inbrott"), lambda r: (r["datetime"], "", ""), place,
             lambda r: r["id"], outside)


def nothing_was_written():
    is_eq(db.query("SELECT (SELECT count(*) FROM incident), (SELECT count(*) FROM revision),"
                   " (SELECT count(*) FROM case_key)"), [["0", "0", "0"]], "the database is as it was")
    ok(not os.path.exists(path("nowhere")), "and no key was made")


if not os.path.isdir(DATA):
    print("1..0 # SKIP the real incident files are not here (%s)" % os.path.normpath(DATA))
    sys.exit(0)
folder = tempfile.TemporaryDirectory()
with Cluster() as db:
    try:
        p.import_places(db, folder.name)
        run(denver, denver_in_feet, vancouver, atlanta, saint_louis, swedish_police, torture_is_refused_in_silence,
            nothing_was_written)
    finally:
        folder.cleanup()
