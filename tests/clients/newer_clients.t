#!/usr/bin/python3
"""The requests of clients that Debian 12 does not have, replayed: addresses and
headers as their sources build them, and what they read out of the answers.

Debian's GDAL is 3.6 and its QGIS 3.22: too old for storageCrs, filters in CQL2 and
schemas of Part 5. What is replayed was read from
- QGIS, src/providers/wfs/oapif: qgsoapifprovider.cpp (0304f461), ...cql2textexpression-
  compiler.cpp (0565cf1d), ...queryablesrequest.cpp (268c9c48), ...collection.cpp
  (148c4220), ...schemarequest.cpp (0304f461); that is 3.44 and what is to be 4.0;
- GDAL, ogr/ogrsf_frmts/wfs/ogroapifdriver.cpp (72b6387b), 3.10;
- OpenLayers 10.3.1, source/ogcTileUtil.js.
ArcGIS Pro is not open: Part 1 is what it asks for, with f=json. Expected values are
PostGIS's (tests/lib/answers.py), with outlines in the system that is asked for."""
import os
import sys
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import answers
from daemon import Daemon
from fixture import municipality
from ogc import GEOJSON, OPENAPI, all_of, at, both, link
from tap import is_eq, ok, run

JSON, SCHEMA = "application/json", "application/schema+json"
ITEMS = "application/geo+json, application/json"
QGIS_API = OPENAPI + ", application/openapi+json;version=3.0, application/json"
QT = {"Accept-Encoding": "gzip, deflate", "Accept-Language": "sv-SE,*", "User-Agent": "Mozilla/5.0 QGIS/34400/Linux",
      "Connection": "Keep-Alive"}
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs"
FILTERS = ["http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2", "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
           "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
           "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter"]
ADVANCED = "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators"
SCHEMA_REL = "http://www.opengis.net/def/rel/ogc/1.0/schema"


def fetch(url, accept, token=None, **headers):
    """An answer to a client's request; its type must be one of what it accepts."""
    assert url.startswith(daemon.url()), url
    answer = daemon.get(url[len(daemon.url()):] or "/", headers={"Accept": accept, **headers}, token=token)
    got = answer.headers["Content-Type"] or ""
    assert answer.status == 200, (url, answer.status, answer.body[:300])
    assert any(t.strip() == got for t in accept.split(",")) or "*/*" in accept, (url, got)
    return answer


def document(url, accept, token=None):
    answer = fetch(url, accept, token, **{k: v for k, v in QT.items() if k != "Accept-Encoding"})
    return answer.json()


# --- QGIS -----------------------------------------------------------------------------


class Qgis:
    """A layer as QgsOapifProvider::init() opens it."""

    def __init__(self, collection, token=None):
        self.token = token
        landing = document(daemon.url("/"), JSON, token)
        api = document(link(landing["links"], "service-desc", OPENAPI)["href"], QGIS_API, token)
        limit = api["components"]["parameters"]["limit"]["schema"]
        self.page = min(max(1000, limit["default"]), limit["maximum"])
        data = link(landing["links"], "data", JSON)["href"].split("?")[0]
        self.url = "%s/%s" % (data, collection)
        self.about = document(self.url, JSON, token)
        self.classes = document(link(landing["links"], "conformance", JSON)["href"], JSON, token)["conformsTo"]
        self.crs = self.about.get("storageCrs", self.about["crs"][0]) if CRS in self.classes else CRS84
        self.queryables = {}
        if set(FILTERS) <= set(self.classes):
            self.queryables = document(self.url + "/queryables", SCHEMA, token)["properties"]
        first = document(self.url + "/items?limit=10", ITEMS, token)
        self.count = first["numberMatched"]
        self.has_ids = all(isinstance(f["id"], int) for f in first["features"])

    def is_inverted(self):
        """hasAxisInverted(): northing or latitude first."""
        return self.crs.rsplit("/", 1)[1] in ("4326", "3006", "3008")

    def geometry_column(self):
        """The first queryable that the compiler takes for geometry: by its format, which the standard
        has; older ones only by a $ref, which it forbids, and filter in space themselves."""
        return next((k for k, v in sorted(self.queryables.items()) if v.get("format", "").startswith("geometry-")), None)

    def address(self, rectangle=None, expression=None, uses_geometry=False):
        """QgsOapifFeatureDownloaderImpl::run()"""
        url = "%s/items?limit=%d" % (self.url, self.page)
        if expression:
            url += "&filter=%s&filter-lang=cql2-text" % quote(expression, safe="-._~!$'()*,;:@/?")
            if uses_geometry and self.crs != CRS84:
                url += "&filter-crs=" + self.crs
        if rectangle:
            x0, y0, x1, y1 = rectangle
            url += "&bbox=" + ",".join("%.17g" % v for v in ((y0, x0, y1, x1) if self.is_inverted() else rectangle))
            if self.crs != CRS84:
                url += "&bbox-crs=" + self.crs
        return url + ("&crs=" + self.crs if self.crs != CRS84 else "")

    def features(self, *options, **more):
        """{id: feature} of all pages, axes as QGIS turns them."""
        found, url, pages = {}, self.address(*options, **more), 0
        while url:
            answer = fetch(url, ITEMS, self.token, **{"Cache-Control": "no-cache", **QT, "Accept-Encoding": "identity"})
            body = answer.json()
            if CRS in self.classes:
                assert answer.headers["Content-Crs"] == "<%s>" % self.crs, answer.headers["Content-Crs"]
            if not body["features"]:
                break
            for f in body["features"]:
                assert f["id"] not in found, "feature %d twice" % f["id"]
                found[f["id"]] = f
            pages += 1
            url = next((l["href"] for l in body["links"] if l["rel"] == "next" and l["type"] == GEOJSON), None)
        return found


