#!/usr/bin/python3
"""The model attacker: every public number, every true dwelling, one known victim.

It knows all address points with their dwellings and class (the file that the
dwellings were imported from) and asks for everything public: every month, year
and size, all sets of districts, watch areas, squares, kinds, completed and
attempted (of years), unlocated, of two releases. It then tries, with exact arithmetic
(tests/lib/attacker.py, written from DOMAIN's list of attacks and not from the
program), to find a set of fewer than k dwellings whose count follows. Each
attack is run on an emulated weak service too, where it must succeed."""
import functools
import os
import sqlite3
import struct
import subprocess
import sys
from collections import defaultdict
from fractions import Fraction

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import attacker
from daemon import Daemon
from fixture import municipality
from tap import is_eq, is_near, ok, run

K, ADDRESSES, SIDE = 8, 3, 50
CLASSES = {"villa": "villa", "lagenhet": "flat", "fritidshus": "holiday"}
context = municipality()
m = context.__enter__()
server = Daemon(m.conninfo())
daemon = server.__enter__()


def point(blob):
    at = 8 + {0: 0, 1: 32}[(blob[3] >> 1) & 7]
    return struct.unpack_from(("<" if blob[at] == 1 else ">") + "dd", blob, at + 5)


@functools.cache
def homes():
    """[(e, n, dwellings, class)]: what the attacker has from elsewhere."""
    with sqlite3.connect(f"file:{m.files}/addresses.gpkg?mode=ro", uri=True) as db:
        return [(*point(g), d, CLASSES[c]) for g, d, c in db.execute("SELECT geom, dwellings, class FROM addresses")]


@functools.cache
def cell_of():
    """The cell of each home: by the published outlines (direct SQL's public view,
    metres), where squares on a district's border belong to both."""
    m.execute("CREATE TABLE IF NOT EXISTS public.attacker (i int, g geometry); TRUNCATE public.attacker; INSERT INTO public.attacker VALUES "
              + ",".join(f"({i}, ST_SetSRID(ST_MakePoint({e!r}, {n!r}), 3006))" for i, (e, n, _, _) in enumerate(homes())))
    rows = m.query("""SELECT a.i, c.id FROM public.attacker a
        JOIN grannkarta_public.district d ON d.set_name = 'regso' AND ST_Covers(d.outline, a.g)
        JOIN grannkarta_public.cell c ON ST_Covers(c.outline, a.g)
        JOIN grannkarta_public.district_cell dc ON dc.set_name = 'regso' AND dc.code = d.code AND dc.cell_id = c.id""")
    found = {int(i): int(c) for i, c in rows}
    return [found.get(i) for i in range(len(homes()))]


def items(collection, query=""):
    """All features of a collection, by cursor."""
    features, path = [], f"/collections/{collection}/items?limit=10000{query}"
    while path:
        body = daemon.get(path).json()
        features += body["features"]
        path = next(("/" + l["href"].split("/", 3)[3] for l in body["links"] if l["rel"] == "next"), None)
    return features


@functools.cache
def counts(collection, query=""):
    return {f["id"]: f["properties"]["count"] for f in items(collection, query)}


def months():
    return ["%d-%02d" % (y, n) for y in range(2022, 2026) for n in range(1, 13) if (y, n) <= (2025, 6)]


def month_query(month):
    return "&datetime=%s-05" % month


