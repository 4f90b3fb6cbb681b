#!/usr/bin/python3
"""Every answer against what others wrote: @placemarkio/check-geojson on all GeoJSON,
the OGC's own JSON schemas (tests/schemas) on the service's documents, JSON Schema's
meta-schema on schemas, and features against the schemas that the service gives.

Parts 3 and 5 have no schema to be validated by; what they require of queryables and
schemas is written out here: flat properties, each with a type or a geometry format,
one identifier and one primary geometry by x-ogc-role."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import jsonschema
from daemon import Daemon
from fixture import municipality
from ogc import GEOJSON, all_of, both, link
from schemas import standard_faults
from tap import is_eq, ok, run

HERE = os.path.dirname(os.path.abspath(__file__))
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
SCHEMA = "http://www.opengis.net/def/rel/ogc/1.0/schema"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"


def every(path, name, client, **query):
    """Faults of one document by the standards' schema `name`."""
    return ["%s %s: %s" % (client.name, path, f) for f in standard_faults(client.json(path, **query), name)]


def documents_are_as_the_standard_has_them():
    faults = []
    for client in (public, analyst):
        faults += every("/", "features/landingPage.yaml", client)
        faults += every("/conformance", "features/confClasses.yaml", client)
        faults += every("/collections", "features/collections.yaml", client)
        for c in client.collections():
            path = "/collections/" + c["id"]
            faults += every(path, "features/collection.yaml", client)
            faults += every(path, "features/collectionExtensionCrs.yaml", client)
            if c.get("storageCrs", c["crs"][0]) not in c["crs"]:
                faults.append(path + ": storageCrs is not in crs")
    all_of(faults, "landing page, conformance, collections, each collection")


def queries(c):
    """What is asked of a collection: parameters of the core, as GeoJSON in CRS84."""
    west, south, east, north = c["extent"]["spatial"]["bbox"][0]
    middle = ",".join("%.7f" % v for v in (west, south, (west + east) / 2, (south + north) / 2))
    return [{"limit": 200}, {"limit": 1}, {"limit": 100, "bbox": middle}, {"limit": 5, "datetime": "2024-03-01/2024-08-31"},
            {"limit": 5, "datetime": "1900-01-01"}, {"limit": 5, "bbox": "0,0,1,1"}, {"limit": 3, "release": 1},
            {"limit": 3, "lang": "en"}, {"limit": 100, "filter": "count > 0"}, {"limit": 100, "filter": "count < 0"},
            {"limit": 100, "sortby": "-dwellings" if c["id"] != "incidents" else "-from", "properties": "count"},
            {"limit": 5, "properties": ""}, {"resultType": "hits"}, {"resultType": "hits", "filter": "count > 0"},
            {"limit": 100, "crs": CRS84, "bbox": middle, "bbox-crs": CRS84}]


def geojson_of(client):
    """(name, body) of GeoJSON answers of every collection, with single features."""
    for c in client.collections():
        path = "/collections/%s/items" % c["id"]
        for query in queries(c):
            if c["id"] == "incidents" and "release" in query:
                continue
            answer = client.get(path, accept=GEOJSON, **query)
            assert answer.status == 200 and answer.headers["Content-Type"] == GEOJSON, (path, query, answer.body[:200])
            yield "%s %s %r" % (client.name, path, query), answer
        for feature in client.json(path, limit=2)["features"]:
            yield "%s %s/%d" % (client.name, path, feature["id"]), client.get("%s/%d" % (path, feature["id"]), accept=GEOJSON)


def geojson_is_geojson():
    lines, faults = [], []
    for client in (public, analyst):
        for name, answer in geojson_of(client):
            lines.append(json.dumps([name, answer.text()]))
            body = answer.json()
            schema = "features/featureCollectionGeoJSON.yaml" if "features" in body else "features/featureGeoJSON.yaml"
            small = dict(body, features=body["features"][:20]) if "features" in body else body
            faults += [name + ": " + f for f in standard_faults(small, schema)]
    done = subprocess.run(["node", os.path.join(HERE, "check_geojson.mjs")], input="\n".join(lines), text=True,
                          capture_output=True, check=True)
    found = done.stdout.splitlines()
    is_eq(found.pop(), "checked %d" % len(lines), "check-geojson read %d answers" % len(lines))
    all_of(found, "and finds nothing")
    all_of(faults, "the OGC's schemas of features find nothing either")


def the_validators_would_find_something():
    landing, page = public.json("/"), public.json("/collections/cells/items", limit=1)
    del landing["links"][0]["href"]
    ok(standard_faults(landing, "features/landingPage.yaml"), "a link without href")
    collection = public.collections()[0]
    collection["extent"]["spatial"]["bbox"][0].pop()
    ok(standard_faults(collection, "features/collection.yaml"), "a box of three numbers")
    page["features"][0]["geometry"]["coordinates"] = [[1, 2], [3, 4]]
    ok(standard_faults(page, "features/featureCollectionGeoJSON.yaml"), "a polygon that is a line")
    done = subprocess.run(["node", os.path.join(HERE, "check_geojson.mjs")], input=json.dumps(["x", json.dumps(page)]),
                          text=True, capture_output=True, check=True).stdout
    ok(done.startswith("x: "), "so does check-geojson")


def mistakes_are_problems_by_the_standard():
    faults = []
    for path in ("/collections/cells/items?limit=x", "/collections/none", "/collections/incidents", "/nothing",
                 "/collections/cells/items/99999999"):
        answer = public.get(path)
        if answer.status < 400 or answer.headers["Content-Type"] != "application/problem+json":
            faults.append("%s: %d %s" % (path, answer.status, answer.headers["Content-Type"]))
        faults += standard_faults(answer.json(), "features/exception.yaml")
    all_of(faults, "problems have the members of RFC 9457")


