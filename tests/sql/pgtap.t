#!/usr/bin/python3
"""Runs every tests/sql/*.sql, each in a fresh migrated database with pgTAP, as
subtests of one file."""
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from cluster import Cluster
from tap import diag, done, ok

with Cluster() as cluster:
    for path in sorted(glob.glob(os.path.join(HERE, "*.sql"))):
        database = cluster.new_database()
        database.execute("CREATE EXTENSION pgtap SCHEMA public")
        process = subprocess.run(["psql", "-XAtq", "-P", "pager=off", "-d", database.conninfo("postgres"), "-f", path],
                                 text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = process.stdout.splitlines()
        for line in lines:
            print("    " + line, flush=True)
        plan = [int(m[1]) for m in (re.match(r"1\.\.(\d+)$", l) for l in lines) if m]
        good = sum(1 for l in lines if re.match(r"ok \d+", l))
        bad = [l for l in lines if l.startswith("not ok") or "ERROR:" in l]
        name = os.path.basename(path)
        if not ok(process.returncode == 0 and not bad and plan == [good], "%s: %d assertions" % (name, good)):
            diag("exit %d, plan %s\n%s" % (process.returncode, plan, "\n".join(bad)))
done()
