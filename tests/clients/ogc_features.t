#!/usr/bin/python3
"""The executable tests of OGC API - Features, Part 1 (core, GeoJSON, HTML,
OpenAPI 3.0), in our own words, for the public and for an analyst. Those of Part 2
are in crs.t.

What is asked follows the standard's abstract tests; besides, what real clients
turned out to insist on: exact types on links, a page size in the interface,
numbers that are true. Geometry is checked against RFC 7946."""
import html.parser
import os
import re
import sys
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from fixture import municipality
from ogc import GEOJSON, OPENAPI, Client, all_of, at, both, link
from tap import is_eq, ok, run

CORE = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
VOID = {"meta", "br", "link", "img", "hr", "input"}


# --- The service -------------------------------------------------------------


def the_landing_page_leads_everywhere():
    answer = public.get("/", accept="application/json")
    is_eq((answer.status, answer.headers.get_content_type()), (200, "application/json"), "it is JSON")
    links = answer.json()["links"]
    for rel, type_ in (("self", "application/json"), ("alternate", "text/html"), ("service-desc", OPENAPI),
                       ("service-doc", "text/html"), ("conformance", "application/json"), ("data", "application/json")):
        found = link(links, rel, type_)
        if ok(found, "%s is linked, as %s" % (rel, type_)):
            is_eq(public.get(found["href"], accept=type_).status, 200, "and is there")


def conformance_is_what_is_implemented():
    spec = "http://www.opengis.net/spec/"
    classes = {"ogcapi-features-1/1.0": ("core", "geojson", "html", "oas30"),
               "ogcapi-features-2/1.0": ("crs",),
               "ogcapi-features-5/1.0": ("schemas", "advanced-property-roles", "returnables-and-receivables"),
               "ogcapi-features-3/1.0": ("queryables", "filter", "features-filter"),
               "ogcapi-features-6/1.0": ("properties", "properties-features"),
               "ogcapi-tiles-1/1.0": ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30"),
               "ogcapi-features-8/1.0": ("sortables", "sorting", "features-sorting"),
               "cql2/1.0": ("cql2-text", "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison",
                            "accent-insensitive-comparison", "basic-spatial-functions", "basic-spatial-functions-plus",
                            "temporal-functions", "property-property")}
    declared = public.json("/conformance")["conformsTo"]
    is_eq(sorted(declared),
          sorted(spec + s + "/conf/" + c for s in classes for c in classes[s]), "these classes, no more")
    is_eq(len(declared), len(set(declared)), "each once")


def the_interface_is_openapi_3():
    answer = public.get("/api", accept=OPENAPI)
    is_eq(answer.headers["Content-Type"].replace(" ", ""), OPENAPI, "its type is exact")
    api = answer.json()
    ok(api["openapi"].startswith("3.0."), "it says so")
    references = re.findall(r'"\$ref":\s*"([^"]*)"', answer.text())
    all_of((r for r in references if at(api, r) is None), "%d references stay inside and lead somewhere" % len(references))
    identifiers = [o["operationId"] for p in api["paths"].values() for o in p.values()]
    is_eq(len(identifiers), len(set(identifiers)), "operations have names of their own")
    templates = {p: re.findall(r"{(\w+)}", p) for p in api["paths"]}
    all_of((p for p, names in templates.items()
            if sorted(names) != sorted(q["name"] for q in api["paths"][p]["get"]["parameters"] if q.get("in") == "path")),
           "what paths leave open is described")
    for c in public.collections():
        parameters = api["paths"]["/collections/%s/items" % c["id"]]["get"]["parameters"]
        found = {p["name"]: p for p in (at(api, p["$ref"]) if "$ref" in p else p for p in parameters)}
        all_of((n for n, t in (("limit", "integer"), ("bbox", "array"), ("datetime", "string"))
                if (found[n]["in"], found[n].get("required", False), found[n]["style"], found[n]["explode"],
                    found[n]["schema"]["type"]) != ("query", False, "form", False, t)),
               c["id"] + ": limit, bbox and datetime are described as the standard has them")
    limit = api["components"]["parameters"]["limit"]["schema"]
    is_eq((limit["minimum"], limit["maximum"], limit["default"]), (1, 10000, 100), "clients find the page size")


