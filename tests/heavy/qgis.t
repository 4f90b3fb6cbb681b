#!/usr/bin/python3
"""QGIS's own OGC API Features provider (PyQGIS) reads every collection.

Each layer must be valid, have as many features as the database says, each once,
with polygons where it should, also through a rectangle; a wrong URL must not
make a layer. Debian's QGIS is 3.22."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["XDG_RUNTIME_DIR"] = os.environ["HOME"] = tempfile.mkdtemp(prefix="gk-qgis-")

from qgis.core import QgsApplication, QgsFeatureRequest, QgsNetworkAccessManager, QgsRectangle, QgsVectorLayer
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


application = QgsApplication([], False)
application.initQgis()
QgsNetworkAccessManager.setTimeout(60000)
try:
    run(every_collection_is_read_completely)
finally:
    sys.stdout.flush()
    os._exit(sys.exc_info()[1].code if isinstance(sys.exc_info()[1], SystemExit) else 0)
