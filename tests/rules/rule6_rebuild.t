#!/usr/bin/python3
"""Rule 6 over time: a release or a revision that is asked for by its number gives
the same bytes as when it was the newest, on every daemon, whatever was imported,
published, built or moved since; what was withdrawn or erased is gone at once.

The bytes are compared with bytes captured earlier, never with what the programs
say they should be. All of it goes through HTTP and real commands; SQL only where a
command has no way to do such a thing."""
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import diag, is_eq, ok, run

VOLATILE = {"date", "grannkarta-data-age"}
URL = "http://karta.example.se"
CONTACT = "gk_" + "c" * 43


def settled(daemon, path, token=None, headers=None):
    """The answer once it is not 503; until then it must say when to come back."""
    deadline = time.monotonic() + 60
    while True:
        a = daemon.get(path, token=token, headers=headers)
        if a.status != 503 or time.monotonic() > deadline:
            return a
        assert a.headers["Retry-After"] and a.headers["Content-Type"] == "application/problem+json", a.headers
        time.sleep(0.05)


def seen(answer):
    headers = tuple(sorted((k.lower(), v) for k, v in answer.headers.items() if k.lower() not in VOLATILE))
    return answer.status, headers, re.sub(rb'"request_id":"[0-9a-f]+"', b"", answer.body)


def crawl(daemon, version, token=None):
    """Everything that can be asked with a version: {path: answer}, following links
    to the next page. Every link in it must carry the version too."""
    answers, queue = {}, [f"/collections?{version}", f"/collections?{version}&f=html"]
    collections = [c["id"] for c in settled(daemon, queue[0], token).json()["collections"]]
    for c in collections:
        base = f"/collections/{c}"
        queue += [f"{base}?{version}", f"{base}/schema?{version}", f"{base}/schema/feature?{version}",
                  f"{base}?f=html&lang=en&{version}", f"{base}/items?f=html&limit=3&{version}",
                  f"{base}/items?limit=400&{version}",
                  f"{base}/items?limit=50&bbox=14,55.9,14.6,56.3&datetime=2024-03-01/2024-09-30&{version}"]
        if token and "revision" in version and c != "incidents":
            queue.append(f"{base}/items?limit=200&definition=bra&datetime=2025-01-15/2025-05-15&{version}")
    while queue:
        path = queue.pop(0)
        if path in answers:
            continue
        answer = settled(daemon, path, token)
        answers[path] = seen(answer)
        if answer.status == 200 and answer.headers["Content-Type"] == "application/geo+json":
            body = answer.json()
            queue += [l["href"][len(URL):] for l in body["links"] if l["rel"] == "next"]
            if "features" in body and "cursor" not in path:
                queue += [f"{path.split('?')[0]}/{f['id']}?{version}" for f in body["features"][:2]]
    return answers


def different(before, after):
    return sorted(set(before) ^ set(after)) + [p for p in before if p in after and before[p] != after[p]]


def links_without(answers, version):
    """Addresses of data in answers that leave the version out. A schema's $id is its
    name and no link: it has no parameters."""
    return sorted({(path, a.decode()) for path, (_, _, body) in answers.items()
                   for a in re.findall(rb'(?:"href":|href=)"([^"]*/collections[^"]*)"', body.replace(b"&amp;", b"&"))
                   if version.encode() not in a
                   and not (path.startswith("/collections?") and a.decode() == URL + "/collections")})


def without_versions(body):
    """A body with every address as if asked for without a version; cursors are
    bound to the question, so they differ as well."""
    def plain(match):
        path, _, query = match[0].partition("?")
        kept = [p for p in query.split("&") if p and p.split("=")[0] not in ("release", "revision", "cursor")]
        return path + ("?" + "&".join(kept) if kept else "")
    text = body.decode().replace("&amp;", "&")
    text = re.sub(r',\{"rel":"latest-version"[^}]*\}', "", text)
    return re.sub(re.escape(URL) + r'[^"]*', plain, text)


def fewer_dwellings(m, folder):
    """A later year in which every seventh address is gone: cells shrink and merge."""
    path = os.path.join(folder, "fewer.gpkg")
    subprocess.run(["ogr2ogr", "-q", path, m.files + "/addresses.gpkg", "-sql",
                    "SELECT geom, address, class, dwellings, 2026 AS year FROM addresses WHERE fid % 7 <> 0"], check=True)
    m.grannkarta("import", "dwellings", path)
    m.grannkarta("lattice", "build")


