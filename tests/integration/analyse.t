#!/usr/bin/python3
"""`grannkarta analyse`: the analyst's own files. The results are held against the
tables of tests/golden (R; each says its source), and, where the folder ../shared/golden
of the project's makers is there, against every column that it has for them."""
import csv
import glob
import json
import math
import os
import random
import re
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from cluster import ROOT, program
from tap import contains, diag, is_eq, is_near, ok, run

folder = tempfile.TemporaryDirectory()
GOLDEN = os.path.join(ROOT, "tests", "golden")
SHARED = os.path.join(os.path.dirname(ROOT), "shared", "golden")
WINDOW = ["--size", "200", "--bbox", "674000,6580000,684000,6588000"]
# Places that must be in no message.
SECRET = "678128.9", "6586174.2"


def path(name):
    return os.path.join(folder.name, name)


def table(name):
    """Rows of a golden table; its last comment is the heading."""
    lines = open(os.path.join(GOLDEN, name), encoding="utf-8").read().splitlines()
    heading = [l for l in lines if l.startswith("#")][-1][1:].split("\t")
    return [dict(zip(heading, l.split("\t"))) for l in lines if l and not l.startswith("#")]


def write(name, heading, rows, delimiter=","):
    with open(path(name), "w", encoding="utf-8") as f:
        f.write("\n".join([delimiter.join(heading)] + [delimiter.join(str(v) for v in r) for r in rows]) + "\n")
    return path(name)


def points_file(name="points.csv"):
    return write(name, ["id", "x", "y", "day"],
                 [[i, r["x"], r["y"], r["day"]] for i, r in enumerate(table("points.tsv"))])


