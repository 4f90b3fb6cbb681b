#!/usr/bin/python3
"""Writes tests/golden/warning_thin_series.tsv and warning_thin.tsv: warnings of thin
districts, the formulas of stats/warning.h written again with 40 digits.

Eight districts in three groups (the last without events), counts of a Lehmer
generator (seed 20261201) in bursts, so that they are overdispersed; one has no
dwellings. mpmath 1.3. Run from the top of the source:
tests/golden/make_warning_thin.py
"""
from mpmath import findroot, mp, mpf, nstr

mp.dps = 40
state = 20261201
WEEKS, AREAS = 280, 8


def below(n):
    global state
    state = state * 16807 % 2147483647
    return state * n // 2147483647


dwellings = [400, 1200, 800, 0, 900, 300, 500, 700]
group = [0, 0, 0, 0, 1, 1, 1, 2]
rare = [40, 12, 20, 10, 5, 30, 9, 0]
counts = [[(1 + below(4) if r and below(r + (k % 52) // 4) == 0 else 0) for k in range(WEEKS)] for r in rare]
counts[1][276] = 9

with open("tests/golden/warning_thin_series.tsv", "w") as f:
    f.write("# Weekly counts of eight districts, from make_warning_thin.py.\n#d1\td2\td3\td4\td5\td6\td7\td8\n")
    for row in zip(*counts):
        f.write("\t".join(map(str, row)) + "\n")


def probability_from(mean, phi, stop):
    """P(X >= stop) of the negative binomial"""
    size, p, reached = mean / (phi - 1), None, mpf(0)
    p = mp.power(phi, -size)
    for k in range(stop):
        reached += p
        p *= (size + k) / (k + 1) * (phi - 1) / phi
    return 1 - reached


def rows(week, window):
    T = min(5, (week + 1 - window) // 52)
    if T < 3:
        return [(0, sum(c[week - window + 1 : week + 1]), 0, 0, 0, 0) for c in counts]
    start = week - window + 1 - 52 * T
    years = [[sum(c[start + 52 * y : start + 52 * y + 52]) for y in range(T)] for c in counts]
    same = sum(sum(c[week - 52 * y - window + 1 : week - 52 * y + 1]) for c in counts for y in range(1, T + 1))
    season = same + mpf(20 * window) / 52
    f = season / (20 + sum(map(sum, years)))
    n = 52 * T // window
    left = mpf(0)
    S = []
    for c in counts:
        w = [sum(c[week - window + 1 - window * (k + 1) : week - window + 1 - window * k]) for k in range(n)]
        if sum(w):
            mean = mpf(sum(w)) / n
            left += sum((x - mean) ** 2 for x in w) / mean
            S.append(sum(w))
    equation = lambda phi: (n - 1) * sum(s * phi / (s + phi - 1) for s in S) - left
    phi = findroot(equation, (mpf(1), mpf(3)), solver="anderson") if equation(mpf(1)) < 0 else mpf(1)
    assert phi > 1
    answers = []
    for i in range(AREAS):
        own = [j for j in range(AREAS) if group[j] == group[i] and dwellings[j]]
        at = [mpf(dwellings[j] * T) for j in own]
        b = sum(sum(years[j]) for j in own) / sum(at)
        now = sum(counts[i][week - window + 1 : week + 1])
        if not dwellings[i] or not b:
            answers.append((0, now, 0, 0, 0, 0))
            continue
        r = [sum(years[j]) / e for j, e in zip(own, at)]
        a = max(mpf(0), sum(e * (x - b) ** 2 for e, x in zip(at, r)) / sum(at) - b * len(own) / sum(at))
        w = a / (a + b / (dwellings[i] * T))
        mean = f * dwellings[i] * (b + w * (mpf(sum(years[i])) / (dwellings[i] * T) - b))
        dispersion = phi * (1 + f * w / T + mean / season)
        upper = 0
        while probability_from(mean, dispersion, upper + 1) > mpf("0.01"):
            upper += 1
        false = probability_from(mean, phi * (1 + f / T + mean / season), upper + 1)
        answers.append((3 if now > upper else 2, now, nstr(mean, 20), nstr(dispersion, 20), upper, nstr(false, 20)))
    return answers


with open("tests/golden/warning_thin.tsv", "w") as f:
    f.write("# Warnings of thin districts (stats/warning.h), from make_warning_thin.py: mpmath 1.3, formulas restated.\n")
    f.write("# Tolerance is 1e-9, relative. week counted from 0, district from 0; class: 0 undecided, 2 quiet, 3 more.\n")
    f.write("#week\twindow\tdistrict\tclass\tcurrent\tmean\tdispersion\tupper\tfalse_alarm\n")
    for week, window in ((279, 4), (279, 13), (276, 4), (276, 13), (168, 13), (167, 13), (270, 52)):
        for i, row in enumerate(rows(week, window)):
            f.write("\t".join(map(str, (week, window, i) + row)) + "\n")