def import_part(m, folder, nth):
    """A part of the incidents as a file of its own."""
    with open(m.files + "/incidents-latlon.csv", "rb") as f:
        head, *rows = f.read().split(b"\n")
    path = os.path.join(folder, "part%d.csv" % nth)
    with open(path, "wb") as f:
        f.write(b"\n".join([head, *rows[nth * 20:nth * 20 + 20]]) + b"\n")
    m.grannkarta("--key-ring", m.keys, "import", "incidents", path, "--on-reject=skip")


def loads(daemon):
    return [(k, int(n)) for k, n in re.findall(r"event=snapshot_loaded kind=(\w+) number=(\d+)", "".join(daemon.lines))]


def what_was_shown_is_shown_again_byte_for_byte():
    with municipality() as m, tempfile.TemporaryDirectory() as folder:
        token = analyst_token(m)
        with Daemon(m.conninfo(), public_url=URL, old_snapshots=3) as one:
            one.poll(lambda: one.get("/collections/incidents", token=token).status == 200, "the token is known")
            release = {1: crawl(one, "release=1")}
            revision = {1: crawl(one, "revision=1", token)}
            as_analyst = crawl(one, "release=1", token)
            ok(len(release[1]) > 60 and len(revision[1]) > 80, "%d and %d answers" % (len(release[1]), len(revision[1])))
            ok(all(a[0] == 200 for a in [*release[1].values(), *revision[1].values()]), "all of them are answers")
            ok(any("cursor" in p for p in release[1]) and any("incidents/items" in p for p in revision[1]),
               "among them pages by cursor, and incidents")
            is_eq(loads(one), [("release", 1), ("revision", 1)], "the newest by its number is not loaded again")
            is_eq([p for p in release[1] if release[1][p][2] != as_analyst[p][2]], [],
                  "an analyst who asks for a release sees what everybody sees")
            is_eq(links_without(release[1], "release=1") + links_without(revision[1], "revision=1"), [],
                  "every link to data carries the number")
            unlike = []
            for version, who, answers in (("release=1", None, release[1]), ("revision=1", token, revision[1])):
                for path, (_, _, body) in answers.items():
                    asked = re.sub("[?&]%s(?=&|$)" % version, "", path).replace("/collections&", "/collections?")
                    if "cursor" not in path and without_versions(one.get(asked, token=who).body) != without_versions(body):
                        unlike.append(path)
            is_eq(unlike, [], "but for these links, the newest without its number is the same")

            # Everything that can happen to data.
            import_part(m, folder, 0)
            one.poll(lambda: settled(one, "/collections?revision=2", token).status == 200, "revision 2 is there")
            revision[2] = crawl(one, "revision=2", token)
            m.grannkarta("publish", "--through", "2025-07")
            one.poll(lambda: settled(one, "/collections?release=2").status == 200, "release 2 is there")
            release[2] = crawl(one, "release=2")
            fewer_dwellings(m, folder)
            merged = int(m.value("SELECT count(*) FROM cell WHERE merged_into IS NOT NULL"))
            ok(merged > 10, "%d cells are merged by the new dwellings" % merged)
            m.execute("""
                UPDATE watch_area SET name = name || ' X', is_approved = NOT is_approved, started = '2020-02-02';
                INSERT INTO watch_boundary (watch_area_id, valid_from, outline)
                SELECT watch_area_id, '2025-01-01', ST_Multi(ST_Buffer(outline, 200)) FROM watch_boundary;
                INSERT INTO watch_area (slug, name, is_approved) VALUES ('aaa', 'Aaa', true);
                INSERT INTO watch_boundary (watch_area_id, valid_from, outline)
                SELECT w.id, '2020-01-01', b.outline FROM watch_area w, watch_boundary b WHERE w.slug = 'aaa'
                ORDER BY b.id LIMIT 1;
                UPDATE district SET valid_to = '2025-01-01' WHERE set_name = 'regso' AND id % 2 = 0;
                INSERT INTO district_set (name, title_sv, title_en) VALUES ('lpo', 'Lokalpolisområden', 'Local police areas');
                INSERT INTO district (set_name, code, name, outline)
                SELECT 'lpo', code, name, outline FROM district WHERE set_name = 'kommun';
                SELECT refresh_memberships((SELECT max(version) FROM lattice))""")
            import_part(m, folder, 1)
            one.poll(lambda: settled(one, "/collections?revision=3", token).status == 200, "revision 3 is there")
            revision[3] = crawl(one, "revision=3", token)
            ok(len({revision[n][f"/collections/cells/items?limit=400&revision={n}"][2] for n in revision}) == 3,
               "revisions differ from each other")
            m.execute("""UPDATE district_set SET title_sv = 'Andra', title_en = 'Others' WHERE name = 'lpo';
                         UPDATE watch_area SET ended = '2025-02-01'; DELETE FROM watch_area WHERE slug = 'aaa'""")
            m.grannkarta("publish", "--through", "2025-08")
            one.poll(lambda: settled(one, "/collections?release=3").status == 200, "release 3 is there")

            with Daemon(m.conninfo(), public_url=URL, threads=2, old_snapshots=1,
                        environment={"LC_ALL": "C", "TZ": "Asia/Tokyo"}) as two:
                two.poll(lambda: two.get("/collections/incidents", token=token).status == 200, "another daemon, started later")
                first = two.get("/collections?release=1")
                is_eq((first.status, first.headers["Retry-After"], "is being loaded" in first.text()),
                      (503, "1", True), "the first who asks is told to come back in a second")
                for daemon, name in ((one, "the first daemon"), (two, "the second")):
                    for n, before in release.items():
                        is_eq(different(before, crawl(daemon, f"release={n}")), [],
                              f"{name}: all {len(before)} answers of release {n} are as they were")
                    for n, before in revision.items():
                        is_eq(different(before, crawl(daemon, f"revision={n}", token)), [],
                              f"{name}: all {len(before)} answers of revision {n} are as they were")
                etag = first_page = settled(two, "/collections/cells/items?limit=400&release=1")
                again = two.get("/collections/cells/items?limit=400&release=1", headers={"If-None-Match": etag.headers["ETag"]})
                is_eq((again.status, again.body), (304, b""), "its ETag is good")
                head = two.get("/collections/cells/items?limit=400&release=1", method="HEAD")
                is_eq((head.status, head.body, head.headers["ETag"]), (200, b"", first_page.headers["ETag"]), "HEAD says the same")
                packed = settled(two, "/collections/cells/items?limit=400&release=1", headers={"Accept-Encoding": "gzip"})
                is_eq((packed.headers["Content-Encoding"], packed.headers["Cache-Control"]), ("gzip", "public, max-age=60"),
                      "it is compressed, and cached for a minute: it may be withdrawn")


