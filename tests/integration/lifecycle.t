#!/usr/bin/python3
"""Taking back and erasing, on a real cluster: revert, withdraw, retain, purge (that
nothing of it stays in files is tests/rules/rule1_erased.t). What is expected
follows from how the test made the files; the daemon is a real one."""
import copy
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import ROOT, Cluster, program
from daemon import Daemon
from fixture import analyst_token
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


def incidents(db, rows, *flags, check=True, name="rows.csv", **kwargs):
    return db.grannkarta("--key-ring", KEYS, "import", "incidents", p.write_csv(path(name), rows, **kwargs), *flags,
                         check=check)


def counts(done):
    return done.stdout.splitlines()[0]


def open_rows(db, with_id=True):
    """What counts now: everything that is stored of each incident, but by which
    revision it came."""
    return db.query("SELECT %s cell_id, municipality_id, lattice_version, from_hour, to_hour, reported, code_id, count,"
                    " case_hash FROM incident WHERE revision_out IS NULL ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
                    % ("id," if with_id else ""))


def refused(db, *command, code=4):
    """The message of a command that has to fail and to change nothing."""
    before = dump(db)
    done = db.grannkarta(*command, check=False)
    is_eq(done.returncode, code, "refused: %s" % " ".join(map(str, command)))
    is_eq(dump(db), before, "and nothing is changed")
    return done.stderr


def dump(db):
    return [db.query("SELECT * FROM %s ORDER BY 1, 2, 3" % t)
            for t in ("incident", "revision", "release", "release_cell_month", "state")]


# --- revert ---------------------------------------------------------------------


def a_reverted_import_is_as_if_it_had_not_been():
    db = places()
    rows = p.incidents(40)
    incidents(db, rows[:30], "--data-through", "2024-05-31")
    first = open_rows(db)
    second = copy.deepcopy(rows)
    second[3]["BROTTSKOD"] = "0874"
    second[4]["Antal"] = "3"
    plain = [dict(rows[0], DIARIENR=""), dict(rows[0], DIARIENR="")]
    out = incidents(db, second + plain, "--data-through", "2024-06-30")
    is_eq(counts(out), "read 42   new 12   duplicate 28   changed 2   rejected 0   unlocated 0", "an import of all kinds")
    then = open_rows(db)
    out = db.grannkarta("revert", "2").stdout
    contains(out, "revision 3 reverts revision 2: 12 incidents taken out, 2 as they were before, 0 back;"
             " data through 2024-05-31", "the revert says what it did")
    is_eq(open_rows(db), first, "the incidents are those of before")
    is_eq(db.query("SELECT kind, reverts, data_through FROM revision WHERE id = 3"), [["revert", "2", "2024-05-31"]],
          "by a revision of its own, complete through what stands")
    is_eq(db.value("SELECT count(*) FROM incident"), "46", "nothing is deleted: 30, 14 and 2 versions")
    contains(db.grannkarta("revisions").stdout, "revision 3  revert of 2", "the list has it")
    again = incidents(db, second + plain, "--data-through", "2024-06-30")
    is_eq(counts(again), counts(out_of_import(db, 2)), "the same file again counts as the first time")
    contains(again.stdout, "data through 2024-06-30", "through the same day")
    is_eq(open_rows(db), then, "and gives the same incidents, with the same numbers")


def out_of_import(db, revision):
    """The first line of the report of an import, from its row in the table."""
    class Out:
        pass
    row = db.query("SELECT rows_read, rows_new, rows_duplicate, rows_changed, rows_rejected, rows_unlocated FROM revision"
                   " WHERE id = %d" % revision)[0]
    out = Out()
    out.stdout = "read %s   new %s   duplicate %s   changed %s   rejected %s   unlocated %s" % tuple(row)
    return out


