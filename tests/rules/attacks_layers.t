#!/usr/bin/python3
"""Attacks through what layers can be asked in: filters in space, orders, reference
systems, tables, tiles, and the caches behind them. Each tries to isolate fewer than k
dwellings, to find a value that is not shown, or to learn of incidents that are not
published or of how they were imported; each is also run against an emulated weak
service, where it must succeed. Attacks by boxes, periods and names are in
attacks_queries.t, the attacker who combines all numbers in attacks_model.t."""
import csv
import io
import json
import math
import os
import re
import sys
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import mvt
import places_files as p
from fixture import analyst_token
from ogc import all_of
from tap import is_eq, ok, run
from victim import VOLATILE, Attacked, home_of_victim, incidents, row

K, SIDE = 8, 50
LAYERS = ("cells", "districts-regso", "districts-kommun", "watch-areas", "hotspots")
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
# When something was published, where it is served.
MOMENT = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ)?|127\.0\.0\.1:\d+")


def lonlat(e, n):
    return [float(v) for v in a.cluster.query(
        "SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(ST_SetSRID(ST_Point(%r, %r), 3006), 4326) AS g) t" % (e, n))[0]]


def found_by(text, query=""):
    return a.features("cells", "&filter=%s%s" % (quote(text), query))


def homes():
    """[(e, n, dwellings)]: what an attacker knows."""
    return [(*f["geometry"]["coordinates"], f["properties"]["bostäder"]) for f in p.dwellings()]


# --- Where it was ---------------------------------------------------------------------


def bisect(box, is_in):
    """Halves a box, keeping a half in which something is, until it is tiny."""
    x0, y0, x1, y1 = box
    for step in range(40):
        if step % 2:
            halves = (x0, y0, (x0 + x1) / 2, y1), ((x0 + x1) / 2, y0, x1, y1)
        else:
            halves = (x0, y0, x1, (y0 + y1) / 2), (x0, (y0 + y1) / 2, x1, y1)
        box = next((h for h in halves if is_in(h)), None)
        if box is None:
            return None
        x0, y0, x1, y1 = box
    return box


def halving_a_box_ends_at_a_cell():
    """Burglaries of March, by a filter in space and on the count at once."""
    extent = a.daemon.get("/collections/cells").json()["extent"]["spatial"]["bbox"][0]
    box = bisect(extent, lambda b: found_by("count > 0 AND S_INTERSECTS(geometry, BBOX(%.9f,%.9f,%.9f,%.9f))" % b,
                                            "&datetime=2024-03-05"))
    ok(box is not None and box[2] - box[0] < 1e-6, "a box of some centimetres is found, inside of a cell that has a count")
    touched = found_by("count > 0 AND S_INTERSECTS(geometry, BBOX(%.9f,%.9f,%.9f,%.9f))" % box, "&datetime=2024-03-05")
    ok(touched and min(f["properties"]["dwellings"] for f in touched) >= K, "it says that of at least %d dwellings" % K)
    # Anywhere in that cell the answer is the same: a point of it tells no more than the cell.
    inside = a.cluster.query("SELECT ST_X(g), ST_Y(g) FROM (SELECT (ST_Dump(ST_GeneratePoints(ST_Transform(outline, 4326), 60, 1))).geom AS g "
                             "FROM grannkarta_public.cell WHERE id = %d) t" % touched[0]["id"])
    whole = {f["id"]: f["properties"] for f in a.features("cells", "&datetime=2024-03-05")}
    all_of(("%r: %r" % (at, [f["id"] for f in got])
            for at, got in ((at, found_by("S_INTERSECTS(geometry, POINT(%s %s))" % tuple(at), "&datetime=2024-03-05")) for at in inside)
            if [(f["id"], f["properties"]) for f in got] != [(touched[0]["id"], whole[touched[0]["id"]])]),
           "and so do 60 points of it, the victim's home or not")
    e, n = home_of_victim()
    exact = [(float(r["SWEREF E"]), float(r["SWEREF N"])) for r in incidents() if r["BROTTSDATUMTID_START"][:7] == "2024-03"
             and r.get("SWEREF E")]
    weak = bisect((e - 3, n - 3, e + 3, n + 3), lambda b: any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for x, y in exact))
    near = [h for h in homes() if abs(h[0] - weak[0]) < 5 and abs(h[1] - weak[1]) < 5]
    ok((weak[0] - e) ** 2 + (weak[1] - n) ** 2 < 1 and len(near) == 1, "on exact places the same halving ends at the victim's door")


def systems():
    return a.daemon.get("/collections/cells").json()["crs"]


