#!/usr/bin/python3
"""GDAL reads every collection completely, page by page, and gets what PostGIS
itself answers: each feature once, its counts and its outline; so it does through
boxes, conditions on attributes and on dates.

The expected values are SQL's (tests/lib/answers.py); the intervals of rates are
held against their definition: with the lower bound as mean, a count at least
this high has probability 2.5 %, with the upper one a count at most this high.

Debian's GDAL (3.6) sends a condition on a date as `datetime`, which is what that
means here: the period of the counts. All other conditions it evaluates itself."""
import json
import math
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import answers
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import is_eq, ok, run

DEGREES = 1e-7  # of the 7 decimals that are printed


def read(daemon, layer, page_size, *options, token=None):
    """{id: feature} as GDAL has them, and how many it read."""
    environment = dict(os.environ, GDAL_HTTP_HEADERS="Authorization: Bearer " + token) if token else os.environ
    done = subprocess.run(["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", "OAPIF:" + daemon.url(), layer, "-preserve_fid",
                           "-oo", "PAGE_SIZE=%d" % page_size, "-lco", "COORDINATE_PRECISION=9", *options],
                          capture_output=True, text=True, env=environment, check=True)
    assert not done.stderr, done.stderr
    features = json.loads(done.stdout)["features"]
    return {f["id"]: f for f in features}, len(features)


def rings(geometry):
    """All rings of a polygon or several, without the last position; a point as one."""
    if geometry["type"] == "Point":
        return [[geometry["coordinates"]]]
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [ring[:-1] for polygon in polygons for ring in polygon]


def is_same_ring(a, b):
    """The same positions in the same order, from whichever one on and in either direction."""
    if len(a) != len(b):
        return False
    start = min(range(len(b)), key=lambda i: abs(b[i][0] - a[0][0]) + abs(b[i][1] - a[0][1]))
    turned = b[start:] + b[:start]
    return any(all(abs(p[i] - q[i]) <= DEGREES for p, q in zip(a, c) for i in (0, 1))
               for c in (turned, turned[:1] + turned[:0:-1]))


def is_same_place(got, want):
    if got is None or want is None:
        return got is want
    left = rings(got)
    for ring in rings(want):
        same = next((r for r in left if is_same_ring(ring, r)), None)
        if same is None:
            return False
        left.remove(same)
    return not left


def differences(got, expected):
    """What differs between features by id and SQL's answers by id, as texts."""
    found = ["%d is missing" % i for i in expected.keys() - got.keys()]
    found += ["%d is not in the database" % i for i in got.keys() - expected.keys()]
    for i in sorted(got.keys() & expected.keys()):
        properties = got[i]["properties"]
        for name, value in expected[i].items():
            if name == "geometry":
                if not is_same_place(got[i]["geometry"], value):
                    found.append("%d lies elsewhere than the database says" % i)
            elif name == "box":
                continue
            elif name in ("started", "reported"):  # to GDAL a text, and it writes dates with slashes
                if (properties[name] or "").replace("/", "-") != (value or ""):
                    found.append("%d: %s is %r, not %r" % (i, name, properties[name], value))
            elif isinstance(value, float):
                if abs(properties[name] - value) > 5e-5:
                    found.append("%d: %s is %r, not %r" % (i, name, properties[name], value))
            elif properties[name] != value:
                found.append("%d: %s is %r, not %r" % (i, name, properties[name], value))
    return found[:10]


def poisson_at_most(count, mean):
    term = total = math.exp(-mean)
    for i in range(1, count + 1):
        term *= mean / i
        total += term
    return total


def interval_errors(features, rate, denominator, per):
    """Features whose interval is not what it is defined to be."""
    found = []
    for f in features:
        p = f["properties"]
        n, size = p["count"], p[denominator]
        if not size:
            ok(p[rate] is None, "%s is null without a denominator" % rate)
            continue
        lower, upper = (p[rate + end] * size / per for end in ("_lower", "_upper"))
        good = abs(p[rate] - n * per / size) <= 5.1e-5
        good &= abs(poisson_at_most(n, upper) - 0.025) < 1e-3
        good &= lower == 0 if n == 0 else abs(1 - poisson_at_most(n - 1, lower) - 0.025) < 1e-3
        if not good:
            found.append((f["id"], n, size, p[rate], p[rate + "_lower"], p[rate + "_upper"]))
    return found[:5]


def the_database_is_read_whole(m, daemon, name, expected, *options, pages=(1, 7, 1000), token=None):
    for page_size in pages:
        got, count = read(daemon, name, page_size, *options, token=token)
        if token:
            of_incidents(got)
        what = "%s %s, %d on a page" % (name, " ".join(options), page_size)
        is_eq((count, differences(got, expected)), (len(expected), []), what + ": each is the database's own answer")
    return got


def of_incidents(got):
    """GDAL's way of writing times as SQL's here: the hour, in Sweden."""
    for f in got.values():
        p = f["properties"]
        p["from"], p["to"] = (p[k].replace("/", "-").replace(" ", "T")[:13] for k in ("from", "to"))


