#!/usr/bin/python3
"""deploy/private-cluster and deploy/setup-database: what the demo and every other
test stand on."""
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT
from tap import contains, is_eq, ok, run

PROGRAM = os.path.join(ROOT, "deploy", "private-cluster")


def call(*arguments):
    """Output is read to its end: a server that held our pipe would hang here."""
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60)


def ask(conninfo, *statements):
    commands = [word for sql in statements for word in ("-c", sql)]
    return subprocess.run(["psql", "-XAtq", "-d", conninfo, *commands], capture_output=True, text=True)


def has_ended(pid):
    """Gone, or a zombie that only its parent can remove."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def a_cluster_lives_through_starts_stops_and_crashes():
    with tempfile.TemporaryDirectory() as folder:
        # Longer than a socket's path may be, and closed to everybody else.
        directory = os.path.join(folder, "x" * 120, "cluster")
        os.makedirs(directory)
        os.chmod(folder, 0o700)
        try:
            started = call("start", directory, "--fast")
            is_eq(started.returncode, 0, "started " + started.stderr)
            conninfo = started.stdout.strip()
            is_eq(call("conninfo", directory).stdout.strip(), conninfo, "conninfo says it again")
            is_eq(ask(conninfo + " dbname=postgres", "SHOW listen_addresses").stdout.strip(), "", "no network socket")
            home = os.path.realpath(os.path.join(directory, "cluster"))
            status = os.stat(home)
            is_eq(stat.S_IMODE(status.st_mode), 0o700, "its folder is closed to others")
            if os.getuid() == 0:
                ok(status.st_uid != 0, "and root's cluster is not run by root")
            ask(conninfo + " dbname=postgres", "CREATE TABLE kept (a int)")
            before = time.monotonic()
            is_eq(call("start", directory).stdout.strip(), conninfo, "a second start is the same cluster")
            ok(time.monotonic() - before < 3, "and is quick")

            with open(os.path.join(home, "data", "postmaster.pid")) as f:
                pid = int(f.readline())
            is_eq(call("stop", directory).returncode, 0, "stopped")
            ok(has_ended(pid), "its process is gone")
            is_eq(call("stop", directory).returncode, 0, "stopping twice is no error")
            is_eq(call("start", directory).stdout.strip(), conninfo, "started again")
            is_eq(ask(conninfo + " dbname=postgres", "SELECT count(*) FROM kept").stdout.strip(), "0", "with its data")

            # A crash leaves a process id that something else may have by now.
            with open(os.path.join(home, "data", "postmaster.pid")) as f:
                lines = f.readlines()
            os.kill(int(lines[0]), signal.SIGKILL)
            while ask(conninfo + " dbname=postgres", "SELECT 1").returncode == 0:
                pass
            other = subprocess.Popen(["sleep", "600"], user=status.st_uid if os.getuid() == 0 else None)
            try:
                with open(os.path.join(home, "data", "postmaster.pid"), "w") as f:
                    f.writelines(["%d\n" % other.pid] + lines[1:])
                again = call("start", directory)
                is_eq(again.returncode, 0, "started after a crash, over another's process id " + again.stderr)
                is_eq(ask(conninfo + " dbname=postgres", "SELECT count(*) FROM kept").stdout.strip(), "0", "with its data")
                ok(other.poll() is None, "and the other process was left alone")
            finally:
                other.kill()
                other.wait()
            is_eq(call("destroy", directory).returncode, 0, "destroyed")
            ok(not os.path.exists(home) and not os.path.exists(directory), "nothing of it is left")
            contains(call("conninfo", directory).stderr, "no cluster", "and it says so")
        finally:
            call("destroy", directory)


def a_folder_that_is_not_ours_is_not_used():
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir="/tmp", prefix="gk-fake-") as fake:
        os.makedirs(os.path.join(fake, "data"))
        with open(os.path.join(fake, "data", "PG_VERSION"), "w") as f:
            f.write("15\n")
        os.chmod(fake, 0o755)
        os.symlink(fake, os.path.join(folder, "cluster"))
        started = call("start", folder, "--fast")
        try:
            ok(started.returncode == 0 and fake not in started.stdout, "a folder open to others is not taken for the cluster")
            ok(os.path.exists(os.path.join(fake, "data", "PG_VERSION")), "nor removed")
        finally:
            call("destroy", folder)


def set_up_can_run_twice_and_beside_another_database():
    with tempfile.TemporaryDirectory() as folder:
        try:
            conninfo = call("start", folder, "--fast").stdout.strip()
            socket = conninfo.split()[0].split("=")[1]
            for name in ("one", "one", "two"):
                done = subprocess.run([os.path.join(ROOT, "deploy", "setup-database"), "--database", name, "-h", socket, "-U", "postgres"],
                                      capture_output=True, text=True)
                is_eq((done.returncode, done.stdout, done.stderr), (0, "", ""), "set up " + name + ", quietly")
            one = "host=%s dbname=one user=" % socket
            is_eq(ask(one + "grannkarta", "SELECT 1").stdout.strip(), "1", "the daemon's login enters")
            contains(ask(one + "grannkarta", "CREATE TABLE public.x (a int)").stderr, "ERROR", "and cannot make a table")
            contains(ask(one + "grannkarta", "SET default_transaction_read_only = off", "CREATE TABLE public.x (a int)").stderr,
                     "permission denied", "whatever it sets")
            contains(ask(one + "grannkarta_admin", "CREATE TABLE grannkarta.x (a int)").stderr, "permission denied",
                     "the command's login can do nothing by itself")
            is_eq(ask(one + "grannkarta_admin", "SET ROLE grannkarta_owner", "CREATE TABLE grannkarta.x (a int)").returncode, 0,
                  "but as the owner")
            ask(conninfo + " dbname=postgres", "CREATE ROLE stranger LOGIN")
            contains(ask(one + "stranger", "SELECT 1").stderr, "permission denied for database", "strangers do not enter")
        finally:
            call("destroy", folder)


run(a_cluster_lives_through_starts_stops_and_crashes,
    a_folder_that_is_not_ours_is_not_used,
    set_up_can_run_twice_and_beside_another_database)
