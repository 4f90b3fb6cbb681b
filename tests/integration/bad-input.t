#!/usr/bin/python3
"""Bad requests to a real daemon, row by row of what is promised: which status, what
the problem names, whether the connection goes on, and what a client is told to do.
The statuses are those of RFC 9110, 6585, 6750 and 9457."""
import json
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import Cluster
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import is_eq, ok, run

context = municipality()
m = context.__enter__()
token = analyst_token(m)
daemon = Daemon(m.conninfo(), threads=2, answers_memory=16).__enter__()
daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the token is known")
ITEMS = "/collections/cells/items"
GET = "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n"


def wire(data):
    """Sends bytes; (status, headers as bytes, body, whether the connection goes on)."""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=60) as s:
        s.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        got = b""
        while b"\r\n\r\n" not in got:
            part = s.recv(65536)
            if not part:
                return 0, b"", b"", False
            got += part
        head, body = got.split(b"\r\n\r\n", 1)
        length = re.search(rb"content-length: (\d+)", head, re.I)
        while length and len(body) < int(length[1]):
            body += s.recv(65536)
        try:
            s.sendall((GET % ("/conformance", "")).encode())
            goes_on = bool(s.recv(10))
        except (BrokenPipeError, ConnectionResetError):
            goes_on = False
        return int(head[9:12]), head, body, goes_on


def faults_of(cases):
    """Those of (what, bytes, status, goes on, words in the problem) that are answered otherwise."""
    faults = []
    for what, data, status, goes_on, *words in cases:
        got, head, body, went_on = wire(data)
        if got != status or (goes_on is not None and went_on != goes_on):
            faults.append("%s: %d%s" % (what, got, ", goes on" if went_on else ", closed"))
        elif status >= 400 and (b"application/problem+json" not in head or json.loads(body)["status"] != status
                                or b"no-store" not in head):
            faults.append("%s: no problem document" % what)
        elif any(w not in body.decode() for w in words):
            faults.append("%s: %s" % (what, body.decode()))
    return faults


