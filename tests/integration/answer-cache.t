#!/usr/bin/python3
"""The cache of finished answers in a real daemon: what is kept goes when its data
go, whoever asked for it. A second daemon without a cache says what is right."""
import math
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import Cluster, program
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import is_eq, ok, run

URL = "http://karta.example.se"
VOLATILE = {"date", "grannkarta-data-age"}
context = municipality()
m = context.__enter__()
token = analyst_token(m)
daemon = Daemon(m.conninfo(), public_url=URL).__enter__()
plain = Daemon(m.conninfo(), public_url=URL, answer_cache=0).__enter__()
CELLS = "/collections/cells/items?limit=1000"


def metric(which, name):
    text = which.operations("/metrics").text()
    return int(re.search(r"^grannkarta_%s (-?\d+)$" % name, text, re.M)[1])


def shown(a):
    if a.status >= 400:  # each has a number of its own
        return a.status, re.sub(rb'"request_id":"\w+"', b"", a.body)
    return a.status, sorted((k.lower(), v) for k, v in a.headers.items() if k.lower() not in VOLATILE), a.body


def questions():
    paths = ["/", "/api", "/conformance", "/collections", "/releases"]
    for c in (c["id"] for c in daemon.get("/collections").json()["collections"]):
        paths += [f"/collections/{c}", f"/collections/{c}/schema", f"/collections/{c}/items?limit=1000",
                  f"/collections/{c}/items?limit=7&f=html", f"/collections/{c}/items?limit=7&release=1",
                  f"/collections/{c}/items?limit=7&bbox=14.2,55.9,14.5,56.2", f"/collections/{c}/items?limit=0"]
    tiles = "/collections/cells/tiles"
    return paths + [tiles, tiles + "/WebMercatorQuad", tiles + "/WebMercatorQuad/%d/%d/%d" % tile(12)]


def tile(zoom):
    """Row and column of the tile with the first cell, by the definition of Web Mercator."""
    lon, lat = daemon.get(CELLS).json()["features"][0]["geometry"]["coordinates"][0][0][0][:2]
    y = math.asinh(math.tan(math.radians(lat))) / math.pi
    return zoom, int((1 - y) / 2 * 2 ** zoom), int((lon + 180) / 360 * 2 ** zoom)


def next_of(answer):
    return next(l["href"] for l in answer.json()["links"] if l["rel"] == "next")[len(URL):]


def first_second_and_uncached_answers_are_the_same_bytes():
    for d in (daemon, plain):
        d.poll(lambda: d.get("/collections/incidents", token=token).status == 200, "it knows the token")
    before = metric(daemon, "answer_cache_hits_total")
    compared, different = 0, []
    paths = questions()
    a = daemon.get(paths[-1])
    ok(a.status == 200 and a.body, "a tile has %d bytes" % len(a.body))
    paths.append(next_of(daemon.get("/collections/cells/items?limit=7")))
    for path in paths:
        for who in (None, token):
            for encoding in ("identity", "gzip", "zstd"):
                headers = {"Accept-Encoding": encoding}
                answers = [shown(d.get(path, headers, token=who)) for d in (daemon, daemon, plain)]
                compared += 1
                if answers[0] != answers[1] or answers[0] != answers[2]:
                    different.append((path, who is not None, encoding))
    is_eq(different, [], "%d answers, made, kept and made without a cache, are the same" % compared)
    ok(metric(daemon, "answer_cache_hits_total") - before > compared * 0.8, "most second ones came from the cache")
    ok(0 < metric(daemon, "answer_cache_bytes") <= 64 << 20, "the bytes kept are told")
    is_eq([metric(plain, "answer_cache_%s" % n) for n in ("hits_total", "misses_total", "bytes")], [0, 0, 0],
          "answer_cache = 0 keeps nothing")


