#!/usr/bin/python3
"""The pages of the daemon in Chromium, and the page that `grannkarta verify` writes;
screenshots in build/screenshots/."""
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
    for lang in ("sv", "en"):
        m.grannkarta("verify", "--url", daemon.url(), "--lang", lang, "--html", os.path.join(shots, "verify-%s.html" % lang))
    sys.exit(subprocess.run(["node", os.path.join(HERE, "pages.mjs"), daemon.url(), shots]).returncode)
