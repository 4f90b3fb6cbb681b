#!/usr/bin/python3
"""reconcile: our totals beside a table of official ones. Ours are counted here from
the rows of the imported file."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import places_files as p
from cluster import ROOT, Cluster
from tap import contains, is_eq, ok, run

folder = tempfile.TemporaryDirectory()
cluster = Cluster().__enter__()
KEYS = os.path.join(folder.name, "keys")


def table(text, name="official.csv", encoding="utf-8"):
    with open(os.path.join(folder.name, name), "wb") as f:
        f.write(text.encode(encoding))
    return os.path.join(folder.name, name)


def prepare():
    """60 rows of 2024, some reported in 2025, two of holiday homes, three without a
    place, one rejected."""
    cluster.grannkarta("key", "create", "--key-ring", KEYS)
    p.import_places(cluster, folder.name)
    global ROWS
    ROWS = p.incidents(60)
    for r in ROWS[:4]:
        r["Inskrivningsdatum"] = "2025-01-03"
    for r in ROWS[10:12]:
        r["BROTTSKOD"] = "0826"
    for r in ROWS[20:23]:
        r["SWEREF N"] = r["SWEREF E"] = ""
        r["Antal"] = "2"
    bad = dict(ROWS[0], BROTTSKOD="1201", DIARIENR="X 1")
    cluster.grannkarta("--key-ring", KEYS, "import", "incidents", p.write_csv(os.path.join(folder.name, "r.csv"), ROWS + [bad]),
                       "--on-reject=skip", "--data-through", "2025-01-31")


def ours(codes, year="2024", column="Inskrivningsdatum"):
    return sum(int(r["Antal"]) for r in ROWS if r["BROTTSKOD"] in codes and r[column].startswith(year))


VILLA, FLAT = ("9801", "0857"), ("9802", "0874")


def equal_totals_are_no_failure():
    text = "År;Kommun;Kod;Antal\n2024;1272;bra;%d\n2024;Bromölla;polisen;%d\n2024;bromölla kommun;villa;%d\n" \
           "2024;1272;Lägenhet;%d\n2024;1272;857;%d\n2025;1272;bra;%d\n" \
        % (ours(VILLA + FLAT), ours(VILLA + FLAT + ("0826",)), ours(VILLA), ours(FLAT), ours(("0857",)),
           ours(VILLA + FLAT, "2025"))
    for encoding in ("utf-8", "cp1252", "utf-8-sig"):
        done = cluster.grannkarta("reconcile", table(text, encoding=encoding), check=False)
        is_eq(done.returncode, 0, "all are equal, by code and name, in %s" % encoding)
    is_eq(done.stdout.count("difference 0"), 6, "each is said")
    contains(done.stdout, "of ours without a place 6", "with those that have no place, which are counted")
    contains(done.stdout, "data end before the year 2025 does", "what explains differences: the data's end")
    contains(done.stdout, "1 rows were rejected", "and what was rejected")
    out = json.loads(cluster.grannkarta("reconcile", table(text), "--json", "--year", "2024").stdout)
    is_eq([(r["year"], r["municipality"], r["what"], r["ours"], r["official"], r["difference"]) for r in out["rows"]][0],
          (2024, "1272", "bra", ours(VILLA + FLAT), ours(VILLA + FLAT), 0), "JSON has it too")
    is_eq(len(out["rows"]), 5, "of the year asked for")


def differences_count_beyond_the_tolerance():
    n = ours(VILLA + FLAT)
    file = table("year,municipality,count\n2024,1272,%d\n" % (n - 3))
    done = cluster.grannkarta("reconcile", file, check=False)
    is_eq(done.returncode, 4, "three too many: exit code 4")
    contains(done.stdout, "ours %d  official %d  difference 3" % (n, n - 3), "with the difference")
    contains(done.stderr, "1 of 1 rows differ by more than 0", "and why it failed")
    for tolerance, code in (("2", 4), ("3", 0), ("1%", 4), ("50%", 0)):
        is_eq(cluster.grannkarta("reconcile", file, "--tolerance", tolerance, check=False).returncode, code,
              "tolerance %s" % tolerance)
    by_event = ours(VILLA + FLAT, column="BROTTSDATUMTID_START")
    file = table("year,municipality,count\n2024,1272,%d\n" % by_event)
    is_eq(cluster.grannkarta("reconcile", file, "--by", "event", check=False).returncode, 0, "by the day of the event")
    is_eq(cluster.grannkarta("reconcile", file, check=False).returncode, 4, "which is another number")
    before = cluster.query("SELECT * FROM incident ORDER BY 1") + cluster.query("SELECT * FROM state")
    cluster.grannkarta("reconcile", file, "--definition", "fullbordade", check=False)
    is_eq(cluster.query("SELECT * FROM incident ORDER BY 1") + cluster.query("SELECT * FROM state"), before, "nothing is written")


def a_table_that_cannot_be_compared_is_refused():
    for text, why in (("", "empty"), ("a;b;c\n1;2;3\n", 'no column "year"'), ("år;kommun\n2024;1272\n", 'no column "count"'),
                      ("år;kommun;antal\n1850;1272;3\n", 'line 2: year "1850"'),
                      ("år;kommun;antal\n2024;1272;tre\n", 'line 2: count "tre"'),
                      ("år;kommun;antal\n2024;Flen;3\n", 'line 2: municipality "Flen"'),
                      ("år;kommun;kod;antal\n2024;1272;rån;3\n", 'line 2: what is counted is "rån"')):
        done = cluster.grannkarta("reconcile", table(text), check=False)
        is_eq(done.returncode, 4, "refused: " + why)
        contains(done.stderr, why, "with the reason")
    ok(cluster.grannkarta("reconcile", "/nonexistent", check=False).returncode != 0, "no file")
    for bad in ("x", "-1", "5%%", "nan"):
        done = cluster.grannkarta("reconcile", table("år;kommun;antal\n2024;1272;3\n"), "--tolerance=" + bad, check=False)
        is_eq(done.returncode, 2, "no tolerance: " + bad)
    done = cluster.grannkarta("reconcile", table("år;kommun;antal\n2024;1272;3\n"), "--year", "2020", check=False)
    contains(done.stderr, "no row of that year", "a year that the table has not")


def the_guide_s_command_and_table_work():
    with open(os.path.join(ROOT, "deploy", "README.md"), encoding="utf-8") as f:
        section = f.read().split("## Comparing with official figures\n")[1].split("\n## ")[0]
    command, sample = re.search(r"```sh\n(.*?)\n```", section, re.S)[1], re.search(r"```\n(år;.*?)```", section, re.S)[1]
    table(sample)
    words = command.split()
    is_eq(words[:3], ["grannkarta", "reconcile", "official.csv"], "the guide has the command")
    done = cluster.grannkarta("reconcile", os.path.join(folder.name, "official.csv"), *words[3:], check=False)
    contains(done.stdout, "2024  1272  bra  ours %d  official 58" % ours(VILLA + FLAT), "it reads the guide's table")
    contains(done.stdout, "2024  1272  polisen  ours %d  official 60" % ours(VILLA + FLAT + ("0826",)), "all of it")


try:
    prepare()
    run(equal_totals_are_no_failure, differences_count_beyond_the_tolerance, a_table_that_cannot_be_compared_is_refused,
        the_guide_s_command_and_table_work)
finally:
    cluster.__exit__()
    folder.cleanup()