def a_revert_can_be_reverted_and_nothing_twice():
    db = places()
    rows = p.incidents(20)
    incidents(db, rows)
    changed = [dict(r, Antal="2") for r in rows[:5]] + rows[5:]
    incidents(db, changed)
    second = open_rows(db)
    db.grannkarta("revert", "2")
    message = refused(db, "revert", "2")
    contains(message, "revision 2 was reverted already, by revision 3", "not twice")
    contains(message, '"grannkarta revert 3"', "saying what undoes that")
    out = db.grannkarta("revert", "3").stdout
    contains(out, "revision 4 reverts revision 3: 0 incidents taken out, 5 as they were before, 0 back", "a revert of it")
    is_eq(open_rows(db), second, "and it is undone")
    contains(refused(db, "revert", "2"), '"grannkarta revert 4"', "the way back is the newest of them")
    db.grannkarta("revert", "4")
    out = db.grannkarta("revert", "1").stdout
    contains(out, "20 incidents taken out", "an earlier one can follow when all is as it left it")
    is_eq(open_rows(db), [], "nothing is left")
    contains(out, "data through 1969-12-31", "and no month is closed")
    contains(db.grannkarta("publish", "--through", "2024-01", check=False).stderr, "is not closed", "so none is published")
    out = db.grannkarta("revert", "6").stdout
    contains(out, "20 back; data through", "but all of it can come back")
    is_eq(counts(incidents(db, rows)), "read 20   new 0   duplicate 20   rejected 0   unlocated 0", "as it was")


def a_revert_is_refused_with_the_reason():
    db = places()
    rows = p.incidents(20)
    incidents(db, rows)
    incidents(db, [dict(r, Antal="2") for r in rows[:5]])
    incidents(db, [dict(r, Antal="3") for r in rows[:2]])
    message = refused(db, "revert", "1")
    contains(message, "5 of its incidents were changed later, last by revision 3", "changed later, by the one that is named")
    contains(refused(db, "revert", "2"), "2 of its incidents were changed later, last by revision 3", "also only some")
    contains(refused(db, "revert", "9", code=2), 'revision 9 does not exist: "grannkarta revisions" lists', "not there: the caller's mistake")
    for bad in ("0", "-1", "x", "1x", "99999999999"):
        contains(refused(db, "revert", "--", bad, code=2), "allowed is a number", "no number: " + bad)
    refused(db, "revert", code=2)
    db.execute("UPDATE revision SET erased_at = now() WHERE id = 3")
    contains(refused(db, "revert", "3"), "incidents of it were erased", "erased")
    db.execute("UPDATE revision SET erased_at = NULL, kind = 'purge' WHERE id = 3")
    contains(refused(db, "revert", "3"), "gone for good", "what erased")
    db.execute("UPDATE revision SET kind = 'import' WHERE id = 3")
    for n in ("3", "2", "1"):
        db.grannkarta("revert", n)
    is_eq(open_rows(db), [], "from the newest to the oldest all go")


def a_case_that_comes_again_stays_with_its_first_lattice():
    """Rows lie at homes; the later dwellings tear down most and build others, so
    that a place without dwellings now is nearest to another cell."""
    db = places()
    rows = p.incidents(60)
    plain = [dict(r, DIARIENR="") for r in p.incidents(50, seed=9)] * 2
    incidents(db, rows + plain)
    first = open_rows(db)
    p.write(path("later.geojson"), p.dwellings(year=2024, drop=150, extra=60))
    db.grannkarta("import", "dwellings", path("later.geojson"))
    db.grannkarta("lattice", "build")
    db.grannkarta("revert", "1")
    is_eq(open_rows(db), [], "all of it is taken back")
    with open(KEYS, "rb") as f, open(path("newer"), "wb") as g:
        g.write(f.read())
    os.chmod(path("newer"), 0o600)
    db.grannkarta("key", "add", "--key-ring", path("newer"))
    out = db.grannkarta("--key-ring", path("newer"), "import", "incidents", p.write_csv(path("again.csv"), rows + plain))
    is_eq(counts(out), "read 160   new 160   duplicate 0   rejected 0   unlocated 0", "all of it is new, under a new key")
    is_eq(db.query("SELECT DISTINCT lattice_version FROM incident WHERE revision_out IS NULL"), [["1"]],
          "located by the lattice of the first import")
    is_eq(db.value("SELECT count(*) FROM incident WHERE revision_in = 3 AND id IN (SELECT id FROM incident WHERE"
                   " revision_in = 1)"), "160", "each under its number, those without case number too")
    is_eq(db.value("SELECT count(*) FROM incident a JOIN incident b USING (id) WHERE a.revision_in = 1 AND b.revision_in = 3"
                   " AND (b.cell_id IS DISTINCT FROM cell_at(a.cell_id, 2) OR (a.from_hour, a.to_hour, a.reported, a.code_id,"
                   " a.count) IS DISTINCT FROM (b.from_hour, b.to_hour, b.reported, b.code_id, b.count))"), "0",
          "in the cells of then, merges followed, with all else the same")
    is_eq(len(first), 160, "as many as there were")
    ok(int(db.value("SELECT count(*) FROM cell WHERE merged_version = 2")) > 0, "cells have merged")