def who_may_ask_for_what():
    with municipality() as m:
        token = analyst_token(m)
        m.execute("""INSERT INTO token (name, role, watch_area_id, hash)
            SELECT 'contact', 'contact', min(id), '\\x%s' FROM watch_area""" % hashlib.sha256(CONTACT.encode()).hexdigest())
        with Daemon(m.conninfo(), public_url=URL) as daemon:
            daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the token is known")
            get = lambda path, who=None: daemon.get(path, token=who)
            items = "/collections/cells/items?limit=1&"
            for path in ("/collections?", "/collections/cells?", items, "/collections/cells/items/1?", "/collections/nothing?"):
                answers = {seen(get(path + "revision=" + v)) for v in ("1", "2", "99", "x", "-1", "", "1&release=1")}
                is_eq((len(answers), next(iter(answers))[0]), (1, 401),
                      f"{path} the public learns nothing of a revision, not even whether it exists")
            is_eq({seen(get(items + "revision=" + v, CONTACT))[0] for v in ("1", "2", "99", "x")}, {403}, "nor does a contact")
            is_eq(get(items + "release=1", CONTACT).status, 200, "who may ask for a release")
            is_eq([get(items + "revision=" + v, token).status for v in ("1", "2", "99")], [200, 404, 404], "an analyst is told")
            for bad in ("0", "-1", "x", "1.5", "", "2147483648", "99999999999999999999", "1&release=1"):
                is_eq(get(items + "release=" + bad).status, 400, f"release={bad} is refused")
            is_eq(get(items + "release=1&revision=1", token).status, 400, "both at once are refused")
            is_eq([get(items + "release=" + v).status for v in ("1", "2", "2147483647")], [200, 404, 404], "releases there are, or not")
            for path in ("/collections", "/collections/cells", "/collections/cells/schema"):
                is_eq(get(path + "?limit=1").status, 400, path + " takes no other parameter")
            for path in ("/", "/api", "/conformance", "/releases"):
                is_eq(get(path + "?release=1").status, 400, path + " takes none")
            is_eq([get("/collections/incidents/items?release=1", w).status for w in (None, token)], [401, 404],
                  "incidents are in no release")
            is_eq((get(items + "release=1&definition=bra", token).status, get("/collections/hotspots/items?size=100&release=1", token).status),
                  (400, 400), "nor is what only analysts may ask")

            listed = get("/releases").json()
            is_eq([(r["release"], r["definition"], r["period_to"], r["links"][0]["href"]) for r in listed["releases"]],
                  [(1, "polisen", "2025-06-30", URL + "/collections?release=1")], "releases are listed with what they are")
            is_eq(listed["releases"][0]["timeStamp"], get(items).json()["timeStamp"], "and the time that their answers carry")
            links = {l["rel"]: l["href"] for l in get("/collections").json()["links"]}
            is_eq(links["version-history"], URL + "/releases", "collections lead there")
            ok("/collections?release=1&amp;f=html" in get("/releases?f=html").text(), "as a page too")
            is_eq((get("/revisions").status, get("/revisions", CONTACT).status), (401, 403), "revisions are listed for analysts only")
            is_eq([r["revision"] for r in get("/revisions", token).json()["revisions"]], [1], "for them they are")
            ok("revision" not in str(sorted(get("/api").json()["components"]["parameters"])) and "/revisions" not in get("/api").text(),
               "the interface's definition tells the public of neither")
            ok({"release", "revision"} <= set(get("/api", token).json()["components"]["parameters"]), "and analysts of both")

            before = {p: seen(get(p)) for p in ("/releases", "/collections?release=1", items + "release=1", items + "revision=2")}
            m.import_more()
            daemon.poll(lambda: get(items + "revision=2", token).status == 200, "a revision that is not published")
            is_eq({p: seen(get(p)) for p in before}, before, "changes no byte for the public")


