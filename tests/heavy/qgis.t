#!/usr/bin/python3
"""QGIS's own OGC API Features provider (PyQGIS) reads every collection.

Each layer must be valid, have as many features as the database says, each once,
with polygons where it should, also through a rectangle; a wrong URL must not
make a layer. The service's .qlr makes a layer with its style, and its .qml styles
one: rules that divide all features among them, columns with names. Debian's QGIS
is 3.22."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["XDG_RUNTIME_DIR"] = os.environ["HOME"] = tempfile.mkdtemp(prefix="gk-qgis-")

import answers
from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsGeometry, QgsExpression, QgsExpressionContext, QgsFeatureRequest, QgsLayerDefinition,
                       QgsNetworkAccessManager, QgsProject, QgsRectangle, QgsVectorLayer)
from daemon import Daemon
from fixture import municipality
from tap import is_eq, ok, run

LATEST = "(SELECT max(version) FROM grannkarta.lattice)"
EXPECTED = {
    "cells": f"SELECT count(*) FROM grannkarta.lattice_cell WHERE version = {LATEST}",
    "districts-regso": "SELECT count(*) FROM grannkarta.district WHERE set_name = 'regso'",
    "districts-kommun": "SELECT count(*) FROM grannkarta.district WHERE set_name = 'kommun'",
    "watch-areas": "SELECT count(*) FROM grannkarta.release_watch_area",
}


def layer(url, collection, page=1000):
    uri = f" pageSize='{page}' restrictToRequestBBOX='1' srsname='OGC:CRS84' typename='{collection}' url='{url}'"
    return QgsVectorLayer(uri, collection, "OAPIF")


def every_collection_is_read_completely():
    with municipality() as m, Daemon(m.conninfo()) as daemon:
        url = daemon.url("/")
        for collection, sql in EXPECTED.items():
            want = int(m.value(sql))
            for page in (7, 1000) if want < 200 else (250, 1000):
                l = layer(url, collection, page)
                if not ok(l.isValid(), f"{collection}: a valid layer"):
                    continue
                features = list(l.getFeatures())
                is_eq(len(features), want, f"{collection}: all features with pages of {page}")
                numbers = [f["id"] if f.fields().indexOf("id") >= 0 else f.id() for f in features]
                is_eq(len(set(numbers)), want, f"{collection}: each once")
            ok(all(f.hasGeometry() and f.geometry().isGeosValid() for f in features), f"{collection}: valid geometry")
            names = [f.name() for f in l.fields()]
            ok("count" in names and "rate_per_1000_lower" in names, f"{collection}: the fields are there")
        l = layer(url, "cells")
        e = l.extent()
        part = QgsRectangle(e.xMinimum(), e.yMinimum(), e.center().x(), e.center().y())
        some = [f for f in l.getFeatures(QgsFeatureRequest(part))]
        ok(0 < len(some) < int(m.value(EXPECTED["cells"])), f"a rectangle gives some cells: {len(some)}")
        l = layer(url, "hotspots")
        ok(l.isValid() and len(list(l.getFeatures())) > 10, "hotspots: a valid layer")
        ok(not layer(url, "nothing").isValid(), "a collection that is not there is no layer")


def boxes_in_metres(layer):
    """The boxes of features in EPSG:3006, by QGIS's own transform, in order."""
    to = QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem("EPSG:3006"), QgsProject.instance())
    boxes = []
    for f in layer.getFeatures():
        g = QgsGeometry(f.geometry())
        g.transform(to)
        b = g.boundingBox()
        boxes.append([b.xMinimum(), b.yMinimum(), b.xMaximum(), b.yMaximum()])
    return sorted(boxes, key=lambda b: [round(v) for v in b])


def features_lie_where_postgis_has_them():
    """storageCrs is EPSG:3006 and 3.22 knows nothing of that: it asks without crs, gets
    CRS84, and must not turn axes. Each outline goes back to metres."""
    with municipality() as m, Daemon(m.conninfo()) as daemon:
        l = layer(daemon.url("/"), "cells")
        ok(l.crs().isGeographic(), f"the layer is in longitude and latitude: {l.crs().authid()}")
        want = sorted([float(v) for v in r] for r in m.query(
            "SELECT ST_XMin(outline), ST_YMin(outline), ST_XMax(outline), ST_YMax(outline) FROM "
            f"grannkarta.lattice_cell WHERE version = {LATEST}"))
        got = boxes_in_metres(l)
        is_eq(len(got), len(want), "every cell, once")
        off = max(abs(a - b) for g, w in zip(got, want) for a, b in zip(g, w))
        ok(off < 0.05, f"within {off:.3f} m of PostGIS")


