#!/usr/bin/python3
"""Every command in README.md works, in the order in which it stands.

`make demo` is run for real on another port (with the files and the look-ups that
the README shows against it); `make test` is what runs this test, so only its
target is checked. Own data are the demo's files under the README's names."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT, Cluster
from tap import diag, is_eq, ok, run


def commands():
    """Lines of the sh blocks of README.md, as lists of lines a block."""
    text = open(os.path.join(ROOT, "README.md"), encoding="utf-8").read()
    return [b.strip().split("\n") for b in re.findall(r"```sh\n(.*?)```", text, re.S)]


def free_ports():
    """A port whose successor is free too."""
    while True:
        with socket.socket() as a, socket.socket() as b:
            a.bind(("127.0.0.1", 0))
            try:
                b.bind(("127.0.0.1", a.getsockname()[1] + 1))
            except OSError:
                continue
            return a.getsockname()[1]


class Demo:
    """make demo in a copy of this checkout: its own .demo, our build.

    The copy is in a folder that only its owner can enter (mkdtemp makes it so),
    at a path of more than 100 characters: PostgreSQL's user must not need it."""

    def __init__(self, folder):
        self.root = os.path.join(folder, "en-" + "lång-" * 12 + "väg", "och-" + "vidare-" * 6, "checkout")
        os.makedirs(self.root)
        for name in os.listdir(ROOT):
            if name not in (".demo", ".git", "build"):
                os.symlink(os.path.join(ROOT, name), os.path.join(self.root, name))
        for name in ("deploy", "Makefile"):  # deploy/demo finds its root by its own path
            os.unlink(os.path.join(self.root, name))
        shutil.copytree(os.path.join(ROOT, "deploy"), os.path.join(self.root, "deploy"))
        shutil.copy(os.path.join(ROOT, "Makefile"), self.root)
        os.makedirs(os.path.join(self.root, "build"))
        os.symlink(os.path.join(ROOT, "build", "release"), os.path.join(self.root, "build", "release"))
        self.port = free_ports()

    def start(self):
        self.process = subprocess.Popen(["make", "demo", f"PORT={self.port}"], cwd=self.root, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True, preexec_fn=ignore_sigint)
        self.lines, self.ready = [], threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.ready.wait(900)
        return any("Ctrl-C stops" in l for l in self.lines)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if "Ctrl-C stops" in line:
                self.ready.set()
        self.ready.set()

    def stop(self, number):
        os.killpg(self.process.pid, number)
        self.process.wait(60)
        self.reader.join(10)


def ignore_sigint():
    """As a shell does for what it runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def processes(folder):
    return subprocess.run(["pgrep", "-f", folder], capture_output=True, text=True).stdout


def environment(**more):
    path = os.path.join(ROOT, "build", "release", "bin") + ":" + os.environ["PATH"]
    return dict(os.environ, PATH=path, **more)


def the_demo_and_what_is_shown_of_it():
    blocks = commands()
    is_eq(blocks[0], ["make demo"], "the first command is make demo")
    is_eq(blocks[1], ["make test"], "the second is make test")
    ok(os.path.exists(os.path.join(ROOT, "tests", "lib", "run-tests")), "which is what runs this")
    with tempfile.TemporaryDirectory(prefix="gk-readme-") as folder:
        demo = Demo(folder)
        try:
            if not ok(demo.start(), "make demo reaches its ready line"):
                diag("".join(demo.lines[-40:]))
                return
            ok(os.path.getsize(os.path.join(demo.root, ".demo", "analyst.token")) > 20, "the analyst's token is there")
            for line in blocks[2] + blocks[3]:
                line = line.replace(":8080", ":%d" % demo.port)
                done = subprocess.run(["bash", "-c", line], cwd=demo.root, capture_output=True, text=True,
                                      env=environment(), timeout=300)
                good = done.returncode == 0 and '"status":4' not in done.stdout.replace(" ", "")
                if not ok(good, line):
                    diag(done.stdout[-2000:] + done.stderr[-2000:])
            ok(os.path.getsize(os.path.join(demo.root, "cells.gpkg")) > 100000, "cells.gpkg has the cells")
            ok(os.path.getsize(os.path.join(demo.root, "rates-2025.gpkg")) > 100000, "rates-2025.gpkg has the districts")
            files = os.path.join(demo.root, ".demo", "files")
            for link, name in (("regso.gpkg", "districts-regso.gpkg"), ("kommun.gpkg", "districts-kommun.gpkg"),
                               ("addresses.gpkg", "addresses.gpkg"), ("watch-areas.geojson", "watch-areas.geojson"),
                               ("export.csv", "incidents.csv")):
                shutil.copy(os.path.join(files, name), os.path.join(folder, link))
        finally:
            demo.stop(signal.SIGINT)
        is_eq(processes(demo.root), "", "Ctrl-C leaves no process, though SIGINT was ignored at the start")
        started = time.monotonic()
        try:
            ok(demo.start(), "a second run reaches its ready line")
            diag("the second run took %.1f s" % (time.monotonic() - started))
            ok(not any("Inventing" in l for l in demo.lines), "from what the first one made")
            second = Demo(os.path.join(folder, "other"))
            is_eq(taken_port(second, demo.port), True, "a demo on a taken port says so and ends")
        finally:
            demo.stop(signal.SIGTERM)
        is_eq(processes(demo.root), "", "SIGTERM leaves no process")
        own_data(blocks[4], folder)
        subprocess.run([os.path.join(ROOT, "deploy", "private-cluster"), "destroy",
                        os.path.join(demo.root, ".demo", "cluster")], stdout=subprocess.DEVNULL)


def taken_port(demo, port):
    demo.port = port
    return not demo.start() and any(str(port) in l and "taken" in l for l in demo.lines)


def own_data(lines, folder):
    """The import of one's own data, to a served release."""
    with Cluster(migrate=False) as cluster:
        env = environment(GRANNKARTA_DATABASE=cluster.conninfo(), GRANNKARTA_KEY_RING=os.path.join(folder, "keys"),
                          GRANNKARTA_AUDIT_LOG=os.path.join(folder, "audit.log"),
                          GRANNKARTA_PORT="0", GRANNKARTA_OPERATIONS_PORT="0")
        for line in lines[:-1]:
            done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, env=env, timeout=600)
            if not ok(done.returncode == 0, line):
                diag(done.stdout[-2000:] + done.stderr[-2000:])
        is_eq(lines[-1], "grannkartad", "the last command serves it")
        daemon = subprocess.Popen(lines[-1:], cwd=folder, env=env, stderr=subprocess.PIPE, text=True)
        served = any("event=listening" in line for line in iter(daemon.stderr.readline, ""))
        ok(served, "grannkartad listens")
        daemon.terminate()
        daemon.stderr.read()
        is_eq(daemon.wait(30), 0, "and ends when asked to")


run(the_demo_and_what_is_shown_of_it)