@functools.cache
def sums():
    """Every published count as {home index: factor}, with how to ask for it."""
    by_cell, dwellings = defaultdict(list), defaultdict(int)
    for i, cell in enumerate(cell_of()):
        by_cell[cell].append(i)
        dwellings[cell] += homes()[i][2]
    all_sums = {("cells", cell): {i: Fraction(1) for i in of} for cell, of in by_cell.items() if cell is not None}
    members = defaultdict(list)
    for name, code, cell in m.query("SELECT set_name, code, cell_id FROM grannkarta_public.district_cell"):
        members["districts-" + name, code].append(int(cell))
    for slug, cell in m.query("SELECT slug, cell_id FROM grannkarta_public.watch_cover"):
        members["watch-areas", slug].append(int(cell))
    for key, cells in members.items():
        all_sums[key] = {i: Fraction(1) for cell in cells for i in by_cell[cell]}
    for size in (250, 500, 1000):
        part = defaultdict(lambda: defaultdict(int))  # dwellings of square and cell
        for i, (e, n, d, _) in enumerate(homes()):
            part[int(n // size), int(e // size)][cell_of()[i]] += d
        for square, cells in part.items():
            all_sums["hotspots", size * 10 ** 12 + square[0] * 10 ** 6 + square[1]] = {
                i: Fraction(d, dwellings[c]) for c, d in cells.items() if c is not None for i in by_cell[c]}
    return all_sums


def every_cell_that_is_published_has_k_true_dwellings_and_3_addresses():
    dwellings, addresses = defaultdict(int), defaultdict(int)
    for i, cell in enumerate(cell_of()):
        dwellings[cell] += homes()[i][2]
        addresses[cell] += 1
    published = {f["id"]: f["properties"] for f in items("cells")}
    is_eq(dwellings.pop(None, 0), 0, "every home of the attacker's is in exactly one published cell")
    is_eq({c: p["dwellings"] for c, p in published.items()}, dict(dwellings), "the dwellings of each are the true ones")
    is_eq(min(dwellings.values()) >= K and min(addresses.values()) >= ADDRESSES, True, "none has fewer than k or 3 addresses")


def every_public_count_is_a_sum_over_whole_cells():
    """Were one of them not, it would be the difference that tells."""
    names = {(c, f["properties"].get("code") or f["properties"].get("slug")): f["id"] for c in
             ("districts-regso", "districts-kommun", "watch-areas") for f in items(c)}
    members = defaultdict(set)
    for key, factors in sums().items():
        if key in names:
            members[key] = {cell_of()[i] for i in factors}
    wrong, compared = [], 0
    for month in months():
        cells = counts("cells", month_query(month))
        for key, own in members.items():
            compared += 1
            if counts(key[0], month_query(month))[names[key]] != sum(cells[c] for c in own):
                wrong.append((month, key))
    is_eq(wrong, [], f"{compared} counts of districts and watch areas by month are sums of their cells")
    ok(len(members) >= 14 + 2 + 10 and sum(sum(counts("cells", month_query(x)).values()) for x in months()) > 500,
       "there are districts, watch areas and counts")


def squares_tell_no_more_than_cells():
    worst, seen = 0.0, 0
    for month in ("2022-11", "2023-11", "2025-01"):
        cells = counts("cells", month_query(month))
        for size in (250, 500, 1000):
            for square, count in counts("hotspots", month_query(month) + f"&size={size}").items():
                factors = sums()["hotspots", square]
                per_cell = {cell_of()[i]: f for i, f in factors.items()}
                worst = max(worst, abs(count - float(sum(f * cells[c] for c, f in per_cell.items()))))
                seen += 1
    is_near(worst, 0, 0.0006, f"{seen} squares of three sizes are their shares of cells' counts, to the digits printed")


def no_combination_of_sums_isolates_fewer_than_k_dwellings():
    weights = {i: h[2] for i, h in enumerate(homes())}
    sizes = attacker.atoms(list(sums().values()), weights)
    ok(len(sums()) > 2500, "%d sums for each month" % len(sums()))
    is_eq([s for s in sizes.values() if s < K], [], "homes that no sum tells apart: groups of k dwellings or more")
    is_eq(attacker.derived_small_sets(list(sums().values()), weights, K), [], "so nothing smaller can be derived")


def the_same_attack_finds_homes_where_areas_cut_cells():
    """A weak service: district counts by the exact place. The districts of the
    attack are cut 20 m into a cell; some homes lie in the strip between."""
    victim = next(i for i, h in enumerate(homes()) if h[2] == 1 and h[3] == "villa")
    e0, n0 = homes()[victim][:2]
    near = [i for i, h in enumerate(homes()) if abs(h[0] - e0) < 500 and abs(h[1] - n0) < 500]
    weights = {i: homes()[i][2] for i in near}
    weak = [{i: Fraction(1) for i in near if homes()[i][0] <= e0}, {i: Fraction(1) for i in near if homes()[i][0] < e0}]
    found = attacker.derived_small_sets(weak, weights, K)
    ok(len(found) >= 1 and min(found) < K, "two boxes by exact place, subtracted, isolate %s dwelling(s)" % found)
    split = [{i: Fraction(1) for i in near}, {i: Fraction(1) for i in near if i != victim}]
    is_eq(attacker.derived_small_sets(split, weights, K), [1], "a district minus its other cells isolates one home")


def a_known_victim_has_k_candidates_in_every_month():
    """The attacker knows one victim and asks which incident is theirs, and of any
    incident which home was hit: the cell is all there is, whatever is asked."""
    victim = next(i for i, h in enumerate(homes()) if h[2] == 1 and counts("cells", "")[cell_of()[i]] > 0)
    weights = {i: h[2] for i, h in enumerate(homes())}
    own = sums()["cells", cell_of()[victim]]
    together = [i for i in own if all(f.get(victim) == f.get(i) for f in sums().values() if victim in f or i in f)]
    ok(sum(weights[i] for i in together) >= K, "the victim is one of %d dwellings in every sum" % sum(weights[i] for i in together))
    ok(len({homes()[i][:2] for i in together}) >= ADDRESSES, "at three addresses or more")


def totals_of_the_municipality_hide_no_place():
    """count_total - unlocated - cells would be what cells straddling a border hide."""
    wrong = []
    for month in months():
        for f in items("districts-kommun", month_query(month)):
            p = f["properties"]
            if p["count_total"] - p["unlocated"] != p["count"] or (p["completed"], p["attempted"]) != (None, None):
                wrong.append((month, p["code"], p["count_total"], p["unlocated"], p["count"], p["completed"], p["attempted"]))
            if any(v is not None for k, v in p.items() if k.startswith("count_") and k != "count_total"):
                wrong.append((month, p["code"], "kinds of a month"))
    is_eq(wrong, [], "each month: the total is the cells and the unlocated; no attempts, no kinds")


def year_cells(year, code):
    cells = counts("cells", f"&datetime={year}-01-01/{year}-12-31")
    of = defaultdict(lambda: defaultdict(int))
    for i, cell in enumerate(cell_of()):
        of[cell][homes()[i][3]] += homes()[i][2]
    own = {int(c) for c, in m.query(f"SELECT cell_id FROM grannkarta_public.district_cell WHERE set_name = 'kommun' AND code = '{code}'")}
    return [(cells[c], dict(of[c])) for c in sorted(own)]


def kinds_by_year_force_no_home():
    told, weak = 0, 0
    for year in (2022, 2023, 2024):
        for f in items("districts-kommun", f"&datetime={year}-01-01/{year}-12-31"):
            p = f["properties"]
            totals = {kind: p["count_" + kind] for kind in ("villa", "flat", "holiday")}
            cells = year_cells(year, p["code"])
            if None not in totals.values():
                told += 1
                is_eq(attacker.forced_upon_few(totals, p["unlocated"], cells, K), [],
                      f"{p['code']} {year}: kinds are told and no k - 1 homes must have been hit")
                is_eq(sum(totals.values()), p["count_total"], "and they add up")
            if p["attempted"] is not None:
                is_eq(None in totals.values(), False, "attempts are told with the kinds only")
                is_eq(p["completed"] + p["attempted"], p["count_total"], "and are no more than all")
                is_eq([n for n in (p["completed"], p["attempted"]) if 0 < n < 5], [], "nor few")
                is_eq(attacker.forced_by_attempts(p["completed"], p["attempted"], p["unlocated"], cells, K), [],
                      f"{p['code']} {year}: attempts are told and no k - 1 homes must have been hit")
            # What would be told if kinds were told whatever they are: a single villa in the
            # cell with fewest villas among those that have a count.
            hit = min((c for c in cells if c[0] > 0 and c[1].get("holiday", 0) > 0), key=lambda c: c[1]["holiday"], default=None)
            if hit and hit[1]["holiday"] < K:
                weak += bool(attacker.forced_upon_few({"villa": 0, "flat": 0, "holiday": hit[0]}, 0, [hit], K))
    ok(told >= 1, f"kinds are told for {told} municipalities and years")
    ok(weak >= 1, "told without conditions, they would name few homes")


# Cells of a village whose homes are chosen: villas, flats, holiday homes.
CRAFTED = {1: (8, 8, 0), 2: (4, 3, 8), 3: (8, 8, 8), 4: (1, 0, 7)}
# Code, month, cell, number. 9801 and 9802: completed, of villas and flats; 0857: attempts, of villas; 0826: holiday homes.
HITS = [
    ("0857", "2023-03", 4, 6), ("9801", "2023-05", 3, 10), ("0826", "2023-05", 3, 10),  # March: only attempts, by one villa
    ("9801", "2024-02", 3, 5), ("9802", "2024-03", 2, 5), ("0826", "2024-04", 2, 10),   # 10 villas and flats, 5 with room outside cell 2
    ("9801", "2025-02", 1, 17), ("0857", "2025-04", 1, 3),                              # 3 attempts
    ("0857", "2026-02", 4, 12),                                                         # a year of attempts only
]


def crafted():
    """The village of tests/sql with other homes, and the hits above, published."""
    database = m.new_database()
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database.conninfo("postgres"), "-f",
                    os.path.join(here, "..", "sql", "include", "village.sql")], check=True, stdout=subprocess.DEVNULL)
    sql = "SET session_replication_role = replica; UPDATE dwelling SET villa = 0, flat = 0, holiday = 0;"
    for cell, (villa, flat, holiday) in CRAFTED.items():
        sql += (f"UPDATE lattice_cell SET villa = {villa}, flat = {flat}, holiday = {holiday} WHERE cell_id = {cell};"
                f"UPDATE dwelling d SET villa = {villa}, flat = {flat}, holiday = {holiday} FROM (SELECT min(e) AS e FROM unit"
                f" WHERE cell_id = {cell}) u WHERE d.e = u.e;")
    sql += ("SET session_replication_role = DEFAULT; INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through)"
            " VALUES (1, 'import', 1, sha256('one'), '2026-12-31');")
    number = 0
    for code, month, cell, n in HITS:
        number += n
        sql += (f"INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour, code_id, count)"
                f" SELECT {number} - g, 1, {cell}, 3, 1, '{month}-05 10:00', '{month}-05 10:00', c.id, 1"
                f" FROM generate_series(0, {n - 1}) g, offence_code c WHERE c.code = '{code}';")
    database.execute(sql + "SELECT publish('2026-12-01', 'polisen', '2023-01-01');")
    return database