def names_agree_between_daemons_and_spare_the_body():
    for encoding in ("identity", "gzip", "zstd"):
        tag = daemon.get(CELLS, {"Accept-Encoding": encoding}).headers["ETag"]
        for d in (daemon, plain):
            full = d.get(CELLS, {"Accept-Encoding": encoding})
            a = d.get(CELLS, {"Accept-Encoding": encoding, "If-None-Match": '"x", W/%s' % tag})
            is_eq((a.status, a.body), (304, b""), "304 for the other daemon's name, %s" % encoding)
            kept = ("ETag", "Cache-Control", "Vary", "Last-Modified", "Access-Control-Allow-Origin")
            is_eq([a.headers[k] for k in kept], [full.headers[k] for k in kept], "with the headers of the 200")
            head = d.get(CELLS, {"Accept-Encoding": encoding}, method="HEAD")
            without = lambda x: sorted((k, v) for k, v in x.headers.items() if k.lower() not in VOLATILE)
            is_eq((head.status, without(head), head.body), (200, without(full), b""), "HEAD has the headers of GET")


def an_analysts_answer_is_nobody_elses():
    mine = daemon.get(CELLS, token=token)
    ok(mine.body != daemon.get(CELLS).body, "analyst and public ask the same and get other bytes")
    is_eq(mine.headers["Cache-Control"], "private, max-age=0, must-revalidate", "no shared cache keeps the analyst's")
    incidents = "/collections/incidents/items?limit=3"
    is_eq([daemon.get(incidents, token=token).status for _ in range(2)], [200, 200], "incidents, kept")
    is_eq(daemon.get(incidents).status, 401, "are not the public's")
    lines = lambda: len(open(daemon.options["audit_log"]).read().splitlines())
    before, hits = lines(), metric(daemon, "answer_cache_hits_total")
    for _ in range(5):
        daemon.get(incidents, token=token)
    is_eq((lines() - before, metric(daemon, "answer_cache_hits_total") - hits), (5, 5),
          "each request is on record, also when its answer was kept")
    short = analyst_token(m, "short")
    daemon.poll(lambda: daemon.get(incidents, token=short).status == 200, "a second analyst")
    number = m.value("SELECT id FROM token WHERE name = 'short'")
    m.grannkarta("token", "revoke", number)
    daemon.poll(lambda: daemon.get(incidents, token=short).status == 401, "is revoked")
    is_eq(daemon.get(incidents, token=token).status, 200, "the first one is not")


def a_new_release_is_answered_at_once_and_a_withdrawn_one_not_any_more():
    first = "/collections/cells/items?limit=5&release=1"
    second = first.replace("release=1", "release=2")
    stamp = lambda: daemon.get(CELLS).json()["timeStamp"]
    old, page = stamp(), next_of(daemon.get("/collections/cells/items?limit=7"))
    body = daemon.get(page).body
    m.import_more()
    m.grannkarta("publish", "--through", "2025-06")
    daemon.poll(lambda: stamp() != old, "the new release is answered")
    ok(daemon.get(page).body == body, "a cursor stays with its release, kept or not")
    for _ in range(2):
        is_eq(daemon.get(first).status, 200, "the first by its number")
    daemon.poll(lambda: daemon.get(second).status == 200, "the second by its number")
    numbered = daemon.get(second)
    is_eq(numbered.headers["Cache-Control"], "public, max-age=60", "no longer in caches than any other")
    m.grannkarta("withdraw", "2")
    daemon.poll(lambda: daemon.get(second).status == 410, "the second was withdrawn: 410")
    is_eq(daemon.get(second, {"If-None-Match": numbered.headers["ETag"]}).status, 410, "also for who has its bytes")
    daemon.poll(lambda: daemon.get(CELLS).status == 200 and stamp() == old, "the first is answered again")
    m.grannkarta("withdraw", "1")
    daemon.poll(lambda: daemon.get(CELLS).status == 503, "without a release there is no answer")
    is_eq([daemon.get(p).status for p in (first, second, page)], [410, 410, 503], "nor are kept ones given")


try:
    run(first_second_and_uncached_answers_are_the_same_bytes, names_agree_between_daemons_and_spare_the_body,
        an_analysts_answer_is_nobody_elses, a_new_release_is_answered_at_once_and_a_withdrawn_one_not_any_more)
finally:
    daemon.__exit__()
    plain.__exit__()
    context.__exit__(None, None, None)
