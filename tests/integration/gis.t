#!/usr/bin/python3
"""The page /gis: every address on it is followed, every command on it is run, its
field documentation is the schema's, and its facts are those of the data."""
import html
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import BUILD, ROOT
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import contains, diag, is_eq, ok, run


STYLE = re.search(r'define GK_STYLE_NAME "([^"]+)"', open(os.path.join(ROOT, "lib", "api", "style.h")).read())[1]


class Page(html.parser.HTMLParser):
    """Links, things to copy by their class, summaries, tables and the whole text."""

    def __init__(self, text):
        super().__init__()
        self.links, self.copies, self.tables, self.headings, self.text = [], [], [], [], ""
        self.code = self.cell = self.heading = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag == "code" and "copy" in attributes.get("class", "").split():
            self.code = (attributes["class"].replace("copy", "").strip(), "")
        if tag == "table":
            self.tables.append([])
        if tag == "tr" and self.tables:
            self.tables[-1].append([])
        if tag in ("td", "th") and self.tables:
            self.tables[-1][-1].append("")
            self.cell = True
        if tag == "br" and self.cell:
            self.tables[-1][-1][-1] += "\n"
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")
            self.heading = True

    def handle_endtag(self, tag):
        if tag == "code" and self.code:
            self.copies.append(self.code)
            self.code = None
        if tag in ("td", "th"):
            self.cell = False
        if tag in ("h1", "h2", "h3"):
            self.heading = False

    def handle_data(self, data):
        self.text += data
        if self.code:
            self.code = (self.code[0], self.code[1] + data)
        if self.cell:
            self.tables[-1][-1][-1] += data
        if self.heading:
            self.headings[-1] += data


def page(language="sv", token=None):
    answer = daemon.get("/gis?lang=" + language, token=token)
    is_eq((answer.status, answer.headers["Content-Type"]), (200, "text/html; charset=utf-8"), "/gis in " + language)
    return Page(answer.text())


def collections(token=None):
    return daemon.get("/collections?lang=sv", token=token).json()["collections"]


def path_of(address):
    parts = urlsplit(address)
    ok(address.startswith(daemon.url()), "of this service: " + address)
    return parts.path + ("?" + parts.query if parts.query else "")


def answers(path, token=None):
    """Whether an address answers, templates of tiles by a tile that there is."""
    if "{z}" in path:
        tilejson = daemon.get(path.split("/{z}")[0] + "?f=tilejson", token=token).json()
        z = max(tilejson["minzoom"], 1)
        lon, lat = tilejson["center"][:2] if "center" in tilejson else tilejson["bounds"][:2]
        x = int((lon + 180) / 360 * 2 ** z)
        import math
        y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2 ** z)
        path = path.replace("{z}", str(z)).replace("{y}", str(y)).replace("{x}", str(x))
    answer = daemon.get(path, token=token)
    if not ok(answer.status in (200, 204), "%s: %d" % (path[:110], answer.status)):
        diag(answer.text()[:500])
    return answer


def every_address_on_it_answers():
    for language in ("sv", "en"):
        p = page(language)
        addresses = [text for kind, text in p.copies if not kind and text.startswith("http")]
        ok(len(addresses) >= 2 + 3 * len(collections()), "%d addresses to copy" % len(addresses))
        for address in addresses:
            answers(path_of(address))
        for link in p.links:
            if not link.startswith("#"):
                answers(path_of(link))
    for kind, text in p.copies:
        for address in re.findall(r"'(http[^']*)'", text) if kind in ("ol", "maplibre") else []:
            answers(path_of(address))


def every_layer_is_on_it():
    p = page()
    names = [c["id"] for c in collections()]
    for c in collections():
        for part in ("/items", "/items?f=csv", "/tiles/WebMercatorQuad/{z}/{y}/{x}", "/tiles/WebMercatorQuad?f=tilejson",
                     "/styles/%s?f=qlr" % STYLE, "/styles/%s?f=mapbox" % STYLE):
            ok(("", daemon.url() + "/collections/" + c["id"] + part) in p.copies, c["id"] + part)
        contains(p.headings, c["title"], "with its title")
    ok("incidents" not in names and "incidents" not in p.text, "incidents are not the public's")
    ok("/collections/incidents/items" in " ".join(t for _, t in page(token=token).copies), "but an analyst's")


