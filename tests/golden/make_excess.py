#!/usr/bin/python3
"""Prints tests/golden/excess.tsv: the binomial window test in exact arithmetic.

90 cells at places of a Lehmer generator (seed 20261128), some without dwellings,
one group with more events; windows of 500 m. Tails are exact sums of integers,
limits roots of them by halving to 40 digits (mpmath 1.3), the adjustment is the
definition. Run: tests/golden/make_excess.py > tests/golden/excess.tsv
"""
from fractions import Fraction
from math import comb

from mpmath import mp, mpf

mp.dps = 40
state = 20261128


def below(n):
    global state
    state = state * 16807 % 2147483647
    return state * n // 2147483647


cells = [(below(61) * 50, below(41) * 50, 0 if below(9) == 0 else 8 + below(70)) for _ in range(89)] + [(9000, 9000, 0)]
counts = [below(100) // 80 + (below(5) if (e - 1500) ** 2 + (n - 1000) ** 2 < 400**2 else 0) + (d == 0) * below(3) for e, n, d in cells]
events = sum(c for c, (_, _, d) in zip(counts, cells) if d)
dwellings = sum(d for _, _, d in cells)


def tail(k, p, upper):
    ks = range(k, events + 1) if upper else range(0, k + 1)
    return sum(comb(events, j) * p**j * (1 - p) ** (events - j) for j in ks)


def limit(k, upper):
    """Where P(X >= k), for the lower limit, or P(X <= k) is 2.5 %."""
    if k == (events if upper else 0):
        return mpf(upper)
    low, high = mpf(0), mpf(1)
    for _ in range(130):
        middle = (low + high) / 2
        if (tail(k, middle, not upper) < mpf(25) / 1000) != upper:
            low = middle
        else:
            high = middle
    return low


rows = []
for e, n, _ in cells:
    window = [i for i, (f, m, _) in enumerate(cells) if (e - f) ** 2 + (n - m) ** 2 <= 500**2]
    count = sum(counts[i] for i in window if cells[i][2])
    rows.append((count, sum(cells[i][2] for i in window)))
p = [tail(c, Fraction(d, dwellings), True) if d else None for c, d in rows]
tested = sorted(x for x in p if x is not None)
adjusted = {}
least = Fraction(1)
for rank in range(len(tested), 0, -1):
    least = min(least, tested[rank - 1] * len(tested) / rank)
    adjusted[tested[rank - 1]] = least
show = lambda v: mp.nstr(mpf(v.numerator) / v.denominator if isinstance(v, Fraction) else v, 20)
print("# The binomial window test (stats/excess.h), 500 m, 95 %, from make_excess.py: Python, exact sums of integers.")
print("# Tolerance is 1e-11, relative. Windows without dwellings: all null.")
print("#east_m\tnorth_m\tcell_dwellings\tcell_count\tcount\tdwellings\texpected\tratio\tlower\tupper\tp_upper\tp_adjusted")
for (e, n, d), c, (wc, wd), x in zip(cells, counts, rows, p):
    if x is None:
        print(e, n, d, c, wc, wd, 0, 0, 0, 0, 1, 1, sep="\t")
        continue
    share = Fraction(wd, dwellings)
    over = lambda v: v * share.denominator / share.numerator
    print(e, n, d, c, wc, wd, show(events * share), show(wc / (events * share)), show(over(limit(wc, False))),
          show(over(limit(wc, True))), show(x), show(adjusted[x]), sep="\t")