def corners(collection, crs):
    """[(e, n)] of all positions of a collection, as PostGIS turns them back to metres."""
    srid = 4326 if crs == CRS84 else int(crs.rsplit("/", 1)[1])
    swap = crs != CRS84 and srid in (3006, 3008, 4326)
    features = a.features(collection, "" if crs == CRS84 else "&crs=" + quote(crs))
    rows = a.cluster.query("""SELECT DISTINCT ST_X(g), ST_Y(g) FROM (
        SELECT ST_Transform(%s, 3006) AS g FROM json_array_elements('%s') j,
               ST_DumpPoints(ST_SetSRID(ST_GeomFromGeoJSON(j::text), %d)) d) t""" % (
        "ST_FlipCoordinates(d.geom)" if swap else "d.geom", json.dumps([f["geometry"] for f in features]), srid))
    return [(float(x), float(y)) for x, y in rows]


def other_systems_show_the_same_lattice():
    """Five ways of rounding a place would average out, if there were a place behind
    them: there are the corners of squares of 50 m, nothing else."""
    off, sets = {}, []
    for crs in systems():
        seen = corners("cells", crs)
        off[crs] = max(abs(v - SIDE * round(v / SIDE)) for at in seen for v in at)
        sets.append({(round(x / SIDE), round(y / SIDE)) for x, y in seen})
    ok(len(sets) >= 2 and max(off.values()) < 0.02, "%d systems: every corner is one of the lattice: %s m off" % (
        len(sets), max(off.values())))
    ok(all(s == sets[0] for s in sets), "the same %d corners in each" % len(sets[0]))
    e, n = home_of_victim()
    ok(min(abs(v - SIDE * round(v / SIDE)) for v in (e, n)) > 5, "an exact place would have been between them")


def boxes_in_other_systems_select_whole_cells():
    """Boxes of a few millimetres across the border of a cell, in every system: where two
    systems disagree on what is touched, they disagree on whole cells."""
    whole = {f["id"]: f["properties"] for f in a.features("cells")}
    ring = a.features("cells")[0]["geometry"]["coordinates"]
    while isinstance(ring[0][0], list):
        ring = ring[0]
    faults, asked = [], 0
    for lon, lat in ring[:8]:
        for crs in systems():
            srid = 4326 if crs == CRS84 else int(crs.rsplit("/", 1)[1])
            x, y = (float(v) for v in a.cluster.query(
                "SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_Transform(ST_SetSRID(ST_Point(%r, %r), 4326), %d) AS g) t" % (lon, lat, srid))[0])
            unit = 1e-8 if srid == 4326 else 0.001
            for step in range(-3, 4):
                box = [x + step * unit, y + step * unit, x + (step + 1) * unit, y + (step + 1) * unit]
                if crs != CRS84 and srid != 3857:
                    box = [box[1], box[0], box[3], box[2]]
                query = "&bbox=" + ",".join("%.9f" % v for v in box) + ("" if crs == CRS84 else "&bbox-crs=" + quote(crs))
                asked += 1
                faults += ["%s: %d" % (query, f["id"]) for f in a.features("cells", query) if whole.get(f["id"]) != f["properties"]]
    all_of(faults, "%d boxes select cells as they are" % asked)
    ok(all(x["dwellings"] >= K for x in whole.values()), "each of at least %d dwellings" % K)


# --- What is not shown ---------------------------------------------------------------------


def values_that_are_not_shown_cannot_be_found():
    """Kinds, attempts and what is withheld are null: asked for, ordered by, in a table
    or a tile they must be as null. Halving would find a number in ten questions."""
    token = analyst_token(a.cluster)
    a.daemon.poll(lambda: a.daemon.get("/collections/incidents", token=token).status == 200, "the analyst is let in")
    searched = 0
    for collection, query in (("districts-kommun", "&datetime=2024-02-05/2024-04-05"), ("cells", "&datetime=2031-01-01"),
                              ("districts-regso", "&datetime=2031-01-01")):
        shown = a.features(collection, query)
        hidden = [k for k, v in shown[0]["properties"].items() if v is None and all(f["properties"][k] is None for f in shown)]
        queryables = a.daemon.get("/collections/%s/queryables" % collection).json()["properties"]
        plain = [f["id"] for f in shown]
        for name in (h for h in hidden if h in queryables and queryables[h]["type"] in ("integer", "number")):
            searched += 1
            tests = ["%s %s %d" % (name, op, n) for op in (">=", "<", "=", "<>") for n in (0, 1, 4, 1000)]
            tests += ["%s BETWEEN 0 AND 1000" % name, "NOT %s > 3" % name, "%s IN (0, 1, 2, 3, 4, 5)" % name,
                      "%s = %s" % (name, name), "%s >= count OR %s < count" % (name, name)]
            answers = [f["id"] for t in tests for f in a.features(collection, query + "&filter=" + quote(t))]
            is_eq(answers, [], "%s: nothing is found by %s" % (collection, name))
            is_eq([f["id"] for f in a.features(collection, "%s&filter=%s%%20IS%%20NULL" % (query, name))], plain, "it is null everywhere")
            for sign in ("", "-"):
                answer = a.daemon.get(f"/collections/{collection}/items?limit=10000{query}&sortby={sign}{name}")
                if answer.status == 200:
                    is_eq([f["id"] for f in answer.json()["features"]], plain, "and orders nothing")
            table = a.daemon.get(f"/collections/{collection}/items?limit=10000{query}&f=csv")
            if table.status == 200:
                rows = list(csv.DictReader(io.StringIO(table.body.decode("utf-8-sig"), newline="")))
                is_eq({r[name] for r in rows}, {""}, "a table leaves it empty")
    ok(searched >= 6, "%d properties" % searched)
    kinds = a.cluster.query("SELECT c.kind, sum(i.count) FROM grannkarta.incident i JOIN grannkarta.offence_code c ON c.id = i.code_id "
                            "WHERE i.from_hour BETWEEN '2024-02-01' AND '2024-05-01' AND revision_out IS NULL GROUP BY 1")
    low, high = 0, 1024
    while low < high:  # a service that filters on what it has, not on what it shows
        middle = (low + high) // 2
        low, high = (middle + 1, high) if int(kinds[0][1]) > middle else (low, middle)
    is_eq(low, int(kinds[0][1]), "a filter on what is stored would give %s away" % kinds[0][0])


