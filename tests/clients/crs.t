#!/usr/bin/python3
"""Coordinate reference systems (OGC API - Features, Part 2): what is answered and
selected in each of them, against PostGIS.

Every position of every feature is compared with the database's own, and its image
in each CRS with ST_Transform() and with GDAL's gdaltransform. Boxes in each CRS,
thousands at random with a fixed seed, must select what ST_Intersects() selects on
the transformed geometry, up to what is rounded."""
import http.client
import json
import os
import random
import re
import subprocess
import sys
from urllib.parse import quote, urlencode

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import truth
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import is_eq, ok, run
from truth import CRS, CRS84

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
BOXES = 140  # of each CRS and collection


class Connection:
    """Asks over one connection: thousands of questions are cheap so. The public's
    questions, but for incidents."""

    def __init__(self, token):
        self.http = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        self.token = {"Authorization": "Bearer " + token}

    def get(self, path, **query):
        if query:
            path += ("&" if "?" in path else "?") + urlencode(query)
        self.http.request("GET", path, headers={"Accept": "application/geo+json, application/json",
                                                **(self.token if "/incidents" in path else {})})
        answer = self.http.getresponse()
        return answer, json.loads(answer.read())


def everything(collection, **query):
    """[feature], all pages, and each page's Content-Crs."""
    features, crs, path = [], [], "/collections/%s/items" % collection
    answer, body = client.get(path, limit=700, **query)
    while True:
        assert answer.status == 200, body
        features += body["features"]
        crs.append(answer.headers["Content-Crs"])
        following = [l["href"] for l in body["links"] if l["rel"] == "next"]
        if not following:
            return features, crs
        answer, body = client.get(following[0][len(daemon.url()):])


def positions(coordinates):
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield tuple(coordinates)
    else:
        for part in coordinates or ():
            yield from positions(part)


def points_of(feature):
    return list(positions(feature["geometry"]["coordinates"])) if feature["geometry"] else []


def collections():
    return [c["id"] for c in client.get("/collections")[1]["collections"]] + ["incidents"]


# --- What is said -------------------------------------------------------------


def every_crs_is_declared():
    whole = client.get("/collections")[1]
    is_eq(whole["crs"], list(CRS), "the global list, CRS84 first")
    for c in whole["collections"]:
        alone = client.get("/collections/" + c["id"])[1]
        is_eq([(x["crs"], x["storageCrs"]) for x in (c, alone)], [(list(CRS), EPSG + "3006")] * 2, c["id"])
    html = daemon.get("/collections/cells?f=html").text()
    ok(all(uri in html for uri in CRS), "people can read it too")


def unknown_ones_are_refused():
    item = client.get("/collections/cells/items?limit=1")[1]["features"][0]["id"]
    faults = []
    for path in ["/collections/%s/items" % c for c in collections()] + ["/collections/cells/items/%d" % item]:
        for value in ("EPSG:3006", "[EPSG:3006]", EPSG + "3007", EPSG + "3006/", CRS84 + "h", "", "urn:ogc:def:crs:EPSG::3006",
                      CRS84.replace("http:", "https:"), "http://www.opengis.net/def/crs/EPSG/9.9.1/3006"):
            for name in ("crs", "bbox-crs"):
                answer, body = client.get(path, **{name: value, **({"bbox": "1,2,3,4"} if "items/" not in path else {})})
                if "items/" in path and name == "bbox-crs":
                    continue
                if answer.status != 400 or name not in body["detail"] or any(uri not in body["detail"] for uri in CRS):
                    faults.append((path, name, value, answer.status, body))
    is_eq(faults[:3], [], "400, naming what there is")


