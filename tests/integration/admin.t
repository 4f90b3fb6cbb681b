#!/usr/bin/python3
"""The administering commands on a real database: migrate, key, token, publish,
releases, revisions. What publish() itself refuses is in tests/sql."""
import hashlib
import os
import re
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import Cluster, Database, program
from tap import contains, is_eq, ok, run

# A tiny municipality: one base district, two cells of 8 villas and 3 addresses.
PLACES = """
INSERT INTO district_set VALUES ('regso', 'RegSO', 'RegSO', true);
INSERT INTO district (set_name, code, name, outline) VALUES
  ('regso', 'R1', 'Ett', ST_Multi(ST_MakeEnvelope(500000, 6200000, 501000, 6201000, 3006))),
  ('kommun', '9999', 'Påhitt', ST_Multi(ST_MakeEnvelope(500000, 6200000, 501000, 6201000, 3006)));
INSERT INTO dwelling_source (year, file_sha256, base_square_dm, has_addresses)
  VALUES (2024, sha256('a'), 500, true);
INSERT INTO dwelling SELECT 1, 10000 + i, 124000, 1, 8, 0, 0, 3 FROM generate_series(0, 1) i;
BEGIN;
INSERT INTO lattice (version, source_id, base_set, base_square_dm, k, min_addresses, classes)
  VALUES (1, 1, 'regso', 500, 8, 3, '{villa,flat,holiday}');
INSERT INTO cell SELECT i + 1, 1, 10000 + i, 124000, 1 FROM generate_series(0, 1) i;
INSERT INTO unit SELECT 10000 + i, 124000, 1, i + 1 FROM generate_series(0, 1) i;
INSERT INTO lattice_cell SELECT 1, i + 1, 8, 0, 0, 3, ST_Multi(ST_MakeEnvelope(500000 + i * 50, 6200000, 500050 + i * 50, 6200050, 3006))
  FROM generate_series(0, 1) i;
COMMIT;
INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through, rows_read, rows_new)
  VALUES (1, 'import', 1, sha256('b'), '2024-03-31', 3, 3);
INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour, code_id, count) VALUES
  (1, 1, 1, 2, 1, '2024-01-05 08:00', '2024-01-05 16:00', 1, 1),
  (2, 1, 1, 2, 1, '2024-01-31 20:00', '2024-02-01 02:00', 7, 1),
  (3, 1, NULL, 2, 1, '2024-02-10 08:00', '2024-02-10 09:00', 3, 1);
"""


