"""What an attacker can work out from published counts, knowing every dwelling.

Everything published is a sum over dwellings of (their incidents) x (a factor).
What the attacker knows is the list of such sums, each as {dwelling: factor}.
Dwellings that have the same factor in every sum cannot be told apart by any
linear combination of them; the groups of such dwellings are the atoms. Whatever is derived is
about unions of atoms, so an atom of fewer than k dwellings is what an attack has
to find, and one whose own count can be derived is a success.
"""
from collections import defaultdict
from fractions import Fraction
from itertools import combinations


def atoms(sums, weights):
    """{signature: dwellings} of the homes in any sum; `sums` is a list of {home: factor}."""
    signature = defaultdict(list)
    for number, factors in enumerate(sums):
        for home, factor in factors.items():
            signature[home].append((number, factor))
    sizes = defaultdict(int)
    for home, own in signature.items():
        sizes[tuple(own)] += weights[home]
    return dict(sizes)


def rank(rows):
    """Of a matrix of numbers, exactly."""
    basis = []
    for row in rows:
        row = [Fraction(x) for x in row]
        for lead, other in basis:
            if row[lead]:
                factor = row[lead] / other[lead]
                row = [x - factor * y for x, y in zip(row, other)]
        lead = next((i for i, x in enumerate(row) if x), None)
        if lead is not None:
            basis.append((lead, row))
    return len(basis)


def in_span(rows, target):
    """Whether a vector is a linear combination of the rows."""
    return rank(rows + [target]) == rank(rows)


def derived_small_sets(sums, weights, k):
    """Sizes of the atoms of fewer than k dwellings whose count follows from the sums."""
    found = []
    groups = atoms(sums, weights)
    names = list(groups)
    rows = None
    for i, name in enumerate(names):
        if groups[name] >= k:
            continue
        if rows is None:  # one column an atom: the factor that its homes have in each sum
            factors = [dict(own) for own in names]
            rows = [[f.get(number, 0) for f in factors] for number in range(len(sums))]
        if in_span(rows, [int(j == i) for j in range(len(names))]):
            found.append(groups[name])
    return found


def forced_upon_few(totals, unlocated, cells, k):
    """What published kinds of dwelling tell of single homes: a list of reasons.

    totals: {kind: count} of a municipality and year; cells: [(count, {kind: homes})].
    Hits of a kind, and of any kinds together, need room: among the unlocated and in
    cells with homes of those kinds. If some set of fewer than k homes is so placed
    that without its cells the room is too small, one of these homes was hit; if for
    no kinds it is, there is a way to place all hits elsewhere (Hall's theorem). The
    worst set is a knapsack: most counts for at most k - 1 homes."""
    reasons = []
    hit = [kind for kind, n in totals.items() if n > 0]
    for count, homes in cells:
        if count > 0 and sum(homes.get(kind, 0) for kind in hit) < k:
            reasons.append("a cell has fewer than k homes of the kinds that were hit")
    for kinds in (some for size in range(1, len(hit) + 1) for some in combinations(hit, size)):
        homes_of = [(count, sum(homes.get(kind, 0) for kind in kinds)) for count, homes in cells]
        room = unlocated + sum(count for count, n in homes_of if n > 0)
        most = [0] * k  # by homes
        for count, n in homes_of:
            if count > 0 and 0 < n < k:
                for used in range(k - 1, n - 1, -1):
                    most[used] = max(most[used], most[used - n] + count)
        if sum(totals[kind] for kind in kinds) > room - max(most):
            reasons.append("hits of %s must be in fewer than k homes" % " and ".join(kinds))
    return reasons


def forced_by_attempts(completed, attempted, unlocated, cells, k):
    """The same of a number of attempts: the code of holiday homes knows none, so
    that attempts are in villas and flats; completed ones (which those of holiday
    homes count as) are anywhere."""
    classes = [(count, {"attempted": homes.get("villa", 0) + homes.get("flat", 0), "completed": sum(homes.values())})
               for count, homes in cells]
    if completed == 0:  # then nothing was in a holiday home
        return forced_upon_few({"attempted": attempted}, unlocated, classes, k)
    alone = [(count, {"attempted": homes["attempted"]}) for count, homes in classes]
    return [r for r in forced_upon_few({"attempted": attempted}, unlocated, alone, k) if r.startswith("hits")]
