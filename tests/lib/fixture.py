"""A synthetic municipality, imported and published: what most tests look at.

    with municipality() as m:
        with Daemon(m.conninfo()) as daemon: ...

It is made once per build of the programs, by the commands a user would use
(files in build/$BUILD/fixture-*/), and restored from a dump after that; two
tests that want it at once wait for each other. `m` is the Cluster, with m.files
(the folder of the synthetic files), m.keys (the key ring) and m.import_more().
"""
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess

from cluster import BUILD, ROOT, Cluster, program

# Small enough for sanitizers, large enough for pages of 1,000.
SYNTH = ["--seed", "7", "--dwellings", "12000", "--years", "4"]


def _key():
    """Names the build: the command, with everything it contains."""
    digest = hashlib.sha256(repr(SYNTH).encode())
    for path in (program("grannkarta"), __file__):
        with open(path, "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()[:16]


def _import(cluster, m):
    f = m.files
    run = lambda *a: cluster.grannkarta("--key-ring", m.keys, *a)
    run("import", "districts", f + "/districts-regso.gpkg", "--set", "regso", "--base")
    run("import", "districts", f + "/districts-kommun.gpkg", "--set", "kommun")
    run("import", "dwellings", f + "/addresses.gpkg")
    run("import", "watch-areas", f + "/watch-areas.geojson")
    run("lattice", "build")
    run("import", "incidents", f + "/incidents.csv", "--on-reject=skip")
    run("publish", "--through", "2025-06")


def _make(folder):
    """The files and the dump, in a folder that appears only when complete."""
    part = folder + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    m = _Files(part)
    with Cluster() as cluster:
        cluster.grannkarta("synth", m.files, *SYNTH)
        cluster.grannkarta("key", "create", "--key-ring", m.keys)
        _import(cluster, m)
        with open(os.path.join(part, "dump.sql"), "wb") as out:
            subprocess.run(["pg_dump", "--data-only", "--disable-triggers", "--schema=grannkarta",
                            "--exclude-table=grannkarta.migration", "-d", cluster.conninfo("postgres")],
                           stdout=out, stderr=subprocess.DEVNULL, check=True)
    os.rename(part, folder)


class _Files:
    def __init__(self, folder):
        self.files = os.path.join(folder, "files")
        self.keys = os.path.join(folder, "keys")


def _restore(cluster, folder):
    cluster.execute("""DO $$ DECLARE t text; BEGIN
        SELECT string_agg(format('grannkarta.%I', tablename), ', ') INTO t FROM pg_tables
        WHERE schemaname = 'grannkarta' AND tablename <> 'migration';
        EXECUTE 'TRUNCATE ' || t || ' CASCADE'; END $$""")
    with open(os.path.join(folder, "dump.sql"), "rb") as dump:
        subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-d", cluster.conninfo("postgres")],
                       stdin=dump, check=True)


@contextlib.contextmanager
def municipality():
    """A Cluster with the municipality imported, and released through 2025-06."""
    base = os.path.join(ROOT, "build", BUILD)
    os.makedirs(base, exist_ok=True)
    folder = os.path.join(base, "fixture-" + _key())
    with open(os.path.join(base, "fixture.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(folder):
            for name in os.listdir(base):  # those of older builds
                if name.startswith("fixture-"):
                    shutil.rmtree(os.path.join(base, name), ignore_errors=True)
            _make(folder)
    with Cluster() as cluster:
        _restore(cluster, folder)
        m = _Files(folder)
        cluster.files, cluster.keys = m.files, m.keys
        cluster.import_more = lambda: cluster.grannkarta(
            "--key-ring", m.keys, "import", "incidents", m.files + "/incidents-latlon.csv", "--on-reject=skip")
        yield cluster


def analyst_token(cluster, name="test"):
    """A fresh analyst's token."""
    out = cluster.grannkarta("token", "create", "--role", "analyst", "--name", name).stdout
    return next(w for w in out.split() if w.startswith("gk_"))