def requests_on_which_parsers_disagree_are_400_and_closed():
    chunk = "Transfer-Encoding: chunked\r\n"
    is_eq(faults_of([
        ("two framings", GET % ("/", "Content-Length: 4\r\n" + chunk) + "0\r\n\r\n", 400, False),
        ("two lengths", GET % ("/", "Content-Length: 0\r\nContent-Length: 4\r\n"), 400, False),
        ("no host", "GET / HTTP/1.1\r\n\r\n", 400, False), ("two hosts", GET % ("/", "Host: b\r\n"), 400, False),
        ("an unknown coding", GET % ("/", "Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n", 400, False),
        ("NUL in a header", GET % ("/", "X: a\0b\r\n"), 400, False), ("bare LF", GET.replace("\r", "") % ("/", ""), 400, False),
        ("%00", GET % ("/%00", ""), 400, False), ("%zz", GET % ("/%zz", ""), 400, False),
        ("a body", GET % ("/", "Content-Length: 1\r\n") + "x", 400, False)]), [], "ten shapes")


def methods_are_501_or_405():
    is_eq(faults_of([("unknown", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, True)] +
                    [(method, "%s / HTTP/1.1\r\nHost: a\r\n\r\n" % method, 405, True)
                     for method in ("POST", "PUT", "DELETE", "PATCH")]), [], "five methods")
    is_eq(daemon.get("/", method="PUT").headers["Allow"], "GET, HEAD, OPTIONS", "405 names those allowed")


def too_much_is_414_431_or_400():
    is_eq(faults_of([("a long target", GET % ("/?a=" + "x" * 9000, ""), 414, False),
                     ("many headers", GET % ("/", "X: y\r\n" * 70), 431, False),
                     ("long headers", GET % ("/", "X: %s\r\n" % ("y" * 17000)), 431, False),
                     ("many arguments", GET % (ITEMS + "?" + "&".join("a%d=1" % i for i in range(40)), ""), 400, None)]),
          [], "four sizes")


def formats_that_are_not_offered_are_406_or_400():
    is_eq(faults_of([("Accept", GET % (ITEMS, "Accept: image/png\r\n"), 406, True, "json"),
                     ("f", GET % (ITEMS + "?f=shp", ""), 400, True, "f", "shp", "json")]), [], "two ways to ask")
    is_eq(daemon.get(ITEMS, {"Accept-Encoding": "br;q=1, identity;q=0"}).status, 200, "of encodings, plain is always there")


def parameters_are_named_with_what_is_allowed():
    bad = [("limit", "0", "1"), ("limit", "-1", "1"), ("limit", "x", "1"),
           ("limit", "99999999999999999999", "10000"), ("bbox", "1,2,3", "bbox"), ("bbox", "1,2,nan,4", "bbox"),
           ("bbox", "1,2,inf,4", "bbox"), ("bbox", "1,3,2,1", "bbox"), ("datetime", "2024-02-30", "datetime"),
           ("datetime", "2024-06-01/2024-01-01", "datetime"), ("datetime", "2024-06-01T12:00:00", "datetime")]
    is_eq(faults_of([("%s=%s" % (n, v), GET % ("%s?%s=%s" % (ITEMS, n, v), ""), 400, True, n, v, word)
                     for n, v, word in bad] +
                    [("unknown", GET % (ITEMS + "?limt=1", ""), 400, True, "limt", "limit"),
                     ("twice", GET % (ITEMS + "?limit=1&limit=1", ""), 400, True, "limit")]), [], "%d mistakes" % (len(bad) + 2))


def what_is_right_but_empty_or_large_is_answered():
    a = daemon.get(ITEMS + "?bbox=-70,-50,-69,-49")
    is_eq((a.status, a.json()["numberMatched"], a.json()["features"]), (200, 0, []), "a box elsewhere: 200 and nothing in it")
    a = daemon.get(ITEMS + "?limit=10001")
    ok(a.status == 200 and a.json()["numberReturned"] == min(10000, a.json()["numberMatched"]), "a limit above the maximum: the maximum")
    schema = daemon.get("/api?f=json").json()["components"]["parameters"]["limit"]["schema"]
    is_eq(schema["maximum"], 10000, "which is documented")
    is_eq([daemon.get(p).status for p in ("/collections/nothing", ITEMS + "/999999999", "/nowhere")], [404] * 3,
          "what is not there: 404")


def tokens_are_401_or_403_with_a_challenge():
    secret = "/collections/incidents/items"
    for what, headers, status, error in (("none", {}, 401, None), ("unknown", {"Authorization": "Bearer " + "x" * 40}, 401, "invalid_token"),
                                         ("another scheme", {"Authorization": "Basic YTpi"}, 401, "invalid_token")):
        a = daemon.get(secret, headers)
        challenge = a.headers["WWW-Authenticate"] or ""
        ok(a.status == status and challenge.startswith("Bearer") and (error is None or error in challenge), "token: " + what)
    m.execute("UPDATE token SET expires_at = now() - interval '1 hour', created_at = now() - interval '2 hours' WHERE name = 'test'")
    daemon.poll(lambda: daemon.get(secret, token=token).status == 401, "an expired one is 401")
    ok(True, "token: expired")


def who_must_wait_is_told_how_long():
    with Cluster() as empty, Daemon(empty.conninfo(), wait_ready=False) as other:
        a = other.get(ITEMS)
        ok(a.status == 503 and int(a.headers["Retry-After"]) >= 1, "without a release: 503 and Retry-After")
        is_eq(other.operations("/readyz").headers["Retry-After"], "1", "so says /readyz")
    m.grannkarta("publish", "--through", "2025-06")
    for n in range(5):  # until release 1 has left the memory
        m.grannkarta("publish", "--through", "2025-06")
    newest = int(m.value("SELECT max(id) FROM release"))
    daemon.poll(lambda: daemon.operations("/readyz").json()["release"] == newest, "the newest is there")
    a = daemon.get(ITEMS + "?release=1")
    ok(a.status == 200 or (a.status == 503 and a.headers["Retry-After"] == "1"), "an older release: 200, or 503 while it is loaded")
    daemon.poll(lambda: daemon.get(ITEMS + "?release=1").status == 200, "then 200")


try:
    run(requests_on_which_parsers_disagree_are_400_and_closed, methods_are_501_or_405, too_much_is_414_431_or_400,
        formats_that_are_not_offered_are_406_or_400, parameters_are_named_with_what_is_allowed,
        what_is_right_but_empty_or_large_is_answered, tokens_are_401_or_403_with_a_challenge, who_must_wait_is_told_how_long)
finally:
    daemon.__exit__()
    context.__exit__(None, None, None)