def attempts_exclude_no_homes():
    """A month whose hits are all attempts, in a cell of one villa and seven holiday homes."""
    homes_of = {c: dict(zip(("villa", "flat", "holiday"), n)) for c, n in CRAFTED.items()}
    cells_of = lambda when: [(sum(n for _, month, cell, n in HITS if cell == c and month.startswith(when)), homes)
                             for c, homes in homes_of.items()]
    true = lambda when: (sum(n for code, month, _, n in HITS if month.startswith(when) and code != "0857"),
                         sum(n for code, month, _, n in HITS if month.startswith(when) and code == "0857"))
    ok(attacker.forced_by_attempts(*true("2023-03"), 0, cells_of("2023-03"), K), "told by month, attempts would name one villa")
    ok(attacker.forced_by_attempts(*true("2026"), 0, cells_of("2026"), K), "of that year, too")
    ok(attacker.forced_upon_few({"villa": 5, "flat": 5, "holiday": 10}, 0, cells_of("2024"), K),
       "kinds that are each safe alone would together name seven homes")
    with Daemon(crafted().conninfo()) as village:
        def told(when):
            f, = village.get("/collections/districts-kommun/items?datetime=" + when).json()["features"]
            return f["properties"]
        leaks, months_seen = [], 0
        for year in range(2023, 2027):
            for month in range(1, 13):
                p = told("%d-%02d-05" % (year, month))
                months_seen += p["count_total"] > 0
                if p["attempted"] is not None or p["completed"] is not None:
                    leaks.append((year, month, attacker.forced_by_attempts(
                        p["completed"] or 0, p["attempted"] or 0, p["unlocated"], cells_of("%d-%02d" % (year, month)), K)))
        is_eq((leaks, months_seen), ([], len({h[1] for h in HITS} )), "no month tells attempts")
        years = {y: told(f"{y}-01-01/{y}-12-31") for y in range(2023, 2027)}
        names = ("count_villa", "count_flat", "count_holiday", "completed", "attempted")
        is_eq({y: [p[n] for n in names] for y, p in years.items()},
              {2023: [16, 0, 10, 20, 6], 2024: [None] * 5, 2025: [20, 0, 0, None, None], 2026: [None] * 5},
              "of years: what is safe, kinds without their 3 attempts, and nothing that forces")
        is_eq([y for y, p in years.items() if p["attempted"] is not None and
               attacker.forced_by_attempts(p["completed"], p["attempted"], p["unlocated"], cells_of(str(y)), K)], [],
              "what is told names nobody")


