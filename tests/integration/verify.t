#!/usr/bin/python3
"""`grannkarta verify`: everything passes on the synthetic municipality, and for
each check something that breaks just that, done to the tables as a superuser with
triggers off, makes just that check fail. What was planted is in no report."""
import json
import os
import re
import sys
import tempfile
from html.parser import HTMLParser

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from fixture import municipality
from tap import contains, is_eq, ok, run

# Planted where it must not be; no report may repeat any of it.
STREET, NORTHING, EASTING, CASE = "Hemlighetsgatan 17", "6212345.6", "467891.2", "5000-K123456-24"
TOKEN = "gk_" + "Abc123-_" * 5 + "xyz"
OFF = "SET session_replication_role = replica;\n"

m = municipality()
cluster = m.__enter__()
folder = tempfile.TemporaryDirectory()
copies = 0


def copy():
    """A copy of the municipality's database."""
    global copies
    copies += 1
    name = "copy_%d" % copies
    cluster._server("CREATE DATABASE %s TEMPLATE grannkarta OWNER grannkarta_owner" % name)
    cluster._server("REVOKE ALL ON DATABASE %s FROM PUBLIC; GRANT CONNECT ON DATABASE %s TO grannkarta, grannkarta_admin, "
                    "grannkarta_reader, grannkarta_importer, grannkarta_public_views, grannkarta_analyst_views; "
                    "GRANT TEMPORARY ON DATABASE %s TO grannkarta_importer" % (name, name, name))
    return type(cluster.new_database())(cluster, name)


def drop(database):
    cluster._server("DROP DATABASE %s WITH (FORCE)" % database.name)


