#!/usr/bin/python3
"""Attacks by questions: any sequence of public requests, sliding, differencing,
splitting, repeating, measuring. Each tries to isolate fewer than k dwellings or
to learn of an incident that is not published, and each is also run against an
emulated weak service, where it must succeed. The attacker who combines all
numbers is in attacks_model.t; what a release is a function of, in rule3_release.t.

Time is not measured: a release is served from an object of its own, and after an
import that is not published no release object is made or swapped (shown here by
the daemon's log), so that there is nothing that could take longer. What a request
costs is then the cost of the same bytes from the same object."""
import collections
import os
import random
import statistics
import sys
from urllib.parse import urlencode

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from fixture import analyst_token
from tap import contains, is_eq, is_near, ok, run
from victim import VOLATILE, Attacked, home_of_victim, row

K, ADDRESSES = 8, 3
attacked = Attacked().__enter__()
cluster, daemon, path, grannkarta, features = (attacked.cluster, attacked.daemon, attacked.path, attacked.grannkarta,
                                               attacked.features)


def values(collection, query=""):
    return {f["id"]: f["properties"] for f in features(collection, query)}


def counts(collection, query=""):
    return {i: x["count"] for i, x in values(collection, query).items()}


def repeated_masks_average_to_nothing():
    """The same home 60 times under other case numbers, with the place as the police
    put it, a few metres off each time; then the same cases again."""
    e, n = home_of_victim()
    rng = random.Random(4)
    places = [(e + rng.uniform(-4, 4), n + rng.uniform(-4, 4)) for _ in range(60)]
    rows = [row(910000 + i, *place, "2024-09-%02d" % (1 + i % 28)) for i, place in enumerate(places)]
    for _ in range(3):
        grannkarta("import", "incidents", p.write_csv(path("again.csv"), rows))
    found = cluster.query("SELECT count(*), count(DISTINCT cell_id) FROM grannkarta.incident WHERE revision_out IS NULL"
                          " AND reported BETWEEN '2024-09-01' AND '2024-09-30'")
    is_eq(found, [["60", "1"]], "60 incidents at one home are in one cell, also when imported three times")
    weak = [(e + rng.uniform(-150, 150), n + rng.uniform(-150, 150)) for _ in range(2000)]
    off = max(abs(statistics.mean(x for x, _ in weak) - e), abs(statistics.mean(y for _, y in weak) - n))
    ok(off < 10, "random masks of 150 m average to %.0f m from the door" % off)


def sliding_a_box_shows_whole_cells_only():
    whole = values("cells")
    squares = values("hotspots", "&size=250")
    # In the village: around the cell with the smallest outline.
    rings = [f["geometry"]["coordinates"][0][0] for f in features("cells") if len(f["geometry"]["coordinates"]) == 1]
    lon, lat = min(rings, key=lambda r: max(x for x, _ in r) - min(x for x, _ in r))[0]
    changed = 0
    seen = [frozenset(), frozenset()]
    for step in range(50):  # some 12 m each
        query = "&bbox=%.6f,%.6f,%.6f,%.6f" % (lon - 0.006 + step * 2e-4, lat - 0.001, lon - 0.004 + step * 2e-4, lat + 0.001)
        for i, (collection, all_of_them) in enumerate((("cells", whole), ("hotspots", squares))):
            found = values(collection, query)
            if any(all_of_them[f] != v for f, v in found.items()):
                ok(False, "a feature is the same through every box")
            changed += frozenset(found) != seen[i]
            for f in frozenset(found) ^ seen[i] if step else ():
                if collection == "cells" and whole[f]["dwellings"] < K:
                    ok(False, "what two boxes differ by has k dwellings")
            seen[i] = frozenset(found)
    ok(changed > 10, "%d times another set of features, each of them whole and unchanged" % changed)
    homes = [f["geometry"]["coordinates"] for f in p.dwellings()]
    e, n = home_of_victim()
    weak = [sum(1 for x, y in homes if x <= east and abs(y - n) < 30) for east in (e - 0.01, e)]
    is_eq(weak[1] - weak[0], 1, "by exact places, two boxes would differ by the victim's home alone")


