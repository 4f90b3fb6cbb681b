#!/usr/bin/python3
"""make install puts everything in place, and what it puts there works alone:
the programs with the migrations inside, the sample configuration, the unit."""
import os
import re
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT, Cluster
from tap import contains, diag, is_eq, ok, run


def install(folder):
    done = subprocess.run(["make", "-s", "install", "BUILD=release", f"DESTDIR={folder}"], cwd=ROOT, text=True,
                          capture_output=True)
    if not ok(done.returncode == 0, "make install"):
        diag(done.stdout + done.stderr)


def text(folder, path):
    with open(folder + path, encoding="utf-8") as f:
        return f.read()


def an_installed_tree_works():
    with tempfile.TemporaryDirectory(prefix="gk-install-") as folder:
        install(folder)
        for program in ("grannkartad", "grannkarta"):
            done = subprocess.run([f"{folder}/usr/local/bin/{program}", "--version"], capture_output=True, text=True)
            is_eq((done.returncode, done.stdout.split()[0]), (0, program), f"{program} --version")
        libraries = subprocess.run(["ldd", f"{folder}/usr/local/bin/grannkartad"], capture_output=True, text=True).stdout
        ok("libgdal" not in libraries, "the daemon does not link GDAL")
        unit = text(folder, "/lib/systemd/system/grannkartad.service")
        ok("@" not in re.sub(r"@(system-service|privileged|resources)", "", unit), "the unit's paths are filled in")
        contains(unit, "ExecStart=/usr/local/bin/grannkartad --config /etc/grannkarta/grannkarta.conf", "it starts the daemon")
        sample = folder + "/etc/grannkarta/grannkarta.conf.sample"
        done = subprocess.run([f"{folder}/usr/local/bin/grannkarta", "--config", sample, "config", "check"],
                              capture_output=True, text=True)
        is_eq(done.returncode, 0, "the sample configuration is taken")
        setup = folder + "/usr/local/share/grannkarta/setup-database"
        ok(os.stat(setup).st_mode & stat.S_IXUSR, "setup-database can be run")
        with Cluster(migrate=False) as cluster:
            subprocess.run([setup, "--database", "installed", "-h", cluster.socket, "-U", "postgres"], check=True)
            done = subprocess.run([f"{folder}/usr/local/bin/grannkarta", "--database",
                                   f"host={cluster.socket} dbname=installed", "migrate"],
                                  cwd="/", capture_output=True, text=True)
            is_eq(done.returncode, 0, "grannkarta migrate needs nothing but itself")
            if done.returncode:
                diag(done.stderr)


def every_option_is_in_the_sample_and_in_the_help():
    with open(os.path.join(ROOT, "lib/base/include/base/options.def"), encoding="utf-8") as f:
        names = re.findall(r"^GK_OPTION_\w+\((\w+),", f.read(), re.M)
    binary = os.path.join(ROOT, "build", "release", "bin")
    sample = subprocess.run([binary + "/grannkarta", "config", "sample"], capture_output=True, text=True).stdout
    helped = subprocess.run([binary + "/grannkartad", "--help"], capture_output=True, text=True).stdout
    ok(len(names) > 20, "%d options" % len(names))
    is_eq([n for n in names if f"\n#{n} = " not in sample], [], "all are in the sample")
    is_eq([n for n in names if f"--{n.replace('_', '-')} " not in helped], [], "all are in --help")


run(an_installed_tree_works, every_option_is_in_the_sample_and_in_the_help)
