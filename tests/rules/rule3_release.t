#!/usr/bin/python3
"""Rule 3: public answers are a function of the release, and of nothing else.

Everything the public can ask is asked before and after an import (and changed
tokens, watch areas and districts) that is not published: status, headers, order,
cursors, ETags and bodies must be the same bytes."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import is_eq, ok, run

# Headers that may differ from one moment to the next for everybody.
VOLATILE = {"date", "grannkarta-data-age"}


def crawl(daemon, limit=97):
    """Every public answer reachable by links and by a list of questions."""
    answers, queue = {}, ["/", "/conformance", "/api", "/collections"]
    collections = [c["id"] for c in daemon.get("/collections").json()["collections"]]
    for c in collections:
        queue += [f"/collections/{c}", f"/collections/{c}/schema", f"/collections/{c}/items?f=html&limit=3"]
        for query in ("", "&datetime=2024-01-01/2024-06-30", "&datetime=2025-06-15", "&datetime=2031-01-01",
                      "&datetime=2025-07-01/2025-12-31", "&bbox=14,55.9,14.6,56.3"):
            queue.append(f"/collections/{c}/items?limit={limit}{query}")
    queue += ["/collections/incidents", "/collections/incidents/items", "/collections/cells/items/999999999",
              "/collections/cells/items?cursor=x", "/nothing", "/releases", "/releases?f=html", "/revisions",
              "/collections?release=1", "/collections?release=2", "/collections/cells/items?limit=9&release=1",
              "/collections?revision=1", "/collections?revision=2"]
    while queue:
        path = queue.pop(0)
        if path in answers:
            continue
        answer = daemon.get(path)
        headers = sorted((k.lower(), v) for k, v in answer.headers.items() if k.lower() not in VOLATILE)
        # A problem names its own request, for the log: that differs each time.
        answers[path] = (answer.status, headers, re.sub(rb'"request_id":"[0-9a-f]+"', b"", answer.body))
        if answer.headers.get("Content-Type", "").startswith("application/geo+json"):
            body = answer.json()
            queue += [l["href"].split("/", 3)[3].join(["/", ""]) for l in body.get("links", []) if l["rel"] == "next"]
            if "features" in body and "cursor" not in path:
                base = path.split("?")[0]
                queue += [f"{base}/{f['id']}" for f in body["features"][:3]]
    return answers


def public_answers_do_not_change_with_an_unpublished_import():
    with municipality() as m, Daemon(m.conninfo()) as daemon:
        token = analyst_token(m)
        revision = lambda: daemon.get("/collections/cells/items?limit=1", token=token)
        daemon.poll(lambda: revision().status == 200, "the analyst is let in")
        before, analyst_before = crawl(daemon), revision().body
        ok(len(before) > 60, "the crawl saw %d answers" % len(before))
        ok(any("cursor" in p for p in before), "among them pages reached by a cursor")
        m.import_more()
        m.execute("UPDATE grannkarta.watch_area SET name = name || ' X', is_approved = NOT is_approved")
        m.execute("UPDATE grannkarta.token SET name = name || ' X'")
        m.execute("UPDATE grannkarta.district SET valid_to = '2026-02-01' WHERE id % 2 = 0")
        daemon.poll(lambda: revision().body != analyst_before, "the analyst sees the new revision")
        after = crawl(daemon)
        is_eq(sorted(after), sorted(before), "the same answers are reachable, with the same cursors")
        different = [p for p in before if before[p] != after.get(p)]
        is_eq(different, [], "all of them are the same bytes, headers included")


def the_next_release_is_seen_within_a_second_or_so():
    with municipality() as m, Daemon(m.conninfo()) as daemon:
        first = daemon.get("/collections/cells/items?limit=5")
        m.grannkarta("publish", "--through", "2025-09")
        daemon.poll(lambda: daemon.get("/collections/cells/items?limit=5").headers["ETag"] != first.headers["ETag"],
                    "the new release is served")
        p = daemon.get("/collections/cells/items?limit=1").json()["features"][0]["properties"]
        is_eq((p["period_from"], p["period_to"]), ("2024-10-01", "2025-09-30"), "its last 12 months are the default")


run(public_answers_do_not_change_with_an_unpublished_import, the_next_release_is_seen_within_a_second_or_so)
