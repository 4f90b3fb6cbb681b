#!/usr/bin/python3
"""OWSLib, a client in Python, finds its way through the service: landing page,
interface, conformance, collections, queryables, features, one feature, filters:
every method of its client for OGC API - Features."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import answers
from daemon import Daemon
from fixture import analyst_token, municipality
from owslib.ogcapi.features import Features
from tap import is_eq, ok, run


def the_service_describes_itself():
    is_eq(client.conformance()["conformsTo"][0], "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
          "it conforms to the core")
    ok("/collections/cells/items" in client.api()["paths"], "the interface is found by its link and read")
    is_eq(sorted(client.feature_collections()),
          ["cells", "districts-kommun", "districts-regso", "hotspots", "watch-areas"],
          "collections of features, as the public has them")


def every_collection_is_described():
    listed = client.collections()["collections"]
    for c in listed:
        one = client.collection(c["id"])
        is_eq((one["id"], one["title"], one["extent"]), (c["id"], c["title"], c["extent"]), c["id"] + " by its name")
    is_eq([c["id"] for c in listed], client.feature_collections(), "all are collections of features")


def queryables_are_properties():
    for name in client.feature_collections():
        queryables = client.collection_queryables(name)["properties"]
        properties = client.collection_items(name, limit=1)["features"][0]["properties"]
        is_eq([q for q in queryables if q not in properties and q not in ("id", "geometry")], [],
              "%s: %d queryables are properties" % (name, len(queryables)))
        ok(len(queryables) > 2, "and there are some")


def a_filter_is_text():
    expected = {i for i, e in answers.cells(m).items() if e["count"] > 1 and e["dwellings"] <= 30}
    got = client.collection_items("cells", filter="count > 1 AND dwellings <= 30", limit=10000)
    is_eq({f["id"] for f in got["features"]}, expected, "%d cells, as SQL says" % len(expected))
    is_eq(got["numberMatched"], len(expected), "and counted so")


def a_collection_is_read_page_by_page():
    expected = answers.cells(m)
    seen, answer = [], client.collection_items("cells", limit=500)
    while True:
        seen += [f["id"] for f in answer["features"]]
        link = next((l for l in answer["links"] if l["rel"] == "next"), None)
        if link is None:
            break
        answer = client._request(path=link["href"][len(client.url):].lstrip("/"))
    is_eq(len(seen), len(set(seen)), "no feature twice")
    is_eq(set(seen), set(expected), "all that the database has")


def filters_are_understood():
    box = answers.cells(m)
    x0, y0, x1, y1 = next(iter(box.values()))["box"]
    few = client.collection_items("cells", bbox=[x0, y0, x1, y1], limit=1000)
    ok(0 < few["numberMatched"] < len(box), "a box selects some")
    ok(next(iter(box)) in [f["id"] for f in few["features"]], "and the one that it was made of")
    march = client.collection_items("cells", datetime="2024-03-01/2024-03-31", limit=1)["features"][0]["properties"]
    is_eq((march["period_from"], march["period_to"]), ("2024-03-01", "2024-03-31"), "datetime sets the period")


def one_feature_is_found():
    some = client.collection_items("districts-kommun")["features"][0]
    one = client.collection_item("districts-kommun", some["id"])
    is_eq(one["properties"], some["properties"], "it is the one of the list")


def an_analyst_sees_incidents():
    headers = {"Authorization": "Bearer " + analyst_token(m)}
    daemon.poll(lambda: daemon.get("/collections/incidents", headers=headers).status == 200, "the analyst is let in")
    analyst = Features(daemon.url("/"), headers=headers)
    ok("incidents" in analyst.feature_collections(), "incidents are listed")
    is_eq(analyst.collection_items("incidents", limit=1)["numberMatched"], len(answers.incidents(m)), "all of them")


with municipality() as m, Daemon(m.conninfo()) as daemon:
    client = Features(daemon.url("/"))
    tests = [the_service_describes_itself, every_collection_is_described, a_collection_is_read_page_by_page,
             filters_are_understood, one_feature_is_found, an_analyst_sees_incidents]
    if any(c.endswith("conf/features-filter") for c in client.conformance()["conformsTo"]):
        # Before the analyst: OWSLib sends the headers of one client with all that come after.
        tests[-1:-1] = [queryables_are_properties, a_filter_is_text]
    run(*tests)
