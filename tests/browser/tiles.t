#!/usr/bin/python3
"""OpenLayers in Chromium draws every collection from its tiles, with the style that
the service offers: all features arrive, in the colours of the classes. Pictures are
build/screenshots/tiles-*.png. MapLibre's style specification validates the styles,
and MapLibre draws them, given their address."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from cluster import ROOT
from daemon import Daemon
from fixture import municipality

LATEST = "(SELECT max(version) FROM grannkarta.lattice)"
EXPECTED = {
    "cells": f"SELECT count(*) FROM grannkarta.lattice_cell WHERE version = {LATEST}",
    "districts-regso": "SELECT count(*) FROM grannkarta.district WHERE set_name = 'regso'",
    "watch-areas": "SELECT count(*) FROM grannkarta.release_watch_area",
}

shots = os.path.join(ROOT, "build", "screenshots")
os.makedirs(shots, exist_ok=True)
with municipality() as m, Daemon(m.conninfo()) as daemon:
    counts = {name: int(m.value(sql)) for name, sql in EXPECTED.items()}
    sys.exit(subprocess.run(["node", os.path.join(HERE, "tiles.mjs"), daemon.url(), shots],
                            input=json.dumps(counts), text=True).returncode)