def answers_say_their_crs_and_links_keep_it():
    tags = set()
    for uri in CRS:
        answer, body = client.get("/collections/cells/items", crs=uri, limit=2)
        one, _ = client.get("/collections/cells/items/%d" % body["features"][0]["id"], crs=uri)
        is_eq((answer.headers["Content-Crs"], one.headers["Content-Crs"]), ("<%s>" % uri,) * 2, uri)
        tags.add(answer.headers["ETag"])
        links = {l["rel"]: l["href"] for l in body["links"] if l["rel"] in ("next", "self", "alternate")}
        ok(all(quote(uri, safe="") in links[rel] for rel in ("next", "self", "alternate")), "links keep it")
    is_eq(len(tags), len(CRS), "every ETag is another")
    plain, body = client.get("/collections/cells/items?limit=2")
    is_eq(plain.headers["Content-Crs"], "<%s>" % CRS84, "CRS84 without asking")
    is_eq(body["features"], client.get("/collections/cells/items", crs=CRS84, limit=2)[1]["features"], "the same as by name")
    head = daemon.get("/collections/cells/items?limit=2&crs=" + quote(EPSG + "3006", safe=""), method="HEAD")
    is_eq((head.headers["Content-Crs"], head.body), ("<%s3006>" % EPSG, b""), "HEAD says it too")


# --- Where everything is ---------------------------------------------------------


def compare_with_the_database(collection, features):
    """In EPSG:3006: the points of each feature are those of the database."""
    rows = m.query(f"""SELECT id, string_agg(round(ST_X(p)::numeric, 2) || ' ' || round(ST_Y(p)::numeric, 2), ',')
        FROM (SELECT id, (ST_DumpPoints(g)).geom p FROM truth.place WHERE collection = '{collection}') x GROUP BY 1""")
    expected = {int(i): sorted(tuple(map(float, p.split())) for p in text.split(",")) for i, text in rows}
    got = {f["id"]: sorted((e, n) for n, e in points_of(f)) for f in features if f["geometry"]}
    is_eq(got.keys() - expected.keys() | expected.keys() - got.keys(), set(), collection + ": the same features")
    is_eq([(i, got[i][:3], expected[i][:3]) for i in expected if got[i] != expected[i]][:3], [],
          "%d in EPSG:3006, exactly" % len(expected))


def transformed(positions_3006, srid):
    """What PostGIS makes of positions (e, n); and GDAL of each 50th."""
    values = ",".join("(%d,%r,%r)" % (i, e, n) for i, (e, n) in enumerate(positions_3006))
    rows = m.query(f"""SELECT ST_X(p), ST_Y(p) FROM (SELECT i, ST_Transform(ST_SetSRID(ST_MakePoint(e, n), 3006), {srid}) p
        FROM (VALUES {values}) v (i, e, n)) x ORDER BY i""")
    postgis = [(float(x), float(y)) for x, y in rows]
    done = subprocess.run(["gdaltransform", "-s_srs", "EPSG:3006", "-t_srs", "EPSG:%d" % srid, "-output_xy"],
                          input="".join("%r %r\n" % p for p in positions_3006[::50]), capture_output=True, text=True, check=True)
    gdal = [tuple(map(float, line.split()[:2])) for line in done.stdout.splitlines()]
    is_eq(len(gdal), len(positions_3006[::50]), "GDAL has answered all")
    return postgis, gdal


def compare_in_crs(collection, uri, own, features):
    """The points of features in a CRS are those in EPSG:3006 (`own`), transformed."""
    there = [(p[1], p[0]) if truth.is_swapped(uri) else p for f in features for p in points_of(f)]
    here = [(e, n) for f in own for n, e in points_of(f)]
    if not is_eq((len(there), [f["id"] for f in features]), (len(here), [f["id"] for f in own]), "%s %s" % (collection, uri)):
        return
    postgis, gdal = transformed(here, CRS[uri])
    tolerance = truth.unit(uri) * 0.52 if CRS[uri] != 4326 else 1.05e-7  # PROJ's own versions differ in the last place
    for name, expected, got in (("PostGIS", postgis, there), ("GDAL", gdal, there[::50])):
        worst = max(max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a, b in zip(expected, got))
        ok(worst <= tolerance, "%s says the same of %d positions, within %.4g (%.4g)" % (name, len(got), tolerance, worst))


def every_position_is_where_postgis_has_it():
    for collection in collections():
        own, crs = everything(collection, crs=EPSG + "3006")
        is_eq(set(crs), {"<%s3006>" % EPSG}, "%s: %d pages, each in EPSG:3006" % (collection, len(crs)))
        compare_with_the_database(collection, own)
        for uri in CRS:
            features, crs = everything(collection, crs=uri)
            compare_in_crs(collection, uri, own, features)
            is_eq([f["properties"] for f in features], [f["properties"] for f in own], "nothing else differs")
    one = client.get("/collections/cells/items/%d" % own[0]["properties"].get("cell", 1), crs=EPSG + "3008")[1]
    same = next(f for f in everything("cells", crs=EPSG + "3008")[0] if f["id"] == one["id"])
    is_eq(one["geometry"], same["geometry"], "one feature is like the one in the list")