def verify(database, *arguments):
    """Exit code, report, messages of a run without HTTP."""
    done = database.grannkarta("verify", "--no-http", "--json", *arguments, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def failed(report):
    return sorted(c["id"] for c in report["checks"] if c["result"] == "fail")


def breaks(check, what, sql, only=None, objects=None):
    """After `sql` just `check` (and what `only` names besides) fails."""
    database = copy()
    try:
        database.execute(OFF + sql)
        code, report, said = verify(database)
        is_eq((failed(report) if report else said, code), (sorted({check} | set(only or [])), 5), "%s: %s" % (check, what))
        contains(said, check, "%s: the message names the check" % check)
        text = json.dumps(report) + said + "".join(database.query("SELECT text || page_sv || page_en FROM verification")[0])
        planted = [p for p in (STREET, "Hemlighetsgatan", NORTHING, EASTING, CASE, TOKEN) if p in text]
        is_eq(planted, [], "%s: nothing that was planted is in the report" % check)
        if objects and report:
            found = next(c["objects"] for c in report["checks"] if c["id"] == check)
            ok(re.search(objects, found), "%s: it names what is concerned: %s" % (check, found[:100]))
    finally:
        drop(database)


def everything_passes_on_the_municipality():
    code, report, said = verify(cluster)
    is_eq((code, said), (0, ""), "exit code 0, no message")
    store = [c for c in report["checks"] if c["part"] == "store"]
    is_eq([c["id"] for c in store if c["result"] != "pass"], ["erased"], "all checks of the store pass but one: nothing was erased yet")
    ok(len(store) >= 20, "%d of them" % len(store))
    is_eq([c["id"] for c in store if c["id"] != "erased" and not (c["tested"] > 0 and c["failed"] == 0 and c["objects"] == "")], [],
          "each has looked at something")
    is_eq({c["result"] for c in report["checks"] if c["part"] != "store"}, {"not-applicable"}, "HTTP was left out, and says so")


def the_numbers_are_those_of_the_tables():
    _, report, _ = verify(cluster)
    n = report["numbers"]
    sizes = sorted(int(r[0]) for r in cluster.query("SELECT villa + flat + holiday FROM lattice_cell"))
    is_eq((n["cells"], n["dwellings"], n["cell_least"], n["cell_most"]), (len(sizes), sum(sizes), sizes[0], sizes[-1]),
          "cells and dwellings")
    is_eq(n["cell_half"], sizes[(len(sizes) + 1) // 2 - 1], "the median")
    is_eq(sum(v for k, v in n.items() if k.startswith("bin_")), len(sizes), "the histogram has every cell")
    is_eq(n["bin_8"], sum(1 for s in sizes if s <= 9), "and the right ones in its first bar")
    few = cluster.value("SELECT count(*) FROM lattice_cell WHERE villa BETWEEN 1 AND 7 OR flat BETWEEN 1 AND 7 OR holiday BETWEEN 1 AND 7")
    is_eq(n["cells_few_of_a_kind"], int(few), "cells with few of a kind")
    counts = cluster.query("SELECT sum(count), sum(unlocated) FROM release_municipality_month")[0]
    is_eq([n["count"], n["unlocated"]], [int(c) for c in counts], "incidents, and those without a place")
    whole = cluster.value("SELECT count(*) FROM (SELECT cell_id, sum(count) AS c FROM release_cell_month GROUP BY 1) x JOIN"
                          " lattice_cell l USING (cell_id) WHERE c >= villa + flat + holiday")
    is_eq(n["cells_all_whole"], int(whole), "cells with as many as dwellings")
    shown = cluster.grannkarta("lattice", "show").stdout
    town, country = (re.search(r"%s (\d+) / (\d+) / (\d+)" % w, shown) for w in ("town", "country"))
    for name, found in (("town", town), ("country", country)):
        d = report["displacement"][name]
        ok(all(abs(float(g) - v) <= 0.5 for g, v in zip(found.groups(), (d["median_m"], d["p90_m"], d["max_m"]))),
           "the displacement is that of `lattice show`: " + name)


# --- One mutation for each check ------------------------------------------------

# A cell that no incident, cover or merge has touched, with homes of one square left over.
QUIET = ("(SELECT l.cell_id FROM lattice_cell l WHERE l.cell_id NOT IN (SELECT cell_id FROM release_cell_month) "
         "AND l.cell_id NOT IN (SELECT cell_id FROM watch_cover) AND l.cell_id NOT IN "
         "(SELECT cell_id FROM incident WHERE cell_id IS NOT NULL) ORDER BY 1 LIMIT 1)")


def cells_of_fewer_than_k():
    breaks("cells-k", "a cell shrinks to one dwelling, and says so itself",
           "CREATE TEMP TABLE q AS SELECT %s AS cell_id; CREATE TEMP TABLE one AS SELECT e, n, district_id FROM unit JOIN q"
           " USING (cell_id) LIMIT 1;"
           "UPDATE dwelling d SET villa = 0, flat = 0, holiday = 0 FROM unit u, q WHERE u.cell_id = q.cell_id"
           " AND (u.e, u.n, u.district_id) = (d.e, d.n, d.district_id);"
           "UPDATE dwelling d SET villa = 1 FROM one WHERE (one.e, one.n, one.district_id) = (d.e, d.n, d.district_id);"
           "UPDATE lattice_cell l SET villa = 1, flat = 0, holiday = 0 FROM q WHERE l.cell_id = q.cell_id" % QUIET,
           objects=r"^cell \d+ of lattice version 1$")
    breaks("cells-k", "a cell has two addresses",
           "CREATE TEMP TABLE q AS SELECT %s AS cell_id;"
           "CREATE TEMP TABLE one AS SELECT e, n, district_id FROM unit JOIN q USING (cell_id) LIMIT 1;"
           "UPDATE dwelling d SET addresses = 0 FROM unit u, q WHERE u.cell_id = q.cell_id AND (u.e, u.n, u.district_id) ="
           " (d.e, d.n, d.district_id); UPDATE dwelling d SET addresses = 2 FROM one WHERE (one.e, one.n, one.district_id) ="
           " (d.e, d.n, d.district_id); UPDATE lattice_cell l SET addresses = 2 FROM q WHERE l.cell_id = q.cell_id" % QUIET)


def sums_that_cells_tell_wrong():
    breaks("cells-sums", "a cell claims one dwelling more",
           "UPDATE lattice_cell SET villa = villa + 1 WHERE cell_id = %s" % QUIET, objects="cell")


def a_lower_k_than_configured():
    database = copy()
    try:
        done = database.grannkarta("--k", "12", "verify", "--no-http", "--json", check=False)
        is_eq((failed(json.loads(done.stdout)), done.returncode), (["configured"], 5), "configured: k was raised, nothing was built")
    finally:
        drop(database)


def dwellings_in_no_cell():
    breaks("units-once", "a square with homes is nobody's",
           "INSERT INTO dwelling SELECT source_id, e + 400, n + 400, district_id, 3, 0, 0, 3 FROM dwelling LIMIT 1",
           objects=r"^district \d+")


def a_cell_over_a_border():
    # An empty unit of another district joins: no sum changes.
    breaks("cells-district", "a square of another district joins a cell",
           "INSERT INTO unit SELECT u.e, u.n, (SELECT min(district_id) FROM unit x WHERE x.district_id <> u.district_id), u.cell_id"
           " FROM unit u WHERE u.cell_id = %s LIMIT 1" % QUIET, objects="cell")


def an_outline_that_is_no_union():
    point = "ST_Multi(ST_Buffer(ST_SetSRID(ST_MakePoint(%s, %s), 3006), 1))" % (EASTING, NORTHING)
    breaks("outlines", "a cell is drawn as a spot", "UPDATE lattice_cell SET outline = %s WHERE cell_id = %s" % (point, QUIET))


def a_district_that_shares_a_cell():
    breaks("districts-whole", "two districts of a set answer from one cell",
           "INSERT INTO district_cell SELECT version, (SELECT min(d.id) FROM district d WHERE d.set_name = 'regso' AND d.id <>"
           " x.district_id), cell_id FROM district_cell x JOIN district d ON d.id = district_id AND d.set_name = 'regso'"
           " WHERE cell_id = %s" % QUIET, objects="^district")
    breaks("districts-whole", "a district answers from a cell that is none",
           "INSERT INTO cell SELECT (SELECT max(id) + 1 FROM cell), 1, point_e, point_n, district_id, id, 1 FROM cell WHERE id = %s;"
           "INSERT INTO district_cell SELECT 1, min(d.id), (SELECT max(id) FROM cell) FROM district d" % QUIET)


def a_cover_of_too_few():
    breaks("covers", "a published cover keeps one cell of its own",
           "CREATE TEMP TABLE b AS SELECT boundary_id, (SELECT min(cell_id) FROM watch_cover c JOIN lattice_cell l USING (version, cell_id)"
           " WHERE c.boundary_id = r.boundary_id AND villa + flat + holiday < 50) AS cell_id FROM release_watch_area r;"
           "DELETE FROM b WHERE cell_id IS NULL; DELETE FROM b WHERE boundary_id <> (SELECT min(boundary_id) FROM b);"
           "DELETE FROM watch_cover c USING b WHERE c.boundary_id = b.boundary_id AND c.cell_id <> b.cell_id;"
           "UPDATE watch_summary s SET cover_dwellings = villa + flat + holiday FROM b JOIN lattice_cell l USING (cell_id)"
           " WHERE s.boundary_id = b.boundary_id", objects="^watch area")


def a_column_that_could_hold_a_place():
    breaks("incident-coarse", "incidents get a column for the exact place",
           "ALTER TABLE incident ADD COLUMN place geometry(Point, 3006); UPDATE incident SET place ="
           " ST_SetSRID(ST_MakePoint(%s, %s), 3006) WHERE id = 1" % (EASTING, NORTHING), objects="^column incident.place$")
    breaks("incident-coarse", "an incident gets minutes",
           "ALTER TABLE incident DROP CONSTRAINT incident_from_hour_check; ALTER TABLE incident DROP CONSTRAINT incident_check;"
           "UPDATE incident SET from_hour = from_hour + interval '7 minutes' WHERE id = 1", only=["frozen"],
           objects="^incidents of revision 1$")


def tables_and_columns_of_others():
    breaks("schema", "somebody loads the raw export beside it",
           "CREATE TABLE public.raw_export (gata text); INSERT INTO public.raw_export VALUES ('%s')" % STREET, objects="raw_export")
    breaks("schema", "another table gets a column", "ALTER TABLE cell ADD COLUMN note integer", objects="cell.note")
    breaks("schema", "a public view tells more",
           "CREATE OR REPLACE VIEW grannkarta_public.cell_month WITH (security_barrier) AS SELECT m.cell_id, m.month, m.count,"
           " m.release_id AS extra FROM grannkarta.release_cell_month m", objects="cell_month.extra")


def places_in_texts():
    breaks("text-places", "an address is the name of a watch area",
           "UPDATE watch_area SET name = '%s' WHERE id = 1" % STREET, objects="^column watch_area.name$")
    breaks("text-places", "coordinates are the name of a district",
           "UPDATE district SET name = 'N %s, E %s' WHERE id = 2" % (NORTHING, EASTING), objects="^column district.name$")
    breaks("text-places", "a case number is the name of a token",
           "INSERT INTO token (name, role, hash) VALUES ('ärende %s', 'analyst', sha256('x'))" % CASE, objects="^column token.name$")
    database = copy()
    try:
        database.execute(OFF + "UPDATE district SET name = 'Riksväg 15 norra' WHERE id = 2;"
                               "UPDATE watch_area SET name = 'Storgatans grannsamverkan' WHERE id = 1")
        is_eq(verify(database)[0], 0, "text-places: the name of a road or of a street alone is no address")
    finally:
        drop(database)


def counts_of_no_cell():
    breaks("release-cells", "a release counts a cell that its lattice does not have",
           "INSERT INTO cell SELECT (SELECT max(id) + 1 FROM cell), 1, point_e, point_n, district_id, id, 1 FROM cell WHERE id = %s;"
           "INSERT INTO release_cell_month SELECT 1, (SELECT max(id) FROM cell), through_month, 1 FROM release" % QUIET,
           only=["release-rows"], objects="^release 1 cell")


def releases_that_were_altered():
    # The municipality's sum is altered as well, so that the totals still agree.
    breaks("release-rows", "a count of a release is raised",
           "CREATE TEMP TABLE x AS SELECT cell_id, month FROM release_cell_month WHERE month < '2022-03-01' ORDER BY 1 LIMIT 1;"
           "UPDATE release_cell_month m SET count = count + 1 FROM x WHERE (m.cell_id, m.month) = (x.cell_id, x.month);"
           "UPDATE release_municipality_month m SET count = m.count + 1 FROM x, district_cell d WHERE d.cell_id = x.cell_id"
           " AND d.district_id = m.district_id AND m.month = x.month", objects=r"^release 1 cell \d+$")
    breaks("release-totals", "the municipality's total is not its parts",
           "UPDATE release_municipality_month SET count = count + 1 WHERE month = '2022-02-01'", objects="municipality")
    breaks("release-closed", "the revision is not complete to the end of the release",
           "UPDATE revision SET data_through = '2025-06-29'", objects="^release 1$")
    breaks("release-closed", "it was made before its last month was over",
           "UPDATE release SET created_at = '2025-06-30 12:00+02'", objects="^release 1$")


def two_definitions_of_a_month():
    breaks("one-definition", "a withdrawn release had another definition",
           "INSERT INTO release (id, definition, first_month, through_month, lattice_version, revision_id, withdrawn_at)"
           " SELECT 2, 'bra', first_month, first_month, 1, 1, now() FROM release WHERE id = 1", objects="releases 1 and 2")


def kinds_that_point():
    year = ("SELECT 1, (SELECT district_id FROM release_municipality_month GROUP BY 1 ORDER BY sum(count) DESC LIMIT 1), 2023, k.kind, k.count"
            " FROM (VALUES %s) k (kind, count)")
    clear = "DELETE FROM release_municipality_kind WHERE year = 2023;"
    breaks("kinds", "a kind was hit once",
           clear + "INSERT INTO release_municipality_kind " + year % "('villa', 1), ('flat', 0), ('holiday', 0)",
           only=["release-rows"], objects="year 2023$")
    total = cluster.value("SELECT sum(count) FROM release_municipality_month WHERE month BETWEEN '2023-01-01' AND"
                          " '2023-12-01' AND district_id = (SELECT district_id FROM release_municipality_month GROUP BY 1 ORDER BY sum(count) DESC LIMIT 1)")
    breaks("kinds", "only holiday homes were hit, of which cells have few",
           clear + "INSERT INTO release_municipality_kind " + year % ("('villa', 0), ('flat', 0), ('holiday', %s)" % total),
           only=["release-rows"], objects="year 2023$")
    breaks("kinds", "a year that is not whole in the release",
           "INSERT INTO release_municipality_kind " + (year % "('villa', 9), ('flat', 0), ('holiday', 0)").replace("2023", "2025"),
           only=["release-rows"], objects="year 2025$")
    breaks("kinds", "a single attempt is told",
           clear + "INSERT INTO release_municipality_kind " + year % ("('villa', %s), ('flat', 0), ('holiday', 0), ('attempted', 1)" % total),
           only=["release-rows"], objects="year 2023$")
    breaks("kinds", "attempts are told without the kinds",
           clear + "INSERT INTO release_municipality_kind " + year % "('attempted', 0)", only=["release-rows"], objects="year 2023$")


def tokens_in_the_clear():
    breaks("tokens", "a token is the name of a token",
           "INSERT INTO token (name, role, hash) VALUES ('%s', 'analyst', sha256('x'))" % TOKEN, objects="^column token.name$")


def grants_to_others():
    breaks("grants", "PUBLIC may read incidents", "GRANT SELECT ON incident TO PUBLIC", objects="incident to PUBLIC")
    breaks("grants", "the importer may delete", "GRANT DELETE ON release_cell_month TO grannkarta_importer")
    breaks("grants", "everybody may connect", "GRANT CONNECT ON DATABASE copy_%d TO PUBLIC" % (copies + 1), objects="PUBLIC")


def locks_that_were_opened():
    breaks("frozen", "a trigger is off", "ALTER TABLE release_cell_month DISABLE TRIGGER keep", objects="release_cell_month keep")
    breaks("frozen", "a trigger's function lets everything pass",
           "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = grannkarta, public,"
           " pg_temp AS $$ BEGIN RETURN NULL; END $$", objects="refuse_change")


def what_was_erased_is_gone_and_not_compared():
    database = copy()
    try:
        done = database.grannkarta("retain", "--months", "24", "--yes", check=False)
        ok(done.returncode in (0, 4), "retain: " + (done.stdout + done.stderr)[-200:])
        code, report, said = verify(database)
        found = {c["id"]: c for c in report["checks"]}
        is_eq((code, failed(report)), (0, []), "after retention everything that applies passes " + said)
        is_eq((found["release-rows"]["result"], found["release-rows"]["skipped"]), ("not-applicable", 1),
              "a release whose incidents went is not counted again")
        contains(found["release-rows"]["reason"], "erased", "and the report says why")
        is_eq(found["erased"]["result"], "pass", "and nothing older is left")
        database.execute(OFF + "UPDATE incident SET from_hour = '2022-03-01', to_hour = '2022-03-01' WHERE id = (SELECT max(id) FROM incident)")
        is_eq((failed(verify(database)[1]), verify(database)[0]), (["erased"], 5), "erased: an older incident is there again")
    finally:
        drop(database)
    breaks("erased", "the files were not cleaned",
           "INSERT INTO revision (id, kind, lattice_version, data_through) SELECT 2, 'purge', 1, data_through FROM revision;"
           "UPDATE state SET revision = 2; UPDATE revision SET erased_at = now() WHERE id = 1", objects="^files of revision 2$")


# --- The report -------------------------------------------------------------------

def reports_are_stored_and_shown():
    database = cluster.new_database()
    try:
        empty = database.grannkarta("verify", "--show", check=False)
        ok(empty.returncode == 2 and "none is stored" in empty.stderr, "without a report --show says so")
        made = database.grannkarta("verify", "--no-http").stdout
        is_eq(database.grannkarta("verify", "--show").stdout, made, "--show prints what was printed")
        row = database.query("SELECT passed, release_id, revision_id, lattice_version, software FROM verification", role="grannkarta_reader")
        is_eq(row[0][0], "t", "the daemon's role reads it")
        cluster.grannkarta("verify", "--no-http")
        row = cluster.query("SELECT release_id, revision_id, lattice_version FROM verification ORDER BY id DESC LIMIT 1")
        is_eq(row[0], ["1", "1", "1"], "with the numbers of what it is about")
        json_then = json.loads(database.grannkarta("verify", "--show", "--json").stdout)
        ok(json_then["passed"] is True, "--show --json prints the report for programs")
        refused = database.psql("UPDATE verification SET passed = false", role="grannkarta_owner")
        contains(refused.stderr, "frozen", "a report is never changed")
        database.execute("INSERT INTO verification (created_at, passed, software, report, text, page_sv, page_en)"
                         " VALUES (now(), false, 'x', '{}', 'newest', '', '')", role="grannkarta_importer")
        is_eq(database.grannkarta("verify", "--show").stdout, "newest", "the newest is shown")
        ok(database.psql("DELETE FROM verification", role="grannkarta_importer").returncode != 0, "the importer cannot remove one")
    finally:
        drop(database)


class WellFormed(HTMLParser):
    """Counts what is open; void elements of HTML aside."""
    VOID = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.tags, self.lang = [], [], [], None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def the_page_is_one_file_in_two_languages():
    for lang, words in (("sv", ["Varför ingen kan pekas ut", "Mall för konsekvensbedömning", "Vad som återstår", "minst 8 bostäder"]),
                        ("en", ["Why nobody can be singled out", "Template for the impact assessment", "What remains"])):
        path = os.path.join(folder.name, lang + ".html")
        cluster.grannkarta("verify", "--no-http", "--html", path, "--lang", lang)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        page = WellFormed(text)
        is_eq((page.wrong, page.open), ([], []), lang + ": elements close as they opened")
        is_eq([a for t, a in page.tags if t == "html"], [{"lang": lang}], lang + ": it says its language")
        ok(not any(t in ("script", "link", "img", "iframe", "object") for t, _ in page.tags) and "http" not in re.sub(r"http-\w+|--no-http", "", text),
           lang + ": no script, nothing from elsewhere")
        is_eq([a for t, a in page.tags if t == "th" and "scope" not in a], [], lang + ": headers of tables say their scope")
        is_eq([t for t, _ in page.tags].count("table"), [t for t, _ in page.tags].count("caption"), lang + ": tables have captions")
        for word in words:
            ok(word in text, "%s: it says \"%s\"" % (lang, word))
        ok(os.listdir(folder.name).count(lang + ".html.new") == 0, lang + ": nothing is left beside")
    bad = cluster.grannkarta("verify", "--no-http", "--html", "/nowhere/x.html", check=False)
    ok(bad.returncode == 1 and "/nowhere/x.html" in bad.stderr, "a page that cannot be written is an error")


def an_empty_database_is_no_failure():
    database = cluster.new_database()
    code, report, said = verify(database)
    is_eq((code, failed(report)), (0, []), "nothing fails: " + said)
    ok({"cells-k", "release-rows"} <= {c["id"] for c in report["checks"] if c["result"] == "not-applicable"},
       "what there is nothing of does not apply")


try:
    run(everything_passes_on_the_municipality, the_numbers_are_those_of_the_tables, cells_of_fewer_than_k,
        sums_that_cells_tell_wrong, a_lower_k_than_configured, dwellings_in_no_cell, a_cell_over_a_border,
        an_outline_that_is_no_union, a_district_that_shares_a_cell, a_cover_of_too_few, a_column_that_could_hold_a_place,
        tables_and_columns_of_others, places_in_texts, counts_of_no_cell, releases_that_were_altered,
        two_definitions_of_a_month, kinds_that_point, tokens_in_the_clear, grants_to_others, locks_that_were_opened,
        what_was_erased_is_gone_and_not_compared, reports_are_stored_and_shown, the_page_is_one_file_in_two_languages,
        an_empty_database_is_no_failure)
finally:
    m.__exit__(None, None, None)
    folder.cleanup()
