#!/usr/bin/python3
"""Writes tests/golden/delay_events.tsv and delay.tsv: reporting delays estimated in
fractions.

1,200 events over 400 days, delays of a Lehmer generator (seed 20261202) that are
mostly short, seen on day 400: what would be reported later is not in the file. The
product-limit estimate is restated with sets instead of sums, and checked to solve
the equations of the likelihood, n(d) / sum over events that could have shown d of
1 / F(their limit) = f(d).
Run from the top of the source: tests/golden/make_delay.py
"""
from fractions import Fraction

from mpmath import mp, mpf, nstr

mp.dps = 40
state = 20261202
NOW, DAYS = 400, 60


def below(n):
    global state
    state = state * 16807 % 2147483647
    return state * n // 2147483647


events = []
for _ in range(1200):
    day = 1 + below(400)
    delay = (below(3), below(8), below(25), below(90))[below(4)]
    if day + delay <= NOW:
        events.append((day, day + delay))
events += [(380, 379), (395, 401)]

possible = [(r - o, NOW - o) for o, r in events if 0 <= r - o <= NOW - o]
used = [(d, age) for d, age in possible if d <= DAYS]
share = {DAYS: Fraction(1)}
for d in range(DAYS, 0, -1):
    at_risk = [x for x in used if x[0] <= d <= x[1]]
    exactly = [x for x in at_risk if x[0] == d]
    share[d - 1] = share[d] * (1 - Fraction(len(exactly), len(at_risk)) if at_risk else 1)

for d in range(DAYS + 1):
    f = share[d] - (share[d - 1] if d else 0)
    seen = sum(1 for x in used if x[0] == d)
    weight = sum(1 / share[min(age, DAYS)] for _, age in used if age >= d)
    assert f * weight == seen, d

with open("tests/golden/delay_events.tsv", "w") as out:
    out.write("# Synthetic events seen on day 400, from make_delay.py; two are impossible.\n#occurred\treported\n")
    for e in events:
        out.write("%d\t%d\n" % e)
with open("tests/golden/delay.tsv", "w") as out:
    out.write("# Share reported within so many days, of what is within 60 (stats/delay.h), from make_delay.py: fractions.\n")
    out.write("# used %d, late %d, impossible 2. Tolerance is 1e-9, relative.\n#days\tshare\n" % (len(used), len(possible) - len(used)))
    for d in range(DAYS + 1):
        out.write("%d\t%s\n" % (d, nstr(mpf(share[d].numerator) / share[d].denominator, 20)))