def analysts_see_a_revert_and_the_public_does_not():
    db = places()
    incidents(db, p.incidents(40), "--data-through", "2024-06-30")
    db.grannkarta("publish", "--through", "2024-06")
    with Daemon(db.conninfo()) as daemon:
        token = analyst_token(db)
        matched = lambda: daemon.get("/collections/incidents/items?limit=1", token=token)
        daemon.poll(lambda: matched().status == 200, "the analyst is let in")
        is_eq(matched().json()["numberMatched"], 40, "40 are there")
        public = daemon.get("/collections/cells/items?limit=500").body
        db.grannkarta("revert", "1")
        daemon.poll(lambda: matched().status == 200 and matched().json()["numberMatched"] == 0, "then none")
        is_eq(daemon.get("/collections/cells/items?limit=500").body, public, "the public sees its release")
        is_eq(daemon.get("/collections/cells/items?limit=5", token=token).status, 200,
              "the analysts' other answers work without any incident")


# --- withdraw --------------------------------------------------------------------


def a_withdrawn_release_gives_way_to_the_newest_that_stands():
    db = places()
    incidents(db, p.incidents(40), "--data-through", "2024-06-30")
    with Daemon(db.conninfo(), wait_ready=False) as daemon:
        cells = lambda: daemon.get("/collections/cells/items?limit=500")
        never = cells()
        is_eq(never.status, 503, "before the first release there is none")
        bodies = {}
        for n, month in ((1, "2024-04"), (2, "2024-05"), (3, "2024-06")):
            db.grannkarta("publish", "--through", month)
            daemon.poll(lambda: cells().status == 200 and
                        cells().json()["features"][0]["properties"]["period_to"].startswith(month), "release %d" % n)
            bodies[n] = cells().body
        out = db.grannkarta("withdraw", "2").stdout
        contains(out, "release 2 is withdrawn", "one in the middle")
        contains(out, "the public sees release 3", "changes nothing")
        is_eq(cells().body, bodies[3], "for the public")
        out = db.grannkarta("withdraw", "3").stdout
        contains(out, "the public sees release 1", "then the newest")
        daemon.poll(lambda: cells().body == bodies[1], "the one before is served, the same bytes as then")
        contains(refused(db, "withdraw", "3"), "release 3 was withdrawn already", "not twice")
        contains(refused(db, "withdraw", "7", code=2), "release 7 does not exist", "nor one that is not there")
        contains(refused(db, "withdraw", "3.5", code=2), "allowed is a number", "nor what is no number")
        is_eq([line.endswith("withdrawn") for line in db.grannkarta("releases").stdout.splitlines()], [True, True, False],
              "the list says which")
        out = db.grannkarta("withdraw", "1").stdout
        contains(out, "the public sees none", "the last")
        daemon.poll(lambda: cells().status == 503, "and there is none")
        volatile = lambda body: {k: v for k, v in body.json().items() if k not in ("request_id", "instance")}
        is_eq(volatile(cells()), volatile(never), "as before the first")
        db.grannkarta("publish", "--through", "2024-05")
        daemon.poll(lambda: cells().status == 200, "until the next")
        is_eq(db.value("SELECT max(id) FROM release"), "4", "which has a number of its own")


def a_release_does_not_end_before_the_one_that_stands():
    db = places()
    incidents(db, p.incidents(40), "--data-through", "2024-06-30")
    db.grannkarta("publish", "--through", "2024-05")
    message = refused(db, "publish", "--through", "2024-04")
    contains(message, "release 1 stands through 2024-05, later than 2024-04", "an earlier end is refused")
    contains(message, '"grannkarta withdraw 1"', "with advice")
    db.grannkarta("publish", "--through", "2024-05")
    db.grannkarta("withdraw", "2")
    db.grannkarta("withdraw", "1")
    contains(db.grannkarta("publish", "--through", "2024-04").stdout, "release 3", "after that it is possible")