def subsets_select_what_sql_selects():
    """A layer's own filter: on attributes, on several, on text; in pages of 100. Not on
    dates: a QGIS without CQL2 (before 3.32) sends those as `datetime`, whatever the
    column, and so gets all features with the counts of that period."""
    with municipality() as m, Daemon(m.conninfo()) as daemon:
        cells, watch = answers.cells(m), answers.watch_areas(m)
        for collection, rows, text, holds in (
                ("cells", cells, '"count" > 1', lambda e: e["count"] > 1),
                ("cells", cells, '"count" = 1 AND "dwellings" < 20', lambda e: e["count"] == 1 and e["dwellings"] < 20),
                ("cells", cells, '"count" = 0 OR ("addresses" >= 10 AND "addresses" <= 20)', lambda e: e["count"] == 0 or 10 <= e["addresses"] <= 20),
                ("cells", cells, '"release" = 1', lambda e: True),
                ("watch-areas", watch, "\"name\" LIKE '%a%' AND NOT \"count\" = 0", lambda e: "a" in e["name"] and e["count"])):
            l = layer(daemon.url("/"), collection, 100)
            ok(l.setSubsetString(text), f"{collection}: {text}")
            # It tells no ids: features are known by what they have.
            names = ["slug"] if collection == "watch-areas" else ["count", "dwellings", "addresses"]
            want = sorted([e[n] for n in names] for e in rows.values() if holds(e))
            is_eq(sorted([f[n] for n in names] for f in l.getFeatures()), want, f"{len(want)} features, each once")


def written(daemon, folder, collection, form, language="sv"):
    """The style in a file."""
    name = os.path.join(folder, "%s.%s" % (collection, form))
    with open(name, "wb") as f:
        f.write(daemon.get("/collections/%s/styles/default?f=%s&lang=%s" % (collection, form, language)).body)
    return name


def rules_of(layer):
    return layer.renderer().rootRule().children()


def each_feature_has_one_rule(layer):
    """How many features no rule or more than one takes."""
    filters = [QgsExpression(r.filterExpression()) for r in rules_of(layer)]
    assert not any(f.hasParserError() for f in filters), [f.parserErrorString() for f in filters]
    context, wrong = QgsExpressionContext(), 0
    context.setFields(layer.fields())
    for feature in layer.getFeatures():
        context.setFeature(feature)
        wrong += sum(bool(f.evaluate(context)) for f in filters) != 1
    return wrong


def styles_are_taken():
    with municipality() as m, Daemon(m.conninfo()) as daemon, tempfile.TemporaryDirectory() as folder:
        for collection, sql in EXPECTED.items():
            project = QgsProject.instance()
            project.clear()
            done, why = QgsLayerDefinition.loadLayerDefinition(written(daemon, folder, collection, "qlr"), project,
                                                               project.layerTreeRoot())
            ok(done, f"{collection}: the layer definition loads {why}")
            (l,) = project.mapLayers().values()
            ok(l.isValid() and l.providerType() == "OAPIF", f"{collection}: a valid layer of the service")
            is_eq(l.featureCount(), int(m.value(sql)), f"{collection}: with its features")
            is_eq([r.label() for r in rules_of(l)][:3],
                  ["inga uppgifter för perioden", "inget anmält", "1 till 4 anmälda: för få att jämföra"], "and its legend")
            is_eq(each_feature_has_one_rule(l), 0, f"{collection}: every feature is in one class")
            ok("Antal" in [f.alias() for f in l.fields()], f"{collection}: columns have names")
            plain = layer(daemon.url("/"), collection)
            why, done = plain.loadNamedStyle(written(daemon, folder, collection, "qml", "en"))
            ok(done and not why, f"{collection}: the style loads {why}")
            is_eq([r.label() for r in rules_of(plain)][1], "none reported", f"{collection}: in English as well")
        project.clear()


application = QgsApplication([], False)
application.initQgis()
QgsNetworkAccessManager.setTimeout(60000)
try:
    run(every_collection_is_read_completely, features_lie_where_postgis_has_them, subsets_select_what_sql_selects,
        styles_are_taken)
finally:
    sys.stdout.flush()
    os._exit(sys.exc_info()[1].code if isinstance(sys.exc_info()[1], SystemExit) else 0)
