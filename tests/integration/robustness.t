#!/usr/bin/python3
"""Imports that are cut off: by Ctrl-C, by kill -9 of the command or of its session
in the server, by a full disk; and two at once. The database is then as it was
before, or as it is after the whole import, and nothing between; and the same
command again gives what it would have given the first time. Moments are spread
over the run by a fixed seed."""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster, Database, program
from tap import contains, diag, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()
KEYS = os.path.join(folder.name, "keys")
TRIALS = 36


def path(name):
    return os.path.join(folder.name, name)


def prepare():
    """A database with places and a first import, to be copied, and a file of many
    rows: new ones, corrections, duplicates, some without case number, some bad."""
    cluster.grannkarta("key", "create", "--key-ring", KEYS)
    base = cluster.new_database("base")
    p.import_places(base, folder.name)
    rows = p.incidents(2500)
    finish(base, p.write_csv(path("first.csv"), rows[:400]))
    rows[7]["Antal"] = "5"
    for i in range(500, 700):
        rows[i]["DIARIENR"] = ""
    rows[900]["BROTTSKOD"] = "1201"
    rows[901]["Antal"] = "många"
    p.write_csv(path("rows.csv"), rows)


def fresh():
    """A copy of the prepared database."""
    cluster.databases += 1
    name = "copy_%d" % cluster.databases
    Database(cluster, "postgres").execute("CREATE DATABASE %s TEMPLATE base OWNER grannkarta_owner" % name)
    Database(cluster, "postgres").execute(
        "GRANT CONNECT ON DATABASE %s TO grannkarta_admin, grannkarta_importer;"
        "GRANT TEMPORARY ON DATABASE %s TO grannkarta_importer" % (name, name))
    return Database(cluster, name)


def command(db, file):
    return [program("grannkarta"), "--database", db.conninfo(), "--key-ring", KEYS, "import", "incidents", file,
            "--on-reject=skip", "--data-through", "2024-06-30"]


