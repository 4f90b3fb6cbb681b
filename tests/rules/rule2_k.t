#!/usr/bin/python3
"""Rule 2: every published place is a cell of at least k dwellings.

A settlement gets its dwellings anew three times (houses go, houses come, whole
hamlets vanish). After each: every living cell of every version has k dwellings
and the addresses, counted here from the squares of the source and not from what
the lattice says of itself; units never move; cells only merge; the cells of
districts and of watch areas' covers, and of what was published, likewise."""
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster
from tap import contains, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()
K, ADDRESSES = 8, 3

# Dwellings and addresses of each living cell of a version, from the source.
OWN_COUNT = """
    SELECT l.version, c.living_id AS cell_id, sum(coalesce(d.villa + d.flat + d.holiday, 0)) AS dwellings,
           sum(coalesce(d.addresses, 0)) AS addresses
    FROM lattice l CROSS JOIN LATERAL cells_at(l.version) c
    JOIN unit u ON u.cell_id = c.cell_id
    LEFT JOIN dwelling d ON d.source_id = l.source_id AND (d.e, d.n, d.district_id) = (u.e, u.n, u.district_id)
    GROUP BY 1, 2"""


def path(name):
    return os.path.join(folder.name, name)


def year(homes, rng, year):
    """The homes of the next year: a quarter of the scattered ones and one block
    are gone, some are new, some in places where none were."""
    kept = [h for h in homes if rng.random() > 0.15]
    e, n = p.E0 + rng.uniform(300, 900), p.N0 + rng.uniform(300, 900)
    kept = [h for h in kept if abs(h["geometry"]["coordinates"][0] - e) > 150
            or abs(h["geometry"]["coordinates"][1] - n) > 150]
    for _ in range(30):
        kept.append(p.feature(p.point(round(p.E0 + rng.uniform(10, 3990), 2), round(p.N0 + rng.uniform(10, 1990), 2)),
                              bostäder=rng.choice([1, 1, 1, 6]), typ=rng.choice(["villa", "lägenhet", "fritidshus"]),
                              år=year))
    return [p.feature(h["geometry"], **dict(h["properties"], år=year)) for h in kept]


def check(version):
    is_eq(cluster.value("SELECT max(version) FROM lattice"), str(version), "version %d is built" % version)
    is_eq(cluster.query("SELECT version, cell_id, dwellings, addresses FROM (%s) c WHERE (dwellings < %d OR addresses < %d)"
                        " AND version = %d" % (OWN_COUNT, K, ADDRESSES, version)), [],
          "version %d: every living cell has k dwellings and the addresses" % version)
    is_eq(cluster.value("SELECT count(*) FROM (%s) c FULL JOIN lattice_cell l USING (version, cell_id)"
                        " WHERE dwellings IS DISTINCT FROM villa + flat + holiday OR c.addresses IS DISTINCT FROM l.addresses"
                        % OWN_COUNT), "0", "version %d: and the lattice says the same of itself, as older ones do" % version)
    is_eq(cluster.value("SELECT count(*) FROM dwelling d JOIN lattice l ON l.source_id = d.source_id AND l.version = %d"
                        " LEFT JOIN unit u USING (e, n, district_id) WHERE u.cell_id IS NULL" % version), "0",
          "version %d: no dwelling is without a cell" % version)
    is_eq(cluster.value("SELECT count(*) FROM watch_cover c LEFT JOIN lattice_cell l USING (version, cell_id)"
                        " WHERE l.cell_id IS NULL"), "0", "version %d: covers are whole living cells" % version)
    is_eq(cluster.value("SELECT count(*) FROM watch_summary WHERE cover_dwellings BETWEEN 1 AND %d" % (K - 1)), "0",
          "version %d: and have k dwellings or none" % version)
    is_eq(cluster.value("SELECT count(*) FROM district_cell c LEFT JOIN lattice_cell l USING (version, cell_id)"
                        " WHERE l.cell_id IS NULL"), "0", "version %d: so are districts" % version)


