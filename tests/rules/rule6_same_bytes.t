#!/usr/bin/python3
"""Rule 6: same revision, same request, same bytes, on every daemon.

Two daemons with different thread counts and environments, one of them on a copy
of the database whose rows lie in another physical order, must agree on every
byte and ETag, in each encoding, for the public and for analysts."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import Database
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import is_eq, ok, run

VOLATILE = {"date", "grannkarta-data-age"}


def questions(daemon):
    paths = ["/", "/api", "/conformance", "/collections"]
    for c in (c["id"] for c in daemon.get("/collections").json()["collections"]):
        paths += [f"/collections/{c}", f"/collections/{c}/schema", f"/collections/{c}/items?limit=1000",
                  f"/collections/{c}/items?limit=50&datetime=2024-03-01/2024-09-30&bbox=14.2,55.9,14.5,56.2",
                  f"/collections/{c}/items?limit=5&f=html&lang=en"]
    return paths


def answer(daemon, path, token, encoding, base):
    a = daemon.get(path, token=token, headers={"Accept-Encoding": encoding, "Host": base})
    return a.status, sorted((k.lower(), v) for k, v in a.headers.items() if k.lower() not in VOLATILE), a.body


def two_daemons_give_identical_bytes():
    with municipality() as m:
        token = analyst_token(m)
        # Rewriting each table in reverse order of its rows changes what a scan
        # returns first; nothing else differs in the copy.
        copy = _copy(m)
        url = "http://karta.example.se"
        with Daemon(m.conninfo(), threads=1, public_url=url) as one, \
                Daemon(copy, threads=2, public_url=url,
                       environment={"LC_ALL": "sv_SE.UTF-8", "TZ": "Asia/Tokyo"}) as two:
            one.poll(lambda: one.get("/collections/incidents", token=token).status == 200, "one knows the token")
            two.poll(lambda: two.get("/collections/incidents", token=token).status == 200, "two knows the token")
            compared, different = 0, []
            paths = questions(one)
            ok(len(paths) > 20, "%d questions" % len(paths))
            for path in paths:
                for who in (None, token):
                    for encoding in ("identity", "gzip", "zstd"):
                        compared += 1
                        if answer(one, path, who, encoding, "x") != answer(two, path, who, encoding, "x"):
                            different.append((path, who is not None, encoding))
            is_eq(different, [], "%d answers are the same bytes" % compared)


def _copy(m):
    """A second database with the same rows in another physical order."""
    m.cluster._server("CREATE DATABASE mirror TEMPLATE grannkarta")
    mirror = Database(m.cluster, "mirror")
    tables = [r[0] for r in mirror.query(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'grannkarta' ORDER BY 1")]
    for t in tables:
        mirror.execute(f"""SET session_replication_role = replica;
            CREATE TEMP TABLE held AS SELECT * FROM grannkarta.{t} ORDER BY ctid DESC;
            DELETE FROM grannkarta.{t};
            INSERT INTO grannkarta.{t} OVERRIDING SYSTEM VALUE SELECT * FROM held""")
    return mirror.conninfo()


run(two_daemons_give_identical_bytes)