def finish(db, file, code=0):
    done = subprocess.run(command(db, file), capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def tables(db):
    """Every table of ours, row by row."""
    names = [r[0] for r in db.query("SELECT tablename FROM pg_tables WHERE schemaname = 'grannkarta' ORDER BY 1")]
    return db.query("".join("SELECT '%s', md5(string_agg(t::text, '|' ORDER BY t::text)), count(*) FROM %s t;" % (n, n)
                            for n in names if n not in ("lattice_cell", "dwelling", "unit", "cell", "district_cell")))


def content(db):
    """What an import means: its incidents, without numbers and times, and counts."""
    return db.query("SELECT cell_id, from_hour, to_hour, reported, code_id, count, case_hash, revision_in, revision_out"
                    " FROM incident ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9") + \
        db.query("SELECT id, rows_read, rows_new, rows_duplicate, rows_changed, rows_rejected, data_through FROM revision")


def quiet(db):
    """Waits until the server has noticed that the command is gone."""
    while True:
        try:
            if db.value("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'grannkarta%'") == "0":
                return
        except Exception:  # the server is starting again
            pass
        time.sleep(0.02)


def rejects():
    name = path("rows.csv.rejects.csv")
    if not os.path.exists(name):
        return None
    with open(name, "rb") as f:
        return f.read()


def an_import_that_is_cut_off_leaves_all_or_nothing():
    db = fresh()
    started = time.monotonic()
    finish(db, path("rows.csv"))
    whole_s = time.monotonic() - started
    after, whole_list = content(db), rejects()
    ok(whole_list is not None and whole_list.count(b"\n") == 3, "an import that is let be has a list of two bad rows")
    rng = random.Random(1)
    db, before, outcomes, wrong = fresh(), None, {"before": 0, "after": 0}, []
    before = tables(db)
    for trial in range(TRIALS):
        if os.path.exists(path("rows.csv.rejects.csv")):
            os.unlink(path("rows.csv.rejects.csv"))
        number = signal.SIGKILL if trial % 3 else signal.SIGINT
        process = subprocess.Popen(command(db, path("rows.csv")), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Spread over the run, a little beyond its end.
        time.sleep(whole_s * 1.1 * (trial + rng.random()) / TRIALS)
        process.send_signal(number)
        process.wait()
        quiet(db)
        if tables(db) == before:
            outcomes["before"] += 1
        elif content(db) == after:
            outcomes["after"] += 1
            db = fresh()
            before = tables(db)
        else:
            wrong.append(trial)
        if rejects() not in (None, whole_list):
            wrong.append("list of %d" % trial)
    is_eq(wrong, [], "%d times: all or nothing, and a list of bad rows is whole" % TRIALS)
    diag("as before %(before)d times, whole %(after)d times" % outcomes)
    ok(outcomes["before"] > TRIALS // 3, "most were cut off in the middle")
    is_eq(db.value("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                   " WHERE n.nspname LIKE 'pg_temp%'"), "0", "no temporary table is left")
    finish(db, path("rows.csv"))
    is_eq(content(db), after, "and the same command again gives the same result")


def a_session_that_is_killed_in_the_server_leaves_nothing():
    reference = fresh()
    finish(reference, path("rows.csv"))
    after = content(reference)
    db = fresh()
    before, rng, killed = tables(db), random.Random(2), 0
    for trial in range(6):
        process = subprocess.Popen(command(db, path("rows.csv")), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        pid = None
        while pid is None and process.poll() is None:
            found = db.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'grannkarta import incidents'"
                             " AND datname = '%s'" % db.name)
            pid = int(found[0][0]) if found else None
        time.sleep(0.05 * trial * rng.random())
        if process.poll() is None and pid:
            try:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                pass
        _, err = process.communicate()
        quiet(db)
        now = tables(db)
        if process.returncode == 0:
            is_eq(content(db), after, "it was quicker: all of it is there")
            db = fresh()
            before = tables(db)
        else:
            is_eq(process.returncode, 3, "the database's failure: exit code 3")
            is_eq(now, before, "nothing is changed")
    ok(killed >= 3, "%d sessions were killed" % killed)
    finish(db, path("rows.csv"))
    is_eq(content(db), after, "then the same import gives the same result")


def two_imports_at_once_are_one_after_the_other():
    rows = p.incidents(1200, seed=5)
    a = p.write_csv(path("a.csv"), rows[:800])
    b = p.write_csv(path("b.csv"), [dict(r, Antal="2") for r in rows[400:]])
    state = lambda db: db.query("SELECT cell_id, from_hour, to_hour, code_id, count, case_hash FROM incident"
                                " WHERE revision_out IS NULL ORDER BY 1, 2, 3, 4, 5, 6")
    serial = []
    for order in ((a, b), (b, a)):
        db = fresh()
        for file in order:
            finish(db, file)
        serial.append(state(db))
    ok(serial[0] != serial[1], "the order matters for these files")
    for _ in range(3):
        db = fresh()
        both = [subprocess.Popen(command(db, file), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for file in (a, b)]
        said = [q.communicate() for q in both]
        is_eq([q.returncode for q in both], [0, 0], "both succeed")
        ok(state(db) in serial, "the result is that of one after the other")
        is_eq(db.query("SELECT id, kind FROM revision ORDER BY 1"), [["1", "import"], ["2", "import"], ["3", "import"]],
              "each is a revision")
        ok(all("revision " in out for out, _ in said), "and says which")


def a_full_disk_leaves_everything_as_it_was():
    """The database on a small file system of its own, with next to nothing free."""
    disk = path("disk")
    os.mkdir(disk)
    mounted = os.getuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk], capture_output=True).returncode == 0
    if not mounted:
        ok(True, "a full disk # SKIP mounting a small file system is not allowed here")
        return
    try:
        owner = os.stat(os.path.join(cluster.home, "data"))
        for name in (folder.name, disk):
            os.chmod(name, 0o755)
        os.chown(disk, owner.st_uid, owner.st_gid)
        server = Database(cluster, "postgres")
        server.execute("CREATE TABLESPACE small LOCATION '%s'" % disk)
        server.execute("CREATE DATABASE full_disk TEMPLATE base OWNER grannkarta_owner TABLESPACE small")
        server.execute("GRANT CONNECT ON DATABASE full_disk TO grannkarta_admin, grannkarta_importer;"
                       "GRANT TEMPORARY ON DATABASE full_disk TO grannkarta_importer")
        db = Database(cluster, "full_disk")
        big = p.write_csv(path("big.csv"), p.incidents(6000, seed=8))
        before = tables(db)
        with open(os.path.join(disk, "filler"), "wb") as f:
            free = shutil.disk_usage(disk).free
            ok(free > 4 << 20, "the database is there, with %d MiB free" % (free >> 20))
            f.write(b"\0" * (free - (200 << 10)))
        done = finish(db, big, 3)
        contains(done.stderr, "No space left on device", "the command says that the disk is full")
        ok("/" not in done.stderr.split("could not")[-1] or folder.name not in done.stderr, "and nothing of the rows")
        ok("5000-K" not in done.stdout + done.stderr, "no case number")
        is_eq(tables(db), before, "everything is as it was")
        os.unlink(os.path.join(disk, "filler"))
        finish(db, big)
        is_eq(db.value("SELECT rows_read FROM revision WHERE id = 2"), "6000", "with space it goes")
        server.execute("DROP DATABASE full_disk; ")
        server.execute("DROP TABLESPACE small")
    finally:
        cluster.stop()
        subprocess.run(["umount", "-l", disk])


try:
    prepare()
    run(an_import_that_is_cut_off_leaves_all_or_nothing, a_session_that_is_killed_in_the_server_leaves_nothing,
        two_imports_at_once_are_one_after_the_other, a_full_disk_leaves_everything_as_it_was)
finally:
    cluster.__exit__()
    folder.cleanup()