def what_is_gone_is_gone_at_once():
    with municipality() as m:
        token = analyst_token(m)
        m.import_more()
        for month in ("2025-07", "2025-08"):
            m.grannkarta("publish", "--through", month)
        with Daemon(m.conninfo(), public_url=URL) as daemon:
            daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the token is known")
            path = "/collections/cells/items?limit=5&release=%d"
            page = {n: settled(daemon, path % n).json() for n in (1, 2, 3)}
            after = {n: next(l["href"] for l in page[n]["links"] if l["rel"] == "next")[len(URL):] for n in page}
            is_eq([settled(daemon, after[n]).status for n in after], [200] * 3, "their pages go on")
            is_eq(daemon.get(after[1].replace("release=1", "release=2")).status, 400, "a cursor is of its release")
            is_eq(daemon.get(after[1].replace("release=1&", "").replace("&release=1", "")).status, 400, "and of its question")
            m.grannkarta("withdraw", "2")
            daemon.poll(lambda: daemon.get(path % 2).status == 410, "a withdrawn release is gone")
            gone = daemon.get(path % 2)
            ok("withdrawn" in gone.json()["detail"] and gone.headers["Cache-Control"] == "no-store", "and says so")
            is_eq((daemon.get(after[2]).status, daemon.get("/collections?release=2").status), (410, 410), "with its pages")
            is_eq([r["release"] for r in daemon.get("/releases").json()["releases"]], [3, 1], "the list has the others")
            is_eq((settled(daemon, path % 1).status, settled(daemon, path % 3).status), (200, 200), "which are there")
            m.grannkarta("withdraw", "3")
            daemon.poll(lambda: daemon.get(path % 3).status == 410, "so is the newest when it is withdrawn")
            is_eq(settled(daemon, "/collections/cells/items?limit=5").json()["features"][0]["properties"]["release"], 1,
                  "the one before is the newest then")
            revision = lambda n: settled(daemon, "/collections/incidents/items?limit=1&revision=%d" % n, token)
            is_eq([revision(n).status for n in (1, 2)], [200, 200], "both revisions are there")
            m.execute("UPDATE revision SET erased_at = now() WHERE id = 1")
            daemon.poll(lambda: revision(1).status == 410, "an erased revision is gone")
            ok("erased" in revision(1).json()["detail"], "and says so")
            is_eq([r["revision"] for r in daemon.get("/revisions", token=token).json()["revisions"]], [2], "nor is it listed")
            m.execute("UPDATE release SET erased_at = now() WHERE id = 1")
            daemon.poll(lambda: daemon.get(path % 1).status == 410, "an erased release too")
            is_eq(daemon.get("/collections").status, 503, "there is none left to show")