# --- Schemas that the service gives --------------------------------------------------


def is_property_described(schema):
    return schema.get("type") in ("string", "integer", "number", "boolean") or \
        schema.get("format", "").startswith("geometry-") or "$ref" in schema


def schema_faults(document, name, roles):
    """What is wrong with a schema of queryables or returnables by Part 3 and Part 5."""
    faults = []
    try:
        jsonschema.Draft202012Validator.check_schema(document)
    except jsonschema.SchemaError as error:
        faults.append("%s: %s" % (name, error.message[:200]))
    for member, value in (("$schema", "https://json-schema.org/draft/2020-12/schema"), ("type", "object")):
        if document.get(member) != value:
            faults.append("%s: %s is %r" % (name, member, document.get(member)))
    if not document.get("$id", "").startswith(daemon.url("/collections/")) or "?" in document["$id"]:
        faults.append("%s: $id %r is not its address" % (name, document.get("$id")))
    faults += ["%s: %s has neither type nor geometry" % (name, k)
               for k, v in document["properties"].items() if not is_property_described(v)]
    have = sorted(v["x-ogc-role"] for v in document["properties"].values() if "x-ogc-role" in v)
    return faults + ([] if [r for r in have if r in roles] == roles else ["%s: roles %r" % (name, have)])


def schemas_are_schemas_and_features_keep_them():
    faults, checked = [], 0
    for client in (public, analyst):
        for c in client.collections():
            links = client.json("/collections/" + c["id"])["links"]
            schema = client.json(link(links, SCHEMA, "application/schema+json")["href"])
            faults += schema_faults(schema, c["id"], ["id", "primary-geometry"])
            values = {k: v for k, v in schema["properties"].items() if v.get("x-ogc-role") not in ("id", "primary-geometry")}
            faults += temporal_faults(c["id"], schema["properties"])
            # A property may be missing a value; in a logical schema that is not said with "null".
            strict = jsonschema.Draft202012Validator({"properties": values, "additionalProperties": False},
                                                     format_checker=jsonschema.FormatChecker())
            features = client.json("/collections/%s/items" % c["id"], limit=300)["features"]
            for f in features:
                present = {k: v for k, v in f["properties"].items() if v is not None}
                faults += ["%s %d: %s" % (c["id"], f["id"], e.message[:200]) for e in strict.iter_errors(present)]
            checked += len(features)
            encoded = nullable(client.json(link(links, "describedBy")["href"]))
            jsonschema.Draft7Validator.check_schema(encoded)
            encoded = jsonschema.Draft7Validator(encoded, format_checker=jsonschema.FormatChecker())
            faults += ["%s: %s" % (c["id"], e.message[:200]) for f in features for e in encoded.iter_errors(f)]
    all_of(faults, "schemas are what Part 5 asks for, and %d features keep them" % checked)


def nullable(schema):
    """The same with `nullable` as JSON Schema says it."""
    if not isinstance(schema, dict):
        return schema
    plain = {k: nullable(v) for k, v in schema.items() if k != "nullable"}
    if schema.get("nullable") is True:
        plain["type"] = [plain["type"], "null"]
    return plain


def temporal_faults(name, properties):
    """The roles of times by Part 5: a start and an end of one granularity, and units that
    are UCUM's (metres, or things that are counted)."""
    roles = {v["x-ogc-role"]: v for v in properties.values() if v.get("x-ogc-role", "").startswith("primary-i")}
    if sorted(roles) != ["primary-interval-end", "primary-interval-start"]:
        yield "%s: times %r" % (name, sorted(roles))
    elif len({(v["type"], v["format"]) for v in roles.values()}) != 1:
        yield "%s: start and end differ" % name
    for key, v in properties.items():
        if not re.fullmatch(r"m|\{\w+\}(/1000+/\{\w+\})?", v.get("x-ogc-unit", "m")):
            yield "%s: %s has the unit %r" % (name, key, v["x-ogc-unit"])


def queryables_are_schemas():
    faults, found = [], 0
    for client in (public, analyst):
        for c in client.collections():
            answer = client.get("/collections/%s/queryables" % c["id"], accept="application/schema+json")
            if answer.status == 404 and not declares("ogcapi-features-3/1.0/conf/queryables"):
                continue
            found += 1
            document = answer.json()
            faults += schema_faults(document, c["id"] + "/queryables", ["primary-geometry"])
            returned = client.json("/collections/%s/schema" % c["id"])["properties"]
            faults += ["%s: %s is not returned" % (c["id"], k) for k in document["properties"] if k not in returned]
            if not link(client.json("/collections/" + c["id"])["links"], QUERYABLES):
                faults.append(c["id"] + ": no link to queryables")
    all_of(faults, "%d lists of queryables" % found)


def declares(conformance):
    return any(conformance in uri for uri in public.json("/conformance")["conformsTo"])


def tilesets_are_as_the_standard_has_them():
    faults, found = [], 0
    for c in public.collections():
        to = link(c["links"], TILESETS)
        if not to:
            continue
        for item in public.json(to["href"])["tilesets"]:
            found += 1
            tileset = public.json(link(item["links"], "self")["href"])
            faults += ["%s: %s" % (c["id"], f) for f in standard_faults(tileset, "tms/tileSet.json")]
    ok(found or not declares("ogcapi-tiles"), "there are tilesets where they are declared")
    all_of(faults, "%d tilesets" % found)


with municipality() as m, Daemon(m.conninfo()) as daemon:
    public, analyst = both(m, daemon)
    run(documents_are_as_the_standard_has_them, geojson_is_geojson, the_validators_would_find_something,
        mistakes_are_problems_by_the_standard, schemas_are_schemas_and_features_keep_them, queryables_are_schemas, tilesets_are_as_the_standard_has_them)