def collections():
    """{name: function of a period that gives SQL's answer}"""
    return {"cells": lambda period: answers.cells(m, period),
            "districts-regso": lambda period: answers.districts(m, "regso", period),
            "districts-kommun": lambda period: answers.districts(m, "kommun", period),
            "watch-areas": lambda period: answers.watch_areas(m, period),
            "hotspots": lambda period: answers.hotspots(m, 250, period)}


def every_collection_is_what_the_database_says():
    for name, of in collections().items():
        # A page of one is asked for where that is not a thousand requests.
        pages = (7, 1000) if name in ("cells", "hotspots") else (1, 7, 1000)
        got = the_database_is_read_whole(m, daemon, name, of(None), pages=pages)
        ok(name != "cells" or len(got) > 1000, "more than one page of 1,000")
        if name != "hotspots":
            is_eq(interval_errors(got.values(), "rate_per_1000", "dwellings_at_risk", 1000), [], "rates and intervals")
        if name.startswith("districts"):
            is_eq(interval_errors(got.values(), "rate_per_100000", "inhabitants", 100000), [], "per inhabitants too")
    got, _ = read(daemon, "districts-kommun", 1000)
    is_eq(differences(got, answers.municipalities(m)), [], "the municipality as a whole too")


def incidents_are_what_the_database_says():
    expected = answers.incidents(m)
    the_database_is_read_whole(m, daemon, "incidents", expected, pages=(7, 1000), token=token)
    ok(any(e["geometry"] is None for e in expected.values()), "those without a cell have no place")


def boxes(expected):
    """Boxes with few, some and all of the places."""
    placed = [e["box"] for e in expected.values() if e["box"]]
    west, south, east, north = (f(b[i] for b in placed) for i, f in enumerate((min, min, max, max)))
    first = min(placed)
    yield [first[0] - 1e-5, first[1] - 1e-5, first[0] + 0.01, first[1] + 0.005]  # no point on its edge
    yield [west + 0.3 * (east - west), south + 0.4 * (north - south), west + 0.6 * (east - west), south + 0.7 * (north - south)]
    yield [west - 0.1, south - 0.1, east + 0.1, north + 0.1]


def in_box(expected, bounds):
    """Those that PostGIS lets touch the box: by the geometry that was expected."""
    rows = m.query("SELECT key FROM json_each('%s') WHERE ST_Intersects(ST_GeomFromGeoJSON(value::text), "
                   "ST_SetSRID(ST_MakeEnvelope(%s), 4326))" % (
                       json.dumps({i: e["geometry"] for i, e in expected.items() if e["geometry"]}),
                       ",".join("%.7f" % b for b in bounds)))
    return {int(r[0]): expected[int(r[0])] for r in rows}


def boxes_select_what_postgis_selects():
    everything = {name: (of(None), None) for name, of in collections().items()}
    everything["incidents"] = (answers.incidents(m), token)
    for name, (expected, who) in everything.items():
        for bounds in boxes(expected):
            some = in_box(expected, bounds)
            pages = (1, 7, 1000) if len(some) < 50 else (7, 1000) if len(some) < 500 else (1000,)
            the_database_is_read_whole(m, daemon, name, some, "-spat", *("%.7f" % b for b in bounds), pages=pages, token=who)
            body = daemon.get("/collections/%s/items?limit=1&bbox=%s" % (name, ",".join("%.7f" % b for b in bounds)),
                              token=who).json()
            is_eq(body["numberMatched"], len(some), "and they are counted so")


CONDITIONS = [
    ("cells", "count > 0", lambda e: e["count"] > 0),
    ("cells", "dwellings >= 20 AND count = 1", lambda e: e["dwellings"] >= 20 and e["count"] == 1),
    ("cells", "count BETWEEN 2 AND 3 OR addresses > 30", lambda e: 2 <= e["count"] <= 3 or e["addresses"] > 30),
    ("districts-regso", "code LIKE '%R00%' AND count > 5", lambda e: "R00" in e["code"] and e["count"] > 5),
    ("districts-kommun", "inhabitants > 100", lambda e: e["inhabitants"] > 100),
    ("watch-areas", "started >= '2024/06/01'", lambda e: e["started"] and e["started"] >= "2024-06-01"),
    ("watch-areas", "count IN (0, 1, 2)", lambda e: e["count"] in (0, 1, 2)),
    ("hotspots", "dwellings > 30 AND NOT count < 0.5", lambda e: e["dwellings"] > 30 and e["count"] >= 0.5),
    ("incidents", "kind = 'villa' AND count = 1", lambda e: e["kind"] == "villa" and e["count"] == 1),
    ("incidents", "reported >= '2024/06/01'", lambda e: e["reported"] and e["reported"] >= "2024-06-01"),
    ("incidents", "cell IS NULL", lambda e: e["cell"] is None),
]