# --- How it came there ---------------------------------------------------------------------


def asked():
    """Paths of every kind that the public has."""
    paths = ["/", "/api", "/conformance", "/collections", "/releases"]
    for c in LAYERS:
        base = "/collections/" + c
        paths += [base, base + "/schema", base + "/queryables", base + "/sortables"]
        items = base + "/items?limit=500"
        paths += [items, items + "&filter=count%3E0", items + "&filter=count%20IS%20NULL&datetime=2024-06-05",
                  items + "&filter=dwellings%3E10%20AND%20count%3C3&datetime=2024-03-05&properties=count",
                  items + "&sortby=-dwellings", items + "&sortby=dwellings&filter=count%3D1&datetime=2024-03-05",
                  items + "&resultType=hits&filter=count%3E0&datetime=2024-03-05", items + "&f=csv", items + "&f=html&filter=count%3E1"]
        if c not in ("watch-areas",):
            paths.append(items + "&sortby=-count")
        paths += [items + "&crs=" + quote(s) for s in systems()[1:3]]
        tiles = base + "/tiles/WebMercatorQuad"
        paths += [tiles, tiles + "?f=tilejson"] + ["%s/%d/%d/%d?datetime=2024-03-05" % (tiles, z, y, x) for z, y, x in tiles_of_victim()]
    return paths


def tiles_of_victim():
    lon, lat = lonlat(*home_of_victim())
    for z in (0, 8, 12, 16, 22):
        n = 2 ** z
        yield z, int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n), int((lon + 180) / 360 * n)


def seen(daemon, path, **more):
    """What an observer sees of an answer: a problem names its own request."""
    answer = daemon.get(path, **more)
    headers = sorted((k.lower(), v) for k, v in answer.headers.items() if k.lower() not in VOLATILE)
    return answer.status, headers if answer.status < 400 else [], re.sub(rb'"request_id":"[0-9a-f]+"', b"", answer.body)


def metric(name):
    text = a.daemon.operations("/metrics").text()
    return sum(int(float(l.split()[-1])) for l in text.splitlines() if l.startswith("grannkarta_" + name))


def seen_and_made(paths):
    """What is seen of each path, and which of them were not in the cache."""
    found, made = {}, []
    for path in paths:
        misses = metric("answer_cache_misses_total")
        found[path] = seen(a.daemon, path)
        if metric("answer_cache_misses_total") > misses:
            made.append(path)
    return found, made


def an_unpublished_import_is_neither_seen_nor_felt():
    token = analyst_token(a.cluster, "second")
    revision = lambda: a.daemon.get("/collections/cells/items?limit=10000&datetime=2024-03-05", token=token)
    a.daemon.poll(lambda: revision().status == 200, "the analyst is let in")
    paths = asked()
    for x in paths:
        a.daemon.get(x)
    (before, made), analyst_before = seen_and_made(paths), revision().body
    ok(len(made) < 5, "answers are kept, but for %r" % made)
    refused = [x for x in paths if before[x][0] != 200]
    is_eq(refused, [], "%d questions of every kind are answered" % len(paths))
    e, n = home_of_victim()
    a.import_rows([row(950000 + i, e, n, day, code) for i, (day, code) in enumerate((
        ("2024-03-15", "9801"), ("2024-03-16", "0826"), ("2024-10-02", "9802")))], "secret.csv")
    a.daemon.poll(lambda: revision().body != analyst_before, "analysts see it at once: the attack would work on them")
    after, anew = seen_and_made(paths)
    is_eq([x for x in paths if before[x] != after[x]], [], "the same status, headers and bytes")
    # What was made before is still kept: an answer is not slower for what was imported.
    is_eq(anew, made, "and not one more of them had to be made anew")
    changed = [x for x in ("/collections/cells/items?limit=500&filter=count%3E0&datetime=2024-03-05",
                           "/collections/cells/items?limit=500&sortby=-count&datetime=2024-03-05")
               if seen(a.daemon, x, token=token)[2] == analyst_before]
    is_eq(changed, [], "to an analyst they are other answers")