def windows_of_time_are_whole_months():
    month = counts("cells", "&datetime=2024-03-01/2024-03-31")
    ok(sum(month.values()) > 20, "March has counts")
    for query in ["2024-03-%02d" % d for d in (1, 13, 14, 15, 31)] + [
            "2024-03-14T08:00:00Z/2024-03-14T09:00:00Z", "2024-03-14T08:10:00Z", "2024-03-02/2024-03-03",
            "2024-03-14T12:00:00+05:00/2024-03-14T12:00:01+05:00"]:
        is_eq(counts("cells", "&datetime=" + query.replace("+", "%2B")), month, query + " is all of March")
    both = counts("cells", "&datetime=2024-03-31/2024-04-01")
    april = counts("cells", "&datetime=2024-04-10")
    is_eq(both, {c: month[c] + april[c] for c in month}, "a night between two months is both")
    weak = [sum(1 for x in p.incidents(400) if x["BROTTSDATUMTID_START"][:10] == "2024-03-%02d" % d) for d in range(1, 29)]
    ok(0 in weak or max(weak) < sum(weak), "by day, they would differ")


def filters_see_what_answers_show_and_no_more():
    """What only analysts have is refused like what nobody has, word for word."""
    hidden = ("kind", "code", "attempted", "from", "to", "hour", "reported", "place_radius_m", "revision", "approved",
              "ended", "id", "count_villa", "unlocated", "district", "case_number", "x\"y")
    for collection in ("cells", "districts-regso", "watch-areas", "hotspots"):
        public = {n for f in list(values(collection).values())[:1] for n in f}
        refused = lambda query, name: daemon.get(
            f"/collections/{collection}/items?limit=1&" + urlencode(query)).json()["detail"].replace(f'"{name}"', "?")
        nothing = [refused({"filter": "nothing = 'x'"}, "nothing"), refused({"sortby": "nothing"}, "nothing")]
        for name in hidden:
            if name in public or '"' in name:
                continue
            asked = [daemon.get(f"/collections/{collection}/items?limit=1&" + urlencode(q)) for q in (
                {"filter": f"{name} = 'x'"}, {"filter": f'"{name}" IS NULL'}, {"sortby": name},
                {"filter": f"S_INTERSECTS({name}, POINT(14 56))"})]
            if {a.status for a in asked} != {400}:
                ok(False, f"{collection}: {name} is refused: {[a.status for a in asked]}")
            same = [refused({"filter": f"{name} = 'x'"}, name), refused({"sortby": name}, name)]
            if same != nothing:
                is_eq(same, nothing, f"{collection}: {name} is refused as what does not exist")
    ok(True, "names that only analysts know are unknown to filters and orders")
    asked = daemon.get("/collections/incidents/items?filter=count%3E0")
    is_eq(asked.status, 401, "a filter opens no collection")


def a_filter_selects_whole_cells_with_their_counts():
    whole = values("cells")
    for f in daemon.get("/collections/cells/items?limit=40").json()["features"]:
        lon, lat = f["geometry"]["coordinates"][0][0][0]
        lat0, lon0 = lat + 0.00001, lon + 0.00001  # a metre: much less than a cell
        for literal in (f"BBOX({lon},{lat},{lon0:.7f},{lat0:.7f})", f"POINT({lon} {lat})",
                        f"POLYGON(({lon} {lat},{lon0:.7f} {lat},{lon0:.7f} {lat0:.7f},{lon} {lat}))"):
            found = daemon.get("/collections/cells/items?" + urlencode(
                {"filter": f"S_INTERSECTS(geometry,{literal})"})).json()["features"]
            same = {x["id"]: x["properties"] for x in found}
            if f["id"] not in same or any(whole[i] != same[i] for i in same):
                ok(False, f"{literal} selects whole cells, as they are")
    both = [daemon.get("/collections/cells/items?limit=10000&" + urlencode({"filter": t})).json()["features"]
            for t in ("count > 0", "NOT count > 0")]
    is_eq({x["id"]: x["properties"] for half in both for x in half}, whole, "two halves are the whole, as it is")
    ordered = daemon.get("/collections/cells/items?limit=10000&sortby=-count,dwellings").json()["features"]
    is_eq({x["id"]: x["properties"] for x in ordered}, whole, "in any order they are the same")