def migrate_can_run_twice_and_by_two_at_once():
    c = CLUSTER
    c.setup("fresh")
    command = [program("grannkarta"), "--database", "host=%s dbname=fresh" % c.socket, "migrate"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [p.communicate() for p in both]
    is_eq([p.returncode for p in both], [0, 0], "two at once both end well")
    applied = sum(out.count("applied ") for out, _ in said)
    again = subprocess.run(command, capture_output=True, text=True)
    contains(again.stdout, "nothing to do", "a third finds nothing to do")
    is_eq(applied, len(os.listdir(os.path.join(os.path.dirname(__file__), "..", "..", "sql", "migrations"))),
          "each migration was applied once")


def a_changed_or_unknown_migration_is_refused_and_named():
    d = CLUSTER.new_database()
    d.execute("UPDATE migration SET sha256 = repeat('0', 64) WHERE number = 2")
    done = d.grannkarta("migrate", check=False)
    is_eq(done.returncode, 4, "changed: exit 4")
    contains(done.stderr, "0002_reference was changed", "and it is named")
    d = CLUSTER.new_database()
    d.execute("INSERT INTO migration VALUES (9999, 'future', repeat('0', 64))")
    done = d.grannkarta("migrate", check=False)
    is_eq(done.returncode, 4, "newer database: exit 4")
    contains(done.stderr, "9999_future", "and its migration is named")
    d = CLUSTER.new_database()
    d.execute("DELETE FROM migration WHERE number = 1")
    contains(d.grannkarta("migrate", check=False).stderr, "0001_schema", "a gap is refused too")


def a_database_without_this_schema_sends_you_to_migrate():
    empty = Database(CLUSTER, "unmigrated")
    CLUSTER.setup(empty.name)
    older = CLUSTER.new_database()
    older.execute("DELETE FROM migration WHERE number = (SELECT max(number) FROM migration)")
    for command in (["releases"], ["revisions"], ["token", "list"], ["lattice", "build"], ["publish", "--through", "2024-01"]):
        for database in (empty, older):
            done = database.grannkarta(*command, check=False)
            is_eq(done.returncode, 4, "%s: refused" % command[0])
            contains(done.stderr, 'run "grannkarta migrate"', "and says what to do")


def a_server_that_is_away_or_refuses_is_told_apart_without_the_password():
    for conninfo, code, word in (
            ("host=/nowhere dbname=x password=hemligt", 3, "connect to the database"),
            ("host=%s dbname=none password=hemligt" % CLUSTER.socket, 3, "none"),
            ("password hemligt", 2, "connection string"),
            ("postgresql://a:hemligt@[/x", 2, "connection string")):
        done = subprocess.run([program("grannkarta"), "--database", conninfo, "migrate"], capture_output=True, text=True)
        is_eq(done.returncode, code, "exit %d for %s" % (code, conninfo))
        contains(done.stderr, word, "says what")
        ok("hemligt" not in done.stderr + done.stdout, "and never the password")


def tokens_are_shown_once_and_stored_as_a_hash():
    d = CLUSTER.new_database()
    done = d.grannkarta("token", "create", "--role", "analyst", "--name", "Anna", "--days", "30")
    token = done.stdout.strip()
    ok(re.fullmatch(r"gk_[A-Za-z0-9_-]{43}", token), "256 bits as base64url with a prefix")
    is_eq(d.value("SELECT encode(hash, 'hex') FROM token"), hashlib.sha256(token.encode()).hexdigest(),
          "the database has its SHA-256")
    is_eq(d.value("SELECT expires_at - created_at FROM token"), "30 days", "and its end")
    ok(token not in d.value("SELECT t::text FROM token t"), "and not the token")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "token")
        done = d.grannkarta("token", "create", "--role", "analyst", "--name", "Bo", "--out", path)
        with open(path) as f:
            written = f.read()
        ok(re.fullmatch(r"gk_[A-Za-z0-9_-]{43}\n", written), "--out writes it")
        is_eq(stat.S_IMODE(os.stat(path).st_mode), 0o600, "for its owner only")
        ok(written.strip() not in done.stdout + done.stderr, "and shows it nowhere")
        is_eq(os.listdir(folder), ["token"], "and leaves nothing beside it")
        done = d.grannkarta("token", "create", "--role", "analyst", "--name", "C", "--out", path, check=False)
        is_eq(done.returncode, 4, "a file that exists is not replaced")
        contains(done.stderr, "--force", "saying how it can be")
        with open(path) as f:
            is_eq(f.read(), written, "it is as it was")
        os.symlink("/nonexistent", path + "-link")
        is_eq(d.grannkarta("token", "create", "--role", "analyst", "--name", "C", "--out", path + "-link",
                           check=False).returncode, 4, "nor is a link that leads nowhere")
        os.unlink(path + "-link")
        is_eq(d.value("SELECT count(*) FROM token"), "2", "and no token is made")
        done = d.grannkarta("token", "create", "--role", "analyst", "--name", "C", "--out", path, "--force")
        with open(path) as f:
            ok(f.read() != written, "--force replaces it")
        d.execute("DELETE FROM token WHERE name = 'C'")
        done = d.grannkarta("token", "create", "--role", "analyst", "--name", "C", "--out", folder + "/no/such", check=False)
        is_eq(done.returncode, 1, "a file that cannot be written fails")
    is_eq(d.value("SELECT count(*) FROM token"), "2", "and makes no token")
    before = int(d.value("SELECT tokens FROM state"))
    listed = d.grannkarta("token", "list").stdout
    contains(listed, "Anna", "the list has names")
    ok(token not in listed, "and no tokens")
    d.grannkarta("token", "revoke", "1")
    contains(d.grannkarta("token", "list").stdout, "revoked", "revoking shows")
    is_eq(int(d.value("SELECT tokens FROM state")), before + 1, "and the daemons are told")
    when = d.value("SELECT revoked_at FROM token WHERE id = 1")
    contains(d.grannkarta("token", "revoke", "1").stdout, "token 1 was revoked already", "a second time says so")
    is_eq(d.value("SELECT revoked_at FROM token WHERE id = 1"), when, "and the first counts")
    is_eq(d.grannkarta("token", "revoke", "77", check=False).returncode, 2, "an unknown id is the caller's mistake")
    for bad in ("0", "x", "1x", "99999999999"):
        is_eq(d.grannkarta("token", "revoke", bad, check=False).returncode, 2, "so is " + bad)


