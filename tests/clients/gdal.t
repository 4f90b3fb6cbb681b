#!/usr/bin/python3
"""GDAL reads every collection completely, page by page, and gets what PostGIS
itself answers: each feature once, its counts and its place.

The expected values are SQL's (tests/lib/answers.py); the intervals of rates are
held against their definition: with the lower bound as mean, a count at least
this high has probability 2.5 %, with the upper one a count at most this high."""
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

DEGREES = 2e-7  # two steps of the 7 decimals that are printed


def read(daemon, layer, page_size, *options, token=None):
    """{id: feature} as GDAL has them, and how many it read."""
    environment = dict(os.environ, GDAL_HTTP_HEADERS="Authorization: Bearer " + token) if token else os.environ
    done = subprocess.run(["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", "OAPIF:" + daemon.url(), layer, "-preserve_fid",
                           "-oo", "PAGE_SIZE=%d" % page_size, "-lco", "COORDINATE_PRECISION=9", *options],
                          capture_output=True, text=True, env=environment, check=True)
    assert not done.stderr, done.stderr
    features = json.loads(done.stdout)["features"]
    return {f["id"]: f for f in features}, len(features)


def positions(coordinates):
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield coordinates
    else:
        for part in coordinates:
            yield from positions(part)


def box(feature):
    points = list(positions(feature["geometry"]["coordinates"]))
    return [f(p[i] for p in points) for f in (min, max) for i in (0, 1)]


def differences(got, expected):
    """What differs between features by id and SQL's answers by id, as texts."""
    found = ["%d is missing" % i for i in expected.keys() - got.keys()]
    found += ["%d is not in the database" % i for i in got.keys() - expected.keys()]
    for i in sorted(got.keys() & expected.keys()):
        properties = got[i]["properties"]
        for name, value in expected[i].items():
            if name == "box":
                if any(abs(a - b) > DEGREES for a, b in zip(box(got[i]), value)):
                    found.append("%d lies at %r, not %r" % (i, box(got[i]), value))
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


def the_database_is_read_whole(m, daemon, name, expected, *options):
    for page_size in (1, 7, 1000):
        got, count = read(daemon, name, page_size, *options)
        is_eq(count, len(expected), "%s, %d on a page: as many as in the database" % (name, page_size))
        is_eq(differences(got, expected), [], "each is the database's own answer")
    return got


def cells_are_what_the_database_says():
    got = the_database_is_read_whole(m, daemon, "cells", answers.cells(m))
    ok(len(got) > 1000, "more than one page of 1,000")
    is_eq(interval_errors(got.values(), "rate_per_1000", "dwellings_at_risk", 1000), [], "rates and intervals")


def districts_are_what_the_database_says():
    for name in ("regso", "kommun"):
        got = the_database_is_read_whole(m, daemon, "districts-" + name, answers.districts(m, name))
        is_eq(interval_errors(got.values(), "rate_per_1000", "dwellings_at_risk", 1000), [], "rates and intervals")
        is_eq(interval_errors(got.values(), "rate_per_100000", "inhabitants", 100000), [], "per inhabitants too")
    is_eq(differences(got, answers.municipalities(m)), [], "the municipality as a whole too")


def watch_areas_are_what_the_database_says():
    the_database_is_read_whole(m, daemon, "watch-areas", answers.watch_areas(m))


def squares_are_what_the_database_says():
    the_database_is_read_whole(m, daemon, "hotspots", answers.hotspots(m))


def incidents_are_what_the_database_says():
    token = analyst_token(m)
    daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the analyst is let in")
    expected = answers.incidents(m)
    for page_size in (7, 1000):
        got, count = read(daemon, "incidents", page_size, token=token)
        for f in got.values():
            p = f["properties"]
            p["from"], p["to"] = (p[k].replace("/", "-").replace(" ", "T")[:13] for k in ("from", "to"))
            p["reported"] = p["reported"] and p["reported"].replace("/", "-")
        is_eq(count, len(expected), "incidents, %d on a page: as many as in the database" % page_size)
        is_eq(differences(got, expected), [], "each is the database's own answer")
        is_eq([i for i, f in got.items() if (f["geometry"] is None) != (expected[i]["cell"] is None)], [],
              "those without a cell have no place")


def a_box_selects_what_postgis_selects():
    expected = answers.cells(m)
    xs, ys = sorted(e["box"][0] for e in expected.values()), sorted(e["box"][1] for e in expected.values())
    for at in (0.1, 0.5, 0.9):
        x, y = xs[int(at * len(xs))], ys[int(at * len(ys))]
        bounds = [x, y, x + 0.02, y + 0.01]
        sql = {int(r[0]) for r in m.query(
            "WITH %s SELECT cell_id FROM cells WHERE ST_Intersects(ST_Transform(outline, 4326), "
            "ST_MakeEnvelope(%s, 4326))" % (answers.RELEASE, ",".join("%.7f" % b for b in bounds)))}
        body = daemon.get("/collections/cells/items?limit=10000&bbox=" + ",".join("%.7f" % b for b in bounds)).json()
        is_eq({f["id"] for f in body["features"]}, sql, "%d cells touch the box" % len(sql))
        is_eq(body["numberMatched"], len(sql), "and are counted so")
        got, count = read(daemon, "cells", 7, "-spat", *("%.7f" % b for b in bounds))
        is_eq((set(got), count), (sql, len(sql)), "GDAL gets the same, each once")


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
    for name, expected in (("cells", answers.cells(m)), ("districts-regso", answers.districts(m, "regso")),
                           ("districts-kommun", answers.districts(m, "kommun")), ("hotspots", answers.hotspots(m)),
                           ("watch-areas", answers.watch_areas(m)), ("districts-kommun", answers.municipalities(m))):
        got, count = read(daemon, name, 1000)
        is_eq((count, differences(got, expected)), (len(expected), []), name + ": as the database says")
    whole = daemon.get("/collections/districts-kommun/items?datetime=../..").json()["features"]
    said = {f["id"]: (f["properties"]["count_total"], f["properties"]["unlocated"]) for f in whole}
    is_eq(said, {int(r[0]): (int(r[1]), int(r[2])) for r in m.query(
        "SELECT district_id, sum(count), sum(unlocated) FROM grannkarta.release_municipality_month "
        "WHERE release_id = (SELECT max(id) FROM grannkarta.release) GROUP BY 1")}, "of the whole release too")
    ok(any(unlocated for _, unlocated in said.values()), "some could not be located, and are told")


with municipality() as m, Daemon(m.conninfo()) as daemon:
    run(cells_are_what_the_database_says, districts_are_what_the_database_says, watch_areas_are_what_the_database_says,
        squares_are_what_the_database_says, incidents_are_what_the_database_says, a_box_selects_what_postgis_selects,
        one_feature_is_fetched_by_its_id, layers_have_types_from_the_schema, the_next_release_is_what_the_database_says_too)