def nothing_splits_a_count():
    good = daemon.get("/collections/cells/items?limit=1")
    is_eq(good.status, 200, "without, it is answered")
    for query in ("kind=villa", "code=9801", "type=villa", "attempted=true", "completed=true", "definition=bra", "weekday=1",
                  "hour=8", "class=flat", "properties=kind", "properties=count,hour", "min_count=1", "revision=1",
                  "release=-1", "release=1&revision=1", "k=1", "cell=1", "case=5000", "size=250", "crs=x", "bbox-crs=x", "count=1", "dwellings=8"):
        for collection in ("cells", "districts-regso", "watch-areas"):
            answer = daemon.get(f"/collections/{collection}/items?limit=1&{query}")
            if answer.status not in (400, 401, 403):
                ok(False, f"{collection}?{query} is refused, not ignored: {answer.status}")
    for query in ("size=50", "size=100", "size=125", "size=249", "size=251", "method=kde", "method=excess", "kind=villa",
                  "compare=2024-01-01/2024-02-01"):
        answer = daemon.get("/collections/hotspots/items?limit=1&" + query)
        ok(answer.status in (400, 401, 403), f"hotspots?{query}: {answer.status}")
    is_eq(counts("cells", "&release=1"), counts("cells"), "a release that is asked for by number is the same")
    is_eq([daemon.get("/collections/cells/items?release=2").status, daemon.get("/revisions").status], [404, 401],
          "one that is not there is not found; revisions are for analysts")
    names = set().union(*(set(x) for c in ("cells", "districts-regso", "watch-areas", "hotspots") for x in values(c).values()))
    is_eq({x for x in names if any(w in x for w in ("kind", "villa", "flat", "holiday", "code_", "attempt", "complet",
                                                    "unlocated", "hour", "revision"))}, set(),
          "no place has a property of kinds, codes, attempts, hours or revisions")
    for name in ("incidents", "incidents/items", "incidents/items/1"):
        is_eq(daemon.get("/collections/" + name).status, 401, name + ": not without a token")


def a_small_watch_area_answers_for_its_cover():
    """Areas of a dozen homes and of one, drawn around the victim, and one that
    leaves a house out: if they are told at all, by whole cells."""
    cells = values("cells", "&datetime=2024-03-05")
    covers = collections.defaultdict(set)
    for slug, cell in cluster.query("SELECT slug, cell_id FROM grannkarta_public.watch_cover"):
        covers[slug].add(int(cell))
    told = {x["slug"]: x for x in values("watch-areas", "&datetime=2024-03-05").values()}
    is_eq({s: x["count"] for s, x in told.items()}, {s: sum(cells[c]["count"] for c in covers[s]) for s in told},
          "each count is that of whole cells")
    ok(told and min(x["dwellings"] for x in told.values()) >= 50, "covers of fewer than 50 dwellings are not told: %s" % sorted(told))
    ok("ett-hus" not in told, "nor that of one house")
    pairs = [covers[a] ^ covers[b] for a in told for b in told if a < b]
    ok(all(sum(cells[c]["dwellings"] for c in x) >= K for x in pairs if x), "what two covers differ by has k dwellings")
    e, n = home_of_victim()
    homes = [f["geometry"]["coordinates"] for f in p.dwellings()]
    inside = [sum(1 for x, y in homes if abs(x - e) <= h and abs(y - n) <= h) for h in (4, 60)]
    ok(inside[0] == 1 and inside[1] >= 3, "by exact places they would have been %s homes" % inside)