def conditions_on_attributes_select_what_they_say():
    of = dict(collections(), incidents=lambda period: answers.incidents(m))
    for name, where, holds in CONDITIONS:
        expected = {i: e for i, e in of[name](None).items() if holds(e)}
        ok(expected, "%s has features where %s" % (name, where))
        pages = (7, 1000) if name in ("cells", "hotspots", "incidents") else (1, 7, 1000)
        the_database_is_read_whole(m, daemon, name, expected, "-where", where, pages=pages,
                                   token=token if name == "incidents" else None)


def conditions_on_dates_set_the_period():
    for where, period in (("period_from >= '2024/09/01'", ("2024-09", "2025-06")),
                          ("period_from >= '2024-09-01'", ("2024-09", "2025-06")),
                          ("period_from >= '2024/09/01 00:00:00'", ("2024-09", "2025-06")),
                          ("period_to <= '2022/12/31'", ("2022-01", "2022-12")),
                          ("period_from = '2023/11/01'", ("2023-11", "2023-11")),
                          ("period_from >= '2023/01/01' AND period_from <= '2023/12/31'", ("2023-01", "2023-12"))):
        for name, of in collections().items():
            got = the_database_is_read_whole(m, daemon, name, of(period), "-where", where, pages=(1000,))
            is_eq({f["properties"]["period_from"][:7].replace("/", "-") for f in got.values()}, {period[0]}, "and says so")


def conditions_on_times_select_incidents():
    for where, sql in (("\"from\" >= '2024/06/01 00:00:00'", "to_hour >= '2024-06-01 02:00'"),
                       ("\"from\" >= '2024/06/01'", "to_hour >= '2024-06-01 00:00'"),
                       ("\"to\" <= '2023/01/31'", "from_hour < '2023-02-01 00:00'"),
                       ("\"from\" >= '2023/02/01' AND \"from\" <= '2023/02/28'",
                        "to_hour >= '2023-02-01' AND from_hour < '2023-03-01'")):
        ids = {int(r[0]) for r in m.query("SELECT id FROM grannkarta.incident WHERE revision_out IS NULL AND " + sql)}
        expected = {i: e for i, e in answers.incidents(m).items() if i in ids}
        ok(expected, "there are some with " + sql)
        the_database_is_read_whole(m, daemon, "incidents", expected, "-where", where, pages=(1000,), token=token)


def one_feature_is_fetched_by_its_id():
    for layer in ("cells", "hotspots"):
        some = daemon.get("/collections/%s/items?limit=3" % layer).json()["features"][2]
        done = subprocess.run(["ogrinfo", "-ro", "-fid", str(some["id"]), "OAPIF:" + daemon.url(), layer],
                              capture_output=True, text=True, check=True).stdout
        ok("OGRFeature(%s):%d" % (layer, some["id"]) in done, "%s %d" % (layer, some["id"]))


def layers_have_types_from_the_schema():
    done = subprocess.run(["ogrinfo", "-ro", "-so", "-al", "OAPIF:" + daemon.url()],
                          capture_output=True, text=True, check=True).stdout
    for line in ("rate_per_1000_upper: Real", "period_from: Date", "count: Integer", "Geometry: Multi Polygon",
                 "Layer name: districts-regso", "Layer name: watch-areas", "Layer name: hotspots"):
        ok(line in done, line)
    ok("Layer name: incidents" not in done, "no incidents without a token")


def the_next_release_is_what_the_database_says_too():
    stamp = daemon.get("/collections/cells/items?limit=1").json()["timeStamp"]
    m.import_more()
    m.grannkarta("publish", "--through", "2025-09")
    daemon.poll(lambda: daemon.get("/collections/cells/items?limit=1").json()["timeStamp"] != stamp, "it is served")
    for name, of in collections().items():
        got, count = read(daemon, name, 1000)
        is_eq((count, differences(got, of(None))), (len(of(None)), []), name + ": as the database says")
    whole = daemon.get("/collections/districts-kommun/items?datetime=../..").json()["features"]
    said = {f["id"]: (f["properties"]["count_total"], f["properties"]["unlocated"]) for f in whole}
    is_eq(said, {int(r[0]): (int(r[1]), int(r[2])) for r in m.query(
        "SELECT district_id, sum(count), sum(unlocated) FROM grannkarta.release_municipality_month "
        "WHERE release_id = (SELECT max(id) FROM grannkarta.release) GROUP BY 1")}, "of the whole release too")
    ok(any(unlocated for _, unlocated in said.values()), "some could not be located, and are told")


with municipality() as m, Daemon(m.conninfo()) as daemon:
    token = analyst_token(m)
    daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the analyst is let in")
    run(every_collection_is_what_the_database_says, incidents_are_what_the_database_says, boxes_select_what_postgis_selects,
        conditions_on_attributes_select_what_they_say, conditions_on_dates_set_the_period,
        conditions_on_times_select_incidents, one_feature_is_fetched_by_its_id, layers_have_types_from_the_schema,
        the_next_release_is_what_the_database_says_too)
