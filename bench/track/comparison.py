"""Two builds, measured in pairs: which benchmarks changed, and by how much.

A pair is one run of each, one right after the other, in either order; what is compared is the logarithm of
the ratio of its two times, so that a change of the machine's speed from pair to pair cancels.
"""
import dataclasses
import math

import numpy
import scipy.stats
import statsmodels.stats.multitest

LEAST_PAIRS = 20
#: By the table of docs/tracking.md: so many pairs at least; then more, up to MOST_PAIRS, until no interval
#: reaches further than PRECISION to a side. So a noisy machine takes longer, and sees as much.
PAIRS = 30
MOST_PAIRS = 200
PRECISION = 0.015
#: Of all benchmarks called changed, so many may be unchanged (Benjamini-Hochberg).
FALSE_DISCOVERIES = 0.01
#: Of the intervals that are printed.
CONFIDENCE = 0.95


@dataclasses.dataclass
class Change:
    """One benchmark: the second build's time over the first's."""
    benchmark: str
    ratio: float      # Hodges-Lehmann: the median over all means of two log ratios
    lower: float      # of its interval
    upper: float
    p: float          # Wilcoxon's signed ranks, of both sides, as it is
    fence: float      # a ratio below it is what equal builds show too
    pairs: int
    adjusted: float = 1.0  # p after Benjamini-Hochberg

    @property
    def slower(self):
        return self.adjusted < FALSE_DISCOVERIES and self.ratio > self.fence

    @property
    def faster(self):
        return self.adjusted < FALSE_DISCOVERIES and self.ratio < 1 / self.fence


def hodges_lehmann(differences):
    """The median of the means of all pairs of differences, each with itself too."""
    differences = numpy.asarray(differences)
    above = numpy.triu_indices(len(differences))
    return float(numpy.median((differences[above[0]] + differences[above[1]]) / 2))


def p_value(differences):
    """That signs and ranks of the differences are so uneven by chance."""
    if not numpy.any(differences):
        return 1.0
    return float(scipy.stats.wilcoxon(differences).pvalue)


def interval(differences, confidence=CONFIDENCE):
    """The shifts that the signed-rank test does not refuse: from one mean of two differences to another.

    Between two neighbouring means the test says the same; it is asked there, where no difference is zero.
    """
    differences = numpy.asarray(differences)
    above = numpy.triu_indices(len(differences))
    means = numpy.unique((differences[above[0]] + differences[above[1]]) / 2)
    if len(means) == 1:
        return float(means[0]), float(means[0])
    between = (means[:-1] + means[1:]) / 2

    def kept(gaps):
        """How many, from the middle on."""
        low, high = 0, len(gaps)
        while low < high:
            at = (low + high) // 2
            if p_value(differences - gaps[at]) < 1 - confidence:
                high = at
            else:
                low = at + 1
        return low

    middle = int(numpy.searchsorted(between, hodges_lehmann(differences)))
    return (float(means[middle - kept(between[:middle][::-1])]),
            float(means[min(middle + kept(between[middle:]), len(means) - 1)]))


def reach(pairs):
    """How far the widest of the intervals reaches to a side, as a logarithm. pairs: as for compare."""
    intervals = [interval([math.log(second / first) for first, second in times]) for times in pairs.values()]
    return max((upper - lower) / 2 for lower, upper in intervals)


def compare(pairs, fences=None, default_fence=1.01, with_intervals=True):
    """pairs: {benchmark: [(first's seconds, second's seconds), ..]}. Changes, in the order of the pairs."""
    changes = []
    for benchmark, times in pairs.items():
        if len(times) < LEAST_PAIRS:
            raise ValueError(f'{benchmark}: {len(times)} pairs, expected {LEAST_PAIRS} or more')
        differences = [math.log(second / first) for first, second in times]
        lower, upper = interval(differences) if with_intervals else (math.nan, math.nan)
        changes.append(Change(benchmark, math.exp(hodges_lehmann(differences)), math.exp(lower),
                              math.exp(upper), p_value(differences),
                              (fences or {}).get(benchmark, default_fence), len(times)))
    if changes:
        adjusted = statsmodels.stats.multitest.multipletests([c.p for c in changes], method='fdr_bh')[1]
        for change, value in zip(changes, adjusted):
            change.adjusted = float(value)
    return changes
