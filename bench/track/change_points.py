"""Change points of a history by E-divisive means (Matteson and James, JASA 109, 2014), the method of MongoDB
and of Apache Otava: the series is cut where the energy distance of the two sides is largest, as long as
random orders of it hardly ever reach as large a distance; then each side likewise.
"""
import dataclasses

import numpy

#: A cut needs so many points on each side.
LEAST_POINTS = 3
PERMUTATIONS = 999


@dataclasses.dataclass
class ChangePoint:
    index: int     # of the first point after it
    before: float  # medians, up to the neighbouring change points
    after: float
    p: float


def _best_cut(distances):
    """(statistic, index) of the largest energy distance between series[:k] and series[k:].

    distances: |x_i - x_j|. Q(k) = k (n-k) / n (2 mean between - mean within left - mean within right).
    """
    n = len(distances)
    if n < 2 * LEAST_POINTS:
        return 0.0, 0
    sums = distances.cumsum(0).cumsum(1)  # of the corner above and left
    k = numpy.arange(LEAST_POINTS, n - LEAST_POINTS + 1)
    left = sums[k - 1, k - 1]
    between = sums[k - 1, n - 1] - left
    right = sums[n - 1, n - 1] - left - 2 * between
    energy = 2 * between / (k * (n - k)) - left / (k * (k - 1)) - right / ((n - k) * (n - k - 1))
    statistic = k * (n - k) / n * energy
    at = int(statistic.argmax())
    return float(statistic[at]), int(k[at])


def change_points(values, significance=0.01, seed=1):
    """Of a series in its order; the same for the same seed. Times should be given as logarithms."""
    values = numpy.asarray(values, dtype=float)
    random = numpy.random.default_rng(seed)
    found = []

    def divide(first, last):
        part = values[first:last]
        distances = numpy.abs(part[:, None] - part[None, :])
        statistic, cut = _best_cut(distances)
        if cut == 0 or statistic <= 0:
            return
        as_large = 0
        for _ in range(PERMUTATIONS):
            order = random.permutation(len(part))
            as_large += _best_cut(distances[numpy.ix_(order, order)])[0] >= statistic
        p = (as_large + 1) / (PERMUTATIONS + 1)
        if p > significance:
            return
        divide(first, first + cut)
        found.append((first + cut, p))
        divide(first + cut, last)

    divide(0, len(values))
    edges = [0, *(index for index, _ in found), len(values)]
    return [ChangePoint(index, float(numpy.median(values[edges[k]:index])),
                        float(numpy.median(values[index:edges[k + 2]])), p)
            for k, (index, p) in enumerate(found)]