# --- retain and purge -------------------------------------------------------------


def a_retention_keeps_the_newest_closed_months():
    """Of 40 incidents in January to June 2024, by the file; the data are complete
    through 14 June, so that May is the newest closed month."""
    db = places()
    rows = p.incidents(40)
    incidents(db, rows, "--data-through", "2024-06-14")
    db.grannkarta("publish", "--through", "2024-04")
    db.grannkarta("publish", "--through", "2024-05")
    month = lambda r: int(r["BROTTSDATUMTID_START"][5:7])
    old = [r for r in rows if month(r) < 3]
    dry = db.grannkarta("retain", "--months", 3, "--dry-run").stdout
    contains(dry, "the newest closed month is 2024-05; kept is 2024-03 and what is later", "months are counted from the newest closed")
    contains(dry, "to be erased: %d incidents in %d versions, 1 revisions that can then no longer be rebuilt, 2 releases"
             % (len(old), len(old)), "a dry run says what would go")
    contains(dry, "release 2 would give way to one of its kept months, through 2024-05", "and what would come")
    is_eq(db.value("SELECT count(*) FROM incident"), "40", "and erases nothing")
    contains(refused(db, "retain", "--months", 3, code=2), "say --yes", "nobody at a terminal: refused")
    refused(db, "retain", "--months", 0, code=2)
    kept = [db.query("SELECT %s FROM %s WHERE release_id = 2 AND month >= '2024-03-01' ORDER BY 1, 2" % (c, t)) for c, t in
            (("cell_id, month, count", "release_cell_month"),
             ("district_id, month, count, unlocated", "release_municipality_month"))]
    with Daemon(db.conninfo()) as daemon:
        cells = lambda q="": daemon.get("/collections/cells/items?limit=500" + q)
        whole = cells("&datetime=2024-03-01/2024-05-31").json()["features"]
        done = db.grannkarta("retain", "--months", 3, "--yes", "--json").stdout
        is_eq((json.loads(done)["kept_from"], json.loads(done)["release"], json.loads(done)["incidents"]),
              ("2024-03", 3, len(old)), "as JSON too")
        daemon.poll(lambda: cells().status == 200 and
                    cells("&datetime=2024-03-01/2024-05-31").headers["ETag"] and
                    daemon.operations("/readyz").json().get("release") == 3, "the new release is served")
        is_eq([f["properties"]["count"] for f in cells("&datetime=2024-03-01/2024-05-31").json()["features"]],
              [f["properties"]["count"] for f in whole], "with the same counts in the kept months")
        is_eq({f["properties"]["count"] for f in cells("&datetime=2024-01-01/2024-02-29").json()["features"]}, {None},
              "and none in those that went")
    now = [db.query("SELECT %s FROM %s WHERE release_id = 3 ORDER BY 1, 2" % (c, t)) for c, t in
           (("cell_id, month, count", "release_cell_month"),
            ("district_id, month, count, unlocated", "release_municipality_month"))]
    is_eq(now, kept, "the release has the kept months of the one before")
    is_eq(db.query("SELECT id, erased_at IS NOT NULL FROM release ORDER BY 1"), [["1", "t"], ["2", "t"], ["3", "f"]],
          "those with older months are marked")
    is_eq([db.value("SELECT count(*) FROM %s WHERE release_id < 3" % t) for t in
           ("release_cell_month", "release_municipality_month", "release_municipality_kind", "release_district",
            "release_watch_area")], ["0"] * 5, "and empty")
    is_eq(db.value("SELECT count(*) FROM incident"), str(40 - len(old)), "the incidents are gone")
    is_eq(db.value("SELECT min(from_hour)::date >= '2024-03-01' FROM incident"), "t", "all of an older month")
    contains(refused(db, "revert", "1"), "incidents of it were erased", "what showed them cannot be reverted")
    contains(refused(db, "publish", "--through", "2024-05", "--from", "2024-02"), "were erased by a retention",
             "erased months are not published as empty")
    contains(db.grannkarta("publish", "--through", "2024-05").stdout, "2024-03 to 2024-05", "kept ones are")
    contains(db.grannkarta("retain", "--months", 3, "--yes").stdout, "erased: 0 incidents", "a second time there is nothing")
    again = incidents(db, rows, "--data-through", "2024-06-14")
    contains(counts(again), "new 0   duplicate %d" % (40 - len(old)), "rows of erased months do not come in again")
    contains(again.stdout, "older than the retention (before 2024-03), not taken: %d" % len(old), "which the import says")
    is_eq(db.value("SELECT count(*) FROM incident"), str(40 - len(old)), "nor are they stored")
    done = incidents(db, old, check=False)
    is_eq(done.returncode, 4, "a file of nothing else is refused")


