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

from qgis.core import (QgsApplication, QgsExpression, QgsExpressionContext, QgsFeatureRequest, QgsLayerDefinition,
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
    run(every_collection_is_read_completely, styles_are_taken)
finally:
    sys.stdout.flush()
    os._exit(sys.exc_info()[1].code if isinstance(sys.exc_info()[1], SystemExit) else 0)
