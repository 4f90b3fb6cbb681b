#!/usr/bin/python3
"""Case numbers under several keys: rotation, rings that lack a key or have another
of the same number, files that others may read. What is counted follows from the
files; hashes are computed here from the key file."""
import hashlib
import hmac
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster, program
from tap import contains, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()


def path(name):
    return os.path.join(folder.name, name)


def key(word, ring):
    return subprocess.run([program("grannkarta"), "--key-ring", ring, "key", word], capture_output=True, text=True)


def lines(ring):
    with open(ring) as f:
        return f.read().splitlines()


def write(ring, content):
    with open(ring, "w") as f:
        f.write("\n".join(content) + "\n")
    os.chmod(ring, 0o600)
    return ring


def incidents(db, rows, ring):
    return db.grannkarta("--key-ring", ring, "import", "incidents", p.write_csv(path("rows.csv"), rows), check=False)


def first(done):
    return done.stdout.splitlines()[0] if done.stdout else done.stderr


def cases_are_known_under_three_keys():
    db = cluster.new_database()
    p.import_places(db, folder.name)
    ring, rows = path("ring"), p.incidents(40)
    key("create", ring)
    is_eq(first(incidents(db, rows[:10], ring)), "read 10   new 10   duplicate 0   rejected 0   unlocated 0", "one key")
    key("add", ring)
    is_eq(first(incidents(db, rows[:20], ring)), "read 20   new 10   duplicate 10   rejected 0   unlocated 0", "two")
    key("add", ring)
    changed = [dict(r, Antal="2") for r in rows[8:12]]
    is_eq(first(incidents(db, rows[:8] + changed + rows[12:], ring)),
          "read 40   new 20   duplicate 16   changed 4   rejected 0   unlocated 0", "three: all older cases are known")
    is_eq(db.query("SELECT case_key_id, count(*) FROM incident WHERE revision_out IS NULL GROUP BY 1 ORDER BY 1"),
          [["1", "8"], ["2", "8"], ["3", "24"]], "and what is written is under the newest")
    newest = bytes.fromhex(lines(ring)[-1].split()[2])
    digest = hmac.new(newest, rows[39]["DIARIENR"].upper().encode(), hashlib.sha256).hexdigest()
    is_eq(db.value("SELECT count(*) FROM incident WHERE encode(case_hash, 'hex') = '%s'" % digest), "1", "as computed here")
    before = db.query("SELECT * FROM incident ORDER BY id, revision_in") + db.query("SELECT * FROM revision")
    whole = lines(ring)
    other = path("other")
    key("create", other)
    swapped = " ".join([whole[1].split()[0], whole[1].split()[1], lines(other)[-1].split()[2]])
    for name, content, why in (("without the oldest", whole[1:], "lacks key 1"),
                               ("without the one in the middle", [whole[0], whole[2]], "lacks key 2"),
                               ("with only the newest", whole[2:], "lacks key 1"),
                               ("with another key of the same number", [whole[0], swapped, whole[2]], "key 2 of the key ring is not")):
        done = incidents(db, rows[:3], write(path("bad"), content))
        is_eq(done.returncode, 4, "a ring %s is refused" % name)
        contains(done.stderr, why, "and the key is named")
    is_eq(db.query("SELECT * FROM incident ORDER BY id, revision_in") + db.query("SELECT * FROM revision"), before,
          "nothing was written")


def a_ring_that_others_may_read_is_refused():
    db = cluster.new_database()
    p.import_places(db, folder.name)
    ring = path("open")
    key("create", ring)
    for mode in (0o644, 0o640, 0o604, 0o660):
        os.chmod(ring, mode)
        done = incidents(db, p.incidents(3), ring)
        ok(done.returncode != 0, "mode %o is refused" % mode)
        ok(key("add", ring).returncode != 0, "nor is a key added to it")
    is_eq(db.value("SELECT count(*) FROM incident"), "0", "nothing was written")
    os.chmod(ring, 0o600)
    is_eq(incidents(db, p.incidents(3), ring).returncode, 0, "for its owner only it is taken")


def adding_a_key_keeps_those_that_are_there():
    ring = path("kept")
    ok(key("add", ring).returncode != 0 and not os.path.exists(ring), "nothing is added to a ring that is not there")
    key("create", ring)
    for n in range(5):
        before = lines(ring)
        key("add", ring)
        is_eq(lines(ring)[:len(before)], before, "%d keys stay as they are" % len(before))
        is_eq(len(lines(ring)), len(before) + 1, "and there is one more")
    is_eq(key("create", ring).returncode, 4, "nor is a ring made anew over one that is there")
    is_eq(len(lines(ring)), len(before) + 1, "all are there")


def two_files_without_case_numbers_overlap():
    db = cluster.new_database()
    p.import_places(db, folder.name)
    rows = [dict(r, DIARIENR="") for r in p.incidents(30)]
    twice = rows[:20] + rows[:2]
    is_eq(first(incidents(db, twice, path("kept"))),
          "read 22   new 22   duplicate 0   rejected 0   unlocated 0", "two alike in a file are two")
    is_eq(first(incidents(db, rows[10:], path("kept"))), "read 20   new 10   duplicate 10   rejected 0   unlocated 0",
          "of a file that overlaps, what is not there is new")
    is_eq(first(incidents(db, rows + rows[:3], path("kept"))), "read 33   new 1   duplicate 32   rejected 0   unlocated 0",
          "and each is counted as often as it is alike")
    is_eq(db.value("SELECT count(*) FROM incident WHERE case_hash IS NOT NULL"), "0", "no hash is made of an address")


try:
    run(cases_are_known_under_three_keys, a_ring_that_others_may_read_is_refused, adding_a_key_keeps_those_that_are_there,
        two_files_without_case_numbers_overlap)
finally:
    cluster.__exit__()
    folder.cleanup()