def versions_go_with_the_last_one():
    """Dates were corrected across the border of what is kept."""
    db = places()
    rows = p.incidents(12)
    incidents(db, rows, "--data-through", "2024-06-30")
    moved = copy.deepcopy(rows)
    for i, m in ((0, "05"), (5, "01")):  # January becomes May, June becomes January
        for c in ("BROTTSDATUMTID_START", "BROTTSDATUMTID_SLUT"):
            moved[i][c] = moved[i][c][:5] + m + moved[i][c][7:]
        moved[i]["Inskrivningsdatum"] = "2024-06-29"
    is_eq(counts(incidents(db, moved, "--data-through", "2024-06-30")),
          "read 12   new 0   duplicate 10   changed 2   rejected 0   unlocated 0", "two dates are corrected")
    moved_ids = [r[0] for r in db.query("SELECT id FROM incident WHERE revision_in = 2 ORDER BY from_hour")]
    db.grannkarta("retain", "--months", 3, "--yes")
    is_eq(db.query("SELECT id, to_char(from_hour, 'MM') FROM incident WHERE id IN (%s)" % ", ".join(moved_ids)),
          [[moved_ids[1], "05"]], "an old version of a kept case goes; a case that is old goes with its later version")
    is_eq(db.value("SELECT count(*) FROM case_key"), "1", "the key is in use")
    db.grannkarta("retain", "--months", 1, "--yes")
    plain = [dict(r, DIARIENR="") for r in p.incidents(6)]
    incidents(db, plain, "--data-through", "2024-08-31")
    db.grannkarta("retain", "--months", 1, "--yes")
    is_eq(db.query("SELECT count(*) FROM incident"), [["0"]], "all of it is old by now")
    is_eq(db.value("SELECT count(*) FROM case_key"), "0", "and a key under which nothing is stored is forgotten")


def a_release_that_is_wholly_old_leaves_none():
    db = places()
    incidents(db, p.incidents(20), "--data-through", "2024-12-31")
    db.grannkarta("publish", "--through", "2024-06")
    out = db.grannkarta("retain", "--months", 2, "--yes").stdout
    contains(out, "publish", "it says that a new one is needed")
    is_eq(db.value("SELECT release FROM state"), "0", "the public sees none")
    contains(refused(db, "withdraw", "1"), "erased", "an erased one cannot be withdrawn")


