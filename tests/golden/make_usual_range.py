#!/usr/bin/python3
"""Prints tests/golden/usual_range.tsv: usual ranges restated to 40 digits.

22 areas in 4 groups with counts of a Lehmer generator (seed 20261129); some have
too few years or no dwellings, one group has no events. The formulas are those of
stats/usual_range.h, written again here; quantiles by adding up the probabilities
of the negative binomial distribution (mpmath 1.3).
Run: tests/golden/make_usual_range.py > tests/golden/usual_range.tsv
"""
from mpmath import mp, mpf

mp.dps = 40
state = 20261129


def below(n):
    global state
    state = state * 16807 % 2147483647
    return state * n // 2147483647


areas = []
for i in range(22):
    group = 3 if i >= 20 else i % 3
    level = 0 if group == 3 else (4, 15, 40)[group]
    level = level * (2 + below(3)) // 3
    years = 5 if below(2) else 1 + below(4)
    dwellings = 0 if i in (7, 9) else 100 + below(1500)
    counts = [level // 2 + below(level // 2 + 2) if level else 0 for _ in range(5)]
    areas.append((group, years, counts, dwellings, below(8 if i % 5 == 3 else 3 * level + 2)))

part = [y >= 3 and d > 0 for _, y, _, d, _ in areas]
events = [sum(c[:y]) for _, y, c, _, _ in areas]
total = freedom = mpf(0)
for (g, y, c, d, _), ok, s in zip(areas, part, events):
    if ok and s:
        mean = mpf(s) / y
        total += sum((x - mean) ** 2 / mean for x in c[:y])
        freedom += y - 1
phi = max(mpf(1), total / freedom)


def quantile(q, mean, dispersion):
    size = mean / (dispersion - 1)
    p = dispersion**-size
    k, reached = 0, p
    while reached < q:
        p *= (size + k) / (k + 1) * (dispersion - 1) / dispersion
        k += 1
        reached += p
    return k


print("# Usual ranges at 95 % (stats/usual_range.h), from make_usual_range.py: mpmath 1.3, formulas restated.")
print("# class: 0 undecided, 1 within, 2 more, 3 fewer. Tolerance of mean and dispersion is 1e-11, relative.")
print("#group\tyears\tyear1\tyear2\tyear3\tyear4\tyear5\tdwellings\tcurrent\tclass\tmean\tdispersion\tlower\tupper")
for i, (g, y, c, d, now) in enumerate(areas):
    own = [j for j in range(len(areas)) if areas[j][0] == g and part[j]]
    whole = sum(areas[j][3] * areas[j][1] for j in own)
    b = mpf(sum(events[j] for j in own)) / whole if whole else mpf(0)
    if not part[i] or b == 0:
        answer = (0, 0, 0, 0, 0)
    else:
        n = [areas[j][3] * areas[j][1] for j in own]
        r = [mpf(events[j]) / k for j, k in zip(own, n)]
        a = max(mpf(0), sum(k * (x - b) ** 2 for k, x in zip(n, r)) / whole - b * len(own) / whole)
        w = a / (a + b / (d * y))
        mean = d * (b + (mpf(events[i]) / (d * y) - b) * w)
        dispersion = phi * (1 + w / y)
        low, high = (quantile(q, mean, dispersion) for q in (mpf(25) / 1000, mpf(975) / 1000))
        answer = (2 if now > high else 3 if now < low else 1, mp.nstr(mean, 20), mp.nstr(dispersion, 20), low, high)
    print(g, y, *c, d, now, *answer, sep="\t")