def the_fields_are_those_of_the_schema():
    for language in ("sv", "en"):
        p = page(language)
        for c, table in zip(collections(), p.tables):
            schema = daemon.get("/collections/%s/schema?lang=%s" % (c["id"], language)).json()["properties"]
            expected = [(name, f.get("title"), f.get("x-ogc-unit", ""), f.get("description")) for name, f in schema.items()
                        if name not in ("id", "geometry")]
            words = {"{offences}": ("brott", "offences"), "{dwellings}": ("bostäder", "dwellings"),
                     "{addresses}": ("adresser", "addresses"), "{inhabitants}": ("invånare", "inhabitants"),
                     "{cells}": ("celler", "cells"),
                     "{offences}/1000/{dwellings}": ("brott per 1 000 bostäder", "offences per 1,000 dwellings"),
                     "{offences}/100000/{inhabitants}": ("brott per 100 000 invånare", "offences per 100,000 inhabitants")}
            expected = [(n, l, words[u][language == "en"] if u in words else u, t) for n, l, u, t in expected]
            rows = [(r[0].split("\n")[0], r[0].split("\n")[1], r[3], r[4]) for r in table[1:]]
            is_eq(rows, expected, "%s in %s: name, label, unit and text" % (c["id"], language))
            types = {"heltal": "integer", "tal": "number", "ja/nej": "boolean", "yes/no": "boolean", "integer": "integer",
                     "number": "number"}
            wrong = [r[0] for r in table[1:] if schema[r[0].split("\n")[0]]["type"] != types.get(r[1], "string")]
            is_eq(wrong, [], "and types")
            kinds = [r[2] for r in table[1:]]
            if language == "en":
                is_eq(kinds, [schema[r[0].split("\n")[0]]["x-grannkarta-kind"] for r in table[1:]], "and kinds")
            ok(all(kinds), "every field has a kind")


def its_facts_are_those_of_the_data():
    cell = daemon.get("/collections/cells/items?limit=1").json()["features"][0]["properties"]
    for language, source in (("sv", "Källa: Polisområde Test, Grannkarta Test, utgåva %d, uppgifter till och med 2025-06-30"),
                             ("en", "Source: Polisområde Test, Grannkarta Test, release %d, data through 2025-06-30")):
        p = page(language)
        contains([t for _, t in p.copies], source % cell["release"], "how to name the source")
        contains(p.text, "minst %d bostäder" % cell["k"] if language == "sv" else "at least %d dwellings" % cell["k"], "k")
        contains(p.text, "CC BY 4.0", "the licence")
        uris = collections()[0]["crs"]
        names = ["EPSG:" + u.split("/")[-1] if "EPSG" in u else "CRS84" for u in uris]
        listed = p.text[p.text.index("Koordinatsystem" if language == "sv" else "Reference systems"):][:200]
        is_eq([n for n in names if n not in listed], [], "reference systems: %s" % names)
        contains(p.text, "100", "the page size")
        contains(p.text, "10000", "and the largest")


def every_command_on_it_works():
    binaries = os.path.join(ROOT, "build", BUILD, "bin")
    for language in ("sv", "en"):
        lines = [line for kind, text in page(language).copies if kind == "sh" for line in text.split("\n")]
        ok(len(lines) >= 5, "%d commands" % len(lines))
        with tempfile.TemporaryDirectory() as folder:
            for line in lines:
                done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, timeout=300,
                                      env=dict(os.environ, PATH=binaries + ":" + os.environ["PATH"],
                                               GRANNKARTA_DATABASE=m.conninfo()))
                good = done.returncode == 0 and "ERROR" not in done.stderr and '"status":4' not in done.stdout
                if not ok(good, line[:120]):
                    diag(done.stdout[-1000:] + done.stderr[-1000:])
                if line.startswith("curl"):
                    is_eq(json.loads(done.stdout)["type"], "FeatureCollection", "gives features")
            matched = daemon.get("/collections/cells/items?limit=1").json()["numberMatched"]
            for name in ("cells.gpkg", "cells-2024.gpkg"):
                said = subprocess.run(["ogrinfo", "-ro", "-so", os.path.join(folder, name), "cells"], capture_output=True, text=True)
                contains(said.stdout, "Feature Count: %d" % matched, name + " has every cell")


def the_map_snippets_name_the_layer_as_tiles_do():
    text = next(t for k, t in page().copies if k == "maplibre")
    address = re.search(r"url: '([^']*)'", text)[1]
    tilejson = answers(path_of(address)).json()
    is_eq(re.search(r"'source-layer': '([^']*)'", text)[1], tilejson["vector_layers"][0]["id"], "source-layer")


def it_is_a_page_and_nothing_else():
    is_eq(daemon.get("/gis?f=json").status, 400, "it has no JSON")
    is_eq(daemon.get("/gis", headers={"Accept": "application/json"}).status, 406, "and says so")
    is_eq(daemon.get("/gis?x=1").status, 400, "it takes no parameters")
    ok("f=json" not in " ".join(page().links), "and links to none")
    contains(" ".join(Page(daemon.get("/?f=html").text()).links), "/gis", "the landing page links to it")
    contains(" ".join(Page(daemon.get("/collections/cells/items?f=html&limit=1").text()).links), "/gis", "and every page")
    one, two = daemon.get("/gis"), daemon.get("/gis")
    is_eq(one.headers["ETag"], two.headers["ETag"], "the same bytes each time")
    ok("<script" not in one.text(), "it needs no script")
    ok(len(one.body) < 60000, "it is light: %d bytes" % len(one.body))


with municipality() as m, Daemon(m.conninfo(), title="Grannkarta Test", publisher="Polisområde Test", licence="CC BY 4.0") as daemon:
    token = analyst_token(m)
    daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the analyst is let in")
    run(every_address_on_it_answers, every_layer_is_on_it, the_fields_are_those_of_the_schema, its_facts_are_those_of_the_data,
        every_command_on_it_works, the_map_snippets_name_the_layer_as_tiles_do, it_is_a_page_and_nothing_else)
