#!/usr/bin/python3
"""Five yearly updates of the dwellings, by the commands a user gives, with releases
in between and a daemon that answers: a new quarter, a hamlet that vanishes, homes
that change class, a wave of demolition, a year of small changes. What must hold is
counted here, in Python, from the files that the test writes, and from nothing but
the assignment of squares to cells: k and addresses in every living cell, squares
that never move, cells that only merge, releases that stay as they were.

Then a division into police areas that changes on a day: each release answers by
the areas of its time, and every incident is counted once in either."""
import collections
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster
from daemon import Daemon
from fixture import analyst_token
from tap import contains, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
db = Cluster().__enter__()
keys = os.path.join(folder.name, "keys")
K, ADDRESSES, SIDE = 8, 3, 50
FIRST = 2015


def path(name):
    return os.path.join(folder.name, name)


# --- The settlement: (e, n, dwellings, class), year by year ------------------------

def scattered(rng, count, e, n, width, height, kinds=("villa",), dwellings=(1,)):
    return [(round(p.E0 + e + rng.uniform(0, width), 2), round(p.N0 + n + rng.uniform(0, height), 2), rng.choice(dwellings),
             rng.choice(kinds)) for _ in range(count)]


def first_year(rng):
    return (scattered(rng, 260, 300, 300, 700, 700, ("villa", "småhus", "radhus")) +       # a village
            scattered(rng, 14, 600, 600, 90, 90, ("lägenhet",), (12, 18, 24)) +            # its flats
            scattered(rng, 45, 2050, 50, 1900, 1900) +                                     # farms of the other district
            scattered(rng, 12, 1700, 1700, 140, 140, ("villa", "fritidshus")) +            # a hamlet
            scattered(rng, 20, 3300, 1500, 350, 350, ("fritidshus",)))                     # holiday homes


def in_box(home, e, n, width, height):
    return 0 <= home[0] - p.E0 - e < width and 0 <= home[1] - p.N0 - n < height


def new_quarter(rng, homes):
    return homes + scattered(rng, 60, 1200, 300, 350, 300, ("radhus",)) + scattered(rng, 3, 1210, 700, 50, 50, ("lägenhet",), (16,))


def the_hamlet_is_gone(rng, homes):
    return [h for h in homes if not in_box(h, 1690, 1690, 160, 160)]


def other_classes(rng, homes):
    return [(e, n, c, "fritidshus" if k == "villa" and rng.random() < 0.3 else
             "villa" if k == "fritidshus" and rng.random() < 0.5 else k) for e, n, c, k in homes]


def demolition(rng, homes):
    """Half of the village, three of four farms, one block altogether."""
    return [h for h in homes if not in_box(h, 450, 450, 200, 200) and not (h[0] >= p.E0 + 2000 and rng.random() < 0.75)
            and (h[2] > 1 or rng.random() < 0.6)]


def small_changes(rng, homes):
    return [h for h in homes if rng.random() > 0.02] + scattered(rng, 15, 20, 20, 3950, 1950, ("villa", "fritidshus"))


CHANGES = [new_quarter, the_hamlet_is_gone, other_classes, demolition, small_changes]


def write_homes(homes, year):
    return p.write(path("homes-%d.geojson" % year),
                   [p.feature(p.point(e, n), bostäder=c, typ=k, år=year) for e, n, c, k in homes])


def write_incidents(rng, homes, number, month_from, month_to):
    """Burglaries at homes of that year, with case numbers of their own."""
    rows = p.incidents(number)
    for i, row in enumerate(rows):
        e, n, _, _ = homes[rng.randrange(len(homes))]
        year, month = divmod(month_from + i % (month_to - month_from + 1), 12)
        day = "%04d-%02d-%02d" % (year, month + 1, 1 + i % 27)
        row.update({"BROTTSDATUMTID_START": day + " 08:00", "BROTTSDATUMTID_SLUT": day + " 17:00", "Inskrivningsdatum": day,
                    "SWEREF N": "%.2f" % n, "SWEREF E": "%.2f" % e, "DIARIENR": "5000-K%06d-%d" % (i, month_from)})
    return p.write_csv(path("incidents.csv"), rows)


