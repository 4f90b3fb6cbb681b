#!/usr/bin/python3
"""Snapshots against SQL on the same database, and the daemon that swaps them.

Counts come from PostgreSQL's own sums over the tables, boxes from PostGIS, merges
from the schema's recursive cells_at(); a digest over every column shows that a
release does not move when anything else does. Incidents are made here by SQL, at
random with a fixed seed, so that hours, codes and unlocated ones vary more than
an import would make them.
"""
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import BUILD, ROOT, Cluster
from daemon import Daemon
from tap import diag, is_eq, ok, run

RANDOM = random.Random(20)
cluster = None
probe = None
MADE = {}  # the digest of each revision when it was the newest

MIDDLE = "i.from_hour + make_interval(hours => floor(extract(epoch FROM i.to_hour - i.from_hour) / 7200)::int)"
HOUR = "(timestamp '1970-01-01' + make_interval(hours => %d))"
# The hours that a month begins and ends with, by the database.
MONTH_HOURS = """(extract(epoch FROM month::timestamp) / 3600)::int,
                 (extract(epoch FROM month::timestamp + interval '1 month') / 3600)::int"""
FIRST, LAST = 53 * 365 * 24, 56 * 365 * 24  # about 2022-12 to 2025-12


class Probe:
    """build/$BUILD/probe/snapshot, asked line by line."""

    def __init__(self, database):
        self.process = subprocess.Popen([os.path.join(ROOT, "build", BUILD, "probe", "snapshot"), database.conninfo()],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        return self.process.wait(60)


def add_revision(number, incidents, seed):
    """A revision with that many random incidents, one in ten without a place."""
    cluster.execute(f"""
        BEGIN;
        SELECT setseed({seed});
        INSERT INTO revision (id, kind, lattice_version, data_through)
        VALUES ({number}, 'import', (SELECT max(version) FROM lattice), '2025-07-15');
        INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour,
                              reported, code_id, count)
        SELECT nextval('incident_id'), {number}, CASE WHEN r < 0.9 THEN c.cell_id END, m.ids[1 + floor(random() * m.n)::int],
               (SELECT max(version) FROM lattice), f, f + make_interval(hours => floor(random() * 90)::int),
               (f + interval '4 days')::date, 1 + floor(random() * 8)::int, 1 + (random() < 0.1)::int
        FROM (SELECT random() AS r, 1 + floor(random() * (SELECT count(*) FROM lattice_cell
                WHERE version = (SELECT max(version) FROM lattice)))::int AS nth,
                timestamp '2023-01-05' + make_interval(hours => floor(random() * 22000)::int) AS f
              FROM generate_series(1, {incidents})) x
        JOIN (SELECT cell_id, row_number() OVER (ORDER BY cell_id) AS nth FROM lattice_cell
              WHERE version = (SELECT max(version) FROM lattice)) c USING (nth)
        CROSS JOIN (SELECT array_agg(id ORDER BY id) || NULL::int AS ids, count(*) + 1 AS n FROM district
                    WHERE set_name = 'kommun') m;
        COMMIT""")


def merge_cells(version, into, count):
    """A new lattice version: each of `count` living cells merges into the cell
    `into` places further."""
    cluster.execute(f"""
        BEGIN;
        INSERT INTO lattice (version, source_id, base_set, base_square_dm, k, min_addresses, classes)
        SELECT {version}, source_id, base_set, base_square_dm, k, min_addresses, classes
        FROM lattice WHERE version = {version - 1};
        WITH living AS (SELECT cell_id, row_number() OVER (ORDER BY cell_id) AS nth FROM lattice_cell
                        WHERE version = {version - 1})
        UPDATE cell SET merged_into = b.cell_id, merged_version = {version}
        FROM living a JOIN living b ON b.nth = a.nth + {into} WHERE a.nth <= {count} AND cell.id = a.cell_id;
        INSERT INTO lattice_cell (version, cell_id, villa, flat, holiday, addresses, outline)
        SELECT {version}, m.living_id, sum(villa), sum(flat), sum(holiday), sum(addresses), ST_Multi(ST_Union(outline))
        FROM lattice_cell l JOIN cells_at({version}) m ON m.cell_id = l.cell_id
        WHERE l.version = {version - 1} GROUP BY m.living_id;
        SELECT refresh_memberships({version});
        COMMIT""")


def period():
    a, b = sorted(RANDOM.randint(FIRST, LAST) for _ in range(2))
    return a, b + 1


def sql_events(where, a, b, definition, version):
    """A query for the events of open incidents; cells as they are in a lattice version."""
    return f"""SELECT coalesce(sum(i.count), 0) FROM incident i
        JOIN definition_code d ON d.code_id = i.code_id AND d.definition = '{definition}'
        JOIN offence_code o ON o.id = i.code_id
        LEFT JOIN now_cell c ON c.cell_id = i.cell_id
        WHERE i.revision_out IS NULL AND {MIDDLE} >= {HOUR % a} AND {MIDDLE} < {HOUR % b} AND {where}"""


def compare_revision(version, rounds):
    cells = [int(r[0]) for r in cluster.query(f"SELECT cell_id FROM lattice_cell WHERE version = {version} ORDER BY 1")]
    districts = cluster.query("SELECT set_name, code, id FROM district ORDER BY id")
    members = f"(SELECT cell_id FROM district_cell WHERE version = {version} AND district_id = %s)"
    asked = []  # (what, the probe's answer, SQL)
    for _ in range(rounds):
        a, b = period()
        definition = RANDOM.choice(["bra", "polisen", "fritidshus"])
        cell, district = RANDOM.choice(cells), RANDOM.choice(districts)
        asked.append((("cell", cell, a, b), probe.ask("events", cell, a, b, definition),
                      sql_events(f"c.living_id = {cell}", a, b, definition, version)))
        asked.append((("district", *district, a, b), probe.ask("district", *district[:2], a, b, definition),
                      sql_events(f"c.living_id IN {members % district[2]}", a, b, definition, version)))
        code, kommun = RANDOM.choice([(d[1], d[2]) for d in districts if d[0] == "kommun"])
        here = f"(c.living_id IN {members % kommun} OR i.cell_id IS NULL AND i.municipality_id = {kommun})"
        total = probe.ask("total", code, a, b, definition).split()
        for got, what in zip(total, ("true", "o.is_attempt IS NOT TRUE", "o.is_attempt", "i.cell_id IS NULL", "o.kind = 'villa'",
                                     "o.kind = 'flat'", "o.kind = 'holiday'")):
            asked.append((("total", code, what, a, b), got,
                          sql_events(f"{here} AND {what}", a, b, definition, version)))
    cluster.execute(f"DROP TABLE IF EXISTS now_cell; CREATE TABLE now_cell AS SELECT * FROM cells_at({version})")
    expected = [r[0] for r in cluster.query("; ".join(sql for _, _, sql in asked))]
    is_eq([(what, got, e) for (what, got, _), e in zip(asked, expected) if got != e], [],
          f"{rounds} random cells, districts and municipalities count what SQL counts")
    is_eq(len(expected), len(asked), "every one of them was compared")
    ok(sum(e != "0" for e in expected) > len(expected) / 2, "and most of these counts were not 0")


def a_revision_counts_what_sql_counts():
    line = probe.ask("revision", "polisen")
    expected = cluster.query("""SELECT 'ok 1 ' || (extract(year FROM min(m)) - 1970) * 12 + extract(month FROM min(m)) - 1
        || ' 665 ' || (SELECT count(*) FROM lattice_cell WHERE version = 1) || ' ' || count(*)
        FROM (SELECT event_month(from_hour, to_hour) AS m FROM incident) x""")[0][0]
    is_eq(line, expected, "months run from the first incident to the last closed one (2025-06), nothing is lost")
    compare_revision(1, 40)


def squares_of_cells_are_the_dwellings_of_their_units():
    rows = cluster.query("""SELECT c.living_id, string_agg(concat_ws(',', e, n, villa, flat, holiday), ' ' ORDER BY n, e)
        FROM (SELECT u.cell_id, e, n, sum(villa) villa, sum(flat) flat, sum(holiday) holiday
              FROM dwelling JOIN unit u USING (e, n, district_id) WHERE villa + flat + holiday > 0 GROUP BY 1, 2, 3) x
        JOIN cells_at(1) c USING (cell_id) GROUP BY 1 ORDER BY 1""")
    is_eq([r for r in rows if probe.ask("squares", r[0]) != r[1]], [], "all %d cells have their squares" % len(rows))


def boxes_select_the_cells_that_postgis_selects():
    margin, bad, found = 3e-7, [], 0  # coordinates have 7 decimals
    west, south, east, north = map(float, cluster.query("""SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)
        FROM (SELECT ST_Extent(ST_Transform(outline, 4326)) b FROM lattice_cell WHERE version = 1) x""")[0])
    for i in range(30):
        x, y = RANDOM.uniform(west, east), RANDOM.uniform(south, north)
        size = (0.0002, 0.002, 0.02, 0.3)[i % 4]
        box = [round(v * 1e7) for v in (x, y, x + size, y + size)]
        got = set(map(int, probe.ask("box", *box).split()))
        e7 = ", ".join(f"{v}::float8 / 1e7 {'+-'[s < 0]} {margin}" for v, s in zip(box, (-1, -1, 1, 1)))
        i7 = ", ".join(f"{v}::float8 / 1e7 {'+-'[s < 0]} {margin}" for v, s in zip(box, (1, 1, -1, -1)))
        rows = cluster.query(f"""SELECT cell_id, ST_Intersects(g, ST_MakeEnvelope({i7}, 4326))
            FROM (SELECT cell_id, ST_Transform(outline, 4326) g FROM lattice_cell WHERE version = 1) x
            WHERE ST_Intersects(g, ST_MakeEnvelope({e7}, 4326))""")
        outer, inner = {int(r[0]) for r in rows}, {int(r[0]) for r in rows if r[1] == "t"}
        found += len(got)
        if not inner <= got <= outer:
            bad.append((box, got - outer, inner - got))
    is_eq(bad, [], "30 random boxes touch the same cells")
    ok(found > 100, "%d cells in all" % found)


def a_release_counts_what_its_tables_say():
    is_eq(cluster.value("SELECT publish('2025-06-01', 'polisen')"), "1", "a release is published")
    ok(probe.ask("release", 1).startswith("ok 1 "), "and loaded")
    bad = []
    for cell, count, a, b in cluster.query(f"""SELECT cell_id, count, {MONTH_HOURS} FROM release_cell_month
                                               WHERE release_id = 1 ORDER BY random() LIMIT 200"""):
        a, b = int(a), int(b)
        if probe.ask("events", cell, a, b, "polisen") != count or probe.ask("events", cell, a, b - 1, "polisen") != count \
                or int(probe.ask("events", cell, a + 1, b, "polisen")) != 0:
            bad.append((cell, month, count))
    is_eq(bad, [], "200 cell months are theirs: all of a month or nothing")
    total = cluster.value("SELECT sum(count) FROM release_cell_month WHERE release_id = 1")
    codes = [r[0] for r in cluster.query("SELECT code FROM district WHERE set_name = 'kommun' ORDER BY 1")]
    is_eq(sum(int(probe.ask("district", "kommun", c, 0, LAST, "polisen")) for c in codes), int(total),
          "the municipalities are exact unions of cells")
    for code in codes:
        rows = cluster.query(f"""SELECT sum(count), sum(unlocated)
            FROM release_municipality_month m JOIN district d ON d.id = m.district_id
            WHERE release_id = 1 AND code = '{code}' AND month BETWEEN '2024-01-01' AND '2024-12-01'""")
        kinds = dict(cluster.query(f"""SELECT kind, count FROM release_municipality_kind k
            JOIN district d ON d.id = k.district_id WHERE release_id = 1 AND code = '{code}' AND year = 2024"""))
        a, b = cluster.query(f"""SELECT {MONTH_HOURS} FROM (VALUES (date '2024-01-01')) v (month)""")[0][0], \
            cluster.query(f"""SELECT {MONTH_HOURS} FROM (VALUES (date '2024-12-01')) v (month)""")[0][1]
        order = ["villa", "flat", "holiday", "other", "cellar"]
        attempted = kinds.pop("attempted", None)
        completed = "-1" if attempted is None else str(sum(map(int, kinds.values())) - int(attempted))
        expected = [rows[0][0], completed, attempted or "-1", rows[0][1]] + [kinds.get(k, "0") if kinds else "-1" for k in order]
        is_eq(probe.ask("total", code, a, b, "polisen").split(), expected, f"totals and kinds of 2024 in {code}")


def newest():
    """The digest of the newest revision, and that of the same asked for by its number."""
    number = probe.ask("revision", "polisen").split()[1]
    digest = probe.ask("digest")
    probe.ask("past", number)
    is_eq(probe.ask("digest"), digest, f"revision {number} is the same by its number")
    return digest


def past(number):
    answer = probe.ask("past", number)
    return probe.ask("digest") if answer.startswith("ok %d " % number) else answer


def a_release_and_a_revision_do_not_move_when_anything_else_does():
    before = probe.ask("digest")
    MADE[1] = newest()
    add_revision(2, 300, 0.3)
    MADE[2] = newest()
    is_eq(cluster.value("SELECT count(*) FROM kept_places"), "0", "nothing is kept while no place changes")
    merge_cells(2, 3, 9)
    merge_cells(3, 2, 4)  # cells that were merged into merge again
    add_revision(3, 300, 0.4)
    cluster.execute("""UPDATE incident i SET revision_out = 3 FROM
        (SELECT id FROM incident WHERE revision_in < 3 ORDER BY id LIMIT 40) x WHERE i.id = x.id""")
    MADE[3] = newest()
    cluster.execute("""INSERT INTO watch_area (slug, name, is_approved) VALUES ('aaa-ny', 'Ny', true);
        INSERT INTO watch_boundary (watch_area_id, valid_from, outline)
        SELECT w.id, '2020-01-01', ST_Multi(ST_Buffer(ST_Centroid(c.outline), 400)) FROM watch_area w, lattice_cell c
        WHERE w.slug = 'aaa-ny' AND c.version = 1 ORDER BY c.cell_id LIMIT 1;
        UPDATE watch_area SET name = name || ' (omdöpt)', started = '2001-01-01', ended = '2024-05-05',
          is_approved = NOT is_approved;
        INSERT INTO watch_boundary (watch_area_id, valid_from, outline)
        SELECT w.id, '2025-05-05', ST_Multi(ST_Buffer(b.outline, 300)) FROM watch_area w JOIN watch_boundary b ON b.watch_area_id = w.id
        WHERE w.slug <> 'aaa-ny' AND b.valid_from < '2025-05-05';
        INSERT INTO district_set (name, title_sv, title_en) VALUES ('extra', 'Extra', 'Extra');
        INSERT INTO district (set_name, code, name, outline) SELECT 'extra', 'x1', 'X', outline FROM district
        WHERE set_name = 'regso' ORDER BY id LIMIT 1;
        UPDATE district SET valid_to = '2025-12-31' WHERE set_name = 'regso';
        SELECT refresh_memberships(3);
        CREATE INDEX lattice_cell_outline ON lattice_cell USING gist (outline);
        CLUSTER lattice_cell USING lattice_cell_outline; DROP INDEX lattice_cell_outline; CLUSTER district USING district_outline;
        CLUSTER release_cell_month USING release_cell_month_pkey""")
    is_eq(probe.ask("release", 1).split()[:2], ["ok", "1"], "release 1 loads again")
    is_eq(probe.ask("digest"), before, "every column, text and order of it is as it was")
    ok(probe.ask("revision", "polisen").startswith("ok 3 "), "the newest revision loads")
    ok(probe.ask("digest") not in (before, MADE[3]), "it has another digest, and shows the places of today")
    for number, digest in MADE.items():
        is_eq(past(number), digest, f"revision {number}: every column, text and order is as it was made")
    ok(len(set(MADE.values())) == 3, "they differ")
    is_eq(cluster.value("SELECT count(*) FROM kept_places"), "2", "two states of places are kept for three revisions")
    ok(probe.ask("revision", "polisen").startswith("ok 3 "), "back to the newest")


def merges_are_followed_to_their_end():
    merged = cluster.query("SELECT id FROM cell WHERE merged_into IS NOT NULL ORDER BY id")
    ok(len(merged) == 13, "13 cells are merged, some of them twice")
    is_eq({probe.ask("events", r[0], 0, LAST, "polisen") for r in merged}, {"none"}, "none of them is there any more")
    compare_revision(3, 25)


def places_are_kept_when_they_change_and_forgotten_with_their_revisions():
    add_revision(4, 5, 0.6)
    cluster.execute("UPDATE watch_area SET name = name || '.'")
    is_eq(cluster.value("SELECT count(*) FROM kept_places"), "3", "and another when places change after a revision")
    cluster.execute("UPDATE watch_area SET name = name || '.'")
    is_eq(cluster.value("SELECT count(*) FROM kept_places"), "3", "none when they change again")
    is_eq([past(n) for n in MADE], list(MADE.values()), "all are as before")
    cluster.execute("UPDATE revision SET erased_at = now() WHERE id IN (1, 2)")
    is_eq([past(n)[:15] for n in (1, 2)], ["error NOT_FOUND"] * 2, "what was erased is not loaded")
    is_eq(past(3), MADE[3], "the next one is")
    outlines = int(cluster.value("SELECT count(*) FROM kept_outline"))
    add_revision(5, 5, 0.7)
    cluster.execute("UPDATE watch_area SET name = name || '.'")
    is_eq(cluster.value("SELECT count(*) FROM kept_places"), "3", "places of erased revisions are forgotten at the next change")
    ok(int(cluster.value("SELECT count(*) FROM kept_outline")) <= outlines + 1, "equal outlines are kept once")
    is_eq(past(3), MADE[3], "and those of others are not")


def what_is_not_there_is_not_loaded():
    ok(probe.ask("release", 99).startswith("error NOT_FOUND"), "a release that does not exist")
    ok(probe.ask("revision", "nonsens").startswith("error NOT_FOUND"), "a definition that does not exist")
    cluster.execute("UPDATE release SET withdrawn_at = now() WHERE id = 1")
    ok(probe.ask("release", 1).startswith("error NOT_FOUND"), "a withdrawn release")
    cluster.execute("UPDATE release SET withdrawn_at = NULL WHERE id = 1")
    ok(probe.ask("release", 1).startswith("ok 1 "), "the connection is still good")


def what_cannot_be_reckoned_with_is_not_loaded():
    """Numbers that the schema allows and no command writes: infinities, years that
    32 bits of hours do not hold, squares without a side."""
    # (load, table, column, value, rows): a row of it is set and put back.
    for kind, table, column, value, rows in (
            (("release", 1), "release", "through_month", "infinity", "id = 1"),
            (("release", 1), "release", "first_month", "-infinity", "id = 1"),
            (("release", 1), "release_cell_month", "month", "infinity",
             "ctid = (SELECT max(ctid) FROM release_cell_month)"),
            (("release", 1), "release_municipality_month", "month", "infinity",
             "ctid = (SELECT max(ctid) FROM release_municipality_month)"),
            (("revision", "polisen"), "revision", "data_through", "infinity",
             "id = (SELECT max(id) FROM revision)"),
            (("revision", "polisen"), "incident", "to_hour", "infinity",
             "ctid = (SELECT max(ctid) FROM incident WHERE revision_out IS NULL)"),
            (("revision", "polisen"), "incident", "to_hour", "294276-01-01",
             "ctid = (SELECT max(ctid) FROM incident WHERE revision_out IS NULL)"),
            (("revision", "polisen"), "incident", "reported", "infinity",
             "ctid = (SELECT max(ctid) FROM incident WHERE revision_out IS NULL)"),
            (("release", 1), "lattice", "base_square_dm", "0", "true"),
            (("release", 1), "lattice", "base_square_dm", "2147483647", "true")):
        cluster.execute(f"""SET session_replication_role = replica;
            CREATE TABLE kept AS SELECT * FROM {table};
            UPDATE {table} SET {column} = '{value}' WHERE {rows}""")
        ok(probe.ask(*kind).startswith("error INTERNAL"), f"{table}.{column} {value} is refused")
        cluster.execute(f"""SET session_replication_role = replica;
            DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept""")
    ok(probe.ask("release", 1).startswith("ok 1 "), "put back, the release loads")


def a_load_that_runs_out_of_memory_fails_cleanly_wherever_it_is():
    for kind in (("revision", "polisen"), ("release", 1)):
        whole, limit, failures = probe.ask(*kind), 1024, set()
        ok(whole.startswith("ok"), f"a {kind[0]} loads with the usual limit")
        digest = probe.ask("digest")
        while True:
            probe.ask("limit", int(limit))
            answer = probe.ask(*kind)
            if not answer.startswith("error"):
                break
            failures.add(answer.split()[1] + answer.split("snapshot:")[1].split(":")[0])
            limit *= 1.2
        diag("failed in: " + ", ".join(sorted(failures)))
        ok(len(failures) >= 4 and all(f.startswith(("NO_MEMORY", "TOO_LARGE")) for f in failures),
           "it fails with less, in one part after the other")
        is_eq([answer, probe.ask("digest")], [whole, digest], "and is whole with just enough")
        probe.ask("limit", 0)


def state_of(daemon):
    answer = daemon.operations("/readyz").json()
    return answer["release"], answer["revision"]


def the_probe_ends_without_a_leak():
    is_eq(probe.close(), 0, "the sanitizers found nothing")


def the_daemon_swaps_within_a_second_and_survives_the_server():
    with Daemon(cluster.conninfo()) as daemon:
        daemon.poll(lambda: state_of(daemon) == (1, 5), "both snapshots are loaded")
        waits, number = [], 5
        while (not waits or waits[-1] >= 1) and number < 15:  # a busy machine may be late now and then
            number += 1
            add_revision(number, 20, 0.5)
            committed = time.monotonic()
            daemon.poll(lambda: state_of(daemon) == (1, number), "the new revision is served")
            waits.append(time.monotonic() - committed)
        diag("seconds from commit to served: " + ", ".join("%.3f" % w for w in waits))
        ok(min(waits) < 1, "a new revision is served within a second of its commit")
        is_eq(cluster.value("SELECT publish('2025-06-01', 'polisen')"), "2", "a second release")
        daemon.poll(lambda: state_of(daemon) == (2, number), "it is served")
        lines = len(daemon.lines)
        cluster.stop()
        daemon.wait_line("event=store_lost", lines)
        is_eq(state_of(daemon), (2, number), "without the server it serves what it has")
        cluster.start()
        daemon.wait_line("event=store_back", lines)
        add_revision(number + 1, 20, 0.6)
        daemon.poll(lambda: state_of(daemon) == (2, number + 1), "and takes what is new when the server is back")
        cluster.execute("UPDATE release SET withdrawn_at = now() WHERE id = 2")
        daemon.poll(lambda: state_of(daemon)[0] == 1, "a withdrawn release gives way to the one before")
        cluster.execute("UPDATE release SET withdrawn_at = now() WHERE id = 1")
        daemon.poll(lambda: state_of(daemon)[0] is None, "and the last one to nothing")
        is_eq(daemon.operations("/readyz").status, 503, "then it is not ready")
        cluster.execute("UPDATE release SET withdrawn_at = NULL WHERE id = 2")
        daemon.poll(lambda: state_of(daemon)[0] == 2, "until one stands again")
        ok(sum("event=snapshot_loaded" in l for l in daemon.lines) >= 7, "every load is logged")


def the_daemon_starts_before_the_server():
    cluster.stop()
    with Daemon(cluster.conninfo(), wait_ready=False) as daemon:
        daemon.wait_line("event=store_lost")
        is_eq(daemon.operations("/readyz").status, 503, "it is not ready without a server")
        cluster.start()
        daemon.poll(lambda: None not in state_of(daemon), "and serves once there is one")


def server_processes():
    with open(os.path.join(cluster.home, "data", "postmaster.pid")) as f:
        postmaster = f.readline().strip()
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", postmaster], capture_output=True, text=True).stdout
    return [int(p) for p in [postmaster] + children.split()]


def the_daemon_serves_and_stops_while_the_server_is_frozen():
    with Daemon(cluster.conninfo()) as daemon:
        daemon.poll(lambda: None not in state_of(daemon), "both snapshots are loaded")
        frozen = server_processes()
        for p in frozen:
            os.kill(p, signal.SIGSTOP)
        try:
            daemon.poll(lambda: daemon.operations("/readyz").json()["stale"], "its answers become stale")
            is_eq(daemon.get("/collections").status, 200, "a server that hangs holds up no request")
            is_eq(daemon.stop(), 0, "nor the end of the daemon")
        finally:
            for p in frozen:
                with contextlib.suppress(ProcessLookupError):  # it was about to end
                    os.kill(p, signal.SIGCONT)


with Cluster() as cluster, tempfile.TemporaryDirectory() as files:
    cluster.grannkarta("synth", files, "--seed", "3", "--dwellings", "6000", "--years", "1")
    cluster.grannkarta("import", "districts", files + "/districts-regso.gpkg", "--set", "regso", "--base")
    cluster.grannkarta("import", "districts", files + "/districts-kommun.gpkg", "--set", "kommun")
    cluster.grannkarta("import", "dwellings", files + "/addresses.gpkg")
    cluster.grannkarta("import", "watch-areas", files + "/watch-areas.geojson")
    cluster.grannkarta("lattice", "build")
    add_revision(1, 4000, 0.2)
    probe = Probe(cluster)
    run(a_revision_counts_what_sql_counts,
        squares_of_cells_are_the_dwellings_of_their_units,
        boxes_select_the_cells_that_postgis_selects,
        a_release_counts_what_its_tables_say,
        a_release_and_a_revision_do_not_move_when_anything_else_does,
        merges_are_followed_to_their_end,
        places_are_kept_when_they_change_and_forgotten_with_their_revisions,
        what_is_not_there_is_not_loaded,
        what_cannot_be_reckoned_with_is_not_loaded,
        a_load_that_runs_out_of_memory_fails_cleanly_wherever_it_is,
        the_probe_ends_without_a_leak,
        the_daemon_swaps_within_a_second_and_survives_the_server,
        the_daemon_starts_before_the_server,
        the_daemon_serves_and_stops_while_the_server_is_frozen)