def another_definition_of_the_same_months_is_refused():
    """One definition minus another would be the kinds cell by cell."""
    before = cluster.value("SELECT count(*) FROM grannkarta.release")
    # One of an administrator's own that counts every kind of home, but no attempts.
    cluster.execute("INSERT INTO grannkarta.definition VALUES ('egen', 'x', 'x', 'x', 'x');"
                    "INSERT INTO grannkarta.definition_code SELECT 'egen', d.code_id FROM grannkarta.definition_code d"
                    " JOIN grannkarta.offence_code c ON c.id = d.code_id WHERE d.definition = 'polisen' AND c.is_attempt IS NOT TRUE")
    for definition, why in (("bra", "does not count holiday"), ("fullbordade", "does not count holiday"),
                            ("fritidshus", "does not count"), ("egen", "subtracting")):
        done = grannkarta("publish", "--through", "2024-05", "--definition", definition, check=False)
        ok(done.returncode != 0, definition + " is refused beside polisen")
        contains(done.stderr, why, "and it says why")
    is_eq(cluster.value("SELECT count(*) FROM grannkarta.release"), before, "no release came of it")


def shapes(paths):
    """Everything an observer of answers sees: status, headers, bytes, sizes on the wire."""
    seen = {}
    for one in paths:
        for encoding in ("identity", "gzip", "zstd"):
            for method in ("GET", "HEAD"):
                a = daemon.get(one, headers={"Accept-Encoding": encoding}, method=method)
                headers = sorted((k.lower(), v) for k, v in a.headers.items() if k.lower() not in VOLATILE)
                body = b"" if a.status >= 400 else a.body  # a problem has its request's number
                seen[one, encoding, method] = (a.status, headers if a.status < 400 else len(headers), len(a.body), body)
    return seen


def an_unpublished_incident_leaves_no_trace():
    token = analyst_token(cluster)
    revision = lambda: daemon.get("/collections/cells/items?limit=10000&datetime=2024-03-05", token=token)
    daemon.poll(lambda: revision().status == 200, "the analyst is let in")
    paths = ["/", "/releases", "/collections?release=1", "/collections", "/api", "/conformance", "/nothing", "/collections/cells/items?limit=0"]
    for c in ("cells", "districts-regso", "districts-kommun", "watch-areas", "hotspots"):
        paths += [f"/collections/{c}", f"/collections/{c}/schema", f"/collections/{c}/items?limit=10000",
                  f"/collections/{c}/items?limit=3&f=html", f"/collections/{c}/items?limit=50&datetime=2024-03-05",
                  f"/collections/{c}/items?limit=50&datetime=2024-06-05",
                  f"/collections/{c}/items?limit=20&release=1", f"/collections/{c}/items?limit=20&release=2", f"/collections/{c}/items/1"]
    before, analyst_before, lines = shapes(paths), revision().body, len(daemon.lines)
    e, n = home_of_victim()
    secret = [row(950000, e, n, "2024-03-15"), row(950001, e, n, "2024-10-02"), row(950002, e, n, "2024-03-16", "0826")]
    grannkarta("import", "incidents", p.write_csv(path("secret.csv"), secret))
    daemon.poll(lambda: revision().body != analyst_before, "analysts see it at once: the attack would work on them")
    after = shapes(paths)
    is_eq([x for x in before if before[x] != after[x]], [], "%d public answers: same status, headers, sizes and bytes" % len(before))
    loads = [x for x in daemon.lines[lines:] if "event=snapshot_loaded" in x]
    ok(loads and not any("kind=release" in x for x in loads), "only the analysts' object was made anew")


