#!/usr/bin/python3
"""Taking things back, on a real cluster: revert and withdraw. What is expected
follows from how the test made the files; the daemon is a real one."""
import copy
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster
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
    return [db.query("SELECT * FROM %s ORDER BY 1, 2" % t)
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
    contains(refused(db, "revert", "9"), "revision 9 does not exist", "not there")
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
        contains(refused(db, "withdraw", "7"), "release 7 does not exist", "nor one that is not there")
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


try:
    cluster.grannkarta("key", "create", "--key-ring", KEYS)
    run(a_reverted_import_is_as_if_it_had_not_been, a_revert_can_be_reverted_and_nothing_twice,
        a_revert_is_refused_with_the_reason, a_case_that_comes_again_stays_with_its_first_lattice,
        analysts_see_a_revert_and_the_public_does_not, a_withdrawn_release_gives_way_to_the_newest_that_stands,
        a_release_does_not_end_before_the_one_that_stands)
finally:
    cluster.__exit__()
    folder.cleanup()
