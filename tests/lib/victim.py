"""A small municipality with one home that attackers are after: places_files' two
districts, some hundred incidents, one of them at the victim's.

    with Attacked() as a:
        a.features("cells", "&datetime=2024-03-05"); a.grannkarta("import", ...)
"""
import os
import tempfile

import places_files as p
from cluster import Cluster
from daemon import Daemon

VOLATILE = {"date", "grannkarta-data-age"}  # headers that differ from one moment to the next for everybody


def home_of_victim():
    """A villa well inside its base square, so that its plot is, too."""
    return next(f["geometry"]["coordinates"] for f in p.dwellings()
                if f["properties"]["typ"] == "villa" and all(10 < x % 50 < 40 for x in f["geometry"]["coordinates"]))


def ring_around(e, n, half):
    return p.polygon(p.square(e - half, n - half, 2 * half))


def row(number, e, n, day, code="9801"):
    return {"BROTTSKOD": code, "BROTTSDATUMTID_START": day + " 08:10", "BROTTSDATUMTID_SLUT": day + " 17:30",
            "Inskrivningsdatum": day, "KOMMUN": "Bromölla", "GATA": "Ärtgränd", "GATUNR": "7", "SWEREF N": "%.3f" % n,
            "SWEREF E": "%.3f" % e, "Antal": "1", "DIARIENR": "5000-K%06d-24" % number}


def incidents():
    return p.incidents(400) + [row(900000, *home_of_victim(), "2024-03-14")]


class Attacked:
    """The database with everything imported and published through 2024-05, and its daemon;
    `files`: the rows of the files of incidents, in the order of import."""

    def __init__(self, *files):
        self.files = files or (incidents(),)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="gk-attacked-")
        self.cluster = Cluster().__enter__()
        e, n = home_of_victim()
        p.import_places(self.cluster, self.folder.name)
        self.grannkarta("key", "create")
        areas = p.watch_areas() + [p.feature(ring_around(e, n, h), namn=name, sedan="2022-01-01", godkänd="ja")
                                   for name, h in (("Litet", 60), ("Lika litet", 59), ("Ett hus", 4))]
        self.grannkarta("import", "watch-areas", p.write(self.path("watch.geojson"), areas))
        for rows in self.files:
            self.import_rows(rows)
        self.grannkarta("publish", "--through", "2024-05")
        self.daemon = Daemon(self.cluster.conninfo()).__enter__()
        return self

    def __exit__(self, *_):
        self.daemon.__exit__(None, None, None)
        self.cluster.__exit__(None, None, None)
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def grannkarta(self, *arguments, check=True):
        return self.cluster.grannkarta("--key-ring", self.path("keys"), *arguments, check=check)

    def import_rows(self, rows, name="rows.csv"):
        self.grannkarta("import", "incidents", p.write_csv(self.path(name), rows))

    def features(self, collection, query="", token=None):
        return self.daemon.get(f"/collections/{collection}/items?limit=10000{query}", token=token).json()["features"]