def every_path_of_the_interface_answers(client, name):
    api = client.get("/api", accept=OPENAPI).json()
    faults = []
    for path, operations in api["paths"].items():
        if "{id}" in path:
            items = client.json(path[:-len("/{id}")], limit=1)["features"]
            path = path.replace("{id}", str(items[0]["id"]))
        for p in operations["get"]["parameters"]:
            if p.get("in") == "path" and p["name"] != "id":
                path = path.replace("{%s}" % p["name"], str(p["example"]))
        for type_ in operations["get"]["responses"]["200"]["content"]:
            answer = client.get(path, accept=type_)
            if answer.status != 200 or answer.headers["Content-Type"].split("; charset")[0] != type_:
                faults.append((path, type_, answer.status, answer.headers["Content-Type"]))
    all_of(faults, "%s: %d paths answer 200 with every type they name" % (name, len(api["paths"])))


def paths_answer():
    every_path_of_the_interface_answers(public, "public")
    every_path_of_the_interface_answers(analyst, "analyst")


# --- Collections ---------------------------------------------------------------


def collections_are_described_alike():
    for client in (public, analyst):
        answer = client.json("/collections")
        ok(link(answer["links"], "self", "application/json") and link(answer["links"], "alternate", "text/html"),
           "the list links itself")
        for c in answer["collections"]:
            one = client.json("/collections/" + c["id"])
            is_eq({k: v for k, v in one.items() if k != "links"}, {k: v for k, v in c.items() if k != "links"},
                  c["id"] + ": the same alone and in the list")
            for source in (c, one):
                ok(link(source["links"], "items", GEOJSON) and link(source["links"], "self", "application/json")
                   and link(source["links"], "alternate", "text/html"), "it has its links, typed")
            is_eq((c["crs"][0], c["itemType"]), (CRS84, "feature"), "CRS84 first, features")
            west, south, east, north = c["extent"]["spatial"]["bbox"][0]
            ok(10 < west < east < 25 and 55 < south < north < 70, "its extent is in Sweden")
            first, last = c["extent"]["temporal"]["interval"][0]
            ok(first < last, "its time begins before it ends")


def an_analyst_has_more_collections_than_the_public():
    names = {c["id"] for c in public.collections()}
    is_eq({c["id"] for c in analyst.collections()} - names, {"incidents"}, "incidents are for analysts")
    for path in ("", "/schema", "/items", "/items/1"):
        is_eq(public.get("/collections/incidents" + path).status, 401, "incidents%s: 401" % path)
    ok(b"incidents" not in public.get("/api", accept=OPENAPI).body, "the interface does not speak of them")
    is_eq(public.get("/collections/nosuch/items").status, 404, "what is not there is 404")


# --- Features ----------------------------------------------------------------------


def ring_faults(ring, is_shell):
    if len(ring) < 4 or ring[0] != ring[-1]:
        yield "a ring that is not closed: %r" % (ring[:5],)
        return
    x0, y0 = ring[0]  # doubled area around the first point
    area = sum((a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0) for a, b in zip(ring, ring[1:]))
    if area == 0 or (area > 0) != is_shell:
        yield "a ring with area %g as %s" % (area, "shell" if is_shell else "hole")
    if any(not (-180 <= x <= 180 and -90 <= y <= 90) for x, y in ring):
        yield "a position outside CRS84"


def geometry_faults(geometry):
    if geometry is None:
        return
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind == "Point":
        if len(coordinates) != 2 or not (-180 <= coordinates[0] <= 180 and -90 <= coordinates[1] <= 90):
            yield "a point at %r" % (coordinates,)
        return
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind)
    if not polygons:
        yield "a geometry of type %s" % kind
    for polygon in polygons or []:
        for i, ring in enumerate(polygon):
            yield from ring_faults(ring, i == 0)


def feature_faults(feature):
    if feature["type"] != "Feature" or not isinstance(feature["id"], int) or not 0 <= feature["id"] < 2 ** 53:
        yield "not a feature with an integer id: %r" % feature.get("id")
    if not isinstance(feature["properties"], dict) or any(isinstance(v, (dict, list)) for v in feature["properties"].values()):
        yield "properties are not flat"
    yield from geometry_faults(feature["geometry"])


