#!/usr/bin/python3
"""What commands answer, as text and with --json, and how they say how far they are:
on a terminal, in a log, as JSON. The two forms of a report are compared value by
value; what is on a terminal is read from a pseudo-terminal."""
import json
import os
import pty
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import Cluster, program
from tap import contains, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()


def path(name):
    return os.path.join(folder.name, name)


def leaves(value):
    """Every value in a report but names, nulls and booleans."""
    if isinstance(value, dict):
        return [leaf for v in value.values() for leaf in leaves(v)]
    if isinstance(value, list):
        return [leaf for v in value for leaf in leaves(v)]
    return [] if value is None or isinstance(value, bool) else [value]


def shown(value):
    """How a value may stand in the text."""
    return [value] if isinstance(value, str) else ["%s" % value, "{:,}".format(value), "%g" % value]


def same(text, report, name, only_json=()):
    """Every value of the JSON is in the text, in the order of the text, whole."""
    report = {k: v for k, v in report.items() if k not in ("command", "status") + tuple(only_json)}
    missing = [v for v in leaves(report) if not any(re.search(r"(?<![\w,.-])%s(?![\w]|[,.]\d)" % re.escape(s), text) for s in shown(v))]
    ok(len(leaves(report)) > 2, "%s: %d values" % (name, len(leaves(report))))
    is_eq(missing, [], name + ": each is in the text")


def lists_and_summaries_say_the_same_in_both_forms():
    p.import_places(cluster, folder.name)
    grannkarta = lambda *a: cluster.grannkarta("--key-ring", path("keys"), *a)
    grannkarta("key", "create")
    grannkarta("import", "incidents", p.write_csv(path("export.csv"), p.incidents(120)))
    grannkarta("publish", "--through", "2024-04")
    grannkarta("publish", "--through", "2024-05")
    grannkarta("token", "create", "--role", "analyst", "--name", "Åsa \"Öst\"")
    grannkarta("token", "create", "--role", "analyst", "--name", "Bo", "--days", "3")
    grannkarta("token", "revoke", "1")
    for command in (["releases"], ["revisions"], ["token", "list"], ["lattice", "show"]):
        name = " ".join(command)
        report = json.loads(grannkarta(*command, "--json").stdout)
        is_eq((report["command"], report["status"]), (name, "OK"), name + ": what it is")
        # The end of a revoked token is of no use in a line.
        if command[0] == "token":
            for row in report["tokens"]:
                row["ends"] = None if row["revoked"] else row["ends"]
        same(grannkarta(*command).stdout, report, name)
    is_eq([len(json.loads(grannkarta(c, "--json").stdout)[c]) for c in ("releases", "revisions")], [2, 1], "all rows are there")


def imports_say_the_same_in_both_forms():
    db = cluster.new_database()
    p.write(path("regso.geojson"), p.districts())
    p.write(path("dwellings.geojson"), p.dwellings())
    p.write(path("watch.geojson"), p.watch_areas())
    db.grannkarta("import", "districts", path("regso.geojson"), "--set", "regso", "--base", "--inhabitants-year", 2023)
    file_facts = ("crs", "has_unknown_datum", "flattened", "stroked", "collections", "repaired", "rejected", "rejects_file", "ended",
                  "points_outside", "dwellings_outside", "is_known")
    for arguments in (["districts", path("regso.geojson"), "--set", "lpo", "--inhabitants-year", 2023], ["dwellings", path("dwellings.geojson")],
                      ["watch-areas", path("watch.geojson")]):
        text = db.grannkarta("import", *arguments, "--dry-run").stdout
        report = json.loads(db.grannkarta("import", *arguments, "--dry-run", "--json").stdout)
        same(text, report, "import " + arguments[0], file_facts)
        is_eq([report[k] for k in ("rejected", "repaired")], [0, 0], arguments[0] + ": what the text leaves out is nothing")


def every_command_that_reports_says_so_in_its_help():
    names = [line[2:24].strip() for line in cluster.grannkarta("help").stdout.split("Commands:\n")[1].split("\n\n")[0].splitlines()]
    ok(len(names) > 15, "%d commands" % len(names))
    without = [n for n in names if "--json" not in cluster.grannkarta("help", *n.split()).stdout]
    # What prints a file, a yes, and a secret that is shown once.
    is_eq([n for n in without if not n.endswith(" sample") and n not in ("config check", "token create")], [],
          "all take --json but %s" % ", ".join(without))


def a_failure_is_one_object_too():
    db = cluster.new_database()
    done = db.grannkarta("lattice", "show", "--json", check=False)
    report = json.loads(done.stdout)
    is_eq((done.returncode != 0, report["command"], report["status"]), (True, "lattice show", "NOT_FOUND"), "on standard output")
    event = json.loads(done.stderr.splitlines()[-1])
    is_eq(event, {"event": "error", "status": "NOT_FOUND", "message": report["message"]}, "and as an event")
    contains(db.grannkarta("lattice", "show", check=False).stderr, "grannkarta: " + report["message"], "the same as in words")


def progress_is_lines_in_a_log_and_events_with_json():
    done = cluster.grannkarta("synth", path("synth"), "--dwellings", 500, "--incidents", 50, "--years", 1)
    # A machine that is slow enough shows lines on the way too.
    lines = [line for line in done.stderr.splitlines() if " in " in line]
    ok(len(lines) >= 3 and all(re.fullmatch(r"[\w .-]+: [\d,]+ \w+ in \d+ (s|min \d+ s)", line) for line in lines),
       "a line for each step that counts: " + lines[0])
    ok("\r" not in done.stderr and "\033" not in done.stderr, "without control characters")
    done = cluster.grannkarta("synth", path("synth"), "--dwellings", 500, "--incidents", 50, "--years", 1, "--json")
    events = [json.loads(line) for line in done.stderr.splitlines()]
    ok(events and all(e["event"] in ("progress", "step_end") and e["command"] == "synth" for e in events), "events with --json")
    written = [e for e in events if e["step"] == "writing addresses.gpkg" and e["event"] == "step_end"]
    is_eq([e["done"] for e in written], [json.loads(done.stdout)["addresses"]], "the last one counts what the report says")


def progress_on_a_terminal_is_one_line_rewritten():
    master, slave = pty.openpty()
    done = subprocess.run([program("grannkarta"), "synth", path("synth"), "--dwellings", "500", "--incidents", "50", "--years", "1"],
                          stdout=subprocess.PIPE, stderr=slave, text=True)
    os.close(slave)
    screen = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        screen += part
    os.close(master)
    is_eq(done.returncode, 0, "it works on a terminal")
    text = screen.decode()
    ok(text.count("\r\033[K") >= 3, "each line begins by wiping the one before")
    ok(text.endswith("\n"), "and the last one ends")
    ok("wrote" in done.stdout and "\033" not in done.stdout, "the report is apart")


try:
    run(lists_and_summaries_say_the_same_in_both_forms, imports_say_the_same_in_both_forms,
        every_command_that_reports_says_so_in_its_help, a_failure_is_one_object_too,
        progress_is_lines_in_a_log_and_events_with_json, progress_on_a_terminal_is_one_line_rewritten)
finally:
    cluster.__exit__()
    folder.cleanup()
