#!/usr/bin/python3
"""The page /gis in Chromium: its snippets for web maps draw the layers."""
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
with municipality() as m, Daemon(m.conninfo(), publisher="Polisområde Påhitt", licence="CC BY 4.0") as daemon:
    cells = m.value("SELECT count(*) FROM grannkarta.lattice_cell WHERE version = (SELECT max(version) FROM grannkarta.lattice)")
    sys.exit(subprocess.run(["node", os.path.join(HERE, "gis.mjs"), daemon.url(), shots, cells]).returncode)