def page(client, path, **query):
    """A page, with what every page must be; (faults, body)."""
    answer = client.get(path, **query)
    if answer.status != 200:
        return ["%s %r: %d %r" % (path, query, answer.status, answer.body[:200])], None
    body, faults = answer.json(), []
    if answer.headers["Content-Type"] != GEOJSON:
        faults.append("type " + answer.headers["Content-Type"])
    if body["type"] != "FeatureCollection" or body["numberReturned"] != len(body["features"]):
        faults.append("not a collection of numberReturned features")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["timeStamp"]):
        faults.append("timeStamp " + body["timeStamp"])
    for rel, type_ in (("self", GEOJSON), ("alternate", "text/html"), ("collection", "application/json")):
        if not link(body["links"], rel, type_):
            faults.append("no %s link as %s" % (rel, type_))
    return faults + [f for feature in body["features"] for f in feature_faults(feature)], body


def every_collection_can_be_paged_through():
    for client in (public, analyst):
        for c in client.collections():
            faults, body = page(client, link(c["links"], "items", GEOJSON)["href"], limit=300)
            ids, pages, matched = [f["id"] for f in body["features"]], 1, body["numberMatched"]
            while link(body["links"], "next"):
                more, body = page(client, link(body["links"], "next", GEOJSON)["href"])
                faults, pages = faults + more, pages + 1
                ids += [f["id"] for f in body["features"]]
                if not body["features"] or body["numberMatched"] != matched:
                    faults.append("page %d: empty, or another number matched" % pages)
            all_of(faults, "%s: %d pages are as they must be" % (c["id"], pages))
            is_eq((len(ids), len(set(ids))), (matched, matched), "as many as matched, each once")


def parameters_do_what_the_core_says():
    for client in (public, analyst):
        for c in client.collections():
            path = "/collections/%s/items" % c["id"]
            west, south, east, north = c["extent"]["spatial"]["bbox"][0]
            everything = client.json(path, limit=1)["numberMatched"]
            located = everything - (c["id"] == "incidents" and sum(
                f["geometry"] is None for f in client.json(path, limit=10000)["features"]))
            faults = []
            for query, matched in (({"limit": 3}, everything),
                                   ({"bbox": "-180,-90,180,90"}, located), ({"bbox": "-180,-90,-9,180,90,9"}, located),
                                   ({"bbox": "%f,%f,%f,%f" % (west - 1, south - 1, east + 1, north + 1)}, located),
                                   ({"bbox": "170,-90,165,90"}, located), ({"bbox": "-20,-20,-10,-10"}, 0),
                                   ({"datetime": "../.."}, everything), ({"datetime": "2024-03-01"}, None),
                                   ({"datetime": "2024-03-01T12:00:00Z"}, None), ({"datetime": "/2024-03-01"}, None),
                                   ({"datetime": "2024-01-01T00:00:00Z/2024-06-01T00:00:00+02:00"}, None),
                                   ({"datetime": "2024-03-01/.."}, None)):
                more, body = page(client, path, **{"limit": 5, **query})
                faults += more
                if body and matched is not None and body["numberMatched"] != matched:
                    faults.append("%r matches %d, not %d" % (query, body["numberMatched"], matched))
                if body and len(body["features"]) != min(query.get("limit", 5), body["numberMatched"]):
                    faults.append("%r: a short page" % query)
            all_of(faults, c["id"] + ": limit, bbox and datetime")


def mistakes_are_refused_by_name():
    for c in analyst.collections():
        path, faults = "/collections/%s/items" % c["id"], []
        for name, value in (("limit", "unlimited"), ("limit", "0"), ("limit", "-1"), ("limit", "1.5"), ("limit", ""),
                            ("limit", "99999999999999999999"), ("bbox", "1,2,3"), ("bbox", "a,b,c,d"),
                            ("bbox", "1,3,2,1"), ("bbox", "1,2,nan,4"), ("bbox", "1,2,3,4,5"), ("bbox", "1,2,inf,4"),
                            ("datetime", "rubbish"), ("datetime", "2024-02-30"), ("datetime", "2024-06-01/2024-01-01"),
                            ("datetime", "2024-06-01T12:00:00"), ("cursor", "x"), ("cursor", "p" + 48 * "0"),
                            ("unknownQueryParameter", "1"), ("Limit", "1"), ("crs", CRS84 + "h"), ("bbox-crs", "EPSG:3006"),
                            ("resultType", "none"), ("properties", "nosuch"), ("csv", "x")):
            answer = analyst.get(path, **{name: value})
            if answer.status != 400 or answer.headers["Content-Type"] != "application/problem+json":
                faults.append("%s=%s: %d" % (name, value, answer.status))
            elif name not in answer.json()["detail"]:
                faults.append("%s=%s: %s" % (name, value, answer.json()["detail"]))
        twice = daemon.get(path + "?limit=1&limit=2", token=analyst.token)
        all_of(faults + ([] if twice.status == 400 else ["limit twice"]), c["id"] + ": 400, and what was wrong")
        is_eq(analyst.get(path, limit=1000000).status, 200, "a limit above the maximum means the maximum")


