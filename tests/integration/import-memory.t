#!/usr/bin/python3
"""Memory of an import of incidents does not grow with the file by more than 24
bytes a row: two files of which one has 200,000 rows more. The release build is
measured, as sanitizers keep what was freed. `make bench` measures a million rows
with the lattice of a country."""
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
os.environ["BUILD"] = "release"
import places_files as p
from cluster import Cluster, program
from tap import diag, is_eq, ok, run

MORE = 200000


def write(path, count):
    """The same 100 rows over and over under other case numbers. Not all in memory:
    what this process takes would count as the command's, which begins as its copy."""
    p.write_csv(path, p.incidents(100))
    with open(path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    with open(path, "w", encoding="utf-8") as f:
        f.write(lines[0] + "\n")
        for i in range(count):
            f.write("%s;5000-K%06d-24\n" % (lines[1 + i % 100].rsplit(";", 1)[0], i))
    return path


def peak(db, keys, file, *flags):
    """Bytes at the most, and what was said first."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(into, 1)
        os.close(out)
        os.execv(program("grannkarta"), ["grannkarta", "--database", db.conninfo(), "--key-ring", keys, "import", "incidents", file, *flags])
    os.close(into)
    with os.fdopen(out) as f:
        said = f.read()
    _, status, used = os.wait4(child, 0)
    is_eq(os.waitstatus_to_exitcode(status), 0, "the import of %s succeeds" % os.path.basename(file))
    return used.ru_maxrss * 1024, said.splitlines()[0]


def memory_grows_by_at_most_24_bytes_a_row():
    if not os.path.exists(program("grannkarta")):
        ok(True, "memory # SKIP build/release/bin/grannkarta is not built (make all)")
        return
    with Cluster() as db, tempfile.TemporaryDirectory() as folder:
        p.import_places(db, folder)
        keys = os.path.join(folder, "keys")
        db.grannkarta("key", "create", "--key-ring", keys)
        for kind, flags in (("a first load", ()), ("a dry run", ("--dry-run",)), ("a second import", ())):
            first = flags == () and kind == "a first load"
            # A first load is one only into an empty store.
            few_db, many_db = (db.new_database(), db.new_database()) if first else (db, db)
            if first:
                for each in (few_db, many_db):
                    p.import_places(each, folder)
            few, said = peak(few_db, keys, write(os.path.join(folder, "few.csv"), 2000), *flags)
            ok(said.startswith("read 2,000   "), "2,000 rows are read")
            many, said = peak(many_db, keys, write(os.path.join(folder, "many.csv"), 2000 + MORE), *flags)
            ok(said.startswith("read 202,000   "), "202,000 rows are read")
            diag("%s: %.1f MB, and %.1f bytes for each row more" % (kind, few / 1e6, (many - few) / MORE))
            ok(many - few <= 24 * MORE, "%s: a row takes at most 24 bytes" % kind)
            ok(few <= 64e6, "%s: besides 64 MB, with a small lattice" % kind)


run(memory_grows_by_at_most_24_bytes_a_row)
