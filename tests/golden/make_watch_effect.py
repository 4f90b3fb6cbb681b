#!/usr/bin/python3
"""Prints tests/golden/watch_effect_exact.tsv: pooled ratios with exact intervals,
restated to 40 digits.

The formulas are those of stats/watch_effect.h, written again here: the sum of a
over the tables, given all margins, has the product of sum C(a+b, k) C(c+d, m-k)
x^k as generating function, whose coefficients are whole numbers; the limits are
found by halving (mpmath 1.3).
Run: tests/golden/make_watch_effect.py > tests/golden/watch_effect_exact.tsv
"""
from math import comb

from mpmath import betainc, erfc, erfinv, exp, findroot, inf, mp, mpf, nstr, sqrt

mp.dps = 40

SETS = [
    [(120, 80, 900, 880)],
    [(60, 50, 500, 510)],
    [(45, 50, 300, 290)],
    [(200, 150, 1500, 1400)],
    [(30, 0, 200, 190)],
    [(0, 4, 20, 21)],
    [(3, 1, 40, 38)],
    [(1, 1, 1, 1)],
    [(5, 0, 0, 7)],
    [(0, 5, 7, 0)],
    [(3, 1, 0, 8)],
    [(7, 2, 6000, 5400)],
    [(120, 80, 900, 880), (60, 50, 500, 510), (45, 50, 300, 290), (200, 150, 1500, 1400)],
    [(120, 80, 900, 880), (60, 50, 500, 510), (45, 50, 300, 290), (200, 150, 1500, 1400), (30, 0, 200, 190)],
    [(2, 0, 30, 33), (0, 1, 41, 40), (3, 1, 12, 9), (0, 0, 8, 8), (1, 2, 0, 0)],
    [(2, 0, 30, 33), (1, 0, 41, 40)],
    [(4, 3, 2, 1)] * 12,
]


def limits(tables, tail):
    weights, seen = [1], 0
    for a, b, c, d in tables:
        low, high = max(0, a + c - (c + d)), min(a + b, a + c)
        own = [comb(a + b, k) * comb(c + d, a + c - k) for k in range(low, high + 1)]
        new = [0] * (len(weights) + len(own) - 1)
        for i, x in enumerate(weights):
            for j, y in enumerate(own):
                new[i + j] += x * y
        weights, seen = new, seen + a - low

    def tail_of(w, first, t):
        x, part, whole, power = exp(t), mpf(0), mpf(0), mpf(1)
        for k, v in enumerate(w):
            whole += v * power
            if k >= first:
                part += v * power
            power *= x
        return part / whole

    def solve(w, first):
        low, high = mpf(-60), mpf(60)
        for _ in range(70):
            middle = (low + high) / 2
            low, high = (middle, high) if tail_of(w, first, middle) < tail else (low, middle)
        return (low + high) / 2

    top = len(weights) - 1
    lower = mpf(0) if seen == 0 else exp(solve(weights, seen))
    upper = inf if seen == top else exp(-solve(weights[::-1], top - seen))
    return lower, upper


print("# Relative effect sizes pooled by Mantel and Haenszel with exact conditional intervals (stats/watch_effect.h),")
print("# from make_watch_effect.py: mpmath 1.3, formulas restated. The rows of a set are pooled; tolerance is 1e-9, relative.")
print("#set\ta\tb\tc\td\tdispersion\tfreedom\tconfidence\tvalue\tlog_variance\tlower\tupper")
number = 0
for tables in SETS:
    for dispersion, freedom, confidence in (
        (1, inf, mpf("0.95")),
        (mpf("1.7"), inf, mpf("0.95")),
        (1, 5, mpf("0.99")),
        (mpf("2.5"), 9, mpf("0.95")),
    ):
        if dispersion != 1 and len(tables) == 4:
            dispersion = mpf(4)
        z = sqrt(2) * erfinv(confidence)
        if freedom < inf and dispersion > 1:
            x = findroot(lambda v: betainc(0.5, mpf(freedom) / 2, 0, v, regularized=True) - confidence, (mpf("0.1"), mpf("0.9")), solver="anderson")
            z = sqrt(freedom * x / (1 - x))
        tail = erfc(z * sqrt(mpf(dispersion)) / sqrt(2)) / 2
        used = [t for t in tables if min(t[0] + t[1], t[2] + t[3], t[0] + t[2], t[1] + t[3]) > 0]
        R = sum(mpf(a * d) / (a + b + c + d) for a, b, c, d in used)
        S = sum(mpf(b * c) / (a + b + c + d) for a, b, c, d in used)
        value, variance = (R / S if S else inf), inf
        if R and S:
            variance = mpf(0)
            for a, b, c, d in used:
                n = mpf(a + b + c + d)
                P, Q, r, s = (a + d) / n, (b + c) / n, a * d / n, b * c / n
                variance += P * r / (2 * R * R) + (P * s + Q * r) / (2 * R * S) + Q * s / (2 * S * S)
            variance *= dispersion
        lower, upper = limits(tables, tail)
        for a, b, c, d in tables:
            print(number, a, b, c, d, nstr(mpf(dispersion), 4), freedom, nstr(confidence, 4), *(nstr(v, 20) for v in (value, variance, lower, upper)), sep="\t")
        number += 1