def demolished_homes_do_not_leave_a_cell_of_fewer_than_k():
    """k wrong in reality: half of the village is gone when the next file comes."""
    later = p.dwellings(year=2024, drop=150)
    old = {int(c): int(n) for c, n in cluster.query(
        "SELECT c.id, c.dwellings FROM grannkarta_public.cell c")}
    cluster.execute("CREATE TABLE public.home (g geometry, dwellings int); INSERT INTO public.home VALUES " + ",".join(
        "(ST_SetSRID(ST_MakePoint(%r, %r), 3006), %d)" % (*f["geometry"]["coordinates"], f["properties"]["bostäder"]) for f in later))
    true = """SELECT c.id, coalesce(sum(h.dwellings), 0), count(h.g) FROM grannkarta_public.cell c
        LEFT JOIN public.home h ON ST_Covers(c.outline, h.g) GROUP BY 1"""
    weak = [r for r in cluster.query(true) if int(r[1]) < K]
    ok(len(weak) > 0, "as they were, %d of %d cells would have fewer than k homes now" % (len(weak), len(old)))
    first = {x: counts("cells", "&release=1&datetime=" + x) for x in ("2024-02-05", "2024-03-05", "2024-05-05")}
    grannkarta("import", "dwellings", p.write(path("later.geojson"), later))
    grannkarta("lattice", "build")
    grannkarta("publish", "--through", "2024-06")
    daemon.poll(lambda: values("cells", "")[min(values("cells"))]["release"] == 2, "the next release is served")
    now = {int(c): (int(d), int(a)) for c, d, a in cluster.query(true)}
    served = values("cells")
    is_eq(set(served), set(now), "the cells of HTTP are those of SQL")
    is_eq([c for c, (d, a) in now.items() if d < K or a < ADDRESSES], [], "every cell has k homes at 3 addresses that still stand")
    # The first release is still there: cells of then, with the homes of then. Subtracting
    # it from the second tells no more than the second, since new cells are sums of old ones.
    is_eq({x: counts("cells", "&release=1&datetime=" + x) for x in first}, first, "the first release is as it was")
    into = {int(a): int(b) for a, b in cluster.query("SELECT cell_id, living_id FROM grannkarta.cells_at(2)")}
    for month, then in first.items():
        late = counts("cells", "&datetime=" + month)
        sums = collections.Counter()
        for cell, count in then.items():
            sums[into[cell]] += count
        changed = {c: late[c] - sums[c] for c in late if late[c] != sums[c]}
        ok(all(now[c][0] >= K and d > 0 for c, d in changed.items()),
           "%s: what the second adds to the first is reported for whole new cells: %s" % (month, sorted(changed.values())))
    is_eq({c: x["dwellings"] for c, x in served.items()}, {c: d for c, (d, _) in now.items()}, "and says how many")


def news_and_neighbours_are_named_as_what_remains():
    """Who knows of the burglary finds its cell: that is said, with k, in both languages."""
    for language, words in (("sv", ("Vad som återstår", "tidning", "8 bostäder")),
                            ("en", ("What remains", "newspaper", "8 dwellings"))):
        page = path("report-%s.html" % language)
        cluster.grannkarta("verify", "--no-http", "--html", page, "--lang", language, check=False)
        with open(page, encoding="utf-8") as f:
            text = f.read()
        for word in words:
            contains(text, word, f"the data protection officer's page ({language}) says it")
    contains(daemon.get("/collections/cells/items?limit=1&f=html&lang=en").text(), "at least 8 dwellings",
             "a page of cells says what a place is")


try:
    run(sliding_a_box_shows_whole_cells_only, windows_of_time_are_whole_months, nothing_splits_a_count,
        filters_see_what_answers_show_and_no_more, a_filter_selects_whole_cells_with_their_counts,
        a_small_watch_area_answers_for_its_cover, another_definition_of_the_same_months_is_refused,
        an_unpublished_incident_leaves_no_trace, repeated_masks_average_to_nothing,
        demolished_homes_do_not_leave_a_cell_of_fewer_than_k, news_and_neighbours_are_named_as_what_remains)
finally:
    attacked.__exit__()
