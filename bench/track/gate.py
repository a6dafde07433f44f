"""What a change may not do: become slower, cost more of what is counted, or lose accuracy."""
import dataclasses
import math
import re
import statistics
import tomllib

from measure import WRONG

#: Instructions are those of one compiler; the least rise that is told. All other counts may not rise at all.
FENCE_OF_INSTRUCTIONS = 1.001
#: Of an array's error / sigma, median and largest, in the median over all shapes. Nine kernels that are
#: equally good, and plain loops, are within 1.48 of one another (docs/tracking.md).
FENCE_OF_ACCURACY = 1.5
#: At one shape, where their sums' orders alone make 2.9: what is lost there only, as in blocks of 512.
FENCE_OF_ONE_SHAPE = 4
#: Shapes with fewer entries of an array say little.
LEAST_ENTRIES = 30


@dataclasses.dataclass
class Finding:
    kind: str         # 'slower', 'exact', 'accuracy'
    benchmark: str
    measure: str
    before: float
    after: float
    words: str
    explained: str = ''  # the reason, if there is one

    @property
    def ratio(self):
        return math.inf if self.before == 0 else self.after / self.before


def by_name(figures, measures):
    return {(f['benchmark'], f['measure']): f for f in figures if f['measure'] in measures}


def exact_findings(before, after, measures):
    """Counts that rose. What only one of the two has is no finding."""
    old, new = by_name(before, measures), by_name(after, measures)
    findings = []
    for key in sorted(old.keys() & new.keys()):
        was, is_now = old[key]['value'], new[key]['value']
        fence = FENCE_OF_INSTRUCTIONS if key[1] == 'instructions' else 1
        if is_now > was * fence:
            findings.append(Finding('exact', *key, was, is_now,
                                    f'{key[0]}: {key[1]} {was:,} -> {is_now:,}'
                                    + (f' ({100 * (is_now / was - 1):+.2f} %)' if was else '')))
    return findings


def accuracy_findings(before, after):
    """Arrays whose errors grew, over all shapes together: at one shape alone another order of a sum moves
    them as much."""
    old = by_name(before, ('median_sigma', 'largest_sigma', 'largest_ulp'))
    new = by_name(after, ('median_sigma', 'largest_sigma', 'largest_ulp'))
    ratios = {}
    for key in old.keys() & new.keys():
        (_, cell, scalar, _, sizes, array), measure = key[0].split('/'), key[1]
        was, is_now = old[key], new[key]
        if min(was['count'], is_now['count']) < LEAST_ENTRIES or was['value'] <= 0 or is_now['value'] <= 0:
            continue
        ratios.setdefault((cell, scalar, array, measure), []).append(
            (math.log(is_now['value'] / was['value']), sizes, was['value'], is_now['value']))
    findings = []
    for cell, scalar, array in sorted({key[:3] for key in ratios}):
        worse = []
        for measure in ('median_sigma', 'largest_sigma'):
            rows = ratios.get((cell, scalar, array, measure), [])
            if not rows:
                continue
            overall, (most, sizes, was, is_now) = statistics.median(row[0] for row in rows), max(rows)
            if overall > math.log(FENCE_OF_ACCURACY):
                worse.append((overall, f'in the median of {len(rows)} shapes; at {sizes} {was:.2f} -> {is_now:.2f} sigma',
                              measure))
            elif most > math.log(FENCE_OF_ONE_SHAPE):
                worse.append((most, f'at {sizes}: {was:.2f} -> {is_now:.2f} sigma', measure))
        if not worse:
            continue
        ratio, where, measure = max(worse)
        words = (f'{array} of the {cell} in {scalar}: its {measure.split("_")[0]} error is {math.exp(ratio):.1f} times '
                 f'as large, {where}')
        ulp = ratios.get((cell, scalar, array, 'largest_ulp'), [])
        if ulp:
            words += (f'; the largest of a shape {statistics.median(r[2] for r in ulp):.0f} -> '
                      f'{statistics.median(r[3] for r in ulp):.0f} ULP')
        findings.append(Finding('accuracy', f'accuracy/{cell}/{scalar}/{array}', measure, 1.0, math.exp(ratio), words))
    findings.sort(key=lambda finding: -finding.ratio)
    wrong = exact_findings(before, after, WRONG)
    return [dataclasses.replace(f, kind='accuracy', words=f'{f.benchmark}: {f.before:g} -> {f.after:g} entries are '
                                f'beyond what rounding allows') for f in wrong] + findings


def time_findings(changes):
    return [Finding('slower', c.benchmark, 'seconds', 1.0, c.ratio,
                    f'{c.benchmark}: {100 * (c.ratio - 1):+.1f} % ({100 * (c.lower - 1):+.1f} to '
                    f'{100 * (c.upper - 1):+.1f}), p = {c.adjusted:.1g}; equal builds differ by up to '
                    f'{100 * (c.fence - 1):.1f} %') for c in changes if c.slower]


def read_explanations(path):
    """The list of bench/track/explained.toml."""
    with open(path, 'rb') as file:
        rows = tomllib.load(file).get('explained', [])
    for row in rows:
        missing = {'measure', 'benchmark', 'at_most', 'base', 'reason'} - row.keys()
        if missing:
            raise ValueError(f'{path}: an explanation has no {", ".join(sorted(missing))}: {row}')
        if len(row['reason'].split()) < 4:
            raise ValueError(f'{path}: "{row["reason"]}" explains nothing')
    return rows


def explain(findings, explanations, base_is_at_or_before):
    """Marks what is explained. An explanation is of the change after its commit `base`, so it serves a
    comparison with that commit or an older one, and no later rise. Accuracy and time are explained alike."""
    for finding in findings:
        for row in explanations:
            if (row['measure'] == finding.measure and re.search(row['benchmark'], finding.benchmark)
                    and finding.ratio <= row['at_most'] and base_is_at_or_before(row['base'])):
                finding.explained = row['reason']
    return findings