def every_cell_satisfies_k_after_every_update():
    rng = random.Random(11)
    homes = p.dwellings()
    p.import_places(cluster, folder.name)
    cluster.grannkarta("import", "watch-areas", p.write(path("watch.geojson"), p.watch_areas()), "--approved")
    check(1)
    units = cluster.query("SELECT e, n, district_id, cell_id FROM unit")
    outlines = cluster.query("SELECT cell_id, md5(ST_AsBinary(outline)) FROM lattice_cell WHERE version = 1 ORDER BY 1")
    for version in (2, 3, 4):
        homes = year(homes, rng, 2022 + version)
        p.write(path("homes.geojson"), homes)
        cluster.grannkarta("import", "dwellings", path("homes.geojson"))
        cluster.grannkarta("lattice", "build")
        check(version)
        now = {tuple(r[:3]): r[3] for r in cluster.query("SELECT e, n, district_id, cell_id FROM unit")}
        is_eq([r for r in units if now.get(tuple(r[:3])) != r[3]], [], "version %d: units keep the cell they were given" % version)
        units = [list(key) + [cell] for key, cell in now.items()]
        is_eq(cluster.value("SELECT count(*) FROM cell a JOIN cell b ON b.id = a.merged_into WHERE b.merged_version <"
                            " a.merged_version"), "0", "version %d: cells merge into living ones" % version)
    ok(int(cluster.value("SELECT count(*) FROM cell WHERE merged_version > 1")) > 0, "cells had to merge")
    is_eq(cluster.query("SELECT cell_id, md5(ST_AsBinary(outline)) FROM lattice_cell WHERE version = 1 ORDER BY 1"),
          outlines, "the first version is as it was")


def points_of_cells_never_move():
    is_eq(cluster.value("SELECT count(*) FROM cell c WHERE NOT EXISTS (SELECT FROM unit u WHERE u.e = point_e AND u.n ="
                        " point_n AND cell_at(u.cell_id, c.since_version) = c.id)"), "0",
          "each is a square of its own cell")


def what_is_published_is_whole_cells():
    keys = path("keys")
    cluster.grannkarta("key", "create", "--key-ring", keys)
    cluster.grannkarta("--key-ring", keys, "import", "incidents", p.write_csv(path("export.csv"), p.incidents(120)))
    cluster.grannkarta("publish", "--through", "2024-05")
    is_eq(cluster.value("SELECT count(*) FROM release_cell_month r LEFT JOIN (%s) c ON c.cell_id = r.cell_id AND"
                        " c.version = (SELECT lattice_version FROM release) WHERE coalesce(dwellings, 0) < %d OR"
                        " coalesce(addresses, 0) < %d" % (OWN_COUNT, K, ADDRESSES)), "0", "counts are of cells of k dwellings")
    ok(int(cluster.value("SELECT count(*) FROM release_cell_month")) > 0, "and there are some")
    is_eq(cluster.value("SELECT count(*) FROM release_watch_area r JOIN release x ON x.id = r.release_id JOIN watch_summary s"
                        " ON s.version = x.lattice_version AND s.boundary_id = r.boundary_id WHERE cover_dwellings < 50"),
          "0", "public watch areas have their minimum")


def fewer_addresses_than_allowed_are_no_cell():
    db = cluster.new_database()
    p.import_places(db, folder.name)
    # A tower of 60 flats at one address, alone in its square.
    homes = p.dwellings() + [p.feature(p.point(p.E0 + 1510, p.N0 + 1510), bostäder=60, typ="lägenhet", år=2024)]
    homes = [p.feature(h["geometry"], **dict(h["properties"], år=2024)) for h in homes]
    db.grannkarta("import", "dwellings", p.write(path("tower.geojson"), homes))
    db.grannkarta("lattice", "build")
    is_eq(db.value("SELECT count(*) FROM lattice_cell WHERE addresses < 3"), "0", "the tower shares a cell with its neighbours")
    done = db.grannkarta("-k", "3", "lattice", "build", check=False)
    ok(done.returncode != 0, "k below 8 is refused")
    db.grannkarta("--k", "20", "lattice", "build")
    is_eq(db.value("SELECT count(*) FROM lattice_cell WHERE version = 3 AND villa + flat + holiday < 20"), "0",
          "a higher k merges cells")


try:
    run(every_cell_satisfies_k_after_every_update, points_of_cells_never_move, what_is_published_is_whole_cells,
        fewer_addresses_than_allowed_are_no_cell)
finally:
    cluster.__exit__()
    folder.cleanup()
