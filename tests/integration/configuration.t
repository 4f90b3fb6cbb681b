#!/usr/bin/python3
"""Which configuration both programs read when none is named: that of the system,
/etc/grannkarta/grannkarta.conf or where SYSCONFDIR says. Tried in a mount
namespace of its own, in which /etc has nothing else."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT, program
from tap import contains, is_eq, ok, run

FILE = "/etc/grannkarta/grannkarta.conf"


def alone(command, contents, **environment):
    """Runs a shell command with that as the system's file (None: there is none)."""
    script = ("mount -t tmpfs none /mnt && cp -a /etc/alternatives /etc/ld.so.cache /etc/passwd /mnt/ && mount --move /mnt /etc && "
              "mkdir /etc/grannkarta && ")  # alternatives: where libraries are
    if contents is not None:
        script += "printf '%s' > " + FILE + " && "
    flags = ["-m"] if os.geteuid() == 0 else ["-rm"]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GRANNKARTA_")}
    return subprocess.run(["unshare", *flags, "sh", "-c", script.replace("%s", contents or "") + command], text=True,
                          capture_output=True, env=dict(inherited, **environment))


def the_system_s_file_is_read_when_none_is_named():
    command, daemon = program("grannkarta") + " config check", program("grannkartad")
    for what in (command, daemon):
        done = alone(what, "colour = red\\n")
        is_eq(done.returncode, 2, os.path.basename(what.split()[0]) + " reads it")
        contains(done.stderr, FILE + ":1:", "and names it in the message")
    is_eq(alone(command, "title = Test\\n").returncode, 0, "a good one is taken")
    is_eq(alone(command, None).returncode, 0, "none need be there")


def another_file_or_none_can_be_named():
    command = program("grannkarta") + " config check"
    is_eq(alone(command, "colour = red\\n", GRANNKARTA_CONFIG="").returncode, 0, "GRANNKARTA_CONFIG= : no file")
    with tempfile.TemporaryDirectory() as folder:
        named = os.path.join(folder, "mine.conf")
        with open(named, "w") as f:
            f.write("\ncolour = blue\n")
        for done in (alone(command, "title = Test\\n", GRANNKARTA_CONFIG=named),
                     alone(command + " --config " + named, "title = Test\\n")):
            contains(done.stderr, named + ":2:", "the one named is read")
            ok(FILE not in done.stderr, "and not the system's")


def the_value_of_the_file_is_used():
    done = alone(program("grannkarta") + " releases", "database = host=/nowhere dbname=from-the-file\\n")
    contains(done.stderr, "/nowhere", "the database is that of the file")
    done = alone(program("grannkarta") + " releases", "database = host=/nowhere dbname=from-the-file\\n",
                 GRANNKARTA_DATABASE="host=/elsewhere dbname=x")
    contains(done.stderr, "/elsewhere", "the environment goes before it")


def sysconfdir_moves_it():
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["make", "-s", "OUT=" + folder, "SYSCONFDIR=/srv/settings", folder + "/lib/base/options.o"], cwd=ROOT,
                              capture_output=True, text=True)
        is_eq((done.returncode, done.stderr), (0, ""), "the options are compiled for another place")
        with open(folder + "/lib/base/options.o", "rb") as f:
            code = f.read()
    is_eq((b"/srv/settings/grannkarta/grannkarta.conf" in code, FILE.encode() in code), (True, False), "and look there")


if subprocess.run(["unshare", *(["-m"] if os.geteuid() == 0 else ["-rm"]), "mount", "-t", "tmpfs", "none", "/etc"],
                  capture_output=True).returncode != 0:
    print("1..0 # SKIP no mount namespace can be made here")
    sys.exit(0)
run(the_system_s_file_is_read_when_none_is_named, another_file_or_none_can_be_named, the_value_of_the_file_is_used,
    sysconfdir_moves_it)