def the_order_of_import_leaves_no_trace():
    """The same incidents, backwards and in two files: everything public is the same but
    for the moment at which it was published."""
    rows = incidents()[::-1]
    token = analyst_token(a.cluster, "third")
    with Attacked(rows[:150], rows[150:]) as b:
        same = lambda where, path: MOMENT.sub(b"", where.daemon.get(path).body)
        is_eq([x for x in asked() if same(a, x) != same(b, x)], [], "%d public answers are the same bytes" % len(asked()))
        theirs, numbers = analyst_token(b.cluster), []
        for where, who in ((a, token), (b, theirs)):
            where.daemon.poll(lambda: where.daemon.get("/collections/incidents", token=who).status == 200, "the analyst is let in")
            numbers.append({f["id"]: (f["properties"]["from"], f["properties"]["cell"]) for f in where.features("incidents", "", who)})
        ok(sorted(numbers[0].values(), key=str) == sorted(numbers[1].values(), key=str) and numbers[0] != numbers[1],
           "an analyst's incidents are the same, numbered as they came: there the attack would work")


# --- Tiles -------------------------------------------------------------------------------------


def tile(collection, z, y, x, query=""):
    body = a.daemon.get("/collections/%s/tiles/WebMercatorQuad/%d/%d/%d%s" % (collection, z, y, x, query)).body
    return [f for layer in mvt.read(body).values() for f in layer.features]


def tiles_cut_outlines_and_not_counts():
    """From the whole world to a tile of some metres at the victim's door."""
    whole = {c: {f["id"]: {k: v for k, v in f["properties"].items() if v is not None}
                 for f in a.features(c, "&datetime=2024-03-05")} for c in ("cells", "districts-regso", "watch-areas")}
    for collection, features in whole.items():
        got = [(z, f) for z, y, x in tiles_of_victim() for f in tile(collection, z, y, x, "?datetime=2024-03-05")]
        is_eq([(z, f.id) for z, f in got if f.properties != features.get(f.id)], [],
              "%s: %d features in tiles down to zoom 22 are whole ones" % (collection, len(got)))
    deepest = tile("cells", *list(tiles_of_victim())[-1], "?datetime=2024-03-05")
    ok(deepest and all(f.properties["dwellings"] >= K for f in deepest), "the smallest tile says what its cell of %s dwellings says"
       % [f.properties["dwellings"] for f in deepest])
    z, y, x = list(tiles_of_victim())[-1]
    inside = a.cluster.value("SELECT count(*) FROM unnest(ARRAY[%s]) g WHERE ST_Covers(ST_TileEnvelope(%d, %d, %d), ST_Transform(g, 3857))" % (
        ",".join("ST_SetSRID(ST_Point(%r, %r), 3006)" % h[:2] for h in homes()), z, x, y))
    is_eq(inside, "1", "a tile of exact places would have been one home")


def sums_of_far_tiles_are_sums_of_what_is_public():
    """Squares of tiles seen from afar, minus those seen from near, are nothing."""
    near = {size: {f["id"]: f["properties"] for f in a.features("hotspots", "&size=%d&datetime=2024-03-05" % size)} for size in (250, 500, 1000)}
    total = sum(x["count"] for x in near[250].values())
    for size, squares in near.items():
        ok(abs(sum(x["count"] for x in squares.values()) - total) < 1e-4 * len(near[250]), "squares of %d m have the same sum" % size)
    for z, y, x in list(tiles_of_victim())[:2]:
        far = tile("hotspots", z, y, x, "?datetime=2024-03-05")
        ok(abs(sum(f.properties["count"] for f in far) - total) < 1e-4 * len(near[250]), "squares of zoom %d, too" % z)
        is_eq(sum(f.properties["dwellings"] for f in far), sum(s["dwellings"] for s in near[250].values()), "and the same dwellings")


with Attacked() as a:
    run(halving_a_box_ends_at_a_cell, other_systems_show_the_same_lattice, boxes_in_other_systems_select_whole_cells,
        values_that_are_not_shown_cannot_be_found, tiles_cut_outlines_and_not_counts, sums_of_far_tiles_are_sums_of_what_is_public,
        the_order_of_import_leaves_no_trace, an_unpublished_import_is_neither_seen_nor_felt)
