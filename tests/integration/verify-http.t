#!/usr/bin/python3
"""`grannkarta verify` on a running daemon: everything passes, and behind a proxy that
lies in one way, just the check that this concerns fails. Nothing of the lie is in
the report."""
import http.client
import http.server
import json
import os
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import answers
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import contains, is_eq, ok, run

SECRET, POINT = "Hemlighetsgatan 17", [14.4912345, 56.0712345]


class Proxy(http.server.ThreadingHTTPServer):
    """Passes everything on to the daemon, and every answer through lie(path,
    status, headers, body)."""
    daemon_threads = True

    def __init__(self, port, lie):
        self.port, self.lie, self.requests = port, lie, 0
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return "http://127.0.0.1:%d" % self.server_address[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        upstream.request("GET", self.path, headers={k: v for k, v in self.headers.items() if k.lower() != "host"})
        answer = upstream.getresponse()
        body = answer.read()
        headers = [(k, v) for k, v in answer.getheaders() if k.lower() not in ("content-length", "connection", "date", "server")]
        upstream.close()
        self.server.requests += 1
        status, headers, body = self.server.lie(self.path, answer.status, headers, body)
        self.send_response_only(status)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def of_items(collection, change):
    """A lie about the features of a collection, page by page or one by one."""
    def lie(path, status, headers, body):
        if status == 200 and path.startswith("/collections/%s/items" % collection):
            page = json.loads(body)
            change(page)
            body = json.dumps(page).encode()
        return status, headers, body
    return lie


def of_first(change):
    """A change of the first feature of a page, and of nothing else."""
    return lambda page: change(page["features"][0]) if page.get("features") else None


def of_every(change):
    def every(page):
        for feature in page.get("features", [page]):
            change(feature)
    return every


m = municipality()
cluster = m.__enter__()
daemon = Daemon(cluster.conninfo()).__enter__()
folder = tempfile.TemporaryDirectory()
token_file = os.path.join(folder.name, "token")


def verify(url, *arguments):
    done = cluster.grannkarta("verify", "--json", "--url", url, *arguments, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def by_id(report):
    return {c["id"]: c for c in report["checks"]}


def catches(what, lie, checks, *arguments, objects=None):
    """With that lie just these checks fail; the lie is not repeated."""
    proxy = Proxy(daemon.port, lie)
    try:
        code, report, said = verify(proxy.url(), *arguments)
        is_eq((sorted(c["id"] for c in report["checks"] if c["result"] == "fail") if report else said, code),
              (sorted(checks), 5), "%s: %s" % (checks[0], what))
        text = json.dumps(report) + said + cluster.value("SELECT text || page_sv FROM verification ORDER BY id DESC LIMIT 1")
        is_eq([s for s in (SECRET, "Hemlighet", "14.49123", "56.07123", "4321") if s in text], [], what + ": is not repeated")
        if objects:
            contains(by_id(report)[checks[0]]["objects"], objects, what + ": it says where")
    finally:
        proxy.shutdown()
        proxy.server_close()


def everything_passes_on_a_daemon():
    with open(token_file, "w") as f:
        f.write(analyst_token(cluster) + "\n")
    os.chmod(token_file, 0o600)
    with open(token_file) as f:
        token = f.read().strip()
    daemon.poll(lambda: daemon.get("/collections/incidents/items?limit=1", token=token).status == 200, "the analyst is let in")
    code, report, said = verify(daemon.url(), "--token-file", token_file)
    is_eq((code, said), (0, ""), "exit code 0, no message")
    is_eq([c["id"] for c in report["checks"] if c["result"] != "pass"], ["erased"], "every check passes; only erased has nothing to look at")
    checks = by_id(report)
    # Cells, squares, districts and watch areas twice (12 months, everything), and the
    # municipalities once for each of the three whole years of the release.
    cells, hotspots, watch = (len(f(cluster)) for f in (answers.cells, answers.hotspots, answers.watch_areas))
    sets = {name: len(answers.districts(cluster, name)) for name in ("kommun", "regso")}
    expected = 2 * (cells + hotspots + watch + sum(sets.values())) + 3 * sets["kommun"]
    is_eq(checks["http-numbers"]["tested"], expected, "every feature was looked at")
    is_eq(checks["http-k"]["tested"], expected - 2 * hotspots, "k in all that are no squares")
    is_eq(checks["http-analyst"]["tested"], len(answers.incidents(cluster)), "and every incident of the analyst")
    ok(not report["is_sampled"], "nothing was sampled")
    ok(token not in json.dumps(report), "the token is not in the report")


def a_proxy_that_does_not_lie_changes_nothing():
    proxy = Proxy(daemon.port, lambda path, status, headers, body: (status, headers, body))
    code, report, said = verify(proxy.url())
    is_eq((code, said), (0, ""), "everything passes through it")
    ok(proxy.requests > 30, "%d requests went through it" % proxy.requests)
    proxy.shutdown()


def more_than_is_declared():
    catches("a cell tells a street", of_items("cells", of_first(lambda f: f["properties"].update(gata=SECRET))),
            ["http-properties"], objects="cells ")
    catches("a feature has a member of its own", of_items("watch-areas", of_first(lambda f: f.update(extra=SECRET))),
            ["http-properties"], objects="watch-areas ")
    catches("a page has a member of its own", of_items("districts-regso", lambda page: page.update(hours=[4321])),
            ["http-properties"], objects="districts-regso")
    catches("a property is gone", of_items("cells", of_first(lambda f: f["properties"].pop("rate_per_1000_upper"))), ["http-properties"])


def more_collections():
    def lie(name):
        def change(path, status, headers, body):
            if path == "/collections":
                page = json.loads(body)
                page["collections"].append({"id": name, "links": []})
                body = json.dumps(page).encode()
            return status, headers, body
        return change
    catches("a collection that is none of ours", lie("offender-homes"), ["http-properties"])
    catches("incidents are among the collections", lie("incidents"), ["http-closed"])


def numbers_that_are_not_the_releases():
    add = lambda f: f["properties"].update(count=f["properties"]["count"] + 4321)
    catches("the count of a cell", of_items("cells", of_first(add)), ["http-numbers"], objects="cells ")
    catches("the count of a municipality", of_items("districts-kommun", of_first(add)), ["http-numbers"])
    catches("an interval", of_items("districts-regso", of_first(lambda f: f["properties"].update(
        rate_per_1000_lower=f["properties"]["rate_per_1000_lower"] + 0.001))), ["http-numbers"])
    catches("the households of a watch area", of_items("watch-areas", of_first(lambda f: f["properties"].update(
        households=f["properties"]["households"] + 1))), ["http-numbers"])
    catches("a square", of_items("hotspots", of_first(lambda f: f["properties"].update(value=f["properties"]["value"] + 0.01))),
            ["http-numbers"], objects="hotspots ")
    catches("a kind of dwelling that is not shown", of_items("districts-kommun", of_every(lambda f: f["properties"].update(
        count_holiday=f["properties"]["count_holiday"] if f["properties"]["kinds_status"] == "published" else 4321))), ["http-numbers"])


def places_of_too_few():
    catches("a cell of three dwellings", of_items("cells", of_first(lambda f: f["properties"].update(dwellings=3))),
            ["http-k", "http-numbers"], objects="cells ")
    catches("a cell of two addresses", of_items("cells", of_first(lambda f: f["properties"].update(addresses=2))),
            ["http-k", "http-numbers"])


def points_and_borders_that_are_not_whole_squares():
    catches("a pin", of_items("cells", of_first(lambda f: f.update(geometry={"type": "Point", "coordinates": POINT}))),
            ["http-geometry"], objects="cells ")

    def shift(f):
        polygon = f["geometry"]["coordinates"]
        rings = [r for p in (polygon if f["geometry"]["type"] == "MultiPolygon" else [polygon]) for r in p]
        for ring in rings:
            ring[:] = [[e + 0.00001, n] for e, n in ring]
    catches("a cell that is drawn 0.6 m beside itself", of_items("cells", of_first(shift)), ["http-geometry"])
    catches("a cell without geometry", of_items("cells", of_first(lambda f: f.update(geometry=None))), ["http-geometry"])


def pages_that_are_not_complete():
    catches("a cell is left out", of_items("cells", lambda page: page["features"].pop() if "features" in page else None),
            ["http-complete"], objects="cells")
    catches("it says another number", of_items("watch-areas", lambda page: page.update(numberMatched=page["numberMatched"] + 1)),
            ["http-complete"])

    def again(page):
        for link in page["links"]:
            if link["rel"] == "self":
                page["links"].append({"rel": "next", "href": link["href"]})
    catches("pages without end", of_items("hotspots", again), ["http-complete"], objects="hotspots")


def what_should_be_closed():
    def open_incidents(path, status, headers, body):
        if path.startswith("/collections/incidents/items"):
            return 200, headers, json.dumps({"type": "FeatureCollection", "features": [{"gata": SECRET}]}).encode()
        return status, headers, body
    catches("incidents are given to everybody", open_incidents, ["http-closed"], objects="/collections/incidents/items")


def answers_that_differ():
    state = {"n": 0}

    def counter(path, status, headers, body):
        state["n"] += 1
        return status, headers + [("Imported", "%d" % (4321 + state["n"]))], body
    catches("a header that counts", counter, ["http-same"], objects="/collections")


def incidents_at_exact_places():
    located = lambda change: of_items("incidents", lambda page: change(next(f for f in page["features"] if f["geometry"])))
    with_token = ("--token-file", token_file)
    catches("an incident at its own place", located(lambda f: f["geometry"].update(coordinates=POINT)), ["http-analyst"], *with_token,
            objects="cell ")
    catches("an incident with its street", located(lambda f: f["properties"].update(gata=SECRET)), ["http-analyst"], *with_token)
    catches("an incident with minutes", located(lambda f: f["properties"].update(to=f["properties"]["to"].replace(":00:00", ":17:00"))),
            ["http-analyst"], *with_token)


def large_collections_are_sampled():
    code, report, said = verify(daemon.url(), "--features", "500")
    is_eq((code, said, report["is_sampled"]), (0, "", True), "a sample passes, and the report says that it is one")
    catches("counts of single features", of_items("cells", of_every(lambda f: f["properties"].update(count=4321)
                                                                 if "numberMatched" not in f else None)),
            ["http-numbers"], "--features", "500")


def what_cannot_be_asked_is_an_error():
    done = cluster.grannkarta("verify", "--url", "http://127.0.0.1:1", check=False)
    ok(done.returncode == 3 and "--no-http" in done.stderr and done.stdout == "", "nobody there: " + done.stderr.strip())
    for url in ("ftp://x", "file:///etc/passwd", "http://a:b@c/", "127.0.0.1:8080"):
        ok(cluster.grannkarta("verify", "--url", url, check=False).returncode == 2, "refused: " + url)
    os.chmod(token_file, 0o644)
    done = cluster.grannkarta("verify", "--url", daemon.url(), "--token-file", token_file, check=False)
    ok(done.returncode == 2 and "chmod 600" in done.stderr, "a token file that others may read is refused")
    before = cluster.value("SELECT count(*) FROM verification")
    proxy = Proxy(daemon.port, lambda path, status, headers, body: (status, headers, b"{" + SECRET.encode() if "cells" in path else body))
    done = cluster.grannkarta("verify", "--url", proxy.url(), check=False)
    ok(done.returncode == 4 and SECRET not in done.stderr, "no JSON: " + done.stderr.strip())
    is_eq(cluster.value("SELECT count(*) FROM verification"), before, "nothing was stored")
    proxy.shutdown()


try:
    run(everything_passes_on_a_daemon, a_proxy_that_does_not_lie_changes_nothing, more_than_is_declared, more_collections,
        numbers_that_are_not_the_releases, places_of_too_few, points_and_borders_that_are_not_whole_squares,
        pages_that_are_not_complete, what_should_be_closed, answers_that_differ, incidents_at_exact_places,
        large_collections_are_sampled, what_cannot_be_asked_is_an_error)
finally:
    daemon.stop()
    m.__exit__(None, None, None)
    folder.cleanup()
