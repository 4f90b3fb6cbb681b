#!/usr/bin/python3
"""Pages stay whole while the data change under them: a daemon is paged through,
with sizes 1, 7 and 1000, while incidents are imported and releases published all
the time. Each walk gives every feature exactly once, of one release or revision,
with the counts and ids that the database's own tables have for it."""
import os
import re
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import contains, is_eq, ok, run

# A snapshot that was replaced answers cursors until four newer ones were, too: a
# walk must see changes, but no more than that.
CHANGES_IN_A_WALK = 3
URL = "http://karta.example.se"
context = municipality()
m = context.__enter__()
folder = tempfile.TemporaryDirectory()
token = analyst_token(m)
daemon = Daemon(m.conninfo(), public_url=URL, poll_interval=50).__enter__()


class Changes:
    """Imports 40 more incidents and publishes, when told to; counts how often."""

    def __init__(self):
        with open(m.files + "/incidents.csv", "rb") as f:
            self.head, *self.rows = f.read().splitlines()
        self.made = self.taken = 0  # begun; seen by the daemon

    def make(self):
        self.made += 1
        path = os.path.join(folder.name, "more-%d.csv" % self.made)
        rows = self.rows[-40 * self.made:][:40]  # the latest, as other cases
        with open(path, "wb") as f:
            f.write(b"\n".join([self.head] + [r.rsplit(b";", 1)[0] + b";5100-K9%05d-25" % (self.made * 100 + i)
                                              for i, r in enumerate(rows)]) + b"\n")
        m.grannkarta("--key-ring", m.keys, "import", "incidents", path, "--on-reject=skip")
        m.grannkarta("publish", "--through", "2025-06")
        newest = int(m.value("SELECT max(id) FROM release")), int(m.value("SELECT max(id) FROM revision"))

        def is_taken():
            state = daemon.operations("/readyz").json()
            return (state["release"], state["revision"]) == newest

        daemon.poll(is_taken, "the daemon has release %d and revision %d" % newest)
        self.taken += 1


changes = Changes()


class During:
    """Makes changes on a thread of its own until the block ends."""

    def __init__(self, most):
        self.most, self.stop, self.failure, self.before = most, threading.Event(), None, changes.made

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        try:
            while not self.stop.is_set() and changes.made - self.before < self.most:
                changes.make()
        except BaseException as e:
            self.failure = e

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        if self.failure:
            raise self.failure


def next_of(page):
    links = [l["href"] for l in page["links"] if l["rel"] == "next"]
    assert len(links) <= 1, links
    return links[0][len(URL):] if links else None


def walk(path, who=None, between=lambda pages: None):
    """All features by following next; what each page said it was made from."""
    features, stamps, matched, pages = [], set(), set(), 0
    while path:
        a = daemon.get(path, token=who, headers={"Accept-Encoding": "identity"})
        while a.status == 503 and a.headers["Retry-After"]:
            time.sleep(0.05)
            a = daemon.get(path, token=who)
        assert a.status == 200, (path, a.status, a.body[:300])
        page = a.json()
        assert page["numberReturned"] == len(page["features"])
        features += page["features"]
        stamps.add(page["timeStamp"])
        matched.add(page["numberMatched"])
        path = next_of(page)
        pages += 1
        between(pages)
    return features, stamps, matched, pages


def of_one(features, which):
    """The only release or revision that all features name."""
    numbers = set(f["properties"][which] for f in features)
    ok(len(numbers) == 1, "all of one %s" % which)
    return numbers.pop()


def check_whole(features, matched):
    ids = [f["id"] for f in features]
    is_eq(len(set(ids)), len(ids), "no feature twice among %d" % len(ids))
    is_eq(matched, {len(ids)}, "as many as each page said")
    return ids


def check_cells(features, matched):
    ids = check_whole(features, matched)
    release = of_one(features, "release")
    is_eq(sorted(ids), sorted(int(r[0]) for r in m.query(
        "SELECT c.cell_id FROM lattice_cell c JOIN release r ON c.version = r.lattice_version WHERE r.id = %d" % release)),
        "the cells of release %d in the database" % release)
    counts = dict((int(c), int(n)) for c, n in m.query(
        "SELECT cell_id, sum(count) FROM release_cell_month WHERE release_id = %d AND month >= '2024-07-01' GROUP BY 1" % release))
    is_eq([f["id"] for f in features if f["properties"]["count"] != counts.get(f["id"], 0)], [],
          "with the counts of release %d there" % release)