def squares_have_round_corners():
    base = float(m.value("SELECT base_square_dm / 10.0 FROM lattice ORDER BY version DESC LIMIT 1"))
    for collection, side in (("hotspots", 250), ("cells", base)):
        numbers = [v for f in everything(collection, crs=EPSG + "3006")[0] for p in points_of(f) for v in p]
        is_eq([v for v in numbers if v % side != 0][:3], [], "%s: %d numbers, multiples of %g m" % (collection, len(numbers), side))


# --- Boxes ------------------------------------------------------------------------------


def random_boxes(uri, number):
    """[(min x, min y, max x, max y)]: points, slivers, small, large and huge ones."""
    srid = CRS[uri]
    west, south, east, north = map(float, m.query(
        f"SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT ST_Extent(g{srid}) b FROM truth.place) x")[0])
    digits = 7 if srid == 4326 else 2
    boxes = []
    for i in range(number):
        x, y = RANDOM.uniform(west, east), RANDOM.uniform(south, north)
        width, height = (RANDOM.choice((0, 1e-4, 1e-3, 0.01, 0.05, 0.3, 1.5)) * RANDOM.random() for _ in range(2))
        box = (x, y, x + width * (east - west), y + height * (north - south))
        if i % 10 == 0 and srid == 3006:  # on a corner of something: where touching decides
            px, py = map(float, m.query(f"""SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointN(ST_ExteriorRing((ST_Dump(g{srid})).geom), 1) p
                FROM truth.place WHERE collection = 'cells' AND id % 97 = {i // 10 % 97} LIMIT 1) x UNION ALL SELECT {x}, {y} LIMIT 1""")[0])
            box = (px, py, px + box[2] - box[0], py + box[3] - box[1])
        boxes.append(tuple(round(v, digits) for v in box))
    return boxes


def ids_by_postgis(collection, uri, boxes, margin):
    """{number of a box: ids} that touch boxes widened by a margin (narrowed, as far as
    they can be: negative). Boxes without width or height are lines and points."""
    found = {i: set() for i in range(len(boxes))}
    lines = []
    for i, b in enumerate(boxes):
        x, y = (max(margin, (b[a] - b[a + 2]) / 2) for a in (0, 1))
        lines.append("(%d,%r,%r,%r,%r)" % (i, b[0] - x, b[1] - y, b[2] + x, b[3] + y))
    for i, id_ in m.query(f"""SELECT i, id FROM (SELECT i, ST_SetSRID(ST_Envelope(ST_MakeLine(ST_MakePoint(a, b), ST_MakePoint(c, d))),
        {CRS[uri]}) box FROM (VALUES {",".join(lines)}) v (i, a, b, c, d)) x
        JOIN truth.place ON collection = '{collection}' AND ST_Intersects(g{CRS[uri]}, box)"""):
        found[int(i)].add(int(id_))
    return found


def boxes_select(collection, uri):
    boxes = random_boxes(uri, BOXES)
    # In EPSG:3006 nothing is rounded, so that touching is decided exactly.
    margin = 0 if CRS[uri] == 3006 else truth.unit(uri) * 1.6
    at_most, at_least = (ids_by_postgis(collection, uri, boxes, s * margin) for s in (1, -1))
    bad, found, undecided = [], 0, 0
    for i, b in enumerate(boxes):
        text = ",".join("%r" % b[j] for j in ((1, 0, 3, 2) if truth.is_swapped(uri) else (0, 1, 2, 3)))
        answer, body = client.get("/collections/%s/items" % collection, **{
            "bbox": text, "bbox-crs": uri, "limit": 10000, "properties": "", "crs": RANDOM.choice(list(CRS))})
        assert answer.status == 200, body
        got = {f["id"] for f in body["features"]}
        found += len(got)
        undecided += len(at_most[i] - at_least[i])
        if not at_least[i] <= got <= at_most[i] or body["numberMatched"] != len(got):
            bad.append((text, len(got), body["numberMatched"], sorted(got - at_most[i])[:3], sorted(at_least[i] - got)[:3]))
    is_eq(bad[:3], [], "%s, boxes in %s: %d features, as PostGIS has it" % (collection, uri, found))
    ok(found > 0 and undecided <= max(3, found * 0.001), "of which %d at the limit of rounding" % undecided)