def what_a_retention_erased_is_gone():
    with municipality() as m:
        token = analyst_token(m)
        m.grannkarta("publish", "--through", "2025-07")
        with Daemon(m.conninfo(), public_url=URL) as daemon:
            daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the token is known")
            status = lambda path, who=None: settled(daemon, path, who).status
            is_eq([status("/collections?release=1"), status("/collections?release=2"), status("/collections?revision=1", token)],
                  [200] * 3, "two releases and a revision are in memory")
            m.grannkarta("retain", "--months", "12", "--yes", check=False)  # 4: WAL of this server still has something
            daemon.poll(lambda: status("/collections?release=1") == 410, "months older than the retention are erased")
            is_eq([status("/collections?release=2"), status("/collections?revision=1", token)], [410, 410],
                  "all that contained them is gone, in memory too")
            is_eq([r["release"] for r in daemon.get("/releases").json()["releases"]], [3], "a release of the kept months stands")
            is_eq([r["revision"] for r in daemon.get("/revisions", token=token).json()["revisions"]], [2], "and a revision")
            page = "/collections/incidents/items?limit=1000&revision=2"
            before = seen(settled(daemon, page, token))
            m.import_more()
            daemon.poll(lambda: status("/collections?revision=3", token) == 200, "the next import is there")
            is_eq(seen(settled(daemon, page, token)), before, "what was left can be shown again as it was")


def old_data_are_bounded_and_need_no_database():
    with municipality() as m:
        token = analyst_token(m)
        for month in ("2025-07", "2025-08", "2025-09"):
            m.grannkarta("publish", "--through", month)
        # Finished answers would be given again without the data that they were made from.
        with Daemon(m.conninfo(), public_url=URL, old_snapshots=1, answer_cache=0) as daemon:
            daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the token is known")
            path = "/collections/cells/items?limit=1&release=%d"
            started = len(loads(daemon))
            for n in range(5, 300):
                if daemon.get(path % n).status != 404:
                    raise AssertionError("release %d" % n)
            is_eq(len(loads(daemon)), started, "numbers that there are not load nothing")
            is_eq([settled(daemon, path % n).status for n in (1, 2, 3, 4)], [200] * 4, "each of those that there are is loaded in turn")
            is_eq(loads(daemon)[started:], [("release", 1), ("release", 2), ("release", 3)], "once")
            is_eq(daemon.get(path % 1).status, 503, "one is kept beside the newest: the first must be loaded again")
            settled(daemon, path % 1)
            asked, begun, done = 0, time.monotonic(), len(loads(daemon))
            while len(loads(daemon)) < done + 7 and time.monotonic() < begun + 60:
                daemon.get(path % (1 + asked % 3))
                asked += 1
                time.sleep(0.01)
            took = time.monotonic() - begun
            diag("%d questions in %.1f s: 7 loads" % (asked, took))
            ok(len(loads(daemon)) >= done + 7 and took >= 6 * 0.25, "however often it is asked for, an older one is loaded at most four times a second")
            is_eq(daemon.get("/collections/cells/items?limit=1").status, 200, "the newest answers meanwhile")
            is_eq(settled(daemon, path % 1).status, 200, "and so does the one that is kept")
            m.stop()
            daemon.poll(lambda: daemon.get("/collections").headers.get("Grannkarta-Stale") == "true", "without the database")
            is_eq(daemon.get(path % 1).status, 200, "what is in memory is served")
            away = daemon.get(path % 2)
            is_eq((away.status, "cannot be reached" in away.text()), (503, True), "the rest is not, and says why")
            is_eq((daemon.get(path % 99).status, daemon.get(path % 4).status), (404, 200), "what there is not is still known")
            m.start()
            is_eq(settled(daemon, path % 2).status, 200, "and it is loaded when the database is back")


run(what_was_shown_is_shown_again_byte_for_byte,
    who_may_ask_for_what,
    what_is_gone_is_gone_at_once,
    what_a_retention_erased_is_gone,
    old_data_are_bounded_and_need_no_database)