def srid(crs):
    return 4326 if crs == CRS84 else int(crs.rsplit("/", 1)[1])


def expected_in(crs, name, rectangle=None):
    """{id: box} of a collection's outlines in a CRS (easting first), those in a rectangle; by PostGIS."""
    of = {"cells": ("SELECT cell_id AS id, outline FROM grannkarta.lattice_cell WHERE version = "
                    "(SELECT max(version) FROM grannkarta.lattice)"),
          "districts-regso": "SELECT id, outline FROM grannkarta.district WHERE set_name = 'regso'"}[name]
    where = "" if rectangle is None else "WHERE ST_Intersects(g, ST_SetSRID(ST_Envelope(ST_MakeLine(ST_Point(%.17g, %.17g), ST_Point(%.17g, %.17g))), %d))" % (
        *rectangle, srid(crs))
    return {int(r[0]): [float(v) for v in r[1:]] for r in m.query(
        "SELECT id, ST_XMin(g), ST_YMin(g), ST_XMax(g), ST_YMax(g) FROM (SELECT id, ST_Transform(outline, %d) AS g FROM (%s) o) t %s"
        % (srid(crs), of, where))}


def middle(boxes):
    """A rectangle around the third of all in the middle."""
    xs, ys = sorted(b[0] for b in boxes.values()), sorted(b[1] for b in boxes.values())
    n = len(xs)
    return (xs[n // 3], ys[n // 3], xs[2 * n // 3], ys[2 * n // 3])


def misplaced(got, want, inverted, tolerance):
    faults = []
    for i in got.keys() & want.keys():
        west, south, east, north = answers.box(got[i]["geometry"])
        box = (south, west, north, east) if inverted else (west, south, east, north)
        if any(abs(a - b) > tolerance for a, b in zip(box, want[i])):
            faults.append("%d lies at %r, not %r" % (i, box, want[i]))
    return faults


def qgis_opens_and_reads_layers():
    for name in ("cells", "districts-regso"):
        layer = Qgis(name)
        want = expected_in(layer.crs, name)
        ok(layer.has_ids and layer.count == len(want), "%s: %d features with ids" % (name, layer.count))
        got = layer.features()
        is_eq(got.keys(), want.keys(), "%s: all of them, each once, in %s" % (name, layer.crs))
        tolerance = 2e-7 if srid(layer.crs) == 4326 else 2e-3
        all_of(misplaced(got, want, layer.is_inverted(), tolerance), "where PostGIS has them, by axes of the authority")
        rectangle = middle(want)
        some = expected_in(layer.crs, name, rectangle)
        ok(0 < len(some) <= len(want), "a rectangle with %d" % len(some))
        is_eq(layer.features(rectangle).keys(), some.keys(), "the rectangle gives the same")


def qgis_counts():
    layer = Qgis("cells")
    body = document(layer.url + "/items?limit=1", ITEMS)
    is_eq((body["numberMatched"], len(body["features"])), (layer.count, 1), "by numberMatched of a page of one")


def qgis_asks_what_is_allowed():
    answer = daemon.get("/collections/cells/items", method="OPTIONS", headers=QT)
    ok(answer.status in (200, 204, 405), "OPTIONS is answered: %d" % answer.status)
    allowed = {w.strip() for w in (answer.headers["Allow"] or "").split(",")}
    ok("GET" in allowed and not allowed & {"POST", "PUT", "PATCH", "DELETE"}, "and allows reading only")


def qgis_without_filters_sends_periods():
    """compileExpressionNodeUsingPart1(): of 3.22 to 3.30, or where no CQL2 is declared."""
    for query, period in (("datetime=2024-07-01%2F9999-12-31T00:00:00Z", ("2024-07", "2025-06")),
                          ("datetime=0000-01-01T00:00:00Z%2F2022-12-31", ("2022-01", "2022-12")),
                          ("datetime=2023-11-01", ("2023-11", "2023-11"))):
        body = document(daemon.url("/collections/districts-regso/items?limit=1000&" + query), ITEMS)
        want = {i: e["count"] for i, e in answers.districts(m, "regso", period).items()}
        is_eq({f["id"]: f["properties"]["count"] for f in body["features"]}, want, query)


def in_cells(condition):
    return {i for i, e in answers.cells(m).items() if condition(e)}


def qgis_pushes_filters_down():
    """As QgsOapifCql2TextExpressionCompiler writes them: names with an underscore in quotes,
    each operation in parentheses, NULL with IS, a date as DATE('...')."""
    layer = Qgis("cells")
    ok(set(FILTERS) <= set(layer.classes) and ADVANCED in layer.classes, "what the compiler looks for is declared")
    ok({"count", "dwellings", "rate_per_1000"} <= layer.queryables.keys(), "queryables are told")
    is_eq(layer.queryables["rate_per_1000"]["type"], "number", "with types")
    for expression, holds in (
            ("(count > 1)", lambda e: e["count"] > 1),
            ("((count >= 1) AND (dwellings < 20))", lambda e: e["count"] >= 1 and e["dwellings"] < 20),
            ("((count = 2) OR (\"dwellings_at_risk\" <> dwellings))", lambda e: e["count"] == 2 or e["dwellings_at_risk"] != e["dwellings"]),
            ("(NOT ((count <= 0)))", lambda e: e["count"] > 0),
            ("(addresses BETWEEN 10 AND 12)", lambda e: 10 <= e["addresses"] <= 12),
            ("(dwellings IN (8,9,10))", lambda e: e["dwellings"] in (8, 9, 10)),
            ("(dwellings NOT IN (8,9,10))", lambda e: e["dwellings"] not in (8, 9, 10)),
            ("(\"rate_per_1000\" IS NULL)", lambda e: e["dwellings_at_risk"] == 0),
            ("(\"rate_per_1000\" IS NOT NULL)", lambda e: e["dwellings_at_risk"] > 0),
            ("(definition LIKE 'pol%')", lambda e: True),
            ("(definition NOT LIKE 'pol%')", lambda e: False),
            ("(\"period_from\" = DATE('2024-07-01'))", lambda e: True)):
        is_eq(layer.features(expression=expression).keys(), in_cells(holds), expression)
    started = {i for i, e in answers.watch_areas(m).items() if e["started"] and e["started"] >= "2024-06-01"}
    is_eq(Qgis("watch-areas").features(expression="(started >= DATE('2024-06-01'))").keys(), started, "dates compare")


def qgis_filters_in_space():
    layer = Qgis("cells")
    column = layer.geometry_column()
    if not ok(column is not None, "a geometry is told by its format: %s" % column):
        return
    want = expected_in(layer.crs, "cells")
    rectangle = x0, y0, x1, y1 = middle(want)
    coordinates = (y0, x0, y1, x1) if layer.is_inverted() else rectangle
    point = [float(v) for v in m.query(
        "SELECT ST_X(g), ST_Y(g) FROM (SELECT ST_PointOnSurface(ST_Transform(outline, %d)) AS g FROM grannkarta.lattice_cell "
        "ORDER BY cell_id LIMIT 1) t" % srid(layer.crs))[0]]
    for expression, some in (
            ("S_INTERSECTS(%s,BBOX(%s))" % (column, ",".join("%.17g" % v for v in coordinates)),
             expected_in(layer.crs, "cells", rectangle)),
            ("S_INTERSECTS(%s,POINT(%.17g %.17g))" % (column, *(reversed(point) if layer.is_inverted() else point)),
             expected_in(layer.crs, "cells", (*point, *point)))):
        is_eq(layer.features(expression=expression, uses_geometry=True).keys(), some.keys(), expression)


def qgis_joins_two_filters():
    """A layer's own filter and a request's: the parentheses and AND are not encoded by it."""
    layer = Qgis("cells")
    url = layer.url + "/items?limit=1000&filter=(%28count%20%3E%200%29)%20AND%20(%28dwellings%20%3C%2015%29)&filter-lang=cql2-text"
    got = {f["id"] for f in document(url, ITEMS)["features"]}
    is_eq(got, in_cells(lambda e: e["count"] > 0 and e["dwellings"] < 15), "both hold")


def qgis_reads_schemas():
    for name, token in (("cells", None), ("incidents", analyst.token)):
        layer = Qgis(name, token)
        schema = document(link(layer.about["links"], SCHEMA_REL, SCHEMA)["href"], SCHEMA, token)["properties"]
        geometry = [v for v in schema.values() if v.get("x-ogc-role") == "primary-geometry"]
        is_eq([g["format"] for g in geometry], ["geometry-point" if name == "incidents" else geometry[0]["format"]],
              "%s: one primary geometry" % name)
        ok(geometry[0]["format"] in ("geometry-point", "geometry-multipolygon", "geometry-polygon-or-multipolygon"), "of a known kind")
        types = {k: (v["type"], v.get("format")) for k, v in schema.items() if "type" in v}
        ok(types["count"][0] == "integer" and ("string", "date" if name == "cells" else "date-time") in types.values(),
           "types and dates")
        sequence = [v["x-ogc-propertySeq"] for v in schema.values() if "x-ogc-propertySeq" in v]
        is_eq(len(sequence), len(set(sequence)), "no two places are the same")


# --- GDAL --------------------------------------------------------------------------------


class Gdal:
    """A layer as OGROAPIFDataset opens it from 3.7 on."""

    def __init__(self, name):
        collections = document(daemon.url("/collections"), JSON)
        self.about = next(c for c in collections["collections"] if c["id"] == name)
        self.crs = self.about.get("storageCrs")
        described = link(self.about["links"], "describedBy", SCHEMA)
        self.schema = document(described["href"], SCHEMA)["properties"]["properties"]["properties"]
        self.items = link(self.about["links"], "items", GEOJSON)["href"]
        api = document(link(document(daemon.url(), JSON)["links"], "service-desc", OPENAPI)["href"],
                       OPENAPI + ", application/openapi+json;version=3.0, application/json")
        self.parameters = api["paths"][self.items[len(daemon.url()):]]["get"]["parameters"]
        limit = at(api, next(p["$ref"] for p in self.parameters if "limit" in p.get("$ref", "")))["schema"]
        self.page = min(max(1000, limit["default"]), limit["maximum"])
        self.parameters = [at(api, p["$ref"]) if "$ref" in p else p for p in self.parameters]
        self.count = document(self.items + "?limit=20", ITEMS)["numberMatched"]

    def is_inverted(self):
        return self.crs is not None and self.crs.rsplit("/", 1)[1] in ("4326", "3006", "3008")

    def address(self, start, rectangle=None):
        """AddFilters(): values are not encoded."""
        url = self.items + "?" + start
        if rectangle:
            x0, y0, x1, y1 = rectangle
            url += "&bbox=" + ",".join("%.18g" % v for v in ((y0, x0, y1, x1) if self.is_inverted() else rectangle))
            if self.crs and with_crs:
                url += "&bbox-crs=" + self.crs
        return url + ("&crs=" + self.crs if self.crs and with_crs else "")

    def features(self, rectangle=None):
        found, url = {}, self.address("limit=%d" % self.page, rectangle)
        while url:
            answer = fetch(url, ITEMS)
            if with_crs:
                assert answer.headers["Content-Crs"] == "<%s>" % self.crs
            assert "crs" not in answer.json()  # GDAL warns of it
            found.update((f["id"], f) for f in answer.json()["features"])
            url = next((l["href"] for l in answer.json()["links"] if l["rel"] == "next" and l["type"] in (GEOJSON, JSON)), None)
        return found


def gdal_reads_layers():
    for name in ("cells", "districts-regso"):
        layer = Gdal(name)
        crs = layer.crs if with_crs else CRS84
        want = expected_in(crs, name)
        is_eq(layer.count, len(want), "%s: counted by numberMatched" % name)
        got = layer.features()
        is_eq(got.keys(), want.keys(), "%s: all of them in %s" % (name, crs))
        all_of(misplaced(got, want, layer.is_inverted(), 2e-7 if srid(crs) == 4326 else 2e-3), "where PostGIS has them")
        rectangle = middle(want)
        is_eq(layer.features(rectangle).keys(), expected_in(crs, name, rectangle).keys(), "a rectangle too")


def gdal_counts_hits():
    layer = Gdal("cells")
    found = next((p for p in layer.parameters if p["name"] == "resultType"), None)
    if not ok(found and found["in"] == "query" and "hits" in found["schema"]["enum"], "resultType=hits is described"):
        return
    rectangle = middle(expected_in(layer.crs if with_crs else CRS84, "cells"))
    body = document(layer.address("resultType=hits", rectangle), ITEMS)
    is_eq(body["numberMatched"], len(layer.features(rectangle)), "and counts")


def gdal_asks_for_one():
    """GetFeature(): without crs, whatever the layer's is."""
    layer = Gdal("cells")
    some = next(iter(layer.features()))
    is_eq(document("%s/%d" % (layer.items, some), ITEMS)["id"], some, "by its id")


# --- Others ---------------------------------------------------------------------------------


def arcgis_reads_part_1():
    """Part 1 with f=json everywhere, and pages by the next link."""
    landing = daemon.get("/?f=json").json()
    for rel in ("service-desc", "conformance", "data"):
        href = link(landing["links"], rel)["href"]
        answer = daemon.get(href[len(daemon.url()):] + ("&" if "?" in href else "?") + "f=json")
        is_eq(answer.status, 200, rel + " with f=json")
    url, ids = "/collections/cells/items?f=json&limit=500", []
    while url:
        body = daemon.get(url).json()
        ids += [f["id"] for f in body["features"]]
        url = next((l["href"][len(daemon.url()):] for l in body["links"] if l["rel"] == "next"), None)
    is_eq(len(set(ids)), body["numberMatched"], "every cell by the next links")


def maplibre_reads_geojson():
    """A browser on another site: Origin, and gzip that matches the bytes."""
    answer = daemon.get("/collections/districts-regso/items?limit=100",
                        headers={"Accept": "application/json", "Origin": "https://karta.example", "Sec-Fetch-Mode": "cors",
                                 "Accept-Encoding": "gzip, deflate, br, zstd"})
    is_eq(answer.status, 200, "it is there as application/json too")
    is_eq(answer.headers["Access-Control-Allow-Origin"], "*", "from any site")
    ok(int(answer.headers["Content-Length"]) == len(answer.body), "as long as it says")


def openlayers_reads_tiles():
    """getTileSetInfo(), parseTileSetMetadata(): an item link by type, a tiling scheme, limits."""
    c = public.json("/collections/cells")
    tilesets = link(c["links"], "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector")
    item = public.json(tilesets["href"])["tilesets"][0]
    tileset = public.json(link(item["links"], "self")["href"])
    template = link(tileset["links"], "item", "application/vnd.mapbox-vector-tile")["href"]
    ok(all("{%s}" % k in template for k in ("tileMatrix", "tileRow", "tileCol")), "a template of addresses")
    scheme = tileset.get("tileMatrixSet") or public.json(
        link(tileset["links"], "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme")["href"])
    crs = scheme["crs"] if isinstance(scheme["crs"], str) else scheme["crs"]["uri"]
    ok(crs.endswith("/3857"), "a projection that it knows")
    matrices = {t["id"]: t for t in scheme["tileMatrices"]}
    limits = tileset.get("tileMatrixSetLimits", [])
    ok(all(l["tileMatrix"] in matrices and l["minTileRow"] <= l["maxTileRow"] < matrices[l["tileMatrix"]]["matrixHeight"]
           for l in limits), "limits inside the scheme")
    some = limits[len(limits) // 2] if limits else {"tileMatrix": "0", "minTileRow": 0, "minTileCol": 0}
    url = template.replace("{tileMatrix}", some["tileMatrix"]).replace("{tileRow}", str(some["minTileRow"])) \
        .replace("{tileCol}", str(some["minTileCol"]))
    answer = daemon.get(url[len(daemon.url()):], headers={"Accept": "*/*", "Origin": "https://karta.example"})
    ok(answer.status in (200, 204), "a tile by the template: %d" % answer.status)
    is_eq(answer.headers["Access-Control-Allow-Origin"], "*", "from any site")


with municipality() as m, Daemon(m.conninfo()) as daemon:
    public, analyst = both(m, daemon)
    classes = public.json("/conformance")["conformsTo"]
    with_crs = CRS in classes
    tests = [qgis_opens_and_reads_layers, qgis_counts, qgis_asks_what_is_allowed, qgis_without_filters_sends_periods,
             qgis_reads_schemas, gdal_reads_layers, gdal_asks_for_one, arcgis_reads_part_1, maplibre_reads_geojson]
    if FILTERS[3] in classes:
        tests += [qgis_pushes_filters_down, qgis_filters_in_space, qgis_joins_two_filters]
    if with_crs:
        tests += [gdal_counts_hits]
    if any("ogcapi-tiles" in c for c in classes):
        tests += [openlayers_reads_tiles]
    run(*tests)