def check_incidents(features, matched):
    ids = check_whole(features, matched)
    revision = of_one(features, "revision")
    is_eq(sorted(ids), sorted(int(r[0]) for r in m.query(
        "SELECT id FROM incident WHERE revision_in <= %d AND (revision_out IS NULL OR revision_out > %d)" % (revision, revision))),
        "the incidents of revision %d in the database" % revision)


def spanning(before):
    """Called after a page: waits until the daemon has other data, so that the walk spans changes."""
    def between(pages):
        wanted = {1: 1, 50: 2, 100: 3}.get(pages, 0)
        if wanted:
            daemon.poll(lambda: changes.taken - before >= wanted, "change %d" % wanted)
    return between


def public_pages_are_of_one_release():
    for size in (1, 7, 1000):
        before = changes.taken
        with During(CHANGES_IN_A_WALK):
            features, stamps, matched, pages = walk("/collections/cells/items?limit=%d" % size, between=spanning(before))
        ok(changes.taken - before >= min(3, pages // 2), "limit %d: %d pages, and %d changes between them" % (
            size, pages, changes.taken - before))
        is_eq(len(stamps), 1, "all pages say the same timeStamp")
        check_cells(features, matched)


def an_analysts_pages_are_of_one_revision():
    daemon.poll(lambda: daemon.get("/collections/incidents/items", token=token).status == 200, "the token is known")
    for size in (1, 7, 1000):
        before = changes.taken
        with During(CHANGES_IN_A_WALK):
            features, stamps, matched, pages = walk("/collections/incidents/items?limit=%d" % size, token, spanning(before))
        ok(changes.taken - before >= min(3, pages // 2), "limit %d: %d pages, and %d changes between them" % (
            size, pages, changes.taken - before))
        is_eq(len(stamps), 1, "all pages say the same timeStamp")
        check_incidents(features, matched)


def pages_of_a_number_outlast_any_change():
    release = int(m.value("SELECT max(id) FROM release"))
    before = changes.made

    def change(pages):  # more often than what was replaced is kept
        if pages % 40 == 1 and changes.made - before < 2 * CHANGES_IN_A_WALK:
            changes.make()

    features, stamps, matched, pages = walk("/collections/cells/items?limit=7&release=%d" % release, between=change)
    ok(changes.made - before > 4, "%d changes during %d pages of a release asked for by number" % (changes.made - before, pages))
    is_eq((len(stamps), of_one(features, "release")), (1, release), "all of that release")
    check_cells(features, matched)


def a_cursor_whose_data_are_gone_says_so():
    path = next_of(daemon.get("/collections/cells/items?limit=5").json())
    for _ in range(CHANGES_IN_A_WALK):
        changes.make()
    is_eq(daemon.get(path).status, 200, "three changes later a cursor still answers")
    for _ in range(3):
        changes.make()
    daemon.poll(lambda: daemon.get(path).status == 410, "six changes later it is 410")
    a = daemon.get(path)
    contains(a.text(), "start again without it", "which says what to do")
    is_eq(a.headers["Cache-Control"], "no-store", "and is not kept")


def a_borrowed_cursor_is_refused():
    path = next_of(daemon.get("/collections/cells/items?limit=5").json())
    cursor = re.search(r"cursor=(\w+)", path)[1]
    mine = next_of(daemon.get("/collections/cells/items?limit=5", token=token).json())
    for name, target, who in (("another query", "/collections/cells/items?bbox=14,55,15,57&cursor=" + cursor, None),
                              ("another collection", "/collections/hotspots/items?cursor=" + cursor, None),
                              ("an analyst", path, token), ("the public", mine, None)):
        a = daemon.get(target, token=who)
        ok(a.status == 400 and "cursor" in a.text(), "a cursor is not for %s" % name)
    is_eq(daemon.get(path).status, 200, "it is for its own")
    ok(daemon.get("/collections/cells/items?limit=3&cursor=" + cursor).json()["numberReturned"] == 3, "also with another limit")


try:
    run(public_pages_are_of_one_release, an_analysts_pages_are_of_one_revision, pages_of_a_number_outlast_any_change,
        a_cursor_whose_data_are_gone_says_so, a_borrowed_cursor_is_refused)
finally:
    daemon.__exit__()
    context.__exit__(None, None, None)
    folder.cleanup()
