#!/usr/bin/python3
"""OpenLayers in Chromium draws the cells from the API, page by page; the
picture is build/screenshots/layer.png. All cells must arrive."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from cluster import ROOT
from daemon import Daemon
from fixture import municipality

shots = os.path.join(ROOT, "build", "screenshots")
os.makedirs(shots, exist_ok=True)
with municipality() as m, Daemon(m.conninfo()) as daemon:
    cells = m.value("SELECT count(*) FROM grannkarta.lattice_cell WHERE version = (SELECT max(version) FROM grannkarta.lattice)")
    sys.exit(subprocess.run(["node", os.path.join(HERE, "layer.mjs"), daemon.url(),
                             os.path.join(shots, "layer.png"), "", cells]).returncode)
