#!/usr/bin/python3
"""Rule 5: every number says what it is.

Every feature that the service gives is read, for the public and for analysts,
in periods with and without data: each number must have a kind in the schema of
its collection, each rate its definition, period, denominator and its year, and
an interval or the word "descriptive". The test first shows that it notices a
number without a kind."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from daemon import Daemon
from fixture import analyst_token, municipality
from tap import is_eq, ok, run

KINDS = {"count", "denominator", "rate", "interval", "year", "share", "distance", "identifier", "threshold"}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def numbers_without_kind(properties, schema):
    return [name for name, value in properties.items()
            if is_number(value) and schema.get(name, {}).get("x-grannkarta-kind") not in KINDS]


def unexplained(properties, schema):
    """What is said without what it needs beside it."""
    kinds = {name: entry.get("x-grannkarta-kind") for name, entry in schema.items()}
    has_count = any(kinds.get(n) in ("count", "rate") and n not in ("cells",) for n in properties)
    if has_count and "from" not in properties:  # an incident is its own period and definition
        yield from (n for n in ("definition", "period_from", "period_to", "dwellings_year") if n not in properties)
    if "release" not in properties and "revision" not in properties:
        yield "release or revision"
    for name in properties:
        if kinds.get(name) == "rate" and properties.get("basis") != "descriptive":
            for end in ("_lower", "_upper"):
                if name + end not in properties or (properties[name] is None) != (properties[name + end] is None):
                    yield name + end
            if properties[name] is not None and not properties[name + "_lower"] <= properties[name] <= properties[name + "_upper"]:
                yield name + " lies outside its interval"
    if "inhabitants" in properties and "inhabitants_year" not in properties:
        yield "inhabitants_year"


def the_test_notices_a_number_that_says_nothing():
    schema = {"count": {"type": "integer", "x-grannkarta-kind": "count"}, "score": {"type": "number"},
              "name": {"type": "string", "x-grannkarta-kind": "text"}}
    is_eq(numbers_without_kind({"count": 1, "score": 0.5}, schema), ["score"], "one without a kind")
    is_eq(numbers_without_kind({"name": 3, "other": 1}, schema), ["name", "other"], "a text that is a number; one not described")
    is_eq(numbers_without_kind({"count": 1, "name": "x"}, schema), [], "and is content otherwise")


def every_feature(path, token):
    while path:
        body = daemon.get(path, headers={"Accept": "application/geo+json"}, token=token).json()
        yield from body["features"]
        path = next((l["href"].split("/", 3)[3] for l in body["links"] if l["rel"] == "next"), None)
        path = path and "/" + path


def every_number_has_a_kind_and_what_it_needs():
    for token in (None, analyst):
        for c in [c["id"] for c in daemon.get("/collections", token=token).json()["collections"]]:
            schema = daemon.get("/collections/%s/schema" % c, token=token).json()["properties"]
            seen, faults = 0, set()
            for datetime in ("", "&datetime=2024-01-01/2024-12-31", "&datetime=1999-01-01/2000-01-01", "&datetime=2025-01-15"):
                for f in every_feature("/collections/%s/items?limit=1000%s" % (c, datetime), token):
                    seen += 1
                    faults.update(numbers_without_kind(f["properties"], schema))
                    faults.update(unexplained(f["properties"], schema))
            is_eq(sorted(faults), [], "%s: %d features%s" % (c, seen, " for an analyst" if token else ""))
            undeclared = [n for n, e in schema.items() if e.get("type") in ("integer", "number")
                          and e.get("x-grannkarta-kind") not in KINDS]
            is_eq(undeclared, [], "nor does the schema have a number without a kind")


def squares_say_that_they_only_describe():
    for f in daemon.get("/collections/hotspots/items?limit=50").json()["features"]:
        if f["properties"]["basis"] != "descriptive" or any("lower" in n or n == "p" for n in f["properties"]):
            return ok(False, "square %d" % f["id"])
    ok(True, "no interval, no p, and the word for it")


with municipality() as m, Daemon(m.conninfo()) as daemon:
    analyst = analyst_token(m)
    daemon.poll(lambda: daemon.get("/collections/incidents", token=analyst).status == 200, "the analyst is let in")
    run(the_test_notices_a_number_that_says_nothing, every_number_has_a_kind_and_what_it_needs,
        squares_say_that_they_only_describe)
