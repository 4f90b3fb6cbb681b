#!/usr/bin/python3
"""CSV of every collection, read by Python's csv and by GDAL: the same features and
values as GeoJSON has, page by page, in both dialects.

What is a cell is said by RFC 4180 and by the schema; spreadsheets set to Swedish
take semicolons, decimal commas and a byte order mark."""
import csv
import io
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import is_eq, ok, run


def get(path, accept="*/*"):
    return daemon.get(path, headers={"Accept": accept}, token=token if "/incidents" in path else None)


def links(answer):
    """{(rel, type): address} of the header Link."""
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"; type="([^"]*)"', answer.headers["Link"] or "")
    return {(rel, type_): href[len(daemon.url()):] for href, rel, type_ in found}


def collections():
    return [c["id"] for c in daemon.get("/collections", headers={"Accept": "application/json"}).json()["collections"]] + ["incidents"]


def rows_of(path, delimiter=","):
    """(head, rows) of all pages; every page has the same head."""
    head, rows, pages = None, [], 0
    while path:
        answer = get(path)
        assert answer.status == 200, answer.body
        text = answer.body.decode("utf-8-sig" if delimiter == ";" else "utf-8")
        assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
        page = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        assert head in (None, page[0]), page[0]
        head, pages = page[0], pages + 1
        rows += page[1:]
        path = links(answer).get(("next", "text/csv"))
    return head, rows, pages


def features_of(collection, query=""):
    features, path = [], "/collections/%s/items?limit=10000%s" % (collection, query)
    while path:
        body = get(path, "application/geo+json").json()
        features += body["features"]
        path = next((l["href"][len(daemon.url()):] for l in body["links"] if l["rel"] == "next"), None)
    return features


def text_of(value, comma="."):
    """A JSON value as a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return ("%.9f" % value).rstrip("0").rstrip(".").replace(".", comma)
    return str(value)


def every_collection_is_the_same_as_in_geojson():
    for name in collections():
        features = features_of(name)
        for dialect, delimiter, comma in (("rfc4180", ",", "."), ("excel", ";", ",")):
            head, rows, pages = rows_of("/collections/%s/items?f=csv&limit=400&csv=%s" % (name, dialect), delimiter)
            is_eq(head, ["id"] + list(features[0]["properties"]), "%s, %s: id and the properties" % (name, dialect))
            expected = [[str(f["id"])] + [text_of(v, comma) for v in f["properties"].values()] for f in features]
            is_eq([(a, b) for a, b in zip(rows, expected) if a != b][:2], [], "%d rows on %d pages" % (len(rows), pages))
            is_eq(len(rows), len(features), "as many as there are")


def answers_are_what_they_say():
    answer = get("/collections/cells/items?limit=2", accept="text/csv")
    is_eq((answer.status, answer.headers["Content-Type"]), (200, "text/csv; charset=utf-8; header=present"), "Accept is enough")
    is_eq(answer.headers["Content-Disposition"], 'attachment; filename="cells.csv"', "a browser saves it by its name")
    there = links(answer)
    is_eq(sorted(there), [("alternate", "application/geo+json"), ("alternate", "text/html"), ("collection", "application/json"),
                          ("describedby", "application/schema+json"), ("next", "text/csv")], "links stand in the header")
    is_eq([k for k, path in there.items() if get(path, accept=k[1]).status != 200], [], "and lead somewhere")
    kinds = get(there["describedby", "application/schema+json"]).json()["properties"]
    head = answer.text().split("\r\n")[0].split(",")
    is_eq([c for c in head if not kinds[c].get("x-grannkarta-kind")], [], "where every column has its kind (rule 5)")
    ok({"definition", "period_from", "period_to", "dwellings_year", "release", "rate_per_1000_lower"} <= set(head),
       "definition, period, year and interval stand in every row")
    again = daemon.get("/collections/cells/items?limit=2&f=csv", headers={"If-None-Match": answer.headers["ETag"]})
    is_eq((again.status, again.headers["ETag"]), (304, answer.headers["ETag"]), "an unchanged one is 304")
    kept = get("/collections/cells/items?limit=2", accept="text/csv")
    is_eq((kept.body, kept.headers["Link"], kept.headers["Content-Disposition"]),
          (answer.body, answer.headers["Link"], answer.headers["Content-Disposition"]), "a kept answer has its headers too")
    head = daemon.get("/collections/cells/items?limit=2&f=csv", method="HEAD")
    is_eq({k: head.headers[k] for k in ("Content-Type", "ETag", "Link", "Content-Length")},
          {k: answer.headers[k] for k in ("Content-Type", "ETag", "Link", "Content-Length")}, "HEAD says the same")


def forms_are_chosen_by_what_is_asked():
    path, geojson = "/collections/cells/items?limit=1", "application/geo+json"
    for accept, type_ in (("*/*", geojson), ("application/json", geojson), ("text/csv", "text/csv"), ("text/*", "text/html"),
                          ("text/csv;q=0.5, text/html;q=0.4", "text/csv"), ("text/csv;q=0.5, application/geo+json;q=0.9", geojson),
                          ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
                          ("text/csv;q=0, */*;q=0.1", geojson), ("text/csv; charset=utf-8", "text/csv")):
        answer = get(path, accept=accept)
        is_eq((answer.status, answer.headers["Content-Type"].split(";")[0]), (200, type_), accept)
    for accept in ("application/gml+xml", "text/csv;q=0", "image/png, application/pdf"):
        is_eq(get(path, accept=accept).status, 406, accept)
    for f, accept, type_ in (("json", "text/csv", geojson), ("csv", "text/html", "text/csv"), ("html", geojson, "text/html")):
        is_eq(get(path + "&f=" + f, accept=accept).headers["Content-Type"].split(";")[0], type_, "f=%s before Accept" % f)
    for f in ("geojson", "CSV", "", "xml"):
        answer = get(path + "&f=" + f)
        ok(answer.status == 400 and "json, html, csv" in answer.text(), "f=%s is refused, and told what there is" % f)
    for other in ("/", "/collections", "/collections/cells", "/collections/cells/schema", "/collections/cells/items/1"):
        is_eq((get(other + "?f=csv").status, get(other, accept="text/csv").status), (400, 406), other + " is no table")
    for f in ("json", "html", "csv"):
        types = {"json": geojson, "html": "text/html", "csv": "text/csv"}
        body = get(path + "&f=json").json()
        found = {l["type"] for l in body["links"] if l["rel"] in ("self", "alternate")}
        ok(types[f] in found, "%s is linked" % types[f])
    for lang, word in (("sv", "Bostäder"), ("en", "Dwellings")):
        answer = daemon.get("/collections/cells/schema", headers={"Accept-Language": lang, "Accept": "application/schema+json"})
        is_eq((answer.headers["Content-Language"], word in answer.text()), (lang, True), "in " + lang)


def properties_and_hits():
    for name in collections():
        features = features_of(name)
        names = list(features[0]["properties"])
        some = names[::3]
        less = features_of(name, "&properties=" + ",".join(reversed(some)))
        is_eq([f["properties"] for f in less], [{k: f["properties"][k] for k in some} for f in features],
              "%s: %d of %d properties" % (name, len(some), len(names)))
        none = features_of(name, "&properties=")
        is_eq([(f["id"], f["geometry"], f["properties"]) for f in none], [(f["id"], f["geometry"], {}) for f in features], "none")
        one = get("/collections/%s/items/%s?properties=%s" % (name, features[0]["id"], names[0]), "application/geo+json").json()
        is_eq(one["properties"], {names[0]: features[0]["properties"][names[0]]}, "of one feature too")
        head, rows, _ = rows_of("/collections/%s/items?f=csv&limit=10000&properties=%s" % (name, some[0]))
        is_eq((head, len(rows)), (["id", some[0]], len(features)), "and of CSV")
        hits = get("/collections/%s/items?resultType=hits&limit=1" % name, "application/geo+json").json()
        is_eq((hits["numberMatched"], hits["numberReturned"], hits["features"]), (len(features), 0, []), "hits")


def gdal_reads_csv_with_geometry():
    for uri in ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/EPSG/0/3857"):
        query = "&limit=10000&crs=" + uri
        for name in ("cells", "hotspots", "incidents"):
            answer = get("/collections/%s/items?f=csv&csv-geometry=wkt%s" % (name, query))
            is_eq(answer.headers["Content-Crs"], "<%s>" % uri, "%s: its CRS stands in the header" % name)
            with tempfile.NamedTemporaryFile(suffix=".csv") as file:
                file.write(answer.body)
                file.flush()
                done = subprocess.run(["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", file.name, "-lco", "COORDINATE_PRECISION=9",
                                       "-lco", "RFC7946=NO", "-oo", "KEEP_GEOM_COLUMNS=NO"], capture_output=True, text=True, check=True)
            read = [(f["properties"]["id"], f["geometry"]) for f in json.loads(done.stdout)["features"]]
            expected = [(str(f["id"]), f["geometry"]) for f in features_of(name, "&crs=" + uri)]
            is_eq(len(read), len(expected), "GDAL reads %d" % len(read))
            is_eq([(a, b) for a, b in zip(read, expected) if a[0] != b[0] or not is_same(a[1], b[1])][:1], [], "as GeoJSON has them")


def is_same(a, b):
    if a is None or b is None:
        return a is b
    flat = lambda x: [x] if isinstance(x, (int, float)) else [v for y in x for v in flat(y)]
    u, v = flat(a["coordinates"]), flat(b["coordinates"])
    return a["type"] == b["type"] and len(u) == len(v) and all(abs(x - y) < 1e-6 for x, y in zip(u, v))


with municipality() as m, Daemon(m.conninfo()) as daemon:
    token = analyst_token(m)
    daemon.poll(lambda: daemon.get("/collections/incidents", token=token).status == 200, "the analyst is let in")
    run(every_collection_is_the_same_as_in_geojson, answers_are_what_they_say, forms_are_chosen_by_what_is_asked,
        properties_and_hits, gdal_reads_csv_with_geometry)
