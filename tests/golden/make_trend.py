#!/usr/bin/python3
"""Writes tests/golden/trend_series.tsv and trend.tsv: months, seasons and rolling
years with their usual ranges, the formulas of stats/trend.h and stats/usual_range.h
written again with 40 digits.

Six areas in two groups over 90 months of a Lehmer generator (seed 20261203), with a
season; one has no dwellings. mpmath 1.3. Run from the top of the source:
tests/golden/make_trend.py
"""
from mpmath import exp, mp, mpf, nstr

mp.dps = 40
state = 20261203
MONTHS, AREAS = 90, 6


def below(n):
    global state
    state = state * 16807 % 2147483647
    return state * n // 2147483647


dwellings = [300, 900, 0, 1500, 250, 700]
group = [0, 0, 0, 1, 1, 1]
level = [2, 5, 3, 9, 1, 4]
counts = [[below(n + 1) + (below(n + 2) if k % 12 in (0, 9, 10, 11) else 0) for k in range(MONTHS)] for n in level]
for k in range(80, 88):
    counts[4][k] += 3

with open("tests/golden/trend_series.tsv", "w") as f:
    f.write("# Monthly counts of six areas, from make_trend.py.\n#a1\ta2\ta3\ta4\ta5\ta6\n")
    for row in zip(*counts):
        f.write("\t".join(map(str, row)) + "\n")


def quantile(q, mean, dispersion):
    k, reached = 0, mpf(0)
    p = exp(-mean) if dispersion == 1 else mp.power(dispersion, -mean / (dispersion - 1))
    while True:
        reached += p
        if reached >= q:
            return k
        p *= (mean + k * (dispersion - 1)) / ((k + 1) * dispersion)
        k += 1


def ranges(month):
    T = min(5, (month + 1) // 12 - 1)
    year = [sum(c[month - 11 : month + 1]) for c in counts]
    if T < 3:
        return [(y, 0, 0, 0, 0, 0) for y in year]
    before = [[sum(c[month - 12 * y - 11 : month - 12 * y + 1]) for y in range(1, T + 1)] for c in counts]
    part = [j for j in range(AREAS) if dwellings[j]]
    total = mpf(0)
    for j in part:
        mean = mpf(sum(before[j])) / T
        total += sum((x - mean) ** 2 for x in before[j]) / mean
    phi = max(mpf(1), total / (len(part) * (T - 1)))
    answers = []
    for i in range(AREAS):
        if i not in part:
            answers.append((year[i], 0, 0, 0, 0, 0))
            continue
        own = [j for j in part if group[j] == group[i]]
        n = [mpf(dwellings[j] * T) for j in own]
        b = sum(sum(before[j]) for j in own) / sum(n)
        r = [sum(before[j]) / e for j, e in zip(own, n)]
        a = max(mpf(0), sum(e * (x - b) ** 2 for e, x in zip(n, r)) / sum(n) - b * len(own) / sum(n))
        w = a / (a + b / (dwellings[i] * T))
        mean = dwellings[i] * (b + w * (mpf(sum(before[i])) / (dwellings[i] * T) - b))
        dispersion = phi * (1 + w / T)
        low, high = (quantile(mpf(q) / 1000, mean, dispersion) for q in (25, 975))
        kind = 2 if year[i] > high else 3 if year[i] < low else 1
        answers.append((year[i], kind, nstr(mean, 20), nstr(dispersion, 20), low, high))
    return answers


with open("tests/golden/trend.tsv", "w") as f:
    f.write("# Trends at 95 % (stats/trend.h) of trend_series.tsv, from make_trend.py: mpmath 1.3, formulas restated.\n")
    f.write("# Tolerance is 1e-9, relative. month and area from 0; class: 0 undecided, 1 within, 2 more, 3 fewer.\n")
    f.write("#month\tarea\tcount\tseason_years\tseason\thas_year\tyear\tclass\tmean\tdispersion\tlower\tupper\n")
    for month in range(MONTHS):
        answers = ranges(month) if month >= 11 else [(0,) * 6] * AREAS
        for i, row in enumerate(answers):
            same = [counts[i][k] for k in range(month % 12, month, 12)][-5:]
            season = nstr(mpf(sum(same)) / len(same), 20) if same else 0
            f.write("\t".join(map(str, (month, i, counts[i][month], len(same), season, int(month >= 11)) + row)) + "\n")
