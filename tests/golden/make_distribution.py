#!/usr/bin/python3
"""Prints tests/golden/distribution.tsv: exact tails by adding up probabilities.

Needs mpmath 1.3 (not for the tests, which read the table). Shares, means and
dispersions are the binary fractions that C reads from the same text. To 400
trials binomial tails are sums of integers; the others are
sums of positive terms to 50 digits, from k outwards until a term is below 1e-45
of the sum. Limits and quantiles are roots of those sums.
Run: tests/golden/make_distribution.py > tests/golden/distribution.tsv
"""
from fractions import Fraction
from math import comb

from mpmath import mp, mpf, loggamma, exp, log, betainc

mp.dps = 50
EXACT = "Python, exact sum of integers"
SUMMED = "mpmath 1.3.0, sum to 50 digits"


def outwards(term, ratio_up, ratio_down, k, upper):
    """term(k) + its neighbours on one side; a ratio of None ends the sum."""
    total = t = term
    while True:
        r = ratio_up(k) if upper else ratio_down(k)
        if r == 0:
            return total
        t *= r
        k += 1 if upper else -1
        total += t
        if t < total * mpf(10) ** -45:
            return total


def binomial_exact(k, n, p, upper):
    p = Fraction(p)
    hit, whole = p.numerator, p.denominator
    s = sum(comb(n, j) * hit**j * (whole - hit) ** (n - j) for j in (range(k, n + 1) if upper else range(0, k + 1)))
    return mpf(s) / mpf(whole**n)


def binomial(k, n, p, upper):
    p = mpf(p)
    term = exp(loggamma(n + 1) - loggamma(k + 1) - loggamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p))
    odds = p / (1 - p)
    return outwards(term, lambda j: mpf(n - j) / (j + 1) * odds, lambda j: mpf(j) / (n - j + 1) / odds, k, upper)


def poisson(k, mean, upper):
    mean = mpf(mean)
    term = exp(k * log(mean) - mean - loggamma(k + 1))
    return outwards(term, lambda j: mean / (j + 1), lambda j: j / mean, k, upper)


def negbin(k, mean, dispersion, upper):
    mean, dispersion = mpf(mean), mpf(dispersion)
    size, q = mean / (dispersion - 1), (dispersion - 1) / dispersion
    term = exp(loggamma(k + size) - loggamma(size) - loggamma(k + 1) - size * log(dispersion) + k * log(q))
    return outwards(term, lambda j: (j + size) / (j + 1) * q, lambda j: j / (j - 1 + size) / q, k, upper)


def solve(k, n, upper, tail):
    """The share at which the tail is `tail`, by halving its logit."""
    low, high = mpf(-30), mpf(30)
    for _ in range(90):
        t = (low + high) / 2
        if (binomial(k, n, 1 / (1 + exp(-t)), upper) < tail) == upper:
            low = t
        else:
            high = t
    return 1 / (1 + exp(-low))


def row(name, a, b, c, value, tolerance, source):
    print(name, a, b, c, mp.nstr(value, 20, min_fixed=-3, max_fixed=20), tolerance, source, sep="\t")


print("# Tails and quantiles of lib/stats/include/stats/distribution.h, from make_distribution.py (which says how).")
print("# Tolerance is relative. Unused arguments are 0.")
print("#function\ta\tb\tc\texpected\ttolerance\tsource")
for n in (1, 2, 5, 30, 400):
    for p in (0.5, 0.1, 0.001, 0.97):
        for k in sorted({0, 1, int(n * p), int(n * p) + 1, min(n, int(n * p + 4 * (n * p * (1 - p)) ** 0.5) + 1), n}):
            if k <= n:
                row("binomial_upper", k, n, p, binomial_exact(k, n, p, True), "1e-12", EXACT)
                row("binomial_lower", k, n, p, binomial_exact(k, n, p, False), "1e-12", EXACT)
for k, n, p in ((150, 1500, 0.1), (0, 1500, 0.1), (250, 1500, 0.1), (12, 100000, 2e-5), (50, 100000, 2e-5), (3, 1000000, 1e-6), (500500, 1000000, 0.5), (502500, 1000000, 0.5),
                (30, 10000000, 1e-6), (10100, 10000000, 0.001), (500005000, 1000000000, 0.5), (1100, 1000000000, 1e-6)):
    tolerance = "1e-11" if n <= 1000000 else "1e-9"
    row("binomial_upper", k, n, p, binomial(k, n, p, True), tolerance, SUMMED)
    row("binomial_lower", k, n, p, binomial(k, n, p, False), tolerance, SUMMED)
for mean in (0.01, 0.3, 1, 4.5, 37.2, 812.5, 10000):
    for k in sorted({0, 1, int(mean), int(mean) + 1, int(mean + 5 * mean**0.5) + 2, int(mean * 3)}):
        row("poisson_upper", k, mean, 0, poisson(k, mean, True), "1e-12", SUMMED)
        row("poisson_lower", k, mean, 0, poisson(k, mean, False), "1e-12", SUMMED)
for k, mean in ((20, 1e-10), (40, 1e-6), (17, 0.003)):
    row("poisson_upper", k, mean, 0, poisson(k, mean, True), "1e-12", SUMMED)
    row("binomial_upper", k, 100000, mean / 1e5, binomial(k, 100000, mean / 1e5, True), "1e-12", SUMMED)
row("poisson_upper", 100010000, 1e8, 0, poisson(100010000, 1e8, True), "1e-9", SUMMED)
for mean in (0.02, 0.7, 3, 42.5, 900):
    for d in (1.05, 1.5, 2, 6, 40):
        for k in sorted({0, 1, int(mean), int(mean + 4 * (mean * d) ** 0.5) + 1}):
            row("negbin_upper", k, mean, d, negbin(k, mean, d, True), "1e-11", SUMMED)
            row("negbin_lower", k, mean, d, negbin(k, mean, d, False), "1e-11", SUMMED)
for mean, d in ((0.02, 1), (0.7, 1), (3, 1), (12.25, 1), (300, 1), (0.7, 2), (3, 1.3), (12.25, 3), (300, 2), (300, 25)):
    for p in (0.001, 0.025, 0.5, 0.975, 0.999):
        k = 0
        while (poisson(k, mean, False) if d == 1 else negbin(k, mean, d, False)) < mpf(p):
            k += 1
        row("negbin_quantile", p, mean, d, mpf(k), "0", SUMMED)
for k, n in ((0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (7, 61), (1, 500), (250, 500), (499, 500), (40, 1900)):
    for c in (0.95, 0.998):
        tail = (1 - mpf(c)) / 2
        lower = mpf(0) if k == 0 else (tail ** (mpf(1) / n) if k == n else solve(k, n, True, tail))
        upper = mpf(1) if k == n else (1 - tail ** (mpf(1) / n) if k == 0 else solve(k, n, False, tail))
        row("interval_lower", k, n, c, lower, "1e-12", SUMMED + ", root")
        row("interval_upper", k, n, c, upper, "1e-12", SUMMED + ", root")
for x, a, b in ((0.5, 0.5, 0.5), (0.2, 2.5, 7.25), (0.9, 0.5, 30), (0.001, 1.5, 400), (0.6, 60.5, 41)):
    row("beta_lower", x, a, b, betainc(a, b, 0, mpf(x), regularized=True), "1e-12", "mpmath 1.3.0, betainc")