def two_releases_differ_by_whole_cells_and_months():
    """An import and a second release: all differences are of cells and months."""
    before = {month: dict(counts("cells", month_query(month))) for month in months()}
    tag = daemon.get("/collections/cells/items?limit=1").headers["ETag"]
    m.import_more()
    m.grannkarta("publish", "--through", "2025-09")
    daemon.poll(lambda: daemon.get("/collections/cells/items?limit=1").headers["ETag"] != tag, "the second release is served")
    counts.cache_clear()
    changed, names = 0, {f["id"]: f["properties"]["code"] for f in items("districts-regso")}
    member = {}
    for code, cell in m.query("SELECT code, cell_id FROM grannkarta_public.district_cell WHERE set_name = 'regso'"):
        member[int(cell)] = code
    for month in months():
        after, now = counts("cells", month_query(month)), defaultdict(int)
        is_same = set(after) == set(before[month])
        if not is_same:
            ok(False, "the cells of both releases are the same: " + month)
        changed += sum(after[c] != before[month][c] for c in after)
        for c, n in after.items():
            now[member[c]] += n
        if any(now[names[d]] != n for d, n in counts("districts-regso", month_query(month)).items()):
            ok(False, "districts of the second release are sums of its cells: " + month)
    ok(changed > 0, "%d cells and months differ, and no other difference can be made of the two" % changed)


try:
    run(every_cell_that_is_published_has_k_true_dwellings_and_3_addresses, every_public_count_is_a_sum_over_whole_cells,
        squares_tell_no_more_than_cells, no_combination_of_sums_isolates_fewer_than_k_dwellings,
        the_same_attack_finds_homes_where_areas_cut_cells, a_known_victim_has_k_candidates_in_every_month,
        totals_of_the_municipality_hide_no_place, kinds_by_year_force_no_home,
        attempts_exclude_no_homes, two_releases_differ_by_whole_cells_and_months)
finally:
    server.__exit__(None, None, None)
    context.__exit__(None, None, None)