def one_feature_is_like_the_one_in_the_list():
    for client in (public, analyst):
        for c in client.collections():
            path = "/collections/%s/items" % c["id"]
            feature = client.json(path, limit=2)["features"][-1]
            answer = client.get("%s/%s" % (path, quote(str(feature["id"]))))
            one = answer.json()
            is_eq(answer.headers["Content-Type"], GEOJSON, c["id"] + ": one feature is GeoJSON")
            is_eq({k: one[k] for k in feature}, feature, "the same as in the list")
            ok(link(one["links"], "self", GEOJSON) and link(one["links"], "alternate", "text/html")
               and link(one["links"], "collection", "application/json"), "with its links")
            for id_ in ("999999999999", "x", "-1", "1.0", "%00"):
                ok(client.get("%s/%s" % (path, id_)).status in (400, 404), "%s is not there" % id_)


def schemas_name_every_property():
    for client in (public, analyst):
        for c in client.collections():
            schema = client.json("/collections/%s/schema" % c["id"])["properties"]
            feature = client.json("/collections/%s/items" % c["id"], limit=1)["features"][0]
            is_eq([k for k in schema if k not in ("id", "geometry")], list(feature["properties"]),
                  c["id"] + ": the schema has the properties, in their order")
            all_of((k for k, v in schema.items() if v.get("type") in ("integer", "number") and not v.get("x-grannkarta-kind")),
                   "and says what every number is")


# --- Pages ------------------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    """Notes what is opened and not closed, and what matters to readers."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.tags, self.language, self.links = [], [], [], None, []
        self.feed(text)
        self.faults += ["<%s> is not closed" % t for t in self.open]

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        if tag == "html":
            self.language = attributes.get("lang")
        if tag == "a":
            self.links.append(attributes.get("href"))
        if tag == "th" and "scope" not in attributes:
            self.faults.append("a heading cell without scope")
        if tag == "script" or any(a.startswith("on") for a in attributes):
            self.faults.append("a script")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append("</%s> closes something else" % tag)


def everything_can_be_read_in_a_browser():
    for client in (public, analyst):
        paths = ["/", "/conformance", "/api", "/collections"]
        for c in client.collections():
            base = "/collections/" + c["id"]
            feature = client.json(base + "/items", limit=1)["features"][0]["id"]
            paths += [base, base + "/schema", base + "/items", "%s/items/%d" % (base, feature)]
        faults, seen = [], set()
        for path in paths:
            for language in ("sv", "en"):
                answer = client.get(path, accept="text/html", lang=language)
                if answer.status != 200 or answer.headers.get_content_type() != "text/html":
                    faults.append("%s: %d" % (path, answer.status))
                    continue
                page_ = Page(answer.text())
                faults += ["%s: %s" % (path, f) for f in page_.faults]
                if page_.language != language or page_.tags.count("h1") != 1 or page_.tags.count("main") != 1:
                    faults.append("%s: language %s, %d headings" % (path, page_.language, page_.tags.count("h1")))
                seen |= {l for l in page_.links if l and not l.startswith("#")}
        all_of(faults, "%d pages are well formed, in two languages" % len(paths))
        some = sorted(seen)[::max(1, len(seen) // 60)]
        all_of((l for l in some if client.get(l, accept="text/html, */*").status != 200),
               "%d of their %d links lead somewhere" % (len(some), len(seen)))


with municipality() as m, Daemon(m.conninfo()) as daemon:
    public, analyst = both(m, daemon)
    run(the_landing_page_leads_everywhere, conformance_is_what_is_implemented, the_interface_is_openapi_3, paths_answer,
        collections_are_described_alike, an_analyst_has_more_collections_than_the_public,
        every_collection_can_be_paged_through, parameters_do_what_the_core_says, mistakes_are_refused_by_name,
        one_feature_is_like_the_one_in_the_list, schemas_name_every_property, everything_can_be_read_in_a_browser)