def call(*arguments, environment=None):
    """Runs the command where no database is; what happens to files is looked at by the caller."""
    environment = dict(environment or {}, PATH="/usr/bin:/bin", GRANNKARTA_DATABASE="host=/nowhere", HOME=folder.name,
                       **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    return subprocess.run([program("grannkarta"), "analyse", *map(str, arguments)], cwd=folder.name,
                          capture_output=True, text=True, env=environment, timeout=600)


def analyse(method, source, *arguments, out=None):
    """The rows of the result, and the report."""
    out = path(out or "out-%s.csv" % method)
    done = call(method, "--in", source, "--out", out, "--overwrite", "--json", *arguments)
    if not ok(done.returncode == 0, "%s %s: exit code 0" % (method, " ".join(map(str, arguments)))):
        diag(done.stderr)
    return list(csv.DictReader(open(out, newline="", encoding="utf-8"))), json.loads(done.stdout)


def number(text):
    return math.nan if text in ("", "NA", "NaN") else float(text)


def same(a, b, tolerance):
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= tolerance * max(abs(b), 1e-300)


def agrees(rows, golden, columns, name, tolerance=1e-9):
    """Each column, row by row; columns: ours, or (ours, golden's)."""
    is_eq(len(rows), len(golden), "%s: %d rows" % (name, len(golden)))
    for column in columns:
        ours, theirs = column if isinstance(column, tuple) else (column, column)
        wrong = [i for i, (a, b) in enumerate(zip(rows, golden))
                 if not same(number(a[ours]), number(b[theirs]), tolerance)]
        is_eq([(i, rows[i][ours], golden[i][theirs]) for i in wrong[:3]], [], "%s: %s" % (name, ours))


def shared(name):
    """Rows of a table of ../shared/golden/out; None where it is not, and a test says so."""
    file = os.path.join(SHARED, "out", name)
    if not os.path.exists(file):
        ok(True, "SKIP: ../shared/golden/out/%s is not there" % name)
        return None
    return list(csv.DictReader(open(file, newline="", encoding="utf-8")))


# --- Points ---------------------------------------------------------------------------


def counts_agree_with_golden_values():
    rows, report = analyse("counts", points_file(), *WINDOW)
    agrees(rows, table("squares.tsv"), ["cell", "i", "j", "count"], "counts")
    is_eq((rows[51]["x"], rows[51]["y"]), ("674300", "6580300"), "the centre of a square")
    is_eq(sum(int(r["count"]) for r in rows), report["points"], "the report has the sum")
    contains(report["label"], "descriptive", "it is labelled")
    golden = shared("grid_counts.csv")
    if golden:
        rows, _ = analyse("counts", os.path.join(SHARED, "in", "points.csv"), *WINDOW)
        agrees(rows, golden, list(golden[0]), "counts of the shared file")


def counts_sum_a_column_and_find_a_window():
    source = write("few.csv", ["X", "Y", "Antal"], [[10, 10, 3], [260, 10, 2], [249.99, 240, 1]], ";")
    rows, report = analyse("counts", source, "--count", "antal")
    is_eq([(r["x"], r["y"], r["count"]) for r in rows], [("125", "125", "4"), ("375", "125", "2")], "250 m, from 0, 0")
    rows, report = analyse("counts", source, "--bbox", "0,0,250,250", "--count", "antal")
    is_eq((report["outside"], report["count"], report["points"]), (1, 4, 2), "outside is told")
    empty = write("empty.csv", ["x", "y"], [])
    rows, _ = analyse("counts", empty, "--bbox", "0,0,500,500")
    is_eq([r["count"] for r in rows], ["0"] * 4, "no points: every square is a row")


def densities_agree_with_golden_values():
    golden = table("kde.tsv")
    rows, report = analyse("kde", points_file(), *WINDOW, "--bandwidth", 800, "--years", 2)
    agrees(rows, golden, ["cell", ("density", "quartic_h800_binned_norm")], "quartic")
    is_eq(list(rows[0]), ["cell", "x", "y", "density"], "its columns")
    contains(report["label"], "descriptive", "it is labelled")
    is_near(report["scott_e_m"], 914, 0, "Scott's rule east (spatstat's bw.scott: 913.7)")
    gaussian = ["--kernel", "gaussian", "--bandwidth", 300, "--years", 2]
    rows, _ = analyse("kde", points_file(), *WINDOW, *gaussian, "--no-cut")
    agrees(rows, golden, ["cell", ("density", "gauss_s300_cellmean")], "Gaussian without a cut")
    cut, _ = analyse("kde", points_file(), *WINDOW, *gaussian)
    total, with_cut = (sum(number(r["density"]) for r in t) for t in (rows, cut))
    ok(0 < total - with_cut < 2e-6 * total, "with the cut a millionth is lost")
    shared_kde = shared("kde.csv")
    if shared_kde:
        agrees(rows, shared_kde, ["cell", "x", "y", ("density", "gauss_s300_cellmean")], "Gaussian, shared")


def points_beyond_the_border_are_felt():
    source = write("border.csv", ["x", "y"], [[-150, 50]])
    inner, _ = analyse("kde", source, "--size", 100, "--bbox", "0,0,300,100", "--bandwidth", 400, "--years", 1)
    outer, _ = analyse("kde", source, "--size", 100, "--bbox=-500,0,300,100", "--bandwidth", 400, "--years", 1)
    is_eq([r["density"] for r in inner], [r["density"] for r in outer[5:]], "as in the wider window")
    ok(float(inner[0]["density"]) > 0, "and it is not nothing")
    done = call("kde", "--in", source, "--out", path("narrow.csv"), "--bandwidth", 400, "--years", 1)
    contains(done.stdout, "less than 3 squares", "a narrow bandwidth is warned of")


def gistar_agrees_with_golden_values():
    columns = ["cell", "x", "k", "z", "total_exact_p_upper", "perm_exact_p_upper"]
    for weights, name in (("queen", "queen"), ("rook", "rook"), ("distance:450", "d450")):
        rows, report = analyse("gistar", points_file(), *WINDOW, "--weights", weights)
        agrees(rows, table("gistar_%s.tsv" % name), columns, name)
        contains(report["label"], "assumes equal exposure", "it is labelled")
        golden = shared("gistar_%s.csv" % name)
        if golden:
            agrees(rows, golden, columns + ["bh_total_exact", "bh_perm_exact"], name + ", shared")
            is_eq(report["hot"], sum(number(r["bh_total_exact"]) <= 0.05 for r in golden), name + ": hot squares")


def a_simulated_p_is_not_called_exact():
    source = write("many.csv", ["x", "y"], [[50, 50]] * 600 + [[150, 50], [250, 250]])
    arguments = ["--size", 100, "--bbox", "0,0,500,500", "--replicates", 999]
    rows, report = analyse("gistar", source, *arguments)
    ok("total_mc_p_upper" in rows[0] and "total_exact_p_upper" not in rows[0] and report["is_simulated"], "by its name")
    again, _ = analyse("gistar", source, *arguments)
    is_eq(again, rows, "the same seed, the same p")


def near_repeats_agree_with_golden_values():
    bands = ["--space-bands", "0,0.1,100,200,300,400,500,1000", "--time-bands", "0,7,14,21,28,42,56"]
    golden = table("knox.tsv")
    rows, report = analyse("knox", points_file(), *bands, "--replicates", 9999)
    agrees(rows, golden, ["s_lo", "s_hi", "t_lo", "t_hi", "observed", "expected", "perm_var", ("knox_ratio", "ratio")], "knox")
    for row, g in zip(rows, golden):
        p, q = float(row["mc_p"]), float(g["mc_p"])
        ok(abs(p - q) <= 4 * math.sqrt(2 * max(p * (1 - p), q * (1 - q), 1e-4) / 9999),
           "p of %s m, %s days: %g, golden %g" % (row["s_hi"], row["t_hi"], p, q))
    is_eq(report["points"], 617, "all points")
    expected = shared("knox.csv")
    if expected:
        agrees(rows, expected, [c for c in rows[0] if c != "mc_p"], "knox, shared")
    few = ["--replicates", 99]
    one, _ = analyse("knox", points_file(), *few)
    is_eq(len(one), 11 * 8, "without bands: 11 of distance, 8 of time")
    is_eq(analyse("knox", points_file(), *few)[0], one, "the same seed, the same p")
    ok(analyse("knox", points_file(), *few, "--seed", 2)[0] != one, "another seed, another p")
    is_eq({r["mc_p"] for r in analyse("knox", points_file(), "--replicates", 0)[0]}, {""}, "no permutations, no p")


def an_interval_of_days_is_its_middle():
    source = write("days.csv", ["x", "y", "day", "day_to"],
                   [[0, 0, 1, 2], [0, 0, 8, 9], [0, 0, 15, 17], [0, 0, 1, 9], [0, 0, 5, 4]])
    rows, report = analyse("knox", source, "--space-bands", "0,1", "--time-bands", "0,7,14,15")
    is_eq((report["points"], report["too_long"], report["reversed"]), (3, 1, 1), "over 7 days, and reversed, are left out")
    # Middles 1.5, 8.5 and 16: 7, 7.5 and 14.5 days apart.
    is_eq([r["observed"] for r in rows], ["1", "1", "1"], "half days count")
    for bands in ("0", "0,0", "5,1", "0,x", "-1,2", "0,1.5"):
        done = call("knox", "--in", source, "--out", path("o.csv"), "--time-bands=" + bands)
        ok(done.returncode == 2 and "allowed are 2 to 65 rising" in done.stderr, "time bands %s: %s" % (bands, done.stderr.strip()))


# --- Tables -----------------------------------------------------------------------------


def intervals_agree_with_golden_values():
    golden = table("aoristic.tsv")
    # The 12 intervals of the golden tables; see tests/unit/stats/aoristic.c.
    intervals = [(0, 0), (60, 60), (510, 1050), (1380, 1500), (1380, 2820), (480, 1020), (600, 4920), (100, 160),
                 (1439, 1441), (4320, 10080), (7200, 7260), (30, 45)]
    source = write("intervals.csv", ["id", "start", "end"], [[i, *v] for i, v in enumerate(intervals)], "\t")
    rows, report = analyse("aoristic", source, "--max-hours", 0)
    agrees(rows, golden, [("hour_of_week", "hour"), ("weight", "no_limit")], "no limit")
    contains(report["label"], "descriptive", "it is labelled")
    is_eq((report["counted"], report["too_long"], report["reversed"]), (12, 0, 0), "all count")
    rows, report = analyse("aoristic", source)
    agrees(rows, golden, [("weight", "max_48h")], "48 hours")
    is_eq((report["counted"], report["too_long"]), (10, 2), "long ones are told")
    source = write("reversed.csv", ["start", "end"], [[60, 0], [-60, 0]])
    rows, report = analyse("aoristic", source)
    is_eq((report["reversed"], rows[167]["weight"]), (1, "1"), "the hour before Monday is the last of the week")
    expected = shared("aoristic.csv")
    if expected:
        rows, _ = analyse("aoristic", os.path.join(SHARED, "in", "aoristic.csv"), "--max-hours", 0)
        agrees(rows, expected, ["hour_of_week", "weight"], "aoristic, shared")


def rates_agree_with_golden_values():
    golden = table("rates.tsv")
    source = write("districts.csv", ["District", "dwellings", "burg 2023"],
                   [['"A, %d"' % i, g["dwellings"], g["count"]] for i, g in enumerate(golden)] + [["empty", 0, 3]])
    rows, report = analyse("rates", source, "--count", "burg_2023")
    columns = ["count", "dwellings", "expected", "smr", "smr_lo", "smr_hi", "eb_global", "f_lo95", "f_hi95", "f_lo998", "f_hi998", "p_mid"]
    agrees(rows[:-1], golden, columns, "rates")
    is_eq(rows[3]["district"], "A, 3", "a name with a comma")
    is_eq({v for k, v in rows[-1].items() if k not in ("district", "count", "dwellings")}, {""}, "no dwellings: null, not zero")
    is_eq((report["districts"], report["without_dwellings"]), (len(golden) + 1, 1), "and counted")
    is_near(report["dispersion"], 3.708904871011, 1e-6, "dispersion (R)")
    phi, wide = 3.708904871011, rows[0]
    is_near(float(wide["wide_hi95"]), float(wide["expected"]) + (float(wide["f_hi95"]) - float(wide["expected"])) * math.sqrt(phi),
            1e-6, "limits are widened by its root")
    contains({r["class"] for r in rows}, "inside", "classes")
    expected = shared("rates.csv")
    if expected:
        rows, _ = analyse("rates", os.path.join(SHARED, "in", "districts.csv"), "--count", "burg_2023")
        rows = [r for r in rows if float(r["dwellings"]) > 0]
        is_eq([r["district"] for r in rows], [r["district"] for r in expected], "rates, shared: districts")
        agrees(rows, expected, columns + ["rate1000", "lo", "hi"], "rates, shared")
    zero = write("zero.csv", ["district", "dwellings", "n"], [["a", 10, 0], ["b", 20, 0]])
    rows, _ = analyse("rates", zero, "--count", "n")
    is_eq((rows[0]["rate1000"], rows[0]["smr"], rows[0]["class"]), ("0", "", ""), "no events: rate 0, nothing to compare with")
    done = call("rates", "--in", zero, "--out", path("both.csv"), "--count", "dwellings")
    ok(done.returncode == 0, "one column may be both")
    for row, expected in ((["a", -1, 2], "out of range"), (["a", 5, 2.5], "a number with decimals"), (["", 5, 2], "nothing"),
                          (["a" * 201, 5, 2], "a longer text (201 characters)")):
        done = call("rates", "--in", write("bad.csv", ["district", "dwellings", "n"], [row]), "--out", path("o2.csv"), "--count", "n")
        ok(done.returncode == 4 and expected in done.stderr and "line 2" in done.stderr, done.stderr.strip())


def years_agree_with_golden_values():
    golden = table("year_on_year.tsv")
    source = write("years.csv", ["district", "y22", "y23"], [["D%d" % i, g["before"], g["after"]] for i, g in enumerate(golden)])
    both = ["--count", "y22", "--count", "y23"]
    rows, report = analyse("year-on-year", source, *both)
    agrees(rows, golden, [("y0", "before"), ("y1", "after"), "ratio", ("lo", "lower"), ("hi", "upper"), ("p_cond", "p"), "p_mid"], "years")
    done = call("year-on-year", "--in", source, "--out", path("o.csv"), "--count", "y22")
    ok(done.returncode == 2 and "allowed is twice" in done.stderr, done.stderr.strip())
    expected = shared("year_on_year.csv")
    if expected:
        rows, _ = analyse("year-on-year", os.path.join(SHARED, "in", "districts.csv"), "--count", "burg_2022", "--count", "burg_2023")
        agrees(rows, expected, ["y0", "y1", "ratio", "lo", "hi", "p_cond", "p_mid"], "years, shared")
        is_eq([r["district"] for r in rows], [r["district"] for r in expected], "years, shared: districts")


def scan_files():
    geo = write("geo.csv", ["district", "x", "y", "dwellings"],
                [["P%02d" % i, p["x"], p["y"], p["dwellings"]] for i, p in enumerate(table("scan_places.tsv"))])
    cases = write("cases.csv", ["district", "week", "cases"],
                  [["P%02d" % int(c["place"]), c["week"], c["cases"]] for c in table("scan_cases.tsv")])
    return geo, cases


def clusters_agree_with_golden_values():
    geo, cases = scan_files()
    for g in table("scan.tsv"):
        model, prospective = "permutation" if g["permutation"] == "1" else "poisson", g["prospective"] == "1"
        name = "%s, %s" % (model, "prospective" if prospective else "retrospective")
        rows, report = analyse("scan", cases, "--geo", geo, "--model", model, "--max-window", 12 if prospective else 20,
                               *(["--prospective"] if prospective else []))
        top = rows[0]
        is_eq([report[k] for k in ("cases_in_all", "zones", "windows", "unknown", "outside")],
              [int(g[k]) for k in ("cases", "zones", "windows")] + [0, 0], name + ": what was scanned")
        agrees([top], [g], ["llr", ("cases", "c"), "expected", ("start", "first_week"), ("end", "last_week")], name)
        is_near(report["llr_sum"] / float(g["llr_sum"]), 1, 1e-9, name + ": the sum over all circles and spans")
        members = sum(1 << int(d[1:]) for d in top["districts"].split(" "))
        is_eq(members, int(g["members"]), name + ": its districts")
        for ours, theirs in (("mc_p", "p"), ("gumbel_p", "gumbel_p")):
            p, q = float(top[ours]), float(g[theirs])
            ok(abs(p - q) <= 4 * math.sqrt(2 * max(p * (1 - p), q * (1 - q)) / 999), "%s: %s %g, golden %g" % (name, ours, p, q))
        is_eq(top["recurrence"] != "", prospective, name + ": recurrence")
        seen = [d for r in rows for d in r["districts"].split(" ")]
        is_eq(len(seen), len(set(seen)), name + ": no district is in two clusters")
        is_eq([report["clusters"][0][k] for k in ("start", "end", "cases")], [int(top[k]) for k in ("start", "end", "cases")],
              name + ": the report has it")
    if shared("year_on_year.csv"):
        files = [os.path.join(SHARED, "in", n) for n in ("scan_cases.csv", "scan_geo.csv")]
        golden = json.load(open(os.path.join(SHARED, "out", "scan.json")))
        for name, g in golden.items():
            model, kind = name.split("_")
            rows, report = analyse("scan", files[0], "--geo", files[1], "--model", model,
                                   *(["--prospective", "--max-window", 12] if kind == "prospective" else ["--max-window", 20]))
            best = {k: str(v) for k, v in g["top"][0].items()}
            agrees(rows[:1], [best], ["llr", "cases", "expected", "start", "end"], "scan, shared: " + name)
            is_eq(rows[0]["districts"], best["districts"], "scan, shared: districts")
            is_eq([report["zones"], report["windows"]], [g["zones"], g["windows"]], "scan, shared: what was scanned")


def a_scan_depends_on_nothing_but_its_input():
    geo, cases = scan_files()
    rows, _ = analyse("scan", cases, "--geo", geo)
    is_eq(analyse("scan", cases, "--geo", geo)[0], rows, "the same seed, the same clusters")
    ok(analyse("scan", cases, "--geo", geo, "--seed", 9)[0] != rows, "another seed, other p")
    lines = open(geo).read().splitlines()
    # On a lattice distances tie: the order of the file must not matter.
    tied = [l.split(",") for l in lines[1:]]
    tied = [[t[0], str(i % 6), str(i // 6), t[3]] for i, t in enumerate(tied)]
    sets = []
    for order in (tied, tied[::-1]):
        rows, _ = analyse("scan", cases, "--geo", write("tied.csv", lines[0].split(","), order), "--replicates", 0)
        sets.append({(r["cases"], r["start"], r["end"], frozenset(r["districts"].split(" "))) for r in rows[:1]})
        is_eq(rows[0]["mc_p"], "", "no replicates, no p")
    is_eq(sets[0], sets[1], "tied places enter together")


def a_scan_tells_what_it_leaves_out():
    geo = write("geo2.csv", ["district", "x", "y", "dwellings"], [["a", 0, 0, 10], ["b", 1000, 0, 10], ["c", 5000, 0, 0]])
    cases = write("cases2.csv", ["district", "week"], [["a", 3]] * 4 + [["b", 5], ["b", 9], ["c", 4], ["nowhere", 4]])
    rows, report = analyse("scan", cases, "--geo", geo, "--to-week", 8)
    is_eq([report[k] for k in ("cases_in_all", "unknown", "outside", "without_dwellings")], [5, 1, 1, 1], "left out and counted")
    is_eq((rows[0]["districts"], rows[0]["start"], rows[0]["end"], rows[0]["cases"]), ("a", "3", "3", "4"), "weeks as in the file")
    no_dwellings = write("geo3.csv", ["district", "x", "y"], [["a", 0, 0], ["b", 1000, 0]])
    twice = write("geo4.csv", ["district", "x", "y", "dwellings"], [["a", 0, 0, 1], ["b", 1, 1, 1], ["a", 678128.9, 6586174.2, 1]])
    nothing = write("cases3.csv", ["district", "week"], [])
    rows, report = analyse("scan", nothing, "--geo", geo, "--from-week", 1, "--to-week", 10)
    is_eq((rows, report["cases_in_all"]), ([], 0), "no cases, no clusters")
    analyse("scan", cases, "--geo", no_dwellings, "--model", "permutation")
    for arguments, expected in ((["--geo", no_dwellings], "which --model poisson needs"), (["--geo", twice], "rows 1 and 3"),
                                (["--geo", geo, "--max-window", 99], "there are 7 weeks"), ([], "--geo"),
                                (["--geo", geo, "--from-week", 9, "--to-week", 3], "allowed are 1 to 4096 weeks"),
                                (["--geo", geo, "--to-week", 900000], "allowed are 1 to 4096 weeks"),
                                (["--geo", cases], 'column "x" is not in the heading'),
                                (["--geo", nothing], 'column "x" is not in the heading')):
        done = call("scan", "--in", cases, "--out", path("o.csv"), *arguments)
        ok(done.returncode in (2, 4) and expected in done.stderr, done.stderr.strip())
        ok(not any(x in done.stderr for x in SECRET), "no place in the message")
    done = call("scan", "--in", nothing, "--out", path("o.csv"), "--geo", geo)
    ok(done.returncode == 2 and "no weeks" in done.stderr, done.stderr.strip())
    done = call("scan", "--in", cases, "--out", geo, "--overwrite", "--geo", geo)
    ok(done.returncode == 2 and "a file that is read" in done.stderr, done.stderr.strip())


# --- What must hold of all ---------------------------------------------------------------


def faults_are_told_by_line_and_column_and_never_repeated():
    heading = ["x", "y"]
    for rows, expected in (
            ([[1, 2], ["abc678128.9", 6586174.2]], ["line 3", 'column "x"', "no number", "allowed is a number from"]),
            ([[678128.9, ""]], ["line 2", 'column "y"', "nothing"]),
            ([[678128.9, "1e300"]], ["line 2", 'column "y"', "out of range", "100000000"]),
            ([[678128.9, "inf"]], ["line 2", "no number"]),
            ([[678128.9, "0x10"]], ["line 2", "no number"]),
            ([[678128.9]], ["line 2", "1 columns, the heading has 2"]),
            ([['"' + "678128.9\n\n", "5"]], ["line 2", "quote"]),
            ([[1, 2], ['"678128.9\n"', 6586174.2], ["q", 3]], ["line 5", 'column "x"'])):
        source = write("bad.csv", heading, rows)
        done = call("counts", "--in", source, "--out", path("bad-out.csv"))
        ok(done.returncode == 4 and all(e in done.stderr for e in expected), "%s: %s" % (expected, done.stderr.strip()))
        ok(not any(s in done.stderr + done.stdout for s in SECRET), "no place in the message")
        ok(not os.path.exists(path("bad-out.csv")), "and no file")
    for text, expected in (("678128.9,6586174.2\n1,2\n", '"x" is not in the heading'), ("", "empty"),
                           ("x,y,X\n1,2,3\n", "twice"), ("PK\3\4zip", "packed")):
        open(path("bad.csv"), "w").write(text)
        done = call("counts", "--in", path("bad.csv"), "--out", path("bad-out.csv"))
        ok(done.returncode == 4 and expected in done.stderr, done.stderr.strip())
        ok(not any(s in done.stderr for s in SECRET), "no place in the message")


def arguments_are_checked():
    source = points_file()
    for arguments, expected in (
            (["counts", "--in", source], "--out"),
            (["counts", "--in", source, "--out", path("o.txt")], "ends in .csv"),
            (["counts", "--in", source, "--out", source], "a file that is read"),
            (["counts", "--in", source, "--out", source, "--overwrite"], "a file that is read"),
            (["counts", "--in", path("none.csv"), "--out", path("o.csv")], "No such file"),
            (["counts", "--in", source, "--out", path("none/o.csv")], "No such file"),
            (["counts", "--in", source, "--out", path("o.csv"), "--bbox", "678128.9,2,3"], "four numbers"),
            (["counts", "--in", source, "--out", path("o.csv"), "--bbox", "678128.9,0,678128.9,10"], "no square"),
            (["counts", "--in", source, "--out", path("o.csv"), "--bbox", "0,0,300,500"], "whole number of squares"),
            (["counts", "--in", source, "--out", path("o.csv"), "--size", "1"], "squares; allowed are 4000000"),
            (["counts", "--in", source, "--out", path("o.csv"), "--count", "none"], 'column "none"'),
            (["kde", "--in", source, "--out", path("o.csv")], "--years"),
            (["kde", "--in", source, "--out", path("o.csv"), "--years", "0"], "allowed is a number from 0.001"),
            (["kde", "--in", source, "--out", path("o.csv"), "--years", "1", "--kernel", "box"], "quartic|gaussian"),
            (["gistar", "--in", source, "--out", path("o.csv"), "--weights", "king"], "queen, rook or distance"),
            (["gistar", "--in", source, "--out", path("o.csv"), "--weights", "distance:x"], "queen, rook or distance")):
        done = call(*arguments)
        ok(done.returncode in (2, 4, 1) and expected in done.stderr, done.stderr.strip())
        ok(not any(s in done.stderr for s in SECRET), "no place in the message")
        ok(not os.path.exists(path("o.csv")), "and no file")


def the_file_is_private_and_whole_and_nothing_else_is_written():
    source = points_file()
    before = set(glob.glob(folder.name + "/**", recursive=True, include_hidden=True)
                 if sys.version_info >= (3, 11) else os.listdir(folder.name))
    os.umask(0o000)
    done = call("counts", "--in", source, "--out", path("fresh.csv"), *WINDOW)
    os.umask(0o022)
    after = set(glob.glob(folder.name + "/**", recursive=True, include_hidden=True)
                if sys.version_info >= (3, 11) else os.listdir(folder.name))
    is_eq({os.path.basename(f) for f in after - before}, {"fresh.csv"}, "one file is new")
    is_eq(stat.S_IMODE(os.stat(path("fresh.csv")).st_mode), 0o600, "only its owner may read it")
    ok(not any(s in done.stdout + done.stderr for s in SECRET), "no place is printed")
    was = open(path("fresh.csv")).read()
    done = call("counts", "--in", source, "--out", path("fresh.csv"), "--size", "500")
    ok(done.returncode == 2 and "--overwrite replaces it" in done.stderr, "it is not replaced unasked")
    is_eq(open(path("fresh.csv")).read(), was, "and is as it was")
    analyse("counts", source, *WINDOW, out="fresh.csv")
    is_eq(open(path("fresh.csv")).read(), was, "the same input, the same bytes")


def a_file_that_cannot_be_written_is_not_there():
    source = points_file()
    call("counts", "--in", source, "--out", path("full.csv"), *WINDOW)
    was, names = open(path("full.csv")).read(), set(os.listdir(folder.name))
    # As on a full disk: no file may become larger than 4 KiB.
    done = subprocess.run([program("grannkarta"), "analyse", "counts", "--in", source, "--out", path("full.csv"), "--overwrite",
                           "--size", "100", *WINDOW[2:]], capture_output=True, text=True, restore_signals=False,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    ok(done.returncode == 1 and "File too large" in done.stderr, done.stderr.strip())
    is_eq(open(path("full.csv")).read(), was, "the file that was there still is")
    is_eq(set(os.listdir(folder.name)), names, "and nothing beside it")
    os.symlink(path("full.csv"), path("link.csv"))
    done = call("counts", "--in", source, "--out", path("link.csv"))
    ok(done.returncode == 2 and "--overwrite" in done.stderr, "a link is a file that is there")
    done = call("counts", "--in", source, "--out", path("closed.csv") + "/")
    ok(done.returncode == 2 and "ends in .csv" in done.stderr, done.stderr.strip())


def a_run_that_is_stopped_leaves_nothing():
    rows = [[i % 997, i % 991, i % 365] for i in range(30000)]
    source, names = write("long.csv", ["x", "y", "day"], rows), None
    names = set(os.listdir(folder.name))
    run_ = subprocess.Popen([program("grannkarta"), "analyse", "knox", "--in", source, "--out", path("stopped.csv"),
                             "--space-bands", "0,10", "--replicates", "20000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            # Ignored where this test was begun in the background: a terminal's child does not.
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    time.sleep(0.7)
    ok(run_.poll() is None, "it is at work")
    run_.send_signal(signal.SIGINT)
    ok(run_.wait(60) != 0, "it ends")
    is_eq(set(os.listdir(folder.name)), names, "and left nothing")


def dirty_files_never_crash_it_and_are_never_repeated():
    random.seed(5)
    good = b"".join(open(points_file(), "rb").readlines()[:20])
    codes = {}
    for i in range(120):
        data = bytearray(good)
        for _ in range(random.randint(0, 3)):
            at = random.randrange(len(data))
            kind = random.randrange(4)
            if kind == 0:
                data[at] = random.choice(b'",;\n\r\0\xff=-e.x9')
            elif kind == 1:
                del data[at:at + random.randint(1, 40)]
            elif kind == 2:
                data[at:at] = random.choice([b'"', b"\r", b"1e999", b"nan", b",,", b"\n\n", b"\xc3", b"--", b"9" * 70])
            else:
                data[at:at] = data[:random.randint(1, 60)]
        open(path("dirty.csv"), "wb").write(data)
        method = ["counts", "knox"][i % 2]
        done = call(method, "--in", path("dirty.csv"), "--out", path("dirty-out.csv"), "--overwrite",
                    *(["--bbox", "674000,6580000,684000,6588000"] if method == "counts" else ["--replicates", 9]))
        codes[done.returncode] = codes.get(done.returncode, 0) + 1
        if done.returncode not in (0, 4) or re.search(r"6[78]\d{4}|65\d{5}|\d\.\d", done.stderr):
            ok(False, "file %d: %d %s" % (i, done.returncode, done.stderr))
    ok(set(codes) == {0, 4}, "taken or refused: %s" % codes)


def rows_are_bounded():
    with open(path("big.csv"), "w") as f:
        f.write("x,y\n" + "1,1\n" * 5000001)
    done = call("counts", "--in", path("big.csv"), "--out", path("big-out.csv"))
    ok(done.returncode == 2 and "line 5000002: more rows than the 5000000 allowed" in done.stderr, done.stderr.strip())
    os.unlink(path("big.csv"))


def places_that_are_no_metres_are_noted():
    for rows, expected in (([[17.5, 59.3], [18.1, 59.4]], "look like degrees"), ([[59.3, 17.5]], "look like degrees"),
                           ([[6580000, 674000]], "looks like a northing")):
        for method in ("counts", "knox"):
            source = write("axes.csv", ["x", "y", "day"], [[*r, 1] for r in rows])
            done = call(method, "--in", source, "--out", path("axes-out.csv"), "--overwrite")
            contains(done.stdout, expected, "%s: %s" % (method, expected))
    done = call("counts", "--in", points_file(), "--out", path("axes-out.csv"), "--overwrite")
    ok("look" not in done.stdout, "right ones are not")


def text_report_and_help_are_there():
    done = call("gistar", "--in", points_file(), "--out", path("text.csv"), *WINDOW)
    contains(done.stdout, "assumes equal exposure", "the text has the label")
    for method in METHODS:
        done = subprocess.run([program("grannkarta"), "help", "analyse", method], capture_output=True, text=True)
        ok(done.returncode == 0 and "--in TEXT" in done.stdout and "nothing stored" in done.stdout, "help analyse " + method)
        ok(all(len(l) <= 120 for l in done.stdout.splitlines()), "its lines are short")


METHODS = ["counts", "kde", "gistar", "knox", "aoristic", "rates", "year-on-year", "scan"]
run(counts_agree_with_golden_values,
    counts_sum_a_column_and_find_a_window,
    densities_agree_with_golden_values,
    points_beyond_the_border_are_felt,
    gistar_agrees_with_golden_values,
    a_simulated_p_is_not_called_exact,
    near_repeats_agree_with_golden_values,
    an_interval_of_days_is_its_middle,
    intervals_agree_with_golden_values,
    rates_agree_with_golden_values,
    years_agree_with_golden_values,
    clusters_agree_with_golden_values,
    a_scan_depends_on_nothing_but_its_input,
    a_scan_tells_what_it_leaves_out,
    faults_are_told_by_line_and_column_and_never_repeated,
    arguments_are_checked,
    the_file_is_private_and_whole_and_nothing_else_is_written,
    a_file_that_cannot_be_written_is_not_there,
    a_run_that_is_stopped_leaves_nothing,
    dirty_files_never_crash_it_and_are_never_repeated,
    rows_are_bounded,
    places_that_are_no_metres_are_noted,
    text_report_and_help_are_there)
