#!/usr/bin/python3
"""Rule 1, its end: what was erased is in no file of the server any more.

A case is purged and months are retained away; then every byte of the cluster
(tables, indexes, statistics, WAL, the WAL archive cleaned as deploy/README.md says,
temporary files, a server log of every statement) is searched for the hashes of the
cases under each key (computed here, from the key file), for the hours of their rows
and for the counts of a release, as PostgreSQL stores them. Before that the same
search has to find all of it, in tables, statistics, WAL and archive."""
import datetime
import hashlib
import hmac
import os
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster, program
from tap import contains, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
KEYS = os.path.join(folder.name, "keys")
EPOCH = datetime.datetime(2000, 1, 1)


def path(name):
    return os.path.join(folder.name, name)


def keys():
    """The ring, oldest key first."""
    with open(KEYS) as f:
        return [bytes.fromhex(l.split()[2]) for l in f if l.strip() and not l.startswith("#")]


def case_hash(number, key):
    """As DESIGN has it: HMAC-SHA256 of the number in capitals, white space made one."""
    return hmac.new(key, " ".join(number.upper().split()).encode(), hashlib.sha256).digest()


def hours(row):
    """from_hour and to_hour as they stand side by side in a row of the table."""
    at = [datetime.datetime.strptime(row[c][:13], "%Y-%m-%d %H") for c in ("BROTTSDATUMTID_START", "BROTTSDATUMTID_SLUT")]
    return b"".join(struct.pack("<q", (t - EPOCH) // datetime.timedelta(microseconds=1)) for t in at)


def rows():
    """60 cases of January to June 2024; each with hours of its own."""
    made = p.incidents(60)
    for i, row in enumerate(made):
        day = row["BROTTSDATUMTID_START"][:10]
        row["BROTTSDATUMTID_START"] = "%s %02d:00" % (day, i % 12)
        row["BROTTSDATUMTID_SLUT"] = "%s %02d:00" % (day, 12 + i // 6)
        row["Antal"] = str(4000 + i)  # an unusual count, for the rows of the release
    return made


def files(top):
    for directory, _, names in os.walk(top):
        for name in names:
            full = os.path.join(directory, name)
            if os.path.isfile(full) and not os.path.islink(full):
                with open(full, "rb") as f:
                    yield full, f.read()


def search(top, needles):
    """Which needle is in which kind of file: {name: {kind, ...}}."""
    found = {}
    for full, content in files(top):
        kind = "wal" if "/pg_wal/" in full else "archive" if "/archive/" in full else "log" if full.endswith("/log") \
            else os.path.relpath(full, top)
        for name, needle in needles.items():
            if needle in content:
                found.setdefault(name, set()).add(kind)
    return found


class Server:
    """A cluster that archives its WAL, with two keys, places, and one import under
    each key."""

    def __init__(self, recycles=False, archives=True):
        self.recycles, self.archives = recycles, archives

    def __enter__(self):
        self.db = db = Cluster().__enter__()
        try:
            self.prepare()
        except BaseException:
            db.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.db.__exit__()

    def prepare(self):
        db = self.db
        self.archive = os.path.join(db.home, "archive")
        os.mkdir(self.archive, 0o700)
        if os.getuid() == 0:
            owner = os.stat(os.path.join(db.home, "data"))
            os.chown(self.archive, owner.st_uid, owner.st_gid)
        if self.archives:
            db.execute("ALTER SYSTEM SET archive_mode = on; ALTER SYSTEM SET archive_command = 'cp %%p \"%s/%%f\"'"
                       % self.archive)
        if self.recycles:
            db.execute("ALTER SYSTEM SET wal_recycle = on; ALTER SYSTEM SET min_wal_size = '160MB'")
        db.stop()
        db.start()
        if os.path.exists(KEYS):
            os.unlink(KEYS)
        db.grannkarta("key", "create", "--key-ring", KEYS)
        p.import_places(db, folder.name)
        # Everything that a server can be told to log, with values.
        db.execute("ALTER SYSTEM SET log_statement = 'all'; ALTER SYSTEM SET log_parameter_max_length = -1;"
                   "ALTER SYSTEM SET log_parameter_max_length_on_error = -1; SELECT pg_reload_conf()")
        self.rows = rows()
        self.imported(self.rows[:40])
        db.grannkarta("key", "add", "--key-ring", KEYS)
        self.imported(self.rows[20:])
        corrected = [dict(self.rows[0], BROTTSKOD="0874"), dict(self.rows[59], BROTTSKOD="0874")]
        self.imported(corrected)
        db.grannkarta("publish", "--through", "2024-06")
        db.execute("ANALYZE; CHECKPOINT; SELECT pg_switch_wal(); CHECKPOINT")

    def imported(self, rows):
        return self.db.grannkarta("--key-ring", KEYS, "import", "incidents", p.write_csv(path("rows.csv"), rows),
                                  "--data-through", "2024-06-30")

    def grannkarta(self, *arguments, **kwargs):
        return self.db.grannkarta("--key-ring", KEYS, *arguments, check=False, **kwargs)

    def hashes(self, indexes):
        """Needles of cases: the hash that is stored, by the key of their import."""
        stored = set(self.db.query("SELECT encode(case_hash, 'hex') FROM incident")[i][0]
                     for i in range(int(self.db.value("SELECT count(*) FROM incident"))))
        found = {}
        for i in indexes:
            for k, key in enumerate(keys()):
                digest = case_hash(self.rows[i]["DIARIENR"], key)
                if digest.hex() in stored:
                    found.update({"hash of case %d under key %d" % (i, k + 1): digest})
        return found

    def clean_archive(self, output):
        """As deploy/README.md says: what the command named as the last segment."""
        last = re.search(r"archive .* holds it up to segment ([0-9A-F]{24})", output)[1]
        keep = "%s%08X%08X" % (last[:8], int(last[8:16], 16), int(last[16:], 16) + 1)
        done = subprocess.run(["/usr/lib/postgresql/%s/bin/pg_archivecleanup" % self.version(), self.archive, keep])
        return done.returncode

    def version(self):
        return int(self.db.value("SHOW server_version_num")) // 10000

    def statistics(self):
        """Files of the planner's statistics and what they have in line elsewhere."""
        return {"data/" + r[0] for r in self.db.query(
            "SELECT pg_relation_filepath(c) FROM unnest(ARRAY['pg_statistic'::regclass,"
            " (SELECT reltoastrelid FROM pg_class WHERE relname = 'pg_statistic')]) c")}

    def table(self):
        return "data/" + self.db.value("SELECT pg_relation_filepath('grannkarta.incident')")


def a_purged_case_is_in_no_file():
    with Server() as server:
        db = server.db
        gone, kept = server.hashes([0, 59]), server.hashes([1, 58])
        ok({"hash of case 0 under key 1", "hash of case 59 under key 2"} <= set(gone), "hashes are as computed here")
        needles = dict(gone, **{"hours of case 0": hours(server.rows[0]), "hours of case 59": hours(server.rows[59])})
        for name, digest in gone.items():
            needles[name + " in hex"] = digest.hex().encode()
        with open(path("rows.csv"), "rb") as f:
            needles["hash of the file"] = hashlib.sha256(f.read()).digest()
        before = search(db.home, needles)
        for name in list(gone) + ["hours of case 0", "hours of case 59", "hash of the file"]:
            ok({"wal", "archive"} & before.get(name, set()) == {"wal", "archive"} or
               "archive" in before.get(name, set()), "before: the archive has the " + name)
            if name != "hash of the file":
                ok(server.table() in before.get(name, set()), "and the table")
        ok(any(server.statistics() & kinds for kinds in before.values()), "the statistics have some of them")
        said = ""
        done = server.grannkarta("purge", "--case-file", "-", "--yes", input="  5000-k000000-24 \n")
        said += done.stdout + done.stderr
        is_eq(done.returncode, 0, "one case is purged, of the older key, in two versions")
        contains(done.stdout, "the case is erased, 2 versions of it; 3 revisions", "which it says")
        done = server.grannkarta("purge", "5000-K000059-24", "--yes")
        is_eq(done.returncode, 0, "another, given as an argument, of the newer key")
        contains(done.stdout, "2 versions of it; 1 revisions", "only those are marked that showed it and were whole")
        contains(done.stdout, "releases stay as they are", "the release is spoken of")
        contains(done.stdout, "grannkarta withdraw 1", "with advice")
        said += done.stdout + done.stderr
        is_eq(server.clean_archive(done.stdout), 0, "the archive is cleaned as it is documented")
        db.execute("ANALYZE")
        after = search(db.home, dict(needles, **{"case number": b"K000059", "case number in small": b"k000000"}))
        is_eq(after, {}, "nothing of them is in any file")
        found = search(db.home, kept)
        ok(all(server.table() in found.get(name, set()) for name in kept) and len(kept) >= 2, "of other cases the table has all")
        ok(not any(n.decode() in said for k, n in needles.items() if "hex" in k) and "K0000" not in said.upper(),
           "the command said neither number nor hash")
        is_eq(db.query("SELECT id, kind, erased_at IS NOT NULL, file_sha256 IS NULL, scrubbed_at IS NOT NULL FROM revision"
                       " ORDER BY 1"),
              [["1", "import", "t", "t", "f"], ["2", "import", "t", "t", "f"], ["3", "import", "t", "t", "f"],
               ["4", "purge", "t", "t", "t"], ["5", "purge", "f", "t", "t"]], "revisions are marked")
        is_eq(db.value("SELECT sum(count) FROM release_cell_month"), str(sum(4000 + i for i in range(60))),
              "the release is as it was")
        with open(os.path.join(db.home, "log"), "rb") as f:
            ok(b"purge_hash" in f.read(), "the log has the statements")


def retained_months_are_in_no_file():
    with Server() as server:
        db = server.db
        old = [i for i in range(60) if i % 6 < 3]  # January to March
        gone = server.hashes(old)
        needles = dict(gone, **{"hours of case %d" % i: hours(server.rows[i]) for i in old})
        cells = db.query("SELECT cell_id, month - DATE '2000-01-01', count FROM release_cell_month WHERE month < '2024-04-01'")
        for cell, month, count in cells:
            needles["release: %s %s" % (cell, month)] = struct.pack("<iiii", 1, int(cell), int(month), int(count))
        ok(len(cells) > 10 and len(gone) >= 30, "%d cells and %d hashes are to go" % (len(cells), len(gone)))
        before = search(db.home, needles)
        missing = [n for n in needles if "archive" not in before.get(n, ())]
        is_eq(missing, [], "before: the archive has all of them")
        release_before = db.query("SELECT cell_id, month, count FROM release_cell_month WHERE month >= '2024-04-01' ORDER BY 1, 2")
        done = server.grannkarta("retain", "--months", "3", "--yes")
        is_eq(done.returncode, 0, "three months are kept")
        contains(done.stdout, "kept is 2024-04 and what is later", "which it says")
        contains(done.stdout, "erased: 30 incidents in 31 versions", "and how many go")
        contains(done.stdout, "the WAL archive (archive_mode is on) holds it up to segment", "and what still holds it")
        is_eq(server.clean_archive(done.stdout), 0, "the archive is cleaned as it is documented")
        is_eq(search(db.home, needles), {}, "nothing of them is in any file")
        kept = server.hashes([i for i in range(60) if i % 6 >= 3])
        ok(len(search(db.home, kept)) == len(kept) > 25, "all others are")
        is_eq(db.query("SELECT cell_id, month, count FROM release_cell_month WHERE release_id = 2 ORDER BY 1, 2"),
              release_before, "the new release says of the kept months what the old one said")
        is_eq(db.query("SELECT count(*) FROM release_cell_month WHERE release_id = 1"), [["0"]], "which is empty")


def segments_that_the_server_keeps_for_later_use_are_overwritten():
    with Server(recycles=True, archives=False) as server:
        db = server.db
        needle = server.hashes([3])
        wal = os.path.join(db.home, "data", "pg_wal")
        for _ in range(8):
            here = db.value("SELECT pg_walfile_name(pg_current_wal_lsn())")
            ahead = [f for f, content in files(wal)
                     if os.path.basename(f) > here and any(n in content for n in needle.values())]
            if ahead:
                break
            server.imported(server.rows[:12])  # the hashes are in the WAL again
            db.execute("SELECT pg_switch_wal(); CHECKPOINT")
        ok(len(ahead) > 0, "before: a segment that was renamed for later use has the hash (%d of them)" % len(ahead))
        done = server.grannkarta("purge", "5000-K000003-24", "--yes")
        is_eq(done.returncode, 0, "the case is purged")
        contains(done.stdout, "is gone from the server", "and the WAL is said to be clean")
        is_eq(search(db.home, needle), {}, "nothing is found")


def what_still_holds_it_is_said():
    with Server(archives=False) as server:
        db = server.db
        needle = server.hashes([2])
        # A session that began before and still sees the row.
        reader = subprocess.Popen(["psql", "-XqAt", "-d", db.conninfo("postgres")], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        reader.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class WHERE relname = 'incident_case';\n")
        reader.stdin.flush()
        is_eq(reader.stdout.readline(), "1\n", "a session looks on")
        done = server.grannkarta("purge", "5000-K000002-24", "--yes", "--wait", "0")
        is_eq(done.returncode, 4, "purged, but not out of the files: another exit code")
        contains(done.stdout, "the case is erased", "it is erased")
        contains(done.stdout, "still kept: in the tables' files, because a session", "and why it is still there")
        ok(search(db.home, needle), "which is true")
        reader.stdin.write("ROLLBACK; BEGIN; SELECT count(*) FROM grannkarta.incident;\n")
        reader.stdin.flush()
        reader.stdout.readline()
        done = server.grannkarta("retain", "--months", "1200", "--yes", "--wait", "0")
        contains(done.stdout, "because a session has one of the tables open", "nor while one has the table open")
        is_eq(done.returncode, 4, "with the same exit code")
        reader.stdin.write("ROLLBACK;\n")
        reader.stdin.close()
        reader.wait()
        is_eq(db.value("SELECT count(*) FROM incident WHERE encode(case_hash, 'hex') = '%s'"
                       % list(needle.values())[0].hex()), "0", "the row is gone all the same")
        done = server.grannkarta("retain", "--months", "1200", "--yes")
        contains(done.stdout, "it is done now", "the next retain finishes it")
        is_eq(done.returncode, 0, "and says so")
        is_eq(search(db.home, needle), {}, "nothing is found")
        # A replication slot keeps WAL.
        db.execute("SELECT pg_create_physical_replication_slot('standby', true)")
        needle = server.hashes([4])
        db.execute("UPDATE grannkarta.revision SET scrubbed_at = scrubbed_at; SELECT pg_switch_wal()")
        done = server.grannkarta("purge", "5000-K000004-24", "--yes", "--wait", "0")
        is_eq(done.returncode, 4, "a slot keeps WAL")
        ok(re.search(r"still kept: WAL before \S+, in \d+ files, for replication slots", done.stdout), "which is said")
        db.execute("SELECT pg_drop_replication_slot('standby')")
        is_eq(server.grannkarta("retain", "--months", "1200", "--yes").returncode, 0, "without it the WAL goes")
        is_eq(search(db.home, needle), {}, "and all of it")
        # A server that was set up before these commands: no right to end WAL.
        db.execute("REVOKE EXECUTE ON FUNCTION pg_switch_wal() FROM grannkarta_owner")
        done = server.grannkarta("purge", "5000-K000005-24", "--yes")
        is_eq(done.returncode, 4, "without the rights")
        contains(done.stdout, "run deploy/setup-database again", "it says what to do")
        db.setup("grannkarta")
        is_eq(server.grannkarta("retain", "--months", "1200", "--yes").returncode, 0, "and then it can")


def the_number_is_not_in_the_process_list():
    with Server(archives=False) as server:
        db = server.db
        lock = subprocess.Popen(["psql", "-XqAt", "-d", db.conninfo("postgres")], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        lock.stdin.write("BEGIN; SELECT 1 FROM grannkarta.state FOR UPDATE;\n")
        lock.stdin.flush()
        is_eq(lock.stdout.readline(), "1\n", "the command will have to wait")
        purge = subprocess.Popen([program("grannkarta"), "--database", db.conninfo(), "--key-ring", KEYS, "purge",
                                  "5000-K000001-24", "--yes"], stdout=subprocess.PIPE, text=True)
        while db.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'grannkarta purge'"
                       " AND wait_event_type = 'Lock'") == "0":
            assert purge.poll() is None, "it does not wait"
        with open("/proc/%d/cmdline" % purge.pid, "rb") as f:
            line = f.read()
        ok(b"purge" in line, "the process list has the command")
        ok(b"K000001" not in line, "and not the case number")
        query = db.value("SELECT string_agg(query, ' ') FROM pg_stat_activity")
        ok("K000001" not in query and case_hash("5000-K000001-24", keys()[0]).hex() not in query, "nor has the server's")
        lock.stdin.close()
        lock.wait()
        is_eq(purge.wait(), 0, "then it is purged")
        purge.stdout.close()


run(a_purged_case_is_in_no_file, retained_months_are_in_no_file, segments_that_the_server_keeps_for_later_use_are_overwritten,
    what_still_holds_it_is_said, the_number_is_not_in_the_process_list)
