#!/usr/bin/python3
"""Importing incidents by the command, against a real cluster: the counts it
tells, what is stored, and that what is refused leaves nothing behind. Expected
values follow from how the test made the file."""
import copy
import hashlib
import os
import stat
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster
from tap import contains, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()
KEYS = os.path.join(folder.name, "keys")


def path(name):
    return os.path.join(folder.name, name)


def places():
    """A fresh database with places."""
    db = cluster.new_database()
    p.import_places(db, folder.name)
    return db


def incidents(db, file, *flags, check=True, keys=KEYS):
    return db.grannkarta("--key-ring", keys, "import", "incidents", file, *flags, check=check)


def first_line(done):
    return done.stdout.splitlines()[0] if done.stdout else done.stderr


def everything(db):
    """All of the incidents, for before and after."""
    return db.query("SELECT * FROM incident ORDER BY id, revision_in") + db.query("SELECT * FROM revision ORDER BY id") \
        + db.query("SELECT * FROM case_key") + db.query("SELECT * FROM state")


def good_rows_come_in_once():
    db = places()
    file = p.write_csv(path("good.csv"), p.incidents(60))
    out = incidents(db, file)
    is_eq(first_line(out), "read 60   new 60   duplicate 0   rejected 0   unlocated 0", "all are new")
    contains(out.stdout, "moved to its cell: median", "the displacement is told")
    contains(out.stdout, "outside the municipality: 0", "and that all are in the municipality")
    through = max(r["Inskrivningsdatum"] for r in p.incidents(60))
    contains(out.stdout, "revision 1, data through " + through, "and the revision, through the latest report")
    ok(not os.path.exists(path("good.csv.rejects.csv")), "no list of rejected rows")
    with open(file, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    is_eq(db.query("SELECT rows_read, rows_new, rows_duplicate, rows_unlocated, rows_rejected, data_through,"
                   " encode(file_sha256, 'hex') FROM revision"),
          [["60", "60", "0", "0", "0", through, digest]], "the revision has the counts")
    is_eq(db.value("SELECT count(*) FROM incident WHERE cell_id IS NOT NULL AND municipality_id = (SELECT id FROM district"
                   " WHERE set_name = 'kommun') AND length(case_hash) = 32 AND lattice_version = 1"), "60", "rows are stored")
    is_eq(db.value("SELECT count(DISTINCT case_hash) FROM incident"), "60", "each with its own hash")
    # The cell of an incident is that of the square it is in, by SQL from the file.
    squares = ", ".join("(%d, %d, '%s')" % (float(r["SWEREF E"]) // 50, float(r["SWEREF N"]) // 50,
                                            r["BROTTSDATUMTID_START"][:13] + ":00") for r in p.incidents(60))
    is_eq(db.value("SELECT count(*) FROM (VALUES %s) f (e, n, t) JOIN unit u USING (e, n)"
                   " WHERE NOT EXISTS (SELECT FROM incident i WHERE i.cell_id = u.cell_id AND i.from_hour = t::timestamp)"
                   % squares), "0", "at the cell of their square")
    before = db.query("SELECT * FROM incident ORDER BY id")
    again = incidents(db, file)
    is_eq(first_line(again), "read 60   new 0   duplicate 60   rejected 0   unlocated 0", "the same again is duplicates")
    is_eq(db.query("SELECT * FROM incident ORDER BY id"), before, "and changes no incident")


def corrections_are_new_versions_of_the_row():
    db = places()
    rows = p.incidents(20)
    incidents(db, p.write_csv(path("first.csv"), rows))
    changed = copy.deepcopy(rows)
    changed[3]["BROTTSKOD"] = "0874"
    changed[4]["BROTTSDATUMTID_SLUT"] = changed[4]["BROTTSDATUMTID_SLUT"][:11] + "19:00"
    changed[5]["GATA"] = "Annangatan"  # not read
    changed[6]["DIARIENR"] = "  5000-k000006-24 "  # the same number, written otherwise
    out = incidents(db, p.write_csv(path("second.csv"), changed))
    is_eq(first_line(out), "read 20   new 0   duplicate 18   changed 2   rejected 0   unlocated 0", "two are changed")
    is_eq(db.query("SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE revision_out IS NULL) FROM incident"),
          [["22", "20", "20"]], "the old version is closed, the new one has its id")
    is_eq(db.query("SELECT o.code FROM incident i JOIN offence_code o ON o.id = i.code_id WHERE revision_in = 2"
                   " ORDER BY 1")[0], ["0874"], "with the new value")
    twice = [dict(rows[0], DIARIENR="A 1"), dict(rows[0], DIARIENR="a  1"), dict(rows[1], DIARIENR="A 1")]
    out = incidents(db, p.write_csv(path("twice.csv"), twice))
    is_eq(first_line(out), "read 3   new 1   duplicate 1   changed 1   rejected 0   unlocated 0",
          "a case that is in one file three times")
    is_eq(db.value("SELECT extract(day FROM from_hour) FROM incident WHERE revision_in = 3"), "2", "the last one counts")


def an_empty_store_is_loaded_at_once():
    """Into an empty store rows go straight; cases that come again in the file are as
    in any other import. Expected counts follow from how the file was made, and the same
    file into a store that has something gives the same rows."""
    db, other = places(), places()
    rows = p.incidents(40)
    file_rows = rows + [dict(rows[0]), dict(rows[1], Antal="2"), dict(rows[2], Antal="3"), dict(rows[2], Antal="3"),
                        dict(rows[2], Antal="1"), dict(rows[3], DIARIENR=""), dict(rows[3], DIARIENR="")]
    file = p.write_csv(path("first-load.csv"), file_rows)
    size = lambda: db.value("SELECT pg_relation_size('incident')")
    before = everything(db)
    done = incidents(db, p.write_csv(path("bad-load.csv"), file_rows + [dict(rows[9], BROTTSKOD="x")]), check=False)
    is_eq((done.returncode, everything(db), size()), (4, before, "0"),
          "a load that is refused leaves nothing, not even space")
    out = incidents(db, file)
    is_eq(first_line(out), "read 47   new 42   duplicate 2   changed 3   rejected 0   unlocated 0", "a load with repeats")
    incidents(other, p.write_csv(path("one.csv"), [dict(rows[0], DIARIENR="another")]))
    is_eq(first_line(incidents(other, file)), first_line(out), "and the same into a store with one row more")
    contents = """SELECT cell_id, municipality_id, lattice_version, from_hour, to_hour, reported, code_id, count, case_hash,
                  case_key_id, revision_out FROM incident WHERE revision_in = %d ORDER BY case_hash, from_hour"""
    is_eq(db.query(contents % 1), other.query(contents % 2), "the rows are the same")
    is_eq(db.query("SELECT count FROM incident WHERE count > 1"), [["2"]], "of a case the last row counts")
    is_eq(db.query("SELECT rows_read, rows_new, rows_duplicate, rows_changed, data_through = file_through FROM revision"),
          [["47", "42", "2", "3", "t"]], "the revision is complete")
    is_eq(first_line(incidents(db, file)), "read 47   new 0   duplicate 44   changed 3   rejected 0   unlocated 0",
          "the same file again has nothing new, and the same changes inside itself")


def a_load_of_many_repeats_is_in_pieces():
    """More repeated cases than are held back at a time (32,768)."""
    db = places()
    row = p.incidents(1)[0]
    cases = 40000
    file = p.write_csv(path("many.csv"), [])
    lines = [";".join(row[h] for h in p.HEADING[:-1]) for row in (row, dict(row, Antal="2"))]
    with open(file, "a") as f:
        for line in lines:
            f.writelines("%s;5000-K%06d-24\n" % (line, i) for i in range(cases))
        f.writelines("%s;5000-K%06d-24\n" % (lines[1], i) for i in range(cases, cases + 1000))
    is_eq(first_line(incidents(db, file)), "read 81,000   new 41,000   duplicate 0   changed 40,000   rejected 0   unlocated 0",
          "every case comes twice, and some once")
    is_eq(db.query("SELECT count, count(*), count(DISTINCT case_hash) FROM incident GROUP BY 1"), [["2", "41000", "41000"]],
          "the later row counts")


def rows_without_case_number_are_counted():
    db = places()
    row = dict(p.incidents(1)[0], DIARIENR="")
    other = dict(p.incidents(2)[1], DIARIENR="")
    is_eq(first_line(incidents(db, p.write_csv(path("plain.csv"), [row, row, other]))),
          "read 3   new 3   duplicate 0   rejected 0   unlocated 0", "two alike are two")
    is_eq(first_line(incidents(db, p.write_csv(path("plain.csv"), [row, row, row, other]))),
          "read 4   new 1   duplicate 3   rejected 0   unlocated 0", "a third is new")
    heading = [h for h in p.HEADING if h != "DIARIENR"]
    out = incidents(db, p.write_csv(path("none.csv"), [row, other], heading=heading), keys="/nonexistent")
    is_eq(first_line(out), "read 2   new 0   duplicate 2   rejected 0   unlocated 0", "without the column no key is needed")
    is_eq(db.value("SELECT count(*) FROM case_key"), "0", "and none is said to be in use")


def shapes_of_files_do_not_matter():
    db = places()
    rows = p.incidents(30)
    incidents(db, p.write_csv(path("plain.csv"), rows))

    def same(name, rows, text=None, **kwargs):
        out = incidents(db, p.write_csv(path("shape.csv"), rows, **kwargs), check=False)
        is_eq(first_line(out), "read 30   new 0   duplicate 30   rejected 0   unlocated 0", name)

    same("commas", rows, delimiter=",")
    same("tabs", rows, delimiter="\t")
    same("BOM and CRLF", rows, bom=True, newline="\r\n")
    same("lone CR", rows, newline="\r")
    same("Windows-1252", rows, encoding="cp1252")
    same("decimal comma", [dict(r, **{"SWEREF N": r["SWEREF N"].replace(".", ","),
                                      "SWEREF E": r["SWEREF E"].replace(".", ",")}) for r in rows])
    same("embedded line ends and quotes", [dict(r, GATA='Väg "7"\r\n;å') for r in rows])
    same("dates as digits, one-digit hours", [dict(r, **{
        "BROTTSDATUMTID_START": r["BROTTSDATUMTID_START"].replace(" 0", " "),
        "Inskrivningsdatum": r["Inskrivningsdatum"].replace("-", "")}) for r in rows])
    same("codes without the zero in front", [dict(r, BROTTSKOD=r["BROTTSKOD"].lstrip("0")) for r in rows])
    english = dict(zip(p.HEADING, ["code", "From", "to", "reported", "municipality", "street", "number_", "northing",
                                   "Easting", "count", "Case number"]))
    same("English names", [{english[k]: v for k, v in r.items()} for r in rows], heading=list(english.values()))
    mapped = dict(zip(p.HEADING, "ABCDEFGHIJK"))
    file = p.write_csv(path("shape.csv"), [{mapped[k]: v for k, v in r.items()} for r in rows], heading=list("ABCDEFGHIJK"))
    out = incidents(db, file, "--map", "code=A,from=B,to=C,reported=D", "--map", "northing=H,easting=I,case=K", check=False)
    is_eq(first_line(out), "read 30   new 0   duplicate 30   rejected 0   unlocated 0", "names by --map")
    for crs, flags in [(4326, ()), (3008, ("--crs", "3008")), (3021, ("--crs", "3021"))]:
        points = ",".join("(%s, %s)" % (r["SWEREF E"], r["SWEREF N"]) for r in rows)
        there = db.query("SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(ST_SetSRID(ST_Point(e, n), 3006), %d) AS g"
                         " FROM (VALUES %s) v (e, n)) t" % (crs, points))
        names = ("LONGITUDE", "LATITUDE") if crs == 4326 else ("SWEREF E", "SWEREF N")
        heading = [{"SWEREF E": names[0], "SWEREF N": names[1]}.get(h, h) for h in p.HEADING]
        moved = [dict(r, **{names[0]: "%.8f" % float(x), names[1]: "%.8f" % float(y)}) for r, (x, y) in zip(rows, there)]
        out = incidents(db, p.write_csv(path("shape.csv"), moved, heading=heading), *flags, check=False)
        is_eq(first_line(out), "read 30   new 0   duplicate 30   rejected 0   unlocated 0", "EPSG:%d" % crs)


def dirty_rows_are_listed_and_harm_nothing():
    db = places()
    rows = p.incidents(12)
    rows[1]["BROTTSKOD"] = "1201"
    rows[2]["BROTTSDATUMTID_START"] = "2024-02-30 08:00"
    rows[3]["BROTTSDATUMTID_SLUT"] = "2023-01-01 08:00"
    rows[4]["Antal"] = "Storgatan 14"
    rows[5]["SWEREF N"], rows[5]["SWEREF E"] = rows[5]["SWEREF E"], rows[5]["SWEREF N"]
    rows[6]["SWEREF N"] = rows[6]["SWEREF E"] = ""
    rows[7]["SWEREF N"] = rows[7]["SWEREF E"] = "0"
    rows[8]["SWEREF N"], rows[8]["SWEREF E"] = "9000000", "500000"
    rows[9]["SWEREF N"], rows[9]["SWEREF E"] = "%d" % (p.N0 + 30000), "%d" % (p.E0 + 30000)
    rows[10]["Inskrivningsdatum"] = "2023-12-31"
    file = p.write_csv(path("dirty.csv"), rows)
    with open(file, "a") as f:
        f.write("9801;2024-01-01\n")
    before = everything(db)
    out = incidents(db, file, check=False)
    is_eq(out.returncode, 4, "the data are refused")
    is_eq(first_line(out), "read 13   new 6   duplicate 0   rejected 7 (%s.rejects.csv)   unlocated 4" % file,
          "the whole report is printed all the same")
    contains(out.stdout, "without coordinates 2, outside Sweden 1, farther from any dwelling than 1,000 m: 1", "with reasons")
    contains(out.stderr, "--on-reject=skip", "and how to go on")
    is_eq(everything(db), before, "the database is as it was")
    with open(path("dirty.csv.rejects.csv"), encoding="utf-8") as f:
        is_eq(f.read().splitlines(), [
            "line;column;reason;value",
            '3;"BROTTSKOD";"not burglary";"1201"',
            '4;"BROTTSDATUMTID_START";"not a date from 1975 to 2099";"(16 bytes)"',
            '5;"BROTTSDATUMTID_SLUT";"it ended before it began";"2023-01-01 08:00"',
            '6;"Antal";"not a count from -9999 to 9999";"(12 bytes)"',
            '7;"SWEREF E";"the two coordinates are the wrong way round";"(11 bytes)"',
            '12;"Inskrivningsdatum";"it began after it was reported";"2023-12-31"',
            '14;"";"fewer columns than the heading";'], "the list says line, column, reason, and no place")
    is_eq(stat.S_IMODE(os.stat(path("dirty.csv.rejects.csv")).st_mode), 0o600, "only its owner reads the list")
    out = incidents(db, file, "--on-reject=skip", "--dry-run")
    contains(out.stdout, "dry run", "a dry run says so")
    is_eq(everything(db), before, "and writes nothing")
    out = incidents(db, file, "--on-reject=skip", "--data-through", "2024-06-30")
    contains(out.stdout, "revision 1, data through 2024-06-30", "the rest is taken when asked for")
    is_eq(db.query("SELECT count(*) FILTER (WHERE cell_id IS NULL), count(*), count(municipality_id) FROM incident"),
          [["4", "6", "6"]], "unlocated ones are kept, with the municipality of their column")


def a_file_in_another_crs_is_refused_with_the_one_that_fits():
    """It would be unlocated as a whole, for good: with the right CRS its cases would be known already."""
    db = places()
    points = [(float(r["SWEREF E"]), float(r["SWEREF N"])) for r in p.incidents(30)]
    values = ",".join("(%d, ST_SetSRID(ST_Point(%r, %r), 3006))" % (i, e, n) for i, (e, n) in enumerate(points))
    before = everything(db)
    for epsg, crs, looks in ((3021, "3021", "look like RT 90: --crs 3021?"),
                             (3012, "3012", "look like a local zone of SWEREF 99: --crs 3007 to 3018?"),
                             (4326, None, "look like degrees: --map latitude=COLUMN,longitude=COLUMN?")):
        rows = p.incidents(30)
        for i, x, y in db.query("SELECT i, ST_X(t), ST_Y(t) FROM (SELECT i, ST_Transform(g, %d) FROM (VALUES %s) v (i, g)) w (i, t)"
                                % (epsg, values)):
            rows[int(i)]["SWEREF E"], rows[int(i)]["SWEREF N"] = x, y
        file = p.write_csv(path("crs%d.csv" % epsg), rows)
        out = incidents(db, file, check=False)
        is_eq(out.returncode, 4, "EPSG:%d taken for 3006: exit code" % epsg)
        contains(out.stderr, "30 places are outside Sweden and nothing was imported; most places are outside Sweden and " + looks,
                 "what was found and what fits")
        contains(out.stderr, "--accept-outside-sweden", "and how it is done all the same")
        is_eq(everything(db), before, "nothing is written")
        out = incidents(db, file, "--dry-run")
        contains(out.stdout, looks, "a dry run only says so")
        if crs:
            contains(incidents(db, file, "--crs", crs, "--dry-run").stdout, "read 30   new 30   duplicate 0   rejected 0   unlocated 0",
                     "with the CRS that fits all is well")
    rows = p.incidents(30)
    for row in rows[:15]:
        row["SWEREF N"] = "9000000"
    out = incidents(db, p.write_csv(path("half.csv"), rows))
    contains(out.stdout, "outside Sweden 15", "half of them abroad are imported: most are not")
    out = incidents(db, path("crs3021.csv"), "--accept-outside-sweden")
    contains(out.stdout, "revision 2", "and all of them when told so")


def months_that_have_not_been_are_not_complete():
    """They would be published as closed, and a retention counts from the last one."""
    db = places()
    file = p.write_csv(path("future.csv"), p.incidents(30))
    tomorrow = db.value("SELECT ((now() AT TIME ZONE 'UTC')::date + 2)::text")  # whatever the zone
    for day in (tomorrow, "2204-06-30"):
        out = incidents(db, file, "--data-through", day, check=False)
        is_eq(out.returncode, 2, "data through %s are refused" % ("a day to come" if day == tomorrow else day))
        contains(out.stderr, "--data-through is %s; allowed is a day until today" % day, "and what is allowed is said")
    is_eq(db.value("SELECT count(*) FROM revision"), "0", "nothing was imported")
    yesterday = db.value("SELECT ((now() AT TIME ZONE 'UTC')::date - 1)::text")
    contains(incidents(db, file, "--data-through", yesterday).stdout, "data through " + yesterday, "yesterday is allowed")


def hopeless_files_are_refused():
    db = places()
    before = everything(db)

    def refused(name, content, reason):
        with open(path("bad.csv"), "wb") as f:
            f.write(content)
        done = incidents(db, path("bad.csv"), check=False)
        is_eq(done.returncode, 4, name + ": exit code")
        contains(done.stderr, reason, name)
        is_eq(everything(db), before, name + ": nothing is stored")

    head = ";".join(p.HEADING).encode()
    refused("empty", b"", "empty")
    refused("no heading", b"9801;2024-01-01;Storgatan 3;6210000;461000\n", "none of the 5 columns was recognised as code")
    refused("no coordinates", b"BROTTSKOD;START\n", "pair of coordinates")
    refused("an open quote", head + b'\n9801;"2024\n' * 3, "never closed")
    refused("a record of 2 MiB", head + b'\n"' + b"x" * (2 << 20), "more than 1 MiB")
    refused("2,000 columns", b";" * 2000 + b"\n", "more than 1000 columns")
    refused("UTF-16", "BROTTSKOD;START\n".encode("utf-16"), "UTF-16")
    refused("UTF-16 without its mark", "BROTTSKOD;START\n".encode("utf-16-le"), "UTF-16")
    refused("a heading and nothing else", head + b"\n", "there is no row to import")
    refused("blank rows only", head + b"\n;;;\n \n\n", "there is no row to import")
    refused("a zip", b"PK\3\4" + bytes(100), "spreadsheet")
    refused("heading twice", head + b";BROTTSKOD\n", "two columns")
    done = incidents(db, path("missing.csv"), check=False)
    contains(done.stderr, "No such file", "a file that is not there")


def wrong_keys_are_noticed_before_anything_is_written():
    db = places()
    file = p.write_csv(path("keyed.csv"), p.incidents(10))
    done = incidents(db, file, keys=path("nokeys"), check=False)
    ok(done.returncode != 0, "without a key ring there is no import")
    contains(done.stderr, "grannkarta key create", "and it says how to make one")
    incidents(db, file)
    before = everything(db)
    other = path("otherkeys")
    db.grannkarta("key", "create", "--key-ring", other)
    done = incidents(db, file, keys=other, check=False)
    is_eq(done.returncode, 4, "another key is refused")
    contains(done.stderr, "every case would be new", "and the reason said")
    is_eq(everything(db), before, "nothing is written")
    # A new key: written under it, matched under both.
    rotated = path("rotated")
    with open(KEYS, "rb") as f, open(rotated, "wb") as g:
        g.write(f.read())
    os.chmod(rotated, 0o600)
    db.grannkarta("key", "add", "--key-ring", rotated)
    rows = p.incidents(12)
    rows[2]["Antal"] = "2"
    out = incidents(db, p.write_csv(path("rotated.csv"), rows), keys=rotated)
    is_eq(first_line(out), "read 12   new 2   duplicate 9   changed 1   rejected 0   unlocated 0", "old cases are known")
    is_eq(db.query("SELECT case_key_id, count(*) FROM incident WHERE revision_out IS NULL GROUP BY 1 ORDER BY 1"),
          [["1", "9"], ["2", "3"]], "new rows are under the new key")
    is_eq(incidents(db, file, keys=KEYS, check=False).returncode, 4, "the old ring will not do any more")


def a_later_lattice_moves_nobody():
    db = places()
    rows = p.incidents(60)
    file = p.write_csv(path("stay.csv"), rows)
    incidents(db, file)
    p.write(path("later.geojson"), p.dwellings(year=2024, drop=150, extra=60))
    db.grannkarta("import", "dwellings", path("later.geojson"))
    db.grannkarta("lattice", "build")
    ok(int(db.value("SELECT count(*) FROM cell WHERE merged_version = 2")) > 0, "cells have merged")
    out = incidents(db, file)
    is_eq(first_line(out), "read 60   new 0   duplicate 60   rejected 0   unlocated 0",
          "the same file is duplicates under a new lattice too")
    changed = [dict(r, Antal="2") for r in rows]
    out = incidents(db, p.write_csv(path("stay.csv"), changed))
    is_eq(first_line(out), "read 60   new 0   duplicate 0   changed 60   rejected 0   unlocated 0", "corrections")
    is_eq(db.value("SELECT count(*) FROM incident a JOIN incident b ON b.id = a.id AND b.revision_in = a.revision_out"
                   " WHERE b.cell_id IS DISTINCT FROM cell_at(a.cell_id, 2) OR b.lattice_version <> 1"), "0",
          "stay where their first lattice put them, merges followed")


try:
    cluster.grannkarta("key", "create", "--key-ring", KEYS)
    run(good_rows_come_in_once, an_empty_store_is_loaded_at_once, a_load_of_many_repeats_is_in_pieces, corrections_are_new_versions_of_the_row, rows_without_case_number_are_counted,
        shapes_of_files_do_not_matter, dirty_rows_are_listed_and_harm_nothing,
        a_file_in_another_crs_is_refused_with_the_one_that_fits,
        months_that_have_not_been_are_not_complete, hopeless_files_are_refused, wrong_keys_are_noticed_before_anything_is_written, a_later_lattice_moves_nobody)
finally:
    cluster.__exit__()
    folder.cleanup()
