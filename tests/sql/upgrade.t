#!/usr/bin/python3
"""A database with releases from before 0015 loses what they said of attempts by
month, keeps what is safe of their years, and publishes on. By hand: the village's
cells 1 to 3 have eight villas each, so that a year of villas is safe there."""
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from cluster import ROOT, Cluster
from tap import done, is_eq, ok


def read(*path):
    with open(os.path.join(ROOT, *path)) as f:
        return f.read()


def hits(year, code, number):
    return ("INSERT INTO incident (id, revision_in, cell_id, municipality_id, lattice_version, from_hour, to_hour, code_id, count)"
            f" SELECT nextval('incident_id'), 1, 1 + g % 3, 3, 1, '{year}-04-01', '{year}-04-01', {code}, 1 FROM generate_series(1, {number}) g;")


with Cluster(migrate=False) as cluster:
    files = sorted(glob.glob(os.path.join(ROOT, "sql", "migrations", "*.sql")))
    new = next(i for i, f in enumerate(files) if f.endswith("_attempts.sql"))
    # `SET ROLE` makes what they make the owner's, as the command does.
    apply = lambda f: cluster.execute("BEGIN; %s; COMMIT;" % read(f), role="grannkarta_owner")
    cluster.execute("CREATE SCHEMA IF NOT EXISTS grannkarta AUTHORIZATION grannkarta_owner")
    cluster.execute("CREATE TABLE IF NOT EXISTS grannkarta.migration (number integer PRIMARY KEY, slug text NOT NULL,"
                    " sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())", role="grannkarta_owner")
    for f in files[:new]:
        apply(f)
    cluster.execute(re.sub(r"(?m)^\\.*$", "", read("tests", "sql", "include", "village.sql")) +
                    "INSERT INTO revision (id, kind, lattice_version, file_sha256, data_through) VALUES (1, 'import', 1, sha256('x'), '2024-12-31');"
                    # 1 villa completed, 2 attempted: 2023 has 6 and 5, 2024 8 and 2.
                    + hits(2023, 1, 6) + hits(2023, 2, 5) + hits(2024, 1, 8) + hits(2024, 2, 2)
                    + "SELECT publish('2024-12-01', 'polisen', '2023-01-01');")
    is_eq(cluster.query("SELECT month, attempted FROM grannkarta_public.municipality_month WHERE attempted > 0 ORDER BY 1"),
          [["2023-04-01", "5"], ["2024-04-01", "2"]], "before, everyone could see the attempts of a month")
    before = cluster.query("SELECT district_id, month, count, unlocated FROM release_municipality_month ORDER BY 1, 2")
    for f in files[new:]:
        apply(f)
    is_eq(cluster.query("SELECT table_schema, table_name FROM information_schema.columns WHERE column_name IN ('completed', 'attempted')"),
          [["grannkarta_public", "municipality_attempt"]] * 2, "afterwards only years have them")
    is_eq(cluster.query("SELECT year, completed, attempted FROM grannkarta_public.municipality_attempt"), [["2023", "6", "5"]],
          "of the release that stands: 2023, and not 2024 with its two")
    is_eq(cluster.query("SELECT year, kind, count FROM grannkarta_public.municipality_kind WHERE count > 0 ORDER BY 1"),
          [["2023", "villa", "11"], ["2024", "villa", "10"]], "the kinds are as they were")
    is_eq(cluster.query("SELECT district_id, month, count, unlocated FROM release_municipality_month ORDER BY 1, 2"), before,
          "and so are the months")
    is_eq(cluster.value("SELECT publish('2024-12-01', 'polisen')"), "2", "published again")
    is_eq(cluster.query("SELECT year, kind, count FROM release_municipality_kind WHERE release_id = 2 AND count > 0 ORDER BY 1, 2"),
          [["2023", "attempted", "5"], ["2023", "villa", "11"], ["2024", "villa", "10"]], "the same is said again")
    ok(cluster.psql("UPDATE release_municipality_month SET count = 1").returncode != 0, "counts are frozen as before")
done()