def boxes_in_every_crs_select_what_touches_them():
    for collection in collections():
        for uri in CRS:
            boxes_select(collection, uri)


def boxes_go_by_the_order_of_the_authority():
    everywhere = {CRS84: "10,55,25,70", EPSG + "4326": "55,10,70,25", EPSG + "3006": "6000000,200000,7800000,1000000",
                  EPSG + "3008": "6000000,-100000,7800000,1000000", EPSG + "3857": "1000000,7000000,3000000,11000000"}
    whole = client.get("/collections/cells/items?limit=1")[1]["numberMatched"]
    for uri, box in everywhere.items():
        swapped = ",".join(box.split(",")[i] for i in (1, 0, 3, 2))
        counts = [client.get("/collections/cells/items", **{"bbox": b, "bbox-crs": uri, "limit": 1})[1]["numberMatched"]
                  for b in (box, swapped)]
        is_eq(counts, [whole, 0], "%s: all, and none with the axes exchanged" % uri)
    plain = client.get("/collections/cells/items", bbox="14.2,55.9,14.6,56.2", limit=1)[1]
    named = client.get("/collections/cells/items", **{"bbox": "14.2,55.9,14.6,56.2", "bbox-crs": CRS84, "limit": 1})[1]
    is_eq(plain["numberMatched"], named["numberMatched"], "without bbox-crs it is CRS84")
    six = client.get("/collections/cells/items", **{"bbox": "6000000,200000,0,7800000,1000000,9", "limit": 1, "bbox-crs": EPSG + "3006"})
    is_eq(six[1]["numberMatched"], whole, "heights are let be")
    around = client.get("/collections/cells/items", **{"bbox": "-90,25,90,10", "bbox-crs": EPSG + "4326", "limit": 1})[1]
    is_eq(around["numberMatched"], 0, "across the antimeridian, latitude first: all but here")
    around = client.get("/collections/cells/items", **{"bbox": "-90,10,90,5", "bbox-crs": EPSG + "4326", "limit": 1})[1]
    is_eq(around["numberMatched"], whole, "and around to here")
    for uri, box in ((CRS84, "10,70,25,55"), (EPSG + "4326", "70,10,55,25"), (EPSG + "3006", "6000000,1000000,7800000,200000"),
                     (EPSG + "3857", "3000000,7000000,1000000,11000000")):
        answer, body = client.get("/collections/cells/items", **{"bbox": box, "bbox-crs": uri})
        ok(answer.status == 400 and "bbox" in body["detail"], "%s upside down: 400" % box)


def gdal_reads_what_stands_there():
    """GDAL 3.6 asks for nothing but CRS84; newer ones ask for the CRS that storageCrs
    names. What they would get is read here by its GeoJSON driver."""
    for uri in CRS:
        path = "/collections/cells/items?limit=1&crs=" + quote(uri, safe="")
        done = subprocess.run(["ogrinfo", "-ro", "-q", "-al", "-geom=WKT", daemon.url(path)],
                              capture_output=True, text=True, check=True).stdout
        read = re.findall(r"-?[\d.]+", done[done.index("MULTIPOLYGON"):])[:2]
        got = points_of(client.get(path)[1]["features"][0])[0]
        ok(all(abs(float(a) - b) < 1e-6 * abs(b) for a, b in zip(read, got)), "%s: %s" % (uri, read))


RANDOM = random.Random(3006)
with municipality() as m, Daemon(m.conninfo()) as daemon:
    truth.make(m)
    token = analyst_token(m)
    daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the analyst is let in")
    client = Connection(token)
    run(every_crs_is_declared, unknown_ones_are_refused, answers_say_their_crs_and_links_keep_it,
        every_position_is_where_postgis_has_it, squares_have_round_corners, boxes_in_every_crs_select_what_touches_them,
        boxes_go_by_the_order_of_the_authority, gdal_reads_what_stands_there)