def keys_are_made_once_and_added_to():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "keys")
        call = lambda word: subprocess.run([program("grannkarta"), "--key-ring", path, "key", word],
                                           capture_output=True, text=True)
        is_eq(call("create").returncode, 0, "created")
        is_eq(stat.S_IMODE(os.stat(path).st_mode), 0o600, "for its owner only")
        with open(path) as f:
            first = f.read()
        is_eq(call("create").returncode, 4, "not created again")
        is_eq(call("add").returncode, 0, "one added")
        with open(path) as f:
            both = f.read()
        ok(both.startswith(first) and len(both.splitlines()) == len(first.splitlines()) + 1, "after the first")
        ok(first.split()[2] not in call("add").stdout, "keys are not shown")


def publishing_freezes_closed_months():
    d = CLUSTER.new_database()
    is_eq(d.grannkarta("publish", "--through", "2024-01", check=False).returncode, 4, "nothing to publish yet")
    d.execute(PLACES)
    done = d.grannkarta("publish", "--through", "2024-02")
    contains(done.stdout, "release 1  2024-01 to 2024-02  definition polisen  2 incidents in 1 cells, 1 without a place",
             "it says what was published")
    is_eq(d.query("SELECT cell_id, month, count FROM release_cell_month"),
          [["1", "2024-01-01", "2"]], "the middle of an interval decides the month")
    is_eq(d.value("SELECT release FROM state"), "1", "daemons are told")
    done = d.grannkarta("publish", "--through", "2024-04", check=False)
    is_eq(done.returncode, 4, "an open month is refused")
    contains(done.stderr, "2024-03-31", "naming the last day of the data")
    contains(done.stderr, "2024-04-30", "and the day needed")
    done = d.grannkarta("publish", "--through", "2024-03", "--definition", "nonsense", check=False)
    is_eq(done.returncode, 4, "an unknown definition is refused")
    contains(done.stderr, "bra, ", "and the known ones named")
    contains(d.grannkarta("publish", "--through", "2024-03", "--from", "2024-02").stdout, "release 2  2024-02 to 2024-03",
             "--from begins later")
    is_eq([line.split()[1] for line in d.grannkarta("releases").stdout.splitlines()], ["2", "1"], "releases, newest first")
    contains(d.grannkarta("revisions").stdout, "revision 1  import  read 3  new 3", "revisions")


with Cluster() as CLUSTER:
    run(migrate_can_run_twice_and_by_two_at_once,
        a_changed_or_unknown_migration_is_refused_and_named,
        a_database_without_this_schema_sends_you_to_migrate,
        a_server_that_is_away_or_refuses_is_told_apart_without_the_password,
        tokens_are_shown_once_and_stored_as_a_hash,
        keys_are_made_once_and_added_to,
        publishing_freezes_closed_months)
