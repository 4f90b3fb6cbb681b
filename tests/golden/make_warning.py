#!/usr/bin/python3
"""Writes tests/golden/warning_series.tsv and warning_fit.tsv: the regression of
stats/warning.h restated with 30 digits and a whole matrix.

warning.tsv has what R gives of weekly.tsv (expected, upper, alarm). Here are the
dispersion, the probabilities and what weekly.tsv does not lead to: no line in time
(growth that predicts more than was seen), parts of the year without an event,
outbreaks in the history. The series are of a Lehmer generator (seed 20261130).
mpmath 1.3. Run from the top of the source: tests/golden/make_warning.py
"""
from mpmath import exp, log, matrix, lu_solve, mp, mpf, nstr, sqrt

mp.dps = 30
N, LEVELS = 237, 10
state = 20261130


def below(n):
    global state
    state = state * 16807 % 2147483647
    return state * n // 2147483647


def rows(name):
    with open("tests/golden/" + name) as f:
        return [line.split() for line in f if not line.startswith("#")]


weekly = [int(r[0]) for r in rows("weekly.tsv")]
WEEKS = 280
steep = [2 + below(3) + (k - 180) * (k > 180) * (k - 180) // 40 for k in range(WEEKS)]
sparse = [below(5) if k % 52 in range(4, 40) else 0 for k in range(WEEKS)]
bursts = [3 + below(5) + (60 if k % 83 == 11 else 0) for k in range(WEEKS)]
same = [6] * WEEKS
SERIES = [weekly, steep, sparse, bursts, same]


def design(i, line):
    u = (i + 52) % 52
    g = 9 if u <= 6 else (u - 7) // 5
    row = [mpf(1)] + [mpf(g == k) for k in range(1, LEVELS)]
    return row + [mpf(i)] if line else row


def glm(y, prior, line):
    X = [design(i, line) for i in range(N)]
    p = len(X[0])
    mu = [v + mpf(1) / 10 for v in y]
    eta = [log(m) for m in mu]

    def deviance():
        return 2 * sum(w * (v * log(v / m) - (v - m) if v else m) for v, m, w in zip(y, mu, prior))

    old = deviance()
    for _ in range(25):
        z = [e + (v - m) / m for e, v, m in zip(eta, y, mu)]
        w = [a * m for a, m in zip(prior, mu)]
        A, b = matrix(p, p), matrix(p, 1)
        for x, zi, wi in zip(X, z, w):
            on = [k for k in range(p) if x[k]]
            for j in on:
                b[j] += wi * x[j] * zi
                for k in on:
                    A[j, k] += wi * x[j] * x[k]
        beta = lu_solve(A, b)
        eta = [sum(x[k] * beta[k] for k in range(p) if x[k]) for x in X]
        mu = [max(exp(e), mpf(2) ** -52) for e in eta]
        new = deviance()
        if abs(new - old) / (abs(new) + mpf("0.1")) < mpf("1e-8"):
            phi = max(mpf(1), sum(wi * ((v - m) / m) ** 2 for wi, v, m in zip(w, y, mu)) / (N - p))
            return beta, A**-1, X, mu, w, phi
        old = new
    return None


def twice(y, line):
    fit = glm(y, [mpf(1)] * N, line)
    if fit is None:
        return None
    _, inverse, X, mu, w, phi = fit
    omega = []
    for x, v, m, wi in zip(X, y, mu, w):
        on = [k for k in range(len(x)) if x[k]]
        h = wi * sum(x[j] * x[k] * inverse[j, k] for j in on for k in on)
        s = mpf(3) / 2 * (mpf(v) ** (mpf(2) / 3) * m ** (-mpf(1) / 6) - sqrt(m)) / sqrt(phi * (1 - h))
        omega.append(1 / s**2 if s > mpf("2.58") else mpf(1))
    whole = sum(omega)
    second = glm(y, [o * N / whole for o in omega], line)
    return second and (fit, second)


def outlook(fit, line):
    beta, inverse, _, _, _, phi = fit
    x = [mpf(1)] + [mpf(0)] * 8 + [mpf(1)] + [mpf(263)] * line
    mean = exp(sum(a * b for a, b in zip(x, beta)))
    variance = phi * sum(x[j] * x[k] * inverse[j, k] for j in range(len(x)) for k in range(len(x)))
    return mean, phi, phi + mean * variance


def tail(k, mean, phi):
    """P(X >= k)"""
    p = mp.power(phi, -mean / (phi - 1)) if phi > 1 else exp(-mean)
    reached = mpf(0)
    for i in range(k):
        reached += p
        p *= (mean + i * (phi - 1)) / ((i + 1) * phi)
    return 1 - reached


with open("tests/golden/warning_series.tsv", "w") as f:
    f.write("# Series for warning_fit.tsv, 1 to 4 (0 is weekly.tsv), from make_warning.py.\n#steep\tsparse\tbursts\tsame\n")
    for row in zip(*SERIES[1:]):
        f.write("\t".join(map(str, row)) + "\n")

with open("tests/golden/warning_fit.tsv", "w") as f:
    f.write("# The regression of stats/warning.h, from make_warning.py: mpmath 1.3, formulas restated with a whole matrix.\n")
    f.write("# Tolerance is 1e-9, relative. week counted from 0; alpha 0.01.\n")
    f.write("#series\tweek\tline\texpected\tdispersion\tupper\tp\tfalse_alarm\n")
    for number, week in [(0, k) for k in range(315, 416, 20)] + [(s, k) for s in range(1, 5) for k in (263, 271, 279)]:
        counts = SERIES[number]
        y = counts[week - 263 : week - 26]
        for line in (1, 0):
            fit = twice(y, line)
            if fit is None:
                continue
            (first, _, wider), (expected, phi, _) = (outlook(f, line) for f in fit)
            if line == 0 or expected <= max(y):
                break
        upper = 0
        while tail(upper + 1, expected, phi) > mpf("0.01"):
            upper += 1
        f.write("\t".join(map(str, (number, week, line, nstr(expected, 20), nstr(phi, 20), upper,
                nstr(tail(counts[week], expected, phi), 20), nstr(tail(upper + 1, first, wider), 20)))) + "\n")