# --- What the database says, in Python's hands -----------------------------------------

def units():
    return {(int(e), int(n), int(d)): int(c) for e, n, d, c in db.query("SELECT e, n, district_id, cell_id FROM unit")}


def living():
    """Each cell that ever was, and the one that it is part of now."""
    into = {int(c): m and int(m) for c, m in db.query("SELECT id, merged_into FROM cell")}

    def follow(cell):
        return cell if into[cell] is None else follow(into[cell])
    return {cell: follow(cell) for cell in into}


def check_k(homes, year):
    where, now = units(), living()
    names = {"villa": "villa", "småhus": "villa", "radhus": "villa", "lägenhet": "flat", "fritidshus": "holiday"}
    dwellings, addresses, classes = collections.Counter(), collections.Counter(), collections.Counter()
    west, east = [int(r[0]) for r in db.query("SELECT id FROM district WHERE set_name = 'regso' ORDER BY code")]
    for home in homes:
        unit = (int(home[0] // SIDE), int(home[1] // SIDE), west if home[0] < p.E0 + 2000 else east)
        cell = now[where[unit]]
        dwellings[cell] += home[2]
        addresses[cell] += 1
        classes[cell, names[home[3]]] += home[2]
    is_eq([c for c in dwellings if dwellings[c] < K or addresses[c] < ADDRESSES], [],
          "%d: every cell with a home has %d dwellings at %d addresses" % (year, K, ADDRESSES))
    stored = {int(r[0]): tuple(map(int, r[1:])) for r in db.query(
        "SELECT cell_id, villa, flat, holiday, addresses FROM lattice_cell WHERE version = (SELECT max(version) FROM lattice)")}
    is_eq(stored, {c: (classes[c, "villa"], classes[c, "flat"], classes[c, "holiday"], addresses[c]) for c in set(now.values())},
          "%d: and the lattice says exactly that, class by class, of every living cell" % year)


FROZEN = ["SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM %s t WHERE %s" % (table, where) for table, where in [
    ("release", "id <= {r}"), ("release_cell_month", "release_id <= {r}"), ("release_municipality_month", "release_id <= {r}"),
    ("release_district", "release_id <= {r}"), ("release_watch_area", "release_id <= {r}"),
    ("lattice", "version <= {v}"), ("lattice_cell", "version <= {v}"), ("district_cell", "version <= {v}"),
    ("watch_cover", "version <= {v}")]]


def frozen(release, version):
    """What releases up to that one are made of."""
    return [db.value(sql.replace("{r}", str(release)).replace("{v}", str(version))) for sql in FROZEN]


def answers(daemon):
    """Everything the public can page through, as bytes."""
    found, queue = {}, ["/collections"]
    for collection in daemon.get("/collections").json()["collections"]:
        queue += ["/collections/%s" % collection["id"], "/collections/%s/items?limit=50" % collection["id"],
                  "/collections/%s/items?limit=50&datetime=%d-02-01/%d-10-31" % (collection["id"], FIRST, FIRST + 1)]
    while queue:
        question = queue.pop()
        answer = daemon.get(question)
        found[question] = (answer.status, answer.headers["ETag"], answer.body)
        if "/items" in question and answer.status == 200:
            queue += ["/" + link["href"].split("/", 3)[3] for link in answer.json()["links"] if link["rel"] == "next"]
    return found


def release_of(daemon):
    return daemon.get("/collections/cells/items?limit=1").headers["ETag"]


def by_number(daemon, number):
    """The cells and districts of a release, asked for by its number."""
    found = []
    for collection in ("cells", "districts-regso", "districts-kommun", "watch-areas"):
        question = "/collections/%s/items?limit=1000&release=%d" % (collection, number)
        # It is loaded again first, and says so.
        answer = daemon.poll(lambda: (lambda a: a if a.status != 503 else None)(daemon.get(question)), "release %d" % number)
        found.append((answer.status, answer.headers["ETag"], answer.body))
    return found


def revision_of(daemon, token):
    """What analysts get, who are answered by the newest of everything."""
    answer = daemon.get("/collections/cells/items?limit=1", token=token)
    return answer.status, answer.headers["ETag"]


# --- Five years -----------------------------------------------------------------------------

def five_years_of_dwellings():
    rng = random.Random(5)
    homes = first_year(rng)
    grannkarta = lambda *a: db.grannkarta("--key-ring", keys, *a)
    grannkarta("key", "create")
    grannkarta("import", "districts", p.write(path("regso.geojson"), p.districts()), "--set", "regso", "--base",
               "--inhabitants-year", FIRST)
    grannkarta("import", "districts", p.write(path("kommun.geojson"), p.kommuner()), "--set", "kommun")
    grannkarta("import", "dwellings", write_homes(homes, FIRST))
    grannkarta("lattice", "build")
    watch = [p.feature(f["geometry"], **dict(f["properties"], sedan="2012-05-01")) for f in p.watch_areas()]
    grannkarta("import", "watch-areas", p.write(path("watch.geojson"), watch), "--approved")
    check_k(homes, FIRST)
    grannkarta("import", "incidents", write_incidents(rng, homes, 150, FIRST * 12, FIRST * 12 + 11), "--data-through",
               "%d-12-31" % FIRST)
    grannkarta("publish", "--through", "%d-12" % FIRST)
    merged_years, numbered = 0, {}
    token = analyst_token(db)
    with Daemon(db.conninfo()) as daemon:
        daemon.poll(lambda: revision_of(daemon, token)[0] == 200, "the analyst is let in")
        for i, change in enumerate(CHANGES):
            year, version = FIRST + 1 + i, i + 2
            what = "%d, %s" % (year, change.__name__.replace("_", " "))
            before_units, before_living = units(), living()
            before_frozen, before_answers = frozen(i + 1, i + 1), answers(daemon)
            numbered[i + 1] = by_number(daemon, i + 1)
            ok(len(before_answers) > 15, "%s: %d public answers before" % (what, len(before_answers)))
            homes = change(rng, homes)
            seen = revision_of(daemon, token)
            grannkarta("import", "dwellings", write_homes(homes, year))
            grannkarta("lattice", "build")
            check_k(homes, year)
            is_eq(db.value("SELECT max(version) FROM lattice"), str(version), what + ": a new version of the lattice")
            now_units, now = units(), living()
            is_eq([u for u in before_units if now_units.get(u) != before_units[u]], [], what + ": no square moves")
            parts = {before_living[c]: set() for c in before_living}
            for unit, cell in before_units.items():
                parts[before_living[cell]].add(now[now_units[unit]])
            is_eq([c for c in parts if len(parts[c]) > 1], [], what + ": no cell splits")
            merged = [c for c in set(before_living.values()) if now[c] != c]
            merged_years += bool(merged)
            is_eq(db.value("SELECT count(*) FROM cell WHERE merged_version = %d AND since_version < %d" % (version, version)),
                  str(len(merged)), what + ": %d cells merged, all as of this version" % len(merged))
            is_eq(frozen(i + 1, i + 1), before_frozen, what + ": older releases and versions are as they were")
            daemon.poll(lambda: revision_of(daemon, token) != seen, what + ": the daemon has the new cells")
            seen = revision_of(daemon, token)
            is_eq(answers(daemon), before_answers, what + ": the public's answers are the same bytes")
            grannkarta("import", "incidents", write_incidents(rng, homes, 150, year * 12, year * 12 + 11), "--data-through",
                       "%d-12-31" % year)
            daemon.poll(lambda: revision_of(daemon, token) != seen, what + ": and the new incidents")
            is_eq(answers(daemon), before_answers, what + ": also with new incidents")
            etag = release_of(daemon)
            grannkarta("publish", "--through", "%d-12" % year)
            daemon.poll(lambda: release_of(daemon) != etag, what + ": the next release is served")
            is_eq(db.value("SELECT lattice_version FROM release ORDER BY id DESC LIMIT 1"), str(version), what + ": by the new lattice")
            is_eq(frozen(i + 1, i + 1), before_frozen, what + ": and the older ones still are as they were")
            cells = daemon.get("/collections/cells/items?limit=1000").json()["features"]
            is_eq(min(f["properties"]["dwellings"] for f in cells) >= K, True, what + ": every public cell has k dwellings")
            is_eq(sum(f["properties"]["count"] for f in cells),
                  int(db.value("SELECT sum(count) FROM release_cell_month WHERE release_id = %d AND month >= '%d-01-01'"
                               % (i + 2, year))), what + ": every incident of the year is in one of them")
        is_eq([n for n in numbered if numbered[n] != by_number(daemon, n)], [],
              "the releases of all years answer as they did, by their lattices")
        is_eq({status for found in numbered.values() for status, _, _ in found}, {200}, "which they did")
    ok(merged_years >= 2, "cells had to merge in %d of the years" % merged_years)
    is_eq(db.query("SELECT id, lattice_version FROM release ORDER BY id"), [[str(i), str(i)] for i in range(1, 7)],
          "each release keeps the lattice of its year")


def cases_of_the_first_year_stay_where_they_were_located():
    """A correction in the last year moves no case to another cell, but by merging."""
    cells = "SELECT i.id, cell_id FROM incident i WHERE revision_in = 1 AND revision_out IS NULL ORDER BY 1"
    before = db.query(cells)
    ok(len(before) > 100, "there are cases of the first year")
    now = living()
    published = dict(db.query("SELECT cell_id, sum(count) FROM release_cell_month WHERE release_id = 6 AND month < '%d-01-01'"
                              " GROUP BY 1" % (FIRST + 1)))
    by_cell = collections.Counter(now[int(c)] for _, c in before if c)
    is_eq({int(c): int(n) for c, n in published.items()}, dict(by_cell),
          "the newest release counts them in the cells that theirs became")


# --- Dated districts ----------------------------------------------------------------------------

def areas(*boxes):
    return [p.feature(p.polygon(p.square(p.E0 + e, p.N0, width, 2000)), lpo_kod=code, lpo_namn=name)
            for code, name, e, width in boxes]


def answered(daemon):
    return {f["properties"]["code"]: f["properties"]["count"]
            for f in daemon.get("/collections/districts-lpo/items").json()["features"]}


def police_areas_change_on_a_day():
    grannkarta = lambda *a, **k: db.grannkarta("--key-ring", keys, *a, **k)
    old = p.write(path("lpo.geojson"), areas(("A", "Väst", 0, 1000), ("B", "Mitt", 1000, 1000), ("C", "Öst", 2000, 2000)))
    new = p.write(path("lpo2.geojson"), areas(("A", "Väst", 0, 700), ("D", "Nya mitt", 700, 1300), ("C", "Öst", 2000, 2000)))
    grannkarta("import", "districts", old, "--set", "lpo")
    year = FIRST + len(CHANGES) + 1
    rng = random.Random(9)
    homes = first_year(rng)
    grannkarta("import", "incidents", write_incidents(rng, homes, 150, year * 12, year * 12 + 11), "--data-through", "%d-12-31" % year)
    for flags, reason in [(("--end-missing",), "--valid-from"),
                          (("--valid-from", "1890-01-01", "--end-missing"), "must be later")]:
        done = grannkarta("import", "districts", new, "--set", "lpo", *flags, check=False)
        ok(done.returncode in (2, 4) and reason in done.stderr, "a new division with %s is refused" % " ".join(flags))
    with Daemon(db.conninfo()) as daemon:
        etag = release_of(daemon)
        grannkarta("publish", "--through", "%d-03" % year)
        daemon.poll(lambda: release_of(daemon) != etag, "a release before the day")
        before = answered(daemon)
        is_eq(sorted(before), ["A", "B", "C"], "answers by the old division")
        done = grannkarta("import", "districts", new, "--set", "lpo", check=False)
        is_eq(done.returncode, 4, "what a release shows does not change without a date")
        out = grannkarta("import", "districts", new, "--set", "lpo", "--valid-from", "%d-07-01" % year, "--end-missing").stdout
        contains(out, "new 1   changed 1   as before 1   not in the file 1, ended 1", "the new division from a day on")
        is_eq(db.query("SELECT code, name, valid_from, valid_to FROM district WHERE set_name = 'lpo' ORDER BY code, valid_from"),
              [["A", "Väst", "1900-01-01", "%d-07-01" % year], ["A", "Väst", "%d-07-01" % year, None],
               ["B", "Mitt", "1900-01-01", "%d-07-01" % year], ["C", "Öst", "1900-01-01", None],
               ["D", "Nya mitt", "%d-07-01" % year, None]], "both are kept, side by side")
        is_eq(answered(daemon), before, "the release answers as before")
        is_eq(len(db.query("SELECT cell_id FROM district_cell JOIN district d ON d.id = district_id WHERE set_name = 'lpo'"
                           " AND version = 6 AND valid_from <= '%d-08-01' AND coalesce(valid_to, 'infinity') > '%d-08-01'"
                           " GROUP BY cell_id HAVING count(*) > 1" % (year, year))), 0, "no cell is in two areas of one day")
        for month, codes in [("06", ["A", "B", "C"]), ("09", ["A", "C", "D"])]:
            etag = release_of(daemon)
            grannkarta("publish", "--through", "%d-%s" % (year, month))
            daemon.poll(lambda: release_of(daemon) != etag, "a release through %s" % month)
            is_eq(sorted(answered(daemon)), codes, "through %s: the areas of that day" % month)
            cells = daemon.get("/collections/cells/items?limit=1000").json()["features"]
            is_eq(sum(answered(daemon).values()), sum(f["properties"]["count"] for f in cells),
                  "through %s: every located incident is counted once" % month)


def the_base_set_does_not_change():
    for name, features in [("base-shape.geojson", [p.districts()[0], p.feature(p.polygon(p.square(p.E0 + 2000, p.N0, 1900, 2000)),
                            regsokod="1272R002", regsonamn="Öster", folkmängd=60)]), ("base-less.geojson", p.districts()[:1])]:
        done = db.grannkarta("import", "districts", p.write(path(name), features), "--set", "regso", "--inhabitants-year", FIRST,
                             "--valid-from", "2040-01-01", "--end-missing", check=False)
        is_eq(done.returncode, 4, name + ": refused, also with a date")
        contains(done.stderr, "the lattice stands on", name + ": why")
        contains(done.stderr, "as another set", name + ": and what to do")
    is_eq(db.value("SELECT count(*) FROM district WHERE set_name = 'regso' AND valid_to IS NULL"), "2", "it is as it was")
    out = db.grannkarta("import", "districts", path("regso.geojson"), "--set", "regso_2040", "--valid-from", "2040-01-01",
                        "--inhabitants-year", FIRST).stdout
    contains(out, "new 2", "the same division as a set of its own is fine")


try:
    run(five_years_of_dwellings, cases_of_the_first_year_stay_where_they_were_located, police_areas_change_on_a_day,
        the_base_set_does_not_change)
finally:
    db.__exit__()
    folder.cleanup()