def purging_needs_the_right_keys_and_one_number():
    db = places()
    incidents(db, p.incidents(5))
    wrong = path("wrong-keys")
    if not os.path.exists(wrong):
        db.grannkarta("key", "create", "--key-ring", wrong)
    contains(refused(db, "--key-ring", wrong, "purge", "5000-K000001-24", "--yes"), "key 1", "with a wrong ring it is refused")
    for number, why in (([], "needs one case number"), (["A", "B"], "needs one case number"), ([" "], "is empty")):
        contains(refused(db, "--key-ring", KEYS, "purge", *number, "--yes", code=2), why, "%r: %s" % (number, why))
    with open(path("two.txt"), "w") as f:
        f.write("5000-K000001-24\n5000-K000002-24\n")
    message = refused(db, "--key-ring", KEYS, "purge", "--case-file", path("two.txt"), "--yes", code=2)
    contains(message, "more than one line", "two numbers are refused")
    ok("K00000" not in message, "without saying them")
    refused(db, "--key-ring", KEYS, "purge", "--case-file", path("two.txt"), "5000-K000001-24", "--yes", code=2)
    contains(refused(db, "--key-ring", KEYS, "purge", "--case-file", path("none.txt"), "--yes", code=1), "No such file", "no file")
    contains(refused(db, "--key-ring", KEYS, "purge", "9-9", "--yes", code=2), "is not there", "a case that is not stored")
    contains(refused(db, "--key-ring", KEYS, "purge", "5000-K000001-24", code=2), "say --yes", "nobody to be asked")
    before = dump(db)
    with open(path("one.txt"), "wb") as f:
        f.write(b"\xef\xbb\xbf 5000-k000001-24\r\n")
    out = db.grannkarta("--key-ring", KEYS, "purge", "--case-file", path("one.txt"), "--dry-run")
    contains(out.stdout, "the case is there, in 1 versions", "a dry run looks")
    is_eq(dump(db), before, "and erases nothing")
    db.grannkarta("--key-ring", KEYS, "purge", "--case-file", path("one.txt"), "--yes")
    is_eq(db.value("SELECT count(*) FROM incident"), "4", "then it goes")
    is_eq(counts(incidents(db, p.incidents(5))), "read 5   new 1   duplicate 4   rejected 0   unlocated 0",
          "a file that has it brings it back")


def a_terminal_is_asked():
    """The command on a terminal of its own: only "yes" erases."""
    import pty
    db = places()
    incidents(db, p.incidents(30), "--data-through", "2024-06-30")
    for answer, code, left in (("no", 1, "30"), ("y", 1, "30"), ("yes", 0, "5")):
        master, slave = pty.openpty()
        process = subprocess.Popen([program("grannkarta"), "--database", db.conninfo(), "retain", "--months", "1"],
                                   stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        os.write(master, answer.encode() + b"\n")
        out, err = process.communicate()
        os.close(master)
        os.close(slave)
        is_eq(process.returncode, code, "%s: exit code" % answer)
        contains(err, "25 incidents and 0 releases with months before 2024-06 will be erased", "it asks")
        is_eq(db.value("SELECT count(*) FROM incident"), left, "%s: %s are left" % (answer, left))


def every_command_of_the_guide_works():
    """The sh blocks of the guide's section, in order, as they stand."""
    with open(os.path.join(ROOT, "deploy", "README.md"), encoding="utf-8") as f:
        section = f.read().split("## Taking back and erasing\n")[1].split("\n## ")[0]
    commands = [l for block in re.findall(r"```sh\n(.*?)```", section, re.S) for l in block.strip().split("\n")]
    ok(len(commands) >= 8, "%d commands" % len(commands))
    db = places()
    rows = p.incidents(40)
    incidents(db, rows[:30], "--data-through", "2024-06-30")
    incidents(db, rows, "--data-through", "2024-06-30")
    db.grannkarta("publish", "--through", "2024-04")
    db.grannkarta("publish", "--through", "2024-06")
    with open(path("case.txt"), "w") as f:
        f.write(rows[5]["DIARIENR"] + "\n")
    for command in commands:
        words = command.split()
        is_eq(words[0], "grannkarta", command)
        done = subprocess.run([program("grannkarta"), "--database", db.conninfo(), "--key-ring", KEYS, *words[1:]],
                              cwd=folder.name, capture_output=True, text=True)
        is_eq((done.returncode, done.stderr), (0, ""), "works: " + command)


try:
    cluster.grannkarta("key", "create", "--key-ring", KEYS)
    run(a_reverted_import_is_as_if_it_had_not_been, a_revert_can_be_reverted_and_nothing_twice,
        a_revert_is_refused_with_the_reason, a_case_that_comes_again_stays_with_its_first_lattice,
        analysts_see_a_revert_and_the_public_does_not, a_withdrawn_release_gives_way_to_the_newest_that_stands,
        a_release_does_not_end_before_the_one_that_stands, a_retention_keeps_the_newest_closed_months,
        versions_go_with_the_last_one, a_release_that_is_wholly_old_leaves_none,
        purging_needs_the_right_keys_and_one_number, a_terminal_is_asked, every_command_of_the_guide_works)
finally:
    cluster.__exit__()
    folder.cleanup()
